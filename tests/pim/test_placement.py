"""Every pixel lies somewhere once, and every sample finds its neighbours where they are."""

from collections import OrderedDict

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from openrow.config.architecture import Architecture
from openrow.config.geopim import Assignment, FetchOrder, GeoPimConfig, Neighbours, PlacementRule, VisitOrder
from openrow.config.loading import load_architecture
from openrow.memory.units.columns import COLUMN_BITS, COLUMN_MASK, ELSEWHERE, OUTSIDE
from openrow.pim.geopim.assignment import LayerSamples, UnitWork, assign_samples
from openrow.pim.geopim.placement import FeatureMap
from openrow.pim.geopim.remote import own_places, remote_pixels
from openrow.pim.geopim.units import BankNumbers

PIXEL_BYTES = 256


def architecture(**options: object) -> tuple[Architecture, GeoPimConfig]:
    loaded = load_architecture("pim/geopim", ["pim.active_banks=24", "pim.active_banks_in_channel=8"])
    assert isinstance(loaded.pim, GeoPimConfig)
    return loaded, loaded.pim.model_copy(update=options)


def layer_samples(seed: int, maps: list[tuple[int, int]], queries: int, points: int) -> LayerSamples:
    random = np.random.default_rng(seed)
    count = queries * len(maps) * points
    map_of = np.tile(np.repeat(np.arange(len(maps)), points), queries).astype(np.int32)
    size = np.array(maps)[map_of]
    x = (random.random(count) * (size[:, 1] + 4) - 2.5).astype(np.float32)
    y = (random.random(count) * (size[:, 0] + 4) - 2.5).astype(np.float32)
    owner = np.repeat(np.arange(queries), len(maps) * points).astype(np.int32)
    return LayerSamples(
        x, y, map_of, np.zeros(count, np.int32), owner, tuple(FeatureMap(*m) for m in maps), 1, points, points
    )


sizes = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=3)
drawn_layers = st.builds(layer_samples, st.integers(0, 999), sizes, st.integers(1, 12), st.integers(1, 4))


@st.composite
def options(draw: st.DrawFn) -> dict[str, object]:
    return {
        "placement": draw(st.sampled_from(PlacementRule)),
        "neighbours": draw(st.sampled_from((Neighbours.HALO, Neighbours.CHANNEL))),
        "assignment": draw(st.sampled_from(Assignment)),
        "order": draw(st.sampled_from(VisitOrder)),
        "fetch_order": draw(st.sampled_from(FetchOrder)),
        "tile_pixels": draw(st.integers(1, 3)),
    }


def assigned(samples: LayerSamples, chosen: dict[str, object]) -> tuple[GeoPimConfig, UnitWork]:
    loaded, config = architecture(**chosen)
    return config, assign_samples(loaded.memory, config, samples, PIXEL_BYTES)


def pixel_number(samples: LayerSamples, number: int, y: int, x: int) -> int:
    before = sum(m.height * m.width for m in samples.maps[:number])
    return before + y * samples.maps[number].width + x


@settings(max_examples=60)
@given(drawn_layers, options())
def test_every_pixel_has_a_place_of_its_own(samples: LayerSamples, chosen: dict[str, object]) -> None:
    _, work = assigned(samples, chosen)
    places = own_places(work, samples)
    assert len(places) == sum(m.height * m.width for m in samples.maps)
    assert len(np.unique(places, axis=0)) == len(places)
    assert places[:, 0].min() >= 0
    assert places[:, 0].max() < 24


