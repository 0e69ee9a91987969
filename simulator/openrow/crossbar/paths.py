"""The ways to compute the codes of a block, equal in their results, each where it is exact and fast.

- ``IdealPath``: an ideal converter lets all slices collapse into one matrix product.
- ``PopcountPath``: noise-free levels as packed bit planes; a current is a weighted count of common ones.
- ``GemmPath``: currents of all input slices by one matrix product a weight slice, codes added at once. With
  noise, levels are no longer integers and currents carry float32's rounding.

Currents without noise are exact integers: float32 holds them below 2^24, float64 beyond.
"""

from collections.abc import Callable
from copy import copy
from math import gcd
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from openrow.config.crossbar import CrossbarSettings, SignedMapping
from openrow.crossbar import noise, product_compiled, quantisation_compiled
from openrow.crossbar.levels import Group, Plan, Slice
from openrow_kernels.compilation import read_only

Reals = NDArray[np.float64]
Integers = NDArray[np.int32]
Piece = tuple[int, int, int]
"""A matrix of the batch, the first row of a tile, a block of columns: each has noise of its own."""
BUFFER_BYTES = 1 << 19
"""Currents kept at once: they stay in a core's own cache."""
BUFFER_COLUMNS = 256
"""Columns multiplied at once: products of about as many rows as columns repack their operands least."""
EXACT_FLOAT32 = 1 << 24


class Path(Protocol):
    """How the products of one read of the weights are computed."""

    uses_blas: bool

    def prepare(self, integers: Integers, piece: Piece, /) -> NDArray[Any]:
        """Return the inputs (rows, height) of a block in the form that ``add_sums`` takes."""
        ...

    def add_sums(self, inputs: NDArray[Any], block: int, group: Group, sums: Reals, /) -> None:
        """Add the integer sums of a group of weight slices to ``sums`` (rows, columns)."""
        ...


PathOfRead = Callable[[int], Path]
"""Makes the path of the read with a given number."""


def input_levels(
    integers: Integers, inputs: tuple[Slice, ...], height: int, dtype: type[np.floating[Any]]
) -> NDArray[Any]:
    """Return the reduced levels of all input slices (rows, slices, height)."""
    out = np.empty((len(integers), len(inputs), height), dtype)
    for place, each in enumerate(inputs):
        mask, levels = (1 << each.width) - 1, read_only(each.levels.astype(dtype))
        quantisation_compiled.levels_of_integers(integers, place, each.offset, mask, levels, out)
    return out


