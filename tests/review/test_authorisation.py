"""Every route, for every role, in an own and in a foreign project."""

from __future__ import annotations

import re
from typing import Any

import pytest

from psephos.review.accounts import api_tokens
from psephos.review.app import all_routers
from psephos.review.authorisation import RANK, RULES, NotAllowedError, NotThereError, SignInNeededError, permit
from psephos.review.context import Caller
from psephos.review.store.account_tables import Webhook
from psephos.review.store.audit_log import history
from psephos.review.store.columns import now
from psephos.review.store.tables import Comment, Item, Project
from tests.review.conftest import on_both

ROUTES = sorted(
    ((route.name, route.path, min(route.methods - {"HEAD"})) for router in all_routers() for route in router.routes),
    key=lambda route: route[0],
)
ROLES = ("viewer", "annotator", "reviewer", "manager")
VISITORS = ("", "stranger", *ROLES, "admin")
WRITES = frozenset(
    f"{prefix}{name}"
    for prefix in ("", "api.")
    for name in ("project.hide", "project.restore", "item.hide", "item.restore", "webhook.test", "webhook.remove")
) | {"item.lock", "api.lock", "item.comment.resolve"}
"""Routes that do something without a body."""


def path_of(path: str, ids: dict[str, Any], which: str, visitor: str) -> str:
    """The path with ids of the own or of the foreign project."""
    values = {name: ids[f"{which} {name}"] for name in ("item", "comment", "media", "export", "webhook", "member")}
    values |= {"project": ids[which], "view": ids.get(f"view {visitor}", 1), "user": ids["second"]}
    values |= {"name": "app.js", "link": "none", "one": 999_999, "factor": 999_999}
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda part: str(values[part[1]]), path)


def bring_back(world: Any) -> None:
    """Some routes hide or end the very things that the next ones ask for."""
    with world.store.write() as session:
        session.get_one(Webhook, world.ids["own webhook"]).active = True
        session.get_one(Project, world.ids["own"]).deleted_at = None
        session.get_one(Item, world.ids["own item"]).deleted_at = None
        session.get_one(Comment, world.ids["own comment"]).deleted_at = None


def test_every_route_has_a_rule_and_every_rule_a_route() -> None:
    names = [name for name, _, _ in ROUTES]
    assert sorted(names) == sorted(RULES)
    assert len(set(names)) == len(names)


def test_a_route_without_a_rule_is_open_to_nobody(world: Any) -> None:
    with world.store.read() as session, pytest.raises(NotAllowedError):
        permit(session, Caller(user_id=world.ids["admin"], admin=True), "no such route", {})


@pytest.mark.parametrize(
    ("visitor", "world"),
    [*((one, "sqlite") for one in VISITORS), ("stranger", "postgresql"), ("reviewer", "postgresql")],
    indirect=["world"],
    ids=lambda one: one or "nobody",
)
def test_each_route_lets_in_whom_its_rule_names(world: Any, visitor: str) -> None:
    """Over HTTP, so that a route that is not asked for its rule is found; bodies are left out, 422 is let in."""
    for name, path, method in ROUTES:
        rule = RULES[name]
        one = world.visitor(visitor)
        if not visitor:
            one.client.cookies.set(one.settings.cookie, "nobodys-cookie")
        got = one.call(method, path_of(path, world.ids, "own", visitor), headers={"x-psephos": "test"})
        problem = (
            got.json().get("problem", "")
            if "json" in got.headers.get("content-type", "") and got.content[:1] == b"{"
            else ""
        )
        needed = got.json().get("needed") if problem else None
        kept_out = (got.status_code == 401 and problem == "sign in", got.status_code == 403 and needed is not None)
        if rule.least == "anyone":
            expected = (False, False)
        elif not visitor:
            expected = (True, False)
        elif rule.least == "person":
            expected = (False, False)
        elif rule.least == "admin":
            expected = (False, visitor != "admin")
        elif visitor == "stranger":
            assert got.status_code == 404, name
            continue
        else:
            expected = (False, visitor != "admin" and RANK[visitor] < RANK[rule.least])
        assert kept_out == expected, (name, got.status_code, got.text[:200])
        if name in WRITES and not any(expected):
            assert got.status_code in (200, 202, 204, 303, 409, 422), (name, got.status_code)
        if name in WRITES or name.endswith("comment.remove"):
            bring_back(world)
        assert got.status_code != 500, (name, got.text[:300])


