"""Products on systolic arrays: formulas, an array stepped cell by cell, and recorded runs."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from openrow.config.npu import Dataflow
from openrow.npu.systolic import array_product

GOLDEN = (Path(__file__).parent / "golden" / "scale_sim.csv").read_text().splitlines()
RECORDED = {
    "os": Dataflow.OUTPUT_STATIONARY,
    "ws": Dataflow.WEIGHT_STATIONARY,
    "is": Dataflow.INPUT_STATIONARY,
}
Matrix = NDArray[np.int64]


def stepped_with_outputs_in_place(x: Matrix, w: Matrix) -> tuple[Matrix, int]:
    """One fold cell by cell: X enters from the left and W from above, each line one cycle after the one
    before; a cell adds up what meets in it. Returns the sums and the cycles until the last is complete."""
    (m, k), n = x.shape, w.shape[1]
    right, down = np.zeros((m, n), np.int64), np.zeros((m, n), np.int64)
    sums, meetings, cycle = np.zeros((m, n), np.int64), np.zeros((m, n), np.int64), 0
    while (meetings < k).any():
        entering_x = [x[i, cycle - i] if 0 <= cycle - i < k else 0 for i in range(m)]
        entering_w = [w[cycle - j, j] if 0 <= cycle - j < k else 0 for j in range(n)]
        right = np.column_stack([entering_x, right[:, :-1]])
        down = np.vstack([entering_w, down[:-1]])
        sums += right * down
        for i in range(m):
            for j in range(n):
                meetings[i, j] += 0 <= cycle - i - j < k
        cycle += 1
    return sums, cycle


def stepped_with_weights_in_place(x: Matrix, w: Matrix) -> tuple[Matrix, int]:
    """One fold cell by cell: W is loaded row by row, then X enters from the left, skewed; sums go down."""
    (m, k), n = x.shape, w.shape[1]
    right, sums = np.zeros((k, n), np.int64), np.zeros((k, n), np.int64)
    out, left, cycle = np.zeros((m, n), np.int64), m * n, 0
    while left:
        entering = [x[cycle - i, i] if 0 <= cycle - i < m else 0 for i in range(k)]
        right = np.column_stack([entering, right[:, :-1]])
        sums = np.vstack([np.zeros(n, np.int64), sums[:-1]]) + right * w
        for j in range(n):
            row = cycle - (k - 1) - j
            if 0 <= row < m:
                out[row, j] = sums[k - 1, j]
                left -= 1
        cycle += 1
    return out, k + cycle


sizes = st.integers(1, 6)


@given(m=sizes, k=sizes, n=sizes, seed=st.integers(0, 99))
def test_a_fold_takes_as_long_as_an_array_stepped_cell_by_cell(m: int, k: int, n: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    x, w = random.integers(-9, 9, (m, k)), random.integers(-9, 9, (k, n))
    sums, cycles = stepped_with_outputs_in_place(x, w)
    np.testing.assert_array_equal(sums, x @ w)
    assert array_product((m, k, n), (m, n), Dataflow.OUTPUT_STATIONARY).cycles == cycles
    sums, cycles = stepped_with_weights_in_place(x, w)
    np.testing.assert_array_equal(sums, x @ w)
    assert array_product((m, k, n), (k, n), Dataflow.WEIGHT_STATIONARY).cycles == cycles
    # An input that stays is a weight of the transposed product.
    assert array_product((n, k, m), (k, n), Dataflow.INPUT_STATIONARY).cycles == cycles


@pytest.mark.parametrize("row", list(csv.DictReader(GOLDEN)), ids=lambda row: "-".join(row.values()))
def test_recorded_runs_have_these_cycles_and_accesses(row: dict[str, str]) -> None:
    figures = {name: int(value) for name, value in row.items() if name != "dataflow"}
    size, array = (figures["m"], figures["k"], figures["n"]), (figures["rows"], figures["columns"])
    product = array_product(size, array, RECORDED[row["dataflow"]])
    found = [product.cycles, product.input_reads, product.weight_reads]
    expected = [figures["cycles"], figures["input_reads"], figures["weight_reads"]]
    if row["dataflow"] != "os":
        found.append(product.sum_writes)
        expected.append(figures["sum_writes"])
    assert found == expected


def test_partial_sums_of_earlier_folds_are_read_back() -> None:
    product = array_product((10, 24, 8), (8, 8), Dataflow.WEIGHT_STATIONARY)
    assert (product.folds, product.sum_writes, product.sum_reads) == (3, 240, 160)
    assert array_product((10, 24, 8), (8, 8), Dataflow.OUTPUT_STATIONARY).sum_reads == 0
