"""What disturbs cells and rows, drawn in pieces that have each their own stream of random numbers.

Conductances are in units of the step between levels above the lowest, h = (G - low) / step, so that a cell at
its level is an integer; ``floor`` is the lowest conductance in these units, G = (h + floor) step.

- Write variation: G (1 + N(0, s)), once, at programming.
- Retention drift: G (t / t0)^-nu, nu = N(mean, deviation) of each cell (Le Gallo et al., 2018).
- Stuck cells, after both: with u uniform, u < high rate is the highest level, below the sum of both rates the
  lowest.
- Read variation: G exp(N(0, s)), s that of the level nearest to G, drawn once a product for all its rows and
  input slices.
- DAC noise: V (1 + N(0, s)), drawn once a product for each row voltage, the same for all columns.

A draw is a function of the seed, what it is for, which read, and which piece of the operand (a block of rows
of the weights, a tile of the inputs), so results do not depend on the order or number of threads.
"""

import numpy as np
from numpy.typing import NDArray

from openrow.config.crossbar import CrossbarSettings

Cells = NDArray[np.float32]

_PURPOSES = ("write", "read", "dac", "stuck", "drift")


def stream(settings: CrossbarSettings, purpose: str, *piece: int) -> np.random.Generator:
    """Return the random numbers of one piece for one purpose."""
    own: int | None = getattr(settings, f"{purpose}_seed")
    seeds = [settings.seed, 0] if own is None else [own, 1]
    key = (_PURPOSES.index(purpose), *piece)
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seeds, spawn_key=key)))


def floor_of(settings: CrossbarSettings) -> float:
    """Return the lowest conductance in units of the step between levels."""
    span = settings.conductance_high_s - settings.conductance_low_s
    return settings.conductance_low_s * (settings.conductance_levels - 1) / span


def programmed(cells: Cells, settings: CrossbarSettings, *piece: int) -> None:
    """Disturb ``cells``, which are at their levels, in place as programming and time do."""
    s, floor = settings, np.float32(floor_of(settings))
    if s.write_variation or s.drifts():
        cells += floor
        if s.write_variation:
            drawn = stream(s, "write", *piece).standard_normal(cells.shape, np.float32)
            cells *= np.float32(1) + np.float32(s.write_variation) * drawn
        if s.drifts():
            drawn = stream(s, "drift", *piece).standard_normal(cells.shape, np.float32)
            exponent = s.drift_exponent + np.float32(s.drift_exponent_deviation) * drawn
            cells *= np.float32(s.drift_time_s / s.drift_reference_s) ** -exponent
        cells -= floor
    if s.stuck_high_rate + s.stuck_low_rate > 0:
        drawn = stream(s, "stuck", *piece).random(cells.shape, np.float32)
        cells[drawn < s.stuck_high_rate + s.stuck_low_rate] = 0
        cells[drawn < s.stuck_high_rate] = s.conductance_levels - 1


def read(cells: Cells, settings: CrossbarSettings, *piece: int) -> Cells:
    """Return ``cells`` as one product sees them; ``piece`` starts with the number of the read."""
    if not settings.varies_when_read():
        return cells
    variation, floor = settings.read_variation, np.float32(floor_of(settings))
    drawn = stream(settings, "read", *piece).standard_normal(cells.shape, np.float32)
    if isinstance(variation, dict):
        by_level = np.zeros(settings.conductance_levels, np.float32)
        by_level[list(variation)] = list(variation.values())
        nearest = np.clip(np.rint(cells), 0, settings.conductance_levels - 1)
        drawn *= by_level[nearest.astype(np.int64)]
    else:
        drawn *= np.float32(variation)
    np.exp(drawn, out=drawn)
    drawn *= cells + floor
    drawn -= floor
    return drawn


def driven(voltages: Cells, settings: CrossbarSettings, *piece: int) -> None:
    """Disturb row ``voltages`` in place; ``piece`` starts with the number of the read."""
    if settings.dac_noise:
        drawn = stream(settings, "dac", *piece).standard_normal(voltages.shape, np.float32)
        drawn *= np.float32(settings.dac_noise)
        drawn += np.float32(1)
        voltages *= drawn
