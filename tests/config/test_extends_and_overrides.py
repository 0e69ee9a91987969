"""Files composed of files, and single fields overridden."""

import json

import pytest
from written_architectures import DDR4, Problems, Write

from openrow.config.dumping import dump
from openrow.config.loading import load_architecture, resolve
from openrow.config.problems import Place

BASE = load_architecture(DDR4)


def test_mappings_merge_and_lists_and_scalars_are_replaced(write: Write) -> None:
    write(
        f"""\
extends: {DDR4}
memory:
  channels: 2
  bank_hash: [{{target: bank, bit: 0, row_bits: [0]}}, {{target: bank, bit: 1, row_bits: [1]}}]
  timings_cycles: {{nRFC: 500}}
""",
        "parts/two.yaml",
    )
    top = write(
        """\
extends: parts/two.yaml
memory:
  bank_hash: [{target: bank, bit: 1, row_bits: [5]}]
  timings_cycles: {nCL: 17}
""",
        "top.yaml",
    )
    memory = load_architecture(top).memory
    assert memory.channels == 2
    assert [(step.bit, step.row_bits) for step in memory.bank_hash] == [(1, [5])]
    assert memory.timings_cycles == BASE.memory.timings_cycles | {"nRFC": 500, "nCL": 17}
    assert memory.constraints == BASE.memory.constraints


def test_a_list_of_bases_merges_in_its_order_and_the_file_last(write: Write) -> None:
    write("memory: {channels: 2, ranks: 2, rows: 1024}", "a.yaml")
    write("memory: {channels: 4, ranks: 4}", "b.yaml")
    top = write(f"extends: [{DDR4}, a.yaml, b.yaml]\nmemory: {{channels: 8}}")
    memory = load_architecture(top).memory
    assert (memory.channels, memory.ranks, memory.rows) == (8, 4, 1024)


def test_one_base_may_be_reached_on_two_ways(write: Write) -> None:
    write(f"extends: {DDR4}\nmemory: {{channels: 2}}", "a.yaml")
    write(f"extends: {DDR4}\nmemory: {{ranks: 2}}", "b.yaml")
    memory = load_architecture(write("extends: [a.yaml, b.yaml]")).memory
    assert (memory.channels, memory.ranks) == (1, 2)


def test_a_mapping_of_another_model_replaces_that_of_the_base(write: Write) -> None:
    hops = load_architecture("memory/hbm3-6400").memory.energy.model_dump(mode="json")
    assert hops["model"] != BASE.memory.energy.model
    top = write(f"extends: {DDR4}\nmemory:\n  energy: {json.dumps(hops)}")
    assert load_architecture(top).memory.energy.model_dump(mode="json") == hops


def test_a_value_is_reported_in_the_file_it_really_stands_in(write: Write, problems_of: Problems) -> None:
    write(f"extends: {DDR4}\nmemory:\n  ranks: three\n  rows: 12", "parts/base.yaml")
    top = write("extends: parts/base.yaml\nmemory:\n  rows: 24")
    assert problems_of(top) == [
        "parts/base.yaml:3:10 memory.ranks: should be a valid integer (got 'three')",
        "arch.yaml:3:9 memory.rows: should be a power of two; the nearest are 16 and 32 (got 24)",
    ]


def test_a_trap_in_a_base_is_reported_even_where_it_is_replaced(write: Write, problems_of: Problems) -> None:
    write(f"extends: {DDR4}\nmemory:\n  rows: 010", "base.yaml")
    (problem,) = problems_of(write("extends: base.yaml\nmemory: {rows: 1024}"))
    assert problem.startswith("base.yaml:3:9 memory.rows: should not begin with 0")


def test_a_contradiction_is_blamed_on_what_was_written_last(write: Write, problems_of: Problems) -> None:
    top = write(f"extends: {DDR4}\nmemory:\n  timings_cycles:\n    nRP: 17")
    expected = "nRC should be at least nRAS + nRP = 39 + 17 = 56 (got 55)"
    assert problems_of(top) == [f"arch.yaml:4:10 memory.timings_cycles.nRP: {expected}"]
    override = "memory.timings_cycles.nRAS=40"
    expected = "nRC should be at least nRAS + nRP = 40 + 17 = 57 (got 55)"
    assert problems_of(top, [override]) == [f"override '{override}' memory.timings_cycles.nRAS: {expected}"]


