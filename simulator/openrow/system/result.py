"""What a replay comes to: one tree, with units in its keys, from which it can also be repeated."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

import openrow
from openrow.config.architecture import Architecture
from openrow.config.dumping import configuration_hash, dump
from openrow.memory.energy import energy_pj, mean_power_mw
from openrow.memory.statistics import Activity, MemoryStatistics

PERCENTILES = (50, 95, 99)
LIBRARIES = ("numba", "numpy", "simpy")


@dataclass(frozen=True)
class ReplayResult:
    """The outcome of a replay.

    Attributes
    ----------
    architecture
        The architecture, resolved.
    traffic
        What was played, and where it comes from.
    entries
        Trace entries played.
    statistics
        All counts.
    cpu_seconds
        CPU time of the replay loop, all threads together.
    complete
        False if the run was interrupted: then everything describes the part that was played.
    notes
        What a reader of the figures has to know: warnings, and how an approximation was made.
    """

    architecture: Architecture
    traffic: Mapping[str, Any]
    entries: int
    statistics: MemoryStatistics
    cpu_seconds: float
    complete: bool
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data, ready for JSON."""
        statistics, total = self.statistics, self.statistics.total
        return {
            "complete": self.complete,
            "engine": self.architecture.engine,
            "fidelity": self.architecture.fidelity,
            "entries": self.entries,
            **self._activity(total),
            "cycles": statistics.cycles,
            "cycle_ns": float(statistics.cycle_ns),
            "time_ns": statistics.time_ns,
            "bandwidth_gb_per_s": self._bandwidth(total, statistics.peak_gb_per_s),
            "latency_ns": self._latency(total),
            "energy_pj": dict(energy_pj(statistics)),
            "mean_power_mw": mean_power_mw(statistics),
            "data_bus_busy": total.bus.busy_share,
            "lost_time": total.bus.lost_shares,
            "mean_queue_length": self._queues(total),
            "requests_per_s": total.requests / self.cpu_seconds if self.cpu_seconds > 0 else None,
            "cpu_s": self.cpu_seconds,
            "channels": [self._channel(number) for number in range(len(statistics.channels))],
            "traffic": dict(self.traffic),
            "notes": list(self.notes),
            "versions": versions(),
            "configuration_hash": configuration_hash(self.architecture),
            "configuration": dump(self.architecture),
        }

    def _activity(self, activity: Activity) -> dict[str, Any]:
        return {
            "requests": activity.requests,
            "reads": activity.reads,
            "writes": activity.writes,
            "row_hits": activity.rows.hits,
            "row_misses": activity.rows.misses,
            "row_conflicts": activity.rows.conflicts,
            "row_hit_rate": activity.rows.hit_rate,
            "forwarded_reads": activity.forwarded,
            "coalesced_writes": activity.coalesced,
            "merged_reads": activity.merged,
            "commands": {name: count for name, count in activity.commands.items() if count},
        }

    def _bandwidth(self, activity: Activity, peak_gb_per_s: float) -> dict[str, float | None]:
        time_ns, burst_bytes = self.statistics.time_ns, self.statistics.burst_bytes
        pin = activity.bursts * burst_bytes / time_ns if time_ns else None
        delivered = activity.requests * burst_bytes / time_ns if time_ns else None
        share = pin / peak_gb_per_s if pin is not None else None
        return {"pin": pin, "delivered": delivered, "peak": peak_gb_per_s, "pin_share_of_peak": share}

    def _latency(self, activity: Activity) -> dict[str, float | None]:
        latency, cycle_ns = activity.latency, float(self.statistics.cycle_ns)
        cycles: dict[str, float | None] = {"mean": latency.mean}
        cycles |= {f"p{percent}": latency.percentile(percent) for percent in PERCENTILES}
        cycles["max"] = latency.longest if latency.count else None
        return {name: None if value is None else value * cycle_ns for name, value in cycles.items()}

    def _queues(self, activity: Activity) -> dict[str, float]:
        channel_cycles = max(self.statistics.cycles * len(self.statistics.channels), 1)
        queues = activity.queues
        return {
            "read": queues.read / channel_cycles,
            "write": queues.write / channel_cycles,
            "maintenance": queues.maintenance / channel_cycles,
        }

    def _channel(self, number: int) -> dict[str, Any]:
        channel = self.statistics.channels[number]
        peak_gb_per_s = self.statistics.peak_gb_per_s / len(self.statistics.channels)
        return {
            "channel": channel.channel,
            **self._activity(channel.activity),
            "bandwidth_gb_per_s": self._bandwidth(channel.activity, peak_gb_per_s),
            "latency_ns": self._latency(channel.activity),
            "data_bus_busy": channel.activity.bus.busy_share,
            "lost_time": channel.activity.bus.lost_shares,
            "banks": [
                {
                    "pseudo_channel": bank.pseudo_channel,
                    "rank": bank.rank,
                    "stack_id": bank.stack_id,
                    "bank_group": bank.bank_group,
                    "bank": bank.bank,
                    "bursts": bank.bursts,
                    "row_hits": bank.rows.hits,
                    "row_misses": bank.rows.misses,
                    "row_conflicts": bank.rows.conflicts,
                    "activations": bank.activations,
                    "lost_cycles": {cause: cycles for cause, cycles in bank.lost.items() if cycles},
                }
                for bank in channel.banks
            ],
        }


def versions() -> dict[str, str]:
    """The versions a result depends on."""
    libraries = {name: _version(name) for name in LIBRARIES}
    return {"openrow": openrow.__version__, "python": platform.python_version(), **libraries}


@cache
def _version(library: str) -> str:
    return version(library)
