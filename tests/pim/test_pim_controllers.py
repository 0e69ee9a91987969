"""The controllers obey the constraint table and the order that barriers ask for, whatever comes."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from openrow.config.aim import AimConfig
from openrow.config.hbm_pim import HbmPimConfig
from openrow.config.latency_formula import evaluate
from openrow.config.loading import load_architecture
from openrow.config.memory import Command, Constraint, Level, MemoryConfig
from openrow.config.timings import resolved_timings
from openrow.pim import columns as c
from openrow.pim.aim import controller as aim_controller
from openrow.pim.aim.program import SETTINGS, instructions_of
from openrow.pim.hbm_pim import columns as h
from openrow.pim.hbm_pim import controller as hbm_controller
from openrow.pim.hbm_pim.controller import TransactionController
from openrow.pim.hbm_pim.program import elementwise, gemv

Int64Array = NDArray[np.int64]


@cache
def hbm_pim(refresh: str) -> tuple[MemoryConfig, HbmPimConfig]:
    overrides = ["memory.channels=1", f"memory.refresh={refresh}", "memory.timings_cycles.nREFI=900"]
    architecture = load_architecture("pim/hbm-pim", overrides)
    assert isinstance(architecture.pim, HbmPimConfig)
    return architecture.memory, architecture.pim


def node(memory: MemoryConfig, level: Level, bank: int) -> int:
    if level is Level.BANK:
        return bank
    return bank // memory.banks if level is Level.BANK_GROUP else 0


def violations(
    memory: MemoryConfig,
    constraints: list[Constraint],
    commands: tuple[Command, ...],
    log: Int64Array,
) -> list[str]:
    """Every pair of commands that is closer than a row of the table allows, found by looking at all pairs."""
    timings = resolved_timings(memory)
    issued = [(int(row[c.CYCLE]), commands[row[c.COMMAND]], int(row[c.BANK])) for row in log]
    found = []
    for row in constraints:
        latency = evaluate(row.latency, timings)
        history: dict[int, list[int]] = {}
        for cycle, command, bank in issued:
            at = node(memory, row.level, bank)
            past = history.setdefault(at, [])
            if command in row.following and len(past) >= row.window and cycle < past[-row.window] + latency:
                found.append(f"{command} in cycle {cycle} breaks {row}")
            if command in row.preceding:
                past.append(cycle)
    return found


def drawn_transactions(data: st.DataObject, count: int) -> Int64Array:
    transactions = np.zeros((count, h.TRANSACTION_COLUMNS), dtype=np.int64)
    for at in range(count):
        transactions[at, h.IS_WRITE] = data.draw(st.booleans())
        transactions[at, h.T_BANK] = data.draw(st.integers(0, 15))
        transactions[at, h.T_ROW] = data.draw(st.integers(0, 2))
        transactions[at, h.T_COLUMN] = data.draw(st.integers(0, 3))
        transactions[at, h.BARRIER] = data.draw(st.integers(0, 9)) == 0
    transactions[:, h.DATA] = -1
    return transactions


@settings(max_examples=40, deadline=None)
@given(data=st.data(), count=st.integers(1, 120), refresh=st.sampled_from(["none", "all-bank"]))
def test_drawn_transactions_obey_table_and_barriers(data: st.DataObject, count: int, refresh: str) -> None:
    memory, pim = hbm_pim(refresh)
    transactions = drawn_transactions(data, count)
    run = TransactionController(memory, pim, keep_log=True).carry_out(transactions)
    every = [*memory.constraints, *pim.constraints]
    assert violations(memory, every, hbm_controller.COMMANDS, run.log) == []
    assert sorted(run.order) == list(range(count))
    issued_as = np.argsort(run.order)
    for barrier in np.flatnonzero(transactions[:, h.BARRIER]):
        assert (issued_as[:barrier] < issued_as[barrier]).all()
        assert (issued_as[barrier + 1 :] > issued_as[barrier]).all()


def test_a_row_that_only_a_barrier_waits_for_is_closed_for_what_comes_before_it() -> None:
    memory, pim = hbm_pim("none")
    transactions = np.zeros((3, h.TRANSACTION_COLUMNS), dtype=np.int64)
    transactions[:, h.T_ROW] = 1, 0, 1
    transactions[2, h.BARRIER] = 1
    run = TransactionController(memory, pim, keep_log=True).carry_out(transactions)
    assert run.order.tolist() == [0, 1, 2]
    assert (run.commands["ACT"], run.commands["PRE"]) == (3, 3)


@pytest.mark.parametrize("refresh", ["none", "all-bank"])
@pytest.mark.parametrize("kernel", ["gemv", "add", "relu"])
def test_kernels_obey_the_table(kernel: str, refresh: str) -> None:
    memory, pim = hbm_pim(refresh)
    program = gemv(memory, pim, 128, 512) if kernel == "gemv" else elementwise(memory, pim, kernel, 5000)
    run = TransactionController(memory, pim, keep_log=True).carry_out(program.transactions)
    every = [*memory.constraints, *pim.constraints]
    assert violations(memory, every, hbm_controller.COMMANDS, run.log) == []
    assert (run.commands["REFab"] > 0) == (refresh == "all-bank")


def test_a_violation_is_found() -> None:
    memory, pim = hbm_pim("none")
    program = elementwise(memory, pim, "add", 2048)
    log = TransactionController(memory, pim, keep_log=True).carry_out(program.transactions).log
    log[40:, c.CYCLE] -= 1
    assert violations(memory, [*memory.constraints, *pim.constraints], hbm_controller.COMMANDS, log)


AIM_SIZES: dict[str, tuple[int, ...]] = {
    "gemv": (200, 1500),
    "add": (2000,),
    "mul": (300_000,),
    "relu": (900,),
}


@pytest.mark.parametrize("refresh", ["none", "all-bank"])
@pytest.mark.parametrize("kernel", AIM_SIZES)
def test_aim_obeys_the_table(kernel: str, refresh: str) -> None:
    architecture = load_architecture("pim/aim", ["memory.channels=1", f"memory.refresh={refresh}"])
    memory, pim = architecture.memory, architecture.pim
    assert isinstance(pim, AimConfig)
    instructions = instructions_of(memory, pim, kernel, AIM_SIZES[kernel])
    run = aim_controller.carry_out(memory, pim, instructions, SETTINGS[kernel])
    every = [*memory.constraints, *pim.constraints]
    assert violations(memory, every, aim_controller.COMMANDS, run.log) == []
    assert sum(run.account.values()) == run.cycles
    assert ("REFab" in run.commands) == (refresh == "all-bank")


def test_a_longer_log_than_its_room_is_kept_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, pim = hbm_pim("none")
    program = gemv(memory, pim, 64, 512)
    whole = TransactionController(memory, pim, keep_log=True).carry_out(program.transactions)
    monkeypatch.setattr(hbm_controller, "LOG_ROWS", 7)
    parts = TransactionController(memory, pim, keep_log=True).carry_out(program.transactions)
    np.testing.assert_array_equal(parts.log, whole.log)
    assert parts.cycles == whole.cycles
