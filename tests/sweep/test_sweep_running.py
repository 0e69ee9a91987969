import errno
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from sweep_doubles import CHANNELS, QUEUE, Inline, Row, failing_row, made_up_row, spec_of, swept

from openrow.config.sweep import SweepSpec
from openrow.errors import UserError
from openrow.sweep.executor import ExecutorGoneError
from openrow.sweep.ledger import Counts, Ledger, LedgerError
from openrow.sweep.points_at_work import Progress
from openrow.sweep.resolving import Job, Resolver
from openrow.sweep.results import RESULTS, read_results
from openrow.sweep.running import BusyError, locked, run_sweep
from openrow.sweep.space import points
from openrow.sweep.spec_file import keep_spec, read_spec


def keys(spec: SweepSpec) -> list[str]:
    resolver = Resolver(spec)
    return [resolver.resolve(point).key for point in points(spec)]


def test_equal_configurations_have_one_key_however_they_are_said() -> None:
    spec = spec_of(axes=[{"bundle": "b", "choices": {"said": {CHANNELS: 1}, "left": {}}}])
    spec = spec.model_copy(update={"overrides": [f"{CHANNELS}=1"]})
    first, second = keys(spec)
    assert first == second


def test_what_changes_the_outcome_changes_the_key() -> None:
    spec = spec_of(
        workload=None,
        trace={"source": "bilinear", "parameters": {"height": 4}},
        axes=[{"key": "trace.width", "values": [4, 8]}, {"key": CHANNELS, "values": [1, 2]}],
        replicates=2,
    )
    assert len(set(keys(spec))) == 8


def test_a_file_is_known_by_its_content_and_not_by_its_place(tmp_path: Path) -> None:
    for name, text in (("a.trace", "0x40 R\n"), ("b.trace", "0x40 R\n"), ("c.trace", "0x80 R\n")):
        (tmp_path / name).write_text(text)
    trace = {"source": str(tmp_path / "a.trace"), "format": "ramulator2"}
    axes = [{"key": "trace", "values": [str(tmp_path / f"{name}.trace") for name in "abc"]}]
    first, second, third = keys(spec_of(workload=None, trace=trace, axes=axes))
    assert first == second != third


def test_points_of_one_configuration_are_run_once_and_all_have_its_row(tmp_path: Path) -> None:
    spec = spec_of(
        axes=[
            {"bundle": "b", "choices": {"x": {CHANNELS: 1}, "y": {CHANNELS: 1}}},
            {"key": QUEUE, "values": [8]},
        ]
    )
    assert len(swept(tmp_path, spec).jobs) == 1
    assert read_results(tmp_path).column("axis.b").to_pylist() == ["x", "y"]


def test_a_sweep_that_is_run_again_runs_nothing(tmp_path: Path) -> None:
    assert len(swept(tmp_path).jobs) == 6
    written = (tmp_path / RESULTS).stat().st_mtime_ns
    assert not swept(tmp_path).jobs
    assert (tmp_path / RESULTS).stat().st_mtime_ns == written


def test_a_point_that_fails_is_kept_with_its_error_and_the_others_go_on(tmp_path: Path) -> None:
    counts = run_sweep(spec_of(), tmp_path, Inline(failing_row))
    assert counts == Counts(done=3, failed=3, pending=0)
    ledger = Ledger(tmp_path)
    errors = {error for _, _, error in ledger.failures()}
    ledger.close()
    assert errors == {"two channels are one too many"}
    assert not swept(tmp_path).jobs, "failed points are not run again by themselves"


def test_failed_points_are_run_again_when_asked_for(tmp_path: Path) -> None:
    swept(tmp_path, row=failing_row)
    executor = Inline()
    assert run_sweep(spec_of(), tmp_path, executor, retry_failed=True) == Counts(6, 0, 0)
    assert len(executor.jobs) == 3
    assert read_results(tmp_path).num_rows == 6


def test_a_configuration_that_cannot_be_is_a_failed_point(tmp_path: Path) -> None:
    spec = spec_of(axes=[{"key": CHANNELS, "values": [1, "many", -1]}])
    assert run_sweep(spec, tmp_path, Inline()) == Counts(done=1, failed=2, pending=0)


