"""Could two rows of counts differ as they do by chance alone?

If nothing but chance sends a unit to the left or the right, every way to choose the units of the left was as likely as
the one observed. Units in one bin are alike, so the counts of a random arrangement are one multivariate hypergeometric
draw from the totals of the bins: a million units cost no more than their bins. The p-value is as of `permutation_test`.

Sources: see `psephos.statistics.permutation`. Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from psephos.engine.streams import Rng, generator
from psephos.errors import InputError, check_count, check_floats
from psephos.statistics._evaluation import Statistic, chunks
from psephos.statistics.arrangement_tests import PermutationTest, compare_arrangements

MOST = 1_000_000_000
"""Units that can be drawn from."""


def count_permutation_test(
    statistic: Statistic,
    left: npt.ArrayLike,
    right: npt.ArrayLike,
    *,
    repeats: int = 9999,
    alternative: str = "greater",
    rng: Rng = None,
) -> PermutationTest:
    """Test whether two samples that were counted in bins are of one distribution.

    Parameters
    ----------
    statistic : callable
        Takes counts of the left sample, shape (rows, n_bins), and returns its values, shape (rows,). Those of the right
        one are the totals less these.
    left, right : array_like of float, shape (n_bins,)
        Whole numbers, at least 0.
    repeats : int, default 9999
        Random arrangements.
    alternative : {"greater", "less", "two-sided"}, default "greater"
        Which values of the statistic speak against chance.
    rng : int, Generator, SeedSequence or None
        Of the draws; an int repeats them.

    Returns
    -------
    PermutationTest
        The statistic, its p-value and how it was found.

    Raises
    ------
    InputError
        If counts are no whole numbers, are negative, or lengths differ.

    See Also
    --------
    permutation_test : the test for labels.

    Examples
    --------
    >>> left, right = np.array([30.0, 20.0]), np.array([10.0, 40.0])
    >>> count_permutation_test(lambda counts: abs(counts[:, 0] - 20), left, right, rng=0).p
    0.0001
    """
    counts = [check_floats(name, side) for name, side in (("left", left), ("right", right))]
    if len(counts[0]) != len(counts[1]):
        raise InputError("right", f"must have as many bins as left ({len(counts[0])}), got {len(counts[1])}")
    for name, side in zip(("left", "right"), counts, strict=True):
        bad = (side < 0) | (side != np.floor(side))
        if bad.any():
            first = int(np.argmax(bad))
            raise InputError(name, f"must be counts, got {side[first]:g}", where=f"index {first}")
    total = (counts[0] + counts[1]).astype(np.int64)
    if total.sum() >= MOST:
        raise InputError("left", f"holds more than {MOST:,} units with right")
    repeats, stream = check_count("repeats", repeats), generator(rng)

    def drawn() -> Iterator[npt.NDArray[np.float64]]:
        size = int(counts[0].sum())
        for start, stop in chunks(repeats, len(total)):
            batch = stream.multivariate_hypergeometric(total, size, stop - start, method="marginals")
            yield batch.astype(np.float64)

    return compare_arrangements(statistic, counts[0], drawn(), False, alternative)[0]
