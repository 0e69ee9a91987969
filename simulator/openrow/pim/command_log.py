"""The log of commands of controllers whose units work in step."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from openrow.pim.columns import LOG_COLUMNS

Int64Array = NDArray[np.int64]


def log_parts(issue: Callable[[Int64Array], int], rows: int) -> Iterator[Int64Array]:
    """Yield the commands (n, LOG_COLUMNS) of a controller, part by part.

    ``issue`` goes on with its commands, writes them into the log it is given, and returns how many; with
    fewer than the log's ``rows`` all is done.
    """
    log = np.empty((rows, LOG_COLUMNS), dtype=np.int64)
    logged = rows
    while logged == rows:
        logged = issue(log)
        yield log[:logged].copy()
