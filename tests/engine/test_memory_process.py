"""The SimPy memory process: exact contention, few events, state that survives."""

from collections.abc import Generator, Iterator

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from openrow.config.loading import load_architecture
from openrow.config.memory import MemoryConfig
from openrow.config.timings import cycle_ns
from openrow.engine.clock import ClockDomain
from openrow.engine.memory_process import MemoryProcess
from openrow.memory.commands import CommandStream
from openrow.memory.controller.state import SourceShape
from openrow.memory.system import FAR, MemorySystem, Reason
from openrow_traces.chunk import TraceChunk


def memory_of(*overrides: str) -> MemoryConfig:
    return load_architecture("memory/hbm2-2000", ["memory.channels=2", *overrides]).memory


def clock_of(memory: MemoryConfig) -> ClockDomain:
    return ClockDomain(cycle_ns(memory.clock) * 1000)


def random_reads(seed: int, count: int, cycle: int | None = None) -> TraceChunk:
    random = np.random.default_rng(seed)
    address = random.integers(0, 1 << 14, count).astype(np.uint64) * np.uint64(32)
    times = None if cycle is None else np.full(count, cycle, dtype=np.int64)
    return TraceChunk(address, random.random(count) < 0.3, np.full(count, 32, dtype=np.uint32), times)


def run_at_once(system: MemorySystem) -> CommandStream:
    while True:
        reason = system.advance(FAR)
        if reason is Reason.NEED_FEED:
            system.feed()
        elif reason is Reason.DRAINED:
            system.advance(system.end_cycle())
            return system.take_commands(final=True)


def same(one: CommandStream, other: CommandStream) -> bool:
    return len(one) == len(other) and all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in CommandStream.__dataclass_fields__
    )


@pytest.mark.parametrize("start_cycle", [1, 57, 400])
def test_a_device_that_asks_later_contends_as_if_its_requests_carried_that_cycle(start_cycle: int) -> None:
    memory = memory_of()
    shapes = [SourceShape(window=8), SourceShape(window=4, interval=3, consume=5)]
    expected = MemorySystem(memory, shapes, log_commands=True)
    expected.offer(0, iter([random_reads(1, 300)]))
    expected.offer(1, iter([random_reads(2, 100, start_cycle)]))
    commands = run_at_once(expected)

    env, clock = simpy.Environment(), clock_of(memory)
    system = MemorySystem(memory, shapes, log_commands=True)
    process = MemoryProcess(env, system, clock)
    finished: dict[int, tuple[int, int]] = {}

    def device(number: int, count: int, start: int) -> Generator[simpy.Event, int, None]:
        yield env.timeout(clock.time_ps(start))
        cycle = yield process.request(number, iter([random_reads(number + 1, count)]))
        finished[number] = (env.now, cycle)

    env.process(device(0, 300, 0))
    env.process(device(1, 100, start_cycle))
    env.run()
    assert same(system.take_commands(final=True), commands)
    for number in (0, 1):
        cycle = expected.done_cycle(number)
        assert cycle is not None
        assert finished[number] == (clock.time_ps(cycle), cycle)


def test_a_device_asks_again_after_its_answer_and_the_rows_are_still_open() -> None:
    memory = memory_of("memory.refresh=none")
    env, clock = simpy.Environment(), clock_of(memory)
    system = MemorySystem(memory, [SourceShape(window=1)], log_commands=True)
    process = MemoryProcess(env, system, clock)

    def one_read(address: int) -> Iterator[TraceChunk]:
        yield TraceChunk(
            np.array([address], dtype=np.uint64), np.zeros(1, dtype=np.bool_), np.ones(1, dtype=np.uint32)
        )

    def device() -> Generator[simpy.Event, int, None]:
        yield process.request(0, one_read(0))
        yield env.timeout(1_000_000)
        yield process.request(0, one_read(0))

    env.process(device())
    env.run()
    assert system.take_commands(final=True).command.tolist() == ["ACT", "RD", "RD"]


