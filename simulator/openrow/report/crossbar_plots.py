"""Pictures of crossbar numerics: accuracy, converters, conductances.

The first two take the result of a study as ``openrow study -o`` writes it.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from openrow.config.crossbar import CrossbarSettings, SignedMapping, offsets_below
from openrow.report.style import (
    COLOURS,
    INK,
    MAP,
    MARKS,
    PALE,
    head_legend,
    new_figure,
    spaced_logarithmically,
    styled,
    write_caption,
)
from openrow.report.sweep_plots import front_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Tree = Mapping[str, Any]
PANEL_COLUMNS = 4
SLICES_PART = "slices"
"""The part whose series are not the mappings of signed weights."""


@styled
def plot_accuracy(tree: Tree) -> "Figure":
    """Accuracy of the digits network against all that was varied, a panel for each.

    Parameters
    ----------
    tree
        As ``openrow study digits`` writes it.
    """
    # Panels with other series come last, beside a legend of their own.
    names = sorted(tree["parts"], key=lambda name: name == SLICES_PART)
    columns = min(PANEL_COLUMNS, len(names))
    rows = -(-len(names) // columns)
    figure = new_figure(max(1.2 + 2.75 * columns, 6.0), 1.3 + 2.5 * rows)
    panels = figure.subplots(rows, columns, squeeze=False)
    for place, axes in enumerate(panels.flat):
        if place >= len(names):
            axes.set_visible(False)
            continue
        _accuracy_panel(axes, tree, names[place])
        if place % columns:
            axes.tick_params(labelleft=False)
        else:
            axes.set_ylabel("digits told right, %")
    if names[0] != SLICES_PART:
        head_legend(figure, "signed weights as")
    spread = " ± the standard deviation of the runs" if any(p["runs"] > 1 for p in tree["points"]) else ""
    write_caption(
        figure,
        f"Mean{spread}, {tree['images']} digits that the network was not trained on. Dashed: "
        f"{100 * tree['plain_accuracy']:.1f} % in float64 without crossbars. What is not varied in a panel "
        "is as the study's settings say.",
    )
    return figure


def _accuracy_panel(axes: "Axes", tree: Tree, name: str) -> None:
    part = tree["parts"][name]
    points = [point for point in tree["points"] if point["part"] == name]
    labels = list(dict.fromkeys(point["value"] for point in points))
    axes.axhline(100 * tree["plain_accuracy"], color=INK, linestyle="--", linewidth=0.9)
    shift = 3 if name == SLICES_PART else 0
    for look, series in enumerate(dict.fromkeys(point["series"] for point in points), shift):
        own = [point for point in points if point["series"] == series]
        places = [labels.index(point["value"]) for point in own]
        mean, deviation = (
            100 * np.array([point[key] for point in own]) for key in ("accuracy", "accuracy_deviation")
        )
        axes.fill_between(
            places, mean - deviation, mean + deviation, color=COLOURS[look], alpha=0.15, linewidth=0
        )
        axes.plot(
            places, mean, color=COLOURS[look], marker=MARKS[look], markersize=4.5, linewidth=1.2, label=series
        )
    axes.set_xticks(range(len(labels)), [_short(label) for label in labels], fontsize=7.5)
    axes.set_xlabel(part["axis"])
    axes.set_title(part["title"])
    axes.set_yticks(range(0, 101, 20))
    axes.set_ylim(0, 104)
    if name == SLICES_PART:
        axes.legend(loc="lower right")


def _short(label: str) -> str:
    """Return powers of ten as such, where they are written out long."""
    if label.isdecimal() and len(label) > 4 and label.strip("0") == "1":
        return f"1e{len(label) - 1}"
    return label.replace("e+0", "e")


@styled
def plot_converters(tree: Tree) -> "Figure":
    """Error of a product against the energy of its converters, and the fronts of the best choices.

    Parameters
    ----------
    tree
        As ``openrow study converters`` writes it.
    """
    figure = new_figure(9.2, 5.2)
    axes = figure.subplots()
    points = tree["points"]
    energy = np.array([point["energy_fj_per_mac"] for point in points])
    error = 100 * np.array([point["relative_error"] for point in points])
    sources = list(dict.fromkeys(point["source"] for point in points))
    for look, source in enumerate(sources):
        own = np.array([point["source"] == source for point in points])
        levels = sorted({point["adc_levels"] for point in points if point["source"] == source})
        name = f"{source}: {_listed(levels)} levels"
        axes.scatter(
            energy[own], error[own], 30, color=COLOURS[look], marker=MARKS[look], edgecolor="white",
            linewidth=0.4, label=name,
        )  # fmt: skip
        front = best_of(points, source)
        axes.plot(
            energy[front], error[front], color=COLOURS[look], linewidth=1.1, drawstyle="steps-post", zorder=1
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        spaced_logarithmically(axis)
    axes.set_xlabel("energy of the converters, fJ a product of two numbers")
    axes.set_ylabel("error of the product, % of its norm")
    _name_choices(axes, points, best_of(points), (energy, error))
    head_legend(figure)
    size = tree["size"]
    write_caption(
        figure,
        f"Products of {size} x {size} standard normal matrices in 8 bits, on arrays of 16 to 128 rows, in "
        "slices of up to 1, 2 and 4 bits. A line is the front of one architecture: no choice of "
        "it is better in both figures. The numbered are the front of all. Energies of a conversion are of "
        "different technologies and rates, some of them scaled: each architecture's file says whence.",
    )
    return figure


def best_of(points: Sequence[Tree], source: str | None = None) -> list[int]:
    """Return the places of the choices of converter that none is better than in both figures.

    Parameters
    ----------
    points
        Of the study.
    source
        The source that is looked at alone.
    """
    among = [place for place, point in enumerate(points) if source in (None, point["source"])]
    energy, error = (
        np.array([points[place][key] for place in among]) for key in ("energy_fj_per_mac", "relative_error")
    )
    return [among[place] for place in front_of(energy, error, False, False)]


def _name_choices(
    axes: "Axes",
    points: Sequence[Tree],
    front: Sequence[int],
    places: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    """Number choices and list them beside the panel."""
    lines = []
    for number, place in enumerate(front, 1):
        axes.annotate(
            str(number), (places[0][place], places[1][place]), (4, 4), textcoords="offset points", fontsize=8,
            fontweight="bold", color=INK, zorder=4,
        )  # fmt: skip
        point = points[place]
        lines.append(
            f"{number:>2}  {point['adc_levels']} levels, {point['array_height']} rows,\n"
            f"     {len(point['slices'])} slices: {100 * point['relative_error']:.3g} %"
        )
    axes.text(1.02, 1.0, "\n".join(lines), transform=axes.transAxes, va="top", fontsize=8, linespacing=1.35)


def _listed(levels: Sequence[int]) -> str:
    *first, last = map(str, levels)
    return f"{', '.join(first)} and {last}" if first else last


@styled
def plot_conductances(siemens: NDArray[np.float64], settings: CrossbarSettings, what: str) -> "Figure":
    """The cells of one array, a map for each slice, and how many cells conduct how much.

    Parameters
    ----------
    siemens
        Of ``openrow.crossbar.conductances``: (signs, slices, rows, columns).
    settings
        What the array was programmed with.
    what
        What the weights are, for the caption.
    """
    micro = siemens * 1e6
    signs, slices = micro.shape[:2]
    height = min(max(2.3 * micro.shape[2] / micro.shape[3], 0.8), 4.5)
    figure = new_figure(0.9 + 2.35 * slices + 0.7, signs * (height + 0.5) + 2.6)
    panels = figure.subplots(
        signs + 1, slices, squeeze=False, height_ratios=[*[height] * signs, 1.3], sharex="row"
    )
    low, high = settings.conductance_low_s * 1e6, settings.conductance_high_s * 1e6
    least, most = min(low, float(micro.min())), max(high, float(micro.max()))
    titles = _slice_titles(settings)
    for sign in range(signs):
        for place in range(slices):
            axes = panels[sign, place]
            image = axes.imshow(
                micro[sign, place], cmap=MAP, vmin=least, vmax=most, interpolation="nearest", aspect="auto"
            )
            axes.grid(False)
            side = ("", ", positive" if sign == 0 else ", negative")[signs == 2]
            axes.set_title(f"{titles[place]}{side}", fontsize=9)
            axes.set_xlabel("column")
            if place == 0:
                axes.set_ylabel("row")
            else:
                axes.tick_params(labelleft=False)
    figure.colorbar(image, ax=panels[:signs].ravel().tolist(), pad=0.01).set_label("conductance, µS")
    _histograms(list(panels[signs]), micro, settings, (least, most))
    write_caption(figure, _conductance_caption(micro, settings, what))
    return figure


def _slice_titles(settings: CrossbarSettings) -> list[str]:
    """Return what each slice of cells holds."""
    held = settings.cell_slices()
    titles = []
    for place, (width, below) in enumerate(zip(held, offsets_below(held), strict=True)):
        bits = f"bit {below}" if width == 1 else f"bits {below} to {below + width - 1}"
        signed = settings.signed_mapping is SignedMapping.TWOS_COMPLEMENT and place == 0
        titles.append("sign" if signed else bits)
    return titles


def _histograms(
    panels: Sequence["Axes"],
    micro: NDArray[np.float64],
    settings: CrossbarSettings,
    extent: tuple[float, float],
) -> None:
    levels = np.linspace(
        settings.conductance_low_s * 1e6, settings.conductance_high_s * 1e6, settings.conductance_levels
    )
    edges = np.linspace(*extent, 81).tolist()
    for place, axes in enumerate(panels):
        axes.vlines(levels, 0, 1, transform=axes.get_xaxis_transform(), color=PALE, linewidth=0.6, zorder=0)
        axes.hist(micro[:, place].ravel(), edges, color=COLOURS[0], log=True)
        axes.set_ylim(0.7, micro[:, place].size * 1.3)
        axes.set_xlabel("conductance, µS")
        axes.grid(axis="x", visible=False)
        if place == 0:
            axes.set_ylabel("cells")
        else:
            axes.tick_params(labelleft=False)


def _conductance_caption(micro: NDArray[np.float64], settings: CrossbarSettings, what: str) -> str:
    low, high = settings.conductance_low_s * 1e6, settings.conductance_high_s * 1e6
    rows, columns = micro.shape[2:]
    text = f"{what[0].upper()}{what[1:]}: {rows} x {columns} weights in one array. Grey: the "
    text += f"{settings.conductance_levels} levels "
    text += f"from {low:g} to {high:g} µS."
    disturbed = [
        ("write variation", settings.write_variation),
        ("stuck high", settings.stuck_high_rate),
        ("stuck low", settings.stuck_low_rate),
    ]
    named = [f"{name} {value:g}" for name, value in disturbed if value]
    if settings.drifts():
        named.append(f"{settings.drift_time_s:g} s of drift with exponent {settings.drift_exponent:g}")
    return f"{text} With {', '.join(named)}." if named else f"{text} Nothing disturbs the cells."
