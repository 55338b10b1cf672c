"""Coming in: the local link, passwords, codes, passkeys, invitations, and what is said to whom."""

from __future__ import annotations

import hashlib
import json
import re
import struct
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cbor2
import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from psephos.review.accounts import links, passwords, people
from psephos.review.accounts.sessions import sessions_of
from psephos.review.store.account_tables import Attempt, SecondFactor, SignIn, User
from psephos.review.store.audit_log import history
from psephos.review.store.columns import now
from tests.review.conftest import TEAM

PASSWORD = "four quiet herons"


@pytest.fixture
def ann(world: Any) -> str:
    """Somebody with a password."""
    with world.store.write() as session:
        return people.create(session, "ann@example.org", name="Ann", password=PASSWORD).id


def enter(world: Any, login: str = "ann@example.org", password: str = PASSWORD, **more: str) -> tuple[Any, Any]:
    one = world.visitor()
    assert one.get("/sign-in").status_code == 200
    return one, one.form("/sign-in", login=login, password=password, **more)


def test_the_local_link_works_once_and_on_this_machine_only(make_world: Any) -> None:
    world = make_world(mode="local", origin="http://127.0.0.1:8484", trusted_proxy=None)
    with world.store.write() as session:
        text = links.make(session, world.app.server.settings, "local", now())
    one, other = world.visitor(), world.visitor()
    assert one.get(f"/enter?token={text}").headers["location"] == "/projects"
    assert one.get("/projects").status_code == 200
    assert other.get(f"/enter?token={text}").headers["location"] == "/sign-in"
    assert other.get("/projects").headers["location"] == "/sign-in?after=/projects"
    assert other.get("/sign-in").status_code == 200
    assert other.form("/sign-in", login="local", password="x").status_code == 404


def test_a_team_has_no_local_link(world: Any) -> None:
    with world.store.write() as session:
        text = links.make(session, world.app.server.settings, "local", now())
    assert world.visitor().get(f"/enter?token={text}").status_code == 404


def test_a_password_brings_in_with_a_new_cookie(world: Any, ann: str) -> None:
    one = world.visitor()
    one.get("/sign-in")
    before = one.client.cookies.get("__Host-psephos")
    got = one.form("/sign-in", login=" ANN@example.org ", password=PASSWORD, after="/account")
    assert (got.status_code, got.headers["location"]) == (303, "/account")
    line = got.headers["set-cookie"]
    assert re.search(r"__Host-psephos=[\w-]{43}; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=43200", line)
    assert one.client.cookies.get("__Host-psephos") != before
    assert one.get("/account").status_code == 200


def test_wrong_names_and_wrong_passwords_get_the_same_answer(world: Any, ann: str) -> None:
    with world.store.write() as session:
        gone = people.create(session, "gone@example.org", password=PASSWORD)
        gone.disabled_at = now()
    bodies = set()
    for login, password in [
        ("ann@example.org", "wrong words here"),
        ("nobody@example.org", PASSWORD),
        ("gone@example.org", PASSWORD),
    ]:
        _, got = enter(world, login, password)
        assert got.status_code == 401
        text = got.text.replace(login, "LOGIN")
        bodies.add(
            re.sub(
                r'(csrf"? value="|data-csrf="|X-CSRF-Token": "|&#34;)[0-9a-f]{64}',
                "T",
                re.sub(r"[0-9a-f]{64}", "T", text),
            )
        )
    assert len(bodies) == 1


def test_guessing_gets_slow_and_the_owner_still_gets_in(world: Any, ann: str) -> None:
    tries, status = 0, 401
    while status == 401 and tries < 12:  # a slow machine tries again once a second is over, but not once 64 s are
        _, got = enter(world, password="wrong words here")
        tries, status = tries + 1, got.status_code
    assert tries > 5
    assert got.status_code == 429
    assert "Too many tries: wait" in got.text
    with world.store.write() as session:
        session.query(Attempt).update({"free_at": now()})
    _, got = enter(world)
    assert got.headers["location"] == "/projects"


