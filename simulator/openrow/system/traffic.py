"""What is replayed: a trace file of any format, or a kernel, generated as it is needed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openrow_kernels.catalogue import kernel, names
from openrow_traces.chunk import TraceChunk, as_trace_chunk
from openrow_traces.formats import open_any

CHUNK_ENTRIES = 1 << 17


@dataclass(frozen=True)
class Traffic:
    """A stream of accesses that can be gone through, once or again.

    Attributes
    ----------
    name
        The file or kernel.
    entries
        How many entries it has, at most; None where nobody knows before the end.
    metadata
        Where it comes from, ready for JSON.
    chunks
        Starts going through it.
    warnings
        What the reader had to say, complete after the last chunk.
    """

    name: str
    entries: int | None
    metadata: Mapping[str, Any]
    chunks: Callable[[], Iterator[TraceChunk]]
    warnings: Sequence[str]


def is_kernel(name: str) -> bool:
    """Whether ``name`` names a kernel of the catalogue, with or without a preset."""
    return name.partition(":")[0] in {spec.partition(":")[0] for spec, _ in names()}


def kernel_traffic(spec: str, overrides: Sequence[str] = ()) -> Traffic:
    """The accesses of a kernel, generated chunk by chunk.

    Raises
    ------
    openrow_kernels.errors.KernelError
        For an unknown kernel or parameter.
    """
    made = kernel(spec, overrides)
    return Traffic(
        name=spec,
        entries=made.total_entries(),
        metadata=made.metadata(),
        chunks=lambda: (as_trace_chunk(chunk) for chunk in made.stream(CHUNK_ENTRIES)),
        warnings=(),
    )


def file_traffic(
    path: str, format: str | None = None, levels: str | None = None, entry_bytes: int = 64
) -> Traffic:
    """The accesses of a trace file.

    Raises
    ------
    openrow_traces.errors.TraceError
        For a file that is missing, empty, foreign or damaged, with the place.
    """
    reader = open_any(path, format, levels=levels, entry_bytes=entry_bytes)
    return Traffic(
        name=path,
        entries=reader.entries,
        metadata=dict(reader.metadata),
        chunks=lambda: reader.chunks(CHUNK_ENTRIES),
        warnings=reader.warnings,
    )
