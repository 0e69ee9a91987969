"""Running a pipeline: every stage measured, simulated, or both, and the whole with and without the units.

The host alone runs all stages in the times measured on it (simulated where there is no measurement). With
units, the stages placed on them take the time the units take. Each stage that is placed on the units is also
simulated on the architecture's host, where it has one: that is what its measured time is held against.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from openrow.config.architecture import Architecture
from openrow.config.dumping import configuration_hash, dump
from openrow.config.geopim import GeoPimConfig
from openrow.config.workload import PipelineWorkload, Stage
from openrow.errors import UserError
from openrow.host.device import HostCaches, simulate_kernel
from openrow.host.result import HostResult
from openrow.pim.geopim.analytic import AnalyticModel, analytic_model
from openrow.pim.geopim.numbers import NumbersResult, check_numbers
from openrow.pim.geopim.sampling import SamplingResult, simulate_sampling
from openrow.pim.geopim.units import geopim_of
from openrow.system.pipeline import Span, Task, schedule
from openrow.system.result import versions
from openrow.system.workloads import Progress
from openrow_kernels.catalogue import kernel as make_kernel
from openrow_kernels.deformable_attention import DeformableAttention
from openrow_traces.chunk import as_trace_chunk

FLOPS_OF_CHANNEL = 10
"""Operations on a channel of a sample: four neighbours multiplied and added, and the sum weighted and
added."""
PS_PER_NS = 1000
PS_PER_MS = 10**9


@dataclass(frozen=True)
class StageResult:
    """One stage.

    Attributes
    ----------
    stage
        What it is.
    device
        Where it runs.
    source
        Whether its time was ``measured``, ``simulated`` or ``assumed``.
    time_ns
        Its time there.
    host_ns
        Its time on the host alone.
    pim, host
        What the units and the host made of its kernel, where they were simulated.
    numbers
        How far what the units compute is from the kernel's definition, where it was computed.
    samples, channels
        Of its kernel, where that is a deformable attention.
    """

    stage: Stage
    device: str
    source: str
    time_ns: float
    host_ns: float
    pim: SamplingResult | None = field(default=None, repr=False)
    host: HostResult | None = field(default=None, repr=False)
    samples: int = 0
    channels: int = 0
    numbers: NumbersResult | None = None


@dataclass(frozen=True)
class PipelineResult:
    """A pipeline that has been run, with the units and without."""

    architecture: Architecture
    stages: list[StageResult]
    notes: tuple[str, ...] = ()

    @cached_property
    def spans(self) -> dict[str, Span]:
        """When each stage ran."""
        return schedule(_tasks(self.stages, lambda result: (result.device, result.time_ns)))

    @cached_property
    def total_ns(self) -> float:
        """From the first begin to the last end."""
        return max(span.end_ps for span in self.spans.values()) / PS_PER_NS

    @cached_property
    def host_spans(self) -> dict[str, Span]:
        """When each stage runs with everything on the host."""
        return schedule(_tasks(self.stages, lambda result: ("host", result.host_ns)))

    @cached_property
    def host_total_ns(self) -> float:
        """From the first begin to the last end with everything on the host."""
        return max(span.end_ps for span in self.host_spans.values()) / PS_PER_NS

    def _sampling(self, on_host: bool) -> float:
        parts = [result for result in self.stages if result.stage.part_of == "sampling"]
        return sum(result.host_ns if on_host else result.time_ns for result in parts)

    @property
    def sampling_ns(self) -> float:
        """All stages that count as geometric sampling."""
        return self._sampling(on_host=False)

    @property
    def sampling_host_ns(self) -> float:
        """The same on the host."""
        return self._sampling(on_host=True)

    @property
    def sampling_speedup(self) -> float | None:
        """Of all geometric sampling."""
        return self.sampling_host_ns / self.sampling_ns if self.sampling_ns else None

    @property
    def end_to_end_speedup(self) -> float:
        """Of the whole."""
        return self.host_total_ns / self.total_ns

    @property
    def on_units(self) -> list[StageResult]:
        """The stages that the units run."""
        return [result for result in self.stages if result.device == "pim"]

    @property
    def units_host_ns(self) -> float:
        """What the host takes for them."""
        return sum(result.host_ns for result in self.on_units)

    @property
    def units_ns(self) -> float:
        """What the units take for them."""
        return sum(result.time_ns for result in self.on_units)

    @property
    def simulated(self) -> SamplingResult | None:
        """All layers that the units were simulated with, or None."""
        parts = [result.pim for result in self.on_units if result.pim is not None]
        return (
            SamplingResult([layer for part in parts for layer in part.layers], parts[0].config)
            if parts
            else None
        )

    @property
    def row_hit_rate(self) -> float | None:
        """Of the units: simulated, or as assumed."""
        config = self.architecture.pim
        if isinstance(config, GeoPimConfig) and config.assumed_hit_rate is not None:
            return config.assumed_hit_rate
        return self.simulated.row_hit_rate if self.simulated else None

    def analytic(self, hit_rate: float) -> list[tuple[StageResult, AnalyticModel]]:
        """The analytic model of the design notes for each stage on the units."""
        config = self.architecture.pim
        if not isinstance(config, GeoPimConfig):
            return []
        return [(result, analytic_model(config, result.channels, hit_rate)) for result in self.on_units]

    def with_units_in(self, units_ns: float) -> tuple[float | None, float]:
        """Sampling and end-to-end speedup if the stages on the units took ``units_ns`` in all, one by one."""
        saved = self.units_host_ns - units_ns
        sampling = self.sampling_host_ns - saved
        return (
            self.sampling_host_ns / sampling if sampling else None,
            self.host_total_ns / (self.host_total_ns - saved),
        )

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data, ready for JSON."""
        from openrow.system.pipeline_tree import pipeline_tree

        return {
            **pipeline_tree(self),
            "notes": list(self.notes),
            "versions": versions(),
            "configuration_hash": configuration_hash(self.architecture),
            "configuration": dump(self.architecture),
        }


