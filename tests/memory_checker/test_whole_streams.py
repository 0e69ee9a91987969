"""What the checker asks of a stream as a whole: order, names, places, refreshes; and how it reports."""

from dataclasses import replace

import numpy as np
import pytest

from memory_checker.command_scripts import Place, Scripted, rules_broken, spacious, stream_of, with_table
from memory_standards.independent_resolver import shipped
from openrow.config.memory import Cause, Command, Constraint, Level, MemoryConfig, Refresh
from openrow.memory.checking.examine import check_commands, examine

A: Place = (0, 0, 0, 0, 0)
INTERVAL = 9364


@pytest.fixture(scope="module")
def ddr4() -> MemoryConfig:
    """One channel of two ranks, without a constraint."""
    memory = with_table(spacious("ddr4-2400"), [])
    return memory.model_copy(update={"channels": 1})


def test_an_empty_stream_has_no_violation(ddr4: MemoryConfig) -> None:
    assert check_commands(ddr4, stream_of([])) == []


def test_cycles_do_not_go_back(ddr4: MemoryConfig) -> None:
    stream = stream_of([(5, "ACT", A, 1), (4, "PRE", A, 1), (4, "ACT", (0, 0, 1, 0, 0), 1)])
    first = check_commands(ddr4, stream)[0]
    assert (first.rule, first.index, first.preceding) == ("cycles should not go back", 1, 0)
    assert "cycles should not go back" in rules_broken(ddr4, [(-1, "ACT", A, 1)])


@pytest.mark.parametrize(
    ("place", "rule"),
    [
        ((1, 0, 0, 0, 0), "channel should be 0 to 0"),
        ((-1, 0, 0, 0, 0), "channel should be 0 to 0"),
        ((0, 1, 0, 0, 0), "pseudo_channel should be 0 to 0"),
        ((0, 0, 2, 0, 0), "rank should be 0 to 1"),
        ((0, 0, 0, 4, 0), "bank_group should be 0 to 3"),
        ((0, 0, 0, 0, 4), "bank should be 0 to 3"),
        ((0, 0, 0, 0, -1), "bank should be 0 to 3"),
    ],
)
def test_a_place_outside_the_memory_is_refused(ddr4: MemoryConfig, place: Place, rule: str) -> None:
    assert rules_broken(ddr4, [(1, "ACT", place, 1)]) == {rule}


def test_a_row_and_a_column_lie_in_the_bank(ddr4: MemoryConfig) -> None:
    assert rules_broken(ddr4, [(1, "ACT", A, 65535)]) == set()
    assert rules_broken(ddr4, [(1, "ACT", A, 65536)]) == {"row should be 0 to 65535"}
    stream = stream_of([(1, "ACT", A, 1), (2, "RD", A, 1)])
    bursts = 1024 // 8
    for column, rules in ((bursts - 1, []), (bursts, [f"column should be 0 to {bursts - 1}"])):
        moved = replace(stream, column=np.array([-1, column]))
        assert [violation.rule for violation in check_commands(ddr4, moved)] == rules


def test_a_command_to_all_banks_names_no_bank(ddr4: MemoryConfig) -> None:
    stream = stream_of([(1, "REFab", A, 0)])
    stream = replace(stream, bank=np.array([2]))
    assert [v.rule for v in check_commands(ddr4, stream)] == ["bank of a command to all banks should be -1"]


def test_a_misplaced_command_is_left_out_of_all_else(ddr4: MemoryConfig) -> None:
    commands = [(1, "ACT", A, 1), (2, "PRE", (0, 0, 0, 0, 9), 1), (3, "RD", A, 1)]
    assert rules_broken(ddr4, commands) == {"bank should be 0 to 3"}


def test_an_unknown_command_is_refused_with_those_there_are(ddr4: MemoryConfig) -> None:
    (rule,) = rules_broken(ddr4, [(1, "ACTIVATE", A, 1)])
    assert rule.startswith("'ACTIVATE' is no command; there are ACT, ")


@pytest.mark.parametrize("command", ["ACT2", "CAS_RD", "CAS_WR", "REFpb"])
def test_a_command_the_memory_does_not_have_is_refused(ddr4: MemoryConfig, command: str) -> None:
    assert rules_broken(ddr4, [(1, command, A, 1)]) == {f"DDR4 has no {command}"}


def refreshes(cycles: list[int], rank: int) -> list[Scripted]:
    return [(cycle, "REFab", (0, 0, rank, 0, 0), 0) for cycle in cycles]


def in_order(commands: list[Scripted]) -> list[Scripted]:
    return sorted(commands, key=lambda command: command[0])


def test_eight_refreshes_may_be_postponed(ddr4: MemoryConfig) -> None:
    due = [k * INTERVAL + 7 for k in range(1, 20)]
    rule = f"refresh overdue: REFab every {INTERVAL} cycles, 8 postponed at most"
    for late, rules in ((0, set()), (1, {rule})):
        rank0 = [(k + 8) * INTERVAL - 2 + (3 * late if k == 5 else 0) for k in range(1, 12)]
        commands = in_order(refreshes(rank0, 0) + refreshes(due, 1))
        assert rules_broken(ddr4, commands) == rules


