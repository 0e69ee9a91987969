"""A curve of row-hit rates and a result of a run, as JSON has them, small enough to know by heart."""

from copy import deepcopy
from typing import Any


def _speedups(sampling: float, end_to_end: float) -> list[dict[str, float]]:
    """Against the host as measured, and against one that is ten times as fast."""
    return [
        {"sampling": sampling, "end_to_end": end_to_end},
        {"sampling": sampling / 5, "end_to_end": end_to_end * 0.9},
    ]


def _point(label: str, group: str, rate: float, sampling: float, *causes: str) -> dict[str, Any]:
    return {
        "label": label,
        "group": group,
        "row_hit_rate": rate,
        "units_ms": 8.0 / sampling,
        "limited_by": list(causes),
        "speedups": _speedups(sampling, sampling**0.1),
    }


CURVE: dict[str, Any] = {
    "hosts": [
        {"name": "as measured", "units_ms": 8.0, "stages_slower": 1.0, "break_even_hit_rate": 0.75},
        {"name": "GPU, simulated", "units_ms": 0.8, "stages_slower": 1.0, "break_even_hit_rate": None},
        {"name": "edge, simulated", "units_ms": 9.0, "stages_slower": 20.0, "break_even_hit_rate": 0.6},
    ],
    "points": [
        _point("as shipped", "baseline", 0.94, 0.85, "computing", "imbalance"),
        _point("by tile", "order", 0.5, 0.33, "imbalance", "activation_window"),
        _point("over the channel", "neighbours", 0.94, 0.84, "channel"),
        _point("row-major", "placement", 0.92, 1.2, "computing", "bank_group_spacing"),
    ],
    "analytic": [
        {
            "row_hit_rate": rate,
            "units_ms": 8 / (rate + 0.25),
            "speedups": _speedups(rate + 0.25, 0.9 + rate / 5),
        }
        for rate in (0.0, 0.25, 0.5, 0.75, 0.9375, 1.0)
    ],
    "report": [
        {"row_hit_rate": rate, "units_ms": 8 / factor, "speedups": _speedups(factor, 1 + factor / 30)}
        for rate, factor in ((0.5, 2.0), (0.9, 3.5))
    ],
    "computing_from_hit_rate": 0.9375,
    "units": 512,
    "scaled_stages": {"fine": "coarse"},
}
for _points in ("points", "analytic", "report"):
    for _each in CURVE[_points]:
        _each["speedups"].append({"sampling": 1.01, "end_to_end": 1.001})


def curve(hosts: int = 3) -> dict[str, Any]:
    """The curve, held against the first of its hosts."""
    tree = deepcopy(CURVE)
    tree["hosts"] = tree["hosts"][:hosts]
    for points in ("points", "analytic", "report"):
        for point in tree[points]:
            point["speedups"] = point["speedups"][:hosts]
    return tree


def _unit(channel: int, bank: int, end: int, computed: int) -> dict[str, int]:
    return {"channel": channel, "bank": bank, "end_unit_cycles": end, "computed_unit_cycles": computed}


LAYERS = [
    {"banks": [_unit(0, 0, 100, 50), _unit(0, 2, 50, 25), _unit(1, 0, 80, 60)]},
    {"banks": [_unit(0, 0, 300, 110), _unit(1, 0, 240, 100)]},
]


def _stage(name: str, device: str, part_of: str | None, *times_ms: float) -> dict[str, Any]:
    host_begin, host_end, begin, end = times_ms
    return {
        "name": name,
        "device": device,
        "part_of": part_of,
        "host_begin_ms": host_begin,
        "host_end_ms": host_end,
        "begin_ms": begin,
        "end_ms": end,
    }


RUN: dict[str, Any] = {
    "stages": [
        _stage("backbone", "host", None, 0.0, 10.0, 0.0, 10.0),
        {**_stage("attention", "pim", "sampling", 10.0, 14.0, 10.0, 16.0), "layers": LAYERS},
        _stage("tail", "host", None, 14.0, 14.1, 16.0, 16.1),
        _stage("upsampling", "host", "sampling", 14.1, 15.0, 16.1, 17.0),
    ],
    "time_ms": 17.0,
    "host_time_ms": 15.0,
    "energy_pj": {
        "dram_activation": 2e9,
        "dram_read": 5e9,
        "dram_write": 0.0,
        "unit_macs": 0.5e9,
        "unit_control": 0.25e9,
        "link": 1e9,
        "total": 8.75e9,
    },
    "host_energy_pj": {"compute": 1e9, "l2": 2e9, "dram": 3e9, "total": 6e9, "board_power_times_time": 9e10},
}
"""Two layers on three units; the host takes less energy."""
