"""Which unit takes which sample of a layer, in which order, and what it finds in its own bank."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openrow.config.geopim import Assignment, GeoPimConfig, VisitOrder
from openrow.config.memory import MemoryConfig
from openrow.pim.geopim import assignment_compiled as compiled
from openrow.pim.geopim.placement import FeatureMap, Placement, curve_order, place_maps, tile_of_pixels
from openrow_kernels.compilation import read_only
from openrow_kernels.deformable_attention import DeformableAttention, Layer

Int32Array = NDArray[np.int32]
Int64Array = NDArray[np.int64]
Float32Array = NDArray[np.float32]


@dataclass(frozen=True)
class LayerSamples:
    """All samples of a layer, in the order of the kernel: views, queries, heads, levels, depths, points.

    Attributes
    ----------
    x, y
        (samples,) in pixels of the sampled map.
    map_of, head_of, owner
        (samples,) the map sampled, the head, and the number of the sum: one for each query and head.
    maps
        The maps: every image at every level.
    heads, in_group, in_query
        Heads; samples of one query on one depth plane, and of one query and head and level.
    """

    x: Float32Array
    y: Float32Array
    map_of: Int32Array
    head_of: Int32Array
    owner: Int32Array
    maps: tuple[FeatureMap, ...]
    heads: int
    in_group: int
    in_query: int


def samples_of_layer(kernel: DeformableAttention, layer: Layer) -> LayerSamples:
    """Collect the samples of ``layer``."""
    views, queries = kernel.parameters.views, kernel.queries_per_view(layer.call)
    heads, levels, samples = kernel.samples_shape(layer.call)
    shape = (views, queries, heads, levels, samples)
    x, y = np.empty(shape, np.float32), np.empty(shape, np.float32)
    map_of = np.empty(shape, np.int32)
    for view in range(views):
        part = kernel.samples(layer, view, np.arange(queries, dtype=np.int64))
        x[view], y[view] = part.x, part.y
        map_of[view] = part.image * levels + np.arange(levels, dtype=np.int32)[:, None]
    head_of = np.broadcast_to(np.arange(heads, dtype=np.int32)[:, None, None], shape)
    sums = np.arange(views * queries * heads, dtype=np.int32).reshape(views, queries, heads, 1, 1)
    owner = np.broadcast_to(sums, shape)
    maps = tuple(FeatureMap(*size) for _ in range(views) for size in kernel.shapes)
    return LayerSamples(
        x.reshape(-1), y.reshape(-1), map_of.reshape(-1), head_of.reshape(-1).copy(),
        owner.reshape(-1).copy(), maps, heads, layer.call.points, samples,
    )  # fmt: skip


@dataclass(frozen=True)
class UnitWork:
    """The samples of a layer as the units take them.

    Attributes
    ----------
    placement
        Where the maps lie.
    order
        (taken samples,) numbers of samples, unit by unit.
    starts
        (active banks + 1,) where each unit's samples begin in ``order``.
    places
        (taken samples, 4) places of the neighbours in the unit's bank; -1 outside the map, -2 elsewhere.
    remote
        (taken samples, 4) pixel numbers of neighbours in other banks, else -1.
    runs_of_unit
        (active banks,) runs of samples of one sum: so often a unit is told what to do, and gives it back.
    """

    placement: Placement
    order: Int32Array
    starts: Int64Array
    places: Int64Array
    remote: Int32Array
    runs_of_unit: Int64Array

    @property
    def runs(self) -> int:
        """Runs of all units."""
        return int(self.runs_of_unit.sum())

    @property
    def remote_neighbours(self) -> int:
        """Neighbours that have to be fetched from other banks."""
        return int(np.count_nonzero(self.remote >= 0))

    @property
    def imbalance(self) -> float:
        """Samples of the busiest unit over those of the mean one."""
        counts = np.diff(self.starts)
        return float(counts.max() / counts.mean()) if counts.sum() else 1.0


def assign_samples(
    memory: MemoryConfig, config: GeoPimConfig, samples: LayerSamples, pixel_bytes: int
) -> UnitWork:
    """Place the maps of a layer and give every sample that touches its map to a unit.

    Raises
    ------
    openrow.pim.geopim.placement.DoesNotFitError
        Where the maps do not fit.
    """
    together = {
        Assignment.SAMPLE: 1,
        Assignment.GROUP: samples.in_group,
        Assignment.QUERY: samples.in_query,
    }[config.assignment]
    x, y, map_of = (read_only(part) for part in (samples.x, samples.y, samples.map_of))
    pixel = np.empty(len(x), dtype=np.int32)
    plain_maps = _pixel_table(samples)
    taken = compiled.centre_pixels(x, y, map_of, read_only(plain_maps), together, pixel)

    def work_of(maps: Int64Array, height: int, width: int, tiles: int) -> Int64Array:
        work = np.zeros(tiles, dtype=np.int64)
        compiled.count_keys(
            read_only(pixel), read_only(tile_of_pixels(maps, height, width).astype(np.int32)), work
        )
        return work

    placement = place_maps(memory, config, samples.maps, pixel_bytes, work_of)
    tile = placement.tile_of_pixel
    bank = placement.tile_bank[tile].astype(np.int32)
    order = np.flatnonzero(pixel >= 0).astype(np.int32)
    if config.order is VisitOrder.MORTON:
        order = _sorted(order, pixel, _rank_on_curve(placement, tile), len(tile))
    order = _sorted(order, pixel, bank, config.active_banks)
    bank_of_sample = bank[pixel]
    counts = np.bincount(bank_of_sample[order], minlength=config.active_banks)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    places = np.empty((taken, 4), dtype=np.int64)
    remote = np.empty((taken, 4), dtype=np.int32)
    compiled.neighbours_of(
        read_only(order), read_only(bank_of_sample), x, y, map_of, read_only(samples.head_of),
        read_only(placement.maps), read_only(placement.tile_bank), read_only(placement.tile_place),
        (placement.tile_height, placement.tile_width), placement.halo, placement.pixels_in_row,
        placement.bursts, placement.bursts // samples.heads, places, remote,
    )  # fmt: skip
    runs = np.zeros(config.active_banks, dtype=np.int64)
    compiled.count_runs(read_only(order), read_only(starts), read_only(samples.owner), runs)
    return UnitWork(placement, order, starts, places, remote, runs)


def _sorted(order: Int32Array, key: Int32Array, values: Int32Array, count: int) -> Int32Array:
    counts = np.zeros(count, dtype=np.int64)
    out = np.empty_like(order)
    compiled.count_keys(read_only(key), read_only(values), counts)
    compiled.sort_stably(read_only(order), len(order), read_only(key), read_only(values), counts, out)
    return out


def _pixel_table(samples: LayerSamples) -> Int64Array:
    """Height, width and first pixel of each map, where a map table has them."""
    table = np.zeros((len(samples.maps), 5), dtype=np.int64)
    pixels = 0
    for number, each in enumerate(samples.maps):
        table[number, [0, 1, 4]] = each.height, each.width, pixels
        pixels += each.height * each.width
    return table


def _rank_on_curve(placement: Placement, tile: Int64Array) -> Int32Array:
    """Of every pixel, how many come before it: tiles along the Z curve, pixels of a tile in raster order."""
    order = curve_order(placement.maps, len(placement.tile_bank))
    rank_of_tile = np.empty(len(order), dtype=np.int64)
    rank_of_tile[order] = np.arange(len(order))
    by_rank = np.argsort(rank_of_tile[tile], kind="stable")
    rank = np.empty(len(tile), dtype=np.int32)
    rank[by_rank] = np.arange(len(tile), dtype=np.int32)
    return rank
