"""Do reviewers follow the others, beyond what their own first score explains?

Within strata of the own first score, the others' mean and the change are taken less their stratum means; their pooled
Pearson correlation is r. If the others had no influence, every pairing within a stratum was as likely:

    null="stratum"      the others' means are shuffled within strata, p = (1 + #{|r*| >= |r|}) / (1 + R)
    null="item"         the changes of whole items change sign, which keeps how the rows of an item depend

Source: sheet 36. Differs: the sheet's second null shuffles items of equal score vectors. There the others' mean is a
function of the vector, so no such shuffle changes r and p is 1 whatever the data (a test shows it); signs of whole
items keep the dependence it was after. Where all arrangements can be listed they are, and p is exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from psephos.engine import Rng, seed_of
from psephos.errors import check_choice, check_count
from psephos.opinions.outcomes import Result
from psephos.statistics import permutation_test, sign_flip_test
from psephos.studies.peer_review.influence import CAUTION
from psephos.studies.peer_review.reviews import Floats, Reviews

NULLS = ("stratum", "item")


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Conformity(Result):
    """Whether changes go with the others' scores.

    Attributes
    ----------
    correlation, p : float
        Partial correlation and its p-value; NaN where either side is constant within the strata.
    null_spread : float
        Root mean square of the correlation under the null.
    null : str
        Which null.
    reviews, shuffles : int
        Reviews it rests on, and arrangements.
    reason : str or None
        Why the correlation is undefined.
    """

    correlation: float
    p: float
    null_spread: float
    null: str
    reviews: int
    shuffles: int
    reason: str | None

    def table(self) -> pl.DataFrame:
        """One row: correlation, p, null_spread, null, reviews, shuffles."""
        names = ("correlation", "p", "null_spread", "null", "reviews", "shuffles")
        return pl.DataFrame([{name: getattr(self, name) for name in names}]).with_columns(
            pl.col("correlation", "p", "null_spread").fill_nan(None)
        )

    def summary(self) -> list[tuple[str, str]]:
        """The test in a few lines."""
        if self.reason:
            return [(f"conformity ({self.null})", f"not tested: {self.reason}")]
        chance = f"p = {self.p:.2g} (sd under the null {self.null_spread:.3f})"
        said = f"partial correlation {self.correlation:.3f}, {chance}"
        return [(f"conformity ({self.null})", said), ("caution", CAUTION)]


def conformity(reviews: Reviews, *, null: str = "stratum", shuffles: int = 500, rng: Rng = 0) -> Conformity:
    """Test whether changes go with the others' first scores, given the own.

    Parameters
    ----------
    reviews : Reviews
        Of `read`, `reviews` or a relative.
    null : {"stratum", "item"}, default "stratum"
        What is exchanged; ``"item"`` respects that reviews of one item depend on each other.
    shuffles : int, default 500
        Random arrangements.
    rng : int, Generator or None, default 0
        Source of the arrangements.

    Returns
    -------
    Conformity
        Correlation within equal own scores, with a p-value.

    Raises
    ------
    InputError
        If `null` is unknown.

    Examples
    --------
    >>> from psephos.studies import peer_review
    >>> found = conformity(peer_review.sample(items=300, rng=1), rng=1)
    >>> found.correlation > 0.2, round(found.p, 3)
    (True, 0.002)
    """
    check_choice("null", null, NULLS)
    check_count("shuffles", shuffles)
    seed = seed_of(rng)
    rows = reviews.modelled
    stratum = reviews.place_of(reviews.before[rows])
    others, change = (_less_mean(values[rows], stratum) for values in (reviews.others, reviews.change))
    size = math.sqrt(float(others @ others) * float(change @ change))
    tiny = 1e-9 * max(1, len(others))
    reason = None
    if not len(others):
        reason = "no review has both scores and another beside it"
    elif not (others @ others > tiny and change @ change > tiny):
        reason = "within first scores the changes, or the others' means, are all the same"
    if reason:
        found = (math.nan, math.nan, math.nan, 0)
    elif null == "stratum":
        test = permutation_test(
            lambda rows: np.abs(rows @ change) / size,
            others,
            strata=stratum,
            repeats=shuffles,
            alternative="greater",
            rng=seed,
        )
        found = _read(test.p, test.replicates, float(others @ change) / size)
    else:
        products = np.bincount(reviews.item[rows], weights=others * change, minlength=len(reviews.items))
        products = products[np.bincount(reviews.item[rows], minlength=len(products)) > 0]
        flips = sign_flip_test(
            lambda signs: np.abs(signs @ products) / size,
            len(products),
            repeats=shuffles,
            alternative="greater",
            rng=seed,
        )
        found = _read(flips.p, flips.replicates, float(products.sum()) / size)
    return Conformity(
        provenance=reviews.made("conformity", {"null": null, "shuffles": shuffles}, seed=seed),
        correlation=found[0],
        p=found[1],
        null_spread=found[2],
        null=null,
        reviews=len(others),
        shuffles=found[3],
        reason=reason,
    )


def _read(p: float, replicates: Floats, correlation: float) -> tuple[float, float, float, int]:
    return correlation, p, float(np.sqrt(np.mean(replicates**2))), len(replicates)


def _less_mean(values: Floats, stratum: np.ndarray) -> Floats:
    groups = int(stratum.max(initial=-1)) + 1
    number = np.maximum(np.bincount(stratum, minlength=groups), 1)
    return np.asarray(values - (np.bincount(stratum, weights=values, minlength=groups) / number)[stratum])
