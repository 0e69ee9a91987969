"""What is wrong with single values: each said once, at its place, in words."""

import pytest
from written_architectures import DDR4, Problems, Write

EXTENDED = f"extends: {DDR4}\nmemory:\n"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            "  timings_cycles: {nRP: fast}",
            "3:25 memory.timings_cycles.nRP: should be a valid integer (got 'fast')",
        ),
        (
            "  chanels: 2",
            "3:3 memory.chanels: should be a known key; the nearest is 'channels' (got 'chanels')",
        ),
        ("  rows: 1e9", "3:9 memory.rows: should be a valid integer: write 1000000000 (got 1e9)"),
        ("  rows: 1.5", "3:9 memory.rows: should be a valid integer (got 1.5)"),
        ("  rows: on", "3:9 memory.rows: should be a valid integer (got 'on')"),
        ("  rows: true", "3:9 memory.rows: should be a valid integer (got true)"),
        ("  rows: '4'", "3:9 memory.rows: should be a valid integer (got '4')"),
        ("  rows:", "3:8 memory.rows: should be a valid integer (got nothing)"),
        ("  rows: {a: 1}", "3:9 memory.rows: should be a valid integer (got a mapping)"),
        ("  rows: 12", "3:9 memory.rows: should be a power of two; the nearest are 8 and 16 (got 12)"),
        (
            "  controller: {read_queue: 65537}",
            "3:28 memory.controller.read_queue: should be less than or equal to 65536 (got 65537)",
        ),
        ("  rows: 0", "3:9 memory.rows: should be greater than 0 (got 0)"),
        ("  standard: 4", "3:13 memory.standard: should be a valid string, in quotes (got 4)"),
        ("  mapping: ''", "3:12 memory.mapping: should have at least 1 character (got '')"),
        ("  mapping: 5", "3:12 memory.mapping: should be a valid string or a mapping (got 5)"),
        ("  mapping: {row: x}", "3:18 memory.mapping.row: should be a list (got 'x')"),
        ("  mapping: {row: [x]}", "3:19 memory.mapping.row.0: should be a valid integer (got 'x')"),
        (
            "  mapping: {rwo: [1]}",
            "3:13 memory.mapping.rwo: should be a known key; the nearest is 'row' (got 'rwo')",
        ),
        (
            "  read_latency: [1]",
            "3:17 memory.read_latency: should be a valid string or a valid integer (got a list of 1)",
        ),
        (
            "  refresh: allbanks",
            "3:12 memory.refresh: should be 'none', 'all-bank' or 'per-bank'; the nearest is 'all-bank' "
            "(got 'allbanks')",
        ),
        ("  refresh: off", "3:12 memory.refresh: should be 'none', 'all-bank' or 'per-bank' (got 'off')"),
        (
            "  controller: {scheduler: frfcfs}",
            "3:27 memory.controller.scheduler: should be 'ramulator2', 'ramulator2-row-hit', 'fr-fcfs', "
            "'fr-fcfs-cap' or 'fcfs'; the nearest is 'fr-fcfs' (got 'frfcfs')",
        ),
        (
            "  controller: {read_merging: on}",
            "3:30 memory.controller.read_merging: should be true or false (got 'on')",
        ),
        (
            "  controller: {write_high_watermark: 80}",
            "3:38 memory.controller.write_high_watermark: should be less than or equal to 1 (got 80)",
        ),
        ("  controller: 7", "3:15 memory.controller: should be a mapping (got 7)"),
        (
            "  clock: {clock_mhz: .inf}",
            "3:22 memory.clock.clock_mhz: should be a finite number (got .inf)",
        ),
        (
            "  clock: {cycles_per_clock: 3}",
            "3:29 memory.clock.cycles_per_clock: should be 1 or 2 (got 3)",
        ),
        (
            "  command_bus: triple",
            "3:16 memory.command_bus: should be 'single', 'dual' or 'split-activate' (got 'triple')",
        ),
        (
            "  energy: {model: hop}",
            "3:19 memory.energy.model: should be 'currents' or 'hops'; the nearest is 'hops' (got 'hop')",
        ),
        ("  energy: 3", "3:11 memory.energy: should be a mapping (got 3)"),
        (
            "  energy: {idd0_mA: 3.0}",
            "3:12 memory.energy.idd0_mA: should be a known key; the nearest is 'idd0_ma' (got 'idd0_mA')",
        ),
        ("  energy: {idd0_ma: much}", "3:21 memory.energy.idd0_ma: should be a valid number (got 'much')"),
        (
            "  bank_hash: [{target: bank, bit: 0, row_bits: []}]",
            "3:48 memory.bank_hash.0.row_bits: should have at least 1 element (got an empty list)",
        ),
        ("  bank_hash: 3", "3:14 memory.bank_hash: should be a list (got 3)"),
    ],
)
def test_a_wrong_value_is_said_once_at_its_place(
    write: Write, problems_of: Problems, line: str, problem: str
) -> None:
    assert problems_of(write(EXTENDED + line)) == [f"arch.yaml:{problem}"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("  command_cycles: {ACTT: 2}", "3:20 memory.command_cycles.ACTT: should be 'ACT', 'ACT2', "),
        ("  command_cycles: {ACTT: 2}", "; the nearest is 'ACT' (got 'ACTT')"),
        ("  zzz: 2", "3:3 memory.zzz: should be a known key: one of standard, source, channels, "),
        ("  rows: 010", "3:9 memory.rows: should not begin with 0"),
        (
            "  timings_cycles: {nREFI: 1:30}",
            "3:27 memory.timings_cycles.nREFI: should be written without colons",
        ),
    ],
)
def test_a_longer_message_says_what_there_is(
    write: Write, problems_of: Problems, line: str, said: str
) -> None:
    (problem,) = problems_of(write(EXTENDED + line))
    assert said in problem


