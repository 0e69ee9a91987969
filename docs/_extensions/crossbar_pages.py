"""Tables and pictures of the pages on crossbars, from studies that are run when the pages are built."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from openrow_tables import markdown, table_directive
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

PICTURES = "auto_pictures"
"""The folder beside the pages that pictures are written to."""
MEMINTELLI_ERRORS = {16: 2.7, 64: 0.47, 256: 0.115, 1024: 0.031, 4096: 0.0143, 65536: 0.0123}
"""Relative error by ADC levels of MemIntelli (commit c121ff7) at 256^3, slices 1, 1, 2, 4, blocks of 64."""
DISTURBED = {"write_variation": 0.1, "stuck_high_rate": 0.01, "signed_mapping": "differential"}
"""What the map of conductances shows."""

Tree = Mapping[str, Any]


@cache
def digits() -> Tree:
    """What ``openrow study digits`` writes."""
    from openrow.config.crossbar import CrossbarSettings
    from openrow.system.crossbar_studies import digits_tree

    return digits_tree(CrossbarSettings())


@cache
def converters() -> Tree:
    """What ``openrow study converters`` writes."""
    from openrow.system.crossbar_studies import converters_tree

    return converters_tree()


@cache
def claims() -> Tree:
    """What ``openrow study claims`` writes."""
    from openrow.system.crossbar_studies import claims_tree

    return claims_tree()


def claim_rows(tree: Tree) -> list[str]:
    """Every claim with its verdict."""
    rows = [(claim["id"], claim["claim"], claim["verdict"], claim["finding"]) for claim in tree["claims"]]
    return markdown(("", "the analysis claims", "verdict", "found"), rows)


def measured_rows(tree: Tree) -> list[str]:
    """What each way to compute a product took."""
    rows = [
        (
            one["way"],
            f"{one['slices']} x {one['slices']}",
            f"{one['cpu_s']:.3f}",
            f"{one['peak_bytes'] / 1e6:,.1f}",
            f"{100 * one['relative_error']:.1f}",
        )
        for one in tree["measured"]
    ]
    return markdown(("one image", "slices", "CPU s", "peak, MB", "error, %"), rows, right=(1, 2, 3, 4))


def error_rows() -> list[str]:
    """The error of a product by the levels of its converters, beside MemIntelli's."""
    from openrow.crossbar.studies.converter_study import operands, relative_error, settings_of

    rows = []
    for levels, recorded in MEMINTELLI_ERRORS.items():
        found = relative_error(*operands(256), settings_of(levels, 64, (1, 1, 2, 4)))
        rows.append((f"{levels:,}", f"{100 * found:.3g}", f"{100 * recorded:.3g}"))
    return markdown(("ADC levels", "error, %", "MemIntelli's, %"), rows, right=(0, 1, 2))


def front_rows(tree: Tree) -> list[str]:
    """The choices of converter that none is better than."""
    from openrow.report.crossbar_plots import best_of
    from openrow.report.study_report import femtojoules

    rows = []
    for place in best_of(tree["points"]):
        point = tree["points"][place]
        slices = ", ".join(map(str, point["slices"]))
        figures = (f"{100 * point['relative_error']:.3g}", femtojoules(point))
        rows.append((point["source"], str(point["adc_levels"]), str(point["array_height"]), slices, *figures))
    heads = ("converter", "levels", "array rows", "slices", "error, %", "fJ a product")
    return markdown(heads, rows, right=(1, 2, 4, 5))


def accuracy_rows(tree: Tree, part: str) -> list[str]:
    """Accuracy by what a part varies, a column for each series."""
    points = [point for point in tree["points"] if point["part"] == part]
    series = list(dict.fromkeys(point["series"] for point in points))
    rows: dict[str, list[str]] = {}
    for point in points:
        spread = f" ± {100 * point['accuracy_deviation']:.1f}" if point["runs"] > 1 else ""
        rows.setdefault(point["value"], []).append(f"{100 * point['accuracy']:.1f}{spread}")
    heads = (tree["parts"][part]["axis"], *(f"{name}, %" for name in series))
    return markdown(heads, [(value, *row) for value, row in rows.items()], tuple(range(1, len(heads))))


TABLES: dict[str, Callable[[str], list[str]]] = {
    "crossbar-claim-table": lambda _argument: claim_rows(claims()),
    "crossbar-way-table": lambda _argument: measured_rows(claims()),
    "crossbar-error-table": lambda _argument: error_rows(),
    "crossbar-front-table": lambda _argument: front_rows(converters()),
    "crossbar-accuracy-table": lambda part: accuracy_rows(digits(), part),
}


def draw(kind: str) -> Any:
    """The picture that ``openrow plot KIND`` draws."""
    from openrow.config.crossbar import CrossbarSettings
    from openrow.crossbar.conductances import array_conductances
    from openrow.crossbar.studies.digits import trained
    from openrow.report import crossbar_plots

    if kind == "accuracy":
        return crossbar_plots.plot_accuracy(digits())
    if kind == "converters":
        return crossbar_plots.plot_converters(converters())
    settings = CrossbarSettings.model_validate(DISTURBED)
    cells = array_conductances(trained()["hidden.weight"].T, settings)
    return crossbar_plots.plot_conductances(cells, settings, "the digits network's hidden layer")


class PictureDirective(SphinxDirective):
    """A picture by its kind, with a line that says what it shows to those who cannot see it."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Draw the picture beside the pages and show it."""
        from openrow.report.style import write_figure

        kind = self.arguments[0]
        path = Path(self.env.app.srcdir) / PICTURES / f"crossbar-{kind}.svg"
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as file:
            write_figure(draw(kind), file, "svg")
        return [nodes.image(uri=f"/{PICTURES}/{path.name}", alt=" ".join(self.content), width="100%")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the tables and the picture."""
    for name, make in TABLES.items():
        app.add_directive(name, table_directive(name, make))
    app.add_directive("crossbar-picture", PictureDirective)
    return {"parallel_read_safe": True}
