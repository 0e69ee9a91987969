"""The command line: verbs found late, mistakes said once, and the two verbs that only look."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import click
import pytest

from openrow.cli import main as command_line
from openrow.cli.main import main
from openrow.cli.verbs import VERBS, Verb
from openrow.config.loading import load_architecture
from openrow.config.shipped import known_architectures
from openrow.errors import UserError
from openrow_kernels.errors import KernelError
from openrow_traces.errors import TraceError

ROOT = Path(__file__).resolve().parents[2]
SOURCES = os.pathsep.join(str(ROOT / root) for root in ("simulator", "kernels", "traces"))
HEAVY = ("numpy", "numba", "matplotlib", "pyarrow", "scipy", "simpy")


def run_in_process(*arguments: str) -> set[str]:
    """Run a verb in a process of its own and return the modules it has imported."""
    program = (
        "import sys\nfrom openrow.cli.main import main\n"
        f"status = main({list(arguments)!r})\nassert status == 0, status\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    environment = os.environ | {"PYTHONPATH": SOURCES}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["check", "memory/ddr4-2400"],
        ["check", "--json", "memory/hbm3-6400"],
        ["list", "archs"],
        ["list", "kernels"],
    ],
)
def test_looking_imports_nothing_heavy(arguments: list[str]) -> None:
    assert run_in_process(*arguments).isdisjoint(HEAVY)


def test_help_imports_no_verb() -> None:
    modules = run_in_process("--help")
    assert modules.isdisjoint(verb.module for verb in VERBS.values())
    assert not any(module.startswith("openrow.config") for module in modules)


def test_help_lists_every_verb_with_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for name, verb in VERBS.items():
        assert any(line.split() == [name, *verb.help.split()] for line in text.splitlines())


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "openrow", "--version"],
        env=os.environ | {"PYTHONPATH": SOURCES},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("openrow, version ")


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("chekc", "There is no verb 'chekc'; the nearest is 'check'."),
        ("zzz", "There is no verb 'zzz'; there are list, check,"),
    ],
)
def test_an_unknown_verb_is_reported_with_the_nearest(
    capsys: pytest.CaptureFixture[str], verb: str, said: str
) -> None:
    assert main([verb, "x"]) == 2
    assert said in capsys.readouterr().err


def test_a_sound_architecture_is_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "memory/ddr4-2400", "memory.channels=2", "memory.mapping=RoBaBgCoCh"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "ok: memory/ddr4-2400"
    rows = dict(line.strip().split("  ", 1) for line in lines[1:])
    said = {name: value.strip() for name, value in rows.items()}
    assert said["standard"] == "DDR4"
    assert said["organisation"] == "2 channels x 4 bank groups x 4 banks x 65536 rows x 1024 columns"
    assert said["capacity"] == "16 GiB"
    assert said["row"] == "8 KiB"
    assert said["burst"] == "64 B, 8 x 64 bits"
    assert said["cycle"] == "0.8333 ns"
    assert said["peak bandwidth"] == "38.4 GB/s"
    assert said["mapping"] == "RoBaBgCoCh"


def test_pseudo_channels_count_in_capacity_and_bandwidth(capsys: pytest.CaptureFixture[str]) -> None:
    memory = load_architecture("memory/hbm3-6400").memory
    assert main(["check", "--json", "memory/hbm3-6400"]) == 0
    answer = json.loads(capsys.readouterr().out)
    banks = memory.channels * memory.pseudo_channels * memory.stack_ids * memory.bank_groups * memory.banks
    assert answer["ok"] is True
    assert answer["capacity_bytes"] == banks * memory.rows * memory.columns * memory.bus_width_bits // 8
    assert answer["peak_bandwidth_gb_per_s"] == memory.channels * memory.pseudo_channels * 32 * 6.4 / 8
    assert answer["cycle_ns"] == 0.3125


def test_the_json_of_a_check_can_stand_for_the_architecture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "memory/hbm2-2000", "memory.refresh=none", "--json"]) == 0
    answer = tmp_path / "answer.json"
    answer.write_text(capsys.readouterr().out)
    assert load_architecture(answer) == load_architecture("memory/hbm2-2000", ["memory.refresh=none"])


def test_every_problem_of_an_unsound_architecture_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "memory/ddr4-2400", "memory.chanels=2", "memory.rows=12"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "Error: 2 problems in the configuration:",
        "override 'memory.chanels=2' memory.chanels: should be a known key; the nearest is 'channels' "
        "(got 'chanels')",
        "override 'memory.rows=12' memory.rows: should be a power of two; the nearest are 8 and 16 (got 12)",
    ]


def test_the_problems_of_an_unsound_architecture_come_as_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "memory/ddr4-2400", "memory.rows=12", "--json"]) == 2
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is False
    assert [(problem["key"], problem["found"]) for problem in answer["problems"]] == [("memory.rows", "12")]


def test_an_unknown_architecture_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "memory/ddr4-2401"]) == 2
    assert capsys.readouterr().err == (
        "Error: memory/ddr4-2401: should be a file or a known architecture; the nearest is "
        "'memory/ddr4-2400'\n"
    )


def test_architectures_are_listed_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "archs"]) == 0
    assert capsys.readouterr().out.splitlines() == known_architectures()
    assert main(["list", "archs", "--json"]) == 0
    assert [entry["name"] for entry in json.loads(capsys.readouterr().out)] == known_architectures()


def test_kernels_are_listed_from_their_catalogue(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [("gemm", "Plain matrix product."), ("deformable-attention", "Sampling with learnt offsets.")]
    catalogue = ModuleType("openrow_kernels.catalogue")
    monkeypatch.setattr(catalogue, "names", lambda: names, raising=False)
    monkeypatch.setitem(sys.modules, "openrow_kernels.catalogue", catalogue)
    monkeypatch.setattr("openrow_kernels.catalogue", catalogue, raising=False)
    assert main(["list", "kernels"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "gemm                  Plain matrix product.",
        "deformable-attention  Sampling with learnt offsets.",
    ]


def test_an_unknown_kind_of_thing_is_reported_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["list", "arcs"]) == 2
    assert "'archs'" in capsys.readouterr().err


Fail = Callable[[BaseException], None]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Fail:
    """Make the verb ``check`` raise."""

    def install(error: BaseException) -> None:
        @click.command()
        def command() -> None:
            raise error

        monkeypatch.setitem(sys.modules, "openrow.cli.failing", SimpleNamespace(command=command))
        monkeypatch.setattr(command_line, "VERBS", {"fail": Verb("openrow.cli.failing", "Fails.")})

    return install


class TruncatedTraceError(TraceError):
    pass


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (UserError("the trace is empty"), 2, "Error: the trace is empty\n"),
        (TraceError("t.txt:3: should be LD or ST"), 2, "Error: t.txt:3: should be LD or ST\n"),
        (TruncatedTraceError("cut short"), 2, "Error: cut short\n"),
        (KernelError("no such preset"), 2, "Error: no such preset\n"),
        (OSError(28, "No space left on device", "out.json"), 2, "Error: out.json: No space left on device\n"),
        (
            ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib.pyplot"),
            2,
            "Error: this needs matplotlib.pyplot, which comes with: pip install 'openrow[plot]'\n",
        ),
        (KeyboardInterrupt(), 130, "\nInterrupted.\n"),
        (click.Abort(), 130, "Interrupted.\n"),
    ],
)
def test_a_mistake_is_one_message_and_a_status(
    failing: Fail, capsys: pytest.CaptureFixture[str], error: BaseException, status: int, said: str
) -> None:
    failing(error)
    assert main(["fail"]) == status
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("error", [ValueError("a fault"), ModuleNotFoundError("x", name="x"), KeyError("k")])
def test_a_fault_of_openrow_itself_keeps_its_trace(failing: Fail, error: Exception) -> None:
    failing(error)
    with pytest.raises(type(error)):
        main(["fail"])


def test_nobody_reading_the_output_is_no_reason_to_complain() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "openrow", "list", "archs"],
        env=os.environ | {"PYTHONPATH": SOURCES},
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")
