"""The parts of a coefficient: items and voters add up to it, and a voter left out leaves what the others say."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from psephos.agreement import agree, conger_kappa, fleiss_kappa, gwet_ac, krippendorff_alpha, percent_agreement
from psephos.opinions import from_matrix, labels

SINGLE = {
    "percent": percent_agreement,
    "alpha": krippendorff_alpha,
    "fleiss": fleiss_kappa,
    "ac": gwet_ac,
    "conger": conger_kappa,
}


def cells(seed: int = 0, n_items: int = 60, n_voters: int = 5) -> list[list[str | None]]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, (n_items, 1))
    votes = np.where(rng.random((n_items, n_voters)) < 0.6, truth, rng.integers(0, 4, (n_items, n_voters)))
    return [[None if rng.random() < 0.2 else str(vote) for vote in line] for line in votes]


@pytest.mark.parametrize("metric", ["nominal", "interval", "linear", "ordinal"])
@pytest.mark.parametrize("name", SINGLE)
def test_without_a_voter_it_is_what_the_others_say(name, metric):
    if metric == "ordinal" and name != "alpha":
        metric = "quadratic"
    lines = cells()
    found = agree(from_matrix(lines), coefficients=[name], metric=metric, repeats=0)
    whole = found.coefficients[0].value
    assert found.voters.height == len(lines[0])
    for voter, without, change in found.voters.select("voter", "without", "change").iter_rows():
        others = [[vote for place, vote in enumerate(line) if place != int(voter)] for line in lines]
        # All labels are still there without any one voter, so levels and their largest distance stay.
        expected = SINGLE[name](from_matrix(others), metric=metric, repeats=0).value
        assert without == pytest.approx(expected, abs=1e-9)
        assert change == pytest.approx(expected - whole, abs=1e-9)


@pytest.mark.parametrize("name", ["alpha", "fleiss", "ac", "percent"])
def test_items_make_up_the_coefficient(name):
    lines = cells(1)
    found = agree(from_matrix(lines), coefficients=[name], repeats=0)
    table = found.by_item
    # Alpha counts an item by its votes, the others count all items alike.
    weight = table["votes"] if name == "alpha" else pl.Series([1.0] * table.height)
    mean = (table["value"] * weight).sum() / weight.sum()
    assert mean == pytest.approx(found.coefficients[0].value)
    assert table["agreement"].is_sorted()
    votes = {str(place): sum(vote is not None for vote in line) for place, line in enumerate(lines)}
    assert dict(table.select("item", "votes").iter_rows()) == {item: n for item, n in votes.items() if n >= 2}


def test_voters_make_up_the_coefficient_where_all_vote_on_all():
    rng = np.random.default_rng(2)
    opinions = from_matrix(rng.integers(0, 3, (50, 4)).astype(str).tolist())
    found = agree(opinions, coefficients=["fleiss"], repeats=0)
    assert found.voters["value"].mean() == pytest.approx(found.coefficients[0].value)


def test_a_spammer_is_the_voter_that_pulls_agreement_down():
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 4, (300, 1))
    votes = np.where(rng.random((300, 5)) < 0.85, truth, rng.integers(0, 4, (300, 5)))
    votes[:, 2] = rng.integers(0, 4, 300)
    found = agree(from_matrix(votes.astype(str).tolist(), voters=[*"abcde"]), repeats=0)
    worst = found.voters.sort("change", descending=True).row(0, named=True)
    assert worst["voter"] == "c"
    assert abs(worst["value"]) < 0.1
    assert worst["change"] > 0.15
    said = dict(found.summary())["most influence"]
    assert said.startswith("c: without it Krippendorff's alpha is")


def test_of_two_voters_none_can_be_left_out():
    found = agree(from_matrix([["a", "a"], ["b", "a"], ["b", "b"]]), repeats=0)
    assert found.voters["without"].null_count() == 2
    assert [c.name for c in found.coefficients][-1] == "Cohen's kappa"


def test_what_would_take_too_long_says_so():
    # One item with 10,000 different labels: each vote left out would need a row of them.
    n = 10_000
    votes = labels(["i"] * n, range(n), range(n))
    found = agree(votes, repeats=0)
    assert found.voters["without"].null_count() == n
    assert "would take too long" in " ".join(found.provenance.notes)


def test_many_votes_of_one_voter_on_an_item_are_left_out_together():
    from psephos.agreement.counting import counted_of
    from psephos.agreement.influence import voters_table
    from psephos.agreement.krippendorff import alpha_of
    from psephos.agreement.ratings import ratings_of
    from psephos.opinions import samples

    draws = samples(["q"] * 4 + ["p"] * 3, [*"mmno", *"mno"], [0, 1, 0, 0, 0, 0, 0], [*"aaba", *"bba"])
    ratings = ratings_of(draws)
    counted = counted_of(ratings)
    measure = alpha_of(counted, "nominal")
    table = voters_table(measure, counted, ratings, lambda part: alpha_of(counted_of(part), "nominal"))
    without = dict(table.select("voter", "without").iter_rows())
    assert without["m"] == pytest.approx(krippendorff_alpha([[1, 0], [1, 0]], repeats=0).value)
