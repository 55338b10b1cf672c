"""Are the report on diversity, its intervals, rarefaction and Vendi sampling right?"""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from psephos.errors import InputError
from psephos.metrics import (
    bandwidth_sweep,
    diversity,
    feature_spectrum,
    hill_numbers,
    kernel_spectrum,
    nystrom_spectrum,
    random_feature_spectrum,
    rarefaction,
    text_spectrum,
    tune_vendi_sample,
    vendi_contributions,
    vendi_sample,
    vendi_score_features,
)

KINDS = np.array([0.4, 0.25, 0.15, 0.1, 0.06, 0.04])
DIRECTIONS = np.linalg.qr(np.random.default_rng(1).normal(size=(6, 6)))[0] + 0.4


def drawn(seed, n=300):
    """Items of six kinds that are partly alike."""
    return DIRECTIONS[np.random.default_rng(seed).choice(6, size=n, p=KINDS)]


def test_the_report_is_that_of_its_parts():
    X = drawn(0, 60)
    found = diversity(X, groups=["a"] * 30 + ["b"] * 30, names=[f"n{i}" for i in range(60)], rng=0)
    table = found.table()
    np.testing.assert_allclose(table["score"], vendi_score_features(X, [0, 0.1, 0.5, 1, 2, 5, "inf"]))
    np.testing.assert_allclose(
        found.items.sort("item")["contribution"], vendi_contributions(feature_spectrum(X)), atol=1e-12
    )
    assert found.items["contribution"].round(9).is_sorted(descending=True)
    assert found.items["name"][0].startswith("n")
    assert found.within * found.between == pytest.approx(float(table["score"][3]))
    assert table["low"].null_count() == 1
    assert (table["low"].drop_nulls() < table["score"][1:]).all()
    assert found.themes["share"].sum() <= 1
    text = str(found)
    assert "60, by features (kernel cosine)" in text
    assert "different groups" in text
    json.dumps(found.to_dict())
    assert found.interval("inf").value == pytest.approx(float(table["score"][6]))


def test_the_same_seed_gives_the_same_interval():
    first, second = (diversity(drawn(0, 80), interval="bootstrap", repeats=50, rng=3) for _ in range(2))
    assert first.table().equals(second.table())


@pytest.mark.parametrize(
    ("how", "trials"), [("delta", 300), pytest.param("bootstrap", 200, marks=pytest.mark.slow)], ids=lambda x: str(x)
)
def test_intervals_hold_the_score_of_the_population(how, trials):
    population = vendi_score_features(DIRECTIONS, [1, 2, "inf"], p=KINDS)
    inside = np.zeros(3)
    for seed in range(trials):
        found = diversity(drawn(seed), q=[1, 2, "inf"], interval=how, repeats=100, most_themes=0, rng=seed).table()
        inside += (found["low"].to_numpy() <= population) & (population <= found["high"].to_numpy())
    # Three standard errors of the share around .95, and what estimation from 300 items costs.
    assert (inside / trials > 0.95 - 3 * math.sqrt(0.95 * 0.05 / trials) - 0.01).all()
    assert (inside / trials < 0.995).all()


def test_delta_and_bootstrap_agree_and_clusters_are_wider():
    X = np.repeat(drawn(0, 60), 5, axis=0)
    cluster = np.repeat(np.arange(60), 5)
    width = {}
    for how in ("delta", "bootstrap"):
        for name, codes in (("single", None), ("cluster", cluster)):
            found = diversity(X, q=1, clusters=codes, interval=how, repeats=300, rng=0).interval(1)
            width[how, name] = found.half_width
    assert width["delta", "single"] == pytest.approx(width["bootstrap", "single"], rel=0.2)
    assert width["delta", "cluster"] == pytest.approx(width["bootstrap", "cluster"], rel=0.25)
    assert width["delta", "cluster"] == pytest.approx(width["delta", "single"] * math.sqrt(5), rel=0.1)


