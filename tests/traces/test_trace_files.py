"""Parquet and NumPy archives: what is inside, what is refused, and files that appear whole or not at all."""

import resource
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from trace_arrays import joined, trace

from openrow_traces.chunk import TraceChunk
from openrow_traces.errors import TraceError
from openrow_traces.formats import FORMATS, open_any, write_any
from openrow_traces.parquet import METADATA_KEY, open_trace, write_trace

METADATA = {
    "kernel": "deformable-attention:transplat",
    "parameters": {"heads": 8},
    "tensors": [{"name": "value", "base": 0}],
    "layout": "nhwc",
    "seed": 7,
    "versions": {"openrow": "0.1.0"},
}
FULL = trace([64, 0, 2**64 - 1], [0, 1, 0], [64, 1, 2**32 - 1], [0, 0, 2**63 - 1])


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    path = tmp_path / "a.parquet"
    write_trace(path, [FULL], METADATA)
    return path


def test_a_parquet_trace_says_where_it_comes_from(parquet: Path) -> None:
    reader = open_trace(parquet)
    assert reader.entries == 3
    assert {**reader.metadata, "versions": None} == {
        **METADATA,
        "versions": None,
        "format_version": 1,
        "entries": 3,
    }
    assert reader.metadata["versions"]["openrow"] == "0.1.0"
    assert {"python", "numpy", "pyarrow"} <= reader.metadata["versions"].keys()


def test_parquet_columns_are_encoded_as_documented(parquet: Path) -> None:
    group = pq.ParquetFile(parquet).metadata.row_group(0)
    columns = {group.column(place).path_in_schema: group.column(place) for place in range(group.num_columns)}
    assert "BYTE_STREAM_SPLIT" in columns["address"].encodings
    assert "DELTA_BINARY_PACKED" in columns["cycle"].encodings
    assert {column.compression for column in columns.values()} == {"ZSTD"}


def test_small_chunks_are_gathered_into_row_groups_of_a_million(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    chunk = trace(range(300_000))
    write_trace(path, (chunk for _ in range(5)))
    metadata = pq.ParquetFile(path).metadata
    rows = [metadata.row_group(place).num_rows for place in range(metadata.num_row_groups)]
    assert rows == [900_000, 600_000]
    sizes = [len(part) for part in open_trace(path).chunks(400_000)]
    assert sum(sizes) == 1_500_000
    assert max(sizes) <= 400_000


def test_a_truncated_parquet_file_is_refused_with_its_name(parquet: Path) -> None:
    content = parquet.read_bytes()
    for length in (6, len(content) // 2, len(content) - 1):
        parquet.write_bytes(content[:length])
        with pytest.raises(TraceError, match=r"a\.parquet: truncated or damaged"):
            open_any(parquet)


def test_a_damaged_page_is_refused_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_trace(path, [trace(np.random.default_rng(1).integers(0, 2**63, 5000))])
    content = bytearray(path.read_bytes())
    content[200:1200] = bytes(1000)
    path.write_bytes(content)
    with pytest.raises(TraceError, match=r"a\.parquet: damaged after entry 0"):
        list(open_any(path).chunks())


def test_a_file_that_is_no_parquet_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_text("0x40 R\n")
    with pytest.raises(TraceError, match=r"a\.parquet: is not a Parquet file.*--from"):
        open_any(path)


def _foreign(path: Path, table: pa.Table, metadata: bytes | None) -> None:
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table)
        if metadata is not None:
            writer.add_key_value_metadata({METADATA_KEY: metadata})


COLUMNS = {"address": pa.array([1, 2], pa.uint64()), "is_write": pa.array([True, False])}


@pytest.mark.parametrize(
    ("columns", "metadata", "expected"),
    [
        (
            COLUMNS,
            None,
            r"metadata 'openrow_trace' is missing \(columns: address, is_write\); save your columns",
        ),
        (COLUMNS, b"{", "'openrow_trace' is not JSON"),
        (COLUMNS, b"[]", "lacks format_version or entries"),
        (COLUMNS, b'{"format_version": 9, "entries": 2}', "version 9, this openrow reads version 1"),
        (COLUMNS, b'{"format_version": 1, "entries": 3}', "says 3 entries, the file has 2"),
        (
            {"addr": COLUMNS["address"]},
            b'{"format_version": 1, "entries": 2}',
            "'address' and 'is_write' miss",
        ),
        (
            {**COLUMNS, "address": pa.array([1, 2], pa.int32())},
            b'{"format_version": 1, "entries": 2}',
            "column 'address' is int32, it must be uint64",
        ),
    ],
)
def test_a_foreign_parquet_file_is_refused_with_what_is_missing(
    columns: dict[str, pa.Array], metadata: bytes | None, expected: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.parquet"
    _foreign(path, pa.table(columns), metadata)
    with pytest.raises(TraceError, match=rf"a\.parquet: .*{expected}"):
        open_any(path)


def test_a_parquet_trace_with_missing_values_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    columns = {**COLUMNS, "address": pa.array([1, None], pa.uint64())}
    _foreign(path, pa.table(columns), b'{"format_version": 1, "entries": 2}')
    with pytest.raises(TraceError, match="column 'address' has 1 missing values"):
        list(open_any(path).chunks())


def test_an_archive_is_what_numpy_itself_reads_and_writes(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_any(path, [FULL.part(0, 2), FULL.part(2, 3)])
    with np.load(path) as archive:
        assert {name: archive[name].dtype for name in archive} == {
            "addr": np.uint64,
            "is_write": np.bool_,
            "size": np.uint32,
            "cycle": np.int64,
        }
        assert archive["addr"].tolist() == [64, 0, 2**64 - 1]
    for save in (np.savez, np.savez_compressed):
        save(path, addr=np.array([64, 128]), is_write=np.array([0, 1], np.uint8))
        reader = open_any(path)
        assert joined(reader.chunks(1)) == joined([trace([64, 128], [0, 1])])
        assert reader.entries == 2


def test_big_endian_arrays_are_read_as_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, addr=np.array([64, 128], ">i8"), is_write=np.array([False, True]))
    assert joined(open_any(path).chunks())["address"] == [64, 128]


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        (
            {"addrs": [1], "is_write": [True]},
            r"has no array 'addr' \(it has: addrs, is_write\); rename 'addrs'",
        ),
        ({"addr": [1]}, r"has no array 'is_write' \(it has: addr\)"),
        ({"addr": [1, 2], "is_write": [True]}, r"differ in length \(addr 2, is_write 1\)"),
        ({"addr": [], "is_write": np.zeros(0, bool)}, "array 'addr' is float64; it must be an integer type"),
        ({"addr": np.zeros(0, int), "is_write": np.zeros(0, bool)}, "the trace has no entries"),
        ({"addr": [[1]], "is_write": [True]}, r"array 'addr' has shape \(1, 1\)"),
        (
            {"addr": [1, -1], "is_write": [True, True]},
            "'addr' of entry 1 is -1; it must be 0 to 1844674407370955161",
        ),
        ({"addr": [1, 2], "is_write": [0, 2]}, "'is_write' of entry 1 is 2; it must be 0 to 1"),
        ({"addr": [1], "is_write": [0], "size": [0]}, "'size' of entry 0 is 0; it must be 1 to 4294967295"),
        ({"addr": [1], "is_write": [0], "cycle": [-5]}, "'cycle' of entry 0 is -5"),
        ({"addr": np.array([{}], object), "is_write": [0]}, "array 'addr' is object; it must be an integer"),
    ],
)
def test_an_archive_that_is_no_trace_is_refused_with_the_reason(
    arrays: dict[str, np.ndarray], expected: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, **arrays)
    with pytest.raises(TraceError, match=rf"a\.npz: .*{expected}"):
        list(open_any(path).chunks())


