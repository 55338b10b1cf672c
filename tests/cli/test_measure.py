"""psephos measure: ceilings and consistency from files, in words, as JSON, as a page."""

from __future__ import annotations

import json

import polars as pl
import pytest

from psephos.agreement import ceiling_of, consistency
from psephos.opinions import read

VOTES = [[1, 2, 2, 3], [3, 3, 4, 2], [5, 4, 5, 5], [2, 1, 1, 1], [4, 4, 3, 5]]
"""The matrix of votes of sheet 35."""


@pytest.fixture
def votes(tmp_path):
    rows = [(f"i{i}", f"r{r}", vote) for i, line in enumerate(VOTES) for r, vote in enumerate(line)]
    pl.DataFrame(rows, schema=["item", "voter", "score"], orient="row").write_csv(tmp_path / "votes.csv")
    return tmp_path / "votes.csv"


@pytest.fixture
def estimates(tmp_path):
    rows = [("i0", 2.1), ("i1", 3.0), ("i2", 4.5), ("i3", 1.4), ("i4", 3.8)]
    frame = pl.DataFrame(rows, schema=["item", "score"], orient="row")
    frame.insert_column(1, pl.lit("metric").alias("voter")).write_csv(tmp_path / "estimates.csv")
    return tmp_path / "estimates.csv"


@pytest.fixture
def answers(tmp_path):
    right = {"q1": "11111", "q2": "11110", "q3": "11100", "q4": "10000"}
    rows = [("m", item, f"v{v}", int(one)) for item, line in right.items() for v, one in enumerate(line)]
    names = ["candidate", "item", "variant", "score"]
    pl.DataFrame(rows, schema=names, orient="row").write_csv(tmp_path / "answers.csv")
    return tmp_path / "answers.csv"


def test_the_ceiling_of_sheet_35(psephos, votes, estimates):
    words = ("--kind", "scores", "--repeats", "50")
    done = psephos("measure", "ceiling", votes, *words, "--estimates", estimates, "--json")
    assert (done.code, done.err) == (0, "")
    found = ceiling_of(read(votes, kind="scores"), estimates=read(estimates), repeats=50)
    assert json.loads(done.out)["rows"] == json.loads(json.dumps(found.to_dict()["rows"]))
    assert ".969" in psephos("measure", "ceiling", votes, *words).out


def test_the_consistency_of_sheet_32(psephos, answers, tmp_path):
    page, table = tmp_path / "page.html", tmp_path / "table.parquet"
    words = ("--repeats", "50", "--report", page, "--parquet", table)
    done = psephos("measure", "consistency", answers, *words)
    assert (done.code, done.err) == (0, "")
    assert pl.read_parquet(table)["core"].to_list() == pytest.approx([0.446875])  # 5/5 4/5 3/5 1/5
    assert consistency(read(answers), repeats=0).table()["core"].to_list() == pytest.approx([0.446875])
    assert "<html" in page.read_text()[:500]
    assert f"Wrote {page}" in done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ceiling", "votes.csv", "--scale", "1,5"], "--scale: must be LOW,HIGH,LEVELS"),
        (["ceiling", "votes.csv", "--vote-variance", "guess"], "--vote-variance"),
        (["ceiling", "nothing.csv"], "nothing.csv"),
        (["consistency", "answers.csv", "--questions", "few"], "--questions: must be one of"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_line(psephos, votes, answers, words, said):
    name, file, *rest = words
    done = psephos("measure", name, votes.parent / file, *rest)
    assert (done.code, done.out) == (1, "")
    assert said in done.complaint
    assert "\n" not in done.complaint


def test_values_of_several_types_in_one_column_are_read_as_texts(psephos, tmp_path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(
        '{"y": 1, "p": 0.9, "g": true}\n{"y": 0, "p": 0.2, "g": "true"}\n'
        '{"y": 1, "p": 0.7, "g": 1}\n{"y": 0, "p": 0.8, "g": [1]}\n'
    )
    done = psephos("measure", "discrimination", file, "--truth", "y", "--score", "p", "--group", "g", "--json")
    assert done.code == 0, done.complaint
    wrong = psephos("measure", "discrimination", file, "--truth", "g", "--score", "p")
    assert (wrong.code, wrong.out) == (1, "")
    assert "g holds '[1]', which is no number" in wrong.complaint
