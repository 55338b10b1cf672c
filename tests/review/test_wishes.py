"""What users of other tools ask for, and where it is tested here: sheet 90 section 2, row by row.

A row names its tests; the first test below fails where one of them is not there. What no other file tests is tested
here. Rows of the arena are not the review's: leaking names, votes while an answer streams, ratings of thumbs.
"""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import select

from psephos.errors import InputError
from psephos.opinions import from_frame
from psephos.opinions import labels as votes
from psephos.opinions import samples as drafts
from psephos.review.accounts import links
from psephos.review.accounts.people import local_user
from psephos.review.keys import BINDINGS
from psephos.review.store.columns import now
from psephos.review.store.loading import load
from psephos.review.store.projects import KEPT, create_project, delete_project, restore_project
from psephos.review.store.queue import page as page_of
from psephos.review.store.tables import Decision, Item, Project
from tests.review.conftest import World, labels
from tests.waiting import PATIENCE, until

HERE = Path(__file__).parent
SOUND, WORDS, PAGES = "test_transcripts_browser.py", "test_words.py", "test_browser.py"
JUDGES = "test_judging.py"
STORE, LOADING, API, OWN = "store/test_deciding.py", "store/test_loading.py", "test_api.py", "test_wishes.py"

WISHES = {
    "the-next-place-plays-by-itself": f"{SOUND}::test_a_span_plays_with_its_context_and_stops_or_repeats",
    "what-is-selected-is-inside-the-window": f"{SOUND}::test_twenty_spans_are_reviewed_by_keyboard_alone",
    "a-decision-goes-on-to-the-next": f"{PAGES}::test_twenty_items_are_reviewed_by_keyboard_alone",
    "every-key-is-ones-own": f"{PAGES}::test_keys_are_changed_switched_off_and_listed_as_they_are",
    "shortcuts-do-not-die": f"{SOUND}::test_many_items_leave_keys_alive_and_little_memory",
    "no-key-of-the-browser": f"{OWN}::test_no_command_has_a_key_of_the_browser",
    "the-help-lists-what-works": f"{OWN}::test_help_settings_and_documentation_list_the_same_keys",
    "disagreements-are-stepped-through": f"{SOUND}::test_a_span_plays_with_its_context_and_stops_or_repeats",
    "a-number-leads-to-its-items": f"{OWN}::test_every_number_of_two_people_leads_to_exactly_their_items",
    "who-agrees-is-no-conflict": f"{STORE}::test_agreeing_people_are_no_dispute",
    "agreement-of-all-and-of-pairs": f"{OWN}::test_agreement_is_told_of_all_and_of_pairs_with_number_and_interval",
    "new-evidence-destroys-nothing": f"{LOADING}::test_new_evidence_marks_a_decision_and_leaves_it",
    "one-mark-is-corrected-alone": f"{STORE}::test_a_reviewer_supersedes_one_decision_under_the_own_name",
    "who-was-corrected-sees-how": f"{OWN}::test_my_items_say_what_became_of_them",
    "the-author-is-who-pressed-the-key": f"{STORE}::test_a_decision_settles_an_item_and_keeps_its_author",
    "adopted-is-said-beside-the-author": f"{SOUND}::test_twenty_spans_are_reviewed_by_keyboard_alone",
    "blindness-is-the-servers": f"{API}::test_who_has_yet_to_decide_sees_nothing_of_others_anywhere",
    "what-is-settled-stays-closed": f"{OWN}::test_a_settled_dispute_stays_closed_until_there_is_new_evidence",
    "nobody-settles-the-own-dispute": f"{STORE}::test_a_dispute_is_settled_by_somebody_else",
    "no-one-too-many": f"{STORE}::test_the_one_too_many_is_refused",
    "no-one-too-many-at-once": f"{STORE}::test_many_at_once_race_for_one_item_and_one_gets_it",
    "progress-by-person-and-day": "test_looking_after.py::test_progress_is_told_by_person_and_day",
    "who-did-what-when-from-to": f"{OWN}::test_the_log_says_who_what_when_from_and_to_and_leads_there",
    "what-is-deleted-comes-back": f"{OWN}::test_what_is_deleted_comes_back_for_thirty_days",
    "time-is-time-at-work": f"{OWN}::test_time_counts_while_somebody_works_and_not_otherwise",
    "decisions-survive-to-the-next-run": f"{LOADING}::test_a_decision_is_offered_again_where_the_same_content_returns",
    "what-a-model-said-is-shown-whole": f"{OWN}::test_what_a_model_said_is_shown_whole_beside_what_was_read_from_it",
    "a-comment-and-an-answer-with-a-reason": f"{API}::test_a_dispute_is_settled_without_names_by_somebody_else",
    "a-judges-score-is-overridden": f"{JUDGES}::test_a_score_is_put_in_the_place_of_a_judges_with_a_reason",
    "a-judges-marks-are-judged": f"{JUDGES}::test_each_mark_is_accepted_or_rejected_and_the_item_stays_open",
    "going-on-steps-back-a-little": f"{SOUND}::test_going_on_steps_back_and_the_place_is_remembered",
    "again-and-slower": f"{SOUND}::test_a_span_plays_with_its_context_and_stops_or_repeats",
    "go-to-a-time-and-to-where-i-left": f"{SOUND}::test_going_on_steps_back_and_the_place_is_remembered",
}
"""A wish of the table, and the test that would fail if it were not granted."""


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((HERE / file).read_text(encoding="utf-8"))
    return frozenset(one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))


