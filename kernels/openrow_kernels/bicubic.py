"""Bicubic upsampling: PyTorch's interpolate(mode="bicubic") by a given scale factor.

    source = (output + 0.5) / scale - 0.5                      align_corners=False, 1 / scale rounded to fp32
    source = output x (size - 1) / (out size - 1)              align_corners=True

in fp32; out size = floor(size x scale). The taps are floor(source) - 1 ... + 2, clamped to the map, with the
weights of cubic convolution at A = -0.75 (Keys, "Cubic convolution interpolation for digital image
processing", 1981):

    near(d) = ((A + 2) d - (A + 3)) d^2 + 1        far(d) = ((A d - 5 A) d + 8 A) d - 4 A

Sums run along x first, then along y. Clamped taps are accesses like any other, so there are always sixteen.

Accesses of one output pixel, in order: the sixteen taps row by row (one run each where channels lie together,
else one for each channel), the output (written). Images come one after another.

Type int8: weights are rounded to 7 bits of fraction, the second of four taking up what rounding leaves so
that they sum to 1; products are summed in int32 and the output rounded to int8, halves up, and clipped.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from openrow_kernels import bicubic_compiled, noise
from openrow_kernels.compilation import read_only
from openrow_kernels.elements import INT8_VALUE_SCALE, bytes_of, store
from openrow_kernels.errors import KernelError
from openrow_kernels.kernel import Arrays, Chunk, Kernel, MapParameters, PositiveInt, chunk_buffers
from openrow_kernels.layout import Allocator, Tensor
from openrow_kernels.order import visiting_order
from openrow_kernels.overrides import Overrides, read_parameters
from openrow_kernels.sampling import FRACTION_BITS, to_int8

A = np.float32(-0.75)


class BicubicParameters(MapParameters):
    """A map and a scale."""

    batch: PositiveInt = 1
    """Maps."""
    channels: PositiveInt = 128
    """Channels of the map."""
    height: PositiveInt = 64
    """Pixels of the map, down."""
    width: PositiveInt = 64
    """Pixels of the map, across."""
    scale_factor: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 4.0
    """Output pixels a pixel of the map, in each direction."""
    align_corners: bool = False
    """Whether the centres of the corner pixels stay corners, or else their outer edges."""


@dataclass(frozen=True)
class Taps:
    """The taps of every output row (or column): places in the map and weights, both (outputs, 4)."""

    index: NDArray[np.int64]
    weight: NDArray[np.float32]


def build(preset: str | None, overrides: Overrides) -> "Bicubic":
    """Build ``bicubic-upsampling`` for the catalogue."""
    return Bicubic(read_parameters(BicubicParameters, {}, overrides, Bicubic.name), preset)


class Bicubic(Kernel):
    """The kernel ``bicubic-upsampling``."""

    name = "bicubic-upsampling"

    def __init__(self, parameters: BicubicParameters, preset: str | None = None) -> None:
        self.parameters: BicubicParameters = parameters
        p = parameters
        self.preset = preset
        self.out_shape = (int(p.height * p.scale_factor), int(p.width * p.scale_factor))
        if 0 in self.out_shape:
            raise KernelError(
                f"{self.name}: scale_factor={p.scale_factor} leaves nothing of {p.height} x {p.width}"
            )
        self.rows = cubic_taps(p.height, self.out_shape[0], p.scale_factor, p.align_corners)
        self.columns = cubic_taps(p.width, self.out_shape[1], p.scale_factor, p.align_corners)
        memory = Allocator()
        shape, out_shape = (p.batch, p.channels, p.height, p.width), (p.batch, p.channels, *self.out_shape)
        self.input = memory.tensor("input", shape, p.element, p.layout, p.layout_tile)
        self.output = memory.tensor("output", out_shape, p.element, p.layout, p.layout_tile)

    def tensors(self) -> tuple[Tensor, ...]:
        """Return input and output."""
        return self.input, self.output

    def total_entries(self) -> int:
        """Return how many entries the stream has, exactly."""
        return self.parameters.batch * self.out_shape[0] * self.out_shape[1] * self._entries_per_output()

    def inputs(self) -> Arrays:
        """Return input (batch, channels, height, width)."""
        p = self.parameters
        scale = np.float32(INT8_VALUE_SCALE if p.element == "int8" else 1)
        return {"input": store(noise.bell(p.seed, "input", self.input.shape) * scale, p.element)}

    def plain(self, inputs: Mapping[str, np.ndarray]) -> Arrays:
        """Return the output (batch, channels, out height, out width), by the definition."""
        upsample = plain_int8 if self.parameters.element == "int8" else plain_float
        return {"output": upsample(inputs["input"], self.rows, self.columns)}

    def compute(self, inputs: Mapping[str, np.ndarray]) -> Arrays:
        """Return the output (batch, channels, out height, out width), compiled."""
        upsample = _compiled_int8 if self.parameters.element == "int8" else _compiled_float
        images = [
            np.moveaxis(upsample(np.moveaxis(value, 0, -1), self.rows, self.columns), -1, 0)
            for value in inputs["input"]
        ]
        return {"output": np.stack(images)}

    def _entries_per_output(self) -> int:
        return 17 * self._runs()[0]

    def _runs(self) -> tuple[int, int]:
        """Return (runs, bytes of a run) of one pixel's channels."""
        channels, element = self.parameters.channels, bytes_of(self.parameters.element)
        return (channels, element) if self.parameters.layout == "nchw" else (1, channels * element)

    def _chunks(self, chunk_entries: int) -> Iterator[Chunk]:
        p = self.parameters
        order = visiting_order(p.order, *self.out_shape, p.order_tile)
        step = max(1, chunk_entries // self._entries_per_output())
        for image in range(p.batch):
            for first in range(0, len(order), step):
                yield self._chunk(image, order[first : first + step])

    def _chunk(self, image: int, pixels: NDArray[np.int64]) -> Chunk:
        element = bytes_of(self.parameters.element)
        source, target = self.input.placement(), self.output.placement()
        runs, run_bytes = self._runs()
        address, size, is_write = chunk_buffers(len(pixels) * self._entries_per_output())
        count = bicubic_compiled.addresses(
            read_only(pixels),
            read_only(self.input.base + (source.row[self.rows.index] + image * source.image_pitch) * element),
            read_only(source.column[self.columns.index] * element),
            read_only(self.output.base + (target.row + image * target.image_pitch) * element),
            read_only(target.column * element),
            runs,
            run_bytes,
            source.channel_pitch * element,
            target.channel_pitch * element,
            address,
            size,
            is_write,
        )
        return Chunk(address[:count], size[:count], is_write[:count])


def cubic_taps(size: int, out_size: int, scale_factor: float, align_corners: bool) -> Taps:
    """Return the taps of ``out_size`` outputs along an axis of ``size`` pixels."""
    output = np.arange(out_size, dtype=np.float32)
    if align_corners:
        source = output * (np.float32(size - 1) / np.float32(max(out_size - 1, 1)))
    else:
        half = np.float32(0.5)
        source = (output + half) * np.float32(1.0 / scale_factor) - half
    first = np.minimum(np.floor(source).astype(np.int64), size - 1)
    t = np.clip(source - first.astype(np.float32), np.float32(0), np.float32(1))
    one = np.float32(1)
    weight = np.stack([_far(t + one), _near(t), _near(one - t), _far(one - t + one)], axis=1)
    return Taps(np.clip(first[:, None] + np.arange(-1, 3), 0, size - 1), weight)


def _near(d: NDArray[np.float32]) -> NDArray[np.float32]:
    return ((A + np.float32(2)) * d - (A + np.float32(3))) * d * d + np.float32(1)


def _far(d: NDArray[np.float32]) -> NDArray[np.float32]:
    return ((A * d - np.float32(5) * A) * d + np.float32(8) * A) * d - np.float32(4) * A


def fixed_weights(weight: NDArray[np.float32]) -> NDArray[np.int32]:
    """Return weights (outputs, 4) in units of 1/128 that sum to 128."""
    fixed: NDArray[np.int32] = np.rint(weight * np.float32(1 << FRACTION_BITS)).astype(np.int32)
    fixed[:, 1] += np.int32(1 << FRACTION_BITS) - fixed.sum(axis=1, dtype=np.int32)
    return fixed


def plain_float(value: np.ndarray, rows: Taps, columns: Taps) -> np.ndarray:
    """Return ``value`` (batch, channels, height, width) of fp32 or fp16 upsampled, summed in fp32."""
    across = _summed(value.astype(np.float32)[..., columns.index], columns.weight)
    down = _summed(np.moveaxis(across, -2, -1)[..., rows.index], rows.weight)
    return np.moveaxis(down, -1, -2).astype(value.dtype)


def _summed(taps: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the weighted sum over the last axis, from the first tap to the last."""
    total = weight[:, 0] * taps[..., 0]
    for i in range(1, 4):
        total += weight[:, i] * taps[..., i]
    return total


def plain_int8(value: np.ndarray, rows: Taps, columns: Taps) -> np.ndarray:
    """Return ``value`` (batch, channels, height, width) of int8 upsampled, summed in int32."""
    taps = value.astype(np.int32)[:, :, rows.index[:, None, :, None], columns.index[None, :, None, :]]
    down, across = fixed_weights(rows.weight), fixed_weights(columns.weight)
    return to_int8(np.einsum("bcyxij,yi,xj->bcyx", taps, down, across), 2 * FRACTION_BITS)


def _compiled_float(value: np.ndarray, rows: Taps, columns: Taps) -> np.ndarray:
    out = np.empty((len(rows.index), len(columns.index), value.shape[2]), np.float32)
    bicubic_compiled.upsample(
        read_only(value.astype(np.float32)),
        read_only(rows.index),
        read_only(columns.index),
        read_only(rows.weight),
        read_only(columns.weight),
        out,
    )
    return out.astype(value.dtype)


def _compiled_int8(value: np.ndarray, rows: Taps, columns: Taps) -> np.ndarray:
    out = np.empty((len(rows.index), len(columns.index), value.shape[2]), np.int32)
    bicubic_compiled.upsample_fixed(
        read_only(value),
        read_only(rows.index),
        read_only(columns.index),
        read_only(fixed_weights(rows.weight)),
        read_only(fixed_weights(columns.weight)),
        out,
    )
    return to_int8(out, 2 * FRACTION_BITS)
