"""Command streams written by hand, and the memories they are for."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from memory_standards.independent_resolver import evaluated, shipped, timings
from openrow.config.memory import Constraint, MemoryConfig
from openrow.memory.checking.examine import check_commands
from openrow.memory.commands import CommandStream

NAMES = (
    "ddr4-2400",
    "ddr4-3200",
    "ddr5-4800",
    "gddr6-16000",
    "hbm2-2000",
    "hbm3-6400",
    "lpddr5-6400",
)
ACCESSES = {"RD", "RDA", "WR", "WRA"}
ALL_BANK = {"PREab", "REFab"}

Place = tuple[int, int, int, int, int]
"""Channel, pseudo channel, rank, bank group, bank."""
Scripted = tuple[int, str, Place, int]
"""Cycle, command, place, row."""


def stream_of(commands: Sequence[Scripted]) -> CommandStream:
    """The commands as they stand; -1 where a command addresses no bank, row or column."""
    rows = []
    for cycle, command, place, row in commands:
        channel, pseudo_channel, rank, bank_group, bank = place
        if command in ALL_BANK:
            bank_group = bank = -1
        addressed = row if not command.startswith(("PRE", "REF")) else -1
        column = 0 if command in ACCESSES else -1
        rows.append((cycle, channel, pseudo_channel, rank, bank_group, bank, addressed, column))
    arrays = np.array(rows, dtype=np.int64).reshape(len(rows), 8).T
    names = np.array([command for _, command, _, _ in commands], dtype=np.str_)
    return CommandStream(arrays[0], names, *arrays[1:])


def rules_broken(memory: MemoryConfig, commands: Sequence[Scripted]) -> set[str]:
    return {violation.rule for violation in check_commands(memory, stream_of(commands))}


@cache
def spacious(name: str, *overrides: str) -> MemoryConfig:
    """A shipped standard with two of everything, so that there are other nodes at every level."""
    memory = shipped(name, *overrides)
    return memory.model_copy(
        update={
            "channels": 2,
            "ranks": 1 if memory.standard.startswith("HBM") else 2,
            "stack_ids": 2 if memory.standard == "HBM3" else 1,
        }
    )


def with_table(memory: MemoryConfig, constraints: list[Constraint]) -> MemoryConfig:
    """``memory`` with these constraints alone, and commands on either edge of the clock."""
    clock = memory.clock.model_copy(update={"cycles_per_clock": 1})
    return memory.model_copy(update={"constraints": constraints, "clock": clock})


class Script:
    """A stream in the making, with the halves of commands that a split-activate bus asks for."""

    def __init__(self, memory: MemoryConfig) -> None:
        self.commands: list[Scripted] = []
        self._split = memory.split_activation
        self._expiry = {"R": 0, "W": 0}
        if self._split is not None:
            values = timings(memory)
            self._expiry["R"] = evaluated(self._split.sync_expiry_read, values)
            self._expiry["W"] = evaluated(self._split.sync_expiry_write, values)

    def add(self, cycle: int, command: str, place: Place, row: int = 0) -> None:
        """Add a command: an ACT with its ACT2, an access with the CAS command it needs."""
        if self._split is not None and command in ACCESSES and not self._clock_runs(cycle, place[0]):
            self.commands.append((cycle - 1, "CAS_RD" if command[0] == "R" else "CAS_WR", place, row))
        self.commands.append((cycle, command, place, row))
        if self._split is not None and command == "ACT":
            self.commands.append((cycle + 1, "ACT2", place, row))

    def _clock_runs(self, cycle: int, channel: int) -> bool:
        accesses = [c for c in self.commands if c[1] in ACCESSES and c[2][0] == channel]
        return any(cycle < at + self._expiry[command[0]] for at, command, _, _ in accesses)

    def in_order(self) -> list[Scripted]:
        return sorted(self.commands, key=lambda command: command[0])
