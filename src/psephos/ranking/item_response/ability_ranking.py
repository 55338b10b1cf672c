"""Who is how able, and how surely, judged by which items were solved?

A share of right answers takes each item for the same. Item response theory learns from the responses how hard and how
telling each item is, and places candidates and items on one scale:

    P(right) = c + (1 - c) / (1 + exp(-(a theta + d))),        theta ~ N(0, 1) in each topic.

Candidates stand by the mean of their abilities over topics, weighted as asked for. The interval of an ability is that
of its posterior; the items count as known.

Source: Luo, Wu, Frisch and He (2025), arXiv:2509.24186 (MedIRT): one model with two parameters for each topic. Their
estimator and priors are not published; ours are those of sheet 25: Bock and Aitkin (1981), signed slopes, weak priors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.engine import Engine, map_shards
from psephos.engine.streams import Rng, seed_of, spawn
from psephos.errors import check_choice, check_count, check_number
from psephos.opinions.model import Opinions
from psephos.opinions.orderings import order_of
from psephos.opinions.outcomes import Provenance, command_for
from psephos.opinions.wording import plural
from psephos.ranking.item_response.ability_results import AbilityRanking
from psephos.ranking.item_response.fitting import (
    FEW_FOR_PRIOR,
    FEW_FOR_SCORES,
    FEW_FOR_SLOPES,
    TopicFit,
    fit_topic,
)
from psephos.ranking.item_response.item_parts import item_parts
from psephos.ranking.item_response.item_steps import Prior
from psephos.ranking.item_response.marginal import KNOWN_AS, MODELS
from psephos.ranking.item_response.response_table import Floats, Responses, responses
from psephos.ranking.score_tables import ScoreTable
from psephos.statistics.rank_spread import ABOVE_LIMIT, RankSpread, rank_spread

ESTIMATES = ("marginal", "joint")
PRIORS = ("auto", "normal")
ERRORS = ("auto", "scores", "bootstrap", "none")
DRAWN = 2**20
CURVE = np.linspace(-4, 4, 81)


def rank_by_ability(
    data: npt.ArrayLike | Opinions | ScoreTable | Responses,
    *,
    candidates: Sequence[object] | None = None,
    items: Sequence[object] | None = None,
    topics: Sequence[object] | None = None,
    topic_weights: npt.ArrayLike | None = None,
    scale: str = "topic",
    model: str = "auto",
    estimate: str = "marginal",
    prior: str | None = "auto",
    errors: str = "auto",
    repeats: int = 50,
    draws: int = 4000,
    level: float = 0.95,
    rng: Rng = None,
    engine: int | str | Engine = 1,
) -> AbilityRanking:
    """Rank candidates by ability, learnt together with the difficulty and discrimination of each item.

    Parameters
    ----------
    data, candidates, items, topics, topic_weights, scale
        See `responses`; with ``scale="joint"`` all items share one scale.
    model : {"auto", "rasch", "1pl", "2pl", "3pl"}, default "auto"
        All slopes 1; one slope; a slope for each item; and chances to guess. ``"auto"`` is "2pl", and "rasch" with
        fewer than fifteen candidates or where all have the same share right.
    estimate : {"marginal", "joint"}, default "marginal"
        Abilities summed out, or the best abilities and items together, which is biased with few items.
    prior : {"auto", "normal"} or None, default "auto"
        Slopes around 1 with deviation 1, intercepts around 0 with deviation 3; ``"auto"``: with fewer than 500
        candidates. None for plain maximum likelihood.
    errors : {"auto", "scores", "bootstrap", "none"}, default "auto"
        How standard errors of the items are found; ``"auto"``: "bootstrap" with fewer than 200 candidates.
    repeats : int, default 50
        Resamples of the candidates for them.
    draws : int, default 4000
        Draws of the abilities for the intervals of places.
    level : float, default 0.95
        Confidence of the intervals.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.
    engine : int, str or Engine, default 1
        Where topics are fitted; the answer is the same everywhere.

    Returns
    -------
    AbilityRanking
        Candidates in order of ability with errors, and the parameters of each item.

    Raises
    ------
    InputError
        As of `responses`; or if an option is none of those above. `model`: "3pl" with the joint estimate.

    See Also
    --------
    audit_items : which items look broken.
    ability_profiles : who is good at what.
    borda : from the orders alone.

    Examples
    --------
    >>> found = rank_by_ability([[1, 1, 1, 1, 0], [1, 1, 1, 0, 0], [1, 1, 0, 0, 0], [0, 1, 0, 0, 0]], rng=0)
    >>> found.names, found.fits[0].model
    (['0', '1', '2', '3'], 'rasch')
    """
    made = responses(data, candidates=candidates, items=items, topics=topics, topic_weights=topic_weights, scale=scale)
    check_choice("model", model, ("auto", *MODELS), known_as=KNOWN_AS)
    check_choice("estimate", estimate, ESTIMATES)
    check_choice("errors", errors, ERRORS)
    if prior is not None:
        check_choice("prior", prior, PRIORS)
    if estimate == "joint":
        check_choice("model", model, ("auto", "rasch", "1pl", "2pl"))
    check_count("repeats", repeats, low=2)
    check_count("draws", draws, low=2)
    check_number("level", level, low=0, high=1, open_ends=True)
    stated = {
        "scale": scale,
        "model": model,
        "estimate": estimate,
        "prior": prior,
        "errors": errors,
        "repeats": repeats,
    }
    usual = rank_by_ability.__kwdefaults__ or {}
    options = {name: value for name, value in stated.items() if value != usual[name]}
    return _ranked(made, stated, draws, level, seed_of(rng), engine, options)


def _ranked(
    data: Responses,
    stated: dict[str, Any],
    draws: int,
    level: float,
    seed: int,
    engine: int | str | Engine,
    options: dict[str, Any],
) -> AbilityRanking:
    fits = tuple(
        map_shards(
            _fit_one,
            range(len(data.topics)),
            shared={
                "right": data.right,
                "topic": data.topic,
                "names": data.topics.to_list(),
                "settings": _settings(data, stated),
            },
            rng=seed,
            engine=engine,
        )
    )
    share = data.weights / data.weights.sum()
    abilities, errors = (np.column_stack([getattr(fit, name) for fit in fits]) for name in ("ability", "ability_error"))
    overall, error = abilities @ share, np.sqrt(errors**2 @ share**2)
    order, ranks = order_of(overall)
    several = len(fits) > 1
    notes = [note if not several else f"{fit.topic}: {note}" for fit in fits for note in fit.notes]
    if several and len(notes) > 5:
        kinds = list(dict.fromkeys(note.split(": ", 1)[1].split(" (")[0] for note in notes))
        notes = [f"{plural(sum(kind in note for note in notes), 'topic')}: {kind}" for kind in kinds]
    if estimate_is_joint(stated):
        notes.append("joint estimate: with few items slopes come out too steep")
    return AbilityRanking(
        provenance=Provenance(
            "item response",
            {**{name: value for name, value in stated.items() if name != "repeats"}, "level": level},
            data.source,
            seed=seed,
            command=command_for("rank", data.source, {"method": "item-response", **options, "seed": seed}),
            notes=(*data.notes, *notes),
        ),
        candidates=data.candidates,
        scores=overall,
        score_means="ability" + (", mean over topics" if several else "") + "; 0 is the mean of these candidates",
        order=order,
        ranks=ranks,
        spread=ability_spread(overall, error, draws=draws, level=level, seed=seed),
        unit="topic" if several else "item",
        units=data.topics if several else data.items,
        contributions=(abilities * share).T
        if several
        else item_parts(fits[0], data.right, joint=estimate_is_joint(stated)),
        refit=partial(_without, data, stated, draws, level, seed, options),
        data=data,
        fits=fits,
        again=partial(_ranked, stated=stated, draws=draws, level=level, seed=seed, engine=1, options=options),
    )


def estimate_is_joint(stated: dict[str, Any]) -> bool:
    """Whether abilities and items were fitted together."""
    return bool(stated["estimate"] == "joint")


def ability_spread(
    ability: Floats, error: Floats, *, draws: int, level: float, seed: int, means: str = "posterior of the abilities"
) -> RankSpread:
    """Intervals and places from normal posteriors; who stands above whom follows without draws.

    Parameters
    ----------
    ability, error : ndarray of float64, shape (n,)
        Means and standard deviations.
    draws : int
        For the places; fewer where there are very many candidates, at least 200.
    level : float
        Confidence of the intervals.
    seed : int
    means : str
        What was drawn from, in words.
    """
    n = len(ability)
    repeats = int(np.clip(DRAWN // n, 200, draws))
    (stream,) = spawn(seed, 1)
    drawn = ability + error * stream.standard_normal((repeats, n))
    spread = rank_spread(drawn, level=level, means=means, pairs=False)
    half = special.ndtri((1 + level) / 2) * error
    above = None
    if n <= ABOVE_LIMIT:
        apart = np.hypot(error[:, None], error)
        gap = ability[:, None] - ability
        above = np.where(
            apart > 0,
            special.ndtr(np.divide(gap, apart, out=np.zeros_like(gap), where=apart > 0)),
            (np.sign(gap) + 1) / 2,
        )
    return replace(spread, low=ability - half, high=ability + half, above=above)


def _settings(data: Responses, stated: dict[str, Any]) -> dict[str, Any]:
    n = len(data.candidates)
    prior = stated["prior"]
    weak = prior == "normal" or (prior == "auto" and n < FEW_FOR_PRIOR)
    errors = stated["errors"]
    if errors == "auto":
        errors = "bootstrap" if n < FEW_FOR_SCORES else "scores"
    return {
        "model": stated["model"],
        "prior": Prior() if weak else None,
        "estimate": stated["estimate"],
        "errors": errors,
        "repeats": stated["repeats"],
    }


def _fit_one(
    shard: int,
    *,
    right: Floats,
    topic: npt.NDArray[np.int64],
    names: list[str],
    settings: dict[str, Any],
    rng: np.random.Generator,
) -> TopicFit:
    items = np.flatnonzero(topic == shard)
    own = right[:, items]
    model = settings["model"]
    notes: tuple[str, ...] = ()
    share = np.nanmean(_unasked_as_wrong(own), axis=1)
    if model == "auto":
        same = bool(np.ptp(share) < 1e-12)
        model = "rasch" if len(own) < FEW_FOR_SLOPES or same else "2pl"
        if same:
            notes = ("all have the same share right: they cannot be told apart",)
    made = fit_topic(own, topic=names[shard], items=items, rng=rng, **{**settings, "model": model})
    return replace(made, notes=(*notes, *made.notes))


def _unasked_as_wrong(right: Floats) -> Floats:
    """Responses in which a candidate that was asked nothing has nothing right, so that its mean is defined."""
    empty: npt.NDArray[np.bool_] = np.asarray(np.isnan(right).all(axis=1, keepdims=True))
    return np.where(empty, 0.0, right)


def _without(
    data: Responses, stated: dict[str, Any], draws: int, level: float, seed: int, options: dict[str, Any], unit: int
) -> AbilityRanking:
    gone = data.of_topic(unit) if len(data.topics) > 1 else np.array([unit])
    rest = data.without_items(gone)
    return _ranked(rest, {**stated, "errors": "none"}, draws, level, seed, 1, options)
