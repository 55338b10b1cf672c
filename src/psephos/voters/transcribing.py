"""What do several recognisers hear in several recordings?

Each recording goes to each recogniser, one model in memory at a time, and what all of them wrote becomes opinions of
kind ``transcripts``. A recording that cannot be read, or on which a recogniser fails, is listed and stops nothing. A
recogniser that heard nothing has one row without a token: it took part. With `keep`, each finished pair of a recording
and a recogniser is a file of that folder, found again by the bytes of the recording and the identity of the recogniser,
whatever else is transcribed with it; failures are not kept, so the same call tries them again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from psephos.engine import atomic_write, progress
from psephos.errors import InputError, MissingPartError
from psephos.opinions import Opinions, from_frame
from psephos.opinions.transcript_checks import MISSING
from psephos.voters.audio import load_audio
from psephos.voters.recognisers import Recogniser, Token

_KEPT = re.compile(r"[0-9a-f]{32}\.json")

_SCHEMA = {
    "item": pl.String,
    "voter": pl.String,
    "position": pl.Int64,
    "token": pl.String,
    "start": pl.Float64,
    "end": pl.Float64,
    "confidence": pl.Float64,
    "times": pl.String,
}


@dataclass(frozen=True)
class Failure:
    """A recording that could not be read (`voter` is None), or on which one recogniser failed.

    A failure of one recogniser on one recording leaves the others as they are; `reason` is one line for a terminal.
    """

    audio: str
    voter: str | None
    reason: str

    def __str__(self) -> str:
        return self.reason if self.voter is None else f"{self.audio}: {self.voter} failed: {self.reason}"


@dataclass(frozen=True)
class Transcribed:
    """What the recognisers heard, and what went wrong.

    Attributes
    ----------
    opinions : Opinions or None
        Of kind ``transcripts``, with tables about items (audio, seconds) and voters; None if nothing was transcribed.
    failures : tuple of Failure
        What could not be read or transcribed.
    silent : tuple of str
        Recordings in which nothing can be heard; what a recogniser writes for one is invented.
    reused : int
        Pairs of a recording and a recogniser that were kept from an earlier call.

    See Also
    --------
    psephos.transcribe : makes it.
    """

    opinions: Opinions | None
    failures: tuple[Failure, ...]
    silent: tuple[str, ...]
    reused: int


@dataclass(frozen=True)
class _Clip:
    item: str
    path: Path
    sha256: str
    seconds: float


def transcribe(
    paths: Sequence[str | Path],
    recognisers: Sequence[Recogniser],
    *,
    keep: str | Path | None = None,
    reuse: bool = True,
    label: str | None = None,
) -> Transcribed:
    """Let each recogniser write down what is said in each recording.

    Parameters
    ----------
    paths : sequence of str or Path
        The recordings. An item is called like its file without the suffix, or by its whole path where two would be
        called alike.
    recognisers : sequence of Recogniser
        The voters.
    keep : str or Path, optional
        Folder that keeps finished pairs; created if it is missing, and then not left behind empty.
    reuse : bool, default True
        Whether pairs that `keep` already holds are taken from there.
    label : str, optional
        Shows a progress bar with this label.

    Returns
    -------
    Transcribed
        Transcripts as opinions, and a list of failures.

    Raises
    ------
    InputError
        If there is no recording or no recogniser, one is named twice, or `keep` cannot be a folder.

    See Also
    --------
    psephos.decide : decides what the recognisers heard.

    Examples
    --------
    >>> from psephos.voters import installed, recogniser
    >>> voters = [recogniser(name) for name in installed()]
    >>> said = transcribe(["visit.wav"], voters, keep="heard")  # doctest: +SKIP
    >>> said.opinions, said.failures  # doctest: +SKIP
    """
    if not paths or not recognisers:
        raise InputError("paths" if not paths else "recognisers", "names none")
    for name, given in (("paths", list(map(str, paths))), ("recognisers", [voter.name for voter in recognisers])):
        twice = [one for one, count in Counter(given).items() if count > 1]
        if twice:
            raise InputError(name, f"names {twice[0]} twice")
    clips: list[_Clip] = []
    failures: list[Failure] = []
    silent: list[str] = []
    heard: dict[tuple[str, str], tuple[Token, ...]] = {}
    reused = 0
    with _folder(keep) as folder, progress(label, len(paths) * (1 + len(recognisers))) as advance:
        for item, path in zip(_items(paths), map(Path, paths), strict=True):
            try:
                audio = load_audio(path)
            except InputError as problem:
                failures.append(Failure(str(path), None, str(problem)))
                advance(1 + len(recognisers))
                continue
            advance()
            clips.append(_Clip(item, path, hashlib.sha256(path.read_bytes()).hexdigest(), audio.seconds))
            if audio.silent:
                silent.append(str(path))
        for voter in recognisers:
            for clip in clips:
                file = None if folder is None else folder / f"{_key(voter, clip)}.json"
                tokens = _kept(file) if reuse and file is not None else None
                if tokens is not None:
                    reused += 1
                else:
                    tokens = _attempt(voter, clip, failures)
                if tokens is not None:
                    heard[clip.item, voter.name] = tokens
                    if file is not None:
                        _store(file, tokens)
                advance()
    opinions = _opinions(clips, recognisers, heard) if heard else None
    return Transcribed(opinions, tuple(failures), tuple(silent), reused)


def forget(keep: str | Path) -> None:
    """Remove the pairs that a folder keeps, and the folder if it holds nothing else.

    Parameters
    ----------
    keep : str or Path
        The folder that was given to `transcribe`.

    Examples
    --------
    >>> forget("no such folder")
    """
    folder = Path(keep)
    for file in folder.glob("*.json"):
        if _KEPT.fullmatch(file.name):
            file.unlink()
    with suppress(OSError):
        folder.rmdir()


def _attempt(voter: Recogniser, clip: _Clip, failures: list[Failure]) -> tuple[Token, ...] | None:
    try:
        return voter.transcribe(clip.path)
    except MissingPartError:
        raise
    except Exception as problem:  # noqa: BLE001 - whatever a foreign engine raises, the other recordings go on
        reason = f"{problem}" or type(problem).__name__
        failures.append(Failure(str(clip.path), voter.name, " ".join(reason.split())[:400]))
        return None


def _items(paths: Sequence[str | Path]) -> list[str]:
    stems = Counter(Path(path).stem for path in paths)
    return [stem if stems[stem := Path(path).stem] == 1 else str(path) for path in paths]


def _opinions(
    clips: Sequence[_Clip], recognisers: Sequence[Recogniser], heard: dict[tuple[str, str], tuple[Token, ...]]
) -> Opinions:
    rows: list[tuple[Any, ...]] = []
    for clip in clips:
        for voter in recognisers:
            tokens = heard.get((clip.item, voter.name))
            if tokens is None:
                continue
            for position, token in enumerate(tokens or (Token("", times=MISSING),)):
                said = (token.text or None, token.start, token.end, token.confidence, token.times)
                rows.append((clip.item, voter.name, position, *said))
    items = {
        "item": [clip.item for clip in clips],
        "audio": [str(clip.path) for clip in clips],
        "seconds": [round(clip.seconds, 3) for clip in clips],
    }
    voters = {
        "voter": [voter.name for voter in recognisers],
        "group": [voter.group for voter in recognisers],
        "description": [voter.description for voter in recognisers],
    }
    return from_frame(
        pl.DataFrame(rows, schema=_SCHEMA, orient="row"),
        kind="transcripts",
        about={"items": pl.DataFrame(items), "voters": pl.DataFrame(voters)},
    )


@contextmanager
def _folder(keep: str | Path | None) -> Iterator[Path | None]:
    """The folder that keeps what is finished; one that was made here goes again if nothing was."""
    if keep is None:
        yield None
        return
    folder = Path(keep)
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise InputError("keep", f"{folder} cannot be a folder: {problem.strerror}") from None
    try:
        yield folder
    finally:
        if is_new:
            with suppress(OSError):  # it holds what was finished
                folder.rmdir()


def _key(voter: Recogniser, clip: _Clip) -> str:
    said = json.dumps([clip.sha256, dict(voter.identity)], sort_keys=True)
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


def _kept(file: Path) -> tuple[Token, ...] | None:
    """The tokens of a kept pair; None if there are none or the file is damaged."""
    try:
        return tuple(Token(**token) for token in json.loads(file.read_bytes())["tokens"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _store(file: Path, tokens: Sequence[Token]) -> None:
    with atomic_write(file) as stream:
        json.dump({"tokens": [asdict(token) for token in tokens]}, stream, ensure_ascii=False)
