"""ResNet18 on crossbars (He et al., "Deep Residual Learning for Image Recognition", CVPR 2016).

Parameters go by the names of torchvision's state dictionary. Batch normalisation is folded into weights and
biases before they are programmed.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from openrow.config.crossbar import CrossbarSettings
from openrow.crossbar.layers import Conv2d, Linear
from openrow.crossbar.networks import Digital, Layer, Network, Residual, Step, average_of_images, max_pool
from openrow.crossbar.programming import CrossbarError

Parameters = Mapping[str, NDArray[np.floating]]
CHANNELS = (64, 128, 256, 512)
CLASSES = 1000
EPSILON = 1e-5
"""What torchvision's batch normalisation adds to the variance."""


def resnet18(
    settings: CrossbarSettings | None = None, parameters: Parameters | None = None, seed: int = 0
) -> Network:
    """Return ResNet18 for images (batch, 3, height, width), by torchvision's parameters or random ones.

    Raises
    ------
    CrossbarError
        If a parameter is missing.
    """
    known = random_parameters(seed) if parameters is None else parameters
    make = _Maker(settings or CrossbarSettings(), known)
    steps: list[Step] = [
        make.layer("conv1", "bn1", stride=2, padding=3, rectified=True),
        Digital(lambda images: max_pool(images, 3, 2, 1)),
    ]
    for stage in range(1, 5):
        for block in range(2):
            stride = 2 if stage > 1 and block == 0 else 1
            steps.append(make.block(f"layer{stage}.{block}", stride))
    classifier = Linear(parameter(known, "fc.weight"), parameter(known, "fc.bias"), make.settings)
    return Network([*steps, Digital(average_of_images), Layer("fc", classifier, rectified=False)])


def random_parameters(seed: int) -> dict[str, NDArray[np.floating]]:
    """Return weights drawn as He et al. start them, with batch normalisation that changes nothing."""
    random = np.random.default_rng(seed)
    found: dict[str, NDArray[np.floating]] = {}

    def convolution(name: str, norm: str, outputs: int, inputs: int, size: int) -> None:
        deviation = np.sqrt(2 / (inputs * size * size))
        found[f"{name}.weight"] = random.normal(0, deviation, (outputs, inputs, size, size))
        found[f"{norm}.weight"], found[f"{norm}.bias"] = np.ones(outputs), np.zeros(outputs)
        found[f"{norm}.running_mean"] = np.zeros(outputs)
        found[f"{norm}.running_var"] = np.ones(outputs) - EPSILON

    convolution("conv1", "bn1", CHANNELS[0], 3, 7)
    before = CHANNELS[0]
    for stage, channels in enumerate(CHANNELS, start=1):
        for block in range(2):
            name, inputs = f"layer{stage}.{block}", before if block == 0 else channels
            convolution(f"{name}.conv1", f"{name}.bn1", channels, inputs, 3)
            convolution(f"{name}.conv2", f"{name}.bn2", channels, channels, 3)
            if inputs != channels:
                convolution(f"{name}.downsample.0", f"{name}.downsample.1", channels, inputs, 1)
        before = channels
    found["fc.weight"] = random.normal(0, np.sqrt(1 / before), (CLASSES, before))
    found["fc.bias"] = np.zeros(CLASSES)
    return found


def parameter(parameters: Parameters, name: str) -> NDArray[np.float64]:
    """Return a parameter by its name.

    Raises
    ------
    CrossbarError
        If it is missing.
    """
    if name not in parameters:
        raise CrossbarError(f"ResNet18 has no parameter {name}; it takes torchvision's names")
    return np.asarray(parameters[name], np.float64)


def folded_convolution(
    parameters: Parameters, name: str, norm: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return weights (outputs, channels, height, width) and biases with a batch normalisation folded in.

    Raises
    ------
    CrossbarError
        If a parameter is missing.
    """
    deviation = np.sqrt(parameter(parameters, f"{norm}.running_var") + EPSILON)
    gain = parameter(parameters, f"{norm}.weight") / deviation
    bias = parameter(parameters, f"{norm}.bias") - gain * parameter(parameters, f"{norm}.running_mean")
    weight = parameter(parameters, f"{name}.weight") * gain[:, np.newaxis, np.newaxis, np.newaxis]
    return weight, bias


class _Maker:
    """Makes layers of named parameters."""

    def __init__(self, settings: CrossbarSettings, parameters: Parameters) -> None:
        self.settings, self._parameters = settings, parameters

    def layer(self, name: str, norm: str, stride: int, padding: int, rectified: bool) -> Layer:
        """Return a convolution with the batch normalisation after it folded in."""
        weight, bias = folded_convolution(self._parameters, name, norm)
        return Layer(name, Conv2d(weight, bias, self.settings, stride=stride, padding=padding), rectified)

    def block(self, name: str, stride: int) -> Residual:
        """Return two convolutions and their shortcut."""
        shortcut = None
        if f"{name}.downsample.0.weight" in self._parameters:
            downsample = f"{name}.downsample"
            shortcut = self.layer(f"{downsample}.0", f"{downsample}.1", stride, padding=0, rectified=False)
        first = self.layer(f"{name}.conv1", f"{name}.bn1", stride, padding=1, rectified=True)
        second = self.layer(f"{name}.conv2", f"{name}.bn2", stride=1, padding=1, rectified=False)
        return Residual((first, second), shortcut)
