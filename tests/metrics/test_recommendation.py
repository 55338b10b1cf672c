"""Do metrics of lists reproduce sheets 02 and 12, whatever the order of rows, the path and the size?"""

from __future__ import annotations

import itertools
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from scipy import sparse

from psephos.errors import InputError
from psephos.metrics import convention, evaluate, explain_value, sampled_expectation
from psephos.metrics.recommendation import PRESETS
from psephos.metrics.recommendation import _kernels as kernels
from psephos.metrics.recommendation import catalogue_metrics as catalogue_module
from psephos.metrics.recommendation import lists as lists_module
from psephos.metrics.recommendation import position_sums as sums_module
from psephos.metrics.recommendation.names import ACCURACY, METRICS

OF_LISTS = [name for name, family in METRICS.items() if family != "ratings" and name != "stray_share"]
"""All that needs neither predicted ratings nor candidates."""

QRELS = {"q1": {"a": 3, "b": 2, "c": 1}, "q2": {"x": 1, "y": 1}, "q3": {"k": 1}}
LISTS = {"q1": list("daceb"), "q2": list("ywxvz"), "q3": list("mnopr")}

TRAIN_02 = {"u1": list("ab"), "u2": list("ac"), "u3": list("abcd")}
LISTS_02 = {"u1": list("cd"), "u2": list("bd"), "u3": list("eb")}

TRAIN_12 = {"1": list("abc"), "2": list("ab"), "3": list("ad"), "4": list("abe"), "5": list("cf")}
TEST_12 = {"1": list("de"), "2": list("c"), "3": list("bf"), "4": list("c")}
LISTS_12 = {"1": list("dfe"), "2": list("cde"), "3": list("bce"), "4": list("dcf"), "5": list("abd")}


def value(truth, runs, metric, k=10, rule="psephos", **more) -> float:
    return evaluate(truth, runs, metric, k, convention=rule, **more).value(metric).value


@pytest.mark.parametrize(
    ("metric", "k", "rule", "expected"),
    [
        ("precision", 3, "psephos", 0.4444444),
        ("recall", 3, "psephos", 0.5555556),
        ("f1", 3, "psephos", 0.4888889),
        ("hit_rate", 3, "psephos", 0.6666667),
        ("mrr", 3, "psephos", 0.5),
        ("mrr", 3, "survey", 0.75),
        ("arhr", 3, "psephos", 0.7222222),
        ("arhr", 3, "survey", 0.5416667),
        ("ap", 3, "psephos", 0.4074074),
        ("ap", 3, "elliot", 0.3703704),
        ("mean_precision", 3, "psephos", 0.3703704),
        ("ndcg", 3, "psephos", 0.4740704),
        ("ap", 5, "psephos", 0.4740741),
        ("arhr", 5, "psephos", 0.7888889),
        ("ap", 5, "elliot", 0.3555556),
        ("ndcg", 5, "psephos", 0.5282303),
        ("mean_recall", 5, "psephos", 0.4444444),
        ("f1", 5, "psephos", 0.4404762),
    ],
    ids=lambda one: f"sheet02-{one}",
)
def test_the_ranking_vectors(metric, k, rule, expected) -> None:
    assert value(QRELS, LISTS, metric, k, rule) == pytest.approx(expected, abs=5e-8)


@pytest.mark.parametrize(
    ("gain", "k", "expected"),
    [("exponential", 3, 0.4810517), ("exponential", 5, 0.5222379)],
    ids=["sheet02-exponential-3", "sheet02-exponential-5"],
)
def test_gains_of_ndcg(gain, k, expected) -> None:
    assert value(QRELS, LISTS, "ndcg", k, convention(gain=gain)) == pytest.approx(expected, abs=5e-8)


def test_sheet02_ndcg_of_users() -> None:
    found = evaluate(QRELS, LISTS, "ndcg", 3).per_user()
    assert found["ndcg@3"].to_list() == pytest.approx([0.502491, 0.919721, 0], abs=5e-7)
    binary = evaluate(QRELS, LISTS, "ndcg", 5, convention=convention(gain="binary")).per_user()
    assert binary["ndcg@5"][0] == pytest.approx(0.7122631, abs=5e-8)