@pytest.mark.parametrize(
    ("visitor", "world"),
    [*((one, "sqlite") for one in (*ROLES, "admin")), ("annotator", "postgresql")],
    indirect=["world"],
)
def test_nothing_of_a_foreign_project_is_found_through_any_route(world: Any, visitor: str) -> None:
    """Neither by its own number, nor as an object of another project put into a path of one's own."""
    for name, path, method in ROUTES:
        rule = RULES[name]
        if rule.least not in RANK:
            continue
        one = world.visitor(visitor)
        if visitor != "admin":
            got = one.call(method, path_of(path, world.ids, "foreign", visitor))
            assert got.status_code == 404, (name, got.status_code)
        parts = set(re.findall(r"\{(\w+)", path)) & {"item", "comment", "export", "webhook", "member"}
        if "{project}" in path and parts:
            mixed = path_of(path.replace("{project}", str(world.ids["own"])), world.ids, "foreign", visitor)
            got = one.call(method, mixed)
            assert got.status_code == 404, (name, got.status_code)


@on_both
def test_ids_that_are_none_are_not_found(world: Any) -> None:
    one = world.visitor("manager")
    for bad in ("0", "-1", "1.5", "x", "9" * 18, "9" * 30, "%00", "１", "1%20"):
        for path in (
            f"/projects/{bad}",
            f"/api/v1/projects/{bad}",
            f"/projects/{world.ids['own']}/items/{bad}",
            f"/media/{bad}",
        ):
            assert one.get(path).status_code == 404, path


@pytest.mark.parametrize("scopes", [["read"], ["write"], ["manage"], ["read", "write"]])
def test_a_token_does_no_more_than_its_scopes_and_its_person(world: Any, scopes: list[str]) -> None:
    for visitor in (*ROLES, "stranger"):
        for name, path, _ in ROUTES:
            rule = RULES[name]
            caller = Caller(user_id=world.ids[visitor], scopes=tuple(scopes))
            values = dict(zip(re.findall(r"\{(\w+)", path), re.findall(r"\{(\w+)", path), strict=True))
            ids = {
                key: str(world.ids.get(f"own {key}", world.ids["own"])) for key in values if key not in ("name", "link")
            }
            if "view" in ids:
                ids["view"] = str(world.ids[f"view {visitor}"])
            with world.store.read() as session:
                try:
                    permit(session, caller, name, ids)
                except (NotAllowedError, NotThereError, SignInNeededError):
                    continue
            assert rule.least == "anyone" or rule.scope in scopes, name


@on_both
def test_a_token_of_one_project_opens_no_other(world: Any) -> None:
    with world.store.write() as session:
        _, text = api_tokens.issue(
            session, world.ids["admin"], now(), name="one", scopes=["read"], project_id=world.ids["own"]
        )
    one = world.visitor()
    headers = {"authorization": f"Bearer {text}"}
    assert one.client.get(f"/api/v1/projects/{world.ids['own']}", headers=headers).status_code == 200
    assert one.client.get(f"/api/v1/projects/{world.ids['foreign']}", headers=headers).status_code == 404
    assert [row["id"] for row in one.client.get("/api/v1/projects", headers=headers).json()] == [world.ids["own"]]


@on_both
def test_a_refused_entry_is_in_the_log_and_says_nothing_of_what_was_sent(world: Any) -> None:
    got = world.visitor("viewer").call("PATCH", f"/api/v1/projects/{world.ids['own']}", {"name": "secret text"})
    assert got.status_code == 403
    with world.store.read() as session:
        row = history(session, None, action="access.refused")[0]
    assert (row["actor"], row["object"]) == (world.ids["viewer"], "api.project.change")
    assert "secret" not in str(row)
