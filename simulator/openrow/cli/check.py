"""``openrow check``: is this architecture sound, and what does it come to?"""

import json
from typing import Any

import click

from openrow.config.architecture import Architecture
from openrow.config.dumping import configuration_hash, dump
from openrow.config.geopim import GeoPimConfig
from openrow.config.loading import load_architecture
from openrow.config.memory import MemoryConfig
from openrow.config.organisation import (
    burst_bytes,
    capacity_bytes,
    peak_bandwidth_gb_per_s,
    row_bytes,
)
from openrow.config.problems import ConfigurationError
from openrow.config.timings import cycle_ns

UNSOUND = 2

_UNITS = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B"))


@click.command("check")
@click.argument("arch")
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--json", "as_json", is_flag=True, help="Print the answer, or the problems, as JSON.")
@click.pass_context
def command(context: click.Context, arch: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """Check ARCH and say what it comes to.

    ARCH is a path or a name below arch_configs. Every problem is listed with its file, line, column and key.
    The exit status is 0 for a sound architecture and 2 otherwise. The JSON of a sound one holds its resolved
    configuration and can itself stand for ARCH.
    """
    if not as_json:
        click.echo(_table(arch, load_architecture(arch, overrides)))
        return
    try:
        architecture = load_architecture(arch, overrides)
    except ConfigurationError as error:
        problems = [problem.as_dict() for problem in error.problems]
        click.echo(json.dumps({"ok": False, "problems": problems}, indent=2))
        context.exit(UNSOUND)
    click.echo(json.dumps({"ok": True, **summary(architecture)}, indent=2))


def summary(architecture: Architecture) -> dict[str, Any]:
    """Return what an architecture comes to, as plain data with the units in the keys."""
    memory = architecture.memory
    return {
        "standard": memory.standard,
        "capacity_bytes": capacity_bytes(memory),
        "row_bytes": row_bytes(memory),
        "burst_bytes": burst_bytes(memory),
        "cycle_ns": float(cycle_ns(memory.clock)),
        "peak_bandwidth_gb_per_s": peak_bandwidth_gb_per_s(memory),
        "configuration_hash": configuration_hash(architecture),
        "configuration": dump(architecture),
    }


def _table(arch: str, architecture: Architecture) -> str:
    memory = architecture.memory
    mapping = memory.mapping if isinstance(memory.mapping, str) else "explicit bits"
    rows = {
        "standard": memory.standard,
        "organisation": _organisation(memory),
        "capacity": _bytes(capacity_bytes(memory)),
        "row": _bytes(row_bytes(memory)),
        "burst": f"{_bytes(burst_bytes(memory))}, {memory.burst_length} x {memory.bus_width_bits} bits",
        "cycle": f"{float(cycle_ns(memory.clock)):.4g} ns",
        "peak bandwidth": f"{peak_bandwidth_gb_per_s(memory):.5g} GB/s",
        "mapping": mapping,
        "controller": f"{memory.controller.scheduler}, {memory.controller.page_policy} page, "
        f"refresh {memory.refresh}",
    }
    rows |= _devices(architecture)
    width = max(map(len, rows))
    lines = [f"  {name:<{width}}  {value}" for name, value in rows.items()]
    return "\n".join([f"ok: {arch}", *lines])


def _devices(architecture: Architecture) -> dict[str, str]:
    """What computes: crossbars, an NPU, the host, and units in the memory."""
    rows = {}
    if (chip := architecture.crossbar) is not None:
        rows["crossbars"] = (
            f"{chip.name}, {chip.tiles} tiles of {chip.tile.arrays} arrays of {chip.array.rows} x "
            f"{chip.array.columns}, {chip.adc_built.bits} bit ADCs for {chip.adc.columns} columns"
        )
    if (npu := architecture.npu) is not None:
        rows["npu"] = f"{npu.rows} x {npu.columns}, {npu.dataflow}, at {npu.clock_mhz:g} MHz"
    host, units = architecture.host, architecture.pim
    if host is not None:
        rows["host"] = f"{host.name}, L2 {_bytes(host.l2.size_bytes)}"
    if isinstance(units, GeoPimConfig):
        rows["units"] = f"geopim, {units.active_banks} banks, {units.lanes} lanes at {units.clock_mhz:g} MHz"
    elif units is not None:
        rows["units"] = f"{units.model}, {units.blocks} a channel, {units.lanes} lanes"
    return rows


def _organisation(memory: MemoryConfig) -> str:
    counts = {
        "channel": memory.channels,
        "pseudo channel": memory.pseudo_channels,
        "rank": memory.ranks,
        "stack id": memory.stack_ids,
        "bank group": memory.bank_groups,
        "bank": memory.banks,
        "row": memory.rows,
        "column": memory.columns,
    }
    needless = ("pseudo channel", "rank", "stack id")
    said = [
        f"{n} {name}{'s' if n > 1 else ''}" for name, n in counts.items() if n > 1 or name not in needless
    ]
    return " x ".join(said)


def _bytes(count: int) -> str:
    unit, name = next((unit, name) for unit, name in _UNITS if count >= unit)
    return f"{count / unit:g} {name}"
