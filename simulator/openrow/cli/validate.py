"""``openrow validate``: hold this simulator against recorded runs of others."""

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from openrow.validation.table import Row

DIFFERENT = 1


@click.command("validate")
@click.option("--all", "show_all", is_flag=True, help="List every comparison.")
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
@click.pass_context
def command(context: click.Context, show_all: bool, as_json: bool) -> None:
    """Play recorded runs of Ramulator 2.1 and compare every command, cycle and counter.

    That two tools agree is no validation against silicon. The exit status is 1 if anything differs.
    """
    from openrow.validation.table import accuracy_table, count_comparisons

    if as_json:
        rows = accuracy_table()
        click.echo(json.dumps([_as_dict(row) for row in rows], indent=2))
    else:
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task("comparing", total=count_comparisons())
            rows = accuracy_table(lambda: bar.advance(task))
        _show(rows, show_all)
    if any(row.equal < len(row.comparisons) for row in rows):
        context.exit(DIFFERENT)


def _as_dict(row: "Row") -> dict[str, object]:
    return {
        "what": row.what,
        "criterion": row.criterion,
        "equal": row.equal,
        "compared": len(row.comparisons),
        "comparisons": {comparison.name: comparison.differences for comparison in row.comparisons},
        "left_out": row.left_out,
    }


def _show(rows: "list[Row]", show_all: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("against Ramulator 2.1", "what must be equal", title="Accuracy", title_justify="left")
    table.add_column("equal", justify="right")
    for row in rows:
        table.add_row(row.what, row.criterion, f"{row.equal} of {len(row.comparisons)}")
    console = Console()
    console.print(table)
    for row in rows:
        for comparison in row.comparisons:
            if comparison.differences or show_all:
                console.print(
                    f"{comparison.name}: {'; '.join(comparison.differences) or 'equal'}", highlight=False
                )
        for reason in row.left_out:
            console.print(f"left out: {reason}", highlight=False)
