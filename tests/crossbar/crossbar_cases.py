"""The names of the recorded products, and drawn settings and operands."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from openrow.crossbar import CrossbarSettings, Granularity, Mode, SignedMapping
from openrow.validation.crossbar import noise_free_names

NOISE_FREE = noise_free_names()
Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Product:
    """A product under drawn settings."""

    settings: CrossbarSettings
    x: Reals
    w: Reals


def _widths() -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(st.integers(1, 4), min_size=1, max_size=4).map(lambda rest: (1, *rest))


def _granularity() -> st.SearchStrategy[Any]:
    return st.one_of(st.sampled_from(list(Granularity)), st.tuples(st.integers(1, 40), st.integers(1, 40)))


@st.composite
def products(draw: st.DrawFn, ideal: bool = False) -> Product:
    """Products of small matrices with zero blocks, wide ranges and settings of every kind."""
    input_slices, weight_slices = draw(_widths()), draw(_widths())
    height = draw(st.sampled_from([1, 5, 16, 32, 48, 64]))
    number = st.one_of(st.integers(3, 64), st.sampled_from([256, 1024, 4096, 65536]))
    levels: Any = draw(st.one_of(number, st.tuples(*[number] * len(weight_slices))))
    settings = CrossbarSettings(
        mode=draw(st.sampled_from(Mode)),
        input_slices=input_slices,
        weight_slices=weight_slices,
        input_block=(draw(st.integers(1, 9)), height),
        weight_block=(height, draw(st.integers(1, 9))),
        input_granularity=draw(_granularity()),
        weight_granularity=draw(_granularity()),
        signed_mapping=draw(st.sampled_from(SignedMapping)),
        conductance_levels=draw(st.integers(1 << max(weight_slices), 40)),
        dac_levels=draw(st.integers(1 << max(input_slices), 40)),
        adc_levels=None if ideal else levels,
    )
    rows, inner, columns = draw(st.integers(1, 20)), draw(st.integers(1, 100)), draw(st.integers(1, 20))
    random = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    x = random.standard_normal((rows, inner)) * 10.0 ** random.integers(-3, 3, (rows, 1))
    w = random.standard_normal((inner, columns))
    if draw(st.booleans()):
        x[: rows // 2], w[inner // 3 :] = 0, 0
    return Product(settings, x, w)
