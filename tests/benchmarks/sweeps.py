"""``python -m benchmarks.sweeps``: what sweeps cost beside what they simulate, and what killed ones lose.

CPU seconds are of all processes of a sweep; wall seconds mean something only on a machine that does nothing
else.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.busy import waited
from openrow.config.sweep import SweepSpec
from openrow.sweep.executor import Executor
from openrow.sweep.executors import local_processes
from openrow.sweep.ledger import Ledger
from openrow.sweep.resolving import Resolver
from openrow.sweep.results import MEASURED, read_results, write_results
from openrow.sweep.running import run_sweep
from openrow.sweep.space import points

CONSOLE = Console(width=110)
KILLS = 20
PICTURES = {
    "rate-speedup": ["--y", "time_ns"],
    "pareto": [],
    "heatmap": [],
    "sensitivity": [],
    "energy-breakdown": [],
    "roofline": ["--operations", "1e6"],
    "latency": [],
    "scaling": [],
}
"""By kind, with what must be said of these points."""
CHANNELS, QUEUE = "memory.channels", "memory.controller.read_queue"
TINY = {"height": 2, "width": 2, "channels": 1, "out_height": 2, "out_width": 2}
ABOUT_100K = {"height": 134, "width": 134, "channels": 8, "out_height": 134, "out_width": 134}


def grid(parameters: dict[str, int], queues: int, *axes: dict[str, Any]) -> SweepSpec:
    """A DRAM sweep over a bilinear trace."""
    return SweepSpec.model_validate(
        {
            "architecture": "memory/ddr4-2400",
            "trace": {"source": "bilinear", "parameters": parameters},
            "axes": [
                {"key": CHANNELS, "values": [1, 2]},
                {"key": QUEUE, "range": {"first": 4, "last": 3 + queues, "step": 1}},
                *axes,
            ],
        }
    )


class Warmed:
    """An executor whose processes have all run something; it can have them run something else."""

    def __init__(self, executor: Executor, function: Callable[..., Any] | None = None) -> None:
        self.executor, self.function, self.workers = executor, function, executor.workers

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function, or the one this is made with."""
        return self.executor.submit(self.function or function, *arguments)


def warm(executor: Executor, spec: SweepSpec) -> None:
    """Have every process import and compile what it needs."""
    from openrow.sweep.evaluating import evaluate

    resolver = Resolver(spec)
    job = resolver.resolve(next(points(spec)))
    for future in [executor.submit(evaluate, job, ".") for _ in range(4 * executor.workers)]:
        future.result()


def timed(spec: SweepSpec, workers: int, function: Callable[..., Any] | None = None) -> tuple[float, Path]:
    """Wall seconds of a sweep with warm processes, and where its results are."""
    folder = Path(tempfile.mkdtemp())
    with local_processes(workers, 1, spec.limits) as processes:
        warm(processes, spec)
        began = time.monotonic()
        counts = run_sweep(spec, folder, Warmed(processes, function))
        seconds = time.monotonic() - began
    assert (counts.failed, counts.pending) == (0, 0)
    return seconds, folder


def cost_of_a_point() -> str:
    """Milliseconds a point beyond its simulation: one process, tiny points, less what they simulate."""
    spec = grid(TINY, 200)
    seconds, folder = min(timed(spec, 1) for _ in range(3))
    table = read_results(folder)
    simulated = sum(table.column("wall_s").to_pylist())
    return f"{1000 * (seconds - simulated) / table.num_rows:.2f} ms"


def two_against_one() -> str:
    """Speed-up of two processes on 200 points of 0.2 s."""
    spec = grid(TINY, 100)
    one, _ = timed(spec, 1, waited)
    two, _ = timed(spec, 2, waited)
    return f"{one / two:.2f} x ({one:.0f} s, {two:.0f} s)"


def thousand_points() -> str:
    """Wall seconds of 1,000 points over a trace of about 100,000 entries, two processes."""
    policies = {"key": "memory.controller.page_policy", "values": ["open", "closed"]}
    seconds, folder = timed(grid(ABOUT_100K, 250, policies), 2)
    table = read_results(folder)
    entries = table.column("entries")[0].as_py()
    return f"{seconds:.0f} s ({table.num_rows:,} points of {entries:,} entries)"


