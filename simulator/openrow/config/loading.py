"""Loading an architecture: files composed, overrides applied, everything checked, all problems at once."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from openrow.config import host_checks, organisation_checks, timing_checks
from openrow.config.architecture import Architecture
from openrow.config.composing import Composition, compose, compose_all
from openrow.config.findings import Check, findings_of, problem_of
from openrow.config.geopim_checks import GEOPIM_CHECKS
from openrow.config.host import CacheConfig, HostConfig
from openrow.config.memory import MemoryConfig
from openrow.config.model_problems import model_problems
from openrow.config.nodes import node_from_plain
from openrow.config.overrides import overridden
from openrow.config.pim_checks import PIM_CHECKS
from openrow.config.problems import ConfigurationError, KeyPath, Place, Problem, in_order
from openrow.config.shipped import sweep_file, workload_file
from openrow.config.sound_values import SoundValues

MEMORY_CHECKS: tuple[Check, ...] = (
    organisation_checks.bursts,
    organisation_checks.size,
    organisation_checks.mapping_tokens,
    organisation_checks.mapping_bits,
    organisation_checks.bank_hash,
    organisation_checks.command_bus,
    timing_checks.named_timings,
    timing_checks.bounded_timings,
    timing_checks.contradictory_timings,
    timing_checks.formulas,
    organisation_checks.constraint_windows,
    organisation_checks.constraint_siblings,
    organisation_checks.auto_precharge,
    organisation_checks.refresh,
    organisation_checks.watermarks,
)
CACHE_CHECKS: tuple[Check, ...] = (host_checks.sectors, host_checks.whole_sets)
HOST_CHECKS: tuple[Check, ...] = (host_checks.levels_fit,)
CHECKED_SECTIONS: tuple[tuple[KeyPath, type[BaseModel], tuple[Check, ...]], ...] = (
    (("memory",), MemoryConfig, MEMORY_CHECKS),
    (("host",), HostConfig, HOST_CHECKS),
    (("host", "l1"), CacheConfig, CACHE_CHECKS),
    (("host", "l2"), CacheConfig, CACHE_CHECKS),
    ((), Architecture, (*PIM_CHECKS, *GEOPIM_CHECKS)),
)
"""The sections with contradictions to look for, each with its model and checks."""


def load_architecture(name_or_path: str | Path, overrides: Iterable[str] = ()) -> Architecture:
    """Load an architecture.

    Parameters
    ----------
    name_or_path
        A name below ``arch_configs`` (``memory/ddr4-2400``), the path of a YAML file, or the path of a stored
        result, whose ``configuration`` is taken.
    overrides
        Each ``dotted.path=value``.

    Returns
    -------
    Architecture
        Complete and checked.

    Raises
    ------
    ConfigurationError
        With every problem of the files, the overrides and the values.
    """
    return _validated(resolve(name_or_path, overrides))


def load_run(architecture: str | Path, workload: str | Path, overrides: Iterable[str] = ()) -> Architecture:
    """Load an architecture together with a workload, whose file lies below ``arch_configs/workload``.

    Parameters
    ----------
    architecture
        As for :func:`load_architecture`.
    workload
        A name below ``arch_configs/workload`` (``gemv``) or the path of a YAML file with a ``workload``.
    overrides
        Each ``dotted.path=value``, of the architecture or of the workload (``workload.rows=4096``).

    Raises
    ------
    ConfigurationError
        With every problem.
    """
    composition = compose_all([architecture, workload_file(workload)])
    return _validated(_with_overrides(composition, overrides))


def validated_with(composition: Composition, overrides: Iterable[str]) -> Architecture:
    """Apply overrides to a composition and validate it; the composition itself stays as it is.

    Raises
    ------
    ConfigurationError
        With every problem.
    """
    return _validated(_with_overrides(composition, overrides))


def workload_about(name: str) -> str:
    """Return the line that a shipped workload has for lists."""
    return _about(compose(workload_file(name)), "workload")


def sweep_about(name: str) -> str:
    """Return the line that a shipped sweep has for lists."""
    return _about(compose(sweep_file(name)), "sweep")


def _about(composition: Composition, section: str) -> str:
    node = composition.node((section, "about"))
    return str(node.value) if node is not None else ""


def resolve(name_or_path: str | Path, overrides: Iterable[str] = ()) -> Composition:
    """Compose an architecture and apply overrides without validating it: every value with its place."""
    return _with_overrides(compose(name_or_path), overrides)


def architecture_from_dict(
    data: Mapping[str, Any], overrides: Iterable[str] = (), source: str = "configuration"
) -> Architecture:
    """Make an architecture of a plain dictionary, such as :func:`openrow.config.dumping.dump` returns.

    Parameters
    ----------
    data
        Mappings, lists and scalars.
    overrides
        Each ``dotted.path=value``.
    source
        What messages call the dictionary.

    Raises
    ------
    ConfigurationError
        With every problem.
    """
    root = node_from_plain(dict(data), Place(source))
    return _validated(_with_overrides(Composition(root, source), overrides))


def _with_overrides(composition: Composition, overrides: Iterable[str]) -> Composition:
    if composition.root is not None:
        composition.root, problems = overridden(composition.root, overrides, Architecture)
        composition.problems += problems
    return composition


def _validated(composition: Composition) -> Architecture:
    if composition.root is None:
        raise ConfigurationError(in_order(composition.problems))
    architecture: Architecture | None = None
    problems = list(composition.problems)
    plain = composition.root.plain()
    try:
        architecture = Architecture.model_validate(plain)
    except ValidationError as error:
        problems += model_problems(error, composition, Architecture)
    problems += _contradictions(composition, plain, problems)
    if problems or architecture is None:
        raise ConfigurationError(in_order(problems))
    return architecture


def _contradictions(composition: Composition, plain: Any, known: list[Problem]) -> list[Problem]:
    return [
        problem_of(finding, composition, section)
        for section, model, checks in CHECKED_SECTIONS
        for finding in findings_of(checks, SoundValues(plain, section, model, known))
    ]
