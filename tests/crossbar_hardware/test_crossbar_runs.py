"""``openrow run resnet18`` and ``matmul`` from end to end: results, tensors in memory, and mistakes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openrow.cli.main import USER_MISTAKE, main
from openrow.config.architecture import Architecture
from openrow.config.dumping import dump
from openrow.config.loading import architecture_from_dict, load_run
from openrow.crossbar.resnet18 import random_parameters, resnet18
from openrow.system.crossbar_run import run as run_resnet18
from openrow.system.workloads import run

SMALL = "workload.image=32"
QUICK = (SMALL, "workload.numbers=false")


def loaded(arch: str, workload: str, *overrides: str) -> Architecture:
    return load_run(f"crossbar/{arch}", workload, overrides)


def tree_of(arch: str, workload: str, *overrides: str) -> dict[str, Any]:
    return run(loaded(arch, workload, *overrides)).as_dict()


@pytest.fixture(scope="module")
def tree() -> dict[str, Any]:
    return tree_of("isaac", "resnet18", *QUICK)


def test_parts_add_up(tree: dict[str, Any]) -> None:
    for parts in (tree["energy_pj"], tree["area_um2"], *(layer["energy_pj"] for layer in tree["layers"])):
        assert parts["total"] == pytest.approx(sum(v for name, v in parts.items() if name != "total"))
    layers = sum(layer["energy_pj"]["total"] for layer in tree["layers"])
    beside = tree["energy_pj"]["static"] + tree["energy_pj"]["dram"]
    assert tree["energy_pj"]["total"] == pytest.approx(layers + beside)
    assert tree["arrays"] == sum(layer["arrays"] * layer["copies"] for layer in tree["layers"])
    assert tree["cells_used"] == sum(layer["cells_used"] for layer in tree["layers"])


def test_layers_overlap_and_end_with_the_last(tree: dict[str, Any]) -> None:
    layers = tree["layers"]
    assert [layer["begin_ns"] for layer in layers[:3]] == sorted(layer["begin_ns"] for layer in layers[:3])
    assert sum(layer["time_ns"] for layer in layers) > tree["time_ns"] >= layers[-1]["end_ns"]
    assert all(0 < share <= 1 for layer in layers for share in (layer["shares"]["array"],))


def test_more_images_take_less_time_each() -> None:
    one, four = (tree_of("isaac", "resnet18", *QUICK, f"workload.batch={batch}") for batch in (1, 4))
    assert one["time_ns"] < four["time_ns"] < 4 * one["time_ns"]
    assert four["images_per_s"] > one["images_per_s"]
    arrays = "array", "dac", "adc", "registers", "digital"
    for part in arrays:
        assert four["energy_pj"][part] == pytest.approx(4 * one["energy_pj"][part])


def test_tensors_come_from_and_go_to_memory(tree: dict[str, Any]) -> None:
    assert tree["dram"]["bytes_read"] == 3 * 32 * 32 * 2
    assert tree["dram"]["bytes_written"] == 1000 * 4
    weights = sum(layer["rows"] * layer["columns"] for layer in tree["layers"])
    assert tree["programming"]["dram"]["bytes_read"] == weights * 2
    on_chip = tree_of("isaac", "resnet18", *QUICK, "crossbar.tensors=on-chip")
    assert on_chip["dram"] is None
    assert "dram" not in on_chip["energy_pj"]
    assert on_chip["time_ns"] < tree["time_ns"]
    assert on_chip["programming"]["time_ns"] < tree["programming"]["time_ns"]


def test_a_slow_memory_holds_the_chip_back(tree: dict[str, Any]) -> None:
    slow = ["memory.clock.clock_mhz=16.0", "memory.clock.data_rate_mt_per_s=32.0"]
    assert tree_of("isaac", "resnet18", *QUICK, *slow)["time_ns"] > 1.2 * tree["time_ns"]


def test_errors_are_those_of_the_network_that_computes() -> None:
    result = run_resnet18(loaded("memintelli", "resnet18", SMALL), lambda _what, _share: None)
    assert result.errors is not None
    settings = result.hardware.numerics
    image = np.random.default_rng(0).standard_normal((1, 3, 32, 32), np.float32)
    network = resnet18(settings)
    exact = resnet18(settings.model_copy(update={"adc_levels": None, **fine_slices()}))
    found, right = network(image), exact(image)
    error = float(np.linalg.norm(found - right) / np.linalg.norm(right))
    assert list(result.errors.values())[-1].total == pytest.approx(error, rel=0.02)
    assert all(0 < error.own <= 3 * error.total for error in result.errors.values())


def fine_slices() -> dict[str, Any]:
    """Sixteen bits: as good as plain arithmetic beside eight."""
    return {
        "input_slices": (1, 1, 2, 4, 8),
        "weight_slices": (1, 1, 2, 4, 8),
        "conductance_levels": 256,
        "dac_levels": 256,
    }


def test_an_ideal_converter_is_isaacs_lossless_one() -> None:
    """ISAAC's 128 rows of 1-bit inputs and 2-bit cells have 385 sums; as many levels lose nothing."""
    ideal, lossless = (
        tree_of("isaac", "matmul", "workload.m=3", "workload.k=200", "workload.n=20", *levels)["products"][0]
        for levels in ([], ["crossbar.numerics.adc_levels=385"])
    )
    assert ideal["error"] == pytest.approx(lossless["error"], rel=1e-6)
    assert ideal["error"] < 1e-4


