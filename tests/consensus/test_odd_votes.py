"""The odd votes of the issue, for every method that decides: defined, said where they are set aside, never merged.

A voter that always says the same, one that votes twice (the same, and a contradiction), items with one vote, one class
only, nothing at all, scores that are no number, a hundred thousand labels.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from psephos.consensus import decide, truth_inference
from psephos.consensus.deciding import METHODS
from psephos.consensus.sources.reliability import source_reliability
from psephos.errors import InputError
from psephos.opinions import from_frame, scan, scores

METHODS_OF = [("labels", method) for method in METHODS["labels"]] + [
    ("samples", method) for method in METHODS["samples"]
]
ALL = pytest.mark.parametrize(("kind", "method"), METHODS_OF, ids=[f"{kind}-{method}" for kind, method in METHODS_OF])


def opinions_of(kind: str, rows: list[tuple[str, str, object]]):
    """Opinions from rows of item, voter, choice; of samples each voter draws once."""
    value = "label" if kind == "labels" else "answer"
    frame = pl.DataFrame(rows, schema={"item": pl.String, "voter": pl.String, value: pl.String}, orient="row")
    return from_frame(frame if kind == "labels" else frame.with_columns(draw=0), kind=kind)


def table(rows: list[str], voters: str = "xyzuv") -> list[tuple[str, str, object]]:
    """One row per item, one letter per voter, "-" for none."""
    return [
        (str(item), voter, choice)
        for item, row in enumerate(rows)
        for voter, choice in zip(voters, row, strict=False)
        if choice != "-"
    ]


def checked(verdict, items: int):
    """What holds whatever the votes: probabilities, counts, words."""
    assert len(verdict) == items
    sure = verdict.certainty[verdict.choice >= 0]
    assert np.isfinite(sure).all()
    assert ((sure >= 0) & (sure <= 1 + 1e-12)).all()
    assert (verdict.support <= verdict.votes).all()
    assert str(verdict)
    assert verdict.table().height == items
    assert verdict.queue().height == items
    return verdict


@ALL
def test_a_voter_that_always_says_the_same_is_no_better_for_it(kind, method):
    rows = ["aaba", "bbbb", "aaba", "bbbb", "abba", "bbbb", "aabb", "bbbb"]
    verdict = checked(decide(opinions_of(kind, table(rows)), method=method), 8)
    # Three voters tell a from b, the third says b whatever it is.
    assert verdict.table()["choice"].to_list()[:4] == ["a", "b", "a", "b"]


@ALL
def test_who_votes_twice_counts_once_and_who_contradicts_itself_not_at_all(kind, method):
    rows = [*table(["aab", "bbb", "aaa"]), ("0", "x", "a"), ("1", "z", "a")]
    opinions = opinions_of(kind, rows)
    verdict = checked(decide(opinions, method=method), 3)
    assert verdict.votes.tolist() == [3, 2, 3]
    reasons = " ".join(issue.reason for issue in verdict.issues)
    assert "twice" in reasons
    assert "contradict" in reasons
    assert sum(issue.count for issue in verdict.issues) == 3
    clean = decide(opinions_of(kind, table(["aab", "bb-", "aaa"])), method=method)
    assert verdict.table().drop("item").equals(clean.table().drop("item"))


@ALL
def test_items_with_one_vote_have_its_choice(kind, method):
    verdict = checked(decide(opinions_of(kind, table(["a--", "-b-", "--a", "aab"])), method=method), 4)
    if method != "dawid-skene":  # which may find that y says b where others say a: nobody else has spoken of a b
        assert verdict.table()["choice"].to_list()[:3] == ["a", "b", "a"]
    assert verdict.flags["single vote"].tolist() == [True, True, True, False]


@ALL
def test_one_class_only_is_that_class(kind, method):
    verdict = checked(decide(opinions_of(kind, table(["aaa", "aa-", "a-a"])), method=method), 3)
    assert verdict.table()["choice"].to_list() == ["a"] * 3


@ALL
def test_items_on_which_all_abstain_have_no_choice_and_are_said(kind, method):
    rows = [*table(["aab", "bbb", "aaa"]), ("3", "x", None), ("3", "y", None)]
    verdict = checked(decide(opinions_of(kind, rows), method=method), 4)
    assert verdict.table()["choice"].to_list()[3] is None
    assert verdict.flags["no votes"].tolist() == [False, False, False, True]
    assert np.isnan(verdict.certainty[3])
    assert sum(issue.count for issue in verdict.issues) == 2


@ALL
@pytest.mark.parametrize("rows", [[], [("0", "x", None), ("0", "y", None)]], ids=["empty", "nothing but abstentions"])
def test_nothing_is_refused(kind, method, rows):
    with pytest.raises(InputError):
        decide(opinions_of(kind, rows), method=method)


@pytest.mark.parametrize("method", [name for name in METHODS["labels"] if name not in ("kos", "mace")])
def test_a_hundred_thousand_labels(method):
    rng = np.random.default_rng(0)
    truth = np.arange(100_000)
    said = np.where(rng.random((100_000, 3)) < 0.8, truth[:, None], rng.integers(0, 100_000, (100_000, 3)))
    item, voter = np.nonzero(said >= 0)
    opinions = from_frame(pl.DataFrame({"item": item, "voter": voter, "label": said[item, voter]}), kind="labels")
    options = {"rounds": 5} if method in ("dawid-skene", "one-coin", "glad", "agreement") else {}
    verdict = decide(opinions, method=method, **options)
    assert (verdict.table()["choice"] == verdict.items).mean() > 0.88
    if method == "dawid-skene":
        assert any("too many for confusions" in note for note in verdict.provenance.notes)


@pytest.mark.parametrize(("method", "said"), [("kos", "two choices"), ("mace", "use one-coin")])
def test_methods_that_cannot_take_a_hundred_thousand_labels_name_one_that_can(method, said):
    n = 100_000
    item = np.repeat(np.arange(n), 2)
    frame = pl.DataFrame({"item": item, "voter": np.tile(np.arange(1000), n // 500), "label": item})
    with pytest.raises(InputError, match=said) as caught:
        decide(from_frame(frame, kind="labels"), method=method)
    assert caught.value.argument == "model"


def test_scores_that_are_no_number_are_abstentions_and_said():
    opinions = scores(["a", "a", "b", "b"], ["x", "y", "x", "y"], [1.0, float("nan"), 2.0, None])
    verdict = decide(opinions)
    assert verdict.votes.tolist() == [1, 1]
    assert sum(issue.count for issue in verdict.issues) == 2


def test_a_score_given_twice_and_contradicting_ones():
    rows = [("a", "x", 1.0), ("a", "x", 1.0), ("a", "y", 2.0), ("b", "x", 1.0), ("b", "x", 3.0), ("b", "y", 4.0)]
    item, voter, score = (list(column) for column in zip(*rows, strict=True))
    verdict = truth_inference(scores(item, voter, score))
    assert verdict.votes.tolist() == [2, 1]
    assert sum(issue.count for issue in verdict.issues) == 3


# The same wherever the work runs, for every method.

ENGINES = [name for name in METHODS["labels"] if name != "majority"]


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Votes of six voters on 200 items between two choices, and a file of them."""
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 2, (200, 1))
    said = np.where(rng.random((200, 6)) < [0.9, 0.85, 0.8, 0.7, 0.6, 0.5], truth, 1 - truth)
    item, voter = np.nonzero(rng.random(said.shape) < 0.8)
    frame = pl.DataFrame({"item": item, "voter": voter, "label": said[item, voter]})
    path = tmp_path_factory.mktemp("votes") / "votes.parquet"
    frame.write_parquet(path)
    return from_frame(pl.read_parquet(path), kind="labels"), path


