"""Element types: how a number is stored, and in what it is accumulated.

fp32 and fp16 accumulate in fp32, int8 in int32. ``u1`` to ``u8`` are the unsigned slices of bit-sliced
products: packed without gaps, the first element in the lowest bits of the first byte.
"""

from typing import Literal, TypeAlias

import numpy as np

from openrow_kernels.errors import KernelError

ElementName: TypeAlias = Literal["fp32", "fp16", "int8"]
SliceName: TypeAlias = Literal["u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8"]
StoredName: TypeAlias = Literal["fp32", "fp16", "int8", "int32"] | SliceName

INT8_VALUE_SCALE = 32.0
"""Synthetic int8 values are numbers of standard deviation 1 times this, so that none is clipped."""

_DTYPES: dict[str, np.dtype] = {
    "fp32": np.dtype(np.float32),
    "fp16": np.dtype(np.float16),
    "int8": np.dtype(np.int8),
    "int32": np.dtype(np.int32),
    **{f"u{bits}": np.dtype(np.uint8) for bits in range(1, 9)},
}

SLICE_NAMES: tuple[SliceName, ...] = ("u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8")
"""The slice of n bits is at n - 1."""


def dtype_of(element: StoredName) -> np.dtype:
    """Return the NumPy type that holds ``element``."""
    return _DTYPES[element]


def bits_of(element: StoredName) -> int:
    """Return the bits of one stored element."""
    return int(element[1:]) if element in SLICE_NAMES else 8 * int(_DTYPES[element].itemsize)


def bytes_of(element: StoredName) -> int:
    """Return the bytes of one stored element, of a type that takes whole bytes."""
    return bits_of(element) // 8


def store(values: np.ndarray, element: StoredName) -> np.ndarray:
    """Round ``values`` to ``element``: half to even, and for the integer types clipped to their range.

    Raises
    ------
    KernelError
        If a value is not finite, or too large for a floating-point type.
    """
    dtype = _DTYPES[element]
    if dtype.kind != "f":
        limits = np.iinfo(dtype)
        clipped: np.ndarray = np.clip(np.rint(values), limits.min, limits.max).astype(dtype)
        return clipped
    with np.errstate(over="ignore"):
        stored = values.astype(dtype)
    if not np.isfinite(stored).all():
        largest, limit = np.abs(values).max(), np.finfo(dtype).max
        raise KernelError(f"values up to {largest:g} do not fit {element}, which ends at {limit:g}")
    return stored
