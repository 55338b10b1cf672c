from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.consensus import TranscriptVerdict, against_references, decide, transcripts
from psephos.consensus.transcripts.disagreement import CONTENT, FORMAT, LABELS, NONE
from psephos.engine import Engine
from psephos.errors import ConfidenceError, DuplicateSystemError, InputError, TimeError
from psephos.opinions import Opinions
from psephos.opinions import transcripts as build
from psephos.opinions.writing import write_frame

Heard = Callable[..., Opinions]

V1 = [
    "patient takes fifty mg metoprolol daily",
    "patient takes 15 mg metoprolol daily",
    "patient takes 50 mg metoprolol daily",
    "patient takes 50 mg metoprolol daily",
    "patient takes 50 mg metropolol daily",
    "patient takes 15 mg metoprolol daily",
    "the patient takes 50 mg metoprolol daily",
    "patient takes 50 mg metoprolol",
]
V2 = ["no chest pain today", "chest pain today", "no chest pain", "now chest pain today", "chest pain to day"]


def columns(verdict: TranscriptVerdict) -> list[str]:
    table = verdict.table()
    return [f"{key}:{votes}" for key, votes in table.select("choice", "support").iter_rows()]


def merge_order(verdict: TranscriptVerdict) -> list[int]:
    return verdict.columns.given[0].tolist()


@pytest.fixture(scope="module")
def v1(heard: Heard) -> TranscriptVerdict:
    return transcripts(heard(V1))


@pytest.fixture(scope="module")
def v2(heard: Heard) -> TranscriptVerdict:
    return transcripts(heard(V2))


class TestV1:
    def test_columns(self, v1: TranscriptVerdict) -> None:
        assert merge_order(v1) == [2, 3, 0, 1, 4, 5, 6, 7]
        assert columns(v1) == ["@:7", "patient:8", "takes:8", "50:5", "mg:8", "metoprolol:7", "daily:7"]
        assert v1.text("clip") == "patient takes 50 mg metoprolol daily"

    def test_entropy(self, v1: TranscriptVerdict) -> None:
        assert v1.entropy[[3, 5]].round(4).tolist() == [1.2988, 0.5436]

    def test_jackknife(self, v1: TranscriptVerdict) -> None:
        matches, compared = [5, 5, 6, 6, 5, 5, 6, 5], [6, 6, 6, 6, 6, 6, 7, 6]
        assert v1.voters["compared"].to_list() == compared
        assert v1.voters["agreement"].to_list() == pytest.approx(np.divide(matches, compared))

    def test_bands(self, v1: TranscriptVerdict) -> None:
        counts = v1.clips.select("evaluated", "near_unanimous", "middle", "high_risk").row(0)
        assert counts == (6, 5, 1, 0)

    def test_types(self, v1: TranscriptVerdict) -> None:
        assert int(((v1.type == CONTENT) & v1.evaluated).sum()) == 3
        assert int(((v1.type == CONTENT) & ~v1.evaluated).sum()) == 1
        assert v1.table()["label"].to_list() == ["function word", "", "", "number", "", "other", "deletion"]

    def test_digits_for_number_words(self, heard: Heard) -> None:
        found = transcripts(heard(V1), numbers=True)
        assert columns(found)[3] == "50:6"
        assert found.type[3] == CONTENT

    def test_the_dose_is_heard_first(self, v1: TranscriptVerdict) -> None:
        first = v1.queue(1).row(0, named=True)
        assert first["consensus"].split()[0] == "50"
        assert first["reason"].startswith("number, 5 of 8")
        assert "15" in first["alternatives"]

    def test_why(self, v1: TranscriptVerdict) -> None:
        reasons = v1.why("clip:4")
        assert reasons.choice == "50"
        assert reasons.supporters == ["c", "d", "e", "g", "h"]
        assert reasons.rows["choice"].to_list() == ["50", "15", "fifty"]
        assert reasons.flip == "4 more transcripts with '15' would change it"


