"""The demo's picture: what is computed, which DRAM rows that opens, what layout and mapping do to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#444444"
TENSOR_COLOURS = {"input": "#0072B2", "grid": "#666666", "output": "#D55E00"}
BAR_STYLES = (("#0072B2", ""), ("#E69F00", "///"), ("#009E73", "xxx"))
"""Colour and pattern of the mappings: Okabe and Ito's colours, told apart in grey print as well."""
MIB = 1 << 20


@dataclass(frozen=True)
class OpenedRows:
    """The activations of one replay.

    Attributes
    ----------
    layout
        How the maps lay in memory.
    tensors
        The address each tensor begins at, in order.
    time_ms
        (n,) when each row was opened.
    address
        (n,) the address it was opened for.
    """

    layout: str
    tensors: Mapping[str, int]
    time_ms: NDArray[np.float64]
    address: NDArray[np.uint64]


@dataclass(frozen=True)
class MappingFigures:
    """Figures by layout, for one address mapping."""

    mapping: str
    row_hit_rate: Mapping[str, float]
    time_ms: Mapping[str, float]


def draw_demo(
    images: Mapping[str, NDArray[np.float32]],
    opened: Sequence[OpenedRows],
    figures: Sequence[MappingFigures],
) -> "Figure":
    """Draw the demo.

    Parameters
    ----------
    images
        (height, width, 3) in 0..1, by what they show.
    opened
        Rows opened, one panel each.
    figures
        What to compare, a mapping each.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 5.4), layout="constrained")
    grid = figure.add_gridspec(1, 3, width_ratios=(1, 1.05, 1.25))
    left, middle, right = (figure.add_subfigure(grid[place]) for place in range(3))
    _images(left.subplots(len(images), 1), images)
    _opened(middle.subplots(len(opened), 1, sharex=True, sharey=True), opened)
    rates, times = right.subplots(2, 1, sharex=True)
    rates.set_title("what layout and mapping do to row hits and time", fontsize=10)
    _bars(rates, "row hits, %", [{k: 100 * v for k, v in f.row_hit_rate.items()} for f in figures], figures)
    _bars(times, "time, ms", [f.time_ms for f in figures], figures)
    handles, labels = times.get_legend_handles_labels()
    right.legend(handles, labels, loc="outside lower center", ncols=1, frameon=False, fontsize=8)
    return figure


def _images(panels: "NDArray[np.object_]", images: Mapping[str, NDArray[np.float32]]) -> None:
    for axes, (title, image) in zip(np.ravel(panels), images.items(), strict=True):
        axes.imshow(np.clip(image, 0, 1))
        axes.set_axis_off()
        axes.set_title(title, fontsize=10)


def _opened(panels: "NDArray[np.object_]", opened: Sequence[OpenedRows]) -> None:
    axes: Axes
    for axes, rows in zip(np.ravel(panels), opened, strict=True):
        bases = np.array(list(rows.tensors.values()), dtype=np.uint64)
        owner = np.searchsorted(bases, rows.address, side="right") - 1
        for number, name in enumerate(rows.tensors):
            own = owner == number
            time_ms, address = rows.time_ms[own], rows.address[own] / MIB
            colour = TENSOR_COLOURS.get(name, INK)
            axes.plot(time_ms, address, ".", ms=1, color=colour, rasterized=True)
            end = (rows.time_ms.max(), address[-1])
            axes.annotate(
                name, end, (4, 0), textcoords="offset points", fontsize=8, color=colour, va="center"
            )
        axes.set_title(f"{rows.layout}: {len(rows.address):,} rows opened", fontsize=10)
        axes.set_ylabel("address, MiB", fontsize=9)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlim(0, max(rows.time_ms.max() for rows in opened) * 1.14)
    axes.set_xlabel("time, ms", fontsize=9)


def _bars(
    axes: "Axes", title: str, values: Sequence[Mapping[str, float]], figures: Sequence[MappingFigures]
) -> None:
    layouts = list(values[0])
    width = 0.84 / len(figures)
    for number, (figure, by_layout) in enumerate(zip(figures, values, strict=True)):
        places = np.arange(len(layouts)) + (number - (len(figures) - 1) / 2) * width
        colour, pattern = BAR_STYLES[number % len(BAR_STYLES)]
        bars = axes.bar(
            places,
            [by_layout[layout] for layout in layouts],
            width * 0.94,
            color=colour,
            hatch=pattern,
            edgecolor="white",
            linewidth=0.5,
            label=figure.mapping,
        )
        axes.bar_label(bars, [f"{by_layout[layout]:.1f}" for layout in layouts], padding=2, fontsize=7)
    axes.set_xticks(range(len(layouts)), layouts)
    axes.tick_params(labelsize=8)
    axes.set_ylabel(title, fontsize=9)
    axes.margins(y=0.14)
    axes.spines[["top", "right"]].set_visible(False)
