"""Progress on anything over a second: a bar on standard error, if that is a terminal."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SECONDS_BEFORE_A_BAR = 1.0


@contextmanager
def entry_progress(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show how many of ``total`` entries have passed; yields what to call with each number of them."""
    if not sys.stderr.isatty():
        yield lambda _count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    began = time.monotonic()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}"),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(what, total=total)

    def advance(count: int) -> None:
        bar.advance(task, count)
        if not bar.live.is_started and time.monotonic() - began > SECONDS_BEFORE_A_BAR:
            bar.start()

    try:
        yield advance
    finally:
        if bar.live.is_started:
            bar.stop()


@contextmanager
def run_progress(what: str) -> Iterator[Callable[[str, float], None]]:
    """Show which share of a run has been done; yields what to call with what is going on and the share."""
    if not sys.stderr.isatty():
        yield lambda _what, _share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    began = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(what, total=1.0)

    def advance(now: str, share: float) -> None:
        bar.update(task, description=now, completed=share)
        if not bar.live.is_started and time.monotonic() - began > SECONDS_BEFORE_A_BAR:
            bar.start()

    try:
        yield advance
    finally:
        if bar.live.is_started:
            bar.stop()
