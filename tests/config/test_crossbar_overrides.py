"""The numerics of a crossbar from what is typed."""

import pytest

from openrow.config.crossbar import CrossbarSettings, Granularity
from openrow.config.crossbar_loading import load_settings
from openrow.config.problems import ConfigurationError


def test_what_is_typed_takes_the_place_of_defaults() -> None:
    typed = ["weight_slices=[1, 1, 2]", "adc_levels=[64, 64, 32]", "weight_granularity=matrix"]
    found = load_settings([*typed, "read_variation={0: 0.1, 15: 0.2}"])
    assert found == CrossbarSettings(
        weight_slices=(1, 1, 2),
        adc_levels=(64, 64, 32),
        weight_granularity=Granularity.MATRIX,
        read_variation={0: 0.1, 15: 0.2},
    )
    assert load_settings() == CrossbarSettings()


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("weight_slice=[1]", "weight_slice: should be a known key; the nearest is 'weight_slices'"),
        ("weight_slices=[2, 2]", "should start with the sign, 1 bit"),
        ("adc_levels=1", "adc_levels: should be greater than or equal to 2 (got 1)"),
        ("adc_levels=x", "adc_levels: should be a valid integer or a list"),
        ("adc_levels=[64, 1]", "adc_levels.1: should be greater than or equal to 2 (got 1)"),
        ("conductance_levels=8", "conductance_levels 8 cannot hold a slice of 4 bits"),
        ("read_variation={a: 0.1}", "read_variation.a: should be a valid integer (got 'a')"),
        ("read_variation={0: x}", "read_variation.0: should be a valid number (got 'x')"),
        ("read_variation={16: 0.1}", "read_variation names levels [16]; levels are 0 to 15"),
        ("weight_granularity=rows", "'block', 'matrix', 'row' or 'column'; the nearest is 'row'"),
        ("weight_granularity=[1]", "weight_granularity.1: is required"),
        ("weight_granularity=[1, 2, 3]", "weight_granularity: should have at most 2 elements"),
        ("weight_granularity=5", "weight_granularity: should be a list or 'block', 'matrix', 'row' or"),
        ("weight_granularity=[0, 1]", "weight_granularity.0: should be greater than 0 (got 0)"),
    ],
)
def test_a_mistake_is_one_problem_that_names_it(typed: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings([typed])
    assert len(refused.value.problems) == 1
    assert message in refused.value.report()
