"""What came of a fit of abilities and items: who stands where, and what each item and topic measures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.opinions.orderings import Ranking
from psephos.opinions.outcomes import json_ready
from psephos.opinions.wording import plural
from psephos.ranking.item_response.classical import cronbach_alpha
from psephos.ranking.item_response.curves import information
from psephos.ranking.item_response.fitting import (
    TopicFit,
)
from psephos.ranking.item_response.response_table import Floats, Responses

CURVE = np.linspace(-4, 4, 81)


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class AbilityRanking(Ranking):
    """A `Ranking` by ability.

    Attributes
    ----------
    data : Responses
        Who solved what.
    fits : tuple of TopicFit
        Items and abilities of each topic.
    again : callable
        The same method on other responses.
    abilities, ability_errors : ndarray of float64, shape (n_candidates, n_topics)
        Ability in each topic, and its standard error.
    """

    data: Responses
    fits: tuple[TopicFit, ...]
    again: Callable[[Responses], AbilityRanking]

    @property
    def abilities(self) -> Floats:
        """Ability of each candidate in each topic."""
        return np.column_stack([fit.ability for fit in self.fits])

    @property
    def ability_errors(self) -> Floats:
        """Their standard errors."""
        return np.column_stack([fit.ability_error for fit in self.fits])

    @property
    def converged(self) -> bool:
        """Whether all topics came to an end."""
        return all(fit.converged for fit in self.fits)

    def without_items(self, names: Sequence[str]) -> AbilityRanking:
        """The ranking by the same method without these items.

        Raises
        ------
        InputError
            If there is no such item.
        """
        return self.again(self.data.without_items(self._places(names)))

    def rekeyed(self, names: Sequence[str]) -> AbilityRanking:
        """The ranking as if the keys of these items were wrong: who had them right had them wrong.

        Raises
        ------
        InputError
            If there is no such item.
        """
        right = self.data.right.copy()
        right[:, self._places(names)] = 1 - right[:, self._places(names)]
        return self.again(replace(self.data, right=right))

    def _places(self, names: Sequence[str]) -> npt.NDArray[np.intp]:
        known = {name: place for place, name in enumerate(self.data.items.to_list())}
        unknown = [name for name in names if name not in known]
        if unknown:
            raise InputError("item", f"there is no item {unknown[0]!r:.80}", hint="write it as the opinions do")
        return np.array([known[name] for name in names], dtype=np.intp)

    def items(self) -> pl.DataFrame:
        """One row per item: item, topic, discrimination (a), difficulty (b), intercept (d), guessing (c), each with its
        standard error, and the share that solved it.
        """
        frames = []
        for fit in self.fits:
            columns: dict[str, Any] = {
                "item": self.data.items.gather(fit.items),
                "topic": [fit.topic] * len(fit.items),
                "discrimination": fit.slope,
                "discrimination_error": fit.errors.slope,
                "difficulty": fit.difficulty,
                "difficulty_error": fit.errors.difficulty,
                "intercept": fit.intercept,
                "intercept_error": fit.errors.intercept,
                "guessing": fit.guess,
                "guessing_error": fit.errors.guess,
                "solved": np.nanmean(self.data.right[:, fit.items], axis=0),
            }
            frames.append(pl.DataFrame(columns).with_columns(pl.selectors.float().fill_nan(None)))
        return pl.concat(frames)

    def topics(self) -> pl.DataFrame:
        """One row per topic: items, model, reliability of the abilities, alpha of the sums, rounds, log likelihood."""
        return pl.DataFrame(
            {
                "topic": [fit.topic for fit in self.fits],
                "items": [len(fit.items) for fit in self.fits],
                "weight": self.data.weights,
                "model": [fit.model for fit in self.fits],
                "reliability": [fit.reliability for fit in self.fits],
                "alpha": [cronbach_alpha(self.data.right[:, fit.items]) for fit in self.fits],
                "rounds": [fit.iterations for fit in self.fits],
                "converged": [fit.converged for fit in self.fits],
                "log_likelihood": [fit.log_likelihood for fit in self.fits],
            }
        ).with_columns(pl.col("alpha").fill_nan(None))

    def information(self) -> pl.DataFrame:
        """How sharply each topic measures at each ability: topic, ability, information, error."""
        frames = []
        for fit in self.fits:
            items = fit.parameters()
            told = information(CURVE, items.slope, items.intercept, items.guess).sum(axis=1)
            frames.append(
                pl.DataFrame(
                    {
                        "topic": [fit.topic] * len(CURVE),
                        "ability": CURVE,
                        "information": told,
                        "error": 1 / np.sqrt(np.maximum(told, 1e-12)),
                    }
                )
            )
        return pl.concat(frames)

    def summary(self) -> list[tuple[str, str]]:
        """That of a ranking, with items, models and reliability."""
        lines = super().summary()
        at = next(place for place, (name, _) in enumerate(lines) if name == "score")
        models = ", ".join(dict.fromkeys(fit.model for fit in self.fits))
        reliability = [fit.reliability for fit in self.fits]
        low, high = min(reliability), max(reliability)
        span = f"{low:.2f}" if high - low < 0.005 else f"{low:.2f} to {high:.2f}"
        items = sum(len(fit.items) for fit in self.fits)
        extra = [
            ("responses", f"{plural(items, 'item')} in {plural(len(self.fits), 'topic')}"),
            ("model", f"{models}; reliability of the abilities {span}"),
        ]
        return lines[:at] + extra + lines[at:]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON, with topics, abilities and items."""
        more = {
            "topics": self.topics().to_dicts(),
            "abilities": self.abilities.tolist(),
            "ability_errors": self.ability_errors.tolist(),
            "items": self.items().to_dicts(),
        }
        return {**super().to_dict(), **json_ready(more)}
