"""The model of difficulty: against a sum over all truths and decoys, its fit, its limits and its extremes."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.consensus.vote_split import (
    CANDIDATES,
    PRIOR_ITEMS,
    VoteSplitModel,
    _most_gain,
    _newton_step,
    fit_vote_split,
    leader_certainty,
)


def model(n_choices: int, *classes: tuple[float, float, float]) -> VoteSplitModel:
    accuracy, decoy, share = (np.array(column) for column in zip(*classes, strict=True))
    return VoteSplitModel(accuracy, decoy, share / share.sum(), n_choices, 1, True)


def likelihood_by_hand(votes, accuracy, decoy, n_choices):
    """P(votes | each choice is the truth), summed over its decoys, by the formula of the module and nothing else."""
    votes = [*votes, *[0] * (n_choices - len(votes))]
    spread = (1 - accuracy) * (1 - decoy) / (n_choices - 1)
    tempting = (1 - accuracy) * decoy + spread
    found = []
    for truth in range(n_choices):
        ways = 0.0
        for wrong in range(n_choices):
            if wrong != truth:
                others = sum(votes) - votes[truth] - votes[wrong]
                ways += accuracy ** votes[truth] * tempting ** votes[wrong] * spread**others
        found.append(ways / (n_choices * (n_choices - 1)))
    return found


def certainty_by_hand(votes, fitted):
    by_truth = np.zeros(fitted.n_choices)
    for accuracy, decoy, share in zip(fitted.accuracy, fitted.decoy, fitted.share, strict=True):
        by_truth += share * np.array(likelihood_by_hand(votes, accuracy, decoy, fitted.n_choices))
    return by_truth[0] / by_truth.sum()


def splits_of(*rows) -> np.ndarray:
    width = max(map(len, rows))
    return np.array([[*sorted(row, reverse=True), *[0] * (width - len(row))] for row in rows], dtype=np.float64)


choices = st.integers(2, CANDIDATES)
models = choices.flatmap(
    lambda n: st.builds(
        lambda *classes: model(n, *classes),
        *[
            st.tuples(
                st.floats(0.5, 0.99),
                st.floats(0.0, 0.9) if n > 2 else st.just(1.0),
                st.floats(0.05, 1.0),
            )
        ]
        * 3,
    )
)


@st.composite
def models_with_votes(draw):
    fitted = draw(models)
    votes = draw(st.lists(st.integers(0, 9), min_size=1, max_size=fitted.n_choices).filter(any))
    return fitted, sorted(votes, reverse=True)


@given(models_with_votes())
@settings(max_examples=200)
def test_certainty_is_the_posterior_summed_over_all_truths_and_decoys(drawn):
    fitted, votes = drawn
    found = leader_certainty(fitted, splits_of(votes))[0]
    assert found == pytest.approx(certainty_by_hand(votes, fitted), rel=1e-9, abs=1e-12)


def test_choices_without_votes_count_also_where_there_are_many():
    fitted = model(9, (0.6, 0.5, 0.7), (0.4, 0.2, 0.3))
    for votes in ([1], [3, 1], [2, 2, 1, 1], [1] * CANDIDATES):
        found = leader_certainty(fitted, splits_of(votes))[0]
        assert found == pytest.approx(certainty_by_hand(votes, fitted), rel=1e-9)


def test_without_votes_every_choice_is_equally_likely():
    assert leader_certainty(model(4, (0.7, 0.3, 1.0)), np.zeros((1, 2))).tolist() == [1 / 4]


@given(models_with_votes(), st.integers(1, 5))
def test_certainty_is_a_probability_that_more_agreement_never_lowers(drawn, more):
    fitted, votes = drawn
    before, after = leader_certainty(fitted, splits_of(votes, [votes[0] + more, *votes[1:]]))
    assert 0 <= before <= 1
    assert 0 <= after <= 1
    assert after >= before - 1e-12


@given(models_with_votes())
def test_choices_that_share_the_lead_share_its_certainty(drawn):
    fitted, votes = drawn
    tied = [votes[0], *votes] if len(votes) < fitted.n_choices else [*votes[:1], *votes[:-1]]
    sharing = sum(count == tied[0] for count in tied)
    certainty = leader_certainty(fitted, splits_of(tied))[0]
    assert certainty * sharing <= 1 + 1e-12
    assert certainty == pytest.approx(certainty_by_hand(tied, fitted), abs=1e-12)


def test_a_tie_of_two_out_of_two_is_even():
    fitted = fit_vote_split(splits_of([5], [4, 1], [3, 2]), np.array([70, 20, 10]), 2)
    assert leader_certainty(fitted, splits_of([3, 3], [1, 1])) == pytest.approx([0.5, 0.5])


# The fit.

SPLITS = splits_of([7], [6, 1], [5, 2], [5, 1, 1], [4, 3], [4, 2, 1], [3, 3, 1], [3, 2, 2])
ITEMS = np.array([600, 150, 60, 40, 50, 50, 30, 20])


def by_class(fitted, splits) -> np.ndarray:
    """P(votes | class) of each split, summed over all truths, by hand."""
    return np.array(
        [
            [
                math.fsum(likelihood_by_hand([n for n in votes if n], accuracy, decoy, fitted.n_choices))
                for accuracy, decoy in zip(fitted.accuracy, fitted.decoy, strict=True)
            ]
            for votes in splits.astype(int).tolist()
        ]
    )


def objective(likelihood, items, share) -> float:
    """The log-likelihood of the splits and the logarithm of the prior: what the fit is to make largest."""
    return float(items @ np.log(likelihood @ share) + PRIOR_ITEMS / len(share) * np.log(share).sum())


@pytest.fixture(scope="module")
def fitted_by_hand():
    fitted = fit_vote_split(SPLITS, ITEMS, 4)
    return fitted, by_class(fitted, SPLITS)


def test_every_round_of_the_fit_raises_the_likelihood(fitted_by_hand):
    _, likelihood = fitted_by_hand
    rounds = [fit_vote_split(SPLITS, ITEMS, 4, most_rounds=n).share for n in range(1, 12)]
    reached = [objective(likelihood, ITEMS, share) for share in rounds]
    assert all(later >= earlier - 1e-9 for earlier, later in pairwise(reached))
    assert reached[-1] > reached[0] + 100


def test_the_fit_is_where_ten_thousand_rounds_of_em_end_or_better(fitted_by_hand):
    fitted, likelihood = fitted_by_hand
    share = np.full(len(fitted.share), 1 / len(fitted.share))
    for _ in range(10_000):
        each = ITEMS @ (likelihood / (likelihood @ share)[:, None])
        share = (share * each + PRIOR_ITEMS / len(share)) / (ITEMS.sum() + PRIOR_ITEMS)
    assert objective(likelihood, ITEMS, fitted.share) > objective(likelihood, ITEMS, share) - 1e-6
    em = VoteSplitModel(fitted.accuracy, fitted.decoy, share, 4, 0, True)
    assert leader_certainty(fitted, SPLITS) == pytest.approx(leader_certainty(em, SPLITS), abs=0.003)


@pytest.mark.parametrize("step", [1e-4, 1e-2, 0.5])
def test_no_class_deserves_a_larger_share(fitted_by_hand, step):
    fitted, likelihood = fitted_by_hand
    best = objective(likelihood, ITEMS, fitted.share)
    for place in range(len(fitted.share)):
        share = (1 - step) * fitted.share
        share[place] += step
        assert objective(likelihood, ITEMS, share) < best + 1e-6


def test_shares_are_shares_and_the_decoy_never_draws_more_than_the_truth():
    for n_choices in (2, 3, 10, 1000):
        fitted = fit_vote_split(splits_of([3], [2, 1]), np.array([5, 5]), n_choices)
        assert fitted.share.sum() == pytest.approx(1)
        assert (fitted.share > 0).all()
        tempting = (1 - fitted.accuracy) * (fitted.decoy + (1 - fitted.decoy) / (n_choices - 1))
        assert (tempting <= fitted.accuracy + 1e-9).all()


@pytest.mark.parametrize("seed", range(20))
def test_no_shares_gain_more_than_the_bound(seed):
    rng = np.random.default_rng(seed)
    likelihood, items = rng.uniform(1e-6, 1, (8, 5)) ** rng.integers(1, 6), rng.integers(1, 40, 8).astype(float)
    mixed = likelihood[:, :2] @ rng.dirichlet(np.ones(2))
    bound = _most_gain(likelihood, items, mixed)
    share = np.full(5, 0.2)
    for _ in range(3_000):  # EM, which never loses likelihood
        share = share * (items @ (likelihood / (likelihood @ share)[:, None])) / items.sum()
    assert items @ np.log(likelihood @ share / mixed) <= bound + 1e-9


@pytest.mark.parametrize("n_rows", [3, 20, 60], ids=lambda n: f"{n}-splits")
def test_a_step_solves_its_system_whichever_of_the_two_is_smaller(n_rows):
    rng = np.random.default_rng(n_rows)
    rows, diagonal, slope = rng.normal(size=(n_rows, 20)), rng.uniform(0.1, 9, 20), rng.normal(size=20)
    step = _newton_step(rows, diagonal, slope)
    assert (rows.T @ rows + np.diag(diagonal)) @ step == pytest.approx(slope, abs=1e-9)


def test_equal_splits_counted_once_or_each_are_the_same():
    once = fit_vote_split(SPLITS, ITEMS, 4)
    each = fit_vote_split(np.repeat(SPLITS, ITEMS, axis=0), np.ones(ITEMS.sum(), dtype=np.int64), 4)
    assert once.share == pytest.approx(each.share, abs=1e-9)
    assert leader_certainty(once, SPLITS) == pytest.approx(leader_certainty(each, SPLITS), abs=1e-9)


def test_neither_the_order_of_the_splits_nor_empty_columns_matter():
    one = fit_vote_split(SPLITS, ITEMS, 4)
    other = fit_vote_split(np.pad(SPLITS[::-1], ((0, 0), (0, 9))), ITEMS[::-1], 4)
    assert one.share == pytest.approx(other.share, abs=1e-9)
    wide = np.pad(SPLITS, ((0, 0), (0, 9)))
    assert leader_certainty(one, SPLITS) == pytest.approx(leader_certainty(one, wide), abs=1e-12)


def test_easy_items_are_believed_and_hard_ones_lower_the_certainty_of_all():
    easy = fit_vote_split(splits_of([5], [4, 1], [3, 2]), np.array([900, 90, 10]), 3)
    hard = fit_vote_split(splits_of([5], [4, 1], [3, 2]), np.array([200, 400, 400]), 3)
    assert (leader_certainty(easy, splits_of([4, 1])) > leader_certainty(hard, splits_of([4, 1])) + 0.03).all()


def test_a_fit_that_is_cut_short_says_so():
    assert not fit_vote_split(SPLITS, ITEMS, 4, most_rounds=3).converged
    assert fit_vote_split(SPLITS, ITEMS, 4).converged


@pytest.mark.parametrize(
    ("split", "items", "n_choices"),
    [
        (splits_of([1]), [1], 2),
        (splits_of([1]), [1], 100_000),
        (splits_of([1, 1]), [1], 2),
        (splits_of([1] * 40), [3], 40),
        (splits_of([3], [1] * 200), [5, 2], 100_000),
        (splits_of([10**6], [10**6 - 1, 1]), [10**9, 1], 2),
        (splits_of([10**6, 10**6]), [1], 3),
        (splits_of([600_000, 300_000, 100_000]), [7], 3),
        (splits_of([0.001], [0.002, 0.001]), [4, 4], 5),
    ],
    ids=[
        "one vote",
        "one vote among 100,000 choices",
        "one tie",
        "forty choices of one vote",
        "a wide split",
        "millions of votes",
        "millions of votes, tied",
        "millions of votes of a hard item",
        "thousandths of votes",
    ],
)
def test_extremes_stay_finite(split, items, n_choices):
    fitted = fit_vote_split(split, np.array(items), n_choices)
    certainty = leader_certainty(fitted, split)
    assert np.isfinite(fitted.share).all()
    assert (certainty >= 1 / n_choices - 1e-9).all()
    assert (certainty <= 1).all()


def test_more_splits_than_are_held_at_once_are_done_in_pieces(monkeypatch):
    rng = np.random.default_rng(0)
    split = np.sort(rng.integers(1, 30, (700, 3)), axis=1)[:, ::-1].astype(np.float64)
    items = rng.integers(1, 9, 700)
    whole = fit_vote_split(split, items, 5)
    monkeypatch.setattr("psephos.consensus.vote_split.SPLITS_AT_ONCE", 64)
    pieces = fit_vote_split(split, items, 5)
    assert whole.share == pytest.approx(pieces.share, abs=1e-9)
    assert leader_certainty(whole, split) == pytest.approx(leader_certainty(pieces, split), abs=1e-9)
