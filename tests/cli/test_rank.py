"""psephos rank, from files to the terminal, JSON, Parquet and a page."""

from __future__ import annotations

import json
import shlex

import polars as pl
import pytest

WIDE = "model,maker,acc,f1,seconds\nA,x,0.9,0.8,20\nB,y,0.7,0.9,10\nC,z,0.5,0.5,30\n"
LONG = "candidate,task,item,score\n" + "".join(
    f"{c},{t},{i},{s}\n"
    for c, t, scores in (("x", "t1", ".9 .2 .5"), ("y", "t1", ".8 .3 .6"), ("z", "t1", ".1 .4 .7"))
    for i, s in enumerate(scores.split())
)


@pytest.fixture
def wide(tmp_path):
    path = tmp_path / "board.csv"
    path.write_text(WIDE)
    return path


def test_a_wide_table(psephos, wide):
    done = psephos("rank", wide, "--wide", "model", "--lower-is-better", "seconds", "--json")
    said = json.loads(done.out)
    assert [row["candidate"] for row in said["rows"]] == ["B", "A", "C"]
    assert [row["score"] for row in said["rows"]] == [5, 4, 0]
    assert said["provenance"]["notes"][0] == "3 candidates on 3 tasks"
    again = shlex.split(said["provenance"]["command"])[1:]
    assert json.loads(psephos(*again, "--json").out) == said


def test_a_column_of_text_is_said_not_scored(psephos, wide):
    done = psephos("rank", wide, "--wide", "model")
    assert "3 set aside: score is not a number, such as 'x'" in done.out
    assert "Rank by method" in done.out


def test_results_with_instances(psephos, tmp_path):
    path = tmp_path / "results.csv"
    path.write_text(LONG)
    one = json.loads(psephos("rank", path, "--pooling", "one_level", "--json").out)
    assert {row["candidate"]: row["score"] for row in one["rows"]} == {"x": 2, "y": 3, "z": 4}
    assert "3 to 3 instances each" in psephos("rank", path).out


@pytest.mark.parametrize("method", ["borda", "kemeny", "mean", "mean-rank"])
def test_each_method_writes_all_outputs(psephos, wide, tmp_path, method):
    table, page = tmp_path / "out.parquet", tmp_path / "out.html"
    done = psephos("rank", wide, "--wide", "model", "--method", method, "--parquet", table, "--report", page)
    assert done.code == 0
    assert pl.read_parquet(table)["candidate"].len() == 3
    assert "<svg" in page.read_text() or "matplotlib" in page.read_text()


def test_leaving_out_tasks(psephos, wide):
    assert "Without one task" in psephos("rank", wide, "--wide", "model", "--leave-one-out").out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--method", "elo"], "--method: must be one of 'borda'"),
        (["--method", "mean", "--holes", "available"], "--holes: is no option of mean"),
        (["--lower-is-better", "speed"], "--lower-is-better: there is no task 'speed'"),
        (["--holes", "error"], ""),
    ],
)
def test_complaints_name_the_option(psephos, wide, words, complaint):
    done = psephos("rank", wide, "--wide", "model", *words)
    assert done.complaint.startswith(f"psephos: {complaint}") if complaint else done.code == 0


def test_item_response_from_results_with_names_of_items(psephos, tmp_path):
    path = tmp_path / "results.csv"
    rows = [f"m{i},t{j % 2},q{j},{int((i + j * j) % 5 > 1)}" for i in range(6) for j in range(12)]
    path.write_text("candidate,task,item,score\n" + "\n".join(rows))
    said = json.loads(psephos("rank", path, "--method", "item-response", "--model", "rasch", "--json").out)
    assert [row["topic"] for row in said["topics"]] == ["t0", "t1"]
    assert {row["item"] for row in said["items"]} == {f"q{j}" for j in range(12)}
    again = shlex.split(said["provenance"]["command"])[1:]
    assert json.loads(psephos(*again, "--json").out) == said


def test_item_response_needs_right_and_wrong(psephos, wide):
    done = psephos("rank", wide, "--wide", "model", "--method", "item-response")
    assert done.complaint.startswith("psephos: --responses: must be 0, 1 or NaN") or "must be 0, 1" in done.complaint
