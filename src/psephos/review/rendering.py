"""How does a page become HTML?

Templates are of this package and escape everything; nothing is marked safe but the one text of script data that is
written as JSON without the signs that could end it. A page is rendered in the language of its reader.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from psephos.opinions.wording import true_minus
from psephos.plots.style import decimal, share
from psephos.reports import words
from psephos.review.context import Context
from psephos.review.keys import bindings_of
from psephos.review.languages import LANGUAGES, best_language, counted, retold, translated
from psephos.review.languages.numbers import amount, decimal_mark, figures, grouped
from psephos.review.security import csrf_token

PANES = ("queue", "decision")
"""Panes beside the evidence that can be folded away; which are is kept with the person."""

HTMX = '{"allowEval":false,"includeIndicatorStyles":false,"selfRequestsOnly":true,"historyEnabled":false}'


@cache
def templates(language: str) -> Environment:
    """The templates in one language: everything is escaped, and a name that is not there is an error."""
    environment = Environment(
        loader=PackageLoader("psephos.review"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: translated(language, text),
        lambda one, many, count: counted(language, one, many, count),
        newstyle=True,
    )

    def here(written: Callable[..., str]) -> Callable[..., str]:
        """The same number with the marks of the language."""
        return lambda *given: figures(written(*given), language)

    filters: dict[str, Any] = {
        "amount": here(amount),
        "certainty": lambda value: translated(language, "none") if value is None else here(words.certainty)(value),
        "count": lambda number: grouped(number, language),
        "day": lambda text: moment(f"{text}T00:00:00", language).split()[0],
        "decimal": here(decimal),
        "figures": here(str),
        "keymap": lambda bindings: {key: [one.command, one.where] for one, key in bindings if key},
        "lasting": words.lasting,
        "moment": lambda at: moment(at, language),
        "retold": lambda text: retold(language, text),
        "plain": here(lambda number: true_minus(f"{number:g}")),
        "share": here(share),
        "shown": lambda text, most=words.MOST: words.shown(text, most, say=lambda own: translated(language, own)),
        "signed_short": here(lambda number: true_minus(f"{number:+.1f}") if abs(number) >= 0.05 else "0"),
        "signed": here(lambda number: true_minus(f"{number:+.2f}")),
        "data": as_data,
        "word": lambda text: translated(language, str(text)),
        "tojson_text": lambda value: json.dumps(value, ensure_ascii=False),
    }
    environment.filters |= filters
    environment.globals |= {
        "language": language,
        "decimal_mark": decimal_mark(language),
        "languages": LANGUAGES,
        "htmx": HTMX,
    }
    return environment


def page(
    here: Context,
    template: str,
    says: Mapping[str, Any],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    cookie: str = "",
) -> HTMLResponse:
    """The page of a template for whoever asks; `cookie` is the one that comes with it, if a new one does."""
    language = language_of(here)
    cookie = cookie or here.cookie
    text = (
        templates(language)
        .get_template(template)
        .render(
            dict(says)
            | {
                "here": here,
                "caller": here.caller,
                "local": here.settings.mode == "local",
                "csrf": csrf_token(cookie) if cookie else "",
                "theme": str(here.caller.preferences.get("theme", "")),
                "single_keys": bool(here.caller.preferences.get("single_keys", True)),
                "bindings": bindings_of(here.caller.preferences.get("keys", {})),
                "idle": here.settings.idle_minutes,
                "folded": [name for name in PANES if name in here.caller.preferences.get("folded", ())],
            }
        )
    )
    return HTMLResponse(text, status, headers=dict(headers or {}) | {"content-language": language})


def language_of(here: Context) -> str:
    """The language of whoever asks."""
    return best_language(here.caller.locale, here.request.headers.get("accept-language", ""))


def as_data(value: Any) -> Markup:
    r"""A value as JSON inside of a script element of data, which the text in it cannot end.

    Examples
    --------
    >>> print(as_data({"a": "</script>"}))
    {"a":"\u003c/script\u003e"}
    """
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # nosec B704 # noqa: S704 - no sign is left that HTML knows


def moment(at: datetime | str | None, language: str) -> str:
    """A time, to the minute, in UTC.

    Examples
    --------
    >>> moment("2026-01-02T03:04:05.000000Z", "en"), moment("2026-01-02T03:04:05.000000Z", "de")
    ('2026-01-02 03:04', '02.01.2026 03:04')
    """
    if at is None:
        return ""
    time = datetime.fromisoformat(at) if isinstance(at, str) else at
    return time.strftime("%d.%m.%Y %H:%M" if language == "de" else "%Y-%m-%d %H:%M")
