"""Where the elements of a tensor lie.

Every layout here is separable: the place of pixel (y, x) is ``row[y] + column[x]``. A layout is therefore no
code but two tables, and the compiled address streams are the same for all of them:

    element (n, c, y, x)  ->  n * image_pitch + row[y] + column[x] + c * channel_pitch      (in elements)

=============  ==============================================================================================
nchw           planes of one channel each, rows of a plane one after another
nhwc           rows of pixels, the channels of a pixel together
tiled          tiles in raster order, pixels of a tile in raster order, channels together; the map is
               padded to whole tiles
morton         pixels along a Z curve (bits of x and y interleaved, x lowest), channels together; both sides
               are padded to powers of two, and the surplus bits of the longer side stand above the others
row-major      any number of axes, the last one contiguous
column-major   a matrix whose columns are contiguous
=============  ==============================================================================================

A matrix is a map of one image and one channel: ``tiled`` and ``morton`` serve it as they stand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.elements import StoredName, bits_of, dtype_of
from openrow_kernels.errors import KernelError

MapLayout: TypeAlias = Literal["nchw", "nhwc", "tiled", "morton"]
MatrixLayout: TypeAlias = Literal["row-major", "column-major", "tiled", "morton"]
TensorLayout: TypeAlias = MapLayout | MatrixLayout

ALIGNMENT_BYTES = 4096
"""Every tensor starts on a multiple of this: a page, and a whole number of DRAM bursts and row buffers'
bursts."""


@dataclass(frozen=True)
class Placement:
    """A layout applied to a shape, in elements: see the module's formula."""

    row: NDArray[np.int64]
    column: NDArray[np.int64]
    channel_pitch: int
    image_pitch: int
    elements: int
    """Elements of the whole tensor, padding included."""


