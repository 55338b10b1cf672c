"""psephos select: which of many samples to hand in, how sure is that, and why not the others?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from psephos.cli import options as o
from psephos.cli.complaints import also_called

if TYPE_CHECKING:
    from rich.console import Console

    from psephos.opinions.model import Opinions
    from psephos.opinions.selections import Selection
    from psephos.selection.curves import SuccessCurves
    from psephos.statistics import Interval


@also_called(item="why")
@o.reads
def select(
    given: o.ReadOptions,
    method: Annotated[
        str,
        typer.Option(help="auto, best-of-majority, best-of-n, weighted-vote, most-common, or committee (of rankings)."),
    ] = "auto",
    score: Annotated[
        str,
        typer.Option(help="Scores of samples: reward, process, auto. What a place is worth: borda, sntv, bloc, dcg."),
    ] = "auto",
    k: Annotated[int, typer.Option("--k", help="Answers to take of each item, at most.", min=1)] = 1,
    alpha: Annotated[
        str, typer.Option(metavar="SHARE", help="Share of the samples in which an answer must be seen, or auto.")
    ] = "auto",
    p_right: Annotated[
        float | None, typer.Option(help="Probability that one sample is right; alpha is 3/4 of it.")
    ] = None,
    reward_agg: Annotated[
        str, typer.Option(help="Score of an answer from its samples: mean, max, median, sum.")
    ] = "mean",
    denominator: Annotated[str, typer.Option(help="Samples that count: all, or valid ones with an answer.")] = "all",
    fill: Annotated[str, typer.Option(help="If fewer than k are seen often enough: none, majority, reward.")] = "none",
    soft_gate: Annotated[
        float | None, typer.Option(metavar="VOTES", help="Instead of alpha: draw scores to their mean by votes.")
    ] = None,
    weight: Annotated[str, typer.Option(help="What a score weighs in a weighted vote: sigmoid, raw.")] = "sigmoid",
    beta: Annotated[float, typer.Option(help="Scale of process scores.")] = 0.05,
    aggregate: Annotated[
        str, typer.Option(help="Process score of a response from its steps: min, sum, mean, last, orm.")
    ] = "min",
    rule: Annotated[str, typer.Option(help="How members of a committee add up: separable, cc, pav.")] = "separable",
    lower: Annotated[
        list[str] | None, typer.Option(metavar="GROUP=N", help="Least members of a group; may be given again.")
    ] = None,
    upper: Annotated[
        list[str] | None, typer.Option(metavar="GROUP=N", help="Most members of a group; may be given again.")
    ] = None,
    proportional: Annotated[
        bool, typer.Option("--proportional", help="As many members of each group as its share of the candidates.")
    ] = False,
    solver: Annotated[str, typer.Option(help="How a committee is found: auto, exact, greedy.")] = "auto",
    seconds: Annotated[float, typer.Option(help="Most time for a proof.", min=0)] = 30.0,
    equivalence: o.EquivalenceOption = "exact",
    at: Annotated[
        str | None,
        typer.Option(metavar="K,...", help="Where right answers are known: pass@k and maj@k for these k."),
    ] = None,
    repeats: Annotated[int, typer.Option(help="Resamples of the samples to say how sure it is.", min=0)] = 200,
    seed: Annotated[int, typer.Option(help="Seed of the resamples.", min=0)] = 0,
    engine: o.EngineOption = "1",
    in_parts: Annotated[bool, typer.Option("--in-parts", help="Read Parquet in parts that fit in memory.")] = False,
    limit: o.Limit = o.LIMIT,
    why: Annotated[list[str] | None, typer.Option(metavar="ITEM", help="Print what became of each answer.")] = None,
    json: o.Json = False,
    parquet: o.Parquet = None,
    report: o.Report = None,
) -> None:
    """Say which answers to take of many samples, how sure that is, and why not the others."""
    from psephos.cli import output
    from psephos.errors import InputError
    from psephos.opinions import Opinions
    from psephos.selection import select as select_answers

    given.check_outputs({"--parquet": parquet, "--report": report})
    of_rankings = method == "committee" or given.kind == "rankings"
    wanted = replace(given, kind=given.kind or ("rankings" if of_rankings else "samples"))
    opinions = wanted.load() if of_rankings else wanted.load_or_scan(in_parts=in_parts)
    if at is not None and not isinstance(opinions, Opinions):
        raise InputError("--at", "needs all samples at once, not in parts")
    options: dict[str, Any] = {"alpha": o.number_or_word(alpha), "p_right": p_right, "reward_agg": reward_agg}
    options |= {"denominator": denominator}
    options |= {"fill": fill, "soft_gate": soft_gate, "weight": weight, "rule": rule, "solver": solver}
    options |= {"lower": _bounds("lower", lower), "upper": _bounds("upper", upper), "seconds": seconds}
    options |= {"proportional": proportional}
    if not of_rankings:
        options |= {"equivalence": equivalence, "engine": int(engine) if engine.isdecimal() else engine}
        options |= {"beta": beta, "aggregate": aggregate}
    result = select_answers(
        opinions,
        method=method,
        score=score,
        k=k,
        repeats=repeats,
        rng=seed,
        **{name: value for name, value in options.items() if name not in _IDLE or value != _IDLE[name]},
    )
    curves = _curves(opinions, at, equivalence, seed) if isinstance(opinions, Opinions) else None
    reasons = [result.why(item) for item in why or []]
    known = _known(result, equivalence)
    output.write_files(result, parquet, report, rows=None if parquet is None else result.candidates())
    if json:
        output.print_json(result, why=reasons, curves=curves)
        return
    out = output.console()
    _print_selection(out, result, known, limit)
    if curves is not None:
        output.print_table(out, "Right, of k samples", curves.table().drop("rule", strict=False))
    for reason in reasons:
        output.print_summary(out, "Why", reason.summary())
    output.print_issues(out, result.issues)
    output.print_written(out, parquet, report)


_IDLE: dict[str, Any] = {
    "alpha": "auto",
    "p_right": None,
    "reward_agg": "mean",
    "denominator": "all",
    "fill": "none",
    "soft_gate": None,
    "weight": "sigmoid",
    "rule": "separable",
    "lower": {},
    "upper": {},
    "proportional": False,
    "solver": "auto",
    "seconds": 30.0,
}
"""Values of options that not every method has; at these they ask for nothing."""


def _curves(opinions: Opinions, at: str | None, equivalence: str, seed: int) -> SuccessCurves | None:
    """Pass@k and maj@k for the numbers that were asked for."""
    from psephos.errors import InputError
    from psephos.selection import majority_at_k, pass_at_k

    if at is None:
        return None
    try:
        many = [int(part) for part in o.split(at)]
    except ValueError:
        raise InputError("--at", f"must be whole numbers, got {at!r}") from None
    options = {"equivalence": equivalence, "rng": seed}
    return pass_at_k(opinions, many, **options).joined(majority_at_k(opinions, many, **options))  # type: ignore[arg-type]


def _bounds(option: str, given: list[str] | None) -> dict[str, int]:
    """GROUP=N options as numbers by group."""
    from psephos.errors import InputError

    found = {}
    for group, number in o.pairs(option, given).items():
        if not number.isdecimal():
            raise InputError(f"--{option}", f"must be GROUP=N with a whole number, got {number!r:.40}")
        found[group] = int(number)
    return found


def _known(result: Selection, equivalence: str) -> Interval | None:
    """How often a right answer was taken, where right answers are known."""
    from psephos.selection import solved

    gold = result.opinions.about.column("items", "gold", result.items)
    return solved(result, gold, equivalence=equivalence) if gold is not None and gold.count() else None


def _print_selection(out: Console, result: Selection, known: Interval | None, limit: int) -> None:
    from psephos.cli.output import print_summary, print_table

    lines = result.summary()
    if known is not None:
        lines.append(("solved", f"{known} of the items with a known answer"))
    print_summary(out, f"Selection by {result.provenance.method}", lines)
    if limit:
        table = result.table().head(limit).drop("voter", "draw", strict=False)
        print_table(out, "Taken", table, formats={"score": ".4g"})
        if len(result) > 1:
            queue = result.queue(limit).select("rank", "item", "answer", "share", "sureness", "flags")
            print_table(out, "Check first", queue)
