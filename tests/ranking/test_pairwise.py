"""Ratings from battles: the vectors of sheet 30, real votes, coverage, bad input, what must never change a rating."""

from __future__ import annotations

import warnings
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from battle_vectors import STRENGTHS, drawn, slow_likelihood, twelve
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from psephos.errors import DisconnectedError, InputError, SeparationError
from psephos.opinions import battles, labels, read
from psephos.ranking import (
    battle_table,
    bradley_terry,
    coded_battles,
    davidson,
    eigenvector,
    elo,
    newman,
    next_battles,
    rank,
    rao_kupper,
    style_control,
    win_rate,
)
from psephos.ranking.pairwise import battle_resamples, connectivity, strengths
from psephos.ranking.pairwise import elo as elo_module
from psephos.ranking.pairwise.battle_ranking import POINTS
from psephos.ranking.pairwise.newman import iterate
from psephos.ranking.pairwise.pair_models import BRADLEY_TERRY, DAVIDSON, RAO_KUPPER

PLAIN: dict[str, Any] = {"least_games": 0, "intervals": "none"}


@pytest.mark.parametrize(
    ("options", "ratings"),
    [
        pytest.param({}, (1005.897849, 998.023031, 1001.965328, 994.113792), id="sheet30-b-elo-k4"),
        pytest.param({"k": 32}, (1042.127139, 985.491496, 1013.723289, 958.658077), id="sheet30-b-elo-k32"),
    ],
)
def test_elo_in_order(options: dict[str, float], ratings: tuple[float, ...]) -> None:
    made = elo(twelve(), least_games=0, repeats=0, **options)  # type: ignore[arg-type]
    np.testing.assert_allclose(made.scores, ratings, atol=1e-6)


def test_elo_against_the_order_sheet30_b() -> None:
    """sheet30-b-elo-reversed: by the order of the file, and by times that run backwards."""
    ratings = (1005.897975, 998.045913, 1001.965070, 994.091042)
    backwards = twelve(-1)
    np.testing.assert_allclose(elo(backwards, least_games=0, repeats=0).scores, ratings, atol=1e-6)
    timed = replace(twelve(), time=np.arange(12.0)[::-1])
    np.testing.assert_allclose(elo(timed, least_games=0, repeats=0).scores, ratings, atol=1e-6)
    assert not np.allclose(elo(timed, order="file", least_games=0, repeats=0).scores, ratings, atol=1e-3)


def test_bradley_terry_sheet30_b() -> None:
    """sheet30-b-bradley-terry"""
    made = bradley_terry(twelve(), **PLAIN)
    np.testing.assert_allclose((made.scores - 1000) / POINTS, (0.864436, -0.276738, 0.276738, -0.864436), atol=1e-6)
    np.testing.assert_allclose(made.scores, (1150.1679, 951.9257, 1048.0743, 849.8321), atol=1e-4)
    np.testing.assert_allclose(made.fisher_errors, (126.0249, 114.9045, 114.9045, 126.0249), atol=1e-4)
    np.testing.assert_allclose(made.standard_errors, (127.8617, 90.0062, 90.0062, 127.8617), atol=1e-4)
    assert made.pairwise is not None
    assert made.pairwise[0, 1] == pytest.approx(0.757895, abs=1e-6)


@pytest.mark.parametrize(
    ("penalty", "ratings"),
    [pytest.param("arena", (1140.311, 954.827, 1045.173, 859.689), id="sheet30-b-arena")],
)
def test_the_penalty_of_arenas(penalty: str, ratings: tuple[float, ...]) -> None:
    np.testing.assert_allclose(bradley_terry(twelve(), penalty=penalty, **PLAIN).scores, ratings, atol=1e-3)


def test_davidson_sheet30_b() -> None:
    """sheet30-b-davidson"""
    made = davidson(twelve(), **PLAIN)
    np.testing.assert_allclose((made.scores - 1000) / POINTS, (1.086937, -0.347095, 0.347095, -1.086937), atol=1e-6)
    assert made.tie_parameter == pytest.approx(0.482157, abs=1e-6)


def arena_wins(folder: Path) -> Any:
    table = pl.read_csv(folder / "genai_arena_t2i_wins.csv").filter(pl.col("mode") == "anony")
    return battles(table["model"], table["opponent"], ["left"] * table.height, weight=table["wins_of_model"])


