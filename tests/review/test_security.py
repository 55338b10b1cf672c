"""The layers that every request passes: headers, hosts, bodies, where a request comes from, cookies."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.review.pages.files import HTMX_FILE, HTMX_SHA256, own_files
from psephos.review.pages.sign_in import own_path
from psephos.review.security import DEEPEST, HEADERS, csrf_token, depth
from psephos.review.settings import Settings

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def test_the_policy_is_that_of_the_sheet() -> None:
    assert HEADERS["content-security-policy"] == POLICY


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/static/app.js", "/health", "/no/such/page", "/projects", "/api/v1/me", "/media/1"]
)
def test_every_answer_has_the_headers(world: Any, path: str) -> None:
    for visitor in ("", "manager"):
        got = world.visitor(visitor).get(path)
        for name, value in HEADERS.items():
            assert got.headers[name] == value
        assert "server" not in got.headers
        assert got.headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")
        assert "access-control-allow-origin" not in got.headers


def test_refusals_of_the_layers_have_the_headers_too(world: Any) -> None:
    got = world.visitor().client.get("/", headers={"host": "evil.example"})
    assert got.status_code == 421
    assert got.headers["content-security-policy"] == POLICY


def test_https_is_kept_where_it_is_asked_for(make_world: Any) -> None:
    got = make_world(hsts=True).visitor().get("/sign-in")
    assert got.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "reviews.test.evil.example",
        "reviews.test:444",
        "127.0.0.1",
        "reviews.test,evil.example",
        "reviews.test ",
    ],
)
def test_other_hosts_are_not_answered(world: Any, host: str) -> None:
    assert world.visitor().client.get("/sign-in", headers={"host": host}).status_code == 421


def test_capitals_of_a_host_do_not_matter(world: Any) -> None:
    assert world.visitor().client.get("/sign-in", headers={"host": "Reviews.TEST"}).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1:8484", "localhost:8484", "[::1]:8484"])
def test_a_local_server_answers_to_its_names(make_world: Any, host: str) -> None:
    world = make_world(mode="local", origin="http://127.0.0.1:8484", trusted_proxy=None)
    assert world.visitor().client.get("/sign-in", headers={"host": host}).status_code == 200


FROM_ELSEWHERE = [
    {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "null", "sec-fetch-site": "cross-site"},
    {"origin": "http://reviews.test"},
    {"origin": "https://reviews.test:444"},
    {"origin": "https://reviews.test", "sec-fetch-site": "cross-site"},
    {"origin": "https://reviews.test", "sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {},
]


@pytest.mark.parametrize("headers", FROM_ELSEWHERE, ids=[str(place) for place in range(len(FROM_ELSEWHERE))])
def test_a_change_that_comes_from_elsewhere_is_refused(world: Any, headers: dict[str, str]) -> None:
    one = world.visitor("manager")
    token = {"x-csrf-token": csrf_token(one.cookie)}
    path = f"/api/v1/projects/{world.ids['own']}/undo"
    assert one.client.post(path, headers=headers | token).status_code == 403
    assert one.call("POST", path).status_code == 200


def test_a_form_of_the_page_itself_is_taken_though_its_origin_is_hidden(world: Any) -> None:
    """Under `no-referrer` browsers send ``Origin: null`` with a form, and say in Sec-Fetch-Site that it is ours."""
    one = world.visitor("manager")
    headers = {"origin": "null", "sec-fetch-site": "same-origin", "x-csrf-token": csrf_token(one.cookie)}
    assert one.client.post(f"/api/v1/projects/{world.ids['own']}/undo", headers=headers).status_code == 200


@pytest.mark.parametrize("token", ["", "0" * 64, "other", "x" * 5000])
def test_a_change_without_the_right_token_is_refused(world: Any, token: str) -> None:
    one = world.visitor("manager")
    said = csrf_token("another cookie") if token == "other" else token
    path = f"/api/v1/projects/{world.ids['own']}/undo"
    headers = {"origin": "https://reviews.test", "x-csrf-token": said}
    assert one.client.post(path, headers=headers).status_code == 403
    form = one.client.post(
        "/account", data={"csrf": said, "name": "Changed"}, headers={"origin": "https://reviews.test"}
    )
    assert form.status_code == 403


def test_two_cookies_of_one_name_are_none(world: Any) -> None:
    one = world.visitor("manager")
    one.client.cookies.clear()
    name = one.settings.cookie
    got = one.client.get("/api/v1/me", headers={"cookie": f"{name}={one.cookie}; {name}=other"})
    assert got.status_code == 401


@pytest.mark.parametrize("name", ["x-http-method-override", "x-method-override", "x-http-method"])
def test_a_method_is_what_it_is(world: Any, name: str) -> None:
    one = world.visitor("manager")
    hook = f"/api/v1/projects/{world.ids['own']}/webhooks/{world.ids['own webhook']}"
    assert one.call("POST", hook, {}, headers={name: "DELETE"}).status_code == 405
    assert one.call("GET", f"{hook}?_method=DELETE").status_code == 405


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "application/jsonx", "text/html"])
def test_bodies_of_other_types_are_refused(world: Any, kind: str) -> None:
    one = world.visitor("annotator")
    path = f"/api/v1/projects/{world.ids['own']}/items/{world.ids['own item']}/comments"
    headers = one.own() | ({"content-type": kind} if kind else {})
    got = one.client.request("POST", path, content=b'{"body": "x"}', headers=headers)
    assert got.status_code == 415


def test_bodies_are_bounded_in_size_and_depth(world: Any) -> None:
    one = world.visitor("annotator")
    path = f"/api/v1/projects/{world.ids['own']}/items/{world.ids['own item']}/comments"
    headers = one.own() | {"content-type": "application/json"}
    assert one.client.post(path, content=b'"' + b"x" * (1 << 20) + b'"', headers=headers).status_code == 413

    def parts() -> Any:
        for _ in range(80):
            yield b"x" * 20_000

    assert one.client.post(path, content=parts(), headers=headers).status_code == 413
    assert one.client.post(path, content=b"[" * 100_000, headers=headers).status_code == 400
    deep = b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1)
    assert one.client.post(path, content=deep, headers=headers).status_code == 400
    assert one.client.post(path, content=b"[" * DEEPEST + b"]" * DEEPEST, headers=headers).status_code == 422
    assert one.client.post(path, content=b'{"body": NaN}', headers=headers).status_code == 422
    assert one.client.post(path, content=b"{", headers=headers).status_code == 422
    assert one.client.post(path, content=b"{}", headers=headers | {"content-length": "x"}).status_code == 413


@given(st.recursive(st.text('[]{}"\\ab', max_size=5), lambda part: st.lists(part, max_size=3), max_leaves=8))
def test_depth_is_that_of_the_brackets_outside_of_strings(value: Any) -> None:
    import json

    def slow(part: Any) -> int:
        return 1 + max(map(slow, part), default=0) if isinstance(part, list) else 0

    assert depth(json.dumps(value).encode()) == slow(value)


def test_cookies_of_a_team_and_of_a_local_server(make_world: Any) -> None:
    line = make_world().visitor().get("/sign-in").headers["set-cookie"]
    assert re.fullmatch(r"__Host-psephos=[\w-]{43}; Path=/; HttpOnly; Secure; SameSite=Lax", line)
    local = make_world(mode="local", origin="http://127.0.0.1:8484", trusted_proxy=None)
    line = local.visitor().get("/sign-in").headers["set-cookie"]
    assert re.fullmatch(r"psephos_local=[\w-]{43}; Path=/; HttpOnly; SameSite=Strict", line)


@pytest.mark.parametrize(
    ("settings", "argument"),
    [
        ({"origin": "http://reviews.example", "mode": "team"}, "origin"),
        ({"origin": "https://reviews.example", "mode": "team"}, "trusted_proxy"),
        ({"origin": "http://10.0.0.1:80"}, "origin"),
        ({"origin": "http://0.0.0.0:80"}, "origin"),
        ({"origin": "http://127.0.0.1:80/path"}, "origin"),
        ({"origin": "ftp://127.0.0.1"}, "origin"),
        ({"origin": "http://127.0.0.1:80", "mode": "open"}, "mode"),
        ({"origin": "http://127.0.0.1:80", "idle_minutes": 0}, "idle_minutes"),
    ],
)
def test_a_server_that_would_not_be_safe_does_not_start(settings: dict[str, Any], argument: str) -> None:
    with pytest.raises(InputError) as problem:
        Settings(database="x.sqlite", **settings)
    assert problem.value.argument == argument


@pytest.mark.parametrize(
    "name", ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "app.py", "review.css", ".", "", "static/app.js", "app.js%00"]
)
def test_only_files_of_the_table_are_served(world: Any, name: str) -> None:
    assert world.visitor().get(f"/static/{name}").status_code == 404


def test_htmx_is_the_one_that_was_looked_at() -> None:
    import hashlib

    assert hashlib.sha256(own_files()[HTMX_FILE][0]).hexdigest() == HTMX_SHA256
    assert b"Zero-Clause BSD" in own_files()["htmx-LICENSE.txt"][0]


def test_own_scripts_are_small_and_hold_no_eval() -> None:
    scripts = {name: body for name, (body, _, _) in own_files().items() if name.endswith(".js") and name != HTMX_FILE}
    assert sum(map(len, scripts.values())) < 100_000
    for name, body in scripts.items():
        assert not re.search(
            rb"\beval\(|new Function|document\.write|\.style\.cssText|setAttribute\(\"style\"", body
        ), name


def test_static_files_are_asked_for_again_and_not_sent_again(world: Any) -> None:
    one = world.visitor()
    mark = one.get("/static/app.js").headers["etag"]
    again = one.get("/static/app.js", headers={"if-none-match": mark})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "after",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\nb",
        "",
        "evil",
        "/sign-in",
    ],
)
def test_after_the_sign_in_nobody_is_led_elsewhere(after: str) -> None:
    assert own_path(after) == ""


RANGES = {
    "bytes=0-99": 206,
    "bytes=2000-": 206,
    "bytes=-5": 206,
    "bytes=99-0": (400, 416),
    "bytes=999999999-": 416,
    "bytes=0-0,5-5": 416,
    "bytes=0-0,2-2,4-4,6-6,8-8,10-10": 416,
    "bytes=a-b": (400, 416),
    "nonsense": (200, 400, 416),
    "bytes=-0": (400, 416),
    "bytes=0-99999999999999999999": (206, 416),
}


@pytest.mark.parametrize(("asked", "status"), RANGES.items(), ids=map(str, range(len(RANGES))))
def test_recordings_are_sent_in_ranges(world: Any, asked: str, status: Any) -> None:
    got = world.visitor("viewer").get(f"/media/{world.ids['own media']}", headers={"range": asked})
    assert got.status_code in (status if isinstance(status, tuple) else (status,))
    assert len(got.content) < 5000