def test_a_result_can_be_run_again_from_its_configuration(tree: dict[str, Any]) -> None:
    again = run(architecture_from_dict(json.loads(json.dumps(tree["configuration"])))).as_dict()
    assert again["time_ns"] == tree["time_ns"]
    assert again["configuration_hash"] == tree["configuration_hash"]
    assert dump(loaded("isaac", "resnet18", *QUICK)) == tree["configuration"]


@pytest.mark.parametrize("arch", ["crossbar/neurosim-sar", "pim/hbm-pim", "host/hbm-gpu"])
def test_one_product_runs_on_three_kinds_of_devices(arch: str) -> None:
    sizes = ["workload.m=4", "workload.k=64", "workload.n=32"]
    result = run(load_run(arch, "matmul", sizes)).as_dict()
    (product,) = result["products"]
    assert result["macs"] == 4 * 64 * 32
    assert product["time_ns"] > 0
    assert product["energy_pj"]["total"] == pytest.approx(
        sum(value for name, value in product["energy_pj"].items() if name != "total")
    )
    assert product["error"] < 0.02
    assert product["gmac_per_s"] == pytest.approx(result["macs"] / product["time_ns"])


def test_hbm_pim_multiplies_one_row_after_another() -> None:
    one, five = (
        run(
            load_run("pim/hbm-pim", "matmul", [f"workload.m={m}", "workload.k=64", "workload.n=32"])
        ).as_dict()
        for m in (1, 5)
    )
    assert five["products"][0]["time_ns"] == pytest.approx(5 * one["products"][0]["time_ns"])
    assert five["products"][0]["to_pins"]["bytes"] > one["products"][0]["to_pins"]["bytes"]