@pytest.mark.parametrize(
    ("options", "ratings"),
    [
        pytest.param({}, (1207.65, 1108.09, 1039.67, 967.65, 892.49, 784.45), id="sheet30-a-t2i"),
        pytest.param(
            {"penalty": "arena"}, (1207.30, 1107.95, 1039.63, 967.70, 892.65, 784.77), id="sheet30-a-t2i-arena"
        ),
    ],
)
def test_the_board_of_text_to_image(shared_data: Any, options: dict[str, Any], ratings: tuple[float, ...]) -> None:
    made = bradley_terry(arena_wins(shared_data("30-genai-arena")), intervals="none", **options)
    assert made.names == ["PlayGroundV2", "PixArtAlpha", "SDXL", "SDXLTurbo", "OpenJourney", "LCM"]
    np.testing.assert_allclose(made.scores[made.order], ratings, atol=0.01)
    if not options:
        errors = (20.24, 18.03, 16.98, 17.35, 17.80, 18.83)
        np.testing.assert_allclose(made.fisher_errors[made.order], errors, atol=0.01)


def test_fifty_nine_models_sheet30_a(shared_data: Any) -> None:
    """sheet30-a-llmfao: ratings, both errors, Elo."""
    votes = read(shared_data("30-genai-arena") / "llmfao.csv", columns={"voter": "worker"})
    made = bradley_terry(votes, intervals="none")
    top = made.order[:4]
    assert made.names[:4] == ["GPT 4", "Platypus-2 Instruct (70B)", "command", "ReMM SLERP L2 13B"]
    np.testing.assert_allclose(made.scores[top], (1172.13, 1112.45, 1110.17, 1099.61), atol=0.01)
    np.testing.assert_allclose(made.standard_errors[top], (27.86, 23.71, 17.25, 22.94), atol=0.01)
    np.testing.assert_allclose(made.fisher_errors[top], (33.55, 30.28, 21.00, 30.81), atol=0.01)
    single = elo(votes, repeats=0)
    assert single.names[:2] == ["GPT 4", "command"]
    np.testing.assert_allclose(single.scores[single.order[:2]], (1095.594, 1094.545), atol=1e-3)
    clustered = bradley_terry(votes, clusters="voter", repeats=300, rng=0)
    assert clustered.spread is not None
    # A voter's votes hang together, so errors by voter are larger on the whole, and the resamples agree with them.
    assert np.mean(clustered.standard_errors / made.standard_errors) > 1.05
    width = (clustered.spread.high - clustered.spread.low) / 2 / 1.96
    assert np.mean(width / clustered.standard_errors) == pytest.approx(1, abs=0.12)


@pytest.mark.slow
def test_coverage_sheet30_a() -> None:
    """sheet30-a-coverage: 200 runs of 600 decisive battles."""
    truth = POINTS * (STRENGTHS - STRENGTHS.mean()) + 1000
    hits, widths = np.zeros(2), np.zeros(2)
    for seed in range(200):
        table = drawn(600, seed)
        for column, options in enumerate(({"intervals": "fisher"}, {"intervals": "bootstrap", "repeats": 100})):
            made = bradley_terry(table, rng=seed, repeats=options.pop("repeats", 1000), **options)  # type: ignore[arg-type]
            assert made.spread is not None
            low, high = made.spread.low, made.spread.high
            if column == 0:
                low, high = made.ratings - 1.96 * made.fisher_errors, made.ratings + 1.96 * made.fisher_errors
            hits[column] += ((low <= truth) & (truth <= high)).mean()
            widths[column] += (high - low).mean()
    np.testing.assert_allclose(hits / 200, (0.96, 0.937), atol=0.03)
    np.testing.assert_allclose(widths / 200, (90, 87), atol=3)


@given(st.integers(0, 10**6))
@settings(max_examples=25)
def test_strengths_maximise_the_likelihood_battle_by_battle(seed: int) -> None:
    table = drawn(120, seed, np.array([0.5, 0.0, -0.5]), ties=0.2)
    made = bradley_terry(table, **PLAIN)
    theta = (made.scores - 1000) / POINTS
    best = slow_likelihood(table, theta)
    for move in np.random.default_rng(seed).normal(scale=1e-3, size=(6, 3)):
        assert slow_likelihood(table, theta + move) <= best + 1e-12


