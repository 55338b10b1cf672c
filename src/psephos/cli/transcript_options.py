"""Options of `decide` that are about transcripts, and reading what they say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from psephos.opinions import Opinions, Shards

_PANEL = "Transcripts"

Vote = Annotated[
    str,
    typer.Option(
        rich_help_panel=_PANEL, help="count, or weighted: by how reliable each and its confidences prove to be."
    ),
]
Order = Annotated[
    str, typer.Option(rich_help_panel=_PANEL, help="Which transcript is merged first: medoid (the nearest), given.")
]
Realign = Annotated[
    bool, typer.Option("--realign", rich_help_panel=_PANEL, help="Merge transcripts again while they fit better.")
]
Collar = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS", min=0, rich_help_panel=_PANEL, help="Words further apart in time are never the same."
    ),
]
Meant = Annotated[
    bool,
    typer.Option(
        "--meant", rich_help_panel=_PANEL, help="What is said alike is the same: 50mg and fifty milligrams, 2nd, 1/2."
    ),
]
Numbers = Annotated[
    bool, typer.Option("--numbers", rich_help_panel=_PANEL, help="Number words are the same as digits.")
]
Language = Annotated[str, typer.Option(rich_help_panel=_PANEL, help="Whose negations, units, numbers: en, de.")]
Words = Annotated[
    Path | None,
    typer.Option(metavar="FILE.toml", rich_help_panel=_PANEL, help="Lists of words of your own instead."),
]
QueueBy = Annotated[
    str,
    typer.Option(
        rich_help_panel=_PANEL,
        help="Listen first to what does most harm (risk), most errors for the words (errors), for the time (time).",
    ),
]
LongestSpan = Annotated[
    int, typer.Option(min=1, rich_help_panel=_PANEL, help="Words that a place of the queue by risk has at most.")
]
References = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", rich_help_panel=_PANEL, help="True texts: a table of item and reference, or STM, CTM, text."
    ),
]
Fixes = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        rich_help_panel=_PANEL,
        help="What you put right: item, position, token; taken as certain, and learnt from.",
    ),
]

DEFAULTS: dict[str, Any] = {
    "vote": "count",
    "order": "medoid",
    "realign": False,
    "collar": None,
    "meant": False,
    "numbers": False,
    "language": "en",
    "words": None,
    "queue_by": "risk",
    "longest_span": 8,
    "references": None,
    "fixes": None,
}


def asked_for(opinions: Opinions | Shards, given: dict[str, Any]) -> dict[str, Any]:
    """The options about transcripts that ask for something, by name.

    Parameters
    ----------
    opinions : Opinions or Shards
    given : dict
        All of them, as they were typed; those at their default ask for nothing.

    Raises
    ------
    InputError
        An option that asks for something, where these are no transcripts.
    """
    from psephos.errors import InputError

    asked = {name: value for name, value in given.items() if value != DEFAULTS[name]}
    if asked and opinions.kind != "transcripts":
        raise InputError(
            f"--{next(iter(asked)).replace('_', '-')}", f"is about transcripts, and these are {opinions.kind}"
        )
    return asked
