r"""Do voters err together more often than independent voters would?

**Kin.** For each pair of voters count on how many items both give the same answer, and not the leading one. If they err
independently, this is about Poisson with

    expected_uv = c e_u e_v sum over their items of a_i,

e the share of their votes that are not with the lead, a_i the chance that two wrong answers on such an item are the
same, and c what all voters have in common: the median over pairs of what is counted over what is expected (items differ
in difficulty, so it is above 1). A model that knows which items are hard has its own chances in place of e. Pairs far
above it, after Holm's adjustment, are kin: one copied, or both learnt the same. Of their wrong answers they share a
part r_uv beyond what is expected; and a voter counts

    weight_v = 1 / (1 + sum over kin of r_uv),

so a clique of copies counts about as one voter. Where most votes are wrong it is those who are right that answer
alike; so weights are only taken if the choices that follow have about as many votes behind them as those without.

Source: ours; the conditional independence that is tested is that of Dawid and Skene (1979). Among many voters those
with most votes are compared (`COMPARED`). Whether items differ in difficulty tells `psephos.consensus.overdispersion`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl

from psephos.consensus.truth_inference.cast_votes import Ballots, Codes, Floats, Places
from psephos.opinions.wording import first_of
from psephos.statistics import adjust

COMPARED = 200
"""Voters that are compared pair by pair: those with most votes."""

LEVEL = 0.001
"""Adjusted p at which a pair is called kin: a warning must not cry wolf."""

LEAST_SHARED = 0.2
"""Kin share at least this part of their wrong answers."""

_NAMED = 4


@dataclass(frozen=True, eq=False)
class Kin:
    """Voters that answer alike.

    Attributes
    ----------
    pairs : polars.DataFrame
        The clearest first: voter, other, together (same wrong answers), expected, shared (part of the wrong answers
        beyond), p (adjusted).
    groups : list of list of str
        Voters connected by these pairs, the largest group first.
    weight : ndarray of float64, shape (n_voters,)
        What a vote of each counts; 1 without kin.
    """

    pairs: pl.DataFrame
    groups: list[list[str]]
    weight: Floats

    def notes(self) -> list[str]:
        """The finding in a sentence, none if there are no kin."""
        if self.pairs.is_empty():
            return []
        first = self.pairs.row(0, named=True)
        shown = first_of([first_of(group, _NAMED) for group in self.groups], _NAMED, sign="; ")
        shown += " groups" if len(self.groups) > _NAMED else ""
        example = (
            f"{first['voter']} and {first['other']} give the same wrong answer {first['together']:,} times where "
            f"{first['expected']:.1f} are expected"
        )
        counted = sum(map(len, self.groups))
        related = f"{counted:,} voters count as {self.weight[self.weight < 1].sum():.1f}"
        return [f"voters answer alike: {shown} ({example}); these {related}"]


def kin(
    ballots: Ballots, names: pl.Series, chosen: Codes | None = None, chances: Iterable[Floats] | None = None
) -> Kin:
    """Find voters that answer alike.

    Parameters
    ----------
    ballots : Ballots
    names : polars.Series of String
        Names of the voters.
    chosen : ndarray of int32, shape (n_items,), optional
        What is taken as right; the choices with most votes if not given.
    chances : iterable of ndarray of float64, shape (n_ballots,), optional
        Chance that each ballot is wrong, as a model has it that knows which items are hard: the expected number is the
        sum over these of the products of two voters on their common items. Their shares of wrong votes if not given.
    """
    who = _compared(ballots.per_voter(np.ones(len(ballots))), names)
    column = np.full(ballots.n_voters, -1, dtype=np.int64)
    column[who] = np.arange(len(who))
    lead = leading(ballots) if chosen is None else chosen
    item = ballots.item_of_ballot
    kept = column[ballots.voter] >= 0
    item, choice, voter = item[kept], ballots.choice[kept], column[ballots.voter[kept]]
    wrong = choice != lead[item]
    alike = _alike(choice[wrong], lead[item[wrong]], ballots.n_choices)[lead[item]]
    together = _met(item[wrong] * np.int64(ballots.n_choices) + choice[wrong], voter[wrong], None, len(who))
    votes = np.bincount(voter, minlength=len(who))
    missed = np.bincount(voter[wrong], minlength=len(who))
    root = np.sqrt(alike)
    if chances is None:
        share = missed / np.maximum(votes, 1)
        expected = _met(item, voter, root, len(who)) * np.outer(share, share)
    else:
        expected = np.zeros((len(who), len(who)))
        for chance in chances:  # one at a time: each is as long as the votes
            expected += _met(item, voter, root * chance[kept], len(who))
    return _kin(together, expected, np.minimum.outer(missed, missed), who, names)


def _compared(votes: Floats, names: pl.Series) -> Places:
    """The voters that are compared: those with most votes, of equals those first by name."""
    order = np.lexsort((names.rank("ordinal").to_numpy(), -votes))
    return np.sort(order[: min(COMPARED, int((votes > 0).sum()))])


def leading(ballots: Ballots) -> Codes:
    """The known answer of each item, or the choice with most votes, of equals the first."""
    weight = np.ones(len(ballots)) if ballots.weight is None else ballots.weight
    votes = np.add.reduceat(weight, ballots.pair_first[:-1])
    most = np.maximum.reduceat(votes, ballots.pair_start[:-1])
    leads = votes >= np.repeat(most, np.diff(ballots.pair_start)) * (1 - 1e-9)
    first = np.minimum.reduceat(np.where(leads, np.arange(len(votes)), len(votes)), ballots.pair_start[:-1])
    lead = ballots.choice[ballots.pair_first[:-1]][first]
    return lead if ballots.known is None else np.where(ballots.known >= 0, ballots.known, lead).astype(np.int32)


def _alike(said: Codes, truth: Codes, n_choices: int) -> Floats:
    """Chance that two wrong answers are the same, for each truth; one wrong answer more is spread over all choices."""
    cells, votes = np.unique(truth * np.int64(n_choices) + said, return_counts=True)
    total = np.bincount(cells // n_choices, weights=votes, minlength=n_choices)
    squares = np.bincount(cells // n_choices, weights=votes.astype(np.float64) ** 2, minlength=n_choices)
    spread = 1 / (n_choices - 1)
    return np.asarray((squares + 2 * total * spread + spread) / (total + 1) ** 2, dtype=np.float64)


def _met(row: Places, column: Places, value: Floats | None, width: int) -> Floats:
    """For each pair of columns the sum over their common rows of the product of their values."""
    from scipy.sparse import csr_array

    row = np.unique(row, return_inverse=True)[1]
    shape = (int(row.max(initial=-1)) + 1, width)
    cells = csr_array((np.ones(len(row)) if value is None else value, (row, column)), shape=shape)
    return np.asarray((cells.T @ cells).toarray(), dtype=np.float64)


def _kin(together: Floats, expected: Floats, wrong: Floats, who: Places, names: pl.Series) -> Kin:
    """Poisson tails of all pairs against what all have in common, adjusted."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components
    from scipy.special import pdtrc

    left, right = np.triu_indices(len(who), 1)
    count, rate = together[left, right], np.maximum(expected[left, right], 1e-12)
    enough = rate >= 1
    common = max(1.0, float(np.median(count[enough] / rate[enough]))) if enough.any() else 1.0
    rate = common * rate
    p = np.where(count > 0, pdtrc(np.maximum(count - 1, 0), rate), 1.0)
    p = adjust(p, "holm") if len(p) else p
    room = np.maximum(wrong[left, right] - rate, 1.0)
    shared = np.clip((count - rate) / room, 0.0, 1.0)
    related = np.flatnonzero((p <= LEVEL) & (shared >= LEAST_SHARED))
    related = related[np.lexsort((right[related], left[related], -shared[related]))]
    one, other = left[related], right[related]
    voters = names.gather(who)
    pairs = pl.DataFrame(
        {
            "voter": voters.gather(one),
            "other": voters.gather(other),
            "together": count[related].astype(np.int64),
            "expected": rate[related],
            "shared": shared[related],
            "p": p[related],
        }
    )
    extra = np.bincount(one, shared[related], len(who)) + np.bincount(other, shared[related], len(who))
    weight = np.ones(len(names))
    weight[who] = 1 / (1 + extra)
    linked = csr_array((np.ones(len(one)), (one, other)), shape=(len(who), len(who)))
    group = connected_components(linked, directed=False)[1]
    found = [np.flatnonzero(group == number) for number in np.flatnonzero(np.bincount(group, minlength=1) > 1)]
    members = [voters.gather(places).sort().to_list() for places in found]
    return Kin(pairs, sorted(members, key=lambda names: (-len(names), names)), weight)
