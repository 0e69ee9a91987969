"""The verbs replay, trace, plot and validate, as a user's scripts rely on them."""

import json
from pathlib import Path

import numpy as np
import pytest

from openrow.cli.main import main

SMALL = ["bilinear", "height=16", "width=16", "--arch", "memory/ddr4-2400"]


def replay_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert main(["replay", *arguments, "--json"]) == 0
    tree = json.loads(capsys.readouterr().out)
    assert isinstance(tree, dict)
    return tree


def test_the_json_has_the_names_that_scripts_rely_on(capsys: pytest.CaptureFixture[str]) -> None:
    tree = replay_json(capsys, *SMALL, "memory.refresh=none")
    scalars = ("requests", "reads", "writes", "cycles", "time_ns", "row_hits", "row_misses", "row_conflicts")
    assert all(isinstance(tree[name], int | float) for name in (*scalars, "row_hit_rate", "requests_per_s"))
    assert {"pin", "delivered"} <= set(tree["bandwidth_gb_per_s"])
    assert {"mean", "p50", "p95", "p99", "max"} == set(tree["latency_ns"])
    components = {"activation", "read", "write", "refresh", "background", "io", "total"}
    assert components == set(tree["energy_pj"])
    assert tree["data_bus_busy"] + sum(tree["lost_time"].values()) == pytest.approx(1, abs=1e-12)
    assert tree["requests"] == tree["reads"] + tree["writes"]


def test_a_result_repeats_itself(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    overrides = ["memory.mapping=RoBaBgCo", "memory.controller.scheduler=fr-fcfs", "source.window=8"]
    assert main(["replay", *SMALL, *overrides, "-o", str(path)]) == 0
    capsys.readouterr()
    again = replay_json(capsys, *SMALL[:-1], str(path))
    stored = json.loads(path.read_text())
    timing = {"requests_per_s", "cpu_s"}
    assert {k: v for k, v in again.items() if k not in timing} == {
        k: v for k, v in stored.items() if k not in timing
    }


def test_commands_and_request_times_are_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    commands, requests, timeline = (tmp_path / n for n in ("c.csv", "r.npz", "t.json"))
    files = ["--commands", str(commands), "--requests", str(requests), "--timeline", str(timeline)]
    tree = replay_json(capsys, *SMALL, *files)
    header, *lines = commands.read_text().splitlines()
    assert header == "cycle,command,channel,pseudo_channel,rank,bank_group,bank,row,column"
    assert len(lines) == sum(tree["commands"].values())
    times = np.load(requests)
    assert len(times["arrival"]) == tree["requests"]
    assert (times["returned"] >= times["arrival"]).all()
    assert times["returned"].max() == tree["cycles"]
    assert json.loads(timeline.read_text())["traceEvents"]
    assert main(["verify", str(commands), "--arch", "memory/ddr4-2400"]) == 0


def test_entries_wider_than_a_burst_are_split(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "wide.npz"
    address = np.array([0, 32, 1000], dtype=np.uint64)
    size = np.full(3, 64, dtype=np.uint32)
    np.savez(path, addr=address, is_write=np.zeros(3, dtype=np.bool_), size=size)
    assert replay_json(capsys, str(path), "--arch", "memory/ddr4-2400")["requests"] == 1 + 2 + 2
    assert replay_json(capsys, str(path), "--arch", "memory/hbm2-2000")["requests"] == 2 + 2 + 3


def test_an_entry_without_a_size_is_the_burst_that_holds_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "plain.npz"
    np.savez(path, addr=np.array([0, 40, 1000], dtype=np.uint64), is_write=np.zeros(3, dtype=np.bool_))
    hbm2 = ["--arch", "memory/hbm2-2000"]
    tree = replay_json(capsys, str(path), *hbm2)
    assert tree["requests"] == 3
    assert tree["notes"] == [
        "the trace gives no sizes: each entry is one burst of 32 B (source.entry_bytes sets another)"
    ]
    tree = replay_json(capsys, str(path), *hbm2, "source.entry_bytes=64")
    assert (tree["requests"], tree["notes"]) == (2 + 3 + 3, [])


def test_a_traced_kernel_replays_as_the_kernel_does(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "kernel.parquet"
    assert main(["trace", *SMALL[:-2], "-o", str(path)]) == 0
    capsys.readouterr()
    direct = replay_json(capsys, *SMALL)
    stored = replay_json(capsys, str(path), *SMALL[-2:])
    assert (direct["cycles"], direct["row_hits"]) == (stored["cycles"], stored["row_hits"])
    assert stored["traffic"]["kernel"] == "bilinear"


def test_arrival_times_of_a_trace_are_kept(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "timed.npz"
    cycle = np.array([0, 5000], dtype=np.int64)
    np.savez(path, addr=np.array([0, 64], np.uint64), is_write=np.zeros(2, np.bool_), cycle=cycle)
    tree = replay_json(capsys, str(path), "--arch", "memory/ddr4-2400", "memory.refresh=none")
    assert tree["cycles"] == 5000 + 1 + 16 + 16 + 4  # the other bank group is closed: RCD, CL, BL
    assert tree["lost_time"]["nothing_to_do"] > 0.98


def test_results_are_drawn(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    assert main(["replay", *SMALL, "-o", str(result)]) == 0
    for kind, name in (("time", "time.png"), ("banks", "banks.svg")):
        assert main(["plot", kind, str(result), "-o", str(tmp_path / name)]) == 0
        assert (tmp_path / name).stat().st_size > 1000
    assert main(["plot", "time", str(result), "-o", str(tmp_path / "time.bmp")]) == 2
    assert main(["plot", "time", str(tmp_path / "time.png"), "-o", str(tmp_path / "x.png")]) == 2
    assert "holds no result" in capsys.readouterr().err


def test_the_report_says_what_limits_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", *SMALL]) == 0
    assert capsys.readouterr().out.startswith("Limited by")
