"""The units of an architecture: that they fit together and with the memory, and where they lie."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from openrow.config.architecture import Architecture
from openrow.config.geopim import FetchOrder, GeoPimConfig, Neighbours
from openrow.config.latency_formula import evaluate
from openrow.config.memory import MemoryConfig
from openrow.config.organisation import burst_bytes
from openrow.config.timings import cycle_ns, resolved_timings
from openrow.errors import UserError
from openrow.memory.units.unit_array import UnitShape
from openrow.pim.geopim.analytic import compute_cycles

ELEMENT_BYTES = 2


def geopim_of(architecture: Architecture) -> GeoPimConfig:
    """The architecture's units.

    Raises
    ------
    UserError
        Where it has none.
    """
    config = architecture.pim
    if not isinstance(config, GeoPimConfig):
        raise UserError("the architecture has no GeoPIM units (pim.model: geopim)")
    return config


def unit_shape(memory: MemoryConfig, config: GeoPimConfig, bursts: int) -> UnitShape:
    """What a unit is, for maps whose pixels have ``bursts`` bursts a head.

    Raises
    ------
    UserError
        Where a head has more channels than the unit has accumulators.
    """
    burst = burst_bytes(memory)
    channels = burst // ELEMENT_BYTES
    by_row = config.fetch_order is FetchOrder.BY_ROW
    if bursts * channels > config.lanes * config.accumulators:
        raise UserError(
            f"{bursts * channels} channels of a head need as many accumulators, and there are "
            f"{config.lanes} x {config.accumulators} (pim.lanes, pim.accumulators)"
        )
    tiles = channels // config.lanes
    period = Fraction(1000) / (Fraction(cycle_ns(memory.clock)) * Fraction(config.clock_mhz))
    return UnitShape(
        bursts=bursts,
        by_row=by_row,
        block_cycles=tiles * (config.neighbour_cycles if by_row else compute_cycles(config)),
        last_cycles=bursts * tiles * config.accumulate_cycles if by_row else 0,
        window=config.slots,
        period=period,
        latency=evaluate(config.read_latency, resolved_timings(memory)),
        start=config.coordinate_cycles,
    )


@dataclass(frozen=True)
class BankNumbers:
    """Where active bank ``i`` lies: in a channel, with a flat number there.

    Neighbouring numbers lie in one channel where it has a scratchpad for them, else in different ones, so
    that no channel's activation window has all of a busy place.
    """

    channels: int
    in_channel: int
    step: int
    grouped: bool

    @classmethod
    def of(cls, memory: MemoryConfig, config: GeoPimConfig) -> "BankNumbers":
        """The numbering of an architecture."""
        banks = memory.pseudo_channels * memory.ranks * memory.stack_ids * memory.bank_groups * memory.banks
        grouped = config.neighbours is Neighbours.SCRATCHPAD
        return cls(
            config.channels, config.active_banks_in_channel, banks // config.active_banks_in_channel, grouped
        )

    def channel(self, number: NDArray[np.int64]) -> NDArray[np.int64]:
        """The channel of active banks."""
        return number // self.in_channel if self.grouped else number % self.channels

    def bank(self, number: NDArray[np.int64]) -> NDArray[np.int64]:
        """The flat number in its channel of active banks."""
        within = number % self.in_channel if self.grouped else number // self.channels
        return within * self.step
