"""The oracle: a chip with an event for every array operation, every column, and every turn of a port.

Arrays, converters and ports are ``simpy.Resource``; nothing is put together. What rows need is written down
anew from the geometry of the layers.
"""

from collections.abc import Generator
from math import ceil
from typing import Any

import simpy

from openrow.crossbar.hardware.chip import buffered_rows, buffered_vectors, digital_operations
from openrow.crossbar.hardware.distribution import Distribution
from openrow.crossbar.hardware.mapping import ChipMapping, LayerMapping
from openrow.crossbar.hardware.timing import cells_of_conversion
from openrow.crossbar.network_shape import IMAGE

Steps = Generator[simpy.Event, Any, None]


class EventPort:
    """A port that is asked for, held and given back."""

    def __init__(self, env: simpy.Environment, per_ns: float) -> None:
        self.env, self.per_ns, self.resource = env, per_ns, simpy.Resource(env)

    def move(self, amount: int) -> simpy.Event:
        """Queue at once; the event comes when all has been moved."""
        return self.env.process(self._move(self.resource.request(), amount))

    def _move(self, turn: Any, amount: int) -> Steps:
        yield turn
        yield self.env.timeout(round(amount * 1000 / self.per_ns))
        self.resource.release(turn)


class EventArray:
    """One array with its sample-and-hold; its converter may be shared."""

    def __init__(self, env: simpy.Environment, mapping: LayerMapping, number: int) -> None:
        hardware, layer = mapping.hardware, mapping.layer
        block, column_block = number % mapping.row_blocks, number // mapping.row_blocks
        size, weights = hardware.array.rows, hardware.weights_of_row
        rows = min(size, layer.rows_of_weights - block * size)
        outputs = min(weights, layer.outputs - column_block * weights)
        self.env = env
        self.groups = -(-rows // hardware.rows_at_once)
        cells = min(outputs * hardware.cells_of_weight, hardware.adc.columns)
        self.columns = -(-cells // cells_of_conversion(hardware)) + hardware.offset_columns
        self.read_ps = round((hardware.dac_built.time_ns + hardware.array.read_ns) * 1000)
        self.column_ps = hardware.adc_built.time_ns * 1000
        self.held = simpy.Resource(env) if hardware.sample_and_hold is not None else None
        self.adc = simpy.Resource(env)
        self.slices = len(hardware.numerics.input_slices)

    def multiply(self) -> Steps:
        """Do all operations of a vector; ends when the array may be driven anew."""
        self.converted = []
        for _ in range(self.slices * self.groups):
            if self.held is None:
                for _ in range(self.columns):
                    yield self.env.timeout(self.read_ps)
                    yield from self._convert()
                continue
            yield self.env.timeout(self.read_ps)
            turn = self.held.request()
            yield turn
            self.converted.append(self.env.process(self._convert_all(turn)))

    def _convert_all(self, turn: Any) -> Steps:
        for _ in range(self.columns):
            yield from self._convert()
        assert self.held is not None
        self.held.release(turn)

    def _convert(self) -> Steps:
        with self.adc.request() as turn:
            yield turn
            yield self.env.timeout(round(self.column_ps))


class EventChip:
    """All layers of a mapped network, every event by itself."""

    def __init__(self, mapping: ChipMapping, batch: int, result_bytes: int = 4) -> None:
        self.env = env = simpy.Environment()
        self.mapping, self.batch, self.result_bytes = mapping, batch, result_bytes
        hardware = mapping.hardware
        tile, link = hardware.tile, hardware.link
        count = range(mapping.tiles)
        self.input_buffer = [EventPort(env, tile.input_buffer.bandwidth_gb_per_s) for _ in count]
        self.output_buffer = [EventPort(env, tile.output_buffer.bandwidth_gb_per_s) for _ in count]
        self.digital = [EventPort(env, tile.digital.operations_per_ns) for _ in count]
        self.link_out = [EventPort(env, link.bandwidth_gb_per_s) for _ in count]
        self.link_in = [EventPort(env, link.bandwidth_gb_per_s) for _ in count]
        self.side = next(side for side in range(1, 100) if side * side >= hardware.tiles)
        self.by_name = {each.layer.name: each for each in mapping.layers}
        self.room = {
            name: buffered_rows(each, Distribution(each), Distribution(each, is_shortcut=True))
            for name, each in self.by_name.items()
        }
        self.needed = {
            (name, shortcut): self._tiles_by_pixel(each, shortcut)
            for name, each in self.by_name.items()
            for shortcut in (False, True)
        }
        self.arrived: dict[tuple[str, str, int], int] = {}
        self.computed: dict[tuple[str, int], int] = {}
        self.sent: dict[tuple[str, int], int] = {}
        self.loaded: dict[tuple[str, int], int] = {}
        self.changed = env.event()
        self.end_ps = dict.fromkeys(self.by_name, 0)

    def run(self) -> None:
        """Run to the end."""
        for each in self.mapping.layers:
            rows = [self.env.event() for _ in range(self.batch * each.layer.output[0])]
            self.env.process(self._open(each, rows))
            for copy in range(each.copies):
                self.env.process(self._copy(each, copy, rows))
        self.env.run()

    def _note(self, counts: dict[Any, int], key: Any, vectors: int = 1) -> None:
        counts[key] = counts.get(key, 0) + vectors
        self.changed.succeed()
        self.changed = self.env.event()

    def _until(self, holds: Any) -> Steps:
        while not holds():
            yield self.changed

    def _tiles_by_pixel(self, mapping: LayerMapping, shortcut: bool) -> dict[tuple[int, int], dict[int, int]]:
        """Bytes by tile for each pixel (row, x): gone through vector by vector."""
        layer, size = mapping.layer, mapping.hardware.input_bytes
        found: dict[tuple[int, int], dict[int, int]] = {}
        for vector in range(self.batch * layer.vectors):
            image, place = divmod(vector, layer.vectors)
            y, x = divmod(place, layer.output[1])
            pixels = [(y, x)]
            if not shortcut:
                (height, width), window = layer.image, layer.window
                pixels = [
                    (
                        y * window.stride[0] - window.padding[0] + dy,
                        x * window.stride[1] - window.padding[1] + dx,
                    )
                    for dy in range(window.kernel[0])
                    for dx in range(window.kernel[1])
                ]
                pixels = [(y, x) for y, x in pixels if 0 <= y < height and 0 <= x < width]
            rows = layer.output[0] if shortcut else layer.image[0]
            for part in mapping.parts(vector % mapping.copies):
                share = mapping.rows_on(part) / layer.rows_of_weights * layer.channels * size
                amount = mapping.outputs_on(part) * size if shortcut else ceil(round(share, 6))
                for y, x in pixels if amount else ():
                    tiles = found.setdefault((image * rows + y, x), {})
                    tiles[part.tile] = max(tiles.get(part.tile, 0), amount)
        return found

    # What rows need.

    def _has_arrived(self, mapping: LayerMapping, source: str, rows: int) -> bool:
        if source == IMAGE:
            return True
        width = self.by_name[source].layer.passed_on[1]
        key = mapping.layer.name
        return all(self.arrived.get((key, source, row), 0) == width for row in range(rows))

    def _released(self, reader: LayerMapping, source: str) -> int:
        """Rows of a source that a reader needs no more."""
        layer = reader.layer
        height, width = layer.output
        if source == layer.adds:
            row = 0
            while self.computed.get((layer.name, row), 0) == width:
                row += 1
            return row
        row = 0
        while self.loaded.get((layer.name, row), 0) == width:
            row += 1
        image, y = divmod(row, height)
        first = max(0, y * layer.window.stride[0] - layer.window.padding[0]) if y else 0
        return image * layer.image[0] + min(first, layer.image[0])

    def _passed(self, mapping: LayerMapping, rows: int) -> int:
        """Rows that are passed on once so many are computed."""
        layer = mapping.layer
        if layer.pool is None:
            return rows
        image, y = divmod(rows, layer.output[0])
        window, total = layer.pool.window, 0
        for row in range(layer.passed_on[0]):
            last = row * window.stride[0] - window.padding[0] + window.kernel[0]
            total += y > 0 and min(last, layer.output[0]) <= y
        return image * layer.passed_on[0] + total

    def _may_begin(self, mapping: LayerMapping, row: int) -> bool:
        layer = mapping.layer
        image, y = divmod(row, layer.output[0])
        last = y * layer.window.stride[0] - layer.window.padding[0] + layer.window.kernel[0]
        needed = image * layer.image[0] + min(last, layer.image[0])
        if not self._has_arrived(mapping, layer.source, needed):
            return False
        passed = self._passed(mapping, row + 1)
        for reader in self.mapping.layers:
            for source, is_shortcut in ((reader.layer.source, False), (reader.layer.adds, True)):
                if source == layer.name:
                    room = self.room[reader.layer.name][is_shortcut]
                    if self._released(reader, source) < passed - room:
                        return False
        return True

    # Vectors.

    def _open(self, mapping: LayerMapping, rows: list[simpy.Event]) -> Steps:
        for row, opened in enumerate(rows):
            yield from self._until(lambda row=row: self._may_begin(mapping, row))
            opened.succeed()

    def _copy(self, mapping: LayerMapping, copy: int, rows: list[simpy.Event]) -> Steps:
        env, layer = self.env, mapping.layer
        parts = mapping.parts(copy)
        arrays = [
            EventArray(env, mapping, number) for number in range(mapping.row_blocks * mapping.column_blocks)
        ]
        slots = simpy.Resource(env, buffered_vectors(mapping, parts))
        free = env.event()
        free.succeed()
        for vector in range(copy, self.batch * layer.vectors, mapping.copies):
            row = vector // layer.output[1]
            if not rows[row].processed:
                yield rows[row]
            slot = slots.request()
            yield slot
            moves = [
                self.input_buffer[part.tile].move(mapping.rows_on(part) * mapping.hardware.input_bytes)
                for part in parts
            ]
            yield env.all_of(moves)
            self._note(self.loaded, (layer.name, row))
            yield free
            free = env.event()
            vector_done = self._vector(mapping, parts, arrays, vector, free)
            env.process(self._until_sent(vector_done, slots, slot))

    def _until_sent(self, vector: Steps, slots: simpy.Resource, slot: Any) -> Steps:
        yield self.env.process(vector)
        slots.release(slot)

    def _vector(
        self, mapping: LayerMapping, parts: Any, arrays: list[EventArray], vector: int, free: simpy.Event
    ) -> Steps:
        env, layer, hardware = self.env, mapping.layer, mapping.hardware
        row, x = divmod(vector, layer.output[1])
        yield env.all_of([env.process(array.multiply()) for array in arrays])
        converting = [event for array in arrays for event in array.converted]
        free.succeed()
        yield env.all_of(converting)
        yield env.timeout(round(hardware.shift_add.time_ns * 1000))
        moved = [(part.tile, mapping.partial_bytes_of(part)) for part in parts]
        moved = [(tile, amount) for tile, amount in moved if amount]
        if moved:
            yield env.all_of([self.link_out[tile].move(amount) for tile, amount in moved])
            yield env.timeout(round(hardware.link.hop_ns * 1000))
            yield env.all_of([self.link_in[tile - 1].move(amount) for tile, amount in moved])
        if layer.adds is not None:
            yield from self._until(lambda: self._has_arrived(mapping, layer.adds or "", row + 1))
        ended = [(part.tile, mapping.outputs_on(part)) for part in parts]
        ended = [(tile, outputs) for tile, outputs in ended if outputs]
        moves = [self.digital[tile].move(outputs * digital_operations(mapping)) for tile, outputs in ended]
        size = hardware.input_bytes
        yield env.all_of(
            [*moves, *(self.output_buffer[tile].move(2 * outputs * size) for tile, outputs in ended)]
        )
        before = self._passed(mapping, self._computed_rows(mapping))
        self._note(self.computed, (layer.name, row))
        after = self._passed(mapping, self._computed_rows(mapping))
        if layer.pool is None:
            yield from self._send(mapping, parts, row, x)
            return
        for passed in range(before, after):
            for place in range(layer.passed_on[1]):
                copy = mapping.parts(place % mapping.copies)
                env.process(self._send(mapping, copy, passed, place))

    def _computed_rows(self, mapping: LayerMapping) -> int:
        row = 0
        while self.computed.get((mapping.layer.name, row), 0) == mapping.layer.output[1]:
            row += 1
        return row

    def _send(self, mapping: LayerMapping, parts: Any, row: int, x: int) -> Steps:
        env, name = self.env, mapping.layer.name
        readers = [
            (reader, shortcut)
            for reader in self.mapping.layers
            for source, shortcut in ((reader.layer.source, False), (reader.layer.adds, True))
            if source == name
        ]
        size = mapping.hardware.input_bytes if readers else self.result_bytes
        ended = [(part.tile, mapping.outputs_on(part)) for part in parts]
        yield env.all_of([self.link_out[tile].move(outputs * size) for tile, outputs in ended if outputs])
        self.end_ps[name] = int(env.now)
        self._note(self.sent, (name, row))
        for reader, shortcut in readers:
            env.process(self._arrive(mapping, reader, shortcut, row, x))

    def _arrive(self, mapping: LayerMapping, reader: LayerMapping, shortcut: bool, row: int, x: int) -> Steps:
        tiles = self.needed[reader.layer.name, shortcut].get((row, x), {})
        side, own = self.side, mapping.first_tile
        if tiles:
            hops = max(abs(tile % side - own % side) + abs(tile // side - own // side) for tile in tiles)
            yield self.env.timeout(hops * round(mapping.hardware.link.hop_ns * 1000))
            yield self.env.all_of([self.link_in[tile].move(amount) for tile, amount in tiles.items()])
            yield self.env.all_of([self.input_buffer[tile].move(amount) for tile, amount in tiles.items()])
        self._note(self.arrived, (reader.layer.name, mapping.layer.name, row))
