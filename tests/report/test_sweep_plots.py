"""Pictures of sweeps: what is drawn where, and what is written on it."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from openrow.report.effects import by_share, is_full_grid, main_effects
from openrow.report.energy_plot import energy_parts, plot_energy_breakdown
from openrow.report.latency_plot import plot_latency
from openrow.report.metric_names import more_is_better, quantity_of
from openrow.report.roofline_plot import plot_roofline, roofs_of
from openrow.report.scaling_plot import plot_scaling, scaling_of
from openrow.report.sensitivity_plot import plot_sensitivity
from openrow.report.style import COLOURS, MARKS, write_figure
from openrow.report.sweep_columns import MissingColumnError, SweepColumns
from openrow.report.sweep_plots import cells_of, front_of, plot_heat_map, plot_pareto, plot_rate_speedup
from report.layout_checks import overlapping, within
from report.sweep_examples import example_columns, words

TABLE = example_columns(operations=np.full(8, 32000.0), sampling_speedup=np.linspace(0.5, 1.5, 8))
CHANNELS, MAPPING, PAGE = "axis.memory.channels", "axis.mapping", "axis.memory.controller.page_policy"

PICTURES: dict[str, Callable[[SweepColumns], Figure]] = {
    "pareto": plot_pareto,
    "heat map": plot_heat_map,
    "sensitivity": plot_sensitivity,
    "energy": plot_energy_breakdown,
    "roofline": plot_roofline,
    "latency": plot_latency,
    "scaling": plot_scaling,
    "rate and speedup": plot_rate_speedup,
}


@pytest.mark.parametrize("name", PICTURES)
def test_no_text_covers_another_or_leaves_the_picture(name: str) -> None:
    figure = PICTURES[name](TABLE)
    assert overlapping(figure) == []
    assert within(figure)


@pytest.mark.parametrize("name", PICTURES)
def test_every_axis_says_what_it_is(name: str) -> None:
    axes = PICTURES[name](TABLE).axes[0]
    assert axes.get_xlabel()
    assert axes.get_ylabel() or name == "sensitivity"


@pytest.mark.parametrize(("format", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_the_same_picture_is_the_same_file(format: str, start: bytes) -> None:
    files = []
    for _ in range(2):
        file = BytesIO()
        write_figure(plot_pareto(TABLE), file, format)
        files.append(file.getvalue())
    assert files[0].startswith(start)
    assert files[0] == files[1]


def test_kinds_differ_in_colour_and_mark() -> None:
    assert len(set(COLOURS)) == len(COLOURS) == len(set(MARKS)) == len(MARKS)


def test_a_table_becomes_columns_with_missing_numbers_as_nan() -> None:
    table = pa.table(
        {"axis.a": ["x", None], "n": pa.array([1, None]), "f": [0.5, 1.5], "axis.b": [True, False]}
    )
    columns = SweepColumns.of(table)
    assert np.isnan(columns.numbers("n")[1])
    assert columns.numbers("n")[0] == 1
    assert columns.levels("b") == [True, False]
    assert columns.metrics == ["n", "f"]
    assert columns.axes == ["axis.a", "axis.b"]
    assert columns.level_texts("a") == ["x", "none"]


def test_an_axis_is_found_by_its_last_word_and_a_wrong_name_gets_the_nearest() -> None:
    assert TABLE.find("page_policy") == PAGE
    assert TABLE.find("memory.channels") == CHANNELS
    with pytest.raises(MissingColumnError, match="no column 'row_hit_rat'; the nearest is 'row_hit_rate'"):
        TABLE.find("row_hit_rat")
    with pytest.raises(MissingColumnError, match=r"holds no numbers but such as 'memory/low'; .*time_ns"):
        TABLE.numbers(MAPPING)
    with pytest.raises(MissingColumnError, match="is empty"):
        example_columns(empty=np.full(8, np.nan)).numbers("empty")


def test_an_axis_of_one_value_is_none() -> None:
    assert TABLE.axes == [CHANNELS, MAPPING, PAGE]
    assert TABLE.level_texts(MAPPING) == ["low", "high"]


@pytest.mark.parametrize(
    ("column", "largest", "label", "scale"),
    [
        ("time_ns", 5e6, "time, ms", 1e-6),
        ("sampling_ms", 0.5, "time of geometric sampling, us", 1e3),
        ("energy_pj.total", 2e9, "energy, mJ", 1e-9),
        ("energy_pj.read", 2.0, "energy read, pJ", 1.0),
        ("row_hit_rate", 1.0, "row-hit rate, %", 100.0),
        ("lost_time.row_cycle", 1.0, "lost time row cycle, %", 100.0),
        ("bandwidth_gb_per_s.delivered", 10.0, "delivered bandwidth, GB/s", 1.0),
        ("memory_traffic_bytes.link_up", 3e7, "memory traffic link up, MB", 1e-6),
        ("energy_pj_per_byte", 40.0, "energy, pJ/byte", 1.0),
        ("axis.memory.clock.clock_mhz", 1600.0, "clock, MHz", 1.0),
        ("axis.memory.controller.read_queue", 32.0, "read queue", 1.0),
        ("end_to_end_speedup", 1.2, "end-to-end speedup, x", 1.0),
    ],
)
def test_a_figure_has_a_name_and_a_unit_that_suits_it(
    column: str, largest: float, label: str, scale: float
) -> None:
    quantity = quantity_of(column, [0.0, largest, float("nan")])
    assert quantity.label == label
    assert quantity.scale == pytest.approx(scale)


def test_what_is_better_is_told_by_the_name() -> None:
    assert more_is_better("row_hit_rate")
    assert more_is_better("bandwidth_gb_per_s.delivered")
    assert not more_is_better("time_ns")
    assert not more_is_better("lost_time.data_bus")


numbers = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30)


@given(points=numbers, more_x=st.booleans(), more_y=st.booleans())
def test_a_front_is_what_no_point_beats(points: list[tuple[int, int]], more_x: bool, more_y: bool) -> None:
    xs, ys = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    front = front_of(xs, ys, more_x, more_y)
    costs = [((-x if more_x else x), (-y if more_y else y)) for x, y in points]
    beaten = [any(a <= x and b <= y and (a, b) != (x, y) for a, b in costs) for x, y in costs]
    assert {costs[place] for place in front} == {
        cost for cost, is_beaten in zip(costs, beaten, strict=True) if not is_beaten
    }
    assert len({costs[place] for place in front}) == len(front)
    assert list(xs[front]) == sorted(xs[front])


def test_a_front_names_its_points_and_says_what_is_better() -> None:
    figure = plot_pareto(TABLE, x="time_ns", y="energy_pj.total")
    axes = figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time, us", "energy, uJ")
    front = axes.collections[1].get_offsets()
    assert np.asarray(front).tolist() == [[4.0, 6.0], [8.0, 4.0]]
    listed = axes.texts[-1].get_text()
    assert listed.splitlines()[0] == "1  channels 2, mapping low, page policy open"
    assert "less of time, less of energy" in figure.get_supxlabel()


def test_a_goal_can_be_turned_round() -> None:
    axes = plot_pareto(TABLE, x="row_hit_rate", y="time_ns", more_x=False).axes[0]
    assert np.asarray(axes.collections[1].get_offsets()).tolist() == [[0.0, 4.0]]


def test_a_map_shows_means_and_says_of_how_many() -> None:
    figure = plot_heat_map(TABLE, x="channels", y="mapping", metric="time_ns")
    axes = figure.axes[0]
    assert np.asarray(axes.images[0].get_array()).tolist() == [[8.0, 4.0], [9.0, 6.0]]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["1", "2"]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["low", "high"]
    assert [text.get_text() for text in axes.texts] == ["8", "4", "9", "6"]
    assert figure.get_supxlabel() == "Mean time of the 2 points of a cell, which differ in page policy."
    assert figure.axes[1].get_ylabel() == "time, us"


def test_a_map_can_show_extremes_and_leaves_out_what_is_not_there() -> None:
    table = TABLE.only(np.array([True] * 7 + [False]))
    energy = "energy_pj.total"
    assert cells_of(table, CHANNELS, MAPPING, energy, "greatest").values.tolist() == [
        [5e6, 7e6],
        [5.5e6, 6.5e6],
    ]
    assert cells_of(table, CHANNELS, MAPPING, energy, "least").values.tolist() == [[4e6, 6e6], [4.5e6, 6.5e6]]
    some = cells_of(table.only(np.arange(7) < 6), CHANNELS, MAPPING, energy)
    assert np.isnan(some.values[1, 1])
    assert some.points.tolist() == [[2, 2], [2, 0]]


def test_a_map_needs_two_axes() -> None:
    with pytest.raises(MissingColumnError, match="0 axes with several values, and 2 are needed"):
        plot_heat_map(TABLE.only(np.arange(8) < 1))


def test_effects_are_those_of_the_analysis_of_variance() -> None:
    effects = {effect.axis: effect for effect in main_effects(TABLE, "time_ns")}
    # Means 8500 and 5000 by channels, 6000 and 7500 by mapping; the sum of squares is 29.5e6.
    assert effects[CHANNELS].highest == ("1", 8500.0)
    assert effects[CHANNELS].lowest == ("2", 5000.0)
    assert effects[CHANNELS].share == pytest.approx(8 * 1750**2 / 29.5e6)
    assert effects[MAPPING].range == 1500
    assert effects[PAGE].share == 0
    assert [effect.axis for effect in by_share(list(effects.values()))] == [CHANNELS, MAPPING, PAGE]


def test_a_full_grid_is_told_from_a_part_of_one() -> None:
    assert is_full_grid(TABLE)
    assert not is_full_grid(TABLE.only(np.arange(8) != 3))


def test_sensitivities_have_bars_by_share_with_their_ends_named() -> None:
    figure = plot_sensitivity(TABLE, "time_ns")
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["channels", "mapping", "page policy"]
    assert axes.patches[0].get_window_extent().x0 == pytest.approx(axes.transData.transform((5.0, 0.0))[0])
    written = [text.get_text() for text in axes.texts]
    assert {"2: 5", "1: 8.5", "83.1 %", "0.0 %"} <= set(written)
    assert "how they act on one another" in figure.get_supxlabel()
    assert "no full grid" in plot_sensitivity(TABLE.only(np.arange(8) != 3), "time_ns").get_supxlabel()


def test_parts_of_the_energy_sum_to_the_total() -> None:
    parts = energy_parts(TABLE, CHANNELS)
    assert np.sum(list(parts.values()), axis=0) == pytest.approx([4.75e6, 6.75e6])
    axes = plot_energy_breakdown(TABLE, "channels").axes[0]
    assert [text.get_text() for text in axes.texts if text.get_text().endswith("uJ")] == [
        "4.75 uJ",
        "6.75 uJ",
    ]
    figure = plot_energy_breakdown(TABLE, "channels")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["DRAM read", "DRAM background"]


def test_parts_of_units_are_one_and_unknown_parts_are_kept() -> None:
    table = example_columns(**{"energy_pj.unit_macs": np.ones(8), "energy_pj.unit_control": np.ones(8),
                               "energy_pj.heating": np.ones(8)})  # fmt: skip
    parts = energy_parts(table, CHANNELS)
    assert parts["unit"] == [2.0, 2.0]
    assert parts["heating"] == [1.0, 1.0]


def test_a_roofline_is_operations_over_bytes_and_time() -> None:
    roofs = roofs_of(TABLE, None, 100.0)
    assert roofs.intensity == pytest.approx(np.full(8, 0.5))
    assert roofs.attained[0] == pytest.approx(4.0)
    assert roofs.bandwidth[[0, -1]].tolist() == [10, 20]
    assert roofs_of(TABLE, 64000.0, None).intensity == pytest.approx(np.full(8, 1.0))
    assert np.isnan(roofs_of(TABLE, None, None).computing).all()
    caption = plot_roofline(TABLE, colour="mapping", peak=100.0).get_supxlabel()
    assert "reach 53 to 80 % of their roof" in caption


def test_units_have_the_roof_of_their_lanes() -> None:
    units = {
        "memory_traffic_bytes.units_read": np.full(8, 1e6),
        "sampling_ms": np.full(8, 2.0),
        "internal_bandwidth_gb_per_s": np.full(8, 6553.6),
        "config.pim.active_banks": np.full(8, 512.0),
        "config.pim.lanes": np.full(8, 8.0),
        "config.pim.clock_mhz": np.full(8, 300.0),
    }
    roofs = roofs_of(example_columns(**units), 4e6, None)
    assert roofs.computing[0] == pytest.approx(2457.6)
    assert roofs.attained[0] == pytest.approx(2.0)
    assert roofs.intensity[0] == pytest.approx(4.0)


def test_a_roofline_asks_for_operations() -> None:
    with pytest.raises(MissingColumnError, match="--operations NUMBER or COLUMN"):
        plot_roofline(example_columns())


def test_latencies_are_medians_of_percentiles() -> None:
    axes = plot_latency(TABLE, "channels").axes[0]
    lines = {line.get_label(): np.asarray(line.get_xdata()).tolist() for line in axes.get_lines()}
    assert lines["half of all reads"] == [85.0, 50.0]
    assert lines["all"] == [850.0, 500.0]
    assert axes.get_xlabel() == "read latency, ns"


def test_gains_are_over_the_point_that_differs_in_one_axis() -> None:
    scaling = scaling_of(TABLE, CHANNELS, "time_ns", MAPPING)
    assert scaling.gains == pytest.approx(np.array([[1.0, 2.0], [1.0, 1.5]]))
    hits = scaling_of(TABLE, CHANNELS, "energy_pj.total", None)
    assert hits.most[0, 1] == pytest.approx(5.5 / 7.5)
    figure = plot_scaling(TABLE, metric="time_ns", by="mapping")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["in proportion", "low", "high"]
    assert figure.axes[0].get_ylabel() == "gain in time, x"


def test_nothing_scales_with_words_or_without_pairs() -> None:
    with pytest.raises(MissingColumnError, match="holds no numbers"):
        plot_scaling(TABLE, "mapping")
    lonely = TABLE.only(np.isin(np.arange(8), (0, 5)))
    with pytest.raises(MissingColumnError, match=r"no two points differ in 'axis\.memory\.channels' alone"):
        plot_scaling(lonely, "channels", "time_ns")


def test_points_of_more_kinds_than_marks_get_shades() -> None:
    many = SweepColumns({"axis.seed": np.arange(20.0), "row_hit_rate": np.linspace(0, 1, 20),
                         "speedup": np.linspace(1, 2, 20)})  # fmt: skip
    axes, bar = plot_rate_speedup(many).axes
    assert bar.get_ylabel() == "seed"
    assert axes.get_ylabel() == "speedup, x"
    few = plot_rate_speedup(TABLE, colour="mapping")
    assert [text.get_text() for text in few.legends[0].get_texts()] == ["low", "high"]
    assert few.get_supxlabel() == "8 points; 4 are above 1x."


def test_all_points_are_inside_the_panel() -> None:
    axes = plot_rate_speedup(TABLE).axes[0]
    assert axes.get_ylim()[1] > 1.5
    assert axes.get_ylim()[0] == 0


def test_missing_figures_are_left_out_of_pictures() -> None:
    values = np.array([1.0, np.nan, 2.0])
    table = SweepColumns({"axis.a": words(["x", "y", "z"]), "row_hit_rate": values, "speedup": values})
    assert plot_rate_speedup(table).get_supxlabel() == "2 points; 1 are above 1x."


def columns_of(values: dict[str, list[float]]) -> SweepColumns:
    return SweepColumns.of(pa.table(values))


def test_an_axis_of_many_values_has_as_many_bars_and_names_as_there_is_room_for() -> None:
    count = 500
    table = columns_of(
        {
            "axis.memory.controller.read_queue": list(range(1, count + 1)) * 2,
            "axis.memory.channels": [1] * count + [2] * count,
            "time_ns": [float(n) for n in range(2 * count)],
            "energy_pj.read": [1e3 + n for n in range(2 * count)],
            "energy_pj.total": [1e3 + n for n in range(2 * count)],
        }
    )
    figure = plot_energy_breakdown(table, "read_queue")
    energy = figure.axes[0]
    assert [text.get_text() for text in energy.get_yticklabels()][:3] == ["1", "22", "43"]
    assert len(energy.patches) == 24
    assert "24 of its 500 values" in figure.get_supxlabel()
    heat = plot_heat_map(table, "read_queue", "channels", "time_ns").axes[0]
    assert np.shape(heat.images[0].get_array()) == (2, count)
    assert len(heat.get_xticks()) == 12


def test_a_roofline_leaves_out_what_took_no_time() -> None:
    table = columns_of(
        {
            "axis.memory.channels": [1, 2],
            "time_ns": [0.0, 100.0],
            "bandwidth_gb_per_s.pin": [1.0, 1.0],
            "bandwidth_gb_per_s.peak": [2.0, 2.0],
        }
    )
    assert len(plot_roofline(table, 1e3).axes[0].collections[0].get_offsets()) == 1
    with pytest.raises(MissingColumnError, match="no point has operations, bytes and a time above 0"):
        plot_roofline(table, 0.0)