def test_many_guesses_at_once_are_as_slow_as_one_after_the_other(
    world: Any, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are sent before the first was looked at; and few are looked at together, for each takes 64 MiB."""
    looked, most, together = 0, 0, threading.Lock()
    verify = passwords._hasher().__class__.verify

    def slow(self: Any, kept: str, given: str) -> bool:
        nonlocal looked, most
        with together:
            looked += 1
            most = max(most, looked)
        time.sleep(0.5)
        try:
            return bool(verify(self, kept, given))
        finally:
            with together:
                looked -= 1

    monkeypatch.setattr(passwords._hasher().__class__, "verify", slow)
    visitors = [world.visitor() for _ in range(12)]
    for one in visitors:
        one.get("/sign-in")
    begun = time.monotonic()
    with ThreadPoolExecutor(12) as pool:
        sent = [pool.submit(one.form, "/sign-in", login="ann@example.org", password="wrong words") for one in visitors]
        statuses = sorted(one.result().status_code for one in sent)
    later = (time.monotonic() - begun) // 31  # each further wait is longer than all those before it together
    assert 5 <= statuses.count(401) <= 9 + later  # five, and one more after each wait on a slow machine
    assert set(statuses) == {401, 429}
    assert most <= passwords.AT_ONCE


def test_a_sign_in_form_of_another_site_is_refused(world: Any, ann: str) -> None:
    one = world.visitor()
    one.get("/sign-in")
    got = one.client.post("/sign-in", data={"login": "ann@example.org", "password": PASSWORD}, headers={"origin": TEAM})
    assert got.status_code == 403
    assert "session" not in got.text


def test_going_ends_the_session_and_everywhere_ends_all(world: Any, ann: str) -> None:
    one, _ = enter(world)
    two, _ = enter(world)
    one.form("/sign-out")
    assert one.get("/account").status_code == 303
    assert two.get("/account").status_code == 200
    three, _ = enter(world)
    three.form("/sign-out", everywhere="on")
    assert two.get("/account").status_code == 303


def test_a_code_is_asked_for_and_taken_once(world: Any, ann: str) -> None:
    one, _ = enter(world)
    shown = one.form("/account/code", present=PASSWORD)
    secret = re.search(r'<code class="once" tabindex="0">([A-Z2-7]{32})</code>', shown.text)
    assert secret is not None
    clock = pyotp.TOTP(secret[1])
    assert one.form("/account/code/confirm", code="000000" if clock.now() != "000000" else "111111").status_code == 422
    code = clock.now()
    done = one.form("/account/code/confirm", code=code)
    codes = re.findall(r"\b(?:[a-z2-7]{4}-){3}[a-z2-7]{4}\b", done.text)
    assert len(codes) == 10

    two, got = enter(world)
    assert got.headers["location"] == "/sign-in/second"
    assert two.get("/account").status_code == 303
    assert two.form("/sign-in/second", code=code).status_code == 401  # was taken before
    with world.store.write() as session:
        session.query(SecondFactor).filter_by(kind="totp").one().counter -= 5
    assert two.form("/sign-in/second", code=clock.now()).headers["location"] == "/projects"
    assert two.get("/account").status_code == 200
    with world.store.read() as session:
        assert session.query(SignIn).filter_by(user_id=ann).order_by(SignIn.id.desc()).first().strong

    three, _ = enter(world)
    assert three.form("/sign-in/second", code=codes[3].upper()).headers["location"] == "/projects"
    four, _ = enter(world)
    assert four.form("/sign-in/second", code=codes[3]).status_code == 401


def test_codes_cannot_be_guessed_fast(world: Any, ann: str) -> None:
    with world.store.write() as session:
        session.add(SecondFactor(user_id=ann, kind="totp", secret=pyotp.random_base32(), confirmed=True))
    one, _ = enter(world)
    tries = [one.form("/sign-in/second", code=f"{number:06d}").status_code for number in range(7)]
    assert tries == [401] * 5 + [429] * 2


class SoftKey:
    """A security key in software: ES256, attestation none; what a browser would send of it."""

    def __init__(self, origin: str = TEAM) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id = b"soft key " + bytes(range(16))
        self.origin, self.count = origin, 0

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _data(self, flags: int) -> bytes:
        self.count += 1
        return hashlib.sha256(b"reviews.test").digest() + bytes([flags]) + struct.pack(">I", self.count)

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        point = self.private.public_key().public_numbers()
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        data = self._data(0x45) + bytes(16) + struct.pack(">H", len(self.id)) + self.id + public
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"])
        return self._reply({"clientDataJSON": client, "attestationObject": attestation})

    def sign(self, options: dict[str, Any]) -> dict[str, Any]:
        data, client = self._data(0x05), self._client("webauthn.get", options["challenge"])
        signed = self.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._reply({"clientDataJSON": client, "authenticatorData": data, "signature": signed})

    def _reply(self, response: dict[str, bytes]) -> dict[str, Any]:
        said = {name: urlsafe_b64encode(value).rstrip(b"=").decode() for name, value in response.items()}
        name = urlsafe_b64encode(self.id).rstrip(b"=").decode()
        return {"id": name, "rawId": name, "type": "public-key", "response": said, "clientExtensionResults": {}}


def test_a_passkey_signs_this_sites_question_once(world: Any, ann: str) -> None:
    one, _ = enter(world)
    key = SoftKey()
    assert one.call("POST", "/account/passkeys/question", {"present": "wrong"}).status_code == 422
    offered = one.call("POST", "/account/passkeys/question", {"present": PASSWORD}).json()
    assert offered["rp"]["id"] == "reviews.test"
    made = key.make(offered)
    assert one.call("POST", "/account/passkeys", made).status_code == 200
    assert one.call("POST", "/account/passkeys", made).status_code == 422  # the challenge is used up

    two, got = enter(world)
    assert got.headers["location"] == "/sign-in/second"
    question = two.call("POST", "/sign-in/passkey/question").json()
    reply = key.sign(question)
    assert two.call("POST", "/sign-in/passkey", reply).json() == {"to": "/projects"}
    assert two.get("/account").status_code == 200

    three, _ = enter(world)
    three.call("POST", "/sign-in/passkey/question")
    assert three.call("POST", "/sign-in/passkey", reply).status_code == 422  # of another challenge


def test_a_passkey_that_another_person_has_is_refused(world: Any, ann: str) -> None:
    """Attestation is not asked for, so anybody can say that a key of their own has the id of another's."""
    one, _ = enter(world)
    offered = one.call("POST", "/account/passkeys/question", {"present": PASSWORD}).json()
    assert one.call("POST", "/account/passkeys", SoftKey().make(offered)).status_code == 200
    other = world.visitor("annotator")
    offered = other.call("POST", "/account/passkeys/question", {}).json()
    got = other.call("POST", "/account/passkeys", SoftKey().make(offered))
    assert (got.status_code, got.json()["argument"]) == (422, "passkey")
    with world.store.read() as session:
        assert session.query(SecondFactor).filter_by(kind="webauthn").one().user_id == ann


@pytest.mark.parametrize("fault", ["origin", "count", "key", "signature", "nothing"])
def test_a_passkey_reply_that_does_not_fit_is_refused(world: Any, ann: str, fault: str) -> None:
    one, _ = enter(world)
    key = SoftKey()
    one.call(
        "POST",
        "/account/passkeys",
        key.make(one.call("POST", "/account/passkeys/question", {"present": PASSWORD}).json()),
    )
    two, _ = enter(world)
    question = two.call("POST", "/sign-in/passkey/question").json()
    if fault == "origin":
        key.origin = "https://reviews.test.evil.example"
    if fault == "count":
        key.count = -1
    if fault == "key":
        key.private = ec.generate_private_key(ec.SECP256R1())
    reply = key.sign(question) if fault != "nothing" else {}
    if fault == "signature":
        signed = bytearray(urlsafe_b64decode(reply["response"]["signature"] + "=="))
        signed[-1] ^= 1
        reply["response"]["signature"] = urlsafe_b64encode(bytes(signed)).rstrip(b"=").decode()
    assert two.call("POST", "/sign-in/passkey", reply).status_code == 422
    assert two.get("/account").status_code == 303


def test_an_invitation_makes_an_account_once(world: Any) -> None:
    manager = world.visitor("manager")
    page = manager.form(f"/projects/{world.ids['own']}/people/invite", role="reviewer")
    link = re.search(r"https://reviews\.test(/welcome/[\w-]+)", page.text)
    assert link is not None
    one = world.visitor()
    assert one.get(link[1]).status_code == 200
    short = one.form(link[1], login="new@example.org", password="short")
    assert (short.status_code, "15 characters" in short.text) == (422, True)
    assert one.form(link[1], login="new@example.org", password=PASSWORD).headers["location"] == "/projects"
    assert one.get(f"/projects/{world.ids['own']}").status_code == 200
    assert one.get(f"/projects/{world.ids['foreign']}").status_code == 404
    assert world.visitor().get(link[1]).status_code == 404
    with world.store.read() as session:
        assert history(session, world.ids["own"], action="person.joined")[0]["after"]["role"] == "reviewer"


def test_a_new_password_by_link_ends_all_sessions(world: Any, ann: str) -> None:
    one, _ = enter(world)
    page = world.visitor("admin").form(f"/everyone/{ann}/reset")
    link = re.search(r"https://reviews\.test(/new-password/[\w-]+)", page.text)
    assert link is not None
    two = world.visitor()
    two.get(link[1])
    assert two.form(link[1], password="three loud geese").status_code == 303
    assert one.get("/account").status_code == 303
    assert enter(world)[1].status_code == 401
    assert enter(world, password="three loud geese")[1].status_code == 303
    assert two.form(link[1], password="three loud geese").status_code == 404


def test_a_disabled_person_is_out_at_once(world: Any, ann: str) -> None:
    one, _ = enter(world)
    world.visitor("admin").form(f"/everyone/{ann}/disable")
    assert one.get("/account").status_code == 303
    assert enter(world)[1].status_code == 401


def test_another_role_ends_the_sessions_of_that_person(world: Any) -> None:
    one = world.visitor("viewer")
    world.visitor("manager").form(f"/projects/{world.ids['own']}/people/{world.ids['own member']}", role="annotator")
    assert one.get("/projects").status_code == 303


def test_sessions_can_be_seen_and_ended_but_only_ones_own(world: Any, ann: str) -> None:
    one, _ = enter(world)
    two, _ = enter(world)
    with world.store.read() as session:
        mine = [kept.id for kept in sessions_of(session, world.app.server.settings, ann, now())]
    assert len(mine) == 2
    stranger = world.visitor("viewer")
    assert stranger.form(f"/account/sessions/{mine[0]}/end").status_code == 404
    assert one.form(f"/account/sessions/{mine[0]}/end").status_code == 303
    assert [visitor.get("/account").status_code for visitor in (one, two)] == [200, 303]


def test_a_token_is_shown_once_on_the_page(world: Any, ann: str) -> None:
    one, _ = enter(world)
    page = one.form("/account/tokens", name="nightly", days="7", scopes="read", present=PASSWORD)
    text = re.search(r"psp_[\w-]{43}", page.text)
    assert text is not None
    assert text[0] not in one.get("/account").text
    got = world.visitor().client.get("/api/v1/me", headers={"authorization": f"Bearer {text[0]}"})
    assert got.json()["login"] == "ann@example.org"
    assert "csrf" not in got.json()


def test_no_secret_is_in_the_store_as_it_is(world: Any, ann: str) -> None:
    one, _ = enter(world)
    cookie = one.client.cookies.get("__Host-psephos")
    with world.store.read() as session:
        whole = str([vars(kept) for table in (User, SignIn) for kept in session.query(table)])
    assert cookie not in whole
    assert PASSWORD not in whole
