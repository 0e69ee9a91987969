"""What a column of results is called in a picture, in which unit, and whether more of it is better."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from openrow.report.sweep_columns import AXIS, CONFIGURATION, last_word

Scales = Sequence[tuple[float, str]]

TIMES_NS: Scales = ((1e9, "s"), (1e6, "ms"), (1e3, "us"), (1.0, "ns"))
ENERGIES_PJ: Scales = ((1e12, "J"), (1e9, "mJ"), (1e6, "uJ"), (1e3, "nJ"), (1.0, "pJ"))
BYTES: Scales = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B"))
POWERS_MW: Scales = ((1e3, "W"), (1.0, "mW"), (1e-3, "uW"))
SUFFIXES: Mapping[str, tuple[float, Scales]] = {
    "_gb_per_s": (1.0, ((1.0, "GB/s"),)),
    "_gflop_per_s": (1.0, ((1.0, "GFLOP/s"),)),
    "_pj_per_byte": (1.0, ((1.0, "pJ/byte"),)),
    "_pj_per_bit": (1.0, ((1.0, "pJ/bit"),)),
    "_mt_per_s": (1.0, ((1.0, "MT/s"),)),
    "_ns": (1.0, TIMES_NS),
    "_us": (1e3, TIMES_NS),
    "_ms": (1e6, TIMES_NS),
    "_s": (1e9, TIMES_NS),
    "_pj": (1.0, ENERGIES_PJ),
    "_mj": (1e9, ENERGIES_PJ),
    "_mw": (1.0, POWERS_MW),
    "_bytes": (1.0, BYTES),
    "_mhz": (1.0, ((1.0, "MHz"),)),
    "_bits": (1.0, ((1.0, "bits"),)),
    "_cycles": (1.0, ((1.0, "cycles"),)),
}
"""Endings of names: how many of the smallest unit one is, and the units to show it in."""

NAMES: Mapping[str, str] = {
    "time_ns": "time",
    "time_ms": "time",
    "cycles": "memory cycles",
    "row_hit_rate": "row-hit rate",
    "sampling_ms": "time of geometric sampling",
    "sampling_speedup": "sampling speedup",
    "end_to_end_speedup": "end-to-end speedup",
    "energy_pj.total": "energy",
    "bandwidth_gb_per_s.delivered": "delivered bandwidth",
    "bandwidth_gb_per_s.pin": "bandwidth at the pins",
    "latency_ns.mean": "mean read latency",
    "latency_ns.p50": "median read latency",
    "latency_ns.p95": "95th percentile of read latency",
    "latency_ns.p99": "99th percentile of read latency",
    "latency_ns.max": "longest read latency",
    "bandwidth_gb_per_s.pin_share_of_peak": "share of the peak bandwidth",
    "mean_power_mw": "mean power",
    "data_bus_busy": "data bus busy",
}
"""Of the figures that are drawn most."""
SHARES = ("row_hit_rate", "data_bus_busy", "bandwidth_gb_per_s.pin_share_of_peak")
"""Figures from 0 to 1 that are drawn as percentages, with all below ``lost_time``."""
MORE_IS_BETTER = ("hit", "speedup", "bandwidth", "busy", "per_s", "throughput", "efficiency")
"""Words in the names of figures that one wants more of."""


@dataclass(frozen=True)
class Quantity:
    """How a column is drawn.

    Attributes
    ----------
    name
        What it is called.
    unit
        In which unit, empty where it has none.
    scale
        What a number of the column is multiplied by for that.
    """

    name: str
    unit: str = ""
    scale: float = 1.0

    @property
    def label(self) -> str:
        """For an axis."""
        return f"{self.name}, {self.unit}" if self.unit else self.name

    def text(self, value: float) -> str:
        """A number of the column, with its unit."""
        scaled = value * self.scale
        number = f"{scaled:,.0f}" if abs(scaled) >= 1000 else f"{scaled:.3g}"
        return f"{number}{'' if self.unit == 'x' else ' '}{self.unit}".rstrip()


def quantity_of(column: str, values: ArrayLike) -> Quantity:
    """How a column with such values is drawn: its unit is the greatest of which the largest has at least one.

    Parameters
    ----------
    column
        Its full name.
    values
        Its numbers; NaN is passed over.
    """
    name = NAMES.get(column) or _plain_name(column)
    if column in SHARES or column.startswith("lost_time."):
        return Quantity(name, "%", 100.0)
    if "speedup" in column:
        return Quantity(name, "x")
    for word in column.removeprefix(AXIS).removeprefix(CONFIGURATION).split("."):
        for ending, (smallest, units) in SUFFIXES.items():
            if word.endswith(ending):
                found, scale = _scaled(values, smallest, units)
                return Quantity(name, found, scale)
    return Quantity(name)


def _scaled(values: ArrayLike, smallest: float, units: Scales) -> tuple[str, float]:
    numbers = np.abs(np.asarray(values, dtype=np.float64))
    most = float(np.nanmax(numbers)) * smallest if np.isfinite(numbers).any() else 0.0
    size, unit = next(((size, unit) for size, unit in units if most >= size), units[-1])
    return unit, smallest / size


def _plain_name(column: str) -> str:
    """The words of a column without units; below an energy or a time, those of both levels."""
    if column.startswith((AXIS, CONFIGURATION)):
        return axis_name(column)
    return " ".join(_without_unit(part) for part in column.split(".")).replace("_", " ")


def _without_unit(word: str) -> str:
    return next((word.removesuffix(ending) for ending in SUFFIXES if word.endswith(ending)), word)


def axis_name(column: str) -> str:
    """What an axis is called: its last word."""
    word = last_word(column)
    return (_without_unit(word) or word).replace("_", " ")


def more_is_better(column: str) -> bool:
    """Whether one wants more of a figure, as far as its name tells."""
    return any(word in column for word in MORE_IS_BETTER) and "lost" not in column
