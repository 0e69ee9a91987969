"""``openrow study``: what the numerics of crossbars do to accuracy, error and energy."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
_output = click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write the result as JSON to a file."
)


@click.group("study", subcommand_metavar="NAME [ARGS]...")
def command() -> None:
    """Run a study of crossbar numerics and say what came of it."""


@command.command("digits")
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--part", "parts", multiple=True, help="Vary this alone; may be repeated.")
@click.option(
    "--images", type=click.IntRange(1, 500), default=500, show_default=True, help="How many are told."
)
@click.option(
    "--repeats", type=click.IntRange(1), default=4, show_default=True, help="Runs of what is random."
)
@_json
@_output
def digits(
    overrides: tuple[str, ...],
    parts: tuple[str, ...],
    images: int,
    repeats: int,
    as_json: bool,
    output: Path | None,
) -> None:
    """Accuracy of a small network on handwritten digits, against levels, slices and whatever disturbs cells.

    The network is trained when it is asked for, always alike, on images that scikit-learn ships. KEY=VALUE
    sets what is not varied (adc_levels=256, weight_granularity=column). Parts are adc_levels, slices,
    write_variation, read_variation, dac_noise, stuck_low, stuck_high and drift; all of them take half a
    minute.
    """
    from openrow.cli.progress import run_progress
    from openrow.config.crossbar_loading import load_settings
    from openrow.report.study_report import print_digits
    from openrow.system.crossbar_studies import digits_tree

    settings = load_settings(overrides)
    with run_progress("telling digits") as advance:
        tree = digits_tree(settings, parts, images, repeats, advance)
    for note in tree["notes"]:
        click.echo(f"note: {note}", err=True)
    _keep(tree, output)
    if as_json:
        click.echo(json.dumps(tree, indent=2))
    else:
        print_digits(tree)


@command.command("converters")
@click.option(
    "--arch", "architectures", multiple=True, help="Whose converters; all shipped crossbars unless given."
)
@click.option(
    "--size", type=click.IntRange(16, 4096), default=256, show_default=True, help="Of the matrices."
)
@_json
@_output
def converters(architectures: tuple[str, ...], size: int, as_json: bool, output: Path | None) -> None:
    """Error of a product against the energy of its converters.

    The levels and energies are those of crossbar.adc.converters in each architecture.
    """
    from openrow.cli.progress import run_progress
    from openrow.report.study_report import print_converters
    from openrow.system.crossbar_studies import converters_tree

    with run_progress("converting") as advance:
        tree = converters_tree(architectures, size, advance)
    _keep(tree, output)
    if as_json:
        click.echo(json.dumps(tree, indent=2))
    else:
        print_converters(tree)


@command.command("claims")
@click.option(
    "--size", type=click.IntRange(32, 448), default=224, show_default=True, help="Height and width of images."
)
@_json
@_output
def claims(size: int, as_json: bool, output: Path | None) -> None:
    """The claims of an analysis of MemIntelli's performance, counted again and measured.

    ResNet18's first layer is computed in plain NumPy, with the products of all pairs of slices at once and
    pair by pair, and by openrow. At 224 x 224 that takes 10 to 20 s and holds 1 GB.
    """
    from openrow.cli.progress import run_progress
    from openrow.report.study_report import print_claims
    from openrow.system.crossbar_studies import claims_tree

    with run_progress("measuring") as advance:
        tree = claims_tree(size, advance)
    _keep(tree, output)
    if as_json:
        click.echo(json.dumps(tree, indent=2))
    else:
        print_claims(tree)


def _keep(tree: Mapping[str, Any], output: Path | None) -> None:
    from openrow.cli.replay_files import write_result

    if output is not None:
        write_result(output, tree)
