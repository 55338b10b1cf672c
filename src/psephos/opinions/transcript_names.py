"""Which clip does a file hold, and which system heard it?

What a file says itself counts: the first column of CTM and STM is the clip, `clip` and `system` of our own JSON are
both. The rest is taken from the name of the file, by a layout that the caller states:

| layout | `{voter}/{item}` | `{item}.{voter}` | `{voter}` |
|---|---|---|---|
| file | `whisper/clip1.srt` | `clip1.whisper.srt` | `whisper.srt`: all files are of one clip |

A layout is compared with the end of the path, without the suffix of the file. Each part in braces stands for one or
more characters, the last one of a name for as few as possible; other signs stand for themselves. `{clip}` and
`{system}` are the same as `{item}` and `{voter}`; a table of any kind can get further columns in this way.

If none is stated, a file in a subfolder of the folder that was read is ``{voter}/{item}``, one whose name holds one dot
``{item}.{voter}``, and one that names its clips itself ``{voter}``. Everything else is an error that asks for a layout.
Whatever was taken from names is noted in the issues.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from psephos.errors import DuplicateSystemError, InputError
from psephos.opinions.issues import NOTED, Issue
from psephos.opinions.text_files import Table

FOLDER_PER_SYSTEM = "{voter}/{item}"
DOTTED = "{item}.{voter}"
SYSTEM = "{voter}"

ONLY = {"item": "clip", "voter": "system"}
"""Names of the one clip, or the one system, of all files whose layout has none."""

_SYNONYMS = {"clip": "item", "system": "voter"}
_FIELD = re.compile(r"\{([A-Za-z_]\w*)\}", re.ASCII)


@dataclass
class Naming:
    """Gives tables the columns that the names of their files say.

    Attributes
    ----------
    layout : str or None
        The layout that the caller states.
    nested : collection of Path
        The files that lie in a subfolder of what was read.
    """

    layout: str | None = None
    nested: Collection[Path] = ()
    _taken: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _heard: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.layout is not None:
            self.layout = re.sub(_FIELD, lambda match: "{" + _SYNONYMS.get(match[1], match[1]) + "}", self.layout)
            _pattern(self.layout.strip("/").split("/")[-1])
            names = _FIELD.findall(self.layout)
            if not names or len(set(names)) < len(names):
                problem = f"must name each part once, such as {FOLDER_PER_SYSTEM!r}, got {self.layout!r:.80}"
                raise InputError("layout", problem)

    def named(self, table: Table, path: str) -> pl.DataFrame:
        """The table with the columns that its own do not say.

        Raises
        ------
        InputError
            If the layout does not fit the path, or none is stated and the name alone does not tell.
        DuplicateSystemError
            If two files hold one clip by one system.
        """
        frame = table.frame
        missing = [part for part in ONLY if table.kind == "transcripts" and part not in frame.columns]
        layout = self.layout or (self._told_by(path, missing) if missing else None)
        if layout is not None:
            found = _parts(layout, path)
            found = {part: name for part, name in found.items() if part not in frame.columns}
            for part in missing:
                found.setdefault(part, ONLY[part])
            if found:
                example = f"{path}: " + ", ".join(f"{part} {name!r}" for part, name in found.items())
                self._taken.setdefault((" and ".join(found), layout), []).append(example)
            frame = frame.with_columns(pl.lit(name, dtype=pl.String).alias(part) for part, name in found.items())
        if table.kind == "transcripts":
            self._once(frame, path)
        return frame

    def issues(self, source: str) -> list[Issue]:
        """What was taken from names, one issue per layout."""
        return [
            Issue(f"took {parts} from names of files, by {layout}", NOTED, source, example=paths[0], count=len(paths))
            for (parts, layout), paths in self._taken.items()
        ]

    def _told_by(self, path: str, missing: Sequence[str]) -> str:
        if Path(path) in self.nested:
            return FOLDER_PER_SYSTEM
        if Path(path).stem.count(".") == 1:
            return DOTTED
        if missing == ["voter"]:
            return SYSTEM
        what = " and ".join({"item": "which clip it is", "voter": "which system heard it"}[part] for part in missing)
        hint = (
            f"state the layout: {FOLDER_PER_SYSTEM} (a folder per system), {DOTTED} (clip1.whisper.srt) "
            f"or {SYSTEM} (all files are of one clip)"
        )
        raise InputError("layout", f"{path} does not say {what}", hint=hint)

    def _once(self, frame: pl.DataFrame, path: str) -> None:
        for pair in frame.select("item", "voter").unique(maintain_order=True).iter_rows():
            before = self._heard.setdefault(pair, path)
            if before != path:
                item, voter = pair
                problem = f"clip {item!r} by system {voter!r} is also in {before}"
                raise DuplicateSystemError(path, problem, hint="state the layout if these are two clips or systems")


def _parts(layout: str, path: str) -> dict[str, str]:
    """What the end of a path says, by the layout.

    Examples
    --------
    >>> _parts("{voter}/{item}", "runs/whisper/clip.1.srt")
    {'voter': 'whisper', 'item': 'clip.1'}
    """
    wanted = layout.strip("/").split("/")
    place = Path(path)
    names = [*place.parts[:-1], place.stem][-len(wanted) :]
    if len(names) < len(wanted):
        names = [*place.resolve().parts[:-1], place.stem][-len(wanted) :]
    found: dict[str, str] = {}
    for pattern, name in zip(wanted, names, strict=False):
        match = _pattern(pattern).fullmatch(name)
        if match is None or len(names) < len(wanted):
            raise InputError("layout", f"{layout!r} does not fit {path}: {name!r} is no {pattern!r}")
        found |= match.groupdict()
    return found


def _pattern(part: str) -> re.Pattern[str]:
    """One name of a layout as a regular expression."""
    pieces = _FIELD.split(part)
    signs = [re.escape(piece) if place % 2 == 0 else f"(?P<{piece}>.+)" for place, piece in enumerate(pieces)]
    if any("{" in piece or "}" in piece for piece in pieces[::2]):
        raise InputError("layout", f"{part!r:.80} has a brace without its partner")
    return re.compile("".join(signs), re.DOTALL)
