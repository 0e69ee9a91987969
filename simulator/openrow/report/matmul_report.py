"""The result of a product of matrices as text: a line for each device."""

from collections.abc import Mapping
from typing import Any

from openrow.report.crossbar_report import PART_NAMES
from openrow.report.replay_report import ENERGY_UNITS, MISSING, TIME_UNITS, quantity

Tree = Mapping[str, Any]
WIDTH = 110


def print_report(tree: Tree) -> None:
    """Print the report of a product's result to standard output."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, emoji=False, width=WIDTH)
    table = Table("device", box=None, pad_edge=False, header_style="bold")
    for heading in ("time", "energy", "GMAC/s", "pJ/MAC", "error"):
        table.add_column(heading, justify="right")
    table.add_column("limit")
    for product in tree["products"]:
        limit = product["limited_by"]
        table.add_row(
            product["device"],
            quantity(product["time_ns"], TIME_UNITS),
            quantity(product["energy_pj"]["total"], ENERGY_UNITS),
            f"{product['gmac_per_s']:,.1f}",
            f"{product['energy_pj_per_mac']:.3g}",
            MISSING if product["error"] is None else f"{product['error']:.2g}",
            PART_NAMES.get(limit, limit.replace("_", " ")),
        )
    console.print(f"{tree['m']} x {tree['k']} times {tree['k']} x {tree['n']}, integers of 8 bits\n")
    console.print(table)
    for product in tree["products"]:
        if (stream := product.get("to_pins")) is not None:
            console.print(
                f"\nThe same operands through the memory of {product['device']} to its pins: "
                f"{quantity(stream['time_ns'], TIME_UNITS)}, "
                f"{quantity(stream['energy_pj']['total'], ENERGY_UNITS)}, {stream['bytes']:,} bytes."
            )
        if (programming := product.get("programming")) is not None:
            console.print(
                f"\nProgramming {product['device']}: {quantity(programming['time_ns'], TIME_UNITS)}, "
                f"{quantity(programming['energy_pj'], ENERGY_UNITS)}, {product['arrays']:,} arrays."
            )
