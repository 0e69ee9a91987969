"""What the fields of a memory must be to one another."""

import pytest
from written_architectures import DDR4, Problems

from openrow.config.loading import load_architecture

CYCLES = "memory.timings_cycles."
EXPLICIT = {
    "row": [*range(17, 33)],
    "bank": [15, 16],
    "bank_group": [13, 14],
    "column": [*range(6, 13)],
}


def explicit(**changes: list[int]) -> str:
    fields = ", ".join(f"{field}: {bits}" for field, bits in (EXPLICIT | changes).items())
    return f"memory.mapping={{{fields}}}"


@pytest.mark.parametrize(
    ("override", "key", "said"),
    [
        ("nRC=54", CYCLES + "nRC", "nRC should be at least nRAS + nRP = 39 + 16 = 55 (got 54)"),
        ("nRAS=15", CYCLES + "nRAS", "nRAS should be at least nRCD = 16 (got 15)"),
        ("nRCD=40", CYCLES + "nRCD", "nRAS should be at least nRCD = 40 (got 39)"),
        ("nFAW=3", CYCLES + "nFAW", "nFAW should be at least nRRDS = 4 (got 3)"),
        ("nCCDL=3", CYCLES + "nCCDL", "nCCDL should be at least nCCDS = 4 (got 3)"),
        ("nRRDL=3", CYCLES + "nRRDL", "nRRDL should be at least nRRDS = 4 (got 3)"),
        ("nWTRL=2", CYCLES + "nWTRL", "nWTRL should be at least nWTRS = 3 (got 2)"),
        (
            "nRFC=9364",
            CYCLES + "nRFC",
            "nRFC should be less than nREFI = 9364, or refreshing takes all the time (got 9364)",
        ),
        ("nWR=-1", CYCLES + "nWR", "should not be negative (got -1)"),
    ],
)
def test_contradictory_timings_are_reported(
    problems_of: Problems, override: str, key: str, said: str
) -> None:
    override = CYCLES + override
    assert problems_of(DDR4, [override]) == [f"override '{override}' {key}: {said}"]


@pytest.mark.parametrize(
    "override",
    ["nRC=55", "nRAS=39", "nFAW=4", "nCCDL=4", "nRRDL=4", "nWTRL=3", "nRFC=9363", "nWR=0", "nBL=5"],
)
def test_timings_at_their_very_bound_are_accepted(override: str) -> None:
    load_architecture(DDR4, [CYCLES + override])