@pytest.mark.parametrize(
    ("divisor", "expected"),
    [("relevant", 1 / 3), ("cut", 5 / 9), ("positions", (1 + 1 / 2 + 2 / 3) / 3)],
    ids=["sheet02-ap-relevant", "sheet02-ap-cut", "sheet02-ap-positions"],
)
def test_three_average_precisions(divisor, expected) -> None:
    truth, run = {"q": list("abcde")}, {"q": ["a", "x", "b"]}
    assert value(truth, run, "ap", 3, convention(average_precision=divisor)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("metric", "rule", "expected"),
    [
        ("novelty", "psephos", 2.4),
        ("novelty", "survey", 2.0),
        ("diversity", "psephos", 0.5285955),
        ("serendipity", "psephos", 0.4405243),
        ("catalogue_coverage", "psephos", 0.75),
        ("catalogue_coverage", "survey", 1.0),
        ("entropy", "psephos", 1.9182958),
    ],
    ids=lambda one: f"sheet02-{one}",
)
def test_the_candidate_vectors(metric, rule, expected) -> None:
    found = value({"u1": ["c"]}, LISTS_02, metric, 2, rule, train=TRAIN_02)
    assert found == pytest.approx(expected, abs=5e-8)


def test_sheet02_similarities_and_serendipity_of_users() -> None:
    pairs = {"ab": 0.8164966, "ac": 0.8164966, "ad": 0.5773503, "bc": 0.5, "bd": 0.7071068, "cd": 0.7071068}
    for pair, expected in pairs.items():
        found = value({"u1": ["a"]}, {"u1": list(pair)}, "diversity", 2, train=TRAIN_02)
        assert 1 - found == pytest.approx(expected, abs=5e-8)
    by_user = evaluate({"u1": ["c"]}, LISTS_02, "serendipity", 1, train=TRAIN_02).per_user()["serendipity@1"]
    assert by_user[0] == pytest.approx(0.3417517, abs=5e-8)
    assert by_user[2] == pytest.approx(1.0)
    both = evaluate({"u1": ["c"]}, LISTS_02, "serendipity", 2, train=TRAIN_02).per_user()["serendipity@2"]
    assert both[0] == pytest.approx((0.3417517 + 0.3577715) / 2, abs=5e-8)
    assert both[2] == pytest.approx((1 + 0.2440992) / 2, abs=5e-8)


def test_sheet02_serendipity_of_relevant_items() -> None:
    # Of u1's list c, d only c is relevant, of u2's b, d only d; u3's e, b holds nothing relevant.
    truth, rule = {"u1": ["c"], "u2": ["d"], "u3": ["z"]}, convention(serendipity="hits")
    found = evaluate(truth, LISTS_02, "serendipity", 2, convention=rule, train=TRAIN_02)
    d = 1 - (0.5773503 + 0.7071068) / 2  # s(d, a) and s(d, c), which u2 had
    assert found.per_user()["serendipity@2"].to_list() == pytest.approx([0.3417517 / 2, d / 2, 0], abs=5e-8)
    assert found.table()["definition"][0] == "serendipity[of hits]@2"


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("precision", 0.4166667),
        ("recall", 0.875),
        ("f1", 0.55),
        ("mrr", 0.875),
        ("ndcg", 0.7909494),
        ("map_elliot", 0.5555556),
        ("ap", 0.7083333),
        ("epc", 0.3025156),
        ("aclt", 1.0),
        ("aplt", 0.3333333),
        ("arp", 1.6666667),
        ("pop_reo", 0.3333333),
        ("item_coverage", 6),
    ],
    ids=lambda one: f"sheet12-{one}",
)
def test_the_vector_of_sheet_12(metric, expected) -> None:
    assert value(TEST_12, LISTS_12, metric, 3, train=TRAIN_12) == pytest.approx(expected, abs=5e-8)


def test_sheet12_gini_in_all_its_conventions() -> None:
    found = {
        (kind, below): value(TEST_12, LISTS_12, "gini", 3, convention(gini=kind, gini_divisor=below), train=TRAIN_12)
        for kind in ("concentration", "evenness")
        for below in ("n-1", "n")
    }
    assert found["evenness", "n-1"] == pytest.approx(0.7466667, abs=5e-8)
    assert found["concentration", "n-1"] == pytest.approx(1 - 0.7466667, abs=5e-8)
    assert found["concentration", "n"] == pytest.approx(found["concentration", "n-1"] * 5 / 6)
    # The sheet counts the list of user 5, of whom the test data say nothing; Elliot's own evaluator does not.
    everybody = convention("elliot", users="all")
    assert value(TEST_12, LISTS_12, "gini", 3, everybody, train=TRAIN_12) == found["evenness", "n-1"]


