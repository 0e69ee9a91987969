"""Tensors in the simulated memory: what a chip of crossbars reads from it, and writes to it."""

from collections.abc import Iterator

import numpy as np
import simpy

from openrow.config.memory import MemoryConfig
from openrow.config.organisation import burst_bytes, capacity_bytes
from openrow.config.timings import cycle_ns
from openrow.crossbar.hardware.chip import Chip, Steps
from openrow.engine.clock import ClockDomain
from openrow.engine.memory_process import MemoryProcess
from openrow.errors import UserError
from openrow.memory.controller.state import SourceShape
from openrow.memory.statistics import MemoryStatistics
from openrow.memory.system import MemorySystem
from openrow_traces.chunk import TraceChunk

READS, WRITES = 0, 1
"""The two traffic sources."""
CHUNK_BURSTS = 1 << 14
READ_BYTES = 4096
"""Of an image asked for at once, in whole rows: enough to hide the memory's latency."""


class TensorMemory:
    """The memory of a chip, with a source that reads and one that writes."""

    def __init__(self, env: simpy.Environment, memory: MemoryConfig) -> None:
        self._config = memory
        self._period_ns = cycle_ns(memory.clock)
        self._memory = MemorySystem(memory, [SourceShape(), SourceShape()])
        self._process = MemoryProcess(env, self._memory, ClockDomain(self._period_ns * 1000))
        self.bytes_read = self.bytes_written = 0

    def read(self, address: int, amount: int) -> simpy.Event:
        """Ask for bytes; the event comes when all are there. Ask again only then."""
        self.bytes_read += amount
        return self._process.request(READS, self._chunks(address, amount, write=False))

    def write(self, address: int, amount: int) -> simpy.Event:
        """Write bytes; the event comes when the memory has them. Ask again only then."""
        self.bytes_written += amount
        return self._process.request(WRITES, self._chunks(address, amount, write=True))

    def statistics(self, until_ps: int) -> MemoryStatistics:
        """What the memory has done by then: it refreshes and stands by until then."""
        return self._memory.statistics(int(until_ps / (self._period_ns * 1000)))

    def check_fit(self, amount: int) -> None:
        """Refuse tensors that the memory does not hold.

        Raises
        ------
        UserError
            Where it does not.
        """
        capacity = capacity_bytes(self._config)
        if amount > capacity:
            raise UserError(f"the tensors take {amount:,} bytes, and the memory has {capacity:,}")

    def _chunks(self, address: int, amount: int, write: bool) -> Iterator[TraceChunk]:
        burst = burst_bytes(self._config)
        first, end = address // burst, -(-(address + amount) // burst)
        for start in range(first, end, CHUNK_BURSTS):
            numbers = np.arange(start, min(start + CHUNK_BURSTS, end), dtype=np.uint64)
            yield TraceChunk(
                address=numbers * np.uint64(burst),
                is_write=np.full(len(numbers), write),
                size=np.full(len(numbers), burst, dtype=np.uint32),
            )


def read_images(chip: Chip, memory: TensorMemory) -> Steps:
    """Read images, some rows at a time, as the buffers of those who read them have room."""
    layer = chip.image_readers[0].reader.layer
    height, width = layer.image
    size = width * layer.channels * chip.mapping.hardware.input_bytes
    room = min(inbox.room for inbox in chip.image_readers)
    at_once = max(1, min(room, READ_BYTES // size))
    for row in range(0, chip.batch * height, at_once):
        end = min(row + at_once, chip.batch * height)
        for inbox in chip.image_readers:
            free = end - inbox.room
            if inbox.released.count < free:
                yield inbox.released.reached(free)
        yield memory.read(row * size, (end - row) * size)
        for inbox in chip.image_readers:
            for arriving in range(row, end):
                shares = inbox.pixels.row_shares(arriving)
                chip.env.process(chip.arrive(0, inbox, arriving, width, shares))


def write_results(chip: Chip, memory: TensorMemory) -> Steps:
    """Write the rows of the last layer as they are sent."""
    last = list(chip.layers.values())[-1]
    height, width = last.layer.passed_on
    size = width * last.layer.outputs * chip.result_bytes
    first = image_bytes(chip)
    row = 0
    while row < chip.batch * height:
        if last.sent.count <= row:
            yield last.sent.reached(row + 1)
        end = last.sent.count
        yield memory.write(first + row * size, (end - row) * size)
        row = end


def image_bytes(chip: Chip) -> int:
    """Return the bytes of all images."""
    layer = chip.image_readers[0].reader.layer
    pixels = layer.image[0] * layer.image[1]
    return chip.batch * pixels * layer.channels * chip.mapping.hardware.input_bytes
