"""The programs of the gallery run to their end and draw something."""

import runpy
from pathlib import Path

import matplotlib
import pytest

PROGRAMS = sorted((Path(__file__).parents[2] / "docs" / "gallery").glob("[0-9]*.py"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_gallery_program_runs_and_draws(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    matplotlib.use("Agg")
    monkeypatch.chdir(tmp_path)
    names = runpy.run_path(str(program))
    assert names["figure"].axes
    assert capsys.readouterr().out
