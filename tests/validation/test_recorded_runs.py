"""The compiled controller repeats recorded runs of Ramulator 2.1 exactly."""

import pytest

from openrow.validation.micro import micro_differences, micro_names
from openrow.validation.runs import RecordedRun, recorded_runs, run_differences
from openrow.validation.streams import differences, recorded_stream, stream_names

SHORT_RUNS = [run for run in recorded_runs() if run.has_trace]


@pytest.mark.parametrize(("standard", "name"), micro_names())
def test_a_single_access_takes_as_long_as_recorded(standard: str, name: str) -> None:
    assert list(micro_differences(standard, name)) == []


@pytest.mark.parametrize("name", stream_names())
def test_every_command_counter_and_time_of_a_stream_is_as_recorded(name: str) -> None:
    assert list(differences(recorded_stream(name))) == []


@pytest.mark.parametrize("run", SHORT_RUNS, ids=lambda run: run.name)
def test_a_long_run_ends_in_the_recorded_cycle_with_the_recorded_counters(run: RecordedRun) -> None:
    assert list(run_differences(run)) == []


def test_all_recorded_runs_are_there() -> None:
    assert len(stream_names()) == 76
    assert len(micro_names()) == 39
    assert (len(recorded_runs()), len(SHORT_RUNS)) == (56, 54)


def test_a_difference_is_found() -> None:
    stream = recorded_stream("saturated_DDR4_seq_ref0")
    stream.fields["cycle_step"][7] += 1
    stream.fields["done_step"][9] += 1
    found = list(differences(stream))
    assert any("cycle of command 7" in text for text in found)
    assert any("done of request 9" in text for text in found)
