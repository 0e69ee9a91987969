"""What a text format is to the reader and the writer that all of them share."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openrow_traces.chunk import TraceChunk
from openrow_traces.problems import DESCRIPTIONS


@dataclass(frozen=True)
class Parsed:
    """What a parser made of a block of lines."""

    chunk: TraceChunk
    """The entries read."""
    lines: int
    """How many lines were passed, comments and blank ones included, a line at fault not."""
    position: int
    """How many bytes were passed: where a line at fault begins, if there is one."""
    problem: int
    """``problems.OK``, or what is wrong with the line at ``position``."""
    remarks: int = 0
    """How many lines hold what :attr:`Grammar.remark` speaks of."""


class Grammar(ABC):
    """A text format with one entry a line."""

    name: str
    """As ``--from`` and ``--to`` take it."""
    line: str
    """What a line must be, in words."""
    simulator: str
    """Who reads these traces."""
    remark: str = ""
    """What to say of lines that are read with a loss, after their number."""
    carries_cycle: bool = False
    carries_size: bool = False
    largest_address: int = 2**64 - 1
    """The largest address that the simulator reads."""
    largest_cycle: int = 2**63 - 1
    """The largest cycle that the simulator reads."""
    line_bytes: int
    """The most bytes that a printed line takes."""

    @abstractmethod
    def parse(self, text: NDArray[np.uint8], rows: int) -> Parsed:
        """Read at most ``rows`` entries from ``text``, whole lines, up to the first that is at fault."""

    @abstractmethod
    def print(self, chunk: TraceChunk, out: NDArray[np.uint8]) -> int:
        """Write ``chunk`` as lines into ``out``, long enough for it, and return how many bytes that took."""

    def decode(self, chunks: Iterator[TraceChunk], path: Path, warnings: list[str]) -> Iterator[TraceChunk]:
        """Turn what the lines of ``path`` say into a trace; what cannot be kept is noted in ``warnings``."""
        del path, warnings
        return chunks

    def encode(self, chunks: Iterator[TraceChunk], path: Path, warnings: list[str]) -> Iterator[TraceChunk]:
        """Turn a trace into what the lines of ``path`` say; what cannot be kept is noted in ``warnings``."""
        del path, warnings
        return chunks

    def describe(self, problem: int) -> str:
        """Return what ``problem`` means, in words."""
        return DESCRIPTIONS[problem]


def with_times(
    chunks: Iterator[TraceChunk], path: Path, simulator: str, warnings: list[str]
) -> Iterator[TraceChunk]:
    """Give entries without an arrival time cycle 0, which a simulator takes as: as soon as there is room."""
    for number, chunk in enumerate(chunks):
        if chunk.cycle is not None:
            yield chunk
            continue
        if number == 0:
            warnings.append(
                f"{path}: the trace has no arrival times; cycle 0 is written throughout, "
                f"so {simulator} issues as fast as it can"
            )
        yield TraceChunk(chunk.address, chunk.is_write, chunk.size, np.zeros(len(chunk), np.int64))
