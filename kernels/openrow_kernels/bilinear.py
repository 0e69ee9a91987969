"""Bilinear sampling of a feature map at a grid of coordinates: PyTorch's grid_sample(mode="bilinear").

    x = ((grid_x + 1) x width - 1) / 2          align_corners=False
    x = (grid_x + 1) / 2 x (width - 1)          align_corners=True

in fp32, and y likewise; padding ``border`` then clamps them to the map, padding ``zeros`` leaves out the
neighbours outside. Weights are (x1 - x)(y1 - y) and so on, sums run over nw, ne, sw, se in this order.

Accesses of one output pixel, in order: its two coordinates (one run), the neighbours inside the map (nw, ne,
sw, se; one run each where channels lie together, else one for each channel), its output (written). Images
come one after another.

Type int8: see ``sampling``; the output is rounded to int8, halves up.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from openrow_kernels import bilinear_compiled, noise
from openrow_kernels.compilation import read_only
from openrow_kernels.elements import INT8_VALUE_SCALE, bytes_of, store
from openrow_kernels.kernel import Arrays, Chunk, Kernel, MapParameters, PositiveInt, chunk_buffers
from openrow_kernels.layout import Allocator, Tensor
from openrow_kernels.order import visiting_order
from openrow_kernels.overrides import Overrides, read_parameters
from openrow_kernels.sampling import FRACTION_BITS, centred, cornered, sample, sample_fixed, to_int8

_UNNORMALISED = {False: centred, True: cornered}


class SamplingParameters(MapParameters):
    """How a grid is read."""

    align_corners: bool = False
    """Whether -1 and 1 are the centres of the outermost pixels, or else their outer edges."""
    padding: Literal["zeros", "border"] = "zeros"
    """What lies outside the map: ``zeros``, which are no accesses, or its ``border``."""
    grid_element: Literal["fp32", "fp16"] = "fp32"
    """How coordinates are stored; they are computed with in fp32."""


class BilinearParameters(SamplingParameters):
    """A synthetic warp: the map turned and zoomed about its centre, with seeded noise."""

    batch: PositiveInt = 1
    """Maps."""
    channels: PositiveInt = 64
    """Channels of the map."""
    height: PositiveInt = 128
    """Pixels of the map, down."""
    width: PositiveInt = 128
    """Pixels of the map, across."""
    out_height: PositiveInt = 128
    """Pixels of the output, down."""
    out_width: PositiveInt = 128
    """Pixels of the output, across."""
    rotation_deg: Annotated[float, Field(allow_inf_nan=False)] = 15.0
    """Turn of the map about its centre."""
    zoom: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    """Distance of neighbouring samples, as a multiple of the one that covers the map exactly."""
    jitter_px: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.5
    """Standard deviation of the noise on each coordinate, in pixels of the map."""


class Scene(Protocol):
    """Where the map and the grid come from."""

    shape: tuple[int, int, int, int]
    """(batch, channels, height, width) of the map."""
    out_shape: tuple[int, int]
    """(height, width) of the output."""

    def image(self) -> NDArray[np.float32]:
        """Return the map, before it is rounded to its element type."""

    def grid(self, image: int, pixels: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the coordinates (pixels, 2: x, y) in -1..1 of the given output pixels of ``image``."""


