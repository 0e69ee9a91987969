"""``openrow plot``: draw results."""

from pathlib import Path
from typing import Any

import click

from openrow.cli.crossbar_pictures import CROSSBAR_PICTURES
from openrow.cli.pictures import output_option, picture_format, save_picture
from openrow.cli.stored import ResultFileError, read_json, read_result
from openrow.cli.sweep_pictures import SWEEP_PICTURES

REPLAY = ("openrow replay -o", "lost_time")
RUN = ("openrow run -o", "stages")
"""The command that writes a kind of result, and a key that only such results have."""
CROSSBAR = ("openrow run resnet18 -o", "area_um2")
"""The same of networks on crossbars."""
CURVE_KEY = "computing_from_hit_rate"
"""A key that only a curve of row-hit rates has."""


class _Kinds(click.Group):
    """The kinds of pictures."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.commands:
            raise click.UsageError(
                f"There is no picture '{args[0]}'; there are {', '.join(self.commands)}.", ctx
            )
        return super().resolve_command(ctx, args)


@click.group("plot", cls=_Kinds, subcommand_metavar="KIND [ARGS]...")
def command() -> None:
    """Draw results: KIND says what.

    'time' and 'banks' draw results of 'openrow replay -o', those that take a DIRECTORY a sweep, 'accuracy'
    and 'converters' results of 'openrow study -o', the others results of 'openrow run -o'. 'hit-rate' runs
    what it draws where no results are given, and 'conductances' programs it.
    """


for _picture in (*SWEEP_PICTURES, *CROSSBAR_PICTURES):
    command.add_command(_picture)

_one_result = click.argument("result", type=click.Path(path_type=Path))


@command.command("time")
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@output_option
def time(results: tuple[Path, ...], output: Path) -> None:
    """Row outcomes and bus time of all RESULTS, side by side."""
    from openrow.report.plots import plot_time_and_rows

    trees = {path.stem: read_result(path, *REPLAY) for path in results}
    save_picture(plot_time_and_rows(trees), output, f"time of {', '.join(trees)}")


@command.command("banks")
@_one_result
@output_option
@click.option("--figure", "bank_figure", default="bursts", show_default=True, help="What to count.")
def banks(result: Path, output: Path, bank_figure: str) -> None:
    """What RESULT counted in every bank, as a map."""
    from openrow.report.plots import BANK_FIGURES, plot_banks

    _check_figure(bank_figure, BANK_FIGURES)
    save_picture(plot_banks(read_result(result, *REPLAY), bank_figure), output, f"banks of {result.stem}")


@command.command("hit-rate")
@click.argument("results", nargs=-1, type=click.Path(path_type=Path))
@output_option
@click.option(
    "--arch",
    help="Without RESULTS: the architecture whose variants are run.  [default: system/geopim]",
)
@click.option("--workload", help="Without RESULTS: the workload.  [default: transplat-encoder]")
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    help="Write what is drawn as JSON; given as RESULTS, it is drawn again.",
)
def hit_rate(
    results: tuple[Path, ...], output: Path, arch: str | None, workload: str | None, keep: Path | None
) -> None:
    """Row-hit rate against speedup.

    RESULTS are files of 'openrow run transplat-encoder ... -o', a point each, held against the host as
    measured and as simulated; or one file written with --keep. Without any, variants of an architecture are
    run: other placements, orders, row sizes, ways to neighbours, command sources and refresh. That takes one
    to two minutes; stages of over two million samples take the times of the largest smaller stage, sample for
    sample. An edge host is simulated, too.
    """
    if results and (arch or workload):
        raise click.UsageError(
            "--arch and --workload say what is run where there are no RESULTS; these have their own"
        )
    picture_format(output)
    curve = (
        _stored_curve(results)
        if results
        else _run_curve(arch or "system/geopim", workload or "transplat-encoder")
    )
    if keep is not None:
        from openrow.cli.replay_files import write_result

        write_result(keep, curve)
    from openrow.report.hit_rate_plot import plot_hit_rate

    save_picture(plot_hit_rate(curve), output, f"hit-rate, {len(curve['points'])} simulated points")


def _stored_curve(results: tuple[Path, ...]) -> dict[str, Any]:
    """The curve of stored results, or the one that is stored."""
    from openrow.system.hit_rate_curve import curve_of_results

    if len(results) == 1:
        (path,) = results
        tree = read_json(path, RUN[0])
        if CURVE_KEY in tree:
            return tree
    return curve_of_results({path.stem: read_result(path, *RUN) for path in results}).as_dict()


def _run_curve(arch: str, workload: str) -> dict[str, Any]:
    from openrow.cli.progress import run_progress
    from openrow.system.hit_rate_variants import run_curve

    with run_progress(f"running {workload}") as advance:
        return run_curve(arch, workload, advance).as_dict()


@command.command("units")
@_one_result
@output_option
@click.option(
    "--figure",
    "unit_figure",
    default="busy",
    show_default=True,
    help="busy: time computing; end: when it was done.",
)
def units(result: Path, output: Path, unit_figure: str) -> None:
    """How busy each unit of RESULT was, as a map."""
    from openrow.report.run_plots import UNIT_FIGURES, plot_units

    _check_figure(unit_figure, UNIT_FIGURES)
    save_picture(plot_units(_with_units(result), unit_figure), output, f"units of {result.stem}")


@command.command("energy")
@_one_result
@output_option
def energy(result: Path, output: Path) -> None:
    """Energy of RESULT by part, on the units and on the host."""
    from openrow.report.run_plots import plot_energy

    save_picture(plot_energy(_with_units(result)), output, f"energy of {result.stem}")


@command.command("stages")
@_one_result
@output_option
def stages(result: Path, output: Path) -> None:
    """When each stage of RESULT ran, with the units and without."""
    from openrow.report.run_plots import plot_stages

    save_picture(plot_stages(read_result(result, *RUN)), output, f"stages of {result.stem}")


@command.command("crossbar")
@_one_result
@output_option
def crossbar(result: Path, output: Path) -> None:
    """Energy and area of RESULT, a network on crossbars, by part, and the energy of its layers."""
    from openrow.report.crossbar_run_plots import plot_crossbar

    save_picture(plot_crossbar(read_result(result, *CROSSBAR)), output, f"crossbars of {result.stem}")


def _check_figure(name: str, known: Any) -> None:
    if name not in known:
        raise click.UsageError(f"--figure should be one of {', '.join(known)} (got {name})")


def _with_units(path: Path) -> dict[str, Any]:
    tree = read_result(path, *RUN)
    if not any("layers" in stage for stage in tree["stages"]):
        raise ResultFileError(f"{path}: no stage was simulated on units, so there is nothing of them to draw")
    return tree
