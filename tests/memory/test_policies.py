"""What schedulers, page policies, refresh and admission do, on streams small enough to read."""

import numpy as np
import pytest

from openrow.config.loading import load_architecture
from openrow.memory import columns as c
from openrow.memory.commands import CommandStream
from openrow.memory.mapping import AddressMapping, Coordinates
from openrow.memory.system import MemorySystem
from openrow.validation.streams import play
from openrow_traces.chunk import TraceChunk

Access = tuple[int, str, int, int, int]
"""Cycle, R or W, flat bank, row, column."""


def run(
    accesses: list[Access], *overrides: str, arch: str = "memory/ddr4-2400"
) -> tuple[MemorySystem, CommandStream]:
    fixed = [
        "memory.channels=1",
        "memory.pseudo_channels=1",
        "memory.mapping=RoBaBgCo",
        "memory.refresh=none",
    ]
    memory = load_architecture(arch, [*fixed, *overrides]).memory
    cycle, kind, bank, row, column = zip(*accesses, strict=True)
    where = Coordinates(*(np.array(v, dtype=np.int64) for v in ([0] * len(row), bank, row, column)))
    size = np.ones(len(row), dtype=np.uint32)
    is_write = np.array([k == "W" for k in kind])
    chunk = TraceChunk(AddressMapping(memory).encode(where), is_write, size, np.array(cycle, dtype=np.int64))
    return play(memory, chunk)


def order_of(commands: CommandStream, *names: str) -> list[tuple[str, int, int]]:
    return [
        (n, r, col)
        for n, r, col in zip(commands.command, commands.row, commands.column, strict=True)
        if not names or n in names
    ]


# The conflict's PRE is legal in cycle 40 (tRAS after the ACT in cycle 1), just when the hits arrive.
HITS: list[Access] = [(39, "R", 0, 1, 1 + i) for i in range(8)]
OLD_CONFLICT: list[Access] = [(0, "R", 0, 1, 0), (1, "R", 0, 2, 0), *HITS]


def test_the_default_closes_a_row_for_an_older_conflict_in_spite_of_younger_hits() -> None:
    _, commands = run(OLD_CONFLICT)
    assert commands.command.tolist()[:4] == ["ACT", "RD", "PRE", "ACT"]
    assert [row for _, row, _ in order_of(commands, "ACT")] == [1, 2, 1]


@pytest.mark.parametrize("scheduler", ["fr-fcfs", "fr-fcfs-cap", "fcfs"])
def test_row_hits_first_serves_all_hits_before_it_closes_the_row(scheduler: str) -> None:
    cap = "memory.controller.row_hit_cap=5"
    _, commands = run(OLD_CONFLICT, f"memory.controller.scheduler={scheduler}", cap)
    rows = [row for name, row, _ in order_of(commands, "RD")]
    expected = {
        "fr-fcfs": [1] * 9 + [2],
        "fr-fcfs-cap": [1] * 5 + [2] + [1] * 4,
        "fcfs": [1] + [2] + [1] * 8,
    }
    assert rows == expected[scheduler]


def test_the_row_hit_variant_protects_a_row_only_for_older_hits() -> None:
    accesses = [(0, "R", 0, 1, 0), (1, "R", 0, 1, 1), (1, "R", 0, 2, 0), *[(3, "R", 0, 1, 9)] * 3]
    _, commands = run(accesses, "memory.controller.scheduler=ramulator2-row-hit")
    assert [row for _, row, _ in order_of(commands, "RD")][:2] == [1, 1]


def test_closed_pages_close_with_the_last_waiting_access() -> None:
    accesses = [(0, "R", 0, 1, 0), (0, "R", 0, 1, 1), (500, "R", 0, 1, 2), (900, "W", 0, 2, 0)]
    _, commands = run(accesses, "memory.controller.page_policy=closed")
    assert commands.command.tolist() == ["ACT", "RD", "RDA", "ACT", "RDA", "ACT", "WRA"]


