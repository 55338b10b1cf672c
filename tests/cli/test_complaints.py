"""What the library says of its arguments is said of options on the command line."""

from __future__ import annotations

import re

import pytest
import typer

from psephos.cli.complaints import in_options

OPTIONS = {"missing": "--missing", "repeated": "--repeated", "columns": "--column", "names": "--with", "rng": "--seed"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--kind", "birds"], r"--kind: must be one of labels, .*got 'birds'"),
        (["--kind", "scores"], r"--column: scores need .*; or say which column it is: --column score=NAME$"),
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


NOTHING_SAID = "item,voter,draw,answer\na,x,0,\n,x,0,7\nb,x,0,\n"
LABELS = "item,voter,label\na,x,p\na,y,q\n"
BATTLES = "left,right,winner\na,b,left\n"


@pytest.mark.parametrize(
    ("verb", "content", "said"),
    [
        ("decide --method collective", NOTHING_SAID, "opinions: no sample has an answer: 1 set aside: no item ({file}, "
         "row 2); 2 noted: no answer: counted as an abstention ({file}, rows 1, 3)"),
        ("decide --method source-reliability --kind labels", "item,voter,label\na,x,\na,y,\nb,x,\n",
         "no item has an answer: 3 noted: no label: counted as an abstention ({file}, rows 1, 2, 3)"),
        ("decide", "item,voter,score,weight\na,x,3,0\na,y,,1\n",
         "hold no score that counts: of 2 rows 1 have no score, 1 no weight"),
        ("decide", "item,voter,label\n", "opinions: no row is left of 0: the table is empty ({file})"),
        ("rank", "item,voter,label\n", "opinions: no row is left of 0: the table is empty ({file})"),
        ("rank", LABELS, "orders are made of results, scores, rankings or battles; decide and agree take labels"),
        ("plan", LABELS, "these are columns of labels: decide and agree take labels; or say which column it is: "
         "--column draw=NAME"),
        ("decide", BATTLES, "a verdict is made from labels, samples, scores, transcripts; rank takes battles"),
        ("agree", BATTLES, "not on battles; rank takes battles"),
        ("rank", "left,right\na,b\n", "; battles lack 'winner'; say which column is which, as in --column voter=NAME"),
    ],
    ids=["samples", "sources", "scores", "header", "header of battles", "rank", "plan", "decide", "agree", "lack"],
)  # fmt: skip
def test_a_complaint_says_what_was_found_and_which_verb_fits(psephos, tmp_path, verb, content, said):
    path = tmp_path / "given.csv"
    path.write_text(content)
    done = psephos(*verb.split(), path)
    assert done.code == 1
    assert said.format(file=path) in done.complaint


@pytest.mark.parametrize("words", [("decide",), ("serve", "--port", "0", "--database", "unused.db")], ids=" ".join)
def test_a_file_that_is_not_there_is_named_alike(psephos, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    assert psephos(words[0], "nope.csv", *words[1:]).complaint == "psephos: nope.csv: does not exist; check the path"
    assert list(tmp_path.iterdir()) == []


def test_every_verb_prints_as_many_rows_and_says_how_many_more(psephos, tmp_path):
    path = tmp_path / "results.csv"

    def of_candidates(n, *words):
        rows = [f"c{row:02},{item},{row}\n" for row in range(n) for item in "pq"]
        path.write_text("candidate,item,score\n" + "".join(rows))
        return psephos("rank", path, *words).out

    # A ranking is shown to its end, up to a length that still is read.
    out = of_candidates(30)
    assert "c00" in out
    assert "more: --limit" not in out
    out = of_candidates(33)
    assert "c03" in out
    assert "c02" not in out
    assert "and 3 more: --limit 33" in out
    out = of_candidates(33, "--limit", "33")
    assert "c02" in out
    assert "more: --limit" not in out
    assert "[default: 30;" in psephos("rank", "--help").out.partition("--limit")[2].split("--")[0]
    for verb in ("agree", "decide", "select", "ask", "study peer-review", "measure diversity", "judge fuse"):
        shown = psephos(*verb.split(), "--help").out.partition("--limit")[2].split("--")[0]
        assert "[default: 10;" in shown, verb


def test_other_names_of_options_are_those_of_one_verb_each():
    from psephos.cli import app

    verbs = typer.main.get_command(app).commands
    named = {verb: getattr(one.callback, "also_called", {}) for verb, one in verbs.items()}
    assert named["ask"]["delta"] == "stop"
    assert "delta" not in named["plan"]  # which has --delta
    for verb, names in named.items():
        assert set(names.values()) <= {one.name for one in verbs[verb].params}, verb
    assert in_options("delta=0.1, item='q' or n_classes=3", {"stop": "--stop", "why": "--why"}).startswith("delta=0.1")


RESULTS = "candidate,item,score\nx,p,1\nx,q,0\ny,p,0\ny,q,1\n"
SAMPLES = "item,voter,draw,answer\na,x,0,7\na,x,1,7\n"


@pytest.mark.parametrize(
    ("words", "content", "hint"),
    [
        (["rank", "--method", "Plackett-Luce"], RESULTS, "it is not here: 'borda' and 'kemeny' rank ballots, "
         "'bradley-terry' votes on pairs"),
        (["rank", "--method", "graded response"], RESULTS, "it is not here: item response takes right and wrong; the "
         "method 'mean' takes scores of several levels"),
        (["rank", "--method", "kemmeny"], RESULTS, "write 'kemeny'"),
        (["rank", "--method", "IRT"], RESULTS, "write 'item-response', and which one as its model"),
        (["plan", "--methods", "knowledge gradient"], SAMPLES, "write 'knowledge-gradient'"),
        (["plan", "--methods", "bandit"], SAMPLES, "write 'knowledge-gradient' or 'adaptive'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_a_name_in_use_elsewhere_leads_to_ours(psephos, tmp_path, words, content, hint):
    path = tmp_path / "given.csv"
    path.write_text(content)
    done = psephos(words[0], path, *words[1:])
    assert (done.code, done.out) == (1, "")
    assert done.complaint.endswith(f"; {hint}"), done.complaint
