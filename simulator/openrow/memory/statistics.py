"""Statistics of a run, read from the final state of its channels.

Everything is counted in memory cycles and whole numbers, so that banks, channels and groups of channels add
up exactly; rates, shares and times follow from the counts. The state says what the compiled controller
counted while it ran (``accounting_compiled``); nothing here changes it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from math import ceil

import numpy as np

from openrow.config.memory import MemoryConfig
from openrow.config.organisation import burst_bytes, peak_bandwidth_gb_per_s
from openrow.config.timings import cycle_ns
from openrow.memory import columns as c
from openrow.memory.standard import Int64Array, Standard

IDLE = c.CAUSE_NAMES[c.NOTHING_TO_DO]


def _sum_by_name(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: value + other[name] for name, value in one.items()}


@dataclass(frozen=True)
class RowOutcomes:
    """What requests found in their bank, by the first command each of them needed.

    A hit needed a column command, a miss an activation, a conflict a precharge. Requests that were forwarded,
    coalesced or merged needed no row and are not among them.
    """

    hits: int
    misses: int
    conflicts: int

    def __add__(self, other: "RowOutcomes") -> "RowOutcomes":
        return RowOutcomes(
            self.hits + other.hits, self.misses + other.misses, self.conflicts + other.conflicts
        )

    @property
    def requests(self) -> int:
        """Requests that needed a row."""
        return self.hits + self.misses + self.conflicts

    @property
    def hit_rate(self) -> float | None:
        """Share of hits; None where no request needed a row."""
        return self.hits / self.requests if self.requests else None


def bucket_end(bucket: int) -> int:
    """The greatest latency in cycles that a histogram bucket holds."""
    if bucket < c.EXACT_LATENCY:
        return bucket
    shift = bucket // c.DOUBLING_BUCKETS - 1
    return ((bucket - shift * c.DOUBLING_BUCKETS + 1) << shift) - 1


@dataclass(frozen=True)
class LatencyStatistics:
    """Latencies of reads, in memory cycles, from acceptance by the controller to the last beat of their data.

    Buckets are exact below 2048 cycles and 1/1024 of their latency wide above. ``mean`` and ``longest`` are
    exact.
    """

    count: int
    total: int
    longest: int
    histogram: Int64Array = field(compare=False, repr=False)
    """(HISTOGRAM_BUCKETS,) reads by bucket."""

    def __add__(self, other: "LatencyStatistics") -> "LatencyStatistics":
        return LatencyStatistics(
            self.count + other.count,
            self.total + other.total,
            max(self.longest, other.longest),
            self.histogram + other.histogram,
        )

    @property
    def mean(self) -> float | None:
        """Mean latency; None without reads."""
        return self.total / self.count if self.count else None

    def percentile(self, percent: int) -> int | None:
        """The least latency that at least ``percent`` of 100 reads did not exceed; None without reads.

        The end of its bucket, so at most 1/1024 too long, and never beyond the longest.
        """
        if not self.count:
            return None
        rank = ceil(Fraction(percent * self.count, 100))
        bucket = int(np.searchsorted(np.cumsum(self.histogram), max(rank, 1)))
        return min(bucket_end(bucket), self.longest)


@dataclass(frozen=True)
class BusTime:
    """Where the time of data buses went, in cycles: bursts, and the gaps between them by cause.

    ``busy`` and the lost cycles add up to ``total``, the cycles of the run times the number of buses,
    exactly.
    """

    total: int
    busy: int
    lost: Mapping[str, int]
    """By the names of ``columns.CAUSE_NAMES``; ``nothing_to_do`` includes buses never used, and the time
    after the last burst."""

    def __add__(self, other: "BusTime") -> "BusTime":
        return BusTime(self.total + other.total, self.busy + other.busy, _sum_by_name(self.lost, other.lost))

    @property
    def busy_share(self) -> float:
        """Share of the time in which data moved."""
        return self.busy / self.total if self.total else 0.0

    @property
    def lost_shares(self) -> dict[str, float]:
        """Shares of the time lost to each cause."""
        return {cause: cycles / self.total if self.total else 0.0 for cause, cycles in self.lost.items()}


@dataclass(frozen=True)
class QueueCycles:
    """Sizes of the queues summed over cycles; divided by the cycles of the run they are mean lengths."""

    read: int
    write: int
    maintenance: int

    def __add__(self, other: "QueueCycles") -> "QueueCycles":
        return QueueCycles(
            self.read + other.read, self.write + other.write, self.maintenance + other.maintenance
        )


@dataclass(frozen=True)
class StandbyCycles:
    """Cycles of ranks or pseudo channels (the nodes an all-bank command addresses) by standby state."""

    active: int
    """With any bank open. A bank counts as open from its ACT to its PRE, PREab, RDA or WRA."""
    precharged: int
    """With all banks closed, refreshing included."""

    def __add__(self, other: "StandbyCycles") -> "StandbyCycles":
        return StandbyCycles(self.active + other.active, self.precharged + other.precharged)


@dataclass(frozen=True)
class Activity:
    """What one channel did, or several together."""

    reads: int
    """Accepted reads, the forwarded and merged ones among them."""
    writes: int
    """Accepted writes, the coalesced ones among them."""
    forwarded: int
    coalesced: int
    merged: int
    rows: RowOutcomes
    commands: Mapping[str, int]
    """Issued commands by name."""
    latency: LatencyStatistics
    queues: QueueCycles
    bus: BusTime
    standby: StandbyCycles

    def __add__(self, other: "Activity") -> "Activity":
        return Activity(
            self.reads + other.reads,
            self.writes + other.writes,
            self.forwarded + other.forwarded,
            self.coalesced + other.coalesced,
            self.merged + other.merged,
            self.rows + other.rows,
            _sum_by_name(self.commands, other.commands),
            self.latency + other.latency,
            self.queues + other.queues,
            self.bus + other.bus,
            self.standby + other.standby,
        )

    @property
    def requests(self) -> int:
        """Accepted requests, each of one burst."""
        return self.reads + self.writes

    @property
    def activations(self) -> int:
        """Rows opened."""
        return self.commands["ACT"]

    @property
    def read_bursts(self) -> int:
        """Bursts read over the data buses."""
        return self.commands["RD"] + self.commands["RDA"]

    @property
    def write_bursts(self) -> int:
        """Bursts written over the data buses."""
        return self.commands["WR"] + self.commands["WRA"]

    @property
    def bursts(self) -> int:
        """Bursts over the data buses: fewer than requests where some were merged, forwarded or coalesced."""
        return self.read_bursts + self.write_bursts


@dataclass(frozen=True)
class BankStatistics:
    """What happened in one bank."""

    pseudo_channel: int
    rank: int
    stack_id: int
    bank_group: int
    bank: int
    rows: RowOutcomes
    activations: int
    bursts: int
    lost: Mapping[str, int]
    """Cycles the data bus waited before this bank's bursts, by cause."""


