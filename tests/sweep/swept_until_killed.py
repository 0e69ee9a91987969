"""A sweep of made-up points in a process of its own, to be killed: ``python swept_until_killed.py DIR``."""

import sys
from pathlib import Path

from sweep_doubles import CHANNELS, QUEUE, Instead, slow_row, spec_of

from openrow.sweep.executors import local_processes
from openrow.sweep.running import run_sweep

SPEC = spec_of(
    axes=[
        {"key": CHANNELS, "values": [1, 2, 4]},
        {"key": QUEUE, "range": {"first": 4, "last": 43, "step": 1}},
        {"bundle": "said", "choices": {"once": {}, "twice": {}}},
    ]
)
POINTS = 240

if __name__ == "__main__":
    with local_processes(2, 1, SPEC.limits) as processes:
        run_sweep(SPEC, Path(sys.argv[1]), Instead(processes, slow_row))