def test_trec_eval_and_ranx_as_they_were_run() -> None:
    # pytrec_eval-terrier 0.5.11 on this input; ranx 0.3.21 with make_comparable: both give the hand values.
    qrels = {"q": {"a": 1, "b": 0, "c": 2}, "none": {"z": 0}, "away": {"y": 1}}
    run = {"q": {"b": 1.0, "c": 1.0, "a": 1.0}, "none": {"z": 2.0}, "strange": {"x": 1.0}}
    trec = evaluate(qrels, run, ["mrr", "ap"], None, convention="trec_eval")
    # Equal scores by falling name: c b a. Queries: q and none (0), not the one without a list.
    assert trec.value("mrr").value == pytest.approx((1 + 0) / 2)
    assert trec.value("ap").value == pytest.approx(((1 + 2 / 3) / 2 + 0) / 2)
    assert trec.ledger["unknown_users"].to_list() == [1]
    ranx = evaluate(qrels, {**run, "q": {"c": 3.0, "b": 2.0, "a": 1.0}}, "mrr", None, convention="ranx")
    assert ranx.value("mrr").value == pytest.approx((1 + 0 + 0) / 3)


def test_sheet92_names_of_documents_do_not_move_expected_ndcg() -> None:
    truth = {"q": {"d1": 1, "d5": 2}}
    scores = {"d1": 1.0, "d2": 1.0, "d3": 1.0, "d5": 1.0, "d4": 0.5}
    renamed = {"d1": "z", "d2": "y", "d3": "x", "d5": "a", "d4": "b"}
    other_truth = {"q": {renamed[item]: gain for item, gain in truth["q"].items()}}
    other = {"q": {renamed[item]: score for item, score in scores.items()}}
    for ties in ("expected", "worst", "best"):
        rule = convention(ties=ties)
        assert value(truth, {"q": scores}, "ndcg", 3, rule) == value(other_truth, other, "ndcg", 3, rule)
    trec = convention(ties="trec")
    assert value(truth, {"q": scores}, "ndcg", 3, trec) != value(other_truth, other, "ndcg", 3, trec)


def test_sheet92_missing_queries_are_named() -> None:
    truth, run = {"a": ["x"], "b": ["y"]}, {"a": ["x"], "c": ["z"]}
    assert value(truth, run, "recall", 1) == 0.5
    assert value(truth, run, "recall", 1, convention(absent="skip")) == 1
    with pytest.raises(InputError, match=r"no list for 1 user of.*user 'b'"):
        evaluate(truth, run, "recall", 1, convention=convention(absent="error"))
    found = evaluate(truth, run, "recall", 1).ledger.row(0, named=True)
    assert (found["absent"], found["unknown_users"]) == (1, 1)


def test_sheet92_undefined_is_null_with_a_reason() -> None:
    truth = {"a": {"x": 1}, "b": {"y": 0}}
    found = evaluate(truth, {"a": ["x"], "b": ["y"]}, "recall", 1).table().row(0, named=True)
    assert (found["value"], found["users"], found["left_out"]) == (1.0, 1, 1)
    assert found["reason"] == "no relevant item"
    nothing = evaluate({"b": {"y": 0}}, {"b": ["y"]}, "recall", 1)
    assert nothing.table()["value"].to_list() == [None]
    assert "undefined" in str(nothing)
    assert value(truth, {"a": ["x"], "b": ["y"]}, "recall", 1, convention(empty="zero")) == 0.5


def test_sheet92_slices_have_their_own_n_and_interval() -> None:
    truth = {f"u{n}": ["a"] for n in range(10)}
    run = {f"u{n}": ["a"] if n < 6 else ["b"] for n in range(10)}
    found = evaluate(truth, run, "hit_rate", 1).by({f"u{n}": "warm" if n < 4 else "cold" for n in range(9)})
    rows = {row["group"]: row for row in found.iter_rows(named=True)}
    assert {name: (row["value"], row["users"]) for name, row in rows.items()} == {
        "warm": (1.0, 4),
        "cold": (pytest.approx(0.4), 5),
        None: (0.0, 1),
    }
    assert rows["cold"]["low"] < 0.4 < rows["cold"]["high"]


def test_sheet92_an_error_within_0_and_1_is_never_0() -> None:
    truth = {f"u{n}": ["a", "b"] for n in range(25)}
    found = evaluate(truth, {f"u{n}": ["a"] for n in range(25)}, "recall", 1).table().row(0, named=True)
    assert found["value"] == 0.5
    assert found["standard_error"] == pytest.approx(0.5 / 25)
    assert found["low"] < 0.5 < found["high"]


