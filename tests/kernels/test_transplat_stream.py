"""The presets taken from networks: their sizes in closed form, and one of them streamed."""

import numpy as np
import pytest

from openrow_kernels.catalogue import kernel

VIEWS, QUERIES = 2, 64 * 64


@pytest.mark.parametrize(
    ("preset", "samples", "entries_besides_neighbours"),
    [
        ("transplat-coarse", VIEWS * QUERIES * 128, VIEWS * QUERIES * 2),
        ("transplat-fine-cross", 2 * VIEWS * QUERIES * 128 * 4, 2 * VIEWS * QUERIES * 3),
        ("transplat-fine-self", 2 * VIEWS * QUERIES * 4, 2 * VIEWS * QUERIES * 3),
        ("transplat", 9_502_720, VIEWS * QUERIES * (2 + 3 * 4)),
        # The whole network's 10,440,192 samples, less its decoder: 6 layers x 300 queries x 128 samples.
        ("deformable-detr", 10_440_192 - 6 * 300 * 128, 6 * 13_294 * 3),
    ],
)
def test_a_preset_has_the_samples_of_its_network(
    preset: str, samples: int, entries_besides_neighbours: int
) -> None:
    attention = kernel(f"deformable-attention:{preset}")
    assert attention.total_samples() == samples
    assert attention.total_entries() == 4 * samples + entries_besides_neighbours


def test_transplat_asks_for_at_most_152_million_bursts_of_features() -> None:
    attention = kernel("deformable-attention:transplat")
    bursts = attention.total_samples() * 4 * (128 * 2 // 64)
    assert bursts == 152_043_520


def test_the_coarse_call_streams_within_its_tensors_and_its_bound() -> None:
    attention = kernel("deformable-attention:transplat-coarse")
    value, weights, output = attention.tensors()
    entries = written = features = 0
    for chunk in attention.stream():
        entries += len(chunk)
        written += int(chunk.is_write.sum())
        in_value = chunk.address < value.end
        features += int(in_value.sum())
        assert (chunk.size[in_value] == 256).all()
        assert not chunk.is_write[in_value].any()
        last = chunk.address + chunk.size
        assert (last[in_value] <= value.end).all()
        assert (chunk.address[chunk.is_write] >= output.base).all()
        assert int(last.max()) <= output.end
    assert written == VIEWS * QUERIES
    assert entries == features + 2 * VIEWS * QUERIES
    # 11 % of the neighbours fall outside the other view with the default cameras.
    assert 0.85 * 4 * attention.total_samples() < features < 0.95 * 4 * attention.total_samples()
    assert weights.size_bytes == VIEWS * QUERIES * 128 * 2
    assert value.size_bytes == 2 * 64 * 64 * 128 * np.dtype(np.float16).itemsize
