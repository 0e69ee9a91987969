"""``openrow verify``: a legal stream, an illegal one, and files that are none."""

import json
from pathlib import Path

import pytest

from memory_checker.controller_streams import controller_stream, random_entries
from openrow.cli.main import main
from openrow.config.loading import load_architecture
from openrow.memory.commands import HEADER, write_commands, write_header
from openrow.memory.controller.state import SourceShape

ARCH = ["--arch", "memory/ddr4-2400"]
ILLEGAL = """\
1,ACT,0,0,0,0,0,5,1
9,ACT,0,0,0,1,0,5,1
13,RD,0,0,0,1,0,5,1
14,RD,0,0,0,1,1,5,1
"""


@pytest.fixture
def illegal(tmp_path: Path) -> Path:
    file = tmp_path / "illegal.csv"
    file.write_text(f"{HEADER}\n{ILLEGAL}")
    return file


def test_a_stream_of_the_controller_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    override = "memory.controller.page_policy=closed"
    memory = load_architecture("memory/lpddr5-6400", [override]).memory
    stream = controller_stream(memory, random_entries(memory, 1, 200, 8, 0.3, 0), SourceShape())
    file = tmp_path / "legal.csv"
    with file.open("wb") as out:
        write_header(out)
        write_commands(out, stream)
    assert main(["verify", str(file), override, "--arch", "memory/lpddr5-6400"]) == 0
    assert capsys.readouterr().out == f"{len(stream):,} commands, no violation\n"
    assert main(["verify", str(file), "--arch", "memory/lpddr5-6400", "memory.timings_cycles.nRCD=20"]) == 1
    assert "nRCD 20" in capsys.readouterr().out


def test_violations_are_counted_by_rule_and_the_first_given_in_full(
    illegal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(illegal), *ARCH, "--limit", "1"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "4 commands, 5 violations",
        "  1  RD to a closed bank",
        "  1  bank group: RD -> RD, nCCDL 6",
        "  1  bank: ACT -> RD, nRCD 16",
        "  1  channel: RD -> RD, nBL 4",
        "  1  rank: RD -> RD, nCCDS 4",
        f"{illegal}:4: cycle 13: RD channel 0 pseudo channel 0 rank 0 bank group 1 bank 0 row 5 column 1: "
        "bank: ACT -> RD, nRCD 16; earliest 25; after line 3, cycle 9",
        "... and 4 more; --limit gives more of them in full",
    ]


def test_the_outcome_comes_as_json_too(illegal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(illegal), *ARCH, "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["ok"], answer["commands"], answer["violations"]) == (False, 4, 5)
    assert {"rule": "bank: ACT -> RD, nRCD 16", "violations": 1} in answer["rules"]
    assert answer["first"][0] == {
        "line": 4,
        "cycle": 13,
        "command": "RD",
        "channel": 0,
        "pseudo_channel": 0,
        "rank": 0,
        "bank_group": 1,
        "bank": 0,
        "row": 5,
        "column": 1,
        "rule": "bank: ACT -> RD, nRCD 16",
        "earliest_cycle": 25,
        "latest_cycle": None,
        "preceding_line": 3,
        "preceding_cycle": 9,
    }
    assert len(answer["first"]) == 5


def test_a_refresh_that_never_came_has_no_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "idle.csv"
    file.write_text(f"{HEADER}\n90000,ACT,0,0,0,0,0,5,1\n")
    assert main(["verify", str(file), *ARCH]) == 1
    text = capsys.readouterr().out
    assert f"{file}: end: cycle 90000: REFab channel 0 pseudo channel 0 rank 0: refresh overdue" in text
    assert text.endswith("latest 84276\n")
    assert main(["verify", str(file), *ARCH, "memory.refresh=none", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "{file}: cannot be read"),
        ("cycle,command\n", "{file}:1: the header should be"),
        (f"{HEADER}\n1,ACT,0,0,0,0,0,5,1\n2,RD,0,0\n", "{file}:3: expected 9 values"),
        (f"{HEADER}\n1,ACT,0,0,0,0,0,five,1\n", "{file}:2: expected 9 values"),
        (f"{HEADER}\n1,ACT,0,0,0,0,0,5,1\n\n", "{file}:3: expected 9 values"),
        (f"{HEADER}\n{10**30},ACT,0,0,0,0,0,5,1\n", "{file}:2: expected 9 values"),
    ],
)
def test_a_file_that_is_no_stream_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, said: str
) -> None:
    file = tmp_path / "stream.csv"
    if text is not None:
        file.write_text(text)
    assert main(["verify", str(file), *ARCH]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"Error: {said.format(file=file)}")
    assert captured.err.count("\n") == 1


def test_a_file_is_read_whether_or_not_its_lines_end_as_ours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "stream.csv"
    for text in (
        HEADER,
        f"{HEADER}\n",
        f"{HEADER}\r\n1,ACT,0,0,0,0,0,5,1\r\n",
        f"{HEADER}\n1,ACT,0,0,0,0,0,5,1",
    ):
        file.write_bytes(text.encode())
        assert main(["verify", str(file), *ARCH]) == 0
        assert capsys.readouterr().out == f"{text.count('ACT')} commands, no violation\n"


def test_an_architecture_is_needed(illegal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(illegal)]) == 2
    assert "--arch" in capsys.readouterr().err
