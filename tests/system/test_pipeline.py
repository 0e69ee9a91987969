"""Pipelines: what overlaps, what adds up, and the report's claims."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from openrow.cli.main import main
from openrow.config.loading import load_run
from openrow.errors import UserError
from openrow.system import geopim_claims
from openrow.system.claims import REPRODUCED
from openrow.system.geopim_claims import assumed_points, claims, follows_from_factors
from openrow.system.pipeline import Span, Task, schedule
from openrow.system.pipeline_result import PipelineResult
from openrow.system.workloads import run


def test_stages_overlap_on_different_devices_and_queue_on_one() -> None:
    tasks = [
        Task("a", "host", 10, ()),
        Task("b", "pim", 7, ("a",)),
        Task("c", "host", 5, ("a",)),
        Task("d", "host", 1, ("a",)),
        Task("e", "host", 2, ("b", "c")),
    ]
    assert schedule(tasks) == {
        "a": Span(0, 10),
        "b": Span(10, 17),
        "c": Span(10, 15),
        "d": Span(15, 16),
        "e": Span(17, 19),
    }


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        ([Task("a", "host", 1, ("b",)), Task("b", "host", 1, ())], "no stage before it"),
        ([Task("a", "host", 1, ()), Task("a", "host", 1, ())], "two stages are called 'a'"),
    ],
)
def test_stages_that_cannot_run_are_refused(tasks: list[Task], message: str) -> None:
    with pytest.raises(UserError, match=message):
        schedule(tasks)


@cache
def assumed(hit_rate: str) -> PipelineResult:
    overrides = [f"pim.hit_rate=assumed({hit_rate})", "host=null"]
    result = run(load_run("system/geopim", "transplat-encoder", overrides))
    assert isinstance(result, PipelineResult)
    return result


def test_the_stages_sum_to_the_reports_total() -> None:
    result = assumed("0.7")
    assert result.host_total_ns == pytest.approx(53.83e6, abs=1)
    assert result.units_host_ns == pytest.approx(7.74e6, abs=1)


def test_the_analytic_model_runs_end_to_end() -> None:
    result = assumed("0.7")
    assert result.units_ns == pytest.approx(9_502_720 * 16 * 8.8 / (512 * 0.3), rel=1e-9)
    assert result.row_hit_rate == 0.7
    expected = 53.83e6 / (53.83e6 - 7.74e6 + result.units_ns)
    assert result.end_to_end_speedup == pytest.approx(expected, rel=1e-9)


def test_the_reports_figures_follow_from_its_assumed_factors_within_the_rounding_of_its_times() -> None:
    result = assumed("0.7")
    points = assumed_points(result)
    assert [p.sampling_ms for p in points] == pytest.approx([6.90, 6.126, 7.74 / 3.5 + 3.03], abs=1e-9)
    assert [f"{p.end_to_end_speedup:.2f}" for p in points] == ["1.08", "1.09", "1.11"]
    assert follows_from_factors(result)


@pytest.mark.parametrize("wrong", [{0.5: 2.01, 0.7: 2.5, 0.9: 3.5}, {0.5: 2.0, 0.7: 2.5, 0.9: 3.45}])
def test_other_factors_do_not_give_the_reports_figures(
    wrong: dict[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geopim_claims, "ASSUMED_FACTORS", wrong)
    assert not follows_from_factors(assumed("0.7"))


def test_every_claim_has_a_verdict_with_what_was_found() -> None:
    found = {claim.id: claim for claim in claims(assumed("0.9"))}
    assert list(found) == [f"G{number}" for number in range(1, 9)]
    assert all(claim.verdict and claim.finding for claim in found.values())
    assert found["G2"].verdict == REPRODUCED
    assert "14.4 %, 5.6 %, 20.0 %" in found["G2"].finding
    assert "21.5 J" in found["G6"].finding
    assert "14 mJ" in found["G6"].finding


SMALL = """
workload:
  model: pipeline
  stages:
    - {name: before, measured_ms: 1.5}
    - name: sampling
      on: pim
      kernel: deformable-attention
      parameters: {height: 16, width: 16}
      measured_ms: 0.2
      part_of: sampling
    - {name: beside, measured_ms: 3.0, after: [before]}
    - {name: last, measured_ms: 0.5, after: [sampling, beside]}
"""


def run_json(capsys: pytest.CaptureFixture[str], tmp_path: Path, *overrides: str) -> dict[str, Any]:
    (tmp_path / "small.yaml").write_text(SMALL)
    arguments = ["run", str(tmp_path / "small.yaml"), "--arch", "system/geopim", "--json"]
    assert main([*arguments, "pim.active_banks=64", *overrides]) == 0
    tree = json.loads(capsys.readouterr().out)
    assert isinstance(tree, dict)
    return tree


def test_the_json_of_a_run_has_the_names_that_scripts_rely_on(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    tree = run_json(capsys, tmp_path)
    for name in ("stages", "sampling_speedup", "end_to_end_speedup", "row_hit_rate", "energy_pj"):
        assert tree[name]
    assert tree["energy_pj"]["total"] > 0
    assert tree["host_energy_pj"]["total"] > 0
    assert 0.5 < tree["row_hit_rate"] < 1
    (sampling,) = (stage for stage in tree["stages"] if stage["name"] == "sampling")
    assert sampling["device"] == "pim"
    assert sampling["source"] == "simulated"
    assert tree["time_ms"] == pytest.approx(5.0, abs=1e-6)
    assert tree["host_time_ms"] == pytest.approx(5.2, abs=1e-6)


def test_a_run_can_be_repeated_from_its_own_result(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    first = run_json(capsys, tmp_path)
    stored = tmp_path / "result.json"
    stored.write_text(json.dumps(first))
    assert main(["run", str(stored), "--arch", str(stored), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == first


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("workload.stages.1.kernel=null", "'sampling' needs a kernel"),
        ("workload.stages.1.kernel=bilinear", "GeoPIM runs deformable-attention"),
        ("workload.stages.0.measured_ms=null", "'before' needs a kernel"),
        ("workload.stages.3.after=[nobody]", "'last' waits for 'nobody'"),
        ("workload.stages.1.on=gpu", "workload.stages.1.on"),
        ("pim=null", "no GeoPIM units"),
    ],
)
def test_a_mistake_in_a_pipeline_is_said(
    change: str, message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    assert main(["run", str(tmp_path / "small.yaml"), "--arch", "system/geopim", change]) == 2
    assert message in capsys.readouterr().err


def test_the_report_prints_stages_speedups_and_claims(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    arguments = ["run", str(tmp_path / "small.yaml"), "--arch", "system/geopim"]
    assert main([*arguments, "pim.hit_rate=assumed(0.9)", "host=null"]) == 0
    printed = capsys.readouterr().out
    assert "beside" in printed
    assert "analytic model" in printed
    assert "report, factor" not in printed
    assumed = [
        "run",
        "transplat-encoder",
        "--arch",
        "system/geopim",
        "pim.hit_rate=assumed(0.9)",
        "host=null",
    ]
    assert main(assumed) == 0
    printed = capsys.readouterr().out
    for text in ("refine UNet", "assumed", "report, factor 2.0", "G8"):
        assert text in printed
