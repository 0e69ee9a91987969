"""Energy: the data-sheet formulas, held against DRAMsim3's own figures, and the hops of stacked memory."""

from dataclasses import replace

import numpy as np
import pytest

from memory_statistics.playing import Request, memory_of, play, random_requests
from openrow.config.memory import MemoryConfig
from openrow.memory import columns as c
from openrow.memory.energy import activity_energy, energy_pj, mean_power_mw, unit_energies
from openrow.memory.statistics import (
    Activity,
    BusTime,
    LatencyStatistics,
    QueueCycles,
    RowOutcomes,
    StandbyCycles,
)

DDR4 = memory_of("ddr4-2400")
CURRENTS = ["ddr4-2400", "ddr4-3200", "ddr5-4800", "lpddr5-6400", "gddr6-16000"]
HOPS = ["hbm2-2000", "hbm3-6400"]

# Runs of DRAMsim3 (commit 2981759), DDR4_8Gb_x8_2400 with the timings of ddr4-2400: cycles, ACT, RD, REFab,
# and its energies of activation, read, refresh, active and precharge standby. It multiplies V x mA by
# cycles; these have been multiplied by its tCK of 0.833 ns, which makes them pJ.
DRAMSIM3_TCK_NS = 0.833
DRAMSIM3_RUNS = {
    "random": (688225, 100122, 99999, 73, 335474700.4, 294279297.2, 52323566.2, 225383578.5, 8912049.8),
    "seq": (510242, 854, 100000, 54, 2861463.0, 294282240.0, 38705103.8, 167115407.1, 6592545.9),
    "stride_row": (764047, 100195, 100000, 81, 335719298.5, 294282240.0, 58057655.6, 250220759.6, 9888682.9),
    "paced": (1999922, 960, 19995, 213, 3216632.8, 58841733.9, 152670131.5, 654679623.4, 26107536.8),
}


def activity(active: int = 0, precharged: int = 0, **commands: int) -> Activity:
    """Nothing but these commands and standby cycles."""
    return Activity(
        reads=0,
        writes=0,
        forwarded=0,
        coalesced=0,
        merged=0,
        rows=RowOutcomes(0, 0, 0),
        commands=dict.fromkeys(c.COMMAND_NAMES, 0) | commands,
        latency=LatencyStatistics(0, 0, 0, np.zeros(c.HISTOGRAM_BUCKETS, dtype=np.int64)),
        queues=QueueCycles(0, 0, 0),
        bus=BusTime(0, 0, dict.fromkeys(c.CAUSE_NAMES, 0)),
        standby=StandbyCycles(active, precharged),
    )


@pytest.mark.parametrize("name", DRAMSIM3_RUNS)
def test_components_are_those_of_dramsim3(name: str) -> None:
    cycles, acts, reads, refreshes, act_pj, read_pj, refresh_pj, active_pj, idle_pj = DRAMSIM3_RUNS[name]
    volts_times_devices, idd2n, idd3n = 1.2 * 8, 34.0, 43.0
    active = round(active_pj / (volts_times_devices * idd3n * DRAMSIM3_TCK_NS))
    idle = round(idle_pj / (volts_times_devices * idd2n * DRAMSIM3_TCK_NS))
    assert active + idle == pytest.approx(cycles, rel=1e-5)
    ours = activity_energy(DDR4, activity(active, idle, ACT=acts, RD=reads, REFab=refreshes))
    period = (1 / 1.2) / DRAMSIM3_TCK_NS
    assert ours.activation_pj == pytest.approx(act_pj * period, rel=1e-6)
    assert ours.read_pj == pytest.approx(read_pj * period, rel=1e-6)
    assert ours.refresh_pj == pytest.approx(refresh_pj * period, rel=1e-6)
    # What it leaves out: VPP (2.5 V, 3 mA of standby a device), and active standby while refreshing.
    vpp_pj = 2.5 * 3.0 * 8 * (active + idle) / 1.2
    refreshing_pj = volts_times_devices * (idd3n - idd2n) * refreshes * 433 / 1.2
    expected = (active_pj + idle_pj) * period + vpp_pj + refreshing_pj
    assert ours.background_pj == pytest.approx(expected, rel=1e-6)
    assert ours.io_pj == ours.write_pj == 0


def test_a_write_costs_what_dramsim3_says() -> None:
    # Its write_energy_inc is VDD (IDD4W - IDD3N) x burst cycles x devices.
    expected = 1.2 * (123.0 - 43.0) * 4 * 8 / 1.2
    assert unit_energies(DDR4).write_pj == pytest.approx(expected)
    ours = activity_energy(DDR4, activity(WR=3, WRA=4))
    assert ours.write_pj == pytest.approx(7 * expected)


