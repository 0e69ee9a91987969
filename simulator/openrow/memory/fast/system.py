"""``fidelity: fast``: a memory system simulated by what decides its time, not by every command.

The exact engine decides in every cycle which command each channel issues. The fast model goes from one
access or activation to the next. Each bank has at most one candidate of each kind, which is a time stamp:
when its row is open, its bank group and the data bus allow the next burst, the activation window allows the
next row. The earliest is issued; of several, a request whose row was opened for it, then the oldest. Those
that compete are the requests in the controller's queues, so reordering reaches exactly as far as they do.

What it keeps: queue sizes and admission, the write drain with its watermarks and the turnaround of the bus,
forwarding and coalescing, the spacing within and between bank groups, stack IDs and ranks, the activation
window, row cycles, rows closed under waiting hits, page policies, all-bank and per-bank refresh, arrival
times.

What it leaves out:

- most of the command bus. Opening a row takes its slots, and where rows are opened faster than the bus
  carries their commands, they wait; accesses of two pseudo channels take turns. Otherwise commands share
  cycles freely, and the second activation and the clock synchronisation of LPDDR5 wait for nothing. So it is
  too fast where the bus is nearly full: bursts so short that every row opened costs as many slots as data;
- precharges as commands of their own: one is legal as soon as its bank allows it, when a request asks for
  it, and is issued with the activation behind it;
- the order of refreshes: all ranks and pseudo channels are refreshed at once, not one after the other;
- what the data bus waited for (lost time), single banks, the command stream, and times of single requests.

It does not model first-come-first-served scheduling, read merging, or a source with a limited window or an
issue interval, and says so. :mod:`openrow.validation.fast_error` measures its error.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial, reduce

import numpy as np

from openrow.config.latency_formula import evaluate
from openrow.config.memory import Level, MemoryConfig
from openrow.config.timings import cycle_ns, resolved_timings
from openrow.memory import columns as c
from openrow.memory.fast import columns as f
from openrow.memory.fast.feed_compiled import pack_requests
from openrow.memory.fast.play_compiled import play
from openrow.memory.fast.rules import NotModelledError, fast_rules, new_fast_state
from openrow.memory.feed import Entries, Feeder
from openrow.memory.mapping import AddressMapping
from openrow.memory.standard import Int64Array, spans
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
from openrow.memory.threads import thread_count
from openrow_kernels.compilation import read_only

FEED_REQUESTS = 1 << 14
LATEST_CYCLE = f.FAR // 2


class PackingFeeder(Feeder):
    """A feeder that hands out packed requests."""

    def pack(self, requests: Int64Array, cycles: Int64Array, counts: Int64Array) -> bool:
        """Fill the channels' requests until one may be full; returns False once the entries have ended.

        Parameters
        ----------
        requests, cycles
            (channels, capacity) each, changed.
        counts
            (channels,) requests of each, changed.

        Raises
        ------
        AddressError
            For an entry of no bytes or beyond the memory.
        NotModelledError
            For an arrival too late for the model's clock.
        """
        while True:
            self._entry, self._burst = pack_requests(
                self._mapping.digit, self._mapping.runs, self._mapping.hashes, self._mapping.offset_bits,
                self._address, self._is_write, self._size, self._cycle,
                self._entry, self._burst, requests, cycles, counts,
            )  # fmt: skip
            if self._entry < len(self._address):
                return True
            chunk = next(self._chunks, None)
            if chunk is None:
                return False
            self._take(chunk)
            if self._cycle.max(initial=0) > LATEST_CYCLE:
                raise NotModelledError(
                    f"fidelity fast counts to cycle {LATEST_CYCLE}; an entry comes in cycle "
                    f"{self._cycle.max()}; use fidelity exact"
                )


class FastMemory:
    """All channels of a memory, each fed in order by one open-loop source.

    Parameters
    ----------
    memory
        The memory.

    Attributes
    ----------
    rules : int64 array
        The memory as the compiled model sees it.
    states, latencies : list of int64 arrays
        State and latency histogram of each channel.
    entries, requests : int
        Trace entries taken, and bursts made of them.
    cpu_seconds : float
        CPU time spent in decoding and simulating, all threads together.

    Raises
    ------
    NotModelledError
        For a memory the model cannot stand for.
    """

    def __init__(self, memory: MemoryConfig) -> None:
        self.memory = memory
        self.rules = fast_rules(memory)
        self.states = [new_fast_state(self.rules) for _ in range(memory.channels)]
        self.latencies = [np.zeros(c.HISTOGRAM_BUCKETS, dtype=np.int64) for _ in range(memory.channels)]
        self.entries = self.requests = 0
        self.cpu_seconds = 0.0
        self._mapping = AddressMapping(memory)
        self._rules = read_only(self.rules)
        self._requests = np.zeros((memory.channels, FEED_REQUESTS), dtype=np.int64)
        self._cycles = np.zeros_like(self._requests)
        # Load the compiled loop before anything is timed.
        self._play_channel(np.zeros(1, dtype=np.int64), False, 0)
        self.cpu_seconds = 0.0

    def play(self, chunks: Iterator[Entries], entry_bytes: int = 64) -> None:
        """Play entries to the end of the last.

        Parameters
        ----------
        chunks
            The entries, in order.
        entry_bytes
            Bytes of an entry whose chunk has no sizes.

        Raises
        ------
        AddressError
            For an entry of no bytes or beyond the memory.
        """
        feeder = PackingFeeder(self._mapping, chunks, entry_bytes, self.memory.wrap_addresses)
        workers = min(self.memory.channels, thread_count())
        if workers == 1:
            self._play(feeder, lambda run, numbers: list(map(run, numbers)))
        else:
            with ThreadPoolExecutor(workers) as pool:
                self._play(feeder, lambda run, numbers: list(pool.map(run, numbers)))

    def _play(
        self, feeder: PackingFeeder, each: Callable[[Callable[[int], float], range], list[float]]
    ) -> None:
        before = self.requests, self.entries
        channels = range(self.memory.channels)
        more = True
        while more:
            counts = np.zeros(self.memory.channels, dtype=np.int64)
            start = time.thread_time()
            more = feeder.pack(self._requests, self._cycles, counts)
            self.cpu_seconds += time.thread_time() - start
            feeder.requests += int(counts.sum())
            self.requests, self.entries = before[0] + feeder.requests, before[1] + feeder.entries
            self.cpu_seconds += sum(each(partial(self._play_channel, counts, not more), channels))

    def _play_channel(self, counts: Int64Array, final: bool, number: int) -> float:
        start = time.thread_time()
        count = int(counts[number])
        play(
            self._rules,
            self.states[number],
            self.latencies[number],
            read_only(self._requests[number, :count]),
            read_only(self._cycles[number, :count]),
            final,
        )
        return time.thread_time() - start

    def end_cycle(self) -> int:
        """The cycle in which the last request so far is done: read returned, write issued or absorbed."""
        latency = int(self.rules[f.READ_LATENCY])
        return max(
            max(int(s[f.LAST_WRITE]), int(s[f.LAST_READ]) + latency if s[f.LAST_READ] else 0)
            for s in self.states
        )

    def statistics(self) -> MemoryStatistics:
        """The counts of the run so far.

        Lost time is not attributed to causes (``bus.lost`` is empty), and there are no counts of single
        banks. A rank counts as active whenever it is not being refreshed.
        """
        cycles = self.end_cycle()
        channels = tuple(
            ChannelStatistics(number, self._activity(number, cycles), ())
            for number in range(self.memory.channels)
        )
        total = reduce(Activity.__add__, (channel.activity for channel in channels))
        return MemoryStatistics(self.memory, cycles, cycle_ns(self.memory.clock), total, channels)

    def _activity(self, number: int, cycles: int) -> Activity:
        s = self.states[number]
        exact = self.latencies[number][: c.EXACT_LATENCY]
        reads, writes = int(s[f.N_READS]), int(s[f.N_WRITES])
        forwarded, coalesced = int(s[f.N_FORWARDED]), int(s[f.N_COALESCED])
        waiting = self._waiting(s)
        bursts = reads - forwarded - waiting[0], writes - coalesced - waiting[1]
        rows = (
            int(s[f.N_OPENED] - s[f.N_COUNTED_OPENED]),
            int(s[f.N_REPLACED] - s[f.N_COUNTED_REPLACED] + s[f.N_CONFLICTS]),
        )
        return Activity(
            reads=reads,
            writes=writes,
            forwarded=forwarded,
            coalesced=coalesced,
            merged=0,
            rows=RowOutcomes(max(sum(bursts) - sum(rows), 0), *rows),
            commands=self._commands(s, bursts, cycles),
            latency=LatencyStatistics(
                bursts[0] + forwarded,
                int(s[f.LATENCY_SUM]),
                max(int(s[f.LATENCY_MAX]), int(np.flatnonzero(exact).max(initial=0))),
                self.latencies[number].copy(),
            ),
            queues=QueueCycles(int(s[f.READ_QUEUE_CYCLES]), int(s[f.WRITE_QUEUE_CYCLES]), 0),
            bus=self._bus_time(sum(bursts), cycles),
            standby=self._standby(s, cycles),
        )

    def _waiting(self, s: Int64Array) -> tuple[int, int]:
        """Reads and writes in the controller: waiting in a queue, or for their opened row."""
        banks = s[f.AT_BANKS :][: int(self.rules[f.BANKS]) * f.BANK_COLUMNS].reshape(-1, f.BANK_COLUMNS)
        promoted = banks[:, f.PROMOTED]
        kinds = s[promoted[promoted > 0] + f.E_LOW] & 1
        writes = int(kinds.sum())
        return int(s[f.WAITING_READS]) + len(kinds) - writes, int(s[f.WAITING_WRITES]) + writes

    @property
    def _scopes(self) -> int:
        """Nodes of a channel that an all-bank command addresses."""
        return int(self.rules[f.BANKS] // self.rules[f.SCOPE_BANKS])

    def _commands(self, s: Int64Array, bursts: tuple[int, int], cycles: int) -> dict[str, int]:
        auto = int(s[f.N_READ_AUTO]), int(s[f.N_WRITE_AUTO])
        counts = dict.fromkeys(c.COMMAND_NAMES, 0)
        opened, replaced = int(s[f.N_OPENED]), int(s[f.N_REPLACED])
        counts["ACT"] = opened + replaced
        counts["PRE"] = replaced + int(s[f.N_CLOSED])
        counts["PREab"] = int(s[f.N_PRE_ALL])
        counts |= {"RD": bursts[0] - auto[0], "RDA": auto[0], "WR": bursts[1] - auto[1], "WRA": auto[1]}
        if self.memory.command_bus == "split-activate":
            counts["ACT2"] = counts["ACT"]
        refreshes = int(s[f.REFRESHES])
        if self.rules[f.REFRESH_MODE] != c.NO_REFRESH and s[f.NEXT_REFRESH] <= cycles:
            since = (cycles - int(s[f.NEXT_REFRESH])) // int(self.rules[f.REFRESH_INTERVAL]) + 1
            refreshes += since
        name = "REFab" if self.rules[f.REFRESH_MODE] == c.ALL_BANK_REFRESH else "REFpb"
        counts[name] = refreshes * self._scopes
        return counts

    def _bus_time(self, bursts: int, cycles: int) -> BusTime:
        burst_cycles = evaluate(self.memory.burst_cycles, resolved_timings(self.memory))
        buses = int(self.rules[f.BANKS]) // spans(self.memory)[Level.PSEUDO_CHANNEL]
        return BusTime(cycles * buses, bursts * burst_cycles, {})

    def _standby(self, s: Int64Array, cycles: int) -> StandbyCycles:
        closed = min(int(s[f.CLOSED_CYCLES]), cycles) * self._scopes
        return StandbyCycles(cycles * self._scopes - closed, closed)
