"""Traces as NumPy archives: ``addr`` and ``is_write``, and where the trace has them ``size`` and ``cycle``.

The arrays are one-dimensional and of equal length. ``addr``, ``size`` and ``cycle`` may be of any integer
type, ``is_write`` bool or an integer that is 0 or 1. Archives are read and written in pieces, never whole in
memory.
"""

import io
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np

from openrow_traces.atomic import whole_file
from openrow_traces.chunk import TraceChunk, parts_of_at_most, same_columns
from openrow_traces.errors import TraceError
from openrow_traces.reader import DEFAULT_CHUNK_ROWS, readable_file

_FIELDS = {"addr": "address", "is_write": "is_write", "size": "size", "cycle": "cycle"}
_TYPES = {"addr": np.uint64, "is_write": np.bool_, "size": np.uint32, "cycle": np.int64}
_REQUIRED = ("addr", "is_write")
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError)


class NpzTrace:
    """A trace in a NumPy archive; see :class:`openrow_traces.reader.TraceReader` for its attributes.

    Raises
    ------
    TraceError
        If the file is missing, truncated, no NumPy archive, or its arrays are not those of a trace.
    """

    format = "npz"

    def __init__(self, path: str | Path) -> None:
        self.path = readable_file(path)
        self.metadata: dict[str, Any] = {"source": self.path.name, "source_format": self.format}
        self.progress = 0.0
        try:
            with zipfile.ZipFile(self.path) as archive:
                names = [name.removesuffix(".npy") for name in archive.namelist()]
                self.columns = self._checked_names(names)
                headers = {}
                for name in self.columns:
                    with archive.open(f"{name}.npy") as member:
                        headers[name] = _header(self.path, name, member)
        except _DAMAGED as error:
            raise TraceError(f"{self.path}: is not a NumPy archive, or is truncated ({error})") from error
        extra = [name for name in names if name not in _FIELDS]
        self.warnings = [f"{self.path}: not read: {', '.join(extra)}"] if extra else []
        lengths = {name: length for name, (_, length) in headers.items()}
        if len(set(lengths.values())) > 1:
            found = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise TraceError(
                f"{self.path}: the arrays differ in length ({found}); every entry needs one value of each"
            )
        self.entries: int = lengths["addr"]
        if not self.entries:
            raise TraceError(f"{self.path}: the trace has no entries")

    def chunks(self, max_rows: int = DEFAULT_CHUNK_ROWS) -> Iterator[TraceChunk]:
        """Yield all entries in order, in chunks of at most ``max_rows``; see :meth:`TraceReader.chunks`."""
        try:
            with zipfile.ZipFile(self.path) as archive, ExitStack() as stack:
                members = {}
                for name in self.columns:
                    member = stack.enter_context(archive.open(f"{name}.npy"))
                    members[name] = member, _header(self.path, name, member)[0]
                for begin in range(0, self.entries, max_rows):
                    rows = min(max_rows, self.entries - begin)
                    arrays = {
                        _FIELDS[name]: _converted(self.path, name, begin, _read_rows(member, dtype, rows))
                        for name, (member, dtype) in members.items()
                    }
                    self.progress = (begin + rows) / self.entries
                    yield TraceChunk(**arrays)
        except _DAMAGED as error:
            raise TraceError(f"{self.path}: damaged: {error}") from error

    def _checked_names(self, names: list[str]) -> list[str]:
        for wanted in _REQUIRED:
            if wanted not in names:
                near = get_close_matches(wanted, names, 1)
                hint = f"; rename '{near[0]}'" if near else ""
                raise TraceError(
                    f"{self.path}: has no array '{wanted}' (it has: {', '.join(names) or 'none'}){hint}"
                )
        return [name for name in _FIELDS if name in names]


def write_npz(path: str | Path, chunks: Iterable[TraceChunk]) -> list[str]:
    """Write a trace as a compressed NumPy archive; the file appears only when it is whole.

    Each column is collected in a nameless temporary file beside the target: an archive needs lengths first.

    Returns
    -------
    list of str
        What could not be carried; nothing of the entries is lost in this format.

    Raises
    ------
    TraceError
        If there is no entry, the columns change on the way, or the file cannot be written.
    """
    entries = 0
    with whole_file(path) as file, ExitStack() as stack:
        folder = Path(path).resolve().parent
        columns: dict[str, IO[bytes]] = {}
        for chunk in parts_of_at_most(same_columns(chunks, str(path)), DEFAULT_CHUNK_ROWS):
            for name, field in _FIELDS.items():
                array = getattr(chunk, field)
                if array is not None:
                    if name not in columns:
                        columns[name] = stack.enter_context(TemporaryFile(dir=folder))
                    columns[name].write(np.ascontiguousarray(array).data)
            entries += len(chunk)
        if not entries:
            raise TraceError(f"{path}: not written, the trace has no entries")
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, column in columns.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    _copy_column(column, member, np.dtype(_TYPES[name]), entries)
    return []


def _copy_column(column: IO[bytes], member: IO[bytes], dtype: np.dtype[Any], entries: int) -> None:
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": (entries,)}
    np.lib.format.write_array_header_1_0(member, header)
    column.seek(0, os.SEEK_SET)
    while piece := column.read(1 << 22):
        member.write(piece)


def _header(path: Path, name: str, member: IO[bytes]) -> tuple[np.dtype[Any], int]:
    """Read the header of an array and return its type and length, having checked that it can be a column."""
    try:
        if np.lib.format.read_magic(member) == (1, 0):
            shape, _, dtype = np.lib.format.read_array_header_1_0(member)
        else:
            shape, _, dtype = np.lib.format.read_array_header_2_0(member)
    except ValueError as error:
        raise TraceError(f"{path}: array '{name}' cannot be read ({error})") from error
    if len(shape) != 1:
        raise TraceError(f"{path}: array '{name}' has shape {shape}; it must have one dimension")
    kinds = "bui" if name == "is_write" else "ui"
    if dtype.kind not in kinds:
        wanted = "bool" if name == "is_write" else "an integer type"
        raise TraceError(f"{path}: array '{name}' is {dtype}; it must be {wanted}")
    return dtype, shape[0]


def _read_rows(member: IO[bytes], dtype: np.dtype[Any], rows: int) -> np.ndarray:
    buffer = io.BytesIO()
    wanted = rows * dtype.itemsize
    while buffer.tell() < wanted:
        piece = member.read(wanted - buffer.tell())
        if not piece:
            raise EOFError("an array ends before its last entry")
        buffer.write(piece)
    return np.frombuffer(buffer.getbuffer(), dtype)


def _converted(path: Path, name: str, begin: int, values: np.ndarray) -> np.ndarray:
    """Return ``values`` in the type of the column; ``begin`` is the entry of the first, for messages."""
    target = _TYPES[name]
    if name == "is_write":
        low, high = 0, 1
    else:
        low, high = (1 if name == "size" else 0), int(np.iinfo(target).max)
    outside = (
        np.zeros(len(values), np.bool_) if values.dtype == np.bool_ else (values < low) | (values > high)
    )
    if outside.any():
        at = int(np.argmax(outside))
        raise TraceError(
            f"{path}: '{name}' of entry {begin + at} is {values[at]}; it must be {low} to {high}"
        )
    return values.astype(target, copy=False)
