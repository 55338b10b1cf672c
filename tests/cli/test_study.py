"""psephos study: reviews from files, in words, as JSON, as a page."""

from __future__ import annotations

import json
import re

import polars as pl
import pytest

from psephos.studies import peer_review

TABLE = "item,score\nA,3;5 6 8\nB,5;6 5;6 6\nC,1 3 3\nD,8 8;6 5;6 6\n"


@pytest.fixture
def panel(tmp_path):
    found = peer_review.sample(items=150, evidence=1.0, rng=3)
    columns = {"item": found.items.gather(found.item), "reviewer": found.reviewers}
    frame = pl.DataFrame(columns | {"before": found.before, "after": found.after}).hstack(found.columns)
    frame.write_csv(tmp_path / "panel.csv")
    return tmp_path / "panel.csv"


def test_the_study_in_words(psephos, panel):
    done = psephos("study", "peer-review", panel, "--label", "evidence", "--seed", "5")
    assert (done.code, done.err) == (0, "")
    found = peer_review.study(peer_review.read(panel), labels=["evidence"], rng=5)
    text = re.sub(r"\s+", " ", done.out)
    for name, said in found.summary():
        assert f"{name} {re.sub(' +', ' ', said)}" in text
    for title in ("By first score", "What predicts a change", "One more reviewer helps most"):
        assert title in done.out


def test_the_study_as_json_and_its_command(psephos, panel):
    words = ("--scale", "1,2,3,4,5,6,7,8,9,10", "--tracing", "none", "--rate", "0.25", "--label", "evidence")
    said = json.loads(psephos("study", "peer-review", panel, "--json", *words).out)
    assert set(said) >= {"movement", "influence", "conformity", "decisions", "left_out", "issues"}
    again = said["provenance"]["command"].split()[1:]
    assert json.loads(psephos(*again, "--json").out) == said


def test_snapshots_tables_and_pages(psephos, tmp_path):
    (tmp_path / "one.csv").write_text("item,a,b\nA,3,5\nB,5,6\nC,4,4\n")
    (tmp_path / "two.csv").write_text("item,a,b\nA,4,5\nB,5,6\nC,4,5\n")
    page, table = tmp_path / "page.html", tmp_path / "table.parquet"
    words = ("--after", tmp_path / "two.csv", "--report", page, "--parquet", table, "--limit", "0")
    done = psephos("study", "peer-review", tmp_path / "one.csv", *words)
    assert done.code == 0
    assert "6 with both scores, on 3 items" in done.out
    assert "<html" in page.read_text()[:500]
    assert "term" in pl.read_parquet(table).columns


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--scale", "1,x"], "--scale: must be numbers between commas"),
        (["--scale", "1,2", "--scale", "3,4"], "--scale: must be given once"),
        (["--scale", "1,2,3"], "scale: the score 6 is not on the scale 1, 2, 3 (item A, reviewer 2)"),
        (["--tracing", "high"], "--tracing: must be a number or none"),
        (["--label", "kind"], "labels: there is no column 'kind'"),
        (["--rate", "2"], "rate: must lie strictly between 0 and 1"),
        (["--column", "before=x"], "--column: there is no column 'x'"),
        (["--report", "page.txt"], "--report: must name a file ending in .html"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_studied_is_one_line(psephos, tmp_path, words, said):
    (tmp_path / "r.csv").write_text(TABLE)
    done = psephos("study", "peer-review", tmp_path / "r.csv", *words)
    assert (done.code, done.out) == (1, "")
    assert said in done.complaint
    assert "\n" not in done.complaint


def test_each_group_can_have_its_scale(psephos, tmp_path):
    (tmp_path / "r.csv").write_text("item,score,year\nA,3;5 6,2024\nB,2;3 4,2021\n")
    words = ("--scale", "2024=1,3,5,6,8,10", "--scale", "2021=1,2,3,4,5", "--limit", "0")
    assert "scale: differs between groups" in psephos("study", "peer-review", tmp_path / "r.csv", *words).complaint
    assert psephos("study", "peer-review", tmp_path / "r.csv", *words, "--levels", "rank").code == 0


def test_the_help_names_the_fields(psephos):
    assert "peer-review" in psephos("study", "-h").out
    assert psephos("study", "peer-review", "--help").out.startswith("Usage: psephos study peer-review ")
    assert psephos("study").code == 2
    assert (
        psephos("study", "peer-review", "nowhere.csv").complaint
        == "psephos: nowhere.csv: does not exist; check the path"
    )
