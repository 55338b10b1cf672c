"""What users of other libraries ask for (sheet 92), one test for each wish about agreement."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from psephos.agreement import agree, fleiss_kappa, krippendorff_alpha, percent_agreement
from psephos.consensus import majority
from psephos.errors import InputError
from psephos.opinions import from_matrix, labels


def test_sheet92_null_is_an_abstention_counted_and_no_label():
    said = ["a", "a", "a", None, "b", "b", None, None]
    votes = labels([item for item in "ijkl" for _ in "xy"], list("xy") * 4, said)
    asked = labels(list("iijkk"), list("xyxxy"), [answer for answer in said if answer is not None])
    for measure in (krippendorff_alpha, fleiss_kappa, percent_agreement):
        assert measure(votes, repeats=0).value == measure(asked, repeats=0).value == 1
    assert "counted as an abstention" in str(votes.issues)
    assert majority(votes).voters.select("voter", "votes", "abstentions").rows() == [("x", 3, 1), ("y", 2, 2)]


def test_sheet92_no_variation_is_one_with_a_reason_and_one_rater_is_refused():
    found = krippendorff_alpha([[7, 7]] * 6)
    assert (found.value, found.low, found.high) == (1, 1, 1)
    assert "all votes are the same" in found.note
    with pytest.raises(InputError) as caught:
        krippendorff_alpha([[0], [1], [0]])
    assert caught.value.argument == "votes"
    with pytest.raises(InputError):
        agree(labels(["i", "j"], ["x", "x"], ["a", "b"]))


def test_sheet92_interval_alpha_of_2400_values_needs_no_table_of_pairs():
    """All 4,800 values differ: a table of their pairs would be 184 MB, the peer's of 2,400 points takes 32 GB."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(2400, 1))
    votes = truth + rng.normal(size=(2400, 2))
    tracemalloc.start()
    found = krippendorff_alpha(votes, metric="interval", repeats=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6
    # Alpha of two voters by definition: 1 - mean squared difference within items / between any two votes.
    within = ((votes[:, 0] - votes[:, 1]) ** 2).mean()
    assert found.value == pytest.approx(1 - within / (2 * votes.var(ddof=1)), abs=1e-12)


def test_sheet92_ordinal_alpha_takes_the_order_that_is_said():
    cells = [["low", "mid"], ["high", "high"], ["mid", "low"], ["low", "low"], ["high", "mid"]]
    said = krippendorff_alpha(from_matrix(cells), metric="ordinal", order=["low", "mid", "high"], repeats=0)
    # Counts low 4, mid 3, high 3; squared distances by the ranks between: low-mid 3.5, mid-high 3, low-high 6.5.
    observed = (2 * 3.5**2 + 3**2) / 5
    expected = 2 * (4 * 3 * 3.5**2 + 3 * 3 * 3**2 + 4 * 3 * 6.5**2) / (10 * 9)
    assert said.value == pytest.approx(1 - observed / expected, abs=1e-12)


def test_sheet92_the_interval_holds_alpha_and_narrows_with_the_items():
    rng = np.random.default_rng(1)
    widths = []
    for items in (50, 450):
        truth = rng.integers(0, 3, (items, 1))
        votes = np.where(rng.random((items, 4)) < 0.8, truth, rng.integers(0, 3, (items, 4)))
        found = krippendorff_alpha(votes)
        assert found.low < found.value < found.high
        widths.append(found.high - found.low)
    assert widths[0] / widths[1] == pytest.approx(3, rel=0.35)
