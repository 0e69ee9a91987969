"""``python -m benchmarks.crossbar``: bit-sliced products beside MemIntelli's recorded time and memory.

Each case runs in a process of its own on one thread. Time is the least CPU time of programming and product
over several runs, all compiled before. Memory is the most that is resident beyond what was before the
operands were made: weights, inputs and product are counted. MemIntelli's figures were recorded on another
machine, one thread, of weights, inputs and product alike.
"""

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

REPEATS = 5
CONSOLE = Console(width=110)
REACH_TIME, REACH_MEMORY = 14, 30


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


def measure(name: str, path: str | None) -> dict[str, Any]:
    """Run a case in this process."""
    case = CASES[name]
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


def main() -> None:
    """Run every case, by the chosen path and, without noise, by matrix products too."""
    table = Table(
        title=f"bit-sliced products, one thread (reach: {REACH_TIME} x speed, {REACH_MEMORY} x less memory)",
        title_justify="left",
    )
    for column in ("case", "path", "seconds", "MemIntelli", "faster", "MB", "MemIntelli", "less memory"):
        table.add_column(column, justify="left" if column in ("case", "path") else "right")
    for name, case in CASES.items():
        for path in ("", "gemm") if "noise" not in name else ("",):
            command = [sys.executable, "-m", "benchmarks.crossbar", name, path]
            one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
            run = subprocess.run(
                command, check=True, capture_output=True, text=True, env=dict(os.environ) | one
            )
            found = json.loads(run.stdout)
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


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1], sys.argv[2] or None)))
    else:
        main()
