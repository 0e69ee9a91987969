"""Every mistake in a trace file gets one message with the file and the place."""

import gzip
from pathlib import Path

import pytest
from trace_arrays import trace

from openrow_traces import text
from openrow_traces.errors import TraceError
from openrow_traces.formats import open_any, write_any
from openrow_traces.levels import parse_levels

LEVELS = "channel:1,bank:4,row:16"
GOOD = {
    "ramulator1": "0x40 R\n",
    "ramulator2-ls": "LD 0x40\n",
    "ramulator2-rw": "R 0,1,2\n",
    "dramsim3": "0x40 READ 1\n",
    "dramsys-stl": "1: read 0x40\n",
}
BAD_LINES = [
    ("ramulator1", "0xZZ R", "no address"),
    ("ramulator1", "", "no address"),
    ("ramulator1", "0x8000000000000000 R", "address is larger"),
    ("ramulator1", "0x40R", "no space"),
    ("ramulator1", "0x40", "no operation"),
    ("ramulator1", "0x40 X", "no operation"),
    ("ramulator1", "0x40 READ", "no operation"),
    ("ramulator1", "0x40 R 12", "after the end"),
    ("ramulator2-ls", "LD  0x40", "no address"),
    ("ramulator2-ls", "LD 0x40 ", "after the end"),
    ("ramulator2-ls", "LD\t0x40", "not the space"),
    ("ramulator2-ls", "ld 0x40", "no operation"),
    ("ramulator2-ls", "# note", "no operation"),
    ("ramulator2-ls", "", "no operation"),
    ("ramulator2-ls", "LD 0x", "no address"),
    ("ramulator2-ls", "LD -4", "no address"),
    ("ramulator2-ls", "LD 12ab", "after the end"),
    ("ramulator2-ls", "LD 9223372036854775808", "address is larger"),
    ("ramulator2-ls", "LD 18446744073709551616", "address is larger"),
    ("ramulator2-ls", "LD 99999999999999999999999", "address is larger"),
    ("ramulator2-ls", "ST 0x10000000000000000", "address is larger"),
    ("ramulator2-rw", "R 0,1", "one index for each level"),
    ("ramulator2-rw", "R 0,1,2,3", "one index for each level"),
    ("ramulator2-rw", "R 0,-1,2", "one index for each level"),
    ("ramulator2-rw", "R 0,4,2", "index of bank must be below 4"),
    ("ramulator2-rw", "LD 0,1,2", "no operation"),
    ("ramulator2-rw", "R", "no space"),
    ("dramsim3", "0x40 READ", "no cycle"),
    ("dramsim3", "0x40 1", "no cycle"),
    ("dramsim3", "0x40", "no operation"),
    ("dramsim3", "READ 0x40 1", "no address"),
    ("dramsim3", "0x40 READ -1", "no cycle"),
    ("dramsim3", "0x40 READ 9223372036854775808", "cycle is too large"),
    ("dramsim3", "0x40 READ 1 2", "after the end"),
    ("dramsys-stl", "read 0x40", "no cycle"),
    ("dramsys-stl", "1 read 0x40", "no colon"),
    ("dramsys-stl", "1: READ 0x40", "no operation"),
    ("dramsys-stl", "1:read 0x40", "no space"),
    ("dramsys-stl", "1: (0) read 0x40", "bytes from 1"),
    ("dramsys-stl", "1: (64 read 0x40", "bytes from 1"),
    ("dramsys-stl", "1: (4294967296) read 0x40", "bytes from 1"),
    ("dramsys-stl", "1: (64)read 0x40", "no space"),
    ("dramsys-stl", "1: read", "no address"),
    ("dramsys-stl", "1: write 0x40 ff", "neither data"),
    ("dramsys-stl", "1: write 0x40 0x", "neither data"),
    ("dramsys-stl", " # indented", "no cycle"),
]


@pytest.mark.parametrize(("name", "line", "expected"), BAD_LINES)
@pytest.mark.parametrize("block_bytes", [1 << 22, 11])
def test_a_line_at_fault_is_named_with_its_number(
    name: str, line: str, expected: str, block_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "BLOCK_BYTES", block_bytes)
    path = tmp_path / "bad.trace"
    path.write_text(GOOD[name] * 3 + line + "\n" + GOOD[name])
    with pytest.raises(TraceError) as caught:
        list(open_any(path, name, levels=LEVELS).chunks(2))
    message = str(caught.value)
    assert message.startswith(f"{path}:4: ")
    assert expected in message
    assert f"'{line}'; expected " in message


