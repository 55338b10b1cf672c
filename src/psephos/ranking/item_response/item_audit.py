"""Which items look broken, and why?

negative      a + 1.645 se < 0: who is abler solves it less often; the key may be wrong
weak          a < 0.3: it hardly tells candidates apart
too_easy, too_hard  all or none solved it: it tells nothing
misfit        mean squared residual, weighted by information (infit) or plain (outfit), outside 0.7 to 1.4
guessable     the lowest third solves it more often than the middle third, by more than 0.15
upside_down   the top third solves it less often than the bottom third
duplicate     residuals correlate above 0.5 with those of another item (`dimensions`)

The severity of an item is the number of its flags. A flag is a reason to look, not a proof.

Source: sheet 25; infit and outfit: Wright and Masters (1982), Rating Scale Analysis. The limits are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_choice
from psephos.opinions.outcomes import Provenance, Result, json_ready
from psephos.opinions.wording import plural
from psephos.ranking.item_response.ability_results import AbilityRanking
from psephos.ranking.item_response.classical import item_rest
from psephos.ranking.item_response.curves import chances
from psephos.ranking.item_response.dimensions import (
    MOST_PAIRS,
    ONE_DIMENSION,
    eigenvalue_ratio,
    residual_correlations,
)
from psephos.ranking.item_response.fitting import FEW, TopicFit

Floats = npt.NDArray[np.float64]

FLAGS = ("negative", "weak", "too_easy", "too_hard", "misfit", "guessable", "upside_down", "duplicate")
SURE = 1.645
WEAK = 0.3
FIT = (0.7, 1.4)
GUESSABLE = 0.15
DEPENDENT, DUPLICATE = 0.3, 0.5
PAIRS_SHOWN = 1000


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class ItemAudit(Result):
    """Parameters, fit and flags of each item.

    Attributes
    ----------
    ranking : AbilityRanking
        What was audited.
    items : polars.DataFrame
        See `table`.
    pairs : polars.DataFrame
        item, other, topic, q3: pairs of items whose residuals go together, the strongest first.
    dimensions : polars.DataFrame
        One row per topic: ratio of the first two eigenvalues, of which correlations, whether the items measure one
        thing, mean of Q3.
    """

    ranking: AbilityRanking
    items: pl.DataFrame
    pairs: pl.DataFrame
    dimensions: pl.DataFrame

    def table(self) -> pl.DataFrame:
        """One row per item, the worst first.

        item, topic, severity, flags, discrimination, difficulty, intercept, guessing with errors, solved, item_rest,
        infit, outfit, and popular_wrong (what most of the top third answered who were wrong) if answers were given.
        """
        return self.items

    def flagged(self, *flags: str) -> list[str]:
        """Names of the items with any of these flags, or with any flag at all.

        Raises
        ------
        InputError
            If there is no such flag.
        """
        for flag in flags:
            check_choice("flags", flag, FLAGS)
        wanted = flags or FLAGS
        rows = self.items.filter(pl.col("flags").list.eval(pl.element().is_in(wanted)).list.any())
        return [str(name) for name in rows["item"]]

    def summary(self) -> list[tuple[str, str]]:
        """How many items have which flag, and the worst ones."""
        bad = self.items.filter(pl.col("severity") > 0)
        counts = {flag: int(self.items["flags"].list.contains(flag).sum()) for flag in FLAGS}
        lines = [
            ("items", f"{self.items.height:,}, {bad.height:,} of which have a flag"),
            ("flags", ", ".join(f"{n:,} {flag.replace('_', ' ')}" for flag, n in counts.items() if n) or "none"),
        ]
        worst = bad.head(5).select("item", "flags").iter_rows()
        lines += [(item, ", ".join(flag.replace("_", " ") for flag in flags)) for item, flags in worst]
        mixed = self.dimensions.filter(~pl.col("one_dimension"))
        if mixed.height:
            topics = plural(mixed.height, "topic measures", "topics measure")
            lines.append(("dimensions", f"{topics} several things, first {mixed['topic'][0]}"))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        more = {"pairs": self.pairs.to_dicts(), "dimensions": self.dimensions.to_dicts()}
        return {**super().to_dict(), **json_ready(more)}


def audit_items(found: AbilityRanking, *, answers: Sequence[Sequence[object]] | None = None) -> ItemAudit:
    """Say which items look broken.

    Parameters
    ----------
    found : AbilityRanking
        From `rank_by_ability`.
    answers : array_like of str, shape (n_candidates, n_items), optional
        What each candidate answered, to name the wrong answer that the best gave most often.

    Returns
    -------
    ItemAudit
        Difficulty, discrimination and fit of each item, and flags of those that look broken.

    Raises
    ------
    InputError
        If `answers` have another shape.

    See Also
    --------
    AbilityRanking.rekeyed : how the ranking would be if the keys of these items were wrong.
    odd_answers : which candidates look odd.

    Examples
    --------
    >>> from psephos.ranking import rank_by_ability, simulate_responses
    >>> made = simulate_responses(60, 1, 40, wrong_keys=2, rng=0)
    >>> audit = audit_items(rank_by_ability(made.responses, rng=0))
    >>> sorted(audit.flagged("negative"))
    ['topic 1, item 1', 'topic 1, item 2']
    """
    data = found.data
    texts = None
    if answers is not None:
        texts = np.asarray(answers, dtype=object)
        if texts.shape != data.right.shape:
            raise InputError("answers", f"must have shape {data.right.shape}, got {texts.shape}")
    notes: list[str] = []
    frames, pairs, dimensions = [], [], []
    for fit in found.fits:
        right = data.right[:, fit.items]
        names = data.items.gather(fit.items)
        chance = chances(fit.ability, np.nan_to_num(fit.slope), np.nan_to_num(fit.intercept), np.nan_to_num(fit.guess))
        twins, close, row = _dependent(fit, right, chance, names, notes)
        pairs.append(close)
        dimensions.append(row)
        frames.append(_audited(found, fit, right, chance, twins, texts))
    if any(fit.model in ("rasch", "1pl") for fit in found.fits):
        notes.append("with one slope for all items a wrong key shows in item_rest and upside_down only")
    items = pl.concat(frames).sort("severity", "item_rest", descending=[True, False], maintain_order=True)
    return ItemAudit(
        provenance=Provenance("item audit", {}, data.source, notes=tuple(dict.fromkeys(notes))),
        ranking=found,
        items=items,
        pairs=pl.concat(pairs).sort("q3", descending=True),
        dimensions=pl.DataFrame(dimensions),
    )


def _audited(
    found: AbilityRanking,
    fit: TopicFit,
    right: Floats,
    chance: Floats,
    twins: npt.NDArray[np.bool_],
    texts: npt.NDArray[np.object_] | None,
) -> pl.DataFrame:
    own = found.items().filter(pl.col("topic") == fit.topic)
    solved = np.nanmean(right, axis=0)
    flat = (solved == 0) | (solved == 1)
    infit, outfit = fit_measures(right, chance)
    infit[~fit.known], outfit[~fit.known] = np.nan, np.nan
    top, middle, bottom = thirds(right)
    with np.errstate(invalid="ignore"):
        shares = [_share(right[part]) for part in (top, middle, bottom)]
        sharp = ~flat & fit.known & (fit.model not in ("rasch", "1pl"))
        masks = {
            "negative": sharp & (fit.slope + SURE * fit.errors.slope < 0),
            "weak": sharp & (fit.slope < WEAK),
            "too_easy": solved == 1,
            "too_hard": solved == 0,
            "misfit": ~flat & ((infit < FIT[0]) | (infit > FIT[1]) | (outfit < FIT[0]) | (outfit > FIT[1])),
            "guessable": shares[2] - shares[1] > GUESSABLE,
            "upside_down": shares[0] < shares[2],
            "duplicate": twins,
        }
    flags = [[flag for flag, mask in masks.items() if mask[j]] for j in range(len(solved))]
    frame = own.with_columns(
        pl.Series("item_rest", item_rest(right)).fill_nan(None),
        pl.Series("infit", infit).fill_nan(None),
        pl.Series("outfit", outfit).fill_nan(None),
        pl.Series("flags", flags, dtype=pl.List(pl.String)),
        pl.Series("severity", [len(one) for one in flags], dtype=pl.Int64),
    ).select("item", "topic", "severity", "flags", pl.exclude("item", "topic", "severity", "flags"))
    if texts is None:
        return frame
    wrong = [_popular(texts[top][:, j], right[top][:, k]) for k, j in enumerate(fit.items)]
    return frame.with_columns(pl.Series("popular_wrong", wrong, dtype=pl.String))


def fit_measures(right: Floats, chance: Floats) -> tuple[Floats, Floats]:
    """Infit and outfit of each item; near 1 where residuals are as large as they should be.

    Parameters
    ----------
    right : ndarray of float64, shape (n, n_items)
        1 and 0, NaN where not asked.
    chance : ndarray of float64, shape (n, n_items)
        Chance of each candidate to solve it.

    Returns
    -------
    infit, outfit : ndarray of float64, shape (n_items,)
        Mean squared residual, weighted by information, and plain.
    """
    asked = ~np.isnan(right)
    variance = np.maximum(chance * (1 - chance), 1e-9)
    square = np.where(asked, (right - chance) ** 2, 0.0)
    infit = square.sum(axis=0) / np.where(asked, variance, 0.0).sum(axis=0)
    outfit = (square / variance).sum(axis=0) / asked.sum(axis=0)
    return infit, outfit


def thirds(right: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Candidates of the top, middle and bottom third by their share right; ties stand in the order of the input.

    Parameters
    ----------
    right : ndarray of float64, shape (n, n_items)
        1 and 0, NaN where not asked.

    Returns
    -------
    top, middle, bottom : ndarray of intp
        Places of candidates; the middle has those that three do not divide.
    """
    share = np.nan_to_num(_share(right.T), nan=0.0)
    order = np.argsort(-share, kind="stable")
    size = len(order) // 3
    return order[:size], order[size : len(order) - size], order[len(order) - size :]


