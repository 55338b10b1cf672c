"""psephos measure FAMILY: metrics by name from columns of files; one verb for each family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from psephos.cli import options as o

if TYPE_CHECKING:
    from psephos.opinions.column_files import ColumnFile

FAMILIES = {
    "probability": "Say whether probabilities are honest, and how good they are.",
    "discrimination": "Say whether a score puts positives on top.",
    "divergence": "Say how far two samples are apart: rows with and without an event, or those of two files.",
    "dependence": "Say whether a prediction depends on attributes, also on their combinations.",
    "diversity": "Say how many different items a collection holds: vectors, or texts.",
    "effective-features": "Say how many features are really used.",
}
"""The verbs; `psephos.metrics.measuring.families` holds what they measure."""

OWN_VERB = frozenset({"diversity", "effective-features"})
"""Families that take more than columns by name, such as matrices and dictionaries: each has a file of its own."""

Texts = list[str] | None


def verb_of(family: str) -> Callable[..., None]:
    """The command ``psephos measure FAMILY`` of any family that takes its columns by name.

    Parameters
    ----------
    family : str
        A key of `psephos.metrics.measuring.families.FAMILIES`, whose text becomes the help of the command.

    Returns
    -------
    callable
        A function with the options as typer reads them; it reads the file, measures and delivers.
    """

    def verb(
        path: Annotated[
            str,
            typer.Argument(metavar="FILE", help="CSV, TSV, JSON, Parquet, .npy or .npz.", show_default=False),
        ],
        score: Annotated[
            Texts, typer.Option(metavar="COLUMN", help="What is measured; may be given again for several.")
        ] = None,
        truth: Annotated[str | None, typer.Option(metavar="COLUMN", help="What came true, 0 or 1.")] = None,
        weight: Annotated[str | None, typer.Option(metavar="COLUMN", help="Weight of each row.")] = None,
        group: Annotated[str | None, typer.Option(metavar="COLUMN", help="Report each group too.")] = None,
        item: Annotated[
            str | None, typer.Option(metavar="COLUMN", help="Rows of one item are not independent; pairs two files.")
        ] = None,
        attribute: Annotated[
            Texts, typer.Option(metavar="COLUMN[=KIND]", help="An attribute: nominal, ordinal or continuous.")
        ] = None,
        against: Annotated[str | None, typer.Option(metavar="FILE", help="The same columns of another sample.")] = None,
        metrics: Annotated[
            str | None, typer.Option(metavar="NAME,...", help="Which metrics; 'all', or the usual ones if not given.")
        ] = None,
        compare: Annotated[
            tuple[str, str] | None,
            typer.Option(metavar="A B", help="Difference of two: score columns, or files, paired by --item."),
        ] = None,
        set_: Annotated[
            Texts, typer.Option("--set", metavar="NAME=VALUE", help="An option of the metrics, as in bins=15.")
        ] = None,
        missing: Annotated[str, typer.Option(help="Rows with a missing value: error or skip.")] = "error",
        repeats: Annotated[int, typer.Option(help="Resamples for the intervals.", min=0)] = 1000,
        level: Annotated[float, typer.Option(help="Confidence of the intervals.")] = 0.95,
        seed: Annotated[int, typer.Option(help="Seed of the resamples.", min=0)] = 0,
        encoding: o.Encoding = "utf-8",
        json: o.Json = False,
        parquet: o.Parquet = None,
        report: o.Report = None,
    ) -> None:
        from psephos.cli import output
        from psephos.metrics import measure, metric_names
        from psephos.opinions.column_files import read_columns
        from psephos.opinions.issues import Issues
        from psephos.opinions.sources import one_source

        files = [path, *([against] if against else []), *(name for name in compare or () if Path(name).is_file())]
        o.check_outputs(files, {"--parquet": parquet, "--report": report})
        file = read_columns(path, encoding=encoding)
        options: dict[str, Any] = o.pairs("set", set_)
        kinds = dict(part.split("=", 1) for part in attribute or () if "=" in part)
        if kinds:
            options["kinds"] = kinds
        names = list(score or ())
        scores, kept, paired, further = _scores(file, names, compare, item, family, encoding)

        def column(name: str | None, option: str) -> Any:
            return None if name is None else file.column(name, option)[kept]

        positive = "positive" in options
        outcome = None
        if truth is not None:
            outcome = column(truth, "--truth") if positive else file.numbers(truth, "--truth")[kept]
        other = None if against is None else read_columns(against, encoding=encoding)
        wanted = None if metrics is None else o.split(metrics)
        result = measure(
            family,
            score=scores,
            truth=outcome,
            weight=None if weight is None else file.numbers(weight, "--weight")[kept],
            group=column(group, "--group"),
            item=column(item, "--item"),
            attribute={
                name: _typed(file.column(name, "--attribute")[kept])
                for name in (part.split("=", 1)[0] for part in attribute or ())
            },
            against=None if other is None else {name: _typed(other.column(name, "--against")) for name in scores},
            metrics=list(metric_names(family)) if wanted == ["all"] else wanted,
            compare=tuple(scores) if compare else None,
            options=options,
            missing=missing,
            repeats=repeats,
            level=level,
            rng=seed,
        )
        files_read = [file, *further, *([other] if other else [])]
        provenance = replace(
            result.provenance,
            source=one_source(one.source for one in files_read),
            command=o.stated(),
            notes=(*result.provenance.notes, *paired),
        )
        result = replace(result, provenance=provenance)
        output.deliver(
            result,
            f"{family.capitalize()}{' compared' if compare else ''}",
            {"Values": result.values} if result.values.height > 12 or group else {},
            json=json,
            parquet=parquet,
            report=report,
            issues=sum((one.issues for one in files_read), Issues()),
        )

    verb.__doc__ = FAMILIES[family]
    return verb


def _scores(
    file: ColumnFile, names: list[str], compare: tuple[str, str] | None, item: str | None, family: str, encoding: str
) -> tuple[dict[str, Any], Any, list[str], list[ColumnFile]]:
    """What is measured, by name; which rows of the file take part; what to say of pairing, and of which other files."""
    import numpy as np

    from psephos.errors import InputError

    everything = slice(None)
    numeric = family in ("probability", "discrimination")

    def own(name: str, option: str) -> Any:
        return file.numbers(name, option) if numeric or family == "dependence" else _typed(file.column(name, option))

    if compare is None:
        if not names:
            raise InputError("--score", f"{family} needs it", hint="name the column that is measured")
        return {name: own(name, "--score") for name in names}, everything, [], []
    foreign = [name for name in compare if name not in file.columns and Path(name).is_file()]
    if not foreign:
        return {name: own(name, "--compare") for name in compare}, everything, [], []
    if item is None:
        raise InputError("--item", "is needed to pair the rows of files", hint="name the column that both have")
    if len(names) != 1:
        raise InputError("--score", "must name one column, which the files have", where=", ".join(foreign))
    return _joined(file, names[0], compare, item, numeric, encoding, np)


def _joined(
    file: ColumnFile, score: str, compare: tuple[str, str], item: str, numeric: bool, encoding: str, np: Any
) -> tuple[dict[str, Any], Any, list[str], list[ColumnFile]]:
    """Scores of two files beside the rows of the first one, by their item."""
    from psephos.errors import InputError
    from psephos.opinions.column_files import read_columns
    from psephos.opinions.wording import plural

    keys = _items(file, item)
    scores, there, notes, others = {}, np.ones(len(keys), dtype=bool), [], []
    for name in compare:
        other = file if name in file.columns else read_columns(name, encoding=encoding)
        column = name if name in file.columns else score
        values = other.numbers(column, "--score") if numeric else _typed(other.column(column, "--score"))
        held = _items(other, item)
        others += [other] if other is not file else []
        place = {key: row for row, key in enumerate(held)}
        rows = np.array([place.get(key, -1) for key in keys])
        there &= rows >= 0
        lost = len(held) - len(set(held) & set(keys))
        if lost:
            notes.append(f"not in {file.name}: {plural(lost, 'item')} of {other.name}")
        scores[Path(name).stem if name not in file.columns else name] = values[np.maximum(rows, 0)]
    if len(scores) < 2:
        raise InputError("--compare", "names the same twice")
    if not there.any():
        raise InputError("--item", "has no item in common with the files that are compared")
    if not there.all():
        lost = int((~there).sum())
        notes.append(f"left out: {plural(lost, 'item')} of {file.name}, missing in a file that is compared")
    return {name: values[there] for name, values in scores.items()}, there, notes, others


def _items(file: ColumnFile, item: str) -> list[str]:
    """The names by which the rows of a file are paired with those of another, each once."""
    from psephos.errors import InputError
    from psephos.opinions.coding import text_of

    names = [text_of(one, "--item") for one in file.column(item, "--item").tolist()]
    keys = [name for name in names if name]
    if len(keys) < len(names):
        row = next(row for row, name in enumerate(names, start=1) if not name)
        raise InputError("--item", f"{item} of {file.name} has no name", where=f"row {row}")
    if len(set(keys)) < len(keys):
        raise InputError("--item", f"{file.name} names an item twice, so rows of files cannot be paired")
    return keys


def _typed(column: Any) -> Any:
    """A column of texts that are all numbers as numbers."""
    if column.dtype != object:
        return column
    from psephos.errors import InputError
    from psephos.opinions.column_files import numbers_of

    try:
        return numbers_of(column, "", "")
    except InputError:
        return column
