"""The result of an operation on vectors as text."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from openrow.report.replay_report import ENERGY_UNITS, MISSING, TIME_UNITS, percent, quantity

if TYPE_CHECKING:
    from rich.console import Console

Tree = Mapping[str, Any]
WIDTH = 80
LEAST_SHARE = 0.0005
"""Smaller shares of time are not shown."""


def print_report(tree: Tree) -> None:
    """Print the report of the result of an operation on vectors to standard output."""
    from rich.console import Console

    console = Console(highlight=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, emoji=False, width=WIDTH)
    _sentence(console, tree)
    _figures(console, tree)
    _time(console, tree)
    _energy(console, tree)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _sentence(console: "Console", tree: Tree) -> None:
    share = tree["time_shares"][tree["limited_by"]]
    sentence = f"{tree['device']} is {tree['speedup']:.2f} times as fast as the host on {tree['workload']}"
    console.print(f"[bold]{sentence}; {_words(tree['limited_by'])} take {percent(share)} of its time.[/bold]")


def _figures(console: "Console", tree: Tree) -> None:
    from rich.table import Table

    table = Table("", box=None, pad_edge=False, header_style="bold")
    for heading in (tree["device"], "host"):
        table.add_column(heading, justify="right")
    table.add_row("cycles", f"{tree['cycles']:,}", f"{tree['host_cycles']:,}")
    table.add_row("time", quantity(tree["time_ns"], TIME_UNITS), quantity(tree["host_time_ns"], TIME_UNITS))
    table.add_row("bytes on the pins", f"{tree['pin_bytes']:,}", f"{tree['host_pin_bytes']:,}")
    for name in sorted({*tree["commands"], *tree["host_commands"]}):
        counts = (tree[key].get(name) for key in ("commands", "host_commands"))
        table.add_row(name, *(MISSING if count is None else f"{count:,}" for count in counts))
    console.print()
    console.print(table)
    numbers = tree["numbers"]
    error, share = numbers["max_error"], numbers["max_error_of_greatest"]
    console.print(f"\nNumbers: at most {error:.3g} from the definition, {share:.2g} of its greatest value.")


def _time(console: "Console", tree: Tree) -> None:
    _shares(console, "time", tree["time_shares"], tree["host_time_shares"], tree["device"], percent)


def _energy(console: "Console", tree: Tree) -> None:
    own, host = tree["energy_pj"], tree["host_energy_pj"]
    _shares(console, "energy", own, host, tree["device"], lambda value: quantity(value, ENERGY_UNITS))


def _shares(console: "Console", title: str, own: Tree, host: Tree, device: str, shown: Any) -> None:
    from rich.table import Table

    table = Table(title, box=None, pad_edge=False, header_style="bold")
    for heading in (device, "host"):
        table.add_column(heading, justify="right")
    for name in (*own, *(name for name in host if name not in own)):
        values = own.get(name), host.get(name)
        if any(value is not None and value >= LEAST_SHARE for value in values):
            table.add_row(_words(name), *(MISSING if value is None else shown(value) for value in values))
    console.print()
    console.print(table)
