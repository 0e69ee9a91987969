"""The page on the numbers of crossbars shows every picture and table, and its tables have every row."""

import re
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from page_examples import ROOT

from report.test_crossbar_plots import converters_example, digits_example

PAGE = (ROOT / "docs/crossbar/numbers.md").read_text(encoding="utf-8")


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "docs/_extensions")
    for name in ("openrow_tables", "crossbar_pages"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return import_module("crossbar_pages")


def rows(lines: list[str]) -> list[list[str]]:
    """The cells of a table, its heading first, its rule left out."""
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [table[0], *table[2:]]


def test_the_page_shows_every_picture_and_table(pages: ModuleType) -> None:
    assert set(re.findall(r"{crossbar-picture} (\S+)", PAGE)) == {"conductances", "converters", "accuracy"}
    assert set(re.findall(r"{(crossbar-\S+-table)}", PAGE)) == set(pages.TABLES)


def test_every_claim_and_measurement_is_a_row(pages: ModuleType) -> None:
    claim = {"id": "X1", "claim": "slow", "verdict": "reproduced", "finding": "very"}
    one = {"way": "openrow", "slices": 4, "cpu_s": 0.05, "peak_bytes": 3_600_000, "relative_error": 0.078}
    tree: dict[str, Any] = {"claims": [claim], "measured": [one]}
    assert rows(pages.claim_rows(tree))[1:] == [["X1", "slow", "reproduced", "very"]]
    assert rows(pages.measured_rows(tree))[1:] == [["openrow", "4 x 4", "0.050", "3.6", "7.8"]]


def test_accuracy_has_a_row_for_each_value_and_a_column_for_each_series(pages: ModuleType) -> None:
    heading, *values = rows(pages.accuracy_rows(digits_example(), "stuck_low"))
    assert heading == [
        "share of all cells",
        "two's complement, %",
        "differential pairs, %",
        "offset column, %",
    ]
    assert [row[0] for row in values] == ["0", "0.002", "0.005", "0.01", "0.02", "0.05"]
    assert values[0][1] == "99.0 ± 2.0"


def test_the_front_of_converters_gets_dearer_and_better(pages: ModuleType) -> None:
    _, *choices = rows(pages.front_rows(converters_example()))
    errors = [float(row[4]) for row in choices]
    energies = [float(row[5].replace(",", "")) for row in choices]
    assert errors == sorted(errors, reverse=True)
    assert energies == sorted(energies)


def test_errors_are_beside_the_recorded_ones(pages: ModuleType) -> None:
    _, *by_levels = rows(pages.error_rows())
    assert [row[0] for row in by_levels] == ["16", "64", "256", "1,024", "4,096", "65,536"]
    assert all(float(row[1]) == pytest.approx(float(row[2]), rel=0.06) for row in by_levels)
