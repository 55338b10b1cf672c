"""Harmony of benchmarks: vectors, luck, groups found among items, limits and bad input."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.metrics import (
    discover_groups,
    discover_groups_by_model,
    group_tree,
    groups_against_chance,
    harmony,
    harmony_index,
    harmony_plane,
    predictive_similarity,
    prune_groups,
    rand_index,
)

VECTORS = [
    ((25, 25, 25, 25), (0.6, 0.6, 0.6, 0.6), (1, 1, 1, 1)),
    ((25, 25, 25, 25), (0.8, 0.6, 0.6, 0.4), (0.502177, 0.763533, 0.978143, 1)),
    ((25, 25, 25, 25), (0.9, 0.3, 0.3, 0.3), (0.792481, 0.792778, 0.872476, 1)),
    ((70, 10, 10, 10), (0.6, 0.6, 0.6, 0.6), (0.678390,) * 4),
    ((70, 10, 10, 10), (0.9, 0.4, 0.5, 0.45), (0.000042, 0.057151, 0.394479, 0.678390)),
    ((100, 60, 30, 10), (0.72, 0.65, 0.58, 0.40), (0.641957, 0.712623, 0.775507, 0.823865)),
    ((50, 50), (0.8, 0.4), (1, 1, 1, 1)),
    ((5, 5, 5), (1, 1, 0), (0.630930, 0.630930, 0.667133, 1)),
]


@pytest.mark.parametrize(("sizes", "scores", "expected"), VECTORS, ids=[f"sheet27-v{n}" for n in range(len(VECTORS))])
def test_the_vectors_of_the_sheet(sizes, scores, expected):
    found = [harmony_index(sizes, scores, h=h) for h in (0.05, 0.1, 0.2, math.inf)]
    assert found == pytest.approx(expected, abs=1e-6)


def items(sizes, scores):
    """Right and wrong answers with exactly these shares, and their groups."""
    right = [np.arange(n) < round(n * score) for n, score in zip(sizes, scores, strict=True)]
    return np.concatenate(right).astype(float), np.repeat([f"g{k}" for k in range(len(sizes))], sizes)


def test_items_and_shares_say_the_same():
    sizes, scores = (100, 60, 30, 10), (0.72, 0.65, 0.6, 0.4)
    correct, groups = items(sizes, scores)
    row = harmony(correct, groups, repeats=0).models.row(0, named=True)
    assert row["harmony"] == row["harmony_10"] == pytest.approx(float(harmony_index(sizes, scores)), abs=1e-12)
    assert row["size_evenness"] == pytest.approx(0.823865, abs=1e-6)
    mean = np.average(scores, weights=sizes)
    assert row["mean"] == pytest.approx(mean)
    assert row["sd"] == pytest.approx(math.sqrt(np.average((np.array(scores) - mean) ** 2, weights=sizes)))
    assert row["evenness"] == pytest.approx(1 - row["sd"] / math.sqrt(mean * (1 - mean)))
    assert (row["worst_group"], row["range"]) == ("g3", pytest.approx(0.32))


def test_sheet27_plane():
    scores = [(0.70, 0.66, 0.72, 0.64), (0.55, 0.50, 0.58, 0.49), (0.85, 0.60, 0.90, 0.40), (0.62, 0.61, 0.60, 0.63)]
    found = harmony_index([40, 30, 20, 10], scores)
    assert found == pytest.approx([0.914099, 0.912662, 0.697175, 0.922007], abs=1e-6)
    for ddof, variance in ((0, 0.009012), (1, 0.012016)):
        row = harmony_plane({"one": found}, ddof=ddof).benchmarks.row(0, named=True)
        assert (row["mean"], row["variance"]) == pytest.approx((0.861486, variance), abs=1e-6)


@pytest.mark.parametrize(
    ("benchmarks", "expected"),
    [
        ({"one": [0.9, 0.92]}, ["nothing to compare with"]),
        ({"one": [0.9, 0.92], "two": [0.4]}, ["nothing to compare with", "one model"]),
        ({"one": [0.9, 0.92], "two": [0.9, 0.92]}, ["at a median", "at a median"]),
        ({"one": [0.9, 0.92], "two": [0.3, 0.9]}, ["reliable", "low and varying"]),
        ({"one": [0.9, 0.92], "two": [0.7, 0.75], "three": [0.3, 0.9]}, ["reliable", "at a median", "low and varying"]),
        ({"one": [0.8, 1.0], "two": [0.3, 0.32]}, ["high but varying", "low"]),
    ],
    ids=["alone", "one-model", "equal", "two", "three", "crossed"],
)
def test_sheet27_quadrants_are_above_and_below_the_medians(benchmarks, expected):
    assert harmony_plane(benchmarks).table()["quadrant"].to_list() == expected


def test_sheet27_divergence():
    assert predictive_similarity([[0.5, 0.5], [0.9, 0.1]])[0, 1] == pytest.approx(0.439445, abs=1e-6)


def test_sheet27_fragility():
    for sizes, scores, value, shift in (
        ((700, 100, 100, 100), (0.9, 0.4, 0.5, 0.45), 0.057151, 0.2025),
        ((260, 250, 250, 240), (0.66, 0.64, 0.65, 0.63), 0.999697, 0.0003),
    ):
        assert float(harmony_index(sizes, scores)) == pytest.approx(value, abs=1e-6)
        plain = np.average(scores, weights=sizes)
        assert plain - np.mean(scores) == pytest.approx(shift, abs=5e-5)
    uneven = items((700, 100, 100, 100), (0.9, 0.4, 0.5, 0.45))
    even = items((260, 250, 250, 240), (0.66, 0.64, 0.65, 0.63))
    assert abs(prune_groups(*uneven)["shift"][-1] + 0.2025) < 0.03
    assert abs(prune_groups(*even)["shift"][-1]) < 0.01


@pytest.mark.parametrize(
    ("size", "mean", "low"),
    [(10, 0.873, 0.689), (25, 0.960, 0.875), (100, 0.996, 0.985), (400, 0.9997, 0.999)],
    ids=lambda value: f"sheet27-luck-{value}",
)
def test_luck_alone_lowers_harmony(size, mean, low):
    drawn = np.random.default_rng(27).binomial(size, 0.6, (20_000, 5)) / size
    found = harmony_index([size] * 5, drawn)
    assert found.mean() == pytest.approx(mean, abs=0.003)
    assert np.quantile(found, 0.05) == pytest.approx(low, abs=0.006)
    band = harmony(*items([size] * 5, [0.6] * 5), rng=1).models.row(0, named=True)
    assert band["null_low"] == pytest.approx(low, abs=0.02)
    assert band["p"] > 0.5


def test_the_band_raises_few_false_alarms_and_sees_real_unevenness():
    rng = np.random.default_rng(5)
    groups = np.repeat(list("abcde"), 20)
    alike = harmony((rng.random((200, 100)) < 0.6).astype(float), groups, repeats=300)
    assert 0.01 < (alike.models["p"] <= 0.05).mean() < 0.11
    chance = np.repeat([0.95, 0.6, 0.6, 0.6, 0.2], 20)
    uneven = harmony((rng.random((50, 100)) < chance).astype(float), groups, repeats=300)
    assert (uneven.models["p"] <= 0.05).mean() > 0.9
    assert (uneven.models["harmony_low"] <= uneven.models["harmony_high"]).all()


def test_the_blind_spot_is_seen_by_the_other_measures():
    near, far = (
        harmony(*items((50, 50), pair), repeats=0).models.row(0, named=True) for pair in ((0.6, 0.6), (0.8, 0.4))
    )
    assert near["harmony"] == far["harmony"] == pytest.approx(1)
    assert far["evenness"] < near["evenness"] == pytest.approx(1)
    assert far["between"] > 0.2 > near["between"] == 0


def test_between_is_the_analysis_of_variance():
    rng = np.random.default_rng(0)
    sizes = np.array([30, 50, 20])
    scores, groups = rng.random(100), np.repeat(list("abc"), sizes)
    parts = [scores[groups == g] for g in "abc"]
    msb = sum(len(p) * (p.mean() - scores.mean()) ** 2 for p in parts) / 2
    msw = sum(((p - p.mean()) ** 2).sum() for p in parts) / 97
    n0 = (100 - (sizes**2).sum() / 100) / 2
    expected = max(0, (msb - msw) / (msb + (n0 - 1) * msw))
    assert harmony(scores, groups, repeats=0).models["between"][0] == pytest.approx(expected, abs=1e-12)


def test_what_drives_the_mean_and_which_order_turns():
    a, groups = items((80, 20), (0.9, 0.2))
    b, _ = items((80, 20), (0.7, 0.8))
    found = harmony([a, b], groups, models=["a", "b"], repeats=0)
    part = found.groups.row(0, named=True)
    assert (part["mean_without"], part["change"]) == pytest.approx((0.2, 0.2 - 0.76))
    assert found.flips.rows() == [("g0", "a", "b")]
    assert found.models.select("rank", "balanced_rank").rows() == [(1, 2), (2, 1)]


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0, 1)), min_size=2, max_size=6), st.floats(0.01, 2))
def test_harmony_by_its_definition_whatever_the_order(groups, h):
    n, score = (np.array(part, dtype=float) for part in zip(*groups, strict=True))
    w = n / n.sum()
    weight = [math.log(a) - ((s - w @ score) / h) ** 2 / 2 for a, s in zip(w, score, strict=True)]
    p = [math.exp(one - max(weight)) for one in weight]
    p = [one / sum(p) for one in p]
    expected = -sum(one * math.log(one) for one in p if one > 0) / math.log(len(p))
    found = float(harmony_index(n, score, h=h))
    assert found == pytest.approx(expected, abs=1e-9)
    assert float(harmony_index(n[::-1], score[::-1], h=h)) == pytest.approx(found, abs=1e-9)
    assert 0 <= found <= 1


def test_a_model_that_did_not_run_a_group_has_no_harmony():
    table = np.array([[1, 0, 1, 0.0], [1, 0, np.nan, np.nan]])
    found = harmony(table, list("aabb"), declared=["a", "b", "c"], repeats=10)
    assert found.models["harmony"].is_null().to_list() == [False, True]
    assert "no item of b was run" in found.models["note"][1]
    assert math.isnan(found.variance)
    assert "'c' has no item" in str(found)
    assert "fewer than 10 items" in str(found)
    assert found.to_dict()["variance"] is None


def test_the_same_seed_gives_the_same_band():
    data = items((20, 30), (0.5, 0.8))
    assert harmony(*data, rng=3).models.equals(harmony(*data, rng=3).models)


# Groups found.


def hidden(seed=27):
    rng = np.random.default_rng(seed)
    domain = np.repeat(np.arange(4), 60)
    profiles = rng.normal(0, 2, (4, 50))
    logits = profiles[domain] + rng.normal(0, 1.2, (240, 50))
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return domain, p / p.sum(axis=1, keepdims=True)


def test_sheet27_discovery():
    domain, probs = hidden()
    found = discover_groups(probs, most=10)
    assert found.k == 4
    assert found.silhouettes["silhouette"].max() == pytest.approx(0.4067, abs=1e-4)
    assert rand_index(found.labels, domain) >= 0.98
    assert found.stability > 0.6


def test_the_silhouette_and_the_index_are_those_of_scikit_learn(require):
    metrics = require("sklearn.metrics")
    domain, probs = hidden()
    found = discover_groups(probs, most=6, stability=False)
    distance = np.sqrt(predictive_similarity(probs))
    expected = metrics.silhouette_score(distance, found.labels, metric="precomputed")
    assert found.silhouettes["silhouette"].max() == pytest.approx(expected, abs=1e-9)
    other = np.random.default_rng(0).integers(0, 3, 240)
    assert rand_index(domain, other) == pytest.approx(metrics.adjusted_rand_score(domain, other), abs=1e-12)


def test_groups_from_responses():
    rng = np.random.default_rng(1)
    skill = rng.random((40, 2)).round()
    domain = np.repeat([0, 1], 30)
    right = np.where(rng.random((40, 60)) < 0.05, 1 - skill[:, domain], skill[:, domain])
    right[rng.random(right.shape) < 0.05] = np.nan
    assert rand_index(discover_groups(right, "responses", most=6).labels, domain) == 1
    assert "few to tell" in str(discover_groups(right[:10], "responses", most=6))


def test_one_cell_that_differs_is_half_the_logarithm_of_three():
    from psephos.metrics.harmony.item_similarity import by_responses

    table = np.array([[1.0, 1], [1, 0], [np.nan, 0]])
    found = by_responses([table])(np.arange(3), np.arange(3))
    assert found[0, 1] == pytest.approx(0.549306 / 2, abs=1e-6)
    assert found[0, 2] == pytest.approx(0.549306, abs=1e-6)
    assert found[1, 2] == pytest.approx(0, abs=1e-12)


def test_large_inputs_join_a_sample(monkeypatch):
    from psephos.metrics.harmony import item_clusters

    monkeypatch.setattr(item_clusters, "LARGEST", 100)
    domain, probs = hidden()
    found = discover_groups(probs, most=6, stability=False)
    assert rand_index(found.labels, domain) > 0.95
    assert found.joined == pytest.approx(1 - 100 / 240)
    assert "100 of 240 items were clustered" in str(found)


# Trees of groups, and groups of each model.


def nested(seed, scores=(0.9, 0.6, 0.2), models=6, noise=0.6, sizes=(80, 60, 60)):
    """Items of three topics, the last two of which are alike at first sight, and their scores."""
    rng = np.random.default_rng(seed)
    topic = np.repeat(np.arange(3), sizes)
    near = np.zeros((3, 12))
    near[0, :4] = 6
    near[1:, 4:8] = 6
    near[1, 8:10] = 5
    near[2, 10:] = 5
    logits = near[topic] + rng.normal(0, noise, (len(topic), 12))
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return topic, probs, (rng.random((models, len(topic))) < np.array(scores)[topic]).astype(float)


def test_sheet27_the_tree_divides_as_far_as_scores_tell_groups_apart():
    topic, probs, correct = nested(1)
    tree = group_tree(correct, probs, most=2)
    assert rand_index(tree.labels, topic) > 0.97
    table = tree.table()
    assert table["node"].to_list() == ["all", "1", "1.1", "1.2", "2"]
    assert table["groups"].to_list() == [2, 2, 0, 0, 0]
    assert table.filter(table["groups"] > 0)["stopped"].to_list() == ["divided", "divided"]
    assert (table["p"] <= table["needed"]).to_list() == (table["groups"] > 0).to_list()
    for name, items, score in table.select("node", "items", "score").iter_rows():
        inside = np.array([name == "all" or label == name or label.startswith(f"{name}.") for label in tree.labels])
        assert (items, score) == (inside.sum(), pytest.approx(correct[:, inside].mean()))
    assert set(tree.to_dict()["labels"]) == {"1.1", "1.2", "2"}
    # The same items where the two like topics are equally hard: the tree stops one division earlier.
    topic, probs, correct = nested(1, scores=(0.9, 0.4, 0.4))
    tree = group_tree(correct, probs, most=2)
    assert tree.table()["node"].to_list() == ["all", "1", "2"]
    assert tree.table()["stopped"].to_list()[1] == "groups differ no more than by luck"
    assert rand_index(tree.labels, topic > 0) > 0.97


def test_two_groups_of_one_size_are_divided_though_their_harmony_is_one():
    _, probs, correct = nested(2, scores=(0.9, 0.3, 0.3), sizes=(60, 30, 30))
    tree = group_tree(correct, probs, most=2)
    assert tree.table()["groups"][0] == 2
    assert harmony(correct, tree.labels, repeats=0).mean > 0.95


def test_a_tree_of_nothing_is_seldom_divided():
    """Items as easy as each other, of models that hang together: at most the level is divided."""
    rng = np.random.default_rng(8)
    _, probs, _ = nested(3, sizes=(20, 20, 20))
    divided = 0
    for seed in range(100):
        easy = rng.random(60)  # the same for all models, so that their scores are not independent
        correct = (rng.random((5, 60)) < easy).astype(float)
        divided += group_tree(correct, probs, most=2, repeats=99, rng=seed).table()["groups"][0] > 0
    assert divided <= 5 + 3 * math.sqrt(100 * 0.05 * 0.95)


def test_the_p_value_of_a_division_is_the_share_of_all_divisions():
    right = np.array([[1, 1, 1, 0, 1, 0, 0, 0], [1, 1, 0, np.nan, 0, 0, 1, 0]], dtype=float)
    probs = [[0.9, 0.1]] * 3 + [[0.1, 0.9]] * 5
    table = group_tree(right, probs, most=2, least=4, repeats=4000).table()

    def between(inside):
        total = 0.0
        for row in right:
            for part in (row[inside], row[~inside]):
                known = part[~np.isnan(part)]
                total += len(known) * (known.mean() - np.nanmean(row)) ** 2 if len(known) else 0
        return total

    listed = [between(np.isin(range(8), chosen)) for chosen in combinations(range(8), 3)]
    exact = np.mean(np.array(listed) >= between(np.arange(8) < 3) - 1e-9)
    assert table["tried"][0] == 2
    assert abs(table["p"][0] - exact) < 4 * math.sqrt(exact * (1 - exact) / 4000) + 1 / 4000


def test_why_a_tree_goes_no_further():
    def stopped(*given, **how):
        return group_tree(*given, **how).table()["stopped"].to_list()

    assert stopped([1, 0] * 5, [[0.9, 0.1], [0.1, 0.9]] * 5) == ["too few items"]
    assert stopped([1, 0] * 15, [[0.5, 0.5]] * 30) == ["all items alike"]
    tree = group_tree([1, 0] * 15, [[0.9, 0.1], [0.1, 0.9]] * 15, repeats=9)
    assert "with 9 repeats no node below 60 items" in str(tree)


def test_the_groups_of_a_model_are_those_it_has_alone():
    domain, probs = hidden()
    other = hidden(28)[1][::-1]
    found = discover_groups_by_model({"one": probs, "two": other}, most=6, stability=False, rng=5)
    assert list(found) == ["one", "two"]
    for name, table in (("one", probs), ("two", other)):
        alone = discover_groups(table, most=6, stability=False, rng=5)
        assert found[name].labels.tolist() == alone.labels.tolist()
    assert rand_index(found["one"].labels, domain) >= 0.98


GOOD = ([[1.0, 0, 1, 1]], list("aabb"))
BAD = {
    "one-group": (lambda: harmony([[1, 0]], ["a", "a"]), "groups"),
    "one-group-index": (lambda: harmony_index([3], [0.5]), "groups"),
    "no-group": (lambda: harmony([[1, 0, 1]], ["a", None, "b"]), "groups"),
    "no-group-of-pandas": (lambda: harmony([[1, 0, 1]], pd.Series(["a", None, "b"], dtype="string")), "groups"),
    "few-groups": (lambda: harmony([[1, 0, 1]], ["a", "b"]), "groups"),
    "above-one": (lambda: harmony([[1, 2]], ["a", "b"]), "correct"),
    "never-run": (lambda: harmony([[1, np.nan]], ["a", "b"]), "correct"),
    "h-zero": (lambda: harmony(*GOOD, h=0), "h"),
    "h-nan": (lambda: harmony(*GOOD, h=math.nan), "h"),
    "no-model": (lambda: harmony(np.empty((0, 2)), ["a", "b"]), "correct"),
    "unasked-item": (lambda: discover_groups([[1, np.nan, 0, 1, 0]], "responses"), "responses"),
    "names": (lambda: harmony(*GOOD, models=["a", "b"]), "models"),
    "sizes": (lambda: harmony_index([0, 1], [0.5, 0.5]), "sizes"),
    "no-benchmark": (lambda: harmony_plane({}), "benchmarks"),
    "ddof": (lambda: harmony_plane({"a": [0.5]}, ddof=2), "ddof"),
    "probs-sum": (lambda: discover_groups([[0.5, 0.6]] * 5), "probs"),
    "probs-negative": (lambda: discover_groups([[1.5, -0.5]] * 5), "probs"),
    "alike": (lambda: discover_groups([[0.5, 0.5]] * 5), "values"),
    "few-items": (lambda: discover_groups([[0.5, 0.5], [0.9, 0.1], [0.1, 0.9]]), "values"),
    "no-models": (lambda: discover_groups_by_model({}), "probs"),
    "other-items": (lambda: discover_groups_by_model({"a": [[1, 0]] * 5, "b": [[1, 0]] * 4}), "probs"),
    "one-of-models": (lambda: discover_groups_by_model({"a": [[0.5, 0.5]] * 5}), "values"),
    "tree-items": (lambda: group_tree([1, 0], [[1, 0]] * 5), "correct"),
    "tree-score": (lambda: group_tree([1, 2, 0, 1, 1], [[1, 0]] * 5), "correct"),
    "tree-silent": (lambda: group_tree([np.nan] * 5, [[1, 0]] * 5), "correct"),
    "tree-few": (lambda: group_tree([1, 0], [[1, 0]] * 2), "values"),
    "tree-least": (lambda: group_tree([1, 0, 1, 1], [[1, 0]] * 4, least=3), "least"),
    "tree-level": (lambda: group_tree([1, 0, 1, 1], [[1, 0]] * 4, level=1), "level"),
    "tree-itself": (lambda: group_tree([[1, 0, 1, 1]], [[1, 0, 1, 1]], "responses"), "values"),
    "kind": (lambda: discover_groups([[0.5, 0.5]] * 5, "words"), "kind"),
}


@pytest.mark.parametrize("case", BAD, ids=lambda case: f"sheet27-{case}")
def test_bad_input(case):
    call, argument = BAD[case]
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.argument == argument


def test_equal_means_share_a_rank_however_they_are_summed():
    """.1 + .2 + .3 is a little more than .3 + .2 + .1 in binary."""
    rows = np.zeros((2, 30))
    for row, counts in zip(rows, ((1, 2, 3), (3, 2, 1)), strict=True):
        for group, count in enumerate(counts):
            row[10 * group : 10 * group + count] = 1
    table = harmony(rows, ["a"] * 10 + ["b"] * 10 + ["c"] * 10, repeats=0).table()
    assert table["rank"].to_list() == [1, 1]
    assert table["balanced_rank"].to_list() == [1, 1]


def test_groups_are_told_from_random_ones_sheet27_chance():
    """sheet27-chance: p is the share of all partitions of these sizes that are as uneven, by listing them."""
    right = np.array([1, 1, 1, 0, 1, 0, 0, 0], dtype=float)
    groups = np.array(list("aaaabbbb"))
    own = harmony_index([4, 4], [0.75, 0.25], h=0.3)
    sizes, listed = [3, 5], []
    uneven = np.array(list("aaabbbbb"))
    for chosen in combinations(range(8), 3):
        inside = np.isin(range(8), chosen)
        listed.append(harmony_index(sizes, [right[inside].mean(), right[~inside].mean()], h=0.3))
    exact = np.mean(np.array(listed) <= harmony_index(sizes, [1.0, 0.2], h=0.3) + 1e-12)
    table = groups_against_chance(np.stack([right, 1 - right]), uneven, h=0.3, repeats=4000)
    assert abs(table["p"][0] - exact) < 4 * np.sqrt(exact * (1 - exact) / 4000) + 1 / 4000
    assert table["harmony"][0] == pytest.approx(harmony_index(sizes, [1.0, 0.2], h=0.3))
    assert table["random"][0] == pytest.approx(np.mean(listed), abs=0.02)
    # Two equal groups lie equally far from their mean, so that H is blind to them: nothing is informative.
    blind = groups_against_chance(right, groups, h=0.3, repeats=200)
    assert (blind["harmony"][0], blind["p"][0]) == (pytest.approx(own), 1)


def test_random_groups_are_seldom_informative():
    rng = np.random.default_rng(3)
    rows = (rng.random((60, 120)) < rng.random((60, 1))).astype(float)
    rows[:, ::7] = np.nan
    labels = rng.permutation(["a"] * 70 + ["b"] * 30 + ["c"] * 20)
    assert groups_against_chance(rows, labels, repeats=200)["informative"].mean() < 0.15
    # Easy, middling and hard groups of unlike sizes are told apart, but for a model of the blind spot of H.
    sure = (rng.random((10, 120)) < np.repeat([0.9, 0.5, 0.2], [70, 30, 20])).astype(float)
    table = groups_against_chance(sure, ["a"] * 70 + ["b"] * 30 + ["c"] * 20, repeats=200)
    assert table["informative"].mean() >= 0.8
    sure[0, :70] = np.nan
    assert groups_against_chance(sure, ["a"] * 70 + ["b"] * 30 + ["c"] * 20, repeats=20)["p"][0] is None


def test_a_tree_with_a_group_that_nobody_ran_prints():
    places = np.repeat(np.eye(3) * 0.7 + 0.1, 30, axis=0)
    tree = group_tree(np.repeat([1.0, 0.0, np.nan], 30), places)
    assert tree.table()["score"].null_count() == 1
    assert "no score" in str(tree)
