"""The state of a bank's row buffer, and which command a request to the bank needs next."""

from dataclasses import dataclass
from enum import Enum, auto

from openrow.config.memory import Command
from openrow.engine.event_timing import Node


class RowState(Enum):
    """What a bank's row buffer holds."""

    CLOSED = auto()
    ACTIVATING = auto()
    """Between the two commands of a split activation."""
    OPEN = auto()


@dataclass(eq=False)
class Bank:
    """One bank. It starts closed."""

    index: int
    """Flat number in its channel."""
    node: Node
    """Its place in the tree of timing constraints."""
    rank: Node
    """What an all-bank command to it addresses."""
    state: RowState = RowState.CLOSED
    row: int = -1
    last_used: int = 0
    """Cycle of its last ACT, RD or WR."""
    accesses: int = 0
    """RD and WR since its last ACT."""

    def is_open_at(self, row: int) -> bool:
        """Whether ``row`` is in the row buffer."""
        return self.state is RowState.OPEN and self.row == row

    def needed_command(self, row: int, access: Command) -> Command | None:
        """What has to be issued next for an ``access`` to ``row``; None while the bank is activating."""
        if self.state is RowState.CLOSED:
            return Command.ACT
        if self.state is RowState.ACTIVATING:
            return None
        return access if self.row == row else Command.PRE

    def activate(self, row: int, cycle: int, splits: bool) -> None:
        """ACT: ``row`` opens; where an activation ``splits``, only with ACT2."""
        self.state = RowState.ACTIVATING if splits else RowState.OPEN
        self.row = row
        self.accesses = 0
        self.last_used = cycle

    def access(self, cycle: int) -> None:
        """RD or WR."""
        self.accesses += 1
        self.last_used = cycle

    def close(self) -> None:
        """PRE, PREab, or the end of an access with auto-precharge."""
        self.state = RowState.CLOSED
        self.row = -1
