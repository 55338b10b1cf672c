"""How far is each source to be trusted, when nobody knows the right answers?

Sources that agree with what most reliable sources say are reliable. Start with equal weights v and repeat

    y_j = argmax_a sum_i v_i [a_ij = a],        the weighted vote on item j,
    w_i = #{j : a_ij = y_j} / #{j : a_ij given},        the reliability of source i,
    v_i = L w_i - 1,        its weight: 0 at chance level 1 / L, negative below,

until nothing changes; L is the number of possible answers. With ``weights="logodds"`` the last line is
v_i = log((L - 1) w_i / (1 - w_i)) with one agreement and one disagreement added, the weight under errors of one coin
per source, of which L w - 1 is a linear stand-in. With `leave_one_out` a source is compared with the winner without
itself, which matters for fewer than some seven sources.

Sources: sheet 16; Li and Yu (2014), arXiv 1411.4086 (iterative weighted majority voting); Hwang and others (2024),
arXiv 2410.22954 (the same inside retrieval). Differs: scores are equal if they differ by no more than rounding of the
largest weight explains; a cycle of any length is averaged, not only one of two; the mean number of distinct answers
counts as at least 2; the certainty (see `coin_certainty`), copies and resamples are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from functools import partial
from typing import cast

import numpy as np

from psephos.consensus.ballots import Floats
from psephos.consensus.known_answers import known_answers, told
from psephos.consensus.sources.coin_certainty import fit_coins, odds_of
from psephos.consensus.sources.copies import find_copies, one_vote_each
from psephos.consensus.sources.resamples import resampled
from psephos.consensus.sources.rounds import Electorate, Rest, counts, settle, sizes
from psephos.consensus.sources.tables import notes_on, source_table
from psephos.consensus.sources.verdict import SourceVerdict
from psephos.consensus.sources.weighted_vote import COIN_MEANS, check_labels, vote_part, weighted_fields
from psephos.consensus.sources.weights import WEIGHTS, WeightMap
from psephos.engine import Engine, Rng, map_shards, open_engine, seed_of
from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Provenance, command_for, option_name
from psephos.opinions.sharding import Shards, all_issues

COPIES = ("report", "share")


def source_reliability(
    opinions: Opinions | Shards,
    *,
    classes: str | int = "sources",
    weights: str = "linear",
    clip_negative: bool = False,
    gold: Mapping[str, str] | None = None,
    gold_weight: float = 1.0,
    prior: Mapping[str, float] | SourceVerdict | None = None,
    leave_one_out: bool = False,
    copies: str = "report",
    min_answers: int = 5,
    repeats: int = 0,
    equivalence: Equivalence = "exact",
    rng: Rng = 0,
    engine: int | str | Engine = 1,
) -> SourceVerdict:
    """Learn how reliable each source is from how the sources agree, and decide with these weights.

    Parameters
    ----------
    opinions : Opinions or Shards
        Of kind ``labels``: voters are the sources, an abstention is a source that is silent.
    classes : {"sources", "distinct"} or int, default "sources"
        The number L of possible answers: that of the sources (open questions cannot have more), the mean number of
        distinct answers to an item (at least 2), or a number for closed sets.
    weights : {"linear", "logodds"}, default "linear"
        How a reliability becomes a weight.
    clip_negative : bool, default False
        Whether a source below chance weighs 0 instead of against what it says.
    gold : mapping of str to str, optional
        Known answers by item: they are the verdict there. What the table about items says is not used by itself, so
        that a verdict can be held against it.
    gold_weight : float, default 1
        How often such an item counts in the reliabilities.
    prior : mapping of str to float, or SourceVerdict, optional
        Reliability of each source to start from, or the verdict before more opinions came; sources not named start at
        the mean of the others. It saves rounds, and decides between equally good ends.
    leave_one_out : bool, default False
        Compare each source with the verdict of the others; two sources always are.
    copies : {"report", "share"}, default "report"
        Name sources that seem to copy from each other, or also let those that are wrong together share one vote
        (opinions in memory only). See `psephos.consensus.sources.copies`.
    min_answers : int, default 5
        Sources with fewer answers are flagged ``"thin"``.
    repeats : int, default 0
        Resamples of the items, to say how far choices and reliabilities hang on which items were asked (opinions in
        memory only).
    equivalence : str or callable, default "exact"
        Which answers are the same; see `psephos.opinions.equivalence`.
    rng : int, Generator, SeedSequence or None, default 0
        Seed of the resamples.
    engine : int, str or Engine, default 1
        Where the work runs; see `psephos.engine.map_shards`. The verdict is the same everywhere.

    Returns
    -------
    SourceVerdict
        A verdict; its `voters` have the reliability of each source with a 95 % interval, and its weight.

    Raises
    ------
    InputError
        Of the argument ``sources`` if there are fewer than two, ``queries`` if nothing is answered, or that of an
        option that does not fit.

    See Also
    --------
    psephos.consensus.choose_sources : which sources to ask.
    psephos.consensus.weighted_vote : decide other items with these weights.
    psephos.consensus.majority : every voter alike.

    Examples
    --------
    >>> from psephos.opinions import from_matrix
    >>> rows = ["0012", "0001", "100-", "0-11", "0021", "-011"]
    >>> said = from_matrix([[None if answer == "-" else answer for answer in row] for row in rows])
    >>> verdict = source_reliability(said)
    >>> verdict.reliability.round(3), verdict.weight.round(3), verdict.rounds
    (array([0.6  , 0.8  , 0.667, 0.4  ]), array([1.4  , 2.2  , 1.667, 0.6  ]), 2)
    """
    check_labels(opinions, "source_reliability")
    check_choice("weights", weights, WEIGHTS)
    check_choice("copies", copies, COPIES)
    check_count("min_answers", min_answers, low=0)
    check_count("repeats", repeats, low=0)
    check_number("gold_weight", gold_weight, low=0)
    if isinstance(opinions, Shards) and (copies == "share" or repeats):
        raise InputError("copies" if copies == "share" else "repeats", "needs opinions in memory", hint="use read")
    if isinstance(classes, str):
        check_choice("classes", classes, ("sources", "distinct"))
    else:
        check_count("classes", classes, low=2)
    seed = seed_of(rng) if repeats else None
    merged = opinions.merged(equivalence)
    voters = merged.vocabulary("voter")
    if len(voters) < 2:
        raise InputError("sources", f"must be at least 2 to be compared, got {len(voters)}")
    leave_one_out |= len(voters) == 2  # else the source that comes first would win each tie, and seem more reliable
    known, choices = (
        (None, merged.vocabulary(merged.value))
        if gold is None
        else known_answers(told(gold), merged.vocabulary(merged.value), equivalence)
    )
    place = open_engine(engine)
    with nullcontext() if place is engine else place:
        cut = merged.parts(engine)
        electorate = Electorate.of(merged, known, place, cut)
        n_classes = _classes(classes, electorate, len(voters))
        weigh = WeightMap(n_classes, weights, clip_negative, float(gold_weight))
        start = weigh.start(prior, voters)

        def settled(electorate: Electorate) -> tuple[Rest, Floats]:
            rest = settle(partial(_count, electorate, leave_one_out=leave_one_out), weigh, start)
            return rest, _count(electorate, rest.weight, leave_one_out=leave_one_out)

        rest, counted = settled(electorate)
        if not counted[[1, 3]].any() and not _count(electorate, rest.weight, leave_one_out=False)[[1, 3]].any():
            raise InputError("queries", all_issues(merged, cut).explain("no item has an answer"))
        table, cluster, notes = find_copies(electorate, rest.weight, n_classes, voters, copies)
        if copies == "share" and len(np.unique(cluster)) < len(cluster):
            merged = one_vote_each(cast("Opinions", merged), cluster)
            electorate = Electorate.of(merged, known, place, cut)
            rest, counted = settled(electorate)
        full = _count(electorate, rest.weight, leave_one_out=False) if leave_one_out else counted
        coins = fit_coins(electorate, full, weigh)
        odds = odds_of(coins, weigh)
        shared = {"opinions": merged, "weight": rest.weight, "odds": odds, "classes": n_classes, "known": known}
        parts = list(map_shards(vote_part, cut, shared=shared, engine=place, label="weighing votes"))
        again = (
            resampled(electorate, rest.weight, start, weigh, leave_one_out, repeats, seed)
            if repeats and seed is not None
            else None
        )
    options: dict[str, object] = {
        "classes": classes,
        "weights": weights,
        "clip_negative": clip_negative,
        "leave_one_out": leave_one_out,
        "copies": copies,
        "equivalence": option_name(equivalence),
    }
    options |= {} if gold is None else {"gold": len(gold), "gold_weight": gold_weight}
    options |= {"repeats": repeats} if repeats else {}
    asked = {"classes": "sources", "weights": "linear", "clip_negative": False, "leave_one_out": False}
    plain = all(options[name] == usual for name, usual in asked.items())
    plain &= gold is None and prior is None and not repeats
    command = {"method": "source-reliability", "equivalence": equivalence}
    command |= {} if copies == "report" else {"copies": copies}
    fields = weighted_fields(parts, merged, rest.weight) | {"choices": choices}
    return SourceVerdict(
        provenance=Provenance(
            "source reliability",
            options,
            merged.source,
            seed=seed,
            command=command_for("decide", merged.source, command) if plain else "",
            notes=(*notes_on(rest, counted, gold, int(fields["flags"]["known"].sum())), *notes),
        ),
        certainty_means=COIN_MEANS,
        settings={
            "classes": classes,
            "weights": weights,
            "clip_negative": clip_negative,
            "gold": gold,
            "gold_weight": gold_weight,
            "leave_one_out": leave_one_out,
            "copies": copies,
            "min_answers": min_answers,
            "repeats": repeats,
            "equivalence": equivalence,
            "rng": 0 if seed is None else seed,
        },
        sources=source_table(voters, counted, weigh, rest.weight, coins, min_answers, table, again),
        trace=rest.trace,
        converged=rest.converged,
        classes=n_classes,
        stability=None if again is None else again.stability,
        copies=table,
        **fields,
    )


def _count(electorate: Electorate, weight: Floats, *, leave_one_out: bool) -> Floats:
    """The four counts of each source over all parts."""
    found = electorate.each(counts, weight=weight, leave_one_out=leave_one_out)
    return np.asarray(np.sum(found, axis=0))


def _classes(classes: str | int, electorate: Electorate, n_sources: int) -> float:
    """The number of possible answers."""
    if classes == "sources":
        return float(n_sources)
    if classes != "distinct":
        return float(classes)
    pairs, items = np.sum(electorate.each(sizes), axis=0)
    return max(2.0, float(pairs) / max(int(items), 1))
