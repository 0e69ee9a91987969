"""A real cluster of several worker processes on this machine."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sweep_doubles import CHANNELS, QUEUE, Instead, endless_row, slow_row, spec_of, swept

import openrow
from openrow.config.problems import ConfigurationError
from openrow.config.sweep import PointLimits
from openrow.errors import UserError
from openrow.sweep.cluster import _call_of_version, cluster_workers
from openrow.sweep.executor import ExecutorGoneError
from openrow.sweep.ledger import Counts, Ledger
from openrow.sweep.results import read_results
from openrow.sweep.running import run_sweep

SPEC = spec_of(
    axes=[
        {"key": CHANNELS, "values": [1, 2, 4]},
        {"key": QUEUE, "range": {"first": 4, "last": 43, "step": 1}},
    ]
)


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a cluster of three worker processes."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=3, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
    ) as cluster:
        yield cluster.scheduler_address


def kill_a_worker_in_mid_run(scheduler: str, folder: Path, killed: list[int]) -> None:
    """Wait for some points, then kill one worker process."""
    from distributed import Client

    with Client(scheduler, set_as_default=False) as client:
        while not (folder / "ledger.sqlite").exists() or done(folder) < 10:
            time.sleep(0.02)
        killed.append(sorted(client.run(os.getpid).values())[0])
    os.kill(killed[0], signal.SIGKILL)
    killed.append(done(folder))


def done(folder: Path) -> int:
    ledger = Ledger(folder)
    try:
        return ledger.counts().done
    finally:
        ledger.close()


def test_a_worker_killed_in_mid_run_loses_and_doubles_nothing(scheduler: str, tmp_path: Path) -> None:
    killed: list[int] = []
    folder = tmp_path / "cluster"
    killer = threading.Thread(target=kill_a_worker_in_mid_run, args=(scheduler, folder, killed))
    killer.start()
    with cluster_workers(scheduler, PointLimits(), 1) as workers:
        assert workers.workers == 3
        counts = run_sweep(SPEC, folder, Instead(workers, slow_row))
    killer.join()
    assert counts == Counts(done=120, failed=0, pending=0)
    assert killed[1] < 120, "it was killed in the middle"
    swept(tmp_path / "here", SPEC)
    assert read_results(folder).to_pylist() == read_results(tmp_path / "here").to_pylist()


def test_points_that_take_too_long_fail_on_a_cluster_too(scheduler: str, tmp_path: Path) -> None:
    spec = spec_of(limits={"time_s": 2})
    with cluster_workers(scheduler, spec.limits, 1) as workers:
        assert run_sweep(spec, tmp_path, Instead(workers, endless_row)) == Counts(3, 3, 0)
    ledger = Ledger(tmp_path)
    assert {error for _, _, error in ledger.failures()} == {"it took longer than limits.time_s"}
    ledger.close()


def test_a_described_cluster_is_started_and_ended(tmp_path: Path) -> None:
    description = tmp_path / "cluster.yaml"
    description.write_text("cluster: {kind: LocalCluster, workers: 2, arguments: {silence_logs: 50}}\n")
    with cluster_workers(str(description), PointLimits(), 1) as workers:
        assert workers.workers == 2
        first, second = workers.submit(os.getenv, "OPENROW_THREADS"), workers.submit(os.getpid)
        assert first.result(60) == "1"
        pid = second.result(60)
    deadline = time.monotonic() + 20
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()


def test_a_scheduler_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openrow.sweep.cluster.ANSWER_S", 0.3)
    with (
        pytest.raises(UserError, match=r"tcp://127.0.0.1:1: no scheduler answers there"),
        cluster_workers("tcp://127.0.0.1:1", PointLimits(), 1),
    ):
        pass


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cluster: {kind: SlurmCluster}", "kind.*SLURMCluster"),
        ("cluster: {workers: 2}", "kind"),
        ("cluster: {kind: LocalCluster, wrokers: 2}", "wrokers.*workers"),
    ],
)
def test_a_wrong_description_is_refused_at_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "cluster.yaml"
    path.write_text(f"{text}\n")
    with (
        pytest.raises(ConfigurationError, match=rf"(?s)cluster.yaml:1.*{message}"),
        cluster_workers(str(path), PointLimits(), 1),
    ):
        pass


@pytest.mark.filterwarnings("ignore:unclosed cluster:ResourceWarning")
def test_what_the_cluster_class_refuses_is_said(tmp_path: Path) -> None:
    path = tmp_path / "cluster.yaml"
    path.write_text("cluster: {kind: SLURMCluster, arguments: {queue: normal}}\n")
    with (
        pytest.raises(UserError, match=r"cluster: SLURMCluster cannot be started: .*cores"),
        cluster_workers(str(path), PointLimits(), 1),
    ):
        pass


def test_a_worker_of_another_version_runs_nothing() -> None:
    with pytest.raises(ExecutorGoneError, match=f"has openrow {openrow.__version__}, and this is 0.0.0"):
        _call_of_version("0.0.0", 1, PointLimits(), os.getpid, ())
