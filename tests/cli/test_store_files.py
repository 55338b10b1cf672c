"""psephos db load and db take: other tools' files in, what people settled out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.opinions.test_annotations import ARGILLA, LABEL_STUDIO

pytest.importorskip("sqlalchemy", reason="the extra web is not installed")


@pytest.fixture
def store(psephos, tmp_path):
    """A store with a project of annotations; its address."""
    file = tmp_path / "records.jsonl"
    file.write_text(json.dumps(ARGILLA) + "\n")
    address = str(tmp_path / "r.sqlite")
    done = psephos("db", "load", file, "--project", "records", "--store", address)
    assert (done.code, done.err) == (0, "")
    assert "records: 1 new and 0 known items, 3 opinions" in done.out
    return address


def test_a_project_goes_out_whole_and_comes_back(psephos, store, tmp_path):
    target = tmp_path / "all.jsonl"
    done = psephos("db", "take", target, "--project", "records", "--store", store)
    assert done.code == 0
    assert "SHA-256" in done.out
    back = psephos("db", "load", target, "--project", "again", "--store", store)
    assert (back.code, back.out) == (0, "again: project 2, with its whole history\n")
    both = psephos("db", "load", target, target, "--project", "x", "--store", store)
    assert (both.code, "by itself" in both.complaint) == (1, True)


def test_a_report_and_tables_go_out(psephos, store, tmp_path):
    done = psephos("db", "take", tmp_path / "r.html", "--project", "1", "--store", store, "--language", "de")
    assert done.code == 0
    assert '<html lang="de">' in (tmp_path / "r.html").read_text()
    options = ("--format", "csv", "--table", "opinions", "--project", "records", "--store", store)
    assert psephos("db", "take", tmp_path / "o.csv", *options).code == 0
    assert "model" in (tmp_path / "o.csv").read_text()


def test_a_control_is_named_as_a_column(psephos, tmp_path):
    file = tmp_path / "tasks.json"
    file.write_text(json.dumps(LABEL_STUDIO))
    address = str(tmp_path / "r.sqlite")
    refused = psephos("db", "load", file, "--project", "tasks", "--store", address)
    assert (refused.code, "'stars', 'tone'" in refused.complaint) == (1, True)
    taken = psephos("db", "load", file, "--project", "tasks", "--store", address, "--column", "label=tone")
    assert taken.code == 0
    assert psephos("decide", file, "--column", "label=tone").code == 0


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("take", "x.csv", "--project", "nothing"), "project"),
        (("take", "x.doc", "--project", "records"), "format"),
        (("take", "x.srt", "--project", "records"), "project"),
        (("take", "x.jsonl", "--project", "records", "--format", "preferences"), "project"),
        (("load", "none.csv", "--project", "records"), "none.csv"),
    ],
    ids=["no project", "no format", "no transcripts", "no pairs", "no file"],
)
def test_what_cannot_be_is_one_clear_line(psephos, store, tmp_path, words, complaint):
    place = [str(tmp_path / words[1]), *words[2:]]
    done = psephos("db", words[0], *place, "--store", store)
    assert done.code == 1
    assert complaint in done.complaint
    assert not Path(place[0]).exists()
