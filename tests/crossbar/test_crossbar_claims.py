"""The plain versions with all pairs at once, what is measured of them, and the claims."""

import numpy as np
import pytest

from openrow.crossbar import CrossbarSettings
from openrow.crossbar.definition import plain_product, plain_ties
from openrow.crossbar.studies.cartesian import all_at_once, pair_by_pair, sliced_weights, without_noise
from openrow.system import crossbar_claims, crossbar_measuring
from openrow.system.claims import REFUTED, REPRODUCED
from openrow.system.crossbar_claims import claims, unfolding
from openrow.system.crossbar_measuring import Measured, Measurements, measure, peak_bytes, settings_of


@pytest.mark.parametrize("slices", [4, 2])
@pytest.mark.parametrize("shape", [(70, 147, 40), (32, 32, 32)])
def test_the_plain_versions_are_the_definition_but_for_ties(slices: int, shape: tuple[int, int, int]) -> None:
    rows, inner, columns = shape
    random = np.random.default_rng(0)
    x, w = random.standard_normal((rows, inner)), random.standard_normal((inner, columns))
    settings = settings_of(slices)
    expected, ties = plain_product(x, w, settings), plain_ties(x, w, settings)
    for found in (
        all_at_once(x, w, settings),
        without_noise(x, w, settings),
        pair_by_pair(x, sliced_weights(w, settings), columns, settings),
    ):
        assert found.shape == (rows, columns)
        assert (np.abs(found - expected) <= ties + 3e-4).all()


def test_the_plain_versions_refuse_what_they_do_not_do() -> None:
    with pytest.raises(TypeError, match="one number of ADC levels"):
        without_noise(np.ones((32, 32)), np.ones((32, 32)), CrossbarSettings(adc_levels=None))


def test_the_currents_of_all_pairs_are_held_at_once_and_those_of_one_pair_by_pair() -> None:
    settings = settings_of(4)
    x, w = np.ones((256, 160), np.float32), np.ones((160, 64), np.float32)
    one_pair = 256 * 5 * 64 * 4
    held = sliced_weights(w, settings)
    assert peak_bytes(lambda: without_noise(x, w, settings)) > 2 * 16 * one_pair
    assert peak_bytes(lambda: pair_by_pair(x, held, 64, settings)) < 16 * one_pair


def test_unfolding_grows_by_kernel_over_stride() -> None:
    assert unfolding(7, 2, 224, 3) == 12.25
    assert unfolding(3, 1, 56, 1) == 9
    assert unfolding(3, 2, 56, 1) == 2.25


def test_measured_claims_have_verdicts_and_figures() -> None:
    found = measure(32)
    by_id = {claim.id: claim for claim in claims(found)}
    assert list(by_id) == [f"X{number}" for number in range(1, 8)]
    verdicts = {id: claim.verdict for id, claim in by_id.items() if id < "X6"}
    assert verdicts == {"X1": REPRODUCED, "X2": REFUTED, "X3": REPRODUCED, "X4": REFUTED, "X5": REPRODUCED}
    assert "257 MB and 2.06 GB" in by_id["X2"].finding
    assert "356.8 KiB" in by_id["X3"].finding
    peaks = [found.by_way[way, 4].peak_bytes for way in crossbar_measuring.WAYS]
    assert peaks == sorted(peaks, reverse=True)
    assert peaks[0] > 20 * peaks[-1]


def made_up(seconds: tuple[float, ...], peaks: tuple[int, ...], share: float) -> Measurements:
    """Measurements whose 2 slices take a share of 4."""
    by_way = {}
    for way, time, peak in zip(crossbar_measuring.WAYS, seconds, peaks, strict=True):
        by_way[way, 4] = Measured(time, peak, 0.1)
        by_way[way, 2] = Measured(time * share, int(peak * share), 0.2)
    return Measurements(224, by_way, many_streamed=4000)


def test_a_claim_is_reproduced_by_what_it_says_and_refuted_by_less() -> None:
    as_claimed = made_up((10.0, 7.0, 3.0, 1.5), (1000, 650, 400, 200), 0.25)
    verdicts = {claim.id: claim.verdict for claim in claims(as_claimed)}
    assert (verdicts["X6"], verdicts["X7"]) == (REPRODUCED, REPRODUCED)
    slower = made_up((10.0, 9.0, 3.0, 1.5), (1000, 650, 400, 200), 0.5)
    verdicts = {claim.id: claim.verdict for claim in claims(slower)}
    assert (verdicts["X6"], verdicts["X7"]) == (REFUTED, REFUTED)
    assert crossbar_claims.RECORDED in claims(slower)[5].finding