@dataclass(frozen=True)
class ChannelStatistics:
    """One channel and its banks, in order of their flat number."""

    channel: int
    activity: Activity
    banks: tuple[BankStatistics, ...]


@dataclass(frozen=True)
class MemoryStatistics:
    """A run of a whole memory system."""

    memory: MemoryConfig
    cycles: int
    """From cycle 0 to the one in which the last read has returned and the last write has been issued or
    absorbed."""
    cycle_ns: Fraction
    total: Activity
    channels: tuple[ChannelStatistics, ...]

    @property
    def time_ns(self) -> float:
        """Duration of the run."""
        return float(self.cycles * self.cycle_ns)

    @property
    def burst_bytes(self) -> int:
        """Bytes of one burst."""
        return burst_bytes(self.memory)

    @property
    def peak_gb_per_s(self) -> float:
        """What the pins of all data buses can carry."""
        return peak_bandwidth_gb_per_s(self.memory)


def memory_statistics(
    groups: Sequence[tuple[Standard, Int64Array]], cycles: int | None = None
) -> MemoryStatistics:
    """Read the statistics of a run.

    Parameters
    ----------
    groups
        The resolved standard and the final state (int64, laid out as ``columns`` says) of each group of
        channels, in order of channels. They should have been advanced to the same cycle.
    cycles
        The length of the run; the cycle in which the last request was done unless given.

    Returns
    -------
    MemoryStatistics
        A tree of counts; the states are not referred to.

    Raises
    ------
    ValueError
        Where the groups are not of one memory.
    """
    memory = groups[0][0].memory
    if any(standard.memory != memory for standard, _ in groups):
        raise ValueError("all groups should be channels of one memory")
    places = [(standard, s, ch) for standard, s in groups for ch in channel_places(standard, s)]
    if cycles is None:
        cycles = max(int(s[ch + c.LAST_END]) for _, s, ch in places)
    channels = tuple(
        _channel(number, standard, s, ch, cycles) for number, (standard, s, ch) in enumerate(places)
    )
    total = reduce(Activity.__add__, (channel.activity for channel in channels))
    return MemoryStatistics(memory, cycles, cycle_ns(memory.clock), total, channels)


def channel_places(standard: Standard, s: Int64Array) -> list[int]:
    """Where the channels' records begin in a state."""
    first, size = int(s[c.AT_CHANNELS]), int(standard.rules[c.CHANNEL_SIZE])
    return [first + number * size for number in range(int(s[c.CHANNELS]))]


