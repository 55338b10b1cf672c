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
    """The questions as a table about items, with a column ``prompt``."""
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
    """The model of this name, of this server where it is one of a server."""
    from psephos.voters.language_model import open_model
    from psephos.voters.language_model.opening import LOCAL, STORED

    options: dict[str, Any] = {}
    if name != LOCAL and not name.startswith(STORED):
        options = {"timeout": timeout, "prices": prices}
    return open_model(name, endpoint=endpoint, **options)


def prices_in(text: str | None) -> tuple[float, float] | None:
    """IN,OUT as two numbers."""
    from psephos.errors import InputError

    if text is None:
        return None
    try:
        read, written = map(float, o.split(text))
    except ValueError:
        raise InputError("--prices", f"must be two numbers IN,OUT, got {text!r}") from None
    return read, written
