"""Recorded micro latencies: single accesses whose latency a formula gives."""

import json
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from openrow.config.memory import MemoryConfig
from openrow.memory.mapping import AddressMapping, Coordinates
from openrow.validation.streams import data, play, reference_memory
from openrow_traces.chunk import TraceChunk


class Access(NamedTuple):
    """One request of a micro test: when it is offered, what it is and where it goes."""

    cycle: int
    write: bool
    bank_group: int
    bank: int
    row: int
    column: int


def _read(cycle: int, bank_group: int = 0, bank: int = 0, row: int = 0, column: int = 0) -> Access:
    return Access(cycle, False, bank_group, bank, row, column)


def _writes(count: int, first: int, step: int) -> list[Access]:
    return [Access(first + i * step, True, 0, 0, 0, i) for i in range(count)]


TESTS: dict[str, list[Access]] = {
    "closed_hit_conflict": [_read(1000), _read(2000, column=1), _read(3000, row=1)],
    "b2b_same_bank": [_read(1000), _read(2000, column=1), _read(2000, column=2)],
    "b2b_same_bg": [_read(1000), _read(1000, bank=1), _read(2000, column=1), _read(2000, bank=1, column=1)],
    "b2b_diff_bg": [
        _read(1000),
        _read(1000, bank_group=1),
        _read(2000, column=1),
        _read(2000, bank_group=1, column=1),
    ],
    "rd_to_wr": [_read(1000), _read(2000, column=20), *_writes(13, 2000, 0)],
    "wr_to_rd_same_bg": [_read(1000), *_writes(12, 2000, 0), _read(2100, column=20)],
    "wr_then_rd_same_bank_immediate": [
        _read(1000),
        _read(1500, bank_group=1),
        *_writes(1, 2000, 0),
        _read(2003, column=20),
    ],
    "wr_then_rd_diff_bg": [
        _read(1000),
        _read(1500, bank_group=1),
        *_writes(1, 2000, 0),
        _read(2003, bank_group=1, column=20),
    ],
    "act_same_bg": [_read(2000), _read(2000, bank=1)],
    "act_diff_bg": [_read(2000), _read(2000, bank_group=1)],
    "faw_8banks": [_read(2000, bank_group=i % 4, bank=i // 4) for i in range(8)],
    "same_bank_conflict_x3": [_read(2000, row=i) for i in range(3)],
    "wr_conflict": [_read(1000), *_writes(12, 2000, 0), _read(2300, row=1)],
}


def requests_of(memory: MemoryConfig, accesses: list[Access]) -> TraceChunk:
    """The trace of a micro test."""
    columns = [np.array(values, dtype=np.int64) for values in zip(*accesses, strict=True)]
    cycle, write, bank_group, bank, row, column = columns
    where = Coordinates(np.zeros_like(row), bank_group * memory.banks + bank, row, column)
    return TraceChunk(
        AddressMapping(memory).encode(where),
        write.astype(np.bool_),
        np.ones(len(row), dtype=np.uint32),
        cycle,
    )


def micro_names() -> list[tuple[str, str]]:
    """Standard and name of every recorded micro test."""
    return [(standard, name) for standard, tests in _recorded().items() for name in tests]


def _recorded() -> dict[str, dict[str, dict[str, str | list[int]]]]:
    recorded: dict[str, dict[str, dict[str, str | list[int]]]] = json.loads(
        (data() / "micro_latencies.json").read_text()
    )
    return recorded


def micro_differences(standard: str, name: str) -> Iterator[str]:
    """Play a micro test and say in what it differs from the record."""
    memory = reference_memory(standard, False)
    system, commands = play(memory, requests_of(memory, TESTS[name]))
    recorded = _recorded()[standard][name]
    issued = " ".join(f"{n}@{t}" for n, t in zip(commands.command, commands.cycle, strict=True))
    expected = str(recorded["cmds"]).replace("PREpb", "PRE")
    if issued != expected:
        yield f"commands {issued} for {expected}"
    latency = (system.times[:, 1] - system.times[:, 0]).tolist()
    if latency != recorded["lat"]:
        yield f"latencies {latency} for {recorded['lat']}"
