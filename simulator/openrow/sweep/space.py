"""From the axes of a sweep to its points."""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from openrow.config.sweep import Axis, Grid, LatinHypercube, LogRange, RandomPoints, Range, Scalar, SweepSpec
from openrow.errors import UserError
from openrow.sweep.expressions import Expression, variables

ARCHITECTURE, TRACE = "architecture", "trace"
MOST_VALUES = 1_000_000
"""Of one range."""
ROUNDING = 1e-9
"""Part of a step by which the end of a range may be missed."""


@dataclass(frozen=True)
class Choice:
    """One value of an axis: what it is called, and the keys it sets."""

    label: Scalar
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class NamedAxis:
    """An axis by the name results give it, with its choices."""

    name: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Point:
    """One combination.

    Attributes
    ----------
    labels
        The value of each axis, by its name, and the replicate where there are several.
    settings
        The keys it sets, by dotted path.
    seed
        Of the replicate; None where there is one.
    """

    labels: Mapping[str, Scalar]
    settings: Mapping[str, Any]
    seed: int | None


def numbers_of(values: Range | LogRange) -> list[float | int]:
    """The numbers of a range; whole where all of its figures are, and else as decimals add up.

    Raises
    ------
    UserError
        For more than anyone can mean.
    """
    if isinstance(values, Range):
        count = math.floor((values.last - values.first) / values.step + ROUNDING) + 1
        first, step = Decimal(str(values.first)), Decimal(str(values.step))
        whole = isinstance(values.first, int) and isinstance(values.step, int)
        return [_as_number(first + i * step, whole) for i in range(_sensible(count))]
    count = math.floor(math.log(values.last / values.first, values.factor) + ROUNDING) + 1
    first, factor = Decimal(str(values.first)), Decimal(str(values.factor))
    whole = isinstance(values.first, int) and isinstance(values.factor, int)
    return [_as_number(first * factor**i, whole) for i in range(_sensible(count))]


def _as_number(value: Decimal, whole: bool) -> float | int:
    return int(value) if whole else float(value)


def _sensible(count: int) -> int:
    if count > MOST_VALUES:
        raise UserError(f"sweep.axes: a range has {count:,} values; {MOST_VALUES:,} is the most")
    return max(count, 0)


def _choices(axis: Axis) -> tuple[Choice, ...]:
    if axis.bundle is not None:
        assert axis.choices is not None, "checked when read"
        return tuple(Choice(name, settings) for name, settings in axis.choices.items())
    if axis.zip is not None:
        rows = zip(*axis.zip.values(), strict=True)
        first = next(iter(axis.zip))
        together = [dict(zip(axis.zip, row, strict=True)) for row in rows]
        return tuple(Choice(settings[first], settings) for settings in together)
    assert axis.key is not None, "checked when read"
    values: Sequence[Scalar] | None = axis.values
    if values is None:
        spaced = axis.range or axis.log_range
        assert spaced is not None, "checked when read"
        values = numbers_of(spaced)
    return tuple(Choice(value, {axis.key: value}) for value in values)


def named_axes(spec: SweepSpec) -> list[NamedAxis]:
    """The axes with their choices.

    Raises
    ------
    UserError
        Where an axis has no value, or two axes set the same key.
    """
    axes: list[NamedAxis] = []
    setter: dict[str, str] = {}
    for axis in spec.axes:
        name = axis.bundle or axis.key or next(iter(axis.zip or {}))
        choices = _choices(axis)
        if not choices:
            raise UserError(f"sweep.axes: '{name}' has no value: its range is empty")
        for key in sorted({key for choice in choices for key in choice.settings}):
            if key in setter:
                raise UserError(f"sweep.axes: '{key}' is set by two axes, '{setter[key]}' and '{name}'")
            setter[key] = name
        axes.append(NamedAxis(name, choices))
    return axes


def conditions(spec: SweepSpec) -> list[Expression]:
    """The conditions on points, parsed.

    Raises
    ------
    UserError
        For one that cannot be read, or uses what no axis sets.
    """
    axes = named_axes(spec)
    labels = [axis.name for axis in axes]
    keys = [key for axis in axes for choice in axis.choices for key in choice.settings]
    parsed = [Expression(text, "sweep.where") for text in spec.where]
    for expression in parsed:
        expression.check(variables(dict.fromkeys([*keys, *labels])))
    return parsed


