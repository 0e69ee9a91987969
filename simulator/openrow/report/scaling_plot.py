"""How a figure scales with an axis of numbers, point by point against the smallest."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from openrow.report.metric_names import axis_name, more_is_better, quantity_of
from openrow.report.style import COLOURS, INK, MARKS, head_legend, new_figure, styled, write_caption
from openrow.report.sweep_columns import MissingColumnError, SweepColumns, level_text
from openrow.report.sweep_plots import default_metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scaling:
    """Gains of points over those that differ from them in one axis alone, which is at its least.

    Attributes
    ----------
    gains
        (series, values) geometric mean of the gains; NaN where there is none.
    least, most
        (series, values) the least and the greatest gain.
    """

    gains: Floats
    least: Floats
    most: Floats


def scaling_of(table: SweepColumns, x: str, metric: str, by: str | None) -> Scaling:
    """Gains by the values of the axis ``x``, a series for each value of the axis ``by``.

    The gain of a figure one wants less of, such as time, is the quotient the other way round.

    Raises
    ------
    MissingColumnError
        For a column that is not there.
    """
    figures = table.numbers(metric)
    place = table.index_of_level(x)
    others = [axis for axis in table.axes if axis != x]
    codes = np.stack([table.index_of_level(axis) for axis in others] or [np.zeros(len(table), int)], axis=1)
    _, partner = np.unique(codes, axis=0, return_inverse=True)
    partner = partner.reshape(-1)
    base = np.full(partner.max() + 1, np.nan)
    base[partner[place == 0]] = figures[place == 0]
    gain = figures / base[partner] if more_is_better(metric) else base[partner] / figures
    series = table.index_of_level(by) if by is not None else np.zeros(len(table), int)
    shape = (int(series.max()) + 1, len(table.levels(x)))
    found = Scaling(np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan))
    for row, column in np.ndindex(shape):
        own = gain[(series == row) & (place == column) & np.isfinite(gain) & (gain > 0)]
        if len(own):
            found.gains[row, column] = np.exp(np.log(own).mean())
            found.least[row, column], found.most[row, column] = own.min(), own.max()
    return found


@styled
def plot_scaling(
    table: SweepColumns, x: str | None = None, metric: str | None = None, by: str | None = None
) -> "Figure":
    """The gain over the smallest value of an axis, and what proportion would be.

    Parameters
    ----------
    x
        An axis of numbers; the first unless given.
    metric
        What gains.
    by
        An axis with a line for each of its values.

    Raises
    ------
    MissingColumnError
        For a column that is not there or holds no numbers above 0.
    """
    axis = table.find(x) if x else _first_of_numbers(table)
    shown = table.find(metric) if metric else default_metric(table)
    split = table.find(by) if by else None
    values = np.array(table.levels(axis)) if table.numbers(axis).size else np.array([])
    if (values <= 0).any():
        raise MissingColumnError(f"axis '{axis}' has values that are not above 0: nothing scales with it")
    scaling = scaling_of(table, axis, shown, split)
    if not np.isfinite(scaling.gains[:, 1:]).any():
        raise MissingColumnError(f"no two points differ in '{axis}' alone, so there is no gain to draw")
    figure = new_figure(6.8, 4.6)
    axes = figure.subplots()
    axes.plot(values, values / values[0], color=INK, linestyle="--", linewidth=1.0, label="in proportion")
    levels = table.level_texts(split) if split is not None else ["gain"]
    for row, name in enumerate(levels):
        look = row % len(COLOURS)
        axes.fill_between(
            values, scaling.least[row], scaling.most[row], color=COLOURS[look], alpha=0.14, linewidth=0
        )
        axes.plot(
            values, scaling.gains[row], marker=MARKS[look], color=COLOURS[look], markersize=6, label=name
        )
    _logarithmic(axes, values)
    quantity = quantity_of(axis, values)
    axes.set_xlabel(quantity.label if quantity.scale == 1.0 else axis_name(axis))
    axes.set_ylabel(f"gain in {quantity_of(shown, table.numbers(shown)).name}, x")
    title = axis_name(split) if split is not None else None
    head_legend(figure, title)
    write_caption(
        figure,
        f"Gain over the point that differs in {axis_name(axis)} alone and has {level_text(float(values[0]))} "
        "there: geometric mean, and the range of all such points in the same colour.",
    )
    return figure


def _first_of_numbers(table: SweepColumns) -> str:
    for axis in table.axes:
        if table.columns[axis].dtype == np.float64:
            return axis
    raise MissingColumnError("no axis with several values holds numbers, so nothing scales")


def _logarithmic(axes: "Axes", values: Floats) -> None:
    """Both axes of the picture logarithmic, with the axis' own values as its marks."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    plain = FuncFormatter(lambda value, _: f"{value:g}")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set_xticks(values, [level_text(float(value)) for value in values])
    axes.yaxis.set_major_locator(LogLocator(base=2, subs=(1.0, 1.5)))
    axes.yaxis.set_major_formatter(plain)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
