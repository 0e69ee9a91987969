"""Timings of a memory in controller cycles.

A file gives each timing in cycles (``timings_cycles``, ``nRFC: 433``) or in nanoseconds (``timings_ns``,
``tRFC: 350``). Nanoseconds are rounded up to whole cycles, as a controller has to wait at least that long.
The arithmetic is that of fractions on the decimal text of both numbers: 350 ns at 1200 MHz are exactly 420
cycles, and never 421 for a rounding error.
"""

from fractions import Fraction
from math import ceil

from openrow.config.memory import Clock, MemoryConfig
from openrow.errors import UserError


def cycle_ns(clock: Clock) -> Fraction:
    """Return the period of a controller cycle in nanoseconds, exactly."""
    return 1000 / (Fraction(repr(clock.clock_mhz)) * clock.cycles_per_clock)


def cycles_from_ns(time_ns: float, clock: Clock) -> int:
    """Return the controller cycles that last at least ``time_ns``."""
    return ceil(Fraction(repr(time_ns)) / cycle_ns(clock))


def name_in_cycles(name_in_ns: str) -> str:
    """Return the name a timing given in nanoseconds has in formulas: ``nRFC`` for ``tRFC``."""
    return f"n{name_in_ns[1:]}"


def resolved_timings(memory: MemoryConfig) -> dict[str, int]:
    """Return every timing of a memory, ``nXXX`` in controller cycles.

    Raises
    ------
    UserError
        Where a timing is given both in cycles and in nanoseconds.
    """
    timings = dict(memory.timings_cycles)
    for name, time_ns in memory.timings_ns.items():
        if name_in_cycles(name) in timings:
            raise UserError(f"{name} should be given once: in ns or, as {name_in_cycles(name)}, in cycles")
        timings[name_in_cycles(name)] = cycles_from_ns(time_ns, memory.clock)
    return timings