@pytest.mark.parametrize("model", [DAVIDSON, RAO_KUPPER], ids=lambda model: model.name)
def test_models_of_ties_against_a_general_optimiser(model: Any) -> None:
    table = drawn(400, 3, np.array([0.8, 0.1, -0.2, -0.7]), ties=0.3)
    counts = table.counts
    win, loss, tie = strengths.ends_of(counts)

    def cost(x: Any) -> float:
        theta = np.append(x[:3], -x[:3].sum())
        d = theta[counts.first] - theta[counts.second]
        eta = x[3]
        if model is DAVIDSON:
            pi_i, pi_j, nu = np.exp(d / 2), np.exp(-d / 2), np.exp(eta)
            total = pi_i + pi_j + nu
            chances = pi_i / total, pi_j / total, nu / total
        else:
            kappa, ratio = np.exp(eta), np.exp(d)
            won, lost = ratio / (ratio + kappa), 1 / (1 + kappa * ratio)
            chances = won, lost, 1 - won - lost
        return -float(sum((n * np.log(p)).sum() for n, p in zip((win, loss, tie), chances, strict=True)))

    found = optimize.minimize(cost, [0.1, 0.1, 0.1, 0.5], method="BFGS", options={"gtol": 1e-8})
    made = strengths.fit(counts, model)
    np.testing.assert_allclose(made.theta[:3], found.x[:3], atol=1e-4)
    assert made.eta == pytest.approx(found.x[3], abs=1e-4)
    assert -made.log_likelihood == pytest.approx(found.fun, rel=1e-9)


@pytest.mark.parametrize("model", [BRADLEY_TERRY, DAVIDSON, RAO_KUPPER], ids=lambda model: model.name)
def test_slopes_and_curvature_are_those_of_the_likelihood(model: Any) -> None:
    d, eta, step = np.array([-1.3, 0.0, 0.7]), 0.4, 1e-5
    counts = np.array([2.0, 1.0, 3.0]), np.array([1.0, 4.0, 2.0]), np.array([1.0, 2.0, 5.0])
    slopes, curve = model.slopes(d, eta), model.curvature(*counts, d, eta)
    along = sum(n * s for n, s in zip(counts, slopes.along_d, strict=True))
    up, down = model.likelihood(*counts, d + step, eta), model.likelihood(*counts, d - step, eta)
    here = model.likelihood(*counts, d, eta)
    np.testing.assert_allclose(along, (up - down) / (2 * step), atol=1e-6)
    np.testing.assert_allclose(curve.d, -(up + down - 2 * here) / step**2, atol=1e-3)
    if model.has_eta:
        lift = sum(n * s for n, s in zip(counts, slopes.along_eta, strict=True))
        up, down = model.likelihood(*counts, d, eta + step), model.likelihood(*counts, d, eta - step)
        np.testing.assert_allclose(lift, (up - down) / (2 * step), atol=1e-6)
        np.testing.assert_allclose(curve.eta, -(up + down - 2 * here) / step**2, atol=1e-3)


def test_newman_without_a_prior_is_the_maximum_likelihood() -> None:
    for table, other in ((drawn(300, 1), bradley_terry), (drawn(300, 2, ties=0.3), davidson)):
        made = newman(table, prior=0, least_games=0, repeats=0)
        np.testing.assert_allclose(made.scores, other(table, **PLAIN).scores, atol=1e-4)
    tied = drawn(300, 2, ties=0.3)
    nu = newman(tied, prior=0, least_games=0, repeats=0).tie_parameter
    assert nu == pytest.approx(davidson(tied, **PLAIN).tie_parameter / 2, abs=1e-6)  # type: ignore[operator]


def test_newmans_prior_by_hand() -> None:
    """Two candidates, 40 wins: a = pi_1 = 1 / pi_2 solves (a - 1)(a^2 + 1) = 40 (a + 1)."""
    theta, _, _ = iterate(coded_battles([0] * 40, [1] * 40, [0] * 40).counts, 1.0)
    a = np.exp(theta[0])
    assert (a - 1) * (a**2 + 1) == pytest.approx(40 * (a + 1), rel=1e-6)


@given(st.randoms(use_true_random=False))
@settings(max_examples=15)
def test_ratings_do_not_depend_on_rows_sides_or_names(shuffled: Any) -> None:
    table = drawn(200, 5, ties=0.2)
    rows = list(range(200))
    shuffled.shuffle(rows)
    mixed = table.take(np.array(rows))
    turned = coded_battles(mixed.right, mixed.left, np.choose(mixed.outcome, (1, 0, 2, 3)), candidates=table.candidates)
    for method, options in ((bradley_terry, PLAIN), (davidson, PLAIN), (newman, {"least_games": 0, "repeats": 0})):
        first = method(table, **options).scores
        np.testing.assert_allclose(method(turned, **options).scores, first, atol=1e-5)
    names = [f"z{i}" for i in range(6)][::-1]
    renamed = replace(table, candidates=pl.Series("candidate", names))
    np.testing.assert_allclose(eigenvector(renamed, repeats=0).scores, eigenvector(table, repeats=0).scores)


def test_a_weight_is_a_count() -> None:
    table = drawn(150, 6, ties=0.2)
    twice = table.take(np.repeat(np.arange(150), 2))
    weighed = replace(table, weight=np.full(150, 2.0))
    for method in (bradley_terry, davidson, rao_kupper):
        one, other = method(twice, **PLAIN), method(weighed, **PLAIN)
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-8)
        np.testing.assert_allclose(one.standard_errors, other.standard_errors, atol=1e-8)
    left, right = (elo(t, least_games=0, repeats=0).scores for t in (twice, weighed))
    np.testing.assert_allclose(left, right, atol=1e-9)


