"""Address vectors: indices, one a level of the memory, in place of a flat address."""

import math
from dataclasses import dataclass

from openrow_traces.errors import TraceError

DEFAULT_COLUMN_BYTES = 8
_EXAMPLE = "channel:1,rank:1,bank_group:4,bank:4,row:65536,column:1024"


@dataclass(frozen=True)
class Levels:
    """The levels of a memory from the outside in, and how vectors become addresses.

    The address of (i1, i2, ..., in) is (((i1 x n2 + i2) x n3 + i3) ... x nn + in) x ``column_bytes``: the
    first level varies slowest, the last fastest. Sizes need not be powers of two. A memory mapped in the same
    order, from the top bit down, so finds each entry where the vector put it.
    """

    names: tuple[str, ...]
    sizes: tuple[int, ...]
    column_bytes: int = DEFAULT_COLUMN_BYTES
    """Bytes of one step of the last level: for a column the width of the data bus."""

    @property
    def total_bytes(self) -> int:
        """Bytes of the whole memory."""
        return math.prod(self.sizes) * self.column_bytes

    def __str__(self) -> str:
        return ",".join(f"{name}:{size}" for name, size in zip(self.names, self.sizes, strict=True))


def parse_levels(text: str, column_bytes: int = DEFAULT_COLUMN_BYTES) -> Levels:
    """Return the levels that ``text`` lists as ``name:size`` with commas between, from the outside in.

    Raises
    ------
    TraceError
        If a part is no name and size, a size is below 1, a name comes twice, or the memory is beyond 64-bit
        addresses.
    """
    names: list[str] = []
    sizes: list[int] = []
    for part in text.split(","):
        name, _, size = (piece.strip() for piece in part.partition(":"))
        if not name or not size.isascii() or not size.isdecimal() or int(size) < 1:
            raise TraceError(f"--levels: '{part.strip()}' is no level; write name:size, as in {_EXAMPLE}")
        if name in names:
            raise TraceError(f"--levels: '{name}' is there twice")
        names.append(name)
        sizes.append(int(size))
    if column_bytes < 1:
        raise TraceError(f"--column-bytes must be at least 1, not {column_bytes}")
    levels = Levels(tuple(names), tuple(sizes), column_bytes)
    if levels.total_bytes > 2**64:
        raise TraceError(f"--levels: {levels} with {column_bytes} bytes a column is beyond 64-bit addresses")
    return levels
