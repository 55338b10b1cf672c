r"""Is the dependence of two things more than chance?

    permutation     the rows of y are shuffled; V = dCov^2 is held against its values
    chi-square      n C ~ chi^2_1 - 1,       C the bias-corrected dCor^2 ("u")

The second needs no shuffles: it keeps its level from some tens of rows on, and a little more than that, and is meant
for many rows.

Sources: Szekely and Rizzo (2014), doi:10.1214/14-AOS1255; Shen, Panda and Vogelstein (2022),
doi:10.1080/10618600.2021.1938585 (chi-square). Differs: nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.engine import Rng
from psephos.errors import check_choice, check_count
from psephos.metrics.columns import Floats
from psephos.metrics.dependence.distance_covariance import check_pair, correlated, plain, unbiased
from psephos.metrics.dependence.distance_sums import product_mean, row_means
from psephos.opinions.wording import plural
from psephos.statistics import permutation_test

TESTS = ("permutation", "chi-square")


@dataclass(frozen=True)
class DependenceTest:
    """Outcome of a test of independence of two things.

    Attributes
    ----------
    covariance : float
        dCov^2 ("v").
    correlation : float
        dCor, from 0 to 1.
    corrected : float
        The bias-corrected dCor^2, around 0 if independent; NaN with fewer than four rows.
    p : float
        Probability of a statistic as large by chance.
    test : str
        "permutation" or "chi-square".
    n : int
        Rows.
    """

    covariance: float
    correlation: float
    corrected: float
    p: float
    test: str
    n: int

    def __str__(self) -> str:
        return f"distance correlation {self.correlation:.4f}, p = {self.p:.3g} ({self.test}, {plural(self.n, 'row')})"


def dependence_test(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    test: str = "permutation",
    repeats: int = 199,
    rng: Rng = None,
) -> DependenceTest:
    """Test whether two columns or vectors are independent.

    Parameters
    ----------
    x, y : array_like of float, shape (n,) or (n, d)
        Row k of both belongs together.
    test : {"permutation", "chi-square"}, default "permutation"
        By shuffling, or by the distribution of large samples.
    repeats : int, default 199
        Shuffles.
    rng : int, Generator, SeedSequence or None
        Of the random draws; an int repeats them.

    Returns
    -------
    DependenceTest
        Statistic and p-value by permutation.

    Raises
    ------
    InputError
        As of `squared_distance_covariance`; chi-square needs four rows.

    See Also
    --------
    dependence : of a prediction with several attributes.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 60)
    >>> print(dependence_test(x, x**2, rng=0))
    distance correlation 0.4917, p = 0.005 (permutation, 60 rows)
    """
    check_choice("test", test, TESTS)
    check_count("repeats", repeats)
    first, second = check_pair(x, y, 4 if test == "chi-square" else 2)
    n = len(first)
    w = np.full(n, 1 / n)
    pairs = ((first, second), (first, first), (second, second))
    covariance, *own = (plain(*pair, w) for pair in pairs)
    correlation = math.sqrt(min(1.0, max(0.0, correlated(covariance, *own))))
    corrected = correlated(*(unbiased(*pair) for pair in pairs)) if n >= 4 else math.nan
    if test == "chi-square":
        p = float(special.chdtrc(1, max(0.0, n * corrected + 1)))
    else:
        p = _shuffled(first, second, w, repeats, rng)
    return DependenceTest(covariance, correlation, corrected, p, test, n)


def _shuffled(x: Floats, y: Floats, w: Floats, repeats: int, rng: Rng) -> float:
    """The p-value by permutation: means of rows go with their rows, only the product is new."""
    sorted_rows = None
    if x.ndim == 1:  # sorted once, here
        order = np.argsort(x)
        x, y, sorted_rows = x[order], y[order], np.arange(len(x))
    first, second = row_means(x, w), row_means(y, w)

    def statistic(arrangements: npt.NDArray[np.intp]) -> Floats:
        return np.array(
            [product_mean(x, y[rows], w, sorted_rows) - 2 * float(w @ (first * second[rows])) for rows in arrangements]
        )

    return permutation_test(statistic, np.arange(len(x)), repeats=repeats, alternative="greater", rng=rng).p
