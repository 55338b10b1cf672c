"""psephos rank, from files to the terminal, JSON, Parquet and a page."""

from __future__ import annotations

import json
import shlex

import polars as pl
import pytest

WIDE = "model,maker,acc,f1,seconds\nA,x,0.9,0.8,20\nB,y,0.7,0.9,10\nC,z,0.5,0.5,30\n"
LONG = "candidate,task,item,score\n" + "".join(
    f"{c},{t},{i},{s}\n"
    for c, t, scores in (("x", "t1", ".9 .2 .5"), ("y", "t1", ".8 .3 .6"), ("z", "t1", ".1 .4 .7"))
    for i, s in enumerate(scores.split())
)


@pytest.fixture
def wide(tmp_path):
    path = tmp_path / "board.csv"
    path.write_text(WIDE)
    return path


def test_a_wide_table(psephos, wide):
    done = psephos("rank", wide, "--wide", "model", "--lower-is-better", "seconds", "--json")
    said = json.loads(done.out)
    assert [row["candidate"] for row in said["rows"]] == ["B", "A", "C"]
    assert [row["score"] for row in said["rows"]] == [5, 4, 0]
    assert said["provenance"]["notes"][0] == "3 candidates on 3 tasks"
    again = shlex.split(said["provenance"]["command"])[1:]
    assert json.loads(psephos(*again, "--json").out) == said


def test_a_column_of_text_is_said_not_scored(psephos, wide):
    done = psephos("rank", wide, "--wide", "model")
    assert "3 set aside: score is not a number, such as 'x'" in done.out
    assert "Rank by method" in done.out


def test_results_with_instances(psephos, tmp_path):
    path = tmp_path / "results.csv"
    path.write_text(LONG)
    one = json.loads(psephos("rank", path, "--pooling", "one_level", "--json").out)
    assert {row["candidate"]: row["score"] for row in one["rows"]} == {"x": 2, "y": 3, "z": 4}
    assert "3 to 3 instances each" in psephos("rank", path).out


@pytest.mark.parametrize("method", ["borda", "kemeny", "mean", "mean-rank"])
def test_each_method_writes_all_outputs(psephos, wide, tmp_path, method):
    table, page = tmp_path / "out.parquet", tmp_path / "out.html"
    done = psephos("rank", wide, "--wide", "model", "--method", method, "--parquet", table, "--report", page)
    assert done.code == 0
    assert pl.read_parquet(table)["candidate"].len() == 3
    assert "<svg" in page.read_text() or "matplotlib" in page.read_text()


def test_leaving_out_tasks(psephos, wide):
    assert "Without one task" in psephos("rank", wide, "--wide", "model", "--leave-one-out").out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--method", "plurality"], "--method: must be one of 'auto', 'borda'"),
        (["--method", "elo"], "--method: 'elo' takes battles, and these are scores"),
        (["--method", "mean", "--holes", "available"], "--holes: is no option of mean"),
        (["--lower-is-better", "speed"], "--lower-is-better: there is no task 'speed'"),
        (["--holes", "error"], ""),
    ],
)
def test_complaints_name_the_option(psephos, wide, words, complaint):
    done = psephos("rank", wide, "--wide", "model", *words)
    assert done.complaint.startswith(f"psephos: {complaint}") if complaint else done.code == 0


ENDS = ("model_a", "model_a", "model_b", "tie (bothbad)")
BATTLES = "model_a,model_b,winner,judge,left_length,right_length\n" + "".join(
    f"{'xyz'[i % 3]},{'yzx'[i % 3]},{ENDS[i % 4]},u{i % 5},{i % 7 + 1},{i % 4 + 1}\n" for i in range(240)
)


@pytest.fixture
def battles(tmp_path):
    path = tmp_path / "battles.csv"
    path.write_text(BATTLES)
    return path


