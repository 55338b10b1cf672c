"""psephos measure effective-features: codes and activations from arrays, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from psephos.errors import InputError
from psephos.learning import Training, train_dictionary
from psephos.metrics import effective_features

CODES = [[1, 0, 0, 2], [0, 3, 0, 2], [2, 0, 0, 2], [0, 0, 0, 2]]
"""Feature 3 carries 8 of 14, features 0 and 1 carry 3 each, and feature 2 is dead."""
USED = float(np.exp(-(8 / 14 * np.log(8 / 14) + 2 * 3 / 14 * np.log(3 / 14))))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("codes.npy", np.array(CODES))
    np.savez("both.npz", codes=CODES, person=[0, 0, 1, 1])
    np.savez("three.npz", a=CODES, b=CODES, person=[0, 0, 1, 1])
    np.save("activations.npy", np.array([[1.0, 0], [0, 1], [-1, 0], [0, 2]]))
    np.savez("dictionary.npz", weights=[[1, 0], [0, 1], [-1, 0]])
    np.savez("odd.npz", weights=[[1, 0]], colour=[1])
    np.save("flat.npy", np.arange(3.0))
    np.save("words.npy", np.array([["a", "b"], ["c", "d"]]))
    np.save("hole.npy", np.array([[1, np.nan], [0, 1]]))
    np.save("pickled.npy", np.array([{}, 1], dtype=object), allow_pickle=True)
    (tmp_path / "torn.npy").write_bytes((tmp_path / "codes.npy").read_bytes()[:140])
    pl.DataFrame(CODES, schema=list("abcd"), orient="row").with_columns(person=pl.Series(list("uuvv"))).write_csv(
        "c.csv"
    )
    return tmp_path


@pytest.mark.parametrize(
    "words", [["codes.npy"], ["both.npz", "--array", "codes"], ["both.npz", "--cluster", "person"]]
)
def test_codes_are_counted(psephos, folder, words):
    words = ["measure", "effective-features", *words, "--neurons", "2", "--repeats", "30"]
    done = psephos(*words, "--json", "--report", "page.html", "--parquet", "t.parquet")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["effective_features"] == pytest.approx(USED)
    assert found["psi"] == pytest.approx(USED / 2)
    assert found["dead"] == 1
    assert found["low"] < found["high"]
    assert pl.read_parquet("t.parquet")["feature"][0] == 3
    assert "<html" in (folder / "page.html").read_text()[:500]
    assert found["provenance"]["command"].startswith("psephos measure effective-features ")
    assert "Most used" in psephos(*words).out


def test_activations_through_a_dictionary(psephos, folder):
    words = ("activations.npy", "--dictionary", "dictionary.npz", "--repeats", "0", "--json")
    done = psephos("measure", "effective-features", *words)
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    # Codes: 1 of feature 0, 1 + 2 of feature 1, 1 of feature 2; the three directions explain all.
    assert found["effective_features"] == pytest.approx(np.exp(-(0.6 * np.log(0.6) + 0.4 * np.log(0.2))))
    assert found["explained"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["c.csv"], "--features: must name the columns"),
        (["c.csv", "--features", "a,z"], "--features: c.csv has no column 'z'"),
        (["c.csv", "--features", "a,person"], "which is no number"),
        (["codes.npy", "--features", "a"], "--features: is for tables"),
        (["nothing.npy"], "nothing.npy: does not exist"),
        (["three.npz", "--cluster", "person"], "--array: must say which array"),
        (["three.npz", "--array", "c"], "--array: three.npz has no column 'c'"),
        (["both.npz", "--array", "codes", "--cluster", "who"], "--cluster: both.npz has no column 'who'"),
        (["flat.npy"], "must have 2 dimensions"),
        (["words.npy"], "must hold numbers"),
        (["hole.npy"], "holds NaN (index 0, 1)"),
        (["pickled.npy"], "pickled objects, which are never read"),
        (["torn.npy"], "cannot be read as NumPy writes arrays"),
        (["codes.npy", "--standardise", "rms"], "--standardise: is for activations"),
        (["codes.npy", "--standardise", "most"], "--standardise: must be one of"),
        (["codes.npy", "--dictionary", "dictionary.npz"], "must have 2 neurons, got 4"),
        (["activations.npy", "--dictionary", "odd.npz"], "--dictionary: must hold weights"),
        (["codes.npy", "--level", "2"], "--level"),
    ],
)
def test_what_holds_no_codes_is_said_in_one_line(psephos, folder, words, said):
    done = psephos("measure", "effective-features", *words)
    assert (done.code, done.out) == (1, "")
    assert said in done.complaint
    assert "\n" not in done.complaint


DIRECTIONS = np.eye(2)[np.arange(300) % 2] * np.random.default_rng(0).uniform(0.5, 1.5, (300, 1))
QUICK = ("--train", "--batch", "16", "--learning-rate", "0.01", "--repeats", "20", "--epochs", "120")


def measured(psephos, *words):
    done = psephos("measure", "effective-features", *words)
    assert (done.code, done.err) == (0, "")
    return done.out


def test_dictionaries_are_trained_and_kept(psephos, folder):
    np.save("x.npy", DIRECTIONS)
    words = ("x.npy", *QUICK, "--null", "columns")
    found = json.loads(measured(psephos, *words, "--save", "d.npz", "--report", "page.html", "--json"))
    assert found["result"] == "trainedfeatures"
    assert found["effective_features"] == pytest.approx(2, abs=0.1)
    assert [row["of"] for row in found["rows"]] == ["layer"] * 3 + ["doubled"] + ["null"] * 3
    assert found["provenance"]["sha256"]
    assert "--train" in found["provenance"]["command"]
    assert "--save" not in found["provenance"]["command"]
    assert "<html" in (folder / "page.html").read_text()[:500]
    again = json.loads(measured(psephos, "x.npy", "--dictionary", "d.npz", "--json"))
    middle = sorted(row["effective"] for row in found["rows"][:3])[1]
    assert again["effective_features"] == pytest.approx(middle)
    assert "Dictionaries" in measured(psephos, *words)


def test_several_arrays_are_layers(psephos, folder):
    np.savez("layers.npz", one=DIRECTIONS, two=DIRECTIONS * [1, 0], person=np.arange(300) // 2)
    words = ("layers.npz", "--array", "one,two", *QUICK, "--no-doubled", "--cluster", "person")
    found = json.loads(measured(psephos, *words, "--resume", "kept", "--json"))
    assert [row["layer"] for row in found["rows"]] == ["one", "two"]
    assert found["rows"][1]["effective"] == pytest.approx(1, abs=0.1)
    assert json.loads(measured(psephos, *words, "--resume", "kept", "--json"))["rows"] == found["rows"]
    assert "by layer" in measured(psephos, *words)


def test_a_penalty_is_searched(psephos, folder):
    turns = np.arange(3) * 2 * np.pi / 3
    np.save("x.npy", np.column_stack([np.cos(turns), np.sin(turns)])[np.arange(300) % 3] * DIRECTIONS.sum(1)[:, None])
    out = measured(psephos, "x.npy", *QUICK, "--l1", "auto", "--epochs", "200", "--no-doubled")
    assert "was searched" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--seeds", "4"], "--seeds: is of training; say --train"),
        (["--no-doubled"], "--no-doubled: is of training"),
        (["--train", "--dictionary", "dictionary.npz"], "--train: needs no --dictionary"),
        (["--train", "--neurons", "2"], "--neurons: is for codes"),
        (["--train", "--expansion", "0.5"], "--expansion: dictionary smaller than input"),
        (["--train", "--l1", "much"], "--l1: must be a number or auto"),
        (["--train", "--l1", "-1"], "--l1: must be at least 0"),
        (["--train", "--learning-rate", "0"], "--learning-rate: must be more than 0"),
        (["--train", "--null", "rows"], "--null: must be one of"),
        (["--train", "--engine", "moon"], "--engine: must be a number"),
        (["--train", "--save", "d.npy"], "--save: must name a file ending in .npz"),
        (["--train", "--learning-rate", "1e200"], "--learning-rate: is too large"),
    ],
)
def test_what_cannot_be_trained_is_said_in_one_line(psephos, folder, words, said):
    done = psephos("measure", "effective-features", "activations.npy", *words)
    assert (done.code, done.out) == (1, "")
    assert said in done.complaint
    assert "\n" not in done.complaint


def test_a_dictionary_is_kept_in_a_file_and_counts_the_same(tmp_path, psephos):
    data = DIRECTIONS
    for own in (Training(epochs=4), Training(epochs=4, tied=False, decoder_bias=True)):
        one = train_dictionary(data, own, rng=0)
        one.save(tmp_path / "d.npz")
        np.save(tmp_path / "a.npy", data)
        words = (str(tmp_path / "a.npy"), "--dictionary", str(tmp_path / "d.npz"), "--repeats", "0", "--json")
        found = json.loads(psephos("measure", "effective-features", *words).out)
        counted = effective_features(data, one.dictionary, repeats=0)
        assert found["effective_features"] == pytest.approx(counted.value.value)
        assert found["explained"] == pytest.approx(counted.explained)
    with pytest.raises(InputError, match=r"must end in \.npz"):
        one.save(tmp_path / "d.txt")
