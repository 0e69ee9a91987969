"""The traces of Ramulator 1 and 2.

==============  ==========================================================================================
ramulator1      ``0x12345680 R``: address in hexadecimal, spaces, R or W
ramulator2-ls   ``LD 0x12340`` or ``ST 4096``: one space between, address in hexadecimal with 0x or decimal
ramulator2-rw   ``R 0,1,2,100,32``: one space, one index a level, from the outside in
==============  ==========================================================================================

No comments, no blank lines, no times. Addresses are signed 64-bit numbers there, so the largest is 2**63 - 1.
Sources: ``Trace::get_dramtrace_request`` of Ramulator 1; ``LoadStoreTrace`` and ``ReadWriteTrace`` of
Ramulator 2. Both tools let more pass than they document: Ramulator 1 takes a line without R or W as a read,
Ramulator 2 ignores what follows the digits of a number. Such lines are refused here.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.compilation import read_only
from openrow_traces.chunk import TraceChunk
from openrow_traces.errors import TraceError
from openrow_traces.grammar import Grammar, Parsed
from openrow_traces.levels import Levels
from openrow_traces.problems import INDEX_TOO_LARGE
from openrow_traces.ramulator_compiled import (
    parse_address_first,
    parse_load_store,
    parse_vectors,
    print_address_first,
    print_load_store,
    print_vectors,
)


class Ramulator1(Grammar):
    """An address in hexadecimal and R or W."""

    name = "ramulator1"
    line = "an address in hexadecimal and R or W, as in '0x12345680 R'"
    simulator = "Ramulator 1"
    largest_address = 2**63 - 1
    line_bytes = 21

    def parse(self, text: NDArray[np.uint8], rows: int) -> Parsed:
        """Read lines; see :meth:`Grammar.parse`."""
        address, is_write = _columns(rows)
        return _parsed(address, is_write, *parse_address_first(text, address, is_write))

    def print(self, chunk: TraceChunk, out: NDArray[np.uint8]) -> int:
        """Write lines; see :meth:`Grammar.print`."""
        return print_address_first(out, read_only(chunk.address), read_only(chunk.is_write))


class Ramulator2LoadStore(Grammar):
    """LD or ST and an address."""

    name = "ramulator2-ls"
    line = "LD or ST, one space and an address (decimal, or hexadecimal with 0x), as in 'LD 0x12340'"
    simulator = "Ramulator 2"
    largest_address = 2**63 - 1
    line_bytes = 22

    def parse(self, text: NDArray[np.uint8], rows: int) -> Parsed:
        """Read lines; see :meth:`Grammar.parse`."""
        address, is_write = _columns(rows)
        return _parsed(address, is_write, *parse_load_store(text, address, is_write))

    def print(self, chunk: TraceChunk, out: NDArray[np.uint8]) -> int:
        """Write lines; see :meth:`Grammar.print`."""
        return print_load_store(out, read_only(chunk.address), read_only(chunk.is_write))


class Ramulator2ReadWrite(Grammar):
    """R or W and an address vector, made an address and back by the sizes of ``levels``."""

    name = "ramulator2-rw"
    simulator = "Ramulator 2"

    def __init__(self, levels: Levels) -> None:
        self.levels = levels
        self.line = f"R or W, one space and the indices of {levels} with commas between, as in " + (
            f"'R {','.join('0' * len(levels.names))}'"
        )
        self.largest_address = levels.total_bytes - 1
        self.line_bytes = 3 + 21 * len(levels.names)
        self._sizes = read_only(np.array(levels.sizes, np.uint64))
        self._column_bytes = np.uint64(levels.column_bytes)

    def parse(self, text: NDArray[np.uint8], rows: int) -> Parsed:
        """Read lines; see :meth:`Grammar.parse`."""
        address, is_write = _columns(rows)
        outcome = parse_vectors(text, self._sizes, self._column_bytes, address, is_write)
        return _parsed(address, is_write, *outcome)

    def print(self, chunk: TraceChunk, out: NDArray[np.uint8]) -> int:
        """Write lines; see :meth:`Grammar.print`."""
        return print_vectors(
            out, self._sizes, self._column_bytes, read_only(chunk.address), read_only(chunk.is_write)
        )

    def encode(self, chunks: Iterator[TraceChunk], path: Path, warnings: list[str]) -> Iterator[TraceChunk]:
        """Note addresses that lie within a column: a vector cannot say that."""
        within = 0
        for chunk in chunks:
            within += int(np.count_nonzero(chunk.address % self._column_bytes))
            yield chunk
        if within:
            warnings.append(
                f"{path}: {within} addresses are no multiple of --column-bytes {self.levels.column_bytes} "
                "and are written as the column they lie in"
            )

    def describe(self, problem: int) -> str:
        """Return what ``problem`` means, in words."""
        if problem < INDEX_TOO_LARGE:
            return super().describe(problem)
        level = problem - INDEX_TOO_LARGE
        return f"the index of {self.levels.names[level]} must be below {self.levels.sizes[level]}"


def levels_required(name: str) -> TraceError:
    """Return the error for address vectors without level sizes."""
    return TraceError(
        f"{name} gives address vectors, not addresses: say the levels with --levels, "
        "as in --levels channel:1,rank:1,bank_group:4,bank:4,row:65536,column:1024"
    )


def _columns(rows: int) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    return np.empty(rows, np.uint64), np.empty(rows, np.bool_)


def _parsed(
    address: NDArray[np.uint64], is_write: NDArray[np.bool_], rows: int, position: int, problem: int
) -> Parsed:
    return Parsed(TraceChunk(address[:rows], is_write[:rows]), rows, position, problem)
