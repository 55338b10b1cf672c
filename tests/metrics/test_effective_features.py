"""Are effective features, dictionaries and their comparisons counted right?"""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.metrics import (
    SparseDictionary,
    choose_penalty,
    compare_effective_features,
    dictionary_loss,
    dictionary_warnings,
    effective_features,
    hill_numbers,
    interference,
    null_activations,
)

CODES = np.array([[1, 0, 0, 2], [0, 3, 0, 2], [2, 0, 0, 2], [0, 0, 0, 2.0]])
W = np.array([[1, 0], [0, 1], [-1, 0], [0.5, 0.5]])
B = np.array([0, 0, 0.1, -0.25])
X = np.array([[1, 0], [0.5, 0.5], [-1, 0.2], [0, -1]])
SMALL = SparseDictionary(W, B)


def test_sheet40_codes():
    found = effective_features(CODES, neurons=2, repeats=0)
    assert found.value.value == pytest.approx(2.664379, abs=1e-6)
    assert found.psi == pytest.approx(1.332190, abs=1e-6)
    assert found.profile[2.0] == pytest.approx(2.390244, abs=1e-6)
    usage = found.table().sort("feature")
    assert usage["mean"].to_list() == [0.75, 0.75, 0, 2]
    assert usage["fires"].to_list() == [0.5, 0.25, 0, 1]
    assert (found.dead, found.features, found.items) == (1, 4, 4)
    assert found.active == pytest.approx(7 / 4)


def test_sheet40_dictionary():
    codes = SMALL.encode(X)
    np.testing.assert_allclose(codes, [[1, 0, 0, 0.25], [0.5, 0.5, 0, 0.25], [0, 0.2, 1.1, 0], [0, 0, 0.1, 0]])
    rebuilt = [[1.125, 0.125], [0.625, 0.625], [-1.1, 0.2], [-0.1, 0]]
    np.testing.assert_allclose(SMALL.decode(codes), rebuilt)
    found = dictionary_loss(SMALL, X, l1=0.1)
    assert found.loss == pytest.approx(0.1596875, abs=1e-9)
    slopes = [(0.103125, 0.065625), (0.023125, 0.035625), (-0.06125, 0), (0.071875, 0.034375)]
    np.testing.assert_allclose(found.weights, slopes, atol=1e-9)
    np.testing.assert_allclose(found.bias, [0.075, 0.04375, 0.0625, 0.075], atol=1e-9)
    result = effective_features(X, SMALL, repeats=0)
    np.testing.assert_allclose(result.table().sort("feature")["mean"], [0.375, 0.175, 0.3, 0.125], atol=1e-12)
    assert result.value.value == pytest.approx(3.675955, abs=1e-6)
    assert result.explained == pytest.approx(1 - ((np.array(rebuilt) - X) ** 2).sum() / ((X - X.mean(0)) ** 2).sum())
    assert result.scale == pytest.approx(math.sqrt((X**2).mean()))


@given(st.integers(0, 10_000))
def test_gradients_are_those_of_small_differences(seed):
    rng = np.random.default_rng(seed)
    weights, bias, batch = rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=(7, 3))
    decoder, shift = (rng.normal(size=(5, 3)), rng.normal(size=3)) if seed % 2 else (None, None)
    found = dictionary_loss(SparseDictionary(weights, bias, decoder=decoder, decoder_bias=shift), batch, l1=0.3)
    turn_w, turn_b, turn_v, turn_c = (rng.normal(size=shape) for shape in ((5, 3), 5, (5, 3), 3))
    step = 1e-6
    if (np.abs(batch @ weights.T + bias) < 1e-4).any():
        return  # a code that is just 0 has no slope
    up, down = (
        dictionary_loss(
            SparseDictionary(
                weights + s * turn_w,
                bias + s * turn_b,
                decoder=None if decoder is None else decoder + s * turn_v,
                decoder_bias=s * turn_c + (0 if shift is None else shift),
            ),
            batch,
            l1=0.3,
        ).loss
        for s in (step, -step)
    )
    expected = (found.weights * turn_w).sum() + found.bias @ turn_b + found.decoder_bias @ turn_c
    if found.decoder is not None:
        expected += (found.decoder * turn_v).sum()
    assert (up - down) / (2 * step) == pytest.approx(expected, rel=1e-4, abs=1e-7)


