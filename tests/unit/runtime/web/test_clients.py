from __future__ import annotations

import asyncio
import socket
import threading
from urllib.parse import urlsplit

from flightlog.runtime import (
    HttpEndpoint,
    Node,
    application,
)
from support.servers import served
from support.workflows import History, chain, list_statuses, node


def test_a_client_that_goes_away_cancels_its_run(history: History) -> None:
    """The execution is recorded as canceled, with the reason."""
    workflow = history.workflow(trigger=HttpEndpoint(path="/slow"))
    begun, ended = threading.Event(), threading.Event()

    async def wait(node: Node) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    chain(workflow, node(workflow, "slow", wait))
    with served(application([workflow])) as url:
        _leave(url, "/slow", begun)
        assert ended.wait(30)
    execution = history.execution()
    assert execution.error is not None
    assert execution.error.kind == "canceled"
    assert "went away" in execution.error.message
    assert list_statuses(execution) == [("slow", "error")]


def _leave(url: str, path: str, begun: threading.Event) -> None:
    parts = urlsplit(url)
    assert parts.hostname is not None
    with socket.create_connection((parts.hostname, parts.port or 80)) as client:
        client.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}".encode())
        assert begun.wait(30)


def test_runs_that_go_on_when_the_server_stops_are_canceled(history: History) -> None:
    """The server stops, and the record has the reason."""
    workflow = history.workflow(trigger=HttpEndpoint(path="/slow"))
    begun = threading.Event()

    async def wait(node: Node) -> None:
        begun.set()
        await asyncio.Event().wait()

    chain(workflow, node(workflow, "slow", wait))
    with served(application([workflow])) as url:
        parts = urlsplit(url)
        client = socket.create_connection((str(parts.hostname), parts.port or 80))
        client.sendall(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        assert begun.wait(30)
    with client:
        assert client.recv(100).startswith(b"HTTP/1.1 503 ")
    execution = history.execution()
    assert execution.error is not None
    assert execution.error.kind == "canceled"
    assert "server was stopped" in execution.error.message
