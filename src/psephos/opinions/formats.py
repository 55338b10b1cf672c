"""Which reader reads which file?

Each text format has a reader in a module of its own, see `text_files` for what readers share and `parquet` for Parquet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType

from psephos.errors import ParseError
from psephos.opinions.delimited import read_csv, read_tsv
from psephos.opinions.json_records import read_json, read_jsonl
from psephos.opinions.parquet import read_parquet_files
from psephos.opinions.sources import sha256_of
from psephos.opinions.text_files import Table, numbered, read_bytes, refuse_foreign

TEXT_READERS: Mapping[str, Callable[..., Table]] = MappingProxyType(
    {".csv": read_csv, ".tsv": read_tsv, ".jsonl": read_jsonl, ".ndjson": read_jsonl, ".json": read_json}
)
TRANSCRIPT_READERS: Mapping[str, EntryPoint] = MappingProxyType(
    {
        suffix: EntryPoint(suffix, f"psephos.opinions.{place}", "psephos.readers")
        for suffix, place in (
            (".ctm", "transcript_ctm:read_ctm"),
            (".stm", "transcript_stm:read_stm"),
            (".srt", "transcript_srt:read_srt"),
            (".vtt", "transcript_vtt:read_vtt"),
            (".txt", "transcript_text:read_text"),
        )
    }
)
"""Formats of transcripts, loaded when used, in the same way as those of other packages."""
RANKING_READERS: Mapping[str, EntryPoint] = MappingProxyType(
    {
        suffix: EntryPoint(suffix, f"psephos.opinions.trec:{reader}", "psephos.readers")
        for suffix, reader in (
            (".run", "read_run"),
            (".trec", "read_trec"),
            (".qrels", "read_qrels"),
            (".qrel", "read_qrels"),
        )
    }
)
"""Formats of ranked lists and of what is relevant, loaded when used."""

LOG_READERS: Mapping[str, EntryPoint] = MappingProxyType(
    {".eval": EntryPoint(".eval", "psephos.opinions.eval_logs:read_eval", "psephos.readers")}
)
"""Formats of evaluation logs that are no text."""

OWN_READERS: Mapping[str, EntryPoint] = MappingProxyType({**TRANSCRIPT_READERS, **RANKING_READERS, **LOG_READERS})
SUFFIXES = (*TEXT_READERS, ".parquet", *OWN_READERS)
PLAIN_TEXT = ".txt"
"""In a folder, plain texts are transcripts only where no file of another format lies beside them."""


def read_tables(paths: Sequence[Path], *, encoding: str = "utf-8", suffix: str | None = None) -> list[Table]:
    """Read files by the format that the suffix of each (or `suffix`) names.

    A package can add a format: an entry point of the group ``psephos.readers`` whose name is the suffix (``.xyz``) and
    whose object is a function of ``(data, name, *, encoding)`` that returns a `Table`.

    Raises
    ------
    ParseError
        If the file does not exist, has an unknown suffix, or cannot be read as what its suffix says.
    """
    formats = [suffix or path.suffix.lower() for path in paths]
    frames = iter(read_parquet_files([path for path, form in zip(paths, formats, strict=True) if form == ".parquet"]))
    read = []
    for path, form in zip(paths, formats, strict=True):
        if form == ".parquet":
            frame = next(frames)
            read.append(Table(frame, numbered(frame.height), sha256=sha256_of(path)))
        else:
            read.append(parse(read_bytes(path), str(path), form, encoding=encoding))
    return read


def parse(data: bytes, name: str, suffix: str, *, encoding: str = "utf-8") -> Table:
    """Read the bytes of a text format; see `read_tables`.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        Of the file, for complaints.
    suffix : str
        Which format, as ``".csv"``; readers of plug-ins are looked for too.
    encoding : str
        Of the text.

    Returns
    -------
    Table
        With the SHA-256 of the bytes.

    Raises
    ------
    ParseError
        The suffix is not known, or the file does not follow its format.
    """
    reader = TEXT_READERS.get(suffix)
    if reader is None:
        own = OWN_READERS.get(suffix)
        plugged = own or next(iter(entry_points(group="psephos.readers", name=suffix)), None)
        if plugged is None:
            refuse_foreign(data, name)
            known = ", ".join(SUFFIXES)
            raise ParseError(name, f"has the unknown suffix {suffix!r}", hint=f"known are {known}; state format=")
        reader = plugged.load()
    table: Table = reader(data, name, encoding=encoding)
    return replace(table, sha256=hashlib.sha256(data).hexdigest())
