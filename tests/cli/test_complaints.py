"""What the library says of its arguments is said of options on the command line."""

from __future__ import annotations

import re

import pytest

from psephos.cli.complaints import in_options

OPTIONS = {"missing": "--missing", "repeated": "--repeated", "column": "--column", "names": "--with", "seed": "--seed"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--kind", "birds"], r"--kind: must be one of labels, .*got 'birds'"),
        (["--kind", "scores"], r"--column: scores need .*; say which column it is: --column score=NAME$"),
        (["--column", "voter=who"], r"--column: voter is said to be in column 'who', which is not among"),
        (["--repeated", "never"], r"--repeated: must be one of"),
        (["--encoding", "klingon"], r"--encoding: 'klingon' is not known"),
        (["--encoding", "utf-32"], r"votes\.csv: is not utf-32.*; state the encoding, for example --encoding cp1252$"),
        (["--wide", "nothing"], r"--wide: there is no column 'nothing'"),
        (["--about", "birds=items.csv"], r"items\.csv: does not exist"),
        (["--strict", "--missing", "p"], None),
        (["--method", "magic"], r"--method: must be one of"),
        (["--weights", "q=1"], r"--weights: names 'q', which is no voter"),
        (["--equivalence", "fuzzy"], r"--equivalence: must be one of"),
        (["--engine", "mars"], r"--engine: "),
        (["--in-parts", "--strict"], r"--in-parts: .*--strict do not apply"),
        (["--format", "xyz"], r"unknown suffix '\.xyz'; .*state --format$"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_complaint_names_the_option(psephos, votes, words, said):
    done = psephos("decide", votes, *words)
    if said is None:
        assert done.code == 0
        return
    assert (done.code, done.out) == (1, "")
    assert re.search(said, done.complaint), done.complaint
    assert not re.search(r"\b(kind|encoding|repeated|format|columns|missing)=", done.complaint)


def test_a_contradiction_is_settled_by_an_option(psephos, tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text("item,voter,label\na,x,p\na,x,q\n")
    done = psephos("agree", path, "--repeated", "error")
    assert done.complaint == "psephos: label: item 'a', voter 'x' has two different values; state --repeated last"
    assert psephos("decide", path, "--repeated", "last").code == 0


def test_a_table_of_unknown_columns_is_explained_by_options(psephos, tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text("a,b\n1,2\n")
    done = psephos("import", path, "--to", tmp_path / "x.csv")
    assert "as in --column voter=NAME;" in done.complaint
    assert done.complaint.endswith("that the table is wide: --wide NAME")


@pytest.mark.parametrize(
    "verb", [["decide"], ["agree"], ["import", "--to", "copy.parquet"]], ids=lambda words: words[0]
)
def test_a_finding_that_can_be_mended_names_the_option(psephos, tmp_path, monkeypatch, verb):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "votes.csv").write_text("item,voter,label\na,x,p\na,y,NA\nb,x,-\nb,y,p\nc,x,p\nc,y,p\n")
    done = psephos(verb[0], "votes.csv", *verb[1:])
    assert done.code == 0
    assert "2 noted: label looks like a missing value: counted as an answer" in done.out
    assert "--missing -,NA makes it an abstention" in done.out
    mended = psephos(verb[0], "votes.csv", "--missing", "-,NA", *verb[1:])
    assert "looks like" not in mended.out
    assert "2 noted: no label: counted as an abstention, such as 'NA'" in mended.out
    twice = psephos(verb[0], "votes.csv", "--missing", "-", "--missing", "NA", *verb[1:])
    assert twice.out == mended.out


@pytest.mark.parametrize(
    ("python", "typed"),
    [
        ("state repeated='last'", "state --repeated last"),
        ('state repeated="last row"', "state --repeated 'last row'"),
        ("missing=['NA', 'a,b', \"it's\"]", """--missing 'NA,"a,b",it'"'"'s'"""),
        ("columns={'voter': 'the name'}", "--column 'voter=the name'"),
        ("say it with names=", "say it with --with"),
        ("rng=3 repeats all", "--seed 3 repeats all"),
        ("rows_per_part=3 or kind=", "rows_per_part=3 or kind="),
        ("unrepeated='last'", "unrepeated='last'"),
        ("nothing to say", "nothing to say"),
    ],
    ids=["text", "blanks", "list", "mapping", "no value", "another name", "no option", "part of a name", "no argument"],
)
def test_python_is_translated(python, typed):
    assert in_options(python, OPTIONS) == typed


def test_every_verb_that_reads_has_every_option_of_reading(psephos):
    names = ["kind", "column", "wide", "about", "repeated", "missing", "encoding", "format", "layout", "strict"]
    for verb in ("decide", "agree", "import", "export"):
        shown = psephos(verb, "--help").out
        assert [name for name in names if f"--{name}" not in shown] == []


def test_all_options_of_reading_count(psephos, tmp_path):
    path = tmp_path / "votes.txt"
    path.write_bytes("q;wer;sagt\nä;ann;NA\nä;ann;x\nä;bob;x\n".encode("cp1252"))
    words = ["--format", "csv", "--encoding", "cp1252", "--column", "item=q", "--column", "voter=wer"]
    words += ["--column", "label=sagt", "--kind", "labels", "--missing", "NA", "--repeated", "last"]
    assert psephos("export", path, *words, "--to", tmp_path / "copy.csv").code == 0
    assert (tmp_path / "copy.csv").read_text() == "item,voter,label\nä,ann,x\nä,bob,x\n"
    strict = psephos("export", path, *words, "--strict", "--to", tmp_path / "again.csv")
    assert strict.complaint.startswith("psephos: --strict: 1 set aside: contradicts itself: the last row counts")


def test_a_link_that_leads_in_a_circle_is_named(psephos, votes, tmp_path):
    loop = tmp_path / "loop.csv"
    loop.symlink_to(loop)
    done = psephos("decide", loop)
    assert (done.code, done.out) == (1, "")
    assert re.fullmatch(r"psephos: .*loop\.csv: .*links?.*", done.complaint), done.complaint
    done = psephos("decide", votes, "--report", tmp_path / "page.html", "--about", f"items={loop}")
    assert done.code == 1
    assert "loop.csv" in done.complaint
