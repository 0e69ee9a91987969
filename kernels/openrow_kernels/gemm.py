"""Plain matrix multiplication, C (m, n) = A (m, k) B (k, n), blocked.

Sums run along k in ascending order, whatever the loop order: fp32 and fp16 are summed in fp32, int8 in int32,
and C is stored as it is summed, so that partial sums lose nothing on their way to memory and back. The
accesses are those of ``tiled_product``.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from openrow_kernels import noise, product_compiled
from openrow_kernels.compilation import read_only
from openrow_kernels.elements import INT8_VALUE_SCALE, ElementName, StoredName, store
from openrow_kernels.errors import KernelError
from openrow_kernels.kernel import Arrays, Chunk, Kernel
from openrow_kernels.layout import Allocator, Tensor
from openrow_kernels.overrides import Overrides, read_parameters
from openrow_kernels.tiled_product import MatrixParameters, Operand, TiledProduct

SUMMED: dict[ElementName, StoredName] = {"fp32": "fp32", "fp16": "fp32", "int8": "int32"}

LONGEST_INT8_SUM = (1 << 31) // (128 * 128) - 1
"""The largest k for which no int32 sum of int8 products can overflow."""


class GemmParameters(MatrixParameters):
    """A matrix product and its element type."""

    element: ElementName = "fp16"
    """How the elements of A and B are stored."""


def build(preset: str | None, overrides: Overrides) -> "Gemm":
    """Build ``gemm`` for the catalogue."""
    return Gemm(read_parameters(GemmParameters, {}, overrides, Gemm.name), preset)


class Gemm(Kernel):
    """The kernel ``gemm``."""

    name = "gemm"

    def __init__(self, parameters: GemmParameters, preset: str | None = None) -> None:
        self.parameters: GemmParameters = parameters
        p = parameters
        self.preset = preset
        if p.element == "int8" and p.k > LONGEST_INT8_SUM:
            raise KernelError(
                f"{self.name}: k={p.k} may overflow int32 sums; element=int8 takes k up to {LONGEST_INT8_SUM}"
            )
        memory = Allocator()
        self.a = memory.tensor("a", (p.m, p.k), p.element, p.a_layout, p.layout_tile)
        self.b = memory.tensor("b", (p.k, p.n), p.element, p.b_layout, p.layout_tile)
        self.c = memory.tensor("c", (p.m, p.n), SUMMED[p.element], p.c_layout, p.layout_tile)
        self._product = TiledProduct(
            p,
            Operand((self.a,), (p.tile_m, p.tile_k)),
            Operand((self.b,), (p.tile_k, p.tile_n)),
            Operand((self.c,), (p.tile_m, p.tile_n)),
        )

    def tensors(self) -> tuple[Tensor, ...]:
        """Return A, B and C."""
        return self.a, self.b, self.c

    def total_entries(self) -> int:
        """Return how many entries the stream has, exactly."""
        return self._product.total_entries()

    def inputs(self) -> Arrays:
        """Return seeded A (m, k) and B (k, n)."""
        p = self.parameters
        scale = np.float32(INT8_VALUE_SCALE if p.element == "int8" else 1)
        return {
            tensor.name: store(noise.bell(p.seed, tensor.name, tensor.shape) * scale, p.element)
            for tensor in (self.a, self.b)
        }

    def plain(self, inputs: Mapping[str, np.ndarray]) -> Arrays:
        """Return C (m, n), by the definition."""
        kind = np.int32 if self.parameters.element == "int8" else np.float32
        a, b = inputs["a"].astype(kind), inputs["b"].astype(kind)
        c = np.zeros(self.c.shape, kind)
        for index in range(self.parameters.k):
            c += a[:, index, None] * b[index]
        return {"c": c}

    def compute(self, inputs: Mapping[str, np.ndarray]) -> Arrays:
        """Return C (m, n), compiled."""
        if self.parameters.element == "int8":
            sums = np.zeros(self.c.shape, np.int32)
            product_compiled.multiply_int8(read_only(inputs["a"]), read_only(inputs["b"]), sums)
            return {"c": sums}
        c = np.zeros(self.c.shape, np.float32)
        a, b = (read_only(inputs[name].astype(np.float32)) for name in ("a", "b"))
        product_compiled.multiply_float(a, b, c)
        return {"c": c}

    def _chunks(self, chunk_entries: int) -> Iterator[Chunk]:
        return self._product.chunks(chunk_entries)