def test_probabilities_are_differentiated_and_not_drawn():
    spectrum = feature_spectrum(drawn(0, 20), p=np.random.default_rng(0).dirichlet(np.full(20, 9.0)))
    assert diversity(spectrum, rng=0).provenance.parameters["interval"] == "delta"
    with pytest.raises(InputError, match="probabilities"):
        diversity(spectrum, interval="bootstrap")


def test_an_approximation_says_its_bounds_and_its_error():
    points = np.random.default_rng(0).normal(size=(300, 2))
    near = lambda a, b: np.exp(-0.5 * ((a[:, None] - b) ** 2).sum(axis=2))  # noqa: E731
    found = diversity(nystrom_spectrum(points, near, landmarks=40, rng=0), q=[1, 2], rng=0)
    assert "landmarks" in str(found)
    assert "for these items between" in str(found)
    table = found.table()
    assert (table["low"] < table["bound_low"]).all()
    assert (table["bound_high"] < table["high"]).all()
    exact = kernel_spectrum(near(points, points)).score([1, 2])
    assert (table["bound_low"].to_numpy() <= exact).all()
    assert (exact <= table["bound_high"].to_numpy()).all()
    bare = diversity(random_feature_spectrum(points, gamma=0.5, m=40, rng=0), q=1, rng=0)
    assert "not kept" in str(bare)
    assert bare.items.is_empty()
    with pytest.raises(InputError, match="coordinates"):
        diversity(bare.spectrum, interval="delta")


def test_influence_of_landmarks_is_that_of_all_items():
    points = np.random.default_rng(0).normal(size=(200, 2))
    near = lambda a, b: np.exp(-0.5 * ((a[:, None] - b) ** 2).sum(axis=2))  # noqa: E731
    few = diversity(nystrom_spectrum(points, near, landmarks=100, rng=0), q=1, interval="delta", rng=0)
    whole = diversity(kernel_spectrum(near(points, points)), q=1, interval="delta", rng=0)
    assert few.spectrum.missing < 0.02
    assert few.interval(1).half_width == pytest.approx(whole.interval(1).half_width, rel=0.3)
    own, other = (found.items.sort("item")["influence"].to_numpy() for found in (few, whole))
    assert np.corrcoef(own, other)[0, 1] > 0.95


def test_one_item_and_no_interval():
    found = diversity([[1.0, 2.0]])
    assert found.table()["score"].to_list() == [1.0] * 7
    assert "a single unit" in str(found)
    assert diversity(drawn(0, 10), interval="none").table()["low"].null_count() == 7


def test_themes_are_the_kinds():
    texts = ["yes it is"] * 5 + ["no never"] * 3 + ["who knows"]
    found = diversity(text_spectrum(texts), interval="none", names=texts)
    assert [members[0] for members in found.themes["items"]] == ["yes it is", "no never", "who knows"]
    assert found.themes["share"].to_list() == pytest.approx([5 / 9, 3 / 9, 1 / 9])
    assert found.items["name"][0] == "who knows"


