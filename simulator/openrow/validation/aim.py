"""Recorded runs of AiM: cycles of kernels and of single instructions, and their commands."""

import csv
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path

import numpy as np

from openrow.config.aim import AimConfig
from openrow.config.architecture import Architecture
from openrow.config.loading import load_architecture
from openrow.config.memory import Command
from openrow.pim import columns as c
from openrow.pim.aim.controller import COMMANDS, ChannelRun, carry_out, instruction
from openrow.pim.aim.program import SETTINGS, instructions_of
from openrow.validation.streams import data

Issued = tuple[int, str, int]
"""A command: its cycle, its name, and its row; -1 where it has none."""

TABLE_ROW = (1 << 29) + 1
"""Where aim_simulator has the table of the activation function of the records, number 1."""
AHEAD = 1
"""Its controller counts a cycle before it looks for a command, and so dates the first one cycle 1."""
NAMES = {
    "ACT16": "ACTab",
    "PREA": "PREab",
    "MAC16": "MACab",
    "EWMUL16": "EWMULab",
    "AF16": "AFab",
    "WRMAC16": "WRMAC",
    "RDMAC16": "RDMAC",
    "RDAF16": "RDAF",
}
"""Its commands by the names they have here; others have the same."""
WITH_ROWS = ("ACTab", "MACab", "EWMULab")

Instruction = tuple[Command, int, int]
OF_A_ROW: dict[str, tuple[int, Callable[[int, int], list[Instruction]]]] = {
    "mac": (1, lambda row, columns: [(Command.MAC_ALL, columns, row)]),
    "ewmul": (1, lambda row, columns: [(Command.MUL_ALL, columns, row)]),
    "mac-af": (
        2,
        lambda row, columns: [
            (Command.WRITE_SUMS, 1, 0),
            (Command.MAC_ALL, columns, row),
            (Command.FUNCTION_ALL, 1, TABLE_ROW),
            (Command.READ_FUNCTION, 1, 0),
        ],
    ),
}
"""Records of instructions that are no kernel: settings written before them, and the instructions of a row."""

COMMAND_RECORDS = {
    "gemv 48 x 2,048": ("gemv", (48, 2048)),
    "mul 5,000": ("mul", (5000,)),
    "add 300": ("add", (300,)),
    "relu 300": ("relu", (300,)),
}
"""Records of every command by name: the kernel and its sizes."""


def channel_run(architecture: Architecture, kernel: str, sizes: tuple[int, ...]) -> ChannelRun:
    """One channel of a recorded kernel, or of recorded instructions of so many rows and columns."""
    memory, pim = architecture.memory, architecture.pim
    assert isinstance(pim, AimConfig), "the shipped file is AiM"
    if kernel in SETTINGS:
        return carry_out(memory, pim, instructions_of(memory, pim, kernel, sizes), SETTINGS[kernel])
    rows, columns = sizes
    settings, of_a_row = OF_A_ROW[kernel]
    every = [instruction(*each) for row in range(rows) for each in of_a_row(row, columns)]
    return carry_out(memory, pim, np.array(every, dtype=np.int64), settings)


def recorded_commands(name: str) -> list[Issued]:
    """The commands of a record, with the names and cycles they have here."""
    kernel, sizes = COMMAND_RECORDS[name]
    file = f"aim_commands_{kernel}_{'x'.join(str(size) for size in sizes)}.csv"
    with (Path(str(data())) / "pim" / file).open(encoding="utf-8") as rows:
        return [
            _issued(int(row["cycle"]) - AHEAD, NAMES.get(row["command"], row["command"]), int(row["row"]))
            for row in csv.DictReader(rows)
        ]


def repeated_commands(name: str) -> list[Issued]:
    """The commands of a recorded kernel here."""
    architecture = load_architecture("pim/aim", ["memory.channels=1", "memory.refresh=none"])
    table_row = architecture.memory.rows - 1
    log = channel_run(architecture, *COMMAND_RECORDS[name]).log
    return [
        _issued(
            int(row[c.CYCLE]),
            COMMANDS[row[c.COMMAND]].value,
            TABLE_ROW if row[c.ROW] == table_row else int(row[c.ROW]),
        )
        for row in log
    ]


def _issued(cycle: int, name: str, row: int) -> Issued:
    return cycle, name, (row if name in WITH_ROWS else -1)


def command_differences(name: str) -> Iterator[str]:
    """Repeat a recorded kernel and say which commands differ."""
    both = zip_longest(repeated_commands(name), recorded_commands(name))
    for at, (found, recorded) in enumerate(both):
        if found != recorded:
            yield f"command {at}: {found} for {recorded}"
