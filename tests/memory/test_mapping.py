"""Address mappings: decoding and encoding are inverse, tokens and bit lists mean the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openrow.config.loading import load_architecture
from openrow.config.memory import MemoryConfig
from openrow.config.organisation import capacity_bytes
from openrow.config.shipped import known_architectures
from openrow.memory.mapping import AddressMapping, Coordinates, address_bits, field_bits, offset_bits

SHIPPED = [name for name in known_architectures() if name.startswith("memory/")]
TOKENS = ("Ch", "Pc", "Ra", "Si", "Bg", "Ba", "Ro", "Co")


def addresses(memory: MemoryConfig, seed: int, count: int = 200) -> np.ndarray:
    mapping = AddressMapping(memory)
    assert mapping.capacity_bytes == capacity_bytes(memory)
    bursts = np.random.default_rng(seed).integers(0, mapping.capacity_bytes >> mapping.offset_bits, count)
    bursts[:2] = 0, (mapping.capacity_bytes >> mapping.offset_bits) - 1
    return (bursts << mapping.offset_bits).astype(np.uint64)


def assert_inverse(memory: MemoryConfig, seed: int) -> None:
    mapping = AddressMapping(memory)
    address = addresses(memory, seed)
    where = mapping.decode(address)
    assert (mapping.encode(where) == address).all()
    assert ((where.channel >= 0) & (where.channel < memory.channels)).all()
    banks = memory.pseudo_channels * memory.ranks * memory.stack_ids * memory.bank_groups * memory.banks
    sizes = (memory.channels, banks, memory.rows, memory.columns // memory.burst_length)
    random = np.random.default_rng(seed)
    drawn = Coordinates(*(random.integers(0, size, 200) for size in sizes))
    again = mapping.decode(mapping.encode(drawn))
    for name in ("channel", "bank", "row", "column"):
        assert (getattr(again, name) == getattr(drawn, name)).all()


@pytest.mark.parametrize("name", SHIPPED)
def test_decoding_and_encoding_are_inverse_for_every_shipped_mapping(name: str) -> None:
    assert_inverse(load_architecture(name).memory, 1)


@settings(max_examples=60, deadline=None)
@given(
    order=st.permutations(TOKENS),
    bits=st.fixed_dictionaries(
        {
            "pseudo_channels": st.integers(0, 1),
            "ranks": st.integers(0, 2),
            "stack_ids": st.integers(0, 2),
            "bank_groups": st.integers(0, 3),
            "banks": st.integers(0, 3),
            "rows": st.integers(5, 17),
        }
    ),
    channels=st.integers(1, 50),
    hashed=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_they_are_inverse_for_any_order_and_any_size_that_fits(
    order: list[str], bits: dict[str, int], channels: int, hashed: bool, seed: int
) -> None:
    overrides = [f"memory.{name}={1 << value}" for name, value in bits.items()]
    overrides.append(f"memory.channels={channels}")
    overrides.append(f"memory.mapping={''.join(order)}")
    if hashed and bits["banks"] > 0:
        overrides.append("memory.bank_hash=[{target: bank, bit: 0, row_bits: [0, 3, 4]}]")
    assert_inverse(load_architecture("memory/ddr4-2400", overrides).memory, seed)


def test_a_mapping_is_read_from_the_top_bit() -> None:
    memory = load_architecture("memory/ddr4-2400", ["memory.mapping=RoBaBgCo"]).memory
    where = AddressMapping(memory).decode(np.array([64, 1 << 13, 1 << 15, 1 << 17], dtype=np.uint64))
    assert where.column.tolist() == [1, 0, 0, 0]
    assert where.bank.tolist() == [0, 4, 1, 0]
    assert where.row.tolist() == [0, 0, 0, 1]


def test_a_field_can_lie_in_several_places_its_lowest_bits_lowest() -> None:
    memory = load_architecture("memory/hbm2-2000", ["memory.mapping=RoBaBgCoPcChCo2"]).memory
    bits = address_bits(memory)
    assert bits.column == [5, 6, 11, 12, 13]
    assert (bits.channel, bits.pseudo_channel) == ([7, 8, 9], [10])
    assert_inverse(memory, 5)
    spelt_out = load_architecture("memory/hbm2-2000", ["memory.mapping=RoBaBgCo3PcChCo2"]).memory
    assert address_bits(spelt_out) == bits


def test_bits_below_a_burst_do_not_matter() -> None:
    memory = load_architecture("memory/hbm3-6400").memory
    mapping = AddressMapping(memory)
    address = addresses(memory, 3)
    inside = address + np.uint64((1 << offset_bits(memory)) - 1)
    assert (mapping.decode(inside).column == mapping.decode(address).column).all()
    assert (mapping.encode(mapping.decode(inside)) == address).all()


def test_lists_of_bits_mean_what_the_tokens_mean() -> None:
    memory = load_architecture("memory/hbm2-2000").memory
    listed = memory.model_copy(update={"mapping": address_bits(memory)})
    address = addresses(memory, 4)
    one, other = AddressMapping(memory).decode(address), AddressMapping(listed).decode(address)
    assert all((getattr(one, n) == getattr(other, n)).all() for n in ("channel", "bank", "row", "column"))
    assert sum(len(getattr(address_bits(memory), name)) for name in field_bits(memory)) == 34 - 5


def test_a_bank_hash_spreads_rows_that_fall_into_one_bank() -> None:
    plain = load_architecture("memory/ddr4-2400", ["memory.mapping=RoBaBgCo"]).memory
    hashed = load_architecture(
        "memory/ddr4-2400",
        [
            "memory.mapping=RoBaBgCo",
            "memory.bank_hash=[{target: bank, bit: 0, row_bits: [0]}, {target: bank, bit: 1, row_bits: [1]}]",
        ],
    ).memory
    same_bank = (np.arange(8) << 17).astype(np.uint64)
    assert len(set(AddressMapping(plain).decode(same_bank).bank)) == 1
    assert AddressMapping(hashed).decode(same_bank).bank.tolist() == [0, 1, 2, 3, 0, 1, 2, 3]


def by_definition(memory: MemoryConfig, address: int) -> dict[str, int]:
    """The fields of an address by a mapping of whole tokens: digit after digit from below."""
    sizes = {"Ch": memory.channels, "Pc": memory.pseudo_channels, "Ra": memory.ranks, "Si": memory.stack_ids}
    sizes |= {"Bg": memory.bank_groups, "Ba": memory.banks, "Ro": memory.rows}
    sizes["Co"] = memory.columns // memory.burst_length
    rest = address >> offset_bits(memory)
    fields = {}
    for place in range(len(memory.mapping) - 2, -1, -2):
        token = memory.mapping[place : place + 2]
        rest, fields[token] = divmod(rest, sizes[token])
    return fields


@settings(max_examples=60, deadline=None)
@given(order=st.permutations(TOKENS), channels=st.integers(1, 50), seed=st.integers(0, 1000))
def test_every_field_is_a_digit_of_the_address_also_where_channels_are_no_power_of_two(
    order: list[str], channels: int, seed: int
) -> None:
    overrides = [f"memory.channels={channels}", f"memory.mapping={''.join(order)}"]
    memory = load_architecture("memory/hbm2-2000", overrides).memory
    address = addresses(memory, seed, 40)
    where = AddressMapping(memory).decode(address)
    for i, one in enumerate(address):
        expected = by_definition(memory, int(one))
        bank = (expected["Pc"] * memory.bank_groups + expected["Bg"]) * memory.banks + expected["Ba"]
        found = (where.channel[i], where.bank[i], where.row[i], where.column[i])
        assert found == (expected["Ch"], bank, expected["Ro"], expected["Co"])


def test_a_field_in_pieces_around_a_channel_that_is_divided_out() -> None:
    memory = load_architecture(
        "memory/hbm2-2000", ["memory.mapping=RoBaBgCoPcChCo2", "memory.channels=5"]
    ).memory
    assert_inverse(memory, 7)
    lines = AddressMapping(memory).decode((np.arange(12) * 128).astype(np.uint64))
    assert lines.channel.tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]
