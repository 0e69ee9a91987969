"""Every shipped memory standard is sound in itself: peak, capacity, mapping, refresh, timings and energy."""

from math import ceil, floor

import pytest

from memory_standards.independent_resolver import (
    FOLDER,
    cycle_ns,
    evaluated,
    names_in,
    nominal_rows,
    shipped,
    timings,
)
from openrow.config.memory import Command, CurrentEnergy, HopEnergy, MemoryConfig

# Gigabytes a second of the whole file: pins x transfers / 8.
PEAK_GB_PER_S = {
    "ddr4-2400": 19.2,
    "ddr4-3200": 25.6,
    "ddr5-4800": 38.4,
    "gddr6-16000": 64.0,
    "hbm2-2000": 256.0,
    "hbm3-6400": 819.2,
    "lpddr5-6400": 51.2,
}
# Of one data bus: a channel, or a pseudo channel where there are any.
BUS_PEAK_GB_PER_S = {
    "ddr4-2400": 19.2,
    "ddr4-3200": 25.6,
    "ddr5-4800": 19.2,
    "gddr6-16000": 32.0,
    "hbm2-2000": 16.0,
    "hbm3-6400": 25.6,
    "lpddr5-6400": 12.8,
}
# Devices of a bus x gigabits of a device, or of the die's share of a bus: 8 x 8, 8 x 8, 4 x 16, 4, 8, 8, 8.
BUS_CAPACITY_GIB = {
    "ddr4-2400": 8.0,
    "ddr4-3200": 8.0,
    "ddr5-4800": 8.0,
    "gddr6-16000": 0.5,
    "hbm2-2000": 1.0,
    "hbm3-6400": 1.0,
    "lpddr5-6400": 1.0,
}
NAMES = sorted(PEAK_GB_PER_S)
FIELDS = {
    "Ch": "channels",
    "Pc": "pseudo_channels",
    "Ra": "ranks",
    "Si": "stack_ids",
    "Bg": "bank_groups",
    "Ba": "banks",
    "Ro": "rows",
    "Co": "columns",
}
READS = {"RD", "RDA"}
WRITES = {"WR", "WRA"}


def tokens(memory: MemoryConfig) -> list[str]:
    assert isinstance(memory.mapping, str)
    return [memory.mapping[i : i + 2] for i in range(0, len(memory.mapping), 2)]


def bus_gb_per_s(memory: MemoryConfig) -> float:
    return memory.bus_width_bits * memory.clock.data_rate_mt_per_s / 8 / 1000


def spacing(memory: MemoryConfig, level: str, commands: set[str]) -> int:
    """Least cycles between two commands of a kind at one node of ``level`` or any around it."""
    around = ["channel", "pseudo_channel", "rank", "stack_id", "bank_group", "bank"]
    within = around[: around.index(level) + 1]
    return max(
        cycles
        for at, p, f, window, sibling, cycles in nominal_rows(memory)
        if at in within and p in commands and f in commands and window == 1 and not sibling
    )


