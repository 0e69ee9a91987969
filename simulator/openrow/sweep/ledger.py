"""The ledger of a sweep: every point, its state, and its row, in one SQLite file.

A row is written in the same transaction that says its point is done, so whatever is killed and whenever, a
point is either done with its row or not done. Points of one key share a row: none is run twice. Everything
else in the directory can be made again from the ledger.
"""

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
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
        except sqlite3.Error as error:
            raise LedgerError(f"{self._path}: cannot be used as the ledger of a sweep ({error})") from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def remember(self, name: str, value: str) -> str | None:
        """Keep a value under a name, unless there is one; returns what was there before."""
        found = self._ask("select value from meta where name = ?", (name,)).fetchone()
        if found is None:
            self._ask("insert into meta values (?, ?)", (name, value))
        return None if found is None else str(found[0])

    def add(self, fingerprint: str, labels: Mapping[str, Any]) -> int:
        """Enter a point, unless it is there; returns its number."""
        self._ask(
            "insert or ignore into point (fingerprint, labels, state) values (?, ?, ?)",
            (fingerprint, json.dumps(dict(labels)), PENDING),
        )
        found = self._ask("select number from point where fingerprint = ?", (fingerprint,)).fetchone()
        return int(found[0])

    def state(self, fingerprint: str) -> str | None:
        """The state of a point; None where it is not entered."""
        found = self._ask("select state from point where fingerprint = ?", (fingerprint,)).fetchone()
        return None if found is None else str(found[0])

    def take_from_same_key(self, number: int, key: str) -> bool:
        """Give a point the row of its key, if there is one; returns whether there was."""
        if self._ask("select 1 from result where key = ?", (key,)).fetchone() is None:
            return False
        self._ask("update point set key = ?, state = ?, error = null where number = ?", (key, DONE, number))
        return True

    def finish(self, numbers: list[int], key: str, row: Mapping[str, Any]) -> None:
        """Points are done: their row is kept, in one transaction."""
        packed = zlib.compress(json.dumps(row).encode(), 1)
        with self._transaction():
            self._ask("insert or ignore into result values (?, ?)", (key, packed))
            self._ask_each(
                "update point set key = ?, state = ?, error = null where number = ?",
                [(key, DONE, number) for number in numbers],
            )

    def fail(self, numbers: list[int], error: str) -> None:
        """Points have failed."""
        with self._transaction():
            self._ask_each(
                "update point set state = ?, error = ? where number = ?",
                [(FAILED, error, number) for number in numbers],
            )

    def retry_failed(self) -> None:
        """Let failed points be run again."""
        self._ask("update point set state = ?, error = null where state = ?", (PENDING, FAILED))

    def counts(self) -> Counts:
        """How many points are in each state."""
        found = dict(self._ask("select state, count(*) from point group by state"))
        return Counts(found.get(DONE, 0), found.get(FAILED, 0), found.get(PENDING, 0))

    def row(self, number: int) -> dict[str, Any] | None:
        """The row of a point that is done."""
        query = "select row from point join result using (key) where number = ?"
        found = self._ask(query, (number,)).fetchone()
        return None if found is None else self._unpacked(found[0])

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows of all points that are done, in the order of their numbers, with their labels."""
        query = (
            "select number, labels, key, row from point join result using (key) "
            "where state = ? order by number"
        )
        with self._sound():
            for number, labels, key, packed in self._db.execute(query, (DONE,)):
                axes = {f"{AXIS}{name}": value for name, value in json.loads(labels).items()}
                yield {"point": number, "key": key, **axes, **self._unpacked(packed)}

    def _unpacked(self, row: bytes) -> dict[str, Any]:
        with self._sound():
            return dict(json.loads(zlib.decompress(row)))

    def failures(self) -> Iterator[tuple[int, dict[str, Any], str]]:
        """Number, labels and error of every point that has failed."""
        query = "select number, labels, error from point where state = ? order by number"
        for number, labels, error in self._ask(query, (FAILED,)):
            yield int(number), dict(json.loads(labels)), str(error)

    def _ask(self, text: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        with self._sound():
            return self._db.execute(text, values)

    def _ask_each(self, text: str, values: list[tuple[Any, ...]]) -> None:
        with self._sound():
            self._db.executemany(text, values)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """A transaction that an error undoes."""
        self._ask("begin immediate")
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):
                self._db.execute("rollback")
            raise
        self._ask("commit")

    @contextmanager
    def _sound(self) -> Iterator[None]:
        """Say what is wrong with the file: it is damaged, or its disk is full."""
        try:
            yield
        except (sqlite3.Error, zlib.error, json.JSONDecodeError) as error:
            raise LedgerError(
                f"{self._path}: {error}; what was kept before is untouched: once that is mended, or the file "
                f"is put away, run the sweep again"
            ) from error
