"""Webhooks: which addresses may be called, how bodies are signed, and that messages arrive."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from psephos.errors import InputError
from psephos.review import delivering, webhooks
from psephos.review.store.account_tables import Delivery

INSIDE = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "localhost",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.8",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[fe80::1]",
    "[fd00::1]",
    "[ff02::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:10.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:db8::1]",
    "[::127.0.0.1]",
    "[fec0::1]",
]


@pytest.mark.parametrize("host", INSIDE)
def test_addresses_inside_are_not_called(host: str) -> None:
    with pytest.raises(InputError) as problem:
        webhooks.check_address(f"https://{host}/hook")
    assert problem.value.argument == "address"


@pytest.mark.parametrize(
    "address",
    [
        "http://8.8.8.8/",
        "ftp://8.8.8.8/",
        "file:///etc/passwd",
        "gopher://8.8.8.8/",
        "https://user:word@8.8.8.8/",
        "https://",
        "//8.8.8.8",
        "https://8.8.8.8:99999/",
        "javascript:alert(1)",
        "https://no-such-host.invalid/",
        "https://" + "a" * 300 + "/",
    ],
)
def test_what_is_no_https_address_of_the_internet_is_refused(address: str) -> None:
    with pytest.raises(InputError):
        webhooks.check_address(address)


def test_an_address_of_the_internet_may_be_called() -> None:
    assert webhooks.check_address("https://8.8.8.8/hook") == ("8.8.8.8", 443, "8.8.8.8")


def test_a_name_of_which_one_address_is_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(InputError, match=r"10\.0\.0\.1"):
        webhooks.check_address("https://two.example/")


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that answers otherwise the second time gets nowhere: it is not asked a second time."""
    asked: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("8.8.8.8", 443))])
    monkeypatch.setattr(socket, "create_connection", lambda place, seconds: asked.append(place) or _refuse())
    assert webhooks.post("https://rebinding.example/", "s", b"{}") == 0
    assert asked == [("8.8.8.8", 443)]


def _refuse() -> Any:
    raise ConnectionRefusedError


def test_a_signature_holds_for_one_body_one_secret_and_a_while() -> None:
    header = webhooks.signature("secret", b"body", 1000)
    assert header == "t=1000,v1=" + __import__("hmac").new(b"secret", b"1000.body", "sha256").hexdigest()
    assert webhooks.is_signed("secret", b"body", header, now=1300)
    assert not webhooks.is_signed("secret", b"body", header, now=1301)
    assert not webhooks.is_signed("secret", b"body2", header, now=1000)
    assert not webhooks.is_signed("other", b"body", header, now=1000)
    for bad in ("", "t=1000", "t=x,v1=y", "v1=", "t=1000,v1="):
        assert not webhooks.is_signed("secret", b"body", bad, now=1000)


class Receiver:
    """A server on loopback that takes messages with the statuses that it is told."""

    def __init__(self) -> None:
        self.statuses, self.got = [200], []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append((body, dict(self.headers)))
                status = receiver.statuses.pop(0) if len(receiver.statuses) > 1 else receiver.statuses[0]
                self.send_response(status)
                if status == 302:
                    self.send_header("location", "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/hook"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.close()


def test_a_decision_is_told_signed_and_again_until_it_is_taken(make_world: Any, receiver: Receiver) -> None:
    world = make_world(private_addresses=True)
    project, item = world.ids["own"], world.ids["own item"]
    manager = world.visitor("manager")
    made = manager.call("POST", f"/api/v1/projects/{project}/webhooks", {"url": receiver.url, "events": ["decision"]})
    secret = made.json()["secret"]
    assert secret not in manager.call("GET", f"/api/v1/projects/{project}/webhooks").text
    answer = {"answer": {"choice": "cat"}}
    assert (
        world.visitor("annotator")
        .call("POST", f"/api/v1/projects/{project}/items/{item}/decisions", answer)
        .status_code
        == 201
    )
    receiver.statuses = [500, 302, 200]
    for _ in range(3):
        with world.store.write() as session:
            for one in session.query(Delivery):
                one.next_at = one.created_at
        delivering.deliver(world.app.server)
    assert len(receiver.got) == 3
    for body, headers in receiver.got:
        stamp = int(headers["Psephos-Signature"].split(",")[0][2:])
        assert webhooks.is_signed(secret, body, headers["Psephos-Signature"], now=stamp)
    said = json.loads(receiver.got[0][0])
    assert (said["event"], said["item"], said["state"]) == ("decision", item, "decided")
    assert delivering.deliver(world.app.server) == 0
    told = manager.call("GET", f"/api/v1/projects/{project}/webhooks").json()[-1]["deliveries"][0]
    assert (told["status"], told["attempts"]) == ("sent", 3)


@pytest.mark.parametrize(
    ("scheme", "opening"),
    [("http", b"HTTP/1.1 200 OK\r\nx: "), ("https", b"\x16\x03\x03\x40\x00\x02")],
    ids=["an answer", "a handshake"],
)
def test_what_comes_byte_by_byte_does_not_hold_up_the_others(
    monkeypatch: pytest.MonkeyPatch, scheme: str, opening: bytes
) -> None:
    monkeypatch.setattr(webhooks, "LONGEST", 0.5)
    monkeypatch.setattr(webhooks, "SECONDS", 600)
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def drip() -> None:
        one, _ = listener.accept()
        with one, suppress(OSError):
            one.sendall(opening)
            while not ended.wait(0.1):
                one.sendall(b"a")

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    asked = threading.Thread(
        target=webhooks.post,
        args=(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/", "secret", b"{}"),
        kwargs={"private": True},
        daemon=True,
    )
    asked.start()
    asked.join(timeout=120)
    held_up = asked.is_alive()
    ended.set()
    thread.join()
    listener.close()
    assert not held_up


def test_a_webhook_of_a_team_cannot_point_inside(world: Any) -> None:
    body = {"url": "https://127.0.0.1/hook", "events": ["decision"]}
    got = world.visitor("manager").call("POST", f"/api/v1/projects/{world.ids['own']}/webhooks", body)
    assert (got.status_code, got.json()["argument"]) == (422, "address")
