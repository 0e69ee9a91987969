"""Scratchpads of channels, in a loop over the samples of their units."""

import numpy as np
from numpy.typing import NDArray

from openrow_kernels.compilation import compiled


@compiled
def through_scratchpads(
    remote: NDArray[np.int32],
    starts: NDArray[np.int64],
    channel: NDArray[np.int64],
    capacity: int,
    out: NDArray[np.int32],
) -> int:
    """Write the remote pixels that no scratchpad holds to ``out``; returns how many.

    Parameters
    ----------
    remote
        (samples, 4) pixel numbers or -1.
    starts
        Where each unit's samples begin.
    channel
        The channel of each unit.
    capacity
        Pixels of a scratchpad, least recently used replaced first; 0 where there is none.
    out
        Room for all.
    """
    count = 0
    units = channel.shape[0]
    most = 0
    for u in range(units):
        most = max(most, starts[u + 1] - starts[u])
    channels = channel.max() + 1
    held = np.full((channels, max(capacity, 1)), -1, np.int64)
    used = np.zeros((channels, max(capacity, 1)), np.int64)
    now = 0
    for turn in range(most):
        for u in range(units):
            i = starts[u] + turn
            if i >= starts[u + 1]:
                continue
            c = channel[u]
            for n in range(4):
                pixel = remote[i, n]
                if pixel < 0:
                    continue
                now += 1
                found = False
                oldest = 0
                for slot in range(capacity):
                    if held[c, slot] == pixel:
                        used[c, slot] = now
                        found = True
                        break
                    if used[c, slot] < used[c, oldest]:
                        oldest = slot
                if not found:
                    if capacity > 0:
                        held[c, oldest] = pixel
                        used[c, oldest] = now
                    out[count] = pixel
                    count += 1
    return count
