"""Parts of pages that a script asks for, each on its own."""

from __future__ import annotations

import polars as pl
import pytest

from psephos.opinions import from_frame
from psephos.review.store.account_tables import User
from psephos.review.store.deciding import decide
from psephos.review.store.loading import load
from psephos.review.store.people import set_role
from psephos.review.store.projects import create_project
from psephos.review.store.tables import Decision, Item
from tests.review.conftest import World


@pytest.mark.parametrize("part", ["work", "strip", ""])
def test_a_part_of_an_item_stands_on_its_own(world: World, part: str) -> None:
    visitor = world.visitor("annotator")
    path = f"/projects/{world.ids['own']}/items/{world.ids['own item']}"
    answer = visitor.client.get(path, headers={"x-psephos-part": part} if part else {})
    assert answer.status_code == 200
    assert ("<html" in answer.text) == (part == "")
    assert "item-0" in answer.text


@pytest.fixture
def transcripts(world: World) -> tuple[int, int]:
    """A blind project of one transcript that two people are to decide, and its item."""
    words = ["fifty", "mg", "daily"]
    rows = [(f"voter-{voter}", place, word) for voter in range(3) for place, word in enumerate(words)]
    frame = pl.DataFrame(rows, schema=["voter", "position", "token"], orient="row").with_columns(item=pl.lit("clip"))
    with world.store.write() as session:
        project = create_project(session, "heard", actor=world.ids["admin"], overlap=2, blind=True, audit_share=0.0)
        load(session, project, from_frame(frame, kind="transcripts"), actor=world.ids["admin"])
        for name, role in (("annotator", "annotator"), ("second", "annotator"), ("reviewer", "reviewer")):
            set_role(session, project, session.get_one(User, world.ids[name]), role, actor=world.ids["admin"])
        return project.id, session.query(Item.id).filter_by(project_id=project.id).scalar() or 0


def test_a_blind_transcript_shows_nothing_of_recognisers_before_the_decision(
    world: World, transcripts: tuple[int, int]
) -> None:
    project, item = transcripts
    page = world.visitor("annotator").client.get(f"/projects/{project}/items/{item}").text
    api = world.visitor("annotator").client.get(f"/api/v1/projects/{project}/items/{item}").text
    for said in (page, api):
        assert "fifty" not in said
        assert "voter-0" not in said
    assert "<token-grid" not in page


def test_a_disputed_transcript_shows_both_texts_without_names(world: World, transcripts: tuple[int, int]) -> None:
    project, item = transcripts
    with world.store.write() as session:
        decide(session, item, world.ids["annotator"], {"own": "fifteen"}, place=1)
        decide(session, item, world.ids["annotator"], {"text": "fifteen mg daily"})
        decide(session, item, world.ids["second"], {"text": "fifty mg nightly"})
        assert session.get_one(Item, item).state == "disputed"
    reviewer = world.visitor("reviewer")
    page = reviewer.client.get(f"/projects/{project}/items/{item}").text
    assert "fifteen mg daily" in page
    assert "fifty mg nightly" in page
    assert "Second" not in page
    answer = reviewer.call(
        "POST", f"/api/v1/projects/{project}/items/{item}/decisions", {"answer": {"text": "fifty mg daily"}}
    )
    assert answer.status_code == 201
    assert answer.json()["state"] == "adjudicated"


@pytest.mark.parametrize(
    ("body", "argument"),
    [
        ({"answer": {"joined": True}}, "answer"),
        ({"answer": {"joined": True}, "place": 0}, "place"),
        ({"answer": {"joined": True, "own": "x"}, "place": 1}, "answer"),
        ({"answer": {"own": "x"}, "place": 1, "batch": "not an id"}, "batch"),
    ],
    ids=["joined-whole", "place-0", "two-answers", "batch"],
)
def test_what_cannot_be_said_of_a_word_is_refused(
    world: World, transcripts: tuple[int, int], body: dict[str, object], argument: str
) -> None:
    project, item = transcripts
    answer = world.visitor("annotator").call("POST", f"/api/v1/projects/{project}/items/{item}/decisions", body)
    assert answer.status_code == 422
    assert argument in answer.text
    with world.store.read() as session:
        assert session.query(Decision).filter_by(item_id=item).count() == 0
