"""Verdicts by parts: the same facts whether votes are counted by arrays or by compiled passes, in one part or many."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.consensus import majority, source_reliability, truth_inference
from psephos.opinions import labels, read, scan, tallies

ballots = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.sampled_from("uvwxyz"),
        st.sampled_from(["cat", "dog", "eel", None]),
        st.sampled_from([0.0, 0.1, 0.2, 0.3, 1.0]),
    ),
    min_size=1,
    max_size=24,
    unique_by=lambda row: row[:2],
).filter(lambda rows: any(row[2] is not None and row[3] > 0 for row in rows))


@pytest.mark.parametrize("weighted", [False, True], ids=["votes", "weights"])
def test_compiled_counting_gives_the_same_verdict(monkeypatch, weighted):
    @given(ballots)
    def check(rows):
        item, voter, label, weight = map(list, zip(*rows, strict=True))
        votes = labels(item, voter, label, weight=weight if weighted else None)
        if not weighted and not any(label):
            return
        with monkeypatch.context() as patch:
            patch.setattr(tallies, "COMPILED_ROWS", 10**9)
            by_arrays = majority(votes)
            patch.setattr(tallies, "COMPILED_ROWS", 0)
            compiled = majority(votes)
        assert compiled.table().equals(by_arrays.table())
        assert compiled.voters.equals(by_arrays.voters)

    check()


def test_the_standing_of_voters_is_that_of_a_count_by_hand():
    # a: u, v say cat, w says dog; b: u says cat, v says dog; c: only w.
    verdict = majority(labels(list("aaabbc"), list("uvwuvw"), ["cat", "cat", "dog", "cat", "dog", "dog"]))
    found = {row["voter"]: (row["compared"], row["agreement"]) for row in verdict.voters.iter_rows(named=True)}
    # On a the others of u stand 1:1 (half), those of v too, those of w 2:0 against it; on b each meets one opponent.
    assert found == {"u": (2, 0.25), "v": (2, 0.25), "w": (1, 0.0)}


def test_many_items_are_counted_the_same_both_ways(monkeypatch, two_processes):
    rng = np.random.default_rng(5)
    item, voter = rng.integers(0, 3_000, 9_000), rng.integers(0, 40, 9_000)
    cell = np.unique(item * 40 + voter)
    votes = labels(cell // 40, cell % 40, rng.integers(0, 30, len(cell)))
    monkeypatch.setattr(tallies, "COMPILED_ROWS", 10**9)
    by_arrays = majority(votes)
    monkeypatch.setattr(tallies, "COMPILED_ROWS", 0)
    assert majority(votes).table().equals(by_arrays.table())
    assert majority(votes, engine=two_processes).table().equals(by_arrays.table())


@pytest.mark.parametrize("unit", [1e150, 1e-150])
def test_weights_of_all_parts_keep_one_scale(tmp_path, unit):
    """Ten items of weight 1 and ten of a weight out of range, in a part of their own: as in one piece."""
    rng = np.random.default_rng(3)
    item = np.repeat(np.arange(20), 4)
    voter = np.tile(np.arange(4), 20)
    label = np.where(rng.random(80) < np.array([0.9, 0.8, 0.7, 0.6])[voter], item % 2, 1 - item % 2)
    frame = pl.DataFrame(
        {
            "item": [f"{one:02}" for one in item],
            "voter": voter.astype(str),
            "label": label.astype(str),
            "weight": np.where(item < 10, 1.0, unit),
        }
    )
    frame.write_parquet(tmp_path / "votes.parquet")
    whole, parts = read(tmp_path / "votes.parquet"), scan(tmp_path / "votes.parquet", rows_per_part=40)
    assert len(parts.parts()) == 2
    for decide in (truth_inference, source_reliability, majority):
        one, two = decide(whole), decide(parts)
        assert two.certainty == pytest.approx(one.certainty, abs=1e-12, nan_ok=True)
        assert two.margin == pytest.approx(one.margin, abs=1e-12, nan_ok=True)
        for name in one.voters.columns:
            assert two.voters[name].to_list() == pytest.approx(one.voters[name].to_list(), nan_ok=True), name