def test_sheet92_sampled_rankings_are_labelled() -> None:
    found = evaluate(QRELS, LISTS, "ndcg", 3, sampled=100)
    assert "100 sampled" in found.table()["definition"][0]
    assert "not comparable" in str(found)


# A slow reference, and every path and order against it.


def by_hand(metric: str, items: list, gains: dict, k: int, rule) -> float:
    """Straight from the definitions, one user at a time."""
    level = rule.level
    hits = {item for item, gain in gains.items() if (gain > 0 if level is None else gain >= level)}
    h = [item in hits for item in items[:k]]
    total = len(hits)
    precision = [sum(h[:n]) / n for n in range(1, k + 1)]
    below = min(k, len(items)) if rule.divide == "length" else k
    p = sum(h) / below if below else 0.0
    r = sum(h) / total
    if metric == "precision":
        return p
    if metric == "recall":
        return r
    if metric == "f1":
        return 2 * p * r / (p + r) if p + r else 0.0
    if metric == "hit_rate":
        return float(any(h))
    if metric == "mrr":
        return next((1 / place for place, one in enumerate(h, 1) if one), 0.0)
    if metric == "arhr":
        return sum(one / place for place, one in enumerate(h, 1))
    if metric == "mean_precision" or (metric == "ap" and rule.average_precision == "positions"):
        return sum(precision) / k
    if metric == "mean_recall":
        return sum(sum(h[:n]) / total for n in range(1, k + 1)) / k
    if metric == "ap":
        divisor = min(k, total) if rule.average_precision == "cut" else total
        return sum(one * precision[place] for place, one in enumerate(h)) / divisor
    gain = {
        "linear": lambda g: max(g, 0.0),
        "exponential": lambda g: 2.0 ** max(g, 0.0) - 1,
        "binary": lambda g: float(g > 0 if level is None else g >= level),
    }[rule.gain]
    dcg = sum(gain(gains.get(item, 0)) / math.log2(place + 1) for place, item in enumerate(items[:k], 1))
    if metric == "dcg":
        return dcg
    best = sorted((gain(g) for g in gains.values()), reverse=True)[:k]
    ideal = sum(g / math.log2(place + 1) for place, g in enumerate(best, 1))
    return dcg / ideal if ideal else 0.0


@st.composite
def problems(draw):
    users = draw(st.integers(1, 6))
    truth, run = {}, {}
    for user in range(users):
        held = draw(st.lists(st.integers(0, 11), min_size=1, max_size=6, unique=True))
        truth[user] = {item: draw(st.integers(0, 3)) for item in held}
        run[user] = draw(st.lists(st.integers(0, 11), max_size=9, unique=True))
    return truth, run


RULES = [
    convention(),
    convention(average_precision="cut", gain="exponential", divide="length"),
    convention(average_precision="positions", gain="binary", level=2.0),
]


@given(problems(), st.integers(1, 12), st.sampled_from(RULES))
def test_every_metric_of_accuracy_by_its_definition(problem, k, rule) -> None:
    truth, run = problem
    level = 1e-9 if rule.level is None else rule.level
    counted = [user for user, gains in truth.items() if any(gain >= level for gain in gains.values())]
    found = evaluate(truth, run, ACCURACY, k, convention=rule)
    for metric in ACCURACY:
        own = [by_hand(metric, run[user], truth[user], k, rule) for user in counted]
        if own:
            assert found.value(metric).value == pytest.approx(np.mean(own), abs=1e-12), metric
        else:
            assert math.isnan(found.value(metric).value)


def as_arrays(truth, run, n_items=12):
    rows = [(user, item, gain) for user, held in truth.items() for item, gain in held.items()]
    user, item, gain = map(np.array, zip(*rows, strict=True))
    matrix = sparse.csr_matrix((gain + 0.0, (user, item)), shape=(len(truth), n_items))
    lists = np.full((len(run), max((len(one) for one in run.values()), default=0)), -1, dtype=np.int32)
    for row, items in run.items():
        lists[row, : len(items)] = items
    return matrix, lists