class SyntheticScene:
    """Seeded noise, turned and zoomed."""

    def __init__(self, parameters: BilinearParameters) -> None:
        p = self.parameters = parameters
        self.shape = (p.batch, p.channels, p.height, p.width)
        self.out_shape = (p.out_height, p.out_width)

    def image(self) -> NDArray[np.float32]:
        """Return normal numbers, scaled to the range of the element type."""
        scale = INT8_VALUE_SCALE if self.parameters.element == "int8" else 1
        return noise.bell(self.parameters.seed, "input", self.shape) * np.float32(scale)

    def grid(self, image: int, pixels: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the turned and zoomed grid; the turn is in the grid's own square coordinates, as in
        affine_grid."""
        p = self.parameters
        u = _regular(pixels % p.out_width, p.out_width, p.align_corners) * p.zoom
        v = _regular(pixels // p.out_width, p.out_height, p.align_corners) * p.zoom
        cos, sin = np.cos(np.deg2rad(p.rotation_deg)), np.sin(np.deg2rad(p.rotation_deg))
        rows = pixels + image * p.out_height * p.out_width
        jitter = noise.bell_rows(p.seed, "grid", rows, 2) * np.float32(2 * p.jitter_px)
        x = (cos * u - sin * v).astype(np.float32) + jitter[:, 0] / np.float32(p.width)
        y = (sin * u + cos * v).astype(np.float32) + jitter[:, 1] / np.float32(p.height)
        return np.stack([x, y], axis=1)


def _regular(index: NDArray[np.int64], size: int, align_corners: bool) -> NDArray[np.float64]:
    """Return the coordinate in -1..1 of pixel ``index`` of ``size``."""
    if align_corners:
        return 2.0 * index / max(size - 1, 1) - 1.0
    return (2.0 * index + 1.0) / size - 1.0


def build(preset: str | None, overrides: Overrides) -> "Bilinear":
    """Build ``bilinear`` for the catalogue."""
    parameters = read_parameters(BilinearParameters, {}, overrides, Bilinear.name)
    return Bilinear(parameters, SyntheticScene(parameters), preset)


class Bilinear(Kernel):
    """The kernel ``bilinear``."""

    name = "bilinear"

    def __init__(self, parameters: SamplingParameters, scene: Scene, preset: str | None = None) -> None:
        self.parameters: SamplingParameters = parameters
        self.preset = preset
        self.scene = scene
        p, memory = parameters, Allocator()
        batch, channels, _, _ = scene.shape
        self.input = memory.tensor("input", scene.shape, p.element, p.layout, p.layout_tile)
        self.grid = memory.tensor("grid", (batch, *scene.out_shape, 2), p.grid_element)
        self.output = memory.tensor(
            "output", (batch, channels, *scene.out_shape), p.element, p.layout, p.layout_tile
        )

    def tensors(self) -> tuple[Tensor, ...]:
        """Return input, grid and output."""
        return self.input, self.grid, self.output

    def total_samples(self) -> int:
        """Return the samples of all images."""
        return self.scene.shape[0] * self.scene.out_shape[0] * self.scene.out_shape[1]

    def total_entries(self) -> int:
        """Return how many entries the stream has if every neighbour lies inside the map."""
        return self.total_samples() * self._entries_per_output()

    def inputs(self) -> Arrays:
        """Return input (batch, channels, height, width) and grid (batch, out height, out width, 2)."""
        pixels = np.arange(self.scene.out_shape[0] * self.scene.out_shape[1], dtype=np.int64)
        grids = [self._grid(image, pixels) for image in range(self.scene.shape[0])]
        return {
            "input": store(self.scene.image(), self.parameters.element),
            "grid": np.stack(grids).reshape(self.grid.shape),
        }

    def plain(self, inputs: Mapping[str, np.ndarray]) -> Arrays:
        """Return the output (batch, channels, out height, out width), by the definition."""
        p = self.parameters
        return {"output": grid_sample(inputs["input"], inputs["grid"], p.align_corners, p.padding)}

    def compute(self, inputs: Mapping[str, np.ndarray]) -> Arrays:
        """Return the output (batch, channels, out height, out width), compiled."""
        resample = _compiled_int8 if self.parameters.element == "int8" else _compiled_float
        images = []
        for value, grid in zip(inputs["input"], inputs["grid"], strict=True):
            x, y = self._coordinates(grid.reshape(-1, 2))
            images.append(resample(np.moveaxis(value, 0, -1), x, y).T.reshape(self.output.shape[1:]))
        return {"output": np.stack(images)}

    def _grid(self, image: int, pixels: NDArray[np.int64]) -> np.ndarray:
        return store(self.scene.grid(image, pixels), self.parameters.grid_element)

    def _coordinates(self, grid: np.ndarray) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        _, _, height, width = self.scene.shape
        p = self.parameters
        return (
            pixel_coordinate(grid[..., 0], width, p.align_corners, p.padding),
            pixel_coordinate(grid[..., 1], height, p.align_corners, p.padding),
        )

    def _entries_per_output(self) -> int:
        return 1 + 5 * self._runs()[0]

    def _runs(self) -> tuple[int, int]:
        """Return (runs, bytes of a run) of one pixel's channels."""
        channels, element = self.scene.shape[1], bytes_of(self.parameters.element)
        return (channels, element) if self.parameters.layout == "nchw" else (1, channels * element)

    def _chunks(self, chunk_entries: int) -> Iterator[Chunk]:
        p = self.parameters
        order = visiting_order(p.order, *self.scene.out_shape, p.order_tile)
        step = max(1, chunk_entries // self._entries_per_output())
        for image in range(self.scene.shape[0]):
            for first in range(0, len(order), step):
                yield self._chunk(image, order[first : first + step])

    def _chunk(self, image: int, pixels: NDArray[np.int64]) -> Chunk:
        x, y = self._coordinates(self._grid(image, pixels))
        element = bytes_of(self.parameters.element)
        source, target = self.input.placement(), self.output.placement()
        out_width = self.scene.out_shape[1]
        grid_bytes = 2 * bytes_of(self.parameters.grid_element)
        outputs = target.row[pixels // out_width] + target.column[pixels % out_width]
        runs, run_bytes = self._runs()
        address, size, is_write = chunk_buffers(len(pixels) * self._entries_per_output())
        count = bilinear_compiled.addresses(
            read_only(x),
            read_only(y),
            read_only(self.grid.base + (pixels + image * len_of(self.scene.out_shape)) * grid_bytes),
            grid_bytes,
            read_only(self.input.base + (source.row + image * source.image_pitch) * element),
            read_only(source.column * element),
            read_only(self.output.base + (outputs + image * target.image_pitch) * element),
            runs,
            run_bytes,
            source.channel_pitch * element,
            target.channel_pitch * element,
            address,
            size,
            is_write,
        )
        return Chunk(address[:count], size[:count], is_write[:count])


def len_of(shape: tuple[int, int]) -> int:
    """Return the pixels of a map of (height, width)."""
    return shape[0] * shape[1]


def pixel_coordinate(grid: np.ndarray, size: int, align_corners: bool, padding: str) -> NDArray[np.float32]:
    """Return where ``grid`` in -1..1 lies in pixels, in fp32; padding ``border`` clamps it to the map."""
    coordinate = _UNNORMALISED[align_corners](grid.astype(np.float32), size)
    if padding == "border":
        coordinate = np.clip(coordinate, np.float32(0), np.float32(size - 1))
    return coordinate


def grid_sample(value: np.ndarray, grid: np.ndarray, align_corners: bool, padding: str) -> np.ndarray:
    """Return ``value`` (batch, channels, height, width) sampled at ``grid`` (batch, out height, out width, 2:
    x, y).

    fp32 and fp16 maps are sampled in fp32, int8 maps in fixed point; the result is rounded to the map's type.
    """
    _, _, height, width = value.shape
    x = pixel_coordinate(grid[..., 0], width, align_corners, padding)
    y = pixel_coordinate(grid[..., 1], height, align_corners, padding)
    maps = np.moveaxis(value, 1, -1)
    sampled = [_SAMPLED[value.dtype.kind](*operands) for operands in zip(maps, x, y, strict=True)]
    return np.moveaxis(np.stack(sampled), -1, 1)


def _sampled_float(value: np.ndarray, x: NDArray[np.float32], y: NDArray[np.float32]) -> np.ndarray:
    return sample(value.astype(np.float32), x, y).astype(value.dtype)


def _sampled_int8(value: np.ndarray, x: NDArray[np.float32], y: NDArray[np.float32]) -> np.ndarray:
    return to_int8(sample_fixed(value, x, y), 2 * FRACTION_BITS)


_SAMPLED = {"f": _sampled_float, "i": _sampled_int8}


def _compiled_float(value: np.ndarray, x: NDArray[np.float32], y: NDArray[np.float32]) -> np.ndarray:
    out = np.zeros((len(x), value.shape[2]), np.float32)
    bilinear_compiled.resample(read_only(value.astype(np.float32)), read_only(x), read_only(y), out)
    return out.astype(value.dtype)


def _compiled_int8(value: np.ndarray, x: NDArray[np.float32], y: NDArray[np.float32]) -> np.ndarray:
    out = np.zeros((len(x), value.shape[2]), np.int32)
    bilinear_compiled.resample_fixed(read_only(value), read_only(x), read_only(y), out)
    return to_int8(out, 2 * FRACTION_BITS)
