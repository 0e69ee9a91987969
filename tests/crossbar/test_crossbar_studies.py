"""Studies: rows of accuracy, error and energy, and what must hold between them."""

from typing import Any

import numpy as np
import pytest

from openrow.crossbar import CrossbarError, CrossbarSettings, SignedMapping
from openrow.crossbar.conductances import array_conductances
from openrow.crossbar.levels import distortions
from openrow.crossbar.studies.converter_study import (
    Converter,
    choices,
    operands,
    relative_error,
    settings_of,
)
from openrow.crossbar.studies.digits import digits
from openrow.crossbar.studies.digits_study import PARTS, Point, points, slice_widths
from openrow.system.crossbar_studies import StudyError, converters_tree, digits_tree, shipped_crossbars

FEW = 100
INT8_ERRORS = {16: 2.7, 64: 0.47, 256: 0.115, 1024: 0.031, 4096: 0.0143, 65536: 0.0123}
"""Relative error by ADC levels of MemIntelli (commit c121ff7) at 256^3, slices 1, 1, 2, 4, block 64."""


def accuracies(part: str, **changes: Any) -> dict[str, list[Point]]:
    """The points of a part, by series."""
    found: dict[str, list[Point]] = {}
    settings = CrossbarSettings(**changes)
    for point in points(settings, digits()[1].first(FEW), {part: PARTS[part]}, repeats=2):
        found.setdefault(point.value.series, []).append(point)
    return found


def test_more_levels_of_the_converter_tell_more_digits() -> None:
    for series in accuracies("adc_levels").values():
        means = [point.mean for point in series]
        assert means[0] < 0.6 < 0.95 < means[-1]
        assert all(len(point.accuracies) == 1 for point in series)


def test_two_bits_are_too_few_and_six_are_enough() -> None:
    for series in accuracies("slices").values():
        assert series[0].mean < 0.6 < 0.95 < series[4].mean


@pytest.mark.parametrize("part", ["write_variation", "dac_noise", "stuck_high", "drift"])
def test_what_disturbs_costs_accuracy_and_is_repeated(part: str) -> None:
    for series in accuracies(part).values():
        assert series[0].mean >= series[-1].mean
        assert [len(point.accuracies) for point in (series[0], series[-1])] == [1, 2]
    assert min(series[-1].mean for series in accuracies(part).values()) < 0.97


@pytest.mark.parametrize("widest", [1, 2, 4])
@pytest.mark.parametrize("bits", range(2, 9))
def test_slices_of_the_study_are_whole_and_fit_their_levels(bits: int, widest: int) -> None:
    widths = slice_widths(bits, widest)
    assert sum(widths) == bits
    assert widths[0] == 1
    levels = 1 << widest
    fitting = CrossbarSettings(
        input_slices=widths, weight_slices=widths, dac_levels=levels, conductance_levels=levels
    )
    assert list(distortions(fitting)) == []


def test_a_result_has_what_it_takes_to_repeat_it() -> None:
    settings = CrossbarSettings(seed=3)
    tree = digits_tree(settings, ["stuck_low"], images=20, repeats=2)
    assert CrossbarSettings.model_validate(tree["settings"]) == settings
    assert {"openrow", "numpy", "scikit-learn"} <= set(tree["versions"])
    assert tree == digits_tree(settings, ["stuck_low"], images=20, repeats=2)
    assert [tree["points"][5][key] for key in ("part", "value", "runs")] == ["stuck_low", "0.05", 2]


def test_an_unknown_part_is_refused_with_the_nearest() -> None:
    with pytest.raises(StudyError, match="part 'stuck' should be a known part"):
        digits_tree(CrossbarSettings(), ["stuck"])


@pytest.mark.parametrize(("levels", "recorded"), INT8_ERRORS.items())
def test_errors_of_a_product_are_those_recorded_of_memintelli(levels: int, recorded: float) -> None:
    found = relative_error(*operands(256), settings_of(levels, 64, (1, 1, 2, 4)))
    assert found == pytest.approx(recorded, rel=0.06)


def test_the_energy_is_conversions_times_their_published_energy() -> None:
    (one,) = [
        choice
        for choice in choices([Converter("published", 256, 2.0)], [32], 64)
        if choice.slices == (1, 1, 2, 4)
    ]
    assert one.energy_fj_per_mac == pytest.approx(4 * 4 * 2000 / 32)


def test_converters_are_those_of_the_architectures() -> None:
    tree = converters_tree(size=32)
    assert tree["architectures"] == shipped_crossbars()
    levels = {(point["source"], point["adc_levels"], point["conversion_pj"]) for point in tree["points"]}
    assert ("crossbar/isaac", 256, 2 / 1.28) in levels  # 2 mW at 1.28 GS/s
    assert ("crossbar/neurosim-sar", 64, 0.110) in levels
    assert len(tree["points"]) == len(levels) * 4 * 3
    assert {point["source"] for point in converters_tree(["crossbar/isaac"], 32)["points"]} == {
        "crossbar/isaac"
    }


def test_an_architecture_without_crossbars_is_refused() -> None:
    with pytest.raises(StudyError, match="memory/ddr4-2400: has no section crossbar"):
        converters_tree(["memory/ddr4-2400"])


def test_conductances_are_the_levels_of_the_slices() -> None:
    weights = np.array([[127.0, -128 / 128 * 127], [0.0, 1.0]])
    siemens = array_conductances(weights, CrossbarSettings())
    assert siemens.shape == (1, 4, 32, 2)
    low, high = 1e-7, 1e-5
    step = (high - low) / 15
    # 127 is 0 1 11 1111, -127 is 1 0 00 0001, 1 is 0 0 00 0001; rows beyond the weights are at the lowest.
    expected = {(0, 0): [low, high, high, high], (0, 1): [high, low, low, low + step]}
    expected |= {(1, 1): [low, low, low, low + step], (31, 0): [low] * 4}
    for (row, column), cells in expected.items():
        np.testing.assert_allclose(siemens[0, :, row, column], cells)


def test_pairs_hold_a_weight_on_one_side_and_stuck_cells_are_at_the_ends() -> None:
    weights = np.random.default_rng(0).standard_normal((64, 64))
    pairs = array_conductances(weights, CrossbarSettings(signed_mapping=SignedMapping.DIFFERENTIAL), (1, 1))
    assert pairs.shape == (2, 3, 32, 32)
    np.testing.assert_allclose(pairs.min(axis=0), 1e-7)
    stuck = array_conductances(weights, CrossbarSettings(stuck_high_rate=1.0))
    np.testing.assert_allclose(stuck, 1e-5)


def test_an_array_that_is_not_there_is_refused() -> None:
    with pytest.raises(CrossbarError, match="no array 2, 0: weights of 64 x 33 fill 2 x 2 arrays"):
        array_conductances(np.ones((64, 33)), CrossbarSettings(), (2, 0))
