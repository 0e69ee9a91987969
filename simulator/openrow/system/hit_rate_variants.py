"""Variants of an architecture whose row-hit rate comes from something real, run for the curve.

What varies is where the map lies, in which order samples and bursts are taken, how long a row is, what closes
it, and what commands have to wait for. The variants are many and the largest stage is long: a stage of more
than ``SMALL_STAGE_SAMPLES`` therefore takes the times of the largest smaller stage, sample for sample, and
:attr:`openrow.system.hit_rate_curve.Curve.scaled` names it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from openrow.config.architecture import Architecture
from openrow.config.loading import load_run
from openrow.config.organisation import peak_bandwidth_gb_per_s
from openrow.config.workload import PipelineWorkload, Stage
from openrow.errors import UserError
from openrow.host.device import host_of
from openrow.pim.geopim.sampling import LayerResult
from openrow.pim.geopim.units import geopim_of
from openrow.system.hit_rate_curve import (
    Curve,
    CurveHost,
    CurvePoint,
    analytic_curve,
    causes_of,
    computing_from,
    report_points,
)
from openrow.system.pipeline_result import PipelineResult, StageResult
from openrow.system.pipeline_run import run as run_pipeline
from openrow.system.workloads import Progress
from openrow_kernels.catalogue import kernel as make_kernel
from openrow_kernels.deformable_attention import DeformableAttention

SMALL_STAGE_SAMPLES = 2_000_000
"""Samples of a stage that is simulated as it is."""
EDGE_HOST = "host/jetson-orin-nx"


@dataclass(frozen=True)
class Variant:
    """Something to change in an architecture.

    Attributes
    ----------
    label
        What the point is called.
    group
        What kind of change it is; points of one group look alike.
    overrides
        Each ``dotted.path=value``.
    """

    label: str
    group: str
    overrides: tuple[str, ...] = ()


ROWS_OF_2_KIB = ("memory.columns=512", "memory.rows=32768")
BY_TILE = "pim.fetch_order=by-tile"
VARIANTS = (
    Variant("as shipped", "baseline"),
    Variant("hashed tiles", "placement", ("pim.placement=hashed-tiles",)),
    Variant("row-major", "placement", ("pim.placement=row-major",)),
    Variant("Morton order", "order", ("pim.order=morton",)),
    Variant("by tile", "order", (BY_TILE,)),
    Variant("by tile, row-major", "placement", (BY_TILE, "pim.placement=row-major")),
    Variant("by tile, tiles of one pixel", "placement", (BY_TILE, "pim.tile_pixels=1")),
    Variant("rows of 2 KiB", "row size", ROWS_OF_2_KIB),
    Variant("by tile, rows of 2 KiB", "row size", (*ROWS_OF_2_KIB, BY_TILE)),
    Variant("neighbours over the channel", "neighbours", ("pim.neighbours=channel",)),
    Variant("by tile, over the channel", "neighbours", (BY_TILE, "pim.neighbours=channel")),
    Variant("columns over the command bus", "commands", ("pim.column_commands=command-bus",)),
    Variant("by tile, ganged activations", "commands", (BY_TILE, "pim.activations=ganged")),
    Variant("no refresh", "refresh", ("memory.refresh=none",)),
)
"""The points that are drawn where nobody gives any."""


def run_curve(
    name: str,
    workload: str,
    progress: Progress = lambda _what, _share: None,
    variants: Sequence[Variant] = VARIANTS,
    edge_host: str | None = EDGE_HOST,
    largest_stage: int = SMALL_STAGE_SAMPLES,
) -> Curve:
    """Run variants of an architecture with a workload, and simulate the hosts.

    Parameters
    ----------
    name, workload
        As for :func:`openrow.config.loading.load_run`.
    progress
        Told what is going on.
    variants
        What to run.
    edge_host
        A further host to hold the points against. Its times for stages that are not simulated are those of
        the pipeline, slower by the ratio of the memories' bandwidths.
    largest_stage
        Samples of a stage that is still simulated itself.

    Raises
    ------
    openrow.errors.UserError
        Where nothing runs on units, or something does not fit.
    """
    architecture = load_run(name, workload)
    config = geopim_of(architecture)
    if config.assumed_hit_rate is not None:
        raise UserError(f"the curve simulates row-hit rates, and pim.hit_rate is {config.hit_rate}")
    parts = _Parts.of(architecture, largest_stage)
    steps = len(variants) + 2
    points = []
    for number, variant in enumerate(variants):
        progress(variant.label, number / steps)
        changed = load_run(name, workload, variant.overrides)
        points.append(_point(variant, parts, _run_units(changed, parts)))
    progress("host", (steps - 2) / steps)
    hosts = [parts.measured]
    if architecture.host is not None:
        hosts.append(_simulated_host(architecture, parts, 1.0))
    if edge_host is not None:
        progress(edge_host, (steps - 1) / steps)
        edge = load_run(edge_host, workload)
        slower = peak_bandwidth_gb_per_s(architecture.memory) / peak_bandwidth_gb_per_s(edge.memory)
        hosts.append(_simulated_host(edge, parts, slower))
    analytic = analytic_curve(config, parts.channels, sum(parts.samples.values()))
    report = report_points(parts.measured)
    return Curve(hosts, points, analytic, computing_from(config), report, config.active_banks, parts.scaled)


@dataclass(frozen=True)
class _Parts:
    """The stages that go to the units: which are simulated, and how often a sample of theirs counts."""

    stages: dict[str, Stage]
    samples: dict[str, int]
    channels: int
    scaled: dict[str, str]
    measured: CurveHost

    @classmethod
    def of(cls, architecture: Architecture, largest: int) -> "_Parts":
        workload = architecture.workload
        if not isinstance(workload, PipelineWorkload):
            raise UserError("the curve needs a pipeline, such as transplat-encoder")
        on_units = [stage for stage in workload.stages if stage.on == "pim"]
        kernels = {stage.name: make_kernel(stage.kernel or "", stage.kernel_overrides) for stage in on_units}
        attentions = {n: made for n, made in kernels.items() if isinstance(made, DeformableAttention)}
        if not attentions or len(attentions) < len(on_units):
            raise UserError("the curve needs a pipeline whose stages on the units are deformable attentions")
        samples = {name: made.total_samples() for name, made in attentions.items()}
        fitting = {name: count for name, count in samples.items() if count <= largest}
        stand_in = max(fitting, key=lambda name: fitting[name]) if fitting else None
        scaled = {name: stand_in for name in samples if stand_in is not None and name not in fitting}
        return cls(
            {stage.name: stage for stage in on_units},
            samples,
            next(iter(attentions.values())).parameters.channels,
            scaled,
            _measured_host(workload),
        )

    @property
    def simulated(self) -> list[Stage]:
        return [stage for name, stage in self.stages.items() if name not in self.scaled]

    def weight(self, name: str) -> float:
        """How often a simulated stage counts: for itself and for those that take its times."""
        standing = [other for other, stand_in in self.scaled.items() if stand_in == name]
        return 1 + sum(self.samples[other] for other in standing) / self.samples[name]


def _measured_host(workload: PipelineWorkload) -> CurveHost:
    for stage in workload.stages:
        if stage.measured_ms is None:
            raise UserError(f"workload.stages: the curve needs measured_ms of '{stage.name}'")
    units = sum(s.measured_ms or 0.0 for s in workload.stages if s.on == "pim")
    sampling = sum(s.measured_ms or 0.0 for s in workload.stages if s.part_of == "sampling")
    return CurveHost("as measured", units, sampling, sum(s.measured_ms or 0.0 for s in workload.stages))


def _with_stages(architecture: Architecture, stages: Sequence[Stage], **changes: Any) -> Architecture:
    workload = architecture.workload
    assert isinstance(workload, PipelineWorkload)
    alone = [stage.model_copy(update={"after": [], **changes}) for stage in stages]
    return architecture.model_copy(update={"workload": workload.model_copy(update={"stages": alone})})


def _run_units(architecture: Architecture, parts: _Parts) -> PipelineResult:
    """Run the simulated stages on the units alone."""
    config = geopim_of(architecture).model_copy(update={"check_numbers": False})
    alone = _with_stages(architecture, parts.simulated).model_copy(update={"host": None, "pim": config})
    return run_pipeline(alone, lambda _what, _share: None)


def _simulated_host(architecture: Architecture, parts: _Parts, slower: float) -> CurveHost:
    """A host with simulated times for the stages that go to the units, and ``slower`` measured ones."""
    alone = _with_stages(architecture, parts.simulated, on="host", measured_ms=None)
    result = run_pipeline(alone, lambda _what, _share: None)
    units = sum(parts.weight(part.stage.name) * part.host_ns for part in result.stages) / 1e6
    measured = parts.measured
    return CurveHost(
        name=f"{host_of(architecture).name}, simulated",
        units_ms=units,
        sampling_ms=units + slower * (measured.sampling_ms - measured.units_ms),
        total_ms=units + slower * (measured.total_ms - measured.units_ms),
        stages_slower=slower,
    )


def _layers(parts: _Parts, results: Sequence[StageResult]) -> Iterator[tuple[float, LayerResult]]:
    for result in results:
        for layer in result.pim.layers if result.pim is not None else ():
            yield parts.weight(result.stage.name), layer


def _point(variant: Variant, parts: _Parts, result: PipelineResult) -> CurvePoint:
    hits = total = 0.0
    longest = 0.0
    causes: list[str] = []
    for weight, layer in _layers(parts, result.on_units):
        rows = layer.statistics.total.rows
        hits += weight * rows.hits
        total += weight * (rows.hits + rows.misses + rows.conflicts)
        if weight * layer.time_ns > longest:
            longest, causes = weight * layer.time_ns, causes_of(layer.limited_by, layer.shares)
    units_ms = sum(parts.weight(part.stage.name) * part.time_ns for part in result.on_units) / 1e6
    return CurvePoint(variant.label, variant.group, hits / total if total else 0.0, units_ms, causes)
