"""The sound part of a composition: what checks may look at while other values have problems of their own."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from openrow.config.composing import Composition
from openrow.config.problems import KeyPath, Problem, dotted


class UnsoundError(LookupError):
    """A value that a check needs is missing or has a problem of its own."""


class SoundValues:
    """The plain values of one section, without those that already have a problem.

    Parameters
    ----------
    composition
        The composed architecture.
    section
        The path of the section; all paths below start there.
    model
        The section's model, for the defaults of fields that are left out.
    problems
        The problems known so far.
    """

    def __init__(
        self, composition: Composition, section: KeyPath, model: type[BaseModel], problems: Iterable[Problem]
    ):
        self._composition = composition
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
        ancestors = (self._key(path[:length]) for length in range(len(path)))
        if any(key in self._unsound for key in ancestors):
            raise UnsoundError(self._key(path))
        node = self._composition.node((*self._section, *path))
        if node is not None:
            return node.plain()
        return self._default(path)

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
