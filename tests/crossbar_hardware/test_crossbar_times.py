"""Times of arrays: closed forms, other tools' compositions, and an event for every column."""

from math import ceil

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from crossbar_hardware.event_chip import EventArray
from crossbar_hardware.small_chips import hardware
from openrow.config.crossbar_hardware import CrossbarHardware
from openrow.config.loading import load_architecture
from openrow.crossbar.hardware.mapping import LayerMapping
from openrow.crossbar.hardware.timing import ArrayPipeline, operation_times
from openrow.crossbar.network_shape import matrix_shape


def full_array(chip: CrossbarHardware, rows: int = 10**6, outputs: int = 10**6) -> LayerMapping:
    """A layer of one array, full unless said otherwise."""
    rows, outputs = min(rows, chip.array.rows), min(outputs, chip.weights_of_row)
    return LayerMapping(matrix_shape(1, rows, outputs)[0], chip, 1, 0)


def shipped(name: str, *overrides: str) -> CrossbarHardware:
    chip = load_architecture(f"crossbar/{name}", overrides).crossbar
    assert chip is not None
    return chip


def test_isaac_reads_and_converts_128_columns_in_100_ns() -> None:
    times = operation_times(full_array(shipped("isaac", "crossbar.numerics.weight_slices=[1, 2]")))
    assert (times.conversions, times.conversion) == (128, 100_000)
    assert times.read == times.interval == 100_000


def test_a_vector_of_16_bits_takes_isaac_16_reads() -> None:
    times = operation_times(full_array(shipped("isaac")))
    assert times.conversions == 126  # 14 whole weights of nine cells
    assert times.vector_interval == 16 * 100_000
    assert times.vector_latency == 16 * 100_000 + times.conversion + 1000


@pytest.mark.parametrize("dac_bits", [1, 2, 4])
@pytest.mark.parametrize("adcs", [8, 16, 32])
@pytest.mark.parametrize("dacs", [16, 32, 64])
def test_without_sample_and_hold_the_composition_is_that_of_mnsim(dac_bits, adcs, dacs) -> None:
    input_bits, rows, columns = 8, 64, 64
    slices = [1] * 8 if dac_bits == 1 else [1, 1] + [dac_bits] * ceil((input_bits - 2) / dac_bits)
    slices[-1] -= sum(slices) - input_bits
    chip = shipped(
        "memintelli",
        f"crossbar.numerics.input_slices={slices}",
        f"crossbar.numerics.weight_block=[{dacs}, 64]",
        f"crossbar.numerics.input_block=[64, {dacs}]",
        f"crossbar.adc.columns={columns // adcs}",
    )
    crossbar_ns, dac_ns, adc_ns = 3.16, 1.0, 8.0
    composed = len(slices) * ceil(rows / dacs) * ceil(columns / adcs) * (crossbar_ns + dac_ns + adc_ns)
    times = operation_times(full_array(chip))
    assert times.vector_interval == round(composed * 1000)
    assert times.vector_latency == times.vector_interval + 1000


def test_sample_and_hold_overlaps_reading_and_converting() -> None:
    times = operation_times(full_array(hardware(array__read_ns=10.0)))
    assert times.vector_latency == 1000 * (4 * 10 + 8 + 3)
    times = operation_times(full_array(hardware(array__read_ns=5.0)))
    assert times.vector_latency == 1000 * (5 + 4 * 8 + 3)


def test_differential_pairs_are_converted_together() -> None:
    chip = hardware(
        numerics={**small_numerics(), "signed_mapping": "differential", "adc_levels": 15},
    )
    assert (chip.cells_of_weight, chip.weights_of_row) == (2, 4)
    assert operation_times(full_array(chip)).conversions == 4


def test_an_offset_column_is_one_more_conversion() -> None:
    chip = hardware(numerics={**small_numerics(), "signed_mapping": "offset-column"})
    assert operation_times(full_array(chip)).conversions == 9


def test_a_converter_of_two_arrays_converts_both() -> None:
    chip = hardware(adc__columns=16)
    mapping = LayerMapping(matrix_shape(1, 8, 8)[0], chip, 1, 0)
    assert (mapping.arrays, operation_times(mapping).conversions) == (2, 16)
    alone = LayerMapping(matrix_shape(1, 8, 4)[0], chip, 1, 0)
    assert (alone.arrays, operation_times(alone).conversions) == (2, 8)


def small_numerics() -> dict[str, object]:
    return hardware().numerics.model_dump(
        include={
            "input_slices", "weight_slices", "input_block", "weight_block", "conductance_levels",
            "dac_levels", "adc_levels",
        }
    )  # fmt: skip


@st.composite
def arrays(draw: st.DrawFn) -> LayerMapping:
    few = draw(st.booleans())
    chip = hardware(
        sample_and_hold=draw(st.sampled_from([None, {"energy_pj": 0.0, "area_um2": 0.0}])),
        array__read_ns=draw(st.integers(1, 20)) + 0.0,
        adc__columns=draw(st.sampled_from([1, 2, 4, 8])),
        numerics__input_block=[8, 4] if few else [8, 8],
        numerics__weight_block=[4, 8] if few else [8, 8],
    )
    return full_array(chip, draw(st.integers(1, 8)), draw(st.integers(1, 4)))


@given(arrays(), st.lists(st.integers(0, 400_000), min_size=1, max_size=8))
def test_vectors_take_as_long_as_with_an_event_for_every_column(mapping, gaps) -> None:
    env = simpy.Environment()
    array = EventArray(env, mapping, 0)
    found: list[tuple[int, int]] = []

    def feed():
        for gap in gaps:
            yield env.timeout(gap)
            begin = env.now
            yield env.process(array.multiply())
            env.process(finish(begin, list(array.converted)))

    def finish(begin, converting):
        yield env.all_of(converting)
        found.append((begin, env.now + times.added))

    times = operation_times(mapping)
    env.process(feed())
    env.run()
    pipeline, at, expected = ArrayPipeline(times), 0, []
    for gap in gaps:
        at = max(at, pipeline._held) + gap
        expected.append(pipeline.multiply(at))
    assert found == expected
