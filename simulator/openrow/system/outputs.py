"""The files a replay can write beside its result: commands, request times, a timeline. Each appears whole or not."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from openrow.config.architecture import Architecture
from openrow.memory.commands import CommandStream, write_commands, write_header
from openrow.system.result import ReplayResult
from openrow_traces.atomic import whole_file


class ReplayOutputs:
    """A context in which the files of one replay are written; leaving it with an error leaves none of them.

    Parameters
    ----------
    architecture
        What is replayed on.
    commands
        CSV file of every issued command, or None.
    requests
        NumPy archive of every request's arrival, departure and return cycle, or None.
    timeline
        Trace for ui.perfetto.dev, or None.
    """

    def __init__(
        self,
        architecture: Architecture,
        commands: Path | None = None,
        requests: Path | None = None,
        timeline: Path | None = None,
    ) -> None:
        self._architecture = architecture
        self._paths = commands, requests, timeline
        self._files = ExitStack()
        self._sinks: list[Callable[[CommandStream], None]] = []

    @property
    def wants_commands(self) -> bool:
        """Whether issued commands are needed."""
        commands, _, timeline = self._paths
        return commands is not None or timeline is not None

    @property
    def wants_requests(self) -> bool:
        """Whether the times of requests are needed."""
        return self._paths[1] is not None

    def __enter__(self) -> "ReplayOutputs":
        commands, _, _ = self._paths
        if commands is not None:
            file = self._files.enter_context(whole_file(commands))
            write_header(file)
            self._sinks.append(lambda stream: write_commands(file, stream))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.__exit__(kind, error, trace)

    def take_commands(self, stream: CommandStream) -> None:
        """Write issued commands, which follow those given before."""
        for sink in self._sinks:
            sink(stream)

    def take_requests(self, times: NDArray[np.int64]) -> None:
        """Write the times of the requests, (requests, 3), in controller cycles."""
        _, requests, _ = self._paths
        if requests is not None:
            with whole_file(requests) as file:
                np.savez_compressed(file, arrival=times[:, 0], departure=times[:, 1], returned=times[:, 2])


def write_result(path: Path, result: ReplayResult) -> None:
    """Write a result as JSON."""
    with whole_file(path) as file:
        file.write((json.dumps(result.as_dict(), indent=2) + "\n").encode())
