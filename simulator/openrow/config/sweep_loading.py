"""Loading a sweep: its file composed and checked like an architecture, every problem at its place."""

from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from openrow.config.composing import Composition, compose
from openrow.config.model_problems import model_problems
from openrow.config.overrides import overridden
from openrow.config.problems import ConfigurationError, in_order
from openrow.config.shipped import sweep_file
from openrow.config.sweep import SweepFile, SweepSpec


def load_sweep(name_or_path: str | Path, overrides: Iterable[str] = ()) -> SweepSpec:
    """Load a sweep.

    Parameters
    ----------
    name_or_path
        A name below ``arch_configs/sweep`` or the path of a YAML file with a section ``sweep``.
    overrides
        Each ``dotted.path=value``.

    Raises
    ------
    ConfigurationError
        With every problem.
    """
    composition: Composition = compose(sweep_file(name_or_path))
    if composition.root is None:
        raise ConfigurationError(in_order(composition.problems))
    root, found = overridden(composition.root, overrides, SweepFile)
    composition.root = root
    problems = [*composition.problems, *found]
    loaded: SweepFile | None = None
    try:
        loaded = SweepFile.model_validate(root.plain())
    except ValidationError as error:
        problems += model_problems(error, composition, SweepFile)
    if problems or loaded is None:
        raise ConfigurationError(in_order(problems))
    return loaded.sweep
