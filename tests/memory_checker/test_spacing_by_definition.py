"""The checker's spacings against their definition, read word for word on random streams."""

import re
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory_checker.command_scripts import ALL_BANK, spacious, stream_of
from memory_standards.independent_resolver import nominal_rows
from openrow.config.memory import Command, MemoryConfig
from openrow.memory.checking.examine import check_commands
from openrow.memory.commands import CommandStream

LEVELS = ["channel", "pseudo_channel", "rank", "stack_id", "bank_group", "bank"]
RULE = re.compile(r"(?:(other) )?([a-z ]+?)(?(1)s): \w+ -> (\w+), (?:.* )?(\d+)(?: over (\d))?(?: \(.*\))?")
COMMANDS = ["ACT", "PRE", "PREab", "RD", "WR", "RDA", "WRA", "REFab", "REFpb"]

Node = tuple[int, ...]
Row = tuple[int, str, str, int, int, bool]
"""Command, and of the row it breaks: level, following command, nominal cycles, window, sibling."""


def nodes(memory: MemoryConfig, stream: CommandStream, i: int, level: str) -> list[Node]:
    """Every node of a level that a command addresses, as its path from the channel down."""
    rank, stack_id = divmod(int(stream.rank[i]), memory.stack_ids)
    path = [[int(stream.channel[i])], [int(stream.pseudo_channel[i])], [rank], [stack_id]]
    path += [[int(stream.bank_group[i])], [int(stream.bank[i])]]
    if stream.command[i] in ALL_BANK:
        path[3:] = [list(range(n)) for n in (memory.stack_ids, memory.bank_groups, memory.banks)]
    return list(product(*path[: LEVELS.index(level) + 1]))


def meets(sibling: bool, node: Node, own: Node) -> bool:
    return node[:-1] == own[:-1] and node != own if sibling else node == own


def broken_by_definition(memory: MemoryConfig, stream: CommandStream) -> dict[Row, int]:
    """The rows each command breaks, with the first cycle at which it would not."""
    occupied = {command.value: memory.command_cycles.get(command, 1) for command in Command}
    legal: dict[Row, int] = {}
    for level, p, f, window, sibling, nominal in nominal_rows(memory):
        cycles = nominal + occupied[p] - occupied[f]
        where = [nodes(memory, stream, i, level) for i in range(len(stream))]
        for i in np.flatnonzero(stream.command == f).tolist():
            for own in where[i]:
                before = [
                    int(stream.cycle[j])
                    for j in range(i)
                    if stream.command[j] == p and any(meets(sibling, node, own) for node in where[j])
                ]
                if len(before) >= window and stream.cycle[i] < before[-window] + cycles:
                    row = (i, level, f, nominal, window, sibling)
                    legal[row] = max(before[-window] + cycles, legal.get(row, 0))
    return legal


def broken_by_checker(memory: MemoryConfig, stream: CommandStream) -> dict[Row, int]:
    legal: dict[Row, int] = {}
    for violation in check_commands(memory, stream):
        match = RULE.fullmatch(violation.rule)
        if match is None or match[2].endswith("bus"):
            continue
        level = match[2].replace(" ", "_")
        row = (violation.index, level, match[3], int(match[4]), int(match[5] or 1), match[1] is not None)
        assert violation.earliest is not None
        legal[row] = max(violation.earliest, legal.get(row, 0))
    return legal


@pytest.mark.parametrize("name", ["ddr4-2400", "ddr5-4800", "hbm3-6400", "gddr6-16000"])
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), length=st.integers(0, 40), gap=st.sampled_from([0, 2, 8, 40]))
def test_spacings_are_found_as_defined(name: str, seed: int, length: int, gap: int) -> None:
    memory = spacious(name)
    random = np.random.default_rng(seed)
    commands = COMMANDS if memory.refresh_interval_bank is not None else COMMANDS[:-1]
    counts = (2, memory.pseudo_channels, memory.ranks * memory.stack_ids, 2, 2)
    cycles = np.cumsum(random.integers(0, gap + 1, length)) + 1
    stream = stream_of(
        [
            (int(cycle), str(random.choice(commands)), tuple(random.integers(0, counts).tolist()), 0)
            for cycle in cycles
        ]
    )
    assert broken_by_checker(memory, stream) == broken_by_definition(memory, stream)
