"""Matrix products: exact integers, and traffic against closed forms."""

from typing import Any

import numpy as np
import pytest
from face_checks import byte_counts, whole_stream
from hypothesis import given, settings
from hypothesis import strategies as st

from openrow_kernels.bit_sliced_gemm import BitSlicedGemm, slice_weights, sliced
from openrow_kernels.catalogue import kernel

widths = st.lists(st.integers(1, 4), min_size=0, max_size=3).map(lambda rest: (1, *rest))


@given(widths, widths, st.tuples(*[st.integers(1, 12)] * 4), st.integers(0, 1000))
@settings(deadline=None, max_examples=60)
def test_shifted_partial_products_add_up_to_the_product_of_the_integers(
    x_slices: tuple[int, ...], w_slices: tuple[int, ...], shape: tuple[int, int, int, int], seed: int
) -> None:
    m, n, k, tile_k = shape
    values = {"m": m, "n": n, "k": k, "tile_k": tile_k, "seed": seed}
    product = kernel("bit-sliced-gemm", {**values, "x_slices": x_slices, "w_slices": w_slices})
    assert isinstance(product, BitSlicedGemm)
    x, w = product.integers()
    inputs = product.inputs()
    assert x.min() >= -(1 << (sum(x_slices) - 1))
    assert x.max() < 1 << (sum(x_slices) - 1)
    for face in (product.plain, product.compute):
        np.testing.assert_array_equal(face(inputs)["c"], x @ w)


def test_slices_of_all_bytes_put_them_together_again() -> None:
    every = np.arange(-128, 128)
    for cut in ((1, 7), (1, 1, 2, 4), (1,) * 8, (1, 4, 3)):
        weights = slice_weights(cut)
        assert weights[0] == -128
        rebuilt = sum(
            weight * plane.astype(np.int64) for weight, plane in zip(weights, sliced(every, cut), strict=True)
        )
        np.testing.assert_array_equal(rebuilt, every)


def test_integers_are_drawn_from_their_whole_range() -> None:
    product = kernel("bit-sliced-gemm", {"m": 64, "k": 64, "n": 2})
    assert isinstance(product, BitSlicedGemm)
    x, _ = product.integers()
    assert (x.min(), x.max()) == (-128, 127)


@pytest.mark.parametrize("element", ["fp32", "fp16", "int8"])
def test_gemm_agrees_with_a_product_in_higher_precision(element: str) -> None:
    product = kernel("gemm", {"m": 20, "n": 30, "k": 40, "element": element})
    inputs = product.inputs()
    exact = inputs["a"].astype(np.float64) @ inputs["b"].astype(np.float64)
    np.testing.assert_allclose(product.compute(inputs)["c"], exact, rtol=1e-5, atol=1e-4)


SHAPE = {"m": 12, "n": 20, "k": 8, "tile_m": 4, "tile_n": 5, "tile_k": 2}
TILES = {"m": 3, "n": 4, "k": 4}


@pytest.mark.parametrize(
    ("loops", "times_a", "times_b", "times_c_written", "times_c_read"),
    [
        ("mnk", TILES["n"], TILES["m"], 1, 0),
        ("nmk", TILES["n"], TILES["m"], 1, 0),
        ("mkn", 1, TILES["m"], TILES["k"], TILES["k"] - 1),
        ("kmn", 1, TILES["m"], TILES["k"], TILES["k"] - 1),
        ("nkm", TILES["n"], 1, TILES["k"], TILES["k"] - 1),
        ("knm", TILES["n"], 1, TILES["k"], TILES["k"] - 1),
    ],
)
def test_each_loop_order_moves_its_matrices_as_often_as_its_reuse_allows(
    loops: str, times_a: int, times_b: int, times_c_written: int, times_c_read: int
) -> None:
    product = kernel("gemm", {**SHAPE, "loops": loops})
    accesses = whole_stream(product)
    read, written = (byte_counts(product, accesses, is_write) for is_write in (False, True))
    assert set(read["a"]) == {times_a}
    assert set(read["b"]) == {times_b}
    assert set(read["c"]) == {times_c_read}
    assert set(written["c"]) == {times_c_written}
    # Every row of a tile is a run, but tiles are narrower than their matrices here.
    rows = {"a": SHAPE["m"] * TILES["k"], "b": SHAPE["k"] * TILES["n"], "c": SHAPE["m"] * TILES["n"]}
    expected = rows["a"] * times_a + rows["b"] * times_b + rows["c"] * (times_c_read + times_c_written)
    assert len(accesses.address) == product.total_entries() == expected


