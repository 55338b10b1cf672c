"""What does counting features find where there is no structure?

Activations whose neurons are shuffled one by one keep each neuron's values and lose what they have in common; normal
ones keep means and covariances and lose all else. The same pipeline on them (a dictionary trained anew) gives an F to
hold against the one of the layer.

Source: sheet 40, ours.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from psephos.engine import Rng, generator
from psephos.errors import InputError, check_choice, check_floats
from psephos.metrics.diversity.hill import Floats


def null_activations(
    activations: npt.ArrayLike, kind: Literal["columns", "gaussian"] = "columns", *, rng: Rng = None
) -> Floats:
    """Activations without the structure that is looked for: the same pipeline on them shows what F is by itself.

    Parameters
    ----------
    activations : array_like of float, shape (n_items, n_neurons)
        One row for each item.
    kind : {"columns", "gaussian"}, default "columns"
        Each neuron shuffled by itself, or normal with the same mean and covariance.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.

    Returns
    -------
    ndarray of float64, shape (n_items, n_neurons)
        As many as were given, or asked for.

    Raises
    ------
    InputError
        If activations are not two-dimensional, fewer than two or not finite.

    See Also
    --------
    effective_features : what is run on them.

    Examples
    --------
    >>> X = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    >>> np.sort(null_activations(X, rng=0), axis=0).tolist() == X
    True
    """
    check_choice("kind", kind, ("columns", "gaussian"))
    X = check_floats("activations", activations, ndim=2)
    if len(X) < 2:
        raise InputError("activations", f"must have two items or more, got {len(X)}")
    stream = generator(rng)
    if kind == "columns":
        return stream.permuted(X, axis=0)
    centred = (X - X.mean(axis=0)) / math.sqrt(len(X) - 1)
    if len(X) > X.shape[1]:
        # A root of the covariance, by its eigenvectors so that neurons which never vary do no harm.
        spread, axes = np.linalg.eigh(centred.T @ centred)
        centred = np.sqrt(np.maximum(spread, 0))[:, None] * axes.T
    # A normal mix of the centred rows, too, has their covariance, whatever its rank.
    return np.asarray(X.mean(axis=0) + stream.normal(size=(len(X), len(centred))) @ centred)
