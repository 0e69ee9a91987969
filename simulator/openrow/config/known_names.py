"""Which names the typed models know at a place, for messages about unknown keys and for overrides."""

from collections.abc import Iterable, Iterator
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from openrow.config.problems import KeyPath


def known_names(model: type[BaseModel], data: Any, path: KeyPath) -> list[str] | None:
    """Return the keys that may stand in the mapping at ``path``.

    Parameters
    ----------
    model
        The model of the whole configuration.
    data
        The plain configuration; it tells which branch of a union is meant.
    path
        The way to the mapping.

    Returns
    -------
    list of str or None
        In the order of the model; empty where nothing can stand below, none where any name may.
    """
    names: list[str] = []
    for annotation, _ in _annotations_at(model, data, path):
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            names += [name for name in annotation.model_fields if name not in names]
        elif get_origin(annotation) is dict:
            key = get_args(annotation)[0]
            if not (isinstance(key, type) and issubclass(key, Enum)):
                return None
            names += [str(member.value) for member in key]
    return names


def _annotations_at(model: type[BaseModel], data: Any, path: KeyPath) -> list[tuple[Any, Any]]:
    """Return the types that may stand at ``path``, each with the value that does."""
    here = [(model, data)]
    for part in path:
        here = [
            (branch, _part_of(value, part))
            for annotation, value in here
            for inner in _below(annotation, part)
            for branch in _branches(inner, _part_of(value, part))
        ]
    return here


def _part_of(value: Any, part: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(part)
    if isinstance(value, list) and isinstance(part, int) and 0 <= part < len(value):
        return value[part]
    return None


def _below(annotation: Any, part: str | int) -> Iterator[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if part in annotation.model_fields:
            yield annotation.model_fields[str(part)].annotation
    elif get_origin(annotation) is dict:
        yield get_args(annotation)[1]
    elif get_origin(annotation) is list:
        yield get_args(annotation)[0]


def _branches(annotation: Any, value: Any) -> list[Any]:
    """Take unions and annotations apart, leaving out models whose literal fields contradict the value."""
    branches = list(_flattened(annotation))
    fitting = [branch for branch in branches if not _contradicts(branch, value)]
    return fitting or branches


def _flattened(annotation: Any) -> Iterable[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _flattened(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [branch for member in get_args(annotation) for branch in _flattened(member)]
    return [annotation]


def _contradicts(branch: Any, value: Any) -> bool:
    if not (isinstance(branch, type) and issubclass(branch, BaseModel) and isinstance(value, dict)):
        return False
    return any(
        get_origin(field.annotation) is Literal
        and name in value
        and value[name] not in get_args(field.annotation)
        for name, field in branch.model_fields.items()
    )
