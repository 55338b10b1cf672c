"""Which value has a metric, by its name?

One door to all families of metrics: columns by the part that they play, metrics by name, values with intervals, by
group if asked for, and differences of two scores on the same rows. What is undefined is null and says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.engine import Rng, seed_of
from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.metrics.columns import codes_of, unmasked
from psephos.metrics.conventions import check_missing
from psephos.metrics.measuring.families import FAMILIES
from psephos.metrics.measuring.family import Family
from psephos.metrics.measuring.given import Given, Measured, Settings, check_parts
from psephos.metrics.measuring.measurement import Measurement, table_of
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result
from psephos.statistics import adjust

Columns = npt.ArrayLike | Mapping[str, npt.ArrayLike]


def measure(
    family: str,
    *,
    score: Columns,
    truth: npt.ArrayLike | None = None,
    weight: npt.ArrayLike | None = None,
    group: npt.ArrayLike | None = None,
    item: npt.ArrayLike | None = None,
    attribute: Mapping[str, npt.ArrayLike] | None = None,
    against: Columns | None = None,
    metrics: Sequence[str] | None = None,
    compare: Sequence[str] | None = None,
    options: Mapping[str, Any] | None = None,
    missing: str = "error",
    repeats: int = 1000,
    level: float = 0.95,
    rng: Rng = 0,
    source: Source | None = None,
) -> Measurement:
    """Measure by the names of metrics.

    Parameters
    ----------
    family : str
        "probability", "discrimination", "divergence", "dependence", "diversity" or "effective-features"; see
        `metric_names`.
    score : array_like, or mapping of str to array_like
        What is measured: probabilities, scores, features, predictions; several by name.
    truth : array_like, shape (n,), optional
        What came true.
    weight : array_like of float, shape (n,), optional
        How much each row counts, at least 0.
    group : array_like, shape (n,), optional
        Values for each group too.
    item : array_like, shape (n,), optional
        Within what rows are not independent: errors cluster by it.
    attribute : mapping of str to array_like, optional
        Of "dependence".
    against : array_like, or mapping of str to array_like, optional
        Of "divergence": the same columns of another sample.
    metrics : sequence of str, optional
        Names; the usual ones of the family if not given.
    compare : (str, str), optional
        Names of two scores: the first less the second on the same rows, with p-values adjusted by Holm.
    options : mapping, optional
        Of the family, such as ``{"bins": 15}``.
    missing : {"error", "skip"}, default "error"
        Rows with NaN: refuse, or leave out and count.
    repeats : int, default 1000
        Resamples; 0 for none.
    level : float, default 0.95
        Of the intervals.
    rng : int, Generator, SeedSequence or None, default 0
        Of the random draws; an int repeats them.
    source : Source, optional
        Where the columns came from.

    Returns
    -------
    Measurement
        One row for each metric, score and group with its interval; `value` gives one number.

    Raises
    ------
    InputError
        If a family, metric, option or score is unknown, a part is missing, plays no part or has another length, or as
        of the metrics.

    See Also
    --------
    metric_names : the metrics of a family.

    Examples
    --------
    >>> found = measure("probability", truth=[1, 0, 1, 1], score=[0.9, 0.2, 0.6, 0.4], metrics=["brier", "accuracy"])
    >>> round(found.value("brier"), 4), found.value("accuracy")
    (0.1425, 0.75)
    """
    own = FAMILIES[check_choice("family", family, tuple(FAMILIES))]
    names = _names(own, metrics)
    stated = _options(own, options or {})
    check_missing(missing)
    check_count("repeats", repeats, low=0)
    check_number("level", level, low=0, high=1, open_ends=True)
    given = Given(
        scores=_named_columns(score),
        truth=_column(truth),
        weight=_column(weight),
        group=_column(group),
        item=_column(item),
        attributes={str(name): unmasked(values) for name, values in (attribute or {}).items()},
        against={} if against is None else _named_columns(against, like=score),
    )
    if not given.scores or not given.rows:
        raise InputError("score", "is empty")
    check_parts(given, own.needs, own.takes, own.name)
    seed = seed_of(rng)
    settings = Settings(level, repeats, seed, missing, options=stated)
    parts: Mapping[str, Result] = {}
    if compare is not None:
        pair = tuple(compare)
        if len(pair) != 2 or pair[0] == pair[1]:
            raise InputError("compare", f"must name two different scores, got {', '.join(map(str, pair))}")
        given = given.only(*pair)
        if own.differences is None:
            raise InputError("compare", f"{own.name} has no paired comparison")
        rows = _adjusted(own.differences(given, names, settings))
    else:
        pair = ()
        rows, parts = own.values(given, names, settings)
    if given.group is not None:
        rows += _by_group(own, given, names, settings, paired=bool(pair))
    parameters = {
        "family": family,
        "metrics": list(names),
        "compare": list(pair),
        "options": dict(stated),
        "missing": missing,
        "repeats": repeats,
        "level": level,
    }
    return Measurement(
        provenance=Provenance(f"measure {family}", parameters, source or Source(), seed),
        family=family,
        values=table_of(rows),
        level=level,
        compared=tuple(map(str, pair)),
        parts=parts,
    )


def metric_names(family: str | None = None) -> dict[str, str]:
    """Names of metrics and what each is; of all families, with the family before the name, if none is stated.

    Parameters
    ----------
    family : str, optional
        One of them; all if not given.

    Returns
    -------
    dict of str to str
        The name of each metric, and a line on it.

    Raises
    ------
    InputError
        If the family is unknown.

    Examples
    --------
    >>> list(metric_names("discrimination"))[:2], "probability brier" in metric_names()
    (['auroc', 'auprc'], True)
    """
    if family is not None:
        return dict(FAMILIES[check_choice("family", family, tuple(FAMILIES))].metrics)
    return {f"{name} {metric}": text for name, one in FAMILIES.items() for metric, text in one.metrics.items()}


def _names(family: Family, metrics: Sequence[str] | None) -> tuple[str, ...]:
    if metrics is None:
        return family.usual
    if isinstance(metrics, str) or not metrics:
        raise InputError("metrics", "must be a list of at least one name")
    for name in metrics:
        check_choice("metrics", name, tuple(family.metrics))
    return tuple(dict.fromkeys(metrics))


def _options(family: Family, options: Mapping[str, Any]) -> dict[str, Any]:
    """Options with texts made values, as the command line gives texts."""
    found = {}
    for name, value in options.items():
        if name not in family.options:
            known = ", ".join(family.options) or "none"
            raise InputError("options", f"{family.name} has no option {name!r}; it has {known}")
        try:
            found[name] = family.options[name](value) if isinstance(value, str) else value
        except ValueError:
            raise InputError(name, f"cannot be {value!r}") from None
    return found


def _by_group(
    family: Family, given: Given, names: Sequence[str], settings: Settings, *, paired: bool
) -> list[Measured]:
    settings = replace(settings, whole=False)
    codes, labels = codes_of("group", given.group if given.group is not None else (), given.rows)
    rows: list[Measured] = []
    for code, label in enumerate(labels):
        part = given.of_rows(codes == code)
        try:
            if paired and family.differences is not None:
                found = _adjusted(family.differences(part, names, settings))
            else:
                found = family.values(part, names, settings)[0]
        except InputError as problem:
            found = [
                Measured(name, of, None, rows=part.rows, note=problem.problem) for of in part.scores for name in names
            ]
        rows += [replace(row, group=label) for row in found]
    return rows


def _adjusted(rows: list[Measured]) -> list[Measured]:
    p = adjust([np.nan if row.p is None else row.p for row in rows])
    return [replace(row, p=None if np.isnan(one) else float(one)) for row, one in zip(rows, p, strict=True)]


def _named_columns(columns: Columns, like: Columns | None = None) -> dict[str, npt.NDArray[Any]]:
    if not isinstance(columns, Mapping):
        columns = {next(iter(like)) if isinstance(like, Mapping) else "score": columns}
    found = {str(name): unmasked(values) for name, values in columns.items()}
    single = next((name for name, values in found.items() if not values.ndim), None)
    if single is not None:
        raise InputError(single, "must be a column, got a single value")
    return found


def _column(values: npt.ArrayLike | None) -> npt.NDArray[Any] | None:
    if values is None:
        return None
    found = unmasked(values)
    if found.ndim != 1:
        raise InputError("columns", f"must have 1 dimension(s), got {found.ndim}")
    return found
