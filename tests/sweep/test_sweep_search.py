from pathlib import Path

import pytest
from sweep_doubles import CHANNELS, QUEUE, Inline, Row, made_up_row, spec_of

from openrow.config.sweep import SweepSpec
from openrow.errors import UserError
from openrow.sweep.ledger import Counts
from openrow.sweep.resolving import Job
from openrow.sweep.results import read_results
from openrow.sweep.running import run_sweep

AXES = [
    {"key": CHANNELS, "values": [1, 2, 4]},
    {"key": QUEUE, "range": {"first": 4, "last": 63, "step": 1}},
    {"key": "memory.controller.page_policy", "values": ["open", "closed"]},
]


def search(points: int, *objectives: str, **parts: object) -> SweepSpec:
    said = [{"metric": objective} for objective in objectives]
    return spec_of(axes=AXES, method={"model": "search", "points": points, "objectives": said, **parts})


def bowl(job: Job, _traces: str) -> Row:
    """Least at two channels and a queue of 40, closed."""
    controller = job.architecture.memory.controller
    distance = abs(controller.read_queue - 40) + 5 * abs(job.architecture.memory.channels - 2)
    closed = controller.page_policy == "closed"
    return {"cycles": distance + (0 if closed else 10), "energy_pj.total": 100 - distance}


def searched(folder: Path, spec: SweepSpec) -> Inline:
    executor = Inline(bowl)
    run_sweep(spec, folder, executor)
    return executor


def test_a_search_finds_better_points_than_it_began_with(tmp_path: Path) -> None:
    searched(tmp_path, search(60, "cycles"))
    cycles = read_results(tmp_path).column("cycles").to_pylist()
    space = [abs(q - 40) + 5 * abs(c - 2) + p for c in (1, 2, 4) for q in range(4, 64) for p in (0, 10)]
    good = sum(value <= 8 for value in space) / len(space)
    assert sum(value <= 8 for value in cycles) / len(cycles) > 2 * good
    assert min(cycles) <= 2


@pytest.mark.parametrize("objectives", [("cycles",), ("cycles", "energy_pj.total")])
def test_a_search_that_is_resumed_asks_for_the_same_points(
    tmp_path: Path, objectives: tuple[str, ...]
) -> None:
    spec = search(24, *objectives, seed=3)
    searched(tmp_path / "whole", spec)

    calls: list[Job] = []

    def interrupted(job: Job, traces: str) -> Row:
        calls.append(job)
        if len(calls) == 11:
            raise KeyboardInterrupt
        return bowl(job, traces)

    with pytest.raises(KeyboardInterrupt):
        run_sweep(spec, tmp_path / "cut", Inline(interrupted))
    searched(tmp_path / "cut", spec)
    assert read_results(tmp_path / "cut").to_pylist() == read_results(tmp_path / "whole").to_pylist()
    assert not searched(tmp_path / "cut", spec).jobs


def test_a_greater_budget_goes_on_where_the_search_was(tmp_path: Path) -> None:
    first = searched(tmp_path, search(8, "cycles"))
    more = searched(tmp_path, search(16, "cycles"))
    assert 0 < len(more.jobs) <= 8
    assert not {job.key for job in first.jobs} & {job.key for job in more.jobs}


@pytest.mark.parametrize("objectives", [("cycles",), ("cycles", "energy_pj.total")])
def test_a_search_turns_to_where_limits_are_kept(tmp_path: Path, objectives: tuple[str, ...]) -> None:
    spec = search(80, *objectives, limits={"energy_pj.total": 75})
    searched(tmp_path, spec)
    energy = read_results(tmp_path).column("energy_pj.total").to_pylist()
    kept = [value <= 75 for value in energy]
    assert any(kept)
    assert sum(kept[-20:]) >= sum(kept[:20])


def test_points_that_conditions_forbid_or_that_fail_do_not_end_a_search(tmp_path: Path) -> None:
    def failing(job: Job, traces: str) -> Row:
        if job.architecture.memory.channels == 4:
            raise ValueError("four is too many")
        return bowl(job, traces)

    spec = search(30, "cycles").model_copy(update={"where": ["read_queue > 20"]})
    counts = run_sweep(spec, tmp_path, Inline(failing))
    assert counts.failed > 0
    assert min(read_results(tmp_path).column(f"axis.{QUEUE}").to_pylist()) > 20


def test_an_unknown_objective_is_said_after_the_first_points(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no figure 'cycels' in the results; the nearest is 'cycles'"):
        run_sweep(search(8, "cycels"), tmp_path, Inline(made_up_row))
    assert read_results(tmp_path).num_rows > 0


def test_a_search_of_one_combination_runs_it_once(tmp_path: Path) -> None:
    spec = search(5, "cycles").model_copy(
        update={"axes": spec_of(axes=[{"key": CHANNELS, "values": [2]}]).axes}
    )
    executor = Inline(bowl)
    assert run_sweep(spec, tmp_path, executor) == Counts(1, 0, 0)
    assert len(executor.jobs) == 1
