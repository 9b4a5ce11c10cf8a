"""A server that answers like language model providers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.llm_server import LlmServer, llm_server


@pytest.fixture(scope="module")
def running() -> Iterator[LlmServer]:
    """Start one server for all tests."""
    with llm_server() as server:
        yield server


@pytest.fixture
def server(running: LlmServer, monkeypatch: pytest.MonkeyPatch) -> LlmServer:
    """Point the environment to the server, and clear its earlier requests."""
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)
    running.requests.clear()
    return running
