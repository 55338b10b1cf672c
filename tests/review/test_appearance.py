"""Pages of a team in Chromium: axe, the order of Tab, forced colours, 200 % zoom, wider text; WCAG 2.2 AA.

Chromium opens https://reviews.test, which the application answers through the visitor: headers, cookies and policy are
those that a team gets, and no certificate is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from psephos.review.accounts import links
from psephos.review.store.columns import now
from psephos.review.store.tables import Project
from tests.review.conftest import TEAM, Visitor, World
from tests.review.test_browser import WIDTHS, violations
from tests.waiting import PATIENCE

SPACED = (
    "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }"
    " p { margin-bottom: 2em !important }"
)
"""WCAG 2.2, 1.4.12."""

CLIPPED = """() => [...document.querySelectorAll('button, a, input[type=submit], h1, h2, th, label, summary, p')]
    .filter((one) => one.offsetParent && getComputedStyle(one).overflow === 'hidden'
        && getComputedStyle(one).textOverflow !== 'ellipsis'
        && (one.scrollHeight > one.clientHeight + 2 || one.scrollWidth > one.clientWidth + 2)
        && one.clientHeight > 2)
    .map((one) => one.outerHTML.slice(0, 160))"""


UNREADABLE = """() => {
    const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
        .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
    const ground = light(getComputedStyle(document.documentElement).backgroundColor.startsWith('rgba(0, 0, 0, 0')
        ? 'rgb(255, 255, 255)' : getComputedStyle(document.body).backgroundColor);
    return [...document.querySelectorAll('button, a, kbd, th, td, label, p')]
        .filter((one) => one.offsetParent && one.innerText?.trim() && !one.disabled)
        .filter((one) => { const [low, high] = [ground, light(getComputedStyle(one).color)].sort((a, b) => a - b);
            return (high + 0.05) / (low + 0.05) < 4.5; })
        .map((one) => one.outerHTML.slice(0, 160)); }"""
"""Texts whose colour does not stand out: under forced colours the browser paints the canvas behind each of them."""


class Team:
    """Pages of a team's server; they must complain of nothing."""

    def __init__(self, chromium: Any, world: World) -> None:
        self.chromium, self.world = chromium, world
        self.complaints: list[str] = []
        self.contexts: list[Any] = []

    def open(self, path: str, visitor: str = "admin", *, strong: bool = True, **options: Any) -> Any:
        one = self.world.visitor(visitor, strong=strong)
        options = {"viewport": {"width": 1280, "height": 900}} | options
        context = self.chromium.new_context(**options)
        context.set_default_timeout(1000 * PATIENCE)
        self.contexts.append(context)
        context.route("**/*", lambda route: self._answer(route, one))
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"error {error}"))
        page.on("console", lambda message: self._note(path, message))
        page.goto(TEAM + path)
        page.locator("html[data-ready]").wait_for()
        return page

    def _note(self, path: str, message: Any) -> None:
        if message.type in ("error", "warning"):  # the rest is advice
            self.complaints.append(f"{path}: {message.text}")

    def _answer(self, route: Any, visitor: Visitor) -> None:
        request = route.request
        if not request.url.startswith(TEAM):
            self.complaints.append(f"{request.url} was asked for")
            route.abort()
            return
        parts = urlsplit(request.url)
        headers = {name: value for name, value in request.headers.items() if name not in ("host", "cookie")}
        got = visitor.client.request(
            request.method,
            parts.path + (f"?{parts.query}" if parts.query else ""),
            headers=headers,
            content=request.post_data_buffer,
            follow_redirects=True,
        )
        kept = {name: value for name, value in got.headers.items() if name not in ("content-length", "set-cookie")}
        route.fulfill(status=got.status_code, headers=kept, body=got.content)


@pytest.fixture
def team(chromium: Any, world: World) -> Iterator[Team]:
    found = Team(chromium, world)
    with world.store.write() as session:
        session.get_one(Project, world.ids["own"]).overlap = 2
    yield found
    for context in found.contexts:
        context.close()
    assert [one for one in found.complaints if "Failed to load resource" not in one] == []


def doors(world: World) -> dict[str, dict[str, Any]]:
    """Pages that only a team has, or that nobody needs to be signed in for, and who opens them."""
    with world.store.write() as session:
        admin, own = world.ids["admin"], world.ids["own"]
        settings = world.app.server.settings
        about = {"project_id": own, "role": "annotator", "email": ""}
        welcome = links.make(session, settings, "invite", now(), invited_by=admin, **about)
        reset = links.make(session, settings, "reset", now(), user_id=world.ids["second"])
    return {
        "/sign-in": {"visitor": ""},
        "/sign-in/second": {"visitor": "annotator", "strong": False},
        f"/welcome/{welcome}": {"visitor": ""},
        f"/new-password/{reset}": {"visitor": ""},
        "/everyone": {},
        f"/projects/{world.ids['own']}/people": {},
        "/account": {},
        f"/projects/{world.ids['foreign']}": {"visitor": "annotator"},
    }


