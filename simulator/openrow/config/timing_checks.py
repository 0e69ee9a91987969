"""What the timings and formulas of a memory must be to one another."""

import re
from collections.abc import Iterator

from openrow.config.findings import Finding
from openrow.config.latency_formula import FormulaError, UnknownTimingError, evaluate, timings_in
from openrow.config.memory import Clock
from openrow.config.problems import KeyPath
from openrow.config.sound_values import SoundValues
from openrow.config.timings import cycles_from_ns, name_in_cycles

# Lesser and greater of two timings that cannot be the other way round.
AT_MOST = (
    ("nRCD", "nRAS"),  # a row stays open until its first access
    ("nRCDRD", "nRAS"),
    ("nRCDWR", "nRAS"),
    ("nCCDS", "nCCDL"),  # the same bank group is never quicker than another
    ("nCCDS_WR", "nCCDL_WR"),
    ("nRRDS", "nRRDL"),
    ("nWTRS", "nWTRL"),
    ("nRRDS", "nFAW"),  # the window of four activations holds at least one pair
)

LONGEST_CYCLES = 2**40
"""A quarter of an hour at 1 GHz; sums of such numbers fit 64 bits."""


def named_timings(memory: SoundValues) -> Iterator[Finding]:
    """Check the names of timings, that each is given once, and that none is negative."""
    for section, letter in (("timings_cycles", "n"), ("timings_ns", "t")):
        for name in memory.parts(section):
            if not re.fullmatch(f"{letter}[A-Z][A-Za-z0-9_]*", name):
                expected = f"should be named {letter} and the timing, as {letter}RFC"
                yield Finding(((section, name),), expected, repr(name))
            if memory.is_sound(section, name) and memory.value(section, name) < 0:
                yield Finding(((section, name),), "should not be negative", str(memory.value(section, name)))
    in_cycles = memory.parts("timings_cycles")
    for name in memory.parts("timings_ns"):
        if name_in_cycles(name) in in_cycles:
            paths = (("timings_ns", name), ("timings_cycles", name_in_cycles(name)))
            yield Finding(paths, f"should be given once: in ns or, as {name_in_cycles(name)}, in cycles")


def bounded_timings(memory: SoundValues) -> Iterator[Finding]:
    """Check that no timing lasts so long that sums of them would not fit their integers."""
    for name, cycles in known_timings(memory).items():
        if cycles is not None and cycles > LONGEST_CYCLES:
            (path,) = _paths(memory, name)
            expected = f"should come to at most {LONGEST_CYCLES} cycles"
            yield Finding((path,), expected, str(memory.value(*path)))


def contradictory_timings(memory: SoundValues) -> Iterator[Finding]:
    """Check timings against each other where one bounds another."""
    timings = {name: value for name, value in known_timings(memory).items() if value is not None}
    for lesser, greater in AT_MOST:
        if lesser in timings and greater in timings and timings[lesser] > timings[greater]:
            expected = f"{greater} should be at least {lesser} = {timings[lesser]}"
            yield Finding(_paths(memory, greater, lesser), expected, str(timings[greater]))
    if {"nRC", "nRAS", "nRP"} <= timings.keys() and timings["nRC"] < timings["nRAS"] + timings["nRP"]:
        total = timings["nRAS"] + timings["nRP"]
        expected = f"nRC should be at least nRAS + nRP = {timings['nRAS']} + {timings['nRP']} = {total}"
        yield Finding(_paths(memory, "nRC", "nRAS", "nRP"), expected, str(timings["nRC"]))
    if {"nRFC", "nREFI"} <= timings.keys() and timings["nRFC"] >= timings["nREFI"]:
        expected = f"nRFC should be less than nREFI = {timings['nREFI']}, or refreshing takes all the time"
        yield Finding(_paths(memory, "nRFC", "nREFI"), expected, str(timings["nRFC"]))


def formulas(memory: SoundValues) -> Iterator[Finding]:
    """Check that every formula parses and names timings there are, and that durations last a cycle."""
    timings = known_timings(memory)
    durations: list[KeyPath] = [("read_latency",), ("burst_cycles",), ("refresh_interval",)]
    durations += [("refresh_interval_bank",)]
    if memory.is_sound("split_activation"):
        durations += [("split_activation", part) for part in memory.parts("split_activation")]
    for path in durations:
        yield from _formula(memory, path, timings, least=1)
    for index in memory.parts("constraints"):
        yield from _formula(memory, ("constraints", index, "latency"), timings, least=None)


def known_timings(memory: SoundValues) -> dict[str, int | None]:
    """Return every timing by its name in formulas, in cycles; none for a value that is not sound."""
    timings: dict[str, int | None] = {}
    for name in memory.parts("timings_cycles"):
        is_sound = memory.is_sound("timings_cycles", name)
        timings[name] = memory.value("timings_cycles", name) if is_sound else None
    for name in memory.parts("timings_ns"):
        is_sound = memory.is_sound("timings_ns", name) and memory.is_sound("clock")
        timings[name_in_cycles(name)] = _from_ns(memory, name) if is_sound else None
    return timings


def _from_ns(memory: SoundValues, name: str) -> int:
    return cycles_from_ns(memory.value("timings_ns", name), Clock.model_validate(memory.value("clock")))


def _paths(memory: SoundValues, *names: str) -> tuple[KeyPath, ...]:
    in_cycles = memory.parts("timings_cycles")
    return tuple(
        ("timings_cycles", name) if name in in_cycles else ("timings_ns", f"t{name[1:]}") for name in names
    )


def _formula(
    memory: SoundValues, path: KeyPath, timings: dict[str, int | None], least: int | None
) -> Iterator[Finding]:
    formula = memory.value(*path) if memory.is_sound(*path) else None
    if formula is None:
        return
    try:
        used = timings_in(formula)
        stand_ins = {name: 1 for name in used if timings.get(name) is None}
        known = {name: value for name, value in timings.items() if value is not None}
        cycles = evaluate(formula, known | stand_ins)
    except FormulaError as error:
        yield Finding((path,), str(error))
        return
    for name in used:
        if name not in timings:
            yield Finding((path,), str(UnknownTimingError(str(formula), name, timings)))
    if any(abs(known.get(name, 0)) > LONGEST_CYCLES for name in used):
        return
    if least is not None and not stand_ins and cycles < least:
        yield Finding((path,), f"should come to at least {least} cycle", f"{formula} = {cycles}")
    if abs(cycles) > LONGEST_CYCLES:
        yield Finding((path,), f"should come to at most {LONGEST_CYCLES} cycles", f"{formula} = {cycles}")
