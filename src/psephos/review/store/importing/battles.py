"""How are the votes of an arena reviewed: as labels of who is better.

Each question with the same two models is one item, whoever stood left; a vote is the label that names the model that
won, ``tie`` or ``both bad``; each vote without a voter is of somebody else. A vote that names no question is of a
battle of its own: who met the same two models again saw other answers, and both votes count.

What a vote without names is called must stay the same when its log has grown and is loaded again, and must not be what
a vote of another log is called. A vote that says when it was cast is called by what it says, and by its number among
those that say the same; any other by what it says and all such votes before it in the log, of which only the beginning
of the same log has the same. The models stand in the table about items as ``left`` and ``right``, so that what was
settled is a table of battles again (`exporting.preferences`).

Source: sheet 90 section 6 (import of Arena battle logs). Differs: nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter

import polars as pl

from psephos.opinions.frames import from_frame
from psephos.opinions.model import Opinions

TIE, BOTH_BAD = "tie", "both bad"
_OUTCOMES = {"tie": TIE, "both_bad": BOTH_BAD}
_SAID = ("left", "right", "winner", "voter", "item", "task", "time")
_DIGITS = 16
"""Of a name in base 16: two of a million votes share one by a chance of 1 in 37 million."""


def votes_as_labels(battles: Opinions) -> Opinions:
    """The votes of battles as labels.

    Parameters
    ----------
    battles : Opinions of kind battles

    Returns
    -------
    Opinions of kind labels
        One for each vote; of several votes of a voter on one question and pair the last counts.

    Examples
    --------
    >>> from psephos.opinions import battles
    >>> votes = battles(["x", "y"], ["y", "x"], ["left", "tie"], voter=["ann", "bob"], item=["q", "q"])
    >>> votes_as_labels(votes).frame().select("item", "voter", "label").rows()
    [('q: x / y', 'ann', 'x'), ('q: x / y', 'bob', 'tie')]
    """
    frame = battles.frame()
    for name in ("item", "voter"):
        if name not in frame.columns:
            frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(name))
    frame = frame.with_columns(_names(frame))
    anybody = pl.format("somebody {}", "name")
    frame = frame.with_columns(
        pl.min_horizontal("left", "right").alias("first"),
        pl.max_horizontal("left", "right").alias("second"),
        pl.col("voter").fill_null(anybody),
    )
    pair = pl.format("{} / {}", "first", "second")
    alone = pl.format("{}, battle {}", pair, "name")
    won = (
        pl.when(pl.col("winner") == "left")
        .then(pl.col("left"))
        .when(pl.col("winner") == "right")
        .then(pl.col("right"))
        .otherwise(pl.col("winner").replace(_OUTCOMES))
    )
    votes = frame.select(
        pl.when(pl.col("item").is_null()).then(alone).otherwise(pl.format("{}: {}", "item", pair)).alias("name"),
        "voter",
        won.alias("label"),
        "first",
        "second",
        *(pl.col(name) for name in ("task", "time", "weight") if name in frame.columns),
    ).rename({"name": "item"})
    about = votes.select("item", pl.col("first").alias("left"), pl.col("second").alias("right")).unique(
        "item", keep="first", maintain_order=True
    )
    return from_frame(votes.drop("first", "second"), kind="labels", about={"items": about}, repeated="last")


def _names(frame: pl.DataFrame) -> pl.Series:
    """A name for each vote that depends on what it says, and on the votes before it."""
    said = [column for column in _SAID if column in frame.columns]
    timed = "time" in said
    alike: Counter[str] = Counter()
    before, names = "", []
    for row in frame.select(said).iter_rows():
        words = json.dumps(row, default=str)
        if timed and row[-1] is not None:
            alike[words] += 1
            names.append(_hashed(words, alike[words]))
        else:
            before = _hashed(words, before)
            names.append(before)
    return pl.Series("name", names, dtype=pl.String)


def _hashed(*parts: str | int) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:_DIGITS]
