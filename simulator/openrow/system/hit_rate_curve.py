"""Row-hit rate against speedup: the GeoPIM report's points, the analytic model, and simulated points.

Every point is held against several hosts: one takes the times that the pipeline's stages carry, others are
simulated.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from openrow.config.architecture import Architecture
from openrow.config.geopim import GeoPimConfig
from openrow.config.loading import architecture_from_dict
from openrow.config.workload import PipelineWorkload
from openrow.errors import UserError
from openrow.pim.geopim.analytic import analytic_model, compute_cycles
from openrow.pim.geopim.units import geopim_of
from openrow.system.geopim_claims import ASSUMED_FACTORS
from openrow_kernels.catalogue import kernel as make_kernel
from openrow_kernels.deformable_attention import DeformableAttention

CURVE_STEPS = 100
Tree = Mapping[str, Any]

GROUPS_OF_KEYS: Mapping[str, str] = {
    "pim.placement": "placement",
    "pim.tile_pixels": "placement",
    "pim.assignment": "placement",
    "pim.order": "order",
    "pim.fetch_order": "order",
    "pim.neighbours": "neighbours",
    "pim.scratchpad_bytes": "neighbours",
    "pim.column_commands": "commands",
    "pim.activations": "commands",
    "memory.columns": "row size",
    "memory.rows": "row size",
    "memory.refresh": "refresh",
}
"""The group of a result by the first of these keys in which it differs from the first result."""


@dataclass(frozen=True)
class CurveHost:
    """A host that points are held against.

    Attributes
    ----------
    name
        What it is.
    units_ms, sampling_ms, total_ms
        Its time for the stages that go to the units, for all geometric sampling, and for all stages.
    stages_slower
        How many times as long as measured its other stages are taken to be.
    """

    name: str
    units_ms: float
    sampling_ms: float
    total_ms: float
    stages_slower: float = 1.0

    def speedups(self, units_ms: float) -> dict[str, float]:
        """Speedup of geometric sampling and of the whole, where the units take ``units_ms``."""
        saved = self.units_ms - units_ms
        return {
            "sampling": self.sampling_ms / (self.sampling_ms - saved),
            "end_to_end": self.total_ms / (self.total_ms - saved),
        }


@dataclass(frozen=True)
class CurvePoint:
    """One simulated point.

    Attributes
    ----------
    label, group
        As those of its variant.
    row_hit_rate, units_ms
        Row-hit rate, and time of the units.
    limited_by
        What limits the layer that takes longest; where that is the units, the two things that they spent most
        time on.
    """

    label: str
    group: str
    row_hit_rate: float
    units_ms: float
    limited_by: list[str]


@dataclass(frozen=True)
class Curve:
    """Everything that the picture shows.

    Attributes
    ----------
    hosts
        The hosts; the report's points belong to the first.
    points
        The simulated points.
    analytic
        (row-hit rate, time of the units in ms), by rate.
    computing_from
        The row-hit rate from which the analytic model is limited by computing.
    report
        (row-hit rate, time of the units in ms) of the report's points.
    units
        How many units work.
    scaled
        The stages that were not simulated themselves, by the stage whose times a sample they take.
    """

    hosts: list[CurveHost]
    points: list[CurvePoint]
    analytic: list[tuple[float, float]]
    computing_from: float
    report: list[tuple[float, float]]
    units: int
    scaled: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        """The curve as plain data, ready for JSON: every point with its speedups against each host."""
        return {
            "hosts": [
                {**asdict(host), "break_even_hit_rate": break_even(self.analytic, host.units_ms)}
                for host in self.hosts
            ],
            "points": [{**asdict(p), "speedups": self._speedups(p.units_ms)} for p in self.points],
            "analytic": [self._on_curve(rate, units_ms) for rate, units_ms in self.analytic],
            "report": [self._on_curve(rate, units_ms) for rate, units_ms in self.report],
            "computing_from_hit_rate": self.computing_from,
            "units": self.units,
            "scaled_stages": self.scaled,
        }

    def _on_curve(self, rate: float, units_ms: float) -> dict[str, Any]:
        return {"row_hit_rate": rate, "units_ms": units_ms, "speedups": self._speedups(units_ms)}

    def _speedups(self, units_ms: float) -> list[dict[str, float]]:
        return [host.speedups(units_ms) for host in self.hosts]


def break_even(analytic: Sequence[tuple[float, float]], host_ms: float) -> float | None:
    """The row-hit rate at which the units take as long as the host, on the line through ``analytic``.

    None where they are slower at every rate, 0 where they are faster at every rate.
    """
    if analytic[-1][1] > host_ms:
        return None
    after = next(place for place, (_, units_ms) in enumerate(analytic) if units_ms <= host_ms)
    if after == 0:
        return 0.0
    (low, slow_ms), (high, fast_ms) = analytic[after - 1], analytic[after]
    return low + (high - low) * (slow_ms - host_ms) / (slow_ms - fast_ms)


def analytic_curve(config: GeoPimConfig, channels: int, samples: int) -> list[tuple[float, float]]:
    """The time of ``samples`` samples by row-hit rate, the kink at which computing takes over included."""
    rates = sorted({*(step / CURVE_STEPS for step in range(CURVE_STEPS + 1)), computing_from(config)})
    return [(rate, analytic_model(config, channels, rate).time_ns(samples) / 1e6) for rate in rates]


def computing_from(config: GeoPimConfig) -> float:
    """The row-hit rate from which the analytic model fetches a tile no slower than it computes one."""
    miss, hit = config.tile_miss_cycles, config.tile_hit_cycles
    if miss <= hit:
        return 0.0
    return min(1.0, max(0.0, (miss - compute_cycles(config)) / (miss - hit)))


def causes_of(limited_by: str, shares: Mapping[str, float]) -> list[str]:
    """What limits a layer: the bound itself, or the two greatest shares of the units' time."""
    return sorted(shares, key=lambda name: -shares[name])[:2] if limited_by in shares else [limited_by]


