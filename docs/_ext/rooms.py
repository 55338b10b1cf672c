"""The pages of the API reference, one per room, made from `__all__` before Sphinx looks for pages.

A name that `psephos` hands on from a room is described in the room; a reference to `psephos.name` leads there.
"""

import importlib
import inspect
import pkgutil
from pathlib import Path

from sphinx.util.nodes import make_refnode

import psephos

NOT_ROOMS = {"cli", "__main__"}


ROOM = """{room}
{line}

.. automodule:: {room}
   :no-members:

.. autosummary::
   :toctree: {room}
   :nosignatures:

   {names}
"""


def rooms():
    """Names of the rooms, each with the public names that it defines; a room may hold rooms of its own."""
    found = {}
    names = [module.name for module in pkgutil.iter_modules(psephos.__path__) if module.name not in NOT_ROOMS]
    for name in names:
        room = importlib.import_module(f"psephos.{name}")
        public = getattr(room, "__all__", None) or own_classes(room)
        inner = [part for part in public if inspect.ismodule(getattr(room, part))]
        names += [f"{name}.{part}" for part in inner]
        found[room.__name__] = [part for part in public if part not in inner]
    return found


def own_classes(module):
    return [
        name for name, value in vars(module).items() if inspect.isclass(value) and value.__module__ == module.__name__
    ]


def homes(found):
    """Where each public object is described, by its identity."""
    return {id(getattr(importlib.import_module(room), name)): (room, name) for room in found for name in found[room]}


def room_page(room, names):
    return ROOM.format(room=room, line="=" * len(room), names="\n   ".join(names))


def root_page(found):
    """What can be had from `psephos` itself: each name with its first line and a link into its room."""
    lines = ["psephos", "=======", "", ".. automodule:: psephos", "   :no-members:", ""]
    lines += [".. list-table::", "   :widths: auto", ""]
    home = homes(found)
    for name in psephos.__all__:
        value = getattr(psephos, name)
        room, its_name = home[id(value)]
        lines.append(f"   * - :py:obj:`psephos.{name} <{room}.{its_name}>`")
        lines.append(f"     - {inspect.getdoc(value).splitlines()[0]}")
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


def find_pages(app):
    """Let autosummary see pages that are new since the last build."""
    app.env.find_files(app.config, app.builder)


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
    room, its_name = homes(rooms()).get(id(wanted), (None, None))
    if room is None:
        return None
    return make_refnode(
        app.builder, node["refdoc"], f"api/generated/{room}/{room}.{its_name}", f"{room}.{its_name}", contnode
    )


def setup(app):
    app.connect("config-inited", write_pages)
    app.connect("builder-inited", find_pages, priority=100)
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": False}