@given(st.integers(0, 10_000), st.floats(1e-3, 1e3))
def test_facts_of_the_count(seed, scale):
    rng = np.random.default_rng(seed)
    codes = rng.exponential(size=(9, 6)) * (rng.random((9, 6)) < 0.6) + 1e-9
    found = effective_features(codes, repeats=0)
    value = found.value.value
    assert 1 - 1e-12 <= value <= 6 - found.dead + 1e-9
    assert value == pytest.approx(float(hill_numbers(codes.sum(axis=0))))
    order = rng.permutation(6)
    assert effective_features(scale * codes[::-1][:, order], repeats=0).value.value == pytest.approx(value)
    profile = list(found.profile.values())
    assert profile == sorted(profile, reverse=True)


def test_even_use_counts_all_and_a_single_feature_one():
    assert effective_features(np.ones((3, 7)), repeats=0).value.value == pytest.approx(7)
    assert effective_features(np.eye(5)[[2, 2, 2]], repeats=0).value.value == pytest.approx(1)


def test_positions_of_an_item_are_added_up():
    rng = np.random.default_rng(0)
    images = rng.normal(size=(6, 2, 3, 4))
    found = effective_features(images, SMALL, rng=0, repeats=50)
    rows = images.transpose(0, 2, 3, 1).reshape(-1, 2)
    flat = effective_features(rows, SMALL, repeats=0)
    assert (found.items, flat.items) == (6, 72)
    assert found.value.value == pytest.approx(flat.value.value)
    assert found.active == pytest.approx(flat.active)
    assert found.explained == pytest.approx(flat.explained)


def test_chunks_are_the_same(monkeypatch, tmp_path):
    from psephos.metrics.effective_features import usage

    data = np.random.default_rng(0).normal(size=(50, 2))
    whole = effective_features(data, SMALL, rng=0)
    parts = effective_features(iter([data[:10], data[10:]]), SMALL, rng=0)
    assert parts.to_dict()["summary"] == whole.to_dict()["summary"]
    monkeypatch.setattr(usage, "CHUNK_ROWS", 7)
    np.save(tmp_path / "a.npy", data)
    mapped = effective_features(np.load(tmp_path / "a.npy", mmap_mode="r"), SMALL, rng=0)
    assert mapped.value.value == pytest.approx(whole.value.value)
    monkeypatch.setattr(usage, "KEPT_GIB", 1e-9)
    bare = effective_features(data, SMALL, rng=0)
    assert math.isnan(bare.value.low)
    assert "would not fit" in str(bare)


def test_the_interval_holds_the_truth():
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    truth = float(hill_numbers(shares))
    inside = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        codes = rng.exponential(size=(200, 4)) * 4 * shares
        found = effective_features(codes, repeats=200, rng=seed).value
        inside += found.low <= truth <= found.high
    assert 0.88 <= inside / 120 <= 0.995


def test_clusters_widen_the_interval():
    rng = np.random.default_rng(0)
    codes = np.repeat(rng.exponential(size=(30, 4)) * [8, 4, 2, 1], 10, axis=0)
    single, cluster = (effective_features(codes, clusters=of, rng=0) for of in (None, np.repeat(np.arange(30), 10)))
    narrow, wide = single.value.half_width, cluster.value.half_width
    other = cluster.replicates.std() / single.replicates.std() * narrow
    assert wide > narrow
    assert other / narrow == pytest.approx(np.sqrt(10), rel=0.25)


def test_few_firings_are_corrected_upwards():
    rng = np.random.default_rng(0)
    few = [effective_features(np.eye(20)[rng.integers(0, 20, 40)], repeats=0) for _ in range(200)]
    raw, corrected = (np.mean([getattr(f, name) if name else f.value.value for f in few]) for name in ("", "corrected"))
    assert raw < 16.5
    assert abs(corrected - 20) < 20 - raw