class TestV2:
    def test_columns(self, v2: TranscriptVerdict) -> None:
        assert merge_order(v2) == [0, 1, 2, 3, 4]
        assert columns(v2) == ["no:2", "chest:5", "pain:5", "@:4", "today:3"]
        slots = v2.slots("clip").filter(column=5)["key"].to_list()
        assert slots == ["today", "today", None, "today", "day"]

    def test_the_tie_is_flagged(self, v2: TranscriptVerdict) -> None:
        assert v2.flags["tie"].tolist() == [True, False, False, False, False]

    def test_entropy(self, v2: TranscriptVerdict) -> None:
        assert v2.entropy.round(4).tolist() == [1.5219, 0, 0, 0.7219, 1.3710]

    def test_jackknife(self, v2: TranscriptVerdict) -> None:
        assert v2.voters["agreement"].to_list() == pytest.approx([3 / 4, 3 / 4, 2 / 4, 3 / 4, 2 / 5])
        assert v2.voters["compared"].to_list() == [4, 4, 4, 4, 5]

    def test_the_lost_no_is_heard_first(self, v2: TranscriptVerdict) -> None:
        first = v2.spans_to_hear(1)[0]
        assert (first.first, first.last, first.consensus) == (1, 1, "no")
        assert first.reason.startswith("negation, 2 of 5")
        assert first.alternatives == (("no", ("a", "c")), ("(nothing)", ("b", "e")), ("now", ("d",)))

    def test_null_first_where_null_is_merged_first(self, heard: Heard) -> None:
        """The same texts in another order: the tie goes to NULL, and the column still comes first."""
        found = transcripts(heard([V2[1], V2[0], V2[2], V2[3], V2[4]]), order="given")
        assert columns(found)[0] == "@:2"
        assert found.spans_to_hear(1)[0].reason.startswith("negation, 2 of 5 for no word")
        assert columns(transcripts(heard([V2[1], V2[0], *V2[2:]]), order="given", tie="word"))[0] == "no:2"


def timed() -> Opinions:
    return build(
        ["c"] * 3, ["A", "A", "B"], [0, 1, 0], ["the", "dose", "the"], start=[0, 0.2, 8.0], end=[0.2, 0.6, 8.2]
    )


@pytest.mark.parametrize(
    ("collar", "keys"),
    [
        pytest.param(None, [["the", "the"], ["dose", "@"]], id="sheet01-V3-without-collar"),
        pytest.param(5, [["the", "@"], ["dose", "@"], ["@", "the"]], id="sheet01-V3-collar-5"),
    ],
)
def test_time_keeps_apart_what_is_far_apart(collar: float | None, keys: list[list[str]]) -> None:
    found = transcripts(timed(), collar=collar)
    assert [row["keys"] for row in found.to_dict()["rows"]] == keys


def test_words_for_writers_have_times_certainty_and_alternatives() -> None:
    words = transcripts(timed()).words("c")
    assert [(word.text, word.alternatives) for word in words] == [("the", ()), ("dose", ("",))]
    assert (words[0].start, words[0].end) == (4.0, pytest.approx(4.2))
    assert words[0].confidence == pytest.approx(0.989)
    assert words[1].confidence is not None
    assert words[1].confidence < 0.9


def test_a_token_of_several_keys_is_shown_once_if_all_of_it_was_elected(heard: Heard) -> None:
    whole = transcripts(heard(["an X-ray (AP).", "an X-ray (AP).", "an x ray ap"]))
    assert whole.text("clip") == "an X-ray (AP)."
    assert [word.text for word in whole.words("clip")] == ["an", "X-ray", "(AP)."]
    broken = transcripts(heard(["an X-ray now", "an X rays now", "an x rays now"]), order="given")
    assert broken.text("clip") == "an x rays now"


