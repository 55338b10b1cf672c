"""What do process rewards say of tokens, steps and responses, and which step is to be checked by hand?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine import Rng
from psephos.errors import InputError, check_codes, check_number
from psephos.opinions.model import Opinions, frozen
from psephos.opinions.outcomes import Result
from psephos.statistics import Interval, bootstrap, spearman_rho

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class ProcessScores(Result):
    """Rewards of tokens, steps and responses.

    Tokens and steps of all responses stand one after the other: tokens of response i at
    ``token_starts[i]:token_starts[i + 1]``, its steps at ``step_starts[i]:step_starts[i + 1]``.

    Attributes
    ----------
    opinions : Opinions or None
        The samples that were scored, if they came as such.
    token_reward, value : ndarray of float64, shape (n_tokens,)
        d and q of each token.
    token_starts, step_starts : ndarray of int64, shape (n_responses + 1,)
        Where the tokens, and the steps, of each response begin; the end last.
    step_reward : ndarray of float64, shape (n_steps,)
        Reward of each step, ``single`` or ``accumulative``.
    step_first, step_last : ndarray of int64, shape (n_steps,)
        Place of its first and last token within the response.
    score : ndarray of float64, shape (n_responses,)
        NaN where a response has no log-probabilities.
    flags : mapping of str to ndarray of bool, shape (n_responses,)
        ``"empty"``, ``"impossible token"`` (probability 0), ``"tail without end"``, ``"no log-probabilities"``.
    beta : float
        Factor of the log-ratio.
    aggregate : str
        How steps make the score of a response.
    has_reference : bool
        Whether a reference took part; without one the scores are plain log-probabilities.

    See Also
    --------
    psephos.selection.process_scores : makes it.
    """

    opinions: Opinions | None
    token_reward: Floats
    value: Floats
    token_starts: Integers
    step_reward: Floats
    step_starts: Integers
    step_first: Integers
    step_last: Integers
    score: Floats
    flags: dict[str, npt.NDArray[np.bool_]]
    beta: float
    aggregate: str
    has_reference: bool

    def __len__(self) -> int:
        return len(self.score)

    @cached_property
    def weakest(self) -> Integers:
        """Number of the step with the smallest reward, the first of equals, shape (n_responses,); -1 without steps."""
        return _first_where(self.step_reward == _per_step(self, np.minimum), self.step_starts)

    def first_error(self, threshold: float) -> Integers:
        """Number of the first step with a reward below `threshold`, shape (n_responses,); -1 where there is none."""
        return _first_where(self.step_reward < check_number("threshold", threshold), self.step_starts)

    def tune_threshold(self, first_error: npt.ArrayLike) -> float:
        """The threshold with which `first_error` is right most often, exactly; the middle of the lowest such range.

        Parameters
        ----------
        first_error : array_like of int, shape (n_responses,)
            Number of the first wrong step of each response, -1 where none is wrong. Responses without steps are left
            out.
        """
        known = check_codes("first_error", first_error, ndim=1)
        steps = np.diff(self.step_starts)
        if len(known) != len(self) or (known >= np.maximum(steps, 1)).any():
            raise InputError("first_error", f"must name a step, or -1, of each of {len(self):,} responses")
        if not steps.any():
            raise InputError("first_error", "needs a response with steps")
        # The first error is found by every threshold above its reward, up to the least reward of the steps before it.
        low, high = np.full(len(self), -np.inf), np.full(len(self), np.inf)
        for row in np.flatnonzero(steps):
            reward, wrong = self.step_reward[self.step_starts[row] : self.step_starts[row + 1]], known[row]
            low[row] = reward[wrong] if wrong >= 0 else -np.inf
            high[row] = reward[: wrong if wrong >= 0 else len(reward)].min(initial=np.inf)
        found = (low < high) & (steps > 0)
        ends = np.unique(np.concatenate([low[found], high[found]]))
        ends = ends[np.isfinite(ends)]
        if not len(ends):
            return 0.0
        hits = np.zeros(len(ends) + 2, dtype=np.int64)
        np.add.at(hits, np.where(low[found] == -np.inf, 0, np.searchsorted(ends, low[found]) + 1), 1)
        np.add.at(hits, np.where(high[found] == np.inf, len(ends) + 1, np.searchsorted(ends, high[found]) + 1), -1)
        best = int(np.argmax(np.cumsum(hits)[:-1]))
        if best in (0, len(ends)):
            return float(ends[0] if best == 0 else np.nextafter(ends[-1], np.inf))
        middle = ends[best - 1] / 2 + ends[best] / 2
        return float(middle if ends[best - 1] < middle else ends[best])

    def best(self) -> int:
        """Response with the largest score, the first of equals; one without tokens only where all are."""
        if np.isnan(self.score).all():
            raise InputError("scores", "are none: no response has log-probabilities")
        score = np.where(np.isnan(self.score), -np.inf, self.score)
        able = ~self.flags["empty"] & ~self.flags["no log-probabilities"]
        pool = np.flatnonzero(able) if able.any() else np.arange(len(score))
        return int(pool[np.argmax(score[pool])])

    def steps(self) -> pl.DataFrame:
        """One row per step: response, step, first, last (places of tokens), reward, value (q at its end)."""
        response = np.repeat(np.arange(len(self)), np.diff(self.step_starts))
        last = self.token_starts[response] + self.step_last
        return pl.DataFrame(
            {
                "response": response,
                "step": np.arange(len(response)) - self.step_starts[response],
                "first": self.step_first,
                "last": self.step_last,
                "reward": self.step_reward,
                "value": self.value[last] if len(last) else np.zeros(0),
            }
        )

    def table(self) -> pl.DataFrame:
        """One row per response: item, voter, draw, answer (of samples), tokens, steps, score, weakest step, flags."""
        code = [np.where(mask, name, "") for name, mask in self.flags.items()]
        words = ["; ".join(filter(None, row)) for row in zip(*code, strict=True)]
        own = pl.DataFrame(
            {
                "response": np.arange(len(self)),
                "tokens": np.diff(self.token_starts),
                "steps": np.diff(self.step_starts),
                "score": self.score,
                "weakest": self.weakest,
                "flags": pl.Series(words, dtype=pl.String),
            }
        ).with_columns(pl.col("score").fill_nan(None), pl.col("weakest").replace(-1, None))
        return own if self.opinions is None else self._names(self.opinions).hstack(own.drop("response"))

    def weakest_steps(self, rows: npt.ArrayLike | None = None) -> pl.DataFrame:
        """What to check by hand: the weakest step of each response, the lowest first.

        Parameters
        ----------
        rows : array_like of int, optional
            Which responses, such as `Selection.sample` of those taken; all if not given.

        Returns
        -------
        polars.DataFrame
            The columns of `table`, and first, last (its tokens), reward.
        """
        at = np.flatnonzero(self.weakest >= 0) if rows is None else np.asarray(rows, dtype=np.int64)
        at = at[self.weakest[at] >= 0]
        step = self.step_starts[at] + self.weakest[at]
        found = self.table()[at].with_columns(
            pl.Series("first", self.step_first[step]),
            pl.Series("last", self.step_last[step]),
            pl.Series("reward", self.step_reward[step]),
        )
        return found.sort("reward", maintain_order=True)

    def interval(self, response: int, *, level: float = 0.95, repeats: int = 1000, rng: Rng = 0) -> Interval:
        """How much the smallest step reward of a response hangs on its single tokens: the tokens of each step drawn
        again with replacement.

        Parameters
        ----------
        response : int
        level, repeats, rng
            As in `psephos.statistics.bootstrap`.
        """
        if not 0 <= response < len(self) or self.weakest[response] < 0:
            raise InputError("response", f"must be one with steps, got {response!r}")
        steps = slice(int(self.step_starts[response]), int(self.step_starts[response + 1]))
        tokens = slice(int(self.token_starts[response]), int(self.token_starts[response + 1]))
        reward = self.token_reward[tokens]
        if np.isinf(reward).any():
            return Interval(-np.inf, -np.inf, -np.inf, level)
        first = self.step_first[steps]
        step = np.repeat(np.arange(len(first)), self.step_last[steps] - first + 1)

        def smallest(weights: Floats) -> Floats:
            return np.asarray(np.add.reduceat(weights * reward, first, axis=1).min(axis=1))

        if len(reward) < 2:
            return Interval(float(reward[0]), np.nan, np.nan, level)
        return bootstrap(
            smallest, len(reward), strata=step, level=level, repeats=repeats, method="percentile", rng=rng
        ).interval()

    def rewarded(self) -> Opinions:
        """The samples with their score as ``reward``, for `best_of_n`, `best_of_majority` and `weighted_vote`.

        An empty response has no reward, unless all responses to its question are empty.
        """
        if self.opinions is None:
            raise InputError("opinions", "are none: lists were scored, not samples", hint="pass `score` as rewards")
        score = self.score
        item = self.opinions.codes("item")
        empty = self.flags["empty"]
        scored = np.bincount(item, weights=~empty & ~np.isnan(score), minlength=self.opinions.size("item"))
        reward = np.where(empty & (scored[item] > 0), np.nan, score)
        return replace(self.opinions, numbers=frozen({**self.opinions.numbers, "reward": reward}))

    def summary(self) -> list[tuple[str, str]]:
        """The scores in a few lines."""
        scored = self.score[np.isfinite(self.score)]
        kind = "log-ratio of two models" if self.has_reference else "log-probability of one model, without a reference"
        lines = [
            ("responses", f"{len(self):,} with {len(self.step_reward):,} steps and {len(self.token_reward):,} tokens"),
            ("score", f"{self.aggregate} of the step rewards; beta {self.beta:g}, {kind}"),
        ]
        if len(scored):
            lines.append(("range", f"{scored.min():.4g} to {scored.max():.4g}, median {np.median(scored):.4g}"))
        lines.append(("length", self._length()))
        flagged = [f"{int(mask.sum()):,} {name}" for name, mask in self.flags.items() if mask.any()]
        lines.append(("flags", ", ".join(flagged) or "none"))
        return lines + [("note", note) for note in self.provenance.notes]

    def length_correlation(self) -> float:
        """Rank correlation of score and number of tokens: sums grow with length, means favour short responses.

        NaN where scores or lengths do not vary.
        """
        tokens = np.diff(self.token_starts).astype(np.float64)
        usable = np.isfinite(self.score) & (tokens > 0)
        score, tokens = self.score[usable], tokens[usable]
        if len(score) < 3 or np.ptp(score) == 0 or np.ptp(tokens) == 0:
            return float("nan")
        return float(spearman_rho(score, tokens).value)

    def _length(self) -> str:
        found = self.length_correlation()
        return "not measured" if np.isnan(found) else f"rank correlation of score and number of tokens {found:.2f}"

    def _names(self, samples: Opinions) -> pl.DataFrame:
        draw = pl.Series("draw", samples.numbers["draw"].astype(np.int64))
        item, voter, answer = (samples.coded[name].values().alias(name) for name in ("item", "voter", "answer"))
        return pl.DataFrame([item, voter, draw, answer])


def _per_step(scores: ProcessScores, reduce: np.ufunc) -> Floats:
    """A number of its response for each step."""
    count = np.diff(scores.step_starts)
    some = count > 0
    if not some.any():
        return np.zeros(0)
    return np.repeat(reduce.reduceat(scores.step_reward, scores.step_starts[:-1][some]), count[some])


def _first_where(marked: npt.NDArray[np.bool_], starts: Integers) -> Integers:
    """Place of the first marked step within each response, -1 where none is."""
    response = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    found = np.full(len(starts) - 1, -1, dtype=np.int64)
    at = np.flatnonzero(marked)[::-1]  # of equal indices the last assignment stays: the first step
    found[response[at]] = at - starts[response[at]]
    return found
