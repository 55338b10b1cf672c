"""What votes would a panel give to items of known quality?

Votes follow BinoVotes (see `vote_models`), their variance times a dispersion phi. Above 1 the binomial becomes
beta-binomial: each vote has a share of its own, so that two trials of one vote have the correlation
(phi - 1) / (levels - 2). Below 1 a part of the votes is the quality rounded up or down at random with its mean kept,
the steadiest that votes on a grid can be; near an end of the scale no votes are as steady as phi may ask.

Source: as `vote_models`; the dispersion is ours.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from psephos.agreement.noise_ceilings.vote_models import FIVE_POINTS, Floats, Scale, VoteScale, grid_of
from psephos.engine import Rng, generator
from psephos.errors import ScaleError, check_count, check_floats, check_number


def simulate_votes(
    quality: npt.ArrayLike,
    votes: int,
    *,
    scale: Scale | VoteScale = FIVE_POINTS,
    dispersion: float = 1.0,
    rng: Rng = None,
) -> Floats:
    """Draw votes on items of known quality.

    Parameters
    ----------
    quality : array_like of float, shape (n_items,)
        True qualities, on the scale.
    votes : int
        Votes per item.
    scale : tuple of lowest vote, highest vote, levels, default (1, 5, 5)
        Levels are a whole number here.
    dispersion : float, default 1
        Variance of the votes as a multiple of that of BinoVotes, from 0 to levels - 1.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.

    Returns
    -------
    ndarray of float64, shape (n_items, votes)
        One row of votes for each item, on the levels of the scale.

    Raises
    ------
    ScaleError
        If a quality lies outside the scale.
    InputError
        If the levels are no whole number or the dispersion cannot be had on the scale.

    See Also
    --------
    simulate_mean_votes : means of many votes, without the votes.

    Examples
    --------
    >>> simulate_votes([1.0, 3.0, 5.0], 4, rng=0).shape
    (3, 4)
    """
    on, p, trials, phi = _checked(quality, scale, dispersion)
    size = (len(p), check_count("votes", votes))
    stream = generator(rng)
    share = np.broadcast_to(p[:, None], size) if phi <= 1 else _own_shares(p, (phi - 1) / (trials - 1), size, stream)
    steps = stream.binomial(trials, share)
    if phi < 1:
        rounded = np.floor(p * trials)[:, None] + (stream.random(size) < (p * trials % 1)[:, None])
        steps = np.where(stream.random(size) < _binomial_part(p, trials, phi)[:, None], steps, rounded)
    return np.asarray(on.low + (on.high - on.low) * steps / trials)


def simulate_mean_votes(
    quality: npt.ArrayLike, votes: int, *, scale: Scale | VoteScale = FIVE_POINTS, rng: Rng = None
) -> Floats:
    """Draw the mean of many BinoVotes on items of known quality: one random number an item, whatever the votes.

    Parameters
    ----------
    quality : array_like of float, shape (n_items,)
        True qualities, on the scale.
    votes : int
        Votes per item.
    scale : tuple of lowest vote, highest vote, levels, default (1, 5, 5)
        Levels are a whole number here.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.

    Returns
    -------
    ndarray of float64, shape (n_items,)
        Mean votes, on the scale.

    Raises
    ------
    ScaleError
        If a quality lies outside the scale.

    Examples
    --------
    >>> simulate_mean_votes([1.0, 5.0], 1000, rng=0)
    array([1., 5.])
    """
    on, p, trials, _ = _checked(quality, scale, 1.0)
    many = trials * check_count("votes", votes)
    return np.asarray(on.low + (on.high - on.low) * generator(rng).binomial(many, p) / many)


def _checked(
    quality: npt.ArrayLike, scale: Scale | VoteScale, dispersion: float
) -> tuple[VoteScale, Floats, int, float]:
    """The scale, the qualities as shares of it, the trials of a vote, and the dispersion."""
    on = grid_of(scale)
    q = check_floats("quality", quality)
    outside = (q < on.low) | (q > on.high)
    if outside.any():
        item = int(np.argmax(outside))
        raise ScaleError(
            "quality", f"must lie between {on.low:g} and {on.high:g}, got {q[item]:g}", where=f"item {item}"
        )
    phi = check_number("dispersion", dispersion, low=0, high=on.trials)
    return on, (q - on.low) / (on.high - on.low), int(on.trials), phi


def _own_shares(p: Floats, tie: float, size: tuple[int, int], stream: np.random.Generator) -> Floats:
    """A Beta distributed share for each vote, so that two trials of one vote have the correlation `tie`."""
    share = np.tile(p[:, None], (1, size[1]))
    inside = (p > 0) & (p < 1)
    centre = share[inside]
    total = 1 / tie - 1
    share[inside] = (
        stream.random(centre.shape) < centre if total <= 0 else stream.beta(centre * total, total - centre * total)
    )
    return np.asarray(share)


def _binomial_part(p: Floats, trials: int, phi: float) -> Floats:
    """Share of binomial votes among rounded ones that gives phi times the binomial variance, where the grid allows."""
    binomial = trials * p * (1 - p)
    rounded = (p * trials % 1) * (1 - p * trials % 1)
    gap = binomial - rounded
    part = np.divide(phi * binomial - rounded, gap, out=np.ones(len(p)), where=gap > 1e-12)
    return np.asarray(np.clip(part, 0.0, 1.0))
