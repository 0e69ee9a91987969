"""How many threads one process may compute with."""

import os

VARIABLE = "OPENROW_THREADS"


def thread_count() -> int:
    """Threads to compute with: those of the environment's OPENROW_THREADS, else one a processor core."""
    given = os.environ.get(VARIABLE, "")
    return int(given) if given.isdecimal() and int(given) > 0 else os.cpu_count() or 1
