"""``openrow run``: run a workload on an architecture's devices."""

import json
from pathlib import Path

import click


@click.command("run")
@click.argument("workload")
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--arch", required=True, help="The architecture: a path or a name below arch_configs.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the result as JSON to a file.")
def command(workload: str, overrides: tuple[str, ...], arch: str, as_json: bool, output: Path | None) -> None:
    """Run WORKLOAD on the devices of ARCH and say what came of it.

    WORKLOAD is a name of 'openrow list workloads' or a YAML file with a section workload. KEY=VALUE overrides
    a field of the architecture or of the workload by its dotted path (pim.hit_rate=simulated,
    workload.rows=4096).
    """
    from openrow.cli.progress import run_progress
    from openrow.cli.replay_files import write_result
    from openrow.config.loading import load_run
    from openrow.system.workloads import print_report, run

    architecture = load_run(arch, workload, overrides)
    with run_progress(f"running {workload}") as advance:
        result = run(architecture, advance)
    tree = result.as_dict()
    if output is not None:
        write_result(output, tree)
    if as_json:
        click.echo(json.dumps(tree, indent=2))
        return
    for note in result.notes:
        click.echo(f"note: {note}", err=True)
    print_report(architecture, tree)
