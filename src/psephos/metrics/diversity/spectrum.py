r"""What do the eigenvalues of a collection's similarities say about how many different things are in it?

With K the similarities of n items (K_ii = 1) and p their probabilities, the eigenvalues l of

    K~ = diag(sqrt p) K diag(sqrt p)            (K / n if all are equally probable)

sum to 1, and the Vendi score of order q is their Hill number. Every way to the eigenvalues ends in a `Spectrum`: from
the matrix, from features, from texts, from landmarks or random features where the matrix would be too large.

Where only part of the spectrum is known, a share r = 1 - sum l is missing. Two things are known about it:

    added    each true eigenvalue exceeds the known one (Nystroem: K minus its approximation has no negative eigenvalue)
    unseen   the known ones are exact and the others are no larger than the least of them (Lanczos)

Hill numbers of all orders fall if mass moves from a smaller to a larger eigenvalue (Schur-concavity), so the whole of
r in the largest places allowed is a lower bound, and r poured evenly into the smallest of the n places is an upper
bound.

Sources: Friedman and Dieng (2023), arXiv 2210.02410; Pasarkar and Dieng (2024), arXiv 2310.12952; the truncated score:
arXiv 2410.21719; sheets 07 and 11. Differs: the bounds are ours; an eigenvalue counts as 0 up to n eps times the
largest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from psephos.errors import InputError, check_choice, check_count
from psephos.metrics.diversity.hill import Floats, Order, by_order

EPS = float(np.finfo(np.float64).eps)
NEGATIVE = 1e-6
"""Share of the largest eigenvalue up to which a negative one is rounding."""

Definite = Literal["error", "clip"]
"""A matrix with negative eigenvalues is no similarity: refuse, or cut them off and say how much that was."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenvalues of the similarities of a collection, and how they were found.

    Attributes
    ----------
    eigenvalues : ndarray of float64, shape (rank,)
        From the largest down, each above 0; they sum to 1 less `missing`.
    n : int
        Items.
    p : ndarray of float64, shape (n,) or None
        Probabilities of the items; None if all are equal.
    coordinates : ndarray of float64, shape (n, rank) or None
        The items along the eigenvectors: the inner product of two rows is their similarity. None where they were not
        kept; what is said of single items needs them.
    path : str
        How the eigenvalues were found.
    missing : float
        Share of the eigenvalues that is not known, 0 if the spectrum is exact.
    unseen : bool
        Whether what is missing lies in eigenvalues that were not found, rather than in all of them.
    approximate : bool
        Whether the eigenvalues are estimates.
    clipped : float
        Mass of negative eigenvalues that were cut off, as a share of all.
    trace_error : float
        Sum of the eigenvalues before it was set to 1, less 1.
    seed : int or None
        Seed of the landmarks or random features.
    parameters : mapping
        Kernel, its bandwidth, number of landmarks and the like.
    notes : tuple of str
        What was decided on the way.
    """

    eigenvalues: Floats
    n: int
    p: Floats | None = None
    coordinates: Floats | None = None
    path: str = "kernel"
    missing: float = 0.0
    unseen: bool = False
    approximate: bool = False
    clipped: float = 0.0
    trace_error: float = 0.0
    seed: int | None = None
    parameters: dict[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def rank(self) -> int:
        """Eigenvalues above n eps times the largest."""
        return len(self.eigenvalues)

    @property
    def entropy(self) -> float:
        """Entropy in nats; the logarithm of the score of order 1."""
        return math.log(float(self.score(1)))

    @property
    def weights(self) -> Floats:
        """Probabilities of the items."""
        return np.full(self.n, 1 / self.n) if self.p is None else self.p

    def score(self, q: Order | Sequence[Order] = 1.0) -> Floats:
        """Vendi score of every order.

        Where a share is missing this is the upper bound, the better estimate of the two.

        Parameters
        ----------
        q : float, "inf", or a list of them, default 1

        Returns
        -------
        ndarray of float64, scalar or shape (n_orders,)

        Examples
        --------
        >>> Spectrum(np.array([0.5, 0.5]), n=4).score([0, 1, "inf"])
        array([2., 2., 2.])
        """
        return by_order(self.eigenvalues if not self.missing else self._poured(), q)

    def bounds(self, q: Order | Sequence[Order] = 1.0) -> tuple[Floats, Floats]:
        """Lower and upper bound of the score; equal where nothing is missing.

        Parameters
        ----------
        q : float, "inf", or a list of them, default 1

        Returns
        -------
        low, high : ndarray of float64, scalars or shape (n_orders,)

        Examples
        --------
        >>> low, high = Spectrum(np.array([0.6, 0.3]), n=4, missing=0.1).bounds(2)
        >>> print(f"{low:.3f} {high:.3f}")
        1.724 2.198
        """
        if not self.missing:
            found = self.score(q)
            return found, found
        return by_order(self._heaped(), q), by_order(self._poured(), q)

    def truncated(self, t: int | None = None) -> Spectrum:
        """The t largest eigenvalues, with what the others hold spread evenly over these.

        The score of such a spectrum settles with a number of items of the order of t.

        Parameters
        ----------
        t : int, optional
            At most so many; 256 if not given.

        Returns
        -------
        Spectrum

        Raises
        ------
        InputError
            If `t` is below 1.

        Examples
        --------
        >>> Spectrum(np.array([0.5, 0.25, 0.25]), n=3).truncated(2).eigenvalues
        array([0.625, 0.375])
        """
        kept = self.eigenvalues[: min(self.n, 256) if t is None else check_count("t", t)]
        note = f"truncated to {len(kept)} eigenvalues, which held {kept.sum():.4f} of 1"
        return Spectrum(
            kept + (1 - kept.sum()) / len(kept),
            self.n,
            self.p,
            path=f"{self.path}, truncated",
            approximate=True,
            clipped=self.clipped,
            seed=self.seed,
            parameters=self.parameters | {"t": len(kept)},
            notes=(*self.notes, note),
        )

    def mass(self, k: int) -> float:
        """Share of the k largest eigenvalues.

        Examples
        --------
        >>> Spectrum(np.array([0.5, 0.25, 0.25]), n=3).mass(2)
        0.75
        """
        return float(self.eigenvalues[:k].sum())

    def _heaped(self) -> Floats:
        """What is missing in the largest places that are allowed."""
        if not self.unseen:
            return np.concatenate([[self.eigenvalues[0] + self.missing], self.eigenvalues[1:]])
        least = self.eigenvalues[-1]
        whole = min(int(self.missing / least), self.n - self.rank)
        return np.concatenate([self.eigenvalues, np.full(whole, least), [max(self.missing - whole * least, 0.0)]])

    def _poured(self) -> Floats:
        """What is missing poured into the smallest of the n places, up to one level."""
        zeros = self.n - self.rank
        if self.unseen:
            return np.concatenate([self.eigenvalues, np.full(zeros, self.missing / max(zeros, 1))])
        rising = np.concatenate([np.zeros(zeros), self.eigenvalues[::-1]])
        places = np.arange(1, len(rising) + 1)
        levels = (self.missing + np.cumsum(rising)) / places
        below = np.flatnonzero(levels > rising)[-1]
        return np.asarray(np.maximum(rising, levels[below]))


def check_spectrum(spectrum: object) -> None:
    """Refuse what is no spectrum, such as the features themselves."""
    if not isinstance(spectrum, Spectrum):
        hint = "feature_spectrum makes one of vectors, kernel_spectrum one of similarities"
        raise InputError("spectrum", f"must be a Spectrum, got {type(spectrum).__name__}", hint=hint)


def cleaned(eigenvalues: Floats, n: int, psd: Definite = "error") -> tuple[Floats, float, float]:
    """Eigenvalues from the largest down without rounding, summing to 1; the clipped mass; what the sum was off by.

    Raises
    ------
    InputError
        If an eigenvalue is negative beyond rounding and `psd` is "error".
    """
    check_choice("psd", psd, ("error", "clip"))
    falling = np.sort(eigenvalues)[::-1]
    largest = falling[0]
    if falling[-1] < -NEGATIVE * largest and psd == "error":
        raise InputError(
            "K not PSD",
            f"has the eigenvalue {falling[-1]:.4g} beside a largest of {largest:.4g}",
            hint='no similarity of items looks like this; psd="clip" cuts such eigenvalues off and says how much',
        )
    clipped = float(-falling[falling < 0].sum() / np.abs(falling).sum()) if falling[-1] < 0 else 0.0
    kept = falling[falling > n * EPS * largest]
    return kept / kept.sum(), clipped, float(falling.sum() - 1)


def reweighted(coordinates: Floats, weights: Floats) -> Floats:
    """Eigenvalues of the same items under other weights, which need not sum to 1; no similarity is computed again."""
    used = weights > 0
    scaled = coordinates[used] * np.sqrt(weights[used] / weights.sum())[:, None]
    gram = scaled.T @ scaled if scaled.shape[1] <= len(scaled) else scaled @ scaled.T
    raw = np.linalg.eigvalsh(gram)
    kept = raw[raw > len(coordinates) * EPS * raw[-1]][::-1]
    return np.asarray(kept / kept.sum())
