"""When enough answers were drawn: vectors, the guarantee, limits and bad input."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from psephos.allocation import (
    certainty_path,
    lead_certainty,
    lead_evidence,
    mode_certainty,
    mode_probabilities,
    replay_stopping,
    stop_by_certainty,
    stop_by_evidence,
    stop_by_window,
)
from psephos.errors import InputError
from psephos.opinions import samples

VECTORS = [
    ((0, 0), 0.5, 0.0),
    ((2, 0), 0.875, -0.2876820725),
    ((3, 0), 0.9375, -0.6931471806),
    ((4, 0), 0.96875, -1.1631508098),
    ((3, 1), 0.8125, 0.2231435513),
    ((6, 2), 0.91015625, -0.0157483570),
    ((8, 2), 0.9672851562, -0.7269140430),
    ((10, 4), 0.9407653809, -0.0872555474),
    ((60, 40), 0.9769779665, 0.0909648780),
    ((600, 500), 0.9987176136, -1.2711666335),
]


@pytest.mark.parametrize(
    ("counts", "certainty", "evidence"), VECTORS, ids=[f"sheet10-{a}-{b}" for (a, b), *_ in VECTORS]
)
def test_the_vectors_of_the_sheet(counts, certainty, evidence):
    assert lead_certainty(counts) == pytest.approx(certainty, abs=1e-9)
    assert lead_evidence(counts) == pytest.approx(evidence, abs=1e-9)
    assert lead_certainty(dict(zip("xy", counts, strict=True))) == lead_certainty(counts[::-1])


def test_sheet10_near_ties_have_a_density_above_one():
    assert math.exp(lead_evidence([30, 20])) == pytest.approx(2.1348, abs=1e-4)


def smallest(stops, low=0):
    return next(n for n in range(low, 300) if stops(n))


@pytest.mark.parametrize(
    ("threshold", "n"), [(0.9, 3), (0.95, 4), (0.99, 6), (0.999, 9)], ids=lambda v: f"sheet10-asc-{v}"
)
def test_unanimous_answers_until_asc_stops(threshold, n):
    assert smallest(lambda a: stop_by_certainty([a], threshold=threshold)) == n


@pytest.mark.parametrize(
    ("classes", "numbers"), [(2, (7, 8, 11)), (4, (9, 10, 12)), (10, (10, 12, 14))], ids=lambda v: f"sheet10-ppr-{v}"
)
def test_unanimous_answers_until_ppr_stops(classes, numbers):
    for delta, n in zip((0.1, 0.05, 0.01), numbers, strict=True):
        assert smallest(lambda a, d=delta: stop_by_evidence([a], delta=d, n_classes=classes)) == n


LEADS = [(0, 8, 4), (1, 11, 6), (2, 14, 8), (5, 20, 12), (10, 29, 19), (20, 46, 32), (50, 88, 68)]


@pytest.mark.parametrize(("second", "ppr", "asc"), LEADS, ids=[f"sheet10-lead-over-{b}" for b, *_ in LEADS])
def test_smallest_leading_counts(second, ppr, asc):
    assert smallest(lambda a: stop_by_evidence([a, second], n_classes=2), second + 1) == ppr
    assert smallest(lambda a: stop_by_certainty([a, second]), second + 1) == asc


def test_scorio_gives_this_probability():
    """`adaptive_consistency_stop(list("AAAAB"), return_prob=True)` of scorio 0.2.3, as the sheet has it."""
    assert lead_certainty([4, 1]) == 0.890625
    assert not stop_by_certainty([4, 1])


@given(st.lists(st.integers(0, 60), min_size=2, max_size=6), st.randoms())
def test_the_order_of_answers_does_not_matter(counts, random):
    shuffled = counts.copy()
    random.shuffle(shuffled)
    for rule in (lead_certainty, lead_evidence, mode_certainty):
        assert rule(shuffled) == pytest.approx(rule(counts), abs=1e-12)
    assert stop_by_evidence(shuffled) == stop_by_evidence(counts)


@given(st.integers(0, 200), st.integers(0, 200))
def test_certainty_and_evidence_are_what_they_say(a, b):
    a, b = max(a, b), min(a, b)
    beta = stats.beta(a + 1, b + 1)
    assert lead_certainty([a, b]) == pytest.approx(beta.sf(0.5), abs=1e-12)
    assert lead_evidence([a, b]) == pytest.approx(beta.logpdf(0.5), abs=1e-9)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=5), st.integers(5, 8))
def test_mode_certainty_is_the_largest_probability_of_a_mode(counts, classes):
    alpha = np.array(counts + [0] * (classes - len(counts))) + 1.0
    assert mode_certainty(counts, n_classes=classes) == pytest.approx(mode_probabilities(alpha).max(), abs=1e-12)


def test_mode_certainty_of_two_answers_is_that_of_the_lead():
    assert mode_certainty([7, 3], n_classes=2) == pytest.approx(lead_certainty([7, 3]), abs=1e-12)


def test_mode_certainty_of_many_rows_with_unknown_numbers_of_answers():
    table = [[4, 0, 0], [1, 1, 0], [0, 0, 0], [4, 0, 0]]
    found = mode_certainty(table)
    assert found[0] == found[3] == mode_certainty([4], n_classes=2)
    assert found[1] == mode_certainty([1, 1], n_classes=3)
    assert found[2] == pytest.approx(0.5, abs=1e-14)


@given(st.integers(1, 50), st.integers(0, 50))
def test_a_tie_never_stops(a, c):
    assert not stop_by_evidence([a, a, min(a, c)], delta=0.999)
    assert not stop_by_evidence([a, a], delta=0.999, rival="rest")
    assert not stop_by_evidence([a, a], delta=0.999, split="appearance")


def test_more_classes_ask_for_more():
    assert stop_by_evidence([8], n_classes=2)
    assert not stop_by_evidence([8], n_classes=4)
    assert not stop_by_evidence([8, 0], n_classes=None, split="appearance") or lead_evidence([8]) <= math.log(0.025)


def test_each_rival_by_order_of_appearance():
    # The leader is seen last; rivals 1 and 2 have delta / 2 and delta / 6, the unseen third one delta / 12.
    bound = [math.log(0.1 / (j * (j + 1))) for j in (1, 2, 3)]
    for a in range(5, 60):
        expected = (
            lead_evidence([a, 4]) <= bound[0] and lead_evidence([a, 2]) <= bound[1] and lead_evidence([a]) <= bound[2]
        )
        assert stop_by_evidence([4, 2, a], delta=0.1, split="appearance") == expected


def test_against_the_rest_needs_more_than_half():
    assert stop_by_evidence([40, 15, 15], rival="each", n_classes=3)
    assert not stop_by_evidence([40, 25, 25], rival="rest")
    assert stop_by_evidence([40, 5, 5], rival="rest")


def first_stops(shares, stops, *, runs, longest, seed):
    """Of each run whether it stopped, and whether its leader was then wrong; `stops` takes counts of many runs."""
    rng = np.random.default_rng(seed)
    counts = np.zeros((runs, len(shares)), dtype=np.int64)
    going, wrong = np.ones(runs, dtype=bool), np.zeros(runs, dtype=bool)
    for _ in range(longest):
        counts[going] += np.eye(len(shares), dtype=np.int64)[rng.choice(len(shares), going.sum(), p=shares)]
        now = np.flatnonzero(going)[stops(counts[going])]
        wrong[now] = counts[now].argmax(axis=1) != 0
        going[now] = False
        if not going.any():
            break
    return int((~going).sum()), int(wrong.sum())


def test_sheet10_the_guarantee_holds_in_simulation():
    """p = (.4, .35, .25), delta = .1, K = 3, 2000 runs: at most 200 wrong; the same p looked at by ASC breaks it."""
    shares = (0.4, 0.35, 0.25)
    stopped, wrong = first_stops(
        shares, lambda counts: stop_by_evidence(counts, delta=0.1, n_classes=3), runs=2000, longest=2000, seed=1
    )
    assert wrong <= 0.1 * 2000
    assert wrong <= 25
    assert stopped > 400
    _, by_asc = first_stops(
        shares, lambda counts: stop_by_certainty(counts, threshold=0.9), runs=2000, longest=200, seed=1
    )
    assert by_asc > 0.2 * 2000


def test_sheet10_the_guarantee_holds_to_5000_samples():
    stopped, wrong = first_stops(
        (0.4, 0.35, 0.25),
        lambda counts: stop_by_evidence(counts, delta=0.1, n_classes=3),
        runs=2000,
        longest=5000,
        seed=2,
    )
    assert wrong <= 25
    assert 1519 - 120 <= stopped <= 1519 + 120


def test_the_guarantee_of_the_leader_against_the_rest():
    stopped, wrong = first_stops(
        (0.55, 0.25, 0.2),
        lambda counts: stop_by_evidence(counts, delta=0.1, rival="rest"),
        runs=1000,
        longest=1500,
        seed=3,
    )
    assert stopped > 600
    assert wrong <= 100


def test_a_fair_coin_comes_to_delta_about_as_rarely_as_ville_says():
    """Both sides count as wrong: at most delta of 4000 runs, three standard errors; and not next to never."""
    rng = np.random.default_rng(4)
    heads = rng.integers(0, 2, (4000, 600)).cumsum(axis=1)
    n = np.arange(1, 601)
    density = stats.beta.logpdf(0.5, heads + 1, n - heads + 1)
    ever = (density <= math.log(0.2)).any(axis=1).mean()
    assert 0.02 < ever <= 0.2 + 3 * math.sqrt(0.2 * 0.8 / 4000)


@pytest.mark.parametrize(
    ("answers", "stops"),
    [
        ("", False),
        ("aaaa", False),
        ("aaaaa", True),
        ("abaaaaa", False),
        ("abaaaaaaaa", True),
        ([None] * 5, False),
        (["a", None, "a", "a", "a"], False),
    ],
)
def test_windows(answers, stops):
    assert stop_by_window(answers) == stops


def test_a_path_of_one_question():
    path = certainty_path(["a", "b", None, "a", "a", "a", "a", "a", "a", "a", "a"], n_classes=2)
    table = path.table()
    assert table["sample"].to_list() == list(range(1, 12))
    assert table["votes"].to_list()[:4] == [1, 1, 1, 2]
    assert table["answer"][2] is None
    assert table["certainty"][-1] == pytest.approx(lead_certainty([9, 1]))
    falling = table["p_value"].to_list()
    assert all(later <= sooner for sooner, later in itertools.pairwise(falling))
    assert falling[-1] == pytest.approx(math.exp(lead_evidence([9, 1])))
    assert path.stops == {"asc": 8, "ppr": None}
    assert "note" not in dict(path.summary())
    assert path.to_dict()["rows"][0]["sample"] == 1


def test_the_p_value_is_that_of_the_present_leader():
    # b takes the lead at the ninth sample; what spoke for a does not speak for b.
    path = certainty_path("aaaabbbbb", n_classes=2).table()
    assert path["leader"].to_list() == ["a"] * 8 + ["b"]
    assert path["p_value"][3] == path["p_value"][7] == pytest.approx(math.exp(lead_evidence([4])))
    assert path["p_value"][8] == 1.0


def test_an_empty_path():
    assert dict(certainty_path([]).summary()) == {"samples": "0, no answer"}
    assert certainty_path([None, ""]).table()["certainty"].to_list() == [0.5, 0.5]


@pytest.mark.parametrize("n", [1, 2, 4, 7])
def test_rules_on_pools_of_few_and_even_numbers_of_samples(n):
    """its_hub#263, #266, #130: a wrong majority at a budget of 1, and at even budgets."""
    found = replay_stopping(
        {"q": ["a", "b", "b", "a", "b", "b", "b"][:n]}, ["asc", "dirichlet", "ppr", "ppr-rest", "esc"]
    )
    assert found.questions["rule"].n_unique() == 5
    for row in found.questions.iter_rows(named=True):
        assert row["samples"] == row["pool"] == n
        assert not row["stopped"]
        assert row["answer"] == ("a" if n in (1, 2, 4) else "b")
        assert row["agrees"]


