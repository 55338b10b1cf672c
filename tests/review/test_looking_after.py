"""What people do beside deciding: hide and bring back, lock, save views, add webhooks, comment, go on elsewhere."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from psephos.opinions import from_frame
from psephos.review import delivering
from psephos.review.looking_after import MOST_VIEWS
from psephos.review.store.account_tables import Delivery, ResumePoint, SavedView, User, Webhook
from psephos.review.store.audit_log import history, verify
from psephos.review.store.columns import now
from psephos.review.store.deciding import decide
from psephos.review.store.loading import load
from psephos.review.store.people import set_role
from psephos.review.store.projects import create_project
from psephos.review.store.tables import Comment, Item, Project
from tests.review.conftest import XSS


def own(world: Any, rest: str = "", *, api: bool = False) -> str:
    return f"{'/api/v1' if api else ''}/projects/{world.ids['own']}{rest}"


def item_of(world: Any, rest: str = "", *, api: bool = False) -> str:
    return own(world, f"/items/{world.ids['own item']}{rest}", api=api)


@pytest.mark.parametrize("api", [False, True], ids=["page", "api"])
def test_a_hidden_project_is_there_for_nobody_and_comes_back(world: Any, api: bool) -> None:
    manager = world.visitor("manager")
    gone = manager.call("DELETE", own(world, api=True)) if api else manager.form(own(world, "/hide"))
    assert gone.status_code == (200 if api else 303)
    for name in ("manager", "viewer", "admin"):
        assert world.visitor(name).get(own(world)).status_code == 404
        assert world.visitor(name).get(item_of(world, api=True)).status_code == 404
    assert f"/projects/{world.ids['own']}/restore" in manager.get("/projects").text
    assert [one["id"] for one in manager.call("GET", "/api/v1/projects/hidden").json()] == [world.ids["own"]]
    for name in ("viewer", "reviewer", "stranger"):
        assert f"/projects/{world.ids['own']}/restore" not in world.visitor(name).get("/projects").text
        assert world.visitor(name).call("GET", "/api/v1/projects/hidden").json() == []
        refused = world.visitor(name).call("POST", own(world, "/restore", api=True)).status_code
        assert refused == (404 if name == "stranger" else 403)
    path = own(world, "/restore", api=api)
    assert (manager.call("POST", path) if api else manager.form(path)).status_code == (200 if api else 303)
    assert manager.get(own(world)).status_code == 200
    with world.store.read() as session:
        actions = [row["action"] for row in history(session, world.ids["own"], limit=2)]
        assert actions == ["project.restore", "project.delete"]
        assert verify(session, world.ids["own"]).bad is None


def test_after_thirty_days_a_hidden_project_does_not_come_back(world: Any) -> None:
    with world.store.write() as session:
        session.get_one(Project, world.ids["own"]).deleted_at = now() - timedelta(days=30, minutes=1)
    manager = world.visitor("manager")
    assert "restore" not in manager.get("/projects").text
    assert manager.call("POST", own(world, "/restore", api=True)).json()["argument"] == "project"


@pytest.mark.parametrize("api", [False, True], ids=["page", "api"])
def test_a_hidden_item_leaves_the_queue_and_comes_back(world: Any, api: bool) -> None:
    manager = world.visitor("manager")
    before = manager.call("GET", own(world, "/queue", api=True)).json()["total"]
    gone = manager.call("DELETE", item_of(world, api=True)) if api else manager.form(item_of(world, "/hide"))
    assert gone.status_code == (200 if api else 303)
    assert manager.get(item_of(world)).status_code == 404
    assert manager.call("GET", own(world, "/queue", api=True)).json()["total"] == before - 1
    assert [one["id"] for one in manager.call("GET", own(world, "/hidden", api=True)).json()] == [world.ids["own item"]]
    assert f"/items/{world.ids['own item']}/restore" in manager.get(own(world, "/settings")).text
    path = item_of(world, "/restore", api=api)
    assert (manager.call("POST", path) if api else manager.form(path)).status_code == (200 if api else 303)
    assert manager.get(item_of(world)).status_code == 200
    again = manager.call("POST", item_of(world, "/restore", api=True))
    assert (again.status_code, again.json()["argument"]) == (422, "item")


def test_a_hidden_item_of_a_hidden_project_is_not_reached_by_its_door(world: Any) -> None:
    manager = world.visitor("manager")
    manager.form(item_of(world, "/hide"))
    manager.form(own(world, "/hide"))
    assert manager.call("POST", item_of(world, "/restore", api=True)).status_code == 404


def test_a_locked_item_cannot_be_decided_until_it_is_unlocked(world: Any) -> None:
    manager, annotator = world.visitor("manager"), world.visitor("annotator")
    open_item = manager.call("PUT", item_of(world, "/lock", api=True), {"locked": True})
    assert (open_item.status_code, open_item.json()["argument"]) == (422, "item")
    assert annotator.call("POST", item_of(world, "/decisions", api=True), {"answer": {"choice": "cat"}}).is_success
    assert manager.form(item_of(world, "/lock")).status_code == 303
    page = annotator.get(item_of(world)).text
    assert "This item is locked" in page
    assert "/lock" not in page
    refused = annotator.call("POST", item_of(world, "/decisions", api=True), {"answer": {"choice": "dog"}})
    assert refused.status_code == 403
    opened = manager.call("PUT", item_of(world, "/lock", api=True), {"locked": False}).json()
    assert opened["state"] == "decided"
    assert annotator.call("POST", item_of(world, "/decisions", api=True), {"answer": {"choice": "dog"}}).is_success


def test_views_are_saved_from_the_queue_and_shared_or_not(world: Any) -> None:
    one, other = world.visitor("annotator"), world.visitor("reviewer")
    made = one.form(own(world, "/views"), name="Ties", query="?flag=tie", shared="on")
    assert (made.status_code, made.headers["location"]) == (303, own(world, "?flag=tie"))
    one.form(own(world, "/views"), name=XSS[0], query="https://evil.test")
    own_page, other_page = one.get(own(world, "?flag=tie")).text, other.get(own(world)).text
    assert re.search(r'href="/projects/\d+\?flag=tie" aria-current="true"', own_page)
    assert "Ties" in other_page
    assert XSS[0] not in own_page
    assert "evil" not in own_page
    with world.store.read() as session:
        ties = session.query(SavedView).filter_by(name="Ties").one()
    assert f"/views/{ties.id}/remove" in own_page
    assert f"/views/{ties.id}/remove" not in other_page
    assert other.form(own(world, f"/views/{ties.id}/remove")).status_code == 404
    again = one.call("POST", own(world, "/views", api=True), {"name": "Ties", "query": "?state=all"}).json()
    assert (again["id"], again["query"], again["shared"]) == (ties.id, "?state=all", False)
    assert "Ties" not in other.get(own(world)).text
    assert one.form(own(world, f"/views/{ties.id}/remove")).status_code == 303
    assert "Ties" not in one.get(own(world)).text


def test_a_person_has_so_many_views_and_no_longer_ones(world: Any) -> None:
    one, path = world.visitor("annotator"), own(world, "/views", api=True)
    for number in range(MOST_VIEWS - 1):  # the world comes with one
        assert one.call("POST", path, {"name": f"view {number}", "query": ""}).status_code == 201
    full = one.call("POST", path, {"name": "one more", "query": ""})
    assert (full.status_code, full.json()["argument"]) == (422, "view")
    assert "100" in full.json()["problem"]
    assert one.form(own(world, "/views"), name="one more", query="?flag=tie").status_code == 422
    assert one.call("POST", path, {"name": "view 0", "query": "?flag=tie"}).status_code == 201
    assert world.visitor("reviewer").call("POST", path, {"name": "another person", "query": ""}).status_code == 201
    for fields, argument in (
        ({"name": "x" * 101}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "a\0"}, "name"),
        ({"name": "view 1", "query": "?search=" + "x" * 2000}, "query"),
    ):
        refused = one.form(own(world, "/views"), **fields)
        assert refused.status_code == 422
        assert f"{argument}: " in refused.text
    assert "may have 2,000 characters, got 2,008" in refused.text
    assert len(one.call("GET", path).json()) == MOST_VIEWS


def test_a_webhook_is_added_tested_and_removed_on_the_page(make_world: Any) -> None:
    world = make_world(private_addresses=True)
    manager = world.visitor("manager")
    added = manager.form(own(world, "/webhooks"), url="http://127.0.0.1:9/hook", events=["comment", "export"])
    assert added.status_code == 200
    with world.store.read() as session:
        hook = session.query(Webhook).filter_by(url="http://127.0.0.1:9/hook").one()
    assert (hook.events, hook.secret in added.text) == (["comment", "export"], True)
    assert hook.secret not in manager.get(own(world, "/settings")).text
    assert manager.form(own(world, f"/webhooks/{hook.id}/test")).status_code == 303
    delivering.deliver(world.app.server)
    listed = manager.call("GET", own(world, "/webhooks", api=True)).json()
    sent = next(one for one in listed if one["id"] == hook.id)["deliveries"]
    assert [(one["event"], one["status"], one["attempts"]) for one in sent] == [("test", "waiting", 1)]
    assert "no answer" in manager.get(own(world, "/settings")).text
    assert manager.form(own(world, f"/webhooks/{hook.id}/remove")).status_code == 303
    with world.store.read() as session:
        left = session.query(Delivery).filter_by(webhook_id=hook.id).one()
        assert left.status == "given up"
        actions = [row["action"] for row in history(session, world.ids["own"], limit=3)]
    assert actions == ["webhook.remove", "webhook.test", "webhook.add"]
    assert hook.url not in manager.get(own(world, "/settings")).text
    assert manager.form(own(world, f"/webhooks/{hook.id}/test")).status_code == 404
    assert delivering.deliver(world.app.server) == 0


@pytest.mark.parametrize(
    ("fields", "argument"),
    [
        ({"url": "https://127.0.0.1/x", "events": ["comment"]}, "address"),
        ({"url": "https://8.8.8.8/x", "events": ["all"]}, "events"),
        ({"url": "https://8.8.8.8/x"}, "events"),
    ],
)
def test_a_webhook_that_cannot_be_is_refused(world: Any, fields: dict[str, Any], argument: str) -> None:
    got = world.visitor("manager").form(own(world, "/webhooks"), **fields)
    assert got.status_code == 422
    assert argument in got.text


def test_a_comment_is_dealt_with_by_anybody_and_taken_back_by_its_author(world: Any) -> None:
    author, other = world.visitor("annotator"), world.visitor("reviewer")
    made = author.call("POST", item_of(world, "/comments", api=True), {"body": "Look again."}).json()["id"]
    assert other.form(item_of(world, f"/comments/{made}/resolve")).status_code == 303
    assert "dealt with" in author.get(item_of(world)).text
    assert f"/comments/{made}/remove" not in other.get(item_of(world)).text
    refused = other.call("DELETE", item_of(world, f"/comments/{made}", api=True))
    assert (refused.status_code, refused.json()["argument"]) == (403, "comment")
    opened = author.call("PUT", item_of(world, f"/comments/{made}", api=True), {"resolved": False})
    assert opened.json() == {"id": made, "resolved": False}
    assert author.form(item_of(world, f"/comments/{made}/remove")).status_code == 303
    assert "Look again." not in author.get(item_of(world)).text
    assert author.call("DELETE", item_of(world, f"/comments/{made}", api=True)).status_code == 404
    with world.store.read() as session:
        assert session.get_one(Comment, made).body == "Look again."
        assert verify(session, world.ids["own"]).bad is None


def test_a_comment_that_a_blind_project_hides_is_not_found(world: Any) -> None:
    with world.store.write() as session:
        session.get_one(Project, world.ids["own"]).blind = True
        elsewhere = session.query(Item).filter(Item.project_id == world.ids["own"], Item.id != world.ids["own item"])
        other = elsewhere.first().id
    path = f"/comments/{world.ids['own comment']}"
    one = world.visitor("annotator")
    assert one.call("PUT", item_of(world, path, api=True), {"resolved": True}).status_code == 404
    seen = one.call("PUT", own(world, f"/items/{other}{path}", api=True), {"resolved": True})
    assert seen.status_code == 404
    one.call("POST", item_of(world, "/decisions", api=True), {"answer": {"choice": "cat"}})
    assert one.call("PUT", item_of(world, path, api=True), {"resolved": True}).status_code == 200


def test_whoever_stopped_in_an_item_goes_on_there_anywhere(world: Any) -> None:
    one, other = world.visitor("annotator"), world.visitor("second")
    assert one.call("GET", item_of(world, api=True)).json()["resume"] is None
    for place in (3, 7):
        kept = one.call("PUT", item_of(world, "/place", api=True), {"place": place, "seconds": 12.5})
        assert kept.json() == {"place": place, "seconds": 12.5}
    assert one.call("GET", item_of(world, api=True)).json()["resume"] == {"place": 7, "seconds": 12.5}
    assert other.call("GET", item_of(world, api=True)).json()["resume"] is None
    assert "Go on where you stopped" in one.get(own(world)).text
    assert "Go on where you stopped" not in other.get(own(world)).text
    assert one.call("POST", item_of(world, "/decisions", api=True), {"answer": {"choice": "cat"}}).is_success
    assert one.call("GET", item_of(world, api=True)).json()["resume"] is None
    assert "Go on where you stopped" not in one.get(own(world)).text
    one.call("PUT", item_of(world, "/place", api=True), {"place": 2})
    assert one.call("PUT", item_of(world, "/place", api=True), {}).json() == {"place": None, "seconds": None}
    with world.store.read() as session:
        assert session.query(ResumePoint).count() == 0


@pytest.mark.parametrize("body", [{"place": 0}, {"seconds": -1}, {"seconds": 1e10}, {"place": "x"}, {"other": 1}])
def test_a_place_that_cannot_be_is_refused(world: Any, body: dict[str, Any]) -> None:
    assert world.visitor("viewer").call("PUT", item_of(world, "/place", api=True), body).status_code == 422


@pytest.fixture
def dispute(world: Any) -> str:
    """An item of which two people said different things."""
    with world.store.write() as session:
        session.get_one(Project, world.ids["own"]).overlap = 2
    for name, said in (("annotator", "cat"), ("second", "dog")):
        path = item_of(world, "/decisions", api=True)
        assert world.visitor(name).call("POST", path, {"answer": {"choice": said}, "seconds": 4.0}).is_success
    return item_of(world)


def test_several_answers_can_be_acceptable_from_the_form(world: Any, dispute: str) -> None:
    one = world.visitor("reviewer")
    page = one.get(dispute).text
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version is not None
    assert page.count('type="checkbox" name="both"') == 2
    few = one.form(f"{dispute}/decide", version=version[1], both=["1"])
    assert few.status_code == 422
    done = one.form(f"{dispute}/decide", version=version[1], both=["1", "2"])
    assert done.status_code == 303
    with world.store.read() as session:
        final = session.get_one(Item, world.ids["own item"]).final
    assert final is not None
    assert (sorted(final["both"]), final["shares"]) == (["cat", "dog"], {"cat": 0.5, "dog": 0.5})


def test_an_administrator_who_answered_says_why_and_nobody_else_who_did_may_settle(world: Any, dispute: str) -> None:
    with world.store.write() as session:
        session.get_one(User, world.ids["second"]).admin = True
        set_role(
            session,
            session.get_one(Project, world.ids["own"]),
            session.get_one(User, world.ids["annotator"]),
            "reviewer",
            actor=world.ids["admin"],
        )
    page = world.visitor("annotator").get(dispute).text
    assert "somebody else has to settle it" in page
    assert 'name="override"' not in page
    assert 'name="override"' not in world.visitor("reviewer").get(dispute).text
    one = world.visitor("second")
    page = one.get(dispute).text
    assert re.search(r'<textarea id="override" name="override" form="take" required', page)
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version is not None
    offered = [entry["text"] for entry in one.call("GET", f"/api/v1{dispute}").json()["candidates"]]
    other, own_answer = (str(offered.index(text) + 1) for text in ("cat", "dog"))
    assert one.form(f"{dispute}/decide", version=version[1], number=other).status_code == 403
    why = "Nobody else is here this week."
    assert one.form(f"{dispute}/decide", version=version[1], number=own_answer, override=why).status_code == 303
    with world.store.read() as session:
        rows = history(session, world.ids["own"], action="adjudication.override")
        assert [(row["actor"], row["after"]) for row in rows] == [(world.ids["second"], {"note": why})]
        assert session.get_one(Item, world.ids["own item"]).state == "adjudicated"
    assert why in world.visitor("manager").get(own(world, "/history?action=adjudication.override")).text


def test_the_numbers_of_two_people_lead_to_exactly_their_items(world: Any, dispute: str) -> None:
    one = world.visitor("reviewer")
    pair = f"/agreement?left={world.ids['annotator']}&right={world.ids['second']}"
    page = one.get(own(world, pair)).text
    assert 'said=cat&amp;other=dog">1</a>' in page
    assert "item-00" in one.get(own(world, f"{pair}&said=cat&other=dog")).text
    assert "item-00" not in one.get(own(world, f"{pair}&said=dog&other=cat")).text.split("Over all people")[0]


def test_progress_is_told_by_person_and_day(world: Any, dispute: str) -> None:
    rows = world.visitor("reviewer").call("GET", own(world, "/progress", api=True)).json()
    today = now().date().isoformat()
    assert sorted(
        (row["name"], row["day"], row["answered"], row["skipped"], row["median_seconds"]) for row in rows
    ) == [
        ("Annotator", today, 1, 0, 4.0),
        ("Second", today, 1, 0, 4.0),
    ]
    page = world.visitor("reviewer").get(own(world, "/agreement")).text
    assert "Day by day" in page
    assert page.count(today) >= 2
    assert world.visitor("annotator").call("GET", own(world, "/progress", api=True)).status_code == 403


def test_my_items_can_be_narrowed_to_those_that_differ(world: Any, dispute: str) -> None:
    reviewer, second = world.visitor("reviewer"), world.visitor("second")
    body = {"answer": {"choice": "cat"}, "note": "It has whiskers."}
    assert reviewer.call("POST", item_of(world, "/decisions", api=True), body).is_success
    page = second.get(own(world, "/mine?differs=true")).text
    assert "item-00" in page
    assert "It has whiskers." in page
    assert "Nothing differs" in world.visitor("annotator").get(own(world, "/mine?differs=true")).text
    assert json.loads(second.call("GET", own(world, "/mine?differs=true", api=True)).text)[0]["final"] == "cat"


def test_scores_of_people_are_compared_as_numbers(world: Any) -> None:
    """Two people one step apart on a scale of five agree nearly fully; as labels they would not at all."""
    rows = [(f"essay {n}", voter, float(n)) for n in range(5) for voter in ("m1", "m2")]
    votes = from_frame(pl.DataFrame(rows, schema=["item", "voter", "score"], orient="row"), kind="scores")
    with world.store.write() as session:
        project = create_project(session, "essays", actor=world.ids["admin"], overlap=2, spread=2.0)
        load(session, project, votes, actor=world.ids["admin"])
        for one in session.query(Item).filter_by(project_id=project.id):
            for who, more in (("annotator", 0.0), ("second", 0.5)):
                decide(session, one.id, world.ids[who], {"score": one.place + more}, seconds=1)
        number = project.id
    found = world.visitor("admin").call("GET", f"/api/v1/projects/{number}/agreement").json()
    alpha = next(row["value"] for row in found["coefficients"] if "alpha" in row["name"])
    assert found["kinds"] == ["scores"]
    assert alpha > 0.9
    assert world.visitor("admin").get(f"/projects/{number}/agreement").status_code == 200
