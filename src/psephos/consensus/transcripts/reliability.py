r"""Which key is right if voters differ in how reliable they are, and know it or not?

In each column either a word was said or nothing was. Voter v, whose words come with a confidence of level b, writes

    where the word w was said     w with probability a_vb, some other word with s_vb, nothing with d_v
    where nothing was said        some word with probability i_vb, nothing with z_v

(a, s, d add up to 1 over the levels, as do i and z). A wrong word is any of V with equal probability, where

    V = 1 / sum over keys of f_k^2,        f_k the share of key k among all words of these transcripts,

is how many equally frequent words would meet by chance as often as these do: two voters that are wrong alone seldom
write the same. EM starts from shares of votes and alternates what was said, given the rates, and the rates, given what
was said. Somebody whose words no one else has gets a small a and a large i, so that its words weigh little; and a word
of low confidence weighs as much as words of that confidence turn out to be worth.

The levels are the `LEVELS` quarters of a voter's confidences, if it has some `ENOUGH`; all other words are one level.
Each rate starts from `PRIOR` words with the rates of all voters together.

Source: ours, after Dawid and Skene (1979), doi:10.2307/2346806. Differs: the classes are the keys of a column and
nothing, the rates of an error do not depend on the word, and confidences are part of what is seen. That relatives (two
engines of one family) make the same mistakes is not in the model, so its probabilities are too sure of itself where
there are such: see `effective_voters`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

LEVELS = 4
ENOUGH = 100
"""Words with a confidence that a voter needs to have levels."""

PRIOR = 10.0
MOST_ROUNDS = 200
SMALLEST_STEP = 1e-5
"""EM stops when no rate moves by more."""


@dataclass(frozen=True, eq=False)
class Reliability:
    """What the model says.

    Attributes
    ----------
    accuracy, missing, invented : ndarray of float64, shape (n_voters,)
        Probability that a voter has the word that was said, that it has nothing where a word was said, and that it has
        a word where nothing was said; NaN for a voter without columns.
    posterior : ndarray of float64, shape (n_columns, width)
        Probability that the key of each cell is right; 0 where nobody voted. That of a column whose truth is known for
        certain is what the votes say of it, so that one sees how good they are.
    rounds : int
    converged : bool
    """

    accuracy: Floats
    missing: Floats
    invented: Floats
    posterior: Floats
    rounds: int
    converged: bool


def reliability(
    keys: Codes,
    voter: Codes,
    n_voters: int,
    *,
    confidence: Floats | None = None,
    certain: Codes | None = None,
) -> Reliability:
    """Fit the model.

    Parameters
    ----------
    keys : ndarray of int32, shape (n_columns, width)
        Keys, 0 for nothing; -1 where nobody voted.
    voter : ndarray of int32, shape (n_columns, width)
        Voter of each cell.
    n_voters : int
    confidence : ndarray of float64, shape (n_columns, width), optional
        NaN where unknown.
    certain : ndarray of int32, shape (n_columns,), optional
        The key that was said where it is known for certain, -1 elsewhere; the rates are learnt from it.

    Examples
    --------
    >>> keys = np.array([[1, 1, 2], [3, 3, 4], [5, 5, 0], [6, 6, 7]] * 9, np.int32)
    >>> found = reliability(keys, np.tile(np.arange(3, dtype=np.int32), (36, 1)), 3)
    >>> bool(found.accuracy[0] > 0.8), bool(found.accuracy[2] < 0.2), found.posterior[0].round(2).tolist()
    (True, True, [1.0, 1.0, 0.0])
    """
    cells = _Cells(keys, voter, n_voters, confidence, certain)
    posterior, nothing = cells.with_known(*cells.shares())
    rates, unaided = np.zeros(0), posterior
    converged, rounds = False, 0
    while rounds < MOST_ROUNDS and not converged:
        rounds += 1
        fresh = cells.rates(posterior, nothing)
        converged = rounds > 1 and float(np.abs(fresh - rates).max(initial=0.0)) < SMALLEST_STEP
        rates = fresh
        unaided, silence = cells.said(rates, nothing)
        posterior, nothing = cells.with_known(unaided, silence)
    accuracy, missing, invented = cells.per_voter(rates)
    return Reliability(accuracy, missing, invented, unaided[cells.pattern], rounds, converged)


def effective_voters(off: npt.NDArray[np.bool_]) -> float:
    """For how many independent voters a panel stands.

    It is N^2 / sum over u, v of max(0, r_uv), with r_uv the correlation of being off the consensus, so that two engines
    of one family count as about one.

    Parameters
    ----------
    off : ndarray of bool, shape (n_columns, n_voters)
        Where each voter is off the consensus.

    Examples
    --------
    >>> alone = np.array([1, 0, 0, 0, 0, 0, 0, 0], bool)
    >>> round(effective_voters(np.stack([alone, alone, np.roll(alone, 1), np.roll(alone, 2)], axis=1)), 2)
    2.67
    """
    n = off.shape[1]
    centred = off - off.mean(axis=0) if len(off) else np.zeros(off.shape)
    scale = np.sqrt((centred * centred).sum(axis=0))
    moving = scale > 0
    related = np.eye(n)
    unit = centred[:, moving] / scale[moving]
    related[np.ix_(moving, moving)] = np.clip(unit.T @ unit, 0.0, 1.0)
    return float(n * n / related.sum()) if n else 0.0


_RIGHT, _WRONG, _NONE, _INVENTED, _QUIET = range(5)


class _Cells:
    """The votes as EM needs them, columns with the same pattern of votes once.

    A cell is of a kind: its voter, and the level of its confidence if it is a word. The pattern of a column is the kind
    of each cell, and which cells hold the same word; what the words are does not matter.
    """

    def __init__(
        self, keys: Codes, voter: Codes, n_voters: int, confidence: Floats | None, certain: Codes | None
    ) -> None:
        self.n_voters = n_voters
        spoken = np.bincount(keys[keys > 0]).astype(np.float64)
        self.vocabulary = float(max(2.0, spoken.sum() ** 2 / max(1.0, float((spoken * spoken).sum()))))
        place = np.where(keys >= 0, voter, n_voters).astype(np.int64)
        kind = place * LEVELS + _levels(voter, n_voters, keys > 0, confidence)
        self.voters_there = np.bincount(place.ravel(), minlength=n_voters + 1)[:n_voters]
        self.levels = np.bincount(kind[keys > 0], minlength=(n_voters + 1) * LEVELS)[: n_voters * LEVELS]
        self.levels = self.levels.reshape(n_voters, LEVELS)
        words, known = _first_places(keys, certain)
        patterns, self.pattern, self.count = np.unique(
            np.concatenate([words, kind, known[:, None]], axis=1), axis=0, return_inverse=True, return_counts=True
        )
        width = keys.shape[1]
        keys, self.kind, self.known = patterns[:, :width], patterns[:, width:-1], patterns[:, -1]
        self.took_part, self.word, self.none = keys >= 0, keys > 0, keys == 0
        self.same = [(keys == keys[:, [slot]]) & self.took_part for slot in range(width)]
        count = [part.sum(axis=1) for part in self.same]
        self.beside = np.maximum(np.stack(count, axis=1), 1) if count else np.ones(keys.shape)
        self.different = (self.word / self.beside).sum(axis=1)
        self.right = (keys == self.known[:, None]) & self.took_part

    def with_known(self, posterior: Floats, nothing: Floats) -> tuple[Floats, Floats]:
        """What was said, with what is known for certain in its place."""
        fixed = self.known >= 0
        if not fixed.any():
            return posterior, nothing
        return np.where(fixed[:, None], self.right, posterior), np.where(fixed, self.known == 0, nothing)

    def shares(self) -> tuple[Floats, Floats]:
        """The shares of votes, of each cell's key and of nothing."""
        voters = np.maximum(self.took_part.sum(axis=1), 1)
        posterior = np.where(self.took_part, self.beside / voters[:, None], 0.0)
        return posterior, self.none.sum(axis=1) / voters

    def rates(self, posterior: Floats, nothing: Floats) -> Floats:
        """Rates of each voter and level for the five things that can happen, shape (5, n_voters, LEVELS)."""
        nothing = nothing[:, None]
        amounts = np.stack(
            [
                self._sum(np.where(self.word, posterior, 0.0)),
                self._sum(np.where(self.word, np.maximum(1 - nothing - posterior, 0.0), 0.0)),
                self._sum(np.where(self.none, 1 - nothing, 0.0)),
                self._sum(np.where(self.word, nothing, 0.0)),
                self._sum(np.where(self.none, nothing, 0.0)),
            ]
        )
        amounts[[_NONE, _QUIET], :, 0] = amounts[[_NONE, _QUIET]].sum(axis=2)
        amounts[[_NONE, _QUIET], :, 1:] = 0.0
        # What is expected of a voter before it is heard: the rates of all, spread over its levels as its words are.
        spread = (self.levels + 1e-9) / (self.levels + 1e-9).sum(axis=1, keepdims=True)
        spread = np.stack([spread, spread, _first(spread), spread, _first(spread)])
        whole = amounts.sum(axis=(1, 2)) + 1.0
        for group in ((_RIGHT, _WRONG, _NONE), (_INVENTED, _QUIET)):
            part = list(group)
            amounts[part] += PRIOR * (whole[part] / whole[part].sum())[:, None, None] * spread[part]
            amounts[part] /= amounts[part].sum(axis=(0, 2), keepdims=True)
        return amounts

    def said(self, rates: Floats, nothing: Floats) -> tuple[Floats, Floats]:
        """What was said: the probability of each cell's key, and of nothing."""
        odds = np.log(np.maximum(rates, 1e-12))
        odds[[_WRONG, _INVENTED]] -= np.log(self.vocabulary)
        odds = np.concatenate([odds.reshape(5, -1), np.zeros((5, LEVELS))], axis=1)  # nobody says nothing about it
        by = odds[:, self.kind]
        silent = self.kind - self.kind % LEVELS
        none, quiet = odds[_NONE][silent], odds[_QUIET][silent]
        if_word = np.where(self.word, by[_WRONG], np.where(self.none, none, 0.0)).sum(axis=1)
        if_nothing = np.where(self.word, by[_INVENTED], np.where(self.none, quiet, 0.0)).sum(axis=1)
        gain = np.where(self.word, by[_RIGHT] - by[_WRONG], 0.0)
        prior = ((nothing * self.count).sum() + 1) / (self.count.sum() + 2)
        word_prior = np.log((1 - prior) / self.vocabulary)
        score = np.stack([(gain * part).sum(axis=1) for part in self.same], axis=1) if self.same else gain
        score += if_word[:, None] + word_prior
        if_nothing = if_nothing + np.log(prior)
        unheard = if_word + word_prior + np.log(np.maximum(self.vocabulary - self.different, 1e-9))
        score = np.where(self.word, score, -np.inf)
        peak = np.maximum(score.max(axis=1, initial=-np.inf), np.maximum(if_nothing, unheard))
        weight = np.exp(score - peak[:, None])
        silence = np.exp(if_nothing - peak)
        total = (weight / self.beside).sum(axis=1) + silence + np.exp(unheard - peak)
        posterior = np.where(self.none, silence[:, None], weight) / total[:, None]
        return np.where(self.took_part, posterior, 0.0), silence / total

    def per_voter(self, rates: Floats) -> tuple[Floats, Floats, Floats]:
        """Rates without levels, NaN for voters without columns."""
        there = self.voters_there > 0
        right, missing, invented = (rates[part].sum(axis=1) for part in (_RIGHT, _NONE, _INVENTED))
        return tuple(np.where(there, part, np.nan) for part in (right, missing, invented))  # type: ignore[return-value]

    def _sum(self, weight: Floats) -> Floats:
        kinds = (self.n_voters + 1) * LEVELS
        found = np.bincount(self.kind.ravel(), weights=(weight * self.count[:, None]).ravel(), minlength=kinds)
        return np.asarray(found[: self.n_voters * LEVELS].reshape(self.n_voters, LEVELS))


