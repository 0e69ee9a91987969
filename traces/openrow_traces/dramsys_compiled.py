"""Compiled twin of ``dramsys``: its grammar read and written byte by byte.

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
    has_prefix,
    hexadecimal,
    is_hexadecimal_digit,
    line_break,
    put_decimal,
    put_hexadecimal,
    put_word,
    skip_blanks,
    skip_line,
    word,
)
from openrow_traces.problems import (
    ADDRESS,
    ADDRESS_TOO_LARGE,
    COLON,
    CYCLE,
    CYCLE_TOO_LARGE,
    DATA,
    OK,
    OPERATION,
    SIZE,
    SPACING,
)

LARGEST_ADDRESS = np.uint64(2**64 - 1)
LARGEST_CYCLE = np.uint64(2**63 - 1)
LARGEST_SIZE = np.uint64(2**32 - 1)

_LINE_FEED, _SPACE, _HASH, _OPEN, _CLOSE, _COLON = 10, 32, 35, 40, 41, 58
_NOTHING = np.uint64(0)
_READ = np.uint64(int.from_bytes(b"read", "big"))
_WRITE = np.uint64(int.from_bytes(b"write", "big"))


@compiled
def parse_player(
    text: Text,
    address: NDArray[np.uint64],
    is_write: NDArray[np.bool_],
    cycle: NDArray[np.int64],
    size: NDArray[np.uint32],
) -> tuple[int, int, int, int, int]:
    """Read lines of a trace player: cycle, colon, length or none, operation, address, data or none.

    Where a line gives no length, 0 is noted. Comments and blank lines are passed. Returns (rows, lines,
    position, problem, lines with data).
    """
    at = 0
    row = 0
    lines = 0
    with_data = 0
    while at < len(text) and row < len(address):
        start = at
        if text[at] == _HASH:
            at = skip_line(text, at)
            lines += 1
            continue
        at = skip_blanks(text, at)
        after_blank_line = line_break(text, at)
        if after_blank_line > 0:
            at = after_blank_line
            lines += 1
            continue
        time, end = decimal(text, at, LARGEST_CYCLE)
        if end < 0:
            return row, lines, start, CYCLE if end == NO_NUMBER else CYCLE_TOO_LARGE, with_data
        if text[end] != _COLON:
            return row, lines, start, COLON, with_data
        at = skip_blanks(text, end + 1)
        if at == end + 1:
            return row, lines, start, SPACING, with_data
        length = _NOTHING
        if text[at] == _OPEN:
            length, end = decimal(text, at + 1, LARGEST_SIZE)
            if end < 0 or length == 0 or text[end] != _CLOSE:
                return row, lines, start, SIZE, with_data
            at = skip_blanks(text, end + 1)
            if at == end + 1:
                return row, lines, start, SPACING, with_data
        operation, at = word(text, at)
        if operation != _READ and operation != _WRITE:
            return row, lines, start, OPERATION, with_data
        value, end = hexadecimal(text, skip_blanks(text, at), LARGEST_ADDRESS)
        if end < 0:
            return row, lines, start, ADDRESS if end == NO_NUMBER else ADDRESS_TOO_LARGE, with_data
        at, has_data = _end_of_entry(text, end)
        if at < 0:
            return row, lines, start, DATA, with_data
        address[row] = value
        is_write[row] = operation == _WRITE
        cycle[row] = np.int64(time)
        size[row] = np.uint32(length)
        row += 1
        lines += 1
        with_data += has_data
    return row, lines, at, OK, with_data


@compiled
def _end_of_entry(text: Text, end: int) -> tuple[int, int]:
    """Return the next line's position, or -1, and 1 where data stand after the address ending at ``end``."""
    at = skip_blanks(text, end)
    has_data = 0
    if at > end and has_prefix(text, at):
        has_data = 1
        end = at + 2
        if not is_hexadecimal_digit(text[end]):
            return -1, has_data
        while is_hexadecimal_digit(text[end]):
            end += 1
        at = skip_blanks(text, end)
    if at > end and text[at] == _HASH:
        return skip_line(text, at), has_data
    return line_break(text, at), has_data


@compiled
def print_player(
    out: Text,
    address: NDArray[np.uint64],
    is_write: NDArray[np.bool_],
    cycle: NDArray[np.int64],
    size: NDArray[np.uint32],
) -> int:
    """Write lines of a trace player, at most 60 bytes each; a size of 0 leaves the length out."""
    at = 0
    for row in range(len(address)):
        at = put_decimal(out, at, np.uint64(cycle[row]))
        out[at] = _COLON
        out[at + 1] = _SPACE
        at += 2
        if size[row] > 0:
            out[at] = _OPEN
            at = put_decimal(out, at + 1, np.uint64(size[row]))
            out[at] = _CLOSE
            out[at + 1] = _SPACE
            at += 2
        at = put_word(out, at, _WRITE if is_write[row] else _READ)
        out[at] = _SPACE
        at = put_hexadecimal(out, at + 1, address[row])
        out[at] = _LINE_FEED
        at += 1
    return at
