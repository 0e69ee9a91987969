"""``openrow convert`` as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from trace_arrays import joined, trace

from openrow.cli.convert import command
from openrow_traces.errors import TraceError
from openrow_traces.formats import open_any, write_any


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.parquet"
    write_any(path, [trace([0, 128, 64], [0, 1, 0], [64, 128, 32], [1, 2, 3])], metadata={"kernel": "gemm"})
    return path


def test_a_trace_is_converted_and_what_is_lost_is_said_on_standard_error(
    source: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out.trace"
    result = CliRunner().invoke(command, [str(source), str(target), "--to", "ramulator1"])
    assert result.exit_code == 0
    assert result.stdout == f"{target}: 3 entries (2 reads, 1 writes) from parquet to ramulator1\n"
    assert result.stderr.count("warning: ") == 3
    assert target.read_text() == "0x0 R\n0x80 W\n0x40 R\n"


def test_the_outcome_comes_as_json_too(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.stl"
    result = CliRunner().invoke(command, [str(source), str(target), "--json"])
    outcome = json.loads(result.stdout)
    assert outcome.pop("warnings") == [line.removeprefix("warning: ") for line in result.stderr.splitlines()]
    assert outcome == {
        "input": str(source),
        "output": str(target),
        "from": "parquet",
        "to": "dramsys-stl",
        "entries": 3,
        "reads": 2,
        "writes": 1,
    }


def test_bursts_are_split_and_the_metadata_says_so(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.parquet"
    result = CliRunner().invoke(command, [str(source), str(target), "--burst-bytes", "64"])
    assert result.exit_code == 0
    reader = open_any(target)
    assert joined(reader.chunks())["address"] == [0, 128, 192, 64]
    assert reader.metadata["kernel"] == "gemm"
    assert reader.metadata["split_into_burst_bytes"] == 64
    assert reader.metadata["entries"] == 4


def test_address_vectors_go_both_ways(source: Path, tmp_path: Path) -> None:
    levels = ["--levels", "bank:2,row:4,column:4", "--column-bytes", "16"]
    vectors, back = tmp_path / "v.trace", tmp_path / "back.npz"
    CliRunner().invoke(command, [str(source), str(vectors), "--to", "ramulator2-rw", *levels])
    assert vectors.read_text() == "R 0,0,0\nW 0,2,0\nR 0,1,0\n"
    CliRunner().invoke(command, [str(vectors), str(back), *levels])
    assert joined(open_any(back).chunks())["address"] == [0, 128, 64]


@pytest.mark.parametrize(("source_format", "relative"), [("dramsys", "b.rstl"), ("dramsys", "b.stl")])
def test_dramsys_means_what_the_extension_says(
    source_format: str, relative: str, source: Path, tmp_path: Path
) -> None:
    target = tmp_path / relative
    CliRunner().invoke(command, [str(source), str(target), "--to", source_format])
    assert open_any(target).format == f"dramsys-{target.suffix[1:]}"


def test_a_mistake_is_raised_as_a_trace_error_and_nothing_is_written(source: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.trace"
    bad.write_text("LD 0x40\nLD zebra\n")
    for arguments in ([str(bad), str(tmp_path / "out.npz")], [str(source), str(tmp_path / "out.xyz")]):
        with pytest.raises(TraceError):
            CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.trace", "in.parquet"]


def test_the_help_needs_no_heavy_import() -> None:
    code = (
        "import sys, openrow.cli.convert as convert\n"
        "convert.command(['--help'], standalone_mode=False)\n"
        "print({'numpy', 'numba', 'pyarrow', 'rich'} & set(sys.modules))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout
    assert "ramulator2-rw" in output
    assert output.endswith("set()\n")
