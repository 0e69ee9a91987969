"""How near a sweep's points come to their roofs: what memory brings, and what is computed of it.

The roofline model is that of S. Williams, A. Waterman and D. Patterson, Roofline, Communications of the ACM
52(4), 2009.
"""

from dataclasses import dataclass
from math import atan, degrees
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from openrow.report.style import (
    INK,
    new_figure,
    spaced_logarithmically,
    styled,
    write_caption,
)
from openrow.report.sweep_columns import MissingColumnError, SweepColumns
from openrow.report.sweep_plots import scatter_by

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

OPERATIONS = "operations"
"""The column with a point's operations, where the sweep derives one."""
HOST_PEAK = "config.host.compute.vector_gflop_per_s"
OPERATIONS_OF_LANE = 2
"""A lane multiplies and adds in a cycle."""
MOST_ROOFS = 4
"""Of more bandwidths, the least and the greatest are drawn."""


@dataclass(frozen=True)
class Roofs:
    """What is drawn.

    Attributes
    ----------
    intensity
        Operations a byte moved, of every point.
    attained
        GFLOP/s of every point.
    bandwidth
        GB/s that its memory brings at most.
    computing
        GFLOP/s that it computes at most; NaN where nothing says so.
    """

    intensity: Floats
    attained: Floats
    bandwidth: Floats
    computing: Floats


def roofs_of(table: SweepColumns, operations: str | float | None, peak: float | None) -> Roofs:
    """Intensity and roofs of a sweep's points.

    Parameters
    ----------
    operations
        Of a point: a number, or the column that has them.
    peak
        GFLOP/s at most; those of the units or the host of the configuration unless given.

    Raises
    ------
    MissingColumnError
        Where operations, bytes or times are not there.
    """
    if operations is None and OPERATIONS not in table.columns:
        raise MissingColumnError(
            "a roofline needs the operations of a point: give --operations NUMBER or COLUMN, or let the "
            "sweep derive a column 'operations' (sweep.derived)"
        )
    count = (
        np.full(len(table), float(operations))
        if isinstance(operations, int | float)
        else table.numbers(operations or OPERATIONS)
    )
    moved, time_ns, bandwidth = _memory(table)
    computing = np.full(len(table), np.nan) if peak is None else np.full(len(table), peak)
    if peak is None:
        computing = _computing(table)
    # Points that move nothing or take no time come to infinity, and are not drawn.
    with np.errstate(divide="ignore", invalid="ignore"):
        return Roofs(count / moved, count / time_ns, bandwidth, computing)


def _memory(table: SweepColumns) -> tuple[Floats, Floats, Floats]:
    """Bytes moved, time in ns, and GB/s at most."""
    if "memory_traffic_bytes.units_read" in table.columns:
        read = table.numbers("memory_traffic_bytes.units_read")
        return read, table.numbers("sampling_ms") * 1e6, table.numbers("internal_bandwidth_gb_per_s")
    time_ns = table.numbers("time_ns")
    return (
        table.numbers("bandwidth_gb_per_s.pin") * time_ns,
        time_ns,
        table.numbers("bandwidth_gb_per_s.peak"),
    )


def _computing(table: SweepColumns) -> Floats:
    units = ("config.pim.active_banks", "config.pim.lanes", "config.pim.clock_mhz")
    if all(name in table.columns for name in units):
        banks, lanes, clock_mhz = (table.numbers(name) for name in units)
        return OPERATIONS_OF_LANE * banks * lanes * clock_mhz / 1e3
    if HOST_PEAK in table.columns:
        return table.numbers(HOST_PEAK)
    return np.full(len(table), np.nan)


