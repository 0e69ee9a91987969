from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sweep_doubles import CHANNELS, QUEUE, spec_of

from openrow.config.sweep import Axis, LogRange, Range, SweepSpec
from openrow.errors import UserError
from openrow.sweep.choosing import point_count
from openrow.sweep.dry_run import check_axes
from openrow.sweep.space import grid_size, named_axes, numbers_of, points


def labels(spec: SweepSpec) -> list[tuple[Any, ...]]:
    return [tuple(point.labels.values()) for point in points(spec)]


def test_a_grid_has_every_combination_once_and_the_last_axis_changes_fastest() -> None:
    assert labels(spec_of()) == [(c, q) for c in (1, 2) for q in (8, 16, 32)]


def test_a_range_has_both_its_ends() -> None:
    assert numbers_of(Range(first=4, last=10, step=3)) == [4, 7, 10]
    assert numbers_of(Range(first=4, last=9, step=3)) == [4, 7]


def test_a_range_of_decimals_has_the_decimals_that_people_mean() -> None:
    assert numbers_of(Range(first=0.1, last=0.5, step=0.1)) == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_a_logarithmic_range_multiplies() -> None:
    assert numbers_of(LogRange(first=1, last=64, factor=4)) == [1, 4, 16, 64]
    assert numbers_of(LogRange(first=0.001, last=1, factor=10)) == [0.001, 0.01, 0.1, 1.0]


@given(st.integers(-1000, 1000), st.integers(0, 300), st.integers(1, 50))
def test_numbers_of_a_range_lie_in_it_a_step_apart(first: int, length: int, step: int) -> None:
    numbers = numbers_of(Range(first=first, last=first + length, step=step))
    assert numbers == list(range(first, first + length + 1, step))


def test_a_range_of_nothing_is_refused() -> None:
    spec = spec_of(axes=[{"key": CHANNELS, "range": {"first": 4, "last": 1, "step": 1}}])
    with pytest.raises(UserError, match=r"'memory.channels' has no value: its range is empty"):
        named_axes(spec)


def test_a_range_that_nobody_can_mean_is_refused() -> None:
    with pytest.raises(UserError, match="1,000,000 is the most"):
        numbers_of(Range(first=0, last=1, step=1e-9))


def test_zipped_keys_change_together() -> None:
    spec = spec_of(axes=[{"zip": {CHANNELS: [1, 2], QUEUE: [8, 16]}}])
    assert [dict(point.settings) for point in points(spec)] == [
        {CHANNELS: 1, QUEUE: 8},
        {CHANNELS: 2, QUEUE: 16},
    ]
    assert labels(spec) == [(1,), (2,)]


def test_zipped_keys_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValidationError, match="equally many values"):
        Axis.model_validate({"zip": {CHANNELS: [1, 2], QUEUE: [8]}})


def test_a_bundle_sets_all_its_keys_and_is_called_by_its_name() -> None:
    choices = {"small": {CHANNELS: 1, QUEUE: 8}, "large": {CHANNELS: 4, QUEUE: 64}}
    spec = spec_of(axes=[{"bundle": "size", "choices": choices}])
    found = {point.labels["size"]: dict(point.settings) for point in points(spec)}
    assert found == choices


