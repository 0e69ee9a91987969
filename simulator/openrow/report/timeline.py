"""A command stream as a timeline for ui.perfetto.dev, in the JSON trace event format.

A channel is a process. Its threads are the command bus (or the row and the column command bus), the data
bus of each pseudo channel, the all-bank refreshes of each rank, and the banks, whose slices are open rows.
A counter shows how many banks are open.

Perfetto keeps whole nanoseconds. The edges of slices are rounded down to them, so that slices that follow
each other still do, and a command of half a nanosecond may have no width; every slice says its exact cycle.
A command takes some 300 bytes of text: Perfetto opens a few hundred megabytes, that is about a million
commands, with ease.
"""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from openrow.config.latency_formula import evaluate
from openrow.config.memory import MemoryConfig
from openrow.config.timings import cycle_ns, resolved_timings
from openrow.memory.commands import CommandStream
from openrow.memory.spacings import refresh_all_cycles, refresh_bank_cycles

READS = ("RD", "RDA")
WRITES = ("WR", "WRA")
CLOSING = ("PRE", "RDA", "WRA")
COMMAND_THREAD, ROW_COMMAND_THREAD = 1, 2
DATA_THREADS = 10
REFRESH_THREADS = 1000
BANK_THREADS = 10000


class ByteSink(Protocol):
    """Anything bytes can be written to."""

    def write(self, data: bytes, /) -> object:
        """Append ``data``."""
        ...


class Issued(NamedTuple):
    """One command of a stream, its fields in the order of a command file."""

    cycle: int
    command: str
    channel: int
    pseudo_channel: int
    rank: int
    bank_group: int
    bank: int
    row: int
    column: int


class Place(NamedTuple):
    """Where a command goes: the number of its bank in the channel, or the first of its rank, and its name."""

    flat_bank: int
    name: str


class OpenRow(NamedTuple):
    """A row that is open: which, and since when."""

    row: int
    cycle: int