@pytest.mark.parametrize(
    ("said", "kind", "label"),
    [
        (["pain.", "Pain", "pain"], FORMAT, ""),
        (["pain", "pain", "pain"], NONE, ""),
        (["pain", "gain", "pain"], CONTENT, "other"),
        (["pain", "15", "pain"], CONTENT, "number"),
        (["pain", "not", "the"], CONTENT, "negation"),
        (["pain", "mg", "uh"], CONTENT, "unit"),
        (["pain", "uh", "the"], CONTENT, "disfluency"),
        (["pain", "the", "pain"], CONTENT, "function word"),
        (["not", "5", "mg"], CONTENT, "number"),
        (["pain rash", "pain", "pain rash"], CONTENT, "deletion"),
        (["pain rash", "pain", "pain"], CONTENT, "insertion"),
        (["pain Metoprolol", "pain", "pain"], CONTENT, "term"),
    ],
)
def test_sub_labels_in_the_order_of_the_sheet(heard: Heard, said: list[str], kind: int, label: str) -> None:
    found = transcripts(heard(said), terms=["metoprolol"])
    assert (found.type[-1], LABELS[found.label[-1]]) == (kind, label)


def test_weights_of_risk(heard: Heard) -> None:
    def risk(*said: str) -> float:
        return float(transcripts(heard(["start " + text for text in said])).risk[1])

    assert risk("pain", "gain", "pain") == pytest.approx(1 / 3)
    assert risk("15", "50", "15") == pytest.approx(2 / 3)
    assert risk("the", "a", "the") == pytest.approx(1 / 3)
    assert risk("the", "", "the") == pytest.approx(1 / 6)
    assert risk("", "uh", "") == pytest.approx(0.1 / 3)
    assert risk("Pain", "pain.", "pain") == 0


def test_spans_join_pad_and_sort() -> None:
    said = {
        "x": "ash beech cedar daisy elm fern grape",
        "y": "ash quartz cedar rock elm fern grape",
        "z": "ash beech cedar daisy elm fern slate",
    }
    rows = [(v, p, t) for v, text in said.items() for p, t in enumerate(text.split())]
    voter, place, token = (list(part) for part in zip(*rows, strict=True))
    start = np.array(place) * 1.0
    found = transcripts(build(["c"] * len(rows), voter, place, token, start=start, end=start + 0.5))
    queue = found.queue().select("start", "end", "consensus", "value").rows()
    assert queue[0] == (0.75, 3.75, "beech cedar daisy", pytest.approx(1 / 3 + 0.1 / 3))
    assert queue[1] == (5.75, 6.75, "grape", pytest.approx(1 / 3))
    assert found.queue(budget_seconds=3.5)["rank"].to_list() == [1]
    assert found.queue(budget_fraction=0.6)["rank"].to_list() == [1, 2]
    assert found.queue(budget_seconds=2.9).height == 0
    held = (1 - found.certainty)[[1, 2, 3, 6]].sum() / (1 - found.certainty).sum()
    assert found.queue()["found"][-1] == pytest.approx(held)
    assert found.advice(0.5).spans == 1
    advice = found.advice(0.2)
    assert (advice.spans, advice.reached, advice.seconds) == (2, True, pytest.approx(4.0))
    assert not found.advice(0.0).reached


def test_hearing_by_errors_finds_more_in_fewer_words(heard: Heard) -> None:
    opinions = heard(clips_of_noise(40, seed=9))
    found = transcripts(opinions)
    some = [found.queue(by=by, budget_fraction=0.1)["found"][-1] for by in ("risk", "time", "errors")]
    assert some[2] > max(some[:2])
    assert found.advice(0.6, by="errors").found >= 0.4
    first = transcripts(opinions, queue_by="errors")
    assert first.queue().equals(found.queue(by="errors"))
    assert first.advice() == found.advice(by="errors")
    with pytest.raises(InputError) as caught:
        found.queue(by="length")
    assert caught.value.argument == "by"


