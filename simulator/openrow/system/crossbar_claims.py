"""The claims of an analysis of MemIntelli's performance (12 February 2026), held against what is measured.

The analysis says why bit-sliced inference of ResNet18 is slow and needs gigabytes, and what would help by how
much. Shapes are counted again; times and memory are measured side by side with plain NumPy versions of the
same mathematics (``crossbar.cartesian``), the first of which does what the analysis describes.
"""

from collections.abc import Iterator
from math import prod

import numpy as np

from openrow.crossbar.studies.cartesian import pair_currents, sliced_inputs, sliced_weights
from openrow.system.claims import REFUTED, REPRODUCED, Claim
from openrow.system.crossbar_measuring import MANY_IMAGES, Measured, Measurements, settings_of

IMAGES = 8
UNFOLDED = (IMAGES, 12544, 147)
PRINTED_INPUT = (IMAGES, 392, 2, 4, 32, 32)
PRINTED_PRODUCT = (IMAGES, 392, 2, 4, 4, 32, 32)
"""Shapes as the analysis prints them; 147 columns fill 5 blocks of 32, not 2."""
COLUMN_BLOCKS = 5
WEIGHTS = (64, 3, 7, 7)
SINGLE = 4
ROUNDING = 0.05
"""Of a figure that is given as a round one."""
STEPS = {
    "without noise": ("immediately", (1.3, 1.5), (0.30, 0.40)),
    "pair by pair": ("within a week", (3.0, 5.0), (0.50, 0.70)),
    "openrow": ("by a rewrite", (5.0, 10.0), (0.70, 0.85)),
}
"""What the steps are held against: when, how much faster, how much less memory."""
FOURFOLD = (3.0, 5.0)
"""What about fourfold may be."""
RECORDED = "MemIntelli's recorded run of 8 images of 224 x 224 took 18.9 s and 6.26 GB"


def claims(found: Measurements) -> list[Claim]:
    """Return all claims, in the order of the analysis."""
    return list(_claims(found))


def _claims(found: Measurements) -> Iterator[Claim]:
    yield _pairs()
    yield _first_layer()
    yield _weights()
    yield _unfolding()
    yield _streaming(found)
    yield _targets(found)
    yield _fewer_slices(found)


def _mb(values: int) -> str:
    size = values * SINGLE
    return f"{size / 1e6:,.0f} MB" if size < 1e9 else f"{size / 1e9:.2f} GB"


def _bytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size < 1e8 else f"{size / 1e6:,.0f} MB"


def _verdict(holds: bool) -> str:
    return REPRODUCED if holds else REFUTED


def _pairs() -> Claim:
    settings = settings_of(4)
    block = np.ones(settings.weight_block)
    currents = pair_currents(sliced_inputs(block, settings), sliced_weights(block, settings), settings)
    held = currents.size // block.size
    text = f"the product's tensor has an axis for each side's slices: {held} partial products at once"
    return Claim("X1", "4 x 4 slices are 16 partial products, all held at once", _verdict(held == 16), text)


def _first_layer() -> Claim:
    unfolded, sliced, product = prod(UNFOLDED), prod(PRINTED_INPUT), prod(PRINTED_PRODUCT)
    text = (
        f"the unfolded input is {_mb(unfolded)} (56.3 MiB); the printed shapes are {_mb(sliced)} and "
        f"{_mb(product)}; with the 5 blocks that 147 columns fill they are "
        f"{_mb(sliced * COLUMN_BLOCKS // 2)} and {_mb(product * COLUMN_BLOCKS)}: over 400 MB indeed, but "
        "shapes and sizes disagree"
    )
    sizes = (sliced * SINGLE / 308e6, product * SINGLE / 1.23e9)
    claim = "conv1, 8 images: unfolded 57 MB, sliced 308 MB, product 1.23 GB; over 400 MB for a layer's input"
    return Claim("X2", claim, _verdict(all(abs(size - 1) < ROUNDING for size in sizes)), text)


def _weights() -> Claim:
    held = sliced_weights(np.ones((prod(WEIGHTS[1:]), WEIGHTS[0])), settings_of(4))
    sliced, plain = held.digits.size, prod(WEIGHTS)
    kib = (2 * sliced + plain) * SINGLE / 1024
    text = f"{sliced:,} elements twice and {plain:,} once are {kib:.1f} KiB"
    claim = "weights: 40,960 elements sliced, 9,408 plain, 356 KB with conductances"
    return Claim("X3", claim, _verdict((sliced, plain, int(kib)) == (40_960, 9_408, 356)), text)


