"""Replay: traffic played through a memory system, and what came of it."""

from collections.abc import Callable, Iterator
from typing import TextIO

import simpy

from openrow.config.architecture import Architecture
from openrow.config.timings import cycle_ns
from openrow.engine.clock import ClockDomain
from openrow.engine.memory_process import MemoryProcess
from openrow.memory.commands import write_commands, write_header
from openrow.memory.state import SourceShape
from openrow.memory.system import MemorySystem
from openrow.system.result import ReplayResult, summarise
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


def _counted(chunks: Iterator[TraceChunk], progress: Progress | None) -> Iterator[TraceChunk]:
    for chunk in chunks:
        yield chunk
        if progress is not None:
            progress(len(chunk))


def replay(
    architecture: Architecture,
    traffic: Traffic,
    commands: TextIO | None = None,
    progress: Progress | None = None,
) -> ReplayResult:
    """Play ``traffic`` through the architecture's memory.

    Parameters
    ----------
    architecture
        The architecture; its ``memory``, ``source``, ``engine`` and ``fidelity`` apply.
    traffic
        What to play.
    commands
        Where to write the issued commands as CSV.
    progress
        Told about entries taken.

    Returns
    -------
    ReplayResult
        What came of it; if Ctrl-C ended the run, what had come of it until then, marked as not complete.

    Raises
    ------
    openrow.memory.feed.AddressError
        For an entry beyond the memory.
    """
    memory = MemorySystem(architecture.memory, [source_shape(architecture)], log_commands=commands is not None)
    env = simpy.Environment()

    def flush(final: bool = False) -> None:
        if commands is not None:
            write_commands(commands, memory.take_commands(final))

    if commands is not None:
        write_header(commands)
    process = MemoryProcess(env, memory, memory_clock(architecture), flush)
    done = process.request(0, _counted(traffic.chunks(), progress), architecture.source.entry_bytes)
    complete = True
    try:
        env.run(done)
    except KeyboardInterrupt:
        memory.settle()
        complete = False
    flush(final=True)
    return summarise(architecture, traffic, memory, complete)
