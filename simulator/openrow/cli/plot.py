"""``openrow plot``: draw results."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from openrow.errors import UserError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = ("time", "banks")


class ResultFileError(UserError):
    """A file that holds no result of a replay."""


@click.command("plot")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="The picture: .png, .svg or .pdf."
)
@click.option(
    "--figure", "bank_figure", default="bursts", show_default=True, help="For banks: what to count."
)
def command(kind: str, results: tuple[Path, ...], output: Path, bank_figure: str) -> None:
    """Draw RESULTS, files written by 'openrow replay -o'.

    'time' sets row outcomes and the data bus's time of all results side by side; 'banks' maps what one result
    counted in every bank.
    """
    trees = {path.stem: read_result(path) for path in results}
    figure = _figure(kind, trees, bank_figure)
    from openrow_traces.atomic import whole_file

    with whole_file(output) as file:
        figure.savefig(file, format=picture_format(output), dpi=150)
    click.echo(f"{output}: {kind} of {', '.join(trees)}")


def _figure(kind: str, trees: dict[str, Any], bank_figure: str) -> "Figure":
    from openrow.report import plots

    if kind == "time":
        return plots.plot_time_and_rows(trees)
    if len(trees) > 1:
        raise click.UsageError(f"banks draws one result, not {len(trees)}")
    if bank_figure not in plots.BANK_FIGURES:
        known = ", ".join(plots.BANK_FIGURES)
        raise click.UsageError(f"--figure should be one of {known} (got {bank_figure})")
    (tree,) = trees.values()
    return plots.plot_banks(tree, bank_figure)


def picture_format(path: Path) -> str:
    """The format of a picture, by its name."""
    formats = ("png", "svg", "pdf")
    name = path.suffix.removeprefix(".").lower()
    if name not in formats:
        raise click.UsageError(f"{path}: the name of a picture should end in {', '.join(formats)}")
    return name


def read_result(path: Path) -> dict[str, Any]:
    """Read a result of a replay.

    Raises
    ------
    ResultFileError
        For a file that is missing or holds something else.
    """
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ResultFileError(f"{path}: holds no result of 'openrow replay -o' ({error})") from error
    if not isinstance(tree, dict) or "lost_time" not in tree:
        raise ResultFileError(f"{path}: holds no result of 'openrow replay -o': there is no lost_time in it")
    return tree