def test_a_second_sweep_in_the_directory_is_told_so(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(BusyError, match="another sweep is running in this directory"):
        swept(tmp_path)


def test_another_sweep_in_the_directory_is_refused_and_nothing_is_lost(tmp_path: Path) -> None:
    swept(tmp_path)
    other = spec_of(axes=[{"key": CHANNELS, "values": [4]}])
    with pytest.raises(UserError, match="holds another sweep"):
        swept(tmp_path, other)
    assert read_results(tmp_path).num_rows == 6


def test_limits_and_derived_figures_may_change_from_run_to_run(tmp_path: Path) -> None:
    swept(tmp_path)
    changed = spec_of(limits={"time_s": 5}, derived={"per_channel": "cycles / channels"}, about="Again.")
    assert not swept(tmp_path, changed).jobs
    assert read_results(tmp_path).column("per_channel").to_pylist()[0] == 1008.0


def test_a_greater_budget_goes_on_and_a_smaller_one_is_refused(tmp_path: Path) -> None:
    few, more = (spec_of(method={"model": "random", "points": points}) for points in (2, 5))
    assert len(swept(tmp_path, few).jobs) == 2
    assert len(swept(tmp_path, more).jobs) == 3
    with pytest.raises(UserError, match="holds another sweep"):
        swept(tmp_path, few)


def test_a_base_that_has_changed_since_is_refused(tmp_path: Path) -> None:
    base = tmp_path / "base.yaml"
    base.write_text("extends: memory/ddr4-2400\n")
    spec = spec_of(architecture=str(base))
    swept(tmp_path / "out", spec)
    base.write_text("extends: memory/ddr4-2400\nmemory: {ranks: 2}\n")
    with pytest.raises(UserError, match=r"base.yaml: has changed since"):
        swept(tmp_path / "out", spec)


def test_a_specification_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    spec = spec_of(
        axes=[
            {"key": CHANNELS, "log_range": {"first": 1, "last": 8}},
            {"key": QUEUE, "range": {"first": 8, "last": 16, "step": 8}},
            {"bundle": "b", "choices": {"x": {"memory.ranks": 2}}},
        ],
        method={"model": "search", "points": 3, "objectives": [{"metric": "cycles"}], "limits": {"x": 1.5}},
    )
    keep_spec(tmp_path, spec)
    assert read_spec(tmp_path) == spec


def test_a_full_disk_ends_the_sweep_in_a_sentence_and_it_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    whole, written = Ledger._ask_each, []

    def full(self: Ledger, text: str, values: list[tuple[Any, ...]]) -> None:
        written.append(text)
        if len(written) > 2:
            with self._sound():
                raise sqlite3.OperationalError("database or disk is full")
        whole(self, text, values)

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "_ask_each", full)
        with pytest.raises(LedgerError, match="disk is full; what was kept before is untouched"):
            swept(tmp_path)
    assert read_results(tmp_path).num_rows == 2
    assert len(swept(tmp_path).jobs) == 4
    assert read_results(tmp_path).num_rows == 6


def test_a_disk_too_full_for_the_table_leaves_the_ledger_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pyarrow.parquet.write_table", full)
        with pytest.raises(ValueError, match="No space left on device"):
            swept(tmp_path)
    assert not (tmp_path / RESULTS).exists()
    assert not list(tmp_path.glob("*.partial"))
    assert read_results(tmp_path).num_rows == 6


def test_what_is_done_can_be_read_while_the_sweep_runs(tmp_path: Path) -> None:
    seen: list[int] = []

    def look(state: str, row: Row | None, is_new: bool) -> None:
        assert (state, row is not None, is_new) == ("done", True, True)
        seen.append(read_results(tmp_path).num_rows)

    run_sweep(spec_of(), tmp_path, Inline(), Progress(lambda _total: None, look))
    assert seen == [1, 2, 3, 4, 5, 6]


def test_an_interruption_keeps_what_is_done(tmp_path: Path) -> None:
    calls: list[Job] = []

    def interrupted(job: Job, traces: str) -> Row:
        calls.append(job)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return made_up_row(job, traces)

    with pytest.raises(KeyboardInterrupt):
        swept(tmp_path, row=interrupted)
    assert 0 < read_results(tmp_path).num_rows < 4
    swept(tmp_path)
    assert read_results(tmp_path).num_rows == 6


def test_a_cluster_that_is_gone_ends_the_sweep_and_fails_no_point(tmp_path: Path) -> None:
    class Gone(Inline):
        def submit(self, _function: object, *_arguments: Any) -> Future[Any]:
            outcome: Future[Any] = Future()
            outcome.set_exception(ExecutorGoneError("the cluster is gone"))
            return outcome

    with pytest.raises(ExecutorGoneError):
        run_sweep(spec_of(), tmp_path, Gone())
    ledger = Ledger(tmp_path)
    assert ledger.counts().failed == 0
    ledger.close()
    assert len(swept(tmp_path).jobs) == 6


def test_a_derived_figure_of_no_column_is_said_and_all_others_are_written(tmp_path: Path) -> None:
    spec = spec_of(derived={"good": "cycles * 2", "bad": "cycels * 2"})
    with pytest.raises(UserError, match=r"sweep.derived.bad: .* nearest is 'cycles'.* is left out"):
        swept(tmp_path, spec)
    assert read_results(tmp_path).column("good").to_pylist()[0] == 2016
