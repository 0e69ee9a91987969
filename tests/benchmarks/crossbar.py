"""``python -m benchmarks.crossbar``: bit-sliced products beside MemIntelli's recorded time and memory.

Each case runs in a process of its own on one thread. Time is the least CPU time of programming and product
over several runs, all compiled before. Memory is the most that is resident beyond what was before the
operands were made: weights, inputs and product are counted. MemIntelli's figures (commit c121ff7) were
recorded on another machine, one thread, of weights, inputs and product alike.

``python -m benchmarks.crossbar resnet18 --batch 64`` runs ResNet18 alone.
"""

import argparse
import ctypes
import gc
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from openrow.crossbar import CrossbarSettings, program
from openrow.crossbar.networks import Timed
from openrow.crossbar.resnet18 import resnet18

REPEATS = 5
CONSOLE = Console(width=110)
REACH_TIME, REACH_MEMORY = 14, 30
REACH_RESNET18_MB = {8: 1000, 64: 3000}
"""By batch."""


@dataclass(frozen=True)
class Case:
    """A product and what MemIntelli took for it."""

    shape: tuple[int, int, int, int]
    """Matrices, rows, inner size and columns."""
    block: int
    changes: dict[str, Any]
    recorded_s: float
    recorded_mb: float

    def settings(self) -> CrossbarSettings:
        """The numerics of the case."""
        square = (self.block, self.block)
        blocks = ("input_block", "weight_block", "input_granularity", "weight_granularity")
        return CrossbarSettings(**dict.fromkeys(blocks, square), **self.changes)


NOISE = {"write_variation": 0.05, "read_variation": 0.05, "dac_noise": 0.05}
SIX_BITS = {
    "input_slices": (1, 1, 2, 2),
    "weight_slices": (1, 1, 2, 2),
    "conductance_levels": 4,
    "dac_levels": 4,
    "adc_levels": 256,
}
FOUR_SLICES = {"adc_levels": 1024}
TWO_SLICES = {
    "input_slices": (1, 7),
    "weight_slices": (1, 7),
    "conductance_levels": 128,
    "dac_levels": 128,
    "adc_levels": 1024,
}
SLICE_CASES = {
    "1024^3, 4 + 4 slices": Case((1, 1024, 1024, 1024), 64, FOUR_SLICES, 8.82, 3245),
    "1024^3, 2 + 2 slices": Case((1, 1024, 1024, 1024), 64, TWO_SLICES, 0, 0),
}
CASES = {
    "512^3": Case((1, 512, 512, 512), 64, {"adc_levels": 1024}, 1.03, 472),
    "1024^3": Case((1, 1024, 1024, 1024), 64, {"adc_levels": 1024}, 8.82, 3245),
    "1024^3 with noise": Case((1, 1024, 1024, 1024), 64, {"adc_levels": 1024} | NOISE, 9.69, 3318),
    "conv1 of ResNet18": Case((8, 12544, 147, 64), 32, SIX_BITS, 18.9, 6264),
}


def resident_mb(entry: str) -> float:
    """Memory of this process in MB: VmRSS now, VmHWM at most since it was last cleared."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(entry)) * 1024 / 1e6


def give_memory_back() -> None:
    """Return what was freed to the system, where the C library can: it would count as there already."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def measure(name: str, path: str | None) -> dict[str, Any]:
    """Run a case in this process."""
    case = (CASES | SLICE_CASES)[name]
    batch, rows, inner, columns = case.shape
    settings = case.settings()
    random = np.random.default_rng(0)
    program(random.standard_normal((64, 8)), settings, path=path).multiply(np.ones((1, 8, 64), np.float32))
    before = resident_mb("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    x = random.standard_normal((batch, rows, inner), dtype=np.float32)
    w = random.standard_normal((inner, columns), dtype=np.float32)
    seconds, chosen = [], ""
    for _ in range(REPEATS):
        began = time.process_time()
        programmed = program(w, settings, path=path)
        programmed.multiply(x)
        seconds.append(time.process_time() - began)
        chosen = programmed.path
    return {"path": chosen, "seconds": min(seconds), "mb": resident_mb("VmHWM") - before}


def in_a_process(name: str, path: str) -> dict[str, Any]:
    """Run a case in a process of its own, on one thread."""
    command = [sys.executable, "-m", "benchmarks.crossbar", "case", name, path]
    one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=dict(os.environ) | one)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def slices() -> None:
    """Half the slices on both sides: a quarter of the partial products."""
    four, two = (in_a_process(name, "gemm") for name in SLICE_CASES)
    CONSOLE.print(
        f"1024^3 by matrix products: 4 + 4 slices {four['seconds']:.2f} s, {four['mb']:.0f} MB; "
        f"2 + 2 slices {two['seconds']:.2f} s, {two['mb']:.0f} MB: {four['seconds'] / two['seconds']:.1f} x "
        f"the speed, {four['mb'] / two['mb']:.1f} x less memory"
    )
    operands = 3 * 1024 * 1024 * 4 / 1e6
    held = 16 * 16 * 1024 * 1024 * 4 / 1e6
    CONSOLE.print(
        f"all products of slices at once would be {held:,.0f} MB in float32; streamed, everything beside "
        f"inputs, weights and product ({operands:.0f} MB) is {four['mb'] - operands:.0f} MB\n"
    )