def _table(standard: Standard, s: Int64Array, ch: int, at: int, count: int, columns: int) -> Int64Array:
    """The ``count`` records that lie at ``rules[at]`` of a channel, (count, columns)."""
    first = ch + int(standard.rules[at])
    return s[first : first + count * columns].reshape(count, columns)


def _channel(number: int, standard: Standard, s: Int64Array, ch: int, cycles: int) -> ChannelStatistics:
    banks = tuple(_banks(standard, s, ch))
    rows = reduce(RowOutcomes.__add__, (bank.rows for bank in banks))
    counts = s[ch + c.N_COMMANDS : ch + c.N_COMMANDS + c.COMMANDS].tolist()
    activity = Activity(
        reads=int(s[ch + c.N_READS]),
        writes=int(s[ch + c.N_WRITES]),
        forwarded=int(s[ch + c.N_FORWARDED]),
        coalesced=int(s[ch + c.N_COALESCED]),
        merged=int(s[ch + c.N_MERGED]),
        rows=rows,
        commands=dict(zip(c.COMMAND_NAMES, counts, strict=True)),
        latency=LatencyStatistics(
            int(s[ch + c.LATENCY_COUNT]),
            int(s[ch + c.LATENCY_SUM]),
            int(s[ch + c.LATENCY_MAX]),
            s[ch + c.HISTOGRAM : ch + c.HISTOGRAM + c.HISTOGRAM_BUCKETS].copy(),
        ),
        queues=_queue_cycles(s, ch, cycles),
        bus=_bus_time(standard, s, ch, banks, cycles),
        standby=_standby(standard, s, ch, cycles),
    )
    return ChannelStatistics(number, activity, banks)


def _banks(standard: Standard, s: Int64Array, ch: int) -> Iterator[BankStatistics]:
    memory = standard.memory
    table = _table(standard, s, ch, c.AT_BANKS, standard.banks, c.BANK_COLUMNS).tolist()
    for index, record in enumerate(table):
        group, bank = divmod(index, memory.banks)
        stack, bank_group = divmod(group, memory.bank_groups)
        ranks, stack_id = divmod(stack, memory.stack_ids)
        pseudo_channel, rank = divmod(ranks, memory.ranks)
        yield BankStatistics(
            pseudo_channel,
            rank,
            stack_id,
            bank_group,
            bank,
            RowOutcomes(record[c.N_HITS], record[c.N_MISSES], record[c.N_CONFLICTS]),
            record[c.N_ACTS],
            record[c.N_BURSTS],
            dict(zip(c.CAUSE_NAMES, record[c.LOST : c.LOST + c.CAUSES], strict=True)),
        )


def _queue_cycles(s: Int64Array, ch: int, cycles: int) -> QueueCycles:
    """The summed sizes, those since the last change included."""
    due = int(s[ch + c.REFRESHES_DUE] - s[ch + c.REFRESHES_DONE])
    sizes = (int(s[ch + c.SIZE_R]), int(s[ch + c.SIZE_W]), due)
    return QueueCycles(
        *(
            int(s[ch + c.SUM_R + i]) + size * max(cycles - int(s[ch + c.SINCE_R + i]), 0)
            for i, size in enumerate(sizes)
        )
    )


def _bus_time(
    standard: Standard, s: Int64Array, ch: int, banks: Sequence[BankStatistics], cycles: int
) -> BusTime:
    """The buses' time: the last burst may end after the run, the rest of the run after it is idle."""
    buses = _table(standard, s, ch, c.AT_BUSES, standard.buses, c.BUS_COLUMNS)
    after = cycles - buses[:, c.BUS_FREE]
    lost = reduce(_sum_by_name, (bank.lost for bank in banks))
    lost = {**lost, IDLE: lost[IDLE] + int(np.maximum(after, 0).sum())}
    busy = int(buses[:, c.BUS_BUSY].sum() + np.minimum(after, 0).sum())
    return BusTime(cycles * standard.buses, busy, lost)


def _standby(standard: Standard, s: Int64Array, ch: int, cycles: int) -> StandbyCycles:
    scopes = _table(standard, s, ch, c.AT_SCOPES, standard.scopes, c.SCOPE_COLUMNS)
    open_now = np.where(scopes[:, c.OPEN_BANKS] > 0, np.maximum(cycles - scopes[:, c.OPEN_SINCE], 0), 0)
    active = int(np.minimum(scopes[:, c.OPEN_CYCLES] + open_now, cycles).sum())
    return StandbyCycles(active, cycles * standard.scopes - active)
