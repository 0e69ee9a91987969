"""Pictures of a sweep's points: row hits against speedup, a Pareto front, and a map of two axes.

Each function takes the results as columns and returns a Matplotlib figure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from openrow.report.effects import by_share, main_effects
from openrow.report.metric_names import Quantity, axis_name, more_is_better, quantity_of
from openrow.report.style import (
    COLOURS,
    INK,
    MAP,
    MARKS,
    PALE,
    RASTER_FROM,
    bare_map,
    evenly,
    head_legend,
    new_figure,
    spaced_logarithmically,
    styled,
    write_caption,
)
from openrow.report.sweep_columns import SweepColumns

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
Statistic = Literal["mean", "least", "greatest"]

SPEEDUPS = ("sampling_speedup", "end_to_end_speedup", "speedup")
TIMES = ("time_ms", "time_ns", "cycles")
METRICS = ("sampling_speedup", "time_ns", "time_ms", "speedup", "cycles")
"""What is drawn unless anything is asked for: the first there is."""
MOST_NAMED = 12
"""Points of a front that have their values listed."""
LABEL_DISTANCE = 0.045
"""Numbers of a front's points are so far apart, as a share of the panel; points between them have none."""
MOST_WRITTEN = 180
"""Maps of more cells have no numbers in them."""
MOST_COLUMNS, MOST_ROWS = 12, 16
"""Columns and rows of a map that have their values beside them; of more, every second, third or so."""
FAR_APART = 30
"""Figures whose greatest is so many times the least are drawn on a logarithmic scale."""
NAMED_LETTERS = 62
"""Letters of a line beside a front."""


def default_metric(table: SweepColumns) -> str:
    """The figure that is drawn unless one is asked for."""
    return table.find(table.first_of(METRICS) or METRICS[0])


def strongest_axis(table: SweepColumns, metric: str) -> str | None:
    """The axis with the greatest share of a metric's variance; None where no axis varies."""
    effects = by_share(main_effects(table, metric))
    return effects[0].axis if effects else None


@styled
def plot_rate_speedup(
    table: SweepColumns, x: str = "row_hit_rate", y: str | None = None, colour: str | None = None
) -> "Figure":
    """Row-hit rate against speedup, a mark a point, told apart by an axis.

    Parameters
    ----------
    x, y
        Columns; ``y`` is the first speedup there is unless given.
    colour
        The axis whose values have colours and marks of their own; the one that moves ``y`` most unless given.

    Raises
    ------
    MissingColumnError
        For a column that is not there.
    """
    across = table.find(x)
    up = table.find(y or table.first_of(SPEEDUPS) or SPEEDUPS[0])
    drawn = _both(table, across, up)
    figure = new_figure(7.2, 4.8)
    axes = figure.subplots()
    scatter_by(figure, axes, drawn, _labelled(axes, drawn, across, up), colour or strongest_axis(drawn, up))
    if "speedup" in up:
        axes.axhline(1.0, color=INK, linewidth=0.9)
        axes.set_ylim(bottom=0)
    faster = f"; {np.count_nonzero(drawn.numbers(up) > 1):,} are above 1x" if "speedup" in up else ""
    write_caption(figure, f"{len(drawn):,} points{faster}.")
    return figure


def _both(table: SweepColumns, x: str, y: str) -> SweepColumns:
    """The points that have both figures."""
    return table.only(np.isfinite(table.numbers(x)) & np.isfinite(table.numbers(y)))


def _labelled(axes: "Axes", table: SweepColumns, x: str, y: str) -> tuple[Floats, Floats]:
    """Label both axes and return both columns in their units."""
    across, up = (quantity_of(name, table.numbers(name)) for name in (x, y))
    axes.set_xlabel(across.label)
    axes.set_ylabel(up.label)
    return table.numbers(x) * across.scale, table.numbers(y) * up.scale


def scatter_by(
    figure: "Figure", axes: "Axes", table: SweepColumns, places: tuple[Floats, Floats], colour: str | None
) -> None:
    """Marks of the points: a kind for each value of an axis, or shades where it has too many."""
    xs, ys = places
    raster = len(table) >= RASTER_FROM
    size, edge = (30, "white") if len(table) < 300 else (12, "none")
    if colour is None:
        axes.scatter(xs, ys, size, color=COLOURS[0], edgecolor=edge, linewidth=0.4, rasterized=raster)
        return
    name = table.find(colour)
    levels, index = table.levels(name), table.index_of_level(name)
    if len(levels) > len(COLOURS):
        shades = axes.scatter(xs, ys, size, c=index, cmap=MAP, rasterized=raster)
        shown = np.linspace(0, len(levels) - 1, min(6, len(levels))).round().astype(int)
        bar = figure.colorbar(shades, ax=axes, ticks=shown, pad=0.02)
        bar.ax.set_yticklabels([table.level_texts(name)[place] for place in shown])
        bar.set_label(axis_name(name))
        return
    for place, text in enumerate(table.level_texts(name)):
        own = index == place
        axes.scatter(
            xs[own], ys[own], size, color=COLOURS[place], marker=MARKS[place], edgecolor=edge,
            linewidth=0.4, label=text, rasterized=raster,
        )  # fmt: skip
    head_legend(figure, axis_name(name))


