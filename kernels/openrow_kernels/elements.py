"""Element types: how a number is stored, and in what it is accumulated.

fp32 and fp16 accumulate in fp32, int8 in int32.
"""

from typing import Literal, TypeAlias

import numpy as np

ElementName: TypeAlias = Literal["fp32", "fp16", "int8"]
StoredName: TypeAlias = Literal["fp32", "fp16", "int8", "int32"]

_DTYPES: dict[str, np.dtype] = {
    "fp32": np.dtype(np.float32),
    "fp16": np.dtype(np.float16),
    "int8": np.dtype(np.int8),
    "int32": np.dtype(np.int32),
}


def dtype_of(element: StoredName) -> np.dtype:
    """Return the NumPy type in which ``element`` is stored."""
    return _DTYPES[element]


def bytes_of(element: StoredName) -> int:
    """Return the bytes of one stored element."""
    return int(_DTYPES[element].itemsize)


def store(values: np.ndarray, element: StoredName) -> np.ndarray:
    """Round ``values`` to ``element``: half to even, and for the integer types clipped to their range."""
    dtype = _DTYPES[element]
    if dtype.kind == "f":
        return values.astype(dtype)
    limits = np.iinfo(dtype)
    clipped: np.ndarray = np.clip(np.rint(values), limits.min, limits.max).astype(dtype)
    return clipped
