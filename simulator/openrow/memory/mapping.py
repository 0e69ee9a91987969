"""Address mapping: which bits of a byte address name the channel, bank, row and column.

A mapping is written from the top bit, ``RoBaBgCo``: row, bank, bank group, column, above the offset inside a
burst. The other fields are ``Ch`` (channel), ``Pc`` (pseudo channel), ``Ra`` (rank) and ``Si`` (stack id). A
field with one element takes no bits and may be left out. Explicit lists of bits say the same without
contiguous fields, and ``bank_hash`` XORs row bits into the others.

The number of channels may be any: a GPU has 24 or 40. Where it is no power of two, the channel takes no bits.
Above the place of ``Ch`` the address then counts in mixed radix: its remainder by the number of channels is
the channel, and the bits of the quotient are those of the fields further up. Bits below are as ever.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openrow.config.mapping import FIELD_OF_TOKEN, bits_of, is_power_of_two, tokens_of
from openrow.config.memory import AddressBits, MemoryConfig
from openrow.memory.mapping_compiled import decode_block, encode_block
from openrow_kernels.compilation import read_only

# The place of each field in the compiled coordinates: 0 channel, 1 flat bank, 2 row, 3 column.
FLAT_BANK_ORDER = ("bank", "bank_group", "stack_id", "rank", "pseudo_channel")


def divides_channels(memory: MemoryConfig) -> bool:
    """Whether the channel is a digit of the address and not some of its bits."""
    return not is_power_of_two(memory.channels)


def field_bits(memory: MemoryConfig) -> dict[str, int]:
    """Address bits of each field; the column counts bursts. Channels that are divided out have none."""
    return {
        "channel": 0 if divides_channels(memory) else bits_of(memory.channels),
        "pseudo_channel": bits_of(memory.pseudo_channels),
        "rank": bits_of(memory.ranks),
        "stack_id": bits_of(memory.stack_ids),
        "bank_group": bits_of(memory.bank_groups),
        "bank": bits_of(memory.banks),
        "row": bits_of(memory.rows),
        "column": bits_of(memory.columns // memory.burst_length),
    }


def offset_bits(memory: MemoryConfig) -> int:
    """Address bits inside a burst."""
    return bits_of(memory.bus_width_bits * memory.burst_length // 8)


def address_bits(memory: MemoryConfig) -> AddressBits:
    """The explicit bit lists a mapping string stands for, least significant first.

    Where the channel is divided out, they are those of the address without its digit.
    """
    if isinstance(memory.mapping, AddressBits):
        return memory.mapping
    lists, _ = _laid_out(memory, memory.mapping)
    return AddressBits(**lists)


def _laid_out(memory: MemoryConfig, mapping: str) -> tuple[dict[str, list[int]], int]:
    """The bits of each field by a mapping string, and the bit at which the channel stands."""
    widths = field_bits(memory)
    tokens = tokens_of(mapping)
    counted = Counter[str]()
    for token in tokens:
        counted[token.name] += token.bits or 0
    lists: dict[str, list[int]] = {name: [] for name in widths}
    position = channel_place = offset_bits(memory)
    for token in reversed(tokens):
        name = FIELD_OF_TOKEN[token.name]
        if name == "channel":
            channel_place = position
        bits = widths[name] - counted[token.name] if token.bits is None else token.bits
        lists[name] += range(position, position + bits)
        position += bits
    return lists, channel_place


def _channel_digit(memory: MemoryConfig) -> tuple[int, int]:
    """The place of the channel and how many there are; 0 and 0 where it is bits of the address."""
    if not divides_channels(memory):
        return 0, 0
    if isinstance(memory.mapping, AddressBits):
        raise ValueError("lists of bits have no place for channels that are no power of two")
    _, place = _laid_out(memory, memory.mapping)
    return place, memory.channels


def _runs(bits: list[int]) -> list[tuple[int, int, int]]:
    """Split a bit list into (address shift, field shift, length) of its contiguous runs."""
    runs: list[tuple[int, int, int]] = []
    for place, bit in enumerate(bits):
        if runs and bit == runs[-1][0] + runs[-1][2]:
            shift, field_shift, length = runs[-1]
            runs[-1] = (shift, field_shift, length + 1)
        else:
            runs.append((bit, place, 1))
    return runs


@dataclass(frozen=True)
class Coordinates:
    """Where bursts lie, int64 arrays of equal length; ``bank`` is the channel's flat bank."""

    channel: NDArray[np.int64]
    bank: NDArray[np.int64]
    row: NDArray[np.int64]
    column: NDArray[np.int64]


class AddressMapping:
    """Decoding and encoding of byte addresses for one memory system.

    Parameters
    ----------
    memory
        The memory system. Its mapping has been checked when it was loaded.

    Attributes
    ----------
    capacity_bytes : int
        Size of the memory; addresses at or above it lie outside.
    """

    def __init__(self, memory: MemoryConfig) -> None:
        widths = field_bits(memory)
        bits = address_bits(memory)
        self.offset_bits = offset_bits(memory)
        digit = _channel_digit(memory)
        self.capacity_bytes = (digit[1] or 1) << (self.offset_bits + sum(widths.values()))
        flat_shift = {}
        shift = 0
        for name in FLAT_BANK_ORDER:
            flat_shift[name] = shift
            shift += widths[name]
        places = {"channel": (0, 0), "row": (2, 0), "column": (3, 0)}
        places |= {name: (1, flat_shift[name]) for name in FLAT_BANK_ORDER}
        runs = [
            (places[name][0], address_shift, (1 << length) - 1, places[name][1] + field_shift)
            for name in FIELD_OF_TOKEN.values()
            for address_shift, field_shift, length in _runs(getattr(bits, name))
        ]
        hashes = [
            (places[h.target][0], places[h.target][1] + h.bit, sum(1 << bit for bit in h.row_bits))
            for h in memory.bank_hash
        ]
        self.digit = read_only(np.array(digit, dtype=np.int64))
        self.runs = read_only(np.array(runs, dtype=np.int64).reshape(len(runs), 4))
        self.hashes = read_only(np.array(hashes, dtype=np.int64).reshape(len(hashes), 3))

    def decode(self, address: NDArray[np.uint64]) -> Coordinates:
        """Coordinates of the bursts that hold byte addresses (uint64); higher bits are ignored."""
        out = np.empty((4, len(address)), dtype=np.int64)
        decode_block(self.digit, self.runs, self.hashes, read_only(address.astype(np.int64)), out)
        return Coordinates(*out)

    def encode(self, where: Coordinates) -> NDArray[np.uint64]:
        """The byte address (uint64) of the first byte of each burst: the inverse of :meth:`decode`."""
        fields = np.stack([where.channel, where.bank, where.row, where.column]).astype(np.int64)
        out = np.empty(fields.shape[1], dtype=np.int64)
        encode_block(self.digit, self.runs, self.hashes, read_only(fields), out)
        return out.astype(np.uint64)
