"""Single sign-on against a real provider: a tiny one that listens on loopback and can be told to lie."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from psephos.errors import InputError
from psephos.review.accounts import api_tokens, links, sign_on
from psephos.review.settings import Settings, SignOn
from psephos.review.store.account_tables import Identity, User
from psephos.review.store.columns import now
from tests.review.conftest import TEAM


class Provider:
    """Authorises whoever comes, and checks the client, the code, the verifier and the address as one should."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig", "alg": "RS256"})
        self.claims: dict[str, Any] = {}
        self.sign: Any = None
        self.issuer_said = ""
        self.codes: dict[str, dict[str, str]] = {}
        self.person = {"sub": "17", "email": "Ann@Example.org", "email_verified": True, "name": "Ann"}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                if path == "/.well-known/openid-configuration":
                    self.reply(200, provider.about())
                elif path == "/keys":
                    self.reply(200, {"keys": [provider.key.as_dict(private=False)]})
                else:
                    self.reply(404, {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                said = {name: values[0] for name, values in parse_qs(body).items()}
                self.reply(*provider.token(said, self.headers.get("authorization", "")))

            def reply(self, status: int, body: dict[str, Any]) -> None:
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *arguments: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def about(self) -> dict[str, str]:
        return {
            "issuer": self.issuer_said or self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorise",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def authorise(self, address: str) -> str:
        """What the browser would do: go there, and come back with a code."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["redirect_uri"] == f"{TEAM}/sign-on/back"
        assert "openid" in asked["scope"].split()
        self.codes["code-1"] = asked
        return f"/sign-on/back?state={asked['state']}&code=code-1"

    def token(self, said: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(said.get("code", ""), None)
        client = base64.b64encode(b"psephos:a secret").decode()
        proof = base64.urlsafe_b64encode(hashlib.sha256(said.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        right = (
            asked is not None
            and authorization == f"Basic {client}"
            and said.get("redirect_uri") == asked["redirect_uri"]
            and proof.decode() == asked["code_challenge"]
        )
        if not right or asked is None:
            return 400, {"error": "invalid_grant"}
        moment = int(time.time())
        claims = {"iss": self.issuer, "aud": "psephos", "exp": moment + 300, "iat": moment, "nonce": asked["nonce"]}
        claims |= self.person | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        text = self.sign(claims) if self.sign else jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": text}

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def provider() -> Iterator[Provider]:
    one = Provider()
    yield one
    one.close()


@pytest.fixture
def joined(make_world: Any, provider: Provider) -> Any:
    """A team's server that knows the provider, and an invitation for Ann."""
    sign_on = SignOn(issuer=provider.issuer, client_id="psephos", client_secret="a secret", name="Clinic")
    world = make_world(sign_on=sign_on, private_addresses=True)
    with world.store.write() as session:
        about = {"project_id": world.ids["own"], "role": "annotator", "email": "ann@example.org"}
        links.make(session, world.app.server.settings, "invite", now(), invited_by=world.ids["manager"], **about)
    return world


def travel(world: Any, provider: Provider) -> tuple[Any, Any]:
    one = world.visitor()
    assert "Clinic" in one.get("/sign-in").text
    return one, one.get(provider.authorise(one.get("/sign-on").headers["location"]))


def test_who_is_invited_comes_in_and_is_known_the_next_time(joined: Any, provider: Provider) -> None:
    one, got = travel(joined, provider)
    assert got.headers["location"] == "/projects"
    assert one.get(f"/projects/{joined.ids['own']}").status_code == 200
    provider.person |= {"email": "new@example.org", "name": "Ann B"}
    _, again = travel(joined, provider)
    assert again.headers["location"] == "/projects"
    with joined.store.read() as session:
        assert session.query(Identity).count() == 1
        assert session.query(User).filter_by(login="ann@example.org").count() == 1


@pytest.mark.parametrize(
    "person", [{"email": "bob@example.org"}, {"email_verified": False}, {"email": ""}, {"email_verified": "true"}]
)
def test_who_is_not_invited_stays_outside(joined: Any, provider: Provider, person: dict[str, Any]) -> None:
    provider.person |= person
    one, got = travel(joined, provider)
    assert got.status_code == 401
    assert one.get("/projects").status_code == 303


def test_an_address_of_mail_is_no_key_to_an_account_that_exists(joined: Any, provider: Provider) -> None:
    with joined.store.write() as session:
        session.get_one(User, joined.ids["manager"]).email = "boss@example.org"
    provider.person |= {"email": "boss@example.org"}
    assert travel(joined, provider)[1].status_code == 401


def test_a_disabled_person_does_not_come_in_by_the_provider(joined: Any, provider: Provider) -> None:
    travel(joined, provider)
    with joined.store.write() as session:
        session.query(User).filter_by(login="ann@example.org").one().disabled_at = now()
    assert travel(joined, provider)[1].status_code == 401


def unsigned(claims: dict[str, Any]) -> str:
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "none"}, claims)
    ]
    return ".".join([*parts, ""])


