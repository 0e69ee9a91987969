"""Pictures of replays: where accesses and time went, and how evenly the banks were used.

Each function takes results as the JSON output has them and returns a Matplotlib figure. Colours are told
apart by the colour-blind, and areas carry a pattern as well, so that they are told apart in grey print.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openrow.report.causes import CAUSES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Tree = Mapping[str, Any]
Style = tuple[str, str]

OUTCOMES: dict[str, Style] = {
    "hits": ("#0072B2", ""),
    "misses": ("#E69F00", "///"),
    "conflicts": ("#D55E00", "xxx"),
}
"""Colour and pattern of each row outcome; the colours are Okabe and Ito's set."""

TIMES: dict[str, Style] = {
    "data": ("#0072B2", ""),
    "row_cycle": ("#D55E00", "xxx"),
    "activation_window": ("#E69F00", "///"),
    "bank_group_spacing": ("#56B4E9", "\\\\\\"),
    "turnaround": ("#009E73", "..."),
    "refresh": ("#CC79A7", "+++"),
    "command_bus": ("#F0E442", "---"),
    "data_bus": ("#9ECAE1", "ooo"),
    "scheduling": ("#666666", "||"),
    "nothing_to_do": ("#EEEEEE", ""),
}
"""Colour and pattern of what the data bus's time went to."""

BANK_FIGURES = {
    "bursts": "bursts",
    "row_hits": "row hits",
    "row_misses": "row misses",
    "row_conflicts": "row conflicts",
    "activations": "activations",
}
"""What a bank map can show, and what it is called."""

MOST_WRITTEN = 2
"""A bank map of more channels has no numbers in its cells."""

LEAST_LABELLED = 0.07
"""Narrower parts of a bar have no number written on them."""


def plot_time_and_rows(results: Mapping[str, Tree]) -> "Figure":
    """Row outcomes and the data bus's time of one or several results, as bars side by side.

    Parameters
    ----------
    results
        The results by the name each bar gets.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 1.5 + 0.45 * len(results)), layout="constrained")
    rows, times = figure.subplots(1, 2, sharey=True, width_ratios=(2, 3))
    rows.set_ylim(len(results) - 0.5, -0.5)
    names = list(results)
    _bars(rows, names, OUTCOMES, str, [_outcome_shares(tree) for tree in results.values()])
    rows.set_xlabel("accesses that needed a row, %")
    _bars(times, names, TIMES, _time_name, [_time_shares(tree) for tree in results.values()])
    times.set_xlabel("time of the data bus, %")
    return figure


def _outcome_shares(tree: Tree) -> dict[str, float]:
    total = sum(tree[f"row_{name}"] for name in OUTCOMES)
    return {name: tree[f"row_{name}"] / total if total else 0.0 for name in OUTCOMES}


def _time_shares(tree: Tree) -> dict[str, float]:
    return {"data": tree["data_bus_busy"], **tree["lost_time"]}


def _time_name(key: str) -> str:
    return CAUSES.get(key, key)


def _bars(
    axes: "Axes",
    names: Sequence[str],
    styles: Mapping[str, Style],
    name_of: Callable[[str], str],
    shares: Sequence[Mapping[str, float]],
) -> None:
    """Stack the parts of each result to one bar; parts that are nowhere to be seen get no entry in the
    legend."""
    left = [0.0] * len(names)
    for key, (colour, pattern) in styles.items():
        widths = [100 * part.get(key, 0.0) for part in shares]
        if max(widths) < 0.1:
            continue
        parts = axes.barh(
            names,
            widths,
            left=left,
            height=0.6,
            color=colour,
            hatch=pattern,
            edgecolor="white",
            linewidth=0.6,
            label=name_of(key),
        )
        labels = [f"{width:.0f}" if width >= 100 * LEAST_LABELLED else "" for width in widths]
        box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"}
        for text in axes.bar_label(parts, labels, label_type="center", fontsize=8):
            text.set_bbox(box if text.get_text() else None)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.set_xlim(0, 100)
    axes.spines[["top", "right"]].set_visible(False)
    if axes.patches:
        axes.legend(
            loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, fontsize=8, borderaxespad=0.3
        )


def plot_banks(tree: Tree, figure_name: str = "bursts") -> "Figure":
    """How evenly the banks of every channel were used, as a map of banks and channels.

    Parameters
    ----------
    tree
        A result.
    figure_name
        What to show: a key of ``BANK_FIGURES``.

    Raises
    ------
    ValueError
        For anything else.
    """
    from matplotlib.figure import Figure

    if figure_name not in BANK_FIGURES:
        raise ValueError(f"a bank map shows one of {', '.join(BANK_FIGURES)}, not '{figure_name}'")
    channels = tree["channels"]
    counts = [[channel["banks"][i][figure_name] for channel in channels] for i in range(_banks(tree))]
    names = [_bank_name(bank, channels[0]["banks"]) for bank in channels[0]["banks"]]
    most = max(1, *(max(row) for row in counts))
    figure = Figure(figsize=(3.4 + 0.3 * len(channels), 1.2 + 0.17 * len(names)), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(counts, cmap="YlGnBu", aspect="auto", interpolation="nearest", vmin=0, vmax=most)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set_xticks(range(len(channels)), [str(channel["channel"]) for channel in channels])
    axes.set_xlabel("channel")
    _outline_cells(axes, len(names), len(channels))
    if len(channels) <= MOST_WRITTEN:
        _write_counts(axes, counts)
    figure.colorbar(image, ax=axes, pad=0.02).set_label(BANK_FIGURES[figure_name])
    return figure


def _banks(tree: Tree) -> int:
    return len(tree["channels"][0]["banks"])


def _outline_cells(axes: "Axes", banks: int, channels: int) -> None:
    axes.set_yticks([i + 0.5 for i in range(banks - 1)], minor=True)
    axes.set_xticks([i + 0.5 for i in range(channels - 1)], minor=True)
    axes.grid(which="minor", color="white", linewidth=0.8)
    axes.tick_params(which="minor", length=0)
    axes.spines[:].set_visible(False)


def _write_counts(axes: "Axes", counts: Sequence[Sequence[int]]) -> None:
    """Write each count in its cell, light on dark."""
    greatest = max(max(row) for row in counts)
    for bank, row in enumerate(counts):
        for channel, count in enumerate(row):
            colour = "white" if 2 * count > greatest else "black"
            axes.text(channel, bank, f"{count:,}", ha="center", va="center", fontsize=7, color=colour)


def _bank_name(bank: Mapping[str, int], banks: Sequence[Mapping[str, int]]) -> str:
    """Name a bank by the levels of which there are several."""
    tokens = {"pseudo_channel": "pc", "rank": "ra", "stack_id": "si", "bank_group": "bg", "bank": "ba"}
    several = [key for key in tokens if any(other[key] for other in banks)]
    return " ".join(f"{tokens[key]}{bank[key]}" for key in several) or "ba0"


def save_plot(figure: "Figure", path: Path) -> None:
    """Write a figure in the format the name of ``path`` says, such as PNG, SVG or PDF."""
    figure.savefig(path, dpi=160)
