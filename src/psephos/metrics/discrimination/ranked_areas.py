r"""What is the area under a ROC or a precision-recall curve, for many weights of the rows at once?

Rows are sorted once by score; equal scores are one block. For block k from the top with weights p_k of positives and
n_k of negatives, T_k and F_k their running sums, P and N the totals,

    AUROC = sum_k p_k (N - F_k + n_k / 2) / (P N)           ties half
    AP    = sum_k p_k T_k / ((T_k + F_k) P)                 a block of ties is one step

so that a resample is a vector of weights and one pass over it, without a sort and without a copy of the data.

Source: sheet 13; Hanley and McNeil (1982), doi:10.1148/radiology.143.1.7063747. Differs: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_same_length
from psephos.metrics.columns import Floats, check_weights, unmasked
from psephos.metrics.conventions import Missing, check_missing

KERNEL_FROM = 2**18
"""Cells of weights from which the compiled pass is used; below, NumPy is done before it is loaded."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """Rows by falling score.

    Attributes
    ----------
    order : ndarray of int64, shape (n,)
        Row of each rank; among equal scores the order of the rows.
    positive : ndarray of bool, shape (n,)
        In that order, as all that follows.
    score, weights : ndarray of float64, shape (n,)
    ends : ndarray of int64, shape (n_levels,)
        The last rank of each block of equal scores.
    kept : ndarray of bool, shape (n_rows,)
        Which of the rows that were given take part.
    """

    order: npt.NDArray[np.int64]
    positive: npt.NDArray[np.bool_]
    score: Floats
    weights: Floats
    ends: npt.NDArray[np.int64]
    kept: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.order)

    @property
    def block(self) -> npt.NDArray[np.int64]:
        """The block of each rank."""
        return np.repeat(np.arange(len(self.ends)), np.diff(self.ends, prepend=-1))

    @property
    def both(self) -> bool:
        """Whether rows of both classes have weight."""
        heavy = self.weights > 0
        return bool((heavy & self.positive).any() and (heavy & ~self.positive).any())

    def curve(self) -> tuple[Floats, Floats]:
        """Weights of true and of false positives if all down to the end of each block are called positive.

        Returns
        -------
        true, false : ndarray of float64, shape (n_levels,)
            From the highest score down; the last are all there are.
        """
        true = np.cumsum(self.weights * self.positive)[self.ends]
        return true, np.cumsum(self.weights * ~self.positive)[self.ends]

    def areas(self, weights: Floats) -> Floats:
        """AUROC and AP for each row of weights in the order of ranks, shape (rows, 2); NaN where a class is missing."""
        if weights.size < KERNEL_FROM:
            return self._by_numpy(weights)
        from psephos.metrics.discrimination._kernels import ranked_areas

        last = np.zeros(len(self), dtype=np.bool_)
        last[self.ends] = True
        return np.asarray(ranked_areas(np.ascontiguousarray(weights, dtype=np.float64), self.positive, last))

    def value(self) -> tuple[float, float]:
        """AUROC and AP of the rows with their own weights; NaN where there is one class only."""
        auroc, precision = self._by_numpy(self.weights[None])[0]
        return float(auroc), float(precision)

    def _by_numpy(self, weights: Floats) -> Floats:
        true = np.cumsum(weights * self.positive, axis=1)[:, self.ends]
        false = np.cumsum(weights * ~self.positive, axis=1)[:, self.ends]
        hits, misses = np.diff(true, prepend=0.0, axis=1), np.diff(false, prepend=0.0, axis=1)
        fired = true + false
        precision = np.divide(true, fired, out=np.zeros_like(true), where=fired > 0)
        positives, negatives = true[:, -1], false[:, -1]
        with np.errstate(invalid="ignore", divide="ignore"):
            won = (hits * (negatives[:, None] - false + misses / 2)).sum(axis=1) / (positives * negatives)
            average = (hits * precision).sum(axis=1) / positives
        both = (positives > 0) & (negatives > 0)
        return np.stack([np.where(both, won, np.nan), np.where(both, average, np.nan)], axis=1)


def check_ranked(
    y: npt.ArrayLike,
    score: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    *,
    positive: object = None,
    missing: Missing = "error",
    argument: str = "score",
) -> Ranked:
    """Check outcomes and scores, and sort them once.

    Examples
    --------
    >>> check_ranked([1, 0, 1], [0.2, 0.9, 0.9]).ends
    array([1, 2])
    """
    skip = check_missing(missing)
    values = check_scores(argument, score)
    is_positive, unknown = _check_outcomes(y, positive)
    check_same_length(**{argument: values, "y": is_positive})
    if not len(values):
        raise InputError("y", "is empty", hint="give one row per item")
    w = check_weights(weights, len(values))
    lost = np.isnan(values) | unknown
    if lost.any() and not skip:
        first = int(np.argmax(lost))
        raise InputError(
            "y" if unknown[first] else argument,
            "holds NaN",
            where=f"index {first}",
            hint='missing="skip" leaves such rows out and counts them',
        )
    kept = ~lost
    rows = np.flatnonzero(kept)
    if not len(rows):
        raise InputError(argument, "has no row left")
    order = rows[np.argsort(-values[rows], kind="stable")]
    ordered = values[order]
    with np.errstate(invalid="ignore"):  # infinity less infinity
        changes = ordered[1:] != ordered[:-1]
    ends = np.append(np.flatnonzero(changes), len(order) - 1)
    # Ranks are of the rows that take part.
    place = np.cumsum(kept) - 1
    return Ranked(place[order], is_positive[order], ordered, w[order], ends, kept)


def check_scores(argument: str, score: npt.ArrayLike) -> Floats:
    """Scores may be infinite; a shape or text is refused, NaN is looked at later.

    Examples
    --------
    >>> check_scores("score", [1, np.inf])
    array([ 1., inf])
    """
    try:
        if np.iscomplexobj(score):
            raise TypeError
        values = unmasked(score).astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InputError(argument, "must hold real numbers only") from None
    if values.ndim != 1:
        raise InputError(argument, f"must have 1 dimension(s), got {values.ndim}")
    return values


def check_both(ranked: Ranked, refuse: bool) -> bool:
    """Whether there are both classes; one alone is refused if `refuse`."""
    if not ranked.both and refuse:
        which = "positives" if ranked.positive[ranked.weights > 0].any() else "negatives"
        raise InputError("y", f"need both classes, got only {which}", hint='undefined="nan" gives NaN instead')
    return ranked.both


def _check_outcomes(y: npt.ArrayLike, positive: object) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    outcome = unmasked(y)
    if outcome.ndim != 1:
        raise InputError("y", f"must have 1 dimension(s), got {outcome.ndim}")
    if positive is not None:
        found = np.broadcast_to(np.asarray(outcome == positive, dtype=bool), outcome.shape)
        # NaN is not equal to itself; nobody said that a missing outcome is the other class.
        gone = np.array([one is None or bool(one != one) for one in outcome.tolist()], dtype=bool)
        kinds = {str(name) for name in outcome[~found & ~gone].tolist()}
        if len(kinds) > 1:
            raise InputError(
                "y",
                f"has more than one class beside {positive!r}: {', '.join(sorted(kinds)[:5])}",
                hint="compare one class with all others: y == positive",
            )
        return found, gone
    try:
        numbers = np.asarray(outcome, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("y", "must be 0 or 1", hint="name the positive class by positive=") from None
    unknown = np.isnan(numbers)
    bad = ~unknown & (numbers != 0) & (numbers != 1)
    if bad.any():
        first = int(np.argmax(bad))
        raise InputError(
            "y",
            f"must be 0 or 1, got {numbers[first]:g}",
            where=f"index {first}",
            hint="name the positive class by positive=",
        )
    return numbers == 1, unknown
