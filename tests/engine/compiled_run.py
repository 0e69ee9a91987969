"""Drives the compiled engine as the event engine is driven, for comparing the two."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openrow.config.memory import MemoryConfig
from openrow.engine.event_channel import Counters
from openrow.engine.event_engine import Traffic
from openrow.memory import columns as c
from openrow.memory.commands import CommandStream, stream_of_record
from openrow.memory.controller.advance_compiled import advance
from openrow.memory.controller.state import SourceShape, new_state
from openrow.memory.mapping import AddressMapping
from openrow.memory.standard import Standard, resolve_standard
from openrow_kernels.compilation import read_only

LOG_RECORDS = 1 << 17


@dataclass(frozen=True)
class CompiledRun:
    """What the compiled engine found, in the shape of ``EventRun``."""

    commands: CommandStream
    times: list[NDArray[np.int64]]
    cycles: int
    channels: list[Counters]


def replay_compiled(memory: MemoryConfig, traffic: Sequence[Traffic]) -> CompiledRun:
    """Play traffic through the compiled loop, all channels in one time."""
    standard = resolve_standard(memory, record_requests=True)
    counts = [len(source.address) for source in traffic]
    firsts = np.cumsum([0, *counts])
    feeds = _feeds(memory, traffic, firsts)
    shapes = [SourceShape(source.window, source.interval, source.consume) for source in traffic]
    s = new_state(standard, memory.channels, shapes)
    s[c.FEED_CAPACITY], s[c.LOG_CAPACITY] = feeds.shape[1], LOG_RECORDS
    place = int(s[c.AT_SOURCES])
    for number, count in enumerate(counts):
        s[place + c.S_COUNT] = s[place + c.S_UNISSUED] = count
        s[place + c.S_FINAL] = 1
        s[place + c.S_PLACE] = number * feeds.shape[1] * c.FEED_COLUMNS
        place += int(s[place + c.S_SIZE])
    log = np.zeros((LOG_RECORDS, c.RECORD_COLUMNS), dtype=np.int64)
    times = np.zeros((max(int(firsts[-1]), 1), 3), dtype=np.int64)
    arguments = (read_only(standard.rules), read_only(standard.rows), s, read_only(feeds), log, times)
    assert advance(*arguments, c.FAR) == c.DRAINED
    channels = [
        int(s[c.AT_CHANNELS]) + n * int(standard.rules[c.CHANNEL_SIZE]) for n in range(memory.channels)
    ]
    end = max(int(s[ch + c.LAST_END]) for ch in channels)
    assert advance(*arguments, end) == c.REACHED
    return CompiledRun(
        commands=stream_of_record(memory, log[: s[c.LOGGED]]),
        times=[times[first : first + count] for first, count in zip(firsts, counts, strict=False)],
        cycles=end,
        channels=[_counters(standard, s, ch, end) for ch in channels],
    )


def _feeds(memory: MemoryConfig, traffic: Sequence[Traffic], firsts: NDArray[np.int64]) -> NDArray[np.int64]:
    mapping = AddressMapping(memory)
    room = max((len(source.address) for source in traffic), default=0) + 1
    feeds = np.zeros((len(traffic), room, c.FEED_COLUMNS), dtype=np.int64)
    for feed, source, first in zip(feeds, traffic, firsts, strict=False):
        count = len(source.address)
        where = mapping.decode(source.address)
        feed[:count, c.F_CHANNEL] = where.channel
        feed[:count, c.F_BANK] = where.bank
        feed[:count, c.F_ROW] = where.row
        feed[:count, c.F_COLUMN] = where.column
        feed[:count, c.F_ADDRESS] = source.address.astype(np.int64)
        feed[:count, c.F_WRITE] = source.is_write
        feed[:count, c.F_CYCLE] = 0 if source.cycle is None else source.cycle
        feed[:count, c.F_REQUEST] = np.arange(first, first + count)
    return feeds


def _counters(standard: Standard, s: NDArray[np.int64], ch: int, end: int) -> Counters:
    """The counters of the channel at ``ch``, its queue lengths summed up to cycle ``end``."""
    first = ch + int(standard.rules[c.AT_BANKS])
    banks = s[first : first + standard.banks * c.BANK_COLUMNS].reshape(-1, c.BANK_COLUMNS)
    due = s[ch + c.REFRESHES_DUE] - s[ch + c.REFRESHES_DONE]
    return Counters(
        row_hits=int(banks[:, c.N_HITS].sum()),
        row_misses=int(banks[:, c.N_MISSES].sum()),
        row_conflicts=int(banks[:, c.N_CONFLICTS].sum()),
        reads=int(s[ch + c.N_READS]),
        writes=int(s[ch + c.N_WRITES]),
        forwarded=int(s[ch + c.N_FORWARDED]),
        coalesced=int(s[ch + c.N_COALESCED]),
        merged=int(s[ch + c.N_MERGED]),
        latency_sum=int(s[ch + c.LATENCY_SUM]),
        read_length_sum=int(s[ch + c.SUM_R] + s[ch + c.SIZE_R] * (end - s[ch + c.SINCE_R])),
        write_length_sum=int(s[ch + c.SUM_W] + s[ch + c.SIZE_W] * (end - s[ch + c.SINCE_W])),
        maintenance_length_sum=int(s[ch + c.SUM_M] + due * (end - s[ch + c.SINCE_M])),
    )
