"""The recorded products, and drawn settings and operands."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from openrow.crossbar import CrossbarSettings, Granularity, Mode, SignedMapping

GOLDEN = Path(__file__).parent / "golden"
RECORDED: dict[str, dict[str, Any]] = json.loads((GOLDEN / "memintelli_cases.json").read_text())
NOISE_FREE = [name for name in RECORDED if not name.startswith("noise")]
Reals = NDArray[np.float64]


def recorded_arrays(name: str) -> dict[str, Reals]:
    """The arrays of a case: x, w, y and what else it has."""
    with np.load(GOLDEN / "memintelli_cases.npz") as data:
        return {key.split("/")[1]: data[key] for key in data if key.startswith(f"{name}/")}


def recorded_settings(name: str) -> CrossbarSettings:
    """The settings of a case in openrow's names."""
    case = RECORDED[name]

    def granularity(value: Any) -> Any:
        return "matrix" if value == "per-matrix" else tuple(value)

    return CrossbarSettings(
        mode=Mode.BLOCK_FLOATING_POINT if case["bw_e"] else Mode.INTEGER,
        input_slices=tuple(case["xblk"]),
        weight_slices=tuple(case["wblk"]),
        input_block=tuple(case["xparal"]),
        weight_block=tuple(case["wparal"]),
        input_granularity=granularity(case["xgran"]),
        weight_granularity=granularity(case["wgran"]),
        conductance_low_s=case["LGS"],
        conductance_high_s=case["HGS"],
        conductance_levels=case["g_level"],
        dac_levels=case["rdac"],
        adc_levels=case["radc"],
        read_voltage_v=case["vread"],
        write_variation=case["write_variation"],
        read_variation=case["read_variation"],
        dac_noise=case["vnoise"],
        stuck_high_rate=case["rate_stuck_HGS"],
        stuck_low_rate=case["rate_stuck_LGS"],
    )


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
