"""Options that several verbs share, and reading what they say.

The options of reading stand once, as the fields of `ReadOptions`. A verb gets them all by one line and one parameter:

    @o.reads
    def agree(given: o.ReadOptions, repeats: ... = 1000) -> None:
        opinions = given.load()
"""

from __future__ import annotations

import csv
import inspect
import os
import shlex
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from psephos.cli.complaints import running

if TYPE_CHECKING:
    from psephos.opinions import Opinions, Shards

Column = Annotated[
    list[str] | None, typer.Option(metavar="PART=NAME", help="Which column plays a part, as in voter=annotator.")
]
Encoding = Annotated[str, typer.Option(help="Encoding of text files.")]
EquivalenceOption = Annotated[
    str, typer.Option("--equivalence", help="Which answers are the same: exact, casefold, text, number.")
]
EngineOption = Annotated[
    str, typer.Option("--engine", help="Where work runs: a number of processes, cores, ray, ray:ADDRESS.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Parquet = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the result table to this Parquet file.")]
Limit = Annotated[int, typer.Option(help="Rows of each table to print.", min=0)]
Report = Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write a self-contained page.")]

LIMIT = 10
"""Rows of a table that every verb prints, unless --limit says otherwise."""

RANKED = 30
"""Rows that `rank` prints instead: a ranking is read to its end."""

ROWS_IN_MEMORY = 20_000_000
"""Parquet files with more rows than this are read in parts where the verb can."""

ENDINGS = {
    "--parquet": (".parquet",),
    "--per-user": (".parquet",),
    "--report": (".html", ".htm"),
    "--save": (".npz",),
    "--issues": (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet"),
}
"""Options that name an output, and the endings that its name may have."""

WRITTEN = frozenset({*ENDINGS, "--json"})
"""Options that say what is written, not what is computed."""


@dataclass(frozen=True)
class ReadOptions:
    """Which opinions a verb reads, and how; see `psephos.read`."""

    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...", help="Files of opinions, a folder, or - for standard input.", show_default=False
        ),
    ]
    kind: Annotated[str | None, typer.Option(help="Kind of opinions: labels, scores, ... Recognised if not given.")] = (
        None
    )
    column: Column = None
    wide: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The table is wide: this column names the item, the others are voters."),
    ] = None
    about: Annotated[
        list[str] | None,
        typer.Option(metavar="THINGS=FILE", help="A table about items, voters, candidates, tasks."),
    ] = None
    repeated: Annotated[
        str, typer.Option(help="What counts if a voter contradicts itself on an item: auto, first, last, error.")
    ] = "auto"
    missing: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT,...", help="Texts that mean that there is no label, answer, score, as in NA,-."),
    ] = None
    encoding: Encoding = "utf-8"
    format: Annotated[
        str | None,
        typer.Option(help="Format, where the file name does not tell: csv, tsv, jsonl, json, parquet, ctm, ..."),
    ] = None
    layout: Annotated[
        str | None,
        typer.Option(metavar="PATTERN", help="What names of files say, such as {voter}/{item} or {item}.{voter}."),
    ] = None
    strict: Annotated[bool, typer.Option("--strict", help="Refuse input of which any row would be set aside.")] = False

    def load(self) -> Opinions:
        """The opinions."""
        from psephos.opinions import read

        whole = {name: getattr(self, name) for name in ("wide", "encoding", "format", "layout", "strict")}
        return read(self._path, **self._in_parts(), **whole)

    def load_or_scan(self, *, in_parts: bool) -> Opinions | Shards:
        """The opinions, in parts if asked to or if the files are too large for memory."""
        from psephos.errors import InputError

        whole = self.wide or self.format or self.layout or self.strict
        if not in_parts and (whole or not _is_large(self.paths)):
            return self.load()
        if whole:
            known = "--wide, --format, --layout, --strict do not apply"
            raise InputError("--in-parts", f"data in parts are long Parquet tables; {known}")
        from psephos.opinions import scan

        return scan(self._path, **self._in_parts())

    def load_or_count(self, *, in_parts: bool) -> Opinions:
        """The opinions; battles are counted without being read whole if asked to, or if there are too many."""
        from psephos.errors import InputError

        rest = self.wide or self.format or self.layout or self.strict or self.about or self.repeated != "auto"
        if not in_parts and (rest or not _is_large(self.paths) or not self._are_battles()):
            return self.load()
        if rest or self.kind not in (None, "battles"):
            known = "--wide, --format, --layout, --strict, --about, --repeated and other kinds do not apply"
            raise InputError("--in-parts", f"what is counted are battles in Parquet; {known}")
        from psephos.opinions import scan_battles

        said = self._in_parts()
        return scan_battles(self._path, columns=said["columns"], missing=said["missing"])

    def _are_battles(self) -> bool:
        """Whether the columns of the first file, which is Parquet, are those of battles."""
        import polars as pl

        from psephos.errors import InputError
        from psephos.opinions.finding import find_files
        from psephos.opinions.recognising import recognise

        names = pl.scan_parquet(find_files(self.paths)[0][0], glob=False).collect_schema().names()
        try:
            return recognise(names, kind=self.kind, stated=pairs("column", self.column))[0].name == "battles"
        except InputError:
            return False  # reading them says what is wrong

    def check_outputs(self, outputs: Mapping[str, Path | None]) -> None:
        """Refuse outputs that cannot be, before anything is read; see `check_outputs`."""
        check_outputs([*self.paths, *pairs("about", self.about).values()], outputs)

    @property
    def _path(self) -> str | list[str]:
        return self.paths[0] if len(self.paths) == 1 else self.paths

    def _in_parts(self) -> dict[str, Any]:
        """What can be said of opinions in parts too, in words of Python."""
        return {
            "kind": self.kind,
            "columns": pairs("column", self.column),
            "about": pairs("about", self.about),
            "repeated": self.repeated,
            "missing": [text for line in self.missing or () for text in split(line)],
        }


