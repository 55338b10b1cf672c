"""Which few items place a candidate as well as many, and which to ask next?

Items add up in information, so the expected error after a set S of items, over candidates from N(0, 1), is

    error(S)^2 = E[1 / (1 + sum over S of I_j(theta))],

the 1 being what is known before. `short_form` takes the item that lowers it most, again and again. `next_item` does the
same for one candidate, over its own posterior after the answers so far; it ends where the error is small enough.

Source: Owen (1975), doi:10.1080/01621459.1975.10479871 (adaptive tests); sheet 25. Ours: this error as what is lowered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from psephos.errors import InputError, check_choice, check_count
from psephos.opinions.outcomes import Provenance, Result
from psephos.opinions.wording import plural
from psephos.ranking.item_response.abilities import ESTIMATES, abilities
from psephos.ranking.item_response.ability_results import AbilityRanking
from psephos.ranking.item_response.curves import information
from psephos.ranking.item_response.fitting import TopicFit
from psephos.ranking.item_response.marginal import Rows, grid_for, posteriors
from psephos.ranking.item_response.response_table import Floats

MANY = 1000
"""The grid is that for so many items, since a long test tells abilities apart that are close."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class ShortForm(Result):
    """Items in the order in which they tell most.

    Attributes
    ----------
    topic : str
        Of the items.
    items : list of str
        Names, the most telling first.
    errors : ndarray of float64, shape (n + 1,)
        Expected error of an ability after none, one, two ... of them.
    full_error : float
        After all items of the topic.
    full_size : int
        Items to choose from.
    """

    topic: str
    items: list[str]
    errors: Floats
    full_error: float
    full_size: int

    def table(self) -> pl.DataFrame:
        """One row per item, in order: place, item, expected error after it."""
        return pl.DataFrame({"place": range(1, len(self.items) + 1), "item": self.items, "error": self.errors[1:]})

    def summary(self) -> list[tuple[str, str]]:
        """What so many items are worth."""
        lines = [("short form", f"{len(self.items):,} of {plural(self.full_size, 'item')} of {self.topic}")]
        lines += [
            (plural(size, "item"), f"expected error {self.errors[size]:.3f}")
            for size in (10, 20, 50, 100)
            if size < len(self.items)
        ]
        lines.append((plural(len(self.items), "item"), f"expected error {self.errors[-1]:.3f}"))
        lines.append(("all items", f"expected error {self.full_error:.3f}"))
        return lines


@dataclass(frozen=True)
class NextItem:
    """What to ask a candidate next.

    Attributes
    ----------
    item : str or None
        None where every item was asked, or the error is small enough.
    ability, error : float
        After the answers so far.
    expected_error : float
        After the answer to this item.
    """

    item: str | None
    ability: float
    error: float
    expected_error: float


def short_form(found: AbilityRanking, size: int = 50, *, topic: str | None = None) -> ShortForm:
    """Choose the items that place candidates best.

    Parameters
    ----------
    found : AbilityRanking
        Of `rank_by_ability`.
    size : int, default 50
        How many items, at most.
    topic : str, optional
        Needed if there are several.

    Returns
    -------
    ShortForm
        Items in the order in which they tell most, with the error of the first so many of them.

    Raises
    ------
    InputError
        If there is no such topic.

    See Also
    --------
    next_item : one candidate at a time.

    Examples
    --------
    >>> from psephos.ranking import rank_by_ability, simulate_responses
    >>> made = rank_by_ability(simulate_responses(40, 1, 60, rng=0).responses, rng=0, errors="none")
    >>> form = short_form(made, 20)
    >>> len(form.items), bool(form.errors[20] < 1.6 * form.full_error)
    (20, True)
    """
    check_count("size", size)
    fit = _topic(found, topic)
    items = fit.parameters()
    points = np.linspace(-4, 4, 81)
    weight = np.exp(-(points**2) / 2)
    weight /= weight.sum()
    told = information(points, items.slope, items.intercept, items.guess)
    names = found.data.items.gather(fit.items[fit.known]).to_list()
    total, left, chosen = np.ones(len(points)), np.ones(len(names), dtype=bool), []
    errors = [1.0]
    for _ in range(min(size, len(names))):
        error = weight @ (1 / (total[:, None] + told))
        best = int(np.argmin(np.where(left, error, np.inf)))
        left[best] = False
        total = total + told[:, best]
        chosen.append(names[best])
        errors.append(float(np.sqrt(weight @ (1 / total))))
    full = float(np.sqrt(weight @ (1 / (1 + told.sum(axis=1)))))
    return ShortForm(
        provenance=Provenance("short form", {"size": size, "topic": fit.topic}, found.data.source),
        topic=fit.topic,
        items=chosen,
        errors=np.array(errors),
        full_error=full,
        full_size=len(names),
    )


