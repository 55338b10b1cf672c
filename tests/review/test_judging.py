"""Judges' marks and scores are judged one by one; the map of voters by items; how reliable people and voters are."""

from __future__ import annotations

import json
import re
from typing import Any

import polars as pl
import pytest
from markupsafe import escape
from sqlalchemy import event

from psephos.opinions import from_frame
from psephos.review.judges_marks import precision_of
from psephos.review.pages.project import MOST
from psephos.review.store.account_tables import User
from psephos.review.store.audit_log import history, verify
from psephos.review.store.deciding import decide
from psephos.review.store.exporting.tables import parts
from psephos.review.store.judging import MOST_ERRORS, Mark, marks_of, pieces, score_place
from psephos.review.store.loading import load
from psephos.review.store.people import set_role
from psephos.review.store.projects import create_project
from psephos.review.store.tables import Decision, Item, Opinion, Project
from tests.review.conftest import XSS

OUTPUT = "Paris is teh capital of France, and the moon is cheese."
ERRORS = [
    {"location": '"teh capital"', "aspect": "Fluency", "explanation": "Misspelt.", "severity": "Minor", "penalty": 0.5},
    {"location": "the  Moon", "aspect": "Fact", "explanation": "Rock.", "severity": "Major", "penalty": 4.0},
    {"location": "Berlin", "aspect": "Fact", "explanation": "Not there.", "severity": "Major", "penalty": 1.0},
]


def essays(world: Any, errors: Any = ERRORS, **rules: Any) -> tuple[int, list[int]]:
    """A project of six essays that three judges scored; one of them marked errors."""
    scores = {
        "j1": [1.0, 2.0, 3.0, 2.0, 1.0, 4.0],
        "j2": [2.0, 3.0, 4.0, 3.0, 2.0, 5.0],
        "j3": [5.0, 3.0, 4.0, 3.0, 2.0, 5.0],
    }
    rows = [
        {"item": f"e{n}", "voter": voter, "score": score, "reply": f"<b>{voter}</b> says {score}", "cost": 0.25}
        | {"errors": errors if isinstance(errors, str) else json.dumps(errors if voter == "j1" else [])}
        for voter, column in scores.items()
        for n, score in enumerate(column)
    ]
    about = {"items": pl.DataFrame({"item": [f"e{n}" for n in range(6)], "output": [OUTPUT] * 6})}
    with world.store.write() as session:
        project = create_project(session, "essays", actor=world.ids["admin"], **{"audit_share": 0.0} | rules)
        load(session, project, from_frame(pl.DataFrame(rows), kind="scores", about=about), actor=world.ids["admin"])
        items = session.query(Item.id).filter_by(project_id=project.id).order_by(Item.place).all()
        return project.id, [one.id for one in items]


def test_marks_are_found_exactly_then_loosely_or_not_at_all() -> None:
    said = Opinion(voter="j", detail={"errors": json.dumps(ERRORS)})
    marks = marks_of(Item(kind="scores", about={"output": OUTPUT}), said)
    assert [OUTPUT[mark.start : mark.end] if mark.start is not None else None for mark in marks] == [
        "teh capital",
        "the moon",
        None,
    ]
    assert len({mark.place for mark in marks}) == 3
    assert all(0 < mark.place < 2**31 for mark in marks)
    over = [Mark(1, "j", "", start=0, end=3), Mark(2, "j", "", start=2, end=5)]
    assert pieces("abcdef", over) == [("ab", [1]), ("c", [1, 2]), ("de", [2]), ("f", [])]
    assert "".join(text for text, _ in pieces(OUTPUT, marks)) == OUTPUT


def test_the_same_mark_on_two_answers_of_a_voter_is_two_marks() -> None:
    """One number for both, and one decision would settle both."""
    answers = [Opinion(voter="m", value="teh", detail={"draw": draw, "errors": ERRORS[:1]}) for draw in (0, 1)]
    first, second = ([mark.place for mark in marks_of(Item(kind="samples", about={}), one)] for one in answers)
    assert first != second
    rounds = [Opinion(voter="j", number=3.0, detail={"round": number}) for number in (1, 2)]
    assert len({score_place(one) for one in rounds}) == 2
    assert score_place(Opinion(voter="j", detail={"cost": 1})) == score_place(Opinion(voter="j", detail={"cost": 2}))


