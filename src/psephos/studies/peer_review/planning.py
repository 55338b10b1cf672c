"""Which item deserves one more reviewer? The one whose decision would become most certain.

With the mean m of n scores, the pooled standard deviation s of reviewers within items and a cut, the true mean of the
item is about normal around m with s / sqrt(n), so the decision is wrong with probability

    now     Phi(-|m - cut| sqrt(n) / s)
    then    E Phi(-|m' - cut| sqrt(n + 1) / s),     m' ~ Normal(m, s^2 / (n (n + 1)))

and the item with the largest expected drop comes first. Truth and m' are jointly normal with correlation
1 / sqrt(n + 1), and the chance that they lie on different sides of the cut is

    then    2 T(|m - cut| sqrt(n) / s, sqrt(n)),        T Owen's function.

Source: ours (sheet 36, "planner"); the expected drop is the knowledge gradient of Frazier, Powell and Dayanik (2008),
doi:10.1137/070693424, for a decision at a cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import special

from psephos.errors import InputError, check_choice, check_number
from psephos.opinions.outcomes import Result
from psephos.studies.peer_review.reviews import Floats, Reviews


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class ReviewerPlan(Result):
    """Items in the order in which one more reviewer helps most.

    Attributes
    ----------
    items : polars.DataFrame
        rank, item, reviews, mean, wrong_now, wrong_then, drop.
    cut, spread : float
        The cut, and the standard deviation of reviewers within items.
    """

    items: pl.DataFrame
    cut: float
    spread: float

    def table(self) -> pl.DataFrame:
        """The items, the most worthwhile first."""
        return self.items

    def summary(self) -> list[tuple[str, str]]:
        """The plan in a few lines."""
        first = self.items.row(0, named=True)
        said = f"{first['item']}: wrong with probability {first['wrong_now']:.3f}, then {first['wrong_then']:.3f}"
        return [("one more reviewer", said), ("spread of reviewers", f"{self.spread:.3f}, cut {self.cut:.3g}")]


def plan(reviews: Reviews, cut: float, *, scores: str = "after") -> ReviewerPlan:
    """Order items by how much one more review would make their decision more certain.

    Parameters
    ----------
    reviews : Reviews
        Of `read`, `reviews` or a relative.
    cut : float
        Mean score from which on an item is in, such as `DecisionImpact.cut_after`.
    scores : {"after", "before"}, default "after"
        Which scores decide.

    Returns
    -------
    ReviewerPlan
        Items in order, with the gain of one more review.

    Raises
    ------
    InputError
        If no item has two scores that differ.

    Examples
    --------
    >>> from psephos.studies import peer_review
    >>> table = pl.DataFrame({"item": ["clear", "close"], "score": ["8 9 10", "4 5 7"]})
    >>> plan(peer_review.reviews(table), 5.5).items["item"].to_list()
    ['close', 'clear']
    """
    check_number("cut", cut)
    check_choice("scores", scores, ("after", "before"))
    own, mean = (reviews.after, reviews.mean_after) if scores == "after" else (reviews.before, reviews.mean_before)
    known = ~np.isnan(own)
    n = np.bincount(reviews.item[known], minlength=len(reviews.items))
    freedom = int((n[n > 0] - 1).sum())
    squares = float(((own[known] - mean[reviews.item[known]]) ** 2).sum())
    if freedom < 1 or squares <= 1e-12:
        raise InputError("reviews", "no item has two scores that differ, so reviewers' spread is unknown")
    spread = math.sqrt(squares / freedom)
    some = np.flatnonzero(n)
    now, then = expected_errors(mean[some], n[some], cut, spread)
    frame = pl.DataFrame(
        {
            "item": reviews.items.gather(some),
            "reviews": n[some],
            "mean": mean[some],
            "wrong_now": now,
            "wrong_then": then,
            "drop": now - then,
        }
    ).sort("drop", "item", descending=[True, False])
    return ReviewerPlan(
        provenance=reviews.made("plan", {"cut": cut, "scores": scores}),
        items=frame.with_row_index("rank", offset=1),
        cut=cut,
        spread=spread,
    )


def expected_errors(mean: Floats, n: npt.NDArray[np.int64], cut: float, spread: float) -> tuple[Floats, Floats]:
    """Chance that a decision at the cut is wrong.

    Parameters
    ----------
    mean : ndarray of float64, shape (n_items,)
        Mean score of each item.
    n : ndarray of int64, shape (n_items,)
        Its scores.
    cut, spread : float
        Where it is decided, and the standard deviation of reviewers within items.

    Returns
    -------
    now, then : ndarray of float64, shape (n_items,)
        As it is, and on average after one more review; the latter is never larger.
    """
    height = np.abs(mean - cut) * np.sqrt(n) / spread
    now = np.asarray(special.ndtr(-height))
    return now, np.minimum(np.asarray(2 * special.owens_t(height, np.sqrt(n))), now)