def front_of(xs: Floats, ys: Floats, more_x: bool, more_y: bool) -> list[int]:
    """The points that none is better than in one figure and as good in the other, in the order of ``xs``.

    Of points that are equal in both, the first stands for all.
    """
    costs = np.where(more_x, -xs, xs), np.where(more_y, -ys, ys)
    front: list[int] = []
    least = np.inf
    for point in np.lexsort((costs[1], costs[0])).tolist():
        if costs[1][point] < least:
            least = costs[1][point]
            front.append(point)
    return sorted(front, key=lambda point: xs[point])


@styled
def plot_pareto(
    table: SweepColumns,
    x: str | None = None,
    y: str = "energy_pj.total",
    more_x: bool | None = None,
    more_y: bool | None = None,
) -> "Figure":
    """All points in two figures, and the front of those that none is better than in both.

    Parameters
    ----------
    x, y
        Columns; time against energy unless given.
    more_x, more_y
        Whether more is better; told by the name unless given.

    Raises
    ------
    MissingColumnError
        For a column that is not there.
    """
    across, up = table.find(x or table.first_of(TIMES) or TIMES[0]), table.find(y)
    drawn = _both(table, across, up)
    goals = tuple(
        more_is_better(name) if goal is None else goal for name, goal in ((across, more_x), (up, more_y))
    )
    figure = new_figure(9.2, 4.8)
    axes = figure.subplots()
    xs, ys = _labelled(axes, drawn, across, up)
    front = front_of(xs, ys, *goals)
    raster = len(drawn) >= RASTER_FROM
    axes.scatter(xs, ys, 16, color=PALE, rasterized=raster, label="other points")
    # Between two points of the front nothing better than the worse of both is known: steps, not slopes.
    step = "steps-post" if goals[0] == goals[1] and not goals[0] else "steps-pre"
    if goals[0] != goals[1]:
        step = "steps-pre" if goals[0] else "steps-post"
    axes.plot(xs[front], ys[front], color=COLOURS[0], linewidth=1.2, drawstyle=step, zorder=2)
    axes.scatter(
        xs[front], ys[front], 44, color=COLOURS[0], edgecolor="white", linewidth=0.8, zorder=3, label="front"
    )
    axes.margins(0.06)
    for values, scale, axis in (
        (xs, axes.set_xscale, axes.xaxis),
        (ys, axes.set_yscale, axes.yaxis),
    ):
        if _spans_orders(values):
            scale("log")
            spaced_logarithmically(axis)
    shown = _apart(axes, xs[front], ys[front])
    _name_front(axes, drawn, [front[place] for place in shown], (xs, ys))
    head_legend(figure)
    better = ["more" if goal else "less" for goal in goals]
    names = [quantity_of(name, drawn.numbers(name)).name for name in (across, up)]
    rest = f"; {len(front) - len(shown)} of them are not listed" if len(front) > len(shown) else ""
    write_caption(
        figure,
        f"{len(drawn):,} points, {len(front)} of them on the front: none is better in both figures{rest}. "
        f"Better is {better[0]} of {names[0]}, {better[1]} of {names[1]}.",
    )
    return figure


def _spans_orders(values: Floats) -> bool:
    """Whether numbers are so far apart that only a logarithmic axis shows the small ones."""
    least, most = float(np.nanmin(values)), float(np.nanmax(values))
    return least > 0 and most / least > FAR_APART


def _apart(axes: "Axes", xs: Floats, ys: Floats) -> list[int]:
    """Points of a front whose numbers do not cover one another, its ends first."""
    shown = axes.transData.transform(np.stack([xs, ys], axis=1))
    places = axes.transAxes.inverted().transform(shown)
    chosen: list[int] = []
    count = len(xs)
    spread = np.linspace(0, count - 1, min(count, MOST_NAMED)).round().astype(int).tolist()
    for place in dict.fromkeys([0, count - 1, *spread, *range(count)]):
        far = all(np.hypot(*(places[place] - places[other])) >= LABEL_DISTANCE for other in chosen)
        if far and len(chosen) < MOST_NAMED:
            chosen.append(place)
    return sorted(chosen)


def _name_front(
    axes: "Axes", table: SweepColumns, points: Sequence[int], figures: tuple[Floats, Floats]
) -> None:
    """Number points of the front and list the values of their axes beside the panel."""
    import textwrap

    lines = []
    for number, point in enumerate(points, 1):
        axes.annotate(
            str(number), (figures[0][point], figures[1][point]), (4, 4), textcoords="offset points",
            fontsize=8, fontweight="bold", color=INK, zorder=4,
        )  # fmt: skip
        text = f"{number}  {point_text(table, point)}"
        lines.append(textwrap.fill(text, NAMED_LETTERS, subsequent_indent="    "))
    axes.text(1.02, 1.0, "\n".join(lines), transform=axes.transAxes, va="top", fontsize=8, linespacing=1.4)


