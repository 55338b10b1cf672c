"""Does a score spread over candidates, so that few rankings tell them apart, and does a bias keep order within groups?

    alpha = min over candidates, with and without bias, of E[score of i] / (n tau1)
    gamma(b) = max over pairs of one group with b latent_i >= latent_j of biased_j / biased_i

tau1 being the most that one place can score. With alpha not tiny and gamma below 1, about log(m) / alpha^2 rankings are
enough for bounds to bring back the quality that a bias took: for Borda alpha falls slowly with the candidates, for
first places it may be exponentially small.

Source: arXiv:2306.09835; sheet 05. Differs: tau1 is the score's own (the authors' notebook takes m for every score).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_number
from psephos.selection.committees.ballot_box import Rankings, ballots
from psephos.selection.committees.place_scores import Score, place_scores, total_scores

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Smoothness:
    """How smooth a score is on ballots.

    Attributes
    ----------
    alpha : float
        0 where a candidate never scored; then it lies below `alpha_below`.
    alpha_below : float
        One over the number of ballots: what so many could see at least.
    beta, gamma : float
        gamma is 0 where no pair qualifies, and infinite where a bias put a clearly better candidate to nothing.
    needed : float
        log(m) / alpha^2, an order of magnitude, not a count.
    """

    alpha: float
    alpha_below: float
    beta: float
    gamma: float
    needed: float

    def __str__(self) -> str:
        known = f"alpha {self.alpha:.3g}" if self.alpha > 0 else f"alpha below {self.alpha_below:.3g}"
        order = (
            f"in the order of {self.needed:,.0f} rankings" if self.needed < inf else "no number of rankings in sight"
        )
        return f"{known}, gamma({self.beta:g}) {self.gamma:.3g}: {order}"


def smoothness(
    latent: Rankings,
    biased: Rankings,
    groups: Sequence[object],
    *,
    k: int = 1,
    score: Score = "borda",
    beta: float = 0.8,
) -> Smoothness:
    """Say how smooth a score is, from ballots without and with a bias.

    Parameters
    ----------
    latent, biased : array_like of int, shape (n_voters, n_candidates)
        Ballots, best first; more voters estimate better.
    groups : sequence, shape (n_candidates,)
        Group of each candidate.
    k : int, default 1
        Size of the committee, which "bloc" needs.
    score : str or sequence of float
        As of `committee`.
    beta : float, default 0.8
        How much better a candidate must be to count as clearly better, 0 to 1.

    Returns
    -------
    Smoothness
        The constants of the score on these ballots, and how many rankings they ask for.

    Raises
    ------
    InputError
        As of `ballots`; or if the two have other candidates, or `beta` is out of range.

    Examples
    --------
    >>> from psephos.selection import bias_by_utility
    >>> made = bias_by_utility([1.0, 0.8, 0.6], [False, True, False], theta=0.5, voters=2000, rng=0)
    >>> smoothness(made.latent, made.biased, ["a", "b", "a"]).gamma < 1
    True
    """
    own, other = ballots(latent, groups=groups), ballots(biased)
    if own.size != other.size:
        raise InputError("biased", f"must have {own.size} candidates, got {other.size}")
    check_number("beta", beta, low=0, high=1)
    scores = place_scores(score, own.size, k)
    most = float(scores[0])
    means = [total_scores(one, scores) / one.weights.sum() for one in (own, other)]
    alpha = float(min(mean.min() for mean in means)) / most if most > 0 else 0.0
    return Smoothness(
        alpha=alpha,
        alpha_below=1 / len(own.low),
        beta=beta,
        gamma=_gamma(means[0], means[1], [str(group) for group in groups], beta),
        needed=log(own.size) / alpha**2 if alpha > 0 else inf,
    )


def _gamma(latent: Floats, biased: Floats, groups: list[str], beta: float) -> float:
    same = np.array(groups)[:, None] == np.array(groups)
    np.fill_diagonal(same, False)
    clear = same & (beta * latent[:, None] >= latent)
    if not clear.any():
        return 0.0
    better, worse = np.nonzero(clear)
    lost = biased[better] == 0
    if (lost & (biased[worse] > 0)).any():
        return inf
    kept = ~lost
    return float((biased[worse][kept] / biased[better][kept]).max(initial=0.0))
