"""psephos decide: what it prints, writes and refuses."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shlex
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from psephos.consensus import majority, source_reliability
from psephos.opinions import read

DIGITS = Path(__file__).parents[2] / "examples" / "digits"
HOSTILE = Path(__file__).parents[1] / "opinions" / "hostile"


def fed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Give the command this text as its standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def json_of(done) -> dict:
    assert (done.code, done.err) == (0, ""), done
    return json.loads(done.out)


def test_the_verdict_in_words(psephos, votes):
    done = psephos("decide", votes)
    verdict = majority(read(votes))
    assert (done.code, done.err) == (0, "")
    lines = [re.sub(r"\s+", " ", line).strip() for line in done.out.splitlines()]
    for name, text in verdict.summary():
        assert f"{name} {text}" in lines
    queue = lines[lines.index("Check first") :]
    assert queue[1] == "rank item choice certainty runner up votes support flags found"
    assert queue[2].startswith("1 d 0 0 no votes")
    assert [line.split()[1] for line in queue[2:6]] == verdict.queue()["item"].to_list()
    assert queue[5].endswith("100.0%")
    voters = lines[lines.index("Voters least like the others") :]
    assert voters[1] == "voter votes abstentions agreement low high"
    assert {line.split()[0] for line in voters[2:5]} == {"x", "y", "z"}
    assert lines[-1] == f"1 noted: no label: counted as an abstention ({votes}, row 8)"


def test_json_is_the_whole_verdict_and_nothing_else(psephos, votes):
    assert json_of(psephos("decide", votes, "--json")) == json.loads(json.dumps(majority(read(votes)).to_dict()))


def test_json_holds_the_reasons_and_the_known_answers_that_were_asked_for(psephos, votes):
    (votes.parent / "gold.csv").write_text("item,gold\na,q\nb,q\n")
    said = json_of(psephos("decide", votes, "--about", f"items={votes.parent / 'gold.csv'}", "--why", "a", "--json"))
    assert [reasons["item"] for reasons in said["why"]] == ["a"]
    assert said["why"][0]["flip"] == "1 more vote for 'p' would change it"
    assert said["against_gold"]["summary"]["errors"].startswith("1;")


def test_the_table_is_written_and_that_is_said(psephos, votes, tmp_path):
    done = psephos("decide", votes, "--parquet", tmp_path / "verdict.parquet")
    assert done.out.splitlines()[-1] == f"Wrote {tmp_path / 'verdict.parquet'}"
    table = majority(read(votes)).table()
    assert pl.read_parquet(tmp_path / "verdict.parquet").equals(table)
    assert json_of(psephos("decide", votes, "--parquet", tmp_path / "again.parquet", "--json"))
    assert (tmp_path / "again.parquet").exists()


def test_a_report_is_written(psephos, votes, tmp_path):
    done = psephos("decide", votes, "--report", tmp_path / "page.html")
    assert done.code == 0, done
    assert done.out.splitlines()[-1] == f"Wrote {tmp_path / 'page.html'}"
    assert "<html" in (tmp_path / "page.html").read_text()[:500]


def test_the_report_is_that_of_the_library(psephos, tmp_path):
    """Known answers and agreement are on both pages."""
    from psephos import decide
    from psephos.reports import report

    assert psephos("decide", DIGITS, "--report", tmp_path / "page.html").code == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page == report(decide(read(DIGITS)))
    assert 'id="accuracy"' in page
    assert 'id="agreement"' in page


def test_why_shows_the_votes_behind_each_item_that_was_asked_for(psephos, votes):
    done = psephos("decide", votes, "--why", "a", "--why", "d", "--limit", "0")
    reasons = [line.split() for line in done.out.split("Why\n")[1].splitlines()]
    assert reasons[1:4] == [
        ["q", "2", "x", "y,", "z"],
        ["p", "1", "x", "x"],
        ["flip", "1", "more", "vote", "for", "'p'", "would", "change", "it"],
    ]
    assert "there is no choice to change" in done.out
    assert (
        psephos("decide", votes, "--why", "nope").complaint
        == "psephos: --why: there is no item 'nope' in this verdict; write it as the opinions do"
    )


@pytest.mark.parametrize(("limit", "shown"), [(0, 0), (2, 2), (99, 4)])
def test_the_limit_is_the_number_of_rows_of_the_queue(psephos, votes, limit, shown):
    out = psephos("decide", votes, "--limit", limit).out
    if shown:
        table = out.split("Check first")[1].split("Voters")[0].strip().splitlines()
        assert len(table) == 1 + shown
    else:
        assert "Check first" not in out
        assert "Voters" not in out


@pytest.mark.parametrize(
    ("words", "choices"),
    [
        ([], ["q", "p", "p", None]),
        (["--ties", "none"], ["q", "p", None, None]),
        (["--rule", "strict"], ["q", "p", None, None]),
        (["--weights", "x=3"], ["p", "p", "q", None]),
        (["--weights", "y=0,z=0.5"], ["p", "p", "q", None]),
        (["--method", "majority"], ["q", "p", "p", None]),
        (["--kind", "labels"], ["q", "p", "p", None]),
        (["--column", "label=voter", "--column", "voter=label"], ["x", "x"]),
        (["--engine", "2"], ["q", "p", "p", None]),
        (["--engine", "1", "--format", "csv", "--encoding", "utf-8"], ["q", "p", "p", None]),
    ],
    ids=lambda words: " ".join(words) if words and isinstance(words[0], str) and words[0].startswith("-") else None,
)
def test_options_change_the_verdict(psephos, votes, words, choices):
    said = json_of(psephos("decide", votes, "--json", *words))
    assert [row["choice"] for row in said["rows"]] == choices


def test_wide_tables(psephos, tmp_path):
    (tmp_path / "wide.csv").write_text("task,ann,bob,cid\na,p,q,q\nb,p,,\n")
    said = json_of(psephos("decide", tmp_path / "wide.csv", "--wide", "task", "--json"))
    assert [(row["item"], row["choice"], row["votes"]) for row in said["rows"]] == [("a", "q", 3), ("b", "p", 1)]


def test_equivalent_answers(psephos, tmp_path):
    (tmp_path / "v.csv").write_text("item,voter,label\na,x,1/2\na,y,0.5\na,z,2\na,w,2\na,v,50 %\n")
    for words, choice in ((["--equivalence", "number"], "0.5"), ([], "2")):
        assert json_of(psephos("decide", tmp_path / "v.csv", "--json", *words))["rows"][0]["choice"] == choice


def test_a_contradiction_counts_as_asked(psephos, tmp_path):
    path = tmp_path / "v.csv"
    path.write_text("item,voter,label\na,x,p\na,x,q\na,y,r\n")
    chosen = {
        rule: [
            (row["choice"], row["votes"])
            for row in json_of(psephos("decide", path, "--json", "--repeated", rule))["rows"]
        ]
        for rule in ("auto", "first", "last")
    }
    assert chosen == {"auto": [("r", 1)], "first": [("p", 2)], "last": [("q", 2)]}
    assert "has two different values" in psephos("decide", path, "--repeated", "error").complaint


def test_strict_refuses_what_would_be_set_aside(psephos, votes, tmp_path):
    assert psephos("decide", votes, "--strict").code == 0
    (tmp_path / "v.csv").write_text("item,voter,label\na,x,p\n,x,p\n")
    assert "1 set aside: no item" in psephos("decide", tmp_path / "v.csv", "--strict").complaint
    assert psephos("decide", tmp_path / "v.csv").code == 0


def test_an_encoding_is_stated(psephos, tmp_path):
    path = tmp_path / "v.csv"
    path.write_bytes("item,voter,label\na,x,é\n".encode("latin-1"))
    assert "is not utf-8" in psephos("decide", path).complaint
    assert json_of(psephos("decide", path, "--encoding", "latin-1", "--json"))["rows"][0]["choice"] == "é"


def test_known_answers_are_held_against_the_verdict(psephos):
    out = psephos("decide", DIGITS, "--method", "majority", "--limit", "0").out
    assert "Against the known answers" in out
    assert re.search(r"accuracy +\.948 \[\.937, \.958\] on 1,797 items with a known answer", out)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("item,voter,label\na,x,p\n", []),
        ("item\tvoter\tlabel\na\tx\tp\n", []),
        ('{"item": "a", "voter": "x", "label": "p"}\n', []),
        ('[{"item": "a", "voter": "x", "label": "p"}]', []),
        ("item,voter,label\na,x,p\n", ["--format", "csv"]),
    ],
    ids=["csv", "tsv", "jsonl", "json", "stated"],
)
def test_standard_input(psephos, monkeypatch, text, words):
    fed(monkeypatch, text)
    said = json_of(psephos("decide", "-", "--json", *words))
    assert said["rows"][0]["choice"] == "p"
    assert said["provenance"]["sha256"] == [hashlib.sha256(text.encode()).hexdigest()]


def test_several_files_are_one_table(psephos, votes, tmp_path):
    (tmp_path / "more.csv").write_text("item,voter,label\na,w,p\na,v,p\n")
    said = json_of(psephos("decide", votes, tmp_path / "more.csv", "--json"))
    assert (said["rows"][0]["choice"], said["rows"][0]["votes"]) == ("p", 5)


# In parts.


@pytest.fixture
def parquet(votes, tmp_path) -> Path:
    path = tmp_path / "parts" / "votes.parquet"
    path.parent.mkdir()
    pl.read_csv(votes).reverse().write_parquet(path)
    return path


def test_parquet_in_parts_says_the_same(psephos, parquet):
    at_once, in_parts = (json_of(psephos("decide", parquet, "--json", *how)) for how in ([], ["--in-parts"]))
    assert (
        in_parts["provenance"]
        .pop("command")
        .endswith("--in-parts --method majority --ties first --rule plurality --equivalence exact")
    )
    at_once["provenance"].pop("command")
    assert at_once == in_parts


@pytest.mark.parametrize("words", [[], ["--engine", "2"], ["--why", "a"]], ids=["plain", "two processes", "why"])
def test_folders_are_read_in_parts(psephos, parquet, words):
    done = psephos("decide", parquet.parent, "--in-parts", *words)
    assert (done.code, done.complaint) == (0, "")
    assert "4, of which 3 have a choice" in done.out


def test_what_is_large_is_read_in_parts_unasked(psephos, parquet, monkeypatch):
    monkeypatch.setattr("psephos.cli.options.ROWS_IN_MEMORY", 7)
    assert "--in-parts" in json_of(psephos("decide", parquet, "--json"))["provenance"]["command"]
    whole = json_of(psephos("decide", parquet, "--json", "--strict"))  # which has no meaning in parts
    assert "--in-parts" not in whole["provenance"]["command"]
    monkeypatch.setattr("psephos.cli.options.ROWS_IN_MEMORY", 8)
    assert "--in-parts" not in json_of(psephos("decide", parquet, "--json"))["provenance"]["command"]


def test_an_interrupted_count_goes_on(psephos, parquet, tmp_path):
    for _ in range(2):
        assert psephos("decide", parquet, "--in-parts", "--resume", tmp_path / "kept").code == 0
    complaint = psephos("decide", parquet, "--in-parts", "--resume", tmp_path / "kept", "--weights", "x=2").complaint
    assert complaint.startswith("psephos: --resume: ")


# What it refuses, each in one line.


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["{folder}/nothing.csv"], "does not exist"),
        (["{folder}/empty"], "holds no file of opinions"),
        (["{folder}/votes.csv", "{folder}/votes.xyz"], "unknown suffix"),
        (["{votes}", "--kind", "birds"], "kind: must be one of"),
        (["{votes}", "--kind", "samples"], "samples need"),
        (["{votes}", "--column", "voter"], "--column: must be NAME=VALUE, got 'voter'"),
        (["{votes}", "--column", "voter=nobody"], "not among"),
        (["{votes}", "--wide", "nothing"], "there is no column 'nothing'"),
        (["{votes}", "--about", "items"], "--about: must be NAME=VALUE, got 'items'"),
        (["{votes}", "--about", "items={folder}/nothing.csv"], "does not exist"),
        (["{votes}", "--about", "birds={votes}"], "not about 'birds'"),
        (["{votes}", "--about", "items={scores}"], "has no column 'item'"),
        (["{votes}", "--method", "dowsing"], "method: must be one of"),
        (["{votes}", "--ties", "random"], "ties: must be one of"),
        (["{votes}", "--rule", "absolute"], "rule: must be one of"),
        (["{votes}", "--topics"], "--topics: is told by one method only; add --method source-reliability"),
        (["{votes}", "--topics", "--method", "source-reliability"], "no item has a topic"),
        (["{votes}", "--copies", "share"], "a method that has it: --method source-reliability"),
        (["{votes}", "--rule", "strict", "--method", "kos"], "a method that has it: --method majority"),
        (["{votes}", "--copies", "all", "--method", "source-reliability"], "copies: must be one of"),
        (["{votes}", "--equivalence", "fuzzy"], "equivalence: must be one of"),
        (["{votes}", "--repeated", "maybe"], "repeated: must be one of"),
        (["{votes}", "--encoding", "klingon"], "encoding"),
        (["{votes}", "--format", "xyz"], "unknown suffix '.xyz'"),
        (["{votes}", "--engine", "abacus"], "engine: must be a number of processes"),
        (["{votes}", "--engine", "0"], "engine: must be a whole number of at least 1"),
        (["{votes}", "--weights", "x"], "--weights: must be VOTER=W,..., got 'x'"),
        (["{votes}", "--weights", "x=heavy"], "the weight of x must be a number, got 'heavy'"),
        (["{votes}", "--weights", "x=1,x=2"], "--weights: names 'x' twice"),
        (["{votes}", "--weights", "x=-1"], "weights: must be at least 0"),
        (["{votes}", "--weights", "x=inf"], "weights: must be finite and at least 0"),
        (["{votes}", "--weights", "nobody=1"], "names 'nobody', which is no voter"),
        (["{votes}", "--weights", "x=0,y=0,z=0"], "leave no vote that counts"),
        (["{votes}", "--parquet", "{folder}/no/such/folder.parquet"], "cannot be written"),
        (["{votes}", "--parquet", "{folder}/verdict.csv"], "--parquet: must name a file ending in .parquet, got "),
        (["{votes}", "--parquet", "{folder}/empty"], "--parquet: must name a file ending in .parquet, got "),
        (["{votes}", "--report", "{folder}/no/such/page.html"], "cannot be written"),
        (["{votes}", "--report", "{folder}/page.pdf"], "--report: must name a file ending in .html, got "),
        (["{folder}/in", "--parquet", "{folder}/in/../in/votes.parquet"], "is read as input and would be overwritten"),
        (["{votes}", "--in-parts"], "is not a whole Parquet file"),
        (["{votes}", "--in-parts", "--strict"], "--wide, --format, --layout, --strict do not apply"),
        (["-", "--in-parts"], "does not exist"),
        (["{scores}", "--why", "a"], "--why: scores have no votes behind a choice"),
        (["{scores}", "--rule", "strict"], "--rule: means nothing for score-bias; leave it out; no method for scores"),
        (["{scores}", "--in-parts"], "is not a whole Parquet file"),
        (["{abstained}"], "every voter abstained"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_decided_is_one_line(psephos, votes, words, said):
    folder = votes.parent
    (folder / "empty").mkdir()
    (folder / "in").mkdir()
    (folder / "in" / "votes.parquet").write_bytes(b"?")
    (folder / "votes.xyz").write_text("?")
    (folder / "scores.csv").write_text("item,voter,score\na,x,1\n")
    (folder / "about.csv").write_text("candidate,price\na,1\n")
    (folder / "abstained.csv").write_text("item,voter,label\na,x,\n")
    places = {"folder": folder, "votes": votes, "scores": folder / "about.csv", "abstained": folder / "abstained.csv"}
    if words[0] == "{scores}":
        places["scores"] = folder / "scores.csv"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = psephos("decide", *(word.format(**places) for word in words))
    assert done.code == 1
    assert said in done.complaint
    assert done.complaint.startswith("psephos: ")
    assert "\n" not in done.complaint
    assert (done.out, done.err) == ("", "")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("option", ["--parquet", "--report"])
def test_an_output_that_cannot_be_written_is_said_before_anything_is_read(psephos, tmp_path, option):
    other = {"--parquet": "--report", "--report": "--parquet"}[option]
    ending = {"--parquet": "verdict.parquet", "--report": "page.html"}
    words = [option, tmp_path / "none" / ending[option], other, tmp_path / ending[other]]
    done = psephos("decide", tmp_path / "votes.csv", *words)  # which is not there either
    assert done.code == 1
    assert done.complaint.endswith(
        f"{ending[option]}: cannot be written: No such file or directory; create the folder first"
    )
    assert not any(tmp_path.iterdir())


BROKEN = [path for path in HOSTILE.iterdir() if path.suffix != ".py" and path.name != "many-rows.parquet"]
"""All but one that is whole and holds fifty million equal rows."""


@pytest.mark.parametrize("path", sorted(BROKEN), ids=lambda path: path.name)
def test_a_broken_file_gives_a_verdict_or_one_line(psephos, path):
    done = psephos("decide", path, "--limit", "3")
    assert done.err == ""
    for text in (done.complaint, *done.out.split("\n")):
        assert text.isprintable()
    if done.code:
        assert done.complaint.startswith("psephos: ")
        assert len(done.complaint) < 2000
    else:
        assert "Verdict by majority" in done.out or "Scores without the bias of voters" in done.out


@pytest.fixture
def by_topic(tmp_path):
    """Three sources; cat is wrong about sport, and only there."""
    said = [
        (f"{topic}{number}", source, "no" if source == "cat" and topic == "sport" and number % 2 else "yes")
        for topic in ("health", "sport")
        for number in range(12)
        for source in ("ann", "bob", "cat")
    ]
    (tmp_path / "said.csv").write_text("item,voter,label\n" + "".join(",".join(row) + "\n" for row in said))
    items = dict.fromkeys(row[0] for row in said)
    (tmp_path / "items.csv").write_text(
        "item,topic\n" + "".join(f"{item},{item.rstrip('0123456789')}\n" for item in items)
    )
    return tmp_path


def test_sources_are_shown_and_by_topic_if_asked(psephos, by_topic):
    words = ["decide", by_topic / "said.csv", "--method", "source-reliability"]
    about = ["--about", f"items={by_topic / 'items.csv'}", "--topics"]
    out = psephos(*words).out
    assert "Least reliable sources" in out
    assert "Sources by topic" not in out
    lines = [line.split() for line in psephos(*words, *about).out.splitlines()]
    first = lines.index(["Sources", "by", "topic"])
    assert lines[first + 1] == ["voter", "topic", "answered", "agreed", "reliability", "weight"]
    assert ["cat", "sport", "12", "6"] in [line[:4] for line in lines[first:]]
    topics = json_of(psephos(*words, *about, "--json"))["topics"]
    found = {(row["voter"], row["topic"]): row["reliability"] for row in topics}
    # 12 answers there, and 20 lent from all: 18 of 24 agree.
    assert found["cat", "sport"] == pytest.approx((6 + 20 * 18 / 24) / 32)
    assert found["ann", "sport"] == 1


def test_copies_share_a_vote_if_asked(psephos, tmp_path):
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 400)
    said = np.where(rng.random((400, 9)) < 0.7, truth[:, None], rng.integers(0, 4, (400, 9)))
    said[:, 1:3] = np.where(rng.random((400, 2)) < 0.9, said[:, :1], said[:, 1:3])  # two that mostly copy the first
    path = tmp_path / "said.csv"
    rows = "".join(f"q{item},s{voter},{said[item, voter]}\n" for item in range(400) for voter in range(9))
    path.write_text("item,voter,label\n" + rows)
    words = ["decide", path, "--method", "source-reliability"]
    found = {}
    for how in ("report", "share"):
        shown = json_of(psephos(*words, "--copies", how, "--json"))
        verdict = source_reliability(read(path), copies=how)
        assert [row["choice"] for row in shown["rows"]] == verdict.table()["choice"].to_list()
        command = shown["provenance"]["command"]
        assert ("--copies share" in command) == (how == "share")
        assert json_of(psephos(*shlex.split(command)[1:], "--json"))["rows"] == shown["rows"]
        found[how] = shown["rows"]
    assert found["report"] != found["share"]


def test_voters_of_a_model_are_shown_with_their_reliability(psephos, votes):
    out = psephos("decide", votes, "--method", "one-coin").out
    lines = [line.split() for line in out.splitlines()]
    assert lines[lines.index(["Least", "reliable", "voters"]) + 1] == ["voter", "reliability", "low", "high"]


def test_scores_are_freed_of_the_bias_of_voters(psephos, tmp_path):
    """One voter scores two below the other, and only the strict one saw c: c deserves more than its mean."""
    (tmp_path / "scores.csv").write_text(
        "item,voter,score\n"
        + "".join(
            f"{item},mild,{score + 1}\n{item},strict,{score - 1}\n"
            for item, score in zip("abdefg", (4, 6, 5, 3, 7, 5), strict=True)
        )
        + "c,strict,4\n"
    )
    said = json.loads(psephos("decide", tmp_path / "scores.csv", "--json").out)
    assert said["result"] == "scoreverdict"
    (row,) = (row for row in said["rows"] if row["item"] == "c")
    assert row["mean"] == 4
    assert row["score"] > 4.3
    done = psephos("decide", tmp_path / "scores.csv", "--report", tmp_path / "page.html")
    assert "Scores without the bias of voters" in done.out
    assert "<svg" in (tmp_path / "page.html").read_text()
