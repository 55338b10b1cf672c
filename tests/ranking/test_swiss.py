"""Swiss rounds: exact vectors of sheet 04, the simulation against them, the claims, bad input."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from psephos.errors import InputError
from psephos.ranking import (
    benchmark_order_sensitivity,
    borda,
    bye_sensitivity,
    failure_sensitivity,
    item_sensitivity,
    mean_score,
    rank,
    swiss,
    swiss_exact,
)

V1 = np.array([[90, 80, 70, 60], [60, 85, 75, 50], [70, 55, 88, 65]], dtype=np.float64).T
V2 = np.array([[5, 5, 3, 2, 1], [9, 7, 8, 6, 7], [40, 50, 30, 20, 60], [0.2, 0.3, 0.9, 0.4, 0.1]]).T
ROUND = [[0.5, 0.8, 0.6, 0.9], [0.2, 0.5, 0.4, 0.7], [0.4, 0.6, 0.5, 0.75], [0.1, 0.3, 0.25, 0.5]]
V3 = np.array([ROUND, ROUND])


@pytest.mark.parametrize(
    ("scores", "eliminate", "points", "survival"),
    [
        pytest.param(V1, [0, 0, 0], "11/6 5/3 7/3 1/6", "1 1 1 1", id="sheet04-v1-000"),
        pytest.param(V1, [1, 1, 0], "4/3 3/2 3/2 2/3", "1/2 3/4 1/2 1/4", id="sheet04-v1-110"),
        pytest.param(V1, [1, 1, 1], "4/3 3/2 3/2 2/3", "1/6 1/3 5/12 1/12", id="sheet04-v1-111"),
        pytest.param(V1, [2, 1, 0], "1 2 1 0", "0 2/3 1/3 0", id="sheet04-v1-210"),
        pytest.param(V2, 0, "749/270 721/270 364/135 529/270 19/10", "1 1 1 1 1", id="sheet04-v2-0"),
        pytest.param(V2, [1, 1, 1, 1], "683/270 1879/810 1387/810 356/405 151/270", None, id="sheet04-v2-1111"),
        pytest.param(V2, [1, 0, 1, 0], "217/81 443/162 53/27 13/27 185/162", None, id="sheet04-v2-1010"),
    ],
)
def test_exact_vectors(scores: np.ndarray, eliminate: int | list[int], points: str, survival: str | None) -> None:
    found, stays = swiss_exact(scores, eliminate=eliminate)
    assert found == [Fraction(text) for text in points.split()]
    if survival is not None:
        assert stays == [Fraction(text) for text in survival.split()]


def test_survival_of_an_odd_field_sheet04_v2_survival() -> None:
    """sheet04-v2-survival"""
    _, stays = swiss_exact(V2, eliminate=[1, 0, 1, 0])
    np.testing.assert_allclose([float(s) for s in stays], [1, 0.851852, 0.622222, 0.081481, 0.444444], atol=1e-6)


@pytest.mark.parametrize(
    ("bye", "points"),
    [
        pytest.param(0, (2.303704, 2.100926, 1.448148, 0.233333, 0.913889), id="sheet04-v2-bye0"),
        pytest.param(0.5, (2.577778, 2.396759, 1.751852, 0.329167, 0.944444), id="sheet04-v2-bye-half"),
    ],
)
def test_byes(bye: float, points: tuple[float, ...]) -> None:
    found, _ = swiss_exact(V2, eliminate=[1, 0, 1, 0], bye=bye)
    np.testing.assert_allclose([float(value) for value in found], points, atol=1e-6)


@pytest.mark.parametrize(
    ("eliminate", "points", "survival"),
    [
        pytest.param([0, 0], "907/600 2677/3000 431/375 67/150", "1 1 1 1", id="sheet04-v3-00"),
        pytest.param([1, 0], "43/30 847/1000 403/375 129/200", "53/60 43/60 19/24 73/120", id="sheet04-v3-10"),
    ],
)
def test_chances(eliminate: list[int], points: str, survival: str) -> None:
    found, stays = swiss_exact(chances=V3, eliminate=eliminate)
    assert found == [Fraction(text) for text in points.split()]
    assert stays == [Fraction(text) for text in survival.split()]


CASES = [
    pytest.param({"scores": V1, "eliminate": [1, 1, 1]}, id="even"),
    pytest.param({"scores": V2, "eliminate": 1}, id="odd"),
    pytest.param({"scores": V2, "eliminate": 1, "bye": 0}, id="bye-0"),
    pytest.param({"scores": V2, "tie": "coin"}, id="coin"),
    pytest.param({"scores": V2, "pairing": "adjacent", "eliminate": [1, 0, 2, 0]}, id="adjacent"),
    pytest.param({"scores": V2, "tie_margin": [1, 0, 10, 0.1]}, id="margin"),
    pytest.param({"chances": V3, "eliminate": [1, 0]}, id="chances"),
    pytest.param({"scores": np.where(V2 == 6, np.nan, V2), "holes": "bye", "eliminate": 1}, id="sits-out"),
    pytest.param({"scores": np.where(V2 == 8, np.nan, V2), "holes": "loss"}, id="loss"),
]


@pytest.mark.parametrize("rules", CASES)
def test_the_simulation_has_the_exact_expectation(rules: dict[str, object]) -> None:
    """Within 4.5 standard errors; where nothing varies, exactly."""
    points, survival = swiss_exact(**rules)  # type: ignore[arg-type]
    made = swiss(**rules, n_sim=40_000, rng=4)  # type: ignore[arg-type]
    off = np.abs(made.scores - np.array(points, dtype=np.float64))
    assert (off <= 4.5 * made.standard_error + 1e-12).all(), off / made.standard_error
    p = np.array(survival, dtype=np.float64)
    assert (np.abs(made.survival - p) <= 4.5 * np.sqrt(p * (1 - p) / 40_000) + 1e-12).all()
    np.testing.assert_allclose(made.distribution.sum(axis=1), 1)


@given(arrays(np.float64, (4, 3), elements=st.sampled_from([0.0, 1.0, 2.0])), st.permutations(range(4)))
@settings(max_examples=25)
def test_neither_names_nor_scales_matter(scores: np.ndarray, rows: list[int]) -> None:
    points, survival = swiss_exact(scores, eliminate=1)
    other, stays = swiss_exact(np.exp(scores[rows]), eliminate=1)
    assert other == [points[m] for m in rows]
    assert stays == [survival[m] for m in rows]
    assert sum(swiss_exact(scores)[0]) == 6


def test_all_tied_get_half_of_the_rounds() -> None:
    assert swiss(np.ones((6, 5)), n_sim=200, rng=0).scores.tolist() == [2.5] * 6


@pytest.mark.parametrize("engine", [2])
def test_the_number_of_workers_does_not_matter(engine: int) -> None:
    here, there = (swiss(V2, eliminate=1, n_sim=5_000, rng=3, engine=one) for one in (1, engine))
    np.testing.assert_array_equal(here.scores, there.scores)
    np.testing.assert_array_equal(here.distribution, there.distribution)


def profile(reverse: bool = False) -> np.ndarray:
    scores = np.repeat(np.linspace(0.9, -0.9, 12)[:, None], 8, axis=1)
    scores[0] = 1
    scores[1] = [-2] * 3 + [2] * 5
    return scores[:, ::-1] if reverse else scores


@pytest.mark.parametrize(
    ("eliminate", "points", "survival"),
    [
        pytest.param(0, (7.999, 5.000, 4.887), 1, id="sheet04-profile-0"),
        pytest.param(1, (7.817, 0.943, 4.924), 0.155, id="sheet04-profile-1"),
        pytest.param(2, (8.000, 0.000, 3.624), 0, id="sheet04-profile-2"),
    ],
)
def test_a_specialist_falls_by_elimination(eliminate: int, points: tuple[float, ...], survival: float) -> None:
    made = swiss(profile(), eliminate=eliminate, n_sim=100_000, rng=1)
    np.testing.assert_allclose(made.scores[:3], points, atol=0.03)
    assert made.survival[1] == pytest.approx(survival, abs=0.01)


def test_failure_sensitivity_tells_the_specialist_sheet04_profile_slopes() -> None:
    """sheet04-profile-slopes"""
    made = failure_sensitivity(profile(), rng=2, n_sim=40_000)
    rows = {row["candidate"]: row for row in made.table().iter_rows(named=True)}
    slopes = [rows[name]["slope"] for name in ("0", "1", "2")]
    np.testing.assert_allclose(slopes, (0.019, -1.544, -0.571), atol=0.03)
    assert rows["1"]["label"] == "aggressive specialist"
    assert rows["0"]["label"] == "robust generalist"
    assert (rows["1"]["rank_without"], rows["1"]["rank_with"]) == (2, 12)
    assert "1 loses most" in str(made)


def test_the_order_of_benchmarks_decides_sheet04_profile_reversed() -> None:
    """sheet04-profile-reversed"""
    found = [swiss(profile(reverse=True), eliminate=t, n_sim=40_000, rng=3).scores[1] for t in (0, 1, 2)]
    np.testing.assert_allclose(found, (5.000, 5.000, 5.051), atol=0.03)
    made = benchmark_order_sensitivity(profile(), eliminate=1, orders=10, n_sim=2_000, rng=0)
    spread = dict(made.table().select("candidate", "spread").iter_rows())
    assert max(spread, key=lambda name: spread[name]) == "1"
    assert spread["1"] > 2 * spread["0"]


@pytest.mark.slow
def test_a_few_failures_cost_less_than_in_a_mean_sheet04_outliers() -> None:
    """sheet04-outliers: mean rank of a model before and after six zeros, over 20 seeds, within 1."""
    before, after = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        scores = 60 + np.linspace(15, -15, 29)[:, None] + 4 * rng.normal(size=(29, 38)) + 10 * rng.normal(size=38)
        broken = scores.copy()
        broken[6, rng.choice(38, 6, replace=False)] = 0
        for place, values in ((before, scores), (after, broken)):
            made = mean_score(values, repeats=0), borda(values, repeats=0), swiss(values, n_sim=2_000, rng=seed)
            place.append([one.ranks[6] for one in made])
    np.testing.assert_allclose(np.mean(before, axis=0), (7.0, 7.1, 7.0), atol=1)
    np.testing.assert_allclose(np.mean(after, axis=0), (16.7, 10.5, 9.1), atol=1)


def test_errors_shrink_with_runs_sheet04_error() -> None:
    """sheet04-error: worst model of the profile set, T = 1: .07 at 1,000 runs, .022 at 10,000."""
    worst = [swiss(profile(), eliminate=1, n_sim=n, rng=5).standard_error.max() for n in (1_000, 10_000)]
    np.testing.assert_allclose(worst, (0.07, 0.022), rtol=0.2)


def test_tiers_and_notes() -> None:
    scores = np.repeat([[10.0], [9.9], [5.0], [4.9], [0.0]], 4, axis=1)
    made = swiss(scores, n_sim=50, rng=0)
    said = " ".join(made.provenance.notes)
    assert "50 runs are few" in said
    assert "odd number of models" in said
    assert made.tiers[0] == 1
    assert (np.diff(made.tiers[made.order]) >= 0).all()
    assert "the last one stays" in " ".join(swiss(scores, eliminate=3, n_sim=200, rng=0).provenance.notes)
    assert rank(scores, method="swiss", n_sim=200, rng=0).leave_one_out().height == 4


@pytest.mark.parametrize(
    ("rules", "argument"),
    [
        pytest.param({"scores": [[1.0, 2.0]]}, "models", id="sheet04-models"),
        pytest.param({"scores": np.empty((3, 0))}, "benchmarks", id="sheet04-benchmarks"),
        pytest.param({"scores": [[1, np.nan], [2, 3]]}, "scores", id="sheet04-nan"),
        pytest.param({"scores": [[1, np.inf], [2, 3]]}, "scores", id="sheet04-inf"),
        pytest.param({"scores": V1, "eliminate": -1}, "eliminate", id="sheet04-negative"),
        pytest.param({"scores": V1, "eliminate": 1.5}, "eliminate", id="sheet04-fraction"),
        pytest.param({"scores": V1, "eliminate": [1, 1]}, "eliminate", id="sheet04-length"),
        pytest.param({"scores": V1, "bye": 0.3}, "bye", id="sheet04-bye"),
        pytest.param({"scores": V1, "n_sim": 0}, "n_sim", id="runs"),
        pytest.param({"scores": V1, "pairing": "seeded"}, "pairing", id="pairing"),
        pytest.param({"scores": V1, "tie_margin": -1}, "tie_margin", id="margin"),
        pytest.param({"scores": V1, "tie_margin": [0, 1]}, "tie_margin", id="margin-length"),
        pytest.param({"scores": V1, "tie_margin": "wide"}, "tie_margin", id="margin-text"),
        pytest.param({"scores": V1, "tie_margin": [0, None, 1]}, "tie_margin", id="margin-none"),
        pytest.param({"scores": V1, "chances": V3}, "scores", id="both"),
        pytest.param({"chances": V3[:, :1, :1]}, "models", id="chances-models"),
        pytest.param({"chances": V3[:0]}, "benchmarks", id="chances-benchmarks"),
        pytest.param({"chances": np.ones((1, 2, 2))}, "chances", id="sheet04-complement"),
        pytest.param({"chances": [[["a", "b"], ["c", "d"]]]}, "chances", id="chances-text"),
        pytest.param({"chances": [[0.5, 0.5], [0.5, 0.5]]}, "chances", id="chances-flat"),
    ],
)
def test_bad_input_is_named(rules: dict[str, object], argument: str) -> None:
    with pytest.raises(InputError) as problem:
        swiss(**rules)  # type: ignore[arg-type]
    assert problem.value.argument == argument


def test_places_of_faults_are_said() -> None:
    with pytest.raises(InputError, match="first that of 0 on 1"):
        swiss([[1, np.nan], [2, 3]])
    with pytest.raises(InputError, match="index 0, 0, 1"):
        swiss(chances=np.ones((1, 2, 2)))
    with pytest.raises(InputError) as problem:
        swiss_exact(np.ones((7, 2)))
    assert problem.value.argument == "models"
    with pytest.raises(InputError) as problem:
        failure_sensitivity(V1, eliminate=1)
    assert problem.value.argument == "eliminate"
    with pytest.raises(InputError) as problem:
        bye_sensitivity(V1, bye=1)
    assert problem.value.argument == "bye"
    with pytest.raises(InputError) as problem:
        item_sensitivity(V1)
    assert problem.value.argument == "scores"


def test_a_gap_of_just_the_margin_is_a_tie() -> None:
    """.8 - .7 is .1 and a little more, .3 - .2 a little less."""
    for high, low in ((0.8, 0.7), (0.3, 0.2), (1.1, 1.0)):
        assert swiss_exact([[high], [low]], tie_margin=0.1)[0] == [Fraction(1, 2)] * 2
        assert swiss_exact([[high], [low]], tie_margin=0.0999)[0] == [1, 0]


def test_margins_go_with_their_benchmarks_in_whatever_order() -> None:
    """On the second benchmark everyone ties, whenever it is played; the first is played as it is."""
    scores = [[2, 5], [1, 9]]
    made = benchmark_order_sensitivity(scores, orders=12, n_sim=100, rng=0, tie_margin=[0, 10])
    np.testing.assert_allclose(made.expected, np.tile([1.5, 0.5], (13, 1)))


def test_points_with_byes_of_each_worth_sheet04_beyond_5() -> None:
    """sheet04-beyond-5: the sheet's exact points with byes of 0 and 1/2, and those of 1 by our enumeration."""
    made = bye_sensitivity(V2, eliminate=[1, 0, 1, 0], n_sim=40_000, rng=0)
    whole = [float(one) for one in swiss_exact(V2, eliminate=[1, 0, 1, 0])[0]]
    assert whole == pytest.approx([217 / 81, 443 / 162, 53 / 27, 13 / 27, 185 / 162])
    exact = np.array([(2.303704, 2.100926, 1.448148, 0.233333, 0.913889),
                      (2.577778, 2.396759, 1.751852, 0.329167, 0.944444), whole])  # fmt: skip
    np.testing.assert_allclose(made.expected, exact, atol=0.03)
    frame = made.table().sort("candidate")
    np.testing.assert_allclose(frame["points"], exact.mean(axis=0), atol=0.03)
    # Models 0 and 1 change places: 2.30 > 2.10, but 2.68 < 2.73.
    assert frame.select("rank_low", "rank_high").rows()[:3] == [(1, 2), (1, 2), (3, 3)]
    assert "2 of 5 places" in made.provenance.notes[0]
    calm = bye_sensitivity(V1, n_sim=2_000, rng=0)
    assert calm.provenance.notes == ()
    assert (calm.expected == calm.expected[0]).all()


