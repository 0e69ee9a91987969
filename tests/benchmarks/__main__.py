"""``make bench``: speed, as ratios to recorded figures of other tools and to each other, in one run.

Times are CPU seconds of this process unless they say wall; the machine is whatever this runs on. The figures
of other tools were recorded elsewhere, so only large ratios mean anything.
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import simpy
from rich.console import Console
from rich.table import Table

from benchmarks import sweeps
from benchmarks.crossbar import crossbars
from benchmarks.traces import RECORDED, REQUESTS, traces
from openrow.config.architecture import Architecture
from openrow.config.loading import load_architecture, load_run
from openrow.engine.memory_process import MemoryProcess
from openrow.memory.controller.state import SourceShape
from openrow.memory.fast.system import FastMemory
from openrow.memory.system import MemorySystem
from openrow.system.replay import memory_clock
from openrow.system.traffic import kernel_traffic
from openrow.system.workloads import run
from openrow_traces.chunk import TraceChunk

REPEATS = 3
CONSOLE = Console(width=110)
DDR4 = ("memory/ddr4-2400", ["memory.channels=1", "memory.mapping=RoBaBgCo"])


def run_to_end(architecture: Architecture, chunks: list[TraceChunk]) -> tuple[MemorySystem, int, float]:
    """Serve ``chunks`` from the SimPy process; returns the system, its last cycle and SimPy's CPU seconds."""
    memory = MemorySystem(architecture.memory, [SourceShape()])
    env = simpy.Environment()
    done = MemoryProcess(env, memory, memory_clock(architecture)).request(0, iter(chunks))
    began = time.process_time()
    end = env.run(done)
    return memory, end, time.process_time() - began - memory.cpu_seconds


def exact_engine() -> None:
    """Million requests a CPU second of the compiled engine on the seven traces."""
    name, overrides = DDR4
    architecture = load_architecture(name, overrides)
    table = Table(
        title=f"exact engine, one core, DDR4-2400, {REQUESTS:,} requests of 64 B", title_justify="left"
    )
    for column in (
        "trace",
        "cycles",
        "M requests/CPU s",
        "Ramulator 2.1*",
        "ratio",
        "DRAMsim3*",
        "outside the loop",
    ):
        table.add_column(column, justify="left" if column == "trace" else "right")
    for trace, chunk in traces().items():
        best, share, end = 0.0, 1.0, 0
        for _ in range(REPEATS):
            memory, end, outside = run_to_end(architecture, [chunk])
            best = max(best, len(chunk) / memory.cpu_seconds / 1e6)
            share = min(share, outside / (outside + memory.cpu_seconds))
        ramulator, dramsim = RECORDED[trace]
        ratio = f"{best / ramulator:.0f} x"
        table.add_row(
            trace, f"{end:,}", f"{best:.2f}", f"{ramulator:.3f}", ratio, f"{dramsim:.3f}", f"{share:.1%}"
        )
    CONSOLE.print(table)
    CONSOLE.print(
        "* recorded on another machine. 'Outside the loop' is SimPy and all else around the compiled loop.\n"
    )


def fast_fidelity() -> None:
    """Million requests a CPU second of fidelity fast, and how far its cycles are from exact ones."""
    name, overrides = DDR4
    architecture = load_architecture(name, overrides)
    table = Table(
        title=f"fidelity fast, one core, DDR4-2400, {REQUESTS:,} requests of 64 B (reach: 25)",
        title_justify="left",
    )
    for column in ("trace", "cycles", "error", "M requests/CPU s", "against exact"):
        table.add_column(column, justify="left" if column == "trace" else "right")
    for trace, chunk in traces().items():
        exact, end, _ = run_to_end(architecture, [chunk])
        best, cycles = 0.0, 0
        for _ in range(REPEATS):
            model = FastMemory(architecture.memory)
            model.play(iter([chunk]))
            best, cycles = max(best, len(chunk) / model.cpu_seconds / 1e6), model.end_cycle()
        ratio = best * 1e6 * exact.cpu_seconds / len(chunk)
        error = f"{cycles / end - 1:+.2%}"
        table.add_row(trace, f"{cycles:,}", error, f"{best:.1f}", f"{ratio:.1f} x")
    CONSOLE.print(table)


