"""Bit-sliced matrix multiplication: the integer product C = X W, done on slices of a few bits.

X (m, k) and W (k, n) hold two's complement integers of as many bits as their slices together. Slices are
given by their widths, the most significant first; the first is the sign and 1 bit wide. With off_i the bits
below slice i,

    slice i of u = (u >> off_i) & (2^width_i - 1),    its weight 2^off_i, that of the sign slice -2^off_i

and the product is the sum, over pairs of slices and blocks of ``tile_k`` along k, of the partial products
times both weights: exactly the product of the integers. This is how crossbars and bit-serial memory arrays
multiply (Shafiee et al., "ISAAC", ISCA 2016); levels of cells and converters are not modelled here.

Each slice is a matrix of its own in memory, packed to its bits. C is stored in int32. The accesses are those
of ``tiled_product``: a tile brings all its slices.
"""

from collections.abc import Iterator, Mapping
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from openrow_kernels import noise, product_compiled
from openrow_kernels.compilation import read_only
from openrow_kernels.elements import SLICE_NAMES
from openrow_kernels.errors import KernelError
from openrow_kernels.kernel import Arrays, Chunk, Kernel
from openrow_kernels.layout import Allocator, MatrixLayout, Tensor
from openrow_kernels.overrides import Overrides, read_parameters
from openrow_kernels.tiled_product import MatrixParameters, Operand, Step, TiledProduct

MOST_BITS = 16


class BitSlicedParameters(MatrixParameters):
    """A matrix product and the slices of its operands."""

    x_slices: tuple[int, ...] = (1, 1, 2, 4)
    """Bits of the slices of X (the A of the layouts), the most significant first; the first is the sign, 1
    bit."""
    w_slices: tuple[int, ...] = (1, 1, 2, 4)
    """Bits of the slices of W (the B of the layouts)."""


def build(preset: str | None, overrides: Overrides) -> "BitSlicedGemm":
    """Build ``bit-sliced-gemm`` for the catalogue."""
    return BitSlicedGemm(read_parameters(BitSlicedParameters, {}, overrides, BitSlicedGemm.name), preset)


