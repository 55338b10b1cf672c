"""Logs of arenas, results of lm-evaluation-harness and wide tables of scores: a case per form, an error for others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from psephos.errors import InputError, ParseError
from psephos.opinions import battles, read
from psephos.ranking import rank, score_table

NEW = {
    "results": {
        "arc": {
            "alias": "arc",
            "acc,none": 0.5,
            "acc_stderr,none": 0.02,
            "acc_norm,none": 0.55,
            "acc_norm_stderr,none": 0.02,
        },
        "wiki": {"alias": "wiki", "word_perplexity,none": 12.5, "word_perplexity_stderr,none": "N/A"},
        "mmlu": {"alias": "mmlu", "acc,none": 0.4, "acc_stderr,none": 0.01},
        "mmlu_law": {"alias": " - law", "acc,none": 0.4, "acc_stderr,none": 0.03},
        "gsm8k": {
            "exact_match,strict-match": 0.1,
            "exact_match_stderr,strict-match": 0.01,
            "exact_match,flexible": 0.2,
        },
    },
    "group_subtasks": {"mmlu": ["mmlu_law"], "arc": []},
    "versions": {"arc": 1.0},
    "n-samples": {"arc": {"original": 600, "effective": 500}},
    "higher_is_better": {"arc": {"acc": True, "acc_norm": True}, "wiki": {"word_perplexity": False}},
    "model_name": "org/model-a",
    "lm_eval_version": "0.4.9",
}
OLD = {
    "results": {"arc": {"acc": 0.4, "acc_stderr": 0.02}},
    "versions": {"arc": 0},
    "config": {"model": "hf-causal", "model_args": "pretrained=org/model-b,dtype=float16"},
}


def write(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value))
    return path


def test_results_of_the_harness_0_4(tmp_path: Path) -> None:
    made = read(write(tmp_path / "results_1.json", NEW))
    assert made.kind == "results"
    frame = made.frame()
    assert frame["candidate"].unique().to_list() == ["org/model-a"]
    assert frame.select("task", "metric", "variant", "score").rows() == [
        ("arc", "acc", None, 0.5),
        ("arc", "acc_norm", None, 0.55),
        ("wiki", "word_perplexity", None, 12.5),
        ("mmlu_law", "acc", None, 0.4),
        ("gsm8k", "exact_match", "strict-match", 0.1),
        ("gsm8k", "exact_match", "flexible", 0.2),
    ]
    assert frame["standard_error"].to_list() == [0.02, 0.02, None, 0.03, 0.01, None]
    assert frame["samples"][0] == 500
    said = [issue.reason for issue in made.issues]
    assert "mean of a group whose tasks are in the file" in said
    assert any("0.4.9" in reason for reason in said)
    assert any("several metrics" in reason for reason in said)


@pytest.mark.parametrize("part", ["group_subtasks", "n-samples", "higher_is_better", "config", "versions"])
@pytest.mark.parametrize(
    "odd", [True, "x", 1.5, ["x"], [[]], {"arc": []}, {"arc": {"acc": "x", "effective": [1]}}, None]
)
def test_what_stands_beside_the_results_may_be_of_any_type(tmp_path: Path, part: str, odd: Any) -> None:
    made = read(write(tmp_path / "results.json", NEW | {part: odd}))
    assert {"arc", "wiki", "mmlu_law", "gsm8k"} <= set(made.frame()["task"])


def test_results_of_the_harness_0_3(tmp_path: Path) -> None:
    made = read(write(tmp_path / "results.json", OLD))
    assert made.frame().select("candidate", "task", "metric", "score").rows() == [("org/model-b", "arc", "acc", 0.4)]


def test_several_models_are_ranked_with_the_directions_of_the_files(tmp_path: Path) -> None:
    other = {**NEW, "model_name": "org/model-c", "results": {"wiki": {"word_perplexity,none": 9.0}}}
    made = read([write(tmp_path / "a.json", NEW), write(tmp_path / "b.json", other)])
    table = score_table(made)
    wiki = table.tasks.to_list().index("wiki / word_perplexity")
    assert table.scores[:, wiki].tolist() == [-12.5, -9.0]
    assert rank(made, method="borda", holes="available", repeats=0).leaders == ["org/model-c"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param({"results": {"arc": 0.5}, "versions": {}, "model_name": "m"}, "unknown form", id="unknown-form"),
        pytest.param({"results": {}, "versions": {}, "model_name": "m"}, "no score", id="no-score"),
        pytest.param({"results": {"arc": {"acc": 1}}, "versions": {}}, "which model", id="no-model"),
    ],
)
def test_other_forms_of_results_are_refused(tmp_path: Path, value: Any, words: str) -> None:
    with pytest.raises(ParseError, match=words):
        read(write(tmp_path / "results.json", value))


def clicks(**more: Any) -> list[dict[str, Any]]:
    return [
        {"type": "leftvote", "models": ["", ""], "tstamp": 1.5, "ip": "1.2.3.4", **more},
        {"type": "bothbad_vote", "models": ["Model A", "Model B"], "tstamp": 2.5, "ip": "1.2.3.5", **more},
    ]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"states": [{"model_name": "x"}, {"model_name": "y"}]}, id="fastchat"),
        pytest.param({"hidden_models": ["x", "y"], "task": "t2i"}, id="flat"),
    ],
)
@pytest.mark.parametrize("suffix", [".jsonl", ".json"])
def test_logs_of_arenas(tmp_path: Path, more: dict[str, Any], suffix: str) -> None:
    path = tmp_path / f"log{suffix}"
    rows = clicks(**more)
    path.write_text(json.dumps(rows) if suffix == ".json" else "\n".join(map(json.dumps, rows)))
    made = read(path)
    assert made.kind == "battles"
    assert made.frame().select("left", "right", "winner", "voter", "time", "anony").rows() == [
        ("x", "y", "left", "arena_user_0", 1.5, True),
        ("x", "y", "both_bad", "arena_user_1", 2.5, True),
    ]


def test_a_log_of_an_unknown_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(map(json.dumps, clicks(players=["x", "y"]))))
    with pytest.raises(ParseError, match=r"unknown form.*known are FastChat logs"):
        read(path)


def test_tables_of_battles_in_the_words_of_arenas(tmp_path: Path) -> None:
    path = tmp_path / "battles.csv"
    path.write_text(
        "model_a,model_b,winner,judge,tstamp\nx,y,model_a,u1,1\nx,y,tie (bothbad),u2,2\n"
        "y,x,B>A,u1,3\nx,y,A=B=Good,u1,4\n"
    )
    made = read(path)
    assert made.frame()["winner"].to_list() == ["left", "both_bad", "right", "tie"]
    assert made.frame()["voter"].to_list() == ["u1", "u2", "u1", "u1"]
    assert any("'model_a' as left" in issue.reason for issue in made.issues)


def test_an_unknown_winner_is_named_with_its_row_sheet30(tmp_path: Path) -> None:
    path = tmp_path / "battles.csv"
    path.write_text("model_a,model_b,winner\nx,y,model_a\nx,y,perhaps\n")
    (issue,) = (one for one in read(path).issues if one.action == "set aside")
    assert (issue.rows.tolist(), issue.example) == ([2], "perhaps")
    with pytest.raises(InputError) as problem:
        read(path, strict=True)
    assert problem.value.argument == "strict"


def test_winners_in_three_columns(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_text(
        "id,model_a,model_b,winner_model_a,winner_model_b,winner_tie\n1,x,y,1,0,0\n2,x,y,0,0,1\n3,x,y,0,0,0\n"
    )
    made = read(path)
    assert made.frame()["winner"].to_list() == ["left", "tie"]
    assert made.issues.set_aside == 1


def test_words_of_winners_at_the_constructor() -> None:
    assert battles(["x"], ["y"], ["A>B"]).frame()["winner"].to_list() == ["left"]


def test_a_wide_table_of_scores_is_recognised_and_said(tmp_path: Path) -> None:
    path = tmp_path / "board.csv"
    path.write_text("Model,arc,mmlu,licence\na,0.5,0.4,mit\nb,0.6,,apache\n")
    made = read(path)
    assert made.kind == "results"
    assert made.frame().select("candidate", "task", "score").rows() == [
        ("a", "arc", 0.5),
        ("b", "arc", 0.6),
        ("a", "mmlu", 0.4),
    ]
    said = " ".join(issue.reason for issue in made.issues)
    assert "'Model' as candidate, each of 2 columns as a task" in said
    assert "no tasks: 'licence'" in said


def test_models_of_a_wide_table_may_be_of_several_types(tmp_path: Path) -> None:
    made = read(
        write(tmp_path / "scores.json", [{"model": "a", "arc": 1}, {"model": 2, "arc": 0.5}, {"model": 3.0, "arc": 0}])
    )
    assert made.frame().select("candidate", "score").rows() == [("a", 1.0), ("2", 0.5), ("3", 0.0)]


def test_the_other_way_round_has_to_be_stated(tmp_path: Path) -> None:
    path = tmp_path / "board.csv"
    path.write_text("benchmark,a,b\narc,0.5,0.6\nmmlu,0.4,0.7\n")
    with pytest.raises(InputError):
        read(path)
    made = read(path, kind="results", wide="benchmark")
    assert made.frame().select("candidate", "task", "score").rows() == [
        ("a", "arc", 0.5), ("a", "mmlu", 0.4), ("b", "arc", 0.6), ("b", "mmlu", 0.7),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("name,arc\na,0.5\nb,0.6\n", id="no-column-of-candidates"),
        pytest.param("model,arc\na,0.5\na,0.6\n", id="a-model-twice"),
        pytest.param("model,arc\na,x\nb,y\n", id="no-numbers"),
        pytest.param("model,system,arc\na,c,1\nb,d,2\n", id="two-columns-of-candidates"),
    ],
)
def test_a_table_that_is_not_clearly_wide_is_not_guessed(tmp_path: Path, text: str) -> None:
    path = tmp_path / "board.csv"
    path.write_text(text)
    with pytest.raises(InputError):
        read(path)
