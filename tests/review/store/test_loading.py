"""Opinions in, verdicts beside them, human decisions untouched; what is left to check."""

from __future__ import annotations

import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sqlalchemy import func, select

from psephos.errors import InputError
from psephos.opinions import labels, rankings, samples, scores, transcripts
from psephos.review.store import deciding, items, loading, people, projects, queue, recomputing
from psephos.review.store.drawing import drawn
from psephos.review.store.gathering import opinions_of
from psephos.review.store.remaining_risk import errors_left, remaining_risk
from psephos.review.store.tables import Consensus, Decision, Item, Media, Opinion, Project, Source

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def empty(store: Any) -> Any:
    """A store with a project and nothing in it."""
    with store.write() as session:
        actor = projects.system_user(session).id
        projects.create_project(session, "p", actor=actor, audit_share=0.0)
    return store


def load(store: Any, opinions: Any, **options: Any) -> Any:
    with store.write() as session:
        project = session.get(Project, 1)
        actor = projects.system_user(session).id
        if isinstance(opinions, Path):
            return loading.load_path(session, project, opinions, actor=actor, **options)
        return loading.load(session, project, opinions, actor=actor, **options)


def test_the_example_of_transcripts_loads_with_its_recordings(empty: Any) -> None:
    loaded = load(empty, EXAMPLES / "scribe")
    with empty.read() as session:
        item = session.scalar(select(Item).where(Item.name == "clip-01"))
        consensus = session.scalar(select(Consensus).where(Consensus.item_id == item.id))
        recordings = session.scalar(select(func.count()).select_from(Media))
        assert session.get(Media, item.media_id).type == "audio/flac"
        said = opinions_of(session, 1, "transcripts")
    assert (loaded.items, recordings) == (32, 32)
    columns = consensus.detail["columns"]
    assert " ".join(column["text"] for column in columns if column["text"]) == item.choice
    assert item.risk == pytest.approx(sum(1 - column["certainty"] for column in columns), abs=1e-4)
    heard = items.candidates(columns[0], consensus.detail["voters"])
    assert sum(one["votes"] for one in heard) == len(consensus.detail["voters"])
    assert all(1 <= span["first"] <= span["last"] <= len(columns) for span in consensus.detail["spans"])
    from psephos.opinions import read

    given = (
        read(EXAMPLES / "scribe").frame().select("item", "voter", "position", "token", "start", "end").sort(pl.all())
    )
    assert said.frame().select(given.columns).sort(pl.all()).equals(given)


@pytest.mark.parametrize("kind", ["labels", "samples", "scores"])
def test_opinions_come_out_as_they_went_in(empty: Any, kind: str) -> None:
    names, voters = ["a", "a", "b", "b"], ["x", "y", "x", "y"]
    made = {
        "labels": lambda: labels(names, voters, ["=1", None, "ü", "\U0001f4a7"], weight=[1, 2, 0.5, 1]),
        "samples": lambda: samples(
            names, voters, [0, 0, 0, 3], ["4", "5", None, "4"], logprobs=[[-0.5], [0.0, -1.0], [], [-2.0]]
        ),
        "scores": lambda: scores(names, voters, [1, 2.5, 3, 4], round=[1, 1, 1, 2]),
    }[kind]()
    load(empty, made, decide=kind != "samples")
    with empty.read() as session:
        again = opinions_of(session, 1, kind)
    assert again.frame().select(made.frame().columns).rows() == made.frame().rows()


def test_a_file_is_loaded_once_and_only_kinds_that_can_be_reviewed(empty: Any) -> None:
    load(empty, EXAMPLES / "digits")
    with pytest.raises(InputError, match="loaded before"):
        load(empty, EXAMPLES / "digits")
    with pytest.raises(InputError, match="cannot be reviewed"):
        load(empty, rankings(["v"], ["c"], [1]))
    with empty.read() as session:
        assert session.scalar(select(func.count()).select_from(Source)) == 1


def test_scores_get_a_certainty_of_being_right_to_half_a_step(empty: Any) -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(1, 6, 40)
    said = np.clip(truth[:, None] + rng.integers(-1, 2, (40, 6)), 1, 5)
    load(empty, scores(np.repeat([f"i{n}" for n in range(40)], 6), list("abcdef") * 40, said.ravel()))
    with empty.read() as session:
        found = session.scalars(select(Item).order_by(Item.place)).all()
    right = [abs(float(item.choice) - t) <= 0.5 for item, t in zip(found, truth, strict=True)]
    assert all(0 <= item.certainty <= 1 for item in found)
    assert np.mean(right) > 0.6
    assert all(item.risk == pytest.approx(1 - item.certainty) for item in found)


