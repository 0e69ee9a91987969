"""The pages on the memory model explain everything that the shipped standards have."""

import re
import sys
from importlib import import_module

import pytest
from page_examples import ROOT

from openrow.config.loading import load_architecture
from openrow.config.memory import Constraint
from openrow.config.shipped import known_architectures
from openrow.config.timings import resolved_timings

SHIPPED = [name for name in known_architectures() if name.startswith("memory/")]
CONSTRAINTS = (ROOT / "docs/memory/constraints.md").read_text(encoding="utf-8")


def explained() -> list[list[str]]:
    """The cells of every row of the page's tables of constraints: after, before, where, at least, why."""
    tables = re.findall(r"^\| after \|.*\n\| ---.*\n((?:\|.*\n)+)", CONSTRAINTS, re.MULTILINE)
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for table in tables
        for line in table.splitlines()
    ]


def is_explained_by(row: Constraint, cells: list[str]) -> bool:
    after, before, where, least, _ = cells
    level = row.level.value.replace("_", " ").replace("stack id", "stack ID")
    return (
        {c.value for c in row.preceding} <= set(after.split(", "))
        and {c.value for c in row.following} <= set(before.split(", "))
        and (f"other {level}s" if row.sibling else level) in where.split(", ")
        and f"`{row.latency}`" in least
        and ("window" in least) == (row.window > 1)
    )


@pytest.mark.parametrize("name", SHIPPED)
def test_every_constraint_of_a_shipped_standard_is_explained(name: str) -> None:
    rows = explained()
    for constraint in load_architecture(name).memory.constraints:
        singles = [constraint.model_copy(update={"following": [one]}) for one in constraint.following]
        for single in singles:
            assert any(is_explained_by(single, cells) for cells in rows), single


def test_no_constraint_is_explained_that_no_standard_has() -> None:
    shipped = [
        constraint.model_copy(update={"preceding": [before], "following": [after]})
        for name in SHIPPED
        for constraint in load_architecture(name).memory.constraints
        for before in constraint.preceding
        for after in constraint.following
    ]
    for cells in explained():
        assert any(is_explained_by(constraint, cells) for constraint in shipped), cells
        assert len(cells[4]) > 10


def test_every_timing_of_a_shipped_standard_has_a_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "docs/_extensions")
    monkeypatch.delitem(sys.modules, "timing_meanings", raising=False)
    meanings = import_module("timing_meanings").MEANINGS
    used = {timing for name in SHIPPED for timing in resolved_timings(load_architecture(name).memory)}
    assert set(meanings) == used


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_architecture_has_its_tables(name: str) -> None:
    tables = (ROOT / "docs/memory/tables.md").read_text(encoding="utf-8")
    assert f"{{timing-table}} {name}\n" in tables
    assert f"{{constraint-table}} {name}\n" in tables
