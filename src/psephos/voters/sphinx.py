"""What does PocketSphinx hear?

The decoder of Carnegie Mellon University (Huggins-Daines et al. 2006): hidden Markov models and a trigram model of
general US English. Older and weaker than the others, and wrong in other ways. Word times are its frames of 10 ms; the
confidence of a word is its posterior probability in the lattice.
"""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType

from psephos.voters.audio import RATE, load_audio
from psephos.voters.recognisers import LocalRecogniser, Token, given

_FRAMES = 100
"""Frames in a second."""

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
        decoder.start_utt()
        decoder.process_raw(audio.pcm(), full_utt=True)
        decoder.end_utt()
        return tuple(
            given(
                _PRONUNCIATION.sub("", part.word),
                part.start_frame / _FRAMES,
                (part.end_frame + 1) / _FRAMES,
                min(1.0, part.prob),
            )
            for part in (decoder.seg() if decoder.hyp() is not None else ())
            if not _NO_WORD.fullmatch(part.word)
        )
