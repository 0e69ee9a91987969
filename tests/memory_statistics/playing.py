"""Play a handful of requests through a memory and keep everything that can be known of the run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openrow.config.loading import load_architecture
from openrow.config.memory import MemoryConfig
from openrow.memory.commands import CommandStream
from openrow.memory.controller.state import SourceShape
from openrow.memory.mapping import AddressMapping, Coordinates
from openrow.memory.statistics import MemoryStatistics, memory_statistics
from openrow.memory.system import FAR, MemorySystem, Reason
from openrow_traces.chunk import TraceChunk

ONE_CHANNEL = ("channels=1", "pseudo_channels=1")
OPEN_LOOP = SourceShape()


@dataclass(frozen=True)
class Request:
    """One burst, by where it goes; ``cycle`` is when it is offered."""

    row: int = 0
    bank: int = 0
    """The channel's flat bank number."""
    column: int = 0
    write: bool = False
    cycle: int = 0
    channel: int = 0


@dataclass(frozen=True)
class Run:
    """A run that has come to its end."""

    system: MemorySystem
    statistics: MemoryStatistics
    commands: CommandStream
    times: NDArray[np.int64]
    """(requests, 3): arrival, departure, return."""


def memory_of(standard: str, *overrides: str) -> MemoryConfig:
    """A shipped memory with overrides of its own section; no refresh unless they say so."""
    chosen = ["refresh=none", *overrides]
    return load_architecture(f"memory/{standard}", [f"memory.{o}" for o in chosen]).memory


def trace_of(memory: MemoryConfig, requests: Sequence[Request]) -> TraceChunk:
    """The requests as a trace, one burst an entry."""
    places = [[getattr(r, name) for r in requests] for name in ("channel", "bank", "row", "column")]
    address = AddressMapping(memory).encode(Coordinates(*np.array(places, dtype=np.int64)))
    return TraceChunk(
        address,
        np.array([r.write for r in requests], dtype=np.bool_),
        np.ones(len(requests), dtype=np.uint32),
        np.array([r.cycle for r in requests], dtype=np.int64),
    )


def play(memory: MemoryConfig, requests: Iterable[Request], shape: SourceShape = OPEN_LOOP) -> Run:
    """Run ``requests`` to the end of the last."""
    requests = list(requests)
    system = MemorySystem(memory, [shape], log_commands=True, record_requests=len(requests))
    system.offer(0, iter([trace_of(memory, requests)]))
    while (reason := system.advance(FAR)) is not Reason.DRAINED:
        assert reason is Reason.NEED_FEED
        system.feed()
    system.advance(system.end_cycle())
    groups = [(system.standard, group.state) for group in system.groups]
    return Run(system, memory_statistics(groups), system.take_commands(final=True), system.times)


def random_requests(
    memory: MemoryConfig, count: int, seed: int = 0, writes: float = 0.0, rows: int = 1 << 12
) -> list[Request]:
    """Requests to random banks, rows and columns of all channels."""
    random = np.random.default_rng(seed)
    banks = memory.pseudo_channels * memory.ranks * memory.stack_ids * memory.bank_groups * memory.banks
    columns = memory.columns // memory.burst_length
    return [
        Request(
            row=int(random.integers(rows)),
            bank=int(random.integers(banks)),
            column=int(random.integers(columns)),
            write=bool(random.random() < writes),
            channel=int(random.integers(memory.channels)),
        )
        for _ in range(count)
    ]
