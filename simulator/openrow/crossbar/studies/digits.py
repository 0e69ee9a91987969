"""A small network on handwritten digits: what crossbars do to the accuracy of something real.

The data are scikit-learn's digits, 1,797 images of 8 x 8 pixels that the package ships (part of Alpaydin and
Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998). A convolution and
two fully connected layers are trained in plain NumPy by gradient descent with momentum, always from the same
seed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from openrow.config.crossbar import CrossbarSettings
from openrow.crossbar.layers import Conv2d, Linear
from openrow.crossbar.networks import Digital, Layer, Network

Reals = NDArray[np.float64]
Parameters = dict[str, Reals]

SIDE, CLASSES = 8, 10
KERNEL = 3
CHANNELS, HIDDEN = 8, 64
PIXELS = (SIDE - KERNEL + 1) ** 2
"""Outputs of the convolution in each channel."""
TRAINED_ON = 1297
EPOCHS, BATCH, RATE, MOMENTUM, DECAY = 40, 32, 0.05, 0.9, 1e-3
SEED = 0


@dataclass(frozen=True)
class Digits:
    """Images (count, 1, 8, 8) of values from 0 to 1, and the digit of each."""

    images: Reals
    labels: NDArray[np.int64]

    def first(self, count: int) -> "Digits":
        """Return the first images, or all if there are fewer."""
        return Digits(self.images[:count], self.labels[:count])


@cache
def digits() -> tuple[Digits, Digits]:
    """Return what is trained on and what is tested with, 1,297 and 500 images, shuffled.

    Raises
    ------
    ModuleNotFoundError
        If scikit-learn is not installed.
    """
    from sklearn.datasets import load_digits

    values, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(SEED).permutation(len(labels))
    images = np.asarray(values, np.float64)[order].reshape(-1, 1, SIDE, SIDE) / 16
    known = np.asarray(labels, np.int64)[order]
    return Digits(images[:TRAINED_ON], known[:TRAINED_ON]), Digits(images[TRAINED_ON:], known[TRAINED_ON:])


@cache
def trained() -> Parameters:
    """Return the trained parameters: weights (outputs, inputs) and biases of the three layers."""
    training, _ = digits()
    patches = unfolded(training.images)
    random = np.random.default_rng(SEED)
    sizes = {"convolution": (CHANNELS, KERNEL**2), "hidden": (HIDDEN, CHANNELS * PIXELS)}
    sizes["output"] = (CLASSES, HIDDEN)
    known: Parameters = {}
    for name, (outputs, inputs) in sizes.items():
        known[f"{name}.weight"] = random.normal(0, np.sqrt(2 / inputs), (outputs, inputs))
        known[f"{name}.bias"] = np.zeros(outputs)
    # Products so small are faster on one thread, and threads that wait for others take seconds.
    with threadpool_limits(limits=1, user_api="blas"):
        _descend(known, patches, training.labels, random)
    for values in known.values():
        values.flags.writeable = False
    return known


def _descend(
    known: Parameters, patches: Reals, labels: NDArray[np.int64], random: np.random.Generator
) -> None:
    """Move parameters down the slope of the cross entropy, in place."""
    speed = {name: np.zeros_like(values) for name, values in known.items()}
    for epoch in range(EPOCHS):
        rate = RATE * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        for batch in _batches(random):
            for name, slope in _slopes(known, patches[batch], labels[batch]).items():
                speed[name] = MOMENTUM * speed[name] - rate * (slope + DECAY * known[name])
                known[name] += speed[name]


def unfolded(images: Reals) -> Reals:
    """Return the patches (count, pixels, 9) that the convolution multiplies."""
    windows = np.lib.stride_tricks.sliding_window_view(images[:, 0], (KERNEL, KERNEL), axis=(1, 2))
    return windows.reshape(len(images), PIXELS, KERNEL**2)


def _batches(random: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    order = random.permutation(TRAINED_ON)
    for first in range(0, TRAINED_ON, BATCH):
        yield order[first : first + BATCH]


def _slopes(known: Parameters, patches: Reals, labels: NDArray[np.int64]) -> Parameters:
    """Return how the mean cross entropy of a batch grows with each parameter."""
    count = len(labels)
    maps = np.maximum(patches @ known["convolution.weight"].T + known["convolution.bias"], 0)
    # Channels before pixels, the order in which a convolution's output is flattened.
    flat = maps.transpose(0, 2, 1).reshape(count, -1)
    hidden = np.maximum(flat @ known["hidden.weight"].T + known["hidden.bias"], 0)
    scores = hidden @ known["output.weight"].T + known["output.bias"]
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    shares[np.arange(count), labels] -= 1
    at_scores = shares / count
    at_hidden = (at_scores @ known["output.weight"]) * (hidden > 0)
    at_flat = at_hidden @ known["hidden.weight"]
    at_maps = at_flat.reshape(count, CHANNELS, PIXELS).transpose(0, 2, 1) * (maps > 0)
    return {
        "convolution.weight": np.einsum("nph,npk->hk", at_maps, patches),
        "convolution.bias": at_maps.sum(axis=(0, 1)),
        "hidden.weight": at_hidden.T @ flat,
        "hidden.bias": at_hidden.sum(axis=0),
        "output.weight": at_scores.T @ hidden,
        "output.bias": at_scores.sum(axis=0),
    }


def plain_scores(known: Parameters, images: Reals) -> Reals:
    """Return the scores (count, 10) of images in float64, without crossbars."""
    maps = np.maximum(unfolded(images) @ known["convolution.weight"].T + known["convolution.bias"], 0)
    flat = maps.transpose(0, 2, 1).reshape(len(images), -1)
    hidden = np.maximum(flat @ known["hidden.weight"].T + known["hidden.bias"], 0)
    scores: Reals = hidden @ known["output.weight"].T + known["output.bias"]
    return scores


def network(settings: CrossbarSettings, known: Parameters) -> Network:
    """Return the network with its three layers on crossbars."""
    kernels = known["convolution.weight"].reshape(CHANNELS, 1, KERNEL, KERNEL)
    return Network(
        [
            Layer("convolution", Conv2d(kernels, known["convolution.bias"], settings)),
            Digital(_flattened),
            Layer("hidden", Linear(known["hidden.weight"], known["hidden.bias"], settings)),
            Layer(
                "output",
                Linear(known["output.weight"], known["output.bias"], settings),
                rectified=False,
            ),
        ]
    )


def _flattened(maps: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    return maps.reshape(len(maps), -1)


def accuracy(scores: NDArray[np.floating[Any]], labels: NDArray[np.int64]) -> float:
    """Return the share of images whose digit has the highest score."""
    return float((scores.argmax(axis=1) == labels).mean())
