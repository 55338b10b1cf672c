"""How well can anyone predict the mean of the votes at hand, and how near do the estimates come?

A mean of a few votes is noisy, so that even the perfect estimate does not correlate 1 with it and has an error. The
bounds are those of `ceiling_bounds`; the variance of a vote comes from the votes themselves, from another test, or from
the BinoVotes model of their scale. Raters who vote on every item and differ in level move all means alike and lower no
correlation, so the bound with their levels taken out stands beside.

Source: Pieper and Voran (2026), "Bounds on Agreement between Subjective and Objective Measurements", arXiv 2603.13204.
Differs: intervals, unequal numbers of votes, rater levels, dispersion and the report on estimates are ours.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.agreement.noise_ceilings.bounds import ItemVotes, Moments, check_model, item_votes, without_rater_bias
from psephos.agreement.noise_ceilings.estimates import Given, estimates_of
from psephos.agreement.noise_ceilings.report import bound_of, notes_on
from psephos.agreement.noise_ceilings.result import NoiseCeiling
from psephos.agreement.noise_ceilings.sources import UNITS, Options, RaterVotes, VoteVariance, assembled, without_items
from psephos.agreement.noise_ceilings.steady_raters import FEWEST_RATERS, steady_raters
from psephos.agreement.noise_ceilings.vote_models import FIVE_POINTS, Scale, VoteScale, scale_of
from psephos.agreement.noise_ceilings.votes import votes_of
from psephos.engine import Rng
from psephos.errors import InputError, ScaleError, check_choice, check_floats, check_number
from psephos.opinions.model import Opinions, Source
from psephos.opinions.outcomes import Provenance
from psephos.statistics import Interval


def ceiling_of(
    votes: Opinions | npt.ArrayLike,
    *,
    estimates: Given | None = None,
    scale: Scale | VoteScale | None = FIVE_POINTS,
    vote_variance: VoteVariance = "data",
    dispersion: float = 1.0,
    pooling: str = "per-item",
    unit: str = "item",
    steady: bool = False,
    strict: bool = False,
    repeats: int = 1000,
    level: float = 0.95,
    rng: Rng = 0,
) -> NoiseCeiling:
    """Bounds on how well any estimate can agree with the mean of these votes.

    Parameters
    ----------
    votes : Opinions, or array_like of float, shape (n_items, n_raters)
        Opinions of kind ``scores``, or votes with NaN where a rater gave none.
    estimates : array_like, mapping of str to array_like, or Opinions, optional
        What is held against the bounds: a value for each item (NaN for none), several such by name, or opinions of kind
        ``scores`` (voters are the estimators) or ``results`` (candidates are), matched by item.
    scale : tuple of lowest vote, highest vote, levels; or None, default (1, 5, 5)
        The scale of the votes; None if it has no ends, which rules BinoVotes out.
    vote_variance : "data", "binovotes", float or callable, default "data"
        Where the variance of a vote comes from: the votes, the model, or another test: a number, or a function from
        mean votes to variances. Without two votes on each of two items the data fall back to the model, with a note.
    dispersion : float, default 1
        Variance of votes as a multiple of that of BinoVotes, where the model is used.
    pooling : {"per-item", "authors"}, default "per-item"
        Where numbers of votes vary: the noise of each item by its own number, or by the mean number as in the paper.
    unit : {"item", "rater"}, default "item"
        What is resampled for the intervals: items, or whole raters, for what another panel would say.
    steady : bool, default False
        Whether to add the bound for means in which steady raters count more: each rater has a level and a variance of
        its own, fitted by maximum likelihood. Needs three raters and ``unit="item"``.
    strict : bool, default False
        Whether a vote between the levels of the scale is an error and not a note.
    repeats : int, default 1000
        Resamples; 0 for no intervals.
    level : float, default 0.95
        Coverage of the intervals.
    rng : int, Generator or None, default 0
        Source of the resamples.

    Returns
    -------
    NoiseCeiling
        Highest correlation and lowest error of a perfect estimate, and of the estimates that were given.

    Raises
    ------
    ScaleError
        If a vote lies outside the scale.
    ModelMismatchError
        If BinoVotes is used and the means vary more than votes on this scale can.
    InputError
        If there are fewer than two items with votes, or an argument is unknown or does not fit the items.

    See Also
    --------
    ceiling_of_means : where the mean votes are known and the votes are not.
    ceiling_of_moments : where a few numbers of a published test are all there is.

    Examples
    --------
    >>> votes = [[1, 2, 2, 3], [3, 3, 4, 2], [5, 4, 5, 5], [2, 1, 1, 1], [4, 4, 3, 5]]
    >>> found = ceiling_of(votes, repeats=0)
    >>> print(f"{found.pcc_bound:.4f} {found.rmse_bound:.4f}")
    0.9687 0.3536
    """
    check_choice("unit", unit, UNITS)
    options = Options.checked("votes", scale, vote_variance, dispersion, pooling, repeats, level, rng)
    cast = votes_of(votes, options.scale, strict=strict)
    counted = item_votes(cast.item, cast.value, len(cast.items))
    voted = counted.votes > 0
    kept = np.flatnonzero(voted)
    item = (np.cumsum(voted) - 1).astype(np.int32)[cast.item]
    given = estimates_of(estimates, cast.items).take(kept)
    bias = without_rater_bias(item, cast.rater, cast.value, len(kept), len(cast.raters))
    model = None
    if steady:
        if unit == "rater":
            raise InputError("steady", "is fitted to raters, which unit='rater' resamples", hint="use unit='item'")
        model = steady_raters(item, cast.rater, cast.value, len(kept), bias)
        if model is None:
            raise InputError(
                "steady",
                f"needs at least {FEWEST_RATERS} raters that overlap and do not agree on everything",
                hint="leave it out",
            )
    return assembled(
        cast.items.gather(kept),
        counted.take(kept),
        given,
        options,
        votes=RaterVotes(item, cast, bias, unit, model),
        dropped=tuple(cast.items.filter(pl.Series(~voted)).to_list()),
    )


def ceiling_of_means(
    means: npt.ArrayLike,
    votes: npt.ArrayLike,
    *,
    variances: npt.ArrayLike | None = None,
    estimates: Given | None = None,
    scale: Scale | VoteScale | None = FIVE_POINTS,
    vote_variance: VoteVariance | None = None,
    dispersion: float = 1.0,
    pooling: str = "per-item",
    repeats: int = 1000,
    level: float = 0.95,
    rng: Rng = 0,
) -> NoiseCeiling:
    """Bounds on how well any estimate can agree with these mean votes.

    Parameters
    ----------
    means : array_like of float, shape (n_items,)
        Mean votes.
    votes : int or array_like of int, shape (n_items,)
        Votes behind each mean; need not be whole where only an average is known.
    variances : array_like of float, shape (n_items,), optional
        Unbiased variance of the votes on each item (ddof 1); NaN where unknown.
    estimates, scale
        As in `ceiling_of`.
    vote_variance : "data", "binovotes", float or callable, optional
        As in `ceiling_of`; by default ``"data"`` if there are variances, else ``"binovotes"``.
    dispersion, pooling, repeats, level, rng
        As in `ceiling_of`.

    Returns
    -------
    NoiseCeiling
        Highest correlation and lowest error of a perfect estimate of these means.

    Raises
    ------
    ScaleError
        If a mean lies outside the scale.
    ModelMismatchError
        If BinoVotes is used and the means vary more than votes on this scale can.
    InputError
        If lengths differ, a number of votes is below 1, a variance is negative, or there are fewer than two items.

    Examples
    --------
    >>> found = ceiling_of_means([2, 3, 4.75, 1.25, 4], 4, repeats=0)
    >>> print(f"{found.source}: {found.pcc_bound:.4f} {found.rmse_bound:.4f}")
    binovotes: 0.9672 0.3623
    """
    source = vote_variance if vote_variance is not None else "binovotes" if variances is None else "data"
    options = Options.checked("means", scale, source, dispersion, pooling, repeats, level, rng)
    items = _checked_means(means, votes, variances, options.scale)
    names = pl.Series("item", map(str, range(len(items))), dtype=pl.String)
    return assembled(names, items, estimates_of(estimates, names), options)


def ceiling_of_moments(
    *,
    votes: float,
    mean: float | None = None,
    mean_variance: float | None = None,
    quality_variance: float | None = None,
    vote_variance: float | None = None,
    scale: Scale | VoteScale = FIVE_POINTS,
    dispersion: float = 1.0,
) -> NoiseCeiling:
    """Bounds from a few numbers of a test, as published.

    Parameters
    ----------
    votes : float
        Votes per item; an average number will do.
    mean : float, optional
        Mean of the mean votes; BinoVotes needs it.
    mean_variance, quality_variance : float, optional
        Variance over items of the mean votes, or of the true qualities: one of the two.
    vote_variance : float, optional
        Mean variance of the votes on an item; BinoVotes gives it if it is not known.
    scale : tuple of lowest vote, highest vote, levels, default (1, 5, 5)
        The scale of the votes.
    dispersion : float, default 1
        Variance of votes as a multiple of that of BinoVotes.

    Returns
    -------
    NoiseCeiling
        Without items and intervals.

    Raises
    ------
    ModelMismatchError
        If BinoVotes is used and cannot have these moments.
    InputError
        If not exactly one of the two variances is given, or the mean is needed and missing.

    Examples
    --------
    >>> found = ceiling_of_moments(votes=10, mean=3.2, mean_variance=0.8)
    >>> print(f"{found.pcc_bound:.4f} {found.rmse_bound:.4f}")
    0.9480 0.2847
    """
    on = scale_of(scale)
    n = check_number("votes", votes, low=1)
    phi = check_number("dispersion", dispersion, low=0, open_ends=True)
    if (mean_variance is None) == (quality_variance is None):
        raise InputError("mean_variance", "give either this or quality_variance")
    of_means = quality_variance is None
    name = "mean_variance" if of_means else "quality_variance"
    spread = check_number(name, mean_variance if mean_variance is not None else quality_variance or 0.0, low=0)
    m = np.nan if mean is None else check_number("mean", mean, low=on.low, high=on.high)
    if vote_variance is not None:
        variance = check_number("vote_variance", vote_variance, low=0)
    elif mean is None:
        raise InputError(
            "mean",
            "is needed for BinoVotes to give the variance of votes",
            hint="give the mean of all votes, or vote_variance",
        )
    elif of_means:
        plain = _single(m, spread, np.nan, n)
        check_model(plain, on, phi, name)
        variance = float(plain.by_model(on, phi).vote_variance[0])
    else:
        variance = phi * (float(on.room(m)) - spread) / on.trials
        check_model(_single(m, spread, np.nan, np.inf), on, phi, name)
    moments = _single(m, spread if of_means else spread + variance / n, variance, n)
    rmse, pcc = (Interval(float(end), np.nan, np.nan, 0.95) for end in moments.bounds()[0])
    bound = bound_of("binovotes" if vote_variance is None else "data", moments, rmse, pcc)
    parameters = {"votes": n, "mean": mean, name: spread, "vote_variance": vote_variance, "scale": str(on)}
    notes = tuple(notes_on(bound, 0, on, np.nan))
    return NoiseCeiling(
        provenance=Provenance("noise ceiling", parameters | {"dispersion": phi}, Source(("numbers",)), notes=notes),
        bounds=(bound,),
        scale=on,
        dispersion=phi if vote_variance is None else np.nan,
        **without_items(),
    )


def _single(mean: float, mean_variance: float, vote_variance: float, votes: float) -> Moments:
    """Moments of one test."""
    noise = vote_variance / votes
    return Moments(*(np.array([part]) for part in (mean, mean_variance, vote_variance, noise, votes)))


def _checked_means(
    means: npt.ArrayLike, votes: npt.ArrayLike, variances: npt.ArrayLike | None, scale: VoteScale | None
) -> ItemVotes:
    mean = check_floats("means", means)
    number = check_floats("votes", votes, ndim=np.ndim(votes) and 1)
    number = np.full(len(mean), number) if number.ndim == 0 else number
    variance = np.full(len(mean), np.nan) if variances is None else check_floats("variances", variances, missing=True)
    for name, values in (("votes", number), ("variances", variance)):
        if len(values) != len(mean):
            raise InputError(name, f"must have one value for each of {len(mean):,} means, got {len(values):,}")
    for name, bad, problem in (
        ("votes", number < 1, "must be at least 1"),
        ("variances", variance < 0, "must not be negative"),
    ):
        if bad.any():
            values = number if name == "votes" else variance
            raise InputError(name, f"{problem}, got {values[bad][0]:g}", where=f"item {int(np.argmax(bad))}")
    if scale is not None:
        outside = scale.misses(mean)
        if outside.any():
            item = int(np.argmax(outside))
            hint = "say what the scale is: lowest vote, highest vote, levels"
            raise ScaleError(
                "means", f"{mean[item]:g} lies outside the scale, {scale}", where=f"item {item}", hint=hint
            )
    return ItemVotes(number, mean, variance)