def test_tiles_as_wide_as_the_matrix_are_one_run() -> None:
    product = kernel("gemm", {"m": 8, "n": 6, "k": 10, "tile_m": 4, "tile_n": 6, "tile_k": 10})
    sizes = [(size, is_write) for _, size, is_write in whole_stream(product).listed()]
    a, b, c = (4 * 10 * 2, False), (10 * 6 * 2, False), (4 * 6 * 4, True)
    assert sizes == [a, b, c, a, c]


@given(
    st.tuples(*[st.integers(1, 14)] * 3),
    st.tuples(*[st.integers(1, 6)] * 3),
    st.sampled_from(("mnk", "mkn", "nmk", "nkm", "kmn", "knm")),
    st.sampled_from(("raster", "tiled", "morton")),
    st.tuples(*[st.sampled_from(("row-major", "column-major", "tiled", "morton"))] * 3),
    st.integers(1, 40),
)
@settings(deadline=None, max_examples=60)
def test_the_entries_of_any_product_are_known_in_advance(
    sizes: tuple[int, int, int],
    tiles: tuple[int, int, int],
    loops: str,
    order: str,
    layouts: tuple[str, str, str],
    chunk_entries: int,
) -> None:
    values: dict[str, Any] = {"loops": loops, "order": order, "layout_tile": (2, 3), "order_tile": (2, 2)}
    values |= dict(zip("mnk", sizes, strict=True))
    values |= {f"tile_{axis}": tile for axis, tile in zip("mnk", tiles, strict=True)}
    values |= {f"{matrix}_layout": layout for matrix, layout in zip("abc", layouts, strict=True)}
    for spec in ("gemm", "bit-sliced-gemm"):
        product = kernel(spec, values)
        entries = [len(chunk) for chunk in product.stream(chunk_entries)]
        assert sum(entries) == product.total_entries()


def test_a_packed_slice_takes_its_bits_and_no_more() -> None:
    product = kernel(
        "bit-sliced-gemm", {"m": 64, "n": 64, "k": 128, "x_slices": (1, 1, 2, 4), "w_slices": (1, 7)}
    )
    sizes = {tensor.name: tensor.size_bytes for tensor in product.tensors()}
    whole = 64 * 128
    assert sizes == {
        **{"x.0": whole // 8, "x.1": whole // 8, "x.2": whole // 4, "x.3": whole // 2},
        **{"w.0": whole // 8, "w.1": whole * 7 // 8, "c": 64 * 64 * 4},
    }


@pytest.mark.parametrize("loops", ["mnk", "mkn", "knm"])
def test_steps_have_the_accesses_of_the_stream_and_the_multiplications_of_the_product(loops: str) -> None:
    sizes = ["m=40", "k=24", "n=56", "tile_m=16", "tile_k=16", "tile_n=32", f"loops={loops}"]
    made = kernel("bit-sliced-gemm", sizes)
    assert isinstance(made, BitSlicedGemm)
    steps = list(made.each_step())
    whole = list(made.stream())
    for name in ("address", "size", "is_write"):
        np.testing.assert_array_equal(
            np.concatenate([getattr(step.accesses, name) for step in steps]),
            np.concatenate([getattr(chunk, name) for chunk in whole]),
        )
    assert sum(m * k * n for m, k, n in (step.size for step in steps)) == 40 * 24 * 56
    assert steps[-1].size == (0, 0, 0)
    assert steps[-1].accesses.is_write.all()
