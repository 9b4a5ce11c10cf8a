"""Servers that aren't Flightlog receivers, or misbehave."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias

Answer: TypeAlias = Callable[[str, Mapping[str, str]], tuple[int, dict[str, str]]]
"""Takes the method and headers; returns the status and headers of the answer."""


class Stranger:
    """A server that gives the test's answers and records its requests."""

    def __init__(self, port: int, answer: Answer) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        """The method, path, headers and body of each request."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                outer.requests.append((self.command, self.path, dict(self.headers), body))
                status, headers = answer(self.command, dict(self.headers))
                text = b"<html>It works!</html>"
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = _answer  # noqa: N815 - http.server's names

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def start(self) -> None:
        """Start to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def stranger(
    answer: Answer = lambda _method, _headers: (200, {}),
    port: int = 0,
) -> Iterator[Stranger]:
    """
    Run a server that answers 200 to everything, or uses `answer`, while the block runs.

    Args:
        answer: Makes the status and headers of each answer.
        port: The port; 0 for a free port.

    Yields:
        The server.
    """
    server = Stranger(port, answer)
    server.start()
    try:
        yield server
    finally:
        server.stop()