def test_a_late_refresh_is_reported_with_the_last_cycle_it_was_allowed_in(ddr4: MemoryConfig) -> None:
    cycles = [9 * INTERVAL + 1, 9 * INTERVAL + 2, *range(10 * INTERVAL, 12 * INTERVAL, INTERVAL)]
    (violation,) = check_commands(ddr4.model_copy(update={"ranks": 1}), stream_of(refreshes(cycles, 0)))
    assert (violation.index, violation.latest, violation.earliest) == (0, 9 * INTERVAL, None)


def test_a_rank_without_its_refreshes_is_reported_at_the_end(ddr4: MemoryConfig) -> None:
    rank0 = refreshes([k * INTERVAL + 1 for k in range(1, 10)], 0)
    (violation,) = check_commands(ddr4, stream_of(rank0))
    assert (violation.command, violation.coordinates) == ("REFab", (0, 0, 1, -1, -1, -1, -1))
    assert (violation.index, violation.cycle, violation.latest) == (9, 9 * INTERVAL + 1, 9 * INTERVAL)
    assert check_commands(ddr4, stream_of(refreshes([9 * INTERVAL - 1], 0))) == []
    assert check_commands(ddr4.model_copy(update={"refresh": Refresh.NONE}), stream_of(rank0)) == []


def test_each_bank_gets_its_refreshes_where_they_are_per_bank() -> None:
    memory = with_table(shipped("gddr6-16000", "memory.refresh=per-bank"), [])
    memory = memory.model_copy(update={"channels": 1})
    interval = 237
    banks = [(0, 0, 0, group, bank) for group in range(4) for bank in range(4)]
    commands = [(k * interval, "REFpb", banks[(k - 1) % 16], 0) for k in range(1, 16 * 10)]
    assert rules_broken(memory, commands) == set()
    starved = [command for command in commands if command[2] != banks[3]]
    violations = check_commands(memory, stream_of(starved))
    assert [(v.command, v.coordinates[3:5], v.latest) for v in violations] == [
        ("REFpb", (0, 3), 9 * 16 * interval)
    ]


def test_a_report_counts_by_rule_and_gives_the_first_in_order(ddr4: MemoryConfig) -> None:
    commands = [(i + 1, "PRE" if i % 3 else "RD", A, 0) for i in range(9)]
    report = examine(ddr4, stream_of(commands))
    assert report.by_rule == {"PRE to a closed bank": 6, "RD to a closed bank": 3}
    assert len(report) == 9
    assert [violation.index for violation in report.first(4)] == [0, 1, 2, 3]
    assert [violation.index for violation in report.first()] == list(range(9))
    assert report.first(0) == []


def test_a_violation_of_a_spacing_says_which_commands_when_and_why() -> None:
    memory = spacious("ddr4-2400")
    places = [(0, 0, 0, group, bank) for group, bank in ((0, 0), (1, 0), (2, 0), (3, 0), (0, 1))]
    commands = [(10 + 6 * i, "ACT", place, 1) for i, place in enumerate(places)]
    commands[-1] = (34, *commands[-1][1:])
    (violation,) = check_commands(memory, stream_of(commands))
    assert violation.rule == "rank: ACT -> ACT, nFAW 26 over 4"
    assert (violation.index, violation.cycle, violation.command) == (4, 34, "ACT")
    assert (violation.earliest, violation.preceding, violation.preceding_cycle) == (36, 0, 10)
    assert violation.coordinates == (0, 0, 0, 0, 1, 1, -1)


def test_commands_of_several_cycles_are_measured_between_their_first() -> None:
    memory = spacious("hbm2-2000")
    early = stream_of([(1, "ACT", A, 1), (15, "RD", A, 1)])
    (violation,) = check_commands(memory, early)
    assert violation.rule == "bank: ACT -> RD, nRCDRD 14 (15 between first cycles)"
    assert violation.earliest == 16


def test_of_several_banks_the_last_to_allow_a_command_to_all_speaks_for_them(ddr4: MemoryConfig) -> None:
    row = Constraint(
        level=Level.BANK,
        preceding=[Command.ACT],
        following=[Command.PRE_ALL],
        latency=10,
        cause=Cause.ROW_CYCLE,
    )
    places = [(0, 0, 0, group, 0) for group in (1, 2, 0)]
    opened = [(1 + 2 * i, "ACT", place, 1) for i, place in enumerate(places)]
    stream = stream_of([*opened, (8, "PREab", A, 0)])
    (violation,) = check_commands(with_table(ddr4, [row]), stream)
    assert (violation.rule, violation.index) == ("bank: ACT -> PREab, 10", 3)
    assert (violation.earliest, violation.preceding, violation.preceding_cycle) == (15, 2, 5)
