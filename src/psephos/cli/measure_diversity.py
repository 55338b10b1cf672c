"""psephos measure diversity: how many really different items are in a file of vectors, texts or similarities?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from psephos.cli import options as o

if TYPE_CHECKING:
    from psephos.metrics import Spectrum
    from psephos.opinions.column_files import ColumnFile

GIVEN = "given"
"""The kernel of an array that holds the similarities themselves."""


def diversity(
    path: Annotated[
        str, typer.Argument(metavar="FILE", help="CSV, TSV, JSON, Parquet, .npy or .npz.", show_default=False)
    ],
    features: Annotated[
        str | None,
        typer.Option(metavar="COLUMN,...", help="What items are compared by: numbers, or a matrix of .npz."),
    ] = None,
    text: Annotated[str | None, typer.Option(metavar="COLUMN", help="Compare texts, by the runs of words.")] = None,
    unit: Annotated[str, typer.Option(help="Runs of what in texts: word or letter.")] = "word",
    runs: Annotated[str, typer.Option(metavar="N,...", help="Lengths of these runs.")] = "1,2,3,4",
    kernel: Annotated[
        str,
        typer.Option(
            help="How vectors are compared: cosine, rbf, laplacian, polynomial, tanimoto; "
            "given: the matrix holds the similarities."
        ),
    ] = "cosine",
    gamma: Annotated[float | None, typer.Option(help="Bandwidth; by the median if not given.")] = None,
    degree: Annotated[int, typer.Option(help="Of the polynomial kernel.", min=1)] = 3,
    group: Annotated[str | None, typer.Option(metavar="COLUMN", help="Report each group, and how they differ.")] = None,
    weight: Annotated[str | None, typer.Option(metavar="COLUMN", help="Weight of each item.")] = None,
    item: Annotated[str | None, typer.Option(metavar="COLUMN", help="Names of the items.")] = None,
    cluster: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Items of one cluster are not independent.")
    ] = None,
    order: Annotated[
        str, typer.Option(metavar="Q,...", help="Orders: small ones see rare items, inf the most frequent.")
    ] = "0,0.1,0.5,1,2,5,inf",
    interval: Annotated[str, typer.Option(help="How intervals are found: auto, bootstrap, delta, none.")] = "auto",
    themes: Annotated[int, typer.Option(help="Themes to show.", min=0)] = 5,
    repeats: Annotated[int, typer.Option(help="Resamples for the intervals.", min=2)] = 400,
    level: Annotated[float, typer.Option(help="Confidence of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(help="Seed of the resamples.", min=0)] = 0,
    limit: o.Limit = o.LIMIT,
    encoding: o.Encoding = "utf-8",
    json: o.Json = False,
    parquet: o.Parquet = None,
    report: o.Report = None,
) -> None:
    """Say how many really different items a collection holds, and what each group adds."""
    from psephos.cli import output
    from psephos.metrics import diversity as diversity_of
    from psephos.opinions.column_files import read_columns

    o.check_outputs([path], {"--parquet": parquet, "--report": report})
    file = read_columns(path, encoding=encoding)
    shares = None if weight is None else _shares(file, weight)
    spectrum = _spectrum(file, features, text, unit, runs, kernel, gamma, degree, shares, seed)
    result = diversity_of(
        spectrum,
        q=[_number(one) for one in o.split(order)],
        names=None if item is None else file.column(item, "--item").tolist(),
        groups=None if group is None else file.column(group, "--group"),
        clusters=None if cluster is None else file.column(cluster, "--cluster"),
        interval=interval,  # type: ignore[arg-type]
        repeats=repeats,
        level=level,
        most_themes=themes,
        rng=seed,
    )
    provenance = replace(result.provenance, source=file.source, command=o.stated())
    result = replace(result, provenance=provenance)
    tables = {"Themes": result.themes, "Items": result.items, "Groups": result.groups}
    output.deliver(
        result,
        "Diversity",
        {title: frame.head(limit) for title, frame in tables.items() if title != "Groups"}
        | {"Groups": result.groups.head(limit * len(o.split(order)))},
        json=json,
        parquet=parquet,
        report=report,
        issues=file.issues,
    )


def _spectrum(
    file: ColumnFile,
    features: str | None,
    text: str | None,
    unit: str,
    runs: str,
    kernel: str,
    gamma: float | None,
    degree: int,
    shares: Any,
    seed: int,
) -> Spectrum:
    """The spectrum of what the file holds."""
    from psephos.errors import InputError
    from psephos.metrics import feature_spectrum, kernel_spectrum, text_spectrum

    if text is not None and features is not None:
        raise InputError("--text", "and --features are two ways to compare items: give one")
    if text is not None:
        column = file.column(text, "--text")
        lost = [row for row, one in enumerate(column.tolist(), start=1) if one is None]
        if lost:
            raise InputError("--text", f"{text} has no text", where=f"row {lost[0]}")
        texts = [one if isinstance(one, str) else str(one) for one in column.tolist()]
        return text_spectrum(texts, n=[_whole(one) for one in o.split(runs)], unit=unit, p=shares)  # type: ignore[arg-type]
    X = _vectors(file, features)
    if kernel == GIVEN:
        return kernel_spectrum(X, p=shares)
    return feature_spectrum(X, kernel=kernel, gamma=gamma, degree=degree, p=shares, rng=seed)  # type: ignore[arg-type]


def _vectors(file: ColumnFile, features: str | None) -> Any:
    """The matrix of a file of one array, or the columns that were named side by side."""
    import numpy as np

    from psephos.errors import InputError
    from psephos.opinions.wording import first_of, plural

    names = o.split(features) if features else list(file.columns)
    if not features and (len(names) != 1 or file.columns[names[0]].ndim != 2):
        hint = f"{file.name} has {first_of(names, 8)}"
        raise InputError("--features", "or --text must say what items are compared by", hint=hint)
    columns = [file.numbers(name, "--features") for name in names]
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise InputError("--features", f"have {' and '.join(map(str, sorted(lengths)))} rows")
    for name, column in zip(names, columns, strict=True):
        bad = ~np.isfinite(column.reshape(len(column), -1)).all(axis=1)
        if bad.any():
            raise InputError(
                "--features",
                f"{name} has {plural(int(bad.sum()), 'row')} without a number",
                where=f"row {bad.argmax() + 1}",
            )
    return columns[0] if len(columns) == 1 and columns[0].ndim == 2 else np.column_stack(columns)


def _shares(file: ColumnFile, weight: str) -> Any:
    """Weights as probabilities."""
    import numpy as np

    from psephos.errors import InputError

    values = file.numbers(weight, "--weight")
    bad = ~np.isfinite(values) | (values < 0)
    if bad.any():
        first = int(bad.argmax())
        problem = f"{weight} must hold numbers of at least 0, got {values.flat[first]:g}"
        raise InputError("--weight", problem, where=f"row {first + 1}")
    if not values.sum() > 0:
        raise InputError("--weight", f"{weight} is all 0")
    return values / values.sum()


def _number(text: str) -> float:
    from psephos.errors import InputError

    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not number >= 0:
        raise InputError("--order", f"must be numbers of at least 0 or inf, as in 1,2,inf, got {text!r:.40}")
    return number


def _whole(text: str) -> int:
    from psephos.errors import InputError

    if not text.strip().isdecimal() or int(text) < 1:
        raise InputError("--runs", f"must be whole numbers of at least 1 as in 1,2, got {text!r:.40}")
    return int(text)
