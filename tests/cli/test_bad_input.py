"""Every mistake gets one message that names the place, an exit status, and leaves nothing behind."""

import errno
import itertools
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from openrow.cli.main import main
from openrow.system import replay as replay_module
from openrow.system import traffic as traffic_module
from openrow_traces.chunk import TraceChunk

DDR4 = ["--arch", "memory/ddr4-2400"]


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "small.npz"
    np.savez(path, addr=np.arange(500, dtype=np.uint64) * 64, is_write=np.zeros(500, dtype=np.bool_))
    return path


def failure(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one message that these arguments end in."""
    assert main(["replay", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    return captured.err


def test_a_missing_file_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = str(tmp_path / "nowhere.npz")
    assert f"{path}: no such file" in failure(capsys, path, *DDR4)


def test_a_truncated_parquet_file_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "trace.parquet"
    assert main(["trace", "bilinear", "height=8", "width=8", "-o", str(path)]) == 0
    capsys.readouterr()
    path.write_bytes(path.read_bytes()[:-40])
    assert str(path) in failure(capsys, str(path), *DDR4)


def test_a_line_that_does_not_parse_is_given_with_its_number(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "trace.txt"
    path.write_text("LD 0x40\nLD 0x80\nLOAD 0xc0\n")
    message = failure(capsys, str(path), *DDR4)
    assert f"{path}:3:" in message
    assert "LOAD 0xc0" in message


def test_an_empty_trace_is_an_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "trace.npz"
    np.savez(path, addr=np.empty(0, dtype=np.uint64), is_write=np.empty(0, dtype=np.bool_))
    assert str(path) in failure(capsys, str(path), *DDR4)


def test_an_address_beyond_the_memory_is_an_error_that_names_the_option_to_wrap(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "far.npz"
    np.savez(path, addr=np.array([0, 64, 1 << 40], dtype=np.uint64), is_write=np.zeros(3, dtype=np.bool_))
    message = failure(capsys, str(path), *DDR4)
    assert "entry 2: address 0x10000000000 lies beyond the memory of 0x200000000 bytes" in message
    assert "memory.wrap_addresses=true" in message
    assert main(["replay", str(path), *DDR4, "memory.wrap_addresses=true", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["requests"] == 3


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("memory.banks=3", "power of two"),
        ("memory.timings_cycles.nRC=20", "nRC"),
        ("memory.chanels=2", "channels"),
        ("memory.mapping=RoBaXxCo", "Xx"),
        ("memory.refresh=per-bank", "per-bank"),
        ("engine=fats", "engine"),
    ],
)
def test_an_impossible_architecture_is_refused_with_the_place(
    capsys: pytest.CaptureFixture[str], trace: Path, override: str, said: str
) -> None:
    message = failure(capsys, str(trace), *DDR4, override)
    assert override.partition("=")[0].rpartition(".")[2] in message
    assert said in message


def test_an_unknown_standard_is_answered_with_the_nearest(
    capsys: pytest.CaptureFixture[str], trace: Path
) -> None:
    assert "memory/ddr4-2400" in failure(capsys, str(trace), "--arch", "memory/ddr4-2401")


def test_a_parameter_without_a_kernel_is_refused(capsys: pytest.CaptureFixture[str], trace: Path) -> None:
    assert "height=3" in failure(capsys, str(trace), *DDR4, "height=3")


def test_a_full_disk_leaves_no_half_written_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, trace: Path, tmp_path: Path
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("openrow_traces.atomic.os.fsync", full)
    folder = tmp_path / "out"
    folder.mkdir()
    message = failure(capsys, str(trace), *DDR4, "--commands", str(folder / "commands.csv"))
    assert "commands.csv: cannot be written (No space left on device)" in message
    assert list(folder.iterdir()) == []


def test_ctrl_c_gives_the_statistics_so_far_and_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(
        chunks: Iterator[TraceChunk], _progress: Callable[[int], None] | None, _unsized: list[bool]
    ) -> Iterator[TraceChunk]:
        yield from itertools.islice(chunks, 50)
        raise KeyboardInterrupt

    monkeypatch.setattr(replay_module, "_counted", interrupted)
    monkeypatch.setattr(traffic_module, "CHUNK_ENTRIES", 1000)
    commands = tmp_path / "commands.csv"
    status = main(["replay", "bilinear", *DDR4, "--json", "--commands", str(commands)])
    result = json.loads(capsys.readouterr().out)
    assert status == 130
    assert result["complete"] is False
    assert result["requests"] > 0
    assert commands.read_text().count("\n") > result["requests"]
