"""Command streams of the compiled controller, from random traffic."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openrow.config.memory import MemoryConfig
from openrow.memory.commands import CommandStream
from openrow.memory.controller.state import SourceShape
from openrow.memory.mapping import AddressMapping
from openrow.memory.system import FAR, MemorySystem, Reason


@dataclass(frozen=True)
class Entries:
    """Bursts to ask for."""

    address: NDArray[np.uint64]
    is_write: NDArray[np.bool_]
    size: None
    cycle: NDArray[np.int64] | None


def random_entries(
    memory: MemoryConfig, seed: int, count: int, rows: int, writes: float, mean_gap: int
) -> Entries:
    """Bursts near the one before or in one of ``rows`` rows of any bank, with gaps between them."""
    random = np.random.default_rng(seed)
    mapping = AddressMapping(memory)
    burst = 1 << mapping.offset_bits
    span = min(mapping.capacity_bytes, mapping.capacity_bytes // memory.rows * rows)
    address = random.integers(0, span // burst, count)
    near = random.random(count) < 0.5
    address = np.where(near, np.roll(address, 1) + random.integers(-2, 3, count), address) % (span // burst)
    cycle = np.cumsum(random.geometric(1 / mean_gap, count)) if mean_gap else None
    return Entries((address * burst).astype(np.uint64), random.random(count) < writes, None, cycle)


def controller_stream(memory: MemoryConfig, entries: Entries, source: SourceShape) -> CommandStream:
    """Every command the controller issues for ``entries``."""
    system = MemorySystem(memory, [source], log_commands=True)
    burst = memory.bus_width_bits * memory.burst_length // 8
    system.offer(0, iter([entries]), burst)
    while (reason := system.advance(FAR)) is not Reason.DRAINED:
        assert reason is Reason.NEED_FEED
        system.feed()
    return system.take_commands(final=True)