@settings(max_examples=20)
@given(problems(), st.lists(st.integers(1, 12), min_size=1, max_size=3), st.booleans())
def test_frames_arrays_and_kernels_say_the_same(problem, k, drop) -> None:
    truth, run = problem
    train = {user: [(3 * user + n) % 12 for n in range(1 + user)] for user in truth}
    metrics = list(OF_LISTS)
    rule = convention(seen="drop" if drop else "keep")
    named = evaluate(truth, run, metrics, k, train=train, convention=rule)
    matrix, lists = as_arrays(truth, run)
    had, _ = as_arrays({user: dict.fromkeys(items, 1) for user, items in train.items()}, run)
    modules = (lists_module, sums_module, catalogue_module)
    plain = evaluate(matrix, lists, metrics, k, train=had, convention=rule)
    old = [module.KERNEL_FROM for module in modules]
    try:
        for module in modules:
            module.KERNEL_FROM = 0
        fast = evaluate(matrix, lists, metrics, k, train=had, convention=rule)
    finally:
        for module, size in zip(modules, old, strict=True):
            module.KERNEL_FROM = size
    for other in (plain, fast):
        for column in ("value", "standard_error"):
            left, right = (one.table()[column].fill_null(np.nan).to_numpy() for one in (named, other))
            # The short head takes equally popular items in the order in which they appear, which differs by coding.
            same = ~other.table()["metric"].is_in(["tail_items", "tail_share", "pop_reo", "pop_rsp"]).to_numpy()
            np.testing.assert_allclose(left[same], right[same], atol=1e-10)
        assert other.ledger.select("rows", "lists", "absent", "seen").equals(
            named.ledger.select("rows", "lists", "absent", "seen")
        )
    np.testing.assert_allclose(
        *(one.table()["value"].fill_null(np.nan).to_numpy() for one in (plain, fast)), atol=1e-10
    )


@settings(max_examples=20)
@given(
    st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=7), min_size=1, max_size=6),
    st.sampled_from(["psephos", "elliot", "recbole", "survey"]),
    st.booleans(),
)
def test_lists_in_order_become_a_matrix_with_the_same_ledger(lists, rule, scored) -> None:
    run = {f"u{n}": one for n, one in enumerate(lists)}
    if scored:
        run = {
            user: {item: -float(place) for place, item in enumerate(dict.fromkeys(one))} for user, one in run.items()
        }
    truth, train = {"u0": {"a": 2.0, "x": 1.0}, "u2": {"b": 1.0}}, {"u0": ["b"], "u1": ["a", "c"], "u9": ["d"]}
    metrics = list(OF_LISTS)
    options = {"train": train, "convention": convention(rule, absent="zero")}
    plain = evaluate(truth, run, metrics, [1, 3], **options)
    modules = (lists_module, sums_module, catalogue_module)
    old = [module.KERNEL_FROM for module in modules]
    try:
        for module in modules:
            module.KERNEL_FROM = 0
        fast = evaluate(truth, run, metrics, [1, 3], **options)
    finally:
        for module, size in zip(modules, old, strict=True):
            module.KERNEL_FROM = size
    assert_frame_equal(fast.table(), plain.table(), abs_tol=1e-12)
    assert_frame_equal(fast.ledger, plain.ledger)


def test_blocks_of_users_are_nothing_but_memory(monkeypatch) -> None:
    from psephos.metrics.recommendation import run_columns

    truth, run, train = simulated(9, 50)
    metrics = list(OF_LISTS)
    rule = convention("survey")
    whole = evaluate(truth, run, metrics, [3, 6], train=train, convention=rule)
    for name in ("USER_BLOCK", "PAIR_BLOCK"):
        monkeypatch.setattr(run_columns, name, 7)
    parts = evaluate(truth, run, metrics, [3, 6], train=train, convention=rule)
    for column in ("value", "standard_error"):
        np.testing.assert_allclose(whole.table()[column], parts.table()[column], atol=1e-13)


def test_sheet92_coverage_by_the_same_items_has_an_error() -> None:
    truth, train = {u: ["a"] for u in range(20)}, {u: [f"i{u}"] for u in range(20)}
    row = evaluate(truth, {u: ["i1", "i2"] for u in range(20)}, "coverage", 2, train=train).table().row(0, named=True)
    assert row["value"] == 0.1
    assert row["standard_error"] == pytest.approx(0.3 / 20)


