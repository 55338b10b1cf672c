"""Do runs and qrels of TREC come in whole and go out so that they can be read again?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InputError, ParseError
from psephos.metrics import evaluate
from psephos.opinions import interactions, labels, rankings, read, write

RUN = "q1 Q0 d7 1 9.5 bm25\nq1\tQ0  d2 2 8e0 bm25\n\nq2 Q0 d1 1 3 bm25\n"
QRELS = "q1 0 d7 0\nq1 0 d2 2\nq2 0 d9 1\n"


@pytest.fixture
def files(tmp_path):
    tmp_path.joinpath("bm25.run").write_text(RUN)
    tmp_path.joinpath("test.qrels").write_text(QRELS)
    return tmp_path


def test_sheet92_runs_and_qrels_are_evaluated_as_they_are(files) -> None:
    run, qrels = read(files / "bm25.run"), read(files / "test.qrels")
    assert (run.kind, qrels.kind) == ("rankings", "interactions")
    assert run.frame().select("voter", "task", "candidate", "rank", "score").rows()[0] == ("bm25", "q1", "d7", 1.0, 9.5)
    found = evaluate(qrels, run, ["mrr", "ndcg"], 10, convention="trec_eval", order="score")
    assert found.ledger["run"].to_list() == ["bm25"]
    assert found.value("mrr").value == pytest.approx((1 / 2 + 0) / 2)


@pytest.mark.parametrize("text", [RUN, QRELS], ids=["run", "qrels"])
def test_trec_is_told_by_its_fields(tmp_path, text) -> None:
    file = tmp_path / "x.trec"
    file.write_text(text)
    assert read(file).kind == ("rankings" if text == RUN else "interactions")
    file.write_text("a b c\n")
    with pytest.raises(ParseError, match="3 fields in its first line"):
        read(file)


def test_bad_lines_are_set_aside_by_name(tmp_path) -> None:
    file = tmp_path / "x.run"
    file.write_text(RUN + "q2 Q0 d3 2 best bm25\nq2 Q0 d3 2 bm25\nq2 Q0 d4 3 nan bm25\n")
    found = read(file)
    assert len(found) == 3
    reasons = {issue.reason: issue.rows.tolist() for issue in found.issues if issue.action == "set aside"}
    assert reasons == {"no number where one must be": [5, 7], "not 6 fields": [6]}
    file.write_text("only words\n")
    with pytest.raises(ParseError, match="no line of a run"):
        read(file)


def test_ranks_from_0_are_moved_and_said(tmp_path) -> None:
    file = tmp_path / "x.run"
    file.write_text("q Q0 a 0 2 s\nq Q0 b 1 1 s\n")
    found = read(file)
    assert found.frame()["rank"].to_list() == [1.0, 2.0]
    assert any("start at 0" in issue.reason for issue in found.issues)


def test_what_is_written_is_read_again(files, tmp_path) -> None:
    run, qrels = read(files / "bm25.run"), read(files / "test.qrels")
    write(run, tmp_path / "again.run")
    write(qrels, tmp_path / "again.qrels")
    assert read(tmp_path / "again.run").frame().equals(run.frame())
    assert read(tmp_path / "again.qrels").frame().equals(qrels.frame())
    assert (tmp_path / "again.run").read_text().splitlines()[0] == "q1 Q0 d7 1 9.5 bm25"


names = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=5)


@given(st.lists(st.tuples(names, names, st.floats(-1e6, 1e6)), min_size=1, max_size=20, unique_by=lambda row: row[:2]))
def test_any_names_and_scores_go_round(tmp_path_factory, rows) -> None:
    task, candidate, score = zip(*rows, strict=True)
    rank = [float(place) for place in range(1, len(rows) + 1)]
    made = rankings(["s"] * len(rows), candidate, rank, task=task)
    file = tmp_path_factory.mktemp("trec") / "x.run"
    write(made, file)
    again = read(file).frame()
    assert sorted(again.select("task", "candidate", "rank").rows()) == sorted(zip(task, candidate, rank, strict=True))
    lines = [line.split() for line in file.read_text().splitlines()]
    assert all(float(one[4]) == -float(one[3]) for one in lines)
    assert len(score) == len(lines)


@pytest.mark.parametrize(
    ("made", "name", "words"),
    [
        (rankings(["s"], ["a b"], [1], task=["q"]), "x.run", "holds one"),
        (rankings(["s"], ["a"], [1]), "x.run", "no task"),
        (interactions(["u"], ["i"], rating=[0.5]), "x.qrels", "whole numbers"),
        (interactions(["u"], ["i"]), "x.run", "holds rankings, not interactions"),
        (labels(["i"], ["v"], ["x"]), "x.trec", "not labels"),
    ],
)
def test_what_trec_cannot_hold_is_refused(tmp_path, made, name, words) -> None:
    with pytest.raises(InputError, match=words):
        write(made, tmp_path / name)
    assert not (tmp_path / name).exists()


def test_ratings_that_are_missing_are_1(tmp_path) -> None:
    write(interactions(["u", "v"], ["i", "i"], rating=[3, None]), tmp_path / "x.qrels")
    assert (tmp_path / "x.qrels").read_text() == "u 0 i 3\nv 0 i 1\n"


def test_ranks_are_written_with_all_their_digits(tmp_path) -> None:
    made = rankings(["s"] * 3, ["a", "b", "c"], [1.0, 1_234_567.0, 20_000_001.0], task=["q"] * 3)
    write(made, tmp_path / "deep.run")
    text = (tmp_path / "deep.run").read_text()
    assert [line.split()[3] for line in text.splitlines()] == ["1", "1234567", "20000001"]
