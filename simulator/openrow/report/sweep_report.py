"""From a sweep's directory to what its page tells."""

from pathlib import Path

from openrow.report.sweep_columns import SweepColumns
from openrow.report.sweep_page import Failure, SweepReport
from openrow.sweep.environment import merged, read_environments
from openrow.sweep.ledger import NAME, Ledger
from openrow.sweep.results import read_results
from openrow.sweep.spec_file import read_spec


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
        environment=merged(read_environments(folder)),
    )
