"""Make `chat_server` importable here, and start one for a test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from chat_server import ChatServer


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    """A server of a language model on this machine."""
    server = ChatServer()
    yield server
    server.close()
