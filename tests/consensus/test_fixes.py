"""What a listener put right is taken as certain, and the rest learns from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from psephos.consensus import against_references, transcripts
from psephos.errors import InputError
from tests.consensus.conftest import Heard

SAID = ["no chest pain today", "chest pain to day", "now chest pain today"]


def fixes(*rows: tuple[Any, Any, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["item", "position", "token"], orient="row")


def test_fixes_are_elected_and_certain_and_leave_the_queue(heard: Heard) -> None:
    before = transcripts(heard(SAID))
    assert before.table()["choice"].to_list()[0] == "no"
    after = transcripts(heard(SAID), fixes=fixes(("clip", 1, "Now,"), ("clip", 4, "")))
    table = after.table()
    assert table["choice"].to_list()[0] == "now"
    assert table["certainty"].to_list()[0] == 1.0
    assert table["surface"].to_list()[0] == "Now,"
    assert table["flags"].to_list()[0] == "fixed"
    assert table["runner_up"].to_list()[0] == "no"
    assert table["choice"].to_list()[3] == "@"
    assert after.text("clip").startswith("Now, chest pain")
    assert not after.flagged[[0, 3]].any()
    assert after.items.equals(before.items)
    assert table["certainty"].to_list()[1:3] == before.table()["certainty"].to_list()[1:3]
    assert "2 columns were put right by hand" in " ".join(after.provenance.notes)
    assert "fixed" in after.why("clip:1").flags


@pytest.mark.parametrize("token", ["new", "no", ""])
def test_why_a_column_was_fixed(heard: Heard, token: str) -> None:
    """Also of a word that no transcript has, which has no votes to count."""
    found = transcripts(heard(SAID), fixes=fixes(("clip", 1, token))).why("clip:1")
    assert found.choice == (token or "@")
    assert found.flip == "it was put right by hand, and no transcript changes it"
    assert "would change it" in transcripts(heard(SAID)).why("clip:1").flip


def test_a_word_that_nobody_heard_can_be_put_in(heard: Heard) -> None:
    opinions = heard(SAID)
    after = transcripts(opinions, fixes=fixes(("clip", 1, "Slow")))
    assert after.text("clip") == "Slow chest pain today"
    assert after.table()["choice"][0] == "slow"
    assert after.support[0] == 0
    assert after.words("clip")[0].confidence == 1.0
    assert opinions.vocabulary("token").to_list().count("Slow") == 0
    assert after.to_dict()["rows"][0]["choice"] == "slow"
    assert after.spans_to_hear()[0].item == "clip"


@pytest.mark.parametrize("vote", ["count", "weighted"])
def test_what_is_learnt_changes_the_rest(heard: Heard, vote: str) -> None:
    """Voter d is right where a and b agree on something else: that two agree is less worth once fixes have said so."""
    rng = np.random.default_rng(0)
    said: dict[str, dict[str, str]] = {}
    true = {}
    for clip in range(20):
        words = [f"w{number}" for number in rng.integers(0, 500, 20)]
        wrong = rng.random(20) < 0.4
        alike = [f"x{rng.integers(500)}" if bad else word for word, bad in zip(words, wrong, strict=True)]
        said[f"c{clip:02d}"] = {"a": " ".join(alike), "b": " ".join(alike), "d": " ".join(words)}
        true[f"c{clip:02d}"] = " ".join(words)
    opinions = heard(said)
    rows = [(clip, place, word) for clip in list(true)[:12] for place, word in enumerate(true[clip].split(), 1)]
    first, second = transcripts(opinions, vote=vote), transcripts(opinions, vote=vote, fixes=fixes(*rows))
    rest = second.columns.clip >= 12
    strong = rest & (first.support == 2)
    assert second.certainty[strong].mean() < first.certainty[strong].mean() - 0.2
    assert "fitted on 240 words" in second.certainty_means
    left = {clip: text for clip, text in true.items() if clip >= "c12"}
    errors = [against_references(one, left).consensus.edits for one in (first, second)]
    assert errors[1] <= errors[0]
    if vote == "weighted":
        assert second.voters.sort("accuracy")["voter"].to_list()[-1] == "d"
        assert first.voters.sort("accuracy")["voter"].to_list()[0] == "d"


def test_a_file_of_fixes(heard: Heard, tmp_path: Path) -> None:
    file = tmp_path / "fixes.csv"
    file.write_text("item,position,token\nclip,1,\n", encoding="utf-8")
    assert transcripts(heard(SAID), fixes=file).text("clip") == "chest pain today"


@pytest.mark.parametrize(
    ("rows", "part"),
    [
        ([("other", 1, "a")], "no clip"),
        ([("clip", 0, "a")], "between 1 and"),
        ([("clip", 99, "a")], "between 1 and"),
        ([("clip", None, "a")], "got none"),
        ([("clip", 1.5, "a")], "whole number"),
        ([("clip", "x", "a")], "whole number"),
        ([("clip", 1, "a"), ("clip", 1, "b")], "fixed twice"),
        ([("clip", 1, "two words")], "2 words"),
    ],
    ids=["clip", "zero", "beyond", "missing", "half", "text", "twice", "two words"],
)
def test_bad_fixes(heard: Heard, rows: list[tuple[Any, Any, Any]], part: str) -> None:
    with pytest.raises(InputError, match=part) as caught:
        transcripts(heard(SAID), fixes=fixes(*rows))
    assert caught.value.argument == "fixes"


def test_fixes_without_a_column(heard: Heard) -> None:
    with pytest.raises(InputError, match="no column 'position'") as caught:
        transcripts(heard(SAID), fixes=pl.DataFrame({"item": ["clip"], "token": ["a"]}))
    assert caught.value.argument == "fixes"