def _first(spread: Floats) -> Floats:
    alone = np.zeros_like(spread)
    alone[:, 0] = 1.0
    return alone


def _levels(voter: Codes, n_voters: int, word: npt.NDArray[np.bool_], confidence: Floats | None) -> Whole:
    """Level of each cell: in which quarter of its voter's confidences a word lies; 0 for all else."""
    level = np.zeros(voter.shape, dtype=np.int64)
    if confidence is None:
        return level
    for number in range(n_voters):
        mine = word & (voter == number) & ~np.isnan(confidence)
        sure = confidence[mine]
        if len(sure) >= ENOUGH:
            bounds = np.quantile(sure, np.linspace(0, 1, LEVELS + 1)[1:-1])
            level[mine] = np.searchsorted(bounds, sure, side="right")
    return level


def _first_places(keys: Codes, certain: Codes | None) -> tuple[Whole, Whole]:
    """Each word by the first slot that holds it, counted from 1, and what is certain likewise.

    A certain word that nobody has is one more than there are slots; -1 is nothing certain.
    """
    n, width = keys.shape
    first = np.stack([(keys == keys[:, [slot]]).argmax(axis=1) + 1 for slot in range(width)], axis=1) if width else keys
    words = np.where(keys > 0, first, keys).astype(np.int64)
    if certain is None:
        return words, np.full(n, -1, dtype=np.int64)
    held = keys == certain[:, None]
    place = np.where(held.any(axis=1), held.argmax(axis=1) + 1, width + 1)
    return words, np.where(certain > 0, place, certain).astype(np.int64)