def reads(verb: Callable[..., None], *, optional: bool = False) -> Callable[..., None]:
    """Give a verb the options of reading in place of its first parameter, a `ReadOptions`.

    Where reading is `optional`, the paths are an empty list if none is given.
    """
    hints = get_type_hints(ReadOptions, include_extras=True)
    own = list(inspect.signature(verb, eval_str=True).parameters.values())[1:]
    reading = {
        field.name: inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in fields(ReadOptions)
    }
    if optional:
        reading["paths"] = reading["paths"].replace(default=None, annotation=_optional(hints["paths"]))

    @wraps(verb)
    def run(**options: Any) -> None:
        told = {name: options.pop(name) for name in reading if name in options}
        given = ReadOptions(**told | {"paths": list(told.get("paths") or ())})
        verb(given, **options)

    parameters = [*(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own), *reading.values()]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run


def _optional(hint: Any) -> Any:
    """The type of an argument, with None as one of its values."""
    return Annotated[hint.__origin__ | None, *hint.__metadata__]


def check_outputs(paths: Iterable[str], outputs: Mapping[str, Path | None]) -> None:
    """Refuse, before anything is read, an output that has the wrong name, is an input, or another output too.

    Also one that cannot be written: no work is done in vain, and no other output is written before the complaint.
    """
    from psephos.engine import check_target
    from psephos.errors import InputError

    inputs = {_place(path) for path in paths if path != "-"}
    inputs |= {file for place in inputs for file in _files_in(place)}
    taken: dict[Path, str] = {}
    for option, path in outputs.items():
        if path is None:
            continue
        check_ending(option, path)
        place = _place(path)
        if place in inputs:
            problem = f"{str(path)!r} is read as input and would be overwritten"
            raise InputError(option, problem, hint="name another file")
        if place in taken:
            raise InputError(option, f"{str(path)!r} is named by {taken[place]} too", hint="name another file")
        if option in ENDINGS or (option == "--to" and path.suffix and not path.is_dir()):
            check_target(path)
        taken[place] = option


