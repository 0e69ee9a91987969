"""The demo's picture: what is computed, which rows it touches, what layout and mapping do to hits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#666666"
HATCHES = ("", "///")


@dataclass(frozen=True)
class HitRates:
    """Row-hit rates by layout, for one address mapping."""

    mapping: str
    by_layout: Mapping[str, float]


def draw_demo(
    warped: NDArray[np.float32],
    request: NDArray[np.int64],
    row: NDArray[np.int64],
    tensors: Mapping[str, int],
    played: str,
    rates: Sequence[HitRates],
) -> "Figure":
    """Draw the demo.

    Parameters
    ----------
    warped
        (height, width, 3) the kernel's output, 0..1.
    request, row
        (n,) number of a request and the DRAM row it goes to, a sample of them.
    tensors
        The kernel's tensors and the row each begins in.
    played
        What was played in the middle: layout and mapping.
    rates
        Hit rates to compare, one bar a layout and mapping.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 3.8), layout="constrained")
    image, rows, bars = figure.subplots(1, 3, width_ratios=(1.15, 1, 1.2))
    image.imshow(np.clip(warped, 0, 1))
    image.set_axis_off()
    image.set_title("computed: the right image warped\nto the left by its disparity", fontsize=10)
    rows.plot(request / 1e6, row, ".", markersize=1.2, color=BLUE, rasterized=True)
    rows.set_xlabel("request, millions")
    rows.set_ylabel("DRAM row")
    rows.set_title(f"touched: rows of one bank over time\n({played})", fontsize=10)
    for name, first_row in tensors.items():
        rows.annotate(name, (0, first_row), (2, 7), textcoords="offset points", fontsize=9, color=GREY)
    _bars(bars, rates)
    for axes in (rows, bars):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _bars(axes: "Axes", rates: Sequence[HitRates]) -> None:
    layouts = list(rates[0].by_layout)
    height = 0.8 / len(rates)
    for number, rate in enumerate(rates):
        places = np.arange(len(layouts)) + (number - (len(rates) - 1) / 2) * height
        values = [100 * rate.by_layout[layout] for layout in layouts]
        colour, hatch = (BLUE, ORANGE)[number % 2], HATCHES[number % 2]
        bars = axes.barh(
            places, values, height * 0.92, color=colour, hatch=hatch, edgecolor="white", label=rate.mapping
        )
        axes.bar_label(bars, [f"{value:.1f}" for value in values], padding=3, fontsize=8)
    axes.set_yticks(range(len(layouts)), layouts)
    axes.invert_yaxis()
    axes.set_xlim(0, 112)
    axes.set_xlabel("row hits, %")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(rates), frameon=False, fontsize=9)
