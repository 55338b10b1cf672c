"""What does dropout do to the number of features? A network that learns parities, and its hidden activations.

Each input names one of a few tasks (one-hot) and shows the bits of all; the label is the parity of the bits of that
task. A network of one hidden layer learns all patterns, with dropout on its hidden pre-activations; what is measured
are these pre-activations, without dropout.

Source: Bereska et al. (2025), arXiv 2512.13568; sheet 40 ("study recipes", dropout: 3 tasks of 4 bits, hidden 64).
Differs: nothing; 300 epochs are the source's, fewer do.
"""

from __future__ import annotations

import numpy as np

from psephos.engine import Rng, one_thread, progress, seed_of, spawn
from psephos.errors import InputError, check_count, check_number
from psephos.learning.sparse_autoencoder.descent import Adam
from psephos.metrics.diversity.hill import Floats

MOST_BITS = 16


def parity_network(
    dropout: float = 0.0,
    *,
    tasks: int = 3,
    bits: int = 4,
    hidden: int = 64,
    epochs: int = 300,
    batch: int = 256,
    learning_rate: float = 1e-3,
    rng: Rng = None,
) -> tuple[Floats, float]:
    """Hidden activations of a network that learned parities with dropout.

    Parameters
    ----------
    dropout : float, default 0
        Probability that a hidden neuron is dropped, at least 0 and below 1.
    tasks, bits : int, default 3 and 4
        Tasks and bits of each: tasks x 2^(tasks bits) patterns.
    hidden : int, default 64
        Neurons.
    epochs, batch : int, default 300 and 256
    learning_rate : float, default 0.001
        Of Adam.
    rng : int, Generator, SeedSequence or None
        Seed or source of start, order and dropout.

    Returns
    -------
    activations : ndarray of float64, shape (n_patterns, hidden)
        Before the relu, of all patterns.
    accuracy : float
        Share of all patterns that are answered right, without dropout.

    Raises
    ------
    InputError
        If a parameter is out of its range, or there would be more than 2^16 patterns for each task.

    See Also
    --------
    features_by_layer : counts the features of several of them.

    Examples
    --------
    >>> activations, accuracy = parity_network(tasks=1, bits=2, hidden=16, epochs=300, learning_rate=0.01, rng=0)
    >>> activations.shape, accuracy
    ((4, 16), 1.0)
    """
    drop = check_number("dropout", dropout, low=0, high=1)
    if drop == 1:
        raise InputError("dropout", "must be below 1: no neuron would be left")
    inputs, labels = _patterns(check_count("tasks", tasks), check_count("bits", bits))
    width, count, size = check_count("hidden", hidden), check_count("epochs", epochs), check_count("batch", batch)
    rate = check_number("learning_rate", learning_rate, low=0)
    start, order, dropping = spawn(seed_of(rng), 3)
    k = inputs.shape[1]
    flat, slope = np.empty(k * width + 2 * width + 1), np.empty(k * width + 2 * width + 1)
    W1, b1, w2, b2 = _views(flat, k, width)
    gW, gb, gw, g2 = _views(slope, k, width)
    W1[:] = start.uniform(-(k**-0.5), k**-0.5, W1.shape)
    b1[:] = start.uniform(-(k**-0.5), k**-0.5, width)
    w2[:] = start.uniform(-(width**-0.5), width**-0.5, width)
    b2[:] = 0
    adam = Adam(flat, rate)
    with one_thread(), progress("parity network", count) as advance:
        for _ in range(count):
            turn = order.permutation(len(inputs))
            for first in range(0, len(turn), size):
                own = turn[first : first + size]
                X, y = inputs[own], labels[own]
                kept = (dropping.random((len(own), width)) >= drop) / (1 - drop) if drop else 1.0
                H = np.maximum((X @ W1 + b1) * kept, 0)
                # Logistic loss: its slope is the probability less the label.
                back = (1 / (1 + np.exp(-np.clip(H @ w2 + b2[0], -50, 50))) - y) / len(own)
                inner = np.outer(back, w2) * (H > 0) * kept
                gW[:], gb[:], gw[:], g2[:] = X.T @ inner, inner.sum(axis=0), H.T @ back, back.sum()
                adam.step(slope)
            advance()
    before = inputs @ W1 + b1
    right = (np.maximum(before, 0) @ w2 + b2[0] > 0) == (labels > 0)
    return before, float(right.mean())


def _patterns(tasks: int, bits: int) -> tuple[Floats, Floats]:
    """All inputs (task, bits) and their parities."""
    if tasks * bits > MOST_BITS:
        raise InputError("bits", f"{tasks} tasks of {bits} bits have 2^{tasks * bits} patterns, at most 2^{MOST_BITS}")
    shown = (np.arange(2 ** (tasks * bits))[:, None] >> np.arange(tasks * bits)) & 1
    inputs = [np.hstack([np.tile(np.eye(tasks)[task], (len(shown), 1)), shown]) for task in range(tasks)]
    parity = [shown[:, task * bits : (task + 1) * bits].sum(axis=1) % 2 for task in range(tasks)]
    return np.vstack(inputs).astype(np.float64), np.concatenate(parity).astype(np.float64)


def _views(flat: Floats, k: int, width: int) -> tuple[Floats, Floats, Floats, Floats]:
    W, b, w, c = np.split(flat, np.cumsum([k * width, width, width]))
    return W.reshape(k, width), b, w, c
