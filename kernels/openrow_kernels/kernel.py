"""What every kernel offers: typed parameters, tensors, numbers, and the addresses the numbers touch.

A kernel is one thing with three faces. ``plain`` is its definition in NumPy, to be read; ``compute`` the same
compiled, equal to it bit for bit; ``stream`` the accesses that a direct implementation makes, in chunks, for
the chosen tensor layout and loop order. Tests hold the three against each other.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from openrow_kernels.elements import ElementName
from openrow_kernels.errors import KernelError
from openrow_kernels.layout import MapLayout, Tensor
from openrow_kernels.order import LoopOrder

PositiveInt = Annotated[int, Field(gt=0)]
Tile = tuple[PositiveInt, PositiveInt]
Arrays: TypeAlias = dict[str, np.ndarray]

DEFAULT_CHUNK_ENTRIES = 1 << 20


class Parameters(BaseModel):
    """Parameters of a kernel. Unknown names and loosely typed values are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class MapParameters(Parameters):
    """What all kernels on feature maps share."""

    element: ElementName = "fp16"
    """How the elements of maps are stored."""
    layout: MapLayout = "nhwc"
    """How maps lie in memory."""
    layout_tile: Tile = (2, 2)
    """Height and width in pixels of a tile of the layout ``tiled``."""
    order: LoopOrder = "raster"
    """The order of output pixels or queries."""
    order_tile: Tile = (8, 8)
    """Height and width in pixels of a tile of the loop order ``tiled``."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Seed of every synthetic number."""


@dataclass(frozen=True)
class Chunk:
    """Consecutive accesses of a kernel.

    An entry is one contiguous run of bytes: in a channel-last layout all channels of one neighbour, in NCHW
    one element.
    """

    address: NDArray[np.uint64]
    """First byte of each run."""
    size: NDArray[np.uint32]
    """Bytes of each run."""
    is_write: NDArray[np.bool_]
    """True where the run is written."""

    def __len__(self) -> int:
        return len(self.address)


class Kernel(ABC):
    """A kernel with its parameters fixed."""

    name: str
    """Name in the catalogue, without the preset."""
    preset: str | None
    parameters: Parameters

    @abstractmethod
    def tensors(self) -> tuple[Tensor, ...]:
        """Return all tensors, in the order of their bases."""

    @abstractmethod
    def inputs(self) -> Arrays:
        """Return the input tensors by name, in canonical axis order and stored type: seeded, or real data."""

    @abstractmethod
    def plain(self, inputs: Mapping[str, np.ndarray]) -> Arrays:
        """Return the outputs by name, by the definition in NumPy."""

    @abstractmethod
    def compute(self, inputs: Mapping[str, np.ndarray]) -> Arrays:
        """Return the outputs by name, compiled: equal to :meth:`plain` bit for bit."""

    @abstractmethod
    def total_entries(self) -> int:
        """Return how many entries the stream has at most; fewer only where samples fall outside a map."""

    @abstractmethod
    def _chunks(self, chunk_entries: int) -> Iterator[Chunk]:
        """Yield the chunks of :meth:`stream`."""

    def stream(self, chunk_entries: int = DEFAULT_CHUNK_ENTRIES) -> Iterator[Chunk]:
        """Yield the accesses in order, in fresh arrays.

        A chunk holds whole output pixels, queries or tiles: at most ``chunk_entries`` entries, or those of a
        single one where that alone makes more. The concatenation does not depend on ``chunk_entries``.
        """
        if chunk_entries < 1:
            raise KernelError(f"chunk_entries must be at least 1 (got {chunk_entries})")
        return self._chunks(chunk_entries)

    def metadata(self) -> dict[str, Any]:
        """Return what a trace of this kernel must say about itself, ready for JSON."""
        return {
            "kernel": self.name,
            "preset": self.preset,
            "parameters": self.parameters.model_dump(mode="json"),
            "seed": getattr(self.parameters, "seed", None),
            "tensors": [tensor.describe() for tensor in self.tensors()],
        }


def chunk_buffers(entries: int) -> tuple[NDArray[np.uint64], NDArray[np.uint32], NDArray[np.bool_]]:
    """Return empty address, size and write arrays for a chunk of at most ``entries``."""
    return np.empty(entries, np.uint64), np.empty(entries, np.uint32), np.empty(entries, np.bool_)