@pytest.mark.parametrize(
    "options",
    [
        pytest.param([], id="auto"),
        pytest.param(["--method", "davidson", "--clusters", "voter", "--repeats", "50"], id="davidson"),
        pytest.param(["--method", "rao-kupper", "--intervals", "sandwich"], id="rao-kupper"),
        pytest.param(["--method", "newman", "--prior", "2", "--repeats", "20"], id="newman"),
        pytest.param(["--method", "elo", "--order", "average", "--k", "8", "--repeats", "20"], id="elo"),
        pytest.param(["--method", "eigenvector", "--repeats", "20"], id="eigenvector"),
        pytest.param(["--method", "win-rate", "--least-games", "10"], id="win-rate"),
        pytest.param(["--method", "style-control", "--covariate", "length"], id="style-control"),
    ],
)
def test_battles_by_every_method_and_again_by_its_command(psephos, battles, options):
    said = json.loads(psephos("rank", battles, *options, "--seed", "3", "--json").out)
    assert {row["candidate"] for row in said["rows"]} == {"x", "y", "z"}
    again = shlex.split(said["provenance"]["command"])[1:]
    assert json.loads(psephos(*again, "--json").out) == said


def test_item_response_from_results_with_names_of_items(psephos, tmp_path):
    path = tmp_path / "results.csv"
    rows = [f"m{i},t{j % 2},q{j},{int((i + j * j) % 5 > 1)}" for i in range(6) for j in range(12)]
    path.write_text("candidate,task,item,score\n" + "\n".join(rows))
    said = json.loads(psephos("rank", path, "--method", "item-response", "--model", "rasch", "--json").out)
    assert [row["topic"] for row in said["topics"]] == ["t0", "t1"]
    assert {row["item"] for row in said["items"]} == {f"q{j}" for j in range(12)}
    again = shlex.split(said["provenance"]["command"])[1:]
    assert json.loads(psephos(*again, "--json").out) == said


def test_battles_are_compared_and_shown_on_a_page(psephos, battles, tmp_path):
    page = tmp_path / "board.html"
    done = psephos("rank", battles, "--compare", "elo", "--leave-one-out", "--report", page)
    for words in ("Comparison", "Where elo places them", "Without one voter", "Both bad", "Show next"):
        assert words in done.out
    assert "<svg" in page.read_text()
    said = json.loads(psephos("rank", battles, "--compare", "win-rate", "--json").out)
    assert said["comparison"]["result"] == "rankingcomparison"


def test_options_of_scores_do_not_apply_to_battles(psephos, battles):
    for options in (["--lower-is-better", "t"], ["--metric", "acc"], ["--method", "borda"]):
        done = psephos("rank", battles, *options)
        assert done.code == 1
        assert options[0] in done.complaint


def test_one_metric_of_result_files(psephos, tmp_path):
    for name, acc in (("a", 0.5), ("b", 0.6)):
        value = {"results": {"t": {"acc,none": acc, "f1,none": 1 - acc}}, "versions": {}, "model_name": name}
        (tmp_path / f"results_{name}.json").write_text(json.dumps(value))
    done = psephos("rank", tmp_path, "--metric", "acc", "--json")
    assert [row["candidate"] for row in json.loads(done.out)["rows"]] == ["b", "a"]
    assert "there is no metric 'bleu'" in psephos("rank", tmp_path, "--metric", "bleu").complaint


def test_item_response_needs_right_and_wrong(psephos, wide):
    done = psephos("rank", wide, "--wide", "model", "--method", "item-response")
    assert done.complaint.startswith("psephos: --responses: must be 0, 1 or NaN") or "must be 0, 1" in done.complaint


def test_battles_in_parquet_are_counted_and_again_by_the_command(psephos, tmp_path):
    frame = pl.DataFrame(
        {
            "model_a": ["x", "y", "z"] * 60,
            "model_b": ["y", "z", "x"] * 60,
            "winner": ["model_a", "tie", "b>a", "a"] * 45,
        }
    )
    path = tmp_path / "log.parquet"
    frame.write_parquet(path)
    whole, counted = (json.loads(psephos("rank", path, *more, "--json").out) for more in ((), ("--in-parts",)))
    assert [row["score"] for row in counted["rows"]] == pytest.approx([row["score"] for row in whole["rows"]])
    again = shlex.split(counted["provenance"]["command"])[1:]
    assert "--in-parts" in again
    assert json.loads(psephos(*again, "--json").out) == counted
    for words, complaint in ((("--method", "elo"), "counted in parts"), (("--strict",), "do not apply")):
        done = psephos("rank", path, "--in-parts", *words)
        assert done.code == 1
        assert complaint in done.complaint


