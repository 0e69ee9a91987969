"""Small hosts and streams for tests."""

from collections.abc import Sequence

import numpy as np

from openrow.config.architecture import Architecture
from openrow.config.host import HostConfig
from openrow.config.loading import load_architecture
from openrow_traces.chunk import TraceChunk

CACHE = {"size_bytes": 8192, "ways": 4, "bandwidth_gb_per_s": 100.0, "energy_pj_per_byte": 2.0}
HOST = {
    "name": "small",
    "source": "made up",
    "compute": {"vector_gflop_per_s": 50.0, "efficiency": 0.5, "energy_pj_per_flop": 3.0},
    "l2": CACHE,
    "window": 16,
}


def small_host(overrides: Sequence[str] = (), **changes: object) -> Architecture:
    """A small host before four channels of HBM2, with some sections of its own."""
    architecture = load_architecture("memory/hbm2-2000", ["memory.channels=4", *overrides])
    return architecture.model_copy(update={"host": HostConfig.model_validate(HOST | changes)})


def reads(address: Sequence[int] | np.ndarray, size: int = 32) -> TraceChunk:
    """Reads of ``size`` bytes each."""
    first = np.asarray(address, dtype=np.uint64)
    return TraceChunk(first, np.zeros(len(first), dtype=np.bool_), np.full(len(first), size, dtype=np.uint32))
