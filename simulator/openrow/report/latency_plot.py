"""How read latencies of a sweep's points are distributed: their percentiles by the values of an axis."""

from typing import TYPE_CHECKING

import numpy as np

from openrow.report.metric_names import axis_name, quantity_of
from openrow.report.style import (
    COLOURS,
    INK,
    head_legend,
    new_figure,
    spaced_logarithmically,
    styled,
    write_caption,
)
from openrow.report.sweep_columns import SweepColumns
from openrow.report.sweep_plots import strongest_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PERCENTILES = {
    "latency_ns.p50": ("half of all reads", "o", COLOURS[0]),
    "latency_ns.p95": ("95 %", "s", COLOURS[3]),
    "latency_ns.p99": ("99 %", "^", COLOURS[1]),
    "latency_ns.max": ("all", "|", INK),
}
"""Columns, with what share of the reads takes at most that long, and mark and colour."""


@styled
def plot_latency(table: SweepColumns, x: str | None = None) -> "Figure":
    """Percentiles of the read latency, a line for each value of an axis.

    Parameters
    ----------
    x
        The axis; the one that moves the 99th percentile most unless given.

    Raises
    ------
    MissingColumnError
        For a column that is not there.
    """
    columns = {name: table.numbers(name) for name in PERCENTILES}
    table.axis_names([], 1)
    axis = table.find(x) if x else strongest_axis(table, "latency_ns.p99")
    assert axis is not None, "an axis varies"
    levels, index = table.levels(axis), table.index_of_level(axis)
    medians = np.array(
        [
            [np.nanmedian(column[index == place]) for place in range(len(levels))]
            for column in columns.values()
        ]
    )
    quantity = quantity_of("latency_ns.mean", medians[2])
    medians = medians * quantity.scale
    figure = new_figure(7.6, 1.9 + 0.34 * len(levels))
    axes = figure.subplots()
    axes.hlines(range(len(levels)), medians[0], medians[-1], color="#AAAAAA", linewidth=1.2, zorder=1)
    for values, (label, mark, colour) in zip(medians, PERCENTILES.values(), strict=True):
        axes.plot(values, range(len(levels)), mark, color=colour, markersize=7, label=label, zorder=2)
    axes.set_xscale("log")
    spaced_logarithmically(axes.xaxis)
    axes.set_yticks(range(len(levels)), table.level_texts(axis))
    axes.set_ylim(len(levels) - 0.5, -0.5)
    axes.set_ylabel(axis_name(axis))
    axes.set_xlabel(f"read latency, {quantity.unit}")
    head_legend(figure, "latency that is not exceeded by")
    write_caption(
        figure, "Each mark is the median, over the points with that value of the axis, of their percentile."
    )
    return figure