@pytest.mark.parametrize("penalty", [10**400, float("nan"), float("inf"), True, "4"], ids=str)
def test_a_penalty_that_is_no_number_is_none(penalty: Any) -> None:
    said = Opinion(voter="j", detail={"errors": [{"location": "x", "penalty": penalty}]})
    assert [mark.penalty for mark in marks_of(Item(kind="scores", about={"output": "x"}), said)] == [None]


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "no list",
        "{",
        "[" * 100_000,
        "7",
        '{"location": "x"}',
        '["x", 7, null]',
        '[{"start": -1, "end": 99}]',
        "[{}]",
    ],
    ids=[f"cell{n}" for n in range(9)],
)
def test_a_cell_that_holds_no_errors_leaves_the_item_as_it_is(world: Any, cell: str) -> None:
    number, items = essays(world, errors=cell)
    got = world.visitor("admin").call("GET", f"/api/v1/projects/{number}/items/{items[0]}")
    assert got.status_code == 200
    assert all(mark["start"] is None for text in got.json()["judged"] for mark in text["marks"])
    assert world.visitor("admin").get(f"/projects/{number}/items/{items[0]}").status_code == 200


def test_each_mark_is_accepted_or_rejected_and_the_item_stays_open(world: Any) -> None:
    number, items = essays(world)
    one, path = world.visitor("admin"), f"/api/v1/projects/{number}/items/{items[0]}"
    (text,) = one.call("GET", path).json()["judged"]
    first, second, _ = text["marks"]
    for place, choice in ((first["place"], "accept"), (second["place"], "accept"), (second["place"], "reject")):
        body = {"place": place, "answer": {"choice": choice}}
        made = one.call("POST", f"{path}/decisions", body)
        assert (made.status_code, made.json()["state"]) == (201, "new")
    seen = one.call("GET", path).json()
    assert [mark["says"] for mark in seen["judged"][0]["marks"]] == ["accept", "reject", ""]
    assert {entry["part"] for entry in seen["decisions"]} == {first["location"], second["location"]}
    assert one.call("POST", f"/api/v1/projects/{number}/undo").json()["place"] == second["place"]
    assert one.call("GET", path).json()["judged"][0]["marks"][1]["says"] == "accept"
    page = one.get(f"/projects/{number}/items/{items[0]}").text
    assert page.count('aria-pressed="true">Accept') == 2
    assert "3 errors marked" in page
    with world.store.read() as session:
        assert verify(session, number).bad is None
        assert {row["after"]["place"] for row in history(session, number, action="decision.create")} == {
            first["place"],
            second["place"],
        }


def test_a_score_is_put_in_the_place_of_a_judges_with_a_reason(world: Any) -> None:
    number, items = essays(world)
    one, path = world.visitor("admin"), f"/api/v1/projects/{number}/items/{items[0]}"
    place = score_place(Opinion(voter="j3"))
    bare = one.call("POST", f"{path}/decisions", {"place": place, "answer": {"score": 2.0}})
    assert (bare.status_code, bare.json()["argument"]) == (422, "note")
    body = {"place": place, "answer": {"score": 2.0}, "note": "It took the length for quality."}
    assert one.call("POST", f"{path}/decisions", body).status_code == 201
    seen = one.call("GET", path).json()
    row = next(row for row in seen["scores"] if row["voter"] == "j3")
    assert (row["score"], row["instead"], row["reason"]) == (5.0, 2.0, "It took the length for quality.")
    assert row["known"] == [["reply", "<b>j3</b> says 5.0"], ["cost", "0.25"]]
    assert seen["score"]["corrected_mean"] == pytest.approx((1 + 2 + 2) / 3)
    page = one.get(f"/projects/{number}/items/{items[0]}").text
    assert "&lt;b&gt;j3&lt;/b&gt; says 5.0" in page
    assert "It took the length for quality." in page
    with world.store.read() as session:
        (logged,) = history(session, number, action="decision.create")
        assert logged["after"]["note"] == "It took the length for quality."
        assert session.query(Opinion).filter_by(item_id=items[0], voter="j3").one().number == 5.0


