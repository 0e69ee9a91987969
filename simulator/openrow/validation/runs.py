"""Recorded long runs: cycles and row counters, and the traces they were made with."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openrow.config.memory import MemoryConfig
from openrow.memory import columns as c
from openrow.memory.controller.state import SourceShape
from openrow.memory.system import FAR, MemorySystem, Reason
from openrow.validation.streams import counters, data, reference_memory
from openrow_traces.chunk import TraceChunk

ENTRY_BYTES = 64
WRAP_BYTES = 1 << 30
MAPPINGS = {"rbbc": "RoBaBgCo", "rcbb": "RoCoBaBg"}
SCHEDULERS = {"default": "ramulator2", "FRFCFS-RowHit": "ramulator2-row-hit"}
PACE_CYCLES = 100
COUNTERS = ("row_hits", "row_misses", "row_conflicts")


@dataclass(frozen=True)
class RecordedRun:
    """One row of the table of recorded runs."""

    standard: str
    trace: str
    requests: int
    burst_bytes: int
    mapping: str
    refresh: bool
    paced: bool
    variant: str
    cycles: int
    counters: dict[str, int]
    mean_latency_cycles: float
    million_requests_per_s: float

    @property
    def name(self) -> str:
        """What the run was, in words."""
        refresh = "refresh" if self.refresh else "no refresh"
        pace = "paced" if self.paced else "saturated"
        variant = "" if self.variant == "default" else f", {self.variant}"
        return f"{self.standard} {self.trace} {self.requests:,} {self.mapping}, {pace}, {refresh}{variant}"

    @property
    def has_trace(self) -> bool:
        """Whether the trace is at hand: the longest random and bilinear ones were not recorded."""
        return self.trace in ("seq", "stride_row") or self.requests <= 200_000


def recorded_runs() -> list[RecordedRun]:
    """All recorded runs."""
    with (data() / "ramulator_runs.csv").open(encoding="utf-8") as file:
        return [
            RecordedRun(
                standard=row["standard"],
                trace=row["trace"],
                requests=int(row["n_requests"]),
                burst_bytes=int(row["txn_bytes"]),
                mapping=MAPPINGS[row["mapping"]],
                refresh=row["refresh"] == "1",
                paced=row["mode"] != "saturated",
                variant=row["variant"],
                cycles=int(row["ticks"]),
                counters={name: int(float(row[name])) for name in COUNTERS},
                mean_latency_cycles=float(row["avg_read_latency_ticks"]),
                million_requests_per_s=float(row["Mreq_per_cpu_s"]),
            )
            for row in csv.DictReader(file)
        ]


def trace_addresses(trace: str, requests: int, burst_bytes: int) -> NDArray[np.uint64]:
    """Burst addresses of a reference trace.

    A 64 B entry of a standard with shorter bursts is several requests; the stride is a row of DDR4 or of HBM.
    """
    if trace == "stride_row":
        step = 8192 if burst_bytes == ENTRY_BYTES else 1024
        return np.arange(requests, dtype=np.uint64) * np.uint64(step) % np.uint64(WRAP_BYTES)
    if trace == "seq":
        return np.arange(requests, dtype=np.uint64) * np.uint64(burst_bytes)
    with (data() / f"{trace}_100k.npz").open("rb") as file:
        blocks: NDArray[np.uint32] = np.load(file)["block"]
    entries = blocks.astype(np.uint64) * np.uint64(ENTRY_BYTES)
    offsets = np.arange(0, ENTRY_BYTES, burst_bytes, dtype=np.uint64)
    address: NDArray[np.uint64] = np.add.outer(entries, offsets).reshape(-1)[:requests]
    return address


def run_memory(run: RecordedRun) -> MemoryConfig:
    """The memory of a recorded run."""
    scheduler = f"memory.controller.scheduler={SCHEDULERS[run.variant]}"
    return reference_memory(run.standard, run.refresh, f"memory.mapping={run.mapping}", scheduler)


def run_requests(run: RecordedRun) -> TraceChunk:
    """The requests of a recorded run."""
    address = trace_addresses(run.trace, run.requests, run.burst_bytes)
    cycle = np.arange(len(address), dtype=np.int64) * PACE_CYCLES if run.paced else None
    return TraceChunk(
        address, np.zeros(len(address), dtype=np.bool_), np.ones(len(address), dtype=np.uint32), cycle
    )


def play_run(memory: MemoryConfig, requests: TraceChunk) -> tuple[MemorySystem, int]:
    """Play ``requests`` to the end; returns the system and its last cycle."""
    system = MemorySystem(memory, [SourceShape()])
    system.offer(0, iter([requests]))
    while system.advance(FAR) is Reason.NEED_FEED:
        system.feed()
    end = system.end_cycle()
    system.advance(end)
    return system, end


def run_differences(run: RecordedRun) -> Iterator[str]:
    """Play a recorded run and say in what the outcome differs from the record."""
    system, end = play_run(run_memory(run), run_requests(run))
    if end != run.cycles:
        yield f"cycles: {end} for {run.cycles}"
    found = counters(system, end)
    for name, value in run.counters.items():
        if found[name] != value:
            yield f"{name}: {found[name]} for {value}"
    (ch,) = system.channel_places(system.groups[0])
    latency = int(system.groups[0].state[ch + c.LATENCY_SUM]) / run.requests
    if f"{latency:.4g}" != f"{run.mean_latency_cycles:.4g}":
        yield f"mean latency: {latency:.4f} for {run.mean_latency_cycles} cycles"
