"""Row-hit rate against the speedup of geometric sampling and of the whole, as a picture.

Two panels for each host. Those of the first are large: their points have labels, with what limits them. The
small ones below hold the same points against other hosts.
"""

from collections.abc import Mapping, Sequence
from math import floor, log
from typing import TYPE_CHECKING, Any, NamedTuple

from openrow.report.causes import UNIT_CAUSES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Tree = Mapping[str, Any]

INK = "#333333"
SPEEDUPS = {"sampling": "sampling speedup", "end_to_end": "end-to-end speedup"}
"""The columns of panels, and what their axes say."""


class PointStyle(NamedTuple):
    """How the points of a group look."""

    marker: str
    colour: str


GROUPS: Mapping[str, PointStyle] = {
    "baseline": PointStyle("o", "#000000"),
    "placement": PointStyle("s", "#0072B2"),
    "order": PointStyle("^", "#D55E00"),
    "row size": PointStyle("D", "#009E73"),
    "neighbours": PointStyle("v", "#CC79A7"),
    "commands": PointStyle("P", "#E69F00"),
    "refresh": PointStyle("h", "#56B4E9"),
    "other": PointStyle("X", "#666666"),
}
"""By what was changed. The colours are Okabe and Ito's; the shapes tell the groups apart in grey print."""

LEADER = {"arrowstyle": "-", "color": "#999999", "linewidth": 0.5, "shrinkB": 4, "relpos": (0, 0.5)}
"""The line from a label to its point."""
LABEL_GAP = 0.052
"""Least distance of two labels, as a share of the height of a large panel."""
TOP_INCHES, FURTHER_INCHES = 4.6, 2.6
"""Heights of the panels of the first host, and of all others side by side."""
LEGENDS_INCHES = 1.3
"""What the legend and the caption take."""


def plot_hit_rate(curve: Tree) -> "Figure":
    """Draw the curve.

    Parameters
    ----------
    curve
        As ``openrow plot hit-rate --keep`` writes it.
    """
    from matplotlib.figure import Figure

    further = len(curve["hosts"]) - 1
    heights = (TOP_INCHES, FURTHER_INCHES) if further else (TOP_INCHES,)
    figure = Figure(figsize=(12.5, sum(heights) + LEGENDS_INCHES), layout="constrained")
    rows = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    top = rows[0].subgridspec(1, 2, wspace=0.0)
    small = rows[1].subgridspec(1, 2 * further) if further else None
    for row in range(len(curve["hosts"])):
        for column, key in enumerate(SPEEDUPS):
            place = top[column] if row == 0 or small is None else small[2 * (row - 1) + column]
            axes = figure.add_subplot(place)
            _panel(axes, curve, row, key)
            if row == 0:
                _label_points(axes, curve, key, with_names=column == 0)
            if column == 0:
                axes.set_title(_host_title(curve["hosts"][row]), loc="left", fontsize=9, fontweight="bold")
    handles, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=5, frameon=False, fontsize=9)
    figure.supxlabel(caption(curve), fontsize=8, color=INK, x=0.01, ha="left")
    return figure


def _host_title(host: Tree) -> str:
    break_even = host["break_even_hit_rate"]
    title = f"host {host['name']}: {host['units_ms']:.2f} ms for what the units take over"
    return f"{title}\n(the analytic model never breaks even)" if break_even is None else title


def caption(curve: Tree) -> str:
    """What a reader of the picture has to know."""
    text = [f"Analytic model: {curve['units']} units. Beside a simulated point: its change, what limits it."]
    by_stand_in: dict[str, list[str]] = {}
    for stage, stand_in in curve["scaled_stages"].items():
        by_stand_in.setdefault(stand_in, []).append(stage)
    for stand_in, stages in by_stand_in.items():
        text.append(f"Not simulated itself: {', '.join(stages)}, taken sample for sample as {stand_in}.")
    if len(curve["hosts"]) > 1:
        text.append("Simulated hosts reach their bounds: nothing is lost to launches, divergence or latency.")
    text += [
        f"{host['name']}: all other stages take {host['stages_slower']:.0f} times as long as measured, the "
        "ratio of the memories' bandwidths."
        for host in curve["hosts"]
        if host["stages_slower"] != 1.0
    ]
    return "\n".join(text)


