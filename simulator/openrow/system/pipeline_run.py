"""Running a pipeline: every stage measured, simulated, or both, and the whole with and without the units.

The host alone runs all stages in the times measured on it (simulated where there is no measurement). With
units, the stages placed on them take the time the units take. Each stage that is placed on the units is also
simulated on the architecture's host, where it has one: that is what its measured time is held against.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from openrow.config.architecture import Architecture
from openrow.config.dumping import configuration_hash, dump
from openrow.config.workload import PipelineWorkload, Stage
from openrow.errors import UserError
from openrow.host.device import HostCaches, simulate_kernel
from openrow.host.result import HostResult
from openrow.pim.geopim.analytic import analytic_model
from openrow.pim.geopim.numbers import check_numbers
from openrow.pim.geopim.sampling import simulate_sampling
from openrow.pim.geopim.units import geopim_of
from openrow.system.pipeline_result import PipelineResult, StageResult
from openrow.system.pipeline_tree import pipeline_tree
from openrow.system.result import versions
from openrow.system.workloads import Progress
from openrow_kernels.catalogue import kernel as make_kernel
from openrow_kernels.deformable_attention import DeformableAttention
from openrow_traces.chunk import as_trace_chunk

FLOPS_OF_CHANNEL = 10
"""Operations on a channel of a sample: four neighbours multiplied and added, and the sum weighted and
added."""


class PipelineRun(PipelineResult):
    """A pipeline that has been run, ready to be stored."""

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data, ready for JSON."""
        return {
            **pipeline_tree(self),
            "notes": list(self.notes),
            "versions": versions(),
            "configuration_hash": configuration_hash(self.architecture),
            "configuration": dump(self.architecture),
        }


def run(architecture: Architecture, progress: Progress) -> PipelineRun:
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
        told = partial(_tell, progress, number / count)
        results.append(_run_stage(architecture, stage, caches, told))
    return PipelineRun(architecture, results, tuple(_notes(results)))


def _tell(progress: Progress, share: float, what: str) -> None:
    progress(what, share)


def _notes(results: Sequence[StageResult]) -> Iterator[str]:
    for result in results:
        numbers = result.numbers
        if numbers is not None and not numbers.within_rounding:
            yield (
                f"{result.stage.name}: the units' numbers are not within FP16 rounding of the definition: up "
                f"to {numbers.max_error:.2g} ({numbers.max_ulp:.1f} spacings) off"
            )


def _run_stage(
    architecture: Architecture, stage: Stage, caches: HostCaches | None, progress: Callable[[str], None]
) -> StageResult:
    if stage.kernel is None and (stage.measured_ms is None or stage.on == "pim"):
        raise UserError(f"workload.stages: '{stage.name}' needs a kernel, to be simulated on {stage.on}")
    measured_ns = None if stage.measured_ms is None else stage.measured_ms * 1e6
    if stage.kernel is None or (stage.on == "host" and measured_ns is not None):
        assert measured_ns is not None
        return StageResult(stage, "host", "measured", measured_ns, measured_ns)
    progress(f"{stage.name}: host")
    host = None if caches is None else _on_host(architecture, stage, caches)
    if measured_ns is None:
        if host is None:
            raise UserError(
                f"workload.stages: '{stage.name}' has no measured_ms, and there is no host to simulate"
            )
        measured_ns = host.time_ns
    if stage.on == "host":
        return StageResult(stage, "host", "simulated", measured_ns, measured_ns, host=host)
    return _on_units(architecture, stage, measured_ns, host, progress)


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
    architecture: Architecture,
    stage: Stage,
    host_ns: float,
    host: HostResult | None,
    progress: Callable[[str], None],
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
    result = simulate_sampling(
        architecture, stage.kernel, stage.kernel_overrides, lambda what, _share: progress(what)
    )
    numbers = None
    if config.check_numbers:
        progress(f"{stage.name}: numbers")
        numbers = check_numbers(architecture, stage.kernel, stage.kernel_overrides, config.weight_element)
    return StageResult(
        stage, "pim", "simulated", result.time_ns, host_ns, result, host, samples, channels, numbers
    )
