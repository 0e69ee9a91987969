"""``openrow report``: a sweep as one page."""

from pathlib import Path

import click


@click.command("report")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The page: .html.")
def command(directory: Path, output: Path) -> None:
    """Write the results of the sweep in DIRECTORY as one HTML page.

    The page holds its figures, its tables, which sort by a click, the configuration, the environment and what
    has failed, and needs no network.
    """
    if output.suffix.lower() not in (".html", ".htm"):
        raise click.UsageError(f"{output}: the name of a page should end in .html")
    from openrow.report.sweep_page import sweep_page
    from openrow.report.sweep_report import read_report
    from openrow_traces.atomic import whole_file

    report = read_report(directory)
    page = sweep_page(report).encode()
    with whole_file(output) as file:
        file.write(page)
    click.echo(f"{output}: {len(report.table):,} points, {len(report.failures):,} failed")
