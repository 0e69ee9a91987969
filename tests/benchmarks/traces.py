"""The seven traces of the speed comparison: a million 64 B requests each, DDR4-2400, one channel."""

import numpy as np
from numpy.typing import NDArray

from openrow.system.traffic import kernel_traffic
from openrow.validation.runs import trace_addresses
from openrow_traces.bursts import split_into_bursts
from openrow_traces.chunk import TraceChunk

REQUESTS = 1_000_000
BLOCK_BYTES = 64
SEED = 20240607

# Million requests a CPU second, one core, recorded on a shared machine: (Ramulator 2.1, DRAMsim3).
RECORDED = {
    "sequential": (0.303, 0.297),
    "random": (0.183, 0.129),
    "bilinear gather": (0.241, 0.350),
    "mix 70/30": (0.341, 0.295),
    "deformable gather": (0.358, 0.301),
    "stride of a row": (0.241, 0.159),
    "new row in one bank": (0.030, 0.028),
}


def _reads(address: NDArray[np.uint64]) -> TraceChunk:
    return TraceChunk(address, np.zeros(len(address), dtype=np.bool_))


def _strided(step: int) -> NDArray[np.uint64]:
    return np.arange(REQUESTS, dtype=np.uint64) * np.uint64(step) % np.uint64(1 << 30)


def _deformable() -> NDArray[np.uint64]:
    shape = ["levels=2", "heads=4", "points=4", "channels=128", "views=1", "offset_noise_px=2.0"]
    chunks = kernel_traffic("deformable-attention", shape).chunks()
    address = np.concatenate([chunk.address for chunk in split_into_bursts(chunks, BLOCK_BYTES)])
    return np.resize(address, REQUESTS)


def traces() -> dict[str, TraceChunk]:
    """All traces by name.

    The recorded bilinear trace is 100,000 requests long and is repeated ten times.
    """
    random = np.random.default_rng(SEED)
    mixed = TraceChunk(_strided(BLOCK_BYTES), random.random(REQUESTS) < 0.3)
    return {
        "sequential": _reads(_strided(BLOCK_BYTES)),
        "random": _reads(random.integers(0, 1 << 24, REQUESTS).astype(np.uint64) * np.uint64(BLOCK_BYTES)),
        "bilinear gather": _reads(np.resize(trace_addresses("bilinear", 100_000, BLOCK_BYTES), REQUESTS)),
        "mix 70/30": mixed,
        "deformable gather": _reads(_deformable()),
        "stride of a row": _reads(_strided(8 << 10)),
        "new row in one bank": _reads(_strided(128 << 10)),
    }