def _tasks(results: Sequence[StageResult], where: Any) -> list[Task]:
    tasks: list[Task] = []
    for result in results:
        device, time_ns = where(result)
        before = result.stage.after
        after = tuple(before) if before is not None else tuple(task.name for task in tasks[-1:])
        tasks.append(Task(result.stage.name, device, round(time_ns * PS_PER_NS), after))
    return tasks


def run(architecture: Architecture, progress: Progress) -> PipelineResult:
    """Run the architecture's pipeline.

    Raises
    ------
    UserError
        Where a stage has neither a measured time nor a kernel, or its device is missing.
    """
    workload = architecture.workload
    assert isinstance(workload, PipelineWorkload), "the registry sent it here"
    results: list[StageResult] = []
    count = len(workload.stages)
    caches = HostCaches(architecture.host) if architecture.host is not None else None
    for number, stage in enumerate(workload.stages):
        progress(stage.name, number / count)
        results.append(_run_stage(architecture, stage, caches))
    return PipelineResult(architecture, results, tuple(_notes(results)))


def _notes(results: Sequence[StageResult]) -> Iterator[str]:
    for result in results:
        numbers = result.numbers
        if numbers is not None and not numbers.within_rounding:
            yield (
                f"{result.stage.name}: the units' numbers are not within FP16 rounding of the definition: up "
                f"to {numbers.max_error:.2g} ({numbers.max_ulp:.1f} spacings) off"
            )


def _run_stage(architecture: Architecture, stage: Stage, caches: HostCaches | None) -> StageResult:
    if stage.kernel is None and (stage.measured_ms is None or stage.on == "pim"):
        raise UserError(f"workload.stages: '{stage.name}' needs a kernel, to be simulated on {stage.on}")
    measured_ns = None if stage.measured_ms is None else stage.measured_ms * 1e6
    if stage.kernel is None or (stage.on == "host" and measured_ns is not None):
        assert measured_ns is not None
        return StageResult(stage, "host", "measured", measured_ns, measured_ns)
    host = None if caches is None else _on_host(architecture, stage, caches)
    if measured_ns is None:
        if host is None:
            raise UserError(
                f"workload.stages: '{stage.name}' has no measured_ms, and there is no host to simulate"
            )
        measured_ns = host.time_ns
    if stage.on == "host":
        return StageResult(stage, "host", "simulated", measured_ns, measured_ns, host=host)
    return _on_units(architecture, stage, measured_ns, host)


def _on_host(architecture: Architecture, stage: Stage, caches: HostCaches) -> HostResult:
    assert stage.kernel is not None
    made = make_kernel(stage.kernel, stage.kernel_overrides)
    flops = 0.0
    if isinstance(made, DeformableAttention):
        flops = float(made.total_samples() * made.parameters.channels * FLOPS_OF_CHANNEL)
    chunks = (as_trace_chunk(chunk) for chunk in made.stream())
    plain = architecture.model_copy(update={"fidelity": "exact", "engine": "compiled"})
    return simulate_kernel(plain, chunks, flops, caches=caches)


def _on_units(
    architecture: Architecture, stage: Stage, host_ns: float, host: HostResult | None
) -> StageResult:
    config = geopim_of(architecture)
    assert stage.kernel is not None
    made = make_kernel(stage.kernel, stage.kernel_overrides)
    if not isinstance(made, DeformableAttention):
        raise UserError(
            f"workload.stages: '{stage.name}' runs {stage.kernel}; GeoPIM runs deformable-attention"
        )
    samples, channels = made.total_samples(), made.parameters.channels
    if config.assumed_hit_rate is not None:
        time_ns = analytic_model(config, channels, config.assumed_hit_rate).time_ns(samples)
        return StageResult(stage, "pim", "assumed", time_ns, host_ns, None, host, samples, channels)
    result = simulate_sampling(architecture, stage.kernel, stage.kernel_overrides)
    numbers = None
    if config.check_numbers:
        numbers = check_numbers(architecture, stage.kernel, stage.kernel_overrides, config.weight_element)
    return StageResult(
        stage, "pim", "simulated", result.time_ns, host_ns, result, host, samples, channels, numbers
    )
