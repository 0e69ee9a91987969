"""The sound part of a composition: what checks may look at while other values have problems of their own."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from openrow.config.problems import KeyPath, Problem, dotted


class UnsoundError(LookupError):
    """A value that a check needs is missing or has a problem of its own."""


_ABSENT = object()


def _child(value: Any, path: KeyPath) -> Any:
    """What lies at a path below a plain value; ``_ABSENT`` where nothing does."""
    for part in path:
        if isinstance(part, str):
            value = value.get(part, _ABSENT) if isinstance(value, dict) else _ABSENT
        else:
            value = value[part] if isinstance(value, list) and 0 <= part < len(value) else _ABSENT
    return value


class SoundValues:
    """The plain values of one section, without those that already have a problem.

    Parameters
    ----------
    plain
        The composed architecture as plain data.
    section
        The path of the section; all paths below start there.
    model
        The section's model, for the defaults of fields that are left out.
    problems
        The problems known so far.
    """

    def __init__(self, plain: Any, section: KeyPath, model: type[BaseModel], problems: Iterable[Problem]):
        self._values = _child(plain, section)
        self._section = section
        self._model = model
        self._unsound = {problem.key for problem in problems if problem.key}

    def value(self, *path: str | int) -> Any:
        """Return the value at a path, or its default.

        Raises
        ------
        UnsoundError
            Where it, or any part of it, has a problem.
        """
        if self._unsound:
            key = self._key(path)
            if any(unsound == key or unsound.startswith(f"{key}.") for unsound in self._unsound):
                raise UnsoundError(key)
        return self._raw(path)

    def is_sound(self, *path: str | int) -> bool:
        """Return whether the value at a path can be had."""
        try:
            self.value(*path)
        except UnsoundError:
            return False
        return True

    def parts(self, *path: str | int) -> list[Any]:
        """Return the keys of a mapping or the indices of a list, sound or not.

        Raises
        ------
        UnsoundError
            Where the mapping or list itself has a problem.
        """
        if self._key(path) in self._unsound:
            raise UnsoundError(self._key(path))
        raw = self._raw(path)
        return list(raw) if isinstance(raw, dict) else list(range(len(raw or ())))

    def _key(self, path: KeyPath) -> str:
        return dotted((*self._section, *path))

    def _raw(self, path: KeyPath) -> Any:
        if self._unsound:
            ancestors = (self._key(path[:length]) for length in range(len(path)))
            if any(key in self._unsound for key in ancestors):
                raise UnsoundError(self._key(path))
        value = _child(self._values, path)
        return self._default(path) if value is _ABSENT else value

    def _default(self, path: KeyPath) -> Any:
        field = self._model.model_fields.get(str(path[0])) if path else None
        if field is None or field.is_required():
            raise UnsoundError(self._key(path))
        default = field.get_default()
        for part in path[1:]:
            if not isinstance(default, BaseModel):
                raise UnsoundError(self._key(path))
            default = getattr(default, str(part))
        return default
