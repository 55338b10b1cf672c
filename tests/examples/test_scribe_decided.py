"""What `make demo` does with the dictated example, and what that is worth: the claims of docs/transcripts.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from psephos.cli.demo import OPTIONS
from psephos.consensus import AgainstReferences, against_references, transcripts
from psephos.opinions import Opinions, read

FOLDER = Path(__file__).parents[2] / "examples" / "scribe"
AS_MEANT = {"whisper-tiny": 0.481, "whisper-base": 0.361, "moonshine": 0.653, "pocketsphinx": 1.039}
"""Of the README, which counts them with another program, `as_meant` of make.py."""


@pytest.fixture(scope="module")
def heard() -> Opinions:
    return read(FOLDER)


@pytest.fixture(scope="module")
def options() -> dict[str, Any]:
    return {name: value for name, value in OPTIONS["scribe"].items() if name != "limit"} | {"repeats": 0}


@pytest.fixture(scope="module")
def judged(heard: Opinions, options: dict[str, Any]) -> AgainstReferences:
    return against_references(transcripts(heard, **options))


def test_meant_is_what_the_readme_calls_so(judged: AgainstReferences) -> None:
    assert dict(judged.voters.select("voter", "rate").iter_rows()) == pytest.approx(AS_MEANT, abs=0.002)


def test_the_weighted_consensus_is_better_than_the_best_recogniser(judged: AgainstReferences) -> None:
    assert judged.consensus.rate < judged.voters["rate"].min()


def test_weights_and_not_luck_make_it_so(heard: Opinions, judged: AgainstReferences, options: dict[str, Any]) -> None:
    """Counting is worse than the best recogniser on both halves of the clips, and weighing is better than counting."""
    counted = against_references(transcripts(heard, **options | {"vote": "count"}))
    both = judged.clips.join(counted.clips, on="item", suffix="_counted")
    half = both.with_columns(even=pl.col("item").str.tail(1).cast(pl.Int64) % 2 == 0)
    for part in half.partition_by("even"):
        assert part["edits"].sum() < part["edits_counted"].sum()
    assert counted.consensus.rate > counted.voters["rate"].min()


def test_the_first_fifth_of_the_queue_holds_three_fifths_of_the_errors(judged: AgainstReferences) -> None:
    assert judged.found["checked"][2] == 0.2
    assert judged.found["errors"][2] >= 0.6


def test_the_noise_of_one_recogniser_decides_nothing(heard: Opinions, options: dict[str, Any]) -> None:
    verdict = transcripts(heard, **options)
    accuracy = dict(verdict.voters.select("voter", "accuracy").iter_rows())
    assert min(accuracy, key=accuracy.__getitem__) == "pocketsphinx"
    assert accuracy["pocketsphinx"] < 0.25 < 0.5 < accuracy["moonshine"]


def test_certainty_fitted_on_other_clips_is_more_honest(
    heard: Opinions, judged: AgainstReferences, options: Any
) -> None:
    shipped = against_references(transcripts(heard, **options, calibrate=False))
    assert judged.calibration_error < shipped.calibration_error
