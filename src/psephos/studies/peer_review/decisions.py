"""Does the discussion change who is accepted, and how sure is each decision?

At an acceptance rate a the best ceil(a n) items are in, with all that tie with the last of them: by the mean first
score m0, and by the mean last score m1. Items that cross are flips of the discussion. How well m0 and m1 tell the real
decisions (or any later outcome) is the area under the ROC curve.

How sure a decision is: the n scores of the item are drawn again with replacement, and the mean of the draw falls on the
other side of the cut with probability

    flip = P(mean of n draws < cut)     for an item that is in, and >= for one that is out,

which is exact, the n-fold convolution of the item's scores, and needs no random numbers.

Source: sheet 36; "decision certainty" is ours. Differs: a cut is taken anew on each side, as a rate and not as a score,
since scores drift up for all. With few reviews resampling knows only their scores, so flips are rather too rare.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine import Rng, seed_of
from psephos.errors import InputError, check_count, check_floats, check_number
from psephos.metrics import auroc_statistic
from psephos.opinions.outcomes import Result, json_ready
from psephos.statistics import Interval, RankCorrelation, bootstrap, spearman_rho
from psephos.studies.peer_review.resampling import chance_at_least
from psephos.studies.peer_review.reviews import Floats, Reviews

RATE = 0.3
"""Acceptance rate where no decision is known and none is given."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class DecisionImpact(Result):
    """What the discussion does to decisions.

    Attributes
    ----------
    rate, cut_before, cut_after : float
        Acceptance rate, and the mean score from which on an item is in, before and after.
    items : polars.DataFrame
        item, mean_before, mean_after, in_before, in_after, flip_before, flip_after, decision: items with both means.
    accepted_before, accepted_after, came_in, went_out : int
        Items that are in, and those that cross.
    area_before, area_after, area_gain : Interval
        How well the means tell the decisions; NaN where decisions are not known.
    rank_correlation : RankCorrelation
        Of the means before and after.
    decided : int
        Items whose decision is known.
    """

    rate: float
    cut_before: float
    cut_after: float
    items: pl.DataFrame
    accepted_before: int
    accepted_after: int
    came_in: int
    went_out: int
    area_before: Interval
    area_after: Interval
    area_gain: Interval
    rank_correlation: RankCorrelation
    decided: int

    def table(self) -> pl.DataFrame:
        """One row per item, the least certain first."""
        return self.items.sort("flip_after", "item", descending=[True, False])

    def summary(self) -> list[tuple[str, str]]:
        """The impact in a few lines."""
        n = self.items.height
        crossed = self.came_in + self.went_out
        cuts = f"means from {self.cut_before:.3g}, then {self.cut_after:.3g}, are in"
        lines = [
            ("items", f"{n:,}; at a rate of {self.rate:.3g} {cuts}"),
            ("crossed", f"{crossed:,} ({crossed / n:.1%}): {self.came_in:,} came in, {self.went_out:,} went out"),
            ("rank correlation", f"of means before and after {self.rank_correlation}"),
            (
                "expected flips",
                f"{self.items['flip_before'].sum():.0f} before, {self.items['flip_after'].sum():.0f} after",
            ),
        ]
        if not math.isnan(self.area_before.value):
            said = f"{self.area_before} before, {self.area_after} after, gain {self.area_gain}"
            lines.append(("area under ROC", f"{said} ({self.decided:,} decisions)"))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, object]:
        """The whole answer, ready for JSON."""
        names = (
            "rate",
            "cut_before",
            "cut_after",
            "accepted_before",
            "accepted_after",
            "came_in",
            "went_out",
            "decided",
        )
        return {**super().to_dict(), **json_ready({name: getattr(self, name) for name in names})}


