"""How does a picture get into a page as text that is small, safe and always the same?

Matplotlib writes styles inline, names groups that nobody refers to and stamps the date. Here the styles become
presentation attributes (so the page can forbid inline styles), every colour that is a token also becomes a class
(so the page can change the theme: ``fill-ink``, ``stroke-accent``), and only ids that are referred to stay, with a
prefix that keeps two pictures on one page apart. Text stays text: it is a third of the size of outlines, takes the
font of the reader and can be searched and selected.
"""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from psephos.errors import InputError
from psephos.plots.style import own_rules, plain
from psephos.plots.tokens import token_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"
_FONT = "system-ui, sans-serif"
_COORDINATES = ("d", "x", "y", "width", "height", "transform")
_LEFT_OUT = ("font-family", "font-style", "font-variant", "font-stretch")


def svg(figure: Figure, title: str, description: str, *, prefix: str = "picture") -> str:
    """A picture as one SVG element, to be put into a page or a file.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The picture; it is not changed.
    title, description : str
        What screen readers say: the finding, and what is shown.
    prefix : str, default "picture"
        Begins every id; give each picture of a page its own.

    Returns
    -------
    str
        No XML prolog, no date, no inline style, no reference to anything outside; equal for equal pictures.

    Raises
    ------
    InputError
        If `prefix` is not a letter followed by letters, digits and hyphens.

    Examples
    --------
    >>> from psephos.plots.style import own_rules, sheet
    >>> with own_rules():
    ...     figure = sheet("Nothing", "an empty picture", height=60, theme="light", heading=False).figure
    >>> print(svg(figure, "Nothing", "An empty picture")[:96])
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 440 68" width="440" height="68" role="img"
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", prefix):
        raise InputError("prefix", f"must be a letter and then letters, digits or hyphens, got {prefix!r}")
    root = ET.fromstring(_drawn(figure))  # nosec B314 # noqa: S314 - matplotlib's own output
    used = [name for element in root.iter() for value in element.attrib.values() for name in _references(value)]
    names = {name: f"{prefix}-{number}" for number, name in enumerate(dict.fromkeys(used), start=1)}
    for element in list(root.iter()):
        for child in [child for child in element if child.tag == f"{{{SVG}}}style" or child.tag.endswith("metadata")]:
            element.remove(child)
        element.attrib = dict(_attributes(element, names))
    _drop_empty(root)
    width, height = (float(side) for side in root.attrib["viewBox"].split()[2:])
    root.attrib = {
        "viewBox": f"0 0 {width:g} {height:g}",
        "width": f"{width:g}",
        "height": f"{height:g}",
        "role": "img",
        "aria-labelledby": f"{prefix}-title {prefix}-description",
        "font-family": _FONT,
        "stroke-linejoin": "round",
    }
    for place, (name, text) in enumerate((("title", title), ("desc", description))):
        said = ET.Element(f"{{{SVG}}}{name}", {"id": f"{prefix}-{'title' if place == 0 else 'description'}"})
        said.text = plain(text)
        root.insert(place, said)
    ET.register_namespace("", SVG)
    return ET.tostring(root, encoding="unicode")


def _drawn(figure: Figure) -> str:
    stream = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with own_rules(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # the reader's font draws it
        figure.savefig(stream, format="svg", dpi=72, facecolor="none", edgecolor="none", metadata=nothing)
    return stream.getvalue()


def _references(value: str) -> list[str]:
    return re.findall(r"(?:url\(#|^#)([^)]+)", value)


def _attributes(element: ET.Element, names: dict[str, str]) -> list[tuple[str, str]]:
    """Attributes of an element without style, its id renamed or left out, and its token colours as a class."""
    given = {name: value for name, value in element.attrib.items() if name != "style"}
    style = [part.partition(":")[::2] for part in element.attrib.get("style", "").split(";") if part.strip()]
    given |= {name.strip(): value.strip() for name, value in style if name.strip() not in _LEFT_OUT}
    kept = []
    for name, value in given.items():
        if name == "id":
            if value in names:
                kept.append((name, names[value]))
        elif name == _LINK:
            kept.append(("href", f"#{names[value[1:]]}"))
        elif name == "font-weight":
            kept.append((name, "600"))
        elif name in _COORDINATES:
            text = _rounded(value)
            if not text.startswith("rotate(0 "):
                kept.append((name, text))
        elif value != "none" or name == "fill":
            kept.append((name, re.sub(r"(?<=url\(#)[^)]+", lambda found: names[found[0]], value)))
    tokens = [f"{name}-{token_of(value)}" for name, value in kept if name in ("fill", "stroke") and token_of(value)]
    return [*kept, ("class", " ".join(tokens))] if tokens else kept


def _rounded(value: str) -> str:
    short = re.sub(r"-?\d+\.\d+", lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), value)
    return " ".join(re.sub(r"-0(?![\d.])", "0", short).split())


def _drop_empty(element: ET.Element) -> None:
    for child in list(element):
        _drop_empty(child)
        child.tail = None
        empty = child.tag in (f"{{{SVG}}}g", f"{{{SVG}}}defs") and not len(child)
        unseen = child.attrib.get("fill") == "none" and "stroke" not in child.attrib
        if empty or unseen:
            element.remove(child)
    if len(element):
        element.text = None
