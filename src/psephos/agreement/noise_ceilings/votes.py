"""Which votes were cast, and do they lie on their scale?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.agreement.noise_ceilings.vote_models import ROUNDING, Floats, VoteScale
from psephos.errors import InputError, ScaleError, check_floats
from psephos.opinions.issues import Issues
from psephos.opinions.model import Opinions, Source


@dataclass(frozen=True, eq=False)
class Votes:
    """All votes, one place per vote, with the names of items and raters; made by `votes_of`.

    Attributes
    ----------
    item, rater : ndarray of int32, shape (n_votes,)
        Places in `items` and `raters`.
    value : ndarray of float64, shape (n_votes,)
        The votes; missing ones are not here.
    items, raters : polars.Series of String
        Names, with those of items and raters without a vote.
    notes : tuple of str
        What was decided on the way.
    source : Source
        Where they came from.
    issues : Issues
        What was set aside when they were read.
    """

    item: npt.NDArray[np.int32]
    rater: npt.NDArray[np.int32]
    value: Floats
    items: pl.Series
    raters: pl.Series
    notes: tuple[str, ...] = ()
    source: Source = field(default_factory=lambda: Source(("arrays",)))
    issues: Issues = field(default_factory=Issues)


def votes_of(votes: Opinions | npt.ArrayLike, scale: VoteScale | None, *, strict: bool) -> Votes:
    """The votes of opinions or of a matrix, after a look at the scale.

    Raises
    ------
    ScaleError
        If a vote lies outside the scale, or between its levels and `strict` is set.
    InputError
        If the opinions are no scores, or there is no vote.
    """
    found = _from_opinions(votes) if isinstance(votes, Opinions) else _from_matrix(votes)
    if not len(found.value):
        raise InputError(
            "votes",
            "hold no vote",
            hint="give one score per vote, or a matrix of items by raters with NaN for no vote",
        )
    if scale is None:
        return found
    outside = scale.misses(found.value)
    if outside.any():
        hint = "say what the scale is: lowest vote, highest vote, levels"
        raise _complaint(found, outside, f"lies outside the scale, {scale}", hint)
    if not scale.is_grid:
        return found
    steps = (found.value - scale.low) / (scale.high - scale.low) * scale.trials
    between = np.abs(steps - np.round(steps)) > ROUNDING * scale.trials
    if not between.any():
        return found
    if strict:
        raise _complaint(found, between, f"lies between the levels of the scale, {scale}", None)
    note = f"{int(between.sum()):,} of {len(between):,} votes lie between the levels of the scale, {scale}"
    return replace(found, notes=(*found.notes, note))


def _complaint(found: Votes, bad: npt.NDArray[np.bool_], problem: str, hint: str | None) -> ScaleError:
    vote = int(np.argmax(bad))
    item, rater = found.items[int(found.item[vote])], found.raters[int(found.rater[vote])]
    where = f"item {item!r:.60}, rater {rater!r:.60}"
    return ScaleError("votes", f"{found.value[vote]:g} {problem}", where=where, hint=hint)


def _from_opinions(votes: Opinions) -> Votes:
    if votes.kind != "scores":
        raise InputError("votes", f"must be scores, not {votes.kind}", hint="agree takes labels and rankings too")
    score = votes.numbers["score"]
    cast = ~np.isnan(score) & (votes.codes("item") >= 0) & (votes.codes("voter") >= 0)
    weights = votes.weights()
    uneven = weights is not None and np.ptp(weights[cast]) > 0 if cast.any() else False
    return Votes(
        votes.codes("item")[cast],
        votes.codes("voter")[cast],
        score[cast],
        votes.vocabulary("item"),
        votes.vocabulary("voter"),
        ("the weights of the votes are not used",) if uneven else (),
        votes.source,
        votes.issues,
    )


def _from_matrix(votes: npt.ArrayLike) -> Votes:
    matrix = check_floats("votes", votes, ndim=2, missing=True)
    item, rater = np.nonzero(~np.isnan(matrix))
    items, raters = (pl.Series(map(str, range(size)), dtype=pl.String) for size in matrix.shape)
    return Votes(
        item.astype(np.int32), rater.astype(np.int32), matrix[item, rater], items.alias("item"), raters.alias("rater")
    )
