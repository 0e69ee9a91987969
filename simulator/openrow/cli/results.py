"""``openrow results``: look at the results of a sweep."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN_ROWS = 20
FIGURES = (
    "cycles",
    "time_ns",
    "row_hit_rate",
    "bandwidth_gb_per_s.delivered",
    "energy_pj.total",
    "sampling_speedup",
    "end_to_end_speedup",
)
"""Figures shown unless columns are named."""


@click.command("results")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--where", "conditions", multiple=True, help="Only rows for which an expression holds.")
@click.option("--sort", help="Column to sort by; a minus before it sorts from the greatest.")
@click.option("--columns", help="Columns to show, separated by commas; 'all' lists their names.")
@click.option(
    "--limit", type=click.IntRange(1), help=f"Rows to show; {SHOWN_ROWS} on a terminal unless given."
)
@click.option("--csv", "csv_path", type=click.Path(path_type=Path), help="Write the rows as CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
@click.option("--failed", is_flag=True, help="List the points that have failed instead.")
def command(
    directory: Path,
    conditions: tuple[str, ...],
    sort: str | None,
    columns: str | None,
    limit: int | None,
    csv_path: Path | None,
    as_json: bool,
    failed: bool,
) -> None:
    """Filter, sort and export the results of a sweep in DIRECTORY.

    The whole table lies in DIRECTORY/results.parquet, for pandas, polars and DuckDB.
    """
    from openrow.sweep.results import read_results

    if failed:
        _list_failures(directory)
        return
    table = read_results(directory)
    if columns == "all":
        click.echo("\n".join(table.column_names))
        return
    table = _sorted(filtered(table, conditions), sort)
    chosen = _columns(table, columns)
    if csv_path is not None:
        _write_csv(table.select(chosen) if columns else table, csv_path)
        click.echo(f"{csv_path}: {table.num_rows:,} rows")
    elif as_json:
        shown = table.select(chosen) if columns else table
        click.echo(json.dumps(shown.slice(0, limit).to_pylist(), indent=2))
    else:
        _show(table, chosen, limit or SHOWN_ROWS)


def _list_failures(directory: Path) -> None:
    from openrow.errors import UserError
    from openrow.sweep.ledger import NAME, Ledger

    if not (directory / NAME).is_file():
        raise UserError(f"{directory}: is no directory of a sweep: there is no {NAME} in it")
    ledger = Ledger(directory)
    for number, labels, error in ledger.failures():
        click.echo(f"{number}: {', '.join(f'{name}={value}' for name, value in labels.items())}: {error}")
    ledger.close()


def filtered(table: "pa.Table", conditions: tuple[str, ...]) -> "pa.Table":
    """The rows for which all conditions hold."""
    if not conditions:
        return table
    import pyarrow as pa

    from openrow.sweep.expressions import Expression
    from openrow.sweep.results import names_of_columns, values_in_rows

    names = names_of_columns(table.column_names)
    for text in conditions:
        condition = Expression(text, "--where")
        condition.check(names)
        columns = {names[name]: table.column(names[name]).to_pylist() for name in condition.names}
        kept = [bool(value) for value in values_in_rows(condition, names, columns, table.num_rows)]
        table = table.filter(pa.array(kept, type=pa.bool_()))
    return table


def _sorted(table: "pa.Table", sort: str | None) -> "pa.Table":
    if sort is None:
        return table
    name = sort.removeprefix("-")
    _known(table, name)
    return table.sort_by([(name, "descending" if sort.startswith("-") else "ascending")])


def _known(table: "pa.Table", name: str) -> None:
    from openrow.config.problems import nearest

    if name not in table.column_names:
        near = nearest(name, table.column_names)
        hint = f"; the nearest is '{near}'" if near else ""
        raise click.UsageError(f"there is no column '{name}'{hint} (--columns all lists them)")


def _columns(table: "pa.Table", columns: str | None) -> list[str]:
    if columns is not None:
        names = columns.split(",")
        for name in names:
            _known(table, name)
        return names
    axes = [name for name in table.column_names if name.startswith("axis.")]
    return [*axes, *(name for name in FIGURES if name in table.column_names)]


def _write_csv(table: "pa.Table", path: Path) -> None:
    from pyarrow import csv

    from openrow_traces.atomic import whole_file

    with whole_file(path) as file:
        csv.write_csv(table, file)


def _show(table: "pa.Table", chosen: list[str], limit: int) -> None:
    from rich.console import Console
    from rich.table import Table

    shown = Table(box=None, pad_edge=False, header_style="bold")
    for name in chosen:
        shown.add_column(name.removeprefix("axis."), justify="right", overflow="fold")
    for row in table.slice(0, limit).select(chosen).to_pylist():
        shown.add_row(*(_text(row[name]) for name in chosen))
    console = Console(highlight=False, emoji=False, markup=False, width=None if sys.stdout.isatty() else 160)
    console.print(shown)
    if table.num_rows > limit:
        console.print(f"{limit} of {table.num_rows:,} rows")


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)
