"""Pictures of pipelines that were run with units: how busy each unit was, what energy went where, when stages
ran.

Each function takes a result as the JSON output of ``openrow run`` has it and returns a Matplotlib figure.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from openrow.report.plots import Style
from openrow.report.replay_report import ENERGY_UNITS, quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Tree = Mapping[str, Any]

UNIT_FIGURES = {
    "busy": "time computing, % of all layers' time",
    "end": "done with its samples after, % of all layers' time",
}
"""What a map of units can show, and what its colours say."""

ENERGY_PARTS: dict[str, tuple[str, Style]] = {
    "dram": ("host's DRAM", ("#0072B2", "...")),
    "dram_activation": ("DRAM activation", ("#D55E00", "xxx")),
    "dram_read": ("DRAM read", ("#0072B2", "")),
    "dram_write": ("DRAM write", ("#9ECAE1", "ooo")),
    "dram_refresh": ("DRAM refresh", ("#CC79A7", "+++")),
    "dram_background": ("DRAM background", ("#BBBBBB", "")),
    "dram_io": ("DRAM pins", ("#666666", "||")),
    "link": ("link", ("#F0E442", "---")),
    "unit": ("logic of the units", ("#009E73", "...")),
    "compute": ("host's arithmetic", ("#E69F00", "///")),
    "l1": ("host's L1", ("#56B4E9", "\\\\\\")),
    "l2": ("host's L2", ("#004D73", "**")),
}
"""Name, colour and pattern of each part of the energy; the colours are Okabe and Ito's and shades of them."""

STAGES: dict[str, tuple[str, Style]] = {
    "host": ("other stages", ("#C8C8C8", "")),
    "sampling": ("sampling", ("#56B4E9", "///")),
    "pim": ("sampling that the units take over", ("#E69F00", "xxx")),
}
"""Name, colour and pattern of the kinds of stages."""

INK = "#333333"
WIDE_SHARE = 0.09
"""Stages of a greater share of the time have their name written along the time, others across it."""
THIN_SHARE = 0.014
"""Stages of a lesser share have it above."""
LEAST_LABELLED_ENERGY = 0.045
"""Parts of a lesser share of the longest bar have no figure written on them."""


def plot_units(tree: Tree, figure_name: str = "busy") -> "Figure":
    """How busy every unit was, as a map of banks and channels, all layers together.

    Parameters
    ----------
    tree
        A result with simulated units.
    figure_name
        A key of ``UNIT_FIGURES``.

    Raises
    ------
    ValueError
        For anything else.
    """
    from matplotlib.figure import Figure

    if figure_name not in UNIT_FIGURES:
        raise ValueError(f"a map of units shows one of {', '.join(UNIT_FIGURES)}, not '{figure_name}'")
    shares, channels, banks = unit_shares(tree, figure_name)
    figure = Figure(figsize=(3.4 + 0.32 * len(channels), 1.4 + 0.17 * len(banks)), layout="constrained")
    axes = figure.subplots()
    every = [share for row in shares for share in row]
    # From the least to the most, so that what differs can be seen.
    image = axes.imshow(
        shares, cmap="YlGnBu", aspect="auto", interpolation="nearest", vmin=min(every), vmax=max(every)
    )
    axes.set_xticks(range(len(channels)), [str(channel) for channel in channels], fontsize=8)
    axes.set_yticks(range(len(banks)), [str(bank) for bank in banks], fontsize=7)
    axes.set_xlabel("channel")
    axes.set_ylabel("bank of the channel")
    axes.set_xticks([i + 0.5 for i in range(len(channels) - 1)], minor=True)
    axes.set_yticks([i + 0.5 for i in range(len(banks) - 1)], minor=True)
    axes.grid(which="minor", color="white", linewidth=0.8)
    axes.tick_params(which="minor", length=0)
    axes.spines[:].set_visible(False)
    mean = sum(every) / len(every)
    title = f"{len(every)} units: mean {mean:.0f} %, from {min(every):.0f} to {max(every):.0f} %"
    axes.set_title(title, fontsize=9, loc="left")
    figure.colorbar(image, ax=axes, pad=0.02).set_label(UNIT_FIGURES[figure_name])
    return figure


def unit_shares(tree: Tree, figure_name: str) -> tuple[list[list[float]], list[int], list[int]]:
    """Percentages by bank and channel, and which channels and banks these are; 0 for an idle unit."""
    key = {"busy": "computed_unit_cycles", "end": "end_unit_cycles"}[figure_name]
    cycles: dict[tuple[int, int], int] = {}
    whole = 0
    for layer in _layers(tree):
        whole += max((unit["end_unit_cycles"] for unit in layer["banks"]), default=0)
        for unit in layer["banks"]:
            place = unit["bank"], unit["channel"]
            cycles[place] = cycles.get(place, 0) + unit[key]
    banks, channels = (sorted({place[level] for place in cycles}) for level in (0, 1))
    shares = [[100 * cycles.get((b, c), 0) / max(whole, 1) for c in channels] for b in banks]
    return shares, channels, banks


def _layers(tree: Tree) -> list[Tree]:
    return [layer for stage in tree["stages"] for layer in stage.get("layers", ())]


