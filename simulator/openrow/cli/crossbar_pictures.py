"""``openrow plot`` of crossbar numerics: studies, and the conductances of an array."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from openrow.cli.pictures import output_option, picture_format, save_picture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STUDY_KEY = "study"
"""A key that only results of studies have."""

_result = click.argument("result", type=click.Path(path_type=Path))


@click.command("accuracy")
@_result
@output_option
def accuracy(result: Path, output: Path) -> None:
    """Accuracy of digits on crossbars: RESULT is of 'openrow study digits -o'."""
    from openrow.report.crossbar_plots import plot_accuracy

    tree = _study(result, "digits")
    save_picture(plot_accuracy(tree), output, f"accuracy at {len(tree['points'])} points")


@click.command("converters")
@_result
@output_option
def converters(result: Path, output: Path) -> None:
    """Error against energy of converters: RESULT is of 'openrow study converters -o'."""
    from openrow.report.crossbar_plots import plot_converters

    tree = _study(result, "converters")
    save_picture(plot_converters(tree), output, f"{len(tree['points'])} choices of converter")


def _study(path: Path, name: str) -> dict[str, Any]:
    from openrow.cli.stored import ResultFileError, read_result

    written_by = f"openrow study {name} -o"
    tree = read_result(path, written_by, STUDY_KEY)
    if tree[STUDY_KEY] != name:
        raise ResultFileError(
            f"{path}: holds a study of {tree[STUDY_KEY]}; '{written_by}' writes what is drawn"
        )
    return tree


@click.command("conductances")
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@output_option
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    help="A matrix (rows, columns) as .npy.  [default: the digits network's hidden layer]",
)
@click.option(
    "--array", type=(int, int), default=(0, 0), show_default=True, help="Which array of the matrix."
)
def conductances(
    overrides: tuple[str, ...], output: Path, weights: Path | None, array: tuple[int, int]
) -> None:
    """What the cells of an array conduct after it was programmed.

    KEY=VALUE sets the numerics (write_variation=0.1, signed_mapping=differential, weight_block=[64, 64]).
    """
    from openrow.config.crossbar_loading import load_settings
    from openrow.crossbar.conductances import array_conductances
    from openrow.crossbar.levels import distortions
    from openrow.report.crossbar_plots import plot_conductances

    picture_format(output)
    settings = load_settings(overrides)
    values = _hidden_layer() if weights is None else _matrix(weights)
    for note in distortions(settings):
        click.echo(f"note: {note}", err=True)
    what = "the digits network's hidden layer" if weights is None else weights.name
    drawn = plot_conductances(array_conductances(values, settings, array), settings, what)
    save_picture(drawn, output, f"array {array[0]}, {array[1]} of {what}")


def _hidden_layer() -> "NDArray[np.float64]":
    from openrow.crossbar.studies.digits import trained

    return trained()["hidden.weight"].T


def _matrix(path: Path) -> "NDArray[np.float64]":
    import numpy as np

    from openrow.cli.stored import ResultFileError

    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ResultFileError(f"{path}: holds no matrix as .npy ({error})") from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
        raise ResultFileError(f"{path}: holds no matrix of real numbers as .npy")
    return np.asarray(values, np.float64)


CROSSBAR_PICTURES = (accuracy, converters, conductances)
"""All of them."""