def resnet18_layers(batch: int) -> None:
    """ResNet18 on a batch of images: time by layer, and memory beyond the weights."""
    settings = CrossbarSettings(**SIX_BITS)
    network = resnet18(settings)
    random = np.random.default_rng(0)
    network(random.standard_normal((1, 3, 64, 64), dtype=np.float32))
    give_memory_back()
    before = resident_mb("VmRSS")
    images = random.standard_normal((batch, 3, 224, 224), dtype=np.float32)
    table = Table(
        title=f"ResNet18, batch {batch}, 224 x 224, 4 + 4 slices, 256 ADC levels, one thread",
        title_justify="left",
    )
    for column in ("layer", "vectors", "weights", "path", "wall s"):
        table.add_column(column, justify="left" if column in ("layer", "path") else "right")
    done: list[Timed] = []
    Path("/proc/self/clear_refs").write_text("5")
    network(images, report=done.append)
    for each in done:
        shape = f"{each.shape[0]} x {each.shape[1]}"
        table.add_row(each.name, f"{each.rows:,}", shape, each.path, f"{each.wall_s:.3f}")
    table.add_row("all", "", "", "", f"{sum(each.wall_s for each in done):.2f}")
    CONSOLE.print(table)
    most = resident_mb("VmHWM")
    reach = REACH_RESNET18_MB.get(batch)
    aim = f" (reach: {reach:,})" if reach else ""
    CONSOLE.print(
        f"resident beyond the programmed weights: {most - before:,.0f} MB, images and all{aim}; in all "
        f"{most:,.0f} MB\n"
    )


def in_a_fresh_process(*arguments: str) -> None:
    """Print what this module prints for ``arguments``, from a process whose memory nothing else has used."""
    one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    command = [sys.executable, "-m", "benchmarks.crossbar", *arguments]
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=dict(os.environ) | one)
    print(run.stdout)


def products() -> None:
    """Every case, by the chosen path and, without noise, by matrix products too."""
    table = Table(
        title=f"bit-sliced products, one thread (reach: {REACH_TIME} x speed, {REACH_MEMORY} x less memory)",
        title_justify="left",
    )
    for column in ("case", "path", "seconds", "MemIntelli", "faster", "MB", "MemIntelli", "less memory"):
        table.add_column(column, justify="left" if column in ("case", "path") else "right")
    for name, case in CASES.items():
        for path in ("", "gemm") if "noise" not in name else ("",):
            found = in_a_process(name, path)
            table.add_row(
                name,
                found["path"],
                f"{found['seconds']:.3f}",
                f"{case.recorded_s:.2f}",
                f"{case.recorded_s / found['seconds']:.0f} x",
                f"{found['mb']:.0f}",
                f"{case.recorded_mb:,.0f}",
                f"{case.recorded_mb / found['mb']:.0f} x",
            )
    CONSOLE.print(table)


def claims() -> None:
    """What comes of the claims on MemIntelli's performance."""
    from openrow.report.study_report import print_claims
    from openrow.system.crossbar_studies import claims_tree

    print_claims(claims_tree())


def crossbars() -> None:
    """All of it, in under a minute."""
    products()
    slices()
    in_a_fresh_process("resnet18")
    in_a_fresh_process("claims")


def main() -> None:
    """Run everything, or what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crossbar")
    parts = parser.add_subparsers(dest="part")
    layers = parts.add_parser("resnet18", help="ResNet18 alone, also in larger batches")
    layers.add_argument("--batch", type=int, default=8)
    parts.add_parser("claims", help="the claims on MemIntelli's performance alone")
    case = parts.add_parser("case", help="one product, as JSON")
    case.add_argument("name", choices=[*CASES, *SLICE_CASES])
    case.add_argument("path")
    chosen = parser.parse_args()
    if chosen.part == "resnet18":
        resnet18_layers(chosen.batch)
    elif chosen.part == "claims":
        claims()
    elif chosen.part == "case":
        print(json.dumps(measure(chosen.name, chosen.path or None)))
    else:
        crossbars()


if __name__ == "__main__":
    main()