def test_comments_and_blank_lines_count_in_the_number_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.stl"
    path.write_text("# one\n\n1: read 0x40\n# four\n1: jump 0x40\n")
    with pytest.raises(TraceError, match=":5: "):
        list(open_any(path).chunks())


def test_a_long_line_at_fault_is_shown_shortened_and_without_raw_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.trace"
    path.write_bytes(b"LD \xff\x00" + b"z" * 5000 + b"\n")
    with pytest.raises(TraceError) as caught:
        list(open_any(path, "ramulator2-ls").chunks())
    assert "'LD \\xff" in str(caught.value)
    assert "z...'" in str(caught.value)
    assert len(str(caught.value)) < len(str(path)) + 300


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "LONGEST_LINE_BYTES", 100)
    monkeypatch.setattr(text, "BLOCK_BYTES", 64)
    path = tmp_path / "a.trace"
    path.write_bytes(b"LD 0x40\n" * 9 + b"LD " + b"0" * 500)
    with pytest.raises(TraceError, match=":10: the line is longer than 100 bytes"):
        list(open_any(path, "ramulator2-ls").chunks())


@pytest.mark.parametrize("name", ["a.trace", "a.parquet", "a.npz", "a.stl"])
def test_a_missing_and_an_empty_file_are_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    with pytest.raises(TraceError, match=f"{name}: no such file"):
        open_any(path)
    path.touch()
    with pytest.raises(TraceError, match=f"{name}: the file is empty"):
        open_any(path)


def test_a_directory_is_no_trace(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="cannot be read"):
        open_any(tmp_path)


def test_a_trace_of_comments_only_has_no_entries(tmp_path: Path) -> None:
    path = tmp_path / "a.stl"
    path.write_text("# nothing\n\n")
    with pytest.raises(TraceError, match=r"a\.stl: the trace has no entries"):
        list(open_any(path).chunks())


def test_relative_times_that_add_up_too_far_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.rstl"
    path.write_text(f"{2**63 - 1}: read 0x0\n1: read 0x0\n")
    with pytest.raises(TraceError, match=r"a\.rstl: the times add up"):
        list(open_any(path).chunks())


def test_an_unknown_format_is_answered_with_the_nearest_name_and_all_of_them(tmp_path: Path) -> None:
    path = tmp_path / "a.trace"
    path.write_text("0x40 R\n")
    with pytest.raises(TraceError, match=r"'ramulator'; did you mean 'ramulator1'\? \(formats: parquet, npz"):
        open_any(path, "ramulator")
    with pytest.raises(TraceError, match="'dramsim'; did you mean 'dramsim3'"):
        write_any(path, [trace([0])], "dramsim")


def test_a_file_that_tells_no_format_is_answered_with_all_of_them(tmp_path: Path) -> None:
    path = tmp_path / "a.trace"
    path.write_text("hello world\n")
    with pytest.raises(
        TraceError, match=r"first line \('hello world'\) tells the format; name it with --from"
    ):
        open_any(path)
    with pytest.raises(TraceError, match=r"out\.trace: the name does not tell the format; name it with --to"):
        write_any(tmp_path / "out.trace", [trace([0])])


def test_a_compressed_file_is_to_be_unpacked_first(tmp_path: Path) -> None:
    path = tmp_path / "a.trace"
    path.write_bytes(gzip.compress(b"0x40 R\n"))
    with pytest.raises(TraceError, match="compressed with gzip"):
        open_any(path)


def test_address_vectors_need_levels(tmp_path: Path) -> None:
    path = tmp_path / "a.trace"
    path.write_text("R 0,1,2\n")
    with pytest.raises(TraceError, match="say the levels with --levels"):
        open_any(path)
    with pytest.raises(TraceError, match="say the levels with --levels"):
        write_any(tmp_path / "b.trace", [trace([0])], "ramulator2-rw")
    assert not (tmp_path / "b.trace").exists()


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ("channel", "'channel' is no level"),
        ("channel:0", "'channel:0' is no level"),
        ("channel:x", "'channel:x' is no level"),
        (":4", "':4' is no level"),
        ("bank:4,bank:4", "'bank' is there twice"),
        ("row:4294967296,column:4294967296", "beyond 64-bit"),
    ],
)
def test_levels_that_make_no_memory_are_refused(levels: str, expected: str) -> None:
    with pytest.raises(TraceError, match=expected):
        parse_levels(levels)
