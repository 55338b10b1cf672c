r"""How alike are items to a model?

With P_a the distribution of a model over answers on item a,

    S_ab = (KL(P_a || P_b) + KL(P_b || P_a)) / 2.

Where only right and wrong are known, a cell becomes Bernoulli((x + .5) / 2), so that S_ab = ln(3) / 2 times the share
of models on which a and b differ. Vectors have their squared distance.

Source: Uzunoglu, Li and Khashabi (2025), arXiv 2509.25671. Differs: responses and vectors in place of probabilities are
ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.errors import InputError, check_floats
from psephos.metrics.harmony.group_scores import Floats, check_unit

FLOOR = 1e-12
DIFFERENT = float(np.log(3) / 2)
BLOCK = 512
Similarity = Callable[[npt.NDArray[np.intp], npt.NDArray[np.intp]], Floats]


def predictive_similarity(probs: npt.ArrayLike) -> Floats:
    """Symmetrised divergence between the distributions of all pairs of items, in nats; 0 for items alike.

    Parameters
    ----------
    probs : array_like of float, shape (n_items, n_answers)
        Probabilities, rows summing to 1.

    Returns
    -------
    ndarray of float64, shape (n_items, n_items)
        Symmetric, with 0 on the diagonal.

    Raises
    ------
    InputError
        If a row is negative or does not sum to 1 (within .001).

    Examples
    --------
    >>> predictive_similarity([[0.5, 0.5], [0.9, 0.1]]).round(6)
    array([[0.      , 0.439445],
           [0.439445, 0.      ]])
    """
    everything = np.arange(len(table := _distributions(probs)))
    return by_probabilities([table])(everything, everything)


def _distributions(probs: npt.ArrayLike) -> Floats:
    table = check_floats("probs", probs, ndim=2)
    for bad, problem in (
        (table.min(axis=1) < 0, "must not be negative"),
        (abs(table.sum(axis=1) - 1) > 1e-3, "must sum to 1"),
    ):
        if bad.any():
            raise InputError("probs", problem, where=f"row {int(np.argmax(bad))}")
    return table


def tables_of(values: Any, kind: str) -> tuple[list[Floats], Callable[[list[Floats]], Similarity]]:
    """Checked tables with a row for each item, and how alike items are by them.

    Parameters
    ----------
    values : array_like, or for probabilities a list of them
        Shape (n_items, n_answers), one for each model; responses (n_models, n_items); vectors (n_items, d).
    kind : {"probs", "responses", "embeddings"}
        What they are.

    Returns
    -------
    tables : list of ndarray of float64
        A row for each item.
    similarity : callable
        From tables to a function of places of items.

    Raises
    ------
    InputError
        Argument is the kind: no probabilities, models of unlike items, an item that no model ran, not finite.
    """
    if kind == "probs":
        several = isinstance(values, (list, tuple)) and len(values) and np.ndim(values[0]) == 2
        tables = [_distributions(one) for one in (values if several else [values])]
        if len({len(one) for one in tables}) > 1:
            raise InputError("probs", "must have the same items for every model")
        return tables, by_probabilities
    if kind == "responses":
        table = check_floats("responses", values, ndim=2, missing=True)
        check_unit("responses", table)
        unknown = np.isnan(table).all(axis=0)
        if unknown.any():
            where = f"item {int(np.argmax(unknown))}"
            raise InputError("responses", "say nothing of an item: no model ran it", where=where, hint="leave it out")
        return [table.T], by_responses
    if kind == "embeddings":
        return [check_floats("embeddings", values, ndim=2)], _by_distance
    raise InputError("kind", f"must be one of 'probs', 'responses', 'embeddings', got {kind!r}")


def by_probabilities(tables: list[Floats]) -> Similarity:
    """Mean symmetrised divergence over tables of probabilities."""
    floored = [np.maximum(one, FLOOR) for one in tables]
    parts = [(p := one / one.sum(axis=1, keepdims=True), np.log(p)) for one in floored]

    def similarity(rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> Floats:
        total = np.zeros((len(rows), len(columns)))
        for p, log_p in parts:
            own = (p * log_p).sum(axis=1)
            for start in range(0, len(rows), BLOCK):
                part = rows[start : start + BLOCK]
                cross = p[part] @ log_p[columns].T + log_p[part] @ p[columns].T
                total[start : start + BLOCK] += np.maximum((own[part][:, None] + own[columns] - cross) / 2, 0.0)
        total /= len(parts)
        total[rows[:, None] == columns] = 0.0
        return total

    return similarity


def by_responses(tables: list[Floats]) -> Similarity:
    """How many of the common models answer two items differently."""
    known = ~np.isnan(tables[0])
    p = (np.where(known, tables[0], 0.0) + 0.5) / 2
    odds = np.where(known, special.logit(p), 0.0)
    p, seen = np.where(known, p, 0.0), known.astype(np.float64)

    def similarity(rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> Floats:
        """Symmetrised KL of two Bernoullis is (p - q) (logit p - logit q) / 2; common models only."""
        both = (p * odds)[rows] @ seen[columns].T + seen[rows] @ (p * odds)[columns].T
        cross = p[rows] @ odds[columns].T + odds[rows] @ p[columns].T
        models = seen[rows] @ seen[columns].T
        share = np.divide(both - cross, 2 * models, out=np.full_like(models, DIFFERENT), where=models > 0)
        return np.asarray(np.maximum(share, 0.0))

    return similarity


def _by_distance(tables: list[Floats]) -> Similarity:
    vectors = tables[0]
    squares = (vectors**2).sum(axis=1)

    def similarity(rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> Floats:
        far = squares[rows][:, None] + squares[columns] - 2 * vectors[rows] @ vectors[columns].T
        far[rows[:, None] == columns] = 0.0
        return np.asarray(np.maximum(far, 0.0))

    return similarity