def test_a_row_is_closed_after_the_time_out_and_not_before() -> None:
    accesses = [(0, "R", 0, 1, 0), (150, "R", 0, 1, 1), (1000, "R", 0, 1, 2)]
    policy = ["memory.controller.page_policy=timeout", "memory.controller.page_timeout_cycles=200"]
    _, commands = run(accesses, *policy)
    assert commands.command.tolist() == ["ACT", "RD", "RD", "PRE", "ACT", "RD"]
    assert commands.cycle[3] == 151 + 200


def test_a_read_of_a_waiting_write_is_answered_from_the_queue() -> None:
    accesses = [*[(0, "R", 1, 7, i) for i in range(20)], (1, "W", 0, 1, 0), (2, "R", 0, 1, 0)]
    for switch, reads in (("true", 20), ("false", 21)):
        system, commands = run(accesses, f"memory.controller.write_forwarding={switch}")
        assert commands.command.tolist().count("RD") == reads
        assert (system.times[21, 1] - system.times[21, 0] == 1) == (switch == "true")


def test_a_second_write_to_a_waiting_one_is_absorbed() -> None:
    accesses = [*[(0, "R", 1, 7, i) for i in range(20)], (1, "W", 0, 1, 0), (2, "W", 0, 1, 0)]
    for switch, writes in (("true", 1), ("false", 2)):
        _, commands = run(accesses, f"memory.controller.write_coalescing={switch}")
        assert commands.command.tolist().count("WR") == writes


def test_merged_reads_share_one_access_and_return_together() -> None:
    accesses: list[Access] = [(0, "R", 0, 1, 0), (1, "R", 0, 1, 3), (2, "R", 0, 1, 3), (3, "R", 0, 1, 3)]
    system, commands = run(accesses, "memory.controller.read_merging=true")
    assert commands.command.tolist().count("RD") == 2
    assert len(set(system.times[1:, 1].tolist())) == 1
    _, plain = run(accesses)
    assert plain.command.tolist().count("RD") == 4


def test_per_bank_refresh_goes_round_the_banks_while_others_work() -> None:
    accesses: list[Access] = [(i * 20, "R", i % 16, 0, i % 32) for i in range(600)]
    _, commands = run(accesses, "memory.refresh=per-bank", arch="memory/hbm2-2000")
    refreshed = commands.command == "REFpb"
    banks = (commands.bank_group * 4 + commands.bank)[refreshed].tolist()
    assert banks == [i % 16 for i in range(len(banks))]
    assert len(banks) == 600 * 20 // 244
    first, last = commands.cycle[refreshed][:2]
    between = (commands.cycle > first) & (commands.cycle < last) & (commands.command == "RD")
    assert between.sum() >= 5


def test_all_bank_refresh_comes_every_interval() -> None:
    accesses: list[Access] = [(i * 100, "R", 0, 0, i % 100) for i in range(400)]
    _, commands = run(accesses, "memory.refresh=all-bank")
    refreshes = commands.cycle[commands.command == "REFab"]
    assert len(refreshes) == 400 * 100 // 9364
    assert np.abs(np.diff(refreshes) - 9364).max() < 60


def test_a_full_read_queue_holds_the_line() -> None:
    accesses: list[Access] = [(0, "R", 0, i, 0) for i in range(10)]
    system, _ = run(accesses, "memory.controller.read_queue=4")
    accepted = system.times[:, 0]
    assert (accepted[:4] == 0).all()
    assert (np.diff(accepted[4:]) >= 0).all()
    assert accepted[4] > 0


def test_queues_of_any_size_work() -> None:
    accesses: list[Access] = [(0, "RW"[i % 2], i % 16, i % 5, i % 100) for i in range(300)]
    for size in (1, 2, 300):
        system, commands = run(
            accesses, f"memory.controller.read_queue={size}", f"memory.controller.write_queue={size}"
        )
        served = commands.command.tolist().count("RD") + commands.command.tolist().count("WR")
        (ch,) = system.channel_places(system.groups[0])
        state = system.groups[0].state
        assert served == 300 - state[ch + c.N_FORWARDED] - state[ch + c.N_COALESCED]
