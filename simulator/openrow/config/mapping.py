"""The language of address mappings: tokens from the top bit, such as ``RoBaBgCo``, or bits for each field.

The bits below those of a mapping number the bytes of a burst. A field with one element takes no bits, and its
token may be left out. Columns count in bursts. A token followed by a number takes that many bits of its
field, so that a field can lie in several places, its lowest bits lowest: ``RoBaCoChCo2`` keeps four bursts of
a row together in a channel. One place of a field may leave its number out and takes the bits that remain.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

FIELD_OF_TOKEN: Mapping[str, str] = {
    "Ch": "channel",
    "Pc": "pseudo_channel",
    "Ra": "rank",
    "Si": "stack_id",
    "Bg": "bank_group",
    "Ba": "bank",
    "Ro": "row",
    "Co": "column",
}


class Token(NamedTuple):
    """One token of a mapping."""

    name: str
    """What should be a key of FIELD_OF_TOKEN."""
    bits: int | None
    """How many bits of the field it takes; None for those that remain."""
    place: int
    """Its first character in the mapping, from 0."""


def tokens_of(mapping: str) -> list[Token]:
    """The tokens of a mapping string, from the top bit; what is none comes as one of no known name."""
    return [
        Token(found[1], int(found[2]) if found[2] else None, found.start())
        for found in re.finditer(r"([A-Z][^A-Z0-9]*|[^A-Z]+?)(\d*)(?=[A-Z]|$)", mapping)
    ]


COUNT_OF_FIELD: Mapping[str, str] = {
    "channel": "channels",
    "pseudo_channel": "pseudo_channels",
    "rank": "ranks",
    "stack_id": "stack_ids",
    "bank_group": "bank_groups",
    "bank": "banks",
    "row": "rows",
    "column": "columns",
}
"""The key of a memory's configuration that says how many there are of a field."""


def is_power_of_two(count: int) -> bool:
    """Return whether ``count`` elements are numbered by bits without a number left over."""
    return count & (count - 1) == 0


def bits_of(count: int) -> int:
    """Return the address bits that number ``count`` elements, a power of two."""
    return count.bit_length() - 1
