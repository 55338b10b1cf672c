r"""What does each item add to the diversity, and how sure is the score?

With z_i the coordinates of item i along the eigenvectors (|z_i| = 1), M = sum_i p_i z_i z_i^T has the eigenvalues l.
Moving a little probability to item i changes the logarithm of the score at the rate

    q / (1 - q) [sum_k z_ik^2 l_k^(q-1) / sum_k l_k^q - 1],     q = 1:  -sum_k z_ik^2 ln l_k - H,     q = inf:  1 -
    z_i1^2 / l_1

This influence is 0 on average. Its spread over the items is the standard error of the score (the delta method, or
infinitesimal jackknife): no resampling, O(n rank). An item's *contribution* is the score with it less the score
without it, exact from the eigenvalues of M without the item, or to first order exp of the influence where that takes
too long.

Sources: the gradient of sheet 07, taken by the weights of the items; Efron (1982) for the infinitesimal jackknife.
Ours.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError
from psephos.metrics.diversity.hill import Floats, Order, by_order, check_order
from psephos.metrics.diversity.spectrum import EPS, Spectrum, check_spectrum

EXACT_WORK = 1.5e9
"""n rank^3 up to which each item is left out by solving again, a few seconds."""
_CELLS = 2**21


def vendi_influence(spectrum: Spectrum, q: Order = 1.0) -> Floats:
    """Rate at which the logarithm of the score rises as an item becomes more probable.

    Parameters
    ----------
    spectrum : Spectrum
        With coordinates.
    q : float or "inf", default 1
        Above 0: of order 0 a small change changes nothing.

    Returns
    -------
    ndarray of float64, shape (n,)
        Above 0 for items that are unlike the others; 0 on average.

    Raises
    ------
    InputError
        If the order is 0 or negative, or the spectrum has no coordinates.

    See Also
    --------
    vendi_contributions : what leaving an item out changes.

    Examples
    --------
    >>> from psephos.metrics import kernel_spectrum
    >>> K = [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    >>> vendi_influence(kernel_spectrum(K)).round(4)
    array([-0.231 , -0.231 ,  0.4621])
    """
    order = check_order(q)
    if order == 0:
        raise InputError("q=0 has no gradient", "the rank does not change with small changes", hint="take q = 0.1")
    values, places = spectrum.eigenvalues, coordinates_of(spectrum)
    squares, total = places**2, float(values.sum())
    lengths = squares.sum(axis=1)
    if math.isinf(order):
        top = values >= values[0] * (1 - spectrum.n * EPS)
        return np.asarray(lengths / total - squares[:, top].mean(axis=1) / values[0])
    if order == 1:
        mean = float(values @ np.log(values)) / total
        return np.asarray((lengths * mean - squares @ np.log(values)) / total)
    # In shares of the largest: no power overflows or vanishes.
    ratio = values / values[0]
    power = ratio ** (order - 1)
    rate = squares @ power / (values[0] * float(ratio @ power)) - lengths / total
    return np.asarray(order / (1 - order) * rate)


def vendi_contributions(spectrum: Spectrum, q: Order = 1.0, *, exact: bool | None = None) -> Floats:
    """How much each item adds: the score with it less the score without it.

    Parameters
    ----------
    spectrum : Spectrum
        With coordinates.
    q : float or "inf", default 1
        Order: 0 counts all kinds alike, larger orders heed the common ones more.
    exact : bool, optional
        Whether each item is left out by solving again; if not given, where that takes seconds. Otherwise to first
        order.

    Returns
    -------
    ndarray of float64, shape (n,)
        Negative for an item whose copies or likes crowd out the others.

    Raises
    ------
    InputError
        If the spectrum has no coordinates, or order 0 is asked for to first order.

    See Also
    --------
    vendi_influence : to first order, in logarithms.

    Examples
    --------
    >>> from psephos.metrics import kernel_spectrum
    >>> K = [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    >>> vendi_contributions(kernel_spectrum(K)).round(4)
    array([-0.1101, -0.1101,  0.8899])
    """
    order = check_order(q)
    places, values = coordinates_of(spectrum), spectrum.eigenvalues
    n, rank = places.shape
    if n == 1:
        return np.ones(1)
    if exact is None:
        exact = solves_again(spectrum)
    p = spectrum.weights
    whole = float(by_order(values / values.sum(), order))
    if not exact:
        # Taking an item out is moving -p / (1 - p) towards it.
        rest = np.where(p < 1, 1 - p, np.inf)
        return np.asarray(whole * -np.expm1(-p / rest * vendi_influence(spectrum, order)))
    found = np.empty(n)
    step = max(1, _CELLS // rank**2)
    for first in range(0, n, step):
        block = slice(first, first + step)
        scaled = places[block] * np.sqrt(p[block])[:, None]
        without = np.diag(values)[None] - scaled[:, :, None] * scaled[:, None, :]
        for place, raw in enumerate(np.linalg.eigvalsh(without), first):
            kept = raw[raw > n * EPS * max(raw[-1], EPS)]
            found[place] = whole - (float(by_order(kept / kept.sum(), order)) if p[place] < 1 else 0.0)
    return found


def solves_again(spectrum: Spectrum) -> bool:
    """Whether each item can be left out exactly within seconds."""
    return spectrum.n * spectrum.rank**3 <= EXACT_WORK


def delta_errors(spectrum: Spectrum, orders: list[float], clusters: npt.NDArray[np.int64] | None = None) -> Floats:
    """Standard error of the logarithm of the score of each order; NaN for order 0."""
    errors = []
    p = spectrum.weights
    for order in orders:
        if order == 0:
            errors.append(math.nan)
            continue
        moved = p * vendi_influence(spectrum, order)
        units = len(moved) if clusters is None else int(clusters.max()) + 1
        if clusters is not None:
            moved = np.asarray(np.bincount(clusters, weights=moved, minlength=units), dtype=np.float64)
        errors.append(math.sqrt(float(moved @ moved) * units / (units - 1)) if units > 1 else math.nan)
    return np.array(errors)


def themes(spectrum: Spectrum, most: int) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Shares of the largest eigenvalues, and the item that lies nearest to each eigenvector first.

    Returns the shares, shape (k,), and the items in falling order of |z_ik|, shape (k, n).
    """
    k = min(most, spectrum.rank)
    # Copies lie equally near but for rounding, and stay in their order.
    nearest = np.argsort(-np.abs(coordinates_of(spectrum)[:, :k]).round(9), axis=0, kind="stable").T
    return spectrum.eigenvalues[:k], nearest.astype(np.int64)


def coordinates_of(spectrum: Spectrum) -> Floats:
    """Coordinates of the items, or the complaint that there are none."""
    check_spectrum(spectrum)
    if spectrum.coordinates is None:
        raise InputError(
            "spectrum", "has no coordinates of the items", hint="make it with coordinates=True and in one piece"
        )
    return spectrum.coordinates
