"""What commands ask of the rows of their banks, of the command bus, the clock and the data clock."""

import pytest

from memory_checker.command_scripts import Place, Scripted, rules_broken, spacious, stream_of, with_table
from openrow.config.memory import MemoryConfig
from openrow.memory.checking.examine import check_commands

A: Place = (0, 0, 0, 0, 0)
B: Place = (0, 0, 0, 1, 0)
OTHER_RANK: Place = (0, 0, 1, 0, 0)


@pytest.fixture(scope="module")
def ddr4() -> MemoryConfig:
    """Two channels and two ranks, without a constraint."""
    return with_table(spacious("ddr4-2400"), [])


@pytest.fixture(scope="module")
def lpddr5() -> MemoryConfig:
    return with_table(spacious("lpddr5-6400"), [])


@pytest.fixture(scope="module")
def hbm3() -> MemoryConfig:
    return spacious("hbm3-6400").model_copy(update={"constraints": []})


def test_a_row_is_opened_read_written_and_closed(ddr4: MemoryConfig) -> None:
    commands = [(1, "ACT", A, 7), (2, "RD", A, 7), (3, "WR", A, 7), (4, "PRE", A, 7), (5, "ACT", A, 8)]
    assert (
        rules_broken(ddr4, [*commands, (6, "PREab", A, 0), (7, "REFab", A, 0), (8, "PREab", A, 0)]) == set()
    )


@pytest.mark.parametrize(
    ("commands", "rule"),
    [
        ([(1, "ACT", A, 7), (2, "ACT", A, 8)], "ACT to a bank that is not closed"),
        ([(1, "RD", A, 7)], "RD to a closed bank"),
        ([(1, "ACT", A, 7), (2, "WR", B, 7)], "WR to a closed bank"),
        ([(1, "ACT", A, 7), (2, "PRE", A, 7), (3, "WRA", A, 7)], "WRA to a closed bank"),
        ([(1, "ACT", A, 7), (2, "RDA", A, 7), (3, "RD", A, 7)], "RD to a closed bank"),
        ([(1, "ACT", A, 7), (2, "WRA", A, 7), (3, "RD", A, 7)], "RD to a closed bank"),
        ([(1, "ACT", A, 7), (2, "PREab", B, 0), (3, "RD", A, 7)], "RD to a closed bank"),
        ([(1, "ACT", A, 7), (2, "RD", A, 8)], "RD to a row that is not open"),
        ([(1, "ACT", A, 7), (2, "RDA", A, 8)], "RDA to a row that is not open"),
        ([(1, "PRE", A, 0)], "PRE to a closed bank"),
        ([(1, "ACT", A, 7), (2, "RDA", A, 7), (3, "PRE", A, 7)], "PRE to a closed bank"),
        ([(1, "ACT", B, 7), (2, "REFab", A, 0)], "REFab to a bank that is not closed"),
    ],
)
def test_a_command_its_bank_is_not_ready_for_is_refused(
    ddr4: MemoryConfig, commands: list[Scripted], rule: str
) -> None:
    violations = check_commands(ddr4, stream_of(commands))
    assert [(v.rule, v.index) for v in violations] == [(rule, len(commands) - 1)]


def test_the_command_that_left_the_state_is_named(ddr4: MemoryConfig) -> None:
    (violation,) = check_commands(ddr4, stream_of([(3, "ACT", A, 7), (9, "ACT", B, 7), (12, "RD", A, 8)]))
    assert (violation.preceding, violation.preceding_cycle) == (0, 3)
    assert (violation.command, violation.cycle, violation.coordinates) == ("RD", 12, (*A, 8, 0))


def test_a_precharge_of_all_banks_leaves_the_other_rank_open(ddr4: MemoryConfig) -> None:
    commands = [(1, "ACT", A, 7), (2, "ACT", OTHER_RANK, 7), (3, "PREab", A, 0), (4, "RD", OTHER_RANK, 7)]
    assert rules_broken(ddr4, [*commands, (5, "REFab", A, 0)]) == set()
    assert rules_broken(ddr4, [*commands, (5, "REFab", OTHER_RANK, 0)]) != set()