def same(one, other) -> None:
    left, right = (verdict.table().sort("item") for verdict in (one, other))
    assert left.drop("certainty", "margin").equals(right.drop("certainty", "margin"))
    np.testing.assert_allclose(left["certainty"].to_numpy(), right["certainty"].to_numpy(), atol=1e-12)
    assert one.provenance.notes == other.provenance.notes


@pytest.mark.parametrize("method", ENGINES)
def test_one_process_two_and_parts_on_disk_say_the_same(many, method, two_processes):
    opinions, path = many
    here = decide(opinions, method=method)
    same(here, decide(opinions, method=method, engine=two_processes))
    same(here, decide(scan(path, kind="labels", rows_per_part=150), method=method))


@pytest.mark.ray
@pytest.mark.xdist_group("ray")
@pytest.mark.parametrize("method", ENGINES)
def test_a_cluster_says_the_same(many, method, ray_cluster):
    opinions, _ = many
    same(decide(opinions, method=method), decide(opinions, method=method, engine="ray"))


@pytest.mark.ray
@pytest.mark.xdist_group("ray")
def test_a_cluster_finds_the_same_scores(ray_cluster):
    rng = np.random.default_rng(0)
    item, voter = np.indices((40, 4))
    opinions = scores(item.ravel(), voter.ravel(), rng.normal(item, 1).ravel())
    one, other = truth_inference(opinions), truth_inference(opinions, engine="ray")
    assert one.table().equals(other.table())


def test_sources_that_were_never_heard_together_have_a_verdict():
    verdict = source_reliability(opinions_of("labels", table(["a-", "-b", "b-"])))
    assert verdict.table()["choice"].to_list() == ["a", "b", "b"]
