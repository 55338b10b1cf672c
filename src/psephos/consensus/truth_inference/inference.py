"""What do the voters say together if some of them are better than others, and how good is each?

One door to the models that learn the voters from the votes alone:

    dawid-skene   `voter_confusion`: what each voter says when the truth is k
    one-coin      `voter_accuracy`: how often each voter is right
    glad          `item_difficulty`: abilities of voters against the difficulty of items
    mace          `spammers`: voters that look, or say what they always say
    kos           `message_passing`: two choices; voters and items tell each other what they think
    agreement     `voter_agreement`: voters weighed by their agreement with the majority
    score-bias    `score_bias`: scores instead of labels; each voter's bias and variance

A fit starts from the shares of votes, so the choice of the majority decides which choice is called right: voters who
are wrong together more often than not cannot be found out by any of these. Voters that answer alike beyond what they
share with all others count less. If the votes still agree more than the fitted model explains, a note of the verdict
says so, and the certainty is read from how the votes split, as that of `majority`. See `dependence`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.dependence import Kin, dispersion, kin
from psephos.consensus.part_verdicts import PartVerdict, count_votes, in_order, joined, part_verdict
from psephos.consensus.truth_inference.beliefs import log_odds
from psephos.consensus.truth_inference.cast_votes import (
    Ballots,
    PartBallots,
    ballots_of,
    ballots_of_part,
    known_answers,
)
from psephos.consensus.truth_inference.item_difficulty import ItemDifficulty
from psephos.consensus.truth_inference.message_passing import MessagePassing
from psephos.consensus.truth_inference.model import ITEM_ANSWERS, Fitted, Parameters, TruthModel, fitted
from psephos.consensus.truth_inference.score_bias import ScoreVerdict, score_bias
from psephos.consensus.truth_inference.spammers import Spammers
from psephos.consensus.truth_inference.verdict import TruthVerdict
from psephos.consensus.truth_inference.voter_accuracy import VoterAccuracy
from psephos.consensus.truth_inference.voter_agreement import VoterAgreement
from psephos.consensus.truth_inference.voter_confusion import MOST_CELLS, MOST_CHOICES, VoterConfusion
from psephos.consensus.vote_split import choice_certainty, fit_vote_split
from psephos.consensus.voter_weights import in_words, named_weights, weights_of
from psephos.engine import Engine, Rng, generator, map_shards, open_engine, seed_of
from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.opinions.coding import text_of
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.frames import series
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Provenance, command_for, option_name
from psephos.opinions.sharding import Shards, check_opinions
from psephos.opinions.tallies import effective_votes, splits, tally

MODELS: dict[str, type[TruthModel]] = {
    model.name: model
    for model in (VoterConfusion, VoterAccuracy, ItemDifficulty, Spammers, MessagePassing, VoterAgreement)
}
ROUNDS = 500
TOLERANCE = 1e-6
PRIOR = 2.0
"""Votes that each voter (each row of its confusion) is lent from the average voter."""

RESTARTS = 4
LEAST_SUPPORT = 0.95
"""Votes behind the choices of a fit in which kin count less, as a share of those behind the choices of one without."""

LEAST_RIGHT = 0.02
"""No voter is taken to be more reliable, or less, than this where votes are weighed for the certainty."""


def truth_inference(
    opinions: Opinions | Shards,
    model: str | None = None,
    *,
    prior: float = PRIOR,
    rounds: int = ROUNDS,
    tolerance: float = TOLERANCE,
    gold: Mapping[Any, Any] | None = None,
    weights: Mapping[str, float] | None = None,
    equivalence: Equivalence = "exact",
    restarts: int = RESTARTS,
    rng: Rng = None,
    engine: int | str | Engine = 1,
) -> TruthVerdict | ScoreVerdict:
    """Find what is right and how good each voter is, from the votes alone.

    Parameters
    ----------
    opinions : Opinions or Shards
        Of kind ``labels``, ``samples`` (each draw is a vote) or ``scores``.
    model : {"dawid-skene", "one-coin", "glad", "mace", "kos", "agreement", "score-bias"}, optional
        See the module. ``"dawid-skene"`` if not given, ``"score-bias"`` for scores. With more than 200 choices, or more
        than 2**25 cells of confusion, ``"dawid-skene"`` fits ``"one-coin"`` and says so.
    prior : float, default 2
        Votes that each voter is lent from the average of all; 0 is maximum likelihood.
    rounds : int, default 500
        Most rounds of the fit.
    tolerance : float, default 1e-6
        The fit ends when a round moves the beliefs by less than this, as a share of the votes.
    gold : mapping of item to label, optional
        Answers that are known; they are taken as right and teach the model how good the voters are.
    weights : mapping of str to float, optional
        Weight of each voter, at least 0; voters not named weigh 1. They multiply the weights of the rows, if any. Only
        their ratios matter.
    equivalence : str or callable, default "exact"
        Which answers are the same; see `psephos.opinions.equivalence`.
    restarts : int, default 4
        Random starts of ``"mace"`` besides the usual one; the most probable fit counts.
    rng : int, Generator, SeedSequence or None
        Of these starts; the provenance keeps the seed.
    engine : int, str or Engine, default 1
        Where the work runs; see `psephos.engine.map_shards`. The verdict is the same everywhere.

    Returns
    -------
    TruthVerdict or ScoreVerdict
        A verdict; its `voters` have further columns: ``reliability`` (how often a voter is right) with its 95 %
        interval, and what else the model says of voters. For scores a `ScoreVerdict`.

    Raises
    ------
    InputError
        If the opinions are of another kind, no vote counts, ``"kos"`` meets more than two choices, `gold` or `weights`
        name what is not there, or an option is out of range.

    See Also
    --------
    psephos.consensus.update : the same with further votes, without starting over.
    psephos.consensus.majority : every voter counts alike.

    Examples
    --------
    >>> from psephos.opinions import from_matrix
    >>> votes = from_matrix([["a", "a", "b"], ["b", "b", "b"], ["a", "a", "b"], ["b", "b", "a"], ["a", "a", "b"]])
    >>> verdict = truth_inference(votes, "one-coin")
    >>> verdict.table()["choice"].to_list()
    ['a', 'b', 'a', 'b', 'a']
    >>> verdict.voters["reliability"].round(1).to_list()
    [0.9, 0.9, 0.4]
    """
    check_opinions(opinions)
    check_number("prior", prior, low=0)
    check_count("rounds", rounds, low=0)
    check_number("tolerance", tolerance, low=0)
    check_count("restarts", restarts, low=0)
    if opinions.kind == "scores":
        check_choice("model", model or "score-bias", ("score-bias",))
        if not isinstance(opinions, Opinions):
            raise InputError("opinions", "scores are not read in parts", hint="use psephos.read")
        for name, given in (("gold", gold), ("weights", weights)):
            if given:
                raise InputError(name, "means nothing for scores")
        return score_bias(opinions, prior=prior, rounds=rounds, tolerance=tolerance, engine=engine)
    if opinions.kind not in ("labels", "samples"):
        raise InputError("opinions", f"truth is inferred from labels, samples or scores, not {opinions.kind}")
    name = check_choice("model", model or "dawid-skene", tuple(MODELS))
    merged = opinions.merged(equivalence)
    given = named_weights(merged.vocabulary("voter"), weights)
    settings = {
        "model": name,
        "prior": prior,
        "rounds": rounds,
        "tolerance": tolerance,
        "gold": _gold(gold),
        "weights": given,
        "equivalence": equivalence,
        "restarts": restarts,
        "rng": seed_of(rng) if name == "mace" and restarts else None,
    }
    return inferred(merged, settings, engine, start=None)


def inferred(
    merged: Opinions | Shards,
    settings: Mapping[str, Any],
    engine: int | str | Engine,
    *,
    start: TruthVerdict | None,
) -> TruthVerdict:
    """Collect, fit, and put the verdict together; with `start` from the parameters of another verdict."""
    names, given = merged.vocabulary("voter"), settings["weights"]
    place = open_engine(engine)
    try:
        shared = {"opinions": merged, "voter_weight": weights_of(names, given)}
        parts = list(map_shards(_collected, merged.parts(engine), shared=shared, engine=place, label="counting votes"))
        verdicts, found = [part for part, _ in parts], [ballots for _, ballots in parts]
        if not any(len(part.voter) for part in found):
            everything = in_order(sum((part.issues for part in verdicts), merged.issues))
            reason = "weights leave no vote that counts" if given else "no vote is left"
            raise InputError(
                "weights" if given else "opinions", f"{reason}: {'; '.join(map(str, everything))}".rstrip(": ")
            )
        whole = joined(verdicts, merged)
        ballots = ballots_of(found, [part.row for part in verdicts], len(names))
        known, notes = _known(settings["gold"], whole["items"], ballots, merged.vocabulary(merged.value))
        ballots = replace(ballots, known=known)
        model, more = _model(settings, ballots)
        before = None if start is None else _translated(start, merged, ballots, whole["items"], model)
        fit = _best(model, ballots, place, settings, before)
        related = kin(ballots, names, _answers(ballots, fit)["first"])
        if related.groups:
            fit, ballots, related = _with_kin(model, ballots, place, settings, fit, names, before)
            more += related.notes()
    finally:
        if place is not engine:
            place.close()
    notes += more
    if not fit.converged and model.name != "agreement" and settings["rounds"]:
        notes.append(f"the fit still moved after {fit.rounds:,} rounds; more rounds= may change the answer")
    columns = model.voters(fit.parameters, fit.sums, ballots)
    test = dispersion(ballots, partial(model.drawn, fit.parameters, columns["reliability"]))
    notes += test.notes()
    answers = _answers(ballots, fit)
    means = model.certainty_means
    if test.found:
        answers, means, more = _of_splits(answers, ballots, columns["reliability"])
        notes += more
    _settle(whole, ballots, answers, settings["gold"])
    options = {"model": settings["model"], "prior": settings["prior"], "equivalence": settings["equivalence"]}
    if given:
        options["weights"] = in_words(given)
    shown = {"rounds": settings["rounds"], "tolerance": settings["tolerance"], "gold": len(settings["gold"])}
    command = {"method": settings["model"], "equivalence": settings["equivalence"]}
    usual = (settings["prior"], settings["rounds"], settings["tolerance"]) == (PRIOR, ROUNDS, TOLERANCE)
    plain = usual and not settings["gold"] and settings["rng"] is None and start is None
    return TruthVerdict(
        provenance=Provenance(
            "truth_inference",
            {name: option_name(value) for name, value in (options | shown).items()},
            merged.source,
            seed=settings["rng"],
            command=command_for("decide", merged.source, command | ({"weights": options["weights"]} if given else {}))
            if plain
            else "",
            notes=tuple(notes),
        ),
        certainty_means=means,
        weights=given,
        flip=partial(_flip, model=model, parameters=fit.parameters, voters=names, used=ballots.used),
        model=model,
        fitted=fit,
        ballots=ballots,
        kin=related,
        dispersion=test,
        settings=settings,
        **(whole | {"voters": _voter_table(whole["voters"], columns, names)}),
    )


def _collected(
    part: Any, *, opinions: Opinions | Shards, voter_weight: npt.NDArray[np.float64] | None
) -> tuple[PartVerdict, PartBallots]:
    """The facts of one part, with the majority where the choice of the model will stand, and its ballots."""
    count = count_votes(part, opinions, voter_weight)
    nothing = np.full(len(count.row), np.nan)
    lead = count.lead
    facts = part_verdict(
        count, first=lead.first, second=lead.second, margin=nothing, certainty=nothing, tie=lead.tied > 1
    )
    return facts, ballots_of_part(count, voter_weight)


def _gold(gold: Mapping[Any, Any] | None) -> dict[str, str]:
    """Items and answers as texts."""
    if not gold:
        return {}
    items = series("gold", list(gold)).cast(pl.String)
    answers = [text_of(answer, "gold") for answer in gold.values()]
    return {
        item: answer for item, answer in zip(items, answers, strict=True) if item is not None and answer is not None
    }


def _known(
    gold: Mapping[str, str], items: pl.Series, ballots: Ballots, choices: pl.Series
) -> tuple[npt.NDArray[np.int32] | None, list[str]]:
    """Known answers for the fit, and what is to be said of them."""
    if not gold:
        return None, []
    strays = set(gold) - set(items)
    if strays:
        raise InputError("gold", f"names {min(strays)!r:.60}, which is no item")
    unheard = sorted(set(gold.values()) - set(choices.gather(ballots.used)))
    notes = [f"{len(gold):,} known answers were taken as right"]
    if unheard:
        raise InputError(
            "gold", f"holds the answer {unheard[0]!r:.60}, which no voter gave", hint="leave such items out"
        )
    return known_answers(items, ballots, choices, gold), notes


def _model(settings: Mapping[str, Any], ballots: Ballots) -> tuple[TruthModel, list[str]]:
    """The model to fit, and a note where it is not the one asked for."""
    n_choices, name, prior = ballots.n_choices, settings["model"], settings["prior"]
    cells = ballots.n_voters * n_choices**2
    if name == "dawid-skene" and (n_choices > MOST_CHOICES or cells > MOST_CELLS):
        why = (
            f"{n_choices:,} choices by {ballots.n_voters:,} voters are too many for confusions: one accuracy per voter"
        )
        return VoterAccuracy(prior), [why]
    if name == "mace" and ballots.n_voters * n_choices > MOST_CELLS:
        raise InputError(
            "model", f"mace needs a number for each of {n_choices:,} choices of each voter", hint="use one-coin"
        )
    if name == "kos" and n_choices > 2:
        raise InputError(
            "model", f"kos decides between two choices, not {n_choices:,}", hint="use dawid-skene or one-coin"
        )
    return MODELS[name](prior), []


def _best(
    model: TruthModel, ballots: Ballots, engine: Engine, settings: Mapping[str, Any], start: Parameters | None
) -> Fitted:
    """The fit from the usual start, or of several the most probable."""
    run = partial(
        fitted,
        model,
        ballots,
        engine,
        rounds=settings["rounds"],
        tolerance=settings["tolerance"],
        label=f"fitting {model.name}",
    )
    best = run(start=model.start(ballots, None) if start is None else start)
    if settings["rng"] is not None and start is None:
        for stream in generator(settings["rng"]).spawn(settings["restarts"]):
            other = run(start=model.start(ballots, stream))
            if other.sums["evidence"] > best.sums["evidence"] + 1e-6:
                best = other
    return best


def _with_kin(
    model: TruthModel,
    ballots: Ballots,
    engine: Engine,
    settings: Mapping[str, Any],
    alone: Fitted,
    names: pl.Series,
    start: Parameters | None,
) -> tuple[Fitted, Ballots, Kin]:
    """The fit in which kin count less, if its choices have about as many votes behind them; else the one at hand.

    Kin are sought against the choices with most votes: a clique that has won the first fit has made its answers right.
    """
    related = kin(ballots, names)
    weight = np.ones(len(ballots)) if ballots.weight is None else ballots.weight
    weighed = replace(ballots, weight=weight * related.weight[ballots.voter])
    if related.groups:
        fit = _best(model, weighed, engine, settings, start)
        if _support(ballots, fit) >= LEAST_SUPPORT * _support(ballots, alone):
            return fit, weighed, related
    return alone, ballots, Kin(related.pairs.clear(), [], np.ones(len(names)))


def _support(ballots: Ballots, fit: Fitted) -> float:
    """Weight of the votes behind the choices of a fit."""
    behind = ballots.choice == np.repeat(_answers(ballots, fit)["first"], np.diff(ballots.start))
    return float(behind.sum() if ballots.weight is None else ballots.weight[behind].sum())


def _translated(
    start: TruthVerdict, merged: Opinions | Shards, ballots: Ballots, items: pl.Series, model: TruthModel
) -> Parameters | None:
    """Parameters of an earlier verdict for the voters and items of another; None where they do not carry over."""
    before = start.choices.gather(start.ballots.used)
    after = merged.vocabulary(merged.value).gather(ballots.used)
    if type(start.model) is not type(model) or not model.goes_on or before.to_list() != after.to_list():
        return None
    voter = _places(merged.vocabulary("voter"), start.opinions.vocabulary("voter"))
    item = _places(items.gather(ballots.items), start.items.gather(start.ballots.items))
    place = dict.fromkeys(model.of_voters, voter) | dict.fromkeys(model.of_items, item)
    return {
        name: _carried(value, place[name]) if name in place else value
        for name, value in start.fitted.parameters.items()
    }


def _places(names: pl.Series, before: pl.Series) -> npt.NDArray[np.int64]:
    """Where each name stood before, -1 for new ones."""
    known = {name: place for place, name in enumerate(before)}
    return np.array([known.get(name, -1) for name in names], dtype=np.int64)


def _carried(values: npt.NDArray[np.float64], place: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """The values at these places; new ones are like the average."""
    return np.concatenate([values, values.mean(axis=0, keepdims=True)])[place]


def _answers(ballots: Ballots, fit: Fitted) -> dict[str, npt.NDArray[Any]]:
    """The answers of the last step, with known ones in their place."""
    answers = {name: fit.sums[name] for name in ITEM_ANSWERS}
    if ballots.known is None:
        return answers
    given, first = ballots.known >= 0, answers["first"]
    second = np.where(given, np.where(first == ballots.known, -1, first), answers["second"])
    return {
        "first": np.where(given, ballots.known, first),
        "second": second,
        "sure": np.where(given, 1.0, answers["sure"]),
        "next": np.where(given, 0.0, answers["next"]),
        "tied": answers["tied"] & ~given,
    }


def _of_splits(
    answers: Mapping[str, npt.NDArray[Any]], ballots: Ballots, reliability: npt.NDArray[np.float64]
) -> tuple[dict[str, npt.NDArray[Any]], str, list[str]]:
    """The same answers with the certainty that the split of weighted votes gives them, what it means, and notes.

    Where voters err together the model is too sure of what they agree on. So the certainty is read from how the votes
    split, as that of `majority`, each vote weighed by the odds of its voter. Where that would rather have the runner-up
    of the model, the two readings are believed alike: choice and runner-up get the mean of their certainties.
    """
    item = ballots.item_of_ballot
    odds = np.maximum(log_odds(np.clip(reliability, LEAST_RIGHT, 1 - LEAST_RIGHT), ballots.n_choices), 0.0)
    weight = odds[ballots.voter] * (1.0 if ballots.weight is None else ballots.weight)
    if not weight.any():
        return dict(answers), "", []
    counted = tally(item.astype(np.int32), ballots.choice, len(ballots.items), ballots.n_choices, weight)
    votes = np.round(effective_votes(counted))
    split, items, which = splits(counted, votes)
    voted = split[:, 0] > 0
    model = fit_vote_split(split[voted], items[voted], ballots.n_choices)
    sure = {}
    for name in ("first", "second"):
        of_pair = np.zeros(len(ballots.items))
        mine = counted.choice == answers[name][counted.item]
        of_pair[counted.item[mine]] = votes[mine]
        said = np.bincount(counted.item[mine], minlength=len(ballots.items)) > 0
        place = np.where(said, (split[which] > of_pair[:, None]).sum(axis=1), -1)
        pairs, back = np.unique(np.stack([which, place]), axis=1, return_inverse=True)
        sure[name] = choice_certainty(model, split[pairs[0]], pairs[1])[back.ravel()]
    contested = (answers["second"] >= 0) & (sure["second"] > sure["first"])
    mean = (sure["first"] + sure["second"]) / 2
    sure = {name: np.where(contested, mean, of_name) for name, of_name in sure.items()}
    if ballots.known is not None:
        sure["first"] = np.where(ballots.known >= 0, 1.0, sure["first"])
        sure["second"] = np.where(ballots.known >= 0, 0.0, sure["second"])
    of = split[voted].sum(axis=1), items[voted]
    following = np.where(answers["second"] >= 0, sure["second"], 0.0)
    means = f"{model.certainty_means(of)}; read from the split of the votes, each weighed by its voter"
    notes = list(model.notes(of))
    if contested.any():
        notes.append(f"on {contested.sum():,} items the weighed votes favour the runner-up: both count alike")
    return {**answers, "sure": sure["first"], "next": following}, means, notes


def _settle(
    whole: dict[str, Any], ballots: Ballots, answers: Mapping[str, npt.NDArray[Any]], gold: Mapping[str, str]
) -> None:
    """Put the answers into the fields of the verdict."""
    n_items, first, second = len(whole["items"]), answers["first"], answers["second"]
    code = np.append(ballots.used, np.full(max(0, ballots.n_choices - len(ballots.used)), -1, np.int32))

    def spread(values: npt.NDArray[Any], empty: Any) -> npt.NDArray[Any]:
        filled = np.full(n_items, empty, dtype=values.dtype)
        filled[ballots.items] = values
        return filled

    behind = ballots.choice == np.repeat(first, np.diff(ballots.start))
    votes = behind.astype(np.int64) if ballots.count is None else behind * ballots.count
    support = np.add.reduceat(votes, ballots.start[:-1])
    whole["choice"] = spread(code[first], -1).astype(np.int32)
    whole["runner_up"] = spread(np.where(second >= 0, code[second], -1), -1).astype(np.int32)
    whole["certainty"] = spread(answers["sure"], np.nan)
    whole["margin"] = spread(answers["sure"] - answers["next"], np.nan)
    whole["support"] = spread(support.astype(np.int32), 0)
    whole["flags"] = {**whole["flags"], "tie": spread(answers["tied"], False)}
    if gold:
        whole["flags"]["known answer"] = whole["items"].is_in(list(gold)).to_numpy()


def _voter_table(table: pl.DataFrame, columns: Mapping[str, npt.NDArray[np.float64]], names: pl.Series) -> pl.DataFrame:
    """The voters with what the model says of them."""
    learnt = pl.DataFrame({"voter": names, **columns})
    return table.join(learnt, on="voter", how="left", maintain_order="left").with_columns(
        pl.when(pl.col("votes") > 0).then(pl.col(name)).alias(name) for name in columns
    )


def _flip(
    rows: pl.DataFrame,
    choice: int,
    choices: pl.Series,
    *,
    model: TruthModel,
    parameters: Parameters,
    voters: pl.Series,
    used: npt.NDArray[np.int32],
) -> str:
    """Without whom the choice would be another, in words: the strongest supporters are taken away one by one."""
    votes = [
        (voter, code, weight / max(len(names), 1))
        for code, weight, names in rows.select("code", "weight", "voters").iter_rows()
        if code >= 0 and weight > 0
        for voter in names
    ]
    place = {name: number for number, name in enumerate(voters)}
    voter = np.array([place[name] for name, _, _ in votes], dtype=np.int32)
    said = np.searchsorted(used, [code for _, code, _ in votes]).astype(np.int32)
    mine = int(np.searchsorted(used, choice))
    if not votes or used[min(mine, len(used) - 1)] != choice:
        return "the choice is a known answer"
    logs = model.said(parameters, voter, said) * np.array([weight for _, _, weight in votes])[:, None]
    share = parameters.get("share")
    total = logs.sum(axis=0) + (0.0 if share is None else np.log(share))
    rival = np.delete(np.arange(len(total)), mine)
    if len(rival) == 0 or total[rival].max() > total[mine] + EQUAL:
        return "other facts than the votes on this item decide it"
    gone: list[str] = []
    best = int(rival[np.argmax(total[rival])])
    left = list(range(len(votes)))
    while left:
        gain = [logs[at, mine] - logs[at, best] for at in left]
        at = left.pop(int(np.argmax(gain)))
        total = total - logs[at]
        gone.append(votes[at][0])
        best = int(rival[np.argmax(total[rival])])
        if total[best] > total[mine] + EQUAL:
            other = repr(choices[int(used[best])]) if best < len(used) else "another"
            return f"without {_listed(gone)} the choice would be {other}"
    return "no voter less would change it"


EQUAL = 1e-9
_NAMED = 5


def _listed(names: list[str]) -> str:
    if len(names) > _NAMED:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED:,} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
