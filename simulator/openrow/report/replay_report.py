"""The result of a replay as text: tables for a terminal of 80 columns, with or without colour."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from openrow.report.causes import CAUSES, limiting_sentence

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

Tree = Mapping[str, Any]

WIDTH = 80
BAR_WIDTH = 30
MISSING = "-"
LEAST_SHARE = 0.0005
"""Smaller shares of time are not shown."""
MOST_CHANNELS = 4
"""Of more channels than these, three are shown."""
TIME_UNITS = ((1e9, "s"), (1e6, "ms"), (1e3, "us"), (1.0, "ns"))
ENERGY_UNITS = ((1e12, "J"), (1e9, "mJ"), (1e6, "uJ"), (1e3, "nJ"), (1.0, "pJ"))
POWER_UNITS = ((1e3, "W"), (1.0, "mW"), (1e-3, "uW"))


def quantity(value: float | None, units: Sequence[tuple[float, str]]) -> str:
    """A value with three or four digits, in the greatest unit of which it is at least one."""
    if value is None:
        return MISSING
    scale, unit = next((pair for pair in units if abs(value) >= pair[0]), units[-1])
    scaled = value / scale
    digits = 0 if scaled >= 1000 else 1 if scaled >= 100 else 2
    return f"{scaled:,.{digits}f} {unit}"


def percent(share: float | None) -> str:
    """A share as a percentage."""
    return MISSING if share is None else f"{100 * share:.1f} %"


def print_report(tree: Tree, file: TextIO | None = None, width: int | None = None) -> None:
    """Print the report of a result to ``file``, or to standard output.

    Parameters
    ----------
    tree
        The result as the JSON output has it.
    file
        Where to; colour is used only where it is a terminal that shows it.
    width
        Columns to use; those of the terminal unless given, and 80 where there is none.
    """
    from rich.console import Console

    console = Console(file=file, width=width, highlight=False)
    if width is None and not console.is_terminal:
        console = Console(file=file, width=WIDTH, highlight=False)
    with console.capture() as captured:
        for part in replay_report(tree):
            console.print(part)
    console.file.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def replay_report(tree: Tree) -> "list[RenderableType]":
    """The parts of the report: what limits the run, its figures, lost time, energy, channels."""
    parts: list[RenderableType] = []
    if not tree.get("complete", True):
        parts.append("[bold]Interrupted: the figures describe the part that was played.[/bold]")
    parts += [f"[bold]{limiting_sentence(tree)}[/bold]", "", _figures(tree), ""]
    parts += [_lost_time(tree), "", _energy(tree)]
    if len(tree["channels"]) > 1:
        parts += ["", _channels(tree["channels"])]
    return parts


def _table(*headings: str) -> "Table":
    """A table of figures, the first column of names."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="left" if number == 0 or not heading else "right", no_wrap=True)
    return table


def _figures(tree: Tree) -> "Table":
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name, text in _figure_rows(tree):
        table.add_row(name, text)
    return table


def _figure_rows(tree: Tree) -> list[tuple[str, str]]:
    latency = tree["latency_ns"]
    percentiles = (f"{name} {_number(latency[name])}" for name in ("p50", "p95", "p99", "max"))
    rows = [
        ("Requests", f"{tree['requests']:,}: {tree['reads']:,} reads, {tree['writes']:,} writes"),
        ("Time", f"{quantity(tree['time_ns'], TIME_UNITS)}: {_cycles(tree)}"),
        ("Bandwidth", _bandwidth(tree["bandwidth_gb_per_s"])),
        ("Rows", _rows(tree)),
        ("Read latency, ns", f"mean {_number(latency['mean'])}; " + ", ".join(percentiles)),
        ("Mean power", quantity(tree["mean_power_mw"], POWER_UNITS)),
    ]
    spared = [f"{tree[key]:,} {what}" for key, what in _SPARED.items() if tree.get(key)]
    if spared:
        rows.append(("No burst needed", ", ".join(spared)))
    if tree.get("requests_per_s"):
        rows.append(("Simulated", f"{tree['requests_per_s'] / 1e6:.2f} million requests per CPU second"))
    return rows


