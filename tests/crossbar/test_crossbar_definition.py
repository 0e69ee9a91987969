"""The plain definition against MemIntelli's recorded products."""

import numpy as np
import pytest
from crossbar_cases import NOISE_FREE

from openrow.crossbar.definition import plain_product, plain_ties, round_half_even
from openrow.validation.crossbar import FLOAT32_ERROR, recorded_arrays, recorded_settings

WITH_TOLERANCE = [name for name in NOISE_FREE if "tie_tol" in recorded_arrays(name)]
TIED_OUTPUTS = {
    "int8_p32_adc1024": 2418,
    "int8_p64_adc65536": 1279,
    "int6_p32_g4_adc64": 3591,
    "int6_p32_g4_adclist": 2506,
    "int6_rdac8_mismatch": 3466,
    "bits8x1_g2_adc64": 0,
    "gran_permatrix": 1299,
    "bfp8_p32": 3299,
}
"""Outputs with at least one code between two levels, which float32 rounds either way."""


@pytest.mark.parametrize("name", NOISE_FREE)
def test_a_recorded_product_is_reproduced_but_for_ties(name: str) -> None:
    recorded = recorded_arrays(name)
    settings = recorded_settings(name)
    found = plain_product(recorded["x"], recorded["w"], settings)
    ties = plain_ties(recorded["x"], recorded["w"], settings)
    error = np.abs(found - recorded["y"])
    assert (error <= ties + FLOAT32_ERROR).all()
    assert error[ties == 0].max() <= 1e-3 * np.abs(recorded["y"]).max()
    assert np.count_nonzero(ties) == TIED_OUTPUTS[name]


@pytest.mark.parametrize("name", WITH_TOLERANCE)
def test_recorded_tolerances_and_float64_products_are_met(name: str) -> None:
    recorded = recorded_arrays(name)
    found = plain_product(recorded["x"], recorded["w"], recorded_settings(name))
    assert (np.abs(found - recorded["y"]) <= recorded["tie_tol"] + FLOAT32_ERROR).all()
    np.testing.assert_allclose(found, recorded["y_float64ref"], rtol=0, atol=1e-11)


def test_half_rounds_to_even_on_both_sides_of_zero() -> None:
    halves = np.array([-5, -3, -1, 1, 3, 5, 7])
    assert round_half_even(halves, 2).tolist() == [-2, -2, 0, 0, 2, 2, 4]
    assert round_half_even(np.array([-4, -2, 2, 4]), 3).tolist() == [-1, -1, 1, 1]


def test_a_product_by_hand() -> None:
    """Two numbers of 3 bits: 3 x 2 + -3 x 3 = -3 in integers, in scales of 1/3 and 1."""
    from openrow.crossbar import CrossbarSettings

    settings = CrossbarSettings(
        input_slices=(1, 2),
        weight_slices=(1, 2),
        input_block=(1, 2),
        weight_block=(2, 1),
        input_granularity="matrix",
        weight_granularity="matrix",
        conductance_levels=4,
        dac_levels=4,
        adc_levels=19,
    )
    found = plain_product(np.array([[1.0, -1.0]]), np.array([[2.0], [3.0]]), settings)
    assert found.item() == pytest.approx(-1.0, rel=1e-15)
