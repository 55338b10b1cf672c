"""How do the JSON files of speech recognisers become words?

| shape | recognised by | words, and their times |
|---|---|---|
| psephos | `tokens` | `text, start, end, confidence, speaker, channel` or texts; `clip` and `system` beside them |
| Whisper | `segments`, or `words` with `word` | `word, start, end, probability`; a segment without words is spread |
| Deepgram | `results.channels` | `punctuated_word` or `word`, `start, end, confidence, speaker` |
| AssemblyAI | `words` with `text` | `text, start, end` in milliseconds, `confidence, speaker, channel` |
| AWS | `results.items` | texts of seconds; punctuation has no time and joins the word before it |
| Google | `results` with `alternatives` | `word`, `startTime` or `startOffset` as in "1.2s" |
| Azure | `NBest` | `Word, Offset, Duration` in ticks of 100 ns; one object, or an array of phrases |

The shape is taken from the first object, never mixed with another. A word that has no time keeps none, and the first of
several alternatives counts. Source: sheet 01; the shapes of vendors are from memory, so what is missing or of another
type is an error that says where, as in ``results.channels[0].alternatives[0].words[3].start``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from psephos.errors import DuplicateSystemError, ParseError
from psephos.opinions.issues import Issue
from psephos.opinions.text_files import Table
from psephos.opinions.transcript_checks import GIVEN, INTERPOLATED
from psephos.opinions.transcript_nodes import Node, Words
from psephos.opinions.transcript_tokens import TokenTable
from psephos.opinions.transcript_vendors import assemblyai, aws, azure, deepgram, google, whisper


def shape_of(value: object) -> str | None:
    """The shape of a JSON object, None where it is no transcript of a known shape.

    Examples
    --------
    >>> shape_of({"results": {"channels": []}}), shape_of({"item": [1, 2]})
    ('Deepgram', None)
    """
    if not isinstance(value, dict):
        return None
    results, words, segments = (value.get(key) for key in ("results", "words", "segments"))
    if isinstance(value.get("tokens"), list) and (_objects(value["tokens"]) or {"clip", "system"} & set(value)):
        return "psephos"
    if isinstance(results, dict):
        return next((shape for key, shape in (("channels", "Deepgram"), ("items", "AWS")) if key in results), None)
    if isinstance(results, list) and _objects(results) and (not results or "alternatives" in results[0]):
        return "Google" if results or len(value) == 1 else None
    if isinstance(value.get("NBest"), list) or ("RecognitionStatus" in value and "Duration" in value):
        return "Azure"
    if isinstance(segments, list) and _objects(segments) and _texts_or_words(segments):
        return "Whisper"
    if isinstance(words, list) and words and _objects(words):
        return "Whisper" if "word" in words[0] else "AssemblyAI" if "text" in words[0] else None
    return "AssemblyAI" if words == [] and "text" in value else None


def read_shapes(
    shape: str, values: Sequence[object], places: Sequence[str] | None, name: str, issues: Sequence[Issue]
) -> Table:
    """The words of JSON objects of one shape.

    Parameters
    ----------
    shape : str
        A key of `SHAPES`.
    values : sequence
        The objects.
    places : sequence of str, or None
        Where each stands, as ``"line 3"``; None for one file that is an object or a list.
    name : str
        Of the file, for complaints.
    issues : sequence of Issue
        What was found before.

    Raises
    ------
    ParseError
        Several transcripts that do not say of which clip they are, or an object that does not have its shape.
    """
    single = len(values) == 1 and places is None
    nodes = [
        Node(value, name, "" if single else places[number] if places else f"[{number}]")
        for number, value in enumerate(values)
    ]
    if len(nodes) > 1 and shape not in ("psephos", "Azure"):
        problem = f"holds {len(nodes):,} transcripts of the shape of {shape}, which do not say of which clip they are"
        raise ParseError(name, problem, hint="write one file per transcript")
    table = TokenTable(name)
    if shape == "psephos":
        table.items, table.voters = _named(nodes, "clip", "item"), _named(nodes, "system", "voter")
    else:
        table.note(f"took the words from the shape of {shape}", 1)
    for node in nodes:
        SHAPES[shape](node, table)
    return table.table(issues)


def _psephos(node: Node, table: TokenTable) -> None:
    item = node.need("clip", "item").name_here() if table.items else None
    voter = node.need("system", "voter").name_here() if table.voters else None
    if not table.transcript(item, voter):
        raise DuplicateSystemError(
            node.name, f"has two transcripts of clip {item!r} by system {voter!r}", where=node.place
        )
    words, unread = Words(table, item, voter), set()
    for word in node.need("tokens").list():
        if isinstance(word.value, str):
            words.add(word, word.text(), None, None)
            continue
        times = word.get("times")
        words.add(
            word,
            word.need("text", "token").text(),
            word.seconds("start"),
            word.seconds("end"),
            confidence=word.sure("confidence"),
            speaker=word.label("speaker"),
            channel=word.label("channel"),
            times=GIVEN if times is None or times.text() != INTERPOLATED else INTERPOLATED,
        )
        unread |= set(word.value) - _OWN
    if unread:
        table.note(f"not read: {', '.join(sorted(unread))}", 1)


_OWN = {"text", "token", "start", "end", "confidence", "speaker", "channel", "times"}


SHAPES: Mapping[str, Callable[[Node, TokenTable], None]] = {
    "psephos": _psephos,
    "Whisper": whisper,
    "Deepgram": deepgram,
    "AssemblyAI": assemblyai,
    "AWS": aws,
    "Google": google,
    "Azure": azure,
}
"""Readers by shape."""


def _named(nodes: Sequence[Node], *keys: str) -> bool:
    """Whether the objects say their clip (or system); all must, or none."""
    said = [node.get(*keys) is not None for node in nodes]
    if any(said) and not all(said):
        raise ParseError(nodes[0].name, f"has no {keys[0]!r}", where=nodes[said.index(False)].place)
    return any(said)


def _objects(values: Sequence[object]) -> bool:
    return all(isinstance(value, dict) for value in values)


def _texts_or_words(segments: Sequence[Mapping[str, object]]) -> bool:
    return all("text" in segment or "words" in segment for segment in segments)
