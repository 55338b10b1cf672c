"""psephos measure recommendation: TREC files and tables, by any convention, compared, and what is refused."""

from __future__ import annotations

import json
import shlex

import polars as pl
import pytest

QRELS = "q1 0 a 1\nq1 0 b 2\nq1 0 c 0\nq2 0 c 1\n"
RUN = "q1 Q0 a 1 {first} {tag}\nq1 Q0 x 2 0.8 {tag}\nq1 Q0 b 3 0.7 {tag}\nq2 Q0 y 2 0.5 {tag}\nq2 Q0 c 1 0.5 {tag}\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "q.qrels").write_text(QRELS)
    (tmp_path / "a.run").write_text(RUN.format(first="0.9", tag="A"))
    (tmp_path / "b.run").write_text(RUN.format(first="0.1", tag="B"))
    (tmp_path / "again.run").write_text(RUN.format(first="0.1", tag="A"))
    (tmp_path / "seen.csv").write_text("user,item,rating\nu1,a,1\nu1,b,1\nu2,c,1\n")
    (tmp_path / "lists.csv").write_text("user,item,score\nu1,a,0.4\nu1,x,0.3\nu2,c,1\n")
    (tmp_path / "labels.csv").write_text("item,voter,label\ni,v,x\n")
    return tmp_path


def rows(done):
    assert (done.code, done.err) == (0, "")
    return {(row["run"], row["metric"], row["k"]): row for row in json.loads(done.out)["rows"]}


def test_trec_files_by_the_rules_of_trec_eval(psephos, folder):
    words = ("--metrics", "ndcg,recall", "--k", "1,3", "--convention", "trec_eval", "--json")
    found = rows(psephos("measure", "recommendation", folder / "q.qrels", "--runs", f"{folder}/a.run", *words))
    # By score, ties by falling name: q1 is a, x, b and q2 is y, c, whatever the ranks say.
    assert found["A", "ndcg", 1]["value"] == pytest.approx((1 / 2 + 0) / 2)
    assert found["A", "recall", 1]["value"] == pytest.approx((1 / 2 + 0) / 2)
    assert found["A", "recall", 3]["value"] == 1
    assert found["A", "recall", 1]["low"] <= 0.25 <= found["A", "recall", 1]["high"]
    assert found["A", "ndcg", 1]["definition"] == "nDCG[linear gain; hit from 1; ties trec]@1"


def test_ranks_sort_where_the_convention_is_ours(psephos, folder):
    words = ("--metrics", "mrr", "--k", "all", "--json")
    found = rows(psephos("measure", "recommendation", folder / "q.qrels", "--runs", folder / "a.run", *words))
    assert found["A", "mrr", None]["value"] == 1


def test_two_runs_are_compared_and_written(psephos, folder):
    page, table, users = folder / "page.html", folder / "t.parquet", folder / "u.parquet"
    words = ["measure", "recommendation", folder / "q.qrels", "--runs", f"{folder}/a.run,{folder}/b.run"]
    words += ["--metrics", "recall", "--k", "1", "--order", "score", "--compare", "B,A", "--repeats", "20"]
    done = psephos(*words, "--json", "--report", page, "--parquet", table, "--per-user", users)
    (row,) = json.loads(done.out)["comparison"]
    # The run A finds a first, B finds x; in q2 both find y, which is first as given.
    assert (row["left"], row["right"], row["difference"], row["users"]) == ("B", "A", -0.25, 2)
    assert "<html" in page.read_text()[:500]
    assert pl.read_parquet(table)["run"].to_list() == ["A", "B"]
    assert pl.read_parquet(users).sort("run", "user")["recall@1"].to_list() == [0.5, 0, 0, 0]
    command = json.loads(done.out)["provenance"]["command"]
    assert shlex.split(command) == ["psephos", *map(str, words)]
    assert "B less A, recall@1" in psephos(*words).out


