"""Whatever the controller issues, under any policy and standard, the checker finds nothing wrong with it."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory_checker.command_scripts import NAMES
from memory_checker.controller_streams import controller_stream, random_entries
from memory_standards.independent_resolver import shipped
from openrow.config.memory import Cause, Command, Constraint, Level, PagePolicy, Refresh, Scheduler
from openrow.memory.checking.examine import check_commands
from openrow.memory.controller.state import SourceShape

ENTRIES = 300
COMMANDS_OF = {
    Refresh.NONE: set(),
    Refresh.ALL_BANK: {"REFab"},
    Refresh.PER_BANK: {"REFpb"},
}


@st.composite
def overrides(draw: st.DrawFn, name: str) -> list[str]:
    """A policy and an organisation, as overrides of a shipped file."""
    per_bank = [] if name.startswith("ddr") else [Refresh.PER_BANK]
    field = "pseudo_channels" if name.startswith("hbm") else "ranks"
    chosen = [
        "memory.mapping=RoRaSiPcBaBgCoCh" if draw(st.booleans()) else "memory.mapping=RoCoBaBgSiPcRaCh",
        f"memory.channels={draw(st.sampled_from([1, 2]))}",
        f"memory.{field}={draw(st.sampled_from([1, 2]))}",
        f"memory.refresh={draw(st.sampled_from([Refresh.NONE, Refresh.ALL_BANK, *per_bank]))}",
        f"memory.controller.scheduler={draw(st.sampled_from(list(Scheduler)))}",
        f"memory.controller.page_policy={draw(st.sampled_from(list(PagePolicy)))}",
        f"memory.controller.page_timeout_cycles={draw(st.sampled_from([1, 20, 200]))}",
        f"memory.controller.read_queue={draw(st.sampled_from([2, 32]))}",
        f"memory.controller.read_merging={draw(st.sampled_from(['true', 'false']))}",
    ]
    if name == "hbm3-6400":
        chosen.append(f"memory.stack_ids={draw(st.sampled_from([1, 4]))}")
    return chosen


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=12, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_a_stream_of_the_controller_has_no_violation(name: str, data: st.DataObject, seed: int) -> None:
    memory = shipped(name, *data.draw(overrides(name)))
    rows, writes = data.draw(st.sampled_from([1, 4, 1024])), data.draw(st.sampled_from([0.0, 0.3, 1.0]))
    gap = data.draw(st.sampled_from([0, 3, 100]))
    window = data.draw(st.sampled_from([0, 1, 8]))
    entries = random_entries(memory, seed, ENTRIES, rows, writes, gap)
    stream = controller_stream(memory, entries, SourceShape(window=window))
    assert check_commands(memory, stream, limit=1) == []


COLUMN_PAIRS = ([Command.READ, Command.READ_AUTO], [Command.WRITE, Command.WRITE_AUTO])
ROW_COMMANDS = [Command.ACT, Command.PRE, Command.PRE_ALL, Command.REFRESH_ALL, Command.REFRESH_BANK]


@st.composite
def any_constraint(draw: st.DrawFn) -> Constraint:
    """A row that no standard has. An access with auto-precharge never waits longer than the plain one."""
    sibling = draw(st.booleans())
    levels = [level for level in Level if level is not Level.CHANNEL or not sibling]
    return Constraint(
        level=draw(st.sampled_from(levels)),
        preceding=[draw(st.sampled_from([Command.ACT, Command.PRE, *COLUMN_PAIRS[0], *COLUMN_PAIRS[1]]))],
        following=draw(st.sampled_from([*COLUMN_PAIRS, *([command] for command in ROW_COMMANDS)])),
        latency=draw(st.integers(1, 80)),
        window=1 if sibling else draw(st.sampled_from([1, 2, 4])),
        sibling=sibling,
        cause=Cause.ROW_CYCLE,
    )


@pytest.mark.parametrize("name", ["ddr4-2400", "hbm3-6400", "lpddr5-6400"])
@settings(max_examples=12, deadline=None)
@given(
    data=st.data(), seed=st.integers(0, 2**32 - 1), rows=st.lists(any_constraint(), min_size=1, max_size=4)
)
def test_the_controller_keeps_to_any_table(
    name: str, data: st.DataObject, seed: int, rows: list[Constraint]
) -> None:
    memory = shipped(name, *data.draw(overrides(name)))
    memory = memory.model_copy(update={"constraints": [*memory.constraints, *rows]})
    stream = controller_stream(memory, random_entries(memory, seed, ENTRIES, 4, 0.3, 3), SourceShape())
    assert check_commands(memory, stream, limit=1) == []


@pytest.mark.parametrize("page_policy", list(PagePolicy))
@pytest.mark.parametrize(
    ("name", "refresh"),
    [
        (name, refresh)
        for name in NAMES
        for refresh in Refresh
        if refresh is not Refresh.PER_BANK or not name.startswith("ddr")
    ],
)
def test_long_busy_streams_have_no_violation(name: str, refresh: Refresh, page_policy: PagePolicy) -> None:
    memory = shipped(
        name,
        f"memory.refresh={refresh}",
        f"memory.controller.page_policy={page_policy}",
        f"memory.{'pseudo_channels' if name.startswith('hbm') else 'ranks'}=2",
        "memory.channels=1",
        "memory.mapping=RoRaSiPcBaBgCoCh",
    )
    stream = controller_stream(memory, random_entries(memory, 1, 4000, 1024, 0.3, 12), SourceShape())
    assert check_commands(memory, stream, limit=1) == []
    counts = Counter(stream.command.tolist())
    assert {command for command in ("REFab", "REFpb") if counts[command] > 4} == COMMANDS_OF[refresh]
    assert (counts["RDA"] > 100) == (page_policy is PagePolicy.CLOSED)
