"""The claims of the GeoPIM v3.0 end-to-end report (2026-01-08), held against a run of its pipeline.

Each claim gets a verdict: ``reproduced`` where the figure comes out, ``refuted`` with the figure that comes
out instead, or ``outside the model`` with the reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from openrow.config.geopim import GeoPimConfig
from openrow.config.latency_formula import evaluate
from openrow.config.memory import Command, Level
from openrow.config.organisation import burst_bytes, peak_bandwidth_gb_per_s
from openrow.config.timings import cycle_ns, resolved_timings
from openrow.config.workload import PipelineWorkload
from openrow.system.claims import OUTSIDE, REFUTED, REPRODUCED, Claim
from openrow.system.pipeline_result import PipelineResult

ASSUMED_FACTORS = {0.5: 2.0, 0.7: 2.5, 0.9: 3.5}
"""Row-hit rate and the speedup of deformable attention the report assumed for it."""
REPORTED_SAMPLING_MS = {0.5: 6.90, 0.7: 6.12, 0.9: 5.24}
REPORTED_SAMPLING_SPEEDUP = {0.5: 1.56, 0.7: 1.76, 0.9: 2.06}
REPORTED_END_TO_END = {0.5: 1.08, 0.7: 1.09, 0.9: 1.11}
NAMED_PARTS_MS = (4.41, 13.09, 7.24, 9.48, 1.37)
DEPTH_PREDICTOR_MS = 40.76
REPORTED_TOTAL_MS = 53.83
HOST_POWER_W, UNITS_POWER_W = 400.0, 0.26
INTERMEDIATE_BYTES = 262_144 * 128 * 2
INTERNAL_GB_PER_S, EXTERNAL_GB_PER_S = 8000.0, 2000.0
EXPECTED_HIT_RATE = (0.60, 0.70)
ROUNDING_MS = 0.005
"""Of the report's measured times, which it prints to a hundredth."""
STEPS = 20
TOLERANCE = 0.05
"""Of a rate that the report gives as a round figure."""


@dataclass(frozen=True)
class AssumedPoint:
    """One row of the report's table: what follows from an assumed factor."""

    hit_rate: float
    factor: float
    sampling_ms: float
    sampling_speedup: float
    end_to_end_speedup: float


def assumed_points(result: PipelineResult) -> list[AssumedPoint]:
    """The report's three points, from its assumed factors and the pipeline's measured times; none for another
    pipeline."""
    if not is_reported(result):
        return []
    attention_ms, whole_ms = result.units_host_ns / 1e6, result.host_total_ns / 1e6
    return _points(attention_ms, result.sampling_host_ns / 1e6 - attention_ms, whole_ms)


def _points(attention_ms: float, upsampling_ms: float, whole_ms: float) -> list[AssumedPoint]:
    points = []
    for hit_rate, factor in ASSUMED_FACTORS.items():
        sampling_ms = attention_ms / factor + upsampling_ms
        before_ms = attention_ms + upsampling_ms
        end_to_end = whole_ms / (whole_ms - before_ms + sampling_ms)
        points.append(AssumedPoint(hit_rate, factor, sampling_ms, before_ms / sampling_ms, end_to_end))
    return points


def _prints_as_reported(points: list[AssumedPoint]) -> bool:
    return all(
        f"{point.sampling_ms:.2f}" == f"{REPORTED_SAMPLING_MS[point.hit_rate]:.2f}"
        and f"{point.sampling_speedup:.2f}" == f"{REPORTED_SAMPLING_SPEEDUP[point.hit_rate]:.2f}"
        and f"{point.end_to_end_speedup:.2f}" == f"{REPORTED_END_TO_END[point.hit_rate]:.2f}"
        for point in points
    )


def follows_from_factors(result: PipelineResult) -> bool:
    """Whether the report's figures are those of its factors, to the printed digit.

    Its two measured times are known to a hundredth of a millisecond, so any pair that prints alike may be
    meant: one of them has to give all nine figures.
    """
    attention_ms, whole_ms = result.units_host_ns / 1e6, result.host_total_ns / 1e6
    upsampling_ms = result.sampling_host_ns / 1e6 - attention_ms
    off = [ROUNDING_MS * (step / STEPS) for step in range(-STEPS + 1, STEPS)]
    return any(
        _prints_as_reported(_points(attention_ms + one, upsampling_ms + other, whole_ms))
        for one in off
        for other in off
    )


def claims(result: PipelineResult) -> list[Claim]:
    """All claims, in the order of the report; none unless the pipeline is that of the report."""
    if not is_reported(result) or not isinstance(result.architecture.pim, GeoPimConfig):
        return []
    return list(_claims(result, result.architecture.pim))


