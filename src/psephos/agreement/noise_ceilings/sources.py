"""Where does the variance of a vote come from, and which bounds follow?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.agreement.noise_ceilings.bounds import POOLINGS, ItemVotes, Moments, RaterBias, check_model, moments_of
from psephos.agreement.noise_ceilings.estimates import Estimates, compared, reported
from psephos.agreement.noise_ceilings.raters import moments_by_raters
from psephos.agreement.noise_ceilings.report import ByItems, ByRaters, Case, Resampling, found_of, notes_on
from psephos.agreement.noise_ceilings.result import NoiseCeiling
from psephos.agreement.noise_ceilings.steady_raters import SteadyRaters
from psephos.agreement.noise_ceilings.vote_models import Floats, Scale, VoteScale, scale_of
from psephos.agreement.noise_ceilings.votes import Votes
from psephos.engine import Rng, seed_of
from psephos.errors import InputError, check_choice, check_count, check_floats, check_number
from psephos.opinions.issues import Issues
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance
from psephos.opinions.wording import first_of, plural

UNITS = ("item", "rater")
VoteVariance = str | float | Callable[[Floats], npt.ArrayLike]
"""``"data"``, ``"binovotes"``, or from another test: one variance of a vote, or a function of the mean votes."""

DATA, MODEL, OTHER, ADJUSTED, STEADY = "data", "binovotes", "other-test", "without rater bias", "steady raters"


@dataclass(frozen=True)
class Options:
    """What was asked for, checked; made by `Options.checked`.

    Attributes
    ----------
    argument : str
        What the votes are called at the door, ``"votes"`` or ``"means"``: complaints name it.
    scale : VoteScale or None
        Lowest and highest vote, and the levels between.
    vote_variance : str, float or callable
        See `VoteVariance`.
    dispersion : float
        Variance of the votes as a multiple of what BinoVotes says.
    pooling : str
        One of `POOLINGS`.
    repeats : int
        Resamples; 0 for no intervals.
    level : float
        Confidence of the intervals.
    seed : int
        What `rng` came to.
    """

    argument: str
    scale: VoteScale | None
    vote_variance: VoteVariance
    dispersion: float
    pooling: str
    repeats: int
    level: float
    seed: int

    @staticmethod
    def checked(
        argument: str,
        scale: Scale | VoteScale | None,
        vote_variance: VoteVariance,
        dispersion: float,
        pooling: str,
        repeats: int,
        level: float,
        rng: Rng,
    ) -> Options:
        """The options, each fit for use; see `psephos.agreement.noise_ceiling`, whose parameters these are.

        Raises
        ------
        InputError
            Names the first that is not. `scale`: BinoVotes is asked for, and it needs one.
        """
        on = None if scale is None else scale_of(scale)
        check_choice("pooling", pooling, POOLINGS)
        if isinstance(vote_variance, str):
            check_choice("vote_variance", vote_variance, (DATA, MODEL))
        elif not callable(vote_variance):
            vote_variance = check_number("vote_variance", vote_variance, low=0)
        if vote_variance == MODEL and on is None:
            raise InputError(
                "scale",
                "is needed for BinoVotes to give the variance of votes",
                hint="give scale=, the lowest and the highest vote and the levels",
            )
        return Options(
            argument,
            on,
            vote_variance,
            check_number("dispersion", dispersion, low=0, open_ends=True),
            pooling,
            check_count("repeats", repeats, low=0),
            check_number("level", level, low=0, high=1, open_ends=True),
            seed_of(rng),
        )

    def parameters(self, unit: str) -> dict[str, Any]:
        """What the provenance shows, with the `unit` that was resampled; a function as ``"a function"``."""
        variance = "a function" if callable(self.vote_variance) else self.vote_variance
        return {
            "scale": None if self.scale is None else str(self.scale),
            "vote_variance": variance,
            "dispersion": self.dispersion,
            "pooling": self.pooling,
            "unit": unit,
            "repeats": self.repeats,
            "level": self.level,
        }


@dataclass(frozen=True, eq=False)
class RaterVotes:
    """Votes one by one, where they are known.

    Attributes
    ----------
    item : ndarray of int32, shape (n_votes,)
        Item of each vote, counting only items with votes.
    cast : Votes
        The votes as they were given.
    bias : RaterBias or None
        Levels of the raters, where they can be told from the items.
    unit : str
        What is resampled, one of `UNITS`.
    steady : SteadyRaters or None
        The same votes read by a model in which raters differ in steadiness, if that was asked for.
    """

    item: npt.NDArray[np.int32]
    cast: Votes
    bias: RaterBias | None
    unit: str
    steady: SteadyRaters | None = None

    def is_complete(self, n_items: int) -> bool:
        """Whether every rater voted on every item."""
        return len(self.item) == n_items * np.count_nonzero(np.bincount(self.cast.rater))


def assembled(
    names: pl.Series,
    items: ItemVotes,
    estimates: Estimates,
    options: Options,
    *,
    votes: RaterVotes | None = None,
    dropped: tuple[str, ...] = (),
) -> NoiseCeiling:
    """The whole answer: one bound for each source of the variance of a vote, and the estimates below the first.

    Parameters
    ----------
    names : polars.Series, shape (n_items,)
        Items with votes.
    items : ItemVotes
        Number, mean and variance of their votes.
    estimates : Estimates
        Predictions of the mean votes, in the order of the items; there may be none.
    options : Options
        What was asked for.
    votes : RaterVotes, optional
        The single votes, without which there is no bound without rater bias and no resampling of raters.
    dropped : tuple of str
        Items without a vote, which a note names.

    Returns
    -------
    NoiseCeiling

    Raises
    ------
    InputError
        `options.argument`: fewer than two items, or nothing tells the variance of a vote. `unit`: raters are to be
        resampled where the variance does not come from their votes. `vote_variance`: a function gave something else
        than a variance for each item.
    """
    if len(items) < 2:
        raise InputError(
            options.argument,
            f"need at least 2 items with votes, got {len(items)}",
            hint="a correlation needs two points: add items",
        )
    notes = [*(votes.cast.notes if votes else ()), *estimates.notes]
    if dropped:
        notes.append(f"{plural(len(dropped), 'item has', 'items have')} no vote: {first_of(dropped)}")
    sources, said = _sources(items, votes.bias if votes else None, options)
    notes += said
    if ADJUSTED in sources and votes is not None and not votes.is_complete(len(items)):
        notes.append("raters voted on different items: the bound without rater bias is one for adjusted means")
    adjusted = votes.bias.items if votes is not None and votes.bias is not None else items
    steady = None if votes is None else votes.steady
    if steady is not None:
        sources.append(STEADY)

    def case(rows: npt.NDArray[np.intp]) -> Case:
        own, other, given = items.take(rows), adjusted.take(rows), estimates.take(rows)
        by_name = [(name, _moments(name, own, other, options)) for name in sources if name != STEADY]
        known = [own.votes, own.mean, np.nan_to_num(own.variance, nan=-1.0)]
        if ADJUSTED in sources:
            known += [other.mean, np.nan_to_num(other.variance, nan=-1.0)]
        if steady is not None:
            weighed = steady.items.take(rows)
            by_name.append((STEADY, moments_of(weighed, "per-item")))
            known += [weighed.mean, weighed.variance]
        return Case(own.mean, np.stack(known, axis=1), given, by_name)

    by_raters = None
    unit = "item" if votes is None else votes.unit
    if votes is not None and unit == "rater":
        by_raters = _by_raters(votes, items, estimates, options, sources)
    whole = case(np.arange(len(items)))
    found = found_of(whole, case, Resampling(options.repeats, options.level, options.seed), by_raters)
    if options.scale is not None and options.scale.misses(estimates.values).any():
        notes.append(f"some estimates lie outside the scale of the votes, {options.scale}: RMSE may mean nothing")
    dispersion = _dispersion(whole, options)
    effective = np.nan if options.scale is None or dispersion == 0 else 1 + options.scale.trials / dispersion
    notes += notes_on(found.bounds[0], len(items), options.scale, effective)
    whole_numbers = bool((items.votes == np.round(items.votes)).all())
    number = items.votes.astype(np.int64) if whole_numbers else items.votes
    table = {"item": names, "votes": number, "mean": items.mean, "variance": items.variance}
    if steady is not None:
        table |= {"steady_mean": steady.items.mean, "steady_error": steady.error}
    return NoiseCeiling(
        provenance=Provenance(
            "noise ceiling",
            options.parameters(unit) | ({} if steady is None else {"steady": True}),
            votes.cast.source if votes else Source(("arrays",)),
            seed=options.seed if options.repeats else None,
            notes=tuple(notes),
        ),
        bounds=found.bounds,
        scale=options.scale,
        dispersion=dispersion,
        estimates=found.estimates,
        comparisons=found.comparisons,
        items=pl.DataFrame(table).with_columns(pl.selectors.float().fill_nan(None)),
        raters=_raters(votes),
        dropped=dropped,
        issues=votes.cast.issues if votes else Issues(),
    )


def without_items() -> dict[str, Any]:
    """The parts of an answer that rests on no items: tables by field of `NoiseCeiling`, empty, with their columns."""
    nothing = Estimates([], np.empty((0, 0)))
    table = reported(nothing, [], [], [], (np.nan, np.nan))
    schema = {"item": pl.String} | dict.fromkeys(("votes", "mean", "variance"), pl.Float64)
    return {
        "estimates": table,
        "comparisons": compared(nothing, np.empty(0), table),
        "items": pl.DataFrame(schema=schema),
        "raters": _raters(None),
    }


def _sources(items: ItemVotes, bias: RaterBias | None, options: Options) -> tuple[list[str], list[str]]:
    """Names of the sources, that of the bound for estimates first, and what is to be said of them."""
    enough = int((~np.isnan(items.variance)).sum()) >= 2
    notes = []
    first = OTHER if not isinstance(options.vote_variance, str) else options.vote_variance
    if first == DATA and not enough:
        if options.scale is None:
            problem = "no two items have two votes, so nothing is known of the variance of votes"
            raise InputError(options.argument, problem, hint="give a scale or a vote_variance")
        first = MODEL
        notes.append("no two items have two votes: the variance of votes comes from BinoVotes")
    single = int(np.isnan(items.variance).sum())
    if first == DATA and single:
        notes.append(f"given the mean variance of the others: {plural(single, 'item')} with one vote")
    known = [first]
    if enough:
        known += [DATA] + [ADJUSTED] * (bias is not None)
    if options.scale is not None:
        moments = _moments(MODEL, items, items, options)(np.ones((1, len(items))))
        if first == MODEL:
            plain = moments_of(items, options.pooling)(np.ones((1, len(items))))
            check_model(plain, options.scale, options.dispersion, options.argument)
        if np.isnan(moments.noise[0]):
            notes.append("BinoVotes cannot have given mean votes that vary so much on this scale")
        else:
            known.append(MODEL)
    return list(dict.fromkeys(known)), notes


def _moments(name: str, items: ItemVotes, adjusted: ItemVotes, options: Options) -> ByItems:
    """Moments of one source as a function of the weights of the items."""
    if name == ADJUSTED:
        return moments_of(adjusted, options.pooling)
    if name == OTHER:
        return moments_of(ItemVotes(items.votes, items.mean, _other_variance(items, options)), options.pooling)
    plain = moments_of(items, options.pooling)
    scale = options.scale
    if name == MODEL and scale is not None:
        return lambda weights: plain(weights).by_model(scale, options.dispersion)
    return plain


def _other_variance(items: ItemVotes, options: Options) -> Floats:
    if not callable(options.vote_variance):
        return np.full(len(items), float(options.vote_variance))
    variance = check_floats("vote_variance", options.vote_variance(items.mean.copy()))
    if len(variance) != len(items) or (variance < 0).any():
        raise InputError("vote_variance", "must give a variance of at least 0 for each mean vote")
    return variance


def _by_raters(
    votes: RaterVotes, items: ItemVotes, estimates: Estimates, options: Options, sources: Sequence[str]
) -> tuple[int, list[ByRaters]]:
    """Raters, and the moments of each source as functions of their weights."""
    if sources[0] == OTHER:
        raise InputError("unit", "raters are resampled only where the variance of votes comes from their own votes")
    present, place = np.unique(votes.cast.rater, return_inverse=True)
    n, rater = len(present), place.astype(np.int32)

    def moments(name: str) -> ByRaters:
        bias = votes.bias
        if name == ADJUSTED and bias is not None:
            value = votes.cast.value - bias.level[votes.cast.rater]
            adjusted = bias.items
            return moments_by_raters(votes.item, rater, value, adjusted, n, options.pooling, estimates, bias.correction)
        plain = moments_by_raters(votes.item, rater, votes.cast.value, items, n, options.pooling, estimates)
        scale = options.scale
        if name != MODEL or scale is None:
            return plain

        def by_model(weights: Floats) -> tuple[Moments, Floats, Floats]:
            found, pcc, rmse = plain(weights)
            return found.by_model(scale, options.dispersion), pcc, rmse

        return by_model

    return n, [moments(name) for name in sources]


def _dispersion(whole: Case, options: Options) -> float:
    """Variance of the votes as a multiple of what BinoVotes would have given them; NaN where only one is known."""
    measured = next((moments for name, moments in whole.sources if name in (OTHER, DATA)), None)
    if options.scale is None or measured is None:
        return float("nan")
    found = measured(np.ones((1, len(whole.means))))
    room = options.scale.room(found.mean) - found.mean_variance + found.noise
    return float(options.scale.trials * found.vote_variance[0] / room[0]) if room[0] > 0 else float("nan")


def _raters(votes: RaterVotes | None) -> pl.DataFrame:
    if votes is None or votes.bias is None:
        return pl.DataFrame(schema={"rater": pl.String, "votes": pl.Int64, "level": pl.Float64})
    counted = np.bincount(votes.cast.rater, minlength=len(votes.cast.raters))
    columns = {"rater": votes.cast.raters, "votes": counted, "level": votes.bias.level}
    if votes.steady is not None:
        columns |= {"steady_level": votes.steady.level, "deviation": votes.steady.deviation}
    table = pl.DataFrame(columns)
    return table.filter(pl.col("votes") > 0).sort("level", "rater", descending=[True, False])
