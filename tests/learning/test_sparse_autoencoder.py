"""Are dictionaries trained as the sheet says, and are the features of a layer counted right by them?"""

from __future__ import annotations

import gc
import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.learning import (
    Training,
    features_by_layer,
    parity_network,
    search_penalty,
    toy_superposition,
    train_dictionary,
    trained_features,
)
from psephos.learning.sparse_autoencoder import activation_rows, over_seeds
from psephos.learning.sparse_autoencoder.activation_rows import ActivationRows, read_activations
from psephos.learning.sparse_autoencoder.descent import Adam
from psephos.metrics import SparseDictionary, dictionary_loss, effective_features
from psephos.metrics.effective_features.dictionary import DictionarySlopes, descend

W = np.array([[1, 0], [0, 1], [-1, 0], [0.5, 0.5]])
B = np.array([0, 0, 0.1, -0.25])
X = np.array([[1, 0], [0.5, 0.5], [-1, 0.2], [0, -1]])
QUICK = Training(batch=16, learning_rate=0.01)


def directions(items: int = 400, *, seed: int = 0, kinds: int = 4) -> np.ndarray:
    """One of four directions in two neurons at a time, so that four features are used."""
    rng = np.random.default_rng(seed)
    turns = np.arange(kinds) * 2 * np.pi / kinds
    return np.column_stack([np.cos(turns), np.sin(turns)])[rng.integers(0, kinds, items)] * rng.uniform(
        0.5, 1.5, (items, 1)
    )


# The vectors of the sheet; its numbers are those of torch autograd.


def test_sheet40_gradients_of_the_descent():
    to = DictionarySlopes(np.empty((4, 2)), np.empty(4), None, None)
    squares, usage = descend(X, W, B, W, None, 0.1, to)
    assert squares + 0.1 * usage.sum() / 16 == pytest.approx(0.1596875, abs=1e-9)
    slopes = [(0.103125, 0.065625), (0.023125, 0.035625), (-0.06125, 0), (0.071875, 0.034375)]
    np.testing.assert_allclose(to.weights, slopes, atol=1e-9)
    np.testing.assert_allclose(to.bias, [0.075, 0.04375, 0.0625, 0.075], atol=1e-9)
    np.testing.assert_allclose(usage / 4, [0.375, 0.175, 0.3, 0.125], atol=1e-12)


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("decoder_bias", [True, False])
def test_sheet40_gradients_are_those_of_torch(tied, decoder_bias):
    torch = pytest.importorskip("torch", reason="torch is not installed; the sheet has its numbers")
    rng = np.random.default_rng(0)
    w, b, v, c, x = (torch.tensor(rng.normal(size=size)) for size in ((6, 3), 6, (6, 3), 3, (11, 3)))
    leaves = [w, b] + ([] if tied else [v]) + ([c] if decoder_bias else [])
    for one in leaves:
        one.requires_grad_(True)
    codes = torch.relu(x @ w.T + b)
    back = codes @ (w if tied else v) + (c if decoder_bias else 0)
    loss = ((back - x) ** 2).mean() + 0.3 * codes.abs().mean()
    loss.backward()
    own = SparseDictionary(
        w.detach(), b.detach(), decoder=None if tied else v.detach(), decoder_bias=c.detach() if decoder_bias else None
    )
    found = dictionary_loss(own, x.numpy(), l1=0.3)
    assert found.loss == pytest.approx(float(loss), abs=1e-12)
    np.testing.assert_allclose(found.weights, w.grad, atol=1e-12)
    np.testing.assert_allclose(found.bias, b.grad, atol=1e-12)
    if not tied:
        np.testing.assert_allclose(found.decoder, v.grad, atol=1e-12)
    if decoder_bias:
        np.testing.assert_allclose(found.decoder_bias, c.grad, atol=1e-12)


def test_adam_takes_the_steps_of_its_formula():
    rng = np.random.default_rng(0)
    adam, plain = Adam(start := rng.normal(size=5), 0.01), start.copy()
    m, v = np.zeros(5), np.zeros(5)
    for t in range(1, 20):
        slope = rng.normal(size=5)
        adam.step(slope)
        m, v = 0.9 * m + 0.1 * slope, 0.999 * v + 0.001 * slope**2
        plain -= 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    np.testing.assert_allclose(adam.parameters, plain, rtol=1e-10)


