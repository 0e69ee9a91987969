"""Recorded runs of units beside the banks: cycles of kernels, and their commands."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from openrow.config.architecture import Architecture
from openrow.config.hbm_pim import HbmPimConfig
from openrow.config.loading import load_architecture
from openrow.pim import columns as c
from openrow.pim.hbm_pim import columns as h
from openrow.pim.hbm_pim.controller import ChannelRun, TransactionController
from openrow.pim.hbm_pim.host import host_run
from openrow.pim.hbm_pim.program import GRF_A_COLUMN, MODE_COLUMN, PROGRAM_COLUMN, elementwise, gemv
from openrow.validation import aim
from openrow.validation.streams import data

HALF_BYTES = 2
Issued = tuple[int, str, int, int, int]
"""A command: its cycle, ACT, PRE, RD or WR, bank, row and column; PRE has -1 for row and column."""

_BANK_COMMAND = re.compile(r"(ACTIVATE|PRECHARGE|READ|WRITE) ch0 ra0 bg\d+ b(\d+) r(\d+)(?: c(\d+))? @(\d+)")
_REGISTER_WRITE = re.compile(r"(BWRITE_CRF|BWRITE_GRF_A) ch0 ra0 (?:idx|reg)(\d+) @(\d+)")
_MODE_WRITE = re.compile(r"(?:HAB_PIM|HAB mode) ch0 ra0 @(\d+)")
_PLAIN = {"ACTIVATE": "ACT", "PRECHARGE": "PRE", "READ": "RD", "WRITE": "WR"}
_REGISTERS = {"BWRITE_CRF": PROGRAM_COLUMN, "BWRITE_GRF_A": GRF_A_COLUMN}
_EVEN, _ODD = 0, 1


@dataclass(frozen=True)
class RecordedKernel:
    """One row of the table of recorded runs."""

    model: str
    channels: int
    kernel: str
    sizes: tuple[int, ...]
    by: str
    cycles: int

    @property
    def name(self) -> str:
        """What the run was, in words."""
        size = " x ".join(f"{size:,}" for size in self.sizes)
        return f"{self.model} {self.kernel} {size}, {self.channels} channels, by the {self.by}"


def recorded_kernels() -> list[RecordedKernel]:
    """All recorded runs."""
    with (folder() / "runs.csv").open(encoding="utf-8") as file:
        return [
            RecordedKernel(
                model=row["model"],
                channels=int(row["channels"]),
                kernel=row["kernel"],
                sizes=tuple(int(size) for size in row["size"].split("x")),
                by={"pim": "units", "host": "host"}[row["by"]],
                cycles=int(row["cycles"]),
            )
            for row in csv.DictReader(file)
        ]


def folder() -> Path:
    """Where the records lie."""
    return Path(str(data() / "pim"))


def kernel_differences(run: RecordedKernel) -> Iterator[str]:
    """Repeat a recorded run and say in what the outcome differs."""
    cycles = repeated_cycles(run)
    if cycles != run.cycles:
        yield f"cycles: {cycles} for {run.cycles}"


def repeated_cycles(run: RecordedKernel) -> int:
    """The cycles that a recorded run takes here."""
    architecture = reference_architecture(run.model, run.channels)
    if run.model == "aim":
        return aim.channel_run(architecture, run.kernel, run.sizes).cycles
    if run.by == "host":
        memory, pim = architecture.memory, _hbm_pim(architecture)
        read, written = _host_elements(run)
        return host_run(memory, pim, HALF_BYTES * read, HALF_BYTES * written).cycles
    return run_units(architecture, run.kernel, run.sizes).cycles


def reference_architecture(model: str, channels: int) -> Architecture:
    """The shipped architecture as it was when the runs were recorded."""
    return load_architecture(f"pim/{model}", [f"memory.channels={channels}", "memory.refresh=none"])


def _hbm_pim(architecture: Architecture) -> HbmPimConfig:
    assert isinstance(architecture.pim, HbmPimConfig), "the shipped file is HBM-PIM"
    return architecture.pim


def run_units(architecture: Architecture, kernel: str, sizes: tuple[int, ...]) -> ChannelRun:
    """One channel of a kernel on HBM-PIM, with its commands."""
    memory, pim = architecture.memory, _hbm_pim(architecture)
    program = gemv(memory, pim, *sizes) if kernel == "gemv" else elementwise(memory, pim, kernel, *sizes)
    return TransactionController(memory, pim, keep_log=True).carry_out(program.transactions)


def _host_elements(run: RecordedKernel) -> tuple[int, int]:
    if run.kernel == "gemv":
        rows, columns = run.sizes
        return rows * columns + columns, rows
    (elements,) = run.sizes
    return (elements if run.kernel == "relu" else 2 * elements), elements


COMMAND_RECORDS = {
    "add 16,384": ("hbm_pim_ADD16384_1ch_noref.txt", "hbm_pim_steps_ADD16384.csv", "add", (16384,)),
    "gemv 64 x 256": ("hbm_pim_GEMV64x256_1ch_noref.txt", "hbm_pim_steps_GEMV64x256.csv", "gemv", (64, 256)),
    "gemv 64 x 4,096": ("hbm_pim_GEMV64x4096_1ch_noref.txt", None, "gemv", (64, 4096)),
}
"""Records of commands by name: the file, that of the units' steps, the kernel and its sizes."""


