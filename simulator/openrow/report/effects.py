"""Which axis of a sweep moves a figure, and by how much."""

from dataclasses import dataclass

import numpy as np

from openrow.report.sweep_columns import SweepColumns


@dataclass(frozen=True)
class Effect:
    """What an axis does to a figure, on the mean over all others.

    Attributes
    ----------
    axis
        Its column.
    lowest, highest
        The values of the axis with the lowest and the highest mean, and these means.
    share
        Of the figure's variance that lies between the means of the axis' values: eta squared of the analysis
        of variance, from 0 to 1 (R. A. Fisher, Statistical Methods for Research Workers, 1925).
    """

    axis: str
    lowest: tuple[str, float]
    highest: tuple[str, float]
    share: float

    @property
    def range(self) -> float:
        """From the lowest mean to the highest."""
        return self.highest[1] - self.lowest[1]


def main_effects(table: SweepColumns, metric: str) -> list[Effect]:
    """The effect of every axis that varies, in their order.

    Where the sweep is a full grid, the axes do not disturb one another and their shares sum to at most 1; the
    rest is interaction.

    Raises
    ------
    MissingColumnError
        For an unknown metric.
    """
    figures = table.numbers(metric)
    kept = np.isfinite(figures)
    values = figures[kept]
    total = float(np.sum((values - values.mean()) ** 2))
    effects = []
    for axis in table.axes:
        index = table.index_of_level(axis)[kept]
        placed = index >= 0
        levels = table.level_texts(axis)
        counts = np.bincount(index[placed], minlength=len(levels))
        sums = np.bincount(index[placed], values[placed], minlength=len(levels))
        means = np.divide(sums, counts, out=np.full(len(levels), np.nan), where=counts > 0)
        low, high = int(np.nanargmin(means)), int(np.nanargmax(means))
        between = float(np.nansum(counts * (means - values.mean()) ** 2))
        share = between / total if total > 0 else 0.0
        effects.append(
            Effect(axis, (levels[low], float(means[low])), (levels[high], float(means[high])), share)
        )
    return effects


def by_share(effects: list[Effect]) -> list[Effect]:
    """The greatest share first."""
    return sorted(effects, key=lambda effect: -effect.share)


def is_full_grid(table: SweepColumns) -> bool:
    """Whether every combination of the axes' values is there equally often."""
    if not table.axes:
        return True
    codes = np.stack([table.index_of_level(axis) for axis in table.axes], axis=1)
    _, counts = np.unique(codes, axis=0, return_counts=True)
    combinations = int(np.prod([len(table.levels(axis)) for axis in table.axes]))
    return len(counts) == combinations and len(set(counts.tolist())) == 1
