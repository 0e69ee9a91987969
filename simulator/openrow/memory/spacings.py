"""What the constraint table says of well-known times: tRC, tRAS, tRP, tRFC.

A standard may name its timings as it likes, so they are found by what they keep apart.
"""

from openrow.config.latency_formula import evaluate
from openrow.config.memory import Command, Level, MemoryConfig
from openrow.config.timings import resolved_timings


def nominal_cycles(memory: MemoryConfig, preceding: Command, following: Command, level: Level) -> int:
    """The spacing the constraint table asks for between two commands to one node of ``level``, in cycles.

    ACT to ACT of one bank is tRC, ACT to PRE tRAS, PRE to ACT tRP. 0 where nothing keeps them apart.
    """
    timings = resolved_timings(memory)
    return max(
        (
            evaluate(constraint.latency, timings)
            for constraint in memory.constraints
            if constraint.level is level
            and constraint.window == 1
            and not constraint.sibling
            and preceding in constraint.preceding
            and following in constraint.following
        ),
        default=0,
    )


def refresh_all_cycles(memory: MemoryConfig) -> int:
    """How long an all-bank refresh takes (tRFC), in cycles: to the first ACT after it."""
    levels = {row.level for row in memory.constraints if Command.REFRESH_ALL in row.preceding}
    return max(
        (nominal_cycles(memory, Command.REFRESH_ALL, Command.ACT, level) for level in levels), default=0
    )


def refresh_bank_cycles(memory: MemoryConfig) -> int:
    """How long a per-bank refresh takes (tRFCpb), in cycles: to the first ACT of its bank after it."""
    return nominal_cycles(memory, Command.REFRESH_BANK, Command.ACT, Level.BANK)
