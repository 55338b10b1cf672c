"""What every answer carries: tables, words, JSON, a queue, reasons that hold, and a command that repeats it."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from psephos.consensus import majority
from psephos.errors import InputError
from psephos.opinions import from_frame, from_matrix, labels, read, scan
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, command_for, json_ready, named

UGLY = "<script>alert(1)</script>\x1b[31m\n"


@pytest.fixture(scope="module")
def verdict():
    """Five items: clear, split, tied and so without a choice, one vote, no vote."""
    return majority(
        labels(
            ["clear"] * 3 + ["split"] * 3 + ["tied"] * 2 + ["single", "none"],
            [*"xyz", *"xyz", *"xy", "x", "x"],
            ["a", "a", "a", "a", "b", "b", "a", "b", "c", None],
        ),
        ties="none",
    )


# Tables.


def test_the_table_has_a_row_for_each_item(verdict):
    table = verdict.table()
    assert table.schema.names() == ["item", "choice", "certainty", "margin", "votes", "support", "runner_up", "flags"]
    assert table.drop("certainty").rows() == [
        ("clear", "a", 1.0, 3, 3, None, ""),
        ("split", "b", pytest.approx(1 / 3), 3, 2, "a", ""),
        ("tied", None, 0.0, 2, 1, "b", "tie; no majority"),
        ("single", "c", 1.0, 1, 1, None, "single vote"),
        ("none", None, None, 0, 0, None, "no votes"),
    ]
    assert table["certainty"].is_null().to_list() == [False, False, True, False, True]
    assert table["certainty"].is_nan().sum() == 0


def test_a_name_of_a_missing_code_is_null():
    assert named(np.array([1, -1, 0], np.int32), pl.Series(["a", "b"])).to_list() == ["b", None, "a"]
    assert named(np.array([-1], np.int32), pl.Series([], dtype=pl.String)).to_list() == [None]


# The queue.


def test_the_queue_opens_with_what_is_not_decided_and_ends_with_what_is_most_certain(verdict):
    queue = verdict.queue()
    assert queue["rank"].to_list() == [1, 2, 3, 4, 5]
    assert queue["item"].to_list()[:2] == ["tied", "none"]
    assert queue["item"].to_list()[-1] == "clear"
    assert queue["value"].to_list()[:2] == [1.0, 1.0]
    certainty = queue["certainty"].to_list()[2:]
    assert certainty == sorted(certainty)
    assert queue["value"].to_list()[2:] == pytest.approx([1 - sure for sure in certainty])


def test_cost_and_seconds_decide_what_is_worth_checking(verdict):
    certainty = np.array([0.9, 0.6, 0.8, 0.5, 0.5])
    made = replace(verdict, certainty=certainty)
    cost, seconds = [10, 1, 4, 1, 0], [1, 1, 2, 5, 1]
    queue = made.queue(cost=cost, seconds=seconds)
    value = dict(zip(made.items, (1 - certainty) * cost / seconds, strict=True))
    assert queue["item"].to_list() == ["clear", "split", "tied", "single", "none"]
    assert queue["value"].to_list() == pytest.approx([value[item] for item in queue["item"]])
    wrong = 1 - certainty
    assert queue["found"].to_list() == pytest.approx(np.cumsum(wrong[[0, 1, 2, 3, 4]]) / wrong.sum())
    assert made.queue(cost=2, seconds=0.5)["item"].to_list() == made.queue()["item"].to_list()
    assert made.queue(cost=2, seconds=0.5)["value"].to_list() == pytest.approx([4 * v for v in made.queue()["value"]])


def test_items_of_equal_value_stay_in_their_order(verdict):
    made = replace(verdict, certainty=np.full(5, 0.5))
    assert made.queue()["item"].to_list() == made.items.to_list()


@given(st.lists(st.floats(0, 1) | st.just(np.nan), min_size=5, max_size=5))
def test_what_is_found_is_a_rising_share_that_ends_at_one(certainty):
    made = replace(FIVE, certainty=np.array(certainty))
    found = made.queue()["found"].to_numpy()
    assert (np.diff(found) >= 0).all()
    assert (found >= 0).all()
    assert found[-1] == 1.0


FIVE = majority(from_matrix([["a", "a"]] * 5))


@pytest.mark.parametrize("limit", [0, 1, 3, 5, 99])
def test_a_limit_cuts_the_queue(verdict, limit):
    assert verdict.queue(limit).equals(verdict.queue().head(limit))


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"limit": -1}, "limit"),
        ({"limit": 1.5}, "limit"),
        ({"cost": -1}, "cost"),
        ({"cost": [1, 2]}, "cost"),
        ({"cost": [[1, 1, 1, 1, 1]]}, "cost"),
        ({"cost": [1, 1, 1, 1, np.nan]}, "cost"),
        ({"cost": "much"}, "cost"),
        ({"seconds": 0}, "seconds"),
        ({"seconds": [1, 1, 1, 1, 0]}, "seconds"),
        ({"seconds": [1] * 6}, "seconds"),
        ({"seconds": np.inf}, "seconds"),
    ],
    ids=str,
)
def test_a_queue_that_cannot_be_is_refused(verdict, options, argument):
    with pytest.raises(InputError) as caught:
        verdict.queue(**options)
    assert caught.value.argument == argument


def test_half_of_the_expected_errors_by_hand(verdict):
    # Of .4 + .3 + .2 + .1 expected errors half is .5: the first item brings .4, the first two .7.
    made = replace(FIVE, certainty=np.array([0.9, 0.6, 0.8, 0.7, 1.0]))
    assert dict(made.summary())["check first"] == "half of the expected errors are in 2 of 5 items (40.0%)"
    assert dict(made.summary())["certainty"] == "0.800 on average; 1.0 wrong choices expected"
    assert made.expected_errors == pytest.approx(1.0)
    assert dict(verdict.summary())["items"] == "5, of which 3 have a choice"
    assert dict(verdict.summary())["votes"] == "9 by 3 voters"
    assert dict(verdict.summary())["flags"] == "1 tie, 1 no majority, 1 single vote, 1 no votes"


# Words, JSON, notebooks.


def test_it_reads_as_aligned_lines(verdict):
    lines = str(verdict).splitlines()
    assert [line.split("  ")[0].strip() for line in lines] == [name for name, _ in verdict.summary()]
    assert len({line.index(text) for line, (_, text) in zip(lines, verdict.summary(), strict=True)}) == 1
    assert repr(verdict) == str(verdict)


def test_everything_is_strict_json(verdict):
    said = json.loads(json.dumps(verdict.to_dict(), allow_nan=False))
    assert said["result"] == "verdict"
    assert [line["item"] for line in said["rows"]] == verdict.items.to_list()
    assert said["rows"][4]["certainty"] is None
    assert said["voters"][0]["voter"] == "x"
    assert said["provenance"]["method"] == "majority"
    assert said["certainty_means"] == verdict.certainty_means
    assert [issue["reason"] for issue in said["issues"]] == ["no label: counted as an abstention"]
    reasons = json.loads(json.dumps(verdict.why("none").to_dict(), allow_nan=False))
    assert (reasons["item"], reasons["choice"], reasons["certainty"]) == ("none", None, None)
    assert reasons["flags"] == ["no votes"]


def test_json_has_no_nan_and_no_types_of_its_own():
    value = {"a": (np.float64("nan"), np.int64(3), np.bool_(True)), 1: [float("inf"), None, "x"], "d": Source}
    found = json_ready(value)
    assert found["a"] == [None, 3, True]
    assert found["1"] == [None, None, "x"]
    assert isinstance(found["d"], str)
    assert type(found["a"][2]) is bool


def test_a_notebook_shows_no_markup_from_the_data():
    made = majority(labels([UGLY] * 2, [UGLY, "<img src=x>"], [UGLY, UGLY]))
    for shown in (made._repr_html_(), made.why(UGLY)._repr_html_()):
        assert "<script" not in shown
        assert "<img" not in shown
        assert "&lt;script&gt;" in shown


# Why.


def test_the_votes_behind_a_choice(verdict):
    reasons = verdict.why("split")
    assert (reasons.item, reasons.choice, reasons.flags) == ("split", "b", ())
    assert reasons.table().rows() == [("b", 2, 2.0, ["y", "z"]), ("a", 1, 1.0, ["x"])]
    assert (reasons.supporters, reasons.dissenters) == (["y", "z"], ["x"])
    assert reasons.certainty == verdict.certainty[1]
    assert str(reasons).splitlines()[:3] == [
        f"split  b (certainty {reasons.certainty:.3f})",
        "  b    2 x  y, z",
        "  a    1 x  x",
    ]


def test_abstentions_stand_last_and_are_no_dissent():
    made = majority(labels(["i"] * 4, list("wxyz"), ["a", None, None, None]))
    reasons = made.why("i")
    assert reasons.table()["choice"].to_list() == ["a", None]
    assert (reasons.supporters, reasons.dissenters) == (["w"], [])
    assert dict(reasons.summary())["abstained"] == "3 x  x, y, z"


def test_many_voters_are_counted_not_listed():
    made = majority(labels(["i"] * 12, [f"v{n:02d}" for n in range(12)], ["a"] * 12))
    assert dict(made.why("i").summary())["  a"].endswith("v07 and 4 more")


def test_weights_of_rows_and_voters_are_the_weights_of_the_reasons():
    votes = labels(["i"] * 3, list("xyz"), ["a", "a", "b"], weight=[1.0, 2.0, None])
    made = majority(votes, weights={"z": 4, "y": 0.25})
    assert made.why("i").table().select("choice", "votes", "weight").rows() == [("b", 1, 4.0), ("a", 2, 1.5)]


def test_choices_of_equal_weight_stand_in_natural_order():
    made = majority(from_matrix([["10", "9", "x"], ["10", "9", "9"]]).take([0, 1, 3, 4, 5]))
    assert made.why(0).table()["choice"].to_list() == ["10", "9"]
    numbers = majority(from_matrix([["10", "9"]]))
    assert numbers.why(0).table()["choice"].to_list() == ["9", "10"]


@pytest.mark.parametrize("name", [7, 7.0, "7", np.int64(7)])
def test_an_item_is_named_by_any_value_that_names_it(name):
    assert majority(labels([7.0], ["x"], ["a"])).why(name).item == "7"


@pytest.mark.parametrize("name", ["nope", "", None, UGLY])
def test_an_item_that_is_not_there(verdict, name):
    with pytest.raises(InputError) as caught:
        verdict.why(name)
    assert caught.value.argument == "item"
    assert "\n" not in str(caught.value)


FLIP = re.compile(r"([\d,]+) more votes?(?: of weight 1)? for (.+) would (change|tie with) it")


def flip_of(reasons) -> tuple[int, str | None, bool] | None:
    """How many votes for what would change the choice, or only tie with it; None if there is said to be no choice."""
    if reasons.flip == "there is no choice to change":
        return None
    more, name, how = FLIP.fullmatch(reasons.flip).groups()
    any_other = name in ("any other choice", "another choice")
    return int(more.replace(",", "")), None if any_other else name.strip("'"), how == "change"


ballots = st.lists(
    st.tuples(st.sampled_from(["ape", "bee", "cow", None]), st.sampled_from([0.25, 1.0, 1.0, 1.0, 2.5])),
    min_size=1,
    max_size=8,
).filter(lambda cast: any(label is not None for label, _ in cast))


@given(
    ballots,
    st.sampled_from(["first", "none"]),
    st.sampled_from(["plurality", "strict"]),
    st.dictionaries(st.sampled_from(["v0", "v1"]), st.sampled_from([0.5, 3.0])),
)
@settings(max_examples=30)
def test_so_many_votes_change_the_choice_and_one_less_does_not(cast, ties, rule, weights):
    weights = {voter: weight for voter, weight in weights.items() if int(voter[1]) < len(cast)}

    def choice_with(more: int, label: str):
        entries = [*cast, *[(label, 1.0)] * more]
        made = majority(
            labels(
                ["i"] * len(entries),
                [f"v{n}" for n in range(len(entries))],
                [label for label, _ in entries],
                weight=[weight for _, weight in entries],
            ),
            ties=ties,
            rule=rule,
            weights=weights,
        )
        return made.table()["choice"][0], made

    before, made = choice_with(0, "")
    said = flip_of(made.why("i"))
    assert (said is None) is (before is None)
    if said is None:
        return
    more, name, changes = said
    if not changes:  # who else would have to speak first is not known: a tie is as far as it can be foretold
        assert choice_with(more, "zebra")[1].flags["tie"].all()
        assert not choice_with(more - 1, "zebra")[1].flags["tie"].any()
        assert choice_with(more - 1, "aardvark")[0] == before
        return
    # "zebra" and "aardvark" are any other choices: last and first in natural order.
    rivals = [name] if name else ["zebra", "aardvark"]
    assert all(choice_with(more, rival)[0] != before for rival in rivals)
    assert more == 1 or any(choice_with(more - 1, rival)[0] == before for rival in rivals)
    others = {label for label, _ in cast} - {None, before}
    assert name is None or all(choice_with(more - 1, rival)[0] == before for rival in others)


def test_a_choice_of_other_items_may_win_a_tie():
    made = majority(from_matrix([["b", "b"], ["a", "c"]]))
    assert made.why(0).flip == "2 more votes for 'a' would change it"


def test_a_flip_reads_well():
    assert majority(from_matrix([["a", "a", "b"]])).why(0).flip == "2 more votes for 'b' would change it"
    assert majority(from_matrix([["b", "b", "a"]])).why(0).flip == "1 more vote for 'a' would change it"
    assert majority(from_matrix([["a", "a"]])).why(0).flip == "2 more votes for another choice would tie with it"
    unsure = majority(from_matrix([["a", "a"]]), ties="none")
    assert unsure.why(0).flip == "2 more votes for any other choice would change it"
    weighed = majority(labels(["i", "i"], ["x", "y"], ["a", "b"], weight=[2.5, 1.0]))
    assert weighed.why("i").flip == "2 more votes of weight 1 for 'b' would change it"


# Provenance.


def test_a_command_quotes_what_a_shell_would_take_apart():
    source = Source(("a b.csv",), given=("a b.csv",), options=("--wide", "the item"))
    command = command_for("decide", source, {"ties": "none", "most_rounds": 3})
    assert shlex.split(command) == [
        *("psephos", "decide", "a b.csv", "--wide", "the item"),
        *("--ties", "none", "--most-rounds", "3"),
    ]


def test_there_is_no_command_where_none_repeats_the_answer(tmp_path):
    votes = pl.DataFrame({"item": ["i", "j"], "voter": ["x", "x"], "label": ["a", "b"]})
    votes.write_csv(tmp_path / "votes.csv")
    of_file = read(tmp_path / "votes.csv")
    assert majority(of_file).provenance.command
    for opinions, options in (
        (from_frame(votes), {}),
        (of_file.take([0]), {}),
        (of_file, {"equivalence": str.lower}),
        (read(tmp_path / "votes.csv", about={"items": votes.select("item")}), {}),
    ):
        assert majority(opinions, **options).provenance.command == ""


def test_provenance_says_what_was_read(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text("item,voter,label\ni,x,a\n")
    said = majority(read(path), ties="none").provenance.to_dict()
    digest = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout.split()[0]
    assert (said["source"], said["sha256"]) == ([str(path)], [digest])
    assert said["parameters"] == {"ties": "none", "rule": "plurality", "equivalence": "exact"}
    assert said["seed"] is None
    assert said["notes"] == []
    assert Provenance("m", {}, Source()).to_dict()["source"] == ["data"]


INPUTS = {
    "plain": ("my votes.csv", "item,voter,label\ni,x,a\ni,y,b\nj,x,b\n", {}, {}),
    "a dash": ("-votes.csv", "item,voter,label\ni,x,a\ni,y,b\nj,x,b\n", {}, {}),
    "rules": ("v.csv", "item,voter,label\ni,x,A\ni,y,a\ni,z,b\n", {}, {"equivalence": "casefold", "rule": "strict"}),
    "wide": ("v.tsv", "task\tann\tbob\ni\ta\tb\nj\tb\tb\n", {"wide": "task"}, {"ties": "none"}),
    "columns": (
        "v.csv",
        "who,what,said\nx,i,a\ny,i,a\n",
        {"columns": {"voter": "who", "item": "what", "label": "said"}, "kind": "labels"},
        {},
    ),
    "an encoding": ("v.csv", "item,voter,label\nü,x,é\nü,y,é\n", {"encoding": "latin-1"}, {}),
    "a format": ("votes.txt", '{"item": 1, "voter": "x", "label": "a"}\n', {"format": "jsonl"}, {}),
    "repeats": ("v.csv", "item,voter,label\ni,x,a\ni,x,b\ni,y,b\n", {"repeated": "first"}, {}),
    "weights": (
        "v.csv",
        'item,voter,label\ni,"Smith, J=1",a\ni,"say ""x""",b\ni,z,b\n',
        {},
        {"weights": {"Smith, J=1": 0.1 + 0.2, 'say "x"': 1e-17, "z": 1 / 3}},
    ),
}


