"""Every path, setting and number of threads against the plain definition, bit for bit."""

import warnings

import numpy as np
import pytest
from crossbar_cases import NOISE_FREE, Product, products
from hypothesis import example, given, settings

from openrow.crossbar import CrossbarSettings, DistortionWarning, SignedMapping, program
from openrow.crossbar.definition import plain_product
from openrow.validation.crossbar import recorded_arrays, recorded_settings


def fast_product(drawn: Product, path: str | None = None, threads: int = 1) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DistortionWarning)
        return program(drawn.w, drawn.settings, path=path).multiply(drawn.x, threads=threads)


WIDE = Product(
    CrossbarSettings(
        input_slices=(1, 7),
        weight_slices=(1, 8),
        input_block=(4, 300),
        weight_block=(300, 4),
        input_granularity="matrix",
        weight_granularity="matrix",
        dac_levels=1000,
        conductance_levels=256,
        adc_levels=65536,
    ),
    np.linspace(-1, 1, 3000).reshape(10, 300),
    np.linspace(2, -1, 1500).reshape(300, 5),
)
"""Currents beyond what float32 holds exactly."""


@settings(max_examples=60)
@given(products())
@example(WIDE)
def test_paths_with_a_converter_equal_the_definition_bit_for_bit(drawn: Product) -> None:
    expected = plain_product(drawn.x, drawn.w, drawn.settings)
    for path in ("gemm", "popcount"):
        np.testing.assert_array_equal(fast_product(drawn, path), expected)


@settings(max_examples=40)
@given(products(ideal=True))
def test_the_ideal_path_equals_the_definition_bit_for_bit(drawn: Product) -> None:
    expected = plain_product(drawn.x, drawn.w, drawn.settings)
    np.testing.assert_array_equal(fast_product(drawn), expected)


@pytest.mark.parametrize("name", NOISE_FREE)
@pytest.mark.parametrize("mapping", SignedMapping)
def test_recorded_settings_give_equal_products_on_every_path(name: str, mapping: SignedMapping) -> None:
    recorded = recorded_arrays(name)
    values = recorded_settings(name).model_dump() | {"signed_mapping": mapping}
    drawn = Product(CrossbarSettings(**values), recorded["x"], recorded["w"])
    expected = plain_product(drawn.x, drawn.w, drawn.settings)
    for path in ("gemm", "popcount"):
        np.testing.assert_array_equal(fast_product(drawn, path), expected)


def test_clipping_changes_nothing_without_noise() -> None:
    recorded = recorded_arrays("int8_p32_adc1024")
    plain = recorded_settings("int8_p32_adc1024")
    clipped = CrossbarSettings(**plain.model_dump() | {"adc_clipping": True})
    expected = program(recorded["w"], plain).multiply(recorded["x"])
    np.testing.assert_array_equal(program(recorded["w"], clipped).multiply(recorded["x"]), expected)


@pytest.mark.parametrize("path", ["gemm", "popcount"])
def test_threads_batches_and_many_tiles_change_nothing(path: str) -> None:
    random = np.random.default_rng(3)
    x, w = random.standard_normal((2, 3, 300, 70)), random.standard_normal((70, 33))
    programmed = program(w, CrossbarSettings(), path=path)
    expected = np.array([[plain_product(x[i, j], w, CrossbarSettings()) for j in range(3)] for i in range(2)])
    np.testing.assert_array_equal(programmed.multiply(x), expected)
    np.testing.assert_array_equal(programmed.multiply(x, threads=2), expected)
    np.testing.assert_array_equal(
        programmed.multiply(x.transpose(1, 0, 2, 3)[:, :, ::-1])[1, 0, ::-1][:3],
        programmed.multiply(x[0, 1, ::-1])[::-1][:3],
    )


def test_float32_inputs_give_the_rounded_float64_product() -> None:
    random = np.random.default_rng(4)
    x, w = random.standard_normal((40, 64), np.float32), random.standard_normal((64, 32))
    programmed = program(w)
    found = programmed.multiply(x)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, programmed.multiply(x.astype(np.float64)).astype(np.float32))


@settings(max_examples=30)
@given(products(ideal=True))
def test_an_ideal_converter_on_fitting_levels_leaves_only_the_rounding_of_operands(drawn: Product) -> None:
    bits = {"input_slices": (1, 3, 4), "weight_slices": (1, 3, 4), "mode": "integer"}
    fitting = {"conductance_levels": 106, "dac_levels": 106}
    chosen = CrossbarSettings(**drawn.settings.model_dump() | bits | fitting)
    found = program(drawn.w, chosen).multiply(drawn.x)
    largest = np.abs(drawn.x).max() * np.abs(drawn.w).max() * drawn.x.shape[1]
    assert np.abs(found - drawn.x @ drawn.w).max() <= largest / 127 * 1.01
