"""A memory system: all channels of one memory, fed by traffic sources, advanced by the compiled loop.

Channels that only one open-loop source uses do not depend on one another: each takes its requests in order,
at its own pace. Then every channel has a state of its own and the channels run in parallel threads. A limited
window, an issue interval or a second source couples them, and one call advances all of them together; unless
the source asks at each channel by itself, as a host does whose last cache has a part at every channel.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from openrow.config.memory import MemoryConfig
from openrow.memory import columns as c
from openrow.memory.commands import CommandStream, stream_of_record
from openrow.memory.controller.advance_compiled import advance
from openrow.memory.controller.state import SourceShape, new_state
from openrow.memory.feed import Entries, Feeder, NoEntries
from openrow.memory.mapping import AddressMapping
from openrow.memory.standard import Int64Array, resolve_standard
from openrow.memory.statistics import MemoryStatistics, memory_statistics
from openrow.memory.threads import thread_count
from openrow_kernels.compilation import read_only

FEED_REQUESTS = 1 << 14
LOG_RECORDS = 1 << 17
FAR = c.FAR


class Reason(IntEnum):
    """Why a memory stopped advancing."""

    REACHED = c.REACHED
    NEED_FEED = c.NEED_FEED
    LOG_FULL = c.LOG_FULL
    COMPLETED = c.COMPLETED
    DRAINED = c.DRAINED
    STALLED = c.STALLED


@dataclass
class ChannelGroup:
    """Channels that share one time: their state, the feeds of the sources, and the command record."""

    state: Int64Array
    feeds: Int64Array
    log: Int64Array
    first_channel: int

    @property
    def clock(self) -> int:
        """The last cycle executed."""
        return int(self.state[c.CLOCK])

    @property
    def sources(self) -> list[int]:
        """Where the sources' records lie."""
        places = []
        place = int(self.state[c.AT_SOURCES])
        for _ in range(int(self.state[c.SOURCES])):
            places.append(place)
            place += int(self.state[place + c.S_SIZE])
        return places

    def take_log(self) -> Int64Array:
        """Remove and return the command record."""
        taken = self.log[: int(self.state[c.LOGGED])].copy()
        taken[:, c.R_CHANNEL] += self.first_channel
        self.state[c.LOGGED] = 0
        return taken


