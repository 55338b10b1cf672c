"""Which key does what?

The one registry of bindings. The dispatcher in the page, the help overlay, the settings where keys are changed, and
the page of the documentation are all made from it, so that none can say something else. A key is what the browser
calls ``event.key``, with ``Shift+`` where a letter is meant with it; two keys in a row are written with a blank. Keys
that the browser or the screen reader keeps for itself (anything with Alt, Ctrl or Meta) cannot be bound.

Source: sheet 90 section 3.4; WCAG 2.2, 2.1.4. Differs: keys of audio are listed where there is audio.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from psephos.errors import InputError


@dataclass(frozen=True)
class Binding:
    """What one command is called, where it works, and its key unless the person says otherwise.

    `where` is ``everywhere``, ``queue``, ``item``, ``transcript`` or ``audio`` (an item with a recording).
    """

    command: str
    key: str
    says: str
    where: str


BINDINGS = (
    Binding("next", "j", "Next item", "everywhere"),
    Binding("previous", "k", "Previous item", "everywhere"),
    Binding("open", "Enter", "Open the item", "queue"),
    Binding("next_conflict", "n", "Next place or item that voters disagree on", "item"),
    Binding("previous_conflict", "p", "Previous place or item that voters disagree on", "item"),
    Binding("none", "0", "None of these", "item"),
    Binding("accept", "a", "Take what they say together", "item"),
    Binding("edit", "e", "Write an answer of your own", "item"),
    Binding("undo", "u", "Undo", "item"),
    Binding("redo", "Shift+U", "Do again", "item"),
    Binding("skip", "s", "Skip, with a reason", "item"),
    Binding("flag", "f", "Flag, or take the flag away", "item"),
    Binding("comment", "c", "Comment", "item"),
    Binding("expert", "m", "Needs an expert", "item"),
    Binding("why", "w", "Why this choice", "item"),
    Binding("several", "b", "Several answers are acceptable", "item"),
    Binding("fold_queue", "q", "Fold the queue away, or bring it back", "item"),
    Binding("fold_decision", "i", "Fold the decision away, or bring it back", "item"),
    Binding("drop", "Delete", "Leave the word out", "transcript"),
    Binding("join", "l", "Join the word with the next", "transcript"),
    Binding("divide", "d", "Divide the word", "transcript"),
    Binding("marks", "v", "Mark content alone, or punctuation and case", "transcript"),
    Binding("heard", "h", "What each heard: where they differ, everywhere, nowhere", "transcript"),
    Binding("play", "Space", "Play or pause", "audio"),
    Binding("replay", "r", "Play this span again", "audio"),
    Binding("replay_slower", "Shift+R", "Play this span again, slower", "audio"),
    Binding("back", ",", "Back 1 s", "audio"),
    Binding("forward", ".", "Forward 1 s", "audio"),
    Binding("slower", "[", "Slower", "audio"),
    Binding("faster", "]", "Faster", "audio"),
    Binding("loop", "o", "Repeat the span, or not", "audio"),
    Binding("zoom", "z", "More or less of the sound", "audio"),
    Binding("spectrogram", "y", "Frequencies of the sound, or its loudness", "audio"),
    Binding("go_time", "g t", "Go to a time", "audio"),
    Binding("go_queue", "g q", "Go to the queue", "everywhere"),
    Binding("go_mine", "g m", "Go to my items", "everywhere"),
    Binding("go_agreement", "g a", "Go to agreement", "everywhere"),
    Binding("search", "/", "Search", "queue"),
    Binding("theme", "t", "Light or dark", "everywhere"),
    Binding("help", "?", "This list", "everywhere"),
)
"""All commands in the order of the help; candidates are chosen by 1 to 9, which cannot be changed."""

COMMANDS = {one.command: one for one in BINDINGS}
_KEY = re.compile(r"(?:Shift\+)?(?:[^\s1-9]|Space|Enter|Backspace|Delete|Home|End|F[1-9])(?: [^\s\d])?")


def bindings_of(changed: Mapping[str, str]) -> list[tuple[Binding, str]]:
    """Each binding with the key that a person uses; an empty key is switched off.

    A key that the person gave to one command is not that of another whose first key it is: a command that came with a
    later version takes no key away.

    Examples
    --------
    >>> used = dict((one.command, key) for one, key in bindings_of({"accept": "q"}))
    >>> used["accept"], used["fold_queue"], used["skip"]
    ('q', '', 's')
    """
    found = []
    for one in BINDINGS:
        taken = [COMMANDS[name] for name, key in changed.items() if name in COMMANDS and key and _clash(key, one.key)]
        lost = one.command not in changed and any(_together(one.where, other.where) for other in taken)
        found.append((one, "" if lost else str(changed.get(one.command, one.key))))
    return found


def check_keys(changed: Mapping[str, str]) -> dict[str, str]:
    """Return changed keys if they can be used together.

    Raises
    ------
    InputError
        If a command is unknown, a key cannot be bound, or two commands that work in one place have the same.

    Examples
    --------
    >>> check_keys({"accept": "j"})
    Traceback (most recent call last):
        ...
    psephos.errors.InputError: keys: 'j' is both 'Next item' and 'Take what they say together'
    """
    for command, key in changed.items():
        if command not in COMMANDS:
            raise InputError("keys", f"there is no command {command!r:.40}")
        if not isinstance(key, str) or (key and not _KEY.fullmatch(key)):
            raise InputError("keys", f"{key!r:.40} cannot be a key", hint="press one key, without Ctrl, Alt or a digit")
    taken: list[tuple[Binding, str]] = []
    for one in BINDINGS:
        key = changed.get(one.command, one.key)
        for other, its in taken:
            if key and _clash(key, its) and _together(one.where, other.where):
                raise InputError("keys", f"{key!r} is both {other.says!r} and {one.says!r}")
        taken.append((one, key))
    return {command: key for command, key in changed.items() if key != COMMANDS[command].key}


def _clash(one: str, other: str) -> bool:
    """Whether two keys cannot be told apart: the same, or one begins the other."""
    return one == other or bool(one and other and (one.startswith(other + " ") or other.startswith(one + " ")))


def _together(one: str, other: str) -> bool:
    """Whether two places are ever on one page."""
    return one == other or "everywhere" in (one, other) or "queue" not in (one, other)
