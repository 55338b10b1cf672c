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
says so, and the certainty is read from how the votes split, as that of `majority`. See `dependence` and
`overdispersion`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.dependence import kin
from psephos.consensus.overdispersion import dispersion
from psephos.consensus.part_verdicts import PartVerdict, count_votes, joined, part_verdict
from psephos.consensus.truth_inference.answers import UNHEARD, answers_of, answers_of_splits, settle
from psephos.consensus.truth_inference.cast_votes import PartBallots, ballots_of, ballots_of_part
from psephos.consensus.truth_inference.decisive_voters import without_whom
from psephos.consensus.truth_inference.fitting import MODELS, best_fit, carried_over, fit_with_kin, model_for, undecided
from psephos.consensus.truth_inference.given_answers import gold_texts, known_codes
from psephos.consensus.truth_inference.held_choices import MEANS, held_choices
from psephos.consensus.truth_inference.score_bias import ScoreVerdict, score_bias
from psephos.consensus.truth_inference.verdict import TruthVerdict
from psephos.consensus.voter_weights import in_words, named_weights, weights_of
from psephos.engine import Engine, Rng, map_shards, open_engine, seed_of
from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Provenance, command_for, option_name
from psephos.opinions.sharding import Shards, check_opinions
from psephos.opinions.wording import plural

ROUNDS = 500
TOLERANCE = 1e-6
PRIOR, PRIOR_OF_SCORES = 8.0, 2.0
"""Votes that each voter (each row of its confusion) is lent from the average voter; rows of average variance.

A fit takes the estimated voters as known. With fewer lent votes a voter of few votes is believed too much, and the
certainty of a crowd in which each has some fifty is too high; nothing is lost where voters have many.
"""

RESTARTS = 4


def truth_inference(
    opinions: Opinions | Shards,
    model: str | None = None,
    *,
    prior: float | None = None,
    rounds: int = ROUNDS,
    tolerance: float = TOLERANCE,
    gold: Mapping[Any, Any] | None = None,
    weights: Mapping[str, float] | None = None,
    equivalence: Equivalence = "exact",
    restarts: int = RESTARTS,
    rng: Rng = 0,
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
    prior : float, optional
        Votes that each voter is lent from the average of all, 8 if not given (2 of scores); 0 is maximum likelihood.
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
    rng : int, Generator, SeedSequence or None, default 0
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
    [0.8, 0.8, 0.5]
    """
    check_opinions(opinions)
    if prior is None:
        prior = PRIOR_OF_SCORES if opinions.kind == "scores" else PRIOR
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
                raise InputError(name, "means nothing for scores", hint="leave it out")
        usual = (prior, rounds, tolerance) == (PRIOR_OF_SCORES, ROUNDS, TOLERANCE)
        command = command_for("decide", opinions.source, {"method": "score-bias"}) if usual else ""
        return score_bias(opinions, prior=prior, rounds=rounds, tolerance=tolerance, engine=engine, command=command)
    if opinions.kind not in ("labels", "samples"):
        raise InputError(
            "opinions",
            f"truth is inferred from labels, samples or scores, not {opinions.kind}",
            hint="decide takes transcripts, rank takes rankings",
        )
    name = check_choice("model", model or "dawid-skene", tuple(MODELS))
    merged = opinions.merged(equivalence)
    given = named_weights(merged.vocabulary("voter"), weights)
    settings = {
        "model": name,
        "prior": prior,
        "rounds": rounds,
        "tolerance": tolerance,
        "gold": gold_texts(gold),
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
    """Collect, fit, and put the verdict together.

    Parameters
    ----------
    merged : Opinions or Shards
        With equivalent answers made one.
    settings : mapping
        What was asked for, checked.
    engine : int, str or Engine
        Where the passes run.
    start : TruthVerdict or None
        A verdict from whose parameters the fit starts, if they carry over.

    Raises
    ------
    InputError
        `opinions` or `weights`: no vote is left that counts.
    """
    names, given = merged.vocabulary("voter"), settings["weights"]
    place = open_engine(engine)
    try:
        shared = {"opinions": merged, "voter_weight": weights_of(names, given)}
        parts = list(map_shards(_collected, merged.parts(engine), shared=shared, engine=place, label="counting votes"))
        verdicts, found = [part for part, _ in parts], [ballots for _, ballots in parts]
        if not any(len(part.voter) for part in found):
            everything = sum((part.issues for part in verdicts), merged.issues)
            reason = "weights leave no vote that counts" if given else "no vote is left"
            raise InputError("weights" if given else "opinions", everything.explain(reason))
        whole = joined(verdicts, merged)
        ballots = ballots_of(found, [part.row for part in verdicts], len(names))
        known, notes = known_codes(settings["gold"], whole["items"], ballots, merged.vocabulary(merged.value))
        ballots = replace(ballots, known=known)
        model, more = model_for(settings, ballots)
        before = None if start is None else carried_over(start, merged, ballots, whole["items"], model)
        fit = best_fit(model, ballots, place, settings, before)
        related = kin(
            ballots, names, answers_of(ballots, fit)["first"], model.chances_of_errors(fit.parameters, ballots)
        )
        if related.groups:
            fit, ballots, related = fit_with_kin(model, ballots, place, settings, fit, names, before)
            more += related.notes()
        answers = answers_of(ballots, fit)
        columns = model.voters(fit.parameters, fit.sums, ballots)
        reliability, means = columns["reliability"], model.certainty_means
        if not model.probable:
            answers, reliability = held_choices(ballots, answers, place, settings)
            means = MEANS
    finally:
        if place is not engine:
            place.close()
    notes += more
    if not fit.converged and model.name != "agreement" and settings["rounds"]:
        notes.append(f"the fit still moved after {fit.rounds:,} rounds; more rounds= may change the answer")
    test = dispersion(ballots, partial(model.drawn, fit.parameters, reliability), in_shape=model.of_items != ())
    notes += test.notes()
    if test.found:
        notes += [] if related.groups else undecided(model, ballots, fit, names)
        answers, means, more = answers_of_splits(answers, ballots, reliability)
        notes += more
    settle(whole, ballots, answers, settings["gold"])
    unheard = int(whole["flags"][UNHEARD].sum())
    if unheard:
        notes.append(f"on {plural(unheard, 'item')} the choice is one that nobody gave there")
    options = {"model": settings["model"], "prior": settings["prior"], "equivalence": settings["equivalence"]}
    if given:
        options["weights"] = in_words(given)
    shown = {"rounds": settings["rounds"], "tolerance": settings["tolerance"], "gold": len(settings["gold"])}
    command = {"method": settings["model"], "equivalence": settings["equivalence"]}
    usual = (settings["prior"], settings["rounds"], settings["tolerance"]) == (PRIOR, ROUNDS, TOLERANCE)
    plain = usual and not settings["gold"] and settings["rng"] in (None, 0) and start is None
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
        flip=partial(without_whom, model=model, parameters=fit.parameters, voters=names, used=ballots.used),
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
    return facts, ballots_of_part(count)


def _voter_table(table: pl.DataFrame, columns: Mapping[str, npt.NDArray[np.float64]], names: pl.Series) -> pl.DataFrame:
    """The voters with what the model says of them."""
    learnt = pl.DataFrame({"voter": names, **columns})
    return table.join(learnt, on="voter", how="left", maintain_order="left").with_columns(
        pl.when(pl.col("votes") > 0).then(pl.col(name)).alias(name) for name in columns
    )