@pytest.mark.parametrize(
    ("extends", "problem"),
    [
        ("nothing.yaml", "1:10 extends: should be an existing file (got 'nothing.yaml')"),
        (
            "arhc.yaml",
            "1:10 extends: should be an existing file; the nearest there is 'arch.yaml' (got 'arhc.yaml')",
        ),
        (
            "memory/ddr4-2401",
            "1:10 extends: should be a file or a known architecture; the nearest is 'memory/ddr4-2400' "
            "(got 'memory/ddr4-2401')",
        ),
        ("5", "1:10 extends: should be the name of an architecture, a path, or a list of them (got 5)"),
        (
            "[memory/ddr4-2400, [x]]",
            "1:29 extends: should be the name of an architecture, a path, or a list of them (got a "
            "list of 1)",
        ),
        ("arch.yaml", "1:10 extends: should not lead back to itself: arch.yaml extends arch.yaml"),
    ],
)
def test_a_base_that_cannot_be_had_is_reported_at_its_extends(
    write: Write, problems_of: Problems, extends: str, problem: str
) -> None:
    assert problems_of(write(f"extends: {extends}\nmemory: {{}}")) == [f"arch.yaml:{problem}"]


def test_a_cycle_of_files_is_reported_with_all_its_steps(write: Write, problems_of: Problems) -> None:
    write("extends: b.yaml", "a.yaml")
    write("memory: {}\nextends: [memory/ddr4-2400, a.yaml]", "b.yaml")
    assert problems_of(write("extends: a.yaml")) == [
        "b.yaml:2:29 extends: should not lead back to itself: a.yaml extends b.yaml extends a.yaml"
    ]


def test_every_base_that_is_missing_is_reported(write: Write, problems_of: Problems) -> None:
    assert len(problems_of(write("extends: [one.yaml, two.yaml]"))) == 2


def test_a_broken_base_is_reported_and_nothing_else(write: Write, problems_of: Problems) -> None:
    write("memory: [\n", "base.yaml")
    (problem,) = problems_of(write("extends: base.yaml\nmemory: {rows: x}"))
    assert problem.startswith("base.yaml:2:1: should be YAML")


def test_overrides_assign_scalars_lists_mappings_and_elements() -> None:
    memory = load_architecture(
        DDR4,
        [
            "memory.channels=4",
            "memory.refresh=none",
            "memory.constraints.3.latency=nCCDS + 1",
            "memory.constraints.3.preceding.0=WRA",
            "memory.clock={clock_mhz: 1600.0, data_rate_mt_per_s: 32e2}",
            "memory.bank_hash=[{target: bank, bit: 0, row_bits: [0]}]",
            "memory.command_cycles.ACT=2",
            "memory.channels=2",
        ],
    ).memory
    assert memory.channels == 2
    assert memory.refresh == "none"
    assert memory.constraints[3].latency == "nCCDS + 1"
    assert memory.constraints[3].preceding == ["WRA", "WRA"]
    assert memory.clock.data_rate_mt_per_s == 3200.0
    assert memory.bank_hash[0].target == "bank"
    assert memory.command_cycles == {"ACT": 2}


