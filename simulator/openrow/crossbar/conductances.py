"""The conductances of a programmed array, to look at."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openrow.config.crossbar import CrossbarSettings
from openrow.crossbar import noise
from openrow.crossbar.cells import programmed_block
from openrow.crossbar.levels import Plan
from openrow.crossbar.programming import CrossbarError, finite_matrix, weight_levels


def array_conductances(
    weights: ArrayLike, settings: CrossbarSettings, array: tuple[int, int] = (0, 0)
) -> NDArray[np.float64]:
    """Return what the cells of one array hold after programming, in siemens (signs, slices, rows, columns).

    Write variation, drift and stuck cells are in it; what reads and wires add is not. Signs are one, or two
    for differential pairs.

    Parameters
    ----------
    weights
        (K, N).
    settings
        The numerics of the crossbar.
    array
        Which one: block of rows and block of columns of the weights.

    Raises
    ------
    CrossbarError
        If the weights are no finite matrix, or there is no such array.
    """
    values = finite_matrix(weights)
    blocks = [-(-size // block) for size, block in zip(values.shape, settings.weight_block, strict=True)]
    if not all(0 <= place < count for place, count in zip(array, blocks, strict=True)):
        raise CrossbarError(
            f"there is no array {array[0]}, {array[1]}: weights of {values.shape[0]} x {values.shape[1]} "
            f"fill {blocks[0]} x {blocks[1]} arrays, counted from 0"
        )
    plan = Plan(settings)
    cells = programmed_block(plan, weight_levels(values, plan)[0], array[0])
    width = settings.weight_block[1]
    step = (settings.conductance_high_s - settings.conductance_low_s) / (settings.conductance_levels - 1)
    held = cells[..., array[1] * width : (array[1] + 1) * width].astype(np.float64)
    return (held + noise.floor_of(settings)) * step
