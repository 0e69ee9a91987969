"""Networks of crossbar layers, run step by step with the time of each."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openrow.crossbar.layers import Conv2d, Linear

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Timed:
    """What a crossbar layer of a network took."""

    name: str
    rows: int
    """Vectors multiplied."""
    shape: tuple[int, int]
    """Rows and columns of its weights."""
    path: str
    wall_s: float


@dataclass(frozen=True)
class Layer:
    """A crossbar layer with a name, and whether negative outputs become zero."""

    name: str
    operator: Conv2d | Linear
    rectified: bool = True


@dataclass(frozen=True)
class Residual:
    """Layers whose output is added to the shortcut's, or the input's, and rectified."""

    body: tuple[Layer, ...]
    shortcut: Layer | None = None


@dataclass(frozen=True)
class Digital:
    """What is computed outside crossbars, such as pooling."""

    function: Callable[[Array], Array]


Step = Layer | Residual | Digital


class Network:
    """Steps one after another."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = tuple(steps)

    def layers(self) -> Iterator[Layer]:
        """Yield the crossbar layers, in order."""
        for step in self.steps:
            if isinstance(step, Layer):
                yield step
            elif isinstance(step, Residual):
                yield from step.body
                if step.shortcut is not None:
                    yield step.shortcut

    def __call__(
        self,
        inputs: ArrayLike,
        *,
        read: int | None = None,
        threads: int = 1,
        report: Callable[[Timed], None] = lambda _: None,
    ) -> Array:
        """Return the output; ``report`` is told of each crossbar layer as it is done."""
        run = _Run(read, threads, report)
        values = np.asarray(inputs)
        for step in self.steps:
            if isinstance(step, Layer):
                values = run.layer(step, values)
            elif isinstance(step, Residual):
                values = run.residual(step, values)
            else:
                values = step.function(values)
        return values


@dataclass(frozen=True)
class _Run:
    """One pass through a network."""

    read: int | None
    threads: int
    report: Callable[[Timed], None]

    def layer(self, layer: Layer, values: Array) -> Array:
        began = time.perf_counter()
        out = layer.operator(values, read=self.read, threads=self.threads)
        if layer.rectified:
            np.maximum(out, 0, out=out)
        programmed = layer.operator.programmed
        rows = out.size // programmed.shape[1]
        wall = time.perf_counter() - began
        self.report(Timed(layer.name, rows, programmed.shape, programmed.path, wall))
        return out

    def residual(self, step: Residual, values: Array) -> Array:
        out = values
        for layer in step.body:
            out = self.layer(layer, out)
        out += values if step.shortcut is None else self.layer(step.shortcut, values)
        return np.maximum(out, 0, out=out)


def max_pool(images: Array, size: int, stride: int, padding: int) -> Array:
    """Return the largest of each window of images (batch, channels, height, width) padded with -infinity."""
    height, width = ((extent + 2 * padding - size) // stride + 1 for extent in images.shape[2:])
    out = np.full((*images.shape[:2], height, width), -np.inf, images.dtype)
    for dy in range(size):
        for dx in range(size):
            rows, taken_rows = _reached(dy - padding, stride, height, images.shape[2])
            columns, taken_columns = _reached(dx - padding, stride, width, images.shape[3])
            into = out[:, :, rows, columns]
            np.maximum(into, images[:, :, taken_rows, taken_columns], out=into)
    return out


def _reached(shift: int, stride: int, outputs: int, extent: int) -> tuple[slice, slice]:
    """Return the outputs whose input at ``shift`` lies inside the image, and those inputs."""
    first = max(0, -(shift // stride))
    last = min(outputs, (extent - 1 - shift) // stride + 1)
    start = first * stride + shift
    return slice(first, last), slice(start, start + (last - first - 1) * stride + 1, stride)


def average_of_images(images: Array) -> Array:
    """Return the mean over height and width, (batch, channels)."""
    return np.asarray(images.mean(axis=(2, 3)), images.dtype)
