"""The formats by name, which one a file has, and the two functions that open and write any of them."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openrow_traces.errors import TraceError
from openrow_traces.levels import DEFAULT_COLUMN_BYTES, parse_levels
from openrow_traces.reader import TraceReader, readable_file

if TYPE_CHECKING:
    from openrow_traces.chunk import TraceChunk
    from openrow_traces.grammar import Grammar

FORMATS = {
    "parquet": "openrow's own: Parquet with the origin of the trace inside",
    "npz": "NumPy archive: addr, is_write, optional size and cycle",
    "ramulator1": "Ramulator 1: 0x12345680 R",
    "ramulator2-ls": "Ramulator 2, load/store: LD 0x12340",
    "ramulator2-rw": "Ramulator 2, address vectors: R 0,1,2,100,32 (needs --levels)",
    "dramsim3": "DRAMsim3: 0x2000D5C0 READ 30",
    "dramsys-stl": "DRAMSys, absolute times: 31: (64) read 0x400140",
    "dramsys-rstl": "DRAMSys, relative times: 2: (64) read 0x400140",
}
"""Every format by name, in a few words."""

EXTENSIONS = {".parquet": "parquet", ".npz": "npz", ".stl": "dramsys-stl", ".rstl": "dramsys-rstl"}
"""The formats that a file's name tells."""

_FAMILIES = {"dramsys": ("dramsys-stl", "dramsys-rstl")}
_BEGINNINGS = {b"PAR1": "parquet", b"PK\x03\x04": "npz"}
_FIRST_LINES = {
    "ramulator2-ls": rb"(LD|ST) \w+",
    "ramulator2-rw": rb"[RW] \d+(,\d+)*",
    "dramsys-stl": rb"\d+:\s.*",
    "ramulator1": rb"(0[xX])?[0-9a-fA-F]+ +[RW]",
    "dramsim3": rb"(0[xX])?[0-9a-fA-F]+\s+\S+\s+\d+",
}
_SNIFFED_BYTES = 1 << 16


def open_any(
    path: str | Path,
    format: str | None = None,
    *,
    levels: str | None = None,
    column_bytes: int = DEFAULT_COLUMN_BYTES,
    entry_bytes: int = 64,
) -> TraceReader:
    """Open a trace of any format.

    Parameters
    ----------
    path
        The file.
    format
        A name of :data:`FORMATS`, or ``dramsys``, where the file's extension says which; None to tell it by
        the file's extension or first line.
    levels
        For ``ramulator2-rw``: the levels and their sizes from the outside in, as ``channel:1,rank:1,...``.
    column_bytes
        For ``ramulator2-rw``: bytes of one step of the last level.
    entry_bytes
        For DRAMSys: bytes of an entry without a length in a file where others have one.

    Raises
    ------
    TraceError
        If the file cannot be read as a trace of that format, or none can be told.
    """
    path = readable_file(path)
    name = _named(format, path) if format else format_of(path)
    if name == "parquet":
        from openrow_traces.parquet import open_trace

        return open_trace(path)
    if name == "npz":
        from openrow_traces.npz import NpzTrace

        return NpzTrace(path)
    from openrow_traces.dramsys import gives_lengths
    from openrow_traces.text import TextTrace

    lengths = name.startswith("dramsys") and gives_lengths(path)
    return TextTrace(path, _grammar(name, levels, column_bytes, lengths, entry_bytes))


def write_any(
    path: str | Path,
    chunks: "Iterable[TraceChunk]",
    format: str | None = None,
    *,
    metadata: Mapping[str, Any] | None = None,
    levels: str | None = None,
    column_bytes: int = DEFAULT_COLUMN_BYTES,
) -> list[str]:
    """Write a trace in any format; the file appears only when it is whole.

    Parameters
    ----------
    path
        The file to write; an existing one is replaced.
    chunks
        The entries in order.
    format
        A name of :data:`FORMATS`, or ``dramsys``; None to tell it by the file's extension.
    metadata
        The origin of the trace, which only ``parquet`` carries.
    levels, column_bytes
        For ``ramulator2-rw``, as in :func:`open_any`.

    Returns
    -------
    list of str
        What the format could not carry, a sentence each.

    Raises
    ------
    TraceError
        If the trace is empty, cannot be said in that format, or the file cannot be written.
    """
    path = Path(path)
    name = format_name_for(path, format)
    if name == "parquet":
        from openrow_traces.parquet import write_trace

        return write_trace(path, chunks, metadata)
    if name == "npz":
        from openrow_traces.npz import write_npz

        warnings = write_npz(path, chunks)
    else:
        from openrow_traces.text import write_text

        warnings = write_text(path, chunks, _grammar(name, levels, column_bytes))
    if metadata and "kernel" in metadata:
        warnings.append(
            f"{path}: the origin of the trace (kernel, parameters, tensors) is not written: only parquet can"
        )
    return warnings


def format_of(path: Path) -> str:
    """Return the format of an existing file, by its extension or else by how it begins.

    Raises
    ------
    TraceError
        If neither tells.
    """
    if path.suffix in EXTENSIONS:
        return EXTENSIONS[path.suffix]
    with path.open("rb") as file:
        begin = file.read(_SNIFFED_BYTES)
    for beginning, name in _BEGINNINGS.items():
        if begin.startswith(beginning):
            return name
    if begin.startswith(b"\x1f\x8b"):
        raise TraceError(f"{path}: is compressed with gzip; unpack it first")
    first = next((line for line in begin.splitlines() if line.strip() and not line.startswith(b"#")), b"")
    for name, pattern in _FIRST_LINES.items():
        if re.fullmatch(pattern, first.strip()):
            return name
    shown = first[:40].decode("ascii", "backslashreplace")
    raise TraceError(
        f"{path}: neither the name nor the first line ('{shown}') tells the format; "
        f"name it with --from: {_listed()}"
    )


def format_name_for(path: Path, format: str | None = None) -> str:
    """Return the format of a file to be written: the one given, or the one its name tells.

    Raises
    ------
    TraceError
        If there is no such format, or the name tells none.
    """
    if format:
        return _named(format, path)
    if path.suffix in EXTENSIONS:
        return EXTENSIONS[path.suffix]
    raise TraceError(f"{path}: the name does not tell the format; name it with --to: {_listed()}")


def _named(format: str, path: Path) -> str:
    """Return the name of a format that a user gave, a family's name resolved by the file's extension."""
    if format in FORMATS:
        return format
    if format in _FAMILIES:
        told = EXTENSIONS.get(path.suffix)
        return told if told in _FAMILIES[format] else _FAMILIES[format][0]
    near = get_close_matches(format, [*FORMATS, *_FAMILIES], 1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise TraceError(f"unknown trace format '{format}'{hint} (formats: {_listed()})")


def _listed() -> str:
    return ", ".join(FORMATS)


def _grammar(
    name: str, levels: str | None, column_bytes: int, lengths: bool = False, entry_bytes: int = 64
) -> "Grammar":
    from openrow_traces import dramsim3, dramsys, ramulator

    if name == "ramulator2-rw":
        if levels is None:
            raise ramulator.levels_required(name)
        return ramulator.Ramulator2ReadWrite(parse_levels(levels, column_bytes))
    if name == "dramsys-stl":
        return dramsys.Dramsys(lengths, entry_bytes)
    if name == "dramsys-rstl":
        return dramsys.DramsysRelative(lengths, entry_bytes)
    if name == "ramulator1":
        return ramulator.Ramulator1()
    if name == "ramulator2-ls":
        return ramulator.Ramulator2LoadStore()
    return dramsim3.Dramsim3()