def _allowed(where: Sequence[Expression], settings: Mapping[str, Any], labels: Mapping[str, Scalar]) -> bool:
    if not where:
        return True
    values = {**settings, **labels}
    names = {name: values[key] for name, key in variables(values).items()}
    return all(expression.value(names) for expression in where)


def point_of(
    where: Sequence[Expression], choices: Sequence[tuple[str, Choice]], seed: int | None
) -> Point | None:
    """The point of some choices; None where a condition (of :func:`conditions`) forbids it."""
    labels: dict[str, Scalar] = {name: choice.label for name, choice in choices}
    settings = {key: value for _, choice in choices for key, value in choice.settings.items()}
    if not _allowed(where, settings, labels):
        return None
    if seed is not None:
        labels["replicate"] = seed
    return Point(labels, settings, seed)


def grid_size(axes: Sequence[NamedAxis]) -> int:
    """Combinations of all choices."""
    return math.prod(len(axis.choices) for axis in axes)


def combination(axes: Sequence[NamedAxis], number: int) -> list[tuple[str, Choice]]:
    """Combination ``number``: the last axis changes fastest."""
    chosen: list[tuple[str, Choice]] = []
    for axis in reversed(axes):
        number, index = divmod(number, len(axis.choices))
        chosen.append((axis.name, axis.choices[index]))
    return chosen[::-1]


def _latin_hypercube(axes: Sequence[NamedAxis], method: LatinHypercube) -> Iterator[list[tuple[str, Choice]]]:
    """Each axis in as many parts as points, one of each drawn once (McKay et al., Technometrics 21(2),
    1979)."""
    draw = random.Random(method.seed)
    columns = []
    for axis in axes:
        parts = list(range(method.points))
        draw.shuffle(parts)
        columns.append(
            [
                min(int((part + draw.random()) / method.points * len(axis.choices)), len(axis.choices) - 1)
                for part in parts
            ]
        )
    for row in zip(*columns, strict=True):
        yield [(axis.name, axis.choices[index]) for axis, index in zip(axes, row, strict=True)]


def _combinations(
    spec: SweepSpec, axes: Sequence[NamedAxis], where: Sequence[Expression]
) -> Iterator[list[tuple[str, Choice]]]:
    method, size = spec.method, grid_size(axes)
    if isinstance(method, LatinHypercube):
        yield from _latin_hypercube(axes, method)
    elif isinstance(method, RandomPoints):
        yield from _random(where, axes, method, size)
    else:
        assert isinstance(method, Grid), "a search chooses as it goes"
        yield from (combination(axes, number) for number in range(size))


def _random(
    where: Sequence[Expression], axes: Sequence[NamedAxis], method: RandomPoints, size: int
) -> Iterator[list[tuple[str, Choice]]]:
    """Combinations that the conditions allow, in an order drawn from the seed."""
    found = 0
    for number in (
        random.Random(method.seed).sample(range(size), size) if size <= 1 << 20 else _draws(method, size)
    ):
        chosen = combination(axes, number)
        if found == method.points:
            return
        if point_of(where, chosen, None) is not None:
            found += 1
            yield chosen


def _draws(method: RandomPoints, size: int) -> Iterator[int]:
    draw, seen = random.Random(method.seed), set[int]()
    while len(seen) < min(size, 1000 * method.points):
        number = draw.randrange(size)
        if number not in seen:
            seen.add(number)
            yield number


def points(spec: SweepSpec) -> Iterator[Point]:
    """All points of a sweep that is no search, in order.

    Raises
    ------
    UserError
        For axes or conditions that cannot be.
    """
    axes, where = named_axes(spec), conditions(spec)
    for chosen in _combinations(spec, axes, where):
        for replicate in range(spec.replicates):
            point = point_of(where, chosen, replicate if spec.replicates > 1 else None)
            if point is not None:
                yield point
