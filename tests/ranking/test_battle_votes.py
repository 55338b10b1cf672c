"""Which votes count, whose can be trusted, and how far judges agree with people."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from battle_vectors import drawn

from psephos.errors import InputError
from psephos.opinions import battles, labels
from psephos.ranking import bradley_terry, clean_battles, coded_battles, judge_agreement, voter_quality
from psephos.ranking.pairwise.judge_agreement import MEASURES

LABELS = ("A>B", "B>A", "A=B=Good", "A=B=Bad")


def click(kind: str, shown: tuple[str, str], hidden: tuple[str | None, str | None], **more: Any) -> str:
    states = [{"model_name": name} for name in hidden]
    return json.dumps({"type": kind, "models": list(shown), "states": states, **more})


@pytest.fixture
def log(tmp_path: Path) -> Path:
    lines = [
        click("leftvote", ("", ""), ("x", "y"), tstamp=5.0, ip="10.0.0.9", question_id="q1"),
        click("upvote", ("", ""), ("x", "y"), tstamp=1.0, ip="10.0.0.9"),
        click("rightvote", ("Model A", "Model B"), ("y", "z"), tstamp=2.0, ip="10.0.0.7", question_id="q2"),
        click("tievote", ("x", "z"), ("x", "z"), tstamp=3.0, ip="10.0.0.7", question_id="q3"),
        click("leftvote", ("x", ""), ("x", "z"), tstamp=3.5, ip="10.0.0.7", question_id="q4"),
        click("leftvote", ("x", "y"), ("x", "z"), tstamp=3.6, ip="10.0.0.7", question_id="q5"),
        click("bothbad_vote", ("", ""), ("x", None), tstamp=3.7, ip="10.0.0.7", question_id="q6"),
        "{not json",
        click("rightvote", ("", ""), ("z", "z"), tstamp=3.8, ip="10.0.0.9", question_id="q7"),
        click("rightvote", ("", ""), ("y", "x"), tstamp=4.0, ip="10.0.0.9", question_id="q1"),
        click("leftvote", ("", ""), ("x", "y"), tstamp=6.0, ip="10.9.9.9", question_id="q1"),
        click("leftvote", ("", ""), ("x", "old"), tstamp=7.0, ip="10.0.0.9", question_id="q8"),
    ]
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_every_row_of_a_log_is_kept_or_has_one_reason(log: Path) -> None:
    made = clean_battles(log, exclude=["old"], banned=["10.9.9.9"])
    counts = dict(made.table().select("reason", "battles").iter_rows())
    assert counts == {
        "not JSON (Expecting property name enclosed in double quotes)": 1,
        "type is no vote": 1,
        "invalid: one of the names shown is empty": 1,
        "invalid: the names shown are not those of the models": 1,
        "a model is missing": 1,
        "banned user": 1,
        "self-battle": 1,
        "excluded": 1,
        "not blind": 1,
        "duplicate": 1,
        "kept": 2,
    }
    assert sum(counts.values()) == made.given == 12
    frame = made.battles.frame()
    # Sorted by time; of the two votes of one user on q1 the earlier stays; users are called by first appearance.
    assert frame["time"].to_list() == [2.0, 4.0]
    assert frame["voter"].to_list() == ["arena_user_1", "arena_user_0"]
    assert "10.0" not in str(frame.to_dicts())


def test_the_full_board_has_votes_that_were_not_blind(log: Path) -> None:
    full, blind = clean_battles(log, blind_only=False), clean_battles(log)
    assert len(full.battles) == len(blind.battles) + 1


def test_wrong_task_and_all_duplicates() -> None:
    votes = battles(
        ["x", "x", "x"], ["y", "y", "z"], ["left"] * 3, voter=["a"] * 3, item=["q"] * 3, task=["t", "t", "u"]
    )
    made = clean_battles(votes, task_of={"x": "t", "z": "t"}, duplicates="all")
    assert dict(made.table().select("reason", "battles").iter_rows()) == {"wrong task": 1, "kept": 2}
    with pytest.raises(InputError) as problem:
        clean_battles(battles(["x"], ["y"], ["left"]), task_of={"x": "t"})
    assert problem.value.argument == "task_of"


def test_nothing_left_says_why() -> None:
    with pytest.raises(InputError, match="no battles are left of 1: excluded 1"):
        clean_battles(battles(["x"], ["y"], ["left"]), exclude=["x"])


def voters(n: int, votes: int, seed: int) -> Any:
    table = drawn(n * votes, seed)
    return replace(table, voter=np.repeat(np.arange(n), votes), voters=pl.Series("voter", [f"v{i}" for i in range(n)]))


def test_who_votes_at_random_or_for_one_side_is_doubtful() -> None:
    table = voters(30, 200, 0)
    outcome = table.outcome.copy()
    rng = np.random.default_rng(1)
    outcome[:200] = 1 - outcome[:200]
    outcome[200:400] = 0
    outcome[400:600] = rng.integers(2, size=200)
    spoilt = replace(table, outcome=outcome)
    found = voter_quality(spoilt)
    assert {"v0", "v1"} <= set(found.doubtful) <= {"v0", "v1", "v2"}
    weights = found.weights()
    assert weights["v0"] < 0.2
    assert np.mean([weights[f"v{i}"] for i in range(3, 30)]) > 0.8
    truth = bradley_terry(table, intervals="none").scores
    before = np.abs(bradley_terry(spoilt, intervals="none").scores - truth).mean()
    after = np.abs(bradley_terry(found.without_doubtful(), intervals="none").scores - truth).mean()
    weighed = np.abs(bradley_terry(spoilt, voter_weights=weights, intervals="none").scores - truth).mean()
    assert after < before / 2
    assert weighed < before


def test_honest_voters_are_left_alone() -> None:
    called_off = sum(bool(voter_quality(voters(20, 60, seed)).doubtful) for seed in range(40))
    assert called_off <= 5  # at most 5 % expected: binomial(40, .05) exceeds 5 once in seventy times; seeds are fixed


def test_own_votes_do_not_vouch_for_themselves() -> None:
    """A voter with most of the votes, all reversed, is measured by the others."""
    table = voters(4, 150, 3)
    outcome = table.outcome.copy()
    outcome[:150] = 1 - outcome[:150]
    made = voter_quality(replace(table, outcome=outcome)).table()
    assert made["voter"][0] == "v0"
    assert made["agreement"][0] < 0.5


def test_bursts_and_repeats() -> None:
    table = coded_battles([0, 1] * 30, [1, 0] * 30, [0, 1, 1] * 20, voter=[0] * 60, time=np.arange(60) * 10.0)
    table = replace(table, item=np.zeros(60, dtype=np.int64))
    made = voter_quality(table).table()
    assert made["burst"].to_list() == [6]
    assert made["again"].to_list() == [59]


def bench_votes(folder: Path, task: str) -> dict[str, list[Any]]:
    table = pl.read_csv(folder / "genai_bench_votes.csv").filter(pl.col("task") == task)
    return {name: table[name].to_list() for name in table.columns if name not in ("task", "item")}


TASKS = ("image_generation", "image_edition", "video_generation")
ACCURACY = {
    "gpt4o": (45.59, 53.54, 48.46),
    "gemini-1.5-pro": (44.67, 55.93, 46.21),
    "random": (25.36, 25.90, 25.16),
    "llava": (37.00, 26.12, 30.40),
}


@pytest.mark.parametrize("place", range(3), ids=[f"sheet30-a-judges-{task}" for task in TASKS])
def test_judges_against_people(shared_data: Any, place: int) -> None:
    made = judge_agreement(bench_votes(shared_data("30-genai-arena"), TASKS[place]), rng=0, repeats=200)
    for judge, accuracy in ACCURACY.items():
        assert 100 * made.measures[judge]["accuracy"].value == pytest.approx(accuracy[place], abs=0.005)
    assert 100 * made.majority == pytest.approx((38.21, 42.66, 35.08)[place], abs=0.005)
    best = made.measures["gpt4o"]
    assert best["kappa"].value == pytest.approx((0.2187, 0.3361, 0.2496)[place], abs=5e-5)
    assert best["pearson"].value == pytest.approx((0.3719, 0.4866, 0.4150)[place], abs=5e-5)
    assert best["decisive"].value == pytest.approx((0.7456, 0.8364, 0.7712)[place], abs=5e-5)
    assert made.decided["gpt4o"] == (971, 434, 625)[place]
    assert made.measures["llava"]["kappa"].value == pytest.approx((0.0, 0.0, -0.0001)[place], abs=5e-5)
    side = made.measures["gemini-1.5-pro"]
    assert side["left"].value == pytest.approx((0.391, 0.390, 0.303)[place], abs=5e-4)
    assert best["accuracy"].low < best["accuracy"].value < best["accuracy"].high
    assert made.measures["random"]["kappa"].low < 0 < made.measures["random"]["kappa"].high
    people = sum(word == "A>B" for word in bench_votes(shared_data("30-genai-arena"), TASKS[place])["human"])
    other = sum(word == "B>A" for word in bench_votes(shared_data("30-genai-arena"), TASKS[place])["human"])
    assert people / (people + other) == pytest.approx((0.492, 0.477, 0.464)[place], abs=5e-4)


def slow_measures(human: list[str], judge: list[Any]) -> dict[str, float]:
    """Item by item, as the definitions say."""
    code = {"A>B": 1, "B>A": -1, "A=B=Good": 0, "A=B=Bad": 0, "A=B": 0}
    right = [h == j or (j == "A=B" and h.startswith("A=B=")) for h, j in zip(human, judge, strict=True)]
    read = [(h, j) for h, j in zip(human, judge, strict=True) if j in code]
    named = [(h, j) for h, j in read if j in LABELS]
    observed = np.mean([h == j for h, j in named])
    expected = sum(
        np.mean([h == label for h, _ in named]) * np.mean([j == label for _, j in named]) for label in LABELS
    )
    both = [(h, j) for h, j in read if code[h] and code[j]]
    return {
        "accuracy": float(np.mean(right)),
        "parsed": len(read) / len(human),
        "kappa": float((observed - expected) / (1 - expected)),
        "pearson": float(np.corrcoef([code[h] for h, _ in read], [code[j] for _, j in read])[0, 1]),
        "decisive": float(np.mean([h == j for h, j in both])),
    }


@pytest.mark.parametrize("seed", range(5))
def test_measures_against_a_slow_reference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    human = rng.choice(LABELS, 80).tolist()
    judge = [h if rng.random() < 0.4 else rng.choice([*LABELS, "A=B", "none of them"]) for h in human]
    made = judge_agreement({"human": human, "judge": judge}, rng=0, repeats=50).measures["judge"]
    for name, value in slow_measures(human, judge).items():
        assert made[name].value == pytest.approx(value, abs=1e-12)


def test_intervals_of_judges_cover() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for run in range(100):
        human = rng.choice(LABELS, 150).tolist()
        judge = [h if rng.random() < 0.5 else str(rng.choice(LABELS)) for h in human]
        found = judge_agreement({"human": human, "judge": judge}, rng=run, repeats=200).measures["judge"]
        hits += found["accuracy"].low <= 0.5 + 0.5 / 4 <= found["accuracy"].high
    assert 88 <= hits <= 100


def test_judges_from_opinions_and_items_that_one_did_not_see() -> None:
    votes = labels(
        ["a", "b", "c", "a", "b"],
        ["human", "human", "human", "judge", "judge"],
        ["left", "A>B", "tie", "model_a", "right"],
    )
    made = judge_agreement(votes, rng=0)
    assert made.n_items == {"judge": 2}
    assert made.measures["judge"]["accuracy"].value == 0.5


def test_a_judge_that_always_says_the_same_has_no_correlation() -> None:
    made = judge_agreement({"human": ["A>B", "B>A", "A>B", "tie"], "judge": ["A>B"] * 4}, rng=0)
    assert np.isnan(made.measures["judge"]["pearson"].value)
    assert made.measures["judge"]["kappa"].value == 0
    assert made.table()["pearson"][0] is None
    assert set(MEASURES) <= set(made.table().columns)


@pytest.mark.parametrize(
    ("votes", "argument"),
    [
        pytest.param({"judge": ["left"]}, "human", id="no-human"),
        pytest.param({"human": ["left"]}, "human", id="nobody-else"),
        pytest.param({"human": ["perhaps"], "judge": ["left"]}, "human", id="sheet30-unknown-label"),
        pytest.param({"human": ["left"], "judge": ["left", "left"]}, "votes", id="lengths"),
        pytest.param({"human": [None], "judge": ["left"]}, "votes", id="no-item-in-common"),
    ],
)
def test_bad_votes(votes: Any, argument: str) -> None:
    with pytest.raises(InputError) as problem:
        judge_agreement(votes, rng=0)
    assert problem.value.argument == argument


def test_judges_of_battles_are_compared_on_what_was_shown() -> None:
    """One question may be asked of several pairs, a pair may be seen from both sides, and a vote may name neither."""
    rows = [
        ("x", "y", "left", "human", "q"),
        ("x", "y", "left", "judge", "q"),
        ("x", "z", "tie", "human", "q"),
        ("x", "z", "right", "judge", "q"),
        ("z", "y", "left", "human", "q"),
        ("y", "z", "left", "judge", "q"),
        ("x", "y", "left", "human", None),
        ("x", "y", "right", "human", None),
        ("x", "y", "right", None, "q"),
    ]
    left, right, winner, voter, item = map(list, zip(*rows, strict=True))
    made = judge_agreement(battles(left, right, winner, voter=voter, item=item), rng=0)
    assert made.n_items == {"judge": 2}
    assert made.counts["judge"][0, 0] == made.counts["judge"][2, 1] == 1
    assert made.provenance.notes[0] == "left out: 3 votes without a voter or an item"
    plain = judge_agreement({"human": ["A>B"] * 3, "judge": ["A>B", "B>A", "A>B"]}, repeats=0).measures["judge"]
    assert plain["accuracy"].value == pytest.approx(2 / 3)
    assert np.isnan(plain["accuracy"].low)