def test_timings_in_ns_are_held_against_those_in_cycles(problems_of: Problems) -> None:
    cycles = load_architecture(DDR4).memory.timings_cycles
    rest = ", ".join(f"{name}: {value}" for name, value in cycles.items() if name != "nRC")
    overrides = [f"memory.timings_cycles={{{rest}}}", "memory.timings_ns={tRC: 45.0}"]
    assert problems_of(DDR4, overrides) == [
        "override 'memory.timings_ns={tRC: 45.0}' memory.timings_ns.tRC: "
        "nRC should be at least nRAS + nRP = 39 + 16 = 55 (got 54)"
    ]
    load_architecture(DDR4, [overrides[0], "memory.timings_ns={tRC: 45.8}"])


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (
            "memory.timings_ns={tRFC: 350}",
            "memory.timings_ns.tRFC: should be given once: in ns or, as nRFC, in cycles",
        ),
        (
            "memory.timings_ns={RFC: 350}",
            "memory.timings_ns.RFC: should be named t and the timing, as tRFC (got 'RFC')",
        ),
        ("memory.timings_ns={tXX: -2.5}", "memory.timings_ns.tXX: should not be negative (got -2.5)"),
        (
            "memory.read_latency=nCL + nBLX",
            "memory.read_latency: 'nBLX' in the formula 'nCL + nBLX' is no known timing; the nearest "
            "is 'nBL'",
        ),
        (
            "memory.constraints.3.latency=nCCDS / 2",
            "memory.constraints.3.latency: '/' in the formula 'nCCDS / 2' should hold only integers, "
            "timings, "
            "+ - *, parentheses, max(...) and min(...)",
        ),
        (
            "memory.burst_cycles=nBL - 4",
            "memory.burst_cycles: should come to at least 1 cycle (got nBL - 4 = 0)",
        ),
        (
            "memory.read_latency=nREFI * nREFI * nREFI * nREFI",
            "memory.read_latency: should come to at most 1099511627776 cycles "
            "(got nREFI * nREFI * nREFI * nREFI = 7688570838774016)",
        ),
        (
            "memory.timings_ns={tXX: 1e300}",
            "memory.timings_ns.tXX: should come to at most 1099511627776 cycles (got 1e+300)",
        ),
        ("memory.refresh_interval=0", "memory.refresh_interval: should come to at least 1 cycle (got 0 = 0)"),
        (
            "memory.refresh=per-bank",
            "memory.refresh: should be none or all-bank: DDR4 has no per-bank refresh "
            "(refresh_interval_bank) "
            "here (got 'per-bank')",
        ),
        (
            "memory.columns=4",
            "memory.columns: columns should be at least burst_length = 8, or no burst fits a row (got 4)",
        ),
        (
            "memory.command_bus=split-activate",
            "memory.command_bus: split_activation is required where command_bus is split-activate",
        ),
        (
            "memory.split_activation={activate_deadline: 8, sync_expiry_read: 1, sync_expiry_write: 1}",
            "memory.split_activation: split_activation should be given only where command_bus is "
            "split-activate (got single)",
        ),
        (
            "memory.constraints.3.preceding=[WR, ACT2]",
            "memory.constraints.3.preceding.1: should be a command of a single command bus; ACT2 needs "
            "split-activate (got 'ACT2')",
        ),
        (
            "memory.constraints.6.window=2",
            "memory.constraints.6.window: should be 1 where sibling is true: a window counts commands to the "
            "node itself (got 2)",
        ),
        (
            "memory.constraints.6.level=channel",
            "memory.constraints.6.level: sibling should be false at level channel: channels share no timing "
            "(got channel)",
        ),
        (
            "memory.constraints.0.following=[RD]",
            "memory.constraints.0.following: should list RD and RDA together: both are ready at the same "
            "time (got RD)",
        ),
        (
            "memory.controller.write_low_watermark=0.8",
            "memory.controller.write_low_watermark: write_low_watermark should lie below "
            "write_high_watermark = 0.8 (got 0.8)",
        ),
        (
            "memory.controller.write_high_watermark=0.1",
            "memory.controller.write_high_watermark: write_low_watermark should lie below "
            "write_high_watermark = 0.1 (got 0.2)",
        ),
        (
            "memory.bank_hash=[{target: bank, bit: 2, row_bits: [0]}]",
            "memory.bank_hash.0.bit: should be less than 2, since banks = 4 (got 2)",
        ),
        (
            "memory.bank_hash=[{target: channel, bit: 0, row_bits: [0]}]",
            "memory.bank_hash.0.bit: should be less than 0, since channels = 1 (got 0)",
        ),
        (
            "memory.bank_hash=[{target: bank, bit: 0, row_bits: [16]}]",
            "memory.bank_hash.0.row_bits.0: should be less than 16, since rows = 65536 (got 16)",
        ),
        (
            "memory.bank_hash=[{target: bank, bit: 0, row_bits: [3, 4, 3]}]",
            "memory.bank_hash.0.row_bits.2: should be listed once: XORed twice it cancels (got 3)",
        ),
        (
            "memory.rows=1152921504606846976",
            "memory.rows: the whole memory should be at most 2^62 bytes (got 2^77)",
        ),
    ],
)
def test_a_contradiction_is_said_once_at_its_place(problems_of: Problems, override: str, said: str) -> None:
    assert problems_of(DDR4, [override]) == [f"override '{override}' {said}"]


def test_a_burst_smaller_than_a_byte_is_refused(problems_of: Problems) -> None:
    overrides = ["memory.bus_width_bits=1", "memory.burst_length=4"]
    assert problems_of(DDR4, overrides) == [
        "override 'memory.burst_length=4' memory.burst_length: a burst of 4 times 1 bits should hold "
        "at least one byte"
    ]


@pytest.mark.parametrize("token", ["nBLX", "nCLX"])
def test_every_unknown_timing_of_a_formula_is_named(problems_of: Problems, token: str) -> None:
    problems = problems_of(DDR4, ["memory.read_latency=nCLX + nBLX + nCLX"])
    assert len(problems) == 2
    assert any(f"'{token}' in the formula" in problem for problem in problems)


def test_a_timing_that_is_itself_wrong_is_still_known_to_formulas(problems_of: Problems) -> None:
    (problem,) = problems_of(DDR4, [CYCLES + "nBL=four"])
    assert "should be a valid integer" in problem


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("RoBaBgCoXx", "should be made of Ch Pc Ra Si Bg Ba Ro Co, but has 'Xx' at character 9"),
        ("RoBaBgCol", "but has 'Col' at character 7; the nearest is Co"),
        ("RoBaBGCo", "but has 'B' at character 5"),
        ("RoBaBgCoRo", "should have Ro without a number once, but has it again at character 9"),
        ("RoBaBg", "the mapping should contain Co, since columns = 1024"),
        ("BaBgCo", "the mapping should contain Ro, since rows = 65536"),
        ("robabgco", "but has 'robabgco' at character 1"),
        ("Ro Ba Bg Co", "but has 'Ro ' at character 1; the nearest is Ro"),
    ],
)
def test_a_wrong_mapping_is_explained(problems_of: Problems, mapping: str, said: str) -> None:
    override = f"memory.mapping={mapping}"
    problems = problems_of(DDR4, [override])
    assert all(problem.startswith(f"override '{override}' memory.mapping: ") for problem in problems)
    assert all(problem.endswith(f"(got '{mapping}')") for problem in problems)
    assert any(said in problem for problem in problems)


