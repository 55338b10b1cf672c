r"""Do two systems recommend the same items, and in the same order?

For each user with a list of both, cut at k,

    jaccard = items of both / items of either        kendall = (agreeing - opposed pairs) / pairs

of the items of both, by their *places* in the two lists; the numbers of two systems are means over users. A re-ranker
whose lists of the same candidates, shuffled three times, have a low tau goes by where it was shown an item.

Source: sheet 12. Differs: the study correlates names of items where places are meant (lists 20, 10, 30 and 20, 30, 10
are 1/3 alike, and not opposed).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.metrics.conventions import ends_within
from psephos.metrics.recommendation.coding import Counts, Floats, one_vocabulary
from psephos.metrics.recommendation.tables import runs_of
from psephos.metrics.recommendation.user_metrics import mean_column
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result
from psephos.statistics import Interval, normal_interval

SHOWN = 12
"""Pairs of systems that the summary tells."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class ListSimilarity(Result):
    """How alike the lists of systems are, pair by pair.

    Attributes
    ----------
    values : polars.DataFrame
        The rows of `table`.
    k : int or None
        Cut of the lists.
    level : float
        Coverage of the intervals.

    Examples
    --------
    >>> print(list_similarity({"one": {"u": ["a", "b"]}, "other": {"u": ["b", "c"]}}, 2))
    one and other, jaccard@2  .333 (n = 1)
    one and other, kendall@2  undefined (n = 0, 1 left out)
    """

    values: pl.DataFrame
    k: int | None
    level: float

    def table(self) -> pl.DataFrame:
        """left, right, measure (jaccard, kendall), value, low, high, standard_error, users, left_out (users with a list
        of one system alone, or for Kendall's tau fewer than two items in common); null where no user is left.
        """
        return self.values

    def summary(self) -> list[tuple[str, str]]:
        """Each pair of systems by both measures."""
        cut = "" if self.k is None else f"@{self.k}"
        lines = []
        for row in self.values.head(2 * SHOWN).iter_rows(named=True):
            value, low, high = (math.nan if row[name] is None else row[name] for name in ("value", "low", "high"))
            said = "undefined" if math.isnan(value) else str(Interval(value, low, high, self.level))
            left_out = f", {row['left_out']:,} left out" if row["left_out"] else ""
            name = f"{row['left']} and {row['right']}, {row['measure']}{cut}"
            lines.append((name, f"{said} (n = {row['users']:,}{left_out})"))
        more = self.values.height // 2 - SHOWN
        return lines + ([("more", f"{more:,} further pairs")] if more > 0 else [])


