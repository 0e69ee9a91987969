"""Layers against products of inputs that are unfolded as a whole."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openrow.crossbar import Conv2d, CrossbarError, CrossbarSettings, Linear, program


def unfolded(images: np.ndarray, window: Conv2d) -> np.ndarray:
    """The patches (batch, pixels, channels x height x width), by plain indexing of padded images."""
    (kh, kw), (sy, sx) = window.window.kernel, window.window.stride
    (py, px), (dy, dx) = window.window.padding, window.window.dilation
    padded = np.pad(images, ((0, 0), (0, 0), (py, py), (px, px)))
    height, width = window.window.output(images.shape[2:])
    rows = [
        padded[:, :, y * sy : y * sy + dy * kh : dy, x * sx : x * sx + dx * kw : dx][:, :, :kh, :kw]
        for y in range(height)
        for x in range(width)
    ]
    return np.stack([row.reshape(len(images), -1) for row in rows], axis=1)


@settings(max_examples=25)
@given(
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(0, 2), st.integers(0, 2)),
    st.tuples(st.integers(1, 2), st.integers(1, 2)),
    st.sampled_from([(32, 32), (1, 32), "matrix", "row"]),
)
def test_a_convolution_is_the_product_of_its_patches(
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
    granularity: tuple[int, int] | str,
) -> None:
    random = np.random.default_rng(1)
    images, weight = random.standard_normal((2, 5, 19, 17)), random.standard_normal((7, 5, *kernel))
    numerics = CrossbarSettings(input_granularity=granularity, input_block=(1, 32))
    layer = Conv2d(weight, np.arange(7.0), numerics, stride=stride, padding=padding, dilation=dilation)
    found = layer(images)
    patches = unfolded(images, layer)
    expected = program(weight.reshape(7, -1).T, numerics).multiply(patches) + np.arange(7.0)
    height, width = layer.window.output((19, 17))
    np.testing.assert_array_equal(found, expected.transpose(0, 2, 1).reshape(2, 7, height, width))


def test_a_fine_convolution_is_near_the_exact_one() -> None:
    random = np.random.default_rng(2)
    images, weight = random.standard_normal((1, 4, 12, 12)), random.standard_normal((3, 4, 3, 3))
    numerics = CrossbarSettings(
        input_slices=(1, 5, 5, 5),
        weight_slices=(1, 5, 5, 5),
        adc_levels=None,
        conductance_levels=32,
        dac_levels=32,
    )
    layer = Conv2d(weight, settings=numerics, padding=1)
    exact = unfolded(images, layer) @ weight.reshape(3, -1).T
    found = layer(images).transpose(0, 2, 3, 1).reshape(1, 144, 3)
    np.testing.assert_allclose(found, exact, atol=2e-3)


def test_the_unfolded_input_never_exists() -> None:
    images = np.random.default_rng(3).standard_normal((2, 16, 96, 96), np.float32)
    layer = Conv2d(np.ones((8, 16, 3, 3)), padding=1)
    layer(images[:, :, :4, :4])
    tracemalloc.start()
    layer(images)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    unfolded_bytes = 9 * images.nbytes
    product_bytes = images.nbytes // 2
    assert peak < product_bytes + unfolded_bytes // 5


def test_a_linear_layer_is_a_product_with_a_bias() -> None:
    random = np.random.default_rng(4)
    weight, bias, x = (
        random.standard_normal((10, 20)),
        random.standard_normal(10),
        random.standard_normal((3, 20)),
    )
    layer = Linear(weight, bias)
    expected = program(weight.T).multiply(x) + bias
    np.testing.assert_array_equal(layer(x), expected)
    assert layer(x[0]).shape == (10,)
    assert layer(x.astype(np.float32)).dtype == np.float32


def test_layers_refuse_what_does_not_fit() -> None:
    with pytest.raises(CrossbarError, match=r"should be \(outputs, inputs\)"):
        Linear(np.ones(3))
    with pytest.raises(CrossbarError, match="does not fit 3 outputs"):
        Linear(np.ones((3, 2)), np.ones(2))
    with pytest.raises(CrossbarError, match=r"should be \(outputs, channels, height, width\)"):
        Conv2d(np.ones((3, 2)))
    broken = np.ones((3, 2, 5, 5))
    broken[2, 0, 4, 1] = np.nan
    with pytest.raises(CrossbarError, match=r"weights hold nan at \(2, 0, 4, 1\)"):
        Conv2d(broken)
    with pytest.raises(CrossbarError, match=r"weights hold inf at \(0, 1\)"):
        Linear([[0, np.inf]])
    layer = Conv2d(np.ones((3, 2, 5, 5)))
    with pytest.raises(CrossbarError, match=r"should be \(batch, 2, height, width\)"):
        layer(np.ones((1, 3, 8, 8)))
    with pytest.raises(CrossbarError, match="images of 4 x 8 are smaller than the kernel"):
        layer(np.ones((1, 2, 4, 8)))