def test_voter_weights() -> None:
    table = coded_battles([0, 0, 0] * 20, [1, 1, 1] * 20, [0, 1, 1] * 20, voter=[0, 1, 1] * 20)
    assert bradley_terry(table, intervals="none").leaders == ["1"]
    assert bradley_terry(table, voter_weights={"1": 0.25}, intervals="none").leaders == ["0"]
    with pytest.raises(InputError) as problem:
        bradley_terry(table, voter_weights={"9": 1.0})
    assert problem.value.argument == "voter_weights"


@pytest.mark.parametrize("ties", [0.0, 0.3], ids=["decided", "ties"])
def test_resamples_agree_with_the_sandwich(ties: float) -> None:
    table = drawn(3_000, 7, ties=ties)
    for method in (bradley_terry, davidson, rao_kupper):
        made = method(table, rng=0)
        assert made.spread is not None
        width = (made.spread.high - made.spread.low) / 2 / 1.96
        np.testing.assert_allclose(width, made.standard_errors, rtol=0.12)
    if ties:
        made = bradley_terry(table, **PLAIN)
        assert (made.standard_errors < 0.9 * made.fisher_errors).all()


def test_compiled_and_plain_resamples_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    table = drawn(500, 8, ties=0.2)
    found = strengths.fit(table.counts, BRADLEY_TERRY)
    made = []
    for size in (0, 2**60):
        monkeypatch.setattr(battle_resamples, "COMPILED", size)
        one = battle_resamples.resampled_strengths(table.counts, BRADLEY_TERRY, found, penalty=0.0, repeats=50, rng=1)
        made.append(one.theta)
    np.testing.assert_allclose(made[0], made[1], atol=1e-9)


def test_each_resample_is_at_its_own_maximum() -> None:
    """The steps of all resamples at once end where a fit of each alone does, also where somebody lost everything."""
    table = drawn(60, 9, np.array([1.5, 0.0, -1.5]))
    counts = table.counts
    found = strengths.fit(counts, BRADLEY_TERRY)
    theta = battle_resamples.resampled_strengths(counts, BRADLEY_TERRY, found, penalty=0.0, repeats=40, rng=2).theta
    drawn_ends = np.concatenate(list(battle_resamples.drawn_counts(counts, repeats=40, rng=2)))
    for ends, mine in zip(drawn_ends, theta, strict=True):
        alone = strengths.fit(replace(counts, ends=ends), BRADLEY_TERRY, penalty=battle_resamples.TINY)
        np.testing.assert_allclose(mine, alone.theta, atol=1e-5)


def test_compiled_and_plain_elo_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    module = sys.modules["psephos.ranking.pairwise.elo"]
    table = replace(drawn(200, 4, ties=0.2), weight=np.full(200, 1.5))
    made = []
    for size in (0, 2**60):
        monkeypatch.setattr(module, "COMPILED", size)
        made.append(elo(table, repeats=3, rng=0, least_games=0))
    np.testing.assert_allclose(made[0].scores, made[1].scores, atol=1e-9)
    assert callable(elo_module)


def test_the_mean_over_orders_does_not_depend_on_the_order() -> None:
    one = elo(twelve(), order="average", repeats=400, least_games=0, rng=0)
    other = elo(twelve(-1), order="average", repeats=400, least_games=0, rng=1)
    np.testing.assert_allclose(one.scores, other.scores, atol=0.05)
    assert one.spread is not None
    assert (one.spread.high > one.spread.low).any()


def test_the_eigenvector_is_one() -> None:
    table = drawn(400, 11, ties=0.1)
    made = eigenvector(table, repeats=0)
    wins = table.counts.wins(0.5)
    share = wins / np.where(wins + wins.T > 0, wins + wins.T, 1)
    ratio = share @ made.scores / made.scores
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-8)
    assert made.scores.mean() == pytest.approx(1)


def test_win_rates_are_means_over_opponents() -> None:
    table = coded_battles([0, 0, 0, 1], [1, 1, 2, 2], [0, 1, 0, 0])
    made = win_rate(table, least_games=0, repeats=0)
    np.testing.assert_allclose(made.scores, [(0.5 + 1) / 2, (0.5 + 1) / 2, 0.0])
    np.testing.assert_allclose(made.average_win_rate(), made.scores)


