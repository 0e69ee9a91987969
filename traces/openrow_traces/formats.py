"""The formats by name, which one a file has, and the two functions that open and write any of them."""

from pathlib import Path

from openrow_traces.errors import TraceError
from openrow_traces.reader import TraceReader, readable_file


def open_any(path: str | Path, format: str | None = None) -> TraceReader:
    """Open a trace in the format given, or in the one that its name says."""
    path = readable_file(path)
    name = format or path.suffix.removeprefix(".")
    if name == "npz":
        from openrow_traces.npz import NpzTrace

        return NpzTrace(path)
    if name == "parquet":
        from openrow_traces.parquet import open_trace

        return open_trace(path)
    raise TraceError(f"{path}: unknown trace format '{name}'; the formats are parquet and npz")
