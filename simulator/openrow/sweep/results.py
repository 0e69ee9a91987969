"""The results of a sweep as one Parquet file, made of the ledger."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from openrow.config.sweep import SweepSpec
from openrow.errors import UserError
from openrow.sweep.evaluating import CONFIGURATION
from openrow.sweep.expressions import Expression, variables
from openrow.sweep.ledger import AXIS, NAME, Ledger
from openrow.sweep.spec_file import read_spec
from openrow_traces.atomic import whole_file

RESULTS = "results.parquet"
STAMP = b"openrow.rows"
"""The key of the file's metadata under which it says of which rows it was made."""
MEASURED = ("wall_s", "cpu_s", "requests_per_s")
"""Columns that say how fast the machine was: the only ones in which two runs of a point differ."""


def names_of_columns(columns: Iterable[str]) -> dict[str, str]:
    """Columns by the names that expressions may use: axes before metrics before configuration."""
    parts: dict[str, dict[str, str]] = {CONFIGURATION: {}, "": {}, AXIS: {}}
    for column in columns:
        prefix = next((prefix for prefix in (CONFIGURATION, AXIS) if column.startswith(prefix)), "")
        parts[prefix][column.removeprefix(prefix)] = column
    return {name: part[key] for part in parts.values() for name, key in variables(part).items()}


def values_in_rows(
    expression: Expression, names: Mapping[str, str], columns: Mapping[str, Sequence[Any]], rows: int
) -> list[Any]:
    """The value of an expression in each row; None where a figure that it uses is not there.

    Raises
    ------
    UserError
        Where it uses an unknown name, or cannot be computed.
    """
    expression.check(names)
    used = {name: columns[names[name]] for name in expression.names}
    values: list[Any] = []
    for row in range(rows):
        figures = {name: column[row] for name, column in used.items()}
        absent = any(figure is None for figure in figures.values())
        values.append(None if absent else expression.value(figures))
    return values


def write_results(folder: Path, ledger: Ledger, spec: SweepSpec) -> None:
    """Write all rows of the ledger as Parquet, whole or not at all, unless they are there already.

    Raises
    ------
    UserError
        For a derived figure that cannot be computed; all others have been written then.
    """
    path, stamp = folder / RESULTS, _stamp(ledger, spec)
    if not ledger.counts().done or (path.is_file() and _stamp_of(path) == stamp):
        return
    table, troubles = _table(ledger, spec)
    table = table.replace_schema_metadata({STAMP: stamp})
    with whole_file(path) as file:
        pq.write_table(table, file, compression="zstd")
    if troubles:
        raise UserError("\n".join(troubles))


def _stamp(ledger: Ledger, spec: SweepSpec) -> bytes:
    """What the file depends on. Rows are only ever added to a ledger."""
    return repr((ledger.counts().done, sorted(spec.derived.items()))).encode()


def _stamp_of(path: Path) -> bytes | None:
    """What a file was made of; None for one that is damaged, or made by others."""
    try:
        metadata = pq.read_schema(path).metadata or {}
    except pa.ArrowInvalid:
        return None
    stamp: bytes | None = metadata.get(STAMP)
    return stamp


def _table(ledger: Ledger, spec: SweepSpec) -> tuple[pa.Table, list[str]]:
    """The rows of the ledger, and what is wrong with derived figures."""
    columns: dict[str, list[Any]] = {}
    rows = 0
    for row in ledger.rows():
        for name, value in row.items():
            column = columns.get(name)
            if column is None:
                column = columns[name] = [None] * rows
            column.append(value)
        rows += 1
        if len(row) != len(columns):
            for column in columns.values():
                column.extend([None] * (rows - len(column)))
    troubles: list[str] = []
    for name, text in spec.derived.items():
        try:
            expression = Expression(text, f"sweep.derived.{name}")
            columns[name] = values_in_rows(expression, names_of_columns(columns), columns, rows)
        except UserError as error:
            troubles.append(f"{error}; the column '{name}' is left out")
    return pa.table({name: _column(values) for name, values in columns.items()}), troubles


def _column(values: list[Any]) -> pa.Array:
    """A column of one type: numbers together are floats, anything else mixed is text."""
    kinds = {type(value) for value in values}
    kinds.discard(type(None))
    if kinds <= {int, float} and kinds != {int}:
        return pa.array(values, type=pa.float64())
    if len(kinds) > 1:
        return pa.array([None if value is None else str(value) for value in values])
    return pa.array(values)


def read_results(folder: Path) -> pa.Table:
    """The results of a sweep's directory, also of one that is still running or was killed.

    Raises
    ------
    UserError
        Where there are none.
    """
    path = folder / RESULTS
    if not (folder / NAME).is_file():
        if path.is_file():
            return pq.read_table(path)
        raise UserError(f"{folder}: is no directory of a sweep: there is no {NAME} in it")
    ledger, spec = Ledger(folder), read_spec(folder)
    try:
        if path.is_file() and _stamp_of(path) == _stamp(ledger, spec):
            return pq.read_table(path)
        if not ledger.counts().done:
            raise UserError(f"{folder}: no point is done yet")
        table, _ = _table(ledger, spec)
    finally:
        ledger.close()
    return table
