"""What crossbars make of each layer of a network, held against the layer in plain arithmetic.

One layer is programmed at a time. Its own error is that of its output for the input that the crossbars before
it have computed; the error of the whole is that against the network in plain arithmetic throughout. Both are
relative: the norm of the difference over the norm of what is right.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openrow.config.crossbar import CrossbarSettings
from openrow.crossbar.layers import Conv2d
from openrow.crossbar.network_shape import IMAGE, LayerShape
from openrow.crossbar.networks import max_pool
from openrow.crossbar.programming import CrossbarError
from openrow.crossbar.rows import PatchRows, Window

Array = NDArray[np.floating[Any]]
Weights = Callable[[LayerShape], tuple[NDArray[np.float64], NDArray[np.float64] | None]]
"""Of a layer: weights (outputs, channels, height, width), and biases (outputs) if any."""
EXACT_ROWS = 1024
"""Rows of the unfolded input at a time in plain arithmetic."""


@dataclass(frozen=True)
class LayerError:
    """How far a layer's output is from what it should be."""

    own: float
    """For the input that it got."""
    total: float
    """Against the network in plain arithmetic."""


@dataclass(frozen=True)
class NetworkNumbers:
    """What crossbars made of a network."""

    output: Array
    """Of the last layer, (batch, outputs, height, width)."""
    exact: Array
    """The same in plain arithmetic."""
    errors: Mapping[str, LayerError]
    """By layer."""


def run_numbers(
    layers: Sequence[LayerShape],
    weights: Weights,
    settings: CrossbarSettings,
    images: Array,
    threads: int = 1,
    progress: Callable[[str], None] = lambda _name: None,
) -> NetworkNumbers:
    """Run images (batch, channels, height, width) through a network on crossbars, and plainly.

    Raises
    ------
    CrossbarError
        For weights that do not fit the layer or are not finite.
    """
    values: dict[str, tuple[Array, Array]] = {IMAGE: (images, images)}
    errors: dict[str, LayerError] = {}
    for number, layer in enumerate(layers):
        progress(layer.name)
        weight, bias = weights(layer)
        _check_shape(layer, weight)
        crossbar = Conv2d(weight, bias, settings, stride=layer.window.stride, padding=layer.window.padding)
        found, right = values[layer.source]
        own = crossbar(found, threads=threads)
        exact = exact_convolution(found, weight, bias, layer.window)
        own_error = relative_error(own, exact)
        del exact
        plain = exact_convolution(right, weight, bias, layer.window)
        errors[layer.name] = LayerError(own_error, relative_error(own, plain))
        shortcut = values[layer.adds] if layer.adds is not None else (None, None)
        values[layer.name] = (_finished(layer, own, shortcut[0]), _finished(layer, plain, shortcut[1]))
        _forget(values, layers[number + 1 :], layer.name)
    output, exact = values[layers[-1].name]
    return NetworkNumbers(output, exact, errors)


def exact_convolution(
    images: Array, weight: NDArray[np.float64], bias: NDArray[np.float64] | None, window: Window
) -> Array:
    """Return a convolution in plain arithmetic (batch, outputs, height, width)."""
    rows = PatchRows(images, window)
    matrix = weight.reshape(len(weight), -1).T.astype(images.dtype)
    out = np.empty((rows.batch, rows.rows, len(weight)), images.dtype)
    for item in range(rows.batch):
        for first in range(0, rows.rows, EXACT_ROWS):
            part = slice(first, min(first + EXACT_ROWS, rows.rows))
            np.matmul(rows.tile(item, part, slice(None)), matrix, out=out[item, part])
    if bias is not None:
        out += bias.astype(out.dtype)
    return out.reshape(rows.batch, *rows.output, -1).transpose(0, 3, 1, 2)


def relative_error(found: Array, right: Array) -> float:
    """Return the norm of the difference over the norm of what is right; 0 where both are 0."""
    difference = float(np.linalg.norm((found - right).ravel()))
    norm = float(np.linalg.norm(right.ravel()))
    return difference / norm if norm else difference


def _check_shape(layer: LayerShape, weight: NDArray[np.float64]) -> None:
    right = (layer.outputs, layer.channels, *layer.window.kernel)
    if weight.shape != right:
        raise CrossbarError(f"weights of layer {layer.name} have shape {weight.shape}; it should be {right}")
    if not np.isfinite(weight).all():
        place = tuple(np.argwhere(~np.isfinite(weight))[0].tolist())
        raise CrossbarError(
            f"weights of layer {layer.name} hold {weight[place]} at {place}; all should be finite"
        )


def _finished(layer: LayerShape, out: Array, shortcut: Array | None) -> Array:
    """Add the shortcut, rectify and pool."""
    if shortcut is not None:
        out = out + shortcut
    if layer.rectified:
        out = np.maximum(out, 0)
    if layer.pool is None:
        return out
    window = layer.pool.window
    if layer.pool.kind == "mean":
        return np.asarray(out.mean(axis=(2, 3), keepdims=True), out.dtype)
    return max_pool(out, window.kernel[0], window.stride[0], window.padding[0])


def _forget(values: dict[str, Any], later: Sequence[LayerShape], last: str) -> None:
    """Drop outputs that nobody reads any more."""
    read = {source for layer in later for source in layer.sources} | {last}
    for name in [name for name in values if name not in read]:
        del values[name]
