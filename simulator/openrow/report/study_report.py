"""Studies of crossbar numerics as text."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

Tree = Mapping[str, Any]
WIDTH = 100
CLAIM_WIDTH, VERDICT_WIDTH = 34, 12
"""Letters of a line in the columns of a claim and of its verdict."""


def print_digits(tree: Tree) -> None:
    """Print the accuracy of the digits network: a table for each part, a column for each series."""
    from rich.table import Table

    console = _console()
    console.print(
        f"{tree['images']} digits that the network was not trained on: {_percent(tree['plain_accuracy'])} "
        f"right in float64, {_percent(tree['accuracy'])} on crossbars with these settings"
    )
    for name, part in tree["parts"].items():
        table = Table(part["axis"], box=None, pad_edge=False, header_style="bold")
        rows: dict[str, dict[str, str]] = {}
        for point in tree["points"]:
            if point["part"] == name:
                rows.setdefault(point["value"], {})[point["series"]] = _accuracy(point)
        for series in dict.fromkeys(series for row in rows.values() for series in row):
            table.add_column(series, justify="right")
        for value, row in rows.items():
            table.add_row(value, *row.values())
        console.print()
        console.print(table)


def print_converters(tree: Tree) -> None:
    """Print error and energy of every choice of converter."""
    from rich.table import Table

    from openrow.report.crossbar_plots import best_of

    front = set(best_of(tree["points"]))
    table = Table("", "converter", box=None, pad_edge=False, header_style="bold")
    for heading in ("levels", "array rows", "slices", "error", "fJ a product"):
        table.add_column(heading, justify="right")
    for place, point in enumerate(tree["points"]):
        table.add_row(
            "*" if place in front else "",
            point["source"],
            f"{point['adc_levels']}",
            f"{point['array_height']}",
            ", ".join(map(str, point["slices"])),
            f"{100 * point['relative_error']:.3g} %",
            femtojoules(point),
        )
    console = _console()
    console.print(table)
    size = tree["size"]
    console.print(
        f"\nA product of {size} x {size} matrices in 8 bits; the energy is that of the converters alone, for "
        "each product of two numbers.\n* none is better in both."
    )


def femtojoules(point: Tree) -> str:
    """The energy of a choice of converter, in three or more digits."""
    energy = point["energy_fj_per_mac"]
    return f"{energy:,.0f}" if energy >= 100 else f"{energy:.3g}"


def print_claims(tree: Tree) -> None:
    """Print every claim with its verdict and what was found, then what was measured."""
    from rich.table import Table

    table = Table("", "claim", "verdict", "found", box=None, pad_edge=False, header_style="bold")
    table.columns[1].max_width = CLAIM_WIDTH
    table.columns[2].max_width = VERDICT_WIDTH
    for claim in tree["claims"]:
        table.add_row(claim["id"], claim["claim"], claim["verdict"], claim["finding"])
        table.add_section()
    console = _console()
    console.print(table)
    size = tree["size"]
    measured = Table("one image", box=None, pad_edge=False, header_style="bold")
    for heading in ("slices", "CPU s", "peak MB", "error"):
        measured.add_column(heading, justify="right")
    for one in tree["measured"]:
        measured.add_row(
            one["way"],
            f"{one['slices']} x {one['slices']}",
            f"{one['cpu_s']:.3f}",
            f"{one['peak_bytes'] / 1e6:,.1f}",
            f"{100 * one['relative_error']:.1f} %",
        )
    console.print(f"\nResNet18's first layer on {size} x {size} pixels, 256 ADC levels, one BLAS thread:\n")
    console.print(measured)


def _console() -> "Console":
    from rich.console import Console

    console = Console(highlight=False, emoji=False)
    return console if console.is_terminal else Console(highlight=False, emoji=False, width=WIDTH)


def _accuracy(point: Tree) -> str:
    spread = f" ± {100 * point['accuracy_deviation']:.1f}" if point["runs"] > 1 else ""
    return f"{100 * point['accuracy']:.1f}{spread} %"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
