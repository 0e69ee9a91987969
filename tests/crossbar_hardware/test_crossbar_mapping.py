"""Where weights lie: counted cell by cell, and refused where there is no room."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossbar_hardware.small_chips import chain, hardware
from openrow.config.loading import load_architecture
from openrow.crossbar.hardware.mapping import LayerMapping, MappingError, map_network
from openrow.crossbar.network_shape import LayerShape, matrix_shape, resnet18_shapes
from openrow.crossbar.networks import Timed
from openrow.crossbar.resnet18 import resnet18


def mapped(rows: int, outputs: int, copies: int = 1, **changes: object) -> LayerMapping:
    return LayerMapping(matrix_shape(1, rows, outputs)[0], hardware(**changes), copies, 0)


@given(st.integers(1, 60), st.integers(1, 40), st.integers(1, 4), st.integers(1, 9))
def test_parts_hold_every_array_once_and_every_row_and_output(rows, outputs, copies, size) -> None:
    mapping = mapped(rows, outputs, copies, tile__arrays=size)
    places = set()
    for copy in range(copies):
        parts = mapping.parts(copy)
        assert sum(part.arrays for part in parts) == mapping.arrays
        assert sum(mapping.outputs_on(part) for part in parts) == outputs
        assert max(mapping.rows_on(part) for part in parts) <= rows
        if len(parts) == 1:
            assert mapping.rows_on(parts[0]) == rows
            assert mapping.partial_bytes_of(parts[0]) == 0
        for part in parts:
            first = copy * mapping.arrays + part.first
            places |= {(part.tile, place % size) for place in range(first, first + part.arrays)}
            assert {place // size for place in range(first, first + part.arrays)} == {part.tile}
    assert len(places) == copies * mapping.arrays
    assert mapping.tiles == 1 + max(tile for tile, _ in places)


@given(st.integers(1, 60), st.integers(1, 40))
def test_cells_are_those_of_all_slices(rows, outputs) -> None:
    mapping = mapped(rows, outputs)
    cells = {(row, output, slice_) for row in range(rows) for output in range(outputs) for slice_ in (0, 1)}
    assert mapping.cells_used == len(cells)
    arrays = {(row // 8, output // 4) for row, output, _ in cells}
    assert mapping.arrays == len(arrays)
    assert mapping.utilisation == len(cells) / (64 * len(arrays))


def test_partial_sums_cross_where_a_column_block_spans_tiles() -> None:
    mapping = mapped(48, 8, tile__arrays=4)  # six arrays below each other, twice, on three tiles
    parts = mapping.parts(0)
    assert [part.tile for part in parts] == [0, 1, 2]
    assert [mapping.outputs_on(part) for part in parts] == [4, 4, 0]
    assert [mapping.partial_bytes_of(part) for part in parts] == [0, 16, 16]
    assert [mapping.rows_on(part) for part in parts] == [32, 32, 32]


def test_layers_with_more_vectors_get_more_copies() -> None:
    layers = chain(4, 4, image=8)
    large = layers[0]
    small = LayerShape("small", large.name, 4, (4, 4), 4, large.window)
    mapping = map_network([large, small], hardware(tiles=40))
    copies = [each.copies for each in mapping.layers]
    assert copies[0] == pytest.approx(4 * copies[1], abs=4)
    assert mapping.tiles <= 40
    assert [each.first_tile for each in mapping.layers] == [0, mapping.layers[0].tiles]
    single = map_network(layers, hardware(replicate=False))
    assert [each.copies for each in single.layers] == [1, 1]


@given(st.integers(5, 60))
def test_one_copy_more_of_the_slowest_does_not_fit(tiles) -> None:
    chip = hardware(tiles=tiles, tile__arrays=5)
    mapping = map_network(chain(4, 4, 4, image=8), chip)
    slowest = max(-(-each.layer.vectors // each.copies) for each in mapping.layers)
    faster = [-(-each.layer.vectors // (slowest - 1)) if slowest > 1 else 10**6 for each in mapping.layers]
    pairs = zip(mapping.layers, faster, strict=True)
    needed = sum(-(-each.arrays * count // 5) for each, count in pairs)
    assert needed > tiles


def test_a_network_beyond_the_chip_says_what_it_needs_and_what_would_hold_it() -> None:
    with pytest.raises(MappingError) as refused:
        map_network(resnet18_shapes(), hardware(tiles=16))
    text = str(refused.value)
    assert text.startswith(
        "layer conv1 fits no tile: it needs 304 arrays, that is 76 tiles of 4, and 16 of 16 are left. "
        "The network needs 364,976 arrays of 8 x 8; small has 64."
    )
    tiles = int(text.split("crossbar.tiles=")[1].split(" ")[0])
    assert map_network(resnet18_shapes(), hardware(tiles=tiles)).tiles == tiles
    with pytest.raises(MappingError):
        map_network(resnet18_shapes(), hardware(tiles=tiles - 1))


def test_shapes_of_resnet18_are_those_of_the_network_that_computes() -> None:
    seen: list[Timed] = []
    network = resnet18()
    network(np.zeros((1, 3, 32, 32), np.float32), report=seen.append)
    shapes = {layer.name: layer for layer in resnet18_shapes(32)}
    assert {each.name: (each.rows, each.shape) for each in seen} == {
        name: (layer.vectors, (layer.rows_of_weights, layer.outputs)) for name, layer in shapes.items()
    }


def test_resnet18_has_the_published_number_of_multiplications_and_weights() -> None:
    layers = resnet18_shapes()
    assert sum(layer.macs for layer in layers) == 1_814_073_344  # torchvision's 1.814 GMACs
    weights = sum(layer.rows_of_weights * layer.outputs for layer in layers)
    assert weights == 11_689_512 - 1000 - 2 * 4800  # its parameters without biases and normalisation


@pytest.mark.parametrize("name", ["isaac", "neurosim-sar", "memintelli"])
def test_shipped_chips_hold_resnet18(name) -> None:
    chip = load_architecture(f"crossbar/{name}").crossbar
    assert chip is not None
    mapping = map_network(resnet18_shapes(), chip)
    assert mapping.tiles <= chip.tiles
    assert 0.8 < mapping.utilisation <= 1
