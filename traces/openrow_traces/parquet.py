"""openrow's own trace format: Parquet, with everything needed to repeat the trace inside.

Columns: ``address`` uint64 and ``is_write`` bool, and where the trace has them ``size`` uint32 (bytes) and
``cycle`` int64 (memory controller cycles). All are compressed with zstd; cycles are stored as differences
(DELTA_BINARY_PACKED), addresses byte by byte (BYTE_STREAM_SPLIT): smaller, and several times cheaper to write
than with the defaults. Row groups hold 2**20 rows. Pages have checksums, which reading verifies.

The file's key-value metadata has one key, ``openrow_trace``, holding JSON: ``format_version``, ``entries``,
``versions`` and what the writer gave, usually ``kernel``, ``parameters``, ``tensors`` with their bases,
``layout`` and ``seed``.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from openrow_traces.atomic import whole_file
from openrow_traces.chunk import TraceChunk, parts_of_at_most, same_columns
from openrow_traces.errors import TraceError
from openrow_traces.reader import DEFAULT_CHUNK_ROWS, readable_file

FORMAT_VERSION = 1
METADATA_KEY = b"openrow_trace"
ROW_GROUP_ROWS = 1 << 20

_TYPES = {"address": pa.uint64(), "is_write": pa.bool_(), "size": pa.uint32(), "cycle": pa.int64()}
_REQUIRED = ("address", "is_write")
_HOW_TO_CONVERT = (
    "save your columns as .npz with numpy.savez(FILE, addr=..., is_write=...) "
    "and run 'openrow convert FILE.npz OUT.parquet'"
)


def write_trace(
    path: str | Path, chunks: Iterable[TraceChunk], metadata: Mapping[str, Any] | None = None
) -> list[str]:
    """Write a trace, chunk by chunk; the file appears only when it is whole.

    Parameters
    ----------
    path
        The file to write; an existing one is replaced.
    chunks
        The entries in order; all chunks have the same columns.
    metadata
        What to say about the origin, as JSON can hold it. ``format_version`` and ``entries`` are added, and
        ``versions`` is completed.

    Returns
    -------
    list of str
        What could not be carried: for this format nothing.

    Raises
    ------
    TraceError
        If there is no entry, the columns change on the way, or the file cannot be written.
    """
    pieces = parts_of_at_most(same_columns(chunks, str(path)), ROW_GROUP_ROWS)
    first = next(pieces, None)
    if first is None:
        raise TraceError(f"{path}: not written, the trace has no entries")
    schema = _schema(first)
    entries = 0
    with whole_file(path) as file, _parquet_writer(file, schema) as writer:
        group: list[TraceChunk] = []
        for piece in _with_first(first, pieces):
            if sum(map(len, group)) + len(piece) > ROW_GROUP_ROWS:
                writer.write_table(_table(group, schema), row_group_size=ROW_GROUP_ROWS)
                group = []
            group.append(piece)
            entries += len(piece)
        writer.write_table(_table(group, schema), row_group_size=ROW_GROUP_ROWS)
        writer.add_key_value_metadata({METADATA_KEY: json.dumps(_complete(metadata or {}, entries))})
    return []


def open_trace(path: str | Path) -> "ParquetTrace":
    """Open a trace in openrow's own format.

    Raises
    ------
    TraceError
        If the file is missing, truncated, no Parquet, or Parquet that is no trace; the message says which and
        what to do.
    """
    return ParquetTrace(readable_file(path))


class ParquetTrace:
    """A trace in openrow's own format; see :class:`openrow_traces.reader.TraceReader` for its attributes."""

    format = "parquet"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.warnings: list[str] = []
        self.progress = 0.0
        footer = _footer(path)
        self.metadata = _metadata(path, footer)
        self.columns = _columns(path, footer.schema_arrow)
        self.entries: int = footer.metadata.num_rows
        if self.metadata["entries"] != self.entries:
            raise TraceError(
                f"{path}: damaged: the metadata says {self.metadata['entries']} entries, "
                f"the file has {self.entries}"
            )
        if not self.entries:
            raise TraceError(f"{path}: the trace has no entries")

    def chunks(self, max_rows: int = DEFAULT_CHUNK_ROWS) -> Iterator[TraceChunk]:
        """Yield all entries in order, in chunks of at most ``max_rows``; see :meth:`TraceReader.chunks`."""
        passed = 0
        try:
            with pq.ParquetFile(self.path, page_checksum_verification=True) as file:
                for batch in file.iter_batches(min(max_rows, ROW_GROUP_ROWS), columns=list(self.columns)):
                    passed += batch.num_rows
                    self.progress = passed / self.entries
                    if batch.num_rows:
                        yield TraceChunk(**{name: self._array(batch, name) for name in self.columns})
        except (pa.ArrowException, OSError) as error:
            raise TraceError(f"{self.path}: damaged after entry {passed}: {error}") from error

    def _array(self, batch: pa.RecordBatch, name: str) -> np.ndarray:
        column = batch.column(name)
        if column.null_count:
            raise TraceError(
                f"{self.path}: column '{name}' has {column.null_count} missing values; every entry needs one"
            )
        array: np.ndarray = column.to_numpy(zero_copy_only=False)
        return array