def test_a_long_uncontended_stream_costs_a_handful_of_events() -> None:
    memory = memory_of()
    env = simpy.Environment()
    system = MemorySystem(memory, [SourceShape()])
    done = MemoryProcess(env, system, clock_of(memory)).request(
        0, iter([random_reads(s, 20_000) for s in range(5)])
    )
    events = 0
    while not done.processed:
        env.step()
        events += 1
    assert system.requests == 100_000
    assert events < 10


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 1000),
    stops=st.lists(st.integers(1, 300), max_size=12),
    window=st.sampled_from([0, 1, 6]),
    refresh=st.sampled_from(["none", "all-bank", "per-bank"]),
)
def test_stopping_on_the_way_changes_nothing(seed: int, stops: list[int], window: int, refresh: str) -> None:
    memory = memory_of(f"memory.refresh={refresh}")
    runs = []
    for cuts in ([], sorted(stops)):
        system = MemorySystem(memory, [SourceShape(window=window)], log_commands=True)
        system.offer(0, iter([random_reads(seed, 220), random_reads(seed + 1, 180)]))
        for stop in cuts:
            while system.advance(stop) is Reason.NEED_FEED:
                system.feed()
        runs.append(run_at_once(system))
    assert same(*runs)


@pytest.mark.parametrize("window", [0, 4])
def test_a_device_that_asks_after_a_pause_is_served_after_it(window: int) -> None:
    memory = memory_of()
    requests = random_reads(1, 40)
    expected = MemorySystem(memory, [SourceShape(window=window)], log_commands=True)
    late = np.full(len(requests), 10_000, dtype=np.int64)
    expected.offer(0, iter([TraceChunk(requests.address, requests.is_write, requests.size, late)]))
    commands = run_at_once(expected)

    env, clock = simpy.Environment(), clock_of(memory)
    system = MemorySystem(memory, [SourceShape(window=window)], log_commands=True)
    process = MemoryProcess(env, system, clock)

    def device() -> Generator[simpy.Event, int, None]:
        yield env.timeout(clock.time_ps(10_000))
        cycle = yield process.request(0, iter([requests]))
        assert env.now == clock.time_ps(cycle)

    env.run(env.process(device()))
    system.advance(expected.end_cycle())
    assert same(system.take_commands(final=True), commands)


def test_a_channel_that_is_never_asked_does_not_keep_the_others_waiting() -> None:
    memory = memory_of("memory.mapping=ChPcRoBaBgCo")
    env = simpy.Environment()
    system = MemorySystem(memory, [SourceShape()])
    process = MemoryProcess(env, system, clock_of(memory))
    env.timeout(20_000)  # somebody else's event, in the middle
    done = env.run(process.request(0, iter([random_reads(1, 300)])))
    alone = MemorySystem(memory, [SourceShape()])
    alone.offer(0, iter([random_reads(1, 300)]))
    run_at_once(alone)
    assert done == alone.end_cycle()


def test_independent_channels_issue_what_coupled_ones_do_where_nothing_holds_them_back() -> None:
    memory = memory_of()
    apart = MemorySystem(memory, [SourceShape()], log_commands=True)
    assert len(apart.groups) == 2
    together = MemorySystem(memory, [SourceShape(window=1 << 16)], log_commands=True)
    assert len(together.groups) == 1
    chunk = random_reads(3, 50, 10)
    apart.offer(0, iter([chunk]))
    together.offer(0, iter([chunk]))
    assert same(run_at_once(apart), run_at_once(together))


@given(cycle=st.integers(0, 10**12), mhz=st.integers(1, 10_000))
def test_a_clock_does_not_drift(cycle: int, mhz: int) -> None:
    from fractions import Fraction

    clock = ClockDomain(Fraction(1_000_000, mhz))
    time_ps = clock.time_ps(cycle)
    assert time_ps <= cycle * clock.period_ps < time_ps + 1
    assert clock.cycle_at(time_ps) == cycle
    assert clock.cycle_at(time_ps - 1) < cycle
