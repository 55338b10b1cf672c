"""Is the review server quick enough for people who press keys all day, and for twenty of them at once?

It has no peer; it has budgets (sheet 90 section 9), measured against a running `psephos serve` on loopback, in SQLite:

- the first page of a queue of 100,000 items, p95 below 300 ms;
- from a key press to the next item on the screen, p95 below 100 ms (in Chromium, as a person would);
- a transcript of 10,000 words, below 1 s until it can be read;
- 20 people who look, reserve and decide at the same time: no error ("database is locked"), p95 of a decision.

    python benchmarks/review.py            measure, write benchmarks/results/review-*.json
    python benchmarks/review.py --tiny     a small queue, nothing written
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import polars as pl
from harness import RESULTS, machine

from psephos.opinions import from_frame
from psephos.review.accounts import api_tokens
from psephos.review.store.account_tables import User
from psephos.review.store.columns import now
from psephos.review.store.loading import load
from psephos.review.store.opening import open_store
from psephos.review.store.people import set_role
from psephos.review.store.projects import create_project, system_user

PEOPLE = 20
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--mute-audio", "--autoplay-policy=no-user-gesture-required"]


@dataclass(frozen=True)
class Size:
    """How much is in the store, and how long people work."""

    items: int
    words: int
    clips: int
    pages: int
    keys: int
    seconds: float


FULL = Size(items=100_000, words=10_000, clips=8, pages=60, keys=60, seconds=15)
TINY = Size(items=300, words=300, clips=2, pages=5, keys=5, seconds=1)


@dataclass(frozen=True)
class World:
    """A running server: its address, a browser's cookie, projects, tokens of people."""

    url: str
    cookie: dict[str, str]
    labels: int
    transcripts: int
    clip: int
    tokens: list[str]
    size: Size


def labels(count: int) -> pl.DataFrame:
    """Three votes on each item, some of them off."""
    rng = np.random.default_rng(0)
    item = np.repeat(np.arange(count), 3)
    wrong = rng.random(3 * count) < 0.2
    label = np.where(wrong, rng.integers(0, 5, 3 * count), item % 5)
    return pl.DataFrame(
        {
            "item": [f"item-{one:06d}" for one in item],
            "voter": [f"voter-{one}" for one in np.tile(np.arange(3), count)],
            "label": [f"class {one}" for one in label],
        }
    )


def words(count: int, clips: int) -> pl.DataFrame:
    """Four recognisers, a word each 0.4 s, one word in ten heard otherwise by someone."""
    rng = np.random.default_rng(1)
    vocabulary = np.array([f"word{one}" for one in range(2000)])
    parts = []
    for clip in range(clips):
        said = vocabulary[rng.integers(0, len(vocabulary), count)]
        for voter in range(4):
            heard = np.where(rng.random(count) < 0.05, vocabulary[rng.integers(0, len(vocabulary), count)], said)
            start = np.arange(count) * 0.4
            parts.append(
                pl.DataFrame(
                    {
                        "item": [f"clip-{clip}"] * count,
                        "voter": [f"recogniser-{voter}"] * count,
                        "position": np.arange(count),
                        "token": heard,
                        "start": start,
                        "end": start + 0.35,
                    }
                )
            )
    return pl.concat(parts)


@contextmanager
def running(size: Size) -> Iterator[World]:
    """A server with this much in it."""
    folder = Path(tempfile.mkdtemp(prefix="psephos-review-"))
    file = folder / "reviews.sqlite"
    store = open_store(file)
    tokens = []
    with store.write() as session:
        me = system_user(session).id
        first = create_project(session, "labels", actor=me)
        load(session, first, from_frame(labels(size.items), kind="labels"), actor=me)
        second = create_project(session, "transcripts", actor=me)
        load(session, second, from_frame(words(size.words, size.clips), kind="transcripts"), actor=me)
        for number in range(PEOPLE):
            user = User(login=f"person-{number}", name=f"Person {number}")
            session.add(user)
            session.flush()
            set_role(session, first, user, "annotator", actor=me)
            tokens.append(api_tokens.issue(session, user.id, now(), name="bench", scopes=["read", "write"])[1])
        numbers = first.id, second.id
    store.close()
    command = [sys.executable, "-m", "psephos", "serve", "--database", str(file), "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        link = next(line.strip() for line in server.stdout if line.startswith("http"))
        url = link.split("/enter")[0]
        with httpx.Client(base_url=url) as client:
            for _ in range(200):
                try:
                    answer = client.get(link)
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            answer.raise_for_status() if answer.status_code >= 400 else None
            clip = client.get(f"/api/v1/projects/{numbers[1]}/queue").json()
            yield World(url, dict(client.cookies), *numbers, _first(clip), tokens, size)
    finally:
        server.terminate()
        server.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)


def _first(queue: Any) -> int:
    rows = queue if isinstance(queue, list) else next(value for value in queue.values() if isinstance(value, list))
    return int(rows[0]["id"])


def first_page(world: World) -> list[float]:
    """Seconds of each request for the first page of the queue."""
    found = []
    with httpx.Client(base_url=world.url, cookies=world.cookie) as client:
        for _ in range(world.size.pages + 3):
            start = time.perf_counter()
            client.get(f"/projects/{world.labels}").raise_for_status()
            found.append(time.perf_counter() - start)
    return found[3:]


