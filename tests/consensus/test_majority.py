"""Majority: by hand, against a slow count, and the same however rows, voters, names and parts are arranged."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.consensus import decide, majority
from psephos.errors import InputError
from psephos.opinions import from_matrix, labels, rankings, samples, scan, scores

LABELS = ("ape", "bee", "cow")
WEIGHTS = [Fraction(n, 4) for n in (0, 1, 2, 4, 5, 12)]
"""Weights that add up exactly in any order, also as floats."""


def of_votes(*votes: str, weight=None, **options):
    """The verdict on one item; votes of "-" are abstentions."""
    given_labels = [None if vote == "-" else vote for vote in votes]
    voters = [f"v{number}" for number in range(len(votes))]
    return majority(labels(["i"] * len(votes), voters, given_labels, weight=weight), **options)


def row(verdict, *columns: str):
    return verdict.table().select(columns).row(0)


@pytest.mark.parametrize(
    ("votes", "options", "choice", "margin", "count", "support", "runner_up", "flags"),
    [
        ("aab", {}, "a", 1 / 3, 3, 2, "b", ""),
        ("aaa", {}, "a", 1.0, 3, 3, None, ""),
        ("baab-", {}, "a", 0.0, 4, 2, "b", "tie; no majority"),
        ("ba", {}, "a", 0.0, 2, 1, "b", "tie; no majority"),
        ("ba", {"ties": "none"}, None, 0.0, 2, 1, "b", "tie; no majority"),
        ("cab", {"ties": "first"}, "a", 0.0, 3, 1, "b", "tie; no majority"),
        ("aabc", {}, "a", 1 / 4, 4, 2, "b", "no majority"),
        ("aabc", {"rule": "strict"}, None, 1 / 4, 4, 2, "b", "no majority"),
        ("aab--", {}, "a", 1 / 3, 3, 2, "b", "no majority"),
        ("aab--", {"rule": "strict"}, None, 1 / 3, 3, 2, "b", "no majority"),
        ("aaab-", {"rule": "strict"}, "a", 1 / 2, 4, 3, "b", ""),
        ("aa--", {"rule": "strict"}, None, 1.0, 2, 2, None, "no majority"),
        ("a", {}, "a", 1.0, 1, 1, None, "single vote"),
        ("a-", {}, "a", 1.0, 1, 1, None, "no majority; single vote"),
        ("a-", {"rule": "strict"}, None, 1.0, 1, 1, None, "no majority; single vote"),
    ],
    ids=lambda value: "".join(value) if isinstance(value, str) else None,
)
def test_one_item_by_hand(votes, options, choice, margin, count, support, runner_up, flags):
    verdict = of_votes(*votes, **options)
    columns = ("choice", "margin", "votes", "support", "runner_up", "flags")
    assert row(verdict, *columns) == (choice, pytest.approx(margin), count, support, runner_up, flags)
    assert (row(verdict, "certainty")[0] is None) is (choice is None)


def test_an_item_on_which_all_abstained_has_no_choice():
    verdict = majority(labels(["i", "j", "j"], ["x", "x", "y"], ["a", None, None]))
    assert verdict.table().row(1) == ("j", None, None, None, 0, 0, None, "no votes")


@pytest.mark.parametrize(
    ("votes", "weight", "weights", "choice", "support", "margin", "flags"),
    [
        ("aab", [1, 1, 3], None, "b", 1, 1 / 5, ""),
        ("aab", None, {"v2": 3}, "b", 1, 1 / 5, ""),
        ("aab", [1, 1, 3], {"v2": 1 / 3}, "a", 2, 1 / 3, ""),
        ("aab", [1, 1, None], None, "a", 2, 1 / 3, ""),
        ("aab", None, {"v0": 0}, "a", 1, 0.0, "tie; no majority"),
        ("aab", None, {"v0": 0, "v1": 0}, "b", 1, 1.0, "single vote"),
        ("aab", [0, 0, 1], None, "b", 1, 1.0, "single vote"),
        ("aab-", [2, 2, 1, 3], None, "a", 2, 3 / 5, "no majority"),
        ("aab-", [2, 2, 1, 2.5], None, "a", 2, 3 / 5, ""),
        ("ab", [0.1 + 0.2, 0.3], None, "a", 1, 0.0, "tie; no majority"),
    ],
    ids=[
        "a heavy row",
        "a heavy voter",
        "row times voter",
        "no weight counts 1",
        "a voter without weight",
        "one voter with weight",
        "one row with weight",
        "half of the weight that was asked",
        "just over half of the weight that was asked",
        "equal but for rounding",
    ],
)
def test_weights_by_hand(votes, weight, weights, choice, support, margin, flags):
    verdict = of_votes(*votes, weight=weight, weights=weights)
    assert row(verdict, "choice", "support", "margin", "flags") == (choice, support, pytest.approx(margin), flags)


@pytest.mark.parametrize("scale", [1e-200, 1e-9, 3.0, 1e200])
def test_the_unit_of_the_weights_does_not_matter(scale):
    weight = np.array([1.0, 2.5, 0.5, 1.0])
    given_votes = (["i", "i", "i", "j"], ["x", "y", "z", "x"], ["a", "b", "a", "b"])
    one, other = (majority(labels(*given_votes, weight=weight * unit)).table() for unit in (1.0, scale))
    assert one.drop("certainty", "margin").equals(other.drop("certainty", "margin"))
    for name in ("certainty", "margin"):
        assert one[name].to_list() == pytest.approx(other[name].to_list(), abs=1e-12)


def test_equal_weights_are_no_weights():
    given_votes = (["i"] * 3 + ["j"] * 2, ["x", "y", "z", "x", "y"], ["a", "b", "a", "b", "a"])
    plain = majority(labels(*given_votes))
    assert majority(labels(*given_votes, weight=[1.0] * 5)).table().equals(plain.table())
    assert majority(labels(*given_votes), weights={"x": 1, "y": 1.0}).table().equals(plain.table())
    assert majority(labels(*given_votes), weights={}).table().equals(plain.table())


def test_voters_are_named_by_any_value_that_names_them():
    votes = labels([1, 1, 1], [1, 2, 3], ["a", "b", "b"])
    for name in (1, 1.0, "1"):
        assert majority(votes, weights={name: 5}).table()["choice"].to_list() == ["a"]


def test_the_tied_choice_that_is_first_in_natural_order_is_taken():
    assert row(of_votes("10", "9"), "choice") == ("9",)
    assert row(of_votes("10", "9", "x", "x", "10", "9"), "choice") == ("10",)  # not all are numbers: by text


@pytest.mark.parametrize(
    ("rule", "votes", "choice", "support"),
    [
        ("exact", ["Yes", "yes", "no", "no"], "no", 2),
        ("casefold", ["Yes", "yes", "no", "yes "], "Yes", 3),
        ("text", ["yes!", "yes", "no", "no"], "no", 2),
        ("number", ["1/2", "0.5", "50 %", "2", "2"], "2", 2),
        (len, ["aa", "bb", "c"], "aa", 2),
    ],
    ids=["exact", "casefold", "text", "number", "a function"],
)
def test_equivalent_answers_are_one(rule, votes, choice, support):
    expected = {"number": "0.5", "text": "no"}.get(rule, choice)
    support = 3 if rule == "number" else support
    assert row(of_votes(*votes, equivalence=rule), "choice", "support") == (expected, support)


def test_each_draw_of_samples_is_a_vote():
    draws = samples(["q"] * 5, ["m", "m", "m", "n", "n"], [0, 1, 2, 0, 1], ["4", "4", None, "5", "4"])
    verdict = majority(draws)
    assert row(verdict, "choice", "votes", "support", "flags") == ("4", 4, 3, "")
    assert verdict.voters.select("voter", "votes", "abstentions").rows() == [("m", 2, 1), ("n", 2, 0)]


# A slow count in plain Python, with exact fractions.

ballots = st.dictionaries(
    st.tuples(st.sampled_from(["i", "j", "k"]), st.sampled_from(["w", "x", "y", "z"])),
    st.tuples(st.sampled_from([*LABELS, None]), st.sampled_from(WEIGHTS)),
    min_size=1,
)
voter_weights = st.dictionaries(st.sampled_from(["w", "x", "y", "z"]), st.sampled_from(WEIGHTS))


def counting(cast, weights):
    """Item, voter, label, weight of each row; the label is None where the vote counts for nothing."""
    for (item, voter), (label, weight) in cast.items():
        whole = weight * weights.get(voter, 1)
        yield item, voter, label if whole > 0 else None, whole


def leading(weight_of):
    top = max(weight_of.values(), default=0)
    return sorted(label for label, weight in weight_of.items() if weight == top)


def counted_slowly(cast, weights, ties, rule):
    found = {}
    for item in dict.fromkeys(item for item, _ in cast):
        mine = [(label, weight) for i, _, label, weight in counting(cast, weights) if i == item]
        weight_of = defaultdict(Fraction)
        for label, weight in mine:
            if label is not None:
                weight_of[label] += weight
        ranked = sorted(weight_of, key=lambda label: (-weight_of[label], label))
        first, second = (*ranked, None, None)[:2]
        votes = sum(label is not None for label, _ in mine)
        flags = {
            "tie": len(leading(weight_of)) > 1,
            "no majority": votes > 0 and 2 * weight_of[first] <= sum(weight for _, weight in mine),
            "single vote": votes == 1,
            "no votes": votes == 0,
        }
        lost = flags["no votes"] or (flags["tie"] and ties == "none") or (flags["no majority"] and rule == "strict")
        total = sum(weight_of.values())
        margin = None if not total else float((weight_of[first] - weight_of.get(second, 0)) / total)
        found[item] = (
            None if lost else first,
            margin,
            votes,
            sum(label == first for label, _ in mine) if votes else 0,
            second,
            "; ".join(name for name, raised in flags.items() if raised),
        )
    return found


def agreed_slowly(cast, weights):
    """Votes given, abstentions, items compared and agreement of each voter, leaving the voter itself out."""
    found = {}
    for voter in dict.fromkeys(voter for _, voter in cast):
        votes = abstentions = compared = 0
        halves = Fraction(0)
        for item, own, label, _ in list(counting(cast, weights)):
            if own != voter:
                continue
            given = cast[item, voter][0] is not None  # also where it has no weight
            votes, abstentions = votes + given, abstentions + (not given)
            if label is None:
                continue
            others = defaultdict(Fraction)
            for i, other, said, weight in counting(cast, weights):
                if i == item and other != voter and said is not None:
                    others[said] += weight
            if others:
                compared += 1
                halves += Fraction(1, min(2, len(leading(others)))) if label in leading(others) else 0
        found[voter] = (votes, abstentions, compared, float(halves / compared) if compared else None)
    return found


def opinions_of(cast, order=None):
    entries = list(cast.items())
    entries = entries if order is None else [entries[place] for place in order]
    return labels(
        [item for (item, _), _ in entries],
        [voter for (_, voter), _ in entries],
        [label for _, (label, _) in entries],
        weight=[float(weight) for _, (_, weight) in entries],
    )


@given(ballots, voter_weights, st.sampled_from(["first", "none"]), st.sampled_from(["plurality", "strict"]))
@settings(max_examples=150)
def test_a_slow_count_says_the_same(cast, weights, ties, rule):
    weights = {voter: weight for voter, weight in weights.items() if voter in {v for _, v in cast}}
    if not any(label is not None for _, _, label, _ in counting(cast, weights)):
        with pytest.raises(InputError):
            majority(opinions_of(cast), weights={v: float(w) for v, w in weights.items()}, ties=ties, rule=rule)
        return
    verdict = majority(opinions_of(cast), weights={v: float(w) for v, w in weights.items()}, ties=ties, rule=rule)
    found = {
        item: (choice, margin, votes, support, runner_up, flags)
        for item, choice, _, margin, votes, support, runner_up, flags in verdict.table().iter_rows()
    }
    expected = counted_slowly(cast, weights, ties, rule)
    assert list(found) == list(expected)
    for item, answer in expected.items():
        assert found[item] == (
            answer[0],
            pytest.approx(answer[1], abs=1e-12) if answer[1] is not None else None,
            *answer[2:],
        )
    voters = {name: rest[:4] for name, *rest in verdict.voters.iter_rows()}
    for name, (votes, abstentions, compared, agreement) in agreed_slowly(cast, weights).items():
        assert tuple(voters[name]) == (votes, abstentions, compared, agreement and pytest.approx(agreement, abs=1e-12))


def test_half_credit_for_a_shared_lead_by_hand():
    # On "i" without x: y says a, z says b, a tie, so x has half. On "j" without x: y and z say b, so x has none.
    verdict = majority(labels(["i"] * 3 + ["j"] * 3, list("xyz") * 2, ["a", "a", "b", "a", "b", "b"]))
    assert verdict.voters.filter(voter="x").select("compared", "agreement").row(0) == (2, 0.25)


def test_who_votes_alone_is_compared_with_nobody():
    verdict = majority(labels(["i", "j", "j"], ["x", "y", "z"], ["a", "b", "b"]))
    assert verdict.voters.row(0) == ("x", 1, 0, 0, None, None, None)


def test_groups_of_voters_are_told_beside_them():
    about = {"voters": pl.DataFrame({"voter": ["y"], "group": ["tree"]})}
    verdict = majority(labels(["i", "i"], ["x", "y"], ["a", "a"], about=about))
    assert verdict.voters.select("voter", "group").rows() == [("x", None), ("y", "tree")]


# The same however the input is arranged.


def by_name(verdict):
    return verdict.table().sort("item"), verdict.voters.sort("voter")


@given(ballots, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_voters_does_not_matter(cast, random):
    if not any(label is not None and weight > 0 for label, weight in cast.values()):
        return
    order = list(range(len(cast)))
    random.shuffle(order)
    for one, other in zip(
        by_name(majority(opinions_of(cast))), by_name(majority(opinions_of(cast, order))), strict=True
    ):
        assert one.equals(other)


def test_the_order_of_rows_does_not_matter_where_sums_of_weights_are_rounded():
    weight = [0.1, 0.2, 0.3, 0.6, 0.7, 0.7]
    label = ["a", "a", "a", "b", "c", "-"]
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(50):
        order = rng.permutation(6)
        verdict = majority(
            labels(["i"] * 6, [f"v{n}" for n in order], [label[n] for n in order], weight=[weight[n] for n in order])
        )
        seen.add(row(verdict, "choice", "runner_up", "flags"))
    assert seen == {("-", "c", "tie; no majority")}


@given(ballots, st.permutations(LABELS))
def test_other_names_give_the_same_verdict_under_other_names(cast, names):
    if not any(label is not None and weight > 0 for label, weight in cast.values()):
        return
    renamed = dict(zip(LABELS, names, strict=True))
    other = {key: (renamed.get(label), weight) for key, (label, weight) in cast.items()}
    one, two = majority(opinions_of(cast)).table(), majority(opinions_of(other)).table()
    assert one["flags"].to_list() == two["flags"].to_list()
    assert one["votes"].to_list() == two["votes"].to_list()
    assert one["margin"].to_list() == two["margin"].to_list()
    assert one["certainty"].fill_null(-1).to_list() == pytest.approx(two["certainty"].fill_null(-1).to_list(), abs=1e-9)
    for before, after, flags in zip(one["choice"], two["choice"], one["flags"], strict=True):
        if "tie" not in flags:
            assert renamed.get(before) == after


# The same wherever the work runs.


@pytest.fixture(scope="module")
def many_votes() -> pl.DataFrame:
    """120 items of 1 to 40 votes by 40 voters, some weighted, some abstentions, ids that are whole numbers."""
    rng = np.random.default_rng(5)
    rows = [
        (int(item), int(voter), rng.choice(["p", "q", "r", None], p=[0.5, 0.3, 0.1, 0.1]), rng.choice([0.5, 1.0, 2.0]))
        for item in rng.permutation(120)
        for voter in rng.choice(40, size=rng.integers(1, 41), replace=False)
    ]
    return pl.DataFrame(rows, schema=["item", "voter", "label", "weight"], orient="row")


def assert_same(one, other):
    assert one.table().equals(other.table())
    assert one.voters.equals(other.voters)
    assert list(map(str, one.issues)) == list(map(str, other.issues))
    assert one.provenance.to_dict() | {"command": ""} == other.provenance.to_dict() | {"command": ""}
    assert str(one) == str(other)


def arrangements(frame: pl.DataFrame, folder):
    """The same opinions in memory, and in files sorted or not, one or several, in tiny parts."""
    from psephos.opinions import from_frame

    in_order = frame.sort("item", maintain_order=True)
    in_order.write_parquet(folder / "sorted.parquet")
    for number, start in enumerate(range(0, frame.height, 700)):
        frame[start : start + 700].write_parquet(folder / f"shuffled{number}.parquet")
    shuffled = sorted(folder.glob("shuffled*.parquet"))
    return {
        "sorted": (from_frame(in_order), scan(folder / "sorted.parquet", rows_per_part=50)),
        "not sorted": (from_frame(frame), scan(shuffled, rows_per_part=500)),
    }


def assert_same_but_for_the_source(one, other):
    assert one.table().equals(other.table())
    assert one.voters.equals(other.voters)
    assert one.issues.set_aside == other.issues.set_aside


def test_two_processes_say_the_same(many_votes, two_processes, tmp_path):
    for in_memory, shards in arrangements(many_votes, tmp_path).values():
        for opinions in (in_memory, shards):
            assert_same(majority(opinions), majority(opinions, engine=two_processes))
        assert_same_but_for_the_source(majority(in_memory), majority(shards, engine=two_processes))


def test_a_number_of_processes_is_an_engine(many_votes):
    from psephos.opinions import from_frame

    opinions = from_frame(many_votes)
    assert_same(majority(opinions), majority(opinions, engine=2))


@pytest.mark.ray
@pytest.mark.xdist_group("ray")
def test_ray_says_the_same(many_votes, ray_cluster, tmp_path):
    for in_memory, shards in arrangements(many_votes, tmp_path).values():
        for opinions in (in_memory, shards):
            assert_same(majority(opinions), majority(opinions, engine="ray"))


def test_an_error_in_a_worker_is_raised_here(tmp_path, two_processes):
    frame = pl.DataFrame({"item": ["a", "b", "b"], "voter": ["x", "x", "x"], "label": ["p", "p", "q"]})
    frame.write_parquet(tmp_path / "votes.parquet")
    shards = scan(tmp_path / "votes.parquet", repeated="error", rows_per_part=1)
    with pytest.raises(InputError, match="two different values"):
        majority(shards, engine=two_processes)


# What it refuses.

VOTES = labels(["i", "i"], ["x", "y"], ["a", "b"])


@pytest.mark.parametrize(
    ("opinions", "options", "argument"),
    [
        (VOTES, {"ties": "random"}, "ties"),
        (VOTES, {"rule": "absolute"}, "rule"),
        (VOTES, {"equivalence": "fuzzy"}, "equivalence"),
        (VOTES, {"equivalence": lambda answer: [answer]}, "equivalence"),
        (VOTES, {"weights": {"x": -1}}, "weights"),
        (VOTES, {"weights": {"x": float("nan")}}, "weights"),
        (VOTES, {"weights": {"x": float("inf")}}, "weights"),
        (VOTES, {"weights": {"x": "heavy"}}, "weights"),
        (VOTES, {"weights": {"nobody": 1}}, "weights"),
        (VOTES, {"weights": {"x": 0, "y": 0}}, "weights"),
        (VOTES, {"engine": "abacus"}, "engine"),
        (VOTES, {"engine": 0}, "engine"),
        (scores(["i"], ["x"], [1.0]), {}, "opinions"),
        (labels(["i", "j"], ["x", "x"], [None, None]), {}, "opinions"),
        (labels(["i", "j"], ["x", "x"], ["a", "b"], weight=[0, 0]), {}, "opinions"),
    ],
    ids=[
        "ties",
        "rule",
        "equivalence",
        "a key that is not hashable",
        "negative weight",
        "nan weight",
        "infinite weight",
        "weight that is no number",
        "weight of no voter",
        "no voter with weight",
        "engine",
        "no process",
        "scores",
        "all abstained",
        "no row with weight",
    ],
)
def test_what_cannot_be_decided_is_named(opinions, options, argument):
    before = opinions.frame()
    with pytest.raises(InputError) as caught:
        majority(opinions, **options)
    assert caught.value.argument == argument
    assert opinions.frame().equals(before)


def test_decide_takes_the_majority_of_labels_and_of_samples():
    for opinions in (VOTES, samples(["i"], ["x"], [0], ["a"])):
        assert_same(decide(opinions), majority(opinions))
        assert decide(opinions, method="majority", ties="none").provenance.parameters["ties"] == "none"


@pytest.mark.parametrize(
    ("opinions", "method", "argument"),
    [(rankings(["x"], ["a"], [1]), "auto", "opinions"), (VOTES, "dowsing", "method")],
    ids=["rankings", "unknown method"],
)
def test_decide_says_what_it_cannot_do(opinions, method, argument):
    with pytest.raises(InputError) as caught:
        decide(opinions, method=method)
    assert caught.value.argument == argument


def test_a_part_of_the_opinions_is_decided_on_its_own():
    whole = from_matrix([["a", "a", "b"], ["b", "b", "c"], ["c", "a", "c"]], items=["i", "j", "k"])
    part = whole.take(whole.codes("item") == 1)
    verdict = majority(part)
    assert verdict.table().filter(pl.col("votes") > 0)["choice"].to_list() == ["b"]
    alone = majority(from_matrix([["b", "b", "c"]], items=["j"]))
    assert verdict.certainty[1] == alone.certainty[0]
