"""What do several transcripts of one recording say together, word by word?

Tokens become keys (`keys`), each clip's transcripts are merged into a confusion network (`network`), each column elects
a key or no word (`column_votes`), disagreement is told apart (`disagreement`), voters are rated against the others
(`psephos.agreement.jackknife`), and the doubtful places are put in the order in which to listen to them (`spans`). How
sure a choice is comes from how often others like it were wrong (`certainty`).

Source: sheet 01, after Karbalaie, Seoane, Abtahi (2026), arXiv 2604.14152, and Fiscus (1997). Differs: every formula is
a reconstruction, for only the abstract of the former could be read.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.agreement.bands import HIGH, NEAR, TIES, band_limits, band_of, band_of_share
from psephos.consensus.transcripts.certainty import Known, certainty_of
from psephos.consensus.transcripts.checks import check_transcripts, chosen_transcripts, notes_on
from psephos.consensus.transcripts.column_votes import VOTES, elect
from psephos.consensus.transcripts.columns import Columns, columns_of
from psephos.consensus.transcripts.disagreement import disagreement, risk
from psephos.consensus.transcripts.evidence import weight_behind
from psephos.consensus.transcripts.fixes import Fixes, place_fixes
from psephos.consensus.transcripts.keys import Spoken, spoken
from psephos.consensus.transcripts.network import ORDERS
from psephos.consensus.transcripts.reading_text import choose_words
from psephos.consensus.transcripts.review import ORDERS_OF_HEARING
from psephos.consensus.transcripts.spans import FLAG_RISK, LONGEST, find_spans
from psephos.consensus.transcripts.tables import compare, effective, intraclass, named_columns, pair_table, voter_table
from psephos.consensus.transcripts.truth import wrong_columns
from psephos.consensus.transcripts.verdict import TranscriptVerdict
from psephos.consensus.transcripts.word_lists import load_word_lists
from psephos.consensus.transcripts.writing import Writing
from psephos.engine import Engine, Rng, seed_of
from psephos.errors import check_choice, check_count, check_number
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Provenance, command_for

POSITIONS = ("consensus", "all")
JACKKNIVES = ("revote", "rebuild")
ON_THE_LINE = (
    *("order", "vote", "collar", "numbers", "meant", "language", "words", "realign", "queue_by", "longest_span"),
    "fixes",
)
"""Options that the command line has too."""


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
    meant: bool = False,
    language: str = "en",
    words: str | Path | None = None,
    terms: Collection[str] | None = None,
    require_all: bool = False,
    exclude_outliers: bool = False,
    realign: bool = False,
    order_checks: int = 0,
    jackknife: str = "revote",
    queue_by: str = "risk",
    longest_span: int | None = LONGEST,
    fixes: Any = None,
    calibrate: bool = True,
    repeats: int = 1000,
    engine: int | str | Engine = 1,
    resume: str | os.PathLike[str] | None = None,
    rng: Rng = 0,
) -> TranscriptVerdict:
    """Make one text of several transcripts, and say word by word how many stand behind it.

    Parameters
    ----------
    opinions : Opinions
        Of kind ``transcripts``; a transcript whose only row has no token is an empty one. A column ``reference`` in the
        table about items holds the true text where it is known.
    order : {"medoid", "given"}, default "medoid"
        In which order the transcripts of a clip are merged; see `psephos.consensus.transcripts.network`.
    vote : {"count", "meth1", "avgconf", "maxconf", "weighted"}, default "count"
        How a column elects; see `psephos.consensus.transcripts.column_votes`.
    alpha, null_conf : float, default 1 and 0
        Weight of votes against confidences, and the confidence of NULL.
    tie : {"earliest", "word"}, default "earliest"
        Which of equal keys is elected: the one merged first, or words before NULL.
    collar : float, optional
        Words that are further apart in seconds never share a column, where both sides have times.
    high, near : float, default 3/8 and 7/8
        Shares of the voters that bound the bands, see `psephos.agreement.bands`; where voters are weighed, shares of
        their weight, see `psephos.consensus.transcripts.evidence`.
    positions : {"consensus", "all"}, default "consensus"
        Columns that are evaluated: those that elect a word, or all.
    numbers, drop_fillers, spelling, contractions, strip_brackets, meant : bool, default False
        How tokens become keys; see `psephos.consensus.transcripts.writing`. `meant` makes alike what is said alike.
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
    queue_by : {"risk", "errors", "time"}, default "risk"
        In which order to listen: what would do most harm first, most expected errors for the words one looks at, or for
        the time; see `TranscriptVerdict.queue`.
    longest_span : int or None, default 8
        Columns that a span of the queue by risk has at most; any number if None.
    fixes : data frame or path, optional
        What a listener put right: item, position (the column in the clip, from 1), token (empty for no word). It is
        taken as certain, and weights and certainties of the rest are estimated anew; see `fixes`.
    calibrate : bool, default True
        Fit the certainty on clips with a reference and on fixes, if these have words enough.
    repeats : int, default 1000
        Resamples of the clips for the interval of the intraclass correlation.
    engine : int, str or Engine, default 1
        Where the work runs; see `psephos.engine.map_shards`. The verdict is the same everywhere.
    resume : path, optional
        Folder that keeps the clips that are aligned, so that the same call after an interruption does only the rest.
    rng : int, Generator or None, default 0
        Source of merge orders and resamples.

    Returns
    -------
    TranscriptVerdict
        One text for each clip, word by word with those who stand behind it, and where to listen first.

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
    stated = {name: value for name, value in locals().items() if name not in ("opinions", "engine", "resume", "rng")}
    seed = seed_of(rng)
    options = _checked(stated)
    check_transcripts(opinions)
    lists = load_word_lists(language, path=words, terms=terms)
    writing = Writing(lists, numbers, drop_fillers, spelling, contractions, strip_brackets, meant)
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
        resume=resume,
    )
    fixed = None if fixes is None else place_fixes(fixes, opinions, columns, heard, writing)
    heard = heard if fixed is None else fixed.spoken
    elected = elect(
        columns.keys,
        vote=vote,
        tie=tie,
        confidence=_confidence(heard, columns),
        alpha=alpha,
        null_conf=null_conf,
        voter=columns.voter,
        n_voters=opinions.size("voter"),
        certain=None if fixed is None else fixed.key,
    )
    strength = elected.strength
    known = _known(opinions, columns, heard, writing, strength.leader, fixed) if calibrate else None
    share = strength.votes / np.maximum(strength.voters, 1)
    certainty, means = certainty_of(columns, strength.leader, share, elected.model, known)
    if fixed is not None:
        strength = fixed.taken(strength, columns)
        certainty = np.where(fixed.fixed, 1.0, certainty)
    by_hand = np.zeros(len(columns), bool) if fixed is None else fixed.fixed
    surface = np.full(columns.words.shape, -1, dtype=np.int32)
    if len(heard.surface):
        surface = np.where(columns.words >= 0, heard.surface[np.maximum(columns.words, 0)], np.int32(-1))
    kind, label = disagreement(columns.keys, surface, strength.leader, lists.classes(heard.keys))
    if elected.model is None:
        band = band_of(strength.votes, strength.voters, high=high, near=near)
    else:
        share = weight_behind(columns, strength.leader, elected.model)
        band = band_of_share(share, high=high, near=near)
    danger = np.where(by_hand, 0.0, risk(columns.keys, kind, label, share))
    band = np.where(by_hand, np.int8(2), band)
    start, end = (_extreme(values, columns, best) for values, best in ((heard.start, np.fmin), (heard.end, np.fmax)))
    flags = {
        "tie": strength.tied & ~by_hand,
        "no word elected": strength.leader == 0,
        "high risk": band == 0,
        "order matters": np.zeros(len(columns), bool) if columns.stable is None else columns.stable < 1,
    }
    if fixed is not None:
        flags["fixed"] = by_hand
    flagged = ((danger >= FLAG_RISK - 1e-9) | flags["high risk"] | flags["no word elected"]) & ~by_hand
    compared = compare(columns, tie)
    panel = effective(columns, strength.leader)
    return TranscriptVerdict(
        provenance=Provenance(
            "transcripts",
            {name: value for name, value in stated.items() if isinstance(value, (str, int, float, type(None)))},
            opinions.source,
            seed=seed,
            command=_command(opinions, options),
            notes=notes_on(columns, elected, panel, opinions.size("voter"), vote, int(by_hand.sum())),
        ),
        opinions=opinions,
        items=named_columns(opinions, columns),
        choices=pl.Series("key", heard.keys),
        choice=strength.leader,
        runner_up=strength.runner_up,
        certainty=certainty,
        margin=(strength.votes - strength.runner_up_votes) / np.maximum(strength.voters, 1),
        votes=strength.voters,
        support=strength.votes,
        flags=flags,
        voters=voter_table(opinions, columns, compared, elected),
        certainty_means=means,
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
        words_chosen=choose_words(columns, heard, strength.leader, None if fixed is None else fixed.surface),
        flagged=flagged,
        spans=find_spans(columns.clip, flagged, danger, start, end, certainty, longest_span),
        queue_by=queue_by,
        pairs=pair_table(opinions, columns),
        intraclass=intraclass(columns, compared, repeats, seed),
        effective_voters=panel,
    )


