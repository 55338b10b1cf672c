r"""How is activation shared among the features of a dictionary?

With codes a_ij >= 0 of item i and feature j,

    m_j = mean_i a_ij,      p_j = m_j / sum m,      F = exp(-sum_j p_j ln p_j),      psi = F / N

F is the effective number of features, the number of equally used ones with the same entropy (Hill number of order 1);
psi compares it with the N neurons, and above 1 features must overlap. Codes come as they are, or are made of
activations and a dictionary, a chunk at a time:

    a = relu(W x + b),      x^ = a W (tied; or a decoder of its own, with or without bias)

so that data larger than memory are read once: what is kept are sums over items.

Source: Bereska et al. (2025), arXiv 2512.13568; sheet 40. Differs: 0 ln 0 is 0, where the authors add 1e-10 to every
p; an item of several positions (a convolution) is its sum over them, as theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_floats, check_number

Floats = npt.NDArray[np.float64]
CHUNK_ROWS = 8192
KEPT_GIB = 1.0
"""Memory up to which the usage of single items is kept, which intervals need."""


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
    """Loss of a tied dictionary on a batch, and its gradients.

    Attributes
    ----------
    loss, squares, sparsity : float
        squares + l1 times the mean code; the mean squared error; the mean code.
    weights : ndarray of float64, shape (n_features, n_neurons)
    bias : ndarray of float64, shape (n_features,)
        Gradients.
    """

    loss: float
    squares: float
    sparsity: float
    weights: Floats = field(repr=False)
    bias: Floats = field(repr=False)


def dictionary_loss(dictionary: SparseDictionary, activations: npt.ArrayLike, *, l1: float = 0.1) -> DictionaryLoss:
    """Loss that a sparse autoencoder of tied weights is trained on, with its gradients in closed form.

    The mean over all entries of (x^ - x)^2, plus l1 times the mean over all entries of the codes; not sums per item,
    as in other libraries. A code that is exactly 0 has the gradient 0.

    Parameters
    ----------
    dictionary : SparseDictionary
        Tied, without decoder bias.
    activations : array_like of float, shape (n_items, n_neurons)
    l1 : float, default 0.1
        At least 0.

    Returns
    -------
    DictionaryLoss

    Raises
    ------
    InputError
        If the dictionary is not tied, activations do not fit or `l1` is negative.

    See Also
    --------
    effective_features : how many features the dictionary uses.

    Examples
    --------
    >>> round(dictionary_loss(SparseDictionary([[1.0], [-1.0]]), [[1.0], [-1.0]]).loss, 6)
    0.05
    """
    if not dictionary.tied or dictionary.decoder_bias.any():
        raise InputError("dictionary", "must have tied weights and no decoder bias")
    penalty = check_number("l1", l1, low=0)
    X, W = check_floats("activations", activations, ndim=2), dictionary.weights
    codes = dictionary.encode(X)
    error = codes @ W - X
    back = 2 * error / error.size
    slope = (back @ W.T + penalty / codes.size) * (codes > 0)
    squares, sparsity = float((error**2).mean()), float(codes.mean())
    return DictionaryLoss(
        squares + penalty * sparsity, squares, sparsity, slope.T @ X + codes.T @ back, slope.sum(axis=0)
    )


@dataclass(eq=False)
class UsageSums:
    """Sums over items: of codes, of how many are active, and of what the dictionary leaves unexplained."""

    n: int = 0
    rows: int = 0
    negative: int = 0
    active: float = 0.0
    usage: Floats | None = None
    fired: Floats | None = None
    kept: list[Floats] | None = field(default_factory=list)
    kept_bytes: int = 0
    residual: float = 0.0
    total: Floats | None = None
    squares: Floats | None = None

    def add_codes(self, codes: Floats, positions: int = 1) -> None:
        """Add codes of items, each of so many rows."""
        self.negative += int((codes < 0).sum())
        codes = np.abs(codes)
        live = codes > 0
        own = codes if positions == 1 else codes.reshape(-1, positions, codes.shape[1]).sum(axis=1)
        if self.usage is None or self.fired is None:
            self.usage, self.fired = np.zeros(codes.shape[1]), np.zeros(codes.shape[1])
        elif len(self.usage) != codes.shape[1]:
            raise InputError("codes", f"must have {len(self.usage)} features in every chunk, got {codes.shape[1]}")
        self.usage += own.sum(axis=0)
        self.fired += live.sum(axis=0)
        self.active += float(live.sum())
        self.n += len(own)
        self.rows += len(codes)
        self.kept_bytes += own.nbytes
        if self.kept is not None and self.kept_bytes <= KEPT_GIB * 2**30:
            self.kept.append(own)
        else:
            self.kept = None

    def add_rest(self, activations: Floats, reconstruction: Floats) -> None:
        """Add what is left unexplained."""
        if self.total is None or self.squares is None:
            self.total, self.squares = np.zeros(activations.shape[1]), np.zeros(activations.shape[1])
        self.residual += float(((reconstruction - activations) ** 2).sum())
        self.total += activations.sum(axis=0)
        self.squares += (activations**2).sum(axis=0)

    @property
    def explained(self) -> float:
        """1 - residual / sum of squares about column means; NaN for a constant layer or codes without activations."""
        if self.total is None or self.squares is None:
            return float("nan")
        about = float((self.squares - self.total**2 / self.rows).sum())
        return 1 - self.residual / about if about > 1e-12 * float(self.squares.sum()) else float("nan")

    @property
    def scale(self) -> float:
        """Root mean square of the activations."""
        return (
            float("nan") if self.squares is None else float(np.sqrt(self.squares.sum() / self.rows / len(self.squares)))
        )

    @property
    def varying(self) -> int:
        """Neurons whose activation is not always the same."""
        if self.total is None or self.squares is None:
            return 0
        return int((self.squares - self.total**2 / self.rows > 1e-12 * self.squares).sum())


def usage_of_codes(codes: npt.ArrayLike | Iterable[npt.ArrayLike]) -> UsageSums:
    """Sums over codes, of one array or chunks."""
    sums = UsageSums()
    for rows, positions in _chunks("codes", codes):
        sums.add_codes(rows, positions)
    return _some(sums, "codes")


def usage_of_activations(
    activations: npt.ArrayLike | Iterable[npt.ArrayLike], dictionary: SparseDictionary, scale: float = 1.0
) -> UsageSums:
    """Sums over the codes of activations, of one array or chunks, divided by `scale` first."""
    sums = UsageSums()
    for rows, positions in _chunks("activations", activations):
        rows = rows / scale
        codes = dictionary.encode(rows)
        sums.add_codes(codes, positions)
        sums.add_rest(rows, dictionary.decode(codes))
    return _some(sums, "activations")


def root_mean_square(activations: npt.ArrayLike | Iterable[npt.ArrayLike]) -> float:
    """Root mean square of all entries."""
    total = count = 0.0
    for rows, _ in _chunks("activations", activations):
        total, count = total + float((rows**2).sum()), count + rows.size
    if not total > 0:
        raise InputError("standardise", "needs activations that are not all 0")
    return float(np.sqrt(total / count))


def _chunks(name: str, values: npt.ArrayLike | Iterable[npt.ArrayLike]) -> Iterator[tuple[Floats, int]]:
    """Rows, and how many of them are one item: 4-D (items, channels, height, width) becomes rows of channels."""
    whole = hasattr(values, "shape") or isinstance(values, (list, tuple))
    for chunk in [values] if whole else values:  # type: ignore[union-attr]
        array = chunk if hasattr(chunk, "shape") else np.asarray(chunk)
        if np.ndim(array) not in (2, 4):
            raise InputError(name, f"must have 2 dimensions (items, columns) or 4, got {np.ndim(array)}")
        positions = 1 if np.ndim(array) == 2 else array.shape[2] * array.shape[3]
        for first in range(0, len(array), step := max(1, CHUNK_ROWS // max(positions, 1))):
            part = check_floats(name, array[first : first + step], ndim=np.ndim(array))
            if np.ndim(array) == 4:
                part = part.transpose(0, 2, 3, 1).reshape(-1, part.shape[1])
            yield part, positions


def _some(sums: UsageSums, name: str) -> UsageSums:
    if sums.n < 2:
        raise InputError(name, f"must have two items or more, got {sums.n}")
    return sums
