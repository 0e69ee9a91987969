"""How the documentation is built: ``make docs``. Warnings are errors."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("simulator", "kernels", "traces", "docs/_extensions")]

project = "openrow"
author = "the openrow maintainers"
project_copyright = author
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_click",
    "sphinx_gallery.gen_gallery",
    "openrow_tables",
    "geopim_pages",
    "crossbar_pages",
    "mathml",
]
exclude_patterns = ["_build", "gallery/*"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

smartquotes = False  # they make --help a dash and help

html_theme = "furo"
html_math_renderer = "mathml"
html_title = "openrow"
html_static_path = ["_static"]
html_css_files = ["openrow.css"]

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_google_docstring = False
napoleon_use_ivar = True

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "image_scrapers": ("matplotlib", "figure_scraper.figures"),
    "filename_pattern": r"/\d\d_.*\.py$",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 600,
    "remove_config_comments": True,
}
