"""Whole chips: equal to one with an event for everything, and to closed forms where nothing contends."""

import random

import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from crossbar_hardware.event_chip import EventChip
from crossbar_hardware.small_chips import chain, hardware, residual
from openrow.config.crossbar_hardware import CrossbarHardware
from openrow.crossbar.hardware.chip import BufferSizeError, Chip
from openrow.crossbar.hardware.mapping import ChipMapping, map_network
from openrow.crossbar.hardware.simulation import check_done
from openrow.crossbar.network_shape import matrix_shape

PORTS = ("input_buffer", "output_buffer", "digital", "link_in", "link_out")


def built_chip(mapping: ChipMapping, batch: int = 1) -> Chip:
    """A chip whose images are there from the start."""
    chip = Chip(simpy.Environment(), mapping, batch)
    for inbox in chip.image_readers:
        inbox.arrived.raise_to(batch * inbox.reader.layer.image[0])
    return chip


def run_chip(mapping: ChipMapping, batch: int = 1) -> Chip:
    chip = built_chip(mapping, batch)
    chip.start()
    chip.env.run()
    return chip


@st.composite
def chips(draw: st.DrawFn) -> CrossbarHardware:
    few = draw(st.booleans())
    hold = draw(st.sampled_from([None, {"energy_pj": 0.0, "area_um2": 0.0}]))
    rates = st.floats(0.05, 8.0)
    return hardware(
        sample_and_hold=hold,
        array__read_ns=draw(st.floats(1.0, 20.0)),
        adc__columns=draw(st.sampled_from([2, 4, 8])),
        shift_add__time_ns=draw(st.floats(0.0, 9.0)),
        tile__arrays=draw(st.integers(2, 9)),
        tile__input_buffer__bandwidth_gb_per_s=draw(rates),
        tile__output_buffer__bandwidth_gb_per_s=draw(rates),
        tile__digital__operations_per_ns=draw(rates),
        link__bandwidth_gb_per_s=draw(rates),
        tile__input_buffer__bytes=draw(st.integers(120, 400)),
        tile__output_buffer__bytes=draw(st.integers(50, 200)),
        numerics__input_block=[8, 4] if few else [8, 8],
        numerics__weight_block=[4, 8] if few else [8, 8],
        replicate=draw(st.booleans()),
        tiles=draw(st.integers(60, 90)),
    )


def scale_ports(chip: Chip, events: EventChip, seed: int) -> None:
    """Give every port a rate of its own, the same in both.

    At one rate many ask in the same picosecond, and who is first is nothing that either model says.
    """
    draw = random.Random(seed)
    for tile in range(chip.mapping.tiles):
        for name in PORTS:
            factor = draw.uniform(0.8, 1.25)
            getattr(chip.ports[tile], name)._per_ns *= factor
            getattr(events, name)[tile].per_ns *= factor


@settings(max_examples=40, deadline=None)
@given(
    chips(),
    st.sampled_from([chain(3), chain(4, 3), chain(2, 5, 3), residual()]),
    st.integers(1, 2),
    st.integers(0, 2**32),
)
def test_a_chip_is_equal_to_one_with_an_event_for_everything(chip, layers, batch, seed) -> None:
    mapping = map_network(layers, chip)
    grouped, events = built_chip(mapping, batch), EventChip(mapping, batch)
    scale_ports(grouped, events, seed)
    grouped.start()
    grouped.env.run()
    events.run()
    assert {name: layer.end_ps for name, layer in grouped.layers.items()} == events.end_ps
    assert grouped.env.now == events.env.now


def test_a_single_vector_takes_the_sum_of_its_steps() -> None:
    chip = hardware(sample_and_hold={"energy_pj": 0.0, "area_um2": 0.0})
    (done,) = run_chip(map_network(matrix_shape(1, 8, 4), chip)).layers.values()
    load, read, convert, add = 8 / 4, 10, 8, 3
    digital, link = 8 / 4, 4 * 4 / 2  # the output buffer, written and read, is slower than the additions
    assert done.end_ps == 1000 * (load + 4 * read + convert + add + digital + link)