def _panel(axes: "Axes", curve: Tree, row: int, key: str) -> None:
    """Everything in a panel but the labels of its points."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

    analytic = _series(curve["analytic"], row, key)
    report = _series(curve["report"], row, key) if row == 0 else []
    points = _series(curve["points"], row, key)
    low = lowest_rate(curve)
    shown = [(rate, speedup) for rate, speedup in analytic if rate >= low]
    _regions(axes, curve, row, low)
    axes.axhline(1.0, color=INK, linewidth=0.9, zorder=1)
    axes.plot(
        *zip(*shown, strict=True), color=INK, linewidth=1.6, linestyle=(0, (6, 2)), label="analytic model"
    )
    if report:
        axes.plot(
            *zip(*report, strict=True), marker="*", markersize=13, linestyle="none", color="white",
            markeredgecolor="black", label="the report (assumed factors)", zorder=3,
        )  # fmt: skip
    for group, style in GROUPS.items():
        own = [
            place for place, point in zip(points, curve["points"], strict=True) if group_of(point) == group
        ]
        if own:
            axes.plot(
                *zip(*own, strict=True), marker=style.marker, color=style.colour, linestyle="none",
                markersize=8 if row == 0 else 6, markeredgecolor="white", markeredgewidth=0.8,
                label=_legend_name(group), zorder=4,
            )  # fmt: skip
    values = [speedup for _, speedup in (*shown, *report, *points)]
    margin = (max(*values, 1.0) / min(*values, 1.0)) ** 0.08
    axes.set_yscale("log")
    axes.set_ylim(min(*values, 1.0) / margin, max(*values, 1.0) * margin)
    axes.yaxis.set_major_locator(MaxNLocator(6 if row == 0 else 4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}x"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(which="minor", length=0)
    axes.set_xlim(low, 101)
    axes.set_xlabel("row-hit rate, %")
    axes.set_ylabel(SPEEDUPS[key])
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def group_of(point: Tree) -> str:
    """The group whose look a point has."""
    group: str = point["group"]
    return group if group in GROUPS else "other"


def _legend_name(group: str) -> str:
    what = {"baseline": "baseline", "other": "other changes"}.get(group, f"other {group}")
    return f"simulated, {what}"


def lowest_rate(curve: Tree) -> float:
    """Where the axis of row-hit rates begins, in %: a multiple of ten somewhat below the lowest point."""
    least: float = min(point["row_hit_rate"] for point in (*curve["points"], *curve["report"]))
    return max(0.0, 10.0 * floor(10 * least - 0.5))


def _series(points: Sequence[Tree], row: int, key: str) -> list[tuple[float, float]]:
    return [(100 * point["row_hit_rate"], point["speedups"][row][key]) for point in points]


def _regions(axes: "Axes", curve: Tree, row: int, low: float) -> None:
    """Shade where computing limits the analytic model, and mark its break-even."""
    start = 100 * curve["computing_from_hit_rate"]
    axes.axvspan(start, 101, color="#EEEEEE", zorder=0)
    if row == 0:
        for left, text, angle in (
            (low, "analytic model: fetching limits", 0),
            (start, "computing limits", 90),
        ):
            axes.annotate(
                text, (left, 0.0), (3, 4), xycoords=axes.get_xaxis_transform(), textcoords="offset points",
                fontsize=7.5, color=INK, style="italic", rotation=angle,
            )  # fmt: skip
    break_even = curve["hosts"][row]["break_even_hit_rate"]
    if break_even is None:
        return
    axes.axvline(100 * break_even, color=INK, linewidth=1.0, linestyle=":", zorder=1)
    # Where the curve is not: at the top of a large panel, at the foot of a small one.
    height, offset, side = (1.0, -3, "top") if row == 0 else (0.0, 4, "bottom")
    axes.annotate(
        f"break-even {100 * break_even:.0f} %", (100 * break_even, height), (-4, offset),
        xycoords=axes.get_xaxis_transform(), textcoords="offset points", rotation=90, ha="right", va=side,
        fontsize=7.5, color=INK,
    )  # fmt: skip


def _label_points(axes: "Axes", curve: Tree, key: str, with_names: bool) -> None:
    """Number the points in order of speedup, with names and causes beside the left panel."""
    points = sorted(curve["points"], key=lambda point: -point["speedups"][0]["sampling"])
    bottom, top = (log(limit) for limit in axes.get_ylim())
    wanted = [(log(point["speedups"][0][key]) - bottom) / (top - bottom) for point in points]
    for number, (point, y) in enumerate(zip(points, spread(wanted, LABEL_GAP), strict=True), 1):
        text = f"{number}  {point['label']}: {cause_text(point)}" if with_names else f"{number}"
        axes.annotate(
            text,
            (100 * point["row_hit_rate"], point["speedups"][0][key]),
            (1.025, y),
            textcoords="axes fraction",
            va="center",
            fontsize=7.5,
            arrowprops=LEADER,
        )


def cause_text(point: Tree) -> str:
    """What limits a point, in words."""
    return ", ".join(UNIT_CAUSES.get(cause, cause) for cause in point["limited_by"])


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Places near the wanted ones, from the top down, that keep a distance.

    Parameters
    ----------
    wanted
        Between 0 and 1, descending.
    gap
        Least distance; shrunk where there is no room for it.
    """
    count = len(wanted)
    gap = min(gap, 1 / max(count - 1, 1))
    # Moved up by its number of gaps, no place may lie above the one before: labels that would are pooled at
    # their mean (isotonic regression), the nearest places in the least-squares sense.
    pools: list[tuple[float, int]] = []
    for number, place in enumerate(wanted):
        pools.append((place + number * gap, 1))
        while len(pools) > 1 and pools[-1][0] > pools[-2][0]:
            (last, lasts), (before, befores) = pools.pop(), pools.pop()
            pools.append(((last * lasts + before * befores) / (lasts + befores), lasts + befores))
    pooled = [mean for mean, members in pools for _ in range(members)]
    return [min(1.0, max((count - 1) * gap, place)) - number * gap for number, place in enumerate(pooled)]
