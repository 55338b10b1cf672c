"""How the documentation is built: `make docs`. Needs no network; a warning fails the build."""

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
os.environ["NO_COLOR"] = "1"

benchmarks = HERE / "benchmarks.md"
if not benchmarks.exists():  # `make bench` rewrites it
    table = [sys.executable, HERE.parent / "benchmarks" / "harness.py", "table"]
    benchmarks.write_text(subprocess.run(table, check=True, capture_output=True, text=True).stdout, encoding="utf-8")

project = "psephos"
author = "The psephos authors"
copyright = "The psephos authors; text and examples under the Apache License 2.0"
release = version = importlib.metadata.version("psephos")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    "live",
    "rooms",
]
exclude_patterns = ["_build", "_ext", "examples"]
templates_path = ["_templates"]
default_role = "py:obj"
nitpicky = False

autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py$",
    "backreferences_dir": None,
    "image_scrapers": ("pictures.scrape",),
    "reset_modules": (),
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,
    "remove_config_comments": True,
}

html_theme = "pydata_sphinx_theme"
html_title = "psephos"
html_static_path = ["_static"]
html_css_files = ["psephos.css"]
html_copy_source = False
html_show_sourcelink = False
pages = ("index", "quickstart", "data", "methods")  # without a sidebar: no neighbours, or a wide table
html_sidebars = {page: [] for page in pages}
html_theme_options = {
    "logo": {"text": "psephos"},
    "header_links_before_dropdown": 10,
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "navigation_with_keys": False,
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "use_edit_page_button": False,
    "secondary_sidebar_items": {"**": ["page-toc"], "methods": []},
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
