"""Numbers and words in lines of text, byte by byte: what the parsers and printers of all text formats share.

Every text handed in ends with a line feed, so that reading needs no bounds: nothing here passes one. Readers
return the position after what they read; where they cannot read it, one of the negative values below instead.
A word is its bytes packed into an integer, the first byte on top; at most eight bytes.
"""

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.compilation import compiled

Text = NDArray[np.uint8]

NO_NUMBER = -1
TOO_LARGE = -2

_TAB, _LINE_FEED, _RETURN, _SPACE = 9, 10, 13, 32
_ZERO, _NINE, _UPPER_A, _UPPER_F, _UPPER_X = 48, 57, 65, 70, 88
_LOWER_A, _LOWER_F, _LOWER_X = 97, 102, 120
_TEN = np.uint64(10)
_FOUR = np.uint64(4)
_FIFTEEN = np.uint64(15)
_EIGHT = np.uint64(8)
_NOTHING = np.uint64(0)
_LARGEST_BEFORE_DIGIT = np.uint64((2**64 - 1) // 10)
_TOP_DIGIT = np.uint64(60)


@compiled
def skip_blanks(text: Text, at: int) -> int:
    """Return the position of the first byte from ``at`` on that is neither a space nor a tab."""
    while text[at] == _SPACE or text[at] == _TAB:
        at += 1
    return at


@compiled
def skip_line(text: Text, at: int) -> int:
    """Return the position after the line feed that ends the line of ``at``."""
    while text[at] != _LINE_FEED:
        at += 1
    return at + 1


@compiled
def line_break(text: Text, at: int) -> int:
    """Return the position after the line break at ``at``, with or without a return, or -1."""
    if text[at] == _RETURN:
        at += 1
    return at + 1 if text[at] == _LINE_FEED else -1


@compiled
def is_hexadecimal_digit(byte: np.uint8) -> np.bool_:
    """Tell whether a byte is a hexadecimal digit."""
    return _ZERO <= byte <= _NINE or _LOWER_A <= byte <= _LOWER_F or _UPPER_A <= byte <= _UPPER_F


@compiled
def has_prefix(text: Text, at: int) -> bool:
    """Tell whether ``0x`` or ``0X`` stands at ``at``."""
    return bool(text[at] == _ZERO and text[at + 1] in (_LOWER_X, _UPPER_X))


@compiled
def hexadecimal(text: Text, at: int, largest: np.uint64) -> tuple[np.uint64, int]:
    """Read a hexadecimal number, with or without ``0x``: its value and the position after it."""
    if has_prefix(text, at):
        at += 2
    begin = at
    value = _NOTHING
    while is_hexadecimal_digit(text[at]):
        if value >> _TOP_DIGIT:
            return _NOTHING, TOO_LARGE
        byte = text[at]
        digit = byte - _ZERO if byte <= _NINE else (byte | 32) - _LOWER_A + 10
        value = (value << _FOUR) | np.uint64(digit)
        at += 1
    if at == begin:
        return _NOTHING, NO_NUMBER
    if value > largest:
        return _NOTHING, TOO_LARGE
    return value, at


@compiled
def decimal(text: Text, at: int, largest: np.uint64) -> tuple[np.uint64, int]:
    """Read a decimal number without sign: its value and the position after it."""
    begin = at
    value = _NOTHING
    while _ZERO <= text[at] <= _NINE:
        digit = np.uint64(text[at] - _ZERO)
        if value > _LARGEST_BEFORE_DIGIT:
            return _NOTHING, TOO_LARGE
        value = value * _TEN + digit
        if value < digit:
            return _NOTHING, TOO_LARGE
        at += 1
    if at == begin:
        return _NOTHING, NO_NUMBER
    if value > largest:
        return _NOTHING, TOO_LARGE
    return value, at


@compiled
def word(text: Text, at: int) -> tuple[np.uint64, int]:
    """Read up to the next blank: the packed word (0 beyond eight bytes) and the position after it."""
    begin = at
    packed = _NOTHING
    while text[at] > _SPACE:
        packed = (packed << _EIGHT) | np.uint64(text[at])
        at += 1
    return (packed if at - begin <= 8 else _NOTHING), at


@compiled
def put_word(out: Text, at: int, packed: np.uint64) -> int:
    """Write a packed word and return the position after it."""
    rest = packed
    length = 0
    while rest:
        rest >>= _EIGHT
        length += 1
    for place in range(length):
        out[at + length - 1 - place] = np.uint8((packed >> np.uint64(8 * place)) & np.uint64(255))
    return at + length


@compiled
def put_hexadecimal(out: Text, at: int, value: np.uint64) -> int:
    """Write ``0x`` and a number in lower case and return the position after it."""
    out[at] = _ZERO
    out[at + 1] = _LOWER_X
    at += 2
    digits = 1
    while digits < 16 and value >> np.uint64(4 * digits):
        digits += 1
    for place in range(digits):
        digit = np.int64((value >> np.uint64(4 * place)) & _FIFTEEN)
        out[at + digits - 1 - place] = digit + _ZERO if digit < 10 else digit - 10 + _LOWER_A
    return at + digits


@compiled
def put_decimal(out: Text, at: int, value: np.uint64) -> int:
    """Write an unsigned number in decimal and return the position after it."""
    digits = 1
    rest = value // _TEN
    while rest:
        rest //= _TEN
        digits += 1
    for place in range(digits):
        out[at + digits - 1 - place] = np.uint8(value % _TEN) + _ZERO
        value //= _TEN
    return at + digits
