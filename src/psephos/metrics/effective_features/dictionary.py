"""How are codes made of activations, how good is a dictionary, and how much do its directions overlap?

    a = relu(W x + b),      x^ = W^T a (tied; or a decoder of its own, with or without bias)

Source: Bereska et al. (2025), arXiv 2512.13568; sheet 40. Differs: interference, the mean cos^2 between directions, is
ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_floats, check_number
from psephos.metrics.diversity.hill import Floats


@dataclass(frozen=True, eq=False)
class SparseDictionary:
    """Features as directions, and how codes are made of activations.

    Parameters
    ----------
    weights : array_like of float, shape (n_features, n_neurons)
        Encoder, one row for each feature; decoder too unless one is given.
    bias : array_like of float, shape (n_features,), optional
        Of the encoder; 0 if not given.
    decoder : array_like of float, shape (n_features, n_neurons), optional
        Own directions of an untied dictionary.
    decoder_bias : array_like of float, shape (n_neurons,), optional
        What is added to what the dictionary gives back.

    Examples
    --------
    >>> dictionary = SparseDictionary([[1, 0], [0, 1], [-1, 0]])
    >>> dictionary.encode([[0.5, -1], [-2, 1]])
    array([[0.5, 0. , 0. ],
           [0. , 1. , 2. ]])
    """

    weights: Floats
    bias: Floats
    decoder: Floats
    decoder_bias: Floats
    tied: bool = True

    def __init__(
        self,
        weights: npt.ArrayLike,
        bias: npt.ArrayLike | None = None,
        *,
        decoder: npt.ArrayLike | None = None,
        decoder_bias: npt.ArrayLike | None = None,
    ) -> None:
        W = check_floats("weights", weights, ndim=2)
        if not W.size:
            raise InputError("weights", "must have a feature and a neuron or more")
        parts = {
            "weights": W,
            "bias": np.zeros(len(W)) if bias is None else check_floats("bias", bias),
            "decoder": W if decoder is None else check_floats("decoder", decoder, ndim=2),
            "decoder_bias": np.zeros(W.shape[1])
            if decoder_bias is None
            else check_floats("decoder_bias", decoder_bias),
        }
        for name, shape in (("bias", (len(W),)), ("decoder", W.shape), ("decoder_bias", (W.shape[1],))):
            if parts[name].shape != shape:
                raise InputError(name, f"must have shape {shape} to fit the weights, got {parts[name].shape}")
        for name, value in parts.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "tied", decoder is None)

    def encode(self, activations: npt.ArrayLike) -> Floats:
        """Codes of activations.

        Parameters
        ----------
        activations : array_like of float, shape (n_items, n_neurons)

        Returns
        -------
        ndarray of float64, shape (n_items, n_features)
        """
        X = check_floats("activations", activations, ndim=2)
        if X.shape[1] != self.weights.shape[1]:
            raise InputError("activations", f"must have {self.weights.shape[1]} neurons, got {X.shape[1]}")
        return np.maximum(X @ self.weights.T + self.bias, 0.0)

    def decode(self, codes: npt.ArrayLike) -> Floats:
        """What codes say that the activations are.

        Parameters
        ----------
        codes : array_like of float, shape (n_items, n_features)

        Returns
        -------
        ndarray of float64, shape (n_items, n_neurons)
        """
        A = check_floats("codes", codes, ndim=2)
        if A.shape[1] != len(self.weights):
            raise InputError("codes", f"must have {len(self.weights)} features, got {A.shape[1]}")
        return A @ self.decoder + self.decoder_bias


@dataclass(frozen=True)
class DictionaryLoss:
    """Loss of a dictionary on a batch, and its gradients.

    Attributes
    ----------
    loss, squares, sparsity : float
        squares + l1 times the mean code; the mean squared error; the mean code.
    weights : ndarray of float64, shape (n_features, n_neurons)
        Gradient of the weights.
    bias : ndarray of float64, shape (n_features,)
        Gradients.
    decoder : ndarray of float64, shape (n_features, n_neurons), or None
        Gradient of a decoder of its own; None where weights are tied and `weights` has both parts.
    decoder_bias : ndarray of float64, shape (n_neurons,)
    """

    loss: float
    squares: float
    sparsity: float
    weights: Floats = field(repr=False)
    bias: Floats = field(repr=False)
    decoder: Floats | None = field(repr=False)
    decoder_bias: Floats = field(repr=False)


def dictionary_loss(dictionary: SparseDictionary, activations: npt.ArrayLike, *, l1: float = 0.1) -> DictionaryLoss:
    """Loss that a sparse autoencoder is trained on, with its gradients in closed form.

    The mean over all entries of (x^ - x)^2, plus l1 times the mean over all entries of the codes; not sums per item,
    as in other libraries. A code that is exactly 0 has the gradient 0.

    Parameters
    ----------
    dictionary : SparseDictionary
    activations : array_like of float, shape (n_items, n_neurons)
        One row for each item.
    l1 : float, default 0.1
        At least 0.

    Returns
    -------
    DictionaryLoss
        Loss with its parts, and the gradients of weights and biases.

    Raises
    ------
    InputError
        If activations do not fit the dictionary, there are none, or `l1` is negative.

    See Also
    --------
    SparseDictionary : what it is the loss of.

    Examples
    --------
    >>> round(dictionary_loss(SparseDictionary([[1, 0], [0, 1]]), [[1.0, 1.0], [-1.0, 0.0]]).squares, 6)
    0.25
    """
    penalty = check_number("l1", l1, low=0)
    X = check_floats("activations", activations, ndim=2)
    D, N = dictionary.weights.shape
    if X.shape[1] != N or not len(X):
        raise InputError("activations", f"must have {N} neurons and an item or more, got shape {X.shape}")
    shift = np.empty(N)
    to = DictionarySlopes(np.empty((D, N)), np.empty(D), None if dictionary.tied else np.empty((D, N)), shift)
    squares, usage = descend(
        X, dictionary.weights, dictionary.bias, dictionary.decoder, dictionary.decoder_bias, penalty, to
    )
    sparsity = float(usage.sum()) / (len(X) * D)
    return DictionaryLoss(squares + penalty * sparsity, squares, sparsity, to.weights, to.bias, to.decoder, shift)


@dataclass(frozen=True)
class DictionarySlopes:
    """Where gradients of a loss are written to, part by part of a `Dictionary`.

    Attributes
    ----------
    weights : ndarray of float64, shape (n_features, n_neurons)
    bias : ndarray of float64, shape (n_features,)
    decoder : ndarray of float64, shape (n_features, n_neurons), or None
        None where the decoder is tied to the weights.
    decoder_bias : ndarray of float64, shape (n_neurons,), or None
        None where there is none.
    """

    weights: Floats
    bias: Floats
    decoder: Floats | None
    decoder_bias: Floats | None


def descend(
    X: Floats, W: Floats, b: Floats, V: Floats, c: Floats | None, l1: float, to: DictionarySlopes
) -> tuple[float, Floats]:
    """Write the gradients of a batch; the mean squared error, and the sum of the codes of each feature.

    With B items, N neurons, D features, codes A and errors E = A V + c - X, both losses are means over all entries:

        dR = 2 E / (B N),   dZ = (dR V^T + l1 / (B D)) [Z > 0],   dW = dZ^T X,   dV = A^T dR (added to dW if tied)
    """
    A = X @ W.T
    A += b
    np.maximum(A, 0.0, out=A)
    E = A @ V
    if c is not None:
        E += c
    E -= X
    squares = float(np.vdot(E, E)) / E.size
    E *= 2 / E.size
    slope = E @ V.T
    slope += l1 / A.size
    slope *= A > 0
    np.matmul(slope.T, X, out=to.weights)
    np.sum(slope, axis=0, out=to.bias)
    if to.decoder is None:
        to.weights.__iadd__(A.T @ E)
    else:
        np.matmul(A.T, E, out=to.decoder)
    if to.decoder_bias is not None:
        np.sum(E, axis=0, out=to.decoder_bias)
    return squares, A.sum(axis=0)


def interference(dictionary: SparseDictionary, live: npt.NDArray[np.bool_] | None = None) -> float:
    """How much the directions of features overlap: the mean over pairs of cos^2 between them.

    Parameters
    ----------
    dictionary : SparseDictionary
        Its directions are compared.
    live : array of bool, shape (n_features,), optional
        Which features take part; all if not given.

    Returns
    -------
    float
        0 for directions at right angles, 1 / N for random ones; NaN for fewer than two.

    Raises
    ------
    InputError
        If there is not one entry of `live` for each feature.

    See Also
    --------
    effective_features : reports it.

    Examples
    --------
    >>> round(interference(SparseDictionary([[1, 0], [0, 1], [-1, 0]])), 6)
    0.333333
    """
    rows = dictionary.decoder
    if live is not None:
        if np.shape(live) != (len(rows),):
            raise InputError("live", f"must have one entry for each of {len(rows)} features, got {np.shape(live)}")
        rows = rows[np.asarray(live, dtype=bool)]
    lengths = np.linalg.norm(rows, axis=1)
    unit = rows[lengths > 0] / lengths[lengths > 0][:, None]
    k = len(unit)
    # sum over all pairs of cos^2 is |U U^T|^2 = |U^T U|^2, and each direction has 1 with itself.
    gram = unit.T @ unit
    return float(((gram**2).sum() - k) / (k * (k - 1))) if k > 1 else math.nan
