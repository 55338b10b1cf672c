"""Does it matter where the rounds begin?

With chances to guess the likelihood can have several tops: a hard item that few solve looks much like one that is
guessed. So the rounds begin anew from items drawn at random, the best end counts, and it is said how far apart the ends
are: by the objective, and by the largest difference of two curves of one item,

    max over items j, abilities -3 <= t <= 3 of |P_j(t) - P'_j(t)|,

over the ends that are as good. Without guessing one start is enough: each step there has one top.

Ours (sheet 92: fits of other packages that change from run to run).
"""

from __future__ import annotations

import numpy as np
from scipy import special

from psephos.engine.streams import Rng, spawn
from psephos.ranking.item_response.item_steps import Prior
from psephos.ranking.item_response.marginal import Fitted, Items, Rows, marginal, start_of
from psephos.ranking.item_response.response_table import Floats

STARTS = 3
AS_GOOD = 0.01
"""Ends whose objective lies as close as this to the best one are as good."""

ALIKE = 0.02
"""Curves that lie as close as this say the same."""


def best_of_starts(rows: Rows, *, prior: Prior | None, rng: Rng) -> tuple[Fitted, str]:
    """The best fit with chances to guess from several starts, and how stable it is in words."""
    plain = start_of(rows, "3pl")
    ends = [marginal(rows, model="3pl", prior=prior, start=plain)]
    for stream in spawn(rng, STARTS - 1):
        n = len(plain.slope)
        guess = special.logit(stream.uniform(0.02, 0.4, n))
        start = Items(np.exp(0.3 * stream.standard_normal(n)), plain.intercept + stream.standard_normal(n) / 2, guess)
        ends.append(marginal(rows, model="3pl", prior=prior, start=start))
    # Of ends as good the first counts, that of the plain start if it is one of them.
    top = max(end.path[-1] for end in ends)
    good = [end for end in ends if end.path[-1] >= top - AS_GOOD]
    return good[0], _stability(good, len(ends), top - min(end.path[-1] for end in ends))


def _stability(good: list[Fitted], tried: int, lowest: float) -> str:
    apart = max(float(np.abs(_curves(end.items) - _curves(good[0].items)).max()) for end in good)
    said = f"{tried} starts: "
    if len(good) < tried:
        said += f"{tried - len(good)} ended lower, by up to {lowest:.2g} of the log likelihood; the best counts"
    else:
        said += "all ended as high"
    if len(good) == 1:
        return said
    if apart <= ALIKE:
        return said + f", with curves of items within {max(apart, 1e-4):.1g} of each other"
    return said + f", with curves of items up to {apart:.2g} apart: guessing is not determined by these responses"


def _curves(items: Items) -> Floats:
    """Chance to solve each item, shape (n_items, n_abilities)."""
    abilities = np.linspace(-3, 3, 61)
    guess = items.guess[:, None]
    solved: Floats = guess + (1 - guess) * special.expit(items.slope[:, None] * abilities + items.intercept[:, None])
    return solved
