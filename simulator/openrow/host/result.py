"""What a kernel on a host comes to: time by bound, traffic by level, energy by part."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openrow.config.host import HostConfig
from openrow.host.cache import CacheCounts
from openrow.memory.energy import energy_pj
from openrow.memory.statistics import MemoryStatistics


@dataclass(frozen=True)
class HostResult:
    """A kernel on a host.

    Attributes
    ----------
    host
        The host.
    flops
        Operations of the kernel.
    caches
        What each level of cache saw, by its name, from the kernel outwards.
    dram
        What the memory did, from the kernel's start to its end.
    bounds_ns
        How long the kernel would take if it were limited by one thing alone: ``compute``, the bandwidth of
        each level of cache, and ``dram``, the simulated time of what the caches missed.
    """

    host: HostConfig
    flops: float
    caches: Mapping[str, CacheCounts]
    dram: MemoryStatistics
    bounds_ns: Mapping[str, float]

    @property
    def limit(self) -> str:
        """The bound that the kernel reaches."""
        return max(self.bounds_ns, key=lambda name: self.bounds_ns[name])

    @property
    def time_ns(self) -> float:
        """Time of the kernel: the longest of its bounds, since they overlap, after the launch."""
        return self.host.launch_ns + max(self.bounds_ns.values())

    @property
    def dram_energy_pj(self) -> Mapping[str, float]:
        """Energy of the memory by component, and in total."""
        return energy_pj(self.dram)

    @property
    def energy_pj(self) -> dict[str, float]:
        """Energy by part, and in total.

        Arithmetic alone, bytes moved out of each level of cache, and the memory. What a processor spends on
        instructions, registers, clocks and leakage is not in it: :attr:`board_energy_pj` has that.
        """
        parts = {"compute": self.flops * self.host.compute.energy_pj_per_flop}
        for level, counts in self.caches.items():
            parts[level] = counts.moved_bytes * self._cache(level).energy_pj_per_byte
        parts["dram"] = self.dram_energy_pj["total"]
        return {**parts, "total": sum(parts.values())}

    @property
    def board_energy_pj(self) -> float | None:
        """Power of the board times the kernel's time; None where no power is given. 1 W is 1000 pJ / ns."""
        return None if self.host.power_w is None else self.host.power_w * 1000 * self.time_ns

    def _cache(self, level: str) -> Any:
        return self.host.l1 if level == "l1" else self.host.l2

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data, ready for JSON."""
        return {
            "host": self.host.name,
            "time_ns": self.time_ns,
            "limit": self.limit,
            "bounds_ns": dict(self.bounds_ns),
            "launch_ns": self.host.launch_ns,
            "flops": self.flops,
            "caches": {level: counts.as_dict() for level, counts in self.caches.items()},
            "dram": self._dram(),
            "energy_pj": self.energy_pj,
            "board_energy_pj": self.board_energy_pj,
        }

    def _dram(self) -> dict[str, Any]:
        statistics, total = self.dram, self.dram.total
        moved, alone_ns = total.bursts * statistics.burst_bytes, self.bounds_ns["dram"]
        return {
            "requests": total.requests,
            "reads": total.reads,
            "writes": total.writes,
            "bytes": moved,
            "row_hits": total.rows.hits,
            "row_misses": total.rows.misses,
            "row_conflicts": total.rows.conflicts,
            "row_hit_rate": total.rows.hit_rate,
            "time_ns": alone_ns,
            "bandwidth_gb_per_s": moved / alone_ns if alone_ns else None,
            "peak_gb_per_s": statistics.peak_gb_per_s,
            "data_bus_busy": total.bus.busy_share,
            "lost_time": total.bus.lost_shares,
            "energy_pj": dict(self.dram_energy_pj),
        }