def test_an_integer_is_welcome_where_a_number_is_wanted(write: Write) -> None:
    from openrow.config.loading import load_architecture

    architecture = load_architecture(write(EXTENDED + "  clock: {clock_mhz: 1200}"))
    assert architecture.memory.clock.clock_mhz == 1200.0
    assert isinstance(architecture.memory.clock.clock_mhz, float)


def test_yaml_11_words_for_truth_stay_text_where_text_is_wanted(write: Write) -> None:
    from openrow.config.loading import load_architecture

    assert load_architecture(write(EXTENDED + "  standard: on")).memory.standard == "on"


def test_missing_keys_are_reported_at_the_mapping_that_lacks_them(
    write: Write, problems_of: Problems
) -> None:
    lines = problems_of(write("engine: compiled\nmemory:\n  standard: X\n  energy: {vdd_v: 1.2}\n"))
    assert "arch.yaml:3:3 memory.rows: is required" in lines
    assert "arch.yaml:4:11 memory.energy.model: is required: it says which keys may follow" in lines
    assert not any(" memory.standard" in line or "memory.energy.idd0_ma" in line for line in lines)


def test_a_file_without_a_memory_lacks_one(write: Write, problems_of: Problems) -> None:
    assert problems_of(write("engine: compiled")) == ["arch.yaml:1:1 memory: is required"]


def test_a_misspelt_extends_is_recognised(write: Write, problems_of: Problems) -> None:
    lines = problems_of(write("extend: memory/ddr4-2400"))
    assert "arch.yaml:1:1 extend: should be a known key; the nearest is 'extends' (got 'extend')" in lines


def test_all_problems_come_at_once_and_in_the_order_of_the_file(write: Write, problems_of: Problems) -> None:
    text = (
        f"extends: {DDR4}\n"
        + """\
memory:
  chanels: 2
  timings_cycles:
    nRP: fast
    nRRDL: 3
    nCL: 010
    nWR: -4
  mapping: RoBaBqCo
  rows: 12
  rows: 16
  refresh: per-bank
  controller: {read_queue: 0, write_low_watermark: 0.9}
  constraints:
    - {level: rnk, preceding: [RD], following: [RD], latency: nBLL + 3, cause: data_bus}
    - {level: rank, preceding: [ACT2], following: [RDD], latency: 1.5, cause: data_bus}
    - 5
  bank_hash: [{target: bank, bit: 2, row_bits: [3, 3]}]
engine: Compiled
"""
    )
    lines = problems_of(write(text), ["memory.burst_length=7", "memory.nothing=1"])
    places_and_keys = [line.split(": ")[0].removeprefix("arch.yaml:") for line in lines]
    assert places_and_keys == [
        "override 'memory.nothing=1' memory.nothing",
        "override 'memory.burst_length=7' memory.burst_length",
        "3:3 memory.chanels",
        "5:10 memory.timings_cycles.nRP",
        "6:12 memory.timings_cycles.nRRDL",
        "7:10 memory.timings_cycles.nCL",
        "8:10 memory.timings_cycles.nWR",
        "9:12 memory.mapping",
        "9:12 memory.mapping",
        "10:9 memory.rows",
        "11:3 memory.rows",
        "12:12 memory.refresh",
        "13:28 memory.controller.read_queue",
        "13:52 memory.controller.write_low_watermark",
        "15:15 memory.constraints.0.level",
        "15:63 memory.constraints.0.latency",
        "16:33 memory.constraints.1.preceding.0",
        "16:52 memory.constraints.1.following.0",
        "16:67 memory.constraints.1.latency",
        "17:7 memory.constraints.2",
        "18:35 memory.bank_hash.0.bit",
        "18:52 memory.bank_hash.0.row_bits.1",
        "19:9 engine",
    ]
