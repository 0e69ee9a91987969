"""The compiled and the event engine are two descriptions of one model: equal command for command."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.compiled_run import CompiledRun, replay_compiled
from engine.drawn_replays import DrawnReplay, replays
from openrow.engine.event_engine import EventRun, replay_events
from openrow.memory.commands import CommandStream

STANDARDS = ("ddr4-2400", "ddr5-4800", "lpddr5-6400", "hbm2-2000", "hbm3-6400", "gddr6-16000")


def assert_same_commands(one: CommandStream, other: CommandStream) -> None:
    fields = list(CommandStream.__dataclass_fields__)
    rows = [list(zip(*(getattr(stream, f).tolist() for f in fields), strict=True)) for stream in (one, other)]
    for place, (first, second) in enumerate(zip(*rows, strict=False)):
        assert first == second, f"command {place}"
    assert len(one) == len(other)


def assert_same(compiled: CompiledRun, event: EventRun) -> None:
    assert_same_commands(compiled.commands, event.commands)
    for of_compiled, of_event in zip(compiled.times, event.times, strict=True):
        np.testing.assert_array_equal(of_compiled, of_event)
    assert compiled.cycles == event.cycles
    assert compiled.channels == event.channels


@pytest.mark.parametrize("name", STANDARDS)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_both_engines_give_the_same_commands_times_and_counters(name: str, data: st.DataObject) -> None:
    drawn: DrawnReplay = data.draw(replays(name))
    assert_same(replay_compiled(drawn.memory, drawn.traffic), replay_events(drawn.memory, drawn.traffic))
