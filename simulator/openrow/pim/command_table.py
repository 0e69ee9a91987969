"""The constraint table of a memory and its units, for the controllers of units that work in step.

The rows are those of the memory's configuration with those of the units beside them. A command of a unit,
such as ``ACThb``, is one more command of the table. Each controller takes the commands it issues.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openrow.config.latency_formula import evaluate
from openrow.config.memory import Command, Constraint, MemoryConfig
from openrow.config.timings import resolved_timings
from openrow.memory.standard import parent_spans, spans
from openrow.pim import columns as c
from openrow_kernels.compilation import read_only

Int64Array = NDArray[np.int64]


@dataclass(frozen=True)
class CommandTable:
    """Resolved rows, read-only int64 arrays for compiled code."""

    commands: tuple[Command, ...]
    """The commands, by their codes."""
    banks: int
    """Banks of a channel."""
    rows: Int64Array
    """(n, ROW_COLUMNS) the rows, those of one preceding command together."""
    starts: Int64Array
    """(commands + 1,) where the rows of each preceding command begin."""
    ring: int
    """Cells of past times that windows need."""

    def spacing(self, command: Command) -> int:
        """The least cycles from a command to the same one of the same bank; 1 where no row asks for more."""
        own = self.rows[self.starts[self.code(command)] : self.starts[self.code(command) + 1]]
        again = own[(own[:, c.FOLLOWING] == self.code(command)) & (own[:, c.WINDOW] == 1)]
        return int(again[:, c.LATENCY].max()) if len(again) else 1

    def code(self, command: Command) -> int:
        """The code of a command."""
        return self.commands.index(command)


def command_table(
    memory: MemoryConfig, constraints: Iterable[Constraint], commands: Sequence[Command]
) -> CommandTable:
    """Resolve the rows of ``memory`` and ``constraints`` for one channel of a controller.

    Parameters
    ----------
    memory
        The memory system, whose timings formulas use.
    constraints
        Rows beside the memory's own.
    commands
        The commands the controller issues; rows of others are left out.
    """
    timings = resolved_timings(memory)
    span, parent = spans(memory), parent_spans(memory)
    banks = memory.bank_groups * memory.banks
    every = [*memory.constraints, *constraints]
    rows: list[list[int]] = []
    starts = [0]
    ring = 0
    for preceding in commands:
        for row in every:
            latency = evaluate(row.latency, timings)
            for following in row.following:
                if preceding not in row.preceding or following not in commands or latency <= 0:
                    continue
                cells = (row.window + 1) * (banks // span[row.level]) if row.window > 1 else 0
                resolved = [commands.index(following), latency, span[row.level]]
                resolved += [parent.get(row.level, 0) if row.sibling else 0, row.window, ring]
                rows.append([*resolved, c.CAUSE_NAMES.index(row.cause.value)])
                ring += cells
        starts.append(len(rows))
    return CommandTable(
        tuple(commands),
        banks,
        read_only(np.array(rows, dtype=np.int64).reshape(len(rows), c.ROW_COLUMNS)),
        read_only(np.array(starts, dtype=np.int64)),
        ring,
    )
