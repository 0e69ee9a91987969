"""Streams against plain Python loops over queries, neighbours and channels, entry by entry."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from face_checks import whole_stream

from openrow_kernels.bicubic import Bicubic
from openrow_kernels.bilinear import Bilinear
from openrow_kernels.catalogue import kernel
from openrow_kernels.deformable_attention import DeformableAttention
from openrow_kernels.gemm import Gemm
from openrow_kernels.layout import Tensor

Entry = tuple[int, int, bool]


def interleaved(y: int, x: int) -> int:
    """Return the place on a Z curve, bit by bit."""
    return sum(((x >> bit) & 1) << (2 * bit) | ((y >> bit) & 1) << (2 * bit + 1) for bit in range(16))


def visited(order: str, height: int, width: int, tile: tuple[int, int]) -> list[tuple[int, int]]:
    pixels = [(y, x) for y in range(height) for x in range(width)]
    if order == "tiled":
        return sorted(
            pixels, key=lambda p: (p[0] // tile[0], p[1] // tile[1], p[0] % tile[0], p[1] % tile[1])
        )
    if order == "morton":
        return sorted(pixels, key=lambda p: interleaved(*p))
    return pixels


class Expected:
    """Collects runs of elements, neighbouring channels joined where they touch."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def run(self, tensor: Tensor, places: list[tuple[int, ...]], is_write: bool = False) -> None:
        offsets = tensor.bit_offsets()
        element = tensor.pack(np.zeros(tensor.shape, np.int8)).nbytes // np.prod(tensor.shape)
        joined: list[list[int]] = []
        for place in places:
            address = tensor.base + int(offsets[place]) // 8
            if joined and joined[-1][1] == address:
                joined[-1][1] += int(element)
            else:
                joined.append([address, address + int(element)])
        self.entries += [(start, end - start, is_write) for start, end in joined]

    def pixel(
        self, tensor: Tensor, image: int, channels: range, y: int, x: int, is_write: bool = False
    ) -> None:
        self.run(tensor, [(image, channel, y, x) for channel in channels], is_write)


def neighbours(x: float, y: float, height: int, width: int) -> Iterator[tuple[int, int]]:
    for row in (math.floor(y), math.floor(y) + 1):
        for column in (math.floor(x), math.floor(x) + 1):
            if 0 <= row < height and 0 <= column < width:
                yield row, column


# Powers of two and whole tiles, so that no layout pads and an element's size follows from the tensor's.
@pytest.mark.parametrize("order", ["raster", "tiled", "morton"])
@pytest.mark.parametrize("layout", ["nchw", "nhwc", "tiled", "morton"])
@pytest.mark.parametrize(("align_corners", "padding"), [(False, "zeros"), (True, "border")])
def test_bilinear_visits_its_neighbours_in_order(
    layout: str, order: str, align_corners: bool, padding: str
) -> None:
    height, width, out = 8, 4, (4, 4)
    values: dict[str, Any] = {"layout": layout, "order": order, "order_tile": (2, 1), "zoom": 1.4}
    shape = {"batch": 2, "channels": 3, "height": height, "width": width, "out_height": 4, "out_width": 4}
    subject = kernel("bilinear", {**values, **shape, "align_corners": align_corners, "padding": padding})
    assert isinstance(subject, Bilinear)
    grid = subject.inputs()["grid"].astype(np.float64)
    expected = Expected()
    for image in range(2):
        for y, x in visited(order, *out, (2, 1)):
            expected.run(subject.grid, [(image, y, x, 0), (image, y, x, 1)])
            u, v = grid[image, y, x]
            if align_corners:
                place = [(u + 1) / 2 * (width - 1), (v + 1) / 2 * (height - 1)]
            else:
                place = [((u + 1) * width - 1) / 2, ((v + 1) * height - 1) / 2]
            if padding == "border":
                place = [min(max(place[0], 0), width - 1), min(max(place[1], 0), height - 1)]
            for row, column in neighbours(place[0], place[1], height, width):
                expected.pixel(subject.input, image, range(3), row, column)
            expected.pixel(subject.output, image, range(3), y, x, is_write=True)
    assert whole_stream(subject).listed() == expected.entries


@pytest.mark.parametrize("order", ["raster", "tiled", "morton"])
@pytest.mark.parametrize("layout", ["nchw", "nhwc", "tiled", "morton"])
def test_bicubic_visits_sixteen_clamped_taps_in_order(layout: str, order: str) -> None:
    size, scale = 4, 2
    values: dict[str, Any] = {"layout": layout, "order": order, "order_tile": (2, 4), "scale_factor": 2.0}
    subject = kernel(
        "bicubic-upsampling", {**values, "batch": 2, "channels": 2, "height": size, "width": size}
    )
    assert isinstance(subject, Bicubic)
    expected = Expected()
    for image in range(2):
        for y, x in visited(order, size * scale, size * scale, (2, 4)):
            top, left = (math.floor((place + 0.5) / scale - 0.5) - 1 for place in (y, x))
            for row in range(top, top + 4):
                for column in range(left, left + 4):
                    clamped = (min(max(row, 0), size - 1), min(max(column, 0), size - 1))
                    expected.pixel(subject.input, image, range(2), *clamped)
            expected.pixel(subject.output, image, range(2), y, x, is_write=True)
    assert whole_stream(subject).listed() == expected.entries


