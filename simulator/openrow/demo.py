"""The main job on real data, ``make demo``: a stereo warp's addresses, played through DDR4.

The bilinear warp of the Motorcycle stereo pair by its ground-truth disparity, 370,500 samples, in four memory
layouts and two address mappings: hit rates, time, energy, and what limits each.
"""

from pathlib import Path

import numpy as np

from openrow.config.loading import load_architecture
from openrow.memory.mapping import AddressMapping
from openrow.report.causes import limiting_sentence
from openrow.report.demo_picture import HitRates, draw_demo
from openrow.report.replay_report import quantity
from openrow.system.replay import replay
from openrow.system.traffic import kernel_traffic
from openrow_kernels.catalogue import kernel

KERNEL = "bilinear:motorcycle"
ARCHITECTURE = "memory/ddr4-2400"
LAYOUTS = ("nhwc", "nchw", "tiled", "morton")
MAPPINGS = {"row | bank | bank group | column": "RoBaBgCo", "bank groups below columns": "RoBaCoBg"}
PICTURE = Path("openrow-demo.png")
SAMPLES = 20_000
TIME_UNITS = ((1e6, "ms"), (1e3, "us"), (1.0, "ns"))
ENERGY_UNITS = ((1e9, "mJ"), (1e6, "uJ"))


def touched_rows(mapping: str) -> tuple[np.ndarray, np.ndarray]:
    """Number and row of requests to the busiest bank, thinned out for a picture."""
    memory = load_architecture(ARCHITECTURE, [f"memory.mapping={mapping}"]).memory
    address = np.concatenate([chunk.address for chunk in kernel_traffic(KERNEL).chunks()])
    where = AddressMapping(memory).decode(address)
    (place,) = np.nonzero(where.bank == np.bincount(where.bank).argmax())
    thinned = place[:: max(1, len(place) // SAMPLES)]
    return thinned, where.row[thinned]


def main() -> None:
    """Run the demo and write its picture to the working directory."""
    from rich.console import Console
    from rich.table import Table

    console = Console(emoji=False, highlight=False)
    made = kernel(KERNEL)
    warped = made.compute(made.inputs())["output"][0].transpose(1, 2, 0)
    address = np.concatenate([chunk.address for chunk in kernel_traffic(KERNEL).chunks()])
    console.print(
        f"{KERNEL}: {len(address):,} accesses to {len(np.unique(address // 64)):,} lines of 64 B, "
        f"played through {ARCHITECTURE}\n"
    )
    table = Table("layout", "mapping", "row hits", "time", "energy", "limited by")
    rates = []
    for label, mapping in MAPPINGS.items():
        architecture = load_architecture(ARCHITECTURE, [f"memory.mapping={mapping}"])
        by_layout = {}
        for layout in LAYOUTS:
            tree = replay(architecture, kernel_traffic(KERNEL, [f"layout={layout}"])).as_dict()
            by_layout[layout] = tree["row_hit_rate"]
            limit = limiting_sentence(tree).partition(":")[0].removeprefix("Limited by ")
            hits, time = f"{tree['row_hit_rate']:.1%}", quantity(tree["time_ns"], TIME_UNITS)
            table.add_row(
                layout, mapping, hits, time, quantity(tree["energy_pj"]["total"], ENERGY_UNITS), limit
            )
        rates.append(HitRates(label, by_layout))
    console.print(table)
    request, row = touched_rows(MAPPINGS[rates[0].mapping])
    decoder = AddressMapping(load_architecture(ARCHITECTURE, ["memory.mapping=RoBaBgCo"]).memory)
    bases = np.array([tensor.base for tensor in made.tensors()], dtype=np.uint64)
    first_rows = dict(zip((t.name for t in made.tensors()), decoder.decode(bases).row.tolist(), strict=True))
    figure = draw_demo(warped, request, row, first_rows, "NHWC, " + rates[0].mapping, rates)
    figure.savefig(PICTURE, dpi=150)
    console.print(f"\nThe picture is in {PICTURE}. Next: openrow replay {KERNEL} --arch {ARCHITECTURE}")


if __name__ == "__main__":
    main()
