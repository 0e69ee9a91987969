import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from openrow.cli.main import main
from openrow.sweep.results import read_results

TINY = "{height: 2, width: 2, channels: 1, out_height: 2, out_width: 2}"
SPEC = f"""\
sweep:
  architecture: memory/ddr4-2400
  trace: {{source: bilinear, parameters: {TINY}}}
  axes:
    - {{key: memory.channels, values: [1, 2]}}
    - {{key: memory.controller.read_queue, values: [8, 16]}}
  derived: {{gb_per_channel: "bandwidth_gb_per_s_delivered / channels"}}
"""


def spec_file(folder: Path, text: str = SPEC) -> str:
    path = folder / "spec.yaml"
    path.write_text(text)
    return str(path)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "120", "TERM": "xterm"}


def test_a_sweep_runs_and_is_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out"
    assert main(["sweep", spec_file(tmp_path), "-o", str(output), "-w", "1", "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary == {"done": 4, "failed": 0, "pending": 0, "results": str(output / "results.parquet")}
    table = read_results(output)
    expected = [
        bandwidth / channels
        for bandwidth, channels in zip(
            table.column("bandwidth_gb_per_s.delivered").to_pylist(),
            table.column("axis.memory.channels").to_pylist(),
            strict=True,
        )
    ]
    assert table.column("gb_per_channel").to_pylist() == expected
    assert {path.name for path in output.iterdir()} >= {"ledger.sqlite", "results.parquet", "sweep.json"}


def test_a_dry_run_says_what_would_be_run_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", spec_file(tmp_path), "--dry-run", "-w", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "4 points"
    assert lines[1] == "  memory.channels=1, memory.controller.read_queue=8"
    assert re.fullmatch(
        r"the first took \S+ s: about .* with 2 processes, if the others are like it", lines[-1]
    )
    assert [path.name for path in tmp_path.iterdir()] == ["spec.yaml"]


def test_failed_points_are_named_and_make_the_status_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = spec_file(tmp_path, SPEC.replace("values: [1, 2]", "values: [1, -2]"))
    assert main(["sweep", spec, "-o", str(tmp_path / "out"), "-w", "1"]) == 1
    output = capsys.readouterr()
    assert "2 points done, 2 failed" in output.out
    assert "memory.channels=-2, memory.controller.read_queue=8: " in output.err
    assert "Traceback" not in output.err


@pytest.mark.parametrize(
    ("said", "instead", "message"),
    [
        ("memory.channels", "memory.chanels", "nearest is 'channels'"),
        ("axes:", "axis:", r"axis.*axes"),
        ("values: [1, 2]", "value: [1, 2]", r"value.*values"),
        ("memory/ddr4-2400", "memory/ddr4-2401", "ddr4-2401"),
        ("bilinear", "bilinera", "neither a kernel .the nearest is bilinear. nor a file"),
        ("height: 2, width", "hieght: 2, width", "hieght"),
        ('delivered / channels"', 'delivered /"', "cannot be read"),
    ],
)
def test_a_typing_error_is_said_with_what_would_be_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], said: str, instead: str, message: str
) -> None:
    assert said in SPEC
    output = tmp_path / "out"
    assert main(["sweep", spec_file(tmp_path, SPEC.replace(said, instead)), "-o", str(output)]) == 2
    errors = capsys.readouterr().err
    assert re.search(message, errors), errors
    assert "Traceback" not in errors
    assert not output.exists()


def test_a_sweep_without_a_place_for_its_results_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", spec_file(tmp_path)]) == 2
    assert "-o DIR" in capsys.readouterr().err


def test_an_output_that_is_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = spec_file(tmp_path)
    assert main(["sweep", spec, "-o", spec]) == 2
    assert "spec.yaml" in capsys.readouterr().err


MANY = SPEC.replace("values: [8, 16]", "range: {first: 4, last: 2003, step: 1}")


def test_ctrl_c_ends_a_sweep_in_a_word_and_keeps_what_is_done(tmp_path: Path) -> None:
    output = tmp_path / "out"
    command = [sys.executable, "-m", "openrow", "sweep", spec_file(tmp_path, MANY), "-o", str(output)]
    process = subprocess.Popen(
        [*command, "-w", "1"], env=environment(), stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while process.poll() is None and not list(output.glob("ledger.sqlite")):
        time.sleep(0.05)
    time.sleep(3)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors.strip()) == (130, "Interrupted.")
    assert not list(output.glob(".*.partial"))


def test_a_terminal_shows_points_rate_time_left_and_failures(tmp_path: Path) -> None:
    text = SPEC.replace("values: [8, 16]", "range: {first: -5, last: 60, step: 1}")
    command = [sys.executable, "-m", "openrow", "sweep", spec_file(tmp_path, text), "-o", "out", "-w", "1"]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, env=environment(), stderr=theirs, stdout=theirs, cwd=tmp_path)
    os.close(theirs)
    shown = b""
    while process.poll() is None or select.select([ours], [], [], 0.2)[0]:
        if select.select([ours], [], [], 0.2)[0]:
            try:
                shown += os.read(ours, 1 << 16)
            except OSError:
                break
    os.close(ours)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert process.wait() == 1
    assert re.search(r"\d+/132", text)
    assert re.search(r"\d+:\d+:\d+", text)
    assert re.search(r"\d/s, \d+ failed, best time_ns \d+", text)
    assert "out: 120 points done, 12 failed" in text


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; from openrow.cli.main import main; "
        "main(['sweep', '--help']); main(['results', '--help']); "
        "print(sorted({'numpy', 'pandas', 'pyarrow', 'numba', 'distributed', 'optuna'} & sys.modules.keys()))"
    )
    output = subprocess.run(
        [sys.executable, "-c", script], env=environment(), capture_output=True, text=True, check=True
    ).stdout
    assert output.splitlines()[-1] == "[]"