@pytest.mark.parametrize("order", ["raster", "tiled", "morton"])
@pytest.mark.parametrize("layout", ["nchw", "nhwc", "tiled", "morton"])
@pytest.mark.parametrize(
    ("reference", "noise"),
    [("self", 1.5), ("epipolar", 1.5), pytest.param("self", 0.0, id="self-exactly-one-pixel-outside")],
)
def test_attention_visits_heads_levels_planes_and_points_in_order(
    layout: str, order: str, reference: str, noise: float
) -> None:
    shapes, heads, points = [(4, 8), (2, 4)], 2, 2
    depths = 3 if reference == "epipolar" else 1
    subject = kernel(
        "deformable-attention",
        {
            **{"layout": layout, "order": order, "order_tile": (2, 2), "reference": reference},
            **{"height": 4, "width": 8, "channels": 4, "heads": heads, "levels": 2, "points": points},
            **{"depths": depths, "layers": 2, "offset_noise_px": noise},
        },
    )
    assert isinstance(subject, DeformableAttention)
    inputs = subject.inputs()
    expected = Expected()
    for layer in subject.layers:
        assert layer.offsets is not None
        queries = [
            first + y * width + x
            for first, (height, width) in zip(
                (0, 32), shapes if reference == "self" else shapes[:1], strict=False
            )
            for y, x in visited(order, height, width, (2, 2))
        ]
        for view in range(2):
            image = view if reference == "self" else 1 - view
            for query in queries:
                where = (view, query)
                per_query = list(np.ndindex(*layer.weights.shape[2:]))
                expected.run(
                    layer.offsets, [(*where, *place, axis) for place in per_query for axis in (0, 1)]
                )
                expected.run(layer.weights, [(*where, *place) for place in per_query])
                points_at = subject.references(layer.call, view, np.array([query]))[0].astype(np.float64)
                for head, level, index in per_query:
                    height, width = shapes[level]
                    offset = inputs[layer.offsets.name][(*where, head, level, index)].astype(np.float64)
                    x = points_at[index // points, 0] * width + offset[0] - 0.5
                    y = points_at[index // points, 1] * height + offset[1] - 0.5
                    for row, column in neighbours(x, y, height, width):
                        channels = range(head * 2, head * 2 + 2)
                        expected.pixel(layer.values[level], image, channels, row, column)
                expected.run(layer.output, [(*where, channel) for channel in range(4)], is_write=True)
    assert whole_stream(subject).listed() == expected.entries


@pytest.mark.parametrize("loops", ["mnk", "mkn", "nmk", "nkm", "kmn", "knm"])
@pytest.mark.parametrize("order", ["raster", "tiled", "morton"])
@pytest.mark.parametrize("layout", ["row-major", "column-major", "tiled", "morton"])
def test_gemm_moves_tiles_in_the_order_of_its_loops(loops: str, order: str, layout: str) -> None:
    size, tile = {"m": 8, "n": 4, "k": 8}, {"m": 4, "n": 2, "k": 2}
    subject = kernel(
        "gemm",
        {
            **size,
            **{f"tile_{axis}": value for axis, value in tile.items()},
            **{"loops": loops, "order": order, "order_tile": (2, 1), "layout_tile": (4, 2)},
            **{f"{matrix}_layout": layout for matrix in "abc"},
        },
    )
    assert isinstance(subject, Gemm)
    tiles = {axis: size[axis] // tile[axis] for axis in "mnk"}
    expected = Expected()

    def move(tensor: Tensor, axes: str, at: tuple[int, int], is_write: bool = False) -> None:
        rows, columns = (
            range(i * tile[axis], (i + 1) * tile[axis]) for axis, i in zip(axes, at, strict=True)
        )
        places = [(row, column) for row in rows for column in columns]
        if layout == "column-major":
            places.sort(key=lambda place: place[::-1])
        expected.run(tensor, list(places), is_write)

    held: dict[str, tuple[int, int] | None] = {"a": None, "b": None, "c": None}
    begun: set[tuple[int, int]] = set()
    for first, second in visited(order, tiles[loops[0]], tiles[loops[1]], (2, 1)):
        for third in range(tiles[loops[2]]):
            step = dict(zip(loops, (first, second, third), strict=True))
            product = (step["m"], step["n"])
            if held["c"] not in (None, product):
                move(subject.c, "mn", held["c"], is_write=True)  # type: ignore[arg-type]
            for name, axes in (("a", "mk"), ("b", "kn")):
                wanted = (step[axes[0]], step[axes[1]])
                if held[name] != wanted:
                    move(subject.a if name == "a" else subject.b, axes, wanted)
                    held[name] = wanted
            if held["c"] != product and product in begun:
                move(subject.c, "mn", product)
            held["c"] = product
            begun.add(product)
    assert held["c"] is not None
    move(subject.c, "mn", held["c"], is_write=True)
    assert whole_stream(subject).listed() == expected.entries
