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
from openrow.config.sweep import Scalar, Search, SweepSpec
from openrow.errors import UserError
from openrow.sweep.choosing import point_count
from openrow.sweep.evaluating import evaluate
from openrow.sweep.resolving import TRACE_PARAMETER, Resolver
from openrow.sweep.space import ARCHITECTURE, TRACE, Point, combination, named_axes, point_of, points

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
    """Check every axis name against the configuration's model.

    Raises
    ------
    UserError
        Naming a key that the model does not have, with the nearest that it has.
    """
    resolver = Resolver(spec)
    plain = resolver.plain()
    for axis in named_axes(spec):
        for key in {key for choice in axis.choices for key in choice.settings}:
            if key in (ARCHITECTURE, TRACE) or key.startswith(TRACE_PARAMETER):
                continue
            _check_key(key, plain)


def _check_key(key: str, plain: object) -> None:
    path: KeyPath = ()
    for word in key.split("."):
        names = known_names(Architecture, plain, path)
        if names is not None and word not in names and not word.isdecimal():
            expected = one_of(word, names, "key") if names else f"{'.'.join(map(str, path))} has no parts"
            raise UserError(f"sweep.axes: {key}: '{word}' {expected}")
        path = (*path, int(word) if word.isdecimal() else word)


def _first_points(spec: SweepSpec, count: int) -> list[Point]:
    if isinstance(spec.method, Search):
        axes = named_axes(spec)
        found = (point_of(spec, combination(axes, number), None) for number in range(count))
        return [point for point in found if point is not None]
    return list(islice(points(spec), count))


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
    count = point_count(named_axes(spec), spec.method, spec.replicates)
    if not at_most and spec.where and count <= COUNTED:
        count = sum(1 for _ in points(spec))
    at_most |= bool(spec.where) and count > COUNTED
    with tempfile.TemporaryDirectory() as folder:
        evaluate(jobs[0], str(Path(folder)))
        began = time.perf_counter()
        evaluate(jobs[0], str(Path(folder)))
        seconds = time.perf_counter() - began
    return Plan(count, at_most, [point.labels for point in first], seconds)
