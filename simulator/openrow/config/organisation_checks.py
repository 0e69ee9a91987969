"""What the organisation, address mapping, command bus and refresh of a memory must be to one another."""

from collections.abc import Iterator

from openrow.config.findings import Finding
from openrow.config.mapping import COUNT_OF_FIELD, FIELD_OF_TOKEN, Token, bits_of, is_power_of_two, tokens_of
from openrow.config.problems import nearest
from openrow.config.sound_values import SoundValues

SPLIT_COMMANDS = ("ACT2", "CAS_RD", "CAS_WR")
LARGEST_ADDRESS_BITS = 62
"""Addresses are held in signed 64-bit integers."""


def bursts(memory: SoundValues) -> Iterator[Finding]:
    """Check that a burst is at least a byte and fits a row."""
    burst_length, width = memory.value("burst_length"), memory.value("bus_width_bits")
    if burst_length * width < 8:
        expected = f"a burst of {burst_length} times {width} bits should hold at least one byte"
        yield Finding((("burst_length",), ("bus_width_bits",)), expected)
    columns = memory.value("columns")
    if columns < burst_length:
        expected = f"columns should be at least burst_length = {burst_length}, or no burst fits a row"
        yield Finding((("columns",), ("burst_length",)), expected, str(columns))


def size(memory: SoundValues) -> Iterator[Finding]:
    """Check that addresses fit their integers."""
    total = _offset_bits(memory) + sum(_field_bits(memory).values())
    if not is_power_of_two(memory.value("channels")):
        total += 1  # the channels, rounded up
    if total > LARGEST_ADDRESS_BITS:
        yield Finding(
            (("rows",),), f"the whole memory should be at most 2^{LARGEST_ADDRESS_BITS} bytes", f"2^{total}"
        )


def command_bus(memory: SoundValues) -> Iterator[Finding]:
    """Check that what belongs to a split-activate command bus is there exactly where the bus is one."""
    bus = memory.value("command_bus")
    given = memory.value("split_activation") is not None
    paths = (("split_activation",), ("command_bus",))
    if bus == "split-activate" and not given:
        yield Finding(paths, "split_activation is required where command_bus is split-activate")
    if bus != "split-activate" and given:
        yield Finding(paths, "split_activation should be given only where command_bus is split-activate", bus)
    if bus == "split-activate":
        return
    for index in memory.parts("constraints"):
        for part in ("preceding", "following"):
            if not memory.is_sound("constraints", index, part):
                continue
            for place, command in enumerate(memory.value("constraints", index, part)):
                if command in SPLIT_COMMANDS:
                    expected = f"should be a command of a {bus} command bus; {command} needs split-activate"
                    yield Finding((("constraints", index, part, place),), expected, repr(command))


def constraint_windows(memory: SoundValues) -> Iterator[Finding]:
    """Check that no constraint asks for both a window and siblings, which has no meaning in any standard."""
    for index in memory.parts("constraints"):
        if not memory.is_sound("constraints", index):
            continue
        row = memory.value("constraints", index)
        if row.get("sibling") and row.get("window", 1) > 1:
            expected = "should be 1 where sibling is true: a window counts commands to the node itself"
            yield Finding((("constraints", index, "window"),), expected, str(row["window"]))


def constraint_siblings(memory: SoundValues) -> Iterator[Finding]:
    """Check that no constraint links channels: nothing below the controller joins them."""
    for index in memory.parts("constraints"):
        if not memory.is_sound("constraints", index):
            continue
        row = memory.value("constraints", index)
        if row.get("sibling") and row.get("level") == "channel":
            expected = "sibling should be false at level channel: channels share no timing"
            paths = (("constraints", index, "level"), ("constraints", index, "sibling"))
            yield Finding(paths, expected, "channel")


def auto_precharge(memory: SoundValues) -> Iterator[Finding]:
    """Check that an access with auto-precharge has to wait for the same commands as the plain one."""
    for index in memory.parts("constraints"):
        if not memory.is_sound("constraints", index):
            continue
        following = memory.value("constraints", index)["following"]
        for plain, automatic in (("RD", "RDA"), ("WR", "WRA")):
            if (plain in following) != (automatic in following):
                expected = f"should list {plain} and {automatic} together: both are ready at the same time"
                place = ("constraints", index, "following")
                elements = [(*place, number) for number in range(len(following))]
                yield Finding((place, *elements), expected, ", ".join(following))


def refresh(memory: SoundValues) -> Iterator[Finding]:
    """Check that per-bank refresh is asked only of a memory that has it."""
    if memory.value("refresh") == "per-bank" and memory.value("refresh_interval_bank") is None:
        standard = memory.value("standard") if memory.is_sound("standard") else "this standard"
        expected = (
            f"should be none or all-bank: {standard} has no per-bank refresh (refresh_interval_bank) here"
        )
        yield Finding((("refresh",),), expected, "'per-bank'")


def mapping_tokens(memory: SoundValues) -> Iterator[Finding]:
    """Check a mapping written as tokens: each known, all bits of every field taken once."""
    mapping = memory.value("mapping")
    if not isinstance(mapping, str):
        return
    path = (("mapping",),)
    tokens = tokens_of(mapping)
    for token in tokens:
        if token.name not in FIELD_OF_TOKEN:
            near = nearest(token.name, FIELD_OF_TOKEN)
            hint = f"; the nearest is {near}" if near else ""
            where = f"at character {token.place + 1}"
            known = " ".join(FIELD_OF_TOKEN)
            yield Finding(
                path, f"should be made of {known}, but has '{token.name}' {where}{hint}", repr(mapping)
            )
    for name, field in FIELD_OF_TOKEN.items():
        if memory.is_sound(COUNT_OF_FIELD[field]):
            yield from _token_bits(memory, [token for token in tokens if token.name == name], name, field)


