"""The picture of row-hit rate and speedup."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from openrow.report.causes import UNIT_CAUSES
from openrow.report.hit_rate_plot import GROUPS, caption, cause_text, lowest_rate, plot_hit_rate, spread
from report.example_curve import curve


def line(axes: Axes, label: str) -> list[tuple[float, float]]:
    """The points of the series called so."""
    (found,) = (line for line in axes.lines if line.get_label() == label)
    return [(float(x), float(y)) for x, y in found.get_xydata()]


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_every_host_has_two_panels_named_after_what_they_show() -> None:
    axes = plot_hit_rate(curve()).axes
    assert len(axes) == 6
    assert [each.get_ylabel() for each in axes] == ["sampling speedup", "end-to-end speedup"] * 3
    assert {each.get_xlabel() for each in axes} == {"row-hit rate, %"}
    titles = [each.get_title(loc="left") for each in axes[::2]]
    assert titles[0] == "host as measured: 8.00 ms for what the units take over"
    assert "never breaks even" in titles[1]
    assert len(plot_hit_rate(curve(hosts=1)).axes) == 2


def test_all_series_lie_where_the_curve_says() -> None:
    tree = curve()
    sampling, end_to_end, other = plot_hit_rate(tree).axes[:3]
    report = line(sampling, "the report (assumed factors)")
    assert report == [(50.0, 2.0), (90.0, 3.5)]
    assert line(sampling, "simulated, baseline") == [(94.0, 0.85)]
    assert line(sampling, "simulated, other order") == [(50.0, 0.33)]
    assert line(end_to_end, "simulated, other order") == [(50.0, pytest.approx(0.33**0.1))]
    assert line(other, "simulated, other order") == [(50.0, pytest.approx(0.066))]
    assert line(sampling, "analytic model")[-1] == (100.0, 1.25)
    # The report says nothing of other hosts.
    assert "the report (assumed factors)" not in [each.get_label() for each in other.lines]


def test_a_point_of_an_unknown_group_is_drawn_all_the_same() -> None:
    tree = curve()
    tree["points"][0]["group"] = "something new"
    assert line(plot_hit_rate(tree).axes[0], "simulated, other changes") == [(94.0, 0.85)]


def test_break_even_is_marked_where_there_is_one() -> None:
    measured, _, gpu, _, edge, _ = plot_hit_rate(curve()).axes
    assert "break-even 75 %" in texts(measured)
    assert "break-even 60 %" in texts(edge)
    assert not any("break-even" in text for text in texts(gpu))
    assert any(list(each.get_xdata()) == [75.0, 75.0] for each in measured.lines)
    for axes in (measured, gpu, edge):
        assert any(list(each.get_ydata()) == [1.0, 1.0] for each in axes.lines)
        low, high = axes.get_ylim()
        assert low < 1 < high


def test_points_are_numbered_by_speedup_with_what_limits_them() -> None:
    sampling, end_to_end = plot_hit_rate(curve()).axes[:2]
    numbered = [text for text in texts(sampling) if text[0].isdigit()]
    assert numbered == [
        "1  row-major: computing, bank-group spacing",
        "2  as shipped: computing, imbalance",
        "3  over the channel: channel",
        "4  by tile: imbalance, activation window",
    ]
    assert [text for text in texts(end_to_end) if text[0].isdigit()] == ["1", "2", "3", "4"]
    assert "analytic model: fetching limits" in texts(sampling)
    assert "computing limits" in texts(sampling)


def test_labels_do_not_overlap() -> None:
    tree = curve()
    crowd = tree["points"][0]
    tree["points"] += [{**crowd, "label": f"one of many {number}"} for number in range(12)]
    figure = plot_hit_rate(tree)
    FigureCanvasAgg(figure).draw()
    labels = [text for text in figure.axes[0].texts if text.get_text()[0].isdigit()]
    # The extent of an annotation has its leader in it, that of its text has not.
    extents = [Text.get_window_extent(text) for text in labels]
    boxes = sorted((extent.y0, extent.y1) for extent in extents)
    assert len(boxes) == 16
    assert all(below[1] <= above[0] for below, above in pairwise(boxes))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.floats(0.01, 0.2))
def test_spread_labels_keep_their_order_and_distance(wanted: list[float], gap: float) -> None:
    wanted.sort(reverse=True)
    places = spread(wanted, gap)
    least = min(gap, 1 / max(len(wanted) - 1, 1))
    assert all(above - below >= least - 1e-9 for above, below in pairwise(places))
    assert -1e-9 <= min(places) <= max(places) <= 1 + 1e-9
    if all(above - below >= gap for above, below in pairwise(wanted)):
        assert places == pytest.approx(wanted, abs=1e-9)


def test_a_crowd_is_spread_around_its_middle() -> None:
    assert spread([0.5, 0.5, 0.5], 0.1) == pytest.approx([0.6, 0.5, 0.4])


def test_groups_differ_in_shape_and_in_colour() -> None:
    assert len({style.marker for style in GROUPS.values()}) == len(GROUPS)
    assert len({style.colour for style in GROUPS.values()}) == len(GROUPS)


def test_every_cause_has_a_name() -> None:
    assert cause_text({"limited_by": list(UNIT_CAUSES)}) == ", ".join(UNIT_CAUSES.values())


def test_the_axis_begins_below_the_lowest_point() -> None:
    tree: dict[str, Any] = {"points": [{"row_hit_rate": 0.62}], "report": [{"row_hit_rate": 0.5}]}
    assert lowest_rate(tree) == 40.0
    tree["report"] = [{"row_hit_rate": 0.01}]
    assert lowest_rate(tree) == 0.0
    low, high = plot_hit_rate(curve()).axes[0].get_xlim()
    assert (low, high) == (40.0, 101.0)
    assert np.all(np.asarray([a.get_xlim() for a in plot_hit_rate(curve()).axes]) == (40.0, 101.0))


def test_the_caption_says_what_was_not_simulated_and_what_was_assumed() -> None:
    text = caption(curve())
    assert "Analytic model: 512 units." in text
    assert "Not simulated itself: fine, taken sample for sample as coarse." in text
    assert "edge, simulated: all other stages take 20 times as long as measured" in text
    alone = caption({**curve(hosts=1), "scaled_stages": {}})
    assert "\n" not in alone