# Training.


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("decoder_bias", [True, False])
def test_a_short_training_is_that_of_a_slow_one(tied, decoder_bias):
    data = directions(50)
    own = Training(epochs=3, batch=20, patience=0, tied=tied, decoder_bias=decoder_bias, learning_rate=0.01)
    found = train_dictionary(data, own, rng=5)
    start, order = np.random.default_rng(5).spawn(2)
    width = math.sqrt(6 / (2 + 8))
    parts: dict[str, Any] = {"weights": start.uniform(-width, width, (8, 2))}
    decoder = None if tied else start.uniform(-width, width, (8, 2))
    parts |= {"bias": np.zeros(8)} | ({} if tied else {"decoder": decoder})
    parts |= {"decoder_bias": np.zeros(2)} if decoder_bias else {}
    states = {name: (np.zeros_like(value), np.zeros_like(value)) for name, value in parts.items()}
    step, losses, copies = 0, [], []
    for _ in range(3):
        order.permutation(1)  # the blocks: one
        shuffled, loss = order.permutation(data), 0.0
        for first in range(0, 50, 20):
            batch = shuffled[first : first + 20]
            one = dictionary_loss(SparseDictionary(**parts), batch, l1=0.1)
            loss += one.loss * len(batch) / 50
            step += 1
            for name in parts:
                slope = getattr(one, name)
                m, v = states[name]
                states[name] = m, v = 0.9 * m + 0.1 * slope, 0.999 * v + 0.001 * slope**2
                parts[name] = parts[name] - 0.01 * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
        losses.append(loss)
        copies.append(dict(parts))
    np.testing.assert_allclose(found.course["loss"], losses, rtol=1e-10)
    assert found.best_epoch == int(np.argmin(losses)) + 1
    for name, value in copies[found.best_epoch - 1].items():
        np.testing.assert_allclose(getattr(found.dictionary, name), value, rtol=1e-8, atol=1e-12)


def test_the_best_epoch_is_a_copy_and_training_stops_after_its_patience():
    found = train_dictionary(directions(), replace(QUICK, learning_rate=0.2, patience=7), rng=0)
    assert found.converged
    assert found.epochs == found.best_epoch + 7
    losses = found.course["loss"].to_numpy()
    assert losses.argmin() == found.best_epoch - 1
    assert losses[found.best_epoch :].max() > 1.2 * losses.min()
    # With such steps the last state is much worse than the best, so that a shallow copy would show.
    last = train_dictionary(directions(), replace(QUICK, learning_rate=0.2, patience=0, epochs=found.best_epoch), rng=0)
    np.testing.assert_array_equal(found.dictionary.weights, last.dictionary.weights)
    assert not last.converged


def test_the_course_ends_at_the_count():
    data = directions()
    found = train_dictionary(data, QUICK, rng=0)
    counted = effective_features(data, found.dictionary, repeats=0).value.value
    assert found.course["effective"][-1] == pytest.approx(counted, rel=0.02)
    np.testing.assert_allclose(
        found.course["loss"], found.course["squares"] + 0.1 * found.course["sparsity"], rtol=1e-12
    )


def test_standardising_frees_training_of_the_scale():
    data = directions()
    small, large = (train_dictionary(s * data, replace(QUICK, standardise="rms"), rng=0) for s in (1, 1000))
    np.testing.assert_allclose(small.dictionary.weights, large.dictionary.weights, rtol=1e-6, atol=1e-9)
    assert large.divisor == pytest.approx(1000 * small.divisor)
    assert large.scale == pytest.approx(math.sqrt((1e6 * data**2).mean()))


# Rows: larger than memory, convolutions, iterators.


@pytest.fixture
def small_buffers(monkeypatch):
    monkeypatch.setattr(activation_rows, "BUFFER_BYTES", 512)  # 64 rows of one neuron
    monkeypatch.setattr(activation_rows, "BLOCK_ROWS", 8)


