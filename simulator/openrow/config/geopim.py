"""The typed model of GeoPIM: a compute unit beside each bank that samples feature maps where they lie.

The unit is that of the design notes of GeoPIM v3.0. What those leave open, or leave out, is a named option.
"""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from openrow.config.base import Choice, PositiveInt, Section
from openrow.config.memory import Constraint

PositiveFloat = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
ASSUMED = re.compile(r"assumed\(([0-9]*\.?[0-9]+)\)")


def _hit_rate(text: object) -> object:
    matched = ASSUMED.fullmatch(str(text))
    if text != "simulated" and (matched is None or float(matched.group(1)) > 1):
        raise ValueError("should be 'simulated' or 'assumed(x)' with x from 0 to 1, such as assumed(0.7)")
    return text


class Activations(Choice):
    """How activations by units of different banks wait for one another."""

    PER_BANK = "per-bank"
    GANGED = "ganged"


class ColumnCommands(Choice):
    """Where column commands of units come from."""

    BANK_LOCAL = "bank-local"
    COMMAND_BUS = "command-bus"


class Neighbours(Choice):
    """How a unit gets neighbours of a sample that another bank holds."""

    HALO = "halo"
    SCRATCHPAD = "scratchpad"
    CHANNEL = "channel"


class PlacementRule(Choice):
    """Which bank holds which pixels."""

    ROW_MAJOR = "row-major"
    HASHED = "hashed-tiles"
    GEOMETRY = "geometry-aware"


class Assignment(Choice):
    """What goes to one bank as a whole: that of its sampling centre."""

    SAMPLE = "sample"
    GROUP = "group"
    QUERY = "query"


class VisitOrder(Choice):
    """In which order a unit takes its samples."""

    RASTER = "raster"
    MORTON = "morton"


class FetchOrder(Choice):
    """In which order a unit reads the bursts of a sample."""

    BY_TILE = "by-tile"
    BY_ROW = "by-row"


class LinkConfig(Section):
    """The link between host and units."""

    bandwidth_gb_per_s: PositiveFloat
    """In each direction."""
    latency_ns: NotNegative = 0.0
    """Before the first byte arrives."""
    energy_pj_per_bit: NotNegative
    """Of a bit moved."""
    overlapped: bool = True
    """Whether transfers go on while units compute; else they come before and after."""


class UnitPower(Section):
    """Power of a unit by part, while it works."""

    address_generator_mw: NotNegative
    """Coordinates and addresses."""
    tile_buffer_mw: NotNegative
    """The ping-pong buffer."""
    macs_mw: NotNegative
    """Multipliers and accumulators."""
    control_mw: NotNegative
    """Everything else that switches."""
    leakage_mw: NotNegative
    """At all times."""


class GeoPimConfig(Section):
    """Compute units beside banks that sample feature maps."""

    model: Literal["geopim"]
    """Says that this section is GeoPIM."""
    source: str
    """Where the figures come from."""
    active_banks: PositiveInt
    """Units that work."""
    active_banks_in_channel: PositiveInt
    """Of those, how many lie in one channel; so many channels are used."""
    clock_mhz: PositiveFloat
    """Clock of a unit."""
    lanes: PositiveInt
    """FP16 multipliers of a unit."""
    accumulators: PositiveInt
    """FP32 accumulators of a lane: channels that are summed at once are lanes times accumulators."""
    neighbour_cycles: PositiveInt
    """Cycles to multiply one neighbour's channels in the lanes."""
    accumulate_cycles: Annotated[int, Field(ge=0)]
    """Cycles to add the weighted sum of the neighbours to the accumulators."""
    coordinate_cycles: Annotated[int, Field(ge=0)]
    """Cycles of the coordinate unit for a sample; all but the first are hidden behind the sample before."""
    tile_buffer_bytes: PositiveInt
    """The whole buffer of a unit."""
    slots: Annotated[int, Field(gt=0, le=8)]
    """Parts of the buffer: one is computed on while others are filled."""
    parameter_entries: PositiveInt
    """Parameter registers of a unit: runs of samples whose parameters are on their way or in use."""
    parameter_bytes: PositiveInt
    """Bytes of a parameter register: what a unit is told of one run of samples."""
    scratchpad_bytes: Annotated[int, Field(ge=0)] = 0
    """Scratchpad shared by the units of a channel; 0 where there is none."""
    hit_rate: Annotated[str, BeforeValidator(_hit_rate)] = "simulated"
    """``simulated``, or ``assumed(x)`` for the analytic model of the design notes at row-hit rate x."""
    tile_hit_cycles: PositiveInt
    """Analytic model: unit cycles to fetch a tile on a row hit."""
    tile_miss_cycles: PositiveInt
    """Analytic model: unit cycles to fetch a tile on a row miss."""
    activations: Activations = Activations.PER_BANK
    """``per-bank`` charges every activation to tRRD and tFAW; ``ganged`` charges none to other banks."""
    column_commands: ColumnCommands = ColumnCommands.BANK_LOCAL
    """``bank-local``: a sequencer in each bank; ``command-bus``: the channel's command bus carries them."""
    neighbours: Neighbours = Neighbours.HALO
    """``halo`` keeps a copy of the pixels next to each tile, ``scratchpad`` shares them in the channel, and
    ``channel`` fetches them over the channel."""
    placement: PlacementRule = PlacementRule.GEOMETRY
    """``row-major`` deals pixels to banks in raster order, a DRAM row each; ``hashed-tiles`` hashes tiles to
    banks; ``geometry-aware`` cuts the Morton curve of the tiles into one piece of equal work a bank."""
    tile_pixels: PositiveInt = 2
    """Side of a tile, in pixels."""
    assignment: Assignment = Assignment.SAMPLE
    """``sample``: every sample goes to its own bank; ``group``: the points of a query on one depth plane go
    together; ``query``: all samples of a query."""
    order: VisitOrder = VisitOrder.RASTER
    """``raster``: query by query; ``morton``: by position in the sampled map."""
    fetch_order: FetchOrder = FetchOrder.BY_ROW
    """``by-tile`` reads a burst of every neighbour in turn; ``by-row`` all bursts of a neighbour at once,
    which takes an accumulator for every channel."""
    weight_element: Literal["fp32", "fp16"] = "fp32"
    """How a lane takes the product of bilinear and attention weight, or the bilinear weight alone."""
    check_numbers: bool = True
    """Whether the units' numbers are computed too, and held to the kernel's definition."""
    read_latency: str | int
    """Cycles from a read to its data in the unit: a number or a formula of timings."""
    constraints: Annotated[list[Constraint], Field(min_length=1)]
    """Rows of the constraint table of the units' command ``PIM_RD``."""
    host_traffic: str | None = None
    """A kernel whose accesses the host plays on the same memory at the same time."""
    link: LinkConfig
    """Between host and units."""
    power: UnitPower
    """Of a unit."""

    @property
    def assumed_hit_rate(self) -> float | None:
        """The assumed row-hit rate, or None where it is simulated."""
        matched = ASSUMED.fullmatch(self.hit_rate)
        return float(matched.group(1)) if matched else None

    @property
    def channels(self) -> int:
        """Channels whose banks have working units."""
        return -(-self.active_banks // self.active_banks_in_channel)
