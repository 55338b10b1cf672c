"""A real server on this machine that speaks the OpenAI interface for chats, and misbehaves as it is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def chat(*texts: str, logprobs: bool = False, stop: str = "stop", **fields: Any) -> dict[str, Any]:
    """A good answer."""
    choices = [
        {
            "index": index,
            "message": {"role": "assistant", "content": text},
            "finish_reason": stop,
            "logprobs": {"content": [{"token": text, "logprob": -0.25 * (index + 1)}]} if logprobs else None,
        }
        for index, text in enumerate(texts)
    ]
    return {"choices": choices, "usage": {"prompt_tokens": 10, "completion_tokens": 4}} | fields


@dataclass
class Said:
    """What the server answers once."""

    body: Any = field(default_factory=lambda: chat("4"))
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0
    trickle: float = 0


class ChatServer:
    """`answers` are given in order, the last one for ever, or by a function of the request; `requests` came in."""

    def __init__(self) -> None:
        self.answers: list[Said] | Callable[[dict[str, Any]], Said] = [Said()]
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.under_way = self.most_under_way = 0
        self.lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server.answer(self)

            def log_message(self, *arguments: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        asked = json.loads(request.rfile.read(int(request.headers["content-length"])))
        with self.lock:
            self.requests.append(asked | {"path": request.path})
            self.headers.append({name.lower(): value for name, value in request.headers.items()})
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
            if callable(self.answers):
                said = self.answers(asked)
            else:
                said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        time.sleep(said.after)
        with self.lock:  # before the client can have the answer and send its next request
            self.under_way -= 1
        body = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
        try:
            request.send_response(said.status)
            for name, value in {"content-length": str(len(body)), **said.headers}.items():
                request.send_header(name, value)
            request.end_headers()
            for at in range(0, len(body), 1 if said.trickle else len(body) or 1):
                request.wfile.write(body[at : at + 1] if said.trickle else body)
                time.sleep(said.trickle)
        except OSError:
            pass  # the client has gone, as it should

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()
