"""A mapped network in simulated time: tiles, copies of layers, and rows of pixels passed from layer to layer.

Each copy of a layer is a process that takes the layer's vectors in turn. A vector's inputs come through the
port of the tile's input buffer, two vectors deep; the arrays multiply (``timing``); partial sums of copies
that span tiles cross the network; the sums are added, rectified and pooled, go through the output buffer and
the tile's port into the network, and into the input buffers of the layers that read them. Ports serve in the
order of asking, whoever asks: copies of a layer, and layers that send to the same tile, contend for them.

A row of pixels begins when the rows it needs have arrived, and when the buffers of those who read it have
room. So layers overlap as far as buffers let them.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from math import isqrt

import simpy
from simpy.resources.resource import Request

from openrow.config.crossbar_hardware import CrossbarHardware
from openrow.crossbar.hardware.distribution import Distribution, Share, Shares
from openrow.crossbar.hardware.mapping import ChipMapping, LayerMapping, Part
from openrow.crossbar.hardware.ports import Port
from openrow.crossbar.hardware.rows_done import RowsDone
from openrow.crossbar.hardware.timing import ArrayPipeline, operation_times, picoseconds
from openrow.crossbar.network_shape import IMAGE, rows_needed
from openrow.errors import UserError

Steps = Generator[simpy.Event, object, None]


class BufferSizeError(UserError):
    """A buffer that cannot hold what its layer needs at once."""


class TilePorts:
    """What the arrays of a tile share."""

    def __init__(self, env: simpy.Environment, hardware: CrossbarHardware) -> None:
        tile, link = hardware.tile, hardware.link
        self.input_buffer = Port(env, tile.input_buffer.bandwidth_gb_per_s)
        self.output_buffer = Port(env, tile.output_buffer.bandwidth_gb_per_s)
        self.digital = Port(env, tile.digital.operations_per_ns)
        self.link_out = Port(env, link.bandwidth_gb_per_s)
        self.link_in = Port(env, link.bandwidth_gb_per_s)

    def busy_ps(self) -> dict[str, int]:
        """Time in which each has served."""
        return {name: port.busy_ps for name, port in vars(self).items()}


@dataclass
class Inbox:
    """What a layer is sent by one source: rows that have arrived, and rows it needs no more."""

    reader: "LayerOnChip"
    pixels: Distribution
    room: int
    """Rows that its buffers hold."""
    arrived: RowsDone
    released: RowsDone
    left: dict[int, int] = field(default_factory=dict)
    """Pixels of a row that are still to come."""
    bytes: int = 0
    """What all tiles have received."""


class LayerOnChip:
    """One layer in simulated time."""

    def __init__(self, chip: "Chip", mapping: LayerMapping) -> None:
        env = chip.env
        self.chip, self.mapping, self.layer = chip, mapping, mapping.layer
        self.times = operation_times(mapping)
        self.inboxes: dict[str, Inbox] = {}
        self.readers: list[Inbox] = []
        self.opened, self.loaded = RowsDone(env), RowsDone(env)
        self.added, self.sent = RowsDone(env), RowsDone(env)
        self.begin_ps: int | None = None
        self.end_ps = 0
        self.waited_ps = {"inputs": 0, "room": 0}
        self.waited_for: str | None = None
        self._loads: dict[int, int] = {}
        self._sums: dict[int, int] = {}
        self._send_left: dict[int, int] = {}
        self.parts = [mapping.parts(copy) for copy in range(mapping.copies)]
        self.distributions = Distribution(mapping), Distribution(mapping, is_shortcut=True)
        self.room = buffered_rows(mapping, *self.distributions)
        self._ends = [ended_outputs(mapping, parts) for parts in self.parts]
        self._operations = digital_operations(mapping)
        self._slots = [simpy.Resource(env, buffered_vectors(mapping, parts)) for parts in self.parts]

    def start(self) -> None:
        """Begin its processes."""
        env = self.chip.env
        env.process(self._open_rows())
        for copy in range(self.mapping.copies):
            env.process(self._multiply(copy))

    # Rows.

    def _open_rows(self) -> Steps:
        """Let rows begin, one after another, when their inputs are there and their readers have room."""
        layer, source = self.layer, self.inboxes[self.layer.source]
        height, input_height = layer.output[0], layer.image[0]
        for row in range(self.chip.batch * height):
            image, y = divmod(row, height)
            needed = image * input_height + rows_needed(layer.window, y, input_height)
            yield from self._wait(source.arrived, needed, "inputs")
            passed = self._rows_passed(row + 1)
            for inbox in self.readers:
                yield from self._wait(inbox.released, passed - inbox.room, "room")
            self.opened.raise_to(row + 1)

    def _wait(self, rows: RowsDone, count: int, what: str) -> Steps:
        """Wait for rows, and count the time."""
        if rows.count < count:
            began, self.waited_for = int(self.chip.env.now), what
            yield rows.reached(count)
            self.waited_for = None
            self.waited_ps[what] += int(self.chip.env.now) - began

    def _rows_passed(self, rows: int) -> int:
        """Return how many rows can be passed on when so many have been computed."""
        layer = self.layer
        height, passed = layer.output[0], layer.passed_on[0]
        if layer.pool is None:
            return rows
        image, y = divmod(rows, height)
        of_image = sum(layer.pool.rows_needed(row, height) <= y for row in range(passed)) if y else 0
        return image * passed + of_image

    def _row_loaded(self, row: int) -> None:
        """Count a vector whose inputs have been read; rows that no other needs are released."""
        if not self._last_of(self._loads, row, self.layer.output[1]):
            return
        self.loaded.done(row)
        image, y = divmod(self.loaded.count, self.layer.output[0])
        window, height = self.layer.window, self.layer.image[0]
        first = max(0, y * window.stride[0] - window.padding[0]) if y else 0
        self.inboxes[self.layer.source].released.raise_to(image * height + min(first, height))

    @staticmethod
    def _last_of(counts: dict[int, int], row: int, width: int) -> bool:
        left = counts.get(row, width) - 1
        counts[row] = left
        if left == 0:
            del counts[row]
        return left == 0

    # Vectors.

    def _multiply(self, copy: int) -> Steps:
        """Take every so manieth vector through the arrays of one copy."""
        env, width = self.chip.env, self.layer.output[1]
        pipeline = ArrayPipeline(self.times)
        loads = self.chip.loads_of(self.mapping, self.parts[copy])
        for vector in range(copy, self.chip.batch * self.layer.vectors, self.mapping.copies):
            row = vector // width
            if self.opened.count <= row:
                yield self.opened.reached(row + 1)
            if self.begin_ps is None:
                self.begin_ps = int(env.now)
            slot = self._slots[copy].request()
            if not slot.triggered:
                yield slot
            end = max(self.chip.ports[share.tile].input_buffer.serve(share.bytes) for share in loads)
            yield env.timeout(end - int(env.now))
            begin, done = pipeline.multiply(int(env.now))
            self._row_loaded(row)
            env.process(self._finish(copy, vector, slot, done))
            if begin > env.now:
                yield env.timeout(begin - int(env.now))

    def _finish(self, copy: int, vector: int, slot: Request, done: int) -> Steps:
        """Add up, and pass on, a vector whose products are there at ``done``."""
        env, parts = self.chip.env, self.parts[copy]
        row, x = divmod(vector, self.layer.output[1])
        yield env.timeout(done - int(env.now))
        if len(parts) > 1:
            yield from self._gather(parts)
        if self.layer.adds is not None:
            shortcut = self.inboxes[self.layer.adds]
            if shortcut.arrived.count <= row:
                yield shortcut.arrived.reached(row + 1)
        yield from self._add_up(copy)
        last = self._last_of(self._sums, row, self.layer.output[1])
        if last:
            before = self._rows_passed(self.added.count)
            self.added.done(row)
            if self.layer.adds is not None:
                self.inboxes[self.layer.adds].released.raise_to(self.added.count)
        if self.layer.pool is None:
            yield from self._send(copy, row, x)
        elif last:
            self._send_pooled(before, self._rows_passed(self.added.count))
        self._slots[copy].release(slot)

    def _gather(self, parts: Sequence[Part]) -> Steps:
        """Bring partial sums to where their column block began."""
        env, ports, mapping = self.chip.env, self.chip.ports, self.mapping
        moved = [(part.tile, mapping.partial_bytes_of(part)) for part in parts]
        moved = [(tile, amount) for tile, amount in moved if amount]
        if not moved:
            return
        end = max(ports[tile].link_out.serve(amount) for tile, amount in moved)
        yield env.timeout(end + self.chip.hop_ps - int(env.now))
        end = max(ports[tile - 1].link_in.serve(amount) for tile, amount in moved)
        yield env.timeout(end - int(env.now))

    def _add_up(self, copy: int) -> Steps:
        """Add, rectify and pool a vector, and put it into the output buffer."""
        env, end = self.chip.env, int(self.chip.env.now)
        for tile, outputs in self._ends[copy]:
            ports = self.chip.ports[tile]
            end = max(end, ports.digital.serve(outputs * self._operations))
            end = max(end, ports.output_buffer.serve(2 * outputs * self.mapping.hardware.input_bytes))
        yield env.timeout(end - int(env.now))

    def _send_pooled(self, begin: int, end: int) -> None:
        for row in range(begin, end):
            for x in range(self.layer.passed_on[1]):
                self.chip.env.process(self._send(x % self.mapping.copies, row, x))

    def _send(self, copy: int, row: int, x: int) -> Steps:
        """Send a vector to all that read it."""
        env, mapping = self.chip.env, self.mapping
        size = mapping.hardware.input_bytes if self.readers else self.chip.result_bytes
        end = int(env.now)
        for tile, outputs in self._ends[copy]:
            end = max(end, self.chip.ports[tile].link_out.serve(outputs * size))
        yield env.timeout(end - int(env.now))
        self.end_ps = int(env.now)
        if self._last_of(self._send_left, row, self.layer.passed_on[1]):
            self.sent.done(row)
        for inbox in self.readers:
            shares = inbox.pixels.shares(row, x)
            env.process(self.chip.arrive(self.mapping.first_tile, inbox, row, 1, shares))


def ended_outputs(mapping: LayerMapping, parts: Sequence[Part]) -> list[tuple[int, int]]:
    """Return the tiles of a copy that outputs end on, each with how many."""
    found = [(part.tile, mapping.outputs_on(part)) for part in parts]
    return [(tile, outputs) for tile, outputs in found if outputs]


def digital_operations(mapping: LayerMapping) -> int:
    """Return the digital operations of one output: sums of row blocks, shortcut, rectification, pooling."""
    layer = mapping.layer
    return mapping.row_blocks - 1 + (layer.adds is not None) + layer.rectified + (layer.pool is not None)


class Chip:
    """All layers of a mapped network.

    Parameters
    ----------
    env
        The SimPy environment; its time is in ps.
    mapping
        Where everything lies.
    batch
        Images one after another.
    result_bytes
        Bytes of each result that leaves the chip.

    Raises
    ------
    BufferSizeError
        Where a buffer cannot hold what its layer needs at once.
    """

    def __init__(
        self, env: simpy.Environment, mapping: ChipMapping, batch: int = 1, result_bytes: int = 4
    ) -> None:
        self.env, self.mapping, self.batch, self.result_bytes = env, mapping, batch, result_bytes
        hardware = mapping.hardware
        self.ports = [TilePorts(env, hardware) for _ in range(mapping.tiles)]
        self.hop_ps = picoseconds(hardware.link.hop_ns)
        self._side = isqrt(hardware.tiles - 1) + 1
        self.layers = {each.layer.name: LayerOnChip(self, each) for each in mapping.layers}
        self.image_readers: list[Inbox] = []
        for layer in self.layers.values():
            for source in layer.layer.sources:
                inbox = self._inbox(layer, source)
                layer.inboxes[source] = inbox
                readers = self.image_readers if source == IMAGE else self.layers[source].readers
                readers.append(inbox)

    def start(self) -> None:
        """Begin all processes."""
        for layer in self.layers.values():
            layer.start()

    def arrive(self, tile: int, inbox: Inbox, row: int, pixels: int, shares: Shares) -> Steps:
        """Take pixels of a row from ``tile`` through the network into the buffers of a reader."""
        env = self.env
        if shares:
            yield env.timeout(self._hops(tile, shares) * self.hop_ps)
            end = max(self.ports[share.tile].link_in.serve(share.bytes) for share in shares)
            yield env.timeout(end - int(env.now))
            end = max(self.ports[share.tile].input_buffer.serve(share.bytes) for share in shares)
            yield env.timeout(end - int(env.now))
        inbox.bytes += sum(share.bytes for share in shares)
        left = inbox.left.get(row, inbox.pixels.width) - pixels
        inbox.left[row] = left
        if left == 0:
            del inbox.left[row]
            inbox.arrived.done(row)

    def loads_of(self, mapping: LayerMapping, parts: Sequence[Part]) -> list[Share]:
        """Return what the arrays of a copy read for one vector from each tile's buffer."""
        size = mapping.hardware.input_bytes
        return [Share(part.tile, mapping.rows_on(part) * size) for part in parts]

    def _hops(self, tile: int, shares: Shares) -> int:
        """Return the hops from a tile to the farthest of those that receive."""
        side = self._side
        return max(
            abs(share.tile % side - tile % side) + abs(share.tile // side - tile // side) for share in shares
        )

    def _inbox(self, layer: LayerOnChip, source: str) -> Inbox:
        is_shortcut = source == layer.layer.adds
        pixels = layer.distributions[is_shortcut]
        return Inbox(layer, pixels, layer.room[is_shortcut], RowsDone(self.env), RowsDone(self.env))


def buffered_rows(mapping: LayerMapping, pixels: Distribution, shortcut: Distribution) -> tuple[int, int]:
    """Return the rows that the input buffers of a layer hold, of its input and of its shortcut.

    A layer needs the rows of its window and those by which it moves on. The shortcut waits for the window of
    the layer itself and one row more. What is left is shared alike.

    Raises
    ------
    BufferSizeError
        Where there is less.
    """
    layer, hardware = mapping.layer, mapping.hardware
    rows = layer.window.kernel[0] + layer.window.stride[0]
    shortcut_rows = layer.window.kernel[0] + 1 if layer.adds is not None else 0
    needed = {tile: rows * amount for tile, amount in pixels.most_of_a_row().items()}
    for tile, amount in shortcut.most_of_a_row().items() if shortcut_rows else ():
        needed[tile] = needed.get(tile, 0) + shortcut_rows * amount
    most, capacity = max(needed.values()), hardware.tile.input_buffer.bytes
    if most > capacity:
        raise BufferSizeError(
            f"layer {layer.name} needs {most:,} bytes of input buffer in a tile for its window of "
            f"{rows} rows{f' and {shortcut_rows} of its shortcut' if shortcut_rows else ''}; "
            f"crossbar.tile.input_buffer.bytes is {capacity:,}"
        )
    return rows * capacity // most, shortcut_rows * capacity // most


def buffered_vectors(mapping: LayerMapping, parts: Sequence[Part]) -> int:
    """Return the vectors of one copy that its tiles have room for, from their loading to their sending.

    The copies on a tile share its output buffer alike.

    Raises
    ------
    BufferSizeError
        Where there is no room for one.
    """
    hardware = mapping.hardware
    most, capacity = 0, hardware.tile.output_buffer.bytes
    for part in parts:
        tile = part.tile - mapping.first_tile
        first = tile * hardware.tile.arrays // mapping.arrays
        end = min((tile + 1) * hardware.tile.arrays - 1, mapping.arrays * mapping.copies - 1)
        copies = end // mapping.arrays - first + 1
        most = max(most, copies * mapping.outputs_on(part) * hardware.input_bytes)
    if most > capacity:
        raise BufferSizeError(
            f"layer {mapping.layer.name} needs {most:,} bytes of output buffer in a tile for a vector of "
            f"each copy there; crossbar.tile.output_buffer.bytes is {capacity:,}"
        )
    return capacity // most
