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
    dilation: tuple[int, int],
    output_width: int,
    first_row: int,
    first_column: int,
    out: NDArray[np.float32],
) -> None:
    """Fill ``out`` (rows, columns) from a padded ``image`` (channels, height, width), float32 or float64.

    A row is an output pixel, a column a channel and place in the kernel, in the order (channel, y, x).
    """
    rows, columns = out.shape
    window = kernel_height * kernel_width
    step = dilation[1]
    for row in range(rows):
        pixel = first_row + row
        top = pixel // output_width * stride[0]
        left = pixel % output_width * stride[1]
        channel, place = first_column // window, first_column % window
        ky, kx = place // kernel_width, place % kernel_width
        column = 0
        while column < columns:
            line = image[channel, top + ky * dilation[0]]
            count = min(kernel_width - kx, columns - column)
            for x in range(count):
                out[row, column + x] = line[left + (kx + x) * step]
            column += count
            kx, ky = 0, ky + 1
            if ky == kernel_height:
                ky, channel = 0, channel + 1
