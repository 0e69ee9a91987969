"""What GeoPIM's units compute, number by number, against the definition of the kernel.

The units
---------
Maps lie in the banks as placed, fp16, halos included, and a unit reads its neighbours from the very places
that its bursts are read from in time; a cell that nothing was stored in is not a number. Neighbours in other
banks are read where those banks keep them. Outside the map there is zero. Attention weights are fp16.

Coordinates are fp32: the eight words of 4 B that a parameter register holds (query, sample count, reference,
stride, weight base, offset base) fill its 32 B. They are those of the kernel, from which the addresses come
too. Reference plus index times stride cannot give those of epipolar samples: planes evenly spaced in 1/depth
do not project to evenly spaced points (up to 0.37 pixels off for ``transplat``), so the host has to send what
is missing. A coordinate p splits into the fractions p - floor p and floor p + 1 - p, and a neighbour's weight
is the product of two, all in fp32.

The design notes call the lanes FP16 and say no more of a weight's width. ``weight_element`` chooses: ``fp32``
is a lane that multiplies an fp32 weight by an fp16 channel and rounds to fp32, which "within fp16 rounding"
takes; ``fp16`` rounds each weight once more, so that both operands are fp16 and fp32 holds their product
exactly, and the output is then not within fp16 rounding. What multiplies the sum of a tile by the attention
weight takes an fp32 number in either case.

Sums are fp32, the additions in the order of the unit. One set of accumulators, a word for each channel of a
head, serves a run: consecutive samples of one query and head in one unit. It starts at zero.

- ``by-tile``: the four neighbours of a sample are weighted and added up, nw, ne, sw, se; the attention weight
  times that sum is added to the accumulator.
- ``by-row``: there is no second word for each channel in which to keep the sum of a sample, so the weight of
  a neighbour is multiplied by the attention weight first, in fp32 (and then rounded to ``weight_element``),
  and each neighbour goes straight to the accumulators.

The host adds the sums of a query's runs in fp32, starting at zero, unit by unit and run by run, and rounds
the result to fp16.

Within fp16 rounding
--------------------
Let r be the exact result: the definition on the stored maps and weights and the fp32 coordinates, in real
numbers. Let s be the fp32 sum that the host rounds. With u = 2^-24 and terms t = attention x weight x value,

    |s - r| <= B = 9 u sum |t| + u sum |partial sums| + 2^-100

A term is rounded at most eight times before it reaches an accumulator (two fractions, their product, times
the value, three additions of a tile, times the attention), so it is off by less than 8 u |t| to first order;
the ninth covers the rest and the float64 in which r is computed. An addition that returns T is off by at most
u |T| (Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., section 4.2: a running error bound,
for any order), summed over those of units and host. Underflow costs a product at most 2^-150 times a value.
The result is *within fp16 rounding of the definition* when

    |output - r| <= ulp(|r| + B) / 2 + B

where ulp(a) is the distance of neighbouring fp16 numbers at a: rounding s once, correctly, and nothing else.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from openrow.config.architecture import Architecture
from openrow.config.geopim import FetchOrder, GeoPimConfig
from openrow.config.memory import MemoryConfig
from openrow.config.organisation import burst_bytes
from openrow.errors import UserError
from openrow.memory.threads import thread_count
from openrow.pim.geopim import numbers_compiled as compiled
from openrow.pim.geopim.assignment import LayerSamples, UnitWork, assign_samples, samples_of_layer
from openrow.pim.geopim.placement import Placement
from openrow.pim.geopim.remote import own_places
from openrow.pim.geopim.units import ELEMENT_BYTES, geopim_of, unit_shape
from openrow_kernels.catalogue import kernel as make_kernel
from openrow_kernels.compilation import read_only
from openrow_kernels.deformable_attention import DeformableAttention, Layer
from openrow_kernels.elements import store

Int32Array = NDArray[np.int32]
Int64Array = NDArray[np.int64]
Float16Array = NDArray[np.float16]
Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]
WeightElement = Literal["fp32", "fp16"]

UNIT_ROUNDOFF = 2.0**-24
"""Of fp32: half the distance from 1 to the next number."""
ROUNDINGS_OF_A_TERM = 9
UNDERFLOW = 2.0**-100
CHANNELS_OF_A_THREAD = 16
"""A thread takes no fewer of a head: what it does for each sample would outweigh them."""


@dataclass(frozen=True)
class NumbersResult:
    """How far the units' output is from the exact result.

    Attributes
    ----------
    max_error, rms_error
        Largest and root-mean-square difference.
    max_ulp, rms_ulp
        The same, each difference over the distance of fp16 numbers at the exact result; correct rounding
        alone gives up to 0.5.
    within_rounding
        Whether every output is within fp16 rounding of the definition.
    outputs
        Numbers compared.
    """

    max_error: float
    rms_error: float
    max_ulp: float
    rms_ulp: float
    within_rounding: bool
    outputs: int


@dataclass(frozen=True)
class LayerNumbers:
    """What the units compute of one layer; arrays are (views, queries, channels).

    Attributes
    ----------
    name
        The layer.
    sums
        float32, what the host has added up.
    output
        float16, what it rounds that to.
    exact
        float64, the definition.
    bound
        float64, how far the fp32 sums may be from it.
    runs
        Sums that units give back.
    """

    name: str
    sums: Float32Array
    output: Float16Array
    exact: Float64Array
    bound: Float64Array
    runs: int

    @property
    def result(self) -> NumbersResult:
        """The output compared with the definition."""
        error = np.abs(self.output.astype(np.float64) - self.exact)
        ulp = error / fp16_spacing(self.exact)
        allowed = fp16_spacing(np.abs(self.exact) + self.bound) / 2 + self.bound
        return NumbersResult(
            max_error=float(error.max()),
            rms_error=_rms(error),
            max_ulp=float(ulp.max()),
            rms_ulp=_rms(ulp),
            within_rounding=bool((error <= allowed).all()),
            outputs=error.size,
        )


def _rms(values: Float64Array) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def fp16_spacing(values: Float64Array) -> Float64Array:
    """The distance of fp16 numbers (IEEE 754 binary16) at ``values``; 2^-24 below the normal ones."""
    _, exponent = np.frexp(np.maximum(np.abs(values), 2.0**-14))
    spacing: Float64Array = np.ldexp(1.0, exponent - 11)
    return spacing


def check_numbers(
    architecture: Architecture,
    spec: str,
    parameters: Sequence[str] = (),
    weight_element: WeightElement = "fp32",
) -> NumbersResult:
    """Compute all layers of a deformable attention as the units do, and compare with its definition.

    Raises
    ------
    UserError
        Where the kernel is no deformable attention on fp16, or does not fit the units.
    """
    made = make_kernel(spec, parameters)
    if not isinstance(made, DeformableAttention):
        raise UserError(f"GeoPIM runs deformable-attention, and {spec} is another kernel")
    return combined(
        [compute_layer(architecture, made, layer, weight_element).result for layer in made.layers]
    )


def combined(results: Sequence[NumbersResult]) -> NumbersResult:
    """The result of all of ``results`` together."""
    outputs = np.array([each.outputs for each in results], dtype=np.float64)
    return NumbersResult(
        max_error=max(each.max_error for each in results),
        rms_error=float(np.sqrt(np.average([each.rms_error**2 for each in results], weights=outputs))),
        max_ulp=max(each.max_ulp for each in results),
        rms_ulp=float(np.sqrt(np.average([each.rms_ulp**2 for each in results], weights=outputs))),
        within_rounding=all(each.within_rounding for each in results),
        outputs=int(outputs.sum()),
    )


def compute_layer(
    architecture: Architecture,
    kernel: DeformableAttention,
    layer: Layer,
    weight_element: WeightElement = "fp32",
    workers: int | None = None,
) -> LayerNumbers:
    """Compute one layer of ``kernel`` as the architecture's units and its host do.

    Parameters
    ----------
    architecture, kernel, layer
        What runs where.
    weight_element
        How a lane takes the weights of neighbours.
    workers
        Threads, one a CPU by default; they share channels, so the numbers do not depend on how many.

    Raises
    ------
    UserError
        Where the units, the maps and the memory do not fit each other, or the element is not fp16.
    """
    config, memory = geopim_of(architecture), architecture.memory
    if kernel.parameters.element != "fp16":
        raise UserError(f"GeoPIM samples fp16, and the kernel's element is {kernel.parameters.element}")
    _refuse_split_bursts(memory, kernel)
    operands = _Operands.of(kernel, layer)
    samples = operands.samples
    work = assign_samples(memory, config, samples, kernel.parameters.channels * ELEMENT_BYTES)
    unit_shape(memory, config, work.placement.bursts // samples.heads)
    in_threads = _Threads(operands.channels, workers)
    sums, passed, runs = _unit_sums(memory, config, work, operands, weight_element, in_threads)
    exact, magnitude = _exact(work.placement, operands, in_threads)
    terms = np.bincount(operands.row_of[work.order], minlength=operands.rows)[:, None]
    # The partial sums were themselves added up in fp32, at most six of them a sample.
    partial = passed * (1 + 12 * UNIT_ROUNDOFF * terms)
    bound = UNIT_ROUNDOFF * (ROUNDINGS_OF_A_TERM * magnitude + partial) + UNDERFLOW
    shape = layer.output.shape
    with np.errstate(over="ignore"):
        output = sums.astype(np.float16)
    return LayerNumbers(
        layer.name,
        sums.reshape(shape),
        output.reshape(shape),
        exact.reshape(shape),
        bound.reshape(shape),
        runs,
    )


def _refuse_split_bursts(memory: MemoryConfig, kernel: DeformableAttention) -> None:
    """A unit reads whole bursts, and what is in them has to belong to one head."""
    channels, heads = kernel.parameters.channels, kernel.parameters.heads
    if channels // heads * ELEMENT_BYTES % burst_bytes(memory):
        raise UserError(
            f"a head's {channels // heads} channels of {ELEMENT_BYTES} B should fill whole bursts of "
            f"{burst_bytes(memory)} B (channels = {channels}, heads = {heads})"
        )


@dataclass(frozen=True)
class _Operands:
    """What goes into a layer.

    ``samples`` and ``attention`` (samples,) are in the order of the kernel, ``pixels`` (pixels, channels of
    all heads) the values of all maps. ``row_of`` (samples,) is the query and head of each sample, of which
    there are ``rows``, and ``channels`` are those of one head.
    """

    samples: LayerSamples
    attention: Float32Array
    pixels: Float32Array
    row_of: Int32Array
    rows: int
    channels: int

    @classmethod
    def of(cls, kernel: DeformableAttention, layer: Layer) -> "_Operands":
        """The operands of a layer."""
        samples, parameters = samples_of_layer(kernel, layer), kernel.parameters
        queries = np.arange(kernel.queries_per_view(layer.call), dtype=np.int64)
        attention = [kernel.weights(layer, view, queries).reshape(-1) for view in range(parameters.views)]
        values = kernel.values(layer)
        pixels = [
            np.moveaxis(level[view], 0, -1).reshape(-1, parameters.channels)
            for view in range(parameters.views)
            for level in values
        ]
        return cls(
            samples,
            np.concatenate(attention).astype(np.float32),
            np.concatenate(pixels).astype(np.float32),
            samples.owner,
            parameters.views * len(queries) * samples.heads,
            parameters.channels // samples.heads,
        )


class _Threads:
    """Runs compiled code on ranges of a head's channels, a thread each."""

    def __init__(self, channels: int, workers: int | None) -> None:
        self.channels = channels
        most = max(1, channels // CHANNELS_OF_A_THREAD)
        self.workers = min(most, thread_count()) if workers is None else min(workers, channels)

    def __call__(self, run: Callable[[int, int], None]) -> None:
        bounds = [self.channels * i // self.workers for i in range(self.workers + 1)]
        with ThreadPoolExecutor(self.workers) as pool:
            list(pool.map(run, bounds[:-1], bounds[1:]))


def bank_pixels(placement: Placement, banks: int) -> Int32Array:
    """(banks, pixels of the fullest bank): the number of the map's pixel stored at each place, -1 where none
    is.
    """
    height, width = placement.tile_height + placement.halo, placement.tile_width + placement.halo
    room = int(placement.tile_place.max()) + height * width
    stored = np.full((banks, room), -1, dtype=np.int32)
    for number, (rows, columns, across, first, first_pixel) in enumerate(placement.maps.tolist()):
        end = placement.maps[number + 1, 3] if number + 1 < len(placement.maps) else len(placement.tile_bank)
        tiles = np.arange(first, end)
        top, left = (
            (tiles - first) // across * placement.tile_height,
            (tiles - first) % across * placement.tile_width,
        )
        for dy, dx in np.ndindex(height, width):
            y, x = top + dy, left + dx
            inside = (y < rows) & (x < columns)
            own = tiles[inside]
            place = placement.tile_place[own] + dy * width + dx
            stored[placement.tile_bank[own], place] = (first_pixel + y * columns + x)[inside]
    return stored


def _stored_elements(placement: Placement, banks: int, pixels: Float32Array) -> tuple[Float32Array, int, int]:
    """What lies in the banks one after the other, then a pixel of zeros; bursts of a bank; first zero."""
    stored = bank_pixels(placement, banks)
    channels = pixels.shape[1]
    elements = np.zeros((stored.size + 1, channels), dtype=np.float32)
    flat = stored.reshape(-1)
    elements[:-1] = np.where((flat >= 0)[:, None], pixels[flat], np.float32(np.nan))
    return elements.reshape(-1), stored.shape[1] * placement.bursts, stored.size * channels


def _unit_sums(
    memory: MemoryConfig,
    config: GeoPimConfig,
    work: UnitWork,
    operands: _Operands,
    weight_element: WeightElement,
    in_threads: _Threads,
) -> tuple[Float32Array, Float32Array, int]:
    """What the host has added up, (rows, channels of a head); the magnitudes of all sums on the way; runs."""
    samples, placement = operands.samples, work.placement
    order, starts, taken = read_only(work.order), read_only(work.starts), len(work.order)
    elements, bank_bursts, zeros = _stored_elements(placement, config.active_banks, operands.pixels)
    first = np.empty((taken, 4), dtype=np.int64)
    compiled.first_elements(
        starts, read_only(work.places), read_only(work.remote), read_only(own_places(work, samples)), order,
        read_only(samples.head_of), operands.channels, burst_bytes(memory) // ELEMENT_BYTES,
        placement.pixels_in_row * placement.bursts, bank_bursts, zeros, first,
    )  # fmt: skip
    run_start, run_row = np.empty(taken + 1, dtype=np.int64), np.empty(taken, dtype=np.int64)
    runs = compiled.runs_of(order, starts, read_only(operands.row_of), run_start, run_row)
    weights = np.empty((taken, 4), dtype=np.float32)
    compiled.bilinear_weights(order, read_only(samples.x), read_only(samples.y), weights)
    attention = read_only(operands.attention[work.order])
    sums = np.zeros((operands.rows, operands.channels), dtype=np.float32)
    passed = np.zeros_like(sums)
    given = (runs, read_only(run_start), read_only(run_row), read_only(elements), read_only(first))
    if config.fetch_order is FetchOrder.BY_ROW:
        weights *= attention[:, None]
        rounded = _rounded(weights, weight_element)
        in_threads(lambda low, high: compiled.add_by_row(*given, rounded, low, high, sums, passed))
    else:
        rounded = _rounded(weights, weight_element)
        in_threads(
            lambda low, high: compiled.add_by_tile(*given, rounded, attention, low, high, sums, passed)
        )
    return sums, passed, runs


def _rounded(weights: Float32Array, element: WeightElement) -> Float32Array:
    return read_only(store(weights, element).astype(np.float32))


def _exact(
    placement: Placement, operands: _Operands, in_threads: _Threads
) -> tuple[Float64Array, Float64Array]:
    """The definition in float64, (rows, channels of a head), and the sum of the terms' magnitudes."""
    samples = operands.samples
    total = np.zeros((operands.rows, operands.channels), dtype=np.float64)
    magnitude = np.zeros_like(total)
    given = (
        read_only(samples.x), read_only(samples.y), read_only(samples.map_of), read_only(samples.head_of),
        read_only(placement.maps), read_only(operands.attention), read_only(operands.pixels),
    )  # fmt: skip
    in_threads(lambda low, high: compiled.exact_sums(*given, low, high, total, magnitude))
    return total, magnitude
