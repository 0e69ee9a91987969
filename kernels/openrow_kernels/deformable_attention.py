"""Multi-scale deformable attention: each query adds up weighted bilinear samples around its reference points.

    location = reference + offset / (width, height)            in 0..1 of a level
    output[query, head] = sum over levels, points of weight x sample(value[level, head], location)

Samples are those of grid_sample at 2 x location - 1 with align_corners=False and zeros outside, in fp32, as
in the reference code of Zhu et al., "Deformable DETR", ICLR 2021. Offsets are a ring (head h looks along the
angle 2 pi h / heads, scaled to 1 pixel along the nearer axis, point i at i + 1 pixels: that paper's
initialisation) plus seeded noise that stands for what training added. Weights are seeded, positive and sum to
1 for each query and head.

Accesses of one query, in order: its offsets (one run, where it has any), its weights (one run), the
neighbours of its samples by head, level, depth plane, point and neighbour (nw, ne, sw, se), its output (one
run, written). Views come one after another in each layer, layers one after another.

Type int8: values are int8; weights are int8 in units of 2^-shift, the shift growing with the samples of a
query; samples keep 7 bits of fraction, products add up in int32, and the output is rounded to int8, halves
up. Offsets are fp16 there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from openrow_kernels import cameras, deformable_attention_compiled, noise
from openrow_kernels.attention_parameters import PRESETS, AttentionParameters, Call
from openrow_kernels.compilation import read_only
from openrow_kernels.elements import INT8_VALUE_SCALE, ElementName, bytes_of, store
from openrow_kernels.errors import KernelError
from openrow_kernels.kernel import Arrays, Chunk, Kernel, chunk_buffers
from openrow_kernels.layout import Allocator, Placement, Tensor
from openrow_kernels.order import visiting_order
from openrow_kernels.overrides import Overrides, read_parameters
from openrow_kernels.sampling import FRACTION_BITS, centred, round_shift, sample, sample_fixed, to_int8

Coordinates = tuple[NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True)
class Layer:
    """One layer of one call, with its tensors."""

    name: str
    call: Call
    values: tuple[Tensor, ...]
    offsets: Tensor | None
    weights: Tensor
    output: Tensor

    def tensors(self) -> tuple[Tensor, ...]:
        """Return the tensors in the order of their bases."""
        return (*self.values, *([self.offsets] if self.offsets else []), self.weights, self.output)


@dataclass(frozen=True)
class Samples:
    """Samples of some queries of a layer; arrays are float32 (queries, heads, levels, depths x points).

    Attributes
    ----------
    x, y
        Where, in pixels of each level: whole numbers are centres of pixels.
    image
        The view whose maps are sampled.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    image: int


def build(preset: str | None, overrides: Overrides) -> "DeformableAttention":
    """Build ``deformable-attention`` for the catalogue."""
    spec = DeformableAttention.name if preset is None else f"{DeformableAttention.name}:{preset}"
    model, values = PRESETS[preset]
    return DeformableAttention(read_parameters(model, values, overrides, spec), preset)


