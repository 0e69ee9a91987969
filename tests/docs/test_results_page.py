"""The page on results names every key of a result, and no other."""

import re
from collections.abc import Iterator
from typing import Any

from page_examples import ROOT

from openrow.config.loading import load_architecture
from openrow.system.replay import replay
from openrow.system.traffic import kernel_traffic

PAGE = (ROOT / "docs/results.md").read_text(encoding="utf-8")
BY_NAME = {"commands", "lost_time", "lost_cycles", "traffic", "versions", "configuration"}
"""Keys whose own keys are names of something else."""
PLACES = ("pseudo_channel", "rank", "stack_id", "bank_group", "bank")


def keys(tree: dict[str, Any], above: str = "") -> Iterator[str]:
    for key, value in tree.items():
        if isinstance(value, dict) and key not in BY_NAME:
            yield from keys(value, f"{above}{key}.")
        else:
            yield above + key
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield from keys(value[0], f"{above}{key}[].")


def named() -> set[str]:
    """The keys in the first column of the page's tables."""
    cells = re.findall(r"^\| (`[^|]*) \|", PAGE, re.MULTILINE)
    return {key for cell in cells for key in re.findall(r"`([^`]+)`", cell)}


def test_the_page_names_every_key_of_a_result_and_no_other() -> None:
    architecture = load_architecture("memory/ddr4-2400")
    result = replay(architecture, kernel_traffic("gemm", ["m=64", "n=64", "k=64"])).as_dict()
    found = set(keys(result))
    places = {f"channels[].banks[].{level}" for level in PLACES}
    own = {key for key in found if not key.startswith("channels[].") or key.startswith("channels[].banks")}
    assert own - places == named()
    below = {key.removeprefix("channels[].") for key in found - own}
    assert below - {"channel"} <= own
    assert all(f"`{key.split('.')[-1]}`" in PAGE for key in places)
