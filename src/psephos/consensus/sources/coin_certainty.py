r"""How sure is a choice, if each source is right with a probability of its own?

One coin per source: source i is right with probability c_i, whatever the item, and otherwise gives one of the other
L - 1 answers, each as likely as the next. Then

    P(a on item j) ~ exp sum_i l_i s_ij [a_ij = a],        l_i = log((L - 1) c_i / (1 - c_i)),

over L answers, those that nobody gave among them. Counting agreement with a verdict makes c too large, since a source
agrees with itself, and counting agreement with the verdict of the others makes it too small, since they err; so c is
fitted by maximum likelihood,

    c_i = (1 + sum over its items of P(a_ij)) / (2 + items of i),        again and again.

The sums are taken in steps of 2^-24, as whole numbers: they are the same however the data are cut.

Source: the symmetric case of Dawid and Skene (1979), doi:10.2307/2346806, by EM.
"""

from __future__ import annotations

import numpy as np

from psephos.consensus.ballots import FREE, Ballots, Floats
from psephos.consensus.sources.rounds import Electorate
from psephos.consensus.sources.weights import WeightMap, log_odds, smoothed

STEPS = 2.0**24
MOST_ROUNDS = 100
SMALLEST_STEP = 1e-4
"""The fit ends when no probability moves by more."""


def fit_coins(electorate: Electorate, counted: Floats, weigh: WeightMap) -> Floats:
    """Probability that each source is right, shape (n_sources,).

    Parameters
    ----------
    electorate : Electorate
    counted : ndarray of float64, shape (4, n_sources)
        How often each source agreed with the whole verdict, where the fit starts; see `agreements`.
    weigh : WeightMap
    """
    agreed, answered = weigh.totals(counted)
    coins, right = smoothed(agreed, answered), weigh.gold_weight * counted[2]
    for _ in range(MOST_ROUNDS):
        odds = odds_of(coins, weigh)
        expected = np.sum(electorate.each(_expected, odds=odds, classes=weigh.classes), axis=0) / STEPS
        fresh = smoothed(expected + right, answered)
        moved = float(np.abs(fresh - coins).max())
        coins = fresh
        if moved < SMALLEST_STEP:
            break
    return coins


def odds_of(coins: Floats, weigh: WeightMap) -> Floats:
    """Log-odds of the sources, of either sign unless negative weights are clipped."""
    odds = log_odds(coins, weigh.classes)
    return np.maximum(odds, 0.0) if weigh.clip else odds


def posterior(found: Ballots, odds: Floats, classes: float) -> Floats:
    """Probability of each pair among all answers that the item could have, shape (n_pairs,)."""
    logit = found.scores(odds)
    peak = np.zeros(found.n_items)
    some = np.diff(found.starts) > 0
    if some.any():
        peak[some] = np.maximum(np.maximum.reduceat(logit, found.starts[:-1][some]), 0.0)
    unheard = np.maximum(classes - np.diff(found.starts), 0.0)
    likely = np.exp(logit - peak[found.item])
    whole = found.per_item(likely) + unheard * np.exp(-peak)
    return np.asarray(likely / whole[found.item])


def _expected(found: Ballots, *, odds: Floats, classes: float) -> Floats:
    """Expected number of right answers of each source where the answer is free, in steps."""
    whole = np.round(posterior(found, odds, classes) * STEPS)
    if found.fixed is not None:
        whole[found.fixed[found.item] != FREE] = 0.0
    return np.asarray(np.bincount(found.voter, weights=whole[found.pair], minlength=len(odds)), dtype=np.float64)
