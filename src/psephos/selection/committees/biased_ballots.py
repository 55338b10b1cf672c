"""Ballots that push a group down, by two models, beside the ballots without the bias.

By utility: candidate i has a value w_i, voter v sees w_i u_vi with u_vi uniform on 0 to 1, and theta times that for the
group that is pushed down; each ranks by what it sees. theta = 1 is no bias.

By swaps: on each ballot, of the D pairs in which a candidate of the group stands above one of the others, floor(lambda
D) times one is exchanged, drawn with weight phi^(distance of the two), until none is left. With lambda = 1 the group
ends below all others.

Source: Celis, Hays, Mehrotra and Vishnoi (2021) for utilities; arXiv:2306.09835 for swaps; sheet 05. Differs: weights
are computed anew after each swap; `legacy` draws from the first ones, as the authors' notebook does, which may swap a
pair back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.engine.streams import Rng, generator
from psephos.errors import InputError, check_count, check_floats, check_number

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class BiasedBallots:
    """The same voters without and with the bias; rows name candidates, best first.

    Compare committees of the two to see what a bias costs a group.
    """

    latent: Rows
    biased: Rows


def bias_by_utility(
    values: npt.ArrayLike, disadvantaged: Sequence[bool] | npt.ArrayLike, *, theta: float, voters: int, rng: Rng = None
) -> BiasedBallots:
    """Draw ballots of voters who see a group as worth less than it is.

    Parameters
    ----------
    values : array_like of float, shape (n_candidates,)
        w of the formula, at least 0.
    disadvantaged : array_like of bool, shape (n_candidates,)
        Who is pushed down.
    theta : float
        Above 0, at most 1.
    voters : int
        Ballots.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.

    Returns
    -------
    BiasedBallots
        The ballots by true worth and by worth as it is seen.

    Raises
    ------
    InputError
        `theta`: out of range. `values`: negative. `disadvantaged`: of another length.

    Examples
    --------
    >>> made = bias_by_utility([1.0, 0.5], [True, False], theta=0.1, voters=200, rng=0)
    >>> bool((made.latent[:, 0] == 0).mean() > 0.7), bool((made.biased[:, 0] == 0).mean() < 0.3)
    (True, True)
    """
    worth = check_floats("values", values)
    if (worth < 0).any():
        raise InputError("values", "must not be negative", where=f"index {int(np.argmax(worth < 0))}")
    down = _mask(disadvantaged, len(worth))
    factor = _above_zero("theta", theta)
    n = check_count("voters", voters)
    seen = worth * generator(rng).random((n, len(worth)))
    latent = np.argsort(-seen, axis=1, kind="stable")
    return BiasedBallots(latent, np.argsort(-seen * np.where(down, factor, 1.0), axis=1, kind="stable"))


def bias_by_swaps(
    rankings: npt.ArrayLike,
    disadvantaged: Sequence[bool] | npt.ArrayLike,
    *,
    share: float,
    phi: float = 0.5,
    legacy: bool = False,
    rng: Rng = None,
) -> BiasedBallots:
    """Exchange candidates of a group with others below them.

    Parameters
    ----------
    rankings : array_like of int, shape (n_voters, n_candidates)
        Complete ballots, best first.
    disadvantaged : array_like of bool, shape (n_candidates,)
        Who is pushed down.
    share : float
        lambda of the formula, 0 to 1.
    phi : float, default 0.5
        Above 0, at most 1; the smaller, the closer the two that are exchanged.
    legacy : bool, default False
        Draw all swaps with the weights of the first, only to reproduce published numbers.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.

    Returns
    -------
    BiasedBallots
        The ballots as they were and as the bias makes them.

    Raises
    ------
    InputError
        `rankings`: not complete ballots. `share`, `phi`: out of range.

    Examples
    --------
    >>> bias_by_swaps([[0, 1, 2, 3]], [True, False, True, False], share=1.0, rng=0).biased[0, :2].tolist()
    [1, 3]
    """
    rows = np.asarray(rankings)
    if rows.ndim != 2 or rows.dtype.kind not in "iu" or not (np.sort(rows, axis=1) == np.arange(rows.shape[1])).all():
        raise InputError("rankings", "must be complete ballots: rows that hold each candidate once")
    latent = rows.astype(np.int64)
    down = _mask(disadvantaged, rows.shape[1])
    part, decay = check_number("share", share, low=0, high=1), _above_zero("phi", phi)
    stream = generator(rng)
    place = np.argsort(latent, axis=1)
    others, group = np.flatnonzero(~down), np.flatnonzero(down)
    if not len(others) or not len(group):
        return BiasedBallots(latent, latent.copy())
    distance = place[:, others, None] - place[:, None, group]
    left = np.floor(part * (distance > 0).sum(axis=(1, 2)) + 1e-9).astype(np.int64)
    first = distance.reshape(len(place), -1)
    while True:
        at = np.flatnonzero(left > 0)
        if not len(at):
            break
        apart = first[at] if legacy else (place[at][:, others, None] - place[at][:, None, group]).reshape(len(at), -1)
        near = np.where(apart > 0, apart, np.iinfo(np.int64).max).min(axis=1)
        weight = np.where(apart > 0, decay ** np.maximum(apart - near[:, None], 0).astype(np.float64), 0.0)
        total = weight.sum(axis=1)
        left[at[total == 0]] = 0
        chosen = (np.cumsum(weight, axis=1) > (stream.random(len(at)) * total)[:, None]).argmax(axis=1)
        row = at[total > 0]
        i, j = others[chosen[total > 0] // len(group)], group[chosen[total > 0] % len(group)]
        place[row, i], place[row, j] = place[row, j], place[row, i]
        left[row] -= 1
    return BiasedBallots(latent, np.argsort(place, axis=1))


def _mask(given: Sequence[bool] | npt.ArrayLike, n: int) -> npt.NDArray[np.bool_]:
    down = np.asarray(given)
    if down.shape != (n,) or down.dtype.kind not in "bui" or not np.isin(down, (0, 1)).all():
        raise InputError("disadvantaged", f"must be true or false for each of {n} candidates")
    return down.astype(bool)


def _above_zero(argument: str, value: float) -> float:
    number = check_number(argument, value, low=0, high=1)
    if number == 0:
        raise InputError(argument, "must be above 0, got 0")
    return number
