"""``openrow plot`` of sweeps: each kind of picture takes the directory of a sweep."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from openrow.cli.pictures import output_option, picture_format, save_picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from openrow.report.sweep_columns import SweepColumns

GOALS = {"less": False, "more": True}

_directory = click.argument("directory", type=click.Path(path_type=Path))
_where = click.option(
    "--where", "conditions", multiple=True, help="Only points for which an expression holds."
)


def _axis(name: str, help: str) -> Callable[[Any], Any]:
    return click.option(f"--{name}", metavar="COLUMN", help=help)


_metric = click.option(
    "--metric", metavar="COLUMN", help="The figure; sampling speedup or time unless given."
)


def columns_of(directory: Path, conditions: tuple[str, ...] = ()) -> "SweepColumns":
    """The results in a sweep's directory, as far as conditions hold."""
    from openrow.cli.results import filtered
    from openrow.report.sweep_columns import SweepColumns
    from openrow.sweep.results import read_results

    table = filtered(read_results(directory), conditions)
    if not table.num_rows:
        raise click.UsageError(f"{directory}: no point is left to draw: no row meets --where")
    return SweepColumns.of(table)


def _drawn(
    kind: str,
    directory: Path,
    output: Path,
    conditions: tuple[str, ...],
    draw: "Callable[[SweepColumns], Figure]",
) -> None:
    """Read, draw and write; a name that is no picture's is refused before anything is read."""
    picture_format(output)
    table = columns_of(directory, conditions)
    save_picture(draw(table), output, f"{kind} of {len(table):,} points")


@click.command("rate-speedup")
@_directory
@output_option
@_axis("x", "What lies across.  [default: row_hit_rate]")
@_axis("y", "What lies up; the first speedup there is unless given.")
@_axis("colour", "The axis that is told apart; the one that moves y most unless given.")
@_where
def rate_speedup(
    directory: Path,
    output: Path,
    x: str | None,
    y: str | None,
    colour: str | None,
    conditions: tuple[str, ...],
) -> None:
    """Row-hit rate against speedup, of all points of the sweep in DIRECTORY."""
    from openrow.report.sweep_plots import plot_rate_speedup

    def draw(table: "SweepColumns") -> "Figure":
        return plot_rate_speedup(table, x or "row_hit_rate", y, colour)

    _drawn("row hits and speedup", directory, output, conditions, draw)


@click.command("pareto")
@_directory
@output_option
@_axis("x", "The first figure; time unless given.")
@_axis("y", "The second.  [default: energy_pj.total]")
@click.option(
    "--x-goal", type=click.Choice(list(GOALS)), help="What is better; told by the name unless given."
)
@click.option("--y-goal", type=click.Choice(list(GOALS)), help="The same of the second.")
@_where
def pareto(
    directory: Path,
    output: Path,
    x: str | None,
    y: str | None,
    x_goal: str | None,
    y_goal: str | None,
    conditions: tuple[str, ...],
) -> None:
    """All points in two figures, and the front of those that none is better than in both."""
    from openrow.report.sweep_plots import plot_pareto

    def draw(table: "SweepColumns") -> "Figure":
        goals = (None if goal is None else GOALS[goal] for goal in (x_goal, y_goal))
        return plot_pareto(table, x, y or "energy_pj.total", *goals)

    _drawn("Pareto front", directory, output, conditions, draw)


@click.command("heatmap")
@_directory
@output_option
@_axis("x", "The axis across; those that move the metric most unless given.")
@_axis("y", "The axis up.")
@_metric
@click.option(
    "--statistic",
    type=click.Choice(["mean", "least", "greatest"]),
    default="mean",
    show_default=True,
    help="Of the points of a cell.",
)
@_where
def heatmap(
    directory: Path,
    output: Path,
    x: str | None,
    y: str | None,
    metric: str | None,
    statistic: Any,
    conditions: tuple[str, ...],
) -> None:
    """A figure by the values of two axes, as a map."""
    from openrow.report.sweep_plots import plot_heat_map

    _drawn("map", directory, output, conditions, lambda table: plot_heat_map(table, x, y, metric, statistic))


@click.command("sensitivity")
@_directory
@output_option
@_metric
@_where
def sensitivity(directory: Path, output: Path, metric: str | None, conditions: tuple[str, ...]) -> None:
    """Which axis moves a figure most.

    A bar goes from the lowest mean over an axis' values to the highest; the axes are in order of the share of
    the variance between these means.
    """
    from openrow.report.sensitivity_plot import plot_sensitivity

    _drawn("sensitivity", directory, output, conditions, lambda table: plot_sensitivity(table, metric))


@click.command("energy-breakdown")
@_directory
@output_option
@_axis("x", "The axis with a bar for each value; the one that moves the total most unless given.")
@_where
def energy_breakdown(directory: Path, output: Path, x: str | None, conditions: tuple[str, ...]) -> None:
    """Mean energy by part, for each value of an axis."""
    from openrow.report.energy_plot import plot_energy_breakdown

    _drawn("energy", directory, output, conditions, lambda table: plot_energy_breakdown(table, x))


@click.command("roofline")
@_directory
@output_option
@click.option(
    "--operations",
    metavar="NUMBER|COLUMN",
    help="Of a point: their number, or the column that has it.  [default: operations]",
)
@click.option("--peak", type=click.FloatRange(0, min_open=True), help="GFLOP/s that are computed at most.")
@_axis("colour", "The axis that is told apart.")
@_where
def roofline(
    directory: Path,
    output: Path,
    operations: str | None,
    peak: float | None,
    colour: str | None,
    conditions: tuple[str, ...],
) -> None:
    """Operations a byte against operations a second, below the roofs of memory and arithmetic."""
    from openrow.report.roofline_plot import plot_roofline

    count = _number_or_name(operations)
    _drawn("roofline", directory, output, conditions, lambda table: plot_roofline(table, count, peak, colour))


def _number_or_name(text: str | None) -> str | float | None:
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return text


@click.command("latency")
@_directory
@output_option
@_axis("x", "The axis with a line for each value; the one that moves the 99th percentile most unless given.")
@_where
def latency(directory: Path, output: Path, x: str | None, conditions: tuple[str, ...]) -> None:
    """Percentiles of the read latency, for each value of an axis."""
    from openrow.report.latency_plot import plot_latency

    _drawn("latencies", directory, output, conditions, lambda table: plot_latency(table, x))


@click.command("scaling")
@_directory
@output_option
@_axis("x", "An axis of numbers; the first unless given.")
@_metric
@_axis("by", "An axis with a line for each value.")
@_where
def scaling(
    directory: Path,
    output: Path,
    x: str | None,
    metric: str | None,
    by: str | None,
    conditions: tuple[str, ...],
) -> None:
    """The gain of a figure over the smallest value of an axis."""
    from openrow.report.scaling_plot import plot_scaling

    _drawn("scaling", directory, output, conditions, lambda table: plot_scaling(table, x, metric, by))


SWEEP_PICTURES = (
    rate_speedup, pareto, heatmap, sensitivity, energy_breakdown, roofline, latency, scaling,
)  # fmt: skip
"""All of them."""
