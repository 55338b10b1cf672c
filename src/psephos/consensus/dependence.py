r"""Do voters err together more often than independent voters would?

**Kin.** For each pair of voters count on how many items both give the same answer, and not the leading one. If they err
independently, this is about Poisson with

    expected_uv = c e_u e_v sum over their items of a_i,

e the share of their votes that are not with the lead, a_i the chance that two wrong answers on such an item are the
same, and c what all voters have in common: the median over pairs of what is counted over what is expected (items differ
in difficulty, so it is above 1). Pairs far above it, after Holm's adjustment, are kin: one copied, or both learnt the
same. Of their wrong answers they share a part r_uv beyond what is expected; and a voter counts

    weight_v = 1 / (1 + sum over kin of r_uv),

so a clique of copies counts about as one voter. Where most votes are wrong it is those who are right that answer
alike; so weights are only taken if the choices that follow have about as many votes behind them as those without.

**Overdispersion.** Kin apart, a model of independent voters explains how much the agreement of pairs varies from item
to item. If it varies more than in votes drawn from the fitted model, items differ in difficulty, and the certainty of
the model is too high where voters agree.

Source: ours; the conditional independence that is tested is that of Dawid and Skene (1979). Among many voters those
with most votes are compared (`COMPARED`), among many votes items evenly spread over all (`DRAWN`).
"""

from __future__ import annotations

from collections.abc import Callable
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

DRAWS = 40
DRAWN = 200_000
"""Times that votes are drawn from the model, and most votes that are drawn each time."""

TOO_FAR = 4.0
"""Standard deviations by which agreement varies too much."""

_NAMED = 4
_SEED = 20_140


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


@dataclass(frozen=True)
class Dispersion:
    """How much the agreement of pairs varies from item to item, in the votes and in votes drawn from a model.

    Attributes
    ----------
    measured, expected, deviation : float
        In the votes; mean and standard deviation in drawn ones.
    """

    measured: float
    expected: float
    deviation: float

    @property
    def found(self) -> bool:
        """Whether it varies too much."""
        return self.measured > self.expected + TOO_FAR * max(self.deviation, 1e-9)

    def notes(self) -> list[str]:
        """The finding in a sentence, none if it does not vary too much."""
        if not self.found:
            return []
        times = self.measured / max(self.expected, 1e-9)
        return [f"agreement varies {times:.2g} times as much between items as independent voters would make it vary"]


def kin(ballots: Ballots, names: pl.Series, chosen: Codes | None = None) -> Kin:
    """Find voters that answer alike.

    Parameters
    ----------
    ballots : Ballots
    names : polars.Series of String
        Names of the voters.
    chosen : ndarray of int32, shape (n_items,), optional
        What is taken as right; the choices with most votes if not given.
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
    share = missed / np.maximum(votes, 1)
    expected = _met(item, voter, np.sqrt(alike), len(who)) * np.outer(share, share)
    return _kin(together, expected, np.minimum.outer(missed, missed), who, names)


def dispersion(ballots: Ballots, draw: Callable[[Ballots, np.random.Generator], Codes]) -> Dispersion:
    """Compare the agreement of the votes with that of votes drawn from a model.

    Parameters
    ----------
    ballots : Ballots
    draw : callable
        Draws a choice for each ballot of those it is given.
    """
    some = _some(ballots)
    rng = np.random.default_rng(_SEED)
    drawn = [_variation(some, draw(some, rng)) for _ in range(DRAWS)]
    return Dispersion(_variation(some, some.choice), float(np.mean(drawn)), float(np.std(drawn, ddof=1)))


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


def _some(ballots: Ballots) -> Ballots:
    """Items with two votes or more, evenly spread over all, with not many more than `DRAWN` votes."""
    from dataclasses import replace

    length = np.diff(ballots.start)
    items = np.flatnonzero(length > 1)
    items = items[:: -(-int(length[items].sum()) // DRAWN) or 1]
    length = length[items]
    start = np.concatenate([[0], np.cumsum(length)])
    rows = np.repeat(ballots.start[items] - start[:-1], length) + np.arange(start[-1])
    return replace(
        ballots,
        items=items,
        start=start,
        voter=ballots.voter[rows],
        choice=ballots.choice[rows],
        weight=None,
        known=None,
    )


def _variation(ballots: Ballots, choice: Codes) -> float:
    """Variance between items of the pairs that agree, in units of the pairs."""
    if not len(choice):
        return 0.0
    item = ballots.item_of_ballot
    cell = np.sort(item * np.int64(ballots.n_choices) + choice)
    first = np.flatnonzero(np.concatenate([[True], cell[1:] != cell[:-1]]))
    votes = np.diff(np.append(first, len(cell)))
    agree = np.bincount(cell[first] // ballots.n_choices, weights=votes * (votes - 1) / 2, minlength=len(ballots.items))
    length = np.diff(ballots.start)
    pairs = length * (length - 1) / 2
    return float(((agree - pairs * agree.sum() / pairs.sum()) ** 2 / pairs).mean())
