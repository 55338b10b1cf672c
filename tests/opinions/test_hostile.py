"""Hostile and careless files: each is read with every row accounted for, or refused by name, fast and in little memory.

The files lie in `hostile/` and are made by `hostile/make.py`. They are read in child processes with little address
space, the dangerous ones each in its own, so that a crash is a failed test and not the end of the run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HOSTILE = Path(__file__).parent / "hostile"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits the address space")

REFUSED = {
    "unclosed-quote.csv": "cannot be read after row 1",
    "quote-after-quote.csv": "cannot be read after row 1",
    "backslash-quotes.csv": "cannot be read after row 0",
    "nul-bytes.csv": "NUL character",
    "only-separators.csv": "no kind of opinion has the columns 'column 1'",
    "empty.csv": "is empty",
    "blanks-only.csv": "is empty",
    "header-only.csv": "no row is left of 0",
    "duplicate-header.csv": "two columns called 'item'",
    "unnamed-columns.csv": "two columns called 'column 4'",
    "commas-not-tabs.tsv": "no kind of opinion has the columns 'item,voter,label'",
    "no-line-ends.jsonl": "holds no JSON object",
    "uneven-columns.json": "different lengths: [1, 2]",
    "deep.json": "nested too deeply",
    "deep-and-open.json": "nested too deeply",
    "cut-off.json": "is not JSON",
    "one-object.json": "neither an array of objects nor",
    "trailing-text.json": "is not JSON: Extra data",
    "latin-1.csv": "is not utf-8 (byte 20, line 2)",
    "utf16-without-mark.csv": "NUL character",
    "utf16-half-a-character.csv": "is not utf-16 (byte 60, line 4)",
    "overlong-utf8.csv": "is not utf-8 (byte 25, line 3)",
    "gzip.csv": "compressed by gzip",
    "gzip-bomb.jsonl": "compressed by gzip",
    "zip-bomb.csv": "zip archive",
    "parquet.csv": "is a Parquet file",
    "random.json": "is not utf-8",
    "csv.parquet": "not a whole Parquet file",
    "cut-off.parquet": "not a whole Parquet file",
    "marks-only.parquet": "cannot be read as Parquet",
    "cut-off-in-the-middle.parquet": "cannot be read as Parquet",
    "footer-longer-than-file.parquet": "cannot be read as Parquet",
    "footer-changed.parquet": "cannot be read as Parquet",
    "page-changed.parquet": "cannot be read as Parquet",
    "ends-the-decoder.parquet": "decoding it ends the process",
    "many-rows.parquet": "decoding it ends the process",
    "one-column-twice.parquet": "cannot be read as Parquet",
    "no-rows.parquet": "no row is left of 0",
    "lists-as-ids.parquet": "cannot be names",
    "bytes-as-ids.parquet": "cannot be names",
}
"""Files that are refused, and a part of what is said; the file or the column at fault is named too."""

READ = {
    "ten-thousand-columns.csv": (2, 1),
    "mixed-line-ends.csv": (4, 4),
    "lone-carriage-returns.csv": (2, 2),
    "other-line-separators.csv": (1, 1),
    "no-last-line-end.csv": (3, 2),
    "ragged.csv": (5, 2),
    "mark-in-the-middle.csv": (2, 2),
    "utf7.csv": (2, 2),
    "formulas.csv": (3, 3),
    "markup.csv": (2, 2),
    "paths.csv": (3, 3),
    "sql.csv": (3, 3),
    "terminal-control.csv": (2, 2),
    "right-to-left-and-invisible.csv": (5, 5),
    "emoji.csv": (2, 2),
    "long-field.csv": (2, 2),
    "words-for-missing.csv": (6, 6),
    "numbers.csv": (12, 4),
    "decimal-commas.csv": (3, 1),
    "dates-as-ids.csv": (3, 3),
    "times.csv": (6, 3),
    "contradictions.csv": (13, 1),
    "quotes-everywhere.csv": (3, 3),
    "winners-of-another-arena.csv": (5, 4),
    "case-and-blanks.csv": (4, 4),
    "quotes-and-tabs.tsv": (2, 1),
    "deep.jsonl": (2, 1),
    "deep-objects.jsonl": (2, 1),
    "arrays-and-scalars.jsonl": (8, 2),
    "half-line.jsonl": (2, 1),
    "duplicate-keys.jsonl": (2, 1),
    "lone-surrogates.jsonl": (5, 2),
    "nan-and-infinity.jsonl": (5, 2),
    "huge-integers.jsonl": (5, 5),
    "different-keys.jsonl": (300, 300),
    "changing-types.jsonl": (7, 5),
    "lists.jsonl": (8, 5),
    "strange-keys.jsonl": (2, 2),
    "escaped-nul.jsonl": (2, 2),
    "carriage-returns.jsonl": (2, 2),
    "comments-and-commas.jsonl": (4, 1),
    "scalars-among-objects.json": (5, 2),
    "bare-nan.json": (2, 1),
    "nested.parquet": (3, 3),
    "decimals-and-dates.parquet": (2, 2),
}
"""Files that are read: rows in the file, and rows that take part; the others must be set aside."""

DANGEROUS = ("ends-the-decoder.parquet", "many-rows.parquet", "zip-bomb.csv", "gzip-bomb.jsonl")

CHILD = """
import json, os, re, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
from psephos.errors import InputError
from psephos.opinions import read
for path in sys.argv[2:]:
    start = sum(os.times()[:4])
    try:
        opinions = read(path)
        aside = [[each.source, each.count, len(each.rows)] for each in opinions.issues if each.action == "set aside"]
        shown = [str(opinions), opinions._repr_html_(), str(opinions.issues.table()), opinions.sha256]
        found = {"kept": len(opinions), "aside": aside}
    except InputError as problem:
        found = {"said": str(problem), "argument": problem.argument}
    found["seconds"] = sum(os.times()[:4]) - start  # of work, also of other processes: others may want the machine
    own = int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
    found["megabytes"] = max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024
    print(json.dumps([path, found]), flush=True)
