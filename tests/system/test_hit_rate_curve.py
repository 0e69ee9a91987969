"""The curve of row-hit rate and speedup: the report's points, the analytic model, simulated points."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrow.config.loading import load_run
from openrow.errors import UserError
from openrow.pim.geopim.analytic import analytic_model
from openrow.pim.geopim.units import geopim_of
from openrow.report.hit_rate_plot import GROUPS
from openrow.system.geopim_claims import REPORTED_END_TO_END, REPORTED_SAMPLING_SPEEDUP
from openrow.system.hit_rate_curve import (
    CurveHost,
    NoCurveError,
    analytic_curve,
    break_even,
    computing_from,
    curve_of_results,
    report_points,
)
from openrow.system.hit_rate_variants import VARIANTS, Variant, run_curve
from openrow.system.workloads import run

TRANSPLAT_SAMPLES = 9_502_720
SYSTEM = load_run("system/geopim", "transplat-encoder")
MEASURED = CurveHost("as measured", units_ms=7.74, sampling_ms=10.767, total_ms=53.83)
ANALYTIC = analytic_curve(geopim_of(SYSTEM), 128, TRANSPLAT_SAMPLES)

SMALL = """
workload:
  model: pipeline
  stages:
    - {name: before, measured_ms: 1.0}
    - name: small
      on: pim
      kernel: deformable-attention:transplat-fine-self
      parameters: {height: 16, width: 16}
      measured_ms: 0.01
      part_of: sampling
    - name: large
      on: pim
      kernel: deformable-attention:transplat-fine-self
      parameters: {height: 32, width: 16}
      measured_ms: 0.02
      part_of: sampling
    - {name: upsampling, measured_ms: 0.03, part_of: sampling}
