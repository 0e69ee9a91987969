"""A sweep as one HTML page that needs nothing else: figures, tables that sort, configuration, environment."""

import base64
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from openrow.report.energy_plot import plot_energy_breakdown
from openrow.report.latency_plot import plot_latency
from openrow.report.metric_names import more_is_better, quantity_of
from openrow.report.page_parts import SCRIPT, STYLE_SHEET
from openrow.report.roofline_plot import plot_roofline
from openrow.report.scaling_plot import plot_scaling
from openrow.report.sensitivity_plot import plot_sensitivity
from openrow.report.style import write_figure
from openrow.report.sweep_columns import AXIS, CONFIGURATION, MissingColumnError, SweepColumns, level_text
from openrow.report.sweep_plots import (
    default_metric,
    plot_heat_map,
    plot_pareto,
    plot_rate_speedup,
    point_text,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES: Mapping[str, "Callable[[SweepColumns], Figure]"] = {
    "Which axis moves it most": plot_sensitivity,
    "The two strongest axes": plot_heat_map,
    "Time against energy": plot_pareto,
    "Row hits against speedup": plot_rate_speedup,
    "Energy by part": plot_energy_breakdown,
    "Read latency": plot_latency,
    "Roofline": plot_roofline,
    "Scaling": plot_scaling,
}
"""What is drawn, by its heading, as far as the results have what it needs."""

MOST_ROWS = 2000
"""A table of more points shows the best of them."""
MOST_COLUMNS = 24
"""Of figures, in a table of points."""
FIRST_FIGURES = (
    "sampling_speedup",
    "end_to_end_speedup",
    "speedup",
    "time_ns",
    "time_ms",
    "sampling_ms",
    "row_hit_rate",
    "bandwidth_gb_per_s.delivered",
    "energy_pj.total",
    "mean_power_mw",
    "latency_ns.mean",
    "latency_ns.p99",
    "data_bus_busy",
)
"""Figures that come first in the table of points."""


Failure = tuple[int, Mapping[str, Any], str]
"""Number, values of the axes and error of a point that has failed."""


@dataclass(frozen=True)
class SweepReport:
    """What a page tells.

    Attributes
    ----------
    name
        Of the sweep.
    about
        A line on it.
    specification
        As it is kept beside the results.
    table
        The results of all points that are done.
    failures
        Number, values of the axes and error of each point that has failed.
    pending
        Points that are not done.
    environment
        Versions and machine of the runs, by name; empty if none was kept.
    """

    name: str
    about: str
    specification: Mapping[str, Any]
    table: SweepColumns
    failures: Sequence[Failure]
    pending: int
    environment: Mapping[str, str]


def sweep_page(report: SweepReport) -> str:
    """The page, as HTML."""
    sections = {
        "Figures": list(_figures(report.table)),
        "Points": list(_points(report.table)),
        "Failures": list(_failures(report.failures)),
        "Configuration": list(_configuration(report)),
        "Environment": [
            _pairs("environment", report.environment.items())
            if report.environment
            else "<p>None was kept.</p>"
        ],
    }
    links = "".join(f'<a href="#{_anchor(title)}">{title}</a>' for title in sections)
    body = "\n".join(
        f'<section id="{_anchor(title)}"><h2>{title}</h2>\n' + "\n".join(parts) + "</section>"
        for title, parts in sections.items()
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(report.name)}: sweep</title>
<link rel="icon" href="data:,">
<style>{STYLE_SHEET}</style>
</head>
<body>
<header>
<h1>{escape(report.name)}</h1>
<p class="pale">{escape(report.about)}</p>
{_tiles(report)}
<nav>{links}</nav>
</header>
<main>
{body}
</main>
<script>{SCRIPT}</script>
</body>
</html>
"""


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


def _tiles(report: SweepReport) -> str:
    """The counts, and the best point in the figure that is drawn."""
    tiles = [(f"{len(report.table):,}", "points done"), (f"{len(report.failures):,}", "failed")]
    if report.pending:
        tiles.append((f"{report.pending:,}", "not done yet"))
    found = _best(report.table)
    if found is not None:
        metric, point = found
        value = float(report.table.columns[metric][point])
        quantity = quantity_of(metric, [value])
        tiles.append((quantity.text(value), f"best {quantity.name}: {point_text(report.table, point)}"))
    items = (f"<li><strong>{escape(figure)}</strong>{escape(what)}</li>" for figure, what in tiles)
    return f'<ul class="tiles">{"".join(items)}</ul>'


def _best(table: SweepColumns) -> tuple[str, int] | None:
    try:
        metric = default_metric(table)
    except MissingColumnError:
        return None
    values = table.numbers(metric)
    return metric, int(np.nanargmax(values) if more_is_better(metric) else np.nanargmin(values))


def _figures(table: SweepColumns) -> Iterator[str]:
    missing = []
    for title, draw in FIGURES.items():
        try:
            figure = draw(table)
        except MissingColumnError as error:
            missing.append(f"<li>{escape(title)}: {escape(str(error))}</li>")
            continue
        drawn = io.BytesIO()
        write_figure(figure, drawn, "svg")
        picture = base64.b64encode(drawn.getvalue()).decode()
        yield (
            f"<figure><figcaption><h3>{escape(title)}</h3></figcaption>"
            f'<img alt="{escape(title)}" src="data:image/svg+xml;base64,{picture}"></figure>'
        )
    if missing:
        yield _folded(f"Not drawn: {len(missing)}", f'<ul class="pale">{"".join(missing)}</ul>')


def shown_figures(table: SweepColumns) -> list[str]:
    """The figures in the table of points: those that differ, the ones that are asked for most first."""
    first = [name for name in FIRST_FIGURES if name in table.metrics]
    names = [*first, *(name for name in table.metrics if name not in first)]
    differing = [name for name in names if len(table.levels(name)) > 1]
    return differing[:MOST_COLUMNS]


def _points(table: SweepColumns) -> Iterator[str]:
    figures = shown_figures(table)
    found = _best(table)
    order = np.arange(len(table))
    if len(table) > MOST_ROWS and found is not None:
        values = table.numbers(found[0])
        order = np.argsort(-values if more_is_better(found[0]) else values)[:MOST_ROWS]
        name = quantity_of(found[0], values).name
        yield (
            f"<p>The best {MOST_ROWS:,} of {len(table):,} points by {escape(name)}; all are in "
            "<code>results.parquet</code>.</p>"
        )
    columns = [*table.axes, *figures]
    quantities = {name: quantity_of(name, table.columns[name]) for name in figures}
    heads = [
        *((name.removeprefix(AXIS), table.columns[name].dtype == np.float64) for name in table.axes),
        *((quantities[name].label, True) for name in figures),
    ]
    rows = (
        [
            _cell(table.columns[name][point], quantities[name].scale if name in quantities else 1.0)
            for name in columns
        ]
        for point in order
    )
    yield '<label>Only rows with <input type="search" data-filters="points-table"></label>'
    yield _table("points-table", heads, rows)


def _cell(value: Any, scale: float = 1.0) -> str:
    if isinstance(value, float | np.floating):
        if np.isnan(value):
            return '<td class="number"></td>'
        scaled = float(value) * scale
        return f'<td class="number" data-value="{scaled!r}">{scaled:.6g}</td>'
    return f"<td>{escape(level_text(value))}</td>"


def _table(name: str, heads: Sequence[tuple[str, bool]], rows: Iterator[list[str]]) -> str:
    """A table that sorts; heads come with whether numbers stand below them."""
    titles = "".join(
        f'<th scope="col" class="{"number" if number else "word"}">'
        f'<button type="button">{escape(title)}</button></th>'
        for title, number in heads
    )
    body = "\n".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    return (
        f'<div class="scroll"><table id="{name}" class="sortable"><thead><tr>{titles}</tr></thead>'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def _failures(failures: Sequence[Failure]) -> Iterator[str]:
    if not failures:
        yield "<p>No point has failed.</p>"
        return
    if len(failures) > MOST_ROWS:
        yield f"<p>The first {MOST_ROWS:,} of {len(failures):,}.</p>"
    rows = (
        [
            _cell(float(number)),
            _cell(", ".join(f"{name}={value}" for name, value in labels.items())),
            f'<td class="failed">{escape(error)}</td>',
        ]
        for number, labels, error in failures[:MOST_ROWS]
    )
    yield _table("failures-table", [("point", True), ("axes", False), ("error", False)], rows)


def _configuration(report: SweepReport) -> Iterator[str]:
    import yaml

    text = yaml.safe_dump({"sweep": _given(report.specification)}, sort_keys=False, width=110)
    yield f"<h3>The specification</h3><pre>{escape(text)}</pre>"
    table = report.table
    names = [name for name in table.columns if name.startswith(CONFIGURATION)]
    same = {name: table.levels(name) for name in names if len(table.levels(name)) == 1}
    shown = [(name.removeprefix(CONFIGURATION), level_text(levels[0])) for name, levels in same.items()]
    if shown:
        yield _folded(f"The same at all points: {len(shown)} values", _pairs("same", shown))
    differing = [(name, table.levels(name)) for name in names if len(table.levels(name)) > 1]
    if differing:
        pairs = [(name.removeprefix(CONFIGURATION), _listed(levels)) for name, levels in differing]
        yield _folded(f"Different: {len(pairs)} values", _pairs("different", pairs))


def _folded(summary: str, content: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


def _given(tree: Any) -> Any:
    """A specification without what it leaves open."""
    if isinstance(tree, Mapping):
        parts = ((key, _given(value)) for key, value in tree.items())
        return {key: value for key, value in parts if value not in (None, [], {}, "")}
    return [_given(value) for value in tree] if isinstance(tree, list) else tree


def _listed(levels: Sequence[Any]) -> str:
    texts = [level_text(level) for level in levels[:12]]
    return ", ".join(texts) + (f" and {len(levels) - 12} more" if len(levels) > 12 else "")


def _pairs(name: str, pairs: Any) -> str:
    rows = ([f"<td>{escape(key)}</td>", f"<td>{escape(value)}</td>"] for key, value in pairs)
    return _table(f"{name}-table", [("name", False), ("value", False)], rows)
