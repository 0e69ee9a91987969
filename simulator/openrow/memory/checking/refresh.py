"""Whether a stream refreshes as often as its memory has to be.

By the time the n-th interval has passed, n refreshes are owed to each rank (all-bank refresh) or bank
(per-bank), and at most ``POSTPONED`` of them may be outstanding. Intervals are counted from cycle 0.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from openrow.config.latency_formula import evaluate
from openrow.config.memory import Command, Level, MemoryConfig, Refresh
from openrow.config.timings import resolved_timings
from openrow.memory.checking.events import Events, Int64Array, PlacedStream, banks_below, events_at
from openrow.memory.checking.table import Finding, finding

POSTPONED = 8
"""Refreshes that may be postponed: JESD79-4B, 4.26, on postponing refresh commands."""


class Duty(NamedTuple):
    """What the configured refresh owes: ``command`` every ``interval`` cycles to each node of ``level``."""

    command: Command
    level: Level
    interval: int

    @property
    def rule(self) -> str:
        """The rule's text."""
        return f"refresh overdue: {self.command} every {self.interval} cycles, {POSTPONED} postponed at most"


def duty_of(memory: MemoryConfig) -> Duty | None:
    """Return what the configured refresh owes, none where it is off."""
    timings = resolved_timings(memory)
    if memory.refresh is Refresh.ALL_BANK:
        return Duty(Command.REFRESH_ALL, Level.RANK, evaluate(memory.refresh_interval, timings))
    if memory.refresh is Refresh.PER_BANK and memory.refresh_interval_bank is not None:
        interval = evaluate(memory.refresh_interval_bank, timings)
        return Duty(Command.REFRESH_BANK, Level.BANK, interval * banks_below(memory)[Level.RANK])
    return None


def _refreshes(stream: PlacedStream, duty: Duty) -> tuple[Events, Int64Array, Int64Array]:
    """Return the stream by node, where its refreshes are, and how many each node had before."""
    events = events_at(stream, duty.level)
    these = np.flatnonzero(events.is_any(frozenset({duty.command})))
    node = events.node[these]
    return events, these, np.arange(len(these)) - np.searchsorted(node, node)


def late_refreshes(stream: PlacedStream) -> Iterator[Finding]:
    """Yield refreshes that come when more than ``POSTPONED`` had been owed."""
    duty = duty_of(stream.memory)
    if duty is None:
        return
    events, these, before = _refreshes(stream, duty)
    latest = (before + 1 + POSTPONED) * duty.interval
    late = events.cycle[these] > latest
    if late.any():
        yield finding(stream, duty.rule, events.at[these[late]], latest=latest[late])


class Missing(NamedTuple):
    """A refresh the end of the stream finds overdue, and the first bank of the node it is owed to."""

    duty: Duty
    bank: int
    latest: int


def missing_refreshes(stream: PlacedStream) -> list[Missing]:
    """Return the nodes to which more than ``POSTPONED`` refreshes are owed at the end of the stream."""
    duty = duty_of(stream.memory)
    if duty is None:
        return []
    below = banks_below(stream.memory)
    span = below[duty.level]
    nodes = below[Level.CHANNEL] * stream.memory.channels // span
    events, these, _ = _refreshes(stream, duty)
    latest = (np.bincount(events.node[these], minlength=nodes) + 1 + POSTPONED) * duty.interval
    return [
        Missing(duty, node * span, int(latest[node]))
        for node in np.flatnonzero(latest <= stream.end).tolist()
    ]
