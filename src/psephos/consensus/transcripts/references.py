"""How right is a consensus of transcripts where the true texts are known?

Word error rates of the consensus, of each voter, of the transcript merged first and of the best transcript of each clip
(an oracle: nobody can pick it without the truth), all normalised alike; errors by the number of voters behind a word;
how honest the certainty is; and how many of the errors are found by listening along the queue.

A listener finds an error whose place is heard: a wrong word, or a column without a word where one is lost. A word that
no column has a place for is found if the column before or after it is heard, for a span is heard with a quarter of a
second on either side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.gold import CHECKED
from psephos.consensus.transcripts.review import in_order
from psephos.consensus.transcripts.spans import Spans
from psephos.consensus.transcripts.truth import Truth, wrong_columns
from psephos.consensus.transcripts.verdict import TranscriptVerdict
from psephos.errors import InputError
from psephos.metrics.word_errors import WordErrors, word_errors
from psephos.opinions.coding import text_of
from psephos.opinions.outcomes import Provenance, Result, json_ready
from psephos.opinions.wording import first_of, plural
from psephos.statistics import wilson_interval


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class AgainstReferences(Result):
    """A consensus of transcripts held against true texts.

    Attributes
    ----------
    consensus, first, best, mean : WordErrors
        Errors of the consensus, of the transcript merged first, of the best transcript of each clip, and of all
        transcripts together.
    voters : polars.DataFrame
        voter, clips, words (of the references), edits, rate.
    strengths : polars.DataFrame
        votes, voters, words (elected with so many votes), share (of all words), wrong, error (share wrong), and the
        ends of its Wilson interval.
    auroc, auroc_certainty : float
        Probability that a wrong word has fewer votes behind it, or a lower certainty, than a right one; NaN if all are
        right or all are wrong.
    calibration_error : float
        Mean distance between certainty and share right over the rows of `strengths`, weighted by words.
    found : pl.DataFrame
        checked (share of the columns that is listened to in the order of the queue, in spans that fit; 1: the whole
        queue), spans, wrong (share of the wrong words in them), errors (the same of all errors, lost words included),
        errors_by_time (the same, where the share is one of the time of the clips; null without times).
    clips : polars.DataFrame
        item, words, edits, rate.
    null_won : int
        Columns of clips with a reference in which no word was elected.
    compared : str
        What counts as the same word.
    """

    consensus: WordErrors
    first: WordErrors
    best: WordErrors
    mean: WordErrors
    voters: pl.DataFrame
    strengths: pl.DataFrame
    auroc: float
    auroc_certainty: float
    calibration_error: float
    found: pl.DataFrame
    clips: pl.DataFrame
    null_won: int
    compared: str

    def table(self) -> pl.DataFrame:
        """Errors by the number of voters behind a word."""
        return self.strengths

    def summary(self) -> list[tuple[str, str]]:
        """The comparison in a few lines."""
        *first, (_, whole) = self.found["checked", "errors"].rows()
        shares = ", ".join(f"{found:.0%} in the first {checked:.0%}" for checked, found in first)
        return [
            ("consensus", f"{self.consensus} in {self.clips.height:,} clips"),
            ("transcripts", f"WER {self.mean.rate:.4f}; the first merged {self.first.rate:.4f}"),
            ("best of each clip", f"WER {self.best.rate:.4f} (an oracle)"),
            ("compared", self.compared),
            ("queue", f"finds of all errors {shares}, {whole:.0%} in all of it"),
            ("ranking of words", f"AUROC {self.auroc:.3f} by votes, {self.auroc_certainty:.3f} by certainty"),
            ("calibration", f"certainty is off by {self.calibration_error:.3f} on average"),
        ]

    def to_dict(self) -> dict[str, object]:
        """The whole comparison, ready for JSON."""
        return super().to_dict() | {
            "voters": json_ready(self.voters.to_dicts()),
            "found": json_ready(self.found.to_dicts()),
            "clips": json_ready(self.clips.to_dicts()),
        }


def against_references(
    verdict: TranscriptVerdict, references: Mapping[str, str] | None = None, *, by: str | None = None
) -> AgainstReferences:
    """Hold a consensus against true texts.

    Parameters
    ----------
    verdict : TranscriptVerdict
        What is held against them.
    references : mapping of str to str, optional
        True text of each clip; the column ``reference`` of the table about items if not given.
    by : {"risk", "errors", "time"}, optional
        Order of hearing that `found` is about; that of the verdict if not given.

    Raises
    ------
    InputError
        If no true text is known, or one is no text.

    Examples
    --------
    >>> from psephos.consensus import transcripts
    >>> from psephos.opinions import transcripts as heard
    >>> verdict = transcripts(heard(["c"] * 6, ["x", "x", "y", "y", "z", "z"], [0, 1] * 3, list("abacab")))
    >>> print(against_references(verdict, {"c": "a b"}).consensus)
    WER 0.0000 (0 substitutions, 0 deletions, 0 insertions on 2 words)
    """
    names = verdict.clip_names
    if references is None:
        texts = verdict.opinions.about.column("items", "reference", names)
        about = verdict.opinions.about.items
        known = [] if about is None or texts is None else about.drop_nulls("reference")["item"].to_list()
    else:
        told = {text_of(item, "references"): _true_text(item, text) for item, text in references.items()}
        texts = pl.Series([told.get(name) for name in names], dtype=pl.String)
        known = [name for name, text in told.items() if text is not None]
    if texts is None or not texts.count():
        raise InputError(
            "references", "no true text is known", hint="add a column 'reference' to the table about items"
        )
    keys = [None if text is None else verdict.writing.keys(text) for text in texts]
    truth = wrong_columns(verdict.columns, verdict.spoken, verdict.choice, keys)
    total = [one for one in truth.errors if one is not None]
    every, first, best, of_voter = _transcripts(verdict, keys)
    word = truth.judged & (verdict.choice > 0)
    rows = [(name, one.words, one.edits, one.rate) for name, one in zip(names, truth.errors, strict=True) if one]
    schema = {"item": pl.String, "words": pl.Int64, "edits": pl.Int64, "rate": pl.Float64}
    strengths = _strengths(verdict, word, truth.wrong)
    gaps = (strengths["certainty"] - (1 - strengths["error"])).abs() * strengths["words"]
    return AgainstReferences(
        provenance=Provenance(
            "against references",
            {"of": verdict.provenance.method},
            verdict.provenance.source,
            notes=_unused(known, names),
        ),
        consensus=sum(total, WordErrors()),
        first=first,
        best=best,
        mean=every,
        voters=of_voter,
        strengths=strengths,
        auroc=_auroc(verdict.support[word] / np.maximum(verdict.votes[word], 1), truth.wrong[word]),
        auroc_certainty=_auroc(verdict.certainty[word], truth.wrong[word]),
        calibration_error=float(gaps.sum() / max(1, int(strengths["words"].sum()))),
        found=_found(verdict, in_order(verdict, by), truth),
        clips=pl.DataFrame(rows, schema=schema, orient="row"),
        null_won=int((truth.judged & (verdict.choice == 0)).sum()),
        compared=verdict.writing.description,
    )


def _unused(known: list[str], decided: pl.Series) -> tuple[str, ...]:
    """What is said of true texts whose clips were not decided, and so not compared."""
    clips = set(decided)
    left = [name for name in known if name not in clips]
    if not left:
        return ()
    texts = plural(len(left), "true text is", "true texts are")
    return (f"{texts} of clips that were not decided and not compared: {first_of(left)}",)


def _true_text(item: object, text: object) -> str | None:
    """The true text of a clip, empty where nothing was said."""
    if text is None or isinstance(text, str):
        return text
    raise InputError("references", f"must be texts, got {text!r:.60}", where=f"clip {item!r:.60}")


def _transcripts(
    verdict: TranscriptVerdict, references: list[list[str] | None]
) -> tuple[WordErrors, WordErrors, WordErrors, pl.DataFrame]:
    """Errors of all transcripts, of the first merged, of the best of each clip, and of each voter."""
    heard, columns = verdict.spoken, verdict.columns
    at = {pair: place for place, pair in enumerate(zip(heard.item.tolist(), heard.voter.tolist(), strict=True))}
    every, first, best = WordErrors(), WordErrors(), WordErrors()
    sums: dict[int, tuple[int, WordErrors]] = {}
    for clip, reference in enumerate(references):
        if reference is None:
            continue
        of_clip = []
        for voter in columns.voters[clip][columns.voters[clip] >= 0].tolist():
            place = at[int(columns.clips[clip]), voter]
            said = heard.key[heard.bounds[place] : heard.bounds[place + 1]]
            errors = word_errors(reference, [heard.keys[key] for key in said.tolist()])
            of_clip.append(errors)
            clips, before = sums.get(voter, (0, WordErrors()))
            sums[voter] = clips + 1, before + errors
        every, first = sum(of_clip, every), first + of_clip[0]
        best += min(of_clip, key=lambda errors: errors.edits)
    names = verdict.opinions.vocabulary("voter")
    rows = [(names[voter], clips, one.words, one.edits, one.rate) for voter, (clips, one) in sorted(sums.items())]
    kinds = {"voter": pl.String, "clips": pl.Int64, "words": pl.Int64, "edits": pl.Int64, "rate": pl.Float64}
    return every, first, best, pl.DataFrame(rows, schema=kinds, orient="row")


def _strengths(verdict: TranscriptVerdict, word: npt.NDArray[np.bool_], wrong: npt.NDArray[np.bool_]) -> pl.DataFrame:
    counted = pl.DataFrame(
        {
            "votes": verdict.support[word],
            "voters": verdict.votes[word],
            "wrong": wrong[word].astype(np.int64),
            "certainty": verdict.certainty[word],
        }
    )
    table = counted.group_by("voters", "votes").agg(
        pl.len().alias("words"), pl.col("wrong").sum(), pl.mean("certainty")
    )
    table = table.sort("voters", "votes", descending=[False, True])
    low, high = wilson_interval(table["wrong"].to_numpy(), np.maximum(table["words"].to_numpy(), 1))
    return table.with_columns(
        (pl.col("words") / pl.col("words").sum()).alias("share"),
        (pl.col("wrong") / pl.col("words")).alias("error"),
        pl.Series("low", low, dtype=pl.Float64),
        pl.Series("high", high, dtype=pl.Float64),
    ).select("votes", "voters", "words", "share", "wrong", "error", "low", "high", "certainty")


def _auroc(strength: npt.NDArray[np.float64], wrong: npt.NDArray[np.bool_]) -> float:
    """Probability that a wrong word is weaker than a right one, ties counted half."""
    bad, good = int(wrong.sum()), int((~wrong).sum())
    if not bad or not good:
        return float("nan")
    _, level, tied = np.unique(np.round(-strength, 9), return_inverse=True, return_counts=True)
    rank = (np.cumsum(tied) - (tied - 1) / 2)[level]
    return float((rank[wrong].sum() - bad * (bad + 1) / 2) / (bad * good))


def _found(verdict: TranscriptVerdict, spans: Spans, truth: Truth) -> pl.DataFrame:
    """How many of the errors the spans of the judged clips hold, by the share of columns and of time listened to."""
    kept = spans.take(np.flatnonzero(truth.judged[spans.first]))
    never = len(kept)
    rank = np.full(len(truth.judged) + 1, never, dtype=np.int64)  # the last is that of no column
    for number, (first, last) in enumerate(zip(kept.first.tolist(), kept.last.tolist(), strict=True)):
        rank[first : last + 1] = number
    wrong = rank[:-1][truth.wrong]
    errors = np.concatenate([wrong, rank[:-1][truth.lost], rank[truth.missed].min(axis=1, initial=never)])

    def share_of(places: npt.NDArray[np.int64], spans: int) -> float:
        return float((places < spans).sum() / max(1, len(places)))

    ends = [verdict.end[low:high] for low, high in pairwise(verdict.columns.bounds) if truth.judged[low:high].any()]
    last = [float(np.fmax.reduce(clip)) for clip in ends]  # NaN of a clip without any time
    timed = never > 0 and not np.isnan(kept.seconds).any() and not np.isnan(last).any()
    length = sum(last) if timed else 0.0
    columns, seconds = np.cumsum(kept.columns), kept.heard()
    rows = []
    for share in (*CHECKED, 1.0):
        count = int(np.searchsorted(columns, share * truth.judged.sum() + 1e-9, side="right"))
        in_time = int(np.searchsorted(seconds, share * length + 1e-9, side="right")) if timed else 0
        by_time = share_of(errors, in_time) if timed else None
        rows.append((share, count, share_of(wrong, count), share_of(errors, count), by_time))
    names = ("checked", "spans", "wrong", "errors", "errors_by_time")
    kinds = (pl.Float64, pl.Int64, pl.Float64, pl.Float64, pl.Float64)
    return pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row")
