"""The time, traffic and energy of deformable attention on GeoPIM, layer by layer.

A layer's maps are placed in the banks, its samples go to the units, and the units read them through the
memory's constraint table. Neighbours in other banks are read by the host's side of the controller on the
channels that hold them, while the units work, and go down the channels that want them: both contend for the
data buses. Coordinates are known ahead, so a unit does not wait for a single one of them; the layer waits for
all. What the link carries goes on at the same time or comes before and after, as configured.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openrow.config.architecture import Architecture
from openrow.config.geopim import Activations, ColumnCommands, GeoPimConfig
from openrow.config.latency_formula import evaluate
from openrow.config.memory import MemoryConfig
from openrow.config.organisation import burst_bytes
from openrow.config.timings import cycle_ns, resolved_timings
from openrow.errors import UserError
from openrow.memory.energy import energy_pj
from openrow.memory.mapping import AddressMapping, Coordinates
from openrow.memory.statistics import MemoryStatistics, memory_statistics
from openrow.memory.system import FAR, Reason
from openrow.memory.units.columns import COLUMN_BITS, COLUMN_MASK
from openrow.memory.units.unit_array import MemoryWithUnits, UnitOutcome, memory_of_units
from openrow.pim.geopim.assignment import LayerSamples, UnitWork, assign_samples, samples_of_layer
from openrow.pim.geopim.remote import remote_pixels
from openrow.pim.geopim.units import ELEMENT_BYTES, BankNumbers, geopim_of, unit_shape
from openrow_kernels.catalogue import kernel as make_kernel
from openrow_kernels.deformable_attention import DeformableAttention, Layer
from openrow_traces.chunk import TraceChunk, as_trace_chunk

SUM_BYTES = 4
REFERENCE_BYTES = 8
"""A reference point, x and y in FP32."""
IDLE = "imbalance"
"""What a unit that is done waits for: the others."""
COMPUTING = "computing"


@dataclass(frozen=True)
class LayerResult:
    """What one layer comes to.

    Attributes
    ----------
    name
        The layer.
    all_samples, samples
        All samples, and those with a neighbour inside the map.
    units_ns
        From the start to the end of the last unit.
    channel_ns
        How long the data buses of the busiest channel carried neighbours of other banks.
    parameters_ns
        How long the unit with the most runs of samples waits for parameters, if every register is filled as
        soon as it is free.
    down_ns, up_ns
        The link's time for reference points, weights, offsets and parameters, and for sums.
    time_ns
        All together.
    shares
        Shares of the units' time by what they did or waited for.
    """

    name: str
    all_samples: int
    samples: int
    units_ns: float
    channel_ns: float
    parameters_ns: float
    down_ns: float
    up_ns: float
    time_ns: float
    down_bytes: int
    up_bytes: int
    runs: int
    remote_neighbours: int
    fetched_neighbours: int
    imbalance: float
    stored_bytes: int
    plain_bytes: int
    shares: dict[str, float]
    statistics: MemoryStatistics
    outcomes: list[UnitOutcome] = field(repr=False)

    @property
    def limited_by(self) -> str:
        """What bounds the layer: the link, the channel, or what the units did most."""
        bounds = {
            "units": self.units_ns,
            "channel": self.channel_ns,
            "parameters": self.parameters_ns,
            "link": max(self.down_ns, self.up_ns),
        }
        bound = max(bounds, key=lambda name: bounds[name])
        return max(self.shares, key=lambda name: self.shares[name]) if bound == "units" else bound


Progress = Callable[[str, float], None]


def simulate_layer(
    architecture: Architecture, kernel: DeformableAttention, layer: Layer, samples: LayerSamples | None = None
) -> LayerResult:
    """Simulate one layer of ``kernel`` on the architecture's units.

    Raises
    ------
    UserError
        Where the units, the maps and the memory do not fit each other.
    """
    config, memory = geopim_of(architecture), architecture.memory
    if kernel.parameters.element != "fp16":
        raise UserError(f"GeoPIM samples fp16, and the kernel's element is {kernel.parameters.element}")
    samples = samples_of_layer(kernel, layer) if samples is None else samples
    pixel_bytes = kernel.parameters.channels * ELEMENT_BYTES
    if pixel_bytes // samples.heads % burst_bytes(memory):
        raise UserError(
            f"the {kernel.parameters.channels // samples.heads} channels of a head should fill whole bursts "
            f"of {burst_bytes(memory)} B: units read bursts"
        )
    work = assign_samples(memory, config, samples, pixel_bytes)
    numbers = BankNumbers.of(memory, config)
    shape = unit_shape(memory, config, work.placement.bursts // samples.heads)
    bank_local = config.column_commands is ColumnCommands.BANK_LOCAL
    ganged = config.activations is Activations.GANGED
    with_units = memory_of_units(memory, config.constraints, bank_local, ganged)
    system = MemoryWithUnits(with_units, shape, _by_channel(work, numbers, config.active_banks))
    fetched = remote_pixels(config, work, numbers, pixel_bytes, samples)
    bursts_of_channel = np.zeros(memory.channels, dtype=np.int64)
    _run(system, _traffic(config, with_units, fetched, numbers, shape.bursts, bursts_of_channel))
    return _result(config, layer, samples, work, system, fetched, bursts_of_channel, pixel_bytes)


def _by_channel(work: UnitWork, numbers: BankNumbers, active: int) -> dict[int, dict[int, NDArray[np.int64]]]:
    all_numbers = np.arange(active, dtype=np.int64)
    channel, bank = numbers.channel(all_numbers), numbers.bank(all_numbers)
    samples: dict[int, dict[int, NDArray[np.int64]]] = {int(c): {} for c in np.unique(channel)}
    for number in range(active):
        own = work.places[work.starts[number] : work.starts[number + 1]]
        samples[int(channel[number])][int(bank[number])] = own
    return samples


def _run(system: MemoryWithUnits, chunks: Iterator[TraceChunk]) -> None:
    system.offer(0, chunks)
    while system.advance(FAR) is Reason.NEED_FEED:
        system.feed()


REMOTE_CHUNK = 1 << 14


def _traffic(
    config: GeoPimConfig,
    memory: MemoryConfig,
    fetched: NDArray[np.int64],
    numbers: BankNumbers,
    bursts: int,
    bursts_of_channel: NDArray[np.int64],
) -> Iterator[TraceChunk]:
    """What the controller is asked for meanwhile: neighbours for other banks, then the host's own traffic."""
    mapping = AddressMapping(memory)
    for first in range(0, len(fetched), REMOTE_CHUNK):
        bank, place = fetched[first : first + REMOTE_CHUNK].T
        channel = numbers.channel(bank)
        np.add.at(bursts_of_channel, channel, bursts)
        column = (place & COLUMN_MASK)[:, None] + np.arange(bursts)
        channels, banks, rows = (
            np.repeat(part, bursts) for part in (channel, numbers.bank(bank), place >> COLUMN_BITS)
        )
        where = Coordinates(channels, banks, rows, column.reshape(-1).astype(np.int64))
        address = mapping.encode(where)
        size = np.ones(len(address), dtype=np.uint32)
        yield TraceChunk(address, np.zeros(len(address), dtype=np.bool_), size)
    if config.host_traffic is not None:
        for chunk in make_kernel(config.host_traffic).stream():
            yield as_trace_chunk(chunk)


