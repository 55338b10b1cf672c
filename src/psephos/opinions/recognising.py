"""Which kind of opinion is this table, and which column plays which part?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches

from psephos.errors import ALIKE, InputError
from psephos.opinions.kinds import KINDS, Kind, kind_named, listed, taken_by


def recognise(
    columns: Collection[str], *, kind: str | None = None, stated: Mapping[str, str] | None = None
) -> tuple[Kind, dict[str, str]]:
    """Find the kind of a table from its column names, and which column plays which part.

    The columns that the caller states count first, then a column's own name (in any case, but in lower case before all
    others), then its aliases. Of the kinds whose required columns are all there, the one that explains most columns
    under their own names wins; a draw between kinds is an error, never a guess.

    Parameters
    ----------
    columns : collection of str
        Column names of the table.
    kind : str, optional
        The kind, if the caller knows it.
    stated : mapping of str to str, optional
        Part to column name, such as ``{"voter": "annotator_email"}``.

    Returns
    -------
    Kind
        The kind found.
    dict of str to str
        Part to column name, for every part that was found.

    Raises
    ------
    InputError
        If a stated column does not exist, no kind fits, or several fit equally well.

    Examples
    --------
    >>> kind, parts = recognise(["task", "worker", "label"])
    >>> kind.name, parts
    ('labels', {'item': 'task', 'voter': 'worker', 'label': 'label'})
    """
    stated = dict(stated or {})
    for part, name in stated.items():
        if name not in columns:
            raise InputError(
                "columns",
                f"{part} is said to be in column {name!r}, which is not among {listed(columns)}",
                hint="name one of these",
            )
    for name in stated.values():
        playing = [part for part, column in stated.items() if column == name]
        if len(playing) > 1:
            raise InputError(
                "columns",
                f"{' and '.join(playing)} are both said to be in column {name!r}",
                hint="give each a column of its own",
            )
    if kind is not None:
        chosen = kind_named(kind)
        unknown = set(stated) - set(chosen.names)
        if unknown:
            raise InputError("columns", f"{chosen.name} have no {listed(unknown)}; they have {listed(chosen.names)}")
        parts = _parts(chosen, columns, stated)
        missing = [name for name in chosen.required if name not in parts]
        if missing:
            raise InputError(
                "columns",
                f"{chosen.name} need {listed(chosen.required)}; found no {listed(missing)} among {listed(columns)}",
                hint=_fits_others(columns, stated) + f"say which column it is: columns={{{missing[0]!r}: 'NAME'}}",
            )
        return chosen, parts
    _check_parts(stated)
    fits = []
    for candidate in KINDS.values():
        parts = _parts(candidate, columns, stated)
        if set(stated) <= set(candidate.names) and set(candidate.required) <= set(parts):
            own = sum(part == name.casefold() or part in stated for part, name in parts.items())
            required = sum(parts[part].casefold() == part or part in stated for part in candidate.required)
            fits.append(((required == len(candidate.required), len(candidate.required), own), candidate, parts))
    if not fits:
        raise InputError(
            "columns",
            f"no kind of opinion has the columns {listed(columns)}",
            hint=_nearly(columns, stated)
            + "say which column is which, as in columns={'voter': 'NAME'}; or, if one column names the item and "
            "each other column is a voter, that the table is wide: wide='NAME'",
        )
    best = max(score for score, _, _ in fits)
    winners = [(candidate, parts) for score, candidate, parts in fits if score == best]
    if len(winners) > 1:
        names = " or ".join(candidate.name for candidate, _ in winners)
        raise InputError("kind", f"the columns {listed(columns)} could be {names}", hint="say which with kind=")
    return winners[0]


def _check_parts(stated: Mapping[str, str]) -> None:
    """Refuse a part that no kind has: part and column may be the wrong way round, or the part called as elsewhere."""
    columns = [column for kind in KINDS.values() for column in kind.columns]
    parts = list(dict.fromkeys(column.name for column in columns))
    called = {alias: column.name for column in columns for alias in column.aliases} | {part: part for part in parts}
    for part, name in stated.items():
        if part in parts:
            continue
        alike = get_close_matches(part.casefold(), called, n=1, cutoff=ALIKE)
        if name in parts:
            hint = f"the part stands before its column, as in columns={{{name!r}: 'NAME'}}"
        elif alike:
            hint = f"write columns={{{called[alike[0]]!r}: 'NAME'}}"
        else:
            hint = f"parts are {listed(parts)}"
        raise InputError("columns", f"no kind of opinion has a part {part!r:.80}", hint=hint)


def _fits_others(columns: Collection[str], stated: Mapping[str, str]) -> str:
    """Which other kinds have all their columns here, and who takes these; the start of a hint, or nothing."""
    fits = [kind.name for kind in KINDS.values() if set(kind.required) <= set(_parts(kind, columns, stated))]
    return f"these are columns of {fits[0]}: {taken_by(fits[0])}; or " if len(fits) == 1 else ""


def _nearly(columns: Collection[str], stated: Mapping[str, str]) -> str:
    """Which kinds lack a single column that must be there; the start of a hint, or nothing."""
    lacks = []
    for kind in KINDS.values():
        missing = set(kind.required) - set(_parts(kind, columns, stated))
        if len(missing) == 1 and len(kind.required) > 2 and set(stated) <= set(kind.names):
            lacks.append(f"{kind.name} lack {missing.pop()!r}")
    return f"{', '.join(lacks)}; " if lacks else ""


def _parts(kind: Kind, columns: Collection[str], stated: Mapping[str, str]) -> dict[str, str]:
    """Which column plays which part: stated ones first, then own names, then aliases; no column plays two parts."""
    folded = {name.strip().casefold(): name for name in reversed(list(columns))}
    folded |= {name: name for name in columns if name in folded}  # `item` rather than `Item`, if both are there
    parts = {part: name for part, name in stated.items() if part in kind.names}
    for column in kind.columns:
        name = folded.get(column.name)
        if column.name not in parts and name is not None and name not in parts.values():
            parts[column.name] = name
    for column in kind.columns:
        if column.name in parts:
            continue
        for alias in column.aliases:
            name = folded.get(alias)
            if name is not None and name not in parts.values():
                parts[column.name] = name
                break
    return {column.name: parts[column.name] for column in kind.columns if column.name in parts}
