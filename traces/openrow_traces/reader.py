"""What every open trace offers, whatever its format."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from openrow_traces.errors import TraceError

if TYPE_CHECKING:
    from openrow_traces.chunk import TraceChunk

DEFAULT_CHUNK_ROWS = 1 << 20


class TraceReader(Protocol):
    """A trace that can be read from the beginning, chunk by chunk, as often as wanted."""

    path: Path
    """Where the trace lies."""
    format: str
    """Name of the format, as ``--from`` takes it."""
    metadata: dict[str, Any]
    """What the file says about its origin; of foreign formats only the file's name and format."""
    warnings: list[str]
    """What the file holds that a trace cannot carry, known fully after the last chunk."""
    progress: float
    """How much of the file the current reading has passed, 0 to 1."""

    @property
    def entries(self) -> int | None:
        """How many entries the trace has; None where only reading to the end tells."""

    def chunks(self, max_rows: int = DEFAULT_CHUNK_ROWS) -> "Iterator[TraceChunk]":
        """Yield all entries in order, in non-empty chunks of at most ``max_rows``, in bounded memory.

        Raises
        ------
        TraceError
            Where the file turns out to be damaged, or to have no entry at all.
        """


def readable_file(path: str | Path) -> Path:
    """Return ``path`` if it is a file that can be read.

    Raises
    ------
    TraceError
        If it does not exist, is no file, is empty or must not be read.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise TraceError(f"{path}: the file is empty; a trace has at least one entry")
    except FileNotFoundError:
        raise TraceError(f"{path}: no such file") from None
    except OSError as error:
        raise TraceError(f"{path}: cannot be read ({error.strerror})") from error
    return path