@pytest.mark.parametrize(
    ("place", "answer", "argument"),
    [
        (1, {"choice": "accept"}, "place"),
        ("mark", {"choice": "maybe"}, "answer"),
        ("mark", {"score": 1.0}, "answer"),
        ("mark", {"own": "accept"}, "answer"),
        ("score", {"choice": "accept"}, "answer"),
    ],
    ids=str,
)
def test_what_cannot_be_said_of_a_part_is_refused(world: Any, place: Any, answer: Any, argument: str) -> None:
    number, items = essays(world)
    one, path = world.visitor("admin"), f"/api/v1/projects/{number}/items/{items[0]}"
    marks = one.call("GET", path).json()["judged"][0]["marks"]
    known = {"mark": marks[0]["place"], "score": score_place(Opinion(voter="j1"))}
    got = one.call("POST", f"{path}/decisions", {"place": known.get(place, place), "answer": answer, "note": "why"})
    assert (got.status_code, got.json()["argument"]) == (422, argument)
    with world.store.read() as session:
        assert session.query(Decision).filter_by(project_id=number).count() == 0


def test_without_script_forms_judge_too_and_come_back_to_the_item(world: Any) -> None:
    number, items = essays(world)
    one, page = world.visitor("admin"), f"/projects/{number}/items/{items[0]}"
    seen = one.call("GET", f"/api/v1{page}").json()
    place, version = seen["judged"][0]["marks"][0]["place"], str(seen["version"])
    got = one.form(f"{page}/decide", version=version, place=str(place), own="reject")
    assert (got.status_code, got.headers["location"]) == (303, f"{page}#p{place}")
    got = one.form(
        f"{page}/decide", version=version, place=str(score_place(Opinion(voter="j1"))), own="2.5", note="strict"
    )
    assert got.status_code == 303
    seen = one.call("GET", f"/api/v1{page}").json()
    assert seen["judged"][0]["marks"][0]["says"] == "reject"
    assert next(row["instead"] for row in seen["scores"] if row["voter"] == "j1") == 2.5


def test_texts_of_judges_stay_texts(world: Any) -> None:
    hostile = [dict.fromkeys(("location", "aspect", "explanation", "severity"), text) for text in XSS]
    number, items = essays(world, errors=hostile)
    page = world.visitor("admin").get(f"/projects/{number}/items/{items[0]}").text
    tags = [text for text in XSS if "<" in text]
    for text in tags:
        assert text not in page
        assert str(escape(text)) in page
    assert tags


def test_in_a_blind_project_marks_and_maps_wait_for_the_own_decision(world: Any) -> None:
    number, items = essays(world, blind=True)
    one = world.visitor("admin")
    assert "judged" not in one.call("GET", f"/api/v1/projects/{number}/items/{items[0]}").json()
    assert one.call("GET", f"/api/v1/projects/{number}/agreement").json()["maps"] == []
    with world.store.write() as session:
        decide(session, items[2], world.ids["admin"], {"score": 3.0})
    (found,) = one.call("GET", f"/api/v1/projects/{number}/agreement").json()["maps"]
    assert [item["id"] for item in found["items"]] == [items[2]]


def test_the_map_marks_who_is_off_and_the_tables_say_how_reliable_each_is(world: Any) -> None:
    number, items = essays(world)
    one = world.visitor("admin")
    found = one.call("GET", f"/api/v1/projects/{number}/agreement").json()
    (scores,) = found["maps"]
    assert {item["id"] for item in scores["items"]} == set(items)
    rows = {row["voter"]: row["cells"] for row in scores["voters"]}
    place = [item["name"] for item in scores["items"]].index("e0")
    assert rows["j3"][place]["band"] == "risk"
    assert {row["voter"] for row in found["voters"]} == {"j1", "j2", "j3"}
    page = one.get(f"/projects/{number}/agreement").text
    for said in ("Where voters are off", "How reliable voters are", 'class="cell risk"'):
        assert said in page
    own = one.call("GET", f"/api/v1/projects/{world.ids['own']}/agreement").json()["maps"][0]
    for row in own["voters"]:
        for item, cell in zip(own["items"], row["cells"], strict=True):
            assert (cell["band"] == "risk") == (cell["says"] != item["choice"])
    assert [row["voter"] for row in own["voters"]][-1] == "voter-4"  # who never differs stands last


