"""``openrow plot`` with results of ``openrow run``, and the curve that runs what it draws."""

import json
from functools import partial
from pathlib import Path

import pytest

from openrow.cli.main import main
from openrow.system import hit_rate_variants

WORKLOAD = """
workload:
  model: pipeline
  stages:
    - {name: backbone, measured_ms: 1.0}
    - name: attention
      on: pim
      kernel: deformable-attention:transplat-fine-self
      parameters: {height: 16, width: 16}
      measured_ms: 0.01
      part_of: sampling
"""


@pytest.fixture
def workload(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(WORKLOAD)
    return str(path)


@pytest.fixture
def result(workload: str, tmp_path: Path) -> str:
    path = tmp_path / "run.json"
    assert main(["run", workload, "--arch", "system/geopim", "-o", str(path), "--json"]) == 0
    return str(path)


@pytest.mark.parametrize("kind", ["hit-rate", "units", "energy", "stages"])
@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_run_is_drawn(kind: str, suffix: str, result: str, tmp_path: Path) -> None:
    picture = tmp_path / f"{kind}.{suffix}"
    assert main(["plot", kind, result, "-o", str(picture)]) == 0
    assert picture.stat().st_size > 1000


def test_the_curve_runs_its_variants_and_can_be_drawn_again(
    workload: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    few = partial(hit_rate_variants.run_curve, variants=hit_rate_variants.VARIANTS[:2], edge_host=None)
    monkeypatch.setattr(hit_rate_variants, "run_curve", few)
    first, kept, again = (str(tmp_path / name) for name in ("first.svg", "kept.json", "again.svg"))
    assert main(["plot", "hit-rate", "--workload", workload, "-o", first, "--keep", kept]) == 0
    assert "2 simulated points" in capsys.readouterr().out
    assert len(json.loads(Path(kept).read_text())["points"]) == 2
    assert main(["plot", "hit-rate", kept, "-o", again]) == 0
    assert "2 simulated points" in capsys.readouterr().out


def test_the_help_lists_the_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot", "--help"]) == 0
    printed = capsys.readouterr().out
    assert all(kind in printed for kind in ("time", "banks", "hit-rate", "units", "energy", "stages"))
    assert main(["plot", "hit-rate", "--help"]) == 0
    assert "Without any, variants of an architecture are run" in " ".join(capsys.readouterr().out.split())


def message(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What these arguments end in; nothing is left behind."""
    capsys.readouterr()
    assert main(["plot", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    return captured.err


def test_an_unknown_kind_is_answered_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    said = message(capsys, "heat", "-o", "x.png")
    assert "There is no picture 'heat'" in said
    assert "time, banks, hit-rate, units, energy, stages" in said


@pytest.mark.parametrize("kind", ["hit-rate", "units", "energy", "stages"])
def test_a_file_of_something_else_is_refused(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "x.png"
    for text, reason in (("{}", "there is no stages in it"), ("[1]", "it is no mapping"), ("{", "Expecting")):
        path = tmp_path / "other.json"
        path.write_text(text)
        said = message(capsys, kind, str(path), "-o", str(picture))
        assert f"{path}: holds no result of 'openrow run -o'" in said
        assert reason in said
    assert "No such file" in message(capsys, kind, str(tmp_path / "gone.json"), "-o", str(picture))
    assert not picture.exists()


@pytest.mark.parametrize("kind", ["hit-rate", "units", "energy"])
def test_a_run_without_simulated_units_is_refused(
    kind: str, workload: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "assumed.json"
    arguments = ["run", workload, "pim.hit_rate=assumed(0.7)", "--arch", "pim/geopim", "-o", str(path)]
    assert main(arguments) == 0
    assert "simulated on units" in message(capsys, kind, str(path), "-o", str(tmp_path / "x.png"))
    assert main(["plot", "stages", str(path), "-o", str(tmp_path / "stages.png")]) == 0


def test_options_that_do_not_go_together_are_refused(result: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no RESULTS" in message(capsys, "hit-rate", result, "--arch", "system/geopim", "-o", "x.png")
    assert "busy, end (got speed)" in message(capsys, "units", result, "-o", "x.png", "--figure", "speed")
    assert "png, svg, pdf" in message(capsys, "hit-rate", "-o", "x.bmp")
    assert "no lost_time" in message(capsys, "banks", result, "-o", "x.png")


def test_an_architecture_without_units_has_no_curve(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no GeoPIM units" in message(capsys, "hit-rate", "--arch", "host/hbm-gpu", "-o", "x.png")
