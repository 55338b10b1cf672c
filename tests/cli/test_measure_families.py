"""psephos measure FAMILY: metrics by name from files, paired by id, as a table, JSON and a page."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from psephos.metrics import compare_discrimination, discrimination, measure

RNG = np.random.default_rng(0)
N = 200
P = RNG.random(N)
Y = (RNG.random(N) < P).astype(int)
Q = np.clip(1.4 * P - 0.2, 0, 1)


@pytest.fixture
def table(tmp_path):
    frame = pl.DataFrame(
        {
            "id": [f"q{i}" for i in range(N)],
            "y": Y,
            "p": P,
            "q": Q,
            "g": np.where(np.arange(N) % 2, "x", "z"),
            "w": np.arange(N) % 3 + 1,
            "age": np.arange(N) % 37,
        }
    )
    frame.write_csv(tmp_path / "t.csv")
    frame.write_parquet(tmp_path / "t.parquet")
    np.savez(tmp_path / "t.npz", y=Y, p=P, both=np.stack([1 - P, P], axis=1))
    np.save(tmp_path / "two.npy", np.array([(0.2, 1), (0.7, 0)], dtype=[("p", float), ("y", int)]))
    frame[::-1][:150].select("id", pl.col("p").alias("s")).write_csv(tmp_path / "a.csv")
    frame.select("id", pl.col("q").alias("s")).write_parquet(tmp_path / "b.parquet")
    return tmp_path


@pytest.mark.parametrize("file", ["t.csv", "t.parquet", "t.npz"])
def test_values_from_every_kind_of_file(psephos, table, file):
    words = ("--truth", "y", "--score", "p", "--repeats", "40", "--json")
    done = psephos("measure", "probability", table / file, *words)
    assert (done.code, done.err) == (0, "")
    found = measure("probability", truth=Y, score={"p": P}, repeats=40)
    assert json.loads(done.out)["rows"] == json.loads(json.dumps(found.to_dict()["rows"]))


def test_all_metrics_weights_groups_and_files_out(psephos, table):
    page, rows = table / "page.html", table / "rows.parquet"
    words = ("--truth", "y", "--score", "p", "--weight", "w", "--group", "g", "--item", "id", "--metrics", "all")
    done = psephos(
        "measure", "probability", table / "t.csv", *words, "--repeats", "20", "--report", page, "--parquet", rows
    )
    assert (done.code, done.err) == (0, "")
    held = pl.read_parquet(rows)
    assert held["metric"].n_unique() == 9
    assert held["group"].unique().sort().to_list() == ["", "x", "z"]
    assert "</html>" in page.read_text()
    assert f"Wrote {page}" in done.out


def test_structured_and_wide_arrays(psephos, table):
    done = psephos(
        "measure", "probability", table / "two.npy", "--truth", "y", "--score", "p", "--metrics", "brier", "--json"
    )
    assert json.loads(done.out)["rows"][0]["value"] == pytest.approx((0.8**2 + 0.7**2) / 2)
    done = psephos(
        "measure", "probability", table / "t.npz", "--truth", "y", "--score", "both", "--metrics", "accuracy", "--json"
    )
    assert json.loads(done.out)["rows"][0]["value"] == np.mean((P > 0.5) == Y)


def test_two_columns_are_compared(psephos, table):
    words = ("--truth", "y", "--compare", "p", "q", "--repeats", "50", "--json")
    done = psephos("measure", "discrimination", table / "t.csv", *words)
    found = json.loads(done.out)["rows"][0]
    assert found["value"] == pytest.approx(compare_discrimination(Y, P, Q, repeats=50, rng=0).auroc.value)
    assert found["of"] == "p - q"


def test_two_files_are_paired_by_item_and_what_is_missing_is_said(psephos, table):
    words = ("--truth", "y", "--score", "s", "--item", "id", "--compare", table / "a.csv", table / "b.parquet")
    done = psephos("measure", "discrimination", table / "t.csv", *words, "--repeats", "50", "--json")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    there = slice(50, None)
    own = compare_discrimination(Y[there], P[there], Q[there], repeats=50, rng=0).auroc.value
    assert found["rows"][0]["value"] == pytest.approx(own)
    assert any("50 items" in note for note in found["provenance"]["notes"])


def test_divergence_and_dependence(psephos, table):
    done = psephos("measure", "divergence", table / "t.csv", "--truth", "y", "--score", "p", "--score", "g", "--json")
    assert {row["of"] for row in json.loads(done.out)["rows"]} == {"p", "g"}
    words = ("--against", table / "t.parquet", "--score", "p", "--metrics", "psi", "--json")
    assert json.loads(psephos("measure", "divergence", table / "t.csv", *words).out)["rows"][0]["value"] == 0
    words = ("--score", "p", "--attribute", "g", "--attribute", "age=ordinal", "--set", "shuffles=19", "--json")
    rows = json.loads(psephos("measure", "dependence", table / "t.csv", *words).out)["rows"]
    assert [row["note"].split(",")[0] for row in rows if row["of"] == "p with age"] == ["ordinal"]


def test_texts_can_be_the_positive_class(psephos, table):
    words = ("--truth", "g", "--set", "positive=x", "--score", "p", "--repeats", "0", "--metrics", "auroc", "--json")
    done = psephos("measure", "discrimination", table / "t.csv", *words)
    truth = np.arange(N) % 2
    assert json.loads(done.out)["rows"][0]["value"] == discrimination(truth, P, repeats=0).auroc.value


def test_the_command_gives_the_same_again(psephos, table):
    import shlex

    words = ("--truth", "y", "--score", "p", "--metrics", "brier,ece", "--repeats", "30", "--seed", "5", "--json")
    first = json.loads(psephos("measure", "probability", table / "t.csv", *words).out)
    again = shlex.split(first["provenance"]["command"])[1:]
    assert json.loads(psephos(*again, "--json").out) == first


def test_every_file_that_was_read_is_told(psephos, table):
    import shlex

    words = ("--truth", "y", "--score", "s", "--item", "id", "--compare", table / "a.csv", table / "b.parquet")
    found = json.loads(psephos("measure", "discrimination", table / "t.csv", *words, "--repeats", "0", "--json").out)
    assert found["provenance"]["source"] == [str(table / name) for name in ("t.csv", "a.csv", "b.parquet")]
    assert len(set(found["provenance"]["sha256"])) == 3
    again = shlex.split(found["provenance"]["command"])
    place = again.index("--compare")
    assert again[place : place + 3] == ["--compare", str(table / "a.csv"), str(table / "b.parquet")]
    words = ("--truth", "y", "--score", "p", "--against", table / "t.parquet", "--json")
    found = json.loads(psephos("measure", "divergence", table / "t.csv", *words[2:]).out)
    assert found["provenance"]["source"] == [str(table / "t.csv"), str(table / "t.parquet")]


def test_rows_without_a_name_are_not_paired_with_each_other(psephos, tmp_path):
    (tmp_path / "one.csv").write_text("id,y,s\na,1,.9\nb,0,.2\n,0,.1\n")
    (tmp_path / "two.csv").write_text("id,s\na,.8\nb,.3\n,.7\n")
    words = ("--truth", "y", "--score", "s", "--item", "id", "--compare", tmp_path / "one.csv", tmp_path / "two.csv")
    done = psephos("measure", "discrimination", tmp_path / "one.csv", *words)
    assert done.complaint == f"psephos: --item: id of {tmp_path / 'one.csv'} has no name (row 3)"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["probability", "t.csv", "--truth", "y"], "--score: probability needs it"),
        (["probability", "t.csv", "--score", "p"], "--truth: probability needs it"),
        (["probability", "t.csv", "--truth", "y", "--score", "z"], "has no column 'z'"),
        (["probability", "t.csv", "--truth", "g", "--score", "p"], "--truth: g holds 'z', which is no number (row 1)"),
        (["probability", "t.csv", "--truth", "y", "--score", "p", "--metrics", "f1"], "--metrics: must be one of"),
        (["probability", "t.csv", "--truth", "y", "--score", "p", "--attribute", "g"], "--attribute: plays no part"),
        (["probability", "t.csv", "--truth", "y", "--score", "p", "--set", "bins=x"], "bins: cannot be 'x'"),
        (["probability", "t.csv", "--truth", "y", "--score", "age"], "--score: must lie between 0 and 1"),
        (["probability", "t.csv", "--truth", "y", "--compare", "a.csv", "b.parquet"], "--item: is needed"),
        (["probability", "no.npz", "--truth", "y", "--score", "p"], "does not exist"),
        (["probability", "bad.npz", "--truth", "y", "--score", "p"], "cannot be read"),
        (["probability", "pickled.npy", "--truth", "y", "--score", "p"], "pickled"),
        (["dependence", "t.csv", "--score", "p", "--attribute", "g=odd"], "must be one of"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_line(psephos, table, monkeypatch, words, said):
    monkeypatch.chdir(table)
    (table / "bad.npz").write_bytes(b"PK\x03\x04 no archive")
    np.save(table / "pickled.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    done = psephos("measure", *words)
    assert (done.code, done.out) == (1, "")
    assert said in done.complaint
    assert "\n" not in done.complaint