def test_a_voter_with_several_answers_has_one_cell_for_all_of_them(world: Any) -> None:
    """Only the last answer stood there."""
    rows = [(f"q{n}", "m", draw, "a" if draw < 3 else "b") for n in range(3) for draw in range(4)]
    frame = pl.DataFrame(rows, schema=["item", "voter", "draw", "answer"], orient="row")
    with world.store.write() as session:
        project = create_project(session, "drawn", actor=world.ids["admin"], audit_share=0.0)
        load(session, project, from_frame(frame, kind="samples"), actor=world.ids["admin"])
        number = project.id
    (found,) = world.visitor("admin").call("GET", f"/api/v1/projects/{number}/agreement").json()["maps"]
    assert [[cell["off"], cell["says"]] for cell in found["voters"][0]["cells"]] == [[0.25, "a, b"]] * 3


def test_people_are_as_reliable_as_the_core_model_says(world: Any) -> None:
    """Three of four people agree on all; the fourth says what nobody else does."""
    with world.store.write() as session:
        project = session.get_one(Project, world.ids["own"])
        project.overlap = 4
        for item in session.query(Item).filter_by(project_id=project.id).limit(12).all():
            for who in ("annotator", "second", "manager", "reviewer"):
                answer = (
                    ("bird", "dog")[item.place % 2] if who == "reviewer" else ("cat", "dog", "bird")[item.place % 3]
                )
                decide(session, item.id, world.ids[who], {"choice": answer})
    found = world.visitor("reviewer").call("GET", f"/api/v1/projects/{world.ids['own']}/agreement").json()["raters"]
    reliable = {row["name"]: row["reliability"] for row in found}
    assert set(reliable) == {"Annotator", "Second", "Manager", "Reviewer"}
    assert min(reliable, key=lambda name: reliable[name]) == "Reviewer"
    assert reliable["Annotator"] > reliable["Reviewer"] + 0.1
    assert "How reliable people are" in world.visitor("reviewer").get(f"/projects/{world.ids['own']}/agreement").text


def test_what_each_person_says_of_a_mark_and_of_a_score_is_shown(world: Any) -> None:
    """The last person's word stood for that of all."""
    number, items = essays(world, overlap=2)
    with world.store.write() as session:
        project = session.get_one(Project, number)
        for who in ("annotator", "second"):
            set_role(session, project, session.get_one(User, world.ids[who]), "annotator", actor=world.ids["admin"])
    path, place = f"/api/v1/projects/{number}/items/{items[0]}", score_place(Opinion(voter="j3"))
    mark = world.visitor("admin").call("GET", path).json()["judged"][0]["marks"][0]["place"]
    for who, choice, score in (("annotator", "accept", 2.0), ("second", "reject", 4.0)):
        one = world.visitor(who)
        assert one.call("POST", f"{path}/decisions", {"place": mark, "answer": {"choice": choice}}).is_success
        body = {"place": place, "answer": {"score": score}, "note": f"{who} says so"}
        assert one.call("POST", f"{path}/decisions", body).is_success
    both = [{"who": "Annotator", "says": "accept"}, {"who": "Second", "says": "reject"}]
    for who, own in (("annotator", "accept"), ("second", "reject"), ("admin", "")):
        seen = world.visitor(who).call("GET", path).json()
        found = seen["judged"][0]["marks"][0]
        assert (found["says"], found["said"]) == (own, both)
        row = next(row for row in seen["scores"] if row["voter"] == "j3")
        assert row["instead"] == 3.0
        assert [put["score"] for put in row["said"]] == [2.0, 4.0]
    page = world.visitor("admin").get(f"/projects/{number}/items/{items[0]}").text
    assert "annotator says so" in page
    assert "second says so" in page
    assert re.search(r"Annotator</bdi>: accept.*Second</bdi>: reject", page)
    with world.store.read() as session:
        table = pl.concat(parts(session, session.get_one(Project, number), "decisions"))
    assert table.filter(pl.col("place") == mark)["part"].to_list() == ['j1: "teh capital"'] * 2
    assert table.filter(pl.col("place") == place)["part"].to_list() == ["j3"] * 2


