"""Krippendorff's alpha: published examples, a slow coincidence matrix, and the same however votes are arranged."""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.agreement import cohen_kappa, krippendorff_alpha
from psephos.errors import InputError
from psephos.opinions import from_matrix, labels, rankings, samples

N = -1
"""No vote."""

# Krippendorff (2011), "Computing Krippendorff's alpha-reliability": A two observers and binary data, B two observers
# and five categories, C four observers and missing data. Each with alpha as printed there.
BINARY = [[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]
NOMINAL = ["aabbdcccedda", "babbbccceddd"]
MISSING = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
    [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
]
PUBLISHED = {
    "A binary": (np.array(BINARY).T, 0.095),
    "B nominal": (np.array([[ord(sign) - ord("a") for sign in line] for line in NOMINAL]).T, 0.692),
    "C missing data": (np.array(MISSING).T, 0.743),
}


def alpha_slowly(matrix) -> Fraction | None:
    """1 - observed / expected disagreement from a matrix of coincidences in fractions; None where all votes agree."""
    coincidences: dict[tuple[int, int], Fraction] = defaultdict(Fraction)
    for line in matrix:
        votes = [int(vote) for vote in line if vote >= 0]
        for place, one in enumerate(votes):
            for other_place, other in enumerate(votes):
                if place != other_place:
                    coincidences[one, other] += Fraction(1, len(votes) - 1)
    totals = Counter()
    for (one, _), count in coincidences.items():
        totals[one] += count
    n = sum(totals.values())
    observed = sum(count for (one, other), count in coincidences.items() if one != other)
    expected = sum(totals[one] * totals[other] for one in totals for other in totals if one != other) / (n - 1)
    return None if expected == 0 else 1 - observed / expected


def alpha(votes, **options) -> float:
    return krippendorff_alpha(votes, repeats=0, **options).value


@pytest.mark.parametrize(("matrix", "printed"), PUBLISHED.values(), ids=PUBLISHED)
def test_published_examples(matrix, printed):
    assert round(alpha(matrix), 3) == printed
    assert alpha(matrix) == pytest.approx(float(alpha_slowly(matrix)), abs=1e-12)


def test_the_units_that_count_are_those_with_two_votes():
    assert krippendorff_alpha(PUBLISHED["C missing data"][0], repeats=0).items == 11


@pytest.mark.parametrize(
    ("matrix", "value"),
    [
        ([[0, 0], [1, 1], [2, 2]], 1.0),
        ([[0, 1], [1, 0]], -0.5),
        ([[0, 0], [0, 1]], 0.0),
        ([[0, 0, 1], [1, 1, 0]], -1 / 9),
    ],
    ids=["full agreement", "systematic disagreement", "chance", "three voters"],
)
def test_by_hand(matrix, value):
    assert alpha(matrix) == pytest.approx(value, abs=1e-12)


def test_where_all_votes_are_the_same_it_is_one_and_says_why():
    found = krippendorff_alpha([[0, 0]] * 5 + [[0, N]])
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)
    assert "all votes are the same" in found.note
    assert found.note in str(found)
    assert krippendorff_alpha([[0, 0]] * 4 + [[0, 1]]).note == ""


matrices = st.integers(2, 5).flatmap(
    lambda n_voters: st.lists(
        st.lists(st.integers(-1, 4), min_size=n_voters, max_size=n_voters), min_size=1, max_size=12
    )
)
comparable = matrices.filter(lambda lines: any(sum(vote >= 0 for vote in line) >= 2 for line in lines))


@given(comparable)
def test_a_slow_coincidence_matrix_says_the_same(lines):
    expected = alpha_slowly(lines)
    found = krippendorff_alpha(lines, repeats=0)
    assert found.value == pytest.approx(1.0 if expected is None else float(expected), abs=1e-9)
    assert (found.note != "no interval") is (expected is None)
    assert found.items == sum(sum(vote >= 0 for vote in line) >= 2 for line in lines)


@given(comparable, st.randoms(use_true_random=False))
def test_neither_order_nor_names_matter(lines, random):
    value = alpha(lines)
    matrix = np.array(lines)
    items, voters, names = ([*range(n)] for n in (*matrix.shape, 5))
    for places in (items, voters, names):
        random.shuffle(places)
    other = np.append(np.array(names, dtype=np.int32), N)[matrix[items][:, voters]]
    assert alpha(other) == pytest.approx(value, abs=1e-9)


