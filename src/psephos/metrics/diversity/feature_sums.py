"""Which sums over the features of items give the spectrum, while items come and go?

With cosine similarity the eigenvalues of a collection are those of C = sum_i p_i x_i x_i^T / sum_i p_i, x_i of length
1: a d x d matrix for d features. Adding or taking away an item costs d^2, solving again d^3, whatever the number of
items.

Sources: sheet 11. Differs: sums that grow and shrink are ours.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy import linalg

from psephos.errors import InputError, check_choice, check_count
from psephos.metrics.diversity.hill import Floats
from psephos.metrics.diversity.similarities import UNIT, check_rows, refuse_zeros, row_lengths, zero_rows
from psephos.metrics.diversity.spectrum import Spectrum, cleaned
from psephos.opinions.wording import plural

ZeroRows = Literal["error", "drop"]
"""A row of zeros has no direction: refuse, or leave it out and count it."""

CHUNK_ROWS = 65_536


class FeatureSums:
    """Sums over the features of items, from which the spectrum follows; items can be added and taken away.

    Parameters
    ----------
    n_features : int
        Length of a row.
    normalize : bool, default True
        Whether each row is divided by its length; otherwise all must have length 1.
    zero_rows : {"error", "drop"}, default "error"
        What to do with rows of zeros, which are similar to nothing.

    Attributes
    ----------
    n : int
        Items.
    dropped : int
        Rows of zeros that were left out.

    Examples
    --------
    >>> sums = FeatureSums(2)
    >>> sums.add([[1, 0], [0, 1], [0, 3]])
    >>> sums.remove([[0, 1]])
    >>> float(sums.spectrum().score(1))
    2.0
    """

    def __init__(self, n_features: int, *, normalize: bool = True, zero_rows: ZeroRows = "error") -> None:
        check_choice("zero_rows", zero_rows, get_args(ZeroRows))
        self.n = self.dropped = self._seen = 0
        self._normalize, self._drop = normalize, zero_rows == "drop"
        self._sum = np.zeros((check_count("n_features", n_features),) * 2)
        self._mass = 0.0

    def add(self, features: npt.ArrayLike, p: npt.ArrayLike | None = None) -> None:
        """Add items, each with a weight of its own or 1.

        Parameters
        ----------
        features : array_like of float, shape (rows, n_features)
        p : array_like of float, shape (rows,), optional
        """
        self._change(features, p, 1.0)

    def remove(self, features: npt.ArrayLike, p: npt.ArrayLike | None = None) -> None:
        """Take items away that were added before.

        Parameters
        ----------
        features : array_like of float, shape (rows, n_features)
        p : array_like of float, shape (rows,), optional
        """
        self._change(features, p, -1.0)

    def spectrum(self) -> Spectrum:
        """The spectrum of the items that are in the sums.

        Returns
        -------
        Spectrum
            Without coordinates.
        """
        return self.solved(vectors=False)[0]

    def solved(self, *, vectors: bool) -> tuple[Spectrum, Floats | None]:
        """The spectrum of the items at hand.

        Parameters
        ----------
        vectors : bool
            Whether eigenvectors are asked for, which costs more.

        Returns
        -------
        spectrum : Spectrum
        vectors : ndarray of float64, shape (n_features, rank), or None

        Raises
        ------
        InputError
            `empty collection`: there is no item.
        """
        if self.n < 1 or self._mass <= 0:
            raise InputError("empty collection", "has no item, and no diversity", hint="give one item at least")
        axes = None
        if vectors:
            raw, axes = linalg.eigh(self._sum / self._mass, check_finite=False)
        else:
            raw = linalg.eigvalsh(self._sum / self._mass, check_finite=False)
        found, clipped, off = cleaned(raw, max(self.n, len(self._sum)), "clip")
        axes = None if axes is None else axes[:, ::-1][:, : len(found)]
        notes = (f"left out: {plural(self.dropped, 'row')} of zeros",) if self.dropped else ()
        return Spectrum(found, self.n, path="features", clipped=clipped, trace_error=off, notes=notes), axes

    def _change(self, features: npt.ArrayLike, p: npt.ArrayLike | None, sign: float) -> None:
        rows = check_rows(features)
        if rows.shape[1] != len(self._sum):
            raise InputError("features", f"must have {len(self._sum)} columns, got {rows.shape[1]}")
        kept, unit = self.unit_rows(rows)
        weights = np.ones(len(rows)) if p is None else np.asarray(p, dtype=np.float64)
        if weights.shape != (len(rows),) or not (weights >= 0).all():
            raise InputError("p", f"must have a weight of at least 0 for each of {len(rows)} rows")
        weights = weights[kept]
        scaled = unit if p is None else unit * np.sqrt(weights)[:, None]
        self._sum += sign * (scaled.T @ scaled)
        self._mass += sign * float(weights.sum())
        self.n += int(sign) * len(unit)
        self.dropped += int(sign) * int(len(rows) - len(unit))

    def unit_rows(self, rows: Floats) -> tuple[npt.NDArray[np.bool_] | slice, Floats]:
        """Which rows take part, and these with length 1.

        Parameters
        ----------
        rows : ndarray of float64, shape (n, n_features)
            The next items.

        Returns
        -------
        kept : ndarray of bool, shape (n,), or slice
            Rows of zeros do not take part, if they may be left out.
        rows : ndarray of float64, shape (n_kept, n_features)

        Raises
        ------
        InputError
            For a row of zeros that may not be left out, or `diagonal`: a length that is not 1 and not to be made so.
            The row is counted from the first item ever added.
        """
        if self._normalize:
            rows, lengths = row_lengths(rows)
        else:
            lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        lost = zero_rows(lengths, self._seen)
        if len(lost) and not self._drop:
            raise refuse_zeros(lost)
        kept: npt.NDArray[np.bool_] | slice = lengths > 0 if len(lost) else slice(None)
        rows, lengths = rows[kept], lengths[kept]
        if self._normalize:
            rows = rows / lengths[:, None]
        elif len(lengths) and np.abs(lengths**2 - 1).max() > UNIT:
            first = int(np.argmax(np.abs(lengths**2 - 1) > UNIT))
            raise InputError(
                "diagonal",
                f"must be 1, the similarity of an item with itself, got {lengths[first] ** 2:g}",
                where=f"row {self._seen + first}",
                hint="normalize=True scales it",
            )
        self._seen += len(kept) if isinstance(kept, np.ndarray) else len(rows)
        return kept, rows
