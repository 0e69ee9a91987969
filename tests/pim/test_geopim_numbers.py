"""The units' numbers: bit for bit those of a plain loop, and within fp16 rounding of the definition."""

from dataclasses import replace
from functools import cache
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from openrow.config.architecture import Architecture
from openrow.config.loading import load_architecture
from openrow.errors import UserError
from openrow.pim.geopim.assignment import assign_samples, samples_of_layer
from openrow.pim.geopim.numbers import (
    LayerNumbers,
    WeightElement,
    check_numbers,
    compute_layer,
    fp16_spacing,
)
from openrow.pim.geopim.units import geopim_of
from openrow_kernels.catalogue import kernel as make_kernel
from openrow_kernels.deformable_attention import DeformableAttention, Layer

SPEC = "deformable-attention"
BY_TILE, BY_ROW = "pim.fetch_order=by-tile", "pim.fetch_order=by-row"
SMALL = ("height=6", "width=7", "channels=32", "heads=2", "levels=2", "points=2")
Float32Array = NDArray[np.float32]


@cache
def geopim(*overrides: str) -> Architecture:
    return load_architecture("pim/geopim", ["pim.active_banks_in_channel=16", *overrides])


def attention(*parameters: str, preset: str = "") -> DeformableAttention:
    made = make_kernel(SPEC + preset, parameters)
    assert isinstance(made, DeformableAttention)
    return made


def small_layer(*overrides: str, weight_element: WeightElement = "fp32") -> LayerNumbers:
    made = attention(*SMALL)
    return compute_layer(geopim("pim.active_banks=24", *overrides), made, made.layers[0], weight_element)


