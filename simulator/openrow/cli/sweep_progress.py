"""Progress of a sweep: points, rate, time left, failures and the best so far."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openrow.config.sweep import SweepSpec
    from openrow.sweep.running import Progress


@contextmanager
def sweep_progress(spec: "SweepSpec") -> Iterator["Progress"]:
    """Show a sweep's progress on standard error, if that is a terminal."""
    from openrow.sweep.running import Progress

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

        def done(state: str, row: dict[str, Any] | None) -> None:
            watched.add(state, row)
            bar.update(task, advance=1, rate=watched.rate, failed=watched.failed, best=watched.best)

        yield Progress(lambda total: bar.update(task, total=total), done)


class _Watched:
    """What the bar says beside itself."""

    def __init__(self, spec: "SweepSpec") -> None:
        from openrow.config.sweep import Search

        objective = spec.method.objectives[0] if isinstance(spec.method, Search) else None
        self._metric = objective.metric if objective is not None else None
        self._greatest = objective is not None and objective.direction == "maximize"
        self._began, self._count, self._failures = time.monotonic(), 0, 0
        self._best: float | None = None

    def add(self, state: str, row: dict[str, Any] | None) -> None:
        """Take a point into account."""
        if row is not None or state == "failed":
            self._count += 1
        self._failures += state == "failed"
        value = row.get(self._metric) if row is not None and self._metric else None
        if isinstance(value, int | float) and (self._best is None or (value > self._best) == self._greatest):
            self._best = float(value)

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
