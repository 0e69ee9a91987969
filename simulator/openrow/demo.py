"""The main job on real data, ``make demo``: the addresses of a stereo warp, played through DRAM.

The bilinear warp of the Motorcycle stereo pair by its ground-truth disparity, 370,500 samples: in four
layouts and three address mappings on DDR4, then on the other memories. Prints figures and draws a picture.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
from rich.console import Console
from rich.table import Table

from openrow.config.architecture import Architecture
from openrow.config.loading import load_architecture
from openrow.memory.commands import CommandStream
from openrow.memory.mapping import AddressMapping, Coordinates
from openrow.report.causes import CAUSES
from openrow.report.demo_picture import MappingFigures, OpenedRows, draw_demo
from openrow.report.replay_report import ENERGY_UNITS, TIME_UNITS, percent, quantity
from openrow.system.footprint import LINE_BYTES, touched_lines
from openrow.system.replay import replay
from openrow.system.traffic import Traffic, kernel_traffic
from openrow_kernels.bilinear import Bilinear
from openrow_kernels.catalogue import kernel
from openrow_kernels.stereo import MotorcycleScene
from openrow_traces.atomic import whole_file

KERNEL = "bilinear:motorcycle"
MEMORY = "memory/ddr4-2400"
OTHER_MEMORIES = ("ddr5-4800", "lpddr5-6400", "gddr6-16000", "hbm2-2000", "hbm3-6400")
LAYOUTS = {"nhwc": "NHWC", "nchw": "NCHW", "tiled": "tiled", "morton": "Morton"}
"""Layouts, and how the picture names them."""
MAPPINGS = {
    "RoBaBgCo": "RoBaBgCo: a row is one piece of memory",
    "RoBaCoBg": "RoBaCoBg: bursts take turns in the bank groups",
    "RoCoBaBg": "RoCoBaBg: bursts take turns in all banks",
}
"""Address mappings, and how the picture explains them."""
DRAWN_MAPPING = "RoBaBgCo"
DRAWN_LAYOUTS = ("nhwc", "morton")
"""What opened rows are drawn of."""
PICTURE = Path("openrow-demo.png")

Tree = dict[str, Any]


def traffic(layout: str) -> Traffic:
    """The accesses of the warp with all maps in ``layout``."""
    return kernel_traffic(KERNEL, [f"layout={layout}"])


def opened_rows(architecture: Architecture, layout: str) -> tuple[Tree, OpenedRows]:
    """Replay one layout and note every activation: its time and the address it was for."""
    parts: list[CommandStream] = []
    tree = replay(architecture, traffic(layout), on_commands=parts.append).as_dict()
    memory = architecture.memory
    times, addresses = [], []
    for part in parts:
        act = part.command == "ACT"
        bank = part.bank_group[act] * memory.banks + part.bank[act]
        where = Coordinates(part.channel[act], bank, part.row[act], part.column[act])
        times.append(part.cycle[act] * tree["cycle_ns"] / 1e6)
        addresses.append(AddressMapping(memory).encode(where))
    bases = {tensor["name"]: tensor["base"] for tensor in tree["traffic"]["tensors"]}
    return tree, OpenedRows(LAYOUTS[layout], bases, np.concatenate(times), np.concatenate(addresses))


def figures_row(tree: Tree) -> list[str]:
    """The cells of a table that say what a replay came to."""
    lost = tree["lost_time"]
    cause = max(lost, key=lambda name: lost[name])
    return [
        percent(tree["row_hit_rate"]),
        f"{tree['commands']['ACT']:,}",
        quantity(tree["time_ns"], TIME_UNITS),
        quantity(tree["energy_pj"]["total"], ENERGY_UNITS),
        f"{tree['data_bus_busy']:.0%}",
        f"{CAUSES[cause]} {lost[cause]:.0%}",
    ]


def figures_table(*headings: str) -> Table:
    """An empty table for :func:`figures_row` behind columns of one's own."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in headings:
        table.add_column(name, no_wrap=True)
    for name in ("hits", "opened", "time", "energy", "busy"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("lost most to", no_wrap=True)
    return table


@contextmanager
def said(console: Console, what: str) -> Iterator[None]:
    """Say on a terminal what takes its time."""
    with console.status(what):
        yield


def compute(console: Console) -> dict[str, np.ndarray]:
    """Compute the warp; returns the images before and after."""
    made = cast(Bilinear, kernel(KERNEL))
    inputs = made.inputs()
    warped = made.compute(inputs)["output"]
    before, after = cast(MotorcycleScene, made.scene).photometric_error(warped)
    lines = touched_lines(traffic("nhwc").chunks())
    of_image = np.searchsorted(lines, made.grid.base // LINE_BYTES)
    console.print(
        f"{KERNEL}: an image of a stereo pair, sampled at {made.total_samples():,} places.\n"
        f"The mean difference to the other image falls from {before:.3f} to {after:.3f}.\n"
        f"They touch {len(lines):,} lines of {LINE_BYTES} B, {of_image:,} of them of the image (NHWC).\n"
    )
    right, rebuilt = (np.moveaxis(image[0], 0, -1) for image in (inputs["input"], warped))
    return {"read: the right image of a stereo pair": right, "computed: the left one, by disparity": rebuilt}


def compare_layouts(console: Console) -> tuple[list[OpenedRows], list[MappingFigures]]:
    """Replay every layout under every mapping and print a row each."""
    table = figures_table("layout", "mapping")
    opened, figures = [], []
    for mapping, meaning in MAPPINGS.items():
        architecture = load_architecture(MEMORY, [f"memory.mapping={mapping}"])
        trees = {}
        for layout in LAYOUTS:
            if mapping == DRAWN_MAPPING and layout in DRAWN_LAYOUTS:
                trees[layout], rows = opened_rows(architecture, layout)
                opened.append(rows)
            else:
                trees[layout] = replay(architecture, traffic(layout)).as_dict()
            table.add_row(layout, mapping, *figures_row(trees[layout]))
        rates = {LAYOUTS[layout]: tree["row_hit_rate"] for layout, tree in trees.items()}
        times = {LAYOUTS[layout]: tree["time_ns"] / 1e6 for layout, tree in trees.items()}
        figures.append(MappingFigures(meaning, rates, times))
    console.print(
        f"{MEMORY}, by layout and address mapping: row hits, rows opened, time,\n"
        "energy, how long the data bus was busy, and what it lost most time to"
    )
    console.print(table)
    return opened, figures


def compare_memories(console: Console) -> None:
    """Replay the channel-last layout on the other memories and print a row each."""
    table = figures_table("memory", "channels")
    for name in OTHER_MEMORIES:
        architecture = load_architecture(f"memory/{name}")
        tree = replay(architecture, traffic("nhwc")).as_dict()
        table.add_row(name, str(architecture.memory.channels), *figures_row(tree))
    console.print("\nother memories, NHWC, in their own mapping")
    console.print(table)


def main() -> None:
    """Run the demo; the picture goes to the working directory."""
    console = Console(emoji=False, highlight=False)
    with said(console, "compiling and computing the warp"):
        images = compute(console)
    with said(console, "replaying the warp"):
        opened, figures = compare_layouts(console)
        compare_memories(console)
    with whole_file(PICTURE) as file:
        draw_demo(images, opened, figures).savefig(file, format="png", dpi=110)
    console.print(f"\nThe picture is in {PICTURE}. Next:\n  openrow replay {KERNEL} --arch {MEMORY}")


if __name__ == "__main__":
    main()
