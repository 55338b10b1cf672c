r"""Does a candidate answer by where an option stands, and is that why its answers flip?

A question is asked again with its options in another order. Who goes by what the options say gives the same answer in
another place; who goes by the place gives another answer in the same place. Over pairs of responses to one question,

    same answer   = share of pairs with the same answer,        same place = share of pairs with the same place,
    together      = share of the pairs with different answers that have the same place,
    by place      = (together - 1/n) / (1 - 1/n).

Two different answers stand in the same place of two random orders of n options by a chance of 1/n, so that `by place`
is 0 if answers do not look at places and 1 if nothing but the place counts. If a share l of the answers goes by the
place, which it draws from the shares pi, and all others are drawn from those of the question, theta, then

    by place = l^2 (sum pi^2 - 1/n) / [(1 - (1 - l)^2) (1 - 1/n) + (1 - l)^2 (1 - sum theta^2)].

Source: ours; the sheet of CAT (Cavalin et al. 2025, arXiv 2512.23711) asks for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.agreement.consistent_answers.responses import Codes, answers_in, family_of, questions_in, variants_in
from psephos.engine import Rng, seed_of, spawn
from psephos.errors import InputError, check_count, check_number
from psephos.opinions.coding import canonical, combined, encode, text_of
from psephos.opinions.model import Opinions
from psephos.statistics.bootstrap import bootstrap

Floats = npt.NDArray[np.float64]


def position_bias(
    results: Opinions,
    *,
    position: str = "position",
    options: int | Mapping[str, int] | None = None,
    invalid: Collection[object] = (),
    repeats: int = 2000,
    level: float = 0.95,
    rng: Rng = 0,
) -> pl.DataFrame:
    """Tell answers that follow the place of an option from answers that follow its text.

    Parameters
    ----------
    results : Opinions
        Of kind ``results`` or ``samples``, with the answer in the words of the options, and in a further column the
        place (letter or number) at which that option stood. Orders are taken to be random; families of variants in
        which every answer always stands in one place cannot be told apart and are left out.
    position : str, default "position"
        Name of that column.
    options : int, or mapping of str to int, optional
        Options a question offers, by family of variants where these differ; as many as places occur if not given.
    invalid : collection of answers, optional
        Answers that say that none could be read; they take no part. So do rows without answer or place.
    repeats : int, default 2000
        Resamples of the questions; 0 for no intervals.
    level : float, default 0.95
        Coverage of the intervals (BCa).
    rng : int, Generator or None, default 0
        Source of the resamples.

    Returns
    -------
    polars.DataFrame
        One row per candidate and family of variants, those most led by the place first: candidate, family, questions
        (with two responses or more), responses, options (as stated, or as many as places occur), same_answer,
        same_place, by_place (with low and high; null if no answer ever flips), and lean, the place that is chosen most
        often, with its share (lean_share, lean_low, lean_high; 1/options would be even).

    Raises
    ------
    InputError
        If there is no such column, no answers, no question with two responses, or if every answer of every question
        always stands in one place.

    See Also
    --------
    consistency : how consistently candidates are right.

    Examples
    --------
    >>> from psephos.opinions import from_frame
    >>> rows = [("m", "q", f"s.{k}", "ABAB"[k], answer) for k, answer in enumerate(["cat", "cow", "dog", "cow"])]
    >>> rows += [("m", "r", f"s.{k}", "ABCA"[k], answer) for k, answer in enumerate(["ant", "ant", "bee", "ant"])]
    >>> names = ["candidate", "item", "variant", "position", "answer"]
    >>> table = pl.DataFrame(rows, schema=names, orient="row").with_columns(score=1.0)
    >>> position_bias(from_frame(table), options=4, repeats=0).select("same_answer", "same_place", "lean").rows()
    [(0.3333333333333333, 0.25, 'A')]
    """
    if options is not None:
        for number in options.values() if isinstance(options, Mapping) else (options,):
            check_count("options", number, low=2)
    check_count("repeats", repeats, low=0)
    check_number("level", level, low=0, high=1, open_ends=True)
    seed = seed_of(rng)
    placed = _placed(results, position, invalid)
    families = sorted(set(placed["family"]))
    rows = []
    for family in families:
        part = placed.filter(pl.col("family") == family)
        if _stands_still(part):
            continue
        n = _options(options, family, part["place"].n_unique())
        for (candidate,), mine in sorted(part.partition_by("candidate", as_dict=True).items()):
            rows.append(_row(mine, n, repeats, level, spawn(seed, 1)[0]) | {"candidate": candidate, "family": family})
    rows = [row for row in rows if row["questions"]]
    if not rows:
        raise InputError(
            "results",
            "no question has two responses in different orders"
            if not len(placed) or not _stands_still(placed)
            else "each answer of a question always stands in one place: nothing tells place from answer",
            hint="ask each question again with its options in random orders",
        )
    table = pl.DataFrame(rows, schema=_SCHEMA, orient="row").with_columns(pl.selectors.float().fill_nan(None))
    return table.sort("by_place", "candidate", "family", descending=[True, False, False], nulls_last=True)


_SCHEMA: dict[str, Any] = (
    dict.fromkeys(("candidate", "family"), pl.String)
    | dict.fromkeys(("questions", "responses", "options"), pl.Int64)
    | dict.fromkeys(("same_answer", "same_place", "by_place", "low", "high"), pl.Float64)
    | {"lean": pl.String}
    | dict.fromkeys(("lean_share", "lean_low", "lean_high"), pl.Float64)
)


def _placed(results: Opinions, position: str, invalid: Collection[object]) -> pl.DataFrame:
    """candidate, family, question, answer and place of each response that has the last two."""
    if not isinstance(results, Opinions) or results.kind not in ("results", "samples"):
        kind = results.kind if isinstance(results, Opinions) else type(results).__name__
        raise InputError("results", f"must be results or samples, not {kind}")
    answers = answers_in(results)
    if answers is None:
        raise InputError("results", "have no column 'answer'", hint="give the answer in the words of the options")
    if position not in results.carried.columns:
        raise InputError("position", f"the results have no column {position!r:.60}", hint="say where each answer stood")
    bad = [text for value in invalid if (text := text_of(value, "invalid")) is not None]
    by = "candidate" if results.kind == "results" else "voter"
    variants, variant = variants_in(results)
    _, question = questions_in(results)
    of_family = pl.Series([family_of(name) for name in variants], dtype=pl.String)
    table = pl.DataFrame(
        {
            "candidate": results.coded[by].values(),
            "family": of_family.gather(variant),
            "question": question,
            "answer": answers,
            "place": canonical(results.carried[position]).cast(pl.String),
        }
    )
    return table.drop_nulls(["answer", "place"]).filter(~pl.col("answer").is_in(bad))


def _stands_still(part: pl.DataFrame) -> bool:
    """Whether in every question each answer has one place and each place one answer, whoever answers."""
    seen = part.select("question", "answer", "place").unique()
    return not any(seen.select("question", name).is_duplicated().any() for name in ("answer", "place"))


def _options(options: int | Mapping[str, int] | None, family: str, seen: int) -> int:
    if options is None:
        return max(seen, 2)
    number = options.get(family) if isinstance(options, Mapping) else options
    if number is None:
        raise InputError("options", f"says nothing of the family {family!r:.60}", hint="give a number for each family")
    if number < seen:
        raise InputError(
            "options", f"must be at least the {seen} places that occur, got {number}", where=family or None
        )
    return number


def _row(mine: pl.DataFrame, options: int, repeats: int, level: float, rng: np.random.Generator) -> dict[str, Any]:
    """What is said of one candidate on one family of variants."""
    question = encode(mine["question"]).codes.astype(np.int64)
    number = np.bincount(question)
    asked = number > 1
    if not asked.any():
        return {"questions": 0}
    pairs = (number * (number - 1) / 2)[asked]
    places = encode(mine["place"], ordered=True)
    answer, place = encode(mine["answer"]).codes, places.codes
    same_answer, same_place, both = (
        _same(question, codes)[asked] / pairs for codes in ([answer], [place], [answer, place])
    )
    counts = np.zeros((len(number), len(places.vocabulary)))
    np.add.at(counts, (question, place), 1.0)
    lean = int(np.argmax(counts[asked].sum(axis=0)))
    shares = (counts[:, lean] / np.maximum(number, 1))[asked]
    columns = np.stack(
        [np.ones(len(pairs)), same_answer, same_place, 1 - same_answer, same_place - both, shares], axis=1
    )

    def statistic(weights: Floats) -> Floats:
        n, answers, placed, flips, together, leaning = (weights @ columns).T
        share = np.divide(together, flips, out=np.full_like(flips, np.nan), where=flips > 1e-12)
        return np.stack([answers / n, placed / n, (share - 1 / options) / (1 - 1 / options), leaning / n], axis=1)

    value = statistic(np.ones((1, len(pairs))))[0]
    low, high = np.full((2, 4), np.nan)
    if repeats and len(pairs) > 1:
        drawn = bootstrap(statistic, len(pairs), repeats=max(2, repeats), level=level, rng=rng)
        low, high = np.asarray(drawn.low), np.asarray(drawn.high)
    return {
        "questions": int(asked.sum()),
        "responses": int(number[asked].sum()),
        "options": options,
        "same_answer": value[0],
        "same_place": value[1],
        "by_place": value[2],
        "low": low[2],
        "high": high[2],
        "lean": places.vocabulary[lean],
        "lean_share": value[3],
        "lean_low": low[3],
        "lean_high": high[3],
    }


def _same(question: Codes, codes: list[npt.NDArray[Any]]) -> Floats:
    """Pairs of responses to each question that agree in all of these."""
    _, first, votes = np.unique(combined([question, *codes]), return_index=True, return_counts=True)
    return np.bincount(question[first], weights=votes * (votes - 1) / 2, minlength=int(question.max()) + 1).astype(
        np.float64
    )
