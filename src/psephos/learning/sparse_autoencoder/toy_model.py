"""A layer whose features are known: the toy model of superposition, to check a count of features with.

n features x_i are uniform on [0, 1) with probability 1 - S, else 0. A layer of m < n neurons holds h = W x and has to
give them back as y = relu(W^T h + b). It is trained on

    loss = mean over items of sum_i I_i (y_i - x_i)^2,      I_i = importance^i, i from 0

The sparser the features (S large), the more of them share neurons. |W|^2 is the number that are represented, as the
columns of those have length near 1; so is the exponential entropy of the squared column lengths, with less weight on
faint ones.

Source: the toy model of Elhage et al. (2022), arXiv 2209.10652; sheet 40, whose settings these are. Differs: nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from psephos.engine import Rng, generator, one_thread, progress
from psephos.errors import InputError, check_count, check_number
from psephos.learning.sparse_autoencoder.descent import Adam
from psephos.metrics.diversity.hill import Floats, by_order

RARE = 0.9
"""Sparsity above which items without a feature are drawn again: most would hold none."""


@dataclass(frozen=True, eq=False)
class ToySuperposition:
    """A trained toy model.

    Attributes
    ----------
    weights : ndarray of float64, shape (n_neurons, n_features)
        W.
    bias : ndarray of float64, shape (n_features,)
    sparsity : float
        Probability that a feature is 0.
    loss : float
        Mean over the last tenth of the batches.
    """

    weights: Floats
    bias: Floats
    sparsity: float
    loss: float

    @property
    def represented(self) -> float:
        """Number of features that are represented: the sum of squared lengths of columns."""
        return float((self.weights**2).sum())

    @property
    def effective(self) -> float:
        """Exponential entropy of the squared lengths of columns."""
        lengths = (self.weights**2).sum(axis=0)
        return float(by_order(lengths / lengths.sum(), 1.0))

    def inputs(self, count: int, rng: Rng = None) -> Floats:
        """Items by their features; where S > .9 none is without any.

        Parameters
        ----------
        count : int
        rng : int, Generator, SeedSequence or None

        Returns
        -------
        ndarray of float64, shape (count, n_features)
        """
        stream = generator(rng)
        X = _inputs(stream, check_count("count", count), self.weights.shape[1], self.sparsity)
        while self.sparsity > RARE and (empty := ~X.any(axis=1)).any():
            X[empty] = _inputs(stream, int(empty.sum()), X.shape[1], self.sparsity)
        return X

    def activations(self, count: int, rng: Rng = None) -> Floats:
        """What the layer holds of such items.

        Parameters
        ----------
        count : int
        rng : int, Generator, SeedSequence or None

        Returns
        -------
        ndarray of float64, shape (count, n_neurons)
        """
        return np.asarray(self.inputs(count, rng) @ self.weights.T)


def toy_superposition(
    sparsity: float,
    *,
    features: int = 20,
    neurons: int = 5,
    importance: float = 0.9,
    steps: int = 3000,
    batch: int = 256,
    learning_rate: float = 0.01,
    rng: Rng = None,
) -> ToySuperposition:
    """Train the toy model of superposition.

    Parameters
    ----------
    sparsity : float
        S, at least 0 and below 1.
    features, neurons : int, default 20 and 5
        n and m.
    importance : float, default 0.9
        Each feature counts this many times the one before it; above 0, at most 1.
    steps, batch : int, default 3000 and 256
        Batches of fresh items.
    learning_rate : float, default 0.01
        Of Adam, falling to 0 as a cosine does.
    rng : int, Generator, SeedSequence or None
        Seed or source of start and items.

    Returns
    -------
    ToySuperposition

    Raises
    ------
    InputError
        If a parameter is out of its range.

    See Also
    --------
    trained_features : counts the features of its activations.

    Examples
    --------
    >>> model = toy_superposition(0.0, features=6, neurons=2, steps=400, rng=0)
    >>> model.activations(3, rng=1).shape, 1.5 < model.represented < 2.5
    ((3, 2), True)
    """
    S = check_number("sparsity", sparsity, low=0, high=1)
    if S == 1:
        raise InputError("sparsity", "must be below 1: no feature would ever be present")
    n, m = check_count("features", features), check_count("neurons", neurons)
    check_number("importance", importance, low=0, high=1)
    if importance == 0:
        raise InputError("importance", "must be above 0")
    rate = check_number("learning_rate", learning_rate, low=0)
    count, size = check_count("steps", steps), check_count("batch", batch)
    stream = generator(rng)
    flat, slope = np.zeros(m * n + n), np.empty(m * n + n)
    W, b, gW, gb = flat[: m * n].reshape(m, n), flat[m * n :], slope[: m * n].reshape(m, n), slope[m * n :]
    W[:] = stream.normal(0, n**-0.5, (m, n))
    weight = importance ** np.arange(n)
    adam, losses = Adam(flat, rate), np.empty(count)
    with one_thread(), progress("toy model", count) as advance:
        for step in range(count):
            X = _inputs(stream, size, n, S)
            H = X @ W.T
            Y = np.maximum(H @ W + b, 0)
            error = Y - X
            losses[step] = (error**2 @ weight).mean()
            back = 2 / size * weight * error * (Y > 0)
            gb[:] = back.sum(axis=0)
            gW[:] = H.T @ back + (X.T @ (back @ W.T)).T
            adam.step(slope, rate * (1 + math.cos(math.pi * step / count)) / 2)
            advance()
    return ToySuperposition(W.copy(), b.copy(), S, float(losses[-max(1, count // 10) :].mean()))


def _inputs(stream: np.random.Generator, count: int, n: int, sparsity: float) -> Floats:
    return stream.random((count, n)) * (stream.random((count, n)) >= sparsity)
