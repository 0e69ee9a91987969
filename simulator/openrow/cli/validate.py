"""``openrow validate``: hold this simulator against recorded runs of others."""

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from openrow.validation.fast_error import FastError
    from openrow.validation.table import Row

DIFFERENT = 1


@click.command("validate")
@click.option("--all", "show_all", is_flag=True, help="List every comparison.")
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
@click.pass_context
def command(context: click.Context, show_all: bool, as_json: bool) -> None:
    """Play recorded runs of Ramulator 2.1 and compare every command, cycle and counter; so for units beside
    the banks with Samsung's PIMSimulator and aim_simulator, and for crossbars with MemIntelli's products.

    Then play them with fidelity fast, and say how far its cycles are off.

    That two tools agree is no validation against silicon. The exit status is 1 if anything of fidelity exact
    differs.
    """
    from rich.console import Console
    from rich.progress import Progress

    from openrow.validation.fast_error import count_runs, fast_errors
    from openrow.validation.table import accuracy_table, count_comparisons

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("comparing", total=count_comparisons() + count_runs())
        rows = accuracy_table(lambda: bar.advance(task))
        errors = fast_errors(lambda: bar.advance(task))
    if as_json:
        tree = {"exact": [_as_dict(row) for row in rows], "fast": _errors_as_dict(errors)}
        click.echo(json.dumps(tree, indent=2))
    else:
        _show(rows, show_all)
        _show_errors(errors, show_all)
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
        "notes": row.notes,
    }


def _errors_as_dict(errors: "list[FastError]") -> dict[str, dict[str, object]]:
    return {
        error.name: {
            "cycles": error.cycles,
            "exact_cycles": error.exact_cycles,
            "error_percent": error.percent,
        }
        for error in errors
    }


def _show(rows: "list[Row]", show_all: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    headings = ("against Ramulator 2.1 or as named", "what must be equal")
    table = Table(*headings, title="Accuracy", title_justify="left")
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
        for note in row.notes:
            console.print(f"note: {note}", highlight=False)


def _show_errors(errors: "list[FastError]", show_all: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    from openrow.validation.fast_error import by_kind

    table = Table("runs", title="Cycles of fidelity fast", title_justify="left")
    for heading in ("compared", "mean error", "worst error"):
        table.add_column(heading, justify="right")
    for kind, error in by_kind(errors).items():
        table.add_row(kind, str(error.runs), f"{error.mean_percent} %", f"{error.worst_percent} %")
    console = Console()
    console.print(table)
    console.print("* against fidelity exact; the others against the recorded cycles", highlight=False)
    for own in errors if show_all else ():
        console.print(f"{own.name}: {own.percent:+.2f} %", highlight=False)
