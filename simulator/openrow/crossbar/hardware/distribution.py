"""Which tiles need which pixels: those whose copies multiply a vector that the pixel is in.

Copies take the vectors of a layer in turn. A pixel goes to every tile of a copy that has it in the window of
one of its vectors, once, and to no other. Of its channels a tile takes those whose weights it holds.
"""

from dataclasses import dataclass
from math import ceil

from openrow.crossbar.hardware.mapping import LayerMapping
from openrow.crossbar.rows import Pair


@dataclass(frozen=True)
class Share:
    """What a tile takes of a pixel, or of a row of them."""

    tile: int
    bytes: int


Shares = tuple[Share, ...]


class Distribution:
    """Where the pixels of a layer's input go, or those of its shortcut.

    Parameters
    ----------
    mapping
        The layer.
    is_shortcut
        Whether it is what is added to its output, a pixel a vector.
    """

    def __init__(self, mapping: LayerMapping, is_shortcut: bool = False) -> None:
        self._mapping, self._is_shortcut = mapping, is_shortcut
        layer, size = mapping.layer, mapping.hardware.input_bytes
        self.height, self.width = layer.output if is_shortcut else layer.image
        pixel = layer.channels * size
        self._of_copy: list[list[Share]] = []
        for copy in range(mapping.copies):
            parts = mapping.parts(copy)
            amounts = (
                [mapping.outputs_on(part) * size for part in parts]
                if is_shortcut
                else [ceil(pixel * mapping.rows_on(part) / layer.rows_of_weights) for part in parts]
            )
            pairs = zip(parts, amounts, strict=True)
            self._of_copy.append([Share(part.tile, amount) for part, amount in pairs if amount])
        self._of_copies: dict[frozenset[int], Shares] = {}
        self._of_pixel: dict[tuple[int, int, int], Shares] = {}

    def shares(self, row: int, x: int) -> Shares:
        """Return what each tile takes of a pixel; rows go on from image to image."""
        image, y = divmod(row, self.height)
        first = image * self._mapping.layer.vectors % self._mapping.copies
        key = (first, y, x)
        if key not in self._of_pixel:
            self._of_pixel[key] = self._shares_of(self._copies(first, y, x))
        return self._of_pixel[key]

    def row_shares(self, row: int) -> Shares:
        """Return what each tile takes of a row."""
        amounts: dict[int, int] = {}
        for x in range(self.width):
            for share in self.shares(row, x):
                amounts[share.tile] = amounts.get(share.tile, 0) + share.bytes
        return tuple(Share(tile, amount) for tile, amount in amounts.items())

    def most_of_a_row(self) -> dict[int, int]:
        """Return the most bytes that each tile takes of a row of the first image."""
        most: dict[int, int] = {}
        for row in range(self.height):
            for share in self.row_shares(row):
                most[share.tile] = max(most.get(share.tile, 0), share.bytes)
        return most

    def _copies(self, first: int, y: int, x: int) -> frozenset[int]:
        """Return the copies whose vectors a pixel is in, ``first`` the copy of the image's first vector."""
        layer, copies = self._mapping.layer, self._mapping.copies
        width = layer.output[1]
        if self._is_shortcut:
            return frozenset([(first + y * width + x) % copies])
        window = layer.window
        rows = _outputs_with(y, 0, layer.output, window.kernel, window.stride, window.padding)
        columns = _outputs_with(x, 1, layer.output, window.kernel, window.stride, window.padding)
        return frozenset((first + row * width + column) % copies for row in rows for column in columns)

    def _shares_of(self, copies: frozenset[int]) -> Shares:
        if copies not in self._of_copies:
            most: dict[int, int] = {}
            for copy in sorted(copies):
                for share in self._of_copy[copy]:
                    most[share.tile] = max(most.get(share.tile, 0), share.bytes)
            self._of_copies[copies] = tuple(Share(tile, amount) for tile, amount in most.items())
        return self._of_copies[copies]


def _outputs_with(place: int, axis: int, output: Pair, kernel: Pair, stride: Pair, padding: Pair) -> range:
    """Return the outputs along an axis whose window has a place of the input in it."""
    last = (place + padding[axis]) // stride[axis]
    first = -((kernel[axis] - 1 - place - padding[axis]) // stride[axis])
    return range(max(first, 0), min(last, output[axis] - 1) + 1)