def report_points(measured: CurveHost) -> list[tuple[float, float]]:
    """Row-hit rate and time of the units in ms, by the factors that the report assumes on its host's time."""
    return [(rate, measured.units_ms / factor) for rate, factor in ASSUMED_FACTORS.items()]


class NoCurveError(UserError):
    """A result from which no point of the curve can be had."""


def curve_of_results(results: Mapping[str, Tree]) -> Curve:
    """The curve of results of ``openrow run``, each simulated with units.

    Parameters
    ----------
    results
        The results, as plain data, by the name each point gets. All have to be of the same stages.

    Raises
    ------
    NoCurveError
        For a result that has no units, assumes its hit rate, or is of other stages than the first.
    """
    trees = list(results.values())
    for name, tree in results.items():
        if not any("layers" in stage for stage in tree["stages"]):
            raise NoCurveError(f"{name}: no stage of it was simulated on units, so it has no row-hit rate")
        if _host_times(tree) != _host_times(trees[0]):
            raise NoCurveError(
                f"{name}: its stages take other times on the host than those of the first result"
            )
    first = architecture_from_dict(trees[0]["configuration"])
    config = geopim_of(first)
    samples = sum(layer["samples"] for stage in trees[0]["stages"] for layer in stage.get("layers", ()))
    channels = _channels(first)
    points = [_point_of_tree(name, tree, trees[0]) for name, tree in results.items()]
    hosts = list(_hosts_of_tree(trees[0]))
    report = report_points(hosts[0])
    analytic = analytic_curve(config, channels, samples)
    return Curve(hosts, points, analytic, computing_from(config), report, config.active_banks, {})


def _host_times(tree: Tree) -> list[tuple[str, float]]:
    return [(stage["name"], stage["host_ms"]) for stage in tree["stages"]]


def _channels(architecture: Architecture) -> int:
    assert isinstance(architecture.workload, PipelineWorkload)
    stage = next(stage for stage in architecture.workload.stages if stage.on == "pim")
    made = make_kernel(stage.kernel or "", stage.kernel_overrides)
    assert isinstance(made, DeformableAttention)
    return made.parameters.channels


def _hosts_of_tree(tree: Tree) -> Iterator[CurveHost]:
    on_units = [stage for stage in tree["stages"] if stage["device"] == "pim"]
    units = sum(stage["host_ms"] for stage in on_units)
    measured = CurveHost("as measured", units, tree["sampling_host_ms"], tree["host_time_ms"])
    yield measured
    if all("host_simulated" in stage for stage in on_units):
        simulated = sum(stage["host_simulated"]["time_ns"] for stage in on_units) / 1e6
        name = on_units[0]["host_simulated"]["host"]
        saved = units - simulated
        yield replace(
            measured,
            name=f"{name}, simulated",
            units_ms=simulated,
            sampling_ms=measured.sampling_ms - saved,
            total_ms=measured.total_ms - saved,
        )


def _point_of_tree(name: str, tree: Tree, first: Tree) -> CurvePoint:
    on_units = [stage for stage in tree["stages"] if stage["device"] == "pim"]
    layers = [layer for stage in on_units for layer in stage.get("layers", ())]
    longest = max(layers, key=lambda layer: layer["time_ms"])
    return CurvePoint(
        label=name,
        group=_group(tree["configuration"], first["configuration"]),
        row_hit_rate=tree["row_hit_rate"],
        units_ms=sum(stage["time_ms"] for stage in on_units),
        limited_by=causes_of(longest["limited_by"], longest["unit_time_shares"]),
    )


def _group(configuration: Tree, first: Tree) -> str:
    if configuration == first:
        return "baseline"
    for path, group in GROUPS_OF_KEYS.items():
        section, key = path.split(".")
        if configuration[section].get(key) != first[section].get(key):
            return group
    return "other"
