"""Seeded numbers: equal on every machine, drawn in any order."""

import numpy as np

from openrow_kernels import noise


def test_the_mixing_function_gives_the_numbers_published_for_it() -> None:
    # The first outputs of SplitMix64 seeded with 1234567, as listed with the reference code in C.
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert noise.bits(np.uint64(1234567), np.arange(4, dtype=np.uint64)).tolist() == published


def test_compiled_numbers_follow_from_the_plain_bits() -> None:
    rows = np.array([5, 0, 3], np.int64)
    counters = rows.astype(np.uint64)[:, None] * np.uint64(4) + np.arange(4, dtype=np.uint64)
    bits = noise.bits(noise.key_of(7, "name"), counters)
    lanes = sum((bits >> np.uint64(shift)) & np.uint64(0xFFFF) for shift in (0, 16, 32, 48))
    bell = (lanes.astype(np.float64) - 131070) / np.sqrt((65536.0**2 - 1) / 3)
    np.testing.assert_allclose(noise.bell_rows(7, "name", rows, 4), bell, rtol=1e-6, atol=1e-9)
    uniform = ((bits >> np.uint64(40)).astype(np.float64) + 1) / 2**24
    np.testing.assert_array_equal(noise.uniform_rows(7, "name", rows, 4), uniform.astype(np.float32))


def test_rows_are_the_same_alone_and_together() -> None:
    together = noise.bell_rows(1, "x", np.arange(10, dtype=np.int64), 6)
    alone = noise.bell_rows(1, "x", np.array([7], np.int64), 6)
    np.testing.assert_array_equal(together[7:8], alone)


def test_bell_numbers_have_mean_0_and_deviation_1() -> None:
    drawn = noise.bell(3, "x", (200_000,))
    assert abs(drawn.mean()) < 0.01
    assert abs(drawn.std() - 1) < 0.01
    assert np.abs(drawn).max() < 3.47
    assert np.corrcoef(drawn[:-1], drawn[1:])[0, 1] < 0.01


def test_names_and_seeds_give_numbers_of_their_own() -> None:
    drawn = [noise.bell(seed, name, (50,)).tolist() for seed in (0, 1) for name in ("a", "b")]
    assert len({tuple(values) for values in drawn}) == 4
