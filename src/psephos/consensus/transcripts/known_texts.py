"""Where do true texts come from, if they do not lie in the table about items?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from psephos.errors import InputError
from psephos.opinions.about import About
from psephos.opinions.issues import Issues
from psephos.opinions.kinds import listed
from psephos.opinions.model import Opinions
from psephos.opinions.reading import read, read_about

TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")


def with_references(opinions: Opinions, path: str | Path, *, encoding: str = "utf-8") -> Opinions:
    """The same transcripts with the true texts of a file.

    Parameters
    ----------
    opinions : Opinions
        Of kind ``transcripts``.
    path : path
        A table with the columns item and reference (or text), or a file of transcripts (STM, CTM, text, ...) that has
        one transcript of each clip.
    encoding : str, default "utf-8"
        Encoding of a text file.

    Raises
    ------
    InputError
        If the file has no such columns, several texts of one clip, or no text of any clip.
    """
    file = Path(path)
    texts = _of_table(file, encoding) if file.suffix.lower() in TABLES else _of_transcripts(file, encoding)
    about, issues = About.checked({"items": texts}, {"item": opinions.vocabulary("item")})
    found = about.column("items", "reference", opinions.vocabulary("item"))
    if found is None or not found.count():
        raise InputError("references", f"{file} has no text of any of these clips", hint="compare the names of clips")
    known = opinions.about.items
    items = about.items if known is None else known.drop("reference", strict=False)
    if known is not None and about.items is not None:
        items = known.drop("reference", strict=False).join(
            about.items.select("item", "reference"), on="item", how="full", coalesce=True, maintain_order="left_right"
        )
    noted = Issues(tuple(replace(issue, source=str(file)) for issue in issues))
    source = replace(opinions.source, options=(*opinions.source.options, "--references", str(path)))
    return replace(opinions, source=source, about=replace(opinions.about, items=items), issues=opinions.issues + noted)


def _of_table(file: Path, encoding: str) -> pl.DataFrame:
    table = read_about({"items": file}, encoding)["items"]
    text = next((name for name in ("reference", "text") if name in table.columns), None)
    if text is None or "item" not in table.columns:
        needed = "columns 'item' and 'reference'"
        raise InputError("references", f"{file} must have the {needed}, has {listed(table.columns)}")
    return table.select("item", pl.col(text).alias("reference").cast(pl.String))


def _of_transcripts(file: Path, encoding: str) -> pl.DataFrame:
    heard = read(file, kind="transcripts", encoding=encoding)
    if heard.size("voter") > 1:
        raise InputError("references", f"{file} has transcripts of {heard.size('voter'):,} voters; one is the truth")
    return (
        heard.frame()
        .sort("item", "position", maintain_order=True)
        .group_by("item", maintain_order=True)
        .agg(pl.col("token").drop_nulls().str.join(" ").alias("reference"))
    )
