"""Real data for ``bilinear``: a stereo pair warped by its ground-truth disparity.

The Motorcycle pair of the Middlebury 2014 stereo data (Scharstein et al., "High-resolution stereo datasets
with subpixel-accurate ground truth", GCPR 2014), at 500 x 741 pixels, ships inside the scikit-image wheel and
is read from there without a network. The right image is sampled at (x - disparity, y), which rebuilds the
left one.

27,226 of the 370,500 pixels have no ground truth (infinite disparity); ``unknown_disparity_px`` stands in for
it. The coordinates of the grid, (2 x + 1) / width - 1, are computed and stored in fp32, as a PyTorch program
would.
"""

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from openrow_kernels.bilinear import Bilinear, SamplingParameters
from openrow_kernels.elements import ElementName
from openrow_kernels.errors import KernelError
from openrow_kernels.overrides import Overrides, read_parameters

HEIGHT, WIDTH = 500, 741
INT8_LEVELS = 127
"""Type int8 stores intensities 0..1 as 0..127, fp32 and fp16 as they are."""


class MotorcycleParameters(SamplingParameters):
    """The warp of the Motorcycle pair."""

    element: ElementName = "fp32"
    unknown_disparity_px: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    """Disparity where the ground truth has none: 0 samples the right image at the same place."""


class MotorcycleScene:
    """The right image as the map, the disparity as the grid."""

    shape = (1, 3, HEIGHT, WIDTH)
    out_shape = (HEIGHT, WIDTH)

    def __init__(self, parameters: MotorcycleParameters) -> None:
        self.parameters = parameters
        self.left, self._right, disparity = _load()
        self.known = np.isfinite(disparity)
        """Pixels (height, width) with ground truth."""
        self._disparity = np.where(self.known, disparity, np.float32(parameters.unknown_disparity_px))

    def image(self) -> NDArray[np.float32]:
        """Return the right image (1, 3, height, width)."""
        scale = np.float32(INT8_LEVELS if self.parameters.element == "int8" else 1)
        return np.moveaxis(self._right, -1, 0)[None] * scale

    def grid(self, image: int, pixels: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the coordinates (pixels, 2: x, y) of the left image's pixels in the right one."""
        del image  # there is one
        x = (pixels % WIDTH).astype(np.float32) - self._disparity.ravel()[pixels]
        y = (pixels // WIDTH).astype(np.float32)
        return np.stack([_normalised(x, WIDTH), _normalised(y, HEIGHT)], axis=1)

    def photometric_error(self, warped: NDArray[np.float32]) -> tuple[float, float]:
        """Return the mean absolute difference to the left image, before and after the warp, over known
        pixels.

        ``warped`` is the output (1, 3, height, width) of type fp32; intensities run from 0 to 1.
        """
        after = np.moveaxis(warped[0], 0, -1)
        differences = (np.abs(self.left - self._right), np.abs(self.left - after))
        before_mean, after_mean = (float(difference[self.known].mean()) for difference in differences)
        return before_mean, after_mean


def build(preset: str | None, overrides: Overrides) -> Bilinear:
    """Build ``bilinear:motorcycle`` for the catalogue."""
    parameters = read_parameters(MotorcycleParameters, {}, overrides, f"{Bilinear.name}:{preset}")
    return Bilinear(parameters, MotorcycleScene(parameters), preset)


def _normalised(pixel: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    return (np.float32(2) * pixel + np.float32(1)) / np.float32(size) - np.float32(1)


def _load() -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return left and right image (height, width, 3) in 0..1 and the disparity (height, width) in pixels."""
    try:
        from skimage import data
    except ImportError as missing:
        raise KernelError(
            "bilinear:motorcycle reads the stereo pair that scikit-image ships, which is not installed: "
            "pip install 'openrow[data]'"
        ) from missing
    left, right, disparity = _pair(data)
    if left.shape != (HEIGHT, WIDTH, 3) or disparity.shape != (HEIGHT, WIDTH):
        raise KernelError(
            f"bilinear:motorcycle expects a pair of {HEIGHT} x {WIDTH} pixels, "
            f"this scikit-image has {left.shape[0]} x {left.shape[1]}"
        )
    scale = np.float32(255)
    return left.astype(np.float32) / scale, right.astype(np.float32) / scale, disparity.astype(np.float32)


def _pair(data: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    left, right, disparity = data.stereo_motorcycle()
    return left, right, disparity
