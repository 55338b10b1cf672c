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


@pytest.mark.parametrize("rows_per_part", [100, 104], ids=["the same parts", "as many other parts"])
def test_rows_that_are_not_sorted_are_resumed_too(tmp_path: Path, rows_per_part: int) -> None:
    rng = np.random.default_rng(4)
    item = rng.permutation(np.repeat(np.arange(200), 5))
    path = tmp_path / "votes.parquet"
    pl.DataFrame({"item": item, "voter": np.arange(1000), "label": rng.integers(0, 3, 1000)}).write_parquet(path)
    first = majority(scan(path, rows_per_part=100), resume=tmp_path / "kept")
    kept = {file: file.stat().st_mtime_ns for file in (tmp_path / "kept").glob("*.npz")}
    assert len(kept) == 10
    second = majority(scan(path, rows_per_part=rows_per_part), resume=tmp_path / "kept")
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "kept").glob("*.npz")} == kept
    assert second.table().equals(first.table())


@pytest.mark.parametrize(
    "change",
    [
        {"weights": {"0": 2.0}},
        {"equivalence": lambda label: int(label) // 2},
        {"repeated": "first"},
        {"file": True},
    ],
    ids=["weights", "equivalence", "repeats", "another file"],
)
def test_what_was_kept_of_other_opinions_is_refused(tmp_path: Path, change: dict) -> None:
    def votes(seed: int) -> pl.DataFrame:
        label = np.random.default_rng(seed).integers(0, 4, 60)
        return pl.DataFrame({"item": np.repeat(np.arange(20), 3), "voter": np.tile(np.arange(3), 20), "label": label})

    path = tmp_path / "votes.parquet"
    votes(0).write_parquet(path)
    majority(scan(path, rows_per_part=30), resume=tmp_path / "kept")
    votes(1 if "file" in change else 0).write_parquet(path)
    shards = scan(path, rows_per_part=30, repeated=change.get("repeated", "auto"))
    options = {name: value for name, value in change.items() if name in ("weights", "equivalence")}
    with pytest.raises(InputError) as caught:
        majority(shards, resume=tmp_path / "kept", **options)
    assert caught.value.argument == "resume"


@pytest.mark.parametrize("change", [{"ties": "none"}, {"rule": "strict"}, {"engine": 2}], ids=str)
def test_what_does_not_change_the_counts_may_change(shards: Shards, tmp_path: Path, change: dict) -> None:
    majority(shards, resume=tmp_path / "kept")
    kept = sorted((tmp_path / "kept").glob("*.npz"))
    resumed = majority(shards, resume=tmp_path / "kept", **change)
    assert sorted((tmp_path / "kept").glob("*.npz")) == kept
    assert resumed.table().equals(majority(shards, **change).table())
