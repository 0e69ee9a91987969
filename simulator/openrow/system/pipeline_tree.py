"""The result of a pipeline as plain data, with units in the keys."""

from dataclasses import asdict
from typing import Any

from openrow.config.geopim import GeoPimConfig
from openrow.pim.geopim.sampling import LayerResult
from openrow.system.geopim_claims import (
    assumed_points,
    claims,
    internal_bandwidth_gb_per_s,
    peak_intermediate_bytes,
)
from openrow.system.pipeline_result import PipelineResult, StageResult

ANALYTIC_RATES = (0.5, 0.7, 0.9)


def pipeline_tree(result: PipelineResult) -> dict[str, Any]:
    """The figures of a pipeline."""
    tree: dict[str, Any] = {
        "stages": [_stage(result, stage) for stage in result.stages],
        "time_ms": result.total_ns / 1e6,
        "host_time_ms": result.host_total_ns / 1e6,
        "sampling_ms": result.sampling_ns / 1e6,
        "sampling_host_ms": result.sampling_host_ns / 1e6,
        "sampling_speedup": result.sampling_speedup,
        "end_to_end_speedup": result.end_to_end_speedup,
        "row_hit_rate": result.row_hit_rate,
        "energy_pj": _units_energy(result),
        "host_energy_pj": _host_energy(result),
        "memory_traffic_bytes": _traffic(result),
    }
    if isinstance(result.architecture.pim, GeoPimConfig) and result.on_units:
        tree |= {
            "hit_rate_mode": result.architecture.pim.hit_rate,
            "peak_intermediate_bytes": peak_intermediate_bytes(result),
            "internal_bandwidth_gb_per_s": internal_bandwidth_gb_per_s(result),
            "assumed": {
                "report": [asdict(point) for point in assumed_points(result)],
                "analytic": _analytic(result),
            },
            "claims": [asdict(claim) for claim in claims(result)],
        }
    return tree


def _stage(result: PipelineResult, stage: StageResult) -> dict[str, Any]:
    span, on_host = result.spans[stage.stage.name], result.host_spans[stage.stage.name]
    tree: dict[str, Any] = {
        "name": stage.stage.name,
        "device": stage.device,
        "source": stage.source,
        "part_of": stage.stage.part_of,
        "calls": stage.stage.calls,
        "time_ms": stage.time_ns / 1e6,
        "host_ms": stage.host_ns / 1e6,
        "begin_ms": span.begin_ps / 1e9,
        "end_ms": span.end_ps / 1e9,
        "host_begin_ms": on_host.begin_ps / 1e9,
        "host_end_ms": on_host.end_ps / 1e9,
    }
    if stage.host is not None:
        tree["host_simulated"] = stage.host.as_dict()
    if stage.numbers is not None:
        tree["numbers"] = asdict(stage.numbers)
    if stage.pim is not None:
        tree["layers"] = [_layer(layer) for layer in stage.pim.layers]
    return tree


def _layer(layer: LayerResult) -> dict[str, Any]:
    rows = layer.statistics.total.rows
    return {
        "name": layer.name,
        "samples": layer.all_samples,
        "samples_inside": layer.samples,
        "time_ms": layer.time_ns / 1e6,
        "units_ms": layer.units_ns / 1e6,
        "channel_ms": layer.channel_ns / 1e6,
        "link_down_ms": layer.down_ns / 1e6,
        "link_up_ms": layer.up_ns / 1e6,
        "link_down_bytes": layer.down_bytes,
        "link_up_bytes": layer.up_bytes,
        "runs": layer.runs,
        "remote_neighbours": layer.remote_neighbours,
        "fetched_neighbours": layer.fetched_neighbours,
        "load_imbalance": layer.imbalance,
        "stored_bytes": layer.stored_bytes,
        "feature_map_bytes": layer.plain_bytes,
        "row_hits": rows.hits,
        "row_misses": rows.misses,
        "row_conflicts": rows.conflicts,
        "unit_time_shares": dict(layer.shares),
        "limited_by": layer.limited_by,
        "banks": [
            {
                "channel": o.channel,
                "bank": o.bank,
                "end_unit_cycles": o.end,
                "computed_unit_cycles": o.computed,
            }
            for o in layer.outcomes
        ],
    }


def _units_energy(result: PipelineResult) -> dict[str, float]:
    return result.simulated.energy_pj if result.simulated is not None else {}


def _host_energy(result: PipelineResult) -> dict[str, float]:
    """The host's energy for the stages that the units run, by part."""
    energy: dict[str, float] = {}
    for stage in result.on_units:
        for name, value in (stage.host.energy_pj if stage.host is not None else {}).items():
            energy[name] = energy.get(name, 0.0) + value
    boards = [stage.host.board_energy_pj for stage in result.on_units if stage.host is not None]
    known = [own for own in boards if own is not None]
    if known:
        energy["board_power_times_time"] = sum(known)
    return energy


def _traffic(result: PipelineResult) -> dict[str, int]:
    """Bytes moved for the stages that the units run."""
    traffic: dict[str, int] = {}
    if result.simulated is not None:
        for layer in result.simulated.layers:
            burst = layer.statistics.burst_bytes
            commands = layer.statistics.total
            for name, count in (
                ("units_read", commands.commands["PIM_RD"] * burst),
                ("units_over_channels", (commands.read_bursts + commands.write_bursts) * burst),
                ("link_down", layer.down_bytes),
                ("link_up", layer.up_bytes),
            ):
                traffic[name] = traffic.get(name, 0) + count
    for stage in result.on_units:
        if stage.host is not None:
            dram = stage.host.dram
            traffic["host_dram"] = traffic.get("host_dram", 0) + dram.total.bursts * dram.burst_bytes
            for level, counts in stage.host.caches.items():
                name = f"host_{level}"
                traffic[name] = traffic.get(name, 0) + counts.moved_bytes
    return traffic


def _analytic(result: PipelineResult) -> list[dict[str, Any]]:
    """The analytic model at the report's rates and at the run's own."""
    rates = sorted({*ANALYTIC_RATES, *([result.row_hit_rate] if result.row_hit_rate is not None else [])})
    points = []
    for rate in rates:
        parts = result.analytic(rate)
        units_ns = sum(model.time_ns(stage.samples) for stage, model in parts)
        sampling, end_to_end = result.with_units_in(units_ns)
        points.append(
            {
                "hit_rate": rate,
                "units_ms": units_ns / 1e6,
                "units_speedup": result.units_host_ns / units_ns,
                "sampling_speedup": sampling,
                "end_to_end_speedup": end_to_end,
            }
        )
    return points
