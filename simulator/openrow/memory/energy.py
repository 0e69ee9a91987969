"""Energy of a run by component, from its command counts and standby times.

A charge is voltage x current x time, so that pJ = V x mA x ns. Two models, chosen by the memory's
configuration:

**currents**: data-sheet currents of one device, times the devices that work in lockstep. A component holds
what a command draws beyond standby, as in Micron's power notes (TN-41-01 for DDR3, TN-40-07 for DDR4):

- activation: VDD (IDD0 tRC - IDD3N tRAS - IDD2N tRP) + VPP (IPP0 - IPP3N) tRC an ACT with its PRE. IDD0 is
  measured over tRC with one bank open for tRAS of it, so both standby currents are taken off for their part
  of the time. (IDD0 - IDD3N) tRC would take off active standby throughout: too small, negative for GDDR6.
- read, write: VDD (IDD4R - IDD3N), VDD (IDD4W - IDD3N) for the time of a burst.
- refresh: VDD (IDD5B - IDD3N) tRFC an all-bank refresh, VDD (IDD5PB - IDD3N) tRFCpb a per-bank one.
- background: VDD IDD3N while any bank of a rank is open, VDD IDD2N while none is, and VPP IPP3N always (data
  sheets give one figure for all standby states). During an all-bank refresh IDD3N, since refresh is counted
  beyond that: the two add up to the IDD5B that the data sheet measures.
- io: given pJ a bit of drivers and termination, which the currents do not hold.

DRAMsim3 has the same activation, read, write and refresh terms. It multiplies by cycles instead of
nanoseconds, leaves VPP out, and counts IDD2N during refresh, which makes that time VDD (IDD3N - IDD2N) too
cheap.

**hops**: pJ a bit and stage between the cell and the pins, as in Fine-Grained DRAM (O'Connor et al.,
MICRO-50, 2017, doi 10.1145/3123939.3124545). A row costs its activation as a whole; a read or write costs
the cell, the way to the bank group, to the global IO and through the silicon; io is the last hop. Refresh
and background are given.

A row's energy is charged at its ACT, and a bank closed by RDA or WRA counts as closed from that command on.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from openrow.config.latency_formula import evaluate
from openrow.config.memory import Command, CurrentEnergy, HopEnergy, Level, MemoryConfig
from openrow.config.organisation import burst_bytes
from openrow.config.timings import cycle_ns, resolved_timings
from openrow.memory.spacings import nominal_cycles, refresh_all_cycles, refresh_bank_cycles
from openrow.memory.statistics import Activity, MemoryStatistics


@dataclass(frozen=True)
class Energy:
    """Energy of a run by component, pJ."""

    activation_pj: float
    read_pj: float
    write_pj: float
    refresh_pj: float
    background_pj: float
    io_pj: float

    @property
    def total_pj(self) -> float:
        """The sum of the components."""
        return sum(self.components_pj().values())

    def components_pj(self) -> dict[str, float]:
        """The components by the names results give them."""
        return {
            "activation": self.activation_pj,
            "read": self.read_pj,
            "write": self.write_pj,
            "refresh": self.refresh_pj,
            "background": self.background_pj,
            "io": self.io_pj,
        }

    def mean_power_mw(self, time_ns: float) -> float:
        """Mean power over ``time_ns``: pJ / ns = mW."""
        return self.total_pj / time_ns if time_ns else 0.0


@dataclass(frozen=True)
class UnitEnergies:
    """What one command costs beyond standby, and what standby costs, for all devices of a rank together."""

    activation_pj: float
    read_pj: float
    write_pj: float
    pim_read_pj: float
    """Reading a burst into a unit beside its bank: none of the way to the pins where the model knows it."""
    read_io_pj: float
    write_io_pj: float
    refresh_all_pj: float
    refresh_bank_pj: float
    active_standby_mw: float
    """Of one rank or pseudo channel with any bank open, or refreshing all of them."""
    precharged_standby_mw: float
    """Of one rank or pseudo channel with all banks closed."""


def burst_bits(memory: MemoryConfig) -> int:
    """Bits of one burst."""
    return 8 * burst_bytes(memory)


def unit_energies(memory: MemoryConfig) -> UnitEnergies:
    """What commands and standby cost by the memory's energy model."""
    if isinstance(memory.energy, CurrentEnergy):
        return _from_currents(memory, memory.energy)
    return _from_hops(memory, memory.energy)


