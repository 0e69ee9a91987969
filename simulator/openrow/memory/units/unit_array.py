"""A memory with compute units beside its banks.

A unit reads the bursts of its samples from its own bank, through the channel's constraint table, command bus
and refresh, together with whatever the controller is asked for at the same time.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from openrow.config.memory import Command, Constraint, Level, MemoryConfig
from openrow.memory import columns as c
from openrow.memory.controller.state import SourceShape
from openrow.memory.standard import Int64Array
from openrow.memory.system import ChannelGroup, MemorySystem, Reason
from openrow.memory.units import columns as u
from openrow.memory.units.play_compiled import begin, play
from openrow_kernels.compilation import read_only


@dataclass(frozen=True)
class UnitShape:
    """What every unit of a memory is.

    Attributes
    ----------
    bursts
        Bursts of one neighbour's channels.
    by_row
        Whether all bursts of a neighbour are read before those of the next; else one of each in turn.
    block_cycles, last_cycles
        Unit cycles computed on what one slot of the buffer holds, and how many more at the end of a sample.
    window
        Slots of the buffer, 1 to 8.
    period
        Memory cycles in a unit cycle.
    latency
        Memory cycles from a read to its data in the buffer.
    start
        Unit cycles before the first read.
    """

    bursts: int
    by_row: bool
    block_cycles: int
    last_cycles: int
    window: int
    period: Fraction
    latency: int
    start: int = 0


def memory_of_units(
    memory: MemoryConfig, rows: Sequence[Constraint], bank_local: bool, ganged: bool
) -> MemoryConfig:
    """The memory as its units need it: their commands are further rows of its constraint table.

    Parameters
    ----------
    memory
        The memory.
    rows
        Rows of ``PIM_RD``.
    bank_local
        Whether columns are sequenced in the bank, and so take no command bus.
    ganged
        Whether activations of different banks go together, so that none waits for another bank's.
    """
    constraints = [row for row in memory.constraints if not (ganged and _between_activations(row))]
    cycles = dict(memory.command_cycles)
    cycles[Command.PIM_READ] = 0 if bank_local else cycles.get(Command.READ, 1)
    return memory.model_copy(update={"constraints": [*constraints, *rows], "command_cycles": cycles})


def _between_activations(row: Constraint) -> bool:
    both = Command.ACT in row.preceding and Command.ACT in row.following
    return both and row.level is not Level.BANK


def unit_state(shape: UnitShape, samples: Mapping[int, Int64Array], bank_local: bool) -> Int64Array:
    """The state of a channel's units before they begin.

    Parameters
    ----------
    shape
        What each unit is.
    samples
        By flat bank number: (samples, NEIGHBOURS) places as ``columns`` describes them.
    bank_local
        Whether columns take no command bus.
    """
    busy = {bank: own for bank, own in samples.items() if len(own)}
    at_units = u.AT_KEYS + len(busy)
    state = np.zeros(at_units + len(busy) * u.UNIT_COLUMNS, dtype=np.int64)
    state[[u.COUNT, u.LEFT]] = len(busy)
    state[u.NEXT] = 1 if busy else c.FAR
    state[u.BANK_LOCAL], state[u.BY_ROW] = bank_local, shape.by_row
    state[u.BURSTS] = shape.bursts
    state[u.BLOCK_CYCLES], state[u.LAST_CYCLES] = shape.block_cycles, shape.last_cycles
    state[u.PERIOD], state[u.PERIODS] = shape.period.numerator, shape.period.denominator
    state[u.WINDOW], state[u.LATENCY] = shape.window, shape.latency
    state[u.AT_UNITS] = at_units
    cursor = 0
    for number, (bank, own) in enumerate(busy.items()):
        un = at_units + number * u.UNIT_COLUMNS
        state[un + u.INDEX] = bank
        state[un + u.CURSOR] = cursor
        cursor += own.size
        state[un + u.END] = cursor
        state[un + u.WAITED_FOR] = -1
        state[un + u.COMPUTE_END] = shape.start
        state[un + u.SLOTS : un + u.SLOTS + shape.window] = -int(-shape.start * shape.period // 1)
    return state


@dataclass(frozen=True)
class UnitOutcome:
    """What one unit came to, in unit cycles."""

    channel: int
    bank: int
    """Flat number in the channel."""
    end: int
    """When its last sample is done."""
    computed: int
    """Cycles it computed."""
    waited: dict[str, int]
    """Cycles it waited for data, by the cause of the last limit; all before ``end``."""


class MemoryWithUnits(MemorySystem):
    """A memory system some of whose channels have units.

    Parameters
    ----------
    memory
        The memory, with the rows of its units (:func:`memory_of_units`).
    shape
        What each unit is.
    samples
        By channel, by flat bank number: (samples, NEIGHBOURS) places in that bank.
    log_commands
        Keep a record of the issued commands.

    The controller's own traffic is that of one open-loop source, number 0.
    """

    def __init__(
        self,
        memory: MemoryConfig,
        shape: UnitShape,
        samples: Mapping[int, Mapping[int, Int64Array]],
        log_commands: bool = False,
    ) -> None:
        bank_local = memory.command_cycles[Command.PIM_READ] == 0
        self.shape = shape
        self._units: dict[int, tuple[Int64Array, Int64Array]] = {}
        for channel, own in samples.items():
            state = unit_state(shape, own, bank_local)
            nothing = np.zeros((0, u.NEIGHBOURS), dtype=np.int64)
            places = np.concatenate([nothing, *own.values()])
            flat = read_only(places.reshape(-1))
            begin(state, flat)
            self._units[channel] = state, flat
        super().__init__(memory, [SourceShape()], log_commands)

    def _run(self, group: ChannelGroup, until: int) -> tuple[Reason, float]:
        units = self._units.get(group.first_channel)
        if units is None:
            return super()._run(group, until)
        start = time.thread_time()
        reason = play(self._rules, self._rows, group.state, group.feeds, group.log, self.times, *units, until)
        return Reason(reason), time.thread_time() - start

    def unit_outcomes(self) -> list[UnitOutcome]:
        """What every unit that had samples came to."""
        outcomes = []
        for channel, (state, _) in self._units.items():
            for number in range(int(state[u.COUNT])):
                un = int(state[u.AT_UNITS]) + number * u.UNIT_COLUMNS
                lost = state[un + u.LOST : un + u.LOST + c.CAUSES]
                waited = {c.CAUSE_NAMES[i]: int(cycles) for i, cycles in enumerate(lost) if cycles}
                outcomes.append(
                    UnitOutcome(
                        channel,
                        int(state[un + u.INDEX]),
                        int(state[un + u.COMPUTE_END]),
                        int(state[un + u.COMPUTED]),
                        waited,
                    )
                )
        return outcomes

    def units_end_cycle(self) -> int:
        """The memory cycle in which the last unit is done."""
        last = max((outcome.end for outcome in self.unit_outcomes()), default=0)
        return -int(-last * self.shape.period // 1)