def test_an_activation_costs_what_idd0_is_beyond_standby() -> None:
    trc_ns, tras_ns, trp_ns = 55 / 1.2, 39 / 1.2, 16 / 1.2
    expected = 8 * 1.2 * (48.0 * trc_ns - 43.0 * tras_ns - 34.0 * trp_ns)
    assert unit_energies(DDR4).activation_pj == pytest.approx(expected)


def test_the_supply_of_the_word_lines_is_charged_beyond_its_standby() -> None:
    ddr5 = memory_of("ddr5-4800")
    without = ddr5.model_copy(update={"energy": ddr5.energy.model_copy(update={"vpp_v": 0.0})})
    trc_ns = 111 / 2.4
    more = unit_energies(ddr5).activation_pj - unit_energies(without).activation_pj
    assert more == pytest.approx(4 * 1.8 * (8.0 - 7.0) * trc_ns)
    more = unit_energies(ddr5).precharged_standby_mw - unit_energies(without).precharged_standby_mw
    assert more == pytest.approx(4 * 1.8 * 7.0)


def test_refresh_and_the_standby_under_it_add_up_to_the_refresh_current() -> None:
    refreshing = activity_energy(DDR4, activity(precharged=433, REFab=1))
    vpp_pj = 8 * 2.5 * 3.0 * 433 / 1.2
    assert refreshing.total_pj == pytest.approx(8 * 1.2 * 250.0 * 433 / 1.2 + vpp_pj)


def test_without_a_current_a_bank_refresh_costs_its_share_of_an_all_bank_refresh() -> None:
    unit = unit_energies(DDR4)
    assert unit.refresh_bank_pj == pytest.approx(unit.refresh_all_pj / 16)


@pytest.mark.parametrize("name", CURRENTS + HOPS)
def test_every_shipped_memory_pays_for_every_command(name: str) -> None:
    unit = unit_energies(memory_of(name))
    for field in ("activation_pj", "read_pj", "write_pj", "refresh_all_pj", "refresh_bank_pj"):
        assert getattr(unit, field) > 0, field
    assert 0 < unit.precharged_standby_mw <= unit.active_standby_mw


@pytest.mark.parametrize("name", HOPS)
def test_a_row_read_to_its_end_costs_what_the_hops_add_up_to(name: str) -> None:
    # Cell 0.44, bank group 1.01, global IO 1.23, TSV 0.5, IO 0.3 and 0.11 pJ a bit for the row: 3.59.
    row_bits = 8 * 1024
    reads = row_bits // 256
    energy = activity_energy(memory_of(name), activity(ACT=1, RD=reads))
    assert energy.total_pj / row_bits == pytest.approx(3.59, abs=0.001)
    assert energy.io_pj / row_bits == pytest.approx(0.3)


def test_io_is_charged_by_the_bit_and_direction() -> None:
    lpddr5 = memory_of("lpddr5-6400")
    halved = lpddr5.energy.model_copy(update={"io_write_pj_per_bit": 0.2})
    energy = activity_energy(lpddr5.model_copy(update={"energy": halved}), activity(RD=10, WR=5))
    assert energy.io_pj == pytest.approx(256 * (10 * 0.46 + 5 * 0.2))


@pytest.mark.parametrize("name", ["ddr4-2400", "hbm2-2000"])
def test_the_energy_of_a_run_is_that_of_its_channels(name: str) -> None:
    memory = memory_of(name, "channels=2", "refresh=all-bank")
    run = play(memory, random_requests(memory, 4000, writes=0.3, rows=100))
    total = energy_pj(run.statistics)
    assert list(total) == ["activation", "read", "write", "refresh", "background", "io", "total"]
    assert total["total"] == pytest.approx(sum(value for name, value in total.items() if name != "total"))
    parts = [activity_energy(memory, channel.activity) for channel in run.statistics.channels]
    assert sum(part.total_pj for part in parts) == pytest.approx(total["total"])
    assert mean_power_mw(run.statistics) == pytest.approx(total["total"] / run.statistics.time_ns)


def test_standby_is_charged_to_every_rank() -> None:
    # One access in one of four pseudo channels: standby is the same open or closed, 33 mW each.
    memory = memory_of("hbm2-2000", "channels=2")
    run = play(memory, [Request()])
    assert energy_pj(run.statistics)["background"] == pytest.approx(4 * 33.0 * run.statistics.time_ns)


def test_a_memory_without_refresh_in_its_table_pays_none() -> None:
    rows = [row for row in DDR4.constraints if not any("REF" in command.value for command in row.preceding)]
    bare: MemoryConfig = DDR4.model_copy(update={"constraints": rows})
    assert unit_energies(bare).refresh_all_pj == 0
    assert replace(unit_energies(bare), refresh_all_pj=0, refresh_bank_pj=0) == replace(
        unit_energies(DDR4), refresh_all_pj=0, refresh_bank_pj=0
    )
