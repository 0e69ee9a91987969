"""How pictures of sweeps look: one set of colours, marks, sizes and letters.

The colours are Okabe and Ito's, which the colour-blind tell apart; marks and patterns tell the same apart in
grey print. Maps use cividis, whose lightness rises evenly.
"""

import textwrap
from collections.abc import Callable
from functools import wraps
from typing import IO, TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

P = ParamSpec("P")
R = TypeVar("R")

INK = "#333333"
PALE = "#BBBBBB"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#000000", "#8C6D00")
"""For kinds, in this order; the last is a dark shade of the set's yellow, which is lost on white."""
MARKS = ("o", "s", "^", "D", "v", "P", "X", "h")
"""As many marks as colours."""
MAP = "cividis"
"""The colours of a map."""
MOST_FINE = 2000
"""Logarithmic axes that reach further are marked at powers of ten alone."""
MOST_SET_APART = 80
"""Rows or columns of a map whose cells have lines between them."""
RASTER_FROM = 2000
"""So many points and more are drawn as an image within SVG and PDF."""

CAPTION_SIZE = 8.0
INCHES_A_LETTER = 0.0585
"""Of a caption, on average."""

LEGEND_INCHES, LEGEND_LETTER_INCHES = 0.7, 0.072
"""Of a legend's entry: its mark with the space around it, and a letter."""

STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 9.0,
    "axes.labelsize": 9.5,
    "axes.titlesize": 10.0,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "legend.title_fontsize": 8.5,
    "hatch.linewidth": 0.6,
    "svg.hashsalt": "openrow",
    "pdf.fonttype": 42,
}
"""Settings of Matplotlib, all that differ from its own."""


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Let a function draw in the style, and leave Matplotlib's settings as they were."""

    @wraps(draw)
    def drawn(*arguments: P.args, **named: P.kwargs) -> R:
        from matplotlib import rc_context

        with rc_context(STYLE):
            return draw(*arguments, **named)

    return drawn


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of so many inches, which keeps its parts apart."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def write_caption(figure: "Figure", text: str) -> None:
    """Write what a reader has to know below a figure, in lines as long as it is wide."""
    letters = int((figure.get_figwidth() - 0.2) / INCHES_A_LETTER)
    lines = [textwrap.fill(line, letters) for line in text.splitlines()]
    figure.supxlabel("\n".join(lines), fontsize=CAPTION_SIZE, color=INK, x=0.01, ha="left")


def head_legend(figure: "Figure", title: str | None = None) -> None:
    """Put the names of what a figure's first panel shows above it, in as many columns as it is wide."""
    handles, names = figure.axes[0].get_legend_handles_labels()
    column = LEGEND_INCHES + LEGEND_LETTER_INCHES * max(map(len, names))
    fitting = max(1, int((figure.get_figwidth() - 0.2) / column))
    rows = -(-len(names) // fitting)
    figure.legend(
        handles,
        names,
        title=title,
        loc="outside upper left",
        ncols=-(-len(names) // rows),
        alignment="left",
    )


def spaced_logarithmically(axis: "Axis") -> None:
    """Mark an axis of a logarithmic scale at plain numbers that leave one another room."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    least, most = axis.get_view_interval()
    few = most < MOST_FINE * least
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def evenly(count: int, most: int) -> range:
    """At most so many of ``count`` places, equally far apart, the first among them."""
    return range(0, count, -(-count // most))


def bare_map(axes: "Axes", rows: int, columns: int) -> None:
    """Take lines off a map and set its cells apart, where they are wide enough for that."""
    axes.grid(False)
    if max(rows, columns) <= MOST_SET_APART:
        axes.set_xticks([i + 0.5 for i in range(columns - 1)], minor=True)
        axes.set_yticks([i + 0.5 for i in range(rows - 1)], minor=True)
        axes.grid(which="minor", color="white", linewidth=1.0)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)


@styled
def write_figure(figure: "Figure", file: IO[bytes], format: str) -> None:
    """Write a figure as ``png``, ``svg`` or ``pdf``; the same figure is the same file."""
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    figure.savefig(file, format=format, dpi=150, metadata=undated.get(format))
