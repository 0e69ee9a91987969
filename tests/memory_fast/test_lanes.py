"""The vector code of the fast model does what its plain code says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from openrow.memory.fast.columns import CYCLE_BITS, LANE_BLOCK, LOW, NEVER
from openrow.memory.fast.lanes_compiled import (
    PART_LANES,
    first,
    put_in_part,
    raise_floors,
    serve,
    serve_above,
)
from openrow_kernels.compilation import compiled, pointer

Int64Array = NDArray[np.int64]
KEYS, FLOORS = 0, LANE_BLOCK
MASK, ROW = 0, LANE_BLOCK
GREATEST = np.iinfo(np.int64).max

cycles = st.integers(0, 1 << 30)
lanes = st.integers(0, LANE_BLOCK - 1)


@compiled
def run_serve(s: Int64Array, rules: Int64Array, cycle: int) -> int:
    return serve(pointer(s), KEYS, FLOORS, pointer(rules), MASK, ROW, cycle)


@compiled
def run_serve_above(s: Int64Array, rules: Int64Array, cycle: int, common: int) -> int:
    return serve_above(pointer(s), KEYS, FLOORS, pointer(rules), MASK, ROW, cycle, common)


@compiled
def run_raise_floors(s: Int64Array, rules: Int64Array, cycle: int) -> None:
    raise_floors(pointer(s), FLOORS, pointer(rules), ROW, cycle)


@compiled
def run_first(s: Int64Array) -> int:
    return first(pointer(s), KEYS, FLOORS)


@compiled
def run_put(s: Int64Array, rules: Int64Array, key: int) -> None:
    put_in_part(pointer(s), KEYS, pointer(rules), MASK, key)


def drawn(seed: int, lane: int) -> tuple[Int64Array, Int64Array]:
    """Keys and floors of a block of banks; a mask of one lane and a row of cycles."""
    random = np.random.default_rng(seed)
    keys = (random.integers(0, 1 << 20, LANE_BLOCK) << CYCLE_BITS) | random.integers(0, LOW, LANE_BLOCK)
    keys[random.random(LANE_BLOCK) < 0.3] = NEVER
    floors = random.integers(0, 1 << 20, LANE_BLOCK) << CYCLE_BITS
    mask = np.zeros(LANE_BLOCK, dtype=np.int64)
    mask[lane] = GREATEST
    rows = random.integers(0, 100, LANE_BLOCK) << CYCLE_BITS
    return np.concatenate([keys, floors]), np.concatenate([mask, rows])


def least(keys: Int64Array, floors: Int64Array) -> int:
    return int(np.maximum(keys, floors | (keys & LOW)).min())


@given(st.integers(0, 1 << 16), lanes, cycles)
def test_serving_takes_a_lane_away_raises_floors_and_finds_the_least(
    seed: int, lane: int, cycle: int
) -> None:
    s, rules = drawn(seed, lane)
    floor = cycle << CYCLE_BITS
    keys = s[:LANE_BLOCK] | rules[MASK : MASK + LANE_BLOCK]
    floors = np.maximum(s[FLOORS:], rules[ROW : ROW + LANE_BLOCK] + floor)
    assert run_serve(s, rules, floor) == least(keys, floors)
    assert (s == np.concatenate([keys, floors])).all()


@given(st.integers(0, 1 << 16), lanes, cycles, cycles)
def test_serving_above_a_cycle_raises_all_floors_to_it(seed: int, lane: int, cycle: int, common: int) -> None:
    s, rules = drawn(seed, lane)
    floor, everywhere = cycle << CYCLE_BITS, common << CYCLE_BITS
    keys = s[:LANE_BLOCK] | rules[MASK : MASK + LANE_BLOCK]
    floors = np.maximum(s[FLOORS:], rules[ROW : ROW + LANE_BLOCK] + floor)
    floors = np.maximum(floors, everywhere)
    assert run_serve_above(s, rules, floor, everywhere) == least(keys, floors)
    assert (s == np.concatenate([keys, floors])).all()


@given(st.integers(0, 1 << 16), lanes, cycles)
def test_raising_floors_leaves_keys_alone(seed: int, lane: int, cycle: int) -> None:
    s, rules = drawn(seed, lane)
    floor = cycle << CYCLE_BITS
    expected = np.concatenate([s[:LANE_BLOCK], np.maximum(s[FLOORS:], rules[ROW : ROW + LANE_BLOCK] + floor)])
    run_raise_floors(s, rules, floor)
    assert (s == expected).all()


@given(st.integers(0, 1 << 16), lanes)
def test_the_first_is_the_least_key_raised_to_its_floor(seed: int, lane: int) -> None:
    s, _ = drawn(seed, lane)
    assert run_first(s) == least(s[:LANE_BLOCK], s[FLOORS:])


@pytest.mark.parametrize("lane", range(PART_LANES))
def test_putting_a_key_changes_one_lane(lane: int) -> None:
    s, rules = drawn(lane, lane)
    expected = s.copy()
    expected[lane] = 12345
    run_put(s, rules, 12345)
    assert (s == expected).all()
