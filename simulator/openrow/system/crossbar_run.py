"""ResNet18 on a chip of crossbars: mapped, simulated, and its numbers computed."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from openrow.config.architecture import Architecture
from openrow.config.crossbar_hardware import CrossbarHardware
from openrow.config.workload import Resnet18Workload
from openrow.crossbar.hardware.mapping import map_network
from openrow.crossbar.hardware.simulation import simulate_programming, simulate_run
from openrow.crossbar.layer_numbers import LayerError, Weights, run_numbers
from openrow.crossbar.levels import DistortionWarning
from openrow.crossbar.network_shape import LayerShape, resnet18_shapes
from openrow.crossbar.resnet18 import Parameters, folded_convolution, parameter, random_parameters
from openrow.errors import UserError
from openrow.system.crossbar_result import CrossbarResult
from openrow.system.workloads import Progress

SIMULATED_SHARE = 0.2
"""Of the time of a run with numbers."""
RESULT_BYTES = 4
"""Of a result as it leaves the chip."""
NORMALISATION = ("weight", "bias", "running_mean", "running_var")
"""What a batch normalisation has."""


def hardware_of(architecture: Architecture) -> CrossbarHardware:
    """The crossbars of an architecture.

    Raises
    ------
    UserError
        Where it has none.
    """
    if architecture.crossbar is None:
        raise UserError(
            "the architecture has no crossbars: extend one of crossbar/*, or give it a section 'crossbar'"
        )
    if architecture.engine != "compiled" or architecture.fidelity != "exact":
        raise UserError("crossbars use the memory with engine=compiled and fidelity=exact")
    return architecture.crossbar


def run(architecture: Architecture, progress: Progress) -> CrossbarResult:
    """Run ResNet18.

    Raises
    ------
    UserError
        Where it does not fit the chip, or its parameters do not fit it.
    """
    workload = architecture.workload
    assert isinstance(workload, Resnet18Workload), "the registry sends no other"
    layers = resnet18_shapes(workload.image)
    if not workload.numbers:
        return run_layers(architecture, layers, workload.batch, None, progress)
    parameters = _parameters(workload)
    check_parameters(parameters, layers)
    shape = (workload.batch, 3, workload.image, workload.image)
    images = np.random.default_rng(workload.seed).standard_normal(shape, np.float32)

    def compute(tell: Callable[[str], None]) -> tuple[Mapping[str, LayerError], tuple[str, ...]]:
        weights = partial(_weights, parameters)
        return numbers_of(architecture, layers, weights, images, workload.threads, tell)

    return run_layers(architecture, layers, workload.batch, compute, progress)


Compute = Callable[[Callable[[str], None]], tuple[Mapping[str, LayerError], tuple[str, ...]]]


def run_layers(
    architecture: Architecture,
    layers: Sequence[LayerShape],
    batch: int,
    compute: Compute | None,
    progress: Progress,
) -> CrossbarResult:
    """Map and simulate a network, and compute its numbers where that is wanted."""
    hardware = hardware_of(architecture)
    mapping = map_network(layers, hardware)
    progress("simulating", 0.0)
    simulated = simulate_run(architecture, mapping, batch, RESULT_BYTES)
    progress("programming", SIMULATED_SHARE / 2)
    programming = simulate_programming(architecture, mapping)
    errors: Mapping[str, LayerError] | None = None
    notes: tuple[str, ...] = ()
    if compute is not None:
        done = iter(range(len(layers)))

        def tell(name: str) -> None:
            share = next(done) / len(layers)
            progress(f"numbers of {name}", SIMULATED_SHARE + (1 - SIMULATED_SHARE) * share)

        errors, notes = compute(tell)
    return CrossbarResult(architecture, mapping, batch, simulated, programming, errors, notes)


def numbers_of(
    architecture: Architecture,
    layers: Sequence[LayerShape],
    weights: Weights,
    images: NDArray[Any],
    threads: int,
    tell: Callable[[str], None],
) -> tuple[Mapping[str, LayerError], tuple[str, ...]]:
    """Compute a network on crossbars; returns the errors by layer, and what was warned of."""
    settings = hardware_of(architecture).numerics
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DistortionWarning)
        found = run_numbers(layers, weights, settings, images, threads, tell)
    told = dict.fromkeys(str(each.message) for each in caught if each.category is DistortionWarning)
    return found.errors, tuple(told)


def _parameters(workload: Resnet18Workload) -> Parameters:
    if workload.parameters is None:
        return random_parameters(workload.seed)
    path = Path(workload.parameters)
    try:
        with np.load(path) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, BadZipFile) as error:
        why = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
        raise UserError(f"workload.parameters: {path} is no file .npz of torchvision's names{why}") from error


def check_parameters(parameters: Parameters, layers: Sequence[LayerShape]) -> None:
    """Refuse parameters that do not fit a network, before anything takes time.

    Raises
    ------
    UserError
        Naming the first that is missing, of another shape, or not finite.
    """
    for layer in layers:
        shapes: dict[str, tuple[int, ...]] = {}
        if layer.norm is None:
            shapes[f"{layer.name}.weight"] = (layer.outputs, layer.rows_of_weights)
            shapes[f"{layer.name}.bias"] = (layer.outputs,)
        else:
            shapes[f"{layer.name}.weight"] = (layer.outputs, layer.channels, *layer.window.kernel)
            shapes |= {f"{layer.norm}.{name}": (layer.outputs,) for name in NORMALISATION}
        for name, right in shapes.items():
            values = parameter(parameters, name)
            if values.shape != right:
                raise UserError(f"workload.parameters: {name} has shape {values.shape}; it should be {right}")
            if not np.isfinite(values).all():
                place = tuple(np.argwhere(~np.isfinite(values))[0].tolist())
                raise UserError(
                    f"workload.parameters: {name} holds {values[place]} at {place}; all should be finite"
                )


def _weights(
    parameters: Parameters, layer: LayerShape
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Weights (outputs, channels, height, width) and biases of a layer."""
    if layer.norm is not None:
        return folded_convolution(parameters, layer.name, layer.norm)
    weight = parameter(parameters, f"{layer.name}.weight")
    return weight[:, :, np.newaxis, np.newaxis], parameter(parameters, f"{layer.name}.bias")