_DEFAULTS: dict[str, Any] = dict(transcripts.__kwdefaults__ or {})


def _checked(stated: dict[str, Any]) -> dict[str, Any]:
    """Check the options; those that are not the defaults."""
    check_choice("order", stated["order"], ORDERS)
    check_choice("vote", stated["vote"], VOTES)
    check_choice("tie", stated["tie"], TIES)
    check_choice("positions", stated["positions"], POSITIONS)
    check_choice("jackknife", stated["jackknife"], JACKKNIVES)
    check_choice("queue_by", stated["queue_by"], ORDERS_OF_HEARING)
    if stated["longest_span"] is not None:
        check_count("longest_span", stated["longest_span"], low=1)
    for name in ("alpha", "null_conf"):
        check_number(name, stated[name], low=0, high=1)
    if stated["collar"] is not None:
        check_number("collar", stated["collar"], low=0)
    check_count("order_checks", stated["order_checks"], low=0)
    check_count("repeats", stated["repeats"], low=0)
    band_limits(1, high=stated["high"], near=stated["near"])
    return {
        name: value for name, value in stated.items() if value is not _DEFAULTS[name] and not _is_default(name, value)
    }


def _is_default(name: str, value: Any) -> bool:
    return isinstance(value, (str, int, float)) and value == _DEFAULTS[name]


