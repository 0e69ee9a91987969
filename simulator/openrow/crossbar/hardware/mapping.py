"""Where weights lie: layers onto arrays, arrays onto tiles, and copies of layers where tiles are left.

All cells of a weight (its slices, twice for differential pairs) lie side by side in one array. A layer of
K x N weights takes ceil(K / rows) x ceil(N / weights of a row) arrays, in the order of the column blocks, so
that partial sums meet within a tile wherever they can. A tile holds one layer; a copy of a layer may span
tiles.

Copies follow ISAAC's balance (Shafiee et al., ISCA 2016): layers with more vectors get more copies, so that
all take as long. Of all T for which layers of V vectors with ceil(V / T) copies fit the chip the least is
taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil

from openrow.config.crossbar_hardware import PARTIAL_SUM_BYTES, CrossbarHardware
from openrow.crossbar.network_shape import LayerShape
from openrow.errors import UserError


class MappingError(UserError):
    """A network that does not fit a chip."""


@dataclass(frozen=True)
class Part:
    """What of one copy lies on one tile."""

    tile: int
    first: int
    """The first array of the copy that lies here."""
    arrays: int


@dataclass(frozen=True)
class LayerMapping:
    """A layer on its tiles."""

    layer: LayerShape
    hardware: CrossbarHardware
    copies: int
    first_tile: int

    @property
    def row_blocks(self) -> int:
        """Arrays below each other in one copy."""
        return ceil(self.layer.rows_of_weights / self.hardware.array.rows)

    @property
    def column_blocks(self) -> int:
        """Arrays beside each other in one copy."""
        return ceil(self.layer.outputs / self.hardware.weights_of_row)

    @cached_property
    def arrays(self) -> int:
        """Arrays of one copy, with those left empty in the last group that shares a converter."""
        group = self.hardware.arrays_of_adc
        return ceil(self.row_blocks * self.column_blocks / group) * group

    @property
    def tiles(self) -> int:
        """Tiles of all copies."""
        return tiles_of(self.arrays, self.copies, self.hardware)

    @property
    def tile_numbers(self) -> range:
        """Its tiles."""
        return range(self.first_tile, self.first_tile + self.tiles)

    @property
    def cells_used(self) -> int:
        """Cells that hold something, of one copy."""
        weights = self.layer.rows_of_weights * self.layer.outputs * self.hardware.cells_of_weight
        return weights + self.layer.rows_of_weights * self.column_blocks * self.hardware.offset_columns

    @property
    def cells(self) -> int:
        """Cells of the arrays of one copy."""
        columns = self.hardware.array.columns + self.hardware.offset_columns
        return self.arrays * self.hardware.array.rows * columns

    @property
    def utilisation(self) -> float:
        """Share of the cells that hold something."""
        return self.cells_used / self.cells

    def parts(self, copy: int) -> list[Part]:
        """Return what of a copy lies on which tile."""
        found, size = [], self.hardware.tile.arrays
        place, end = copy * self.arrays, (copy + 1) * self.arrays
        while place < end:
            tile = place // size
            count = min(end, (tile + 1) * size) - place
            found.append(Part(self.first_tile + tile, place - copy * self.arrays, count))
            place += count
        return found

    def rows_on(self, part: Part) -> int:
        """Return the rows of the weights that lie on a part: those inputs it needs."""
        blocks = range(min(part.arrays, self.row_blocks))
        return sum(self._rows_of(part.first + block) for block in blocks)

    def _rows_of(self, array: int) -> int:
        block, rows = array % self.row_blocks, self.hardware.array.rows
        if array >= self.row_blocks * self.column_blocks:
            return 0
        return min(rows, self.layer.rows_of_weights - block * rows)

    def outputs_on(self, part: Part) -> int:
        """Return the outputs whose sums end on a part: of the column blocks that begin there."""
        first = ceil(part.first / self.row_blocks)
        end = min(ceil((part.first + part.arrays) / self.row_blocks), self.column_blocks)
        return self._outputs_up_to(end) - self._outputs_up_to(first) if end > first else 0

    def partial_bytes_of(self, part: Part) -> int:
        """Return the bytes of partial sums that a part sends to where its first column block began."""
        if part.first % self.row_blocks == 0:
            return 0
        block = part.first // self.row_blocks
        if block >= self.column_blocks:
            return 0
        return (self._outputs_up_to(block + 1) - self._outputs_up_to(block)) * PARTIAL_SUM_BYTES

    def _outputs_up_to(self, block: int) -> int:
        return min(block * self.hardware.weights_of_row, self.layer.outputs)


def tiles_of(arrays: int, copies: int, hardware: CrossbarHardware) -> int:
    """Return the tiles of so many copies of so many arrays."""
    return ceil(arrays * copies / hardware.tile.arrays)


@dataclass(frozen=True)
class ChipMapping:
    """A network on a chip."""

    hardware: CrossbarHardware
    layers: tuple[LayerMapping, ...]

    @property
    def arrays(self) -> int:
        """Arrays in use, copies included."""
        return sum(each.arrays * each.copies for each in self.layers)

    @property
    def tiles(self) -> int:
        """Tiles in use."""
        return sum(each.tiles for each in self.layers)

    @property
    def cells_used(self) -> int:
        """Cells that hold something."""
        return sum(each.cells_used * each.copies for each in self.layers)

    @property
    def utilisation(self) -> float:
        """Share of the cells of arrays in use that hold something."""
        return self.cells_used / sum(each.cells * each.copies for each in self.layers)


def map_network(layers: Sequence[LayerShape], hardware: CrossbarHardware) -> ChipMapping:
    """Map a network onto a chip.

    Raises
    ------
    MappingError
        Where it does not fit, with what it needs and what would hold it.
    """
    single = [LayerMapping(layer, hardware, 1, 0) for layer in layers]
    _check_fit(single, hardware)
    copies = _copies(single, hardware) if hardware.replicate else [1] * len(single)
    placed, first = [], 0
    for layer, count in zip(layers, copies, strict=True):
        mapping = LayerMapping(layer, hardware, count, first)
        placed.append(mapping)
        first += mapping.tiles
    return ChipMapping(hardware, tuple(placed))


def _check_fit(single: Sequence[LayerMapping], hardware: CrossbarHardware) -> None:
    tiles = sum(each.tiles for each in single)
    if tiles <= hardware.tiles:
        return
    left = hardware.tiles
    for each in single:
        if each.tiles > left:
            break
        left -= each.tiles
    needed, array = sum(other.arrays for other in single), hardware.array
    raise MappingError(
        f"layer {each.layer.name} fits no tile: it needs {each.arrays:,} arrays, that is "
        f"{_tiles(each.tiles)} of {hardware.tile.arrays}, and {left} of {hardware.tiles:,} "
        f"{'is' if left == 1 else 'are'} left. The network needs {needed:,} arrays of {array.rows} x "
        f"{array.columns}; {hardware.name} has {hardware.arrays:,}. crossbar.tiles={tiles} holds it"
    )


def _tiles(count: int) -> str:
    return "1 tile" if count == 1 else f"{count:,} tiles"


def _copies(single: Sequence[LayerMapping], hardware: CrossbarHardware) -> list[int]:
    """Return how many copies of each layer there are."""
    vectors = [each.layer.vectors for each in single]

    def copies(most: int) -> list[int]:
        return [ceil(count / most) for count in vectors]

    def fits(most: int) -> bool:
        counts = zip(single, copies(most), strict=True)
        return sum(tiles_of(each.arrays, count, hardware) for each, count in counts) <= hardware.tiles

    least, enough = 1, max(vectors)
    while least < enough:
        middle = (least + enough) // 2
        least, enough = (least, middle) if fits(middle) else (middle + 1, enough)
    return copies(enough)
