"""A verdict that was interrupted goes on where it stopped, and is the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from psephos.consensus import majority
from psephos.errors import InputError
from psephos.opinions import Shards, scan


@pytest.fixture
def shards(tmp_path: Path) -> Shards:
    rng = np.random.default_rng(3)
    item = np.repeat(np.arange(200), 5)
    table = pl.DataFrame({"item": item, "voter": np.tile(np.arange(5), 200), "label": rng.integers(0, 3, 1000)})
    table.with_columns(
        pl.format("i{}", pl.col("item").cast(pl.String).str.zfill(4)).alias("item"),
        pl.when(pl.col("item") == 7).then(None).otherwise("label").alias("label"),
    ).write_parquet(tmp_path / "votes.parquet")
    return scan(tmp_path / "votes.parquet", rows_per_part=100)


def test_kept_parts_are_not_counted_again_and_the_verdict_is_the_same(shards: Shards, tmp_path: Path) -> None:
    plain = majority(shards)
    first = majority(shards, resume=tmp_path / "kept")
    kept = sorted((tmp_path / "kept").glob("*.npz"))
    assert len(kept) == len(shards.cut) > 3
    kept[1].unlink()
    before = {file: file.stat().st_mtime_ns for file in kept if file.exists()}
    second = majority(shards, resume=tmp_path / "kept")
    assert {file: file.stat().st_mtime_ns for file in before} == before
    assert kept[1].exists()
    for verdict in (first, second):
        assert verdict.table().equals(plain.table())
        assert verdict.voters.equals(plain.voters)
        assert str(verdict.issues) == str(plain.issues)
        assert "no label" in str(verdict.issues)


def test_other_work_is_not_resumed(shards: Shards, tmp_path: Path) -> None:
    majority(shards, resume=tmp_path / "kept")
    with pytest.raises(InputError) as caught:
        majority(shards, weights={"0": 2.0}, resume=tmp_path / "kept")
    assert caught.value.argument == "resume"
