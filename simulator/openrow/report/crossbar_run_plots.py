"""Pictures of a network on crossbars: where its energy goes, layer by layer, and what its chip is made of.

Each function takes a result as the JSON output of ``openrow run`` has it and returns a Matplotlib figure.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from openrow.report.crossbar_report import PART_NAMES, UM2_PER_MM2
from openrow.report.replay_report import ENERGY_UNITS, TIME_UNITS, quantity
from openrow.report.style import head_legend, new_figure, styled, write_caption

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Tree = Mapping[str, Any]
PART_STYLES: dict[str, tuple[str, str]] = {
    "array": ("#0072B2", ""),
    "dac": ("#56B4E9", "///"),
    "sample_and_hold": ("#004D73", "..."),
    "adc": ("#D55E00", ""),
    "shift_add": ("#E69F00", "\\\\\\"),
    "registers": ("#F0C808", "---"),
    "input_buffer": ("#009E73", ""),
    "output_buffer": ("#7BC8A4", "ooo"),
    "digital": ("#004D38", "xxx"),
    "link": ("#CC79A7", "|||"),
    "static": ("#BBBBBB", ""),
    "dram": ("#666666", "+++"),
    "other": ("#BBBBBB", "..."),
}
"""Colour and pattern of each part; Okabe and Ito's colours and shades of them."""
LEAST_NAMED = 0.004
"""Parts of a lesser share of both energy and area are drawn together."""
LEAST_LABELLED = 0.06
"""Shares of a lesser part of their bar have no figure written on them."""
REST = "the rest"


@styled
def plot_crossbar(tree: Tree) -> "Figure":
    """Energy and area by part, and below them the energy of each layer by part.

    Parameters
    ----------
    tree
        A result of a network on crossbars.
    """
    layers = {layer["name"]: _without_total(layer["energy_pj"]) for layer in tree["layers"]}
    energy, area = _without_total(tree["energy_pj"]), _without_total(tree["area_um2"])
    shown = _shown(energy, area)
    figure = new_figure(9.0, 2.9 + 0.24 * len(layers))
    above, below = figure.subplots(2, 1, height_ratios=[2.2, 0.2 + 0.26 * len(layers)])
    totals = {
        f"energy, {quantity(tree['energy_pj']['total'], ENERGY_UNITS)}": energy,
        f"area, {tree['area_um2']['total'] / UM2_PER_MM2:.1f} mm²": area,
    }
    shares = {
        name: {part: 100 * value / sum(parts.values()) for part, value in parts.items()}
        for name, parts in totals.items()
    }
    _bars(above, shares, shown, labelled=True)
    above.set_xlim(0, 100)
    above.set_xlabel("% of the whole")
    scale, unit = _energy_unit(layers)
    scaled = {name: {part: value / scale for part, value in parts.items()} for name, parts in layers.items()}
    _bars(below, scaled, shown, labelled=False)
    below.set_xlabel(f"energy of the layer, {unit}")
    head_legend(figure)
    images = "1 image" if tree["batch"] == 1 else f"{tree['batch']:,} images"
    write_caption(
        figure,
        f"{tree['workload']} on {tree['device']}, {images} in {quantity(tree['time_ns'], TIME_UNITS)}. "
        "Layers without what the chip takes at any time and without DRAM; the area is that of the chip.",
    )
    return figure


def _without_total(parts: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in parts.items() if name != "total"}


def _shown(energy: Mapping[str, float], area: Mapping[str, float]) -> list[str]:
    """The parts that have a colour of their own, in order."""
    return [
        part
        for part in PART_STYLES
        if any(parts.get(part, 0.0) > LEAST_NAMED * sum(parts.values()) for parts in (energy, area))
    ]


def _energy_unit(layers: Mapping[str, Mapping[str, float]]) -> tuple[float, str]:
    most = max(sum(parts.values()) for parts in layers.values())
    return next(pair for pair in ENERGY_UNITS if most >= pair[0] or pair == ENERGY_UNITS[-1])


def _bars(axes: "Axes", bars: Mapping[str, Mapping[str, float]], shown: list[str], labelled: bool) -> None:
    """Draw a bar for each name, its parts beside one another."""
    names = list(bars)
    left = [0.0] * len(names)
    for part in [*shown, REST]:
        if part == REST:
            widths = [
                sum(value for name, value in parts.items() if name not in shown) for parts in bars.values()
            ]
        else:
            widths = [parts.get(part, 0.0) for parts in bars.values()]
        colour, pattern = PART_STYLES.get(part, ("#EEEEEE", ""))
        drawn = axes.barh(
            names, widths, left=left, height=0.68, color=colour, hatch=pattern, edgecolor="white",
            linewidth=0.6, label=PART_NAMES.get(part, part),
        )  # fmt: skip
        if labelled:
            _write_shares(axes, drawn, widths)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)


def _write_shares(axes: "Axes", drawn: Any, widths: list[float]) -> None:
    texts = [f"{width:.0f} %" if width > 100 * LEAST_LABELLED else "" for width in widths]
    box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"}
    for text in axes.bar_label(drawn, texts, label_type="center", fontsize=8):
        text.set_bbox(box if text.get_text() else None)
