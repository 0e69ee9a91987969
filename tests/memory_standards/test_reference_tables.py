"""The five standards of the reference runs hold what the reference tool holds (``golden/README.md``)."""

import csv
import json
from pathlib import Path

import pytest

from memory_standards.independent_resolver import evaluated, nominal_rows, shipped, timings

GOLDEN = Path(__file__).parent / "golden"
REFERENCE = json.loads((GOLDEN / "reference.json").read_text(encoding="utf-8"))
# Rows that our tables have and the reference's lack, because its runs never refresh one bank at a time.
OWN_ROWS = {
    "hbm2-2000": [
        ("pseudo_channel", "REFpb", "REFpb", 1, False, 8),
        ("bank", "RDA", "REFpb", 1, False, 5 + 14),
        ("bank", "WRA", "REFpb", 1, False, 5 + 2 + 16 + 14),
    ],
    "hbm3-6400": [
        ("bank", "RDA", "REFpb", 1, False, 18 + 52),
        ("bank", "WRA", "REFpb", 1, False, 20 + 4 + 66 + 52),
    ],
    "lpddr5-6400": [
        ("bank", "RDA", "REFpb", 1, False, 8 + 15),
        ("bank", "WRA", "REFpb", 1, False, 9 + 2 + 28 + 15),
    ],
}
# What the reference runs change in a shipped file to leave one channel of it.
ONE_CHANNEL = ("memory.channels=1", "memory.pseudo_channels=1", "memory.mapping=RoBaBgCo")


@pytest.mark.parametrize("name", REFERENCE)
def test_timings_are_those_of_the_reference(name: str) -> None:
    memory = shipped(name)
    assert timings(memory) == REFERENCE[name]["timings"]
    assert memory.clock.data_rate_mt_per_s == REFERENCE[name]["rate"]


@pytest.mark.parametrize("name", REFERENCE)
def test_read_latency_is_that_of_the_reference(name: str) -> None:
    memory = shipped(name)
    assert evaluated(memory.read_latency, timings(memory)) == REFERENCE[name]["read_latency"]


@pytest.mark.parametrize("name", REFERENCE)
def test_the_constraint_table_is_that_of_the_reference_and_our_own_rows(name: str) -> None:
    with (GOLDEN / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        expected = [
            (row[0], row[1], row[2], int(row[3]), row[4] == "1", int(row[5]))
            for row in list(csv.reader(file))[1:]
        ]
    assert nominal_rows(shipped(name)) == sorted(expected + OWN_ROWS.get(name, []))


@pytest.mark.parametrize("name", REFERENCE)
def test_one_channel_is_organised_as_in_the_reference(name: str) -> None:
    memory = shipped(name, *ONE_CHANNEL)
    organisation = REFERENCE[name]["organisation"]
    assert {field: getattr(memory, field) for field in organisation} == organisation
    assert memory.ranks == memory.stack_ids == 1


@pytest.mark.parametrize("name", REFERENCE)
def test_a_burst_is_a_transaction_of_the_reference(name: str) -> None:
    memory = shipped(name, *ONE_CHANNEL)
    assert memory.burst_length * memory.bus_width_bits // 8 == REFERENCE[name]["transaction_bytes"]
    assert (memory.columns // memory.burst_length).bit_length() - 1 == REFERENCE[name]["column_address_bits"]
