"""What predicts a change: where the reviewer started, what the others said, or what was written?

    change      D = b0 + b1 own + b2 others                         least squares
    up          logit P(D > 0) = b0 + b1 own + b2 others            and the same of D < 0

with standard errors clustered by item. Wider logits add squares of both scores, confidence, messages and text labels.
What a set of predictors is worth is measured where it was not fitted: the area under the ROC curve over held-out items
(folds by item, predictions pooled), without the set, and with its columns shuffled.

Source: sheet 36. Differs: squares are taken around the mean, so that odds ratios are those at the mean; without items
whose events could be predicted, a model is None and `reasons` says why. The others' mean carries how good an item is: a
coefficient is an association, no proof that reviewers copy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from psephos.engine import Rng, seed_of, spawn
from psephos.errors import check_count
from psephos.opinions.outcomes import Result, json_ready
from psephos.statistics import (
    Regression,
    bootstrap,
    dependent_column,
    least_squares,
    least_squares_statistic,
    logistic,
    logistic_statistic,
)
from psephos.studies.peer_review.features import Features, features_of
from psephos.studies.peer_review.predictors import worth_of
from psephos.studies.peer_review.reviews import Floats, Reviews

EVENTS_PER_PARAMETER = 10
"""With fewer events for each coefficient estimates of a logit are rough (the usual rule of thumb)."""

CAUTION = (
    "the others' mean carries how good the item is, and extreme scores fall back on their own: an association is no "
    "proof of copying"
)


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class ScoreInfluence(Result):
    """What predicts changes of score.

    Attributes
    ----------
    models : mapping of str to Regression or None
        ``change``, ``up``, ``down``: on the own and the others' score; ``up, all``, ``down, all``: on all predictors.
    terms : mapping of str to tuple of str
        Predictors of each model, in the order of its coefficients after the intercept.
    reasons : mapping of str to str
        Why a model is None, or has no area under the curve.
    coefficients : polars.DataFrame
        model, term, estimate, standard_error, low, high, p, odds_ratio, odds_low, odds_high; `low_bootstrap` and
        `high_bootstrap` if items were resampled.
    nested : polars.DataFrame
        event, predictors (sets added one by one), auc, gain.
    importance : polars.DataFrame
        event, set, loss_without (of area, refitted without the set), loss_shuffled.
    reviews, left_out : int
        Reviews in the models, and those with both scores but nobody beside them.
    """

    models: Mapping[str, Regression | None]
    terms: Mapping[str, tuple[str, ...]]
    reasons: Mapping[str, str]
    coefficients: pl.DataFrame
    nested: pl.DataFrame
    importance: pl.DataFrame
    reviews: int
    left_out: int

    def table(self) -> pl.DataFrame:
        """The coefficients."""
        return self.coefficients

    def strongest(self, event: str = "up") -> str | None:
        """The set whose removal costs most, if shuffling it costs most too; None where they differ or none is known."""
        rows = self.importance.filter(event=event)
        if rows.is_empty():
            return None
        tops = [rows.sort(column, descending=True)["set"][0] for column in ("loss_without", "loss_shuffled")]
        return str(tops[0]) if tops[0] == tops[1] else None

    def summary(self) -> list[tuple[str, str]]:
        """The influence in a few lines."""
        lines = []
        for name in ("change", "up", "down"):
            model = self.models[name]
            if model is None:
                lines.append((name, f"no model: {self.reasons[name]}"))
                continue
            own, others = model.coefficients[1:]
            errors = model.standard_error[1:]
            lines.append((name, f"own {own:+.3f} (se {errors[0]:.3f}), others {others:+.3f} (se {errors[1]:.3f})"))
        for event in ("up", "down"):
            steps = self.nested.filter(event=event)
            if steps.height:
                said = ", ".join(f"{auc:.3f} {names}" for names, auc in steps.select("predictors", "auc").iter_rows())
                lines.append((f"area for {event}", said))
        strongest = self.strongest()
        if strongest:
            lines.append(("strongest", f"{strongest}: without it most of what predicts a rise is lost"))
        return [*lines, ("caution", CAUTION), *(("note", note) for note in self.provenance.notes)]

    def to_dict(self) -> dict[str, object]:
        """The whole answer, ready for JSON."""
        tables = {name: getattr(self, name).to_dicts() for name in ("nested", "importance")}
        return {**super().to_dict(), **json_ready(tables | {"reasons": dict(self.reasons)})}


def influence(
    reviews: Reviews,
    *,
    labels: Sequence[str] = (),
    folds: int = 5,
    shuffles: int = 20,
    repeats: int = 0,
    penalty: str = "ridge",
    level: float = 0.95,
    rng: Rng = 0,
) -> ScoreInfluence:
    """Fit what predicts a change of score.

    Parameters
    ----------
    reviews : Reviews
        Of `read`, `reviews` or a relative.
    labels : sequence of str
        Columns of true and false that say what a review or its rebuttal holds.
    folds : int, default 5
        Parts of the items for the area under the curve; 0 leaves it out.
    shuffles : int, default 20
        How often the columns of a set are shuffled.
    repeats : int, default 0
        Resamples of the items, for percentile intervals beside the clustered ones.
    penalty : {"ridge", "firth"}, default "ridge"
        ``"firth"`` where events are separated.
    level : float, default 0.95
        Confidence of the intervals.
    rng : int, Generator or None, default 0
        Source of folds, shuffles and resamples.

    Returns
    -------
    ScoreInfluence
        Models of change, rise and fall, and how much each set of predictors adds.

    Raises
    ------
    InputError
        If a label is no column of true and false.

    See Also
    --------
    conformity : a permutation test of the others' influence.

    Examples
    --------
    >>> from psephos.studies import peer_review
    >>> found = influence(peer_review.sample(items=300, rng=1), folds=0)
    >>> found.coefficients.filter(model="up")["term"].to_list()
    ['intercept', 'own score', "others' mean"]
    """
    check_count("folds", folds, low=0)
    check_count("repeats", repeats, low=0)
    seed = seed_of(rng)
    folding, resampling = spawn(seed, 2)
    data = features_of(reviews, tuple(labels))
    found: dict[str, Regression | None] = {}
    terms: dict[str, tuple[str, ...]] = {}
    reasons: dict[str, str] = {}
    notes = list(data.notes)
    boot: dict[str, tuple[Floats, Floats]] = {}
    for name, outcome, columns in _models(data):
        terms[name] = tuple(columns)
        matrix = data.matrix(columns)
        reason = _why_not(matrix, outcome, columns, event=name != "change")
        if reason:
            found[name], reasons[name] = None, reason
            continue
        if name == "change":
            fit = least_squares(matrix, outcome, clusters=data.item, level=level)
        else:
            fit = logistic(matrix, outcome, clusters=data.item, penalty=penalty, level=level)
            notes += _warnings(name, fit, outcome)
        found[name] = fit
        if repeats and fit.clusters > 1:
            make = least_squares_statistic if name == "change" else logistic_statistic
            statistic = make(matrix, outcome, data.item)
            drawn = bootstrap(
                statistic, data.items, repeats=repeats, level=level, method="percentile", rng=resampling.spawn(1)[0]
            )
            boot[name] = drawn.low, drawn.high
    if data.items < 2:
        notes.append("fewer than two items: no clustered standard errors")
    events = {event: outcome for event, outcome, _ in _models(data) if event in ("up", "down") and found[event]}
    worth = worth_of(data, events, folds=folds, shuffles=shuffles, rng=folding)
    options = {"labels": list(labels), "folds": folds, "shuffles": shuffles, "repeats": repeats, "penalty": penalty}
    return ScoreInfluence(
        provenance=reviews.made("influence", options | {"level": level}, seed=seed, notes=tuple(notes)),
        models=found,
        terms=terms,
        reasons={**reasons, **worth.reasons},
        coefficients=_table(found, terms, boot),
        nested=worth.nested,
        importance=worth.importance,
        reviews=len(data.own),
        left_out=int(reviews.complete.sum()) - len(data.own),
    )


def _models(data: Features) -> list[tuple[str, Floats, list[str]]]:
    """Name, outcome and predictors of each model."""
    both = ["own score", "others' mean"]
    wide = [term for terms in data.sets.values() for term in terms]
    up, down = ((side * data.change > 0).astype(np.float64) for side in (1, -1))
    models = [("change", data.change, both), ("up", up, both), ("down", down, both)]
    return [*models, ("up, all", up, wide), ("down, all", down, wide)]


def _why_not(matrix: Floats, outcome: Floats, terms: Sequence[str], *, event: bool) -> str | None:
    if len(outcome) <= len(terms) + 1:
        return f"{len(outcome)} reviews with both scores and another beside them are too few for {len(terms) + 1} terms"
    if event and (outcome.all() or not outcome.any()):
        return f"{'every' if outcome.all() else 'no'} review has this change"
    if not event and not outcome.any():
        return "no score changed"
    column = dependent_column(matrix)
    return None if column is None else f"{terms[column]} is constant or determined by the terms before it"


def _warnings(name: str, fit: Regression, outcome: Floats) -> list[str]:
    events = int(min(outcome.sum(), len(outcome) - outcome.sum()))
    found = []
    if events < EVENTS_PER_PARAMETER * len(fit.coefficients):
        found.append(f"{name}: {events} events for {len(fit.coefficients)} coefficients, fewer than 10 for each")
    if fit.separated:
        found.append(f"{name}: events are separated, some coefficient has no finite estimate; use penalty='firth'")
    return found


def _table(
    models: Mapping[str, Regression | None],
    terms: Mapping[str, tuple[str, ...]],
    boot: Mapping[str, tuple[Floats, Floats]],
) -> pl.DataFrame:
    columns = ["estimate", "standard_error", "low", "high", "p", "odds_ratio", "odds_low", "odds_high"]
    columns += ["low_bootstrap", "high_bootstrap"] if boot else []
    rows: list[tuple[object, ...]] = []
    for name, fit in models.items():
        if fit is None:
            continue
        empty = np.full(len(fit.coefficients), np.nan)
        with np.errstate(over="ignore"):
            ends = [fit.coefficients, fit.low, fit.high]
            odds = [np.exp(part) if name != "change" else empty for part in ends]
        parts = [fit.coefficients, fit.standard_error, fit.low, fit.high, fit.p, *odds]
        parts += list(boot.get(name, (empty, empty))) if boot else []
        names = ("intercept", *terms[name])
        rows += [
            (name, term, *values) for term, *values in zip(names, *(map(float, part) for part in parts), strict=True)
        ]
    schema = {"model": pl.String, "term": pl.String} | dict.fromkeys(columns, pl.Float64)
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col(*columns).fill_nan(None))
