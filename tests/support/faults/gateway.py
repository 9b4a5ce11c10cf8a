"""
A gateway between workflows and their receiver.

The gateway forwards all messages and adds faults.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from io import BufferedReader
from random import Random
from types import TracebackType
from typing import Final, NamedTuple, Self

SLOW_S: Final = 2.0
"""The answer time of a slow receiver, in seconds; no workflow may wait as long."""
_AWAY_S: Final = 0.3
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_STATUS: Final = re.compile(rb"HTTP/1\.1 (\d+)")


class Fault(StrEnum):
    """The faults of a request with a body."""

    ANSWERS_500 = "answers 500"
    ANSWERS_413 = "answers 413"
    ANSWERS_429 = "answers 429 with Retry-After"
    STORES_AND_ANSWERS_500 = "stores, then answers 500"
    ANSWERS_200_ALONE = "answers 200 without a receipt"
    HANGS_UP = "hangs up before it passed it on"
    STORES_AND_HANGS_UP = "stores, then hangs up"
    ANSWERS_BY_HALF = "stores, then hangs up within its answer"
    SLOW = "slow"
    AWAY = "away, with all its connections"


_STORED_FIRST: Final = {
    Fault.STORES_AND_ANSWERS_500,
    Fault.STORES_AND_HANGS_UP,
    Fault.ANSWERS_BY_HALF,
    Fault.SLOW,
}
_MADE_UP: Final = {
    Fault.ANSWERS_500: b"500 Internal Server Error",
    Fault.STORES_AND_ANSWERS_500: b"500 Internal Server Error",
    Fault.ANSWERS_413: b"413 Content Too Large",
    Fault.ANSWERS_429: b"429 Too Many Requests\r\nretry-after: 1",
    Fault.ANSWERS_200_ALONE: b"200 OK",
}


class Message(NamedTuple):
    """The bytes of a request or an answer."""

    head: bytes
    body: bytes

    @property
    def brings_news(self) -> bool:
        """Whether the message is a request with a body."""
        return not self.head.startswith(b"GET ")


class Gateway:
    """
    Listens on a port and forwards requests to a receiver.

    Args:
        port: The gateway's port.
        upstream_port: The receiver's port.
        random: The source of the random moments of faults.
    """

    def __init__(self, port: int, upstream_port: int, random: Random) -> None:
        self.url = f"http://127.0.0.1:{port}"
        """The gateway's URL."""
        self.choose: Callable[[], Fault | None] = lambda: None
        """Chooses the next fault."""
        self.on_passed: Callable[[], None] = lambda: None
        """Called after a body was forwarded, before the gateway waits for the answer."""
        self.faults: Counter[Fault] = Counter()
        """The number of faults by kind."""
        self.answers: Counter[int] = Counter()
        """The receiver's own answers to bodies, by status."""
        self.told_impostor: list[Message] = []
        """The messages that arrived while the gateway was an impostor."""
        self._is_impostor = False
        self._port = port
        self._upstream = ("127.0.0.1", upstream_port)
        self._random = random
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []
        self._connections: set[socket.socket] = set()
        self._away = threading.Lock()
        self._listener = self._listen()

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.set()
        self.hang_up()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    @property
    def refused(self) -> int:
        """The number of bodies that the receiver refused."""
        return sum(count for status, count in self.answers.copy().items() if status >= 400)

    def impersonate(self, *, on: bool) -> None:
        """
        Become a program that answers 200 to everything, or become the gateway again.

        Args:
            on: Whether to be the other program.
        """
        self._is_impostor = on
        self.hang_up()

    def hang_up(self) -> None:
        """Close all connections."""
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            _shut(connection)

    def _listen(self) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", self._port), backlog=128)
        # The timeout wakes the thread, so that the thread can check for the end.
        listener.settimeout(0.1)
        return listener

    def _spawn(self, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, name="gateway")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._ending.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                self._ending.wait(0.01)
                continue
            connection.settimeout(None)
            with self._lock:
                self._connections.add(connection)
            if self._ending.is_set():
                _shut(connection)
            self._spawn(partial(self._serve, connection))

    def _serve(self, connection: socket.socket) -> None:
        upstream: socket.socket | None = None
        try:
            with connection, connection.makefile("rb") as requests:
                if self._is_impostor:
                    self._answer_200(connection, requests)
                    return
                upstream = socket.create_connection(self._upstream)
                with upstream, upstream.makefile("rb") as answers:
                    self._pass_on(connection, requests, upstream, answers)
        except OSError:
            pass
        finally:
            with self._lock:
                self._connections.discard(connection)

    def _answer_200(self, connection: socket.socket, requests: BufferedReader) -> None:
        while (request := _read(requests)) is not None:
            self.told_impostor.append(request)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

    def _pass_on(
        self,
        connection: socket.socket,
        requests: BufferedReader,
        upstream: socket.socket,
        answers: BufferedReader,
    ) -> None:
        while (request := _read(requests)) is not None:
            fault = self.choose() if request.brings_news else None
            answer: Message | None = None
            if fault is None or fault in _STORED_FIRST:
                upstream.sendall(request.head + request.body)
                if request.brings_news:
                    self.on_passed()
                answer = _read(answers)
                if answer is None:
                    return
                if request.brings_news:
                    self._count(answer)
            if fault is not None:
                self.faults[fault] += 1
            if not self._answer(connection, fault, answer):
                return

    def _answer(
        self, connection: socket.socket, fault: Fault | None, answer: Message | None
    ) -> bool:
        """Answer with a fault, and return whether the connection continues."""
        if fault in _MADE_UP:
            assert fault is not None
            connection.sendall(b"HTTP/1.1 " + _MADE_UP[fault] + b"\r\ncontent-length: 0\r\n\r\n")
            return True
        if fault is Fault.AWAY:
            self._go_away()
        if fault is Fault.SLOW:
            self._ending.wait(SLOW_S)
        if answer is None or fault is Fault.STORES_AND_HANGS_UP:
            return False
        whole = answer.head + answer.body
        if fault is Fault.ANSWERS_BY_HALF:
            connection.sendall(whole[: self._random.randrange(1, len(whole))])
            return False
        connection.sendall(whole)
        return True

    def _go_away(self) -> None:
        with self._away:
            # Closing alone keeps the socket listening while another thread waits on the socket.
            _shut(self._listener)
            self._listener.close()
            self.hang_up()
            self._ending.wait(self._random.uniform(0.0, _AWAY_S))
            self._listener = self._listen()

    def _count(self, answer: Message) -> None:
        found = _STATUS.match(answer.head)
        assert found is not None
        self.answers[int(found[1])] += 1


def _read(stream: BufferedReader) -> Message | None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            return None
        head += line
    declared = _LENGTH.search(head)
    length = int(declared[1]) if declared else 0
    body = stream.read(length)
    return Message(head, body) if len(body) == length else None


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