def check_ending(option: str, path: Path) -> None:
    """Refuse an output whose name does not end as the names of its format do."""
    from psephos.errors import InputError

    if option in ENDINGS and path.suffix.lower() not in ENDINGS[option]:
        raise InputError(option, f"must name a file ending in {ENDINGS[option][0]}, got {str(path)!r}")


def _place(path: str | Path) -> Path:
    """Where a path leads; `Path.resolve` fails on links that lead in a circle, of which the reader is to complain."""
    return Path(os.path.realpath(path))


def _files_in(place: Path) -> Iterable[Path]:
    try:
        return list(place.iterdir()) if place.is_dir() else []
    except OSError:  # what cannot be listed cannot be read either, and the reader says so
        return []


def stated() -> str:
    """The command that runs, with what was typed but the files to write, so that it gives the same again."""
    context = running()
    options: list[str] = []
    paths: list[str] = []
    for one in context.command.params:
        value, source = context.params.get(one.name), context.get_parameter_source(one.name)
        name = max(one.opts, key=len)
        if one.param_type_name == "argument":
            paths += [f"./{path}" if path.startswith("-") and path != "-" else path for path in _listed(value)]
        elif source is not None and source.name == "COMMANDLINE" and name not in WRITTEN:
            several = one.nargs == 1 or one.multiple  # else the option takes all its values at once
            times = [[text] for text in _listed(value)] if several else [_listed(value)]
            options += [name] if value is True else [word for words in times for word in (name, *words)]
    verb: list[str] = []
    while context.parent is not None:
        verb, context = [context.info_name, *verb], context.parent
    return shlex.join(["psephos", *verb, *paths, *options])


def typed(names: Collection[str]) -> list[str]:
    """The options that were typed for these parameters of the verb that runs, such as ``--bias``."""
    context = running()
    return [
        max(one.opts, key=len)
        for one in context.command.params
        if one.name in names
        and (source := context.get_parameter_source(one.name)) is not None
        and source.name == "COMMANDLINE"
    ]


def _listed(value: Any) -> list[str]:
    return list(map(str, value)) if isinstance(value, (list, tuple)) else [str(value)]


def split(line: str) -> list[str]:
    """The texts of an option that takes several, a line of CSV.

    Examples
    --------
    >>> split('NA,"a,b"')
    ['NA', 'a,b']
    """
    return next(csv.reader([line]), [])


def number_or_word(text: str) -> float | str:
    """A number, or the word that asks for a rule.

    Examples
    --------
    >>> number_or_word("0.5"), number_or_word("auto")
    (0.5, 'auto')
    """
    try:
        return float(text)
    except ValueError:
        return text


def pairs(option: str, given: list[str] | None) -> dict[str, str]:
    """NAME=VALUE options as a mapping; a value may hold further signs of equality, and of equal names the last counts.

    Parameters
    ----------
    option : str
        What the option is called, without its hyphens; complaints name it.
    given : list of str or None
        What was typed; None is nothing.

    Raises
    ------
    InputError
        `--option`: a text without a name, a sign of equality or a value.

    Examples
    --------
    >>> pairs("set", ["bins=15", "rule=a=b"]), pairs("set", None)
    ({'bins': '15', 'rule': 'a=b'}, {})
    """
    from psephos.errors import InputError

    found = {}
    for text in given or []:
        name, sign, value = text.partition("=")
        if not (name and sign and value):
            raise InputError(f"--{option}", f"must be NAME=VALUE, got {text!r}")
        found[name] = value
    return found


def _is_large(paths: list[str]) -> bool:
    from psephos.opinions.finding import find_files
    from psephos.opinions.parquet import check_parquet

    if paths == ["-"]:
        return False
    files, _ = find_files(paths)
    if any(file.suffix.lower() != ".parquet" for file in files):
        return False
    import polars as pl

    for file in files:
        check_parquet(file, str(file))
    counts = [pl.scan_parquet(file, glob=False, hive_partitioning=False).select(pl.len()) for file in files]
    try:
        return sum(int(count.item()) for count in pl.collect_all(counts)) > ROWS_IN_MEMORY
    except pl.exceptions.PolarsError:
        return False  # it is damaged, and `read` says how
