"""Further opinions beside those that are there."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from psephos.errors import InputError
from psephos.opinions.building import build
from psephos.opinions.kinds import ABOUT, kind_named
from psephos.opinions.model import Opinions, Source


def appended(opinions: Opinions, more: Opinions) -> Opinions:
    """Both as one, as if they had been read together: rows of `more` come later.

    A voter that contradicts what it said before counts as the same row would in one file; see
    `psephos.opinions.repeats`. Of tables about things that both have, rows of the first count.

    Raises
    ------
    InputError
        If they are of different kinds.

    Examples
    --------
    >>> from psephos.opinions import labels
    >>> print(appended(labels(["a"], ["x"], [1]), labels(["a", "b"], ["y", "x"], [2, 1])))
    3 labels (2 items, 2 voters, 2 labels) from data, data
    """
    if opinions.kind != more.kind:
        raise InputError("more", f"must be {opinions.kind}, got {more.kind}")
    frame = pl.concat([opinions.frame(), more.frame()], how="diagonal_relaxed")
    tables = dict(more.about.tables)
    for name, table in opinions.about.tables.items():
        if name in tables:
            table = pl.concat([table, tables[name]], how="diagonal_relaxed").unique(
                ABOUT[name], keep="first", maintain_order=True
            )
        tables[name] = table
    together = build(kind_named(opinions.kind), frame, about=tables)
    first, second = opinions.source, more.source
    return replace(
        together,
        issues=opinions.issues + more.issues + together.issues,
        source=Source((*first.names, *second.names), (*first.sha256, *second.sha256)),
    )
