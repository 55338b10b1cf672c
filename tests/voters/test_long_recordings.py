"""Is a recording of four minutes heard to its end, as well as its clips one by one?

The recording is made of clips of examples/scribe without noise or with little, joined by ffmpeg. PocketSphinx takes it
in parts, Moonshine at once.
"""

from __future__ import annotations

import csv
import subprocess
from pathlib import Path
from typing import Any

import pytest

from psephos.consensus.transcripts.word_lists import load_word_lists
from psephos.consensus.transcripts.writing import Writing
from psephos.metrics import WordErrors, word_errors
from psephos.voters import recogniser

EXAMPLE = Path(__file__).parents[2] / "examples" / "scribe"
SECONDS = 240
WINDOW = 30

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("recognisers")]


def table(name: str) -> list[dict[str, str]]:
    with (EXAMPLE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def recording(require: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, str]], float]:
    """The recording, the clips in it, and how long it is."""
    ffmpeg = require("ffmpeg")
    clips, length = [], 0.0
    for row in sorted(table("items.csv"), key=lambda row: (row["noise"] != "none", row["snr_db"] != "15")):
        if length < SECONDS:
            clips.append(row)
            length += float(row["seconds"])
    folder = tmp_path_factory.mktemp("long")
    listed = "".join(f"file '{EXAMPLE / row['audio']}'\n" for row in clips)
    (folder / "clips.txt").write_text(listed, encoding="utf-8")
    command = [ffmpeg, "-v", "error", "-f", "concat", "-safe", "0", "-i", str(folder / "clips.txt")]
    subprocess.run([*command, str(folder / "long.flac")], check=True)
    return folder / "long.flac", clips, length


@pytest.mark.parametrize("name", ["moonshine", "pocketsphinx"])
def test_it_is_heard_to_its_end(require: Any, recording: tuple[Path, list[dict[str, str]], float], name: str) -> None:
    require("moonshine_voice" if name == "moonshine" else "pocketsphinx")
    path, clips, length = recording
    keys = Writing(load_word_lists("en"), meant=True).keys
    tokens = recogniser(name).transcribe(path)
    starts = [token.start for token in tokens if token.start is not None]
    ends = [token.end for token in tokens if token.end is not None]
    assert len(starts) == len(tokens)
    assert 0 <= min(starts) < 2
    assert length - 5 < max(ends) <= length + 1
    in_window = [sum(low <= start < low + WINDOW for start in starts) for low in range(0, int(length) - WINDOW, WINDOW)]
    assert min(in_window) > 40  # nobody here speaks less than 100 words a minute
    one_by_one = WordErrors()
    rows = [row for row in table("transcripts.csv") if row["voter"] == name]
    for clip in clips:
        said = " ".join(row["token"] for row in rows if row["item"] == clip["item"])
        one_by_one += word_errors(keys(clip["reference"]), keys(said))
    whole = word_errors(keys(" ".join(clip["reference"] for clip in clips)), keys(" ".join(t.text for t in tokens)))
    assert whole.rate < one_by_one.rate + 0.1
