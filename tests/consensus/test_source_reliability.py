"""Source reliability: the vectors of sheet 16, a slow reference, simulated sources, and bad input."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from voter_populations import copied, long

from psephos.consensus import against_gold, choose_sources, decide, majority, source_reliability, weighted_vote
from psephos.errors import ContradictionError, InputError
from psephos.opinions import Opinions, from_frame, labels, samples, scan

ROWS = ("0012", "0001", "100-", "0-11", "0021", "-011")


def of_rows(*rows: str) -> Opinions:
    """Rows are queries, letters the answers of the sources in order, "-" is silence."""
    return of_grid([[None if answer == "-" else answer for answer in row] for row in rows])


def of_grid(rows) -> Opinions:
    """Opinions whose voters stand in the order of the columns; None is an abstention."""
    cells = [(item, voter, row[voter]) for voter in range(len(rows[0])) for item, row in enumerate(rows)]
    opinions = labels(*map(list, zip(*cells, strict=True)))
    assert opinions.vocabulary("voter").to_list() == [str(voter) for voter in range(len(rows[0]))]
    return opinions


def said(verdict) -> list[str | None]:
    return verdict.table()["choice"].to_list()


def drawn(rng, p, n_queries: int, *, wrong: int = 4, rate: float = 0.6) -> np.ndarray:
    """Answers of sources that are right (answer 0) with probability p, silent (-1) with probability 1 - rate."""
    shape = n_queries, len(p)
    answers = np.where(rng.random(shape) < p, 0, rng.integers(1, 1 + wrong, shape))
    return np.where(rng.random(shape) < rate, answers, -1)


def of_matrix(matrix: np.ndarray) -> Opinions:
    """Opinions whose voters stand in the order of the columns."""
    voter, item = np.nonzero(matrix.T >= 0)
    return labels(item, voter, matrix[item, voter])


# The vectors.


@pytest.mark.parametrize(
    ("classes", "rounds", "reliability", "weight", "choice"),
    [
        ("sources", 2, [0.6, 0.8, 2 / 3, 0.4], [1.4, 2.2, 5 / 3, 0.6], "000101"),
        (4, 2, [0.6, 0.8, 2 / 3, 0.4], [1.4, 2.2, 5 / 3, 0.6], "000101"),
        (2, 3, [0.8, 1.0, 1 / 3, 0.0], [0.6, 1.0, -1 / 3, -1.0], "000000"),
    ],
    ids=["sheet16-L-is-N", "sheet16-L-4", "sheet16-L-2"],
)
def test_vector_a(classes, rounds, reliability, weight, choice):
    verdict = source_reliability(of_rows(*ROWS), classes=classes)
    assert verdict.rounds == rounds
    assert verdict.converged
    np.testing.assert_allclose(verdict.reliability, reliability, atol=1e-9)
    np.testing.assert_allclose(verdict.weight, weight, atol=1e-9)
    assert "".join(said(verdict)) == choice


def test_equal_weights_are_the_first_vote_sheet16():
    verdict = weighted_vote(of_rows(*ROWS), dict.fromkeys(["0", "1", "2", "3"], 1.0))
    assert "".join(said(verdict)) == "000101"
    assert verdict.score.tolist() == [2, 3, 2, 2, 2, 2]


@pytest.mark.parametrize(
    ("kappa", "relevant", "chosen"),
    [
        (2, [True, False, True, True], [2, 0]),
        (5, [True, False, True, True], [2, 0, 3]),
        (4, [False] * 4, []),
        (2, [0.9, 0.1, 0.8, 0.7], [2, 0]),
    ],
    ids=["sheet16-kappa-2", "sheet16-kappa-5", "sheet16-none-relevant", "sheet16-threshold"],
)
def test_choice_of_sources(kappa, relevant, chosen):
    threshold = None if isinstance(relevant[0], bool) else 0.5
    found = choose_sources([1.4, 2.2, 1.666667, 0.6], relevant, kappa, threshold=threshold)
    assert found.tolist() == chosen
    rows = choose_sources([1.4, 2.2, 1.666667, 0.6], [relevant, relevant], kappa, threshold=threshold)
    assert rows.tolist() == [chosen + [-1] * (min(kappa, 4) - len(chosen))] * 2


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.data(), st.integers(1, 9))
def test_a_slow_choice_is_the_same(weights, data, kappa):
    relevant = data.draw(st.lists(st.booleans(), min_size=len(weights), max_size=len(weights)))
    ranked = sorted((place for place, has in enumerate(relevant) if has), key=lambda place: (-weights[place], place))
    assert choose_sources(weights, relevant, kappa).tolist() == ranked[:kappa]


def test_weighted_vote_merges_equal_answers_sheet16():
    opinions = labels(["q"] * 4, list("abcd"), ["Paris", "paris.", "Lyon", None])
    verdict = weighted_vote(opinions, {"a": 1, "b": 0.5, "c": 1.4, "d": 9}, equivalence="text")
    assert said(verdict) == ["Paris"]
    assert (verdict.score[0], verdict.lead[0]) == (1.5, pytest.approx(0.1))


# When a weighted vote abstains.


@pytest.mark.parametrize(
    ("weights", "floor", "choice", "flags"),
    [
        ({"a": 1.0, "b": 0.5}, 0.0, "x", ""),
        ({"a": 1.0, "b": 0.5}, 0.6, None, "small lead"),
        ({"a": 1.0, "b": 1.0}, 0.0, "x", "tie"),
        ({"a": -1.0, "b": -2.0}, 0.0, None, "no trusted source"),
        ({"a": 0.0, "b": -2.0}, 0.0, None, "no trusted source"),
        ({"a": -1.0, "b": 0.25}, 0.0, "y", ""),
    ],
    ids=["clear", "too close", "tied", "all below zero", "none above zero", "a bad source counts against"],
)
def test_an_answer_needs_trust_and_a_lead(weights, floor, choice, flags):
    verdict = weighted_vote(labels(["q", "q"], ["a", "b"], ["x", "y"]), weights, min_lead=floor)
    assert said(verdict) == [choice]
    assert [flag for flag in verdict.table()["flags"][0].split("; ") if flag != "no majority"] == (
        [flags] if flags else []
    )
    assert np.isnan(verdict.certainty[0]) == (choice is None)


def test_of_equal_scores_the_answer_of_the_earliest_source_is_taken():
    verdict = weighted_vote(labels(["q"] * 3, ["late", "b", "c"], ["z", "y", "y"]), {"late": 2, "b": 1, "c": 1})
    assert said(verdict) == ["z"]
    assert verdict.flags["tie"][0]
    assert verdict.table()["runner_up"].to_list() == ["y"]


def test_all_sources_silent_is_no_choice():
    verdict = weighted_vote(labels(["q", "r"], ["a", "a"], [None, "x"]), {"a": 1})
    assert said(verdict) == [None, "x"]
    assert verdict.flags["no votes"].tolist() == [True, False]


# A slow reference in plain Python.


def slowly(rows, classes, *, leave_one_out=False, clip=False, rounds=100):
    """Weights, reliabilities and winners as sheet 16 writes them down; None once the weights cycle."""
    n = len(rows[0])
    weight, seen = [1.0] * n, []
    while len(seen) < rounds:
        agreed, answered, winner = [0] * n, [0] * n, []
        for row in rows:
            winner.append(winning(row, weight))
            for source, answer in enumerate(row):
                if answer is None:
                    continue
                others = [None if other == source else given for other, given in enumerate(row)]
                compared = winning(others, weight) if leave_one_out else winner[-1]
                if compared is not None:
                    answered[source] += 1
                    agreed[source] += compared == answer
        reliability = [a / n if n else None for a, n in zip(agreed, answered, strict=True)]
        fresh = [0.0 if w is None else classes * w - 1 for w in reliability]
        fresh = [max(v, 0.0) for v in fresh] if clip else fresh
        if np.allclose(fresh, weight, atol=1e-12):
            return fresh, reliability, winner
        if any(np.allclose(fresh, old, atol=1e-12) for old in seen):
            return None
        seen.append(weight)
        weight = fresh
    return None


def winning(row, weight):
    score = defaultdict(float)
    for source, answer in enumerate(row):
        if answer is not None:
            score[answer] += weight[source]
    if not score:
        return None
    top = max(score.values())
    return next(answer for answer in row if answer is not None and score[answer] >= top - 1e-9)


grids = st.integers(2, 5).flatmap(
    lambda n: st.lists(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=n, max_size=n), min_size=1, max_size=8)
)


@given(grids, st.sampled_from([2, 3, 5]), st.booleans(), st.booleans())
def test_a_slow_count_says_the_same(rows, classes, leave_one_out, clip):
    if all(answer is None for row in rows for answer in row):
        return
    expected = slowly(rows, classes, leave_one_out=leave_one_out or len(rows[0]) == 2, clip=clip)
    verdict = source_reliability(
        of_grid(rows), classes=classes, leave_one_out=leave_one_out, clip_negative=clip, equivalence="exact"
    )
    assert verdict.converged == (expected is not None)
    if expected is None:
        return
    weight, reliability, winner = expected
    np.testing.assert_allclose(verdict.weight, weight, atol=1e-9)
    assert verdict.sources["reliability"].to_list() == pytest.approx(reliability)
    assert said(verdict) == winner
    assert np.all((verdict.certainty >= 0) & (verdict.certainty <= 1) | np.isnan(verdict.certainty))


@given(grids, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_the_names_of_answers_do_not_matter(rows, random):
    if all(answer is None for row in rows for answer in row):
        return
    renamed = [[{"a": "z", "b": "y", "c": "x", None: None}[answer] for answer in row] for row in rows]
    one, other = source_reliability(of_grid(rows)), source_reliability(of_grid(renamed))
    assert one.weight.tolist() == other.weight.tolist()
    assert [{"a": "z", "b": "y", "c": "x", None: None}[answer] for answer in said(one)] == said(other)
    np.testing.assert_allclose(one.certainty, other.certainty, atol=1e-12)
    order = list(range(len(rows)))
    random.shuffle(order)
    shuffled = source_reliability(of_grid([rows[place] for place in order]))
    assert shuffled.weight.tolist() == one.weight.tolist()
    assert said(shuffled) == [said(one)[place] for place in order]


def test_a_cycle_is_averaged_and_said():
    rows = next(
        rows
        for seed in range(2000)
        for rows in [np.random.default_rng(seed).choice(["a", "b"], (4, 4)).tolist()]
        if slowly(rows, 2, leave_one_out=True) is None
    )
    verdict = source_reliability(of_grid(rows), classes=2, leave_one_out=True)
    assert not verdict.converged
    assert any("cycle of" in note for note in verdict.provenance.notes)
    np.testing.assert_allclose(verdict.weight, verdict.weight.round(12))
    assert verdict.rounds < 100


# Simulated sources: Beta and two-point abilities, 200 queries to learn from, 300 new ones.

TABLE = [
    ("beta", 5, 0.603, 0.655, 0.708, 0.655, 0.70, 0.020, 0.05),
    ("beta", 9, 0.719, 0.815, 0.822, 0.812, 0.967, 0.018, 0.01),
    ("beta", 15, 0.825, 0.906, 0.907, 0.889, 0.975, 0.015, 0.01),
    ("beta", 30, 0.951, 0.983, 0.983, 0.953, 0.982, 0.005, 0.01),
    ("two", 9, 0.850, 0.938, 0.937, 0.936, 0.992, 0.018, 0.01),
    ("two", 15, 0.930, 0.982, 0.982, 0.978, 0.993, 0.015, 0.01),
    ("two", 30, 0.993, 0.999, 0.999, 0.990, 0.993, 0.005, 0.01),
]


@pytest.mark.parametrize(
    ("prior", "n", "plain", "learnt", "oracle", "few", "correlation", "error", "correlation_error"),
    [pytest.param(*row, id=f"sheet16-{row[0]}-{row[1]}", marks=pytest.mark.slow) for row in TABLE],
)
def test_simulated_sources(prior, n, plain, learnt, oracle, few, correlation, error, correlation_error):
    found = np.mean([simulated(prior, n, seed) for seed in range(40)], axis=0)
    assert found[:4] == pytest.approx([plain, learnt, oracle, few], abs=3 * error)
    assert found[4] == pytest.approx(correlation, abs=3 * correlation_error)
    assert found[1] - found[0] == pytest.approx(learnt - plain, abs=0.02)
    assert found[1] > found[0]
    assert 2 <= found[5] <= 6.5
    if n >= 9:
        assert found[2] - found[1] < 0.01
    assert found[6] <= 4 <= 0.6 * n + 1


def simulated(prior, n, seed):
    """Accuracies of four votes on new queries, correlation of reliability with truth, rounds, sources asked."""
    rng = np.random.default_rng(seed)
    p = rng.beta(2, 2, n) if prior == "beta" else np.where(rng.random(n) < 0.5, 0.9, 0.3)
    known, fresh = drawn(rng, p, 200), drawn(rng, p, 300)
    verdict = source_reliability(of_matrix(known))
    chosen = choose_sources(verdict.weight, fresh >= 0, 4)
    asked = np.zeros(fresh.shape, dtype=bool)
    query, slot = np.nonzero(chosen >= 0)
    asked[query, chosen[query, slot]] = True

    def right(matrix, weight):
        by_name = {str(name): float(value) for name, value in enumerate(weight)}
        vote = weighted_vote(of_matrix(matrix), {k: v for k, v in by_name.items() if (matrix[:, int(k)] >= 0).any()})
        return sum(answer == "0" for answer in said(vote)) / len(matrix)

    limited = np.where(asked, fresh, -1)
    return (
        right(fresh, np.ones(n)),
        right(fresh, verdict.weight),
        right(fresh, n * p - 1),
        right(limited, verdict.weight),
        np.corrcoef(verdict.reliability, p)[0, 1],
        verdict.rounds,
        asked.sum(axis=1).mean(),
    )


@pytest.mark.parametrize("n", [9, 15], ids=["sheet16-claims-9", "sheet16-claims-15"])
def test_learnt_weights_beat_equal_ones_and_come_near_the_known(n):
    found = np.array([simulated("beta", n, seed) for seed in range(12)])
    gain = found[:, 1] - found[:, 0]
    assert gain.mean() > 3 * gain.std(ddof=1) / np.sqrt(len(gain))
    assert (found[:, 2] - found[:, 1]).mean() < 0.015
    assert found[:, 4].mean() > 0.93


# How honest the certainty is.


@pytest.mark.parametrize(
    ("n", "classes", "queries", "options"),
    [
        (9, 5, 2000, {}),
        (9, 5, 2000, {"weights": "logodds"}),
        (5, 4, 3000, {}),
        (5, 4, 3000, {"leave_one_out": True}),
        (30, 5, 2000, {}),
    ],
    ids=["nine", "nine by log-odds", "five", "five left out", "thirty"],
)
def test_the_certainty_is_calibrated_where_the_model_holds(n, classes, queries, options):
    off = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        p = np.maximum(rng.beta(6, 3, n), 1 / classes)
        matrix = drawn(rng, p, queries, wrong=classes - 1, rate=0.7)
        matrix = matrix[(matrix >= 0).any(axis=1)]
        truth = rng.integers(0, classes, len(matrix))
        shown = np.where(matrix >= 0, (matrix + truth[:, None]) % classes, -1)
        opinions = of_matrix(shown)
        verdict = source_reliability(opinions, classes=classes, **options)
        gold = against_gold(verdict, [str(truth[int(item)]) for item in verdict.items])
        off.append(gold.calibration_error)
        spread = np.sqrt(np.sum(verdict.certainty * (1 - verdict.certainty)))
        assert abs(verdict.expected_errors - gold.errors) < 4 * spread
    assert np.mean(off) < 0.02


# Known answers and where to start.


def inverted():
    """Three sources that err together, two that are right; 40 queries, of which 20 are known."""
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, 40)
    matrix = np.stack([(truth + 1) % 3] * 3 + [truth] * 2, axis=1)
    flip = rng.random(matrix.shape) < 0.1
    matrix = np.where(flip, rng.integers(0, 3, matrix.shape), matrix)
    return of_matrix(matrix), {str(item): str(truth[item]) for item in range(40)}


def test_that_most_err_alike_is_seen_with_known_answers_only():
    opinions, truth = inverted()
    blind = source_reliability(opinions)
    assert any("cannot be seen without known answers" in note for note in blind.provenance.notes)
    assert against_gold(blind, [truth[item] for item in blind.items]).accuracy.value < 0.3
    some = {item: answer for item, answer in truth.items() if int(item) < 20}
    seeing = source_reliability(opinions, gold=some)
    assert any("inverted" in note for note in seeing.provenance.notes)
    assert seeing.sources["gold_answered"].to_list() == [20] * 5
    assert said(seeing)[:20] == [truth[item] for item in seeing.items[:20]]
    assert seeing.certainty[:20].tolist() == [1.0] * 20
    heavy = source_reliability(opinions, gold=some, gold_weight=5)
    assert against_gold(heavy, [truth[item] for item in heavy.items]).accuracy.value > 0.9


def test_a_known_answer_that_nobody_gave_stands_all_the_same():
    verdict = source_reliability(of_rows("aab", "abb", "aaa"), gold={"0": "z", "nowhere": "a"})
    assert said(verdict) == ["z", "b", "a"]
    assert verdict.support[0] == 0
    assert verdict.flags["known"].tolist() == [True, False, False]
    assert verdict.reliability.tolist() == pytest.approx([1 / 3, 2 / 3, 2 / 3])
    assert any("1 known answers" in note for note in verdict.provenance.notes)
    assert verdict.why("0").flip == "the answer is known and no vote changes it"


def test_the_prior_decides_between_equally_good_ends():
    rows = ["aab", "bba"] * 4
    for best in ("0", "2"):
        verdict = source_reliability(
            of_rows(*rows), classes=2, prior={name: 1.0 if name == best else 0.4 for name in "012"}
        )
        assert verdict.sources.filter(voter=best)["reliability"].to_list() == [1.0]


def test_a_warm_start_ends_where_a_cold_one_does_and_sooner():
    rng = np.random.default_rng(3)
    matrix = drawn(rng, rng.beta(4, 2, 9), 400)
    cold = source_reliability(of_matrix(matrix))
    warm = source_reliability(of_matrix(matrix), prior=source_reliability(of_matrix(matrix[:300])))
    assert warm.weight.tolist() == cold.weight.tolist()
    assert said(warm) == said(cold)
    assert warm.rounds <= cold.rounds


# Sources that are silent, thin, few, or copy.


def test_silent_and_thin_sources_are_flagged():
    verdict = source_reliability(labels(["q", "q", "q", "q"], list("abcd"), ["x", "x", "y", None]))
    assert verdict.sources["flags"].to_list() == ["thin", "thin", "thin", "silent"]
    assert verdict.sources["reliability"].to_list()[3] is None
    assert verdict.weight[3] == 0
    assert verdict.interval[0][0] == pytest.approx(1 / (1 + 1.959964**2))


def test_two_sources_cannot_be_told_apart():
    verdict = source_reliability(of_rows("aa", "ab", "ba"))
    assert verdict.flags["tie"].tolist() == [False, True, True]
    assert said(verdict) == ["a", "a", "b"]
    assert any("which is more reliable cannot be told" in note for note in verdict.provenance.notes)


def test_where_nobody_is_better_than_chance_the_least_distrusted_answer_is_flagged():
    verdict = source_reliability(of_rows("abc", "bca", "cab"), classes=2)
    if (verdict.weight <= 0).all():
        assert verdict.flags["no trusted source"].all()
        assert any("no source is better than chance" in note for note in verdict.provenance.notes)
    assert None not in said(verdict)


def with_copies(seed: int, n_copies: int = 1, queries: int = 300):
    """Seven sources of .7, and one of .45 that others repeat."""
    rng = np.random.default_rng(seed)
    matrix = drawn(rng, np.array([0.7] * 7 + [0.45]), queries, rate=1.0)
    copied = np.where(rng.random((queries, n_copies)) < 0.95, matrix[:, [7]], rng.integers(0, 5, (queries, n_copies)))
    return np.concatenate([matrix, copied], axis=1)


def test_copies_are_found_and_nobody_else():
    for seed in range(5):
        verdict = source_reliability(of_matrix(with_copies(seed)), classes=5)
        linked = verdict.copies.filter("linked").select("left", "right").rows()
        assert set(linked) == {("7", "8")}
        assert verdict.sources.filter(pl.col("flags").str.contains("copy"))["voter"].to_list() == list("78")


def test_independent_sources_are_not_called_copies():
    called = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        called += source_reliability(of_matrix(drawn(rng, rng.beta(2, 2, 9), 300)), classes=5).copies["linked"].any()
    assert called <= 4  # at a level of .01 some 0.4 are expected


def test_hard_items_are_said_to_make_the_certainty_too_high():
    rng = np.random.default_rng(0)
    p = np.full(9, 0.75)
    even = drawn(rng, p, 600, rate=1.0)
    difficult, easy = (drawn(rng, np.full(9, right), 600, rate=1.0) for right in (0.35, 0.9))
    hard = np.where(rng.random(600)[:, None] < 0.25, difficult, easy)
    for matrix, warns in ((even, False), (hard, True)):
        notes = source_reliability(of_matrix(matrix), classes=5).provenance.notes
        assert any("the certainty is too high" in note for note in notes) == warns


def test_copies_that_share_one_vote_do_less_harm():
    gain = []
    for seed in range(10):
        opinions = of_matrix(with_copies(seed, n_copies=2))
        found = [source_reliability(opinions, classes=5, copies=how) for how in ("report", "share")]
        right = [np.mean([answer == "0" for answer in said(verdict)]) for verdict in found]
        gain.append(right[1] - right[0])
        assert any("share one vote" in note for note in found[1].provenance.notes)
    assert np.mean(gain) > 3 * np.std(gain, ddof=1) / np.sqrt(len(gain))


@pytest.mark.parametrize("seed", range(2))
def test_of_copied_sources_the_certainty_is_too_high_and_that_is_said_sheet16(seed):
    """Three of nine copy a fourth four times in five: the certainty is far off, until they share one vote."""
    votes, truth = copied(seed)
    kept, shared = (source_reliability(long(votes), classes=4, copies=how) for how in ("report", "share"))
    gold = [str(answer) for answer in truth[kept.items.cast(int).to_numpy()]]
    assert against_gold(kept, gold).calibration_error > 0.1
    assert any("the certainty is too high; copies='share' mends both" in note for note in kept.provenance.notes)
    linked = set(kept.copies.filter("linked").select("left", "right").rows())
    assert {("0", "1"), ("0", "2"), ("0", "3")} <= linked
    assert all({*pair} <= set("0123") for pair in linked)
    assert against_gold(shared, gold).calibration_error < 0.03
    assert any("share one vote" in note for note in shared.provenance.notes)


def test_identical_columns_are_named_sheet16():
    rng = np.random.default_rng(0)
    matrix = drawn(rng, np.array([0.8, 0.7, 0.7, 0.7]), 40, rate=1.0)
    twins = np.concatenate([matrix, matrix[:, [0]]], axis=1)
    verdict = source_reliability(of_matrix(twins))
    assert verdict.copies.filter("identical").select("left", "right", "common").rows() == [("0", "4", 40)]
    assert source_reliability(of_matrix(twins[:19])).copies.filter("identical").is_empty()


def test_resamples_say_which_choices_hang_on_the_items_asked(two_processes):
    rng = np.random.default_rng(2)
    opinions = of_matrix(drawn(rng, np.array([0.8, 0.7, 0.6, 0.55, 0.5]), 120))
    verdict = source_reliability(opinions, repeats=60, rng=4)
    assert verdict.stability is not None
    assert verdict.stability.min() < 0.9 < np.median(verdict.stability)
    unanimous = [place for place in range(len(verdict)) if verdict.support[place] == verdict.votes[place]]
    assert (verdict.stability[unanimous] == 1).all()
    assert (verdict.sources["resampled_low"] < verdict.sources["resampled_high"]).all()
    again = source_reliability(opinions, repeats=60, rng=4, engine=two_processes)
    assert verdict.stability.tolist() == again.stability.tolist()
    assert verdict.sources.equals(again.sources)
    assert verdict.provenance.seed == 4


# The same wherever the work runs.


@pytest.fixture(scope="module")
def many() -> pl.DataFrame:
    rng = np.random.default_rng(7)
    matrix = drawn(rng, rng.beta(4, 2, 12), 150)
    item, voter = np.nonzero(matrix >= 0)
    frame = pl.DataFrame({"item": item, "voter": [f"s{v}" for v in voter], "label": matrix[item, voter].astype(str)})
    return frame.with_columns(weight=pl.Series(rng.choice([0.5, 1.0, 2.0], frame.height)))


def assert_same(one, other):
    assert one.table().equals(other.table())
    assert one.sources.equals(other.sources)
    assert one.copies.equals(other.copies)
    assert one.trace.tolist() == other.trace.tolist()


OPTIONS = ({}, {"classes": "distinct", "weights": "logodds", "leave_one_out": True, "gold": {"3": "0", "7": "2"}})


@pytest.mark.parametrize("options", OPTIONS, ids=["plain", "all options"])
def test_parts_and_processes_say_the_same(many, two_processes, tmp_path, options):
    many.write_parquet(tmp_path / "votes.parquet")
    many.sample(fraction=1.0, shuffle=True, seed=1).write_parquet(tmp_path / "shuffled.parquet")
    in_memory = from_frame(many)
    one = source_reliability(in_memory, **options)
    assert_same(one, source_reliability(in_memory, engine=two_processes, **options))
    parts = scan(tmp_path / "votes.parquet", rows_per_part=200)
    assert_same(one, source_reliability(parts, engine=two_processes, **options))
    assert_same(one, source_reliability(scan(tmp_path / "votes.parquet", rows_per_part=100), **options))
    shuffled = scan(tmp_path / "shuffled.parquet", rows_per_part=300)
    assert_same(
        source_reliability(from_frame(pl.read_parquet(tmp_path / "shuffled.parquet")), **options),
        source_reliability(shuffled, **options),
    )


@pytest.mark.ray
@pytest.mark.xdist_group("ray")
def test_ray_says_the_same(many, ray_cluster):
    in_memory = from_frame(many)
    assert_same(
        source_reliability(in_memory, **OPTIONS[1]), source_reliability(in_memory, engine="ray:auto", **OPTIONS[1])
    )


def test_the_weights_of_rows_count_in_the_vote():
    given = (["q"] * 3, ["a", "b", "c"], ["x", "y", "y"])
    assert said(source_reliability(labels(*given))) == ["y"]
    assert said(source_reliability(labels(*given, weight=[5, 1, 1]))) == ["x"]


# What a reader sees.


def test_why_names_those_who_carry_the_choice():
    verdict = source_reliability(of_rows(*ROWS))
    assert verdict.why("0").flip == "without 1 it would be '1'"
    assert verdict.why("1").flip == "without 1, 2, 0 it would be '1'"
    assert verdict.why("5").rows["weight"].to_list() == pytest.approx([5 / 3 + 0.6, 2.2, 1.4])


def test_the_table_and_the_words_have_scores_and_sources():
    verdict = source_reliability(of_rows(*ROWS))
    assert {"score", "lead"} <= set(verdict.table().columns)
    assert "1 0.800" in str(verdict)
    plain = verdict.to_dict()
    assert plain["sources"][0]["voter"] == "0"
    assert plain["rounds"] == 2


def test_decide_takes_it_by_name(many):
    opinions = from_frame(many)
    verdict = decide(opinions, method="source-reliability", ties="first", rule="plurality", weights=None, resume=None)
    assert_same(verdict, source_reliability(opinions))
    for option, value in {"ties": "none", "rule": "strict", "resume": "x", "typo": 1}.items():
        with pytest.raises(InputError) as error:
            decide(opinions, method="source-reliability", **{option: value})
        assert error.value.argument == option


def test_learnt_weights_decide_other_items():
    rng = np.random.default_rng(5)
    p = np.array([0.9, 0.8, 0.3, 0.3, 0.3, 0.3])
    learnt = source_reliability(of_matrix(drawn(rng, p, 300, rate=1.0)), classes=5)
    fresh = of_matrix(drawn(rng, p, 400, rate=1.0))
    verdict = weighted_vote(fresh, learnt)
    right = np.mean([answer == "0" for answer in said(verdict)])
    assert right > np.mean([answer == "0" for answer in said(majority(fresh))]) + 0.02
    assert verdict.expected_errors / len(verdict) == pytest.approx(1 - right, abs=0.05)


# Bad input.

GOOD = of_rows("aab", "abb")


@pytest.mark.parametrize(
    ("opinions", "options", "argument"),
    [
        (labels(["q", "r"], ["a", "a"], ["x", "y"]), {}, "sources"),
        (labels(["q", "q"], ["a", "b"], [None, None]), {}, "queries"),
        (samples(["q", "q"], ["a", "b"], [0, 0], ["x", "y"]), {}, "opinions"),
        ("no opinions", {}, "opinions"),
        (GOOD, {"classes": 1}, "classes"),
        (GOOD, {"classes": 2.5}, "classes"),
        (GOOD, {"classes": "many"}, "classes"),
        (GOOD, {"weights": "quadratic"}, "weights"),
        (GOOD, {"copies": "hang"}, "copies"),
        (GOOD, {"gold": {"elsewhere": "a"}}, "gold"),
        (GOOD, {"gold": {"0": None}}, "gold"),
        (GOOD, {"gold_weight": -1}, "gold_weight"),
        (GOOD, {"prior": {"nobody": 0.5}}, "prior"),
        (GOOD, {"prior": {"0": 1.5}}, "prior"),
        (GOOD, {"prior": {"0": float("nan")}}, "prior"),
        (GOOD, {"prior": {}}, "prior"),
        (GOOD, {"repeats": -1}, "repeats"),
        (GOOD, {"min_answers": 0.5}, "min_answers"),
        (GOOD, {"equivalence": "vibes"}, "equivalence"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_bad_input_is_refused(opinions, options, argument):
    with pytest.raises(InputError) as error:
        source_reliability(opinions, **options)
    assert error.value.argument == argument


@pytest.mark.parametrize("options", [{"repeats": 5}, {"copies": "share"}], ids=["resamples", "sharing"])
def test_what_needs_memory_says_so(tmp_path, options):
    pl.DataFrame({"item": ["q", "q"], "voter": ["a", "b"], "label": ["x", "y"]}).write_parquet(tmp_path / "v.parquet")
    with pytest.raises(InputError) as error:
        source_reliability(scan(tmp_path / "v.parquet"), **options)
    assert error.value.argument == next(iter(options))


def test_two_answers_of_one_source_are_refused_or_the_last_counts_sheet16():
    twice = (["q", "q", "q"], ["a", "a", "b"], ["x", "y", "y"])
    with pytest.raises(ContradictionError):
        labels(*twice, repeated="error")
    assert said(source_reliability(labels(*twice, repeated="last"))) == ["y"]


def test_an_answer_that_is_no_name_is_refused_sheet16():
    with pytest.raises(InputError) as error:
        labels(["q", "q"], ["a", "b"], [["x"], ["y"]])
    assert error.value.argument == "label"


@pytest.mark.parametrize(
    ("weights", "relevant", "kappa", "threshold", "argument"),
    [
        ([1, 2], [True, True], 0, None, "kappa"),
        ([1, 2], [True, True], 1.5, None, "kappa"),
        ([1, 2], [True, True], True, None, "kappa"),
        ([1, float("nan")], [True, True], 1, None, "weights"),
        ([1, 2], [0.5, float("nan")], 1, 0.1, "relevant"),
        ([1, 2], [0.5, 0.2], 1, None, "threshold"),
        ([1, 2], [True], 1, None, "relevant"),
    ],
    ids=["zero", "half", "a truth value", "nan weight", "nan relevance", "no threshold", "too short"],
)
def test_a_bad_choice_of_sources_is_refused(weights, relevant, kappa, threshold, argument):
    with pytest.raises(InputError) as error:
        choose_sources(weights, relevant, kappa, threshold=threshold)
    assert error.value.argument == argument


@pytest.mark.parametrize(
    ("weights", "options", "argument"),
    [
        ({"0": float("nan")}, {}, "weights"),
        ({"0": "heavy"}, {}, "weights"),
        ({"nobody": 1}, {}, "weights"),
        ({}, {}, "weights"),
        ({"0": 1}, {"min_lead": -1}, "min_lead"),
    ],
    ids=["nan", "a word", "nobody", "none", "negative lead"],
)
def test_bad_weights_are_refused(weights, options, argument):
    with pytest.raises(InputError) as error:
        weighted_vote(GOOD, weights, **options)
    assert error.value.argument == argument


# Weights of rows.


@pytest.mark.parametrize("unit", [1.0, 3.0])
def test_the_weight_of_a_row_is_a_whole_vote_at_1_whatever_else_is_in_the_data(unit):
    """A column of ones says nothing, and weights beside an item do not change what its own are worth."""
    matrix = drawn(np.random.default_rng(0), [0.8, 0.7, 0.6, 0.5], 60)
    voter, item = np.nonzero(matrix.T >= 0)
    plain, weight = of_matrix(matrix), np.where(item < 30, 1.0, unit)
    weighed = labels(item, voter, matrix[item, voter], weight=weight)
    scores = [weighted_vote(opinions, dict.fromkeys("0123", 1.0)).score for opinions in (plain, weighed)]
    names = plain.vocabulary("item").cast(pl.Int64).to_numpy()
    assert scores[1] == pytest.approx(np.where(names < 30, 1.0, unit) * scores[0])
    if unit == 1:
        one, other = source_reliability(plain), source_reliability(weighed)
        assert other.certainty == pytest.approx(one.certainty)
        assert other.sources["accuracy"].to_list() == pytest.approx(one.sources["accuracy"].to_list())


@pytest.mark.parametrize("engine", [1, 2])
def test_weights_of_rows_count_alike_in_all_parts(engine):
    matrix = drawn(np.random.default_rng(0), [0.8, 0.7, 0.6, 0.5], 60)
    voter, item = np.nonzero(matrix.T >= 0)
    weighed = labels(item, voter, matrix[item, voter], weight=np.where(item < 30, 1.0, 5.0))
    found = weighted_vote(weighed, dict.fromkeys("0123", 1.0), engine=engine)
    votes = np.array(
        [
            (matrix[int(name)] == (-9 if label is None else int(label))).sum()
            for name, label in zip(found.items, said(found), strict=True)
        ]
    )
    names = found.items.cast(pl.Int64).to_numpy()
    assert found.score == pytest.approx(votes * np.where(names < 30, 1.0, 5.0))


@pytest.mark.parametrize("unit", [1e-320, 1e308])
def test_weights_at_the_ends_of_the_range_still_decide(unit):
    weighed = labels([0] * 4, [0, 1, 2, 3], ["a", "b", "b", "b"], weight=[unit] * 4)
    assert said(weighted_vote(weighed, dict.fromkeys("0123", 1.0))) == ["b"]
    assert said(majority(weighed)) == ["b"]
