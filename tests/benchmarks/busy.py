"""A stand-in for a simulation; processes of a sweep import it by its name."""

import time
from typing import Any

from openrow.sweep.resolving import Job


def waited(_job: Job, _traces: str) -> dict[str, Any]:
    """Keep a processor busy for a fifth of a second, as a simulation would."""
    end = time.process_time() + 0.2
    while time.process_time() < end:
        pass
    return {"cycles": 1}
