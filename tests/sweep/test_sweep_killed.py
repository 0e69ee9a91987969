"""Sweeps whose processes are killed at random moments."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import swept_until_killed
from sweep_doubles import slow_row, swept

from openrow.sweep.ledger import NAME
from openrow.sweep.results import read_results

SCRIPT = swept_until_killed.__file__


def start(folder: Path) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, SCRIPT, str(folder)], env=environment, text=True, stderr=subprocess.PIPE
    )


def done(folder: Path) -> int:
    """Points done so far, without a look at the sweep itself."""
    if not (folder / NAME).exists():
        return 0
    database = sqlite3.connect(folder / NAME)
    try:
        return int(database.execute("select count(*) from point where state = 'done'").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        database.close()


def children(parent: int) -> list[int]:
    """The processes that any thread of a process has started."""
    lists = [path.read_text() for path in Path(f"/proc/{parent}/task").glob("*/children")]
    return [int(pid) for text in lists for pid in text.split()]


def wait_for(folder: Path, more_than: int, process: "subprocess.Popen[str]") -> None:
    while done(folder) <= more_than and process.poll() is None:
        time.sleep(0.01)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    folder = tmp_path_factory.mktemp("undisturbed")
    assert len(swept(folder, swept_until_killed.SPEC, slow_row).jobs) == swept_until_killed.POINTS / 2
    rows: list[dict[str, object]] = read_results(folder).to_pylist()
    assert len(rows) == swept_until_killed.POINTS
    return rows


def test_a_sweep_killed_at_any_moment_ends_with_the_same_rows(
    tmp_path: Path, undisturbed: list[dict[str, object]]
) -> None:
    draw = random.Random(4)
    for _ in range(3):
        before = done(tmp_path)
        process = start(tmp_path)
        wait_for(tmp_path, before, process)
        time.sleep(draw.uniform(0, 0.1))
        process.kill()
        process.communicate()
        assert done(tmp_path) >= before, "what is done stays done"
    assert 0 < done(tmp_path) < swept_until_killed.POINTS, "it was killed in the middle"
    process = start(tmp_path)
    _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    assert read_results(tmp_path).to_pylist() == undisturbed


def test_a_sweep_whose_workers_are_killed_ends_with_the_same_rows(
    tmp_path: Path, undisturbed: list[dict[str, object]]
) -> None:
    draw = random.Random(5)
    process = start(tmp_path)
    for _ in range(4):
        wait_for(tmp_path, done(tmp_path), process)
        time.sleep(draw.uniform(0, 0.05))
        while not (workers := children(process.pid)) and process.poll() is None:
            time.sleep(0.01)
        os.kill(draw.choice(workers), signal.SIGKILL)
    assert done(tmp_path) < swept_until_killed.POINTS, "they were killed in the middle"
    _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    assert read_results(tmp_path).to_pylist() == undisturbed


def test_workers_do_not_outlive_a_sweep_that_is_killed(tmp_path: Path) -> None:
    process = start(tmp_path)
    wait_for(tmp_path, 0, process)
    workers = children(process.pid)
    assert workers
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{worker}").exists() for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [worker for worker in workers if Path(f"/proc/{worker}").exists()]