def test_half_wins_of_a_tie_shrink_the_spread() -> None:
    table = drawn(2_000, 12, ties=0.5)
    half, dropped = bradley_terry(table, **PLAIN), bradley_terry(table, ties="drop", **PLAIN)
    assert np.ptp(half.scores) < 0.7 * np.ptp(dropped.scores)
    assert half.names == dropped.names


def test_an_anchor_moves_all_ratings_and_has_no_error() -> None:
    table = drawn(600, 13)
    free, fixed = bradley_terry(table, rng=0), bradley_terry(table, anchor=("m2", 1200), rng=0)
    np.testing.assert_allclose(np.diff(free.scores), np.diff(fixed.scores), atol=1e-9)
    assert fixed.scores[2] == pytest.approx(1200)
    assert fixed.standard_errors[2] == pytest.approx(0, abs=1e-6)
    assert fixed.spread is not None
    assert fixed.spread.high[2] - fixed.spread.low[2] == pytest.approx(0, abs=1e-9)


def test_groups_that_never_met_are_not_ranked_against_each_other() -> None:
    votes = battles(
        ["a", "b"] * 40 + ["x", "y"] * 20, ["b", "a"] * 40 + ["y", "x"] * 20, ["left", "left", "right"] * 40
    )
    for method in (bradley_terry, davidson, elo, newman, eigenvector, win_rate):
        made = method(votes, rng=0)
        assert sorted(made.names) == ["a", "b"]
        assert "met nobody" in made.reasons["x"]
        assert np.isnan(made.scores[2:]).all()
    own = bradley_terry(votes, unconnected="components", intervals="none")
    assert own.ratings[2:].mean() == pytest.approx(1000)
    assert own.names == made.names
    with pytest.raises(DisconnectedError, match=r"'a', 'b'; 'x', 'y'"):
        bradley_terry(votes, unconnected="error")


def test_who_never_lost_has_no_upper_end() -> None:
    votes = battles(["top"] * 40 + ["a"] * 40, ["a"] * 20 + ["b"] * 60, ["left"] * 40 + ["left", "right"] * 20)
    made = bradley_terry(votes, rng=0)
    assert made.names[0] in ("a", "b")
    assert "never lost" in made.reasons["top"]
    with pytest.raises(SeparationError, match="'top' never lost"):
        bradley_terry(votes, unconnected="error")
    assert bradley_terry(votes, penalty="arena", rng=0).leaders == ["top"]
    assert newman(votes, rng=0, repeats=10).leaders == ["top"]


def test_few_battles_take_no_place_but_show_their_rating() -> None:
    table = drawn(300, 14)
    few = coded_battles(
        np.append(table.left, [6, 6]), np.append(table.right, [0, 5]), np.append(table.outcome, [1, 0]),
        candidates=[f"m{i}" for i in range(7)],
    )  # fmt: skip
    made = bradley_terry(few, rng=0)
    assert made.reasons == {"m6": "has 2 battles; a place needs 30"}
    assert made.ranks[6] == 0
    assert np.isfinite(made.ratings[6])
    assert made.table().filter(pl.col("candidate") == "m6")["rating"][0] == pytest.approx(made.ratings[6])


def test_a_candidate_absent_from_a_resample_has_no_value_there() -> None:
    table = drawn(100, 15)
    rare = coded_battles(
        np.append(table.left, [6, 6]), np.append(table.right, [0, 5]), np.append(table.outcome, [1, 0])
    )
    made = bradley_terry(rare, least_games=0, rng=0, repeats=2_000)
    # Two battles of 102: both are missing with chance (100 / 102)^102.
    assert made.absent[6] == pytest.approx((100 / 102) ** 102, abs=0.03)
    assert made.absent[:6].max() < 0.001


def test_seed_and_leaving_out_a_voter() -> None:
    table = replace(drawn(400, 16), voter=np.arange(400) % 4, voters=pl.Series("voter", list("abcd")))
    one, other = bradley_terry(table, rng=3), bradley_terry(table, rng=3)
    assert one.spread is not None
    assert other.spread is not None
    np.testing.assert_array_equal(one.spread.above, other.spread.above)
    left = one.without("b")
    alone = bradley_terry(table.take(table.voter != 1), intervals="none")  # type: ignore[operator]
    np.testing.assert_allclose(left.scores, alone.scores, atol=1e-8)
    assert one.leave_one_out().height == 4


