"""Tests of voters held against a verdict."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import psephos
from psephos.consensus import majority, truth_inference, voter_details
from psephos.consensus.voter_details import EXAMPLES
from psephos.errors import InputError
from psephos.opinions import from_matrix, labels, scan, scores

DIGITS = Path(__file__).parents[2] / "examples" / "digits"

votes_of = st.lists(
    st.lists(st.sampled_from(["a", "b", "c", None]), min_size=4, max_size=4), min_size=1, max_size=8
).filter(lambda rows: any(vote is not None for row in rows for vote in row))


@given(votes_of)
def test_the_numbers_are_those_of_a_loop_over_votes(rows):
    voters = ["w", "x", "y", "z"]
    verdict = majority(from_matrix(rows, voters=voters))
    details = voter_details(verdict)
    choice = dict(zip(verdict.items, verdict.table()["choice"], strict=True))
    held = [
        (voter, choice[str(item)], vote, str(item))
        for item, row in enumerate(rows)
        for voter, vote in zip(voters, row, strict=True)
        if vote is not None and choice[str(item)] is not None
    ]
    found = {tuple(row[:3]): row[3] for row in details.differences.rows()}
    expected = Counter((voter, right, said) for voter, right, said, _ in held if said != right)
    assert found == dict(expected)
    for voter, votes, same in details.voters.select("voter", "votes", "same").rows():
        assert votes == sum(one == voter for one, *_ in held)
        assert same == sum(one == voter and said == right for one, right, said, _ in held)
    for voter, right, said, items in details.differences.select("voter", "choice", "said", "items").rows():
        assert 1 <= len(items) <= EXAMPLES
        assert all((voter, right, said, item) in held for item in items)


@given(votes_of)
def test_a_vote_decides_where_the_choice_would_not_lead_without_it(rows):
    voters = ["w", "x", "y", "z"]
    details = voter_details(majority(from_matrix(rows, voters=voters)))
    for place, voter in enumerate(voters):
        decides = 0
        for row in rows:
            votes = Counter(vote for vote in row if vote is not None)
            leading = min(votes, key=lambda one: (-votes[one], one)) if votes else None
            rivals = [number for vote, number in votes.items() if vote != row[place]]
            decides += (
                row[place] is not None and row[place] == leading and votes[leading] - 1 <= max(rivals, default=-1)
            )
        row_of = details.voters.filter(pl.col("voter") == voter)
        assert (row_of["decides"].item() if row_of.height else 0) == decides


def test_weights_count_in_what_decides():
    votes = from_matrix([["a", "b", "b"]], voters=["x", "y", "z"])
    details = voter_details(majority(votes, weights={"x": 5.0}))
    assert details.voters["decides"].to_list() == [1, 0, 0]
    assert details.voters["decided"].to_list() == [["0"], [], []]


def test_one_whose_agreement_is_below_the_fence_beyond_doubt_stands_out():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 300)
    noise = [truth if v else rng.integers(0, 3, 300) for v in range(7)]
    votes = np.stack([np.where(rng.random(300) < 0.1, rng.integers(0, 3, 300), row) for row in noise], axis=1)
    details = voter_details(majority(from_matrix(votes.tolist(), voters=list("abcdefg"))))
    assert details.voters.filter("outlier")["voter"].to_list() == ["a"]
    few = voter_details(majority(from_matrix(votes[:, :4].tolist(), voters=list("abcd"))))
    assert np.isnan(few.fence)
    assert not few.voters["outlier"].any()


def test_on_the_digits_the_tree_stands_out_and_the_surest_items_come_first():
    verdict = truth_inference(psephos.read(DIGITS), "dawid-skene")
    details = voter_details(verdict)
    assert details.voters.filter("outlier")["voter"].to_list() == ["tree"]
    sure = dict(zip(verdict.items, verdict.certainty, strict=True))
    for items in details.of("tree")["items"]:
        assert sorted((sure[item] for item in items), reverse=True) == pytest.approx([sure[item] for item in items])
    assert "tree" in str(details)


def test_where_all_agree_nothing_differs_and_nothing_is_decided():
    details = voter_details(majority(from_matrix([["a", "a", "a"]])))
    assert details.differences.is_empty()
    assert details.voters["decides"].to_list() == [0, 0, 0]
    assert dict(details.summary())["outliers"] == "none"


def test_bad_input_is_refused(tmp_path):
    votes = labels(["1", "1"], ["x", "y"], ["a", "b"])
    with pytest.raises(InputError, match="no voter 'nobody'"):
        voter_details(majority(votes)).of("nobody")
    psephos.opinions.write(votes, tmp_path / "votes.parquet")
    with pytest.raises(InputError, match="in parts"):
        voter_details(majority(scan(tmp_path / "votes.parquet")))
    rated = truth_inference(scores(["1", "1", "2", "2"], ["x", "y", "x", "y"], [1.0, 2.0, 3.0, 4.0]))
    assert not isinstance(rated, psephos.opinions.Verdict)
