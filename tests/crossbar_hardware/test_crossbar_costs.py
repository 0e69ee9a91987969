"""Energy and area: counted array by array, and against published figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossbar_hardware.small_chips import chain, hardware
from openrow.config.crossbar_hardware import CrossbarHardware
from openrow.config.loading import load_architecture
from openrow.crossbar.hardware.costs import (
    chip_area_um2,
    counts_of_vector,
    layer_energy_pj,
    peak_figures,
    programming_energy_pj,
    programming_ns,
)
from openrow.crossbar.hardware.mapping import LayerMapping, map_network
from openrow.crossbar.network_shape import matrix_shape


def isaac() -> CrossbarHardware:
    chip = load_architecture("crossbar/isaac").crossbar
    assert chip is not None
    return chip


@given(
    st.integers(1, 40),
    st.integers(1, 20),
    st.sampled_from([None, {"energy_pj": 0.0, "area_um2": 0.0}]),
    st.sampled_from(["twos-complement", "differential", "offset-column"]),
    st.booleans(),
)
def test_counts_are_those_of_every_array_and_operation(rows, outputs, hold, signs, few) -> None:
    at_once = 4 if few else 8
    chip = hardware(
        sample_and_hold=hold,
        numerics__signed_mapping=signs,
        numerics__adc_levels=15,
        numerics__input_block=[8, at_once],
        numerics__weight_block=[at_once, 8],
    )
    mapping = LayerMapping(matrix_shape(1, rows, outputs)[0], chip, 1, 0)
    offset = signs == "offset-column"
    in_row = 8 // chip.cells_of_weight
    fullest = min(outputs, in_row) * chip.cells_of_weight // (2 if signs == "differential" else 1) + offset
    drives = 1 if hold else fullest
    reads = cells = dacs = holds = codes = 0
    for first_row in range(0, rows, 8):
        for first in range(0, outputs, in_row):
            columns = min(in_row, outputs - first) * chip.cells_of_weight
            for _slice in range(4):
                for group in range(first_row, min(first_row + 8, rows), at_once):
                    driven = min(at_once, rows - group, first_row + 8 - group)
                    reads += drives
                    dacs += driven * drives
                    cells += driven * (columns + offset)
                    codes += columns // (2 if signs == "differential" else 1) + offset
                    holds += (columns + offset) if hold else 0
    counts = counts_of_vector(mapping)
    found = (counts.array_reads, counts.cell_reads, counts.dac_conversions, counts.holds)
    assert found == (reads, cells, dacs, holds)
    assert counts.adc_conversions == codes


def test_energy_is_counts_times_costs_and_grows_with_the_batch() -> None:
    layer = map_network(chain(4, image=4), hardware(replicate=False)).layers[0]
    counts = counts_of_vector(layer)
    energy = layer_energy_pj(layer, 1, 100)
    assert energy["adc"] == 16 * counts.adc_conversions * 1.0
    assert energy["dac"] == 16 * counts.dac_conversions * 0.5
    assert energy["array"] == pytest.approx(16 * counts.cell_reads * 0.01)
    assert energy["registers"] == 16 * counts.array_reads * 2.0
    assert energy["link"] == 100 * 3.0
    twice = layer_energy_pj(layer, 2, 200)
    assert twice == pytest.approx({part: 2 * value for part, value in energy.items()})


def test_isaac_has_the_published_area() -> None:
    """ISAAC, ISCA 2016: 168 tiles of 0.372 mm2 and 22.88 mm2 of links are 85.4 mm2."""
    area = chip_area_um2(isaac())
    assert sum(area.values()) / 1e6 == pytest.approx(85.4, rel=0.001)
    assert (sum(area.values()) - area["other"]) / 1e6 / 168 == pytest.approx(0.372, rel=0.001)


def test_isaac_takes_the_published_power_and_makes_an_eighth_less() -> None:
    """65.8 W; 478.95 GOP/(s mm2) with eight cells a weight, and nine here, of which 14 fit 128 columns."""
    peak = peak_figures(isaac(), busiest_tile_w=0.0409)
    assert peak.power_w == pytest.approx(65.8, rel=0.02)
    assert peak.gop_per_s / peak.area_mm2 * 16 / 14 == pytest.approx(478.95, rel=0.02)


def test_all_cells_of_all_copies_are_written() -> None:
    mapping = map_network(chain(4, 4, image=4), hardware())
    cells = sum(each.layer.rows_of_weights * each.layer.outputs * 2 * each.copies for each in mapping.layers)
    assert programming_energy_pj(mapping) == cells * 1.5


def test_rows_and_arrays_are_written_one_after_another() -> None:
    layer = map_network(chain(4, image=4), hardware()).layers[0]
    assert programming_ns(layer, 4) == 4 * 8 * 100
    faster = hardware(write__rows_at_once=3, write__arrays_at_once=2, write__pulses=5)
    layer = map_network(chain(4, image=4), faster).layers[0]
    assert programming_ns(layer, 4) == 2 * 3 * 5 * 100