def _from_currents(memory: MemoryConfig, energy: CurrentEnergy) -> UnitEnergies:
    period_ns = float(cycle_ns(memory.clock))
    trc_ns = nominal_cycles(memory, Command.ACT, Command.ACT, Level.BANK) * period_ns
    tras_ns = nominal_cycles(memory, Command.ACT, Command.PRE, Level.BANK) * period_ns
    trp_ns = nominal_cycles(memory, Command.PRE, Command.ACT, Level.BANK) * period_ns
    burst_ns = evaluate(memory.burst_cycles, resolved_timings(memory)) * period_ns
    charge = energy.idd0_ma * trc_ns - energy.idd3n_ma * tras_ns - energy.idd2n_ma * trp_ns
    rank_v, rank_vpp = energy.vdd_v * energy.devices, energy.vpp_v * energy.devices
    return UnitEnergies(
        activation_pj=rank_v * charge + rank_vpp * (energy.ipp0_ma - energy.ipp3n_ma) * trc_ns,
        read_pj=rank_v * (energy.idd4r_ma - energy.idd3n_ma) * burst_ns,
        write_pj=rank_v * (energy.idd4w_ma - energy.idd3n_ma) * burst_ns,
        pim_read_pj=rank_v * (energy.idd4r_ma - energy.idd3n_ma) * burst_ns,
        read_io_pj=energy.io_read_pj_per_bit * burst_bits(memory),
        write_io_pj=energy.io_write_pj_per_bit * burst_bits(memory),
        refresh_all_pj=rank_v * (energy.idd5b_ma - energy.idd3n_ma) * _refresh_all_ns(memory),
        refresh_bank_pj=_refresh_bank_pj(memory, energy),
        active_standby_mw=rank_v * energy.idd3n_ma + rank_vpp * energy.ipp3n_ma,
        precharged_standby_mw=rank_v * energy.idd2n_ma + rank_vpp * energy.ipp3n_ma,
    )


def _refresh_all_ns(memory: MemoryConfig) -> float:
    return refresh_all_cycles(memory) * float(cycle_ns(memory.clock))


def _refresh_bank_pj(memory: MemoryConfig, energy: CurrentEnergy) -> float:
    """One per-bank refresh; a bank's share of an all-bank one where no current is given."""
    rank_v = energy.vdd_v * energy.devices
    if energy.idd5pb_ma is None:
        banks = memory.stack_ids * memory.bank_groups * memory.banks
        return rank_v * (energy.idd5b_ma - energy.idd3n_ma) * _refresh_all_ns(memory) / banks
    refresh_ns = refresh_bank_cycles(memory) * float(cycle_ns(memory.clock))
    return rank_v * (energy.idd5pb_ma - energy.idd3n_ma) * refresh_ns


def _from_hops(memory: MemoryConfig, energy: HopEnergy) -> UnitEnergies:
    way = energy.to_bank_group_pj_per_bit + energy.to_global_io_pj_per_bit + energy.tsv_pj_per_bit
    bits = burst_bits(memory)
    return UnitEnergies(
        activation_pj=energy.activation_pj,
        read_pj=(energy.read_cell_pj_per_bit + way) * bits,
        write_pj=(energy.write_cell_pj_per_bit + way) * bits,
        pim_read_pj=energy.read_cell_pj_per_bit * bits,
        read_io_pj=energy.io_pj_per_bit * bits,
        write_io_pj=energy.io_pj_per_bit * bits,
        refresh_all_pj=energy.refresh_all_pj,
        refresh_bank_pj=energy.refresh_bank_pj,
        active_standby_mw=energy.background_mw,
        precharged_standby_mw=energy.background_mw,
    )


def activity_energy(memory: MemoryConfig, activity: Activity) -> Energy:
    """The energy of a channel, or of all, from its counts."""
    unit = unit_energies(memory)
    commands = activity.commands
    period_ns = float(cycle_ns(memory.clock))
    precharged_ns = activity.standby.precharged * period_ns
    refreshing_ns = min(commands["REFab"] * _refresh_all_ns(memory), precharged_ns)
    return Energy(
        activation_pj=unit.activation_pj * activity.activations,
        read_pj=unit.read_pj * activity.read_bursts + unit.pim_read_pj * commands["PIM_RD"],
        write_pj=unit.write_pj * activity.write_bursts,
        refresh_pj=unit.refresh_all_pj * commands["REFab"] + unit.refresh_bank_pj * commands["REFpb"],
        background_pj=unit.active_standby_mw * (activity.standby.active * period_ns + refreshing_ns)
        + unit.precharged_standby_mw * (precharged_ns - refreshing_ns),
        io_pj=unit.read_io_pj * activity.read_bursts + unit.write_io_pj * activity.write_bursts,
    )


def energy_pj(statistics: MemoryStatistics) -> Mapping[str, float]:
    """The energy of a whole run by component and in total, pJ, by the names results give them."""
    energy = activity_energy(statistics.memory, statistics.total)
    return {**energy.components_pj(), "total": energy.total_pj}


def mean_power_mw(statistics: MemoryStatistics) -> float:
    """The mean power of a whole run."""
    return activity_energy(statistics.memory, statistics.total).mean_power_mw(statistics.time_ns)
