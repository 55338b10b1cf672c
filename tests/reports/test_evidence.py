"""Are the reasons for many items, found in one pass, those for each item?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from psephos.consensus import majority
from psephos.errors import InputError
from psephos.opinions import Opinions, from_frame, scan
from psephos.opinions.verdicts import Verdict
from psephos.reports.evidence import reasons_for, votes_on


def same(verdict: Verdict, items: list[str]) -> None:
    for reasons, item in zip(reasons_for(verdict, pl.Series(items)), items, strict=True):
        alone = verdict.why(item)
        assert str(reasons) == str(alone)
        assert reasons.rows.equals(alone.rows)


@pytest.mark.parametrize("options", [{}, {"ties": "none"}, {"weights": {"tree": 3.0, "knn": 0.5}}])
def test_in_memory(digits: Opinions, options: dict[str, Any]) -> None:
    verdict = majority(digits, **options)
    same(verdict, verdict.queue(40)["item"].to_list())
    same(verdict, ["digit-1796", "digit-0000"])


def test_hostile_names(hostile: Opinions) -> None:
    verdict = majority(hostile)
    same(verdict, verdict.items.to_list())


def test_read_in_parts(digits: Opinions, tmp_path: Path) -> None:
    digits.frame().write_parquet(tmp_path / "votes.parquet")
    verdict = majority(scan(tmp_path / "votes.parquet", rows_per_part=4000))
    same(verdict, verdict.queue(5)["item"].to_list())


def test_whole_numbers_as_names() -> None:
    frame = pl.DataFrame({"item": [1, 1, 2], "voter": [7, 8, 7], "label": [0, 1, 1]})
    verdict = majority(from_frame(frame, kind="labels"))
    same(verdict, ["2", "1"])


def test_no_items() -> None:
    frame = pl.DataFrame({"item": [1, 1, 2], "voter": [7, 8, 7], "label": [0, 1, 1]})
    assert reasons_for(majority(from_frame(frame, kind="labels")), pl.Series([], dtype=pl.String)) == []


def test_only_the_votes_asked_for_are_taken(digits: Opinions) -> None:
    votes = votes_on(digits, pl.Series(["digit-0003", "digit-0001"]))
    assert votes.vocabulary("item").to_list() == ["digit-0001", "digit-0003"]
    assert votes.frame().equals(digits.frame().filter(pl.col("item").is_in(["digit-0001", "digit-0003"])))


def test_files_that_have_changed_are_noticed(digits: Opinions, tmp_path: Path) -> None:
    digits.frame().write_parquet(tmp_path / "votes.parquet")
    shards = scan(tmp_path / "votes.parquet")
    with pytest.raises(InputError, match="the files have changed"):
        votes_on(shards, pl.Series(["gone"]))
