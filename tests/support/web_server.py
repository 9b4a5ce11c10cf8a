"""
A web server for workflows, which echoes, fails as often as asked, and joins calls.

    GET/POST /echo                 the request as JSON
    /status/CODE                   an answer with this status
    /fails/NAME/TIMES              503 for the first TIMES calls, then 200
    /meet/NAME/COUNT               answers when COUNT calls of this name wait together
    /hang                          answers when the server ends
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

_PATIENCE_S = 30.0


class WebServer(ThreadingHTTPServer):
    """The server; `calls` counts requests by path."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls: Counter[str] = Counter()
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self._barriers: dict[str, threading.Barrier] = {}

    @property
    def url(self) -> str:
        """The server's URL."""
        return f"http://127.0.0.1:{self.server_port}"

    def count(self, path: str) -> int:
        """
        Count a call, and return the number of calls.

        Args:
            path: The path of the call.

        Returns:
            The number of calls of the path.
        """
        with self._lock:
            self.calls[path] += 1
            return self.calls[path]

    def barrier(self, name: str, count: int) -> threading.Barrier:
        """
        Return the barrier for calls of a name.

        Args:
            name: The name of the meeting.
            count: The number of calls that must meet.

        Returns:
            The barrier.
        """
        with self._lock:
            return self._barriers.setdefault(name, threading.Barrier(count))


class _Handler(BaseHTTPRequestHandler):
    server: WebServer
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        parts = urlsplit(self.path)
        calls = self.server.count(parts.path)
        match parts.path.strip("/").split("/"):
            case ["echo", *_]:
                self._send(200, self._request(parts.query, body))
            case ["status", code]:
                self._send(int(code), {"status": int(code), "told": "as asked"})
            case ["fails", _, times]:
                self._send(503 if calls <= int(times) else 200, {"call": calls})
            case ["meet", name, count]:
                try:
                    self.server.barrier(name, int(count)).wait(_PATIENCE_S)
                except threading.BrokenBarrierError:
                    self._send(504, {"met": False})
                else:
                    self._send(200, {"met": True, "name": name})
            case ["hang"]:
                self.server.ended.wait()
                self._send(200, {})
            case _:
                self._send(404, {})

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _answer  # noqa: N815 - the base class's names

    def _request(self, query: str, body: bytes) -> dict[str, Any]:
        try:
            content = json.loads(body) if body else None
        except ValueError:
            content = body.decode("utf-8", "replace")
        return {
            "method": self.command,
            "path": urlsplit(self.path).path,
            "query": {name: values[-1] for name, values in parse_qs(query).items()},
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": content,
        }

    def _send(self, status: int, value: Any) -> None:
        body = json.dumps(value).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            # The caller has disconnected, as a client does at a timeout.
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Print nothing."""


@contextmanager
def web_server() -> Iterator[WebServer]:
    """
    Run a server in a thread while the `with` block runs.

    Yields:
        The server.
    """
    server = WebServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()
