"""What AiM's units compute, in their precision and order.

A unit multiplies 16 elements at a time, adds the products in a tree and then to its sum, all in FP32.
Operands are rounded to the unit's precision beforehand, and the sum as it is read out. An element-wise
product is rounded once. An addition is one of the unit's sum, in FP32, and rounded as it is read out.

ReLU is linear on either side of zero, so that an activation function interpolated between the entries of a
table gives it exactly where zero is one of the entries. The entries of the device's table are not published;
zero is taken to be one.
"""

import numpy as np
from numpy.typing import NDArray

from openrow.config.aim import AimConfig

Float16Array = NDArray[np.float16]
Float32Array = NDArray[np.float32]
ELEMENT_BYTES = 2


def rounded(values: Float32Array, precision: str) -> Float32Array:
    """FP32 numbers rounded to BF16 or FP16, to nearest, ties to even."""
    if precision == "fp16":
        return values.astype(np.float16).astype(np.float32)
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    to_even = (bits >> np.uint32(16)) & np.uint32(1)
    return ((bits + np.uint32(0x7FFF) + to_even) & np.uint32(0xFFFF0000)).view(np.float32)


def computed(pim: AimConfig, kernel: str, operands: tuple[Float16Array, ...]) -> Float32Array:
    """The result of a kernel of finite operands, FP32: ``gemv``, ``add``, ``mul`` or ``relu``."""
    first, *second = (rounded(operand.astype(np.float32), pim.precision) for operand in operands)
    if kernel == "gemv":
        return _gemv(pim, first, *second)
    if kernel == "mul":
        result = first * second[0]
    elif kernel == "add":
        result = first + second[0]
    else:
        result = np.maximum(first, np.float32(0))
    return rounded(result, pim.precision)


def _gemv(pim: AimConfig, matrix: Float32Array, vector: Float32Array) -> Float32Array:
    """The product of a matrix (rows, columns) and a vector (columns,) of rounded numbers, (rows,)."""
    rows, columns = matrix.shape
    missing = -columns % pim.lanes
    if missing:
        matrix, vector = np.pad(matrix, ((0, 0), (0, missing))), np.pad(vector, (0, missing))
    piece = pim.global_buffer_bytes // ELEMENT_BYTES
    total = np.zeros(rows, dtype=np.float32)
    for start in range(0, matrix.shape[1], piece):
        sums = np.zeros(rows, dtype=np.float32)
        for at in range(start, min(start + piece, matrix.shape[1]), pim.lanes):
            products = matrix[:, at : at + pim.lanes] * vector[at : at + pim.lanes]
            while products.shape[1] > 1:
                products = products[:, 0::2] + products[:, 1::2]
            sums += products[:, 0]
        total += rounded(sums, pim.precision)
    return total