@pytest.mark.parametrize("wish", WISHES)
def test_sheet90_each_wish_has_its_test(wish: str) -> None:
    file, _, name = WISHES[wish].partition("::")
    assert name in names_in(file)


def test_no_command_has_a_key_of_the_browser() -> None:
    """Alt and an arrow go back, Control and a letter close and print: none of these can be bound, by us or a user."""
    for one in BINDINGS:
        assert not re.search(r"Alt|Control|Ctrl|Meta|Arrow|Tab|F\d", one.key), one.command


def test_help_settings_and_documentation_list_the_same_keys(world: World) -> None:
    visitor = world.visitor("annotator")
    told = {row["command"]: row["key"] for row in visitor.call("GET", "/api/v1/keys").json()}
    assert told == {one.command: one.key for one in BINDINGS}
    settings = visitor.get("/account").text
    assert set(re.findall(r'id="key-(\w+)"', settings)) - {"form", "problem"} == set(told)
    page = visitor.get(f"/projects/{world.ids['own']}/items/{world.ids['own item']}").text
    assert set(re.findall(r'data-command-row="(\w+)"', page)) <= set(told)
    documented = (HERE.parents[1] / "docs" / "review.md").read_text(encoding="utf-8")
    assert "from psephos.review.keys import BINDINGS" in documented


@pytest.fixture
def both(world: World) -> tuple[World, list[int]]:
    """A project in which two people answer; they agree on three items of six."""
    with world.store.write() as session:
        session.get_one(Project, world.ids["own"]).overlap = 2
    one, other = world.visitor("annotator"), world.visitor("second")
    items = [row["id"] for row in one.call("GET", f"/api/v1/projects/{world.ids['own']}/queue").json()["items"][:6]]
    for place, item in enumerate(items):
        for who, choice in ((one, "cat"), (other, "cat" if place < 3 else "dog")):
            body = {"answer": {"choice": choice}, "seconds": 3.0 + place}
            path = f"/api/v1/projects/{world.ids['own']}/items/{item}/decisions"
            assert who.call("POST", path, body).status_code == 201
    return world, items


def test_every_number_of_two_people_leads_to_exactly_their_items(both: tuple[World, list[int]]) -> None:
    world, items = both
    one = world.visitor("reviewer")
    page = one.get(f"/projects/{world.ids['own']}/agreement").text
    numbers = re.findall(r'<a href="\?left=([^"&]+)&amp;right=([^"]+)">([\d,]+)</a>', page)
    assert [int(number) for _, _, number in numbers] == [len(items)]
    left, right, _ = numbers[0]
    behind = one.get(f"/projects/{world.ids['own']}/agreement?left={left}&right={right}").text
    rows = re.findall(rf'<th scope="row"><a href="/projects/{world.ids["own"]}/items/(\d+)">', behind)
    assert sorted(map(int, rows)) == sorted(items)
    assert set(map(int, rows[:3])) == set(items[3:]), "those first on which they differ"


