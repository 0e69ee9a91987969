"""The compiled twin of ``wires``: alternating line solves of a resistive crossbar."""

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.compilation import compiled

Reals = NDArray[np.float64]


@compiled
def factor_lines(cells: Reals, wire: float, inverse: Reals) -> None:
    """Eliminate each line of ``cells`` (lines, nodes), joined by ``wire`` and to a terminal before node 0.

    ``inverse`` gets the reciprocal of each pivot of the tridiagonal conductance matrix.
    """
    lines, nodes = cells.shape
    for line in range(lines):
        before = 0.0
        for node in range(nodes):
            links = 2.0 if node < nodes - 1 else 1.0
            before = 1.0 / (links * wire + cells[line, node] - wire * wire * before)
            inverse[line, node] = before


@compiled
def solve_line(
    cells: Reals, inverse: Reals, wire: float, terminal: float, opposite: Reals, forward: Reals, out: Reals
) -> float:
    """Solve one line, given the voltages across its cells; returns the largest change of ``out``."""
    nodes = len(out)
    carried = terminal
    for node in range(nodes):
        carried = (cells[node] * opposite[node] + wire * carried) * inverse[node]
        forward[node] = carried
    largest = 0.0
    voltage = 0.0
    for node in range(nodes - 1, -1, -1):
        voltage = forward[node] + wire * inverse[node] * voltage
        change = abs(voltage - out[node])
        largest = change if change > largest else largest
        out[node] = voltage
    return largest


@compiled
def column_currents(
    cells: Reals, wire: float, driven: int, tolerance: float, most_sweeps: int, currents: Reals
) -> int:
    """Write the current of each column when row ``driven`` is at 1 V and the other rows at 0 V.

    ``cells`` (rows, columns) are conductances in siemens, ``wire`` that of a segment. Rows are driven before
    their first column, columns are held at 0 V after their last row. Returns the sweeps it took, or -1.
    """
    rows, columns = cells.shape
    turned = np.ascontiguousarray(cells[::-1].T)
    row_pivots, column_pivots = np.empty_like(cells), np.empty_like(turned)
    factor_lines(cells, wire, row_pivots)
    factor_lines(turned, wire, column_pivots)
    above, below = np.zeros((rows, columns)), np.zeros((columns, rows))
    above[driven] = 1.0
    opposite_row, opposite_column = np.empty(columns), np.empty(rows)
    forward = np.empty(max(rows, columns))
    for sweep in range(most_sweeps):
        change = 0.0
        for column in range(columns):
            for row in range(rows):
                opposite_column[row] = above[rows - 1 - row, column]
            moved = solve_line(
                turned[column], column_pivots[column], wire, 0.0, opposite_column, forward, below[column]
            )
            change = max(change, moved)
        for row in range(rows):
            for column in range(columns):
                opposite_row[column] = below[column, rows - 1 - row]
            terminal = 1.0 if row == driven else 0.0
            moved = solve_line(cells[row], row_pivots[row], wire, terminal, opposite_row, forward, above[row])
            change = max(change, moved)
        if change <= tolerance:
            for column in range(columns):
                total = 0.0
                for row in range(rows):
                    total += cells[row, column] * (above[row, column] - below[column, rows - 1 - row])
                currents[column] = total
            return sweep + 1
    return -1
