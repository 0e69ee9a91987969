"""The numerics of a crossbar from overrides alone, with errors that name what was typed."""

from collections.abc import Iterable

from pydantic import ValidationError

from openrow.config.composing import Composition
from openrow.config.crossbar import CrossbarSettings
from openrow.config.model_problems import model_problems
from openrow.config.nodes import Node
from openrow.config.overrides import overridden
from openrow.config.problems import ConfigurationError, Place, in_order

SOURCE = "crossbar settings"


def load_settings(overrides: Iterable[str] = ()) -> CrossbarSettings:
    """Return the default settings with ``key=value`` in place of some.

    Parameters
    ----------
    overrides
        Values are YAML on one line: ``adc_levels=256``, ``weight_slices=[1, 1, 2]``.

    Raises
    ------
    ConfigurationError
        With every problem.
    """
    root, problems = overridden(Node({}, Place(SOURCE)), overrides, CrossbarSettings)
    settings: CrossbarSettings | None = None
    try:
        settings = CrossbarSettings.model_validate(root.plain())
    except ValidationError as error:
        problems += model_problems(error, Composition(root, SOURCE), CrossbarSettings)
    if problems or settings is None:
        raise ConfigurationError(in_order(problems))
    return settings
