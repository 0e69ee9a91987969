"""A mapped network simulated: its images in time, and its programming before."""

from collections.abc import Mapping
from dataclasses import dataclass

import simpy

from openrow.config.architecture import Architecture
from openrow.crossbar.hardware.chip import BufferSizeError, Chip, LayerOnChip, Steps
from openrow.crossbar.hardware.costs import programming_ns, weight_bytes
from openrow.crossbar.hardware.mapping import ChipMapping, LayerMapping
from openrow.crossbar.hardware.tensors import TensorMemory, image_bytes, read_images, write_results
from openrow.crossbar.hardware.timing import OperationTimes, picoseconds
from openrow.memory.statistics import MemoryStatistics


@dataclass(frozen=True)
class LayerTimes:
    """When a layer ran, and what was busy, ps.

    Attributes
    ----------
    begin_ps, end_ps
        From its first vector's inputs to the sending of its last.
    busy_ps
        Of the fullest copy's array and converter, and of the busiest tile's ports.
    waited_ps
        For inputs, and for room in the buffers of those who read its output.
    received_bytes
        What its tiles have been sent, all together.
    """

    times: OperationTimes
    begin_ps: int
    end_ps: int
    busy_ps: Mapping[str, int]
    waited_ps: Mapping[str, int]
    received_bytes: int

    @property
    def span_ps(self) -> int:
        """From begin to end."""
        return self.end_ps - self.begin_ps

    @property
    def limited_by(self) -> str:
        """What it spent most of its time on: a busy part, or waiting."""
        shares = {**self.busy_ps, **{f"waiting_for_{what}": ps for what, ps in self.waited_ps.items()}}
        return max(shares, key=lambda what: shares[what])


@dataclass(frozen=True)
class SimulatedRun:
    """A run of images through a chip."""

    time_ps: int
    layers: Mapping[str, LayerTimes]
    memory: MemoryStatistics | None
    """What the memory did, where tensors are in it."""
    bytes_read: int
    bytes_written: int


@dataclass(frozen=True)
class SimulatedProgramming:
    """The programming of a chip."""

    time_ps: int
    memory: MemoryStatistics | None
    bytes_read: int


def simulate_run(
    architecture: Architecture, mapping: ChipMapping, batch: int, result_bytes: int
) -> SimulatedRun:
    """Simulate images on a mapped network.

    Raises
    ------
    UserError
        Where a buffer cannot hold what its layer needs, or the memory its tensors.
    """
    env = simpy.Environment()
    chip = Chip(env, mapping, batch, result_bytes)
    memory = None
    last = list(chip.layers.values())[-1]
    if mapping.hardware.tensors == "dram":
        memory = TensorMemory(env, architecture.memory)
        result = batch * last.layer.passed_on[0] * last.layer.passed_on[1] * last.layer.outputs
        memory.check_fit(image_bytes(chip) + result * result_bytes)
        env.process(read_images(chip, memory))
        env.process(write_results(chip, memory))
    else:
        for inbox in chip.image_readers:
            inbox.arrived.raise_to(batch * inbox.reader.layer.image[0])
    chip.start()
    env.run()
    check_done(chip)
    end = int(env.now)
    return SimulatedRun(
        end,
        {name: _times(chip, layer) for name, layer in chip.layers.items()},
        None if memory is None else memory.statistics(end),
        0 if memory is None else memory.bytes_read,
        0 if memory is None else memory.bytes_written,
    )


def check_done(chip: Chip) -> None:
    """Refuse a run that has ended before all results were sent.

    Raises
    ------
    BufferSizeError
        Naming the layers that still wait.
    """
    last = list(chip.layers.values())[-1]
    if last.sent.count < chip.batch * last.layer.passed_on[0]:
        stuck = [name for name, layer in chip.layers.items() if layer.waited_for is not None]
        raise BufferSizeError(
            f"buffers of tiles are full and wait for one another at {', '.join(stuck)}: "
            "crossbar.tile.input_buffer.bytes is too small"
        )


def _times(chip: Chip, layer: LayerOnChip) -> LayerTimes:
    mapping = layer.mapping
    vectors = -(-chip.batch * mapping.layer.vectors // mapping.copies)
    busy = {"array": vectors * layer.times.array_busy, "adc": vectors * layer.times.adc_busy}
    for tile in mapping.tile_numbers:
        for name, ps in chip.ports[tile].busy_ps().items():
            busy[name] = max(busy.get(name, 0), ps)
    assert layer.begin_ps is not None, "it has run"
    received = sum(inbox.bytes for inbox in layer.inboxes.values())
    return LayerTimes(layer.times, layer.begin_ps, layer.end_ps, busy, layer.waited_ps, received)


def simulate_programming(architecture: Architecture, mapping: ChipMapping) -> SimulatedProgramming:
    """Simulate the programming of all layers, one after another as their weights come from memory.

    Raises
    ------
    UserError
        Where the memory does not hold the weights.
    """
    env = simpy.Environment()
    memory = None
    if mapping.hardware.tensors == "dram":
        memory = TensorMemory(env, architecture.memory)
        memory.check_fit(sum(weight_bytes(each) for each in mapping.layers))
    env.process(_program(env, mapping, memory))
    env.run()
    end = int(env.now)
    if memory is None:
        return SimulatedProgramming(end, None, 0)
    return SimulatedProgramming(end, memory.statistics(end), memory.bytes_read)


def _program(env: simpy.Environment, mapping: ChipMapping, memory: TensorMemory | None) -> Steps:
    address = 0
    for each in mapping.layers:
        if memory is not None:
            yield memory.read(address, weight_bytes(each))
            address += weight_bytes(each)
        env.process(_write_cells(env, each))


def _write_cells(env: simpy.Environment, mapping: LayerMapping) -> Steps:
    """Write the fullest tile of a layer; its other tiles are done by then."""
    arrays = min(mapping.arrays * mapping.copies, mapping.hardware.tile.arrays)
    yield env.timeout(picoseconds(programming_ns(mapping, arrays)))