@styled
def plot_roofline(
    table: SweepColumns,
    operations: str | float | None = None,
    peak: float | None = None,
    colour: str | None = None,
) -> "Figure":
    """Operations a byte against operations a second, below the roofs of memory and arithmetic.

    Parameters
    ----------
    operations, peak
        As for :func:`roofs_of`.
    colour
        The axis whose values have colours and marks of their own.

    Raises
    ------
    MissingColumnError
        Where something is not there.
    """
    roofs = roofs_of(table, operations, peak)
    table, roofs = _on_both_scales(table, roofs)
    figure = new_figure(7.2, 4.8)
    axes = figure.subplots()
    axes.set_xscale("log")
    axes.set_yscale("log")
    scatter_by(figure, axes, table, (roofs.intensity, roofs.attained), colour)
    _draw_roofs(axes, roofs)
    axes.set_xlabel("operations a byte moved")
    axes.set_ylabel("operations attained, GFLOP/s")
    for axis in (axes.xaxis, axes.yaxis):
        spaced_logarithmically(axis)
    least = np.fmin(roofs.bandwidth * roofs.intensity, roofs.computing)
    reached = 100 * roofs.attained / least
    write_caption(
        figure,
        f"{len(table):,} points reach {np.nanmin(reached):.0f} to {np.nanmax(reached):.0f} % of their roof, "
        f"{np.nanmedian(reached):.0f} % in the median. Bytes are those that cross the memory's pins, or that "
        "units read where there are any.",
    )
    return figure


def _on_both_scales(table: SweepColumns, roofs: Roofs) -> tuple[SweepColumns, Roofs]:
    """The points that logarithmic axes can show: those that move, compute and take something.

    Raises
    ------
    MissingColumnError
        Where there is none.
    """
    shown = np.ones(len(table), dtype=np.bool_)
    for values in (roofs.intensity, roofs.attained, roofs.bandwidth):
        shown &= np.isfinite(values) & (values > 0)
    if not shown.any():
        raise MissingColumnError("no point has operations, bytes and a time above 0")
    kept = (values[shown] for values in (roofs.intensity, roofs.attained, roofs.bandwidth, roofs.computing))
    return table.only(shown), Roofs(*kept)


def _draw_roofs(axes: "Axes", roofs: Roofs) -> None:
    """A slope for each bandwidth up to the flat roof of the arithmetic, each with its name along it."""
    bandwidths = np.unique(roofs.bandwidth[np.isfinite(roofs.bandwidth)])
    if len(bandwidths) > MOST_ROOFS:
        bandwidths = bandwidths[[0, -1]]
    peaks = np.unique(roofs.computing[np.isfinite(roofs.computing)])
    top = float(peaks[-1]) if len(peaks) else float(np.nanmax(roofs.attained)) * 4
    left = min(float(np.nanmin(roofs.intensity)), top / float(bandwidths[-1])) / 4
    ridge = top / float(bandwidths[0]) if len(peaks) else float(np.nanmax(roofs.intensity)) * 4
    right = max(float(np.nanmax(roofs.intensity)) * 4, ridge * 2)
    for bandwidth in bandwidths:
        end = min(top / bandwidth, right) if len(peaks) else right
        axes.plot([left, end], [left * bandwidth, end * bandwidth], color=INK, linewidth=1.3, zorder=2)
        # The angle is of a step along the line, which a logarithmic axis turns as it turns the line.
        axes.text(
            left * 1.15, left * 1.15 * bandwidth * 1.12, f"{_rounded(bandwidth)} GB/s", fontsize=8, color=INK,
            rotation=degrees(atan(bandwidth)), rotation_mode="anchor", transform_rotates_text=True,
        )  # fmt: skip
    for peak in peaks[[0, -1]] if len(peaks) > MOST_ROOFS else peaks:
        axes.plot([peak / bandwidths[-1], right], [peak, peak], color=INK, linewidth=1.3, zorder=2)
        axes.annotate(
            f"{_rounded(peak)} GFLOP/s", (right, peak), (-4, 4), textcoords="offset points", ha="right",
            fontsize=8, color=INK,
        )  # fmt: skip
    axes.set_xlim(left, right)


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