def decisions(
    reviews: Reviews,
    *,
    rate: float | None = None,
    outcome: npt.ArrayLike | None = None,
    repeats: int = 500,
    level: float = 0.95,
    rng: Rng = 0,
) -> DecisionImpact:
    """Hold decisions by scores before and after the discussion against each other.

    Parameters
    ----------
    reviews : Reviews
        Of `read`, `reviews` or a relative.
    rate : float, optional
        Share of items that are accepted; that of the known decisions, or .3, if not given.
    outcome : array_like, shape (n_items,), optional
        1, 0 or NaN for each of `reviews.items`: what is to be told, instead of the decisions; a later outcome says
        whether the discussion added information or only agreement.
    repeats : int, default 500
        Resamples of the items for the intervals of the areas.
    level : float, default 0.95
        Confidence of the intervals.
    rng : int, Generator or None, default 0
        Source of the resamples.

    Returns
    -------
    DecisionImpact
        How well scores before and after foretell decisions, and which items cross the line.

    Raises
    ------
    InputError
        If fewer than two items have scores before and after, the rate is not between 0 and 1, or an outcome is neither
        0, 1 nor NaN.

    See Also
    --------
    plan : which item deserves one more reviewer?

    Examples
    --------
    >>> from psephos.studies import peer_review
    >>> found = decisions(peer_review.sample(items=300, rng=1), rate=0.25, repeats=50)
    >>> found.accepted_before >= 75, found.came_in > 0
    (True, True)
    """
    check_count("repeats", repeats, low=2)
    seed = seed_of(rng)
    known = reviews.decision if outcome is None else check_floats("outcome", outcome, missing=True)
    if len(known) != len(reviews.items):
        raise InputError("outcome", f"must have one value for each of {len(reviews.items)} items, got {len(known)}")
    if not np.isin(known[~np.isnan(known)], (0.0, 1.0)).all():
        raise InputError("outcome", "must be 0, 1 or NaN")
    notes: tuple[str, ...] = ()
    if rate is None:
        accepted = reviews.decision[~np.isnan(reviews.decision)]
        usable = len(accepted) and 0 < accepted.mean() < 1
        rate = float(accepted.mean()) if usable else RATE
        notes = () if usable else (f"no decision tells the acceptance rate: {RATE} is taken",)
    rate = check_number("rate", rate, low=0, high=1, open_ends=True)
    both = ~(np.isnan(reviews.mean_before) | np.isnan(reviews.mean_after))
    if both.sum() < 2:
        raise InputError("reviews", "fewer than two items have scores before and after")
    means = [np.round(side[both], 9) for side in (reviews.mean_before, reviews.mean_after)]
    cuts = [_cut(side, rate) for side in means]
    inside = [side >= cut for side, cut in zip(means, cuts, strict=True)]
    flips = []
    for scores, cut, is_in in zip((reviews.before, reviews.after), cuts, inside, strict=True):
        least = chance_at_least(reviews, scores, cut)[both]
        flips.append(np.where(is_in, 1 - least, least))
    truth = known[both]
    areas = _areas(means[0], means[1], truth, repeats, level, seed)
    items = pl.DataFrame(
        {
            "item": reviews.items.filter(pl.Series(both)),
            "mean_before": means[0],
            "mean_after": means[1],
            "in_before": inside[0],
            "in_after": inside[1],
            "flip_before": flips[0],
            "flip_after": flips[1],
            "decision": pl.Series(truth).fill_nan(None),
        }
    )
    return DecisionImpact(
        provenance=reviews.made(
            "decisions", {"rate": rate, "repeats": repeats, "level": level}, seed=seed, notes=notes
        ),
        rate=rate,
        cut_before=cuts[0],
        cut_after=cuts[1],
        items=items,
        accepted_before=int(inside[0].sum()),
        accepted_after=int(inside[1].sum()),
        came_in=int((~inside[0] & inside[1]).sum()),
        went_out=int((inside[0] & ~inside[1]).sum()),
        area_before=areas[0],
        area_after=areas[1],
        area_gain=areas[2],
        rank_correlation=spearman_rho(*means, level=level),
        decided=int((~np.isnan(truth)).sum()),
    )


def _cut(means: Floats, rate: float) -> float:
    """The mean of the last item that is in."""
    ordered = np.sort(means)[::-1]
    return float(ordered[max(0, math.ceil(rate * len(means) - 1e-9) - 1)])


def _areas(
    before: Floats, after: Floats, truth: Floats, repeats: int, level: float, seed: int
) -> tuple[Interval, Interval, Interval]:
    known = ~np.isnan(truth)
    if not known.any() or truth[known].all() or not truth[known].any():
        nothing = Interval(math.nan, math.nan, math.nan, level)
        return nothing, nothing, nothing
    rows, copies = np.unique(np.column_stack([before, after, truth])[known], axis=0, return_counts=True)
    first, last = (auroc_statistic(rows[:, 2], rows[:, k]) for k in (0, 1))

    def areas(weights: Floats) -> Floats:
        one, two = np.asarray(first(weights)), np.asarray(last(weights))
        return np.column_stack([one, two, two - one])

    found = bootstrap(
        areas, len(rows), multiplicity=copies, repeats=repeats, level=level, method="percentile", rng=seed
    )
    return found.interval(0), found.interval(1), found.interval(2)