def stored_pixels(work: UnitWork, samples: LayerSamples) -> dict[tuple[int, int], int]:
    """What lies at each (bank, place): the tile's pixels and its halo, by their definition."""
    placement = work.placement
    stored = {}
    stride = placement.tile_width + placement.halo
    for number, (rows, columns, across, first, *_) in enumerate(placement.maps.tolist()):
        for tile in range(across * -(-rows // placement.tile_height)):
            top, left = tile // across * placement.tile_height, tile % across * placement.tile_width
            for dy in range(placement.tile_height + placement.halo):
                for dx in range(stride):
                    if top + dy < rows and left + dx < columns:
                        pixel = int(placement.tile_place[first + tile]) + dy * stride + dx
                        key = int(placement.tile_bank[first + tile]), int(placement.place_of(np.array(pixel)))
                        assert key not in stored
                        stored[key] = pixel_number(samples, number, top + dy, left + dx)
    return stored


@settings(max_examples=60)
@given(drawn_layers, options())
def test_units_find_each_neighbour_at_its_place_and_take_each_sample_once(
    samples: LayerSamples, chosen: dict[str, object]
) -> None:
    _, work = assigned(samples, chosen)
    stored = stored_pixels(work, samples)
    touching = set()
    for number, (x, y) in enumerate(zip(samples.x, samples.y, strict=True)):
        m = samples.maps[samples.map_of[number]]
        if -1 <= x < m.width and -1 <= y < m.height:
            touching.add(number)
    assert sorted(work.order.tolist()) == sorted(touching)
    for bank in range(24):
        for i in range(work.starts[bank], work.starts[bank + 1]):
            sample = int(work.order[i])
            number = int(samples.map_of[sample])
            m = samples.maps[number]
            left, top = int(np.floor(samples.x[sample])), int(np.floor(samples.y[sample]))
            for n in range(4):
                y, x = top + n // 2, left + n % 2
                place = int(work.places[i, n])
                if not (0 <= y < m.height and 0 <= x < m.width):
                    assert place == OUTSIDE
                elif place == ELSEWHERE:
                    assert work.remote[i, n] == pixel_number(samples, number, y, x)
                    assert pixel_number(samples, number, y, x) not in {
                        p for (b, at), p in stored.items() if b == bank and _is_own(work, samples, b, at)
                    }
                else:
                    assert stored[bank, place] == pixel_number(samples, number, y, x)


def _is_own(work: UnitWork, samples: LayerSamples, bank: int, place: int) -> bool:
    own = own_places(work, samples)
    return bool(((own[:, 0] == bank) & (own[:, 1] == place)).any())


@settings(max_examples=40)
@given(drawn_layers, st.sampled_from(PlacementRule))
def test_with_a_halo_no_sample_that_goes_to_its_own_bank_needs_another(
    samples: LayerSamples, rule: PlacementRule
) -> None:
    chosen = {"placement": rule, "neighbours": Neighbours.HALO, "assignment": Assignment.SAMPLE}
    _, work = assigned(samples, chosen)
    assert work.remote_neighbours == 0


@given(drawn_layers)
def test_queries_stay_together_where_they_are_assigned_whole(samples: LayerSamples) -> None:
    _, work = assigned(samples, {"assignment": Assignment.QUERY, "order": VisitOrder.RASTER})
    whole = {(int(samples.owner[s]), int(samples.map_of[s])) for s in work.order}
    assert work.runs <= len(whole)


def test_rows_of_a_pixel_are_bursts_side_by_side() -> None:
    samples = layer_samples(1, [(8, 8)], 10, 2)
    _, work = assigned(samples, {"placement": PlacementRule.ROW_MAJOR, "neighbours": Neighbours.CHANNEL})
    places = own_places(work, samples)
    rows, columns = places[:, 1] >> COLUMN_BITS, places[:, 1] & COLUMN_MASK
    assert set(columns.tolist()) == {0, 8, 16, 24}
    assert rows.max() == 0
    assert (places[:4, 0] == places[0, 0]).all()
    assert places[4, 0] != places[0, 0]


@settings(max_examples=40)
@given(drawn_layers, st.integers(0, 4))
def test_a_scratchpad_keeps_the_pixels_used_last(samples: LayerSamples, pixels: int) -> None:
    loaded, config = architecture(
        neighbours=Neighbours.SCRATCHPAD, scratchpad_bytes=pixels * PIXEL_BYTES, assignment=Assignment.QUERY
    )
    work = assign_samples(loaded.memory, config, samples, PIXEL_BYTES)
    numbers = BankNumbers.of(loaded.memory, config)
    fetched = remote_pixels(config, work, numbers, PIXEL_BYTES, samples)
    expected: list[int] = []
    held: dict[int, OrderedDict[int, None]] = {}
    longest = int(np.diff(work.starts).max(initial=0))
    for turn in range(longest):
        for unit in range(24):
            i = int(work.starts[unit]) + turn
            if i >= work.starts[unit + 1]:
                continue
            pad = held.setdefault(int(numbers.channel(np.array([unit]))[0]), OrderedDict())
            for pixel in work.remote[i][work.remote[i] >= 0].tolist():
                if pixel not in pad:
                    expected.append(pixel)
                    pad[pixel] = None
                    if len(pad) > pixels:
                        pad.popitem(last=False)
                elif pixels:
                    pad.move_to_end(pixel)
    assert (fetched == own_places(work, samples)[expected]).all()
