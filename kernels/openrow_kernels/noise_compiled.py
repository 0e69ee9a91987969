"""Compiled twin of ``noise``: the same counter-based numbers in loops."""

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.compilation import compiled

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_LANE = np.uint64(0xFFFF)
_BELL_SCALE = np.float32(1.0 / ((65536.0**2 - 1.0) / 3.0) ** 0.5)
_UNIFORM_SCALE = np.float32(2.0**-24)


@compiled
def _bits(key: np.uint64, counter: np.uint64) -> np.uint64:
    z = key + (counter + np.uint64(1)) * _STEP
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return z ^ (z >> np.uint64(31))


@compiled
def fill_bell(key: np.uint64, rows: NDArray[np.int64], out: NDArray[np.float32]) -> None:
    """Fill row r of ``out`` with the bell numbers of counters ``rows[r] * width ...``."""
    width = out.shape[1]
    for r in range(rows.size):
        first = np.uint64(rows[r]) * np.uint64(width)
        for i in range(width):
            z = _bits(key, first + np.uint64(i))
            total = (z & _LANE) + ((z >> np.uint64(16)) & _LANE)
            total += ((z >> np.uint64(32)) & _LANE) + (z >> np.uint64(48))
            out[r, i] = np.float32(np.int64(total) - 131070) * _BELL_SCALE


@compiled
def fill_uniform(key: np.uint64, rows: NDArray[np.int64], out: NDArray[np.float32]) -> None:
    """Fill row r of ``out`` with the uniform numbers of counters ``rows[r] * width ...``."""
    width = out.shape[1]
    for r in range(rows.size):
        first = np.uint64(rows[r]) * np.uint64(width)
        for i in range(width):
            z = _bits(key, first + np.uint64(i))
            out[r, i] = np.float32(np.int64(z >> np.uint64(40)) + 1) * _UNIFORM_SCALE
