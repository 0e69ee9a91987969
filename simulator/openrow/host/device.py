"""A kernel on a host: what bounds its time.

A kernel does arithmetic and asks for addresses. The addresses go through the caches, and what they miss goes
to the simulated memory. Each of these alone would take some time: the arithmetic at the host's peak, the
bytes of each level of cache at its bandwidth, and the missed accesses as the memory serves them. A host
overlaps them, since other warps or later iterations go on while some wait. So the kernel takes as long as the
longest: the roofline of Williams et al. (CACM 52(4), 2009, doi 10.1145/1498765.1498785) with a simulated
memory as one of its roofs.

The missed accesses reach each memory channel in the order of the stream, ``host.window`` of them outstanding
at once: the last cache has a part at every channel, with miss buffers of its own, and so the channels do not
wait for each other. It is assumed that there is always enough parallel work to fill those windows: latency
bounds a kernel through the window alone. Arrival times of a trace do not matter.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

import simpy

from openrow.config.architecture import Architecture
from openrow.config.host import CacheConfig, ComputeConfig, HostConfig
from openrow.config.organisation import capacity_bytes
from openrow.config.timings import cycle_ns
from openrow.engine.clock import ClockDomain
from openrow.engine.memory_process import MemoryProcess
from openrow.errors import UserError
from openrow.host.cache import LARGEST_CAPACITY, CacheCounts, CacheFilter
from openrow.host.result import HostResult
from openrow.memory.controller.state import SourceShape
from openrow.memory.statistics import MemoryStatistics
from openrow.memory.system import MemorySystem
from openrow_traces.chunk import TraceChunk

Unit = Literal["vector", "matrix"]
"""Which arithmetic units of a host a kernel uses."""


class HostCaches:
    """The caches of a host, which keep their lines from one kernel to the next.

    Parameters
    ----------
    host
        The host.
    capacity_bytes
        What addresses must lie in: the size of its memory.

    Attributes
    ----------
    filters : dict
        The levels by name, from the kernel outwards.
    """

    def __init__(self, host: HostConfig, capacity_bytes: int = LARGEST_CAPACITY) -> None:
        levels = {"l1": host.l1, "l2": host.l2}
        self.filters = {
            name: CacheFilter(cache, capacity_bytes) for name, cache in levels.items() if cache is not None
        }

    @property
    def counts(self) -> dict[str, CacheCounts]:
        """What each level has counted, from the kernel outwards."""
        return {name: level.counts for name, level in self.filters.items()}

    def below(self, chunks: Iterable[TraceChunk]) -> Iterator[TraceChunk]:
        """Yield what ``chunks`` ask of the memory."""
        for level in self.filters.values():
            chunks = level.below(chunks)
        yield from chunks

    def flush(self) -> Iterator[TraceChunk]:
        """Write back what is written, level by level; yields what reaches the memory."""
        levels = list(self.filters.values())
        for number, level in enumerate(levels):
            chunks: Iterable[TraceChunk] = level.flush()
            for outer in levels[number + 1 :]:
                chunks = outer.below(chunks)
            yield from chunks


def host_of(architecture: Architecture) -> HostConfig:
    """The host of an architecture.

    Raises
    ------
    openrow.errors.UserError
        Where it has none.
    """
    if architecture.host is None:
        raise UserError("the architecture has no host: extend one of host/*, or give it a section 'host'")
    return architecture.host


def caches_of(architecture: Architecture) -> HostCaches:
    """New, empty caches of an architecture's host, for addresses in its memory."""
    memory = architecture.memory
    return HostCaches(
        host_of(architecture), LARGEST_CAPACITY if memory.wrap_addresses else capacity_bytes(memory)
    )


def compute_ns(compute: ComputeConfig, flops: float, unit: Unit = "vector") -> float:
    """Time of ``flops`` operations on a host's arithmetic units: GFLOP/s are operations a nanosecond.

    Raises
    ------
    openrow.errors.UserError
        Where the host has no such units.
    """
    peak = compute.vector_gflop_per_s if unit == "vector" else compute.matrix_gflop_per_s
    if peak is None:
        raise UserError("the host has no matrix units: give host.compute.matrix_gflop_per_s, or use vector")
    return flops / (peak * compute.efficiency)


def cache_ns(cache: CacheConfig, counts: CacheCounts) -> float:
    """Time in which a cache moves what was asked of it: GB/s are bytes a nanosecond."""
    return counts.moved_bytes / (cache.bandwidth_gb_per_s * cache.efficiency)


def simulate_kernel(
    architecture: Architecture,
    chunks: Iterable[TraceChunk],
    flops: float,
    unit: Unit = "vector",
    caches: HostCaches | None = None,
) -> HostResult:
    """Simulate a kernel on the host of an architecture.

    Parameters
    ----------
    architecture
        Its ``host`` and ``memory`` apply.
    chunks
        The kernel's accesses, in order. Their arrival times, if any, do not matter.
    flops
        Operations of the kernel; a multiplication with its addition is two.
    unit
        The arithmetic units that do them.
    caches
        Caches that earlier kernels have used; new, empty ones if none.

    Returns
    -------
    HostResult
        Time, traffic and energy.

    Raises
    ------
    openrow.errors.UserError
        Where the architecture has no host, or asks for an engine or fidelity without window.
    openrow.memory.feed.AddressError
        For an entry of no bytes or beyond the memory.
    """
    host = host_of(architecture)
    if architecture.fidelity != "exact" or architecture.engine != "compiled":
        raise UserError(
            "a host is simulated with engine=compiled and fidelity=exact: no other has its window"
        )
    caches = caches_of(architecture) if caches is None else caches
    before = caches.counts
    bounds = {"compute": compute_ns(host.compute, flops, unit)}
    run = _MemoryRun(architecture, host.window)
    run.play(_misses(host, caches, chunks))
    counted = {name: counts - before[name] for name, counts in caches.counts.items()}
    for name, counts in counted.items():
        bounds[name] = cache_ns(caches.filters[name].cache, counts)
    bounds["dram"] = run.time_ns
    return HostResult(host, flops, counted, run.statistics(max(bounds.values())), bounds)


def _misses(host: HostConfig, caches: HostCaches, chunks: Iterable[TraceChunk]) -> Iterator[TraceChunk]:
    yield from caches.below(chunks)
    if host.flush:
        yield from caches.flush()


class _MemoryRun:
    """The memory while one kernel runs: a source with a window at each channel."""

    def __init__(self, architecture: Architecture, window: int) -> None:
        self.period_ns = cycle_ns(architecture.memory.clock)
        self.memory = MemorySystem(
            architecture.memory, [SourceShape(window=window)], source_at_each_channel=True
        )

    def play(self, chunks: Iterator[TraceChunk]) -> None:
        """Serve ``chunks`` to the last."""
        env = simpy.Environment()
        process = MemoryProcess(env, self.memory, ClockDomain(self.period_ns * 1000))
        env.run(process.request(0, chunks))

    @property
    def time_ns(self) -> float:
        """When the last request was served."""
        return float(self.memory.end_cycle() * self.period_ns)

    def statistics(self, until_ns: float) -> MemoryStatistics:
        """What the memory has done when the kernel ends: it refreshes and stands by until then."""
        return self.memory.statistics(int(until_ns / self.period_ns))
