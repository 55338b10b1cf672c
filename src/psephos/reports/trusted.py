"""What may enter a page as it stands?

Everything that is put into a page is escaped by the templates. The two things that are not, our own files and our own
pictures, pass through here and nowhere else: files are those of this package, and a picture is checked to hold nothing
but shapes and text before it is let in.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from xml.etree import ElementTree as ET

from markupsafe import Markup

from psephos.errors import InputError

_ELEMENTS = {"svg", "title", "desc", "g", "defs", "clipPath", "path", "rect", "use", "text", "tspan"}
_ATTRIBUTES = re.compile(
    "aria-labelledby|class|clip-path|clip-rule|d|(fill|stroke)(-[a-z]+)?|font-(family|size|weight)|height|href|id|opacity"
    "|role|text-anchor|transform|viewBox|width|x|y"
)


@cache
def own_file(name: str) -> Markup:
    """A file of this package as it stands, to be put into a ``style`` or ``script`` element."""
    text = files("psephos.reports").joinpath(name).read_text(encoding="utf-8")
    return own_text(text)


def own_text(text: str) -> Markup:
    """Style or script of ours; it must not end its element early."""
    if "</" in text or "<!--" in text:
        raise InputError("text", "style and script of a page may not hold a tag")
    return Markup(text)  # nosec B704 # noqa: S704 - ours, and checked


def own_picture(svg: str) -> Markup:
    """A picture of `psephos.plots.svg` as it stands.

    Raises
    ------
    InputError
        If it holds anything but shapes and text, or refers to something outside itself.

    Examples
    --------
    >>> own_picture("<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>")
    Traceback (most recent call last):
        ...
    psephos.errors.InputError: svg: may not hold a <script>
    """
    for element in ET.fromstring(svg).iter():  # nosec B314 # noqa: S314 - ours
        tag = element.tag.removeprefix("{http://www.w3.org/2000/svg}")
        if tag not in _ELEMENTS:
            raise InputError("svg", f"may not hold a <{tag}>")
        for name, value in element.attrib.items():
            outside = (name == "href" and not value.startswith("#")) or ("url(" in value and "url(#" not in value)
            if not _ATTRIBUTES.fullmatch(name) or outside:
                raise InputError("svg", f"may not hold {name}={value!r:.60}")
    return Markup(svg)  # nosec B704 # noqa: S704 - ours, and checked


def source_hash(text: str) -> str:
    """How a content security policy names a style or script.

    Examples
    --------
    >>> source_hash("")
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
