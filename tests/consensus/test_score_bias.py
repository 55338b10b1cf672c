"""Scores of strict and lenient, steady and erratic voters: recovered, unmoved by order, defined at the extremes."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.consensus import ScoreVerdict, truth_inference, update
from psephos.consensus.truth_inference import score_bias
from psephos.errors import InputError
from psephos.opinions import from_matrix, scores


def drawn(seed: int, n_items: int = 800):
    """Scores with biases and deviations of six voters, and the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(5, 1.5, n_items)
    bias, deviation = np.array([-1.0, -0.4, 0.0, 0.2, 0.5, 0.7]), np.array([0.3, 0.5, 0.6, 0.8, 1.5, 2.0])
    matrix = truth[:, None] + bias + rng.normal(0, 1, (n_items, 6)) * deviation
    matrix[rng.random(matrix.shape) < 0.3] = np.nan
    item, voter = np.nonzero(~np.isnan(matrix))
    return scores(item, voter, matrix[item, voter]), truth, bias, deviation


@pytest.mark.parametrize("seed", range(3))
def test_biases_deviations_and_scores_are_recovered(seed):
    opinions, truth, bias, deviation = drawn(seed)
    found = truth_inference(opinions)
    assert isinstance(found, ScoreVerdict)
    assert found.converged
    item = found.items.cast(int).to_numpy()
    voters = found.voters.sort(pl.col("voter").cast(int))
    assert voters["bias"].to_numpy() == pytest.approx(bias - bias.mean(), abs=0.15)
    assert voters["deviation"].to_numpy() == pytest.approx(deviation, rel=0.2)
    off, plain = found.score - truth[item], found.mean - truth[item]
    assert off.std() < 0.7 * plain.std()
    inside = np.abs(off - off.mean()) < 1.96 * found.standard_error
    assert abs(inside.mean() - 0.95) < 4 * np.sqrt(0.95 * 0.05 / len(inside)) + 0.01
    assert found.spread == pytest.approx(1.5, abs=0.15)


def test_the_scores_are_the_mode_of_two_by_two_by_hand():
    """With equal voters and a wide spread of items, scores are means of rows without the biases."""
    found = truth_inference(scores(["a", "a", "b", "b"], ["x", "y", "x", "y"], [0.0, 2.0, 100.0, 102.0]))
    assert found.voters["bias"].to_list() == pytest.approx([-1, 1], abs=0.2)
    assert found.score == pytest.approx([1, 101], abs=0.5)


@given(st.permutations(range(40)))
@settings(max_examples=20)
def test_the_order_of_rows_does_not_matter(order):
    rng = np.random.default_rng(0)
    item, voter, score = np.repeat(np.arange(10), 4), np.tile(np.arange(4), 10), rng.normal(0, 1, 40)
    one = truth_inference(scores(item, voter, score)).table().sort("item")
    rows = np.array(order)
    other = truth_inference(scores(item[rows], voter[rows], score[rows])).table().sort("item")
    assert one["score"].to_numpy() == pytest.approx(other["score"].to_numpy(), abs=1e-6)


@pytest.mark.parametrize(("shift", "scale"), [(100.0, 1.0), (0.0, 1e6), (-3.0, 1e-6)])
def test_unit_and_origin_of_the_scores_do_not_matter(shift, scale):
    opinions, *_ = drawn(1, 100)
    frame = opinions.frame()
    moved = scores(frame["item"], frame["voter"], frame["score"].to_numpy() * scale + shift)
    one, other = truth_inference(opinions), truth_inference(moved)
    assert (other.score - shift) / scale == pytest.approx(one.score, abs=1e-3)
    assert other.standard_error / scale == pytest.approx(one.standard_error, abs=1e-3)


def test_two_processes_find_the_same(monkeypatch, two_processes):
    monkeypatch.setattr(score_bias, "VOTES_PER_PIECE", 500)
    opinions, *_ = drawn(2)
    assert truth_inference(opinions).table().equals(truth_inference(opinions, engine=two_processes).table())


def test_an_update_is_a_fit_of_all_rows():
    opinions, *_ = drawn(3, 100)
    frame = opinions.frame()
    first, second = frame.head(200), frame.tail(-200)
    before = truth_inference(scores(*(first[name] for name in ("item", "voter", "score"))))
    after = update(before, scores(*(second[name] for name in ("item", "voter", "score"))))
    assert after.table().sort("item")["score"].to_numpy() == pytest.approx(
        truth_inference(opinions).table().sort("item")["score"].to_numpy(), abs=1e-6
    )


@pytest.mark.parametrize(
    "matrix",
    [
        [[3.0]],
        [[3.0, 3.0], [3.0, 3.0]],
        [[1.0, None], [None, 2.0]],
        [[1.0, 5.0, 5.0], [2.0, 5.0, 1.0], [3.0, 5.0, 9.0]],
    ],
    ids=["one score", "all scores alike", "nobody shares an item", "a voter that always says the same"],
)
def test_extremes_have_an_answer(matrix):
    found = truth_inference(from_matrix(matrix, kind="scores"))
    assert np.isfinite(found.score).all()
    assert np.isfinite(found.standard_error).all()
    assert np.isfinite(found.voters["deviation"].to_numpy()).all()
    assert str(found)


def test_a_score_of_nan_is_an_abstention():
    found = truth_inference(scores(["a", "a", "b"], ["x", "y", "x"], [1.0, float("nan"), 2.0]))
    assert found.votes.tolist() == [1, 1]
    assert found.voters["voter"].to_list() == ["x"]


@pytest.mark.parametrize(
    ("options", "argument"),
    [({"model": "mace"}, "model"), ({"gold": {"a": 1}}, "gold"), ({"weights": {"x": 2}}, "weights")],
)
def test_what_means_nothing_for_scores_is_refused(options, argument):
    with pytest.raises(InputError) as caught:
        truth_inference(scores(["a"], ["x"], [1.0]), **options)
    assert caught.value.argument == argument


def test_no_score_at_all_is_refused():
    with pytest.raises(InputError):
        truth_inference(scores(["a"], ["x"], [float("nan")]))


def test_scores_too_large_to_be_squared_are_refused():
    with pytest.raises(InputError, match=r"hold -1e\+300, too large to be squared"):
        truth_inference(scores(["1", "1", "2", "2"], ["a", "b", "a", "b"], [1.0, 2.0, -1e300, 5.0]))
