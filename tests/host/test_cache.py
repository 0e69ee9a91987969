"""The cache filter against a cache by its definition, and what it must be whatever the stream."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_cache import Access, PlainCache

from openrow.config.host import CacheConfig
from openrow.host import cache as cache_module
from openrow.host.cache import CacheFilter
from openrow.memory.feed import AddressError
from openrow_traces.chunk import TraceChunk


def a_cache(**changes: object) -> CacheConfig:
    plain = {"size_bytes": 4096, "ways": 4, "bandwidth_gb_per_s": 100.0, "energy_pj_per_byte": 1.0}
    return CacheConfig.model_validate(plain | changes)


def chunk_of(accesses: list[Access]) -> TraceChunk:
    address, is_write, size = zip(*accesses, strict=True) if accesses else ((), (), ())
    return TraceChunk(
        np.array(address, dtype=np.uint64),
        np.array(is_write, dtype=np.bool_),
        np.array(size, dtype=np.uint32),
    )


def accesses_of(chunks: list[TraceChunk]) -> list[Access]:
    return [
        (int(a), bool(w), int(s))
        for c in chunks
        for a, w, s in zip(c.address, c.is_write, c.size, strict=True)
    ]


@st.composite
def caches(draw: st.DrawFn) -> CacheConfig:
    line = draw(st.sampled_from([32, 64, 128, 512]))
    sector = draw(st.sampled_from([size for size in (16, 32, 64, 128, 512) if size <= line <= 16 * size]))
    ways, sets = draw(st.integers(1, 6)), draw(st.integers(1, 7))
    return a_cache(
        size_bytes=line * ways * sets,
        line_bytes=line,
        sector_bytes=sector,
        ways=ways,
        index=draw(st.sampled_from(["modulo", "xor-folded"])),
        write=draw(st.sampled_from(["write-back", "write-through"])),
        instances=draw(st.integers(1, 3)),
        dealt_entries=draw(st.integers(1, 4)),
    )


STREAMS = st.lists(st.tuples(st.integers(0, 9000), st.booleans(), st.integers(1, 700)), max_size=120)


@settings(max_examples=300, deadline=None)
@given(cache=caches(), stream=STREAMS, far=st.booleans(), cut=st.integers(0, 120))
def test_the_filter_does_what_the_definition_says(
    cache: CacheConfig, stream: list[Access], far: bool, cut: int
) -> None:
    stream = [(address + (far << 40), is_write, size) for address, is_write, size in stream]
    plain, filtered = PlainCache(cache), CacheFilter(cache)
    for access in stream:
        plain.access(*access)
    found = accesses_of(list(filtered.below([chunk_of(stream[:cut]), chunk_of(stream[cut:])])))
    assert found == plain.below
    counted = filtered.counts.as_dict()
    names = ("entries", "bytes", "reads", "writes", "hits", "sector_misses", "line_misses", "fills")
    for name in (*names, "write_backs", "replaced_lines", "passed_writes"):
        assert counted[name] == plain.counts[name], name
    assert filtered.counts.below_bytes == sum(size for _, _, size in found)
    flushed = accesses_of(list(filtered.flush()))
    assert flushed == [(address, True, cache.sector_bytes) for address in plain.flush()]
    assert accesses_of(list(filtered.flush())) == []


@settings(max_examples=30, deadline=None)
@given(stream=STREAMS, room=st.integers(1, 40))
def test_room_for_what_goes_below_does_not_matter(stream: list[Access], room: int) -> None:
    whole = accesses_of(list(CacheFilter(a_cache()).below([chunk_of(stream)])))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache_module, "BELOW_ENTRIES", room + 8)
        cut = list(CacheFilter(a_cache()).below([chunk_of(stream)]))
    assert accesses_of(cut) == whole
    assert all(len(chunk) <= room + 8 for chunk in cut)


@settings(max_examples=50, deadline=None)
@given(cache=caches(), stream=STREAMS)
def test_reading_again_what_fits_misses_nothing(cache: CacheConfig, stream: list[Access]) -> None:
    lines = [address // cache.line_bytes for address, _, _ in stream][: cache.ways]
    reads = [(line * cache.line_bytes, False, 1) for line in lines]
    # A set always holds the lines of as many accesses as it has ways, wherever they belong.
    again = CacheFilter(cache.model_copy(update={"instances": 1}))
    first = accesses_of(list(again.below([chunk_of(reads)])))
    assert len(first) == len(set(lines))
    assert accesses_of(list(again.below([chunk_of(reads)]))) == []


def test_what_is_written_comes_back_when_its_line_makes_room() -> None:
    cache = CacheFilter(a_cache(size_bytes=256, ways=1))  # two sets of one line
    written = [(0, True, 32), (64, True, 32)]
    assert accesses_of(list(cache.below([chunk_of(written)]))) == []
    assert accesses_of(list(cache.below([chunk_of([(256, False, 4)])]))) == [
        (256, False, 32),
        (0, True, 32),
        (64, True, 32),
    ]


def test_a_sector_written_in_part_is_fetched_first() -> None:
    cache = CacheFilter(a_cache())
    assert accesses_of(list(cache.below([chunk_of([(16, True, 80)])]))) == [(0, False, 32)]
    assert (cache.counts.writes, cache.counts.fills, cache.counts.line_misses) == (3, 1, 3)


def test_an_entry_without_a_size_is_the_sector_that_holds_it() -> None:
    chunk = TraceChunk(np.array([31, 33], dtype=np.uint64), np.array([True, False]))
    assert accesses_of(list(CacheFilter(a_cache()).below([chunk]))) == [(32, False, 32)]


def test_an_entry_of_no_bytes_is_refused_with_its_number() -> None:
    cache = CacheFilter(a_cache())
    with pytest.raises(AddressError, match="entry 2 has no bytes"):
        list(cache.below([chunk_of([(0, False, 4)]), chunk_of([(0, False, 4), (8, False, 0)])]))


def test_folding_spreads_a_stride_that_falls_into_one_set() -> None:
    strided = [(line * 128 * 8, False, 32) for line in range(32)]
    rates = []
    for index in ("modulo", "xor-folded"):
        cache = CacheFilter(a_cache(size_bytes=128 * 8 * 4, ways=4, index=index))  # 8 sets, 32 lines
        for _ in range(2):
            list(cache.below([chunk_of(strided)]))
        rates.append(cache.counts.hit_rate)
    assert rates == [0.0, 0.5]


def test_instances_take_turns_and_share_nothing() -> None:
    cache = CacheFilter(a_cache(instances=2, dealt_entries=2))
    stream = [(0, False, 32)] * 8  # two for one, two for the other, and again
    assert accesses_of(list(cache.below([chunk_of(stream)]))) == [(0, False, 32)] * 2
    assert cache.counts.hits == 6
