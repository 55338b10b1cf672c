"""What has been sampled and paid already, if the work was broken off at any moment?

A log is a `LineLog` with a line for each sample, in the columns of opinions of kind ``samples``. An ``fsync`` takes a
few milliseconds, a sample of a language model a hundred times as long; the log can be read while it grows (``psephos
decide answers.jsonl``).

Each line has the key of its request (`request_key`), by which samples of another model or of other settings are found
and refused. Keys of servers are in no request, and so in no log.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from psephos.errors import ParseError, is_number
from psephos.voters.language_model.line_log import LineLog
from psephos.voters.language_model.protocol import LanguageModel
from psephos.voters.language_model.replies import FAILED, Reply, Sample
from psephos.voters.language_model.requests import Request, request_key

KEY_SIGNS = 16
"""Signs of the key of a request that a line holds."""

SAMPLES: dict[str, Any] = {
    "item": pl.String,
    "voter": pl.String,
    "draw": pl.Int64,
    "answer": pl.String,
    "text": pl.String,
    "status": pl.String,
    "cost": pl.Float64,
    "tokens": pl.Int64,
    "logprobs": pl.List(pl.Float64),
}
"""Columns of samples, and their types."""

_FURTHER = {"reason": pl.String, "key": pl.String}


class SampleLog(LineLog):
    """A file to which samples are appended as they come.

    Parameters
    ----------
    path : str or Path
        The file; made if it is missing.

    Attributes
    ----------
    rows : list of dict
        All samples, those in the file first.

    Raises
    ------
    InputError
        If another process writes to it.
    ParseError
        If it is no such log, or a line but the last is damaged.

    Examples
    --------
    >>> import tempfile
    >>> from psephos.voters.language_model import Scripted
    >>> file = Path(tempfile.mkdtemp(), "answers.jsonl")
    >>> model, request = Scripted(["4"]), Request.of("2 + 2?")
    >>> with SampleLog(file) as log:
    ...     log.add(sample_row("sum", model, request, model.complete(request), str.strip))
    >>> with SampleLog(file) as log:
    ...     print([(row["item"], row["draw"], row["answer"]) for row in log.rows])
    [('sum', 0, '4')]
    """

    def __init__(self, path: str | Path) -> None:
        known = {"item": str, "voter": str, "draw": int, "status": str, "key": str}
        super().__init__(path, known, "log of samples")
        wrong = next((number for number, row in enumerate(self.rows, 1) if not _sound(row)), None)
        if wrong is not None:
            self.close()
            hint = "take the line out, or name another file"
            raise ParseError(str(self.path), "is no log of samples", where=f"line {wrong}", hint=hint)


def sample_row(item: str, model: LanguageModel, request: Request, reply: Reply, answer: Any) -> dict[str, Any]:
    """The first sample of a reply as a row of a log.

    Parameters
    ----------
    item : str
    model : LanguageModel
    request : Request
    reply : Reply
    answer : callable
        Takes the answer out of a text, None if there is none.

    Returns
    -------
    dict
    """
    sample = reply.samples[0]
    found = answer(sample.text) or None
    row = _row(item, model, request)
    row |= {"answer": found, "text": sample.text, "status": status_of(sample, found)}
    row |= {"cost": reply.usage.cost, "tokens": reply.usage.tokens_out}
    if sample.logprobs is not None:
        row["logprobs"] = list(sample.logprobs)
    return row


def status_of(sample: Sample, answer: str | None) -> str:
    """Why a sample ended, or what is wrong with it: ``failed``, ``empty``, ``no answer`` in the text.

    Examples
    --------
    >>> status_of(Sample("So 4", stop="length"), "4"), status_of(Sample("Well."), None), status_of(Sample(" "), None)
    ('length', 'no answer', 'empty')
    """
    if answer is not None or sample.stop == FAILED:
        return sample.stop or "stop"
    return "no answer" if sample.text.strip() else "empty"


def failed_row(item: str, model: LanguageModel, request: Request, reason: str) -> dict[str, Any]:
    """A request that no answer came to, as a row of a log: a draw without an answer, never a vote.

    `status` is that of a failure and `reason` says why, so that the log knows of every request that was made.
    """
    return _row(item, model, request) | {"answer": None, "status": FAILED, "reason": reason}


def sample_frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of a log as a table of the columns of ``samples``.

    One row per line, in the order of the log, with the log's further columns but the key; what a line lacks is null.
    """
    names = [*SAMPLES, *_FURTHER]
    return pl.DataFrame(
        [[row.get(name) for name in names] for row in rows], schema={**SAMPLES, **_FURTHER}, orient="row"
    ).drop("key")


def short_key(model: LanguageModel, request: Request) -> str:
    """What a line says of its request.

    The first signs of the digest of model and request: lines with the same key answer the same request.
    """
    return request_key(model.id, request)[:KEY_SIGNS]


def _sound(row: dict[str, Any]) -> bool:
    """Whether all that is read of a line later on is what it should be."""
    if row["draw"] < 0 or (row["status"] != FAILED and not isinstance(row.get("text"), str)):
        return False
    if not all(row.get(name) is None or isinstance(row[name], str) for name in ("answer", "text", "reason")):
        return False
    logprobs = [] if row.get("logprobs") is None else row["logprobs"]
    tokens = 0 if row.get("tokens") is None else row["tokens"]
    numbers = isinstance(logprobs, list) and all(map(is_number, logprobs)) and type(tokens) is int
    return numbers and abs(tokens) < 2**63 and (row.get("cost") is None or is_number(row["cost"]))


def _row(item: str, model: LanguageModel, request: Request) -> dict[str, Any]:
    return {"item": item, "voter": voter_name(model), "draw": request.sample_index, "key": short_key(model, request)}


def voter_name(model: LanguageModel) -> str:
    """A model as a voter: the first word of its id.

    Examples
    --------
    >>> from psephos.voters.language_model import Scripted
    >>> voter_name(Scripted([], id="small at http://127.0.0.1:8000/v1/chat/completions"))
    'small'
    """
    return model.id.split(" at ", 1)[0].split(" xllamacpp", 1)[0].strip() or "model"
