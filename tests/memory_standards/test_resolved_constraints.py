"""What the shipped tables come to once commands of several cycles are accounted for.

For the five standards of the reference runs the numbers are those of the written rules of the reference tool,
Ramulator 2.1 (commit c5b1c3a), by which a tick model matched its recorded command streams. For DDR4-3200 and
GDDR6 they are worked out by hand from the data sheets their files name. Commands without auto-precharge,
all-bank refresh.

``RD-RD 4``: RD after RD waits 4 cycles at that level; ``w4`` is a window of four, ``others`` the other nodes
of one parent.
"""

import re

import pytest

from memory_standards.independent_resolver import resolved_rows, shipped
from openrow.config.memory import Command
from openrow.memory.standard import commands_in_use, resolved_constraints

COMMANDS = {"ACT", "PRE", "PREab", "RD", "WR", "REFab"}

EXPECTED = {
    "ddr4-2400": """
        channel: RD-RD 4, WR-WR 4
        rank: RD-RD 4, WR-WR 4, RD-WR 10, WR-RD 19, RD-PREab 9, WR-PREab 34, ACT-ACT 4,
            ACT-ACT 26 w4, ACT-PREab 39, PREab-ACT 16, ACT-REFab 55, PRE-REFab 16, PREab-REFab 16,
            REFab-ACT 433, REFab-PREab 433
        rank others: RD-RD 6, RD-WR 6, WR-RD 2
        bank_group: RD-RD 6, WR-WR 6, WR-RD 25, ACT-ACT 6
        bank: ACT-ACT 55, ACT-RD 16, ACT-WR 16, ACT-PRE 39, PRE-ACT 16, RD-PRE 9, WR-PRE 34
    """,
    "ddr4-3200": """
        channel: RD-RD 4, WR-WR 4
        rank: RD-RD 4, WR-WR 4, RD-WR 12, WR-RD 24, RD-PREab 12, WR-PREab 44, ACT-ACT 4,
            ACT-ACT 34 w4, ACT-PREab 52, PREab-ACT 22, ACT-REFab 74, PRE-REFab 22, PREab-REFab 22,
            REFab-ACT 560, REFab-PREab 560
        rank others: RD-RD 6, RD-WR 6, WR-RD 0
        bank_group: RD-RD 8, WR-WR 8, WR-RD 32, ACT-ACT 8
        bank: ACT-ACT 74, ACT-RD 22, ACT-WR 22, ACT-PRE 52, PRE-ACT 22, RD-PRE 12, WR-PRE 44
    """,
    "gddr6-16000": """
        channel: RD-RD 2, WR-WR 2
        rank: RD-RD 2, WR-WR 2, RD-WR 28, WR-RD 19, RD-PREab 4, WR-PREab 39, ACT-ACT 8,
            ACT-ACT 32 w4, ACT-PREab 60, PREab-ACT 30, PRE-PRE 1, PRE-PREab 1, PREab-PRE 1,
            PREab-PREab 1, ACT-REFab 90, PRE-REFab 30, PREab-REFab 30, REFab-ACT 240,
            REFab-PREab 240, REFab-REFab 240
        bank_group: RD-RD 4, WR-WR 4, WR-RD 21, ACT-ACT 8
        bank: ACT-ACT 90, ACT-RD 30, ACT-WR 18, ACT-PRE 60, PRE-ACT 30, RD-PRE 4, WR-PRE 39
    """,
    "hbm2-2000": """
        channel: ACT-ACT 2, ACT-PRE 2, ACT-PREab 2, ACT-REFab 2
        pseudo_channel: RD-RD 2, WR-WR 2, RD-WR 13, WR-RD 13, RD-PREab 5, WR-PREab 23, ACT-ACT 4,
            ACT-ACT 15 w4, ACT-PREab 35, PREab-ACT 13, ACT-REFab 49, PRE-REFab 14, PREab-REFab 14,
            REFab-ACT 349, REFab-PREab 350
        bank_group: RD-RD 4, WR-WR 4, WR-RD 15, ACT-ACT 4
        bank: ACT-ACT 48, ACT-RD 15, ACT-WR 13, ACT-PRE 35, PRE-ACT 13, RD-PRE 5, WR-PRE 23
    """,
    "hbm3-6400": """
        channel: ACT-ACT 3, ACT-PRE 3, ACT-PREab 3, ACT-REFab 3, RD-RD 2, RD-WR 2, WR-RD 2,
            WR-WR 2
        pseudo_channel: RD-RD 4, WR-WR 4, RD-WR 40, WR-RD 38, RD-PREab 19, WR-PREab 91, ACT-ACT 8,
            ACT-ACT 48 w4, ACT-PREab 92, PREab-ACT 50, PRE-PRE 4, PRE-PREab 4, PREab-PRE 4,
            PREab-PREab 4, ACT-REFab 146, PRE-REFab 52, PREab-REFab 52, REFab-ACT 830,
            REFab-PREab 832
        stack_id: RD-RD 4, WR-WR 4
        stack_id others: RD-RD 6
        bank_group: RD-RD 8, WR-WR 8, WR-RD 44, ACT-ACT 10
        bank: ACT-ACT 144, ACT-RD 63, ACT-WR 31, ACT-PRE 92, PRE-ACT 50, RD-PRE 19,
            WR-PRE 91
    """,
    "ddr5-4800": """
        channel: RD-RD 8, WR-WR 8, RD-WR 2, WR-RD 2, ACT-ACT 2, ACT-RD 2, ACT-WR 2, RD-ACT 2,
            WR-ACT 2, ACT-PRE 2, ACT-PREab 2, ACT-REFab 2, RD-PRE 2, RD-PREab 2, RD-REFab 2,
            WR-PRE 2, WR-PREab 2, WR-REFab 2
        rank: RD-RD 8, WR-WR 8, RD-WR 14, WR-RD 46, RD-PREab 19, WR-PREab 113, ACT-ACT 8,
            ACT-ACT 48 w4, ACT-PREab 78, PREab-ACT 33, PRE-PRE 2, PRE-PREab 2, PREab-PRE 2,
            PREab-PREab 2, ACT-REFab 112, PRE-REFab 34, PREab-REFab 34, REFab-ACT 709,
            REFab-PREab 710
        rank others: RD-RD 10, RD-WR 10, WR-RD 8
        bank_group: RD-RD 12, WR-WR 48, WR-RD 64, ACT-ACT 12
        bank: ACT-ACT 111, ACT-RD 34, ACT-WR 34, ACT-PRE 78, PRE-ACT 33, RD-PRE 19,
            WR-PRE 113
    """,
    "lpddr5-6400": """
        channel: RD-RD 2, WR-WR 2
        rank: RD-RD 2, WR-WR 2, RD-WR 12, WR-RD 16, RD-PREab 8, WR-PREab 39, ACT-ACT 4,
            ACT-ACT 16 w4, ACT-PREab 34, PREab-ACT 17, PRE-PRE 2, PRE-PREab 2, PREab-PRE 2,
            PREab-PREab 2, ACT-REFab 49, PRE-REFab 15, PREab-REFab 15, REFab-ACT 168,
            REFab-PREab 168, REFab-REFab 168
        rank others: RD-RD 4, RD-WR 4, WR-RD 12
        bank_group: RD-RD 4, WR-WR 4, WR-RD 23, ACT-ACT 4
        bank: ACT-ACT 49, ACT-RD 15, ACT-WR 15, ACT-PRE 34, PRE-ACT 15, RD-PRE 8, WR-PRE 39
    """,
}