def next_item(
    found: AbilityRanking,
    answers: Mapping[str, bool | int],
    *,
    topic: str | None = None,
    among: Sequence[str] | None = None,
    enough: float = 0.0,
) -> NextItem:
    """Choose what to ask a new candidate next.

    Parameters
    ----------
    found : AbilityRanking
        With the items on their scale.
    answers : mapping of str to bool
        Items asked so far, and whether they were solved.
    topic : str, optional
        Needed if there are several.
    among : sequence of str, optional
        Items that may be asked; all of the topic if not given.
    enough : float, default 0
        An error at which to stop.

    Returns
    -------
    NextItem
        The item that tells most, ability and error so far, and whether to stop.

    Raises
    ------
    InputError
        If there is no such topic or item, or an answer is neither right nor wrong.

    Examples
    --------
    >>> from psephos.ranking import rank_by_ability, simulate_responses
    >>> made = rank_by_ability(simulate_responses(40, 1, 20, rng=0).responses, rng=0, errors="none")
    >>> first = next_item(made, {})
    >>> (first.ability, first.error), next_item(made, {first.item: True}).ability > 0
    ((0.0, 1.0), True)
    """
    fit = _topic(found, topic)
    names = found.data.items.gather(fit.items[fit.known]).to_list()
    right = _answered(names, answers)
    items = fit.parameters()
    grid = grid_for(MANY)
    rows = Rows(np.where(np.isnan(right), 0.0, right), (~np.isnan(right)).astype(np.float64), np.ones(1))
    (posterior,) = posteriors(rows, items, grid)[1]
    mean = float(posterior @ grid.points)
    error = float(np.sqrt(max(posterior @ grid.points**2 - mean**2, 0.0)))
    ability, error = round(mean, 9) + 0.0, round(error, 6)
    open_items = np.isnan(right[0])
    if among is not None:
        unknown = [name for name in among if name not in names]
        if unknown:
            raise InputError("among", f"there is no item {unknown[0]!r:.80}")
        open_items &= np.isin(names, list(among))
    if error <= enough or not open_items.any():
        return NextItem(None, ability, error, error)
    told = information(grid.points, items.slope, items.intercept, items.guess)
    expected = posterior @ (1 / (1 / max(error, 1e-9) ** 2 + told))
    best = int(np.argmin(np.where(open_items, expected, np.inf)))
    return NextItem(str(names[best]), ability, error, float(np.sqrt(expected[best])))


def score_candidate(found: AbilityRanking, answers: Mapping[str, bool | int], *, estimate: str = "eap") -> pl.DataFrame:
    """Place a new candidate on the scales, items being as they are.

    Parameters
    ----------
    found : AbilityRanking
        Of `rank_by_ability`.
    answers : mapping of str to bool
        Items that it was asked, and whether they were solved.
    estimate : {"eap", "map", "mle"}, default "eap"
        Posterior mean, posterior mode, or the mode of the likelihood (undefined for who has all or nothing right).

    Returns
    -------
    polars.DataFrame
        topic, ability, error, items; one row per topic.

    Raises
    ------
    InputError
        If there is no such item, or an answer is neither right nor wrong.

    Examples
    --------
    >>> from psephos.ranking import rank_by_ability, simulate_responses
    >>> made = rank_by_ability(simulate_responses(40, 1, 20, rng=0).responses, rng=0, errors="none")
    >>> score_candidate(made, {})["ability", "error"].row(0)
    (0.0, 1.0)
    """
    check_choice("estimate", estimate, ESTIMATES)
    unknown = set(answers) - set(found.data.items.to_list())
    if unknown:
        raise InputError("answers", f"there is no item {min(map(str, unknown))!r:.80}")
    made = []
    for fit in found.fits:
        names = found.data.items.gather(fit.items[fit.known]).to_list()
        own = {name: answers[name] for name in names if name in answers}
        right = _answered(names, own)
        rows = Rows(np.where(np.isnan(right), 0.0, right), (~np.isnan(right)).astype(np.float64), np.ones(1))
        ability, error = (float(part[0]) for part in abilities(rows, fit.parameters(), estimate=estimate))
        made.append((fit.topic, round(ability, 9) + 0.0, round(error, 6), len(own)))
    frame = pl.DataFrame(made, schema=["topic", "ability", "error", "items"], orient="row")
    return frame.with_columns(pl.col("ability", "error").fill_nan(None))


def _topic(found: AbilityRanking, topic: str | None) -> TopicFit:
    names = [fit.topic for fit in found.fits]
    if topic is None and len(names) > 1:
        raise InputError("topic", f"must be one of {len(names)} topics, such as {names[0]!r:.60}")
    if topic is None:
        return found.fits[0]
    if topic not in names:
        raise InputError("topic", f"there is no topic {topic!r:.80}")
    return found.fits[names.index(topic)]


def _answered(names: list[str], answers: Mapping[str, bool | int]) -> Floats:
    right = np.full((1, len(names)), np.nan)
    place = {name: k for k, name in enumerate(names)}
    for name, solved in answers.items():
        if name not in place:
            raise InputError("answers", f"there is no item {name!r:.80}")
        if solved not in (0, 1):
            raise InputError("answers", f"must be right or wrong, got {solved!r:.40}", where=f"item {name}")
        right[0, place[name]] = float(solved)
    return right
