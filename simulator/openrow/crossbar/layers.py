"""Layers of networks on crossbars: their weights are programmed once, inputs are multiplied as they come."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openrow.config.crossbar import CrossbarSettings
from openrow.crossbar.programming import CrossbarError, ProgrammedWeights, check_finite, program
from openrow.crossbar.rows import Pair, PatchRows, Window

Array = NDArray[np.floating[Any]]


def _bias(bias: ArrayLike | None, outputs: int) -> NDArray[np.float64] | None:
    if bias is None:
        return None
    values = np.asarray(bias, np.float64)
    if values.shape != (outputs,):
        raise CrossbarError(f"a bias of shape {values.shape} does not fit {outputs} outputs")
    return values


def _real(inputs: ArrayLike) -> Array:
    values = np.asarray(inputs)
    return values if values.dtype == np.float32 else values.astype(np.float64, copy=False)


class Linear:
    """A fully connected layer, y = x W^T + b; the bias is added digitally.

    Parameters
    ----------
    weight
        W (outputs, inputs).
    bias
        b (outputs), if any.
    settings
        The numerics of the crossbar.
    """

    def __init__(
        self, weight: ArrayLike, bias: ArrayLike | None = None, settings: CrossbarSettings | None = None
    ) -> None:
        values = np.asarray(weight, np.float64)
        if values.ndim != 2:
            raise CrossbarError(f"weights of shape {values.shape} should be (outputs, inputs)")
        check_finite(values)
        self.programmed: ProgrammedWeights = program(values.T, settings)
        self.bias = _bias(bias, values.shape[0])

    def __call__(self, inputs: ArrayLike, *, read: int | None = None, threads: int = 1) -> Array:
        """Return the layer's output (..., outputs) for inputs (..., inputs), in their precision."""
        values = _real(inputs)
        rows = values.reshape(1, -1) if values.ndim == 1 else values
        out = self.programmed.multiply(rows, read=read, threads=threads)
        if self.bias is not None:
            out += self.bias.astype(out.dtype)
        return out.reshape(*values.shape[:-1], out.shape[-1])


class Conv2d:
    """A convolution whose unfolded input never exists: its rows are gathered tile by tile.

    Parameters
    ----------
    weight
        (outputs, channels, kernel height, kernel width).
    bias
        (outputs), if any; added digitally.
    settings
        The numerics of the crossbar. Each image is a matrix of its own, an output pixel is a row.
    stride, padding, dilation
        For both directions, or vertical and horizontal.
    """

    def __init__(
        self,
        weight: ArrayLike,
        bias: ArrayLike | None = None,
        settings: CrossbarSettings | None = None,
        *,
        stride: int | Pair = 1,
        padding: int | Pair = 0,
        dilation: int | Pair = 1,
    ) -> None:
        values = np.asarray(weight, np.float64)
        if values.ndim != 4:
            raise CrossbarError(
                f"weights of shape {values.shape} should be (outputs, channels, height, width)"
            )
        check_finite(values)
        kernel = (values.shape[2], values.shape[3])
        self.window = Window(kernel, _pair(stride), _pair(padding), _pair(dilation))
        self.channels = values.shape[1]
        self.programmed: ProgrammedWeights = program(values.reshape(len(values), -1).T, settings)
        self.bias = _bias(bias, len(values))

    def __call__(self, images: ArrayLike, *, read: int | None = None, threads: int = 1) -> Array:
        """Return the output (batch, outputs, height, width) for images (batch, channels, height, width).

        In memory the outputs of a pixel lie together.
        """
        values = _real(images)
        if values.ndim != 4 or values.shape[1] != self.channels:
            raise CrossbarError(
                f"images of shape {values.shape} should be (batch, {self.channels}, height, width)"
            )
        rows = PatchRows(values, self.window)
        if min(rows.output) < 1:
            raise CrossbarError(
                f"images of {values.shape[2]} x {values.shape[3]} are smaller than the kernel"
            )
        out = np.empty((rows.batch, rows.rows, self.programmed.shape[1]), values.dtype)
        self.programmed.multiply_rows(rows, out, read, threads)
        if self.bias is not None:
            out += self.bias.astype(out.dtype)
        return out.reshape(rows.batch, *rows.output, -1).transpose(0, 3, 1, 2)


def _pair(value: int | Pair) -> Pair:
    return (value, value) if isinstance(value, int) else value