class DeformableAttention(Kernel):
    """The kernel ``deformable-attention``."""

    name = "deformable-attention"

    def __init__(self, parameters: AttentionParameters, preset: str | None = None) -> None:
        self.parameters: AttentionParameters = parameters
        self.preset = preset
        self.shapes = level_shapes(parameters)
        memory = Allocator()
        self.layers = tuple(
            self._layer(call, f"{call.name}.{index}", memory)
            for call in parameters.calls()
            for index in range(call.layers)
        )
        for layer in self.layers:
            self._refuse_overflow(layer)

    def queries_per_view(self, call: Call) -> int:
        """Return the queries of one view: the pixels of all levels, or of the finest for epipolar
        references."""
        shapes = self.shapes if call.reference == "self" else self.shapes[:1]
        return sum(height * width for height, width in shapes)

    def samples_shape(self, call: Call) -> tuple[int, int, int]:
        """Return (heads, levels, depths x points)."""
        return self.parameters.heads, len(self.shapes), call.depths * call.points

    def total_samples(self) -> int:
        """Return the samples of all layers, those outside the maps included."""
        return sum(
            self.parameters.views * self.queries_per_view(layer.call) * prod(self.samples_shape(layer.call))
            for layer in self.layers
        )

    def total_entries(self) -> int:
        """Return how many entries the stream has if every neighbour lies inside its map."""
        return sum(
            self.parameters.views * self.queries_per_view(layer.call) * self._entries_per_query(layer)
            for layer in self.layers
        )

    def tensors(self) -> tuple[Tensor, ...]:
        """Return the tensors layer by layer: value maps by level, offsets, weights, output."""
        return tuple(tensor for layer in self.layers for tensor in layer.tensors())

    def _layer(self, call: Call, name: str, memory: Allocator) -> Layer:
        p = self.parameters
        queries = (p.views, self.queries_per_view(call))
        samples = self.samples_shape(call)
        values = tuple(
            memory.tensor(
                f"{name}.value.{level}", (p.views, p.channels, *shape), p.element, p.layout, p.layout_tile
            )
            for level, shape in enumerate(self.shapes)
        )
        offsets = None
        if call.offsets == "ring":
            offsets = memory.tensor(f"{name}.offsets", (*queries, *samples, 2), _offset_element(p.element))
        weights = memory.tensor(f"{name}.weights", (*queries, *samples), p.element)
        output = memory.tensor(f"{name}.output", (*queries, p.channels), p.element)
        return Layer(name, call, values, offsets, weights, output)

    def _entries_per_query(self, layer: Layer) -> int:
        runs = self._runs(layer.values[0].placement())[0]
        return prod(self.samples_shape(layer.call)) * 4 * runs + 2 + (layer.offsets is not None)

    def _runs(self, placement: Placement) -> tuple[int, int]:
        """Return (runs, elements of a run) of one head's channels at one pixel."""
        channels = self.parameters.channels // self.parameters.heads
        return (1, channels) if placement.channel_pitch == 1 else (channels, 1)

    def _refuse_overflow(self, layer: Layer) -> None:
        samples = prod(self.samples_shape(layer.call)[1:])
        if self.parameters.element == "int8" and ((1 << weight_shift(samples)) + samples) << 14 >= 1 << 31:
            raise KernelError(
                f"{self.name}: {samples} samples for each query and head overflow int32 sums: "
                "element=int8 takes about 65,000"
            )

    def inputs(self) -> Arrays:
        """Return value maps (views, channels, height, width), offsets and weights of every layer."""
        arrays: Arrays = {}
        for layer in self.layers:
            for tensor, values in zip(layer.values, self.values(layer), strict=True):
                arrays[tensor.name] = values
            rows = np.arange(prod(layer.weights.shape[:2]), dtype=np.int64)
            if layer.offsets is not None:
                arrays[layer.offsets.name] = self._offsets(layer, rows).reshape(layer.offsets.shape)
            arrays[layer.weights.name] = self._weights(layer, rows).reshape(layer.weights.shape)
        return arrays

    def plain(self, inputs: Mapping[str, np.ndarray]) -> Arrays:
        """Return the output (views, queries, channels) of every layer, by the definition."""
        outputs: Arrays = {}
        attend = plain_int8 if self.parameters.element == "int8" else plain_float
        for layer in self.layers:
            outputs[layer.output.name] = np.stack(
                [attend(*self._operands(layer, view, inputs)) for view in range(self.parameters.views)]
            )
        return outputs

    def compute(self, inputs: Mapping[str, np.ndarray]) -> Arrays:
        """Return the output (views, queries, channels) of every layer, compiled."""
        outputs: Arrays = {}
        attend = compiled_int8 if self.parameters.element == "int8" else compiled_float
        for layer in self.layers:
            outputs[layer.output.name] = np.stack(
                [attend(*self._operands(layer, view, inputs)) for view in range(self.parameters.views)]
            )
        return outputs

    def _operands(
        self, layer: Layer, view: int, inputs: Mapping[str, np.ndarray]
    ) -> tuple[list[np.ndarray], Coordinates, np.ndarray]:
        """Return the maps that ``view`` samples, channels last, the coordinates and the weights of its
        queries."""
        image = self._sampled_view(layer.call, view)
        values = [np.moveaxis(inputs[tensor.name][image], 0, -1) for tensor in layer.values]
        local = np.arange(layer.weights.shape[1], dtype=np.int64)
        offsets = inputs[layer.offsets.name][view] if layer.offsets else None
        return values, self._coordinates(layer.call, view, local, offsets), inputs[layer.weights.name][view]

    def _offsets(self, layer: Layer, rows: NDArray[np.int64]) -> np.ndarray:
        """Return the learned offsets (rows, heads, levels, depths x points, 2: x, y) in pixels, as stored."""
        heads, levels, samples = self.samples_shape(layer.call)
        drawn = noise.bell_rows(
            self.parameters.seed, f"{layer.name}.offsets", rows, heads * levels * samples * 2
        ).reshape(len(rows), heads, levels, samples, 2)
        drawn *= np.float32(self.parameters.offset_noise_px)
        drawn += ring(heads, layer.call.depths, layer.call.points)[:, None]
        return store(drawn, _offset_element(self.parameters.element))

    def _weights(self, layer: Layer, rows: NDArray[np.int64]) -> np.ndarray:
        """Return attention weights (rows, heads, levels, depths x points), as stored."""
        heads, levels, samples = self.samples_shape(layer.call)
        width = heads * levels * samples
        drawn = noise.uniform_rows(self.parameters.seed, f"{layer.name}.weights", rows, width)
        drawn = drawn.reshape(len(rows), heads, levels, samples)
        drawn /= drawn.sum(axis=(2, 3), keepdims=True)
        if self.parameters.element == "int8":
            drawn *= np.float32(1 << weight_shift(levels * samples))
        return store(drawn, self.parameters.element)

    def _sampled_view(self, call: Call, view: int) -> int:
        return view if call.reference == "self" else 1 - view

    def references(self, call: Call, view: int, queries: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the reference points (queries, depths, 2: x, y) of a view's queries, in 0..1 of the sampled
        map."""
        shapes = self.shapes if call.reference == "self" else self.shapes[:1]
        centres = pixel_centres(shapes)[queries]
        if call.reference == "self":
            return centres[:, None, :].astype(np.float32)
        p = self.parameters
        extent = np.array([p.width, p.height], np.float64)
        scale_x, scale_y = p.width / p.image_width, p.height / p.image_height
        camera = cameras.intrinsics(
            (p.focal_x_px * scale_x, p.focal_y_px * scale_y),
            (p.principal_x_px * scale_x, p.principal_y_px * scale_y),
        )
        turn = cameras.rotation(p.yaw_deg, p.pitch_deg, p.roll_deg)
        pose = cameras.Pose(turn, -turn @ np.array(p.translation, np.float64))
        depths = cameras.depth_planes(p.near, p.far, call.depths)
        toward = pose if view == 0 else pose.inverse()
        return (cameras.project(centres * extent, depths, camera, toward) / extent).astype(np.float32)

    def samples(self, layer: Layer, view: int, queries: NDArray[np.int64]) -> Samples:
        """Return where queries of a view sample."""
        rows = queries + view * layer.weights.shape[1]
        offsets = None if layer.offsets is None else self._offsets(layer, rows)
        x, y = self._coordinates(layer.call, view, queries, offsets)
        return Samples(x, y, self._sampled_view(layer.call, view))

    def weights(self, layer: Layer, view: int, queries: NDArray[np.int64]) -> np.ndarray:
        """Return the attention weights of queries of a view, as stored; shaped as their samples."""
        return self._weights(layer, queries + view * layer.weights.shape[1])

    def values(self, layer: Layer) -> list[np.ndarray]:
        """Return the value maps of a layer by level, (views, channels, height, width), as stored."""
        p = self.parameters
        scale = np.float32(INT8_VALUE_SCALE if p.element == "int8" else 1)
        return [
            store(noise.bell(p.seed, tensor.name, tensor.shape) * scale, p.element) for tensor in layer.values
        ]

    def _coordinates(
        self, call: Call, view: int, queries: NDArray[np.int64], offsets: np.ndarray | None
    ) -> Coordinates:
        """Return x and y (queries, heads, levels, depths x points) in pixels of each level."""
        reference = np.repeat(self.references(call, view, queries), call.points, axis=1)
        shape = (len(queries), *self.samples_shape(call))
        x, y = np.empty(shape, np.float32), np.empty(shape, np.float32)
        for level, (height, width) in enumerate(self.shapes):
            for axis, (size, pixels) in enumerate(((width, x), (height, y))):
                location = reference[:, None, :, axis]
                if offsets is not None:
                    location = location + offsets[:, :, level, :, axis].astype(np.float32) / np.float32(size)
                pixels[:, :, level, :] = centred(np.float32(2) * location - np.float32(1), size)
        return x, y

    def _chunks(self, chunk_entries: int) -> Iterator[Chunk]:
        for layer in self.layers:
            order = self._query_order(layer.call)
            step = max(1, chunk_entries // self._entries_per_query(layer))
            for view in range(self.parameters.views):
                for first in range(0, len(order), step):
                    yield self._chunk(layer, view, order[first : first + step])

    def _query_order(self, call: Call) -> NDArray[np.int64]:
        p = self.parameters
        shapes = self.shapes if call.reference == "self" else self.shapes[:1]
        first, orders = 0, []
        for height, width in shapes:
            orders.append(first + visiting_order(p.order, height, width, p.order_tile))
            first += height * width
        return np.concatenate(orders)

    def _chunk(self, layer: Layer, view: int, queries: NDArray[np.int64]) -> Chunk:
        p = self.parameters
        rows = queries + view * layer.weights.shape[1]
        offsets = None if layer.offsets is None else self._offsets(layer, rows)
        x, y = self._coordinates(layer.call, view, queries, offsets)
        placements = [tensor.placement() for tensor in layer.values]
        element = bytes_of(p.element)
        image = self._sampled_view(layer.call, view)
        levels = np.array(
            [
                (*shape, tensor.base + image * placement.image_pitch * element)
                for shape, tensor, placement in zip(self.shapes, layer.values, placements, strict=True)
            ],
            np.int64,
        )
        # NCHW levels differ in the pitch of their planes, so it travels with the level.
        pitches = np.array([placement.channel_pitch * element for placement in placements], np.int64)
        runs, run_elements = self._runs(placements[0])
        streams = np.array([_stream(layer.offsets), _stream(layer.weights), _stream(layer.output)], np.int64)
        address, size, is_write = chunk_buffers(len(rows) * self._entries_per_query(layer))
        count = deformable_attention_compiled.addresses(
            read_only(x),
            read_only(y),
            read_only(rows),
            read_only(levels),
            read_only(_stacked([placement.row for placement in placements]) * element),
            read_only(_stacked([placement.column for placement in placements]) * element),
            read_only(pitches),
            p.channels // p.heads,
            runs,
            run_elements * element,
            read_only(streams),
            address,
            size,
            is_write,
        )
        return Chunk(address[:count], size[:count], is_write[:count])


def plain_float(values: list[np.ndarray], coordinates: Coordinates, weights: np.ndarray) -> np.ndarray:
    """Return attention (queries, channels) over maps (height, width, channels) of fp32 or fp16, summed in
    fp32."""
    x, y = coordinates
    queries, heads, levels, samples = x.shape
    size = values[0].shape[2] // heads
    total = np.zeros((queries, heads, size), np.float32)
    for head in range(heads):
        for level in range(levels):
            value = values[level][:, :, head * size : (head + 1) * size].astype(np.float32)
            for i in range(samples):
                weight = weights[:, head, level, i].astype(np.float32)
                total[:, head] += weight[:, None] * sample(value, x[:, head, level, i], y[:, head, level, i])
    return total.reshape(queries, heads * size).astype(values[0].dtype)


def plain_int8(values: list[np.ndarray], coordinates: Coordinates, weights: np.ndarray) -> np.ndarray:
    """Return attention (queries, channels) over int8 maps, summed in int32."""
    x, y = coordinates
    queries, heads, levels, samples = x.shape
    size = values[0].shape[2] // heads
    total = np.zeros((queries, heads, size), np.int32)
    for head in range(heads):
        for level in range(levels):
            value = values[level][:, :, head * size : (head + 1) * size]
            for i in range(samples):
                weight = weights[:, head, level, i].astype(np.int32)
                sampled = sample_fixed(value, x[:, head, level, i], y[:, head, level, i])
                total[:, head] += weight[:, None] * round_shift(sampled, FRACTION_BITS)
    fraction = weight_shift(levels * samples) + FRACTION_BITS
    return to_int8(total.reshape(queries, heads * size), fraction)


def weight_shift(samples: int) -> int:
    """Return the bits of fraction of int8 weights that sum to 1 over ``samples``: about 64 for the mean of
    large counts."""
    return 6 + max(0, samples.bit_length() - 2)


def ring(heads: int, depths: int, points: int) -> NDArray[np.float32]:
    """Return the initial offsets (heads, depths x points, 2: x, y) in pixels."""
    angles = 2 * np.pi * np.arange(heads) / heads
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    directions /= np.abs(directions).max(axis=1, keepdims=True)
    steps = np.tile(np.arange(1, points + 1), depths)
    offsets: NDArray[np.float32] = (directions[:, None, :] * steps[:, None]).astype(np.float32)
    return offsets


def level_shapes(parameters: AttentionParameters) -> tuple[tuple[int, int], ...]:
    """Return (height, width) of each level: halved and rounded up from one to the next."""
    return tuple(
        (-(-parameters.height // (1 << level)), -(-parameters.width // (1 << level)))
        for level in range(parameters.levels)
    )


def pixel_centres(shapes: tuple[tuple[int, int], ...]) -> NDArray[np.float64]:
    """Return the centres (pixels, 2: x, y) of all pixels of the given maps, in 0..1 of their own map."""
    centres = []
    for height, width in shapes:
        y, x = np.mgrid[0:height, 0:width]
        centres.append(np.column_stack([(x.ravel() + 0.5) / width, (y.ravel() + 0.5) / height]))
    return np.concatenate(centres)


def compiled_float(values: list[np.ndarray], coordinates: Coordinates, weights: np.ndarray) -> np.ndarray:
    """Return what :func:`plain_float` returns, compiled."""
    x, y = coordinates
    pixels, levels = _flattened([value.astype(np.float32) for value in values])
    out = np.zeros((x.shape[0], pixels.shape[1]), np.float32)
    deformable_attention_compiled.attend(
        pixels, levels, read_only(x), read_only(y), read_only(weights.astype(np.float32)), out
    )
    return out.astype(values[0].dtype)


def compiled_int8(values: list[np.ndarray], coordinates: Coordinates, weights: np.ndarray) -> np.ndarray:
    """Return what :func:`plain_int8` returns, compiled."""
    x, y = coordinates
    pixels, levels = _flattened(values)
    out = np.zeros((x.shape[0], pixels.shape[1]), np.int32)
    deformable_attention_compiled.attend_fixed(
        pixels, levels, read_only(x), read_only(y), read_only(weights), out
    )
    return to_int8(out, weight_shift(x.shape[2] * x.shape[3]) + FRACTION_BITS)


def _flattened(values: list[np.ndarray]) -> tuple[np.ndarray, NDArray[np.int64]]:
    """Return the pixels of all levels (pixels, channels) and the table (levels, 3: height, width, first
    pixel)."""
    table, first = [], 0
    for value in values:
        table.append((value.shape[0], value.shape[1], first))
        first += value.shape[0] * value.shape[1]
    pixels = np.concatenate([value.reshape(-1, value.shape[2]) for value in values])
    return read_only(pixels), read_only(np.array(table, np.int64))


def _offset_element(element: ElementName) -> ElementName:
    return "fp16" if element == "int8" else element


def _stream(tensor: Tensor | None) -> tuple[int, int]:
    """Return the base and the bytes of one query of a tensor whose first two axes are view and query."""
    if tensor is None:
        return 0, 0
    return tensor.base, prod(tensor.shape[2:]) * bytes_of(tensor.element)


def _stacked(tables: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return the tables as rows of one array, the shorter ones padded with zeros."""
    stacked = np.zeros((len(tables), max(map(len, tables))), np.int64)
    for row, table in zip(stacked, tables, strict=True):
        row[: len(table)] = table
    return stacked
