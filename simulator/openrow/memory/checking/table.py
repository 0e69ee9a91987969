"""The constraint table as the checker reads it, and the commands of a stream that come too soon for it.

A row of the table says: after the ``window``-th most recent ``preceding`` command at the node, or at
another node of the same parent, ``following`` waits ``cycles``. This module works that out from the
configuration alone; it shares nothing with the controller that streams come from.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from openrow.config.latency_formula import evaluate
from openrow.config.memory import Command, Constraint, Level, MemoryConfig
from openrow.config.timings import resolved_timings
from openrow.memory.checking.events import (
    COMMANDS,
    LEVELS,
    Events,
    Int64Array,
    PlacedStream,
    events_at,
    previous,
    previous_elsewhere,
)

COLUMN_COMMANDS = frozenset({Command.READ, Command.READ_AUTO, Command.WRITE, Command.WRITE_AUTO})
NONE = -1


@dataclass(frozen=True)
class Limit:
    """A spacing in controller cycles, from the first cycle of one command to the first of the other."""

    level: Level
    preceding: frozenset[Command]
    following: frozenset[Command]
    cycles: int
    window: int
    sibling: bool
    node: str
    """Where it holds, for people: ``rank``, ``other ranks``, ``row bus``."""
    reason: str
    """Why, for people: the formula and what it comes to."""

    def rule(self, preceding: Command, following: Command) -> str:
        """Return the rule's text for one pair of commands."""
        return f"{self.node}: {preceding} -> {following}, {self.reason}"


@dataclass(frozen=True)
class Finding:
    """Commands of a stream that break one rule, one array element each; ``NONE`` is no cycle and no command.

    Attributes
    ----------
    rule : str
    index : (n,) int64
        The commands, by their place in the stream that was given.
    earliest, latest : (n,) int64
        First and last cycle at which the command would have been legal.
    preceding : (n,) int64
        The command it follows too soon, or does not fit, by its place in the stream.
    """

    rule: str
    index: Int64Array
    earliest: Int64Array
    latest: Int64Array
    preceding: Int64Array


def finding(
    stream: PlacedStream,
    rule: str,
    at: Int64Array,
    earliest: Int64Array | None = None,
    latest: Int64Array | None = None,
    preceding: Int64Array | None = None,
) -> Finding:
    """Return a finding about commands given by their places in the placed stream."""
    nothing = np.full(len(at), NONE, dtype=np.int64)
    return Finding(
        rule,
        stream.index[at],
        nothing if earliest is None else earliest,
        nothing if latest is None else latest,
        nothing if preceding is None else np.where(preceding >= 0, stream.index[preceding], NONE),
    )


def occupied(memory: MemoryConfig, command: Command) -> int:
    """Return the cycles ``command`` takes on its bus."""
    return max(memory.command_cycles.get(command, 1), 1)


def _by_length(memory: MemoryConfig, commands: list[Command]) -> Iterator[tuple[int, frozenset[Command]]]:
    """Group commands by the cycles they take."""

    def length(command: Command) -> int:
        return occupied(memory, command)

    for cycles, group in groupby(sorted(set(commands), key=length), key=length):
        yield cycles, frozenset(group)


def _limits_of_row(memory: MemoryConfig, row: Constraint, nominal: int) -> Iterator[Limit]:
    """Yield what one row of the table comes to.

    A nominal latency counts from the last cycle of the preceding command to the last of the following, while
    streams give the first of each. Commands with equal limits go together, but a window counts one kind.
    """
    node = row.level.value.replace("_", " ")
    formula = f"{row.latency} {nominal}" if isinstance(row.latency, str) else str(nominal)
    singly = [frozenset({command}) for command in row.preceding]
    for length, grouped in _by_length(memory, row.preceding):
        for group in (g for g in singly if g <= grouped) if row.window > 1 else [grouped]:
            for length_following, following in _by_length(memory, row.following):
                cycles = nominal + (length - 1) - (length_following - 1)
                reason = formula + (f" over {row.window}" if row.window > 1 else "")
                if cycles != nominal:
                    reason += f" ({cycles} between first cycles)"
                where = f"other {node}s" if row.sibling else node
                yield Limit(row.level, group, following, cycles, row.window, row.sibling, where, reason)


