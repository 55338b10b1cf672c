r"""How likely is the leading choice right, given how the votes on the item split?

Model: items differ in difficulty, voters do not differ. An item of difficulty class k gets the right answer from each
voter with probability p_k; of the wrong votes a share s_k goes to one tempting wrong answer, the rest is spread evenly,

    P(votes n | truth j, decoy d) = p^n_j q_1^n_d q_2^(n - n_j - n_d),
    q_1 = (1 - p) (s + (1 - s) / (L - 1)),    q_2 = (1 - p) (1 - s) / (L - 1),

with L possible choices, truth and decoy equally likely to be any of them. The right answer is taken to draw at least
as many votes as its decoy (p >= q_1): without gold labels nobody can tell the two apart otherwise. How common each
class is is estimated from the splits of all items by maximum likelihood over a fixed grid of p and s,

    max_share sum_i log(sum_k share_k P(votes_i | k)) + prior sum_k log(share_k),

a concave problem, which Newton's method solves to the end: EM needs a thousand times the steps and stops short. Hard
items, on which voters err together, so lower the certainty, as they cannot in a model of independent voters.

Where voters err together also on items of equal difficulty - they learnt the same, or the item misleads many - the
right answer need not be the one that most such voters give. So classes of dependent voters are tried as well: each item
has its own chances of the answers, drawn from a Dirichlet distribution around those above with concentration c, and

    P(votes n | truth j, decoy d) = prod over choices k of rising(c q_k, n_k) / rising(c, n),

with rising(a, n) = a (a + 1) ... (a + n - 1): doubt then falls as a power of the votes and not exponentially. They
are believed only if they gain `DEPENDENT_GAIN` in log-likelihood, so that populations of independent voters are not
touched. With two choices the splits of dependent and independent voters look the same, and independence is assumed.

Only the list of vote counts of an item enters, so the cost is that of the distinct splits, not of the items. From few
votes on each item (five, say, on two or three choices) the classes cannot all be told apart, whatever the number of
items; the certainty can then be some .05 off.

Source: ours; the mixing distribution is the nonparametric maximum likelihood estimate of Laird (1978). It is not fit to
populations in which some choices are much more common than others or voters differ much; `truth_inference` is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.engine import one_thread

Floats = npt.NDArray[np.float64]
Counted = tuple[Floats, npt.NDArray[np.int64]]
"""Votes of each split, and items with it."""

ACCURACIES = np.array([0.2, 0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.96, 0.98, 0.99, 0.997])
DECOY_SHARES = np.array([0.0, 0.3, 0.6, 0.9])
CONCENTRATIONS = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
CANDIDATES = 6
"""Truth and decoy are sought among this many choices with most votes; those behind them count as spread."""

PRIOR_ITEMS = 1.0
"""Weight of the prior on the classes, in items: spread evenly, it keeps certainties off 1 where there are few items."""

DEPENDENT_PRIOR_ITEMS = 20.0
"""The same where classes in which voters err together are among them: more of these fit the same splits. Chosen on
the votes of examples/digits, whose truth is known; on simulated votes certainty is then rather too low than high."""

DEPENDENT_GAIN = 15.0
"""Log-likelihood that classes in which voters err together must gain before they are believed."""

FEWEST_ITEMS = 100
"""With fewer items it is not looked whether voters err together: they could not tell."""

MOST_SPLITS_COMPARED = 4096
"""With more distinct splits it is not looked whether voters err together: it would take seconds."""

SMALLEST_GAIN = 1e-9
"""The fit ends when a step of Newton's method promises to gain less than this in log-likelihood per item."""

SPLITS_AT_ONCE = 2**8


