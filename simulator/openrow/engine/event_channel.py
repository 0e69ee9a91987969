"""What a channel of the event engine knows: its banks, its queues, its maintenance, its counters."""

from dataclasses import dataclass

import simpy

from openrow.config.memory import Command, Level, MemoryConfig
from openrow.engine.event_bank import Bank
from openrow.engine.event_queues import Request, RequestQueue
from openrow.engine.event_refresh import MaintenanceQueue
from openrow.engine.event_timing import Node, Timing, nodes_of


@dataclass
class Counters:
    """Counters of one channel.

    The length sums add up the length a queue has at the beginning of each cycle; over the cycles of the run
    they are its mean length. Latencies count from acceptance to departure and include forwarded reads, one
    cycle each.
    """

    row_hits: int = 0
    row_misses: int = 0
    row_conflicts: int = 0
    reads: int = 0
    writes: int = 0
    forwarded: int = 0
    coalesced: int = 0
    merged: int = 0
    latency_sum: int = 0
    read_length_sum: int = 0
    write_length_sum: int = 0
    maintenance_length_sum: int = 0

    def __add__(self, other: "Counters") -> "Counters":
        return Counters(*(getattr(self, name) + getattr(other, name) for name in vars(self)))


@dataclass(frozen=True)
class Action:
    """A command a controller may issue, and on whose behalf."""

    command: Command
    bank: Bank
    """The bank it addresses; of an all-bank command, any bank of its rank."""
    request: Request | None = None
    not_before: int = 0

    @property
    def target(self) -> Node:
        """The node it addresses."""
        wide = self.command in (Command.PRE_ALL, Command.REFRESH_ALL)
        return self.bank.rank if wide else self.bank.node


class Channel:
    """The state of one channel.

    Attributes
    ----------
    reads, writes : RequestQueue
        Requests for which no row has been activated. They leave with their ACT, or with their RD or WR where
        another request has opened their row.
    active : list of Request
        The active buffer: requests whose row has been opened for them, in order of activation.
    activating : Request or None
        On a split-activate bus the request between its ACT and its ACT2.
    write_mode : bool
        Whether writes are served rather than reads.
    """

    def __init__(self, env: simpy.Environment, memory: MemoryConfig, number: int) -> None:
        self.env = env
        self.memory = memory
        self.number = number
        self.timing = Timing(memory)
        self.banks = [
            Bank(index, node, next(above for above in node.above() if above.level is Level.RANK))
            for index, node in enumerate(nodes_of(self.timing.root, Level.BANK))
        ]
        self.reads = RequestQueue(env, memory.controller.read_queue)
        self.writes = RequestQueue(env, memory.controller.write_queue)
        self.active: list[Request] = []
        self.activating: Request | None = None
        self.write_mode = False
        self.maintenance = MaintenanceQueue(env, memory, self.banks)
        self.counters = Counters()

    def queue_of(self, request: Request) -> RequestQueue:
        """The queue a request waits in, or would."""
        return self.writes if request.is_write else self.reads

    def activated(self) -> list[Request]:
        """All requests whose ACT has been issued and whose access has not."""
        return self.active + ([self.activating] if self.activating is not None else [])

    def has_activated(self, bank: Bank) -> bool:
        """Whether a request whose ACT has been issued waits for a row of ``bank``."""
        return any(request.bank is bank for request in self.activated())

    def first_cycle(self, action: Action, floor: int) -> int:
        """The first cycle from ``floor`` on at which ``action`` may be issued."""
        return self.timing.first_cycle(action.command, action.target, max(floor, action.not_before))

    def close_counters(self) -> Counters:
        """Return the counters, complete up to the present cycle."""
        self.counters.read_length_sum = self.reads.length_sum()
        self.counters.write_length_sum = self.writes.length_sum()
        self.counters.maintenance_length_sum = self.maintenance.length_sum()
        return self.counters
