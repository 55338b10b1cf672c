"""How do the recognisers of vendors write their words in JSON? One function per shape; see `transcript_json`.

Source: sheet 01, from memory; whatever is not as it says is an error that names the place.
"""

from __future__ import annotations

from typing import Any

from psephos.errors import ParseError
from psephos.opinions.transcript_nodes import Node, Words
from psephos.opinions.transcript_tokens import TokenTable

_TICKS = 10_000_000


def whisper(node: Node, table: TokenTable) -> None:
    """The words of Whisper."""
    words = Words(table)
    together = node.get("words")
    for word in together.list() if together is not None and together.value else ():
        _whisper_word(words, word, None)
    if table.lines:
        return
    for segment in node.need("segments").list():
        speaker = segment.label("speaker")
        inside = segment.get("words")
        if inside is None or not inside.of(list, "an array"):
            text, start, end = segment.need("text").text(), segment.seconds("start"), segment.seconds("end")
            words.spread(segment, text, start, end, speaker=speaker)
            continue
        for word in inside.list():
            _whisper_word(words, word, speaker)


def _whisper_word(words: Words, word: Node, speaker: str | None) -> None:
    words.add(
        word,
        word.need("word", "text").text(),
        word.seconds("start"),
        word.seconds("end"),
        confidence=word.sure("probability", "confidence", "score"),
        speaker=word.label("speaker") or speaker,
    )


def deepgram(node: Node, table: TokenTable) -> None:
    """The words of Deepgram."""
    words = Words(table)
    for number, channel in enumerate(node.need("results").need("channels").list()):
        best = channel.need("alternatives").first()
        inside = None if best is None else best.get("words")
        if best is not None and inside is None:
            words.spread(best, best.need("transcript").text(), None, None, channel=str(number))
        for word in inside.list() if inside is not None else ():
            words.add(
                word,
                word.need("punctuated_word", "word").text(),
                word.seconds("start"),
                word.seconds("end"),
                confidence=word.sure("confidence"),
                speaker=word.label("speaker"),
                channel=str(number),
            )


def assemblyai(node: Node, table: TokenTable) -> None:
    """The words of AssemblyAI."""
    words = Words(table)
    for word in node.need("words").list() if node.value["words"] else ():
        words.add(
            word,
            word.need("text").text(),
            word.seconds("start", unit=1000),
            word.seconds("end", unit=1000),
            confidence=word.sure("confidence"),
            speaker=word.label("speaker"),
            channel=word.label("channel"),
        )


def aws(node: Node, table: TokenTable) -> None:
    """The words of AWS Transcribe."""
    words = Words(table)
    spoken: list[tuple[Node, str, dict[str, Any]]] = []
    for item in node.need("results").need("items").list():
        kind, best = item.need("type").text(), item.need("alternatives").first()
        text = "" if best is None else best.need("content").text()
        if kind not in ("pronunciation", "punctuation"):
            raise ParseError(item.name, f"must be 'pronunciation' or 'punctuation', got {kind!r:.40}", where=item.place)
        if kind == "punctuation" and spoken:
            before, surface, more = spoken[-1]
            spoken[-1] = before, surface + text, more
            continue
        more = {
            "start": item.seconds("start_time"),
            "end": item.seconds("end_time"),
            "confidence": None if best is None or kind == "punctuation" else best.sure("confidence"),
            "speaker": item.label("speaker_label"),
            "channel": item.label("channel_label"),
        }
        spoken.append((item, text, more))
    for item, text, more in spoken:
        words.add(item, text, **more)


def google(node: Node, table: TokenTable) -> None:
    """The words of Google."""
    words = Words(table)
    for result in node.need("results").list():
        options = result.get("alternatives")
        best = None if options is None else options.first()
        if best is None:
            continue
        channel, inside = result.label("channelTag"), best.get("words")
        if inside is None and best.get("transcript"):
            words.spread(best, best.need("transcript").text(), None, None, channel=channel)
        for word in inside.list() if inside is not None else ():
            start, end = word.seconds("startTime", "startOffset"), word.seconds("endTime", "endOffset")
            if start is None and end is not None and not table.lines:
                start = 0.0  # protobuf writes no zeros
            words.add(
                word,
                word.need("word").text(),
                start,
                end,
                confidence=word.sure("confidence") or None,  # 0 means "not set" here
                speaker=word.label("speakerLabel", "speakerTag"),
                channel=channel,
            )


def azure(node: Node, table: TokenTable) -> None:
    """The words of Azure."""
    words = Words(table)
    options = node.get("NBest")
    best = None if options is None else options.first()
    if best is None:
        return
    channel, inside = node.label("Channel"), best.get("Words")
    for word in inside.list() if inside is not None else ():
        start, end = _ticks(word)
        words.add(word, word.need("Word").text(), start, end, confidence=word.sure("Confidence"), channel=channel)
    if inside is None:
        start, end = _ticks(node)
        words.spread(best, best.need("Display", "Lexical").text(), start, end, channel=channel)


def _ticks(node: Node) -> tuple[float | None, float | None]:
    start, length = node.seconds("Offset", unit=_TICKS), node.seconds("Duration", unit=_TICKS)
    return start, None if start is None or length is None else round(start + length, 7)
