"""psephos measure recommendation: how good are the lists of recommenders or search engines, from files?

The truth is a file of interactions or qrels; runs are TREC runs, rankings, or tables of user, item and score or rank.
A file may hold several runs, told apart by a column (the tag of a TREC run); two files whose runs have the same name
are called by their file names.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from psephos.cli import options as o

if TYPE_CHECKING:
    import polars as pl

    from psephos.opinions import Opinions

Texts = list[str] | None

SHOWN = 10
"""Definitions that are shown of a number from elsewhere, nearest first; all are in the JSON."""


def recommendation(
    interactions: Annotated[
        str, typer.Argument(help="What is relevant: interactions or qrels.", show_default=False, metavar="INTERACTIONS")
    ],
    runs: Annotated[
        list[str], typer.Option(metavar="[NAME=]RUN,...", help="Files of what was recommended.", show_default=False)
    ],
    metrics: Annotated[str, typer.Option(metavar="NAME,...", help="Which metrics.")] = (
        "precision,recall,ndcg,ap,mrr,hit_rate"
    ),
    k: Annotated[str, typer.Option(metavar="K,...", help="Cutoffs; all for whole lists.")] = "10",
    convention: Annotated[
        str, typer.Option(help="Whose definitions: psephos, trec_eval, ranx, recbole, elliot, survey.")
    ] = "psephos",
    set_: Annotated[
        Texts, typer.Option("--set", metavar="CHOICE=VALUE", help="Change a choice of it, as in ties=expected.")
    ] = None,
    train: Annotated[str | None, typer.Option(metavar="FILE", help="What users had before.")] = None,
    candidates: Annotated[
        str | None, typer.Option(metavar="FILE", help="What could be ranked; items outside are counted.")
    ] = None,
    order: Annotated[
        str, typer.Option(help="What sorts a run: rank, score, given; auto: score under trec_eval, else rank.")
    ] = "auto",
    average: Annotated[str, typer.Option(help="Of predicted ratings: micro (pairs) or macro (users).")] = "micro",
    sampled: Annotated[
        int | None, typer.Option(help="Relevant items were ranked among this many sampled others.", min=1)
    ] = None,
    compare: Annotated[
        str | None, typer.Option(metavar="A,B", help="Difference of runs on the same users; all for every pair.")
    ] = None,
    test: Annotated[str, typer.Option(help="Of it: auto, mcnemar, 'sign flip', t or wilcoxon.")] = "auto",
    adjustment: Annotated[str, typer.Option(help="Of its p-values, for the number of rows.")] = "holm",
    explain: Annotated[
        str | None,
        typer.Option(metavar="NAME=VALUE", help="Which definitions give this number, printed elsewhere, of one run."),
    ] = None,
    repeats: Annotated[int, typer.Option(help="Resamples of a difference.", min=1)] = 2000,
    level: Annotated[float, typer.Option(help="Confidence of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(help="Seed of the resamples.", min=0)] = 0,
    encoding: o.Encoding = "utf-8",
    per_user: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the values of each user to this Parquet file.")
    ] = None,
    json: o.Json = False,
    parquet: o.Parquet = None,
    report: o.Report = None,
) -> None:
    """Say how good the lists of recommenders or search engines are, by whichever definitions."""
    from psephos.cli import output
    from psephos.metrics import convention as convention_of
    from psephos.metrics import evaluate
    from psephos.opinions import read
    from psephos.opinions.issues import Issues
    from psephos.opinions.sources import one_source
    from psephos.opinions.writing import write_frame

    words = [word for line in runs for word in o.split(line)]
    beside = [path for path in (train, candidates) if path is not None]
    written = {"--parquet": parquet, "--report": report, "--per-user": per_user}
    o.check_outputs([interactions, *(named_file(word)[1] for word in words), *beside], written)
    rule = convention_of(convention, **_choices(set_))
    truth = read(interactions, kind="interactions", encoding=encoding)
    further = {
        name: None if path is None else read(path, kind="interactions", encoding=encoding)
        for name, path in (("train", train), ("candidates", candidates))
    }
    read_runs = [(*named_file(word), read(named_file(word)[1], encoding=encoding)) for word in words]
    frames = frames_of(read_runs)
    sorted_by, notes = order_of(order, convention, frames)
    cutoffs = None if k == "all" else [_whole(text) for text in o.split(k)]
    result = evaluate(
        truth,
        frames,
        o.split(metrics),
        cutoffs,
        convention=rule,
        order=sorted_by,
        average=average,
        sampled=sampled,
        level=level,
        **further,  # type: ignore[arg-type]
    )
    if compare is not None:
        two = None if compare == "all" else _two(compare, list(frames))
        table = result.compare(runs=two, test=test, adjustment=adjustment, repeats=repeats, rng=seed)
        result = replace(result, comparison=table)
    if explain is not None:
        table = _explained(explain, truth, frames, cutoffs, further["train"], sorted_by)
        result = replace(result, explanation=table)
    files = [truth, *filter(None, further.values()), *(opinions for _, _, opinions in read_runs)]
    provenance = replace(
        result.provenance,
        source=one_source(one.source for one in files),
        seed=None if compare is None else seed,
        command=o.stated(),
        notes=(*notes, *result.provenance.notes),
    )
    result = replace(result, provenance=provenance)
    if per_user is not None:
        write_frame(result.per_user(), per_user)
    tables = {"Values": result.values} if result.values.height > 24 else {}
    output.deliver(
        result,
        "Recommendation",
        tables
        | ({"Comparison": result.comparison} if result.comparison.height > 24 else {})
        | ({} if explain is None else {f"What gives {explain}": result.explanation.head(SHOWN)}),
        json=json,
        parquet=parquet,
        report=report,
        issues=sum((one.issues for one in files), Issues()),
    )


def named_file(word: str) -> tuple[str, str]:
    """A run as it was typed: its name, empty if it has none, and its file."""
    name, sign, path = word.partition("=")
    return ("", word) if not sign or not name or Path(word).exists() else (name, path)


def frames_of(given: list[tuple[str, str, Opinions]], option: str = "--runs") -> dict[str, pl.DataFrame]:
    """The frame of each run by its name; `option` is what complaints name."""
    from psephos.errors import InputError
    from psephos.metrics.recommendation.tables import COLUMNS

    found: list[tuple[str, str, pl.DataFrame]] = []
    for name, path, opinions in given:
        if opinions.kind not in ("rankings", "interactions"):
            problem = f"{path} holds {opinions.kind}"
            raise InputError(option, problem, hint="a run is a TREC run, rankings, or user, item and score or rank")
        frame, stem = opinions.frame(), Path(path).stem
        column = next((one for one in frame.columns if one.lower() in COLUMNS["run"]), None)
        parts = {stem: frame}
        if column is not None:
            split = frame.partition_by(column, as_dict=True, maintain_order=True, include_key=False)
            parts = {str(key[0]): part for key, part in split.items()}
        if name and len(parts) > 1:
            raise InputError(option, f"{path} holds {len(parts)} runs, so {name!r} cannot name it")
        found += [(name or run, name or (stem if len(parts) == 1 else run), part) for run, part in parts.items()]
    times = Counter(run for run, _, _ in found)
    named = [(run if times[run] == 1 else stem, part) for run, stem, part in found]
    twice = [run for run, count in Counter(run for run, _ in named).items() if count > 1]
    if twice:
        raise InputError(option, f"two are called {twice[0]!r}", hint="name each, as in old=a.run and new=b.run")
    if not named:
        raise InputError(option, "name at least one file")
    return dict(named)


def order_of(order: str, convention: str, frames: dict[str, pl.DataFrame]) -> tuple[str | None, list[str]]:
    """What sorts the runs, and what to say of it."""
    from psephos.errors import check_choice
    from psephos.metrics.recommendation.tables import COLUMNS, ORDERS

    check_choice("--order", order, ("auto", *ORDERS))
    if order != "auto":
        return order, []
    names = [{one.lower() for one in frame.columns} for frame in frames.values()]
    if not any(own & {*COLUMNS["rank"]} and own & {*COLUMNS["score"]} for own in names):
        return None, []
    chosen, other = ("score", "rank") if convention == "trec_eval" else ("rank", "score")
    if not all(own & {*COLUMNS[chosen]} for own in names) and all(own & {*COLUMNS[other]} for own in names):
        chosen = other
    return chosen, [f"runs have ranks and scores: sorted by {chosen}"]


def _explained(
    text: str,
    truth: Opinions,
    frames: dict[str, pl.DataFrame],
    cutoffs: list[int] | None,
    train: Opinions | None,
    order: str | None,
) -> pl.DataFrame:
    """The definitions that give a number, to half a unit of its last digit."""
    from psephos.errors import InputError
    from psephos.metrics import explain_value
    from psephos.metrics.recommendation.names import metric_names

    metric, _, number = text.partition("=")
    try:
        value = float(number)
    except ValueError:
        raise InputError("--explain", f"must be a metric and its number as in ap=0.5556, got {text!r:.60}") from None
    try:
        metric_names(metric)
    except InputError as error:
        raise InputError("--explain", error.problem, hint=error.hint) from None
    if len(frames) > 1 or (cutoffs is not None and len(cutoffs) > 1):
        problem = f"takes one run and one cutoff, got {len(frames)} and {len(cutoffs or [0])}"
        raise InputError("--explain", problem, hint="name one file in --runs and one number in --k")
    digits = len(number.strip().partition(".")[2]) if "e" not in number.lower() else 4
    k = None if cutoffs is None else cutoffs[0]
    return explain_value(truth, frames, metric, value, k, train=train, order=order, tolerance=0.5 * 10.0**-digits)


def _choices(given: Texts) -> dict[str, Any]:
    from psephos.errors import InputError

    found: dict[str, Any] = o.pairs("set", given)
    if "level" in found:
        try:
            found["level"] = None if found["level"] == "none" else float(found["level"])
        except ValueError:
            raise InputError("--set", f"level must be a number or none, got {found['level']!r:.40}") from None
    return found


def _whole(text: str) -> int:
    from psephos.errors import InputError

    try:
        return int(text)
    except ValueError:
        raise InputError("--k", f"must be whole numbers as in 5,10, or all, got {text!r:.40}") from None


def _two(text: str, known: list[str]) -> list[str]:
    from psephos.errors import InputError
    from psephos.opinions.kinds import listed

    two = o.split(text)
    for name in two:
        if name not in known:
            raise InputError("--compare", f"there is no run {name!r:.60} among {listed(known)}")
    if len(set(two)) < max(2, len(two)):
        raise InputError("--compare", f"must name two different runs as in A,B, or all, got {text!r:.60}")
    return two
