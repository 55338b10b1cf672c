"""Does README.md show what the program prints, and does its code run?"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAM = ".venv/bin/psephos "
LEFT_OUT = "..."


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)


def shown() -> list[tuple[str, list[list[str]]]]:
    """Each command of psephos that is shown, with the runs of lines of its output between those left out."""
    found: list[tuple[str, list[list[str]]]] = []
    for block in blocks("console"):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ ").partition("#")[0].strip(), [[]]))
            elif line.strip() == LEFT_OUT:
                found[-1][1].append([])
            else:
                found[-1][1][-1].append(line.rstrip())
    return [(command, [part for part in parts if part]) for command, parts in found if command.startswith(PROGRAM)]


SHOWN = shown()


def place_of(part: list[str], lines: list[str], start: int) -> int:
    """Where the part stands in the lines, from `start` on; -1 if nowhere."""
    places = range(start, len(lines) - len(part) + 1)
    return next((place for place in places if lines[place : place + len(part)] == part), -1)


def test_output_is_shown_at_all() -> None:
    assert SHOWN
    assert all(parts for _, parts in SHOWN)
    assert blocks("python")


@pytest.mark.parametrize(("command", "parts"), SHOWN, ids=[command for command, _ in SHOWN])
def test_a_command_prints_what_is_shown(
    command: str,
    parts: list[list[str]],
    psephos: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    done = psephos(*shlex.split(command.removeprefix(PROGRAM)))
    assert (done.code, done.err) == (0, "")
    lines = [line.rstrip() for line in done.out.splitlines()]
    end = 0
    for part in parts:
        place = place_of(part, lines, end)
        assert place >= 0, "README.md shows\n\n" + "\n".join(part) + "\n\nbut this is printed:\n\n" + done.out
        end = place + len(part)
    report = re.search(r"--report (\S+)", command)
    assert report is None or (tmp_path / report[1]).stat().st_size > 10_000


def test_the_code_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    for code in blocks("python"):
        names: dict[str, Any] = {}
        exec(compile(code, "README.md", "exec"), names)
        assert names["verdict"].queue(20).height == 20


def test_links_lead_to_files() -> None:
    links = re.findall(r"\]\(([^)#]+)", TEXT)
    assert links
    assert [link for link in links if "://" not in link and not (ROOT / link).is_file()] == []


def test_the_verbs_that_are_named_exist() -> None:
    from psephos.cli import app

    listed = re.search(r"\*\*More questions\*\*: (.*?)\n- ", TEXT, flags=re.DOTALL)
    assert listed is not None
    named = {word.removeprefix("psephos ") for word in re.findall(r"`([^`]+)`", listed[1])}
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert named
    assert named <= known