def neighbours(x: np.float32, y: np.float32) -> list[tuple[int, int, np.float32]]:
    """Row, column and fp32 weight of nw, ne, sw, se."""
    left, top = np.floor(x), np.floor(y)
    across = (left + np.float32(1) - x, x - left)
    down = (top + np.float32(1) - y, y - top)
    return [(int(top) + n // 2, int(left) + n % 2, across[n % 2] * down[n // 2]) for n in range(4)]


def plain_sums(
    architecture: Architecture, made: DeformableAttention, layer: Layer, weight_element: WeightElement
) -> tuple[Float32Array, int]:
    """What the host adds up, by the definition of the units' order, and how many sums it gets."""
    config, parameters = geopim_of(architecture), made.parameters
    samples = samples_of_layer(made, layer)
    work = assign_samples(architecture.memory, config, samples, parameters.channels * 2)
    queries, size = made.queries_per_view(layer.call), parameters.channels // parameters.heads
    weights = np.concatenate(
        [made.weights(layer, view, np.arange(queries)).reshape(-1) for view in range(parameters.views)]
    ).astype(np.float32)
    levels = made.values(layer)
    maps = [level[view] for view in range(parameters.views) for level in levels]
    as_lanes_take = np.float16 if weight_element == "fp16" else np.float32

    def row_of(sample: int) -> tuple[int, int]:
        return divmod(int(samples.owner[sample]), samples.heads)

    sums, runs = np.zeros((parameters.views * queries, parameters.heads, size), np.float32), 0
    for unit in range(config.active_banks):
        for row, run in groupby(work.order[work.starts[unit] : work.starts[unit + 1]].tolist(), row_of):
            total = np.zeros(size, np.float32)
            for sample in run:
                image = maps[samples.map_of[sample]][row[1] * size : (row[1] + 1) * size].astype(np.float32)
                inside = [
                    (image[:, r, c], weight)
                    for r, c, weight in neighbours(samples.x[sample], samples.y[sample])
                    if 0 <= r < image.shape[1] and 0 <= c < image.shape[2]
                ]
                if config.fetch_order == "by-row":
                    for value, weight in inside:
                        total = total + np.float32(as_lanes_take(weight * weights[sample])) * value
                else:
                    tile = np.zeros(size, np.float32)
                    for value, weight in inside:
                        tile = tile + np.float32(as_lanes_take(weight)) * value
                    total = total + weights[sample] * tile
            sums[row] = sums[row] + total
            runs += 1
    return sums.reshape(layer.output.shape), runs


@st.composite
def shapes(draw: st.DrawFn) -> list[str]:
    epipolar = draw(st.booleans())
    heads = draw(st.sampled_from((1, 2)))
    return [
        f"reference={'epipolar' if epipolar else 'self'}",
        f"depths={draw(st.integers(1, 3)) if epipolar else 1}",
        f"views={2 if epipolar else draw(st.integers(1, 2))}",
        f"height={draw(st.integers(1, 6))}",
        f"width={draw(st.integers(1, 6))}",
        f"heads={heads}",
        f"channels={heads * draw(st.sampled_from((16, 32, 48)))}",
        f"levels={draw(st.integers(1, 3))}",
        f"points={draw(st.integers(1, 3))}",
        f"offsets={draw(st.sampled_from(('ring', 'none')))}",
        f"offset_noise_px={draw(st.sampled_from((0.0, 0.5, 1.5)))}",
        f"seed={draw(st.integers(0, 9))}",
    ]


@st.composite
def unit_options(draw: st.DrawFn) -> list[str]:
    return [
        f"pim.active_banks={draw(st.sampled_from((1, 2, 5, 32)))}",
        f"pim.placement={draw(st.sampled_from(('row-major', 'hashed-tiles', 'geometry-aware')))}",
        f"pim.assignment={draw(st.sampled_from(('sample', 'group', 'query')))}",
        f"pim.order={draw(st.sampled_from(('raster', 'morton')))}",
        f"pim.neighbours={draw(st.sampled_from(('halo', 'scratchpad', 'channel')))}",
        "pim.scratchpad_bytes=4096",
        f"pim.tile_pixels={draw(st.integers(1, 3))}",
        draw(st.sampled_from((BY_TILE, BY_ROW))),
    ]


@settings(max_examples=60)
@given(shapes(), unit_options(), st.sampled_from(("fp32", "fp16")))
def test_sums_are_those_of_the_plain_loop_bit_for_bit(
    parameters: list[str], options: list[str], weight_element: WeightElement
) -> None:
    architecture, made = geopim(*options), attention(*parameters)
    (layer,) = made.layers
    numbers = compute_layer(architecture, made, layer, weight_element)
    sums, runs = plain_sums(architecture, made, layer, weight_element)
    np.testing.assert_array_equal(numbers.sums.view(np.int32), sums.view(np.int32))
    np.testing.assert_array_equal(numbers.output, sums.astype(np.float16))
    assert numbers.runs == runs
    assert weight_element == "fp16" or numbers.result.within_rounding


@pytest.mark.parametrize("fetch_order", [BY_TILE, BY_ROW])
@pytest.mark.parametrize(
    ("preset", "parameters"),
    [
        (":transplat-coarse", ()),
        (":transplat-fine-self", ()),
        (":transplat-fine-cross", ("height=24", "width=24")),
        (":transplat", ("height=16", "width=16")),
        (":deformable-detr", ("height=13", "width=13")),
        ("", ("channels=256", "heads=4", "levels=3", "views=1", "height=20", "width=30")),
    ],
)
def test_presets_are_within_fp16_rounding(preset: str, parameters: tuple[str, ...], fetch_order: str) -> None:
    result = check_numbers(geopim(fetch_order), SPEC + preset, parameters)
    assert result.within_rounding
    # Evenly spread rounding errors have a root mean square of 1 / sqrt(12) of a spacing.
    assert result.rms_ulp == pytest.approx(12**-0.5, rel=0.02)
    assert result.max_ulp >= 0.49
    assert result.rms_error < result.max_error < 2.0**-10


@pytest.mark.parametrize("spread", ["pim.order=morton", "pim.assignment=query", "pim.neighbours=channel"])
def test_wherever_samples_go_the_sums_stay_within_rounding(spread: str) -> None:
    assert small_layer(spread).result.within_rounding


def test_one_unit_that_takes_tile_by_tile_has_the_kernels_own_bits() -> None:
    made = attention(*SMALL)
    (layer,) = made.layers
    numbers = compute_layer(geopim("pim.active_banks=1", BY_TILE), made, layer)
    np.testing.assert_array_equal(numbers.output, made.compute(made.inputs())[layer.output.name])


@pytest.mark.parametrize("parameters", [SMALL, ("reference=epipolar", "depths=8", "height=9", "width=8")])
def test_the_exact_result_is_what_the_kernel_rounds(parameters: tuple[str, ...]) -> None:
    made = attention(*parameters)
    (layer,) = made.layers
    exact = compute_layer(geopim(), made, layer).exact
    kernels = made.plain(made.inputs())[layer.output.name].astype(np.float64)
    assert np.all(np.abs(kernels - exact) <= fp16_spacing(exact) / 2 + 2e-6)
    assert np.abs(exact).max() > 0.1


@pytest.mark.parametrize("workers", [1, 2, 3, 16])
def test_numbers_do_not_depend_on_the_threads(workers: int) -> None:
    made = attention(*SMALL)
    one, other = (
        compute_layer(geopim("pim.order=morton"), made, made.layers[0], workers=n) for n in (None, workers)
    )
    for name in ("sums", "exact", "bound"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_an_output_one_spacing_off_is_not_within_rounding() -> None:
    numbers = small_layer()
    output = numbers.output.copy()
    furthest = np.unravel_index(np.argmax(np.abs(numbers.exact)), output.shape)
    output[furthest] = np.nextafter(output[furthest], np.float16(np.inf) * np.sign(output[furthest]))
    above = replace(numbers, output=output).result
    output[furthest] = np.nextafter(np.nextafter(output[furthest], np.float16(0)), np.float16(0))
    below = replace(numbers, output=output).result
    assert not (above.within_rounding and below.within_rounding)
    assert max(above.max_ulp, below.max_ulp) >= 1


def test_an_output_that_is_no_number_is_not_within_rounding() -> None:
    numbers = small_layer()
    output = numbers.output.copy()
    output[0, 0, 0] = np.nan
    assert not replace(numbers, output=output).result.within_rounding


def test_weights_rounded_to_fp16_are_more_than_a_rounding_of_the_result() -> None:
    narrow, wide = small_layer(weight_element="fp16").result, small_layer().result
    assert not narrow.within_rounding
    assert narrow.rms_error > 1.1 * wide.rms_error
    assert narrow.max_error < 2.0**-10


@pytest.mark.parametrize("fetch_order", [BY_TILE, BY_ROW])
def test_the_bound_is_a_small_part_of_a_rounding(fetch_order: str) -> None:
    made = attention("height=16", "width=16", preset=":transplat-fine-cross")
    numbers = compute_layer(geopim(fetch_order), made, made.layers[0])
    assert np.median(numbers.bound / fp16_spacing(numbers.exact)) < 0.3


def test_spacings_are_those_of_numpys_fp16() -> None:
    values = np.array([0, 2.0**-30, 2.0**-14, 2.0**-13, 0.0999755859375, 1, 1.5, 2047, 2048, 60000])
    np.testing.assert_array_equal(fp16_spacing(-values), np.spacing(values.astype(np.float16)))


def test_heads_that_share_a_burst_are_refused() -> None:
    with pytest.raises(UserError, match=r"8 channels of 2 B should fill whole bursts of 32 B .*heads = 2"):
        check_numbers(geopim(), SPEC, ("channels=16", "heads=2"))


def test_other_elements_and_kernels_are_refused() -> None:
    with pytest.raises(UserError, match="samples fp16, and the kernel's element is int8"):
        check_numbers(geopim(), SPEC, ("element=int8",))
    with pytest.raises(UserError, match="gemm is another kernel"):
        check_numbers(geopim(), "gemm")