def is_reported(result: PipelineResult) -> bool:
    """Whether the pipeline is that of the report, and runs on GeoPIM units."""
    workload = result.architecture.workload
    named = isinstance(workload, PipelineWorkload) and workload.claims == "geopim-v3"
    return named and bool(result.on_units)


def _claims(result: PipelineResult, config: GeoPimConfig) -> Iterator[Claim]:
    yield _stage_times()
    yield _shares(result)
    yield _sampling_speedups(result)
    yield _end_to_end(result)
    yield _intermediate(result)
    yield _energy(result)
    yield _bandwidth(result, config)
    yield _hit_rate(result)


def _stage_times() -> Claim:
    named = sum(NAMED_PARTS_MS)
    return Claim(
        "G1",
        "encoder 53.83 ms = backbone 13.07 + depth predictor 40.76",
        OUTSIDE,
        f"stage times are measurements, taken as given; the five named parts of the depth predictor sum to "
        f"{named:.2f} ms, so {DEPTH_PREDICTOR_MS - named:.2f} ms are a stage without a name",
    )


def _shares(result: PipelineResult) -> Claim:
    attention, whole = result.units_host_ns / 1e6, result.host_total_ns / 1e6
    sampling = result.sampling_host_ns / 1e6
    shares = (attention / whole, (sampling - attention) / whole, sampling / whole)
    text = f"{attention:.2f} ms, {sampling - attention:.2f} ms and {sampling:.2f} ms of {whole:.2f} ms are "
    text += " , ".join(f"{100 * share:.1f} %" for share in shares).replace(" ,", ",")
    as_reported = [f"{100 * share:.1f}" for share in shares] == ["14.4", "5.6", "20.0"]
    claim = "deformable attention 7.74 ms, 14.4 %; bicubic upsampling 3.03 ms, 5.6 %; together 20.0 %"
    return Claim("G2", claim, REPRODUCED if as_reported else REFUTED, text)


def _simulated_text(result: PipelineResult) -> str:
    rate, host_ms = result.row_hit_rate, result.units_host_ns / 1e6
    hits = "" if rate is None else f" at {100 * rate:.1f} % row hits"
    factor = result.units_host_ns / result.units_ns
    return f"{result.units_ns / 1e6:.2f} ms{hits}, a factor of {factor:.2f} on the host's {host_ms:.2f} ms"


def _sampling_speedups(result: PipelineResult) -> Claim:
    figures = ", ".join(f"{p.sampling_ms:.2f} ms ({p.sampling_speedup:.2f}x)" for p in assumed_points(result))
    text = (
        f"its assumed factors give {figures}, {_as_printed(result)}; "
        f"{result.on_units[0].source}, the deformable attention takes {_simulated_text(result)}, and "
        f"sampling is {result.sampling_speedup or 0:.2f}x"
    )
    holds = _is_as_claimed(result, result.sampling_speedup, REPORTED_SAMPLING_SPEEDUP)
    claim = "sampling 1.56x, 1.76x, 2.06x faster at 50, 70, 90 % row hits"
    return Claim("G3", claim, REPRODUCED if holds else REFUTED, text)


def _as_printed(result: PipelineResult) -> str:
    if follows_from_factors(result):
        return "its figures within the rounding of its measured times"
    return "which are not its figures"


def _is_as_claimed(result: PipelineResult, speedup: float | None, reported: dict[float, float]) -> bool:
    """Whether a speedup at the run's hit rate lies on the line through the report's points."""
    rate = result.row_hit_rate
    if rate is None or speedup is None:
        return False
    rates = sorted(reported)
    low = max((r for r in rates[:-1] if r <= rate), default=rates[0])
    high = rates[rates.index(low) + 1]
    line = reported[low] + (reported[high] - reported[low]) * (rate - low) / (high - low)
    return abs(speedup / line - 1) <= TOLERANCE


def _end_to_end(result: PipelineResult) -> Claim:
    figures = ", ".join(f"{p.end_to_end_speedup:.2f}x" for p in assumed_points(result))
    text = (
        f"its assumed factors give {figures}, {_as_printed(result)}; "
        f"{result.on_units[0].source} it is {result.end_to_end_speedup:.3f}x"
    )
    holds = _is_as_claimed(result, result.end_to_end_speedup, REPORTED_END_TO_END)
    return Claim("G4", "end to end 1.08x, 1.09x, 1.11x faster", REPRODUCED if holds else REFUTED, text)


def peak_intermediate_bytes(result: PipelineResult) -> dict[str, int]:
    """What sampled values and sums take at most, in the largest layer.

    ``materialised`` is every sample written out, as an implementation that is not fused would; ``units`` the
    sums that come back and the copies beside the tiles.
    """
    layers = result.simulated.layers if result.simulated else []
    channels = result.on_units[0].channels if result.on_units else 0
    materialised = max((layer.all_samples * channels * 2 for layer in layers), default=0)
    units = max((layer.up_bytes + layer.stored_bytes - layer.plain_bytes for layer in layers), default=0)
    return {"materialised": materialised, "units": units}