def test_tables_of_users_and_runs_of_one_tag(psephos, folder):
    found = rows(
        psephos("measure", "recommendation", folder / "seen.csv", "--runs", folder / "lists.csv", "--k", "2", "--json")
    )
    assert found["lists", "recall", 2]["value"] == pytest.approx((1 / 2 + 1) / 2)
    both = f"{folder}/a.run,{folder}/again.run"
    found = rows(psephos("measure", "recommendation", folder / "q.qrels", "--runs", both, "--json"))
    assert {run for run, _, _ in found} == {"a", "again"}
    named = f"old={folder}/a.run,new={folder}/again.run"
    found = rows(psephos("measure", "recommendation", folder / "q.qrels", "--runs", named, "--json"))
    assert {run for run, _, _ in found} == {"old", "new"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--runs", "a.run", "--k", "five"], "--k: must be whole numbers"),
        (["--runs", "a.run", "--k", "0"], "--k:"),
        (["--runs", "a.run", "--metrics", "fame"], "--metrics: there is no metric 'fame'"),
        (["--runs", "a.run", "--metrics", "novelty"], "--train: novelty needs the train data"),
        (["--runs", "a.run", "--convention", "mine"], "--convention: must be one of"),
        (["--runs", "a.run", "--set", "ties=never"], "ties: must be one of"),
        (["--runs", "a.run", "--set", "level=high"], "--set: level must be a number"),
        (["--runs", "a.run", "--order", "name"], "--order: must be one of"),
        (["--runs", "a.run,b.run", "--compare", "A,C"], "--compare: there is no run 'C' among"),
        (["--runs", "a.run,b.run", "--compare", "A"], "--compare: must name two different runs"),
        (["--runs", "x=a.run,x=b.run"], "--runs: two are called"),
        (["--runs", "labels.csv"], "labels.csv holds labels"),
        (["--runs", "nothing.run"], "nothing.run"),
        (["--runs", "a.run", "--per-user", "u.csv"], "--per-user: must name a file ending in .parquet"),
        (["--runs", "a.run", "--parquet", "u.parquet", "--per-user", "u.parquet"], "is named by"),
    ],
)
def test_what_cannot_be_evaluated_is_said_in_one_line(psephos, folder, monkeypatch, words, said):
    monkeypatch.chdir(folder)
    done = psephos("measure", "recommendation", "q.qrels", *words)
    assert (done.code, done.out) == (1, "")
    assert said in done.complaint
    assert "\n" not in done.complaint


def test_a_broken_run_is_refused_with_its_line(psephos, folder):
    (folder / "bad.run").write_text("q1 Q0 a one high A\n")
    done = psephos("measure", "recommendation", folder / "q.qrels", "--runs", folder / "bad.run")
    assert done.code == 1
    assert "no number where one must be" in done.complaint


def test_a_number_from_elsewhere_is_explained(psephos, folder):
    (folder / "five.csv").write_text("user,item\n" + "".join(f"q,{item}\n" for item in "abcde"))
    (folder / "three.csv").write_text("user,item,rank\nq,a,1\nq,x,2\nq,b,3\n")
    words = ("measure", "recommendation", folder / "five.csv", "--runs", folder / "three.csv", "--k", "3")
    done = psephos(*words, "--metrics", "ap", "--explain", "ap=0.56", "--json")
    assert (done.code, done.err) == (0, "")
    first = json.loads(done.out)["explanation"][0]
    # Hits at 1 and 3, five relevant: (1 + 2/3) / min(3, 5) = .5556, which is .56 to two digits.
    assert (first["matches"], first["average_precision"], first["presets"]) == (True, "cut", "recbole")
    shown = psephos(*words, "--metrics", "ap", "--explain", "ap=0.5556")
    assert (shown.code, shown.err) == (0, "")
    assert "What gives ap=0.5556" in shown.out
    assert "recbole" in shown.out
    none = psephos(*words, "--metrics", "ap", "--explain", "ap=0.57", "--json")
    assert not any(row["matches"] for row in json.loads(none.out)["explanation"])


@pytest.mark.parametrize(
    ("explain", "runs", "k", "said"),
    [
        ("ap", "a", "3", "must be a metric and its number"),
        ("ap=x", "a", "3", "must be a metric and its number"),
        ("ap=0.5", "a", "1,3", "takes one run and one cutoff, got 1 and 2"),
        ("ap=0.5", "a b", "3", "takes one run and one cutoff, got 2 and 1"),
        ("nonsense=0.5", "a", "3", "there is no metric"),
    ],
)
def test_what_cannot_be_explained(psephos, folder, explain, runs, k, said):
    files = ",".join(f"{folder}/{name}.run" for name in runs.split())
    done = psephos(
        "measure",
        "recommendation",
        folder / "q.qrels",
        "--runs",
        files,
        "--order",
        "score",
        "--k",
        k,
        "--explain",
        explain,
    )
    assert done.code != 0
    assert f"--explain: {said}" in done.complaint
