"""What a network asks of crossbars, layer by layer: shapes and who reads whose rows, without any weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from openrow.crossbar.resnet18 import CHANNELS, CLASSES
from openrow.crossbar.rows import Pair, Window
from openrow.errors import UserError

IMAGE = "image"
"""The source of layers that read the input of the network."""


@dataclass(frozen=True)
class Pool:
    """What follows a layer before its output is passed on."""

    kind: Literal["largest", "mean"]
    window: Window

    def rows_needed(self, row: int, rows: int) -> int:
        """Return how many of the ``rows`` before it an output row needs."""
        return rows_needed(self.window, row, rows)


@dataclass(frozen=True)
class LayerShape:
    """A layer whose weights lie in crossbars.

    Attributes
    ----------
    name
        By torchvision's names.
    source
        The layer whose output it reads, or ``image``.
    channels, image
        Of its input: channels, height and width.
    outputs
        Channels of its output: columns of its weights.
    window
        Its kernel and how it moves; 1 x 1 for a matrix.
    norm
        The batch normalisation folded into its weights, if any.
    adds
        A layer (or ``image``) whose output is added to its own.
    rectified
        Whether what is negative becomes zero, after the addition.
    pool
        What is made of its output before anybody reads it.
    """

    name: str
    source: str
    channels: int
    image: Pair
    outputs: int
    window: Window
    norm: str | None = None
    adds: str | None = None
    rectified: bool = False
    pool: Pool | None = None

    @property
    def rows_of_weights(self) -> int:
        """Rows of the weights, K."""
        return self.channels * self.window.kernel[0] * self.window.kernel[1]

    @cached_property
    def output(self) -> Pair:
        """Height and width of what it computes."""
        return self.window.output(self.image)

    @cached_property
    def vectors(self) -> int:
        """Vectors that it multiplies for one image: pixels of its output."""
        return self.output[0] * self.output[1]

    @cached_property
    def passed_on(self) -> Pair:
        """Height and width of what others read."""
        return self.output if self.pool is None else self.pool.window.output(self.output)

    @property
    def macs(self) -> int:
        """Multiplications for one image."""
        return self.vectors * self.rows_of_weights * self.outputs

    @property
    def sources(self) -> tuple[str, ...]:
        """Whose outputs it takes."""
        return (self.source,) if self.adds is None else (self.source, self.adds)


def rows_needed(window: Window, row: int, rows: int) -> int:
    """Return how many of the input's ``rows`` are needed for an output row, those above it included."""
    last = row * window.stride[0] - window.padding[0] + window.dilation[0] * (window.kernel[0] - 1)
    return min(rows, last + 1)


def check_shapes(layers: Sequence[LayerShape]) -> None:
    """Refuse images that a layer leaves nothing of.

    Raises
    ------
    UserError
        Naming the layer.
    """
    for layer in layers:
        if min(*layer.output, *layer.passed_on) < 1:
            height, width = layer.image
            raise UserError(
                f"an input of {height} x {width} is too small for layer {layer.name}; take a larger image"
            )


def matrix_shape(rows: int, inner: int, columns: int) -> tuple[LayerShape, ...]:
    """Return a product of matrices (rows, inner) and (inner, columns) as a network of one layer."""
    return (LayerShape("product", IMAGE, inner, (rows, 1), columns, Window((1, 1))),)


def resnet18_shapes(image: int = 224) -> tuple[LayerShape, ...]:
    """Return ResNet18 (He et al., CVPR 2016) for square images."""
    layers: list[LayerShape] = []
    by_name: dict[str, LayerShape] = {}

    def put(layer: LayerShape) -> str:
        layers.append(layer)
        by_name[layer.name] = layer
        return layer.name

    largest = Pool("largest", Window((3, 3), (2, 2), (1, 1)))
    before = put(
        LayerShape(
            "conv1", IMAGE, 3, (image, image), CHANNELS[0], Window((7, 7), (2, 2), (3, 3)),
            norm="bn1", rectified=True, pool=largest,
        )
    )  # fmt: skip
    for stage, channels in enumerate(CHANNELS, start=1):
        for block in range(2):
            stride = 2 if stage > 1 and block == 0 else 1
            before = _block(f"layer{stage}.{block}", by_name[before], channels, stride, put, by_name)
    size = by_name[before].output
    layers[-1] = by_name[before] = _averaged(by_name[before], size)
    put(LayerShape("fc", before, CHANNELS[-1], (1, 1), CLASSES, Window((1, 1))))
    check_shapes(layers)
    return tuple(layers)


def _block(
    name: str,
    source: LayerShape,
    channels: int,
    stride: int,
    put: Callable[[LayerShape], str],
    by_name: dict[str, LayerShape],
) -> str:
    """Put two convolutions and their shortcut; returns the name of the last."""
    image, inputs = source.passed_on, source.outputs
    steps = (stride, stride)
    first = put(
        LayerShape(
            f"{name}.conv1", source.name, inputs, image, channels, Window((3, 3), steps, (1, 1)),
            norm=f"{name}.bn1", rectified=True,
        )
    )  # fmt: skip
    shortcut = source.name
    if inputs != channels:
        shortcut = put(
            LayerShape(
                f"{name}.downsample.0", source.name, inputs, image, channels, Window((1, 1), steps),
                norm=f"{name}.downsample.1",
            )
        )  # fmt: skip
    return put(
        LayerShape(
            f"{name}.conv2", first, channels, by_name[first].output, channels, Window((3, 3), (1, 1), (1, 1)),
            norm=f"{name}.bn2", adds=shortcut, rectified=True,
        )
    )  # fmt: skip


def _averaged(layer: LayerShape, size: Pair) -> LayerShape:
    """Return ``layer`` with its whole output averaged."""
    return replace(layer, pool=Pool("mean", Window(size, size)))
