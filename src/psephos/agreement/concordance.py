"""Which voters rank alike, and who pulls the common order apart?

Two voters agree by the share of pairs of candidates that both put into the same order, (tau + 1) / 2 without ties,
taken over the candidates that both ranked in a task.
"""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import polars as pl

from psephos.agreement.kendall import kendall_w
from psephos.agreement.pairs import MOST_APART, no_pairs
from psephos.opinions.model import Opinions
from psephos.statistics import kendall_tau


def ranked_pairs(opinions: Opinions, level: float) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """left, right, items (candidates both ranked), agreement, low, high, kappa (tau): one row per pair of voters.

    Bounds are those of tau-b on one task; of several tasks there are none.
    """
    n_voters = opinions.size("voter")
    if n_voters > MOST_APART:
        return no_pairs(), (f"{n_voters:,} voters have too many pairs to list",)
    n_candidates = opinions.size("candidate")
    voter, rank = opinions.codes("voter"), opinions.numbers["rank"]
    cell = opinions.codes("candidate").astype(np.int64)
    if "task" in opinions.coded:
        cell += opinions.codes("task").astype(np.int64) * n_candidates
    # What each voter ranked, in order of task and candidate; a table of all three would grow with their product.
    own = [np.flatnonzero((voter == code) & ~np.isnan(rank)) for code in range(n_voters)]
    own = [rows[np.argsort(cell[rows], kind="stable")] for rows in own]
    names, rows = opinions.vocabulary("voter"), []
    for left, right in combinations(range(n_voters), 2):
        both, one, other = np.intersect1d(cell[own[left]], cell[own[right]], return_indices=True)
        cuts = np.flatnonzero(np.diff(both // n_candidates)) + 1
        found = [
            (kendall_tau(*ranks, level=level), len(ranks[0]))
            for ranks in zip(np.split(rank[own[left][one]], cuts), np.split(rank[own[right][other]], cuts), strict=True)
            if len(ranks[0]) >= 2
        ]
        known = [(tau, n * (n - 1) / 2, n) for tau, n in found if not math.isnan(tau.value)]
        if not known:
            continue
        mean = sum(tau.value * weight for tau, weight, _ in known) / sum(weight for _, weight, _ in known)
        ends = (known[0][0].low, known[0][0].high) if len(known) == 1 else (math.nan, math.nan)
        shares = [(one + 1) / 2 for one in (mean, *ends)]
        rows.append((names[left], names[right], sum(n for _, _, n in known), *shares, mean))
    table = pl.DataFrame(
        rows,
        schema=no_pairs().select("left", "right", "items", "agreement", "low", "high", "kappa").schema,
        orient="row",
    )
    return table.with_columns(pl.col("low", "high").fill_nan(None)), ()


def ranked_voters(opinions: Opinions, whole: float) -> pl.DataFrame:
    """voter, without (Kendall's W of the others), change.

    One row per voter. Where W rises without a voter, it ranks unlike the others; null with two voters, or too many of
    them.
    """
    names = opinions.vocabulary("voter")
    without = []
    for code in range(len(names)):
        others = opinions.take(opinions.codes("voter") != code)
        few = len(names) < 3 or len(names) > MOST_APART or not len(others)
        without.append(math.nan if few else kendall_w(others, repeats=0, permutations=0).value)
    table = pl.DataFrame({"voter": names, "without": np.array(without), "change": np.array(without) - whole})
    return table.with_columns(pl.col("without", "change").fill_nan(None))
