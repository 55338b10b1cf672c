"""Samples in parts: the same selection as in memory, wherever the parts are worked on; issues, gold, bad input."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from psephos.errors import InputError
from psephos.opinions import from_frame, scan
from psephos.selection import best_of_majority, best_of_n, most_common, select, solved, weighted_vote

RULES = {
    "best-of-majority": lambda samples, **more: best_of_majority(samples, alpha=0.2, **more),
    "best-of-majority-3": lambda samples, **more: best_of_majority(
        samples, k=3, p_right=0.4, reward_agg="median", fill="reward", denominator="valid", **more
    ),
    "soft-gate": lambda samples, **more: best_of_majority(samples, soft_gate=2.0, **more),
    "best-of-n": lambda samples, **more: best_of_n(samples, k=2, **more),
    "weighted-vote": lambda samples, **more: weighted_vote(samples, weight="raw", **more),
    "most-common": lambda samples, **more: most_common(samples, k=2, **more),
    "process": lambda samples, **more: select(samples, score="process", beta=0.1, **more),
    "auto": lambda samples, **more: select(samples, **more),
}


@pytest.fixture(scope="module")
def many() -> pl.DataFrame:
    """2,000 samples of 90 questions by 2 models; some without an answer, some without a reward, one question mute."""
    rng = np.random.default_rng(0)
    item = rng.integers(0, 90, 2000)
    answer = np.array(["7", "7.0", "8", "9", "x y", None], object)[
        rng.choice(6, 2000, p=[0.3, 0.1, 0.2, 0.2, 0.1, 0.1])
    ]
    answer[item == 13] = None
    logprobs = [(-rng.exponential(1, 4)).tolist() for _ in range(2000)]
    frame = pl.DataFrame(
        {
            "item": [f"q{number:02}" for number in item],
            "voter": np.array(["m1", "m2"])[rng.integers(0, 2, 2000)],
            "answer": pl.Series(answer.tolist(), dtype=pl.String),
            "reward": pl.Series(rng.random(2000)).set(pl.Series(rng.random(2000) < 0.1), None),
            "logprobs": logprobs,
            "step_ends": [[1, 3]] * 2000,
        }
    )
    return frame.with_columns(draw=pl.int_range(pl.len()).over("item", "voter"))


@pytest.fixture
def cut(many, tmp_path):
    """In memory, in ranges of sorted rows, and dealt from shuffled rows."""
    ordered = many.sort("item", maintain_order=True)
    ordered.write_parquet(tmp_path / "sorted.parquet")
    many.write_parquet(tmp_path / "mixed.parquet")
    return {
        "sorted": (from_frame(ordered), scan(tmp_path / "sorted.parquet", kind="samples", rows_per_part=150)),
        "mixed": (from_frame(many), scan(tmp_path / "mixed.parquet", kind="samples", rows_per_part=300)),
    }


def assert_alike(one, other):
    assert one.table().drop("sureness").equals(other.table().drop("sureness"))
    assert one.candidates().drop("sureness").equals(other.candidates().drop("sureness"))
    assert one.chosen == other.chosen
    assert one.score_means == other.score_means
    known = dict(one.provenance.parameters)
    assert known == dict(other.provenance.parameters)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("rows", ["sorted", "mixed"])
def test_parts_say_what_the_whole_says(cut, rule, rows):
    whole, parts = cut[rows]
    assert len(parts.parts()) > 5
    for equivalence in ("exact", "number"):
        one, other = (RULES[rule](samples, equivalence=equivalence) for samples in (whole, parts))
        assert_alike(one, other)
    lines = dict(other.summary())
    assert lines["samples"] == dict(one.summary())["samples"]
    assert other.why("q13").summary() == one.why("q13").summary()
    assert "in parts" in " ".join(other.provenance.notes)
    assert len(other.opinions) == len(other.answer)


def test_what_is_handed_in_is_the_same_sample(cut):
    """Voter and draw of the sample that stands for an answer, and its reward."""
    whole, parts = cut["mixed"]
    one, other = best_of_n(whole), best_of_n(parts)
    np.testing.assert_array_equal(
        one.opinions.numbers["reward"][one.sample], other.opinions.numbers["reward"][other.sample]
    )


def test_sureness_does_not_depend_on_the_workers(cut, two_processes):
    whole, parts = cut["mixed"]
    here = best_of_majority(parts, alpha=0.2, repeats=60, rng=3)
    assert here.table().equals(best_of_majority(parts, alpha=0.2, repeats=60, rng=3, engine=two_processes).table())
    assert here.provenance.seed == 3
    other = best_of_majority(whole, alpha=0.2, repeats=60, rng=3)
    gap = np.abs(here.sureness - other.sureness)
    assert np.nanmax(gap) < 6 * np.sqrt(0.5 / 60)
    assert np.nanmean(gap) < 0.06


@pytest.mark.ray
@pytest.mark.xdist_group("ray")
def test_ray_says_the_same(cut, ray_cluster):
    for _, parts in cut.values():
        here, there = (select(parts, score="process", repeats=20, rng=1, engine=engine) for engine in (1, "ray"))
        assert here.table().equals(there.table())
        assert here.provenance.to_dict() == there.provenance.to_dict()


def test_known_answers_and_what_was_set_aside(many, tmp_path):
    many.write_parquet(tmp_path / "samples.parquet")
    doubled = pl.concat([many, many.head(1).with_columns(answer=pl.lit("other"))])
    doubled.write_parquet(tmp_path / "doubled.parquet")
    gold = pl.DataFrame({"item": many["item"].unique().sort(), "gold": "7"})
    parts = scan(tmp_path / "samples.parquet", kind="samples", about={"items": gold}, rows_per_part=200)
    chosen = most_common(parts, equivalence="number")
    known = chosen.opinions.about.column("items", "gold", chosen.items)
    whole = most_common(from_frame(many), equivalence="number")
    assert solved(chosen, known, equivalence="number").value == solved(whole, known, equivalence="number").value > 0.5
    repeated = scan(tmp_path / "doubled.parquet", kind="samples", rows_per_part=200)
    assert most_common(repeated).issues.set_aside == most_common(from_frame(doubled)).issues.set_aside


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda parts: best_of_majority(parts, [0.1]), "rewards"),
        (lambda parts: best_of_n(parts, {"7": 1.0}), "rewards"),
        (lambda parts: weighted_vote(parts, [0.1]), "rewards"),
        (lambda parts: best_of_majority(parts, alpha=2), "alpha"),
        (lambda parts: select(parts, weight="raw"), "weight"),
        (lambda parts: select(parts, method="committee"), "opinions"),
        (lambda parts: most_common(parts, k=0), "k"),
    ],
    ids=["rewards", "mapping", "weights", "alpha", "option", "committee", "k"],
)
def test_bad_input_is_named(cut, call, argument):
    with pytest.raises(InputError) as caught:
        call(cut["sorted"][1])
    assert caught.value.argument == argument


def test_other_kinds_and_missing_columns_are_refused(tmp_path):
    votes = pl.DataFrame({"item": ["a", "b"], "voter": ["x", "x"], "label": ["1", "2"]})
    votes.write_parquet(tmp_path / "votes.parquet")
    labels = scan(tmp_path / "votes.parquet")
    for call, argument in ((most_common, "answers"), (select, "opinions")):
        with pytest.raises(InputError) as caught:
            call(labels)
        assert caught.value.argument == argument
    bare = votes.rename({"label": "answer"}).with_columns(draw=pl.lit(0))
    bare.write_parquet(tmp_path / "bare.parquet")
    samples = scan(tmp_path / "bare.parquet", kind="samples")
    with pytest.raises(InputError) as caught:
        select(samples, score="reward")
    assert caught.value.argument == "score"
    with pytest.raises(InputError) as caught:
        best_of_n(samples)
    assert caught.value.argument == "rewards"
