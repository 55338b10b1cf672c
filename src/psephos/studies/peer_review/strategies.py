"""Which ways of writing go with a rise? For each label of a text the share of rises with and without it.

    risk difference     p_with - p_without, Newcombe's interval from the two Wilson intervals
    odds ratio          Mantel-Haenszel over strata of the first score, p-values by Holm over the labels

Labels come from whoever can read: rules, people or a language model. Two of them label the same texts, and a label
counts only where Cohen's kappa says that they agree.

Source: sheet 36; Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I. Differs:
labels that are refused are returned with their kappa and the reason.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.agreement import cohen_kappa
from psephos.errors import InputError, check_choice, check_number
from psephos.opinions.outcomes import Result
from psephos.statistics import adjust, mantel_haenszel, wilson_interval
from psephos.studies.peer_review.features import label_of
from psephos.studies.peer_review.reviews import Reviews

Labeller = Callable[[Sequence[str]], Sequence[Sequence[str]]]
"""From texts to the labels of each, such as ``[["evidence"], [], ["evidence", "courtesy"]]``."""

KAPPA = 0.6


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class TextStrategies(Result):
    """Which labels go with a rise.

    Attributes
    ----------
    labels : polars.DataFrame
        label, reviews (that have it), up_with, up_without, difference, difference_low, difference_high, odds_ratio,
        odds_low, odds_high, p, p_holm, strata; sorted by p.
    """

    labels: pl.DataFrame

    def table(self) -> pl.DataFrame:
        """The labels."""
        return self.labels

    def summary(self) -> list[tuple[str, str]]:
        """A line for each label."""
        lines = []
        for row in self.labels.head(20).iter_rows(named=True):
            ratio = "odds ratio undefined" if row["odds_ratio"] is None else f"odds ratio {row['odds_ratio']:.2f}"
            p = "" if row["p_holm"] is None else f", p = {row['p_holm']:.2g} (Holm)"
            lines.append((row["label"], f"up {row['up_with']:.3f} with, {row['up_without']:.3f} without; {ratio}{p}"))
        return lines or [("labels", "none")]


def strategies(reviews: Reviews, labels: Sequence[str], *, level: float = 0.95) -> TextStrategies:
    """Compare rises with and without each label of a text.

    Parameters
    ----------
    reviews : Reviews
        Of `read`, `reviews` or a relative.
    labels : sequence of str
        Columns of true and false; see `with_labels` for how a reader of texts makes them.
    level : float, default 0.95
        Confidence of the intervals.

    Returns
    -------
    TextStrategies
        One row for each label with difference, odds ratio and adjusted p-value.

    Raises
    ------
    InputError
        If there is no label, or a label is no column of true and false, or all or no reviews have it.

    See Also
    --------
    with_labels : label texts by two readers that must agree.

    Examples
    --------
    >>> from psephos.studies import peer_review
    >>> planted = peer_review.sample(items=600, evidence=1.0, rng=1)
    >>> found = strategies(planted, ["evidence", "courtesy"]).labels
    >>> found["label"][0], found["p_holm"][0] < 0.001, found["p_holm"][1] > 0.05
    ('evidence', True, True)
    """
    check_number("level", level, low=0, high=1, open_ends=True)
    if not labels:
        raise InputError("labels", "names no label")
    both = reviews.complete
    rows = []
    for label in labels:
        values = label_of(reviews, label)
        known = both & ~np.isnan(values)
        has, up = values[known] == 1, reviews.change[known] > 0
        if not known.any() or has.all() or not has.any():
            raise InputError("labels", f"{'every' if has.any() else 'no'} review with both scores has {label}")
        counts = [(int(up[side].sum()), int(side.sum())) for side in (has, ~has)]
        with_, without = (risen / number for risen, number in counts)
        ends = [wilson_interval(risen, number, level) for risen, number in counts]
        difference = with_ - without
        low = difference - math.hypot(with_ - float(ends[0][0]), float(ends[1][1]) - without)
        high = difference + math.hypot(float(ends[0][1]) - with_, without - float(ends[1][0]))
        ratio = mantel_haenszel(has, up, reviews.place_of(reviews.before[known]), level=level)
        odds = (ratio.value, ratio.low, ratio.high, ratio.p)
        rows.append((label, counts[0][1], with_, without, difference, low, high, *odds, ratio.strata))
    names = ("label", "reviews", "up_with", "up_without", "difference", "difference_low", "difference_high")
    frame = pl.DataFrame(rows, schema=[*names, "odds_ratio", "odds_low", "odds_high", "p", "strata"], orient="row")
    frame = frame.with_columns(pl.Series("p_holm", adjust(frame["p"].to_numpy())))
    frame = frame.select(*frame.columns[:-2], "p_holm", "strata").with_columns(
        pl.col("odds_ratio", "odds_low", "odds_high", "p", "p_holm").fill_nan(None)
    )
    return TextStrategies(
        provenance=reviews.made("strategies", {"labels": list(labels), "level": level}),
        labels=frame.sort("p", "label", nulls_last=True),
    )


def with_labels(
    reviews: Reviews,
    texts: str,
    first: Labeller,
    second: Labeller,
    *,
    labels: Sequence[str],
    minimum: float = KAPPA,
) -> tuple[Reviews, pl.DataFrame]:
    """Label the texts of the reviews by two readers; labels on which they agree become columns.

    Parameters
    ----------
    reviews : Reviews
        Of `read`, `reviews` or a relative.
    texts : str
        The column of texts, such as rebuttals. A missing text has no label and is not shown to the readers.
    first, second : callable
        From a list of texts to a list of the labels of each: rules, a lookup of what people said, or a language model.
        What `first` says is used.
    labels : sequence of str
        The labels that there are.
    minimum : float, default 0.6
        Cohen's kappa from which on a label is used.

    Returns
    -------
    Reviews
        With a column of true and false for each label that is used.
    polars.DataFrame
        label, texts, first, second (texts to which each gave it), kappa (null if undefined), used.

    Raises
    ------
    InputError
        If there is no such column, or a reader returns another number of answers or a label that there is not.

    Examples
    --------
    >>> from psephos.studies import peer_review
    >>> table = pl.DataFrame({"item": ["A", "B"], "score": ["3;5", "6"], "text": ["See Table 2.", "Thank you."]})
    >>> rule = lambda texts: [["evidence"] if "Table" in text else [] for text in texts]
    >>> read, agreement = with_labels(peer_review.reviews(table), "text", rule, rule, labels=["evidence"])
    >>> read.columns["evidence"].to_list(), agreement["kappa"].to_list()
    ([True, False], [1.0])
    """
    check_number("minimum", minimum, low=-1, high=1)
    if texts not in reviews.columns.columns or reviews.columns[texts].dtype != pl.String:
        raise InputError("texts", f"there is no column of texts called {texts!r}")
    there = reviews.columns[texts].is_not_null()
    said = reviews.columns[texts].drop_nulls().to_list()
    answers = [_asked(name, reader, said, labels) for name, reader in (("first", first), ("second", second))]
    rows, columns = [], []
    for label, mine, other in zip(labels, answers[0].T, answers[1].T, strict=True):
        kappa = _kappa(mine, other)
        used = kappa is not None and kappa >= minimum
        rows.append((label, len(said), int(mine.sum()), int(other.sum()), kappa, used))
        if used:
            whole = np.zeros(len(there), bool)
            whole[there.to_numpy()] = mine
            columns.append(pl.Series(label, whole))
    kept = reviews.columns.drop([column.name for column in columns], strict=False).with_columns(columns)
    refused = [label for label, *_, kappa, used in rows if not used and kappa is not None]
    constant = [label for label, *_, kappa, _ in rows if kappa is None]
    notes: tuple[str, ...] = (f"two readers do not agree on {', '.join(refused)}: not used",) if refused else ()
    notes += (f"all texts or none have {', '.join(constant)}: not used",) if constant else ()
    schema = {"label": pl.String, "texts": pl.Int64, "first": pl.Int64, "second": pl.Int64}
    frame = pl.DataFrame(rows, schema=schema | {"kappa": pl.Float64, "used": pl.Boolean}, orient="row")
    return replace(reviews, columns=kept, notes=reviews.notes + notes), frame


def _asked(name: str, reader: Labeller, texts: Sequence[str], labels: Sequence[str]) -> npt.NDArray[np.bool_]:
    """What a reader says, shape (texts, labels)."""
    answers = list(reader(list(texts)))
    if len(answers) != len(texts):
        raise InputError(name, f"must answer for each of {len(texts)} texts, answered for {len(answers)}")
    found = np.zeros((len(texts), len(labels)), bool)
    for row, answer in enumerate(answers):
        if isinstance(answer, str):
            raise InputError(name, "must return a list of labels for each text, returned a text", where=f"text {row}")
        for label in answer:
            check_choice(name, label, labels)
            found[row, list(labels).index(label)] = True
    return found


def _kappa(first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> float | None:
    """Cohen's kappa of two readers; None where it is undefined, both giving one and the same answer throughout."""
    answers = np.column_stack([first, second])
    if answers.all() or not answers.any():
        return None
    return float(cohen_kappa(answers.astype(np.int64), repeats=0).value)


def labels_of(table: Mapping[str, Sequence[str]]) -> Labeller:
    """A reader that looks up what people said of each text; a text that they did not read has no label.

    Parameters
    ----------
    table : mapping of str to sequence of str
        Text to labels.

    Returns
    -------
    callable
        Call it with a text.

    Examples
    --------
    >>> labels_of({"See Table 2.": ["evidence"]})(["Thank you.", "See Table 2."])
    [[], ['evidence']]
    """
    return lambda texts: [list(table.get(text, ())) for text in texts]