def test_the_next_battle_takes_most_from_the_variance() -> None:
    """Against adding a battle of each pair, half a win each way, and fitting again."""
    table = drawn(400, 17, np.array([0.4, 0.2, 0.0, -0.8]))
    made = bradley_terry(table, **PLAIN, ties="half")
    found = next_battles(made, top=2, n=6)
    assert found["variance_removed"].to_list() == sorted(found["variance_removed"], reverse=True)
    top = made.order[:2]

    def variance(one: Any) -> float:
        return float(one.fisher_errors[top[0]] ** 2 + one.fisher_errors[top[1]] ** 2)

    gains = {}
    for i in range(4):
        for j in range(i + 1, 4):
            more = coded_battles(
                np.append(table.left, i), np.append(table.right, j), np.append(table.outcome, 2),
                candidates=table.candidates,
            )  # fmt: skip
            gains[f"m{i}", f"m{j}"] = variance(made) - variance(bradley_terry(more, **PLAIN))
    best = max(gains, key=gains.__getitem__)
    assert {found["left"][0], found["right"][0]} == set(best)


def test_side_and_length_are_taken_out() -> None:
    """Strengths are recovered where the weak write long answers and the left is liked; ignoring it misleads."""
    rng = np.random.default_rng(18)
    table = drawn(1, 0)
    size, n = 6, 20_000
    left = rng.integers(size, size=n)
    right = (left + rng.integers(1, size, size=n)) % size
    length = rng.normal(size=n) + 1.5 * (STRENGTHS[right] - STRENGTHS[left])
    chance = 1 / (1 + np.exp(-(STRENGTHS[left] - STRENGTHS[right] + 0.6 * length + 0.3)))
    table = coded_battles(left, right, (rng.random(n) > chance).astype(int), candidates=[f"m{i}" for i in range(size)])
    made = style_control(table, {"length": length}, rng=0, repeats=200)
    truth = 1000 + POINTS * (STRENGTHS - STRENGTHS.mean())
    assert (np.abs(made.scores - truth) < 4 * made.standard_errors).all()
    assert (np.abs(bradley_terry(table, **PLAIN).scores - truth) > 10 * made.standard_errors).any()
    effects = dict(zip(made.effects["effect"], made.effects.iter_rows(named=True), strict=True))
    for name, worth in (("side", 0.3 * POINTS), ("length", 0.6 * length.std() * POINTS)):
        assert abs(effects[name]["points"] - worth) < 4 * effects[name]["standard_error"]


def test_style_without_an_effect_changes_nothing() -> None:
    table = drawn(2_000, 19)
    noise = np.random.default_rng(0).normal(size=2_000)
    made, plain = style_control(table, {"noise": noise}, rng=0), bradley_terry(table, **PLAIN)
    np.testing.assert_allclose(made.scores, plain.scores, atol=3)
    assert (made.effects["p"] > 0.001).all()


def test_style_by_columns_of_both_answers() -> None:
    frame = {"left": ["a", "b"] * 40, "right": ["b", "a"] * 40, "winner": ["left", "right", "right"] * 26 + ["tie"] * 2}
    from psephos.opinions import from_frame

    lengths = {"left_length": [10, 30] * 40, "right_length": [30, 10, 30, 30] * 20}
    made = style_control(from_frame(pl.DataFrame({**frame, **lengths})), ["length"], side=False, rng=0)
    assert any("left_length" in note for note in made.provenance.notes)
    with pytest.raises(InputError, match="no columns of 'tone'"):
        style_control(from_frame(pl.DataFrame(frame)), ["tone"])


BAD: list[Any] = [
    pytest.param(lambda: coded_battles([0], [1], [0], weight=[-1]), "weight", id="sheet30-negative-weight"),
    pytest.param(lambda: coded_battles([0], [0], [0]), "battles", id="sheet30-empty-after-cleaning"),
    pytest.param(lambda: coded_battles([0, 0], [1, 0], [0, 0], strict=True), "left", id="sheet30-self-battle-strict"),
    pytest.param(lambda: coded_battles([0], [1], [4]), "outcome", id="sheet30-unknown-outcome"),
    pytest.param(lambda: elo(twelve(), k=0), "k", id="sheet30-k-not-positive"),
    pytest.param(lambda: elo(twelve(), k=-4), "k", id="sheet30-k-negative"),
    pytest.param(
        lambda: elo(replace(twelve(), time=np.append(np.arange(11.0), np.nan))), "time", id="sheet30-time-missing"
    ),
    pytest.param(
        lambda: elo(replace(twelve(), time=np.append(np.arange(11.0), np.inf))), "time", id="sheet30-time-infinite"
    ),
    pytest.param(lambda: battle_table(labels(["a"], ["b"], ["c"])), "battles", id="other-kind"),
    pytest.param(lambda: bradley_terry(twelve(), penalty="much"), "penalty", id="penalty-word"),
    pytest.param(lambda: bradley_terry(twelve(), penalty=-1.0), "penalty", id="penalty-negative"),
    pytest.param(lambda: bradley_terry(twelve(), anchor=("e", 1000)), "anchor", id="anchor-unknown"),
    pytest.param(lambda: bradley_terry(twelve(), clusters="voter"), "clusters", id="no-voters"),
    pytest.param(lambda: bradley_terry(twelve(), ties="win"), "ties", id="ties"),
    pytest.param(lambda: newman(twelve(), prior=-1), "prior", id="prior-negative"),
    pytest.param(lambda: style_control(twelve(), side=False), "covariates", id="no-covariate"),
    pytest.param(lambda: style_control(twelve(), {"x": [1.0] * 12}), "covariates", id="constant-covariate"),
    pytest.param(lambda: style_control(twelve(), {"x": [1.0]}), "covariates", id="short-covariate"),
    pytest.param(lambda: next_battles(elo(twelve(), least_games=0, repeats=0)), "ranking", id="no-covariance"),  # type: ignore[arg-type]
    pytest.param(lambda: rank(twelve(), method="borda"), "method", id="method-of-scores"),
    pytest.param(lambda: rank([[1, 2], [2, 1]], method="elo"), "method", id="method-of-battles"),
    pytest.param(lambda: rank(twelve(), method="elo", penalty=1), "penalty", id="option-of-another"),
]