def test_the_seven_standards_are_shipped() -> None:
    assert sorted(file.stem for file in FOLDER.glob("*.yaml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_valid_and_names_its_family_and_source(name: str) -> None:
    memory = shipped(name)
    assert name.startswith(memory.standard.lower())
    assert memory.clock.data_rate_mt_per_s == float(name.split("-")[1])
    assert memory.source


@pytest.mark.parametrize("name", NAMES)
def test_peak_bandwidth_is_the_product_of_pins_and_rate(name: str) -> None:
    memory = shipped(name)
    assert bus_gb_per_s(memory) == pytest.approx(BUS_PEAK_GB_PER_S[name], rel=1e-12)
    total = bus_gb_per_s(memory) * memory.channels * memory.pseudo_channels
    assert total == pytest.approx(PEAK_GB_PER_S[name], rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_bursts_back_to_back_fill_the_pins_exactly(name: str) -> None:
    memory = shipped(name)
    values = timings(memory)
    burst_ns = evaluated(memory.burst_cycles, values) * cycle_ns(memory)
    burst_bytes = memory.burst_length * memory.bus_width_bits / 8
    assert burst_bytes / burst_ns == pytest.approx(BUS_PEAK_GB_PER_S[name], rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_capacity_is_the_product_of_the_organisation(name: str) -> None:
    memory = shipped(name)
    row_bytes = memory.columns * memory.bus_width_bits // 8
    banks = memory.ranks * memory.stack_ids * memory.bank_groups * memory.banks
    assert banks * memory.rows * row_bytes == BUS_CAPACITY_GIB[name] * 2**30


@pytest.mark.parametrize("name", NAMES)
def test_a_mapping_names_each_field_of_several_elements_once(name: str) -> None:
    memory = shipped(name)
    named = tokens(memory)
    assert len(set(named)) == len(named)
    assert {token for token, field in FIELDS.items() if getattr(memory, field) > 1} <= set(named)


# DDR4-2400 keeps a row contiguous, as the reference runs do; its file says what that costs.
@pytest.mark.parametrize("name", [name for name in NAMES if name != "ddr4-2400"])
def test_a_stream_turns_channels_and_bank_groups_before_it_moves_along_a_row(name: str) -> None:
    memory = shipped(name)
    below_column = tokens(memory)[tokens(memory).index("Co") + 1 :]
    spread = {token for token in ("Ch", "Pc", "Bg") if getattr(memory, FIELDS[token]) > 1}
    assert spread <= set(below_column) <= {"Ch", "Pc", "Bg"}
    for commands in (READS, WRITES):
        spaced_apart = spacing(memory, "stack_id", commands)
        assert spaced_apart == evaluated(memory.burst_cycles, timings(memory))
        assert memory.bank_groups * spaced_apart >= spacing(memory, "bank_group", commands)


@pytest.mark.parametrize("name", NAMES)
def test_formulas_use_known_timings_and_no_timing_is_idle(name: str) -> None:
    memory = shipped(name)
    formulas: list[str | int] = [c.latency for c in memory.constraints]
    formulas += [memory.read_latency, memory.burst_cycles, memory.refresh_interval]
    formulas += [memory.refresh_interval_bank or 0]
    if memory.split_activation is not None:
        split = memory.split_activation
        formulas += [split.activate_deadline, split.sync_expiry_read, split.sync_expiry_write]
    used = set[str]().union(*(names_in(formula) for formula in formulas))
    # LPDDR5's own interval is between refreshes of two banks; its file derives that of one.
    idle = {"nREFIpb"} if name == "lpddr5-6400" else set()
    assert used == set(timings(memory)) - idle


@pytest.mark.parametrize("name", NAMES)
def test_a_row_cycle_holds_its_parts(name: str) -> None:
    values = timings(shipped(name))
    assert values["nRC"] >= values["nRAS"] + values["nRP"]
    assert values["nRRDS"] <= values["nRRDL"]
    assert values["nCCDS"] <= values["nCCDL"]
    assert values["nWTRS"] <= values["nWTRL"]
    assert values["nFAW"] > 3 * values["nRRDS"]


@pytest.mark.parametrize("name", NAMES)
def test_per_bank_refresh_reaches_every_bank_in_the_all_bank_interval(name: str) -> None:
    memory = shipped(name)
    if memory.refresh_interval_bank is None:
        assert memory.standard in ("DDR4", "DDR5")
        assert all(Command.REFRESH_BANK not in c.preceding + c.following for c in memory.constraints)
        return
    values = timings(memory)
    interval = evaluated(memory.refresh_interval_bank, values)
    banks = memory.stack_ids * memory.bank_groups * memory.banks
    all_bank = evaluated(memory.refresh_interval, values)
    # The presets of HBM round the interval up, the other files down.
    exact = all_bank / banks
    assert interval == (ceil(exact) if memory.standard.startswith("HBM") else floor(exact))
    assert interval > values["nRFCpb"]


# JESD79-4, speed bin 3200AA, 8 Gb x8 (page of 1 KiB), in ns.
DDR4_3200_NS = {
    "nCL": 13.75,
    "nRCD": 13.75,
    "nRP": 13.75,
    "nRAS": 32.0,
    "nRC": 45.75,
    "nWR": 15.0,
    "nRTP": 7.5,
    "nCCDL": 5.0,
    "nRRDL": 4.9,
    "nWTRL": 7.5,
    "nFAW": 21.0,
    "nRFC": 350.0,
    "nREFI": 7800.0,
}
# Samsung K4Z80325BC, 8 Gb GDDR6 at 1.35 V, in ns.
GDDR6_NS = {
    "nRCDRD": 15.0,
    "nRCDWR": 9.0,
    "nRP": 15.0,
    "nRAS": 30.0,
    "nRC": 45.0,
    "nWR": 15.0,
    "nRFC": 120.0,
    "nRFCpb": 60.0,
    "nREFI": 1900.0,
}


@pytest.mark.parametrize(("name", "in_ns"), [("ddr4-3200", DDR4_3200_NS), ("gddr6-16000", GDDR6_NS)])
def test_cycles_are_the_fewest_that_last_a_timing_in_ns(name: str, in_ns: dict[str, float]) -> None:
    memory = shipped(name)
    values = timings(memory)
    for timing, least_ns in in_ns.items():
        # The sum of two rounded timings may take a cycle more than the rounded sum.
        slack = 2 if timing == "nRC" else 1
        assert 0 <= values[timing] * cycle_ns(memory) - least_ns < slack * cycle_ns(memory), timing


def test_ddr4_3200_takes_the_constraint_table_of_ddr4_2400() -> None:
    assert shipped("ddr4-3200").constraints == shipped("ddr4-2400").constraints
    assert timings(shipped("ddr4-3200")).keys() == timings(shipped("ddr4-2400")).keys()


def test_ddr4_2400_has_the_currents_of_dramsim3() -> None:
    """DRAMsim3, commit 2981759, DDR4_8Gb_x8_2400."""
    energy = shipped("ddr4-2400").energy
    assert isinstance(energy, CurrentEnergy)
    assert (energy.vdd_v, energy.idd0_ma, energy.ipp0_ma) == (1.2, 48.0, 3.0)
    assert (energy.idd2n_ma, energy.idd3n_ma) == (34.0, 43.0)
    assert (energy.idd4r_ma, energy.idd4w_ma, energy.idd5b_ma) == (135.0, 123.0, 250.0)


@pytest.mark.parametrize("name", NAMES)
def test_energy_a_bit_and_an_activation_lies_in_a_physical_range(name: str) -> None:
    """DRAM takes 0.03 to 0.2 pJ to activate a bit of the row, and 1 to 20 pJ to read one."""
    memory = shipped(name)
    energy = memory.energy
    row_bits = memory.columns * memory.bus_width_bits
    if isinstance(energy, HopEnergy):
        activation_pj = energy.activation_pj
        read_pj_per_bit = hops_pj_per_bit(energy)
    else:
        activation_pj = energy.devices * activation_of_a_device_pj(memory, energy)
        bursting_mw = energy.devices * energy.vdd_v * (energy.idd4r_ma - energy.idd3n_ma)
        read_pj_per_bit = bursting_mw / bus_gb_per_s(memory) / 8 + energy.io_read_pj_per_bit
        assert energy.idd2n_ma < energy.idd3n_ma < energy.idd5b_ma
        assert energy.idd3n_ma < energy.idd4w_ma
    assert 0.03 * row_bits < activation_pj < 0.2 * row_bits
    assert 1.0 < read_pj_per_bit < 20.0


def activation_of_a_device_pj(memory: MemoryConfig, energy: CurrentEnergy) -> float:
    """ACT and PRE above standby: VDD (IDD0 tRC - IDD3N tRAS - IDD2N tRP), Micron's TN-41-01."""
    values = timings(memory)
    open_cycles = values["nRAS"]
    closed_cycles = values["nRC"] - values["nRAS"]
    excess = energy.idd0_ma * values["nRC"] - energy.idd3n_ma * open_cycles - energy.idd2n_ma * closed_cycles
    return energy.vdd_v * excess * cycle_ns(memory)


def hops_pj_per_bit(energy: HopEnergy) -> float:
    """A bit read by the host, from the cell to the pins."""
    on_die = energy.read_cell_pj_per_bit + energy.to_bank_group_pj_per_bit + energy.to_global_io_pj_per_bit
    return on_die + energy.tsv_pj_per_bit + energy.io_pj_per_bit


@pytest.mark.parametrize("name", ["hbm2-2000", "hbm3-6400"])
def test_hops_add_up_to_a_host_access(name: str) -> None:
    """Fine-Grained DRAM, MICRO-50 2017, as split in AttAcc: 3.59 pJ a bit with the row used in full."""
    memory = shipped(name)
    energy = memory.energy
    assert isinstance(energy, HopEnergy)
    row_bits = memory.columns * memory.bus_width_bits
    assert hops_pj_per_bit(energy) + energy.activation_pj / row_bits == pytest.approx(3.59, abs=1e-3)
    rows_refreshed = memory.rows // 8192
    assert energy.refresh_bank_pj == pytest.approx(rows_refreshed * energy.activation_pj)
    assert energy.refresh_all_pj == pytest.approx(
        rows_refreshed * memory.bank_groups * memory.banks * energy.activation_pj
    )
