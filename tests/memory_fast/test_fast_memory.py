"""What must hold of fidelity fast whatever it plays."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.drawn_replays import Requests, requests, shipped_memory
from openrow.config.loading import load_architecture
from openrow.config.memory import MemoryConfig, PagePolicy, Refresh, Scheduler
from openrow.config.organisation import peak_bandwidth_gb_per_s
from openrow.memory.fast.rules import NotModelledError
from openrow.memory.fast.system import FastMemory
from openrow.memory.feed import AddressError
from openrow.memory.mapping import AddressMapping
from openrow_traces.chunk import TraceChunk

STANDARDS = (
    "ddr4-2400", "ddr4-3200", "ddr5-4800", "lpddr5-6400", "gddr6-16000", "hbm2-2000", "hbm3-6400",
)  # fmt: skip
MODELLED = [scheduler for scheduler in Scheduler if scheduler is not Scheduler.FCFS]


def chunk_of(memory: MemoryConfig, drawn: Requests) -> TraceChunk:
    traffic = drawn.traffic(memory)
    size = np.ones(drawn.count, dtype=np.uint32)
    return TraceChunk(traffic.address, traffic.is_write, size, traffic.cycle)


def played(memory: MemoryConfig, chunks: Sequence[TraceChunk]) -> FastMemory:
    model = FastMemory(memory)
    model.play(iter(chunks))
    return model


@st.composite
def memories(draw: st.DrawFn) -> MemoryConfig:
    memory = shipped_memory(draw(st.sampled_from(STANDARDS)))
    shipped = memory.controller
    controller = shipped.model_copy(
        update={
            "scheduler": draw(st.sampled_from(MODELLED)),
            "row_hit_cap": draw(st.integers(1, 4)),
            "read_queue": draw(st.sampled_from((1, 2, 8, 32))),
            "write_queue": draw(st.sampled_from((1, 2, 8, 32))),
            "read_merging": False,
            "write_coalescing": draw(st.booleans()),
            "write_forwarding": draw(st.booleans()),
            "page_policy": draw(st.sampled_from(PagePolicy)),
            "page_timeout_cycles": draw(st.sampled_from((1, 60, 300))),
        }
    )
    allowed = [Refresh.NONE, Refresh.ALL_BANK]
    if memory.refresh_interval_bank is not None:
        allowed.append(Refresh.PER_BANK)
    chosen = {"controller": controller, "refresh": draw(st.sampled_from(allowed)), "wrap_addresses": True}
    return memory.model_copy(update=chosen)


@given(memories(), requests(120))
def test_every_request_is_served_once_and_no_faster_than_the_pins(
    memory: MemoryConfig, drawn: Requests
) -> None:
    model = played(memory, [chunk_of(memory, drawn)])
    statistics = model.statistics()
    total = statistics.total
    assert total.reads + total.writes == drawn.count
    assert total.rows.hits + total.rows.misses + total.rows.conflicts == total.bursts
    assert total.bursts == drawn.count - total.forwarded - total.coalesced
    assert total.latency.count == total.reads
    moved = total.bursts * statistics.burst_bytes
    assert moved <= peak_bandwidth_gb_per_s(memory) * statistics.time_ns * (1 + 1e-9)


@given(memories(), requests(120), st.integers(1, 40))
def test_how_a_trace_is_cut_changes_nothing(memory: MemoryConfig, drawn: Requests, length: int) -> None:
    whole = chunk_of(memory, drawn)
    parts = [whole.part(i, min(i + length, drawn.count)) for i in range(0, drawn.count, length)]
    one, other = played(memory, [whole]), played(memory, parts)
    assert one.end_cycle() == other.end_cycle()
    assert one.statistics().total.commands == other.statistics().total.commands
    assert (one.statistics().total.latency.histogram == other.statistics().total.latency.histogram).all()


def test_a_lone_read_takes_as_long_as_exact() -> None:
    memory = load_architecture("memory/ddr4-2400", ["memory.refresh=none"]).memory
    model = played(memory, [TraceChunk(np.zeros(1, np.uint64), np.zeros(1, np.bool_), None, None)])
    timings = memory.timings_cycles
    assert model.end_cycle() == 1 + timings["nRCD"] + timings["nCL"] + timings["nBL"]


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("memory.controller.scheduler=fcfs", "memory.controller.scheduler fcfs"),
        ("memory.controller.read_merging=true", "memory.controller.read_merging"),
    ],
)
def test_what_is_not_modelled_is_refused_by_name(override: str, named: str) -> None:
    with pytest.raises(NotModelledError, match=named):
        FastMemory(load_architecture("memory/ddr4-2400", [override]).memory)


def test_an_address_beyond_the_memory_is_refused() -> None:
    memory = load_architecture("memory/ddr4-2400").memory
    beyond = TraceChunk(np.array([1 << 50], np.uint64), np.zeros(1, np.bool_), None, None)
    with pytest.raises(AddressError, match="wrap"):
        played(memory, [beyond])


def test_requests_reach_their_channels_where_those_are_no_power_of_two() -> None:
    memory = load_architecture("memory/hbm2-2000", ["memory.channels=5", "memory.refresh=none"]).memory
    address = np.random.default_rng(1).integers(0, 5 << 31, 20_000).astype(np.uint64)
    chunk = TraceChunk(address, np.zeros(len(address), dtype=np.bool_))
    model = FastMemory(memory)
    model.play(iter([chunk]), 1)
    expected = np.bincount(AddressMapping(memory).decode(address).channel, minlength=5)
    assert [channel.activity.requests for channel in model.statistics().channels] == expected.tolist()
