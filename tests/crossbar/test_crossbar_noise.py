"""Noise: against its plain definition, against MemIntelli's errors, and what holds without looking."""

from typing import Any

import numpy as np
import pytest
from plain_noise import noisy_product

from openrow.crossbar import CrossbarSettings, SignedMapping, program
from openrow.validation.crossbar import ONE_PROGRAMMING, noisy_names, recorded_arrays, recorded_case, sampled

DISTURBED: dict[str, dict[str, Any]] = {
    "write": {"write_variation": 0.1},
    "read": {"read_variation": 0.1},
    "read-by-level": {"read_variation": {0: 0.3, 3: 0.1}},
    "dac": {"dac_noise": 0.1},
    "stuck": {"stuck_high_rate": 0.05, "stuck_low_rate": 0.1},
    "drift": {"drift_exponent": 0.05, "drift_exponent_deviation": 0.01, "drift_time_s": 1e5},
}
ALL_AT_ONCE = {key: value for each in DISTURBED.values() for key, value in each.items()}
BASE: dict[str, Any] = {"conductance_levels": 4, "dac_levels": 4, "adc_levels": 64}
SLICES = {"input_slices": (1, 1, 2), "weight_slices": (1, 2, 2)}


def small(**changes: Any) -> CrossbarSettings:
    return CrossbarSettings(**BASE | SLICES | changes)


def operands() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    return random.standard_normal((50, 70)), random.standard_normal((70, 20))


@pytest.mark.parametrize("kind", [*DISTURBED, "all"])
@pytest.mark.parametrize("adc_levels", [64, None])
@pytest.mark.parametrize("mapping", [SignedMapping.TWOS_COMPLEMENT, SignedMapping.DIFFERENTIAL])
def test_noise_follows_its_definition(kind: str, adc_levels: int | None, mapping: SignedMapping) -> None:
    """Currents are in float32, so that a code in a thousand may differ by one."""
    changes = ALL_AT_ONCE if kind == "all" else DISTURBED[kind]
    settings = small(adc_levels=adc_levels, signed_mapping=mapping, seed=9, **changes)
    x, w = operands()
    found, expected = program(w, settings).multiply(x, read=3), noisy_product(x, w, settings, read=3)
    differs = np.abs(found - expected) > 1e-5 * np.abs(expected).max()
    assert differs.mean() < 0.01
    assert np.abs(found - expected).max() < 0.05 * np.abs(expected).max()


def test_clipped_codes_stay_within_the_converters_levels() -> None:
    x, w = np.ones((4, 64)), np.ones((64, 8))
    settings = small(adc_clipping=True, stuck_high_rate=0.5, read_variation=1.0, write_variation=1.0)
    clipped = program(w, settings).multiply(x, read=0)
    np.testing.assert_allclose(clipped, noisy_product(x, w, settings, read=0), rtol=0.02)
    free = CrossbarSettings(**settings.model_dump() | {"adc_clipping": False})
    assert not np.allclose(clipped, program(w, free).multiply(x, read=0), rtol=0.02)


@pytest.mark.parametrize("name", noisy_names())
def test_errors_of_the_product_are_as_large_as_recorded(name: str) -> None:
    recorded, case = recorded_arrays(name), recorded_case(name)
    exact = recorded["x"] @ recorded["w"]
    errors = [np.linalg.norm(run - exact) / np.linalg.norm(exact) for run in sampled(name)]
    spread = max(case["RE_std"], np.std(errors) if name in ONE_PROGRAMMING else 0)
    count = 1 if name in ONE_PROGRAMMING else len(errors) / 2
    assert np.mean(errors) == pytest.approx(case["RE_mean"], abs=5 * spread / np.sqrt(count))


def test_equal_seeds_and_reads_repeat_and_others_differ() -> None:
    x, w = operands()
    settings = small(seed=1, **ALL_AT_ONCE)
    first = program(w, settings)
    np.testing.assert_array_equal(first.multiply(x), program(w, settings).multiply(x, threads=2))
    assert not np.allclose(first.multiply(x), first.multiply(x, read=0))
    np.testing.assert_array_equal(first.multiply(x, read=4), program(w, settings).multiply(x, read=4))
    other = program(w, small(seed=2, **ALL_AT_ONCE))
    assert not np.allclose(first.multiply(x, read=0), other.multiply(x, read=0))


@pytest.mark.parametrize("purpose", ["write", "read", "dac", "stuck", "drift"])
def test_each_kind_of_noise_has_a_seed_of_its_own(purpose: str) -> None:
    x, w = operands()
    before = program(w, small(**ALL_AT_ONCE)).multiply(x, read=0)
    after = program(w, small(**ALL_AT_ONCE, **{f"{purpose}_seed": 77})).multiply(x, read=0)
    assert not np.allclose(before, after)


@pytest.mark.parametrize("mapping", SignedMapping)
def test_vanishing_noise_gives_the_noise_free_product(mapping: SignedMapping) -> None:
    """Odd numbers of codes in an odd block have no ties that a breath of noise could decide."""
    x, w = operands()
    block = {"input_block": (4, 25), "weight_block": (25, 5), "adc_levels": 64}
    quiet = small(signed_mapping=mapping, **block)
    breath = small(signed_mapping=mapping, write_variation=1e-9, **block)
    np.testing.assert_allclose(program(w, breath).multiply(x), program(w, quiet).multiply(x), atol=1e-9)


def test_the_offset_column_is_disturbed_as_other_columns_are() -> None:
    x, w = operands()
    settings = small(signed_mapping="offset-column", read_variation=0.05)
    exact = program(w, small(signed_mapping="offset-column")).multiply(x)
    programmed = program(w, settings)
    runs = np.stack([programmed.multiply(x) for _ in range(50)])
    assert runs.std(axis=0).min() > 0
    shared = np.corrcoef((runs[:, 0, 0] - exact[0, 0]), (runs[:, 0, 1] - exact[0, 1]))[0, 1]
    assert shared > 0.2
