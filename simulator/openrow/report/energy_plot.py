"""Where the energy of a sweep's points goes, by the values of an axis."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from openrow.report.metric_names import axis_name, quantity_of
from openrow.report.run_plots import ENERGY_PARTS
from openrow.report.style import evenly, head_legend, new_figure, styled, write_caption
from openrow.report.sweep_columns import MissingColumnError, SweepColumns
from openrow.report.sweep_plots import strongest_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PREFIX = "energy_pj."
TOTAL = "energy_pj.total"
LEAST_LABELLED = 0.05
MOST_BARS = 24
"""Of an axis with more values, at most so many are drawn, every second, third or so."""


def energy_parts(
    table: SweepColumns, axis: str, places: Sequence[int] | None = None
) -> dict[str, list[float]]:
    """Mean energy in pJ of the points with each value of an axis, or with the values at some places, by part.

    Raises
    ------
    MissingColumnError
        Where the results have no energy by part.
    """
    names = [name for name in table.metrics if name.startswith(PREFIX) and name != TOTAL]
    if not names:
        raise MissingColumnError("the results have no energy by part: no column begins with energy_pj.")
    index = table.index_of_level(axis)
    shown = range(len(table.levels(axis))) if places is None else places
    parts: dict[str, list[float]] = {}
    for name in names:
        column = np.nan_to_num(table.columns[name])
        key = _part(name.removeprefix(PREFIX))
        means = [float(column[index == place].mean()) for place in shown]
        parts[key] = [a + b for a, b in zip(parts.get(key, [0.0] * len(shown)), means, strict=True)]
    return parts


def _part(name: str) -> str:
    """The part of a column: the logic of units is one, and DRAM alone is called as DRAM beside units."""
    if name.startswith("unit_"):
        return "unit"
    return f"dram_{name}" if f"dram_{name}" in ENERGY_PARTS else name


@styled
def plot_energy_breakdown(table: SweepColumns, x: str | None = None) -> "Figure":
    """Mean energy by part, a bar for each value of an axis.

    Parameters
    ----------
    x
        The axis; the one that moves the total most unless given.

    Raises
    ------
    MissingColumnError
        For a column that is not there.
    """
    table.axis_names([], 1)
    axis = table.find(x) if x else strongest_axis(table, TOTAL)
    assert axis is not None, "an axis varies"
    count = len(table.levels(axis))
    places = evenly(count, MOST_BARS)
    parts = energy_parts(table, axis, places)
    totals = np.sum(list(parts.values()), axis=0)
    quantity = quantity_of(TOTAL, totals)
    figure = new_figure(8.4, 2.0 + 0.42 * len(places))
    axes = figure.subplots()
    left = np.zeros(len(places))
    rows = np.arange(len(places))
    for key, (label, (colour, pattern)) in _styles(parts).items():
        widths = np.array(parts[key]) * quantity.scale
        if not widths.any():
            continue
        bars = axes.barh(
            rows, widths, left=left, height=0.6, color=colour, hatch=pattern, edgecolor="white",
            linewidth=0.6, label=label,
        )  # fmt: skip
        longest = totals.max() * quantity.scale
        texts = [f"{width:.3g}" if width > LEAST_LABELLED * longest else "" for width in widths]
        for text in axes.bar_label(bars, texts, label_type="center", fontsize=8):
            box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"}
            text.set_bbox(box if text.get_text() else None)
        left += widths
    for row, total in enumerate(left):
        axes.annotate(f"{total:.3g} {quantity.unit}", (total, row), (5, 0), textcoords="offset points",
                      va="center", fontsize=8.5)  # fmt: skip
    texts_of_levels = table.level_texts(axis)
    axes.set_yticks(rows, [texts_of_levels[place] for place in places])
    axes.set_ylim(len(places) - 0.5, -0.5)
    axes.set_xlim(0, left.max() * 1.14)
    axes.grid(axis="y", visible=False)
    axes.set_ylabel(axis_name(axis))
    axes.set_xlabel(quantity.label)
    head_legend(figure)
    counts = np.bincount(table.index_of_level(axis) + 1, minlength=count + 1)[1:]
    of = f", {len(places)} of its {count:,} values" if len(places) < count else ""
    write_caption(figure, f"Mean of the points with each value of the axis{of}: {_range(counts)} a bar.")
    return figure


def _styles(parts: Mapping[str, object]) -> dict[str, tuple[str, tuple[str, str]]]:
    """Name, colour and pattern of parts; those that are unknown are pale."""
    known = {key: style for key, style in ENERGY_PARTS.items() if key in parts}
    return known | {key: (key.replace("_", " "), ("#DDDDDD", "")) for key in parts if key not in known}


def _range(counts: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> str:
    least, most = int(counts.min()), int(counts.max())
    return f"{most:,}" if least == most else f"{least:,} to {most:,}"