@contextmanager
def browser(world: World) -> Iterator[Any]:
    """A page of Chromium that is signed in."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    if program is None:
        raise ModuleNotFoundError("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=CHROMIUM)
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies([{"name": name, "value": value, "url": world.url} for name, value in world.cookie.items()])
        yield context.new_page()
        chromium.close()


WATCH = """() => {
    window.spent = [];
    let pressed = 0;
    addEventListener('keydown', () => { pressed = performance.now(); }, true);
    new MutationObserver(() => {
        if (!pressed) return;
        const from = pressed;
        pressed = 0;
        requestAnimationFrame(() => { const channel = new MessageChannel();
            channel.port1.onmessage = () => window.spent.push(performance.now() - from);
            channel.port2.postMessage(0); });
    }).observe(document.getElementById('work'), { childList: true });
}"""


def next_item(world: World) -> list[float]:
    """Seconds from a key press until the next item is painted."""
    with browser(world) as page, httpx.Client(base_url=world.url, cookies=world.cookie) as client:
        item = _first(client.get(f"/api/v1/projects/{world.labels}/queue").json())
        page.goto(f"{world.url}/projects/{world.labels}/items/{item}")
        page.locator("html[data-ready]").wait_for()
        page.evaluate(WATCH)
        for number in range(world.size.keys):
            page.wait_for_timeout(400)  # nobody decides faster; the next item is fetched meanwhile
            page.keyboard.press("a")
            for _ in range(200):
                if page.evaluate("window.spent.length") > number:
                    break
                page.wait_for_timeout(10)
        return [float(one) / 1000 for one in page.evaluate("window.spent")]


def long_transcript(world: World) -> list[float]:
    """Seconds until a long transcript is painted and takes keys."""
    found = []
    with browser(world) as page:
        for _ in range(3 if world.size is TINY else 7):
            page.goto(f"{world.url}/projects")
            start = time.perf_counter()
            page.goto(f"{world.url}/projects/{world.transcripts}/items/{world.clip}", wait_until="commit")
            page.locator("html[data-ready]").wait_for()
            page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            found.append(time.perf_counter() - start)
    return found[1:]


def together(world: World) -> list[float]:
    """Seconds of each decision of twenty people who work at the same time; any error ends it."""
    found: list[float] = []
    problems: list[str] = []
    until = time.perf_counter() + world.size.seconds

    def work(number: int, token: str) -> None:
        headers = {"authorization": f"Bearer {token}"}
        base = f"/api/v1/projects/{world.labels}"
        with httpx.Client(base_url=world.url, headers=headers, timeout=30) as client:
            offset = 20 * number
            while time.perf_counter() < until and not problems:
                queue = client.get(f"{base}/queue", params={"limit": 10, "offset": offset, "order": "random"})
                if queue.status_code != 200:
                    problems.append(f"{queue.status_code} {queue.text}")
                    return
                rows = next(value for value in queue.json().values() if isinstance(value, list))
                for row in rows[:5]:
                    held = client.post(f"{base}/items/{row['id']}/reservation", json={})
                    if held.status_code == 409:
                        continue  # somebody else has it
                    start = time.perf_counter()
                    body = {"answer": {"choice": row["choice"] or "class 0"}, "version": row["version"], "seconds": 1}
                    made = client.post(f"{base}/items/{row['id']}/decisions", json=body)
                    found.append(time.perf_counter() - start)
                    if made.status_code not in (201, 409):
                        problems.append(f"{made.status_code} {made.text}")

    people = [threading.Thread(target=work, args=(number, token)) for number, token in enumerate(world.tokens)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    if problems:
        raise RuntimeError(problems[0])
    return found


@dataclass(frozen=True)
class Budget:
    """One question, what is asked of it, and how it is measured."""

    name: str
    question: str
    size: str
    seconds: float
    measure: Callable[[World], list[float]]


BUDGETS = (
    Budget("review-first-page", "the first page of the queue, p95", "100,000 items, SQLite", 0.3, first_page),
    Budget("review-next-item", "key press to next item shown, p95", "100,000 items, in Chromium", 0.1, next_item),
    Budget(
        "review-long-transcript",
        "a transcript opens, p95",
        "10,000 words of 4 voters, in Chromium",
        1.0,
        long_transcript,
    ),
    Budget("review-together", "a decision while 20 people decide, p95", "100,000 items, SQLite", 1.0, together),
)


def main() -> int:
    """Measure all; the exit status is the number of budgets that failed with an error."""
    parser = argparse.ArgumentParser(description="Measure a running review server against its budgets.")
    parser.add_argument("--tiny", action="store_true", help="a small store; nothing written")
    parser.add_argument("--only", action="append", choices=[one.name for one in BUDGETS])
    options = parser.parse_args()
    size = TINY if options.tiny else FULL
    failed = 0
    with running(size) as world:
        for budget in BUDGETS:
            if options.only and budget.name not in options.only:
                continue
            try:
                times = np.array(budget.measure(world))
            except ModuleNotFoundError as missing:
                print(f"{budget.name}: {missing.name or missing} is not installed")
                continue
            except Exception as problem:  # noqa: BLE001 - any failure of one is told, the others still run
                failed += 1
                print(f"{budget.name}: failed, {problem}")
                continue
            half, most = np.percentile(times, [50, 95])
            met = "met" if most < budget.seconds else "missed"
            print(
                f"{budget.name}: p50 {1000 * half:.0f} ms, p95 {1000 * most:.0f} ms of {len(times)}; "
                f"budget {1000 * budget.seconds:.0f} ms {met}",
                flush=True,
            )
            if not options.tiny:
                report = {
                    "benchmark": budget.name,
                    "question": budget.question,
                    "size": budget.size,
                    "tolerance": None,
                    "measured": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                    "machine": machine(),
                    "ours": {"name": "psephos", "versions": {}, "timed": "by itself", "seconds": float(most)},
                    "memory": None,
                    "p50": float(half),
                    "runs": len(times),
                    "peers": [{"status": f"budget {1000 * budget.seconds:.0f} ms {met}"}],
                }
                place = RESULTS / f"{budget.name}.json"
                place.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main())
