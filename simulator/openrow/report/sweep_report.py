"""From a sweep's directory to what its page tells."""

import os
import platform
from pathlib import Path

from openrow.report.sweep_columns import SweepColumns
from openrow.report.sweep_page import Failure, SweepReport
from openrow.sweep.ledger import NAME, Ledger
from openrow.sweep.results import read_results
from openrow.sweep.spec_file import read_spec
from openrow.system.result import versions


def read_report(folder: Path) -> SweepReport:
    """What there is to tell of a sweep.

    Raises
    ------
    openrow.errors.UserError
        Where the directory holds no results.
    """
    table = SweepColumns.of(read_results(folder))
    spec = read_spec(folder)
    failures: list[Failure] = []
    pending = 0
    if (folder / NAME).is_file():
        ledger = Ledger(folder)
        try:
            failures, pending = list(ledger.failures()), ledger.counts().pending
        finally:
            ledger.close()
    return SweepReport(
        name=folder.resolve().name,
        about=spec.about,
        specification=spec.model_dump(mode="json"),
        table=table,
        failures=failures,
        pending=pending,
        environment=environment(),
    )


def environment() -> dict[str, str]:
    """The versions that results depend on, and the machine that reads them."""
    machine = {
        "machine": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": str(os.cpu_count()),
    }
    return {**versions(), **machine}


def _processor() -> str:
    """The processor's name, as far as the system tells."""
    listed = Path("/proc/cpuinfo")
    if listed.is_file():
        for line in listed.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or "unknown"