class Timeline:
    """Writes a timeline piece by piece.

    Parameters
    ----------
    file
        Where the JSON goes, as bytes. It is complete after :meth:`finish`.
    memory
        The memory the commands belong to.
    """

    def __init__(self, file: ByteSink, memory: MemoryConfig) -> None:
        timings = resolved_timings(memory)
        self._file = file
        self._memory = memory
        self._period_ns = cycle_ns(memory.clock)
        self._burst = evaluate(memory.burst_cycles, timings)
        self._read_data = evaluate(memory.read_latency, timings) - self._burst
        self._write_data = timings.get("nCWL", self._read_data)
        self._occupied = {command.value: cycles for command, cycles in memory.command_cycles.items()}
        # An ACT of several cycles may begin before a refresh has ended, so long as it ends after it.
        early = self._occupied.get("ACT", 1) - 1
        self._refresh_all = refresh_all_cycles(memory) - early
        self._refresh_bank = refresh_bank_cycles(memory) - early
        self._open: dict[tuple[int, int], OpenRow] = {}
        self._open_banks = [0] * memory.channels
        self._data_end_ns: dict[tuple[int, int], int] = {}
        self._last_cycle = 0
        self._file.write(b'{"displayTimeUnit":"ns","traceEvents":[\n')
        self._file.write(",\n".join(self._names()).encode())

    def add(self, stream: CommandStream) -> None:
        """Append commands, which follow those added before."""
        fields = (getattr(stream, name).tolist() for name in Issued._fields)
        events = [event for values in zip(*fields, strict=True) for event in self._events(Issued(*values))]
        if events:
            self._file.write((",\n" + ",\n".join(events)).encode())

    def finish(self) -> None:
        """Close the rows that are still open, at the last cycle seen, and the file's brackets."""
        for channel, index in sorted(self._open):
            self._file.write(f",\n{self._closed_row(channel, index, self._last_cycle)}".encode())
        self._open.clear()
        self._file.write(b"\n]}\n")

    def _events(self, issued: Issued) -> Iterator[str]:
        place = self._place(issued)
        end = issued.cycle + self._occupied.get(issued.command, 1)
        thread = self._command_thread(issued.command)
        detail = f'"bank":"{place.name}","row":{issued.row},"column":{issued.column}'
        yield self._slice(issued.channel, thread, issued.cycle, end, issued.command, detail)
        self._last_cycle = max(self._last_cycle, end)
        if issued.command in READS:
            yield self._data(issued, place, "read", issued.cycle + self._read_data)
        elif issued.command in WRITES:
            yield self._data(issued, place, "write", issued.cycle + self._write_data)
        if issued.command == "ACT":
            self._open[issued.channel, place.flat_bank] = OpenRow(issued.row, issued.cycle)
            yield self._counted(issued.channel, issued.cycle, 1)
        elif issued.command in CLOSING:
            yield from self._close(issued, place.flat_bank, 1)
        elif issued.command == "PREab":
            yield from self._close(issued, place.flat_bank, self._rank_banks)
        elif issued.command == "REFpb":
            thread, end = BANK_THREADS + place.flat_bank, issued.cycle + self._refresh_bank
            yield self._slice(issued.channel, thread, issued.cycle, end, "refresh")
        elif issued.command == "REFab":
            thread = REFRESH_THREADS + place.flat_bank // self._rank_banks
            end = issued.cycle + self._refresh_all
            yield self._slice(issued.channel, thread, issued.cycle, end, "refresh")

    def _data(self, issued: Issued, place: Place, name: str, cycle: int) -> str:
        """A burst on the data bus; where the constraint table lets two overlap, drawn after the other."""
        bus = issued.channel, issued.pseudo_channel
        start = max(self._ns(cycle), self._data_end_ns.get(bus, 0))
        end = max(self._ns(cycle + self._burst), start)
        self._data_end_ns[bus] = end
        detail = f'"bank":"{place.name}","row":{issued.row},"column":{issued.column},"cycle":{cycle}'
        return _slice(issued.channel, DATA_THREADS + issued.pseudo_channel, start, end, name, detail)

    def _close(self, issued: Issued, first: int, count: int) -> Iterator[str]:
        closing = [i for i in range(first, first + count) if (issued.channel, i) in self._open]
        for index in closing:
            yield self._closed_row(issued.channel, index, issued.cycle)
            del self._open[issued.channel, index]
        if closing:
            yield self._counted(issued.channel, issued.cycle, -len(closing))

    def _closed_row(self, channel: int, index: int, cycle: int) -> str:
        row, since = self._open[channel, index]
        return self._slice(channel, BANK_THREADS + index, since, cycle, f"row {row}")

    def _counted(self, channel: int, cycle: int, change: int) -> str:
        self._open_banks[channel] += change
        return (
            f'{{"ph":"C","pid":{channel},"ts":{_us(self._ns(cycle))},"name":"open banks",'
            f'"args":{{"banks":{self._open_banks[channel]}}}}}'
        )

    def _slice(self, channel: int, thread: int, cycle: int, end: int, name: str, detail: str = "") -> str:
        detail += f'{"," if detail else ""}"cycle":{cycle}'
        return _slice(channel, thread, self._ns(cycle), self._ns(end), name, detail)

    def _ns(self, cycle: int) -> int:
        return cycle * self._period_ns.numerator // self._period_ns.denominator

    @property
    def _rank_banks(self) -> int:
        """Banks that an all-bank command addresses."""
        return self._memory.stack_ids * self._memory.bank_groups * self._memory.banks

    def _place(self, issued: Issued) -> Place:
        memory = self._memory
        ranks = issued.pseudo_channel * memory.ranks * memory.stack_ids + issued.rank
        if issued.bank < 0:
            index = ranks // memory.stack_ids * self._rank_banks
            return Place(index, _rank_name(memory, index // self._rank_banks))
        index = (ranks * memory.bank_groups + issued.bank_group) * memory.banks + issued.bank
        return Place(index, _bank_name(memory, index))

    def _command_thread(self, command: str) -> int:
        if self._memory.command_bus == "dual" and command not in READS + WRITES:
            return ROW_COMMAND_THREAD
        return COMMAND_THREAD

    def _names(self) -> Iterator[str]:
        """The metadata: names of processes and threads, in the order in which they are shown."""
        memory = self._memory
        ranks = memory.pseudo_channels * memory.ranks
        threads = {COMMAND_THREAD: "commands"}
        if memory.command_bus == "dual":
            threads = {COMMAND_THREAD: "column commands", ROW_COMMAND_THREAD: "row commands"}
        threads |= {DATA_THREADS + pc: f"data pc{pc}" for pc in range(memory.pseudo_channels)}
        threads |= {REFRESH_THREADS + i: f"refresh {_rank_name(memory, i)}" for i in range(ranks)}
        threads |= {BANK_THREADS + i: _bank_name(memory, i) for i in range(ranks * self._rank_banks)}
        for channel in range(memory.channels):
            yield _metadata(channel, 0, "process_name", f'"name":"channel {channel}"')
            yield _metadata(channel, 0, "process_sort_index", f'"sort_index":{channel}')
            for thread, name in threads.items():
                yield _metadata(channel, thread, "thread_name", f'"name":"{name}"')
                yield _metadata(channel, thread, "thread_sort_index", f'"sort_index":{thread}')


@contextmanager
def timeline_in(file: IO[bytes], name: str | Path, memory: MemoryConfig) -> Iterator[Timeline]:
    """A timeline in ``file``, compressed if ``name`` ends in ``.gz``; complete when the block ends well."""
    if str(name).endswith(".gz"):
        with gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as compressed:
            timeline = Timeline(compressed, memory)
            yield timeline
            timeline.finish()
    else:
        timeline = Timeline(file, memory)
        yield timeline
        timeline.finish()


def _us(ns: int) -> str:
    """Whole nanoseconds as microseconds, exactly."""
    return f"{ns // 1000}.{ns % 1000:03d}"


def _slice(channel: int, thread: int, start_ns: int, end_ns: int, name: str, detail: str) -> str:
    return (
        f'{{"ph":"X","pid":{channel},"tid":{thread},"ts":{_us(start_ns)},"dur":{_us(end_ns - start_ns)},'
        f'"name":"{name}","args":{{{detail}}}}}'
    )


def _metadata(channel: int, thread: int, name: str, detail: str) -> str:
    return f'{{"ph":"M","pid":{channel},"tid":{thread},"name":"{name}","args":{{{detail}}}}}'


def _rank_name(memory: MemoryConfig, index: int) -> str:
    pseudo_channel, rank = divmod(index, memory.ranks)
    return f"pc{pseudo_channel} ra{rank}"


def _bank_name(memory: MemoryConfig, index: int) -> str:
    group, bank = divmod(index, memory.banks)
    stack, bank_group = divmod(group, memory.bank_groups)
    rank, stack_id = divmod(stack, memory.stack_ids)
    stack_name = f" si{stack_id}" if memory.stack_ids > 1 else ""
    return f"{_rank_name(memory, rank)}{stack_name} bg{bank_group} ba{bank}"
