"""Do the conventions of RecBole and Elliot come to the numbers of these tools?

The references below are the formulas of the two programs, user by user, in words of our own. That of RecBole was held
against the metric classes of RecBole 1.2.1, run on 400 random problems of the kind drawn here (GAUC on 40 more); for
Elliot the metric classes, the popularity and the reader of lists of version 0.3.1 were run, whose numbers on one
problem stand below (`ELLIOT`), and on random ones of 120 users: the largest difference is 2e-14.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.metrics import convention, evaluate, explain_value
from psephos.metrics.recommendation import catalogue_metrics as catalogue_module
from psephos.metrics.recommendation import lists as lists_module
from psephos.metrics.recommendation import position_sums as sums_module

TRAIN = {"1": list("abc"), "2": list("ab"), "3": list("ad"), "4": list("abe"), "5": list("cf")}
TEST = {"1": list("de"), "2": list("c"), "3": list("bf"), "4": list("c")}
LISTS = {"1": list("dfe"), "2": list("cde"), "3": list("bce"), "4": list("dcf"), "5": list("abd")}

Truth = dict[str, dict[str, float]]
Lists = dict[str, list[str]]


def popularity(train: Lists) -> Counter[str]:
    return Counter(item for items in train.values() for item in set(items))


def discount(place: int) -> float:
    return 1 / math.log2(place + 1)


def gini(counts: list[int], n: int, below: int) -> float:
    ordered = [0] * (n - len(counts)) + sorted(counts)
    return sum((2 * j - n - 1) * c for j, c in enumerate(ordered, 1)) / (below * sum(counts))


def recbole(truth: Truth, lists: Lists, train: Lists, k: int) -> dict[str, float]:
    """Every row of the test data is a hit; what else a user had is masked; items are all of the data and a padding."""
    met = popularity(train)
    items = {*met, *(item for own in truth.values() for item in own)}
    first = list(dict.fromkeys(item for own in train.values() for item in own))
    tail = sorted(met, key=lambda item: (met[item], first.index(item)))[: max(int(len(met) * 0.1), 1)]
    sums: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for user, relevant in truth.items():
        top = [item for item in lists[user] if item in relevant or item not in train.get(user, [])][:k]
        counts.update(top)
        hit = [item in relevant for item in top]
        at = [place for place, one in enumerate(hit, 1) if one]
        most = min(k, len(relevant))
        sums["hit_rate"] += bool(at)
        sums["mrr"] += 1 / at[0] if at else 0
        sums["ap"] += sum(n / place for n, place in enumerate(at, 1)) / most
        sums["recall"] += len(at) / len(relevant)
        sums["precision"] += len(at) / k
        sums["ndcg"] += sum(map(discount, at)) / sum(discount(place) for place in range(1, most + 1))
        sums["popularity"] += sum(met[item] for item in top) / k
        sums["tail_share"] += sum(item in tail for item in top) / k
    found = {metric: total / len(truth) for metric, total in sums.items()}
    shares = [count / sum(counts.values()) for count in counts.values()]
    found["catalogue_coverage"] = len(counts) / (len(items) + 1)
    found["entropy"] = -sum(p * math.log(p) for p in shares) / len(shares)
    found["gini"] = gini(list(counts.values()), len(items) + 1, len(items) + 1)
    return found


def elliot(truth: Truth, lists: Lists, train: Lists, k: int, level: float) -> dict[str, float]:
    """A hit is rated at least `level`; repeats stay; what a user had, and items that nobody had, are left out; users
    without test data count for nothing, those without a hit in them not for accuracy."""
    met = popularity(train)
    limit, head = 0.8 * sum(met.values()), []
    first = list(dict.fromkeys(item for own in train.values() for item in own))
    for item in sorted(first, key=lambda item: -met[item]):
        if limit <= 0:
            break
        head.append(item)
        limit -= met[item]
    short, tail = set(head), set(met) - set(head)
    cleaned = {u: [i for i in own if i in met and i not in train.get(u, [])] for u, own in lists.items()}
    tops = {u: own[:k] for u, own in cleaned.items() if truth.get(u) and own}
    counts = Counter(item for top in tops.values() for item in top)
    votes: Counter[str] = Counter()
    means: dict[str, list[float]] = {}
    reo, rsp = np.zeros((2, 2)), np.zeros((2, 2))

    def add(metric: str, value: float) -> None:
        means.setdefault(metric, []).append(value)

    for user, top in tops.items():
        had = set(train.get(user, []))
        for item in top:
            votes[item] += 1 / len(top)  # type: ignore[assignment]
        add("popularity", sum(met[item] for item in top) / len(top))
        add("tail_items", len(set(top) & tail))
        add("tail_share", len(set(top) & tail) / len(top))
        rsp += [[len(set(top) & short), len(set(top) & tail)], [len(short - had), len(tail - had)]]
        relevant = {item for item, rating in truth[user].items() if rating >= level}
        if not relevant:
            continue
        hit = [item in relevant for item in top]
        whole = [item in relevant for item in cleaned[user]]
        gain = {item: 2 ** (rating - level + 1) - 1 for item, rating in truth[user].items() if item in relevant}
        best = sorted(gain.values(), reverse=True)[:k]
        p, r = sum(hit) / k, sum(hit) / len(relevant)
        add("precision", p)
        add("recall", r)
        add("f1", 2 * p * r / (p + r) if p + r else 0)
        add("hit_rate", any(hit))
        add("mrr", next((1 / place for place, one in enumerate(hit, 1) if one), 0))
        add("ap", sum(sum(hit[:n]) / n for n in range(1, k + 1)) / k)
        add("mean_recall", sum(sum(hit[:n]) / len(relevant) for n in range(1, k + 1)) / k)
        lost_to = len(met) - len(had) - len(relevant) + 1
        others = [sum(not one for one in whole[:place]) for place, one in enumerate(whole) if one]
        if lost_to > 0:
            add("gauc", sum((lost_to - n) / lost_to for n in others) / len(relevant))
        dcg = sum(gain.get(item, 0) * discount(place) for place, item in enumerate(top, 1))
        add("ndcg", dcg / sum(g * discount(place) for place, g in enumerate(best, 1)))
        weight = sum(discount(place) for place in range(1, len(top) + 1))
        for metric, novelty in (
            ("epc", lambda item: 1 - met[item] / len(train)),
            ("efd", lambda item: -math.log2(met[item] / sum(met.values()))),
        ):
            own = sum(discount(n) * novelty(item) for n, item in enumerate(top, 1) if item in relevant)
            add(metric, own / weight)
        found = set(top) & relevant
        reo += [[len(found & short), len(found & tail)], [len(short & relevant - had), len(tail & relevant - had)]]
    made = {metric: float(np.mean(values)) for metric, values in means.items()}
    total = sum(counts.values())
    made["entropy"] = sum(w * -math.log2(counts[item] / total) for item, w in votes.items()) / len(tops)
    made["gini"] = 1 - gini(list(counts.values()), len(met), len(met) - 1)
    made["item_coverage"] = len(counts)
    made["user_coverage"] = len(tops) / len(truth)  # Elliot prints the number
    for metric, (above, below) in (("pop_reo", reo), ("pop_rsp", rsp)):
        if below.all() and above.any():
            rates = above / below
            made[metric] = float(rates.std() / rates.mean())
    return made


@st.composite
def problems(draw, *, repeats: bool):
    """Users of the test data, some of them without hits, and users of the train data only: truth, lists, train data and
    a cutoff. Without repeats a list holds every item of the data once, and the cutoff what is left of the shortest."""
    items = [f"i{n}" for n in range(10)]
    users = draw(st.integers(2, 5))
    train = {
        f"u{n}": draw(st.lists(st.sampled_from(items[:8]), min_size=1, max_size=4, unique=True)) for n in range(users)
    }
    rated = st.dictionaries(st.sampled_from(items), st.integers(0, 5).map(float), min_size=1, max_size=4)
    truth = {f"u{n}": draw(rated) for n in range(draw(st.integers(1, users)))}
    if repeats:
        short = st.lists(st.sampled_from([*items, "new"]), max_size=6)
        return truth, {user: draw(short) for user in train}, train, draw(st.integers(1, 8))
    every = sorted({item for own in (*train.values(), *truth.values()) for item in own})
    lists = {user: draw(st.permutations(every)) for user in train}
    left = min(len({*every} - {*train[user]} | {*own}) for user, own in truth.items())
    return truth, lists, train, draw(st.integers(1, min(left, 5)))


def check(found, expected: dict[str, float]) -> None:
    for metric, value in expected.items():
        assert found.value(metric).value == pytest.approx(value, abs=1e-12), metric


@settings(max_examples=40)
@given(problems(repeats=False))
def test_recbole(problem) -> None:
    truth, lists, train, k = problem
    expected = recbole(truth, lists, train, k)
    check(evaluate(truth, lists, list(expected), k, train=train, convention="recbole"), expected)


@settings(max_examples=40)
@given(problems(repeats=True), st.sampled_from([0.0, 1.0, 3.0]))
def test_elliot(problem, level) -> None:
    truth, lists, train, k = problem
    met = {item for own in train.values() for item in own}
    usable = {u for u, own in lists.items() if any(i in met and i not in train[u] for i in own)} & set(truth)
    if not usable or len(met) < 2:
        return
    expected = elliot(truth, lists, train, k, level)
    rule = convention("elliot", level=level)
    check(evaluate(truth, lists, list(expected), k, train=train, convention=rule), expected)


def test_recbole_by_hand() -> None:
    # Counted without user 5, of whom the test data know nothing: b 1, f 2, c d e 3; six items and the padding.
    expected = {
        "catalogue_coverage": 5 / 7,
        "gini": (-2 * 1 + 0 * 2 + 2 * 3 + 4 * 3 + 6 * 3) / (7 * 12),
        "entropy": (math.log(12) / 12 + math.log(6) / 6 + 3 * math.log(4) / 4) / 5,
        "popularity": (1 + 4 / 3 + 2 + 4 / 3) / 4,
        "tail_share": (1 + 1 + 0 + 1) / 12,  # the tail is one item of six: d, of those met once the first to appear
        "ap": ((1 + 2 / 3) / 2 + 1 + 1 / 2 + 1 / 2) / 4,
    }
    check(evaluate(TEST, LISTS, list(expected), 3, train=TRAIN, convention="recbole"), expected)


# What the classes of Elliot 0.3.1 print for these data, hits being rated 3 or more, at a cutoff of 3: their numbers,
# not ours. User 1 has an item twice and one that it had before, user 3 an item that nobody had, user 5 no test data.
ELLIOT_TRAIN = {1: [0, 1, 2], 2: [0, 1], 3: [0, 3], 4: [0, 1, 4], 5: [2, 5]}
ELLIOT_TEST = {1: {3: 5, 4: 3, 5: 1}, 2: {2: 4, 5: 2}, 3: {1: 2, 2: 1}, 4: {2: 3, 3: 5, 5: 4}}
ELLIOT_ROWS = [
    *[(1, 3, 4.5), (1, 3, 4.2), (1, 0, 4.0), (1, 4, 3.5), (1, 5, 2.0), (2, 4, 5.0), (2, 2, 4.5)],
    *[(3, 2, 3.0), (3, 9, 2.5), (3, 4, 2.0), (4, 5, 3.9), (4, 1, 3.0), (4, 3, 2.0), (5, 0, 2.0)],
]
ELLIOT = {
    "precision": 0.6666666666666666,
    "recall": 1.0555555555555556,
    "f1": 0.7888888888888889,
    "hit_rate": 1.0,
    "ap": 0.7222222222222222,  # MAP
    "mean_recall": 0.7407407407407406,  # MAR
    "mrr": 0.8333333333333334,
    "ndcg": 0.994044011165045,
    "efd": 2.723308333814104,
    "epc": 0.6107038947802416,
    "tail_items": 1.0,  # ACLT
    "tail_share": 0.4583333333333333,  # APLT
    "popularity": 1.25,  # ARP
    "pop_reo": 0.14285714285714285,
    "pop_rsp": 0.0,
    "gini": 0.4444444444444444,
    "entropy": 1.9293234384915898,  # SEntropy
    "item_coverage": 4.0,
    "user_coverage": 4 / 4,  # Elliot prints the number of users
    "gauc": 0.9722222222222222,
}
ELLIOT_ERRORS = {"mae": 0.7666666666666666, "mse": 1.6266666666666667, "rmse": 1.2754084313139327}
"""Without the row that is there twice, which Elliot counts twice in the errors."""


def elliot_run(rows: list[tuple[int, int, float]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["user", "item", "score"], orient="row")


def test_what_elliot_prints() -> None:
    rule = convention("elliot", level=3)
    found = evaluate(ELLIOT_TEST, elliot_run(ELLIOT_ROWS), list(ELLIOT), 3, train=ELLIOT_TRAIN, convention=rule)
    check(found, ELLIOT)
    once = elliot_run([row for row in ELLIOT_ROWS if row != (1, 3, 4.2)])
    found = evaluate(ELLIOT_TEST, once, list(ELLIOT_ERRORS), 3, train=ELLIOT_TRAIN, convention=rule)
    check(found, ELLIOT_ERRORS)
    row = found.table().row(0, named=True)
    assert (row["users"], row["left_out"]) == (6, 0)
    assert row["definition"] == "MAE[of hits, 0 where not predicted; hit from 3]"


def test_errors_over_hits_leave_out_users_without_a_list() -> None:
    truth = {"u": {"a": 4.0, "b": 1.0, "c": 5.0}, "v": {"a": 4.0}}
    run = pl.DataFrame({"user": ["u", "u"], "item": ["a", "b"], "score": [3.0, 5.0]})
    found = evaluate(truth, run, ["mae", "mape"], convention=convention(rated="hits", level=3)).table()
    # The hits of u: a errs by 1, c is not predicted; v has no list. MAPE is over what is predicted all the same.
    assert found["value"].to_list() == [1 / 2, 100 * (1 / 4 + 4) / 2]
    assert found.select("left_out", "reason").rows() == [(1, "without a list"), (2, "a rating of 0, or no prediction")]


def test_elliot_by_hand() -> None:
    # The same counts over six items; user 1 has the repeat d, user 2 the item x that nobody had.
    lists = {**LISTS, "1": list("dde"), "2": list("cxe")}
    counts = {"d": 3, "e": 3, "c": 3, "b": 1, "f": 1}
    surprise = {item: -math.log2(count / 11) for item, count in counts.items()}
    own = [sum(surprise[i] for i in top) / len(top) for top in ("dde", "ce", "bce", "dcf")]
    expected = {
        "recall": (3 / 2 + 1 + 1 / 2 + 1) / 4,  # a repeated hit counts twice
        "precision": (3 / 3 + 1 / 3 + 1 / 3 + 1 / 3) / 4,
        "entropy": sum(own) / 4,
        "gini": 1 - (-3 * 1 - 1 * 1 + 1 * 3 + 3 * 3 + 5 * 3) / (5 * 11),
        "item_coverage": 5,
        "tail_items": (1 + 1 + 1 + 1) / 4,  # e; e; e; f
        # Hits of the head: d, c, b, c of d, c, b, c; of the tail: e of e, f. Each counts once.
        "pop_reo": (1 - 1 / 2) / (1 + 1 / 2),
    }
    found = evaluate(TEST, lists, list(expected), 3, train=TRAIN, convention="elliot")
    check(found, expected)
    row = found.table().filter(metric="recall").row(0, named=True)
    assert row["low"] < row["value"] <= row["high"]


@settings(max_examples=20)
@given(problems(repeats=False))
def test_kernels_do_the_same(problem) -> None:
    truth, lists, train, k = problem
    expected = recbole(truth, lists, train, k)
    modules = (lists_module, sums_module, catalogue_module)
    old = [module.KERNEL_FROM for module in modules]
    try:
        for module in modules:
            module.KERNEL_FROM = 0
        found = evaluate(truth, lists, list(expected), k, train=train, convention="recbole")
    finally:
        for module, size in zip(modules, old, strict=True):
            module.KERNEL_FROM = size
    check(found, expected)


def test_hits_that_a_user_had_before() -> None:
    train, truth, lists = {"u": list("ab"), "v": ["c"]}, {"u": ["a"]}, {"u": list("bac")}
    found = {
        seen: evaluate(truth, lists, "mrr", 3, train=train, convention=convention(seen=seen)).value("mrr").value
        for seen in ("keep", "drop", "drop_irrelevant")
    }
    assert found == {"keep": 1 / 2, "drop": 0, "drop_irrelevant": 1}


def test_users_that_the_truth_does_not_know() -> None:
    train, truth = {"u": ["a"], "v": ["b", "c"]}, {"u": ["b"]}
    lists = {"u": ["b"], "v": ["a"]}
    for users, items, covered in (("all", 2, 1.0), ("judged", 1, 1.0)):
        found = evaluate(
            truth,
            lists,
            ["item_coverage", "user_coverage", "popularity"],
            1,
            train=train,
            convention=convention(users=users),
        )
        assert found.value("item_coverage").value == items
        assert found.value("user_coverage").value == covered
    assert found.table().filter(metric="popularity")["users"].to_list() == [1]
    assert "users of the truth" in found.table().filter(metric="popularity")["definition"][0]
    assert found.ledger["lists"].to_list() == [2]


def test_the_error_of_entropy_by_user_is_that_of_the_bootstrap() -> None:
    rng = np.random.default_rng(3)
    skew = 1 / np.arange(1, 31)
    run = {u: rng.choice(30, int(rng.integers(1, 7)), replace=False, p=skew / skew.sum()).tolist() for u in range(200)}
    truth = {u: [0] for u in run}
    rule = convention(entropy="bits_by_user")
    table = evaluate(truth, run, "entropy", 5, convention=rule).table()
    draws = []
    for _ in range(150):
        one = {n: run[u] for n, u in enumerate(rng.integers(0, 200, 200))}
        draws.append(evaluate({n: [0] for n in one}, one, "entropy", 5, convention=rule).value("entropy").value)
    # Over 150 draws a standard deviation has a relative error of 6 %.
    assert table["standard_error"][0] == pytest.approx(np.std(draws), rel=0.25)


def test_an_interval_holds_its_value_where_it_exceeds_1() -> None:
    truth = {f"u{n}": ["a"] for n in range(6)}
    lists = {f"u{n}": ["a"] * (2 + n % 2) for n in range(6)}
    found = evaluate(truth, lists, ["recall", "ndcg", "ap", "f1"], 3, convention=convention(repeats="keep")).table()
    assert (found["low"] < found["value"]).all()
    assert (found["value"] < found["high"]).all()
    assert found["value"].to_list()[0] == 2.5


@pytest.mark.parametrize(
    ("metric", "value", "choice", "expected"),
    [
        ("gini", 34 / 84, "catalogue", "padded"),
        ("catalogue_coverage", 5 / 7, "catalogue", "padded"),
        ("tail_share", 1 / 4, "tail", "tenth"),
        ("item_coverage", 5, "users", "judged"),
    ],
)
def test_what_differs_is_explained(metric, value, choice, expected) -> None:
    found = explain_value(TEST, LISTS, metric, value, 3, train=TRAIN).filter("matches")
    assert expected in found[choice].to_list()


@pytest.mark.parametrize("choice", ["users", "catalogue", "tail"])
def test_unknown_choices(choice) -> None:
    with pytest.raises(InputError) as caught:
        convention(**{choice: "some"})
    assert caught.value.argument == choice
