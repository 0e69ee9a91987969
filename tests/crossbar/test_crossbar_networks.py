"""Networks of crossbar layers against the same networks in plain arithmetic."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openrow.crossbar import Conv2d, CrossbarError, CrossbarSettings
from openrow.crossbar.networks import Layer, Network, Residual, Timed, max_pool
from openrow.crossbar.resnet18 import EPSILON, random_parameters, resnet18

Parameters = dict[str, np.ndarray]
FINE = CrossbarSettings(
    input_slices=(1, 5, 5, 5),
    weight_slices=(1, 5, 5, 5),
    input_block=(1, 64),
    weight_block=(64, 64),
    input_granularity="matrix",
    weight_granularity="matrix",
    conductance_levels=32,
    dac_levels=32,
    adc_levels=None,
)


@settings(max_examples=30)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(0, 1), st.integers(4, 9), st.integers(4, 9))
def test_max_pool_takes_the_largest_of_each_window(
    size: int, stride: int, padding: int, height: int, width: int
) -> None:
    images = np.random.default_rng(0).standard_normal((2, 3, height, width))
    around = min(padding, size // 2)
    padded = np.pad(images, ((0, 0), (0, 0), (around,) * 2, (around,) * 2), constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(2, 3))
    expected = windows[:, :, ::stride, ::stride].max(axis=(4, 5))
    np.testing.assert_array_equal(max_pool(images, size, stride, around), expected)


def convolved(images: np.ndarray, weight: np.ndarray, stride: int, padding: int) -> np.ndarray:
    """A convolution in float64."""
    padded = np.pad(images, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2))
    windows = np.lib.stride_tricks.sliding_window_view(padded, weight.shape[2:], axis=(2, 3))
    return np.einsum("bchwyx,ocyx->bohw", windows[:, :, ::stride, ::stride], weight, optimize=True)


def plain_resnet18(images: np.ndarray, known: Parameters) -> np.ndarray:
    """ResNet18 in float64, normalisation unfolded."""

    def layer(x: np.ndarray, name: str, norm: str, stride: int, padding: int) -> np.ndarray:
        out = convolved(x, known[f"{name}.weight"], stride, padding)
        mean, variance, gain, bias = (
            known[f"{norm}.{each}"][:, np.newaxis, np.newaxis]
            for each in ("running_mean", "running_var", "weight", "bias")
        )
        return (out - mean) / np.sqrt(variance + EPSILON) * gain + bias

    x = max_pool(np.maximum(layer(images, "conv1", "bn1", 2, 3), 0), 3, 2, 1)
    for name in [f"layer{stage}.{block}" for stage in range(1, 5) for block in range(2)]:
        stride = 2 if name.endswith(".0") and not name.startswith("layer1") else 1
        out = np.maximum(layer(x, f"{name}.conv1", f"{name}.bn1", stride, 1), 0)
        out = layer(out, f"{name}.conv2", f"{name}.bn2", 1, 1)
        if stride == 2:
            x = layer(x, f"{name}.downsample.0", f"{name}.downsample.1", stride, 0)
        x = np.maximum(out + x, 0)
    return x.mean(axis=(2, 3)) @ known["fc.weight"].T + known["fc.bias"]


def drawn_parameters() -> Parameters:
    """Parameters whose normalisation does something."""
    random = np.random.default_rng(6)
    known = dict(random_parameters(1))
    for name, values in known.items():
        if name.endswith(("running_mean", ".bias")):
            known[name] = random.normal(0, 0.1, values.shape)
        elif name.endswith("running_var") or "bn" in name or "downsample.1.weight" in name:
            known[name] = random.uniform(0.5, 1.5, values.shape)
    return known


def test_resnet18_in_fine_slices_is_resnet18() -> None:
    known = drawn_parameters()
    images = np.random.default_rng(7).standard_normal((2, 3, 32, 32))
    done: list[Timed] = []
    found = resnet18(FINE, known)(images, report=done.append)
    exact = plain_resnet18(images, known)
    assert np.abs(found - exact).max() < 1e-3 * np.abs(exact).max()
    assert len(done) == 21
    assert [each.name for each in done[:2]] == ["conv1", "layer1.0.conv1"]
    assert done[0].shape == (147, 64)
    assert done[0].rows == 2 * 16 * 16


def test_a_missing_parameter_is_named() -> None:
    known = random_parameters(0)
    del known["layer3.1.bn2.bias"]
    with pytest.raises(CrossbarError, match=r"no parameter layer3\.1\.bn2\.bias"):
        resnet18(FINE, known)


def test_a_residual_step_adds_its_input_and_rectifies() -> None:
    identity = np.eye(2)[:, :, np.newaxis, np.newaxis]
    network = Network([Residual((Layer("same", Conv2d(identity, settings=FINE), rectified=False),))])
    images = np.array([[[[1.0, -0.5]], [[0.25, 0.0]]]])
    np.testing.assert_allclose(network(images), np.maximum(2 * images, 0), atol=1e-4)
    assert [layer.name for layer in network.layers()] == ["same"]
