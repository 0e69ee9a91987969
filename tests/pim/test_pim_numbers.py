"""What the units compute: bit for bit their order of operations, and near the definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from openrow.config.aim import AimConfig
from openrow.config.hbm_pim import HbmPimConfig
from openrow.config.loading import load_architecture
from openrow.config.memory import MemoryConfig
from openrow.pim.aim.numbers import computed, rounded
from openrow.pim.half_compiled import round_to_half
from openrow.pim.hbm_pim.device import run_kernel
from openrow_kernels.vector_operations import OPERATIONS, random_halves

Float16Array = NDArray[np.float16]


def hbm_pim(channels: int = 1) -> tuple[MemoryConfig, HbmPimConfig]:
    architecture = load_architecture("pim/hbm-pim", [f"memory.channels={channels}", "memory.refresh=none"])
    assert isinstance(architecture.pim, HbmPimConfig)
    return architecture.memory, architecture.pim


def aim(precision: str) -> AimConfig:
    pim = load_architecture("pim/aim", [f"pim.precision={precision}"]).pim
    assert isinstance(pim, AimConfig)
    return pim


def test_rounding_to_half_is_that_of_ieee() -> None:
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)
    finite = np.sort(every[np.isfinite(every)])
    between = (finite[:-1].astype(np.float64) + finite[1:]) / 2
    values = np.concatenate(
        [finite, between.astype(np.float32), np.nextafter(between.astype(np.float32), 9e9)]
    )
    values = np.concatenate([values, [65519.996, 65520.0, -65520.0, 1e30, np.inf]]).astype(np.float32)
    with np.errstate(over="ignore"):
        expected = values.astype(np.float16).astype(np.float32)
    found = values.copy()
    round_to_half(found, found.view(np.int32))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("kernel", ["add", "mul", "relu"])
@pytest.mark.parametrize(("channels", "elements"), [(1, 2048), (2, 5000), (4, 1)])
def test_element_wise_results_are_those_of_half_precision(kernel: str, channels: int, elements: int) -> None:
    operands = tuple(random_halves(seed, elements) for seed in range(1 if kernel == "relu" else 2))
    output = run_kernel(*hbm_pim(channels), kernel, operands).output
    np.testing.assert_array_equal(output, OPERATIONS[kernel](*operands).astype(np.float16))


def gemv_in_half(matrix: Float16Array, vector: Float16Array) -> Float16Array:
    """Sixteen partial sums an output, over tiles of 128 columns, first even ones and then odd."""
    missing = -matrix.shape[1] % 128
    a, x = np.pad(matrix, ((0, 0), (0, missing))), np.pad(vector, (0, missing))
    starts = range(0, a.shape[1], 128)
    sums = np.zeros((len(a), 16), dtype=np.float16)
    for start in (*starts[0::2], *starts[1::2]):
        for at in range(start, start + 128, 16):
            sums = sums + a[:, at : at + 16] * x[at : at + 16]
    total = np.zeros(len(a), dtype=np.float32)
    for lane in range(16):
        total += sums[:, lane]
    return total.astype(np.float16)


@pytest.mark.parametrize(
    ("channels", "rows", "columns"), [(1, 64, 256), (1, 100, 300), (2, 130, 128), (1, 3, 40)]
)
def test_gemv_is_bit_for_bit_the_order_of_the_units(channels: int, rows: int, columns: int) -> None:
    matrix, vector = random_halves(1, rows, columns), random_halves(2, columns)
    output = run_kernel(*hbm_pim(channels), "gemv", (matrix, vector)).output
    np.testing.assert_array_equal(output, gemv_in_half(matrix, vector))


def test_gemv_is_within_half_rounding_of_the_definition() -> None:
    matrix, vector = random_halves(1, 256, 1024), random_halves(2, 1024)
    output = run_kernel(*hbm_pim(), "gemv", (matrix, vector)).output
    assert output is not None
    exact = OPERATIONS["gemv"](matrix, vector)
    # Two roundings for each of the 64 products of a lane, each of half a unit of 2^-10 of what is rounded.
    bound = 2 * 64 * 2.0**-11 * (np.abs(matrix.astype(float)) @ np.abs(vector.astype(float)))
    assert (np.abs(output - exact) <= bound).all()
    assert np.abs(output - exact).max() < 0.01 * np.abs(exact).max()


@settings(max_examples=10, deadline=None)
@given(rows=st.integers(1, 70), columns=st.integers(1, 700), seed=st.integers(0, 99))
def test_any_shape_of_matrix_is_multiplied(rows: int, columns: int, seed: int) -> None:
    matrix, vector = random_halves(seed, rows, columns), random_halves(seed + 1, columns)
    output = run_kernel(*hbm_pim(), "gemv", (matrix, vector)).output
    np.testing.assert_array_equal(output, gemv_in_half(matrix, vector))


def test_bfloat16_keeps_eight_digits_ties_to_even() -> None:
    values = np.array([1.0, 1.00390625, 1.01171875, 1.003907, -3.14159], dtype=np.float32)
    expected = np.array([1.0, 1.0, 1.015625, 1.0078125, -3.140625], dtype=np.float32)
    np.testing.assert_array_equal(rounded(values, "bf16"), expected)


@pytest.mark.parametrize(("precision", "share"), [("bf16", 2e-2), ("fp16", 1e-3)])
def test_aim_multiplies_within_its_precision(precision: str, share: float) -> None:
    matrix, vector = random_halves(1, 50, 2500), random_halves(2, 2500)
    exact = OPERATIONS["gemv"](matrix, vector)
    found = computed(aim(precision), "gemv", (matrix, vector))
    error = np.abs(found - exact).max() / np.abs(exact).max()
    assert 0 < error < share


def in_bfloat16(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rounded to 8 binary digits, ties to even; for numbers far from the ends of BF16's range."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(mantissa * 256), exponent - 8)


@pytest.mark.parametrize("kernel", ["add", "mul", "relu"])
@pytest.mark.parametrize("elements", [1, 5000])
def test_element_wise_results_of_aim_are_those_of_bfloat16(kernel: str, elements: int) -> None:
    """Operands are rounded and the result is; what lies between is exact in FP32 for such operands."""
    operands = tuple(random_halves(seed, elements) for seed in range(1 if kernel == "relu" else 2))
    taken = [in_bfloat16(operand.astype(np.float64)) for operand in operands]
    exact = {"add": lambda x, y: x + y, "mul": lambda x, y: x * y, "relu": lambda x: np.where(x > 0, x, 0)}
    found = computed(aim("bf16"), kernel, operands)
    np.testing.assert_array_equal(found, in_bfloat16(exact[kernel](*taken)))


@pytest.mark.parametrize("kernel", ["add", "mul", "relu"])
def test_element_wise_results_of_aim_in_half_are_the_definition_rounded_once(kernel: str) -> None:
    operands = tuple(random_halves(seed, 3000) for seed in range(1 if kernel == "relu" else 2))
    found = computed(aim("fp16"), kernel, operands)
    np.testing.assert_array_equal(found, OPERATIONS[kernel](*operands).astype(np.float16))
