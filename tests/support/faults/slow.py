"""A thousand clients that send and read as slowly as possible, beside honest clients."""

from __future__ import annotations

import json
import multiprocessing
import re
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, Final, Self

import httpx
from msgspec import Struct

from support.faults.figures import Figures
from support.faults.torture import Torture

CLIENTS: Final = 1_000
TRICKLE_S: Final = 1.0
HONEST_BYTES: Final = 1_500_000

_POST: Final = (
    b"POST /api/executions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
)
_DECLARED: Final = b"Content-Length: 104857600\r\n\r\n"
KINDS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"a"),
    (_POST + _DECLARED, b" "),
    (_POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    (_POST + _DECLARED + b" " * 60_000, b" "),
    (b"", b""),
)
"""The first bytes of each kind of slow client, and the bytes that follow at intervals."""


class Found(Struct, kw_only=True):
    """The results of honest requests beside slow clients."""

    sent: int = 0
    """The number of honest requests."""
    failed: int = 0
    """The number of honest requests without an answer of 200."""
    cut: int = 0
    """The number of slow connections that the receiver ended."""
    alone_ms: list[float] = []
    """The duration of each honest request without slow clients, in milliseconds."""
    beside_ms: list[float] = []
    """The duration of each honest request beside slow clients, in milliseconds."""

    @property
    def ratio(self) -> float:
        """The 99th percentile beside slow clients, divided by the 99th percentile without them."""
        return p99(self.beside_ms) / p99(self.alone_ms)


def p99(times: list[float]) -> float:
    """
    Compute the 99th percentile.

    Args:
        times: The durations.

    Returns:
        The percentile, in the unit of `times`.
    """
    return sorted(times)[max(0, -(-len(times) * 99 // 100) - 1)]


def slow_clients(torture: Torture) -> Figures:
    """
    Run slow clients all the time while an honest client sends records.

    Args:
        torture: The run of the scenario.

    Returns:
        The scenario's figures.
    """
    figures = Figures(scenario="a thousand slow clients", seed=torture.seed)
    with serving(torture.place) as url:
        found = beside_slow_clients(url, CLIENTS, torture.repetitions * 5)
    figures.repetitions = found.sent
    figures.expected = found.sent
    figures.lost = found.failed
    figures.notes.append(
        f"{found.cut:,} of {CLIENTS:,} slow connections were cut at least once; p99 of an honest "
        f"record {p99(found.alone_ms):,.1f} ms alone, {p99(found.beside_ms):,.1f} ms beside them: "
        f"{found.ratio:.2f} times"
    )
    return figures


def beside_slow_clients(url: str, clients: int, requests: int) -> Found:
    """
    Send honest records without and with slow clients.

    Args:
        url: The receiver's URL.
        clients: The number of slow connections that are open at a time.
        requests: The least number of honest records for each measurement, every tenth of 1.5 MB.
            Beside slow clients the records continue until each slow connection was cut.

    Returns:
        The results without and with slow clients.
    """
    found = Found()
    with httpx.Client(base_url=url, timeout=120) as client:
        for number in range(requests // 2):
            found.alone_ms.append(_send(client, found, f"before-{number}", large=number % 10 == 0))
        with _Slow(url, clients) as slow:
            number = 0
            while number < requests or slow.cut < clients:
                large = number % 10 == 0
                found.beside_ms.append(_send(client, found, f"beside-{number}", large=large))
                number += 1
            found.cut = slow.cut
        # Measure before and after, because the machine may have other work.
        for number in range(requests // 2):
            found.alone_ms.append(_send(client, found, f"after-{number}", large=number % 10 == 0))
    return found


def _send(client: httpx.Client, found: Found, execution_id: str, *, large: bool) -> float:
    record = {
        "id": execution_id,
        "workflowId": "honest",
        "workflowName": "Honest",
        "status": "success",
        "startedAt": "2026-11-22T10:00:00Z",
        "trigger": {"type": "http", "data": "x" * (HONEST_BYTES if large else 100)},
    }
    body = json.dumps(record).encode()
    began = time.monotonic()
    try:
        answer = client.post(
            "/api/executions", content=body, headers={"content-type": "application/json"}
        )
        found.failed += answer.status_code != 200
    except httpx.HTTPError:
        found.failed += 1
    found.sent += 1
    return (time.monotonic() - began) * 1_000


class _Slow:
    """Slow connections of another process, which reopens a connection that was cut."""

    def __init__(self, url: str, clients: int) -> None:
        # A separate process, so that the slow connections take no time from the honest client.
        context = multiprocessing.get_context("spawn")
        self._cut = context.Value("i", 0)
        self._ended = context.Event()
        self._open = context.Event()
        self._process = context.Process(
            target=keep_slow, args=(url, clients, self._cut, self._open, self._ended)
        )

    @property
    def cut(self) -> int:
        """Count the connections that were cut at least once."""
        return int(self._cut.value)

    def __enter__(self) -> Self:
        self._process.start()
        assert self._open.wait(120)
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._process.join()


def keep_slow(url: str, clients: int, cut: Any, is_open: Event, ended: Event) -> None:
    """
    Keep connections open that send a few bytes at intervals.

    Args:
        url: The receiver's URL.
        clients: The number of connections.
        cut: Receives the number of connections that were cut at least once.
        is_open: Set when all connections are open.
        ended: The event that ends the connections.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    host, _, port = url.removeprefix("http://").partition(":")
    connections = {place: _connect(host, int(port), place) for place in range(clients)}
    is_open.set()
    were_cut: set[int] = set()
    while not ended.wait(TRICKLE_S):
        for place, connection in connections.items():
            if _has_ended(connection, KINDS[place % len(KINDS)][1]):
                were_cut.add(place)
                connection.close()
                connections[place] = _connect(host, int(port), place)
        cut.value = len(were_cut)
    for connection in connections.values():
        connection.close()


def _has_ended(connection: socket.socket, part: bytes) -> bool:
    try:
        connection.send(part)
        return connection.recv(65536) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _connect(host: str, port: int, place: int) -> socket.socket:
    connection = socket.create_connection((host, port), timeout=60)
    connection.sendall(KINDS[place % len(KINDS)][0])
    connection.setblocking(False)
    return connection


@contextmanager
def serving(place: Path, *flags: str) -> Iterator[str]:
    """
    Run a receiver in a child process, and yield its URL.

    Args:
        place: The directory of the history.
        flags: Further options of `flightlog serve`.

    Yields:
        The receiver's URL.
    """
    command = [sys.executable, "-m", "flightlog.cli", "serve", "--port=0", f"--db={place / 'h.db'}"]
    with subprocess.Popen([*command, *flags], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"listens on (http://\S+),", process.stdout.readline())
        assert found is not None
        try:
            yield found[1].replace("localhost", "127.0.0.1")
        finally:
            process.terminate()
            process.communicate(timeout=60)