def test_style_control_leaves_out_voters(psephos, tmp_path):
    path = tmp_path / "log.csv"
    rows = [
        f"{a},{b},{('left', 'right', 'left')[k % 3]},{'uvw'[k % 2]},{k % 7},{(k * 5) % 6}"
        for k in range(90)
        for a, b in (("x", "y"), ("y", "z"), ("z", "x"))
    ]
    path.write_text("left,right,winner,voter,left_length,right_length\n" + "\n".join(rows) + "\n")
    done = psephos("rank", path, "--method", "style-control", "--covariate", "length", "--leave-one-out")
    assert done.code == 0
    assert "Without one voter" in done.out


@pytest.mark.parametrize("method", ["item-response", "borda"])
def test_errors_rank_the_other_way_round(psephos, tmp_path, method):
    """Who fails least comes first, whether the command line or the table says that lower is better."""
    fails = {"a": "000001", "b": "001011", "c": "111111", "d": "000111"}
    rows = [f"{c},err,q{k},{x}" for c, line in fails.items() for k, x in enumerate(line)]
    path = tmp_path / "errors.csv"
    path.write_text("candidate,task,item,score\n" + "\n".join(rows) + "\n")
    options = ("--repeats", 20) if method == "borda" else ()
    said = json.loads(psephos("rank", path, "--method", method, "--lower-is-better", "err", *options, "--json").out)
    names = [row["candidate"] for row in said["rows"]]
    assert (names[0], names[-1]) == ("a", "c")


def test_items_keep_their_names_where_lower_is_better(psephos, tmp_path):
    """The items of a topic are those of the file, named and grouped, and not numbers within a task."""
    fails = {"a": "0000011111", "b": "0010110101", "c": "1111110000", "d": "0001110001"}
    rows = [
        f"{c},err,q{k},{'even' if k % 2 == 0 else 'odd'},{x}" for c, line in fails.items() for k, x in enumerate(line)
    ]
    path = tmp_path / "errors.csv"
    path.write_text("candidate,task,item,topic,score\n" + "\n".join(rows) + "\n")
    solved = path.with_name("solved.csv")
    solved.write_text(
        "candidate,task,item,topic,score\n" + "\n".join(row[:-1] + str(1 - int(row[-1])) for row in rows) + "\n"
    )
    words = ("--method", "item-response", "--json")
    said = json.loads(psephos("rank", path, "--lower-is-better", "err", *words).out)
    expected = json.loads(psephos("rank", solved, *words).out)
    assert said["rows"] == expected["rows"]
    text = json.dumps(said)
    assert "even" in text
    assert "q3" in text
    assert "err / 3" not in text


@pytest.mark.parametrize("told", ["row", "about", "both", "other"])
@pytest.mark.parametrize("method", ["mean", "item-response"])
def test_lower_is_better_said_twice_is_not_higher(psephos, tmp_path, told, method):
    """A task whose file says that lower is better, and the command line too, is turned once."""
    fails = {"a": "000001", "b": "001011", "c": "111110", "d": "000111"}
    path = tmp_path / "errors.csv"
    end = {"row": ",false", "both": ",false", "other": ",true"}.get(told, "")
    rows = [f"{c},err,q{k},{x}{end}" for c, line in fails.items() for k, x in enumerate(line)]
    path.write_text("candidate,task,item,score" + (",higher_is_better" if end else "") + "\n" + "\n".join(rows) + "\n")
    words = ["rank", path, "--method", method, "--lower-is-better", "err", "--json"]
    if told in ("about", "both"):
        about = tmp_path / "tasks.csv"
        about.write_text("task,higher_is_better\nerr,false\n")
        words += ["--about", f"tasks={about}"]
    names = [row["candidate"] for row in json.loads(psephos(*words).out)["rows"]]
    assert (names[0], names[-1]) == ("a", "c")
