"""Hands the gallery the pictures of its programs: openrow draws without pyplot, which the gallery asks."""

from typing import Any

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst

RESOLUTION_DPI = 130


def figures(_block: object, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save ``figure`` where a block of a program has made a new one, and return how to show it."""
    names = block_vars["example_globals"]
    figure = names.get("figure")
    if not isinstance(figure, Figure) or names.get("_shown") is figure:
        return ""
    names["_shown"] = figure
    path = next(block_vars["image_path_iterator"])
    figure.savefig(path, dpi=RESOLUTION_DPI)
    return str(figure_rst([path], gallery_conf["src_dir"]))
