"""Transactions: the bursts a host reads and writes to move data or to steer the units."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openrow.config.hbm_pim import HbmPimConfig
from openrow.config.memory import MemoryConfig
from openrow.pim.hbm_pim import columns as h

Int64Array = NDArray[np.int64]


@dataclass
class Transactions:
    """A list of transactions of one channel under construction, in the order of the host."""

    memory: MemoryConfig
    pim: HbmPimConfig
    parts: list[Int64Array] = field(default_factory=list)

    @property
    def row_bursts(self) -> int:
        """Bursts of a row."""
        return self.memory.columns // self.memory.burst_length

    def add(
        self,
        kind: int,
        bank: int,
        row: int,
        column: int,
        *,
        write: bool = False,
        count: int = 1,
        effect: int = h.NO_EFFECT,
        data: int = -1,
    ) -> None:
        """Append ``count`` accesses to consecutive bursts of a bank, from a column on and over rows.

        Parameters
        ----------
        kind
            What they are for, one of KIND_NAMES.
        bank, row, column
            The first of them; the column may lie beyond the row.
        write
            Whether they are writes.
        count
            How many there are.
        effect
            What a write to the registers does to the units' mode.
        data
            The burst of the operand vector that the first brings; -1 for none.
        """
        part = np.zeros((count, h.TRANSACTION_COLUMNS), dtype=np.int64)
        place = row * self.row_bursts + column + np.arange(count)
        part[:, h.IS_WRITE], part[:, h.T_BANK], part[:, h.KIND] = write, bank, kind
        part[:, h.T_ROW], part[:, h.T_COLUMN] = place // self.row_bursts, place % self.row_bursts
        part[:, h.EFFECT] = effect
        part[:, h.DATA] = data + np.arange(count) if data >= 0 else -1
        self.parts.append(part)

    def barrier(self) -> None:
        """Let all that follows wait for the last one, and that for all before it."""
        if self.parts:
            self.parts[-1][-1, h.BARRIER] = 1

    def array(self) -> Int64Array:
        """(n, TRANSACTION_COLUMNS) all of them."""
        return np.concatenate(self.parts)
