"""Wire resistance: what the cells of an array conduct seen through the wires that join them.

Each row and each column is a chain of wire segments with a node at every cell. A row is driven at one end
through a segment, a column is held at 0 V at the other through a segment (the circuit of CrossSim and
badcrossbar). The circuit is linear, so its column currents are the row voltages times a matrix of effective
conductances, which takes the place of the cells. It is found for one driven row at a time by solving all
columns and all rows in turn, each a tridiagonal system (line Gauss-Seidel), until no voltage moves. The sum
of the currents through the cells of a column is the column's current.
"""

import numpy as np
from numpy.typing import NDArray

from openrow.crossbar import wires_compiled
from openrow.errors import UserError
from openrow_kernels.compilation import read_only

TOLERANCE = 1e-10
"""Change of voltage, of 1 V, at which the sweeps stop."""
MOST_SWEEPS = 20_000


class WireError(UserError):
    """An array whose voltages are not found."""


def effective_conductances(cells_s: NDArray[np.float64], segment_ohm: float) -> NDArray[np.float64]:
    """Return the current in amperes of each column per volt on each row (rows, columns).

    Parameters
    ----------
    cells_s
        Conductances (rows, columns) in siemens; row 0 is furthest from the columns' ends, column 0 nearest
        to the drivers.
    segment_ohm
        Resistance of the wire between neighbouring cells, and at each driven or grounded end.

    Raises
    ------
    WireError
        If the sweeps do not settle.
    """
    cells = read_only(np.asarray(cells_s, np.float64))
    currents = np.empty(cells.shape)
    for row in range(len(cells)):
        sweeps = wires_compiled.column_currents(
            cells, 1.0 / segment_ohm, row, TOLERANCE, MOST_SWEEPS, currents[row]
        )
        if sweeps < 0:
            raise WireError(
                f"voltages of an array of {cells.shape[0]} x {cells.shape[1]} cells with {segment_ohm} ohm "
                f"a segment do not settle in {MOST_SWEEPS} sweeps; the wires conduct less than the cells"
            )
    return currents