def test_agreement_is_told_of_all_and_of_pairs_with_number_and_interval(both: tuple[World, list[int]]) -> None:
    world, items = both
    found = world.visitor("reviewer").call("GET", f"/api/v1/projects/{world.ids['own']}/agreement").json()
    assert found["shared"] == len(items)
    (pair,) = found["pairs"]
    assert pair["items"] == len(items)
    assert pair["agreement"] == 0.5
    assert 0 <= pair["low"] < 0.5 < pair["high"] <= 1
    alpha = next(row for row in found["coefficients"] if "alpha" in row["name"].lower())
    assert alpha["low"] <= alpha["value"] <= alpha["high"]
    # Krippendorff's alpha by hand: 12 answers, 9 of one kind, 3 of the other: D_o = 3/6, D_e = 2*9*3/(12*11).
    assert alpha["value"] == pytest.approx(1 - 0.5 / (54 / 132))


def test_my_items_say_what_became_of_them(both: tuple[World, list[int]]) -> None:
    world, items = both
    reviewer, one = world.visitor("reviewer"), world.visitor("annotator")
    path = f"/api/v1/projects/{world.ids['own']}"
    body = {"answer": {"choice": "dog"}, "note": "it barks"}
    assert reviewer.call("POST", f"{path}/items/{items[3]}/decisions", body).status_code == 201
    rows = {row["item"]: row for row in one.call("GET", f"{path}/mine").json()}
    assert set(rows) == set(items)
    row = rows[items[3]]
    assert (row["own"], row["final"], row["reason"], row["differs"]) == ("cat", "dog", "it barks", True)
    assert not rows[items[0]]["differs"]
    assert [row["item"] for row in one.call("GET", f"{path}/mine?differs=true").json()] == [items[3]]


def test_a_settled_dispute_stays_closed_until_there_is_new_evidence(both: tuple[World, list[int]]) -> None:
    world, items = both
    path = f"/api/v1/projects/{world.ids['own']}"
    reviewer = world.visitor("reviewer")
    disputed = [row["id"] for row in reviewer.call("GET", f"{path}/queue?state=disputed").json()["items"]]
    assert sorted(disputed) == sorted(items[3:])
    body = {"answer": {"choice": "dog"}, "note": "seen"}
    assert reviewer.call("POST", f"{path}/items/{items[3]}/decisions", body).status_code == 201
    late = world.visitor("second").call("POST", f"{path}/items/{items[3]}/decisions", {"answer": {"choice": "cat"}})
    assert late.status_code == 403
    again = [row["id"] for row in reviewer.call("GET", f"{path}/queue?state=disputed").json()["items"]]
    assert sorted(again) == sorted(items[4:])
    with world.store.write() as session:
        project = session.get_one(Project, world.ids["own"])
        name = session.get_one(Item, items[3]).name
        load(session, project, votes([name] * 9, list("abcdefghi"), ["cat"] * 9), actor=world.ids["admin"])
    with world.store.read() as session:
        project = session.get_one(Project, world.ids["own"])
        older = page_of(session, project, filters={"older_evidence": True}, user_id=world.ids["reviewer"])
        assert items[3] in [one.id for one in older.items]
        item = session.get_one(Item, items[3])
        assert (item.state, item.final) == ("adjudicated", {"choice": "dog"}), "it is marked, not opened or changed"


