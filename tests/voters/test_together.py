"""Many requests side by side: in order, bounded, and ended by failures, errors and Ctrl-C without a loss."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.voters.language_model import (
    Interrupted,
    ModelError,
    Reply,
    Request,
    Scripted,
    complete_many,
)
from tests.waiting import PATIENCE


def asked(number: int) -> list[Request]:
    return [Request.of(str(place), tag=str(place)) for place in range(number)]


@given(st.lists(st.sampled_from(["fine", "fails"]), max_size=30), st.integers(1, 5))
def test_results_stand_where_their_requests_do(kinds: list[str], workers: int) -> None:
    def answer(request: Request) -> str | ModelError:
        return request.tag if kinds[int(request.tag)] == "fine" else ModelError(f"no {request.tag}")

    seen: dict[int, str] = {}
    done = complete_many(
        Scripted(answer),
        asked(len(kinds)),
        workers=workers,
        give_up=None,
        on_reply=lambda index, reply: seen.update({index: reply.text}),
    )
    for place, (kind, reply) in enumerate(zip(kinds, done.replies, strict=True)):
        assert (reply and reply.text) == (str(place) if kind == "fine" else None)
    assert [(failure.index, failure.reason) for failure in done.failures] == [
        (place, f"no {place}") for place, kind in enumerate(kinds) if kind == "fails"
    ]
    assert seen == {place: str(place) for place, kind in enumerate(kinds) if kind == "fine"}


def test_no_more_than_so_many_are_under_way() -> None:
    under_way, most, lock = 0, 0, threading.Lock()
    together = threading.Barrier(3, timeout=PATIENCE)

    def answer(request: Request) -> str:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        together.wait()  # three come at once, and a fourth would be seen
        time.sleep(0.01)
        with lock:
            under_way -= 1
        return "4"

    complete_many(Scripted(answer), asked(21), workers=3)
    assert most == 3


def test_an_endpoint_that_is_down_is_not_asked_to_the_end() -> None:
    model = Scripted(lambda request: ModelError("down") if int(request.tag) >= 5 else "4")
    done = complete_many(model, asked(1000), workers=2, give_up=10)
    assert 15 <= len(model.requests) < 30
    assert len(done.failures) == 995
    assert {failure.index for failure in done.failures} == set(range(5, 1000))
    assert done.failures[-1].reason.startswith("not asked: ")


def test_an_error_in_the_program_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        complete_many(Scripted(lambda request: str(1 / int(request.tag))), asked(4))


def test_no_requests() -> None:
    assert complete_many(Scripted([]), []).replies == ()


@pytest.mark.parametrize(("options", "argument"), [({"workers": 0}, "workers"), ({"give_up": 0}, "give_up")])
def test_bad_options(options: dict[str, int], argument: str) -> None:
    with pytest.raises(InputError) as caught:
        complete_many(Scripted([]), asked(1), **options)  # type: ignore[arg-type]
    assert caught.value.argument == argument


def test_notes_are_given_once() -> None:
    from psephos.voters.language_model import Sample

    done = complete_many(Scripted(lambda request: Reply((Sample("4"),), notes=("no seed",))), asked(5))
    assert done.notes == ("no seed",)


HANGING = """
import time
from psephos.voters.language_model import Interrupted, Request, Scripted, complete_many

def answer(request):
    if int(request.tag) >= 3:
        time.sleep(600)
    return request.tag

def say(index, reply):
    print("came", index, flush=True)

try:
    complete_many(Scripted(answer), [Request.of("?", tag=str(n)) for n in range(50)], workers=2, on_reply=say)
except Interrupted as stopped:
    print("kept", [reply.text for reply in stopped.partial.replies if reply], flush=True)
"""


def test_ctrl_c_ends_at_once_and_keeps_what_came() -> None:
    process = subprocess.Popen([sys.executable, "-c", HANGING], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(3):
        assert process.stdout.readline().startswith("came")
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=300)
    assert rest == "kept ['0', '1', '2']\n"
    assert process.returncode == 0


def test_an_interruption_is_a_ctrl_c() -> None:
    assert issubclass(Interrupted, KeyboardInterrupt)
