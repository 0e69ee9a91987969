"""A result tree as ``openrow replay --json`` prints it, small enough to know by heart."""

from copy import deepcopy
from typing import Any

LOST = {
    "data_bus": 0.0,
    "command_bus": 0.0,
    "bank_group_spacing": 0.04,
    "turnaround": 0.02,
    "row_cycle": 0.61,
    "activation_window": 0.05,
    "refresh": 0.0,
    "nothing_to_do": 0.0001,
    "scheduling": 0.0,
}
BANK = {
    "pseudo_channel": 0,
    "rank": 0,
    "stack_id": 0,
    "bank_group": 0,
    "bank": 0,
    "bursts": 100,
    "row_hits": 40,
    "row_misses": 10,
    "row_conflicts": 50,
    "activations": 60,
    "lost_cycles": {"row_cycle": 900},
}
ACTIVITY = {
    "requests": 1200,
    "reads": 1000,
    "writes": 200,
    "row_hits": 400,
    "row_misses": 100,
    "row_conflicts": 500,
    "row_hit_rate": 0.4,
    "forwarded_reads": 150,
    "merged_reads": 0,
    "coalesced_writes": 50,
    "bandwidth_gb_per_s": {"pin": 5.376, "delivered": 6.45, "peak": 19.2},
    "latency_ns": {"mean": 123.4, "p50": 100.0, "p95": 300.0, "p99": 400.5, "max": 512.0},
    "data_bus_busy": 0.2799,
    "lost_time": LOST,
}
EXAMPLE = {
    "complete": True,
    **ACTIVITY,
    "cycles": 14_286,
    "cycle_ns": 0.8333333333333334,
    "time_ns": 11_906.0,
    "energy_pj": {
        "activation": 2.0e6,
        "read": 2.5e6,
        "write": 0.5e6,
        "refresh": 0.0,
        "background": 5.0e6,
        "io": 0.0,
        "total": 10.0e6,
    },
    "mean_power_mw": 840.0,
    "requests_per_s": 3.21e6,
    "channels": [{"channel": 0, **ACTIVITY, "banks": [BANK, {**BANK, "bank": 1, "bursts": 300}]}],
}


def example(**changes: Any) -> dict[str, Any]:
    """The example with some of its figures changed."""
    return deepcopy(EXAMPLE) | changes


def example_with_channels(count: int) -> dict[str, Any]:
    """The example with several channels, each busier than the one before."""
    channel = EXAMPLE["channels"][0]
    return example(channels=[{**channel, "channel": i, "data_bus_busy": (i + 1) / 100} for i in range(count)])