class BitSlicedGemm(Kernel):
    """The kernel ``bit-sliced-gemm``."""

    name = "bit-sliced-gemm"

    def __init__(self, parameters: BitSlicedParameters, preset: str | None = None) -> None:
        self.parameters: BitSlicedParameters = parameters
        p = parameters
        self.preset = preset
        self._check()
        memory = Allocator()
        self.x = self._planes("x", p.x_slices, (p.m, p.k), p.a_layout, memory)
        self.w = self._planes("w", p.w_slices, (p.k, p.n), p.b_layout, memory)
        self.c = memory.tensor("c", (p.m, p.n), "int32", p.c_layout, p.layout_tile)
        self._product = TiledProduct(
            p,
            Operand(self.x, (p.tile_m, p.tile_k)),
            Operand(self.w, (p.tile_k, p.tile_n)),
            Operand((self.c,), (p.tile_m, p.tile_n)),
        )

    def tensors(self) -> tuple[Tensor, ...]:
        """Return the slices of X, those of W, and C."""
        return (*self.x, *self.w, self.c)

    def total_entries(self) -> int:
        """Return how many entries the stream has, exactly."""
        return self._product.total_entries()

    def integers(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the seeded integers X (m, k) and W (k, n), uniform over their whole range."""
        p = self.parameters
        return (
            self._uniform("x", sum(p.x_slices), (p.m, p.k)),
            self._uniform("w", sum(p.w_slices), (p.k, p.n)),
        )

    def inputs(self) -> Arrays:
        """Return the slices ``x.0``, ``x.1``, ... (m, k) and ``w.0``, ... (k, n), unsigned, most significant
        first."""
        x, w = self.integers()
        slices = [*sliced(x, self.parameters.x_slices), *sliced(w, self.parameters.w_slices)]
        return {tensor.name: plane for tensor, plane in zip((*self.x, *self.w), slices, strict=True)}

    def plain(self, inputs: Mapping[str, np.ndarray]) -> Arrays:
        """Return C (m, n) in int32, by the definition."""
        p = self.parameters
        total = np.zeros(self.c.shape, np.int64)
        for first in range(0, p.k, p.tile_k):
            block = slice(first, first + p.tile_k)
            for x, x_weight in zip(self.x, slice_weights(p.x_slices), strict=True):
                for w, w_weight in zip(self.w, slice_weights(p.w_slices), strict=True):
                    levels = inputs[x.name][:, block].astype(np.int64)
                    total += x_weight * w_weight * (levels @ inputs[w.name][block].astype(np.int64))
        return {"c": total.astype(np.int32)}

    def compute(self, inputs: Mapping[str, np.ndarray]) -> Arrays:
        """Return C (m, n) in int32, compiled."""
        p = self.parameters
        total = np.zeros(self.c.shape, np.int64)
        product_compiled.multiply_sliced(
            read_only(np.stack([inputs[plane.name] for plane in self.x])),
            read_only(np.stack([inputs[plane.name] for plane in self.w])),
            read_only(slice_weights(p.x_slices)),
            read_only(slice_weights(p.w_slices)),
            p.tile_k,
            total,
        )
        return {"c": total.astype(np.int32)}

    def each_step(self) -> Iterator[Step]:
        """Yield the product tile by tile, each with the accesses that it needs."""
        return self._product.each_step()

    def _chunks(self, chunk_entries: int) -> Iterator[Chunk]:
        return self._product.chunks(chunk_entries)

    def _check(self) -> None:
        p = self.parameters
        wrong = [
            f"{self.name}: {name}={','.join(map(str, widths))}: {problem}"
            for name, widths in (("x_slices", p.x_slices), ("w_slices", p.w_slices))
            if (problem := _slice_problem(widths))
        ]
        if wrong:
            raise KernelError("\n".join(wrong))
        largest = p.k << (sum(p.x_slices) + sum(p.w_slices) - 2)
        if largest >= 1 << 31:
            raise KernelError(
                f"{self.name}: sums up to {largest} do not fit int32; take a smaller k or fewer bits"
            )

    def _planes(
        self,
        name: str,
        widths: tuple[int, ...],
        shape: tuple[int, int],
        layout: MatrixLayout,
        memory: Allocator,
    ) -> tuple[Tensor, ...]:
        return tuple(
            memory.tensor(f"{name}.{i}", shape, SLICE_NAMES[width - 1], layout, self.parameters.layout_tile)
            for i, width in enumerate(widths)
        )

    def _uniform(self, name: str, bits: int, shape: tuple[int, int]) -> NDArray[np.int64]:
        counters = np.arange(shape[0] * shape[1], dtype=np.uint64)
        drawn = noise.bits(noise.key_of(self.parameters.seed, name), counters) >> np.uint64(64 - bits)
        return drawn.astype(np.int64).reshape(shape) - (1 << (bits - 1))


def _slice_problem(widths: tuple[int, ...]) -> str | None:
    if not widths or widths[0] != 1:
        return "the first slice is the sign and must be 1 bit wide"
    if not all(1 <= width <= 8 for width in widths):
        return "slices are 1 to 8 bits wide"
    if sum(widths) > MOST_BITS:
        return f"slices must have at most {MOST_BITS} bits together (got {sum(widths)})"
    return None


def offsets_below(widths: tuple[int, ...]) -> list[int]:
    """Return the bits below each slice."""
    return list(accumulate(reversed(widths[1:]), initial=0))[::-1]


def slice_weights(widths: tuple[int, ...]) -> NDArray[np.int64]:
    """Return the weight of each slice, that of the sign negative."""
    weights = np.array([1 << offset for offset in offsets_below(widths)], np.int64)
    weights[0] = -weights[0]
    return weights


def sliced(values: NDArray[np.int64], widths: tuple[int, ...]) -> list[NDArray[np.uint8]]:
    """Return the slices of two's complement ``values``, most significant first."""
    return [
        ((values >> offset) & ((1 << width) - 1)).astype(np.uint8)
        for offset, width in zip(offsets_below(widths), widths, strict=True)
    ]
