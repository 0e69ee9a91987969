"""A small sweep's results as columns: two channel counts, two mappings, two replicates of a page policy."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from openrow.report.sweep_columns import SweepColumns

ROWS = [
    # channels, mapping, page, time in ns, energy in pJ, hits
    (1, "low", "open", 8000.0, 4.0e6, 0.9),
    (1, "low", "closed", 8000.0, 5.0e6, 0.0),
    (1, "high", "open", 9000.0, 4.5e6, 0.8),
    (1, "high", "closed", 9000.0, 5.5e6, 0.1),
    (2, "low", "open", 4000.0, 6.0e6, 0.9),
    (2, "low", "closed", 4000.0, 7.0e6, 0.0),
    (2, "high", "open", 6000.0, 6.5e6, 0.8),
    (2, "high", "closed", 6000.0, 7.5e6, 0.1),
]


def words(values: list[Any]) -> NDArray[Any]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def example_columns(**more: NDArray[Any]) -> SweepColumns:
    channels, mapping, page, time, energy, hits = (list(column) for column in zip(*ROWS, strict=True))
    time_ns = np.array(time)
    columns: dict[str, NDArray[Any]] = {
        "point": np.arange(8.0),
        "axis.memory.channels": np.array(channels, dtype=float),
        "axis.mapping": words([f"memory/{name}" for name in mapping]),
        "axis.memory.controller.page_policy": words(page),
        "axis.memory.ranks": np.ones(8),
        "time_ns": time_ns,
        "row_hit_rate": np.array(hits),
        "energy_pj.read": np.array(energy) * 0.75,
        "energy_pj.background": np.array(energy) * 0.25,
        "energy_pj.total": np.array(energy),
        "bandwidth_gb_per_s.pin": 64000.0 / time_ns,
        "bandwidth_gb_per_s.peak": np.array(channels) * 10.0,
        "latency_ns.p50": time_ns / 100,
        "latency_ns.p95": time_ns / 50,
        "latency_ns.p99": time_ns / 40,
        "latency_ns.max": time_ns / 10,
        "config.memory.standard": words(["DDR4"] * 8),
        "config.memory.channels": np.array(channels, dtype=float),
    }
    return SweepColumns({**columns, **more})