"""


def read_in_a_child(names, address_space):
    command = [sys.executable, "-c", CHILD, str(address_space), *(str(HOSTILE / name) for name in names)]
    few = os.environ | {"POLARS_MAX_THREADS": "2"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False, env=few)
    found = dict(json.loads(line) for line in done.stdout.splitlines())
    return {Path(path).name: result for path, result in found.items()}, done.stderr


@pytest.fixture(scope="module")
def outcomes():
    harmless = [name for name in (*REFUSED, *READ) if name not in DANGEROUS]
    found, errors = read_in_a_child(harmless, 4 * 2**30)
    for name in DANGEROUS:
        result, more = read_in_a_child([name], 2**30)
        found |= result
        errors += more
    return found, errors


def outcome(outcomes, name):
    found, errors = outcomes
    assert name in found, f"{name} or a file before it ended the process: {errors[-2000:]}"
    assert found[name]["seconds"] < 20
    assert found[name]["megabytes"] < 500
    return found[name]


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_used_is_refused_by_name(outcomes, name):
    found = outcome(outcomes, name)
    assert REFUSED[name] in found["said"]
    assert str(HOSTILE / name) in found["said"] or found["argument"] in ("item", "opinions")
    assert len(found["said"]) < 1000


@pytest.mark.parametrize("name", READ)
def test_a_file_that_can_be_used_is_read_and_every_row_is_accounted_for(outcomes, name):
    rows, kept = READ[name]
    found = outcome(outcomes, name)
    assert found.get("kept") == kept, found
    assert sum(count for _, count, _ in found["aside"]) == rows - kept
    for source, count, named in found["aside"]:
        assert source == str(HOSTILE / name)
        assert count == named


def test_nothing_is_written_to_the_terminal(outcomes):
    assert outcomes[1] == ""


def test_every_file_of_the_folder_has_its_outcome_and_is_small():
    files = {file.name: file.stat().st_size for file in HOSTILE.iterdir() if file.is_file() and file.suffix != ".py"}
    assert set(files) == set(REFUSED) | set(READ)
    assert not set(REFUSED) & set(READ)
    assert max(files.values()) < 20 * 1024
