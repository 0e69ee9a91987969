from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from written_architectures import DDR4

from openrow.config.loading import load_architecture
from openrow.config.memory import Clock
from openrow.config.timings import cycle_ns, cycles_from_ns, resolved_timings
from openrow.errors import UserError


def clock(mhz: float, cycles_per_clock: int = 1) -> Clock:
    return Clock.model_validate(
        {"clock_mhz": mhz, "cycles_per_clock": cycles_per_clock, "data_rate_mt_per_s": 2 * mhz}
    )


@pytest.mark.parametrize(
    ("time_ns", "mhz", "cycles_per_clock", "cycles"),
    [
        (350, 1200.0, 1, 420),
        (13.75, 1600.0, 1, 22),
        (13.76, 1600.0, 1, 23),
        (0.1, 10000.0, 1, 1),
        (0.3, 10000.0, 1, 3),
        (2.7, 10000.0, 1, 27),
        (260.0, 1600.0, 2, 832),
        (0.0, 1200.0, 1, 0),
    ],
)
def test_nanoseconds_round_up_to_whole_cycles_without_drift(
    time_ns: float, mhz: float, cycles_per_clock: int, cycles: int
) -> None:
    assert cycles_from_ns(time_ns, clock(mhz, cycles_per_clock)) == cycles


@given(st.integers(0, 10**6), st.integers(0, 4), st.integers(1, 10**5))
def test_whole_multiples_of_the_cycle_stay_what_they_are(
    cycles: int, digits: int, tenths_of_mhz: int
) -> None:
    of_clock = clock(tenths_of_mhz / 10)
    exact = cycles * cycle_ns(of_clock)
    rounded = float(round(exact, digits))
    expected = -(-Fraction(repr(rounded)) // cycle_ns(of_clock))
    assert cycles_from_ns(rounded, of_clock) == expected
    assert cycles_from_ns(rounded, of_clock) * cycle_ns(of_clock) >= Fraction(repr(rounded))


def test_a_timing_in_ns_joins_those_in_cycles() -> None:
    memory = load_architecture(DDR4).memory
    cycles = {name: value for name, value in memory.timings_cycles.items() if name != "nRFC"}
    mixed = memory.model_copy(update={"timings_cycles": cycles, "timings_ns": {"tRFC": 350.0}})
    assert resolved_timings(mixed) == {**memory.timings_cycles, "nRFC": 420}


def test_a_timing_given_twice_is_refused() -> None:
    memory = load_architecture(DDR4).memory
    twice = memory.model_copy(update={"timings_ns": {"tRFC": 350.0}})
    with pytest.raises(UserError, match="tRFC should be given once"):
        resolved_timings(twice)