def test_an_override_reaches_a_section_no_file_has() -> None:
    assert load_architecture(DDR4, ["source.window=32"]).source.window == 32
    assert load_architecture(DDR4, ["source.window=32", "source.window=null"]).source.window is None


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (
            "memory.chanels=2",
            " memory.chanels: should be a known key; the nearest is 'channels' (got 'chanels')",
        ),
        ("memry.channels=2", " memry.channels: should be a known key; the nearest is 'memory' (got 'memry')"),
        ("memory.channels.x=2", " memory.channels.x: memory.channels has no parts (got 'x')"),
        ("memory.channels=two", " memory.channels: should be a valid integer (got 'two')"),
        ("memory.ranks=3", " memory.ranks: should be a power of two; the nearest are 2 and 4 (got 3)"),
        ("memory.channels=0", " memory.channels: should be greater than 0 (got 0)"),
        ("memory.channels=", " memory.channels: should be a valid integer (got nothing)"),
        ("memory.channels=1e9", " memory.channels: should be a valid integer: write 1000000000 (got 1e9)"),
        (
            "memory.controller.read_merging=on",
            " memory.controller.read_merging: should be true or false (got 'on')",
        ),
        (
            "memory.mapping.rwo=[1]",
            " memory.mapping.rwo: should be a known key; the nearest is 'row' (got 'rwo')",
        ),
        (
            "memory.timings_cycles.nRCC=2",
            " memory.timings_cycles.nRCC: should be a known key; the nearest is 'nRC' (got 'nRCC')",
        ),
        (
            "memory.command_cycles.ACTT=2",
            " memory.command_cycles.ACTT: should be a known key; the nearest is 'ACT' (got 'ACTT')",
        ),
        (
            "memory.constraints.31.latency=2",
            " memory.constraints.31.latency: memory.constraints should be indexed from 0 to 30 (got '31')",
        ),
        (
            "memory.constraints.x.latency=2",
            " memory.constraints.x.latency: memory.constraints should be indexed from 0 to 30 (got 'x')",
        ),
        (
            "memory.bank_hash.0.bit=2",
            " memory.bank_hash.0.bit: memory.bank_hash has no parts (got '0')",
        ),
        (
            "memory.constraints.3.latensy=2",
            " memory.constraints.3.latensy: should be a known key; the nearest is 'latency' (got 'latensy')",
        ),
        ("memory.channels", ": should have the form dotted.path=value"),
        ("memory..channels=2", ": should have the form dotted.path=value"),
        ("=2", ": should have the form dotted.path=value"),
    ],
)
def test_a_wrong_override_is_its_own_place(problems_of: Problems, override: str, said: str) -> None:
    assert problems_of(DDR4, [override]) == [f"override '{override}'{said}"]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("memory.channels=010", "should not begin with 0"),
        ("memory.clock.clock_mhz=20:00", "to the base 60"),
        ("memory.channels=[", "should be YAML"),
        ("memory.clock={clock_mhz: 1, clock_mhz: 2}", "should be given once"),
        ("memory.energy.zzz=1", "should be a known key: one of model, vdd_v"),
    ],
)
def test_a_trap_in_an_override_is_a_problem_of_the_override(
    problems_of: Problems, override: str, said: str
) -> None:
    problems = problems_of(DDR4, [override])
    assert all(problem.startswith(f"override '{override}' memory.") for problem in problems)
    assert said in problems[0]


def test_all_wrong_overrides_are_reported_at_once(problems_of: Problems) -> None:
    overrides = ["memory.chanels=2", "memory.rows=12", "foo", "memory.mapping=RoBaBg"]
    assert len(problems_of(DDR4, overrides)) == 4


def test_overriding_the_model_clears_what_only_the_other_model_knows(problems_of: Problems) -> None:
    hops = load_architecture("memory/hbm3-6400").memory.energy.model_dump(mode="json")
    given = [f"memory.energy.{key}={value}" for key, value in hops.items() if key != "tsv_pj_per_bit"]
    assert problems_of(DDR4, given) == [
        "override 'memory.energy.model=hops' memory.energy.tsv_pj_per_bit: is required"
    ]
    complete = [*given, "memory.energy.tsv_pj_per_bit=0.5"]
    assert load_architecture(DDR4, complete).memory.energy.model == "hops"


def test_resolving_gives_plain_data_with_the_place_of_every_value(write: Write) -> None:
    top = write(f"extends: {DDR4}\nmemory:\n  channels: 2")
    composition = resolve(top, ["memory.ranks=4"])
    assert composition.root is not None
    plain = composition.root.plain()
    assert (plain["memory"]["channels"], plain["memory"]["ranks"]) == (2, 4)
    assert "extends" not in plain
    assert composition.place(("memory", "channels")) == Place("arch.yaml", 3, 13)
    assert composition.place(("memory", "ranks")) == Place("memory.ranks=4", is_override=True)
    rows = composition.place(("memory", "rows"))
    assert rows.source.endswith("plain_ddr4.yaml")
    assert rows.line is not None


def test_a_stored_result_repeats_its_configuration(write: Write, problems_of: Problems) -> None:
    architecture = load_architecture("memory/hbm2-2000", ["memory.channels=2", "memory.refresh=none"])
    stored = {"cycles": 12, "time_ns": 1e-7, "configuration": dump(architecture), "note": "\U0001f600"}
    result = write(json.dumps(stored, indent=2), "result.json")
    assert load_architecture(result) == architecture
    assert load_architecture(result, ["memory.channels=4"]).memory.channels == 4
    stored["configuration"]["memory"]["rows"] = 12  # type: ignore[index]
    (problem,) = problems_of(write(json.dumps(stored, indent=2), "result.json"))
    assert problem.startswith("result.json:")
    assert "memory.rows: should be a power of two" in problem


def test_a_result_can_be_extended(write: Write) -> None:
    write(json.dumps({"configuration": dump(BASE)}), "result.json")
    assert load_architecture(write("extends: result.json\nmemory: {channels: 2}")).memory.channels == 2
