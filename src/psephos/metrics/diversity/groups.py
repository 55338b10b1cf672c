r"""How diverse is each group, and how different are the groups from each other?

Each group has a score of its own, of its items alone. Of order 1 the score of all falls into two parts,

    ln VS = sum_g w_g ln VS_g + ln B,          0 <= ln B <= H(w),          w_g the mass of group g

a weighted mean of the groups and B, the effective number of groups: 1 if all groups are of the same kind, exp of the
entropy of their masses if no item of one is like one of another.

Sources: sheet 11 (the case of no similarity across groups). Differs: the split for groups of any likeness is ours; its
bounds are those of Holevo (1973) for mixtures of states.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_number
from psephos.metrics.columns import codes_of
from psephos.metrics.diversity.hill import Order, check_orders, hill_numbers
from psephos.metrics.diversity.single_items import coordinates_of, delta_errors
from psephos.metrics.diversity.spectrum import Spectrum, reweighted
from psephos.statistics import normal_interval


@dataclass(frozen=True, eq=False)
class GroupDiversity:
    """How diverse groups are, and how different from each other.

    Attributes
    ----------
    groups : polars.DataFrame
        group, items, share (its mass), q, score, low, high: one row for each group and order; the interval is that of
        the delta method, null for a group of one item and for order 0.
    within : float
        Weighted geometric mean of the scores of order 1 of the groups.
    between : float
        Effective number of groups.
    most : float
        What `between` is if the groups share nothing.
    """

    groups: pl.DataFrame
    within: float
    between: float
    most: float

    def __str__(self) -> str:
        return (
            f"{self.within * self.between:.4g} = {self.within:.4g} within groups x {self.between:.4g} groups "
            f"(at most {self.most:.4g})"
        )


def group_diversity(
    spectrum: Spectrum, groups: npt.ArrayLike, q: Order | Sequence[Order] = 1.0, *, level: float = 0.95
) -> GroupDiversity:
    """Vendi score of each group, and how much of the diversity lies within and between groups.

    Parameters
    ----------
    spectrum : Spectrum
        With coordinates.
    groups : array_like, shape (n,)
        Name of the group of each item.
    q : float, "inf", or a list of them, default 1
        Order: 0 counts all kinds alike, larger orders heed the common ones more.
    level : float, default 0.95
        Confidence of the intervals.

    Returns
    -------
    GroupDiversity
        Scores of groups, and diversity within and between them.

    Raises
    ------
    InputError
        If there is not one group for each item, a group has no probability, or the spectrum has no coordinates.

    See Also
    --------
    diversity : the whole report.

    Examples
    --------
    >>> from psephos.metrics import kernel_spectrum
    >>> found = group_diversity(kernel_spectrum([[1, 0, 0], [0, 1, 0], [0, 0, 1]]), ["a", "a", "b"])
    >>> print(found)
    3 = 1.587 within groups x 1.89 groups (at most 1.89)
    """
    orders = check_orders(q)
    check_number("level", level, low=0, high=1, open_ends=True)
    places = coordinates_of(spectrum)
    codes, names = codes_of("groups", groups, spectrum.n)
    p = spectrum.weights
    mass = np.bincount(codes, weights=p, minlength=len(names))
    if (mass == 0).any():
        raise InputError("groups", f"have no probability: {names[int(np.argmin(mass))]!r}")
    rows = []
    inside = 0.0
    for code, name in enumerate(names):
        those = codes == code
        part = own_spectrum(replace(spectrum, coordinates=places[those]), p[those] / mass[code])
        inside += float(mass[code]) * math.log(float(part.score(1)))
        scores, errors = part.score(orders), delta_errors(part, orders)
        for order, score, error in zip(orders, scores.tolist(), errors.tolist(), strict=True):
            low, high = (np.exp(end) for end in normal_interval(math.log(score), error, level))
            rows.append((name, int(those.sum()), float(mass[code]), order, score, float(low), float(high)))
    columns = ("group", "items", "share", "q", "score", "low", "high")
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    whole = float(np.exp(log_total(spectrum)))
    within = math.exp(inside)
    return GroupDiversity(frame.fill_nan(None), within, whole / within, float(hill_numbers(mass)))


def own_spectrum(part: Spectrum, p: npt.NDArray[np.float64]) -> Spectrum:
    """The spectrum of some items by themselves, their coordinates turned to their own eigenvectors."""
    places = coordinates_of(part)
    root = np.sqrt(p)
    _, singular, axes = np.linalg.svd(places * root[:, None], full_matrices=False)
    values = singular**2
    kept = values > len(p) * np.finfo(np.float64).eps * values[0]
    total = float(values[kept].sum())
    turned = places @ axes[kept].T
    lengths = np.sqrt(total)
    return Spectrum(values[kept] / total, len(p), p, turned / lengths, path=part.path)


def log_total(spectrum: Spectrum) -> float:
    """Logarithm of the score of order 1 of what the coordinates hold."""
    values = reweighted(coordinates_of(spectrum), spectrum.weights)
    return math.log(float(hill_numbers(values)))
