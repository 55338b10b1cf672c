r"""Which k items are most different from each other?

Finding the k items with the largest Vendi score is hard; items that span the largest volume (log det of their
similarities) are near it and can be taken one by one: at each step the item that the chosen ones explain least,

    r_i = quality_i^2 (K_ii - k_i^T K_S^-1 k_i),

by an incremental Cholesky factor, O(n k^2). The first item is the one least like all others (times its quality
squared). No k items can score above min(k, rank), which is given beside what was reached.

Sources: greedy maximisation of determinants: Chen, Zhang and Zhou (2018); sheet 11. Differs: the first item, which a
matrix of ones on the diagonal leaves open, is chosen by mean similarity rather than by place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_count, check_floats, check_same_length
from psephos.metrics.diversity.hill import Order, by_order, check_order
from psephos.metrics.diversity.single_items import coordinates_of
from psephos.metrics.diversity.spectrum import EPS, Spectrum, reweighted


@dataclass(frozen=True, eq=False)
class DiverseItems:
    """A few items that are unlike each other.

    Attributes
    ----------
    chosen : ndarray of int64, shape (k,)
        Places of the items, in the order in which they were taken.
    score : float
        Vendi score of the chosen items.
    bound : float
        No k items score above this.
    explained : ndarray of float64, shape (n,)
        Share of each item that the chosen ones explain; 1 for the chosen.
    """

    chosen: npt.NDArray[np.int64]
    score: float
    bound: float
    explained: npt.NDArray[np.float64]

    def __str__(self) -> str:
        return f"{len(self.chosen)} items that count as {self.score:.4g} different ones (at most {self.bound:.4g})"


def select_diverse(spectrum: Spectrum, k: int, *, quality: npt.ArrayLike | None = None, q: Order = 1.0) -> DiverseItems:
    """Choose k items that are unlike each other, and good.

    Parameters
    ----------
    spectrum : Spectrum
        With coordinates.
    k : int
        How many, at most n.
    quality : array_like of float, shape (n,), optional
        Above 0; an item twice as good may be explained to three quarters by others and is still taken as soon.
    q : float or "inf", default 1
        Order of the score that is reported.

    Returns
    -------
    DiverseItems
        The items in the order in which they were taken, their score and a bound on the best.

    Raises
    ------
    InputError
        If `k` is not between 1 and n, a quality is not above 0, or the spectrum has no coordinates.

    See Also
    --------
    psephos.selection.best_of_majority : which answer to hand in.

    Examples
    --------
    >>> from psephos.metrics import kernel_spectrum
    >>> found = select_diverse(kernel_spectrum([[1, 1, 0], [1, 1, 0], [0, 0, 1]]), 2)
    >>> found.chosen.tolist(), round(found.score, 6)
    ([2, 0], 2.0)
    """
    places, order = coordinates_of(spectrum), check_order(q)
    n, count = spectrum.n, check_count("k", k)
    if count > n:
        raise InputError("k", f"must be at most the {n:,} items, got {count:,}")
    merit = np.ones(n) if quality is None else check_floats("quality", quality)
    check_same_length(items=places, quality=merit)
    if not (merit > 0).all():
        raise InputError("quality", "must be above 0", where=f"index {int(np.argmin(merit))}")
    lengths = (places**2).sum(axis=1)
    left, factor = lengths.copy(), np.zeros((n, count))
    alone = (1 - places @ (spectrum.weights @ places)) * merit**2
    free = np.ones(n, dtype=bool)
    chosen: list[int] = []
    for step in range(count):
        pick = int(np.argmax(np.where(free, left * merit**2 if step else alone, -np.inf)))
        free[pick] = False
        chosen.append(pick)
        if left[pick] > n * EPS:
            row = places @ places[pick] - factor[:, :step] @ factor[pick, :step]
            factor[:, step] = row / np.sqrt(left[pick])
            left = np.maximum(left - factor[:, step] ** 2, 0.0)
    used = np.zeros(n)
    used[chosen] = 1.0
    return DiverseItems(
        np.array(chosen, dtype=np.int64),
        float(by_order(reweighted(places, used), order)),
        float(min(count, spectrum.rank)),
        np.clip(1 - left / lengths, 0.0, 1.0),
    )