def test_the_kernel_puts_lists_right_as_numpy_does() -> None:
    rng = np.random.default_rng(3)
    lists = rng.integers(-1, 9, (40, 8)).astype(np.int32)
    known = rng.random(40) < 0.9
    train = sparse.random(40, 9, 0.2, format="csr", random_state=1)
    inside = rng.random(9) < 0.8
    starts, held = train.indptr.astype(np.int64), train.indices.astype(np.int32)
    length, found = kernels.inspected(lists, known, starts, held, inside)
    made, cleaned = kernels.cleaned(lists, 5, known, starts, held, inside, True, True)
    repeats = seen = outside = gaps = 0
    for user, row in enumerate(lists):
        end = np.flatnonzero(row < 0)
        gaps += int((row[end[0] :] >= 0).sum()) if len(end) else 0
        items = [int(item) for item in row if item >= 0]
        if not known[user]:
            assert length[user] == cleaned[user] == 0
            continue
        assert length[user] == len(items)
        own = set(held[starts[user] : starts[user + 1]])
        repeats += len(items) - len(set(items))
        seen += sum(item in own for item in items)
        outside += sum(not inside[item] for item in items)
        kept = [item for item in dict.fromkeys(items) if item not in own and inside[item]]
        assert cleaned[user] == len(kept)
        assert made[user].tolist() == (kept[:5] + [-1] * 5)[:5]
    strangers = int((~known & (lists[:, 0] >= 0)).sum())
    assert found.tolist() == [int((lists >= 0).sum()), gaps, strangers, repeats, seen, outside]


@given(problems(), st.randoms(use_true_random=False))
def test_the_order_of_users_and_rows_is_nothing(problem, random) -> None:
    truth, run = problem
    rows = [(user, item, float(place)) for user, items in run.items() for place, item in enumerate(items, 1)]
    if not rows:
        return
    random.shuffle(rows)
    frame = pl.DataFrame(rows, schema=["user", "item", "rank"], orient="row")
    users = list(truth)
    random.shuffle(users)
    shuffled = {user: truth[user] for user in users}
    for metric in ("ndcg", "ap", "precision"):
        one, other = value(truth, run, metric, 5), value(shuffled, frame, metric, 5)
        assert one == pytest.approx(other, abs=1e-12, nan_ok=True)


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=5),
    st.integers(1, 7),
)
def test_expected_ties_are_the_mean_over_all_orders(rows, k) -> None:
    items = [f"d{n}" for n in range(len(rows))]
    truth = {"q": {item: gain for item, (_, gain) in zip(items, rows, strict=True)}}
    truth["q"]["elsewhere"] = 2
    scores = {item: float(score) for item, (score, _) in zip(items, rows, strict=True)}
    found = evaluate(truth, {"q": scores}, ACCURACY, k, convention=convention(ties="expected"))
    sums: dict[str, list[float]] = {metric: [] for metric in ACCURACY}
    for order in itertools.permutations(items):
        ranked = sorted(order, key=lambda item: -scores[item])
        for metric in ACCURACY:
            sums[metric].append(by_hand(metric, ranked, truth["q"], k, convention()))
    for metric in ACCURACY:
        assert found.value(metric).value == pytest.approx(np.mean(sums[metric]), abs=1e-10), metric
    for ties, end in (("worst", min), ("best", max)):
        rule = convention(ties=ties)
        for metric in ("precision", "hit_rate", "mrr", "ap"):
            extreme = evaluate(truth, {"q": scores}, metric, k, convention=rule).value(metric).value
            assert extreme == pytest.approx(end(sums[metric]), abs=1e-12), (ties, metric)


# Lists that are not as they should be.


def test_repeats_seen_and_outside_are_counted_and_treated_as_said() -> None:
    train = {"u": ["s", "t"], "v": ["o"]}
    run = {"u": ["s", "a", "a", "n", "b"]}
    truth = {"u": ["a", "b"]}
    found = evaluate(truth, run, "precision", 2, train=train).ledger.row(0, named=True)
    assert (found["rows"], found["repeats"], found["seen"], found["outside"]) == (5, 1, 1, 4)
    assert value(truth, run, "precision", 2, train=train) == 0.5
    assert value(truth, run, "precision", 2, convention(seen="drop"), train=train) == 0.5
    assert value(truth, run, "precision", 3, convention(seen="drop", repeats="keep"), train=train) == pytest.approx(
        2 / 3
    )
    outside = {"u": ["n", "a", "b"]}
    kept = {"u": ["t"], "v": ["a", "b"]}
    assert value(truth, outside, "precision", 2, convention(outside="drop"), train=kept) == 1
    with pytest.raises(InputError, match="an item twice"):
        evaluate(truth, run, "precision", 2, convention=convention(repeats="error"))


def test_a_short_list_still_divides_by_k() -> None:
    assert value({"u": ["a"]}, {"u": ["a"]}, "precision", 4) == 0.25
    assert value({"u": ["a"]}, {"u": ["a"]}, "precision", 4, convention(divide="length")) == 1


