"""A kernel on a host: its bounds, its memory, its energy."""

import numpy as np
import pytest
import simpy
from hosts import CACHE, reads, small_host
from hypothesis import given, settings
from hypothesis import strategies as st

from openrow.config.loading import load_architecture
from openrow.engine.memory_process import MemoryProcess
from openrow.errors import UserError
from openrow.host.device import caches_of, simulate_kernel
from openrow.memory.controller.state import SourceShape
from openrow.memory.feed import AddressError
from openrow.memory.mapping import AddressMapping, Coordinates
from openrow.memory.statistics import memory_statistics
from openrow.memory.system import FAR, MemorySystem, Reason
from openrow.system.replay import memory_clock
from openrow_traces.chunk import TraceChunk


def scattered(count: int, seed: int = 0, lines: int = 1 << 20) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, lines, count) * 128


def test_a_kernel_takes_as_long_as_its_longest_bound() -> None:
    architecture = small_host(launch_ns=7.0)
    result = simulate_kernel(architecture, [reads(scattered(1000))], flops=1e6)
    assert result.bounds_ns["compute"] == 1e6 / 25
    assert result.bounds_ns["l2"] == 1000 * 32 / 100
    assert (result.limit, result.time_ns) == ("compute", 1e6 / 25 + 7.0)
    assert simulate_kernel(architecture, [reads(scattered(1000))], flops=0.0).limit == "dram"
    hot = [reads(np.zeros(100_000))]
    assert simulate_kernel(architecture, hot, flops=0.0).limit == "l2"


def test_without_caches_that_hold_anything_the_memory_sees_the_stream() -> None:
    architecture = small_host()
    stream = np.unique(scattered(3000))
    result = simulate_kernel(architecture, [reads(stream)], 0.0)
    memory = MemorySystem(architecture.memory, [SourceShape(window=16)], source_at_each_channel=True)
    env = simpy.Environment()
    env.run(MemoryProcess(env, memory, memory_clock(architecture)).request(0, iter([reads(stream)])))
    assert result.bounds_ns["dram"] == memory.end_cycle() * 1.0  # a cycle of HBM2 is a nanosecond
    assert result.dram.total.reads == len(stream)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 99), window=st.sampled_from([1, 2, 16, 100]), channels=st.sampled_from([2, 3, 4]))
def test_a_source_at_each_channel_is_as_many_sources_of_one_channel_each(
    seed: int, window: int, channels: int
) -> None:
    memory = load_architecture("memory/hbm2-2000", [f"memory.channels={channels}"]).memory
    stream = reads(scattered(400, seed))
    together = MemorySystem(memory, [SourceShape(window)], source_at_each_channel=True)
    play(together, stream)
    assert len(together.groups) == channels
    found = memory_statistics([(together.standard, g.state) for g in together.groups], together.end_cycle())
    where = AddressMapping(memory).decode(stream.address)
    one = memory.model_copy(update={"channels": 1})
    ends = []
    for channel in range(channels):
        own = where.channel == channel
        here = Coordinates(where.channel[own] * 0, where.bank[own], where.row[own], where.column[own])
        alone = MemorySystem(one, [SourceShape(window)])
        play(alone, reads(AddressMapping(one).encode(here)))
        ends.append(alone.end_cycle())
        counted = memory_statistics([(alone.standard, alone.groups[0].state)], ends[-1]).total
        assert found.channels[channel].activity.rows == counted.rows
    assert together.end_cycle() == max(ends)


def play(memory: MemorySystem, stream: TraceChunk) -> None:
    """Serve a stream to its last request."""
    memory.offer(0, iter([stream]))
    while memory.advance(FAR) is Reason.NEED_FEED:
        memory.feed()


def test_a_larger_window_is_never_slower_on_scattered_reads() -> None:
    stream = [reads(scattered(4000))]
    times = [simulate_kernel(small_host(window=window), stream, 0.0).time_ns for window in (1, 4, 16, 64)]
    assert times == sorted(times, reverse=True)
    assert times[0] > 4 * times[-1]


def test_channels_do_not_wait_for_each_other() -> None:
    """One channel's requests all come first; the others' take no longer for it."""
    architecture = small_host()
    address = scattered(4000)
    channel = AddressMapping(architecture.memory).decode(address.astype(np.uint64)).channel
    mixed = simulate_kernel(architecture, [reads(address)], 0.0)
    sorted_by_channel = simulate_kernel(
        architecture, [reads(address[np.argsort(channel, kind="stable")])], 0.0
    )
    assert mixed.bounds_ns["dram"] == sorted_by_channel.bounds_ns["dram"]


