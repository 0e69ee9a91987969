"""The pictures of replays."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from openrow.report.causes import CAUSES
from openrow.report.plots import OUTCOMES, TIMES, plot_banks, plot_time_and_rows, save_plot
from report.example_results import BANK, EXAMPLE, LOST, example, example_with_channels


def test_every_part_of_the_time_has_its_own_look() -> None:
    assert set(TIMES) == {"data", *CAUSES}
    for styles in (OUTCOMES, TIMES):
        assert len({colour for colour, _ in styles.values()}) == len(styles)
    # Areas that lie beside each other differ in grey as well.
    patterns = [pattern for _, pattern in TIMES.values()]
    assert all(one != other for one, other in pairwise(patterns))


def test_bars_fill_the_whole_and_name_what_can_be_seen() -> None:
    other = example(data_bus_busy=0.5, lost_time=dict.fromkeys(LOST, 0.0) | {"refresh": 0.5})
    figure = plot_time_and_rows({"one": EXAMPLE, "other": other})
    rows, times = figure.axes
    for axes, ends in ((rows, [100, 100]), (times, [100, 100])):
        right = [
            max(p.get_x() + p.get_width() for p in axes.patches if round(p.get_y()) == i) for i in (0, 1)
        ]
        assert right == pytest.approx(ends, abs=0.02)
    assert [text.get_text() for text in rows.get_yticklabels()] == ["one", "other"]
    named = [text.get_text() for text in times.get_legend().get_texts()]
    assert named == ["data", "row cycle", "activation window", "bank-group spacing", "turnaround", "refresh"]


def test_the_first_result_is_on_top() -> None:
    rows, _ = plot_time_and_rows({"one": EXAMPLE, "other": EXAMPLE}).axes
    assert rows.yaxis_inverted()


def test_a_bank_map_shows_every_count_where_it_belongs() -> None:
    tree = example_with_channels(3)
    tree["channels"][2]["banks"] = [{**BANK, "row_conflicts": 7}, {**BANK, "bank": 1, "row_conflicts": 9}]
    figure = plot_banks(tree, "row_conflicts")
    axes, colours = figure.axes
    shown = np.asarray(axes.images[0].get_array())
    assert shown.tolist() == [[50, 50, 7], [50, 50, 9]]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["ba0", "ba1"]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0", "1", "2"]
    assert colours.get_ylabel() == "row conflicts"
    assert not axes.texts


def test_the_map_of_one_channel_has_its_counts_written_in() -> None:
    axes, _ = plot_banks(EXAMPLE).axes
    assert [text.get_text() for text in axes.texts] == ["100", "300"]


def test_a_run_without_accesses_can_be_drawn() -> None:
    idle = dict.fromkeys(LOST, 0.0) | {"nothing_to_do": 1.0}
    channel = {**EXAMPLE["channels"][0], "banks": [{**BANK, "bursts": 0}]}
    tree = example(row_hits=0, row_misses=0, row_conflicts=0, data_bus_busy=0.0, lost_time=idle)
    tree["channels"] = [channel]
    assert plot_time_and_rows({"idle": tree}).axes
    assert plot_banks(tree).axes


def test_an_unknown_figure_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"bursts, row_hits, .* not 'latency'"):
        plot_banks(EXAMPLE, "latency")


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")])
def test_a_plot_is_written_in_the_format_of_its_name(tmp_path: Path, name: str, start: bytes) -> None:
    save_plot(plot_time_and_rows({"one": EXAMPLE}), tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)
