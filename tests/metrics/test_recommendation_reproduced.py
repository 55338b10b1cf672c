"""Do recorded recommendations of a language model come to the numbers of sheets 12 and 18?"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from recommenders import systems, table

from psephos.metrics import convention, evaluate, pairwise_unfairness

METRICS = ["ndcg", "recall", "precision", "f1", "map_elliot", "ap", "mrr", "aclt", "arp", "pop_reo", "item_coverage"]
METRICS += ["gini", "epc"]
ANSWERED = convention(seen="drop", gini="evenness", absent="skip")

# Sheet 12, Facebook Books at 10, unfiltered.
EXPECTED = {
    "MostPop": (0.01018, 0.01501, 0.00379, 0.00598, 0.00481, 0.00573, 0.01313, 0, 146.03, 1, 16, 0.00383, 0.00362),
    "ItemKNN": (
        0.02527,
        0.03552,
        0.00908,
        0.01432,
        0.01185,
        0.01449,
        0.03488,
        6.109,
        26.53,
        0.150,
        2466,
        0.519,
        0.01046,
    ),
    "UserKNN": (
        0.02597,
        0.04498,
        0.01144,
        0.01806,
        0.01079,
        0.01254,
        0.02946,
        0.029,
        115.27,
        0.923,
        301,
        0.0191,
        0.01016,
    ),
    "EASE": (0.02541, 0.04397, 0.01073, 0.01705, 0.01036, 0.01258, 0.02903, 0.031, 118.14, 0.918, 297, 0.0161, 0.00972),
    "GPT": (0.05052, 0.07106, 0.01883, 0.02944, 0.02437, 0.02891, 0.06911, 1.865, 55.91, 0.401, 792, 0.0427, 0.02143),
}
COLD = {"GPT": 0.0494, "EASE": 0.0320, "UserKNN": 0.0300, "ItemKNN": 0.0268, "MostPop": 0.0131}
# Sheet 18: mean and SD of P and nDCG, Gini of P, PUF of P and nDCG, normalised PUF of nDCG, plain gap.
UNFAIR = {
    "MostPop": (0.00379, 0.01018, 0.01983, 0.06081, 0.9648, 1.2263e-4, 3.1320e-4, 0.01976, 0.01984),
    "ItemKNN": (0.00908, 0.02527, 0.0302, 0.09441, 0.9173, 2.6045e-4, 7.3878e-4, 0.04661, 0.04746),
    "UserKNN": (0.01144, 0.02597, 0.03337, 0.08537, 0.8951, 3.2293e-4, 7.4131e-4, 0.04677, 0.04768),
    "EASE": (0.01073, 0.02541, 0.03231, 0.08494, 0.9009, 2.8176e-4, 7.0175e-4, 0.04427, 0.04694),
    "GPT": (0.01881, 0.05048, 0.04275, 0.12894, 0.8395, 4.9895e-4, 1.4022e-3, 0.08847, 0.08866),
}


@pytest.fixture(scope="module")
def books(shared_data) -> Path:
    return shared_data("12-chatgpt-recsys")


@pytest.fixture(scope="module")
def train(books) -> pl.DataFrame:
    return table(books, "train")


@pytest.fixture(scope="module")
def test(books) -> pl.DataFrame:
    return table(books, "test")


@pytest.fixture(scope="module")
def gpt(books) -> pl.DataFrame:
    return table(books, "gpt35_zero_shot", "rank")


@pytest.fixture(scope="module")
def classical(train) -> dict[str, pl.DataFrame]:
    return systems(train)


def check_row(name: str, runs: object, test, train) -> None:
    found = evaluate(test, runs, METRICS, 10, train=train, convention=ANSWERED).table()
    for metric, value, expected in zip(METRICS, found["value"], EXPECTED[name], strict=True):
        assert value == pytest.approx(expected, rel=0.01, abs=5e-4 if metric == "aclt" else 6e-6), metric


def test_sheet12_gpt_zero_shot(gpt, test, train) -> None:
    check_row("GPT", gpt, test, train)
    found = evaluate(test, gpt, "ndcg", 10, train=train, convention=ANSWERED).table().row(0, named=True)
    assert found["users"] == 1397


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in EXPECTED if name != "GPT"], ids=lambda name: f"sheet12-{name}")
def test_classical_systems(name, classical, test, train) -> None:
    check_row(name, classical[name], test, train)


@pytest.mark.slow
def test_sheet12_cold_users(books, classical, gpt, train) -> None:
    runs = {**classical, "GPT": gpt}
    found = evaluate(table(books, "test_cold_users"), runs, "ndcg", 10, train=train, convention=ANSWERED)
    for name, expected in COLD.items():
        assert found.value("ndcg", name).value == pytest.approx(expected, rel=0.01)
    assert found.value("ndcg", "GPT").low > max(found.value("ndcg", name).value for name in COLD if name != "GPT")


@pytest.mark.slow
def test_sheet02_families_order_systems_differently(classical, gpt, test, train) -> None:
    found = evaluate(
        test, {**classical, "GPT": gpt}, ["ndcg", "item_coverage"], 10, train=train, convention=convention(seen="drop")
    )
    orders = {
        metric: found.table().filter(metric=metric).sort("value", descending=True)["run"].to_list()
        for metric in ("ndcg", "item_coverage")
    }
    assert orders["ndcg"][0] == "GPT"
    assert orders["ndcg"][-1] == "MostPop"
    assert orders["item_coverage"][0] == "ItemKNN"
    nearly = found.value("ndcg", "ItemKNN").value, found.value("ndcg", "EASE").value
    assert nearly[0] == pytest.approx(nearly[1], rel=0.02)
    flips = found.agreement().row(0, named=True)
    assert (flips["tau"] < 1, flips["flips"] > 0) == (True, True)
    # The paper's order holds beyond chance, with every pair of systems counted.
    against = found.compare("ndcg").filter(pl.col("right") == "GPT")
    assert (against["adjusted"] < 0.02).all()  # 2,000 sign flips, and ten pairs
    assert (against["difference"] < 0).all()


@pytest.mark.parametrize(
    ("candidates", "reranked", "before", "after", "lists", "order"),
    [
        ("rerank_popular_candidates", "rerank_popular_gpt35", 0.00071, 0.01005, 1360, "given"),
        ("rerank_neighbours_candidates", "rerank_neighbours_gpt35", 0.01109, 0.02906, 985, "rank"),
    ],
    ids=["sheet12-popular", "sheet12-neighbours"],
)
def test_reranking(books, test, train, candidates, reranked, before, after, lists, order) -> None:
    one, other = table(books, candidates, "rank"), table(books, reranked, "rank")
    assert evaluate(test, one, "ndcg", 10, train=train, convention=ANSWERED).value("ndcg").value == pytest.approx(
        before, rel=0.01
    )
    found = evaluate(test, other, "ndcg", 10, train=train, convention=ANSWERED, order=order)
    assert found.value("ndcg").value == pytest.approx(after, rel=0.01)
    assert found.ledger["lists"].to_list() == [lists]


def test_sheet12_answered_or_all(books, test, train) -> None:
    run = table(books, "rerank_neighbours_gpt35", "rank")
    every = evaluate(test, run, "ndcg", 10, train=train, convention=convention(seen="drop"))
    assert every.value("ndcg").value == pytest.approx(0.02048, rel=0.01)
    assert every.ledger["absent"].to_list() == [1398 - 985]


@pytest.mark.parametrize(
    ("name", "candidates", "rows", "shares"),
    [
        ("gpt35_zero_shot", None, 64929, {"repeats": 10.80, "seen": 3.53, "outside": 2.96}),
        ("rerank_popular_gpt35", "rerank_popular_candidates", 43375, {"outside_candidates": 13.17, "seen": 8.23}),
        (
            "rerank_neighbours_gpt35",
            "rerank_neighbours_candidates",
            36192,
            {"outside_candidates": 25.43, "seen": 13.33},
        ),
    ],
    ids=["sheet12-ledger-zero-shot", "sheet12-ledger-popular", "sheet12-ledger-neighbours"],
)
def test_the_ledger_of_recorded_replies(books, test, train, name, candidates, rows, shares) -> None:
    allowed = None if candidates is None else table(books, candidates, "rank").select("user", "item")
    metrics = {"repeats": "repeat_share", "seen": "seen_share", "outside": "outside_share"}
    metrics |= {} if allowed is None else {"outside_candidates": "stray_share"}
    wanted = ["ndcg", *metrics.values()]
    result = evaluate(test, table(books, name, "rank"), wanted, 10, train=train, candidates=allowed)
    ledger = result.ledger.row(0, named=True)
    assert ledger["rows"] == rows
    for found, share in shares.items():
        assert round(100 * ledger[found] / rows, 2) == share
        interval = result.value(metrics[found])
        assert round(100 * interval.value, 2) == share
        assert interval.low < interval.value < interval.high


@pytest.mark.parametrize(
    ("repeats", "expected"),
    [("keep", (693, 0.0438, 58.13, 1.732)), ("drop", (700, 0.0442, 58.25, 1.749))],
    ids=["sheet12-paper-kept", "sheet12-paper-dropped"],
)
def test_the_catalogue_of_the_paper(books, gpt, test, train, repeats, expected) -> None:
    items = pl.read_csv(books / "paper_items.tsv", has_header=False, new_columns=["item"])
    lists, had = (frame.join(items, on="item", how="semi") for frame in (gpt, train))
    assert had.height == 13117
    rule = convention(seen="drop", gini="evenness", repeats=repeats)
    found = evaluate(test, lists, ["item_coverage", "gini", "arp", "aclt"], 10, train=had, convention=rule)
    assert found.table()["value"].to_list() == pytest.approx(expected, rel=0.003)
    # The paper has 689, .0439, 58.12 and 1.735.
    if repeats == "keep":
        assert found.table()["value"].to_list() == pytest.approx((689, 0.0439, 58.12, 1.735), rel=0.01)


def unfairness(run, test, train) -> tuple[float, ...]:
    made = evaluate(test, run, ["precision", "ndcg"], 10, train=train, convention=convention(seen="drop"))
    history = dict(train.group_by("user", maintain_order=True).agg("item").iter_rows())
    table = made.per_user()
    found = [
        pairwise_unfairness(dict(zip(table["user"], table[column], strict=True)), history, repeats=0)
        for column in ("precision@10", "ndcg@10")
    ]
    p, n = found
    assert p.mean_similarity == pytest.approx(0.01585062, abs=1e-8)
    assert (p.similar_pairs, p.pairs) == (263_809, 976_503)
    return p.mean, n.mean, p.sd, n.sd, p.gini, p.puf.value, n.puf.value, n.normalised.value, n.gap


def test_sheet18_gpt(gpt, test, train) -> None:
    assert unfairness(gpt, test, train) == pytest.approx(UNFAIR["GPT"], rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in UNFAIR if name != "GPT"], ids=lambda name: f"sheet18-{name}")
def test_unfairness_of_classical_systems(name, classical, test, train) -> None:
    assert unfairness(classical[name], test, train) == pytest.approx(UNFAIR[name], rel=0.012)


def test_sheet18_zero_relevance_curve(train) -> None:
    users = sorted(set(train["user"]))
    history = dict(train.group_by("user", maintain_order=True).agg("item").iter_rows())
    rng = np.random.default_rng(18)
    m = len(users)
    for x, expected in ((0, 0), (0.1, 0.18), (0.3, 0.42), (0.5, 0.5), (0.7, 0.42), (0.9, 0.18), (1, 0)):
        S = np.ones(m)
        S[rng.permutation(m)[: round(x * m)]] = 0
        found = pairwise_unfairness(dict(zip(users, S, strict=True)), history, repeats=0)
        assert found.puf.value / found.mean_similarity == pytest.approx(expected, abs=0.025 if expected else 0)
        if x == 0.5:
            assert found.sd == pytest.approx(0.5)
            assert found.of_all_or_nothing == pytest.approx(1, abs=0.05)