def test_a_bank_is_closed_when_it_alone_is_refreshed() -> None:
    memory = with_table(spacious("gddr6-16000"), [])
    commands = [(1, "ACT", A, 7), (2, "REFpb", B, 0)]
    assert rules_broken(memory, commands) == set()
    assert rules_broken(memory, [*commands, (3, "REFpb", A, 0)]) == {"REFpb to a bank that is not closed"}


def test_a_single_bus_takes_one_command_a_cycle_and_channel(ddr4: MemoryConfig) -> None:
    other_channel: Place = (1, 0, 0, 0, 0)
    assert rules_broken(ddr4, [(1, "ACT", A, 7), (1, "ACT", other_channel, 7)]) == set()
    two = [(1, "ACT", A, 7), (1, "ACT", B, 7)]
    assert rules_broken(ddr4, two) == {"command bus: ACT -> ACT, occupied for 1"}


def test_a_dual_bus_takes_a_row_and_a_column_command_a_cycle() -> None:
    memory = with_table(spacious("hbm2-2000"), [])
    opened = [(1, "ACT", A, 7), (3, "ACT", B, 7)]
    assert rules_broken(memory, [*opened, (6, "RD", A, 7), (6, "PRE", B, 7)]) == set()
    two_columns = [*opened, (6, "RD", A, 7), (6, "WR", B, 7)]
    assert rules_broken(memory, two_columns) == {"column bus: RD -> WR, occupied for 1"}
    two_rows = [*opened, (6, "PRE", A, 7), (6, "PRE", B, 7)]
    assert rules_broken(memory, two_rows) == {"row bus: PRE -> PRE, occupied for 1"}


def test_a_long_command_keeps_others_off_its_bus() -> None:
    memory = with_table(spacious("hbm2-2000"), [])
    assert rules_broken(memory, [(1, "ACT", A, 7), (2, "ACT", B, 7)]) == {
        "row bus: ACT -> ACT, occupied for 2"
    }
    assert rules_broken(memory, [(1, "ACT", A, 7), (2, "RD", A, 7)]) == set()
    ddr5 = with_table(spacious("ddr5-4800"), [])
    early = [(1, "ACT", A, 7), (3, "RD", A, 7), (4, "PRE", A, 7)]
    assert rules_broken(ddr5, early) == {"command bus: RD -> PRE, occupied for 2"}
    assert rules_broken(ddr5, [*early[:2], (5, "PRE", A, 7)]) == set()


def test_only_precharges_start_on_a_falling_edge(hbm3: MemoryConfig) -> None:
    commands = [(1, "ACT", A, 7), (5, "RD", A, 7), (8, "PRE", A, 7), (10, "PREab", A, 0), (11, "REFab", A, 0)]
    assert rules_broken(hbm3, commands) == set()
    late = [(c + 1, name, place, row) for c, name, place, row in commands]
    edge = "should start on an odd cycle, a rising edge of the clock"
    assert rules_broken(hbm3, late) == {f"{name} {edge}" for name in ("ACT", "RD", "REFab")}


def test_an_activation_in_two_commands_is_accepted(lpddr5: MemoryConfig) -> None:
    commands = [
        (1, "ACT", A, 7),
        (9, "ACT2", A, 7),
        (10, "CAS_RD", A, 7),
        (11, "RD", A, 7),
        (12, "PRE", A, 7),
    ]
    assert rules_broken(lpddr5, commands) == set()


@pytest.mark.parametrize(
    ("commands", "rule"),
    [
        ([(1, "ACT2", A, 7)], "ACT2 without ACT"),
        ([(1, "ACT", A, 7), (2, "ACT2", A, 7), (3, "ACT2", A, 7)], "ACT2 without ACT"),
        ([(1, "ACT", A, 7), (2, "ACT2", A, 8)], "ACT2 to another row than that of its ACT"),
        ([(1, "ACT", A, 7), (10, "ACT2", A, 7)], "ACT2 after its deadline, nAAD 8"),
        ([(1, "ACT", A, 7), (3, "CAS_WR", A, 7), (4, "WR", A, 7), (5, "ACT2", A, 7)], "WR before ACT2"),
        ([(1, "ACT", A, 7), (20, "REFab", OTHER_RANK, 0)], "ACT without ACT2, nAAD 8"),
        (
            [(1, "ACT", A, 7), (3, "ACT", B, 7), (4, "ACT2", A, 7), (5, "ACT2", B, 7)],
            "rank: ACT before the ACT2 of another bank",
        ),
    ],
)
def test_half_an_activation_is_refused(lpddr5: MemoryConfig, commands: list[Scripted], rule: str) -> None:
    assert rules_broken(lpddr5, commands) == {rule}


