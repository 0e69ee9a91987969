"""Devices that ask through the memory process contend as the sources of one call do."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from unittest.mock import patch

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.compiled_run import replay_compiled
from engine.drawn_replays import memories, requests
from engine.test_engines_agree import assert_same_commands
from openrow.config.loading import load_architecture
from openrow.config.memory import MemoryConfig
from openrow.config.timings import cycle_ns
from openrow.engine.clock import ClockDomain
from openrow.engine.event_engine import Traffic
from openrow.engine.memory_process import MemoryProcess
from openrow.memory import system
from openrow.memory.commands import CommandStream
from openrow.memory.controller.state import SourceShape
from openrow.memory.mapping import AddressMapping, Coordinates
from openrow_traces.chunk import TraceChunk


@dataclass(frozen=True)
class Device:
    """A device that asks for a part of its requests, waits for the answer, pauses, and goes on."""

    traffic: Traffic
    parts: tuple[int, ...] = ()
    """Where its requests are cut into parts."""
    start_cycle: int = 0
    pause_ps: int = 0

    @property
    def slices(self) -> list[slice]:
        count = len(self.traffic.address)
        cuts = sorted({0, *(cut % count for cut in self.parts), count})
        return [slice(first, last) for first, last in pairwise(cuts)]


@dataclass(frozen=True)
class Contention:
    commands: CommandStream
    asked: list[NDArray[np.int64]]
    """Of each device (n,): the cycle in which it asked for each request."""
    answers: list[list[tuple[int, int]]]
    """Of each device, for each part: the cycle of the answer, and when the device was woken in ps."""


def contend(memory: MemoryConfig, devices: Sequence[Device]) -> Contention:
    """Let the devices share a memory process."""
    env, clock = simpy.Environment(), ClockDomain(cycle_ns(memory.clock) * 1000)
    shapes = [SourceShape(d.traffic.window, d.traffic.interval, d.traffic.consume) for d in devices]
    shared = system.MemorySystem(memory, shapes, log_commands=True)
    process = MemoryProcess(env, shared, clock)
    asked = [np.zeros(len(d.traffic.address), dtype=np.int64) for d in devices]
    answers: list[list[tuple[int, int]]] = [[] for _ in devices]

    def run(number: int, device: Device) -> Generator[simpy.Event, int, None]:
        yield env.timeout(clock.time_ps(device.start_cycle))
        for part in device.slices:
            asked[number][part] = clock.cycle_at(int(env.now))
            address = device.traffic.address[part]
            sizes = np.ones(len(address), dtype=np.uint32)
            chunk = TraceChunk(address, device.traffic.is_write[part], sizes)
            cycle = yield process.request(number, iter([chunk]))
            answers[number].append((cycle, int(env.now)))
            yield env.timeout(device.pause_ps)

    for number, device in enumerate(devices):
        env.process(run(number, device))
    env.run()
    return Contention(shared.take_commands(final=True), asked, answers)


def assert_as_in_one_call(memory: MemoryConfig, devices: Sequence[Device]) -> None:
    """One call whose requests carry the cycles in which the devices asked gives the same."""
    found = contend(memory, devices)
    sources = [replace(d.traffic, cycle=asked) for d, asked in zip(devices, found.asked, strict=True)]
    expected = replay_compiled(memory, sources)
    assert_same_commands(found.commands, expected.commands)
    clock = ClockDomain(cycle_ns(memory.clock) * 1000)
    for device, times, answers in zip(devices, expected.times, found.answers, strict=True):
        cycles = [int(times[part, 2].max()) for part in device.slices]
        assert [cycle for cycle, _ in answers] == cycles
        # The cycle, not the moment: a write that another absorbs is done in the cycle it was asked for in.
        assert all(clock.cycle_at(woken) == cycle for cycle, woken in answers)


@st.composite
def devices(draw: st.DrawFn, memory: MemoryConfig) -> Device:
    return Device(
        replace(draw(requests(60)), burst=0).traffic(memory),
        parts=draw(st.lists(st.integers(0, 59), max_size=6).map(tuple)),
        start_cycle=draw(st.sampled_from((0, 0, 1, 57, 400))),
        pause_ps=draw(st.sampled_from((0, 0, 700, 60_000))),
    )


@pytest.mark.parametrize("name", ["ddr4-2400", "lpddr5-6400", "hbm3-6400"])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_devices_contend_as_if_their_requests_carried_the_cycles_in_which_they_asked(
    name: str, data: st.DataObject
) -> None:
    memory = data.draw(memories(name)).model_copy(update={"wrap_addresses": True})
    drawn = data.draw(st.lists(devices(memory), min_size=2, max_size=3))
    with patch.object(system, "FEED_REQUESTS", data.draw(st.sampled_from((3, 1 << 14)))):
        assert_as_in_one_call(memory, drawn)


def few_at_a_time(*overrides: str) -> MemoryConfig:
    """A memory whose controllers have room for one waiting read, unless overridden."""
    chosen = ["memory.channels=1", "memory.controller.read_queue=1", "memory.refresh=none", *overrides]
    return load_architecture("memory/ddr4-2400", chosen).memory


def reads(
    memory: MemoryConfig, rows: Sequence[int], bank: int = 0, channel: Sequence[int] = (), interval: int = 0
) -> Traffic:
    """A read of each of the rows, all in one bank of their channel (0 unless given)."""
    nought = np.zeros(len(rows), dtype=np.int64)
    channels = np.array(channel or nought, dtype=np.int64)
    places = Coordinates(channels, nought + bank, np.array(rows, dtype=np.int64), nought)
    address = AddressMapping(memory).encode(places)
    return Traffic(address, np.zeros(len(rows), dtype=np.bool_), interval=interval)


def activated_rows(found: Contention, channel: int = 0) -> list[int]:
    stream = found.commands
    return stream.row[(stream.command == "ACT") & (stream.channel == channel)].tolist()


def test_a_device_that_begins_in_a_cycle_takes_its_turn_in_that_cycle() -> None:
    memory = few_at_a_time()
    # The first read leaves the queue with its ACT in cycle 1, and device 0 goes before device 1.
    late = Device(reads(memory, [9]), start_cycle=1)
    early = Device(reads(memory, [1, 2, 3]))
    assert activated_rows(contend(memory, [late, early])) == [1, 9, 2, 3]


def test_a_device_that_asks_again_takes_its_turn_in_the_cycle_of_its_answer() -> None:
    memory = few_at_a_time()
    again = Device(reads(memory, [8, 9]), parts=(1,))
    answer, _ = contend(memory, [again]).answers[0][0]
    # Device 1 asks in cycle 1, as soon as there is room, and wants to ask again in the cycle of that answer.
    paced = Device(reads(memory, [1, 2], bank=1, interval=answer - 1))
    assert activated_rows(contend(memory, [again, paced])) == [8, 1, 9, 2]


def test_the_refilling_of_a_feed_costs_a_device_no_turn() -> None:
    memory = few_at_a_time("memory.channels=2", "memory.controller.read_queue=2")
    # The third read of device 0 finds room after cycle 1 and empties its feed. Channel 1 then has room for
    # two: device 1 takes the one and device 0 the other, though its feed has to be refilled first.
    first = Device(reads(memory, [1, 2, 3, 4], channel=[0, 0, 0, 1]))
    second = Device(reads(memory, [7, 8, 9], channel=[1, 1, 1]), start_cycle=1)
    with patch.object(system, "FEED_REQUESTS", 3):
        assert activated_rows(contend(memory, [first, second]), channel=1) == [7, 4, 8, 9]


def test_a_device_wakes_when_its_own_answer_is_back_though_others_wait_on() -> None:
    memory = few_at_a_time()
    (first,), (second,) = contend(memory, [Device(reads(memory, [1], bank)) for bank in (0, 1)]).answers
    assert first[0] < second[0]
    clock = ClockDomain(cycle_ns(memory.clock) * 1000)
    for cycle, woken in (first, second):
        assert woken == clock.time_ps(cycle)