def test_what_is_not_to_be_trusted_is_said():
    zero = effective_features(np.zeros((3, 4)), neurons=2)
    assert (zero.value.value, zero.psi) == (0, 0)
    assert "no active feature" in str(zero)
    assert math.isnan(zero.entropy)
    negative = effective_features([[1, -1], [1, 1]], repeats=0)
    assert negative.value.value == pytest.approx(2)
    assert "1 codes are negative" in str(negative)
    poor = str(effective_features(np.random.default_rng(0).normal(size=(9, 2)) * 5, SparseDictionary([[1, 0]]), rng=0))
    assert "not to be trusted" in poor
    assert "smaller than the layer" in poor
    constant = effective_features(np.ones((5, 2)), SMALL, repeats=0)
    assert math.isnan(constant.explained)
    assert "constant" in str(constant)
    assert constant.live_neurons == 0
    assert "fewer items (3) than features (4)" in str(effective_features(CODES[:3], repeats=0))
    both = SparseDictionary(np.vstack([np.eye(3), -np.eye(3)]))
    assert "two directions" in str(effective_features(np.random.default_rng(0).normal(size=(300, 3)), both, repeats=0))
    json.dumps(zero.to_dict())


def test_dead_neurons_are_told_apart():
    data = np.column_stack([np.random.default_rng(0).normal(size=40), np.zeros(40)])
    found = effective_features(data, SMALL, repeats=0)
    assert (found.neurons, found.live_neurons) == (2, 1)
    assert found.psi_live == pytest.approx(2 * found.psi)


def test_standardising_frees_the_count_of_the_scale():
    data = np.random.default_rng(0).normal(size=(40, 2))
    small, large = (effective_features(s * data, SMALL, standardise="rms", repeats=0) for s in (1, 1000))
    assert small.value.value == pytest.approx(large.value.value)
    assert effective_features(1000 * data, SMALL, repeats=0).value.value != pytest.approx(small.value.value, rel=1e-6)
    assert small.scale == pytest.approx(1)


def test_interference():
    assert interference(SparseDictionary(np.eye(4))) == pytest.approx(0)
    rows = np.random.default_rng(0).normal(size=(6, 3))
    unit = rows / np.linalg.norm(rows, axis=1)[:, None]
    pairs = [(unit[i] @ unit[j]) ** 2 for i in range(6) for j in range(6) if i != j]
    assert interference(SparseDictionary(rows)) == pytest.approx(np.mean(pairs))
    assert interference(SparseDictionary(rows), np.arange(6) < 2) == pytest.approx((unit[0] @ unit[1]) ** 2)
    assert math.isnan(interference(SparseDictionary([[1.0]])))


def test_an_untied_dictionary_with_a_decoder_bias():
    own = SparseDictionary(np.eye(2), decoder=2 * np.eye(2), decoder_bias=[1, 1])
    np.testing.assert_allclose(own.decode(own.encode([[1, -1]])), [[3, 1]])
    plain = dictionary_loss(SparseDictionary(W, B), X)
    both = dictionary_loss(SparseDictionary(W, B, decoder=W), X)
    assert both.loss == pytest.approx(plain.loss)
    np.testing.assert_allclose(both.weights + both.decoder, plain.weights, atol=1e-12)
    np.testing.assert_allclose(both.bias, plain.bias, atol=1e-12)


def test_null_activations_keep_what_they_should():
    data = np.random.default_rng(0).normal(size=(4000, 2)) @ [[2, 1], [0, 0.5]] + 3
    shuffled = null_activations(data, rng=0)
    np.testing.assert_array_equal(np.sort(shuffled, axis=0), np.sort(data, axis=0))
    assert abs(np.corrcoef(shuffled.T)[0, 1]) < 0.07
    normal = null_activations(data[:1500], "gaussian", rng=0)
    np.testing.assert_allclose(np.cov(normal.T), np.cov(data[:1500].T), rtol=0.15)
    assert not np.isin(normal, data).any()


def test_conditions_are_compared_with_an_interval():
    rng = np.random.default_rng(0)
    before = [effective_features(rng.exponential(size=(300, 8)), rng=seed) for seed in range(3)]
    faint = np.r_[np.ones(4), np.full(4, 0.05)]
    after = [effective_features(rng.exponential(size=(300, 8)) * faint, rng=seed) for seed in range(3)]
    found = compare_effective_features(before, after)
    assert found.ratio.high < 1
    assert "fewer" in str(found)
    assert found.second / found.first == pytest.approx(found.ratio.value)
    same = compare_effective_features(before[0], before[1])
    assert same.ratio.low < 1 < same.ratio.high
    assert "no clear difference" in str(same)
    unlike = compare_effective_features(before[0], effective_features(CODES, repeats=0))
    assert "features differ" in unlike.notes[0]


