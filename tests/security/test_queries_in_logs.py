"""A query may hold a customer's data, which belongs into no log."""

from __future__ import annotations

import logging
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from support.records import record
from support.servers import served

SECRET = "jane-7021"
ROUTES = (
    "/api/executions",
    "/api/summaries",
    "/api/counts",
    "/api/series",
    "/api/facets",
    "/api/query/nearest",
)
QUERIES = (
    SECRET,
    f"any.email:{SECRET}@example.com",
    f"stauts:{SECRET}",
    f"({SECRET} OR status:error",
    f"duration:{SECRET}",
    f'"{SECRET}',
    f"{SECRET}\0",
    SECRET * 600,
)


def make_history(path: Path) -> None:
    """Store a payload that is too large for its column."""
    with ExecutionLogger(path) as logger:
        data = {"email": f"{SECRET}@example.com", "more": "x" * 500}
        logger.log_execution(record("run-1", trigger={"type": "t", "data": data}))


def damage(path: Path) -> None:
    """Make the execution unreadable."""
    with sqlite3.connect(path) as database:
        database.execute("UPDATE executions SET status = x'00'")
    database.close()


def ask_everything(client: httpx.Client) -> set[int]:
    """Send all queries to all routes, and return the statuses of the answers."""
    statuses = set()
    for route in ROUTES:
        for query in QUERIES:
            statuses.add(client.get(route, params={"q": query}).status_code)
            statuses.add(client.get(route, params={"q": query, "timeZone": SECRET}).status_code)
            statuses.add(client.get(route, params={"q": query, SECRET: "1"}).status_code)
    for query in QUERIES:
        answer = client.put("/api/query/saved/one", json={"query": query})
        statuses.add(answer.status_code)
    return statuses


def test_a_receivers_output_has_no_query(tmp_path: Path) -> None:
    """Neither answers nor faults of the query nor a damaged history bring it into the output."""
    path = tmp_path / "history.db"
    make_history(path)
    command = [sys.executable, "-m", "flightlog.cli", "serve", "--port", "0", "--db", str(path)]
    # A pipe would fill up, because each failure writes a traceback.
    errors = tmp_path / "errors.txt"
    with errors.open("w") as output:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=output, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"http://[\w.:]+", process.stdout.readline())
        assert found
        with httpx.Client(base_url=found[0], timeout=60) as client:
            assert ask_everything(client) == {200, 400}
            damage(path)
            assert ask_everything(client) >= {400, 500}
    finally:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
    said += errors.read_text()
    assert "Failed to answer the request" in said
    assert SECRET not in said


def test_no_logger_of_the_process_gets_a_query(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Also where another server of the process has turned uvicorn's access log on."""
    caplog.set_level(logging.NOTSET)
    for name in ("uvicorn", "uvicorn.access", "uvicorn.error", "flightlog", "litestar"):
        caplog.set_level(logging.DEBUG, name)

    async def other(_scope: object, _receive: object, send: object) -> None:
        raise NotImplementedError

    path = tmp_path / "history.db"
    make_history(path)
    with (
        served(other),
        ExecutionLogger(path) as logger,
        Receiver(logger, ReceiverSettings(port=0)).running() as receiver,
        httpx.Client(base_url=receiver.url, timeout=60) as client,
    ):
        assert ask_everything(client) == {200, 400}
        damage(path)
        assert ask_everything(client) >= {400, 500}
    own = [each for each in caplog.records if not each.name.startswith(("httpx", "httpcore"))]
    written = "\n".join(logging.Formatter().format(each) for each in own)
    assert "Failed to answer the request" in written
    assert SECRET not in written
