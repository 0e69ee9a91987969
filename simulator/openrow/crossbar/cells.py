"""Conductances of cells off their levels: how they were programmed and what a read sees of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from openrow.config.crossbar import CrossbarSettings, SignedMapping
from openrow.crossbar import noise
from openrow.crossbar.levels import Plan
from openrow.crossbar.wires import effective_conductances


def programmed_block(plan: Plan, levels: NDArray[Any], block: int) -> NDArray[np.float32]:
    """Return a block's cells as programmed, in steps of a level (signs, slices, height, columns).

    ``levels`` (blocks, slices, height, columns) are reduced; signs are one, or two for differential pairs.
    """
    factor = np.array([each.factor for each in plan.weights], np.float32)[:, np.newaxis, np.newaxis]
    held = levels[block].astype(np.float32) * factor
    pairs = plan.settings.signed_mapping is SignedMapping.DIFFERENTIAL
    cells = np.stack([np.maximum(held, 0), np.maximum(-held, 0)]) if pairs else held[np.newaxis]
    noise.programmed(cells, plan.settings, block, 0)
    return cells


class ProgrammedCells:
    """Conductances in steps of a level (blocks, signs, slices, height, columns), as they were programmed."""

    def __init__(self, plan: Plan, levels: NDArray[Any]) -> None:
        self._settings = settings = plan.settings
        blocks, columns = levels.shape[0], levels.shape[3]
        arrays = -(-columns // settings.weight_block[1])
        full = settings.conductance_levels - 1
        self._offset = (
            None
            if plan.offset_column is None
            else np.full((blocks, settings.weight_block[0], arrays), full, np.float32)
        )
        first = programmed_block(plan, levels, 0)
        self._cells = np.empty((blocks, *first.shape), np.float32)
        for block in range(blocks):
            self._cells[block] = first if block == 0 else programmed_block(plan, levels, block)
            if self._offset is not None:
                noise.programmed(self._offset[block], settings, block, 1)
        if not settings.varies_when_read():
            self._see()

    def _see(self) -> None:
        """Put in place of the cells what is seen of them through wires, the same in all reads."""
        for block, cells in enumerate(self._cells):
            self._cells[block] = seen_through_wires(cells, self._settings)
        if self._offset is not None:
            for block, column in enumerate(self._offset):
                self._offset[block] = seen_through_wires(column, self._settings, single=True)

    def read(self, number: int) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Return the cells (blocks, slices, height, columns), pairs subtracted, and the offset columns."""
        settings = self._settings
        if not settings.varies_when_read():
            pairs = self._cells.shape[1] == 2
            return self._cells[:, 0] - self._cells[:, 1] if pairs else self._cells[:, 0], self._offset
        out = np.empty((self._cells.shape[0], *self._cells.shape[2:]), np.float32)
        for block, cells in enumerate(self._cells):
            seen = seen_through_wires(noise.read(cells, settings, number, block, 0), settings)
            out[block] = seen[0] - seen[1] if len(seen) == 2 else seen[0]
        if self._offset is None:
            return out, None
        offsets = [
            seen_through_wires(noise.read(each, settings, number, block, 1), settings, single=True)
            for block, each in enumerate(self._offset)
        ]
        return out, np.stack(offsets)


def seen_through_wires(
    cells: NDArray[np.float32], settings: CrossbarSettings, single: bool = False
) -> NDArray[np.float32]:
    """Return what ``cells`` (..., height, columns) conduct through their wires, in steps of a level.

    Columns belong to arrays of the settings' width, or each is a ``single`` array of its own.
    """
    if settings.wire_resistance_ohm == 0:
        return cells
    span = settings.conductance_high_s - settings.conductance_low_s
    step, floor = span / (settings.conductance_levels - 1), noise.floor_of(settings)
    width = 1 if single else settings.weight_block[1]
    out = np.empty_like(cells)
    for place in np.ndindex(cells.shape[:-2]):
        for first in range(0, cells.shape[-1], width):
            siemens = (cells[place][:, first : first + width].astype(np.float64) + floor) * step
            seen = effective_conductances(siemens, settings.wire_resistance_ohm)
            out[place][:, first : first + width] = seen / step - floor
    return out