def test_stopping_rules_on_stored_draws_say_what_they_save():
    pools = {"sure": list("aaaaaaaaaaaaaaaa"), "late": list("aaaabbbbbbbbbbbb"), "none": [None, None], "empty": []}
    found = replay_stopping(pools, ["asc", "ppr", "esc"], n_classes=2)
    by = {(row["rule"], row["question"]): row for row in found.questions.iter_rows(named=True)}
    assert by["asc", "sure"]["samples"] == 4
    assert by["ppr", "sure"]["samples"] == 8
    assert by["esc", "sure"]["samples"] == 5
    assert (by["asc", "late"]["answer"], by["asc", "late"]["agrees"]) == ("a", False)
    assert by["ppr", "late"]["agrees"]
    assert by["esc", "late"]["samples"] == 10
    assert by["asc", "none"]["agrees"] is None
    rules = {row["rule"]: row for row in found.table().iter_rows(named=True)}
    assert rules["asc"]["wrong_stops"] == 0.5
    assert rules["asc"]["saved"] == pytest.approx(1 - (4 + 4 + 2 + 0) / 34)
    assert rules["ppr"]["agrees"] == 1.0
    assert "asc" in str(found)
    assert found.to_dict()["questions"][0]["rule"] == "asc"


def test_stored_draws_can_be_samples_in_any_order():
    table = samples(["q"] * 5, ["llm"] * 5, [4, 3, 2, 1, 0], ["b", "a", "A ", "a", "a"])
    found = replay_stopping(table, ["asc"], equivalence="casefold")
    assert found.questions["samples"].to_list() == [4]


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: lead_certainty([1, -1]), "counts"),
        (lambda: lead_certainty([1.5]), "counts"),
        (lambda: lead_evidence(["a"]), "counts"),
        (lambda: lead_evidence([[[1]]]), "counts"),
        (lambda: lead_certainty([math.nan]), "counts"),
        (lambda: stop_by_certainty([1], threshold=1.0), "threshold"),
        (lambda: stop_by_certainty([1], prior="gamma"), "prior"),
        (lambda: stop_by_evidence([1], delta=0.0), "delta"),
        (lambda: stop_by_evidence([1], delta=1.0), "delta"),
        (lambda: stop_by_evidence([1], n_classes=1), "n_classes"),
        (lambda: stop_by_evidence([1, 1, 1], n_classes=2), "n_classes"),
        (lambda: stop_by_evidence([1], rival="all"), "rival"),
        (lambda: stop_by_evidence([1], split="odd"), "split"),
        (lambda: stop_by_certainty([[1, 2], [3]]), "counts"),
        (lambda: lead_certainty([math.inf, 1]), "counts"),
        (lambda: lead_evidence([1e300, 1]), "counts"),
        (lambda: stop_by_window("aa", width=0), "width"),
        (lambda: certainty_path("a", n_classes=1), "n_classes"),
        (lambda: certainty_path("a", delta=2), "delta"),
        (lambda: certainty_path("a", threshold=0), "threshold"),
        (lambda: certainty_path([object()]), "answers"),
        (lambda: replay_stopping({}), "pools"),
        (lambda: replay_stopping([["a"]]), "pools"),
        (lambda: replay_stopping({"q": "aab"}), "pools"),
        (lambda: replay_stopping({"q": ["a"], None: ["b"]}), "pools"),
        (lambda: replay_stopping({1: ["a"], "1": ["b"]}), "pools"),
        (lambda: replay_stopping({"q": ["a"]}, "asc"), "rules"),
        (lambda: replay_stopping({"q": ["a"]}, ["best"]), "rules"),
        (lambda: replay_stopping({"q": ["a"]}, threshold=1), "threshold"),
        (lambda: replay_stopping({"q": ["a"]}, equivalence="same"), "equivalence"),
        (lambda: replay_stopping({"q": ["a"]}, equivalence=lambda answer: [answer]), "equivalence"),
        (lambda: replay_stopping(samples(["q", "q"], ["x", "y"], [0, 0], ["a", "b"])), "pools"),
    ],
)
def test_bad_input_is_named(call, argument):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.argument == argument