@pytest.mark.parametrize("arguments", [["resnet18", *QUICK], ["matmul", "workload.m=2"]])
def test_the_command_prints_a_table_and_the_same_as_json(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["run", arguments[0], "--arch", "crossbar/isaac", *arguments[1:]]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "ISAAC" in printed
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["workload"] == arguments[0]


def test_distorting_levels_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    levels = ["crossbar.numerics.dac_levels=20", "crossbar.dac.bits=4", "workload.m=2", "workload.k=8"]
    assert main(["run", "matmul", "--arch", "crossbar/memintelli", "workload.n=8", *levels]) == 0
    assert "dac_levels 20 distorts input slices" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["crossbar.numerics.weight_slices=[2, 2, 2]"], "should start with the sign, 1 bit"),
        (["crossbar.numerics.conductance_levels=2"], "cannot hold a slice of 2 bits"),
        (["crossbar.tiles=20"], "fits no tile: it needs 342 arrays"),
        (["crossbar.adc.bits=7"], "adc.bits 7 is no converter of adc.converters, which has 4, 6, 8, 10 bits"),
        (["crossbar.adc.bits=null"], "adc.bits is required where numerics.adc_levels is null"),
        (
            ["crossbar.numerics.adc_levels=5000", "crossbar.adc.bits=null"],
            "adc_levels 5000 needs a converter of 13 bits",
        ),
        (["crossbar.array.rows=100"], "array.rows 100 should be a multiple of the 128 rows"),
        (["crossbar.adc.columns=48"], "adc.columns 48 should divide the 128 columns"),
        (["crossbar.adc.columns=640"], "tile.arrays 96 should be a multiple of the 5 arrays"),
        (["crossbar.array.columns=8", "crossbar.adc.columns=8"], "cannot hold a weight of 9 cells"),
        (["crossbar.tile.input_buffer.bytes=1000"], "conv1 needs 1,458 bytes of input buffer"),
        (["workload.parameters=none.npz"], "none.npz is no file .npz of torchvision's names"),
        (["workload.image=0"], "greater than 0"),
        (["engine=event"], "engine=compiled"),
        (["crossbar.arrays=8"], "crossbar.arrays"),
    ],
)
def test_a_mistake_is_said_without_a_trace(
    overrides: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "resnet18", "--arch", "crossbar/isaac", SMALL, *overrides]) == USER_MISTAKE
    captured = capsys.readouterr()
    assert said in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("nan", r"layer1.0.conv1.weight holds nan at (3, 2, 1, 0); all should be finite"),
        ("missing", "ResNet18 has no parameter fc.bias"),
        ("shape", "bn1.weight has shape (63,); it should be (64,)"),
        ("text", "is no file .npz of torchvision's names"),
    ],
)
def test_parameters_that_do_not_fit_are_refused_by_name(
    change: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parameters = random_parameters(0)
    path = tmp_path / "weights.npz"
    if change == "nan":
        parameters["layer1.0.conv1.weight"][3, 2, 1, 0] = np.nan
    elif change == "missing":
        del parameters["fc.bias"]
    elif change == "shape":
        parameters["bn1.weight"] = np.ones(63)
    np.savez(path, **parameters)
    if change == "text":
        path.write_text("no archive")
    command = ["run", "resnet18", "--arch", "crossbar/isaac", SMALL, f"workload.parameters={path}"]
    assert main(command) == USER_MISTAKE
    assert said in capsys.readouterr().err


def test_a_mistake_names_the_override_that_made_it(capsys: pytest.CaptureFixture[str]) -> None:
    mistake = "crossbar.adc.bits=7"
    assert main(["check", "crossbar/isaac", "crossbar.tiles=20", mistake]) == USER_MISTAKE
    assert f"override '{mistake}' crossbar: adc.bits 7" in capsys.readouterr().err


def test_checking_a_chip_says_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "crossbar/isaac"]) == 0
    chip = "ISAAC, 168 tiles of 96 arrays of 128 x 128, 8 bit ADCs for 128 columns"
    assert chip in capsys.readouterr().out


def test_devices_without_crossbars_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "resnet18", "--arch", "memory/ddr4-2400"]) == USER_MISTAKE
    assert "has no crossbars: extend one of crossbar/*" in capsys.readouterr().err
    assert main(["run", "matmul", "--arch", "memory/ddr4-2400"]) == USER_MISTAKE
    assert "the architecture has none" in capsys.readouterr().err
    assert main(["run", "matmul", "--arch", "pim/aim"]) == USER_MISTAKE
    assert "aim units do not multiply matrices" in capsys.readouterr().err
