"""What a sweep would do, before it does it."""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from openrow.config.architecture import Architecture
from openrow.config.known_names import known_names
from openrow.config.problems import KeyPath, one_of
from openrow.config.sweep import Grid, Scalar, Search, SweepSpec, TraceSpec
from openrow.errors import UserError
from openrow.sweep.choosing import point_count
from openrow.sweep.evaluating import evaluate
from openrow.sweep.expressions import Expression
from openrow.sweep.resolving import TRACE_PARAMETER, Resolver, as_text
from openrow.sweep.space import ARCHITECTURE, TRACE, NamedAxis, Point, conditions, named_axes, points

COUNTED = 200_000
"""Points of a grid are counted one by one up to so many; beyond, conditions are not looked at."""


@dataclass(frozen=True)
class Plan:
    """What a sweep would do.

    Attributes
    ----------
    points
        How many there are, or at most are.
    at_most
        Whether there may be fewer.
    first
        The axes' values of the first few.
    seconds
        What the first one took.
    """

    points: int
    at_most: bool
    first: list[Mapping[str, Scalar]]
    seconds: float


def check_axes(spec: SweepSpec) -> None:
    """Check every axis name against the configuration's model or the kernel's parameters, and conditions and
    derived figures as far as they can be before there is a result.

    Raises
    ------
    UserError
        Naming a key that there is not, with the nearest that there is.
    openrow_kernels.errors.KernelError
        For a parameter that the kernel does not have.
    """
    plain = Resolver(spec).plain()
    conditions(spec)
    for name, text in spec.derived.items():
        Expression(text, f"sweep.derived.{name}")
    axes = named_axes(spec)
    for key in dict.fromkeys(key for axis in axes for choice in axis.choices for key in choice.settings):
        if key not in (ARCHITECTURE, TRACE) and not key.startswith(TRACE_PARAMETER):
            _check_key(key, plain)
    if spec.trace is not None:
        _check_parameters(spec, spec.trace, axes)


def _check_parameters(spec: SweepSpec, trace: TraceSpec, axes: list[NamedAxis]) -> None:
    """Ask the kernel for each parameter; where the kernel itself changes, they are its own affair."""
    if any(TRACE in choice.settings for axis in axes for choice in axis.choices):
        return
    from openrow.system.traffic import is_kernel, kernel_traffic

    if Path(trace.source).exists() or not is_kernel(trace.source):
        return
    parameters = dict(trace.parameters) | ({"seed": 0} if spec.replicates > 1 else {})
    for axis in axes:
        for key, value in axis.choices[0].settings.items():
            if key.startswith(TRACE_PARAMETER):
                parameters[key.removeprefix(TRACE_PARAMETER)] = value
    kernel_traffic(trace.source, [f"{name}={as_text(value)}" for name, value in parameters.items()])


def _check_key(key: str, plain: object) -> None:
    path: KeyPath = ()
    for word in key.split("."):
        names = known_names(Architecture, plain, path)
        if names is not None and word not in names and not word.isdecimal():
            expected = one_of(word, names, "key") if names else f"{'.'.join(map(str, path))} has no parts"
            raise UserError(f"sweep.axes: {key}: '{word}' {expected}")
        path = (*path, int(word) if word.isdecimal() else word)


def _first_points(spec: SweepSpec, count: int) -> list[Point]:
    """The first points; those of a search are examples."""
    grid = spec.model_copy(update={"method": Grid()}) if isinstance(spec.method, Search) else spec
    return list(islice(points(grid), count))


def dry_run(spec: SweepSpec, shown: int) -> Plan:
    """Count the points, resolve the first few, and run one.

    Raises
    ------
    UserError
        Where there is no point, or one of the first cannot be.
    """
    first = _first_points(spec, shown)
    if not first:
        raise UserError("the sweep has no point: its conditions (sweep.where) forbid all")
    resolver = Resolver(spec)
    jobs = [resolver.resolve(point) for point in first]
    at_most = isinstance(spec.method, Search)
    count = point_count(spec)
    if not at_most and count <= COUNTED:
        count = sum(1 for _ in points(spec))
    at_most |= bool(spec.where) and count > COUNTED
    with tempfile.TemporaryDirectory() as folder:
        evaluate(jobs[0], str(Path(folder)))
        began = time.perf_counter()
        evaluate(jobs[0], str(Path(folder)))
        seconds = time.perf_counter() - began
    return Plan(count, at_most, [point.labels for point in first], seconds)
