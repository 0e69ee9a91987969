"""The timeline for Perfetto: what is drawn, when, and that nothing overlaps."""

import gzip
import io
import json
from collections import Counter, defaultdict
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import pytest

from memory_statistics.playing import Request, Run, memory_of, play, random_requests
from openrow.config.memory import MemoryConfig
from openrow.config.timings import cycle_ns
from openrow.memory.commands import CommandStream
from openrow.report.timeline import Timeline, timeline_in

DDR4 = memory_of("ddr4-2400")
Event = dict[str, Any]


def drawn(memory: MemoryConfig, *pieces: CommandStream, name: str = "a.json") -> bytes:
    file = io.BytesIO()
    with timeline_in(file, name, memory) as timeline:
        for piece in pieces:
            timeline.add(piece)
    return file.getvalue()


def events_of(memory: MemoryConfig, run: Run) -> list[Event]:
    tree = json.loads(drawn(memory, run.commands))
    assert tree["displayTimeUnit"] == "ns"
    events: list[Event] = tree["traceEvents"]
    return events


def part(stream: CommandStream, begin: int, end: int) -> CommandStream:
    return CommandStream(*(getattr(stream, field.name)[begin:end] for field in fields(stream)))


def threads(events: list[Event], channel: int = 0) -> dict[int, str]:
    return {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name" and e["pid"] == channel}


def slices(events: list[Event], thread: str, channel: int = 0) -> list[tuple[str, int, int]]:
    """Name, start and end (ns) of the slices of a thread, in the order of the file."""
    ids = [tid for tid, name in threads(events, channel).items() if name == thread]
    assert len(ids) == 1
    return [
        (e["name"], round(1000 * e["ts"]), round(1000 * e["ts"]) + round(1000 * e["dur"]))
        for e in events
        if e["ph"] == "X" and e["pid"] == channel and e["tid"] == ids[0]
    ]


def floor_ns(memory: MemoryConfig, cycle: int) -> int:
    period = cycle_ns(memory.clock)
    return cycle * period.numerator // period.denominator


def test_a_conflict_is_drawn_command_by_command() -> None:
    # ACT 1, RD 17 with data from 33 to 37; PRE 40 (nRAS), ACT 56 (nRP, nRC), RD 72 with data from 88 to 92.
    run = play(DDR4, [Request(row=7, bank=6), Request(row=9, bank=6, column=3)])
    events = events_of(DDR4, run)

    def at(name: str, start: int, end: int) -> tuple[str, int, int]:
        return name, floor_ns(DDR4, start), floor_ns(DDR4, end)

    commands = [("ACT", 1), ("RD", 17), ("PRE", 40), ("ACT", 56), ("RD", 72)]
    assert slices(events, "commands") == [at(name, cycle, cycle + 1) for name, cycle in commands]
    assert slices(events, "data pc0") == [at("read", 33, 37), at("read", 88, 92)]
    assert slices(events, "pc0 ra0 bg1 ba2") == [at("row 7", 1, 40), at("row 9", 56, 73)]
    assert [e["args"]["banks"] for e in events if e["ph"] == "C"] == [1, 0, 1]


def test_writes_are_drawn_where_their_data_are() -> None:
    # WR at 17, data nCWL = 12 later.
    events = events_of(DDR4, play(DDR4, [Request(write=True)]))
    assert slices(events, "data pc0") == [("write", floor_ns(DDR4, 29), floor_ns(DDR4, 33))]


@pytest.mark.parametrize(
    ("standard", "overrides"),
    [
        ("ddr4-2400", ("refresh=all-bank", "ranks=2")),
        ("ddr5-4800", ("refresh=all-bank", "controller.page_policy=closed")),
        ("lpddr5-6400", ("refresh=per-bank",)),
        ("hbm3-6400", ("channels=2", "stack_ids=2", "refresh=all-bank")),
        ("hbm2-2000", ("channels=1", "refresh=per-bank")),
    ],
)
def test_a_timeline_is_complete_in_order_and_without_overlap(
    standard: str, overrides: tuple[str, ...]
) -> None:
    memory = memory_of(standard, *overrides)
    run = play(memory, random_requests(memory, 1500, writes=0.4, rows=20))
    events = events_of(memory, run)
    assert {e["ph"] for e in events} == {"M", "X", "C"}
    named = {(e["pid"], e["tid"]) for e in events if e["name"] == "thread_name"}
    ends: dict[tuple[int, int], int] = defaultdict(int)
    for event in events:
        if event["ph"] == "X":
            thread = event["pid"], event["tid"]
            assert thread in named
            start = round(1000 * event["ts"])
            assert start >= ends[thread]
            ends[thread] = start + round(1000 * event["dur"])
    issued = Counter(run.commands.command.tolist())
    names = Counter(e["name"].split()[0] for e in events if e["ph"] == "X")
    assert {name: names[name] for name in issued} == issued
    assert names["row"] == issued["ACT"]
    assert names["read"] == issued["RD"] + issued["RDA"]
    assert names["write"] == issued["WR"] + issued["WRA"]
    assert names["refresh"] == issued["REFab"] + issued["REFpb"]


def test_the_counter_of_open_banks_adds_up_to_the_time_in_active_standby() -> None:
    memory = memory_of("ddr4-2400", "refresh=all-bank", "controller.page_policy=closed")
    random = random_requests(memory, 200, rows=20)
    sparse = [replace(request, cycle=150 * i) for i, request in enumerate(random)]
    run = play(memory, sparse)
    changes = [(e["ts"], e["args"]["banks"]) for e in events_of(memory, run) if e["ph"] == "C"]
    assert all(abs(one[1] - other[1]) == 1 for one, other in pairwise(changes))
    assert changes[-1][1] == 0
    active_us = sum(other[0] - one[0] for one, other in pairwise(changes) if one[1] > 0)
    expected_us = run.statistics.total.standby.active * float(cycle_ns(memory.clock)) / 1000
    assert active_us == pytest.approx(expected_us, abs=0.001 * len(changes))


def test_processes_and_threads_have_names_and_an_order() -> None:
    memory = memory_of("hbm3-6400", "channels=2", "stack_ids=2")
    events = events_of(memory, play(memory, [Request()]))
    processes = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
    assert processes == {0: "channel 0", 1: "channel 1"}
    names = threads(events, 1)
    assert [names[tid] for tid in sorted(names)][:6] == [
        "column commands",
        "row commands",
        "data pc0",
        "data pc1",
        "refresh pc0 ra0",
        "refresh pc1 ra0",
    ]
    assert "pc1 ra0 si1 bg3 ba2" in names.values()
    assert len(set(names.values())) == len(names) == 6 + 64
    order = {e["tid"]: e["args"]["sort_index"] for e in events if e["name"] == "thread_sort_index"}
    assert order == {tid: tid for tid in names}


def test_refreshes_last_as_long_as_they_keep_rows_closed() -> None:
    memory = memory_of("ddr4-2400", "refresh=all-bank")
    run = play(memory, [Request(cycle=0), Request(cycle=20_000)])
    events = events_of(memory, run)
    cycles = run.commands.cycle[run.commands.command == "REFab"].tolist()
    assert slices(events, "refresh pc0 ra0") == [
        ("refresh", floor_ns(memory, cycle), floor_ns(memory, cycle + 433)) for cycle in cycles
    ]
    assert len(cycles) == 2


def test_a_stream_in_pieces_gives_the_same_file() -> None:
    run = play(DDR4, random_requests(DDR4, 300, writes=0.3, rows=5))
    middle = len(run.commands) // 2
    pieces = [part(run.commands, 0, middle), part(run.commands, middle, len(run.commands))]
    assert drawn(DDR4, *pieces) == drawn(DDR4, run.commands)


def test_a_name_that_ends_in_gz_is_compressed_and_the_same_each_time() -> None:
    run = play(DDR4, [Request()])
    packed = drawn(DDR4, run.commands, name="a.json.gz")
    assert gzip.decompress(packed) == drawn(DDR4, run.commands)
    assert packed == drawn(DDR4, run.commands, name="b.json.gz")


def test_a_run_without_commands_is_an_empty_timeline() -> None:
    events = json.loads(drawn(DDR4))["traceEvents"]
    assert {event["ph"] for event in events} == {"M"}


def test_rows_still_open_end_with_the_last_command() -> None:
    file = io.BytesIO()
    timeline = Timeline(file, DDR4)
    timeline.add(play(DDR4, [Request(row=3)]).commands)
    timeline.finish()
    rows = [e for e in json.loads(file.getvalue())["traceEvents"] if e["name"] == "row 3"]
    assert [(e["ts"], e["args"]["cycle"]) for e in rows] == [(0.0, 1)]
