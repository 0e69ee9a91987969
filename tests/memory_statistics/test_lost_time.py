"""Where the data bus's time goes: exact for traffic whose schedule follows from the timings by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory_statistics.playing import ONE_CHANNEL, Request, Run, memory_of, play, random_requests
from openrow.config.latency_formula import evaluate
from openrow.config.memory import MemoryConfig
from openrow.config.timings import resolved_timings
from openrow.memory.controller.state import SourceShape
from openrow.memory.statistics import BusTime

DDR4 = memory_of("ddr4-2400")
# DDR4-2400: an activation is followed by its access after nRCD, data ends nCL + nBL after the access.
RCD, CL, BURST, RC, CCDL = 16, 16, 4, 55, 6


def lost(run: Run) -> dict[str, int]:
    """The causes that cost anything, in cycles."""
    bus = run.statistics.total.bus
    assert bus.busy + sum(bus.lost.values()) == bus.total == run.statistics.cycles * buses(run)
    return {cause: cycles for cause, cycles in bus.lost.items() if cycles}


def buses(run: Run) -> int:
    memory = run.statistics.memory
    return memory.channels * memory.pseudo_channels


def test_a_stream_within_one_bank_group_loses_the_spacing_of_its_accesses() -> None:
    count = 1000
    run = play(DDR4, [Request(column=i % 128) for i in range(count)])
    assert run.statistics.total.bus.busy == count * BURST
    # Nothing to do in cycle 0 and while the last data come; the first row opens; then 2 of 6 cycles are lost.
    assert lost(run) == {
        "nothing_to_do": 1 + CL,
        "row_cycle": RCD,
        "bank_group_spacing": (CCDL - BURST) * (count - 1),
    }


def test_conflicts_in_one_bank_lose_the_row_cycle() -> None:
    count = 200
    run = play(DDR4, [Request(row=i) for i in range(count)])
    assert lost(run) == {"nothing_to_do": 1 + CL, "row_cycle": RCD + (RC - BURST) * (count - 1)}


def test_new_rows_in_all_banks_lose_the_window_of_four_activations() -> None:
    count = 1600
    run = play(DDR4, [Request(row=i // 16, bank=i % 4 * 4 + i // 4 % 4) for i in range(count)])
    shares = run.statistics.total.bus.lost_shares
    # Four accesses in nFAW = 26 cycles.
    assert shares["activation_window"] == pytest.approx(10 / 26, abs=0.005)
    assert sum(shares.values()) - shares["activation_window"] < 0.01


def test_reads_and_writes_in_turn_lose_the_turnaround() -> None:
    # With queues of one request a waiting write is above the watermark: writes and reads take turns.
    queues = ("controller.read_queue=1", "controller.write_queue=1")
    memory = memory_of("ddr4-2400", *queues, "controller.write_forwarding=false")
    pairs = 200
    run = play(memory, [Request(column=i % 128, write=i % 2 == 1) for i in range(2 * pairs)])
    # A read and a write of one bank group: RD to WR 10 cycles, WR to RD nCWL + nBL + nWTRL = 25.
    assert run.statistics.total.bus.busy == 2 * pairs * BURST
    assert lost(run)["turnaround"] == pairs * (25 - BURST) + (pairs - 1) * (10 - BURST)


def test_accesses_far_apart_lose_what_nobody_asked_for() -> None:
    count, apart = 50, 1000
    run = play(DDR4, [Request(column=i, cycle=i * apart) for i in range(count)])
    # The first request opens the row, so that the second finds a gap shorter by nRCD.
    idle = 1 + (count - 1) * (apart - BURST) - RCD + CL
    assert lost(run) == {"nothing_to_do": idle, "row_cycle": RCD}


def test_an_idle_controller_does_not_blame_constraints_that_no_longer_bind() -> None:
    # One request at a time: the next is offered when the last has come back, long after nCCD_L.
    run = play(DDR4, [Request(column=i) for i in range(100)], SourceShape(window=1))
    assert set(lost(run)) == {"nothing_to_do", "row_cycle"}
    assert lost(run)["row_cycle"] == RCD


def test_a_stream_with_refresh_loses_its_share_to_refresh() -> None:
    memory = memory_of("ddr4-2400", "refresh=all-bank")
    count = 40_000
    requests = [Request(column=i // 4 % 128, bank=i % 4 * 4, row=i // 512) for i in range(count)]
    run = play(memory, requests)
    timings = resolved_timings(memory)
    refreshes = run.statistics.total.commands["REFab"]
    assert refreshes > 15
    # From the falling due: the last row's recovery, PREab, REFab, and the rows of four banks opened again.
    each = timings["nRFC"] + timings["nRP"] + timings["nRCD"]
    assert each <= lost(run)["refresh"] / refreshes <= each + timings["nRAS"]
    assert run.statistics.total.bus.lost_shares["refresh"] == pytest.approx(
        timings["nRFC"] / timings["nREFI"], rel=0.15
    )


def test_a_refresh_that_nobody_waits_for_costs_nothing() -> None:
    memory = memory_of("ddr4-2400", "refresh=all-bank")
    interval = resolved_timings(memory)["nREFI"]
    run = play(memory, [Request(column=i, cycle=i * interval + interval // 2) for i in range(5)])
    assert run.statistics.total.commands["REFab"] == 4
    assert lost(run)["row_cycle"] == 5 * RCD
    assert set(lost(run)) == {"nothing_to_do", "row_cycle"}


def test_a_clock_sync_command_costs_a_slot_of_the_command_bus() -> None:
    memory = memory_of("lpddr5-6400", *ONE_CHANNEL)
    count = 50
    run = play(memory, [Request(column=i, cycle=1000 * i) for i in range(count)])
    assert run.statistics.total.commands["CAS_RD"] == count
    assert lost(run)["command_bus"] == count


@pytest.mark.parametrize("standard", ["hbm2-2000", "hbm3-6400", "gddr6-16000"])
def test_random_rows_are_limited_by_activations_even_where_banks_are_ready_at_the_same_moment(
    standard: str,
) -> None:
    memory = memory_of(standard, *ONE_CHANNEL)
    bus = play(memory, random_requests(memory, 4000)).statistics.total.bus
    assert bus.lost_shares["activation_window"] > 10 * bus.lost_shares["row_cycle"]


def test_a_queue_full_of_requests_to_a_refreshed_bank_loses_its_time_to_refresh() -> None:
    memory = memory_of("hbm3-6400", *ONE_CHANNEL, "refresh=per-bank")
    requests = [Request(column=i // 4 % 32, bank=i % 4 * 4 + i // 128 % 4, row=i // 512) for i in range(8000)]
    bus = play(memory, requests).statistics.total.bus
    assert bus.lost["refresh"] > bus.lost["row_cycle"]
    assert bus.lost["scheduling"] < bus.total / 1000


def test_buses_that_are_never_used_have_nothing_to_do() -> None:
    memory = memory_of("hbm2-2000", "channels=2")
    run = play(memory, [Request(column=i) for i in range(32)])
    idle = memory_of("hbm2-2000").pseudo_channels
    used, unused = run.statistics.channels
    assert unused.activity.bus == BusTime(
        idle * run.statistics.cycles,
        0,
        {
            cause: idle * run.statistics.cycles * (cause == "nothing_to_do")
            for cause in used.activity.bus.lost
        },
    )
    assert run.statistics.total.bus == used.activity.bus + unused.activity.bus


POLICIES = {
    "controller.scheduler": ["ramulator2", "ramulator2-row-hit", "fr-fcfs", "fr-fcfs-cap", "fcfs"],
    "controller.page_policy": ["open", "closed", "timeout"],
}


def idle_slots(memory: MemoryConfig, run: Run, requests: list[Request]) -> int:
    """Slots in which no request could use its bus, found from each request's arrival and departure."""
    timings = resolved_timings(memory)
    burst, latency = (evaluate(f, timings) for f in (memory.burst_cycles, memory.read_latency))
    odd = memory.clock.cycles_per_clock - 1
    bus_banks = memory.ranks * memory.stack_ids * memory.bank_groups * memory.banks
    idle = 0
    for bus in range(memory.pseudo_channels):
        mine = [i for i, request in enumerate(requests) if request.bank // bus_banks == bus]
        issued = {i: int(run.times[i, 1]) - (0 if requests[i].write else latency) for i in mine}
        free = 0
        for i in sorted(mine, key=lambda i: issued[i]):
            first = min(int(run.times[j, 0]) + 1 | odd for j in mine if issued[j] >= issued[i])
            idle += max(first - free, 0)
            free = max(free, issued[i]) + burst
        idle += max(run.statistics.cycles - free, 0)
    return idle


@settings(max_examples=40, deadline=None)
@given(
    standard=st.sampled_from(
        [
            "ddr4-2400",
            "ddr4-2400 ranks=2",
            "ddr5-4800",
            "lpddr5-6400",
            "gddr6-16000",
            "hbm2-2000",
            "hbm3-6400",
        ]
    ),
    scheduler=st.sampled_from(POLICIES["controller.scheduler"]),
    page_policy=st.sampled_from(POLICIES["controller.page_policy"]),
    refresh=st.sampled_from(["none", "all-bank"]),
    window=st.sampled_from([0, 1, 5]),
    seed=st.integers(0, 1 << 16),
    pause=st.sampled_from([0, 0, 3, 40, 400]),
)
def test_time_adds_up_and_idle_time_is_that_without_a_request(
    standard: str, scheduler: str, page_policy: str, refresh: str, window: int, seed: int, pause: int
) -> None:
    memory = memory_of(
        *standard.split(),
        "channels=1",
        f"controller.scheduler={scheduler}",
        f"controller.page_policy={page_policy}",
        f"refresh={refresh}",
        "controller.write_forwarding=false",
        "controller.write_coalescing=false",
    )
    random = np.random.default_rng(seed)
    pauses = np.cumsum(random.integers(0, pause + 1, 60) * (random.random(60) < 0.3))
    requests = [
        Request(r.row, r.bank, r.column, r.write, int(cycle))
        for r, cycle in zip(random_requests(memory, 60, seed, writes=0.4, rows=3), pauses, strict=True)
    ]
    run = play(memory, requests, SourceShape(window=window))
    bus = run.statistics.total.bus
    assert min(bus.lost.values()) >= 0
    assert bus.busy + sum(bus.lost.values()) == bus.total
    assert bus.lost["nothing_to_do"] == idle_slots(memory, run, requests)
    burst = evaluate(memory.burst_cycles, resolved_timings(memory))
    assert 0 <= 60 * burst - bus.busy <= burst * memory.pseudo_channels
