"""A ClickHouse server over HTTP whose connections and answers fail on request."""

from __future__ import annotations

import http.client
import json
import subprocess
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from support.programs import read_line, start_program


class Fault(StrEnum):
    """The faults of a statement."""

    CUT_BEFORE = "cuts the connection before the statement runs"
    CUT_AFTER = "runs the statement, then cuts the connection"
    ANSWERS_500 = "answers 500, and doesn't run the statement"
    RUNS_AND_ANSWERS_500 = "runs the statement, then answers 500"
    DELAYED = "waits before the statement runs"
    REPEATED = "runs the statement twice"


FAULTS_PATH: Final = "/faults"
"""POST orders faults, and GET counts the faults that struck."""
CUT_PATH: Final = "/cut"
"""POST cuts all other connections."""


class FaultyClickHouse:
    """
    A server in a process of its own, over the engine that PyPI has.

    Leaving the `with` block kills the process.

    Args:
        folder: The folder of the server's files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self.port = 0
        """The server's port, which stays the same."""
        self.start()

    @property
    def url(self) -> str:
        """The address of a history."""
        return f"clickhouse://127.0.0.1:{self.port}/history"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start the server, and wait until it listens."""
        self._process = start_program("clickhouse_serves", self._folder, self.port)
        self.port = int(read_line(self._process))

    def kill(self) -> None:
        """Kill the server with SIGKILL."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def order(
        self, fault: Fault, number: int = 1, *, statements: str = "INSERT", skipped: int = 0
    ) -> None:
        """
        Let the next statements fail.

        Args:
            fault: The fault.
            number: The number of statements that fail.
            statements: How these statements begin.
            skipped: The number of such statements before them that don't fail.
        """
        wanted = {"fault": fault, "number": number, "statements": statements, "skipped": skipped}
        self._ask("POST", FAULTS_PATH, json.dumps(wanted))

    def choose_at_random(self, share: float, seed: int) -> None:
        """
        Let statements fail at random from now on.

        Args:
            share: The share of statements that fail, from 0 to 1.
            seed: The seed of the choices.
        """
        self._ask("POST", FAULTS_PATH, json.dumps({"share": share, "seed": seed}))

    def count_faults(self) -> dict[str, int]:
        """Count the faults that struck since the server started, by kind."""
        found: dict[str, int] = self._ask("GET", FAULTS_PATH)
        return found

    def cut_connections(self) -> int:
        """Cut all connections, also within statements, and return their number."""
        number: int = self._ask("POST", CUT_PATH)
        return number

    def _ask(self, method: str, path: str, body: str | None = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == http.HTTPStatus.OK, text
            return json.loads(text)
        finally:
            connection.close()
