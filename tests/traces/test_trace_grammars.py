"""Each grammar, read from a sample written by hand, and the exact text that is written."""

from pathlib import Path

import pytest
from trace_arrays import joined, trace

from openrow_traces import text
from openrow_traces.chunk import TraceChunk
from openrow_traces.formats import open_any, write_any

GOLDEN = Path(__file__).parent / "golden"
DDR4 = "channel:1,rank:1,bank_group:4,bank:4,row:65536,column:1024"

SAMPLES = {
    "ramulator1.trace": (
        "ramulator1",
        {
            "address": [0x12345680, 0x4CBD56C0, 0x35D46F00, 0, 2**63 - 1],
            "is_write": [0, 1, 0, 1, 0],
            "size": None,
            "cycle": None,
        },
    ),
    "ramulator2-ls.trace": (
        "ramulator2-ls",
        {
            "address": [0x12340, 4096, 2**63 - 1, 0, 0xABCDEF40],
            "is_write": [0, 1, 0, 0, 1],
            "size": None,
            "cycle": None,
        },
    ),
    "ramulator2-rw.trace": (
        "ramulator2-rw",
        {
            "address": [
                0,
                ((3 * 4 + 2) * 65536 + 100) * 8192 + 32 * 8,
                (1 * 65536 + 65535) * 8192 + 1023 * 8,
            ],
            "is_write": [0, 1, 0],
            "size": None,
            "cycle": None,
        },
    ),
    "dramsim3.trace": (
        "dramsim3",
        {
            "address": [0x2000D5C0, 0x1FF96FC0, 0x2000D600, 0x40, 0x80, 0xC0, 2**64 - 1, 0x100],
            "is_write": [0, 1, 0, 1, 1, 1, 0, 0],
            "size": None,
            "cycle": [30, 160, 165, 165, 170, 2**63 - 1, 171, 172],
        },
    ),
    "dramsys.stl": (
        "dramsys-stl",
        {
            "address": [0x400140, 0x400160, 0x7FFF8000, 0x400180, 0xC0],
            "is_write": [0, 0, 1, 0, 1],
            "size": [32, 32, 32, 128, 16],
            "cycle": [31, 33, 56, 81, 90],
        },
    ),
    "dramsys.rstl": (
        "dramsys-rstl",
        {
            "address": [0x400140, 0x400160, 0x7FFF8000, 0x400180],
            "is_write": [0, 0, 1, 0],
            "size": None,
            "cycle": [31, 33, 56, 66],
        },
    ),
}


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize(("block_bytes", "max_rows"), [(1 << 22, 1 << 20), (1 << 22, 2), (5, 3)])
def test_a_sample_is_recognised_and_read_whatever_the_blocks(
    sample: str, block_bytes: int, max_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "BLOCK_BYTES", block_bytes)
    name, expected = SAMPLES[sample]
    reader = open_any(GOLDEN / sample, levels=DDR4, entry_bytes=32)
    chunks = list(reader.chunks(max_rows))
    assert reader.format == name
    assert joined(chunks) == expected
    assert all(0 < len(chunk) <= max_rows for chunk in chunks)
    assert reader.progress == 1.0


@pytest.mark.parametrize("sample", SAMPLES)
def test_line_breaks_may_have_a_return_and_the_last_may_be_missing(sample: str, tmp_path: Path) -> None:
    _, expected = SAMPLES[sample]
    path = tmp_path / sample
    path.write_bytes((GOLDEN / sample).read_bytes().rstrip(b"\n").replace(b"\n", b"\r\n"))
    assert joined(open_any(path, levels=DDR4, entry_bytes=32).chunks()) == expected


TIMED = trace([0x1F40, 2**40], [0, 1], [64, 4096], [7, 20])
PLAIN = trace([0x1F40, 2**40], [0, 1])


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("ramulator1", PLAIN, "0x1f40 R\n0x10000000000 W\n"),
        ("ramulator2-ls", PLAIN, "LD 0x1f40\nST 0x10000000000\n"),
        ("ramulator2-rw", trace([0x1F40, 2**33 - 8], [0, 1]), "R 0,0,0,0,0,1000\nW 0,0,3,3,65535,1023\n"),
        ("dramsim3", TIMED, "0x1f40 READ 7\n0x10000000000 WRITE 20\n"),
        ("dramsys-stl", TIMED, "7: (64) read 0x1f40\n20: (4096) write 0x10000000000\n"),
        ("dramsys-rstl", TIMED, "7: (64) read 0x1f40\n13: (4096) write 0x10000000000\n"),
        ("dramsys-stl", trace([0], [1], None, [5]), "5: write 0x0\n"),
    ],
)
def test_the_text_written_is_exactly_what_the_tool_reads(
    name: str, content: TraceChunk, expected: str, tmp_path: Path
) -> None:
    path = tmp_path / "out.trace"
    write_any(path, [content], name, levels=DDR4)
    assert path.read_bytes() == expected.encode()


def test_operations_that_look_like_writes_but_are_none_to_dramsim3_are_counted() -> None:
    reader = open_any(GOLDEN / "dramsim3.trace")
    assert list(reader.chunks())
    assert [warning.split(": ")[1][:24] for warning in reader.warnings] == ["1 operations begin with "]


def test_what_a_dramsys_trace_loses_is_said_once_for_each_reading() -> None:
    reader = open_any(GOLDEN / "dramsys.stl")
    for _ in range(2):
        assert list(reader.chunks())
        clock, data, lengths = reader.warnings
        assert "trace player's clock" in clock
        assert "3 entries give no length" in lengths
        assert "taken as 64 bytes" in lengths
        assert "2 lines hold data" in data


def test_relative_times_come_with_a_warning() -> None:
    reader = open_any(GOLDEN / "dramsys.rstl")
    assert list(reader.chunks())
    assert any("added up" in warning for warning in reader.warnings)


def test_a_parenthesis_in_a_comment_gives_no_length(tmp_path: Path) -> None:
    path = tmp_path / "a.stl"
    path.write_text("# (length)\n1: read 0x40\n")
    (chunk,) = open_any(path).chunks()
    assert chunk.size is None
