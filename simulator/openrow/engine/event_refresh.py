"""Refresh: the maintenance queue.

Every interval one refresh for each rank of each pseudo channel joins the queue. They are served in order, and
only the head of the queue acts. An all-bank refresh silences the request queues of the whole channel as long
as any is due. A per-bank refresh holds only its bank: the banks of a rank take turns.
"""

from dataclasses import dataclass

import simpy

from openrow.config.latency_formula import evaluate
from openrow.config.memory import MemoryConfig, Refresh
from openrow.config.timings import resolved_timings
from openrow.engine.event_bank import Bank
from openrow.engine.event_queues import Queue


@dataclass(eq=False)
class DueRefresh:
    """A refresh that has fallen due, and the banks it concerns."""

    banks: list[Bank]


class MaintenanceQueue(Queue[DueRefresh]):
    """Refreshes that have fallen due, oldest first.

    Attributes
    ----------
    next_due : int or None
        The cycle in which the next refreshes fall due; None without refresh.
    """

    def __init__(self, env: simpy.Environment, memory: MemoryConfig, banks: list[Bank]) -> None:
        super().__init__(env)
        self._refresh = memory.refresh
        ranks = dict.fromkeys(bank.rank for bank in banks)
        self._banks_of_ranks = [[bank for bank in banks if bank.rank is rank] for rank in ranks]
        self._interval = _interval(memory)
        self._rounds = 0
        self.next_due = self._interval

    @property
    def head(self) -> DueRefresh | None:
        """The refresh that is served now."""
        return next(iter(self), None)

    @property
    def silences_queues(self) -> bool:
        """Whether requests that have not been activated have to wait altogether."""
        return self._refresh is Refresh.ALL_BANK and len(self) > 0

    def holds(self, bank: Bank) -> bool:
        """Whether requests to ``bank`` that have not been activated have to wait."""
        return self.head is not None and bank in self.head.banks

    def fall_due(self, cycle: int) -> None:
        """Append the refreshes that fall due in ``cycle``, one a rank in order of the ranks."""
        if self._interval is None or cycle != self.next_due:
            return
        for banks in self._banks_of_ranks:
            turn = self._rounds % len(banks)
            self.append(DueRefresh(banks if self._refresh is Refresh.ALL_BANK else [banks[turn]]))
        self._rounds += 1
        self.next_due = cycle + self._interval

    def finish_head(self) -> None:
        """The refresh at the head has been issued."""
        self.remove(next(iter(self)))


def _interval(memory: MemoryConfig) -> int | None:
    """Cycles between two refreshes of one rank."""
    if memory.refresh is Refresh.ALL_BANK:
        return evaluate(memory.refresh_interval, resolved_timings(memory))
    if memory.refresh is Refresh.PER_BANK and memory.refresh_interval_bank is not None:
        return evaluate(memory.refresh_interval_bank, resolved_timings(memory))
    return None
