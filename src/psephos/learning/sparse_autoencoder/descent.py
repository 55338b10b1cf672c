"""How is one dictionary trained: descent of its loss by Adam, from one start, over one order of the rows.

    loss = mean over entries of (x^ - x)^2 + l1 mean over entries of a,      a = relu(W x + b),  x^ = W^T a (tied)

Batches are drawn anew in each epoch; the loss of an epoch is that of its batches, weighted by their sizes. When it has
not fallen for some epochs training stops, and the dictionary is the copy that was taken at the end of the best epoch.
The codes of each batch are added up on the way, so that the course of F costs nothing.

Source: Bereska et al. (2025), arXiv 2512.13568; sheet 40; Adam: Kingma and Ba (2015), arXiv 1412.6980. Differs: the
authors keep a shallow copy of the best state, which goes on changing; ours is a copy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from psephos.engine import one_thread, progress, spawn
from psephos.errors import LossError
from psephos.learning.sparse_autoencoder.activation_rows import ActivationRows
from psephos.learning.sparse_autoencoder.settings import Training
from psephos.metrics.diversity.hill import Floats, by_order
from psephos.metrics.effective_features.dictionary import DictionarySlopes, descend

BETAS = (0.9, 0.999)
EPSILON = 1e-8


@dataclass(eq=False)
class Adam:
    """Steps of Adam on one flat array of parameters, which is changed in place.

    Parameters
    ----------
    parameters : ndarray of float64
    rate : float
        Learning rate.
    """

    parameters: Floats
    rate: float

    def __post_init__(self) -> None:
        self.mean, self.square = np.zeros_like(self.parameters), np.zeros_like(self.parameters)
        self.spare, self.steps = np.empty_like(self.parameters), 0

    def step(self, slope: Floats, rate: float | None = None) -> None:
        """Move against the slope."""
        self.steps += 1
        first, second = BETAS
        self.mean *= first
        np.multiply(slope, 1 - first, out=self.spare)
        self.mean += self.spare
        self.square *= second
        np.multiply(slope, slope, out=self.spare)
        self.spare *= 1 - second
        self.square += self.spare
        np.sqrt(self.square, out=self.spare)
        self.spare /= math.sqrt(1 - second**self.steps)
        self.spare += EPSILON
        np.divide(self.mean, self.spare, out=self.spare)
        self.spare *= (self.rate if rate is None else rate) / (1 - first**self.steps)
        self.parameters -= self.spare


def trained(shard: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Train a dictionary; a function of one shard for `map_shards`, so all comes and goes as arrays and numbers.

    Parameters
    ----------
    shard : dict
        rows (see `ActivationRows.portable`), training (settings by name), label (of the progress bar, or None).
    rng : Generator
        Source of start and orders.

    Returns
    -------
    dict
        weights, bias, decoder (if not tied), decoder_bias (if any), loss, squares, sparsity and effective (F) of each
        epoch, best (number of the best epoch, from 0).

    Raises
    ------
    LossError
        If the loss is no longer a number, a FloatingPointError; says in which epoch.
    """
    rows = ActivationRows.from_portable(shard["rows"])
    training = Training(**shard["training"])
    start, order = spawn(rng, 2)
    D, N = training.features(rows.neurons), rows.neurons
    parts = parameters(D, N, training)
    now, to = np.empty(sum(parts.values())), np.empty(sum(parts.values()))
    W, b, V, c = views(now, D, N, training)
    width = math.sqrt(6 / (N + D))
    W[:] = start.uniform(-width, width, (D, N))
    if V is not None:
        V[:] = start.uniform(-width, width, (D, N))
    b[:] = 0
    if c is not None:
        c[:] = 0
    slopes = DictionarySlopes(*views(to, D, N, training))
    adam, best = Adam(now, training.learning_rate), now.copy()
    course: dict[str, list[float]] = {"loss": [], "squares": [], "sparsity": [], "effective": []}
    lowest, at = math.inf, 0
    with one_thread(), progress(shard["label"], training.epochs) as advance:
        for epoch in range(training.epochs):
            squares = 0.0
            usage = np.zeros(D)
            for buffer in rows.shuffled(order, training.batch):
                for first in range(0, len(buffer), training.batch):
                    X = buffer[first : first + training.batch]
                    with np.errstate(over="ignore", invalid="ignore"):
                        error, codes = descend(X, W, b, W if V is None else V, c, training.l1, slopes)
                        adam.step(to)
                    squares += error * len(X)
                    usage += codes
            squares, sparsity = squares / rows.rows, float(usage.sum()) / (rows.rows * D)
            loss = squares + training.l1 * sparsity
            if not math.isfinite(loss):
                problem = f"is too large, {training.learning_rate:g}: the loss is no longer a number"
                hint = "take a smaller one, or standardise='rms'"
                raise LossError("learning_rate", problem, where=f"epoch {epoch + 1}", hint=hint)
            shares = usage / usage.sum() if usage.any() else usage
            counted = float(by_order(shares, 1.0)) if usage.any() else 0.0
            for name, value in zip(course, (loss, squares, sparsity, counted), strict=True):
                course[name].append(value)
            advance()
            if loss < lowest:
                lowest, at = loss, epoch
                best[:] = now
            elif training.patience and epoch - at >= training.patience:
                break
    W, b, V, c = views(best, D, N, training)
    found = {"weights": W, "bias": b, "best": at} | {name: np.array(values) for name, values in course.items()}
    return found | ({} if V is None else {"decoder": V}) | ({} if c is None else {"decoder_bias": c})


def parameters(D: int, N: int, training: Training) -> dict[str, int]:
    """Numbers in each part of a dictionary, in the order of the flat array.

    Parameters
    ----------
    D, N : int
        Features and neurons.
    training : Training
        Whether the decoder is tied, and has a bias.
    """
    parts = {"weights": D * N, "bias": D}
    return (
        parts | ({} if training.tied else {"decoder": D * N}) | ({"decoder_bias": N} if training.decoder_bias else {})
    )


def views(flat: Floats, D: int, N: int, training: Training) -> tuple[Floats, Floats, Floats | None, Floats | None]:
    """The parts of a flat array of parameters; views, not copies.

    Parameters
    ----------
    flat : ndarray of float64
    D, N, training
        As in `parameters`.

    Returns
    -------
    weights : ndarray of float64, shape (D, N)
    bias : ndarray of float64, shape (D,)
    decoder : ndarray of float64, shape (D, N), or None
        None where it is tied to the weights.
    decoder_bias : ndarray of float64, shape (N,), or None
    """
    ends = np.cumsum(list(parameters(D, N, training).values()))
    pieces = dict(zip(parameters(D, N, training), np.split(flat, ends[:-1]), strict=True))
    decoder = pieces.get("decoder")
    return (
        pieces["weights"].reshape(D, N),
        pieces["bias"],
        None if decoder is None else decoder.reshape(D, N),
        pieces.get("decoder_bias"),
    )
