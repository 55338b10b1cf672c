"""What does Moonshine hear?

Moonshine tiny (Jeffries et al. 2024, arXiv 2410.15608), encoder and decoder on the sound itself. It gives the time of
a line, not of a word, and no confidence: word times are spread over the line and marked ``interpolated``.

Its voice detector remembers, for as long as the process lives, what it has heard. Each recording is therefore heard in
a process of its own, ``python -m psephos.voters.moonshine FILE SECONDS``, so that the words do not depend on the
recordings before.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType

from psephos.voters.audio import RATE, load_audio
from psephos.voters.recognisers import LocalRecogniser, RecogniserError, Token, interpolated

_MOST = 300
"""Seconds that it is given at once: its interface takes samples as Python numbers."""

_START, _PACE = 120, 10
"""Seconds that it may take: so many to start, and so many for each second of sound."""


class Moonshine(LocalRecogniser):
    """Moonshine tiny-en: 27 million weights, English only."""

    name = "moonshine"
    group = "moonshine"
    description = "Moonshine tiny-en on ONNX Runtime"
    packages = MappingProxyType({"moonshine_voice": "moonshine-voice"})

    def transcribe(self, path: str | Path) -> tuple[Token, ...]:
        """The words with times spread over their lines."""
        limit = _START + _PACE * load_audio(path).seconds  # a bad file is refused here, not over there
        command = [sys.executable, "-m", __name__, str(Path(path).resolve()), str(_MOST)]
        try:
            done = subprocess.run(  # nosec B603 # noqa: S603 - ourselves, with a list of arguments
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=limit, check=False
            )
        except subprocess.TimeoutExpired:
            raise RecogniserError(f"took more than {limit:,.0f} seconds") from None
        if done.returncode:
            last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise RecogniserError(f"ended with {done.returncode}: {' '.join(last)}")
        lines = json.loads(done.stdout.splitlines()[-1])
        return tuple(token for text, start, end in lines for token in interpolated(text, start, end))


def _heard(path: str, most: float) -> list[tuple[str, float, float]]:
    """Text, start and end of each line."""
    from moonshine_voice import ModelArch, Transcriber, get_model_path

    model = str(get_model_path("tiny-en"))
    with Transcriber(model, model_arch=ModelArch.TINY, options={"return_audio_data": "false"}) as engine:
        return [
            (line.text, begin + line.start_time, begin + line.start_time + line.duration)
            for begin, samples in load_audio(path).parts(most)
            for line in engine.transcribe_without_streaming(samples.tolist(), RATE).lines
        ]


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(_heard(sys.argv[1], float(sys.argv[2]))) + "\n")