def test_a_missing_token_names_the_field_and_its_count(problems_of: Problems) -> None:
    assert problems_of(DDR4, ["memory.channels=16", "memory.mapping=RoBaBgCo"]) == [
        "override 'memory.mapping=RoBaBgCo' memory.mapping: the mapping should contain Ch, since "
        "channels = 16 (got 'RoBaBgCo')"
    ]


@pytest.mark.parametrize(
    "overrides",
    [
        ["memory.mapping=RoBaBgCo"],
        ["memory.mapping=ChPcRaSiBgBaRoCo"],
        ["memory.mapping=RoBaBg", "memory.columns=8"],
        ["memory.mapping=RoCo", "memory.banks=1", "memory.bank_groups=1"],
    ],
)
def test_tokens_of_fields_with_one_element_may_be_missing(overrides: list[str]) -> None:
    load_architecture(DDR4, overrides)


def test_an_explicit_mapping_that_uses_every_bit_once_is_accepted() -> None:
    load_architecture(DDR4, [explicit()])


@pytest.mark.parametrize(
    ("changes", "key", "said"),
    [
        ({"bank": [15, 14]}, "bank.1", "should be a bit of its own; bank_group has it too (got 14)"),
        ({"bank": [15, 15]}, "bank.1", "should be a bit of its own; bank has it too (got 15)"),
        (
            {"bank": [15, 33]},
            "bank.1",
            "should be from 6, above the bytes of a burst, to 32, the top bit (got 33)",
        ),
        (
            {"bank": [5, 15]},
            "bank.0",
            "should be from 6, above the bytes of a burst, to 32, the top bit (got 5)",
        ),
        ({"bank": [15]}, "bank", "the mapping should list 2 bits for bank, since banks = 4 (got [15])"),
        ({"bank": []}, "bank", "the mapping should list 2 bits for bank, since banks = 4 (got [])"),
        (
            {"column": [*range(6, 12)]},
            "column",
            "the mapping should list 7 bits for column, since columns = 1024 and count in bursts "
            "(got [6, 7, 8, 9, 10, 11])",
        ),
        ({"rank": [12]}, "rank", "the mapping should list 0 bits for rank, since ranks = 1 (got [12])"),
    ],
)
def test_a_wrong_explicit_mapping_is_explained(
    problems_of: Problems, changes: dict[str, list[int]], key: str, said: str
) -> None:
    override = explicit(**changes)
    assert f"override '{override}' memory.mapping.{key}: {said}" in problems_of(DDR4, [override])


def test_a_field_left_out_of_an_explicit_mapping_is_named(problems_of: Problems) -> None:
    override = "memory.mapping={row: [" + ", ".join(map(str, EXPLICIT["row"])) + "]}"
    place = f"override '{override}' memory.mapping: the mapping should list"
    assert problems_of(DDR4, [override]) == [
        f"{place} 2 bits for bank_group, since bank_groups = 4 (got [])",
        f"{place} 2 bits for bank, since banks = 4 (got [])",
        f"{place} 7 bits for column, since columns = 1024 and count in bursts (got [])",
    ]


def test_the_override_that_needs_the_token_is_blamed(problems_of: Problems) -> None:
    assert problems_of(DDR4, ["memory.stack_ids=2"]) == [
        "override 'memory.stack_ids=2' memory.stack_ids: the mapping should contain Si, since stack_ids = 2 "
        "(got 'RoBaBgRaCoCh')"
    ]


def test_a_constraint_at_a_level_with_one_node_is_no_problem() -> None:
    load_architecture(DDR4, ["memory.bank_groups=1", "memory.banks=1"])


@pytest.mark.parametrize("mapping", ["RoBaBgCoCh1", "RoChBaBgCoCh", "RoCh1BaBgCoCh"])
def test_channels_that_are_no_power_of_two_have_one_place(problems_of: Problems, mapping: str) -> None:
    (problem,) = problems_of(DDR4, ["memory.channels=24", f"memory.mapping={mapping}"])
    assert problem == (
        f"override 'memory.mapping={mapping}' memory.mapping: should have Ch once and without a number, "
        "since channels = 24 is no power of two: the channel is then divided out of the address "
        f"(got '{mapping}')"
    )


def test_channels_that_are_no_power_of_two_take_no_bits(problems_of: Problems) -> None:
    override = explicit()
    assert problems_of(DDR4, ["memory.channels=3", override]) == [
        f"override '{override}' memory.mapping: the mapping should be tokens, such as RoBaCoCh, since "
        "channels = 3 is no power of two (got lists of bits)"
    ]
    hashed = "memory.bank_hash=[{target: channel, bit: 0, row_bits: [0]}]"
    (problem,) = problems_of(DDR4, ["memory.channels=6", "memory.mapping=RoBaBgCoCh", hashed])
    assert "memory.bank_hash.0.target: should be another field than channel" in problem
    assert "channels = 6 is no power of two" in problem


def test_a_memory_of_any_number_of_channels_has_to_fit_its_addresses(problems_of: Problems) -> None:
    (problem,) = problems_of(DDR4, ["memory.channels=536870913", "memory.mapping=RoBaBgCoCh"])
    assert "memory.rows: the whole memory should be at most 2^62 bytes (got 2^63)" in problem
