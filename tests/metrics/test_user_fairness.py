"""Does PUF reproduce sheet 18, with its null and the measures that it is compared with?"""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from psephos.errors import InputError
from psephos.metrics import envy, gini_coefficient, list_unfairness, pairwise_unfairness, user_similarity

H = np.array([[1, 1, 1, 0, 0, 0], [1, 1, 0, 1, 0, 0], [0, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0]])
S = (0.4, 0.1, 0.3, 0.9)
GENRES = [[0.5, 0.5, 0], [0.5, 0.25, 0.25], [0, 0, 1], [0.5, 0.5, 0]]


def puf(S, history=None, **more) -> float:
    return pairwise_unfairness(S, history, repeats=0, **more).puf.value


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 0.1816667),
        ({"similarity": "cosine"}, 0.2166667),
        ({"similarity": "mixture", "features": GENRES, "gamma": 0.0}, 0.2531730),
        ({"similarity": "jensen-shannon", "features": GENRES}, 0.2531730),
        ({"similarity": "mixture", "features": GENRES, "gamma": 0.25}, 0.2352964),
        ({"similarity": "mixture", "features": GENRES, "gamma": 0.5}, 0.2174198),
        ({"similarity": "mixture", "features": GENRES, "gamma": 1.0}, 0.1816667),
    ],
    ids=[f"sheet18-v{n}" for n in range(7)],
)
def test_puf_of_the_vectors(options, expected) -> None:
    assert puf(S, H, **options) == pytest.approx(expected, abs=5e-8)


def test_sheet18_what_stands_beside_it() -> None:
    found = pairwise_unfairness(S, H, repeats=0)
    assert found.normalised.value == pytest.approx(0.4954545, abs=5e-8)
    assert found.sd == pytest.approx(0.2947457, abs=5e-8)
    assert found.gini == gini_coefficient(S) == pytest.approx(0.3676471, abs=5e-8)
    assert puf([0.5] * 4, H) == 0
    assert puf([1, 0, 0, 0], H) == pytest.approx(0.25)


def test_sheet18_similarities() -> None:
    pairs = user_similarity(H)
    found = {(int(a), int(b)): s for a, b, s in zip(pairs.left, pairs.right, pairs.similarity, strict=True)}
    assert found == {(0, 1): 0.5, (0, 3): 1.0, (1, 2): pytest.approx(0.2), (1, 3): 0.5}
    shannon = user_similarity(None, "jensen-shannon", features=GENRES)
    known = {(int(a), int(b)): s for a, b, s in zip(shannon.left, shannon.right, shannon.similarity, strict=True)}
    assert known[0, 1] == pytest.approx(0.844361, abs=5e-7)
    assert known[1, 2] == pytest.approx(0.451205, abs=5e-7)
    assert known[0, 3] == pytest.approx(1)
    assert (0, 2) not in known


def test_sheet18_envy() -> None:
    relevant = np.zeros((4, 7))
    for user, items in enumerate(([1, 2, 3, 4], [3, 4], [5, 6], [1, 2])):
        relevant[user, items] = 1
    lists = [[1, 2], [5, 3], [6, 5], [3, 4]]
    found = envy(relevant, lists, 2)
    assert (found.mean, found.mean_maximum, found.proportion) == pytest.approx((0.25, 0.375, 0.5))
    assert envy(relevant, lists, 2, ordered_mean=True).mean == pytest.approx(0.125)
    assert found.by_user.tolist() == [0, 0.5, 0, 1]
    assert found.towards.tolist() == [-1, 3, -1, 0]


def test_sheet18_uf() -> None:
    alike = [[1, 0.5, 1], [0.5, 1, 0.5], [1, 0.5, 1]]
    found = list_unfairness(alike, [[0, 1], [2, 3], [0, 2]], [[1, 0], [0, 1], [1, 1], [1, 0]], 2)
    assert (found.threshold, found.pairs) == (pytest.approx(0.9023689, abs=5e-8), 1)
    assert (found.total, found.mean) == (pytest.approx(0.3964466, abs=5e-8),) * 2
    assert found.natural_log == pytest.approx(-0.9252139, abs=5e-8)


def groups(seed: int, between: bool) -> tuple[np.ndarray, np.ndarray]:
    """Two taste groups of 200 users; the gap in service lies between the groups, or within each."""
    rng = np.random.default_rng(seed)
    taste = rng.integers(0, 2, 200)
    served = taste if between else rng.integers(0, 2, 200)
    alike = np.where(taste[:, None] == taste[None], 0.6, 0.05)
    return alike, np.clip(np.where(served, 0.8, 0.2) + rng.normal(0, 0.02, 200), 0, 1)


def test_sheet18_double_dissociation() -> None:
    found = {}
    for between in (True, False):
        made = [
            pairwise_unfairness(S, similarity=alike, repeats=0) for alike, S in (groups(s, between) for s in range(20))
        ]
        found[between] = np.mean([one.puf.value for one in made]), np.mean([one.sd for one in made])
    assert found[True] == (pytest.approx(0.0217, abs=0.001), pytest.approx(0.2995, abs=0.003))
    assert found[False] == (pytest.approx(0.1012, abs=0.004), pytest.approx(0.2998, abs=0.003))
    assert found[False][0] / found[True][0] == pytest.approx(4.65, abs=0.3)


