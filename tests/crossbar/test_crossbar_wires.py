"""Wire resistance against nodal analysis of the whole circuit, solved at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import splu

from openrow.crossbar import CrossbarSettings, SignedMapping, program
from openrow.crossbar.wires import effective_conductances


def nodal_analysis(cells: np.ndarray, segment_ohm: float, driven: list[int]) -> np.ndarray:
    """Currents into ground of each column for each driven row: one sparse system of all nodes."""
    rows, columns = cells.shape
    wire = 1 / segment_ohm
    word = np.arange(rows * columns).reshape(rows, columns)
    bit = word + rows * columns
    pairs = [
        (word[:, :-1], word[:, 1:], np.full((rows, columns - 1), wire)),
        (bit[:-1], bit[1:], np.full((rows - 1, columns), wire)),
        (word, bit, cells),
    ]
    first, second, value = (np.concatenate([pair[i].ravel() for pair in pairs]) for i in range(3))
    ends = np.concatenate([word[:, 0], bit[-1]])
    places = np.concatenate([first, second, first, second, ends])
    others = np.concatenate([first, second, second, first, ends])
    values = np.concatenate([value, value, -value, -value, np.full(len(ends), wire)])
    size = 2 * rows * columns
    solver = splu(coo_matrix((values, (places, others)), (size, size)).tocsc())
    currents = []
    for row in driven:
        sources = np.zeros(size)
        sources[word[row, 0]] = wire
        currents.append(solver.solve(sources)[bit[-1]] * wire)
    return np.array(currents)


@settings(max_examples=25)
@given(
    st.integers(1, 12),
    st.integers(1, 12),
    st.sampled_from([1e-3, 1.0, 10.0, 1000.0]),
    st.integers(0, 1 << 32),
)
def test_small_arrays_equal_nodal_analysis(rows: int, columns: int, segment_ohm: float, seed: int) -> None:
    cells = np.random.default_rng(seed).uniform(1e-7, 1e-3, (rows, columns))
    found = effective_conductances(cells, segment_ohm)
    expected = nodal_analysis(cells, segment_ohm, list(range(rows)))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-12)


def test_an_array_of_128_by_128_equals_nodal_analysis() -> None:
    cells = np.random.default_rng(0).uniform(1e-7, 1e-5, (128, 128))
    found = effective_conductances(cells, 2.0)
    np.testing.assert_allclose(found[[0, 63, 127]], nodal_analysis(cells, 2.0, [0, 63, 127]), rtol=1e-6)
    assert found.sum() < 0.99 * cells.sum()


def test_one_cell_is_in_series_with_its_two_segments() -> None:
    found = effective_conductances(np.array([[1e-3]]), 500.0)
    assert found.item() == pytest.approx(1 / (1000 + 2 * 500), rel=1e-9)


RECORDED_CELLS_S = np.array([[1e-3, 2e-4, 5e-5], [1e-4, 1e-3, 3e-4]])


def test_products_are_those_of_the_effective_conductances() -> None:
    """Two arrays side by side with two slices each, read by an ideal converter."""
    numerics = CrossbarSettings(
        input_slices=(1, 2),
        weight_slices=(1, 2),
        input_block=(4, 6),
        weight_block=(6, 3),
        input_granularity="matrix",
        weight_granularity="matrix",
        conductance_levels=4,
        dac_levels=4,
        adc_levels=None,
        conductance_high_s=1e-3,
        wire_resistance_ohm=20.0,
    )
    w = np.random.default_rng(1).integers(-3, 4, (6, 5)).astype(float)
    w[0, 0], x = 3.0, np.eye(6) * 3
    step, floor = (1e-3 - 1e-7) / 3, 1e-7
    unsigned = w.astype(int) % 8
    expected = np.zeros((6, 5))
    for digits, weight, most in ((unsigned >> 2, -4, 1), (unsigned & 3, 1, 3)):
        cells = digits / most * 3 * step + floor
        seen = [effective_conductances(cells[:, part], 20.0) for part in (slice(0, 3), slice(3, 5))]
        expected += 3 * weight * most * (np.hstack(seen) - floor) / step / 3
    np.testing.assert_allclose(program(w, numerics).multiply(x), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("mapping", SignedMapping)
def test_wires_without_resistance_to_speak_of_change_nothing(mapping: SignedMapping) -> None:
    random = np.random.default_rng(2)
    x, w = random.standard_normal((20, 40)), random.standard_normal((40, 40))
    blocks = {"input_block": (8, 25), "weight_block": (25, 9), "signed_mapping": mapping, "adc_levels": 64}
    plain = program(w, CrossbarSettings(**blocks)).multiply(x)
    wired = program(w, CrossbarSettings(**blocks, wire_resistance_ohm=1e-6)).multiply(x)
    np.testing.assert_allclose(wired, plain, atol=1e-9)


def test_wires_weaken_currents_and_reads_still_vary() -> None:
    x, w = np.ones((4, 64)), np.ones((64, 64))
    blocks = {"input_block": (8, 64), "weight_block": (64, 64), "wire_resistance_ohm": 5.0}
    weak = program(w, CrossbarSettings(**blocks)).multiply(x)
    assert (weak < 0.99 * 64).all()
    varied = program(w, CrossbarSettings(**blocks, read_variation=0.1))
    assert not np.allclose(varied.multiply(x), varied.multiply(x))


def test_large_arrays_with_wires_are_refused() -> None:
    with pytest.raises(ValidationError, match="solved for up to 128 x 128 cells"):
        CrossbarSettings(input_block=(1, 256), weight_block=(256, 32), wire_resistance_ohm=1.0)


def test_a_recorded_result_of_badcrossbar_is_met() -> None:
    """Currents by badcrossbar 1.1.0 (Joksas and Mehonic, SoftwareX 2020), 50 ohm a segment, a row at 1 V."""
    recorded = [
        [8.555507584758e-04, 1.754735998283e-04, 4.597898181917e-05],
        [8.988398159042e-05, 8.353639669885e-04, 2.572447248818e-04],
    ]
    np.testing.assert_allclose(effective_conductances(RECORDED_CELLS_S, 50.0), recorded, rtol=1e-9)
