"""`psephos decide` and `psephos demo` on transcripts, as a user runs them."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from psephos.cli import main
from psephos.consensus import transcripts
from psephos.opinions import read

SCRIBE = Path(__file__).parents[2] / "examples" / "scribe"
ROWS = {
    "ann": "no chest pain today",
    "bob": "no chest pain today",
    "cid": "no chest pain",
    "dot": "now chest pain toda",
    "eve": "low chest pain today",
}


@pytest.fixture
def psephos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """`psephos(*arguments)` runs the command line in an empty folder and gives what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*arguments: str | Path) -> str:
        monkeypatch.setattr(sys, "argv", ["psephos", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code, ended.value.code
        return capsys.readouterr().out

    return run


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of transcripts of one clip with times; its true text stands in items.csv beside it."""
    folder = tmp_path / "heard"
    folder.mkdir()
    rows = [
        ("visit", voter, place, word, place / 2, place / 2 + 0.4)
        for voter, text in ROWS.items()
        for place, word in enumerate(text.split())
    ]
    columns = ["item", "voter", "position", "token", "start", "end"]
    pl.DataFrame(rows, schema=columns, orient="row").write_csv(folder / "transcripts.csv")
    (folder / "items.csv").write_text("item,reference\nvisit,no chest pain today\n", encoding="utf-8")
    return folder


def test_doubtful_words_are_marked_without_colour(psephos: Callable[..., str], table: Path) -> None:
    out = psephos("decide", table)
    assert "\x1b" not in out
    assert "[no 3/5] chest pain" in out
    assert "[today 3/5]" in out


def test_the_mark_of_high_risk_is_a_sign_too(psephos: Callable[..., str], tmp_path: Path) -> None:
    rows = "".join(f"c,{voter},0,{word}\n" for voter, word in zip("vwxyz", "abcde", strict=True))
    (tmp_path / "t.csv").write_text(f"item,voter,position,token\n{rows}", encoding="utf-8")
    assert "[a 1/5!]" in psephos("decide", tmp_path / "t.csv", "--kind", "transcripts")


def test_bands_queue_with_times_and_recognisers_are_printed(psephos: Callable[..., str], table: Path) -> None:
    out = psephos("decide", table)
    for said in ("Bands", "near unanimous", "Listen first", "0:00.0 - 0:00.6", "negation, 3 of 5 for 'no'"):
        assert said in out
    assert "Recognisers" in out
    assert all(name in out for name in ROWS)
    assert "Against the true texts" in out
    assert "WER 0.0000" in out


def test_limit_0_prints_the_summary_only(psephos: Callable[..., str], table: Path) -> None:
    out = psephos("decide", table, "--limit", "0")
    assert "consensus" in out
    assert "Listen first" not in out
    assert "[no" not in out


def test_json_holds_the_verdict_and_what_is_known(psephos: Callable[..., str], table: Path) -> None:
    said = json.loads(psephos("decide", table, "--json", "--why", "visit:1"))
    assert [row["surface"] for row in said["rows"]][:3] == ["no", "chest", "pain"]
    assert said["queue"][0]["reason"].startswith("negation")
    assert "against_references" in said
    assert said["why"][0]["choice"] == "no"


def test_parquet_and_report_are_written_and_named(psephos: Callable[..., str], table: Path, tmp_path: Path) -> None:
    out = psephos("decide", table, "--parquet", "v.parquet", "--report", "v.html")
    assert "Wrote v.parquet" in out
    assert "Wrote v.html" in out
    assert pl.read_parquet(tmp_path / "v.parquet").equals(transcripts(read(table)).table())
    page = (tmp_path / "v.html").read_text(encoding="utf-8")
    assert "Listen first" in page
    assert "Accuracy where the text is known" in page


def test_words_from_a_file_cannot_steer_the_terminal(psephos: Callable[..., str], tmp_path: Path) -> None:
    bad = "\x1b]0;owned\x07[bold red]"
    rows = pl.DataFrame({"item": ["c"] * 3, "voter": list("xyz"), "position": [0] * 3, "token": [bad, "a", "b"]})
    rows.write_csv(tmp_path / "t.csv")
    out = psephos("decide", tmp_path / "t.csv", "--kind", "transcripts")
    assert "\x1b" not in out
    assert "\x07" not in out


def test_lines_break_between_marks(psephos: Callable[..., str], tmp_path: Path) -> None:
    words = [(f"v{voter}", place, f"word{place}-{voter % 2}") for voter in range(4) for place in range(60)]
    frame = pl.DataFrame(words, schema=["voter", "position", "token"], orient="row").with_columns(item=pl.lit("c"))
    frame.write_csv(tmp_path / "t.csv")
    out = psephos("decide", tmp_path / "t.csv", "--kind", "transcripts")
    lines = [line for line in out.splitlines() if line.startswith("  [")]
    assert len(lines) > 3
    assert all(line.count("[") == line.count("]") and len(line) <= 120 for line in lines)


@pytest.mark.parametrize(("given", "name"), [([], "scribe"), (["scribe"], "scribe"), (["digits"], "digits")])
def test_demo_decides_its_example_and_names_the_report(
    psephos: Callable[..., str], tmp_path: Path, given: list[str], name: str
) -> None:
    if name == "scribe" and not (SCRIBE / "transcripts.csv").is_file():
        pytest.skip("examples/scribe has no transcripts")
    out = psephos("demo", *given)
    command = out.splitlines()[0]
    assert command.startswith("psephos decide ")
    assert f"examples/{name} " in command
    assert command.endswith(" --report out/report.html")
    assert "Open out/report.html" in out
    assert out.splitlines()[-2].startswith("Check it by keyboard, with: psephos serve ")
    assert f"examples/{name}" in out.splitlines()[-2]
    assert all(f"psephos demo {other}" in out.splitlines()[-1] for other in {"scribe", "digits", "arithmetic"} - {name})
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000
    assert ("Listen first" in out) == (name == "scribe")
    again = psephos(*shlex.split(command)[1:])
    assert again.splitlines() == out.splitlines()[2:-3]


def test_an_example_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, psephos: Callable[..., str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["psephos", "demo", "sudoku"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert "sudoku" in str(ended.value.code)
    assert not (tmp_path / "out").exists()


def test_options_of_transcripts_reach_the_verdict(psephos: Callable[..., str], table: Path) -> None:
    words = ["--vote", "weighted", "--order", "given", "--realign", "--collar", "2", "--meant", "--queue-by", "errors"]
    said = json.loads(
        psephos("decide", table, *words, "--numbers", "--language", "en", "--longest-span", "5", "--json")
    )
    wanted = {"vote": "weighted", "order": "given", "realign": True, "collar": 2, "meant": True, "numbers": True}
    parameters = said["provenance"]["parameters"]
    assert {name: parameters[name] for name in wanted} == wanted
    assert (parameters["queue_by"], parameters["longest_span"]) == ("errors", 5)
    assert said["voters"][0]["accuracy"] is not None
    again = shlex.split(said["provenance"]["command"])
    assert again[0] == "psephos"
    assert json.loads(psephos(*again[1:], "--json"))["rows"] == said["rows"]


def test_true_texts_of_a_file_and_fixes(psephos: Callable[..., str], table: Path, tmp_path: Path) -> None:
    (table / "items.csv").unlink()
    assert "Against the true texts" not in psephos("decide", table)
    (tmp_path / "true.csv").write_text("item,reference\nvisit,low chest pain today\n", encoding="utf-8")
    out = psephos("decide", table, "--references", tmp_path / "true.csv", "--report", "page.html")
    assert "case and punctuation do not count" in out
    assert "WER 0.2500 (1 substitution, " in out
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Word error rates" in page
    assert "Of the time" in page
    (tmp_path / "fixes.csv").write_text("item,position,token\nvisit,1,low\n", encoding="utf-8")
    out = psephos("decide", table, "--references", tmp_path / "true.csv", "--fixes", tmp_path / "fixes.csv")
    assert "WER 0.0000" in out
    assert "1 columns were put right by hand" in out


def test_layout_says_whose_a_file_is(psephos: Callable[..., str], tmp_path: Path) -> None:
    for voter, text in ROWS.items():
        (tmp_path / "said").mkdir(exist_ok=True)
        (tmp_path / "said" / f"visit.{voter}.txt").write_text(text, encoding="utf-8")
    out = psephos("decide", tmp_path / "said", "--layout", "{item}.{voter}")
    assert "1 with 19 words of 5 voters" in out


def test_resumed_transcripts_are_the_same(psephos: Callable[..., str], table: Path, tmp_path: Path) -> None:
    first = psephos("decide", table, "--resume", tmp_path / "kept")
    assert (tmp_path / "kept" / "manifest.json").is_file()
    assert psephos("decide", table, "--resume", tmp_path / "kept") == first == psephos("decide", table)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--vote", "loudest"], "vote: "),
        (["--queue-by", "length"], "--queue-by: "),
        (["--language", "xx"], "language: "),
        (["--references", "none.csv"], "none.csv"),
        (["--fixes", "none.csv"], "none.csv"),
        (["--parquet", "fixes.parquet", "--fixes", "fixes.parquet"], "would be overwritten"),
        (["--ties", "none"], "ties: means nothing for transcripts"),
    ],
    ids=lambda value: value[1] if isinstance(value, list) else "",
)
def test_bad_options_are_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, table: Path, words: list[str], part: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["psephos", "decide", str(table), *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert part in str(ended.value.code)


def test_options_of_transcripts_mean_nothing_for_labels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "votes.csv").write_text("item,voter,label\na,x,p\n", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["psephos", "decide", str(tmp_path / "votes.csv"), "--meant"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert "--meant: is about transcripts, and these are labels" in str(ended.value.code)


def test_an_interval_that_does_not_exist_is_not_printed(psephos: Callable[..., str], tmp_path: Path) -> None:
    """Three clips are too few for an interval of the ICC: no ends in the terminal and the report, null in JSON."""
    heard = {"a": ("the cat sat", "the cat", "a cat sat"), "b": ("on mats", "on mat", "on mat"), "c": ("1", "2 3", "1")}
    rows = [
        (clip, voter, place, token)
        for clip, texts in heard.items()
        for voter, text in zip("xyz", texts, strict=True)
        for place, token in enumerate(text.split())
    ]
    pl.DataFrame(rows, schema=["item", "voter", "position", "token"], orient="row").write_csv(tmp_path / "clips.csv")
    printed = psephos("decide", "clips.csv", "--report", "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    icc = json.loads(psephos("decide", "clips.csv", "--json"))["intraclass_correlation"]
    assert re.search(r"ICC\(2,1\) of agreement -?[.\d]+ \(no interval from fewer than 5 items\)", printed)
    assert not re.search(r"\bnan\b", printed + re.sub("<(style|script).*?</\\1>", "", page, flags=re.DOTALL))
    assert (type(icc["value"]), icc["low"], icc["high"]) == (float, None, None)
