"""Requests and the lists they wait in."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import simpy

from openrow.config.memory import Command
from openrow.engine.event_bank import Bank
from openrow.engine.event_moments import present_cycle

Item = TypeVar("Item")


@dataclass(eq=False)
class Request:
    """One burst that a source reads or writes."""

    address: int
    """Byte address as the source gave it, whether or not the memory has that many."""
    is_write: bool
    channel: int
    bank: Bank
    row: int
    column: int
    returned: simpy.Event
    """Succeeds when the source has its answer."""
    arrival: int = -1
    departure: int = -1
    returned_in: int = -1
    merged: list["Request"] = field(default_factory=list)
    """Reads that share the access of this one."""
    had_command: bool = False

    @property
    def access(self) -> Command:
        """The command that serves it."""
        return Command.WRITE if self.is_write else Command.READ

    @property
    def needed_command(self) -> Command | None:
        """The command it needs next, or None while its bank is activating."""
        return self.bank.needed_command(self.row, self.access)

    @property
    def hits(self) -> bool:
        """Whether its row is open."""
        return self.bank.is_open_at(self.row)


class Queue(Generic[Item]):
    """A list in order of arrival that sums up its length over all cycles."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._items: list[Item] = []
        self._length_sum = 0
        self._counted_until = 0

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def append(self, item: Item) -> None:
        """Put an item at the tail."""
        self.length_sum()
        self._items.append(item)

    def remove(self, item: Item) -> None:
        """Take an item out; the order of the others stays."""
        self.length_sum()
        self._items.remove(item)

    def length_sum(self) -> int:
        """Return the sum of the lengths at the beginning of each cycle up to the present one."""
        now = present_cycle(self._env)
        self._length_sum += len(self._items) * (now - self._counted_until)
        self._counted_until = now
        return self._length_sum


class RequestQueue(Queue[Request]):
    """The requests of one kind, reads or writes, that wait for their turn."""

    def __init__(self, env: simpy.Environment, capacity: int) -> None:
        super().__init__(env)
        self.capacity = capacity

    @property
    def is_full(self) -> bool:
        """Whether there is no room for one more."""
        return len(self) >= self.capacity

    def at_address(self, address: int) -> Request | None:
        """The oldest request that waits for a burst address."""
        return next((request for request in self if request.address == address), None)