def test_an_epoch_takes_every_row_once_whatever_the_buffer(small_buffers):
    values = np.arange(333.0)[:, None]
    rows = ActivationRows(values, 1.0)
    assert rows.buffers(16) == 64
    orders = []
    for seed in range(2):
        buffers = list(rows.shuffled(np.random.default_rng(seed), 16))
        assert max(map(len, buffers)) <= 64
        assert len(buffers) > 4
        orders.append(np.concatenate(buffers)[:, 0])
        np.testing.assert_array_equal(np.sort(orders[-1]), values[:, 0])
    assert (orders[0] != orders[1]).any()
    assert np.abs(np.corrcoef(orders[0], np.arange(333))[0, 1]) < 0.5


def test_a_mapped_file_trains_as_the_array_does(small_buffers, tmp_path):
    data = directions(200)
    np.save(tmp_path / "a.npy", data.astype(np.float32))
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
    own = replace(QUICK, epochs=5)
    one, other, third = (
        train_dictionary(given, own, rng=0)
        for given in (mapped, np.asarray(mapped), iter(np.array_split(np.asarray(mapped), 7)))
    )
    np.testing.assert_array_equal(one.dictionary.weights, other.dictionary.weights)
    np.testing.assert_array_equal(one.dictionary.weights, third.dictionary.weights)
    rows = read_activations(mapped)
    assert "values" not in rows.portable()
    np.testing.assert_array_equal(ActivationRows.from_portable(rows.portable()).values, mapped)
    part = read_activations(mapped[10:])
    np.testing.assert_array_equal(ActivationRows.from_portable(part.portable()).values, mapped[10:])
    turned = np.asfortranarray(data)
    np.save(tmp_path / "f.npy", turned)
    columns = read_activations(np.load(tmp_path / "f.npy", mmap_mode="r"))
    np.testing.assert_array_equal(ActivationRows.from_portable(columns.portable()).values, data)


def test_chunks_lie_in_a_file_only_as_long_as_they_are_needed():
    rows = read_activations(iter([np.ones((3, 2)), np.zeros((2, 2))]))
    path = rows.file.path
    assert path.stat().st_size == 5 * 2 * 8
    del rows
    gc.collect()
    assert not path.exists()


def test_a_convolution_is_rows_of_channels():
    images = np.random.default_rng(0).normal(size=(6, 2, 3, 4))
    rows = read_activations(images)
    np.testing.assert_array_equal(rows.take(np.arange(72)), images.transpose(0, 2, 3, 1).reshape(72, 2))
    found = trained_features(images, Training(epochs=3, max_samples=20), doubled=False, repeats=20, rng=0)
    assert found.runs[0].items == 6
    assert found.neurons == 2
    assert "trained on 20 of 72 rows, counted on all" in str(found)
    assert Training().samples(72_000, convolution=True) == 10_000
    assert Training().samples(72_000, convolution=False) == 72_000


# Counting over seeds.


def test_four_directions_are_four_features():
    found = trained_features(directions(), QUICK, rng=0)
    assert found.value.value == pytest.approx(4, abs=0.05)
    assert found.value.low <= found.value.value <= found.value.high
    assert found.psi == pytest.approx(2, abs=0.03)
    assert found.spread < 0.1
    assert found.doubled is not None
    assert found.doubled.features == 16
    assert "trivial" in str(found)
    assert "dictionary-limited" not in str(found)
    assert "not converged" not in str(found)
    assert found.table()["of"].to_list() == ["layer"] * 3 + ["doubled"]
    whole = json.loads(json.dumps(found.to_dict()))
    assert len(whole["runs"]) == 3
    assert whole["provenance"]["seed"] == 0


def test_workers_change_nothing(tmp_path):
    np.save(tmp_path / "a.npy", directions(100))
    data = np.load(tmp_path / "a.npy", mmap_mode="r")
    own = replace(QUICK, epochs=5)
    one, other = (trained_features(data, own, null="columns", rng=3, engine=where) for where in (1, 2))
    for a, b in zip(one.dictionaries, other.dictionaries, strict=True):
        np.testing.assert_array_equal(a.dictionary.weights, b.dictionary.weights)
    assert one.to_dict() == other.to_dict()


