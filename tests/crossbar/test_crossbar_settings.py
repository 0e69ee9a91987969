"""Settings that contradict themselves, level counts that distort, operands that do not fit."""

import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from openrow.crossbar import CrossbarError, CrossbarSettings, DistortionWarning, SignedMapping, program
from openrow.crossbar.levels import distortions, slices


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input_slices": (2, 2)}, "input_slices (2, 2) should start with the sign, 1 bit"),
        ({"weight_slices": (1,)}, "have a slice after it"),
        ({"weight_slices": (1, 9)}, "should be 1 to 8 bits each"),
        ({"weight_slices": (1, 8, 8)}, "should be 16 bits together at most, not 17"),
        ({"conductance_levels": 8}, "conductance_levels 8 cannot hold a slice of 4 bits"),
        ({"dac_levels": 4}, "dac_levels 4 cannot drive a slice of 4 bits; it should be at least 16"),
        ({"input_block": (32, 64)}, "input_block has 64 columns but weight_block 32 rows"),
        ({"adc_levels": (64, 64)}, "adc_levels lists 2 numbers, but there are 4 weight slices"),
        ({"adc_levels": 2, "signed_mapping": "differential"}, "cannot tell the signs"),
        ({"conductance_low_s": 1e-4}, "should be below conductance_high_s"),
        ({"stuck_high_rate": 0.7, "stuck_low_rate": 0.7}, "should stay within 1"),
        ({"read_variation": {16: 0.1}}, "read_variation names levels [16]; levels are 0 to 15"),
        ({"adc_levels": 1 << 24, "weight_block": (1 << 20, 1), "input_block": (1, 1 << 20)}, "below 2^47"),
        ({"adc_levels": 1}, "greater than or equal to 2"),
        ({"colour": 1}, "Extra inputs are not permitted"),
    ],
)
def test_a_contradiction_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        CrossbarSettings(**changes)
    assert message in str(refused.value)


def test_level_counts_that_distort_are_named_with_what_would_fit() -> None:
    settings = CrossbarSettings(dac_levels=20)
    with pytest.warns(
        DistortionWarning, match="dac_levels 20 distorts input slices of 2 and 4 bits.*16 or 31"
    ):
        program(np.ones((4, 4)), settings)


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(0, 60), st.sampled_from(SignedMapping)
)
def test_level_counts_distort_unless_slices_divide_them(
    rest: list[int], more: int, mapping: SignedMapping
) -> None:
    """Slices are evenly spaced where 2^b - 1 divides the levels less one; those that would fit do fit."""
    widths, levels = (1, *rest), (1 << max(rest)) + more
    settings = CrossbarSettings(
        input_slices=widths,
        weight_slices=widths,
        dac_levels=levels,
        conductance_levels=levels,
        signed_mapping=mapping,
    )
    uneven = [width for width in widths if (levels - 1) % ((1 << width) - 1)]
    found = list(distortions(settings))
    assert [text.partition(" ")[0] for text in found] == ["dac_levels", "conductance_levels"] * bool(uneven)
    for text in found:
        assert all(str(width) in text for width in uneven)
        lower, upper = (int(number) for number in re.findall(r"(\d+) or (\d+) levels fit", text)[0])
        for fitting in (lower, upper):
            assert fitting >= 1 << max(rest)
            other = {"dac_levels": fitting, "conductance_levels": fitting}
            assert list(distortions(CrossbarSettings(**settings.model_dump() | other))) == []
        assert upper > levels


def test_distorted_levels_are_unevenly_spaced_and_others_are_not() -> None:
    steps = [np.diff(slices((1, 4), levels, -1)[1].levels) for levels in (16, 20, 31)]
    assert [len(np.unique(each)) for each in steps] == [1, 2, 1]


def test_level_counts_that_fit_do_not_warn() -> None:
    program(np.ones((4, 4)), CrossbarSettings(dac_levels=31, conductance_levels=46))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(3), "weights of shape (3,) should be a matrix"),
        (np.ones((0, 3)), "should be a matrix"),
        (np.array([[1.0, np.nan]]), "weights hold nan at (0, 1)"),
    ],
)
def test_weights_that_are_no_finite_matrix_are_refused(weights: np.ndarray, message: str) -> None:
    with pytest.raises(CrossbarError) as refused:
        program(weights)
    assert message in str(refused.value)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_inputs_that_are_not_finite_are_refused(bad: float) -> None:
    x = np.ones((3, 4), np.float32)
    x[1, 2] = bad
    with pytest.raises(CrossbarError, match="not finite"):
        program(np.ones((4, 4))).multiply(x)


def test_inputs_that_do_not_fit_are_refused() -> None:
    with pytest.raises(CrossbarError, match=r"\(3, 5\) do not fit weights of shape \(4, 2\)"):
        program(np.ones((4, 2))).multiply(np.ones((3, 5)))


@pytest.mark.parametrize(
    ("path", "changes", "message"),
    [
        ("fast", {}, "there is no path 'fast'"),
        ("ideal", {}, "need each other"),
        ("gemm", {"adc_levels": None}, "need each other"),
        ("popcount", {"dac_noise": 0.1}, "there is noise"),
    ],
)
def test_a_path_that_is_not_possible_is_refused(path: str, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(CrossbarError, match=message):
        program(np.ones((4, 2)), CrossbarSettings(**changes), path=path)


def test_settings_load_without_numpy() -> None:
    script = "import sys; from openrow.crossbar import CrossbarSettings; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, env={"PYTHONPATH": ":".join(sys.path)})