def _unit_shares(outcomes: list[UnitOutcome], active: int) -> dict[str, float]:
    """Shares of the active units' time until the last is done."""
    end = max((outcome.end for outcome in outcomes), default=0)
    total = end * active
    if not total:
        return {IDLE: 1.0}
    cycles = {COMPUTING: sum(outcome.computed for outcome in outcomes)}
    for outcome in outcomes:
        for cause, waited in outcome.waited.items():
            cycles[cause] = cycles.get(cause, 0) + waited
    cycles[IDLE] = total - sum(cycles.values())
    return {name: count / total for name, count in cycles.items()}


def _result(
    config: GeoPimConfig,
    layer: Layer,
    samples: LayerSamples,
    work: UnitWork,
    system: MemoryWithUnits,
    fetched: NDArray[np.int64],
    bursts_of_channel: NDArray[np.int64],
    pixel_bytes: int,
) -> LayerResult:
    memory = system.memory
    period_ns = float(cycle_ns(memory.clock))
    outcomes = system.unit_outcomes()
    units_ns = system.units_end_cycle() * period_ns
    # What is read out of one channel is written into another: on the average channel twice what it reads.
    burst_cycles = evaluate(memory.burst_cycles, resolved_timings(memory))
    delivered = int(bursts_of_channel.sum()) / max(config.channels, 1)
    busiest = (float(bursts_of_channel.max(initial=0)) + delivered) * burst_cycles / memory.pseudo_channels
    channel_ns = max(busiest, float(system.end_cycle()) if len(fetched) else 0.0) * period_ns
    # Reference points do not lie evenly enough to be counted up: each is sent.
    points = len(samples.x) // samples.in_group * REFERENCE_BYTES
    down = points + len(samples.x) * ELEMENT_BYTES + work.runs * config.parameter_bytes
    if layer.offsets is not None:
        down += 2 * len(samples.x) * ELEMENT_BYTES
    up = work.runs * (pixel_bytes // ELEMENT_BYTES // samples.heads) * SUM_BYTES
    link = config.link
    down_ns, up_ns = down / link.bandwidth_gb_per_s, up / link.bandwidth_gb_per_s
    parameters_ns = float(work.runs_of_unit.max(initial=0)) * link.latency_ns / config.parameter_entries
    busy_ns = max(units_ns, channel_ns, parameters_ns)
    whole_ns = max(busy_ns, down_ns, up_ns) if link.overlapped else busy_ns + down_ns + up_ns
    states = [(system.standard, group.state) for group in system.groups]
    end = max(system.units_end_cycle(), system.end_cycle(), 1)
    return LayerResult(
        name=layer.name,
        all_samples=len(samples.x),
        samples=len(work.order),
        units_ns=units_ns,
        channel_ns=channel_ns,
        parameters_ns=parameters_ns,
        down_ns=down_ns,
        up_ns=up_ns,
        time_ns=whole_ns + 2 * link.latency_ns,
        down_bytes=down,
        up_bytes=up,
        runs=work.runs,
        remote_neighbours=work.remote_neighbours,
        fetched_neighbours=len(fetched),
        imbalance=work.imbalance,
        stored_bytes=work.placement.stored_bytes,
        plain_bytes=work.placement.plain_bytes,
        shares=_unit_shares(outcomes, config.active_banks),
        statistics=memory_statistics(states, end),
        outcomes=outcomes,
    )


@dataclass(frozen=True)
class SamplingResult:
    """What a kernel comes to on GeoPIM: its layers one after another."""

    layers: list[LayerResult]
    config: GeoPimConfig

    @property
    def time_ns(self) -> float:
        """All layers."""
        return sum(layer.time_ns for layer in self.layers)

    @property
    def row_hit_rate(self) -> float | None:
        """Share of the units' and the controller's bursts that found their row open."""
        hits = sum(layer.statistics.total.rows.hits for layer in self.layers)
        rows = [layer.statistics.total.rows for layer in self.layers]
        total = sum(row.hits + row.misses + row.conflicts for row in rows)
        return hits / total if total else None

    @property
    def energy_pj(self) -> dict[str, float]:
        """By component: DRAM, the units by part, the link; and in total."""
        energy: dict[str, float] = {}
        for layer in self.layers:
            for name, value in energy_pj(layer.statistics).items():
                if name != "total":
                    energy[f"dram_{name}"] = energy.get(f"dram_{name}", 0.0) + value
        for name, value in self._unit_energy().items():
            energy[name] = value
        bits = 8 * sum(layer.down_bytes + layer.up_bytes for layer in self.layers)
        energy["link"] = bits * self.config.link.energy_pj_per_bit
        energy["total"] = sum(energy.values())
        return energy

    def _unit_energy(self) -> dict[str, float]:
        """mW times ns: a part switches while its unit computes or reads, and leaks all the time."""
        power = self.config.power
        cycle = 1000 / self.config.clock_mhz
        busy_ns = sum(outcome.end * cycle for layer in self.layers for outcome in layer.outcomes)
        computed_ns = sum(outcome.computed * cycle for layer in self.layers for outcome in layer.outcomes)
        return {
            "unit_address_generator": power.address_generator_mw * busy_ns,
            "unit_tile_buffer": power.tile_buffer_mw * busy_ns,
            "unit_macs": power.macs_mw * computed_ns,
            "unit_control": power.control_mw * busy_ns,
            "unit_leakage": power.leakage_mw * self.time_ns * self.config.active_banks,
        }


def simulate_sampling(
    architecture: Architecture,
    spec: str,
    parameters: Sequence[str] = (),
    progress: Progress = lambda _what, _share: None,
) -> SamplingResult:
    """Simulate a deformable attention on the architecture's units.

    Raises
    ------
    UserError
        Where the kernel is no deformable attention, or does not fit.
    """
    config = geopim_of(architecture)
    made = make_kernel(spec, parameters)
    if not isinstance(made, DeformableAttention):
        raise UserError(f"GeoPIM runs deformable-attention, and {spec} is another kernel")
    layers = []
    for number, layer in enumerate(made.layers):
        progress(f"{spec}: {layer.name}", number / len(made.layers))
        layers.append(simulate_layer(architecture, made, layer))
    return SamplingResult(layers, config)
