import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from openrow.system.footprint import touched_lines
from openrow_traces.chunk import TraceChunk

ENTRIES = st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 300)), min_size=1, max_size=30)


def chunk_of(entries):
    address, size = (np.array(values) for values in zip(*entries, strict=True))
    return TraceChunk(address.astype(np.uint64), np.zeros(len(size), np.bool_), size.astype(np.uint32))


@given(ENTRIES, ENTRIES)
def test_touched_lines_are_those_of_every_byte_once_and_in_order(first, second):
    bytes_touched = {byte for address, size in first + second for byte in range(address, address + size)}
    expected = sorted({byte // 64 for byte in bytes_touched})
    assert touched_lines([chunk_of(first), chunk_of(second)]).tolist() == expected


def test_an_entry_without_a_size_touches_the_line_of_its_address():
    chunk = TraceChunk(np.array([63, 64], np.uint64), np.zeros(2, np.bool_))
    assert touched_lines([chunk]).tolist() == [0, 1]
