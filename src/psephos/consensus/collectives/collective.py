"""What do several models say together who each answered several times?

Each sample votes, weighed by how consistent its model is with itself on that item (see `collective_votes`): a model
that says the same again and again counts more than one that guesses. The label is the answer with the most weight; a
sample that is the label earns the reward 1, so that models can be trained on questions whose answers nobody knows.
With a single model this is the majority reward of test-time reinforcement learning.

It helps where wrong answers scatter, and **hurts** where models are confidently wrong: one that repeats the same wrong
answer outvotes two half-sure right ones. Hence the table of self-consistency against agreement, and the list of labels
that flip without one model.

The certainty is learnt from the same samples (`share_certainty`): how firm an answer of a model is when it is right and
when it is wrong shows in which answers models share.

Source: sheet 22 (Yuan and others 2025, arXiv 2508.12338). Differs: samples without an answer count in the denominator;
weights are scaled by K so that a model does not count more for having more samples; sums of weights are equal within
the tie rule of `opinions.tallies`; tie rule, flags and certainty are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.collectives.share_certainty import Shares, share_certainties, shares
from psephos.consensus.collectives.tables import MODEL, Counted, calibration_table, counted, model_table
from psephos.consensus.collectives.verdict import SURE, CollectiveVerdict
from psephos.consensus.collectives.votes import WEIGHTS, Floats, Whole, ballot, elected, labels_without
from psephos.consensus.known_answers import known_answers, known_codes, told
from psephos.consensus.part_verdicts import PartVerdict, in_item_order, joined, order_of_items, part_verdict
from psephos.engine import Engine, map_shards
from psephos.errors import InputError, check_choice, check_number
from psephos.opinions.coding import canonical
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Provenance, command_for, named, option_name
from psephos.opinions.sharding import Shards, check_opinions
from psephos.opinions.tallies import EQUAL_WEIGHTS
from psephos.statistics import Interval, wilson_interval

CERTAINTY_MEANS = (
    "probability that the label is right, if models err independently of each other, given how firmly models give "
    "right answers and wrong ones; models that were trained alike err together and make it too high"
)
EXTRA_FLAGS = ("dominated", "silent model", "small margin")


def collective(
    opinions: Opinions | Shards,
    *,
    weights: str = "self-consistency",
    min_margin: float = 0.0,
    gold: Mapping[str, str] | None = None,
    equivalence: Equivalence = "exact",
    engine: int | str | Engine = 1,
) -> CollectiveVerdict:
    """Label each item by the vote of all samples of all models, weighed by the self-consistency of the models.

    Parameters
    ----------
    opinions : Opinions or Shards
        Of kind ``samples``: voters are the models, a draw without an answer could not be parsed.
    weights : {"self-consistency", "equal"}, default "self-consistency"
        ``"equal"``: every model counts the same on every item.
    min_margin : float, default 0
        An item whose label leads by a smaller share of the weight has none, and its samples no reward.
    gold : mapping of str to str, optional
        Known answers by item, for monitoring only: they decide nothing. The column ``gold`` of the table about items if
        not given.
    equivalence : str or callable, default "exact"
        Which answers are the same; see `psephos.opinions.equivalence`.
    engine : int, str or Engine, default 1
        Where the work runs; see `psephos.engine.map_shards`. The verdict is the same everywhere.

    Returns
    -------
    CollectiveVerdict
        With flags ``"dominated"`` (the label flips without one model), ``"silent model"`` (a model is absent or gave no
        answer) and ``"small margin"``.

    Raises
    ------
    InputError
        If the opinions are no samples, no sample has an answer, or an option is unknown.

    See Also
    --------
    psephos.consensus.group_advantages : advantages of any rewards.
    psephos.consensus.majority : every sample one vote.

    Examples
    --------
    >>> from psephos.opinions import samples
    >>> said = {"A": [5, 5, 5, 5], "B": [7, 7, 3, 5], "C": [7, 7, 1, 7]}
    >>> rows = [("q", model, draw, answer) for model, answers in said.items() for draw, answer in enumerate(answers)]
    >>> verdict = collective(samples(*map(list, zip(*rows, strict=True))))
    >>> verdict.table().select("choice", "margin", "weighted_consistency").row(0)
    ('5', 0.1388888888888889, 0.5)
    >>> verdict.dominated.rows()
    [('q', 'A', '5', '7')]
    """
    check_opinions(opinions)
    if opinions.kind != "samples":
        raise InputError(
            "opinions",
            f"collective weighs samples, not {opinions.kind}",
            hint="read the table with kind='samples', or use decide",
        )
    check_choice("weights", weights, WEIGHTS)
    check_number("min_margin", min_margin, low=0, high=1)
    merged = opinions.merged(equivalence)
    known = _known(gold, merged, equivalence)
    shared = {"opinions": merged, "weights": weights, "known": known, "min_margin": float(min_margin)}
    parts: list[_Part] = list(
        map_shards(_decide_part, merged.parts(engine), shared=shared, engine=engine, label="weighing samples")
    )
    models = np.sum([part.counted.models for part in parts], axis=0)
    if not any(part.verdict.votes.any() for part in parts):
        found = sum((part.verdict.issues for part in parts), merged.issues)
        raise InputError("opinions", found.explain("no sample has an answer"))
    likely, converged = share_certainties([part.shares for part in parts], len(merged.vocabulary("voter")))
    certainty = [np.append(of, np.nan)[part.place] for of, part in zip(likely, parts, strict=True)]
    verdicts = [part.verdict for part in parts]
    order = order_of_items(verdicts)
    fields, odd = joined(verdicts, merged), in_item_order([part.odd for part in parts], order)
    fields["certainty"] = np.where(fields["choice"] >= 0, in_item_order(certainty, order), np.nan)
    extra = {name: (odd & (1 << bit)).astype(bool) for bit, name in enumerate(EXTRA_FLAGS)}
    dominated = pl.concat([part.dominated for part in parts])
    place = pl.DataFrame({"item": fields["items"], "place": np.arange(len(fields["items"]))})
    dominated = dominated.join(place, on="item", maintain_order="left").sort("place", maintain_order=True).drop("place")
    right, items_known = np.sum([part.right for part in parts], axis=0).tolist()
    summed = dict(zip(MODEL, models.sum(axis=1).tolist(), strict=True))
    rewarded = summed["reward_right"] / summed["known_samples"] if summed["known_samples"] else None
    options = {"weights": weights, "min_margin": min_margin, "equivalence": option_name(equivalence)}
    plain = weights == "self-consistency" and not min_margin and gold is None
    asked = {"method": "collective", "equivalence": equivalence}
    return CollectiveVerdict(
        provenance=Provenance(
            "collective",
            options,
            merged.source,
            command=command_for("decide", merged.source, asked) if plain else "",
            notes=_notes(in_item_order([part.consistency for part in parts], order), models, converged),
        ),
        certainty_means=CERTAINTY_MEANS,
        flip=_flip,
        settings={"weights": weights, "min_margin": min_margin, "gold": gold, "equivalence": equivalence},
        consistency=in_item_order([part.consistency for part in parts], order),
        weighted_consistency=in_item_order([part.weighted for part in parts], order),
        models=model_table(models, merged.vocabulary("voter")),
        calibration=calibration_table(np.sum([part.counted.bins for part in parts], axis=0)),
        dominated=dominated,
        weighting=weights,
        label_accuracy=_share(right, items_known) if items_known else None,
        reward_accuracy=rewarded,
        **fields | {"flags": {**fields["flags"], **extra}},
    )


@dataclass(frozen=True, eq=False)
class _Part:
    """A part whose certainty waits for all parts.

    `place` is the pair of the label, `odd` has one bit for each of `EXTRA_FLAGS`.
    """

    verdict: PartVerdict
    consistency: Floats
    weighted: Floats
    odd: npt.NDArray[np.uint8]
    counted: Counted
    dominated: pl.DataFrame
    right: tuple[int, int]
    shares: Shares
    place: Whole


def _decide_part(
    part: Any, *, opinions: Opinions | Shards, weights: str, known: pl.DataFrame | None, min_margin: float
) -> _Part:
    """Everything that the verdict needs of one part of the data."""
    found = ballot(part, opinions, weights)
    count, counted_votes = found.count, found.count.tally
    names, n_items = count.votes.vocabulary("item"), count.votes.size("item")
    first, second, tied = elected(found)
    label, runner_up = (np.append(counted_votes.choice, np.int32(-1))[place] for place in (first, second))
    cast = counted_votes.per_item(counted_votes.weight)
    top, behind = (np.append(counted_votes.weight, 0.0)[place] for place in (first, second))
    with np.errstate(invalid="ignore"):
        margin, weighted = np.maximum(top - behind, 0.0) / cast, top / cast
    small = (label >= 0) & (margin < min_margin - EQUAL_WEIGHTS)
    without = labels_without(found, first, second)
    label = np.where(small, np.int32(-1), label)
    item = found.cells.item
    flips = np.flatnonzero((without >= 0) & (label[item] >= 0) & (without != label[item]))
    dominated = np.zeros(n_items, dtype=bool)
    dominated[item[flips]] = True
    heard = np.bincount(item, weights=found.consistency > 0, minlength=n_items)
    truth = np.full(n_items, -1, dtype=np.int32) if known is None else known_codes(names, known)
    of_label = counted_votes.votes[first[label >= 0]]
    consistency = np.full(n_items, np.nan)
    consistency[label >= 0] = of_label / found.cells.per_item(found.cells.votes)[label >= 0]
    choices = opinions.vocabulary(opinions.value)
    odd = np.stack([dominated, heard < count.votes.size("voter"), small])
    return _Part(
        verdict=part_verdict(
            count,
            first=label,
            second=runner_up,
            margin=margin,
            certainty=np.full(n_items, np.nan),
            tie=tied,
        ),
        consistency=consistency,
        weighted=np.where(label >= 0, weighted, np.nan),
        odd=(odd << np.arange(len(odd))[:, None]).sum(axis=0).astype(np.uint8),
        counted=counted(found, label, np.where(label[item] >= 0, without, np.int32(-1)), truth),
        dominated=pl.DataFrame(
            {
                "item": names.gather(item[flips]),
                "voter": count.votes.vocabulary("voter").gather(found.cells.choice[flips]),
                "label": named(label[item[flips]], choices),
                "instead": named(without[flips], choices),
            }
        ),
        right=(int(((label == truth) & (truth >= 0)).sum()), int((truth >= 0).sum())),
        shares=shares(found),
        place=np.where(label >= 0, first, -1),
    )


def _known(gold: Mapping[str, str] | None, merged: Opinions | Shards, equivalence: Equivalence) -> pl.DataFrame | None:
    """item, code of the known answers, those of the table about items if none are given."""
    if gold is not None:
        said = told(gold)
    elif (table := merged.about.items) is not None and "gold" in table.columns:
        answers = canonical(table["gold"]).cast(pl.String)
        pairs = zip(canonical(table["item"]).cast(pl.String), answers, strict=True)
        said = {item: answer for item, answer in pairs if answer is not None}
    else:
        return None
    return known_answers(said, merged.vocabulary(merged.value), equivalence)[0]


def _share(right: int, items: int) -> Interval:
    """Share of items with its Wilson interval."""
    low, high = wilson_interval(right, items)
    return Interval(right / items, float(low), float(high), 0.95)


def _notes(consistency: Floats, models: Whole, converged: bool) -> tuple[str, ...]:
    notes = []
    if np.count_nonzero(models[0]) == 1:
        notes.append("a single model: this is its majority, and the reward of test-time reinforcement learning")
    if np.nanmean(consistency > SURE) > 0.5:
        notes.append(
            "models are near-unanimous on most items; if they were less so before, see verdict.collapse(before)"
        )
    if not converged:
        notes.append("the fit of the certainty did not come to rest; it is approximate")
    return tuple(notes)


def _flip(rows: pl.DataFrame, choice: int, choices: pl.Series) -> str:
    """Which other answer is nearest by plain samples, in words; see `Verdict.flip`."""
    said = {code: votes for code, votes in rows.select("code", "votes").iter_rows() if code >= 0}
    rivals = {code: votes for code, votes in said.items() if code != choice}
    if not rivals:
        return "no model gave another answer"
    code = max(rivals, key=lambda rival: (rivals[rival], -rival))
    return (
        f"{choices[code]!r} has {rivals[code]:,} samples against {said[choice]:,}; see verdict.dominated for models "
        "without whom the label is another"
    )
