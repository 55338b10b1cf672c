"""Tests of Ctrl-C between two steps."""

from __future__ import annotations

import signal
import threading

import pytest

from psephos.engine.interrupts import first_interrupt_noted


@pytest.fixture(autouse=True)
def _usual():
    """Whoever runs the tests in the background lets them ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_first_is_noted_and_the_second_raises():
    with first_interrupt_noted() as pressed:
        signal.raise_signal(signal.SIGINT)
        assert pressed()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_the_program_stays():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with first_interrupt_noted() as pressed:
        signal.raise_signal(signal.SIGINT)
        assert not pressed()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_other_threads_change_nothing():
    found = []

    def work():
        with first_interrupt_noted() as pressed:
            found.append((pressed(), signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [(False, signal.default_int_handler)]
