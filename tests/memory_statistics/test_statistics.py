"""Statistics are what the commands and the times of the requests say."""

from collections import Counter
from math import ceil

import numpy as np
import pytest

from memory_statistics.playing import Request, Run, memory_of, play, random_requests
from openrow.memory import columns as c
from openrow.memory.controller.accounting_compiled import latency_bucket
from openrow.memory.controller.state import SourceShape
from openrow.memory.statistics import (
    Activity,
    LatencyStatistics,
    bucket_end,
    memory_statistics,
)

DDR4 = memory_of("ddr4-2400")


def groups_of(run: Run) -> list[tuple[object, object]]:
    return [(run.system.standard, group.state) for group in run.system.groups]


def test_counts_are_those_of_the_command_stream() -> None:
    memory = memory_of("hbm3-6400", "channels=2", "refresh=all-bank")
    requests = random_requests(memory, 3000, writes=0.4, rows=64)
    run = play(memory, requests)
    total = run.statistics.total
    issued = Counter(run.commands.command.tolist())
    assert {name: count for name, count in total.commands.items() if count} == issued
    assert (total.reads, total.writes) == (
        sum(not r.write for r in requests),
        sum(r.write for r in requests),
    )
    assert total.rows.requests == len(requests) - total.forwarded - total.coalesced
    assert total.bursts == total.read_bursts + total.write_bursts == total.rows.requests
    for channel in run.statistics.channels:
        in_channel = run.commands.channel == channel.channel
        for bank in channel.banks:
            here = in_channel & (run.commands.pseudo_channel == bank.pseudo_channel)
            here &= (run.commands.bank_group == bank.bank_group) & (run.commands.bank == bank.bank)
            commands = run.commands.command[here]
            assert bank.activations == np.count_nonzero(commands == "ACT")
            assert bank.bursts == np.count_nonzero(np.isin(commands, ["RD", "WR"]))


def test_a_row_outcome_is_that_of_the_first_command_a_request_needed() -> None:
    hit_miss_conflict = [Request(row=1), Request(row=1, column=1), Request(row=2), Request(row=1, bank=5)]
    rows = play(DDR4, hit_miss_conflict).statistics.total.rows
    assert (rows.hits, rows.misses, rows.conflicts) == (1, 2, 1)
    assert rows.hit_rate == 1 / 4


def test_rates_of_nothing_are_missing_not_zero() -> None:
    total = play(DDR4, [Request(write=True)]).statistics.total
    assert total.latency.mean is None
    assert total.latency.percentile(99) is None
    forwarded = play(DDR4, [Request(write=True), Request()], SourceShape(window=8)).statistics.total
    assert forwarded.forwarded == 1


def test_spared_accesses_are_counted_apart() -> None:
    memory = memory_of("ddr4-2400", "controller.read_merging=true")
    total = play(memory, [Request(), Request(), Request(column=1), Request(column=1, write=True)] * 2)
    activity = total.statistics.total
    assert activity.merged > 0
    assert activity.coalesced == 1
    assert activity.requests == 8
    assert activity.bursts == 8 - activity.merged - activity.coalesced - activity.forwarded


def test_latencies_are_those_of_the_requests() -> None:
    requests = random_requests(DDR4, 1500, writes=0.2, rows=50)
    run = play(DDR4, requests)
    reads = np.array([not r.write for r in requests])
    latency = np.sort((run.times[:, 1] - run.times[:, 0])[reads])
    found = run.statistics.total.latency
    assert found.count == len(latency)
    assert found.mean == latency.mean()
    assert found.longest == latency[-1] < c.EXACT_LATENCY
    for percent in (1, 50, 95, 99, 100):
        assert found.percentile(percent) == latency[ceil(percent * len(latency) / 100) - 1]


@pytest.mark.parametrize("latency", [0, 1, 2047, 2048, 2049, 4095, 4096, 99_999, 1 << 20, (1 << 33) + 12345])
def test_a_bucket_ends_at_most_a_thousandth_above_what_it_holds(latency: int) -> None:
    end = bucket_end(latency_bucket(latency))
    assert latency <= end <= latency * (1 + 1 / 1024)
    if latency < c.EXACT_LATENCY:
        assert end == latency


def test_a_percentile_is_never_beyond_the_longest_latency() -> None:
    histogram = np.zeros(c.HISTOGRAM_BUCKETS, dtype=np.int64)
    histogram[latency_bucket(100_000)] = 1
    latency = LatencyStatistics(1, 100_000, 100_000, histogram)
    assert latency.percentile(50) == 100_000


def test_queue_lengths_are_summed_over_the_cycles_requests_wait() -> None:
    # The first leaves the queue at its ACT in cycle 1; the second hits and leaves at its RD, nCCD_L after
    # the first one's: 1 + 16 + 6.
    run = play(DDR4, [Request(), Request(column=1)])
    assert run.statistics.total.queues.read == 1 + 23
    assert run.statistics.total.queues.write == 0


def test_standby_counts_from_the_first_row_opened_to_the_last_closed() -> None:
    run = play(DDR4, [Request()])
    standby = run.statistics.total.standby
    assert (standby.active, standby.precharged) == (run.statistics.cycles - 1, 1)
    # Timed out after 200 cycles: ACT at 1, RD at 17, PRE at 217.
    closing = memory_of("ddr4-2400", "controller.page_policy=timeout")
    run = play(closing, [Request(), Request(column=1, bank=3, cycle=5000)])
    pre = int(run.commands.cycle[run.commands.command == "PRE"][0])
    assert run.statistics.total.standby.active == (pre - 1) + (run.statistics.cycles - 5001)


def test_channels_run_apart_or_together_give_the_same_statistics() -> None:
    memory = memory_of("hbm2-2000", "channels=4")
    requests = random_requests(memory, 90, writes=0.3, rows=4)
    apart, together = play(memory, requests), play(memory, requests, SourceShape(window=1 << 10))
    assert (len(apart.system.groups), len(together.system.groups)) == (4, 1)
    assert apart.statistics == together.statistics
    channels = [channel.activity for channel in apart.statistics.channels]
    assert sum(channels[1:], start=channels[0]) == apart.statistics.total
    assert isinstance(apart.statistics.total, Activity)


def test_a_longer_run_is_idle_for_the_rest() -> None:
    run = play(DDR4, [Request(column=i) for i in range(20)])
    longer = memory_statistics(groups_of(run), run.statistics.cycles + 500)
    before, after = run.statistics.total, longer.total
    assert after.bus.lost["nothing_to_do"] == before.bus.lost["nothing_to_do"] + 500
    assert after.standby.active == before.standby.active + 500
    assert longer.time_ns == pytest.approx(run.statistics.time_ns + 500 / 1.2)


def test_groups_of_different_memories_are_refused() -> None:
    one, other = play(DDR4, [Request()]), play(memory_of("ddr4-3200"), [Request()])
    with pytest.raises(ValueError, match="channels of one memory"):
        memory_statistics([*groups_of(one), *groups_of(other)])


def test_peaks_are_those_of_the_pins() -> None:
    assert play(DDR4, [Request()]).statistics.peak_gb_per_s == pytest.approx(19.2)
    hbm3 = play(memory_of("hbm3-6400"), [Request()]).statistics
    assert hbm3.peak_gb_per_s == pytest.approx(819.2)
    assert (hbm3.burst_bytes, len(hbm3.channels), len(hbm3.channels[0].banks)) == (32, 16, 32)
