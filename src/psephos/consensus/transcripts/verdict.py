"""What do the transcripts say together, word by word, how sure is that, and where to listen first?

A `TranscriptVerdict` is a `Verdict` whose items are the columns of all clips, called ``clip:place`` with places from 1;
the choice of a column is a key or `NULL` ("@": most have no word here). Everything shown is made from the arrays when
it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.agreement.bands import BANDS
from psephos.agreement.icc import IntraclassCorrelation
from psephos.consensus.transcripts.clip_counts import clip_table, group_table, quintile_table
from psephos.consensus.transcripts.column_reasons import reasons_for
from psephos.consensus.transcripts.columns import Columns
from psephos.consensus.transcripts.disagreement import CONTENT, FORMAT, LABELS, TYPES
from psephos.consensus.transcripts.keys import Spoken
from psephos.consensus.transcripts.reading_text import ChosenWords
from psephos.consensus.transcripts.review import Advice, Span, advise, described, in_order, queue_table
from psephos.consensus.transcripts.spans import Spans, within_budget
from psephos.consensus.transcripts.writing import Writing
from psephos.engine import Rng
from psephos.errors import InputError, check_count, check_number
from psephos.opinions.coding import text_of
from psephos.opinions.outcomes import json_ready, named
from psephos.opinions.reasons import Reasons
from psephos.opinions.transcript_words import Word
from psephos.opinions.verdicts import Verdict
from psephos.opinions.wording import plural
from psephos.statistics import Interval

QUANTILES = 5


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class TranscriptVerdict(Verdict):
    """The verdict on transcripts; see `Verdict` for what all verdicts have, here per column.

    Attributes
    ----------
    columns : Columns
        Keys and words of each transcript in each column.
    spoken : Spoken
        The words that were compared.
    writing : Writing
        How tokens became keys.
    evaluated : ndarray of bool, shape (n_columns,)
        Columns that bands and shares are counted over: those that elect a word, or all.
    entropy, risk : ndarray of float64, shape (n_columns,)
        Spread of the votes in bits; risk as in `psephos.consensus.transcripts.disagreement`.
    type, label, band : ndarray of int8, shape (n_columns,)
        Places in `TYPES`, `LABELS` and `BANDS`.
    start, end : ndarray of float64, shape (n_columns,)
        First start and last end of all words in the column, seconds; NaN where unknown.
    words_chosen : ChosenWords
        Of each column the word that is shown, with its mean times.
    flagged : ndarray of bool, shape (n_columns,)
        Doubtful columns, those that the spans are made of.
    spans : Spans
        Where to listen, by risk.
    queue_by : {"risk", "errors", "time"}
        In which order to listen if nothing else is asked for.
    pairs : polars.DataFrame
        left, right, edits, left_words, right_words, rate: how far two voters are apart; rate is the word error rate of
        the right one with the left one as reference.
    intraclass : IntraclassCorrelation
        ICC(2,1) of the agreement of each voter with the others, clips by voters.
    effective_voters : float
        For how many independent voters the panel stands; NaN where voters differ between clips.

    See Also
    --------
    psephos.consensus.transcripts : makes it.
    psephos.Verdict : what all verdicts have.
    """

    columns: Columns
    spoken: Spoken
    writing: Writing
    evaluated: npt.NDArray[np.bool_]
    entropy: npt.NDArray[np.float64]
    risk: npt.NDArray[np.float64]
    type: npt.NDArray[np.int8]
    label: npt.NDArray[np.int8]
    band: npt.NDArray[np.int8]
    start: npt.NDArray[np.float64]
    end: npt.NDArray[np.float64]
    words_chosen: ChosenWords
    flagged: npt.NDArray[np.bool_]
    spans: Spans
    queue_by: str
    pairs: pl.DataFrame
    intraclass: IntraclassCorrelation
    effective_voters: float

    @cached_property
    def clip_names(self) -> pl.Series:
        """Names of the clips."""
        return self.opinions.vocabulary("item").gather(self.columns.clips).alias("item")

    def text(self, clip: object) -> str:
        """The consensus of one clip as it reads."""
        return " ".join(word.text for word in self.words(clip) if word.text)

    def words(self, clip: object) -> list[Word]:
        """The consensus of one clip for a writer: elected words with times and certainty, and what else was heard.

        Where NULL is elected the text is empty and the alternatives hold what some heard. Keys of one token ("x", "ray"
        of "x-ray") are one word again where all of them were elected.
        """
        here = self.columns.bounds[self._clip(clip)], self.columns.bounds[self._clip(clip) + 1]
        return self.words_chosen.words(slice(*map(int, here)), self.columns, self.spoken, self.choice, self.certainty)

    def slots(self, clip: object) -> pl.DataFrame:
        """What each voter has in each column of a clip: column, voter, key, surface, start, end; key null for NULL."""
        number = self._clip(clip)
        low, high = int(self.columns.bounds[number]), int(self.columns.bounds[number + 1])
        row, slot = np.nonzero(self.columns.keys[low:high] >= 0)
        given = self.columns.given[number][slot]
        order = np.lexsort((given, row))
        row, slot = row[order], slot[order]
        word = self.columns.words[low:high][row, slot]
        said = word >= 0
        at = np.where(said, word, 0)
        return pl.DataFrame(
            {
                "column": row + 1,
                "voter": self.opinions.vocabulary("voter").gather(self.columns.voters[number][slot]),
                "key": named(np.where(said, self.columns.keys[low:high][row, slot], -1), self.choices),
                "surface": [self.spoken.surfaces[self.spoken.surface[w]] if w >= 0 else None for w in word.tolist()],
                **{
                    name: np.where(said, times[at], np.nan) if times is not None and len(times) else np.nan
                    for name, times in (("start", self.spoken.start), ("end", self.spoken.end))
                },
            },
            schema_overrides={"surface": pl.String},
        ).with_columns(pl.col("start", "end").fill_nan(None))

    def queue(  # type: ignore[override]
        self,
        limit: int | None = None,
        *,
        by: str | None = None,
        budget_seconds: float | None = None,
        budget_fraction: float | None = None,
    ) -> pl.DataFrame:
        """Where to listen first: the doubtful spans of `psephos.consensus.transcripts.spans` in order.

        Parameters
        ----------
        limit : int, optional
            How many spans; all if not given.
        by : {"risk", "errors", "time"}, optional
            `queue_by` if not given. ``"risk"``: by falling score, then by time, so that lost negations and numbers come
            first. ``"errors"``: most expected errors for the words one looks at. ``"time"``: most expected errors for
            the time one listens. See `psephos.consensus.transcripts.review`.
        budget_seconds : float, optional
            Spans from the first on that can be heard in so many seconds; needs times.
        budget_fraction : float, optional
            Spans from the first on that hold so large a share of all columns.

        Returns
        -------
        polars.DataFrame
            rank, item, start, end, consensus, alternatives, reason, value (the score), and `found`: the share of all
            expected errors that lie in this span and those before it.
        """
        spans = in_order(self, by)
        shown = self._within(spans, budget_seconds, budget_fraction)
        if limit is not None:
            shown = min(shown, check_count("limit", limit, low=0))
        return queue_table(self, spans, shown)

    def spans_to_hear(self, limit: int | None = None, *, by: str | None = None) -> list[Span]:
        """The same spans as objects, with what each voter has in them."""
        spans = in_order(self, by)
        return described(
            self, spans, len(spans) if limit is None else min(check_count("limit", limit, low=0), len(spans))
        )

    def advice(self, errors_left: float = 0.2, *, by: str | None = None) -> Advice:
        """When to stop listening: once so small a share of the expected errors is left, if the queue can get there."""
        spans = in_order(self, by)
        return advise(self, spans, check_number("errors_left", errors_left, low=0, high=1))

    def why(self, item: object) -> Reasons:
        """The votes behind one column (``clip:place``), and what would change it."""
        name = text_of(item, "item")
        place = None if name is None else self.items.index_of(name)
        if name is None or place is None:
            raise InputError("item", f"there is no column {str(item)!r:.80} in this verdict", hint="write clip:place")
        return reasons_for(self, name, place)

    @cached_property
    def clips(self) -> pl.DataFrame:
        """One row per clip: bands, high-risk mass with its Wilson interval, types, expected errors."""
        return clip_table(self)

    def groups(self, column: str = "group", *, repeats: int = 1000, level: float = 0.95, rng: Rng = 0) -> pl.DataFrame:
        """High-risk mass of groups of clips, counts pooled, with intervals from resampled clips.

        Parameters
        ----------
        column : str, default "group"
            Column of the table about items, such as accent, speaker or device.

        Returns
        -------
        polars.DataFrame
            group, clips, evaluated, high_risk, high_risk_mass, low, high; low and high null with a single clip.
        """
        return group_table(self, column, repeats=repeats, level=level, rng=rng)

    def quintiles(self) -> pl.DataFrame:
        """Clips by rising high-risk mass (ties by id) in five groups, larger ones first: pooled content fraction."""
        return quintile_table(self.clips)

    def summary(self) -> list[tuple[str, str]]:
        """The verdict in a few lines."""
        n, chosen = len(self), int((self.choice > 0).sum())
        total = max(1, int(self.evaluated.sum()))
        counts = [int(((self.band == band) & self.evaluated).sum()) for band in range(len(BANDS))]
        content, form = (int(((self.type == kind) & self.evaluated).sum()) for kind in (CONTENT, FORMAT))
        lines = [
            (
                "clips",
                f"{len(self.columns.clips):,} with {plural(len(self.spoken.key), 'word')} "
                f"of {plural(self.voters.height, 'voter')}",
            ),
            ("consensus", f"{plural(chosen, 'word')} in {plural(n, 'column')}"),
        ]
        if n:
            shares = ", ".join(f"{count / total:.1%} {name}" for count, name in zip(counts, BANDS, strict=True))
            lines.append(("agreement", f"{shares} of {int(self.evaluated.sum()):,}"))
            lines.append(("disagreement", f"{content:,} in content, {form:,} in format"))
            expected, found = self.expected_errors, self._found()
            lines.append(("certainty", f"{np.mean(self.certainty):.3f} on average; {expected:,.1f} errors expected"))
            length = int(self.spans.columns.sum())
            lines.append(
                ("check first", f"{len(self.spans):,} spans, {length / n:.1%} of all, hold {found:.0%} of these errors")
            )
        flagged = [f"{int(mask.sum()):,} {name}" for name, mask in self.flags.items() if mask.any()]
        lines.append(("flags", ", ".join(flagged) or "none"))
        if not np.isnan(self.intraclass.value):
            note = f" ({self.intraclass.note})" if self.intraclass.note else ""
            lines.append(("reliability", f"ICC(2,1) of agreement {Interval.__str__(self.intraclass)}{note}"))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole verdict, ready for JSON."""
        icc = self.intraclass
        keys = self.columns.keys.tolist()
        surface = np.where(self.columns.words >= 0, self._surfaces, -1).tolist()
        whole = super().to_dict()
        for row, column, written in zip(whole["rows"], keys, surface, strict=True):
            row["keys"] = [self.spoken.keys[key] for key in column if key >= 0]
            row["surfaces"] = [
                self.spoken.surfaces[code] if code >= 0 else None
                for key, code in zip(column, written, strict=True)
                if key >= 0
            ]
        names = self.opinions.vocabulary("voter").to_list()
        clips = self.clips.to_dicts()
        for clip, order in zip(clips, self.columns.voters.tolist(), strict=True):
            clip["merge_order"] = [names[voter] for voter in order if voter >= 0]
        return whole | {
            "clips": json_ready(clips),
            "queue": json_ready(self.queue().to_dicts()),
            "pairs": json_ready(self.pairs.to_dicts()),
            "intraclass_correlation": json_ready(
                {
                    name: getattr(icc, name)
                    for name in (
                        *("name", "value", "low", "high", "level", "items", "raters"),
                        *("between_items", "between_raters", "residual", "note"),
                    )
                }
            ),
            "effective_voters": json_ready(self.effective_voters),
        }

    @property
    def _surfaces(self) -> npt.NDArray[np.int32]:
        if not len(self.spoken.surface):
            return np.full(self.columns.words.shape, -1, dtype=np.int32)
        return np.asarray(self.spoken.surface[np.maximum(self.columns.words, 0)])

    def _rows(self, rows: npt.NDArray[np.intp] | slice) -> pl.DataFrame:
        clip = self.columns.clip[rows]
        place = (np.arange(len(self)) - np.repeat(self.columns.bounds[:-1], np.diff(self.columns.bounds)))[rows]
        shown = self.words_chosen.shown[rows]
        texts = [self.spoken.surfaces[code] if code >= 0 else None for code in shown.tolist()]
        return (
            super()
            ._rows(rows)
            .select(
                "item",
                self.clip_names.gather(clip).alias("clip"),
                pl.Series("column", place + 1),
                "choice",
                pl.Series("surface", texts, dtype=pl.String),
                "certainty",
                "margin",
                "votes",
                "support",
                (pl.col("support") / pl.col("votes")).alias("ratio"),
                pl.Series("entropy", self.entropy[rows]),
                "runner_up",
                pl.Series("type", list(TYPES)).gather(self.type[rows]),
                pl.Series("label", list(LABELS)).gather(self.label[rows]),
                pl.Series("band", list(BANDS)).gather(self.band[rows]),
                pl.Series("risk", self.risk[rows]),
                pl.Series("start", self.start[rows]).fill_nan(None),
                pl.Series("end", self.end[rows]).fill_nan(None),
                "flags",
            )
        )

    def _clip(self, clip: object) -> int:
        place = self.clip_names.index_of(str(clip))
        if place is None:
            raise InputError("clip", f"there is no clip {str(clip)!r:.80} in this verdict")
        return place

    def _found(self) -> float:
        """Share of the expected errors that the spans hold."""
        held = float(self.spans.errors(self.certainty).sum())
        return held / self.expected_errors if self.expected_errors else 1.0

    def _within(self, spans: Spans, seconds: float | None, fraction: float | None) -> int:
        if seconds is not None:
            check_number("budget_seconds", seconds, low=0)
            if np.isnan(spans.seconds).any():
                raise InputError("budget_seconds", "needs words with times", hint="use budget_fraction")
        if fraction is not None:
            check_number("budget_fraction", fraction, low=0, high=1)
        columns = None if fraction is None else fraction * len(self)
        return within_budget(spans, seconds=seconds, columns=columns)
