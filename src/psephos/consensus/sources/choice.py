"""Which sources should be asked?

Of the sources that have something relevant to the query, the kappa with the largest weights. Relevance is local to the
query, reliability is global; asking only these keeps the cost flat however many sources there are.

Source: sheet 16 (kappa reliable and relevant source selection; Hwang and others 2024, arXiv 2410.22954).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_count, check_floats, check_number

KAPPA = 4


def choose_sources(
    weights: npt.ArrayLike, relevant: npt.ArrayLike, kappa: int = KAPPA, *, threshold: float | None = None
) -> npt.NDArray[np.int64]:
    """Take the kappa relevant sources with the largest weights.

    Parameters
    ----------
    weights : array_like of float, shape (n_sources,)
        As `source_reliability` gives them.
    relevant : array_like, shape (n_sources,) or (n_queries, n_sources)
        Booleans: whether the source has a relevant document. Numbers: its best relevance, compared with `threshold`.
    kappa : int, default 4
        How many to ask at most; all relevant ones if there are fewer.
    threshold : float, optional
        Smallest relevance that counts; needed where relevance is given as numbers.

    Returns
    -------
    ndarray of int64, shape (n_chosen,) or (n_queries, min(kappa, n_sources))
        Places of the sources, the largest weight first, equal ones in their order. For several queries each row ends
        with -1 where fewer are relevant. Empty, or all -1, means: no source is relevant, abstain.

    Raises
    ------
    InputError
        If `kappa` is no whole number of at least 1, a weight or relevance is NaN, or the shapes do not fit.

    See Also
    --------
    psephos.consensus.source_reliability : where the weights come from.
    psephos.consensus.weighted_vote : decide what the chosen ones say.

    Examples
    --------
    >>> choose_sources([1.4, 2.2, 1.67, 0.6], [True, False, True, True], 2)
    array([2, 0])
    >>> choose_sources([1.4, 2.2], [[0.9, 0.2], [0.1, 0.3]], 2, threshold=0.25)
    array([[ 0, -1],
           [ 1, -1]])
    """
    kappa = check_count("kappa", kappa)
    weight = check_floats("weights", weights)
    have = np.asarray(relevant)
    if have.dtype != bool:
        score = check_floats("relevant", relevant, ndim=max(1, np.ndim(relevant)))
        if threshold is None:
            raise InputError("threshold", "is needed where relevance is given as numbers", hint="or pass booleans")
        have = score >= check_number("threshold", threshold)
    if have.ndim not in (1, 2) or have.shape[-1] != len(weight):
        raise InputError("relevant", f"must have one entry for each of {len(weight)} sources, got shape {have.shape}")
    order = np.argsort(-weight, kind="stable")
    rows = np.atleast_2d(have)[:, order]
    rank = np.cumsum(rows, axis=1)
    taken = rows & (rank <= kappa)
    chosen = np.full((len(rows), min(kappa, len(weight))), -1, dtype=np.int64)
    query, place = np.nonzero(taken)
    chosen[query, rank[query, place] - 1] = order[place]
    return chosen if have.ndim == 2 else chosen[0][chosen[0] >= 0]