@pytest.mark.parametrize(("call", "argument"), BAD)
def test_bad_input(call: Any, argument: str) -> None:
    with pytest.raises(InputError) as problem:
        call()
    assert problem.value.argument == argument


def test_one_candidate_is_no_ranking_sheet30() -> None:
    with pytest.raises(InputError, match="no battles are left: 2 battles of a candidate with itself"):
        battle_table(battles(["x", "x"], ["x", "x"], ["left", "tie"]))


def test_self_battles_are_set_aside_and_said_sheet30() -> None:
    made = battle_table(battles(["x", "x"], ["x", "y"], ["left", "tie"]))
    assert len(made) == 1
    assert made.notes == ("1 battle of a candidate with itself is set aside",)


def test_cycles_are_ties() -> None:
    made = bradley_terry(battles(["a", "b", "c"] * 20, ["b", "c", "a"] * 20, ["left"] * 60), rng=0)
    np.testing.assert_allclose(made.scores, 1000, atol=1e-9)
    assert made.tied == [["a", "b", "c"]]


def test_many_candidates_are_fitted_sparsely() -> None:
    """Beyond the size of a full matrix: conjugate gradients give what the full matrix gives."""
    rng = np.random.default_rng(20)
    truth = rng.normal(size=60)
    table = drawn(3_000, 21, truth)
    full = strengths.fit(table.counts, BRADLEY_TERRY, penalty=0.1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strengths, "DENSE", 10)
        sparse = strengths.fit(table.counts, BRADLEY_TERRY, penalty=0.1)
    np.testing.assert_allclose(full.theta, sparse.theta, atol=1e-7)


def test_both_bad_is_kept_apart() -> None:
    votes = battles(["a"] * 60, ["b"] * 60, ["left", "right", "both_bad"] * 20)
    made = bradley_terry(votes, rng=0)
    assert made.both_bad.tolist() == [20, 20]
    floor = made.quality_floor()
    assert floor["both_bad"].to_list() == [pytest.approx(1 / 3)] * 2
    assert bradley_terry(votes, both_bad="drop", rng=0).counts.ends.sum() == 60


def test_places_fall_with_more_battles() -> None:
    widths = []
    for n in (600, 6_000):
        made = bradley_terry(drawn(n, 22), rng=0, repeats=300).spread
        assert made is not None
        widths.append((made.high - made.low).mean())
    assert all(later < 0.5 * earlier for earlier, later in pairwise(widths))


def test_what_was_set_aside_is_said_where_strengths_have_no_end() -> None:
    """The vote that would have linked them is there, under a word that nobody knows."""
    votes = battles(["x", "x", "y", "y"], ["y", "y", "x", "y"], ["left", "left", "B won", "left"])
    with pytest.raises(SeparationError) as found:
        bradley_terry(votes, unconnected="error")
    assert "'x' never lost to" in found.value.problem
    assert (
        "1 set aside: winner is none of left, right, tie, both_bad, such as 'B won' (data, row 3)"
        in found.value.problem
    )
    assert "1 battle of a candidate with itself is set aside" in found.value.problem
    apart = battles(["x", "z", "x"], ["y", "w", "z"], ["tie", "tie", None])
    with pytest.raises(DisconnectedError, match=r"never met each other: .*: 1 set aside: winner is none of"):
        bradley_terry(apart, unconnected="error")
    with pytest.raises(SeparationError, match="can be compared: 1 set aside: winner is none of"):
        eigenvector(battles(["x", "y"], ["y", "z"], ["left", "?"]))


