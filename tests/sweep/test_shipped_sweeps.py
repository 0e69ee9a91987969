"""The sweeps that come with openrow: every point of theirs resolves, and the pages state their size."""

from itertools import islice
from pathlib import Path

import pytest

from openrow.config.shipped import known_sweeps
from openrow.config.sweep import Search
from openrow.config.sweep_loading import load_sweep
from openrow.sweep.choosing import point_count
from openrow.sweep.dry_run import check_axes
from openrow.sweep.resolving import Resolver
from openrow.sweep.space import grid_size, named_axes, points

DOCS = Path(__file__).resolve().parents[2] / "docs/sweeps"
SIZES = {"dram-study": 972, "geopim-curve": 144, "geopim-search": 80}


def test_the_shipped_sweeps_are_known() -> None:
    assert known_sweeps() == sorted(SIZES)
    assert all(load_sweep(name).about for name in SIZES)


@pytest.mark.parametrize("name", SIZES)
def test_a_shipped_sweep_has_the_size_its_page_states(name: str) -> None:
    spec = load_sweep(name)
    assert point_count(spec) == SIZES[name]
    page = (DOCS / f"{name.replace('-', '_')}.md").read_text(encoding="utf-8")
    page = " ".join(page.split())
    assert f"openrow sweep {name}" in page
    assert f"{SIZES[name]} " in page
    if isinstance(spec.method, Search):
        assert f"{grid_size(named_axes(spec)):,} designs" in page


@pytest.mark.parametrize("name", ["dram-study", "geopim-curve"])
def test_points_of_a_shipped_sweep_resolve_to_different_jobs(name: str) -> None:
    spec = load_sweep(name)
    check_axes(spec)
    resolver = Resolver(spec)
    some = list(islice(points(spec), 0, None, 9))
    assert len({resolver.resolve(point).key for point in some}) == len(some)


def test_the_axes_of_the_search_are_keys_of_the_model() -> None:
    check_axes(load_sweep("geopim-search"))
