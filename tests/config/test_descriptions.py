from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from openrow.config import sweep, workload
from openrow.config.architecture import Architecture
from openrow.config.base import Section
from openrow.config.descriptions import descriptions


def sections(model: type[BaseModel] = Section) -> Iterator[type[BaseModel]]:
    for each in model.__subclasses__():
        if each.__module__.startswith("openrow"):
            yield each
            yield from sections(each)


def test_every_field_of_every_section_is_described() -> None:
    known = list(sections())
    assert {Architecture, sweep.SweepSpec, workload.GemvWorkload} <= set(known)
    assert [each for each in known if each.model_fields.keys() - descriptions(each).keys()] == []


class Plain(Section):
    """Something."""

    first: int = 0
    """What comes
    first."""
    second: int = 0


class Derived(Plain):
    """Something more."""

    second: int = 1
    """What comes second."""


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Plain, {"first": "What comes\nfirst."}),
        (Derived, {"first": "What comes\nfirst.", "second": "What comes second."}),
    ],
)
def test_a_text_belongs_to_the_field_above_it(model: type[BaseModel], expected: dict[str, str]) -> None:
    assert descriptions(model) == expected
