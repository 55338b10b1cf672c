"""What is known of the items, voters, candidates and tasks themselves?

One keyed table each: gold labels, topics, groups, prices, prompts. A row whose key occurs in no opinion, or
occurs twice, takes no part and is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from psephos.errors import InputError
from psephos.opinions.coding import canonical, storable
from psephos.opinions.issues import NOTED, SET_ASIDE, Issue
from psephos.opinions.kinds import ABOUT, aliases, listed


@dataclass(frozen=True, eq=False)
class About:
    """Tables about things, each with its key column (``item``, ``voter``, ``candidate``, ``task``) first.

    Prices, groups, right answers, directions: what is known of a thing, whoever voted. Keys that occur in no opinion
    are noted in the issues.
    """

    items: pl.DataFrame | None = None
    voters: pl.DataFrame | None = None
    candidates: pl.DataFrame | None = None
    tasks: pl.DataFrame | None = None

    def column(self, table: str, column: str, keys: pl.Series) -> pl.Series | None:
        """Values of `column` for `keys` in their order, null where unknown; None if there is no such column.

        Examples
        --------
        >>> about, _ = About.checked({"items": pl.DataFrame({"item": ["a", "b"], "gold": ["x", "y"]})}, {})
        >>> about.column("items", "gold", pl.Series(["b", "c"])).to_list()
        ['y', None]
        """
        known: pl.DataFrame | None = getattr(self, table)
        if known is None or column not in known.columns:
            return None
        key = ABOUT[table]
        asked = pl.DataFrame({key: keys.cast(pl.String)})
        return asked.join(known.select(key, column), on=key, how="left", maintain_order="left")[column]

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables that are there, by name."""
        return {name: table for name in ABOUT if (table := getattr(self, name)) is not None}

    @staticmethod
    def checked(
        tables: Mapping[str, pl.DataFrame], vocabularies: Mapping[str, pl.Series]
    ) -> tuple[About, tuple[Issue, ...]]:
        """Check tables against the ids that occur in the opinions.

        Parameters
        ----------
        tables : mapping of str to polars.DataFrame
            By what they are about, a key of `ABOUT`.
        vocabularies : mapping of str to polars.Series
            Ids of the opinions by column.

        Returns
        -------
        about : About
            Tables whose key column is called by its own name, each key once.
        issues : tuple of Issue
            Rows without a key or with one that was there before, set aside; keys that occur in no opinion, noted.

        Raises
        ------
        InputError
            `about`: there are no such tables, or one has no column of keys.
        """
        kept: dict[str, pl.DataFrame] = {}
        issues: list[Issue] = []
        for name, table in tables.items():
            if name not in ABOUT:
                raise InputError("about", f"there are tables about {', '.join(ABOUT)}, not about {name!r}")
            key = ABOUT[name]
            column = next((one for one in (key, *aliases(key)) if one in table.columns), None)
            if column is None:
                raise InputError(
                    "about",
                    f"the table about {name} has no column {key!r} among {listed(table.columns)}",
                    hint="its first column names what it is about",
                )
            table = table.rename({column: key})
            keys = canonical(table[key]).cast(pl.String)
            table = table.with_columns(keys.alias(key)).select(key, pl.exclude(key))
            source = f"about {name}"
            missing = keys.is_null()
            repeated = ~keys.is_first_distinct() & ~missing
            for bad, reason in ((missing, f"no {key}"), (repeated, f"a second row for one {key}")):
                if bad.any():
                    rows = np.flatnonzero(bad.to_numpy()) + 1
                    issues.append(Issue(reason, SET_ASIDE, source, rows, str(keys.filter(bad)[0] or "")))
            table = storable(table.filter(~missing & ~repeated))
            ids = vocabularies.get(key, pl.Series(dtype=pl.String))
            stray = table[key].filter(~table[key].is_in(ids.implode()))
            if len(stray):
                reason = f"no opinion has this {key}"
                issues.append(Issue(reason, NOTED, source, example=stray[0], count=len(stray)))
            kept[name] = table
        return About(**kept), tuple(issues)
