"""What do most voters say?

The choice of an item is the one with the most weight behind it,

    choice_i = argmax_c sum_v w_v [x_iv = c],        x_iv the choice of voter v on item i, w_v its weight (1),

and the certainty is the probability that it is right under a model in which items differ in difficulty (`vote_split`).
Votes are counted per part of the data, counts are added up, and the model sees only how often each split of votes
occurs; so the verdict is the same however the data are cut, and its cost is one pass over the votes.

Source: the oldest rule there is. Ours: the certainty, and that nothing depends on the order of rows or voters.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.vote_split import fit_vote_split, leader_certainty
from psephos.engine import Engine, map_shards
from psephos.errors import InputError, check_choice, check_number
from psephos.opinions.coding import text_of
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.issues import SET_ASIDE, Issues
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Provenance, Verdict, command_for
from psephos.opinions.packing import pack, pack_issues, unpack, unpack_issues
from psephos.opinions.sharding import Shards
from psephos.opinions.tallies import EQUAL_WEIGHTS, Leaders, Tally, leaders, merge_splits, splits, tally
from psephos.statistics import wilson_interval

TIES = ("first", "none")
RULES = ("plurality", "strict")
CERTAINTY_MEANS = (
    "probability that the choice is right, if voters are alike and items differ in difficulty; "
    "votes that were copied from each other make it too high"
)
FLAGS = ("tie", "no majority", "single vote", "no votes")
_EFFECTIVE_DIGITS = 3


def majority(
    opinions: Opinions | Shards,
    *,
    weights: Mapping[str, float] | None = None,
    ties: str = "first",
    rule: str = "plurality",
    equivalence: Equivalence = "exact",
    engine: int | str | Engine = 1,
    resume: str | os.PathLike[str] | None = None,
) -> Verdict:
    """Take the choice with the most votes on each item.

    Parameters
    ----------
    opinions : Opinions or Shards
        Of kind ``labels``, or ``samples`` (each draw is a vote).
    weights : mapping of str to float, optional
        Weight of each voter, at least 0; voters not named weigh 1. They multiply the weights of the rows, if any.
    ties : {"first", "none"}, default "first"
        What an item gets whose first place is shared: the first of the tied choices in natural order, or none. It is
        flagged ``"tie"`` either way.
    rule : {"plurality", "strict"}, default "plurality"
        ``"strict"``: no choice unless more than half of the weight of all who were asked, abstainers included, is
        behind it. Such items are flagged ``"no majority"`` under either rule.
    equivalence : str or callable, default "exact"
        Which answers are the same; see `psephos.opinions.equivalence`.
    engine : int, str or Engine, default 1
        Where the work runs; see `psephos.engine.map_shards`. The verdict is the same everywhere.
    resume : path, optional
        Folder that keeps each counted part, so that the same call after an interruption counts only the rest.

    Returns
    -------
    Verdict

    Raises
    ------
    InputError
        If the opinions have no choices, no vote counts, a weight is negative or names an unknown voter, or an option is
        unknown.

    See Also
    --------
    psephos.consensus.against_gold : how right the verdict is where the truth is known.

    Examples
    --------
    >>> from psephos.opinions import labels
    >>> verdict = majority(labels(["a", "a", "a", "b", "b"], ["x", "y", "z", "x", "y"], [1, 1, 2, 2, 1]))
    >>> verdict.table().select("item", "choice", "votes", "support", "flags").rows()
    [('a', '1', 3, 2, ''), ('b', '1', 2, 1, 'tie; no majority')]
    """
    check_choice("ties", ties, TIES)
    check_choice("rule", rule, RULES)
    if opinions.kind not in ("labels", "samples"):
        raise InputError("opinions", f"majority counts labels or samples, not {opinions.kind}")
    merged = opinions.merged(equivalence)
    given = _named_weights(merged.vocabulary("voter"), weights)
    shared = {"opinions": merged, "voter_weight": _voter_weights(merged.vocabulary("voter"), given)}
    job = None if resume is None else {"input": merged.sha256, "weights": given}
    count = _count_part if resume is None else _count_part_to_keep
    parts = list(
        map_shards(
            count,
            merged.parts(engine),
            shared=shared,
            engine=engine,
            label="counting votes",
            resume=resume,
            job=job,
        )
    )
    if resume is not None:
        parts = [_as_counted(part) for part in parts]
    by_voter = np.sum([part["by_voter"] for part in parts], axis=0)
    issues = sum((part["issues"] for part in parts), merged.issues)
    if not by_voter[0].any():
        raise _no_vote(by_voter, given, issues)
    converged = _add_certainty(parts)
    items, whole = _joined(parts)
    if isinstance(merged, Shards):
        issues += merged.issues_with(items)
    flags = {name: (whole["flags"] & (1 << bit)).astype(bool) for bit, name in enumerate(FLAGS)}
    undecided = flags["no votes"] | (flags["tie"] & (ties == "none")) | (flags["no majority"] & (rule == "strict"))
    whole["first"][undecided] = -1
    whole["certainty"][undecided] = np.nan
    options = {"method": "majority", "ties": ties, "rule": rule, "equivalence": equivalence}
    if given:
        options["weights"] = _in_words(given)
    parameters = {name: _name(value) for name, value in options.items() if name != "method"}
    notes = () if converged else ("the model of difficulty did not converge; certainties are approximate",)
    return Verdict(
        provenance=Provenance(
            "majority",
            parameters,
            merged.source,
            command=command_for("decide", merged.source, options),
            notes=notes,
        ),
        opinions=merged,
        items=items,
        choices=merged.vocabulary(merged.value),
        choice=whole["first"],
        runner_up=whole["second"],
        certainty=whole["certainty"],
        margin=whole["margin"],
        votes=whole["votes"],
        support=whole["support"],
        flags=flags,
        voters=_voter_table(merged, by_voter),
        certainty_means=CERTAINTY_MEANS,
        weights=given,
        issues=_ordered(issues),
    )


_PER_ITEM = ("row", "first", "second", "margin", "votes", "support", "flags", "certainty")


def _count_part(
    part: Any, *, opinions: Opinions | Shards, voter_weight: npt.NDArray[np.float64] | None
) -> dict[str, Any]:
    """Everything that the verdict needs of one part of the data, which holds all votes on its items."""
    votes, row = opinions.load(part)
    item, voter, choice = votes.codes("item"), votes.codes("voter"), votes.codes(votes.value)
    n_items = votes.size("item")
    weight = votes.weights()
    if voter_weight is not None:
        weight = voter_weight[voter] * (1.0 if weight is None else weight)
    if weight is not None:
        weight = np.ldexp(weight, -np.frexp(weight.max(initial=0.0))[1])
    counting = choice if weight is None else np.where(weight > 0, choice, np.int32(-1))
    counted = tally(item, counting, n_items, votes.size(votes.value), weight)
    lead = leaders(counted)
    split, items_with, which = splits(counted, counted.votes)
    effective = (split, which) if weight is None else _effective_splits(counted)
    winning = counted.choice == lead.first[counted.item]
    support = np.zeros(n_items, dtype=np.int32)
    support[counted.item[winning]] = counted.votes[winning]
    cast = counted.per_item(counted.weight)
    asked = np.bincount(item, weights=weight, minlength=n_items)
    number = counted.per_item(counted.votes).astype(np.int32)
    no_majority = (number > 0) & (2 * lead.first_weight <= asked * (1 + EQUAL_WEIGHTS))
    flags = np.stack([lead.tied > 1, no_majority, number == 1, number == 0])
    gap = lead.first_weight - lead.second_weight
    return {
        "items": votes.vocabulary("item"),
        "row": row,
        "issues": votes.issues,
        "first": lead.first,
        "second": lead.second,
        "margin": np.divide(gap, cast, out=np.full(n_items, np.nan), where=cast > 0),
        "votes": number,
        "support": support,
        "flags": (flags << np.arange(len(FLAGS))[:, None]).sum(axis=0).astype(np.uint8),
        "chosen": np.unique(counted.choice),
        "split": split,
        "items_with": items_with,
        "effective": effective[0],
        "which": effective[1].astype(np.int32),
        "by_voter": _agreement_by_voter(votes.size("voter"), voter, weight, counted, lead),
    }


def _count_part_to_keep(part: Any, **shared: Any) -> dict[str, Any]:
    """What `_count_part` finds, all of it as arrays."""
    counted = _count_part(part, **shared)
    items, issues = pack(counted["items"].to_frame()), pack_issues(counted["issues"])
    return {**counted, "items": items, "issues": issues}


def _as_counted(kept: dict[str, Any]) -> dict[str, Any]:
    """What `_count_part` found, from what was kept of it."""
    return {**kept, "items": unpack(kept["items"]).to_series(), "issues": unpack_issues(kept["issues"])}


def _add_certainty(parts: list[dict[str, Any]]) -> bool:
    """Give each part the certainty of its leaders, computed once for each split that occurs in any part."""
    n_choices = max(2, len(np.unique(np.concatenate([part.pop("chosen") for part in parts]))))
    split, items, _ = merge_splits([part["split"] for part in parts], [part["items_with"] for part in parts])
    voted = split[:, 0] > 0
    model = fit_vote_split(split[voted], items[voted], n_choices)
    effective = [part.pop("effective") for part in parts]
    split, _, place = merge_splits(effective, [np.ones(len(rows), dtype=np.int64) for rows in effective])
    certainty = leader_certainty(model, split)[place]
    start = 0
    for part, rows in zip(parts, effective, strict=True):
        part["certainty"] = certainty[start + part.pop("which")]
        start += len(rows)
    return model.converged


def _joined(parts: list[dict[str, Any]]) -> tuple[pl.Series, dict[str, npt.NDArray[Any]]]:
    """What the parts say about their items, in the order of the first rows; the parts are used up."""
    items = pl.concat([part.pop("items") for part in parts]).alias("item")
    whole = {name: np.concatenate([part.pop(name) for part in parts]) for name in _PER_ITEM}
    row = whole.pop("row")
    if np.any(row[1:] < row[:-1]):
        order = np.argsort(row, kind="stable")
        return items.gather(order), {name: values[order] for name, values in whole.items()}
    return items, whole


def _effective_splits(counted: Tally) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Splits of weighted votes as if of equal ones: scaled so that an item has (sum w)^2 / sum w^2 votes."""
    squares = counted.per_item(counted.squares)
    scale = np.divide(counted.per_item(counted.weight), squares, out=np.zeros(len(squares)), where=squares > 0)
    split, _, which = splits(counted, np.round(counted.weight * scale[counted.item], _EFFECTIVE_DIGITS))
    return split, which


