"""How far does an automatic judge agree with people who voted on the same pairs?

Per judge, on items with a human vote (left, right, tie, both bad):

    accuracy    share of ALL items on which the judge says what the human said; an answer that could not be read is
                wrong, a tie that does not say of which kind ("A=B") is right for either
    parsed      share of items with a label that could be read
    kappa       Cohen's, of the four labels, on items on which the judge gave one of the four
    pearson     of the codes left 1, right -1, ties 0, on items that could be read
    decisive    share of agreement where both name a winner
    left        share of left among the judge's winners, beside the humans' on the same items

and three lines to compare with: the accuracy that the judge's own mix of labels would have by chance, the most frequent
human label for every item, and always the same side. Intervals draw items; the items of one judge fall into 24 cells of
human and judge label, so a resample is one draw of 24 counts.

Source: Jiang and others (2024), arXiv:2406.04485 (accuracy; Pearson by our reading); Cohen (1960),
doi:10.1177/001316446002000104. Differs: intervals, baselines, the share of left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine.streams import Rng, seed_of, spawn
from psephos.errors import InputError, check_count, check_number
from psephos.opinions.kinds import listed
from psephos.opinions.model import Opinions, Source
from psephos.opinions.outcomes import Provenance, Result, json_ready
from psephos.opinions.winners import ANY_TIE, outcome_of
from psephos.opinions.wording import plural
from psephos.statistics import Interval, bootstrap

LABELS = ("left", "right", "tie", "both_bad")
ANY, UNREAD = 4, 5
MEASURES = ("accuracy", "parsed", "kappa", "pearson", "decisive", "left", "human_left")

_CODE = np.array([1.0, -1.0, 0.0, 0.0, 0.0])

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class JudgeAgreement(Result):
    """Judges against human votes.

    Attributes
    ----------
    judges : tuple of str
        The best accuracy first.
    n_items : mapping of str to int
        Items of each judge that have a human vote.
    measures : mapping of str to mapping of str to Interval
        By judge and by name of the measure.
    decided : mapping of str to int
        Items on which judge and human both name a winner.
    chance : mapping of str to float
        Accuracy of each judge's mix of labels, if it had nothing to do with the items.
    majority : float
        Accuracy of the most frequent human label.
    majority_label : str
        The most frequent label of people.
    one_side : float
        Accuracy of naming always the same side, the better of both.
    counts : mapping of str to ndarray of int64, shape (4, 6)
        Items by human label (rows: left, right, tie, both bad) and judge label (then: tie of either kind, unread).
    """

    judges: tuple[str, ...]
    n_items: Mapping[str, int]
    measures: Mapping[str, Mapping[str, Interval]]
    decided: Mapping[str, int]
    chance: Mapping[str, float]
    majority: float
    majority_label: str
    one_side: float
    counts: Mapping[str, npt.NDArray[np.int64]]

    def table(self) -> pl.DataFrame:
        """One row per judge, the best accuracy first; each measure with the ends of its interval."""
        rows: list[dict[str, Any]] = []
        for judge in self.judges:
            row: dict[str, Any] = {"judge": judge, "items": self.n_items[judge]}
            for name in MEASURES:
                found = self.measures[judge][name]
                row |= {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
            row |= {"decided": self.decided[judge], "chance": self.chance[judge]}
            row["beats_majority"] = self.measures[judge]["accuracy"].low > self.majority
            rows.append(row)
        made = pl.DataFrame(rows, infer_schema_length=None)
        return made.with_columns(pl.col(pl.Float64).fill_nan(None))

    def summary(self) -> list[tuple[str, str]]:
        """The best judge, how many beat the most frequent label, and who leans to a side."""
        best = self.judges[0]
        found = self.measures[best]
        better = [judge for judge in self.judges if self.measures[judge]["accuracy"].low > self.majority]
        kind = self.majority_label.replace("_", " ")
        n = self.n_items[best]
        base = (
            f"the label {kind!r} for every item gets {self.majority:.3f}, one side for every item {self.one_side:.3f}"
        )
        lines = [
            ("best judge", f"{best}: accuracy {found['accuracy']}, kappa {found['kappa']} on {plural(n, 'item')}"),
            ("majority", base),
            ("above it", ", ".join(better[:6]) + (" ..." if len(better) > 6 else "") if better else "no judge, surely"),
        ]
        leaning = [judge for judge in self.judges if _leans(self.measures[judge])]
        if leaning:
            worst = max(leaning, key=lambda judge: abs(_lean(self.measures[judge])))
            share, human = self.measures[worst]["left"], self.measures[worst]["human_left"].value
            lines.append(
                ("position", f"{len(leaning)} of {len(self.judges)} judges lean to a side more than people do; "
                 f"most {worst}: left {share}, people {human:.3f}")
            )  # fmt: skip
        return lines

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        base = {"majority": self.majority, "majority_label": self.majority_label, "one_side": self.one_side}
        cells = {judge: counts.tolist() for judge, counts in self.counts.items()}
        return {**super().to_dict(), "baselines": json_ready(base), "counts": cells}


def judge_agreement(
    votes: Opinions | Mapping[str, Sequence[object]],
    *,
    human: str = "human",
    repeats: int = 1000,
    level: float = 0.95,
    rng: Rng = None,
) -> JudgeAgreement:
    """Compare judges with human votes on the same items.

    Parameters
    ----------
    votes : Opinions of kind ``labels`` or ``battles``, or mapping of str to sequence
        Who said what about which item; of battles the item is the question with the pair as it was shown, so that a
        pair seen the other way round is another. A mapping has one sequence per voter, all in the order of the items;
        None or a text that is no label is an answer that could not be read. Labels are ``left``, ``right``, ``tie``,
        ``both_bad`` or the words of arenas for them, such as ``A>B``.
    human : str, default "human"
        Whose votes are the measure.
    repeats : int, default 1000
        Resamples of items; 0 for none.
    level : float, default 0.95
        Of the intervals.
    rng : int, Generator, SeedSequence or None
        Of the resamples; an int repeats them.

    Returns
    -------
    JudgeAgreement
        For each judge accuracy, kappa and further measures with intervals, beside what chance and plain rules reach.

    Raises
    ------
    InputError
        `human`: there is no such voter, it is the only one, or it has an unknown label (with its item). `votes`: of
        another kind, of different lengths, or a judge has two votes on one item.

    See Also
    --------
    psephos.agreement.agree : voters of whom none is the measure.

    Examples
    --------
    >>> made = judge_agreement(
    ...     {"human": ["A>B", "B>A", "tie", "A>B"], "judge": ["A>B", "A>B", "A=B", None]}, rng=0
    ... )
    >>> made.measures["judge"]["accuracy"].value, made.measures["judge"]["parsed"].value
    (0.5, 0.75)
    """
    repeats = check_count("repeats", repeats, low=0)
    level = check_number("level", level, low=0, high=1, open_ends=True)
    labels, source, notes = _labels(votes, human)
    truth = np.array([_human_code(word, place) for place, word in enumerate(labels.pop(human))])
    if not labels:
        raise InputError("human", f"{human!r:.80} is the only voter")
    seed = seed_of(rng)
    counts: dict[str, npt.NDArray[np.int64]] = {}
    measures: dict[str, dict[str, Interval]] = {}
    unseen = 0
    for (judge, words), stream in zip(labels.items(), spawn(seed, len(labels)), strict=True):
        code = np.array([_judge_code(word) for word in words])
        kept = (truth >= 0) & (code >= 0)
        unseen += int((truth < 0).sum())
        if not kept.any():
            raise InputError(
                "votes",
                f"{judge!r:.80} and {human!r:.80} have no item in common",
                hint="they must vote on the same items: name the column of items",
            )
        cells = np.bincount(truth[kept] * 6 + code[kept], minlength=24)
        counts[judge] = cells.reshape(4, 6)
        measures[judge] = _intervals(cells, repeats, level, stream)
    people = np.bincount(truth[truth >= 0], minlength=4)
    order = sorted(labels, key=lambda judge: (-measures[judge]["accuracy"].value, judge))
    return JudgeAgreement(
        provenance=Provenance(
            "judge-agreement",
            {"human": human, "repeats": repeats, "level": level},
            source,
            seed=seed,
            notes=(*notes, *((f"items without a human vote: {int((truth < 0).sum()):,}",) if unseen else ())),
        ),
        judges=tuple(order),
        n_items={judge: int(counts[judge].sum()) for judge in order},
        measures=measures,
        decided={judge: int(counts[judge][:2, :2].sum()) for judge in order},
        chance={judge: _chance(counts[judge]) for judge in order},
        majority=float(people.max() / people.sum()),
        majority_label=LABELS[int(people.argmax())],
        one_side=float(people[:2].max() / people.sum()),
        counts=counts,
    )


def _intervals(
    cells: npt.NDArray[np.int64], repeats: int, level: float, rng: np.random.Generator
) -> dict[str, Interval]:
    """All measures of one judge; without an interval where there is one item only, or none was asked for."""
    filled = np.flatnonzero(cells)
    if cells.sum() < 2 or not repeats:
        alone = _measured(cells[filled][None, :].astype(np.float64), filled)[0]
        return {
            name: Interval(float(value), float("nan"), float("nan"), level)
            for name, value in zip(MEASURES, alone, strict=True)
        }
    made = bootstrap(
        partial(_measured, filled=filled),
        len(filled),
        multiplicity=cells[filled],
        repeats=repeats,
        level=level,
        method="percentile",
        rng=rng,
    )
    return {name: made.interval(column) for column, name in enumerate(MEASURES)}


def _measured(weights: Floats, filled: npt.NDArray[np.int64]) -> Floats:
    """All measures of weighted cells, shape (rows, 7)."""
    cells = np.zeros((len(weights), 24))
    cells[:, filled] = weights
    table: npt.NDArray[np.float64] = cells.reshape(-1, 4, 6)
    total = table.sum(axis=(1, 2))
    right = np.trace(table[:, :, :4], axis1=1, axis2=2) + table[:, 2, ANY] + table[:, 3, ANY]
    named = table[:, :, :4]
    n = named.sum(axis=(1, 2))
    observed = _divided(np.trace(named, axis1=1, axis2=2), n)
    expected = _divided((named.sum(axis=1) * named.sum(axis=2)).sum(axis=1), n**2)
    kappa = _divided(observed - expected, 1 - expected)
    read = table[:, :, :5]
    size = read.sum(axis=(1, 2))
    x, y = _CODE[:4], _CODE
    human, judge = read.sum(axis=2), read.sum(axis=1)
    mx, my = _divided(human @ x, size), _divided(judge @ y, size)
    vx, vy = _divided(human @ x**2, size) - mx**2, _divided(judge @ y**2, size) - my**2
    both = _divided(np.einsum("rij,i,j->r", read, x, y), size) - mx * my
    flat = (vx < 1e-12) | (vy < 1e-12)
    pearson = np.where(flat, np.nan, both / np.sqrt(np.where(flat, 1.0, vx * vy)))
    decided = table[:, :2, :2]
    won = table[:, :, :2].sum(axis=1)
    people = table[:, :2].sum(axis=2)
    return np.column_stack(
        [
            _divided(right, total),
            _divided(size, total),
            kappa,
            pearson,
            _divided(np.trace(decided, axis1=1, axis2=2), decided.sum(axis=(1, 2))),
            _divided(won[:, 0], won.sum(axis=1)),
            _divided(people[:, 0], people.sum(axis=1)),
        ]
    )


def _divided(part: Floats, whole: Floats) -> Floats:
    made: Floats = np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=np.asarray(whole) > 1e-12)
    return made


def _chance(counts: npt.NDArray[np.int64]) -> float:
    total = counts.sum()
    human, judge = counts.sum(axis=1) / total, counts.sum(axis=0) / total
    return float(human @ judge[:4] + (human[2] + human[3]) * judge[ANY])


def _lean(measures: Mapping[str, Interval]) -> float:
    return measures["left"].value - measures["human_left"].value


def _leans(measures: Mapping[str, Interval]) -> bool:
    """Whether the interval of the judge's share of left leaves that of people out."""
    left, human = measures["left"], measures["human_left"].value
    return bool(left.low > human or left.high < human)