def _intermediate(result: PipelineResult) -> Claim:
    claim = "67.1 MB of intermediate tensor removed, 94.8 % of sampling memory"
    memory = peak_intermediate_bytes(result)
    arithmetic = f"{INTERMEDIATE_BYTES / 1e6:.1f} MB are 262,144 samples of 128 channels"
    if not memory["materialised"]:
        return Claim("G5", claim, OUTSIDE, f"{arithmetic}; an assumed hit rate says nothing of memory")
    spared = 1 - memory["units"] / memory["materialised"]
    text = (
        f"{arithmetic}; the largest layer has {memory['materialised'] / 1e6:.0f} MB of them, were they "
        f"written out (a fused kernel keeps none); the units need {memory['units'] / 1e6:.1f} MB for sums "
        f"and for copies beside tiles, {100 * spared:.1f} % less"
    )
    return Claim("G5", claim, REPRODUCED if abs(spared / 0.948 - 1) <= TOLERANCE else REFUTED, text)


def _energy(result: PipelineResult) -> Claim:
    text = (
        f"400 W for 53.83 ms are {HOST_POWER_W * REPORTED_TOTAL_MS / 1e3:.1f} J and 0.26 W are "
        f"{UNITS_POWER_W * REPORTED_TOTAL_MS:.0f} mJ: both were 1000 times too small"
    )
    claim = "400 W against 0.26 W, 1,538x; 21.5 mJ against 0.014 mJ an inference"
    simulated = result.simulated
    if simulated is None:
        return Claim("G6", claim, REFUTED, text)
    energy = simulated.energy_pj
    logic = sum(value for name, value in energy.items() if name.startswith("unit_"))
    text += (
        f"; sampling on the units takes {energy['total'] / 1e9:.1f} mJ, {logic / 1e9:.1f} mJ of it in their "
        "logic"
    )
    host = [stage.host for stage in result.on_units if stage.host is not None]
    if host:
        own = sum(part.energy_pj["total"] for part in host)
        text += f", and on the host {own / 1e9:.1f} mJ for arithmetic, caches and DRAM: "
        text += f"{own / energy['total']:.2f}x"
    return Claim("G6", claim, REFUTED, text)


def internal_bandwidth_gb_per_s(result: PipelineResult) -> float:
    """What the active banks could deliver to their units: a burst every column spacing each."""
    config, memory = result.architecture.pim, result.architecture.memory
    assert isinstance(config, GeoPimConfig)
    timings = resolved_timings(memory)
    spacing = max(
        evaluate(row.latency, timings)
        for row in config.constraints
        if row.level is Level.BANK and Command.PIM_READ in row.preceding and Command.PIM_READ in row.following
    )
    return config.active_banks * burst_bytes(memory) / (spacing * float(cycle_ns(memory.clock)))


def _bandwidth(result: PipelineResult, config: GeoPimConfig) -> Claim:
    inside, outside = internal_bandwidth_gb_per_s(result), peak_bandwidth_gb_per_s(result.architecture.memory)
    text = f"{config.active_banks} banks can read {inside / 1e3:.1f} TB/s (a burst every tCCD_L), the pins "
    text += f"{outside / 1e3:.2f} TB/s"
    simulated = result.simulated
    if simulated is not None:
        bursts = sum(layer.statistics.total.commands["PIM_RD"] for layer in simulated.layers)
        moved = bursts * burst_bytes(result.architecture.memory) / simulated.time_ns
        text += f"; the units read {moved / 1e3:.2f} TB/s of it"
    close = (
        abs(inside / INTERNAL_GB_PER_S - 1) <= TOLERANCE and abs(outside / EXTERNAL_GB_PER_S - 1) <= TOLERANCE
    )
    return Claim("G7", "2 TB/s outside against 8 TB/s inside", REPRODUCED if close else REFUTED, text)


def _hit_rate(result: PipelineResult) -> Claim:
    claim = "60-70 % row hits with geometry-aware placement, about 30 % for random access"
    simulated = result.simulated
    if simulated is None or simulated.row_hit_rate is None:
        return Claim("G8", claim, OUTSIDE, "the hit rate was assumed")
    rate, config = simulated.row_hit_rate, simulated.config
    text = f"{100 * rate:.1f} % with placement {config.placement.value}, order {config.order.value}, fetch "
    text += f"{config.fetch_order.value}, neighbours {config.neighbours.value}"
    low, high = EXPECTED_HIT_RATE
    within = config.placement.value == "geometry-aware" and low * (1 - TOLERANCE) <= rate <= high * (
        1 + TOLERANCE
    )
    return Claim("G8", claim, REPRODUCED if within else REFUTED, text)
