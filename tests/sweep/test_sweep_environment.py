from pathlib import Path

import pytest
from sweep_doubles import swept

from openrow.errors import UserError
from openrow.sweep import environment as kept
from openrow.sweep import running
from openrow.sweep.environment import NAME, environment, merged, read_environments
from openrow.sweep.model_version import model_version


def test_a_directory_says_where_it_was_run_once_however_often(tmp_path: Path) -> None:
    swept(tmp_path)
    swept(tmp_path)
    assert read_environments(tmp_path) == [environment()]
    assert {"openrow", "model", "python", "numba", "processor", "cores"} <= environment().keys()


def test_a_second_machine_is_listed_beside_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swept(tmp_path)
    monkeypatch.setattr(kept, "environment", lambda: {**environment(), "cores": "4096"})
    swept(tmp_path)
    first, second = read_environments(tmp_path)
    assert merged([first, second])["cores"] == f"{first['cores']}, 4096"
    assert merged([first, second])["numba"] == first["numba"]


def test_a_damaged_file_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("[1")
    with pytest.raises(UserError, match=f"{NAME}: is damaged"):
        read_environments(tmp_path)


def test_points_of_another_model_are_not_mixed_with_these(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert model_version().startswith("0.")
    swept(tmp_path)
    monkeypatch.setattr(running, "model_version", lambda: "0.0.0+another")
    with pytest.raises(UserError, match=r"was made by version .* of the model, and this is 0\.0\.0\+another"):
        swept(tmp_path)
