"""Recorded products of MemIntelli: without noise output by output, with noise by mean and deviation."""

import json
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openrow.config.crossbar import CrossbarSettings, Mode
from openrow.crossbar.definition import plain_product, plain_ties
from openrow.crossbar.levels import DistortionWarning
from openrow.crossbar.programming import program
from openrow.validation.streams import data

Reals = NDArray[np.float64]
Case = dict[str, Any]

FLOAT32_ERROR = 3e-4
"""How far sums in float32 are from those in float64 in the recorded products."""
WITHOUT_TIES = 1e-3
"""Share of the largest output by which an output without ties may be off."""
RUNS = 200
PATHS = ("gemm", "popcount")
EXPECTED_OFF, MOST_OFF = 0.15, 5.0
"""In sampling errors: how far the root mean square over all elements may be from 1, and how far one element
may be off."""
ONE_PROGRAMMING = ("noise_wv", "noise_stuck")
"""Cases whose seeds are fixed in MemIntelli: all its runs show the same disturbed cells."""


@cache
def _cases() -> dict[str, Case]:
    cases: dict[str, Case] = json.loads((data() / "crossbar/memintelli_cases.json").read_text())
    return cases


def noise_free_names() -> list[str]:
    """The recorded products without noise."""
    return [name for name in _cases() if not name.startswith("noise")]


def noisy_names() -> list[str]:
    """The recorded products with noise."""
    return [name for name in _cases() if name.startswith("noise")]


def recorded_case(name: str) -> Case:
    """The recorded settings and figures of a case, under MemIntelli's names."""
    return _cases()[name]


def recorded_arrays(name: str) -> dict[str, Reals]:
    """The arrays of a case: x, w, y and what else it has."""
    with (data() / "crossbar/memintelli_cases.npz").open("rb") as file, np.load(file) as arrays:
        return {key.split("/")[1]: arrays[key] for key in arrays if key.startswith(f"{name}/")}


def recorded_settings(name: str) -> CrossbarSettings:
    """The settings of a case in openrow's names."""
    case = recorded_case(name)

    def granularity(value: Any) -> Any:
        return "matrix" if value == "per-matrix" else tuple(value)

    return CrossbarSettings(
        mode=Mode.BLOCK_FLOATING_POINT if case["bw_e"] else Mode.INTEGER,
        input_slices=tuple(case["xblk"]),
        weight_slices=tuple(case["wblk"]),
        input_block=tuple(case["xparal"]),
        weight_block=tuple(case["wparal"]),
        input_granularity=granularity(case["xgran"]),
        weight_granularity=granularity(case["wgran"]),
        conductance_low_s=case["LGS"],
        conductance_high_s=case["HGS"],
        conductance_levels=case["g_level"],
        dac_levels=case["rdac"],
        adc_levels=case["radc"],
        read_voltage_v=case["vread"],
        write_variation=case["write_variation"],
        read_variation=case["read_variation"],
        dac_noise=case["vnoise"],
        stuck_high_rate=case["rate_stuck_HGS"],
        stuck_low_rate=case["rate_stuck_LGS"],
    )


def tie_note(name: str) -> str:
    """How many outputs of a case have codes half way between two levels, which float32 rounds either way."""
    recorded = recorded_arrays(name)
    ties = plain_ties(recorded["x"], recorded["w"], recorded_settings(name))
    tied = np.count_nonzero(ties)
    moved = f", which that moves by {ties.max():.2g} at most" if tied else ""
    return f"{name}: {tied:,} of {ties.size:,} outputs have codes half way between two levels{moved}"


def _product(x: Reals, w: Reals, settings: CrossbarSettings, path: str | None = None) -> Reals:
    with warnings.catch_warnings():
        # One of the recorded cases is there because its levels distort.
        warnings.simplefilter("ignore", DistortionWarning)
        programmed = program(w, settings, path=path)
    return np.asarray(programmed.multiply(x), np.float64)


def product_differences(name: str) -> Iterator[str]:
    """What differs between a recorded product without noise and openrow's."""
    recorded, settings = recorded_arrays(name), recorded_settings(name)
    x, w, y = recorded["x"], recorded["w"], recorded["y"]
    found, ties = _product(x, w, settings), plain_ties(x, w, settings)
    yield from output_differences(found, y, ties, recorded.get("tie_tol"))


