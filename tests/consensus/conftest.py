"""Transcripts from texts, as tests write them; and `voter_populations` is importable here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from psephos.opinions import Opinions, transcripts

sys.path.insert(0, str(Path(__file__).parent))

Heard = Callable[..., Opinions]


@pytest.fixture(scope="session")
def heard() -> Heard:
    """`heard(["no pain", "now pain"])`, `heard({"ann": "no pain"})` or `heard({"clip": {"ann": "no pain"}})`.

    A text is cut at blanks, one without a word is an empty transcript; voters are called a, b, c, ... if not named.
    """
    return _heard


def _heard(said: Sequence[str] | Mapping[str, Any], **options: Any) -> Opinions:
    if not isinstance(said, Mapping):
        said = dict(zip("abcdefghijklmnopqrstuvwxyz", said, strict=False))
    clips = said if isinstance(next(iter(said.values()), ""), Mapping) else {"clip": said}
    rows = [
        (clip, voter, place, token)
        for clip, voters in clips.items()
        for voter, text in voters.items()
        for place, token in enumerate(text.split() or [None])
    ]
    item, voter, place, token = (list(part) for part in zip(*rows, strict=True))
    return transcripts(item, voter, place, token, **options)
