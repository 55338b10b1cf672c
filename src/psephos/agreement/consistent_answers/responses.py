"""What did each candidate answer to each variant of a question, and was it right?"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_choice, check_number
from psephos.opinions.coding import canonical, combined, encode, natural_order, text_of
from psephos.opinions.issues import Issues
from psephos.opinions.model import Opinions, Source
from psephos.opinions.wording import plural

Codes = npt.NDArray[np.int64]
MISSING = ("wrong", "drop")
DUPLICATES = ("error", "keep")


@dataclass(frozen=True, eq=False)
class Responses:
    """One place per response; variants are numbered in natural order, and a question of a task is one of its own.

    Attributes
    ----------
    candidate, question, variant : ndarray of int64, shape (n_responses,)
    score : ndarray of float64, shape (n_responses,)
        From 0 to 1.
    right : ndarray of bool, shape (n_responses,)
        Whether it counts as right.
    answer : ndarray of int64, shape (n_responses,), or None
        Code of the answer, -1 where it cannot be told; None if no answers are known.
    candidates, questions, variants : list of str
        What the codes stand for.
    answers : polars.Series of String
        What the answers stand for.
    graded : bool
        Whether scores between 0 and 1 were cut at a threshold.
    """

    candidate: Codes
    question: Codes
    variant: Codes
    score: npt.NDArray[np.float64]
    right: npt.NDArray[np.bool_]
    answer: Codes | None
    candidates: list[str]
    questions: list[str]
    variants: list[str]
    answers: pl.Series
    graded: bool
    notes: tuple[str, ...]
    source: Source
    issues: Issues

    @property
    def families(self) -> list[str]:
        """Family of each variant: its name without the number at the end, or nothing."""
        return [family_of(name) for name in self.variants]

    def take(self, rows: npt.NDArray[np.bool_]) -> Responses:
        """The responses at `rows`."""
        return replace(
            self,
            candidate=self.candidate[rows],
            question=self.question[rows],
            variant=self.variant[rows],
            score=self.score[rows],
            right=self.right[rows],
            answer=None if self.answer is None else self.answer[rows],
        )


def family_of(variant: str) -> str:
    """Name of a variant without the number at its end.

    Examples
    --------
    >>> family_of("shuffled.3"), family_of("paraphrase"), family_of("7")
    ('shuffled', 'paraphrase', '')
    """
    return re.sub(r"[\s._#:/-]*\d+$", "", variant)


def responses_of(
    opinions: Opinions,
    *,
    key: Mapping[str, object] | None,
    threshold: float | None,
    invalid: Collection[object],
    missing: str,
    duplicates: str,
) -> Responses:
    """The responses of results (scored), or of samples held against known answers.

    Raises
    ------
    InputError
        If there are none, a score is neither 0 nor 1 and no threshold is given, a variant was answered twice, or no
        right answer is known.
    """
    check_choice("missing", missing, MISSING)
    check_choice("duplicates", duplicates, DUPLICATES)
    if not isinstance(opinions, Opinions) or opinions.kind not in ("results", "samples"):
        kind = opinions.kind if isinstance(opinions, Opinions) else type(opinions).__name__
        raise InputError("results", f"must be results, or samples with known answers, not {kind}")
    if not len(opinions):
        raise InputError("results", "no responses", hint="give one row per answer to a variant of a question")
    by = "candidate" if opinions.kind == "results" else "voter"
    answers = answers_in(opinions)
    bad_answers = [text for value in invalid if (text := text_of(value, "invalid")) is not None]
    known = _right_answers(opinions, key, answers)
    score = known if known is not None else opinions.numbers["score"].copy()
    absent = np.isnan(score) if known is None or answers is None else answers.is_null().to_numpy()
    notes = []
    if absent.any():
        notes.append(
            f"{int(absent.sum()):,} missing responses " + ("count as wrong" if missing == "wrong" else "left out")
        )
    score[absent] = 0.0
    graded = _check_scores(score, threshold)
    unreadable = np.zeros(len(score), bool)
    answer = None
    if answers is not None:
        coded = encode(answers.rename("answer"), ordered=True)
        unreadable = answers.is_in(bad_answers).fill_null(False).to_numpy()
        answer = np.where(unreadable, -1, coded.codes).astype(np.int64)
        answers = coded.vocabulary
        score[unreadable] = 0.0
    variants, variant = variants_in(opinions)
    questions, question = questions_in(opinions)
    found = Responses(
        opinions.codes(by).astype(np.int64),
        question,
        variant,
        score,
        score >= (1.0 if threshold is None else threshold),
        answer,
        opinions.vocabulary(by).to_list(),
        questions,
        variants,
        pl.Series("answer", [], dtype=pl.String) if answers is None else answers,
        graded,
        tuple(notes),
        opinions.source,
        opinions.issues,
    )
    if duplicates == "error":
        _check_once(found)
    return found.take(~absent) if missing == "drop" else found


def answers_in(opinions: Opinions) -> pl.Series | None:
    """The answer of each row as a text, null where there is none; None if no answers are known."""
    if opinions.kind == "samples":
        return opinions.coded["answer"].values()
    if "answer" in opinions.carried.columns:
        return canonical(opinions.carried["answer"]).cast(pl.String)
    return None


def _right_answers(
    opinions: Opinions, key: Mapping[str, object] | None, answers: pl.Series | None
) -> npt.NDArray[np.float64] | None:
    """1 where the answer is the right one, or None where scores say so."""
    if key is None and opinions.kind == "results":
        return None
    if answers is None:
        raise InputError("key", "is given, but the results have no column 'answer' to hold against it")
    items = opinions.vocabulary("item")
    if key is None:
        gold = opinions.about.column("items", "gold", items)
        if gold is None:
            raise InputError("key", "no right answer is known", hint="give key=, or a column 'gold' about items")
        texts = canonical(gold).cast(pl.String)
    else:
        named = {text_of(item, "key"): text_of(answer, "key") for item, answer in key.items()}
        texts = pl.Series([named.get(item) for item in items], dtype=pl.String)
    asked = np.flatnonzero(np.bincount(opinions.codes("item"), minlength=len(items)))
    unknown = texts.gather(asked).is_null()
    if unknown.any():
        first = items.gather(asked).filter(unknown)[0]
        raise InputError(
            "key",
            f"no right answer is known for {plural(int(unknown.sum()), 'question')}",
            where=f"item {first!r:.60}",
            hint="give key= for each question, or leave these out",
        )
    right = answers == texts.gather(opinions.codes("item"))
    return right.fill_null(False).cast(pl.Float64).to_numpy().copy()


def _check_scores(score: npt.NDArray[np.float64], threshold: float | None) -> bool:
    """Whether scores are graded."""
    outside = (score < 0) | (score > 1)
    if outside.any():
        row = int(np.argmax(outside))
        raise InputError("score", f"must lie between 0 and 1, got {score[row]:g}", where=f"row {row + 1}")
    between = (score > 0) & (score < 1)
    if threshold is not None:
        check_number("threshold", threshold, low=0, high=1)
    elif between.any():
        row = int(np.argmax(between))
        hint = "give threshold=0.5 to count graded scores as right from there on"
        raise InputError("score", f"must be 0 or 1, got {score[row]:g}", where=f"row {row + 1}", hint=hint)
    return bool(between.any())


def variants_in(opinions: Opinions) -> tuple[list[str], Codes]:
    """Variants, and that of each row: the columns variant and run together ("v2.1"), or the draw of samples.

    Returns
    -------
    names : list of str
        In natural order: v2 before v10.
    variant : ndarray of int64, shape (n_rows,)
        Place of each row's variant among these; one variant "0" where no column tells them apart.
    """
    if opinions.kind == "samples":
        column = canonical(pl.Series("variant", opinions.numbers["draw"])).cast(pl.String)
    else:
        parts = [opinions.coded[name].values().fill_null("") for name in ("variant", "run") if name in opinions.coded]
        column = pl.Series("variant", ["0"] * len(opinions)) if not parts else parts[0]
        if len(parts) == 2:
            column = pl.select(pl.format("{}.{}", *parts)).to_series()
    coded = encode(column.rename("variant"))
    order = _by_number(coded.vocabulary)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return coded.vocabulary.gather(order).to_list(), place[coded.codes]


def _by_number(names: pl.Series) -> npt.NDArray[np.intp]:
    """Natural order in which also the number at the end of a name counts as one: v.2 before v.10."""
    ends = names.str.extract(r"(\d+)$").fill_null("0")
    frame = pl.DataFrame({"family": names.map_elements(family_of, return_dtype=pl.String), "end": ends, "name": names})
    frame = frame.with_columns(pl.Series("rank", np.argsort(natural_order(ends))))
    return frame.with_row_index("row").sort("family", "rank", "name")["row"].to_numpy().astype(np.intp)


def questions_in(opinions: Opinions) -> tuple[list[str], Codes]:
    """Questions, and that of each row; an item of several tasks is one question in each.

    Returns
    -------
    names : list of str
        Items; "task: item" where there is more than one task.
    question : ndarray of int64, shape (n_rows,)
        Place of each row's question among these.
    """
    item = opinions.codes("item").astype(np.int64)
    names = opinions.vocabulary("item").to_list()
    if "task" not in opinions.coded:
        return names, item
    task = opinions.codes("task")
    if len(task) and (task == task[0]).all():
        return names, item
    pair, first, question = np.unique(combined([task, opinions.codes("item")]), return_index=True, return_inverse=True)
    del pair
    tasks = opinions.coded["task"].values()
    return [f"{tasks[int(row)]}: {names[item[row]]}" for row in first], question.astype(np.int64)


def _check_once(found: Responses) -> None:
    key = combined([found.candidate, found.question, found.variant])
    ordered = np.sort(key)
    if not (ordered[1:] == ordered[:-1]).any():
        return
    order = np.argsort(key, kind="stable")
    row = int(order[1:][ordered[1:] == ordered[:-1]].min())
    where = (
        f"row {row + 1}: {found.candidates[found.candidate[row]]!r:.40}, question "
        f"{found.questions[found.question[row]]!r:.40}, variant {found.variants[found.variant[row]]!r:.40}"
    )
    raise InputError("results", "duplicate response", where=where, hint="duplicates='keep' counts both")