def keyed(claims: dict[str, Any], secret: bytes) -> str:
    """What a library that believes `alg` would take for signed: an HMAC under the public key."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in ({"alg": "HS256", "kid": "one"}, claims)
    ]
    mac = hmac.new(secret, b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()


def lie(provider: Provider, what: str) -> None:
    late = int(time.time()) - 3600
    other = RSAKey.generate_key(2048, parameters={"kid": "one"})
    lies: dict[str, Any] = {
        "iss": {"claims": {"iss": "https://evil.example"}},
        "aud": {"claims": {"aud": "another client"}},
        "several aud": {"claims": {"aud": ["psephos", "another client"], "azp": "another client"}},
        "exp": {"claims": {"exp": late}},
        "no exp": {"claims": {"exp": None}},
        "nonce": {"claims": {"nonce": "another"}},
        "no nonce": {"claims": {"nonce": None}},
        "no sub": {"claims": {"sub": None}},
        "alg none": {"sign": unsigned},
        "alg HS256 with the public key": {"sign": lambda claims: keyed(claims, provider.key.as_pem(private=False))},
        "another key": {"sign": lambda claims: jwt.encode({"alg": "RS256", "kid": "one"}, claims, other)},
        "no token": {"sign": lambda claims: "x"},
    }
    for name, value in lies[what].items():
        setattr(provider, name, value)


@pytest.mark.parametrize(
    "what",
    [
        "iss",
        "aud",
        "several aud",
        "exp",
        "no exp",
        "nonce",
        "no nonce",
        "no sub",
        "alg none",
        "alg HS256 with the public key",
        "another key",
        "no token",
    ],
)
def test_an_id_token_that_is_not_for_us_now_is_not_believed(joined: Any, provider: Provider, what: str) -> None:
    lie(provider, what)
    one, got = travel(joined, provider)
    assert got.status_code == 401
    assert "cannot be believed" in got.text or "somebody else" in got.text
    assert one.get("/projects").status_code == 303


def test_a_code_is_taken_to_the_browser_that_asked_and_once(joined: Any, provider: Provider) -> None:
    one, other = joined.visitor(), joined.visitor()
    one.get("/sign-in")
    other.get("/sign-in")
    back = provider.authorise(one.get("/sign-on").headers["location"])
    assert other.get(back).status_code == 401
    assert one.get(back).status_code == 401  # the state was used up by the attempt
    back = provider.authorise(one.get("/sign-on").headers["location"])
    assert one.get(back.replace("code-1", "code-2")).status_code == 401
    assert one.get(back).status_code == 401


def test_a_token_joins_no_identity_to_its_person(joined: Any, provider: Provider) -> None:
    """Whoever got hold of a token that may only read must not come in as its person by an account of their own."""
    with joined.store.write() as session:
        _, text = api_tokens.issue(session, joined.ids["manager"], now(), name="read", scopes=["read"])
    provider.person |= {"sub": "666", "email": "thief@example.org"}
    one = joined.visitor()
    one.get("/sign-in")
    bearer = {"headers": {"authorization": f"Bearer {text}"}}
    gone = one.get("/sign-on", **bearer).headers["location"]
    back = provider.authorise(gone) if gone.startswith("http") else "/sign-on/back"
    assert one.get(back, **bearer).status_code == 401
    with joined.store.read() as session:
        assert session.query(Identity).count() == 0


def test_a_link_elsewhere_joins_nothing_to_who_is_signed_in(joined: Any, provider: Provider) -> None:
    manager = joined.visitor("manager")
    for site in ("cross-site", "same-site", "none"):
        got = manager.get("/sign-on", headers={"sec-fetch-site": site})
        assert got.headers["location"] == "/sign-in"
    gone = manager.get("/sign-on", headers={"sec-fetch-site": "same-origin"}).headers["location"]
    assert manager.get(provider.authorise(gone)).headers["location"] == "/projects"
    with joined.store.read() as session:
        assert session.query(Identity).one().user_id == joined.ids["manager"]


@pytest.mark.parametrize("query", ["", "?state=x&code=y", "?error=access_denied", "?state=&code="])
def test_a_way_back_that_nobody_went_out_by_is_refused(joined: Any, query: str) -> None:
    one = joined.visitor()
    one.get("/sign-in")
    assert one.get(f"/sign-on/back{query}").status_code == 401


def test_a_provider_that_says_it_is_another_is_refused(joined: Any, provider: Provider) -> None:
    provider.issuer_said = "https://evil.example"
    one = joined.visitor()
    one.get("/sign-in")
    assert one.get("/sign-on").status_code == 422


def test_a_provider_must_be_reached_over_https(provider: Provider) -> None:
    settings = Settings(
        database="x.sqlite",
        origin=TEAM,
        mode="team",
        trusted_proxy="127.0.0.1",
        sign_on=SignOn(issuer=provider.issuer, client_id="psephos", client_secret="a secret"),
    )
    with pytest.raises(InputError, match="https"):
        sign_on.depart(settings, "cookie")
