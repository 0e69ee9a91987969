"""FP16 arithmetic on FP32 registers, for compiled code.

A product or a sum of two FP16 numbers, computed in FP32 and rounded to FP16, is rounded correctly: FP32 has
at least twice the digits of FP16 and two more (Figueroa, "When is double rounding innocuous?", 1995).
"""

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.compilation import compiled

Float32Array = NDArray[np.float32]
Int32Array = NDArray[np.int32]

SMALLEST_NORMAL = 0x38800000
LARGEST = 0x477FE000
INFINITE = 0x7F800000


@compiled
def round_to_half(values: Float32Array, bits: Int32Array) -> None:
    """Round each number to the nearest FP16 number, ties to even; ``bits`` is the same memory as integers.

    Below the normal numbers FP16 has a fixed spacing of 2^-24, that of FP32 numbers between 0.5 and 1, so
    that adding and taking off 0.5 rounds to it.
    """
    for i in range(values.shape[0]):
        own = bits[i]
        magnitude = own & 0x7FFFFFFF
        if magnitude >= SMALLEST_NORMAL:
            rounded = (own + 0xFFF + ((own >> 13) & 1)) & ~0x1FFF
            overflows = (rounded & 0x7FFFFFFF) > LARGEST
            beyond = (own & ~0x7FFFFFFF) | INFINITE
            bits[i] = own if magnitude > INFINITE else beyond if overflows else rounded
        else:
            half = np.float32(0.5) if own >= 0 else np.float32(-0.5)
            values[i] = (values[i] + half) - half
