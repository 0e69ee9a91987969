"""Architectures written for one test, and what loading them says."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from openrow.config.loading import load_architecture
from openrow.config.problems import ConfigurationError

DDR4 = str(Path(__file__).parent / "plain_ddr4.yaml")
"""A complete architecture that stays as it is, whatever becomes of the shipped ones."""

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file in an empty current folder and return its name."""
    monkeypatch.chdir(tmp_path)

    def write_file(text: str, name: str = "arch.yaml") -> str:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return name

    return write_file


Problems = Callable[..., list[str]]


@pytest.fixture
def problems_of() -> Problems:
    """Load what must not load and return its problems, each as its line of text."""

    def load(name_or_path: str, overrides: Sequence[str] = ()) -> list[str]:
        with pytest.raises(ConfigurationError) as caught:
            load_architecture(name_or_path, overrides)
        lines = [str(problem) for problem in caught.value.problems]
        assert str(caught.value) == "\n".join(lines)
        return lines

    return load
