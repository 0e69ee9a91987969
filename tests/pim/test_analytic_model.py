"""The analytic model of GeoPIM's design notes, figure by figure."""

import pytest

from openrow.config.geopim import GeoPimConfig
from openrow.config.loading import load_architecture
from openrow.pim.geopim.analytic import analytic_model, compute_cycles


@pytest.fixture(scope="module")
def config() -> GeoPimConfig:
    pim = load_architecture("pim/geopim").pim
    assert isinstance(pim, GeoPimConfig)
    return pim


@pytest.mark.parametrize(
    ("hit_rate", "cycles"), [(0.0, 20.0), (0.5, 12.0), (0.7, 8.8), (0.9, 5.6), (0.95, 5.0), (1.0, 5.0)]
)
def test_a_tile_takes_its_fetch_or_its_arithmetic(
    config: GeoPimConfig, hit_rate: float, cycles: float
) -> None:
    assert analytic_model(config, 128, hit_rate).tile_cycles == pytest.approx(cycles, rel=1e-12)


def test_a_sample_of_128_channels_is_sixteen_tiles(config: GeoPimConfig) -> None:
    model = analytic_model(config, 128, 0.7)
    assert model.sample_cycles == pytest.approx(16 * 8.8, rel=1e-12)
    assert model.samples_per_s == pytest.approx(512 * 300e6 / (16 * 8.8), rel=1e-12)
    assert model.time_ns(9_502_720) == pytest.approx(9_502_720 * 16 * 8.8 / (512 * 0.3), rel=1e-12)


def test_four_neighbours_and_a_sum_take_five_cycles(config: GeoPimConfig) -> None:
    assert compute_cycles(config) == 5


@pytest.mark.parametrize("hit_rate", [-0.1, 1.1])
def test_a_hit_rate_is_a_share(config: GeoPimConfig, hit_rate: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        analytic_model(config, 128, hit_rate)
