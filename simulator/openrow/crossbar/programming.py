"""Weights are sliced, mapped and programmed once; inputs are streamed through them.

Everything that is the same for all inputs is done by :func:`program`: integers, slices, levels or disturbed
conductances, bit planes, and the choice of a path (``paths``).
"""

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openrow.config.crossbar import CrossbarSettings, SignedMapping
from openrow.crossbar import product
from openrow.crossbar.cells import ProgrammedCells
from openrow.crossbar.levels import DistortionWarning, Plan, distortions
from openrow.crossbar.paths import (
    GemmPath,
    IdealPath,
    PathOfRead,
    PopcountPath,
    packed_planes,
    popcount_is_faster,
)
from openrow.crossbar.quantisation import Scaling, Sharing, fold_maxima, scaling, sharing
from openrow.crossbar.rows import InputRows, MatrixRows
from openrow.errors import UserError

PATHS = ("gemm", "popcount", "ideal")


class CrossbarError(UserError):
    """Weights or inputs that a crossbar cannot take."""


class ProgrammedWeights:
    """Weights as crossbars hold them.

    Attributes
    ----------
    settings : CrossbarSettings
    shape : tuple of int
        Rows K and columns N of the weights.
    path : str
        How products are computed: ``ideal``, ``popcount`` or ``gemm``.
    blocks : tuple of int
        Blocks of weights along the rows and along the columns.
    """

    def __init__(
        self,
        settings: CrossbarSettings,
        shape: tuple[int, int],
        path: str,
        column_scale: NDArray[np.float64],
        path_of_read: PathOfRead,
    ) -> None:
        self.settings = settings
        self.shape = shape
        self.path = path
        self.blocks = (
            -(-shape[0] // settings.weight_block[0]),
            -(-shape[1] // settings.weight_block[1]),
        )
        self._column_scale = column_scale
        self._path_of_read = path_of_read
        self._reads = 0

    def multiply(
        self, inputs: ArrayLike, *, read: int | None = None, threads: int = 1
    ) -> NDArray[np.floating[Any]]:
        """Return inputs (..., M, K) times the weights, (..., M, N).

        Parameters
        ----------
        inputs
            Real numbers; float32 gives a float32 product, everything else float64. All is computed in
            float64 but the currents.
        read
            Which read of the arrays this is: noise is drawn for each. The next one by default.
        threads
            How many share the work; the product does not depend on it.

        Raises
        ------
        CrossbarError
            If the inputs do not fit the weights or are not finite.
        """
        values = np.asarray(inputs)
        if values.dtype != np.float32:
            values = values.astype(np.float64, copy=False)
        if values.ndim < 2 or values.shape[-1] != self.shape[0]:
            raise CrossbarError(
                f"inputs of shape {values.shape} do not fit weights of shape {self.shape}; "
                f"they should be (..., M, {self.shape[0]})"
            )
        out = np.empty((*values.shape[:-1], self.shape[1]), values.dtype)
        matrices = values.reshape(-1, *values.shape[-2:])
        self.multiply_rows(MatrixRows(matrices), out.reshape(len(matrices), -1, self.shape[1]), read, threads)
        return out

    def multiply_rows(
        self, rows: InputRows, out: NDArray[Any], read: int | None = None, threads: int = 1
    ) -> None:
        """Write the product of ``rows`` to ``out`` (batch, rows, N), tile by tile."""
        number = self._reads if read is None else read
        self._reads = number + 1
        input_scaling, shared = self._input_scaling(rows)
        path = self._path_of_read(number)
        product.multiply(rows, input_scaling, shared, path, self.settings, self._column_scale, out, threads)

    def _input_scaling(self, rows: InputRows) -> tuple[list[Scaling], Sharing]:
        s = self.settings
        shared = sharing((rows.rows, rows.columns), s.input_block, s.input_granularity)
        bits = sum(s.input_slices)
        found = []
        for item in range(rows.batch):
            largest = np.zeros((shared.row_groups, shared.column_groups))
            for first in range(0, rows.rows, product.TILE_ROWS):
                part = slice(first, min(first + product.TILE_ROWS, rows.rows))
                if not fold_maxima(rows.tile(item, part, slice(None)), first, shared, largest):
                    raise CrossbarError("inputs hold numbers that are not finite (NaN or infinity)")
            found.append(scaling(largest, s.mode, bits, -(1 << (bits - 1))))
        return found, shared


def program(
    weights: ArrayLike, settings: CrossbarSettings | None = None, *, path: str | None = None
) -> ProgrammedWeights:
    """Slice, map and program weights (K, N).

    Parameters
    ----------
    weights
        Real numbers.
    settings
        The numerics of the crossbar; defaults where not given.
    path
        How products are to be computed, one of ``gemm``, ``popcount`` and ``ideal``, in place of the one
        that is expected to take least time. Where several are possible they give equal products.

    Raises
    ------
    CrossbarError
        If the weights are no finite matrix, or the path is not possible under these settings.

    Warns
    -----
    DistortionWarning
        If slices are not equally spaced on the given numbers of levels.
    """
    settings = settings or CrossbarSettings()
    values = finite_matrix(weights)
    for problem in distortions(settings):
        warnings.warn(problem, DistortionWarning, stacklevel=2)
    plan = Plan(settings)
    chosen = path or _fastest_path(settings, plan)
    _check_path(chosen, settings, plan)
    levels, column_scale = weight_levels(values, plan)
    make = {"gemm": _gemm, "popcount": _popcount, "ideal": _ideal}[chosen]
    shape = (values.shape[0], values.shape[1])
    return ProgrammedWeights(settings, shape, chosen, column_scale, make(plan, levels))


def finite_matrix(weights: ArrayLike) -> NDArray[np.float64]:
    """Return weights (K, N) in float64.

    Raises
    ------
    CrossbarError
        If they are no finite matrix.
    """
    values = np.asarray(weights, np.float64)
    if values.ndim != 2 or 0 in values.shape:
        raise CrossbarError(f"weights of shape {values.shape} should be a matrix (K, N)")
    check_finite(values)
    return values


def check_finite(weights: NDArray[np.float64]) -> None:
    """Raise an error that says where weights of any shape hold NaN or infinity, if they do.

    Raises
    ------
    CrossbarError
        With the first such place.
    """
    if not np.isfinite(weights).all():
        place = tuple(np.argwhere(~np.isfinite(weights))[0].tolist())
        raise CrossbarError(f"weights hold {weights[place]} at {place}; all should be finite")


def _fastest_path(settings: CrossbarSettings, plan: Plan) -> str:
    if settings.adc_levels is None:
        return "ideal"
    if settings.noisy() or settings.adc_clipping or plan.largest_sum() >= 1 << 31:
        return "gemm"
    return "popcount" if popcount_is_faster(settings, plan, product.counts_in_vectors()) else "gemm"


def _check_path(path: str, settings: CrossbarSettings, plan: Plan) -> None:
    if path not in PATHS:
        raise CrossbarError(f"there is no path {path!r}; paths are {', '.join(PATHS)}")
    if (path == "ideal") != (settings.adc_levels is None):
        raise CrossbarError(
            f"path {path}: path ideal and an ideal converter (adc_levels None) need each other"
        )
    if path == "popcount" and (settings.noisy() or plan.largest_sum() >= 1 << 31):
        raise CrossbarError("path popcount counts whole levels, and there is noise or too many of them")
    if path == "popcount" and settings.adc_clipping:
        raise CrossbarError("path popcount has no noise, so that nothing is to be clipped")


def weight_levels(values: NDArray[np.float64], plan: Plan) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return reduced levels (blocks, slices, height, columns), and scales (blocks, columns)."""
    s = plan.settings
    height, bits = s.weight_block[0], sum(s.weight_slices)
    pairs = s.signed_mapping is SignedMapping.DIFFERENTIAL
    shape = (values.shape[0], values.shape[1])
    shared = sharing(shape, s.weight_block, s.weight_granularity)
    largest = np.zeros((shared.row_groups, shared.column_groups))
    fold_maxima(values, 0, shared, largest)
    scale = scaling(largest, s.mode, bits, -(1 << (bits - 1)) + pairs)
    column_group = np.arange(shape[1]) // shared.columns
    blocks = -(-shape[0] // height)
    top = max(int(each.levels[-1]) for each in plan.weights)
    kind = np.min_scalar_type(-top - 1 if pairs else top)
    out = np.zeros((blocks, len(plan.weights), height, shape[1]), kind)
    column_scale = np.empty((blocks, shape[1]))
    for block in range(blocks):
        group = block * height // shared.rows
        part = values[block * height : (block + 1) * height]
        column_scale[block] = scale.scale[group, column_group]
        scaled = np.rint(part / scale.divisor[group, column_group] * scale.top)
        integers = np.clip(scaled, scale.lowest, scale.highest).astype(np.int64)
        _fill_slices(integers, plan, out[block])
    return out, column_scale


def _fill_slices(integers: NDArray[np.int64], plan: Plan, out: NDArray[Any]) -> None:
    """Write the reduced levels of a block of weights (rows, columns) to ``out`` (slices, height, columns)."""
    mapping = plan.settings.signed_mapping
    unsigned, sign = integers, np.ones((), np.int64)
    if mapping is SignedMapping.OFFSET_COLUMN:
        unsigned = integers + (1 << (sum(plan.settings.weight_slices) - 1))
    elif mapping is SignedMapping.DIFFERENTIAL:
        unsigned, sign = np.abs(integers), np.sign(integers)
    for j, each in enumerate(plan.weights):
        digits = (unsigned >> each.offset) & ((1 << each.width) - 1)
        out[j, : len(integers)] = sign * each.levels[digits]


def _popcount(plan: Plan, levels: NDArray[Any]) -> PathOfRead:
    path = PopcountPath(plan, packed_planes(plan, levels))
    return lambda _: path


def _gemm(plan: Plan, levels: NDArray[Any]) -> PathOfRead:
    if plan.settings.noisy_cells():
        cells = ProgrammedCells(plan, levels)
        return lambda number: GemmPath(plan, *cells.read(number), reduced=False, number=number)
    offset = _offset_of(plan, levels)
    return lambda number: GemmPath(plan, levels, offset, reduced=True, number=number)


def _ideal(plan: Plan, levels: NDArray[Any]) -> PathOfRead:
    if plan.settings.noisy_cells():
        cells = ProgrammedCells(plan, levels)
        return lambda number: IdealPath(plan, *cells.read(number), exact=False, number=number)
    path = IdealPath(plan, levels, _offset_of(plan, levels), exact=True, number=0)
    if plan.settings.dac_noise:
        return lambda number: path.of_read(number)
    return lambda _: path


def _offset_of(plan: Plan, levels: NDArray[Any]) -> NDArray[Any] | None:
    """Return the offset column, reduced; one serves all columns, as all are alike."""
    if plan.offset_column is None:
        return None
    return np.ones((levels.shape[0], levels.shape[2], 1), np.uint8)