def _token_bits(memory: SoundValues, tokens: list[Token], name: str, field: str) -> Iterator[Finding]:
    """Check that the tokens of one field take all its bits, and each once."""
    found, key = repr(memory.value("mapping")), COUNT_OF_FIELD[field]
    count = memory.value(key)
    paths = (("mapping",), (key,))
    if not tokens:
        if count > 1 and not (field == "column" and _has_one_burst(memory)):
            yield Finding(paths, f"the mapping should contain {name}, since {key} = {count}", found)
        return
    if field == "channel" and not is_power_of_two(count):
        if len(tokens) > 1 or tokens[0].bits is not None:
            expected = (
                f"should have Ch once and without a number, since channels = {count} is no power of two: "
                "the channel is then divided out of the address"
            )
            yield Finding(paths, expected, found)
        return
    rest = [token for token in tokens if token.bits is None]
    if len(rest) > 1:
        where = f"at character {rest[1].place + 1}"
        expected = f"should have {name} without a number once, but has it again {where}"
        yield Finding((("mapping",),), expected, found)
    elif field != "column" or memory.is_sound("burst_length"):
        places = count // memory.value("burst_length") if field == "column" else count
        width, taken = max(bits_of(places), 0), sum(token.bits or 0 for token in tokens)
        if taken > width or (taken < width and not rest):
            expected = f"should give {name} {width} bits in all, since {key} = {count}, but gives {taken}"
            yield Finding(paths, expected, found)


def mapping_bits(memory: SoundValues) -> Iterator[Finding]:
    """Check a mapping written as lists of bits: as many as each field has, none twice, none outside."""
    mapping = memory.value("mapping")
    if not isinstance(mapping, dict):
        return
    channels = memory.value("channels")
    if not is_power_of_two(channels):
        expected = (
            f"the mapping should be tokens, such as RoBaCoCh, since channels = {channels} is no power of two"
        )
        yield Finding((("mapping",), ("channels",)), expected, "lists of bits")
        return
    widths, lowest = _field_bits(memory), _offset_bits(memory)
    beyond = lowest + sum(widths.values())
    owner: dict[int, str] = {}
    for field, width in widths.items():
        bits = mapping.get(field, [])
        if len(bits) != width:
            count = COUNT_OF_FIELD[field]
            what = f"{count} = {memory.value(count)}" + (" and count in bursts" if field == "column" else "")
            path = ("mapping", field) if field in mapping else ("mapping",)
            expected = f"the mapping should list {width} bits for {field}, since {what}"
            yield Finding((path, (count,)), expected, str(bits))
        for place, bit in enumerate(bits):
            paths = (("mapping", field, place),)
            if not lowest <= bit < beyond:
                expected = (
                    f"should be from {lowest}, above the bytes of a burst, to {beyond - 1}, the top bit"
                )
                yield Finding(paths, expected, str(bit))
            elif bit in owner:
                yield Finding(paths, f"should be a bit of its own; {owner[bit]} has it too", str(bit))
            owner.setdefault(bit, field)


def bank_hash(memory: SoundValues) -> Iterator[Finding]:
    """Check that bank hashing names bits there are."""
    for index in memory.parts("bank_hash"):
        if not memory.is_sound("bank_hash", index):
            continue
        step = memory.value("bank_hash", index)
        count = COUNT_OF_FIELD[step["target"]]
        if memory.is_sound(count) and not is_power_of_two(memory.value(count)):
            expected = (
                f"should be another field than channel: {count} = {memory.value(count)} is no power of two"
            )
            yield Finding((("bank_hash", index, "target"), (count,)), expected, repr(step["target"]))
        elif memory.is_sound(count) and step["bit"] >= bits_of(memory.value(count)):
            width = bits_of(memory.value(count))
            expected = f"should be less than {width}, since {count} = {memory.value(count)}"
            yield Finding((("bank_hash", index, "bit"), (count,)), expected, str(step["bit"]))
        rows = bits_of(memory.value("rows")) if memory.is_sound("rows") else LARGEST_ADDRESS_BITS
        for place, bit in enumerate(step["row_bits"]):
            path = ("bank_hash", index, "row_bits", place)
            if bit >= rows:
                expected = f"should be less than {rows}, since rows = {memory.value('rows')}"
                yield Finding((path, ("rows",)), expected, str(bit))
            if bit in step["row_bits"][:place]:
                yield Finding((path,), "should be listed once: XORed twice it cancels", str(bit))


def watermarks(memory: SoundValues) -> Iterator[Finding]:
    """Check that writes stop draining below where they start."""
    low = memory.value("controller", "write_low_watermark")
    high = memory.value("controller", "write_high_watermark")
    if low >= high:
        paths = (("controller", "write_low_watermark"), ("controller", "write_high_watermark"))
        yield Finding(paths, f"write_low_watermark should lie below write_high_watermark = {high}", str(low))


def _has_one_burst(memory: SoundValues) -> bool:
    return memory.is_sound("burst_length") and bool(memory.value("columns") == memory.value("burst_length"))


def _field_bits(memory: SoundValues) -> dict[str, int]:
    bits = {field: bits_of(memory.value(count)) for field, count in COUNT_OF_FIELD.items()}
    return bits | {"column": max(0, bits["column"] - bits_of(memory.value("burst_length")))}


def _offset_bits(memory: SoundValues) -> int:
    return max(0, bits_of(memory.value("bus_width_bits") * memory.value("burst_length") // 8))
