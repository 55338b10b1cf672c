"""psephos plan: are many weak agents in a tree worth their budget, before any is spent?"""

from __future__ import annotations

from typing import Annotated

import typer

from psephos.cli import options as o


def plan(
    b: Annotated[int, typer.Option("--children", help="Children of each node; an even number behaves like one less.")],
    gamma: Annotated[float, typer.Option("--fidelity", help="What of a bias a message keeps, 0 to 1.")] = 1.0,
    rho: Annotated[float, typer.Option("--correlation", help="Correlation of the votes of children, 0 to 1.")] = 0.0,
    mu0: Annotated[float, typer.Option("--bias", help="Bias of a leaf, 2 p - 1 with p its chance to be right.")] = 0.1,
    depth: Annotated[int, typer.Option(help="Layers to show.", min=0)] = 8,
    m: Annotated[float | None, typer.Option("--message", help="Tokens of a message.")] = None,
    W: Annotated[float | None, typer.Option("--window", help="Tokens of the window of a node.")] = None,
    budget: Annotated[
        list[str] | None, typer.Option(metavar="NUMBER,...", help="Budgets to spend on one run or on a tree.")
    ] = None,
    k: Annotated[float, typer.Option("--gain", help="Bias of one run that spends 1; with --budget.")] = 0.02,
    beta: Annotated[float, typer.Option("--exponent", help="How that grows: gain x^exponent; with --budget.")] = 0.2,
    c_msg: Annotated[float, typer.Option("--token-cost", help="Cost of a token sent; with --budget.")] = 0.0,
    json: o.Json = False,
) -> None:
    """Say whether a tree of agents amplifies what they know, how deep it pays, and what a budget is best spent on."""
    from psephos.allocation import compare_budgets, organisation
    from psephos.cli import output
    from psephos.errors import InputError

    found = organisation(b, gamma, rho, mu0=mu0, depth=depth, m=m, W=W)
    spending = None
    if budget:
        try:
            sums = [float(part) for line in budget for part in o.split(line)]
        except ValueError:
            raise InputError("budget", f"must be numbers, got {','.join(budget)!r}") from None
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
