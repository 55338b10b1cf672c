r"""Which score does an item deserve if voters are strict or lenient, steady or erratic?

Voter v scores item i with a bias and a variance of its own,

    x_vi ~ N(t_i + b_v, s_v^2 / w),      t_i ~ N(m, T^2),      b_v ~ N(0, B^2),      sum of b_v = 0,

w the weight of a row. EM alternates between the scores, given the voters,

    t_i = (m / T^2 + sum w (x - b_v) / s_v^2) / P_i,     P_i = 1 / T^2 + sum w / s_v^2,     standard error P_i^(-1/2),

and the voters, given the scores, where s_v^2 is lent `prior` rows of the average variance, so that no voter is taken
for faultless because it has few rows, and B^2 one voter of the variance of all scores. An item with few rows is drawn
towards the mean of all.

Source: the Gaussian case of the models of observer error of Dawid and Skene (1979), a two-way random-effects model with
a variance per rater. Ours: the priors. The standard error takes the voters as known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.truth_inference.cast_votes import PIECES, VOTES_PER_PIECE, added_up
from psephos.engine import Engine, map_shards, open_engine
from psephos.errors import InputError, check_squares
from psephos.opinions.issues import Issues
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Provenance, Result
from psephos.opinions.wording import plural
from psephos.statistics import normal_interval

Floats = npt.NDArray[np.float64]

SMALLEST = 1e-12
"""Share of the variance of all scores below which no variance falls."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class ScoreVerdict(Result):
    """Scores that items deserve, and what the voters are like.

    Attributes
    ----------
    opinions : Opinions
        What was decided.
    items : polars.Series of String, shape (n_items,)
        Items with a score.
    score, standard_error, mean : ndarray of float64, shape (n_items,)
        Estimated score with its standard error, and the plain mean of the rows.
    votes : ndarray of int64, shape (n_items,)
        How many scores each item has.
    voters : polars.DataFrame
        voter, votes, bias (how far above the others it scores) with the ends of its 95 % interval, deviation (standard
        deviation of its scores around score plus bias), weight (of a row of it, in units of the average).
    spread : float
        Standard deviation T of the scores of items.
    rounds : int
        Of the fit.
    converged : bool
        Whether the fit stood still in the end.
    settings : mapping
        The arguments of the call.
    issues : Issues
        What was set aside or noticed.

    See Also
    --------
    psephos.consensus.truth_inference : makes it of scores.
    """

    opinions: Opinions
    items: pl.Series
    score: Floats
    standard_error: Floats
    mean: Floats
    votes: npt.NDArray[np.int64]
    voters: pl.DataFrame
    spread: float
    rounds: int
    converged: bool
    settings: Mapping[str, Any]
    issues: Issues = field(default_factory=Issues)

    def __len__(self) -> int:
        return len(self.items)

    def table(self) -> pl.DataFrame:
        """One row per item: item, score, standard_error, low, high, mean, votes."""
        low, high = normal_interval(self.score, self.standard_error)
        return pl.DataFrame(
            {
                "item": self.items,
                "score": self.score,
                "standard_error": self.standard_error,
                "low": low,
                "high": high,
                "mean": self.mean,
                "votes": self.votes,
            }
        )

    def summary(self) -> list[tuple[str, str]]:
        """The scores in a few lines."""
        bias, deviation = self.voters["bias"].to_numpy(), self.voters["deviation"].to_numpy()
        names = self.voters["voter"]
        lines = [
            (
                "items",
                f"{len(self):,}, {plural(int(self.votes.sum()), 'score')} by {plural(self.voters.height, 'voter')}",
            ),
            ("scores", f"{self.score.mean():.3g} on average, standard deviation {self.spread:.3g} between items"),
            ("error", f"standard error {self.standard_error.mean():.3g} on average"),
            (
                "bias",
                f"from {bias.min():+.3g} ({names[int(bias.argmin())]}) "
                f"to {bias.max():+.3g} ({names[int(bias.argmax())]})",
            ),
            (
                "deviation",
                f"from {deviation.min():.3g} ({names[int(deviation.argmin())]}) to {deviation.max():.3g} "
                f"({names[int(deviation.argmax())]})",
            ),
        ]
        return lines + [("note", note) for note in self.provenance.notes]


