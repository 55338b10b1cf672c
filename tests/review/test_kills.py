"""Kill -9 of the server while people decide: what it said is kept is there, the log is whole, nothing is half there."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from psephos.opinions import from_frame
from psephos.review.accounts import api_tokens
from psephos.review.store.audit_log import history, verify
from psephos.review.store.columns import now
from psephos.review.store.loading import load
from psephos.review.store.opening import Store, open_store
from psephos.review.store.people import create_user, set_role
from psephos.review.store.projects import create_project, system_user
from psephos.review.store.tables import Decision, Item
from tests.review.conftest import labels

PEOPLE = 3


class Reviewers:
    """People in threads of their own that decide over HTTP, again and again, and remember what was acknowledged."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.acknowledged: dict[int, str] = {}
        self.refused: list[Any] = []
        self.ended = threading.Event()
        with store.write() as session:
            actor = system_user(session).id
            project = create_project(session, "votes", actor=actor, overlap=100, audit_share=0.0)
            load(session, project, from_frame(labels(items=12), kind="labels"), actor=actor)
            self.project = project.id
            self.items = [one for (one,) in session.query(Item.id).filter_by(project_id=project.id)]
            self.tokens = []
            for number in range(PEOPLE):
                user = create_user(session, f"person{number}", actor=actor)
                set_role(session, project, user, "annotator", actor=actor)
                self.tokens.append(api_tokens.issue(session, user.id, now(), name="kill", scopes=["write"])[1])

    @contextmanager
    def at(self, url: str) -> Iterator[None]:
        """While this lasts they work."""
        threads = [threading.Thread(target=self._work, args=(url, token)) for token in self.tokens]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.ended.set()
            for thread in threads:
                thread.join(timeout=240)

    def wait(self, more_than: int) -> None:
        """Until so many decisions are acknowledged."""
        until = time.monotonic() + 240
        while len(self.acknowledged) <= more_than and not self.refused:
            assert time.monotonic() < until, "the server does not come back"
            time.sleep(0.002)

    def _work(self, url: str, token: str) -> None:
        host, number, connection = urlsplit(url).netloc, 0, None
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        while not self.ended.is_set():
            number += 1
            said = f"answer {number} of {token[:8]}"
            item = self.items[number % len(self.items)]
            path = f"/api/v1/projects/{self.project}/items/{item}/decisions"
            try:
                connection = connection or http.client.HTTPConnection(host, timeout=120)
                connection.request("POST", path, json.dumps({"answer": {"own": said}}), headers)
                answer = connection.getresponse()
                told = json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError):
                connection = connection and connection.close()
                self.ended.wait(0.03)  # nobody listens while the server starts
                continue
            if answer.status == 201:
                self.acknowledged[told["id"]] = said
            else:
                self.refused.append(told)
                break
        if connection:
            connection.close()

    def check(self) -> None:
        """Nothing that was acknowledged is missing; each decision has its row of the log; the chain holds."""
        assert self.refused == []
        assert self.acknowledged
        with self.store.read() as session:
            found = {one.id: one.answer for one in session.query(Decision).filter_by(project_id=self.project)}
            lost = [one for one, said in self.acknowledged.items() if found.get(one) != {"own": said}]
            assert lost == []
            assert verify(session, self.project).bad is None
            logged, last = 0, None
            while rows := history(session, self.project, before_seq=last, limit=1000):
                logged += sum(row["action"].startswith("decision.") for row in rows)
                last = rows[-1]["seq"]
            assert logged == len(found)
        if self.store.is_sqlite:
            with sqlite3.connect(self.store.place) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            connection.close()


def killed(store: Store, address: str, kills: int) -> None:
    """A server after the other, each killed at another moment while three people decide."""
    reviewers = Reviewers(store)
    command = [sys.executable, str(Path(__file__).with_name("served.py")), address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        with reviewers.at(parent.stdout.readline().strip()):
            for turn in range(kills + 1):
                before = len(reviewers.acknowledged)
                parent.stdin.write("\n")
                parent.stdin.flush()
                child = int(parent.stdout.readline())
                try:
                    reviewers.wait(before)
                    if turn == kills:
                        reviewers.ended.set()
                    else:
                        time.sleep(0.05 * (turn % 11) / 11)
                finally:  # the parent waits for its child, and we for the parent
                    os.kill(child, signal.SIGKILL)
                assert parent.stdout.readline() == "gone\n"
        parent.stdin.close()
    reviewers.check()


@pytest.fixture
def postgres(request: pytest.FixtureRequest) -> str:
    """An empty database."""
    return str(request.getfixturevalue("postgres_server").database())


def test_a_hundred_kills_of_the_server_lose_no_acknowledged_decision(tmp_path: Path) -> None:
    store = open_store(tmp_path / "votes.db")
    killed(store, store.place, kills=100)
    store.close()


def test_kills_of_a_server_over_postgresql_lose_no_acknowledged_decision(postgres: str) -> None:
    store = open_store(postgres)
    killed(store, postgres, kills=10)
    store.close()


@pytest.mark.slow
def test_a_thousand_kills_of_the_server_lose_no_acknowledged_decision(tmp_path: Path) -> None:
    store = open_store(tmp_path / "votes.db")
    killed(store, store.place, kills=1000)
    store.close()


def test_the_command_is_killed(tmp_path: Path) -> None:
    """`psephos serve` itself, as somebody types it."""
    store = open_store(tmp_path / "votes.db")
    reviewers = Reviewers(store)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "psephos", "serve", "--database", store.place, "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            with reviewers.at(f"http://127.0.0.1:{port}"):
                reviewers.wait(20)
                server.kill()
        finally:
            server.kill()
    reviewers.check()
    store.close()