@pytest.mark.slow
def test_noise_of_items_is_told_from_luck_sheet04_beyond_3() -> None:
    """sheet04-beyond-3: of two models nothing is luck; their items say how often a resample turns them."""
    rng = np.random.default_rng(0)
    # Of 9 items model 0 alone solves 3, model 1 alone 2: a resample is a walk of 9 steps of +1, -1, 0.
    part = np.array([[1, 1, 1, 0, 0, 1, 1, 0, 0], [0, 0, 0, 1, 1, 1, 1, 0, 0]], dtype=np.float64)
    walks = rng.choice([1, -1, 0], p=[3 / 9, 2 / 9, 4 / 9], size=(200_000, 9)).sum(axis=1)
    points = (np.sign(walks) + 1) / 2
    made = item_sensitivity([part], resamples=1500, n_sim=100, rng=1)
    assert made.expected[0].tolist() == [1, 0]
    assert abs(made.expected[1:, 0].mean() - points.mean()) < 3 * points.std() / np.sqrt(1500)
    table = made.table()
    assert table["luck"].to_list() == [0, 0]
    assert table["noise"][0] == pytest.approx(points.std(), abs=0.03)
    np.testing.assert_allclose(table["total"], table["noise"])
    # Luck alone: no item differs between resamples, and pairings are drawn.
    calm = item_sensitivity([np.repeat(column[:, None], 5, axis=1) for column in V1.T], resamples=30, n_sim=200, rng=0)
    assert (calm.table()["luck"] > 0).all()
    assert (calm.table()["noise"] < calm.table()["luck"]).all()
    # An item that a model did not run is left out of its mean, and who ran none of a draw keeps its own.
    holes = part.copy()
    holes[0, :8] = np.nan
    made = item_sensitivity([holes], resamples=20, n_sim=100, rng=0)
    assert made.table().height == 2
    assert "its noise is too low" in made.provenance.notes[0]
    assert not calm.provenance.notes
