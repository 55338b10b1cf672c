"""What do several models say together who each answered several times?

Each sample votes, weighed by how consistent its model is with itself on that item (see `collective_votes`): a model
that says the same again and again counts more than one that guesses. The label is the answer with the most weight; a
sample that is the label earns the reward 1, so that models can be trained on questions whose answers nobody knows.
With a single model this is the majority reward of test-time reinforcement learning.

It helps where wrong answers scatter, and **hurts** where models are confidently wrong: one that repeats the same wrong
answer outvotes two half-sure right ones. Hence the table of self-consistency against agreement, and the list of labels
that flip without one model.

The certainty counts each model as one vote, split over its answers by their weight, and reads the probability that the
leader is right from the model of `majority` (`vote_split`): items differ in difficulty, models do not; the draws of one
model are not taken for independent voters.

Source: sheet 22 (Yuan and others 2025, arXiv 2508.12338). Differs: samples without an answer count in the denominator;
weights are scaled by K so that a model does not count more for having more samples; sums of weights are equal within
the tie rule of `opinions.tallies`; tie rule, flags and certainty are ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.ballots import known_answers, known_codes
from psephos.consensus.collective_tables import MODEL, Counted, calibration_table, counted, model_table
from psephos.consensus.collective_verdict import SURE, CollectiveVerdict
from psephos.consensus.collective_votes import WEIGHTS, Ballot, Floats, Whole, ballot, elected, labels_without
from psephos.consensus.part_verdicts import PartVerdict, joined, order_of_items, part_verdict
from psephos.consensus.vote_split import fit_vote_split, leader_certainty
from psephos.engine import Engine, map_shards
from psephos.errors import InputError, check_choice, check_number
from psephos.opinions.coding import canonical, text_of
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Provenance, command_for, named, option_name
from psephos.opinions.sharding import Shards, check_opinions
from psephos.opinions.tallies import merge_splits, splits, tally
from psephos.statistics import Interval, wilson_interval

CERTAINTY_MEANS = (
    "probability that the label is right, if models err independently and items differ in difficulty, each model one "
    "vote split over its answers; models trained alike err together and make it too high"
)
EXTRA_FLAGS = ("dominated", "silent model", "small margin")
_DIGITS = 3


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
        raise InputError("opinions", f"collective weighs samples, not {opinions.kind}")
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
        raise InputError("opinions", "no sample has an answer")
    certainty, converged = _certainties(parts)
    verdicts = [part.verdict for part in parts]
    order = order_of_items(verdicts)

    def whole(values: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
        together = np.concatenate(values)
        return together if order is None else together[order]

    fields, odd = joined(verdicts, merged), whole([part.odd for part in parts])
    fields["certainty"] = np.where(fields["choice"] >= 0, whole(certainty), np.nan)
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
            notes=_notes(whole([part.consistency for part in parts]), models, converged),
        ),
        certainty_means=CERTAINTY_MEANS,
        flip=_flip,
        consistency=whole([part.consistency for part in parts]),
        weighted_consistency=whole([part.weighted for part in parts]),
        models=model_table(models, merged.vocabulary("voter")),
        calibration=calibration_table(np.sum([part.counted.bins for part in parts], axis=0)),
        dominated=dominated,
        weighting=weights,
        label_accuracy=Interval(right / items_known, *map(float, wilson_interval(right, items_known)), 0.95)
        if items_known
        else None,
        reward_accuracy=rewarded,
        **fields | {"flags": {**fields["flags"], **extra}},
    )


@dataclass(frozen=True, eq=False)
class _Part:
    """A part whose certainty waits for the splits of all parts; `odd` has one bit for each of `EXTRA_FLAGS`."""

    verdict: PartVerdict
    consistency: Floats
    weighted: Floats
    odd: npt.NDArray[np.uint8]
    counted: Counted
    dominated: pl.DataFrame
    right: tuple[int, int]
    chosen: npt.NDArray[np.int32]
    modes: tuple[Floats, Whole]
    split: Floats
    which: Whole


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
        margin, weighted = (top - behind) / cast, top / cast
    small = (label >= 0) & (margin < min_margin)
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
    split, which = _effective(found, cast)
    modes = tally(item.astype(np.int32), found.peak.first, n_items, len(choices))
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
        chosen=np.unique(counted_votes.choice),
        modes=splits(modes, modes.votes)[:2],
        split=split,
        which=which,
    )


def _effective(found: Ballot, cast: Floats) -> tuple[Floats, Whole]:
    """Splits of the votes as if each item had (sum W)^2 / sum W^2 of them, W the weight of each model on it."""
    counted_votes = found.count.tally
    of_model = np.bincount(found.given.item, weights=found.offered, minlength=len(found.cells.item))
    squares = found.cells.per_item(of_model * of_model)
    scale = np.divide(cast, squares, out=np.zeros(len(cast)), where=squares > 0)
    split, _, which = splits(counted_votes, np.round(counted_votes.weight * scale[counted_votes.item], _DIGITS))
    return split, which


def _certainties(parts: Sequence[_Part]) -> tuple[list[Floats], bool]:
    """Certainty of the label of each item of each part, and whether the fit converged."""
    n_choices = max(2, len(np.unique(np.concatenate([part.chosen for part in parts]))))
    split, items, _ = merge_splits([part.modes[0] for part in parts], [part.modes[1] for part in parts])
    voted = split[:, 0] > 0
    model = fit_vote_split(split[voted], items[voted], n_choices)
    split, _, place = merge_splits(
        [part.split for part in parts], [np.ones(len(part.split), dtype=np.int64) for part in parts]
    )
    certainty = np.split(leader_certainty(model, split)[place], np.cumsum([len(part.split) for part in parts])[:-1])
    return [values[part.which] for values, part in zip(certainty, parts, strict=True)], model.converged


def _known(
    gold: Mapping[str, str] | None, merged: Opinions | Shards, equivalence: Equivalence
) -> pl.DataFrame | None:
    """item, code of the known answers, those of the table about items if none are given."""
    if gold is not None:
        told = {text_of(item, "gold") or "": text_of(answer, "gold") for item, answer in gold.items()}
    elif (table := merged.about.items) is not None and "gold" in table.columns:
        answers = canonical(table["gold"]).cast(pl.String)
        told = dict(zip(canonical(table["item"]).cast(pl.String), answers, strict=True))
    else:
        return None
    said = {item: answer for item, answer in told.items() if answer is not None}
    return known_answers(said, merged.vocabulary(merged.value), equivalence)[0]


def _notes(consistency: Floats, models: Whole, converged: bool) -> tuple[str, ...]:
    notes = []
    if np.count_nonzero(models[0]) == 1:
        notes.append("a single model: this is its majority, and the reward of test-time reinforcement learning")
    if np.nanmean(consistency > SURE) > 0.5:
        notes.append("models are near-unanimous on most items; if they were less so before, see verdict.collapse(before)")
    if not converged:
        notes.append("the model of difficulty did not converge; certainties are approximate")
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
