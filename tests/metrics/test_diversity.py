"""Are Vendi scores, Hill numbers, gradients and the ways to a spectrum right?"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from psephos.errors import InputError
from psephos.metrics import (
    FeatureSums,
    feature_spectrum,
    group_diversity,
    hill_numbers,
    internal_diversity,
    item_spectrum,
    kernel_spectrum,
    lanczos_spectrum,
    log_vendi_gradient,
    median_bandwidth,
    nystrom_spectrum,
    pair_sample_score,
    pairwise,
    quality_weighted_score,
    random_feature_spectrum,
    select_diverse,
    text_features,
    text_spectrum,
    tiled_score,
    vendi_contributions,
    vendi_force,
    vendi_influence,
    vendi_score,
    vendi_score_features,
)
from psephos.metrics.diversity.similarities import block_similarity

INF = math.inf
ORDERS = [0, 0.1, 0.5, 1, 2, 5, "inf"]
K3 = np.array([[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]])
K4 = np.array([[1, 0.5, 0.25, 0.1], [0.5, 1, 0.5, 0.25], [0.25, 0.5, 1, 0.5], [0.1, 0.25, 0.5, 1]])
X5 = np.array([[1, 0, 2], [2, 1, 0], [0, 3, 1], [1, 1, 1], [4, 0, 1]], dtype=float)
BENT = np.array([[1, 0.9, 0.1], [0.9, 1, 0.9], [0.1, 0.9, 1]])
JANE = ["Look, Jane.", "See Spot.", "See Spot run.", "Run, Spot, run.", "Jane sees Spot run."]
CATS = ["the cat sat", "the cat ran", "a dog ran fast", "the cat sat"]
SIX = np.repeat([0, 1, 2], [3, 2, 1])


def blocks(codes, inside=1.0):
    same = (np.asarray(codes)[:, None] == np.asarray(codes)).astype(float)
    return np.where(np.eye(len(same), dtype=bool), 1.0, inside * same)


def rbf(gamma):
    return lambda a, b: np.exp(-gamma * ((a[:, None] - b) ** 2).sum(axis=2))


# Vectors of sheet 11.

SHEET_11 = {
    "k3": (lambda: vendi_score(K3), 2.157300),
    "k3-weighted": (lambda: vendi_score(K3, p=[0.5, 0.3, 0.2]), 1.918186),
    "k4": (lambda: vendi_score(K4), 3.249871),
    "six-in-groups": (lambda: vendi_score(blocks(SIX)), 2.749459),
    "identity": (lambda: vendi_score(np.eye(5)), 5),
    "ones": (lambda: vendi_score(np.ones((5, 5))), 1),
    "x5": (lambda: vendi_score_features(X5), 2.349709),
    "x5-weighted": (lambda: vendi_score_features(X5, p=[0.4, 0.3, 0.1, 0.1, 0.1]), 2.293522),
    "not-psd-clipped": (lambda: vendi_score(BENT, psd="clip"), 1.807913),
    "not-psd-mass": (lambda: kernel_spectrum(BENT, psd="clip").clipped, 0.064908),
    "jane": (lambda: text_spectrum(JANE, n=(1, 2)).score(), 3.906574),
    "jane-lower": (lambda: text_spectrum([text.lower() for text in JANE], n=(1, 2)).score(), 3.869138),
    "cats": (lambda: text_spectrum(CATS, n=(1,)).score(), 2.328541),
    "two-pairs": (lambda: vendi_score(blocks([0, 0, 1, 1])), 2),
    "thirds": (lambda: vendi_score(np.full((4, 4), 1 / 3) + np.eye(4) * 2 / 3), 3.464102),
    "intdiv-two-pairs": (lambda: internal_diversity(blocks([0, 0, 1, 1])), 0.5),
    "intdiv-thirds": (lambda: internal_diversity(np.full((4, 4), 1 / 3) + np.eye(4) * 2 / 3), 0.5),
}


@pytest.mark.parametrize("case", SHEET_11, ids=lambda case: f"sheet11-{case}")
def test_vectors(case):
    found, expected = SHEET_11[case]
    assert float(found()) == pytest.approx(expected, abs=1e-6)


def test_sheet11_iris(require):
    iris = require("sklearn.datasets").load_iris().data
    found = feature_spectrum(iris, kernel="rbf", gamma=0.5)
    assert float(found.score()) == pytest.approx(8.324641, abs=1e-6)
    assert found.rank == 149


@pytest.fixture(scope="module")
def digits(shared_data):
    table = np.loadtxt(shared_data("11-vendi") / "digits.csv", delimiter=",", skiprows=1)
    return table[:, :64], table[:, 64].astype(int)


@pytest.mark.parametrize(
    ("those", "rows", "expected"),
    [(None, 1797, 4.6776), (0, 178, 1.8396), (3, 183, 2.4669), (8, 174, 2.6920)],
    ids=["sheet11-digits", "sheet11-digits-0", "sheet11-digits-3", "sheet11-digits-8"],
)
def test_digits(digits, those, rows, expected):
    pixels, label = digits
    part = pixels if those is None else pixels[label == those]
    assert len(part) == rows
    found = feature_spectrum(part, coordinates=False)
    assert found.path == "features"
    assert float(found.score()) == pytest.approx(expected, abs=1e-3)
    unit = part / np.linalg.norm(part, axis=1)[:, None]
    if those is not None:
        assert float(vendi_score(unit @ unit.T)) == pytest.approx(float(found.score()), abs=1e-9)
    else:
        assert found.rank == 61


def test_sheet11_digits_rbf(digits):
    assert 1 / median_bandwidth(digits[0]) == pytest.approx(2410)
    found = feature_spectrum(digits[0], kernel="rbf", gamma=1 / 2410, coordinates=False)
    assert float(found.score()) == pytest.approx(29.9484, abs=1e-3)
    # Sheet 07: the same at other orders, and truncated.
    np.testing.assert_allclose(found.score([0.5, 1, 2, INF]), [249.167, 29.948, 6.027, 2.556], atol=1e-3)
    short = found.truncated(256)
    np.testing.assert_allclose(short.score([0.5, 1, 2, INF]), [96.57, 25.63, 6.016, 2.555], atol=6e-3)
    assert short.approximate
    assert "truncated" in short.notes[-1]


MODES = {1: (1.11, 0.019), 2: (2.24, 0.510), 4: (4.46, 0.755), 8: (8.92, 0.877), 16: (17.8, 0.939)}


@pytest.mark.parametrize("k", MODES, ids=lambda k: f"sheet11-modes-{k}")
def test_modes_are_counted_where_internal_diversity_saturates(k):
    score, diverse = MODES[k]
    angle = 2 * np.pi * np.arange(16) / 16
    modes = 10 * np.column_stack([np.cos(angle), np.sin(angle)])[:: 16 // k]
    points = modes[np.arange(480) % k] + np.random.default_rng(11).normal(0, 0.1, (480, 2))
    kernel = rbf(0.5)(points, points)
    assert float(vendi_score(kernel)) == pytest.approx(score, rel=0.02)
    assert internal_diversity(kernel) == pytest.approx(diverse, abs=0.004)


# Vectors of sheet 07.

PROFILES = {
    "k3": (lambda: vendi_score(K3, ORDERS), [3, 2.845537, 2.420348, 2.157300, 1.948052, 1.752512, 1.578947]),
    "k3-weighted": (
        lambda: vendi_score(K3, ORDERS, p=[0.5, 0.3, 0.2]),
        [3, 2.822698, 2.291636, 1.918186, 1.605136, 1.402728, 1.311253],
    ),
    "k4": (lambda: vendi_score(K4, ORDERS), [4, 3.914431, 3.592887, 3.249871, 2.772964, 2.253154, 1.926589]),
    "classes": (
        lambda: vendi_score(blocks(SIX), ORDERS),
        [3, 2.971583, 2.865251, 2.749459, 2.571429, 2.303890, 2],
    ),
    "x5": (
        lambda: vendi_score_features(X5, ORDERS),
        [3, 2.924526, 2.642391, 2.349709, 1.976009, 1.649115, 1.492949],
    ),
    "x5-as-matrix": (
        lambda: vendi_score(X5 @ X5.T, ORDERS, normalize=True),
        [3, 2.924526, 2.642391, 2.349709, 1.976009, 1.649115, 1.492949],
    ),
    "near-one": (lambda: vendi_score(K4, [0.9999, 1]), [3.249933, 3.249871]),
}
SHARES = np.array([500, 200, 100, 80, 50, 30, 20, 10, 5, 5])
RARE = {
    "rare": (SHARES, 1.0, [10, 9.0842, 6.4163, 4.6322, 3.2222, 2.3721, 2.0], 1e-4),
    "rare-deleted": (SHARES[:6], 1.0, [6, 5.741, 4.816, 3.941, 2.975, 2.254, 1.92], 1e-3),
    "rare-alike": (SHARES, 0.95, [1000, 724.457, 89.699, 7.363, 3.569, 2.529, 2.105], 1e-3),
}


@pytest.mark.parametrize("case", PROFILES, ids=lambda case: f"sheet07-{case}")
def test_profiles(case):
    found, expected = PROFILES[case]
    np.testing.assert_allclose(found(), expected, atol=1e-5)


@pytest.mark.parametrize("case", RARE, ids=lambda case: f"sheet07-{case}")
def test_small_orders_see_rare_classes(case):
    counts, inside, expected, tolerance = RARE[case]
    codes = np.repeat(np.arange(len(counts)), counts)
    np.testing.assert_allclose(vendi_score(blocks(codes, inside), ORDERS), expected, atol=tolerance)
    if inside == 1:
        np.testing.assert_allclose(hill_numbers(counts, ORDERS), expected, atol=tolerance)


GRADIENTS = {
    0.5: (-0.076390, 0.002335, 0.294808),
    1: (-0.131385, -0.003744, 0.134189),
    2: (-0.173310, -0.034662, -0.346620),
    "inf": (-0.116346, -0.089386, -0.089386),
}


@pytest.mark.parametrize("q", GRADIENTS, ids=lambda q: f"sheet07-gradient-{q}")
def test_gradient(q):
    log_score, gradient = log_vendi_gradient(K4, q)
    assert (gradient[0, 1], gradient[0, 3], gradient[0, 0]) == pytest.approx(GRADIENTS[q], abs=1e-6)
    assert log_score == pytest.approx(math.log(vendi_score(K4, q)))
    moved = K4.copy()
    moved[0, 1] = moved[1, 0] = 0.5 + 1e-6
    assert (math.log(vendi_score(moved, q)) - log_score) / 1e-6 == pytest.approx(2 * gradient[0, 1], abs=1e-5)


FORCES = {
    1: (0.960170, [(-0.283644, -0.022867), (0.286062, -0.004836), (-0.002418, 0.027703)]),
    2: (0.865950, [(-0.388687, -0.038703), (0.395806, -0.014238), (-0.007119, 0.052941)]),
}


@pytest.mark.parametrize("q", FORCES, ids=lambda q: f"sheet07-force-{q}")
def test_force(q):
    log_score, force = vendi_force([(0, 0), (1, 0), (0, 2)], q, gamma=0.5)
    assert log_score == pytest.approx(FORCES[q][0], abs=1e-6)
    np.testing.assert_allclose(force, FORCES[q][1], atol=1e-6)
    np.testing.assert_allclose(force.sum(axis=0), 0, atol=1e-12)


def test_a_repeated_top_eigenvalue_has_the_mean_gradient():
    gradient = log_vendi_gradient(np.eye(3), "inf")[1]
    np.testing.assert_allclose(gradient, -np.eye(3) / 3, atol=1e-12)


@given(st.integers(0, 10_000), st.sampled_from([0.3, 1.0, 1.0005, 2.0, 5.0]))
def test_the_gradient_is_that_of_small_differences(seed, q):
    rng = np.random.default_rng(seed)
    points, p = rng.normal(size=(4, 2)), rng.dirichlet(np.full(4, 5.0))
    kernel = rbf(0.5)(points, points)
    gradient = log_vendi_gradient(kernel, q, p=p)[1]
    up, down = kernel.copy(), kernel.copy()
    up[0, 2] = up[2, 0] = kernel[0, 2] + 1e-5
    down[0, 2] = down[2, 0] = kernel[0, 2] - 1e-5
    if np.linalg.eigvalsh(kernel)[0] < 1e-3:
        return
    slope = (math.log(vendi_score(up, q, p=p)) - math.log(vendi_score(down, q, p=p))) / 2e-5
    assert slope == pytest.approx(2 * gradient[0, 2], rel=1e-4, abs=1e-6)


# Facts of sheet 11.


def random_features(seed, n=12, d=5):
    return np.random.default_rng(seed).normal(size=(n, d))


@given(st.integers(0, 10_000), st.sampled_from([0.2, 1.0, 2.0, INF]))
def test_order_of_items_copies_and_bounds(seed, q):
    X = random_features(seed)
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(12))
    whole = float(vendi_score_features(X, q, p=p))
    order = rng.permutation(12)
    assert float(vendi_score_features(X[order], q, p=p[order])) == pytest.approx(whole, rel=1e-9)
    split = float(vendi_score_features(np.vstack([X, X[:1]]), q, p=np.r_[p[0] * 0.3, p[1:], p[0] * 0.7]))
    assert split == pytest.approx(whole, rel=1e-9)
    assert 1 - 1e-9 <= whole <= 5 + 1e-9
    unit = X / np.linalg.norm(X, axis=1)[:, None]
    assert float(vendi_score(unit @ unit.T, q, p=p)) == pytest.approx(whole, rel=1e-9)


@given(st.integers(0, 10_000))
def test_the_profile_never_rises_with_the_order(seed):
    found = vendi_score_features(random_features(seed), [0, 0.1, 0.5, 0.9995, 1, 1.0005, 2, 5, 50, 1e4, INF])
    assert (np.diff(found) <= 1e-9).all()


@given(st.lists(st.integers(0, 30), min_size=1, max_size=8).filter(any), st.sampled_from(ORDERS))
def test_classes_of_identical_items_have_hill_numbers(counts, q):
    codes = np.repeat(np.arange(len(counts)), counts)
    assert float(vendi_score(blocks(codes), q)) == pytest.approx(float(hill_numbers(counts, q)), rel=1e-9)
    assert float(hill_numbers([7 * count for count in counts], q)) == pytest.approx(float(hill_numbers(counts, q)))


def test_groups_without_likeness_follow_the_formula():
    rng = np.random.default_rng(3)
    parts = [random_features(seed, n, 3) for seed, n in ((1, 6), (2, 4))]
    kernels = [part @ part.T / np.outer(*2 * [np.linalg.norm(part, axis=1)]) for part in parts]
    whole = sparse.block_diag(kernels)
    p = rng.dirichlet(np.ones(10))
    mass = np.array([p[:6].sum(), p[6:].sum()])
    own = [float(vendi_score(k, p=q / q.sum())) for k, q in zip(kernels, (p[:6], p[6:]), strict=True)]
    expected = math.exp(-(mass @ np.log(mass))) * math.prod(own**mass)
    assert float(vendi_score(whole.toarray(), p=p)) == pytest.approx(expected, rel=1e-9)
    found = kernel_spectrum(whole, p=p)
    assert float(found.score()) == pytest.approx(expected, rel=1e-9)
    assert "2 connected components" in found.notes[0]
    grouped = group_diversity(kernel_spectrum(whole.toarray(), p=p), np.repeat(["a", "b"], [6, 4]))
    assert grouped.groups["score"].to_list() == pytest.approx(own)
    assert grouped.between == pytest.approx(grouped.most)


def test_a_sparse_identity_counts_all_its_items():
    assert float(vendi_score(sparse.eye(100))) == pytest.approx(100)


@given(st.integers(0, 10_000), st.integers(1, 4))
def test_groups_of_any_likeness_lie_between_one_and_the_entropy_of_their_masses(seed, kinds):
    rng = np.random.default_rng(seed)
    names = np.r_[np.arange(kinds), rng.integers(0, kinds, 12 - kinds)].astype(str)
    spectrum = feature_spectrum(random_features(seed), p=rng.dirichlet(np.ones(12)))
    found = group_diversity(spectrum, names, [1, 2])
    assert 1 - 1e-9 <= found.between <= found.most + 1e-9
    assert found.within * found.between == pytest.approx(float(spectrum.score()), rel=1e-9)
    those = names == names[0]
    own = spectrum.p[those] / spectrum.p[those].sum()
    expected = vendi_score_features(random_features(seed)[those], 2, p=own)
    row = found.groups.filter((found.groups["group"] == names[0]) & (found.groups["q"] == 2))
    assert row["score"].item() == pytest.approx(float(expected), rel=1e-9)


def test_isotropic_features_count_their_dimensions():
    X = np.vstack([np.eye(6), -np.eye(6)])
    assert float(vendi_score_features(X)) == pytest.approx(6, rel=1e-12)


# Ways to a spectrum.


def test_chunks_iterators_and_sums_give_the_same(monkeypatch):
    from psephos.metrics.diversity import features

    X = random_features(1, 50, 4)
    p = np.random.default_rng(1).dirichlet(np.ones(50))
    expected = feature_spectrum(X, p=p).eigenvalues
    chunks = [X[:7], X[7:30], X[30:]]
    np.testing.assert_allclose(feature_spectrum(iter(chunks), p=p).eigenvalues, expected, rtol=1e-12)
    monkeypatch.setattr(features, "CHUNK_ROWS", 8)
    np.testing.assert_allclose(feature_spectrum(X, p=p).eigenvalues, expected, rtol=1e-12)
    np.testing.assert_allclose(feature_spectrum(sparse.csr_array(X), p=p).eigenvalues, expected, rtol=1e-10)
    sums = FeatureSums(4)
    for chunk in chunks:
        sums.add(chunk)
    sums.add(X[:5] + 1)
    sums.remove(X[:5] + 1)
    np.testing.assert_allclose(sums.spectrum().eigenvalues, feature_spectrum(X).eigenvalues, rtol=1e-10)
    assert sums.n == 50


def test_a_mapped_file_is_read_in_place(tmp_path):
    X = random_features(2, 100, 3).astype(np.float32)
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert float(vendi_score_features(mapped)) == pytest.approx(float(vendi_score_features(X.astype(float))), rel=1e-12)


def test_coordinates_give_the_similarities_back():
    X, p = random_features(3, 9, 4), np.r_[np.full(8, 1 / 8), 0.0]
    unit = X / np.linalg.norm(X, axis=1)[:, None]
    for found in (
        feature_spectrum(X, p=p),
        feature_spectrum(sparse.csr_array(X), p=p),
        kernel_spectrum(unit @ unit.T, p=p),
    ):
        np.testing.assert_allclose(found.coordinates @ found.coordinates.T, unit @ unit.T, atol=1e-9)
        np.testing.assert_allclose(
            found.coordinates.T @ (p[:, None] * found.coordinates), np.diag(found.eigenvalues), atol=1e-9
        )


def test_any_objects_by_a_function_of_two():
    words = ["yes", "yes", "no", "maybe"]
    calls = []

    def same(a, b):
        calls.append((a, b))
        return float(a == b)

    found = item_spectrum(words, same)
    assert float(found.score()) == pytest.approx(float(hill_numbers([2, 1, 1])))
    assert len(calls) <= 4 * 5 / 2 + 10


def test_texts_by_letters_and_short_texts():
    found = text_features(["ab", "abc", "a"], n=(2,), unit="letter")
    np.testing.assert_allclose((found @ found.T).toarray(), [[1, 0.5**0.5, 0], [0.5**0.5, 1, 0], [0, 0, 1]])
    # The sheet has short texts alone; then copies of one word would be many texts, and its rule is that copies are one.
    assert float(text_spectrum(["yes"] * 5).score()) == pytest.approx(1)
    assert float(text_spectrum(["yes", "no", ""]).score()) == pytest.approx(3)
    kernels = [text_features(JANE, n=(n,)) for n in (1, 2, 3, 4)]
    averaged = sum((k @ k.T).toarray() for k in kernels) / 4
    assert float(text_spectrum(JANE).score()) == pytest.approx(float(vendi_score(averaged)), rel=1e-9)
    own = text_spectrum(["a-b", "a-c"], n=(1,), tokens=lambda text: text.split("-"))
    assert float(own.score()) == pytest.approx(float(vendi_score([[1, 0.5], [0.5, 1]])))


def test_fingerprints_and_other_kernels():
    bits = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 1]])
    expected = vendi_score([[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]])
    assert float(vendi_score_features(bits, kernel="tanimoto")) == pytest.approx(float(expected))
    points = random_features(4, 6, 2)
    city = np.exp(-0.7 * np.abs(points[:, None] - points).sum(axis=2))
    assert float(vendi_score_features(points, kernel="laplacian", gamma=0.7)) == pytest.approx(float(vendi_score(city)))
    raw = (points @ points.T / 2 + 1) ** 2
    assert float(vendi_score_features(points, kernel="polynomial", degree=2)) == pytest.approx(
        float(vendi_score(raw, normalize=True))
    )


def test_a_single_item_is_one():
    for found in (vendi_score([[1.0]], ORDERS), vendi_score_features([[3.0, 4.0]], ORDERS)):
        np.testing.assert_array_equal(found, np.ones(7))
    assert float(vendi_score_features([[3.0]], kernel="rbf")) == 1


# Large collections.


FEATURES = {
    128: ((82.5, 2.2), (22.6, 1.3), (5.9, 0.4), (2.54, 0.1)),
    1024: ((208.8, 1.7), (28.28, 0.48), (5.96, 0.11), (2.54, 0.03)),
}


@pytest.mark.parametrize(
    "m",
    [pytest.param(128, id="sheet07-random-features"), pytest.param(1024, id="sheet07-more", marks=pytest.mark.slow)],
)
def test_random_features(digits, m):
    found = random_feature_spectrum(digits[0], gamma=1 / 2410, m=m, rng=0)
    assert found.approximate
    for score, (mean, sd) in zip(found.score([0.5, 1, 2, INF]), FEATURES[m], strict=True):
        assert score == pytest.approx(mean, abs=3.5 * sd)


def test_random_features_of_chunks_weights_and_few_items():
    points = np.random.default_rng(0).normal(size=(90, 2))
    p = np.random.default_rng(0).dirichlet(np.ones(90))
    for kernel in ("rbf", "laplacian"):
        few = random_feature_spectrum(points, kernel=kernel, gamma=0.5, m=200, p=p, rng=0)
        chunks = random_feature_spectrum(iter([points[:40], points[40:]]), kernel=kernel, gamma=0.5, m=200, p=p, rng=0)
        np.testing.assert_allclose(few.score([1, 2, INF]), chunks.score([1, 2, INF]), rtol=1e-9)
        exact = vendi_score_features(points, [1, 2], kernel=kernel, gamma=0.5, p=p)
        np.testing.assert_allclose(few.score([1, 2]), exact, rtol=0.15)


def test_sheet07_nystrom(digits):
    found = nystrom_spectrum(digits[0], rbf_block(1 / 2410), landmarks=512, coordinates=False, rng=0)
    low, high = found.bounds([0.5, 1, 2, INF])
    assert found.missing == pytest.approx(0.048, rel=0.1)
    np.testing.assert_allclose(low, [106, 19.8, 4.86, 2.28], rtol=0.03)
    np.testing.assert_allclose(high, [329, 32.6, 6.034, 2.557], rtol=0.03)
    exact = np.array([249.167, 29.948, 6.027, 2.556])
    assert ((low <= exact) & (exact <= high)).all()


def rbf_block(gamma):
    from psephos.metrics.diversity.similarities import block_similarity

    return block_similarity("rbf", np.zeros((2, 1)), gamma=gamma)[0]


@given(st.integers(0, 10_000), st.integers(2, 30), st.booleans())
def test_bounds_of_landmarks_hold_and_all_landmarks_are_exact(seed, m, weighted):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(30, 2))
    p = rng.dirichlet(np.ones(30)) if weighted else None
    orders = [0.3, 1, 2, INF]
    exact = vendi_score(rbf(0.5)(points, points), orders, p=p)
    found = nystrom_spectrum(points, rbf(0.5), landmarks=m, p=p, rng=seed)
    low, high = found.bounds(orders)
    assert (low <= exact * (1 + 1e-6)).all()
    assert (exact <= high * (1 + 1e-6)).all()
    whole = nystrom_spectrum(points, rbf(0.5), landmarks=30, p=p, rng=seed)
    assert not whole.approximate
    np.testing.assert_allclose(whole.score([1, 2, INF]), exact[1:], rtol=1e-6)


def test_landmarks_double_until_the_bounds_are_near():
    points = np.random.default_rng(0).normal(size=(500, 3))
    found = nystrom_spectrum(points, rbf_block(0.5), landmarks=16, tolerance=0.05, rng=0)
    low, high = found.bounds(1)
    assert high <= 1.05 * low
    assert found.parameters["landmarks"] > 16
    assert (
        nystrom_spectrum(points, rbf(0.5), landmarks=16, tolerance=1e-9, most=32, rng=0).parameters["landmarks"] == 32
    )


def test_landmarks_take_any_items_and_both_kinds_of_function():
    words = [f"{kind}{i % 3}" for i, kind in enumerate("abcd" * 50)]
    same = pairwise(lambda a, b: 0.5 * (a[0] == b[0]) + 0.5 * (a[1] == b[1]))
    found = nystrom_spectrum(words, same, landmarks=80, rng=0)
    exact = item_spectrum(words, lambda a, b: 0.5 * (a[0] == b[0]) + 0.5 * (a[1] == b[1]))
    assert float(found.score()) == pytest.approx(float(exact.score()), rel=1e-6)


def test_the_population_of_a_normal_under_an_rbf_kernel_is_known():
    # Eigenvalues (1 - b) b^k in one dimension: Rasmussen and Williams (2006), section 4.3.
    a, scale = 0.25, 0.5
    b = scale / (a + scale + math.sqrt(a * a + 2 * a * scale))
    entropy = -math.log(1 - b) - b * math.log(b) / (1 - b)
    points = np.random.default_rng(0).normal(size=(20_000, 2))
    found = nystrom_spectrum(points, rbf_block(0.5), landmarks=256, rng=0)
    assert float(found.score()) == pytest.approx(math.exp(2 * entropy), rel=0.02)
    assert tiled_score(points[:4000], rbf_block(0.5), tile=1000) == pytest.approx(((1 + b) / (1 - b)) ** 2, rel=0.05)


def test_many_items_are_approximated_and_it_is_said():
    points = np.random.default_rng(0).normal(size=(4100, 2))
    found = feature_spectrum(points, kernel="rbf", gamma=0.5, landmarks=128, rng=0)
    assert found.approximate
    assert "128 of 4,100" in found.notes[0]
    assert found.parameters["gamma"] == 0.5
    with pytest.raises(InputError, match=r"exact.*nystrom_spectrum"):
        vendi_score_features(points, kernel="rbf", gamma=0.5)


def test_lanczos_has_the_top_and_bounds_the_rest():
    points = np.random.default_rng(5).normal(size=(200, 3))
    kernel = rbf(0.5)(points, points)
    orders = [0.5, 1, 2, 20, INF]
    exact = vendi_score(kernel, orders)
    found = lanczos_spectrum(lambda v: kernel @ v, 200, k=20, rng=0)
    low, high = found.bounds(orders)
    assert (low <= exact * (1 + 1e-9)).all()
    assert (exact <= high * (1 + 1e-9)).all()
    assert low[-1] == pytest.approx(exact[-1], rel=1e-10)
    assert high[-1] == pytest.approx(exact[-1], rel=1e-10)
    assert 0 < found.missing < 0.5
    p = np.random.default_rng(5).dirichlet(np.ones(200))
    weighted = lanczos_spectrum(lambda v: kernel @ v, 200, k=1, p=p, rng=0)
    assert float(weighted.score(INF)) == pytest.approx(float(vendi_score(kernel, INF, p=p)), rel=1e-10)


@given(st.integers(0, 10_000), st.integers(1, 15))
def test_order_two_by_tiles(seed, tile):
    rng = np.random.default_rng(seed)
    points, p = rng.normal(size=(13, 2)), rng.dirichlet(np.ones(13))
    expected = vendi_score(rbf(0.5)(points, points), 2, p=p)
    assert tiled_score(points, rbf(0.5), p=p, tile=tile) == pytest.approx(float(expected), rel=1e-9)


def test_order_two_by_random_pairs_has_an_honest_error():
    rng = np.random.default_rng(0)
    points, p = rng.normal(size=(60, 2)), rng.dirichlet(np.ones(60))
    expected = float(vendi_score(rbf(0.5)(points, points), 2, p=p))
    near = lambda a, b: float(np.exp(-0.5 * ((a - b) ** 2).sum()))  # noqa: E731
    inside = 0
    for seed in range(100):
        found = pair_sample_score(points, near, pairs=300, p=p, rng=seed)
        inside += found.low <= expected <= found.high
    assert inside >= 86


# Single items.


@given(st.integers(0, 10_000), st.sampled_from([0.5, 1.0, 2.0, INF]))
def test_contributions_are_scores_with_and_without(seed, q):
    X = random_features(seed, 8, 4)
    p = np.random.default_rng(seed).dirichlet(np.full(8, 3.0))
    spectrum = feature_spectrum(X, p=p)
    found = vendi_contributions(spectrum, q)
    for item in (0, 5):
        rest = np.delete(np.arange(8), item)
        without = vendi_score_features(X[rest], q, p=p[rest] / p[rest].sum())
        assert found[item] == pytest.approx(float(spectrum.score(q) - without), abs=1e-7)


@given(st.integers(0, 10_000), st.sampled_from([0.5, 0.9999, 1.0, 2.0, 5.0]))
def test_influence_is_the_slope_in_the_weights(seed, q):
    X = random_features(seed, 8, 4)
    spectrum = feature_spectrum(X)
    found = vendi_influence(spectrum, q)
    assert spectrum.weights @ found == pytest.approx(0, abs=1e-9)
    step = 1e-6
    moved = (1 - step) * spectrum.weights
    moved[2] += step
    slope = (math.log(vendi_score_features(X, q, p=moved)) - math.log(spectrum.score(q))) / step
    assert slope == pytest.approx(found[2], rel=1e-3, abs=1e-4)


def test_first_order_contributions_are_near():
    spectrum = feature_spectrum(random_features(0, 300, 4))
    exact, near = (vendi_contributions(spectrum, exact=choice) for choice in (True, False))
    assert np.corrcoef(exact, near)[0, 1] > 0.999
    assert np.abs(exact - near).max() < 0.1 * np.abs(exact).max()


def test_items_are_chosen_that_span_most():
    rng = np.random.default_rng(0)
    kinds = np.eye(5)[np.r_[np.zeros(80, int), np.arange(5)]] + rng.normal(0, 0.01, (85, 5))
    spectrum = feature_spectrum(kinds)
    found = select_diverse(spectrum, 5)
    assert {int(kinds[place].argmax()) for place in found.chosen} == set(range(5))
    assert found.score == pytest.approx(5, abs=0.05)
    assert found.score <= found.bound == 5
    random = [float(vendi_score_features(kinds[rng.choice(85, 5, replace=False)])) for _ in range(20)]
    assert found.score > max(random)
    good = np.ones(85)
    good[7] = 10.0
    assert 7 in select_diverse(spectrum, 2, quality=good).chosen
    assert len(set(select_diverse(spectrum, 10).chosen.tolist())) == 10
    np.testing.assert_allclose(found.explained[found.chosen], 1, atol=1e-9)


def test_quality_times_diversity():
    spectrum = kernel_spectrum(np.eye(4), p=[0.1, 0.2, 0.3, 0.4])
    expected = (0.1 + 0.2 * 2) * float(spectrum.score(2))
    assert float(quality_weighted_score(spectrum, [1, 2, 0, 0], 2)) == pytest.approx(expected)


# Bad input.

GOOD = np.eye(3)
SPECTRUM = kernel_spectrum(GOOD)
BARE = kernel_spectrum(GOOD, coordinates=False)
ONE = lambda a, b: np.ones((len(a), len(b)))  # noqa: E731
BAD = {
    "11-empty": (lambda: vendi_score(np.empty((0, 0))), "empty collection"),
    "11-empty-features": (lambda: vendi_score_features(np.empty((0, 3))), "empty collection"),
    "11-empty-chunks": (lambda: feature_spectrum(iter([])), "empty collection"),
    "11-empty-items": (lambda: item_spectrum([], max), "empty collection"),
    "11-empty-texts": (lambda: text_spectrum([]), "empty collection"),
    "11-empty-landmarks": (lambda: nystrom_spectrum([], ONE), "empty collection"),
    "11-not-square": (lambda: vendi_score(np.ones((2, 3))), "K shape"),
    "11-not-2d": (lambda: vendi_score(np.ones(3)), "K shape"),
    "11-nan": (lambda: vendi_score([[1, math.nan], [math.nan, 1]]), "kernel"),
    "11-nan-features": (lambda: vendi_score_features([[1, 2], [math.inf, 1]]), "features"),
    "11-nan-sparse": (lambda: vendi_score_features(sparse.csr_array([[1, 2], [math.nan, 1]])), "features"),
    "11-asymmetric": (lambda: vendi_score([[1, 0.5], [0.4, 1]]), "K not symmetric"),
    "11-asymmetric-sparse": (lambda: vendi_score(sparse.csr_array([[1, 0.5], [0.4, 1]])), "K not symmetric"),
    "11-asymmetric-function": (lambda: item_spectrum([1, 2, 3], lambda a, b: float(a >= b)), "K not symmetric"),
    "11-diagonal": (lambda: vendi_score([[2, 0], [0, 1]]), "diagonal"),
    "11-diagonal-features": (lambda: vendi_score_features([[2.0], [1.0]], normalize=False), "diagonal"),
    "11-diagonal-landmarks": (lambda: nystrom_spectrum([1, 2], lambda a, b: 2 * ONE(a, b)), "diagonal"),
    "11-zero-self": (lambda: vendi_score([[0, 0], [0, 1]], normalize=True), "zero self-similarity"),
    "11-zero-row": (lambda: vendi_score_features([[0, 0], [0, 1], [1, 1]]), "features"),
    "11-zero-row-wide": (lambda: vendi_score_features([[0, 0, 0], [0, 1, 1]]), "features"),
    "11-zero-row-sparse": (lambda: vendi_score_features(sparse.csr_array([[0, 0.0], [0, 1]])), "features"),
    "11-zero-fingerprint": (lambda: vendi_score_features([[0, 0], [0, 1]], kernel="tanimoto"), "features"),
    "11-counts-as-fingerprint": (lambda: vendi_score_features([[2, 0], [0, 1]], kernel="tanimoto"), "features"),
    "11-not-psd": (lambda: vendi_score(BENT), "K not PSD"),
    "11-negative": (lambda: vendi_score([[1, -1, -1], [-1, 1, -1], [-1, -1, 1]]), "K not PSD"),
    "11-psd-option": (lambda: vendi_score(GOOD, psd="drop"), "psd"),
    "11-p-length": (lambda: vendi_score(GOOD, p=[0.5, 0.5]), "p"),
    "11-p-negative": (lambda: vendi_score(GOOD, p=[-0.5, 0.5, 1]), "p"),
    "11-p-sum": (lambda: vendi_score(GOOD, p=[0.5, 0.5, 0.5]), "p"),
    "11-p-chunks": (lambda: feature_spectrum(iter([np.eye(2)]), p=[0.5, 0.25, 0.25]), "p"),
    "11-kernel-name": (lambda: vendi_score_features(GOOD, kernel="cos"), "kernel"),
    "11-chunks-of-rbf": (lambda: feature_spectrum(iter([GOOD]), kernel="rbf"), "features"),
    "11-text": (lambda: text_spectrum(["a", None]), "texts"),
    "11-gamma": (lambda: vendi_score_features(GOOD, kernel="rbf", gamma=0), "gamma"),
    "11-no-median": (lambda: vendi_score_features(np.ones((3, 1)), kernel="rbf"), "gamma"),
    "07-m": (lambda: random_feature_spectrum(GOOD, m=0), "m"),
    "07-random-chunks": (lambda: random_feature_spectrum(iter([GOOD]), m=4), "gamma"),
    "07-random-columns": (
        lambda: random_feature_spectrum(iter([GOOD, GOOD[:, :2]]), gamma=1.0, m=4),
        "features",
    ),
    "07-random-empty": (lambda: random_feature_spectrum(iter([]), gamma=1.0, m=4), "empty collection"),
    "07-q-negative": (lambda: vendi_score(GOOD, -1), "q"),
    "07-q-nan": (lambda: vendi_score(GOOD, math.nan), "q"),
    "07-q-text": (lambda: vendi_score(GOOD, "one"), "q"),
    "07-q-bool": (lambda: vendi_score(GOOD, True), "q"),
    "07-q-empty": (lambda: vendi_score(GOOD, []), "q"),
    "07-q-zero-gradient": (lambda: log_vendi_gradient(GOOD, 0), "q=0 has no gradient"),
    "07-q-zero-force": (lambda: vendi_force(GOOD, 0), "q=0 has no gradient"),
    "07-q-zero-influence": (lambda: vendi_influence(SPECTRUM, 0), "q=0 has no gradient"),
    "07-shares": (lambda: hill_numbers([0, 0]), "shares"),
    "07-shares-negative": (lambda: hill_numbers([1, -1]), "shares"),
    "07-t": (lambda: SPECTRUM.truncated(0), "t"),
    "07-k-lanczos": (lambda: lanczos_spectrum(lambda v: v, 3, k=3), "k"),
    "07-product": (lambda: lanczos_spectrum(lambda v: v[:2], 3, k=1), "product"),
    "07-lanczos-trace": (lambda: lanczos_spectrum(lambda v: 3 * v, 5, k=3, rng=0), "diagonal"),
    "07-block-shape": (lambda: nystrom_spectrum([1, 2], lambda a, b: np.ones((1, 1))), "similarity"),
    "07-block-nan": (lambda: tiled_score([1, 2], lambda a, b: np.full((2, 2), math.nan)), "similarity"),
    "no-coordinates": (lambda: vendi_contributions(BARE), "spectrum"),
    "too-many-chosen": (lambda: select_diverse(SPECTRUM, 4), "k"),
    "quality": (lambda: select_diverse(SPECTRUM, 1, quality=[1, 0, 1]), "quality"),
    "groups": (lambda: group_diversity(SPECTRUM, ["a"]), "groups"),
    "group-without-weight": (
        lambda: group_diversity(kernel_spectrum(GOOD, p=[0, 0.5, 0.5]), ["a", "b", "b"]),
        "groups",
    ),
}


@pytest.mark.parametrize("case", BAD, ids=lambda case: f"sheet{case}" if case[0].isdigit() else case)
def test_bad_input(case):
    call, argument = BAD[case]
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.argument == argument


def test_places_are_named():
    with pytest.raises(InputError, match="rows 1, 3"):
        vendi_score_features([[1, 1], [0, 0], [1, 2], [0, 0.0], [1, 0]])
    with pytest.raises(InputError, match="index 1, 0"):
        vendi_score([[1, 0], [math.nan, 1]])


def test_zero_rows_can_be_left_out_and_are_counted():
    X = np.vstack([X5, np.zeros((2, 3))])
    p = np.r_[0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1]
    expected = float(vendi_score_features(X5, p=p[:5] / p[:5].sum()))
    for features in (X, sparse.csr_array(X)):
        found = feature_spectrum(features, p=p, zero_rows="drop")
        assert float(found.score()) == pytest.approx(expected)
        assert "2 rows of zeros" in found.notes[0]
        assert len(found.coordinates) == found.n == 5
    chunks = feature_spectrum(iter([X[:3], X[3:]]), p=p, zero_rows="drop")
    assert float(chunks.score()) == pytest.approx(expected)


def test_memory_is_refused_before_it_is_taken():
    with pytest.raises(MemoryError, match=r"100,000 items need 74.5 GiB.*nystrom_spectrum"):
        item_spectrum(range(100_000), max)
    with pytest.raises(MemoryError):
        kernel_spectrum(np.broadcast_to(1.0, (50_000, 50_000)))
    with pytest.raises(MemoryError):
        feature_spectrum(np.ones((100, 2)), kernel="rbf", gamma=1.0, memory_gib=1e-5)


def test_integers_and_small_floats_are_computed_in_full_precision():
    expected = float(vendi_score_features(X5))
    for kind in (np.int16, np.float32, np.float16):
        assert float(vendi_score_features(X5.astype(kind))) == pytest.approx(expected, rel=1e-12)


def test_the_input_is_left_as_it_was():
    kernel, features = K4.copy(), X5.copy()
    vendi_score(kernel, ORDERS)
    kernel_spectrum(kernel)
    feature_spectrum(features)
    np.testing.assert_array_equal(kernel, K4)
    np.testing.assert_array_equal(features, X5)


@pytest.mark.parametrize("far", [1e6, 1e9])
@pytest.mark.parametrize("kernel", ["rbf", "laplacian"])
def test_distances_survive_a_shift(far, kernel):
    points = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 4.0], [5.0, -3.0]])
    there = vendi_score_features(points, kernel=kernel, gamma=0.3)
    assert vendi_score_features(points + far, kernel=kernel, gamma=0.3) == pytest.approx(float(there), rel=1e-9)
    block = block_similarity(kernel, points + far, gamma=0.3)[0]
    near = nystrom_spectrum(points + far, block, landmarks=4, rng=0)
    assert near.score() == pytest.approx(float(there), rel=1e-9)


@pytest.mark.parametrize("size", [1e-250, 1e250])
def test_directions_of_very_short_and_very_long_rows(size):
    X = np.array([[1.0, 0, 2], [2, 1, 0], [0, 3, 1], [1, 1, 1], [4, 0, 1]])
    mixed = X * np.array([1.0, size, 1, size, size])[:, None]
    for form in (mixed, mixed[:, :2].repeat(2, axis=1), mixed[:2], sparse.csr_array(mixed)):
        plain = form / np.abs(form).max(axis=1).reshape(-1, 1) if not sparse.issparse(form) else X
        found = feature_spectrum(form)
        np.testing.assert_allclose(found.eigenvalues, feature_spectrum(plain).eigenvalues, atol=1e-12)
        assert np.isfinite(found.coordinates).all()
    assert hill_numbers([1e308, 1e308, 1e308]) == pytest.approx(3)
    with pytest.raises(InputError, match="zeros"):
        feature_spectrum(np.array([[size, 0.0], [0.0, 0.0]]))


def test_features_in_the_place_of_a_spectrum_are_refused():
    X = np.eye(3)
    for call in (lambda: group_diversity(X, ["a", "a", "b"]), lambda: quality_weighted_score(X, [1, 1, 1])):
        with pytest.raises(InputError, match="feature_spectrum") as caught:
            call()
        assert caught.value.argument == "spectrum"


def test_a_given_matrix_is_left_as_it_is_and_halves_that_differ_by_rounding_are_averaged() -> None:
    rng = np.random.default_rng(4)
    points = rng.normal(size=(30, 3))
    K = np.exp(-((points[:, None] - points[None]) ** 2).sum(axis=2))
    p = rng.dirichlet(np.ones(30))
    kept = K.copy()
    exact = vendi_score(K, ORDERS), vendi_score(K, ORDERS, p=p)
    kernel_spectrum(K), log_vendi_gradient(K, 2), vendi_score(K, normalize=True)
    np.testing.assert_array_equal(K, kept)
    np.testing.assert_allclose(
        exact[0], [kernel_spectrum(K, p=np.full(30, 1 / 30)).score(q) for q in ORDERS], rtol=1e-9
    )
    nearly = K * (1 + np.triu(rng.normal(size=(30, 30)) * 1e-12, 1))
    assert not np.array_equal(nearly, nearly.T)
    np.testing.assert_allclose(vendi_score(nearly, ORDERS, p=p), exact[1], rtol=1e-9)
    np.testing.assert_allclose(vendi_score(np.asfortranarray(K), ORDERS), exact[0], rtol=1e-12)