def whole_network() -> None:
    """All of TransPlat's deformable attention on HBM3, generated and replayed chunk by chunk."""
    # The peak of the process's own memory: ru_maxrss would count that of the process it was forked from.
    script = (
        "import time; from benchmarks.__main__ import transplat; "
        "from benchmarks.crossbar import resident_mb; began = time.monotonic(); "
        "requests, cycles = transplat(); "
        "print(requests, cycles, time.monotonic() - began, resident_mb('VmHWM'))"
    )
    output = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    requests, cycles, wall, peak = (float(value) for value in output.split())
    CONSOLE.print(
        f"deformable-attention:transplat on hbm3-6400, all channels: {requests / 1e6:.1f} M requests, "
        f"{cycles:,.0f} cycles; wall {wall:.1f} s (reach: 60), "
        f"peak memory {peak * 1e6 / 2**30:.2f} GiB (reach: 2)\n"
    )


def transplat() -> tuple[int, int]:
    """Replay the preset; returns requests and cycles."""
    architecture = load_architecture("memory/hbm3-6400")
    memory = MemorySystem(architecture.memory, [SourceShape()])
    env = simpy.Environment()
    traffic = kernel_traffic("deformable-attention:transplat")
    process = MemoryProcess(env, memory, memory_clock(architecture))
    done = process.request(0, traffic.chunks())
    end = env.run(done)
    return memory.requests, end


def geopim() -> None:
    """All of TransPlat's deformable attention on 512 bank units, simulated; and the whole encoder."""
    openrow = [sys.executable, "-m", "openrow"]
    best = wall_seconds([*openrow, "run", "transplat-encoder", "--arch", "system/geopim", "--json"])
    CONSOLE.print(
        f"transplat-encoder on system/geopim, 512 banks, 9.5 M samples, units and host simulated: wall "
        f"{best:.1f} s (reach: 60)\n"
    )


def hbm_pim() -> None:
    """GEMV 4096 x 4096 on 64 channels of HBM-PIM, and the same by the host: cycles, numbers and all."""
    overrides = ["workload.rows=4096", "workload.columns=4096", "memory.channels=64", "memory.refresh=none"]
    architecture = load_run("pim/hbm-pim", "gemv", overrides)
    times = []
    for _ in range(REPEATS + 1):
        began = time.monotonic()
        run(architecture)
        times.append(time.monotonic() - began)
    best = min(times[1:])
    CONSOLE.print(
        f"gemv 4096 x 4096 on HBM-PIM, 64 channels, units and host: wall {best:.3f} s (reach: 0.2; "
        f"PIMSimulator's recorded 19.0 s*: {19.0 / best:.0f} x)\n"
    )


def wall_seconds(command: list[str]) -> float:
    """The least wall time of a command over several runs, after one to warm up."""
    times = []
    for _ in range(REPEATS + 1):
        began = time.monotonic()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.monotonic() - began)
    return min(times[1:])


def start_up() -> None:
    """How long the command line takes to say something."""
    openrow = [sys.executable, "-m", "openrow"]
    with tempfile.TemporaryDirectory() as folder:
        trace = str(Path(folder) / "small.npz")
        subprocess.run([*openrow, "trace", "bilinear", "-o", trace], check=True, capture_output=True)
        table = Table(title="start-up, wall seconds, warm cache", title_justify="left")
        for column in ("command", "seconds", "reach"):
            table.add_column(column, justify="left" if column == "command" else "right")
        for label, arguments, reach in (
            ("openrow --help", ["--help"], "0.3"),
            ("openrow check memory/ddr4-2400", ["check", "memory/ddr4-2400"], "0.3"),
            ("openrow replay small.npz", ["replay", trace, "--arch", "memory/ddr4-2400"], "2"),
        ):
            table.add_row(label, f"{wall_seconds([*openrow, *arguments]):.2f}", reach)
    CONSOLE.print(table)


def main() -> None:
    """Run every benchmark."""
    CONSOLE.print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}\n"
    )
    exact_engine()
    fast_fidelity()
    whole_network()
    geopim()
    hbm_pim()
    crossbars()
    start_up()
    sweeps.main()


if __name__ == "__main__":
    main()
