"""A project is called anything; the file that is downloaded of it is called so that no header, path or program is."""

from __future__ import annotations

import re
from email.message import Message
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import unquote

import pytest

from psephos.review.store.tables import Project

NAMES = {
    "header": "a\r\nSet-Cookie: x=1\r\n\r\n<script>",
    "quotes": 'a"; filename="evil.exe',
    "encoded": "a''; filename*=utf-8''evil.exe",
    "climbing": "../../../etc/passwd",
    "windows": "..\\..\\C:\\Windows\\evil.exe",
    "turned": "report\u202ecod.exe",
    "letters": "Prüfung Ärzte 日本 \U0001f600",
    "dots": ".....",
    "blank": "\u2028\u00a0",
    "long": "ä" * 5000,
    "hidden": ".htaccess",
    "option": "--output=x",
    "ends": "evil.exe\x00.csv",
}


def told(header: str) -> str:
    """What a browser calls the file."""
    message = Message()
    message["content-disposition"] = header
    plain = message.get_filename()
    long = re.search(r"filename\*=utf-8''([^;]+)", header)
    return unquote(long[1]) if long else str(plain)


@pytest.mark.parametrize("name", NAMES)
def test_an_export_of_a_project_with_a_hostile_name_has_a_harmless_one(world: Any, name: str) -> None:
    with world.store.write() as session:
        session.get_one(Project, world.ids["own"]).name = NAMES[name].replace("\0", "")
    one, path = world.visitor("manager"), f"/projects/{world.ids['own']}"
    assert one.form(f"{path}/exports", format="csv").status_code == 303
    listed = one.call("GET", f"/api/v1{path}/exports").json()
    got = one.get(f"{path}/exports/{listed[0]['id']}/file")
    assert got.status_code == 200
    header = got.headers["content-disposition"]
    assert header.startswith("attachment; ")
    assert header.isascii()
    assert header.isprintable()
    assert set(got.headers) & {"set-cookie"} == set()
    called = told(header)
    assert called.endswith(".csv")
    assert re.fullmatch(r"[\w.-]{5,100}", called)
    assert called[0] not in ".-"
    assert PurePosixPath(called).name == PureWindowsPath(called).name == called
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["x-content-type-options"] == "nosniff"
