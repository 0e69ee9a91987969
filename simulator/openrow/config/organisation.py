"""Sizes and rates that follow from a memory's organisation."""

from openrow.config.memory import MemoryConfig


def burst_bytes(memory: MemoryConfig) -> int:
    """Return the bytes that one read or write command moves."""
    return memory.bus_width_bits * memory.burst_length // 8


def row_bytes(memory: MemoryConfig) -> int:
    """Return the bytes of one row of one bank, over all devices that work in lockstep."""
    return memory.columns * memory.bus_width_bits // 8


def banks_total(memory: MemoryConfig) -> int:
    """Return the banks of the whole memory."""
    per_rank = memory.stack_ids * memory.bank_groups * memory.banks
    return memory.channels * memory.pseudo_channels * memory.ranks * per_rank


def capacity_bytes(memory: MemoryConfig) -> int:
    """Return the bytes of the whole memory."""
    return banks_total(memory) * memory.rows * row_bytes(memory)


def peak_bandwidth_gb_per_s(memory: MemoryConfig) -> float:
    """Return what the data pins of all channels carry at most, in 10^9 bytes a second."""
    pins = memory.channels * memory.pseudo_channels * memory.bus_width_bits
    return pins * memory.clock.data_rate_mt_per_s / 8 / 1000