def test_the_null_is_the_plain_gap_and_the_test_keeps_its_level() -> None:
    rng = np.random.default_rng(3)
    p = []
    for _ in range(60):
        history = (rng.random((30, 12)) < 0.3).astype(float)
        S = rng.random(30)
        found = pairwise_unfairness(S, history, repeats=99, rng=rng)
        assert found.null[0] == pytest.approx(found.gap, abs=5 * found.null[1] / np.sqrt(99))
        p.append(found.p)
    # Of 60 tests of a true null at .1, more than 12 are rejected once in 100 times.
    assert np.mean(np.array(p) <= 0.1) <= 0.2
    alike, S = groups(1, between=False)
    alike[np.ix_(S > 0.5, S > 0.5)] *= 0.2
    assert pairwise_unfairness(S, similarity=alike, repeats=99).p <= 0.02


def test_errors_are_those_of_the_bootstrap() -> None:
    rng = np.random.default_rng(8)
    history = (rng.random((80, 10)) < 0.4).astype(float)
    S = rng.random(80)
    found = pairwise_unfairness(S, history, repeats=0)
    pairs = user_similarity(history)
    product = pairs.similarity * np.abs(S[pairs.left] - S[pairs.right])
    drawn = []
    for _ in range(600):
        w = np.bincount(rng.integers(0, 80, 80), minlength=80)
        both = w[pairs.left] * w[pairs.right]
        total = (w.sum() ** 2 - (w**2).sum()) / 2
        drawn.append(((both * product).sum() / total, (both * product).sum() / (both * pairs.similarity).sum()))
    errors = [(one.high - one.low) / 2 / 1.959964 for one in (found.puf, found.normalised)]
    assert errors == pytest.approx(np.std(drawn, axis=0), rel=0.2)


@given(st.integers(0, 2**32 - 1), st.integers(2, 12), st.sampled_from(["jaccard", "cosine", "mixture"]))
def test_puf_by_its_definition(seed, m, measure) -> None:
    rng = np.random.default_rng(seed)
    history = rng.integers(0, 3, (m, 5)) if measure == "cosine" else rng.integers(0, 2, (m, 5))
    features = rng.dirichlet(np.ones(3), m)
    S = rng.random(m)

    def alike(u: int, v: int) -> float:
        a, b = history[u], history[v]
        if measure == "cosine":
            below = np.linalg.norm(a) * np.linalg.norm(b)
            return a @ b / below if below else 0.0
        jaccard = ((a > 0) & (b > 0)).sum() / ((a > 0) | (b > 0)).sum() if (a | b).any() else 0.0
        if measure == "jaccard":
            return jaccard
        p, q = features[u], features[v]
        middle = (p + q) / 2
        js = 1 - ((p * np.log2(p / middle)).sum() + (q * np.log2(q / middle)).sum()) / 2
        return 0.3 * jaccard + 0.7 * js

    expected = sum(alike(u, v) * abs(S[u] - S[v]) for u in range(m) for v in range(u + 1, m)) * 2 / (m * (m - 1))
    found = pairwise_unfairness(S, history, similarity=measure, features=features, gamma=0.3, repeats=0)
    assert found.puf.value == pytest.approx(expected, abs=1e-10)
    order = rng.permutation(m)
    turned = pairwise_unfairness(
        S[order], history[order], similarity=measure, features=features[order], gamma=0.3, repeats=0
    )
    assert turned.puf.value == pytest.approx(expected, abs=1e-10)
    assert found.user_table["share"].sum() == pytest.approx(1.0 if found.puf.value else 0.0)


def test_blocks_are_nothing_but_memory(monkeypatch) -> None:
    names = ("user_pairs", "given_pairs", "envy")
    rooms = [importlib.import_module(f"psephos.metrics.user_fairness.{name}") for name in names]
    rng = np.random.default_rng(0)
    history = sparse.random(50, 20, 0.2, format="csr", random_state=0)
    S = rng.random(50)
    lists = rng.integers(0, 20, (50, 3))
    whole = pairwise_unfairness(S, history, repeats=0), envy(history, lists, 3)
    for room in rooms:
        monkeypatch.setattr(room, "BLOCK", 7)
    assert envy(history, lists, 3).mean == pytest.approx(whole[1].mean, abs=1e-15)
    np.testing.assert_array_equal(envy(history, lists, 3).towards, whole[1].towards)
    assert pairwise_unfairness(S, history, repeats=0).puf.value == pytest.approx(whole[0].puf.value, abs=1e-15)

    def same(left, right):
        return np.full(len(left), 0.5)

    assert puf(S, similarity=same) == pytest.approx(0.5 * whole[0].gap)