def point_text(table: SweepColumns, point: int) -> str:
    """The values of a point's axes."""
    values = ((axis, table.index_of_level(axis)[point]) for axis in table.axes)
    known = ((axis_name(axis), table.level_texts(axis)[place]) for axis, place in values if place >= 0)
    return ", ".join(f"{name} {value}" for name, value in known)


@dataclass(frozen=True)
class Cells:
    """A map of two axes.

    Attributes
    ----------
    values
        (rows, columns) of the metric; NaN where there is no point.
    points
        (rows, columns) how many points each cell is of.
    """

    rows: list[Any]
    columns: list[Any]
    values: Floats
    points: NDArray[np.int64]


def cells_of(table: SweepColumns, x: str, y: str, metric: str, statistic: Statistic = "mean") -> Cells:
    """A metric by the values of two axes: the mean, the least or the greatest of a cell's points."""
    figures = table.numbers(metric)
    across, up = table.index_of_level(x), table.index_of_level(y)
    columns, rows = table.levels(x), table.levels(y)
    kept = np.isfinite(figures) & (across >= 0) & (up >= 0)
    cell = up[kept] * len(columns) + across[kept]
    counts = np.bincount(cell, minlength=len(rows) * len(columns))
    values = np.full(len(counts), np.nan)
    some = counts > 0
    if statistic == "mean":
        values[some] = np.bincount(cell, figures[kept], minlength=len(counts))[some] / counts[some]
    else:
        extreme, start = (np.minimum, np.inf) if statistic == "least" else (np.maximum, -np.inf)
        found = np.full(len(counts), start)
        extreme.at(found, cell, figures[kept])
        values[some] = found[some]
    shape = (len(rows), len(columns))
    return Cells(rows, columns, values.reshape(shape), counts.reshape(shape))


@styled
def plot_heat_map(
    table: SweepColumns,
    x: str | None = None,
    y: str | None = None,
    metric: str | None = None,
    statistic: Statistic = "mean",
) -> "Figure":
    """A metric by the values of two axes.

    Parameters
    ----------
    x, y
        Axes; the two that move the metric most unless given.
    metric
        What the cells show.
    statistic
        Of the points of a cell, which differ in the other axes.

    Raises
    ------
    MissingColumnError
        For a column that is not there, or where fewer than two axes vary.
    """
    shown = table.find(metric) if metric else default_metric(table)
    given = table.axis_names([x, y], 2)
    strongest = [effect.axis for effect in by_share(main_effects(table, shown)) if effect.axis not in given]
    across = table.find(x) if x else strongest.pop(0)
    up = table.find(y) if y else strongest.pop(0)
    cells = cells_of(table, across, up, shown, statistic)
    quantity = quantity_of(shown, cells.values)
    width = 2.6 + 0.75 * max(4, min(len(cells.columns), MOST_COLUMNS))
    figure = new_figure(width, 1.7 + 0.38 * max(3, min(len(cells.rows), MOST_ROWS)))
    axes = figure.subplots()
    scaled = cells.values * quantity.scale
    image = axes.imshow(
        scaled, cmap=MAP, aspect="auto", interpolation="nearest", origin="lower",
        norm="log" if _spans_orders(scaled) else None,
    )  # fmt: skip
    bare_map(axes, len(cells.rows), len(cells.columns))
    columns, rows = evenly(len(cells.columns), MOST_COLUMNS), evenly(len(cells.rows), MOST_ROWS)
    names = [table.level_texts(across)[place] for place in columns]
    crowded = sum(map(len, names)) * 0.085 > width - 2.6
    axes.set_xticks(columns, names, rotation=30 if crowded else 0, ha="right" if crowded else "center")
    axes.set_yticks(rows, [table.level_texts(up)[place] for place in rows])
    axes.set_xlabel(axis_name(across))
    axes.set_ylabel(axis_name(up))
    figure.colorbar(image, ax=axes, pad=0.02).set_label(quantity.label)
    if scaled.size <= MOST_WRITTEN:
        _write_cells(axes, scaled, np.asarray(image.norm(scaled)))
    write_caption(figure, _cells_caption(table, cells, (across, up), quantity, statistic))
    return figure


def _write_cells(axes: "Axes", values: Floats, shades: Floats) -> None:
    """Write each number in its cell, dark on light; ``shades`` are from 0 to 1."""
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            light = shades[row, column] > 0.5
            text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
            axes.text(
                column, row, text, ha="center", va="center", fontsize=8, color="black" if light else "white"
            )


def _cells_caption(
    table: SweepColumns, cells: Cells, axes: tuple[str, str], quantity: Quantity, statistic: Statistic
) -> str:
    least, most = int(cells.points[cells.points > 0].min()), int(cells.points.max())
    if most == 1:
        return f"{quantity.name} of one point a cell."
    count = f"{most:,}" if least == most else f"{least:,} to {most:,}"
    others = ", ".join(axis_name(axis) for axis in table.axes if axis not in axes)
    of = {"mean": "mean", "least": "least", "greatest": "greatest"}[statistic]
    differ = f", which differ in {others}" if others else ""
    return f"{of.capitalize()} {quantity.name} of the {count} points of a cell{differ}."
