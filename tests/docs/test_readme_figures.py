"""The README's figures of accuracy are those of the comparison."""

import re

from page_examples import ROOT

from openrow.validation.crossbar import noise_free_names, noisy_names
from openrow.validation.micro import micro_names
from openrow.validation.runs import recorded_runs
from openrow.validation.streams import stream_names

README = (ROOT / "README.md").read_text(encoding="utf-8")


def compared(beginning: str) -> int:
    """The number that a row of the README's table says were compared; all of them were equal."""
    row = re.search(rf"^\| {beginning}.*\| (\d+) of (\d+) \|", README, re.MULTILINE)
    assert row is not None
    assert row[1] == row[2]
    return int(row[2])


def test_the_readme_counts_what_is_compared() -> None:
    runs = {run.name: run.has_trace for run in recorded_runs()}
    assert compared("micro latencies") == len(micro_names())
    assert compared("command streams") == len(stream_names())
    products = re.search(
        r"^\| bit-sliced products.*\| (\d+) of (\d+); (\d+) of (\d+) \|", README, re.MULTILINE
    )
    assert products is not None
    plain, noisy = str(len(noise_free_names())), str(len(noisy_names()))
    assert products.groups() == (plain, plain, noisy, noisy)
    assert compared("long runs") == sum(runs.values())
    assert "Two of the recorded long runs are left out" in README
    assert len(runs) - sum(runs.values()) == 2
