"""Compiled twin of ``dramsim3``: its grammar read and written byte by byte.

A parser fills its arrays from ``text``, whole lines, and returns counts, position and problem. On a problem
the position is where the line at fault begins. A printer returns how many bytes it wrote.
"""

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.compilation import compiled
from openrow_traces.line_compiled import (
    NO_NUMBER,
    Text,
    decimal,
    hexadecimal,
    line_break,
    put_decimal,
    put_hexadecimal,
    put_word,
    skip_blanks,
    word,
)
from openrow_traces.problems import (
    ADDRESS,
    ADDRESS_TOO_LARGE,
    CYCLE,
    CYCLE_TOO_LARGE,
    END_OF_LINE,
    OK,
    OPERATION,
    SPACING,
)

LARGEST_ADDRESS = np.uint64(2**64 - 1)
LARGEST_CYCLE = np.uint64(2**63 - 1)

_LINE_FEED, _SPACE, _UPPER_W, _LOWER_W = 10, 32, 87, 119
_READ = np.uint64(int.from_bytes(b"READ", "big"))
_WRITE = np.uint64(int.from_bytes(b"WRITE", "big"))
_WRITE_IN_LOWER_CASE = np.uint64(int.from_bytes(b"write", "big"))
_P_MEM_WR = np.uint64(int.from_bytes(b"P_MEM_WR", "big"))
_BOFF = np.uint64(int.from_bytes(b"BOFF", "big"))


@compiled
def parse_timed(
    text: Text, address: NDArray[np.uint64], is_write: NDArray[np.bool_], cycle: NDArray[np.int64]
) -> tuple[int, int, int, int, int]:
    """Read lines of DRAMsim3: address in hexadecimal, operation, cycle; blank lines between.

    Returns (rows, lines, position, problem, reads): the last counts reads whose operation begins like a
    write.
    """
    at = 0
    row = 0
    lines = 0
    odd_reads = 0
    while at < len(text) and row < len(address):
        start = at
        at = skip_blanks(text, at)
        after_blank_line = line_break(text, at)
        if after_blank_line > 0:
            at = after_blank_line
            lines += 1
            continue
        value, end = hexadecimal(text, at, LARGEST_ADDRESS)
        if end < 0:
            return row, lines, start, ADDRESS if end == NO_NUMBER else ADDRESS_TOO_LARGE, odd_reads
        begin = skip_blanks(text, end)
        operation, after = word(text, begin)
        if begin == after:
            return row, lines, start, OPERATION, odd_reads
        if begin == end:
            return row, lines, start, SPACING, odd_reads
        time, at = decimal(text, skip_blanks(text, after), LARGEST_CYCLE)
        if at < 0:
            return row, lines, start, CYCLE if at == NO_NUMBER else CYCLE_TOO_LARGE, odd_reads
        at = line_break(text, skip_blanks(text, at))
        if at < 0:
            return row, lines, start, END_OF_LINE, odd_reads
        written = operation in (_WRITE, _WRITE_IN_LOWER_CASE, _P_MEM_WR, _BOFF)
        if not written and (text[begin] == _UPPER_W or text[begin] == _LOWER_W):
            odd_reads += 1
        address[row] = value
        is_write[row] = written
        cycle[row] = np.int64(time)
        row += 1
        lines += 1
    return row, lines, at, OK, odd_reads


@compiled
def print_timed(
    out: Text, address: NDArray[np.uint64], is_write: NDArray[np.bool_], cycle: NDArray[np.int64]
) -> int:
    """Write lines of DRAMsim3, at most 46 bytes each."""
    at = 0
    for row in range(len(address)):
        at = put_hexadecimal(out, at, address[row])
        out[at] = _SPACE
        at = put_word(out, at + 1, _WRITE if is_write[row] else _READ)
        out[at] = _SPACE
        at = put_decimal(out, at + 1, np.uint64(cycle[row]))
        out[at] = _LINE_FEED
        at += 1
    return at