def test_false_differences_are_rare():
    off = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        pair = [effective_features(rng.exponential(size=(80, 6)), repeats=100, rng=seed) for _ in range(2)]
        ratio = compare_effective_features(*pair).ratio
        off += not ratio.low <= 1 <= ratio.high
    assert off / 150 < 0.11


def test_rules_of_growing_dictionaries_and_training():
    assert dictionary_warnings([9.9, 10.0, 10.1], expansions=[1, 2, 4]) == []
    assert "dictionary-limited" in dictionary_warnings([5, 10.0], expansions=[1, 4])[0]
    assert "not converged" in dictionary_warnings([40, 20, 12, 10], epochs=[50, 100, 200, 400])[0]
    assert dictionary_warnings([40, 20, 10.1, 10], epochs=[50, 100, 200, 400]) == []
    assert "trivial" in dictionary_warnings([10.0, 10.0], expansions=[2, 4], neurons=5)[0]
    assert choose_penalty([0.1, 1], [10, 10], [10, 10], [0.99, 0.99], neurons=5) is None
    assert choose_penalty([0.1, 1], [8, 7], [9, 7], [0.99, 0.96], neurons=5) == 1


BAD = {
    "1d": (lambda: effective_features([1, 2]), "codes"),
    "3d": (lambda: effective_features(np.ones((2, 2, 2)), SMALL), "activations"),
    "nan": (lambda: effective_features([[1, math.nan], [1, 1]]), "codes"),
    "inf": (lambda: effective_features([[1, math.inf], [1, 1]], SMALL), "activations"),
    "one-item": (lambda: effective_features([[1, 2]]), "codes"),
    "no-chunk": (lambda: effective_features(iter([])), "codes"),
    "chunks": (lambda: effective_features(iter([np.ones((2, 2)), np.ones((2, 3))])), "codes"),
    "neurons": (lambda: effective_features(np.ones((3, 3)), SMALL), "activations"),
    "neurons-zero": (lambda: effective_features(CODES, neurons=0), "neurons"),
    "standardise-codes": (lambda: effective_features(CODES, standardise="rms"), "standardise"),
    "standardise-chunks": (lambda: effective_features(iter([X]), SMALL, standardise="rms"), "standardise"),
    "standardise-zero": (lambda: effective_features(np.zeros((3, 2)), SMALL, standardise="rms"), "standardise"),
    "clusters": (lambda: effective_features(CODES, clusters=[1, 2]), "clusters"),
    "l1": (lambda: dictionary_loss(SMALL, X, l1=-1), "l1"),
    "bias": (lambda: SparseDictionary(W, [1, 2]), "bias"),
    "decoder": (lambda: SparseDictionary(W, decoder=W.T), "decoder"),
    "weights": (lambda: SparseDictionary(np.empty((0, 2))), "weights"),
    "live": (lambda: interference(SMALL, np.ones(2, bool)), "live"),
    "null": (lambda: null_activations(X[:1]), "activations"),
    "compare-empty": (lambda: compare_effective_features([], []), "first"),
    "compare-zero": (
        lambda: compare_effective_features(effective_features(CODES), effective_features(np.zeros((2, 2)))),
        "second",
    ),
    "expansions": (lambda: dictionary_warnings([1, 2]), "expansions"),
    "epochs": (lambda: dictionary_warnings([1, 2], epochs=[2, 1]), "epochs"),
    "effective": (lambda: dictionary_warnings([0, 2], epochs=[1, 2]), "effective"),
    "penalties": (lambda: choose_penalty([2, 1], [1, 1], [1, 1], [1, 1], neurons=3), "penalties"),
}


@pytest.mark.parametrize("case", BAD, ids=lambda case: f"sheet40-{case}")
def test_bad_input(case):
    call, argument = BAD[case]
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.argument == argument


def test_sheet40_the_place_is_named():
    with pytest.raises(InputError, match="index 1, 0"):
        effective_features([[1, 1], [math.nan, 1]])
