"""The ledger of a sweep: every point, its state, and its row, in one SQLite file.

A row is written in the same transaction that says its point is done, so whatever is killed and whenever, a
point is either done with its row or not done. Points of one key share a row: none is run twice. Everything
else in the directory can be made again from the ledger.
"""

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openrow.errors import UserError

PENDING, DONE, FAILED = "pending", "done", "failed"
NAME = "ledger.sqlite"
AXIS = "axis."
"""What the names of columns begin with that hold the values of axes."""
SCHEMA = """
create table if not exists meta (name text primary key, value text not null);
create table if not exists point (
    number integer primary key, fingerprint text unique not null, labels text not null, key text,
    state text not null, error text);
create table if not exists result (key text primary key, row blob not null);
create index if not exists point_key on point (key);
"""


class LedgerError(UserError):
    """A directory whose ledger is of another sweep, or damaged."""


@dataclass(frozen=True)
class Counts:
    """How many points are in each state."""

    done: int
    failed: int
    pending: int


class Ledger:
    """The ledger of one directory.

    Parameters
    ----------
    folder
        The sweep's directory.

    Raises
    ------
    LedgerError
        Where the file is no ledger.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        try:
            self._db = sqlite3.connect(self._path, isolation_level=None)
            self._db.execute("pragma journal_mode=wal")
            self._db.execute("pragma synchronous=normal")
            self._db.executescript(SCHEMA)
        except sqlite3.DatabaseError as error:
            raise LedgerError(f"{self._path}: is no ledger of a sweep ({error})") from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def remember(self, name: str, value: str) -> str | None:
        """Keep a value under a name, unless there is one; returns what was there before."""
        found = self._db.execute("select value from meta where name = ?", (name,)).fetchone()
        if found is None:
            self._db.execute("insert into meta values (?, ?)", (name, value))
        return None if found is None else str(found[0])

    def add(self, fingerprint: str, labels: Mapping[str, Any]) -> int:
        """Enter a point, unless it is there; returns its number."""
        self._db.execute(
            "insert or ignore into point (fingerprint, labels, state) values (?, ?, ?)",
            (fingerprint, json.dumps(dict(labels)), PENDING),
        )
        found = self._db.execute("select number from point where fingerprint = ?", (fingerprint,)).fetchone()
        return int(found[0])

    def state(self, fingerprint: str) -> str | None:
        """The state of a point; None where it is not entered."""
        found = self._db.execute("select state from point where fingerprint = ?", (fingerprint,)).fetchone()
        return None if found is None else str(found[0])

    def take_from_same_key(self, number: int, key: str) -> bool:
        """Give a point the row of its key, if there is one; returns whether there was."""
        if self._db.execute("select 1 from result where key = ?", (key,)).fetchone() is None:
            return False
        self._db.execute(
            "update point set key = ?, state = ?, error = null where number = ?", (key, DONE, number)
        )
        return True

    def finish(self, numbers: list[int], key: str, row: Mapping[str, Any]) -> None:
        """Points are done: their row is kept, in one transaction."""
        packed = zlib.compress(json.dumps(row).encode(), 1)
        with self._transaction():
            self._db.execute("insert or ignore into result values (?, ?)", (key, packed))
            self._db.executemany(
                "update point set key = ?, state = ?, error = null where number = ?",
                [(key, DONE, number) for number in numbers],
            )

    def fail(self, numbers: list[int], error: str) -> None:
        """Points have failed."""
        with self._transaction():
            self._db.executemany(
                "update point set state = ?, error = ? where number = ?",
                [(FAILED, error, number) for number in numbers],
            )

    def retry_failed(self) -> None:
        """Let failed points be run again."""
        self._db.execute("update point set state = ?, error = null where state = ?", (PENDING, FAILED))

    def counts(self) -> Counts:
        """How many points are in each state."""
        found = dict(self._db.execute("select state, count(*) from point group by state"))
        return Counts(found.get(DONE, 0), found.get(FAILED, 0), found.get(PENDING, 0))

    def row(self, number: int) -> dict[str, Any] | None:
        """The row of a point that is done."""
        query = "select row from point join result using (key) where number = ?"
        found = self._db.execute(query, (number,)).fetchone()
        return None if found is None else dict(json.loads(zlib.decompress(found[0])))

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows of all points that are done, in the order of their numbers, with their labels."""
        query = (
            "select number, labels, key, row from point join result using (key) "
            "where state = ? order by number"
        )
        for number, labels, key, packed in self._db.execute(query, (DONE,)):
            axes = {f"{AXIS}{name}": value for name, value in json.loads(labels).items()}
            yield {"point": number, "key": key, **axes, **json.loads(zlib.decompress(packed))}

    def failures(self) -> Iterator[tuple[int, dict[str, Any], str]]:
        """Number, labels and error of every point that has failed."""
        query = "select number, labels, error from point where state = ? order by number"
        for number, labels, error in self._db.execute(query, (FAILED,)):
            yield int(number), dict(json.loads(labels)), str(error)

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._db)


class _Transaction:
    """A transaction that is undone by an error."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("begin immediate")

    def __exit__(self, kind: object, *_: object) -> None:
        self._db.execute("commit" if kind is None else "rollback")
