"""psephos measure list-similarity: two TREC runs or tables, a baseline, what is written, and what is refused."""

from __future__ import annotations

import json
import shlex

import polars as pl
import pytest

from psephos.metrics import list_similarity


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.run").write_text("u Q0 20 1 .9 A\nu Q0 10 2 .8 A\nu Q0 30 3 .7 A\n")
    (tmp_path / "b.run").write_text("u Q0 20 1 .9 B\nu Q0 30 2 .8 B\nu Q0 10 3 .7 B\nv Q0 1 1 .5 B\n")
    (tmp_path / "c.csv").write_text("user,item,score\nu,10,0.4\nu,99,0.3\n")
    (tmp_path / "labels.csv").write_text("item,voter,label\ni,v,x\n")
    return tmp_path


def test_two_runs(psephos, folder):
    done = psephos("measure", "list-similarity", "a.run", "b.run")
    assert (done.code, done.err) == (0, "")
    assert "A and B, jaccard@10  1.000 (n = 1, 1 left out)" in done.out
    assert "A and B, kendall@10  .333 (n = 1, 1 left out)" in done.out


def test_a_baseline_and_files(psephos, folder):
    words = ["measure", "list-similarity", "a.run", "b.run", "mine=c.csv", "--baseline", "mine", "--k", "2"]
    done = psephos(*words, "--json", "--report", "page.html", "--parquet", "t.parquet")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    rows = {(row["left"], row["right"], row["measure"]): row["value"] for row in found["rows"]}
    assert set(rows) == {("mine", run, measure) for run in "AB" for measure in ("jaccard", "kendall")}
    assert rows["mine", "A", "jaccard"] == pytest.approx(1 / 3)  # 10 of 10, 20, 99
    assert rows["mine", "B", "jaccard"] == 0
    assert found["provenance"]["notes"] == ["runs have ranks and scores: sorted by score"]  # c.csv has no ranks
    assert pl.read_parquet("t.parquet").height == 4
    assert "<svg" in (folder / "page.html").read_text()
    again = psephos(*shlex.split(found["provenance"]["command"])[1:], "--json")
    assert json.loads(again.out)["rows"] == found["rows"]


def test_the_same_as_in_python(psephos, folder):
    done = psephos("measure", "list-similarity", "a.run", "b.run", "--k", "all", "--json")
    runs = {"A": {"u": [20, 10, 30]}, "B": {"u": [20, 30, 10], "v": [1]}}
    assert json.loads(done.out)["rows"] == list_similarity(runs, None).to_dict()["rows"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a.run"], "there is one run only"),
        (["a.run", "a.run"], "two are called 'a'"),
        (["a.run", "labels.csv"], "labels.csv holds labels"),
        (["a.run", "b.run", "--k", "few"], "must be a whole number as in 10, or all"),
        (["a.run", "b.run", "--k", "0"], "at least 1"),
        (["a.run", "b.run", "--baseline", "C"], "baseline"),
        (["a.run", "b.run", "--order", "best"], "--order"),
        (["a.run", "none.run"], "none.run"),
    ],
)
def test_what_is_refused(psephos, folder, words, said):
    done = psephos("measure", "list-similarity", *words)
    assert done.code == 1
    assert said in done.complaint
