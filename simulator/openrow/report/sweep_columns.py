"""The results of a sweep as columns, found by name, and the axes that its points differ in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from openrow.config.problems import nearest
from openrow.errors import UserError

if TYPE_CHECKING:
    import pyarrow as pa

AXIS = "axis."
CONFIGURATION = "config."
BOOKKEEPING = ("point", "key", "configuration_hash", "wall_s", "cpu_s", "requests_per_s", "complete")
"""Columns that say nothing about the design."""


class MissingColumnError(UserError):
    """A column that the results do not have, or not as numbers."""


@dataclass(frozen=True)
class SweepColumns:
    """The results of a sweep.

    Attributes
    ----------
    columns
        By name, each an array with an element a point: float64 with NaN for what is missing where it holds
        numbers, and objects where it holds anything else.
    """

    columns: Mapping[str, NDArray[Any]]

    @classmethod
    def of(cls, table: "pa.Table") -> "SweepColumns":
        """The columns of a table as :func:`openrow.sweep.results.read_results` has it."""
        import pyarrow as pa

        def array(column: "pa.ChunkedArray") -> NDArray[Any]:
            number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
            if number:
                return np.asarray(column.cast(pa.float64()).to_numpy())
            # One by one: NumPy would make of lists of words an array of words.
            values = np.empty(len(column), dtype=object)
            values[:] = column.to_pylist()
            return values

        return cls({name: array(table.column(name)) for name in table.column_names})

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    @property
    def axes(self) -> list[str]:
        """The columns of the axes that take more than one value."""
        return [name for name in self.columns if name.startswith(AXIS) and len(self.levels(name)) > 1]

    @property
    def metrics(self) -> list[str]:
        """The columns of figures, in their order."""
        return [
            name
            for name, column in self.columns.items()
            if not name.startswith((AXIS, CONFIGURATION))
            and name not in BOOKKEEPING
            and column.dtype == np.float64
        ]

    def find(self, name: str) -> str:
        """The full name of a column: itself, an axis without its prefix, or the last word of an axis.

        Raises
        ------
        MissingColumnError
            With the nearest name.
        """
        if name in self.columns:
            return name
        if f"{AXIS}{name}" in self.columns:
            return f"{AXIS}{name}"
        by_last = [axis for axis in self.columns if axis.startswith(AXIS) and last_word(axis) == name]
        if len(by_last) == 1:
            return by_last[0]
        raise MissingColumnError(self._unknown(name))

    def _unknown(self, name: str) -> str:
        axes = [column.removeprefix(AXIS) for column in self.columns if column.startswith(AXIS)]
        known = [*map(last_word, axes), *axes, *self.columns]
        near = nearest(name, known)
        hint = f"; the nearest is '{near}'" if near else ""
        return f"the results have no column '{name}'{hint} ('openrow results DIR --columns all' lists them)"

    def numbers(self, name: str) -> NDArray[np.float64]:
        """A column of numbers.

        Raises
        ------
        MissingColumnError
            Where there is none, or it holds something else.
        """
        found = self.find(name)
        column = self.columns[found]
        if column.dtype != np.float64:
            raise MissingColumnError(
                f"column '{found}' holds no numbers but such as '{column[0]}'; figures are "
                + ", ".join(self.metrics[:12])
            )
        if np.isnan(column).all():
            raise MissingColumnError(f"column '{found}' is empty: no point has a number there")
        return column

    def first_of(self, names: Iterable[str]) -> str | None:
        """The first of some columns that is there and holds a number."""
        return next(
            (n for n in names if n in self.metrics and not np.isnan(self.columns[n]).all()),
            None,
        )

    def levels(self, name: str) -> list[Any]:
        """The values of a column: numbers from the least, others as they come."""
        column = self.columns[self.find(name)]
        if column.dtype == np.float64:
            return [float(value) for value in np.unique(column[~np.isnan(column)])]
        return list(dict.fromkeys(column.tolist()))

    def index_of_level(self, name: str) -> NDArray[np.int64]:
        """Which of :meth:`levels` each point has; -1 where it is missing."""
        place = {level: index for index, level in enumerate(self.levels(name))}
        column = self.columns[self.find(name)].tolist()
        return np.array([place.get(value, -1) for value in column], dtype=np.int64)

    def level_texts(self, name: str) -> list[str]:
        """:meth:`levels` as they are written in pictures, without the folder where all lie in one."""
        texts = [level_text(level) for level in self.levels(name)]
        folders = {text.rpartition("/")[0] for text in texts}
        return [text.rpartition("/")[2] for text in texts] if len(folders) == 1 else texts

    def only(self, kept: NDArray[np.bool_]) -> "SweepColumns":
        """Some of the points."""
        return SweepColumns({name: column[kept] for name, column in self.columns.items()})

    def axis_names(self, asked: Sequence[str | None], count: int) -> list[str]:
        """The axes asked for, by their full names; the others' places stay for the caller's choice.

        Raises
        ------
        MissingColumnError
            Where one is unknown, or fewer than ``count`` axes vary.
        """
        if len(self.axes) < count:
            raise MissingColumnError(
                f"the results have {len(self.axes)} axes with several values, and {count} are needed"
            )
        return [self.find(name) for name in asked if name is not None]


def last_word(name: str) -> str:
    """The last word of a dotted name."""
    return name.rsplit(".", 1)[-1]


def level_text(value: Any) -> str:
    """A value of an axis as it is written in pictures."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}" if abs(value) < 1e6 else f"{value:.3g}"
    return "none" if value is None else str(value)
