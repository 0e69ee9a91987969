"""``openrow replay``: play a trace or a kernel through a memory system."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from openrow.config.architecture import Architecture
    from openrow.system.result import ReplayResult
    from openrow.system.traffic import Traffic

INTERRUPTED = 130


@click.command("replay")
@click.argument("trace")
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--arch", required=True, help="The architecture: a path or a name below arch_configs.")
@click.option(
    "--from", "source_format", metavar="FORMAT", help="Format of the trace, if its name does not tell."
)
@click.option("--levels", metavar="NAME:SIZE,...", help="For ramulator2-rw: the levels from the outside in.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the result as JSON to a file.")
@click.option("--commands", type=click.Path(path_type=Path), help="Write every issued command as CSV.")
@click.option("--requests", type=click.Path(path_type=Path), help="Write every request's times as .npz.")
@click.option("--timeline", type=click.Path(path_type=Path), help="Write a trace for ui.perfetto.dev.")
@click.pass_context
def command(
    context: click.Context,
    trace: str,
    overrides: tuple[str, ...],
    arch: str,
    source_format: str | None,
    levels: str | None,
    as_json: bool,
    output: Path | None,
    commands: Path | None,
    requests: Path | None,
    timeline: Path | None,
) -> None:
    """Play TRACE through the memory of ARCH and say what came of it.

    TRACE is a file of any format of 'openrow convert --help', or a kernel of 'openrow list kernels', whose
    accesses are generated as they are needed. KEY=VALUE overrides a field of the architecture by its dotted
    path (memory.mapping=RoBaBgCo) or a parameter of the kernel (height=128).

    Ctrl-C ends the run with the statistics of what was played, marked as not complete, and exit status 130.
    """
    from openrow.cli.progress import entry_progress
    from openrow.cli.replay_files import command_sink, write_result, write_times
    from openrow.config.loading import load_architecture
    from openrow.system.replay import replay

    ours, parameters = split_overrides(overrides)
    architecture = load_architecture(arch, ours)
    traffic = open_traffic(trace, parameters, architecture, source_format, levels)
    with (
        command_sink(architecture.memory, commands, timeline) as on_commands,
        entry_progress(f"replaying {traffic.name}", traffic.entries) as advance,
    ):
        on_times = None if requests is None else partial(write_times, requests)
        result = replay(architecture, traffic, advance, on_commands, on_times)
    if output is not None:
        write_result(output, result.as_dict())
    _show(result, as_json)
    if not result.complete:
        context.exit(INTERRUPTED)


def split_overrides(overrides: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part overrides of the architecture from parameters of a kernel, by their first key."""
    from openrow.config.architecture import Architecture

    sections = set(Architecture.model_fields)
    ours = [o for o in overrides if "." in o.partition("=")[0] or o.partition("=")[0] in sections]
    return ours, [o for o in overrides if o not in ours]


def open_traffic(
    trace: str,
    parameters: Sequence[str],
    architecture: "Architecture",
    source_format: str | None,
    levels: str | None,
) -> "Traffic":
    """The kernel or the file that ``trace`` names; a file wins over a kernel of the same name."""
    from openrow.config.organisation import burst_bytes
    from openrow.system.traffic import file_traffic, is_kernel, kernel_traffic

    if is_kernel(trace) and not Path(trace).exists():
        return kernel_traffic(trace, parameters)
    if parameters:
        raise click.UsageError(
            f"'{parameters[0]}' names no section of an architecture, and {trace} is no kernel with parameters"
        )
    width = architecture.source.entry_bytes or burst_bytes(architecture.memory)
    return file_traffic(trace, source_format, levels, width)


def _show(result: "ReplayResult", as_json: bool) -> None:
    tree = result.as_dict()
    if as_json:
        click.echo(json.dumps(tree, indent=2))
        return
    for note in result.notes:
        click.echo(f"note: {note}", err=True)
    from openrow.report.replay_report import print_report

    print_report(tree)