def test_errors_beyond_those_that_are_offered_are_counted(world: Any) -> None:
    many = [{"location": f"word {number}"} for number in range(MOST_ERRORS + 7)]
    number, items = essays(world, errors=json.dumps(many))
    path = f"/projects/{number}/items/{items[0]}"
    (found,) = world.visitor("admin").call("GET", f"/api/v1{path}").json()["judged"]
    assert len(found["marks"]) == MOST_ERRORS
    assert found["left_out"] == 3 * len(many) - MOST_ERRORS
    assert f"{found['left_out']:,} more errors are not shown" in world.visitor("admin").get(path).text


def test_precision_of_a_judge_is_told_by_aspect(world: Any) -> None:
    number, items = essays(world)
    one = world.visitor("admin")
    path = f"/api/v1/projects/{number}"
    assert one.call("GET", f"{path}/agreement").json()["marks"] == []
    for item, choices in zip(items, ("aar", "ara", "rra"), strict=False):
        marks = one.call("GET", f"{path}/items/{item}").json()["judged"][0]["marks"]
        for mark, choice in zip(marks, choices, strict=True):
            said = {"choice": "accept" if choice == "a" else "reject"}
            body = {"place": mark["place"], "answer": said}
            assert one.call("POST", f"{path}/items/{item}/decisions", body).is_success
    fact, fluency = one.call("GET", f"{path}/agreement").json()["marks"]
    assert [fact[name] for name in ("judge", "aspect", "accepted", "rejected", "precision")] == [
        "j1",
        "Fact",
        3,
        3,
        0.5,
    ]
    assert [fluency[name] for name in ("aspect", "accepted", "rejected")] == ["Fluency", 2, 1]
    # By hand: 0.5 +- z sqrt(0.25 / 6 + z^2 / 144) / (1 + z^2 / 6) with z = 1.96.
    assert (fact["low"], fact["high"]) == pytest.approx((0.1876, 0.8124), abs=1e-3)
    assert "Which marks of judges are right" in one.get(f"/projects/{number}/agreement").text


def test_precision_of_judges_is_asked_of_the_database_at_once(world: Any) -> None:
    """However many items have judged marks, and however many aspects there are: none is left out unsaid."""
    aspects = [{"location": f"word {n}", "aspect": f"aspect {n:03}"} for n in range(MOST + 3)]
    number, items = essays(world, errors=aspects)
    one = world.visitor("admin")
    asked: list[int] = []
    for item in items[:3]:
        with world.store.write() as session:
            judge = session.query(Opinion).filter_by(item_id=item, voter="j1").one()
            said = {"project_id": number, "item_id": item, "author_id": world.ids["second"], "content": ""}
            said |= {"act": "decide", "answer": {"choice": "accept"}}
            session.add_all(Decision(place=one.place, **said) for one in marks_of(session.get_one(Item, item), judge))
        statements: list[str] = []
        with world.store.read() as session:
            project = session.get_one(Project, number)
            event.listen(world.store.engine, "before_cursor_execute", lambda *said, to=statements: to.append(said[2]))
            told = precision_of(session, project, world.ids["admin"])
        asked.append(len(statements))
    assert len(told) == MOST + 3
    assert {row["accepted"] for row in told} == {3}
    assert asked[0] == asked[1] == asked[2] == 2
    assert "3 more rows are not shown" in one.get(f"/projects/{number}/agreement").text
    assert len(one.call("GET", f"/api/v1/projects/{number}/agreement").json()["marks"]) == MOST + 3


def test_marks_of_items_that_a_blind_project_hides_do_not_count_for_who_may_not_see_them(world: Any) -> None:
    number, items = essays(world)
    admin = world.visitor("admin")
    mark = admin.call("GET", f"/api/v1/projects/{number}/items/{items[0]}").json()["judged"][0]["marks"][0]["place"]
    with world.store.write() as session:
        decide(session, items[0], world.ids["second"], {"choice": "accept"}, place=mark)
        project = session.get_one(Project, number)
        project.blind = True
    with world.store.write() as session:
        project = session.get_one(Project, number)
        assert precision_of(session, project, world.ids["second"]) == []
        decide(session, items[0], world.ids["second"], {"score": 3.0})
        assert [row["accepted"] for row in precision_of(session, project, world.ids["second"])] == [1]
        assert precision_of(session, project, world.ids["admin"]) == []
