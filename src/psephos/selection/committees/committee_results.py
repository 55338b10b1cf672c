"""What came of an election of a committee: who is in, what it is worth, what bounds cost, how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.opinions.outcomes import json_ready, named
from psephos.opinions.selections import Selection

Floats = npt.NDArray[np.float64]

MOST_TIES = 20
"""Most equally good committees of an item that are told."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class CommitteeSelection(Selection):
    """A `Selection` of a committee from the ballots of each task.

    `share` is the share of the ballots that rank a candidate, `score` its score over all ballots, `sureness` the share
    of resamples of the ballots in which it is a member. `opinions` has no rows where the ballots came as arrays.

    Attributes
    ----------
    value, free_value : ndarray of float64, shape (n_items,)
        What the committee is worth, and what the best one without bounds is.
    price : ndarray of float64, shape (n_items,)
        free_value / value.
    bound : ndarray of float64, shape (n_items,)
        No committee that keeps the bounds is worth more.
    guarantees : tuple of str
        How good the committee of each item is, for certain.
    ties : tuple of tuple of tuple of str
        For each item other committees that are worth as much, as far as they were looked for.
    group : polars.Series of String, shape (n_candidates,), or None
        Group of each candidate, in the order of the rows.
    """

    value: Floats
    free_value: Floats
    price: Floats
    bound: Floats
    guarantees: tuple[str, ...]
    ties: tuple[tuple[tuple[str, ...], ...], ...]
    group: pl.Series | None = None

    @property
    def members(self) -> list[str]:
        """The committee where there is one item, in the order in which it was chosen.

        Raises
        ------
        InputError
            If there are several items; then `chosen` has a committee for each.
        """
        if len(self) != 1:
            raise InputError("selection", f"has a committee for each of {len(self)} tasks", hint="see chosen")
        return self.chosen[0]

    def groups(self) -> pl.DataFrame:
        """One row per item and group: members, candidates."""
        if self.group is None:
            return pl.DataFrame(schema={"item": pl.String, "group": pl.String, "members": pl.Int64})
        frame = pl.DataFrame({"item": self.items.gather(self.item), "group": self.group, "in": self.place > 0})
        return (
            frame.group_by("item", "group", maintain_order=True)
            .agg(members=pl.col("in").sum().cast(pl.Int64), candidates=pl.len())
            .sort("item", "group")
        )

    def committees(self) -> pl.DataFrame:
        """One row per item: members, value, free_value, price, bound, guarantee, ties."""
        return pl.DataFrame(
            {
                "item": self.items,
                "members": [", ".join(one) for one in self.chosen],
                "value": self.value,
                "free_value": self.free_value,
                "price": self.price,
                "bound": self.bound,
                "guarantee": self.guarantees,
                "ties": [len(one) for one in self.ties],
            }
        )

    def summary(self) -> list[tuple[str, str]]:
        """The committee in a few lines."""
        ballots_seen = int(self.facts["ballots"].sum())
        lines = [("ballots", f"{ballots_seen:,} on {len(self.answers):,} candidates")]
        if len(self) == 1:
            lines.append(("committee", ", ".join(self.members)))
            lines.append(("value", f"{self.value[0]:,.6g}: {self.guarantees[0]}"))
        else:
            lines.append(("committees", f"{len(self):,}, one for each task"))
        if self.group is not None:
            counts = self.groups().group_by("group", maintain_order=True).agg(pl.col("members").sum()).sort("group")
            lines.append(("groups", ", ".join(f"{name} {n}" for name, n in counts.iter_rows())))
            worst = float(np.max(self.price))
            lines.append(("price", f"the bounds cost {1 - 1 / worst:.1%} of the value" if worst > 1 else "none"))
        tied = sum(map(len, self.ties))
        if tied:
            first = next(", ".join(one[0]) for one in self.ties if one)
            least = "at least " if any(len(one) >= MOST_TIES for one in self.ties) else ""
            lines.append(("ties", f"{least}{tied:,} other committees are worth as much, such as {first}"))
        sure = self.sureness[self.place > 0]
        if len(sure) and not np.isnan(sure).all():
            lines.append(("sureness", f"{float(np.nanmean(sure)):.3f} on average: {self.sureness_means}"))
        lines.append(("score", self.score_means))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole selection, ready for JSON."""
        more = {"committees": self.committees().to_dicts(), "groups": self.groups().to_dicts()}
        return {**super().to_dict(), "result": "committee", **json_ready(more)}

    def _described(self, rows: npt.NDArray[np.int64], item: npt.NDArray[np.int32]) -> pl.DataFrame:
        """The candidates at `rows` of these items, with their reasons."""
        frame = pl.DataFrame(
            {
                "item": self.items.gather(item),
                "place": pl.Series(self.place[rows]).replace(0, None),
                "answer": named(self.answer[rows], self.answers),
                "score": self.score[rows],
                "votes": self.votes[rows],
                "share": self.share[rows],
                "sureness": pl.Series(self.sureness[rows]).fill_nan(None),
            }
        )
        if self.group is not None:
            frame = frame.with_columns(self.group.gather(rows).alias("group"))
        return frame.with_columns(self._reasons(frame, self.reason[rows], item))