def parsed(table: str) -> dict[tuple[str, str, str, int, bool], int]:
    rows = {}
    for node, entries in re.findall(r"([a-z_]+(?: others)?):([^:]*)(?=\n|$)", table):
        for pair, cycles, window in re.findall(r"(\w+-\w+)\s+(\d+)(?:\s+w(\d))?", entries):
            preceding, following = pair.split("-")
            key = (node.removesuffix(" others"), preceding, following, int(window or 1), "others" in node)
            rows[key] = int(cycles)
    return rows


@pytest.mark.parametrize("name", EXPECTED)
def test_the_table_resolves_to_these_numbers_and_to_nothing_else(name: str) -> None:
    assert resolved_rows(shipped(name), COMMANDS) == parsed(EXPECTED[name])


def test_a_clock_sync_delays_its_access_by_nothing_more_than_the_bus() -> None:
    rows = resolved_rows(shipped("lpddr5-6400"), {"CAS_RD", "CAS_WR", "RD", "WR"})
    assert rows["bank", "CAS_RD", "RD", 1, False] == 0
    assert rows["bank", "CAS_WR", "WR", 1, False] == 0


@pytest.mark.parametrize("name", EXPECTED)
def test_an_access_with_auto_precharge_occupies_its_bus_as_the_plain_one(name: str) -> None:
    cycles = shipped(name).command_cycles
    assert cycles.get(Command.READ_AUTO) == cycles.get(Command.READ)
    assert cycles.get(Command.WRITE_AUTO) == cycles.get(Command.WRITE)


@pytest.mark.parametrize("refresh", ["none", "all-bank", "per-bank"])
@pytest.mark.parametrize("page_policy", ["open", "closed"])
@pytest.mark.parametrize("name", EXPECTED)
def test_the_controller_resolves_a_table_as_these_lines_do(name: str, page_policy: str, refresh: str) -> None:
    if refresh == "per-bank" and name.startswith("ddr"):
        refresh = "none"
    memory = shipped(name, f"memory.refresh={refresh}", f"memory.controller.page_policy={page_policy}")
    used = {command.value for command in commands_in_use(memory)}
    found: dict[tuple[str, str, str, int, bool], int] = {}
    for row in resolved_constraints(memory):
        key = (row.level.value, row.preceding.value, row.following.value, row.window, row.sibling)
        found[key] = max(row.latency, found.get(key, row.latency))
    assert found == resolved_rows(memory, used)