@pytest.mark.parametrize(
    "axis",
    [
        {"values": [1]},
        {"key": CHANNELS},
        {"key": CHANNELS, "values": [1], "range": {"first": 1, "last": 2, "step": 1}},
        {"key": CHANNELS, "values": [1], "bundle": "b", "choices": {"x": {QUEUE: 8}}},
        {"bundle": "b"},
        {"key": CHANNELS, "values": []},
    ],
)
def test_an_axis_of_no_kind_or_of_two_is_refused(axis: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Axis.model_validate(axis)


def test_two_axes_on_one_key_are_refused() -> None:
    spec = spec_of(axes=[{"key": CHANNELS, "values": [1]}, {"zip": {CHANNELS: [2], QUEUE: [8]}}])
    with pytest.raises(UserError, match="is set by two axes"):
        named_axes(spec)


def test_conditions_keep_points_out() -> None:
    spec = spec_of(where=["channels * read_queue <= 32", "memory_channels > 1 or read_queue != 8"])
    assert labels(spec) == [(1, 16), (1, 32), (2, 8), (2, 16)]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("chanels > 1", "there is no 'chanels'; the nearest is 'channels'"),
        ("channels >", "cannot be read"),
        ("channels > 'a'", "cannot be computed"),
        ("__import__('os').system('true')", "cannot be|there is no"),
        ("channels / 0", "cannot be computed"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(condition: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        list(points(spec_of(where=[condition])))


def test_replicates_repeat_each_combination_with_seeds_from_zero() -> None:
    found = list(points(spec_of(replicates=2)))
    assert [point.seed for point in found] == [0, 1] * 6
    assert [point.labels["replicate"] for point in found] == [0, 1] * 6


WIDE = [{"key": CHANNELS, "range": {"first": 1, "last": 7, "step": 1}}, {"key": QUEUE, "values": [8, 16, 32]}]


@given(st.integers(1, 30), st.integers(0, 5))
def test_random_points_are_different_ones_of_the_grid(count: int, seed: int) -> None:
    method = {"model": "random", "points": count, "seed": seed}
    drawn = labels(spec_of(axes=WIDE, method=method))
    assert len(drawn) == len(set(drawn)) == min(count, 21)
    assert set(drawn) <= set(labels(spec_of(axes=WIDE)))


@given(st.integers(1, 20), st.integers(0, 5))
def test_more_random_points_begin_with_the_same_ones(count: int, seed: int) -> None:
    fewer, more = (
        labels(spec_of(axes=WIDE, method={"model": "random", "points": points, "seed": seed}))
        for points in (count, count + 1)
    )
    assert more[: len(fewer)] == fewer


def test_random_points_are_as_many_as_asked_for_although_conditions_forbid_some() -> None:
    method = {"model": "random", "points": 5}
    drawn = labels(spec_of(axes=WIDE, where=["channels > 3"], method=method))
    assert len(drawn) == 5
    assert all(channels > 3 for channels, _ in drawn)


def test_random_points_of_a_space_too_large_to_list_are_drawn() -> None:
    axes = [{"bundle": f"b{i}", "choices": {str(k): {f"x{i}": k} for k in range(10)}} for i in range(12)]
    spec = spec_of(axes=axes, method={"model": "random", "points": 50})
    assert grid_size(named_axes(spec)) == 10**12
    assert len(set(labels(spec))) == 50


@given(st.integers(1, 6), st.integers(0, 5))
def test_a_latin_hypercube_takes_each_value_equally_often(rounds: int, seed: int) -> None:
    method = {"model": "latin-hypercube", "points": 21 * rounds, "seed": seed}
    drawn = labels(spec_of(axes=WIDE, method=method))
    assert len(drawn) == 21 * rounds
    assert set(Counter(channels for channels, _ in drawn).values()) == {3 * rounds}
    assert set(Counter(queue for _, queue in drawn).values()) == {7 * rounds}


def test_points_at_most_are_counted_without_going_through_them() -> None:
    assert point_count(spec_of(replicates=3)) == 18
    assert point_count(spec_of(method={"model": "random", "points": 100})) == 6
    assert point_count(spec_of(method={"model": "latin-hypercube", "points": 100})) == 100


def test_a_search_with_replicates_is_refused() -> None:
    method = {"model": "search", "points": 2, "objectives": [{"metric": "cycles"}]}
    with pytest.raises(ValidationError, match="no replicates"):
        spec_of(replicates=2, method=method)


def test_an_unknown_axis_is_refused_with_the_nearest_before_anything_runs() -> None:
    with pytest.raises(UserError, match=r"memory.chanels: 'chanels' .* nearest is 'channels'"):
        check_axes(spec_of(axes=[{"key": "memory.chanels", "values": [1]}]))


def test_a_derived_figure_that_cannot_be_read_is_refused_before_anything_runs() -> None:
    with pytest.raises(UserError, match=r"sweep.derived.half: 'cycles /' cannot be read"):
        check_axes(spec_of(derived={"half": "cycles /"}))


def test_an_unknown_parameter_of_the_kernel_is_refused_before_anything_runs() -> None:
    spec = spec_of(workload=None, trace={"source": "bilinear"}, axes=[{"key": "trace.hieght", "values": [2]}])
    with pytest.raises(ValueError, match="hieght"):
        check_axes(spec)