def recorded_commands(name: str) -> set[Issued]:
    """The commands of a record that are no steps of the units, by the cycle in which they were issued.

    A rank prints its own commands as they arrive, one cycle after they are issued. What it hands to the
    units, writes with all banks addressed, they print by a clock of theirs that is one cycle ahead.
    """
    register_row = _hbm_pim(reference_architecture("hbm-pim", 1)).rows.registers
    issued: set[Issued] = set()
    all_banks = False
    for line in (folder() / COMMAND_RECORDS[name][0]).read_text(encoding="utf-8").splitlines():
        if matched := _BANK_COMMAND.match(line):
            command, cycle = _PLAIN[matched[1]], int(matched[5])
            late = 2 if command == "WR" and all_banks else 1
            place = (-1, -1) if command == "PRE" else (int(matched[3]), int(matched[4]))
            issued.add((cycle - late, command, int(matched[2]), *place))
        elif matched := _REGISTER_WRITE.match(line):
            column = _REGISTERS[matched[1]] + int(matched[2])
            issued.add((int(matched[3]) - 2, "WR", _ODD, register_row, column))
        elif matched := _MODE_WRITE.match(line):
            issued.add((int(matched[1]) - 2, "WR", _EVEN, register_row, MODE_COLUMN))
        elif line.startswith("HAB ch0"):
            all_banks = True
        elif line.startswith("SB mode"):
            all_banks = False
    return issued


def recorded_steps(name: str) -> set[Issued] | None:
    """The steps of the units of a record, as commands; None where they were not recorded."""
    file = COMMAND_RECORDS[name][1]
    if file is None:
        return None
    with (folder() / file).open(encoding="utf-8") as rows:
        printed = [[int(cell) for cell in row] for row in list(csv.reader(rows))[1:]]
    return {
        (cycle - 2, "WR" if write else "RD", bank, row, column) for cycle, write, bank, row, column in printed
    }


def repeated_commands(name: str) -> tuple[set[Issued], set[Issued]]:
    """The commands of a recorded kernel here: those that are no steps of the units, and those that are."""
    _, _, kernel, sizes = COMMAND_RECORDS[name]
    architecture = reference_architecture("hbm-pim", 1)
    data_rows = _hbm_pim(architecture).data_rows
    others: set[Issued] = set()
    steps: set[Issued] = set()
    for row in run_units(architecture, kernel, sizes).log.tolist():
        command = ("ACT", "PRE", "RD", "WR")[row[c.COMMAND] % h.HALF]
        place = (-1, -1) if command == "PRE" else (row[c.ROW], row[c.COLUMN])
        is_step = row[c.COMMAND] in (h.READ_HALF, h.WRITE_HALF) and row[c.ROW] < data_rows
        (steps if is_step else others).add((row[c.CYCLE], command, row[c.BANK], *place))
    return others, steps


def command_differences(name: str) -> Iterator[str]:
    """Repeat a recorded kernel and say which commands differ."""
    others, steps = repeated_commands(name)
    for what, found, recorded in (
        ("command", others, recorded_commands(name)),
        ("step", steps, recorded_steps(name)),
    ):
        if recorded is not None:
            yield from (f"{what} missing: {issued}" for issued in sorted(recorded - found))
            yield from (f"{what} not recorded: {issued}" for issued in sorted(found - recorded))