def _agreement_by_voter(
    n_voters: int,
    voter: npt.NDArray[np.int32],
    weight: npt.NDArray[np.float64] | None,
    counted: Tally,
    lead: Leaders,
) -> npt.NDArray[np.int64]:
    """Per voter: votes, abstentions, items compared, and twice the items on which the others lead with its choice.

    A voter is compared with the leader among the other voters, so that it does not agree with itself; sharing the lead
    counts half. Whole numbers, so that parts add up exactly.
    """
    cast = counted.pair >= 0
    if weight is None:
        standing = _standing_without(counted, lead, np.arange(len(counted.choice)), 1.0)[counted.pair[cast]]
    else:
        standing = _standing_without(counted, lead, counted.pair[cast], weight[cast])
    kinds = 4
    found = np.bincount(voter[cast].astype(np.int64) * kinds + standing, minlength=kinds * n_voters)
    alone, behind, level, ahead = found.reshape(n_voters, kinds).T
    abstentions = np.bincount(voter[~cast], minlength=n_voters)
    compared = behind + level + ahead
    return np.stack([alone + compared, abstentions, compared, level + 2 * ahead])


def _standing_without(
    counted: Tally, lead: Leaders, pair: npt.NDArray[np.int64], own: npt.NDArray[np.float64] | float
) -> npt.NDArray[np.int64]:
    """How a choice stands on its item once a vote of weight `own` for it is taken away.

    1 behind the best of the others, 2 level with it, 3 ahead of it, 0 where nothing else was cast.
    """
    item = counted.item[pair]
    mine = counted.weight[pair] - own
    leading = lead.first[item] == counted.choice[pair]
    rival = np.where(leading, lead.second_weight[item], lead.first_weight[item])
    slack = EQUAL_WEIGHTS * lead.first_weight[item]
    alone = (mine <= slack) & (rival <= slack)
    return np.where(alone, 0, 1 + (mine >= rival - slack).astype(np.int64) + (mine > rival + slack))


