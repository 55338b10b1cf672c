"""Which candidate to take for a purpose that weighs topics, price and speed?

    utility = sum_t w_t theta_t - l_cost z(cost) - l_latency z(latency),        z(x) = (x - mean) / deviation

and a candidate is on the front if none is at least as able, as cheap and as fast, and better in one of these.

Source: sheet 25 (after arXiv:2509.24186). Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_floats, check_number
from psephos.ranking.item_response.profiles import AbilityProfiles
from psephos.ranking.item_response.response_table import Floats


def weigh_candidates(
    profiles: AbilityProfiles,
    *,
    topic_weights: Mapping[str, float] | None = None,
    cost: npt.ArrayLike | None = None,
    latency: npt.ArrayLike | None = None,
    cost_weight: float = 0.0,
    latency_weight: float = 0.0,
    minimum: Mapping[str, float] | None = None,
) -> pl.DataFrame:
    """Weigh candidates by what they are needed for.

    Parameters
    ----------
    profiles : AbilityProfiles
        Of `ability_profiles`.
    topic_weights : mapping of str to float, optional
        How much each topic counts; topics that are not named count nothing. All alike if not given.
    cost, latency : array_like of float, shape (n_candidates,), optional
        In any unit, in the order of `profiles.candidates`; lower is better.
    cost_weight, latency_weight : float, default 0
        How many points of ability a deviation of these is worth.
    minimum : mapping of str to float, optional
        Ability that a candidate must have in a topic.

    Returns
    -------
    polars.DataFrame
        candidate, overall, cost, latency, utility, on_front, suitable; those that are suitable first, by utility.

    Raises
    ------
    InputError
        If there is no such topic, or numbers are missing, negative or of another length.

    Examples
    --------
    >>> from psephos.ranking import ability_profiles, rank_by_ability, simulate_responses
    >>> made = rank_by_ability(simulate_responses(10, 2, 20, rng=0).responses, rng=0)
    >>> table = weigh_candidates(ability_profiles(made, rng=0), cost=range(10), cost_weight=0.5)
    >>> table.columns[:5]
    ['candidate', 'overall', 'cost', 'utility', 'on_front']
    """
    weights = _of_topics(profiles, "topic_weights", topic_weights, 0.0 if topic_weights else 1.0)
    if (weights < 0).any() or not weights.any():
        raise InputError("topic_weights", "must be at least 0, one of them above 0")
    weights /= weights.sum()
    needed = _of_topics(profiles, "minimum", minimum, -np.inf)
    overall = profiles.abilities @ weights
    utility, goods = overall.copy(), [overall]
    columns: dict[str, object] = {"candidate": profiles.candidates, "overall": overall}
    for name, given, worth in (("cost", cost, cost_weight), ("latency", latency, latency_weight)):
        check_number(f"{name}_weight", worth, low=0)
        if given is None:
            if worth:
                raise InputError(name, f"is needed for {name}_weight")
            continue
        values = check_floats(name, np.asarray(list(given) if isinstance(given, range) else given))
        if len(values) != len(overall):
            raise InputError(name, f"must give one for each of {len(overall):,} candidates, got {len(values):,}")
        deviation = float(values.std())
        utility -= worth * ((values - values.mean()) / deviation if deviation > 0 else np.zeros(len(values)))
        goods.append(-values)
        columns[name] = values
    columns |= {
        "utility": utility,
        "on_front": on_front(np.stack(goods, axis=1)),
        "suitable": (profiles.abilities >= needed).all(axis=1),
    }
    frame = pl.DataFrame(columns)
    return frame.sort("suitable", "utility", descending=True, maintain_order=True)


def on_front(goods: Floats) -> npt.NDArray[np.bool_]:
    """Whether nobody is at least as good in every column and better in one; shape (n, k), higher is better.

    Examples
    --------
    >>> on_front(np.array([[1.0, 3.0], [2.0, 2.0], [1.0, 2.0]])).tolist()
    [True, True, False]
    """
    found = np.ones(len(goods), dtype=bool)
    for i, own in enumerate(goods):
        found[i] = not ((goods >= own).all(axis=1) & (goods > own).any(axis=1)).any()
    return found


def _of_topics(profiles: AbilityProfiles, argument: str, given: Mapping[str, float] | None, other: float) -> Floats:
    values = np.full(len(profiles.topics), other)
    for topic, value in (given or {}).items():
        if topic not in profiles.topics:
            raise InputError(argument, f"there is no topic {topic!r:.80}")
        values[profiles.topics.index(topic)] = check_number(argument, value)
    return values
