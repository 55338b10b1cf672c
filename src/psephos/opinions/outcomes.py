"""What does every answer of psephos carry: a table, words, and how it came about.

`Result` is the common base: `table()` is a Polars data frame, `to_dict()` is ready for JSON, `str()` is for a terminal,
`provenance` says how to get the same answer again. Each kind of answer has a file of its own beside this one.
"""

from __future__ import annotations

import html
import math
import shlex
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos import __version__
from psephos.opinions.model import Source


@dataclass(frozen=True)
class Provenance:
    """How a result came about.

    Attributes
    ----------
    method : str
        Name of the method.
    parameters : mapping
        Its parameters, as given or by default.
    source : Source
        What was read, with the SHA-256 of each file.
    seed : int or None
        Seed of the random numbers; None if none were drawn.
    command : str
        The command that gives the same result again.
    notes : tuple of str
        Whatever was decided on the way: a fallback, an approximation, a warning.
    version : str
        Version of psephos.
    """

    method: str
    parameters: Mapping[str, Any]
    source: Source
    seed: int | None = None
    command: str = ""
    notes: tuple[str, ...] = ()
    version: str = __version__

    def to_dict(self) -> dict[str, Any]:
        """The same, ready for JSON."""
        return {
            "method": self.method,
            "parameters": dict(self.parameters),
            "source": list(self.source.names),
            "sha256": list(self.source.sha256),
            "tables": dict(self.source.tables),
            "seed": self.seed,
            "command": self.command,
            "notes": list(self.notes),
            "version": self.version,
        }


def command_for(verb: str, source: Source, options: Mapping[str, object]) -> str:
    """The command line that gives a result again, or nothing where none does: the opinions are not those of files, or
    an option is a function.

    Examples
    --------
    >>> command_for("decide", Source(("my votes.csv",), given=("my votes.csv",)), {"ties": "none"})
    "psephos decide 'my votes.csv' --ties none"
    """
    if not source.given or "-" in source.given or any(map(callable, options.values())):
        return ""
    stated = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    paths = [f"./{path}" if path.startswith("-") and path != "-" else path for path in source.given]
    return shlex.join(["psephos", *verb.split(), *paths, *source.options, *stated])


def option_name(option: object) -> str:
    """An option as the parameters of a provenance show it: functions by their names.

    Examples
    --------
    >>> option_name("exact"), option_name(len), option_name(3)
    ('exact', 'len', '3')
    """
    return getattr(option, "__name__", "a function") if callable(option) else str(option)


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Result(ABC):
    """An answer with its provenance; see the module for what every result can do.

    See Also
    --------
    psephos.plot : a picture of it.
    psephos.write_report : a page of it.

    Examples
    --------
    >>> import psephos
    >>> found = psephos.decide(psephos.from_matrix([["a", "a"]]), method="majority")
    >>> isinstance(found, psephos.Result), found.provenance.method, found.to_dict()["result"]
    (True, 'majority', 'verdict')
    """

    provenance: Provenance

    @abstractmethod
    def table(self) -> pl.DataFrame:
        """The answer as a table."""

    @abstractmethod
    def summary(self) -> list[tuple[str, str]]:
        """The answer in a few lines, each a name and what it says."""

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON; what is undefined is None."""
        return {
            "result": type(self).__name__.lower(),
            "summary": dict(self.summary()),
            "rows": json_ready(self.table().to_dicts()),
            "provenance": json_ready(self.provenance.to_dict()),
        }

    def __str__(self) -> str:
        lines = self.summary()
        width = max(len(name) for name, _ in lines)
        return "\n".join(f"{name:<{width}}  {text}" for name, text in lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th scope='row'>{html.escape(name)}</th><td>{html.escape(text)}</td></tr>"
            for name, text in self.summary()
        )
        return f"<table>{rows}</table>{self.table().head(10)._repr_html_()}"


def named(codes: npt.NDArray[np.int32], vocabulary: pl.Series) -> pl.Series:
    """Codes as names, null for -1.

    Examples
    --------
    >>> named(np.array([1, -1], np.int32), pl.Series(["a", "b"])).to_list()
    ['b', None]
    """
    index = pl.Series(codes.astype(np.int64)).replace(-1, None).cast(pl.UInt32)
    return vocabulary.gather(index)


def json_ready(value: Any) -> Any:
    """The same value with NaN and infinity as None and NumPy scalars as Python numbers.

    Examples
    --------
    >>> json_ready({"a": [1.5, float("nan")], "b": np.int64(3)})
    {'a': [1.5, None], 'b': 3}
    """
    if isinstance(value, Mapping):
        return {str(key): json_ready(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_ready(part) for part in value]
    if isinstance(value, np.generic):
        return json_ready(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