def test_new_evidence_marks_a_decision_and_leaves_it(bench: Any) -> None:
    bench.decide(1, bench.users[0], {"choice": "b"})
    bench.decide(2, bench.users[0], {"choice": "a"})
    before = bench.item(1)
    further = labels(["item 0"] * 6, list("mnopqr"), ["b"] * 6)
    bench.in_project(loading.load, further, actor=bench.system)
    item = bench.item(1)
    assert (item.final, item.state, item.votes) == ({"choice": "b"}, "decided", 9)
    assert item.version > before.version
    with bench.store.read() as session:
        made = session.scalars(select(Decision).order_by(Decision.id)).all()
        project = session.get(Project, bench.project)
        older = queue.page(session, project, filters={"older_evidence": True}, user_id=bench.users[0])
    assert made[0].older_evidence
    assert [one.id for one in older.items][-1] == 1 or 1 in [one.id for one in older.items]
    bench.in_project(recomputing.recompute, "labels", actor=bench.system)
    assert bench.item(1).final == {"choice": "b"}
    assert bench.verified().bad is None


def test_nothing_new_changes_no_version(bench: Any) -> None:
    before = [bench.item(n).version for n in range(1, 7)]
    bench.decide(1, bench.users[0], {"choice": "a"})
    bench.in_project(recomputing.recompute, "labels", actor=bench.system)
    assert [bench.item(n).version for n in range(2, 7)] == before[1:]
    with bench.store.read() as session:
        assert not session.scalar(select(Decision)).older_evidence


def test_a_decision_is_offered_again_where_the_same_content_returns(empty: Any) -> None:
    about = {"items": pl.DataFrame({"item": ["q1"], "prompt": ["2 + 2?"]})}
    load(empty, samples(["q1", "q1"], ["m", "m"], [0, 1], ["4", "5"], about=about))
    again = {"items": pl.DataFrame({"item": ["other name"], "prompt": ["2 + 2?"]})}
    load(empty, samples(["other name"], ["m2"], [0], ["5"], about=again))
    from psephos.review.store import deciding, people

    with empty.write() as session:
        user = people.create_user(session, "u", actor="x").id
        deciding.decide(session, 1, user, {"choice": "4"})
    with empty.read() as session:
        seen = items.evidence(session, 2, user)
    assert [one.answer for one in seen.offered] == [{"choice": "4"}]


def test_recordings_outside_of_the_folder_or_of_no_known_type_are_left_out(empty: Any, tmp_path: Path) -> None:
    folder = tmp_path / "votes"
    folder.mkdir()
    with wave.open(str(folder / "tone.mp3"), "wb") as tone:
        tone.setparams((1, 2, 8000, 0, "NONE", ""))
        tone.writeframes(bytes(160))
    (tmp_path / "secret.wav").write_bytes((folder / "tone.mp3").read_bytes())
    (folder / "page.wav").write_text("<svg onload=alert(1)>")
    audio = ["tone.mp3", "../secret.wav", "page.wav", str(tmp_path / "secret.wav"), "none.wav", "a\0b"]
    (folder / "votes.csv").write_text("item,voter,label\n" + "".join(f"i{n},x,a\n" for n in range(6)))
    pl.DataFrame({"item": [f"i{n}" for n in range(6)], "audio": audio}).write_ndjson(folder / "items.jsonl")
    load(empty, folder)
    with empty.read() as session:
        assert [(media.name, media.type) for media in session.scalars(select(Media))] == [("tone.mp3", "audio/wav")]


def test_the_queue_sorts_filters_and_counts(bench: Any) -> None:
    bench.decide(1, bench.users[0], {"choice": "b"})
    bench.skip(2, bench.users[0], "unclear")

    def ids(order: str = "value", **filters: Any) -> list[int]:
        with bench.store.read() as session:
            project = session.get(Project, bench.project)
            page = queue.page(session, project, filters=filters, order=order, user_id=bench.users[0])
        assert page.total == len(page.items)
        return [item.id for item in page.items]

    assert ids("source") == [1, 2, 3, 4, 5, 6]
    by_value = [bench.item(n).value for n in ids()]
    assert by_value == sorted(by_value, reverse=True)
    assert ids(state="decided") == [1]
    assert ids(mine=True) == [1]
    assert ids(reason="unclear") == [2]
    assert sorted(ids(state="open")) == [2, 3, 4, 5, 6]
    assert ids(text="ITEM 3") == [4]
    assert ids(text="100%_") == []
    assert ids(flag='"; DROP TABLE item; --') == []
    with bench.store.read() as session:
        assert queue.counts(session, session.get(Project, 1)) == {
            "new": 5,
            "decided": 1,
            "disputed": 0,
            "adjudicated": 0,
            "locked": 0,
        }
    for wrong in ({"order": "name"}, {"state": "lost"}, {"at_least": 2}, {"colour": "red"}):
        with pytest.raises(InputError):
            ids(**wrong)


def test_remaining_risk_holds_the_claim_against_the_audit_slice(make_bench: Any) -> None:
    bench = make_bench(items=60, audit_share=0.5)
    with bench.store.read() as session:
        before = remaining_risk(session, session.get(Project, bench.project))
        hidden = session.scalars(select(Item).where(Item.in_audit)).all()
    assert not before.measured
    assert before.left.value == pytest.approx(before.expected[0])
    assert (np.diff(before.expected) <= 1e-12).all()
    assert before.expected[-1] == before.high[-1] == 0
    for item in hidden:
        bench.decide(item.id, bench.users[0], {"choice": "b" if item.choice == "a" else "a"})
    with bench.store.read() as session:
        after = remaining_risk(session, session.get(Project, bench.project))
    claimed = sum(item.risk for item in hidden)
    assert (after.audited, after.found, after.audit_size) == (len(hidden), len(hidden), len(hidden))
    assert after.claimed == pytest.approx(claimed)
    assert after.factor.value == pytest.approx((1 + len(hidden)) / (1 + claimed))
    assert after.open_items == 60 - len(hidden)
    assert after.to_reach(1e9) == 0
    assert after.to_reach(0.0) == after.open_items