@pytest.mark.parametrize("command", ["PRE", "PREab"])
def test_an_activating_bank_is_not_closed(lpddr5: MemoryConfig, command: str) -> None:
    broken = {f"{command} before ACT2", "ACT without ACT2, nAAD 8"}
    assert rules_broken(lpddr5, [(1, "ACT", A, 7), (2, command, A, 7)]) == broken


def test_two_ranks_may_be_activating_at_once(lpddr5: MemoryConfig) -> None:
    commands = [(1, "ACT", A, 7), (2, "ACT", OTHER_RANK, 7), (3, "ACT2", A, 7), (4, "ACT2", OTHER_RANK, 7)]
    assert rules_broken(lpddr5, commands) == set()


def test_the_last_activation_of_a_stream_may_be_unfinished(lpddr5: MemoryConfig) -> None:
    assert rules_broken(lpddr5, [(1, "ACT", A, 7), (9, "REFab", OTHER_RANK, 0)]) == set()
    assert rules_broken(lpddr5, [(1, "ACT", A, 7), (10, "REFab", OTHER_RANK, 0)]) != set()


OPENED: list[Scripted] = [(1, "ACT", A, 7), (2, "ACT2", A, 7)]


@pytest.mark.parametrize(("access", "runs"), [("RD", 17 + 2 + 1), ("WR", 9 + 2 + 1)])
def test_an_access_outside_the_running_time_of_the_data_clock_needs_a_sync(
    lpddr5: MemoryConfig, access: str, runs: int
) -> None:
    first = [*OPENED, (3, f"CAS_{access}", A, 7), (4, access, A, 7)]
    assert rules_broken(lpddr5, [*OPENED, (4, access, A, 7)]) == {f"{access} with the data clock stopped"}
    assert rules_broken(lpddr5, [*first, (4 + runs - 1, "RD", A, 7)]) == set()
    assert rules_broken(lpddr5, [*first, (4 + runs, "RD", A, 7)]) == {"RD with the data clock stopped"}
    assert rules_broken(lpddr5, [*first, (4 + runs, "CAS_RD", A, 7), (5 + runs, "RD", A, 7)]) == set()


def test_a_read_keeps_the_data_clock_longer_than_a_later_write(lpddr5: MemoryConfig) -> None:
    accesses = [(3, "CAS_RD", A, 7), (4, "RD", A, 7), (6, "WR", A, 7)]
    assert rules_broken(lpddr5, [*OPENED, *accesses, (23, "RD", A, 7)]) == set()


def test_the_data_clock_is_that_of_the_channel(lpddr5: MemoryConfig) -> None:
    other: Place = (1, 0, 0, 0, 0)
    opened = [*OPENED, (3, "ACT", other, 7), (4, "ACT2", other, 7), (5, "CAS_RD", A, 7), (6, "RD", A, 7)]
    assert rules_broken(lpddr5, [*opened, (8, "RD", other, 7)]) == {"RD with the data clock stopped"}


@pytest.mark.parametrize(
    "after",
    [
        [(5, "RD", A, 7)],
        [(4, "WR", A, 7)],
        [(4, "REFab", OTHER_RANK, 0), (5, "RD", A, 7)],
        [(9, "REFab", OTHER_RANK, 0)],
    ],
)
def test_a_sync_without_its_access_in_the_next_cycle_is_refused(
    lpddr5: MemoryConfig, after: list[Scripted]
) -> None:
    rules = rules_broken(lpddr5, [*OPENED, (3, "CAS_RD", A, 7), *after])
    assert "CAS_RD without its access in the next cycle" in rules


def test_a_stream_may_end_between_a_sync_and_its_access(lpddr5: MemoryConfig) -> None:
    assert rules_broken(lpddr5, [*OPENED, (3, "CAS_RD", A, 7)]) == set()
