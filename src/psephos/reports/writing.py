"""From a result to the text of its page, and to a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from psephos import __version__
from psephos.engine import atomic_write
from psephos.errors import check_choice
from psephos.opinions.outcomes import Result
from psephos.opinions.wording import plural
from psephos.plots.style import decimal, share
from psephos.plots.tokens import THEMES
from psephos.reports import words
from psephos.reports.agreement import agreement_page
from psephos.reports.anything import plain_page
from psephos.reports.measurement import measurement_page
from psephos.reports.page import Page, why_no_pictures
from psephos.reports.peer_review import peer_review_page
from psephos.reports.ranking import ranking_page
from psephos.reports.stylesheet import stylesheet
from psephos.reports.transcripts import transcripts_page
from psephos.reports.trusted import own_file, source_hash
from psephos.reports.verdict import verdict_page

PAGES: dict[str, Callable[..., Page]] = {
    "TranscriptVerdict": transcripts_page,
    "Verdict": verdict_page,
    "Agreement": agreement_page,
    "Measurement": measurement_page,
    "Ranking": ranking_page,
    "PeerReviewStudy": peer_review_page,
}
"""The page of each result type, by the name of its class; see `psephos.plots.picking.PICTURES`."""


def report(result: Result, *, theme: str = "auto", **parts: Any) -> str:
    """The page of a result: one HTML text that needs nothing else.

    Parameters
    ----------
    result : Result
        A `Verdict`, an `Agreement`, or any other result.
    theme : {"auto", "light", "dark"}, default "auto"
        How the page looks when it opens; ``"auto"`` is what the reader's system prefers. A switch is on the page.
    **parts
        What else the page shows. Of a verdict: `gold` (an `AgainstGold`; what the opinions know if not given, None for
        nothing), `agreement` (an `Agreement`, or the table of `psephos.agreement.pairwise_agreement`, which is made if
        not given; None for nothing) and `rows` (how many rows of the queue, 200). Of one on transcripts, `gold` is an
        `AgainstReferences`. `psephos decide --report` writes the same page.

    Returns
    -------
    str
        HTML with its style, script and pictures inside.

    Raises
    ------
    InputError
        If `theme` is unknown.

    Examples
    --------
    >>> from psephos.consensus import majority
    >>> from psephos.opinions import from_matrix
    >>> page = report(majority(from_matrix([["a", "a", "a"], ["a", "b", "c"]])))
    >>> page[:15], "Check 1 item first" in page
    ('<!DOCTYPE html>', True)
    """
    check_choice("theme", theme, ("auto", *THEMES))
    names = [base.__name__ for base in type(result).__mro__]
    make = next((PAGES[name] for name in names if name in PAGES), plain_page)
    page = make(result, **parts)
    style, script = stylesheet(), own_file("report.js")
    policy = (
        f"default-src 'none'; style-src {source_hash(style)}; script-src {source_hash(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    template = templates().get_template(page.template)
    return template.render(
        page=page,
        result=result,
        theme=theme,
        policy=policy,
        style=style,
        script=script,
        version=__version__,
        why_no_pictures=why_no_pictures(),
        **page.says,
    )


def write_report(result: Result, path: str | os.PathLike[str], **options: Any) -> None:
    """Write the page of a result to a file, whole or not at all.

    Parameters
    ----------
    result : Result
        What the page is about.
    path : str or path-like
        The file to write or replace.
    **options
        As of `report`.

    Raises
    ------
    InputError
        If the file cannot be written.

    See Also
    --------
    psephos.plot : one picture.
    psephos.reports.report : the page as a text.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from psephos.consensus import majority
    >>> from psephos.opinions import from_matrix
    >>> file = Path(tempfile.mkdtemp()) / "verdict.html"
    >>> write_report(majority(from_matrix([["a", "a", "a"], ["a", "b", "c"]])), file)
    >>> file.stat().st_size > 10_000
    True
    """
    page = report(result, **options)
    with atomic_write(path) as file:
        file.write(page)


@cache
def templates() -> Environment:
    """The templates: everything is escaped, and a name that is not there is an error."""
    environment = Environment(
        loader=PackageLoader("psephos.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "certainty": words.certainty,
        "decimal": decimal,
        "plural": plural,
        "share": share,
        "shown": words.shown,
    }
    environment.globals["interval"] = words.interval
    return environment
