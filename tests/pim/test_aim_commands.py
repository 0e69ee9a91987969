"""A channel that does what AiM's commands say, burst by burst, comes to the results that are reported."""

import numpy as np
import pytest
from numpy.typing import NDArray

from openrow.config.aim import AimConfig
from openrow.config.loading import load_architecture
from openrow.config.memory import MemoryConfig
from openrow.errors import UserError
from openrow.pim import columns as c
from openrow.pim.aim.controller import COMMANDS, carry_out
from openrow.pim.aim.numbers import computed, rounded
from openrow.pim.aim.program import SETTINGS, check_fit, instructions_of
from openrow_kernels.vector_operations import random_halves

Float32Array = NDArray[np.float32]
BANKS, COLUMNS, LANES, GROUPS = 16, 64, 16, 4
ROWS = 16


def aim(*overrides: str) -> tuple[MemoryConfig, AimConfig]:
    shipped = ["memory.channels=1", "memory.refresh=none", f"memory.rows={ROWS}"]
    architecture = load_architecture("pim/aim", [*shipped, *overrides])
    assert isinstance(architecture.pim, AimConfig)
    return architecture.memory, architecture.pim


class Channel:
    """Banks, their sums, the global buffer; and what a command does to them."""

    def __init__(self) -> None:
        self.cells = np.zeros((BANKS, ROWS, COLUMNS, LANES), dtype=np.float32)
        self.buffer = np.zeros((COLUMNS, LANES), dtype=np.float32)
        self.sums = np.zeros(BANKS, dtype=np.float32)
        self.functions = np.zeros(BANKS, dtype=np.float32)
        self.open_row = -1
        self.lane = -1
        self.read: list[tuple[int, Float32Array]] = []

    def obey(self, command: str, row: int, column: int) -> None:
        if command == "ACTab":
            assert self.open_row == -1
            self.open_row = row
        elif command == "PREab":
            self.open_row = -1
        elif command == "WRGB":
            self.write_one(column)
        elif command == "WRMAC":
            self.sums[:] = 0
        elif command in ("RDMAC", "RDAF"):
            self.read.append((self.lane, (self.sums if command == "RDMAC" else self.functions).copy()))
        elif command != "TMOD":
            assert row == self.open_row
            self.compute(command, column)

    def write_one(self, column: int) -> None:
        """The host sends a one in the next lane, column by column."""
        self.lane += column == 0
        self.buffer[column] = np.arange(LANES) == self.lane

    def compute(self, command: str, column: int) -> None:
        bursts = self.cells[:, self.open_row, column]
        if command == "MACab":
            self.sums += (bursts * self.buffer[column]).sum(axis=1, dtype=np.float32)
        elif command == "EWMULab":
            bursts[2::4] = rounded(bursts[0::4] * bursts[1::4], "bf16")
        else:
            assert (command, self.open_row) == ("AFab", ROWS - 1)
            self.functions = np.maximum(self.sums, np.float32(0))


def drawn(kernel: str, elements: int) -> tuple[NDArray[np.float16], ...]:
    return tuple(random_halves(seed, elements) for seed in range(1 if kernel == "relu" else 2))


def after(channel: Channel, kernel: str, elements: int) -> None:
    memory, pim = aim()
    log = carry_out(memory, pim, instructions_of(memory, pim, kernel, (elements,)), SETTINGS[kernel]).log
    for row in log:
        channel.obey(COMMANDS[row[c.COMMAND]].value, int(row[c.ROW]), int(row[c.COLUMN]))


@pytest.mark.parametrize(
    ("kernel", "elements"),
    [("add", 3), ("add", BANKS * LANES * 40 + 5), ("relu", 1), ("relu", BANKS * LANES * 70 + 3)],
)
def test_every_element_is_picked_from_its_bank_once(kernel: str, elements: int) -> None:
    operands, channel = drawn(kernel, elements), Channel()
    index = np.arange(elements)
    place, in_row = index // BANKS, COLUMNS // len(operands)
    burst, lane = place // LANES, place % LANES
    for number, operand in enumerate(operands):
        column = burst % in_row * len(operands) + number
        channel.cells[index % BANKS, burst // in_row, column, lane] = rounded(
            operand.astype(np.float32), "bf16"
        )
    after(channel, kernel, elements)
    taken = [0] * LANES
    found = np.zeros((-(-elements // (BANKS * LANES)), LANES, BANKS), dtype=np.float32)
    for at, values in channel.read:
        found[taken[at], at] = values
        taken[at] += 1
    assert len(channel.read) == -(-elements // BANKS)
    expected = computed(aim()[1], kernel, operands)
    np.testing.assert_array_equal(rounded(found, "bf16").ravel()[:elements], expected)


@pytest.mark.parametrize("elements", [1, 5000, GROUPS * COLUMNS * LANES * 3])
def test_products_arrive_in_the_third_bank_of_their_group(elements: int) -> None:
    operands, channel = drawn("mul", elements), Channel()
    burst, lane = np.arange(elements) // LANES, np.arange(elements) % LANES
    group, row, column = burst % GROUPS, burst // GROUPS // COLUMNS, burst // GROUPS % COLUMNS
    for number, operand in enumerate(operands):
        taken = rounded(operand.astype(np.float32), "bf16")
        channel.cells[group * 4 + number, row, column, lane] = taken
    after(channel, "mul", elements)
    found = channel.cells[group * 4 + 2, row, column, lane]
    np.testing.assert_array_equal(found, computed(aim()[1], "mul", operands))


@pytest.mark.parametrize(
    ("kernel", "most"),
    [
        ("mul", ROWS * COLUMNS * LANES * GROUPS),
        ("add", ROWS * COLUMNS // 2 * LANES * BANKS),
        ("relu", (ROWS - 1) * COLUMNS * LANES * BANKS),
    ],
)
def test_the_most_that_fits_uses_the_last_free_row(kernel: str, most: int) -> None:
    memory, pim = aim()
    check_fit(memory, pim, kernel, (most,))
    instructions = instructions_of(memory, pim, kernel, (most,))
    rows = {
        row for code, _, row, _, _ in instructions.tolist() if COMMANDS[code].value in ("MACab", "EWMULab")
    }
    assert max(rows) == (ROWS - 2 if kernel == "relu" else ROWS - 1)
    with pytest.raises(
        UserError, match=f"elements = {most + 1} does not fit: the banks have room for {most}"
    ):
        check_fit(memory, pim, kernel, (most + 1,))


def test_a_small_buffer_leaves_the_columns_beyond_it_unused() -> None:
    memory, pim = aim("pim.global_buffer_bytes=128")
    instructions = instructions_of(memory, pim, "add", (BANKS * LANES * 5,))
    assert {column for code, _, _, column, _ in instructions.tolist() if COMMANDS[code].value == "MACab"} == {
        0,
        2,
    }


@pytest.mark.parametrize(
    ("kernel", "overrides", "said"),
    [
        ("add", ["pim.global_buffer_bytes=32"], "a burst of the buffer for each of the two operands"),
        ("mul", ["memory.bank_groups=8", "memory.banks=2"], "it takes 3 banks of a group"),
    ],
)
def test_units_that_cannot_run_a_kernel_say_why(kernel: str, overrides: list[str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        check_fit(*aim(*overrides), kernel, (64,))
