"""What users of other libraries ask for (sheet 92), one test for each wish about labels and their consensus."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from voter_populations import coins, drawn, long

from psephos.consensus import decide, majority, source_reliability, truth_inference, update
from psephos.opinions import labels


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=lambda order: "".join(map(str, order)))
def test_sheet92_a_failed_grader_does_not_shrink_the_panel_and_no_order_breaks_a_tie(order):
    """Two of four graders say yes, one says no, one failed: two is no majority of four, whoever is listed first."""
    said = [("w", "yes"), ("x", "yes"), ("y", "no"), ("z", None)]
    graders, answers = zip(*(said[place] for place in order), strict=True)
    votes = labels(["q"] * 4, list(graders), list(answers))
    strict = majority(votes, rule="strict").table().row(0, named=True)
    assert strict["choice"] is None
    assert "no majority" in strict["flags"]
    tied = labels(["q"] * 4, list(graders), ["yes" if answer == "yes" else "no" for answer in answers])
    row = majority(tied, ties="none").table().row(0, named=True)
    assert row["choice"] is None
    assert "tie" in row["flags"]
    assert majority(tied).table()["choice"].to_list() == ["no"]  # the first by name, however they are listed


@pytest.mark.parametrize("model", ["dawid-skene", "one-coin", "glad", "mace", "agreement"])
def test_sheet92_gold_items_are_kept_and_teach(model):
    """Two copies of a bad voter outvote a good one; forty known answers tell who is good."""
    votes, truth = drawn(0, 300, coins([0.95, 0.45, 0.45, 0.45], 3))
    gold = {str(item): str(truth[item]) for item in range(40)}
    found = truth_inference(long(votes), model, gold=gold, restarts=0)
    chosen = dict(found.table().select("item", "choice").iter_rows())
    assert all(chosen[item] == answer for item, answer in gold.items())
    reliability = dict(found.voters.select("voter", "reliability").iter_rows())
    assert max(reliability, key=lambda voter: reliability[voter]) == "0"


def test_sheet92_the_history_of_voters_goes_into_the_next_verdict():
    """Two voters disagree on new items; who is right is known only from their history."""
    votes, _ = drawn(1, 300, coins([0.95, 0.55, 0.8, 0.8], 3))
    before = truth_inference(long(votes), "one-coin")
    new = labels(["new"] * 2, ["0", "1"], ["2", "1"])
    after = update(before, new)
    assert after.table().filter(item="new")["choice"].to_list() == ["2"]
    assert after.table().filter(item="new")["certainty"][0] > 0.85
    alone = truth_inference(new, "one-coin").table()
    assert alone["flags"].to_list() == ["tie; no majority"]
    rows = [("q", source, answer) for source, answer in (("0", "a"), ("1", "b"), ("2", "c"))]
    fresh = labels(*map(list, zip(*rows, strict=True)))
    earlier = source_reliability(long(votes), classes=3)
    held = source_reliability(fresh, classes=3, prior=earlier, min_answers=1)
    assert held.table()["choice"].to_list() == ["a"]


def test_sheet92_names_are_of_any_type():
    found = decide(labels([7, 7, 8], [1, 2, 1], np.array(["a", "a", "b"], dtype=object)), method="majority")
    assert dict(found.table().select("item", "choice").iter_rows()) == {"7": "a", "8": "b"}
