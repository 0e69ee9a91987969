"""The page on GeoPIM explains every option, shows every picture, and its tables have every row."""

import re
import sys
from importlib import import_module
from types import ModuleType

import pytest
from page_examples import ROOT

from openrow.config.geopim import GeoPimConfig
from report.example_curve import curve

PAGE = (ROOT / "docs/geopim.md").read_text(encoding="utf-8")


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "docs/_extensions")
    for name in ("openrow_tables", "geopim_pages"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return import_module("geopim_pages")


def rows(lines: list[str]) -> list[list[str]]:
    """The cells of a table, its heading first, its rule left out."""
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [table[0], *table[2:]]


def test_every_option_with_a_default_has_its_reason_and_that_default() -> None:
    explained = dict(re.findall(r"^\| `(\w+)` \| `?([^`|]+?)`? \| \S.*\|$", PAGE, re.MULTILINE))
    fields = {key: field for key, field in GeoPimConfig.model_fields.items() if not field.is_required()}
    assert set(explained) == set(fields)
    for key, field in fields.items():
        shown = str(field.default).lower() if field.default is not None else "none"
        assert explained[key] == shown


def test_the_page_shows_every_picture_and_table(pages: ModuleType) -> None:
    assert set(re.findall(r"{geopim-picture} (\S+)", PAGE)) == {"hit-rate", "units", "energy", "stages"}
    tables = set(pages.TABLES) - {"host-table"}
    assert tables <= set(re.findall(r"{(\S+-table)}", PAGE))


def test_a_point_of_the_curve_is_a_row(pages: ModuleType) -> None:
    heading, *points = rows(pages.point_rows(curve(hosts=2)))
    assert heading[4:] == ["sampling, as measured", "sampling, GPU, simulated"]
    assert points[1] == ["by tile", "50.0", "24.24", "imbalance, activation window", "0.33x", "0.07x"]
    assert len(points) == 4


def test_units_and_host_have_a_row_for_each_layer_and_stage(pages: ModuleType) -> None:
    layer = {
        "name": "attention.0",
        "units_ms": 2.0,
        "link_down_ms": 0.5,
        "link_up_ms": 1.0,
        "limited_by": "computing",
        "unit_time_shares": {"computing": 0.75, "imbalance": 0.25, "refresh": 0.0},
    }
    host = {
        "bounds_ns": {"compute": 1e6, "l1": 2e6, "l2": 3e6, "dram": 4e6},
        "caches": {"l1": {"hit_rate": 0.9}, "l2": {"hit_rate": 0.5}},
        "dram": {"bytes": 7_000_000},
    }
    stage = {"name": "fine", "host_ms": 6.8, "layers": [layer], "host_simulated": host}
    tree = {"stages": [{"name": "backbone", "host_ms": 13.0}, stage]}
    heading, *layers = rows(pages.layer_rows(tree))
    assert heading[4:] == ["computing, %", "imbalance, %"]
    assert layers == [["fine, attention.0", "2.000", "1.000", "computing", "75.0", "25.0"]]
    _, *stages = rows(pages.host_rows(tree))
    assert stages == [["fine", "6.800", "1.000", "2.000", "3.000", "4.000", "90.0", "50.0", "7.0"]]


def test_every_claim_is_a_row(pages: ModuleType) -> None:
    claim = {"id": "G1", "claim": "fast", "verdict": "refuted", "finding": "slow"}
    assert rows(pages.claim_rows({"claims": [claim]}))[1:] == [["G1", "fast", "refuted", "slow"]]


def test_a_section_is_shown_with_what_an_architecture_has(pages: ModuleType) -> None:
    parameters = sys.modules["openrow_tables"].parameters
    heading, *fields = rows(parameters("openrow.config.geopim:LinkConfig system/geopim pim.link"))
    assert heading[:3] == ["key", "default", "in `system/geopim`"]
    assert fields[0][:4] == ["`bandwidth_gb_per_s`", "required", "`64`", "number"]
    assert "`host/hbm-gpu`" in "".join(pages.shipped_hosts(""))
