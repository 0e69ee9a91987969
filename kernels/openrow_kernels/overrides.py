"""Reads a kernel's parameters from a preset and the user's overrides, and says everything that is wrong with
them."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeAlias, TypeVar, get_origin

from pydantic import BaseModel, ValidationError

from openrow_kernels.errors import KernelError

Model = TypeVar("Model", bound=BaseModel)
Overrides: TypeAlias = Sequence[str] | Mapping[str, Any]


def read_parameters(
    model: type[Model], preset_values: Mapping[str, Any], overrides: Overrides, spec: str
) -> Model:
    """Return the parameters of ``spec``: the model's defaults, then the preset's values, then the overrides.

    Raises
    ------
    KernelError
        Naming every override that is malformed, unknown or does not fit.
    """
    if isinstance(overrides, Mapping):
        given = {key: tuple(value) if isinstance(value, list) else value for key, value in overrides.items()}
        strict = True
    else:
        given = _split([overrides] if isinstance(overrides, str) else overrides, model, spec)
        strict = False  # texts are read as numbers
    fields = model.model_fields
    unknown = [f"{spec}: no parameter {key!r}{nearest(key, fields)}" for key in given if key not in fields]
    if unknown:
        raise KernelError("\n".join([*unknown, f"{spec} has: {', '.join(fields)}"]))
    try:
        return model.model_validate({**preset_values, **given}, strict=strict)
    except ValidationError as error:
        raise KernelError("\n".join(_explained(problem, spec) for problem in error.errors())) from None


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``" (did you mean ...?)"`` for the nearest known name, or nothing."""
    matches = get_close_matches(name, list(known), n=1)
    return f" (did you mean {matches[0]!r}?)" if matches else ""


def _split(overrides: Sequence[str], model: type[BaseModel], spec: str) -> dict[str, Any]:
    """Return the values of ``key=value`` texts, those of tuple parameters split at commas."""
    given: dict[str, Any] = {}
    for override in overrides:
        key, equals, value = override.partition("=")
        if not equals or not key or not value:
            raise KernelError(f"{spec}: {override!r} is no override; write key=value")
        if key in given:
            raise KernelError(f"{spec}: {key} is given twice")
        field = model.model_fields.get(key)
        several = field is not None and get_origin(field.annotation) is tuple
        given[key] = tuple(part.strip() for part in value.split(",")) if several else value
    return given


def _explained(problem: Any, spec: str) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    message = problem["msg"].removeprefix("Value error, ")
    if not where:
        return f"{spec}: {message}"
    return f"{spec}: {where}: {message[0].lower()}{message[1:]} (got {problem['input']!r})"