def _command(opinions: Opinions, options: dict[str, Any]) -> str:
    """The command that gives the verdict again, where its options are those of the command line."""
    on_the_line = (
        name in ON_THE_LINE and isinstance(value, (str, int, float, Path)) for name, value in options.items()
    )
    if not all(on_the_line):
        return ""
    switches = {name: value for name, value in options.items() if value is True}
    stated = {name: value for name, value in options.items() if name not in switches}
    line = command_for("decide", opinions.source, stated)
    return line and " ".join([line, *(f"--{name.replace('_', '-')}" for name in switches)])


def _confidence(heard: Spoken, columns: Columns) -> npt.NDArray[np.float64] | None:
    if heard.confidence is None or not len(heard.confidence):
        return None
    return np.where(columns.words >= 0, heard.confidence[np.maximum(columns.words, 0)], np.nan)


def _known(
    opinions: Opinions,
    columns: Columns,
    heard: Spoken,
    writing: Writing,
    leader: npt.NDArray[np.int32],
    fixed: Fixes | None,
) -> Known | None:
    """Which choices are known to be right or wrong, by references and by fixes."""
    judged, wrong = np.zeros((2, len(columns)), dtype=bool)
    references = opinions.about.column("items", "reference", opinions.vocabulary("item").gather(columns.clips))
    if references is not None and references.count():
        keys = [None if text is None else writing.keys(text) for text in references]
        truth = wrong_columns(columns, heard, leader, keys)
        judged, wrong = truth.judged.copy(), truth.wrong | truth.lost
    if fixed is not None:
        judged |= fixed.fixed
        wrong = np.where(fixed.fixed, fixed.key != leader, wrong)
    return Known(judged, wrong) if judged.any() else None


def _extreme(values: npt.NDArray[np.float64] | None, columns: Columns, best: Any) -> npt.NDArray[np.float64]:
    if values is None or not len(values) or not len(columns):
        return np.full(len(columns), np.nan)
    held = np.where(columns.words >= 0, values[np.maximum(columns.words, 0)], np.nan)
    found: npt.NDArray[np.float64] = best.reduce(held, axis=1)
    return found
