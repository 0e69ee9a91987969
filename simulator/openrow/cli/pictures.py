"""What all verbs that draw share: the format of a picture by its name, and writing it whole."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "svg", "pdf")

output_option = click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="The picture: .png, .svg or .pdf."
)


def picture_format(path: Path) -> str:
    """The format of a picture, by its name."""
    name = path.suffix.removeprefix(".").lower()
    if name not in FORMATS:
        raise click.UsageError(f"{path}: the name of a picture should end in {', '.join(FORMATS)}")
    return name


def save_picture(figure: "Figure", output: Path, what: str) -> None:
    """Write a figure whole or not at all, and say so."""
    from openrow.report.style import write_figure
    from openrow_traces.atomic import whole_file

    format = picture_format(output)
    with whole_file(output) as file:
        write_figure(figure, file, format)
    click.echo(f"{output}: {what}")