@dataclass(frozen=True)
class Tensor:
    """A tensor in the kernel's address space.

    ``shape`` is (images, channels, height, width) for a map, (rows, columns) for a matrix, and anything for a
    row-major tensor; ``base`` the address of its first byte; ``tile`` (height, width) counts for ``tiled``
    alone.
    """

    name: str
    base: int
    shape: tuple[int, ...]
    element: StoredName
    layout: TensorLayout
    tile: tuple[int, int] = (1, 1)

    @property
    def size_bytes(self) -> int:
        """Bytes the tensor takes, padding of its layout included."""
        elements = prod(self.shape) if self.layout == "row-major" else self.placement().elements
        return -(-elements * bits_of(self.element) // 8)

    @property
    def end(self) -> int:
        """The address after the last byte."""
        return self.base + self.size_bytes

    def placement(self) -> Placement:
        """Return the tables of a map or a matrix.

        Raises
        ------
        KernelError
            If the tensor is neither.
        """
        return place(self.shape, self.layout, self.tile)

    def bit_offsets(self) -> NDArray[np.int64]:
        """Return the first bit of every element, counted from ``base``, in the shape of the tensor."""
        if self.layout == "row-major":
            index = np.arange(prod(self.shape), dtype=np.int64).reshape(self.shape)
        else:
            index = _element_index(self.shape, self.placement())
        return index * bits_of(self.element)

    def pack(self, values: np.ndarray) -> NDArray[np.uint8]:
        """Lay ``values`` out as the tensor's bytes; padding is zero."""
        bits, offsets = bits_of(self.element), self.bit_offsets()
        if bits % 8 == 0:
            stored = np.zeros(self.size_bytes * 8 // bits, dtype_of(self.element))
            stored[offsets // bits] = values
            return stored.view(np.uint8)
        single = np.zeros(self.size_bytes * 8, np.uint8)
        for bit in range(bits):
            single[offsets + bit] = (values >> bit) & 1
        return np.packbits(single, bitorder="little")

    def unpack(self, memory: NDArray[np.uint8]) -> np.ndarray:
        """Read the tensor's values back from its bytes: the inverse of :meth:`pack`."""
        bits, offsets = bits_of(self.element), self.bit_offsets()
        if bits % 8 == 0:
            whole: np.ndarray = memory.view(dtype_of(self.element))[offsets // bits]
            return whole
        single = np.unpackbits(memory, bitorder="little")
        values = np.zeros(self.shape, np.uint8)
        for bit in range(bits):
            values |= single[offsets + bit] << bit
        return values

    def describe(self) -> dict[str, Any]:
        """Return the tensor's record for metadata."""
        record: dict[str, Any] = {
            "name": self.name,
            "base": self.base,
            "shape": list(self.shape),
            "element": self.element,
            "layout": self.layout,
            "size_bytes": self.size_bytes,
        }
        if self.layout == "tiled":
            record["tile"] = list(self.tile)
        return record


class Allocator:
    """Gives tensors their bases: in the order asked for, each on the next multiple of ``ALIGNMENT_BYTES``."""

    def __init__(self, base: int = 0) -> None:
        self._next = base
        self._tensors: list[Tensor] = []

    def tensor(
        self,
        name: str,
        shape: tuple[int, ...],
        element: StoredName,
        layout: TensorLayout = "row-major",
        tile: tuple[int, int] = (1, 1),
    ) -> Tensor:
        """Place one more tensor."""
        placed = Tensor(name, self._next, shape, element, layout, tile)
        self._next = -(-placed.end // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
        self._tensors.append(placed)
        return placed

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self._tensors)


def place(shape: tuple[int, ...], layout: TensorLayout, tile: tuple[int, int] = (1, 1)) -> Placement:
    """Return the tables of ``layout`` for a map (images, channels, height, width) or a matrix (rows,
    columns)."""
    if len(shape) == 2:
        images, channels, (height, width) = 1, 1, shape
    elif len(shape) == 4 and layout not in ("row-major", "column-major"):
        images, channels, height, width = shape
    else:
        raise KernelError(f"layout {layout!r} does not apply to a tensor of shape {shape}")
    rows, columns, pixels = pixel_tables(layout, height, width, tile)
    if layout == "nchw":
        return Placement(rows, columns, pixels, pixels * channels, pixels * channels * images)
    pitch = pixels * channels
    return Placement(rows * channels, columns * channels, 1, pitch, pitch * images)


def pixel_tables(
    layout: str, height: int, width: int, tile: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return (row table, column table, pixels with padding) for pixels of one element each."""
    y = np.arange(height, dtype=np.int64)
    x = np.arange(width, dtype=np.int64)
    if layout == "morton":
        y_bits, x_bits = (height - 1).bit_length(), (width - 1).bit_length()
        shared = min(y_bits, x_bits)
        return _spread(y, y_bits, shared, 1), _spread(x, x_bits, shared, 0), 1 << (y_bits + x_bits)
    if layout == "tiled":
        tile_height, tile_width = tile
        across, down = -(-width // tile_width), -(-height // tile_height)
        area = tile_height * tile_width
        rows = (y // tile_height) * across * area + (y % tile_height) * tile_width
        return rows, (x // tile_width) * area + x % tile_width, across * down * area
    if layout == "column-major":
        return y, x * height, height * width
    return y * width, x, height * width


def _spread(values: NDArray[np.int64], bits: int, shared: int, lane: int) -> NDArray[np.int64]:
    """Put bit i on place 2 i + lane while both sides have bits, the surplus bits above the interleaved
    ones."""
    spread = np.zeros_like(values)
    for bit in range(bits):
        target = 2 * bit + lane if bit < shared else shared + bit
        spread |= ((values >> bit) & 1) << target
    return spread


def _element_index(shape: tuple[int, ...], placement: Placement) -> NDArray[np.int64]:
    pixel = placement.row[:, None] + placement.column[None, :]
    if len(shape) == 2:
        return pixel
    images, channels, _, _ = shape
    image = np.arange(images, dtype=np.int64)[:, None, None, None] * placement.image_pitch
    channel = np.arange(channels, dtype=np.int64)[:, None, None] * placement.channel_pitch
    return image + channel + pixel
