"""The statistics of a run of the event engine, in the same tree as those of the compiled one.

The event engine counts no lost time and keeps no figures of single banks: ``lost`` and ``banks`` are empty.
"""

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from openrow.config.latency_formula import evaluate
from openrow.config.memory import MemoryConfig
from openrow.config.timings import cycle_ns, resolved_timings
from openrow.engine.event_channel import Counters
from openrow.engine.event_engine import EventRun
from openrow.memory import columns as c
from openrow.memory.commands import CommandStream
from openrow.memory.controller.accounting_compiled import latency_bucket
from openrow.memory.statistics import (
    Activity,
    BusTime,
    ChannelStatistics,
    LatencyStatistics,
    MemoryStatistics,
    QueueCycles,
    RowOutcomes,
    StandbyCycles,
)


def event_statistics(
    memory: MemoryConfig,
    run: EventRun,
    times: NDArray[np.int64],
    is_write: NDArray[np.bool_],
    channel: NDArray[np.int64],
) -> MemoryStatistics:
    """The statistics of a run.

    Parameters
    ----------
    memory
        The memory.
    run
        What the event engine found.
    times
        (n, 3) arrival, departure and return cycle of each request.
    is_write, channel
        (n,) type and channel of each request.
    """
    channels = tuple(
        ChannelStatistics(
            number,
            _activity(memory, run, number, counters, times[(channel == number) & ~is_write]),
            (),
        )
        for number, counters in enumerate(run.channels)
    )
    total = reduce(Activity.__add__, (one.activity for one in channels))
    return MemoryStatistics(memory, run.cycles, cycle_ns(memory.clock), total, channels)


def _activity(
    memory: MemoryConfig, run: EventRun, number: int, counters: Counters, reads: NDArray[np.int64]
) -> Activity:
    commands = of_channel(run.commands, number)
    names, counts = np.unique(commands.command, return_counts=True)
    issued = dict.fromkeys(c.COMMAND_NAMES, 0) | dict(zip(names.tolist(), counts.tolist(), strict=True))
    bursts = sum(issued[name] for name in ("RD", "RDA", "WR", "WRA"))
    burst_cycles = evaluate(memory.burst_cycles, resolved_timings(memory))
    return Activity(
        reads=counters.reads,
        writes=counters.writes,
        forwarded=counters.forwarded,
        coalesced=counters.coalesced,
        merged=counters.merged,
        rows=RowOutcomes(counters.row_hits, counters.row_misses, counters.row_conflicts),
        commands=issued,
        latency=_latency(reads[:, 1] - reads[:, 0]),
        queues=QueueCycles(
            counters.read_length_sum, counters.write_length_sum, counters.maintenance_length_sum
        ),
        bus=BusTime(run.cycles * memory.pseudo_channels, bursts * burst_cycles, {}),
        standby=_standby(memory, commands, run.cycles),
    )


def of_channel(commands: CommandStream, number: int) -> CommandStream:
    """The commands of one channel."""
    own = commands.channel == number
    return CommandStream(*(getattr(commands, name)[own] for name in CommandStream.__dataclass_fields__))


def _latency(cycles: NDArray[np.int64]) -> LatencyStatistics:
    histogram = np.zeros(c.HISTOGRAM_BUCKETS, dtype=np.int64)
    for latency in cycles.tolist():
        histogram[latency_bucket(latency)] += 1
    return LatencyStatistics(len(cycles), int(cycles.sum()), int(cycles.max(initial=0)), histogram)


def _standby(memory: MemoryConfig, commands: CommandStream, cycles: int) -> StandbyCycles:
    """Follow the banks' rows: a rank is active while any of its banks is open."""
    ranks = memory.pseudo_channels * memory.ranks
    open_banks: list[set[tuple[int, int, int]]] = [set() for _ in range(ranks)]
    since, active = [0] * ranks, 0
    fields = (commands.cycle, commands.command, commands.pseudo_channel, commands.rank)
    places = (commands.bank_group, commands.bank)
    for cycle, command, pseudo_channel, stacked, bank_group, bank in zip(
        *(field.tolist() for field in (*fields, *places)), strict=True
    ):
        rank = pseudo_channel * memory.ranks + stacked // memory.stack_ids
        before = len(open_banks[rank])
        if command == "ACT":
            open_banks[rank].add((stacked, bank_group, bank))
        elif command in ("PRE", "RDA", "WRA"):
            open_banks[rank].discard((stacked, bank_group, bank))
        elif command == "PREab":
            open_banks[rank].clear()
        if before == 0 and open_banks[rank]:
            since[rank] = cycle
        elif before > 0 and not open_banks[rank]:
            active += cycle - since[rank]
    active += sum(cycles - since[rank] for rank in range(ranks) if open_banks[rank])
    return StandbyCycles(active, cycles * ranks - active)
