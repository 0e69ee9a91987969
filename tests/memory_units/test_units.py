"""Units read through the constraint table as their plain definition does, and break none of its rows."""

import dataclasses
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory_units.plain_units import Place, plain_units
from openrow.config.loading import load_architecture
from openrow.config.memory import MemoryConfig
from openrow.memory.checking.examine import examine
from openrow.memory.commands import CommandStream
from openrow.memory.system import FAR, Reason
from openrow.memory.units.columns import COLUMN_BITS, OUTSIDE
from openrow.memory.units.unit_array import MemoryWithUnits, UnitShape, memory_of_units
from openrow_traces.chunk import TraceChunk

SHAPE = UnitShape(2, True, 2, 3, 2, Fraction(32, 3), 40)


@cache
def memory(bank_local: bool = True, ganged: bool = False, refresh: str = "none") -> MemoryConfig:
    overrides = ["memory.channels=1", f"memory.refresh={refresh}", "pim.active_banks=32"]
    architecture = load_architecture("pim/geopim", overrides)
    assert architecture.pim is not None
    return memory_of_units(architecture.memory, architecture.pim.constraints, bank_local, ganged)


def played(
    of: MemoryConfig, shape: UnitShape, samples: dict[int, list[list[Place]]], host: TraceChunk | None = None
) -> tuple[MemoryWithUnits, CommandStream]:
    places = {
        bank: np.array(
            [[OUTSIDE if p is None else p[0] << COLUMN_BITS | p[1] for p in sample] for sample in own],
            dtype=np.int64,
        ).reshape(-1, 4)
        for bank, own in samples.items()
    }
    system = MemoryWithUnits(of, shape, {0: places}, log_commands=True)
    system.offer(0, iter([] if host is None else [host]))
    while (reason := system.advance(FAR)) is Reason.NEED_FEED:
        system.feed()
    assert reason is Reason.DRAINED
    return system, system.take_commands(final=True)


def place() -> st.SearchStrategy[Place]:
    inside = st.tuples(st.integers(0, 2), st.sampled_from((0, 4, 8)))
    return st.one_of(inside, inside, inside, st.none())


def samples(most: int) -> st.SearchStrategy[dict[int, list[list[Place]]]]:
    sample = st.lists(place(), min_size=4, max_size=4).filter(lambda s: any(p is not None for p in s))
    return st.dictionaries(st.integers(0, 31), st.lists(sample, min_size=1, max_size=most), max_size=6)


@st.composite
def shapes(draw: st.DrawFn) -> UnitShape:
    return UnitShape(
        bursts=draw(st.integers(1, 3)),
        by_row=draw(st.booleans()),
        block_cycles=draw(st.integers(1, 12)),
        last_cycles=draw(st.integers(0, 8)),
        window=draw(st.integers(1, 3)),
        period=draw(st.sampled_from((Fraction(32, 3), Fraction(1), Fraction(7, 2)))),
        latency=draw(st.integers(0, 50)),
        start=draw(st.integers(0, 3)),
    )


@settings(max_examples=40)
@given(samples(3), shapes(), st.booleans(), st.booleans())
def test_units_do_what_their_plain_definition_does(
    drawn: dict[int, list[list[Place]]], shape: UnitShape, bank_local: bool, ganged: bool
) -> None:
    of = memory(bank_local, ganged)
    expected, ends = plain_units(of, shape, drawn)
    system, stream = played(of, shape, drawn)
    flat = stream.pseudo_channel * 16 + stream.bank_group * 4 + stream.bank
    found = list(zip(stream.cycle, stream.command, flat, stream.row, stream.column, strict=True))
    assert sorted((int(c), str(n), int(b), int(r)) for c, n, b, r, _ in found) == sorted(
        entry[:4] for entry in expected
    )
    reads = sorted((c, b, k) for c, n, b, _, k in expected if n == "PIM_RD")
    assert sorted((int(c), int(b), int(k)) for c, n, b, _, k in found if n == "PIM_RD") == reads
    assert {outcome.bank: outcome.end for outcome in system.unit_outcomes()} == ends


def host_requests(count: int, seed: int) -> TraceChunk:
    random = np.random.default_rng(seed)
    address = random.integers(0, 1 << 20, count).astype(np.uint64) * np.uint64(32)
    return TraceChunk(address, random.random(count) < 0.3, np.ones(count, dtype=np.uint32))


@settings(max_examples=25)
@given(samples(12), shapes(), st.booleans(), st.sampled_from(("all-bank", "per-bank")), st.integers(0, 99))
def test_units_and_the_hosts_traffic_together_break_no_constraint(
    drawn: dict[int, list[list[Place]]], shape: UnitShape, bank_local: bool, refresh: str, seed: int
) -> None:
    of = memory(bank_local, False, refresh)
    system, stream = played(of, shape, drawn, host_requests(200, seed))
    assert examine(of, stream).by_rule == {}
    asked = sum(p is not None for own in drawn.values() for s in own for p in s) * shape.bursts
    assert int((stream.command == "PIM_RD").sum()) == asked
    assert int(np.isin(stream.command, ("RD", "WR")).sum()) == 200 - _absorbed(system)


def _absorbed(system: MemoryWithUnits) -> int:
    from openrow.memory.statistics import memory_statistics

    total = memory_statistics([(system.standard, system.groups[0].state)], system.end_cycle()).total
    return total.forwarded + total.coalesced


def test_a_unit_whose_row_stays_open_is_bound_by_its_arithmetic() -> None:
    slow = dataclasses.replace(SHAPE, block_cycles=9, last_cycles=0)
    system, _ = played(memory(), slow, {0: [[(0, 0), None, None, None]] * 50})
    (outcome,) = system.unit_outcomes()
    assert outcome.computed == 50 * 2 * 9
    assert outcome.end - outcome.computed == sum(outcome.waited.values()) <= 12


def test_units_wait_for_the_activation_window_they_share_and_ganged_ones_do_not() -> None:
    busy = {bank: [[(row, 0), None, None, None] for row in range(20)] for bank in range(16)}
    charged = played(memory(ganged=False), SHAPE, busy)[0].units_end_cycle()
    ganged = played(memory(ganged=True), SHAPE, busy)[0].units_end_cycle()
    timings = memory().timings_cycles
    assert charged >= 16 * 20 * timings["nFAW"] // 4
    assert ganged < charged / 1.2


def test_the_command_bus_carries_one_column_at_a_time() -> None:
    hits = {bank: [[(0, 0), (0, 4), (0, 8), None]] * 20 for bank in range(32)}
    fast = dataclasses.replace(SHAPE, period=Fraction(1))
    local = played(memory(bank_local=True), fast, hits)[0].units_end_cycle()
    bus = played(memory(bank_local=False), fast, hits)[0].units_end_cycle()
    assert bus >= 32 * 20 * 3 * 2 * 2 > local


@pytest.mark.parametrize("refresh", ["all-bank", "per-bank"])
def test_refresh_takes_time_from_the_units(refresh: str) -> None:
    long = {0: [[(row % 2, 0), None, None, None] for row in range(400)]}
    with_refresh = played(memory(refresh=refresh), SHAPE, long)[0].units_end_cycle()
    assert with_refresh > played(memory(), SHAPE, long)[0].units_end_cycle()
