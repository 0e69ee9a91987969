"""What is written is read back the same, in every format that can carry it."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trace_arrays import joined, trace

from openrow_traces import text
from openrow_traces.bursts import split_into_bursts
from openrow_traces.chunk import TraceChunk, as_trace_chunk
from openrow_traces.errors import TraceError
from openrow_traces.formats import FORMATS, open_any, write_any

LEVELS = "channel:2,bank:3,row:5,column:7"
LARGEST_ADDRESS = {
    "ramulator1": 2**63 - 1,
    "ramulator2-ls": 2**63 - 1,
    "ramulator2-rw": 2 * 3 * 5 * 7 * 8 - 1,
}
LARGEST_CYCLE = {"dramsys-stl": 2**32 - 1, "dramsys-rstl": 2**32 - 1}
CARRIES_SIZE = {"parquet", "npz", "dramsys-stl", "dramsys-rstl"}
CARRIES_CYCLE = {"parquet", "npz", "dramsim3", "dramsys-stl", "dramsys-rstl"}
NEEDS_CYCLE = {"dramsim3", "dramsys-stl", "dramsys-rstl"}


@st.composite
def traces(draw: st.DrawFn, name: str) -> TraceChunk:
    rows = draw(st.integers(1, 12))

    def column(smallest: int, largest: int) -> list[int]:
        return draw(st.lists(st.integers(smallest, largest), min_size=rows, max_size=rows))

    largest_cycle = LARGEST_CYCLE.get(name, 2**63 - 1)
    address = np.array(column(0, LARGEST_ADDRESS.get(name, 2**64 - 1)), np.uint64)
    cycle = np.array(column(0, largest_cycle), np.int64)
    return TraceChunk(
        address // np.uint64(8) * np.uint64(8) if name == "ramulator2-rw" else address,
        np.array(column(0, 1), np.bool_),
        np.array(column(1, 2**32 - 1), np.uint32) if name in CARRIES_SIZE and draw(st.booleans()) else None,
        (np.sort(cycle) if name == "dramsys-rstl" else cycle) if name in NEEDS_CYCLE else None,
    )


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_trace_survives_writing_and_reading(name: str, data: st.DataObject) -> None:
    chunk = data.draw(traces(name))
    cut = data.draw(st.integers(0, len(chunk)))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.trace"
        warnings = write_any(path, [chunk.part(0, cut), chunk.part(cut, len(chunk))], name, levels=LEVELS)
        reader = open_any(path, name, levels=LEVELS)
        assert joined(reader.chunks(data.draw(st.integers(1, 13)))) == joined([chunk])
        assert reader.entries in (None, len(chunk))
        assert warnings == []


@pytest.mark.parametrize("name", FORMATS)
def test_what_a_format_cannot_carry_is_said(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.trace"
    full = trace([64, 128], [0, 1], [64, 32], [3, 4])
    metadata = {"kernel": "gemm"}
    warnings = " ".join(write_any(path, [full], name, levels="row:9,column:64", metadata=metadata))
    assert ("arrival times are not written" in warnings) == (name not in CARRIES_CYCLE)
    assert ("entry sizes (32 to 64 bytes) are not written" in warnings) == (name not in CARRIES_SIZE)
    assert ("origin of the trace" in warnings) == (name != "parquet")
    read = joined(open_any(path, name, levels="row:9,column:64").chunks())
    assert read["size"] == ([64, 32] if name in CARRIES_SIZE else None)
    assert read["cycle"] == ([3, 4] if name in CARRIES_CYCLE else None)


@pytest.mark.parametrize("name", sorted(NEEDS_CYCLE))
def test_a_trace_without_times_is_written_with_cycle_0_and_a_warning(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.trace"
    (warning,) = write_any(path, [trace([64]), trace([128])], name)
    assert "no arrival times; cycle 0 is written" in warning
    assert joined(open_any(path, name).chunks())["cycle"] == [0, 0]


def test_an_address_within_a_column_is_said_to_lose_its_lowest_bits(tmp_path: Path) -> None:
    path = tmp_path / "a.trace"
    (warning,) = write_any(path, [trace([8, 17, 31])], "ramulator2-rw", levels=LEVELS)
    assert "2 addresses are no multiple of --column-bytes 8" in warning
    assert joined(open_any(path, levels=LEVELS).chunks())["address"] == [8, 16, 24]


@pytest.mark.parametrize(
    ("name", "chunk", "expected"),
    [
        ("ramulator1", trace([0, 2**63]), "entry 1 has address 0x8000000000000000, Ramulator 1 reads up to"),
        ("ramulator2-ls", trace([2**64 - 1]), "entry 0 has address 0xffffffffffffffff, Ramulator 2"),
        ("ramulator2-rw", trace([0, 0, 1680]), "entry 2 has address 0x690, Ramulator 2 reads up to 0x68f"),
        ("dramsys-stl", trace([0], cycle=[2**32]), "entry 0 has cycle 4294967296, DRAMSys reads up to"),
        ("dramsys-rstl", trace([0, 0], cycle=[5, 4]), "entry 1 arrives at cycle 4, before the entry ahead"),
        ("dramsim3", trace([0, 0], cycle=[5, -4]), "entry 1 arrives at cycle -4; cycles start at 0"),
        ("parquet", trace([0, 0], size=[5, 0]), "entry 1 has size 0"),
    ],
)
def test_an_entry_that_a_format_cannot_say_is_refused(
    name: str, chunk: TraceChunk, expected: str, tmp_path: Path
) -> None:
    with pytest.raises(TraceError, match=expected):
        write_any(tmp_path / "a.trace", [chunk], name, levels=LEVELS)
    assert list(tmp_path.iterdir()) == []


def _value(token: str) -> int | None:
    digits = token.removeprefix("0x").removeprefix("0X")
    is_number = digits and all(digit in "0123456789abcdefABCDEF" for digit in digits)
    return int(digits, 16) if is_number and int(digits, 16) < 2**64 else None


def _dramsim3_in_plain_python(lines: list[str]) -> list[tuple[int, bool, int]] | int:
    """Return the entries, or the number of the first line at fault."""
    entries = []
    for number, line in enumerate(lines, 1):
        tokens = line.split()
        if not tokens:
            continue
        address = _value(tokens[0])
        if len(tokens) != 3 or address is None or not tokens[2].isdecimal() or int(tokens[2]) >= 2**63:
            return number
        entries.append((address, tokens[1] in ("WRITE", "write", "P_MEM_WR", "BOFF"), int(tokens[2])))
    return entries


TOKENS = st.sampled_from(
    [
        "READ",
        "WRITE",
        "write",
        "P_MEM_WR",
        "P_MEM_WRX",
        "BOFF",
        "0x40",
        "40",
        "0XfF",
        "0x",
        "x",
        "7",
        "-1",
        "18446744073709551615",
        "9223372036854775807",
        "9223372036854775808",
        "11111111111111111",
        "ffffffffffffffff",
    ]
)
ENTRY = st.tuples(TOKENS, TOKENS, TOKENS) | st.lists(TOKENS, max_size=4)
GOOD_ENTRY = st.tuples(
    st.integers(0, 2**64 - 1).map(hex), st.sampled_from(["READ", "WRITE", "BOFF"]), st.sampled_from("0123")
)


@settings(max_examples=150, deadline=None)
@given(
    entries=st.lists(GOOD_ENTRY | ENTRY, min_size=1, max_size=6),
    blank=st.sampled_from([" ", "\t", "  "]),
    block_bytes=st.sampled_from([3, 20, 1 << 20]),
)
def test_the_compiled_parser_agrees_with_plain_python(
    entries: list[tuple[str, ...]], blank: str, block_bytes: int
) -> None:
    lines = [blank.join(entry) for entry in entries]
    expected = _dramsim3_in_plain_python(lines)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "BLOCK_BYTES", block_bytes)
        path = Path(folder) / "a.trace"
        path.write_text("\n".join(lines) + "\n")
        reader = open_any(path, "dramsim3")
        if isinstance(expected, list) and expected:
            read = joined(reader.chunks())
            assert list(zip(read["address"], read["is_write"], read["cycle"], strict=True)) == expected
        else:
            with pytest.raises(TraceError, match=f":{expected}: " if expected else "no entries"):
                list(reader.chunks())


def test_entries_are_split_into_the_aligned_bursts_that_cover_them() -> None:
    chunk = trace([0, 100, 64], [0, 1, 0], [64, 100, 1], [5, 6, 7])
    assert joined(split_into_bursts([chunk], 64)) == {
        "address": [0, 64, 128, 192, 64],
        "is_write": [0, 1, 1, 1, 0],
        "size": [64] * 5,
        "cycle": [5, 6, 6, 6, 7],
    }


@settings(max_examples=50, deadline=None)
@given(
    entries=st.lists(st.tuples(st.integers(0, 2**20), st.integers(1, 1000)), min_size=1, max_size=8),
    burst=st.sampled_from([1, 32, 64]),
)
def test_bursts_cover_every_byte_of_an_entry_and_no_burst_twice(
    entries: list[tuple[int, int]], burst: int
) -> None:
    chunk = trace([address for address, _ in entries], size=[size for _, size in entries])
    expected = [
        start for address, size in entries for start in range(address // burst * burst, address + size, burst)
    ]
    assert joined(split_into_bursts([chunk], burst))["address"] == expected


def test_an_entry_beyond_64_bits_cannot_be_split() -> None:
    with pytest.raises(TraceError, match=r"entry 1 .* reaches beyond 64-bit addresses"):
        list(split_into_bursts([trace([0, 2**64 - 4], size=[8, 8])], 64))
    with pytest.raises(TraceError, match="power of two"):
        list(split_into_bursts([trace([0])], 48))


def test_a_kernels_chunk_becomes_a_chunk_of_a_trace_without_copying() -> None:
    class KernelChunk:
        address = np.arange(3, dtype=np.uint64)
        size = np.full(3, 8, np.uint32)
        is_write = np.zeros(3, np.bool_)

    chunk = as_trace_chunk(KernelChunk())
    assert chunk.address is KernelChunk.address
    assert chunk.cycle is None


@pytest.mark.parametrize(
    "arrays",
    [
        {"address": np.zeros(2, np.int64), "is_write": np.zeros(2, np.bool_)},
        {"address": np.zeros(2, np.uint64), "is_write": np.zeros(3, np.bool_)},
        {"address": np.zeros((2, 1), np.uint64), "is_write": np.zeros(2, np.bool_)},
        {"address": np.zeros(1, np.uint64), "is_write": np.zeros(1, np.bool_), "cycle": np.zeros(1)},
    ],
)
def test_a_chunk_of_other_types_or_shapes_is_refused(arrays: dict[str, np.ndarray]) -> None:
    with pytest.raises(TraceError, match="of a trace chunk must be"):
        TraceChunk(**arrays)