def list_similarity(
    runs: object, k: int | None = 10, *, baseline: str | None = None, order: str | None = None, level: float = 0.95
) -> ListSimilarity:
    """How alike the lists of systems are, for every pair of systems.

    Parameters
    ----------
    runs : data frame or mapping
        Several systems; as of `evaluate`. An item that a list has twice counts once, where it comes first.
    k : int or None, default 10
        Cut of the lists; None: whole lists.
    baseline : str, optional
        Compare each system with this one only.
    order : {"rank", "score", "given"}, optional
        What sorts a run; as of `evaluate`.
    level : float, default 0.95
        Coverage of the intervals.

    Returns
    -------
    ListSimilarity
        With `table()`: a row for each pair of systems and each of ``jaccard`` and ``kendall``.

    Raises
    ------
    InputError
        If there are not two systems, one is unknown, or as of `evaluate`.

    See Also
    --------
    evaluate : how good lists are.
    psephos.plots.list_similarity_plot : a picture of it.

    Examples
    --------
    >>> found = list_similarity({"one": {"u": [20, 10, 30]}, "other": {"u": [20, 30, 10]}})
    >>> found.table().select("measure", "value").rows()
    [('jaccard', 1.0), ('kendall', 0.3333333333333333)]
    """
    check_number("level", level, low=0, high=1, open_ends=True)
    deepest = None if k is None else check_count("k", k)
    named = runs_of(runs, order)
    if len(named) < 2:
        raise InputError("runs", f"give two or more, got {len(named)}", hint="several runs are {'name': run, ...}")
    if baseline is not None:
        check_choice("baseline", baseline, tuple(named))
    users, user_codes = one_vocabulary([one.users for one in named.values()])
    items, item_codes = one_vocabulary([one.items for one in named.values()])
    tops = {}
    for (name, run), user, item in zip(named.items(), user_codes, item_codes, strict=True):
        assert run.keys is not None  # noqa: S101 - runs have keys
        tops[name] = _tops(user.astype(np.int64), item.astype(np.int64), run.keys, len(items), deepest)
    pairs = list(itertools.combinations(named, 2))
    if baseline is not None:
        pairs = [(baseline, name) for name in named if name != baseline]
    rows = []
    for left, right in pairs:
        for measure, own, possible in _of_users(tops[left], tops[right], len(users), len(items)):
            least = 0.0 if measure == "jaccard" else -1.0
            held = ~np.isnan(own)
            found = mean_column(own, held, possible, "", bounded=measure == "jaccard")
            low, high = (float(end) for end in normal_interval(found.value, found.standard_error, level))
            ends = ends_within(low, high, least)
            rows.append((left, right, measure, found.value, *ends, found.standard_error, found.users, found.left_out))
    floats = dict.fromkeys(("value", "low", "high", "standard_error"), pl.Float64)
    schema = dict.fromkeys(("left", "right", "measure"), pl.String) | floats | {"users": pl.Int64, "left_out": pl.Int64}
    parameters = {"k": deepest, "baseline": baseline, "level": level}
    return ListSimilarity(
        provenance=Provenance("list_similarity", parameters, Source()),
        values=pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col(pl.Float64).fill_nan(None)),
        k=deepest,
        level=level,
    )


Tops = tuple[Counts, Counts]
"""User and item of each place as one number, ascending, and the place."""


def _tops(user: Counts, item: Counts, keys: Floats, n_items: int, deepest: int | None) -> Tops:
    """The top of each user's list, each item once."""
    named = (user >= 0) & (item >= 0)
    user, item, keys = user[named], item[named], keys[named]
    ordered = np.lexsort((keys, user))
    pair = user[ordered] * n_items + item[ordered]
    first = np.sort(np.unique(pair, return_index=True)[1])
    pair = pair[first]
    owner = pair // n_items
    place = np.arange(len(pair)) - np.searchsorted(owner, owner)
    if deepest is not None:
        pair, place = pair[place < deepest], place[place < deepest]
    ascending = np.argsort(pair)
    return pair[ascending], place[ascending]


def _of_users(one: Tops, other: Tops, n_users: int, n_items: int) -> list[tuple[str, Floats, int]]:
    """Both measures of each user, NaN where undefined, and how many users have a list."""
    lengths = [np.bincount(pair // n_items, minlength=n_users).astype(np.float64) for pair, _ in (one, other)]
    both, at, where = np.intersect1d(one[0], other[0], assume_unique=True, return_indices=True)
    owner = both // n_items
    common = np.bincount(owner, minlength=n_users).astype(np.float64)
    there = (lengths[0] > 0) & (lengths[1] > 0)
    jaccard = np.full(n_users, np.nan)
    np.divide(common, lengths[0] + lengths[1] - common, out=jaccard, where=there)

    left, right = one[1][at], other[1][where]
    down = np.lexsort((left, owner))
    owner, right = owner[down], right[down]
    agreed = np.zeros(n_users)
    for apart in range(1, int(common.max(initial=0))):  # pairs of places that are so far apart in the left list
        same = owner[apart:] == owner[:-apart]
        turned = np.sign(right[apart:] - right[:-apart])[same]
        agreed += np.bincount(owner[apart:][same], weights=turned, minlength=n_users)
    pairs = common * (common - 1) / 2
    kendall = np.full(n_users, np.nan)
    np.divide(agreed, pairs, out=kendall, where=pairs > 0)
    possible = int(((lengths[0] > 0) | (lengths[1] > 0)).sum())
    return [("jaccard", jaccard, possible), ("kendall", kendall, possible)]
