"""What does Moonshine hear?

Moonshine tiny (Jeffries et al. 2024, arXiv 2410.15608), encoder and decoder on the sound itself. It gives the time of
a line, not of a word, and no confidence: word times are spread over the line and marked ``interpolated``.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

from psephos.voters.audio import RATE, load_audio
from psephos.voters.recognisers import LocalRecogniser, Token, interpolated


class Moonshine(LocalRecogniser):
    """Moonshine tiny-en: 27 million weights, English only."""

    name = "moonshine"
    group = "moonshine"
    description = "Moonshine tiny-en on ONNX Runtime"
    packages = MappingProxyType({"moonshine_voice": "moonshine-voice"})
    _model: Any = None

    def transcribe(self, path: str | Path) -> tuple[Token, ...]:
        """The words with times spread over their lines."""
        audio = load_audio(path)
        self._model = self._model or self._load()
        lines = self._model.transcribe_without_streaming(audio.samples.tolist(), RATE).lines
        return tuple(
            token
            for line in lines
            for token in interpolated(line.text, line.start_time, line.start_time + line.duration)
        )

    def _load(self) -> Any:
        from moonshine_voice import ModelArch, Transcriber, get_model_path

        return Transcriber(str(get_model_path("tiny-en")), model_arch=ModelArch.TINY)
