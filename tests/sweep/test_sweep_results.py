import csv
import json
from pathlib import Path

import pytest
from sweep_doubles import QUEUE, failing_row, spec_of, swept

from openrow.cli.main import main
from openrow.sweep.results import RESULTS, read_results


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    swept(tmp_path)
    return tmp_path


def results(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(["results", *arguments])
    output = capsys.readouterr()
    return status, output.out, output.err


def test_the_table_opens_in_pandas(folder: Path) -> None:
    import pandas as pd

    frame = pd.read_parquet(folder / RESULTS)
    assert frame["cycles"].sum() == 9112
    assert frame[f"axis.{QUEUE}"].tolist() == [8, 16, 32, 8, 16, 32]


def test_the_table_opens_in_polars(folder: Path) -> None:
    import polars as pl

    assert pl.read_parquet(folder / RESULTS)["cycles"].sum() == 9112


def test_the_table_opens_in_duckdb(folder: Path) -> None:
    import duckdb

    query = f"select sum(cycles) from '{folder / RESULTS}' where \"axis.memory.channels\" = 2"
    assert duckdb.sql(query).fetchall() == [(6056,)]


def test_a_column_has_one_type_though_points_differ(tmp_path: Path) -> None:
    swept(
        tmp_path,
        row=lambda job, _: (
            {"mixed": 1, "number": 1, "some": "x"}
            if job.architecture.memory.channels == 1
            else {"mixed": "a", "number": 0.5, "other": True}
        ),
    )
    table = read_results(tmp_path)
    assert table.column("mixed").to_pylist() == ["1"] * 3 + ["a"] * 3
    assert table.column("number").to_pylist() == [1.0] * 3 + [0.5] * 3
    assert table.column("some").to_pylist() == ["x"] * 3 + [None] * 3
    assert table.column("other").to_pylist() == [None] * 3 + [True] * 3


def test_rows_are_filtered_sorted_and_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--where", "channels == 2", "--where", "cycles > 2008", "--sort", "-cycles", "--json"]
    status, output, _ = results(capsys, str(folder), *arguments)
    assert status == 0
    assert [row["cycles"] for row in json.loads(output)] == [2032, 2016]


def test_a_row_without_a_figure_does_not_pass_a_filter_on_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    swept(
        tmp_path,
        row=lambda job, _: {"cycles": 1} | ({"heat": 3} if job.architecture.memory.channels == 2 else {}),
    )
    _, output, _ = results(capsys, str(tmp_path), "--where", "heat > 1", "--json")
    assert len(json.loads(output)) == 3


def test_a_table_is_shown_with_its_axes_and_figures(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, output, _ = results(capsys, str(folder), "--limit", "2")
    lines = output.splitlines()
    assert status == 0
    assert lines[0].split() == ["memory.channels", "memory.controller.read_queue", "cycles", "time_ns"]
    assert lines[1].split() == ["1", "8", "1008", "504"]
    assert lines[-1] == "2 of 6 rows"


def test_rows_are_exported_as_csv(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = folder / "rows.csv"
    columns = f"axis.{QUEUE},cycles"
    status, _, _ = results(capsys, str(folder), "--columns", columns, "--csv", str(target))
    with target.open(newline="") as file:
        rows = list(csv.reader(file))
    assert status == 0
    assert rows[0] == [f"axis.{QUEUE}", "cycles"]
    assert rows[1] == ["8", "1008"]
    assert len(rows) == 7


def test_failures_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    swept(tmp_path, row=failing_row)
    status, output, _ = results(capsys, str(tmp_path), "--failed")
    assert status == 0
    assert output.splitlines()[0] == (f"4: memory.channels=2, {QUEUE}=8: two channels are one too many")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sort", "cycels"], "there is no column 'cycels'; the nearest is 'cycles'"),
        (["--columns", "cycles,tmie_ns"], "there is no column 'tmie_ns'; the nearest is 'time_ns'"),
        (["--where", "cycels > 1"], "there is no 'cycels'; the nearest is 'cycles'"),
        (["--where", "cycles >"], "--where: 'cycles >' cannot be read"),
        (["--where", "cycles > 'a'"], "--where: 'cycles > 'a'' cannot be computed"),
        (["--csv", "/nowhere/at/all.csv"], "/nowhere/at/all.csv"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    status, _, errors = results(capsys, str(folder), *arguments)
    assert status == 2
    assert message in errors
    assert "Traceback" not in errors


def test_a_directory_of_no_sweep_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["--failed"]):
        status, _, errors = results(capsys, str(tmp_path), *arguments)
        assert status == 2
        assert "is no directory of a sweep" in errors


def test_a_sweep_without_a_point_that_is_done_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = spec_of(axes=[{"key": "memory.channels", "values": [2]}])
    swept(tmp_path, spec, failing_row)
    status, _, errors = results(capsys, str(tmp_path))
    assert (status, errors) == (2, f"Error: {tmp_path}: no point is done yet\n")


def test_a_table_taken_out_of_its_directory_can_still_be_read(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / RESULTS).write_bytes((folder / RESULTS).read_bytes())
    assert read_results(elsewhere).num_rows == 6


def test_a_damaged_table_is_made_again_from_the_ledger(folder: Path) -> None:
    whole = (folder / RESULTS).read_bytes()
    (folder / RESULTS).write_bytes(whole[: len(whole) // 2])
    assert read_results(folder).num_rows == 6
    swept(folder)
    assert (folder / RESULTS).read_bytes() == whole
