"""The result of a pipeline as text."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from openrow.report.replay_report import ENERGY_UNITS, MISSING, percent, quantity

if TYPE_CHECKING:
    from rich.console import Console

Tree = Mapping[str, Any]
WIDTH = 110


def print_report(tree: Tree) -> None:
    """Print the report of a pipeline's result to standard output."""
    from rich.console import Console

    console = Console(highlight=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, emoji=False, width=WIDTH)
    _stages(console, tree)
    _speedups(console, tree)
    _energy(console, tree)
    _claims(console, tree)


def _stages(console: "Console", tree: Tree) -> None:
    from rich.table import Table

    table = Table("stage", "on", "time", box=None, pad_edge=False, header_style="bold")
    for heading in ("host ms", "host simulated", "here ms", "begins", "ends"):
        table.add_column(heading, justify="right")
    for stage in tree["stages"]:
        simulated = stage.get("host_simulated")
        figures = (f"{stage[key]:.3f}" for key in ("time_ms", "begin_ms", "end_ms"))
        table.add_row(
            stage["name"],
            stage["device"],
            stage["source"],
            f"{stage['host_ms']:.3f}",
            f"{simulated['time_ns'] / 1e6:.3f}, {simulated['limit']}" if simulated else "",
            *figures,
        )
    totals = (f"{tree[key]:.3f}" for key in ("host_time_ms", "time_ms"))
    host_ms, here_ms = totals
    table.add_row("all", "", "", host_ms, "", here_ms, "", "", style="bold")
    console.print(table)
    for stage in tree["stages"]:
        if numbers := stage.get("numbers"):
            verdict = "within" if numbers["within_rounding"] else "NOT within"
            console.print(
                f"  {stage['name']}: numbers {verdict} FP16 rounding of the definition, off by at most "
                f"{numbers['max_error']:.2g}"
            )
        for layer in stage.get("layers", ()):
            limit = layer["limited_by"].replace("_", " ")
            console.print(
                f"  {stage['name']}, {layer['name']}: {limit} limits it; units "
                f"{layer['units_ms']:.3f} ms, link {max(layer['link_down_ms'], layer['link_up_ms']):.3f} ms, "
                f"busiest unit {layer['load_imbalance']:.2f} times the mean"
            )


def _speedups(console: "Console", tree: Tree) -> None:
    from rich.table import Table

    table = Table("", box=None, pad_edge=False, header_style="bold")
    for heading in ("row hits", "sampling ms", "sampling speedup", "end to end"):
        table.add_column(heading, justify="right")
    rate = tree["row_hit_rate"]
    mode = "this run" if tree.get("hit_rate_mode", "simulated") == "simulated" else "this run (assumed)"
    speedup = tree["sampling_speedup"]
    table.add_row(
        mode,
        percent(rate),
        f"{tree['sampling_ms']:.2f}",
        MISSING if speedup is None else f"{speedup:.2f}x",
        f"{tree['end_to_end_speedup']:.3f}x",
        style="bold",
    )
    host_ms = tree["sampling_host_ms"]
    for point in tree.get("assumed", {}).get("analytic", ()):
        sampling = point["sampling_speedup"]
        table.add_row(
            "analytic model", percent(point["hit_rate"]), f"{host_ms / sampling:.2f}", f"{sampling:.2f}x",
            f"{point['end_to_end_speedup']:.3f}x",
        )  # fmt: skip
    for point in tree.get("assumed", {}).get("report", ()):
        table.add_row(
            f"report, factor {point['factor']}", percent(point["hit_rate"]), f"{point['sampling_ms']:.2f}",
            f"{point['sampling_speedup']:.2f}x", f"{point['end_to_end_speedup']:.3f}x",
        )  # fmt: skip
    console.print("")
    console.print(table)


def _energy(console: "Console", tree: Tree) -> None:
    lines = []
    if tree["energy_pj"]:
        parts = _summed(tree["energy_pj"])
        lines.append(f"Energy of sampling on the units: {parts}")
    if tree["host_energy_pj"]:
        lines.append(f"Energy of the same on the host: {_summed(tree['host_energy_pj'])}")
    traffic = tree["memory_traffic_bytes"]
    if traffic:
        moved = ", ".join(
            f"{name.replace('_', ' ')} {count / 1e6:,.0f} MB" for name, count in traffic.items()
        )
        lines.append(f"Traffic: {moved}")
    peak = tree.get("peak_intermediate_bytes")
    if peak and peak["materialised"]:
        lines.append(
            f"Peak intermediate memory: {peak['materialised'] / 1e6:,.0f} MB with every sample written out, "
            f"{peak['units'] / 1e6:,.1f} MB with the units"
        )
    if lines:
        console.print("")
    for line in lines:
        console.print(line)


def _summed(energy: Mapping[str, float]) -> str:
    parts = [
        f"{name.replace('_', ' ')} {quantity(value, ENERGY_UNITS)}"
        for name, value in energy.items()
        if name not in ("total", "board_power_times_time") and value
    ]
    total = quantity(energy["total"], ENERGY_UNITS)
    board = energy.get("board_power_times_time")
    text = f"{total} ({', '.join(parts)})"
    return text if board is None else f"{text}; at the board's power {quantity(board, ENERGY_UNITS)}"


def _claims(console: "Console", tree: Tree) -> None:
    from rich.table import Table

    if not tree.get("claims"):
        return
    table = Table("", "the report claims", "verdict", "found", box=None, pad_edge=False, header_style="bold")
    for claim in tree["claims"]:
        table.add_row(claim["id"], claim["claim"], claim["verdict"], claim["finding"])
    console.print("")
    console.print(table)
