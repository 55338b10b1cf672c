"""The pages of the API reference, one per room, made from `__all__` before Sphinx looks for pages.

A name that `psephos` hands on from a room is described in the room; a reference to `psephos.name` leads there.
"""

import importlib
import inspect
import pkgutil
from pathlib import Path

import psephos
from docutils import nodes
from sphinx.util.nodes import make_refnode

NOT_ROOMS = {"cli", "__main__"}


def rooms():
    """Names of the rooms, each with the public names that it defines."""
    found = {}
    for module in pkgutil.iter_modules(psephos.__path__):
        if module.name not in NOT_ROOMS:
            room = importlib.import_module(f"psephos.{module.name}")
            found[room.__name__] = getattr(room, "__all__", None) or [
                name for name, value in vars(room).items() if inspect.isclass(value) and value.__module__ == room.__name__
            ]
    return found


def room_page(room, names):
    listed = "\n".join(f"   {name}" for name in names)
    return (
        f"{room}\n{'=' * len(room)}\n\n.. automodule:: {room}\n   :no-members:\n   :no-index:\n\n.. py:module:: {room}\n\n"
        f".. autosummary::\n   :toctree: {room}\n   :nosignatures:\n\n{listed}\n"
    )


def root_page(found):
    """What can be had from `psephos` itself: a list of links into the rooms."""
    home = {id(getattr(importlib.import_module(room), name)): f"{room}.{name}" for room in found for name in found[room]}
    lines = ["psephos", "=======", "", ".. automodule:: psephos", "   :no-members:", "   :no-index:", ""]
    lines += [".. autosummary::", "   :nosignatures:", ""]
    lines += [f"   ~{home[id(getattr(psephos, name))]}" for name in psephos.__all__ if id(getattr(psephos, name)) in home]
    return "\n".join([*lines, ""])


def write_pages(app, config):
    folder = Path(app.srcdir, "api", "generated")
    folder.mkdir(parents=True, exist_ok=True)
    found = rooms()
    pages = {folder / "psephos.rst": root_page(found)}
    pages |= {folder / f"{room}.rst": room_page(room, names) for room, names in found.items()}
    described = {folder / room / f"{room}.{name}.rst" for room, names in found.items() for name in names}
    for stale in set(folder.rglob("*.rst")) - set(pages) - described:
        stale.unlink()
    for path, text in pages.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def resolve(app, env, node, contnode):
    """Lead a reference by any path at which the object can be had to where it is described."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py" or not target.startswith("psephos."):
        return None
    module, _, name = target.rpartition(".")
    try:
        wanted = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        return None
    for room, names in rooms().items():
        for public in names:
            if getattr(importlib.import_module(room), public) is wanted:
                page = f"api/generated/{room}/{room}.{public}"
                return make_refnode(app.builder, node["refdoc"], page, f"{room}.{public}", contnode)
    return None


def setup(app):
    app.connect("config-inited", write_pages)
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": False}
