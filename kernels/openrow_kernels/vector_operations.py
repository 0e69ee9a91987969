"""Operations on vectors, by their definitions: what units beside the banks are held to.

Operands are FP16; results are exact but for the rounding of FP64.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Float16Array = NDArray[np.float16]
Float64Array = NDArray[np.float64]

ROWS_AT_ONCE = 64
"""Of a matrix, so that a part in FP64 stays in a core's own cache for thousands of columns."""


def gemv(matrix: Float16Array, vector: Float16Array) -> Float64Array:
    """A matrix (rows, columns) times a vector (columns,): y_i = sum over j of A_ij x_j."""
    exact = vector.astype(np.float64)
    parts = range(0, len(matrix), ROWS_AT_ONCE)
    return np.concatenate([matrix[at : at + ROWS_AT_ONCE].astype(np.float64) @ exact for at in parts])


def add(first: Float16Array, second: Float16Array) -> Float64Array:
    """The sum of two vectors."""
    return first.astype(np.float64) + second.astype(np.float64)


def mul(first: Float16Array, second: Float16Array) -> Float64Array:
    """The product of two vectors, element by element."""
    return first.astype(np.float64) * second.astype(np.float64)


def relu(first: Float16Array) -> Float64Array:
    """A vector with zeros for its negative elements."""
    return np.maximum(first.astype(np.float64), 0.0)


OPERATIONS: Mapping[str, Callable[..., Float64Array]] = {"gemv": gemv, "add": add, "mul": mul, "relu": relu}
"""Each operation by its name."""


def random_halves(seed: int, *shape: int) -> Float16Array:
    """FP16 numbers evenly spread over -1 to 1, in steps of 2^-10, the same for the same seed."""
    steps = np.random.default_rng(seed).integers(0, 2049, size=shape, dtype=np.uint16)
    table = (np.arange(-1024, 1025) / 1024).astype(np.float16)
    return table[steps]