class MemorySystem:
    """All channels of a memory and the sources that use them.

    Parameters
    ----------
    memory
        The memory.
    sources
        The traffic sources, in the order in which they take turns.
    log_commands
        Keep a record of the issued commands for :meth:`take_commands`.
    record_requests
        How many requests to keep the times of; 0 for none. They are those of the only source.
    source_at_each_channel
        Whether window and interval of the only source are those of each channel, so that the channels do not
        depend on one another.

    Attributes
    ----------
    standard : Standard
        The resolved standard.
    groups : list of ChannelGroup
        The channels' states: one group a channel where channels do not depend on one another, else one for
        all.
    times : int64 array, (record_requests, 3)
        Arrival, departure and return cycle of the recorded requests, by request number.
    cpu_seconds : float
        CPU time spent in feeding and advancing, all threads together.
    """

    def __init__(
        self,
        memory: MemoryConfig,
        sources: Sequence[SourceShape],
        log_commands: bool = False,
        record_requests: int = 0,
        source_at_each_channel: bool = False,
    ) -> None:
        self.memory = memory
        self.standard = resolve_standard(memory, record_requests > 0)
        self.mapping = AddressMapping(memory)
        self.times = np.zeros((max(record_requests, 1), 3), dtype=np.int64)
        self.cpu_seconds = 0.0
        open_loop = all(source.window == 0 and source.interval == 0 for source in sources)
        self.apart = len(sources) == 1 and (open_loop or source_at_each_channel)
        self._rules, self._rows = read_only(self.standard.rules), read_only(self.standard.rows)
        group_count = memory.channels if self.apart else 1
        feed_count = memory.channels if self.apart else len(sources)
        self._feeds = np.zeros((feed_count, FEED_REQUESTS, c.FEED_COLUMNS), dtype=np.int64)
        self._requests_before = self._entries_before = 0
        self._feeders: list[Feeder | None] = [None] * len(sources)
        self._logs = log_commands
        self.groups = []
        for g in range(group_count):
            state = new_state(self.standard, memory.channels // group_count, sources)
            state[c.FEED_CAPACITY] = FEED_REQUESTS
            state[c.LOG_CAPACITY] = LOG_RECORDS if log_commands else 0
            feeds = self._feeds[g : g + 1] if self.apart else self._feeds
            log = np.zeros((int(state[c.LOG_CAPACITY]), c.RECORD_COLUMNS), dtype=np.int64)
            group = ChannelGroup(state, feeds, log, g)
            for src in group.sources:
                state[src + c.S_FINAL] = 1
            self.groups.append(group)
        self._held: list[Int64Array] = []
        workers = min(group_count, thread_count())
        self._pool = ThreadPoolExecutor(workers) if workers > 1 else None
        self._load_compiled_code()

    def _load_compiled_code(self) -> None:
        """Load what is compiled before anything is timed."""
        self._run(self.groups[0], 0)
        counts = np.zeros(len(self._feeds), dtype=np.int64)
        nothing = NoEntries()
        Feeder(self.mapping, iter([nothing]), 1, wrap=False).fill(self._feeds, counts, self.apart, 0)

    def offer(
        self, source: int, chunks: Iterator[Entries], entry_bytes: int = 1, awaited: bool = False
    ) -> Feeder:
        """Give ``source`` entries to ask for; returns their feeder, which counts them.

        Parameters
        ----------
        source
            Number of the source; it must have nothing left to offer.
        chunks
            The entries, in order.
        entry_bytes
            Bytes of an entry whose chunk has no sizes; 1 makes it the one burst that holds its address.
        awaited
            Stop advancing at the cycle in which the last of them has come back.
        """
        feeder = Feeder(self.mapping, chunks, entry_bytes, self.memory.wrap_addresses)
        self._feeders[source] = feeder
        for group in self.groups:
            src = group.sources[source]
            group.state[src + c.S_FINAL] = 0
            group.state[src + c.S_AWAITED] = awaited
        return feeder

    def feed(self) -> None:
        """Refill the sources that have offered all they were given."""
        start = time.thread_time()
        for source, feeder in enumerate(self._feeders):
            if feeder is not None and self._wants_feed(source):
                self._refill(source, feeder)
        self.cpu_seconds += time.thread_time() - start

    def _wants_feed(self, source: int) -> bool:
        groups = [(group.state, group.sources[source]) for group in self.groups]
        return all(s[src + c.S_POSITION] == s[src + c.S_COUNT] for s, src in groups)

    def _refill(self, source: int, feeder: Feeder) -> None:
        counts = np.zeros(len(self._feeds), dtype=np.int64)
        more = feeder.fill(self._feeds, counts, self.apart, source)
        for g, group in enumerate(self.groups):
            s, src = group.state, group.sources[source]
            number = int(s[src + c.S_NUMBER])
            count = int(counts[g if self.apart else source])
            s[src + c.S_POSITION] = 0
            s[src + c.S_PLACE] = number * FEED_REQUESTS * c.FEED_COLUMNS
            s[src + c.S_COUNT] = count
            s[src + c.S_UNISSUED] += count
            s[src + c.S_FINAL] = not more
        if not more:
            self._feeders[source] = None
            self._requests_before += feeder.requests
            self._entries_before += feeder.entries

    def _run(self, group: ChannelGroup, until: int) -> tuple[Reason, float]:
        start = time.thread_time()
        reason = advance(self._rules, self._rows, group.state, group.feeds, group.log, self.times, until)
        return Reason(reason), time.thread_time() - start

    def advance(self, until: int) -> Reason:
        """Run every channel to cycle ``until`` or to the first reason to stop.

        A full command record stops one group only; take the commands and go on. The reason is NEED_FEED or
        LOG_FULL if any group stopped for it, else COMPLETED, else what all groups reached.
        """
        if self._pool is None:
            outcomes = [self._run(group, until) for group in self.groups]
        else:
            outcomes = list(self._pool.map(lambda group: self._run(group, until), self.groups))
        self.cpu_seconds += sum(seconds for _, seconds in outcomes)
        reasons = {reason for reason, _ in outcomes}
        if Reason.STALLED in reasons:
            raise RuntimeError("the memory holds requests that no command can ever serve")
        for reason in (Reason.LOG_FULL, Reason.NEED_FEED, Reason.COMPLETED, Reason.REACHED):
            if reason in reasons:
                return reason
        return Reason.DRAINED

    def settle(self) -> None:
        """Let running threads come to their next stop, after an interruption."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    @property
    def requests(self) -> int:
        """Requests fed so far, in bursts."""
        return self._requests_before + sum(f.requests for f in self._feeders if f is not None)

    @property
    def entries(self) -> int:
        """Trace entries taken so far."""
        return self._entries_before + sum(f.entries for f in self._feeders if f is not None)

    def statistics(self, until: int) -> MemoryStatistics:
        """All counts at cycle ``until``, or at the end of the last request if that is later: until then it
        refreshes and stands by."""
        end = max(until, self.end_cycle())
        self.advance(end)
        return memory_statistics([(self.standard, group.state) for group in self.groups], end)

    def end_cycle(self) -> int:
        """The cycle in which the last request so far is done: read returned, write issued or absorbed."""
        ends = [
            int(group.state[ch + c.LAST_END]) for group in self.groups for ch in self.channel_places(group)
        ]
        return max(ends)

    def done_cycle(self, source: int) -> int | None:
        """The cycle in which the last request of ``source`` comes back; None while one waits to be issued."""
        places = [(group.state, group.sources[source]) for group in self.groups]
        if self._feeders[source] is not None or any(s[src + c.S_UNISSUED] > 0 for s, src in places):
            return None
        return max(int(s[src + c.S_DONE]) for s, src in places)

    def release(self, source: int) -> None:
        """Do not stop for ``source`` any more: whoever awaited it knows."""
        for group in self.groups:
            group.state[group.sources[source] + c.S_AWAITED] = 0

    def channel_places(self, group: ChannelGroup) -> list[int]:
        """Where the channels' records lie in the state of ``group``."""
        first, size = int(group.state[c.AT_CHANNELS]), int(self._rules[c.CHANNEL_SIZE])
        return [first + i * size for i in range(int(group.state[c.CHANNELS]))]

    def take_commands(self, final: bool = False) -> CommandStream:
        """Remove and return issued commands in order of cycle.

        Until ``final``, those up to the cycle that every channel has reached: later calls go on from there.
        """
        upto = FAR if final else min(group.clock for group in self.groups)
        self._held.extend(group.take_log() for group in self.groups)
        records = np.concatenate(self._held)
        ready = records[:, c.R_CYCLE] <= upto
        self._held = [records[~ready]]
        return stream_of_record(self.memory, records[ready])
