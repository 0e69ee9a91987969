"""The picture of a network on crossbars."""

from pathlib import Path
from typing import Any

import pytest

from openrow.cli.main import USER_MISTAKE, main
from openrow.config.loading import load_run
from openrow.report.crossbar_report import PART_NAMES
from openrow.report.crossbar_run_plots import plot_crossbar
from openrow.system.workloads import run


@pytest.fixture(scope="module")
def tree() -> dict[str, Any]:
    overrides = ["workload.image=32", "workload.numbers=false"]
    return run(load_run("crossbar/isaac", "resnet18", overrides)).as_dict()


def test_bars_are_as_long_as_the_figures(tree: dict[str, Any]) -> None:
    above, below = plot_crossbar(tree).axes
    ends: dict[float, float] = {}
    for bar in above.patches:
        ends[bar.get_y()] = max(ends.get(bar.get_y(), 0.0), bar.get_x() + bar.get_width())
    assert sorted(ends.values()) == pytest.approx([100, 100])
    ends.clear()
    for bar in below.patches:
        ends[bar.get_y()] = max(ends.get(bar.get_y(), 0.0), bar.get_x() + bar.get_width())
    micro = [layer["energy_pj"]["total"] / 1e6 for layer in tree["layers"]]
    assert [ends[y] for y in sorted(ends)] == pytest.approx(micro)


def test_every_part_of_a_run_has_a_name(tree: dict[str, Any]) -> None:
    parts = {*tree["energy_pj"], *tree["area_um2"]} - {"total"}
    limits = {layer["limited_by"] for layer in tree["layers"]} | {tree["bottleneck"]["part"]}
    busy = {part for layer in tree["layers"] for part in layer["shares"]}
    assert (parts | limits | busy) <= set(PART_NAMES)


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_stored_run_is_drawn(tmp_path: Path, suffix: str) -> None:
    result, picture = tmp_path / "run.json", tmp_path / f"run.{suffix}"
    command = ["run", "resnet18", "--arch", "crossbar/isaac", "workload.image=32", "workload.numbers=false"]
    assert main([*command, "-o", str(result), "--json"]) == 0
    assert main(["plot", "crossbar", str(result), "-o", str(picture)]) == 0
    assert picture.stat().st_size > 1000


def test_a_result_of_something_else_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.json"
    other.write_text("{}")
    assert main(["plot", "crossbar", str(other), "-o", str(tmp_path / "a.png")]) == USER_MISTAKE
    assert "holds no result of 'openrow run resnet18 -o'" in capsys.readouterr().err
