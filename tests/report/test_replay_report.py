"""The report of a replay for people."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from openrow.config.loading import load_architecture
from openrow.memory.columns import CAUSE_NAMES
from openrow.report.causes import CAUSES, REASONS, limiting_sentence
from openrow.report.plots import BANK_FIGURES, plot_banks, plot_time_and_rows
from openrow.report.replay_report import ENERGY_UNITS, TIME_UNITS, print_report, quantity
from openrow.system.replay import replay
from openrow.system.traffic import Traffic
from openrow_traces.chunk import TraceChunk
from report.example_results import LOST, example, example_with_channels


def printed(tree: dict[str, object], width: int | None = None) -> str:
    file = io.StringIO()
    print_report(tree, file, width)
    return file.getvalue()


def test_every_cause_has_a_name_and_a_reason() -> None:
    assert set(CAUSES) == set(REASONS) == set(CAUSE_NAMES)


@pytest.mark.parametrize(
    ("busy", "lost", "sentence"),
    [
        (0.28, {"row_cycle": 0.61}, "Limited by row cycle: 61 % of the data bus's time passed while "),
        (0.57, {"activation_window": 0.36, "refresh": 0.07}, "Limited by activation window: 36 % "),
        (0.95, {"refresh": 0.05}, "Limited by the data bus: it carried data for 95 % of the time."),
        (0.02, {"nothing_to_do": 0.98}, "Limited by the requests: 98 % of the data bus's time passed "),
    ],
)
def test_one_sentence_says_what_limits_the_run(busy: float, lost: dict[str, float], sentence: str) -> None:
    found = limiting_sentence({"data_bus_busy": busy, "lost_time": dict.fromkeys(LOST, 0.0) | lost})
    assert found.startswith(sentence)
    assert found.endswith(".")
    assert found.count(".") == 1


def test_the_report_is_plain_text_of_80_columns() -> None:
    text = printed(example_with_channels(16))
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_the_report_holds_the_figures_with_their_units() -> None:
    text = printed(example())
    for figure in (
        "1,200: 1,000 reads, 200 writes",
        "11.91 us: 14,286 memory cycles of 0.8333 ns",
        "5.38 GB/s at the pins, 28.0 % of the peak of 19.2; 6.45 delivered",
        "40.0 % hits: 400 hits, 100 misses, 500 conflicts",
        "mean 123.4; p50 100.0, p95 300.0, p99 400.5, max 512.0",
        "840.0 mW",
        "150 reads forwarded from writes, 50 writes coalesced",
        "3.21 million requests per CPU second",
    ):
        assert figure in " ".join(text.split())
    assert "Interrupted" not in text
    assert "Channel" not in text


def test_lost_time_is_listed_from_the_greatest_down_without_what_is_nothing() -> None:
    lines = printed(example()).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("Time of the data bus"))
    names = [line.split("  ")[0] for line in lines[start + 1 : start + 6]]
    assert names == ["data", "row cycle", "activation window", "bank-group spacing", "turnaround"]
    assert "nothing to do" not in "\n".join(lines)


def test_energy_is_listed_with_shares_and_a_total() -> None:
    lines = [" ".join(line.split()) for line in printed(example()).splitlines()]
    assert "activation 2.00 uJ 20.0 % ######" in lines
    assert "total 10.00 uJ" in lines
    assert not any(line.startswith("io ") for line in lines)


def test_an_interrupted_run_says_so_first() -> None:
    assert printed(example(complete=False)).startswith("Interrupted: the figures describe the part")


def test_figures_that_do_not_exist_are_dashes() -> None:
    nothing = dict.fromkeys(("mean", "p50", "p95", "p99", "max"))
    text = printed(example(latency_ns=nothing, row_hit_rate=None, requests_per_s=None))
    assert "mean -; p50 -" in text
    assert "None" not in text
    assert "Simulated" not in text


def test_few_channels_are_all_listed_and_of_many_the_extremes() -> None:
    few = printed(example_with_channels(4)).split("Channel", 1)[1].splitlines()
    assert [line.split()[0] for line in few[1:]] == ["0", "1", "2", "3"]
    many = printed(example_with_channels(16)).split("Channel", 1)[1].splitlines()
    assert [" ".join(line.split()[:2]) for line in many[1:]] == ["15 (busiest)", "7 (median)", "0 (idlest)"]


@pytest.mark.parametrize(
    ("value", "units", "text"),
    [
        (0.5, TIME_UNITS, "0.50 ns"),
        (999.0, TIME_UNITS, "999.0 ns"),
        (1234.5, TIME_UNITS, "1.23 us"),
        (2.5e9, TIME_UNITS, "2.50 s"),
        (1.5e15, ENERGY_UNITS, "1,500 J"),
        (0.0, ENERGY_UNITS, "0.00 pJ"),
        (None, ENERGY_UNITS, "-"),
    ],
)
def test_quantities_take_the_unit_that_fits(
    value: float | None, units: tuple[tuple[float, str], ...], text: str
) -> None:
    assert quantity(value, units) == text


def test_a_real_replay_can_be_reported_and_plotted() -> None:
    architecture = load_architecture("memory/hbm2-2000", ["memory.channels=2"])
    address = np.arange(0, 1 << 14, 64, dtype=np.uint64)

    def chunks() -> Iterator[TraceChunk]:
        return iter([TraceChunk(address, address % 256 == 0)])

    tree = replay(architecture, Traffic("example", len(address), {}, chunks, ())).as_dict()
    text = printed(tree)
    assert text.startswith(limiting_sentence(tree)[:40])
    assert "256: 192 reads, 64 writes" in text
    assert len(plot_time_and_rows({"example": tree}).axes) == 2
    assert all(plot_banks(tree, name).axes for name in BANK_FIGURES)


def test_reports_load_what_draws_them_only_when_they_are_drawn() -> None:
    code = (
        "import sys, openrow.report.replay_report, openrow.report.plots; "
        "print([name for name in ('rich', 'matplotlib', 'numpy', 'numba') if name in sys.modules])"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert ran.stdout.strip() == "[]"
