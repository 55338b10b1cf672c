"""What more samples would buy: against simulated truth, intervals, the power law, bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from psephos.allocation import Uniform, allocate, fit_power_law, forecast
from psephos.errors import InputError


def population(rng, n_questions, alpha=0.6):
    return rng.dirichlet([alpha] * 5, n_questions)


def pools_from(shares, draws, rng):
    return {f"q{q}": np.repeat(list("abcde"), rng.multinomial(draws, p)).tolist() for q, p in enumerate(shares)}


def true_errors(shares, numbers, rng, repeats=40):
    """Share of questions whose majority is not the mode, ties in part."""
    rows = np.repeat(shares, repeats, axis=0)
    mode = rows.argmax(axis=1)
    found = []
    for n in numbers:
        counts = rng.multinomial(n, rows)
        leading = counts == counts.max(axis=1, keepdims=True)
        found.append(1 - (leading[np.arange(len(rows)), mode] / leading.sum(axis=1)).mean())
    return np.array(found)


NUMBERS = (1, 4, 16, 64)


def test_eight_samples_foretell_the_error_of_one_to_sixty_four():
    """600 questions: the standard error of a mean error of .2 is .016 from the questions alone."""
    rng = np.random.default_rng(0)
    shares = population(rng, 600)
    truth = true_errors(shares, NUMBERS, rng)
    found = forecast(pools_from(shares, 8, rng), NUMBERS, n_options=5, rng=1).table()["error"].to_numpy()
    np.testing.assert_allclose(found, truth, atol=0.035)
    assert abs(truth[0] - truth[-1]) > 0.2


def test_the_intervals_hold_the_error_of_the_population():
    """40 panels of 150 questions; standard error of 40 trials 3.4 %."""
    rng = np.random.default_rng(1)
    truth = true_errors(population(rng, 20_000), (16,), rng, repeats=1)[0]
    held = 0
    for _ in range(40):
        pools = pools_from(population(rng, 150), 8, rng)
        row = forecast(pools, (16,), n_options=5, draws=40, rng=rng).table().row(0, named=True)
        held += row["low"] <= truth <= row["high"]
    assert held / 40 >= 0.82


def test_what_is_at_hand_can_be_kept():
    rng = np.random.default_rng(2)
    pools = pools_from(population(rng, 200), 16, rng)
    kept = forecast(pools, (0, 16), keep=True, n_options=5, draws=300, rng=0).table()["error"].to_numpy()
    fresh = forecast(pools, (16, 32), n_options=5, draws=300, rng=0).table()["error"].to_numpy()
    assert kept[1] < kept[0]
    # Sixteen further samples on top of sixteen are thirty-two; those at hand are known, which the posterior uses.
    assert kept[1] == pytest.approx(fresh[1], abs=0.03)


def test_the_law_of_kept_samples_is_in_all_samples_not_in_further_ones():
    """Of 16 samples and as many, three times and seven times as many again the error falls like that of 32, 64, 128."""
    rng = np.random.default_rng(2)
    pools = pools_from(population(rng, 200), 16, rng)
    kept = forecast(pools, (16, 48, 112), keep=True, n_options=5, draws=300, rng=0)
    fresh = forecast(pools, (32, 64, 128), n_options=5, draws=300, rng=0)
    assert kept.power_law is not None
    assert fresh.power_law is not None
    slope, _ = np.polyfit(np.log([32, 64, 128]), np.log(kept.table()["error"]), 1)
    assert kept.power_law.exponent.value == pytest.approx(-slope)
    assert kept.power_law.exponent.low < kept.power_law.exponent.value < kept.power_law.exponent.high
    assert kept.power_law.exponent.value == pytest.approx(fresh.power_law.exponent.value, abs=0.15)
    assert (kept.at_hand, fresh.at_hand) == (16, 0)
    assert "48 further samples" in str(kept)
    assert "further" not in str(fresh)


def test_two_answers_with_a_known_prior_are_a_sum_over_the_binomial():
    """One question, 3 of 4 for a, prior 1: E over Beta(4, 2) of the error at n = 3, by quadrature."""
    found = forecast({"q": list("aaab")}, (3,), n_options=2, prior=1.0, draws=200_000, rng=0).table()["error"][0]
    p = np.linspace(0.0005, 0.9995, 1000)
    majority = stats.binom.sf(1, 3, p)
    wrong = np.where(p > 0.5, 1 - majority, majority)
    expected = np.average(wrong, weights=stats.beta.pdf(p, 4, 2))
    assert found == pytest.approx(expected, abs=0.004)


def test_an_allocation_can_be_foretold_from():
    rng = np.random.default_rng(3)
    pools = pools_from(population(rng, 40), 30, rng)
    stores = {name: iter(rng.permutation(pool).tolist()) for name, pool in pools.items()}
    done = allocate(Uniform(list(pools), 400), lambda name: next(stores[name]))
    found = forecast(done, (4, 8, 16), rng=0)
    assert found.table()["error"].is_sorted(descending=True)
    assert found.power_law is not None
    assert found.questions["question"].to_list() == list(pools)
    assert found.table()["wrong"][0] == pytest.approx(40 * found.table()["error"][0])
    assert "power law" in str(found)
    assert found.to_dict()["power_law"]["coefficient"] == found.power_law.coefficient


def test_sheet10_margins_dense_near_zero_make_a_power_law_of_one_half():
    """Two answers with p uniform: m ~ (2p - 1)^2 / 2 near ties has density m^(-1/2), so the error is like n^(-1/2)."""
    p = (np.arange(20_000) + 0.5) / 20_000
    numbers = np.array([32, 64, 128, 256, 512])
    errors = []
    for n in numbers:
        wrong = stats.binom.cdf(n // 2 - 1, n, np.maximum(p, 1 - p)) + stats.binom.pmf(n // 2, n, p) / 2
        errors.append(wrong.mean())
    law = fit_power_law(numbers, errors)
    assert law.exponent.value == pytest.approx(0.5, abs=0.01)
    assert law.r_squared > 0.999
    assert law.samples_for(float(law.error(100))) == pytest.approx(100)


def test_a_power_law_with_scatter():
    rng = np.random.default_rng(4)
    n = np.array([2, 4, 8, 16, 32, 64])
    held = 0
    for _ in range(200):
        law = fit_power_law(n, np.minimum(1, 0.8 * n**-0.7 * np.exp(rng.normal(0, 0.1, 6))))
        held += law.exponent.low <= 0.7 <= law.exponent.high
    assert 0.9 <= held / 200 <= 0.99


def test_points_without_an_error_are_left_out_of_the_law():
    law = fit_power_law([1, 2, 4, 8], [0.5, 0.25, 0.125, 0.0])
    assert law.points == 3
    assert law.exponent.value == pytest.approx(1)
    assert fit_power_law([1, 2, 4], [0.1, 0.2, 0.4]).samples_for(0.05) == math.inf
    assert fit_power_law([4, 8, 16, 32], [0.3, 0.299, 0.3, 0.299]).samples_for(0.001) == math.inf  # 10^2400


def test_unanimous_questions_have_no_law():
    found = forecast({f"q{k}": ["a"] * 40 for k in range(5)}, (8, 16, 32), rng=0)
    assert found.table()["error"].max() < 0.01
    assert "a question is taken to have 2 possible answers" in found.provenance.notes


def test_the_same_seed_gives_the_same_forecast():
    pools = pools_from(population(np.random.default_rng(5), 20), 8, np.random.default_rng(6))
    assert forecast(pools, (4, 8), rng=3).table().equals(forecast(pools, (4, 8), rng=3).table())


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: forecast({}, (4,)), "pools"),
        (lambda: forecast({"q": ["a"]}, (4,)), "pools"),
        (lambda: forecast(Uniform([], 0).result(), (4,)), "pools"),
        (lambda: forecast({"q": ["a", "a"]}, ()), "samples"),
        (lambda: forecast({"q": ["a", "a"]}, (0,)), "samples"),
        (lambda: forecast({"q": ["a", "a"]}, (1.5,)), "samples"),
        (lambda: forecast({"q": ["a", "a"]}, (4,), draws=0), "draws"),
        (lambda: forecast({"q": ["a", "a"]}, (4,), prior=0), "prior"),
        (lambda: forecast({"q": ["a", "a"]}, (4,), level=1), "level"),
        (lambda: forecast({"q": ["a", "a"]}, (4,), n_options=1), "n_options"),
        (lambda: forecast({"q": ["a", "b", "c"]}, (4,), n_options=2, prior=1), "n_options"),
        (lambda: fit_power_law([1, 2], [0.5, 0.2]), "errors"),
        (lambda: fit_power_law([1, 2, 3], [0.5, 0, 0]), "errors"),
        (lambda: fit_power_law([0, 2, 3], [0.5, 0.2, 0.1]), "samples"),
        (lambda: fit_power_law([1, 2, 3], [0.5, 0.2, 1.1]), "errors"),
        (lambda: fit_power_law([1, 2, 3], [0.5, 0.2]), "errors"),
        (lambda: fit_power_law([1, 2, 4], [0.4, 0.2, 0.1]).error([1, math.inf]), "samples"),
        (lambda: fit_power_law([1, 2, 4], [0.4, 0.2, 0.1]).error(0), "samples"),
        (lambda: fit_power_law([1, 2, 4], [0.4, 0.2, 0.1]).samples_for(0), "error"),
    ],
)
def test_bad_input_is_named(call, argument):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.argument == argument


def test_a_single_question_is_said_to_have_no_interval():
    assert "(no interval)" in str(forecast({"q": ["a", "b", "a"]}, [1, 3]))
