"""The compiled twin of ``product``: currents to codes to sums, and products of bit planes.

A code is rint of current times ratio. The three numbers of a pair of slices are ratio, snap and value
(``levels.Conversion``). Adding and subtracting a large number rounds to even: what is written here as it is
must be compiled as it is.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from openrow_kernels.compilation import compiled

Reals = NDArray[np.float64]
TO_INTEGER = 1.5 * 2.0**52


def _count_bits(_typing_context: Any, _word: Any) -> Any:
    """Type and generate the number of ones of a 32-bit word."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> ir.Value:
        return builder.ctpop(arguments[0])

    return types.uint32(types.uint32), generate


count_bits: Any = intrinsic(_count_bits)


@compiled
def add_codes(currents: NDArray[np.float32], conversion: Reals, first_column: int, sums: Reals) -> None:
    """Add to ``sums``, from ``first_column``, the codes of ``currents`` (rows, input slices, columns).

    ``conversion`` holds ratio, snap and value for each input slice.
    """
    rows, slices, columns = currents.shape
    for row in range(rows):
        into = sums[row, first_column : first_column + columns]
        for i in range(slices):
            ratio, snap, value = conversion[i, 0], conversion[i, 1], conversion[i, 2]
            line = currents[row, i]
            for n in range(columns):
                code = ((float(line[n]) * ratio + snap) - snap + TO_INTEGER) - TO_INTEGER
                into[n] += code * value


@compiled
def add_clipped_codes(
    currents: NDArray[np.float32],
    conversion: Reals,
    lowest: float,
    highest: float,
    first_column: int,
    sums: Reals,
) -> None:
    """Add codes as :func:`add_codes` does, kept within ``lowest`` and ``highest``."""
    rows, slices, columns = currents.shape
    for row in range(rows):
        into = sums[row, first_column : first_column + columns]
        for i in range(slices):
            ratio, snap, value = conversion[i, 0], conversion[i, 1], conversion[i, 2]
            line = currents[row, i]
            for n in range(columns):
                code = ((float(line[n]) * ratio + snap) - snap + TO_INTEGER) - TO_INTEGER
                code = lowest if code < lowest else code
                code = highest if code > highest else code
                into[n] += code * value


@compiled
def add_scaled(
    sums: Reals,
    row_scale: Reals,
    column_scale: Reals,
    first_row: int,
    rows_shared: int,
    unit: float,
    total: Reals,
) -> None:
    """Add ``sums`` times both scales and ``unit`` to ``total``; all but ``row_scale`` by column."""
    rows, columns = sums.shape
    for row in range(rows):
        scale = row_scale[(first_row + row) // rows_shared]
        line, into = sums[row], total[row]
        for n in range(columns):
            into[n] += scale * column_scale[n] * unit * line[n]


@compiled
def add_plane_codes(
    inputs: NDArray[np.uint32],
    weights: NDArray[np.uint32],
    members: NDArray[np.int64],
    input_planes: NDArray[np.int64],
    weight_planes: NDArray[np.int64],
    plane_values: NDArray[np.int32],
    conversions: Reals,
    sums: Reals,
) -> None:
    """Add to ``sums`` (rows, columns) the codes of the products of weight slices ``members``.

    ``inputs`` (rows, planes, words) and ``weights`` (planes, words, columns) are bit planes, packed along the
    rows of the block. ``input_planes`` and ``weight_planes`` hold the first plane of each slice and the end,
    ``plane_values`` the value of each pair of planes, ``conversions`` (weight slices, input slices, 3) what
    :func:`add_codes` takes.
    """
    rows, _, words = inputs.shape
    columns = weights.shape[2]
    current = np.empty(columns, np.int32)
    for row in range(rows):
        into = sums[row]
        for j in members:
            for i in range(len(input_planes) - 1):
                current[:] = 0
                for p in range(input_planes[i], input_planes[i + 1]):
                    for word in range(words):
                        x = inputs[row, p, word]
                        for q in range(weight_planes[j], weight_planes[j + 1]):
                            value = plane_values[p, q]
                            line = weights[q, word]
                            for n in range(columns):
                                current[n] += np.int32(count_bits(x & line[n])) * value
                ratio, snap, each = conversions[j, i, 0], conversions[j, i, 1], conversions[j, i, 2]
                for n in range(columns):
                    code = ((float(current[n]) * ratio + snap) - snap + TO_INTEGER) - TO_INTEGER
                    into[n] += code * each
