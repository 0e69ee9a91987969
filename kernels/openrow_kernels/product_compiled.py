"""Compiled twin of ``gemm`` and ``bit_sliced_gemm``: sums of products along k, in ascending order."""

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.compilation import compiled


@compiled
def multiply_float(a: NDArray[np.float32], b: NDArray[np.float32], c: NDArray[np.float32]) -> None:
    """Add A (m, k) B (k, n) onto C (m, n), in fp32."""
    for i in range(a.shape[0]):
        for inner in range(a.shape[1]):
            left = a[i, inner]
            for j in range(b.shape[1]):
                c[i, j] += left * b[inner, j]


@compiled
def multiply_int8(a: NDArray[np.int8], b: NDArray[np.int8], c: NDArray[np.int32]) -> None:
    """Add A (m, k) B (k, n) onto C (m, n), in int32."""
    for i in range(a.shape[0]):
        for inner in range(a.shape[1]):
            left = np.int32(a[i, inner])
            for j in range(b.shape[1]):
                c[i, j] += left * np.int32(b[inner, j])


@compiled
def multiply_sliced(
    a: NDArray[np.uint8],
    b: NDArray[np.uint8],
    a_weights: NDArray[np.int64],
    b_weights: NDArray[np.int64],
    block: int,
    c: NDArray[np.int64],
) -> None:
    """Add the products of slices A (slices, m, k) and B (slices, k, n) onto C (m, n), a block of k at a time.

    As in a crossbar, each pair of slices gives a partial product of small unsigned numbers for a block, which
    is then weighted and added up.
    """
    columns = b.shape[2]
    partial = np.empty(columns, np.int64)
    for i in range(a.shape[1]):
        for first in range(0, a.shape[2], block):
            end = min(first + block, a.shape[2])
            for s in range(a.shape[0]):
                for t in range(b.shape[0]):
                    partial[:] = 0
                    for inner in range(first, end):
                        left = np.int64(a[s, i, inner])
                        for j in range(columns):
                            partial[j] += left * np.int64(b[t, inner, j])
                    weight = a_weights[s] * b_weights[t]
                    for j in range(columns):
                        c[i, j] += weight * partial[j]
