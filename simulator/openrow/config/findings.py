"""Findings of the checks, and how they become problems with a place."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from openrow.config.composing import Composition
from openrow.config.problems import KeyPath, Problem, dotted
from openrow.config.sound_values import SoundValues, UnsoundError


@dataclass(frozen=True, slots=True)
class Finding:
    """Something contradictory in a section."""

    paths: tuple[KeyPath, ...]
    """The values concerned, from the section. The first is blamed, save one written nearer to the user."""
    expected: str
    found: str | None = None


Check = Callable[[SoundValues], Iterator[Finding]]


def findings_of(checks: tuple[Check, ...], values: SoundValues) -> Iterator[Finding]:
    """Run checks; one that meets an unsound value ends without hiding what it has found."""
    for check in checks:
        found = check(values)
        while True:
            try:
                yield next(found)
            except (StopIteration, UnsoundError):
                break


def problem_of(finding: Finding, composition: Composition, section: KeyPath) -> Problem:
    """Place a finding. An override is blamed before the file asked for, and that before those it extends."""

    def distance(path: KeyPath) -> int:
        place = composition.place(path)
        if composition.node(path) is None:
            return 3
        return 0 if place.is_override else 1 if place.source == composition.source else 2

    blamed = min(((*section, *path) for path in finding.paths), key=distance)
    return Problem(composition.place(blamed), dotted(blamed), finding.expected, finding.found)