@dataclass(frozen=True, eq=False)
class VoteSplitModel:
    """Share of items in each difficulty class.

    Attributes
    ----------
    accuracy, decoy, share : ndarray of float64, shape (n_classes,)
        Accuracy p, decoy share s and share of items of each class.
    n_choices : int
        How many choices an item could have.
    rounds : int
        Steps of Newton's method.
    converged : bool
        Whether the last step promised to gain less than `SMALLEST_GAIN`.
    concentration : ndarray of float64, shape (n_classes,), optional
        How much alike the voters of an item of each class are: infinity, where not given, if they are independent.
    """

    accuracy: Floats
    decoy: Floats
    share: Floats
    n_choices: int
    rounds: int
    converged: bool
    concentration: Floats | None = None

    @property
    def dependent(self) -> bool:
        """Whether voters were found to err together."""
        return self.concentration is not None

    def effective_votes(self, counted: Counted) -> float:
        """For how many independent votes those on an item stand, on average over the items.

        Of n votes of a class of concentration c, any two of which are correlated by 1 / (c + 1), the share of a choice
        varies as that of n / (1 + (n - 1) / (c + 1)) independent ones; the correlation is averaged over the classes.
        """
        votes, items = counted
        correlation = 0.0 if self.concentration is None else float(self.share @ (1 / (self.concentration + 1)))
        return float(np.average(votes / (1 + np.maximum(votes - 1, 0) * correlation), weights=items))

    def certainty_means(self, counted: Counted) -> str:
        """What a certainty from this model is a probability of."""
        means = "probability that the choice is right, if voters are alike and items differ in difficulty"
        votes = f"{np.average(counted[0], weights=counted[1]):.1f} votes"
        if self.dependent:
            return f"{means}; {votes} on an item count as {self.effective_votes(counted):.1f} independent ones"
        return f"{means}; {votes} on an item count as independent, votes that were copied make it too high"

    def notes(self, counted: Counted) -> tuple[str, ...]:
        """What a verdict has to say of it: that it did not converge, or that voters err together on some items.

        Parameters
        ----------
        counted : tuple
            Votes on an item, and how many items have as many, as the model was fitted on.
        """
        notes = () if self.converged else ("the model of difficulty did not converge; certainties are approximate",)
        if self.dependent:
            votes = f"{np.average(counted[0], weights=counted[1]):.1f} votes on an item count as"
            effective = f"{self.effective_votes(counted):.1f} independent ones, and the certainty is lower for it"
            notes = (*notes, f"voters err together on some items: {votes} {effective}")
        return notes


def fit_vote_split(
    split: Floats, items: npt.NDArray[np.int64], n_choices: int, *, most_rounds: int = 500, dependent: bool = True
) -> VoteSplitModel:
    """Estimate how difficult the items are from how their votes split.

    Parameters
    ----------
    split : ndarray of float64, shape (n_splits, width)
        Vote counts of an item, largest first, padded with 0.
    items : ndarray of int64, shape (n_splits,)
        How many items have each split.
    n_choices : int
        How many choices an item could have, at least 2.
    most_rounds : int, default 500
        Limit of steps; some twenty are usual.
    dependent : bool, default True
        Whether to look if voters err together.

    Examples
    --------
    >>> model = fit_vote_split(np.array([[5.0, 0.0], [3.0, 2.0]]), np.array([90, 10]), 2)
    >>> bool(model.share @ model.accuracy > 0.9)
    True
    """
    wide = dependent and n_choices > 2 and len(split) <= MOST_SPLITS_COMPARED and items.sum() >= FEWEST_ITEMS
    classes = _classes(n_choices, wide=wide)
    likelihood = np.concatenate([_likelihood(part, *classes, n_choices).sum(axis=2) for part in _parts(split)])
    likelihood /= likelihood.max(axis=1, keepdims=True)
    counts = items.astype(np.float64)
    accuracy, decoy, concentration = classes
    alone = np.isinf(concentration)
    with one_thread():
        share, rounds, converged = _most_likely_shares(likelihood[:, alone], counts, most_rounds, PRIOR_ITEMS)
        mixed = likelihood[:, alone] @ share
        if wide and converged and _most_gain(likelihood, counts, mixed) > DEPENDENT_GAIN:
            found, more, good = _most_likely_shares(likelihood, counts, most_rounds, DEPENDENT_PRIOR_ITEMS)
            if good and counts @ np.log(likelihood @ found / mixed) > DEPENDENT_GAIN:
                return VoteSplitModel(accuracy, decoy, found, n_choices, rounds + more, good, concentration)
    return VoteSplitModel(accuracy[alone], decoy[alone], share, n_choices, rounds, converged)


def leader_certainty(model: VoteSplitModel, split: Floats) -> Floats:
    """Probability that the first choice of each split is the right one, shape (n_splits,).

    A split without votes says nothing: every choice is equally likely. Choices that share the first place share its
    probability.

    Examples
    --------
    >>> splits = np.array([[5.0, 0.0], [3.0, 2.0], [1.0, 1.0]])
    >>> leader_certainty(fit_vote_split(splits, np.array([90, 9, 1]), 2), splits).round(2)
    array([1.  , 0.55, 0.5 ])
    """
    return choice_certainty(model, split, np.zeros(len(split), dtype=np.int64))


