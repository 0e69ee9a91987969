"""Address decoding and encoding, vectorised over runs of contiguous bits.

``runs`` is (n, 4): field, shift in the address, mask of the run, shift in the field. ``hashes`` is (n, 3):
field, bit in the field, mask of the row bits whose parity is XORed into it. Fields are 0 channel, 1 flat
bank, 2 row, 3 column. ``digit`` is (2,): where channels are no power of two, the bit above which the address
is a mixed radix number whose lowest digit is the channel, and how many channels there are; else 0 and 0.
"""

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.compilation import compiled

Int64Array = NDArray[np.int64]


@compiled
def parity(value: int) -> int:
    """1 where ``value`` has an odd number of set bits."""
    for shift in (32, 16, 8, 4, 2, 1):
        value ^= value >> shift
    return value & 1


@compiled
def apply_hashes(hashes: Int64Array, fields: Int64Array) -> None:
    """XOR row parities into the hashed bits of ``fields`` (4, n); its own inverse."""
    for h in range(hashes.shape[0]):
        field, bit, mask = hashes[h, 0], hashes[h, 1], hashes[h, 2]
        for i in range(fields.shape[1]):
            fields[field, i] ^= parity(fields[2, i] & mask) << bit


@compiled
def divide_out(digit: Int64Array, address: Int64Array, rest: Int64Array, channel: Int64Array) -> None:
    """Split byte addresses into the channel and what is left without its digit."""
    place, count = digit[0], digit[1]
    below = (1 << place) - 1
    for i in range(address.shape[0]):
        above = address[i] >> place
        quotient = above // count
        channel[i] = above - quotient * count
        rest[i] = (quotient << place) | (address[i] & below)


@compiled
def decode_block(
    digit: Int64Array, runs: Int64Array, hashes: Int64Array, address: Int64Array, out: Int64Array
) -> None:
    """Decode byte addresses (int64) into ``out`` (4, n)."""
    if digit[1] == 0:
        decode_bits(runs, hashes, address, out)
    else:
        rest, channel = np.empty_like(out[0]), np.empty_like(out[0])
        divide_out(digit, address, rest, channel)
        decode_bits(runs, hashes, rest, out)
        out[0] = channel


@compiled
def decode_bits(runs: Int64Array, hashes: Int64Array, address: Int64Array, out: Int64Array) -> None:
    """Decode byte addresses (int64) whose fields are all bits into ``out`` (4, n)."""
    out[:] = 0
    for r in range(runs.shape[0]):
        target = out[runs[r, 0]]
        shift, mask, place = runs[r, 1], runs[r, 2], runs[r, 3]
        for i in range(address.shape[0]):
            target[i] |= ((address[i] >> shift) & mask) << place
    apply_hashes(hashes, out)


@compiled
def encode_block(
    digit: Int64Array, runs: Int64Array, hashes: Int64Array, fields: Int64Array, out: Int64Array
) -> None:
    """Encode ``fields`` (4, n) into byte addresses."""
    plain = fields.copy()
    apply_hashes(hashes, plain)
    out[:] = 0
    for r in range(runs.shape[0]):
        source = plain[runs[r, 0]]
        shift, mask, place = runs[r, 1], runs[r, 2], runs[r, 3]
        for i in range(out.shape[0]):
            out[i] |= ((source[i] >> place) & mask) << shift
    if digit[1] != 0:
        below = (1 << digit[0]) - 1
        for i in range(out.shape[0]):
            above = (out[i] >> digit[0]) * digit[1] + fields[0, i]
            out[i] = (above << digit[0]) | (out[i] & below)
