"""The network on digits: its training, and that fine crossbars leave its scores as they are."""

import numpy as np

from openrow.crossbar import CrossbarSettings
from openrow.crossbar.studies.digits import (
    Parameters,
    _slopes,
    accuracy,
    digits,
    network,
    plain_scores,
    trained,
    unfolded,
)


def test_the_network_has_learned_digits_that_it_was_not_shown() -> None:
    training, unseen = digits()
    assert (len(training.labels), len(unseen.labels)) == (1297, 500)
    assert accuracy(plain_scores(trained(), unseen.images), unseen.labels) > 0.97
    assert accuracy(plain_scores(trained(), unseen.images), np.roll(unseen.labels, 1)) < 0.2


def cross_entropy(known: Parameters, images: np.ndarray, labels: np.ndarray) -> float:
    scores = plain_scores(known, images)
    return float((np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(labels)), labels]).mean())


def test_slopes_are_those_of_the_cross_entropy() -> None:
    some = digits()[0].first(20)
    random = np.random.default_rng(1)
    known = {name: values + random.normal(0, 0.1, values.shape) for name, values in trained().items()}
    for name, slope in _slopes(known, unfolded(some.images), some.labels).items():
        place = np.unravel_index(np.abs(slope).argmax(), slope.shape)
        moved = []
        for step in (1e-5, -1e-5):
            values = known[name].copy()
            values[place] += step
            moved.append(cross_entropy(known | {name: values}, some.images, some.labels))
        np.testing.assert_allclose((moved[0] - moved[1]) / 2e-5, slope[place], rtol=1e-4)


def test_fine_crossbars_leave_the_scores_as_they_are() -> None:
    some = digits()[1].first(60)
    fine = CrossbarSettings(
        input_slices=(1, 5, 5, 5),
        weight_slices=(1, 5, 5, 5),
        conductance_levels=32,
        dac_levels=32,
        adc_levels=None,
    )
    found, exact = network(fine, trained())(some.images), plain_scores(trained(), some.images)
    np.testing.assert_allclose(found, exact, atol=2e-3 * np.abs(exact).max())
