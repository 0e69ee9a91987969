"""Traces of a sweep: generated once, and mapped into the memory of every worker that plays them."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from openrow.system.traffic import CHUNK_ENTRIES, Traffic, file_traffic, is_kernel, kernel_traffic
from openrow_traces.chunk import TraceChunk

LARGEST_STORED_ENTRIES = 20_000_000
"""Longer traces are generated anew by each worker, chunk by chunk."""
COLUMNS = ("address", "is_write", "size", "cycle")


def trace_name(source: str, parameters: Sequence[str]) -> str:
    """The folder of a stored trace."""
    return hashlib.sha256(json.dumps([source, *parameters]).encode()).hexdigest()[:16]


def open_traffic(source: str, parameters: Sequence[str], form: str | None, entry_bytes: int) -> Traffic:
    """A kernel, or a file."""
    if is_kernel(source) and not Path(source).exists():
        return kernel_traffic(source, list(parameters))
    return file_traffic(source, form, None, entry_bytes)


def store(folder: Path, traffic: Traffic, name: str) -> bool:
    """Write the traffic's entries as arrays below ``folder``, whole or not at all; returns whether it was
    stored.

    It is left out where it is too long, or of unknown length.
    """
    target = folder / name
    if target.is_dir():
        return True
    if traffic.entries is None or traffic.entries > LARGEST_STORED_ENTRIES:
        return False
    chunks = list(traffic.chunks())
    partial = folder / f".{name}.{os.getpid()}"
    partial.mkdir(parents=True, exist_ok=True)
    try:
        for column in COLUMNS:
            parts = [getattr(chunk, column) for chunk in chunks]
            if parts and parts[0] is not None:
                np.save(partial / f"{column}.npy", np.concatenate(parts))
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return True


def stored_chunks(folder: Path, name: str) -> Iterator[TraceChunk]:
    """The entries of a stored trace, mapped, a piece at a time."""
    columns = {
        column: np.load(path, mmap_mode="r")
        for column in COLUMNS
        if (path := folder / name / f"{column}.npy").is_file()
    }
    whole = TraceChunk(columns["address"], columns["is_write"], columns.get("size"), columns.get("cycle"))
    for first in range(0, len(whole), CHUNK_ENTRIES):
        yield whole.part(first, min(first + CHUNK_ENTRIES, len(whole)))


def stored_traffic(folder: Path, traffic: Traffic, name: str) -> Traffic:
    """The traffic itself, or what is stored of it."""
    if not (folder / name).is_dir():
        return traffic
    return Traffic(traffic.name, traffic.entries, traffic.metadata, lambda: stored_chunks(folder, name), ())
