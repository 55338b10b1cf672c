"""psephos select: what it prints, writes and refuses, and that its command gives the same again."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import polars as pl
import pytest

from psephos.opinions import read
from psephos.selection import select, solved

REWARDS = (0.1, 0.2, 0.3, 0.6, 0.7, 0.9)
GIVEN = {"q": ["a", "a", "a", "b", "b", "c"], "r": ["d", "d", "d", "e", "", "f"]}
ROWS = [
    f"{item},llm,{draw},{answer},{reward}"
    for item, answers in GIVEN.items()
    for draw, (answer, reward) in enumerate(zip(answers, REWARDS, strict=True))
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "samples.csv").write_text("\n".join(["item,voter,draw,answer,reward", *ROWS]))
    (tmp_path / "data" / "items.csv").write_text("item,gold\nq,b\nr,d\n")
    return tmp_path / "data"


def test_a_selection_in_words(psephos, folder):
    done = psephos("select", folder, "--alpha", "0.3", "--why", "q", "--repeats", "20")
    assert (done.code, done.err) == (0, "")
    found = select(read(folder), alpha=0.3, repeats=20)
    assert "Selection by best of majority" in done.out
    assert f"solved    {solved(found)} of the items with a known answer" in done.out
    assert "taken at place 1: score 0.65, in 2 of 6 samples" in done.out
    assert "in 1 of 6 samples; 2 are needed for its score to be trusted" in done.out
    assert "Check first" in done.out
    assert "no answer: counted as an abstention" in done.out


def test_a_selection_as_json_and_its_command(psephos, folder):
    words = ("--k", "2", "--alpha", "0.3", "--fill", "majority", "--repeats", "30", "--seed", "4")
    said = json.loads(psephos("select", folder, "--json", "--why", "q", *words).out)
    made = select(read(folder), k=2, alpha=0.3, fill="majority", repeats=30, rng=4)
    assert said["rows"] == json.loads(json.dumps(made.to_dict(), allow_nan=False))["rows"]
    assert said["why"][0]["item"] == "q"
    again = shlex.split(said["provenance"]["command"])
    assert json.loads(psephos(*again[1:], "--json").out)["rows"] == said["rows"]


@pytest.mark.parametrize("method", ["best-of-n", "weighted-vote", "most-common"])
def test_every_method_and_its_command(psephos, folder, method):
    said = json.loads(psephos("select", folder, "--json", "--method", method, "--repeats", "0").out)
    assert said["rows"] == json.loads(json.dumps(select(read(folder), method=method).to_dict()))["rows"]
    assert said["sureness_means"] == "not measured"
    again = shlex.split(said["provenance"]["command"])
    assert json.loads(psephos(*again[1:], "--json").out) == said


def test_scores_from_log_probabilities(psephos, tmp_path):
    rows = [
        {"item": "q", "voter": "m", "draw": draw, "answer": answer, "logprobs": logprobs, "step_ends": [1]}
        for draw, (answer, logprobs) in enumerate([("a", [-1.0, -2.0]), ("b", [-0.1, -0.2]), ("a", [-3.0, -1.0])])
    ]
    path = tmp_path / "samples.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    said = json.loads(psephos("select", path, "--json", "--method", "best-of-n", "--aggregate", "sum").out)
    assert said["rows"][0]["answer"] == "b"
    assert said["provenance"]["parameters"]["score"] == "process"
    assert any("no reference" in note for note in said["provenance"]["notes"])
    again = shlex.split(said["provenance"]["command"])
    assert json.loads(psephos(*again[1:], "--json").out) == said


def test_what_is_written(psephos, folder, tmp_path):
    done = psephos(
        "select", folder, "--parquet", tmp_path / "c.parquet", "--report", tmp_path / "p.html", "--limit", "0"
    )
    assert done.code == 0
    assert pl.read_parquet(tmp_path / "c.parquet")["reason"].null_count() == 0
    page = (tmp_path / "p.html").read_text()
    assert "<svg" in page
    assert "Taken" not in done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--alpha", "lots"], "alpha: must be one of 'auto'"),
        (["--alpha", "2"], "alpha: must lie between 0 and 1"),
        (["--method", "guess"], "method: must be one of"),
        (["--method", "most-common", "--alpha", "0.1"], "alpha: means nothing for most-common"),
        (["--score", "process"], "score: the samples have no column 'logprobs'"),
        (["--why", "z"], "--why: there is no item 'z'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_selected_is_one_line(psephos, folder, words, said):
    done = psephos("select", folder / "samples.csv", *words)
    assert (done.code, done.out) == (1, "")
    assert said in done.complaint


@pytest.mark.parametrize("words", [["--k", "0"], ["--repeats", "-1"], ["--beta", "much"]], ids=" ".join)
def test_numbers_out_of_range_are_usage_errors(psephos, folder, words):
    assert psephos("select", folder, *words).code == 2


@pytest.fixture
def ballots(tmp_path: Path) -> Path:
    (tmp_path / "votes").mkdir()
    votes = ("012345", "103254", "201435", "021534", "120345", "340125", "014253")
    rows = [f"v{v},c{who},{place + 1}" for v, vote in enumerate(votes) for place, who in enumerate(vote)]
    (tmp_path / "votes" / "rankings.csv").write_text("\n".join(["voter,candidate,rank", *rows]))
    groups = [f"c{i},{'AAABBB'[i]}" for i in range(6)]
    (tmp_path / "votes" / "candidates.csv").write_text("\n".join(["candidate,group", *groups]))
    return tmp_path / "votes"


def test_a_committee_and_its_command(psephos, ballots):
    words = ("--method", "committee", "--k", "3", "--rule", "cc", "--lower", "B=2", "--repeats", "20")
    done = psephos("select", ballots, *words)
    assert (done.code, done.err) == (0, "")
    assert "c0, c3, c4" in done.out
    assert "the bounds cost 8.8%" in done.out
    said = json.loads(psephos("select", ballots, *words, "--json").out)
    assert said["committees"][0]["value"] == 31
    again = shlex.split(said["provenance"]["command"])
    assert json.loads(psephos(*again[1:], "--json").out) == said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--lower", "B=4"], "lower: asks for 4 of group 'B', which has 3"),
        (["--lower", "C=1"], "bounds: there is no group 'C'"),
        (["--lower", "B=x"], "must be GROUP=N"),
        (["--score", "reward"], "score: must be one of 'borda'"),
        (["--alpha", "0.3"], "alpha: means nothing for committee"),
    ],
    ids=["size", "group", "number", "score", "alpha"],
)
def test_a_committee_that_cannot_be_is_one_line(psephos, ballots, words, said):
    done = psephos("select", ballots, "--method", "committee", "--k", "3", *words)
    assert (done.code, done.out) == (1, "")
    assert said in done.complaint


def test_pass_and_majority_at_k(psephos, tmp_path):
    """Two of four draws are right: pass@2 = 1 - C(2,2) / C(4,2) = 5/6; maj@1 = pass@1 = 1/2."""
    (tmp_path / "samples.csv").write_text("item,voter,draw,answer\nq,m,0,a\nq,m,1,a\nq,m,2,b\nq,m,3,c\n")
    (tmp_path / "items.csv").write_text("item,gold\nq,a\n")
    words = ("select", tmp_path / "samples.csv", "--about", f"items={tmp_path / 'items.csv'}", "--at", "1,2")
    said = json.loads(psephos(*words, "--json").out)
    values = {(row["measure"], row["draws"]): row["value"] for row in said["curves"]["rows"]}
    assert values["pass@k", 2] == pytest.approx(5 / 6)
    assert [values["pass@k", 1], values["maj@k", 1]] == pytest.approx([0.5, 0.5])
    assert "Right, of k samples" in psephos(*words).out
    assert psephos(*words[:-1], "few").complaint.startswith("psephos: --at: must be whole numbers")


def test_samples_in_parts(psephos, folder, tmp_path):
    """The same from Parquet that is read in parts, and the command of the page gives it again."""
    path = tmp_path / "samples.parquet"
    read(folder).frame().write_parquet(path)
    words = ["select", path, "--alpha", "0.3", "--repeats", "0", "--parquet"]
    assert psephos(*words, tmp_path / "whole.parquet").code == 0
    done = psephos(*words, tmp_path / "parts.parquet", "--in-parts", "--json")
    assert done.code == 0
    one, other = (pl.read_parquet(tmp_path / f"{name}.parquet") for name in ("whole", "parts"))
    assert one.equals(other)
    made = json.loads(done.out)["provenance"]["command"]
    assert "--in-parts" in made
    again = psephos(*shlex.split(made)[1:], "--json")
    assert json.loads(again.out)["provenance"]["command"] == made
    refused = psephos("select", path, "--in-parts", "--at", "1")
    assert (refused.code, refused.complaint) == (1, "psephos: --at: needs all samples at once, not in parts")