BAD = {
    "interval": (lambda: diversity(np.eye(2), interval="bayes"), "interval"),
    "names": (lambda: diversity(np.eye(2), names=["a"]), "names"),
    "clusters": (lambda: diversity(np.eye(2), clusters=[1]), "clusters"),
    "level": (lambda: diversity(np.eye(2), level=95), "level"),
    "q": (lambda: diversity(np.eye(2), q=-1), "q"),
    "order-not-there": (lambda: diversity(np.eye(2), q=1).interval(2), "q"),
    "nan": (lambda: diversity([[1.0, math.nan]]), "features"),
    "sizes": (lambda: rarefaction(feature_spectrum(np.eye(3)), sizes=[4]), "sizes"),
    "no-collection": (lambda: rarefaction({}), "collections"),
    "weighted": (lambda: rarefaction(feature_spectrum(np.eye(2), p=[0.3, 0.7])), "collections"),
    "factors": (lambda: bandwidth_sweep(np.eye(3), factors=[0]), "factors"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    call, argument = BAD[case]
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.argument == argument


# Rarefaction and bandwidth.


def test_rarefaction_compares_at_equal_size():
    many, few = (kernel_spectrum(np.eye(n)) for n in (60, 20))
    found = rarefaction({"many": many, "few": few}, rng=0)
    at = found.table().filter(found.table()["items"] == found.common)
    assert found.common == 20
    assert at["score"].to_list() == pytest.approx([20, 20])
    assert "still rising" in str(found)
    saturated = rarefaction(feature_spectrum(np.eye(3)[np.arange(300) % 3]), sizes=[30, 150], repeats=20, rng=0)
    assert "rising" not in str(saturated)


def test_rarefaction_is_the_mean_over_parts():
    codes = np.repeat([0, 1], [3, 1])
    found = rarefaction(feature_spectrum(np.eye(2)[codes]), sizes=[2], repeats=4000, rng=0)
    # Half of the pairs hold the odd item and count 2, half count 1.
    row = found.table().row(0, named=True)
    assert row["score"] == pytest.approx(1.5, abs=4 * 0.5 / math.sqrt(4000))
    assert (row["low"], row["high"]) == pytest.approx((1, 2))


def test_the_sweep_falls_with_the_width():
    found = bandwidth_sweep(np.random.default_rng(0).normal(size=(50, 2)), [1, 2])
    for _, part in found.group_by("q"):
        assert (np.diff(part.sort("factor")["score"]) < 0).all()
    middle = found.filter((found["factor"] == 1) & (found["q"] == 1))["gamma"].item()
    assert found.filter(found["factor"] == 2)["gamma"][0] == pytest.approx(middle / 4)


# Vendi sampling.


def wells(x):
    return np.column_stack([4 * x[:, 0] ** 3 - 12 * x[:, 0] + 1, x[:, 1]])


def crossed(nu, q, seeds):
    """Share of replicas that start in the left well and ever reach the right one."""
    shares = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        x0 = np.array([-1.7, 0.0]) + 0.05 * rng.normal(size=(16, 2))
        options = {"steps": 2000, "eta": 0.005, "gamma": 0.5, "limit": 4.0, "rng": rng}
        if nu == 0:
            found = vendi_sample(wells, x0, nu=1.0, force=lambda x: (0.0, np.zeros_like(x)), **options)
        else:
            found = vendi_sample(wells, x0, nu=nu, stop=1000, q=q, **options)
        shares.append((found.samples[:, :, 0] > 0).any(axis=0).mean())
    return float(np.mean(shares))


def test_sheet07_replicas_that_repel_reach_the_other_well():
    assert crossed(0, 1, 2) <= 0.05
    assert crossed(1.25, 2, 2) > 0.25


@pytest.mark.slow
@pytest.mark.parametrize(
    ("nu", "q", "expected"),
    [
        *zip([0.5] * 4, (0.1, 1, 2, "inf"), (0, 0.19, 0.23, 0.06), strict=True),
        *zip([1.25] * 4, (0.1, 1, 2, "inf"), (0.06, 0.52, 0.58, 0.55), strict=True),
    ],
    ids=lambda value: f"sheet07-{value}",
)
def test_shares_that_cross(nu, q, expected):
    found, plain = crossed(nu, q, 10), crossed(0, 1, 10)
    assert plain == 0
    assert found == pytest.approx(expected, abs=0.15)
    if nu == 1.25 and q != 0.1:
        assert found > plain + 0.25


def test_weights_and_records():
    x0 = np.random.default_rng(0).normal(size=(3, 2))
    found = vendi_sample(lambda x: x, x0, steps=10, stop=4, record_every=2, rng=0)
    assert found.samples.shape == (5, 3, 2)
    np.testing.assert_allclose(found.weights[:1], 1 / found.scores[:1, None] * np.ones((1, 3)))
    np.testing.assert_array_equal(found.weights[1:], 1)
    assert found.effective_samples == pytest.approx(found.weights.sum() ** 2 / (found.weights**2).sum())
    again = vendi_sample(lambda x: x, x0, steps=10, stop=4, record_every=2, rng=0)
    np.testing.assert_array_equal(found.samples, again.samples)


def test_without_force_it_is_langevin_dynamics():
    found = vendi_sample(lambda x: x, np.zeros((1, 1)), steps=20_000, eta=0.1, stop=1, record_every=5, rng=0)
    assert "plain Langevin" in found.notes[0]
    # The discretised Ornstein-Uhlenbeck process has variance 1 / (1 - eta / 2); 4,000 samples, autocorrelation .6.
    assert found.samples.var() == pytest.approx(1 / 0.95, abs=4 * math.sqrt(2 / 4000 * 4) / 0.95)
    np.testing.assert_array_equal(found.scores, 1)


def test_what_was_changed_is_noted():
    found = vendi_sample(lambda x: x, np.zeros((4, 2)), steps=5, stop=100, rng=0)
    assert found.stop == 5
    assert any("cut from 100" in note for note in found.notes)
    assert any("one point" in note for note in found.notes)


def test_uneven_weights_are_noted():
    close = lambda x: (5.0 if abs(x[0, 0]) > 1e-9 else 0.0, np.zeros_like(x))  # noqa: E731
    found = vendi_sample(lambda x: 0 * x, np.array([[0.0], [1.0]]), steps=60, stop=58, force=close, rng=0)
    assert found.effective_samples < 0.1 * found.weights.size
    assert "uneven" in found.notes[-1]


def test_dynamics_that_blow_up_name_step_and_replica():
    start = np.array([[0.0], [1.0]])
    with pytest.raises(FloatingPointError, match="step 0, replica 1"):
        vendi_sample(lambda x: np.array([[0.0], [math.nan]]), start, steps=3)
    with pytest.raises(FloatingPointError, match="replica 1"):
        vendi_sample(lambda x: np.array([[0.0], [-1e12]]), start, steps=3)


SAMPLER = {
    "eta": ({"eta": 0}, "eta"),
    "nu": ({"nu": -1}, "nu"),
    "stop": ({"stop": 0}, "stop"),
    "steps": ({"steps": 0}, "steps"),
    "q": ({"q": 0}, "q=0 has no gradient"),
    "record": ({"record_every": 20}, "record_every"),
    "x0": ({"x0": [[math.nan]]}, "x0"),
    "gradient-shape": ({"grad_energy": lambda x: x[:1]}, "grad_energy"),
}


@pytest.mark.parametrize("case", SAMPLER, ids=lambda case: f"sheet07-{case}")
def test_bad_input_of_the_sampler(case):
    changed, argument = SAMPLER[case]
    options = {"grad_energy": lambda x: x, "x0": np.eye(2), "steps": 10} | changed
    with pytest.raises(InputError) as caught:
        vendi_sample(**options)
    assert caught.value.argument == argument


def test_tuning_tries_all_and_puts_the_best_first():
    energy = lambda x: x[:, 0] ** 4 - 6 * x[:, 0] ** 2 + x[:, 0] + x[:, 1] ** 2 / 2  # noqa: E731
    x0 = np.array([-1.7, 0.0]) + 0.05 * np.random.default_rng(0).normal(size=(8, 2))
    found = tune_vendi_sample(
        energy, wells, x0, steps=200, eta=0.005, strengths=(10, 100), stops=(50, 100), limit=4.0, resamples=100, rng=0
    )
    assert found.height == 4
    assert found["criterion"].is_sorted(descending=True)
    np.testing.assert_allclose(found["criterion"], found["log_score"] - 2 * found["energy"])
    assert sorted(set(found["nu"])) == [0.05, 0.5]


def test_hill_numbers_of_a_report_on_kinds():
    found = diversity(np.eye(3)[[0, 0, 0, 1, 1, 2]], q=[0, 1, 2], interval="none")
    np.testing.assert_allclose(found.table()["score"], hill_numbers([3, 2, 1], [0, 1, 2]))
