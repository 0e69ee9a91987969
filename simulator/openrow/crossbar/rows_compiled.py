"""The compiled twin of ``rows``: the unfolded rows of a convolution, gathered as they are asked for."""

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.compilation import compiled


@compiled
def gather_patches(
    image: NDArray[np.float32],
    kernel_height: int,
    kernel_width: int,
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
    output_width: int,
    first_row: int,
    first_column: int,
    out: NDArray[np.float32],
) -> None:
    """Fill ``out`` (rows, columns) from ``image`` (channels, height, width), float32 or float64.

    A row is an output pixel, a column a channel and place in the kernel, in the order (channel, y, x).
    """
    _, height, width = image.shape
    rows, columns = out.shape
    window = kernel_height * kernel_width
    for row in range(rows):
        pixel = first_row + row
        top = pixel // output_width * stride[0] - padding[0]
        left = pixel % output_width * stride[1] - padding[1]
        channel, place = first_column // window, first_column % window
        ky, kx = place // kernel_width, place % kernel_width
        for column in range(columns):
            y, x = top + ky * dilation[0], left + kx * dilation[1]
            if 0 <= y < height and 0 <= x < width:
                out[row, column] = image[channel, y, x]
            else:
                out[row, column] = 0
            kx += 1
            if kx == kernel_width:
                kx, ky = 0, ky + 1
                if ky == kernel_height:
                    ky, channel = 0, channel + 1
