r"""How many really different items are in a collection?

The Vendi score counts them from nothing but how similar any two are: 1 if all are copies, n if none is like another.
With l the eigenvalues of K / n (weighted: of diag(sqrt p) K diag(sqrt p)),

    VS_q = (sum_i l_i^q)^(1 / (1 - q)),     VS_1 = exp(-sum_i l_i ln l_i),     VS_0 = rank,     VS_inf = 1 / max l

Small orders see rare items, large ones what dominates and duplicates; 1 is usual, 2 the steadiest.

Internal diversity, 1 - sum_ij p_i p_j K_ij^m, is the molecular field's usual measure, here to compare with: it
saturates where there are many kinds.

Sources: Friedman and Dieng (2023), arXiv 2210.02410; Pasarkar and Dieng (2024), arXiv 2310.12952; sheets 07 and 11.
Differs: an eigenvalue counts as 0 up to n eps times the largest; the authors' code keeps rounding errors, which counts
4 where order 0 is 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from psephos.errors import InputError, check_floats, check_number, check_same_length
from psephos.metrics.diversity.feature_sums import ZeroRows
from psephos.metrics.diversity.features import EXACT, feature_spectrum
from psephos.metrics.diversity.hill import Floats, Order, check_orders
from psephos.metrics.diversity.matrices import kernel_spectrum
from psephos.metrics.diversity.similarities import Kernel
from psephos.metrics.diversity.spectrum import Definite, Spectrum, check_spectrum


def vendi_score(
    kernel: npt.ArrayLike | sparse.sparray | sparse.spmatrix,
    q: Order | Sequence[Order] = 1.0,
    *,
    p: npt.ArrayLike | None = None,
    normalize: bool = False,
    psd: Definite = "error",
) -> Floats:
    """Vendi score of every order from a matrix of similarities.

    Parameters
    ----------
    kernel : array_like or SciPy sparse array, shape (n, n)
        Symmetric, no negative eigenvalue, ones on the diagonal.
    q : float, "inf", or a list of them, default 1
        Order, at least 0; one decomposition serves all.
    p : array_like of float, shape (n,), optional
        Probabilities of the items, at least 0, summing to 1.
    normalize : bool, default False
        Whether K_ij is divided by sqrt(K_ii K_jj) first.
    psd : {"error", "clip"}, default "error"
        What is done with negative eigenvalues.

    Returns
    -------
    ndarray of float64, scalar or shape (n_orders,)
        Between 1 and n.

    Raises
    ------
    InputError
        If `kernel` is no similarity (see `kernel_spectrum`), `p` does not fit or an order is negative.
    MemoryError
        If the matrix needs more than 4 GiB.

    See Also
    --------
    vendi_score_features : from vectors.
    diversity : a report with intervals and what each item adds.

    Examples
    --------
    >>> K = [[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]]
    >>> vendi_score(K, [0, 1, "inf"]).round(4)
    array([3.    , 2.1573, 1.5789])
    """
    check_orders(q)
    return kernel_spectrum(kernel, p=p, normalize=normalize, psd=psd, coordinates=False).score(q)


def vendi_score_features(
    features: npt.ArrayLike | sparse.sparray | sparse.spmatrix,
    q: Order | Sequence[Order] = 1.0,
    *,
    kernel: Kernel = "cosine",
    gamma: float | None = None,
    degree: int = 3,
    p: npt.ArrayLike | None = None,
    normalize: bool = True,
    zero_rows: ZeroRows = "error",
    exact: bool | None = None,
) -> Floats:
    """Vendi score of every order from vectors.

    Parameters
    ----------
    features : array_like or SciPy sparse array of shape (n, d), or iterator of chunks of rows
        Vectors, one row for each item.
    q : float, "inf", or a list of them, default 1
        Order, at least 0.
    kernel, gamma, degree, p, normalize, zero_rows
        As of `feature_spectrum`.
    exact : bool, optional
        Under kernels other than cosine more than 4,000 items are refused unless this is True: the matrix takes long,
        and a number cannot say that it is an approximation.

    Returns
    -------
    ndarray of float64, scalar or shape (n_orders,)
        Between 1 and n, and at most d with the cosine kernel.

    Raises
    ------
    InputError
        As of `feature_spectrum`; also if there are more than 4,000 items as said above, or an order is negative.
    MemoryError
        If the matrix of similarities is needed and takes more than 4 GiB.

    See Also
    --------
    feature_spectrum, nystrom_spectrum, random_feature_spectrum : for more items.

    Examples
    --------
    >>> round(float(vendi_score_features([[1, 0, 2], [2, 1, 0], [0, 3, 1], [1, 1, 1], [4, 0, 1]])), 6)
    2.349709
    """
    check_orders(q)
    given: Any = features
    n = given.shape[0] if hasattr(given, "shape") else len(given) if hasattr(given, "__len__") else 0
    if kernel != "cosine" and exact is not True and (exact is False or n > EXACT):
        raise InputError(
            "exact",
            f"must be said for {n:,} items under the {kernel} kernel: more than {EXACT:,} take long",
            hint="exact=True, or nystrom_spectrum or random_feature_spectrum, whose results say that they approximate",
        )
    return feature_spectrum(
        features,
        kernel=kernel,
        gamma=gamma,
        degree=degree,
        p=p,
        normalize=normalize,
        zero_rows=zero_rows,
        exact=exact,
        coordinates=False,
    ).score(q)


def internal_diversity(kernel: npt.ArrayLike, *, m: float = 1.0, p: npt.ArrayLike | None = None) -> float:
    """Internal diversity, one less the mean similarity.

    Parameters
    ----------
    kernel : array_like of float, shape (n, n)
        Similarities; of an item with itself included.
    m : float, default 1
        Power of the similarities, above 0.
    p : array_like of float, shape (n,), optional
        Probabilities of the items, at least 0, summing to 1.

    Returns
    -------
    float
        0 if all are alike.

    Raises
    ------
    InputError
        As of `kernel_spectrum`, or if `m` is not above 0 or a negative similarity has no such power.

    See Also
    --------
    vendi_score : goes on where this saturates.

    Examples
    --------
    >>> internal_diversity([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]])
    0.5
    """
    power = check_number("m", m, low=0, open_ends=True)
    spectrum = kernel_spectrum(kernel, p=p, psd="clip", coordinates=False)
    values = check_floats("kernel", kernel, ndim=2)
    if (values < 0).any() and power != round(power):
        raise InputError("m", f"must be a whole number where similarities are negative, got {m:g}")
    return float(1 - spectrum.weights @ values**power @ spectrum.weights)


def quality_weighted_score(spectrum: Spectrum, quality: npt.ArrayLike, q: Order | Sequence[Order] = 1.0) -> Floats:
    """Mean quality times the Vendi score: good and different at once.

    Parameters
    ----------
    spectrum : Spectrum
        Of `feature_spectrum` or its relatives.
    quality : array_like of float, shape (n,)
        At least 0.
    q : float, "inf", or a list of them, default 1
        Order: 0 counts all kinds alike, larger orders heed the common ones more.

    Returns
    -------
    ndarray of float64, scalar or shape (n_orders,)
        What n items of quality 1 without any likeness would reach is n.

    Raises
    ------
    InputError
        If there is not one quality for each item, or one is negative.

    See Also
    --------
    select_diverse : which few items to take.

    Examples
    --------
    >>> float(quality_weighted_score(kernel_spectrum([[1, 0], [0, 1]]), [0.5, 1.0]))
    1.5
    """
    check_spectrum(spectrum)
    values = check_floats("quality", quality)
    weights = spectrum.weights
    check_same_length(items=weights, quality=values)
    if (values < 0).any():
        raise InputError("quality", "must not be negative", where=f"index {int(np.argmax(values < 0))}")
    return np.asarray(float(weights @ values) * spectrum.score(q))[()]
