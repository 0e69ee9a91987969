"""The log of commands that the controllers of units working in step keep."""

import numpy as np
from numpy.typing import NDArray

from openrow.pim.columns import BANK, COLUMN, COMMAND, CYCLE, ORIGIN, ROW
from openrow_kernels.compilation import compiled

Int64Array = NDArray[np.int64]


@compiled
def write_down(
    log: Int64Array, place: int, cycle: int, command: int, bank: int, row: int, column: int, origin: int
) -> None:
    """Write a command to a place of the log (n, LOG_COLUMNS); ``origin`` is what it serves, or -1."""
    log[place, CYCLE] = cycle
    log[place, COMMAND] = command
    log[place, BANK] = bank
    log[place, ROW] = row
    log[place, COLUMN] = column
    log[place, ORIGIN] = origin
