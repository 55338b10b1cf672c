"""Which colours mean what?

The one table of colours of pictures, pages and the review app, each for a light and a dark theme. Text is drawn in
`ink` or `muted`; a band is a tint with its mark upon it; nothing is told by colour alone.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal, get_args

from psephos.errors import check_choice

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = get_args(Theme)

TOKENS = MappingProxyType(
    {
        "bg": ("#FBFAF7", "#14161A"),
        "surface": ("#FFFFFF", "#1C1F25"),
        "ink": ("#1B1D21", "#ECEAE4"),
        "muted": ("#5A5F69", "#A5ABB6"),
        "line": ("#D9D7D0", "#343942"),
        "accent": ("#0B5FA5", "#7DB7F0"),
        "risk-tint": ("#FBE0D4", "#4A2318"),
        "risk": ("#B03A1E", "#FF9C80"),
        "middle-tint": ("#FBF0CC", "#40350F"),
        "middle": ("#8A6100", "#E8BE55"),
        "good": ("#1F6F43", "#7CCB9B"),
        "error": ("#B3261E", "#FF9A90"),
    }
)
"""Colour in the light and in the dark theme, by what it is for."""


def colour(token: str, theme: Theme) -> str:
    """The colour of a token.

    Examples
    --------
    >>> colour("ink", "dark")
    '#ECEAE4'
    """
    return TOKENS[token][THEMES.index(theme)]


def token_of(value: str) -> str | None:
    """The token that has this colour in either theme, None if there is none.

    Examples
    --------
    >>> token_of("#0b5fa5")
    'accent'
    """
    wanted = value.upper()
    return next((token for token, pair in TOKENS.items() if wanted in pair), None)


def check_theme(theme: str) -> Theme:
    """Return `theme` if there is such a theme, else raise an `InputError`."""
    check_choice("theme", theme, THEMES)
    return THEMES[THEMES.index(theme)]