class GemmPath:
    """Matrix products of levels, converted as they come.

    ``cells`` (blocks, slices, height, columns) are levels, ``reduced`` or full; ``offset`` (blocks,
    height, columns or 1) are the cells of the offset columns, repeated for the columns they serve.
    """

    uses_blas = True

    def __init__(
        self, plan: Plan, cells: NDArray[Any], offset: NDArray[Any] | None, reduced: bool, number: int
    ) -> None:
        self._plan, self._cells, self._offset, self._number = plan, cells, offset, number
        self._float: type[np.floating[Any]] = np.float32
        if plan.settings.whole_levels() and plan.largest_sum(reduced) >= EXACT_FLOAT32:
            self._float = np.float64
        self._conversions = plan.conversions(plan.weights, reduced)
        if plan.offset_column is not None:
            self._offset_conversion = plan.conversions((plan.offset_column,), reduced)[0]

    def prepare(self, integers: Integers, piece: Piece, /) -> NDArray[Any]:
        """Return levels, with the noise of the DACs."""
        settings = self._plan.settings
        levels = input_levels(integers, self._plan.inputs, settings.weight_block[0], self._float)
        noise.driven(levels, settings, self._number, *piece)
        return levels

    def add_sums(self, inputs: NDArray[Any], block: int, group: Group, sums: Reals, /) -> None:
        """Add the sums, weight slice by weight slice."""
        for j in group.members:
            self._add(inputs, self._cells[block, j], self._conversions[j], group, sums)
        if self._offset is not None and 0 in group.members:
            column = np.zeros((len(sums), self._offset.shape[2]))
            self._add(inputs, self._offset[block], self._offset_conversion, group, column)
            width = self._plan.settings.weight_block[1] if column.shape[1] > 1 else sums.shape[1]
            sums += np.repeat(column, width, axis=1)[:, : sums.shape[1]]

    def _add(
        self, inputs: NDArray[Any], cells: NDArray[Any], conversion: Reals, group: Group, sums: Reals
    ) -> None:
        slices, columns = inputs.shape[1], cells.shape[1]
        operand = cells.astype(self._float, copy=False)
        width = min(columns, BUFFER_COLUMNS)
        size = np.dtype(self._float).itemsize * slices * width
        step = min(max(BUFFER_BYTES // size, 8), len(inputs))
        buffer = np.empty(step * slices * width, self._float)
        for first in range(0, len(inputs), step):
            part = inputs[first : first + step]
            vectors = part.reshape(-1, part.shape[2])
            for column in range(0, columns, width):
                held = operand[:, column : column + width]
                currents = buffer[: len(vectors) * held.shape[1]].reshape(len(vectors), -1)
                np.matmul(vectors, held, out=currents)
                self._convert(
                    currents.reshape(len(part), slices, -1),
                    conversion,
                    group,
                    column,
                    sums[first : first + step],
                )

    def _convert(
        self, currents: NDArray[Any], conversion: Reals, group: Group, first_column: int, sums: Reals
    ) -> None:
        settings = self._plan.settings
        if settings.adc_clipping:
            highest = float(self._plan.steps(settings.adc_levels_by_slice()[group.members[0]] or 0))
            pairs = settings.signed_mapping is SignedMapping.DIFFERENTIAL
            lowest = -highest if pairs else 0.0
            product_compiled.add_clipped_codes(currents, conversion, lowest, highest, first_column, sums)
        else:
            product_compiled.add_codes(currents, conversion, first_column, sums)


class PopcountPath:
    """Bit planes of the levels, packed in words along the rows of a block."""

    uses_blas = False

    def __init__(self, plan: Plan, planes: NDArray[np.uint32]) -> None:
        self._plan, self._planes = plan, planes
        self._words = planes.shape[2]
        starts = np.cumsum([0, *(each.planes for each in plan.inputs)])
        self._input_planes = read_only(starts.astype(np.int64))
        self._conversions = read_only(plan.conversions(plan.weights, reduced=True))
        if plan.offset_column is not None:
            self._offset_conversions = read_only(plan.conversions((plan.offset_column,), reduced=True))
        signs = (1, -1) if plan.settings.signed_mapping is SignedMapping.DIFFERENTIAL else (1,)
        counts = [each.planes * len(signs) for each in plan.weights]
        self._weight_planes = read_only(np.cumsum([0, *counts]).astype(np.int64))
        powers = [sign << bit for each in plan.weights for sign in signs for bit in range(each.planes)]
        input_powers = [1 << bit for each in plan.inputs for bit in range(each.planes)]
        self._values = read_only(np.outer(input_powers, powers).astype(np.int32))
        self._ones = read_only(packed_ones(plan.settings.weight_block[0]))

    def prepare(self, integers: Integers, _piece: Piece, /) -> NDArray[Any]:
        """Return the inputs' bit planes (rows, planes, words)."""
        out = np.empty((len(integers), int(self._input_planes[-1]), self._words), np.uint32)
        for each, first in zip(self._plan.inputs, self._input_planes, strict=False):
            levels = read_only(each.levels.astype(np.uint32))
            quantisation_compiled.words_of_integers(
                integers, each.offset, (1 << each.width) - 1, levels, each.planes, int(first), out
            )
        return out

    def add_sums(self, inputs: NDArray[Any], block: int, group: Group, sums: Reals, /) -> None:
        """Add the sums, weight slice by weight slice."""
        product_compiled.add_plane_codes(
            inputs,
            read_only(self._planes[block]),
            read_only(np.array(group.members)),
            self._input_planes,
            self._weight_planes,
            self._values,
            self._conversions,
            sums,
        )
        if self._plan.offset_column is not None and 0 in group.members:
            offset = np.zeros((len(sums), 1))
            first = read_only(np.array([0]))
            ends = read_only(np.array([0, 1]))
            powers = read_only(self._values[:, :1])
            product_compiled.add_plane_codes(
                inputs, self._ones, first, self._input_planes, ends, powers, self._offset_conversions, offset
            )
            sums += offset


class IdealPath:
    """One product of whole numbers, as nothing rounds between the slices.

    ``cells`` are unreduced levels (blocks, slices, height, columns), ``offset`` as in ``GemmPath``.
    """

    uses_blas = True

    def __init__(
        self, plan: Plan, cells: NDArray[Any], offset: NDArray[Any] | None, exact: bool, number: int
    ) -> None:
        self._plan, self._number = plan, number
        self._table = self._input_table()
        self._factor = gcd(*self._table.tolist())
        largest = int(np.abs(self._table).max()) // self._factor
        weights = whole_cells(plan, cells, offset, exact)
        self._common = 1
        if exact:
            self._common = int(np.gcd.reduce(weights.astype(np.int64), axis=None)) or 1
            weights /= self._common
        bound = largest * float(np.abs(weights).max(initial=0)) * plan.settings.weight_block[0]
        single = not exact or bound < EXACT_FLOAT32
        self._float: type[np.floating[Any]] = np.float32 if single else np.float64
        self._weights = weights.astype(self._float)

    def of_read(self, number: int) -> "IdealPath":
        """Return the same weights under another read of noisy DACs."""
        other = copy(self)
        other._number = number
        return other

    def prepare(self, integers: Integers, piece: Piece, /) -> NDArray[Any]:
        """Return the inputs as whole numbers (rows, height), or as disturbed rows drive them."""
        settings = self._plan.settings
        height = settings.weight_block[0]
        if not settings.dac_noise:
            bits = sum(settings.input_slices)
            whole = Slice(0, bits, self._table // self._factor, self._factor, 1)
            return input_levels(integers, (whole,), height, self._float)[:, 0]
        levels = input_levels(integers, self._plan.inputs, height, np.float32)
        noise.driven(levels, settings, self._number, *piece)
        worth = [each.value * each.factor / self._factor for each in self._plan.inputs]
        driven: NDArray[Any] = np.einsum("rik,i->rk", levels, np.array(worth, np.float32))
        return driven.astype(self._float)

    def add_sums(self, inputs: NDArray[Any], block: int, _group: Group, sums: Reals, /) -> None:
        """Add the product."""
        product = (inputs @ self._weights[block]).astype(np.float64)
        product *= self._factor * self._common
        sums += product

    def _input_table(self) -> NDArray[np.int64]:
        """Return what each two's complement integer drives in all, weighted."""
        unsigned = np.arange(1 << sum(self._plan.settings.input_slices))
        table = np.zeros(len(unsigned), np.int64)
        for each in self._plan.inputs:
            digits = (unsigned >> each.offset) & ((1 << each.width) - 1)
            table += each.value * each.factor * each.levels[digits]
        return table


def whole_cells(plan: Plan, cells: NDArray[Any], offset: NDArray[Any] | None, exact: bool) -> Reals:
    """Return the weighted sum of the slices' cells (blocks, height, columns), the offset taken off."""
    total = np.zeros((cells.shape[0], *cells.shape[2:]))
    for j, each in enumerate(plan.weights):
        total += each.value * (each.factor if exact else 1) * cells[:, j].astype(np.float64)
    column = plan.offset_column
    if column is not None and offset is not None:
        width = plan.settings.weight_block[1] if offset.shape[2] > 1 else total.shape[2]
        worth = column.value * (column.factor if exact else 1)
        total += worth * np.repeat(offset.astype(np.float64), width, axis=2)[:, :, : total.shape[2]]
    return total


def packed_ones(height: int) -> NDArray[np.uint32]:
    """Return the bit plane of a column of ones (1, words, 1)."""
    levels = np.ones((height, 1), np.uint32)
    out = np.empty((-(-height // 32), 1), np.uint32)
    quantisation_compiled.pack_columns(levels, 0, out)
    return out[np.newaxis]


def packed_planes(plan: Plan, levels: NDArray[Any]) -> NDArray[np.uint32]:
    """Return the bit planes (blocks, planes, words, columns) of reduced ``levels`` (blocks, slices, height,
    columns); of signed levels first the planes of the positive ones, then those of the negative."""
    pairs = plan.settings.signed_mapping is SignedMapping.DIFFERENTIAL
    blocks, _, height, columns = levels.shape
    count = sum(each.planes for each in plan.weights) * (2 if pairs else 1)
    out = np.empty((blocks, count, -(-height // 32), columns), np.uint32)
    for block in range(blocks):
        plane = 0
        for j, each in enumerate(plan.weights):
            signed = levels[block, j].astype(np.int64)
            for part in (signed, -signed) if pairs else (signed,):
                positive = np.maximum(part, 0).astype(np.uint32)
                for bit in range(each.planes):
                    quantisation_compiled.pack_columns(positive, bit, out[block, plane])
                    plane += 1
    return out


def popcount_is_faster(settings: CrossbarSettings, plan: Plan, counts_in_vectors: bool) -> bool:
    """Return whether counting common ones takes less time than multiplying, by measured costs."""
    signs = 2 if settings.signed_mapping is SignedMapping.DIFFERENTIAL else 1
    height = settings.weight_block[0]
    pairs = sum(x.planes for x in plan.inputs) * sum(w.planes for w in plan.weights) * signs
    counting = pairs * -(-height // 32) * (0.06 if counts_in_vectors else 0.5)
    multiplying = 0.025 * height * len(plan.inputs) * len(plan.weights)
    if plan.largest_sum() >= EXACT_FLOAT32:
        multiplying *= 2
    return counting < multiplying