def repeated_by(command: str, folder, monkeypatch) -> dict:
    """What the command line of this provenance prints as JSON."""
    from psephos.cli import app

    monkeypatch.chdir(folder)
    program, *words = shlex.split(command)
    assert program == "psephos"
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.parametrize(("name", "text", "how", "options"), INPUTS.values(), ids=INPUTS)
def test_the_command_repeats_the_verdict(tmp_path, monkeypatch, name, text, how, options):
    (tmp_path / name).write_text(text, encoding=how.get("encoding", "utf-8"))
    monkeypatch.chdir(tmp_path)
    made = majority(read(name, **how), **options)
    assert repeated_by(made.provenance.command, tmp_path, monkeypatch) == json.loads(json.dumps(made.to_dict()))


def test_the_command_repeats_a_verdict_with_tables_about_things(tmp_path, monkeypatch):
    (tmp_path / "v.csv").write_text("item,voter,label\ni,x,a\n")
    (tmp_path / "who=.csv").write_text("voter,group\nx,tree\n")
    monkeypatch.chdir(tmp_path)
    made = majority(read("v.csv", about={"voters": "who=.csv"}))
    said = repeated_by(made.provenance.command, tmp_path, monkeypatch)
    assert said["voters"][0]["group"] == "tree"


def test_the_command_repeats_a_verdict_made_in_parts(tmp_path, monkeypatch):
    frame = pl.DataFrame({"item": ["j", "i", "i"], "worker": ["x", "x", "y"], "label": ["a", "a", "b"]})
    frame.write_parquet(tmp_path / "v.parquet")
    monkeypatch.chdir(tmp_path)
    made = majority(scan("v.parquet", rows_per_part=1, repeated="last"), ties="none")
    assert "--in-parts" in made.provenance.command
    assert repeated_by(made.provenance.command, tmp_path, monkeypatch) == json.loads(json.dumps(made.to_dict()))


def test_the_command_runs_in_a_shell(tmp_path):
    (tmp_path / "my votes.csv").write_text("item,voter,label\ni,x,a\ni,y,b\n")
    script = "from psephos import read, decide; print(decide(read('my votes.csv'), ties='none').provenance.command)"
    command = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout.strip()
    shell = command.replace("psephos", shlex.quote(f"{sys.prefix}/bin/psephos"), 1) + " --json"
    done = subprocess.run(["sh", "-c", shell], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["provenance"]["command"] == command
