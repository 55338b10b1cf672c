"""psephos measure user-fairness: are similar users served equally well, from files?

One file says how well each user is served, such as what `psephos measure recommendation --per-user` writes; another
what each user had, or how alike users are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from psephos.cli import options as o

if TYPE_CHECKING:
    from psephos.opinions.column_files import ColumnFile

SIMILARITIES = ("jaccard", "cosine", "jensen-shannon", "mixture")


def user_fairness(
    path: Annotated[
        str, typer.Argument(metavar="FILE", help="How well each user is served, a row each.", show_default=False)
    ],
    score: Annotated[str, typer.Option(metavar="COLUMN", help="How well: nDCG@10, say.", show_default=False)],
    user: Annotated[str, typer.Option(metavar="COLUMN", help="The users.")] = "user",
    run: Annotated[
        str | None, typer.Option(metavar="NAME", help="Where the file has a column run: the run that is looked at.")
    ] = None,
    history: Annotated[str | None, typer.Option(metavar="FILE", help="Interactions: what each user had.")] = None,
    similarity: Annotated[
        str, typer.Option(help="How alike users are: jaccard, cosine, jensen-shannon, mixture, or a matrix in .npy.")
    ] = "jaccard",
    features: Annotated[
        str | None,
        typer.Option(metavar="COLUMN,...", help="Shares of each user by kind, for jensen-shannon and mixture."),
    ] = None,
    gamma: Annotated[float, typer.Option(help="Weight of Jaccard in the mixture.")] = 0.5,
    scale: Annotated[str, typer.Option(metavar="LOW,HIGH", help="Range of the scores.")] = "0,1",
    draws: Annotated[int | None, typer.Option(help="Draw so many pairs of users instead of all.", min=1)] = None,
    worst: Annotated[int, typer.Option(help="Pairs of users to name.", min=0)] = 10,
    repeats: Annotated[int, typer.Option(help="Shuffles of the permutation test; 0 for none.", min=0)] = 999,
    level: Annotated[float, typer.Option(help="Confidence of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(help="Seed of the shuffles.", min=0)] = 0,
    limit: o.Limit = o.LIMIT,
    encoding: o.Encoding = "utf-8",
    json: o.Json = False,
    parquet: o.Parquet = None,
    report: o.Report = None,
) -> None:
    """Say whether similar users are served equally well, with what chance would give and the worst pairs."""
    from psephos.cli import output
    from psephos.errors import InputError, check_choice
    from psephos.metrics import pairwise_unfairness
    from psephos.opinions import read
    from psephos.opinions.column_files import read_columns
    from psephos.opinions.sources import one_source
    from psephos.opinions.wording import plural

    matrix = similarity if similarity.lower().endswith((".npy", ".npz")) else None
    if matrix is None:
        check_choice("--similarity", similarity, SIMILARITIES)
    further = [one for one in (history, matrix) if one is not None]
    o.check_outputs([path, *further], {"--parquet": parquet, "--report": report})
    file = read_columns(path, encoding=encoding)
    held = None if history is None else read(history, kind="interactions", encoding=encoding)
    there = _rows(file, run)
    named = file.column(user, "--user")[there].tolist()
    if None in named:
        raise InputError("--user", f"{user} has no name", where=f"row {named.index(None) + 1} of those that count")
    users = list(map(str, named))
    repeated = len(users) - len(set(users))
    if repeated:
        hint = "say which run with --run" if run is None and "run" in file.columns else None
        raise InputError("--user", f"{file.name} names {repeated:,} users more than once", hint=hint)
    if matrix is None and held is None and similarity != "jensen-shannon":
        raise InputError("--history", "must say what users had, which makes them alike", hint="or give --similarity")
    other = None if matrix is None else read_columns(matrix)
    found: Any = similarity if other is None else _matrix(other)
    shares = None if features is None else _columns(file, features)[there]
    result = pairwise_unfairness(
        dict(zip(users, file.numbers(score, "--score")[there].tolist(), strict=True)),
        held,
        similarity=found,
        features=shares,
        gamma=gamma,
        scale=_ends(scale),
        draws=draws,
        repeats=repeats,
        worst=worst,
        level=level,
        rng=seed,
    )
    source = one_source([file.source, *(one.source for one in (held, other) if one is not None)])
    notes = list(result.provenance.notes)
    if held is not None:
        strangers = set(held.frame()["user"].cast(str).to_list()) - set(users)
        notes += [f"left out: {plural(len(strangers), 'user')} of {history} not in {file.name}"] if strangers else []
    provenance = replace(result.provenance, source=source, command=o.stated(), notes=tuple(notes))
    result = replace(result, provenance=provenance)
    output.deliver(
        result,
        "User fairness",
        {"Worst pairs": result.worst.drop("shared"), "Who pays": result.user_table},
        limit=limit,
        json=json,
        parquet=parquet,
        report=report,
        issues=file.issues if held is None else file.issues + held.issues,
    )


def _rows(file: ColumnFile, run: str | None) -> Any:
    """Which rows count."""
    import numpy as np

    from psephos.errors import InputError
    from psephos.opinions.kinds import listed

    if run is None:
        return slice(None)
    names = [str(one) for one in file.column("run", "--run").tolist()]
    if run not in names:
        raise InputError("--run", f"there is no run {run!r:.60} among {listed(list(dict.fromkeys(names)))}")
    return np.array([name == run for name in names])


def _columns(file: ColumnFile, features: str) -> Any:
    import numpy as np

    return np.column_stack([file.numbers(name, "--features") for name in o.split(features)])


def _matrix(file: ColumnFile) -> Any:
    """The matrix of a file that holds one."""
    from psephos.errors import InputError

    if len(file.columns) != 1:
        raise InputError("--similarity", f"{file.name} holds {len(file.columns)} arrays; it must be one matrix")
    return file.numbers(next(iter(file.columns)), "--similarity")


def _ends(text: str) -> tuple[float, float]:
    """LOW,HIGH as numbers."""
    from psephos.errors import InputError

    try:
        low, high = text.split(",")
        return float(low), float(high)
    except ValueError:
        raise InputError("--scale", f"must be LOW,HIGH as in 0,1, got {text!r:.40}") from None
