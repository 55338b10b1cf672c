"""Transcripts in Chromium: by keyboard alone, in step with the sound, in any script, with hostile texts, for long."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from psephos.opinions import from_frame
from psephos.review.accounts import links
from psephos.review.accounts.people import local_user
from psephos.review.store.audit_log import verify
from psephos.review.store.columns import now
from psephos.review.store.exporting.transcripts import clips_of
from psephos.review.store.loading import load
from psephos.review.store.projects import create_project
from psephos.review.store.tables import Decision, Item, Project, Reservation
from tests.review.conftest import XSS
from tests.review.test_browser import late_parts, said, violations
from tests.review.test_recordings import long_wav, tone, wav
from tests.waiting import PATIENCE, until

WORDS = ["fifty", "four", "year", "old", "man", "with", "chest", "pain", "since", "tuesday", "morning"]
HEBREW = ["הפצע", "בעקב", "השמאלי", "נקי", "ויבש", "אין", "אודם", "ואין", "הפרשה", "היום"]


def clip(
    name: str, words: list[str], *, other: dict[int, str] | None = None, pace: float = 0.5, begin: float = 0.0
) -> list[dict[str, Any]]:
    """Rows of four voters; two of them hear something else at some places."""
    rows = []
    for voter in range(4):
        for place, word in enumerate(words):
            said = (other or {}).get(place, word) if voter > 1 else word
            start = begin + pace * place
            rows.append((name, f"voter-{voter}", place, said, start, start + 0.8 * pace))
    return [
        dict(zip(("item", "voter", "position", "token", "start", "end"), row, strict=True)) for row in rows if row[3]
    ]


class Workspace:
    """A local server with transcripts, and pages of it that complain of nothing."""

    def __init__(self, chromium: Any, running: Any, folder: Path) -> None:
        self.chromium, self.running, self.folder = chromium, running, folder
        self.complaints: list[str] = []
        self.contexts: list[Any] = []
        self.project = 0

    def load(self, rows: list[dict[str, Any]], items: dict[str, dict[str, Any]], **settings: Any) -> list[int]:
        about = pl.DataFrame([{"item": name} | row for name, row in items.items()], infer_schema_length=None)
        with self.running.world.store.write() as session:
            me = self.running.world.ids["admin"]
            project = create_project(session, "heard", actor=me, audit_share=0.0, **settings)
            opinions = from_frame(pl.DataFrame(rows), kind="transcripts", about={"items": about})
            load(session, project, opinions, actor=me, folder=self.folder)
            self.project = project.id
            found = session.query(Item.id).filter_by(project_id=project.id).order_by(Item.place)
            return [one for (one,) in found]

    def context(self, *, width: int = 1280, height: int = 900, **options: Any) -> Any:
        context = self.chromium.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(1000 * PATIENCE)
        self.contexts.append(context)
        with self.running.world.store.write() as session:
            local_user(session)
            text = links.make(session, self.running.world.app.server.settings, "local", now())
        page = context.new_page()
        page.goto(f"{self.running.url}/enter?token={text}")
        page.close()
        return context

    def open(self, item: int, *, quiet: bool = True, context: Any = None, path: str = "", **options: Any) -> Any:
        page = (context or self.context(**options)).new_page()
        page.add_init_script(WATCHED)
        page.on("dialog", lambda dialog: (self.complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: self.complaints.append(f"error {error}"))
        if quiet:
            page.on("console", lambda message: self.complaints.append(f"console {message.text}"))
        page.goto(f"{self.running.url}/projects/{self.project}/items/{item}{path}")
        page.locator("html[data-ready]").wait_for()
        return page

    def decisions(self, count: int, page: Any) -> list[Decision]:
        """All decisions, once there are so many."""

        def enough() -> list[Decision]:
            with self.running.world.store.read() as session:
                made = session.query(Decision).filter_by(project_id=self.project).order_by(Decision.id).all()
            return made if len(made) >= count else []

        return until(enough, page)


@pytest.fixture
def workspace(chromium: Any, serve: Callable[..., Any], tmp_path: Path) -> Iterator[Workspace]:
    found = Workspace(chromium, serve(), tmp_path)
    yield found
    for context in found.contexts:
        context.close()
    assert found.complaints == []


def focused(page: Any) -> int:
    return int(page.evaluate("Number(document.activeElement.dataset.place ?? 0)"))


def player(page: Any, what: str) -> Any:
    return page.evaluate(f"document.querySelector('audio').{what}")


def ready(page: Any) -> None:
    """Until the recording is known."""
    until(lambda: player(page, "readyState") >= 1 and player(page, "duration") > 0, page)


WATCHED = """
    const natural = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'currentTime');
    window.seeks = [];  // from where, to where
    Object.defineProperty(HTMLMediaElement.prototype, 'currentTime', { ...natural, set(time) {
        window.seeks.push([natural.get.call(this), time]);
        natural.set.call(this, time);
    } });
