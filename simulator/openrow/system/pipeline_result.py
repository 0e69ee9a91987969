"""What a pipeline comes to: its stages, with the units and without."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from openrow.config.architecture import Architecture
from openrow.config.geopim import GeoPimConfig
from openrow.config.workload import Stage
from openrow.host.result import HostResult
from openrow.pim.geopim.analytic import AnalyticModel, analytic_model
from openrow.pim.geopim.numbers import NumbersResult
from openrow.pim.geopim.sampling import SamplingResult
from openrow.system.pipeline import Span, Task, schedule

PS_PER_NS = 1000


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
        return schedule(tasks_of(self.stages, lambda result: (result.device, result.time_ns)))

    @cached_property
    def total_ns(self) -> float:
        """From the first begin to the last end."""
        return max(span.end_ps for span in self.spans.values()) / PS_PER_NS

    @cached_property
    def host_spans(self) -> dict[str, Span]:
        """When each stage runs with everything on the host."""
        return schedule(tasks_of(self.stages, lambda result: ("host", result.host_ns)))

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


def tasks_of(results: Sequence[StageResult], where: Callable[[StageResult], tuple[str, float]]) -> list[Task]:
    """The stages as tasks; ``where`` says on which device each runs, and how many ns."""
    tasks: list[Task] = []
    for result in results:
        device, time_ns = where(result)
        before = result.stage.after
        after = tuple(before) if before is not None else tuple(task.name for task in tasks[-1:])
        tasks.append(Task(result.stage.name, device, round(time_ns * PS_PER_NS), after))
    return tasks
