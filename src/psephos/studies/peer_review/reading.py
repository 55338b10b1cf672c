"""How do files of reviews become `Reviews`?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from psephos.opinions.formats import read_tables
from psephos.opinions.issues import Issues
from psephos.opinions.model import Source
from psephos.opinions.sources import sha256_of
from psephos.studies.peer_review.building import reviews
from psephos.studies.peer_review.reviews import Reviews
from psephos.studies.peer_review.scales import Scale
from psephos.studies.peer_review.snapshots import from_snapshots


def read(
    path: str | Path,
    *,
    after: str | Path | None = None,
    scale: Scale | None = None,
    levels: str = "points",
    tracing: float | None = 1,
    columns: Mapping[str, str] | None = None,
    encoding: str = "utf-8",
) -> Reviews:
    r"""Read reviews from a file of CSV, TSV, JSON Lines, JSON or Parquet.

    Parameters
    ----------
    path : str or Path
        A table as of `reviews`, or the earlier of two snapshots.
    after : str or Path, optional
        The later snapshot; see `from_snapshots`.
    scale, levels, tracing, columns
        As of `reviews`.
    encoding : str, default "utf-8"
        Encoding of text files.

    Returns
    -------
    Reviews
        Ready for every function of the study.

    Raises
    ------
    ParseError
        If a file cannot be read, or a cell cannot.
    InputError
        As of `reviews`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "reviews.csv")
    ...     _ = file.write_text("item,reviewer,score0,score1\nA,1,3,5\nA,2,6,6\n")
    ...     print(read(file))
    2 reviews of 1 items, 2 with both scores
    """
    paths = [Path(path)] + ([Path(after)] if after is not None else [])
    tables = read_tables(paths, encoding=encoding)
    words = _words(after, scale, levels, tracing, columns, encoding)
    source = Source(tuple(map(str, paths)), tuple(map(sha256_of, paths)), (str(path),), words)
    frame = tables[0].frame
    if after is not None:
        found = from_snapshots(frame, tables[1].frame, scale=scale, levels=levels, columns=columns, source=source)
    else:
        found = reviews(
            frame, scale=scale, levels=levels, tracing=tracing, columns=columns, name=str(path), source=source
        )
    unread = Issues(tuple(issue for table in tables for issue in table.issues))
    return replace(found, issues=unread + found.issues)


def _words(
    after: str | Path | None,
    scale: Scale | None,
    levels: str,
    tracing: float | None,
    columns: Mapping[str, str] | None,
    encoding: str,
) -> tuple[str, ...]:
    """How the reviews were read, in words of the command line; defaults need none."""
    options: list[tuple[str, str]] = [("--after", str(after))] if after is not None else []
    if isinstance(scale, Mapping):
        options += [("--scale", f"{group}={_listed(values)}") for group, values in scale.items()]
    elif scale is not None:
        options.append(("--scale", _listed(scale)))
    if levels != "points":
        options.append(("--levels", levels))
    if tracing != 1 and after is None:
        options.append(("--tracing", "none" if tracing is None else f"{tracing:.15g}"))
    options += [("--column", f"{part}={name}") for part, name in (columns or {}).items()]
    if encoding != "utf-8":
        options.append(("--encoding", encoding))
    return tuple(word for option in options for word in option)


def _listed(values: Sequence[float]) -> str:
    return ",".join(f"{value:.15g}" for value in values)
