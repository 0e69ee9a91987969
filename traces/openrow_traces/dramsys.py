"""The traces of DRAMSys: ``31: read 0x400140``, for its trace players.

A line is ``cycle: [(bytes)] read|write 0xaddress [0xdata]``, the operation in lower case. Lines that begin
with ``#`` and blank lines are passed. In .stl files the cycle is that of the request, in .rstl files the time
since the end of the request before. Source: ``StlPlayer`` and the notes on trace files of DRAMSys.

Cycles are those of the trace player's clock (``clkMhz``); they are taken as memory controller cycles. DRAMSys
keeps them in 32 bits, so none above 2**32 - 1 is written.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.compilation import read_only
from openrow_traces.chunk import TraceChunk
from openrow_traces.dramsys_compiled import parse_player, print_player
from openrow_traces.errors import TraceError
from openrow_traces.grammar import Grammar, Parsed, with_times

_BLOCK_BYTES = 1 << 20


class Dramsys(Grammar):
    """Absolute times: the format of .stl files.

    Parameters
    ----------
    sizes
        Whether lines give a length; where one does not, ``entry_bytes`` is meant. Otherwise sizes are
        unknown.
    entry_bytes
        Bytes of an entry without a length, where others have one: the player's ``dataLength``.
    """

    name = "dramsys-stl"
    line = "'cycle: [(bytes)] read|write 0xaddress [0xdata]', as in '31: (64) read 0x400140'"
    simulator = "DRAMSys"
    remark = "lines hold data, which a trace does not keep"
    carries_cycle = True
    carries_size = True
    largest_cycle = 2**32 - 1
    line_bytes = 60

    def __init__(self, sizes: bool = False, entry_bytes: int = 64) -> None:
        self.sizes = sizes
        self.entry_bytes = entry_bytes

    def parse(self, text: NDArray[np.uint8], rows: int) -> Parsed:
        """Read lines; see :meth:`Grammar.parse`."""
        address, is_write = np.empty(rows, np.uint64), np.empty(rows, np.bool_)
        cycle, size = np.empty(rows, np.int64), np.empty(rows, np.uint32)
        rows, lines, position, problem, with_data = parse_player(text, address, is_write, cycle, size)
        chunk = TraceChunk(address[:rows], is_write[:rows], size[:rows], cycle[:rows])
        return Parsed(chunk, lines, position, problem, with_data)

    def print(self, chunk: TraceChunk, out: NDArray[np.uint8]) -> int:
        """Write lines; see :meth:`Grammar.print`."""
        assert chunk.cycle is not None
        size = np.zeros(len(chunk), np.uint32) if chunk.size is None else chunk.size
        return print_player(
            out,
            read_only(chunk.address),
            read_only(chunk.is_write),
            read_only(chunk.cycle),
            read_only(size),
        )

    def decode(self, chunks: Iterator[TraceChunk], path: Path, warnings: list[str]) -> Iterator[TraceChunk]:
        """Fill in the lengths that lines leave out, or leave sizes unknown where none gives one."""
        warnings.append(
            f"{path}: times are in cycles of the trace player's clock (clkMhz) and are taken as memory "
            "controller cycles"
        )
        without = 0
        for chunk in chunks:
            if not self.sizes or chunk.size is None:
                yield TraceChunk(chunk.address, chunk.is_write, None, chunk.cycle)
                continue
            missing = chunk.size == 0
            without += int(np.count_nonzero(missing))
            size = np.where(missing, np.uint32(self.entry_bytes), chunk.size)
            yield TraceChunk(chunk.address, chunk.is_write, size, chunk.cycle)
        if without:
            warnings.append(
                f"{path}: {without} entries give no length while others do; "
                f"they are taken as {self.entry_bytes} bytes (--entry-bytes)"
            )

    def encode(self, chunks: Iterator[TraceChunk], path: Path, warnings: list[str]) -> Iterator[TraceChunk]:
        """Give entries without an arrival time cycle 0."""
        return with_times(chunks, path, self.simulator, warnings)


class DramsysRelative(Dramsys):
    """Relative times: the format of .rstl files.

    A player counts from the end of the request before, which only its simulation knows. Times are added up
    here as if every request took no time, which keeps the distances and so the round trip.
    """

    name = "dramsys-rstl"

    def decode(self, chunks: Iterator[TraceChunk], path: Path, warnings: list[str]) -> Iterator[TraceChunk]:
        """Add up the times, besides what absolute times need."""
        warnings.append(
            f"{path}: relative times are added up as if every request took no time: DRAMSys counts from the "
            "end of the request before, so entries arrive later there"
        )
        last = 0
        entries = 0
        for chunk in super().decode(chunks, path, warnings):
            assert chunk.cycle is not None
            cycle = np.cumsum(chunk.cycle) + last
            if cycle.min() < last or (np.diff(cycle) < 0).any():
                raise TraceError(
                    f"{path}: the times add up to more than 2**63 - 1 cycles near entry {entries}"
                )
            last = int(cycle[-1])
            entries += len(chunk)
            yield TraceChunk(chunk.address, chunk.is_write, chunk.size, cycle)

    def encode(self, chunks: Iterator[TraceChunk], path: Path, warnings: list[str]) -> Iterator[TraceChunk]:
        """Write the distance to the entry before in place of the time."""
        last = 0
        entries = 0
        for chunk in super().encode(chunks, path, warnings):
            assert chunk.cycle is not None
            distance = np.diff(chunk.cycle, prepend=np.int64(last))
            if distance.min() < 0:
                at = int(np.argmax(distance < 0))
                raise TraceError(
                    f"{path}: not written: entry {entries + at} arrives at cycle {chunk.cycle[at]}, "
                    "before the entry ahead of it; relative times cannot go back (dramsys-stl can)"
                )
            last = int(chunk.cycle[-1])
            entries += len(chunk)
            yield TraceChunk(chunk.address, chunk.is_write, chunk.size, distance)


def gives_lengths(path: Path) -> bool:
    """Tell whether any line of a DRAMSys trace that is no comment gives a length in parentheses."""
    with path.open("rb") as file:
        if not any(b"(" in block for block in iter(lambda: file.read(_BLOCK_BYTES), b"")):
            return False
        file.seek(0)
        return any(b"(" in line and not line.startswith(b"#") for line in file)
