"""What the server writes down of its troubles: lines for programs, that say nothing of what is reviewed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from starlette.testclient import TestClient

from psephos.review import looking_after
from psephos.review.logs import write_lines_of_json

SECRET = "the patient is called Jane Roe"


@pytest.fixture(autouse=True)
def _lines(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """As `psephos serve` sets it up, after standard error is caught."""
    write_lines_of_json()
    yield
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    caught = capsys.readouterr()
    assert caught.out == ""
    return [json.loads(line) for line in caught.err.split("\n") if line]


def test_nothing_from_outside_poses_as_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    evil = 'x"}\n{"event": "sign_in", "level": "info"}\r\u2028\x1b[31m'
    structlog.get_logger("psephos.review").warning("export", argument=evil, kind=object())
    (line,) = lines(capsys)
    assert (line["event"], line["level"], line["argument"], line["kind"]) == ("export", "warning", evil, "object")
    assert line["timestamp"].endswith("Z")


def test_an_error_that_nobody_expected_is_written_down_without_what_it_was_about(
    world: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(looking_after, "views_of", fail)
    manager = world.visitor("manager")
    manager.client = TestClient(world.app, base_url=manager.settings.origin, cookies=dict(manager.client.cookies))
    got = manager.call("GET", f"/api/v1/projects/{world.ids['own']}/views")  # nothing comes out of the application
    assert got.status_code == 500
    (line,) = lines(capsys)
    assert (line["event"], line["route"], line["kind"]) == ("problem", "api.views", "RuntimeError")
    assert line["number"] in got.json()["problem"]
    assert line["at"][-1].startswith("test_logs.py:")
    assert SECRET not in got.text + json.dumps(line)