def output_differences(found: Reals, recorded: Reals, ties: Reals, tie_tol: Reals | None) -> Iterator[str]:
    """What of ``found`` is further from ``recorded`` than its ties allow.

    Parameters
    ----------
    ties
        What each output may move by for its ties, 0 where it has none.
    tie_tol
        The same as it was recorded, where it was.
    """
    error = np.abs(found - recorded)
    untied = error[ties == 0].max(initial=0)
    if untied > WITHOUT_TIES * np.abs(recorded).max():
        yield f"an output without ties is {untied:.3g} off"
    for allowed, whose in ((ties, "its ties"), (tie_tol, "the recorded tolerance")):
        if allowed is not None and (beyond := error > allowed + FLOAT32_ERROR).any():
            worst = np.unravel_index((error - allowed).argmax(), error.shape)
            place = ", ".join(map(str, worst))
            yield (
                f"{np.count_nonzero(beyond):,} outputs are beyond {whose}; output {place} is "
                f"{error[worst]:.3g} off where {allowed[worst]:.3g} is allowed"
            )


def path_differences(name: str) -> Iterator[str]:
    """Which paths give another product than the plain definition on a recorded case."""
    recorded, settings = recorded_arrays(name), recorded_settings(name)
    expected = plain_product(recorded["x"], recorded["w"], settings)
    for path in PATHS:
        found = _product(recorded["x"], recorded["w"], settings, path)
        if different := np.count_nonzero(found != expected):
            yield f"path {path}: {different:,} outputs differ from the definition"


def sampled(name: str) -> Reals:
    """Return 200 products of a recorded case: reads, or programmings where MemIntelli's runs are of one."""
    recorded, settings = recorded_arrays(name), recorded_settings(name)
    if name not in ONE_PROGRAMMING:
        programmed = program(recorded["w"], settings)
        return np.stack([programmed.multiply(recorded["x"]) for _ in range(RUNS)])
    seeded = (CrossbarSettings(**settings.model_dump() | {"seed": seed}) for seed in range(RUNS))
    return np.stack([program(recorded["w"], each).multiply(recorded["x"]) for each in seeded])


def noise_differences(name: str) -> Iterator[str]:
    """What differs between a recorded case with noise and 200 runs of openrow's, beyond sampling error."""
    recorded, runs = recorded_arrays(name), sampled(name)
    if name in ONE_PROGRAMMING:
        yield from programming_differences(runs, recorded["y_mean"])
    else:
        yield from read_differences(runs, recorded["y_mean"], recorded["y_std"])


def read_differences(runs: Reals, mean: Reals, deviation: Reals) -> Iterator[str]:
    """What differs between runs and the recorded mean and deviation of as many runs.

    Each mean has a sampling error, and so has the logarithm of each deviation; of differences measured in
    them the root mean square is 1.
    """
    count = len(runs)
    own = runs.std(axis=0, ddof=1)
    both = np.sqrt((own**2 + deviation**2) / 2)
    yield from _beyond_sampling((runs.mean(axis=0) - mean) / (both * np.sqrt(2 / count)), "mean")
    yield from _beyond_sampling(np.log(own / deviation) * np.sqrt(count), "deviation")


def programming_differences(runs: Reals, recorded: Reals) -> Iterator[str]:
    """What differs between one recorded programming and those of ``runs``: it should be one of them."""
    yield from _beyond_sampling(
        (recorded - runs.mean(axis=0)) / runs.std(axis=0, ddof=1), "programming", most=np.inf
    )


def _beyond_sampling(errors: Reals, what: str, most: float = MOST_OFF) -> Iterator[str]:
    typical = float(np.sqrt((errors**2).mean()))
    if abs(typical - 1) > EXPECTED_OFF:
        yield f"{what}: differences are {typical:.2f} sampling errors where 1 is expected"
    if np.abs(errors).max() > most:
        yield f"{what}: one element is {np.abs(errors).max():.1f} sampling errors off"
