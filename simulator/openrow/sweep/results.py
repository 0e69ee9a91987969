"""The results of a sweep as one Parquet file, made of the ledger."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from openrow.config.sweep import SweepSpec
from openrow.errors import UserError
from openrow.sweep.evaluating import CONFIGURATION
from openrow.sweep.ledger import AXIS, NAME, Ledger
from openrow.sweep.space import evaluate_expression, variables
from openrow_traces.atomic import whole_file

RESULTS = "results.parquet"


def row_names(row: dict[str, Any]) -> dict[str, Any]:
    """The figures of a row by the names that expressions may use: axes before metrics before
    configuration."""
    parts: dict[str, dict[str, Any]] = {CONFIGURATION: {}, "": {}, AXIS: {}}
    for key, value in row.items():
        if value is not None:
            prefix = next((prefix for prefix in (CONFIGURATION, AXIS) if key.startswith(prefix)), "")
            parts[prefix][key.removeprefix(prefix)] = value
    return {name: value for part in parts.values() for name, value in variables(part).items()}


def _with_derived(spec: SweepSpec, row: dict[str, Any]) -> dict[str, Any]:
    if spec.derived:
        names = row_names(row)
        for name, expression in spec.derived.items():
            row[name] = names[name] = evaluate_expression(expression, names, f"sweep.derived.{name}")
    return row


def write_results(folder: Path, ledger: Ledger, spec: SweepSpec) -> None:
    """Write all rows of the ledger as Parquet, whole or not at all.

    Raises
    ------
    UserError
        For a derived figure that cannot be computed; the others have been written then.
    """
    rows = list(ledger.rows())
    if not rows:
        return
    trouble = None
    try:
        rows = [_with_derived(spec, dict(row)) for row in rows]
    except UserError as error:
        trouble = error
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = pa.table({name: _column([row.get(name) for row in rows]) for name in names})
    with whole_file(folder / RESULTS) as file:
        pq.write_table(table, file, compression="zstd")
    if trouble is not None:
        raise trouble


def _column(values: list[Any]) -> pa.Array:
    """A column of one type: numbers together are floats, anything else mixed is text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float} and kinds != {int}:
        return pa.array([None if value is None else float(value) for value in values])
    if len(kinds) > 1:
        return pa.array([None if value is None else str(value) for value in values])
    return pa.array(values)


def read_results(folder: Path) -> pa.Table:
    """The results of a sweep's directory.

    Raises
    ------
    UserError
        Where there are none.
    """
    path = folder / RESULTS
    if not path.is_file():
        if (folder / NAME).is_file():
            raise UserError(f"{folder}: no point is done yet")
        raise UserError(f"{folder}: is no directory of a sweep: there is no {RESULTS} in it")
    return pq.read_table(path)
