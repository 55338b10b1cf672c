"""Pictures of the gallery: figures of psephos belong to no pyplot, so they are found among the names of an example."""

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst

DENSITY = 144


def scrape(block, block_vars, gallery_conf):
    """Save each figure that this block made, once."""
    names = block_vars["example_globals"]
    done = names.setdefault("__pictures__", [])
    paths = []
    for value in list(names.values()):
        if isinstance(value, Figure) and not any(value is figure for figure in done):
            done.append(value)
            paths.append(next(block_vars["image_path_iterator"]))
            value.savefig(paths[-1], dpi=DENSITY)
    return figure_rst(paths, gallery_conf["src_dir"])
