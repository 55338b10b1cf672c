"""psephos measure diversity: vectors, texts and similarities from files, in groups, weighted, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from psephos.metrics import diversity, text_spectrum

X = [[1, 0, 2], [2, 1, 0], [0, 3, 1], [1, 1, 1], [4, 0, 1]]
TEXTS = ["Look, Jane.", "See Spot.", "See Spot run.", "Run, Spot, run.", "Jane sees Spot run."]
"""Of sheet 11; by words in runs of 1 and 2 their score is 3.91."""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    frame = pl.DataFrame(X, schema=["a", "b", "c"], orient="row").with_columns(
        pl.Series("said", TEXTS), pl.Series("g", list("xxyyy")), w=pl.lit(2), name=pl.Series(list("pqrst"))
    )
    frame.write_csv(tmp_path / "t.csv")
    frame.with_columns(a=pl.Series([1, None, 0, 1, 4]), w=pl.lit(-1), said=None).write_csv(tmp_path / "bad.csv")
    np.save(tmp_path / "x.npy", np.array(X, dtype=float))
    np.savez(tmp_path / "k.npz", K=[[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]], g=np.array(["u", "u", "v"]))
    np.save(tmp_path / "pickled.npy", np.array([{}, 1], dtype=object), allow_pickle=True)
    np.save(tmp_path / "skew.npy", np.array([[1, 0.5], [0, 1]]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(done):
    assert (done.code, done.err) == (0, "")
    return json.loads(done.out)


@pytest.mark.parametrize("words", [["t.csv", "--features", "a,b,c"], ["x.npy"]])
def test_vectors_of_a_table_and_of_an_array(psephos, folder, words):
    found = rows(psephos("measure", "diversity", *words, "--order", "1,2,inf", "--repeats", "50", "--json"))
    assert [row["q"] for row in found["rows"]][:2] == [1, 2]
    assert found["rows"][0]["score"] == pytest.approx(2.349709, abs=1e-6)  # sheet 11
    assert found["rows"] == json.loads(json.dumps(diversity(X, q=[1, 2, "inf"], repeats=50, rng=0).to_dict()["rows"]))
    assert found["rows"][0]["low"] < 2.349709 < found["rows"][0]["high"]


def test_texts_by_their_words(psephos, folder):
    found = rows(psephos("measure", "diversity", "t.csv", "--text", "said", "--runs", "1,2", "--order", "1", "--json"))
    assert found["rows"][0]["score"] == pytest.approx(float(text_spectrum(TEXTS, n=(1, 2)).score()))
    assert found["rows"][0]["score"] == pytest.approx(3.91, abs=0.005)


def test_similarities_in_groups(psephos, folder):
    words = ("k.npz", "--features", "K", "--kernel", "given", "--group", "g", "--order", "0,1,inf", "--json")
    found = rows(psephos("measure", "diversity", *words))
    assert [row["score"] for row in found["rows"]] == pytest.approx([3, 2.1573, 1.5789], abs=1e-4)
    # The two groups share nothing: as many as the entropy of 2/3 and 1/3 says.
    assert found["between"] == pytest.approx(np.exp(-(2 / 3) * np.log(2 / 3) - np.log(1 / 3) / 3))
    assert {row["group"] for row in found["groups"]} == {"u", "v"}


def test_weights_names_and_files_out(psephos, folder):
    words = ["measure", "diversity", "t.csv", "--features", "a,b,c", "--group", "g", "--weight", "w", "--item", "name"]
    done = psephos(*words, "--report", "page.html", "--parquet", "t.parquet")
    assert (done.code, done.err) == (0, "")
    assert pl.read_parquet("t.parquet").filter(q=1)["score"].to_list() == pytest.approx([2.349709], abs=1e-6)
    assert "<html" in (folder / "page.html").read_text()[:500]
    assert "Groups" in done.out
    assert rows(psephos(*words, "--json"))["provenance"]["command"] == "psephos " + " ".join(words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["t.csv"], "--features: or --text must say"),
        (["t.csv", "--features", "a,z"], "--features: t.csv has no column 'z'"),
        (["t.csv", "--features", "a,said"], "--features: said holds 'Look, Jane.', which is no number"),
        (["t.csv", "--features", "a", "--text", "said"], "give one"),
        (["bad.csv", "--features", "a,b"], "a has 1 row without a number"),
        (["bad.csv", "--text", "said"], "--text: said has no text"),
        (["bad.csv", "--features", "b,c", "--weight", "w"], "--weight: w must hold numbers of at least 0"),
        (["t.csv", "--text", "said", "--runs", "two"], "--runs: must be whole numbers"),
        (["t.csv", "--text", "said", "--runs", "0"], "--runs: must be whole numbers"),
        (["x.npy", "--order", "many"], "--order: must be numbers"),
        (["x.npy", "--order", "-1"], "--order: must be"),
        (["x.npy", "--kernel", "quantum"], "--kernel: must be one of"),
        (["x.npy", "--kernel", "given"], "must be square"),
        (["skew.npy", "--kernel", "given"], "K not symmetric"),
        (["x.npy", "--interval", "guess"], "--interval: must be one of"),
        (["pickled.npy"], "pickled objects, which are never read"),
        (["nothing.csv", "--features", "a"], "nothing.csv"),
    ],
)
def test_what_has_no_diversity_is_said_in_one_line(psephos, folder, words, said):
    done = psephos("measure", "diversity", *words)
    assert (done.code, done.out) == (1, "")
    assert said in done.complaint
    assert "\n" not in done.complaint