def test_arrays_that_are_not_read_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, addr=[1], is_write=[0], thread=[3])
    assert open_any(path).warnings == [f"{path}: not read: thread"]


def test_a_truncated_archive_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_any(path, [FULL])
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(TraceError, match=r"a\.npz: is not a NumPy archive, or is truncated"):
        open_any(path)


def test_a_damaged_archive_is_refused_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, addr=np.arange(1000), is_write=np.zeros(1000, bool))
    content = bytearray(path.read_bytes())
    content[500] ^= 255
    path.write_bytes(content)
    with pytest.raises(TraceError, match=r"a\.npz: damaged: Bad CRC-32"):
        list(open_any(path).chunks())


def test_an_array_shorter_than_its_header_says_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(tmp_path / "whole.npz", addr=np.arange(9), is_write=np.zeros(9, bool))
    with zipfile.ZipFile(tmp_path / "whole.npz") as whole, zipfile.ZipFile(path, "w") as cut:
        for name in whole.namelist():
            cut.writestr(name, whole.read(name)[:-5])
    with pytest.raises(TraceError, match=r"a\.npz: damaged: an array ends before its last entry"):
        list(open_any(path).chunks())


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_trace_is_not_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="not written, the trace has no entries"):
        write_any(tmp_path / "a.trace", [trace([])], name, levels="row:4,column:4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", FORMATS)
def test_columns_that_come_and_go_are_refused(name: str, tmp_path: Path) -> None:
    chunks = [trace([0]), trace([8], cycle=[1])]
    with pytest.raises(TraceError, match="from entry 1 on the trace has other columns"):
        write_any(tmp_path / "a.trace", chunks, name, levels="row:4,column:4")
    assert list(tmp_path.iterdir()) == []


@contextmanager
def _disk_of(limit: int) -> Iterator[None]:
    """Let no file grow beyond ``limit`` bytes: what a full disk looks like to whoever writes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", FORMATS)
def test_a_full_disk_leaves_the_old_file_and_nothing_else(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.trace"
    path.write_text("old")
    addresses = np.random.default_rng(1).integers(0, 2**40, 200_000)
    with (
        _disk_of(100_000),
        pytest.raises(TraceError, match=r"a\.trace: cannot be written \(.*nothing was left"),
    ):
        write_any(path, [trace(addresses)], name, levels="row:4294967296,column:1024")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", FORMATS)
def test_an_interruption_leaves_the_old_file_and_nothing_else(name: str, tmp_path: Path) -> None:
    def interrupted() -> Iterator[TraceChunk]:
        yield trace([0])
        raise KeyboardInterrupt

    path = tmp_path / "a.trace"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        write_any(path, interrupted(), name, levels="row:4,column:4")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_trace_may_be_written_over_the_one_it_is_made_of(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_any(path, [FULL])
    write_any(path, open_any(path).chunks(1))
    assert joined(open_any(path).chunks()) == joined([FULL])


def test_a_link_stays_a_link_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real.npz").write_text("old")
    (tmp_path / "link.npz").symlink_to("real.npz")
    write_any(tmp_path / "link.npz", [FULL])
    assert (tmp_path / "link.npz").is_symlink()
    assert open_any(tmp_path / "real.npz").entries == 3


@pytest.mark.parametrize(
    ("name", "expected"), [("no/a.npz", "No such file"), ("b.npz", "not a regular file")]
)
def test_a_place_that_cannot_be_written_is_named(name: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "b.npz").mkdir()
    with pytest.raises(TraceError, match=expected):
        write_any(tmp_path / name, [FULL])
