"""What GeoPIM's units must be to the memory they lie in, and to themselves."""

from collections.abc import Iterator

from openrow.config.findings import Check, Finding
from openrow.config.geopim import FetchOrder, Neighbours
from openrow.config.latency_formula import FormulaError, evaluate
from openrow.config.pim_checks import ELEMENT_BITS, memory_value, timing_names, units_model
from openrow.config.sound_values import SoundValues

GEOPIM = "geopim"
NEIGHBOURS = 4
BANK_FIELDS = ("pseudo_channels", "ranks", "stack_ids", "bank_groups", "banks")


def _banks_of_channel(architecture: SoundValues) -> int:
    banks = 1
    for key in BANK_FIELDS:
        banks *= memory_value(architecture, key)
    return banks


def active_banks(architecture: SoundValues) -> Iterator[Finding]:
    """No more units work than there are banks."""
    if units_model(architecture) != GEOPIM:
        return
    banks, channels = _banks_of_channel(architecture), memory_value(architecture, "channels")
    in_channel = architecture.value("pim", "active_banks_in_channel")
    if in_channel > banks:
        text = f"should be at most {banks}, the banks of a channel"
        yield Finding((("pim", "active_banks_in_channel"),), text, str(in_channel))
        return
    active = architecture.value("pim", "active_banks")
    if active > in_channel * channels:
        text = (
            f"should be at most {in_channel * channels}: {channels} channels (memory.channels) of "
            f"{in_channel} active banks (pim.active_banks_in_channel)"
        )
        yield Finding((("pim", "active_banks"), ("memory", "channels")), text, str(active))


def tile_buffer(architecture: SoundValues) -> Iterator[Finding]:
    """What is read at once fits a slot of the buffer."""
    if units_model(architecture) != GEOPIM:
        return
    burst = memory_value(architecture, "bus_width_bits") * memory_value(architecture, "burst_length") // 8
    by_tile = architecture.value("pim", "fetch_order") == FetchOrder.BY_TILE
    block = burst * (NEIGHBOURS if by_tile else 1)
    slots, buffer = architecture.value("pim", "slots"), architecture.value("pim", "tile_buffer_bytes")
    if buffer // slots < block:
        what = "a burst of each of four neighbours" if by_tile else "a burst"
        text = f"should be at least {block * slots}: {slots} slots for {what}, {block} bytes"
        yield Finding((("pim", "tile_buffer_bytes"), ("pim", "slots")), text, str(buffer))


def lanes(architecture: SoundValues) -> Iterator[Finding]:
    """The lanes divide the channels of a burst."""
    if units_model(architecture) != GEOPIM:
        return
    bits = memory_value(architecture, "bus_width_bits") * memory_value(architecture, "burst_length")
    found = architecture.value("pim", "lanes")
    if bits // ELEMENT_BITS % found:
        text = f"should divide the {bits // ELEMENT_BITS} channels of a burst of {bits // 8} bytes"
        yield Finding((("pim", "lanes"), ("memory", "burst_length")), text, str(found))


def scratchpad(architecture: SoundValues) -> Iterator[Finding]:
    """Sharing neighbours in a scratchpad takes one."""
    if units_model(architecture) != GEOPIM:
        return
    sharing = architecture.value("pim", "neighbours") == Neighbours.SCRATCHPAD
    if sharing and architecture.value("pim", "scratchpad_bytes") == 0:
        text = "should be the size of the scratchpad that pim.neighbours=scratchpad shares"
        yield Finding((("pim", "scratchpad_bytes"), ("pim", "neighbours")), text, "0")


def command_bus(architecture: SoundValues) -> Iterator[Finding]:
    """Activations in two commands are not modelled for units."""
    if units_model(architecture) != GEOPIM:
        return
    if memory_value(architecture, "command_bus") == "split-activate":
        text = "should be single or dual: units do not open rows with two commands"
        yield Finding((("memory", "command_bus"), ("pim", "model")), text, "split-activate")


def read_latency(architecture: SoundValues) -> Iterator[Finding]:
    """The formula names timings of the memory."""
    if units_model(architecture) != GEOPIM:
        return
    try:
        evaluate(architecture.value("pim", "read_latency"), timing_names(architecture))
    except FormulaError as error:
        yield Finding((("pim", "read_latency"),), f"{error.token!r} {error.reason}", error.formula)


GEOPIM_CHECKS: tuple[Check, ...] = (active_banks, tile_buffer, lanes, scratchpad, command_bus, read_latency)
