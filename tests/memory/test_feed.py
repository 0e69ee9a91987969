"""Feeding: entries become bursts, in order, whatever the pieces they come in."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openrow.config.loading import load_architecture
from openrow.memory import columns as c
from openrow.memory.feed import AddressError, Feeder
from openrow.memory.mapping import AddressMapping
from openrow_traces.bursts import split_into_bursts
from openrow_traces.chunk import TraceChunk

MEMORY = load_architecture("memory/hbm2-2000").memory


def chunk_of(address: list[int], size: list[int] | None = None) -> TraceChunk:
    return TraceChunk(
        np.array(address, dtype=np.uint64),
        np.array([a % 3 == 0 for a in address]),
        None if size is None else np.array(size, dtype=np.uint32),
        np.arange(len(address), dtype=np.int64),
    )


@settings(max_examples=50, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 300), min_size=1, max_size=60),
    seed=st.integers(0, 99),
    capacity=st.integers(1, 40),
    pieces=st.integers(1, 4),
)
def test_every_entry_is_split_into_the_bursts_that_cover_it(
    sizes: list[int], seed: int, capacity: int, pieces: int
) -> None:
    address = np.random.default_rng(seed).integers(0, 1 << 30, len(sizes)).tolist()
    whole = chunk_of(address, sizes)
    cuts = np.linspace(0, len(sizes), pieces + 1).astype(int)
    parts = [whole.part(a, b) for a, b in pairwise(cuts) if b > a]
    feeder = Feeder(AddressMapping(MEMORY), iter(parts), 64, wrap=False)
    found: list[list[int]] = []
    more = True
    while more:
        feeds = np.zeros((1, capacity, c.FEED_COLUMNS), dtype=np.int64)
        counts = np.zeros(1, dtype=np.int64)
        more = feeder.fill(feeds, counts, apart=False, source=0)
        found += feeds[0, : counts[0]].tolist()
    expected = [
        (int(a), bool(w), int(t))
        for part in split_into_bursts(iter([whole]), 32)
        for a, w, t in zip(part.address, part.is_write, part.cycle, strict=True)
    ]
    assert [(r[c.F_ADDRESS], bool(r[c.F_WRITE]), r[c.F_CYCLE]) for r in found] == expected
    assert [r[c.F_REQUEST] for r in found] == list(range(len(found)))
    assert feeder.requests == len(found)
    where = AddressMapping(MEMORY).decode(np.array([a for a, _, _ in expected], dtype=np.uint64))
    assert [r[c.F_CHANNEL] for r in found] == where.channel.tolist()
    assert [r[c.F_BANK] for r in found] == where.bank.tolist()


@pytest.mark.parametrize(("address", "size"), [(1 << 34, 64), ((1 << 34) - 32, 64), ((1 << 64) - 64, 64)])
def test_an_entry_that_reaches_beyond_the_memory_is_refused_with_its_number(address: int, size: int) -> None:
    chunks = iter([chunk_of([0, 64]), chunk_of([128, address], [64, size])])
    feeder = Feeder(AddressMapping(MEMORY), chunks, 64, wrap=False)
    feeds = np.zeros((1, 100, c.FEED_COLUMNS), dtype=np.int64)
    with pytest.raises(AddressError, match=f"entry 3: address {address:#x} lies beyond the memory"):
        feeder.fill(feeds, np.zeros(1, dtype=np.int64), apart=False, source=0)


def test_an_entry_of_no_bytes_is_refused() -> None:
    feeder = Feeder(AddressMapping(MEMORY), iter([chunk_of([0, 64], [32, 0])]), 64, wrap=False)
    with pytest.raises(AddressError, match="entry 1 has no bytes"):
        feeder.fill(np.zeros((1, 9, c.FEED_COLUMNS), np.int64), np.zeros(1, np.int64), apart=False, source=0)
