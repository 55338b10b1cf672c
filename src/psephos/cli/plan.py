"""psephos plan: what would a budget buy, before it is spent?

Two questions have this verb. Of samples in store: what would each way to spend a budget have made of them, when would
each rule have stopped, and what would more samples buy? Of a tree of agents: does it amplify what they know?
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from psephos.cli import options as o
from psephos.cli.complaints import also_called

if TYPE_CHECKING:
    from psephos.opinions.model import Opinions


_OF_TREES = ("b", "gamma", "rho", "mu0", "depth", "m", "W", "k", "beta", "c_msg")
_OF_SAMPLES = ("methods", "rules", "delta", "threshold", "classes", "voter", "equivalence", "repeats", "seed")
"""Parameters of the one question that mean nothing for the other."""


@also_called(n_classes="classes", n_options="classes")
@partial(o.reads, optional=True)
def plan(
    given: o.ReadOptions,
    b: Annotated[
        int | None,
        typer.Option("--children", help="A tree: children of each node; an even number behaves like one less."),
    ] = None,
    gamma: Annotated[float, typer.Option("--fidelity", help="What of a bias a message keeps, 0 to 1.")] = 1.0,
    rho: Annotated[float, typer.Option("--correlation", help="Correlation of the votes of children, 0 to 1.")] = 0.0,
    mu0: Annotated[float, typer.Option("--bias", help="Bias of a leaf, 2 p - 1 with p its chance to be right.")] = 0.1,
    depth: Annotated[int, typer.Option(help="Layers to show.", min=0)] = 8,
    m: Annotated[float | None, typer.Option("--message", help="Tokens of a message.")] = None,
    W: Annotated[float | None, typer.Option("--window", help="Tokens of the window of a node.")] = None,
    budget: Annotated[
        list[str] | None,
        typer.Option(metavar="NUMBER,...", help="Samples a question on average; or what a run or a tree spends."),
    ] = None,
    k: Annotated[float, typer.Option("--gain", help="Bias of one run that spends 1; with --budget.")] = 0.02,
    beta: Annotated[float, typer.Option("--exponent", help="How that grows: gain x^exponent; with --budget.")] = 0.2,
    c_msg: Annotated[float, typer.Option("--token-cost", help="Cost of a token sent; with --budget.")] = 0.0,
    methods: Annotated[
        str, typer.Option(metavar="NAME,...", help="Ways to spend a budget of samples.")
    ] = "uniform,adaptive,knowledge-gradient",
    rules: Annotated[
        str, typer.Option(metavar="NAME,...", help="Rules that stop: asc, dirichlet, ppr, ppr-rest, esc.")
    ] = "asc,ppr,esc",
    delta: Annotated[float, typer.Option(help="Chance of a wrong stop of ppr.")] = 0.05,
    threshold: Annotated[float, typer.Option(help="Certainty at which asc stops.")] = 0.95,
    classes: Annotated[int | None, typer.Option(help="Answers that a question can have.", min=2)] = None,
    voter: Annotated[str | None, typer.Option(help="Whose samples, where there are several.")] = None,
    equivalence: o.EquivalenceOption = "exact",
    repeats: Annotated[int, typer.Option(help="How often the samples are shuffled and replayed.", min=1)] = 10,
    seed: Annotated[int, typer.Option(help="Seed of the shuffles and resamples.", min=0)] = 0,
    json: o.Json = False,
) -> None:
    """Say what a budget of samples would have bought, from samples in store; or what a tree of agents is worth."""
    from psephos.errors import InputError

    if given.paths:
        for option in o.typed(_OF_TREES):
            raise InputError(option, "is about a tree, and samples are given too", hint="ask for one of them")
        opinions = _of_one_voter(replace(given, kind=given.kind or "samples").load(), voter)
        return _plan_samples(
            opinions,
            budget,
            methods,
            equivalence,
            repeats,
            seed,
            json,
            rules=rules,
            delta=delta,
            threshold=threshold,
            classes=classes,
        )
    if b is None:
        raise InputError("PATH", "is needed", hint="name samples in store, or --children of a tree")
    for option in o.typed(_OF_SAMPLES):
        raise InputError(option, "is about samples in store, and none are named", hint="name a file of them")
    return _plan_tree(b, gamma, rho, mu0, depth, m, W, budget, k, beta, c_msg, json)


def _budgets(given: list[str]) -> list[float]:
    from psephos.errors import InputError

    try:
        return [float(part) for line in given for part in o.split(line)]
    except ValueError:
        raise InputError("budget", f"must be numbers, got {','.join(given)!r}") from None


def _of_one_voter(opinions: Opinions, voter: str | None) -> Opinions:
    """The samples of one voter, with what was read and set aside of all."""
    from psephos.errors import InputError
    from psephos.opinions.kinds import listed
    from psephos.opinions.model import frozen

    names = opinions.vocabulary("voter").to_list()
    if voter is None and len(names) > 1:
        raise InputError("--voter", f"is needed: the samples are of {listed(names)}")
    if voter is None or len(names) == 1:
        return opinions
    if voter not in names:
        raise InputError("--voter", f"must be one of {listed(names)}, got {voter!r}")
    own = opinions.take(opinions.codes("voter") == names.index(voter))
    used = frozen({name: column.compact() for name, column in own.coded.items()})
    return replace(own, coded=used, source=opinions.source)


def _plan_samples(
    opinions: Opinions,
    budget: list[str] | None,
    methods: str,
    equivalence: str,
    repeats: int,
    seed: int,
    json: bool,
    *,
    rules: str,
    delta: float,
    threshold: float,
    classes: int | None,
) -> None:
    import numpy as np
    import polars as pl

    from psephos.allocation import forecast, replay, replay_stopping
    from psephos.cli import output

    longest = int(np.bincount(opinions.codes("item")).max())
    budgets = _budgets(budget) if budget else [float(2**power) for power in range(1, 12) if 2**power <= longest // 2]
    known = opinions.about.column("items", "gold", opinions.vocabulary("item"))
    gold = None
    unknown = 0 if known is None else known.null_count()
    if known is not None and not unknown:
        gold = dict(zip(opinions.vocabulary("item").to_list(), known.cast(pl.String).to_list(), strict=True))
    compared = replay(
        opinions,
        budgets or [1.0],
        o.split(methods),
        gold=gold,
        n_options=classes,
        repeats=repeats,
        equivalence=equivalence,
        rng=seed,
    )
    if known is not None and 0 < unknown < len(known):
        said = f"there is no accuracy: the answers to {unknown:,} of {len(known):,} questions are not known"
        compared = replace(compared, provenance=replace(compared.provenance, notes=(*compared.provenance.notes, said)))
    stopped = replay_stopping(
        opinions,
        o.split(rules),
        threshold=threshold,
        delta=delta,
        n_classes=classes,
        equivalence=equivalence,
    )
    ahead = forecast(opinions, [longest, 2 * longest, 4 * longest], equivalence=equivalence, rng=seed, keep=True)
    if json:
        output.print_json(compared, stopping=stopped, forecast=ahead)
        return
    out = output.console()
    output.print_summary(out, "Samples replayed", compared.summary())
    names = ["method", "budget", "consistency", "low", "high"] + ["accuracy"] * (gold is not None)
    output.print_table(out, "Budgets", compared.table().select(names), formats={"budget": "g"})
    output.print_summary(out, "Rules that stop", stopped.summary())
    output.print_summary(out, f"With more samples than the {longest:,} at hand", ahead.summary())
    output.print_issues(out, opinions.issues)


def _plan_tree(
    b: int,
    gamma: float,
    rho: float,
    mu0: float,
    depth: int,
    m: float | None,
    W: float | None,
    budget: list[str] | None,
    k: float,
    beta: float,
    c_msg: float,
    json: bool,
) -> None:
    from psephos.allocation import compare_budgets, organisation
    from psephos.cli import output
    from psephos.errors import InputError

    found = organisation(b, gamma, rho, mu0=mu0, depth=depth, m=m, W=W)
    spending = None
    if budget:
        sums = _budgets(budget)
        law = {"k": k, "beta": beta, "c_msg": c_msg, "m": 1.0 if m is None else m}
        try:
            spending = compare_budgets(sums, b=b, gamma=gamma, rho=rho, W=W, **law)
        except InputError as problem:
            argument = "budget" if problem.argument == "B" else problem.argument
            raise InputError(argument, problem.problem, where=problem.where, hint=problem.hint) from None
    if json:
        output.print_json(found, budgets=spending)
        return
    out = output.console()
    output.print_summary(out, "Tree", found.summary())
    output.print_table(out, "Layers", found.table(), formats=dict.fromkeys(("bias", "upper", "lower"), ".4f"))
    if spending is not None:
        output.print_summary(out, "Budget", spending.summary())
