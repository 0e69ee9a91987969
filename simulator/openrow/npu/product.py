"""A product of matrices on an NPU in simulated time: DMA, scratchpads and array.

The operands come tile by tile, as the kernel's address stream has them. Each scratchpad holds two tiles: one
is computed on while the DMA engine brings the next. Two channels of the engine bring operands, by turns, so
that requests of one tile follow those of the other; a third takes results to the memory, as soon as they
have made room for others, with as much room again for the next. All three contend in the same memory.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from math import prod

import simpy
from simpy.resources.resource import Request

from openrow.config.architecture import Architecture
from openrow.config.npu import BUFFERS, SUM_BYTES, NpuConfig
from openrow.config.timings import cycle_ns
from openrow.engine.clock import ClockDomain
from openrow.engine.memory_process import MemoryProcess
from openrow.memory.controller.state import SourceShape
from openrow.memory.energy import energy_pj
from openrow.memory.statistics import MemoryStatistics
from openrow.memory.system import MemorySystem
from openrow.npu.systolic import array_product
from openrow_kernels.kernel import Chunk
from openrow_kernels.tiled_product import Step
from openrow_traces.chunk import TraceChunk

RESULTS = BUFFERS
"""The traffic source that writes; those before it read."""
PS_PER_US = 10**6
Steps = Generator[simpy.Event, object, None]


@dataclass(frozen=True)
class NpuProduct:
    """A product on an NPU.

    Attributes
    ----------
    npu
        The NPU.
    macs
        Multiplications.
    time_ns
        Until the last result is in the memory.
    array_ns
        In which the array works.
    waited_ns
        In which it waits: for operands, and for room for its results.
    scratchpad_bytes
        Read and written, by the array and by the DMA engine.
    dram
        What the memory has done.
    """

    npu: NpuConfig
    macs: int
    time_ns: float
    array_ns: float
    waited_ns: dict[str, float]
    scratchpad_bytes: int
    dram: MemoryStatistics

    @property
    def limit(self) -> str:
        """What takes the most of the time: the array, or what it waits for."""
        parts = {"systolic_array": self.array_ns}
        parts |= {f"wait_for_{what}": waited for what, waited in self.waited_ns.items()}
        return max(parts, key=lambda part: parts[part])

    @property
    def array_share(self) -> float:
        """Share of the multipliers' time in which they multiply."""
        cycles = self.time_ns * self.npu.clock_mhz / 1e3
        return self.macs / (cycles * self.npu.rows * self.npu.columns)

    @property
    def energy_pj(self) -> dict[str, float]:
        """Energy by part, and in total. What control and leakage take is not in it."""
        parts = {
            "compute": self.macs * self.npu.energy_pj_per_mac,
            "scratchpads": self.scratchpad_bytes * self.npu.energy_pj_per_scratchpad_byte,
            "dram": energy_pj(self.dram)["total"],
        }
        return {**parts, "total": sum(parts.values())}


def simulate_product(architecture: Architecture, steps: Iterator[Step]) -> NpuProduct:
    """Multiply on the NPU of an architecture.

    Parameters
    ----------
    architecture
        Its ``npu`` and ``memory`` apply.
    steps
        The tiles in order, with their accesses.

    Raises
    ------
    openrow.memory.feed.AddressError
        For an access beyond the memory.
    """
    assert architecture.npu is not None, "who calls has looked"
    env = simpy.Environment()
    run = _Run(env, architecture, architecture.npu)
    env.process(run.load(steps))
    env.run(env.process(run.compute()))
    end_ps = int(env.now)
    return NpuProduct(
        architecture.npu,
        run.macs,
        end_ps / 1e3,
        run.array_ps / 1e3,
        {name: waited / 1e3 for name, waited in run.waited_ps.items()},
        run.scratchpad_bytes,
        run.statistics(end_ps),
    )


@dataclass(frozen=True)
class _Loading:
    """A step whose operands are on their way."""

    size: tuple[int, int, int]
    there: simpy.Event | None
    """When they are there; None where it needs none."""
    room: Request
    """Of its operands in the scratchpads."""
    results: TraceChunk
    """What makes room for its own results."""


class _Run:
    """The NPU at work."""

    def __init__(self, env: simpy.Environment, architecture: Architecture, npu: NpuConfig) -> None:
        self._env, self._npu = env, npu
        period_ns = cycle_ns(architecture.memory.clock)
        shape = SourceShape(window=npu.window or 0)
        self._system = MemorySystem(architecture.memory, [shape] * (BUFFERS + 1))
        self._clock = ClockDomain(period_ns * 1000)
        self._memory = MemoryProcess(env, self._system, self._clock)
        self._room = simpy.Resource(env, BUFFERS)
        self._loading = simpy.Store(env)
        self._results = simpy.Resource(env, 1)
        self.macs = self.array_ps = self.scratchpad_bytes = 0
        self.waited_ps = {"operands": 0, "results": 0}

    def statistics(self, until_ps: int) -> MemoryStatistics:
        """What the memory has done by then."""
        return self._system.statistics(self._clock.cycle_at(until_ps))

    def load(self, steps: Iterator[Step]) -> Steps:
        """Bring the operands of one step after another, as scratchpads have room."""
        for number, step in enumerate(steps):
            room = self._room.request()
            yield room
            reads, writes = _reads_and_writes(step.accesses)
            self.scratchpad_bytes += int(step.accesses.size.sum())
            there = self._memory.request(number % BUFFERS, iter([reads])) if len(reads) else None
            yield self._loading.put(_Loading(step.size, there, room, writes))
        yield self._loading.put(None)

    def compute(self) -> Steps:
        """Compute one step after another; ends when the last result is in the memory."""
        env, npu = self._env, self._npu
        while isinstance(step := (yield self._loading.get()), _Loading):
            asked = int(env.now)
            if step.there is not None and not step.there.processed:
                yield step.there
            self.waited_ps["operands"] += int(env.now) - asked
            if len(step.results):
                asked = int(env.now)
                slot = self._results.request()
                yield slot
                self.waited_ps["results"] += int(env.now) - asked
                env.process(self._write(slot, step.results))
            if step.size[0]:
                product = array_product(step.size, (npu.rows, npu.columns), npu.dataflow)
                sums = product.sum_reads + product.sum_writes
                self.scratchpad_bytes += product.input_reads + product.weight_reads + SUM_BYTES * sums
                self.macs += prod(step.size)
                duration = round(product.cycles * PS_PER_US / npu.clock_mhz)
                self.array_ps += duration
                yield env.timeout(duration)
            self._room.release(step.room)
        asked = int(env.now)
        yield self._results.request()
        self.waited_ps["results"] += int(env.now) - asked

    def _write(self, slot: Request, writes: TraceChunk) -> Steps:
        """Take a tile of results to the memory."""
        yield self._memory.request(RESULTS, iter([writes]))
        self._results.release(slot)


def _reads_and_writes(accesses: Chunk) -> tuple[TraceChunk, TraceChunk]:
    """What is read and what is written, each in its order."""
    reads, writes = (
        TraceChunk(accesses.address[kind], accesses.is_write[kind], accesses.size[kind])
        for kind in (~accesses.is_write, accesses.is_write)
    )
    return reads, writes
