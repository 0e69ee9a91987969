"""Compiled twin of ``ramulator``: its three grammars read and written byte by byte.

A parser fills its arrays from ``text``, whole lines, and returns (rows read, position, problem). On a problem
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
    END_OF_LINE,
    INDEX,
    INDEX_TOO_LARGE,
    OK,
    OPERATION,
    SPACING,
)

LARGEST_ADDRESS = np.uint64(2**63 - 1)

_LINE_FEED, _SPACE, _COMMA = 10, 32, 44
_ONE = np.uint64(1)
_R = np.uint64(int.from_bytes(b"R", "big"))
_W = np.uint64(int.from_bytes(b"W", "big"))
_LD = np.uint64(int.from_bytes(b"LD", "big"))
_ST = np.uint64(int.from_bytes(b"ST", "big"))


@compiled
def parse_address_first(
    text: Text, address: NDArray[np.uint64], is_write: NDArray[np.bool_]
) -> tuple[int, int, int]:
    """Read lines of Ramulator 1: a hexadecimal address, spaces, ``R`` or ``W``."""
    at = 0
    row = 0
    while at < len(text) and row < len(address):
        start = at
        value, at = hexadecimal(text, skip_blanks(text, at), LARGEST_ADDRESS)
        if at < 0:
            return row, start, ADDRESS if at == NO_NUMBER else ADDRESS_TOO_LARGE
        begin = skip_blanks(text, at)
        operation, end = word(text, begin)
        if begin == at:
            return row, start, SPACING if begin < end else OPERATION
        if operation != _R and operation != _W:
            return row, start, OPERATION
        at = line_break(text, skip_blanks(text, end))
        if at < 0:
            return row, start, END_OF_LINE
        address[row] = value
        is_write[row] = operation == _W
        row += 1
    return row, at, OK


@compiled
def print_address_first(out: Text, address: NDArray[np.uint64], is_write: NDArray[np.bool_]) -> int:
    """Write lines of Ramulator 1, at most 21 bytes each."""
    at = 0
    for row in range(len(address)):
        at = put_hexadecimal(out, at, address[row])
        out[at] = _SPACE
        at = put_word(out, at + 1, _W if is_write[row] else _R)
        out[at] = _LINE_FEED
        at += 1
    return at


@compiled
def parse_load_store(
    text: Text, address: NDArray[np.uint64], is_write: NDArray[np.bool_]
) -> tuple[int, int, int]:
    """Read lines of Ramulator 2: ``LD`` or ``ST``, one space, an address in decimal or with ``0x``."""
    at = 0
    row = 0
    while at < len(text) and row < len(address):
        start = at
        operation, at = word(text, at)
        if operation != _LD and operation != _ST:
            return row, start, OPERATION
        if text[at] != _SPACE:
            return row, start, SPACING
        if has_prefix(text, at + 1):
            value, at = hexadecimal(text, at + 1, LARGEST_ADDRESS)
        else:
            value, at = decimal(text, at + 1, LARGEST_ADDRESS)
        if at < 0:
            return row, start, ADDRESS if at == NO_NUMBER else ADDRESS_TOO_LARGE
        at = line_break(text, at)
        if at < 0:
            return row, start, END_OF_LINE
        address[row] = value
        is_write[row] = operation == _ST
        row += 1
    return row, at, OK


@compiled
def print_load_store(out: Text, address: NDArray[np.uint64], is_write: NDArray[np.bool_]) -> int:
    """Write lines of Ramulator 2's load/store trace, at most 22 bytes each."""
    at = 0
    for row in range(len(address)):
        at = put_word(out, at, _ST if is_write[row] else _LD)
        out[at] = _SPACE
        at = put_hexadecimal(out, at + 1, address[row])
        out[at] = _LINE_FEED
        at += 1
    return at


@compiled
def parse_vectors(
    text: Text,
    sizes: NDArray[np.uint64],
    column_bytes: np.uint64,
    address: NDArray[np.uint64],
    is_write: NDArray[np.bool_],
) -> tuple[int, int, int]:
    """Read lines of Ramulator 2: ``R`` or ``W``, one space, one index a level with commas between."""
    at = 0
    row = 0
    while at < len(text) and row < len(address):
        start = at
        operation, at = word(text, at)
        if operation != _R and operation != _W:
            return row, start, OPERATION
        if text[at] != _SPACE:
            return row, start, SPACING
        place = np.uint64(0)
        for level in range(len(sizes)):
            if level > 0 and text[at] != _COMMA:
                return row, start, INDEX
            index, at = decimal(text, at + 1, sizes[level] - _ONE)
            if at < 0:
                return row, start, INDEX if at == NO_NUMBER else INDEX_TOO_LARGE + level
            place = place * sizes[level] + index
        at = line_break(text, at)
        if at < 0:
            return row, start, INDEX
        address[row] = place * column_bytes
        is_write[row] = operation == _W
        row += 1
    return row, at, OK


@compiled
def print_vectors(
    out: Text,
    sizes: NDArray[np.uint64],
    column_bytes: np.uint64,
    address: NDArray[np.uint64],
    is_write: NDArray[np.bool_],
) -> int:
    """Write lines of Ramulator 2's address vectors, at most 3 + 21 bytes a level each."""
    at = 0
    steps = np.ones(len(sizes), np.uint64)
    for level in range(len(sizes) - 1, 0, -1):
        steps[level - 1] = steps[level] * sizes[level]
    for row in range(len(address)):
        at = put_word(out, at, _W if is_write[row] else _R)
        place = address[row] // column_bytes
        for level in range(len(sizes)):
            out[at] = _COMMA if level > 0 else _SPACE
            at = put_decimal(out, at + 1, place // steps[level])
            place %= steps[level]
        out[at] = _LINE_FEED
        at += 1
    return at
