"""Holds the faces of a kernel against each other: what the numbers need, and what the stream touches."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.kernel import Chunk, Kernel


@dataclass(frozen=True)
class Accesses:
    """A whole stream."""

    address: NDArray[np.int64]
    size: NDArray[np.int64]
    is_write: NDArray[np.bool_]

    def listed(self) -> list[tuple[int, int, bool]]:
        return list(zip(self.address.tolist(), self.size.tolist(), self.is_write.tolist(), strict=True))


def whole_stream(kernel: Kernel, chunk_entries: int = 1 << 20) -> Accesses:
    chunks: list[Chunk] = list(kernel.stream(chunk_entries))
    return Accesses(
        np.concatenate([chunk.address for chunk in chunks]).astype(np.int64),
        np.concatenate([chunk.size for chunk in chunks]).astype(np.int64),
        np.concatenate([chunk.is_write for chunk in chunks]),
    )


def byte_counts(kernel: Kernel, accesses: Accesses, is_write: bool) -> dict[str, NDArray[np.int64]]:
    """Return how often each byte of each tensor is read (or written)."""
    address, size = (values[accesses.is_write == is_write] for values in (accesses.address, accesses.size))
    end = max(tensor.end for tensor in kernel.tensors())
    steps = np.zeros(end + 1, np.int64)
    np.add.at(steps, address, 1)
    np.add.at(steps, address + size, -1)
    counts = np.cumsum(steps)
    return {tensor.name: counts[tensor.base : tensor.end] for tensor in kernel.tensors()}


def poisoned(kernel: Kernel, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the inputs, every element that the stream does not read replaced: NaN, or inverted integers."""
    read = byte_counts(kernel, whole_stream(kernel), is_write=False)
    ruined = {}
    for tensor in kernel.tensors():
        if tensor.name in inputs:
            clean = tensor.pack(inputs[tensor.name])
            poison = tensor.pack(_poison(inputs[tensor.name]))
            ruined[tensor.name] = tensor.unpack(np.where(read[tensor.name] > 0, clean, poison))
    return ruined


def _poison(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "f":
        return np.full_like(values, np.nan)
    return ~values


def equal_bit_for_bit(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


def elements_read(kernel: Kernel, name: str) -> NDArray[np.bool_]:
    """Return, in the shape of the tensor, which of its elements the stream reads."""
    (tensor,) = (tensor for tensor in kernel.tensors() if tensor.name == name)
    read = byte_counts(kernel, whole_stream(kernel), is_write=False)[name]
    marked: NDArray[np.bool_] = tensor.unpack(np.where(read > 0, 255, 0).astype(np.uint8)) != 0
    return marked
