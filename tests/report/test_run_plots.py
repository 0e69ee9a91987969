"""The pictures of runs with units: a map of the units, energy, stages."""

from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes

from openrow.report.plots import save_plot
from openrow.report.run_plots import (
    ENERGY_PARTS,
    STAGES,
    energy_bars,
    energy_notes,
    plot_energy,
    plot_stages,
    plot_units,
    stage_lanes,
    unit_shares,
)
from report.example_curve import RUN


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_a_map_of_units_has_every_unit_where_it_lies() -> None:
    # The layers end after 100 and 300 cycles; unit (0, 0) computes 50 + 110 of them, channel 1 has no bank 2.
    shares, channels, banks = unit_shares(RUN, "busy")
    assert (channels, banks) == ([0, 1], [0, 2])
    assert shares == [[40.0, 40.0], [6.25, 0.0]]
    assert unit_shares(RUN, "end")[0] == [[100.0, 80.0], [12.5, 0.0]]
    axes, colours = plot_units(RUN).axes
    assert np.asarray(axes.images[0].get_array()).tolist() == shares
    assert [text.get_text() for text in axes.get_yticklabels()] == ["0", "2"]
    assert "time computing" in colours.get_ylabel()
    assert "from 0 to 40 %" in axes.get_title(loc="left")


def test_an_unknown_figure_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="busy, end, not 'speed'"):
        plot_units(RUN, "speed")


def test_energy_bars_sum_to_the_totals_with_the_units_logic_as_one() -> None:
    bars = energy_bars(RUN)
    assert list(bars) == ["units", "host, simulated"]
    assert sum(bars["units"].values()) == pytest.approx(8.75)
    assert bars["units"]["unit"] == pytest.approx(0.75)
    assert sum(bars["host, simulated"].values()) == pytest.approx(6.0)
    assert energy_notes(RUN, bars) == ["8.8 mJ", "6.0 mJ; board's power x time: 90.00 mJ"]


def test_the_energy_picture_shows_every_part_that_there_is() -> None:
    figure = plot_energy(RUN)
    (axes,) = figure.axes
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    present = ("dram", "dram_activation", "dram_read", "link", "unit", "compute", "l2")
    assert sorted(named) == sorted(ENERGY_PARTS[key][0] for key in present)
    right = [max(p.get_x() + p.get_width() for p in axes.patches if round(p.get_y()) == i) for i in (0, 1)]
    assert right == pytest.approx([8.75, 6.0])
    assert "mJ" in axes.get_xlabel()
    assert "5.0" in texts(axes)


def test_without_a_simulated_host_there_is_one_bar() -> None:
    alone: dict[str, Any] = {**RUN, "host_energy_pj": {}}
    (axes,) = plot_energy(alone).axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["units"]
    assert "8.8 mJ" in texts(axes)


def test_stages_lie_in_lanes_with_the_host_alone_above() -> None:
    lanes = stage_lanes(RUN)
    assert list(lanes) == ["host alone", "host", "units"]
    assert [name for name, *_ in lanes["host alone"]] == ["backbone", "attention", "tail", "upsampling"]
    assert lanes["units"] == [("attention", "pim", 10.0, 16.0)]
    assert lanes["host"][-1] == ("upsampling", "sampling", 16.1, 17.0)


def test_the_timeline_names_every_stage_once_a_lane_and_both_totals() -> None:
    figure = plot_stages(RUN)
    (axes,) = figure.axes
    shown = texts(axes)
    assert {
        name: shown.count(name) for name in ("backbone", "attention", "tail", "upsampling")
    } == dict.fromkeys(("backbone", "attention", "tail", "upsampling"), 2)
    assert "15.00 ms" in shown
    assert "17.00 ms" in shown
    named = {text.get_text() for text in figure.legends[0].get_texts()}
    assert named == {label for label, _ in STAGES.values()}
    assert axes.get_xlabel() == "time, ms"
    assert axes.yaxis_inverted()


def test_looks_differ_in_colour_and_in_pattern_beside_each_other() -> None:
    for styles in (ENERGY_PARTS, STAGES):
        looks = [look for _, look in styles.values()]
        assert len(set(looks)) == len(looks)
        assert len({colour for colour, _ in looks}) >= len(looks) - 1


@pytest.mark.parametrize("plot", [plot_units, plot_energy, plot_stages])
@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")])
def test_the_pictures_are_written_in_every_format(plot: Any, name: str, start: bytes, tmp_path: Any) -> None:
    save_plot(plot(RUN), tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)
