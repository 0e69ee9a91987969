"""What sampling on GeoPIM comes to when one thing changes, and what it adds up to."""

from functools import cache

import pytest

from openrow.config.loading import load_architecture
from openrow.errors import UserError
from openrow.pim.geopim.sampling import SamplingResult, simulate_sampling

SPEC = "deformable-attention"
SMALL = ("height=32", "width=32", "points=4", "views=2")


@cache
def sampled(*overrides: str) -> SamplingResult:
    banks = ["pim.active_banks=64", "pim.active_banks_in_channel=16"]
    return simulate_sampling(load_architecture("pim/geopim", [*banks, *overrides]), SPEC, SMALL)


def test_units_are_never_faster_than_their_arithmetic() -> None:
    (layer,) = sampled().layers
    assert sum(outcome.computed for outcome in layer.outcomes) <= layer.samples * 80
    busiest = max(outcome.computed for outcome in layer.outcomes)
    assert layer.units_ns >= busiest / 0.3


def test_shares_of_the_units_time_add_up() -> None:
    (layer,) = sampled().layers
    assert sum(layer.shares.values()) == pytest.approx(1)
    assert all(share >= 0 for share in layer.shares.values())


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (("memory.refresh=none",), ()),
        (("pim.activations=ganged", "pim.fetch_order=by-tile"), ("pim.fetch_order=by-tile",)),
        ((), ("pim.column_commands=command-bus",)),
        ((), ("pim.fetch_order=by-tile",)),
        ((), ("pim.link.overlapped=false",)),
        (("pim.link.bandwidth_gb_per_s=640.0",), ("pim.link.bandwidth_gb_per_s=6.4",)),
    ],
)
def test_what_is_left_out_makes_it_faster(better: tuple[str, ...], worse: tuple[str, ...]) -> None:
    assert sampled(*better).time_ns < sampled(*worse).time_ns


def test_every_neighbour_is_read_once() -> None:
    (layer,) = sampled("memory.refresh=none").layers
    rows = layer.statistics.total.rows
    bursts = layer.statistics.total.commands["PIM_RD"]
    assert rows.hits + rows.misses + rows.conflicts == bursts
    assert bursts % 8 == 0
    assert 3 * layer.samples * 8 < bursts <= 4 * layer.samples * 8


def test_neighbours_of_other_banks_cost_the_channels() -> None:
    (halo,) = sampled().layers
    (channel,) = sampled("pim.neighbours=channel").layers
    assert halo.remote_neighbours == 0
    assert halo.stored_bytes > halo.plain_bytes
    assert channel.remote_neighbours > 0
    assert channel.stored_bytes == channel.plain_bytes
    assert channel.statistics.total.read_bursts == 8 * channel.fetched_neighbours
    units = channel.statistics.total.commands["PIM_RD"]
    assert units + channel.statistics.total.read_bursts == halo.statistics.total.commands["PIM_RD"]


def test_a_scratchpad_saves_fetches() -> None:
    pad = sampled("pim.neighbours=scratchpad", "pim.scratchpad_bytes=4096").layers[0]
    assert 0 < pad.fetched_neighbours < pad.remote_neighbours


def test_energy_has_parts_that_add_up_and_dram_is_most_of_it() -> None:
    energy = sampled().energy_pj
    parts = {name: value for name, value in energy.items() if name != "total"}
    assert energy["total"] == pytest.approx(sum(parts.values()))
    units = sum(value for name, value in parts.items() if name.startswith("unit_"))
    dram = sum(value for name, value in parts.items() if name.startswith("dram_"))
    assert 0 < units < dram


def test_the_hosts_own_traffic_slows_the_units() -> None:
    busy = sampled("pim.host_traffic=gemm")
    assert busy.layers[0].statistics.total.read_bursts > 0
    assert busy.layers[0].units_ns > sampled().layers[0].units_ns


@pytest.mark.parametrize(
    ("overrides", "parameters", "message"),
    [
        (["pim.accumulators=4"], [], "as many accumulators"),
        (["memory.rows=1"], ["height=64", "width=64"], "need .* rows of a bank"),
        ([], ["channels=1024"], "fit a row"),
        ([], ["element=fp32"], "samples fp16"),
    ],
)
def test_what_does_not_fit_is_said(overrides: list[str], parameters: list[str], message: str) -> None:
    few = ["pim.active_banks=4", "pim.active_banks_in_channel=4"]
    with pytest.raises(UserError, match=message):
        simulate_sampling(load_architecture("pim/geopim", [*few, *overrides]), SPEC, parameters)


def test_another_kernel_is_refused() -> None:
    with pytest.raises(UserError, match="another kernel"):
        simulate_sampling(load_architecture("pim/geopim"), "gemm")
