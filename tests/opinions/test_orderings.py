"""One ranking for all methods: order and ties, blanks, doubt, comparison."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from psephos.errors import InputError
from psephos.opinions import Ranking, ranking_by_scores
from psephos.opinions.model import Source
from psephos.opinions.orderings import order_of
from psephos.opinions.outcomes import Provenance
from psephos.statistics import rank_spread

PROVENANCE = Provenance("test", {}, Source())


def ranking(names: str, scores: list[float], **more: object) -> Ranking:
    return ranking_by_scores(
        pl.Series(list(names)), np.array(scores), score_means="points", provenance=PROVENANCE, **more
    )


def test_ties_share_a_rank_in_the_order_of_the_input() -> None:
    made = ranking("abcd", [1, 3, 3 + 1e-12, 0])
    assert made.names == list("bcad")
    assert made.ranks.tolist() == [3, 1, 1, 4]
    assert made.tied == [["b", "c"], ["a"], ["d"]]
    assert made.groups.tolist() == [2, 1, 1, 3]


def test_nearly_equal_scores_keep_the_order_of_the_input() -> None:
    order, ranks = order_of(np.array([1.0, 1.0 + 1e-12, 1.0 - 1e-12]))
    assert order.tolist() == [0, 1, 2]
    assert ranks.tolist() == [1, 1, 1]


def test_who_is_not_ranked_has_a_reason_and_no_place() -> None:
    made = ranking("abc", [1, float("nan"), 2], reasons={"b": "met nobody"})
    assert made.names == ["c", "a"]
    assert made.table()["rank"].to_list() == [1, 2, None]
    assert made.table()["not_ranked"].to_list() == [None, None, "met nobody"]
    assert "b: met nobody" in str(made)


def test_groups_are_cut_where_it_is_sure() -> None:
    rng = np.random.default_rng(0)
    draws = np.array([10.0, 9.9, 5.0, 1.0]) + 0.1 * rng.normal(size=(500, 4))
    made = ranking("abcd", [10, 9.9, 5, 1], spread=rank_spread(draws, means="data resampled"))
    assert made.groups.tolist() == [1, 1, 2, 3]
    assert made.probability_above("c", "d") == 1
    assert 0.5 < made.probability_above("a", "b") < 0.9
    assert "3 groups" in str(made)
    with pytest.raises(InputError) as problem:
        made.probability_above("z", "a")
    assert problem.value.argument == "better"


def test_a_chain_without_groups_is_not_called_equal() -> None:
    """Each stands beside its neighbour, so that no line parts them; but the first is surely above the last."""
    draws = np.array([3.0, 2.0, 1.0]) + 0.7 * np.random.default_rng(0).normal(size=(2000, 3))
    made = ranking("abc", [3, 2, 1], spread=rank_spread(draws, means="data resampled"))
    assert made.groups.tolist() == [1, 1, 1]
    assert made.probability_above("a", "c") > 0.975 > made.probability_above("a", "b")
    assert "do not fall into groups, though 1 of 3 pairs can be told apart (data resampled)" in str(made)
    equal = ranking("abc", [3, 2, 1], spread=rank_spread(draws - [3, 2, 1], means="data resampled"))
    assert "at 95% the candidates cannot be told apart (data resampled)" in str(equal)


def test_pairs_that_were_not_compared_are_not_called_apart() -> None:
    draws = np.array([9.0, 5.0, 1.0]) + 0.1 * np.random.default_rng(0).normal(size=(50, 3))
    made = ranking("abc", [9, 5, 1], spread=rank_spread(draws, pairs=False))
    assert "can be told apart" not in str(made)
    assert "too many candidates to compare each pair" in str(made)


def test_json_holds_everything() -> None:
    spread = rank_spread(np.array([[1.0, 2.0], [2.0, 1.0]]))
    whole = json.loads(json.dumps(ranking("ab", [1, 2], spread=spread).to_dict(), allow_nan=False))
    assert whole["result"] == "ranking"
    assert whole["above"] == [[0.5, 0.5], [0.5, 0.5]]
    assert whole["rows"][0]["candidate"] == "b"


def test_comparison_names_movers_and_their_data() -> None:
    units = pl.Series(["x", "y"])
    here = ranking("abc", [4, 3, 2], units=units, unit="task", contributions=np.array([[2, 2, 1], [2, 1, 1.0]]))
    there = ranking("abc", [1, 3, 2], units=units, unit="task", contributions=np.array([[-1, 2, 1], [2, 1, 1.0]]))
    found = here.compare(there)
    assert found.tau.value == pytest.approx(-1 / 3)
    assert found.table().row(0, named=True) | {"part": 0} == {
        "candidate": "a",
        "rank": 1,
        "other_rank": 3,
        "shift": -2,
        "moved_by": "x",
        "part": 0,
    }
    assert "a from 1 to 3, mostly by x" in str(found)


def test_comparison_matches_by_name_and_says_who_is_missing() -> None:
    found = ranking("abc", [3, 2, 1]).compare(ranking("dcba", [9, 1, 2, 3]))
    assert found.tau.value == 1
    assert found.only == ((), ("d",))
    with pytest.raises(InputError) as problem:
        ranking("ab", [1, 2]).compare(ranking("xy", [1, 2]))
    assert problem.value.argument == "other"


def test_what_keeps_no_data_cannot_leave_any_out() -> None:
    with pytest.raises(InputError, match="keeps nothing"):
        ranking("ab", [1, 2]).without("x")
    with pytest.raises(InputError, match="keeps nothing"):
        ranking("ab", [1, 2]).leave_one_out()