@pytest.mark.parametrize(
    ("changes", "interval_ns"),
    [
        ({}, 4 * 10),  # arrays
        ({"array__read_ns": 2.0}, 4 * 8),  # converters
        ({"tile__input_buffer__bandwidth_gb_per_s": 0.1}, 8 / 0.1),
        ({"tile__output_buffer__bandwidth_gb_per_s": 0.1}, 2 * 4 / 0.1),
        ({"link__bandwidth_gb_per_s": 0.1}, 4 * 4 / 0.1),
        ({"array__rows": 16, "numerics__weight_block": [8, 8]}, 4 * 10),
    ],
)
def test_vectors_follow_one_another_at_the_pace_of_the_slowest_step(changes, interval_ns) -> None:
    chip = hardware(replicate=False, **changes)
    ends = [run_chip(map_network(matrix_shape(m, 8, 4), chip)).env.now for m in (50, 51)]
    assert ends[1] - ends[0] == round(interval_ns * 1000)


def test_copies_that_share_a_port_take_turns() -> None:
    slow = {"tile__input_buffer__bandwidth_gb_per_s": 0.05, "tiles": 1}
    one = run_chip(map_network(matrix_shape(64, 8, 4), hardware(replicate=False, **slow))).env.now
    four = run_chip(map_network(matrix_shape(64, 8, 4), hardware(**slow)))
    (layer,) = four.layers.values()
    assert layer.mapping.copies == 4
    assert four.env.now == pytest.approx(one, rel=0.01)


def test_a_layer_begins_before_the_one_above_it_ends() -> None:
    first, second = run_chip(map_network(chain(4, 4, image=12), hardware())).layers.values()
    assert first.begin_ps < second.begin_ps < first.end_ps < second.end_ps


def test_a_small_buffer_makes_the_layer_above_wait() -> None:
    slow = {
        "replicate": False,
        "tile__output_buffer__bandwidth_gb_per_s": 0.05,
        "tile__output_buffer__bytes": 16,
    }
    roomy, tight = (
        run_chip(map_network(chain(1, 4, image=12), hardware(tile__input_buffer__bytes=size, **slow)))
        for size in (4096, 96)
    )
    first = tight.layers["layer0"]
    assert first.waited_ps["room"] > 0 == roomy.layers["layer0"].waited_ps["room"]
    assert first.end_ps > roomy.layers["layer0"].end_ps
    rows_held = first.readers[0].room
    assert rows_held == 8  # 96 bytes of rows of 12
    assert tight.env.now == roomy.env.now  # the layer below is the slower one and never starves


def test_a_buffer_below_the_window_is_refused() -> None:
    mapping = map_network(chain(4, image=12), hardware(tile__input_buffer__bytes=90, replicate=False))
    with pytest.raises(BufferSizeError, match=r"layer0 needs 96 bytes .* window of 4 rows; crossbar\.tile"):
        Chip(simpy.Environment(), mapping)


def test_an_output_buffer_below_a_vector_is_refused() -> None:
    mapping = map_network(matrix_shape(9, 8, 4), hardware(tile__output_buffer__bytes=3))
    with pytest.raises(BufferSizeError, match=r"needs 16 bytes of output buffer .*output_buffer\.bytes is 3"):
        Chip(simpy.Environment(), mapping)


def test_a_buffer_of_one_vector_lets_them_follow_one_another() -> None:
    ends = [
        run_chip(
            map_network(matrix_shape(m, 8, 4), hardware(tile__output_buffer__bytes=4, replicate=False))
        ).env.now
        for m in (1, 5)
    ]
    assert ends[1] == 5 * ends[0]


def test_buffers_that_wait_for_one_another_are_an_error_and_no_silent_end() -> None:
    layers = residual()
    chip = built_chip(map_network(layers, hardware(tiles=60)))
    (shortcut,) = (inbox for inbox in chip.layers["stem"].readers if inbox.reader.layer.name == "a2")
    shortcut.room = 1  # the block needs two rows more before it takes the first of its shortcut
    chip.start()
    chip.env.run()
    with pytest.raises(BufferSizeError, match=r"wait for one another at .*stem"):
        check_done(chip)
