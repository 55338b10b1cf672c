"""The API: what a page can do, a program can; conflicts, blindness, races, hostile files."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from psephos.review.accounts import api_tokens
from psephos.review.app import all_routers
from psephos.review.store.audit_log import verify
from psephos.review.store.columns import now
from psephos.review.store.tables import Decision, Item, Opinion, Project
from tests.review.conftest import XSS, on_both
from tests.waiting import until


def base(world: Any, item: str = "") -> str:
    return f"/api/v1/projects/{world.ids['own']}" + (f"/items/{item}" if item else "")


@pytest.fixture
def item(world: Any) -> str:
    return str(world.ids["own item"])


def test_the_description_names_every_route_of_the_api(world: Any) -> None:
    paths = world.visitor("viewer").call("GET", "/api/v1/openapi.json").json()["paths"]
    routes = {
        (r.path, m.lower()) for a in all_routers() for r in a.routes for m in r.methods if r.name.startswith("api.")
    }
    assert {(path, method) for path, methods in paths.items() for method in methods} == routes


@on_both
def test_a_decision_settles_and_can_be_undone_and_done_again(world: Any, item: str) -> None:
    one = world.visitor("annotator")
    seen = one.call("GET", base(world, item)).json()
    body = {"answer": seen["candidates"][0]["answer"], "version": seen["version"], "note": "clear", "seconds": 2.5}
    made = one.call("POST", base(world, f"{item}/decisions"), body)
    assert (made.status_code, made.json()["state"]) == (201, "decided")
    undone = {"item": int(item), "state": "new", "count": 1, "place": None}
    assert one.call("POST", base(world) + "/undo").json() == undone
    assert one.call("POST", base(world) + "/redo").json()["state"] == "decided"
    assert one.call("POST", base(world) + "/redo").json()["item"] is None
    with world.store.read() as session:
        assert session.query(Decision).count() == 3
        assert verify(session, world.ids["own"]).bad is None


@on_both
def test_the_same_request_twice_is_one_decision(world: Any, item: str) -> None:
    one = world.visitor("annotator")
    version = one.call("GET", base(world, item)).json()["version"]
    body = {"answer": {"choice": "cat"}, "version": version}
    first, second = (one.call("POST", base(world, f"{item}/decisions"), body) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]


@on_both
def test_a_version_that_has_passed_is_told_with_both_numbers(world: Any, item: str) -> None:
    one, other = world.visitor("reviewer"), world.visitor("annotator")
    version = one.call("GET", base(world, item)).json()["version"]
    other.call("POST", base(world, f"{item}/decisions"), {"answer": {"choice": "cat"}, "version": version})
    got = one.call("POST", base(world, f"{item}/decisions"), {"answer": {"choice": "dog"}, "version": version})
    assert got.status_code == 409
    assert (got.json()["seen"], got.json()["present"]) == (version, version + 1)


@on_both
def test_of_many_at_once_one_decides_an_item(world: Any, item: str) -> None:
    names = ["annotator", "reviewer", "manager", "second"]
    visitors = {name: world.visitor(name) for name in names}
    codes: dict[str, int] = {}

    def press(name: str) -> None:
        body = {"answer": {"choice": name}, "version": 1}
        codes[name] = visitors[name].call("POST", base(world, f"{item}/decisions"), body).status_code

    with world.store.write() as session:
        session.get_one(Item, int(item)).version = 1
    threads = [threading.Thread(target=press, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes.values()) == [201, 409, 409, 409]


@on_both
def test_the_place_of_an_item_is_taken_once(world: Any, item: str) -> None:
    one, other = world.visitor("annotator"), world.visitor("second")
    assert one.call("POST", base(world, f"{item}/reservation"), {}).status_code == 200
    got = other.call("POST", base(world, f"{item}/reservation"), {})
    assert got.status_code == 409
    assert other.call("GET", base(world, item)).json()["others"] == ["Annotator"]
    one.call("DELETE", base(world, f"{item}/reservation"))
    assert other.call("POST", base(world, f"{item}/reservation"), {}).status_code == 200


def blind(world: Any, **rules: Any) -> None:
    with world.store.write() as session:
        project = session.get_one(Project, world.ids["own"])
        for name, value in ({"blind": True, "overlap": 2} | rules).items():
            setattr(project, name, value)


@on_both
def test_who_has_yet_to_decide_sees_nothing_of_others_anywhere(world: Any, item: str) -> None:
    """Every answer of API and pages is searched for the names of voters and for what somebody else decided."""
    blind(world)
    with world.store.write() as session:
        for opinion in session.query(Opinion).join(Item).filter(Item.project_id == world.ids["own"]):
            opinion.voter = f"secret-{opinion.voter}"
    other = world.visitor("second")
    body = {"answer": {"own": "secret-answer"}, "note": "secret-note"}
    assert other.call("POST", base(world, f"{item}/decisions"), body).status_code == 201
    assert other.call("POST", base(world, f"{item}/comments"), {"body": "secret-remark"}).status_code == 201
    one = world.visitor("annotator")
    project = world.ids["own"]
    paths = [
        base(world, item),
        base(world, f"{item}/why"),
        base(world, f"{item}/history"),
        base(world, f"{item}/comments"),
    ]
    paths += [base(world) + part for part in ("", "/queue?state=all", "/risk", "/mine", "/views")]
    paths += [
        f"/projects/{project}{part}" for part in ("", f"/items/{item}", "/risk", "/mine", "?state=all&order=risk")
    ]
    for path in paths:
        got = one.get(path) if path.startswith("/projects") else one.call("GET", path)
        assert got.status_code == 200, path
        assert "secret" not in got.text, path
    row = next(
        row for row in one.call("GET", base(world) + "/queue?state=all").json()["items"] if row["id"] == int(item)
    )
    assert {row[name] for name in ("choice", "certainty", "margin", "votes", "support", "risk")} == {None}
    for query in ("search=cat", "flag=tie", "at_least=0.5", "at_most=0.5"):
        assert one.call("GET", base(world) + f"/queue?{query}").status_code == 403
    assert one.call("POST", base(world, f"{item}/decisions"), {"answer": {"choice": "cat"}}).status_code == 201
    assert "secret-voter" in one.call("GET", base(world, item)).text


@on_both
def test_a_dispute_is_settled_without_names_by_somebody_else(world: Any, item: str) -> None:
    blind(world, blind=False)
    for name, choice in (("annotator", "cat"), ("second", "dog")):
        got = world.visitor(name).call("POST", base(world, f"{item}/decisions"), {"answer": {"choice": choice}})
    assert got.json()["state"] == "disputed"
    assert world.visitor("annotator").call(
        "POST", base(world, f"{item}/decisions"), {"answer": {"choice": "cat"}}
    ).status_code in (201, 403)
    one = world.visitor("reviewer")
    seen = one.call("GET", base(world, item)).json()
    assert {entry["text"] for entry in seen["candidates"]} == {"cat", "dog"}
    assert {entry["who"] for entry in seen["decisions"]} == {"somebody"}
    both = {"answer": {"both": ["cat", "dog"]}, "version": seen["version"], "note": "either"}
    assert one.call("POST", base(world, f"{item}/decisions"), both).json()["state"] == "adjudicated"
    mine = world.visitor("second").call("GET", base(world) + "/mine").json()
    assert (mine[0]["own"], mine[0]["reason"]) == ("dog", "either")
    assert {entry["who"] for entry in one.call("GET", base(world, item)).json()["decisions"]} == {
        "Annotator",
        "Second",
        "Reviewer",
    }


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("decisions", {"answer": {}}),
        ("decisions", {"answer": {"choice": "a", "own": "b"}}),
        ("decisions", {"answer": {"choice": ""}}),
        ("decisions", {"answer": {"choice": "a\0"}}),
        ("decisions", {"answer": {"score": 1}}),
        ("decisions", {"answer": {"undecidable": True}}),
        ("decisions", {"answer": {"choice": 7}}),
        ("decisions", {"answer": {"choice": "a"}, "seconds": -1}),
        ("decisions", {"answer": {"choice": "a"}, "place": 1}),
        ("decisions", {"answer": {"choice": "a"}, "version": 0}),
        ("decisions", {"answer": {"choice": "a"}, "unknown": 1}),
        ("decisions", {"answer": {"choice": "a"}, "supersedes": 2**60}),
        ("decisions", []),
        ("skips", {"reason": "bored"}),
        ("comments", {"body": ""}),
        ("comments", {"body": " "}),
        ("comments", {"body": "x" * 5001}),
        ("flag", {"flagged": "maybe"}),
    ],
    ids=str,
)
def test_bad_bodies_are_refused_and_nothing_is_kept(world: Any, item: str, path: str, body: Any) -> None:
    one = world.visitor("reviewer")
    method = "PUT" if path == "flag" else "POST"
    got = one.call(method, base(world, f"{item}/{path}"), body)
    assert got.status_code == 422
    assert got.json()["problem"]
    with world.store.read() as session:
        assert session.query(Decision).count() == 0


@on_both
def test_taking_all_that_is_certain_is_one_stroke(world: Any) -> None:
    one = world.visitor("reviewer")
    took = one.call("POST", base(world) + "/accept", {"certainty": 0.9}).json()
    assert took["count"] > 5
    back = one.call("POST", base(world) + "/undo").json()
    assert back["count"] == took["count"]
    assert world.visitor("annotator").call("POST", base(world) + "/accept", {"certainty": 0.9}).status_code == 403


@on_both
def test_a_file_becomes_a_project(world: Any) -> None:
    admin = world.visitor("admin")
    made = admin.call("POST", "/api/v1/projects", {"name": "New"}).json()
    text = b"item,voter,label\na,x,yes\na,y,no\nb,x,yes\n"
    headers = admin.own() | {"content-type": "application/octet-stream"}
    path = f"/api/v1/projects/{made['id']}/sources"
    got = admin.client.post(f"{path}?name=votes.csv", content=text, headers=headers)
    assert (got.status_code, got.json()["items"]) == (201, 2)
    again = admin.client.post(f"{path}?name=votes.csv", content=text, headers=headers)
    assert again.status_code == 422
    names = [row["name"] for row in admin.call("GET", f"/api/v1/projects/{made['id']}/queue").json()["items"]]
    assert sorted(names) == ["a", "b"]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.csv", "..\\x.csv", "<img src=x onerror=alert(1)>.csv", "a\u202ecsv.csv", "x.csv"]
)
def test_names_of_files_are_names_only(world: Any, name: str) -> None:
    admin = world.visitor("admin")
    headers = admin.own() | {"content-type": "application/octet-stream"}
    path = f"/api/v1/projects/{world.ids['own']}/sources"
    got = admin.client.post(path, params={"name": name}, content=b"item,voter,label\nq,x,yes\n", headers=headers)
    assert got.status_code == 201, got.text
    with world.store.read() as session:
        from psephos.review.store.tables import Source

        assert "/" not in session.query(Source).order_by(Source.id.desc()).first().name


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("x", b"a"),
        ("x.exe", b"a"),
        ("x.csv", b""),
        ("x.csv", b"\xff\xfe\x00"),
        ("x.parquet", b"PAR1"),
        ("x.csv", b"only,these\n1,2\n"),
        ("x.json", b"[" * 50),
    ],
    ids=str,
)
def test_files_that_are_none_are_refused_without_saying_where_they_lay(world: Any, name: str, body: bytes) -> None:
    admin = world.visitor("admin")
    headers = admin.own() | {"content-type": "application/octet-stream"}
    path = f"/api/v1/projects/{world.ids['own']}/sources"
    got = admin.client.post(path, params={"name": name}, content=body, headers=headers)
    assert got.status_code == 422
    assert "psephos-" not in got.text
    assert "/tmp" not in got.text


@on_both
def test_an_export_is_made_downloaded_and_logged(world: Any) -> None:
    manager = world.visitor("manager")
    made = manager.call("POST", base(world) + "/exports", {"format": "jsonl"})
    assert made.status_code == 202

    def export() -> Any:
        return manager.call("GET", base(world) + f"/exports/{made.json()['id']}").json()

    until(lambda: export()["status"] == "done")
    one = export()
    assert len(one["head"]) == 64
    got = manager.get(one["file"])
    assert got.status_code == 200
    assert 'filename="own-' in got.headers["content-disposition"]
    assert got.headers["content-type"] == "application/octet-stream"
    assert __import__("hashlib").sha256(got.content).hexdigest() == one["sha256"]
    assert manager.call("POST", base(world) + "/exports", {"format": "exe"}).status_code == 422


@on_both
def test_hostile_texts_come_back_as_they_are(world: Any, item: str) -> None:
    one = world.visitor("annotator")
    for text in XSS:
        assert one.call("POST", base(world, f"{item}/comments"), {"body": text}).json()["body"] == text
    assert [row["body"] for row in one.call("GET", base(world, item)).json()["comments"]][1:] == XSS


@on_both
def test_a_token_reads_and_is_refused_what_it_has_no_scope_for(world: Any, item: str) -> None:
    with world.store.write() as session:
        _, text = api_tokens.issue(session, world.ids["annotator"], now(), name="reader", scopes=["read"])
    client = world.visitor().client
    headers = {"authorization": f"Bearer {text}"}
    assert client.get(base(world, item), headers=headers).status_code == 200
    got = client.post(base(world, f"{item}/decisions"), json={"answer": {"choice": "cat"}}, headers=headers)
    assert (got.status_code, got.json()["needed"]) == (403, "the scope write")
    assert client.get(base(world, item), headers={"authorization": "Bearer psp_wrong"}).status_code == 401


@on_both
def test_the_chain_can_be_checked_against_a_head_that_was_kept(world: Any, item: str) -> None:
    manager = world.visitor("manager")
    head = manager.call("GET", base(world) + "/history/verify").json()["head"]
    manager.call("POST", base(world, f"{item}/comments"), {"body": "more"})
    assert manager.call("GET", base(world) + f"/history/verify?expected={head}").json()["bad"] is None
    assert manager.call("GET", base(world) + f"/history/verify?expected={'0' * 63}1").json()["bad"] is not None


GETS = sorted(
    (route.name, route.path)
    for router in all_routers()
    for route in router.routes
    if route.name.startswith("api.") and "GET" in route.methods
)


@pytest.mark.parametrize(("name", "path"), GETS, ids=lambda part: part)
def test_a_parameter_that_a_route_does_not_know_is_refused_and_named(world: Any, name: str, path: str) -> None:
    ids = {key.removeprefix("own "): value for key, value in world.ids.items() if key.startswith("own")}
    where = path.format(**ids | {"project": world.ids["own"]})
    one = world.visitor("admin")
    assert one.call("GET", where).status_code == 200, name
    got = one.call("GET", where + "?limt=5&offset=0")
    assert got.status_code == 422
    assert got.json()["argument"] == "query"
    assert "'limt'" in got.json()["problem"]
    assert ("'offset'" in got.json()["problem"]) == (name != "api.queue")


def test_parameters_that_are_not_known_are_refused_of_changes_too_and_tell_strangers_nothing(
    world: Any, item: str
) -> None:
    body = {"answer": {"choice": "cat"}}
    got = world.visitor("annotator").call("POST", base(world, f"{item}/decisions") + "?dry_run=1", body)
    assert (got.status_code, got.json()["hint"]) == (422, "this route takes none")
    got = world.visitor("viewer").call("GET", base(world) + "/queue?sort=risk")
    assert "known here are at_least, at_most" in got.json()["hint"]
    assert world.visitor("stranger").call("GET", base(world) + "/queue?sort=risk").status_code == 404
    assert world.visitor("viewer").get(f"/projects/{world.ids['own']}?utm_source=mail").status_code == 200
    with world.store.read() as session:
        assert session.query(Decision).count() == 0
