"""What a command asks of the rows of its bank.

A bank's state is what the latest of the commands that change it has left: ACT opens a row (on a
split-activate bus ACT2 does, and the bank is activating until then); PRE, PREab and accesses with
auto-precharge close it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from openrow.config.latency_formula import evaluate
from openrow.config.memory import Command, Level, SplitActivation
from openrow.config.timings import resolved_timings
from openrow.memory.checking.events import (
    COMMANDS,
    NOWHERE,
    BoolArray,
    CodeArray,
    Events,
    Int64Array,
    PlacedStream,
    events_at,
    previous,
)
from openrow.memory.checking.table import COLUMN_COMMANDS, Finding, finding

OPENING = frozenset({Command.ACT, Command.ACT2})
CLOSING = frozenset({Command.PRE, Command.PRE_ALL, Command.READ_AUTO, Command.WRITE_AUTO})
REFRESHES = frozenset({Command.REFRESH_ALL, Command.REFRESH_BANK})

CLOSED, ACTIVATING, OPEN = range(3)


@dataclass(frozen=True)
class BankStates:
    """The commands of a stream bank by bank, each with the state it meets.

    Attributes
    ----------
    events : Events
    state : (m,) int8
        CLOSED, ACTIVATING or OPEN, before the command.
    changed_by : (m,) int64
        The event that left this state, or ``NOWHERE``.
    row : (m,) int64
        The row that is open or being opened.
    """

    events: Events
    state: CodeArray
    changed_by: Int64Array
    row: Int64Array


def bank_states(stream: PlacedStream) -> BankStates:
    """Return the state every command finds its bank in."""
    events = events_at(stream, Level.BANK)
    split = stream.memory.split_activation is not None
    left = np.full(len(COMMANDS), NOWHERE, dtype=np.int8)
    for command in COMMANDS:
        if command in CLOSING:
            left[COMMANDS.index(command)] = CLOSED
    left[COMMANDS.index(Command.ACT)] = ACTIVATING if split else OPEN
    if split:
        left[COMMANDS.index(Command.ACT2)] = OPEN
    changes = left[events.code] != NOWHERE
    changed_by = previous(events, changes, np.arange(len(events.at), dtype=np.int64))
    known = changed_by != NOWHERE
    state = np.where(known, left[events.code[changed_by]], np.int8(CLOSED)).astype(np.int8)
    row = np.where(known, stream.row[events.at[changed_by]], NOWHERE)
    return BankStates(events, state, changed_by, row)


def _found(
    stream: PlacedStream, states: BankStates, rule: str, commands: frozenset[Command], broken: BoolArray
) -> Iterator[Finding]:
    """Yield which of ``commands`` are ``broken``; ``{}`` in the rule stands for the command."""
    events = states.events
    for command in sorted(commands):
        these = np.flatnonzero(broken & events.is_any(frozenset({command})))
        # An all-bank command may meet several banks in a wrong state: one speaks for all.
        at, first = np.unique(events.at[these], return_index=True)
        if len(at):
            changed_by = states.changed_by[these[first]]
            preceding = np.where(changed_by >= 0, events.at[changed_by], NOWHERE)
            yield finding(stream, rule.format(command), at, preceding=preceding)


def wrong_rows(stream: PlacedStream) -> Iterator[Finding]:
    """Yield commands that meet their bank, or one of their banks, in a state that forbids them."""
    states = bank_states(stream)
    state = states.state
    other_row = (state == OPEN) & (stream.row[states.events.at] != states.row)
    activate, precharge = frozenset({Command.ACT}), frozenset({Command.PRE})
    precharges = precharge | {Command.PRE_ALL}
    yield from _found(
        stream, states, "{} to a bank that is not closed", activate | REFRESHES, state != CLOSED
    )
    accesses = COLUMN_COMMANDS | {Command.PIM_READ}
    yield from _found(stream, states, "{} to a closed bank", accesses | precharge, state == CLOSED)
    yield from _found(stream, states, "{} to a row that is not open", accesses, other_row)
    yield from _found(stream, states, "{} before ACT2", accesses | precharges, state == ACTIVATING)
    if stream.memory.split_activation is not None:
        yield from _second_halves(stream, states, stream.memory.split_activation)


def _second_halves(stream: PlacedStream, states: BankStates, split: SplitActivation) -> Iterator[Finding]:
    """Yield what is wrong with the two commands of an activation."""
    events, state = states.events, states.state
    cycles = evaluate(split.activate_deadline, resolved_timings(stream.memory))
    deadline = f"{split.activate_deadline} {cycles}"
    second = frozenset({Command.ACT2})
    other_row = (state == ACTIVATING) & (stream.row[events.at] != states.row)
    yield from _found(stream, states, "{} without ACT", second, state != ACTIVATING)
    yield from _found(stream, states, "{} to another row than that of its ACT", second, other_row)

    latest = np.where(states.changed_by >= 0, events.cycle[states.changed_by], 0) + cycles
    late = np.flatnonzero(events.is_any(second) & (state == ACTIVATING) & (events.cycle > latest))
    if len(late):
        first = events.at[states.changed_by[late]]
        rule = f"ACT2 after its deadline, {deadline}"
        yield finding(stream, rule, events.at[late], latest=latest[late], preceding=first)

    acts = np.flatnonzero(events.is_any(frozenset({Command.ACT})))
    completed = states.changed_by[events.is_any(second) & (state == ACTIVATING)]
    ended = states.changed_by[events.is_any(OPENING | CLOSING) & (state == ACTIVATING)]
    due = np.isin(acts, ended) | (events.cycle[acts] + cycles < stream.end)
    alone = acts[due & ~np.isin(acts, completed)]
    if len(alone):
        yield finding(stream, f"ACT without ACT2, {deadline}", events.at[alone])
    yield from _overlapping_activations(stream)


def _overlapping_activations(stream: PlacedStream) -> Iterator[Finding]:
    """Yield each ACT before the ACT2 of another bank: ACT2 names no bank, so a rank opens one at a time."""
    events = events_at(stream, Level.RANK)
    first = np.flatnonzero(events.is_any(frozenset({Command.ACT})))
    before = previous(events, events.is_any(OPENING), first)
    overlapping = (before >= 0) & (events.code[before] == COMMANDS.index(Command.ACT))
    overlapping &= stream.bank[events.at[before]] != stream.bank[events.at[first]]
    if overlapping.any():
        rule = "rank: ACT before the ACT2 of another bank"
        at, preceding = events.at[first[overlapping]], events.at[before[overlapping]]
        yield finding(stream, rule, at, preceding=preceding)
