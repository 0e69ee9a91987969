"""The checker: a command stream held against the constraint table and the rules of the memory it is for.

It reads any stream of commands, whoever made it. It was written apart from the controller, from the
configuration alone, and is a statement about finished streams: where the controller keeps, for every bank,
the cycle at which a command becomes legal, the checker asks of each command which one came before it and
how long ago.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from openrow.config.memory import Command, MemoryConfig
from openrow.memory.checking.data_clock import unsynchronised
from openrow.memory.checking.events import (
    ALL_BANK,
    COMMANDS,
    UNKNOWN,
    BoolArray,
    CodeArray,
    Int64Array,
    PlacedStream,
    command_codes,
    coordinates_of,
    is_any,
    place,
)
from openrow.memory.checking.refresh import Missing, late_refreshes, missing_refreshes
from openrow.memory.checking.states import wrong_rows
from openrow.memory.checking.table import COLUMN_COMMANDS, NONE, Finding, finding, too_soon
from openrow.memory.commands import COORDINATES, CommandStream

SPLIT_ONLY = frozenset({Command.ACT2, Command.SYNC_READ, Command.SYNC_WRITE})
EITHER_EDGE = frozenset({Command.PRE, Command.PRE_ALL})


@dataclass(frozen=True)
class Violation:
    """One command that breaks one rule.

    Attributes
    ----------
    index : int
        Its place in the stream; for a refresh that never came, the number of commands.
    cycle : int
        When it came; for a refresh that never came, the last cycle of the stream.
    command : str
    coordinates : tuple of int
        Channel, pseudo channel, rank, bank group, bank, row, column, as in the stream.
    rule : str
        Such as ``rank: ACT -> ACT, nFAW 26 over 4``.
    earliest, latest : int or None
        The first and the last cycle at which the rule allows it, where it is about a cycle.
    preceding, preceding_cycle : int or None
        The command that it follows too soon or does not fit: its place in the stream and its cycle.
    """

    index: int
    cycle: int
    command: str
    coordinates: tuple[int, ...]
    rule: str
    earliest: int | None
    latest: int | None
    preceding: int | None
    preceding_cycle: int | None


class Report:
    """Everything the checker has to say about a stream.

    Parameters
    ----------
    memory, stream
        The stream and the memory it is for.
    findings
        The rules that are broken, with the commands that break them.
    missing
        Refreshes the stream lacks at its end.

    Attributes
    ----------
    by_rule : dict of str to int
        Violations of each rule, the most frequent first.
    """

    def __init__(
        self, memory: MemoryConfig, stream: CommandStream, findings: list[Finding], missing: list[Missing]
    ) -> None:
        self._memory = memory
        self._stream = stream
        self._findings = findings
        self._missing = missing
        counts: dict[str, int] = {}
        pairs = chain(((f.rule, len(f.index)) for f in findings), ((m.duty.rule, 1) for m in missing))
        for rule, count in pairs:
            counts[rule] = counts.get(rule, 0) + count
        self.by_rule = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def __len__(self) -> int:
        return sum(self.by_rule.values())

    def first(self, limit: int | None = None) -> list[Violation]:
        """Return the first ``limit`` violations in the order of the stream; all of them without a limit."""
        sizes = [len(f.index) for f in self._findings]
        number = np.repeat(np.arange(len(sizes)), sizes)
        within = np.arange(len(number)) - np.repeat(np.cumsum(sizes) - sizes, sizes) if sizes else number
        index = np.concatenate([f.index for f in self._findings]) if sizes else number
        order = np.argsort(index, kind="stable")[:limit]
        violations = [self._violation(int(number[i]), int(within[i])) for i in order]
        violations += [self._absence(missing) for missing in self._missing]
        return violations[:limit]

    def _violation(self, number: int, within: int) -> Violation:
        found, stream = self._findings[number], self._stream
        index = int(found.index[within])
        preceding = _known(found.preceding, within)
        return Violation(
            index,
            int(stream.cycle[index]),
            str(stream.command[index]),
            tuple(int(getattr(stream, name)[index]) for name in COORDINATES),
            found.rule,
            _known(found.earliest, within),
            _known(found.latest, within),
            preceding,
            None if preceding is None else int(stream.cycle[preceding]),
        )

    def _absence(self, missing: Missing) -> Violation:
        end = int(self._stream.cycle.max(initial=0))
        duty = missing.duty
        where = coordinates_of(self._memory, missing.bank, duty.command)
        return Violation(
            len(self._stream), end, duty.command.value, where, duty.rule, None, missing.latest, None, None
        )


def _known(values: Int64Array, at: int) -> int | None:
    value = int(values[at])
    return None if value == NONE else value


def examine(memory: MemoryConfig, stream: CommandStream) -> Report:
    """Hold a stream against the rules of a memory.

    Checked are the constraint table, the command buses, rows (accesses only to the open row, ACT and
    refreshes only to closed banks, PRE only to an open one), clock edges, activations in two commands, the
    data clock, the rate of refresh, the order of cycles, and that every command and place exists. The
    stream begins at cycle 0 with all banks closed and the data clock stopped. A command whose name or place
    is wrong is left out of all else.

    Parameters
    ----------
    memory
        The memory the stream is for, with the refresh it should have.
    stream
        The commands, in order.

    Returns
    -------
    Report
    """
    code = command_codes(stream.command)
    findings = list(_nameless(memory, stream, code))
    findings += _misplaced(memory, stream, code)
    sound = np.ones(len(stream), dtype=np.bool_)
    for found in findings:
        sound[found.index] = False
    placed = place(memory, stream, code, sound)
    findings += _backwards(stream)
    for rules in (_wrong_edge, too_soon, wrong_rows, unsynchronised, late_refreshes):
        findings += rules(placed)
    return Report(memory, stream, findings, missing_refreshes(placed))


def check_commands(memory: MemoryConfig, stream: CommandStream, limit: int | None = None) -> list[Violation]:
    """Return the first ``limit`` violations of a stream, in its order, or all; see :func:`examine`."""
    return examine(memory, stream).first(limit)


def _broken(rule: str, broken: BoolArray, preceding: Int64Array | None = None) -> Iterator[Finding]:
    """Yield a finding about the commands of the given stream that are ``broken``, if any."""
    index = np.flatnonzero(broken)
    if len(index):
        nothing = np.full(len(index), NONE, dtype=np.int64)
        yield Finding(rule, index, nothing, nothing, nothing if preceding is None else preceding[index])


def _nameless(memory: MemoryConfig, stream: CommandStream, code: CodeArray) -> Iterator[Finding]:
    """Yield commands that do not exist, or not in this memory."""
    unknown = code == UNKNOWN
    for name in np.unique(stream.command[unknown]).tolist():
        known = ", ".join(COMMANDS)
        yield from _broken(f"'{name}' is no command; there are {known}", stream.command == name)
    absent = set() if memory.command_bus == "split-activate" else set(SPLIT_ONLY)
    if memory.refresh_interval_bank is None:
        absent.add(Command.REFRESH_BANK)
    for command in sorted(absent):
        yield from _broken(f"{memory.standard} has no {command}", is_any(code, frozenset({command})))


def _misplaced(memory: MemoryConfig, stream: CommandStream, code: CodeArray) -> Iterator[Finding]:
    """Yield commands whose coordinates lie outside the memory, those that a command addresses."""
    every = code != UNKNOWN
    wide = is_any(code, ALL_BANK)
    column = is_any(code, COLUMN_COMMANDS)
    row = column | is_any(code, frozenset({Command.ACT, Command.ACT2}))
    for name, count, addressed in (
        ("channel", memory.channels, every),
        ("pseudo_channel", memory.pseudo_channels, every),
        ("rank", memory.ranks * memory.stack_ids, every),
        ("bank_group", memory.bank_groups, every & ~wide),
        ("bank", memory.banks, every & ~wide),
        ("row", memory.rows, row),
        ("column", memory.columns // memory.burst_length, column),
    ):
        value = getattr(stream, name)
        yield from _broken(f"{name} should be 0 to {count - 1}", addressed & ((value < 0) | (value >= count)))
    for name in ("bank_group", "bank"):
        rule = f"{name} of a command to all banks should be -1"
        yield from _broken(rule, wide & (getattr(stream, name) != -1))


def _backwards(stream: CommandStream) -> Iterator[Finding]:
    """Yield commands earlier than the one before them."""
    before = np.concatenate([[0], stream.cycle])[: len(stream)]
    preceding = np.arange(len(stream)) - 1
    yield from _broken("cycles should not go back", stream.cycle < before, preceding)


def _wrong_edge(stream: PlacedStream) -> Iterator[Finding]:
    """Yield commands on a falling edge that belong on a rising one: with two cycles a clock, the odd ones."""
    if stream.memory.clock.cycles_per_clock == 1:
        return
    for code, command in enumerate(COMMANDS):
        falling = np.flatnonzero((stream.code == code) & (stream.cycle % 2 == 0))
        if command not in EITHER_EDGE and len(falling):
            rule = f"{command} should start on an odd cycle, a rising edge of the clock"
            yield finding(stream, rule, falling)