def plot_energy(tree: Tree) -> "Figure":
    """Energy of the sampling on the units and on the host, by part.

    Parameters
    ----------
    tree
        A result with simulated units; without a simulated host there is one bar.
    """
    from matplotlib.figure import Figure

    bars = energy_bars(tree)
    figure = Figure(figsize=(9, 1.9 + 0.6 * len(bars)), layout="constrained")
    axes = figure.subplots()
    names = list(bars)
    left = [0.0] * len(names)
    longest = max(sum(parts.values()) for parts in bars.values())
    for key, (label, (colour, pattern)) in ENERGY_PARTS.items():
        widths = [parts.get(key, 0.0) for parts in bars.values()]
        if not any(widths):
            continue
        drawn = axes.barh(
            names, widths, left=left, height=0.55, color=colour, hatch=pattern, edgecolor="white",
            linewidth=0.6, label=label,
        )  # fmt: skip
        texts = [f"{width:.1f}" if width > LEAST_LABELLED_ENERGY * longest else "" for width in widths]
        _write_on(axes, drawn, texts)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    for row, (total, note) in enumerate(zip(left, energy_notes(tree, bars), strict=True)):
        axes.annotate(note, (total, row), (5, 0), textcoords="offset points", va="center", fontsize=8.5)
    axes.set_xlim(0, longest * 1.32)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel("energy of the sampling that the units take over, mJ an inference")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=5, frameon=False, fontsize=8)
    return figure


def energy_bars(tree: Tree) -> dict[str, dict[str, float]]:
    """mJ by bar and part; the parts of the units' logic are one."""
    units: dict[str, float] = {}
    for name, value in tree["energy_pj"].items():
        if name != "total":
            key = "unit" if name.startswith("unit_") else name
            units[key] = units.get(key, 0.0) + value / 1e9
    bars = {"units": units}
    host = tree["host_energy_pj"]
    parts = {name: value / 1e9 for name, value in host.items() if name in ENERGY_PARTS}
    if parts:
        bars["host, simulated"] = parts
    return bars


def energy_notes(tree: Tree, bars: Mapping[str, Mapping[str, float]]) -> list[str]:
    """What stands behind each bar: its total, and of the host what its board takes."""
    notes = [f"{sum(parts.values()):.1f} mJ" for parts in bars.values()]
    board = tree["host_energy_pj"].get("board_power_times_time")
    if board is not None and len(notes) > 1:
        notes[1] += f"; board's power x time: {quantity(board, ENERGY_UNITS)}"
    return notes


def _write_on(axes: "Axes", bars: Any, texts: Sequence[str]) -> None:
    """Write on parts of bars, so that a pattern leaves it readable."""
    box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"}
    for text in axes.bar_label(bars, texts, label_type="center", fontsize=8):
        text.set_bbox(box if text.get_text() else None)


def plot_stages(tree: Tree) -> "Figure":
    """When each stage ran: on the host alone, and below it on host and units.

    Parameters
    ----------
    tree
        A result of a pipeline.
    """
    from matplotlib.figure import Figure

    lanes = stage_lanes(tree)
    figure = Figure(figsize=(12, 1.3 + 1.6 * len(lanes)), layout="constrained")
    axes = figure.subplots()
    whole = max(end for spans in lanes.values() for _, _, _, end in spans)
    seen: set[str] = set()
    for row, spans in enumerate(lanes.values()):
        for name, kind, begin, end in spans:
            label, (colour, pattern) = STAGES[kind]
            axes.barh(
                row, end - begin, left=begin, height=0.72, color=colour, hatch=pattern, edgecolor="white",
                linewidth=0.8, label=None if kind in seen else label,
            )  # fmt: skip
            seen.add(kind)
            _name_stage(axes, row, name, begin, end, whole)
    for row, total in ((0, tree["host_time_ms"]), (len(lanes) - 1, tree["time_ms"])):
        axes.plot([total, total], [row - 0.5, row + 0.45], color="black", linewidth=1.2)
        text = f"{total:.2f} ms"
        axes.annotate(text, (total, row), (4, 0), textcoords="offset points", va="center", fontsize=9)
    axes.set_yticks(range(len(lanes)), list(lanes))
    axes.set_ylim(len(lanes) - 0.45, -0.65)
    axes.set_xlim(0, whole * 1.07)
    axes.set_xlabel("time, ms")
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9)
    return figure


Span = tuple[str, str, float, float]
"""Name, kind, begin and end in ms."""


def stage_lanes(tree: Tree) -> dict[str, list[Span]]:
    """The stages by lane: on the host alone first, then by device."""
    alone: list[Span] = []
    here: dict[str, list[Span]] = {"host": [], "pim": []}
    for stage in tree["stages"]:
        kind = stage["device"] if stage["device"] == "pim" else stage["part_of"] or "host"
        alone.append((stage["name"], kind, stage["host_begin_ms"], stage["host_end_ms"]))
        here[stage["device"]].append((stage["name"], kind, stage["begin_ms"], stage["end_ms"]))
    return {"host alone": alone, "host": here["host"], "units": here["pim"]}


def _name_stage(axes: "Axes", row: int, name: str, begin: float, end: float, whole: float) -> None:
    share = (end - begin) / whole
    middle = (begin + end) / 2
    if share >= THIN_SHARE:
        axes.text(
            middle, row, name, ha="center", va="center", color=INK,
            fontsize=8 if share >= WIDE_SHARE else 7, rotation=0 if share >= WIDE_SHARE else 90,
            bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
        )  # fmt: skip
        return
    axes.annotate(
        name, (middle, row - 0.36), (0, 8), textcoords="offset points", ha="center", fontsize=7.5, color=INK,
        arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 0.6},
    )  # fmt: skip
