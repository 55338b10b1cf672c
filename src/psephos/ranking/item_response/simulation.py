"""Responses whose truth is known: abilities over topics, items, some of them with a wrong key.

    theta_t = l general + sqrt(1 - l^2) specific_t,        log a ~ N(log 1.1, .35^2),        b ~ N(-.5, 1)

and of items with a wrong key the sign of a is turned.

Source: sheet 25. Ours throughout.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from psephos.engine.streams import Rng, generator
from psephos.errors import check_count, check_number
from psephos.ranking.item_response.curves import chances
from psephos.ranking.item_response.response_table import Floats, Responses


@dataclass(frozen=True, eq=False)
class SimulatedResponses:
    """Responses and what they were drawn from.

    Attributes
    ----------
    responses : Responses
        What was drawn.
    abilities : ndarray of float64, shape (n_candidates, n_topics)
        True abilities in each topic.
    discrimination, difficulty : ndarray of float64, shape (n_items,)
        Discrimination is negative where the key is wrong.
    """

    responses: Responses
    abilities: Floats
    discrimination: Floats
    difficulty: Floats


def simulate_responses(
    n_candidates: int = 80,
    n_topics: int = 11,
    n_items: int = 100,
    *,
    loading: float = 0.85,
    wrong_keys: int = 5,
    asked: float = 1.0,
    rng: Rng = None,
) -> SimulatedResponses:
    """Draw abilities, items and responses.

    Parameters
    ----------
    n_candidates, n_topics, n_items : int
        Items of each topic.
    loading : float, default 0.85
        l of the formula, 0 to 1; abilities in two topics correlate by its square.
    wrong_keys : int, default 5
        The first so many items of each topic have a wrong key.
    asked : float, default 1
        Share of the items that each candidate was asked.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.

    Returns
    -------
    SimulatedResponses
        The responses, and the abilities and items behind them.

    Raises
    ------
    InputError
        If a number is out of range.

    Examples
    --------
    >>> made = simulate_responses(10, 2, 5, wrong_keys=1, rng=0)
    >>> print(made.responses, made.abilities.shape, (made.discrimination < 0).sum())
    10 candidates on 10 items of 2 topics (10, 2) 2
    """
    n, topics, size = (
        check_count("n_candidates", n_candidates),
        check_count("n_topics", n_topics),
        check_count("n_items", n_items),
    )
    check_count("wrong_keys", wrong_keys, low=0)
    check_number("loading", loading, low=0, high=1)
    check_number("asked", asked, low=0, high=1)
    stream = generator(rng)
    general = stream.standard_normal((n, 1))
    abilities = loading * general + np.sqrt(1 - loading**2) * stream.standard_normal((n, topics))
    slope = np.exp(np.log(1.1) + 0.35 * stream.standard_normal((topics, size)))
    difficulty = -0.5 + stream.standard_normal((topics, size))
    slope[:, :wrong_keys] *= -1
    right = np.concatenate(
        [
            (stream.random((n, size)) < chances(abilities[:, t], slope[t], -slope[t] * difficulty[t], np.zeros(size)))
            for t in range(topics)
        ],
        axis=1,
    ).astype(np.float64)
    if asked < 1:
        right[stream.random(right.shape) >= asked] = np.nan
    names = [f"topic {t + 1}, item {j + 1}" for t in range(topics) for j in range(size)]
    made = Responses(
        pl.Series("candidate", [f"candidate {i + 1}" for i in range(n)]),
        pl.Series("item", names),
        pl.Series("topic", [f"topic {t + 1}" for t in range(topics)]),
        np.repeat(np.arange(topics), size),
        right,
        np.ones(topics),
    )
    return SimulatedResponses(made, abilities, slope.ravel(), difficulty.ravel())