def score_bias(
    opinions: Opinions, *, prior: float, rounds: int, tolerance: float, engine: int | str | Engine, command: str = ""
) -> ScoreVerdict:
    """Fit the model; see `psephos.consensus.truth_inference`, which checks the arguments.

    Parameters
    ----------
    opinions : Opinions of kind scores
    prior : float
        Rows of the average variance that each voter is lent.
    rounds : int
        Most rounds.
    tolerance : float
        It ends when scores move by less on average, in standard deviations of all scores.
    engine : int, str or Engine
        Where pieces of items are scored.
    command : str
        What does the same in a terminal, for the provenance.
    """
    x, item, voter, weight = _rows(opinions)
    items = np.unique(item)
    start = np.append(np.searchsorted(item, items), len(item)).astype(np.int64)
    n_voters = opinions.size("voter")
    total = np.bincount(voter, weights=weight, minlength=n_voters).astype(np.float64)
    means = np.bincount(np.repeat(np.arange(len(items)), np.diff(start)), weights=x * weight) / np.add.reduceat(
        weight, start[:-1]
    )
    scale = float(np.average((x - np.average(x, weights=weight)) ** 2, weights=weight)) or 1.0
    state: dict[str, Any] = {
        "mean": float(means.mean()),
        "between": max(float(means.var()), scale * 0.01),
        "bias": np.zeros(n_voters),
        "variance": np.full(n_voters, scale),
        "bias_variance": scale * 0.1,
    }
    pieces = int(np.clip(len(x) // VOTES_PER_PIECE, 1, PIECES))
    cuts = list(
        pairwise(np.unique([0, *np.searchsorted(start, np.linspace(0, len(x), pieces + 1)[1:-1]), len(items)]).tolist())
    )
    rows = {"start": start, "voter": voter, "score": x, "weight": weight, "n_voters": n_voters}
    before, done, converged = means, 0, False
    place = open_engine(engine)
    try:
        while True:
            found = map_shards(score_step, cuts, shared={"rows": rows, **state}, engine=place)
            sums = added_up(found, ("score", "error"))
            converged = done > 0 and float(np.abs(sums["score"] - before).mean()) < tolerance * np.sqrt(scale)
            if converged or done >= rounds:
                break
            before = sums["score"]
            state = _next(state, sums, total, prior, scale)
            done += 1
    finally:
        if place is not engine:
            place.close()
    notes = () if converged else (f"the fit still moved after {done:,} rounds; more rounds= may change the scores",)
    return ScoreVerdict(
        provenance=Provenance(
            "truth_inference",
            {"model": "score-bias", "prior": f"{prior:g}", "rounds": str(rounds), "tolerance": f"{tolerance:g}"},
            opinions.source,
            command=command,
            notes=notes,
        ),
        opinions=opinions,
        items=opinions.vocabulary("item").gather(items),
        score=sums["score"],
        standard_error=sums["error"],
        mean=means,
        votes=np.diff(start),
        voters=_voters(opinions, state, total, np.bincount(voter, minlength=n_voters)),
        spread=float(np.sqrt(state["between"])),
        rounds=done,
        converged=converged,
        settings={"prior": prior, "rounds": rounds, "tolerance": tolerance},
        issues=opinions.issues,
    )


def score_step(
    bounds: tuple[int, int],
    *,
    rows: Mapping[str, Any],
    mean: float,
    between: float,
    bias: Floats,
    variance: Floats,
    bias_variance: float,  # noqa: ARG001 - part of the state
) -> dict[str, Any]:
    """Scores of a range of items, and what new voters need of them.

    Parameters
    ----------
    bounds : tuple of int
        First item, and one past the last.
    rows : mapping
        start (rows of each item), voter, score, weight, n_voters.
    mean, between : float
        Mean and variance of the scores over items.
    bias, variance : ndarray of float64, shape (n_voters,)
        What each voter adds, and how far it scatters.

    Returns
    -------
    dict
        score and error per item; rest and squares per voter; items, sum and sum_squares over the items.
    """
    low, high = bounds
    start = rows["start"][low : high + 1]
    inside = slice(start[0], start[-1])
    start = start - start[0]
    voter, weight = rows["voter"][inside], rows["weight"][inside]
    off = rows["score"][inside] - bias[voter]
    precision = weight / variance[voter]
    sharp = 1 / between + np.add.reduceat(precision, start[:-1])
    score = (mean / between + np.add.reduceat(precision * off, start[:-1])) / sharp
    item = np.repeat(np.arange(high - low), np.diff(start))
    rest = rows["score"][inside] - score[item]
    n = rows["n_voters"]
    return {
        "score": score,
        "error": 1 / np.sqrt(sharp),
        "rest": np.bincount(voter, weights=weight * rest, minlength=n),
        "squares": np.bincount(voter, weights=weight * (rest**2 + 1 / sharp[item]), minlength=n),
        "items": high - low,
        "sum": float(score.sum()),
        "sum_squares": float((score**2 + 1 / sharp).sum()),
    }


def _rows(opinions: Opinions) -> tuple[Floats, npt.NDArray[np.int32], npt.NDArray[np.int32], Floats]:
    """Scores that are there, with item, voter and weight, by item and voter."""
    x, weight = opinions.numbers["score"], opinions.weights()
    weight = np.ones(len(x)) if weight is None else weight
    counts = ~np.isnan(x) & (weight > 0)
    if not counts.any():
        problem = f"hold no score that counts: of {len(x):,} rows "
        problem += f"{int(np.isnan(x).sum()):,} have no score, {int((weight <= 0).sum()):,} no weight"
        raise InputError("opinions", opinions.issues.explain(problem))
    item, voter = opinions.codes("item")[counts], opinions.codes("voter")[counts]
    x, weight = x[counts], weight[counts]
    check_squares("opinions", x)
    order = np.lexsort((weight, x, voter, item))
    weight = weight / weight.max()
    return x[order], item[order], voter[order], weight[order] / weight.mean()


def _next(
    state: Mapping[str, Any], sums: Mapping[str, Any], total: Floats, prior: float, scale: float
) -> dict[str, Any]:
    """Parameters given the scores."""
    n, there = sums["items"], total > 0
    mean = sums["sum"] / n
    precision = total / state["variance"] + 1 / state["bias_variance"]
    bias = sums["rest"] / state["variance"] / precision
    bias = np.where(there, bias - np.average(bias[there]), 0.0)
    # One voter more whose bias is as large as the scores spread: among few voters the mode would be no bias at all.
    spread = float((np.sum(bias[there] ** 2 + 1 / precision[there]) + scale) / (there.sum() + 1))
    squares = np.maximum(sums["squares"] - 2 * bias * sums["rest"] + bias**2 * total, 0.0)
    pooled = squares.sum() / total.sum()
    variance = np.divide(
        squares + prior * pooled, total + prior, out=np.full(len(total), pooled), where=total + prior > 0
    )
    return {
        "mean": mean,
        "between": max(sums["sum_squares"] / n - mean**2, scale * SMALLEST),
        "bias": bias,
        "variance": np.maximum(variance, scale * SMALLEST),
        "bias_variance": max(spread, scale * SMALLEST),
    }


def _voters(opinions: Opinions, state: Mapping[str, Any], total: Floats, votes: npt.NDArray[np.int64]) -> pl.DataFrame:
    there = np.flatnonzero(total > 0)
    error = 1 / np.sqrt(total / state["variance"] + 1 / state["bias_variance"])
    low, high = normal_interval(state["bias"][there], error[there])
    precision = 1 / state["variance"][there]
    return pl.DataFrame(
        {
            "voter": opinions.vocabulary("voter").gather(there),
            "votes": votes[there],
            "bias": state["bias"][there],
            "low": low,
            "high": high,
            "deviation": np.sqrt(state["variance"][there]),
            "weight": precision / np.average(precision, weights=total[there]),
        }
    )