def ten_thousand_points() -> list[tuple[str, str, str]]:
    """What it takes to write, list and draw 10,000 points: commands from start to end."""
    folder, written = made_up_points(10_000)
    openrow = [sys.executable, "-m", "openrow"]
    listing = [*openrow, "results", str(folder), "--where", "cycles % 7 == 0 and read_queue > 50"]
    rows = [
        ("writing the table", f"{written:.2f} s", ""),
        ("openrow results with a filter", f"{least_wall([*listing, '--sort', '-cycles']):.2f} s", "3 s"),
    ]
    for kind, options in PICTURES.items():
        picture = str(folder / "picture.png")
        seconds = least_wall([*openrow, "plot", kind, str(folder), "-o", picture, *options])
        rows.append((f"openrow plot {kind}", f"{seconds:.2f} s", "3 s"))
    page = least_wall([*openrow, "report", str(folder), "-o", str(folder / "page.html")])
    rows.append(("openrow report, all figures in one page", f"{page:.2f} s", ""))
    return [(f"10,000 points: {what}", measured, reach) for what, measured, reach in rows]


def made_up_points(count: int) -> tuple[Path, float]:
    """A sweep's directory with points that repeat one but for some figures, and the seconds to write it."""
    spec = grid(TINY, 1)
    _, folder = timed(spec, 1)
    row = {name: value for name, value in read_results(folder).to_pylist()[0].items() if value is not None}
    metrics = {name: value for name, value in row.items() if not name.startswith(("axis.", "point", "key"))}
    ledger = Ledger(folder)
    for number in range(count):
        point = ledger.add(f"made up {number}", {CHANNELS: 1 << number % 4, QUEUE: number // 4})
        changed = {"cycles": number, "time_ns": number / 3 + 1, "energy_pj.total": count - number % 97}
        ledger.finish([point], f"made up {number}", {**metrics, **changed})
    began = time.monotonic()
    write_results(folder, ledger, spec)
    seconds = time.monotonic() - began
    ledger.close()
    return folder, seconds


def least_wall(command: list[str]) -> float:
    """The least wall seconds of three runs."""
    times = []
    for _ in range(3):
        began = time.monotonic()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.monotonic() - began)
    return min(times)


def killed() -> str:
    """Kill a sweep's main process again and again, resume it, and compare with one left alone."""
    spec_path = Path(tempfile.mkdtemp()) / "spec.yaml"
    spec_path.write_text(KILLED_SPEC)
    command = [sys.executable, "-m", "openrow", "sweep", str(spec_path), "-w", "2", "-o"]
    alone, folder = Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp())
    subprocess.run([*command, str(alone)], check=True, capture_output=True)
    draw, stops = random.Random(20), [0]
    for _ in range(KILLS):
        process = subprocess.Popen([*command, str(folder)], stdout=subprocess.DEVNULL)
        while draw.random() < 0.995 and process.poll() is None and done(folder) <= stops[-1]:
            time.sleep(0.1)
        time.sleep(draw.uniform(0, 0.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        stops.append(done(folder))
    subprocess.run([*command, str(folder)], check=True, capture_output=True)
    tables = [read_results(path).to_pylist() for path in (alone, folder)]
    for row in (row for table in tables for row in table):
        for name in MEASURED:
            row.pop(name)
    same = "the same" if tables[0] == tables[1] else "ANOTHER"
    kept = sum(0 < done < len(tables[0]) for done in stops)
    return f"{same} result set, {len(tables[0])} rows; {kept} of {KILLS} kills found it half done"


def done(folder: Path) -> int:
    """Points done so far."""
    if not (folder / "ledger.sqlite").exists():
        return 0
    ledger = Ledger(folder)
    try:
        return ledger.counts().done
    finally:
        ledger.close()


KILLED_SPEC = """
sweep:
  architecture: memory/ddr4-2400
  trace:
    source: bilinear
    parameters: {height: 64, width: 64, channels: 8, out_height: 144, out_width: 144}
  axes:
    - {key: memory.channels, values: [1, 2]}
    - {key: memory.controller.read_queue, range: {first: 4, last: 103, step: 1}}
    - {key: memory.controller.page_policy, values: [open, closed]}
"""


def main() -> None:
    """Measure everything."""
    table = Table(title=f"sweeps, {os.cpu_count()} cores", title_justify="left")
    for column in ("what", "measured", "reach"):
        table.add_column(column)
    table.add_row("cost of a point beyond its own simulation, warm", cost_of_a_point(), "5 ms")
    table.add_row("two processes against one, 200 points of 0.2 s", two_against_one(), "1.8 x")
    table.add_row("1,000-point DRAM sweep, two processes", thousand_points(), "180 s")
    for row in ten_thousand_points():
        table.add_row(*row)
    table.add_row(f"main process killed {KILLS} times", killed(), "the same")
    CONSOLE.print(table)


if __name__ == "__main__":
    main()
