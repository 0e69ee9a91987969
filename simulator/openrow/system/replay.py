"""Replay: traffic played through a memory system, and what came of it."""

from collections.abc import Callable, Iterator

import numpy as np
import simpy
from numpy.typing import NDArray

from openrow.config.architecture import Architecture
from openrow.config.organisation import burst_bytes
from openrow.config.timings import cycle_ns
from openrow.engine.clock import ClockDomain
from openrow.engine.memory_process import MemoryProcess
from openrow.memory.commands import CommandStream
from openrow.memory.state import SourceShape
from openrow.memory.statistics import memory_statistics
from openrow.memory.system import MemorySystem
from openrow.system.result import ReplayResult
from openrow.system.traffic import Traffic
from openrow_traces.chunk import TraceChunk

Progress = Callable[[int], None]
"""Told how many entries have been taken since it was last told."""


def memory_clock(architecture: Architecture) -> ClockDomain:
    """The clock of the architecture's memory controller."""
    return ClockDomain(cycle_ns(architecture.memory.clock) * 1000)


def source_shape(architecture: Architecture) -> SourceShape:
    """The traffic source a replay asks through."""
    source = architecture.source
    return SourceShape(source.window or 0, source.issue_interval_cycles, source.consume_cycles)


def entry_bytes(architecture: Architecture) -> int:
    """Bytes of a trace entry that does not say: 1 makes it the one burst that holds its address."""
    return architecture.source.entry_bytes or 1


def _counted(
    chunks: Iterator[TraceChunk], progress: Progress | None, unsized: list[bool]
) -> Iterator[TraceChunk]:
    """Pass ``chunks`` on; tell ``progress`` of each, and note in ``unsized`` whether they give sizes."""
    for chunk in chunks:
        unsized[:] = [chunk.size is None]
        yield chunk
        if progress is not None:
            progress(len(chunk))


def _size_notes(architecture: Architecture, unsized: list[bool]) -> list[str]:
    """What to say of entries whose width was assumed."""
    if architecture.source.entry_bytes is not None or True not in unsized:
        return []
    burst = burst_bytes(architecture.memory)
    return [
        f"the trace gives no sizes: each entry is one burst of {burst} B (source.entry_bytes sets another)"
    ]


def count_requests(architecture: Architecture, traffic: Traffic) -> int:
    """Requests that ``traffic`` makes of the architecture's memory: the bursts its entries touch."""
    burst = np.uint64(burst_bytes(architecture.memory))
    total = 0
    for chunk in traffic.chunks():
        size = entry_bytes(architecture) if chunk.size is None else chunk.size
        last = (chunk.address + np.asarray(size, dtype=np.uint64) - np.uint64(1)) // burst
        total += int((last - chunk.address // burst).sum()) + len(chunk)
    return total


def replay(
    architecture: Architecture,
    traffic: Traffic,
    progress: Progress | None = None,
    on_commands: Callable[[CommandStream], None] | None = None,
    on_times: Callable[[NDArray[np.int64]], None] | None = None,
) -> ReplayResult:
    """Play ``traffic`` through the architecture's memory.

    Parameters
    ----------
    architecture
        The architecture; its ``memory``, ``source``, ``engine`` and ``fidelity`` apply.
    traffic
        What to play.
    progress
        Told about entries taken.
    on_commands
        Given the issued commands, in order, a part at a time.
    on_times
        Given arrival, departure and return cycle of every request, (requests, 3), at the end.

    Returns
    -------
    ReplayResult
        What came of it; if Ctrl-C ended the run, what had come of it until then, marked as not complete.

    Raises
    ------
    openrow.memory.feed.AddressError
        For an entry beyond the memory.
    """
    recorded = count_requests(architecture, traffic) if on_times is not None else 0
    source = source_shape(architecture)
    memory = MemorySystem(architecture.memory, [source], on_commands is not None, recorded)
    env = simpy.Environment()

    def flush(final: bool = False) -> None:
        if on_commands is not None:
            on_commands(memory.take_commands(final))

    process = MemoryProcess(env, memory, memory_clock(architecture), flush)
    unsized: list[bool] = []
    chunks = _counted(traffic.chunks(), progress, unsized)
    done = process.request(0, chunks, entry_bytes(architecture))
    complete = True
    try:
        env.run(done)
    except KeyboardInterrupt:
        memory.settle()
        complete = False
    flush(final=True)
    if on_times is not None:
        on_times(memory.times)
    return ReplayResult(
        architecture=architecture,
        traffic={"name": traffic.name, **traffic.metadata},
        entries=memory.entries,
        statistics=memory_statistics(
            [(memory.standard, group.state) for group in memory.groups], _last_cycle(memory)
        ),
        cpu_seconds=memory.cpu_seconds,
        complete=complete,
        notes=(*traffic.warnings, *_size_notes(architecture, unsized)),
    )


def _last_cycle(memory: MemorySystem) -> int:
    """The last cycle of a run; of an interrupted one at least the first that every channel has reached."""
    return max(memory.end_cycle(), min(group.clock for group in memory.groups))
