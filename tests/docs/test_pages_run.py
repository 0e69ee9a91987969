"""What the pages show a reader is what happens."""

import re
from pathlib import Path

import pytest
from page_examples import PAGES, ROOT, Page, commands, matches

PROGRAMS = {"openrow", "make", "pip"}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_examples_of_a_page_do_what_it_says(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    Page(path).run()


def test_pages_use_known_programs_and_targets() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = [
        command.words
        for path in PAGES
        for block in Page(path).blocks
        if block.kind == "console"
        for command in commands(block)
    ]
    assert {words[0] for words in shown} <= PROGRAMS
    assert {words[1] for words in shown if words[0] == "make"} <= targets
    assert sum(words[0] == "openrow" for words in shown) > 20


def test_a_wrong_figure_in_a_page_would_be_noticed() -> None:
    printed = ["a line", "rows 12 of 13", "end"]
    assert matches(["...", "rows ... of 13", "end"], printed)
    assert not matches(["...", "rows ... of 14", "end"], printed)
    assert not matches(["a line"], printed)
