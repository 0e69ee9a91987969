"""The same kernels by the host: what it reads and writes of the same memory, through the same controller.

The host keeps nothing: it reads the operands as bursts in the order of addresses, one behind the other from
address 0, and when all are there writes the result behind them. Only the memory counts; arithmetic and
caches take no time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openrow.config.hbm_pim import HbmPimConfig
from openrow.config.memory import MemoryConfig
from openrow.config.organisation import burst_bytes
from openrow.errors import UserError
from openrow.memory.mapping import AddressMapping
from openrow.pim.hbm_pim import columns as h
from openrow.pim.hbm_pim.controller import ChannelRun, TransactionController

Int64Array = NDArray[np.int64]


@dataclass(frozen=True)
class HostRun:
    """What the host's traffic comes to."""

    cycles: int
    """Until the last channel has done."""
    channels: tuple[tuple[ChannelRun, int], ...]
    """Each different channel, and how many are like it."""
    bytes_read: int
    bytes_written: int


def host_run(memory: MemoryConfig, pim: HbmPimConfig, bytes_read: int, bytes_written: int) -> HostRun:
    """Read and then write so many bytes.

    Channels with the same transactions are simulated once.

    Raises
    ------
    UserError
        Where they do not fit the memory.
    """
    burst = burst_bytes(memory)
    reads, writes = -(-bytes_read // burst), -(-bytes_written // burst)
    mapping = AddressMapping(memory)
    if (reads + writes) * burst > mapping.capacity_bytes:
        needed = (reads + writes) * burst
        raise UserError(
            f"the workload's {needed} bytes should fit the memory of {mapping.capacity_bytes} bytes"
        )
    different: dict[bytes, tuple[Int64Array, Int64Array, int]] = {}
    for reading, writing in _by_channel(memory, mapping, reads, writes):
        key = reading.tobytes() + b"|" + writing.tobytes()
        _, _, like = different.get(key, (reading, writing, 0))
        different[key] = (reading, writing, like + 1)
    controllers = [TransactionController(memory, pim) for _ in different]
    started = [
        controller.carry_out(_transactions(memory, reading, write=False)).cycles
        for controller, (reading, _, _) in zip(controllers, different.values(), strict=True)
    ]
    runs = [
        (controller.carry_out(_transactions(memory, writing, write=True), max(started)), like)
        for controller, (_, writing, like) in zip(controllers, different.values(), strict=True)
    ]
    cycles = max(run.cycles for run, _ in runs)
    return HostRun(cycles, tuple(runs), reads * burst, writes * burst)


def _by_channel(
    memory: MemoryConfig, mapping: AddressMapping, reads: int, writes: int
) -> list[tuple[Int64Array, Int64Array]]:
    """Each channel's bursts read and written, each as ``(row * row_bursts + column) * banks + bank``."""
    addresses = np.arange(reads + writes, dtype=np.uint64) * np.uint64(burst_bytes(memory))
    where = mapping.decode(addresses)
    banks, row_bursts = memory.bank_groups * memory.banks, memory.columns // memory.burst_length
    places = where.row
    places *= row_bursts
    places += where.column
    places *= banks
    places += where.bank
    # Stable sorting of 16-bit keys is linear.
    order = np.argsort(where.channel.astype(np.uint16), kind="stable")
    counts = np.bincount(where.channel, minlength=memory.channels)
    middles = np.bincount(where.channel[:reads], minlength=memory.channels)
    ends = np.cumsum(counts)
    return [
        (places[order[end - count : end - count + middle]], places[order[end - count + middle : end]])
        for count, middle, end in zip(counts, middles, ends, strict=True)
    ]


def _transactions(memory: MemoryConfig, places: Int64Array, write: bool) -> Int64Array:
    banks, row_bursts = memory.bank_groups * memory.banks, memory.columns // memory.burst_length
    transactions = np.zeros((len(places), h.TRANSACTION_COLUMNS), dtype=np.int64)
    transactions[:, h.T_BANK] = places % banks
    transactions[:, h.T_COLUMN] = places // banks % row_bursts
    transactions[:, h.T_ROW] = places // banks // row_bursts
    transactions[:, h.IS_WRITE], transactions[:, h.DATA] = write, -1
    return transactions
