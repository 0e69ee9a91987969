"""Replay: traffic played through a memory system, and what came of it."""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import simpy
from numpy.typing import NDArray

from openrow.config.architecture import Architecture
from openrow.config.organisation import burst_bytes
from openrow.config.timings import cycle_ns
from openrow.engine.clock import ClockDomain
from openrow.engine.memory_process import MemoryProcess
from openrow.errors import UserError
from openrow.memory import columns as c
from openrow.memory.commands import CommandStream
from openrow.memory.controller.state import SourceShape
from openrow.memory.feed import Feeder
from openrow.memory.mapping import AddressMapping
from openrow.memory.statistics import MemoryStatistics, memory_statistics
from openrow.memory.system import MemorySystem
from openrow.system.result import ReplayResult
from openrow.system.traffic import Traffic
from openrow_traces.chunk import TraceChunk

CommandSink = Callable[[CommandStream], None]
TimesSink = Callable[[NDArray[np.int64]], None]
EVENT_NOTE = "the event engine does not account for lost time or single banks: engine=compiled does"


class Outcome(NamedTuple):
    """What an engine found."""

    statistics: MemoryStatistics
    entries: int
    cpu_seconds: float
    complete: bool
    notes: tuple[str, ...] = ()


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
    on_commands: CommandSink | None = None,
    on_times: TimesSink | None = None,
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
    openrow.errors.UserError
        For what the engine or fidelity cannot give.
    """
    unsized: list[bool] = []
    chunks = _counted(traffic.chunks(), progress, unsized)
    if architecture.fidelity == "fast":
        outcome = _play_fast(architecture, chunks, on_commands, on_times)
    elif architecture.engine == "event":
        outcome = _play_events(architecture, traffic, chunks, on_commands, on_times)
    else:
        outcome = _play_compiled(architecture, traffic, chunks, on_commands, on_times)
    return ReplayResult(
        architecture=architecture,
        traffic={"name": traffic.name, **traffic.metadata},
        entries=outcome.entries,
        statistics=outcome.statistics,
        cpu_seconds=outcome.cpu_seconds,
        complete=outcome.complete,
        notes=(*traffic.warnings, *_size_notes(architecture, unsized), *outcome.notes),
    )


def _play_compiled(
    architecture: Architecture,
    traffic: Traffic,
    chunks: Iterator[TraceChunk],
    on_commands: CommandSink | None,
    on_times: TimesSink | None,
) -> Outcome:
    """The compiled engine, served by the SimPy memory process."""
    recorded = count_requests(architecture, traffic) if on_times is not None else 0
    source = source_shape(architecture)
    memory = MemorySystem(architecture.memory, [source], on_commands is not None, recorded)
    env = simpy.Environment()

    def flush(final: bool = False) -> None:
        if on_commands is not None:
            on_commands(memory.take_commands(final))

    process = MemoryProcess(env, memory, memory_clock(architecture), flush)
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
    states = [(memory.standard, group.state) for group in memory.groups]
    statistics = memory_statistics(states, _last_cycle(memory))
    return Outcome(statistics, memory.entries, memory.cpu_seconds, complete)


def _last_cycle(memory: MemorySystem) -> int:
    """The last cycle of a run; of an interrupted one at least the first that every channel has reached."""
    return max(memory.end_cycle(), min(group.clock for group in memory.groups))


def _play_events(
    architecture: Architecture,
    traffic: Traffic,
    chunks: Iterator[TraceChunk],
    on_commands: CommandSink | None,
    on_times: TimesSink | None,
) -> Outcome:
    """The event engine: all requests in memory, all channels in one time."""
    from openrow.engine.event_engine import Traffic as EventTraffic
    from openrow.engine.event_engine import replay_events
    from openrow.engine.event_statistics import event_statistics

    config, shape = architecture.memory, source_shape(architecture)
    feeds = np.zeros((1, count_requests(architecture, traffic) + 1, c.FEED_COLUMNS), dtype=np.int64)
    counts = np.zeros(1, dtype=np.int64)
    feeder = Feeder(AddressMapping(config), chunks, entry_bytes(architecture), config.wrap_addresses)
    feeder.fill(feeds, counts, apart=False, source=0)
    requests = feeds[0, : counts[0]]
    is_write = requests[:, c.F_WRITE].astype(np.bool_)
    channel = requests[:, c.F_CHANNEL]
    # An open-loop source is one for each channel: a full queue holds up only its own.
    apart = shape.window == 0 and shape.interval == 0
    parts = [channel == number for number in range(config.channels)] if apart else [channel >= 0]
    sources = [
        EventTraffic(
            requests[part, c.F_ADDRESS].astype(np.uint64),
            is_write[part],
            requests[part, c.F_CYCLE],
            shape.window,
            shape.interval,
            shape.consume,
        )
        for part in parts
    ]
    began = time.process_time()
    run = replay_events(config, sources)
    seconds = time.process_time() - began
    times = np.zeros((len(requests), 3), dtype=np.int64)
    for part, own in zip(parts, run.times, strict=True):
        times[part] = own
    if on_commands is not None:
        on_commands(run.commands)
    if on_times is not None:
        on_times(times)
    statistics = event_statistics(config, run, times, is_write, channel)
    return Outcome(statistics, feeder.entries, seconds, True, (EVENT_NOTE,))


def _play_fast(
    architecture: Architecture,
    chunks: Iterator[TraceChunk],
    on_commands: CommandSink | None,
    on_times: TimesSink | None,
) -> Outcome:
    """The fast model, which knows no single commands or requests."""
    from openrow.memory.fast.error import NOTE
    from openrow.memory.fast.system import FastMemory

    if architecture.engine == "event":
        raise UserError("fidelity fast has no event engine: use fidelity=exact or engine=compiled")
    if on_commands is not None or on_times is not None:
        raise UserError("fidelity fast issues no commands and times no requests: use fidelity=exact")
    shape = source_shape(architecture)
    if shape.window or shape.interval:
        raise UserError("fidelity fast has no source.window or issue interval: use fidelity=exact with them")
    memory = FastMemory(architecture.memory)
    complete = True
    try:
        memory.play(chunks, entry_bytes(architecture))
    except KeyboardInterrupt:
        complete = False
    return Outcome(memory.statistics(), memory.entries, memory.cpu_seconds, complete, (NOTE,))
