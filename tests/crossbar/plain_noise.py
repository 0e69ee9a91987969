"""The plain definition of a product with noise, in siemens and volts, from the same draws."""

import numpy as np
from numpy.typing import NDArray

from openrow.config.crossbar import CrossbarSettings, SignedMapping
from openrow.crossbar import definition, noise

Reals = NDArray[np.float64]


def noisy_product(x: Reals, w: Reals, s: CrossbarSettings, read: int) -> Reals:
    """The product of one read, all in float64 but the draws; up to one tile of rows."""
    total = np.zeros((x.shape[0], w.shape[1]))
    step = (s.conductance_high_s - s.conductance_low_s) / (s.conductance_levels - 1)
    height = s.weight_block[0]
    for block, (scale, voltages, cells) in enumerate(definition._blocks(x, w, s)):
        x_levels = np.zeros((x.shape[0], len(voltages), height))
        for i, voltage in enumerate(voltages):
            x_levels[:, i, : voltage.levels.shape[1]] = voltage.levels
        drawn = noise.stream(s, "dac", read, 0, 0, block).standard_normal(x_levels.shape, np.float32)
        volts = s.read_voltage_v * x_levels / (s.dac_levels - 1) * (1 + s.dac_noise * drawn.astype(float))

        signed = np.zeros((len(cells), height, w.shape[1]))
        for j, cell in enumerate(cells):
            signed[j, : cell.levels.shape[0]] = cell.levels
        pairs = s.signed_mapping is SignedMapping.DIFFERENTIAL
        levels = np.stack([np.maximum(signed, 0), np.maximum(-signed, 0)]) if pairs else signed[np.newaxis]
        siemens = _read(_programmed(levels * step + s.conductance_low_s, s, block), s, read, block)
        siemens = siemens - s.conductance_low_s
        net = siemens[0] - siemens[1] if pairs else siemens[0]

        reference = (s.conductance_high_s - s.conductance_low_s) * s.read_voltage_v * height
        for i, voltage in enumerate(voltages):
            for j, (cell, adc) in enumerate(zip(cells, s.adc_levels_by_slice(), strict=True)):
                fraction = volts[:, i] @ net[j] / reference
                if adc is not None:
                    steps = definition._steps(adc, s)
                    code = np.rint(np.round(fraction * steps, 9))
                    if s.adc_clipping:
                        code = np.clip(code, -steps if pairs else 0, steps)
                    fraction = code / steps
                total += scale * voltage.value * cell.value * height * fraction
    return total


def _programmed(siemens: Reals, s: CrossbarSettings, block: int) -> Reals:
    write = noise.stream(s, "write", block, 0).standard_normal(siemens.shape, np.float32).astype(float)
    siemens = siemens * (1 + s.write_variation * write)
    drift = noise.stream(s, "drift", block, 0).standard_normal(siemens.shape, np.float32).astype(float)
    exponent = s.drift_exponent + s.drift_exponent_deviation * drift
    siemens = siemens * (s.drift_time_s / s.drift_reference_s) ** -exponent
    stuck = noise.stream(s, "stuck", block, 0).random(siemens.shape, np.float32)
    siemens = np.where(stuck < s.stuck_high_rate + s.stuck_low_rate, s.conductance_low_s, siemens)
    return np.where(stuck < s.stuck_high_rate, s.conductance_high_s, siemens)


def _read(siemens: Reals, s: CrossbarSettings, read: int, block: int) -> Reals:
    variation = s.read_variation
    levels = np.linspace(s.conductance_low_s, s.conductance_high_s, s.conductance_levels)
    nearest = np.abs(siemens[..., np.newaxis] - levels).argmin(-1)
    by_level = [
        variation.get(level, 0.0) if isinstance(variation, dict) else variation
        for level in range(s.conductance_levels)
    ]
    drawn = noise.stream(s, "read", read, block, 0).standard_normal(siemens.shape, np.float32).astype(float)
    return siemens * np.exp(np.array(by_level)[nearest] * drawn)