def test_the_interval_of_errors_left_holds_the_truth_as_often_as_it_says() -> None:
    """Certainties that are right, and that claim half of the errors: 95 % intervals over 400 pinned repeats each.

    The standard error of a coverage of .95 is .011; the interval without the audit would miss all of the second.
    """
    rng = np.random.default_rng(7)
    for factor in (1.0, 2.0):
        inside = without = 0
        for _ in range(400):
            risk = rng.uniform(0, 0.4, 1000)
            wrong = rng.random(1000) < risk * factor
            audit = rng.random(1000) < 0.2
            left = float(risk[~audit].sum())
            low, high = errors_left(np.array([left]), 1 + wrong[audit].sum(), 1 + risk[audit].sum(), 0.95)
            inside += bool(low[0] <= wrong[~audit].sum() <= high[0])
            blind = errors_left(np.array([left]), 1e6, 1e6, 0.95)
            without += bool(blind[0][0] <= wrong[~audit].sum() <= blind[1][0])
        assert inside / 400 > 0.95 - 3 * 0.011
        if factor > 1:
            assert without == 0


def test_the_audit_slice_is_a_fair_draw_and_does_not_depend_on_the_order(empty: Any) -> None:
    share = np.array([drawn("secret", "audit", f"item {n}") for n in range(20_000)])
    assert abs((share < 0.05).mean() - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 20_000)
    assert drawn("secret", "audit", "x") != drawn("other", "audit", "x")


@pytest.mark.parametrize(
    ("rules", "argument"),
    [
        ({"overlap": 0}, "overlap"),
        ({"audit_share": 2}, "audit_share"),
        ({"seconds": 0}, "seconds"),
        ({"seconds": 5e-324}, "seconds"),
        ({"cost": 1e13}, "cost"),
        ({"language": "[de"}, "language"),
        ({"colour": 1}, "colour"),
    ],
    ids=["overlap", "audit", "seconds", "hardly-a-second", "cost", "language", "unknown"],
)
def test_rules_out_of_bounds_are_refused(empty: Any, rules: dict[str, Any], argument: str) -> None:
    with pytest.raises(InputError) as told, empty.write() as session:
        projects.create_project(session, "q", actor="x", **rules)
    assert told.value.argument == argument


def test_what_is_worth_most_stays_a_number_whatever_a_table_says_of_costs(empty: Any) -> None:
    items = pl.DataFrame({"item": ["a", "b", "c"], "cost": ["1e308", "1e12", "inf"]})
    with empty.write() as session:
        projects.change_project(session, session.get_one(Project, 1), actor="x", seconds=projects.SHORTEST)
    load(empty, labels(["a", "b", "c"], ["x"] * 3, ["yes"] * 3, about={"items": items}))
    with empty.read() as session:
        values = list(session.scalars(select(Item.value).order_by(Item.id)))
    assert np.isfinite(values).all()
    assert values[1] > 1e9 * max(values[0], values[2])


def test_an_empty_transcript_is_kept(empty: Any) -> None:
    load(empty, transcripts(["c", "c", "c", "c"], ["a", "a", "b", "d"], [0, 1, 0, 0], ["no", "pain", "no", None]))
    with empty.read() as session:
        words = {one.voter: one.detail["words"] for one in session.scalars(select(Opinion))}
        assert opinions_of(session, 1, "transcripts").size("voter") == 3
    assert words["d"] == []
    assert json.dumps(words)


def test_a_word_that_a_person_confirms_is_no_error_found(empty: Any) -> None:
    """Three clips of the audit slice: places confirmed, a place put right, a text taken as it is."""
    said = [
        (clip, voter, place, word) for clip in "xyz" for voter in "abc" for place, word in enumerate(["no", "pain"])
    ]
    with empty.write() as session:
        actor = projects.system_user(session).id
        project = projects.create_project(session, "clips", actor=actor, audit_share=1.0)
        loading.load(session, project, transcripts(*map(list, zip(*said, strict=True))), actor=actor)
        user = people.create_user(session, "ann", actor=actor).id
        deciding.decide(session, 1, user, {"choice": "no"}, place=1)
        deciding.decide(session, 1, user, {"choice": "pain"}, place=2)
        deciding.decide(session, 1, user, {"text": "no pain"})
        deciding.decide(session, 2, user, {"own": "new"}, place=1)
        deciding.decide(session, 2, user, {"text": "new pain"})
        deciding.decide(session, 3, user, {"text": "no pain"})
        risk = remaining_risk(session, project)
    assert (risk.audited, risk.found) == (3, 1.0)
