"""Memories and traffic drawn from few parameters, wide enough to reach every rule of the controller.

A drawn replay is a handful of numbers, which hypothesis can shrink; the requests follow from a seed.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from openrow.config.latency_formula import evaluate
from openrow.config.loading import load_architecture
from openrow.config.memory import Controller, MemoryConfig, PagePolicy, Refresh, Scheduler
from openrow.config.timings import resolved_timings
from openrow.engine.event_engine import Traffic
from openrow.memory.mapping import AddressMapping, Coordinates

FIELDS = ("Ch", "Pc", "Ra", "Si", "Bg", "Ba", "Ro", "Co")
QUEUE_SIZES = (1, 2, 3, 4, 8, 16, 32)


@cache
def shipped_memory(name: str) -> MemoryConfig:
    return load_architecture(f"memory/{name}").memory


@dataclass(frozen=True)
class Requests:
    """Parameters of the requests of one source."""

    seed: int
    count: int
    banks: int
    """Banks touched in each channel, at most."""
    rows: int
    """Rows touched in each bank."""
    columns: int
    """Columns touched in each row."""
    stays: float
    """Chance to stay in the row of the request before."""
    writes: float
    """Share of writes."""
    aliased: float
    """Share of requests whose address lies one memory higher and ends in the same place."""
    burst: int
    """Requests that arrive together; 0 where they come as soon as they are taken."""
    gap: int
    """Cycles between two bursts, at most."""
    window: int
    interval: int
    consume: int

    def traffic(self, memory: MemoryConfig) -> Traffic:
        random = np.random.default_rng(self.seed)
        mapping = AddressMapping(memory)
        address = mapping.encode(self._places(memory, random))
        above = (random.random(self.count) < self.aliased).astype(np.uint64)
        address += above * np.uint64(mapping.capacity_bytes)
        is_write = random.random(self.count) < self.writes
        return Traffic(address, is_write, self._stamps(random), self.window, self.interval, self.consume)

    def _places(self, memory: MemoryConfig, random: np.random.Generator) -> Coordinates:
        per_channel = (
            memory.pseudo_channels * memory.ranks * memory.stack_ids * memory.bank_groups * memory.banks
        )
        touched = random.permutation(per_channel)[: self.banks]
        channel = random.integers(0, memory.channels, self.count)
        bank = touched[random.integers(0, len(touched), self.count)]
        row = random.integers(0, self.rows, self.count)
        for i in np.flatnonzero(random.random(self.count) < self.stays):
            if i > 0:
                channel[i], bank[i], row[i] = channel[i - 1], bank[i - 1], row[i - 1]
        bursts_in_row = memory.columns // memory.burst_length
        column = random.integers(0, min(self.columns, bursts_in_row), self.count)
        return Coordinates(*(field.astype(np.int64) for field in (channel, bank, row, column)))

    def _stamps(self, random: np.random.Generator) -> NDArray[np.int64] | None:
        if self.burst == 0:
            return None
        begins = np.cumsum(random.integers(0, self.gap + 1, self.count // self.burst + 1))
        return begins[np.arange(self.count) // self.burst].astype(np.int64)


@st.composite
def requests(draw: st.DrawFn, most: int) -> Requests:
    window = draw(st.sampled_from((0, 0, 1, 2, 4, 16)))
    return Requests(
        seed=draw(st.integers(0, 2**16)),
        count=draw(st.integers(1, most)),
        banks=draw(st.sampled_from((1, 2, 3, 8, 64))),
        rows=draw(st.sampled_from((1, 2, 3, 8))),
        columns=draw(st.sampled_from((1, 2, 4, 16))),
        stays=draw(st.sampled_from((0.0, 0.5, 0.9))),
        writes=draw(st.sampled_from((0.0, 0.1, 0.4, 0.7, 1.0))),
        aliased=draw(st.sampled_from((0.0, 0.3))),
        burst=draw(st.sampled_from((0, 0, 1, 5, 40))),
        gap=draw(st.sampled_from((3, 30, 400, 3000))),
        window=window,
        interval=draw(st.sampled_from((0, 0, 1, 7, 40))),
        consume=draw(st.sampled_from((0, 1, 30))) if window else 0,
    )


@st.composite
def controllers(draw: st.DrawFn) -> Controller:
    low, high = sorted(draw(st.lists(st.integers(1, 20), min_size=2, max_size=2, unique=True)))
    return Controller(
        scheduler=draw(st.sampled_from(Scheduler)),
        row_hit_cap=draw(st.integers(1, 4)),
        read_queue=draw(st.sampled_from(QUEUE_SIZES)),
        write_queue=draw(st.sampled_from(QUEUE_SIZES)),
        write_high_watermark=high / 20,
        write_low_watermark=low / 20,
        read_merging=draw(st.booleans()),
        write_coalescing=draw(st.booleans()),
        write_forwarding=draw(st.booleans()),
        page_policy=draw(st.sampled_from(PagePolicy)),
        page_timeout_cycles=draw(st.sampled_from((1, 10, 60, 300))),
    )


@st.composite
def memories(draw: st.DrawFn, name: str) -> MemoryConfig:
    """The shipped memory ``name`` with drawn sizes, mapping, refresh and policy."""
    shipped = shipped_memory(name)
    sizes = {
        "channels": draw(st.sampled_from((1, 1, 2, 4))),
        "ranks": draw(st.sampled_from((1, 2))),
        "pseudo_channels": draw(st.sampled_from((1, 2))) if shipped.command_bus == "dual" else 1,
        "stack_ids": draw(st.sampled_from((1, 2))) if name.startswith("hbm3") else 1,
    }
    refreshes = [Refresh.NONE, Refresh.ALL_BANK]
    if shipped.refresh_interval_bank is not None:
        refreshes.append(Refresh.PER_BANK)
    ranks = sizes["pseudo_channels"] * sizes["ranks"]
    refresh_cycles = evaluate("nRFC", resolved_timings(shipped))
    changes = {
        **sizes,
        "mapping": "".join(draw(st.permutations(FIELDS))),
        "refresh": draw(st.sampled_from(refreshes)),
        # Long enough for every rank to finish its refresh and for requests to get on.
        "refresh_interval": (refresh_cycles + 300) * ranks + draw(st.sampled_from((0, 101, 1000))),
        "refresh_interval_bank": draw(st.sampled_from((150, 301, 700))) * ranks,
        "controller": draw(controllers()),
    }
    return shipped.model_copy(update=changes)


@dataclass(frozen=True)
class DrawnReplay:
    """A memory and the sources that use it."""

    memory: MemoryConfig
    sources: tuple[Requests, ...]

    @property
    def traffic(self) -> list[Traffic]:
        return [source.traffic(self.memory) for source in self.sources]

    def __repr__(self) -> str:
        memory = self.memory
        shown = ("channels", "pseudo_channels", "ranks", "stack_ids", "mapping", "refresh")
        shown += ("refresh_interval", "refresh_interval_bank", "controller")
        fields = ", ".join(f"{name}={getattr(memory, name)!r}" for name in shown)
        return f"{memory.standard}: {fields}\n{self.sources}"


@st.composite
def replays(draw: st.DrawFn, name: str, most: int = 150) -> DrawnReplay:
    """A drawn memory of the standard ``name`` and one to three sources of up to ``most`` requests."""
    memory = draw(memories(name))
    sources = draw(st.lists(requests(most), min_size=1, max_size=3))
    return DrawnReplay(memory, tuple(sources))
