"""Hosts as configured: contradictions at their places, and the shipped ones."""

import numpy as np
import pytest
from hosts import reads

from openrow.config.loading import load_architecture
from openrow.config.organisation import capacity_bytes, peak_bandwidth_gb_per_s
from openrow.config.problems import ConfigurationError
from openrow.host.cache import sets_of
from openrow.host.device import simulate_kernel

GPU = "host/hbm-gpu"
SHIPPED = ("host/hbm-gpu", "host/rtx-3090", "host/jetson-orin-nx")


def problems_of(name: str, overrides: list[str]) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_architecture(name, overrides)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("host.l1.sector_bytes=256", "sector_bytes should be at most line_bytes = 128 (got 256)"),
        (
            "host.l2.sector_bytes=4",
            "sector_bytes should be at least 8, for 16 sectors in a line of 128 bytes (got 4)",
        ),
        ("host.l2.sector_bytes=48", "should be a power of two; the nearest are 32 and 64 (got 48)"),
        ("host.l2.size_bytes=1000", "size_bytes should be a multiple of line_bytes = 128 (got 1000)"),
        (
            "host.l2.ways=24",
            "the 327680 lines of 128 bytes should divide into sets of 24 ways; the nearest sizes are "
            "41942016 and 41945088 (got 41943040)",
        ),
        ("host.l2.instances=2", "should be 1: the last level is shared by all (got 2)"),
        ("host.l1.sector_bytes=16", "l1.sector_bytes should be a multiple of l2.sector_bytes = 32 (got 16)"),
        ("host.l1.ways=5", "the 1536 lines of 128 bytes should divide into sets of 5 ways"),
        ("host.l2.write=both", "should be 'write-back' or 'write-through' (got 'both')"),
        ("host.compute.efficiency=1.5", "should be less than or equal to 1 (got 1.5)"),
        ("host.windw=3", "should be a known key; the nearest is 'window' (got 'windw')"),
    ],
)
def test_a_contradiction_is_blamed_on_the_override_that_made_it(override: str, said: str) -> None:
    (problem,) = problems_of(GPU, [override])
    key = override.partition("=")[0]
    assert problem.startswith(f"override '{override}' {key}: ")
    assert said in problem


def test_a_cache_smaller_than_a_set_is_told_the_smallest() -> None:
    (problem,) = problems_of(GPU, ["host.l2.size_bytes=128"])
    assert (
        "the 1 lines of 128 bytes should divide into sets of 16 ways; the nearest sizes are 2048" in problem
    )


def test_the_first_level_may_be_left_out() -> None:
    assert load_architecture(GPU, ["host.l1=null"]).host.l1 is None


def test_a_memory_needs_no_host() -> None:
    assert load_architecture("memory/hbm2-2000").host is None


@pytest.mark.parametrize(
    ("name", "bandwidth", "gib", "sets", "power"),
    [
        ("host/hbm-gpu", 2039.04, 80, 20480, 400.0),
        ("host/rtx-3090", 936.0, 24, 3072, 350.0),
        ("host/jetson-orin-nx", 102.4, 16, 1024, 25.0),
    ],
)
def test_the_shipped_hosts_have_the_bandwidth_and_caches_of_their_data_sheets(
    name: str, bandwidth: float, gib: int, sets: int, power: float
) -> None:
    architecture = load_architecture(name)
    assert peak_bandwidth_gb_per_s(architecture.memory) == bandwidth
    assert capacity_bytes(architecture.memory) == gib << 30
    assert architecture.host is not None
    assert (sets_of(architecture.host.l2), architecture.host.power_w) == (sets, power)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_stream_reaches_nearly_the_peak_of_a_shipped_host_and_scattered_lines_less(name: str) -> None:
    architecture = load_architecture(name, ["host.l1=null"])
    scattered = np.random.default_rng(0).integers(0, 1 << 24, 60_000) * 128
    rates = []
    for address in (np.arange(60_000) * 128, scattered):
        result = simulate_kernel(architecture, [reads(address, 128)], 0.0)
        rates.append(result.as_dict()["dram"]["bandwidth_gb_per_s"])
    peak = peak_bandwidth_gb_per_s(architecture.memory)
    assert 0.85 * peak < rates[0] < peak
    assert rates[1] < 0.95 * rates[0]
