"""Models of voters: against slow references, whatever the order and the engine, on populations, and on bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from voter_populations import (
    POPULATIONS,
    coins,
    confused,
    difficult,
    drawn,
    easy_and_hard,
    hammers_and_spammers,
    long,
    right,
    sparse_crowd,
)

from psephos.consensus import against_gold, majority, truth_inference, update
from psephos.consensus.part_verdicts import count_votes
from psephos.consensus.truth_inference import inference, item_difficulty, voter_confusion
from psephos.consensus.truth_inference.answers import answers_of
from psephos.consensus.truth_inference.beliefs import SURELY
from psephos.consensus.truth_inference.cast_votes import ballots_of, ballots_of_part
from psephos.consensus.truth_inference.fitting import MODELS
from psephos.consensus.truth_inference.model import fitted
from psephos.engine import open_engine
from psephos.errors import InputError
from psephos.opinions import from_matrix, labels, read, samples, scan

DIGITS = Path(__file__).parents[2] / "examples" / "digits"
OF_MANY = tuple(name for name in MODELS if name != "kos")


def ballots(opinions):
    parts = [count_votes(part, opinions) for part in opinions.parts(1)]
    return ballots_of([ballots_of_part(part) for part in parts], [part.row for part in parts], opinions.size("voter"))


def calibration_error(verdict, truth) -> float:
    item = verdict.items.cast(int).to_numpy()
    return against_gold(verdict, [str(answer) for answer in np.asarray(truth)[item]]).calibration_error


# Slow references: loops over votes, by the formulas of the modules.


def confusion_by_hand(votes, n_choices, prior, rounds):
    n_items, n_voters = votes.shape
    cast = [(i, v, votes[i, v]) for i in range(n_items) for v in range(n_voters) if votes[i, v] >= 0]
    belief = np.zeros((n_items, n_choices))
    for i, _, c in cast:
        belief[i, c] += 1
    belief /= belief.sum(axis=1, keepdims=True)
    for _ in range(rounds + 1):
        counts = np.zeros((n_voters, n_choices, n_choices))
        for i, v, c in cast:
            counts[v, :, c] += belief[i]
        pooled = counts.sum(axis=0) + 1 / n_choices
        pooled /= pooled.sum(axis=1, keepdims=True)
        confusion = (counts + prior * pooled) / (counts.sum(axis=2, keepdims=True) + prior)
        share = (belief.sum(axis=0) + 1 / n_choices) / (n_items + 1)
        belief = np.tile(share, (n_items, 1))
        for i, v, c in cast:
            belief[i] *= confusion[v, :, c]
        belief /= belief.sum(axis=1, keepdims=True)
    return belief, confusion


def accuracy_by_hand(votes, n_choices, prior, rounds):
    n_items, n_voters = votes.shape
    cast = [(i, v, votes[i, v]) for i in range(n_items) for v in range(n_voters) if votes[i, v] >= 0]
    belief = np.zeros((n_items, n_choices))
    for i, _, c in cast:
        belief[i, c] += 1
    belief /= belief.sum(axis=1, keepdims=True)
    for _ in range(rounds + 1):
        good, all_votes = np.zeros(n_voters), np.zeros(n_voters)
        for i, v, c in cast:
            good[v] += belief[i, c]
            all_votes[v] += 1
        accuracy = (good + prior * good.sum() / all_votes.sum()) / (all_votes + prior)
        share = (belief.sum(axis=0) + 1 / n_choices) / (n_items + 1)
        belief = np.tile(share, (n_items, 1))
        believed = np.clip(accuracy, SURELY, 1 - SURELY)
        for i, v, c in cast:
            chance = np.full(n_choices, (1 - believed[v]) / (n_choices - 1))
            chance[c] = believed[v]
            belief[i] *= chance
        belief /= belief.sum(axis=1, keepdims=True)
    return belief, accuracy


def messages_by_hand(votes, rounds):
    n_items, n_voters = votes.shape
    sign = {
        (i, v): 1.0 if votes[i, v] == 1 else -1.0 for i in range(n_items) for v in range(n_voters) if votes[i, v] >= 0
    }
    told = dict.fromkeys(sign, 1.0)
    for _ in range(rounds):
        heard = {
            (i, v): sum(sign[i, u] * told[i, u] for u in range(n_voters) if u != v and (i, u) in sign) for i, v in sign
        }
        told = {
            (i, v): sum(sign[j, v] * heard[j, v] for j in range(n_items) if j != i and (j, v) in sign) for i, v in sign
        }
    return np.array([sum(sign[i, v] * told[i, v] for v in range(n_voters) if (i, v) in sign) for i in range(n_items)])


matrices = st.integers(2, 4).flatmap(
    lambda n_choices: st.lists(
        st.lists(st.integers(-1, n_choices - 1), min_size=4, max_size=4).filter(lambda row: max(row) >= 0),
        min_size=3,
        max_size=9,
    ).map(np.array)
)


@given(matrices, st.sampled_from([0.5, 2.0]), st.integers(0, 6))
def test_confusions_are_those_of_a_loop_over_votes(votes, prior, rounds):
    found = ballots(long(votes))
    codes = np.searchsorted(np.unique(votes[votes >= 0]), votes)
    codes[votes < 0] = -1
    codes = codes[:, codes.max(axis=0) >= 0]
    with open_engine(1) as engine:
        fit = fitted(MODELS["dawid-skene"](prior), found, engine, rounds=rounds, tolerance=0.0)
    belief, confusion = confusion_by_hand(codes, found.n_choices, prior, rounds)
    answers, place = answers_of(found, fit), np.arange(len(belief))
    ordered = np.sort(belief, axis=1)
    assert answers["sure"] == pytest.approx(ordered[:, -1], abs=1e-9)
    assert belief[place, answers["first"]] == pytest.approx(ordered[:, -1], abs=1e-9)
    spread = np.exp(fit.parameters["log_confusion"]).transpose(0, 2, 1)
    names = [int(name) for name in long(votes).vocabulary("voter")]
    columns = np.cumsum(votes.max(axis=0) >= 0) - 1
    assert spread == pytest.approx(confusion[columns[names]], abs=1e-9)


@example(np.array([[0, 0, 0, 0], [0, 0, 0, 0], [0, -1, -1, -1]]), 0.5, 1)
@given(matrices, st.sampled_from([0.5, 2.0]), st.integers(0, 6))
def test_accuracies_are_those_of_a_loop_over_votes(votes, prior, rounds):
    verdict = truth_inference(long(votes), "one-coin", prior=prior, rounds=rounds, tolerance=0.0)
    codes = np.searchsorted(np.unique(votes[votes >= 0]), votes)
    codes[votes < 0] = -1
    belief, accuracy = accuracy_by_hand(
        codes[:, codes.max(axis=0) >= 0], max(2, len(np.unique(votes[votes >= 0]))), prior, rounds
    )
    names = [int(name) for name in verdict.voters["voter"]]
    columns = np.cumsum(votes.max(axis=0) >= 0) - 1
    assert verdict.voters["reliability"].to_numpy() == pytest.approx(accuracy[columns[names]], abs=1e-9)
    given_answers = [set(row[row >= 0].tolist()) for row in codes]
    best = [max(belief[i, sorted(said)]) for i, said in enumerate(given_answers)]
    assert verdict.fitted.sums["sure"] == pytest.approx(np.array(best), abs=1e-9)


def test_messages_are_those_of_a_loop_over_votes():
    votes, _ = drawn(3, 12, coins([0.9, 0.8, 0.7, 0.6, 0.4], 2), missing=0.2)
    votes = votes[votes.max(axis=1) >= 0]
    rounds = 4
    verdict = truth_inference(long(votes), "kos", rounds=rounds, tolerance=0.0)
    expected = messages_by_hand(votes, rounds)
    clear = np.abs(expected) > 1e-9
    assert ((verdict.fitted.sums["first"] == 1) == (expected > 0))[clear].all()


def test_messages_of_voters_that_nothing_connects_do_not_drown():
    """Two crowds without a common item say together what each says alone, however many rounds."""
    crowds = [drawn(seed, 40, coins(skill, 2))[0] for seed, skill in ((1, [0.95] * 7), (2, [0.7, 0.65, 0.6, 0.6]))]
    both = np.full((80, 11), -1)
    both[:40, :7], both[40:, 7:] = crowds
    together = truth_inference(long(both), "kos", rounds=400, tolerance=0.0).table()
    assert not together["flags"].str.contains("tie").any()
    for part, votes, first in ((together.head(40), crowds[0], 0), (together.tail(40), crowds[1], 40)):
        alone = truth_inference(long(votes), "kos", rounds=400, tolerance=0.0).table()
        assert part["item"].cast(int).to_list() == [int(item) + first for item in alone["item"]]
        assert part["choice"].to_list() == alone["choice"].to_list()


def of_any_easiness(votes, ability, n_choices, log_easiness):
    """P(votes on each item, choice) for abilities, (item, choice), averaged over easiness: a plain sum on a grid."""
    prior = np.exp(-((log_easiness - 1) ** 2) / 2)
    prior /= prior.sum()
    found = np.zeros((len(votes), n_choices))
    for i, row in enumerate(votes):
        chance = np.ones((n_choices, len(log_easiness)))
        for v in np.flatnonzero(row >= 0):
            right_ = 1 / (1 + np.exp(-ability[v] * np.exp(log_easiness)))
            for k in range(n_choices):
                chance[k] *= right_ if k == row[v] else (1 - right_) / (n_choices - 1)
        found[i] = chance @ prior / n_choices
    return found


FINE = np.linspace(-3, 5, 1601)


def test_abilities_end_where_their_posterior_over_any_easiness_is_largest():
    votes, _ = drawn(5, 40, coins([0.9, 0.8, 0.75, 0.6], 3), missing=0.1)
    votes = votes[votes.max(axis=1) >= 0]
    verdict = truth_inference(long(votes), "glad", rounds=3000, tolerance=1e-10)
    assert verdict.fitted.converged
    names = [int(name) for name in verdict.opinions.vocabulary("voter")]
    ability = np.empty(4)
    ability[names] = verdict.fitted.parameters["ability"]

    def posterior(ability):
        return np.log(of_any_easiness(votes, ability, 3, FINE).sum(axis=1)).sum() - ((ability - 1) ** 2).sum() / 2

    best = posterior(ability)
    for place in range(4):
        for step in (-0.02, 0.02):
            assert posterior(ability + step * (np.arange(4) == place)) < best
    expected = of_any_easiness(votes, ability, 3, FINE)
    expected /= expected.sum(axis=1, keepdims=True)
    sums = verdict.fitted.sums
    assert sums["sure"] == pytest.approx(expected.max(axis=1), abs=2e-3)
    assert (sums["first"] == expected.argmax(axis=1))[np.ptp(np.sort(expected)[:, 1:], axis=1) > 0.01].all()


def test_the_more_of_mace_the_more_probable_the_votes():
    votes, _ = drawn(6, 200, coins([0.9, 0.8, 0.7, 0.5, 0.4], 4))
    reached = [
        truth_inference(long(votes), "mace", rounds=rounds, tolerance=0, restarts=0).fitted.sums["evidence"]
        for rounds in (0, 1, 3, 10, 30)
    ]
    assert reached == sorted(reached)
    assert reached[-1] > reached[0] + 1


def test_agreement_weighs_voters_by_hand():
    votes = from_matrix([["a", "a", "b"], ["a", "a", "b"], ["b", "b", "b"], ["a", "b", "b"]], voters=["x", "y", "z"])
    verdict = truth_inference(votes, "agreement", prior=0)
    assert verdict.voters["reliability"].to_list() == pytest.approx([3 / 4, 4 / 4, 2 / 4])
    assert verdict.table()["choice"].to_list() == ["a", "a", "b", "b"]


def test_the_compiled_step_is_that_of_the_arrays(monkeypatch):
    votes, _ = drawn(7, 500, coins([0.9, 0.8, 0.7, 0.6, 0.5], 4), missing=0.3)
    gold = {"3": "1", "4": "2"}
    item, voter = np.nonzero(votes >= 0)
    weight = np.random.default_rng(0).uniform(0.5, 2, len(item))
    opinions = labels(item, voter, votes[item, voter], weight=weight)
    arrays = truth_inference(opinions, rounds=20, tolerance=0, gold=gold)
    for same in ({3: 1, 4: 2}, {3.0: 1.0, "4": 2}, {np.int64(3): "1", 4.0: "2"}):
        again = truth_inference(opinions, rounds=20, tolerance=0, gold=same)
        assert np.array_equal(again.certainty, arrays.certainty)
    monkeypatch.setattr(voter_confusion, "COMPILED_BALLOTS", 0)
    compiled = truth_inference(opinions, rounds=20, tolerance=0, gold=gold)
    assert compiled.table().drop("certainty", "margin").equals(arrays.table().drop("certainty", "margin"))
    assert compiled.certainty == pytest.approx(arrays.certainty, abs=1e-12)
    assert compiled.fitted.sums["counts"] == pytest.approx(arrays.fitted.sums["counts"], abs=1e-9)
    assert compiled.fitted.sums["evidence"] == pytest.approx(arrays.fitted.sums["evidence"], rel=1e-12)


@pytest.mark.parametrize("n_choices", [2, 4])
@pytest.mark.parametrize("gold", [None, {"3": "1", "4": "0", "5": "1"}], ids=["open", "some known"])
def test_the_compiled_step_of_glad_is_that_of_the_arrays(monkeypatch, n_choices, gold):
    votes, _ = easy_and_hard(7, 400, 9, n_choices, missing=0.4)
    votes[5, :] = -1
    votes[5, :2] = 0  # its known answer is one that nobody gave
    item, voter = np.nonzero(votes >= 0)
    weight = np.random.default_rng(0).uniform(0.5, 2, len(item))
    opinions = labels(item, voter, votes[item, voter], weight=weight)
    options = {"rounds": 20, "tolerance": 0, "gold": gold}
    arrays = truth_inference(opinions, "glad", **options)
    monkeypatch.setattr(item_difficulty, "COMPILED_BALLOTS", 0)
    compiled = truth_inference(opinions, "glad", **options)
    assert compiled.table().drop("certainty", "margin").equals(arrays.table().drop("certainty", "margin"))
    assert compiled.certainty == pytest.approx(arrays.certainty, abs=1e-12)
    for name in ("slope", "curvature", "squares", "chance", "right", "log_easiness", "evidence"):
        assert compiled.fitted.sums[name] == pytest.approx(arrays.fitted.sums[name], rel=1e-9, abs=1e-9), name
    assert compiled.fitted.parameters["ability"] == pytest.approx(arrays.fitted.parameters["ability"], abs=1e-9)


def test_blocks_of_a_piece_add_up(monkeypatch):
    votes, _ = drawn(8, 300, coins([0.9, 0.8, 0.7], 3))
    whole = truth_inference(long(votes))
    monkeypatch.setattr(voter_confusion, "CELLS_AT_ONCE", 30)
    assert truth_inference(long(votes)).certainty == pytest.approx(whole.certainty, abs=1e-12)


# The same whatever the arrangement.


@pytest.mark.parametrize("model", OF_MANY)
def test_neither_the_order_of_rows_nor_of_voters_matters(model):
    votes, _ = drawn(9, 80, coins([0.9, 0.8, 0.7, 0.6], 3), missing=0.2)
    item, voter = np.nonzero(votes >= 0)
    order = np.random.default_rng(1).permutation(len(item))
    one = truth_inference(labels(item, voter, votes[item, voter]), model, rng=0)
    other = truth_inference(labels(item[order], voter[order], votes[item, voter][order]), model, rng=0, restarts=0)
    left, right_ = (found.table().sort("item") for found in (one, other))
    assert left["choice"].to_list() == right_["choice"].to_list()
    if model != "mace":
        assert left["certainty"].to_numpy() == pytest.approx(right_["certainty"].to_numpy(), abs=1e-6)


@pytest.mark.parametrize("model", OF_MANY)
def test_names_of_choices_do_not_matter(model):
    votes, _ = drawn(10, 80, coins([0.9, 0.8, 0.7, 0.6], 3))
    item, voter = np.nonzero(votes >= 0)
    one = truth_inference(labels(item, voter, votes.ravel()), model, rng=0, restarts=0)
    renamed = np.array(["zebra", "ape", "mole"])[votes.ravel()]
    other = truth_inference(labels(item, voter, renamed), model, rng=0, restarts=0)
    assert one.certainty == pytest.approx(other.certainty, abs=1e-9)


@pytest.fixture(scope="module")
def crowd():
    votes, truth = drawn(11, 60_000, coins(np.random.default_rng(2).beta(6, 3, 9), 3), missing=0.5)
    return long(votes), truth


@pytest.mark.parametrize("model", OF_MANY)
def test_two_processes_find_the_same_to_the_last_bit(crowd, two_processes, model):
    opinions, _ = crowd
    options = {"rounds": 3, "tolerance": 0.0, "restarts": 0}
    here = truth_inference(opinions, model, **options)
    assert len(here.ballots.pieces()) > 1
    there = truth_inference(opinions, model, **options, engine=two_processes)
    assert here.table().equals(there.table())
    assert here.voters.equals(there.voters)


@pytest.mark.ray
@pytest.mark.xdist_group("ray")
def test_ray_finds_the_same_to_the_last_bit(crowd, ray_cluster):
    opinions, _ = crowd
    here = truth_inference(opinions, rounds=3, tolerance=0.0)
    assert here.table().equals(truth_inference(opinions, rounds=3, tolerance=0.0, engine="ray").table())


def test_opinions_in_parts_give_the_same(tmp_path):
    votes, _ = drawn(12, 400, coins([0.9, 0.8, 0.7, 0.6], 3), missing=0.2)
    item, voter = np.nonzero(votes >= 0)
    table = pl.DataFrame({"item": item, "voter": voter, "label": votes[item, voter]})
    table.write_parquet(tmp_path / "votes.parquet")
    whole = truth_inference(read(tmp_path / "votes.parquet"))
    parts = truth_inference(scan(tmp_path / "votes.parquet", rows_per_part=100))
    assert parts.table().drop("certainty", "margin").equals(whole.table().drop("certainty", "margin"))
    assert parts.certainty == pytest.approx(whole.certainty, abs=1e-12)


# What is learnt.


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("model", "population"),
    [
        ("one-coin", "of different skill"),
        ("one-coin", "alike"),
        ("dawid-skene", "that confuse two choices"),
        ("dawid-skene", "of different skill"),
        ("mace", "with spammers"),
    ],
)
def test_on_populations_drawn_from_the_model_certainty_is_off_by_less_than_two_hundredths(model, population, seed):
    votes, truth = POPULATIONS[population](seed)
    verdict = truth_inference(long(votes), model, rng=0)
    assert calibration_error(verdict, truth) < 0.02
    assert not verdict.dispersion.found
    assert not verdict.kin.groups
    shares = verdict.support / verdict.votes
    assert (
        np.abs(shares.mean() - right(verdict, truth).mean()) > 0.05
    )  # the check would find out what is no probability


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("model", "draw"),
    [("glad", easy_and_hard), ("kos", hammers_and_spammers), ("agreement", hammers_and_spammers)],
    ids=["glad", "kos", "agreement"],
)
def test_certainty_is_off_by_less_than_two_hundredths_for_methods_that_only_weigh(model, draw, seed):
    votes, truth = draw(seed)
    verdict = truth_inference(long(votes), model)
    assert calibration_error(verdict, truth) < 0.02
    shares = verdict.support / verdict.votes
    assert calibration_error(with_certainty(verdict, shares), truth) > 0.03  # a share of votes would be found out
    assert not verdict.dispersion.found
    if model != "glad":
        assert "explains the votes best" in verdict.certainty_means


def test_glad_is_not_too_sure_of_items_with_few_votes():
    """The mean of eight populations of four votes an item; with one estimate of easiness for each item it is .03."""
    off = []
    for seed in range(8):
        votes, truth = easy_and_hard(seed, 1500, 60, 2 + 2 * (seed % 2), missing=0.93)
        off.append(calibration_error(truth_inference(long(votes), "glad"), truth))
    assert np.mean(off) < 0.02


@pytest.mark.parametrize("n_choices", [2, 4])
def test_glad_does_not_take_its_own_uneven_items_for_dependence(n_choices):
    """Forty populations drawn from the model, of voters some of whom are worse than guessing: nothing fires."""
    fired = 0
    for seed in range(20):
        verdict = truth_inference(long(easy_and_hard(seed, 300, 9, n_choices)[0]), "glad")
        fired += verdict.dispersion.found or bool(verdict.kin.groups)
    assert fired == 0


def test_glad_finds_copies_among_uneven_items():
    """Voters that err on a quarter of the items or more; one copies another four times in five."""
    found = 0
    for seed in range(6):
        votes, _ = easy_and_hard(seed, 800, 9, 4, ability=0.5)
        follow = np.random.default_rng(seed).random(800) < 0.8
        votes[:, 0] = np.where(follow, votes[:, 1], votes[:, 0])
        verdict = truth_inference(long(votes), "glad")
        found += verdict.kin.groups == [["0", "1"]]
        assert not verdict.kin.groups or any("voters answer alike" in note for note in verdict.provenance.notes)
    assert found >= 5


def between_two(seed: int):
    """Nine voters between two choices, right on 72 % of the items, of whom three mostly repeat the first."""
    votes, truth = drawn(seed, 2000, coins([0.72] * 9, 2))
    follow = np.random.default_rng(seed + 100).random((2000, 3)) < 0.8
    votes[:, 1:4] = np.where(follow, votes[:, :1], votes[:, 1:4])
    return votes, truth


def experts_and_novices(seed: int):
    """Nine voters between two choices, of whom the first three know the hard items too, where the others guess."""
    rng = np.random.default_rng(seed)
    hard, able = rng.random((2000, 1)) < 0.4, np.arange(9)[None] < 3
    chance = np.where(hard, np.where(able, 0.85, 0.5), np.where(able, 0.98, 0.9))
    truth = rng.integers(0, 2, 2000)
    return np.where(rng.random((2000, 9)) < chance, truth[:, None], 1 - truth[:, None]), truth


def test_a_clique_that_won_the_first_fit_is_named_and_not_the_honest():
    """Against the choices of the first fit of glad it is two honest voters or three that seem to err together."""
    named = [truth_inference(long(between_two(seed)[0]), "glad").kin.groups for seed in range(4)]
    assert all(groups in ([], [["0", "1", "2", "3"]]) for groups in named)
    assert sum(bool(groups) for groups in named) >= 2


@pytest.mark.parametrize("model", ["dawid-skene", "one-coin", "mace"])
@pytest.mark.parametrize(
    ("draw", "names"), [(between_two, "0, 1, 2, 3"), (experts_and_novices, "0, 1, 2")], ids=["copies", "experts"]
)
def test_voters_that_differ_from_most_are_named_where_the_votes_cannot_say_if_they_copy(draw, names, model):
    verdict = truth_inference(long(draw(0)[0]), model)
    assert verdict.dispersion.found
    assert not verdict.kin.groups
    assert any(
        note.startswith(f"voters differ from most votes together: {names};") for note in verdict.provenance.notes
    )


def test_a_few_known_answers_tell_copies_from_experts():
    """Copies hold the choice without them; standard error of a share of 2,000 is .01."""
    for draw, without, told in ((between_two, 0.72, 0.88), (experts_and_novices, 0.95, 0.95)):
        votes, truth = draw(0)
        found = [truth_inference(long(votes), gold=gold) for gold in (None, dict(enumerate(truth[:50])))]
        assert right(found[0], truth).mean() == pytest.approx(without, abs=0.03)
        assert right(found[1], truth)[50:].mean() == pytest.approx(told, abs=0.03)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("model", ["kos", "agreement", "one-coin", "dawid-skene"])
def test_between_two_choices_copies_and_hard_items_are_warned_of(model, seed):
    copies, hard = (truth_inference(long(votes), model) for votes in (between_two(seed)[0], hard_between_two(seed)))
    for verdict in (copies, hard):
        assert verdict.dispersion.found
        assert any("agreement varies" in note for note in verdict.provenance.notes)
    if model == "agreement":
        assert copies.kin.groups == [["0", "1", "2", "3"]]


def hard_between_two(seed: int):
    """Seven voters alike between two choices, on items of which some are near guessing."""
    rng = np.random.default_rng(seed)
    truth, chance = rng.integers(0, 2, 2000), rng.beta(3, 1.5, (2000, 1))
    return np.where(rng.random((2000, 7)) < chance, truth[:, None], 1 - truth[:, None])


@pytest.mark.parametrize("model", ["one-coin", "dawid-skene", "kos", "agreement"])
def test_a_crowd_of_voters_with_few_votes_is_not_believed_too_much(model):
    """The mean of six crowds: one has an error of some hundredth of its own. With two lent votes it is above .025."""
    off = []
    for seed in range(6):
        votes, truth = sparse_crowd(seed)
        off.append(calibration_error(truth_inference(long(votes), model), truth))
    assert np.mean(off) < 0.02


@pytest.mark.parametrize("model", ["kos", "agreement"])
def test_the_certainty_of_a_choice_made_by_weights_is_its_probability_under_fitted_accuracies(model):
    votes, _ = drawn(4, 60, coins([0.9, 0.8, 0.7, 0.6], 2), missing=0.2)
    votes = votes[votes.max(axis=1) >= 0]
    verdict = truth_inference(long(votes), model, rounds=7, tolerance=0.0)
    assert not verdict.dispersion.found
    belief, _ = accuracy_by_hand(votes, 2, inference.PRIOR, 7)
    expected = [belief[int(item), int(choice)] for item, choice in verdict.table().select("item", "choice").iter_rows()]
    assert verdict.certainty == pytest.approx(np.array(expected), abs=1e-9)


@pytest.mark.parametrize("model", ["dawid-skene", "one-coin", "mace", "agreement", "glad"])
@pytest.mark.parametrize("population", ["copying from one", "on items of different difficulty"])
def test_where_voters_are_not_independent_the_verdict_says_so_and_is_not_too_sure(population, model):
    votes, truth = POPULATIONS[population](1)
    verdict = truth_inference(long(votes), model, rng=0)
    assert calibration_error(verdict, truth) < 0.03
    notes = " ".join(verdict.provenance.notes)
    if population == "copying from one":
        assert verdict.kin.groups == [["0", "1", "2", "3"]]
        assert "voters answer alike: 0, 1, 2, 3" in notes
        assert right(verdict, truth).mean() > right(majority(long(votes)), truth).mean() + 0.05
    else:
        assert verdict.dispersion.found
        assert "agreement varies" in notes
        # Without that the model is far too sure.
        if model != "agreement":
            assert calibration_error(with_certainty(verdict, verdict.fitted.sums["sure"]), truth) > 0.05


def with_certainty(verdict, certainty):
    from dataclasses import replace

    return replace(verdict, certainty=certainty)


def test_confusions_and_reliabilities_are_recovered():
    votes, _ = POPULATIONS["that confuse two choices"](4)
    verdict = truth_inference(long(votes))
    table = verdict.confusion()
    expected = confused()[table["voter"].cast(int), table["truth"].cast(int), table["said"].cast(int)]
    assert np.abs(table["probability"].to_numpy() - expected).max() < 0.06
    inside = (table["low"].to_numpy() <= expected + 0.01) & (expected - 0.01 <= table["high"].to_numpy())
    assert inside.mean() > 0.85
    assert verdict.confusion("3").height == 9
    accuracies = np.linspace(0.4, 0.95, 7)
    votes, _ = drawn(5, 4000, coins(accuracies, 4))
    found = truth_inference(long(votes), "one-coin").voters.sort(pl.col("voter").cast(int))
    assert np.abs(found["reliability"].to_numpy() - accuracies).max() < 0.03
    assert (found["reliability_low"] < found["reliability"]).all()


def test_spammers_are_found():
    votes, _ = POPULATIONS["with spammers"](3)
    voters = truth_inference(long(votes), "mace", rng=0).voters.sort(pl.col("voter").cast(int))
    assert (voters["looks"].to_numpy()[5:] < 0.15).all()
    assert (voters["looks"].to_numpy()[:5] > 0.6).all()


def test_ability_and_easiness_rise_with_the_share_of_right_votes():
    votes, truth = difficult(7)
    verdict = truth_inference(long(votes), "glad")
    easy = verdict.fitted.parameters["log_easiness"]
    share = (votes == truth[:, None]).mean(axis=1)[verdict.items.cast(int).to_numpy()]
    assert np.corrcoef(easy, share)[0, 1] > 0.6


def test_on_the_digits_certainty_is_honest_for_every_model():
    opinions = read(DIGITS)
    for model in ("dawid-skene", "one-coin", "agreement"):
        found = against_gold(truth_inference(opinions, model))
        expected = float((found.reliability["items"] * (1 - found.reliability["certainty"])).sum())
        assert found.calibration_error < 0.015
        assert abs(expected - found.errors) < 2 * np.sqrt(found.errors)


# Options.


def test_the_runner_up_is_never_surer_than_the_choice():
    verdict = truth_inference(read(DIGITS), "dawid-skene")
    assert any("favour the runner-up" in note for note in verdict.provenance.notes)
    assert np.nanmin(verdict.margin) == pytest.approx(0, abs=1e-12)


def test_known_answers_are_taken_and_teach():
    votes, truth = drawn(13, 400, coins([0.45] * 3 + [0.9], 4))
    known = {str(item): str(truth[item]) for item in range(200)}
    verdict = truth_inference(long(votes), "one-coin", gold=known)
    table = verdict.table().filter(pl.col("item").is_in(list(known)))
    assert (table["certainty"] == 1).all()
    assert table["choice"].to_list() == [known[item] for item in table["item"]]
    assert verdict.flags["known answer"].sum() == 200
    rest = verdict.items.cast(int).to_numpy() >= 200
    without = truth_inference(long(votes), "one-coin")
    assert right(verdict, truth)[rest].mean() >= right(without, truth)[rest].mean()
    assert "200 known answers" in verdict.provenance.notes[0]


@pytest.mark.parametrize("unit", [2.0**900, 2.0**-900])
@pytest.mark.parametrize("model", ["one-coin", "dawid-skene"])
def test_the_unit_of_weights_of_rows_and_voters_does_not_matter(model: str, unit: float) -> None:
    """Their products are beyond what a float holds."""
    item, voter = np.divmod(np.arange(60), 3)
    label = np.random.default_rng(2).integers(0, 2, 60)

    def verdict(size: float):
        rows = labels(item, voter, label, weight=np.where(label == voter % 2, 0.5, 1.0) * size)
        return truth_inference(rows, model, weights={"0": size, "1": size / 2, "2": size}, restarts=0)

    plain, far = verdict(1.0), verdict(unit)
    assert far.choice.tolist() == plain.choice.tolist()
    assert far.certainty.tolist() == plain.certainty.tolist()


@pytest.mark.parametrize("model", OF_MANY)
def test_weights_count_as_repeated_votes_would(model):
    votes, _ = drawn(14, 60, coins([0.9, 0.8, 0.7], 3))
    item, voter = np.nonzero(votes >= 0)
    plain = truth_inference(labels(item, voter, votes.ravel()), model, restarts=0)
    equal = truth_inference(labels(item, voter, votes.ravel(), weight=np.full(len(item), 3.0)), model, restarts=0)
    assert equal.certainty == pytest.approx(plain.certainty, abs=1e-9)
    heavy = truth_inference(long(votes), model, weights={"2": 1e6}, restarts=0)
    assert heavy.table()["choice"].to_list() == [str(label) for label in votes[:, 2]]


@pytest.mark.parametrize("model", ["dawid-skene", "one-coin", "glad", "mace"])
def test_an_update_is_a_fit_of_all_votes(model):
    votes, _ = drawn(15, 600, coins([0.9, 0.8, 0.7, 0.6, 0.55], 3))
    item, voter = np.nonzero(votes >= 0)
    said = votes[item, voter]
    early = (item < 400) & (voter < 4)
    options = {"tolerance": 1e-9, "rounds": 3000, "restarts": 0}
    before = truth_inference(labels(item[early], voter[early], said[early]), model, **options)
    after = update(before, labels(item[~early], voter[~early], said[~early]))
    rows = np.concatenate([np.flatnonzero(early), np.flatnonzero(~early)])
    scratch = truth_inference(labels(item[rows], voter[rows], said[rows]), model, **options)
    assert after.table()["choice"].to_list() == scratch.table()["choice"].to_list()
    assert after.certainty == pytest.approx(scratch.certainty, abs=1e-3)
    assert after.voters["reliability"].to_numpy() == pytest.approx(scratch.voters["reliability"].to_numpy(), abs=1e-4)


def test_an_update_starts_nearer_than_the_beginning():
    votes, _ = drawn(16, 1500, coins([0.8, 0.7, 0.6, 0.55, 0.5], 3))
    item, voter = np.nonzero(votes >= 0)
    early = item < 1450
    before = truth_inference(labels(item[early], voter[early], votes.ravel()[early]))
    after = update(before, labels(item[~early], voter[~early], votes.ravel()[~early]))
    assert after.fitted.converged
    assert after.fitted.rounds < truth_inference(long(votes)).fitted.rounds


def test_a_contradicting_update_is_an_issue():
    before = truth_inference(labels(["a", "a", "b"], ["x", "y", "x"], [1, 1, 2]), "one-coin")
    after = update(before, labels(["a", "b"], ["x", "y"], [2, 2]))
    assert len(after.issues) > len(before.issues)


def test_each_draw_of_samples_is_a_vote():
    draws = samples(["q"] * 4 + ["r"] * 3, list("mmnnmmn"), [0, 1, 0, 1, 0, 1, 0], list("aababbb"))
    verdict = truth_inference(draws, "one-coin")
    assert verdict.votes.tolist() == [4, 3]
    assert verdict.support.tolist() == [3, 3]


def test_what_would_flip_is_said():
    votes = from_matrix([["a", "a", "b"]] + [["a", "a", "a"], ["b", "b", "b"]] * 5, voters=["ann", "bob", "cat"])
    verdict = truth_inference(votes, "one-coin")
    assert verdict.why("0").flip in (
        "without ann the choice would be 'b'",
        "without ann and bob the choice would be 'b'",
    )
    assert verdict.why("1").flip.startswith("no voter less would change it")


# Bad input.


@pytest.mark.parametrize(
    ("make", "options", "argument"),
    [
        (lambda: labels([], [], []), {}, "opinions"),
        (lambda: labels(["a"], ["x"], [None]), {}, "opinions"),
        (lambda: labels(["a"], ["x"], ["l"]), {"model": "magic"}, "model"),
        (lambda: labels(["a"] * 3, ["x", "y", "z"], ["l", "m", "n"]), {"model": "kos"}, "model"),
        (lambda: labels(["a"], ["x"], ["l"]), {"prior": -1}, "prior"),
        (lambda: labels(["a"], ["x"], ["l"]), {"rounds": -1}, "rounds"),
        (lambda: labels(["a"], ["x"], ["l"]), {"tolerance": float("nan")}, "tolerance"),
        (lambda: labels(["a"], ["x"], ["l"]), {"weights": {"x": 0}}, "weights"),
        (lambda: labels(["a"], ["x"], ["l"]), {"weights": {"who": 1}}, "weights"),
        (lambda: labels(["a"], ["x"], ["l"]), {"gold": {"b": "l"}}, "gold"),
        (lambda: labels(["a"], ["x"], ["l"]), {"gold": {"a": "other"}}, "gold"),
        (lambda: labels(["a"], ["x"], ["l"]), {"restarts": 1.5}, "restarts"),
    ],
    ids=[
        "empty",
        "nothing but an abstention",
        "an unknown model",
        "kos with three choices",
        "a negative prior",
        "negative rounds",
        "no tolerance",
        "weights that leave nothing",
        "weights of nobody",
        "gold of no item",
        "gold that nobody said",
        "half a restart",
    ],
)
def test_bad_input_is_refused(make, options, argument):
    with pytest.raises(InputError) as caught:
        truth_inference(make(), **options)
    assert caught.value.argument == argument


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "votes",
    [
        [["a"]],
        [["a", "a"], ["a", "a"]],
        [["a", "b"]],
        [["a", "b", "a"], ["a", "b", "b"], ["a", "a", "b"], ["a", "b", "b"]],
        [["a", None, None], [None, "b", None], [None, None, "a"]],
    ],
    ids=["one vote", "one class", "one tie", "a voter that always says the same", "items with one vote"],
)
def test_extremes_have_an_answer(model, votes):
    verdict = truth_inference(from_matrix(votes), model, rng=0)
    assert (verdict.choice >= 0).all()
    assert np.isfinite(verdict.certainty).all()
    assert ((verdict.certainty >= 0) & (verdict.certainty <= 1)).all()
    assert np.isfinite(verdict.voters["reliability"].to_numpy()).all()


@pytest.mark.parametrize("model", ["dawid-skene", "one-coin", "glad", "agreement"])
def test_a_hundred_thousand_labels_are_no_trouble(model):
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 100_000, 40_000)
    said = np.where(rng.random((40_000, 3)) < 0.8, truth[:, None], rng.integers(0, 100_000, (40_000, 3)))
    verdict = truth_inference(long(said), model, rounds=5)
    assert right(verdict, truth).mean() > 0.88
    if model == "dawid-skene":
        assert verdict.model.name == "one-coin"
        assert "too many for confusions" in verdict.provenance.notes[0]


def test_an_item_without_a_vote_has_no_choice_and_does_not_count():
    verdict = truth_inference(labels(["i", "i", "j", "j"], ["x", "y", "x", "y"], ["a", "a", None, None]), "one-coin")
    assert verdict.table().row(1) == ("j", None, None, None, 0, 0, None, "no votes")


def one_who_says_always_b():
    """Three good voters on 200 items, a on most; a fourth that always says b and is alone on two items more."""
    votes, truth = drawn(17, 200, coins([0.9] * 3, 2), share=[0.85, 0.15])
    votes = np.column_stack([votes, np.ones(200, dtype=int)])
    return np.vstack([votes, [[-1, -1, -1, 1]] * 2]), truth


def test_a_choice_that_nobody_gave_is_flagged_and_counted():
    votes, _ = one_who_says_always_b()
    verdict = truth_inference(long(votes), "dawid-skene")
    table = verdict.table()
    alone = table.filter(pl.col("item").is_in(["200", "201"]))
    assert alone["choice"].to_list() == ["0", "0"]  # a vote that says nothing leaves the more common choice
    assert alone["support"].to_list() == [0, 0]
    assert alone["flags"].str.contains("nobody gave it").all()
    assert verdict.flags["nobody gave it"].tolist() == [item in ("200", "201") for item in verdict.items]
    assert "on 2 items the choice is one that nobody gave there" in verdict.provenance.notes
    assert "2 nobody gave it" in str(verdict)


@pytest.mark.parametrize("model", [name for name in MODELS if name != "dawid-skene"])
def test_other_models_choose_among_what_was_given(model):
    votes, _ = one_who_says_always_b()
    verdict = truth_inference(long(votes), model, restarts=0)
    assert not verdict.flags["nobody gave it"].any()
    assert not any("nobody gave" in note for note in verdict.provenance.notes)


def test_a_known_answer_that_nobody_gave_is_no_surprise():
    votes, _ = one_who_says_always_b()
    verdict = truth_inference(long(votes), "dawid-skene", gold={"200": "0"})
    assert verdict.flags["nobody gave it"].sum() == 1
    assert "on 1 item the choice is one that nobody gave there" in verdict.provenance.notes


def test_voters_that_vote_twice_are_issues_not_votes():
    verdict = truth_inference(labels(["i", "i", "i", "i"], ["x", "x", "y", "y"], ["a", "a", "a", "b"]), "one-coin")
    assert len(verdict.issues) == 2
    assert verdict.votes.tolist() == [1]


@given(matrices, st.sampled_from(OF_MANY))
@settings(max_examples=60)
def test_any_votes_give_probabilities(votes, model):
    verdict = truth_inference(long(votes), model, rng=0, restarts=1, rounds=30)
    assert ((verdict.certainty >= 0) & (verdict.certainty <= 1 + 1e-12)).all()
    assert (verdict.margin <= 1 + 1e-12).all()
    assert (verdict.support <= verdict.votes).all()
