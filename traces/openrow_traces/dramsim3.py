"""The traces of DRAMsim3: ``0x2000D5C0 READ 30``, an address in hexadecimal, an operation and a cycle.

WRITE, write, P_MEM_WR and BOFF are writes, every other operation is a read. 0x may be left out, blanks
between the parts are free, blank lines are passed. An entry is issued at its cycle or as soon after as there
is room. Source: the stream operator of ``Transaction`` in DRAMsim3's ``common.cc``. That tool reads by words,
not by lines, and issues one more read of the last address when the file ends with a line break.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.compilation import read_only
from openrow_traces.chunk import TraceChunk
from openrow_traces.dramsim3_compiled import parse_timed, print_timed
from openrow_traces.grammar import Grammar, Parsed, with_times


class Dramsim3(Grammar):
    """An address in hexadecimal, an operation and a cycle."""

    name = "dramsim3"
    line = "an address in hexadecimal, an operation and a cycle in decimal, as in '0x2000D5C0 READ 30'"
    simulator = "DRAMsim3"
    remark = (
        "operations begin with W but are none that DRAMsim3 takes as a write (WRITE, write, P_MEM_WR, BOFF); "
        "they are reads here as there"
    )
    carries_cycle = True
    line_bytes = 46

    def parse(self, text: NDArray[np.uint8], rows: int) -> Parsed:
        """Read lines; see :meth:`Grammar.parse`."""
        address, is_write = np.empty(rows, np.uint64), np.empty(rows, np.bool_)
        cycle = np.empty(rows, np.int64)
        rows, lines, position, problem, odd_reads = parse_timed(text, address, is_write, cycle)
        chunk = TraceChunk(address[:rows], is_write[:rows], None, cycle[:rows])
        return Parsed(chunk, lines, position, problem, odd_reads)

    def print(self, chunk: TraceChunk, out: NDArray[np.uint8]) -> int:
        """Write lines; see :meth:`Grammar.print`."""
        assert chunk.cycle is not None
        return print_timed(out, read_only(chunk.address), read_only(chunk.is_write), read_only(chunk.cycle))

    def encode(self, chunks: Iterator[TraceChunk], path: Path, warnings: list[str]) -> Iterator[TraceChunk]:
        """Give entries without an arrival time cycle 0."""
        return with_times(chunks, path, self.simulator, warnings)