def unfolding(kernel: int, stride: int, size: int, padding: int) -> float:
    """Return how many times larger the unfolded input of a convolution is than the input."""
    output = (size + 2 * padding - kernel) // stride + 1
    return float((output * kernel / size) ** 2)


def _unfolding() -> Claim:
    first, others = unfolding(7, 2, 224, 3), unfolding(3, 1, 56, 1)
    text = (
        f"conv1 {first:g}x; 3 x 3 kernels {others:g}x, but {unfolding(3, 2, 56, 1):g}x where they go in "
        "steps of 2, as three of the layers do"
    )
    holds = abs(first / 9.8 - 1) < ROUNDING and others == 9
    return Claim("X4", "unfolding makes conv1 9.8x larger, 3 x 3 layers 9x", _verdict(holds), text)


def _streaming(found: Measurements) -> Claim:
    at_once, pairs, engine = (
        found.by_way[way, 4].peak_bytes for way in ("without noise", "pair by pair", "openrow")
    )
    growth = at_once / found.by_way["without noise", 2].peak_bytes
    growth_of_pairs = pairs / found.by_way["pair by pair", 2].peak_bytes
    text = (
        f"one image of {found.size} x {found.size}: {_bytes(at_once)} with all pairs at once, "
        f"{_bytes(pairs)} pair by pair, {at_once / pairs:.1f}x less: the currents of one pair are held, not "
        f"of 16, beside the sliced inputs. From 2 to 4 slices, 4 to 16 pairs, the peak grows {growth:.1f}x "
        f"all at once and {growth_of_pairs:.1f}x pair by pair. Streamed over tiles of rows as well, openrow "
        f"holds {_bytes(engine)}: {at_once / engine:.0f}x less"
    )
    claim = "streaming over pairs of slices takes the peak from S_x S_y to 1"
    # The sliced inputs grow with the slices, twofold; what grows faster grows with the pairs.
    holds = growth > 2 >= growth_of_pairs
    return Claim("X5", claim, _verdict(holds), text)


def _targets(found: Measurements) -> Claim:
    base = found.by_way["all at once", 4]
    texts, holds = [], True
    for way, (when, faster, spared) in STEPS.items():
        step = found.by_way[way, 4]
        gain, share = base.seconds / step.seconds, 1 - step.peak_bytes / base.peak_bytes
        holds &= gain >= faster[0] * (1 - ROUNDING) and share >= spared[0] * (1 - ROUNDING)
        texts.append(f"{when} ({way}) {gain:.1f}x and -{100 * share:.1f} %")
    few = IMAGES * found.by_way["without noise", 4].peak_bytes
    text = (
        f"of {base.seconds:.3f} s and {_bytes(base.peak_bytes)} in plain NumPy: {'; '.join(texts)}. "
        f"{MANY_IMAGES} images in openrow hold {_bytes(found.many_streamed)}, their output and all; {IMAGES} "
        f"with all pairs at once would {_bytes(few)}. {RECORDED}"
    )
    claim = (
        "1.3-1.5x and -30..40 % immediately, 3-5x and -50..70 % within a week, 5-10x and -70..85 % by a "
        "rewrite; batch 8 becomes 32-64"
    )
    return Claim("X6", claim, _verdict(holds and found.many_streamed < few), text)


def _fewer_slices(found: Measurements) -> Claim:
    gains = {}
    for way in ("all at once", "openrow"):
        four, two = (found.by_way[way, slices] for slices in (4, 2))
        gains[way] = four.seconds / two.seconds, four.peak_bytes / two.peak_bytes
    plain, engine = gains["all at once"], gains["openrow"]
    errors = [_error(found.by_way["openrow", slices]) for slices in (4, 2)]
    text = (
        f"all pairs at once: {plain[0]:.1f}x faster, {plain[1]:.1f}x less memory; openrow: {engine[0]:.1f}x "
        f"and {engine[1]:.1f}x, as it does not hold the slices; the error of the product grows from "
        f"{errors[0]} to {errors[1]} on the same converters"
    )
    holds = all(FOURFOLD[0] <= gain <= FOURFOLD[1] for gain in plain)
    return Claim("X7", "2 slices instead of 4: about 4x faster, 4x less memory", _verdict(holds), text)


def _error(measured: Measured) -> str:
    return f"{100 * measured.error:.0f} %"
