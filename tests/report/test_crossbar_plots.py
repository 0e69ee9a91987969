"""Pictures of crossbar numerics: what is drawn, and that it can be read."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from openrow.crossbar import CrossbarSettings, SignedMapping
from openrow.crossbar.conductances import array_conductances
from openrow.crossbar.studies.converter_study import HEIGHTS, SLICINGS
from openrow.crossbar.studies.digits_study import PARTS
from openrow.report.crossbar_plots import best_of, plot_accuracy, plot_conductances, plot_converters
from openrow.system.crossbar_studies import converters_of, shipped_crossbars
from report.layout_checks import overlapping, within


def digits_example(*names: str) -> dict[str, Any]:
    """A study with made up accuracies."""
    chosen = {name: part for name, part in PARTS.items() if not names or name in names}
    found = [
        {
            "part": name,
            "series": value.series,
            "value": value.label,
            "number": value.number,
            "runs": 4,
            "accuracy": 0.99 - 0.01 * place % 0.7,
            "accuracy_deviation": 0.02,
        }
        for name, part in chosen.items()
        for place, value in enumerate(part.values)
    ]
    parts = {name: {"title": part.title, "axis": part.axis} for name, part in chosen.items()}
    return {"images": 500, "plain_accuracy": 0.988, "parts": parts, "points": found}


def converters_example() -> dict[str, Any]:
    """A study with made up errors."""
    found = [
        {
            "source": converter.source,
            "adc_levels": converter.levels,
            "array_height": height,
            "slices": list(slices),
            "relative_error": height / converter.levels / len(slices) ** 2,
            "energy_fj_per_mac": 1000 * converter.energy_pj * len(slices) ** 2 / height,
        }
        for converter in converters_of(shipped_crossbars())
        for height in HEIGHTS
        for slices in SLICINGS
    ]
    return {"size": 256, "points": found}


def conductances_example(**changes: Any) -> Figure:
    settings = CrossbarSettings(**changes)
    weights = np.random.default_rng(0).standard_normal((64, 64))
    return plot_conductances(array_conductances(weights, settings), settings, "random weights")


PICTURES: dict[str, Callable[[], Figure]] = {
    "accuracy": lambda: plot_accuracy(digits_example()),
    "accuracy, one part": lambda: plot_accuracy(digits_example("stuck_low")),
    "accuracy, slices alone": lambda: plot_accuracy(digits_example("slices")),
    "converters": lambda: plot_converters(converters_example()),
    "conductances": conductances_example,
    "conductances of pairs": lambda: conductances_example(
        signed_mapping="differential", write_variation=0.1, stuck_high_rate=0.01, drift_exponent=0.05,
        drift_time_s=1e5,
    ),
    "conductances of a small array": lambda: conductances_example(
        weight_block=(8, 64), input_block=(8, 8), signed_mapping=SignedMapping.OFFSET_COLUMN
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PICTURES)
def test_no_text_covers_another_or_leaves_the_picture(name: str) -> None:
    figure = PICTURES[name]()
    assert overlapping(figure) == []
    assert within(figure)


def test_accuracy_has_a_panel_for_each_part_and_a_line_for_each_series() -> None:
    figure = plot_accuracy(digits_example())
    drawn = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_xlabel() for axes in drawn][-1] == "bits of inputs and weights"
    assert len(drawn) == len(PARTS)
    assert all(len(axes.lines) == 4 for axes in drawn)
    assert drawn[0].get_ylabel() == "digits told right, %"
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "two's complement", "differential pairs", "offset column",
    ]  # fmt: skip


def test_the_front_of_converters_is_what_none_is_better_than() -> None:
    def point(source: str, energy: float, error: float) -> dict[str, Any]:
        return {"source": source, "energy_fj_per_mac": energy, "relative_error": error}

    found = [point("a", 2, 2), point("a", 1, 3), point("b", 1, 1), point("a", 3, 2.5), point("b", 4, 0.5)]
    assert best_of(found) == [2, 4]
    assert best_of(found, "a") == [1, 0]


def test_maps_show_the_conductances_in_microsiemens() -> None:
    figure = conductances_example()
    maps = [axes for axes in figure.axes if axes.images]
    assert [axes.get_title(loc="left") for axes in maps] == ["sign", "bit 6", "bits 4 to 5", "bits 0 to 3"]
    shown = np.asarray(maps[0].images[0].get_array())
    np.testing.assert_allclose(np.unique(shown), [0.1, 10.0])
    assert "conductance, µS" in [axes.get_ylabel() for axes in figure.axes]
