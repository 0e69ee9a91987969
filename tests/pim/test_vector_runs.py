"""``openrow run gemv``, ``add``, ``mul`` and ``relu``: their results, their errors, their speed."""

import json
from typing import Any

import pytest

from openrow.cli.main import main
from openrow.config.loading import load_architecture, load_run
from openrow.config.problems import ConfigurationError
from openrow.memory.energy import unit_energies
from openrow.system.workloads import run

SMALL_GEMV = (
    "gemv",
    "--arch",
    "pim/hbm-pim",
    "workload.rows=64",
    "workload.columns=256",
    "memory.channels=1",
)
Captured = pytest.CaptureFixture[str]


def tree_of(capsys: Captured, *arguments: str) -> dict[str, Any]:
    assert main(["run", *arguments, "memory.refresh=none", "--json"]) == 0
    tree: dict[str, Any] = json.loads(capsys.readouterr().out)
    return tree


def test_gemv_has_the_cycles_of_units_and_host(capsys: Captured) -> None:
    tree = tree_of(
        capsys,
        "gemv",
        "--arch",
        "pim/hbm-pim",
        "workload.rows=64",
        "workload.columns=256",
        "memory.channels=1",
    )
    assert (tree["cycles"], tree["host_cycles"], tree["time_ns"]) == (1138, 2191, 1138.0)
    assert tree["speedup"] == pytest.approx(2191 / 1138)
    assert tree["limited_by"] == "column_commands"
    assert tree["largest_loss"] == "parking_and_modes"


@pytest.mark.parametrize(("kernel", "cycles"), [("add", 2985), ("mul", 2985), ("relu", 2041)])
def test_element_wise_kernels_run(capsys: Captured, kernel: str, cycles: int) -> None:
    tree = tree_of(capsys, kernel, "--arch", "pim/hbm-pim", "workload.elements=16384", "memory.channels=1")
    assert tree["cycles"] == cycles


@pytest.mark.parametrize(("kernel", "cycles"), [("add", 80641), ("mul", 3485), ("relu", 297986)])
def test_element_wise_kernels_run_on_aim(capsys: Captured, kernel: str, cycles: int) -> None:
    elements = 65536 if kernel == "mul" else 16384
    tree = tree_of(capsys, kernel, "--arch", "pim/aim", f"workload.elements={elements}", "memory.channels=1")
    assert (tree["device"], tree["cycles"]) == ("AiM", cycles)
    assert tree["host_cycles"] > elements * 2 * (2 if kernel == "relu" else 3) / 16
    assert (tree["speedup"] > 1) == (kernel == "mul")
    assert any("one element of each bank at a time" in note for note in tree["notes"]) == (kernel != "mul")
    energy = tree["energy_pj"]
    total = energy.pop("total")
    assert sum(energy.values()) == pytest.approx(total)
    assert 0 < tree["numbers"]["max_error"] < 2 * 2**-8


def test_a_product_in_the_banks_costs_no_pins_and_a_write_in_each_group(capsys: Captured) -> None:
    """64 columns: in each of four groups two banks are read and one is written, and one unit multiplies."""
    tree = tree_of(capsys, "mul", "--arch", "pim/aim", "workload.elements=4096", "memory.channels=1")
    unit = unit_energies(load_architecture("pim/aim", ["memory.channels=1"]).memory)
    assert (tree["pin_bytes"], tree["energy_pj"]["io"]) == (0, 0)
    assert tree["energy_pj"]["column"] == pytest.approx(64 * 4 * (2 * unit.read_pj + unit.write_pj))
    assert tree["energy_pj"]["unit_arithmetic"] == pytest.approx(64 * 4 * 32 * 0.32)
    assert tree["energy_pj"]["activation"] == pytest.approx(16 * unit.activation_pj)


