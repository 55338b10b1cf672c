"""Loops over battles and resamples, compiled; the array paths are in `elo` and `battle_resamples`."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def chords(
    theta: Any, drawn: Any, first: Any, second: Any, inverse: Any, penalty: float, rounds: int, close: float
) -> Any:
    """Move the strengths of each resample to its fit, in place, by steps with one Hessian for all (chord method).

    Parameters
    ----------
    theta : ndarray of float64, shape (repeats, n)
        Strengths; changed.
    drawn : ndarray of float64, shape (repeats, n_pairs, 4)
        Battles of each pair by how they ended; ties and "both bad" are half a win each way.
    first, second : ndarray of int64, shape (n_pairs,)
        Candidates of each pair.
    inverse : ndarray of float64, shape (n, n)
        Of the Hessian at the strengths that were found.
    penalty : float
        lambda of the L2 prior.
    rounds : int
        Most steps.
    close : float
        A resample is settled when no strength moves by more.

    Returns
    -------
    ndarray of bool, shape (repeats,)
        Whether each one got there.
    """
    repeats, size = theta.shape
    pairs = first.shape[0]
    settled = np.zeros(repeats, dtype=np.bool_)
    g, strength = np.empty(size), np.empty(size)
    forward, met = np.empty(pairs), np.empty(pairs)
    for row in range(repeats):
        for pair in range(pairs):
            shared = drawn[row, pair, 2] + drawn[row, pair, 3]
            forward[pair] = drawn[row, pair, 0] + 0.5 * shared
            met[pair] = drawn[row, pair, 0] + drawn[row, pair, 1] + shared
        for _ in range(rounds):
            for i in range(size):
                strength[i] = np.exp(theta[row, i])
                g[i] = -penalty * theta[row, i]
            for pair in range(pairs):
                i, j = first[pair], second[pair]
                pull = forward[pair] - met[pair] * (strength[i] / (strength[i] + strength[j]))
                g[i] += pull
                g[j] -= pull
            longest = 0.0
            for i in range(size):
                step = 0.0
                for j in range(size):
                    step += inverse[i, j] * g[j]
                step = min(1.0, max(-1.0, step))
                theta[row, i] += step
                longest = max(longest, abs(step))
            if longest <= close:
                settled[row] = True
                break
    return settled


@numba.njit(cache=True, nogil=True)
def elo_run(left: Any, right: Any, score: Any, weight: Any, order: Any, size: int, k: float, start: float) -> Any:
    """Ratings after the battles of `order`, and by how much each moved its left side up and its right side down.

    A weight of 2 is played twice, of 1/2 with half the step.
    """
    ratings = np.full(size, start)
    moved = np.zeros(left.shape[0])
    scale = np.log(10.0) / 400.0
    for place in range(order.shape[0]):
        battle = order[place]
        i, j = left[battle], right[battle]
        rest = weight[battle]
        while rest > 0:
            part = min(rest, 1.0)
            expected = 1.0 / (1.0 + np.exp(scale * (ratings[j] - ratings[i])))
            change = part * k * (score[battle] - expected)
            ratings[i] += change
            ratings[j] -= change
            moved[battle] += change
            rest -= 1.0
    return ratings, moved
