"""Files that appear whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from openrow_traces.errors import TraceError


@contextmanager
def whole_file(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file for writing that takes the place of ``path`` only when the block ends without an error.

    The bytes go to a hidden file in the same directory, so that the final step is one rename. Whatever ends
    the block early, an interruption included, removes that file and leaves ``path`` as it was.

    Raises
    ------
    TraceError
        If the file cannot be written: no such directory, no permission, a full disk.
    """
    target = Path(path).resolve()
    if target.exists() and not target.is_file():
        raise TraceError(f"{path}: is not a regular file and cannot be replaced by a trace")
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except OSError as error:
        raise TraceError(
            f"{path}: cannot be written ({error.strerror or error}); nothing was left behind"
        ) from error
    finally:
        partial.unlink(missing_ok=True)
