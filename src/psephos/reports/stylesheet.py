"""How do pages look? The rules stand in ``psephos.css``, the colours come from the one table of tokens.

The review app serves the same text.
"""

from __future__ import annotations

from functools import cache

from markupsafe import Markup

from psephos.plots.tokens import THEMES, TOKENS, Theme, colour
from psephos.reports.trusted import own_file, own_text


@cache
def stylesheet() -> Markup:
    """The whole stylesheet: tokens of both themes, classes by which pictures follow the theme, and the rules.

    Examples
    --------
    >>> "--accent: #0B5FA5;" in stylesheet()
    True
    """
    light, dark = map(_properties, THEMES)
    tokens = f"""\
:root {{ color-scheme: light; {light} }}
@media screen and (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{ color-scheme: dark; {dark} }} }}
@media screen {{ :root[data-theme="dark"] {{ color-scheme: dark; {dark} }} }}
"""
    follow = "".join(
        f".{part}-{token} {{ {part}: var(--{token}); }}\n" for token in TOKENS for part in ("fill", "stroke")
    )
    return own_text(f"{tokens}{follow}{own_file('psephos.css')}")


def _properties(theme: Theme) -> str:
    return " ".join(f"--{token}: {colour(token, theme)};" for token in TOKENS)
