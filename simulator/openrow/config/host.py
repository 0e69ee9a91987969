"""The typed model of a host: a GPU or CPU with its caches in front of the memory.

A host computes at a rate, moves bytes through its caches at a rate, and what its caches miss goes to the
memory of the same architecture. The files in ``arch_configs/host`` name the source of every figure.
"""

from typing import Annotated

from pydantic import Field

from openrow.config.base import Choice, PositiveInt, PowerOfTwo, Section

PositiveFloat = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(gt=0, le=1)]
"""A part of a peak that is reached."""


class WritePolicy(Choice):
    """What a cache does with writes."""

    WRITE_BACK = "write-back"
    WRITE_THROUGH = "write-through"


class SetIndex(Choice):
    """Which set of a cache a line belongs to."""

    MODULO = "modulo"
    XOR_FOLDED = "xor-folded"


class CacheConfig(Section):
    """A set-associative, sectored cache with least-recently-used replacement.

    A line has one tag and is fetched sector by sector, as it is needed. The number of sets follows from size,
    line and ways, and need not be a power of two.
    """

    size_bytes: PositiveInt
    """Capacity of one instance."""
    line_bytes: PowerOfTwo = 128
    """Bytes that share a tag."""
    sector_bytes: PowerOfTwo = 32
    """Bytes that are fetched, valid and dirty together; as many as a line for a cache without sectors."""
    ways: Annotated[int, Field(gt=0, le=1024)]
    """Lines of a set."""
    index: SetIndex = SetIndex.MODULO
    """Set of a line number: its remainder, or that of its XOR with its own higher bits, piece by piece."""
    write: WritePolicy = WritePolicy.WRITE_BACK
    """``write-back`` keeps written sectors until their line is replaced and makes room for lines written
    (write-allocate); ``write-through`` passes all writes on and makes room for lines read alone."""
    instances: Annotated[int, Field(gt=0, le=4096)] = 1
    """Caches of this kind side by side, such as one for each multiprocessor."""
    dealt_entries: PositiveInt = 1
    """Consecutive entries of the address stream that one instance gets before the next has its turn."""
    bandwidth_gb_per_s: PositiveFloat
    """What all instances together deliver."""
    efficiency: Share = 1.0
    """Share of that bandwidth which a kernel can reach."""
    energy_pj_per_byte: NotNegative
    """Energy of a byte moved between this cache and what is above it."""


class ComputeConfig(Section):
    """Arithmetic of the host. A multiplication with its addition is two operations."""

    vector_gflop_per_s: PositiveFloat
    """Peak of the general arithmetic units (CUDA cores, SIMD lanes)."""
    matrix_gflop_per_s: PositiveFloat | None = None
    """Peak of the matrix units (tensor cores); absent where there are none."""
    efficiency: Share = 1.0
    """Share of the peak which a kernel can reach."""
    energy_pj_per_flop: NotNegative
    """Energy of one operation; what an instruction costs beside its arithmetic is in ``power_w`` alone."""


class HostConfig(Section):
    """A host: arithmetic, one or two levels of cache, and the memory behind them."""

    name: str
    """What results call it."""
    source: str
    """Where the figures come from."""
    compute: ComputeConfig
    """Arithmetic."""
    l1: CacheConfig | None = None
    """The first level, where there is one to be simulated."""
    l2: CacheConfig
    """The last level, shared by all."""
    window: PositiveInt
    """Requests outstanding at once at each memory channel: the miss buffers of the part of the last level
    that belongs to the channel."""
    flush: bool = True
    """Whether written sectors that are still cached when a kernel ends are written back and charged to it."""
    launch_ns: NotNegative = 0.0
    """Time before a kernel starts."""
    power_w: PositiveFloat | None = None
    """Power of the whole board, for the energy that a comparison by board power gives."""
