"""
Serve ClickHouse's HTTP interface over the engine in this process, with faults on request.

Usage: FOLDER PORT. Port 0 means any free port. The program prints the port when it listens.
"""

from __future__ import annotations

import contextlib
import json
import queue
import re
import socket
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from support.clickhouse_server import CUT_PATH, FAULTS_PATH, Fault

_DELAY_S: Final = 0.2
_INSERTION: Final = re.compile(rb"INSERT INTO (\S+) \(([^)]*)\)\s+FORMAT (\w+)\s")
_CODE: Final = re.compile(r"Code: (\d+)")
_TRANSPORT: Final = {
    "cancel_http_readonly_queries_on_client_close",
    "client_protocol_version",
    "database",
    "enable_http_compression",
    "http_headers_progress_interval_ms",
    "query",
    "query_id",
    "send_progress_in_http_headers",
    "wait_end_of_query",
}
"""The parameters of requests that the engine doesn't take."""


class Engine:
    """
    Runs statements on the engine, several at once.

    Args:
        folder: The folder of the engine's files.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._free: dict[tuple[tuple[str, str], ...], queue.SimpleQueue[Client]] = {}
        # The engine stays open while clients come and go.
        self._first = self._open({})

    def _open(self, settings: dict[str, str]) -> Client:
        with self._lock:
            return clickhouse_connect.get_client(
                interface="chdb", path=self._folder, settings=settings
            )

    def run(self, statement: bytes, parameters: dict[str, str]) -> bytes:
        """Run a statement with the parameters of its request, and return its result."""
        settings = {name: value for name, value in parameters.items() if name not in _TRANSPORT}
        # A client with the settings is faster than settings for each statement.
        token = settings.pop("insert_deduplication_token", None)
        free = self._free.setdefault(tuple(sorted(settings.items())), queue.SimpleQueue())
        try:
            client = free.get_nowait()
        except queue.Empty:
            client = self._open(settings)
        try:
            client.database = parameters.get("database", "default")
            insertion = _INSERTION.match(statement)
            if insertion is None:
                return client.raw_query(statement.decode())
            table, columns, form = (part.decode() for part in insertion.groups())
            client.raw_insert(
                table,
                column_names=[name.strip(" `") for name in columns.split(",")],
                insert_block=statement[insertion.end() :],
                settings={} if token is None else {"insert_deduplication_token": token},
                fmt=form,
            )
            return b""
        finally:
            free.put(client)


class Faults:
    """Chooses the fault of each statement."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: list[dict[str, Any]] = []
        self._random = Random()
        self._share = 0.0
        self.struck: Counter[str] = Counter()

    def take(self, order: dict[str, Any]) -> None:
        """Take an order; see `FaultyClickHouse.order` and `choose_at_random`."""
        with self._lock:
            if "fault" in order:
                self._orders.append(order)
            else:
                self._share, self._random = order["share"], Random(order["seed"])

    def choose(self, statement: bytes) -> Fault | None:
        """Choose the fault of a statement."""
        with self._lock:
            fault = self._find_ordered(statement)
            if fault is None and self._random.random() < self._share:
                fault = self._random.choice(list(Fault))
            if fault is not None:
                self.struck[fault.name] += 1
            return fault

    def _find_ordered(self, statement: bytes) -> Fault | None:
        for order in self._orders:
            if statement.startswith(order["statements"].encode()):
                if order["skipped"]:
                    order["skipped"] -= 1
                    return None
                order["number"] -= 1
                if not order["number"]:
                    self._orders.remove(order)
                return Fault(order["fault"])
        return None


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        """Remember the connection."""
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        """Forget the connection."""
        self.server.connections.discard(self.connection)
        super().finish()

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def do_GET(self) -> None:
        """Count the faults."""
        self._answer(200, json.dumps(self.server.faults.struck).encode())

    def do_POST(self) -> None:
        """Run a statement, or take an order."""
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if parts.path == FAULTS_PATH:
            self.server.faults.take(json.loads(body))
            self._answer(200, b"{}")
        elif parts.path == CUT_PATH:
            self._answer(200, json.dumps(self.server.cut(self.connection)).encode())
        else:
            parameters = dict(parse_qsl(parts.query, keep_blank_values=True))
            named = parameters.get("query", "").encode()
            self._run(named + b"\n" + body if named else body, parameters)

    def _run(self, statement: bytes, parameters: dict[str, str]) -> None:
        fault = self.server.faults.choose(statement)
        if fault is Fault.CUT_BEFORE:
            self._cut()
            return
        if fault is Fault.ANSWERS_500:
            self._answer(500, b"Internal Server Error")
            return
        if fault is Fault.DELAYED:
            threading.Event().wait(_DELAY_S)
        try:
            result = self.server.engine.run(statement, parameters)
            if fault is Fault.REPEATED:
                self.server.engine.run(statement, parameters)
        except ClickHouseError as error:
            code = _CODE.search(str(error))
            self._answer(500, str(error).encode(), code[1] if code else "1")
            return
        if fault is Fault.CUT_AFTER:
            self._cut()
        elif fault is Fault.RUNS_AND_ANSWERS_500:
            self._answer(500, b"Internal Server Error")
        else:
            self._answer(200, result)

    def _cut(self) -> None:
        self.close_connection = True
        shut(self.connection)

    def _answer(self, status: int, body: bytes, code: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if code is not None:
            self.send_header("X-ClickHouse-Exception-Code", code)
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """Serves connections, and can cut them."""

    daemon_threads = True

    def __init__(self, port: int, engine: Engine) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.engine = engine
        self.faults = Faults()
        self.connections: set[socket.socket] = set()

    def cut(self, own: socket.socket) -> int:
        """Cut all connections but one, and return their number."""
        others = [each for each in list(self.connections) if each is not own]
        for connection in others:
            shut(connection)
        return len(others)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that are gone."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def shut(connection: socket.socket) -> None:
    """Cut a connection."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


serving = Server(int(sys.argv[2]), Engine(sys.argv[1]))
print(serving.server_port, flush=True)
serving.serve_forever()