def _human_code(word: object, place: int) -> int:
    """Code of a human vote, -1 where there is none."""
    if word is None or (isinstance(word, float) and np.isnan(word)) or word == "":
        return -1
    found = outcome_of(str(word))
    if found is None:
        known = listed(["left", "right", "tie", "both_bad", "A>B"])
        problem = f"holds {str(word)!r:.60}, which is no vote"
        raise InputError("human", problem, where=f"item {place}", hint=f"as in {known}")
    return LABELS.index(found)


def _judge_code(word: object) -> int:
    """Code of the label of a judge; a text that is none is unread."""
    if word is _ABSENT:
        return -1
    text = "" if word is None else str(word).strip().casefold()
    if text in ANY_TIE and text != "tie":
        return ANY
    found = outcome_of(text)
    return UNREAD if found is None else LABELS.index(found)


_ABSENT = object()
"""The judge was not asked about the item."""


def _labels(
    votes: Opinions | Mapping[str, Sequence[object]], human: str
) -> tuple[dict[str, list[object]], Source, tuple[str, ...]]:
    """Labels of each voter in the order of the items."""
    if not isinstance(votes, Opinions):
        made = {str(name): list(words) for name, words in votes.items()}
        if human not in made:
            raise InputError("human", f"there is no voter {human!r:.80} among {listed(list(made))}")
        for name, words in made.items():
            if len(words) != len(made[human]):
                raise InputError("votes", f"{name!r:.80} has {len(words):,} votes, {human!r:.80} {len(made[human]):,}")
        return made, Source(), ()
    if votes.kind not in ("labels", "battles"):
        raise InputError("votes", f"must be labels or battles, got {votes.kind}")
    if not {"voter", "item"} <= set(votes.coded):
        raise InputError("votes", "must say who voted on which item")
    names = votes.vocabulary("voter").cast(pl.String).to_list()
    if human not in names:
        raise InputError("human", f"there is no voter {human!r:.80} among {listed(names)}")
    value, notes = votes.value, []
    keys = [part for part in ("task", "item") if part in votes.coded]
    if votes.kind == "battles":
        # A question may be asked of several pairs, and who stood left is part of what was shown.
        value, keys = "winner", [*keys, "left", "right"]
    frame = pl.DataFrame({part: votes.codes(part).astype(np.int64) for part in (*keys, "voter")})
    frame = frame.with_columns(label=votes.coded[value].values().cast(pl.String))
    known = frame.filter((pl.col("voter") >= 0) & (pl.col("item") >= 0))
    if known.height < frame.height:
        lost = plural(frame.height - known.height, "vote")
        notes.append(f"left out: {lost} without a voter or an item")
    frame = known
    twice = frame.select(pl.struct(*keys, "voter").is_duplicated()).to_series()
    if twice.any():
        row = frame.filter(twice).row(0, named=True)
        item = votes.vocabulary("item")[row["item"]]
        raise InputError("votes", f"{names[row['voter']]!r:.60} has two votes on item {item!r:.60}")
    items = frame.select(keys).unique().sort(keys).with_row_index("place")
    placed = frame.join(items, on=keys)
    found: dict[str, list[object]] = {name: [_ABSENT] * items.height for name in names}
    for place, voter, label in placed.select("place", "voter", "label").iter_rows():
        found[names[voter]][place] = label
    found[human] = [None if word is _ABSENT else word for word in found[human]]
    return found, votes.source, tuple(notes)
