"""The result of a network on crossbars as text."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from openrow.report.replay_report import ENERGY_UNITS, MISSING, TIME_UNITS, percent, quantity

if TYPE_CHECKING:
    from rich.console import Console

Tree = Mapping[str, Any]
WIDTH = 120
UM2_PER_MM2 = 1e6
PART_NAMES = {
    "array": "arrays",
    "dac": "DACs",
    "sample_and_hold": "sample and hold",
    "adc": "ADCs",
    "shift_add": "shift and add",
    "registers": "registers",
    "input_buffer": "input buffers",
    "output_buffer": "output buffers",
    "digital": "digital units",
    "link": "link",
    "link_in": "link, in",
    "link_out": "link, out",
    "static": "at any time",
    "dram": "DRAM",
    "other": "beside tiles",
    "waiting_for_inputs": "waits for inputs",
    "waiting_for_room": "waits for room",
}
"""What parts are called, in the order of tables."""


def print_report(tree: Tree) -> None:
    """Print the report of the result of a network on crossbars to standard output."""
    from rich.console import Console

    console = Console(highlight=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, emoji=False, width=WIDTH)
    _layers(console, tree)
    _totals(console, tree)
    _parts(console, tree)


def _layers(console: "Console", tree: Tree) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("layer", no_wrap=True)
    for heading in ("weights", "vectors", "error", "latency", "energy", "area mm2", "arrays", "copies"):
        table.add_column(heading, justify="right")
    table.add_column("limit")
    for layer in tree["layers"]:
        table.add_row(
            layer["name"],
            f"{layer['rows']} x {layer['columns']}",
            f"{layer['vectors']:,}",
            _error(layer["error"]),
            quantity(layer["time_ns"], TIME_UNITS),
            quantity(layer["energy_pj"]["total"], ENERGY_UNITS),
            f"{layer['area_um2'] / UM2_PER_MM2:.3f}",
            f"{layer['arrays']:,}",
            str(layer["copies"]),
            PART_NAMES[layer["limited_by"]],
        )
    table.add_row(
        "all", "", "", _error(tree["error"]), quantity(tree["time_ns"], TIME_UNITS),
        quantity(tree["energy_pj"]["total"], ENERGY_UNITS),
        f"{tree['area_um2']['total'] / UM2_PER_MM2:.2f}", f"{tree['arrays']:,}", "", "", style="bold",
    )  # fmt: skip
    console.print(table)


def _error(value: float | None) -> str:
    return MISSING if value is None else f"{value:.2g}"


def _totals(console: "Console", tree: Tree) -> None:
    busiest, programming = tree["bottleneck"], tree["programming"]
    console.print(
        f"\n{tree['device']}: {tree['arrays']:,} of {tree['arrays_of_chip']:,} arrays on {tree['tiles']} of "
        f"{tree['tiles_of_chip']} tiles; {tree['arrays_without_copies']:,} without copies. "
        f"{tree['cells_used']:,} cells, {percent(tree['cell_utilisation'])} of those of the arrays in use."
    )
    console.print(
        f"Limit: {PART_NAMES[busiest['part']]} of {busiest['layer']} are busy {percent(busiest['busy'])} of "
        f"the time, more than anything else: {quantity(busiest['time_ns_per_image'], TIME_UNITS)} an image."
    )
    console.print(
        f"Programming: {quantity(programming['time_ns'], TIME_UNITS)}, "
        f"{quantity(programming['energy_pj'], ENERGY_UNITS)}."
    )
    if (dram := tree["dram"]) is not None:
        console.print(
            f"DRAM: {dram['bytes_read']:,} bytes read, {dram['bytes_written']:,} written, data bus busy "
            f"{percent(dram['data_bus_busy'])} of the time."
        )


def _parts(console: "Console", tree: Tree) -> None:
    from rich.table import Table

    energy, area = tree["energy_pj"], tree["area_um2"]
    table = Table("part", box=None, pad_edge=False, header_style="bold")
    for heading in ("energy", "", "area mm2", ""):
        table.add_column(heading, justify="right")
    for part, name in PART_NAMES.items():
        own, size = energy.get(part), area.get(part)
        if own or size:
            table.add_row(
                name,
                MISSING if own is None else quantity(own, ENERGY_UNITS),
                "" if own is None else percent(own / energy["total"]),
                MISSING if size is None else f"{size / UM2_PER_MM2:.2f}",
                "" if size is None else percent(size / area["total"]),
            )
    console.print()
    console.print(table)
