"""The measured error of the fast model, to be printed beside whatever it finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MeasuredError:
    """How far the cycles of the fast model are off.

    Attributes
    ----------
    runs
        Runs compared.
    mean_percent, worst_percent
        Mean and greatest of the absolute differences, rounded up to a tenth.
    """

    runs: int
    mean_percent: float
    worst_percent: float


RECORDED = MeasuredError(runs=130, mean_percent=0.2, worst_percent=3.1)
"""On one-channel runs recorded with Ramulator 2.1."""
SHIPPED = MeasuredError(runs=7, mean_percent=2.8, worst_percent=10.6)
"""On the shipped memories with all their channels, against fidelity exact. The worst are LPDDR5 and HBM2,
where the command bus limits how fast rows are opened."""

NOTE = (
    f"fidelity fast is an approximation: its cycles were off by {RECORDED.worst_percent} % at most on "
    f"{RECORDED.runs} recorded runs, and by {SHIPPED.worst_percent} % at most where a command bus was full "
    "(openrow validate)"
)
"""What to say beside a result."""
