"""A real server on this machine that breaks off, stalls and talks nonsense, byte by byte as it is told."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Step = bytes | float | None
"""What is sent, for how many seconds nothing is, or that the connection is reset."""

FOR_EVER = 4000


@dataclass
class Heard:
    """One request."""

    head: bytes
    body: bytes

    @property
    def key(self) -> bytes:
        """What stands in its header Authorization."""
        lines = self.head.lower().split(b"\r\n")
        return b"".join(line.partition(b":")[2].strip() for line in lines if line.startswith(b"authorization:"))


def reply(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """A whole answer of HTTP."""
    lines = [f"HTTP/1.1 {status}", *(headers or (f"content-length: {len(body)}",)), "connection: close"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def slowly(content: bytes, pause: float = 0.03) -> list[Step]:
    """A byte now and then: no single wait is long."""
    return [step for at in range(len(content)) for step in (content[at : at + 1], pause)]


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"

FAULTS: dict[str, Callable[[bytes], list[Step]]] = {
    "says nothing": lambda good: [],
    "breaks off in the status": lambda good: [b"HTTP/1.1 20"],
    "breaks off in the headers": lambda good: [b"HTTP/1.1 200 OK\r\ncontent-le"],
    "breaks off in the body": lambda good: [reply(good, f"content-length: {len(good) + 99}")],
    "resets the connection": lambda good: [reply(good[:9], f"content-length: {len(good)}"), 0.05, None],
    "breaks off between chunks": lambda good: [CHUNKED + b"%x\r\n%s\r\n" % (len(good), good)],
    "no HTTP": lambda good: [b"SSH-2.0-OpenSSH_9.6\r\n"],
    "no size of a chunk": lambda good: [CHUNKED + b"zz\r\n" + good],
    "two lengths": lambda good: [reply(good, f"content-length: {len(good)}", "content-length: 7")],
    "a length below 0": lambda good: [reply(good, "content-length: -4")],
    "a length that is too short": lambda good: [reply(good, "content-length: 9")],
    "headers too long": lambda good: [reply(good, "x-a: " + "a" * 200_000)],
    "no gzip": lambda good: [reply(good, f"content-length: {len(good)}", "content-encoding: gzip")],
    "gzip that is cut": lambda good: [
        reply((packed := gzip.compress(good))[:-20], f"content-length: {len(packed) - 20}", "content-encoding: gzip")
    ],
    "another encoding": lambda good: [reply(good, f"content-length: {len(good)}", "content-encoding: zstd")],
    "encoded twice": lambda good: [
        reply(gzip.compress(gzip.compress(good)), "transfer-encoding: identity", "content-encoding: gzip, gzip")
    ],
    "HTML": lambda good: [reply(b"<!doctype html><title>502</title><h1>Bad gateway</h1>")],
    "empty": lambda good: [reply(b"")],
    "cut JSON": lambda good: [reply(good[:-3])],
    "JSON and more": lambda good: [reply(good + b" {}")],
    "no UTF-8": lambda good: [reply(good.replace(b"4", b"\xff\xfe"))],
    "null": lambda good: [reply(b"null")],
    "a number": lambda good: [reply(b"1e999")],
    "nested without end": lambda good: [reply(b"[" * 200_000)],
    "500": lambda good: [reply(good, f"content-length: {len(good)}", status="500 Oops")],
    "429": lambda good: [reply(b"", "content-length: 0", "retry-after: 0", status="429 Slow down")],
}
"""What a server may do instead of a good answer, at once."""

STALLS: dict[str, Callable[[bytes], list[Step]]] = {
    "before the status": lambda good: [120.0, reply(good)],
    "in the headers": lambda good: [b"HTTP/1.1 200 OK\r\ncontent-length: ", 120.0],
    "a byte of the headers now and then": lambda good: slowly(b"HTTP/1.1 200 OK\r\nx-a: " + b"a" * FOR_EVER),
    "a header now and then": lambda good: [b"HTTP/1.1 200 OK\r\n", *([b"x-a: b\r\n", 0.03] * FOR_EVER)],
    "please go on, again and again": lambda good: [b"HTTP/1.1 100 Continue\r\n\r\n", 0.03] * FOR_EVER,
    "between chunks": lambda good: [CHUNKED + b"1\r\n{\r\n", 120.0],
    "a chunk now and then": lambda good: [CHUNKED, *([b"1\r\n \r\n", 0.03] * FOR_EVER)],
    "in the body": lambda good: [reply(good[:9], f"content-length: {len(good)}"), 120.0],
}
"""How a server may keep a client waiting."""


class FaultyServer:
    """For each request `script(heard)` gives what is sent; then the connection is closed."""

    def __init__(self, script: Callable[[Heard], list[Step]]) -> None:
        self.script = script
        self.heard: list[Heard] = []
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._start(self._serve)

    def close(self) -> None:
        self._closing.set()
        for thread in self._threads:
            thread.join()
        self._socket.close()

    def __enter__(self) -> FaultyServer:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def _start(self, work: Callable[..., None], *given: Any) -> None:
        thread = threading.Thread(target=work, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            self._start(self._answer, connection)

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        with connection:
            try:
                heard = self._hear(connection)
                if heard is None:
                    return
                self.heard.append(heard)
                for step in self.script(heard):
                    if step is None:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    elif isinstance(step, bytes):
                        connection.sendall(step)
                    elif self._closing.wait(step):
                        return
            except OSError:
                pass  # the client has gone, as it should

    def _hear(self, connection: socket.socket) -> Heard | None:
        content = b""
        while b"\r\n\r\n" not in content:
            if not (part := connection.recv(65536)):
                return None
            content += part
        head, _, body = content.partition(b"\r\n\r\n")
        length = next(_lengths(head), 0)
        while len(body) < length and (part := connection.recv(65536)):
            body += part
        return Heard(head, body)


def _lengths(head: bytes) -> Iterator[int]:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            yield int(line.partition(b":")[2])
