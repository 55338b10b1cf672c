"""The API against its own description: whatever a program sends, what comes back is what OpenAPI says can come back.

Schemathesis makes requests from the description of a running server, right ones and wrong ones, and compares. Ids of a
path are those of the project of this server, so that routes do something, or any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psephos.review.accounts import api_tokens
from psephos.review.app import all_routers
from psephos.review.store.audit_log import verify
from psephos.review.store.columns import now
from tests.review.conftest import Running, listening

OPERATIONS = sorted(
    (route.path, min(route.methods))
    for router in all_routers()
    for route in router.routes
    if route.name.startswith("api.")
)
EXAMPLES = 12
REFUSING = {
    "checks": {"negative_data_rejection": {"expected-statuses": [400, 403, 404, 405, 409, 413, 415, 422]}},
}


@pytest.fixture(scope="module")
def running(seed: tuple[Path, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server for all operations; what they change stays."""
    with listening(seed, tmp_path_factory.mktemp("described")) as found:
        yield found


@pytest.fixture(scope="module")
def token(running: Running) -> str:
    """Of somebody who may everything."""
    with running.world.store.write() as session:
        scopes = ["read", "write", "manage"]
        return api_tokens.issue(session, running.world.ids["admin"], now(), name="all", scopes=scopes)[1]


@pytest.fixture(scope="module")
def described(require: Callable[[str], Any], running: Running, token: str) -> Any:
    schemathesis = require("schemathesis")
    headers = {"Authorization": f"Bearer {token}"}
    document = httpx.get(f"{running.url}/api/v1/openapi.json", headers=headers, timeout=60).json()
    assert document.pop("security") == [{"token": []}]  # every request below brings it: leaving it out is no case
    return schemathesis.openapi.from_dict(document, config=schemathesis.Config.from_dict(REFUSING))


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda part: part)
def test_what_comes_back_is_what_is_described(
    described: Any, running: Running, token: str, path: str, method: str
) -> None:
    from schemathesis import GenerationMode
    from schemathesis.checks import load_all_checks, not_a_server_error
    from schemathesis.specs.openapi import checks

    load_all_checks()
    operation = described[path][method]
    ids = running.world.ids
    own: dict[str, Any] = {name: ids[f"own {name}"] for name in ("item", "export", "webhook", "member")}
    own |= {"project": ids["own"], "view": ids["view admin"]}
    inside = {name: value for name, value in own.items() if f"{{{name}}}" in path}
    right, wrong = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
    ways = [operation.as_strategy(right, path_parameters=inside)]
    if inside:
        ways.append(operation.as_strategy(right))
    if operation.body or operation.query:
        ways.append(operation.as_strategy(wrong, path_parameters=inside))

    answered: list[int] = []

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.one_of(ways))
    def compare(case: Any) -> None:
        answer = case.call_and_validate(
            base_url=running.url,
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            checks=[
                not_a_server_error,
                checks.status_code_conformance,
                checks.content_type_conformance,
                checks.response_schema_conformance,
                checks.negative_data_rejection,
                checks.unsupported_method,
            ],
        )
        answered.append(answer.status_code)

    compare()
    assert answered  # each is one that the description has, or `call_and_validate` had raised


def test_nothing_is_open_without_a_token(described: Any, running: Running) -> None:
    for path, method in OPERATIONS:
        one = path.replace("{project}", str(running.world.ids["own"])).replace("{", "").replace("}", "")
        got = httpx.request(method, running.url + one, headers={"authorization": "Bearer psp_nobody"})
        assert got.status_code == 401, path
        assert got.json() == {"problem": "sign in"}


def test_after_all_that_the_log_is_whole(running: Running) -> None:
    with running.world.store.read() as session:
        assert verify(session, running.world.ids["own"]).bad is None
        assert verify(session, None).bad is None
