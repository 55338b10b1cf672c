"""Who is good at what, and how sure is that?

An ability in a topic is a number of deviations from the mean of these candidates. For each candidate

    overall    = mean of the abilities over topics, weighted
    spikiness  = sqrt(max(0, variance over topics - mean squared error)): how uneven it is beyond chance

and in each topic the probability to be the best, from draws of the posteriors. A difference is called only where its
probability is above 0.95.

With few items in a topic an ability there is mostly noise. Pooling draws it to the general ability of the candidate,
theta_t = general + specific_t, by as much as the topics differ over all candidates:

    y_t = theta_t + error,  cov(theta) = g^2 11' + s^2 I,  g^2 + s^2 = 1,  s^2 from the spread of y beyond its error.

Source: arXiv:2509.24186 (profiles, spikiness); sheet 25 (draws, pooling). Differs: noise is taken off the spikiness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from psephos.engine.streams import Rng, seed_of, spawn
from psephos.errors import InputError, check_count, check_number
from psephos.opinions.outcomes import Provenance, Result, json_ready
from psephos.opinions.wording import plural
from psephos.ranking.item_response.ability_results import AbilityRanking
from psephos.ranking.item_response.response_table import Floats
from psephos.statistics.intervals import normal_quantile
from psephos.statistics.rank_spread import competition_ranks

CALLED = 0.95


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class AbilityProfiles(Result):
    """Abilities of each candidate over topics.

    Attributes
    ----------
    candidates, topics : list of str
        Their names.
    abilities, errors : ndarray of float64, shape (n_candidates, n_topics)
        Ability in each topic, and its standard error.
    pooled, pooled_errors : ndarray of float64, shape (n_candidates, n_topics)
        Drawn to the general ability of each candidate.
    best : ndarray of float64, shape (n_candidates, n_topics)
        Probability to be the best in the topic.
    in_top : ndarray of float64, shape (n_candidates, n_topics)
        Probability to be among the first `top` of the topic.
    ranks : ndarray of int64, shape (n_candidates, n_topics)
        Place in each topic, 1 the best.
    rank_low, rank_high : ndarray of int64, shape (n_candidates, n_topics)
        Places that each could have.
    overall, overall_errors : ndarray of float64, shape (n_candidates,)
        Ability over all topics, and its standard error.
    spikiness : ndarray of float64, shape (n_candidates,)
        NaN with a single topic.
    specific : float
        s^2 of the formula: the share of an ability that is of the topic.
    level : float
        Of the intervals.
    top : int
        How many places `in_top` counts.
    """

    candidates: list[str]
    topics: list[str]
    abilities: Floats
    errors: Floats
    pooled: Floats
    pooled_errors: Floats
    best: Floats
    in_top: Floats
    ranks: Any
    rank_low: Any
    rank_high: Any
    overall: Floats
    overall_errors: Floats
    spikiness: Floats
    specific: float
    level: float
    top: int

    def table(self) -> pl.DataFrame:
        """One row per candidate, best first: overall, error, spikiness, then its ability in each topic."""
        order = np.argsort(-self.overall, kind="stable")
        columns: dict[str, Any] = {
            "candidate": [self.candidates[i] for i in order],
            "overall": self.overall[order],
            "error": self.overall_errors[order],
            "spikiness": pl.Series(self.spikiness[order]).fill_nan(None),
        }
        taken = set(columns)
        for t, topic in enumerate(self.topics):
            columns[f"{topic} (topic)" if topic in taken else topic] = self.abilities[order, t]
        return pl.DataFrame(columns)

    def long(self) -> pl.DataFrame:
        """One row per candidate and topic: ability with interval, rank with the places it could have, best, in_top,
        pooled.
        """
        n, topics = self.abilities.shape
        half = normal_quantile(self.level) * self.errors
        return pl.DataFrame(
            {
                "candidate": np.repeat(self.candidates, topics),
                "topic": self.topics * n,
                "ability": self.abilities.ravel(),
                "error": self.errors.ravel(),
                "low": (self.abilities - half).ravel(),
                "high": (self.abilities + half).ravel(),
                "rank": self.ranks.ravel(),
                "rank_low": self.rank_low.ravel(),
                "rank_high": self.rank_high.ravel(),
                "best": self.best.ravel(),
                "in_top": self.in_top.ravel(),
                "pooled": self.pooled.ravel(),
                "pooled_error": self.pooled_errors.ravel(),
            }
        )

    def leaders(self) -> pl.DataFrame:
        """One row per topic: who leads, with which probability, whether that is called, and its place overall."""
        place = competition_ranks(self.overall).astype(np.int64)
        first = np.argmax(self.best, axis=0)
        chance = self.best[first, np.arange(len(self.topics))]
        return pl.DataFrame(
            {
                "topic": self.topics,
                "leader": [self.candidates[i] for i in first],
                "probability": chance,
                "called": chance > CALLED,
                "overall_rank": place[first],
            }
        )

    def summary(self) -> list[tuple[str, str]]:
        """Who leads where, and who is uneven."""
        leaders = self.leaders()
        counts = leaders["leader"].value_counts(sort=True)
        top = int(np.argmax(self.overall))
        lines = [
            ("profiles", f"{plural(len(self.candidates), 'candidate')} in {plural(len(self.topics), 'topic')}"),
            ("first overall", self.candidates[top]),
            (
                "leaders",
                f"{counts['leader'][0]} leads in {plural(counts['count'][0], 'topic')}; "
                f"{int(leaders['called'].sum()):,} of {leaders.height:,} leads are called (probability above {CALLED})",
            ),
        ]
        known = ~np.isnan(self.spikiness)
        if known.any():
            most = int(np.nanargmax(self.spikiness))
            lines.append(("most uneven", f"{self.candidates[most]}, spikiness {self.spikiness[most]:.2f}"))
            lines.append(("topics differ", f"{self.specific:.0%} of an ability is of the topic, the rest is general"))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        more = {"topics": self.leaders().to_dicts(), "long": self.long().to_dicts(), "specific": self.specific}
        return {**super().to_dict(), **json_ready(more)}


def ability_profiles(
    found: AbilityRanking, *, top: int = 3, draws: int = 4000, level: float = 0.95, rng: Rng = None
) -> AbilityProfiles:
    """Say who is good at what.

    Parameters
    ----------
    found : AbilityRanking
        From `rank_by_ability`, with a scale for each topic.
    top : int, default 3
        Among how many first places `in_top` counts a candidate.
    draws : int, default 4000
        Draws of the posteriors.
    level : float, default 0.95
        Confidence of the intervals.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.

    Returns
    -------
    AbilityProfiles
        Abilities, errors and ranks of each candidate in each topic, and how uneven they are.

    Raises
    ------
    InputError
        If `found` is no ranking by ability, or a number is out of range.

    See Also
    --------
    weigh_candidates : which candidate to take for a purpose.

    Examples
    --------
    >>> from psephos.ranking import rank_by_ability, simulate_responses
    >>> made = simulate_responses(20, 3, 30, rng=1)
    >>> profiles = ability_profiles(rank_by_ability(made.responses, rng=0), rng=0)
    >>> profiles.leaders().columns
    ['topic', 'leader', 'probability', 'called', 'overall_rank']
    """
    if not isinstance(found, AbilityRanking):
        raise InputError("found", f"must be a ranking by `rank_by_ability`, got {type(found).__name__}")
    top, draws = check_count("top", top), check_count("draws", draws, low=2)
    level = check_number("level", level, low=0, high=1, open_ends=True)
    seed = seed_of(rng)
    abilities, errors = found.abilities, found.ability_errors
    n, topics = abilities.shape
    best, in_top = np.empty((n, topics)), np.empty((n, topics))
    low, high = np.empty((n, topics), np.int64), np.empty((n, topics), np.int64)
    tail = (1 - level) / 2
    for t, stream in enumerate(spawn(seed, topics)):
        places = competition_ranks(abilities[:, t] + errors[:, t] * stream.standard_normal((draws, n)))
        best[:, t], in_top[:, t] = (places == 1).mean(axis=0), (places <= top).mean(axis=0)
        low[:, t] = np.quantile(places, tail, axis=0, method="inverted_cdf")
        high[:, t] = np.quantile(places, 1 - tail, axis=0, method="higher")
    share = found.data.weights / found.data.weights.sum()
    overall, overall_error = abilities @ share, np.sqrt(errors**2 @ share**2)
    if topics > 1:
        spikiness = np.sqrt(np.maximum(0.0, abilities.var(axis=1, ddof=1) - (errors**2).mean(axis=1)))
        pooled, pooled_errors, specific = pooled_abilities(abilities, errors)
        notes: tuple[str, ...] = ()
    else:
        spikiness, pooled, pooled_errors, specific = np.full(n, np.nan), abilities, errors, float("nan")
        notes = ("a single topic has no profile",)
    return AbilityProfiles(
        provenance=Provenance(
            "ability profiles", {"top": top, "draws": draws, "level": level}, found.data.source, seed=seed, notes=notes
        ),
        candidates=[str(name) for name in found.candidates],
        topics=[fit.topic for fit in found.fits],
        abilities=abilities,
        errors=errors,
        pooled=pooled,
        pooled_errors=pooled_errors,
        best=best,
        in_top=in_top,
        ranks=np.column_stack([competition_ranks(column) for column in abilities.T]).astype(np.int64),
        rank_low=low,
        rank_high=high,
        overall=overall,
        overall_errors=overall_error,
        spikiness=spikiness,
        specific=specific,
        level=level,
        top=top,
    )


def pooled_abilities(abilities: Floats, errors: Floats) -> tuple[Floats, Floats, float]:
    """Abilities drawn to the general one.

    Parameters
    ----------
    abilities, errors : ndarray of float64, shape (n, n_topics)
        Of each candidate in each topic, as posteriors under N(0, 1); two topics at least.

    Returns
    -------
    abilities, errors : ndarray of float64, shape (n, n_topics)
    specific : float
        s^2, the share of the variance that belongs to single topics, .01 to .99.
    """
    # A posterior under N(0, 1) is a measurement drawn to 0; here it is taken back to the measurement.
    shrink = np.clip(errors**2, 1e-6, 0.98)
    noise, measured = shrink / (1 - shrink), abilities / (1 - shrink)
    weight = 1 / (noise + 0.3)
    mean = (measured * weight).sum(axis=1, keepdims=True) / weight.sum(axis=1, keepdims=True)
    topics = abilities.shape[1]
    beyond = ((measured - mean) ** 2).sum(axis=1) / (topics - 1) - noise.mean(axis=1)
    specific = float(np.clip(beyond.mean(), 0.01, 0.99))
    prior = (1 - specific) * np.ones((topics, topics)) + specific * np.eye(topics)
    whole = prior + np.eye(topics) * noise[:, None, :]
    gain = np.linalg.solve(whole, np.broadcast_to(prior, whole.shape)).transpose(0, 2, 1)
    pooled = (gain @ measured[:, :, None])[:, :, 0]
    left = np.diagonal(prior - gain @ prior, axis1=1, axis2=2)
    return pooled, np.sqrt(np.maximum(left, 0)), specific
