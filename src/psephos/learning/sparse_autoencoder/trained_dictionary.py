"""A dictionary that was trained on activations, and how its training went."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine import Rng, atomic_write, generator, seed_of
from psephos.errors import InputError, check_choice
from psephos.learning.sparse_autoencoder.activation_rows import ActivationRows, read_activations, rows_of
from psephos.learning.sparse_autoencoder.descent import trained
from psephos.learning.sparse_autoencoder.settings import Training
from psephos.metrics import SparseDictionary


@dataclass(frozen=True, eq=False)
class TrainedDictionary:
    """A dictionary with the course of its training.

    Attributes
    ----------
    dictionary : SparseDictionary
        The copy taken at the end of the best epoch.
    epochs, best_epoch : int
        How many were run, and which had the lowest loss, from 1.
    converged : bool
        Whether training stopped because the loss no longer fell.
    course : polars.DataFrame
        epoch, loss, squares (mean squared error), sparsity (mean code), effective (F of the codes of the epoch).
    scale : float
        Root mean square of the activations.
    divisor : float
        What activations have to be divided by before the dictionary is used: `scale` if standardised, else 1.
    """

    dictionary: SparseDictionary
    epochs: int
    best_epoch: int
    converged: bool
    scale: float
    divisor: float
    course: pl.DataFrame = field(repr=False)

    @property
    def loss(self) -> float:
        """Loss of the best epoch, as the mean over its batches."""
        return float(self.course["loss"][self.best_epoch - 1])

    def save(self, path: str | PathLike[str]) -> None:
        """Write the dictionary to a file of NumPy that `psephos measure effective-features --dictionary` reads.

        Parameters
        ----------
        path : path-like
            A name that ends in .npz.
        """
        if Path(path).suffix != ".npz":
            raise InputError("path", f"must end in .npz, got {str(path)!r}")
        own = self.dictionary
        parts = {"weights": own.weights, "bias": own.bias, "decoder_bias": own.decoder_bias}
        with atomic_write(Path(path), "wb") as stream:
            np.savez(stream, allow_pickle=False, **parts, **({} if own.tied else {"decoder": own.decoder}))


def train_dictionary(
    activations: npt.ArrayLike | Iterable[npt.ArrayLike],
    training: Training | None = None,
    *,
    label: str | None = "training a dictionary",
    rng: Rng = None,
) -> TrainedDictionary:
    """Train one sparse autoencoder on activations.

    Parameters
    ----------
    activations : array_like of float, shape (n_items, n_neurons) or (n_items, k, height, width), or iterator of chunks
        An array that is mapped from a file is read in pieces; chunks of an iterator are kept in a temporary file.
    training : Training, optional
        Its settings; the defaults of the source if not given.
    label : str or None
        Of the progress bar.
    rng : int, Generator, SeedSequence or None
        Seed or source of the start and of the order of rows.

    Returns
    -------
    TrainedDictionary

    Raises
    ------
    InputError
        If there are fewer than two items, or activations are not finite or have 1, 3 or 5 dimensions.
    LossError
        If the loss is no longer a number, a FloatingPointError; says in which epoch.

    See Also
    --------
    trained_features : trains several, and says how many features are used.
    psephos.metrics.effective_features : counts with any dictionary.

    Examples
    --------
    >>> X = np.random.default_rng(0).exponential(size=(300, 3))
    >>> one = train_dictionary(X, Training(epochs=20, patience=0), rng=0)
    >>> one.dictionary.weights.shape, one.epochs, one.converged
    ((12, 3), 20, False)
    >>> bool(one.course["loss"][-1] < one.course["loss"][0])
    True
    """
    own = Training() if training is None else training
    rows = chosen_rows(read_activations(activations), own, seed := seed_of(rng))
    shard = {"rows": rows.portable(), "training": own.to_dict(), "label": label}
    return finished(trained(shard, generator(seed)), rows, own)


def chosen_rows(rows: ActivationRows, training: Training, seed: int) -> ActivationRows:
    """The rows that are trained on: drawn once, from a stream of their own, so that all seeds see the same."""
    total = rows_of(rows.values)
    count = training.samples(total, convolution=rows.values.ndim == 4)
    if count < total:
        stream = np.random.default_rng([seed, 1])
        rows = replace(rows, chosen=np.sort(stream.choice(total, count, replace=False)))
    if training.standardise == "rms":
        if not rows.scale > 0:
            raise InputError("standardise", "needs activations that are not all 0")
        rows = replace(rows, divisor=rows.scale)
    return rows


def finished(found: dict[str, Any], rows: ActivationRows, training: Training) -> TrainedDictionary:
    """What training left, as a dictionary."""
    parts = {name: found[name] for name in ("decoder", "decoder_bias") if name in found}
    names = ("loss", "squares", "sparsity", "effective")
    course = pl.DataFrame({"epoch": np.arange(1, len(found["loss"]) + 1)} | {name: found[name] for name in names})
    best = int(found["best"]) + 1
    return TrainedDictionary(
        dictionary=SparseDictionary(found["weights"], found["bias"], **parts),
        epochs=course.height,
        best_epoch=best,
        converged=bool(training.patience) and course.height - best >= training.patience,
        scale=rows.scale,
        divisor=rows.divisor,
        course=course,
    )


def check_null(kind: str) -> str:
    """Return the kind of null model if there is one of this name, or none."""
    return check_choice("null", kind, ("none", "columns", "gaussian"))
