"""What does a vote with weighted sources say, and how far is each source to be trusted?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.opinions.outcomes import json_ready
from psephos.opinions.tallies import EQUAL_WEIGHTS
from psephos.opinions.verdicts import Verdict
from psephos.opinions.wording import first_of

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class WeightedVerdict(Verdict):
    """The verdict of voters whose weights may be of either sign.

    Attributes
    ----------
    score, runner_up_score : ndarray of float64, shape (n_items,)
        Sum of the weights behind the choice and behind the one that follows it; 0 where there is none. `margin` is
        their difference as a share of the sizes of all weights on the item.
    """

    score: Floats
    runner_up_score: Floats

    @property
    def lead(self) -> Floats:
        """Score of the choice less that of the runner-up, shape (n_items,)."""
        return self.score - self.runner_up_score

    def table(self) -> pl.DataFrame:
        """One row per item, as of any verdict, with score and lead."""
        return super().table().with_columns(pl.Series("score", self.score), pl.Series("lead", self.lead))


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class SourceVerdict(WeightedVerdict):
    """A verdict with the reliability of each source, learnt from how the sources agree.

    Attributes
    ----------
    sources : polars.DataFrame
        One row per source in the order of the voters: voter, reliability (null if it never answered), low, high (95 %
        Wilson interval), weight, accuracy (of its coin, see `coin_certainty`), answered, agreed, flags (``"silent"``,
        ``"thin"``, ``"copy"``); with known answers also gold_right and gold_answered; with resamples also
        resampled_low, resampled_high.
    trace : ndarray of float64, shape (rounds, n_sources)
        Reliability after each round.
    converged : bool
        Whether the weights came to rest.
    classes : float
        Number of possible answers that weights and certainty suppose.
    stability : ndarray of float64, shape (n_items,), or None
        Share of resamples of the items in which the choice stays the same; None if none were drawn.
    copies : polars.DataFrame
        Pairs of sources that may copy: left, right, common, same, both_off, same_off, expected, p_value, identical,
        linked; see `psephos.consensus.sources.copies`.

    See Also
    --------
    psephos.consensus.source_reliability : makes it.
    psephos.Verdict : what all verdicts have.
    """

    sources: pl.DataFrame
    trace: Floats
    converged: bool
    classes: float
    stability: Floats | None
    copies: pl.DataFrame

    @property
    def reliability(self) -> Floats:
        """Share of its answers that are those of the verdict, shape (n_sources,); NaN for a source without answers."""
        return self.sources["reliability"].fill_null(np.nan).to_numpy()

    @property
    def weight(self) -> Floats:
        """Weight of each source in the vote, shape (n_sources,)."""
        return self.sources["weight"].to_numpy()

    @property
    def interval(self) -> tuple[Floats, Floats]:
        """Lower and upper ends of the Wilson intervals of the reliabilities.

        Returns
        -------
        low, high : ndarray of float64, shape (n_sources,)
            In the order of `sources`; NaN for a source that never answered.
        """
        low, high = (self.sources[name].fill_null(np.nan).to_numpy() for name in ("low", "high"))
        return low, high

    @property
    def rounds(self) -> int:
        """Rounds of weighing."""
        return len(self.trace)

    def table(self) -> pl.DataFrame:
        """One row per item, as of any weighted verdict; with resamples also stability."""
        table = super().table()
        return table if self.stability is None else table.with_columns(pl.Series("stability", self.stability))

    def summary(self) -> list[tuple[str, str]]:
        """The verdict and its sources in a few lines."""
        known = self.sources.drop_nulls("reliability").sort("reliability", "voter", descending=[True, False])
        best, worst = known.row(0, named=True), known.row(-1, named=True)
        lines = super().summary()
        notes = [line for line in lines if line[0] == "note"]
        said = f"{_named(best)} to {_named(worst)}" if known.height > 1 else _named(best)
        rest = "came to rest" if self.converged else "did not come to rest"
        lines = lines[: len(lines) - len(notes)]
        lines += [("reliability", said), ("rounds", f"{self.rounds}; the weights {rest}")]
        if self.stability is not None:
            lines.append(("stability", f"{float(np.mean(self.stability)):.3f} on average over resamples of the items"))
        return lines + notes

    def to_dict(self) -> dict[str, Any]:
        """The whole verdict, ready for JSON."""
        return super().to_dict() | {
            "sources": json_ready(self.sources.to_dicts()),
            "copies": json_ready(self.copies.to_dicts()),
            "converged": self.converged,
            "rounds": self.rounds,
            "classes": self.classes,
        }


def without_whom(
    rows: pl.DataFrame, choice: int, choices: pl.Series, *, weights: Mapping[str, float], order: Mapping[str, int]
) -> str:
    """Which sources carry the choice: the fewest without whom another would win, in words; see `Verdict.flip`.

    Parameters
    ----------
    rows, choice, choices
        As `Verdict.flip` is given them.
    weights : mapping of str to float
        Weight of each source.
    order : mapping of str to int
        Place of each source: of equal scores the answer of the earliest wins.
    """
    said = [row for row in rows.iter_rows(named=True) if row["code"] >= 0]
    mine = next((row for row in said if row["code"] == choice), None)
    rivals = [row for row in said if row["code"] != choice]
    if mine is None:
        return "the answer is known and no vote changes it"
    if not rivals:
        return "nobody gave another answer"
    rival = max(rivals, key=lambda row: (row["weight"], -min(order[name] for name in row["voters"])))
    left, name = mine["weight"], repr(choices[rival["code"]])
    slack = EQUAL_WEIGHTS * max(map(abs, weights.values()), default=1.0)
    if abs(sum(weights[voter] for voter in mine["voters"]) - mine["weight"]) > slack:
        return f"{left - rival['weight']:.3g} more weight for {name} would change it"
    first = min(order[voter] for voter in rival["voters"])
    gone: list[str] = []
    remaining = sorted(mine["voters"], key=lambda voter: (-weights[voter], order[voter]))
    while remaining and not _behind(left, rival["weight"], slack, min(order[v] for v in remaining), first):
        gone.append(remaining.pop(0))
        left -= weights[gone[-1]]
    return f"without {first_of(gone, 3)} it would be {name}"


def _behind(left: float, rival: float, slack: float, own_first: int, first: int) -> bool:
    return rival > left + slack or (rival >= left - slack and first < own_first)


def _named(source: Mapping[str, Any]) -> str:
    return f"{source['voter']} {source['reliability']:.3f} [{source['low']:.3f}, {source['high']:.3f}]"
