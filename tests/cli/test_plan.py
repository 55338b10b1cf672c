"""psephos plan."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from psephos.allocation import organisation, replay
from psephos.opinions import read

TREE = ("plan", "--children", "5", "--fidelity", "0.8", "--correlation", "0.2", "--bias", "0.05")


def test_the_plan_in_words(psephos):
    done = psephos(*TREE, "--budget", "9,81")
    assert (done.code, done.err) == (0, "")
    for _, text in organisation(5, 0.8, 0.2, mu0=0.05).summary():
        assert text in done.out
    assert "budget 81" in done.out


def test_the_plan_as_json(psephos):
    said = json.loads(psephos(*TREE, "--json", "--budget", "9").out)
    assert said["alpha"] == 1.36 or abs(said["alpha"] - 1.36) < 1e-12
    assert said["budgets"]["rows"][0]["budget"] == 9


def test_complaints_name_the_options(psephos):
    assert psephos("plan", "--children", "2").complaint.startswith("psephos: --children: ")
    assert psephos(*TREE[:3], "--fidelity", "2").complaint.startswith("psephos: --fidelity: ")
    assert psephos(*TREE, "--budget", "0.1").complaint.startswith("psephos: --budget: ")
    assert psephos(*TREE, "--budget", "much").complaint.startswith("psephos: --budget: must be numbers")


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """Eight samples of each of three questions."""
    pools = {"easy": "aaaaaaaa", "even": "abababab", "hard": "aabbbbbb"}
    path = tmp_path / "samples.csv"
    lines = [f"{item},llm,{draw},{answer}" for item, pool in pools.items() for draw, answer in enumerate(pool)]
    path.write_text("item,voter,draw,answer\n" + "\n".join(lines) + "\n")
    return path


def test_samples_in_store_are_replayed(psephos, stored):
    done = psephos("plan", stored, "--repeats", "2")
    assert (done.code, done.err) == (0, "")
    for text in ("Samples replayed", "Rules that stop", "With more samples than the 8 at hand", "adaptive saves"):
        assert text in done.out


def test_samples_in_store_as_json(psephos, stored):
    words = ("--budget", "2,4", "--methods", "uniform,adaptive", "--repeats", "3", "--seed", "1", "--rules", "asc,esc")
    said = json.loads(psephos("plan", stored, "--json", *words).out)
    made = replay(read(stored), [2, 4], ["uniform", "adaptive"], repeats=3, rng=1)
    assert said["rows"] == json.loads(json.dumps(made.to_dict()))["rows"]
    assert {row["rule"] for row in said["stopping"]["rows"]} == {"asc", "esc"}
    assert [row["samples"] for row in said["forecast"]["rows"]] == [8, 16, 32]


def test_known_answers_give_the_accuracy(psephos, stored, tmp_path):
    (tmp_path / "gold.csv").write_text("item,gold\neasy,a\neven,a\nhard,b\n")
    said = json.loads(psephos("plan", stored, "--about", f"items={tmp_path / 'gold.csv'}", "--json").out)
    assert said["rows"]
    assert all(row["accuracy"] is not None for row in said["rows"])


def test_one_voter_is_planned_for(psephos, stored):
    stored.write_text(stored.read_text() + "easy,other,0,b\nhard,other,0,b\n")
    assert psephos("plan", stored).complaint == "psephos: --voter: is needed: the samples are of 'llm', 'other'"
    assert psephos("plan", stored, "--voter", "llm").code == 0
    assert psephos("plan", stored, "--voter", "x").complaint.startswith("psephos: --voter: must be one of")


def test_what_was_set_aside_is_said_of_one_voter_too(psephos, stored):
    stored.write_text(stored.read_text() + "easy,other,0,b\n,llm,9,a\n")
    done = psephos("plan", stored, "--voter", "llm", "--repeats", "1")
    assert "no item" in done.out
    said = json.loads(psephos("plan", stored, "--voter", "llm", "--repeats", "1", "--json").out)
    assert said["provenance"]["source"] == [str(stored)]
    assert said["provenance"]["sha256"] == list(read(stored).source.sha256)


def test_an_answer_that_is_not_known_is_said_to_cost_the_accuracy(psephos, stored, tmp_path):
    (tmp_path / "gold.csv").write_text("item,gold\neasy,a\neven,a\n")
    done = psephos("plan", stored, "--about", f"items={tmp_path / 'gold.csv'}", "--repeats", "1")
    assert "the answers to 1 of 3 questions are not known" in " ".join(done.out.split())


def test_samples_or_a_tree(psephos, stored):
    assert psephos("plan").complaint.startswith("psephos: PATH: is needed")
    assert psephos("plan", stored, "--children", "3").complaint.startswith("psephos: --children: is about a tree")
    assert psephos("plan", stored, "--bias", "0.1").complaint.startswith("psephos: --bias: is about a tree")
    assert psephos("plan", stored, "--window", "9").complaint.startswith("psephos: --window: is about a tree")
    assert psephos(*TREE, "--rules", "asc").complaint.startswith("psephos: --rules: is about samples in store")
    assert psephos(*TREE, "--seed", "0").complaint.startswith("psephos: --seed: is about samples in store")
    assert psephos("plan", stored, "--budget", "0.1").complaint.startswith("psephos: --budget: ")
