"""Products on crossbars are those that MemIntelli's runs recorded."""

import numpy as np
import pytest

from openrow.validation.crossbar import (
    RUNS,
    noise_differences,
    noise_free_names,
    noisy_names,
    output_differences,
    path_differences,
    product_differences,
    programming_differences,
    read_differences,
    recorded_arrays,
    sampled,
    tie_note,
)


def test_all_recorded_products_are_there() -> None:
    assert (len(noise_free_names()), len(noisy_names())) == (8, 4)
    assert sum("tie_tol" in recorded_arrays(name) for name in noise_free_names()) == 5


@pytest.mark.parametrize("name", noise_free_names())
def test_a_product_without_noise_is_the_recorded_one_by_every_path(name: str) -> None:
    assert list(product_differences(name)) == []
    assert list(path_differences(name)) == []


@pytest.mark.parametrize("name", noisy_names())
def test_200_runs_with_noise_have_the_recorded_mean_and_deviation(name: str) -> None:
    assert list(noise_differences(name)) == []


def test_ties_are_counted() -> None:
    assert tie_note("int8_p32_adc1024").startswith("int8_p32_adc1024: 2,418 of 4,096 outputs")
    assert tie_note("bits8x1_g2_adc64").endswith("0 of 1,024 outputs have codes half way between two levels")


def test_an_output_that_is_off_is_found() -> None:
    recorded = np.array([[10.0, 4.0, 2.0]])
    ties = np.array([[0.0, 0.5, 0.0]])
    assert list(output_differences(recorded + ties, recorded, ties, ties)) == []
    (only,) = output_differences(recorded + 1.1 * ties, recorded, ties, None)
    assert only == "1 outputs are beyond its ties; output 0, 1 is 0.55 off where 0.5 is allowed"
    untied, *_ = output_differences(recorded + np.array([[0.0, 0.0, 0.02]]), recorded, ties, None)
    assert untied == "an output without ties is 0.02 off"


def test_noise_that_is_off_is_found() -> None:
    """All means a tenth of a deviation off, deviations a tenth too large, cells disturbed half as much."""
    recorded, runs = recorded_arrays("noise_rv"), sampled("noise_rv")
    mean, deviation = recorded["y_mean"], recorded["y_std"]
    assert len(runs) == RUNS
    assert "mean" in next(read_differences(runs + 0.1 * deviation, mean, deviation))
    centre = runs.mean(axis=0)
    assert any(
        text.startswith("deviation")
        for text in read_differences(centre + 1.1 * (runs - centre), mean, deviation)
    )
    programmings = sampled("noise_wv")
    assert "programming" in next(
        programming_differences(0.5 * programmings, recorded_arrays("noise_wv")["y_mean"])
    )
