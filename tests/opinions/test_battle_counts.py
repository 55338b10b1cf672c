"""Battles in Parquet are counted in one pass, with the same answer as when they are read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from psephos.errors import InputError
from psephos.opinions import read, scan, scan_battles
from psephos.ranking import battle_table, bradley_terry, davidson, elo, win_rate

WORDS = ["model_a", "b>a", "Tie", "tie (bothbad)", "A=B=Good", "rightvote"]


def log(n: int = 900) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    left = rng.integers(0, 5, n)
    right = (left + rng.integers(1, 5, n)) % 5
    return pl.DataFrame(
        {
            "model_a": [f"m{k}" for k in left],
            "model_b": [f"m{k}" for k in right],
            "winner": [WORDS[k] for k in rng.integers(0, len(WORDS), n)],
            "judge": [f"v{k}" for k in rng.integers(0, 7, n)],
        }
    )


def cut(frame: pl.DataFrame, folder: Path) -> list[Path]:
    paths = [folder / "one.parquet", folder / "two.parquet"]
    for path, part in zip(paths, (frame[:400], frame[400:]), strict=True):
        part.write_parquet(path)
    return paths


def test_counted_battles_rank_as_read_ones(tmp_path: Path) -> None:
    paths = cut(log(), tmp_path)
    whole, counted = read(paths), scan_battles(paths)
    assert len(counted) < len(whole)
    np.testing.assert_array_equal(battle_table(whole).counts.ends, battle_table(counted).counts.ends)
    for method in (bradley_terry, davidson, win_rate):
        one, other = (method(each, clusters="voter", repeats=20, rng=0) for each in (whole, counted))
        assert one.names == other.names
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-9)
        np.testing.assert_allclose(one.standard_errors, other.standard_errors, atol=1e-9)


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Float64], ids=str)
def test_weights_are_summed(tmp_path: Path, dtype: type[pl.DataType]) -> None:
    frame = log().with_columns(pl.Series("weight", np.random.default_rng(1).integers(0, 4, 900)).cast(dtype))
    paths = cut(frame, tmp_path)
    ends = [battle_table(made).counts.ends for made in (read(paths), scan_battles(paths))]
    np.testing.assert_array_equal(*ends)


def test_what_cannot_count_is_set_aside_and_counted_in_battles(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "left": ["x", "x", "x", None, "x", "x", "x", "x"],
            "right": ["y"] * 8,
            "winner": ["left", "perhaps", "perhaps", "left", "left", "right", "tie", "tie"],
            "weight": [1.0, 1.0, 1.0, 1.0, -2.0, float("nan"), None, None],
        }
    )
    frame.write_parquet(tmp_path / "b.parquet")
    whole, counted = read(tmp_path / "b.parquet"), scan_battles(tmp_path / "b.parquet")
    assert counted.issues.set_aside == whole.issues.set_aside
    assert sorted((issue.reason, issue.count) for issue in counted.issues) == sorted(
        (issue.reason, issue.count) for issue in whole.issues
    )
    np.testing.assert_array_equal(battle_table(whole).counts.ends, battle_table(counted).counts.ends)
    odd = next(issue for issue in counted.issues if "none of" in issue.reason)
    assert odd.rows.tolist() == [2]
    assert odd.count == 2


def test_elo_refuses_what_has_lost_its_order(tmp_path: Path) -> None:
    counted = scan_battles(cut(log(), tmp_path))
    with pytest.raises(InputError, match="counted in parts") as problem:
        elo(counted)
    assert problem.value.argument == "battles"


@pytest.mark.parametrize(
    ("frame", "argument"),
    [
        (pl.DataFrame({"item": ["a"], "voter": ["x"], "label": ["cat"]}), "columns"),
        (pl.DataFrame({"left": ["x"], "right": ["y"], "winner": ["left"], "weight": ["many"]}), "weight"),
        (pl.DataFrame({"left": ["x"], "right": ["y"], "winner": ["perhaps"]}), "opinions"),
    ],
    ids=["no battles", "words as weights", "no known winner"],
)
def test_what_cannot_be_counted(tmp_path: Path, frame: pl.DataFrame, argument: str) -> None:
    frame.write_parquet(tmp_path / "b.parquet")
    with pytest.raises(InputError) as problem:
        scan_battles(tmp_path / "b.parquet")
    assert problem.value.argument == argument


def test_scan_says_how_battles_are_counted(tmp_path: Path) -> None:
    log().write_parquet(tmp_path / "b.parquet")
    with pytest.raises(InputError, match="scan_battles"):
        scan(tmp_path / "b.parquet")
