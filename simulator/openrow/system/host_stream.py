"""A host that streams through the ordinary controller, for units without a controller for host traffic."""

from collections.abc import Iterator

import numpy as np

from openrow.config.architecture import Architecture
from openrow.config.memory import MemoryConfig
from openrow.config.organisation import burst_bytes
from openrow.memory.energy import activity_energy
from openrow.pim.device_run import DeviceRun, with_total
from openrow.system.replay import replay
from openrow.system.traffic import CHUNK_ENTRIES, Traffic
from openrow_traces.chunk import TraceChunk


def stream_run(memory: MemoryConfig, bytes_read: int, bytes_written: int) -> DeviceRun:
    """Read and then write so many bytes from address 0 on, each channel at its own pace.

    Raises
    ------
    openrow.memory.feed.AddressError
        Where they do not fit the memory.
    """
    burst = burst_bytes(memory)
    reads, bursts = -(-bytes_read // burst), -(-bytes_read // burst) + -(-bytes_written // burst)

    def chunks() -> Iterator[TraceChunk]:
        for start in range(0, bursts, CHUNK_ENTRIES):
            numbers = np.arange(start, min(start + CHUNK_ENTRIES, bursts), dtype=np.uint64)
            size = np.full(len(numbers), burst, dtype=np.uint32)
            yield TraceChunk(address=numbers * np.uint64(burst), is_write=numbers >= reads, size=size)

    result = replay(Architecture(memory=memory), Traffic("stream", bursts, {}, chunks, ()))
    total = result.statistics.total
    energy = activity_energy(memory, total)
    components = {
        "activation": energy.activation_pj,
        "column": energy.read_pj + energy.write_pj,
        "io": energy.io_pj,
        "refresh": energy.refresh_pj,
        "background": energy.background_pj,
    }
    cycles = result.statistics.cycles
    shares = {"column_commands": total.bus.busy_share or 0.0, **total.bus.lost_shares}
    return DeviceRun(
        cycles=cycles,
        commands={name: count for name, count in total.commands.items() if count},
        account={cause: round(share * cycles) for cause, share in shares.items() if share},
        energy_pj=with_total(components),
        moved_bytes=bursts * burst,
    )
