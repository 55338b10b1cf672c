"""Abilities and items: the vectors of sheet 25, its claims on draws, real data, bad input, and slow references."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from psephos.errors import InputError
from psephos.opinions import from_frame, results
from psephos.ranking import (
    ability_profiles,
    audit_items,
    borda,
    held_out_accuracy,
    item_information,
    next_item,
    odd_answers,
    rank,
    rank_by_ability,
    responses,
    score_candidate,
    score_table,
    short_form,
    simulate_responses,
    solve_probability,
    weigh_candidates,
)
from psephos.ranking.item_response.classical import cronbach_alpha, item_rest, proportions
from psephos.ranking.item_response.dimensions import eigenvalue_ratio, residual_correlations, tetrachoric
from psephos.ranking.item_response.item_audit import thirds
from psephos.ranking.item_response.item_steps import Prior
from psephos.ranking.item_response.marginal import (
    Items,
    Rows,
    grid_for,
    log_likelihoods,
    marginal,
    posteriors,
    rows_of,
)
from psephos.statistics import kendall_tau

Shared = Callable[[str], Path]


@pytest.fixture(scope="module")
def lsat(shared_data: Shared) -> np.ndarray:
    frame = pl.read_csv(shared_data("25-medirt") / "lsat6-patterns.csv")
    return np.repeat(frame.drop("count").to_numpy().astype(float), frame["count"].to_numpy(), axis=0)


@pytest.fixture(scope="module")
def classifiers(shared_data: Shared) -> pl.DataFrame:
    return pl.read_csv(shared_data("25-medirt") / "sst3-8models-1100items.csv")


# Vectors.


def test_two_parameters_of_a_classic_test_sheet25_2pl(lsat: np.ndarray) -> None:
    """sheet25-lsat6-2pl"""
    (fit,) = rank_by_ability(lsat, prior=None, errors="none", rng=0).fits
    np.testing.assert_allclose(fit.slope, [0.82566, 0.72275, 0.89085, 0.68837, 0.65687], atol=5e-3)
    np.testing.assert_allclose(fit.difficulty, [-3.35882, -1.37004, -0.27967, -1.86637, -3.12585], atol=2e-2)
    np.testing.assert_allclose(fit.intercept, [2.77323, 0.99020, 0.24915, 1.28476, 2.05328], atol=2e-2)
    assert fit.log_likelihood == pytest.approx(-2466.6534, abs=1e-3)
    assert fit.reliability == pytest.approx(0.3009, abs=2e-3)
    assert fit.converged


@pytest.mark.parametrize(
    ("pattern", "ability", "error"),
    [
        pytest.param("00000", -1.8968, 0.8013, id="sheet25-lsat6-eap-00000"),
        pytest.param("11111", 0.6456, 0.8590, id="sheet25-lsat6-eap-11111"),
        pytest.param("10001", -0.9398, 0.8086, id="sheet25-lsat6-eap-10001"),
        pytest.param("01110", -0.3966, 0.8209, id="sheet25-lsat6-eap-01110"),
    ],
)
def test_abilities_of_patterns(lsat: np.ndarray, pattern: str, ability: float, error: float) -> None:
    found = rank_by_ability(lsat, prior=None, errors="none", rng=0)
    row = np.flatnonzero((lsat == [int(sign) for sign in pattern]).all(axis=1))[0]
    assert found.scores[row] == pytest.approx(ability, abs=2e-3)
    assert found.ability_errors[row, 0] == pytest.approx(error, abs=2e-3)
    told = score_candidate(found, {str(j): int(sign) for j, sign in enumerate(pattern)})
    assert told["ability"][0] == pytest.approx(ability, abs=2e-3)
    assert score_candidate(found, {}).row(0)[1:3] == (0.0, 1.0)


def test_slopes_of_one_sheet25_rasch(lsat: np.ndarray) -> None:
    """sheet25-lsat6-rasch"""
    (fit,) = rank_by_ability(lsat, model="rasch", prior=None, errors="none", rng=0).fits
    np.testing.assert_allclose(fit.difficulty, [-2.8720, -1.0630, -0.2576, -1.3881, -2.2188], atol=2e-3)
    assert fit.log_likelihood == pytest.approx(-2473.0538, abs=2e-3)


def test_one_slope_for_all_lies_between(lsat: np.ndarray) -> None:
    """One slope that is free is better than slopes of 1 and worse than five; ltm gives .7551 and -2466.938."""
    (fit,) = rank_by_ability(lsat, model="1pl", prior=None, errors="scores", rng=0).fits
    assert fit.log_likelihood == pytest.approx(-2466.938, abs=2e-3)
    np.testing.assert_allclose(fit.slope, 0.7551, atol=2e-3)
    # ltm's standard error of the common discrimination is .0694.
    np.testing.assert_allclose(fit.errors.slope, 0.0694, atol=4e-3)


def test_errors_of_two_parameters_are_those_that_ltm_gives(lsat: np.ndarray) -> None:
    """ltm 1.2 has .2581 .1867 .2326 .1852 .2100 from second derivatives; cross-products are near them."""
    (fit,) = rank_by_ability(lsat, prior=None, rng=0).fits
    np.testing.assert_allclose(fit.errors.slope, [0.2581, 0.1867, 0.2326, 0.1852, 0.2100], rtol=0.12)


def test_classical_numbers_sheet25_classical(lsat: np.ndarray) -> None:
    """sheet25-lsat6-classical"""
    np.testing.assert_allclose(proportions(lsat), [0.924, 0.709, 0.553, 0.763, 0.870], atol=1e-9)
    np.testing.assert_allclose(item_rest(lsat), [0.1128, 0.1532, 0.1728, 0.1444, 0.1216], atol=5e-5)
    assert cronbach_alpha(lsat) == pytest.approx(0.2950, abs=5e-5)


def test_priors_draw_in_slopes_sheet25_priors(lsat: np.ndarray) -> None:
    """sheet25-lsat6-priors"""
    (fit,) = rank_by_ability(lsat, prior="normal", errors="none", rng=0).fits
    np.testing.assert_allclose(fit.slope, [0.8209, 0.7291, 0.8884, 0.6963, 0.6673], atol=2e-3)


def test_information_sheet25_information() -> None:
    """sheet25-information"""
    assert item_information([0.5], [1.2], [0.5])[0, 0] == pytest.approx(0.36)


# Real data.


def test_eight_models_are_too_few_for_slopes_sheet25_sst3(classifiers: pl.DataFrame) -> None:
    """sheet25-sst3"""
    right = classifiers.drop("model").to_numpy().astype(float)
    usual = rank_by_ability(right, candidates=classifiers["model"].to_list(), errors="none", rng=0)
    assert [fit.model for fit in usual.fits] == ["rasch"]
    assert usual.leaders == ["ts1626745848-roberta-r3-target"]
    forced = rank_by_ability(right, model="2pl", errors="none", rng=0)
    said = " ".join(forced.provenance.notes)
    assert "ability at grid edge" in said
    assert "few models (8)" in said
    np.testing.assert_array_equal(np.isnan(forced.fits[0].slope), False)
    plain = rank_by_ability(right, model="rasch", prior=None, errors="none", rng=0)
    assert int((~plain.fits[0].known).sum()) == 119 + 74
    assert "193 items have no parameters without a prior" in " ".join(plain.provenance.notes)


# Claims on draws.


def test_abilities_beat_raw_accuracy_sheet25_recovery() -> None:
    """sheet25-recovery"""
    made = simulate_responses(rng=25)
    found = rank_by_ability(made.responses, errors="none", rng=0)
    truth, right = made.abilities, made.responses.right
    raw = np.column_stack([right[:, made.responses.of_topic(t)].mean(axis=1) for t in range(11)])

    def recovery(values: np.ndarray) -> float:
        return float(np.mean([np.corrcoef(values[:, t], truth[:, t])[0, 1] for t in range(11)]))

    own, plain = recovery(found.abilities), recovery(raw)
    assert own == pytest.approx(0.974, abs=0.009)
    assert plain == pytest.approx(0.961, abs=0.012)
    assert own >= plain + 0.006
    slope = found.items()["discrimination"].to_numpy()
    wrong = made.discrimination < 0
    assert (slope[wrong] < 0).sum() >= 53
    assert (slope[~wrong] < 0).sum() <= 7
    profiles = ability_profiles(found, rng=0)
    assert (profiles.leaders()["overall_rank"] > 1).sum() >= 3
    flagged = audit_items(rank_by_ability(made.responses, rng=0)).flagged("negative")
    names = made.responses.items.to_list()
    assert sum(wrong[names.index(name)] for name in flagged) >= 45
    assert len(flagged) <= 60


def test_hidden_responses_are_predicted_sheet25_held_out() -> None:
    """sheet25-held-out"""
    found = rank_by_ability(simulate_responses(rng=25).responses, errors="none", rng=0)
    table = dict(held_out_accuracy(found, rng=1).select("method", "accuracy").iter_rows())
    assert table["item response"] == pytest.approx(0.744, abs=0.015)
    assert table["additive"] == pytest.approx(0.731, abs=0.015)
    assert table["candidate mean"] == pytest.approx(0.657, abs=0.03)
    assert table["item response"] > table["additive"] > table["candidate mean"]


@pytest.mark.slow
def test_halves_agree_sheet25_split_half() -> None:
    """sheet25-split-half"""
    made = simulate_responses(rng=25).responses
    order = np.random.default_rng(0).permutation(100)
    own, plain = [], []
    for t in range(11):
        items = made.of_topic(t)
        halves = [items[order[:50]], items[order[50:]]]
        fits = [rank_by_ability(made.right[:, half], errors="none", rng=0).scores for half in halves]
        own.append(kendall_tau(*fits).value)
        plain.append(kendall_tau(*(made.right[:, half].mean(axis=1) for half in halves)).value)
    assert np.mean(own) == pytest.approx(0.741, abs=0.05)
    assert np.mean(plain) == pytest.approx(0.732, abs=0.05)
    assert np.mean(own) > np.mean(plain) - 0.01


def test_joint_and_marginal_agree_where_items_are_many() -> None:
    made = simulate_responses(60, 1, 150, wrong_keys=0, rng=3)
    both = [rank_by_ability(made.responses, estimate=kind, errors="none", rng=0) for kind in ("marginal", "joint")]
    assert np.corrcoef(both[0].scores, both[1].scores)[0, 1] > 0.995
    few = simulate_responses(400, 1, 8, wrong_keys=0, rng=3)
    slopes = [
        rank_by_ability(few.responses, estimate=kind, prior=None, errors="none", rng=0).fits[0].slope.mean()
        for kind in ("marginal", "joint")
    ]
    assert slopes[1] > 1.15 * slopes[0]


def test_guessing_is_found() -> None:
    rng = np.random.default_rng(7)
    ability, difficulty = rng.standard_normal(2000), np.linspace(-1, 2.5, 20)
    guess = np.where(np.arange(20) < 10, 0.05, 0.35)
    right = (rng.random((2000, 20)) < solve_probability(ability, np.full(20, 1.6), difficulty, guess)).astype(float)
    made = rank_by_ability(right, model="3pl", errors="none", draws=2, rng=0)
    found = made.fits[0].guess
    assert found[10:].mean() > found[:10].mean() + 0.1
    assert found[10:].mean() == pytest.approx(0.35, abs=0.05)
    assert made.converged


# The rounds.


@pytest.mark.parametrize("model", ["rasch", "1pl", "2pl", "3pl"])
@pytest.mark.parametrize("prior", [Prior(), None], ids=["prior", "plain"])
@pytest.mark.parametrize("share", [1.0, 0.7], ids=["whole", "holes"])
def test_the_objective_never_falls(model: str, prior: Prior | None, share: float) -> None:
    made = simulate_responses(300, 1, 12, wrong_keys=1, asked=share, rng=4)
    fitted = marginal(rows_of(made.responses.right)[0], model=model, prior=prior, most=60)
    assert min(np.diff(fitted.path), default=0) >= -1e-9 * abs(fitted.path[0])


@given(st.integers(0, 10**6))
@settings(max_examples=20)
def test_the_likelihood_is_that_of_the_formula(seed: int) -> None:
    rng = np.random.default_rng(seed)
    right = (rng.random((6, 4)) < 0.5).astype(float)
    right[rng.random((6, 4)) < 0.2] = np.nan
    right[0] = 1
    a, d = rng.normal(1, 0.5, 4), rng.normal(size=4)
    rows, place = rows_of(right)
    grid = grid_for(4)
    evidence, posterior = posteriors(rows, Items(a, d), grid)
    for i in range(6):
        slow = np.zeros(len(grid.points))
        for j in range(4):
            if not np.isnan(right[i, j]):
                chance = special.expit(a[j] * grid.points + d[j])
                slow += np.log(chance if right[i, j] else 1 - chance)
        assert evidence[place[i]] == pytest.approx(special.logsumexp(slow + grid.log_weights))
        np.testing.assert_allclose(
            posterior[place[i]], np.exp(slow + grid.log_weights - evidence[place[i]]), atol=1e-12
        )


def test_the_fit_is_a_top_of_the_objective() -> None:
    """At the end no parameter of an item can be moved for the better: checked by differences of the formula."""
    made = simulate_responses(120, 1, 8, wrong_keys=1, rng=5)
    rows, _ = rows_of(made.responses.right)
    fitted = marginal(rows, model="2pl", prior=Prior(), stop=1e-13)
    grid = grid_for(8)

    def objective(slope: np.ndarray, intercept: np.ndarray) -> float:
        evidence, _ = posteriors(rows, Items(slope, intercept), grid)
        return float(rows.counts @ evidence - ((slope - 1) ** 2).sum() / 2 - (intercept**2).sum() / 18)

    for j in range(8):
        for part in range(2):
            ends = []
            for sign in (-1, 1):
                moved = [fitted.items.slope.copy(), fitted.items.intercept.copy()]
                moved[part][j] += sign * 1e-4
                ends.append(objective(*moved))
            assert abs(ends[1] - ends[0]) / 2e-4 < 2e-3


def test_equal_rows_are_one_row(lsat: np.ndarray) -> None:
    together, _ = rows_of(lsat)
    apart, _ = rows_of(lsat, collapse=False)
    assert len(together.counts) == 30
    fits = [marginal(rows, model="2pl", prior=None, most=10) for rows in (together, apart)]
    np.testing.assert_allclose(fits[0].items.slope, fits[1].items.slope, atol=1e-9)


def test_the_order_of_candidates_and_items_does_not_matter() -> None:
    made = simulate_responses(40, 1, 25, rng=6).responses.right
    rng = np.random.default_rng(0)
    rows, columns = rng.permutation(40), rng.permutation(25)
    one = rank_by_ability(made, errors="none", rng=0)
    other = rank_by_ability(made[rows][:, columns], errors="none", rng=0)
    np.testing.assert_allclose(other.scores, one.scores[rows], atol=1e-7)
    np.testing.assert_allclose(other.fits[0].slope, one.fits[0].slope[columns], atol=1e-7)


def test_turning_every_key_turns_slopes_not_abilities_back() -> None:
    """If right and wrong change places, the scale turns with them, so that more right is abler still."""
    made = simulate_responses(40, 1, 30, wrong_keys=0, rng=7).responses.right
    one, other = (rank_by_ability(table, errors="none", rng=0) for table in (made, 1 - made))
    np.testing.assert_allclose(other.scores, -one.scores, atol=1e-6)
    np.testing.assert_allclose(other.fits[0].slope, one.fits[0].slope, atol=1e-6)


@pytest.mark.parametrize("engine", [1, 2])
def test_the_engine_changes_nothing(engine: int) -> None:
    made = simulate_responses(30, 3, 12, rng=8).responses
    here = rank_by_ability(made, rng=5)
    there = rank_by_ability(made, rng=5, engine=engine)
    np.testing.assert_array_equal(there.scores, here.scores)
    np.testing.assert_array_equal(there.items()["discrimination_error"], here.items()["discrimination_error"])


def test_errors_of_items_are_those_of_repeated_draws() -> None:
    rng = np.random.default_rng(9)
    slope, difficulty = np.linspace(0.7, 1.6, 10), np.linspace(-1, 1, 10)
    found, told = [], []
    for _ in range(30):
        ability = rng.standard_normal(600)
        right = (rng.random((600, 10)) < solve_probability(ability, slope, difficulty)).astype(float)
        (fit,) = rank_by_ability(right, prior=None, errors="scores", draws=2, rng=0).fits
        found.append(fit.slope)
        told.append(fit.errors.slope)
    ratio = np.mean(told, axis=0) / np.std(found, axis=0, ddof=1)
    assert ratio.mean() == pytest.approx(1, abs=0.15)


def test_resamples_and_scores_tell_like_errors() -> None:
    right = simulate_responses(400, 1, 15, wrong_keys=0, rng=10).responses
    made = [rank_by_ability(right, errors=kind, repeats=200, rng=1).fits[0].errors for kind in ("scores", "bootstrap")]
    for name in ("slope", "intercept"):
        assert np.median(getattr(made[1], name) / getattr(made[0], name)) == pytest.approx(1, abs=0.2)


def test_intervals_cover_abilities() -> None:
    made = simulate_responses(200, 1, 60, wrong_keys=0, rng=11)
    found = rank_by_ability(made.responses, errors="none", rng=0)
    assert found.spread is not None
    truth = made.abilities[:, 0] - made.abilities[:, 0].mean()
    inside = (found.spread.low <= truth) & (truth <= found.spread.high)
    assert 0.88 <= inside.mean() <= 0.99
    drawn = stats.norm.cdf((found.scores[3] - found.scores[5]) / np.hypot(*found.ability_errors[[3, 5], 0]))
    assert found.probability_above("candidate 4", "candidate 6") == pytest.approx(drawn)


# Audit, profiles, forms.


def test_broken_items_are_found() -> None:
    made = simulate_responses(100, 1, 40, wrong_keys=2, rng=12)
    right = made.responses.right.copy()
    right[:, 10], right[:, 11] = 1.0, 0.0
    right[:, 13] = right[:, 12]
    # Every second of the candidates in their order: it tells nothing of who is abler.
    right[np.argsort(right.sum(axis=1), kind="stable"), 14] = np.arange(100) % 2
    audit = audit_items(rank_by_ability(right, rng=0))
    flags = dict(audit.table().select("item", "flags").iter_rows())
    assert "negative" in flags["0"]
    assert "upside_down" in flags["1"]
    assert flags["10"] == ["too_easy"]
    assert flags["11"] == ["too_hard"]
    assert "duplicate" in flags["12"]
    assert "duplicate" in flags["13"]
    assert "weak" in flags["14"]
    assert audit.pairs.row(0)[:2] in {("12", "13"), ("13", "12")}
    assert audit.table()["severity"].is_sorted(descending=True)
    good = [name for name in flags if int(name) > 14]
    assert sum(bool(flags[name]) for name in good) <= 6


def test_thirds_break_ties_by_the_order_of_the_input() -> None:
    right = np.array([[1, 0], [0, 1], [1, 1], [0, 0], [1, 0], [0, 0], [1, 1.0]])
    top, middle, bottom = thirds(right)
    assert (top.tolist(), middle.tolist(), bottom.tolist()) == ([2, 6], [0, 1, 4], [3, 5])


def test_the_popular_wrong_answer_is_named() -> None:
    right = simulate_responses(30, 1, 6, wrong_keys=0, rng=13).responses.right
    answers = np.where(right == 1, "key", "B").astype(object)
    audit = audit_items(rank_by_ability(right, rng=0), answers=answers)  # type: ignore[arg-type]
    assert set(audit.table()["popular_wrong"].drop_nulls()) <= {"B"}
    with pytest.raises(InputError) as problem:
        audit_items(rank_by_ability(right, rng=0), answers=[["a"]])
    assert problem.value.argument == "answers"


def test_flagged_items_can_be_left_out_or_turned() -> None:
    made = simulate_responses(60, 1, 30, wrong_keys=6, rng=14)
    found = rank_by_ability(made.responses, model="rasch", rng=0)
    wrong = [name for name, a in zip(made.responses.items, made.discrimination, strict=True) if a < 0]
    truth = made.abilities[:, 0]
    fits = [np.corrcoef(one.scores, truth)[0, 1] for one in (found, found.without_items(wrong), found.rekeyed(wrong))]
    assert fits[0] < fits[1] < fits[2]
    assert found.compare(found.rekeyed(wrong)).tau.value < 1
    with pytest.raises(InputError, match="no item"):
        found.without_items(["?"])


def test_tetrachoric_correlations_recover_those_of_normal_variables() -> None:
    rng = np.random.default_rng(15)
    together = rng.multivariate_normal([0, 0, 0], [[1, 0.6, -0.3], [0.6, 1, 0], [-0.3, 0, 1]], size=40_000)
    found = tetrachoric((together > [0.5, -0.2, 0.9]).astype(float))
    np.testing.assert_allclose(found[np.triu_indices(3, 1)], [0.6, -0.3, 0.0], atol=0.03)


def test_two_abilities_are_two_dimensions() -> None:
    one = simulate_responses(400, 1, 30, wrong_keys=0, rng=16).responses.right
    two = np.hstack([one[:, :15], simulate_responses(400, 1, 15, wrong_keys=0, rng=17).responses.right])
    assert eigenvalue_ratio(one)[0] > 3 > eigenvalue_ratio(two)[0]


def test_residuals_correlate_as_a_slow_reference_says() -> None:
    rng = np.random.default_rng(18)
    right = (rng.random((40, 4)) < 0.5).astype(float)
    right[rng.random((40, 4)) < 0.2] = np.nan
    chance = rng.random((40, 4))
    found = residual_correlations(right, chance)
    rest = right - chance
    for j in range(4):
        for k in range(4):
            both = ~np.isnan(rest[:, j]) & ~np.isnan(rest[:, k])
            if j != k:
                assert found[j, k] == pytest.approx(np.corrcoef(rest[both, j], rest[both, k])[0, 1])


def test_spikes_are_beyond_chance() -> None:
    flat = ability_profiles(
        rank_by_ability(simulate_responses(60, 6, 40, loading=1.0, rng=19).responses, errors="none", rng=0), rng=0
    )
    spiky = ability_profiles(
        rank_by_ability(simulate_responses(60, 6, 40, loading=0.5, rng=19).responses, errors="none", rng=0), rng=0
    )
    assert np.mean(flat.spikiness) < 0.2 < 0.6 < np.mean(spiky.spikiness)
    assert flat.specific < 0.1 < 0.5 < spiky.specific
    np.testing.assert_allclose(spiky.best.sum(axis=0), 1, atol=1e-9)


def test_pooling_helps_short_topics() -> None:
    made = simulate_responses(80, 8, 12, wrong_keys=0, rng=20)
    profiles = ability_profiles(rank_by_ability(made.responses, errors="none", rng=0), rng=0)
    truth = made.abilities - made.abilities.mean(axis=0)
    plain, pooled = (np.sqrt(np.mean((one - truth) ** 2)) for one in (profiles.abilities, profiles.pooled))
    assert pooled < 0.93 * plain


def test_candidates_are_weighed_for_a_purpose() -> None:
    found = rank_by_ability(simulate_responses(20, 2, 30, rng=21).responses, errors="none", rng=0)
    profiles = ability_profiles(found, rng=0)
    one = weigh_candidates(profiles, topic_weights={"topic 2": 3})
    assert one["candidate"][0] == profiles.candidates[int(np.argmax(profiles.abilities[:, 1]))]
    cost = np.arange(20.0)
    dear = weigh_candidates(profiles, cost=cost, cost_weight=100)
    assert dear["candidate"][0] == "candidate 1"
    assert dear.filter(pl.col("candidate") == "candidate 1")["on_front"][0]
    strict = weigh_candidates(profiles, minimum={"topic 1": 99})
    assert not strict["suitable"].any()
    for argument, options in {
        "topic_weights": {"topic_weights": {"x": 1}},
        "minimum": {"minimum": {"x": 1}},
        "cost": {"cost": [1.0]},
        "latency": {"latency_weight": 1.0},
    }.items():
        with pytest.raises(InputError) as problem:
            weigh_candidates(profiles, **options)
        assert problem.value.argument == argument


def test_a_short_form_beats_items_at_random() -> None:
    found = rank_by_ability(simulate_responses(80, 1, 80, wrong_keys=0, rng=22).responses, errors="none", rng=0)
    form = short_form(found, 20)
    assert (np.diff(form.errors) < 0).all()
    points = np.linspace(-4, 4, 81)
    weight = np.exp(-(points**2) / 2) / np.exp(-(points**2) / 2).sum()
    (fit,) = found.fits
    told = item_information(points, fit.slope, fit.difficulty)
    rng = np.random.default_rng(0)
    others = [np.sqrt(weight @ (1 / (1 + told[:, rng.permutation(80)[:20]].sum(axis=1)))) for _ in range(50)]
    assert form.errors[20] < min(others)
    assert form.errors[20] > form.full_error
    places = [found.data.items.to_list().index(name) for name in form.items]
    assert form.errors[20] == pytest.approx(float(np.sqrt(weight @ (1 / (1 + told[:, places].sum(axis=1))))))


def test_asking_adaptively_places_a_candidate_with_fewer_items() -> None:
    made = simulate_responses(150, 1, 120, wrong_keys=0, rng=23)
    found = rank_by_ability(made.responses, errors="none", rng=0)
    rng = np.random.default_rng(1)
    slope, difficulty = made.discrimination, made.difficulty
    truth = 1.8
    solved = rng.random(120) < solve_probability([truth], slope, difficulty)[0]
    names = made.responses.items.to_list()
    answers: dict[str, bool] = {}
    while (step := next_item(found, answers, enough=0.35)).item is not None:
        answers[step.item] = bool(solved[names.index(step.item)])
    plain = next_item(found, {name: bool(solved[names.index(name)]) for name in names[: len(answers)]})
    assert step.error <= 0.35 < plain.error
    assert abs(step.ability - truth) < 3 * step.error
    assert next_item(found, {}, among=[names[3]]).item == names[3]


def test_estimates_of_who_has_all_right() -> None:
    found = rank_by_ability(simulate_responses(60, 1, 20, wrong_keys=0, rng=24).responses, errors="none", rng=0)
    every = dict.fromkeys(found.data.items.to_list(), 1)
    assert score_candidate(found, every, estimate="mle")["ability"][0] is None
    eap, mode = (score_candidate(found, every, estimate=one)["ability"][0] for one in ("eap", "map"))
    assert 1 < mode < 4
    assert abs(eap - mode) < 0.5
    some = {name: k % 2 for k, name in enumerate(found.data.items.to_list())}
    mle, shrunk = (score_candidate(found, some, estimate=one)["ability"][0] for one in ("mle", "map"))
    assert abs(mle) > abs(shrunk)


def test_a_candidate_that_knew_hard_items_is_odd() -> None:
    made = simulate_responses(80, 1, 100, wrong_keys=0, rng=25).responses
    right = made.right.copy()
    hard = np.argsort(right.mean(axis=0))[:35]
    weak = int(np.argsort(right.mean(axis=1))[8])
    right[weak, hard] = 1
    table = odd_answers(rank_by_ability(right, errors="none", rng=0))
    assert table["candidate"][0] == str(weak)
    assert table["p"][0] < 0.01
    assert (table["p"] < 0.05).sum() <= 3


def test_leaving_out_a_topic_is_leaving_out_its_items() -> None:
    found = rank_by_ability(simulate_responses(20, 3, 12, rng=26).responses, errors="none", rng=0)
    rest = found.without("topic 2")
    np.testing.assert_allclose(rest.scores, found.abilities[:, [0, 2]].mean(axis=1), atol=1e-9)
    assert found.leave_one_out()["topic"].to_list() == ["topic 1", "topic 2", "topic 3"]
    assert rank_by_ability(found.data, scale="joint", errors="none", rng=0).data.topics.to_list() == ["all items"]


# Input.


def table_of(right: np.ndarray, **columns: list[str]) -> dict[str, object]:
    rows, items = np.indices(right.shape)
    return {
        "candidate": [f"m{i}" for i in rows.ravel()],
        "item": [f"q{j}" for j in items.ravel()],
        "score": right.ravel(),
        **{name: [values[j] for j in items.ravel()] for name, values in columns.items()},
    }


def test_opinions_bring_topics() -> None:
    right = simulate_responses(12, 1, 12, rng=27).responses.right
    topics = ["x"] * 6 + ["y"] * 6
    by_topic = rank_by_ability(results(**table_of(right, topic=topics)), errors="none", rng=0)  # type: ignore[arg-type]
    by_task = rank(results(**table_of(right, task=topics)), method="item-response", errors="none", rng=0)  # type: ignore[arg-type]
    plain = rank_by_ability(right, topics=topics, errors="none", rng=0)
    np.testing.assert_allclose(by_topic.scores, plain.scores)
    np.testing.assert_allclose(by_task.scores, plain.scores)
    about = {"items": pl.DataFrame({"item": [f"q{j}" for j in range(12)], "topic": topics})}
    told = rank_by_ability(results(**table_of(right), about=about), errors="none", rng=0)  # type: ignore[arg-type]
    assert told.data.topics.to_list() == ["x", "y"]


@pytest.mark.parametrize(
    ("data", "options", "argument", "words"),
    [
        pytest.param(
            [[1, 0.5, 1, 1, 1]] * 3, {}, "responses", "got 0.5 .candidate 0, item 1", id="sheet25-other-values"
        ),
        pytest.param([[1, 0, 1, 1, 1]] * 2, {}, "models", "3 at least", id="sheet25-models"),
        pytest.param([[1, np.nan, 1, 1, 1]] * 3, {}, "responses", "item '1' has none", id="sheet25-empty-item"),
        pytest.param(
            [[1, 0, 1, 1, 1]] * 3 + [[np.nan] * 5], {}, "responses", "candidate '3' has none", id="sheet25-empty-model"
        ),
        pytest.param(
            [[1, 0, 1, 1, 1]] * 3, {"items": list("aabcd")}, "duplicate response", "twice", id="sheet25-duplicate"
        ),
        pytest.param([[1, 0, 1, 1]] * 3, {}, "topics", "none has 5 items", id="sheet25-few-items"),
        pytest.param([[1, 0, 1, 1, 1]] * 3, {"topics": ["a"]}, "topics", "each of 5 items", id="topics-length"),
        pytest.param([[1, 0, 1, 1, 1]] * 3, {"model": "4pl"}, "model", "must be one of", id="model"),
        pytest.param([[1, 0, 1, 1, 1]] * 3, {"model": "3pl", "estimate": "joint"}, "model", "one of", id="joint-3pl"),
        pytest.param([[1, 0, 1, 1, 1]] * 3, {"topic_weights": [-1]}, "topic_weights", "at least 0", id="weights"),
        pytest.param([[1, 0, 1, 1, 1]] * 3, {"prior": "flat"}, "prior", "must be one of", id="prior"),
        pytest.param([[1, 0, 1, 1, 1]] * 3, {"level": 95}, "level", "strictly between", id="level"),
        pytest.param([[1, 1, 0, 0, 1]] * 3, {"prior": None}, "responses", "same answers", id="plain-without-variance"),
    ],
)
def test_bad_input_is_named(data: object, options: dict[str, object], argument: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as problem:
        rank_by_ability(data, **options)  # type: ignore[arg-type]
    assert problem.value.argument == argument


def test_a_second_response_in_a_long_table_is_named() -> None:
    twice = results(["a", "a", "b", "c"], ["q", "q", "q", "q"], [1, 0, 1, 1], run=["1", "2", "1", "1"])
    with pytest.raises(InputError, match="candidate 'a' has several responses to item 'q'") as problem:
        responses(twice)
    assert problem.value.argument == "duplicate response"


def test_small_topics_are_left_out_and_said() -> None:
    right = simulate_responses(12, 1, 8, rng=28).responses.right
    found = rank_by_ability(right, topics=["big"] * 6 + ["tiny"] * 2, errors="none", rng=0)
    assert found.data.topics.to_list() == ["big"]
    assert "left out: 1 topic with fewer than 5 items: tiny" in " ".join(found.provenance.notes)


def test_equal_scores_tell_nobody_apart() -> None:
    right = np.array([np.roll([1, 1, 1, 0, 0, 0], k) for k in range(20)], dtype=float)
    found = rank_by_ability(right, errors="none", rng=0)
    assert found.fits[0].reliability == 0
    np.testing.assert_allclose(found.scores, 0, atol=1e-6)
    assert "cannot be told apart" in " ".join(found.provenance.notes)


def test_an_item_that_all_solve_keeps_finite_parameters_under_the_prior() -> None:
    right = simulate_responses(40, 1, 10, rng=29).responses.right.copy()
    right[:, 0] = 1
    found = rank_by_ability(right, rng=0)
    assert np.isfinite(found.fits[0].slope).all()
    assert found.fits[0].intercept[0] > 2


def test_who_was_asked_nothing_of_a_topic_stands_at_its_middle() -> None:
    right = simulate_responses(20, 2, 8, rng=30).responses.right.copy()
    right[0, :8] = np.nan
    found = rank_by_ability(right, topics=["x"] * 8 + ["y"] * 8, errors="none", rng=0)
    assert found.abilities[0, 0] == 0
    assert found.ability_errors[0, 0] == pytest.approx(1, abs=1e-3)


def test_rounds_that_run_out_are_said() -> None:
    fitted = marginal(
        rows_of(simulate_responses(60, 1, 10, rng=31).responses.right)[0], model="2pl", prior=None, most=2
    )
    assert not fitted.converged


def test_plain_likelihoods_on_fine_points_are_finite() -> None:
    rows = Rows(np.ones((1, 3)), None, np.ones(1))
    assert np.isfinite(log_likelihoods(rows, Items(np.full(3, 40.0), np.zeros(3)), np.linspace(-6, 6, 7))).all()


@pytest.mark.parametrize("told", ["about", "beside", "both", "about over beside", "turned"])
def test_errors_rank_as_what_was_solved(told: str) -> None:
    """0 and 1 of a task on which lower is better say who failed; each way to say so counts once."""
    right = simulate_responses(12, 1, 12, rng=27).responses.right
    topics = ["x"] * 6 + ["y"] * 6
    plain = rank_by_ability(right, topics=topics, errors="none", rng=0)
    failed = np.where(np.array(topics) == "y", 1 - right, right)
    table = table_of(failed, task=topics)
    lower = [task != "y" for task in table["task"]]  # type: ignore[union-attr]
    if told == "turned":
        made = rank(score_table(results(**table)).turned([True, False]), method="item-response", errors="none", rng=0)  # type: ignore[arg-type]
        np.testing.assert_allclose(made.scores, plain.scores)
        return
    about = (
        {"tasks": pl.DataFrame({"task": ["x", "y"], "higher_is_better": [True, False]})} if "about" in told else None
    )
    if told == "both":
        about = {"tasks": pl.DataFrame({"task": ["y"], "higher_is_better": [False]})}
    if told == "about over beside":
        lower = [True] * len(lower)
    frame = pl.DataFrame(table)
    if told != "about":
        frame = frame.with_columns(higher_is_better=pl.Series(lower))
    found = rank_by_ability(from_frame(frame, kind="results", about=about), errors="none", rng=0)
    np.testing.assert_allclose(found.scores, plain.scores)
    points = borda(from_frame(frame, kind="results", about=about), repeats=0)
    np.testing.assert_allclose(points.scores, borda(score_table([right[:, :6], right[:, 6:]]), repeats=0).scores)


def test_weights_of_tasks_that_are_words_are_named() -> None:
    right = simulate_responses(12, 1, 12, rng=27).responses.right
    about = {"tasks": pl.DataFrame({"task": ["x", "y"], "weight": ["2", "much"]})}
    opinions = results(**table_of(right, task=["x"] * 6 + ["y"] * 6), about=about)  # type: ignore[arg-type]
    for made in (score_table, rank_by_ability):
        with pytest.raises(InputError, match="task 'y'") as problem:
            made(opinions)
        assert problem.value.argument == "task_weights"


def test_places_among_the_first_sheet25_beyond_3() -> None:
    """sheet25-beyond-3: P(rank <= k) of normal posteriors; of k = 2 by integrating over who stands above."""
    found = rank_by_ability(simulate_responses(6, 2, 15, rng=4).responses, rng=0, errors="none")
    made = {k: ability_profiles(found, top=k, draws=20_000, rng=0) for k in (1, 2, 6)}
    np.testing.assert_array_equal(made[1].in_top, made[1].best)
    assert (made[6].in_top == 1).all()
    np.testing.assert_allclose(made[2].in_top.sum(axis=0), 2)
    mean, error = found.abilities[:, 0], found.ability_errors[:, 0]
    grid = np.linspace(-6, 6, 4001)
    for i in range(6):
        others = [k for k in range(6) if k != i]
        below = stats.norm.cdf((grid[:, None] - mean[others]) / error[others])
        nobody = below.prod(axis=1)
        one = nobody * ((1 - below) / below).sum(axis=1)
        density = stats.norm.pdf(grid, mean[i], error[i])
        assert made[2].in_top[i, 0] == pytest.approx(np.trapezoid((nobody + one) * density, grid), abs=0.015)
    assert made[2].long()["in_top"].to_list()[:2] == made[2].in_top[0].tolist()
    with pytest.raises(InputError) as problem:
        ability_profiles(found, top=0)
    assert problem.value.argument == "top"
