"""``openrow study`` and the pictures of crossbar numerics."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from openrow.cli.main import main

SOME_DIGITS = ["study", "digits", "--part", "adc_levels", "--part", "slices", "--images", "20"]


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_study_is_kept_and_drawn(suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept, picture = tmp_path / "digits.json", tmp_path / f"accuracy.{suffix}"
    assert main([*SOME_DIGITS, "-o", str(kept)]) == 0
    printed = capsys.readouterr().out
    assert "levels of the converters" in printed
    assert "differential pairs" in printed
    assert main(["plot", "accuracy", str(kept), "-o", str(picture)]) == 0
    assert "accuracy at 48 points" in capsys.readouterr().out
    assert picture.stat().st_size > 1000


def test_converters_are_listed_with_the_best_marked_and_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, picture = tmp_path / "converters.json", tmp_path / "converters.svg"
    assert main(["study", "converters", "--size", "32", "-o", str(kept)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("*  crossbar/neurosim-sar") for line in lines)
    assert main(["plot", "converters", str(kept), "-o", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"<?xml")


def test_json_has_the_numerics(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SOME_DIGITS, "adc_levels=64", "--json"]) == 0
    tree = json.loads(capsys.readouterr().out)
    assert tree["settings"]["adc_levels"] == 64
    assert len(tree["points"]) == 48


def test_claims_are_listed_with_what_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "claims", "--size", "32"]) == 0
    printed = capsys.readouterr().out
    assert "X4  unfolding makes conv1 9.8x larger" in printed
    assert "pair by pair" in printed
    assert main(["study", "claims", "--size", "32", "--json"]) == 0
    tree = json.loads(capsys.readouterr().out)
    assert len(tree["claims"]) == 7
    assert len(tree["measured"]) == 8


def test_levels_that_distort_are_noted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SOME_DIGITS[:4], "dac_levels=20", "--images", "5"]) == 0
    assert "note: dac_levels 20 distorts input slices of 2 and 4 bits" in capsys.readouterr().err


def test_conductances_are_drawn_of_the_network_and_of_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture, matrix = tmp_path / "cells.png", tmp_path / "weights.npy"
    np.save(matrix, np.eye(40))
    assert main(["plot", "conductances", "write_variation=0.1", "-o", str(picture)]) == 0
    assert (
        main(["plot", "conductances", "--weights", str(matrix), "--array", "1", "1", "-o", str(picture)]) == 0
    )
    assert "array 1, 1 of weights.npy" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["study", "digits", "adc_level=3"], "adc_level: should be a known key; the nearest is 'adc_levels'"),
        (["study", "converters", "--arch", "pim/aim"], "pim/aim: has no section crossbar"),
        (["study", "digits", "--part", "noise"], "part 'noise' should be a known part"),
        (["plot", "accuracy", "{other}", "-o", "a.png"], "holds no result of 'openrow study digits -o'"),
        (["plot", "accuracy", "{converters}", "-o", "a.png"], "holds a study of converters"),
        (["plot", "conductances", "--weights", "{other}", "-o", "a.png"], "holds no matrix as .npy"),
        (["plot", "conductances", "--weights", "{nan}", "-o", "a.png"], "weights hold nan at (0, 1)"),
        (["plot", "conductances", "--array", "9", "0", "-o", "a.png"], "there is no array 9, 0"),
        (["plot", "conductances", "-o", "a.txt"], "should end in png, svg, pdf"),
    ],
)
def test_mistakes_are_said_and_nothing_is_written(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    files = {"other": "other.json", "converters": "converters.json", "nan": "nan.npy"}
    Path("other.json").write_text("{}")
    Path("converters.json").write_text(json.dumps({"study": "converters"}))
    np.save("nan.npy", np.array([[1.0, np.nan]]))
    assert main([word.format(**files) for word in arguments]) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not list(tmp_path.glob("a.*"))


def test_without_scikit_learn_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from openrow.crossbar.studies.digits import digits, trained

    digits.cache_clear()
    trained.cache_clear()
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert main(["study", "digits", "--images", "5"]) == 2
    assert "pip install 'openrow[studies]'" in capsys.readouterr().err