def test_a_whole_list() -> None:
    assert value({"u": ["a", "b"]}, {"u": ["a", "x", "b"]}, "ap", None) == pytest.approx((1 + 2 / 3) / 2)
    assert value({"u": ["a", "b"]}, {"u": ["a", "x", "b"]}, "precision", None) == pytest.approx(2 / 3)


def test_rows_outside_the_candidates_are_counted() -> None:
    found = evaluate({"u": ["a"]}, {"u": ["a", "b"]}, "recall", 2, candidates={"u": ["a", "c"]})
    assert found.ledger["outside_candidates"].to_list() == [1]


def test_novelty_of_unseen_items() -> None:
    truth, train, run = {"u": ["x"]}, {"u": ["a"], "v": ["a", "b", "c"]}, {"u": ["a", "new"]}
    found = {
        one: value(truth, run, "novelty", 2, convention(unseen=one), train=train) for one in ("skip", "zero", "max")
    }
    assert found == {"skip": pytest.approx(1.0), "zero": pytest.approx(0.5), "max": pytest.approx(1.5)}


def test_features_in_the_place_of_co_occurrence() -> None:
    truth = sparse.csr_matrix(np.eye(3))
    lists = np.array([[0, 1], [1, 2], [0, 2]])
    features = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    found = evaluate(truth, lists, "diversity", 2, features=features).per_user()["diversity@2"]
    assert found.to_list() == pytest.approx([1, 1 - math.sqrt(0.5), 1 - math.sqrt(0.5)])


def test_a_table_of_pairs_too_large_to_keep_gives_the_same(monkeypatch) -> None:
    from psephos.metrics.recommendation import item_similarity

    kept = evaluate({"u1": ["c"]}, LISTS_02, ["diversity", "serendipity"], 2, train=TRAIN_02)
    monkeypatch.setattr(item_similarity, "MOST_PAIRS", 0)
    monkeypatch.setattr(item_similarity, "BLOCK", 2)
    blocks = evaluate({"u1": ["c"]}, LISTS_02, ["diversity", "serendipity"], 2, train=TRAIN_02)
    assert kept.table().equals(blocks.table())


# Errors, comparisons, foreign numbers.


def simulated(seed: int, users: int = 200, skewed: bool = False) -> tuple[dict, dict, dict]:
    rng = np.random.default_rng(seed)
    truth = {u: rng.choice(30, 4, replace=False).tolist() for u in range(users)}
    skew = 1 / np.arange(1, 31) if skewed else np.ones(30)
    run = {u: rng.choice(30, 6, replace=False, p=skew / skew.sum()).tolist() for u in range(users)}
    train = {u: rng.choice(30, 1 + u % 5, replace=False).tolist() for u in range(users)}
    return truth, run, train


@pytest.mark.parametrize("metric", ["novelty", "gini", "entropy", "effective_items", "f1", "ndcg"])
def test_standard_errors_are_those_of_the_bootstrap(metric) -> None:
    # Where all items come up alike, entropy is at its top, and flat: no linear error holds there.
    truth, run, train = simulated(5, skewed=True)
    rule = convention(f1="means")
    table = evaluate(truth, run, metric, 5, train=train, convention=rule).table()
    rng = np.random.default_rng(1)
    draws = []
    for _ in range(150):
        users = rng.integers(0, 200, 200)  # the train data, which say what is popular, stay
        one, other = ({1000 + n: given[u] for n, u in enumerate(users)} for given in (truth, run))
        draws.append(value(one, other, metric, 5, rule, train=train))
    # Over 150 draws a standard deviation has a relative error of 6 %.
    assert table["standard_error"][0] == pytest.approx(np.std(draws), rel=0.25)


def test_the_error_of_chances_of_groups_is_that_of_the_bootstrap() -> None:
    rng = np.random.default_rng(2)
    above = rng.poisson(1.0, 300) + 0.0, rng.poisson(0.3, 300) + 0.0
    below = above[0] + rng.poisson(2.0, 300), above[1] + rng.poisson(1.0, 300)
    found = catalogue_module.chance_column(above, below, 300)
    draws = []
    for _ in range(2000):
        users = rng.integers(0, 300, 300)
        rates = [above[g][users].sum() / below[g][users].sum() for g in (0, 1)]
        draws.append(np.std(rates) / np.mean(rates))
    assert found.value == pytest.approx(np.mean(draws), abs=0.02)
    assert found.standard_error == pytest.approx(np.std(draws), rel=0.1)


