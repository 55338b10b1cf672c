"""How do transcripts get into files that players, scoring tools and people read?

| suffix | holds | written with |
|---|---|---|
| .ctm | any clips of one system | times (3 decimals), confidence, channel; alternatives if asked for |
| .stm | any clips of one system | segments with speaker and channel |
| .srt .vtt | one clip of one system | cues; .vtt also word times and speakers |
| .txt | one clip of one system | words; ``[alt|alt]`` marks if asked for |
| .json | any clips of any systems | all that a word has: `[{system, clip, tokens: [...]}]` |

A path without a suffix is a folder with a file per transcript, ``system/clip.ctm``, which `psephos.read` reads as it
is. What is written is either opinions, with their voters as systems, or the words of a consensus, clip by clip.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from psephos.engine import atomic_write
from psephos.errors import InputError, check_choice
from psephos.opinions.model import Opinions
from psephos.opinions.transcript_ctm import format_ctm
from psephos.opinions.transcript_names import FOLDER_PER_SYSTEM
from psephos.opinions.transcript_srt import format_srt
from psephos.opinions.transcript_stm import format_stm
from psephos.opinions.transcript_text import format_text
from psephos.opinions.transcript_vtt import format_vtt
from psephos.opinions.transcript_words import Word, words_of

FORMATS = ("ctm", "stm", "srt", "vtt", "txt", "json")

TOGETHER = ("ctm", "stm", "json")
"""Formats of which one file holds many clips."""

_ONE_SYSTEM = ("ctm", "stm")
_ONE_CLIP = ("srt", "vtt", "txt")

Transcripts = Mapping[tuple[str, str], Sequence[Word]]


def write_transcripts(
    transcripts: Opinions | Mapping[str, Sequence[Word]],
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002 - the word users type
    system: str = "consensus",
    marks: bool = False,
    alternatives: bool = False,
    word_times: bool = True,
) -> tuple[Path, ...]:
    """Write transcripts to a file or a folder; each file appears whole or not at all.

    Parameters
    ----------
    transcripts : Opinions of kind transcripts, or mapping of clip to sequence of Word
        What to write.
    path : str or Path
        A file, whose suffix names the format, or a folder (a path without a suffix) for a file per transcript.
    format : {"ctm", "stm", "srt", "vtt", "txt", "json"}, optional
        The format of the files in a folder, or of a file whose suffix does not tell.
    system : str, default "consensus"
        Who is said to have heard the words of a mapping.
    marks : bool, default False
        In .txt, show alternatives as ``[alt|alt]``.
    alternatives : bool, default False
        In .ctm, write alternatives as blocks.
    word_times : bool, default True
        In .vtt, put given times of words inside the cues.

    Returns
    -------
    tuple of Path
        The files.

    Raises
    ------
    InputError
        If the format cannot hold what is to be written; it says which can.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> words = [Word("no", 0, 0.5, 0.9), Word("pain", 0.5, 1, 0.7, alternatives=("rain",))]
    >>> with TemporaryDirectory() as folder:
    ...     _ = write_transcripts({"clip1": words}, Path(folder, "all.ctm"))
    ...     print(Path(folder, "all.ctm").read_text(), end="")
    clip1 1 0.000 0.500 no 0.900000
    clip1 1 0.500 0.500 pain 0.700000
    """
    path = Path(path)
    if isinstance(transcripts, Opinions):
        held: Transcripts = words_of(transcripts)
    else:
        held = {(system, item): words for item, words in transcripts.items()}
    form = (format or path.suffix).lower().lstrip(".")
    is_folder = path.is_dir() or not path.suffix
    check_choice("format" if format or is_folder else "path", form, FORMATS)
    options = {"marks": marks, "alternatives": alternatives, "word_times": word_times}
    if not is_folder:
        _check_fits(held, form, path)
        return (_written(path, _text(held, form, **options)),)
    places = {key: Path(_file_name(key[0], "voter"), f"{_file_name(key[1], 'item')}.{form}") for key in held}
    for folder in {path / place.parent for place in places.values()}:
        _make(folder)
    return tuple(_written(path / place, _text({key: held[key]}, form, **options)) for key, place in places.items())


def transcript_parts(
    clips: Iterable[tuple[str, Sequence[Word]]],
    format: str,  # noqa: A002 - the word users type
    *,
    system: str = "consensus",
) -> Iterator[str]:
    r"""The text of a file that holds many clips of one system, a part per clip, so that memory holds one clip.

    Parameters
    ----------
    clips : iterable of (str, sequence of Word)
        Clips by name; .ctm and .stm are to be sorted by it.
    format : {"ctm", "stm", "json"}
    system : str, default "consensus"
        Who is said to have heard the words.

    Returns
    -------
    iterator of str
        A part per clip; the last part of .json closes the array.

    Raises
    ------
    InputError
        If the format cannot hold a clip, or is none of these.

    See Also
    --------
    write_transcripts : all clips at once, and formats of one clip.

    Examples
    --------
    >>> clips = [("a", [Word("no", 0, 0.5, 0.9)]), ("b", [Word("pain", 0, 0.4, 0.7)])]
    >>> list(transcript_parts(clips, "ctm"))
    ['a 1 0.000 0.500 no 0.900000\n', 'b 1 0.000 0.400 pain 0.700000\n']
    """
    check_choice("format", format, TOGETHER)
    sign = "[\n"
    for item, words in clips:
        if format == "json":
            yield sign + _json_line(system, item, words)
            sign = ",\n"
        else:
            yield format_ctm({item: words}) if format == "ctm" else format_stm({item: words})
    if format == "json":
        yield "\n]\n" if sign == ",\n" else "[]\n"


def _text(held: Transcripts, form: str, *, marks: bool, alternatives: bool, word_times: bool) -> str:
    """The whole of a file."""
    clips = {item: words for (_, item), words in held.items()}
    if form == "json":
        return _json(held)
    if form == "ctm":
        return format_ctm(clips, alternatives=alternatives)
    if form == "stm":
        return format_stm(clips)
    ((item, words),) = clips.items()
    if form == "txt":
        return format_text(words, marks=marks)
    return format_srt(words, item) if form == "srt" else format_vtt(words, item, word_times=word_times)


def _json(held: Transcripts) -> str:
    """An array with an object per transcript; what a word does not have is left out."""
    return "[\n" + ",\n".join(_json_line(voter, item, words) for (voter, item), words in held.items()) + "\n]\n"


def _json_line(voter: str, item: str, words: Sequence[Word]) -> str:
    tokens = [
        {"text": word.text}
        | {
            name: value
            for name in ("start", "end", "confidence", "speaker", "channel")
            if (value := getattr(word, name)) is not None
        }
        | ({"times": word.times} if word.times != "given" else {})
        | ({"alternatives": list(word.alternatives)} if word.alternatives else {})
        for word in words
    ]
    return json.dumps({"system": voter, "clip": item, "tokens": tokens}, ensure_ascii=False, allow_nan=False)


def _check_fits(held: Transcripts, form: str, path: Path) -> None:
    """Refuse what one file of the format cannot hold."""
    systems, clips = {voter for voter, _ in held}, {item for _, item in held}
    hint = "write .json, or a folder with format=" + repr(form)
    if form in _ONE_SYSTEM and len(systems) > 1:
        raise InputError("path", f"{path} can hold one system, not {len(systems):,}", hint=hint)
    if form in _ONE_CLIP and (len(systems) > 1 or len(clips) != 1):
        problem = f"{path} can hold one clip of one system, not {len(clips):,} of {len(systems):,}"
        raise InputError("path", problem, hint=hint)


def _file_name(name: str, argument: str) -> str:
    """A name that can be one part of a path."""
    if not name or name.startswith(".") or any(sign in "/\\\0\r\n" for sign in name) or len(name.encode()) > 200:
        problem = f"{name!r:.80} cannot be the name of a file ({FOLDER_PER_SYSTEM})"
        raise InputError(argument, problem, hint="write one .json")
    return name


def _written(place: Path, text: str) -> Path:
    if "\0" in text:
        raise InputError("path", f"{place} cannot hold the NUL character", hint="write .json or .parquet")
    with atomic_write(place) as file:
        file.write(text)
    return place


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise InputError(
            "path",
            f"{folder} cannot be a folder: {problem.strerror}",
            hint="give a folder that can be made or written to",
        ) from None