def test_a_small_decision_does_not_load_the_compiler() -> None:
    """Loading it takes longer than deciding."""
    code = (
        "import sys; from psephos import transcripts, decide\n"
        "decide(transcripts(['c'] * 4, list('aabb'), [0, 1, 0, 1], list('xyxz')))\n"
        "print('numba' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, timeout=300, capture_output=True, text=True)
    assert said.stdout.split() == ["False"]


class TestBadInput:
    def test_fewer_than_two(self, heard: Heard) -> None:
        with pytest.raises(ValueError, match="need at least 2 transcripts") as caught:
            transcripts(heard(["alone"]))
        assert isinstance(caught.value, InputError)
        assert caught.value.argument == "transcripts"

    def test_a_clip_with_one_is_set_aside_and_named(self, heard: Heard) -> None:
        found = transcripts(heard({"one": {"a": "x"}, "two": {"a": "x y", "b": "x y"}}))
        assert found.clip_names.to_list() == ["two"]
        assert [(issue.count, issue.example) for issue in found.issues if issue.action == "set aside"] == [(1, "one")]

    def test_the_same_voter_twice(self) -> None:
        opinions = build(["c"] * 4, ["a", "a", "b", "b"], [0, 0, 0, 1], ["x", "y", "x", "y"])
        with pytest.raises(DuplicateSystemError):
            transcripts(opinions)

    def test_a_missing_voter(self, heard: Heard) -> None:
        clips = {"1": {"a": "x", "b": "x", "c": "x"}, "2": {"a": "x", "b": "y"}}
        found = transcripts(heard(clips))
        assert found.votes.tolist() == [3, 2]
        assert any("not every voter" in issue.reason for issue in found.issues)
        with pytest.raises(InputError, match="'2' has no transcript by 'c'") as caught:
            transcripts(heard(clips), require_all=True)
        assert caught.value.argument == "require_all"

    def test_empty_transcripts(self, heard: Heard) -> None:
        found = transcripts(heard(["a b", "", "a b"]))
        assert columns(found) == ["a:2", "b:2"]
        assert any(issue.reason == "an empty transcript" for issue in found.issues)
        assert any("far from all other" in issue.reason for issue in found.issues)

    def test_all_empty(self, heard: Heard) -> None:
        found = transcripts(heard(["", "", ""]))
        assert len(found) == 0
        assert found.text("clip") == ""
        assert found.clips.select("evaluated", "high_risk_mass", "content_fraction").row(0) == (0, None, None)
        assert found.queue().height == 0
        assert "0 words in 0 columns" in str(found)
        json.dumps(found.to_dict(), allow_nan=False)

    def test_outliers_are_named_and_left_out_if_asked(self, heard: Heard) -> None:
        said = ["a b c d e", "a b c d e", "a b c x e", "v w x y z"]
        noted = [issue for issue in transcripts(heard(said)).issues if "far from all" in issue.reason]
        assert [(issue.action, issue.example) for issue in noted] == [("noted", "d on clip")]
        found = transcripts(heard(said), exclude_outliers=True)
        assert found.votes.tolist() == [3] * 5
        aside = [issue for issue in found.issues if "far from all" in issue.reason]
        assert [(issue.action, issue.example) for issue in aside] == [("set aside", "d on clip")]

    @pytest.mark.parametrize(
        ("start", "end", "problem"),
        [
            ([0, 1.0, 0, 1], [0.5, 0.9, 1, 2], "before the start"),
            ([0, -1.0, 0, 1], [0.5, 2.0, 1, 2], "out of range"),
            ([0, float("inf"), 0, 1], [0.5, 2.0, 1, 2], "out of range"),
            ([2, 1.0, 0, 1], [2.5, 1.5, 1, 2], "before the word ahead"),
        ],
    )
    def test_times(self, start: list[float], end: list[float], problem: str) -> None:
        with pytest.raises(TimeError, match=problem) as caught:
            transcripts(build(["c"] * 4, list("aabb"), [0, 1, 0, 1], list("xyxy"), start=start, end=end))
        assert caught.value.where

    def test_overlap_is_legal(self) -> None:
        opinions = build(["c"] * 4, list("aabb"), [0, 1] * 2, list("xyxy"), start=[0, 0.1] * 2, end=[1, 0.5] * 2)
        assert transcripts(opinions).text("c") == "x y"

    def test_timed_and_untimed_are_aligned_by_text(self) -> None:
        nan = float("nan")
        opinions = build(
            ["c"] * 4, list("aabb"), [0, 1] * 2, list("xyxy"), start=[50, 60, nan, nan], end=[51, 61, nan, nan]
        )
        found = transcripts(opinions, collar=0.1)
        assert columns(found) == ["x:2", "y:2"]
        assert found.start.tolist() == [50, 60]

    def test_confidence_out_of_range(self) -> None:
        opinions = build(["c"] * 4, list("aabb"), [0, 1] * 2, list("xyxy"), confidence=[0.5, 1.5, 1, 1])
        with pytest.raises(ConfidenceError, match=r"got 1\.5"):
            transcripts(opinions)

    def test_confidence_missing_where_it_counts(self, heard: Heard) -> None:
        with pytest.raises(ConfidenceError):
            transcripts(heard(V2), vote="maxconf", alpha=0.5)

    @pytest.mark.parametrize(
        ("option", "value"),
        [
            ("order", "best"),
            ("vote", "loudest"),
            ("tie", "last"),
            ("positions", "some"),
            ("jackknife", "no"),
            ("alpha", 2),
            ("null_conf", -1),
            ("collar", -1),
            ("order_checks", -1),
            ("language", "la"),
            ("terms", "one text"),
        ],
    )
    def test_options(self, heard: Heard, option: str, value: Any) -> None:
        with pytest.raises(InputError) as caught:
            transcripts(heard(V2), **{option: value})
        assert caught.value.argument == option

    def test_other_kinds(self) -> None:
        from psephos.opinions import labels

        with pytest.raises(InputError, match="must be transcripts"):
            transcripts(labels(["a"], ["b"], ["c"]))

    def test_an_at_sign_is_never_null(self, heard: Heard) -> None:
        found = transcripts(heard(["mail @ home", "mail @ home", "mail at home"]))
        assert columns(found) == ["mail:3", "@:2", "home:3"]
        assert found.text("clip") == "mail @ home"
        assert found.choice.tolist()[1] == 0

    def test_queues_ask_for_what_they_need(self, v2: TranscriptVerdict) -> None:
        with pytest.raises(InputError) as caught:
            v2.queue(budget_seconds=5)
        assert caught.value.argument == "budget_seconds"
        for argument, call in (("clip", lambda: v2.text("other")), ("item", lambda: v2.why("clip:99"))):
            with pytest.raises(InputError) as caught:
                call()
            assert caught.value.argument == argument
        with pytest.raises(InputError) as caught:
            v2.groups("accent")
        assert caught.value.argument == "column"


texts = st.lists(
    st.lists(st.sampled_from(["no", "pain", "Pain.", "50", "mg", "uh"]), max_size=6), min_size=2, max_size=5
)


@given(texts)
def test_totals_are_whole_and_names_do_not_matter(said: list[list[str]]) -> None:
    heard = build_from(said, "abcde")
    if heard is None:
        return
    found = transcripts(heard, repeats=0)
    n = len(said)
    assert (found.votes == n).all()
    assert int(found.voters["votes"].sum()) == len(found.spoken.key)
    assert int((found.voters["votes"] + found.voters["abstentions"]).sum()) == n * len(found)
    assert ((found.certainty >= 0) & (found.certainty <= 1)).all()
    assert found.text("c").split() == " ".join(word.text for word in found.words("c")).split()
    other = transcripts(build_from(said, "zyxwv"), repeats=0)
    assert other.table().drop("item").equals(found.table().drop("item"))
    assert other.voters.drop("voter").equals(found.voters.drop("voter"))


def build_from(said: list[list[str]], names: str) -> Opinions | None:
    rows = [("c", names[v], p, t) for v, text in enumerate(said) for p, t in enumerate(text or [None])]
    item, voter, place, token = (list(part) for part in zip(*rows, strict=True))
    return build(item, voter, place, token)


def clips_of_noise(n: int, seed: int = 0) -> dict[str, dict[str, str]]:
    rng = np.random.default_rng(seed)
    words = [f"w{number}" for number in range(60)]
    clips = {}
    for clip in range(n):
        base = rng.integers(0, 60, 15)
        clips[f"clip{clip}"] = {
            voter: " ".join(
                words[w if rng.random() > 0.15 else rng.integers(0, 60)] for w in base if rng.random() > 0.08
            )
            for voter in "abcd"
        }
    return clips


def fingerprint(verdict: TranscriptVerdict) -> str:
    whole = verdict.to_dict()
    return json.dumps({name: whole[name] for name in whole if name != "provenance"}, allow_nan=False)


def test_every_engine_gives_the_same(heard: Heard, two_processes: Engine) -> None:
    opinions = heard(clips_of_noise(20))
    options: dict[str, Any] = {"order_checks": 3, "realign": True, "jackknife": "rebuild", "rng": 7}
    assert fingerprint(transcripts(opinions, **options)) == fingerprint(
        transcripts(opinions, engine=two_processes, **options)
    )


@pytest.mark.ray
@pytest.mark.xdist_group("ray")
def test_a_cluster_gives_the_same(heard: Heard, ray_cluster: Any) -> None:
    opinions = heard(clips_of_noise(20))
    assert fingerprint(transcripts(opinions, order_checks=2)) == fingerprint(
        transcripts(opinions, order_checks=2, engine="ray")
    )


def test_totals_of_clips_add_up(heard: Heard) -> None:
    clips = clips_of_noise(12)
    whole = transcripts(heard(clips))
    alone = [transcripts(heard({name: clip})) for name, clip in clips.items()]
    for column in ("columns", "evaluated", "high_risk", "content", "format", "null_won"):
        assert whole.clips[column].to_list() == [part.clips[column][0] for part in alone]
    for column in ("votes", "compared"):
        assert (
            whole.voters[column].to_list() == np.sum([part.voters[column].to_list() for part in alone], axis=0).tolist()
        )
    assert whole.pairs["edits"].to_list() == np.sum([part.pairs["edits"].to_list() for part in alone], axis=0).tolist()


def test_order_matters_where_it_does(heard: Heard) -> None:
    opinions = heard(["x y", "x z"])
    found = transcripts(opinions, order_checks=20, rng=1)
    assert found.flags["order matters"].tolist() == [False, True]
    assert any("random merge order" in note for note in found.provenance.notes)
    sure = transcripts(heard(["x y", "x y", "x z"]), order_checks=20)
    assert not sure.flags["order matters"].any()


def test_rebuilding_without_a_voter_rates_it_against_the_rest(heard: Heard) -> None:
    found = transcripts(heard(["a b c d", "a b c d", "a b x d"]), jackknife="rebuild")
    assert found.voters["agreement"].to_list() == [1.0, 1.0, 0.75]
    assert found.voters["wer"].to_list() == [0.0, 0.0, 0.25]


def test_pairs_are_word_error_rates(v1: TranscriptVerdict) -> None:
    pairs = {(left, right): (edits, rate) for left, right, edits, _, _, rate in v1.pairs.iter_rows()}
    assert pairs["a", "b"] == (1, pytest.approx(1 / 6))
    assert pairs["g", "h"] == (2, pytest.approx(2 / 7))
    assert len(pairs) == 28


def test_all_positions_are_evaluated_if_asked(heard: Heard) -> None:
    found = transcripts(heard(V2), positions="all")
    assert found.clips["evaluated"][0] == 5


def test_groups_pool_their_clips(heard: Heard) -> None:
    clips = clips_of_noise(12, seed=3)
    about = {"items": pl.DataFrame({"item": list(clips), "group": ["north", "south"] * 6})}
    found = transcripts(heard(clips, about=about))
    groups = found.groups(rng=0)
    for name, part in (("north", found.clips[::2]), ("south", found.clips[1::2])):
        row = groups.filter(group=name).row(0, named=True)
        assert (row["clips"], row["evaluated"], row["high_risk"]) == (
            6,
            part["evaluated"].sum(),
            part["high_risk"].sum(),
        )
        assert row["low"] <= row["high_risk_mass"] <= row["high"]
    quintiles = found.quintiles()
    assert quintiles["clips"].to_list() == [3, 3, 2, 2, 2]
    assert quintiles["high_risk_mass"].is_sorted()


def test_decide_takes_transcripts(heard: Heard) -> None:
    found = decide(heard(V2), ties="first", rule="plurality", weights=None, equivalence="exact", resume=None)
    assert found.provenance.method == "transcripts"
    with pytest.raises(InputError) as caught:
        decide(heard(V2), rule="strict")
    assert caught.value.argument == "rule"


def test_certainty_is_fitted_on_references_and_never_on_its_own_clip(heard: Heard) -> None:
    clips = clips_of_noise(60, seed=5)
    for clip in clips.values():
        clip["b"] = clip["c"] = clip["d"] = clip["a"]
    true = {name: clip["a"] for name, clip in clips.items()}
    spoiled = "clip0"
    true[spoiled] = " ".join(["nothing"] * 14)
    about = {"items": pl.DataFrame({"item": list(true), "reference": list(true.values())})}
    found = transcripts(heard(clips, about=about))
    assert "fitted" in found.certainty_means
    fold = found.columns.clip % 5
    assert found.certainty[fold == 0].min() > found.certainty[fold == 1].max()
    shipped = transcripts(heard(clips, about=about), calibrate=False)
    assert "typists" in shipped.certainty_means
    assert np.abs(shipped.certainty - 0.989).max() < 1e-9


def test_against_references_counts_what_it_says(heard: Heard) -> None:
    verdict = transcripts(heard(["a b c d", "a b c d", "a x c d e"]))
    found = against_references(verdict, {"clip": "a x c d e"})
    assert (found.consensus.substitutions, found.consensus.deletions, found.consensus.words) == (1, 1, 5)
    assert found.best.edits == 0
    assert found.voters["edits"].to_list() == [2, 2, 0]
    assert found.null_won == 1
    assert found.found.row(-1) == (1.0, 2, 1.0, 1.0, None)
    assert found.auroc == 1.0
    with pytest.raises(InputError) as caught:
        against_references(verdict)
    assert caught.value.argument == "references"


@pytest.mark.parametrize("name", [1, 1.0, "1", np.int64(1)], ids=["int", "float", "text", "NumPy"])
def test_references_name_clips_as_the_opinions_do(name: Any) -> None:
    said = build([1] * 4, list("aabb"), [0, 1] * 2, ["one", "two", "one", "two"])
    assert against_references(transcripts(said), {name: "one two", "another": "x"}).consensus.words == 2
    assert against_references(transcripts(said), {name: ""}).consensus.edits == 2
    with pytest.raises(InputError, match="references: must be texts, got 5"):
        against_references(transcripts(said), {name: 5})  # type: ignore[dict-item]


def test_the_table_can_be_written(v1: TranscriptVerdict, tmp_path: Any) -> None:
    for suffix in ("csv", "parquet", "jsonl"):
        write_frame(v1.table(), tmp_path / f"table.{suffix}")
        assert (tmp_path / f"table.{suffix}").stat().st_size > 0


def test_a_dose_that_starts_with_its_point_is_not_outvoted_by_itself() -> None:
    """Two of three say a half; as ".5" lost its point, "5" won with two votes and nothing was to be checked."""
    said = {"a": "give .5 mg", "b": "give 0.5 mg", "c": "give 5 mg"}
    rows = [(voter, place, token) for voter, text in said.items() for place, token in enumerate(text.split())]
    voter, place, token = map(list, zip(*rows, strict=True))
    found = decide(build(["clip"] * len(rows), voter, place, token))
    dose = found.table().row(1, named=True)
    assert (dose["choice"], dose["votes"], dose["support"]) == ("0.5", 3, 2)
