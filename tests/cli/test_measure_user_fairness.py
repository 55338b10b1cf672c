"""psephos measure user-fairness: the users of a file and their history, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

HISTORY = [[1, 1, 1, 0, 0, 0], [1, 1, 0, 1, 0, 0], [0, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0]]
SERVED = [0.4, 0.1, 0.3, 0.9]
"""Of sheet 18: PUF .1816667, normalised .4954545."""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pl.DataFrame({"user": list("wxyz"), "ndcg": SERVED, "k1": [1, 0, 1, 2], "k2": [1, 1, 0, 2]}).write_csv("s.csv")
    pairs = [("wxyz"[u], f"i{i}") for u, row in enumerate(HISTORY) for i, held in enumerate(row) if held]
    pl.DataFrame(pairs, schema=["user", "item"], orient="row").write_csv("h.csv")
    H = np.array(HISTORY)
    both = H @ H.T
    np.save("alike.npy", both / (H.sum(axis=1)[:, None] + H.sum(axis=1) - both))
    np.save("three.npy", np.eye(3))
    pl.DataFrame({"user": ["w", "w"], "ndcg": [0.1, 0.2], "run": ["a", "b"]}).write_csv("runs.csv")
    return tmp_path


@pytest.mark.parametrize("words", [["--history", "h.csv"], ["--similarity", "alike.npy"]])
def test_the_users_of_sheet_18(psephos, folder, words):
    words = ["measure", "user-fairness", "s.csv", "--score", "ndcg", *words, "--repeats", "50"]
    done = psephos(*words, "--json", "--report", "page.html", "--parquet", "t.parquet")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    values = {row["measure"]: row for row in found["rows"]}
    assert values["PUF"]["value"] == pytest.approx(0.1816667, abs=1e-7)
    assert values["PUF normalised"]["value"] == pytest.approx(0.4954545, abs=1e-7)
    assert values["PUF"]["low"] <= values["PUF"]["value"] <= values["PUF"]["high"]
    assert {found["worst"][0]["left"], found["worst"][0]["right"]} == {"w", "z"}  # alike in all, .4 and .9
    assert pl.read_parquet("t.parquet")["measure"][0] == "PUF"
    assert "<html" in (folder / "page.html").read_text()[:500]
    assert found["provenance"]["command"].startswith("psephos measure user-fairness s.csv --score ndcg")
    assert "Worst pairs" in psephos(*words).out


def test_what_recommendation_writes_is_read(psephos, folder):
    (folder / "q.qrels").write_text("w 0 i3 1\nx 0 i2 1\nz 0 i4 1\n")
    (folder / "a.run").write_text("w Q0 i3 1 1 A\nx Q0 i4 1 1 A\nz Q0 i4 1 1 A\n")
    words = ("--metrics", "mrr", "--k", "1", "--per-user", "u.parquet")
    assert psephos("measure", "recommendation", "q.qrels", "--runs", "a.run", *words).code == 0
    words = ("u.parquet", "--score", "mrr@1", "--run", "A", "--history", "h.csv", "--repeats", "0", "--json")
    done = psephos("measure", "user-fairness", *words)
    values = {row["measure"]: row["value"] for row in json.loads(done.out)["rows"]}
    # w and z are served and x is not; x shares 2 of 4 items with either, and w and z all of 3.
    assert values["PUF"] == pytest.approx((1 / 2 + 1 / 2 + 0) / 3)
    assert "left out: 1 user of h.csv not in u.parquet" in json.loads(done.out)["provenance"]["notes"]


def test_users_alike_by_their_shares(psephos, folder):
    words = ("--score", "ndcg", "--similarity", "jensen-shannon", "--features", "k1,k2", "--repeats", "0", "--json")
    done = psephos("measure", "user-fairness", "s.csv", *words)
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    # w and z have half and half; y and x have nothing in common: 1 - JSD of (1/2, 1/2) and (1, 0) is .688722 in bits.
    gaps = 1 * 0.5 + 0.688722 * (0.3 + 0.1 + 0.8 + 0.6)
    assert found["rows"][0]["value"] == pytest.approx(gaps / 6, abs=1e-6)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["s.csv", "--score", "ndcg"], "--history: must say what users had"),
        (["s.csv", "--score", "map", "--history", "h.csv"], "--score: s.csv has no column 'map'"),
        (["s.csv", "--score", "user", "--history", "h.csv"], "which is no number"),
        (["s.csv", "--score", "k1", "--history", "h.csv"], "must lie between 0 and 1, got 2"),
        (["s.csv", "--score", "ndcg", "--history", "h.csv", "--user", "who"], "--user: s.csv has no column 'who'"),
        (["s.csv", "--score", "ndcg", "--history", "h.csv", "--scale", "high"], "--scale: must be LOW,HIGH"),
        (["s.csv", "--score", "ndcg", "--history", "h.csv", "--similarity", "taste"], "--similarity: must be one of"),
        (["s.csv", "--score", "ndcg", "--similarity", "jensen-shannon"], "features"),
        (["s.csv", "--score", "ndcg", "--similarity", "three.npy"], "--similarity: must have shape (4, 4)"),
        (["s.csv", "--score", "ndcg", "--history", "nothing.csv"], "nothing.csv"),
        (["runs.csv", "--score", "ndcg", "--history", "h.csv"], "say which run with --run"),
        (["runs.csv", "--score", "ndcg", "--history", "h.csv", "--run", "c"], "--run: there is no run 'c' among"),
    ],
)
def test_what_is_not_fair_to_ask_is_said_in_one_line(psephos, folder, words, said):
    done = psephos("measure", "user-fairness", *words)
    assert (done.code, done.out) == (1, "")
    assert said in done.complaint
    assert "\n" not in done.complaint