def test_drawn_pairs_come_near_with_an_honest_error() -> None:
    rng = np.random.default_rng(6)
    history = (rng.random((400, 15)) < 0.3).astype(float)
    S = rng.random(400)
    exact = pairwise_unfairness(S, history, repeats=0)
    inside = 0
    for seed in range(30):
        found = pairwise_unfairness(S, history, repeats=0, draws=3000, rng=seed)
        assert found.drawn
        inside += found.puf.low <= exact.puf.value <= found.puf.high
    assert inside >= 24  # of 95 %, a binomial(30, .95) falls below 24 once in 500 times
    found = pairwise_unfairness(S, history, repeats=0, draws=3000, rng=0)
    assert found.normalised.value == pytest.approx(exact.normalised.value, rel=0.1)
    assert "drawn" in str(found)
    assert found.worst.height == found.worst.unique(["left", "right"]).height


def test_worst_pairs_and_who_pays() -> None:
    served = {"ann": 0.9, "bob": 0.1, "cat": 0.8, "dan": float("nan")}
    history = {"ann": ["x", "y"], "bob": ["y", "x"], "cat": ["z"], "dan": ["x"]}
    found = pairwise_unfairness(served, history, repeats=0)
    assert (found.users, found.left_out) == (3, 1)
    row = found.worst.row(0, named=True)
    assert (row["left"], row["right"], row["similarity"], sorted(row["shared"])) == ("ann", "bob", 1.0, ["x", "y"])
    users = {row["user"]: row for row in found.user_table.iter_rows(named=True)}
    assert users["bob"]["lag"] == pytest.approx(0.8)
    assert users["cat"]["better_off"] is None
    assert found.to_dict()["worst"][0]["left"] == "ann"


def test_nothing_alike_is_said() -> None:
    found = pairwise_unfairness([0.2, 0.8], np.eye(2))
    assert found.puf.value == 0
    assert np.isnan(found.normalised.value)
    assert "no similar pairs" in str(found)
    assert "is low" in str(pairwise_unfairness([0.01, 0.0], np.ones((2, 1)), repeats=0))
    assert "without a history" in str(pairwise_unfairness([0.5, 0.5], [[0, 0], [1, 0]], repeats=0))
    assert np.isnan(pairwise_unfairness([0, 0], np.ones((2, 1)), repeats=0).gini)


def test_another_scale() -> None:
    assert puf([2, 4], np.ones((2, 1)), scale=(1, 5)) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("call", "argument", "words"),
    [
        (lambda: puf([0.5], np.ones((1, 2))), "users", "two with an effectiveness"),
        (lambda: puf([0.5, np.nan], np.ones((2, 2))), "users", "got 1"),
        (lambda: puf([0.5, 0.5], np.ones((3, 2))), "history", r"effectiveness has users \(2\), got 3"),
        (lambda: puf([0.5, 1.5], np.ones((2, 2))), "effectiveness", "between 0 and 1, got 1.5"),
        (lambda: puf([0.5, 0.5], similarity=[[1, 2], [2, 1]]), "similarity", "users 0 and 1"),
        (lambda: puf([0.5, 0.5], similarity=[[1, 0.2], [0.3, 1]]), "similarity", "not symmetric.*users 0 and 1"),
        (lambda: puf([0.5, 0.5], similarity=sparse.csr_matrix([[1, 0.2], [0.3, 1]])), "similarity", "users 0 and 1"),
        (lambda: puf([0.5, 0.5], similarity=[[1, np.nan], [np.nan, 1]]), "similarity", "nan.*users 0 and 1"),
        (lambda: puf([0.5, 0.5], similarity=np.eye(3)), "similarity", "shape"),
        (lambda: puf([0.5, 0.5]), "history", "needed"),
        (lambda: puf([0.5, 0.5], np.ones((2, 2)), similarity="mixture"), "features", "needs them"),
        (lambda: puf([0.5, 0.5], np.ones((2, 2)), similarity="near"), "measure", "one of"),
        (lambda: puf([0.5, 0.5], np.ones((2, 2)), scale=(1, 0)), "scale", "ascend"),
        (lambda: user_similarity([[1, -1], [0, 1]]), "history", "at least 0"),
        (lambda: envy(np.eye(2), [[0], [5]], 1), "lists", "0 to 1"),
        (lambda: envy(np.eye(2), [[0], [1]], 0), "k", "at least 1"),
        (lambda: list_unfairness(np.eye(2), [[0], [1]], [[1.0]], 1), "lists", "0 to 0"),
        (lambda: gini_coefficient([-1, 2]), "values", "at least 0"),
    ],
)
def test_bad_input(call, argument, words) -> None:
    with pytest.raises(InputError, match=words) as caught:
        call()
    assert caught.value.argument == argument


def test_a_user_with_two_names_that_are_one_is_refused() -> None:
    with pytest.raises(InputError, match="names the user '1' twice") as caught:
        pairwise_unfairness({1: 0.5, "1": 0.6, 2: 0.1}, {1: ["a"], 2: ["a", "b"]}, repeats=0)
    assert caught.value.argument == "effectiveness"