def test_interrupted_work_goes_on(tmp_path, monkeypatch):
    data, own = directions(100), replace(QUICK, epochs=5)
    whole = trained_features(data, own, rng=3)
    real, calls = over_seeds.trained, []

    def stops(shard, rng):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(shard, rng)

    stops.__module__, stops.__qualname__ = real.__module__, real.__qualname__
    monkeypatch.setattr(over_seeds, "trained", stops)
    with pytest.raises(KeyboardInterrupt):
        trained_features(data, own, rng=3, resume=tmp_path / "kept")
    again = trained_features(data, own, rng=3, resume=tmp_path / "kept")
    assert len(calls) == 5  # two were kept, the third was begun twice
    assert again.to_dict() == whole.to_dict()
    with pytest.raises(InputError, match="other work"):
        trained_features(data + 1, own, rng=3, resume=tmp_path / "kept")


def test_seeds_differ_and_a_seed_repeats():
    data, own = directions(100), replace(QUICK, epochs=5)
    one, again, other = (trained_features(data, own, rng=seed, doubled=False) for seed in (1, 1, 2))
    assert one.to_dict() == again.to_dict()
    assert one.value.value != other.value.value
    values = [run.value.value for run in one.runs]
    assert len(set(values)) == 3
    assert one.value.value == pytest.approx(np.mean(values))
    assert one.spread == pytest.approx(np.std(values, ddof=1))
    assert one.typical.value.value == pytest.approx(np.median(values))
    more = trained_features(data, own, rng=1, doubled=False, seeds=4)
    assert [run.value.value for run in more.runs[:3]] == values


def test_the_interval_covers_items_and_seeds():
    data, own = directions(100), replace(QUICK, epochs=5)
    whole, seeds_only = (trained_features(data, own, rng=1, doubled=False, repeats=n) for n in (200, 0))
    assert whole.value.half_width > seeds_only.value.half_width > 0
    logs = np.log([run.value.value for run in seeds_only.runs])
    half = 1.959964 * logs.std(ddof=1) / math.sqrt(3)
    assert math.log(seeds_only.value.high / seeds_only.value.value) == pytest.approx(half, rel=1e-5)
    single = trained_features(data, own, rng=1, doubled=False, seeds=1, repeats=0)
    assert math.isnan(single.value.low)
    assert math.isnan(single.spread)
    assert "fewer than 3 seeds" in str(single)


def test_clusters_reach_the_counts():
    data = np.repeat(directions(40, seed=1), 10, axis=0)
    own = replace(QUICK, epochs=5)
    plain, held = (
        trained_features(data, own, doubled=False, clusters=of, rng=0) for of in (None, np.repeat(np.arange(40), 10))
    )
    assert held.runs[0].replicates.std() > 2 * plain.runs[0].replicates.std()


def test_structure_stands_above_none_and_noise_does_not():
    # Two neurons that always fire together are one feature; shuffled they are two.
    rng = np.random.default_rng(0)
    size = rng.exponential(size=400) * (rng.random(400) < 0.5)
    found = trained_features(np.column_stack([size, size]), QUICK, doubled=False, null="columns", rng=0)
    assert found.value.value == pytest.approx(1, abs=0.05)
    assert len(found.null) == 3
    assert found.above_null is not None
    assert found.above_null.high < 0.8
    noise = rng.normal(size=(400, 2))
    same = trained_features(noise, QUICK, doubled=False, null="gaussian", rng=0).above_null
    assert same is not None
    assert same.low < 1.05
    assert same.high > 0.95


def test_a_large_null_model_is_of_some_rows(monkeypatch):
    monkeypatch.setattr(over_seeds, "NULL_BYTES", 1024)
    found = trained_features(directions(400), replace(QUICK, epochs=3), doubled=False, null="columns", rng=0)
    assert found.null[0].items == 64
    assert "64 rows" in str(found)


