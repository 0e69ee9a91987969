"""Products on an NPU with its memory: what overlaps, what it waits for, what it says."""

import json

import pytest

from openrow.cli.main import USER_MISTAKE, main
from openrow.config.architecture import Architecture
from openrow.config.loading import load_architecture
from openrow.config.npu import Dataflow
from openrow.npu.product import NpuProduct, simulate_product
from openrow.npu.systolic import array_product
from openrow_kernels.bit_sliced_gemm import BitSlicedGemm
from openrow_kernels.catalogue import kernel


def npu(*overrides: str) -> Architecture:
    return load_architecture("npu/systolic-128", ["npu.rows=16", "npu.columns=16", *overrides])


def product(architecture: Architecture, m: int, k: int, n: int) -> NpuProduct:
    assert architecture.npu is not None
    tile = architecture.npu.tile
    sizes = [f"m={m}", f"k={k}", f"n={n}", f"tile_m={tile.m}", f"tile_k={tile.k}", f"tile_n={tile.n}"]
    made = kernel("bit-sliced-gemm", sizes)
    assert isinstance(made, BitSlicedGemm)
    return simulate_product(architecture, made.each_step())


def array_ns(architecture: Architecture, *size: int) -> float:
    config = architecture.npu
    assert config is not None
    cycles = array_product((size[0], size[1], size[2]), (config.rows, config.columns), config.dataflow).cycles
    return cycles * 1e3 / config.clock_mhz


TILED = ("npu.tile.m=32", "npu.tile.k=32", "npu.tile.n=32")


def test_one_tile_is_loaded_computed_and_written_in_turn() -> None:
    run = product(npu(), 32, 32, 32)
    assert run.array_ns == array_ns(npu(), 32, 32, 32)
    assert run.time_ns == pytest.approx(run.array_ns + sum(run.waited_ns.values()))
    assert run.macs == 32**3
    assert run.dram.total.bursts * run.dram.burst_bytes == 32 * 32 * (1 + 1 + 4)


def test_tiles_move_while_others_are_computed() -> None:
    slow = npu(*TILED, "npu.clock_mhz=10.0")
    alone, many = product(slow, 32, 32, 32), product(slow, 128, 32, 32)
    assert many.array_ns == 4 * alone.array_ns
    # Only the first tile is waited for and only the last result: what four in turn would wait four times.
    assert sum(many.waited_ns.values()) < 1.2 * sum(alone.waited_ns.values())
    assert many.limit == "systolic_array"


def test_a_fast_array_waits_for_its_operands() -> None:
    run = product(npu(*TILED, "npu.clock_mhz=1e6", "memory.channels=1"), 128, 128, 128)
    assert run.limit == "wait_for_operands"
    assert run.array_share < 0.01


def test_a_narrow_window_of_requests_takes_longer() -> None:
    narrow, wide = (product(npu(*TILED, f"npu.window={window}"), 64, 64, 64) for window in (1, 64))
    assert narrow.waited_ns["operands"] > 3 * wide.waited_ns["operands"]


def test_scratchpads_carry_what_the_array_and_the_memory_move() -> None:
    run = product(npu(*TILED), 64, 32, 32)
    of_array = 2 * array_product((32, 32, 32), (16, 16), Dataflow.WEIGHT_STATIONARY).input_reads
    moved = run.dram.total.bursts * run.dram.burst_bytes
    assert run.scratchpad_bytes > moved + of_array
    assert run.energy_pj["total"] == pytest.approx(sum(run.energy_pj.values()) / 2)


def test_the_command_line_multiplies_exactly(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", "matmul", "--arch", "npu/systolic-128", "workload.m=8", "workload.k=64", "workload.n=32"]
    assert main([*words, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["products"]
    assert found["error"] == 0
    assert found["time_ns"] == pytest.approx(found["array_ns"] + sum(found["waited_ns"].values()))


def test_a_tile_larger_than_the_scratchpads_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", "matmul", "--arch", "npu/systolic-128", "npu.tile.k=4096"]
    assert main(words) == USER_MISTAKE
    said = " ".join(capsys.readouterr().err.split())
    assert "tile needs 10,485,760 bytes" in said
    assert "scratchpad_bytes is 4,194,304" in said
