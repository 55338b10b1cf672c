"""psephos measure effective-features: codes and activations from arrays, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

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
