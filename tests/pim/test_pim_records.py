"""HBM-PIM and AiM repeat recorded runs of others, command for command; beside them stand closed forms."""

import pytest

from openrow.validation import aim
from openrow.validation.pim import (
    COMMAND_RECORDS,
    RecordedKernel,
    command_differences,
    kernel_differences,
    recorded_commands,
    recorded_kernels,
    recorded_steps,
    repeated_commands,
    repeated_cycles,
)


@pytest.mark.parametrize("run", recorded_kernels(), ids=lambda run: run.name)
def test_a_kernel_takes_the_recorded_cycles(run: RecordedKernel) -> None:
    assert list(kernel_differences(run)) == []


@pytest.mark.parametrize("name", COMMAND_RECORDS)
def test_every_command_is_issued_in_the_recorded_cycle(name: str) -> None:
    """Of GEMV 64 x 4,096 the units' steps were not recorded; of the others every command is compared."""
    assert list(command_differences(name)) == []


def test_records_hold_every_command_of_a_kernel() -> None:
    steps = recorded_steps("gemv 64 x 256")
    assert steps is not None
    assert (len(steps), len(recorded_commands("gemv 64 x 256"))) == (136, 151)
    assert len(recorded_commands("gemv 64 x 4,096")) == 571


def test_steps_that_were_not_recorded_are_those_of_the_matrix_and_the_result() -> None:
    others, steps = repeated_commands("gemv 64 x 4,096")
    assert others == recorded_commands("gemv 64 x 4,096")
    assert len(steps) == 64 * 4096 // (16 * 8) + 8


def by_units(kernel: str, channels: int, *sizes: int) -> int:
    return repeated_cycles(RecordedKernel("hbm-pim", channels, kernel, sizes, "units", 0))


@pytest.mark.parametrize("kernel", ["add", "mul", "relu"])
@pytest.mark.parametrize(("channels", "tiles"), [(1, 1), (1, 3), (2, 5), (64, 2), (16, 40)])
def test_element_wise_kernels_follow_the_closed_form(kernel: str, channels: int, tiles: int) -> None:
    """A tile is two halves, each of three phases of eight columns, a turnaround and row switches."""
    phase = 7 * 4
    opened, closed = 14, 3 + 14
    half = 19 + phase + closed + opened + phase + closed + 10 + phase
    if kernel == "relu":
        half = 19 + phase + closed + 10 + phase
    assert by_units(kernel, channels, 2048 * channels * tiles) == 409 + 2 * half * tiles


@pytest.mark.parametrize(("channels", "rows", "columns"), [(1, 64, 512), (1, 192, 2048), (4, 256, 768)])
def test_gemv_follows_the_closed_form(channels: int, rows: int, columns: int) -> None:
    """For even numbers of tiles: a pass over the vector costs 78, a pair of tiles 341 and 388 cycles."""
    passes, pairs = -(-rows // (64 * channels)), -(-columns // 128) // 2
    assert by_units("gemv", channels, rows, columns) == 331 + passes * (78 + pairs * (341 + 388))


@pytest.mark.parametrize("elements", [16384, 49152, 131072])
def test_the_host_streams_as_fast_as_the_bus(elements: int) -> None:
    host = repeated_cycles(RecordedKernel("hbm-pim", 1, "add", (elements,), "host", 0))
    assert host == 47 + 6186 * elements // 16384


def by_aim(kernel: str, *sizes: int) -> int:
    return repeated_cycles(RecordedKernel("aim", 1, kernel, sizes, "units", 0))


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (3, 64), (100, 7)])
def test_products_of_aim_follow_the_closed_form(rows: int, columns: int) -> None:
    assert by_aim("mac", rows, columns) == rows * (56 + 2 * (columns - 1) + 12 + 32) - 40


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (3, 64), (100, 7)])
def test_element_wise_products_of_aim_follow_the_closed_form(rows: int, columns: int) -> None:
    """Row opened, columns, the last product written, row closed; the last row need not be closed."""
    written = 6 + 33
    assert by_aim("ewmul", rows, columns) == rows * (25 + 2 * (columns - 1) + written + 32) - 67


@pytest.mark.parametrize("elements", [64 * 64, 64 * 64 * 5])
def test_a_full_row_of_products_is_one_instruction(elements: int) -> None:
    assert by_aim("mul", elements) == by_aim("ewmul", elements // 4096, 64)


@pytest.mark.parametrize("name", aim.COMMAND_RECORDS)
def test_every_command_of_aim_is_issued_in_the_recorded_cycle(name: str) -> None:
    assert list(aim.command_differences(name)) == []


def test_records_of_aim_hold_its_kernels_whole() -> None:
    names = [name for _, name, _ in aim.recorded_commands("relu 300")]
    assert [names.count(name) for name in ("WRGB", "WRMAC", "MACab", "AFab", "RDAF")] == [19] * 5
    names = [name for _, name, _ in aim.recorded_commands("mul 5,000")]
    assert (names.count("EWMULab"), names.count("ACTab")) == (79, 2)


def test_a_command_that_is_late_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    late = [(cycle + (name == "AFab"), name, row) for cycle, name, row in aim.recorded_commands("relu 300")]
    monkeypatch.setattr(aim, "recorded_commands", lambda _name: late[:-1])
    assert len(list(aim.command_differences("relu 300"))) == 20


def test_a_different_timing_is_found() -> None:
    run = RecordedKernel("aim", 1, "mac", (512, 8), "units", 58327)
    assert list(kernel_differences(run)) == ["cycles: 58328 for 58327"]
