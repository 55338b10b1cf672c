"""What does PocketSphinx hear?

The decoder of Carnegie Mellon University (Huggins-Daines et al. 2006): hidden Markov models and a trigram model of
general US English. Older and weaker than the others, and wrong in other ways. Word times are its frames of 10 ms; the
confidence of a word is its posterior probability in the lattice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.voters.audio import RATE, load_audio, pcm
from psephos.voters.recognisers import LocalRecogniser, Token, given

_FRAMES = 100
"""Frames in a second."""

_MOST = 120
"""Seconds that it is given at once: its lattice grows with them."""

_NO_WORD = re.compile(r"[<\[+].*")
_PRONUNCIATION = re.compile(r"\(\d+\)$")


class PocketSphinx(LocalRecogniser):
    """PocketSphinx with the US English models that come with it."""

    name = "pocketsphinx"
    group = "sphinx"
    description = "PocketSphinx, hidden Markov models and a trigram model of US English"
    packages = MappingProxyType({"pocketsphinx": "pocketsphinx"})

    def transcribe(self, path: str | Path) -> tuple[Token, ...]:
        """The words with times and posterior probabilities; the decoder adapts, so each recording gets a fresh one."""
        audio = load_audio(path)
        from pocketsphinx import Decoder

        decoder = Decoder(samprate=RATE, loglevel="FATAL")
        return tuple(token for begin, samples in audio.parts(_MOST) for token in _heard(decoder, samples, begin))


def _heard(decoder: Any, samples: npt.NDArray[np.float32], begin: float) -> Iterator[Token]:
    decoder.start_utt()
    decoder.process_raw(pcm(samples), full_utt=True)
    decoder.end_utt()
    for part in decoder.seg() if decoder.hyp() is not None else ():
        if not _NO_WORD.fullmatch(part.word):
            start, end = (begin + frame / _FRAMES for frame in (part.start_frame, part.end_frame + 1))
            yield given(_PRONUNCIATION.sub("", part.word), start, end, min(1.0, part.prob))
