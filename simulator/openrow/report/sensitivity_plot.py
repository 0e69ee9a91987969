"""Which axis of a sweep moves a figure most, as bars from its lowest mean to its highest."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from openrow.report.effects import by_share, is_full_grid, main_effects
from openrow.report.metric_names import axis_name, quantity_of
from openrow.report.style import COLOURS, INK, new_figure, styled, write_caption
from openrow.report.sweep_columns import SweepColumns
from openrow.report.sweep_plots import default_metric

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANEL_INCHES, LETTER_INCHES = 5.8, 0.068
"""Width of the panel, and of a letter at the ends of the bars."""
MOST_ROOM = 0.7
"""The ends' names take no more than this share of the panel."""


@styled
def plot_sensitivity(table: SweepColumns, metric: str | None = None) -> "Figure":
    """The range of every axis' marginal means, the axis with the greatest share of the variance on top.

    Parameters
    ----------
    metric
        What is moved.

    Raises
    ------
    MissingColumnError
        For a column that is not there, or where no axis varies.
    """
    shown = table.find(metric) if metric else default_metric(table)
    table.axis_names([], 1)
    figures = table.numbers(shown)
    quantity = quantity_of(shown, figures)
    effects = by_share(main_effects(table, shown))
    figure = new_figure(8.4, 1.5 + 0.46 * len(effects))
    axes = figure.subplots()
    mean = float(np.nanmean(figures)) * quantity.scale
    ends = [
        [f"{level}: {mean * quantity.scale:.3g}" for level, mean in (effect.lowest, effect.highest)]
        for effect in effects
    ]
    for row, effect in enumerate(effects):
        low, high = effect.lowest[1] * quantity.scale, effect.highest[1] * quantity.scale
        axes.barh(row, high - low, left=low, height=0.5, color=COLOURS[0])
        for value, side in ((low, -1), (high, 1)):
            axes.annotate(
                ends[row][side > 0], (value, row), (4 * side, 0), textcoords="offset points",
                ha="right" if side < 0 else "left", va="center", fontsize=8,
            )  # fmt: skip
        axes.annotate(
            f"{100 * effect.share:.1f} %", (1.0, row), (8, 0), xycoords=axes.get_yaxis_transform(),
            textcoords="offset points", va="center", fontsize=8.5, annotation_clip=False,
        )  # fmt: skip
    axes.annotate(
        "share of\nvariance", (1.0, 1.0), (8, 2), xycoords="axes fraction", textcoords="offset points",
        va="bottom", fontsize=8, color=INK,
    )  # fmt: skip
    axes.axvline(mean, color=INK, linewidth=0.9, linestyle=":")
    axes.set_yticks(range(len(effects)), [axis_name(effect.axis) for effect in effects])
    axes.set_ylim(len(effects) - 0.5, -0.5)
    lowest = min(effect.lowest[1] for effect in effects) * quantity.scale
    highest = max(effect.highest[1] for effect in effects) * quantity.scale
    left, right = (_room(texts) for texts in zip(*ends, strict=True))
    span = (highest - lowest or 1.0) / max(1 - left - right, 1 - MOST_ROOM)
    axes.set_xlim(lowest - left * span, highest + right * span)
    if lowest >= 0:  # the room of names is no place for negative numbers
        axes.set_xticks([tick for tick in axes.get_xticks() if 0 <= tick <= highest + right * span])
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(f"mean {quantity.label}")
    write_caption(figure, _caption(table, sum(effect.share for effect in effects)))
    return figure


def _room(texts: Sequence[str]) -> float:
    """The share of the panel that texts beside a bar's end take."""
    return (max(map(len, texts)) * LETTER_INCHES + 0.1) / PANEL_INCHES


def _caption(table: SweepColumns, explained: float) -> str:
    text = (
        "Bars go from the lowest mean of an axis to its highest, over all points with that value of the "
        "axis; the dotted line is the mean of all points. The share is that of the variance between these "
        "means."
    )
    if is_full_grid(table):
        return f"{text} The axes together: {100 * explained:.0f} %; the rest is how they act on one another."
    return f"{text} The points are no full grid, so that an axis may show what comes of another."