def _share(right: Floats) -> Floats:
    """Share right of each column; NaN where nobody was asked."""
    asked = ~np.isnan(right)
    n = asked.sum(axis=0)
    found: Floats = np.divide(np.where(asked, right, 0.0).sum(axis=0), n, out=np.full(len(n), np.nan), where=n > 0)
    return found


def _dependent(
    fit: TopicFit, right: Floats, chance: Floats, names: pl.Series, notes: list[str]
) -> tuple[npt.NDArray[np.bool_], pl.DataFrame, dict[str, Any]]:
    """Items that double another, pairs that go together, and the dimensions of the topic."""
    ratio, kind = eigenvalue_ratio(right)
    row: dict[str, Any] = {
        "topic": fit.topic,
        "eigenvalue_ratio": None if np.isnan(ratio) else ratio,
        "correlations": kind,
        "one_dimension": bool(np.isnan(ratio) or ratio >= ONE_DIMENSION),
        "mean_q3": None,
        "pairs": 0,
    }
    twins: npt.NDArray[np.bool_] = np.zeros(right.shape[1], dtype=bool)
    none = pl.DataFrame(schema={"item": pl.String, "other": pl.String, "topic": pl.String, "q3": pl.Float64})
    if right.shape[1] > MOST_PAIRS or len(right) < FEW:
        why = f"fewer than {FEW} candidates" if len(right) < FEW else f"more than {MOST_PAIRS:,} items"
        notes.append(f"pairs of items were not looked at: {why}")
        return twins, none, row
    found = residual_correlations(right, chance)
    flat = np.nanmin(right, axis=0) == np.nanmax(right, axis=0)
    found[flat], found[:, flat] = np.nan, np.nan
    upper = np.triu(~np.isnan(found), 1)
    centre = float(found[upper].mean()) if upper.any() else 0.0
    twins = np.asarray((np.nan_to_num(found, nan=-1.0) > DUPLICATE).any(axis=1))
    far = upper & (np.abs(np.nan_to_num(found, nan=centre) - centre) > DEPENDENT)
    left, other = np.nonzero(far)
    strongest = np.argsort(-np.abs(found[left, other] - centre), kind="stable")[:PAIRS_SHOWN]
    left, other = left[strongest], other[strongest]
    close = pl.DataFrame(
        {
            "item": names.gather(left),
            "other": names.gather(other),
            "topic": [fit.topic] * len(left),
            "q3": found[left, other],
        },
        schema=none.schema,
    )
    return twins, close, {**row, "mean_q3": centre, "pairs": int(far.sum())}


def _popular(answers: npt.NDArray[np.object_], right: Floats) -> str | None:
    """The answer that most of those gave who were wrong; the first of equally many."""
    wrong = [str(answer) for answer, solved in zip(answers, right, strict=True) if solved == 0 and answer is not None]
    return max(dict.fromkeys(wrong), key=wrong.count) if wrong else None
