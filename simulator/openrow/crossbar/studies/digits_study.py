"""Accuracy of the digits network on crossbars, against converters, slices and whatever disturbs cells.

A part of the study varies one thing; its series are the ways to hold signed weights, or the widest slice.
Everything else is as the settings say. What draws random numbers is repeated with other seeds.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from openrow.config.crossbar import CrossbarSettings, SignedMapping
from openrow.crossbar.levels import DistortionWarning
from openrow.crossbar.studies.digits import Digits, accuracy, network, trained

Changes = Mapping[str, Any]


@dataclass(frozen=True)
class Value:
    """One value of what a part varies."""

    series: str
    label: str
    number: float | None
    """Its place on an axis; none for an ideal converter."""
    changes: Changes


@dataclass(frozen=True)
class Part:
    """One thing that is varied."""

    title: str
    axis: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Point:
    """Accuracy at one value."""

    part: str
    value: Value
    accuracies: tuple[float, ...]
    """Of every run."""

    @property
    def mean(self) -> float:
        """The mean over the runs."""
        return float(np.mean(self.accuracies))

    @property
    def deviation(self) -> float:
        """The standard deviation of the runs, 0 for a single one."""
        return float(np.std(self.accuracies, ddof=1)) if len(self.accuracies) > 1 else 0.0

    def as_dict(self) -> dict[str, Any]:
        """The point as plain data."""
        return {
            "part": self.part,
            "series": self.value.series,
            "value": self.value.label,
            "number": self.value.number,
            "runs": len(self.accuracies),
            "accuracy": self.mean,
            "accuracy_deviation": self.deviation,
        }


MAPPINGS = {
    SignedMapping.TWOS_COMPLEMENT: "two's complement",
    SignedMapping.DIFFERENTIAL: "differential pairs",
    SignedMapping.OFFSET_COLUMN: "offset column",
}
WIDEST_SLICES = (1, 2, 4)
ADC_LEVELS = (8, 16, 32, 64, 128, 256, 512, 1024, None)
BITS = (2, 3, 4, 5, 6, 7, 8)
DEVIATIONS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
STUCK_RATES = (0.0, 0.002, 0.005, 0.01, 0.02, 0.05)
DRIFT_TIMES_S = (1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6)
DRIFT = {"drift_exponent": 0.05, "drift_exponent_deviation": 0.01}
"""An example; the exponent is a property of the device."""


def _by_mapping(key: str, numbers: tuple[float | None, ...], also: Changes) -> tuple[Value, ...]:
    return tuple(
        Value(
            name,
            "ideal" if number is None else f"{number:g}",
            number,
            {"signed_mapping": mapping, key: number, **also},
        )
        for mapping, name in MAPPINGS.items()
        for number in numbers
    )


def slice_widths(bits: int, widest: int) -> tuple[int, ...]:
    """Return widths for so many bits, the sign first, whose values fit the levels of the widest slice."""
    widths: list[int] = []
    left = bits - 1
    while left:
        width = max(each for each in WIDEST_SLICES if each <= min(widest, left))
        widths.insert(0, width)
        left -= width
    return (1, *widths)


def _slicings() -> tuple[Value, ...]:
    values = []
    for widest in WIDEST_SLICES:
        for bits in BITS:
            widths, levels = slice_widths(bits, widest), 1 << widest
            both: dict[str, Any] = {"input_slices": widths, "weight_slices": widths}
            both |= {"dac_levels": levels, "conductance_levels": levels}
            name = f"slices of up to {widest} bit" + ("s" if widest > 1 else "")
            values.append(Value(name, str(bits), float(bits), both))
    return tuple(values)


PARTS = {
    "adc_levels": Part("converters", "levels of the converters", _by_mapping("adc_levels", ADC_LEVELS, {})),
    "slices": Part("slices", "bits of inputs and weights", _slicings()),
    "write_variation": Part(
        "write variation",
        "deviation of a conductance",
        _by_mapping("write_variation", DEVIATIONS, {}),
    ),
    "read_variation": Part(
        "read variation",
        "deviation of a conductance's logarithm",
        _by_mapping("read_variation", DEVIATIONS, {}),
    ),
    "dac_noise": Part("DAC noise", "deviation of a row voltage", _by_mapping("dac_noise", DEVIATIONS, {})),
    "stuck_low": Part(
        "cells stuck low", "share of all cells", _by_mapping("stuck_low_rate", STUCK_RATES, {})
    ),
    "stuck_high": Part(
        "cells stuck high", "share of all cells", _by_mapping("stuck_high_rate", STUCK_RATES, {})
    ),
    "drift": Part(
        "retention drift",
        "time since programming, s",
        _by_mapping("drift_time_s", DRIFT_TIMES_S, DRIFT),
    ),
}
"""The parts of the study by name."""


def points(
    settings: CrossbarSettings,
    unseen: Digits,
    parts: Mapping[str, Part] = PARTS,
    repeats: int = 4,
    tick: Callable[[], None] = lambda: None,
) -> Iterator[Point]:
    """Yield the accuracy at every value of every part.

    Parameters
    ----------
    settings
        What is not varied.
    unseen
        Images that the network was not trained on.
    parts
        What is varied.
    repeats
        Runs of what draws random numbers, with seeds ``settings.seed`` and those that follow.
    tick
        Called after each point.
    """
    for name, part in parts.items():
        for value in part.values:
            chosen = changed(settings, value.changes, settings.seed)
            seeds = range(settings.seed, settings.seed + (repeats if chosen.noisy() else 1))
            runs = tuple(accuracy_of(changed(chosen, {}, seed), unseen) for seed in seeds)
            yield Point(name, value, runs)
            tick()


def changed(settings: CrossbarSettings, changes: Changes, seed: int) -> CrossbarSettings:
    """Return settings with some others in place and checked."""
    return CrossbarSettings(**settings.model_dump() | dict(changes) | {"seed": seed})


def accuracy_of(settings: CrossbarSettings, unseen: Digits) -> float:
    """Return the share of images that the network on crossbars tells right."""
    with warnings.catch_warnings():
        # Said once for the whole study by whoever runs it.
        warnings.simplefilter("ignore", DistortionWarning)
        on_crossbars = network(settings, trained())
    return accuracy(on_crossbars(unseen.images), unseen.labels)
