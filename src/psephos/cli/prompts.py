"""Which prompts does a file hold, and which model is meant by the options of a verb?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from psephos.cli import options as o

if TYPE_CHECKING:
    import polars as pl

    from psephos.voters.language_model import LanguageModel

NAMES = ("item", "id", "item_id", "question_id", "doc_id")
PROMPTS = ("prompt", "question", "text", "input")


def prompt_table(path: Path) -> pl.DataFrame:
    """The questions of a file as a table about items.

    Parameters
    ----------
    path : Path
        A text file with a question a line, or a table with a column of `PROMPTS`, and perhaps one of names, of `NAMES`.

    Returns
    -------
    polars.DataFrame
        Columns item (numbers from 1 where no column names them) and prompt, both text, then the others of the file.

    Raises
    ------
    InputError
        The path, if it has no column of prompts or no question; with the row, if a question has no name or no text, or
        has the name of another.
    """
    import polars as pl

    from psephos.errors import InputError
    from psephos.opinions.kinds import listed
    from psephos.opinions.reading import read_about
    from psephos.opinions.text_files import decoded, read_bytes

    if path.suffix.lower() == ".txt":
        lines = [line.strip() for line in decoded(read_bytes(path), str(path), "utf-8").splitlines()]
        frame = pl.DataFrame({"prompt": pl.Series([line for line in lines if line], dtype=pl.String)})
    else:
        frame = read_about({"items": path})["items"]
    prompt = next((name for name in PROMPTS if name in frame.columns), None)
    if prompt is None:
        hint = f"name it {PROMPTS[0]}"
        raise InputError(str(path), f"has no column of prompts among {listed(frame.columns)}", hint=hint)
    if not frame.height:
        raise InputError(str(path), "holds no question", hint="one row per question with a column of prompts")
    name = next((name for name in NAMES if name in frame.columns and name != prompt), None)
    numbers = pl.int_range(1, pl.len() + 1).cast(pl.String)
    item = numbers if name is None else pl.col(name).cast(pl.String)
    frame = frame.with_columns(item.alias("item"), pl.col(prompt).cast(pl.String).alias("prompt"))
    for column, problem in (("item", "no name"), ("prompt", "no prompt")):
        empty = frame[column].is_null() | (frame[column].str.strip_chars() == "")
        if empty.any():
            raise InputError(str(path), f"has a question with {problem}", where=f"row {(empty.arg_max() or 0) + 1}")
    again = ~frame["item"].is_first_distinct()
    if again.any():
        where = f"row {(again.arg_max() or 0) + 1}"
        raise InputError(str(path), f"has two questions {frame['item'].filter(again)[0]!r:.60}", where=where)
    return frame.select("item", "prompt", *(name for name in frame.columns if name not in ("item", "prompt")))


def named_model(name: str, endpoint: str | None, timeout: float, prices: tuple[float, float] | None) -> LanguageModel:
    """The model of this name, of this server where it is one of a server.

    Parameters
    ----------
    name : str
        As ``--model`` takes it; ``local`` and stored samples take neither `timeout` nor `prices`.
    endpoint : str or None
        Address of the server; None leaves it to the environment.
    timeout : float
        Seconds to wait for an answer.
    prices : tuple of float, or None
        Of a million tokens read and written.

    Raises
    ------
    InputError
        If there is no such model; see `psephos.voters.open_model`.
    """
    from psephos.voters.language_model import open_model
    from psephos.voters.language_model.opening import LOCAL, STORED

    options: dict[str, Any] = {}
    if name != LOCAL and not name.startswith(STORED):
        options = {"timeout": timeout, "prices": prices}
    return open_model(name, endpoint=endpoint, **options)


def prices_in(text: str | None) -> tuple[float, float] | None:
    """IN,OUT as two numbers: prices of tokens read and of tokens written; None where nothing was typed.

    Raises
    ------
    InputError
        `--prices`: not two numbers with a comma between.

    Examples
    --------
    >>> prices_in("0.5,1.5"), prices_in(None)
    ((0.5, 1.5), None)
    """
    from psephos.errors import InputError

    if text is None:
        return None
    try:
        read, written = map(float, o.split(text))
    except ValueError:
        raise InputError("--prices", f"must be two numbers IN,OUT, got {text!r}") from None
    return read, written
