"""Seeded numbers that any part of a tensor can be drawn from on its own.

A number is a function of (seed, tensor name, position), so a chunk of queries has the same offsets whether it
is drawn alone or with the rest, in any order, and the numbers are equal on every machine: the mixing function
is SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014) and no
transcendental function takes part.
"""

from hashlib import blake2b
from math import prod

import numpy as np
from numpy.typing import NDArray

from openrow_kernels import noise_compiled
from openrow_kernels.compilation import read_only


def key_of(seed: int, name: str) -> np.uint64:
    """Return the key of the stream of numbers that belongs to ``name`` under ``seed``."""
    return np.uint64(int.from_bytes(blake2b(f"{seed}/{name}".encode(), digest_size=8).digest(), "little"))


def bits(key: np.uint64, counters: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return 64 mixed bits for each counter: the plain definition of what the compiled twin draws from."""
    z = key + (counters + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def bell_rows(seed: int, name: str, rows: NDArray[np.int64], width: int) -> NDArray[np.float32]:
    """Return the given rows of an endless table with ``width`` columns of mean 0, standard deviation 1.

    Each number is the sum of four uniform 16-bit numbers (Irwin-Hall), which never exceeds 3.47 standard
    deviations.
    """
    out = np.empty((len(rows), width), np.float32)
    noise_compiled.fill_bell(key_of(seed, name), read_only(rows), out)
    return out


def uniform_rows(seed: int, name: str, rows: NDArray[np.int64], width: int) -> NDArray[np.float32]:
    """Return the given rows of an endless table with ``width`` columns, uniform in (0, 1]."""
    out = np.empty((len(rows), width), np.float32)
    noise_compiled.fill_uniform(key_of(seed, name), read_only(rows), out)
    return out


def bell(seed: int, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return a tensor of mean 0, standard deviation 1."""
    return bell_rows(seed, name, np.zeros(1, np.int64), prod(shape)).reshape(shape)