def test_the_log_says_who_what_when_from_and_to_and_leads_there(both: tuple[World, list[int]]) -> None:
    world, items = both
    path = f"/api/v1/projects/{world.ids['own']}"
    body = {"answer": {"choice": "bird"}}
    assert world.visitor("annotator").call("POST", f"{path}/items/{items[0]}/decisions", body).status_code == 201
    manager = world.visitor("manager")
    row = manager.call("GET", f"{path}/history?object=item:{items[0]}").json()[0]
    assert row["actor"] == world.ids["annotator"]
    assert row["action"] == "decision.supersede"
    assert row["object"] == f"item:{items[0]}"
    assert "cat" in str(row["before"])
    assert "bird" in str(row["after"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", row["at"])
    page = manager.get(f"/projects/{world.ids['own']}/history").text
    assert f'href="/projects/{world.ids["own"]}/items/{items[0]}"' in page


def test_what_is_deleted_comes_back_for_thirty_days(world: World) -> None:
    assert timedelta(days=30) == KEPT
    own, actor = world.ids["own"], world.ids["admin"]
    with world.store.write() as session:
        delete_project(session, session.get_one(Project, own), actor=actor)
    assert world.visitor("manager").get(f"/projects/{own}").status_code == 404
    with world.store.write() as session:
        restore_project(session, session.get_one(Project, own), actor=actor)
    assert world.visitor("manager").get(f"/projects/{own}").status_code == 200
    with world.store.write() as session:
        project = session.get_one(Project, own)
        delete_project(session, project, actor=actor)
        project.deleted_at = now() - KEPT - timedelta(minutes=1)
        with pytest.raises(InputError):
            restore_project(session, project, actor=actor)


def test_what_a_model_said_is_shown_whole_beside_what_was_read_from_it(world: World) -> None:
    about = {"items": pl.DataFrame({"item": ["q"], "prompt": ["How much is <b>2 + 2</b>?"]})}
    said = ["Two and two <i>are</i> 4, so: 4", "I think 5"]
    frame = drafts(["q"] * 2, ["m", "n"], [0, 0], ["4", "5"], text=said, cost=[0.25, 0.5], about=about)
    with world.store.write() as session:
        project = create_project(session, "answers", actor=world.ids["admin"], audit_share=0.0)
        load(session, project, frame, actor=world.ids["admin"])
        number, item = project.id, session.scalar(select(Item.id).where(Item.project_id == project.id))
    seen = world.visitor("admin").call("GET", f"/api/v1/projects/{number}/items/{item}").json()
    assert seen["asked"] == [["prompt", "How much is <b>2 + 2</b>?"]]
    whole = {one["voter"]: "".join(part for what, part in one["parts"] if what != "less") for one in seen["answers"]}
    assert whole == {"m": said[0], "n": said[1]}
    assert {one["voter"]: one["cluster"] for one in seen["answers"]} == {"m": "4", "n": "5"}
    assert {one["voter"]: one["facts"] for one in seen["answers"]} == {"m": [["cost", "0.25"]], "n": [["cost", "0.5"]]}


def test_time_counts_while_somebody_works_and_not_otherwise(chromium: Any, serve: Any) -> None:
    """Ten seconds with signs of life, then an hour away from the table: what is noted is between ten and 75 seconds."""
    running = serve()
    with running.world.store.write() as session:
        local_user(session)
        text = links.make(session, running.world.app.server.settings, "local", now())
        project = create_project(session, "timed", actor=running.world.ids["admin"], audit_share=0.0)
        load(session, project, from_frame(labels(items=3), kind="labels"), actor=running.world.ids["admin"])
        number = project.id
        item = session.scalar(select(Item.id).where(Item.project_id == number).order_by(Item.value.desc(), Item.id))
    context = chromium.new_context()
    context.set_default_timeout(1000 * PATIENCE)
    page = context.new_page()
    page.clock.install(time=1000)
    page.clock.pause_at(1001)  # what the machine takes does not count
    page.goto(f"{running.url}/enter?token={text}")
    page.goto(f"{running.url}/projects/{number}/items/{item}")
    page.locator("html[data-ready]").wait_for()
    for _ in range(10):
        page.keyboard.press("Shift")
        page.clock.run_for(1000)
    page.clock.run_for(3_600_000)
    page.keyboard.press("a")

    def kept() -> Decision | None:
        with running.world.store.read() as session:
            return session.scalar(select(Decision).where(Decision.project_id == number))

    made = until(kept, page)
    context.close()
    assert made is not None
    assert 10 <= made.seconds <= 75