def _bus_limits(memory: MemoryConfig) -> Iterator[Limit]:
    """Yield that a command keeps every other off its bus as long as it takes, one cycle at least.

    A command of no cycles is made in the bank and takes no bus.
    """
    on_bus = frozenset(command for command in COMMANDS if memory.command_cycles.get(command, 1) > 0)
    if memory.command_bus == "dual":
        columns = (COLUMN_COMMANDS | {Command.PIM_READ}) & on_bus
        buses = {"row bus": on_bus - columns, "column bus": columns}
    else:
        buses = {"command bus": on_bus}
    for name, commands in buses.items():
        for length, group in _by_length(memory, list(commands)):
            reason = f"occupied for {length}"
            yield Limit(Level.CHANNEL, group, commands, length, 1, False, name, reason)


def limits(memory: MemoryConfig) -> list[Limit]:
    """Return every spacing the configuration asks for: those of its constraint table and of its buses."""
    timings = resolved_timings(memory)
    table = [
        limit
        for row in memory.constraints
        for limit in _limits_of_row(memory, row, evaluate(row.latency, timings))
    ]
    # A stream is in order of cycles, so a limit of no cycles cannot be broken.
    return [limit for limit in [*table, *_bus_limits(memory)] if limit.cycles > 0]


def too_soon(stream: PlacedStream) -> Iterator[Finding]:
    """Yield the commands that break a limit, for each limit and pair of commands."""
    asked = limits(stream.memory)
    for level in LEVELS:
        plain = [limit for limit in asked if limit.level is level and not limit.sibling]
        siblings = [limit for limit in asked if limit.level is level and limit.sibling]
        if plain:
            events = events_at(stream, level)
            for limit in plain:
                yield from _breaking(stream, events, limit)
        if siblings:
            events = events_at(stream, level, by_parent=True)
            for limit in siblings:
                yield from _breaking(stream, events, limit)


def _breaking(stream: PlacedStream, events: Events, limit: Limit) -> Iterator[Finding]:
    """Yield the events that break one limit."""
    following = np.flatnonzero(events.is_any(limit.following))
    among = events.is_any(limit.preceding)
    if limit.sibling:
        preceding = previous_elsewhere(events, among, following)
    else:
        preceding = previous(events, among, following, limit.window)
    # A command met at several nodes does not precede itself.
    followed = (preceding >= 0) & (events.at[preceding] != events.at[following])
    following, preceding = following[followed], preceding[followed]
    earliest = events.cycle[preceding] + limit.cycles
    broken = np.flatnonzero(events.cycle[following] < earliest)
    if not len(broken):
        return
    following, preceding, earliest = following[broken], preceding[broken], earliest[broken]
    # An all-bank command may break the limit at several nodes: the last to allow it speaks for all.
    order = np.lexsort((-earliest, events.at[following]))
    _, first = np.unique(events.at[following][order], return_index=True)
    kept = order[first]
    yield from _by_pair(stream, events, limit, following[kept], preceding[kept], earliest[kept])


def _by_pair(
    stream: PlacedStream,
    events: Events,
    limit: Limit,
    following: Int64Array,
    preceding: Int64Array,
    earliest: Int64Array,
) -> Iterator[Finding]:
    """Yield one finding for each pair of commands that occurs."""
    pair = events.code[preceding].astype(np.int64) * len(COMMANDS) + events.code[following]
    for number in np.unique(pair):
        these = pair == number
        first, second = divmod(int(number), len(COMMANDS))
        yield finding(
            stream,
            limit.rule(COMMANDS[first], COMMANDS[second]),
            events.at[following[these]],
            earliest=earliest[these],
            preceding=events.at[preceding[these]],
        )
