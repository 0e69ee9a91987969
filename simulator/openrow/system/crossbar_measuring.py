"""Time and memory of one product by several ways to compute it: ResNet18's first layer on one image.

All run on one thread of BLAS. Time is the least CPU time of several runs; memory the most that Python's
allocators, NumPy's among them, held at once beyond the operands.
"""

import time
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from openrow.config.crossbar import CrossbarSettings
from openrow.crossbar.layers import Conv2d
from openrow.crossbar.programming import program
from openrow.crossbar.rows import PatchRows, Window
from openrow.crossbar.studies import cartesian

WAYS = ("all at once", "without noise", "pair by pair", "openrow")
"""What ``cartesian`` has, from the slowest, and the engine."""
SLICINGS: Mapping[int, tuple[int, ...]] = {4: (1, 1, 2, 2), 2: (1, 5)}
"""Six bits in four and in two slices."""
ADC_LEVELS = 256
WINDOW = Window((7, 7), (2, 2), (3, 3))
CHANNELS, OUTPUTS = 3, 64
MANY_IMAGES = 64
REPEATS = 3

Singles = NDArray[np.float32]


@dataclass(frozen=True)
class Measured:
    """What one product took."""

    seconds: float
    peak_bytes: int
    error: float
    """Norm of the product's error over the norm of the exact product."""


@dataclass(frozen=True)
class Measurements:
    """What was measured.

    Attributes
    ----------
    size
        Height and width of the images.
    by_way
        One image, by way and number of slices.
    many_streamed
        The most memory that 64 images take in the engine's convolution.
    """

    size: int
    by_way: Mapping[tuple[str, int], Measured]
    many_streamed: int


def settings_of(slices: int) -> CrossbarSettings:
    """Return six-bit numerics in so many slices."""
    widths = SLICINGS[slices]
    levels = 1 << max(widths)
    return CrossbarSettings(
        input_slices=widths,
        weight_slices=widths,
        conductance_levels=levels,
        dac_levels=levels,
        adc_levels=ADC_LEVELS,
    )


def measure(size: int, advance: Callable[[str, float], None] = lambda _what, _share: None) -> Measurements:
    """Measure the first layer of ResNet18 on random images of ``size`` x ``size`` pixels."""
    w = np.random.default_rng(1).standard_normal((CHANNELS * 49, OUTPUTS), dtype=np.float32)
    x = PatchRows(_images(1, size), WINDOW).tile(0, slice(None), slice(None)).astype(np.float32)
    exact = x @ w
    found: dict[tuple[str, int], Measured] = {}
    with threadpool_limits(limits=1, user_api="blas"):
        for slices in SLICINGS:
            for way, multiply in _ways(settings_of(slices)).items():
                found[way, slices] = _measured(partial(multiply(w), x), exact)
                advance(f"{way}, {slices} slices", len(found) / (len(WAYS) * len(SLICINGS) + 1))
    many = _images(MANY_IMAGES, size)
    layer = Conv2d(w.T.reshape(OUTPUTS, CHANNELS, 7, 7), settings=settings_of(4), stride=2, padding=3)
    streamed = peak_bytes(lambda: layer(many))
    advance("", 1.0)
    return Measurements(size, found, streamed)


def _images(count: int, size: int) -> Singles:
    return np.random.default_rng(0).standard_normal((count, CHANNELS, size, size), dtype=np.float32)


Multiply = Callable[[Singles], NDArray[Any]]


def _ways(s: CrossbarSettings) -> dict[str, Callable[[Singles], Multiply]]:
    """Return what makes of weights a function of inputs; what it makes beforehand is not measured."""

    def paired(w: Singles) -> Multiply:
        held = cartesian.sliced_weights(w, s)
        return lambda x: cartesian.pair_by_pair(x, held, w.shape[1], s)

    return {
        "all at once": lambda w: lambda x: cartesian.all_at_once(x, w, s),
        "without noise": lambda w: lambda x: cartesian.without_noise(x, w, s),
        "pair by pair": paired,
        "openrow": lambda w: program(w, s).multiply,
    }


def _measured(multiply: Callable[[], NDArray[Any]], exact: Singles) -> Measured:
    product = multiply()
    error = float(np.linalg.norm(product - exact) / np.linalg.norm(exact))
    seconds = []
    for _ in range(REPEATS):
        began = time.process_time()
        multiply()
        seconds.append(time.process_time() - began)
    return Measured(min(seconds), peak_bytes(multiply), error)


def peak_bytes(run: Callable[[], object]) -> int:
    """Return the most memory that was held at once beyond what was there before."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