def choice_certainty(model: VoteSplitModel, split: Floats, place: npt.NDArray[np.int64]) -> Floats:
    """Probability that the choice at this place of each split is the right one; -1 for one without a vote.

    Places behind the `CANDIDATES` count like the last of these.

    Examples
    --------
    >>> splits = np.array([[3.0, 2.0], [3.0, 2.0]])
    >>> model = fit_vote_split(splits[:1], np.array([9]), 2)
    >>> choice_certainty(model, splits, np.array([0, 1])).sum().round(9)
    np.float64(1.0)
    """
    certainty = []
    concentration = np.full(len(model.share), np.inf) if model.concentration is None else model.concentration
    for part, at in zip(_parts(split), _parts(place), strict=True):
        classes = model.accuracy, model.decoy, concentration
        weighed = _likelihood(part, *classes, model.n_choices) * model.share[None, :, None]
        here = np.where(at < 0, weighed.shape[2] - 1, np.minimum(at, weighed.shape[2] - 2))
        leads = weighed.sum(axis=1)[np.arange(len(part)), here] / weighed.sum(axis=(1, 2))
        unvoted = np.maximum(model.n_choices - (part > 0).sum(axis=1), 1)
        leads = np.where(at < 0, leads / unvoted, leads)
        certainty.append(np.where(part[:, 0] > 0, leads, 1 / model.n_choices))
    return np.concatenate(certainty)


def _most_likely_shares(
    likelihood: Floats, items: Floats, most_rounds: int, prior_items: float
) -> tuple[Floats, int, bool]:
    """Shares of the classes, the steps taken, and whether these were enough.

    The prior keeps shares off 0 as the barrier of an interior-point method does, so it starts as strong as the data and
    is weakened to its own strength step by step. That the shares sum to 1 needs no constraint: with the term
    ``-total * share.sum()`` the best shares do.
    """
    n_classes = likelihood.shape[1]
    last = prior_items / n_classes
    prior = max(last, float(items.sum()))
    share = np.full(n_classes, 1 / n_classes)

    def value(share: Floats) -> float:
        total = items.sum() + prior * n_classes
        return float(items @ np.log(likelihood @ share) + prior * np.log(share).sum() - total * share.sum())

    for rounds in range(1, most_rounds + 1):
        mixed = likelihood @ share
        slope = likelihood.T @ (items / mixed) + prior / share - (items.sum() + prior * n_classes)
        step = _newton_step(likelihood * (np.sqrt(items) / mixed)[:, None], prior / share**2, slope)
        gain = float(slope @ step)
        if prior == last and gain < SMALLEST_GAIN * items.sum():
            return share / share.sum(), rounds, True
        if prior > last and gain < prior * n_classes / 10:
            prior = max(last, prior / 10)
            continue
        size = min(1.0, 0.95 / max(float((-step / share).max()), 1e-12))
        start = value(share)
        while size > 1e-9 and value(share + size * step) < start + 0.1 * size * gain - 1e-12 * abs(start):
            size /= 2
        share = share + size * step
    return share / share.sum(), most_rounds, False


def _most_gain(likelihood: Floats, items: Floats, mixed: Floats) -> float:
    """What no shares of these classes gain in log-likelihood over `mixed`, the likelihood of each split now.

    The mean of a logarithm is at most that of its mean, and the mean ratio of a mixture at most that of its best class.
    """
    return float(items.sum() * np.log((likelihood.T @ (items / mixed)).max() / items.sum()))


def _newton_step(rows: Floats, diagonal: Floats, slope: Floats) -> Floats:
    """Solution of (rows' rows + diag(diagonal)) step = slope, through the smaller of two equal systems (Woodbury)."""
    n_rows, n_columns = rows.shape
    if n_rows >= n_columns:
        curvature = rows.T @ rows
        curvature.flat[:: n_columns + 1] += diagonal
        return np.asarray(np.linalg.solve(curvature, slope), dtype=np.float64)
    scaled = rows / diagonal
    kernel = scaled @ rows.T
    kernel.flat[:: n_rows + 1] += 1.0
    return np.asarray(slope / diagonal - scaled.T @ np.linalg.solve(kernel, scaled @ slope), dtype=np.float64)


