"""From a point to what is run: a resolved architecture, what it plays, and the key both are known by."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openrow.config.architecture import Architecture
from openrow.config.composing import Composition, compose, compose_all
from openrow.config.dumping import dump
from openrow.config.loading import validated_with
from openrow.config.organisation import burst_bytes
from openrow.config.problems import ConfigurationError, in_order
from openrow.config.shipped import workload_file
from openrow.config.sweep import SweepSpec
from openrow.errors import UserError
from openrow.sweep.model_version import model_version
from openrow.sweep.space import ARCHITECTURE, TRACE, Point, named_axes
from openrow.sweep.stored_traces import Trace, content_of

TRACE_PARAMETER = f"{TRACE}."


@dataclass(frozen=True)
class Job:
    """What a worker needs to run a point.

    Attributes
    ----------
    key
        The hash of all of it: jobs of one key come to the same.
    architecture
        Resolved and checked.
    trace
        What is replayed; None where a workload is run.
    """

    key: str
    architecture: Architecture
    trace: Trace | None


def as_text(value: Any) -> str:
    """A value as an override or a kernel parameter has it."""
    return (
        "null"
        if value is None
        else json.dumps(value)
        if isinstance(value, bool | list | dict)
        else str(value)
    )


class Resolver:
    """Resolves the points of one sweep; files are read once.

    Parameters
    ----------
    spec
        The sweep.
    """

    def __init__(self, spec: SweepSpec) -> None:
        self._spec = spec
        self._bases: dict[str, Composition] = {}
        self._contents: dict[str, str | None] = {}

    def _base(self, architecture: str) -> Composition:
        if architecture not in self._bases:
            names: list[str | Path] = [architecture]
            if self._spec.workload is not None:
                names.append(workload_file(self._spec.workload))
            self._bases[architecture] = compose_all(names) if len(names) > 1 else compose(architecture)
        return self._bases[architecture]

    def plain(self, architecture: str | None = None) -> Any:
        """The base, or another architecture, as plain data.

        Raises
        ------
        openrow.config.problems.ConfigurationError
            Where a file of it cannot be read.
        """
        base = self._base(architecture or self._spec.architecture)
        if base.root is None:
            raise ConfigurationError(in_order(base.problems))
        return base.root.plain()

    def inputs(self) -> dict[str, str]:
        """A hash of what each file says that points are made of.

        Raises
        ------
        UserError
            Where one cannot be read.
        """
        hashes: dict[str, str] = {}
        choices = [choice for axis in named_axes(self._spec) for choice in axis.choices]
        changed = [choice.settings[ARCHITECTURE] for choice in choices if ARCHITECTURE in choice.settings]
        for architecture in dict.fromkeys([self._spec.architecture, *map(str, changed)]):
            hashes[architecture] = _hashed(self.plain(architecture))
        if self._spec.trace is not None:
            played = [choice.settings[TRACE] for choice in choices if TRACE in choice.settings]
            for source in dict.fromkeys([self._spec.trace.source, *map(str, played)]):
                hashes[source] = self._content(source) or ""
        return hashes

    def _content(self, source: str) -> str | None:
        if source not in self._contents:
            self._contents[source] = content_of(source)
        return self._contents[source]

    def fingerprint(self, point: Point) -> str:
        """A hash of what the point says, without resolving it: enough to know it again in the same sweep."""
        return _hashed([dict(point.labels), dict(point.settings), point.seed])

    def resolve(self, point: Point) -> Job:
        """Resolve a point.

        Raises
        ------
        openrow.config.problems.ConfigurationError
            With every problem of its configuration.
        UserError
            Where a seed has nothing to go to.
        """
        settings = dict(point.settings)
        base = self._base(str(settings.pop(ARCHITECTURE, self._spec.architecture)))
        played = self._played(settings, point.seed)
        overrides = [*self._spec.overrides, *(f"{key}={as_text(value)}" for key, value in settings.items())]
        if point.seed is not None and played is None:
            overrides.append(f"workload.seed={point.seed}")
        architecture = validated_with(Composition(base.root, base.source, list(base.problems)), overrides)
        trace = None if played is None else self._trace(*played, architecture)
        identity = None if trace is None else trace.identity
        return Job(_hashed([model_version(), dump(architecture), identity]), architecture, trace)

    def _trace(self, source: str, parameters: tuple[str, ...], architecture: Architecture) -> Trace:
        content = self._content(source)
        if content is None:
            return Trace(source, parameters, None, 0, None)
        if parameters:
            raise UserError(f"sweep.trace: {source}: is a file, and has no parameter {parameters[0]}")
        form = self._spec.trace.format if self._spec.trace is not None else None
        width = architecture.source.entry_bytes or burst_bytes(architecture.memory)
        return Trace(str(Path(source).absolute()), (), form, width, content)

    def _played(self, settings: dict[str, Any], seed: int | None) -> tuple[str, tuple[str, ...]] | None:
        """A source and its parameters; takes their keys out of ``settings``."""
        spec = self._spec.trace
        if spec is None:
            used = [key for key in settings if key == TRACE or key.startswith(TRACE_PARAMETER)]
            if used:
                raise UserError(
                    f"sweep.axes: '{used[0]}' needs a sweep.trace, and this sweep runs a workload"
                )
            return None
        source = str(settings.pop(TRACE, spec.source))
        parameters: dict[str, Any] = dict(spec.parameters)
        for key in [key for key in settings if key.startswith(TRACE_PARAMETER)]:
            parameters[key.removeprefix(TRACE_PARAMETER)] = settings.pop(key)
        if seed is not None:
            parameters["seed"] = seed
        return source, tuple(f"{name}={as_text(value)}" for name, value in parameters.items())


def _hashed(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def flattened(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A tree as one level, keys joined by dots; lists are left out."""
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= flattened(value, f"{prefix}{key}.")
        elif not isinstance(value, list | tuple):
            flat[f"{prefix}{key}"] = value
    return flat