@pytest.mark.parametrize("arch", ["pim/hbm-pim", "pim/aim"])
def test_time_and_energy_add_up(capsys: Captured, arch: str) -> None:
    tree = tree_of(
        capsys, "gemv", "--arch", arch, "workload.rows=512", "workload.columns=512", "memory.channels=2"
    )
    for key in ("time_shares", "host_time_shares"):
        assert sum(tree[key].values()) == pytest.approx(1, abs=0.01)
    for key in ("energy_pj", "host_energy_pj"):
        total = tree[key].pop("total")
        assert sum(tree[key].values()) == pytest.approx(total)


def test_the_energy_of_units_is_counted_from_their_work(capsys: Captured) -> None:
    """64 x 256 on one channel: 128 bursts are multiplied in 8 units, 32 B each at 0.32 pJ a byte."""
    tree = tree_of(
        capsys,
        "gemv",
        "--arch",
        "pim/hbm-pim",
        "workload.rows=64",
        "workload.columns=256",
        "memory.channels=1",
    )
    energy, commands = tree["energy_pj"], tree["commands"]
    assert energy["unit_arithmetic"] == pytest.approx(128 * 8 * 32 * 0.32)
    assert energy["activation"] == pytest.approx(901 * (commands["ACT"] + 8 * commands["ACThb"]))


def test_a_report_is_printed(capsys: Captured) -> None:
    arguments = ["run", "gemv", "--arch", "pim/aim", "workload.rows=64", "workload.columns=64"]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "times as fast as the host on gemv" in printed
    assert "MACab" in printed


def test_refresh_costs_time_in_both() -> None:
    overrides = ["workload.elements=131072", "memory.channels=1"]
    off = run(load_run("pim/hbm-pim", "add", [*overrides, "memory.refresh=none"])).as_dict()
    on = run(load_run("pim/hbm-pim", "add", overrides)).as_dict()
    for key in ("cycles", "host_cycles"):
        assert 1.05 < on[key] / off[key] < 1.15, "350 of every 3900 cycles, and rows opened anew"
    assert any("refresh" in note for note in on["notes"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("relu", "--arch", "pim/aim", "workload.elements=100000000000"), "does not fit"),
        (("mul", "--arch", "pim/aim", "memory.refresh=per-bank"), "should be none or all-bank"),
        (("add", "--arch", "memory/ddr4-2400"), "this has no PIM units"),
        (("gemv", "--arch", "pim/geopim"), "geopim units"),
        (("add", "--arch", "pim/hbm-pim", "workload.elements=10000000000"), "does not fit"),
        (("gemv", "--arch", "pim/hbm-pim", "memory.channels=1", "workload.rows=100000"), "do not fit"),
        (("gemv", "--arch", "pim/hbm-pim", "memory.refresh=per-bank"), "refresh"),
    ],
)
def test_what_cannot_be_run_is_said(capsys: Captured, arguments: tuple[str, ...], said: str) -> None:
    assert main(["run", *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arch", "override", "said"),
    [
        ("pim/hbm-pim", "pim.lanes=12", "should be 16: a burst of 32 bytes"),
        ("pim/hbm-pim", "pim.blocks=20", "should be 8: one for two banks, of 16 banks"),
        ("pim/aim", "pim.blocks=17", "should be 16: one for each bank, of 16 banks"),
        ("pim/hbm-pim", "pim.registers=5", "should divide the 32 bursts of a row"),
        ("pim/hbm-pim", "pim.rows.registers=16384", "should be below the 16384 rows"),
        ("pim/hbm-pim", "pim.data_rows=5000", "should be at most 4096"),
        ("pim/aim", "pim.global_buffer_bytes=4096", "at most a row of 2048"),
        ("pim/hbm-pim", "memory.ranks=2", "should be 1 for units that work in step"),
        ("pim/hbm-pim", "pim.constraints.0.latency=nNONE", "'nNONE' is no known timing"),
    ],
)
def test_units_that_do_not_fit_their_memory_are_refused(arch: str, override: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_architecture(arch, [override])
    assert said in str(refused.value)
    assert override.split("=")[0] in str(refused.value)
