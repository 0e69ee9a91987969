"""The language of address mappings: tokens from the top bit, such as ``RoBaBgCo``, or bits for each field.

The bits below those of a mapping number the bytes of a burst. A field with one element takes no bits, and its
token may be left out. Columns count in bursts.
"""

from collections.abc import Mapping

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


def bits_of(count: int) -> int:
    """Return the address bits that number ``count`` elements, a power of two."""
    return count.bit_length() - 1
