"""``openrow list``: the names that other verbs take."""

import json
from collections.abc import Callable

import click

Names = list[tuple[str, str]]


def architectures() -> Names:
    """Return the shipped architectures; their names say it all."""
    from openrow.config.shipped import known_architectures

    return [(name, "") for name in known_architectures()]


def kernels() -> Names:
    """Return the kernels with a line about each."""
    from openrow_kernels.catalogue import names

    return names()


def workloads() -> Names:
    """Return the shipped workloads with a line about each."""
    from openrow.config.loading import workload_about
    from openrow.config.shipped import known_workloads

    return [(name, workload_about(name)) for name in known_workloads()]


def sweeps() -> Names:
    """Return the shipped sweeps with a line about each."""
    from openrow.config.loading import sweep_about
    from openrow.config.shipped import known_sweeps

    return [(name, sweep_about(name)) for name in known_sweeps()]


KINDS: dict[str, Callable[[], Names]] = {
    "archs": architectures,
    "kernels": kernels,
    "workloads": workloads,
    "sweeps": sweeps,
}


@click.command("list")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def command(kind: str, as_json: bool) -> None:
    """List the names of one KIND of thing."""
    names = KINDS[kind]()
    if as_json:
        click.echo(json.dumps([{"name": name, "about": about} for name, about in names], indent=2))
        return
    width = max((len(name) for name, _ in names), default=0)
    for name, about in names:
        click.echo(f"{name:<{width}}  {about}".rstrip())
