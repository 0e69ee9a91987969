"""What a network on crossbars comes to: time, energy, area and error, in all and layer by layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from openrow.config.architecture import Architecture
from openrow.config.crossbar_hardware import CrossbarHardware
from openrow.config.dumping import configuration_hash, dump
from openrow.crossbar.hardware.costs import (
    chip_area_um2,
    layer_energy_pj,
    peak_figures,
    programming_energy_pj,
    static_energy_pj,
    tile_area_um2,
)
from openrow.crossbar.hardware.mapping import ChipMapping, LayerMapping
from openrow.crossbar.hardware.simulation import LayerTimes, SimulatedProgramming, SimulatedRun
from openrow.crossbar.layer_numbers import LayerError
from openrow.memory.energy import energy_pj
from openrow.memory.statistics import MemoryStatistics
from openrow.system.result import versions

PS_PER_NS = 1000


@dataclass(frozen=True)
class CrossbarResult:
    """A network that has been run on crossbars."""

    architecture: Architecture
    mapping: ChipMapping
    batch: int
    run: SimulatedRun
    programming: SimulatedProgramming
    errors: Mapping[str, LayerError] | None
    notes: tuple[str, ...] = ()

    @property
    def hardware(self) -> CrossbarHardware:
        """The chip."""
        return self.mapping.hardware

    @property
    def time_ns(self) -> float:
        """From the first byte asked for to the last one written."""
        return self.run.time_ps / PS_PER_NS

    @cached_property
    def energy_pj(self) -> dict[str, float]:
        """Energy by part, and in total, without programming."""
        parts: dict[str, float] = {}
        for each in self.mapping.layers:
            for name, value in self._layer_energy(each).items():
                parts[name] = parts.get(name, 0.0) + value
        parts["static"] = static_energy_pj(self.hardware, self.time_ns)
        if self.run.memory is not None:
            parts["dram"] = energy_pj(self.run.memory)["total"]
        return {**parts, "total": sum(parts.values())}

    def _layer_energy(self, mapping: LayerMapping) -> dict[str, float]:
        received = self.run.layers[mapping.layer.name].received_bytes
        return layer_energy_pj(mapping, self.batch, received)

    @cached_property
    def bottleneck(self) -> tuple[str, str, float]:
        """The busiest part of all: its layer, what it is, and its share of the time."""
        shares = [
            (name, what, busy / self.run.time_ps)
            for name, layer in self.run.layers.items()
            for what, busy in layer.busy_ps.items()
        ]
        return max(shares, key=lambda each: each[2])

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data, ready for JSON."""
        workload = self.architecture.workload
        assert workload is not None, "it has been run"
        layer, part, share = self.bottleneck
        return {
            "workload": workload.model,
            "device": self.hardware.name,
            "batch": self.batch,
            "time_ns": self.time_ns,
            "images_per_s": self.batch / self.time_ns * 1e9,
            "energy_pj": self.energy_pj,
            "energy_pj_per_image": self.energy_pj["total"] / self.batch,
            "macs": self.batch * sum(each.layer.macs for each in self.mapping.layers),
            "area_um2": _with_total(chip_area_um2(self.hardware)),
            "bottleneck": {
                "layer": layer,
                "part": part,
                "busy": share,
                "time_ns_per_image": share * self.time_ns / self.batch,
            },
            **self._occupancy(),
            "programming": self._programming(),
            "dram": _dram(self.run.memory, self.run.bytes_read, self.run.bytes_written),
            "peak": self._peak(),
            "error": None if self.errors is None else list(self.errors.values())[-1].total,
            "layers": [self._layer(each) for each in self.mapping.layers],
            "notes": list(self.notes),
            "versions": versions(),
            "configuration_hash": configuration_hash(self.architecture),
            "configuration": dump(self.architecture),
        }

    def _occupancy(self) -> dict[str, Any]:
        mapping, hardware = self.mapping, self.hardware
        return {
            "arrays": mapping.arrays,
            "arrays_of_chip": hardware.arrays,
            "arrays_without_copies": sum(each.arrays for each in mapping.layers),
            "tiles": mapping.tiles,
            "tiles_of_chip": hardware.tiles,
            "cells_used": mapping.cells_used,
            "cell_utilisation": mapping.utilisation,
        }

    def _programming(self) -> dict[str, Any]:
        return {
            "time_ns": self.programming.time_ps / PS_PER_NS,
            "energy_pj": programming_energy_pj(self.mapping),
            "cells": self.mapping.cells_used,
            "dram": _dram(self.programming.memory, self.programming.bytes_read, 0),
        }

    def _peak(self) -> dict[str, float]:
        peak = peak_figures(self.hardware)
        return {"gop_per_s": peak.gop_per_s, "power_w": peak.power_w, "area_mm2": peak.area_mm2}

    def _layer(self, mapping: LayerMapping) -> dict[str, Any]:
        layer, times = mapping.layer, self.run.layers[mapping.layer.name]
        energy = self._layer_energy(mapping)
        error = None if self.errors is None else self.errors[layer.name]
        return {
            "name": layer.name,
            "rows": layer.rows_of_weights,
            "columns": layer.outputs,
            "vectors": layer.vectors * self.batch,
            "error": None if error is None else error.own,
            "error_from_input": None if error is None else error.total,
            "begin_ns": times.begin_ps / PS_PER_NS,
            "end_ns": times.end_ps / PS_PER_NS,
            "time_ns": times.span_ps / PS_PER_NS,
            "limited_by": times.limited_by,
            "shares": _shares(times),
            "vector_latency_ns": times.times.vector_latency / PS_PER_NS,
            "vector_interval_ns": times.times.vector_interval / PS_PER_NS,
            "energy_pj": _with_total(energy),
            "area_um2": mapping.tiles * sum(tile_area_um2(self.hardware).values()),
            "arrays": mapping.arrays,
            "copies": mapping.copies,
            "tiles": mapping.tiles,
            "cells_used": mapping.cells_used * mapping.copies,
            "cell_utilisation": mapping.utilisation,
        }


def _shares(times: LayerTimes) -> dict[str, float]:
    """Busy and waiting time of a layer as shares of its time."""
    named = {**times.busy_ps, **{f"waiting_for_{what}": ps for what, ps in times.waited_ps.items()}}
    return {name: ps / times.span_ps for name, ps in named.items()}


def _with_total(parts: Mapping[str, float]) -> dict[str, float]:
    return {**parts, "total": sum(parts.values())}


def _dram(statistics: MemoryStatistics | None, read: int, written: int) -> dict[str, Any] | None:
    if statistics is None:
        return None
    total = statistics.total
    return {
        "bytes_read": read,
        "bytes_written": written,
        "row_hit_rate": total.rows.hit_rate,
        "data_bus_busy": total.bus.busy_share,
        "energy_pj": dict(energy_pj(statistics)),
    }