def test_caches_stay_warm_for_those_who_keep_them() -> None:
    architecture = small_host()
    caches = caches_of(architecture)
    stream = [reads(np.arange(16) * 128)]
    first, second = (simulate_kernel(architecture, stream, 0.0, caches=caches) for _ in range(2))
    assert (first.caches["l2"].hits, second.caches["l2"].hits) == (0, 16)
    assert (second.dram.total.requests, second.bounds_ns["dram"]) == (0, 0.0)


def test_written_sectors_are_charged_at_the_end_if_the_host_flushes() -> None:
    write = TraceChunk(np.arange(16, dtype=np.uint64) * 32, np.ones(16, bool), np.full(16, 32, np.uint32))
    written = [
        simulate_kernel(small_host(flush=flush), [write], 0.0).dram.total.writes for flush in (True, False)
    ]
    assert written == [16, 0]


def test_two_levels_pass_on_what_both_miss() -> None:
    first = CACHE | {"size_bytes": 1024, "ways": 2, "write": "write-through", "energy_pj_per_byte": 1.0}
    architecture = small_host(l1=first)
    stream = reads(np.tile(np.arange(32) * 128, 2))  # 32 lines: too many for the first level, not the second
    result = simulate_kernel(architecture, [stream], 0.0)
    assert (result.caches["l1"].hits, result.caches["l2"].hits) == (0, 32)
    assert result.dram.total.reads == 32
    assert result.energy_pj["l1"] == 64 * 32 * 1.0
    assert result.energy_pj["l2"] == 64 * 32 * 2.0
    assert list(result.caches) == ["l1", "l2"]


def test_what_the_first_level_writes_back_reaches_the_memory_through_the_second() -> None:
    architecture = small_host(l1=CACHE | {"size_bytes": 1024, "ways": 2})
    write = TraceChunk(np.arange(4, dtype=np.uint64) * 128, np.ones(4, bool), np.full(4, 32, np.uint32))
    result = simulate_kernel(architecture, [write], 0.0)
    assert (result.caches["l1"].write_backs, result.caches["l2"].write_backs) == (4, 4)
    assert (result.dram.total.reads, result.dram.total.writes) == (0, 4)


def test_energy_adds_up_and_standby_lasts_as_long_as_the_kernel() -> None:
    architecture = small_host(power_w=10.0)
    short, long = (simulate_kernel(architecture, [reads(scattered(100))], flops) for flops in (0.0, 1e7))
    parts = long.energy_pj
    assert parts["compute"] == 3e7
    assert parts["total"] == pytest.approx(parts["compute"] + parts["l2"] + parts["dram"])
    assert long.board_energy_pj == 10_000 * long.time_ns
    standby = short.dram_energy_pj["background"] / short.time_ns
    assert long.dram_energy_pj["background"] / long.time_ns == pytest.approx(standby, rel=0.01)
    assert long.dram.cycles == int(long.time_ns)
    assert small_host().host is not None
    assert simulate_kernel(small_host(), [], 1.0).board_energy_pj is None


def test_a_kernel_of_no_accesses_is_its_arithmetic() -> None:
    result = simulate_kernel(small_host(), [], flops=100.0)
    tree = result.as_dict()
    assert (result.limit, result.time_ns) == ("compute", 4.0)
    assert tree["caches"]["l2"]["hit_rate"] is None
    assert tree["dram"]["bandwidth_gb_per_s"] is None


def test_matrix_units_are_asked_for_by_name() -> None:
    with pytest.raises(UserError, match="the host has no matrix units"):
        simulate_kernel(small_host(), [], 1.0, unit="matrix")
    compute = {"vector_gflop_per_s": 1.0, "matrix_gflop_per_s": 10.0, "energy_pj_per_flop": 1.0}
    assert simulate_kernel(small_host(compute=compute), [], 20.0, unit="matrix").time_ns == 2.0


def test_an_architecture_without_a_host_says_so() -> None:
    with pytest.raises(UserError, match="has no host: extend one of host"):
        simulate_kernel(load_architecture("memory/hbm2-2000"), [], 1.0)


@pytest.mark.parametrize("setting", [{"fidelity": "fast"}, {"engine": "event"}])
def test_engines_without_a_window_are_refused(setting: dict[str, str]) -> None:
    with pytest.raises(UserError, match="engine=compiled and fidelity=exact"):
        simulate_kernel(small_host().model_copy(update=setting), [], 1.0)


def test_an_entry_beyond_the_memory_is_refused_with_its_number_in_the_stream() -> None:
    with pytest.raises(AddressError, match="entry 2: address 0x200000000 lies beyond the memory"):
        simulate_kernel(small_host(), [reads([0, 64]), reads([1 << 33])], 0.0)
    wrapped = simulate_kernel(small_host(["memory.wrap_addresses=true"]), [reads([1 << 33])], 0.0)
    assert wrapped.dram.total.reads == 1
