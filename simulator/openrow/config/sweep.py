"""The typed model of a sweep: a base, axes, what may not be combined, and how points are chosen."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from openrow.config.base import PositiveInt, Section

Scalar = str | int | float | bool | None
Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
PositiveFloat = Annotated[float, Field(gt=0)]


class Range(Section):
    """Evenly spaced numbers, both ends included where they are met."""

    first: float | int
    """The least."""
    last: float | int
    """The greatest."""
    step: Annotated[float | int, Field(gt=0)]
    """From one to the next."""


class LogRange(Section):
    """Numbers each a factor greater than the one before."""

    first: Annotated[float | int, Field(gt=0)]
    """The least."""
    last: Annotated[float | int, Field(gt=0)]
    """The greatest."""
    factor: Annotated[float | int, Field(gt=1)] = 2
    """From one to the next."""


class Axis(Section):
    """One thing that changes: a key and its values, keys that change together, or named bundles of keys.

    Exactly one of ``key`` (with ``values``, ``range`` or ``log_range``), ``zip`` and ``bundle`` (with
    ``choices``) is given. The key ``architecture`` changes the base, ``trace`` what is played, and
    ``trace.NAME`` a parameter of the kernel; all others are dotted paths of the configuration.
    """

    key: str | None = None
    """The dotted path that changes."""
    values: Annotated[list[Scalar], Field(min_length=1)] | None = None
    """Its values, as they are."""
    range: Range | None = None
    """Its values, evenly spaced."""
    log_range: LogRange | None = None
    """Its values, evenly spaced on a logarithmic scale."""
    zip: Annotated[dict[str, list[Scalar]], Field(min_length=1)] | None = None
    """Keys that change together, each with as many values."""
    bundle: Name | None = None
    """The name of a choice between bundles."""
    choices: Annotated[dict[str, dict[str, Any]], Field(min_length=1)] | None = None
    """The bundles by name: each sets its keys."""

    @model_validator(mode="after")
    def _one_kind(self) -> "Axis":
        if sum(given is not None for given in (self.key, self.zip, self.bundle)) != 1:
            raise ValueError("should have exactly one of key, zip and bundle")
        sources = sum(given is not None for given in (self.values, self.range, self.log_range))
        if self.key is not None and sources != 1:
            raise ValueError("a key should have exactly one of values, range and log_range")
        if self.key is None and sources:
            raise ValueError("values, range and log_range belong to a key")
        if (self.bundle is None) != (self.choices is None):
            raise ValueError("a bundle should have choices, and choices a bundle")
        if self.zip is not None and len({len(values) for values in self.zip.values()}) != 1:
            raise ValueError("keys that change together should have equally many values")
        return self


class TraceSpec(Section):
    """What is played, where the sweep replays: a kernel, or a file."""

    source: str
    """A kernel such as ``bilinear``, or the path of a trace."""
    parameters: dict[str, Scalar] = {}
    """Parameters of the kernel."""
    format: str | None = None
    """Format of the file, if its name does not tell."""


class Objective(Section):
    """A metric that a search improves."""

    metric: str
    """Its name in the results."""
    direction: Literal["minimize", "maximize"] = "minimize"
    """Which way is better."""


class Grid(Section):
    """Every combination."""

    model: Literal["grid"] = "grid"
    """Says so."""


class RandomPoints(Section):
    """Some combinations, drawn without repetition."""

    model: Literal["random"]
    """Says so."""
    points: PositiveInt
    """How many."""
    seed: int = 0
    """Of the draw."""


class LatinHypercube(Section):
    """Some combinations, such that each axis takes each part of its values equally often."""

    model: Literal["latin-hypercube"]
    """Says so."""
    points: PositiveInt
    """How many."""
    seed: int = 0
    """Of the draw."""


class Search(Section):
    """Combinations chosen by what earlier ones came to (Optuna)."""

    model: Literal["search"]
    """Says so."""
    points: PositiveInt
    """The budget."""
    objectives: Annotated[list[Objective], Field(min_length=1)]
    """What to improve: one by TPE, several by NSGA-II."""
    limits: dict[str, float] = {}
    """Metrics that must not be exceeded."""
    at_once: PositiveInt = 4
    """Points asked for before their results are known."""
    seed: int = 0
    """Of the search."""


class PointLimits(Section):
    """What one point may take."""

    time_s: PositiveFloat | None = None
    """Wall time; a point that takes longer is stopped. The start of a process does not count; compiling does,
    where the code has never been compiled on the machine before."""
    memory_bytes: PositiveInt | None = None
    """Memory of a worker."""


class SweepSpec(Section):
    """A sweep."""

    about: str = ""
    """A line for lists."""
    architecture: str
    """The base: a name below ``arch_configs`` or a path."""
    workload: str | None = None
    """A workload to run; absent where a trace is replayed."""
    trace: TraceSpec | None = None
    """What to replay; absent where a workload is run."""
    overrides: list[str] = []
    """Overrides for all points, each ``dotted.path=value``."""
    axes: Annotated[list[Axis], Field(min_length=1)]
    """What changes."""
    where: list[str] = []
    """Conditions on a point, by the last words of the axes' keys or their dotted paths with ``_`` for
    ``.``."""
    derived: dict[Name, str] = {}
    """Further figures of a result: expressions of metrics and axes, ``.`` written ``_``."""
    replicates: PositiveInt = 1
    """Points of each combination, with seeds from 0 on, given to the kernel or the workload."""
    method: Annotated[Grid | RandomPoints | LatinHypercube | Search, Field(discriminator="model")] = Grid()
    """How points are chosen."""
    limits: PointLimits = PointLimits()
    """What one point may take."""

    @model_validator(mode="after")
    def _one_job(self) -> "SweepSpec":
        if (self.workload is None) == (self.trace is None):
            raise ValueError("should have either a workload to run or a trace to replay")
        if isinstance(self.method, Search) and self.replicates > 1:
            raise ValueError("a search should have no replicates: it tells points apart by their axes")
        return self


class SweepFile(Section):
    """A file with a sweep."""

    sweep: SweepSpec
    """The sweep."""
