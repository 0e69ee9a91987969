"""Clocks: simulation time is whole picoseconds, a clock counts cycles of an exact rational period."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class ClockDomain:
    """Cycles of one clock in simulation time.

    Cycle n begins at floor(n x period): no drift, however long the run.
    """

    period_ps: Fraction

    def time_ps(self, cycle: int) -> int:
        """When ``cycle`` begins, ps."""
        return cycle * self.period_ps.numerator // self.period_ps.denominator

    def cycle_at(self, time_ps: int) -> int:
        """The last cycle that has begun at ``time_ps``."""
        return ((time_ps + 1) * self.period_ps.denominator - 1) // self.period_ps.numerator