@pytest.mark.parametrize("method", [davidson, rao_kupper, lambda battles, **_: newman(battles, prior=0, repeats=0)])
def test_ties_do_not_give_an_end_to_who_never_lost(method: Any) -> None:
    """Seven wins, two ties, no loss: the likelihood rises with strengths and ties without end."""
    with pytest.raises(SeparationError, match="no end"):
        method(coded_battles([0] * 9, [1] * 9, [0, 0, 0, 0, 0, 2, 3, 0, 0]), **PLAIN)
    chain = coded_battles([0, 0, 1, 1, 0, 0], [1, 1, 2, 2, 2, 2], [0, 2, 0, 2, 0, 0])
    with pytest.raises(SeparationError, match="no end"):
        method(chain, **PLAIN)


def test_a_penalty_gives_an_end_to_who_never_lost() -> None:
    made = davidson(coded_battles([0] * 9, [1] * 9, [0, 0, 0, 0, 0, 2, 3, 0, 0]), penalty=0.5, **PLAIN)
    assert made.converged
    assert made.scores[0] > made.scores[1]


@pytest.mark.parametrize("seed", range(40))
def test_strengths_with_ties_have_an_end_unless_distances_can_be_kept(seed: int) -> None:
    """Against a linear program: delta_i - delta_j >= 1 for wins, at most 1 apart for ties."""
    rng = np.random.default_rng(seed)
    size, n = int(rng.integers(2, 5)), int(rng.integers(3, 9))
    left = rng.integers(0, size, n)
    right = (left + rng.integers(1, size, n)) % size
    outcome = np.where(rng.random(n) < 0.4, 2, np.where(left < right, 0, 1))
    if rng.random() < 0.5:
        outcome[0] = 0
    counts = coded_battles(left, right, outcome, candidates=range(size)).counts
    rows: list[Any] = []
    for i, j, (won, lost, tied, _) in zip(counts.first, counts.second, counts.ends, strict=True):
        apart = np.zeros(size)
        apart[[i, j]] = 1, -1
        rows += [(-apart, -1)] * bool(won) + [(apart, -1)] * bool(lost) + [(apart, 1), (-apart, 1)] * bool(tied)
    kept = optimize.linprog(
        np.zeros(size), np.array([row for row, _ in rows]), [end for _, end in rows], bounds=(None, None)
    )
    open_ended = kept.success and bool(counts.ends[:, 2].any()) and bool(counts.ends[:, :2].any())
    try:
        connectivity.refuse_endless_ties(counts, "")
        found = False
    except SeparationError:
        found = True
    assert found == open_ended


def test_a_covariate_that_tells_every_vote_is_named() -> None:
    """The longer answer always won: no effect is large enough, and no warning of a solver stands for an answer."""
    longer = [1.0, -1.0] * 30
    won = ["left" if one > 0 else "right" for one in longer]
    votes = battles(["x", "y", "z"] * 20, ["y", "z", "x"] * 20, won)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with pytest.raises(InputError, match="tell every vote") as problem:
            style_control(votes, {"length": longer}, side=False, least_games=0)
    assert problem.value.argument == "covariates"
    assert said == []


@pytest.mark.parametrize(
    ("options", "argument", "words"),
    [
        pytest.param({"voter_weights": {"a": "much"}}, "voter_weights", "voter 'a'", id="weight-text"),
        pytest.param({"voter_weights": {"a": float("nan")}}, "voter_weights", "voter 'a'", id="weight-nan"),
        pytest.param({"voter_weights": {"a": -1}}, "voter_weights", "voter 'a'", id="weight-negative"),
        pytest.param({"anchor": "x"}, "anchor", "a candidate and its rating", id="anchor-name"),
        pytest.param({"anchor": ("x", "high")}, "anchor", "number", id="anchor-text"),
    ],
)
def test_options_that_cannot_be_are_named(options: dict[str, Any], argument: str, words: str) -> None:
    votes = battles(["x", "y"] * 30, ["y", "x"] * 30, ["left"] * 60, voter=["a", "b"] * 30)
    with pytest.raises(InputError, match=words) as problem:
        bradley_terry(votes, **options)
    assert problem.value.argument == argument


@pytest.mark.parametrize("method", ["bradley-terry", "eigenvector", "newman", "style-control"])
def test_what_helps_is_something_that_there_is(method: str) -> None:
    """No method advises an option that it does not have, or that is on already."""
    votes = battles(["x"] * 40, ["y"] * 40, ["left"] * 40)
    with pytest.raises(SeparationError) as problem:
        rank(votes, method=method, **({"prior": 0} if method == "newman" else {}))
    assert "add battles that link them" in str(problem.value)
    assert "blank" not in str(problem.value)