def test_what_is_not_to_be_trusted_is_said():
    zero = trained_features(np.zeros((50, 2)), Training(epochs=20), rng=0)
    assert (zero.value.value, zero.psi) == (0, 0)
    assert "no active feature" in str(zero)
    assert "the layer is 0" in str(zero)
    assert math.isnan(zero.explained)
    json.dumps(zero.to_dict())
    choked = trained_features(directions(), replace(QUICK, l1=1000), doubled=False, null="columns", rng=0)
    assert choked.value.value == 0
    assert choked.above_null is None
    assert "the penalty is too large" in str(choked)
    constant = trained_features(np.ones((50, 2)), Training(epochs=20), rng=0)
    assert "constant" in str(constant)
    short = str(trained_features(directions(), Training(epochs=120), doubled=False, rng=0))
    assert "not converged, F too high" in short
    assert "ended with the 120 epochs" in short
    poor = str(trained_features(directions(), Training(epochs=20), doubled=False, rng=0))
    assert "explain less than 0.9" in poor
    few = str(trained_features(np.random.default_rng(0).normal(size=(6, 2)), Training(epochs=2), doubled=False, rng=0))
    assert "fewer samples (6) than dictionary features (8)" in few


def test_a_dictionary_that_is_too_small_is_said():
    # Eight directions of two neurons, and a dictionary of two.
    own = Training(batch=32, learning_rate=0.01, expansion=1)
    assert "dictionary-limited" in str(trained_features(directions(600, kinds=8), own, rng=0))


def test_a_loss_that_is_no_number_stops_and_names_the_epoch():
    with pytest.raises(FloatingPointError, match=r"no longer a number \(epoch 1\); take a smaller one"):
        train_dictionary(directions(), replace(QUICK, learning_rate=1e200), rng=0)


# Penalties and layers.


def test_the_search_takes_the_first_penalty_that_passes():
    three = directions(kinds=3)
    found = search_penalty(three, [0.1, 0.3], QUICK, rng=0)
    assert found.penalty == 0.1
    assert found.tried.height == 1
    assert found.tried["effective"][0] == pytest.approx(3, abs=0.1)
    # Four directions are 2 N, the plateau of the trivial basis, which none leaves; one that is too large kills all.
    none = search_penalty(directions(), [0.1, 1000.0, 2000.0], QUICK, rng=0)
    assert none.penalty is None
    assert none.tried.height == 2
    assert "none of those tried passes" in str(none)


def test_layers_are_held_against_the_first():
    data = directions()
    found = features_by_layer({"a": data, "b": data * [1, 0], "zero": data * 0}, QUICK, doubled=False, rng=0)
    table = found.table()
    assert table["effective"].round(1).to_list() == [4.0, 2.0, 0.0]
    ratio = found.against_first["b"].ratio
    assert ratio.high < 0.6
    assert "zero" not in found.against_first
    assert "fewer" in str(found)
    json.dumps(found.to_dict())
    again = features_by_layer({"b": data * [1, 0]}, QUICK, doubled=False, rng=0)
    assert again.layers["b"].value == found.layers["b"].value


# The toy model and the parities.


@given(st.integers(0, 1000), st.sampled_from([0.0, 0.5, 0.95]))
@settings(max_examples=10)
def test_the_toy_model_represents_what_it_says(seed, sparsity):
    model = toy_superposition(sparsity, features=5, neurons=2, steps=5, rng=seed)
    lengths = (model.weights**2).sum(axis=0)
    assert model.represented == pytest.approx(lengths.sum())
    assert 1 <= model.effective <= 5 + 1e-9
    inputs = model.inputs(400, rng=seed)
    assert ((inputs >= 0) & (inputs < 1)).all()
    if sparsity > 0.9:
        assert inputs.any(axis=1).all()
    else:
        assert (inputs == 0).mean() == pytest.approx(sparsity, abs=0.06)
    np.testing.assert_allclose(model.activations(400, rng=seed), inputs @ model.weights.T)


def test_the_toy_model_descends_its_loss():
    """The gradient of the toy model by small differences, through one step of Adam from the same start."""
    one, two = (toy_superposition(0.5, features=4, neurons=2, steps=n, batch=64, rng=0) for n in (1, 800))
    assert two.loss < 0.6 * one.loss


