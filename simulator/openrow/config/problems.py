"""Problems of a configuration: each with its place, its key, what was expected and what was found."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from openrow.errors import UserError

KeyPath = tuple[str | int, ...]
"""The way to a value: keys of mappings and indices of lists, from the root of the configuration."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was written: a position in a file, an override, or an object in memory.

    ``line`` and ``column`` count from one. They are none where the source has no lines.
    """

    source: str
    line: int | None = None
    column: int | None = None
    is_override: bool = False

    def __str__(self) -> str:
        if self.is_override:
            return f"override '{self.source}'"
        if self.line is None:
            return self.source
        return f"{self.source}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a configuration."""

    place: Place
    key: str
    """The dotted key, empty where the whole file is meant."""
    expected: str
    """What would be right: ``should be a valid integer``."""
    found: str | None = None
    """What stands there instead; none where ``expected`` says it all."""

    def __str__(self) -> str:
        key = f" {self.key}" if self.key else ""
        found = f" (got {self.found})" if self.found is not None else ""
        return f"{self.place}{key}: {self.expected}{found}"

    def as_dict(self) -> dict[str, str | int | None]:
        """Return the problem as a flat dictionary for JSON. An override is named in place of the file."""
        return {
            "file": None if self.place.is_override else self.place.source,
            "line": self.place.line,
            "column": self.place.column,
            "override": self.place.source if self.place.is_override else None,
            "key": self.key,
            "expected": self.expected,
            "found": self.found,
        }


class ConfigurationError(UserError):
    """A configuration that cannot be used, with everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def report(self) -> str:
        """Return the text for people: a line a problem, and how many there are where it is more than one."""
        if len(self.problems) == 1:
            return str(self)
        return f"{len(self.problems)} problems in the configuration:\n{self}"


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sort problems as people work through them: overrides, then each file from top to bottom."""
    listed = list(problems)
    sources = list(dict.fromkeys(problem.place.source for problem in listed))

    def rank(problem: Problem) -> tuple[bool, int, int, int]:
        place = problem.place
        return not place.is_override, sources.index(place.source), place.line or 0, place.column or 0

    return sorted(listed, key=rank)


def dotted(path: KeyPath) -> str:
    """Return a path as users write it: ``memory.constraints.3.latency``."""
    return ".".join(str(part) for part in path)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that looks most like ``name``, or none when nothing does."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    matches = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[matches[0]] if matches else None


def one_of(name: str, known: Sequence[str], what: str) -> str:
    """Say which ``what`` was expected in place of ``name``: the nearest, or all of them."""
    near = nearest(name, known)
    if near is not None:
        return f"should be a known {what}; the nearest is '{near}'"
    if not known:
        return f"should not be there: no {what} is known here"
    return f"should be a known {what}: one of {', '.join(known)}"
