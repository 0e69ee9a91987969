"""What PIM units must be to the memory they lie in."""

from collections.abc import Iterator
from typing import Any

from openrow.config.findings import Check, Finding
from openrow.config.latency_formula import FormulaError, evaluate
from openrow.config.memory import MemoryConfig
from openrow.config.sound_values import SoundValues
from openrow.config.timings import name_in_cycles

ELEMENT_BITS = 16
STEERED = ("hbm-pim", "aim")
"""The models whose units work in step, on commands to many banks."""


def units_model(architecture: SoundValues) -> Any:
    """The model of the architecture's units, or None."""
    pim = architecture.value("pim") if architecture.is_sound("pim") else None
    return architecture.value("pim", "model") if pim else None


def memory_value(architecture: SoundValues, key: str) -> Any:
    """A field of the memory, or its default."""
    if key in architecture.parts("memory"):
        return architecture.value("memory", key)
    return MemoryConfig.model_fields[key].get_default(call_default_factory=True)


def timing_names(architecture: SoundValues) -> dict[str, int]:
    """The names that formulas may use, each with some value."""
    timings = dict.fromkeys(memory_value(architecture, "timings_cycles"), 1)
    return timings | {name_in_cycles(name): 1 for name in memory_value(architecture, "timings_ns")}


def single_devices(architecture: SoundValues) -> Iterator[Finding]:
    """Units that work in step need channels without ranks or pseudo channels."""
    if units_model(architecture) not in STEERED:
        return
    for key in ("pseudo_channels", "ranks", "stack_ids"):
        count = memory_value(architecture, key)
        if count != 1:
            expected = "should be 1 for units that work in step: count each pseudo channel as a channel"
            yield Finding((("memory", key), ("pim", "model")), expected, str(count))


def blocks(architecture: SoundValues) -> Iterator[Finding]:
    """There are as many units as banks, or half as many where two share one."""
    model = units_model(architecture)
    if model not in STEERED:
        return
    banks = memory_value(architecture, "bank_groups") * memory_value(architecture, "banks")
    expected = banks // 2 if model == "hbm-pim" else banks
    found = architecture.value("pim", "blocks")
    if found != expected:
        what = "one for two banks" if model == "hbm-pim" else "one for each bank"
        text = f"should be {expected}: {what}, of {banks} banks in a channel"
        yield Finding((("pim", "blocks"), ("memory", "banks"), ("memory", "bank_groups")), text, str(found))


def lanes(architecture: SoundValues) -> Iterator[Finding]:
    """A unit takes a burst at a time."""
    if units_model(architecture) not in STEERED:
        return
    bits = memory_value(architecture, "bus_width_bits") * memory_value(architecture, "burst_length")
    found = architecture.value("pim", "lanes")
    if found * ELEMENT_BITS != bits:
        text = f"should be {bits // ELEMENT_BITS}: a burst of {bits // 8} bytes has so many 16-bit elements"
        paths = (("pim", "lanes"), ("memory", "burst_length"), ("memory", "bus_width_bits"))
        yield Finding(paths, text, str(found))


def registers(architecture: SoundValues) -> Iterator[Finding]:
    """A phase of as many columns as registers ends within a row."""
    if units_model(architecture) != "hbm-pim":
        return
    columns = memory_value(architecture, "columns") // memory_value(architecture, "burst_length")
    found = architecture.value("pim", "registers")
    if columns % found:
        text = f"should divide the {columns} bursts of a row"
        yield Finding((("pim", "registers"), ("memory", "columns")), text, str(found))
    if (columns // found) % 2 and found != columns:
        yield Finding((("pim", "registers"),), "should divide half the bursts of a row", str(found))


def mode_rows(architecture: SoundValues) -> Iterator[Finding]:
    """Rows that are registers lie in the bank, and data below them."""
    if units_model(architecture) != "hbm-pim":
        return
    rows = memory_value(architecture, "rows")
    lowest = rows
    for key in ("park", "to_all_banks", "to_single_bank", "registers"):
        row = architecture.value("pim", "rows", key)
        lowest = min(lowest, row)
        if row >= rows:
            yield Finding(
                (("pim", "rows", key), ("memory", "rows")),
                f"should be below the {rows} rows of a bank",
                str(row),
            )
    found = architecture.value("pim", "data_rows")
    if found > lowest:
        text = f"should be at most {lowest}, the first row that is a register"
        yield Finding((("pim", "data_rows"), ("pim", "rows")), text, str(found))


def global_buffer(architecture: SoundValues) -> Iterator[Finding]:
    """The buffer holds whole bursts, and no more than a row has."""
    if units_model(architecture) != "aim":
        return
    width = memory_value(architecture, "bus_width_bits")
    burst = width * memory_value(architecture, "burst_length") // 8
    row = width * memory_value(architecture, "columns") // 8
    found = architecture.value("pim", "global_buffer_bytes")
    if found % burst or found > row:
        text = f"should be a multiple of a burst of {burst} bytes and at most a row of {row}"
        yield Finding((("pim", "global_buffer_bytes"),), text, str(found))


def formulas(architecture: SoundValues) -> Iterator[Finding]:
    """The formulas of the units' constraints name timings of the memory."""
    if units_model(architecture) is None:
        return
    timings = timing_names(architecture)
    for index in architecture.parts("pim", "constraints"):
        path = ("pim", "constraints", index, "latency")
        if not architecture.is_sound(*path):
            continue
        try:
            evaluate(architecture.value(*path), timings)
        except FormulaError as error:
            yield Finding((path,), f"{error.token!r} {error.reason}", error.formula)


PIM_CHECKS: tuple[Check, ...] = (
    single_devices,
    blocks,
    lanes,
    registers,
    mode_rows,
    global_buffer,
    formulas,
)