def _classes(n_choices: int, *, wide: bool) -> tuple[Floats, Floats, Floats]:
    """Accuracies, decoy shares and concentrations, without those in which the decoy draws more votes than the truth."""
    shares = DECOY_SHARES if n_choices > 2 else np.ones(1)
    alike = np.append(np.inf, CONCENTRATIONS) if wide else np.array([np.inf])
    grid = np.meshgrid(alike, ACCURACIES, shares, indexing="ij")
    concentration, accuracy, decoy = (part.ravel() for part in grid)
    tempting = (1 - accuracy) * (decoy + (1 - decoy) / (n_choices - 1))
    fair = accuracy >= tempting - 1e-12
    return accuracy[fair], decoy[fair], concentration[fair]


def _parts(split: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    return [split[start : start + SPLITS_AT_ONCE] for start in range(0, len(split), SPLITS_AT_ONCE)]


def _likelihood(split: Floats, accuracy: Floats, decoy: Floats, concentration: Floats, n_choices: int) -> Floats:
    """P(split | class, truth) summed over decoys, up to one factor per split.

    Shape (n_splits, n_classes, candidates + 1): truth among the candidates, and last all choices that got no vote.
    """
    others = n_choices - 1
    unvoted = np.maximum(n_choices - (split > 0).sum(axis=1), 0)[:, None]
    counts, place = np.unique(split, return_inverse=True)
    columns = list(place.reshape(split.shape).T)

    def logs(probability: Floats) -> Floats:
        """Of the chance of each count of votes for one choice, shape (n_counts, n_classes)."""
        return _log_chance(np.maximum(probability, 1e-300), counts, concentration).T

    spread = logs((1 - accuracy) * (1 - decoy) / others)
    right = logs(accuracy) - spread
    tempting = logs((1 - accuracy) * (decoy + (1 - decoy) / others)) - spread
    base = -_log_chance(np.ones(len(accuracy)), split.sum(axis=1), concentration).T
    for column in columns:
        base += spread[column]
    # A sum over decoys is a factor times e to the log of its largest term, so nothing overflows and no log is taken:
    # the first choice as decoy, or the second where the first is the truth, since more votes tempt more.
    columns = columns[:CANDIDATES]
    voted = [split[:, at, None] > 0 for at in range(len(columns))]
    as_decoy = [tempting[column] for column in columns]
    top, next_to_top = as_decoy[0], as_decoy[1] if len(columns) > 1 else np.zeros_like(base)
    beside_top = [of * np.exp(log - top) for of, log in zip(voted, as_decoy, strict=True)]
    beside_next = [of * np.exp(log - next_to_top) for of, log in zip(voted[1:], as_decoy[1:], strict=True)]
    no_vote, no_other = unvoted * np.exp(-top), np.maximum(unvoted - 1, 0) * np.exp(-top)
    exponent, factor = np.empty((2, len(columns) + 1, *base.shape))
    for at, column in enumerate(columns):
        exponent[at] = right[column] + (top if at else next_to_top)
        factor[at] = voted[at]
    factor[0] *= sum(beside_next, unvoted * np.exp(-next_to_top))
    for at in range(1, len(columns)):
        factor[at] *= sum((one for place, one in enumerate(beside_top) if place != at), no_vote)
    exponent[-1] = top
    factor[-1] = unvoted * sum(beside_top, no_other)
    exponent += base
    exponent -= exponent.max(axis=(0, 2), keepdims=True)
    factor *= np.exp(exponent, out=exponent)
    likelihood: Floats = factor.transpose(1, 2, 0)
    return likelihood


def _log_chance(probability: Floats, counts: Floats, concentration: Floats) -> Floats:
    """N log p where voters are independent, else the rising factorial of p c: n votes of a Dirichlet-multinomial.

    For ``probability`` 1 it is what all votes together are divided by: nothing where they are independent.
    """
    from scipy.special import gammaln

    alone = np.isinf(concentration)
    weight = (probability * np.where(alone, 1.0, concentration))[:, None]
    rising = gammaln(weight + counts) - gammaln(np.maximum(weight, 1e-300))
    return np.where(alone[:, None], np.log(probability)[:, None] * counts, rising)
