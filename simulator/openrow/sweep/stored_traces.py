"""Traces of a sweep: generated once, and mapped into the memory of every worker that plays them."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from openrow.config.problems import nearest
from openrow.errors import UserError
from openrow.system.traffic import CHUNK_ENTRIES, Traffic, file_traffic, is_kernel, kernel_traffic
from openrow_kernels.catalogue import names
from openrow_traces.chunk import TraceChunk

LARGEST_STORED_ENTRIES = 20_000_000
"""Longer traces are generated anew by each worker, chunk by chunk."""
COLUMNS = ("address", "is_write", "size", "cycle")


@dataclass(frozen=True)
class Trace:
    """What is played, the same for every worker.

    Attributes
    ----------
    source
        A kernel, or the absolute path of a file.
    parameters
        Of the kernel, each ``name=value``.
    format
        Of the file, if its name does not tell.
    entry_bytes
        Of an entry of a file whose lines leave it out.
    content
        A hash of the file; None for a kernel.
    """

    source: str
    parameters: tuple[str, ...]
    format: str | None
    entry_bytes: int
    content: str | None

    @property
    def identity(self) -> list[Any]:
        """What tells it from others: a file is known by what is in it, wherever it lies."""
        if self.content is None:
            return [self.source, *self.parameters]
        return [self.content, self.format, self.entry_bytes]

    @property
    def name(self) -> str:
        """The folder it is stored in."""
        return hashlib.sha256(json.dumps(self.identity).encode()).hexdigest()[:16]

    def traffic(self) -> Traffic:
        """Its entries, generated or read."""
        if self.content is None:
            return kernel_traffic(self.source, list(self.parameters))
        return file_traffic(self.source, self.format, None, self.entry_bytes)


def content_of(source: str) -> str | None:
    """The hash of a file; None for a kernel.

    Raises
    ------
    UserError
        Where it is neither.
    """
    path = Path(source)
    if is_kernel(source) and not path.exists():
        return None
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        near = nearest(source, (name for name, _ in names()))
        hint = f"the nearest is {near}" if near else "'openrow list kernels' has them"
        raise UserError(
            f"sweep.trace: {source}: is neither a kernel ({hint}) nor a file that can be read: "
            f"{error.strerror}"
        ) from error


def store(folder: Path, trace: Trace) -> bool:
    """Write the entries of a trace as arrays below ``folder``, whole or not at all.

    It is left out where it is too long, or of unknown length: then each worker goes through it anew.

    Returns
    -------
    bool
        Whether it is stored.
    """
    target = folder / trace.name
    if target.is_dir():
        return True
    traffic = trace.traffic()
    if traffic.entries is None or traffic.entries > LARGEST_STORED_ENTRIES:
        return False
    chunks = list(traffic.chunks())
    partial = folder / f".{trace.name}.{os.getpid()}"
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


def stored_traffic(folder: Path, trace: Trace) -> Traffic:
    """The trace's traffic, from what is stored of it where it is.

    Raises
    ------
    UserError
        Where a file of it is not there, or is another than it was.
    """
    traffic = trace.traffic()
    if not (folder / trace.name).is_dir():
        return traffic
    return Traffic(
        traffic.name, traffic.entries, traffic.metadata, lambda: stored_chunks(folder, trace.name), ()
    )