"""
"""Writes down each place to which the recording is sent: on a slow machine it is elsewhere before one can look."""


def sought(page: Any) -> float:
    """Where the recording was last sent to."""
    return float(page.evaluate("window.seeks.at(-1)[1]"))


def text_of(page: Any) -> str:
    """The text of the clip as it stands."""
    return str(page.evaluate("document.querySelector('token-grid').text"))


def test_twenty_spans_are_reviewed_by_keyboard_alone(workspace: Workspace) -> None:
    rows: list[dict[str, Any]] = []
    for number in range(10):
        rows += clip(f"clip-{number}", WORDS, other={1: "fourteen", 8: "thursday"})
    wav(workspace.folder / "tone.wav", tone(6))
    workspace.load(rows, {f"clip-{number}": {"audio": "tone.wav", "seconds": 6.0} for number in range(10)})
    with workspace.running.world.store.read() as session:
        first = session.query(Item).filter_by(project_id=workspace.project).order_by(Item.value.desc(), Item.id).first()
        assert first is not None
        start = first.id
    page = workspace.open(start)
    page.evaluate("""() => { window.mouse = 0;
        const count = (event) => { window.mouse += event.detail; };
        for (const name of ['mousedown', 'pointerdown', 'click']) addEventListener(name, count, true); }""")
    seen = set()
    for _ in range(10):
        name = page.locator("#work h1").inner_text()
        for place in (2, 9):
            assert focused(page) == place
            box = page.evaluate("document.activeElement.getBoundingClientRect().toJSON()")
            assert box["top"] >= 180
            assert box["bottom"] <= 720
            seen.add((name, place))
            page.keyboard.press("2")
        page.keyboard.press("a")
        page.locator("#work.settled").or_(page.locator("#work h1", has_not_text=name)).wait_for()
    assert len(seen) == 20
    assert page.evaluate("window.mouse") == 0
    made = workspace.decisions(30, page)
    assert [one.place for one in made].count(None) == 10
    wanted = " ".join(WORDS).replace("four ", "fourteen ").replace("since", "thursday")
    assert {one.answer["text"] for one in made if one.answer and one.place is None} == {wanted}
    assert {one.adopted_from for one in made if one.place is not None} == {"voter-2, voter-3"}
    with workspace.running.world.store.read() as session:
        assert verify(session, workspace.project).bad is None


@pytest.fixture
def spoken(workspace: Workspace) -> Any:
    """A clip of 40 words, one each half second, with its recording."""
    words = [f"word{place}" for place in range(40)]
    wav(workspace.folder / "tone.wav", tone(20))
    (item,) = workspace.load(
        clip("clip", words, other={10: "ward", 11: "sword", 30: "bird"}), {"clip": {"audio": "tone.wav", "seconds": 20}}
    )
    return workspace, item


LOOK = """([speed, patience]) => new Promise((done) => {
    const audio = document.querySelector('audio'), seen = [], until = performance.now() + patience;
    const enough = () => seen.length > 40 && new Set(seen.map((one) => one[1])).size > 5;
    const look = (frame) => {
        const time = audio.currentTime;
        setTimeout(() => {  // once all of this frame's work is done: what is painted
            const lit = document.querySelector('.token.now');
            const long = performance.now() - frame > 40 / speed;  // the machine was elsewhere in mid-frame
            if (!audio.paused && time > 0.1 && !long) seen.push([time, lit ? Number(lit.dataset.place) : 0]);
        });
        if (audio.currentTime > 15) audio.currentTime = 0.2;
        if (performance.now() < until && !enough()) requestAnimationFrame(look); else done(seen);
    };
    requestAnimationFrame(look);
})"""
"""What is lit when, in frames that the machine did not interrupt."""


@pytest.mark.parametrize("speed", [1, 2])
def test_the_word_that_is_heard_is_lit_within_50_ms_of_media_time(spoken: Any, speed: int) -> None:
    workspace, item = spoken
    page = workspace.open(item)
    ready(page)
    page.keyboard.press(".")  # off the span that plays by itself
    for _ in range(5 if speed == 2 else 0):
        page.keyboard.press("]")
    page.evaluate("document.querySelector('audio').pause()")
    page.locator("[data-place='1']").first.focus()
    page.keyboard.press("Enter")
    seen = page.evaluate(LOOK, [speed, 1000 * PATIENCE])
    assert player(page, "playbackRate") == speed
    assert player(page, "preservesPitch") is True
    assert len(seen) > 30
    late = [
        (time, place) for time, place in seen if not 0.5 * (place - 1) - 0.05 <= time <= 0.5 * place + 0.05 and place
    ]
    assert late == []
    assert len({place for _, place in seen}) >= 5


OVER = """(end) => new Promise((done) => {
    const audio = document.querySelector('audio');
    let over = 0;
    const look = () => setTimeout(() => {  // after the work of the frame
        if (audio.paused) { done(over); return; }
        if (audio.currentTime >= end) over++;
        requestAnimationFrame(look);
    });
    requestAnimationFrame(look);
})"""
"""In how many frames it plays on behind a time, until it is paused."""


def test_a_span_plays_with_its_context_and_stops_or_repeats(spoken: Any) -> None:
    workspace, item = spoken
    page = workspace.open(item)
    ready(page)
    page.keyboard.press("n")
    assert focused(page) == 31
    page.keyboard.press("p")
    assert focused(page) == 11
    over = page.evaluate(OVER, 6.4)  # the span ends at 5.9
    assert over <= 1, "it stops in the first frame that finds it played"
    assert player(page, "paused")
    assert player(page, "currentTime") >= 6.4 - 0.02
    page.keyboard.press("Shift+R")
    assert player(page, "playbackRate") == pytest.approx(0.7)
    assert sought(page) == pytest.approx(3.5)  # it begins at 5.0


def repeats(page: Any, *, since: int, start: float = 3.5, end: float = 6.4) -> bool:
    """Whether it is sent to the start of the span, and each time from its end, once it is sent anywhere."""

    def back() -> list[float]:
        return [here for here, there in page.evaluate("window.seeks")[since:] if there == pytest.approx(start)]

    return min(until(back, page)) >= end - 0.02


def seeks(page: Any) -> int:
    return int(page.evaluate("window.seeks.length"))


def until_paused(page: Any) -> None:
    until(lambda: player(page, "paused"), page)


def test_a_span_repeats_whenever_it_is_played_to_its_end(spoken: Any) -> None:
    """Also where somebody went into it after it had stopped by itself; not where somebody went on behind it."""
    workspace, item = spoken
    page = workspace.open(item)  # the first span, from 3.5 to 6.4, plays by itself
    ready(page)
    until_paused(page)
    page.keyboard.press("o")
    known = seeks(page)
    page.keyboard.press(",")
    page.keyboard.press("Space")
    assert repeats(page, since=known)
    for _ in range(2):  # while it plays, and again
        known = seeks(page)
        page.evaluate("document.querySelector('audio').currentTime = 6.3")
        assert repeats(page, since=known)
        assert player(page, "paused") is False
    page.keyboard.press("o")
    page.evaluate("document.querySelector('audio').currentTime = 6.3")
    until_paused(page)
    assert player(page, "currentTime") >= 6.4 - 0.02
    known = seeks(page)
    page.keyboard.press("o")
    page.keyboard.press("Space")  # at its end: from its start once more
    assert repeats(page, since=known)
    page.evaluate("document.querySelector('audio').pause()")
    for _ in range(5):
        page.keyboard.press(".")  # behind the span: it is left
    before = player(page, "currentTime")
    assert before > 6.5
    known = seeks(page)
    page.keyboard.press("Space")
    until(lambda: player(page, "currentTime") > before + 0.5, page)
    assert player(page, "paused") is False
    assert seeks(page) == known  # and was not sent back


def test_a_span_at_the_end_of_the_recording_repeats(workspace: Workspace) -> None:
    """The recording ends before the seconds that follow a span do."""
    wav(workspace.folder / "tone.wav", tone(3))
    (item,) = workspace.load(
        clip("clip", [f"word{place}" for place in range(6)], other={5: "last"}), {"clip": {"audio": "tone.wav"}}
    )
    page = workspace.open(item)  # it begins at 2.5 and ends at 2.9
    ready(page)
    until_paused(page)
    assert player(page, "ended") is True
    page.keyboard.press("o")
    page.keyboard.press("r")
    for _ in range(3):
        known = seeks(page)
        page.evaluate("document.querySelector('audio').currentTime = 2.7")
        assert repeats(page, since=known, start=1.0, end=3.0)
    until(lambda: not player(page, "paused"), page)


def test_going_on_steps_back_and_the_place_is_remembered(spoken: Any) -> None:
    workspace, item = spoken
    context = workspace.context()
    page = workspace.open(item, context=context)
    ready(page)
    page.evaluate("document.querySelector('audio').pause()")
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.keyboard.type("0:10")
    page.keyboard.press("Enter")
    assert sought(page) == pytest.approx(10)
    assert focused(page) == 21
    page.keyboard.press("Space")
    stopped = player(page, "currentTime")
    page.keyboard.press("Space")
    assert sought(page) == pytest.approx(stopped - 1, abs=0.1)
    page.keyboard.press("Space")
    stopped = player(page, "currentTime")
    place = focused(page)
    page.goto(f"{workspace.running.url}/projects/{workspace.project}")
    link = page.locator("a:has-text('Go on where you stopped')")
    until(lambda: page.reload() and link.count(), page)  # what a page sends while it is left may come after the next
    assert link.count() == 1
    elsewhere = workspace.open(item, context=workspace.context())
    ready(elsewhere)
    until(lambda: player(elsewhere, "currentTime") == pytest.approx(stopped, abs=0.3), elsewhere)
    assert player(elsewhere, "paused") is True
    assert focused(elsewhere) == place > 1


def test_frequencies_take_the_place_of_loudness_and_stay(spoken: Any) -> None:
    workspace, item = spoken
    page = workspace.open(item, quiet=False)  # the browser remarks on a canvas that is read several times
    ready(page)
    with page.expect_response(lambda answer: "/spectrogram?" in answer.url) as told:
        page.keyboard.press("y")
    assert told.value.status == 200
    page.locator("canvas.tall").wait_for()
    inked = """() => { const one = document.querySelector('canvas');
        const data = one.getContext('2d').getImageData(0, 0, one.width, one.height).data;
        return data.filter((value, at) => at % 4 === 3 && value > 40).length / (one.width * one.height); }"""
    until(lambda: page.evaluate(inked) > 0.02, page)
    assert page.locator("[data-command=spectrogram]").get_attribute("aria-pressed") == "true"
    page.keyboard.press("y")
    page.locator("canvas:not(.tall)").wait_for()


def test_a_lease_that_runs_out_is_said_and_a_key_keeps_it(workspace: Workspace) -> None:
    """Without a sign of life the item is kept a third of its lease; then it is said, and any key keeps it."""
    (item,) = workspace.load(clip("short", WORDS), {"short": {}}, lease_seconds=300)
    context = workspace.context()
    context.clock.install()
    page = workspace.open(item, context=context)
    stay = page.locator("#notice button:has-text('I am still here')")
    until(lambda: page.clock.run_for(25_000) or stay.count(), page)  # once it is taken, which it is some time later
    before = lease(workspace, item)
    stay.click()
    page.locator("#notice[hidden]").wait_for(state="attached")
    until(lambda: lease(workspace, item) > before, page)


def lease(workspace: Workspace, item: int) -> Any:
    """Until when somebody has the item."""
    with workspace.running.world.store.read() as session:
        return session.query(Reservation).filter_by(item_id=item).one().until


def test_a_seek_before_the_recording_is_known_is_not_lost(spoken: Any) -> None:
    workspace, item = spoken
    context = workspace.context()
    page = context.new_page()
    page.add_init_script(WATCHED)
    held: list[Any] = []
    page.route("**/media/*", lambda route: held.append(route))
    page.goto(f"{workspace.running.url}/projects/{workspace.project}/items/{item}")
    page.locator("html[data-ready]").wait_for()
    page.locator("[data-place='25']").first.focus()
    page.keyboard.press("Enter")
    assert player(page, "readyState") == 0
    for route in held:
        route.continue_()
    page.unroute("**/media/*")
    until(lambda: player(page, "currentTime") >= 12, page)
    assert sought(page) == pytest.approx(12)


def test_minute_fifty_of_a_long_recording_is_reached(workspace: Workspace) -> None:
    long_wav(workspace.folder / "hour.wav")
    words = [f"word{place}" for place in range(60)]
    (item,) = workspace.load(
        clip("clip", words, other={50: "late"}, pace=60.0), {"clip": {"audio": "hour.wav", "seconds": 3600}}
    )
    page = workspace.open(item)
    assert focused(page) == 51
    until(lambda: player(page, "currentTime") >= 3000, page)  # it plays there, and does not only stand there
    assert sought(page) == pytest.approx(3000 - 1.5)
    assert player(page, "seekable.end(0)") == pytest.approx(3600)


def test_the_clock_of_a_file_may_start_late(workspace: Workspace) -> None:
    wav(workspace.folder / "tone.wav", tone(10))
    (item,) = workspace.load(
        clip("clip", WORDS, begin=100.0), {"clip": {"audio": "tone.wav", "seconds": 10.0, "offset_ms": 100_000}}
    )
    page = workspace.open(item)
    ready(page)
    page.locator("[data-place='5']").first.focus()
    page.keyboard.press("Enter")
    assert sought(page) == pytest.approx(2.0)
    page.keyboard.press("Space")

    def heard() -> str:
        return str(min(len(WORDS), int(player(page, "currentTime") / 0.5 + 1)))

    until(lambda: page.locator(".token.now").get_attribute("data-place") == heard(), page)


def test_words_without_times_say_that_theirs_are_approximate(workspace: Workspace) -> None:
    rows = clip("clip", WORDS, other={3: "young"})
    for row in rows:
        if 2 <= row["position"] <= 5:
            row["start"] = row["end"] = None
    wav(workspace.folder / "tone.wav", tone(6))
    (item,) = workspace.load(rows, {"clip": {"audio": "tone.wav", "seconds": 6}})
    page = workspace.open(item)
    assert focused(page) == 4
    assert "about 0:0" in page.locator(".dock-head").inner_text()


def test_arrows_follow_the_direction_of_the_script(workspace: Workspace) -> None:
    (item,) = workspace.load(clip("clip", HEBREW, other={3: "נקיה"}), {"clip": {"language": "he"}})
    page = workspace.open(item)
    assert page.locator(".grid").get_attribute("dir") == "rtl"
    assert page.locator(".grid").get_attribute("lang") == "he"
    page.locator("[data-place='1']").first.focus()
    page.keyboard.press("ArrowLeft")
    assert focused(page) == 2
    left = "(place) => document.querySelector(`.token[data-place='${place}']`).getBoundingClientRect().left"
    assert page.evaluate(left, "2") < page.evaluate(left, "1")
    page.keyboard.press("ArrowRight")
    assert focused(page) == 1
    page.keyboard.press("End")
    assert focused(page) == 10


@pytest.mark.parametrize("width", [320, 1280])
def test_long_words_emoji_and_combining_signs_fit(workspace: Workspace, width: int) -> None:
    words = ["x" * 3000, "👩‍👩‍👧‍👦", "e\u0301\u0302\u0303", "z\u0335\u0336" * 40, "🇩🇪", "\u202eabc", *WORDS]
    (item,) = workspace.load(clip("clip", words, other={1: "👨‍👩‍👧", 2: "é"}), {"clip": {"group": "a"}})
    page = workspace.open(item, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelector('token-grid').text") == " ".join(words)
    page.locator("[data-place='2']").first.focus()
    page.keyboard.press("d")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.keyboard.type("👍🏽")
    page.keyboard.press("Enter")
    assert workspace.decisions(1, page)[0].answer == {"own": "👍🏽"}


def test_words_voters_and_file_names_stay_texts(workspace: Workspace) -> None:
    words = [text.replace(" ", "\u00a0") for text in XSS]
    rows = clip("clip", words, other=dict.fromkeys(range(len(words)), "<img src=x onerror=alert(2)>"))
    for row in rows:
        row["voter"] = f"{XSS[int(row['voter'][-1])]}"
    name = "<img src=x onerror=alert(1)>.wav"
    wav(workspace.folder / name, tone(1))
    (item,) = workspace.load(rows, {"clip": {"audio": name, "seconds": 1}})
    page = workspace.open(item)
    for _ in range(4):
        page.keyboard.press("2")
        page.keyboard.press("h")
    assert page.locator("main img, main iframe, main svg[onload], main [onerror], main script:not([type])").count() == 0
    assert name not in page.content()


def test_words_are_joined_divided_dropped_and_undone_and_keep_their_times(spoken: Any) -> None:
    workspace, item = spoken
    page = workspace.open(item)
    page.locator("[data-place='5']").first.focus()
    page.keyboard.press("l")
    page.locator("[data-place='8']").first.focus()
    page.keyboard.press("d")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.locator("[data-place='20']").first.focus()
    page.keyboard.press("Delete")
    workspace.decisions(4, page)
    with workspace.running.world.store.read() as session:
        project = session.get_one(Project, workspace.project)
        words = {word.text: (word.start, word.end) for word in dict(clips_of(session, project))["clip"]}
    assert words["word4word5"] == (2.0, 2.9)
    assert words["wor"] == (3.5, 3.74)  # three of five signs
    assert words["d7"][1] == 3.9
    assert "word19" not in words
    page.keyboard.press("u")
    said(page, "Undone")
    until(lambda: "word19" in text_of(page), page)
    assert focused(page) == 20
    page.keyboard.press("u")
    page.keyboard.press("u")  # whether or not the first is seen by then
    until(lambda: text_of(page) == " ".join(f"word{place}" for place in range(40)), page)


def test_undo_goes_back_over_items(workspace: Workspace) -> None:
    rows = clip("one", WORDS, other={1: "fourteen"}) + clip("two", WORDS, other={1: "fourteen"})
    items = workspace.load(rows, {"one": {"group": "a"}, "two": {"group": "a"}})
    page = workspace.open(items[0])
    page.keyboard.press("2")
    page.keyboard.press("a")
    page.locator("#work h1:has-text('two')").wait_for()
    workspace.decisions(2, page)
    page.keyboard.press("u")
    page.locator("#work h1:has-text('one')").wait_for()
    assert text_of(page).startswith("fifty fourteen")
    page.keyboard.press("u")
    until(lambda: text_of(page).startswith("fifty four "), page)
    assert focused(page) == 2
    page.keyboard.press("Shift+U")
    until(lambda: text_of(page).startswith("fifty fourteen"), page)


def test_words_mended_offline_or_after_the_session_are_sent_later(spoken: Any) -> None:
    workspace, item = spoken
    page = workspace.open(item, quiet=False)
    ready(page)
    page.context.set_offline(True)
    page.keyboard.press("2")
    page.locator("#save-state[data-kind=warn]").wait_for()
    assert page.locator("[data-place='11'].mended").count() == 1
    page.context.set_offline(False)
    workspace.decisions(1, page)
    cookies = page.context.cookies()
    page.keyboard.press("e")
    page.keyboard.type("kept text")
    page.context.clear_cookies()
    page.keyboard.press("Enter")
    page.locator("#save-state a:has-text('Sign in')").wait_for()
    assert "kept text" in page.evaluate("document.querySelector('token-grid').text")
    page.context.add_cookies(cookies)
    page.evaluate("dispatchEvent(new Event('focus'))")
    assert workspace.decisions(2, page)[-1].answer == {"own": "kept text"}


def test_what_is_typed_is_kept_when_the_focus_goes_elsewhere(spoken: Any) -> None:
    workspace, item = spoken
    page = workspace.open(item)
    page.keyboard.press("e")
    page.keyboard.type("half a")
    page.locator("[data-place='14']").first.focus()
    page.locator("[data-place='11']").first.focus()
    assert page.locator("#own-word").input_value() == "half a"
    page.locator("#own-word").press("End")
    page.keyboard.type(" word")
    page.keyboard.press("Enter")
    assert [one.answer for one in workspace.decisions(1, page)] == [{"own": "half a word"}], "and was not sent before"


def test_of_two_browsers_that_want_one_item_one_mends_it(spoken: Any) -> None:
    workspace, item = spoken
    one = workspace.open(item)
    context = workspace.context()
    context.clock.install()
    two = workspace.open(item, quiet=False, context=context)
    one.keyboard.press("2")
    one.keyboard.press("a")
    workspace.decisions(2, one)
    come = late_parts(two, "strip")
    two.keyboard.press("1")
    two.keyboard.press("a")
    two.locator("#notice:has-text('has changed')").wait_for()
    come()
    for _ in range(5):  # time and answers enough for the last item to be seen as the last
        two.clock.run_for(2000)
        two.evaluate("fetch(location.href).then((one) => one.text())")
    assert two.locator("#notice:has-text('has changed')").count() == 1
    with workspace.running.world.store.read() as session:
        kept = session.query(Decision).filter_by(project_id=workspace.project, place=None).all()
        assert [str(answer.answer["text"]).split()[10] for answer in kept if answer.answer] == ["ward"]


def test_of_ten_thousand_words_only_those_near_the_window_are_made(workspace: Workspace) -> None:
    words = [f"word{place}{'.' if place % 15 == 14 else ''}" for place in range(10_000)]
    (item,) = workspace.load(clip("clip", words, other={9_000: "ward"}), {"clip": {"group": "a"}})
    page = workspace.open(item)
    assert focused(page) == 9_001
    assert page.locator(".token").count() < 1500
    assert page.evaluate("document.querySelector('.grid').textContent.includes('word5000')")
    page.keyboard.press("Control+Home")
    assert focused(page) == 1
    page.keyboard.press("ArrowDown")
    assert focused(page) > 1
    page.keyboard.press("Control+End")
    assert focused(page) == 10_000


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280, 2560])
def test_axe_finds_nothing_in_the_workspace(spoken: Any, require: Callable[[str], Any], width: int, theme: str) -> None:
    workspace, item = spoken
    page = workspace.open(item, width=width, color_scheme=theme)
    ready(page)
    page.keyboard.press("e")
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert violations(require, page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = false; })")
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    page.keyboard.press("v")
    assert violations(require, page) == []


def test_without_script_the_text_and_the_recording_are_there(chromium: Any, spoken: Any) -> None:
    workspace, item = spoken
    context = workspace.context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{workspace.running.url}/projects/{workspace.project}/items/{item}")
    assert page.locator("token-grid .reads").inner_text().startswith("word0 word1")
    assert page.locator("audio[controls]").is_visible()


def test_scripts_of_pages_are_small() -> None:
    import psephos.review

    folder = Path(psephos.review.__file__).parent / "static"
    own = [file for file in folder.glob("*.js") if "min" not in file.name]
    assert sum(file.stat().st_size for file in own) < 100_000


def test_keys_pressed_again_while_the_next_item_is_on_its_way_decide_nothing_twice(workspace: Workspace) -> None:
    rows = [row for number in range(3) for row in clip(f"clip-{number}", WORDS, other={1: "fourteen"})]
    ids = workspace.load(rows, {f"clip-{number}": {"topic": "chest"} for number in range(3)})
    page = workspace.open(ids[0])
    on_its_way: list[Any] = []
    waiting = True

    def late(route: Any) -> None:
        if waiting and route.request.headers.get("x-psephos-part") == "work":
            on_its_way.append(route)
        else:
            route.continue_()

    page.route(re.compile(r"/items/\d+"), late)
    page.reload()
    page.locator("html[data-ready]").wait_for()
    name = page.locator("#work h1").inner_text()
    for key in ("2", "a", "a", "2", "a"):
        page.keyboard.press(key)
    workspace.decisions(2, page)
    assert page.locator("#work h1").inner_text() == name
    waiting = False
    for route in on_its_way:
        route.continue_()
    page.locator("#work h1", has_not_text=name).wait_for()
    page.keyboard.press("2")  # sent after all that was to be sent before it
    assert [one.item_id == ids[0] for one in workspace.decisions(3, page)] == [True, True, False]


def test_a_queue_whose_next_stretch_comes_late_has_no_end(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("psephos.review.pages.queue.PAGE", 2)
    rows = [row for number in range(4) for row in clip(f"clip-{number}", WORDS, other={1: "fourteen"})]
    workspace.load(rows, {f"clip-{number}": {"topic": "chest"} for number in range(4)})
    with workspace.running.world.store.read() as session:
        queue = session.query(Item.id).filter_by(project_id=workspace.project)
        first = queue.order_by(Item.value.desc(), Item.id).limit(1).scalar()
    page = workspace.open(first)
    on_its_way: list[Any] = []
    waiting = True

    def late(route: Any) -> None:
        if waiting and route.request.headers.get("x-psephos-part") == "strip":
            on_its_way.append(route)
        else:
            route.continue_()

    page.route(re.compile(r"/items/\d+"), late)
    page.reload()
    page.locator("html[data-ready]").wait_for()
    for number in range(4):
        name = page.locator("#work h1").inner_text()
        page.keyboard.press("a")
        if number == 1:  # the last that is known
            until(lambda: on_its_way, page)
            workspace.decisions(2, page)
            page.locator("#save-state:text-is('')").wait_for(state="attached")
            assert page.locator("#work.settled").count() == 0
            waiting = False
            for route in on_its_way:
                route.continue_()
        if number < 3:
            page.locator("#work h1", has_not_text=name).wait_for()
    page.locator("#work.settled").wait_for()
    assert len(workspace.decisions(4, page)) == 4


@pytest.mark.parametrize("count", [60, pytest.param(500, marks=pytest.mark.slow)])
def test_many_items_leave_keys_alive_and_little_memory(workspace: Workspace, count: int) -> None:
    rows: list[dict[str, Any]] = []
    for number in range(count):
        rows += clip(f"clip-{number:03d}", WORDS, other={1: "fourteen"})
    wav(workspace.folder / "tone.wav", tone(6))
    workspace.load(rows, {f"clip-{number:03d}": {"audio": "tone.wav", "seconds": 6} for number in range(count)})
    with workspace.running.world.store.read() as session:
        first = session.query(Item.id).filter_by(project_id=workspace.project).order_by(Item.value.desc(), Item.id)
        start = first.limit(1).scalar()
    page = workspace.open(start)
    session_of_tools = page.context.new_cdp_session(page)

    def heap() -> float:
        session_of_tools.send("HeapProfiler.collectGarbage")
        return float(session_of_tools.send("Runtime.getHeapUsage")["usedSize"])

    before = 0.0
    for number in range(count):
        name = page.locator("#work h1").inner_text()
        page.keyboard.press("2")
        page.keyboard.press("a")
        if number < count - 1:
            page.locator("#work h1", has_not_text=name).wait_for()
        if number == min(50, count // 3):
            before = heap()
    workspace.decisions(2 * count, page)
    assert before > 0
    assert heap() - before < 10e6
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
