"""Further votes: every method comes to what it finds in all votes at once, and says what it cannot take."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from voter_populations import coins, drawn

from psephos.consensus import collective, decide, majority, source_reliability, truth_inference, update, weighted_vote
from psephos.errors import InputError
from psephos.opinions import from_frame, labels, samples, scan


def halves(votes: np.ndarray, kind: str = "labels"):
    """The votes at once, and cut into early and late ones: late are new items, and a new voter on all items."""
    item, voter = np.nonzero(votes >= 0)
    late = (item >= 0.8 * len(votes)) | (voter == votes.shape[1] - 1)
    order = np.concatenate([np.flatnonzero(~late), np.flatnonzero(late)])
    frame = pl.DataFrame({"item": item, "voter": voter, "label": votes[item, voter]})[order]
    if kind == "samples":
        frame = frame.rename({"label": "answer"}).with_columns(draw=0)
    cut = int((~late).sum())
    return tuple(from_frame(part, kind=kind) for part in (frame, frame.head(cut), frame.tail(-cut)))


def same(one, other, tolerance: float = 1e-12) -> None:
    assert one.items.to_list() == other.items.to_list()
    assert one.table()["choice"].to_list() == other.table()["choice"].to_list()
    assert one.votes.tolist() == other.votes.tolist()
    np.testing.assert_allclose(one.certainty, other.certainty, atol=tolerance)


VOTES = drawn(1, 150, coins([0.95, 0.9, 0.85, 0.7, 0.6], 2), missing=0.2)[0]
VOTES = VOTES[(VOTES[:, :-1] >= 0).any(axis=1)]


@pytest.mark.parametrize(
    ("method", "options", "tolerance"),
    [
        ("majority", {"ties": "none", "rule": "strict", "weights": {"0": 2.0}}, 1e-12),
        ("source-reliability", {"classes": 2, "weights": "logodds"}, 1e-3),
        ("source-reliability", {"leave_one_out": True, "gold": {"3": "1"}}, 1e-3),
        ("kos", {}, 1e-3),
        ("agreement", {}, 1e-3),
        ("one-coin", {"gold": {"3": "1"}, "tolerance": 1e-9}, 1e-3),
    ],
    ids=["majority", "sources", "sources with known answers", "kos", "agreement", "one-coin"],
)
def test_an_update_of_labels_is_the_verdict_of_all_votes(method, options, tolerance):
    whole, early, late = halves(VOTES)
    updated = update(decide(early, method=method, **options), late)
    scratch = decide(whole, method=method, **options)
    same(updated, scratch, tolerance)
    assert type(updated) is type(scratch)
    again = update(updated, labels(["new"], ["0"], ["1"]))
    assert again.items.to_list() == [*scratch.items, "new"]


def test_an_update_of_samples_is_the_verdict_of_all_samples():
    whole, early, late = halves(VOTES, "samples")
    for method, options in (("collective", {"min_margin": 0.1}), ("majority", {}), ("one-coin", {"tolerance": 1e-9})):
        same(update(decide(early, method=method, **options), late), decide(whole, method=method, **options), 1e-3)


def test_sources_go_on_from_their_reliabilities():
    """The first round already weighs by what was learnt, so it is the last round of the earlier fit on equal votes."""
    _, early, late = halves(VOTES)
    before = source_reliability(early, classes=2)
    assert update(before, late).sources["answered"].sum() == (VOTES >= 0).sum()
    nothing_new = update(before, labels(["new"], ["0"], ["1"]))
    agreed = before.sources["agreed"].to_numpy() + (before.sources["voter"] == "0").to_numpy()
    np.testing.assert_allclose(nothing_new.trace[0] * nothing_new.sources["answered"].to_numpy(), agreed)
    assert nothing_new.rounds <= 2


def test_equivalent_answers_stay_one():
    early = labels(["q", "q"], ["a", "b"], ["Yes", "yes."])
    verdict = update(majority(early, equivalence="text"), labels(["q"], ["c"], ["YES"]))
    assert verdict.support.tolist() == [3]


def test_votes_that_contradict_earlier_ones_are_issues():
    for method in ("majority", "source-reliability", "agreement"):
        before = decide(labels(["a", "a", "b"], ["x", "y", "x"], [1, 1, 2]), method=method)
        after = update(before, labels(["a", "b"], ["x", "y"], [2, 2]))
        assert len(after.issues) > len(before.issues)
        assert after.votes.tolist() == [1, 2]  # neither of the two that contradict each other counts


@pytest.mark.parametrize(
    ("make", "more", "argument"),
    [
        (lambda: weighted_vote(labels(["a"], ["x"], [1]), {"x": 1}), labels(["b"], ["x"], [1]), "verdict"),
        (lambda: "no verdict", labels(["b"], ["x"], [1]), "verdict"),
        (lambda: majority(labels(["a"], ["x"], [1])), "no votes", "more"),
        (lambda: majority(labels(["a"], ["x"], [1])), samples(["b"], ["x"], [0], [1]), "more"),
        (
            lambda: source_reliability(labels(["a", "a"], ["x", "y"], [1, 1]), copies="share"),
            labels(["b"], ["x"], [1]),
            "verdict",
        ),
    ],
    ids=["given weights", "a text", "no opinions", "another kind", "copies that share"],
)
def test_what_cannot_be_updated_is_refused(make, more, argument):
    with pytest.raises(InputError) as caught:
        update(make(), more)
    assert caught.value.argument == argument


@pytest.mark.parametrize("method", [majority, collective, truth_inference])
def test_parts_take_no_further_votes(tmp_path, method):
    frame = pl.DataFrame({"item": ["q", "q"], "voter": ["a", "b"], "draw": [0, 0], "answer": ["x", "y"]})
    frame.write_parquet(tmp_path / "s.parquet")
    verdict = method(scan(tmp_path / "s.parquet", kind="samples"))
    with pytest.raises(InputError) as caught:
        update(verdict, samples(["r"], ["a"], [0], ["x"]))
    assert caught.value.argument == "verdict"