def test_the_error_of_coverage_is_the_jackknife() -> None:
    truth, run, train = simulated(7, 12)
    run = {u: [(7 * u + n * n) % 30 for n in range(3)] for u in run}
    table = evaluate(truth, run, "item_coverage", 3, train=train).table()
    whole = table["value"][0]
    left = []
    for out in run:
        kept = {u: items for u, items in run.items() if u != out}
        left.append(evaluate(truth, kept, "item_coverage", 3, train=train).value("item_coverage").value)
    lost = whole - np.array(left)
    assert table["standard_error"][0] == pytest.approx(math.sqrt(11 / 12 * ((lost - lost.mean()) ** 2).sum()))


def test_intervals_cover() -> None:
    covered = 0
    for seed in range(200):
        truth, run, _ = simulated(seed, 60)
        row = evaluate(truth, run, "recall", 6).value("recall")
        covered += row.low <= 0.2 <= row.high  # 6 of 30 items at random
    assert covered >= 180  # of 95 %, a binomial(200, .95) falls below 180 once in 500 times


def test_pairs_of_systems_are_compared_on_the_same_users() -> None:
    rng = np.random.default_rng(0)
    truth = {u: ["a"] for u in range(80)}
    runs = {
        name: {u: ["a", "b"] if rng.random() < chance else ["b", "a"] for u in truth}
        for name, chance in (("good", 0.9), ("middle", 0.6), ("same", 0.6))
    }
    found = evaluate(truth, runs, ["mrr", "hit_rate"], 1).compare("mrr", rng=1)
    assert found.height == 3
    row = found.row(0, named=True)
    assert (row["left"], row["right"], row["users"]) == ("good", "middle", 80)
    assert row["wins"] + row["losses"] + row["ties"] == 80
    assert row["adjusted"] >= row["p"]
    assert row["adjusted"] < 0.01 < found["adjusted"][2]
    for test in ("t", "wilcoxon", "sign flip"):
        assert evaluate(truth, runs, "mrr", 1).compare(test=test, rng=1)["p"][0] < 0.01
    agreement = evaluate(truth, runs, ["mrr", "precision"], 1).agreement()
    assert agreement.row(0)[2:] == (pytest.approx(1.0), 0)


def test_a_foreign_number_is_explained() -> None:
    truth, lists = {"q": list("abcde")}, {"q": ["a", "x", "b"]}
    for number, divisor in ((1 / 3, "relevant"), (5 / 9, "cut"), (0.7222, "positions")):
        found = explain_value(truth, lists, "ap", number, k=3).row(0, named=True)
        assert (found["matches"], found["average_precision"]) == (True, divisor)
    moved = explain_value(truth, lists, "ap", 1 / 3, k=3)
    assert (moved.columns[4:], moved.height) == (["average_precision"], 3)  # ties and users without a list: none here
    found = explain_value(QRELS, LISTS, "mrr", 0.75, k=3).row(0, named=True)
    assert found["reciprocal_rank"] == "hits"
    assert "survey" in found["presets"]
    assert not explain_value(QRELS, LISTS, "mrr", 0.9, k=3)["matches"].any()


def test_sampled_metrics_are_what_sampling_gives() -> None:
    rng = np.random.default_rng(4)
    ranks = np.array([1, 5, 40, 300])
    drawn = 1 + rng.binomial(50, (ranks - 1) / 999, (20_000, 4))
    for metric, worth in (("ndcg", 1 / np.log2(drawn + 1)), ("hit_rate", np.ones(drawn.shape)), ("mrr", 1 / drawn)):
        seen = np.where(drawn <= 10, worth, 0).mean(axis=0)
        np.testing.assert_allclose(sampled_expectation(ranks, 1000, 50, metric), seen, atol=0.012)


def test_every_preset_is_a_convention_of_its_own() -> None:
    assert {name: rule.name for name, rule in PRESETS.items()} == {name: name for name in PRESETS}
    assert len({str(rule.to_dict()) for rule in PRESETS.values()}) == len(PRESETS)
    assert convention("elliot", seen="keep").name == "elliot, seen keep"


def test_the_result_goes_round() -> None:
    found = evaluate(TEST_12, {"one": LISTS_12}, ["ndcg", "gini"], [1, 3], train=TRAIN_12)
    assert found.to_dict()["provenance"]["parameters"]["k"] == [1, 3]
    assert len(found.table()) == 4
    assert found.per_user("one").columns == ["user", "run", "ndcg@1", "ndcg@3"]
    with pytest.raises(InputError, match="names 2 numbers"):
        found.value("ndcg")
    assert found.value("ndcg", k=3).value > 0
