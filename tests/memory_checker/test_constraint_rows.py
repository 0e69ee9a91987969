"""Each row of each shipped table: a command one cycle early is refused by that rule, on time it is not."""

from dataclasses import dataclass

import pytest

from memory_checker.command_scripts import (
    ACCESSES,
    NAMES,
    Place,
    Script,
    Scripted,
    rules_broken,
    spacious,
    with_table,
)
from memory_standards.independent_resolver import evaluated, timings
from openrow.config.memory import Command, Constraint, MemoryConfig

DEPTH = {"channel": 0, "pseudo_channel": 1, "rank": 2, "stack_id": 2, "bank_group": 3, "bank": 4}
BUSES = {"command bus", "row bus", "column bus"}
HERE: Place = (0, 0, 0, 0, 0)
START = 1001
# What the state rules say to commands that only a bank opened between the two would make legal.
UNAVOIDABLE = {("PREab", "PRE"): {"PRE to a closed bank"}}
# Spacings of no cycles at all, which a stream in order cannot break.
NEVER_BINDING = {
    ("ddr4-3200", "other ranks", "WR", "RD"),
    ("ddr4-3200", "other ranks", "WR", "RDA"),
    ("ddr4-3200", "other ranks", "WRA", "RD"),
    ("ddr4-3200", "other ranks", "WRA", "RDA"),
    ("lpddr5-6400", "bank", "CAS_RD", "RD"),
    ("lpddr5-6400", "bank", "CAS_RD", "RDA"),
    ("lpddr5-6400", "bank", "CAS_WR", "WR"),
    ("lpddr5-6400", "bank", "CAS_WR", "WRA"),
}


@dataclass(frozen=True)
class Pair:
    """One pair of commands of one row, and the cycles it comes to."""

    memory: MemoryConfig
    row: Constraint
    preceding: str
    following: str

    @property
    def cycles(self) -> int:
        nominal = evaluated(self.row.latency, timings(self.memory))
        lengths = [self.memory.command_cycles.get(Command(c), 1) for c in (self.preceding, self.following)]
        return nominal + lengths[0] - lengths[1]

    @property
    def node(self) -> str:
        name = self.row.level.replace("_", " ")
        return f"other {name}s" if self.row.sibling else name

    def is_named(self, rule: str) -> bool:
        """Whether the text of a broken rule names this pair of this row."""
        start = f"{self.node}: {self.preceding} -> {self.following}, {self.row.latency} "
        return rule.startswith(start) and (f"over {self.row.window}" in rule) == (self.row.window > 1)


def pairs_of(memory: MemoryConfig, row: Constraint) -> list[Pair]:
    return [Pair(memory, row, p.value, f.value) for p in row.preceding for f in row.following]


ROWS = [
    pytest.param(name, number, id=f"{name}-{number}-{row.level}-{row.preceding[0]}-{row.following[0]}")
    for name in NAMES
    for number, row in enumerate(spacious(name).constraints)
]


def script(pair: Pair, delay: int, at_another_node: bool = False) -> list[Scripted]:
    """The row's commands, the following one ``delay`` cycles after the one its latency counts from."""
    memory, row = pair.memory, pair.row
    written = Script(memory)
    first = [(0, 0, 0, i, 0) for i in range(row.window)] if row.window > 1 else [HERE]
    there = follower(pair, at_another_node)
    opened = {place for place in (HERE, there) if opens(pair, place, there)}
    for i, place in enumerate(sorted(opened)):
        written.add(11 + 200 * i, "ACT", place)
    for i, place in enumerate(first):
        written.add(START + 4 * i, pair.preceding, place)
    if pair.preceding == "ACT" and pair.following in {"ACT", "REFab", "REFpb"} and row.window == 1:
        closed = [place for place in first if place == there or pair.following == "REFab"]
        for place in closed:
            written.add(START + 3, "PRE", place)
    written.add(START + delay, pair.following, there)
    return written.in_order()


def follower(pair: Pair, at_another_node: bool) -> Place:
    """Where the following command goes: as far from the preceding one as the row's node allows."""
    counts = (
        pair.memory.channels,
        pair.memory.pseudo_channels,
        pair.memory.ranks * pair.memory.stack_ids,
        pair.memory.bank_groups,
        pair.memory.banks,
    )
    depth = DEPTH[pair.row.level]
    elsewhere = pair.row.sibling != at_another_node
    below = [0] * (5 - depth - 1) if elsewhere else [min(1, count - 1) for count in counts[depth + 1 :]]
    if pair.row.window > 1 and not elsewhere:
        below = [*below[:-2], 0, 1]
    channel, pseudo_channel, rank, bank_group, bank = [0] * depth + [int(elsewhere)] + below
    return channel, pseudo_channel, rank, bank_group, bank


def opens(pair: Pair, place: Place, there: Place) -> bool:
    """Whether the bank at ``place`` has to be opened before the row's commands."""
    needs_row = ACCESSES | {"PRE"}
    if place == HERE and pair.preceding in needs_row:
        return True
    closed_again = pair.preceding == "PREab" and place[:3] == HERE[:3]
    left_open = place == HERE and pair.preceding == "ACT"
    return place == there and pair.following in needs_row and not left_open and not closed_again


@pytest.mark.parametrize(("name", "number"), ROWS)
def test_a_command_one_cycle_early_is_refused_by_that_rule_and_on_the_cycle_is_not(
    name: str, number: int
) -> None:
    whole = spacious(name)
    row = whole.constraints[number]
    memory = with_table(whole, [row])
    for pair in pairs_of(memory, row):
        if pair.cycles <= 0:
            assert (name, pair.node, pair.preceding, pair.following) in NEVER_BINDING
            continue
        state = UNAVOIDABLE.get((pair.preceding, pair.following), set())
        early = rules_broken(memory, script(pair, pair.cycles - 1)) - state
        assert [pair.is_named(rule) for rule in early if rule.split(":")[0] not in BUSES] == [True]
        assert rules_broken(memory, script(pair, pair.cycles)) == state
        assert any(pair.is_named(rule) for rule in rules_broken(whole, script(pair, pair.cycles - 1)))
        assert not any(pair.is_named(rule) for rule in rules_broken(whole, script(pair, pair.cycles)))


@pytest.mark.parametrize(("name", "number"), ROWS)
def test_a_constraint_holds_at_its_node_alone(name: str, number: int) -> None:
    row = spacious(name).constraints[number]
    memory = with_table(spacious(name), [row])
    for pair in pairs_of(memory, row):
        delay = pair.cycles - 1
        if delay >= 12:  # beyond what the window's own commands and the buses take
            there = script(pair, delay, at_another_node=True)
            assert not any(pair.is_named(rule) for rule in rules_broken(memory, there))


def test_every_row_that_never_binds_is_in_a_table() -> None:
    found = set()
    for name in NAMES:
        memory = spacious(name)
        for row in memory.constraints:
            found |= {
                (name, p.node, p.preceding, p.following) for p in pairs_of(memory, row) if p.cycles <= 0
            }
    assert found == NEVER_BINDING


def test_a_window_counts_commands_of_its_node_alone() -> None:
    memory = spacious("ddr4-2400")
    row = next(row for row in memory.constraints if row.window > 1)
    pair = Pair(with_table(memory, [row]), row, "ACT", "ACT")
    commands = script(pair, 25)
    moved = [
        (c, name, (0, 0, 1, 0, 0) if i == 0 else place, r) for i, (c, name, place, r) in enumerate(commands)
    ]
    assert rules_broken(pair.memory, moved) == set()
