"""Progress of a sweep: points, rate, time left, failures and the best so far."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from openrow.config.sweep import SweepSpec
    from openrow.sweep.points_at_work import Progress

FIGURES: dict[str, Literal["minimize", "maximize"]] = {
    "end_to_end_speedup": "maximize",
    "sampling_speedup": "maximize",
    "time_ns": "minimize",
}
"""Figures whose best is shown where no objective is named: the first of them that results have."""


@contextmanager
def sweep_progress(spec: "SweepSpec") -> Iterator["Progress"]:
    """Show a sweep's progress on standard error, if that is a terminal."""
    from openrow.sweep.points_at_work import Progress

    if not sys.stderr.isatty():
        yield Progress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[rate]}{task.fields[failed]}{task.fields[best]}"),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("points", total=None, rate="", failed="", best="")
        watched = _Watched(spec)

        def done(state: str, row: dict[str, Any] | None, is_new: bool) -> None:
            watched.add(state, row, is_new)
            bar.update(task, advance=1, rate=watched.rate, failed=watched.failed, best=watched.best)

        yield Progress(lambda total: bar.update(task, total=total), done)


class _Watched:
    """What the bar says beside itself."""

    def __init__(self, spec: "SweepSpec") -> None:
        from openrow.config.sweep import Search

        objective = spec.method.objectives[0] if isinstance(spec.method, Search) else None
        self._candidates = {objective.metric: objective.direction} if objective is not None else FIGURES
        self._metric: str | None = None
        self._began, self._count, self._failures = time.monotonic(), 0, 0
        self._best: float | None = None

    def add(self, state: str, row: dict[str, Any] | None, is_new: bool) -> None:
        """Take a point into account."""
        self._count += is_new
        self._failures += state == "failed"
        if row is None:
            return
        if self._metric is None:
            self._metric = next((metric for metric in self._candidates if metric in row), None)
        value = row.get(self._metric) if self._metric is not None else None
        if self._metric is not None and isinstance(value, int | float):
            better = max if self._candidates[self._metric] == "maximize" else min
            self._best = float(value) if self._best is None else better(self._best, float(value))

    @property
    def rate(self) -> str:
        """Points a second."""
        seconds = time.monotonic() - self._began
        return f"{self._count / seconds:.1f}/s" if seconds > 0 else ""

    @property
    def failed(self) -> str:
        """Failures so far."""
        return f", {self._failures} failed" if self._failures else ""

    @property
    def best(self) -> str:
        """The best value of the first objective so far."""
        return f", best {self._metric} {self._best:.4g}" if self._best is not None else ""
