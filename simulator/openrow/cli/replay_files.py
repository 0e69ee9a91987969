"""The files a replay writes beside its result. Each appears whole or not at all."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openrow.config.memory import MemoryConfig
from openrow.memory.commands import CommandStream, write_commands, write_header
from openrow.report.timeline import timeline_in
from openrow_traces.atomic import whole_file

CommandSink = Callable[[CommandStream], None]


@contextmanager
def command_sink(
    memory: MemoryConfig, commands: Path | None, timeline: Path | None
) -> Iterator[CommandSink | None]:
    """Open the files that issued commands go to; yields what to call with them, or None if there is no file.

    Leaving the context with an error leaves none of the files.
    """
    sinks: list[CommandSink] = []
    with ExitStack() as files:
        if commands is not None:
            table = files.enter_context(whole_file(commands))
            write_header(table)
            sinks.append(lambda stream: write_commands(table, stream))
        if timeline is not None:
            file = files.enter_context(whole_file(timeline))
            sinks.append(files.enter_context(timeline_in(file, timeline, memory)).add)

        def take(stream: CommandStream) -> None:
            for sink in sinks:
                sink(stream)

        yield take if sinks else None


def write_times(path: Path, times: NDArray[np.int64]) -> None:
    """Write arrival, departure and return of every request, in controller cycles, as a NumPy archive."""
    with whole_file(path) as file:
        np.savez_compressed(file, arrival=times[:, 0], departure=times[:, 1], returned=times[:, 2])


def write_result(path: Path, tree: Mapping[str, Any]) -> None:
    """Write a result as JSON."""
    with whole_file(path) as file:
        file.write((json.dumps(tree, indent=2) + "\n").encode())