def _footer(path: Path) -> pq.ParquetFile:
    try:
        with pq.ParquetFile(path) as file:
            return file
    except (pa.ArrowException, OSError) as error:
        with path.open("rb") as file:
            begins_as_parquet = file.read(4) == b"PAR1"
        if begins_as_parquet:
            raise TraceError(
                f"{path}: truncated or damaged: it begins as a Parquet file but its footer cannot be read; "
                "write it again"
            ) from error
        raise TraceError(
            f"{path}: is not a Parquet file; for a trace of another simulator name the format with --from, "
            "or convert it first with 'openrow convert'"
        ) from error


def _metadata(path: Path, footer: pq.ParquetFile) -> dict[str, Any]:
    raw = (footer.metadata.metadata or {}).get(METADATA_KEY)
    if raw is None:
        columns = ", ".join(footer.schema_arrow.names)
        raise TraceError(
            f"{path}: is a Parquet file, but not a trace of openrow: the metadata '{METADATA_KEY.decode()}' "
            f"is missing (columns: {columns}); {_HOW_TO_CONVERT}"
        )
    try:
        metadata = json.loads(raw)
    except ValueError as error:
        raise TraceError(
            f"{path}: damaged: the metadata '{METADATA_KEY.decode()}' is not JSON ({error})"
        ) from error
    if not isinstance(metadata, dict) or not {"format_version", "entries"} <= metadata.keys():
        raise TraceError(
            f"{path}: damaged: the metadata '{METADATA_KEY.decode()}' lacks format_version or entries"
        )
    if metadata["format_version"] != FORMAT_VERSION:
        raise TraceError(
            f"{path}: has trace format version {metadata['format_version']}, this openrow reads version "
            f"{FORMAT_VERSION}; write it again, or read it with the openrow that wrote it"
        )
    return metadata


def _columns(path: Path, schema: pa.Schema) -> tuple[str, ...]:
    """Return the columns of a trace that are there, having checked their types."""
    missing = [name for name in _REQUIRED if name not in schema.names]
    if missing:
        raise TraceError(
            f"{path}: column {' and '.join(map(repr, missing))} missing "
            f"(columns: {', '.join(schema.names)}); {_HOW_TO_CONVERT}"
        )
    columns = tuple(name for name in _TYPES if name in schema.names)
    for name in columns:
        if schema.field(name).type != _TYPES[name]:
            raise TraceError(
                f"{path}: column '{name}' is {schema.field(name).type}, it must be {_TYPES[name]}"
            )
    return columns


def _schema(chunk: TraceChunk) -> pa.Schema:
    present = [name for name in _TYPES if getattr(chunk, name) is not None]
    return pa.schema([pa.field(name, _TYPES[name], nullable=False) for name in present])


def _parquet_writer(file: Any, schema: pa.Schema) -> pq.ParquetWriter:
    encodings = {"address": "BYTE_STREAM_SPLIT", "cycle": "DELTA_BINARY_PACKED"}
    return pq.ParquetWriter(
        file,
        schema,
        compression="zstd",
        use_dictionary=[name for name in schema.names if name == "size"],
        column_encoding={name: encodings[name] for name in schema.names if name in encodings},
        write_statistics=False,
        write_page_checksum=True,
    )


def _table(group: list[TraceChunk], schema: pa.Schema) -> pa.Table:
    return pa.table(
        [pa.array(np.concatenate([getattr(chunk, name) for chunk in group])) for name in schema.names],
        schema=schema,
    )


def _with_first(first: TraceChunk, rest: Iterator[TraceChunk]) -> Iterator[TraceChunk]:
    yield first
    yield from rest


def _complete(metadata: Mapping[str, Any], entries: int) -> dict[str, Any]:
    versions = {"python": python_version(), "numpy": np.__version__, "pyarrow": version("pyarrow")}
    versions |= metadata.get("versions", {})
    return {**metadata, "format_version": FORMAT_VERSION, "entries": entries, "versions": versions}