def _voter_table(opinions: Opinions | Shards, by_voter: npt.NDArray[np.int64]) -> pl.DataFrame:
    present = by_voter[:2].any(axis=0)
    votes, abstentions, compared, ahead = by_voter[:, present]
    agreement = np.divide(ahead / 2, compared, out=np.full(len(votes), np.nan), where=compared > 0)
    low, high = wilson_interval(ahead / 2, compared)
    names = opinions.vocabulary("voter").filter(pl.Series(present))
    table = pl.DataFrame(
        {
            "voter": names,
            "votes": votes,
            "abstentions": abstentions,
            "compared": compared,
            "agreement": agreement,
            "low": np.where(compared > 0, low, np.nan),
            "high": np.where(compared > 0, high, np.nan),
        }
    ).with_columns(pl.col("agreement", "low", "high").fill_nan(None))
    group = opinions.about.column("voters", "group", names)
    return table if group is None else table.insert_column(1, group.alias("group"))


def _named_weights(voters: pl.Series, weights: Mapping[str, float] | None) -> dict[str, float]:
    given = {
        text_of(name, "weights") or "": check_number("weights", value, low=0) for name, value in (weights or {}).items()
    }
    unknown = set(given) - set(voters)
    if unknown:
        raise InputError("weights", f"names {min(unknown)!r:.60}, which is no voter")
    return given


def _voter_weights(voters: pl.Series, weights: Mapping[str, float]) -> npt.NDArray[np.float64] | None:
    return np.array([weights.get(name, 1.0) for name in voters]) if weights else None


def _no_vote(by_voter: npt.NDArray[np.int64], weights: Mapping[str, float], issues: Issues) -> InputError:
    """Why there is nothing to decide."""
    if not by_voter.any():
        return InputError("opinions", f"no row is left: {'; '.join(map(str, _ordered(issues)))}")
    if weights:
        return InputError("weights", "leave no vote that counts")
    return InputError("opinions", "every voter abstained on every item, or its vote has no weight")


def _ordered(issues: Issues) -> Issues:
    """The issues of all parts, in an order that does not depend on the parts."""
    return Issues(tuple(sorted(issues.merged(), key=lambda one: (one.action != SET_ASIDE, one.source, one.reason))))


def _in_words(weights: Mapping[str, float]) -> str:
    """Weights as the command line takes them: one line of CSV, every digit kept."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([f"{name}={value!r}" for name, value in weights.items()])
    return line.getvalue()


def _name(option: object) -> str:
    return getattr(option, "__name__", "a function") if callable(option) else str(option)