"""


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return str(path)


def test_the_reports_points_have_the_reports_speedups() -> None:
    for rate, units_ms in report_points(MEASURED):
        speedups = MEASURED.speedups(units_ms)
        assert f"{speedups['sampling']:.2f}" == f"{REPORTED_SAMPLING_SPEEDUP[rate]:.2f}"
        assert f"{speedups['end_to_end']:.2f}" == f"{REPORTED_END_TO_END[rate]:.2f}"


def test_arithmetic_bounds_the_analytic_model_however_often_rows_hit() -> None:
    # 5 cycles of a tile, 16 tiles of a sample, 512 units at 300 MHz.
    least_ms = TRANSPLAT_SAMPLES * 16 * 5 / (512 * 300e6) * 1e3
    assert ANALYTIC[-1] == (1.0, pytest.approx(least_ms))
    assert MEASURED.units_ms / ANALYTIC[-1][1] == pytest.approx(1.56, abs=0.005)
    start = computing_from(geopim_of(SYSTEM))
    assert start == 0.9375
    assert {units_ms for rate, units_ms in ANALYTIC if rate >= start} == {ANALYTIC[-1][1]}
    assert all(units_ms > least_ms for rate, units_ms in ANALYTIC if rate < start)


@given(st.floats(5.0, 19.0))
def test_at_break_even_the_units_take_as_long_as_the_host(host_ms: float) -> None:
    rate = break_even(ANALYTIC, host_ms)
    assert rate is not None
    model = analytic_model(geopim_of(SYSTEM), 128, rate)
    assert model.time_ns(TRANSPLAT_SAMPLES) / 1e6 == pytest.approx(host_ms)


def test_a_fast_host_is_never_reached_and_a_slow_one_always() -> None:
    assert break_even(ANALYTIC, 0.6) is None
    assert break_even(ANALYTIC, 1000.0) == 0.0


def test_the_variants_are_sound_and_tell_apart() -> None:
    assert len({variant.label for variant in VARIANTS}) == len(VARIANTS)
    assert {variant.group for variant in VARIANTS} < set(GROUPS)
    found = {load_run("system/geopim", "transplat-encoder", v.overrides).model_dump_json() for v in VARIANTS}
    assert len(found) == len(VARIANTS)


def test_a_variant_of_the_row_size_keeps_the_size_of_a_bank() -> None:
    long_rows = next(variant for variant in VARIANTS if variant.label == "rows of 2 KiB")
    memory = load_run("system/geopim", "transplat-encoder", long_rows.overrides).memory
    assert memory.rows * memory.columns == SYSTEM.memory.rows * SYSTEM.memory.columns
    assert memory.columns * memory.bus_width_bits // 8 == 2048


def test_a_large_stage_takes_the_times_of_the_small_one_sample_for_sample(small: str) -> None:
    variants = VARIANTS[:1]
    scaled = run_curve("system/geopim", small, variants=variants, edge_host=None, largest_stage=1 << 12)
    alone = run_curve("system/geopim", small, variants=variants, edge_host=None, largest_stage=1 << 20)
    assert scaled.scaled == {"large": "small"}
    assert alone.scaled == {}
    # The large stage has twice the samples.
    assert scaled.points[0].row_hit_rate == pytest.approx(alone.points[0].row_hit_rate, abs=0.05)
    assert scaled.points[0].units_ms == pytest.approx(alone.points[0].units_ms, rel=0.3)
    assert scaled.analytic == alone.analytic


def test_a_curve_tells_what_it_is_doing_and_holds_points_against_every_host(small: str) -> None:
    told: list[tuple[str, float]] = []
    variants = (VARIANTS[0], Variant("by tile", "order", ("pim.fetch_order=by-tile",)))
    curve = run_curve("system/geopim", small, lambda what, share: told.append((what, share)), variants)
    assert [what for what, _ in told[:2]] == ["as shipped", "by tile"]
    assert [share for _, share in told] == sorted(share for _, share in told)
    as_shipped, by_tile = curve.points
    assert by_tile.row_hit_rate < as_shipped.row_hit_rate
    measured, simulated, edge = curve.hosts
    assert (measured.units_ms, measured.sampling_ms, measured.total_ms) == pytest.approx((0.03, 0.06, 1.06))
    assert simulated.total_ms - simulated.units_ms == pytest.approx(1.03)
    assert edge.total_ms - edge.units_ms == pytest.approx(1.03 * edge.stages_slower)
    # 40 channels of HBM3 against 128 bits of LPDDR5, both at 6.4 Gb/s a pin.
    assert edge.stages_slower == pytest.approx(40 * 64 / 128)
    assert all(len(point["speedups"]) == 3 for point in curve.as_dict()["points"])


@pytest.mark.parametrize(
    ("architecture", "workload", "message"),
    [
        ("host/hbm-gpu", "transplat-encoder", "no GeoPIM units"),
        ("system/geopim", "add", "needs a pipeline"),
    ],
)
def test_what_has_no_curve_is_refused(architecture: str, workload: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        run_curve(architecture, workload)


def test_a_stage_without_a_measured_time_is_named(tmp_path: Path) -> None:
    path = tmp_path / "unmeasured.yaml"
    path.write_text(SMALL.replace("      measured_ms: 0.02\n", ""))
    with pytest.raises(UserError, match="measured_ms of 'large'"):
        run_curve("system/geopim", str(path))


@cache
def tree_of(text: str, *overrides: str) -> dict[str, Any]:
    return run(load_run("system/geopim", text, overrides)).as_dict()


def test_a_result_becomes_a_point_with_its_own_speedups(small: str) -> None:
    tree, other = tree_of(small), tree_of(small, "pim.neighbours=channel")
    curve = curve_of_results({"mine": tree, "other": other}).as_dict()
    mine, changed = curve["points"]
    assert (mine["label"], mine["group"], changed["group"]) == ("mine", "baseline", "neighbours")
    assert mine["row_hit_rate"] == tree["row_hit_rate"]
    assert mine["speedups"][0]["sampling"] == pytest.approx(tree["sampling_speedup"], rel=1e-6)
    assert mine["speedups"][0]["end_to_end"] == pytest.approx(tree["end_to_end_speedup"], rel=1e-6)
    assert [host["name"] for host in curve["hosts"]] == ["as measured", "A100-SXM4-80GB, simulated"]
    simulated_ms = sum(stage["host_simulated"]["time_ns"] for stage in tree["stages"][1:3]) / 1e6
    assert curve["hosts"][1]["units_ms"] == pytest.approx(simulated_ms)


def test_a_result_that_is_no_point_is_refused_by_its_name(small: str) -> None:
    tree, assumed = tree_of(small), tree_of(small, "pim.hit_rate=assumed(0.7)")
    with pytest.raises(NoCurveError, match="flat: no stage of it was simulated"):
        curve_of_results({"mine": tree, "flat": assumed})
    slower = {**tree, "stages": [{**stage, "host_ms": 2 * stage["host_ms"]} for stage in tree["stages"]]}
    with pytest.raises(NoCurveError, match="slower: its stages take other times"):
        curve_of_results({"mine": tree, "slower": slower})