def test_a_parity_network_learns_all_patterns():
    activations, accuracy = parity_network(tasks=2, bits=3, hidden=32, epochs=200, learning_rate=0.01, rng=0)
    assert activations.shape == (2 * 2**6, 32)
    assert accuracy == 1
    guess = parity_network(tasks=2, bits=3, hidden=32, epochs=1, learning_rate=1e-9, rng=0)[1]
    assert guess < 0.8


BAD = {
    "1d": (lambda: train_dictionary([1, 2]), "activations"),
    "3d": (lambda: train_dictionary(np.ones((2, 2, 2))), "activations"),
    "5d": (lambda: trained_features(np.ones((2, 2, 2, 1, 1))), "activations"),
    "nan": (lambda: trained_features([[1, math.nan], [1, 1]]), "activations"),
    "inf": (lambda: trained_features([[1, math.inf], [1, 1]]), "activations"),
    "texts": (lambda: train_dictionary([["a", "b"], ["c", "d"]]), "activations"),
    "complex": (lambda: train_dictionary(np.ones((3, 2), complex)), "activations"),
    "too-large": (lambda: train_dictionary(np.full((3, 2), 1e300)), "activations"),
    "one-item": (lambda: trained_features([[1, 2]]), "activations"),
    "no-chunk": (lambda: trained_features(iter([])), "activations"),
    "no-neuron": (lambda: trained_features(np.ones((3, 0))), "activations"),
    "chunks": (lambda: trained_features(iter([np.ones((2, 2)), np.ones((2, 3))])), "activations"),
    "expansion": (lambda: Training(expansion=0.5), "expansion"),
    "expansion-nan": (lambda: Training(expansion=math.nan), "expansion"),
    "l1": (lambda: Training(l1=-1), "l1"),
    "learning-rate": (lambda: Training(learning_rate=0), "learning_rate"),
    "epochs": (lambda: Training(epochs=0), "epochs"),
    "patience": (lambda: Training(patience=-1), "patience"),
    "batch": (lambda: Training(batch=0), "batch"),
    "max-samples": (lambda: Training(max_samples=1), "max_samples"),
    "standardise": (lambda: Training(standardise="most"), "standardise"),
    "standardise-zero": (lambda: train_dictionary(np.zeros((3, 2)), Training(standardise="rms")), "standardise"),
    "seeds": (lambda: trained_features(X, seeds=0), "seeds"),
    "null": (lambda: trained_features(X, null="rows"), "null"),
    "level": (lambda: trained_features(X, level=95), "level"),
    "clusters": (lambda: trained_features(X, Training(epochs=1), clusters=[1, 2]), "clusters"),
    "layers": (lambda: features_by_layer({}), "layers"),
    "layer": (lambda: features_by_layer({"deep": [[math.nan, 1], [1, 1]]}), "activations"),
    "penalties": (lambda: search_penalty(X, [2, 1]), "penalties"),
    "penalties-none": (lambda: search_penalty(X, []), "penalties"),
    "sparsity": (lambda: toy_superposition(1.0), "sparsity"),
    "importance": (lambda: toy_superposition(0.5, importance=0), "importance"),
    "dropout": (lambda: parity_network(1.0), "dropout"),
    "bits": (lambda: parity_network(tasks=5, bits=4), "bits"),
}


@pytest.mark.parametrize("case", BAD, ids=lambda case: f"sheet40-{case}")
def test_bad_input(case):
    call, argument = BAD[case]
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.argument == argument


def test_sheet40_the_place_is_named(monkeypatch):
    far = np.ones((2_000_000, 1))
    far[1_500_000] = math.nan
    with pytest.raises(InputError, match="index 1500000, 0"):
        train_dictionary(far)
    with pytest.raises(InputError, match="dictionary smaller than input"):
        Training(expansion=0.9)
    with pytest.raises(InputError, match=r"layer deep, index 0, 1"):
        features_by_layer({"deep": [[1, math.nan], [1, 1]]})