@given(comparable)
def test_items_with_one_vote_and_voters_without_any_do_not_matter(lines):
    matrix = np.array(lines)
    lonely = np.full((3, matrix.shape[1]), N)
    lonely[:, 0] = [0, 1, 2]
    silent = np.full((len(matrix) + 3, 2), N)
    assert alpha(np.hstack([np.vstack([matrix, lonely]), silent])) == pytest.approx(alpha(matrix), abs=1e-12)


def test_opinions_and_their_matrix_are_the_same():
    matrix = [["a", "b", None], ["b", "b", "b"], [None, "a", "a"], ["c", None, None]]
    opinions = from_matrix(matrix)
    assert alpha(opinions) == alpha(opinions.matrix())
    assert str(krippendorff_alpha(opinions)) == str(krippendorff_alpha(opinions.matrix()))


def test_abstentions_are_no_votes_and_no_category():
    # Without its abstentions the second item has one vote and takes no part.
    votes = labels(["i", "i", "j", "j", "k", "k"], ["x", "y"] * 3, ["a", "a", "b", None, "b", "a"])
    assert alpha(votes) == alpha([[0, 0], [1, 0]])


def test_draws_of_samples_are_votes():
    draws = samples(["q", "q", "p", "p"], ["m", "n", "m", "n"], [0] * 4, ["4", "4", "5", "6"])
    assert alpha(draws) == alpha([[0, 0], [1, 2]])


def test_codes_need_no_table_of_all_numbers_below_them():
    assert alpha([[0, 2**31 - 1], [7, 7]]) == pytest.approx(alpha([[0, 1], [2, 2]]))


@pytest.mark.parametrize(
    ("votes", "options", "argument"),
    [
        ([[0], [1]], {}, "votes"),
        ([0, 1], {}, "votes"),
        ([[0, -2]], {}, "votes"),
        ([["a", "b"]], {}, "votes"),
        (rankings(["x", "y"], ["a", "a"], [1, 2]), {}, "votes"),
        ([[0, 1]], {"repeats": -1}, "repeats"),
        ([[0, 1], [0, 0]], {"repeats": 1}, "repeats"),
        ([[0, 1]], {"level": 95}, "level"),
        ([[0, 1]], {"level": 0.0, "repeats": 0}, "level"),
        ([[0, 1], [1, 1]], {"rng": -1}, "rng"),
    ],
    ids=[
        "one voter",
        "a list",
        "below -1",
        "texts",
        "rankings",
        "repeats",
        "one repeat",
        "level",
        "level without interval",
        "seed",
    ],
)
def test_what_cannot_be_measured_is_named(votes, options, argument):
    with pytest.raises(InputError) as caught:
        krippendorff_alpha(votes, **options)
    assert caught.value.argument == argument


@pytest.mark.parametrize("coefficient", [krippendorff_alpha, cohen_kappa])
@pytest.mark.parametrize("metric", ["interval", "linear"])
def test_a_far_off_vote_that_meets_no_other_changes_nothing(coefficient, metric):
    """Both take pairs of votes; a lone vote of 1e9 once set the scale on which all others were "the same"."""
    pairs = [[1.0, 2.0], [2.0, 2.0], [3.0, 1.0], [1.0, 1.0], [5.0, 4.0]]
    alone = [[1e9, np.nan], [np.nan, -1e9]]
    with_it, without = (coefficient(rows, metric=metric, repeats=200) for rows in (pairs + alone, pairs))
    assert with_it.value == pytest.approx(without.value, abs=1e-12)
    assert with_it.value < 0.9
    assert not with_it.note


def test_what_is_masked_is_missing():
    """`numpy.asarray` hands back what a mask hides."""
    seen = np.array([[0.0, 1.0, 1.0], [1.0, 1.0, 0.0], [2.0, 2.0, 2.0], [0.0, 0.0, 1.0]])
    mask = np.zeros(seen.shape, bool)
    mask[0, 0] = mask[3, 2] = True
    expected = krippendorff_alpha(np.where(mask, np.nan, seen), repeats=0).value
    for votes in (seen, seen.astype(int), seen.astype(np.uint8)):
        assert krippendorff_alpha(np.ma.array(votes, mask=mask), repeats=0).value == pytest.approx(expected)


@pytest.mark.parametrize("coefficient", [krippendorff_alpha, cohen_kappa])
def test_numbers_too_large_to_be_squared_are_refused(coefficient):
    with pytest.raises(InputError, match=r"hold 1e\+300, too large to be squared"):
        coefficient([[1.0, 1e300], [2.0, 5.0]], metric="interval", repeats=0)