def _cycles(tree: Tree) -> str:
    return f"{tree['cycles']:,} memory cycles of {tree['cycle_ns']:.4g} ns"


_SPARED = {
    "forwarded_reads": "reads forwarded from writes",
    "merged_reads": "reads merged",
    "coalesced_writes": "writes coalesced",
}


def _bandwidth(bandwidth: Mapping[str, float | None]) -> str:
    pin, delivered, peak = (bandwidth[name] for name in ("pin", "delivered", "peak"))
    if pin is None or delivered is None or peak is None:
        return MISSING
    moved = f"{pin:.2f} GB/s at the pins, {percent(pin / peak)} of the peak of {peak:.1f}"
    return moved if pin == delivered else f"{moved}; {delivered:.2f} delivered"


def _rows(tree: Tree) -> str:
    names = ("hits", "misses", "conflicts")
    outcomes = ", ".join(f"{tree[f'row_{name}']:,} {name}" for name in names)
    rate = tree["row_hit_rate"]
    return outcomes if rate is None else f"{percent(rate)} hits: {outcomes}"


def _number(value: float | None) -> str:
    return MISSING if value is None else f"{value:,.1f}"


def _lost_time(tree: Tree) -> "Table":
    table = _table("Time of the data bus", "share", "")
    lost = sorted(((share, CAUSES[name]) for name, share in tree["lost_time"].items()), reverse=True)
    for share, name in [(tree["data_bus_busy"], "data"), *lost]:
        if share >= LEAST_SHARE:
            table.add_row(name, percent(share), _bar(share))
    return table


def _bar(share: float) -> str:
    return "#" * round(share * BAR_WIDTH)


def _energy(tree: Tree) -> "Table":
    table = _table("Energy", "", "share", "")
    energy: Mapping[str, float] = tree["energy_pj"]
    total = energy["total"]
    for name, value in energy.items():
        share = value / total if total else 0.0
        if name == "total":
            table.add_row(name, quantity(value, ENERGY_UNITS), style="bold")
        elif value:
            table.add_row(name, quantity(value, ENERGY_UNITS), percent(share), _bar(share))
    table.columns[1].justify = "right"
    return table


def _channels(channels: Sequence[Tree]) -> "Table":
    """All channels if they are few, else those with the most, the middle and the least time used."""
    table = _table("Channel", "requests", "hits", "pin GB/s", "latency", "data", "lost most", "to")
    table.columns[-1].justify = "left"
    for name, channel in _shown(channels):
        lost: Mapping[str, float] = channel["lost_time"]
        cause = max(lost, key=lambda name: lost[name], default=None)
        pin = channel["bandwidth_gb_per_s"]["pin"]
        table.add_row(
            name,
            f"{channel['requests']:,}",
            percent(channel["row_hit_rate"]),
            MISSING if pin is None else f"{pin:.2f}",
            quantity(channel["latency_ns"]["mean"], TIME_UNITS),
            percent(channel["data_bus_busy"]),
            percent(None if cause is None else lost[cause]),
            MISSING if cause is None else CAUSES[cause],
        )
    return table


def _shown(channels: Sequence[Tree]) -> list[tuple[str, Tree]]:
    """The channels to show, with their names."""
    if len(channels) <= MOST_CHANNELS:
        return [(str(channel["channel"]), channel) for channel in channels]
    ordered = sorted(channels, key=lambda channel: -channel["data_bus_busy"])
    picked = {"busiest": ordered[0], "median": ordered[len(ordered) // 2], "idlest": ordered[-1]}
    return [(f"{channel['channel']} ({name})", channel) for name, channel in picked.items()]
