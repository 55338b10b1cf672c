"""What do several transcripts of one recording say together, word by word?

Tokens become keys (`keys`), each clip's transcripts are merged into a confusion network (`network`), each column elects
a key or no word (`column_votes`), disagreement is told apart (`disagreement`), voters are rated against the others
(`psephos.agreement.jackknife`), and the doubtful places are put in the order in which to listen to them (`spans`). The
certainty of a column comes from how often majorities of its size were wrong (`calibration`).

Source: sheet 01, after Karbalaie, Seoane, Abtahi (2026), arXiv 2604.14152, and Fiscus (1997). Differs: every formula is
a reconstruction, for only the abstract of the former could be read.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.agreement.bands import HIGH, NEAR, TIES, band_limits, band_of
from psephos.agreement.icc import IntraclassCorrelation, intraclass_correlation, undefined
from psephos.agreement.jackknife import Jackknife, jackknife
from psephos.consensus.calibration import ENOUGH, FOLDS, SHIPPED, Calibration, fit_calibration
from psephos.consensus.column_votes import VOTES, Elected, elect
from psephos.consensus.columns import Columns, columns_of
from psephos.consensus.disagreement import disagreement, risk
from psephos.consensus.keys import Spoken, Writing, spoken
from psephos.consensus.network import ORDERS
from psephos.consensus.one_coin import effective_voters
from psephos.consensus.reading_text import choose_words
from psephos.consensus.spans import FLAG_RISK, find_spans
from psephos.consensus.transcript_checks import check_transcripts, chosen_transcripts, notes_on
from psephos.consensus.transcript_verdict import TranscriptVerdict
from psephos.consensus.truth import wrong_columns
from psephos.consensus.word_lists import load_word_lists
from psephos.engine import Engine, Rng, seed_of
from psephos.errors import check_choice, check_count, check_number
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Provenance, command_for
from psephos.statistics import wilson_interval

POSITIONS = ("consensus", "all")
JACKKNIVES = ("revote", "rebuild")


def transcripts(
    opinions: Opinions,
    *,
    order: str = "medoid",
    vote: str = "count",
    alpha: float = 1.0,
    null_conf: float = 0.0,
    tie: str = "earliest",
    collar: float | None = None,
    high: float = HIGH,
    near: float = NEAR,
    positions: str = "consensus",
    numbers: bool = False,
    drop_fillers: bool = False,
    spelling: bool = False,
    contractions: bool = False,
    strip_brackets: bool = False,
    language: str = "en",
    words: str | Path | None = None,
    terms: Collection[str] | None = None,
    require_all: bool = False,
    exclude_outliers: bool = False,
    realign: bool = False,
    order_checks: int = 0,
    jackknife: str = "revote",
    calibrate: bool = True,
    repeats: int = 1000,
    engine: int | str | Engine = 1,
    rng: Rng = 0,
) -> TranscriptVerdict:
    """Make one text of several transcripts, and say word by word how many stand behind it.

    Parameters
    ----------
    opinions : Opinions
        Of kind ``transcripts``; a transcript whose only row has no token is an empty one. A column ``reference`` in the
        table about items holds the true text where it is known.
    order : {"medoid", "given"}, default "medoid"
        In which order the transcripts of a clip are merged; see `psephos.consensus.network`.
    vote : {"count", "meth1", "avgconf", "maxconf", "weighted"}, default "count"
        How a column elects; see `psephos.consensus.column_votes`.
    alpha, null_conf : float, default 1 and 0
        Weight of votes against confidences, and the confidence of NULL.
    tie : {"earliest", "word"}, default "earliest"
        Which of equal keys is elected: the one merged first, or words before NULL.
    collar : float, optional
        Words that are further apart in seconds never share a column, where both sides have times.
    high, near : float, default 3/8 and 7/8
        Shares of the voters that bound the bands; see `psephos.agreement.bands`.
    positions : {"consensus", "all"}, default "consensus"
        Columns that are evaluated: those that elect a word, or all.
    numbers, drop_fillers, spelling, contractions, strip_brackets : bool, default False
        How tokens become keys; see `psephos.consensus.keys`.
    language : {"en", "de"}, default "en"
        Which lists of negations, units, little words and number words are used.
    words : path, optional
        A TOML file with lists of your own instead.
    terms : collection of str, optional
        Names and terms to watch: disagreement on them weighs as on numbers.
    require_all : bool, default False
        Refuse clips that a voter has no transcript of.
    exclude_outliers : bool, default False
        Leave out transcripts that are far from all others, where two are left.
    realign : bool, default False
        Take transcripts out and merge them again while the network gets better.
    order_checks : int, default 0
        Random merge orders to try; columns that then elect otherwise are flagged ``"order matters"``.
    jackknife : {"revote", "rebuild"}, default "revote"
        How a voter is compared with the others: in the network at hand, or in one made without it (slower; word error
        rates then stand in `voters` too).
    calibrate : bool, default True
        Fit the certainty on clips with a reference, if these have words enough.
    repeats : int, default 1000
        Resamples of the clips for the interval of the intraclass correlation.
    engine : int, str or Engine, default 1
        Where the work runs; see `psephos.engine.map_shards`. The verdict is the same everywhere.
    rng : int, Generator or None, default 0
        Source of merge orders and resamples.

    Returns
    -------
    TranscriptVerdict

    Raises
    ------
    InputError
        If the opinions are no transcripts, no clip has two, or an option is unknown.
    TimeError, ConfidenceError, DuplicateSystemError
        If times run backwards, a confidence is out of range or needed and missing, a voter has a clip twice.

    Examples
    --------
    >>> from psephos.opinions import transcripts as heard
    >>> said = {"a": "no chest pain", "b": "no chest pain", "c": "now chest pain"}
    >>> rows = [(voter, place, word) for voter, text in said.items() for place, word in enumerate(text.split())]
    >>> voter, place, word = zip(*rows, strict=True)
    >>> verdict = transcripts(heard(["clip"] * 9, voter, place, word))
    >>> verdict.text("clip"), verdict.table()["support"].to_list()
    ('no chest pain', [2, 3, 3])
    >>> verdict.queue()["reason"].to_list()
    ["negation, 2 of 3 for 'no'"]
    """
    stated = {name: value for name, value in locals().items() if name not in ("opinions", "engine", "rng")}
    seed = seed_of(rng)
    options = _checked(stated)
    check_transcripts(opinions)
    lists = load_word_lists(language, path=words, terms=terms)
    writing = Writing(lists, numbers, drop_fillers, spelling, contractions, strip_brackets)
    heard = spoken(opinions, writing)
    chosen, found = chosen_transcripts(opinions, heard, require_all=require_all)
    columns = columns_of(
        heard,
        chosen,
        order=order,
        collar=collar,
        realign=realign,
        order_checks=order_checks,
        rebuild=jackknife == "rebuild",
        exclude_outliers=exclude_outliers,
        seed=seed,
        engine=engine,
    )
    confidence = None
    if heard.confidence is not None and len(heard.confidence):
        confidence = np.where(columns.words >= 0, heard.confidence[np.maximum(columns.words, 0)], np.nan)
    elected = elect(
        columns.keys,
        vote=vote,
        tie=tie,
        confidence=confidence,
        alpha=alpha,
        null_conf=null_conf,
        voter=columns.voter,
        n_voters=opinions.size("voter"),
    )
    strength = elected.strength
    share = strength.votes / np.maximum(strength.voters, 1)
    certainty, calibration = _certainty(opinions, columns, heard, writing, strength.leader, share, calibrate)
    surface = np.full(columns.words.shape, -1, dtype=np.int32)
    if len(heard.surface):
        surface = np.where(columns.words >= 0, heard.surface[np.maximum(columns.words, 0)], np.int32(-1))
    kind, label = disagreement(columns.keys, surface, strength.leader, lists.classes(heard.keys))
    danger = risk(columns.keys, kind, label, strength.votes, strength.voters)
    band = band_of(strength.votes, strength.voters, high=high, near=near)
    start, end = (_extreme(values, columns, best) for values, best in ((heard.start, np.fmin), (heard.end, np.fmax)))
    flags = {
        "tie": strength.tied,
        "no word elected": strength.leader == 0,
        "high risk": band == 0,
        "order matters": np.zeros(len(columns), bool) if columns.stable is None else columns.stable < 1,
    }
    flagged = (danger >= FLAG_RISK - 1e-9) | flags["high risk"] | flags["no word elected"]
    compared = _compare(columns, tie)
    effective = _effective(columns, strength.leader)
    return TranscriptVerdict(
        provenance=Provenance(
            "transcripts",
            {name: value for name, value in stated.items() if isinstance(value, (str, int, float, type(None)))},
            opinions.source,
            seed=seed,
            command=command_for("decide", opinions.source, {}) if not options else "",
            notes=notes_on(columns, elected, effective, opinions.size("voter"), vote),
        ),
        opinions=opinions,
        items=_named_columns(opinions, columns),
        choices=pl.Series("key", heard.keys),
        choice=strength.leader,
        runner_up=strength.runner_up,
        certainty=certainty,
        margin=(strength.votes - strength.runner_up_votes) / np.maximum(strength.voters, 1),
        votes=strength.voters,
        support=strength.votes,
        flags=flags,
        voters=_voter_table(opinions, columns, compared, elected),
        certainty_means=calibration.means,
        issues=found.of(columns),
        columns=columns,
        spoken=heard,
        writing=writing,
        evaluated=np.ones(len(columns), bool) if positions == "all" else strength.leader > 0,
        entropy=strength.entropy,
        risk=danger,
        type=kind,
        label=label,
        band=band,
        start=start,
        end=end,
        words_chosen=choose_words(columns, heard, strength.leader),
        spans=find_spans(columns.clip, flagged, danger, start, end),
        pairs=_pairs(opinions, columns),
        intraclass=_intraclass(columns, compared, repeats, seed),
        effective_voters=effective,
    )


_DEFAULTS: dict[str, Any] = dict(transcripts.__kwdefaults__ or {})


def _checked(stated: dict[str, Any]) -> dict[str, Any]:
    """Check the options; those that are not the defaults."""
    check_choice("order", stated["order"], ORDERS)
    check_choice("vote", stated["vote"], VOTES)
    check_choice("tie", stated["tie"], TIES)
    check_choice("positions", stated["positions"], POSITIONS)
    check_choice("jackknife", stated["jackknife"], JACKKNIVES)
    for name in ("alpha", "null_conf"):
        check_number(name, stated[name], low=0, high=1)
    if stated["collar"] is not None:
        check_number("collar", stated["collar"], low=0)
    check_count("order_checks", stated["order_checks"], low=0)
    check_count("repeats", stated["repeats"], low=0)
    band_limits(1, high=stated["high"], near=stated["near"])
    return {name: value for name, value in stated.items() if value != _DEFAULTS[name]}


def _certainty(
    opinions: Opinions,
    columns: Columns,
    heard: Spoken,
    writing: Writing,
    leader: npt.NDArray[np.int32],
    share: npt.NDArray[np.float64],
    calibrate: bool,
) -> tuple[npt.NDArray[np.float64], Calibration]:
    """Probability that each choice is right, by the fit on clips with a reference if these have words enough."""
    names = opinions.vocabulary("item").gather(columns.clips)
    references = opinions.about.column("items", "reference", names) if calibrate else None
    if references is None:
        return 1 - SHIPPED(share), SHIPPED
    truth = wrong_columns(columns, heard, leader, [None if text is None else writing.keys(text) for text in references])
    known = truth.judged & (leader > 0)
    if known.sum() < ENOUGH:
        return 1 - SHIPPED(share), SHIPPED
    whole = fit_calibration(share[known], truth.wrong[known])
    certainty = 1 - whole(share)
    fold = columns.clip % FOLDS
    for number in range(FOLDS):
        others = known & (fold != number)
        if others.sum() >= ENOUGH:
            own = truth.judged & (fold == number)
            certainty[own] = 1 - fit_calibration(share[others], truth.wrong[others])(share[own])
    return certainty, whole


def _extreme(values: npt.NDArray[np.float64] | None, columns: Columns, best: Any) -> npt.NDArray[np.float64]:
    if values is None or not len(values) or not len(columns):
        return np.full(len(columns), np.nan)
    held = np.where(columns.words >= 0, values[np.maximum(columns.words, 0)], np.nan)
    found: npt.NDArray[np.float64] = best.reduce(held, axis=1)
    return found


def _compare(columns: Columns, tie: str) -> Jackknife:
    """Each transcript against the leader without it, in the order of merging."""
    if not len(columns):
        nothing = np.zeros(columns.keys.shape, dtype=bool)
        return Jackknife(nothing, nothing)
    return jackknife(columns.keys, null=0, ties=tie)


def _named_columns(opinions: Opinions, columns: Columns) -> pl.Series:
    place = np.arange(len(columns)) - np.repeat(columns.bounds[:-1], np.diff(columns.bounds)) + 1
    clip = opinions.vocabulary("item").gather(np.repeat(columns.clips, np.diff(columns.bounds)))
    return (clip + ":" + pl.Series(place).cast(pl.String)).alias("item")


def _voter_table(opinions: Opinions, columns: Columns, compared: Jackknife, elected: Elected) -> pl.DataFrame:
    n = opinions.size("voter")
    voter = columns.voter
    there = voter >= 0

    def count(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        return np.bincount(voter[mask & there], minlength=n).astype(np.int64)

    votes, abstentions = count(columns.keys > 0), count(columns.keys == 0)
    positions, matches = count(compared.compared), count(compared.agrees)
    table: dict[str, Any] = {"voter": opinions.vocabulary("voter"), "votes": votes, "abstentions": abstentions}
    if columns.rebuilt is not None:
        _, of, hits, edits, words = columns.rebuilt.T
        matches, edited, said = (
            np.bincount(of, weights=part, minlength=n).astype(np.int64) for part in (hits, edits, words)
        )
        positions = matches + edited
        table["wer"] = np.divide(edited, said, out=np.full(n, np.nan), where=said > 0)
    some = positions > 0
    low, high = wilson_interval(matches, np.maximum(positions, 1))
    table |= {
        "compared": positions,
        "agreement": np.where(some, matches / np.maximum(positions, 1), np.nan),
        "low": np.where(some, low, np.nan),
        "high": np.where(some, high, np.nan),
    }
    if elected.model is not None:
        table["accuracy"] = elected.model.accuracy
    frame = pl.DataFrame(table).with_columns(pl.col(pl.Float64).fill_nan(None))
    group = opinions.about.column("voters", "group", opinions.vocabulary("voter"))
    return frame if group is None else frame.insert_column(1, group.alias("group"))


def _pairs(opinions: Opinions, columns: Columns) -> pl.DataFrame:
    """Edits between voters over all clips; the pair in the order of their codes."""
    left, right, edits, left_words, right_words = columns.pairs.T
    swap = left > right
    frame = pl.DataFrame(
        {
            "left": np.where(swap, right, left),
            "right": np.where(swap, left, right),
            "edits": edits,
            "left_words": np.where(swap, right_words, left_words),
            "right_words": np.where(swap, left_words, right_words),
        }
    )
    frame = frame.group_by("left", "right").sum().sort("left", "right")
    names = opinions.vocabulary("voter")
    rate = (pl.col("edits") / pl.col("left_words")).replace([float("inf"), float("nan")], None)
    return frame.with_columns(
        names.gather(frame["left"]).alias("left"), names.gather(frame["right"]).alias("right"), rate.alias("rate")
    )


def _intraclass(columns: Columns, compared: Jackknife, repeats: int, seed: int) -> IntraclassCorrelation:
    """ICC(2,1) of the agreement of each voter with the others per clip, over the clips that all voters have."""
    present = np.unique(columns.voters[columns.voters >= 0])
    place = np.searchsorted(present, columns.voters)
    clip = np.repeat(np.arange(len(columns.clips)), np.diff(columns.bounds))
    matches, total = np.zeros((2, len(columns.clips), len(present)))
    complete = (columns.voters >= 0).sum(axis=1) == len(present)
    if complete.sum() > 1 and len(present) <= columns.keys.shape[1]:
        for slot in range(columns.keys.shape[1]):
            rows = complete[clip]
            at = clip[rows], place[clip[rows], slot]
            np.add.at(matches, at, compared.agrees[rows, slot])
            np.add.at(total, at, compared.compared[rows, slot])
    complete &= (total > 0).all(axis=1)
    if complete.sum() < 2:
        clips = int(complete.sum())
        reason = f"needs at least 2 clips that all voters have, got {clips}"
        return undefined("ICC(2,1)", clips, len(present), 0.95, reason)
    return intraclass_correlation(matches[complete] / total[complete], repeats=repeats, rng=seed)


def _effective(columns: Columns, leader: npt.NDArray[np.int32]) -> float:
    """For how many independent voters the panel stands, where the same voters have all clips."""
    if not len(columns) or (np.sort(columns.voters, axis=1) != np.sort(columns.voters[:1], axis=1)).any():
        return float("nan")
    slot = np.argsort(columns.voters, axis=1)[columns.clip]
    off = np.take_along_axis(columns.keys != leader[:, None], slot, axis=1)
    return effective_voters(off)
