"""Which of the candidates to take, for each item, and why not the others?

A method puts the candidates of each item in order and takes the first k. `Selection` keeps all of them, so that each
has its reason: a sentence of the method's, filled in from the candidate's own row when it is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_count
from psephos.opinions.coding import text_of
from psephos.opinions.issues import Issues
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Result, named
from psephos.opinions.selection_reasons import SelectionReasons
from psephos.opinions.wording import plural


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Selection(Result):
    """What is taken for each item, and what became of every candidate.

    Candidates stand item by item: those of item i at ``starts[i]:starts[i + 1]``.

    Attributes
    ----------
    opinions : Opinions
        The samples behind the selection, after equivalent answers were made one; of samples in parts the one that
        stands for each candidate.
    items : polars.Series of String, shape (n_items,)
        Their names.
    answers : polars.Series of String
        The candidates that the codes stand for.
    starts : ndarray of int64, shape (n_items + 1,)
        Where the candidates of each item begin; the end last.
    answer : ndarray of int32, shape (n_candidates,)
        Code of each candidate.
    votes : ndarray of int64, shape (n_candidates,)
        Samples with this answer.
    share : ndarray of float64, shape (n_candidates,)
        The same as a share of the samples of the item.
    score : ndarray of float64, shape (n_candidates,)
        By what candidates were compared, see `score_means`; NaN where there is none.
    place : ndarray of int64, shape (n_candidates,)
        1 for the first that was taken, 2 for the next; 0 where not taken.
    sample : ndarray of int64, shape (n_candidates,)
        Row of the opinions that stands for the candidate: the one to hand in.
    sureness : ndarray of float64, shape (n_candidates,)
        How sure it is that the candidate is taken, see `sureness_means`; NaN where it was not measured.
    reason : ndarray of int8, shape (n_candidates,)
        Which of `reasons` holds.
    reasons : tuple of str
        Sentences with places in braces for columns of `candidates` and for `facts`.
    facts : mapping of str to ndarray, shape (n_items,)
        What the method went by on each item.
    flags : mapping of str to ndarray of bool, shape (n_items,)
        What is odd about an item: ``"tie"``, ``"no valid answer"``, ``"unsure"``, ...
    score_means, sureness_means : str
        What these numbers are.
    issues : Issues
        What was set aside or found odd in the input.

    See Also
    --------
    psephos.select : makes it.
    psephos.selection.solved : how often a right answer was taken.

    Examples
    --------
    >>> import psephos
    >>> draws = psephos.samples(["q"] * 4, ["m"] * 4, [0, 1, 2, 3], ["42", "42", "41", "42"])
    >>> taken = psephos.select(draws, method="most-common")
    >>> taken.chosen
    [['42']]
    >>> [(row["answer"], row["votes"]) for row in taken.candidates().iter_rows(named=True)]
    [('42', 3), ('41', 1)]
    """

    opinions: Opinions
    items: pl.Series
    answers: pl.Series
    starts: npt.NDArray[np.int64]
    answer: npt.NDArray[np.int32]
    votes: npt.NDArray[np.int64]
    share: npt.NDArray[np.float64]
    score: npt.NDArray[np.float64]
    place: npt.NDArray[np.int64]
    sample: npt.NDArray[np.int64]
    sureness: npt.NDArray[np.float64]
    reason: npt.NDArray[np.int8]
    reasons: tuple[str, ...]
    score_means: str
    sureness_means: str = "not measured"
    facts: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    flags: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    issues: Issues = field(default_factory=Issues)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def item(self) -> npt.NDArray[np.int32]:
        """Item of each candidate, shape (n_candidates,)."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.starts))

    @property
    def chosen(self) -> list[list[str]]:
        """The answers taken for each item, the best first."""
        rows, item = self._taken(), self.item
        texts = named(self.answer[rows], self.answers).to_list()
        ends = np.searchsorted(item[rows], np.arange(len(self) + 1)).tolist()
        return [texts[ends[i] : ends[i + 1]] for i in range(len(self))]

    def table(self) -> pl.DataFrame:
        """One row per item and answer taken: item, place, answer, score, votes, share, sureness, and the voter and the
        draw to hand in, flags. An item for which nothing is taken has one row with nulls.
        """
        rows = self._taken()
        item = self.item[rows]
        without = np.flatnonzero(np.bincount(item, minlength=len(self)) == 0)
        rows = np.concatenate([rows, np.full(len(without), -1, dtype=rows.dtype)])
        item = np.concatenate([item, without.astype(np.int32)])
        order = np.argsort(item, kind="stable")
        return self._described(rows[order], item[order]).with_columns(self._flags(item[order])).drop("reason")

    def candidates(self) -> pl.DataFrame:
        """One row per item and candidate, with its reason in words; the answers taken stand first."""
        rows = self._by_place(slice(None))
        return self._described(rows, self.item[rows])

    def queue(self, limit: int | None = None) -> pl.DataFrame:
        """What to check first: items with nothing taken, then by rising sureness of the first answer, or, where that
        was not measured, by its rising share of the samples.

        Parameters
        ----------
        limit : int, optional
            How many rows; all if not given.

        Returns
        -------
        polars.DataFrame
            rank, and the columns of `table`.
        """
        rows = len(self) if limit is None else min(check_count("limit", limit, low=0), len(self))
        first = np.flatnonzero(self.place == 1)
        at = self.item[first]
        row, doubt, share = np.full(len(self), -1, dtype=np.int64), np.full(len(self), -1.0), np.full(len(self), -1.0)
        row[at], share[at] = first, self.share[first]
        doubt[at] = np.nan_to_num(self.sureness[first], nan=2.0)
        top = np.lexsort((share, doubt))[:rows]
        table = self._described(row[top], top.astype(np.int32)).with_columns(self._flags(top))
        return table.drop("reason").select(pl.Series("rank", np.arange(1, rows + 1)), pl.all())

    def why(self, item: object) -> SelectionReasons:
        """What became of each candidate of one item.

        Raises
        ------
        InputError
            If there is no such item.
        """
        name = text_of(item, "item")
        at = None if name is None else self.items.index_of(name)
        if name is None or at is None:
            raise InputError(
                "item", f"there is no item {str(item)!r:.80} in this selection", hint="write it as the opinions do"
            )
        rows = self._by_place(slice(int(self.starts[at]), int(self.starts[at + 1])))
        table = self._described(rows, np.full(len(rows), at, dtype=np.int32))
        return SelectionReasons(
            provenance=self.provenance,
            item=name,
            chosen=table.filter(pl.col("place").is_not_null())["answer"].to_list(),
            rows=table.drop("item"),
            facts={fact: float(values[at]) for fact, values in self.facts.items()},
            flags=tuple(flag for flag, mask in self.flags.items() if mask[at]),
        )

    def summary(self) -> list[tuple[str, str]]:
        """The selection in a few lines."""
        first = self.place == 1
        lines = [
            ("items", f"{len(self):,}, for {int(first.sum()):,} of which something is taken"),
            ("samples", f"{self._drawn:,} with {plural(len(self.answer), 'candidate')}"),
            ("taken", f"{plural(int((self.place > 0).sum()), 'answer')} by {self.provenance.method}"),
            ("score", self.score_means),
        ]
        if first.any():
            lines.append(
                ("share", f"{float(self.share[first].mean()):.3f} of the samples on average say the first answer")
            )
            sure = self.sureness[first]
            if not np.isnan(sure).all():
                lines.append(("sureness", f"{float(np.nanmean(sure)):.3f} on average: {self.sureness_means}"))
        flagged = [f"{int(mask.sum()):,} {name}" for name, mask in self.flags.items() if mask.any()]
        lines.append(("flags", ", ".join(flagged) or "none"))
        lines += [("note", note) for note in self.provenance.notes]
        return lines

    @property
    def _drawn(self) -> int:
        """How many samples there were; in parts, those that stand for no candidate are no longer at hand."""
        return int(self.facts["samples"].sum()) if "samples" in self.facts else len(self.opinions)

    def to_dict(self) -> dict[str, Any]:
        """The whole selection, ready for JSON."""
        return super().to_dict() | {
            "score_means": self.score_means,
            "sureness_means": self.sureness_means,
            "issues": self.issues.to_list(),
        }

    def _taken(self) -> npt.NDArray[np.intp]:
        """Candidates that were taken, item by item, the best first."""
        rows = np.flatnonzero(self.place)
        return rows[np.lexsort((self.place[rows], self.item[rows]))]

    def _by_place(self, part: slice) -> npt.NDArray[np.intp]:
        """Candidates of a part, item by item: those taken, then by falling votes and score."""
        rows = np.arange(len(self.answer))[part]
        place = np.where(self.place[part] > 0, self.place[part], len(self.answer) + 1)
        score = np.nan_to_num(self.score[part], nan=-np.inf)
        return rows[np.lexsort((-score, -self.votes[part], place, self.item[part]))]

    def _described(self, rows: npt.NDArray[np.int64], item: npt.NDArray[np.int32]) -> pl.DataFrame:
        """The candidates at `rows` (-1: none) of these items, with their reasons."""
        at = np.maximum(rows, 0)
        none = rows < 0
        if not len(self.answer):
            return self._nothing(item)
        sample = self.sample[at]
        frame = pl.DataFrame(
            {
                "item": self.items.gather(item),
                "place": np.where(none, 0, self.place[at]),
                "answer": named(np.where(none, -1, self.answer[at]).astype(np.int32), self.answers),
                "score": np.where(none, np.nan, self.score[at]),
                "votes": np.where(none, 0, self.votes[at]),
                "share": np.where(none, np.nan, self.share[at]),
                "sureness": np.where(none, np.nan, self.sureness[at]),
                "voter": self.opinions.vocabulary("voter").gather(self.opinions.codes("voter")[sample]),
                "draw": self.opinions.numbers["draw"][sample].astype(np.int64),
            }
        ).with_columns(
            pl.col("place").replace(0, None),
            pl.col("score", "share", "sureness").fill_nan(None),
            pl.when(pl.Series(~none)).then(pl.col("voter", "draw")),
        )
        return frame.with_columns(self._reasons(frame, self.reason[at], item))

    def _nothing(self, item: npt.NDArray[np.int32]) -> pl.DataFrame:
        """Rows of items where no item has a candidate."""
        kinds = {"place": pl.Int64, "answer": pl.String, "score": pl.Float64, "votes": pl.Int64, "share": pl.Float64}
        kinds |= {"sureness": pl.Float64, "voter": pl.String, "draw": pl.Int64, "reason": pl.String}
        empty = [pl.Series(name, [None] * len(item), dtype=kind) for name, kind in kinds.items()]
        return pl.DataFrame([self.items.gather(item).alias("item"), *empty])

    def _reasons(self, frame: pl.DataFrame, reason: npt.NDArray[np.int8], item: npt.NDArray[np.int32]) -> pl.Series:
        """The sentence of each candidate, filled in."""
        facts = {name: values[item] for name, values in self.facts.items()}
        rows = frame.with_columns(pl.Series(name, values) for name, values in facts.items())
        written = pl.lit("")
        for number, sentence in enumerate(self.reasons):
            names = re.findall(r"{(\w+)}", sentence)
            parts = [_shown(name, rows.schema[name]) for name in names]
            text = pl.format(re.sub(r"{\w+}", "{}", sentence), *parts) if parts else pl.lit(sentence)
            written = pl.when(pl.Series(reason == number)).then(text).otherwise(written)
        return rows.select(written.alias("reason"))["reason"]

    def _flags(self, item: npt.NDArray[Any]) -> pl.Series:
        """The flags of items in words."""
        masks = [mask[item] for mask in self.flags.values()]
        code = np.sum([mask.astype(np.int64) << bit for bit, mask in enumerate(masks)], axis=0, dtype=np.int64)
        seen, place = np.unique(np.broadcast_to(code, len(item)), return_inverse=True)
        texts = ["; ".join(name for bit, name in enumerate(self.flags) if number >> bit & 1) for number in seen]
        return pl.Series("flags", texts, dtype=pl.String).gather(place)


def _shown(name: str, dtype: pl.DataType) -> pl.Expr:
    """A number as a sentence shows it."""
    column = pl.col(name)
    return column.round_sig_figs(4).cast(pl.String).fill_null("none") if dtype.is_float() else column.cast(pl.String)