def inside(world: World) -> list[str]:
    """Pages of a project."""
    own = f"/projects/{world.ids['own']}"
    parts = ("", f"/items/{world.ids['own item']}", "/risk", "/agreement", "/mine", "/history", "/people", "/settings")
    return ["/projects", *(own + part for part in parts)]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_at_the_doors_and_in_a_team(
    team: Team, require: Callable[[str], Any], width: int, theme: str
) -> None:
    for path, options in doors(team.world).items():
        page = team.open(path, **options, viewport={"width": width, "height": 900}, color_scheme=theme)
        assert violations(require, page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.context.close()


def test_at_twice_the_size_nothing_scrolls_sideways(team: Team) -> None:
    """200 % of a window of 1280 pixels: 640 to lay out, two device pixels each."""
    for path in [*doors(team.world), *inside(team.world)]:
        options = doors(team.world).get(path, {}) if path in ("/sign-in", "/sign-in/second") else {}
        page = team.open(path, **options, viewport={"width": 640, "height": 450}, device_scale_factor=2)
        assert page.evaluate("document.documentElement.scrollWidth") <= 640, path
        assert page.evaluate(CLIPPED) == [], path
        page.context.close()


@pytest.mark.parametrize("width", [320, 1280])
def test_wider_text_loses_nothing(team: Team, width: int) -> None:
    for path in inside(team.world):
        page = team.open(path, viewport={"width": width, "height": 900})
        page.evaluate(
            "(text) => { const sheet = new CSSStyleSheet(); sheet.replaceSync(text);"
            " document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]; }",
            SPACED,
        )
        assert page.evaluate("getComputedStyle(document.body).letterSpacing") != "normal"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate(CLIPPED) == [], path
        page.context.close()


def test_with_forced_colours_focus_marks_and_fields_are_seen(team: Team, tmp_path_factory: Any) -> None:
    """Backgrounds and shadows are gone then: what they say must be said by lines, outlines and words too."""
    folder = tmp_path_factory.mktemp("forced")
    for number, path in enumerate(inside(team.world)):
        page = team.open(path, forced_colors="active")
        assert page.evaluate("matchMedia('(forced-colors: active)').matches")
        page.screenshot(path=folder / f"{number}.png", full_page=True)
        bare = page.evaluate(
            """() => [...document.querySelectorAll(
                    'button, input:not([type=hidden], [type=checkbox], [type=file]), select')]
                .filter((one) => one.offsetParent && !one.innerText?.trim()
                    && getComputedStyle(one).borderStyle === 'none')
                .map((one) => one.outerHTML.slice(0, 160))"""
        )
        assert bare == [], path
        assert page.evaluate(UNREADABLE) == [], path
        unlit = lit(page, 30)
        assert unlit == [], path
        assert page.evaluate("getComputedStyle(document.body).forcedColorAdjust") == "auto"
        page.context.close()


def lit(page: Any, most: int) -> list[str]:
    """What has the focus by Tab, of the first so many, and does not show it by an outline of 2 pixels."""
    found = []
    for _ in range(most):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => { const one = document.activeElement; const style = getComputedStyle(one);
                return [one === document.body, style.outlineStyle, parseFloat(style.outlineWidth),
                    one.outerHTML.slice(0, 160)]; }"""
        )
        if seen[0]:
            break
        if seen[1] == "none" or seen[2] < 2:
            found.append(seen[3])
    return found


def test_tab_goes_through_each_page_in_the_order_in_which_it_is_read(team: Team) -> None:
    for path in inside(team.world):
        page = team.open(path)
        assert page.locator("[tabindex]:not([tabindex='0']):not([tabindex='-1'])").count() == 0, path
        page.evaluate("window.seen = []")
        for _ in range(300):
            page.keyboard.press("Tab")
            state = page.evaluate(
                """() => { const one = document.activeElement;
                    if (one === document.body || window.seen.includes(one)) return 'end';
                    const last = window.seen.at(-1);
                    window.seen.push(one);
                    const box = one.getBoundingClientRect();
                    if (box.width === 0 || box.height === 0) return `unseen ${one.outerHTML.slice(0, 160)}`;
                    if (!last) return one.className === 'skip' ? '' : 'the first is not the way to the content';
                    return last.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING ? ''
                        : `back to ${one.outerHTML.slice(0, 160)}`; }"""
            )
            if state == "end":
                break
            assert state == "", path
        assert page.evaluate("window.seen.length") > 5, path
        page.context.close()


def test_tab_through_the_sign_in(team: Team) -> None:
    page = team.open("/sign-in", visitor="")
    order = []
    for _ in range(6):
        page.keyboard.press("Tab")
        order.append(
            page.evaluate(
                """() => { const one = document.activeElement;
                    return one.name || one.innerText?.trim() || one.tagName; }"""
            )
        )
    assert order[:5] == ["Skip to the content", "psephos", "login", "password", "Sign in"]
