"""Layouts and loop orders: where elements lie, and in which order pixels are visited."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openrow_kernels.elements import SLICE_NAMES, bits_of
from openrow_kernels.errors import KernelError
from openrow_kernels.layout import ALIGNMENT_BYTES, Allocator, Tensor, place
from openrow_kernels.order import visiting_order

MAP_LAYOUTS = ("nchw", "nhwc", "tiled", "morton")
MATRIX_LAYOUTS = ("row-major", "column-major", "tiled", "morton")
sizes = st.integers(1, 9)


@st.composite
def tensors(draw: st.DrawFn) -> Tensor:
    base = draw(st.integers(0, 10)) * 64
    tile = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    element = draw(st.sampled_from(("fp32", "fp16", "int8", "int32", *SLICE_NAMES)))
    if draw(st.booleans()):
        shape = (draw(st.integers(1, 3)), draw(st.integers(1, 5)), draw(sizes), draw(sizes))
        return Tensor("map", base, shape, element, draw(st.sampled_from(MAP_LAYOUTS)), tile)
    return Tensor(
        "matrix", base, (draw(sizes), draw(sizes)), element, draw(st.sampled_from(MATRIX_LAYOUTS)), tile
    )


@given(tensors())
@settings(deadline=None)
def test_every_element_has_a_place_of_its_own_inside_the_tensor(tensor: Tensor) -> None:
    first = np.sort(tensor.bit_offsets().ravel())
    bits = bits_of(tensor.element)
    assert first[0] >= 0
    assert (np.diff(first) >= bits).all()
    assert first[-1] + bits <= tensor.size_bytes * 8


@given(tensors(), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_packing_and_unpacking_are_inverse(tensor: Tensor, seed: int) -> None:
    values = np.random.default_rng(seed).integers(0, 2 ** min(bits_of(tensor.element), 7), tensor.shape)
    np.testing.assert_array_equal(tensor.unpack(tensor.pack(values)), values)


@given(tensors())
@settings(deadline=None)
def test_padding_stays_below_what_the_layout_needs(tensor: Tensor) -> None:
    elements = int(np.prod(tensor.shape))
    held = tensor.size_bytes * 8 // bits_of(tensor.element)
    if tensor.layout == "tiled":
        assert held <= elements * 16 * 2 + 64
    elif tensor.layout == "morton":
        assert held < elements * 4 + 8
    else:
        assert tensor.size_bytes == -(-elements * bits_of(tensor.element) // 8)


def test_nchw_and_nhwc_are_the_memory_orders_of_numpy() -> None:
    shape = (2, 3, 4, 5)
    counted = np.arange(np.prod(shape)).reshape(shape)
    np.testing.assert_array_equal(Tensor("t", 0, shape, "int8", "nchw").bit_offsets() // 8, counted)
    channels_last = np.moveaxis(np.arange(np.prod(shape)).reshape(2, 4, 5, 3), -1, 1)
    np.testing.assert_array_equal(Tensor("t", 0, shape, "int8", "nhwc").bit_offsets() // 8, channels_last)


def test_a_morton_matrix_follows_the_z_curve_and_appends_surplus_bits() -> None:
    places = Tensor("t", 0, (2, 8), "int8", "morton").bit_offsets() // 8
    np.testing.assert_array_equal(places, [[0, 1, 4, 5, 8, 9, 12, 13], [2, 3, 6, 7, 10, 11, 14, 15]])
    tall = Tensor("t", 0, (4, 2), "int8", "morton").bit_offsets() // 8
    np.testing.assert_array_equal(tall, [[0, 1], [2, 3], [4, 5], [6, 7]])


def test_a_tiled_matrix_holds_tile_after_tile_with_padding() -> None:
    places = Tensor("t", 0, (3, 5), "int8", "tiled", (2, 3)).bit_offsets() // 8
    np.testing.assert_array_equal(places, [[0, 1, 2, 6, 7], [3, 4, 5, 9, 10], [12, 13, 14, 18, 19]])
    assert Tensor("t", 0, (3, 5), "int8", "tiled", (2, 3)).size_bytes == 24


def test_packed_slices_start_in_the_lowest_bits() -> None:
    tensor = Tensor("t", 0, (1, 5), "u2", "row-major")
    assert tensor.size_bytes == 2
    assert tensor.pack(np.array([[3, 0, 1, 2, 1]])).tolist() == [0b10_01_00_11, 0b01]


def test_the_allocator_aligns_tensors_in_the_order_asked_for() -> None:
    memory = Allocator()
    first = memory.tensor("first", (5,), "fp32")
    second = memory.tensor("second", (ALIGNMENT_BYTES,), "int8")
    third = memory.tensor("third", (1,), "int8")
    assert [first.base, second.base, third.base] == [0, ALIGNMENT_BYTES, 2 * ALIGNMENT_BYTES]
    assert list(memory) == [first, second, third]


@pytest.mark.parametrize(
    ("shape", "layout"), [((3, 4, 5), "nhwc"), ((1, 2, 3, 4), "row-major"), ((1, 2, 3, 4), "column-major")]
)
def test_a_layout_that_does_not_apply_is_refused(shape: tuple[int, ...], layout: str) -> None:
    with pytest.raises(KernelError, match=f"layout '{layout}' does not apply"):
        place(shape, layout)  # type: ignore[arg-type]


@given(st.sampled_from(("raster", "tiled", "morton")), sizes, sizes, st.tuples(sizes, sizes))
@settings(deadline=None)
def test_a_loop_order_visits_every_pixel_once(
    order: str, height: int, width: int, tile: tuple[int, int]
) -> None:
    visits = visiting_order(order, height, width, tile)  # type: ignore[arg-type]
    assert sorted(visits.tolist()) == list(range(height * width))


def test_loop_orders_are_the_ones_their_names_say() -> None:
    assert visiting_order("raster", 2, 3, (1, 1)).tolist() == [0, 1, 2, 3, 4, 5]
    assert visiting_order("tiled", 3, 4, (2, 2)).tolist() == [0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 10, 11]
    assert visiting_order("morton", 3, 3, (1, 1)).tolist() == [0, 1, 3, 4, 2, 5, 6, 7, 8]
