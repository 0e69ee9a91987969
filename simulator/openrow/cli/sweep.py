"""``openrow sweep``: run a design space, resumable, in parallel."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from openrow.config.sweep import SweepSpec
    from openrow.sweep.ledger import Counts

SOME_FAILED = 1
SHOWN = 5


@click.command("sweep")
@click.argument("spec")
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The directory of the results.")
@click.option(
    "--dry-run", is_flag=True, help="Say what would be run, and run the first point to estimate time."
)
@click.option("-w", "--workers", type=click.IntRange(1), help="Processes; as many as cores unless given.")
@click.option(
    "--threads", type=click.IntRange(1), default=1, show_default=True, help="Threads of each process."
)
@click.option("--cluster", help="A YAML file that describes a dask cluster, or a scheduler's address.")
@click.option("--retry-failed", is_flag=True, help="Run points again that have failed.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.pass_context
def command(
    context: click.Context,
    spec: str,
    overrides: tuple[str, ...],
    output: Path | None,
    dry_run: bool,
    workers: int | None,
    threads: int,
    cluster: str | None,
    retry_failed: bool,
    as_json: bool,
) -> None:
    """Run the sweep SPEC, a name below arch_configs/sweep or a YAML file.

    KEY=VALUE overrides a field of the specification (sweep.replicates=3). Run again, it continues where it
    was. The exit status is 1 if any point has failed.
    """
    from openrow.config.sweep_loading import load_sweep
    from openrow.sweep.dry_run import check_axes

    loaded = load_sweep(spec, overrides)
    check_axes(loaded)
    if dry_run:
        _dry_run(loaded, workers)
        return
    if output is None:
        raise click.UsageError("-o DIR says where the results go (--dry-run needs none)")
    counts = _run(loaded, output, workers, threads, cluster, retry_failed)
    if as_json:
        summary = {"done": counts.done, "failed": counts.failed, "pending": counts.pending}
        click.echo(json.dumps({**summary, "results": str(output / "results.parquet")}, indent=2))
    else:
        _summarise(output, counts)
    if counts.failed:
        context.exit(SOME_FAILED)


def _run(
    spec: "SweepSpec",
    output: Path,
    workers: int | None,
    threads: int,
    cluster: str | None,
    retry_failed: bool,
) -> "Counts":
    from openrow.cli.sweep_progress import sweep_progress
    from openrow.memory.threads import thread_count
    from openrow.sweep.executors import local_processes
    from openrow.sweep.running import run_sweep

    with sweep_progress(spec) as progress:
        if cluster is not None:
            from openrow.sweep.cluster import cluster_workers

            with cluster_workers(cluster, spec.limits, threads) as executor:
                return run_sweep(spec, output, executor, progress, retry_failed)
        with local_processes(workers or max(thread_count() // threads, 1), threads, spec.limits) as processes:
            return run_sweep(spec, output, processes, progress, retry_failed)


def _dry_run(spec: "SweepSpec", workers: int | None) -> None:
    from openrow.memory.threads import thread_count
    from openrow.sweep.dry_run import dry_run

    plan = dry_run(spec, SHOWN)
    more = "at most " if plan.at_most else ""
    click.echo(f"{more}{plan.points:,} points")
    for labels in plan.first:
        click.echo("  " + ", ".join(f"{name}={value}" for name, value in labels.items()))
    if plan.points > len(plan.first):
        click.echo(f"  and {plan.points - len(plan.first):,} more")
    count = workers or thread_count()
    processes = "one process" if count == 1 else f"{count} processes"
    click.echo(
        f"the first took {plan.seconds:.3g} s: about {_duration(plan.points * plan.seconds / count)} with "
        f"{processes}, if the others are like it"
    )


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _summarise(output: Path, counts: "Counts") -> None:
    from openrow.sweep.ledger import Ledger

    click.echo(f"{output}: {counts.done:,} points done, {counts.failed:,} failed")
    if counts.failed:
        ledger = Ledger(output)
        failures = list(ledger.failures())
        ledger.close()
        for _, labels, error in failures[:SHOWN]:
            named = ", ".join(f"{name}={value}" for name, value in labels.items())
            click.echo(f"  {named}: {error}", err=True)
        if len(failures) > SHOWN:
            click.echo(f"  and {len(failures) - SHOWN:,} more", err=True)
